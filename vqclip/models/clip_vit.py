"""CLIP's vision transformers (Radford et al. 2021, arXiv 2103.00020), computed faster over open_clip's weights.

open_clip computes attention with nn.MultiheadAttention, whose input projection runs on a transposed tensor: on a
processor it becomes many small products over copies of the weights, a quarter of the encoder's time. Here it is one
contiguous matrix product. The result is the same; an encoder with any unknown part keeps open_clip's own forward.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.models.clip_resnet import ModifiedResNet, is_untouched, parts_of

_QUICK = 1.702
_KNOWN_PARTS = {
    "class_embedding", "positional_embedding", "proj", "conv1", "patch_dropout", "ln_pre", "transformer", "ln_post",
}  # fmt: skip


class ViTEncoder:
    """The vision transformer of CLIP with the class token projected: ViT-B/32, B/16, L/14.

    It holds no weights. Each call reads those of open_clip's module, wherever they were moved or cast to.
    """

    def __init__(self, visual: nn.Module) -> None:
        """Wrap a VisionTransformer of open_clip that `find_vit` knows."""
        self._visual: Any = visual

    def __call__(self, pixels: Tensor) -> Tensor:
        """Encode pictures.

        Args:
            pixels: (N, 3, H, W), normalised, in the dtype of the weights.

        Returns:
            (N, E) features in the same dtype. The gradient reaches the pixels.
        """
        visual, count = self._visual, len(pixels)
        x = self._embed(pixels).flatten(0, 1)  # (N*T, E)
        *blocks, last = visual.transformer.resblocks
        for block in blocks:
            x = x + attend(block, x, count)
            x = x + feed_forward(block.mlp, block.ln_2(x))
        # Only the class token is read, so the last block computes no other. This saves 1/14 of a ViT-B's work.
        x = _first(x, count) + attend(last, x, count, only_first=True)  # (N, E)
        x = x + feed_forward(last.mlp, last.ln_2(x))
        features: Tensor = visual.ln_post(x) @ visual.proj
        return features

    def _embed(self, pixels: Tensor) -> Tensor:
        """Embed the patches of pictures, after the class token: (N, 3, H, W) to (N, T, E)."""
        visual = self._visual
        x = F.linear(patches(pixels, visual.conv1.kernel_size), visual.conv1.weight.flatten(1))
        first = visual.class_embedding.to(x.dtype).expand(len(x), 1, -1)
        x = torch.cat([first, x], dim=1) + visual.positional_embedding.to(x.dtype)
        tokens: Tensor = visual.ln_pre(x)
        return tokens


def find_vit(visual: nn.Module) -> ViTEncoder | None:
    """Wrap an image encoder of open_clip; None unless every part of it is known.

    Flags that a version of open_clip lacks, and parts that are new in it, count as unknown.
    """
    if isinstance(visual, ModifiedResNet):
        return None
    from open_clip import transformer as known

    return ViTEncoder(visual) if _is_known(visual, known) else None


def patches(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Cut pictures into patches: (N, C, H, W) to (N, P, C*h*w), in the layout of a convolution's kernel.

    A convolution whose stride equals its kernel is one matrix product with the patches. The gradient of that product
    is ten times faster than the convolution's.
    """
    count, channels, height, width = pixels.shape
    rows, columns = height // size[0], width // size[1]
    x = pixels.reshape(count, channels, rows, size[0], columns, size[1])
    return x.permute(0, 2, 4, 1, 3, 5).reshape(count, rows * columns, channels * size[0] * size[1])


def attend(block: Any, x: Tensor, count: int, *, only_first: bool = False) -> Tensor:
    """Compute what a block's attention adds to x: (N*T, E) to (N*T, E), or to (N, E) for the first token only."""
    attention = block.attn
    weight, bias, width = attention.in_proj_weight, attention.in_proj_bias, attention.embed_dim
    x = block.ln_1(x)
    if only_first:
        query = F.linear(_first(x, count), weight[:width], bias[:width])
        parts = [query.unsqueeze(1), *F.linear(x, weight[width:], bias[width:]).view(count, -1, 2, width).unbind(2)]
    else:
        parts = list(F.linear(x, weight, bias).view(count, -1, 3, width).unbind(2))
    split = (attention.num_heads, attention.head_dim)
    heads = [part.view(*part.shape[:2], *split).transpose(1, 2) for part in parts]  # (N, heads, T, E/heads)
    if x.device.type == "cpu":
        # On a processor, attention is three times slower in bfloat16 than in float32.
        heads = [part.float() for part in heads]
    query, key, value = heads
    mixed = F.scaled_dot_product_attention(query, key, value).to(x.dtype)
    out: Tensor = attention.out_proj(mixed.transpose(1, 2).reshape(-1, width))
    return out


def feed_forward(mlp: Any, x: Tensor) -> Tensor:
    """Apply the two layers of a block: (M, E) to (M, E)."""
    widen, narrow = mlp.c_fc, mlp.c_proj
    if isinstance(mlp.gelu, nn.GELU):
        out: Tensor = narrow(mlp.gelu(widen(x)))
        return out
    # QuickGELU, x sigmoid(1.702 x), equals silu(1.702 x) / 1.702. As one operation it keeps one tensor for the
    # gradient instead of three; the products before and after it apply the factors at no cost.
    x = F.silu(torch.addmm(widen.bias, x, widen.weight.t(), beta=_QUICK, alpha=_QUICK))
    return torch.addmm(narrow.bias, x, narrow.weight.t(), alpha=1 / _QUICK)


def _first(x: Tensor, count: int) -> Tensor:
    """Take the class tokens: (N*T, E) to (N, E)."""
    return x.view(count, -1, x.shape[-1])[:, 0]


def _is_known(visual: Any, known: Any) -> bool:
    norms = (known.LayerNorm, known.LayerNormFp32)
    return (
        type(visual) is known.VisionTransformer
        and is_untouched(visual)
        and parts_of(visual) == _KNOWN_PARTS
        and _flags(visual, pool_type="tok", final_ln_after_pool=False, output_tokens=False)
        and type(visual.patch_dropout) is nn.Identity
        and type(visual.ln_pre) in norms
        and type(visual.ln_post) in norms
        and _is_patch_convolution(visual.conv1)
        and type(visual.transformer) is known.Transformer
        and _flags(visual.transformer, batch_first=True, grad_checkpointing=False)
        and parts_of(visual.transformer) == {"resblocks"}
        and type(visual.transformer.resblocks) is nn.ModuleList
        and len(visual.transformer.resblocks) > 0
        and all(_is_known_block(block, known) for block in visual.transformer.resblocks)
    )


def _is_patch_convolution(convolution: Any) -> bool:
    return (
        type(convolution) is nn.Conv2d
        and parts_of(convolution) == {"weight"}
        and convolution.stride == convolution.kernel_size
        and _flags(convolution, padding=(0, 0), dilation=(1, 1), groups=1)
    )


def _is_known_block(block: Any, known: Any) -> bool:
    norms = (known.LayerNorm, known.LayerNormFp32)
    return (
        type(block) is known.ResidualAttentionBlock
        and parts_of(block) == {"ln_1", "attn", "ls_1", "ln_2", "mlp", "ls_2"}
        and type(block.ln_1) in norms
        and type(block.ln_2) in norms
        and type(block.ls_1) is nn.Identity
        and type(block.ls_2) is nn.Identity
        and type(block.attn) is nn.MultiheadAttention
        and parts_of(block.attn) == {"in_proj_weight", "in_proj_bias", "out_proj"}
        and _flags(block.attn, batch_first=True, add_zero_attn=False, dropout=0.0)
        and parts_of(block.attn.out_proj) == {"weight", "bias"}
        and _is_known_mlp(block.mlp, known)
    )


def _is_known_mlp(mlp: Any, known: Any) -> bool:
    layers = dict(mlp.named_children())
    return (
        type(mlp) is nn.Sequential
        and list(layers) == ["c_fc", "gelu", "c_proj"]
        and type(layers["gelu"]) in (nn.GELU, known.QuickGELU)
        and all(type(layers[name]) is nn.Linear for name in ("c_fc", "c_proj"))
        and all(parts_of(layers[name]) == {"weight", "bias"} for name in ("c_fc", "c_proj"))
    )


def _flags(module: nn.Module, **wanted: object) -> bool:
    """Whether a module has all of these attributes with these values."""
    missing = object()
    return all(getattr(module, name, missing) == value for name, value in wanted.items())

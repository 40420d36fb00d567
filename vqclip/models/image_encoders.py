"""CLIP's image towers with a forward of our own, over open_clip's weights.

open_clip computes attention with nn.MultiheadAttention, whose input projection runs on a transposed tensor: on a
processor it falls apart into many small products over copies of the weights, a quarter of the tower's time. Here
it is one contiguous matrix product, as everything else is. What a tower computes is unchanged; a tower that is
not known in every part is left to open_clip's own forward.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from vqclip.models import clip

_QUICK = 1.702
_PLAIN_PARTS = {
    "class_embedding", "positional_embedding", "proj", "conv1", "patch_dropout", "ln_pre", "transformer", "ln_post",
}  # fmt: skip


class PlainTower:
    """The vision transformer of CLIP (Radford et al. 2021), the class token projected: ViT-B/32, B/16, L/14.

    It holds no weights: each call reads those of open_clip's module, wherever they were moved or cast to.
    """

    def __init__(self, visual: nn.Module) -> None:
        """visual: a VisionTransformer of open_clip that `find_tower` knows."""
        self._visual: Any = visual

    def __call__(self, pixels: Tensor) -> Tensor:
        """Features of pictures: (N, 3, H, W), normalised, to (N, E), both in the dtype of the weights.

        The gradient flows to the pixels and, were they not frozen, to the weights.
        """
        visual, count = self._visual, len(pixels)
        x = self._embed(pixels).flatten(0, 1)  # (N*T, E)
        *blocks, last = visual.transformer.resblocks
        for block in blocks:
            x = x + _attend(block, x, count)
            x = x + _mlp(block.mlp, block.ln_2(x))
        # Only the class token is read, so the last block computes no other: a fourteenth of the work of a ViT-B.
        x = _first(x, count) + _attend(last, x, count, only_first=True)  # (N, E)
        x = x + _mlp(last.mlp, last.ln_2(x))
        features: Tensor = visual.ln_post(x) @ visual.proj
        return features

    def _embed(self, pixels: Tensor) -> Tensor:
        """Tokens of pictures, the class token first: (N, 3, H, W) to (N, T, E)."""
        visual = self._visual
        x = F.linear(_patches(pixels, visual.conv1.kernel_size), visual.conv1.weight.flatten(1))
        first = visual.class_embedding.to(x.dtype).expand(len(x), 1, -1)
        x = torch.cat([first, x], dim=1) + visual.positional_embedding.to(x.dtype)
        tokens: Tensor = visual.ln_pre(x)
        return tokens


def find_tower(visual: nn.Module) -> PlainTower | None:
    """Our forward for an image tower of open_clip, or None when any part of it is not exactly known.

    Flags that a version of open_clip does not have, and parts that this one did not have, count as unknown.
    """
    if isinstance(visual, clip.ModifiedResNet):
        return None
    from open_clip import transformer as known

    return PlainTower(visual) if _is_plain(visual, known) else None


def fold_norms(visual: nn.Module) -> bool:
    """Put the frozen batch norms of a CLIP ResNet (Radford et al. 2021) into its convolutions, in place.

    Returns False, and changes nothing, when the tower is not a ModifiedResNet, ours or open_clip's, that is known in
    every part. The forward stays as it is; the names in the state dict change, so fold after loading.
    """
    known = _origin(visual)
    if type(visual) is not known.ModifiedResNet or not _untouched(visual):
        return False
    pairs = [(owner, convolution, norm) for owner in visual.modules() for convolution, norm in _normed(owner, known)]
    norms = [module for module in visual.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    if len(pairs) != len(norms) or not all(_folds(*pair) for pair in pairs):
        return False
    for owner, convolution, norm in pairs:
        before, after = owner.get_submodule(convolution), owner.get_submodule(norm)
        assert isinstance(before, nn.Conv2d)
        assert isinstance(after, nn.BatchNorm2d)
        fused = fuse_conv_bn_eval(before, after)
        owner.set_submodule(convolution, fused)
        owner.set_submodule(norm, nn.Identity())
    return True


def is_folded(visual: nn.Module) -> bool:
    """Whether `fold_norms` was here."""
    return isinstance(getattr(visual, "bn1", None), nn.Identity)


def _patches(pixels: Tensor, size: tuple[int, int]) -> Tensor:
    """Pictures cut into patches: (N, C, H, W) to (N, P, C*h*w), laid out as the kernel of a convolution is.

    A convolution whose stride is its kernel is one product with these; its own gradient is ten times slower.
    """
    count, channels, height, width = pixels.shape
    rows, columns = height // size[0], width // size[1]
    x = pixels.reshape(count, channels, rows, size[0], columns, size[1])
    return x.permute(0, 2, 4, 1, 3, 5).reshape(count, rows * columns, channels * size[0] * size[1])


def _attend(block: Any, x: Tensor, count: int, *, only_first: bool = False) -> Tensor:
    """What the block's attention adds to x: (N*T, E) to (N*T, E), or to (N, E) for the first token alone."""
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
        # Processors attend in bfloat16 three times slower than in float32.
        heads = [part.float() for part in heads]
    query, key, value = heads
    mixed = F.scaled_dot_product_attention(query, key, value).to(x.dtype)
    out: Tensor = attention.out_proj(mixed.transpose(1, 2).reshape(-1, width))
    return out


def _mlp(mlp: Any, x: Tensor) -> Tensor:
    """The two layers of a block: (M, E) to (M, E)."""
    widen, narrow = mlp.c_fc, mlp.c_proj
    if isinstance(mlp.gelu, nn.GELU):
        out: Tensor = narrow(mlp.gelu(widen(x)))
        return out
    # QuickGELU, x sigmoid(1.702 x), is silu(1.702 x) / 1.702: one operation that keeps one tensor for the
    # gradient instead of three, and the products before and after it take the factors at no cost.
    x = F.silu(torch.addmm(widen.bias, x, widen.weight.t(), beta=_QUICK, alpha=_QUICK))
    return torch.addmm(narrow.bias, x, narrow.weight.t(), alpha=1 / _QUICK)


def _first(x: Tensor, count: int) -> Tensor:
    """The class tokens: (N*T, E) to (N, E)."""
    return x.view(count, -1, x.shape[-1])[:, 0]


def _is_plain(visual: Any, known: Any) -> bool:
    norms = (known.LayerNorm, known.LayerNormFp32)
    return (
        type(visual) is known.VisionTransformer
        and _untouched(visual)
        and _parts(visual) == _PLAIN_PARTS
        and _flags(visual, pool_type="tok", final_ln_after_pool=False, output_tokens=False)
        and type(visual.patch_dropout) is nn.Identity
        and type(visual.ln_pre) in norms
        and type(visual.ln_post) in norms
        and _is_patch_convolution(visual.conv1)
        and type(visual.transformer) is known.Transformer
        and _flags(visual.transformer, batch_first=True, grad_checkpointing=False)
        and _parts(visual.transformer) == {"resblocks"}
        and type(visual.transformer.resblocks) is nn.ModuleList
        and len(visual.transformer.resblocks) > 0
        and all(_is_plain_block(block, known) for block in visual.transformer.resblocks)
    )


def _is_patch_convolution(convolution: Any) -> bool:
    return (
        type(convolution) is nn.Conv2d
        and _parts(convolution) == {"weight"}
        and convolution.stride == convolution.kernel_size
        and _flags(convolution, padding=(0, 0), dilation=(1, 1), groups=1)
    )


def _is_plain_block(block: Any, known: Any) -> bool:
    norms = (known.LayerNorm, known.LayerNormFp32)
    return (
        type(block) is known.ResidualAttentionBlock
        and _parts(block) == {"ln_1", "attn", "ls_1", "ln_2", "mlp", "ls_2"}
        and type(block.ln_1) in norms
        and type(block.ln_2) in norms
        and type(block.ls_1) is nn.Identity
        and type(block.ls_2) is nn.Identity
        and type(block.attn) is nn.MultiheadAttention
        and _parts(block.attn) == {"in_proj_weight", "in_proj_bias", "out_proj"}
        and _flags(block.attn, batch_first=True, add_zero_attn=False, dropout=0.0)
        and _parts(block.attn.out_proj) == {"weight", "bias"}
        and _is_plain_mlp(block.mlp, known)
    )


def _is_plain_mlp(mlp: Any, known: Any) -> bool:
    layers = dict(mlp.named_children())
    return (
        type(mlp) is nn.Sequential
        and list(layers) == ["c_fc", "gelu", "c_proj"]
        and type(layers["gelu"]) in (nn.GELU, known.QuickGELU)
        and all(type(layers[name]) is nn.Linear for name in ("c_fc", "c_proj"))
        and all(_parts(layers[name]) == {"weight", "bias"} for name in ("c_fc", "c_proj"))
    )


def _origin(visual: nn.Module) -> Any:
    """The module that holds the classes of a ResNet: ours or open_clip's."""
    if isinstance(visual, clip.ModifiedResNet):
        return clip
    from open_clip import modified_resnet

    return modified_resnet


def _normed(owner: Any, known: Any) -> list[tuple[str, str]]:
    """Names of the convolutions that a part of a ResNet has, each with the norm that follows it."""
    if type(owner) is known.ModifiedResNet:
        return [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3")]
    if type(owner) is known.Bottleneck:
        shortcut = [] if owner.downsample is None else [("downsample.0", "downsample.1")]
        return [("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), *shortcut]
    return []


def _folds(owner: nn.Module, convolution: str, norm: str) -> bool:
    parts = dict(owner.named_modules())
    before, after = parts.get(convolution), parts.get(norm)
    return (
        type(before) is nn.Conv2d
        and type(after) is nn.BatchNorm2d
        and _parts(before) == {"weight"}
        and _parts(after) == {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
        and not (before.training or after.training)
    )


def _parts(module: nn.Module) -> set[str]:
    """Names of what a module is made of: its own parameters, buffers and modules."""
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False), *module.named_children()]
    return {name for name, _ in own}


def _flags(module: nn.Module, **wanted: object) -> bool:
    """Whether the module has all of these attributes with these values."""
    missing = object()
    return all(getattr(module, name, missing) == value for name, value in wanted.items())


def _untouched(visual: nn.Module) -> bool:
    """Whether nothing hangs on the modules that only their own forward would run: hooks, a patched forward."""
    return not any(
        module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or "forward" in vars(module)
        for module in visual.modules()
    )

"""CLIP with a ResNet as image encoder (Radford et al. 2021, arXiv 2103.00020): the kind of the built-in model.

Networks and names of weights are open_clip's. Importing open_clip takes longer than importing torch, so a run of the
built-in models does without it. open_clip builds all other networks.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from vqclip.models.checkpoints import without_weights

_PICTURES: dict[str, Any] = {"image_size": 0, "layers": 0, "width": 0, "head_width": 64}
_TEXTS = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}
"""The fields of each encoder with open_clip's defaults; 0 where there is no usable default."""


def build(config: Mapping[str, Any]) -> CLIP | None:
    """Build the network that a model_cfg of open_clip describes, without weights; None for another kind."""
    pictures, texts = config.get("vision_cfg"), config.get("text_cfg")
    if not (isinstance(pictures, dict) and isinstance(texts, dict)) or config.get("quick_gelu"):
        return None
    if not (set(config) <= {"embed_dim", "vision_cfg", "text_cfg", "quick_gelu"}):
        return None
    if not (set(pictures) <= set(_PICTURES) and set(texts) <= set(_TEXTS)):
        return None
    pictures, texts = _PICTURES | pictures, _TEXTS | texts
    layers = pictures["layers"]
    if not (isinstance(layers, list) and len(layers) == 4):
        return None
    sizes = [config.get("embed_dim"), *layers, *(v for k, v in pictures.items() if k != "layers"), *texts.values()]
    if not all(type(size) is int and 0 < size <= 2**16 for size in sizes):
        return None
    if pictures["width"] * 32 % pictures["head_width"] or texts["width"] % texts["heads"]:
        return None
    with without_weights():
        return CLIP(config["embed_dim"], pictures, texts)


class CLIP(nn.Module):
    """Image encoder and text encoder. `visual` maps (N, 3, S, S), normalised, to (N, E)."""

    def __init__(self, embed_dim: int, pictures: Mapping[str, Any], texts: Mapping[str, int]) -> None:
        super().__init__()
        self.visual = ModifiedResNet(embed_dim, pictures)
        width, self.context_length = texts["width"], texts["context_length"]
        self.transformer = nn.Module()
        self.transformer.resblocks = nn.ModuleList(_Block(width, texts["heads"]) for _ in range(texts["layers"]))
        self.token_embedding = nn.Embedding(texts["vocab_size"], width)
        self.positional_embedding = nn.Parameter(torch.empty(self.context_length, width))
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embed_dim))
        self.logit_scale = nn.Parameter(torch.empty([]))

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Encode texts: (N, context_length) int64 to (N, E). Each text ends at its greatest token."""
        x = self.token_embedding(tokens) + self.positional_embedding
        mask = torch.full((x.shape[1], x.shape[1]), -torch.inf, device=x.device).triu_(1)
        for block in self.transformer.get_submodule("resblocks").children():
            x = block(x, mask)
        ends = self.ln_final(x)[torch.arange(len(x)), tokens.argmax(dim=-1)]
        features: Tensor = ends @ self.text_projection
        return features


class _Block(nn.Module):
    """Causal attention and two layers."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", nn.GELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        h = self.ln_1(x)
        x = x + self.attn(h, h, h, need_weights=False, attn_mask=mask)[0]
        out: Tensor = x + self.mlp(self.ln_2(x))
        return out


class ModifiedResNet(nn.Module):
    """CLIP's ResNet: a stem of three convolutions, anti-aliased strides, attention as the last pooling."""

    def __init__(self, embed_dim: int, sizes: Mapping[str, Any]) -> None:
        super().__init__()
        width, self.image_size = sizes["width"], sizes["image_size"]
        self.conv1 = nn.Conv2d(3, width // 2, 3, stride=2, padding=1, bias=False)
        self.bn1, self.act1 = nn.BatchNorm2d(width // 2), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width // 2, width // 2, 3, padding=1, bias=False)
        self.bn2, self.act2 = nn.BatchNorm2d(width // 2), nn.ReLU(inplace=True)
        self.conv3 = nn.Conv2d(width // 2, width, 3, padding=1, bias=False)
        self.bn3, self.act3 = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        self.avgpool = nn.AvgPool2d(2)
        given = width
        for number, count in enumerate(sizes["layers"]):
            planes = width * 2**number
            first = Bottleneck(given, planes, stride=2 if number else 1)
            given = planes * 4
            rest = (Bottleneck(given, planes, stride=1) for _ in range(count - 1))
            self.add_module(f"layer{number + 1}", nn.Sequential(first, *rest))
        heads = width * 32 // sizes["head_width"]
        self.attnpool = AttentionPool2d(self.image_size // 32, width * 32, heads, embed_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, 3, S, S) to (N, E)."""
        for number in (1, 2, 3):
            for part in ("conv", "bn", "act"):
                x = self.get_submodule(f"{part}{number}")(x)
        x = self.avgpool(x)
        for number in (1, 2, 3, 4):
            x = self.get_submodule(f"layer{number}")(x)
        pooled: Tensor = self.attnpool(x)
        return pooled


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut, with 4 * planes channels as output."""

    def __init__(self, given: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(given, planes, 1, bias=False)
        self.bn1, self.act1 = nn.BatchNorm2d(planes), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2, self.act2 = nn.BatchNorm2d(planes), nn.ReLU(inplace=True)
        self.avgpool = nn.AvgPool2d(stride) if stride > 1 else nn.Identity()
        self.conv3 = nn.Conv2d(planes, planes * 4, 1, bias=False)
        self.bn3, self.act3 = nn.BatchNorm2d(planes * 4), nn.ReLU(inplace=True)
        self.downsample: nn.Sequential | None = None
        if stride > 1 or given != planes * 4:
            self.downsample = nn.Sequential()
            self.downsample.add_module("-1", nn.AvgPool2d(stride))
            self.downsample.add_module("0", nn.Conv2d(given, planes * 4, 1, bias=False))
            self.downsample.add_module("1", nn.BatchNorm2d(planes * 4))

    def forward(self, x: Tensor) -> Tensor:
        """(N, given, h, w) to (N, 4 planes, h / stride, w / stride)."""
        h = self.act1(self.bn1(self.conv1(x)))
        h = self.avgpool(self.act2(self.bn2(self.conv2(h))))
        h = self.bn3(self.conv3(h))
        h += x if self.downsample is None else self.downsample(x)
        out: Tensor = self.act3(h)
        return out


class AttentionPool2d(nn.Module):
    """Pooling by attention: the mean of all positions attends to each of them."""

    def __init__(self, side: int, width: int, heads: int, out: int) -> None:
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.empty(side**2 + 1, width))
        self.k_proj, self.q_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, out)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, side, side) to (N, out)."""
        x = x.flatten(2).permute(2, 0, 1)  # (positions, N, width)
        x = torch.cat([x.mean(dim=0, keepdim=True), x]) + self.positional_embedding[:, None].to(x.dtype)
        bias = torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias])
        out, _ = F.multi_head_attention_forward(
            x, x, x, x.shape[-1], self.heads, None, bias, None, None, False, 0.0,
            self.c_proj.weight, self.c_proj.bias, training=False, need_weights=False, use_separate_proj_weight=True,
            q_proj_weight=self.q_proj.weight, k_proj_weight=self.k_proj.weight, v_proj_weight=self.v_proj.weight,
        )  # fmt: skip
        return out[0]


def cast(visual: nn.Module, dtype: torch.dtype) -> None:
    """Cast convolutions and linear layers in place, as open_clip does; embeddings keep their precision."""
    for module in visual.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.to(dtype)


def fold_norms(visual: nn.Module) -> bool:
    """Fold the frozen batch norms of a CLIP ResNet into its convolutions, in place.

    The names in the state dict change, so fold after loading.

    Returns:
        False, and nothing is changed, unless this is a ModifiedResNet, ours or open_clip's, with only known parts.
    """
    known = _origin(visual)
    if type(visual) is not known.ModifiedResNet or not is_untouched(visual):
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
    """Whether `fold_norms` has folded this image encoder."""
    return isinstance(getattr(visual, "bn1", None), nn.Identity)


def _origin(visual: nn.Module) -> Any:
    """The module with the classes of a ResNet: this one or open_clip's."""
    if isinstance(visual, ModifiedResNet):
        return sys.modules[__name__]
    from open_clip import modified_resnet

    return modified_resnet


def _normed(owner: Any, known: Any) -> list[tuple[str, str]]:
    """The names of the convolutions in a part of a ResNet, each with that of the norm after it."""
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
        and parts_of(before) == {"weight"}
        and parts_of(after) == {"weight", "bias", "running_mean", "running_var", "num_batches_tracked"}
        and not (before.training or after.training)
    )


def parts_of(module: nn.Module) -> set[str]:
    """The names of a module's own parameters, buffers and child modules."""
    own = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False), *module.named_children()]
    return {name for name, _ in own}


def is_untouched(visual: nn.Module) -> bool:
    """Whether no module has a hook or a patched forward, which only its own forward would run."""
    return not any(
        module._forward_hooks or module._forward_pre_hooks or module._backward_hooks or "forward" in vars(module)
        for module in visual.modules()
    )

"""CLIP as it was published with a ResNet for pictures (Radford et al. 2021), the built-in one's kind.

The same networks under the same names of weights as open_clip's, so that a run of the built-in models need not
import open_clip, which takes longer than torch. Every other network is left to open_clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.models.checkpoints import without_weights

_PICTURES: dict[str, Any] = {"image_size": 0, "layers": 0, "width": 0, "head_width": 64}
_TEXTS = {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}
"""What a configuration says of each tower, with open_clip's defaults; 0 has none that would do."""


def build(config: Mapping[str, Any]) -> CLIP | None:
    """The network that a model_cfg of open_clip describes, without weights; None when it is of another kind."""
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
    """Both towers. visual: (N, 3, S, S), normalised, to (N, E)."""

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
        """Features of texts: (N, context_length) int64 to (N, E). A text ends with the greatest token."""
        x = self.token_embedding(tokens) + self.positional_embedding
        mask = torch.full((x.shape[1], x.shape[1]), -torch.inf, device=x.device).triu_(1)
        for block in self.transformer.get_submodule("resblocks").children():
            x = block(x, mask)
        ends = self.ln_final(x)[torch.arange(len(x)), tokens.argmax(dim=-1)]
        features: Tensor = ends @ self.text_projection
        return features


class _Block(nn.Module):
    """Attention to what comes before, and two layers."""

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
    """CLIP's ResNet: three convolutions first, averages before strides, attention instead of the last average."""

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
            blocks = [Bottleneck(given, planes, stride=2 if number else 1)]
            given = planes * 4
            self.add_module(f"layer{number + 1}", nn.Sequential(*blocks, *_repeated(given, planes, count - 1)))
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


def _repeated(given: int, planes: int, count: int) -> list[Bottleneck]:
    return [Bottleneck(given, planes, stride=1) for _ in range(count)]


class Bottleneck(nn.Module):
    """Three convolutions beside a shortcut; four times `planes` come out."""

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
    """The mean of all places attends to each of them."""

    def __init__(self, side: int, width: int, heads: int, out: int) -> None:
        super().__init__()
        self.positional_embedding = nn.Parameter(torch.empty(side**2 + 1, width))
        self.k_proj, self.q_proj, self.v_proj = (nn.Linear(width, width) for _ in range(3))
        self.c_proj = nn.Linear(width, out)
        self.heads = heads

    def forward(self, x: Tensor) -> Tensor:
        """(N, width, side, side) to (N, out)."""
        x = x.flatten(2).permute(2, 0, 1)  # (places, N, width)
        x = torch.cat([x.mean(dim=0, keepdim=True), x]) + self.positional_embedding[:, None].to(x.dtype)
        out, _ = F.multi_head_attention_forward(
            x,
            x,
            x,
            x.shape[-1],
            self.heads,
            in_proj_weight=None,
            in_proj_bias=torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias]),
            bias_k=None,
            bias_v=None,
            add_zero_attn=False,
            dropout_p=0.0,
            out_proj_weight=self.c_proj.weight,
            out_proj_bias=self.c_proj.bias,
            training=False,
            need_weights=False,
            use_separate_proj_weight=True,
            q_proj_weight=self.q_proj.weight,
            k_proj_weight=self.k_proj.weight,
            v_proj_weight=self.v_proj.weight,
        )
        return out[0]


def cast(visual: nn.Module, dtype: torch.dtype) -> None:
    """Put what multiplies pixels into another precision, in place, as open_clip does; embeddings stay."""
    for module in visual.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.to(dtype)

"""Renames weights of other makers to taming's names; the tensors are those of the same network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from vqclip.errors import ModelError
from vqclip.files import excerpt, printable
from vqclip.models.checkpoints import AVERAGES

if TYPE_CHECKING:
    from torch import Tensor

# The networks of an IBQ, and how the names of their averages begin.
_NETWORKS = ("encoder.", "decoder.", "quantize.", "quant_conv.", "post_quant_conv.")
_AVERAGED = tuple(name.replace(".", "") for name in _NETWORKS)
_MIDDLE = ("block_1", "attn_1", "block_2")
# LlamaGen (Sun et al. 2024, arXiv 2406.06525) numbers its middle blocks, and its decoder's levels from below.
_LLAMAGEN = re.compile(
    r"^(.*\b(?:encoder|decoder)\.)(?:conv_blocks\.(\d{1,3})\.(res|attn|downsample|upsample)|mid\.(\d))\."
)
# diffusers numbers the levels in the same way. Its attention has linear layers in place of 1x1 convolutions.
_DIFFUSERS = re.compile(
    r"^(.*\b(?:encoder|decoder)\.)(?:(?:down|up)_blocks\.(\d{1,3})\.(resnets|attentions|downsamplers|upsamplers)"
    r"\.(\d{1,3})|mid_block\.(resnets|attentions)\.(\d))\."
)
_PARTS = {"resnets": "block.", "attentions": "attn.", "downsamplers": "downsample.", "upsamplers": "upsample."}
_LAYERS = {
    "conv_shortcut": "nin_shortcut", "group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v",
    "to_out.0": "proj_out", "query": "q", "key": "k", "value": "v", "proj_attn": "proj_out",
}  # fmt: skip
_LAYER = re.compile(rf"\.({'|'.join(map(re.escape, _LAYERS))})(?=\.(?:weight|bias)$)")
_NORM_OUT = re.compile(r"\b(encoder|decoder)\.conv_norm_out\.")
# vector-quantize-pytorch (lucidrains) keeps the codes of its only codebook in a tensor of three dimensions.
_CODEBOOK = re.compile(r"\bquantize\._codebook\.embed$")


def to_taming(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the tensors of LlamaGen's tokenizer, of diffusers' VQModel and of EMA codebooks to taming's names.

    All others keep their names.
    """
    found: dict[str, Tensor] = {}
    levels = [1 + max((int(f[2]) for key in state if (f := kind.match(key)) and f[2]), default=-1)
              for kind in (_LLAMAGEN, _DIFFUSERS)]  # fmt: skip
    for key, value in state.items():
        if levels[1]:
            key, value = _of_diffusers(key, value, levels[1])
        elif levels[0]:
            key = _LLAMAGEN.sub(lambda match: _of_llamagen(match, levels[0]), key)
        if _CODEBOOK.search(key) and value.ndim == 3 and len(value) == 1:
            key, value = _CODEBOOK.sub("quantize.embedding.weight", key), value[0]
        found[key] = value
    return found


def with_averages(state: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Replace the weights of an IBQ by their running averages, if it has any: what its makers evaluate.

    They are named like the weights, without the dots.

    Raises:
        ModelError: Some weights have no average, or an average belongs to no weight.
    """
    weights = {key: value for key, value in state.items() if not key.startswith(AVERAGES)}
    names = {key.replace(".", ""): key for key in weights if key.startswith(_NETWORKS)}
    averages = {key.removeprefix(AVERAGES): value for key, value in state.items() if key.startswith(AVERAGES)}
    averages = {key: value for key, value in averages.items() if key.startswith(_AVERAGED)}
    if not averages:
        return weights
    wrong = [f"there is none of {names[name]}" for name in names if name not in averages]
    wrong += [f"{excerpt(printable(AVERAGES + name), 200)} is unknown" for name in averages if name not in names]
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise ModelError(
            f"{source}: its running averages do not match its weights: {', '.join(wrong[:5])}{more}.",
            "Fetch it again, or use a copy without model_ema.",
        )
    return weights | {names[name]: value for name, value in averages.items()}


def _of_llamagen(found: re.Match[str], levels: int) -> str:
    network, level, part, middle = found.groups()
    if middle is not None:
        return f"{network}mid.{_MIDDLE[int(middle)]}." if int(middle) < len(_MIDDLE) else found[0]
    return _level(network, int(level), levels, "block." if part == "res" else f"{part}.")


def _of_diffusers(key: str, value: Tensor, levels: int) -> tuple[str, Tensor]:
    def place(found: re.Match[str]) -> str:
        network, level, part, number, middle, which = found.groups()
        if middle is not None:
            return f"{network}mid.{'attn_1' if middle == 'attentions' else f'block_{int(which) + 1}'}."
        return _level(network, int(level), levels, _PARTS[part] + ("" if "samplers" in part else f"{number}."))

    key = _DIFFUSERS.sub(place, key)
    key = _NORM_OUT.sub(r"\1.norm_out.", key)
    if ".attn" in key:
        key = _LAYER.sub(lambda found: f".{_LAYERS[found[1]]}", key)
        value = value[:, :, None, None] if value.ndim == 2 else value
    return _LAYER.sub(lambda found: f".{_LAYERS[found[1]]}", key) if ".block" in key else key, value


def _level(network: str, level: int, levels: int, part: str) -> str:
    """The name of a part of a level. Decoders of others number their levels from the smallest, taming's do not."""
    if network.endswith("encoder."):
        return f"{network}down.{level}.{part}"
    return f"{network}up.{levels - 1 - level}.{part}"

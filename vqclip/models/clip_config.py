"""Checks the configuration of a CLIP: each field has a type and a range, and unknown fields are refused.

A configuration comes with a model from a stranger, and libraries obey it: a field can name a path, an address or a
class, or claim a size. Nothing of a file reaches a library before `check_model` has accepted it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.reading import read_json

MAX_CONFIG_BYTES = 1_000_000
MAX_SIDE = 1024
"""Largest side of the pictures of a CLIP, in pixels. The largest in open_clip's list is 512."""
MAX_CONTEXT = 1024
"""Most tokens of a text. The memory of attention grows with the square."""
MAX_VOCABULARY = 2**22
MAX_LAYERS = 128
MAX_WIDTH = 2**14
_MAX_PATCHES = 2**14
_MAX_POSITIONS = 2**24
"""Most numbers in the embedding of all patches; open_clip computes some embeddings before it reads a file."""
_HINT = "Give a folder of open_clip."
_RESIZE_MODES = ("shortest", "squash", "longest")
_INTERPOLATIONS = ("bicubic", "bilinear", "random")


@dataclass(frozen=True)
class Field:
    """The valid values of a field. wanted: Describes them in messages, as in "is 3, not true or false"."""

    wanted: str
    holds: Callable[[Any], bool]


Fields = Mapping[str, Field]


def count(low: int, high: int) -> Field:
    """A whole number in a range, not a bool."""
    return Field(f"a whole number from {low} to {high}", lambda v: type(v) is int and low <= v <= high)


def number(low: float, high: float) -> Field:
    """A number in a range, not a bool."""
    return Field(f"a number from {low:g} to {high:g}", lambda v: type(v) in (int, float) and low <= v <= high)


def choice(*values: str) -> Field:
    """One of these strings."""
    return Field(f"one of {', '.join(map(repr, values))}", lambda v: isinstance(v, str) and v in values)


def text(pattern: str, wanted: str) -> Field:
    """A string that fully matches a regular expression."""
    return Field(wanted, lambda v: isinstance(v, str) and re.fullmatch(pattern, v) is not None)


def either(*fields: Field) -> Field:
    """A valid value of one of these fields."""
    return Field(" or ".join(field.wanted for field in fields), lambda v: any(field.holds(v) for field in fields))


def sequence(length: int, of: Field) -> Field:
    """A list of `length` values."""
    return Field(
        f"a list of {length}, each {of.wanted}",
        lambda v: isinstance(v, (list, tuple)) and len(v) == length and all(map(of.holds, v)),
    )


OBJECT = Field("an object", lambda v: v is None or isinstance(v, dict))
NULL = Field("null", lambda v: v is None)
# Old configurations may have 0 and 1 here, which open_clip accepts.
FLAG = Field("true or false", lambda v: v is None or type(v) is bool or (type(v) is int and v in (0, 1)))
NAME = Field("a text of at most 1024 characters", lambda v: v is None or (isinstance(v, str) and len(v) <= 1024))
_SIDE = count(1, MAX_SIDE)
_SIDES = either(_SIDE, sequence(2, _SIDE))
_RATIO = number(0.01, 64)
_SCALE = either(NULL, number(0, 1e6))
_FRACTION = number(0, 1)
_LAYERS = count(1, MAX_LAYERS)
_WIDTH = count(1, MAX_WIDTH)
_TIMM = r"|[A-Za-z0-9_]{1,100}(\.[A-Za-z0-9_]{1,100})?"
_ATTENTION: Fields = {
    "block_type": either(NULL, choice("", "default", "custom")),
    "qk_norm": FLAG,
    "scaled_cosine_attn": FLAG,
    "scale_heads": FLAG,
    "scale_attn_inner": FLAG,
    "scale_attn": FLAG,
    "scale_fc": FLAG,
}
_MODEL: Fields = {
    "embed_dim": _WIDTH,
    "quick_gelu": FLAG,
    "custom_text": FLAG,
    "init_logit_scale": number(-100, 100),
    "init_logit_bias": either(NULL, number(-1e4, 1e4)),
    "nonscalar_logit_scale": FLAG,
    "output_dict": FLAG,
}
_VISION: Fields = {
    "layers": either(_LAYERS, sequence(4, _LAYERS)),
    "width": _WIDTH,
    "head_width": _WIDTH,
    "mlp_ratio": _RATIO,
    "patch_size": either(NULL, _SIDES),
    "image_size": _SIDES,
    "ls_init_value": _SCALE,
    "patch_dropout": _FRACTION,
    "attentional_pool": either(FLAG, choice("", "parallel", "cascade")),
    "attn_pooler_queries": count(1, 4096),
    "attn_pooler_heads": count(1, 1024),
    "no_ln_pre": FLAG,
    "pos_embed_type": choice("learnable", "sin_cos_2d"),
    "final_ln_after_pool": FLAG,
    "pool_type": choice("tok", "avg", "none"),
    "output_tokens": FLAG,
    "act_kwargs": OBJECT,
    "norm_kwargs": OBJECT,
    **_ATTENTION,
    # No prefix and no path: timm would download `hf-hub:OWNER/REPO` and read `local-dir:FOLDER`.
    "timm_model_name": either(NULL, text(_TIMM, "the name of a network of timm")),
    "timm_model_pretrained": FLAG,
    "timm_pool": either(NULL, text(r"[a-z_]{0,32}", "the name of a pooling of timm")),
    "timm_proj": either(NULL, choice("", "linear", "mlp", "none")),
    "timm_proj_bias": FLAG,
    "timm_drop": _FRACTION,
    "timm_drop_path": either(NULL, _FRACTION),
}
_LANGUAGE = either(NULL, text(r"[A-Za-z_-]{1,32}", "the code of a language"))
_WITHIN: Mapping[str, Fields] = {
    "act_kwargs": {"approximate": choice("none", "tanh")},
    "norm_kwargs": {"eps": number(0, 1), "elementwise_affine": FLAG, "bias": FLAG},
    "tokenizer_kwargs": {
        "clean": choice("canonicalize", "lower", "whitespace"),
        "strip_sep_token": FLAG,
        "language": _LANGUAGE,
        "src_lang": _LANGUAGE,
    },
}
"""The fields of objects in the configuration of both encoders: keyword arguments of library functions."""
_TEXT: Fields = {
    "context_length": count(1, MAX_CONTEXT),
    "vocab_size": count(1, MAX_VOCABULARY),
    "hf_tokenizer_name": NAME,
    "tokenizer_mode": either(NULL, text(r"[a-z_]{0,32}", "the name of a mode")),
    "tokenizer_kwargs": OBJECT,
    "width": _WIDTH,
    "heads": count(1, 1024),
    "layers": _LAYERS,
    "mlp_ratio": _RATIO,
    "ls_init_value": _SCALE,
    "embed_cls": FLAG,
    "pad_id": count(0, MAX_VOCABULARY),
    "eos_id": count(0, MAX_VOCABULARY),
    "no_causal_mask": FLAG,
    "final_ln_after_pool": FLAG,
    "pool_type": choice("first", "last", "argmax", "eos", "none"),
    "proj_bias": FLAG,
    "proj_type": choice("linear", "none"),
    "output_tokens": FLAG,
    "act_kwargs": OBJECT,
    "norm_kwargs": OBJECT,
    **_ATTENTION,
    "hf_model_name": NAME,
    "hf_model_pretrained": FLAG,
    "hf_proj_type": either(NULL, choice("", "linear", "mlp")),
    "hf_pooler_type": either(NULL, choice("mean_pooler", "max_pooler", "cls_pooler", "cls_last_hidden_state_pooler")),
}


def read_clip_config(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the model_cfg and preprocess_cfg of an open_clip_config.json; see `check_model`.

    Raises:
        ModelError: The file cannot be read, or is not such a configuration.
    """
    source, config = printable(path), read_json(path, MAX_CONFIG_BYTES, ModelError)
    if not isinstance(config, dict) or not isinstance(config.get("model_cfg"), dict):
        raise ModelError(f"{source} has no model_cfg.", _HINT)
    return check_model(config["model_cfg"], source), check_preprocessing(config.get("preprocess_cfg") or {}, source)


def check_model(config: object, source: str) -> dict[str, Any]:
    """Return a model_cfg of open_clip if each of its fields is known and in its range.

    Args:
        config: From a file, or from open_clip's own list.
        source: Names the configuration in messages.

    Raises:
        ModelError: Names the first field that is unknown, missing or out of its range.
    """
    if not isinstance(config, dict):
        raise ModelError(f"{source}: model_cfg is not an object.", _HINT)
    if "multimodal_cfg" in config:
        raise ModelError(f"{source} is a CoCa model, which vqclip does not support.", "Use a plain CLIP.")
    for encoder in ("vision_cfg", "text_cfg"):
        if not isinstance(config.get(encoder), dict):
            raise ModelError(f"{source}: {encoder} is {_shown(config, encoder)}, not an object.", _HINT)
    if "embed_dim" not in config:
        raise ModelError(f"{source}: embed_dim is missing.", _HINT)
    vision, texts = config["vision_cfg"], config["text_cfg"]
    check_fields({k: v for k, v in config.items() if k not in ("vision_cfg", "text_cfg")}, _MODEL, source)
    for encoder, fields, prefix in ((vision, _VISION, "vision_cfg."), (texts, _TEXT, "text_cfg.")):
        for key, within in _WITHIN.items():
            if isinstance(encoder.get(key), dict):
                check_fields(encoder[key], within, source, f"{prefix}{key}.")
        check_fields(encoder, fields, source, prefix)
    if not vision.get("timm_model_name") and not isinstance(vision.get("layers"), (list, tuple)):
        _check_patches(vision, source)
    return config


def check_preprocessing(config: object, source: str) -> dict[str, Any]:
    """Return the fields of a preprocess_cfg that vqclip reads, each in its range.

    Raises:
        ModelError: Names the first field that is out of its range.
    """
    if not isinstance(config, Mapping):
        raise ModelError(f"{source}: preprocess_cfg is not an object.", _HINT)
    colours = sequence(3, number(-1e3, 1e3))
    for key, wanted, valid in (
        ("mean", "three numbers", colours.holds),
        ("std", "three numbers", colours.holds),
        ("resize_mode", f"one of {', '.join(_RESIZE_MODES)}", lambda v: not v or v in _RESIZE_MODES),
        ("interpolation", f"one of {', '.join(_INTERPOLATIONS)}", lambda v: not v or v in _INTERPOLATIONS),
        ("fill_color", "a whole number from 0 to 255", lambda v: not v or (type(v) is int and 0 <= v <= 255)),
    ):
        if config.get(key) is not None and not valid(config[key]):
            shown = "" if key in ("mean", "std") else f"{printable(str(config[key]))[:60]}, "
            raise ModelError(f"{source}: preprocess_cfg.{key} is {shown}not {wanted}.", _HINT)
    if 0 in (config.get("std") or ()):
        raise ModelError(f"{source}: preprocess_cfg.std holds a zero.", _HINT)
    known = ("mean", "std", "resize_mode", "interpolation", "fill_color")
    return {key: config[key] for key in known if config.get(key) is not None}


def check_fields(config: Mapping[str, Any], fields: Fields, source: str, prefix: str = "") -> None:
    """Check every field of an object.

    Args:
        config: The object, from a JSON file.
        fields: Its possible fields; none is required.
        source: Names the file in messages.
        prefix: Precedes the names of fields in messages.

    Raises:
        ModelError: Names the first field that is unknown or out of its range.
    """
    for key, value in config.items():
        name = prefix + printable(str(key))[:60]
        if key not in fields:
            raise ModelError(f"{source}: the field {name} is not known.", _HINT)
        if not fields[key].holds(value):
            raise ModelError(f"{source}: {name} is {_shown(config, key)}, not {fields[key].wanted}.", _HINT)


def _check_patches(vision: Mapping[str, Any], source: str) -> None:
    """Limit the number of patches of a vision transformer of open_clip."""
    sides, patches = (_pair(vision.get(key, default)) for key, default in (("image_size", 224), ("patch_size", 16)))
    if None in (*sides, *patches):
        raise ModelError(f"{source}: vision_cfg.patch_size is null.", _HINT)
    places = (sides[0] // patches[0]) * (sides[1] // patches[1])
    if not 1 <= places <= _MAX_PATCHES or places * vision.get("width", 768) > _MAX_POSITIONS:
        raise ModelError(
            f"{source}: vision_cfg cuts a picture of {sides[0]}x{sides[1]} into {places} patches, "
            f"not 1 to {_MAX_PATCHES}.",
            _HINT,
        )


def _pair(value: Any) -> tuple[Any, Any]:
    return (value[0], value[1]) if isinstance(value, (list, tuple)) else (value, value)


def _shown(config: Mapping[str, Any], key: str) -> str:
    """Describe a value in a message on one short line."""
    value = config.get(key)
    if value is None:
        return "null" if key in config else "missing"
    if isinstance(value, (dict, list, tuple)):
        return "an object" if isinstance(value, dict) else f"a list of {len(value)}"
    return printable(repr(value))[:60]

"""Reads the configuration of a text encoder from Hugging Face's transformers, without transformers.

transformers imports code, downloads files and picks classes as such a file asks. Here a fixed list of architectures
has a fixed list of fields each; other fields have no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.clip_config import (
    FLAG,
    MAX_CONFIG_BYTES,
    MAX_LAYERS,
    MAX_VOCABULARY,
    MAX_WIDTH,
    Fields,
    check_fields,
    choice,
    count,
    number,
    text,
)
from vqclip.reading import read_json

_HINT = "Use another CLIP."
_LAYERS, _WIDTH, _HEADS, _TOKEN = (count(1, most) for most in (MAX_LAYERS, MAX_WIDTH, 256, MAX_VOCABULARY))
_POSITIONS = count(1, 2**16)
_SPECIAL = count(0, MAX_VOCABULARY)
_ACTIVATION = choice(
    "gelu", "gelu_fast", "gelu_new", "gelu_python", "gelu_pytorch_tanh", "quick_gelu", "relu", "silu", "swish", "tanh"
)
_EVERY: Fields = {"vocab_size": _TOKEN, "pad_token_id": _SPECIAL, "bos_token_id": _SPECIAL, "eos_token_id": _SPECIAL}
_BERT: Fields = {
    **_EVERY,
    "hidden_size": _WIDTH,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": _HEADS,
    "intermediate_size": count(1, 2**16),
    "hidden_act": _ACTIVATION,
    "max_position_embeddings": _POSITIONS,
    "type_vocab_size": count(1, 1024),
    "layer_norm_eps": number(0, 1),
    "position_embedding_type": choice("absolute", "relative_key", "relative_key_query"),
    "is_decoder": FLAG,
}
_MT5: Fields = {
    **_EVERY,
    "d_model": _WIDTH,
    "d_kv": count(1, 4096),
    "d_ff": count(1, 2**16),
    "num_layers": _LAYERS,
    "num_decoder_layers": _LAYERS,
    "num_heads": _HEADS,
    "relative_attention_num_buckets": count(1, 4096),
    "relative_attention_max_distance": count(1, 2**20),
    "layer_norm_epsilon": number(0, 1),
    "feed_forward_proj": text(r"(gated-)?[a-z_]{1,32}", "the name of an activation"),
}
_M2M: Fields = {
    **_EVERY,
    "d_model": _WIDTH,
    "encoder_layers": _LAYERS,
    "decoder_layers": _LAYERS,
    "encoder_attention_heads": _HEADS,
    "decoder_attention_heads": _HEADS,
    "encoder_ffn_dim": count(1, 2**16),
    "decoder_ffn_dim": count(1, 2**16),
    "max_position_embeddings": _POSITIONS,
    "activation_function": _ACTIVATION,
    "scale_embedding": FLAG,
}
ARCHITECTURES: Mapping[str, Fields] = {
    "bert": _BERT,
    "roberta": _BERT,
    "xlm-roberta": _BERT,
    "mt5": _MT5,
    "m2m_100": _M2M,
}
"""The fields of every model_type that open_clip can pool."""


@dataclass(frozen=True)
class TextConfig:
    """The architecture of a text encoder: a key of ARCHITECTURES, and those of its fields that the file has."""

    model_type: str
    fields: dict[str, Any]


def read_text_config(path: Path) -> TextConfig:
    """Read the config.json of a text encoder, without fields that do not change the network, such as dropout.

    Raises:
        ModelError: The file cannot be read, asks for code, has another architecture, or a field is out of range.
    """
    source, config = printable(path), read_json(path, MAX_CONFIG_BYTES, ModelError)
    if not isinstance(config, dict):
        raise ModelError(f"{source} is not an object.", _HINT)
    for key in ("auto_map", "custom_pipelines"):
        if config.get(key):
            raise ModelError(f"{source} asks for code of its own ({key}), which vqclip does not run.", _HINT)
    kind = config.get("model_type")
    if not isinstance(kind, str) or kind not in ARCHITECTURES:
        shown = printable(repr(kind))[:60]
        raise ModelError(f"{source}: the model_type {shown} is not one of {', '.join(ARCHITECTURES)}.", _HINT)
    known = ARCHITECTURES[kind]
    # For most fields, transformers takes null as the default; it fails for the others.
    fields = {key: value for key, value in config.items() if key in known and value is not None}
    check_fields(fields, known, source)
    return TextConfig(kind, fields)

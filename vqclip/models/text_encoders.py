"""Text encoders from Hugging Face's transformers, as multilingual CLIPs have them.

open_clip and transformers would download configuration, tokenizer and weights, and run code in a folder. Here all of
it comes from this machine, checked, or the error names the command that downloads it.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models import text_tokens
from vqclip.models.registry import ClipFiles, cached_file
from vqclip.models.text_config import TextConfig, read_text_config

COUNTED = ("text.transformer.embeddings.position_ids", "text.transformer.embeddings.token_type_ids")
"""Buffers of counters and zeros, which older checkpoints hold and newer ones do not."""
_NEEDED = "config.json tokenizer.json tokenizer_config.json"


def is_of_transformers(config: Mapping[str, Any]) -> bool:
    """Whether a model_cfg of open_clip names a text encoder of transformers."""
    return bool(config["text_cfg"].get("hf_model_name"))


def has_tokenizer_of_transformers(config: Mapping[str, Any]) -> bool:
    """Whether a model_cfg of open_clip names a tokenizer of transformers, with or without a text encoder of it."""
    texts = config["text_cfg"]
    return bool(texts.get("hf_model_name") or texts.get("hf_tokenizer_name"))


def build(config: Mapping[str, Any], files: ClipFiles) -> nn.Module:
    """Build open_clip's text encoder around a model of transformers, from a checked model_cfg.

    Only the fields of its config.json are used. Call it inside `checkpoints.without_weights`.

    Raises:
        ModelError: transformers is not installed, the encoder's folder is missing, or its config.json is refused.
    """
    require_transformers(files)
    texts = config["text_cfg"]
    known = read_text_config(encoder_folder(config, files) / "config.json")
    from open_clip.hf_model import HFTextEncoder

    pooler = texts.get("hf_pooler_type", "mean_pooler")
    described = _described(known)
    encoder: nn.Module = HFTextEncoder(
        "",
        output_dim=config["embed_dim"],
        config=described,
        proj_type=texts.get("hf_proj_type", "mlp"),
        pooler_type=pooler,
        output_tokens=bool(texts.get("output_tokens")),
    )
    # Given a configuration, open_clip builds the whole model; given a name, only the part below.
    encoder.transformer = _transformer(described, pooled=pooler == "cls_pooler")
    if not hasattr(encoder, "proj"):
        raise ModelError(
            f"the CLIP {printable(files.name)} has no projection of its texts: hf_proj_type is null, "
            f"and embed_dim is not the width of its text encoder.",
            "Check its model_cfg.",
        )
    return encoder


def require_transformers(files: ClipFiles) -> None:
    """Raise ModelError unless transformers is installed."""
    if importlib.util.find_spec("transformers") is None:
        raise ModelError(
            f"the CLIP {printable(files.name)} reads texts with a model of transformers, which is not installed.",
            "Install it with `pip install 'vqclip[multilingual]'`.",
        )


def encoder_folder(config: Mapping[str, Any], files: ClipFiles) -> Path:
    """The folder with the config.json of a text encoder: the registry's, one in the hub's cache, or the CLIP's own.

    Raises:
        ModelError: None of them has it. The name in a configuration is never used as a path.
    """
    if files.text is not None:
        return files.text
    name = str(config["text_cfg"]["hf_model_name"])
    cached = cached_file(name, "config.json")
    found = cached.parent if cached else None
    if found is None and files.folder is not None and (files.folder / "config.json").exists():
        found = files.folder
    if found is None:
        raise _missing(name, files)
    return found


def load_tokenizer(config: Mapping[str, Any], files: ClipFiles, length: int) -> text_tokens.TextTokenizer:
    """Load the tokenizer of transformers that a checked model_cfg names.

    Raises:
        ModelError: transformers is not installed, or no folder on this machine holds a sound tokenizer.
    """
    require_transformers(files)
    texts = config["text_cfg"]
    return text_tokens.load(
        _tokenizer_folder(config, files),
        length,
        texts.get("tokenizer_kwargs") or {},
        texts.get("tokenizer_mode") or "",
    )


def counted(name: str, buffer: Tensor) -> Tensor:
    """Create one of the buffers in COUNTED from its shape: (1, N) int64."""
    count = torch.arange(buffer.shape[-1]).expand(buffer.shape)
    return count.clone() if name.endswith("position_ids") else torch.zeros_like(count)


def _tokenizer_folder(config: Mapping[str, Any], files: ClipFiles) -> Path:
    """The CLIP's folder if it holds a tokenizer, else the encoder's, else that of the tokenizer's name."""
    own, texts = files.folder, config["text_cfg"]
    if texts.get("hf_model_name"):
        if own is not None and any((own / name).exists() for name in ("tokenizer.json", "vocab.txt")):
            return own
        return encoder_folder(config, files)
    if own is not None:
        return own
    name = str(texts["hf_tokenizer_name"])
    found = cached_file(name, *text_tokens.FILES)
    if found is None:
        raise _missing(name, files)
    return found.parent


def _described(known: TextConfig) -> Any:
    """Build the configuration object of transformers from a checked config.json."""
    import transformers

    classes = {
        "bert": transformers.BertConfig,
        "roberta": transformers.RobertaConfig,
        "xlm-roberta": transformers.XLMRobertaConfig,
        "mt5": transformers.MT5Config,
        "m2m_100": transformers.M2M100Config,
    }
    return classes[known.model_type](**known.fields)


def _transformer(described: Any, *, pooled: bool) -> Any:
    """Build the model that open_clip builds for the name of this configuration, without weights."""
    from transformers import AutoModel

    make: Any = AutoModel.from_config
    if getattr(described, "is_encoder_decoder", False):
        return make(described).encoder
    return make(described, add_pooling_layer=pooled)


def _missing(repo: str, files: ClipFiles) -> ModelError:
    shown = printable(repo)[:100]
    is_path = repo.startswith(("/", ".", "~")) or ".." in repo or "\\" in repo or repo.count("/") > 1
    return ModelError(
        f"the CLIP {printable(files.name)} reads texts with {shown}, whose configuration is not on this machine.",
        "Put its config.json and its tokenizer into the folder of the CLIP, instead of a path."
        if is_path
        else f"Fetch it with `hf download {shown} {_NEEDED}`.",
    )

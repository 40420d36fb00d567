"""Text towers that are models of Hugging Face's transformers, as multilingual CLIPs have them.

open_clip and transformers would fetch their configuration, their tokenizer and weights that are then replaced, and
would run code that a folder holds. Here all of it comes from this machine, checked, or the run ends with the command
that brings it here.
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
"""Buffers that count or say nothing: older checkpoints hold them, newer ones do not."""
_NEEDED = "config.json tokenizer.json tokenizer_config.json"


def is_of_transformers(config: Mapping[str, Any]) -> bool:
    """Whether a model_cfg of open_clip names a text tower of transformers."""
    return bool(config["text_cfg"].get("hf_model_name"))


def has_tokenizer_of_transformers(config: Mapping[str, Any]) -> bool:
    """Whether a model_cfg of open_clip names a tokenizer of transformers; the tower need not be one."""
    texts = config["text_cfg"]
    return bool(texts.get("hf_model_name") or texts.get("hf_tokenizer_name"))


def build(config: Mapping[str, Any], files: ClipFiles) -> nn.Module:
    """open_clip's text tower over a model of transformers, as a checked model_cfg describes it.

    It is built from the fields of its config.json alone. Call it within `weights.without_weights`.

    Raises:
        ModelError: transformers is not installed, the tower's folder is not here, or its config.json is refused.
    """
    require_transformers(files)
    texts = config["text_cfg"]
    known = read_text_config(tower_folder(config, files) / "config.json")
    from open_clip.hf_model import HFTextEncoder

    pooler = texts.get("hf_pooler_type", "mean_pooler")
    described = _described(known)
    tower: nn.Module = HFTextEncoder(
        "",
        output_dim=config["embed_dim"],
        config=described,
        proj_type=texts.get("hf_proj_type", "mlp"),
        pooler_type=pooler,
        output_tokens=bool(texts.get("output_tokens")),
    )
    # Given a configuration, open_clip makes all of the model; by a name, it makes what follows.
    tower.transformer = _transformer(described, pooled=pooler == "cls_pooler")
    if not hasattr(tower, "proj"):
        raise ModelError(
            f"the CLIP {printable(files.name)} has no projection of its texts: hf_proj_type is null, "
            f"and embed_dim is not the width of its text tower.",
            "Check its model_cfg.",
        )
    return tower


def require_transformers(files: ClipFiles) -> None:
    """Raise ModelError unless transformers is installed."""
    if importlib.util.find_spec("transformers") is None:
        raise ModelError(
            f"the CLIP {printable(files.name)} reads texts with a model of transformers, which is not installed.",
            "Install it with `pip install 'vqclip[multilingual]'`.",
        )


def tower_folder(config: Mapping[str, Any], files: ClipFiles) -> Path:
    """The folder with the config.json of a text tower: the registry's, one in the hub's cache, or the CLIP's own.

    Raises:
        ModelError: None of them has it. The name in a configuration is never the path of a folder.
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
    """The tokenizer of a checked model_cfg that names one of transformers.

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
    """The value of one of the buffers in COUNTED, from its shape: (1, N) int64."""
    count = torch.arange(buffer.shape[-1]).expand(buffer.shape)
    return count.clone() if name.endswith("position_ids") else torch.zeros_like(count)


def _tokenizer_folder(config: Mapping[str, Any], files: ClipFiles) -> Path:
    """The CLIP's own folder where that holds a tokenizer, else the tower's, else that of the tokenizer's name."""
    own, texts = files.folder, config["text_cfg"]
    if texts.get("hf_model_name"):
        if own is not None and any((own / name).exists() for name in ("tokenizer.json", "vocab.txt")):
            return own
        return tower_folder(config, files)
    if own is not None:
        return own
    name = str(texts["hf_tokenizer_name"])
    found = cached_file(name, *text_tokens.FILES)
    if found is None:
        raise _missing(name, files)
    return found.parent


def _described(known: TextConfig) -> Any:
    """The configuration object of transformers with the fields of a checked config.json."""
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
    """The model that open_clip makes for a name with this configuration, without weights."""
    from transformers import AutoModel

    make: Any = AutoModel.from_config
    if getattr(described, "is_encoder_decoder", False):
        return make(described).encoder
    return make(described, add_pooling_layer=pooled)


def _missing(repo: str, files: ClipFiles) -> ModelError:
    shown = printable(repo)[:100]
    is_path = repo.startswith(("/", ".", "~")) or ".." in repo or "\\" in repo or repo.count("/") > 1
    return ModelError(
        f"the CLIP {printable(files.name)} reads texts with {shown}, whose configuration is not here.",
        "Put its config.json and its tokenizer into the folder of the CLIP, instead of a path."
        if is_path
        else f"Fetch it with `hf download {shown} {_NEEDED}`.",
    )

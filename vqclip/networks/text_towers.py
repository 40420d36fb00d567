"""Text towers that are models of Hugging Face's transformers, as multilingual CLIPs have them.

open_clip would fetch their configuration, their tokenizer and weights that are then replaced. Here all of it comes
from this machine, or the run ends with the command that brings it here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.registry import ClipFiles

COUNTED = ("text.transformer.embeddings.position_ids", "text.transformer.embeddings.token_type_ids")
"""Buffers that count or say nothing: older checkpoints hold them, newer ones do not."""


def is_of_transformers(config: Mapping[str, Any]) -> bool:
    """Whether a model_cfg of open_clip names a text tower of transformers."""
    text = config.get("text_cfg")
    return isinstance(text, Mapping) and "hf_model_name" in text


def with_local_texts(config: Mapping[str, Any], files: ClipFiles) -> dict[str, Any]:
    """The same model_cfg with such a tower's name replaced by its folder on this machine, and no weights of its own.

    Any other is returned as it is. Raises ModelError when transformers or the folder is not here.
    """
    if not is_of_transformers(config):
        return dict(config)
    if importlib.util.find_spec("transformers") is None:
        raise ModelError(
            f"the CLIP {printable(files.name)} reads texts with a model of transformers, which is not installed.",
            "Install it with `pip install 'vqclip[multilingual]'`.",
        )
    text = config["text_cfg"]
    place = files.text or _cached(str(text["hf_model_name"]), files.name)
    local = {"hf_model_name": str(place), "hf_tokenizer_name": str(_tokenizer_folder(files, place))}
    return {**config, "text_cfg": {**text, **local, "hf_model_pretrained": False}}


def load_tokenizer(config: Mapping[str, Any], length: int) -> Any:
    """open_clip's tokenizer for a configuration from `with_local_texts`."""
    from open_clip.tokenizer import HFTokenizer

    text = config["text_cfg"]
    known = text.get("tokenizer_kwargs") or {}
    mode = text.get("tokenizer_mode")
    return HFTokenizer(text["hf_tokenizer_name"], context_length=length, tokenizer_mode=mode, **known)


def counted(name: str, buffer: Tensor) -> Tensor:
    """The value of one of the buffers in COUNTED, from its shape: (1, N) int64."""
    count = torch.arange(buffer.shape[-1]).expand(buffer.shape)
    return count.clone() if name.endswith("position_ids") else torch.zeros_like(count)


def _tokenizer_folder(files: ClipFiles, place: Path) -> Path:
    """The CLIP's own folder where that holds a tokenizer, else the tower's."""
    own = files.folder
    return own if own and any((own / name).is_file() for name in ("tokenizer.json", "vocab.txt")) else place


def _cached(repo: str, clip: str) -> Path:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = Path(repo) / "config.json" if Path(repo).is_dir() else try_to_load_from_cache(repo, "config.json")
    except HFValidationError:
        found = None
    if not isinstance(found, (str, Path)):
        raise ModelError(
            f"the CLIP {printable(clip)} reads texts with {printable(repo)}, whose configuration is not here.",
            f"Fetch it with `hf download {printable(repo)} config.json tokenizer.json tokenizer_config.json`.",
        )
    return Path(found).parent

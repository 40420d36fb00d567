"""The known models from configs/models.yaml: names, origins, sizes, hashes and licences.

`vqclip.models.registry` finds their files on this machine.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vqclip.errors import UsageError, did_you_mean
from vqclip.files import data_path, user_path
from vqclip.reading import MAX_TEXT_BYTES, parse_yaml, read_bytes

CLIP_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
"""Names of the weights in a folder or repository of open_clip, the safe format first."""

Pin = Literal["sha256", "commit", "none"]
"""What a download is checked by: a published hash, the commit in its address, or nothing that was published."""


@dataclass(frozen=True)
class Mirror:
    """A file in a Hugging Face repository.

    revision: A commit, or the branch `main` where no commit of the file was found in print.
    """

    repo: str
    revision: str
    path: str

    @property
    def url(self) -> str:
        """The address of the file."""
        return f"{hub_endpoint()}/{self.repo}/resolve/{self.revision}/{self.path}"

    @property
    def pinned(self) -> bool:
        """Whether the address always has the same file."""
        return re.fullmatch(r"[0-9a-f]{40}", self.revision) is not None


@dataclass(frozen=True)
class VqganEntry:
    """A known VQGAN.

    Attributes:
        bytes, sha256: Of the checkpoint; None when they are not published.
        about_bytes: Its rough size, where the exact one is not published.
        file: Name among the shipped checkpoints, None for a model to download.
        model: Its configuration as its makers write it, None when that is beside the shipped file.
        upstream: The address of its makers' file.
        terms: Page with its licence, where that is not the page of its first mirror.
        member: Name of the checkpoint in the zip archive of its makers, None without an archive.
        true_weights: Whether its published weights were run by vqclip's developers.
    """

    name: str
    note: str
    licence: str
    aliases: tuple[str, ...] = ()
    bytes: int | None = None
    about_bytes: int | None = None
    sha256: str | None = None
    mirrors: tuple[Mirror, ...] = ()
    upstream: str | None = None
    member: str | None = None
    model: Mapping[str, Any] | None = None
    file: str | None = None
    terms: str | None = None
    true_weights: bool = False

    @property
    def path(self) -> Path:
        """Where its checkpoint is or belongs."""
        if self.file:
            return data_path("checkpoints", self.file)
        return self.path_in(cache_dir())

    def path_in(self, folder: Path) -> Path:
        """Where its checkpoint belongs in a folder like the cache."""
        return folder / "vqgan" / f"{self.name}.ckpt"

    @property
    def origins(self) -> tuple[str, ...]:
        """The addresses of the checkpoint, mirrors first."""
        return (*(mirror.url for mirror in self.mirrors), *([self.upstream] if self.upstream else []))

    @property
    def pin(self) -> Pin:
        """What makes sure that a download is the file that is meant."""
        if self.sha256 or self.file:
            return "sha256"
        return "commit" if self.mirrors and not self.upstream and all(m.pinned for m in self.mirrors) else "none"

    @property
    def page(self) -> str | None:
        """The page with its licence."""
        first = next(iter(self.mirrors), None)
        return self.terms or (f"{hub_endpoint()}/{first.repo}" if first else None)

    @property
    def network(self) -> tuple[str, int, int] | None:
        """Kind (VQModel, GumbelVQ, IBQ or TiTok), number of codes and their length; None for a built-in model."""
        if self.model is None:
            return None
        if "model" in self.model:
            params = self.model["model"]["vq_model"]
            return "TiTok", params["codebook_size"], params["token_size"]
        stage = self.model["params"].get("first_stage_config", self.model)
        params = stage["params"]
        # LlamaGen has its own names for both numbers.
        codes, numbers = (params.get(a, params.get(f"codebook_{b}"))
                          for a, b in (("n_embed", "size"), ("embed_dim", "embed_dim")))  # fmt: skip
        return stage["target"].rpartition(".")[2], codes, numbers


@dataclass(frozen=True)
class Need:
    """Files of another Hugging Face repository that a CLIP needs."""

    repo: str
    files: tuple[str, ...]


@dataclass(frozen=True)
class ClipEntry:
    """A known CLIP.

    Attributes:
        model, pretrained: open_clip's names of network and weights.
        repo: Hugging Face repository of the weights.
        folder: Name among the shipped checkpoints, None for a model to download.
        text: Configuration and tokenizer of a text encoder from Hugging Face's transformers.
        about_bytes: About the size of its weights: four for each number of the network.
        terms: Page with its licence, where that is not the page of its repository.
        true_weights: Whether its published weights were run by vqclip's developers.
    """

    name: str
    note: str
    licence: str
    aliases: tuple[str, ...] = ()
    model: str | None = None
    pretrained: str | None = None
    repo: str | None = None
    folder: str | None = None
    text: Need | None = None
    about_bytes: int | None = None
    terms: str | None = None
    true_weights: bool = False

    @property
    def pin(self) -> Pin:
        """What makes sure that a download is the file that is meant; a CLIP comes from the newest commit."""
        return "sha256" if self.folder else "none"

    @property
    def page(self) -> str | None:
        """The page of the repository with its weights."""
        return f"{hub_endpoint()}/{self.repo}" if self.repo else None


def hub_endpoint() -> str:
    """The address of the Hugging Face hub, or HF_ENDPOINT."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def cache_dir() -> Path:
    """The folder of downloaded models: VQCLIP_CACHE_DIR, or the user's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("VQCLIP_CACHE_DIR")
    return user_path(named) if named else user_cache_path("vqclip")


def vqgan_names() -> list[str]:
    """The names of the VQGANs, the built-in one first."""
    return list(_vqgans())


def clip_names() -> list[str]:
    """The names of the CLIPs, the built-in one first."""
    return list(_clips())


def vqgan_entries() -> list[VqganEntry]:
    """Every known VQGAN, the built-in one first."""
    return list(_vqgans().values())


def vqgan_entry(name: str) -> VqganEntry:
    """Find a VQGAN by name or alias. Raises UsageError."""
    for entry in _vqgans().values():
        if name == entry.name or name in entry.aliases:
            return entry
    aliases = [alias for entry in _vqgans().values() for alias in entry.aliases]
    raise UsageError(
        f"the VQGAN {name!r} is unknown.",
        f"{did_you_mean(name, [*vqgan_names(), *aliases])} Known: {', '.join(vqgan_names())}; "
        "or give a .ckpt, .pt or .safetensors file.",
    )


def clip_entries() -> list[ClipEntry]:
    """Every known CLIP, the built-in one first."""
    return list(_clips().values())


def clip_entry(name: str) -> ClipEntry | None:
    """Find a CLIP by name or alias; None if it is unknown."""
    return next((e for e in _clips().values() if name == e.name or name in e.aliases), None)


def companions(kind: Literal["prior", "upsampler"]) -> Mapping[str, Mapping[str, Any]]:
    """The networks of that kind that were trained on the codes of a VQGAN: their fields in models.yaml, by name."""
    found: Mapping[str, Mapping[str, Any]] = _document()[kind]
    return found


@functools.cache
def _document() -> Mapping[str, Any]:
    data = read_bytes(data_path("configs", "models.yaml"), MAX_TEXT_BYTES)
    document: Mapping[str, Any] = parse_yaml(data)
    return document


@functools.cache
def _vqgans() -> Mapping[str, VqganEntry]:
    entries = {}
    for name, fields in _document()["vqgan"].items():
        mirrors = tuple(Mirror(**mirror) for mirror in fields.get("mirrors", ()))
        changed = {"name": name, "mirrors": mirrors, "aliases": tuple(fields.get("aliases", ()))}
        entries[name] = VqganEntry(**(fields | changed))
    return entries


@functools.cache
def _clips() -> Mapping[str, ClipEntry]:
    entries = {}
    for name, fields in _document()["clip"].items():
        changed: dict[str, Any] = {"name": name, "aliases": tuple(fields.get("aliases", ()))}
        if "text" in fields:
            changed["text"] = Need(fields["text"]["repo"], tuple(fields["text"]["files"]))
        entries[name] = ClipEntry(**(fields | changed))
    return entries

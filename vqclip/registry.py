"""From a model's name to its files on this machine. Nothing is loaded here, and nothing is downloaded.

The names, hashes and origins are in configs/models.yaml.
"""

from __future__ import annotations

import difflib
import functools
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vqclip.errors import ModelError, UsageError
from vqclip.files import data_path, printable

_CHECKPOINT_SUFFIXES = (".ckpt", ".pt", ".pth", ".bin", ".safetensors")
# The files that open_clip writes into a model folder or repository, the safe one first.
_CLIP_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


@dataclass(frozen=True)
class Mirror:
    """A file in a Hugging Face repository, pinned to a revision."""

    repo: str
    revision: str
    path: str

    @property
    def url(self) -> str:
        """The address of the file itself."""
        return f"https://huggingface.co/{self.repo}/resolve/{self.revision}/{self.path}"


@dataclass(frozen=True)
class VqganEntry:
    """What is known about one VQGAN.

    bytes, sha256: of the checkpoint, None when nobody has published them. file: name among the shipped
    checkpoints, None for a model that has to be fetched. model: its taming-style configuration, None when that
    lies beside the shipped file. upstream: the page or address of its makers.
    """

    name: str
    note: str
    licence: str
    aliases: tuple[str, ...] = ()
    bytes: int | None = None
    sha256: str | None = None
    mirrors: tuple[Mirror, ...] = ()
    upstream: str | None = None
    model: Mapping[str, Any] | None = None
    file: str | None = None

    @property
    def path(self) -> Path:
        """Where its checkpoint is, or has to be put."""
        if self.file:
            return data_path("checkpoints", self.file)
        return cache_dir() / "vqgan" / f"{self.name}.ckpt"

    @property
    def origins(self) -> tuple[str, ...]:
        """Addresses that serve the checkpoint, mirrors first."""
        return (*(mirror.url for mirror in self.mirrors), *([self.upstream] if self.upstream else []))

    @property
    def network(self) -> tuple[str, int] | None:
        """The kind of VQGAN, VQModel or GumbelVQ, and its number of codes; None for a built-in model."""
        if self.model is None:
            return None
        stage = self.model["params"].get("first_stage_config", self.model)
        return stage["target"].rpartition(".")[2], stage["params"]["n_embed"]


@dataclass(frozen=True)
class ClipEntry:
    """What is known about one CLIP.

    model, pretrained: open_clip's names. repo: Hugging Face repository with the weights. folder: name among the
    shipped checkpoints, None for a model that has to be fetched.
    """

    name: str
    note: str
    licence: str
    aliases: tuple[str, ...] = ()
    model: str | None = None
    pretrained: str | None = None
    repo: str | None = None
    folder: str | None = None


@dataclass(frozen=True)
class VqganFiles:
    """A VQGAN on this machine.

    config: a taming-style YAML file, or its content. sha256: what the checkpoint must hash to, None if unknown.
    """

    name: str
    checkpoint: Path
    config: Path | Mapping[str, Any]
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class ClipFiles:
    """A CLIP on this machine, as open_clip takes it.

    name: as the user gave it. model: open_clip's name of the network, or `local-dir:FOLDER`. pretrained:
    open_clip's tag, None when `weights` says it all. folder: the model's own folder with configuration,
    weights and vocabulary, if it has one. weights: the file to load, None when only open_clip knows it.
    """

    name: str
    model: str
    pretrained: str | None = None
    folder: Path | None = None
    weights: Path | None = None


@dataclass(frozen=True)
class PriorFiles:
    """A prior on this machine: its weights, its shape (JSON) and the merges of its tokenizer.

    A Net2Net transformer has the checkpoint and configuration of its VQGAN, and no tokenizer.
    """

    name: str
    weights: Path
    config: Path | Mapping[str, Any]
    tokenizer: Path | None


@dataclass(frozen=True)
class EnlargerFiles:
    """An enlarger on this machine: its weights and its shape (JSON)."""

    name: str
    weights: Path
    config: Path


@dataclass(frozen=True)
class ModelRow:
    """One line of `vqclip models list`. kind: vqgan, clip or prior. path: where it is or belongs, None if unknown."""

    name: str
    kind: str
    bytes: int | None
    licence: str
    present: bool
    path: str | None
    note: str


def cache_dir() -> Path:
    """The folder that fetched models live in: VQCLIP_CACHE_DIR, else the user's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("VQCLIP_CACHE_DIR")
    return Path(named).expanduser() if named else user_cache_path("vqclip")


def vqgan_names() -> list[str]:
    """The names of the VQGANs, the built-in one first."""
    return list(_vqgans())


def clip_names() -> list[str]:
    """The names of the CLIPs, the built-in one first."""
    return list(_clips())


def vqgan_entry(name: str) -> VqganEntry:
    """What is known about a VQGAN, by name or alias; UsageError when nothing is."""
    for entry in _vqgans().values():
        if name == entry.name or name in entry.aliases:
            return entry
    aliases = [alias for entry in _vqgans().values() for alias in entry.aliases]
    raise UsageError(
        f"the VQGAN {name!r} is unknown.",
        f"{_did_you_mean(name, [*vqgan_names(), *aliases])}Known: {', '.join(vqgan_names())}; "
        "or give a .ckpt, .pt or .safetensors file.",
    )


def clip_entry(name: str) -> ClipEntry | None:
    """What is known about a CLIP, by name or alias; None when nothing is."""
    return next((e for e in _clips().values() if name == e.name or name in e.aliases), None)


def is_path(name: str) -> bool:
    """Whether the user named a checkpoint file rather than a model."""
    return name.lower().endswith(_CHECKPOINT_SUFFIXES) or "/" in name or os.sep in name


def find_vqgan(name_or_path: str, config_path: str | None = None) -> VqganFiles:
    """The files of a VQGAN by name, or of a checkpoint file.

    config_path: YAML file that replaces the model's own configuration; a checkpoint file needs one, here or
    beside it under the same name. Raises UsageError for an unknown name, ModelError for files that are not
    there, saying where they can be had and where they belong.
    """
    config = _existing(Path(config_path), "the configuration") if config_path else None
    if is_path(name_or_path):
        checkpoint = _existing(Path(name_or_path).expanduser(), "the checkpoint")
        return VqganFiles(name_or_path, checkpoint, config or _config_beside(checkpoint))
    entry = vqgan_entry(name_or_path)
    if not entry.path.is_file():
        raise _not_here(entry)
    own = entry.model if entry.model is not None else _config_beside(entry.path)
    return VqganFiles(entry.name, entry.path, config or own, entry.sha256, entry.bytes)


def find_clip(name: str) -> ClipFiles:
    """The files of a CLIP: a registered name, `local-dir:FOLDER`, or open_clip's `NETWORK/TAG`.

    A TAG that is a weights file is taken as such; any other is left to open_clip, which may have it in its own
    cache. Raises UsageError for an unknown name, ModelError for files that are not there.
    """
    prefix, colon, folder = name.partition(":")
    if colon and prefix == "local-dir":
        return _clip_folder(name, Path(folder).expanduser())
    entry = clip_entry(name)
    if entry is None:
        return _unlisted_clip(name)
    if entry.folder:
        return _clip_folder(name, data_path("checkpoints", entry.folder))
    weights = _in_hub_cache(entry)
    if weights is None:
        raise ModelError(
            f"the CLIP {name!r} is not on this machine.",
            f"Fetch it with `hf download {entry.repo} {_CLIP_WEIGHTS[0]}`; nothing is downloaded by itself.",
        )
    return ClipFiles(name, str(entry.model), entry.pretrained, weights=weights)


def find_prior(vqgan: str) -> PriorFiles:
    """The files of the prior that draws for the VQGAN of that name; UsageError when there is none."""
    found = _companion("prior", vqgan)
    if found is None:
        raise UsageError(f"init is 'prior', but the VQGAN {vqgan!r} has no prior.", "Use --init tokens.")
    name, weights, fields = found
    return PriorFiles(name, weights, weights.with_suffix(".json"), data_path("checkpoints", fields["tokenizer"]))


def find_enlarger(vqgan: str) -> EnlargerFiles:
    """The files of the enlarger of the VQGAN of that name; UsageError when there is none."""
    found = _companion("enlarger", vqgan)
    if found is None:
        raise UsageError(f"enlarge is 'codes', but the VQGAN {vqgan!r} has no enlarger.", "Use --enlarge pixels.")
    name, weights, _ = found
    return EnlargerFiles(name, weights, weights.with_suffix(".json"))


def _companion(kind: str, vqgan: str) -> tuple[str, Path, Mapping[str, Any]] | None:
    """Name, weights and registry fields of the network of that kind that was trained on a VQGAN's codes."""
    names = [name for name in vqgan_names() if vqgan in (name, *vqgan_entry(name).aliases)]
    for name, fields in _document()[kind].items():
        if fields["vqgan"] in names:
            weights = data_path("checkpoints", fields["file"])
            if not weights.is_file():
                raise ModelError(f"the {kind} is missing: there is no {printable(weights)}.", "Install vqclip again.")
            return name, weights, fields
    return None


def clip_weights(clip: ClipFiles) -> Path | None:
    """The weights file of a CLIP, None when only open_clip knows it."""
    return clip.weights


def list_models() -> list[ModelRow]:
    """Every known model, and whether it is on this machine."""
    rows = []
    for entry in _vqgans().values():
        here = entry.path.is_file()
        size = entry.path.stat().st_size if here else entry.bytes
        rows.append(ModelRow(entry.name, "vqgan", size, entry.licence, here, str(entry.path), entry.note))
    for clip in _clips().values():
        weights = _weights_in(data_path("checkpoints", clip.folder)) if clip.folder else _in_hub_cache(clip)
        size = weights.stat().st_size if weights else None
        path = str(weights) if weights else None
        rows.append(ModelRow(clip.name, "clip", size, clip.licence, weights is not None, path, clip.note))
    for kind in ("prior", "enlarger"):
        for name, fields in _document()[kind].items():
            file = data_path("checkpoints", fields["file"])
            size = file.stat().st_size if file.is_file() else None
            rows.append(ModelRow(name, kind, size, fields["licence"], file.is_file(), str(file), fields["note"]))
    return rows


def _not_here(entry: VqganEntry) -> ModelError:
    place = printable(entry.path)
    if entry.file:
        return ModelError(f"the built-in VQGAN is missing: there is no {place}.", "Install vqclip again.")
    size = f" ({entry.bytes / 1e6:.0f} MB)" if entry.bytes else ""
    return ModelError(
        f"the VQGAN {entry.name!r}{size} is not on this machine.",
        f"Fetch {entry.origins[0]} and put it at {place}; nothing is downloaded by itself.",
    )


def _existing(path: Path, what: str) -> Path:
    if path.is_file():
        return path
    problem = "is a folder" if path.is_dir() else "is not a file" if path.exists() else "does not exist"
    raise ModelError(f"{what} {printable(path)} {problem}.", "Check the path.")


def _config_beside(checkpoint: Path) -> Path:
    for suffix in (".yaml", ".yml"):
        if checkpoint.with_suffix(suffix).is_file():
            return checkpoint.with_suffix(suffix)
    raise ModelError(
        f"the checkpoint {printable(checkpoint)} has no configuration.",
        f"Put its YAML file beside it as {printable(checkpoint.with_suffix('.yaml').name)}, "
        "or name it with --vqgan-config.",
    )


def _clip_folder(name: str, folder: Path) -> ClipFiles:
    place = printable(folder)
    if not folder.is_dir():
        raise ModelError(f"the CLIP folder {place} does not exist.", "Check the path.")
    if not (folder / "open_clip_config.json").is_file():
        raise ModelError(f"the CLIP folder {place} has no open_clip_config.json.", "Give a folder of open_clip.")
    weights = _weights_in(folder)
    if weights is None:
        raise ModelError(f"the CLIP folder {place} has no {_CLIP_WEIGHTS[0]}.", "Give a folder of open_clip.")
    return ClipFiles(name, f"local-dir:{folder}", folder=folder, weights=weights)


def _unlisted_clip(name: str) -> ClipFiles:
    network, slash, tag = name.partition("/")
    if not (slash and network and tag):
        known = [*clip_names(), *(alias for entry in _clips().values() for alias in entry.aliases)]
        raise UsageError(
            f"the CLIP {name!r} is unknown.",
            f"{_did_you_mean(name, known)}Known: {', '.join(clip_names())}; or local-dir:FOLDER, "
            "or open_clip's NETWORK/TAG.",
        )
    if tag.lower().endswith(_CHECKPOINT_SUFFIXES):
        return ClipFiles(name, network, weights=_existing(Path(tag).expanduser(), "the CLIP checkpoint"))
    return ClipFiles(name, network, tag)


def _weights_in(folder: Path) -> Path | None:
    return next((folder / name for name in _CLIP_WEIGHTS if (folder / name).is_file()), None)


def _in_hub_cache(entry: ClipEntry) -> Path | None:
    if entry.repo is None:
        return None
    from huggingface_hub import try_to_load_from_cache

    for name in _CLIP_WEIGHTS:
        found = try_to_load_from_cache(entry.repo, name)
        if isinstance(found, str):
            return Path(found)
    return None


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=1)
    return f"Did you mean {by_fold[close[0]]}? " if close else ""


@functools.cache
def _document() -> Mapping[str, Any]:
    text = data_path("configs", "models.yaml").read_text(encoding="utf-8")
    document: Mapping[str, Any] = yaml.safe_load(text)
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
    return {
        name: ClipEntry(**(fields | {"name": name, "aliases": tuple(fields.get("aliases", ()))}))
        for name, fields in _document()["clip"].items()
    }

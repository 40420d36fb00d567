"""Finds the files of a model on this machine by its name. Nothing is loaded or downloaded here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vqclip.errors import ModelError, NotDownloaded, UsageError, VqclipError, did_you_mean
from vqclip.files import data_path, is_file, is_folder, matching, printable, require_file, require_folder, user_path
from vqclip.models.catalogue import (
    CLIP_WEIGHTS,
    ClipEntry,
    Pin,
    VqganEntry,
    clip_entries,
    clip_entry,
    clip_names,
    companions,
    vqgan_entries,
    vqgan_entry,
    vqgan_names,
)
from vqclip.models.weight_files import parts_of
from vqclip.settings.option import CHECKPOINT_SUFFIXES, names_checkpoint

HUB_PREFIX = "hf-hub:"
_WEIGHTS = (
    "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors.index.json",
    "diffusion_pytorch_model.bin", "model.safetensors", "model.safetensors.index.json",
)  # fmt: skip


@dataclass(frozen=True)
class VqganFiles:
    """The files of a VQGAN.

    Attributes:
        config: A taming-style YAML file, or its content.
        sha256, bytes: The published hash and size of the checkpoint, None if unknown.
    """

    name: str
    checkpoint: Path
    config: Path | Mapping[str, Any]
    sha256: str | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class ClipFiles:
    """The files of a CLIP, as open_clip takes them.

    Attributes:
        name: As the user gave it.
        model: open_clip's name of the network, or `local-dir:FOLDER`.
        pretrained: open_clip's tag, None when `weights` is enough.
        folder: A folder with configuration, weights and vocabulary.
        weights: The file to load, None when only open_clip knows it.
        text: A folder with configuration and tokenizer of a text encoder from transformers.
    """

    name: str
    model: str
    pretrained: str | None = None
    folder: Path | None = None
    weights: Path | None = None
    text: Path | None = None


@dataclass(frozen=True)
class PriorFiles:
    """The files of a prior: weights, shape (JSON) and the merges of its tokenizer.

    A Net2Net transformer shares checkpoint and configuration with its VQGAN, and has no tokenizer.
    """

    name: str
    weights: Path
    config: Path | Mapping[str, Any]
    tokenizer: Path | None


@dataclass(frozen=True)
class UpsamplerFiles:
    """The files of an upsampler: weights and shape (JSON)."""

    name: str
    weights: Path
    config: Path


@dataclass(frozen=True)
class ModelRow:
    """One line of `vqclip models list`.

    Attributes:
        bytes: Size of the file here, or the published one.
        about_bytes: Rough size, where no exact one is published.
        path: Where the model is or belongs, None if unknown.
        note: What it is good for.
        pin: What a download of it is checked by.
        true_weights: Whether its published weights were run by vqclip's developers.
    """

    name: str
    kind: str
    bytes: int | None
    about_bytes: int | None
    licence: str
    present: bool
    path: str | None
    note: str
    pin: Pin
    true_weights: bool


def find_vqgan(name_or_path: str, config_path: str | None = None) -> VqganFiles:
    """Find the files of a VQGAN.

    Args:
        name_or_path: Its name, or a checkpoint file.
        config_path: A YAML file that replaces the model's configuration. A checkpoint file needs one, here or beside
            it under the same name.

    Raises:
        UsageError: The name is unknown.
        ModelError: Files are missing; the message says where to get them and where to put them.
    """
    config = require_file(Path(config_path), "the configuration") if config_path else None
    if names_checkpoint(name_or_path):
        checkpoint = require_file(_weights_of(user_path(name_or_path)), "the checkpoint")
        parts_of(checkpoint)
        return VqganFiles(name_or_path, checkpoint, config or _config_beside(checkpoint))
    entry = vqgan_entry(name_or_path)
    if not is_file(entry.path):
        raise _not_here(entry)
    own = entry.model if entry.model is not None else _config_beside(entry.path)
    return VqganFiles(entry.name, entry.path, config or own, entry.sha256, entry.bytes)


def find_clip(name: str) -> ClipFiles:
    """Find the files of a CLIP: a registered name, `local-dir:FOLDER`, `hf-hub:OWNER/REPO`, or `NETWORK/TAG`.

    A TAG is the path of a weights file, or a tag of open_clip, which may have it in its cache.

    Raises:
        UsageError: The name is unknown.
        ModelError: Files are missing.
    """
    prefix, colon, folder = name.partition(":")
    if colon and prefix == "local-dir":
        return _clip_folder(name, user_path(folder))
    if (repository := with_own_config(name)).startswith(HUB_PREFIX):
        return replace(_hub_folder(repository), name=name)
    entry = clip_entry(name)
    if entry is None:
        return _unlisted_clip(name)
    if entry.folder:
        return _clip_folder(name, data_path("checkpoints", entry.folder))
    weights, text = _in_hub_cache(entry), None
    if entry.text is not None:
        found = [cached_file(entry.text.repo, file) for file in entry.text.files]
        text = found[0].parent if found and found[0] and None not in found else None
    if weights is None or (entry.text is not None and text is None):
        raise _clip_not_here(name)
    return ClipFiles(name, str(entry.model), entry.pretrained, weights=weights, text=text)


def find_prior(vqgan: str) -> PriorFiles:
    """Find the files of the prior for a VQGAN. Raises UsageError when it has none."""
    found = _companion("prior", vqgan)
    if found is None:
        raise UsageError(f"init is 'prior', but the VQGAN {vqgan!r} has no prior.", "Use --init tokens.")
    name, weights, fields = found
    return PriorFiles(name, weights, weights.with_suffix(".json"), data_path("checkpoints", fields["tokenizer"]))


def find_upsampler(vqgan: str) -> UpsamplerFiles:
    """Find the files of the upsampler for a VQGAN. Raises UsageError when it has none."""
    found = _companion("upsampler", vqgan)
    if found is None:
        raise UsageError(
            f"upsample_candidates cannot be used: the VQGAN {vqgan!r} has no upsampler.",
            "Use --upsample-candidates 0.",
        )
    name, weights, _ = found
    return UpsamplerFiles(name, weights, weights.with_suffix(".json"))


def _companion(kind: Literal["prior", "upsampler"], vqgan: str) -> tuple[str, Path, Mapping[str, Any]] | None:
    """Name, weights and fields in models.yaml of the network of that kind for a VQGAN."""
    names = [name for name in vqgan_names() if vqgan in (name, *vqgan_entry(name).aliases)]
    for name, fields in companions(kind).items():
        if fields["vqgan"] in names:
            weights = data_path("checkpoints", fields["file"])
            if not is_file(weights):
                raise ModelError(f"the {kind} is missing: there is no {printable(weights)}.", "Install vqclip again.")
            return name, weights, fields
    return None


def list_models() -> list[ModelRow]:
    """List every known model, and whether it is on this machine."""
    rows = []
    for entry in vqgan_entries():
        here = is_file(entry.path)
        size = entry.path.stat().st_size if here else entry.bytes
        about = None if here else entry.about_bytes
        shared = (entry.note, entry.pin, entry.true_weights)
        rows.append(ModelRow(entry.name, "vqgan", size, about, entry.licence, here, str(entry.path), *shared))
    for clip in clip_entries():
        weights = _weights_in(data_path("checkpoints", clip.folder)) if clip.folder else _in_hub_cache(clip)
        size = weights.stat().st_size if weights else None
        about = None if weights else clip.about_bytes
        path, shared = str(weights) if weights else None, (clip.note, clip.pin, clip.true_weights)
        rows.append(ModelRow(clip.name, "clip", size, about, clip.licence, weights is not None, path, *shared))
    kinds: tuple[Literal["prior", "upsampler"], ...] = ("prior", "upsampler")
    for kind in kinds:
        for name, fields in companions(kind).items():
            file = data_path("checkpoints", fields["file"])
            size = file.stat().st_size if is_file(file) else None
            licence, shared = fields["licence"], (fields["note"], "sha256", fields["true_weights"])
            rows.append(ModelRow(name, kind, size, None, licence, is_file(file), str(file), *shared))
    return rows


def names_here(name: str) -> list[str]:
    """The names of the models on this machine with that name or alias.

    Raises:
        UsageError: No such model is known.
        ModelError: None of them is on this machine.
    """
    found = [facts["name"] for facts in describe(name) if facts["here"]]
    if not found:
        raise ModelError(f"the model {name!r} is not on this machine.", f"Fetch it: vqclip models download {name}")
    return found


def describe(name: str) -> list[dict[str, Any]]:
    """Everything known about the models with that name or alias, one mapping each. Raises UsageError."""
    vqgans = {n: e for e in vqgan_entries() for n in (e.name, *e.aliases)}
    clips = {n: e for e in clip_entries() for n in (e.name, *e.aliases)}
    vqgan, clip = vqgans.get(name), clips.get(name)
    canonical = {entry.name for entry in (vqgan, clip) if entry is not None}
    found = []
    for row in list_models():
        if row.name not in canonical and row.name != name:
            continue
        facts: dict[str, Any] = {"name": row.name, "kind": row.kind, "about": row.note, "licence": row.licence}
        if row.kind == "vqgan" and vqgan is not None:
            kind, codes, _ = vqgan.network or (None, None, None)
            facts |= {"network": kind, "codes": codes, "sha256": vqgan.sha256}
            facts |= {"aliases": vqgan.aliases, "terms": vqgan.page, "sources": vqgan.origins}
        elif row.kind == "clip" and clip is not None:
            facts |= {"network": clip.model, "weights": clip.pretrained, "aliases": clip.aliases}
            facts |= {"terms": clip.terms or clip.page, "sources": (clip.page,) if clip.page else ()}
        facts |= {"bytes": row.bytes, "about_bytes": row.about_bytes, "pin": row.pin}
        facts |= {"true_weights": row.true_weights}
        facts |= {"here": row.present, "path": row.path}
        found.append({key: value for key, value in facts.items() if value not in (None, ())})
    if not found:
        raise unknown(name)
    return found


def unknown(name: str) -> UsageError:
    """The error for a name of no model of any kind."""
    entries: list[VqganEntry | ClipEntry] = [*vqgan_entries(), *clip_entries()]
    known = [n for e in entries for n in (e.name, *e.aliases)]
    names = dict.fromkeys([*vqgan_names(), *clip_names()])
    return UsageError(f"the model {name!r} is unknown.", f"{did_you_mean(name, known)} Known: {', '.join(names)}.")


def _not_here(entry: VqganEntry) -> ModelError:
    place = printable(entry.path)
    if entry.file:
        return ModelError(f"the built-in VQGAN is missing: there is no {place}.", "Install vqclip again.")
    rough = f" (about {entry.about_bytes / 1e6:.0f} MB)" if entry.about_bytes else ""
    size = f" ({entry.bytes / 1e6:.0f} MB)" if entry.bytes else rough
    return NotDownloaded(
        f"the VQGAN {entry.name!r}{size} is not on this machine.",
        f"Fetch it with `vqclip models download {entry.name}`, or put {entry.origins[0]} at {place}; "
        "nothing is downloaded automatically.",
    )


def _weights_of(path: Path) -> Path:
    """The weights in a folder of diffusers or transformers; any other path as it is."""
    return next((path / name for name in _WEIGHTS if is_folder(path) and is_file(path / name)), path)


def _config_beside(checkpoint: Path) -> Path:
    """The configuration that lies where the tools that write checkpoints put it.

    Raises:
        ModelError: There is none.
    """
    stem = re.sub(r"(\.safetensors\.index|-\d{5}-of-\d{5})?\.[^.]+$", "", checkpoint.name)
    beside = [
        checkpoint.with_name(f"{name}{suffix}") for name in (stem, checkpoint.stem) for suffix in (".yaml", ".yml")
    ]
    beside += [checkpoint.with_name(name) for name in ("config.json", "hparams.yaml", "config.yaml")]
    # Lightning keeps hparams.yaml, and taming configs/TIME-project.yaml, beside the folder of the checkpoints.
    above = checkpoint.absolute().parent.parent
    if checkpoint.absolute().parent.name == "checkpoints":
        beside += [above / "hparams.yaml", *matching(above / "configs", "*-project.yaml")]
    if found := next(filter(is_file, beside), None):
        return found
    raise ModelError(
        f"the checkpoint {printable(checkpoint)} has no configuration.",
        f"Put its YAML file beside it as {printable(beside[0].name)}, or name it with --vqgan-config.",
    )


def _clip_folder(name: str, folder: Path) -> ClipFiles:
    place = printable(folder)
    require_folder(folder, "the CLIP folder")
    if not is_file(folder / "open_clip_config.json"):
        raise ModelError(f"the CLIP folder {place} has no open_clip_config.json.", "Give a folder of open_clip.")
    weights = _weights_in(folder)
    if weights is None:
        raise ModelError(f"the CLIP folder {place} has no {CLIP_WEIGHTS[0]}.", "Give a folder of open_clip.")
    return ClipFiles(name, f"local-dir:{folder}", folder=folder, weights=weights)


def with_own_config(name: str) -> str:
    """The name `hf-hub:OWNER/REPO` of a registered CLIP whose repository describes it; other names as they are."""
    entry = clip_entry(name)
    return f"{HUB_PREFIX}{entry.repo}" if entry and entry.repo and entry.model is None else name


def hub_repo(name: str) -> str:
    """Return OWNER/REPO of `hf-hub:OWNER/REPO`. Raises UsageError for anything else after the colon."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    repo = name.removeprefix(HUB_PREFIX)
    try:
        validate_repo_id(repo)
    except HFValidationError:
        repo = ""
    if "/" not in repo:
        raise UsageError(f"the CLIP {name!r} names no repository.", "Write hf-hub:OWNER/REPO.")
    return repo


def _hub_folder(name: str) -> ClipFiles:
    """The folder of a repository of open_clip in the hub's cache."""
    repo = hub_repo(name)
    config, weights = cached_file(repo, "open_clip_config.json"), cached_file(repo, *CLIP_WEIGHTS)
    if config is None or weights is None:
        raise _clip_not_here(name)
    return ClipFiles(name, f"local-dir:{config.parent}", folder=config.parent, weights=weights)


def _clip_not_here(name: str) -> ModelError:
    return NotDownloaded(
        f"the CLIP {name!r} is not on this machine.",
        f"Fetch it with `vqclip models download {name}`; nothing is downloaded automatically.",
    )


def _unlisted_clip(name: str) -> ClipFiles:
    network, slash, tag = name.partition("/")
    if name.lower().endswith(CHECKPOINT_SUFFIXES) and (network in ("", ".", "..", "~") or is_file(user_path(name))):
        raise UsageError(
            f"the CLIP {printable(name)} is a file, which does not say what its network is.",
            f"Write NETWORK/FILE, as in ViT-B-32/{printable(name)}; open_clip.list_models() has the networks.",
        )
    if _weights_in(user_path(name)):
        raise UsageError(f"the CLIP {printable(name)} is a folder.", f"Write local-dir:{printable(name)}.")
    if not (slash and network and tag):
        known = [*clip_names(), *(alias for entry in clip_entries() for alias in entry.aliases)]
        raise UsageError(
            f"the CLIP {name!r} is unknown.",
            f"{did_you_mean(name, known)} Known: {', '.join(clip_names())}; or local-dir:FOLDER, "
            "hf-hub:OWNER/REPO, or open_clip's NETWORK/TAG.",
        )
    if tag.lower().endswith(CHECKPOINT_SUFFIXES):
        return ClipFiles(name, network, weights=require_file(user_path(tag), "the CLIP checkpoint"))
    return ClipFiles(name, network, tag)


def _weights_in(folder: Path) -> Path | None:
    return next((folder / name for name in CLIP_WEIGHTS if is_file(folder / name)), None)


def _in_hub_cache(entry: ClipEntry) -> Path | None:
    return cached_file(entry.repo, *CLIP_WEIGHTS) if entry.repo else None


def cached_file(repo: str, *names: str, cache: Path | None = None) -> Path | None:
    """Find the first of these files of a repository in the hub's cache, or another folder like it.

    None also for a name of no repository.
    """
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for name in names:
        try:
            found = try_to_load_from_cache(repo, name, cache_dir=cache)
        except (HFValidationError, ValueError):
            return None
        if isinstance(found, str):
            return Path(found)
    return None


def open_clip_source(network: str, tag: str, error: type[VqclipError]) -> tuple[str, tuple[str, ...], str | None]:
    """Find where open_clip gets the weights of its tag.

    Returns:
        The hub's repository, the names that its file may have, and an address; the repository is empty for weights
        that are only at the address.

    Raises:
        error: open_clip does not know the tag.
    """
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    known = get_pretrained_cfg(network, tag)
    if not known:
        tags = ", ".join(list_pretrained_tags_by_model(network)) or "none"
        raise error(f"open_clip knows no weights {tag!r} for the network {network!r}.", f"Known: {tags}.")
    repo, _, name = str(known.get("hf_hub", "")).rpartition("/")
    return repo, (name,) if name else CLIP_WEIGHTS, known.get("url")

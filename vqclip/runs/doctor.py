"""Looks for what keeps vqclip from drawing on this machine: one finding for each thing that it checks."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vqclip._version import __version__
from vqclip.errors import ModelError, NotDownloaded, OutOfMemory, OutputError, UsageError, VqclipError
from vqclip.files import ensure_writable, existing_parent, is_file, leaving_no_folder, parent_folder, printable
from vqclip.models import catalogue, hub, registry
from vqclip.reading import reason
from vqclip.runtime import limits
from vqclip.settings import sources
from vqclip.settings.option import parse_clip
from vqclip.settings.schema import Settings

MIN_DISK = 200e6
"""Free bytes that a run with a few frames and a video takes at most, with a margin."""
_LIBRARIES = ("torch", "torchvision", "open_clip", "safetensors", "PIL")


@dataclass(frozen=True)
class Finding:
    """One line of `vqclip doctor`.

    Attributes:
        check: What was looked at.
        said: What was found.
        fault: A word that names the fault, the same in every version; empty when all is well.
        hint: What to do about it.
        exit_code: As for the error that a run would end with.
    """

    check: str
    said: str
    fault: str = ""
    hint: str = ""
    exit_code: int = 0


def examine() -> Iterator[Finding]:
    """Check versions, settings, device, memory, models, video encoder, disk and caches, in this order."""
    yield from _versions()
    settings = None
    try:
        settings = sources.resolve({"prompt": "a red apple"}).settings
        yield Finding("settings", f"draws with {settings.vqgan} and {', '.join(settings.clip)}")
    except VqclipError as error:
        yield _fault("settings", "settings", error)
    settings = settings or Settings(prompt="a red apple")
    yield from _caught("device", "device", lambda: _device(settings))
    yield from _caught("memory", "memory", lambda: _memory(settings))
    yield from _models(settings)
    yield from _caught("encoder", "encoder", lambda: _encoder(settings))
    yield from _caught("disk", "disk", lambda: _disk(existing_parent(parent_folder()), "the folder of runs"))
    for folder in (catalogue.cache_dir(), hub.cache_folder()):
        yield from _caught("cache", "cache", partial(_cache, folder))


def _fault(check: str, fault: str, error: VqclipError) -> Finding:
    return Finding(check, error.message, fault, error.hint, error.exit_code)


def _caught(check: str, fault: str, look: Callable[[], str]) -> Iterator[Finding]:
    try:
        yield Finding(check, look())
    except VqclipError as error:
        yield _fault(check, fault, error)


def _versions() -> Iterator[Finding]:
    """Compare the libraries with the least versions that vqclip was installed with, and import the large ones."""
    from packaging.requirements import Requirement

    try:
        required = [Requirement(line) for line in importlib.metadata.requires("vqclip") or ()]
    except importlib.metadata.PackageNotFoundError:
        required = []
    found = {"vqclip": __version__, "Python": platform.python_version()}
    for need in required:
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            yield Finding("versions", f"{need.name} is not installed.", "version", f"pip install '{need}'", 1)
            continue
        if not need.specifier.contains(version, prereleases=True):
            said = f"{need.name} is {version}, but vqclip needs {need.specifier}."
            yield Finding("versions", said, "version", f"pip install --upgrade '{need}'", 1)
        if need.name in ("torch", "open_clip_torch"):
            found[need.name] = version
    for name in _LIBRARIES:
        try:
            importlib.import_module(name)
        except Exception as problem:
            hint = "Install torch and torchvision together: pip install --upgrade torch torchvision open_clip_torch"
            yield Finding("versions", f"{name} does not load ({reason(problem)}).", "library", hint, 1)
    yield Finding("versions", ", ".join(f"{name} {version}" for name, version in found.items()))


def _device(settings: Settings) -> str:
    import torch

    from vqclip.runtime.devices import find_device, find_dtype

    device = find_device(settings.device)
    kind = str(find_dtype(settings.dtype, device)).removeprefix("torch.")
    if device.type != "cuda":
        return f"{device}, {limits.cores()} cores, {kind}"
    free, whole = torch.cuda.mem_get_info(device)
    return f"{torch.cuda.get_device_name(device)}, {free / 1e9:.1f} of {whole / 1e9:.1f} GB free, {kind}"


def _memory(settings: Settings) -> str:
    from vqclip.runs import dry_run

    free = limits.free_memory()
    try:
        needed = dry_run.memory(settings)
    except (ModelError, UsageError):
        needed = None
    if free is None:
        return "the system does not say how much is free"
    about = "" if needed is None else f"; a run with these settings takes about {needed / 1e9:.1f} GB"
    if needed is not None and needed > free:
        raise OutOfMemory(
            f"{free / 1e9:.1f} GB are free{about}.",
            "End other programs, or draw smaller: --size 128x128 --cutouts 8.",
        )
    return f"{free / 1e9:.1f} GB free{about}"


def _models(settings: Settings) -> Iterator[Finding]:
    """Check the built-in models, every downloaded one, and what the settings name."""
    sound: dict[str, bool] = {}
    for name, look in [*_here(), *_named(settings)]:
        if not sound.setdefault(name, True):
            continue
        try:
            look()
        except (ModelError, UsageError) as error:
            sound[name] = False
            yield _fault("models", _kind(error), error)
    good = [name for name, found in sound.items() if found]
    yield Finding("models", f"verified: {', '.join(good) or 'none'}")


def _here() -> Iterator[tuple[str, Callable[[], object]]]:
    from vqclip.models import checkpoints
    from vqclip.models.inspection import inspect

    yield "tiny", lambda: registry.find_vqgan("tiny")
    yield "tiny", lambda: (registry.find_prior("tiny"), registry.find_upsampler("tiny"))
    yield "tiny", lambda: checkpoints.verify_all({"tiny"})
    for entry in catalogue.vqgan_entries():
        if not entry.file and is_file(entry.path):
            yield entry.name, partial(inspect, entry.path, entry.bytes)
            yield entry.name, partial(checkpoints.verify_sha256, entry.path, entry.sha256)
    for clip in catalogue.clip_entries():
        if clip.repo and registry.cached_file(clip.repo, *catalogue.CLIP_WEIGHTS):
            yield clip.name, partial(registry.find_clip, clip.name)
            yield clip.name, partial(hub.verify_clips, {clip.name})


def _named(settings: Settings) -> Iterator[tuple[str, Callable[[], object]]]:
    from vqclip.models.inspection import inspect

    found = {}

    def find() -> None:
        found["vqgan"] = registry.find_vqgan(settings.vqgan, settings.vqgan_config)

    def read() -> None:
        from vqclip.models.architecture import read_architecture

        if "vqgan" in found:
            inspect(found["vqgan"].checkpoint, found["vqgan"].bytes)
            read_architecture(found["vqgan"].config)

    yield settings.vqgan, find
    yield settings.vqgan, read
    for clip in settings.clip:
        name = parse_clip(clip)[0]
        yield name, partial(registry.find_clip, name)


def _kind(error: VqclipError) -> str:
    """The word for what is wrong with a model."""
    if isinstance(error, NotDownloaded):
        return "missing"
    words = {
        "hash": "is not the published file",
        "companion": r"^the (prior|upsampler) is missing",
        "truncated": "cut short",
        "config": r"\.ya?ml: |\.json: |has no configuration|does not fit its configuration",
        "missing": "does not exist|is missing|has no (open_clip|readable)",
        "unknown": "is unknown",
    }
    return next((word for word, pattern in words.items() if re.search(pattern, error.message)), "damaged")


def _encoder(settings: Settings) -> str:
    from vqclip.media.video_encoders import check_encoder

    name = settings.video_format
    return f"{check_encoder(name)} writes {name}"


def _disk(folder: Path, name: str) -> str:
    free = shutil.disk_usage(folder).free
    if free < MIN_DISK:
        raise OutputError(
            f"{printable(folder)} has {free / 1e6:.0f} MB free; a run takes up to {MIN_DISK / 1e6:.0f} MB.",
            "Free some space, or write elsewhere with -o DIR.",
        )
    return f"{free / 1e9:.1f} GB free in {name}"


def _cache(folder: Path) -> str:
    with leaving_no_folder(folder):
        ensure_writable(folder)
    return f"{printable(folder)} can be written"

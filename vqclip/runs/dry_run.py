"""Plan a run without running it: its settings, files, memory and time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError, NotDownloaded
from vqclip.files import exists, is_file, parent_folder
from vqclip.models import registry
from vqclip.models.catalogue import clip_entry, companions, vqgan_entry
from vqclip.object_copies import local_file
from vqclip.runs import launch
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import load
from vqclip.runs.run_sizes import run_sizes
from vqclip.runs.speed import Speed
from vqclip.runs.time_left import Work
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.option import names_checkpoint, parse_clip
from vqclip.settings.schema import Settings


def plan(
    settings: Settings, output: Path | None = None, *, overwrite: bool = False
) -> tuple[dict[str, Any], NotDownloaded | None]:
    """Plan a run, and check everything that the run checks before its first step: its models are loaded.

    Where models are not downloaded yet, the plan lists them as missing, and the error of the run comes with it.

    Args:
        settings: Of the run.
        output, overwrite: As for `launch.start`.

    Returns:
        settings: By name.
        files: Of each file the kind, name, presence, bytes (None when unknown, and rough for a CLIP that is missing)
            and a hint how to get it.
        memory_bytes, operations_per_step, seconds_per_step, seconds, seconds_before_steps, seconds_of_frames:
            Estimates; None when the configuration of a network is unknown. A short measurement of this machine gives
            the seconds; the last two are parts of those in all.
        warnings: Those of the run.
        read_as: The prompt in the English that the built-in models read; None where they read it as it is.
        laid_out: The things of the prompt with their places; None where it is drawn as a whole.

    Raises:
        VqclipError: The run would fail with the same error.
    """
    inputs = launch.check(settings, output, parent_folder(), overwrite=overwrite)
    missing = inputs if isinstance(inputs, NotDownloaded) else None
    models = load(inputs, DeviceConfig.find(inputs.settings)) if isinstance(inputs, Inputs) else None
    found, warnings = list(_files(settings)), models.warnings if models else []
    report: dict[str, Any] = {"settings": settings.to_dict(), "files": found, "warnings": warnings}
    report |= {name: getattr(models, name, None) for name in ("read_as", "laid_out")}
    settings = inputs.settings if isinstance(inputs, Inputs) else settings
    run = run_sizes(settings)
    if run is None:
        empty = ("memory_bytes", "operations_per_step", "seconds_per_step", "seconds", "seconds_before_steps",
                 "seconds_of_frames")  # fmt: skip
        return report | dict.fromkeys(empty), missing
    speed = Speed.measured(settings)
    work, unshown = Work.of(settings, speed), Work.of(settings.replace(save_every=0), speed)
    report |= {
        "memory_bytes": round(run.memory()),
        "operations_per_step": round(run.operations().total),
        "seconds_per_step": round(speed.seconds(run.operations()), 3),
        "seconds": round(work.start + sum(work.steps), 1),
        "seconds_before_steps": round(work.start, 1),
        "seconds_of_frames": round(sum(work.steps) - sum(unshown.steps), 1),
    }
    return report, missing


def memory(settings: Settings) -> int | None:
    """The estimated memory of a run in bytes; None when the configuration of a network is unknown."""
    run = run_sizes(settings)
    return None if run is None else round(run.memory())


def format_plan(report: dict[str, Any]) -> str:
    """Format a plan: the settings as YAML that `--config` reads, then the rest as comments."""
    import yaml

    given = {name: value for name, value in report["settings"].items() if value is not None}
    lines = [yaml.safe_dump(given, sort_keys=False, allow_unicode=True).rstrip()]
    for file in report["files"]:
        size = f"{file['bytes'] / 1e6:.0f} MB" if file["bytes"] else "size unknown"
        state = "here" if file["present"] else f"missing; {file['hint']}"
        lines.append(f"# {file['kind']} {file['name']}: {size}, {state}")
    if report["memory_bytes"] is None:
        lines.append("# memory and time: unknown for these models")
    else:
        lines.append(f"# memory: about {report['memory_bytes'] / 1e9:.1f} GB")
        lines.append(f"# time: about {report['seconds_per_step']:.3g} s a step of the full size, "
                     f"{report['seconds']:.0f} s in all, models loaded")  # fmt: skip
        lines.append(f"# of that: {report['seconds_before_steps']:.0f} s for the candidates before the first step, "
                     f"{report['seconds_of_frames']:.0f} s for the frames (--save-every)")  # fmt: skip
    return "\n".join(lines)


def _files(settings: Settings) -> Iterator[dict[str, Any]]:
    yield _file(
        "vqgan", settings.vqgan, lambda: registry.find_vqgan(settings.vqgan, settings.vqgan_config).checkpoint
    )
    for clip in settings.clip:
        name = parse_clip(clip)[0]
        yield _file("clip", name, lambda name=name: registry.find_clip(name).weights)
    if settings.uses_prior and _has_companion("prior", settings.vqgan):
        yield _file("prior", settings.vqgan, lambda: registry.find_prior(settings.vqgan).weights)
    if settings.uses_prior and settings.upsample_candidates:
        yield _file("upsampler", settings.vqgan, lambda: registry.find_upsampler(settings.vqgan).weights)
    for name, path in settings.named_files():
        if name in ("vqgan", "clip"):
            continue
        place = local_file(Path(path))
        here, size = exists(place), place.stat().st_size if is_file(place) else None
        yield {"kind": name, "name": path, "present": here, "bytes": size, "hint": "Check the path."}


def _has_companion(kind: Any, vqgan: str) -> bool:
    return any(fields["vqgan"] == vqgan for fields in companions(kind).values())


def _file(kind: str, name: str, find: Any) -> dict[str, Any]:
    try:
        path = find()
    except ModelError as error:
        size = None
        if kind == "vqgan" and not names_checkpoint(name):
            size = vqgan_entry(name).bytes
        elif kind == "clip" and (entry := clip_entry(name)) is not None:
            size = entry.about_bytes
        return {"kind": kind, "name": name, "present": False, "bytes": size, "hint": error.hint}
    size = path.stat().st_size if path is not None else None
    return {"kind": kind, "name": name, "present": True, "bytes": size, "hint": ""}

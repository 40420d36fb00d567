"""Plan a run without running it: its settings, files, memory and time."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError
from vqclip.files import data_path, exists, is_file, parent_folder
from vqclip.models import registry
from vqclip.models.architecture import read_architecture
from vqclip.models.catalogue import clip_entry, companions, vqgan_entry
from vqclip.models.clip_config import MAX_CONFIG_BYTES, check_model, read_clip_config
from vqclip.reading import read_json
from vqclip.runs import estimate, launch
from vqclip.runs.loading import load
from vqclip.runs.speed import Speed
from vqclip.runtime import devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.option import names_checkpoint, parse_clip
from vqclip.settings.schema import Settings
from vqclip.synthesis.stages import stages_of


def plan(settings: Settings, output: Path | None = None, *, overwrite: bool = False) -> dict[str, Any]:
    """Plan a run, and check everything that the run checks before its first step: its models are loaded.

    Models that are not downloaded yet are listed as missing instead.

    Args:
        settings: Of the run.
        output, overwrite: As for `launch.start`.

    Returns:
        settings: By name.
        files: Of each file the kind, name, presence, bytes (None when unknown) and a hint how to get
            it.
        memory_bytes, operations_per_step, seconds_per_step, seconds: Estimates; None when the configuration of a
            network is unknown. A short measurement of this machine gives the seconds.
        warnings: Those of the run.

    Raises:
        VqclipError: The run would fail with the same error.
    """
    inputs = launch.check(settings, output, parent_folder(), overwrite=overwrite)
    warnings = load(inputs, DeviceConfig.find(inputs.settings)).warnings if inputs is not None else []
    found = list(_files(settings))
    report: dict[str, Any] = {"settings": settings.to_dict(), "files": found, "warnings": warnings}
    run = _run(settings)
    if run is None:
        empty = ("memory_bytes", "operations_per_step", "seconds_per_step", "seconds")
        return report | dict.fromkeys(empty)
    speed = Speed.measured(settings)
    stages = stages_of(settings, run.architecture.factor)
    works = [(s.last - s.first, _at(run, settings, s.size).operations(pixels=s.pixels)) for s in stages]
    return report | {
        "memory_bytes": round(run.memory()),
        "operations_per_step": round(run.operations().total),
        "seconds_per_step": round(speed.seconds(run.operations()), 3),
        "seconds": round(sum(steps * speed.seconds(work) for steps, work in works), 1),
    }


def memory(settings: Settings) -> int | None:
    """The estimated memory of a run in bytes; None when the configuration of a network is unknown."""
    run = _run(settings)
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
        here = exists(Path(path))
        size = Path(path).stat().st_size if is_file(Path(path)) else None
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
        return {"kind": kind, "name": name, "present": False, "bytes": size, "hint": error.hint}
    size = path.stat().st_size if path is not None else None
    return {"kind": kind, "name": name, "present": True, "bytes": size, "hint": ""}


def _run(settings: Settings) -> estimate.RunSizes | None:
    try:
        architecture = read_architecture(_vqgan_config(settings))
        configs = [_clip_config(parse_clip(clip)[0]) for clip in settings.clip]
    except (ModelError, OSError, ValueError):
        return None
    encoders = [(estimate.image_encoder(config), config) for config in configs]
    known = tuple(
        (encoder, config["vision_cfg"]["image_size"]) for encoder, config in encoders if encoder is not None
    )
    if len(known) < len(encoders):
        return None
    return _at(
        estimate.RunSizes(
            architecture,
            (1, 1),
            0,
            known,
            settings.cutouts,
            settings.cut_chunk,
            _bytes_each(settings),
            settings.low_memory,
            all(isinstance(config["vision_cfg"].get("layers"), list) for config in configs),
        ),
        settings,
        (settings.width, settings.height),
    )


def _at(run: estimate.RunSizes, settings: Settings, size: tuple[int, int]) -> estimate.RunSizes:
    """The same run at another size, width and height in pixels."""
    (width, height), factor = size, run.architecture.factor
    return replace(run, size=(height // factor, width // factor), tile=settings.tile_size_at(*size) // factor)


def _vqgan_config(settings: Settings) -> Any:
    if settings.vqgan_config:
        return Path(settings.vqgan_config)
    try:
        return registry.find_vqgan(settings.vqgan).config
    except ModelError:
        entry = None if names_checkpoint(settings.vqgan) else vqgan_entry(settings.vqgan)
        if entry is None or entry.model is None:
            raise
        return entry.model


def _clip_config(name: str) -> Any:
    """model_cfg of a CLIP, from its folder or from open_clip's, which is not imported for it."""
    entry = clip_entry(name)
    network = entry.model if entry is not None and entry.model else name.partition("/")[0]
    folder = data_path("checkpoints", entry.folder) if entry is not None and entry.folder else None
    if name.startswith("local-dir:"):
        folder = Path(name.partition(":")[2]).expanduser()
    if folder is not None:
        return read_clip_config(folder / "open_clip_config.json")[0]
    spec = importlib.util.find_spec("open_clip")
    if spec is None or spec.origin is None:
        raise ModelError("open_clip is not installed.", "Install vqclip again.")
    path = Path(spec.origin).parent / "model_configs" / f"{network.replace('/', '-')}.json"
    return check_model(read_json(path, MAX_CONFIG_BYTES, ModelError), name)


def _bytes_each(settings: Settings) -> int:
    device = devices.find_device(settings.device)
    return devices.find_dtype(settings.dtype, device).itemsize

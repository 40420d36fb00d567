"""The sizes of a run's networks from their configurations, without loading anything."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError
from vqclip.files import data_path
from vqclip.models import registry
from vqclip.models.architecture import read_architecture, tokens_along
from vqclip.models.catalogue import clip_entry, vqgan_entry
from vqclip.models.clip_config import MAX_CONFIG_BYTES, check_model, read_clip_config
from vqclip.reading import read_json
from vqclip.runs.estimate import Cost, RunSizes, image_encoder
from vqclip.runtime import devices
from vqclip.settings.option import names_checkpoint, parse_clip
from vqclip.settings.schema import Settings


def run_sizes(settings: Settings, unknown: Cost | None = None) -> RunSizes | None:
    """The sizes of a run at its full size; None when the configuration of a network is unknown.

    unknown: Stands for an image encoder of a kind whose cost is not known.
    """
    try:
        architecture = read_architecture(_vqgan_config(settings))
        configs = [_clip_config(parse_clip(clip)[0]) for clip in settings.clip]
    except (ModelError, OSError, ValueError):
        return None
    encoders = [(image_encoder(config) or unknown, config) for config in configs]
    known = tuple(
        (encoder, config["vision_cfg"]["image_size"]) for encoder, config in encoders if encoder is not None
    )
    if len(known) < len(encoders):
        return None
    return at_size(
        RunSizes(
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


def at_size(run: RunSizes, settings: Settings, size: tuple[int, int]) -> RunSizes:
    """The same run at another size, width and height in pixels."""
    factor = run.architecture.factor
    columns, rows = (tokens_along(side, factor) for side in size)
    return replace(run, size=(rows, columns), tile=settings.tile_size_at(*size) // factor)


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

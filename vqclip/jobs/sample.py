"""Draw a contact sheet of candidates from the prior, without a run."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.media import images
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import load
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.schema import Settings, default_of, options_of

COLUMNS = 8


def sample(settings: Settings, output: Path) -> dict[str, Any]:
    """Sample candidates as a run would, rank them with CLIP, and write them best first as one PNG.

    Returns image, seed, warnings, and for each candidate its number in the order of sampling and its loss. Raises
    VqclipError.
    """
    images.check_png_name(output)
    if settings.seed is None:
        settings = settings.replace(seed=secrets.randbelow(2**32))
    no_video = {"video": False, **{name: default_of(name) for name in options_of("video")}}
    inputs = Inputs.check(settings.replace(init="prior", init_image=None, **no_video))
    files.ensure_writable(output.parent)

    from vqclip.synthesis import candidates
    from vqclip.synthesis.randomness import START_STREAM, make_generator

    models = load(inputs, DeviceConfig.find(settings))
    if models.sampler is None:
        raise ValueError("Inputs.check finds a prior for these settings")
    generator = make_generator(settings.seed or 0, START_STREAM)
    drawn = candidates.draw(models.vqgan, models.sampler, models.clip_targets, inputs.settings, generator)
    pictures = [images.to_uint8(picture.cpu().numpy()) for picture in drawn.images]
    found = [
        {"number": int(number) + 1, "loss": round(float(loss), 5)}
        for number, loss in zip(drawn.numbers, drawn.losses, strict=True)
    ]
    labels = [f"{row['number']}: {row['loss']:.3f}" for row in found]
    images.save_png(output, images.contact_sheet(pictures, labels, min(COLUMNS, len(pictures))), {})
    return {"image": str(output), "seed": settings.seed, "candidates": found, "warnings": models.warnings}

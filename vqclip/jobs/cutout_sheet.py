"""What CLIP sees of a picture, on one sheet: the cutouts of one step, as the loop would take them."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import UsageError
from vqclip.media import images
from vqclip.models import registry
from vqclip.settings.ranges import parse_clip
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.cutouts.resample import CutPlan

COLUMNS = 6
CELL = 192
"""Cutouts below this side are scaled up by a whole number, pixel for pixel."""


def view(
    settings: Settings, picture: Path, output: Path, *, step: int = 1, with_size: bool = False
) -> dict[str, Any]:
    """Write a PNG of all cutouts that a run of one stage takes in a step, were this its picture.

    The first cell is the picture with each cutout's outline in the colour of its frame. step: 1 to
    settings.iterations. with_size: resize to settings.size first; otherwise the picture keeps its size. There is one
    group of cutouts for each input size among the CLIPs, whose weights are not read. Returns the path, seed, step and
    size, and of each cutout its number, the side of CLIP's input, its size in pixels of the picture, its weight, and
    its corners there. Raises VqclipError.
    """
    if output.suffix.lower() != ".png":
        raise UsageError(f"output {files.printable(output)} is not a PNG file.", "Let its name end in .png.")
    settings.validate()
    if not 1 <= step <= max(1, settings.iterations):
        raise UsageError(f"step is {step}.", f"Valid: 1 to {settings.iterations}, the steps of the run.")
    clips = [registry.find_clip(parse_clip(clip)[0]) for clip in settings.clip]
    pixels = images.open_image(picture)
    if with_size:
        pixels = images.resize(pixels, settings.width, settings.height)
    files.ensure_writable(output.parent)
    seed = secrets.randbelow(2**32) if settings.seed is None else settings.seed

    import torch

    from vqclip.cutouts import plan as cutouts
    from vqclip.cutouts.context import CutoutContext
    from vqclip.cutouts.resample import levels_for, pyramid, take
    from vqclip.models.perceptor import read_cut_size
    from vqclip.synthesis import init
    from vqclip.synthesis.randomness import STEP_STREAM, make_generator

    image = init.to_pixels(pixels, torch.device("cpu"))
    height, width = pixels.shape[:2]
    # As the loop does: plans in the order of the CLIPs, one for each input size, from the step's own generator.
    generator = make_generator(seed, STEP_STREAM, 0, step - 1)
    cells, labels, rows = [], [], []
    sides = list(dict.fromkeys(read_cut_size(clip) for clip in clips))
    for side in sides:
        context = CutoutContext(width, height, side, step - 1, max(1, settings.iterations))
        plan = cutouts.plan_for(settings.cutouts, context, settings, generator)
        chain = pyramid(cutouts.source_of(image, side, settings), levels_for(plan))
        cuts = torch.cat([take(chain, part, side, generator) for part in plan.parts(settings.cut_chunk)])
        found = _described(plan, side, width, height)
        zoom = max(1, CELL // side)
        cells.append(images.outlined(pixels, [row["corners"] for row in found], side * zoom))
        labels.append(f"{width}x{height} px, {len(plan)} cutouts of {side}x{side}")
        for number, cut in enumerate(cuts):
            seen = images.to_uint8(cut).repeat(zoom, axis=0).repeat(zoom, axis=1)
            cells.append(images.framed(seen, images.colour_of(number)))
        labels += [f"{row['number']}: {row['size']:.0f} px, weight {row['weight']:.2f}" for row in found]
        rows += found
    images.save_png(output, images.contact_sheet(cells, labels, COLUMNS), {})
    return {"image": str(output), "seed": seed, "step": step, "width": width, "height": height, "cutouts": rows}


def _described(plan: CutPlan, side: int, width: int, height: int) -> list[dict[str, Any]]:
    """Each cutout in numbers; its size is the square root of the area that it covers."""
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], dtype=np.float64)
    mapped = corners @ plan.homographies.double().numpy().transpose(0, 2, 1)
    places = (mapped[..., :2] / mapped[..., 2:].clip(1e-3) + 1) / 2 * [width, height]
    x, y = places[..., 0], places[..., 1]
    areas = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2
    return [
        {
            "number": number + 1,
            "side": side,
            "size": round(float(np.sqrt(areas[number])), 2),
            "weight": round(float(plan.weights[number]), 5),
            "corners": [[round(float(value), 2) for value in place] for place in places[number]],
        }
        for number in range(len(plan))
    ]

"""Draw a sheet of the cutouts that CLIP would see of a picture in one step."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip.errors import UsageError
from vqclip.jobs import patches
from vqclip.media import images
from vqclip.models import registry
from vqclip.settings.option import parse_clip
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.cutouts.resample import CutPlan

COLUMNS = 6
CELL = 192
"""Smaller cutouts are enlarged by a whole number, without smoothing."""


def draw_sheet(
    settings: Settings, picture: Path, output: Path, *, step: int = 1, with_size: bool = False
) -> dict[str, Any]:
    """Write a PNG of all cutouts that a run with one stage would take of this picture in one step.

    The first cell is the picture with the outline of each cutout in the colour of its frame. There is a group of
    cutouts for each input size of the CLIPs. No model is loaded.

    Args:
        settings: Of the run.
        picture: The picture file.
        output: The PNG to write.
        step: Of the run, 1 to settings.iterations.
        with_size: Resize the picture to settings.size first.

    Returns:
        image, seed, step, width, height, and for each cutout its number, its side (the input size of CLIP), its size
        in pixels of the picture, its weight and its corners there. Raises VqclipError.
    """
    images.check_png_name(output)
    settings.validate()
    if not 1 <= step <= max(1, settings.iterations):
        raise UsageError(f"step is {step}.", f"Valid: 1 to {settings.iterations}, the steps of the run.")
    clips = [registry.find_clip(parse_clip(clip)[0]) for clip in settings.clip]
    pixels = images.open_image(picture)
    if with_size:
        pixels = images.resize(pixels, settings.width, settings.height)
    patches.check_output(output, picture)
    seed = secrets.randbelow(2**32) if settings.seed is None else settings.seed

    import torch

    from vqclip.cutouts.context import CutoutContext
    from vqclip.cutouts.plan import plan_cutouts, source_of
    from vqclip.cutouts.resample import cut_out, levels_for, pyramid
    from vqclip.models.perceptor import read_cut_size
    from vqclip.synthesis import init
    from vqclip.synthesis.randomness import STEP_STREAM, make_generator

    image = init.to_pixels(pixels, torch.device("cpu"))
    height, width = pixels.shape[:2]
    # As in the loop: one plan for each input size, in the order of the CLIPs, from the generator of the step.
    generator = make_generator(seed, STEP_STREAM, 0, step - 1)
    cells, labels, rows = [], [], []
    for side in dict.fromkeys(map(read_cut_size, clips)):
        context = CutoutContext(width, height, side, step - 1, max(1, settings.iterations))
        plan = plan_cutouts(settings.cutouts, context, settings, generator)
        chain = pyramid(source_of(image, side, settings), levels_for(plan))
        cuts = torch.cat([cut_out(chain, part, side, generator) for part in plan.parts(settings.cut_chunk)])
        found = _describe(plan, side, width, height)
        zoom = max(1, CELL // side)
        cells.append(images.outlined(pixels, [row["corners"] for row in found], side * zoom))
        labels.append(f"{width}x{height} px, {len(plan)} cutouts of {side}x{side}")
        for number, cut in enumerate(cuts):
            enlarged = images.to_uint8(cut).repeat(zoom, axis=0).repeat(zoom, axis=1)
            cells.append(images.framed(enlarged, images.colour_of(number)))
        labels += [f"{row['number']}: {row['size']:.0f} px, weight {row['weight']:.2f}" for row in found]
        rows += found
    images.save_png(output, images.contact_sheet(cells, labels, COLUMNS), {})
    return {"image": str(output), "seed": seed, "step": step, "width": width, "height": height, "cutouts": rows}


def _describe(plan: CutPlan, side: int, width: int, height: int) -> list[dict[str, Any]]:
    """Return the numbers of each cutout; its size is the square root of its area."""
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]], dtype=np.float64)
    mapped = corners @ plan.homographies.double().numpy().transpose(0, 2, 1)
    points = (mapped[..., :2] / mapped[..., 2:].clip(1e-3) + 1) / 2 * [width, height]
    x, y = points[..., 0], points[..., 1]
    areas = np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum(1)) / 2
    return [
        {
            "number": number + 1,
            "side": side,
            "size": round(float(np.sqrt(areas[number])), 2),
            "weight": round(float(plan.weights[number]), 5),
            "corners": [[round(float(value), 2) for value in point] for point in points[number]],
        }
        for number in range(len(plan))
    ]

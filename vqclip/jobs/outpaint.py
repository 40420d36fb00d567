"""Draw a border around a picture that continues it."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vqclip import files
from vqclip.errors import UsageError
from vqclip.events import Event, Warned
from vqclip.jobs import patches
from vqclip.jobs.patches import Mask, Picture, Request
from vqclip.media.images import Pixels
from vqclip.picture_files import MAX_PIXELS

_CONTINUED = 0.25
"""The init strength of a border that no prompt describes."""
_LEVELS = 7
_APART, _REACH = 30, 12
"""Levels by which a thing differs from the ground, and the part of the shorter side after which it is gone."""


@dataclass(frozen=True)
class Border:
    """The pixels that are added on each side."""

    left: int = 0
    right: int = 0
    top: int = 0
    bottom: int = 0

    def check(self) -> None:
        """Raise UsageError for a border that is no border."""
        for name, pixels in vars(self).items():
            if pixels < 0:
                raise UsageError(f"{name} is {pixels}.", "Valid: the number of pixels to add, 0 or more.")
        if not any(astuple(self)):
            raise UsageError("no border is given.", "Add --left, --right, --top or --bottom N.")

    def around(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of a picture with this border."""
        return self.left + width + self.right, self.top + height + self.bottom

    def strips(self, width: int, height: int) -> list[tuple[slice, slice]]:
        """The rows and columns of each side, in the order of drawing; the last two have the corners."""
        wide, high = self.around(width, height)
        rows = slice(self.top, self.top + height)
        found = [
            (rows, slice(0, self.left)),
            (rows, slice(wide - self.right, wide)),
            (slice(0, self.top), slice(0, wide)),
            (slice(high - self.bottom, high), slice(0, wide)),
        ]
        return [strip for strip, pixels in zip(found, astuple(self), strict=True) if pixels]


def outpaint(
    picture: Path, prompt: str, border: Border, output: Path, request: Request
) -> Generator[Event, None, dict[str, Any]]:
    """Draw a border around a picture, and write both as PNG.

    Args:
        picture: The picture file. Its pixels stay to the byte.
        prompt: What each side of the border shows; empty continues the picture.
        border: Its widths.
        output: The PNG to write.
        request: The settings of the command line.

    Returns:
        image, width, height, seed and what was added.

    Raises:
        VqclipError: An argument is invalid, or a file cannot be read or written.
    """
    border.check()
    patches.refuse_regions(prompt, "Say with --left, --right, --top and --bottom where it is drawn.")
    found = Picture.load(picture)
    height, width = found.pixels.shape[:2]
    wide, high = border.around(width, height)
    if wide * high > MAX_PIXELS:
        raise UsageError(
            f"{files.printable(picture)} would have {wide}x{high} pixels.",
            f"Valid: up to {MAX_PIXELS / 1e6:g} million; add fewer pixels.",
        )
    patches.check_output(output, picture)
    request = request.seeded()
    yield from map(Warned, found.warnings)
    said: dict[str, Any] = {"command": "outpaint", "prompt": prompt, **vars(border), "seed": request.plain.seed}
    own: dict[str, Any] = {"init": "tokens", "init_strength": _CONTINUED}
    if prompt:
        own = {"prompt": prompt, "ground": lambda pixels, mask: pixels}
    canvas = extended(found, border)
    for strip in border.strips(width, height):
        mask: Mask = np.zeros((high, wide), dtype=np.float32)
        mask[strip] = 1
        canvas = yield from patches.draw(canvas, mask, request, said, **own)
    canvas.save(output, said, request.plain.metadata)
    return {"image": str(output), "width": wide, "height": high, **said}


def extended(picture: Picture, border: Border) -> Picture:
    """The picture with its edges extended into the border, which is opaque and more and more blurred.

    Where most of an edge has one colour, things that touch it fade into that colour.
    """
    around = ((border.top, border.bottom), (border.left, border.right))
    inside = tuple(
        slice(before, before + side) for (before, _), side in zip(around, picture.shown.shape, strict=False)
    )
    reach = max(2, min(picture.shown.shape[:2]) // _REACH)
    shown = picture.shown
    for axis in (1, 0):
        before, after = (
            _beside(np.take(shown, at, axis), count, reach) for at, count in zip((0, -1), around[axis], strict=True)
        )
        sides = [np.moveaxis(side, 0, axis) for side in (before[::-1], after)]
        shown = np.concatenate([sides[0], shown, sides[1]], axis)
    shown = continued(shown, around)
    pixels = shown.copy()
    pixels[inside] = picture.pixels
    opacity = picture.opacity
    if opacity is not None:
        opacity = np.pad(opacity, around, constant_values=255)
    return replace(picture, pixels=pixels, shown=shown, opacity=opacity)


def _beside(edge: Pixels, count: int, reach: int) -> Pixels:
    """The lines beside an edge (N, 3) in the order of their distance, (count, N, 3).

    What differs from the colour of more than half of the edge is gone after `reach` lines.
    """
    lines = np.repeat(edge[None], count, 0)
    ground = np.median(edge, 0)
    things = np.abs(edge - ground).max(-1) > _APART
    if 2 * things.sum() < len(edge):
        share = np.clip(1 - np.arange(1, count + 1) / reach, 0, 1)[:, None, None]
        lines[:, things] = np.rint(ground + share * (edge[things] - ground)).astype(np.uint8)
    return lines


def continued(pixels: Pixels, around: tuple[tuple[int, int], tuple[int, int]]) -> Pixels:
    """A picture whose border is blurred as far as its distance from the inside. around: As for `np.pad`."""
    rows, columns = (
        np.maximum(np.maximum(before - np.arange(side), np.arange(side) - (side - after - 1)), 0)
        for (before, after), side in zip(around, pixels.shape, strict=False)
    )
    level = np.log2(1 + np.maximum(rows[:, None], columns[None]) / 2).astype(np.float32)[..., None]
    whole = Image.fromarray(pixels)
    result = pixels.astype(np.float32)
    for number in range(1, min(_LEVELS, int(np.ceil(level.max()))) + 1):
        blurred = np.asarray(whole.reduce(2**number).resize(whole.size, Image.Resampling.BICUBIC), dtype=np.float32)
        result += np.clip(level - number + 1, 0, 1) * (blurred - result)
    return np.where(level > 0, np.rint(result), pixels).astype(np.uint8)

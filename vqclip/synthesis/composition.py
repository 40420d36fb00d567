"""Compose a picture of several drawings: each as large as it fits into its box, over a painted ground."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.settings.layout import Box, Ground, SceneLayout
from vqclip.synthesis import init
from vqclip.synthesis.stage_upsampling import upsample

_GROUND = 0.12
"""How far a colour may be from white to count as the plain ground of a candidate."""
_MARGIN = 0.03
"""What stays free at each edge of a box, in shares of the picture's shorter side."""
_REST = 0.3
"""How deep a thing reaches into the one that it lies on, in shares of that thing's height."""


def opacity(drawing: Tensor) -> Tensor:
    """0 on the white ground around a drawing, 1 on the drawing: (1, 3, H, W) in [0, 1] to (1, 1, H, W).

    The ground is what is nearly white and connected with the border, so a white spot within the drawing stays.
    """
    white = 1 - _drawn(drawing)
    ground = white.clone()
    ground[..., 1:-1, 1:-1] = 0
    for _ in range(2 * max(drawing.shape[2:])):
        grown = F.max_pool2d(ground, 3, stride=1, padding=1) * white
        if torch.equal(grown, ground):
            break
        ground = grown
    return 1 - ground


def framed(images: Tensor) -> Tensor:
    """The share of the border that is not white ground: (N, 3, H, W) to (N,)."""
    drawn = _drawn(images)
    return torch.cat([drawn[..., 0, :], drawn[..., -1, :], drawn[..., 0], drawn[..., -1]], -1).mean((1, 2))


def _drawn(images: Tensor) -> Tensor:
    """0 where a picture is nearly white, else 1: (N, 3, H, W) in [0, 1] to (N, 1, H, W)."""
    return ((1 - images).amax(1, keepdim=True) >= _GROUND).float()


def compose(
    layout: SceneLayout, drawings: Sequence[Tensor], size: tuple[int, int], *, edges: bool
) -> tuple[Tensor, Tensor]:
    """Put drawings into their boxes.

    Args:
        layout: Of the scene.
        drawings: Of each of its things, (1, 3, side, side) in [0, 1] on white.
        size: Width and height of the picture.
        edges: See `stage_upsampling.upsample`.

    Returns:
        The picture, (1, 3, height, width) in [0, 1], and where it shows a drawing, (1, 1, height, width) in [0, 1].
    """
    picture = paint(layout.ground, size).to(drawings[0].device)
    covered = torch.zeros_like(picture[:, :1])
    base, surface = (0, 0, *size), covered
    for thing, drawing in zip(layout.things, drawings, strict=True):
        inner = layout.ground is not None or thing.on
        crop, cover = trimmed(drawing, inner=inner)
        left, top, right, bottom = _pixels(thing.box, size)
        if thing.on:
            # No wider than what it lies on.
            left, right = (round(base[0] + edge * (base[2] - base[0])) for edge in (thing.box[0], thing.box[2]))
        scale = min((right - left) / crop.shape[3], (bottom - top) / crop.shape[2])
        width, height = (max(1, round(side * scale)) for side in (crop.shape[3], crop.shape[2]))
        x = left + (right - left - width) // 2
        y = bottom - height if thing.stands else top + (bottom - top - height) // 2
        if thing.on:
            top_of_base = top_below(surface, x, x + width)
            y = max(0, round(top_of_base + _REST * (base[3] - top_of_base)) - height)
        else:
            base = x, y, x + width, y + height
        place = (..., slice(y, y + height), slice(x, x + width))
        cover = init.fit(cover, width, height)
        picture[place].lerp_(upsample(crop, width, height, edges=edges), cover)
        covered[place] = torch.maximum(covered[place], cover)
        surface = surface if thing.on else covered.clone()
    return picture, covered


def top_below(cover: Tensor, left: int, right: int) -> int:
    """The row, as most columns have it, at which a cover (1, 1, H, W) begins in the middle half of these columns."""
    quarter = (right - left) // 4
    columns = cover[0, 0, :, left + quarter : max(left + quarter + 1, right - quarter)] > 0.5
    rows = columns.int().argmax(0)[columns.any(0)]
    return int(rows.median()) if len(rows) else cover.shape[2]


def grown(cover: Tensor, width: int) -> Tensor:
    """What lies in a cover, (1, 1, H, W), or at most that many pixels beside it: 1 there, and 0 elsewhere."""
    return F.max_pool2d((cover > 0.01).float(), 2 * width + 1, stride=1, padding=width)


def trimmed(drawing: Tensor, *, inner: bool = False) -> tuple[Tensor, Tensor]:
    """The part of a drawing, (1, 3, H, W), that is not ground, and its opacity.

    inner: Without its outermost pixels, in which its colours blend with white.
    """
    cover = opacity(drawing)
    if inner:
        cover = -F.max_pool2d(-cover, 3, stride=1, padding=1)
    rows, columns = (cover[0, 0].any(axis).nonzero().flatten() for axis in (1, 0))
    if not len(rows):
        return drawing, torch.ones_like(cover)
    part = (..., slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    return drawing[part], cover[part]


def paint(ground: Ground | None, size: tuple[int, int]) -> Tensor:
    """The ground of a picture, (1, 3, height, width); None is white."""
    width, height = size
    picture = torch.ones(1, 3, height, width)
    if ground is not None:
        horizon = round(ground.horizon * height)
        picture[..., :horizon, :] = torch.tensor(ground.sky)[:, None, None]
        picture[..., horizon:, :] = torch.tensor(ground.land)[:, None, None]
    return picture


def _pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The edges of a box within its margin, in pixels."""
    margin = round(_MARGIN * min(size))
    left, top, right, bottom = (round(edge * side) for edge, side in zip(box, size * 2, strict=True))
    return left + margin, top + margin, max(left + margin + 1, right - margin), max(top + margin + 1, bottom - margin)

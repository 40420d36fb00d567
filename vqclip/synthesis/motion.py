"""Zoom, pan and rotation: the picture is resampled once between two steps, and optimised from there.

nerdyrodent's tool and its zoom.sh do this with Pillow, by the same amount each time. Here every amount is a schedule.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.settings.schema import Settings

_PADDINGS = {"mirror": "reflection", "clamp": "border", "black": "zeros", "wrap": "zeros"}
_REACH = 2
"""Pixels on each side that bicubic resampling reads."""


@dataclass(frozen=True)
class Move:
    """A change of the picture about its middle.

    Attributes:
        zoom: Factor of the size.
        right, down: In pixels.
        turn: Degrees, counterclockwise.
    """

    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    turn: float = 0.0

    def scaled(self, share: float) -> Move:
        """The same move for a picture of `share` times the size."""
        return Move(self.zoom, self.right * share, self.down * share, self.turn)


def move_at(settings: Settings, step: int, steps: int) -> Move | None:
    """The move that the schedules give at a step of `steps`, or None."""
    values = {name: schedule.at(step, steps) for name, schedule in settings.motion_schedules.items()}
    move = Move(
        values.get("zoom", 1.0), values.get("pan_x", 0.0), values.get("pan_y", 0.0), values.get("rotate", 0.0)
    )
    return None if move == Move() else move


def due(settings: Settings, step: int) -> Move | None:
    """The move that a run makes after `step` steps, or None."""
    if not step or step % settings.move_every:
        return None
    return move_at(settings, step, settings.iterations)


def warp(image: Tensor, move: Move, border: str) -> Tensor:
    """Move a picture, (1, 3, H, W) in [0, 1], by bicubic resampling. A move by whole pixels is exact.

    Args:
        image: The picture.
        move: The move.
        border: What appears at the edges: mirror, clamp (the colours of the edge), wrap (the other side) or black.
    """
    height, width = image.shape[-2:]
    options = {"dtype": torch.float32, "device": image.device}
    # The source of every pixel, in pixels from the middle: the inverse of the move. y points down.
    y = torch.arange(height, **options)[:, None] - (height - 1) / 2 - move.down  # type: ignore[call-overload]
    x = torch.arange(width, **options)[None] - (width - 1) / 2 - move.right  # type: ignore[call-overload]
    angle = math.radians(move.turn)
    cos, sin = math.cos(angle) / move.zoom, math.sin(angle) / move.zoom
    from_x = cos * x - sin * y + (width - 1) / 2
    from_y = sin * x + cos * y + (height - 1) / 2
    source = image.float()
    if border == "wrap":
        from_x, from_y = from_x.remainder(width) + _REACH, from_y.remainder(height) + _REACH
        source = F.pad(source, (_REACH,) * 4, mode="circular")
    sides = source.shape[-1], source.shape[-2]
    grid = torch.stack([(2 * from_x + 1) / sides[0] - 1, (2 * from_y + 1) / sides[1] - 1], dim=-1)[None]
    moved = F.grid_sample(source, grid, mode="bicubic", padding_mode=_PADDINGS[border], align_corners=False)
    return moved.clamp(0, 1)

"""Zoom, pan and turn: what is shown is resampled once between two steps, and optimised further from there.

nerdyrodent's tool and its zoom.sh do this with Pillow, step by step the same; here every amount is a schedule, and
one resampling does it all.
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
"""Pixels on each side of a place that bicubic resampling looks at."""


@dataclass(frozen=True)
class Move:
    """One change of the picture, about its middle.

    zoom: factor of its size. right, down: of its content, in pixels. turn: degrees against the clock.
    """

    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0
    turn: float = 0.0

    def scaled(self, share: float) -> Move:
        """The same move for a picture of `share` times the size."""
        return Move(self.zoom, self.right * share, self.down * share, self.turn)


def move_at(settings: Settings, step: int, steps: int) -> Move | None:
    """What the schedules say at a step of `steps`, or None where nothing moves."""
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
    """Move a picture (1, 3, H, W) in [0, 1]; what comes in from outside is as `border` says.

    border: mirror, clamp (the edge's own colours), wrap (the other side) or black. Bicubic: a move by whole pixels is
    exact.
    """
    height, width = image.shape[-2:]
    options = {"dtype": torch.float32, "device": image.device}
    # Where every pixel comes from, in pixels off the middle: the move backwards. y points down.
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

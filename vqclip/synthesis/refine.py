"""Makes the edges of a finished picture crisp, without changing its forms.

The VQGAN draws an edge as a ramp of several pixels, which looks soft. A shock filter (Osher and Rudin 1990) moves
each pixel towards the colour on its own side of the nearest edge. The edges are found in a smoothed picture (Alvarez
and Mazorra 1994). A narrow blur then rounds the steps of the contour, as anti-aliasing does in a drawing.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.synthesis.stage_upsampling import blur

_PASSES, _SHARE = 6, 0.4
"""How often each pixel moves, and which share of the way to the extreme of its neighbours."""
_SMOOTH = 2.0
"""Deviation in pixels of the blur in which edges are found."""
_CERTAIN = 300.0
"""Curvature below the inverse of which a pixel hardly moves: it lies in a flat part or in a gradient."""
_SIDE = 0.08
"""Weight of each neighbour in the blur at the end; edges at 256x256 are then about as steep as those of drawings."""
_STRIP, _AROUND = 512, 48
"""Rows that are worked on at once, and how many rows around them decide about them."""


@torch.no_grad()
def refine(picture: Tensor, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
    """Make the edges of a picture crisp.

    Args:
        picture: (B, 3, H, W) in [0, 1].
        wraps: Whether left and right match, and whether top and bottom match; then they still do.

    Returns:
        The same shape and range.
    """
    height, width = picture.shape[2:]
    modes = ["circular" if wrap else "replicate" for wrap in wraps]
    # A picture that wraps may be smaller than what lies around it.
    across, down = min(_AROUND, width), min(_AROUND, height)
    padded = F.pad(picture, (across, across, 0, 0), mode=modes[0])
    padded = F.pad(padded, (0, 0, down, down), mode=modes[1])
    strips = [
        _shocked(padded[..., top : min(top + _STRIP, height) + 2 * down, :])[..., down:-down, across:-across]
        for top in range(0, height, _STRIP)
    ]
    return torch.cat(strips, 2)


def _shocked(picture: Tensor) -> Tensor:
    for _ in range(_PASSES):
        bend = torch.tanh(_CERTAIN * _across_edges(blur(picture, _SMOOTH)))
        brightest, darkest = F.max_pool2d(picture, 3, 1, 1), -F.max_pool2d(-picture, 3, 1, 1)
        picture = picture + _SHARE * (
            torch.relu(-bend) * (brightest - picture) + torch.relu(bend) * (darkest - picture)
        )
    kernel = picture.new_tensor([_SIDE, 1 - 2 * _SIDE, _SIDE])
    kernel = torch.outer(kernel, kernel).expand(picture.shape[1], 1, 3, 3)
    return F.conv2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), kernel, groups=picture.shape[1])


def _across_edges(smooth: Tensor) -> Tensor:
    """The second derivative of each channel along the gradient of brightness: (B, 3, H, W) to the same shape.

    Negative on the brighter side of an edge. All channels share the direction, so that no coloured seams appear.
    """
    padded = F.pad(smooth, (1, 1, 1, 1), mode="replicate")
    middle, after, before = slice(1, -1), slice(2, None), slice(None, -2)
    right, left = padded[..., middle, after], padded[..., middle, before]
    below, above = padded[..., after, middle], padded[..., before, middle]
    x, y = (right - left).mean(1, keepdim=True) / 2, (below - above).mean(1, keepdim=True) / 2
    same = padded[..., after, after] + padded[..., before, before]
    xy = (same - padded[..., after, before] - padded[..., before, after]) / 4
    bent = (right + left - 2 * smooth) * x**2 + 2 * xy * x * y + (below + above - 2 * smooth) * y**2
    return bent / (x**2 + y**2 + 1e-8)

"""What lies beyond the edges of a picture: a margin to whole tokens, and the padding of convolutions.

A VQGAN computes whole tokens. A picture of another size lies in the middle of a larger one, whose margin repeats its
edges, and it is cut out again after decoding.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def resize_around(image: Tensor, width: int, height: int, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
    """Give a picture, (B, C, H, W), another size without moving its middle: crop it, or repeat its edges.

    wraps: Whether left and right match, and whether top and bottom match. A crop would break such a seam, so the
    picture is resampled along that axis, as one that repeats.
    """
    for dim, side, wrap in ((3, width, wraps[0]), (2, height, wraps[1])):
        now = image.shape[dim]
        start = abs(side - now) // 2
        if side == now:
            continue
        if wrap:
            sides = [3 * side if axis == dim else image.shape[axis] for axis in (2, 3)]
            thrice = F.interpolate(torch.cat([image] * 3, dim), size=sides, mode="bicubic", antialias=True)
            image = thrice.narrow(dim, side, side)
        elif side < now:
            image = image.narrow(dim, start, side)
        else:
            margin = (0, 0) * (3 - dim) + (start, side - now - start)
            image = F.pad(image, (*margin, 0, 0)[:4], mode="replicate")
    return image


class Wrapping:
    """Makes the convolutions of a network wrap around the edges of a picture, until `undo`.

    Rolling the input by whole tokens then rolls the output, so opposite edges match. Attention and group norms of a
    VQGAN do not depend on positions and need no change.
    """

    def __init__(self, network: nn.Module, horizontal: bool, vertical: bool) -> None:
        """Wrap the left and right edges (horizontal), the upper and lower edges (vertical), or both."""
        self.convs = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)]
        self.paddings = [conv.padding for conv in self.convs]
        self.hooks = []
        for conv in self.convs:
            rows, columns = (int(side) for side in conv.padding)
            conv.padding = (0 if vertical else rows, 0 if horizontal else columns)
            continued = _WrapInput(rows, columns, horizontal, vertical)
            self.hooks.append(conv.register_forward_pre_hook(continued))

    def undo(self) -> None:
        """Restore padding with zeros."""
        for hook in self.hooks:
            hook.remove()
        for conv, padding in zip(self.convs, self.paddings, strict=True):
            conv.padding = padding


class _WrapInput:
    """Pads the input of a convolution with its other side."""

    def __init__(self, rows: int, columns: int, horizontal: bool, vertical: bool) -> None:
        self.sides = (columns * horizontal, columns * horizontal, rows * vertical, rows * vertical)
        # taming's Downsample pads its input itself: one column of zeros on the right, one row below.
        self.last_column = horizontal and not columns
        self.last_row = vertical and not rows

    def __call__(self, conv: nn.Module, given: tuple[Any, ...]) -> Tensor:
        x: Tensor = F.pad(given[0], self.sides, mode="circular") if any(self.sides) else given[0]
        if self.last_column:
            x = torch.cat([x[..., :-1], x[..., :1]], -1)
        if self.last_row:
            x = torch.cat([x[..., :-1, :], x[..., :1, :]], -2)
        return x

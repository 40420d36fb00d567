"""Padding of convolutions: zeros beyond the edges of a picture, or its other side, so that opposite edges match."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


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

"""What convolutions see beyond the edge of a picture: nothing, or its other side, so that edges match."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Wrapping:
    """Makes a network of convolutions see a picture as a tile of an endless plane, until `undo`.

    Then rolling the input by whole tokens rolls the output, so opposite edges continue each other. Attention and
    group norms of a VQGAN know no places and need no change.
    """

    def __init__(self, network: nn.Module, horizontal: bool, vertical: bool) -> None:
        """horizontal: the left edge meets the right one. vertical: the upper edge meets the lower one."""
        self.convs = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size != (1, 1)]
        self.paddings = [conv.padding for conv in self.convs]
        self.hooks = []
        for conv in self.convs:
            rows, columns = (int(side) for side in conv.padding)
            conv.padding = (0 if vertical else rows, 0 if horizontal else columns)
            continued = _Continued(rows, columns, horizontal, vertical)
            self.hooks.append(conv.register_forward_pre_hook(continued))

    def undo(self) -> None:
        """Let the network see nothing beyond the edges again."""
        for hook in self.hooks:
            hook.remove()
        for conv, padding in zip(self.convs, self.paddings, strict=True):
            conv.padding = padding


class _Continued:
    """Puts the other side of a convolution's input where its zeros would be."""

    def __init__(self, rows: int, columns: int, horizontal: bool, vertical: bool) -> None:
        self.sides = (columns * horizontal, columns * horizontal, rows * vertical, rows * vertical)
        # taming's Downsample pads by itself, one column of zeros on the right and one row of them below.
        self.last_column = horizontal and not columns
        self.last_row = vertical and not rows

    def __call__(self, conv: nn.Module, given: tuple[Any, ...]) -> Tensor:
        x: Tensor = F.pad(given[0], self.sides, mode="circular") if any(self.sides) else given[0]
        if self.last_column:
            x = torch.cat([x[..., :-1], x[..., :1]], -1)
        if self.last_row:
            x = torch.cat([x[..., :-1, :], x[..., :1, :]], -2)
        return x

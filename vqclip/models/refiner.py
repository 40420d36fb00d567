"""The refiner: redraws a finished picture of the built-in VQGAN with crisp edges and flat colours, at the same size.

A small U-Net (arXiv 1505.04597) of residual blocks without normalisation, as in EDSR (arXiv 1707.02921), that adds a
correction to the picture. `training/refiner.py` trains it on drawings and on what vqclip makes of them.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.files import printable
from vqclip.models.checkpoints import load_into, read_state_dict, without_weights

WIDTHS = (16, 32, 72, 128)
"""Channels at the full size, a half, a quarter and an eighth of it."""
BLOCKS = (1, 1, 3, 4)
"""Residual blocks at each of these sizes, on the way up; on the way down there is one."""
MULTIPLE = 2 ** (len(WIDTHS) - 1)
TILE, MARGIN = 512, 32
"""Side of a tile of a large picture, and how much of its surroundings the network sees, in pixels."""


class _Block(nn.Module):
    """Two convolutions whose result is added to their input."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, padding=1), nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        changed: Tensor = x + self.second(F.silu(self.first(x)))
        return changed


class Refiner(nn.Module):
    """Pictures to crisper pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(3, WIDTHS[0], 3, padding=1)
        steps = list(itertools.pairwise(WIDTHS))
        self.down = nn.ModuleList([nn.Conv2d(low, high, 4, stride=2, padding=1) for low, high in steps])
        self.before = nn.ModuleList([_Block(width) for width in WIDTHS[1:-1]])
        self.up = nn.ModuleList([nn.Conv2d(high, 4 * low, 1) for low, high in steps])
        sizes = zip(WIDTHS, BLOCKS, strict=True)
        self.after = nn.ModuleList([nn.Sequential(*[_Block(width) for _ in range(n)]) for width, n in sizes])
        self.conv_out = nn.Conv2d(WIDTHS[0], 3, 3, padding=1)
        # An untrained refiner changes next to nothing.
        nn.init.normal_(self.conv_out.weight, std=1e-3)

    def forward(self, picture: Tensor) -> Tensor:
        """Refine (B, 3, H, W) in [0, 1]; the result may leave that range slightly. H and W: multiples of MULTIPLE."""
        levels = [self.conv_in(picture * 2 - 1)]
        for index, down in enumerate(self.down):
            x = down(F.silu(levels[-1]))
            levels.append(self.before[index](x) if index < len(self.before) else x)
        x = self.after[-1](levels.pop())
        for level in reversed(range(len(self.up))):
            x = F.pixel_shuffle(self.up[level](x), 2) + levels.pop()
            x = self.after[level](x)
        refined: Tensor = picture + self.conv_out(F.silu(x)) / 2
        return refined

    @torch.no_grad()
    def refine(self, picture: Tensor, wraps: tuple[bool, bool] = (False, False)) -> Tensor:
        """Refine a picture of any size, in tiles if it is large.

        Args:
            picture: (B, 3, H, W) in [0, 1].
            wraps: Whether left and right match, and whether top and bottom match; then they still do.

        Returns:
            The same shape and range.
        """
        height, width = picture.shape[2:]
        margin = MARGIN if max(height, width) > TILE or any(wraps) else 0
        padded = F.pad(picture, (margin, margin, 0, 0), mode="circular" if wraps[0] else "replicate")
        padded = F.pad(padded, (0, 0, margin, margin), mode="circular" if wraps[1] else "replicate")
        refined = torch.empty_like(picture)
        for top in range(0, height, TILE):
            for left in range(0, width, TILE):
                rows, columns = min(TILE, height - top), min(TILE, width - left)
                tile = padded[..., top : top + rows + 2 * margin, left : left + columns + 2 * margin]
                tile = F.pad(tile, (0, -tile.shape[3] % MULTIPLE, 0, -tile.shape[2] % MULTIPLE), mode="replicate")
                inner = self(tile)[..., margin : margin + rows, margin : margin + columns]
                refined[..., top : top + rows, left : left + columns] = inner
        return refined.clamp(0, 1)


def load_refiner(weights: Path, device: torch.device) -> Refiner:
    """Load the refiner that `registry.find_refiner` found, in float32. Raises ModelError if the file is damaged."""
    with without_weights():
        refiner = Refiner()
    load_into(refiner, read_state_dict(weights), printable(weights))
    return refiner.to(device)

"""Seamless pictures: their opposite edges match, so copies side by side show no seam."""

from __future__ import annotations

import torch
from torch import Tensor


def match_edges(image: Tensor, wraps: tuple[bool, bool]) -> Tensor:
    """Blend opposite edges of (1, 3, H, W): towards an edge, the picture fades into the mean with its mirror image.

    Args:
        image: The picture.
        wraps: Whether left and right match, and whether top and bottom match. An eighth of the picture at each of
            these edges changes.
    """
    across, down = wraps
    for dim in (3,) * across + (2,) * down:
        side = image.shape[dim]
        margin = max(1, side // 8)
        place = torch.arange(side, device=image.device)
        near = 1 - torch.minimum(place, side - 1 - place) / margin
        share = (near.clamp(min=0) / 2).view(-1, *[1] * (3 - dim))
        image = torch.lerp(image, image.flip(dim), share)
    return image


def roll(image: Tensor, wraps: tuple[bool, bool], generator: torch.Generator) -> Tensor:
    """Shift (1, 3, H, W) randomly along every axis that wraps, so that CLIP sees the seam like any other place."""
    if not any(wraps):
        return image
    sides = image.shape[3], image.shape[2]
    across, down = (
        int(torch.randint(side, (), generator=generator)) if wrap else 0
        for side, wrap in zip(sides, wraps, strict=True)
    )
    return image.roll((down, across), (2, 3))

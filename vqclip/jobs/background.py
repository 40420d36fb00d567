"""What is behind the things in a part of a picture that is drawn new."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.jobs import patches
from vqclip.jobs.patches import Mask
from vqclip.media import images
from vqclip.media.images import Pixels

_FAINT = 0.01
"""The weight of what is left outside the white of a thing that goes, where colours flow in; what stays has 1."""
_ALIKE = 0.05
"""The difference of neighbouring pixels, in their most different channel of 0 to 1, that still is no edge."""
_WHOLE = 0.8
"""The share of a thing that the white has to cover: people do not paint masks to the pixel."""


def without(pixels: Pixels, mask: Mask) -> Pixels:
    """A picture without the things that are shown in the white of a mask.

    The background is all that no edge divides from the border of the picture; each connected part of the rest is a
    thing. A thing goes if the white covers it. The background stays, and so does a thing of which the white covers
    only a part. The colours around fill the gaps.

    Args:
        pixels: (H, W, 3) uint8.
        mask: (H, W) in [0, 1]; all white leaves white paper.

    Returns:
        (H, W, 3) uint8, equal to `pixels` where the mask is 0.
    """
    if mask.all():
        return np.full_like(pixels, 255)
    image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255
    white = torch.from_numpy(np.sign(mask))
    thing = things(image)
    covered = thing.flatten().clamp(min=0)
    sizes, inside = (torch.bincount(covered, each.flatten()) for each in (torch.ones_like(white), white))
    stays = ((thing < 0) | (inside < _WHOLE * sizes)[covered].reshape(thing.shape)).float()
    if not bool((stays * (1 - white)).any()):
        stays = 1 - white
    # What is left of a thing that goes ends in a soft edge.
    soft = torch.maximum(stays, torch.from_numpy(patches.soft_mask(np.sign(mask), max(mask.shape))))
    flowing, behind = (filled(image, weight[None, None]) for weight in (1 - white, stays + _FAINT * (1 - white)))
    return images.to_uint8(torch.lerp(flowing, behind, soft)[0])


def things(image: Tensor) -> Tensor:
    """The things in a picture (1, 3, H, W): (H, W) int64, a number for each, and -1 for the background."""
    smooth = F.avg_pool2d(F.pad(image, (1, 1, 1, 1), mode="replicate"), 3, stride=1)[0]
    beside, below = ((smooth - smooth.roll(-1, axis)).abs().amax(0) < _ALIKE for axis in (2, 1))
    piece = components(beside, below)
    border = torch.cat([piece[0], piece[-1], piece[:, 0], piece[:, -1]])
    solid = ~torch.isin(piece, border)
    return torch.where(solid, components(solid & solid.roll(-1, 1), solid & solid.roll(-1, 0)), -1)


def components(beside: Tensor, below: Tensor) -> Tensor:
    """Number the connected parts of a grid.

    Args:
        beside: (H, W) bool, whether a position is connected to that on its right.
        below: The same for the position below.

    Returns:
        (H, W) int64, the same number within each part.
    """
    beside, below = beside.clone(), below.clone()
    beside[:, -1] = below[-1] = False
    number = torch.arange(beside.numel()).reshape(beside.shape)
    while True:
        before = number
        for axis, joined in ((1, beside), (0, below)):
            for along, step in ((joined, -1), (joined.roll(1, axis), 1)):
                number = torch.where(along, torch.maximum(number, number.roll(step, axis)), number)
        number = number.flatten()[number]  # The number of a number is at least as high: this shortens the way.
        if torch.equal(number, before):
            return number


def filled(image: Tensor, weight: Tensor) -> Tensor:
    """The picture where its weight is above 0, elsewhere the mean of what is near (pull-push, Gortler 1996).

    Args:
        image: (1, C, H, W).
        weight: (1, 1, H, W), 0 or more, with some above 0.
    """
    if bool((weight > 0).all()):
        return image
    mean = F.avg_pool2d(weight, 2, ceil_mode=True)
    smaller = F.avg_pool2d(image * weight, 2, ceil_mode=True) / mean.clamp(min=1e-9)
    around = F.interpolate(filled(smaller, mean), size=image.shape[2:], mode="bilinear")
    return torch.where(weight > 0, image, around)

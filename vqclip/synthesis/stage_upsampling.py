"""Upsample a picture to the size of the next stage, with edges as sharp as before."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.synthesis import init

_GAIN = 1.5
_PASSES = 2


def upsample(image: Tensor, width: int, height: int, *, edges: bool) -> Tensor:
    """Resize (1, 3, H, W) in [0, 1] to (1, 3, height, width), without leaving that range.

    Args:
        image: The picture.
        width, height: The new size.
        edges: Make edges as narrow as they were, in pixels. Bicubic upsampling alone widens every edge by the factor,
            and the VQGAN then draws a blur.
    """
    grown = init.fit(image, width, height)
    factor = max(width / image.shape[3], height / image.shape[2])
    return sharpen(grown, factor) if edges and factor > 1 else grown


def sharpen(image: Tensor, width: float) -> Tensor:
    """Steepen edges of (B, 3, H, W) that are about `width` pixels wide, and leave flat areas as they are.

    An unsharp mask whose result stays within the range of its neighbourhood, so that nothing overshoots: a step
    towards the shock filter of Osher and Rudin (1990), which moves every pixel to its side of the nearest edge.
    """
    reach = max(1, round(width))
    low, high = -_dilated(-image, reach), _dilated(image, reach)
    for _ in range(_PASSES):
        image = image + _GAIN * (image - blur(image, width))
        image = torch.minimum(torch.maximum(image, low), high)
    return image


def _dilated(image: Tensor, reach: int) -> Tensor:
    return F.max_pool2d(image, 2 * reach + 1, stride=1, padding=reach)


def blur(image: Tensor, deviation: float) -> Tensor:
    """A Gaussian blur that repeats the edges of the picture."""
    reach = round(3 * deviation)
    place = torch.arange(-reach, reach + 1, device=image.device, dtype=image.dtype)
    bell = torch.exp(-(place**2) / (2 * deviation**2))
    bell = (bell / bell.sum()).expand(image.shape[1], 1, 1, -1)
    image = F.pad(image, (reach, reach, reach, reach), mode="replicate")
    across = F.conv2d(image, bell, groups=image.shape[1])
    return F.conv2d(across, bell.transpose(2, 3), groups=image.shape[1])

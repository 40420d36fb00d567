"""Where a run begins: the first latent, from a picture, from random tokens, or from a soft spot."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.settings import Settings
from vqclip.vqgan import VQGAN


def first_latent(
    vqgan: VQGAN,
    settings: Settings,
    size: tuple[int, int],
    picture: Tensor | None,
    generator: torch.Generator,
) -> Tensor:
    """The latent that a run begins with: (1, D, h, w) float32.

    size: width and height in pixels, whole tokens. picture: as `to_pixels` gives it, of any size, or
    None. generator: on the CPU, so that the start is the same on every device.
    """
    width, height = size
    device = vqgan.codebook.device
    if picture is not None:
        return vqgan.encode(fit(picture, width, height)).float()
    if settings.init == "spot":
        return vqgan.encode(spot(width, height, generator).to(device)).float()
    # Random codes, as in Crowson's notebook; but drawn after the seed is set.
    shape = (1, height // vqgan.factor, width // vqgan.factor)
    return vqgan.lookup(torch.randint(vqgan.n_embed, shape, generator=generator).to(device)).float()


def to_pixels(picture: np.ndarray, device: torch.device) -> Tensor:
    """A picture (H, W, 3) uint8 as (1, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.array(picture)).to(device).permute(2, 0, 1)[None] / 255


def fit(image: Tensor, width: int, height: int) -> Tensor:
    """Resize (1, 3, H, W) in [0, 1] without ringing outside that range."""
    if image.shape[-2:] == (height, width):
        return image
    return F.interpolate(image, size=(height, width), mode="bicubic", antialias=True).clamp(0, 1)


def spot(width: int, height: int, generator: torch.Generator) -> Tensor:
    """A soft grey spot, a little off the middle, on white: (1, 3, height, width) in [0, 1].

    The built-in models know single objects on a plain ground. From random tokens they cover the ground with
    patches; the spot tells the loop where the object goes, and nothing else.
    """
    shift = (torch.rand(2, generator=generator) - 0.5) * 0.2
    size = 0.5 + 0.15 * torch.rand(2, generator=generator)
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    radius = (((x - shift[0]) / size[0]) ** 2 + ((y - shift[1]) / size[1]) ** 2).sqrt()
    depth = 0.4 * torch.sigmoid((1 - radius) * 8)
    tint = 0.1 * torch.rand((3, 1, 1), generator=generator)
    return (1 - depth * (1 - tint))[None].expand(1, 3, height, width).contiguous()

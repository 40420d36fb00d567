"""Where a run begins: the first latent, from a picture, from random tokens, or from a drawn ground."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.models.vqgan import VQGAN
from vqclip.settings.schema import Settings


def first_latent(
    vqgan: VQGAN,
    settings: Settings,
    size: tuple[int, int],
    picture: Tensor | None,
    generator: torch.Generator,
    opacity: Tensor | None = None,
) -> Tensor:
    """The latent that a run begins with: (1, D, h, w) float32.

    size: width and height in pixels, whole tokens. picture: as `to_pixels` gives it, of any size, or None; with
    an alpha below 1 it lies over what settings.init draws, and so it does where its opacity, (1, 1, H, W), is: the
    picture is then as it looks over white. generator: on the CPU, so that the start is the same on
    every device.
    """
    width, height = size
    if picture is not None:
        start = fit(picture, width, height)
        alpha = settings.init_image_alpha
        if alpha < 1 or opacity is not None:
            clear = torch.zeros(()) if opacity is None else 1 - fit(opacity, width, height)
            ground = _ground(vqgan, settings.init, size, generator)
            # The picture lies on white, which is taken away where it is clear.
            start = ((start - clear) * alpha + ground * (1 - alpha * (1 - clear))).clamp(0, 1)
        return vqgan.encode(start).float()
    if settings.init in GROUNDS:
        return vqgan.encode(_ground(vqgan, settings.init, size, generator)).float()
    return _tokens(vqgan, size, generator)


def _ground(vqgan: VQGAN, init: str, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """What an init without a picture looks like: (1, 3, H, W) in [0, 1]."""
    if init in GROUNDS:
        return GROUNDS[init](*size, generator).to(vqgan.codebook.device)
    with torch.no_grad():
        return vqgan.decode(_tokens(vqgan, size, generator)).clamp(0, 1)


def _tokens(vqgan: VQGAN, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Random codes, as in Crowson's notebook; but drawn after the seed is set."""
    width, height = size
    shape = (1, height // vqgan.factor, width // vqgan.factor)
    return vqgan.lookup(torch.randint(vqgan.n_embed, shape, generator=generator).to(vqgan.codebook.device)).float()


def to_pixels(picture: np.ndarray, device: torch.device) -> Tensor:
    """A picture (H, W, 3) uint8 as (1, 3, H, W) float32 in [0, 1]."""
    return torch.from_numpy(np.array(picture)).to(device).permute(2, 0, 1)[None] / 255


def fit(image: Tensor, width: int, height: int) -> Tensor:
    """Resize (1, 3, H, W) in [0, 1] without ringing outside that range."""
    if image.shape[-2:] == (height, width):
        return image
    return F.interpolate(image, size=(height, width), mode="bicubic", antialias=True).clamp(0, 1)


def meet(image: Tensor, across: bool, down: bool) -> Tensor:
    """Let opposite edges of (1, 3, H, W) meet: towards an edge, a picture fades into the mean with its mirror image.

    across: left and right. down: top and bottom. An eighth of the picture along each of these edges is changed.
    """
    for dim in (3,) * across + (2,) * down:
        side = image.shape[dim]
        margin = max(1, side // 8)
        place = torch.arange(side, device=image.device)
        near = 1 - torch.minimum(place, side - 1 - place) / margin
        share = (near.clamp(min=0) / 2).view(-1, *[1] * (3 - dim))
        image = torch.lerp(image, image.flip(dim), share)
    return image


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


def pixels(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Every channel of every pixel by itself, as nerdyrodent's `pixels`: (1, 3, height, width) in [0, 1]."""
    return torch.rand((1, 3, height, width), generator=generator)


def gradient(width: int, height: int, generator: torch.Generator) -> Tensor:
    """From one colour to another along a straight line in any direction: (1, 3, height, width) in [0, 1].

    nerdyrodent's `gradient` runs each channel along an axis; here the line is any, so that no diagonal is special.
    """
    angle = 2 * math.pi * torch.rand((), generator=generator)
    colours = torch.rand((2, 3, 1, 1), generator=generator)
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    along = x * torch.cos(angle) + y * torch.sin(angle)
    share = (along - along.min()) / (along.max() - along.min()).clamp(min=1e-6)
    return torch.lerp(colours[0], colours[1], share)[None]


def perlin(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Clouds: Perlin's gradient noise (2002) in octaves, each channel by itself: (1, 3, height, width) in [0, 1].

    Four octaves, each of half the grain and half the height, as Disco Diffusion's start; the coarsest has two
    cells along the shorter side.
    """
    clouds = torch.zeros(3, height, width)
    for octave in range(4):
        cell = max(1.0, min(width, height) / 2 ** (octave + 1))
        clouds += 0.5**octave * _gradient_noise(width, height, cell, generator)
    return _spread(clouds)


def spectrum(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Noise that falls as 1/f, as photos and aphantasia's start do: (1, 3, height, width) in [0, 1]."""
    white = torch.fft.rfft2(torch.randn((3, height, width), generator=generator))
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    return _spread(torch.fft.irfft2(white / frequency.clamp(min=1 / max(width, height)), s=(height, width)))


Ground = Callable[[int, int, torch.Generator], Tensor]
GROUNDS: dict[str, Ground] = {
    "spot": spot, "pixels": pixels, "perlin": perlin, "gradient": gradient, "spectrum": spectrum,
}  # fmt: skip
"""The inits that are drawn as a picture and encoded."""


def _gradient_noise(width: int, height: int, cell: float, generator: torch.Generator) -> Tensor:
    """Perlin noise of three channels with cells of `cell` pixels: (3, height, width)."""
    rows, columns = (torch.arange(side) / cell for side in (height, width))
    angles = 2 * math.pi * torch.rand((3, int(rows[-1]) + 2, int(columns[-1]) + 2), generator=generator)
    top, left = rows.long(), columns.long()
    within_y, within_x = (rows - top)[:, None], (columns - left)[None]

    def corner(down: int, right: int) -> Tensor:
        angle = angles[:, top + down][:, :, left + right]
        return torch.cos(angle) * (within_x - right) + torch.sin(angle) * (within_y - down)

    fade_y, fade_x = (t * t * t * (t * (t * 6 - 15) + 10) for t in (within_y, within_x))
    above = torch.lerp(corner(0, 0), corner(0, 1), fade_x)
    below = torch.lerp(corner(1, 0), corner(1, 1), fade_x)
    return torch.lerp(above, below, fade_y)


def _spread(noise: Tensor) -> Tensor:
    """(3, H, W) of any scale as a picture (1, 3, H, W) around middle grey, two deviations wide each way."""
    level, deviation = noise.mean((1, 2), keepdim=True), noise.std((1, 2), keepdim=True).clamp(min=1e-6)
    return (0.5 + (noise - level) / deviation / 4).clamp(0, 1)[None]

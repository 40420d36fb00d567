"""The first latent of a run: from a picture, from random tokens, or from a drawn background."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.models.image_model import ImageModel
from vqclip.settings.schema import Settings
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.seamless import match_edges


@dataclass(frozen=True)
class InitPicture:
    """The init picture of a run on its device; everything is None without one.

    Attributes:
        pixels: (1, 3, H, W) float32 in [0, 1], over white where it is transparent.
        opacity: (1, 1, H, W) in [0, 1], or None for an opaque picture.
        mask: (1, 1, any, any), 1 where the picture may change and 0 where it is kept.
    """

    pixels: Tensor | None = None
    opacity: Tensor | None = None
    mask: Tensor | None = None

    @staticmethod
    def load(inputs: InitInputs, device: torch.device, wraps: tuple[bool, bool]) -> InitPicture:
        """Put the init picture of a run on a device. wraps: the axes along which its edges have to match."""
        if inputs.picture is None:
            return InitPicture()
        mask = None if inputs.mask is None else torch.from_numpy(inputs.mask).to(device)[None, None]
        pixels = to_pixels(inputs.picture, device)
        if mask is None:
            # With a mask, its edges are kept to the bit.
            pixels = match_edges(pixels, wraps)
        return InitPicture(pixels[:, :3], pixels[:, 3:] if pixels.shape[1] > 3 else None, mask)


def first_latent(
    vqgan: ImageModel, settings: Settings, size: tuple[int, int], picture: InitPicture, generator: torch.Generator
) -> Tensor:
    """The latent that a run starts from, unless a prior samples it.

    Args:
        vqgan: Encodes the picture or background.
        settings: Of the run. With an `init_image_alpha` below 1, or where the picture is transparent, the picture
            lies over the background that `init` names.
        size: Width and height in pixels.
        picture: The init picture, of any size.
        generator: On the CPU, so that the start is the same on every device.

    Returns:
        (1, D, h, w) float32.
    """
    width, height = size
    if picture.pixels is not None:
        start = fit(picture.pixels, width, height)
        alpha = settings.init_image_alpha
        if alpha < 1 or picture.opacity is not None:
            clear = torch.zeros(()) if picture.opacity is None else 1 - fit(picture.opacity, width, height)
            ground = _ground(vqgan, settings.init, size, generator)
            # The picture lies over white, which is removed where it is transparent.
            start = ((start - clear) * alpha + ground * (1 - alpha * (1 - clear))).clamp(0, 1)
        return vqgan.encode(start).float()
    if settings.init in GROUNDS:
        return vqgan.encode(_ground(vqgan, settings.init, size, generator)).float()
    return _tokens(vqgan, size, generator)


def _ground(vqgan: ImageModel, init: str, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """The background of an `init`: (1, 3, H, W) in [0, 1]."""
    if init in GROUNDS:
        return GROUNDS[init](*size, generator).to(vqgan.codebook.device)
    with torch.no_grad():
        return vqgan.crop(vqgan.decode(_tokens(vqgan, size, generator)), size).clamp(0, 1)


def _tokens(vqgan: ImageModel, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Random codes, as in Crowson's notebook."""
    one, _, rows, columns = vqgan.architecture.latent_shape(size)
    codes = torch.randint(vqgan.n_embed, (one, rows, columns), generator=generator)
    return vqgan.lookup(codes.to(vqgan.codebook.device)).float()


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

    The built-in models know single objects on a plain background. From random tokens they cover the background with
    patches; the spot says where the object goes, and nothing else.
    """
    shift = (torch.rand(2, generator=generator) - 0.5) * 0.2
    size = 0.5 + 0.15 * torch.rand(2, generator=generator)
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    radius = (((x - shift[0]) / size[0]) ** 2 + ((y - shift[1]) / size[1]) ** 2).sqrt()
    depth = 0.4 * torch.sigmoid((1 - radius) * 8)
    tint = 0.1 * torch.rand((3, 1, 1), generator=generator)
    return (1 - depth * (1 - tint))[None].expand(1, 3, height, width).contiguous()


def pixels(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Independent noise in every pixel and channel, as in nerdyrodent's tool: (1, 3, height, width) in [0, 1]."""
    return torch.rand((1, 3, height, width), generator=generator)


def gradient(width: int, height: int, generator: torch.Generator) -> Tensor:
    """A gradient between two colours in a random direction: (1, 3, height, width) in [0, 1].

    In nerdyrodent's `gradient` each channel runs along an axis.
    """
    angle = 2 * math.pi * torch.rand((), generator=generator)
    colours = torch.rand((2, 3, 1, 1), generator=generator)
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    along = x * torch.cos(angle) + y * torch.sin(angle)
    share = (along - along.min()) / (along.max() - along.min()).clamp(min=1e-6)
    return torch.lerp(colours[0], colours[1], share)[None]


def perlin(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Clouds: four octaves of Perlin noise (2002) in each channel: (1, 3, height, width) in [0, 1].

    Each octave has half the cell size and half the amplitude of the one before, as in Disco Diffusion. The coarsest
    has two cells along the shorter side.
    """
    clouds = torch.zeros(3, height, width)
    for octave in range(4):
        cell = max(1.0, min(width, height) / 2 ** (octave + 1))
        clouds += 0.5**octave * _gradient_noise(width, height, cell, generator)
    return _spread(clouds)


def spectrum(width: int, height: int, generator: torch.Generator) -> Tensor:
    """Noise with a 1/f spectrum, as photos and aphantasia's start have: (1, 3, height, width) in [0, 1]."""
    white = torch.fft.rfft2(torch.randn((3, height, width), generator=generator))
    frequency = torch.hypot(torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None])
    return _spread(torch.fft.irfft2(white / frequency.clamp(min=1 / max(width, height)), s=(height, width)))


Ground = Callable[[int, int, torch.Generator], Tensor]
GROUNDS: dict[str, Ground] = {
    "spot": spot, "pixels": pixels, "perlin": perlin, "gradient": gradient, "spectrum": spectrum,
}  # fmt: skip
"""The inits that are drawn as a picture, which is then encoded."""


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
    """Scale (3, H, W) to a picture (1, 3, H, W) around middle grey; two standard deviations reach 0 and 1."""
    level, deviation = noise.mean((1, 2), keepdim=True), noise.std((1, 2), keepdim=True).clamp(min=1e-6)
    return (0.5 + (noise - level) / deviation / 4).clamp(0, 1)[None]

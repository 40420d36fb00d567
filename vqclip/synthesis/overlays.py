"""Pictures that a run comes back to at one picture size: the one to grow towards, and the one laid over it."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vqclip.models.vqgan import VQGAN
from vqclip.synthesis import init
from vqclip.synthesis.latent_image import Surface

Layer = tuple[np.ndarray, np.ndarray]
"""A picture (H, W, 3) uint8 and its opacity (H, W) float32 in [0, 1]."""


class Target:
    """A picture to grow towards: `image` (1, 3, H, W) in [0, 1] and its latent `z` (1, D, h, w)."""

    def __init__(self, vqgan: VQGAN, picture: np.ndarray, size: tuple[int, int]) -> None:
        """picture: (any, any, 3) uint8, stretched to size, which is width and height in whole tokens."""
        self.image = init.fit(init.to_pixels(picture, vqgan.codebook.device), *size)
        with torch.no_grad():
            self.z = vqgan.encode(self.image).float()


class Overlay:
    """A picture that is laid over the drawing between two steps, as pixray's."""

    def __init__(self, vqgan: VQGAN, layer: Layer, size: tuple[int, int], alpha: float) -> None:
        """layer: stretched to size, which is width and height in whole tokens. alpha: its opacity, times its own."""
        device = vqgan.codebook.device
        pixels, opacity = init.to_pixels(layer[0], device), torch.from_numpy(layer[1]).to(device)[None, None]
        # Resized with their opacity, so that what is transparent lends no colour to its neighbours.
        self.light = init.fit(pixels * opacity, *size) * alpha
        self.opacity = init.fit(opacity, *size) * alpha

    @torch.no_grad()
    def lay(self, z: Tensor, surface: Surface) -> None:
        """Draw it over what z shows, in place; places of z of which it covers nothing stay as they are."""
        shown = surface.show(z) * (1 - self.opacity) + self.light
        z.copy_(torch.where(surface.cells(self.opacity), surface.enter(shown.clamp(0, 1)), z))

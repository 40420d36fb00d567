"""The target picture and the overlay of a run, at the size of one stage."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vqclip.models.image_model import ImageModel
from vqclip.synthesis import init
from vqclip.synthesis.latent_image import LatentImage

Layer = tuple[np.ndarray, np.ndarray]
"""A picture (H, W, 3) uint8 and its opacity (H, W) float32 in [0, 1]."""


class Target:
    """A target picture: `image` (1, 3, H, W) in [0, 1] and its latent `z` (1, D, h, w)."""

    def __init__(self, vqgan: ImageModel, picture: np.ndarray, size: tuple[int, int]) -> None:
        """
        Args:
            vqgan: Encodes the picture.
            picture: (any, any, 3) uint8, stretched to the size.
            size: Width and height in pixels.
        """
        self.image = init.fit(init.to_pixels(picture, vqgan.codebook.device), *size)
        with torch.no_grad():
            self.z = vqgan.encode(self.image).float()


class Overlay:
    """A picture that is drawn over the result between two steps, as in pixray."""

    def __init__(self, vqgan: ImageModel, layer: Layer, size: tuple[int, int], alpha: float) -> None:
        """
        Args:
            vqgan: For its device.
            layer: The picture and its opacity, stretched to the size.
            size: Width and height in pixels.
            alpha: Multiplies the opacity.
        """
        device = vqgan.codebook.device
        pixels, opacity = init.to_pixels(layer[0], device), torch.from_numpy(layer[1]).to(device)[None, None]
        # The colours are resized with their opacity, so that transparent pixels do not bleed into their neighbours.
        self.light = init.fit(pixels * opacity, *size) * alpha
        self.opacity = init.fit(opacity, *size) * alpha

    @torch.no_grad()
    def draw(self, z: Tensor, image: LatentImage) -> None:
        """Draw it over the picture of z, in place; positions of z that it does not cover stay as they are."""
        drawn = image.decode(z) * (1 - self.opacity) + self.light
        z.copy_(torch.where(image.cells(self.opacity), image.encode(drawn.clamp(0, 1)), z))

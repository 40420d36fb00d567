"""Pixel optimisation: pixels instead of a latent, for the first steps of a run, without the VQGAN.

Direct ascent synthesis (Fort and Whitaker, arXiv 2502.07753) optimises pixels with CLIP alone; here the latent starts
from its picture. It needs no decoder and reaches colours and forms that no code near the start has.
"""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from vqclip.models.decoder import Box
from vqclip.synthesis.latent_image import Surface

_SPAN = 0.96
"""How much of the curve's height pixels take: with all of it, black and white would lie at infinity."""
_LIMIT = 4.0


class PixelSurface(Surface):
    """The way from pixels to shown pictures: z is (1, 3, H, W), of which each number stands on a curve of tanh.

    The curve is flat at both ends, so a ground of pure white or black stays.
    """

    @cached_property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """Beyond these the curve is flat, and a pixel would not find its way back."""
        limit = torch.tensor(_LIMIT, device=self.vqgan.codebook.device)
        return -limit, limit

    def enter(self, picture: Tensor) -> Tensor:
        """The pixels of a picture, (1, 3, H, W) in [0, 1]: float32, on the curve."""
        return torch.atanh((2 * picture.float() - 1) * _SPAN)

    def cells(self, cover: Tensor) -> Tensor:
        """Which pixels show where (1, 1, H, W) is above 0: those."""
        return cover > 0

    def _decode(self, z: Tensor, tile: Box | None) -> Tensor:
        return self._mirrored(z.tanh() / (2 * _SPAN) + 0.5)

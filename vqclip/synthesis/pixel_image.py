"""Pixel optimisation: the first steps of a run may optimise pixels instead of a latent, without the VQGAN.

Direct ascent synthesis (Fort and Whitaker, arXiv 2502.07753) optimises pixels with CLIP alone; here the latent starts
from the resulting picture. It needs no decoder, and it reaches colours and forms that no code near the start has.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.models.decoder import Box
from vqclip.synthesis.latent_image import LatentImage
from vqclip.synthesis.optimisers import Optimiser

_SPAN = 0.96
"""The share of tanh's range that pixels use: with all of it, black and white would lie at infinity."""
_LIMIT = 4.0


class PixelImage(LatentImage):
    """Pixels in the place of a latent: z is (1, 3, H, W), and the picture its tanh, scaled to [0, 1].

    tanh is flat at both ends, so a background of pure white or black stays.
    """

    @cached_property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """Beyond these values tanh is so flat that a pixel would not come back."""
        limit = torch.tensor(_LIMIT, device=self.vqgan.codebook.device)
        return -limit, limit

    def encode(self, picture: Tensor) -> Tensor:
        """The z of a picture, (1, 3, H, W) in [0, 1]: (1, 3, H, W) float32."""
        return torch.atanh((2 * picture.float() - 1) * _SPAN)

    def cells(self, cover: Tensor) -> Tensor:
        """The pixels where (1, 1, H, W) is above 0."""
        return cover > 0

    def _pixels(self, z: Tensor, tile: Box | None) -> Tensor:
        return z.tanh() / (2 * _SPAN) + 0.5


class MultiScaleOptimiser:
    """An optimiser of z = z₀ + Σ Up(P_r) over z₀ and over every P_r, each half the size of the one before.

    What all pixels agree on is optimised through the coarse P_r, so forms come before detail, as in natural pictures.
    The sum is linear, so z alone is kept: each P_r adds its update to z and is 0 again. Each scale takes an equal
    share of the learning rate; direct ascent synthesis uses the whole rate for each.

    Source: Fort and Whitaker, arXiv 2502.07753.
    """

    def __init__(self, make: Callable[[Tensor, float], Optimiser], z: Tensor, learning_rate: float) -> None:
        """
        Args:
            make: Makes the optimiser of one tensor with a learning rate.
            z: (1, C, H, W), a leaf.
            learning_rate: Of all scales together.
        """
        self.z = z
        height, width = z.shape[-2:]
        self.coarse = [
            torch.zeros(*z.shape[:2], max(1, height >> r), max(1, width >> r), device=z.device, requires_grad=True)
            for r in range(1, max(height, width).bit_length())
        ]
        share = learning_rate / (1 + len(self.coarse))
        self.optimisers = [make(part, share) for part in (z, *self.coarse)]

    @property
    def learning_rate(self) -> float:
        """Of all scales together; may be changed between two steps."""
        return self.optimisers[0].learning_rate * len(self.optimisers)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        for optimiser in self.optimisers:
            optimiser.learning_rate = value / len(self.optimisers)

    @property
    def memory(self) -> dict[str, Tensor]:
        """The memory of the optimiser of each scale, as NUMBER.NAME; 0 is the finest."""
        return {
            f"{number}.{name}": tensor
            for number, optimiser in enumerate(self.optimisers)
            for name, tensor in optimiser.memory.items()
        }

    @memory.setter
    def memory(self, memory: dict[str, Tensor]) -> None:
        for number, optimiser in enumerate(self.optimisers):
            mark = f"{number}."
            optimiser.memory = {name.removeprefix(mark): t for name, t in memory.items() if name.startswith(mark)}

    def step(self) -> None:
        """Update z at every scale, from the gradient of z."""
        if self.z.grad is None:
            raise ValueError("the pixels have no gradient")
        for part in self.coarse:
            # The gradient of P_r is the transpose of Up, applied to the gradient of z. As the gradient of a product,
            # because `autograd.grad` with the gradient as its third argument imports sympy, which takes a third of a
            # second.
            part.grad = torch.autograd.grad((self._up(part) * self.z.grad).sum(), part)[0]
        for optimiser in self.optimisers:
            optimiser.step()
        with torch.no_grad():
            for part in self.coarse:
                self.z += self._up(part)
                part.zero_()

    def _up(self, part: Tensor) -> Tensor:
        return F.interpolate(part, size=self.z.shape[-2:], mode="bicubic", align_corners=False)

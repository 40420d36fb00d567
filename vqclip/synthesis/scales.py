"""Optimise pixels at several scales at once, each of half the width and height of the next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.settings.schema import Settings
from vqclip.synthesis.optimisers import Optimiser, make_optimiser
from vqclip.synthesis.stages import Stage


def optimiser_of(settings: Settings, stage: Stage, z: Tensor) -> Optimiser:
    """The optimiser of a stage: of the latent, or of pixels at all scales."""
    make = partial(make_optimiser, settings.optimiser)
    return Scales(make, z, settings.pixel_learning_rate) if stage.pixels else make(z, settings.learning_rate)


class Scales:
    """An optimiser of z = z₀ + Σ Up(P_r), over z₀ and every P_r, down to a single P_r (arXiv 2502.07753).

    What all places agree on is optimised through the coarse P_r, so forms come before detail, as in natural
    pictures. The sum is linear, so z alone is kept: a P_r adds its step to z and stays at 0. Each scale takes an
    equal share of the learning rate, where direct ascent synthesis takes the whole for each.
    """

    def __init__(self, make: Callable[[Tensor, float], Optimiser], z: Tensor, learning_rate: float) -> None:
        """make: an optimiser of one tensor. z: (1, C, H, W), a leaf."""
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
        """What the optimiser of each scale remembers, as NUMBER.NAME; 0 is the finest."""
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
        """Move the pixels down their gradient, at every scale."""
        if self.z.grad is None:
            raise ValueError("the pixels have no gradient")
        for part in self.coarse:
            # The gradient of P_r is the transpose of its enlargement, of z's gradient. As the gradient of a product:
            # given z's gradient as its third argument, autograd.grad imports sympy first, which takes a third of a
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

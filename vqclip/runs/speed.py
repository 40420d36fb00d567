"""How fast a device is at what a run has to do, from three short measurements."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vqclip.runs.estimate import Work
from vqclip.runtime import devices
from vqclip.settings.schema import Settings


@dataclass(frozen=True)
class Speed:
    """Seconds that a device takes for an operation of a product, one of attention, and a number; see `Work`."""

    product: float
    attention: float
    number: float

    def seconds(self, work: Work) -> float:
        """What a step with so much work takes."""
        return self.product * work.products + self.attention * work.attention + self.number * work.numbers

    @staticmethod
    def measured(settings: Settings) -> Speed:
        """Of the device that a run takes: a convolution, an attention and an activation, there and back, thrice each.

        They are of the built-in decoder's kind. With the settings' number of threads, which stays set. Raises
        UsageError for a device that is not there.
        """
        import torch
        import torch.nn.functional as F

        device = devices.find_device(settings.device)
        if settings.threads:
            torch.set_num_threads(settings.threads)
        known: Any = {"device": device, "dtype": devices.find_dtype(settings.dtype, device), "requires_grad": True}
        image, tokens = torch.zeros((1, 128, 128, 128), **known), torch.zeros((1, 1, 2048, 128), **known)
        weight = torch.zeros((128, 128, 3, 3), **known).detach()

        def best(run: Callable[[Any], Any], x: Any) -> float:
            found = []
            for _ in range(3):
                began = time.perf_counter()
                (gradient,) = torch.autograd.grad(run(x).float().sum(), x)
                gradient.flatten()[0].item()  # a GPU is asked to have ended
                found.append(time.perf_counter() - began)
            return min(found)

        return Speed(
            best(lambda x: F.conv2d(x, weight, padding=1), image) / (4 * image.numel() * 9 * 128),
            best(lambda x: F.scaled_dot_product_attention(x, x, x), tokens) / (8 * 128 * 2048**2),
            best(F.silu, image) / image.numel(),
        )

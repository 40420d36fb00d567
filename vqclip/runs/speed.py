"""How fast a device is at the operations of a run, from three short measurements."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vqclip.runs.estimate import StepOperations
from vqclip.runtime import devices
from vqclip.settings.schema import Settings


@dataclass(frozen=True)
class Speed:
    """Seconds of a device per operation of a product, per one of attention, and per number; see `StepOperations`.

    step: Seconds of a step besides its operations.
    """

    product: float
    attention: float
    number: float
    step: float = 0.0

    def seconds(self, operations: StepOperations) -> float:
        """How long a step with these operations takes."""
        of = operations
        return self.step + self.product * of.products + self.attention * of.attention + self.number * of.numbers

    @staticmethod
    def typical(device: str) -> Speed:
        """The usual proportions on a kind of device, where an operation of a product takes one second.

        Those of a CPU are measured with the built-in models. A GPU spends most of a small step on starting kernels.
        """
        return Speed(1.0, 3.0, 500.0, 3e9 if device == "cpu" else 3e11)

    @staticmethod
    def measured(settings: Settings) -> Speed:
        """Time a convolution, an attention and an activation like the built-in decoder's, forward and backward.

        Each runs three times on the device of the settings. The number of threads of the settings stays set.

        Raises:
            UsageError: The device does not exist.
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
                gradient.flatten()[0].item()  # waits for a GPU
                found.append(time.perf_counter() - began)
            return min(found)

        return Speed(
            best(lambda x: F.conv2d(x, weight, padding=1), image) / (4 * image.numel() * 9 * 128),
            best(lambda x: F.scaled_dot_product_attention(x, x, x), tokens) / (8 * 128 * 2048**2),
            best(F.silu, image) / image.numel(),
        )

"""What changes over the steps: the optimiser, its step size, the running mean of the latent."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.optim.adam import adam


class Adam:
    """Adam over one latent (Kingma and Ba, arXiv 1412.6980), with torch's own arithmetic.

    learning_rate: may be changed between two steps. decay: of the latent itself, apart from its gradient, as in
    AdamW (arXiv 1711.05101). The classes of torch.optim import torch's compiler, which takes as long as all of
    torch; its functions do not.
    """

    def __init__(self, z: Tensor, learning_rate: float, decay: float = 0.0) -> None:
        self.z, self.learning_rate, self.decay = z, learning_rate, decay
        self.memory: dict[str, Tensor] = {}

    def step(self) -> None:
        """Move the latent down its gradient."""
        if self.z.grad is None:
            raise ValueError("the latent has no gradient")
        if not self.memory:
            self.memory = {"step": torch.tensor(0.0)}
            self.memory |= {name: torch.zeros_like(self.z.detach()) for name in ("exp_avg", "exp_avg_sq")}
        with torch.no_grad():
            adam(
                [self.z],
                [self.z.grad],
                [self.memory["exp_avg"]],
                [self.memory["exp_avg_sq"]],
                [],
                [self.memory["step"]],
                foreach=False,
                decoupled_weight_decay=self.decay > 0,
                amsgrad=False,
                beta1=0.9,
                beta2=0.999,
                lr=self.learning_rate,
                weight_decay=self.decay,
                eps=1e-8,
                maximize=False,
            )


_DECAYS = {"adam": 0.0, "adamw": 0.01}


def make_optimiser(name: str, z: Tensor, learning_rate: float) -> Adam:
    """The optimiser of that name over one latent."""
    return Adam(z, learning_rate, _DECAYS[name])


def optimiser_tensors(optimiser: Adam) -> dict[str, Tensor]:
    """The optimiser's memory of its one latent, by name; empty before the first step."""
    return {name: value.clone() for name, value in optimiser.memory.items()}


def restore_optimiser(optimiser: Adam, memory: Mapping[str, Tensor]) -> None:
    """Put the memory back that `optimiser_tensors` gave."""
    optimiser.memory = {name: value.clone() for name, value in memory.items()}


def cosine(step: int, steps: int, end: float) -> float:
    """From 1 before the first step (0) to `end` at the last (steps - 1), along half a cosine."""
    progress = step / max(1, steps - 1)
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


class EMA:
    """Running mean of the latent, corrected for its start as in Adam, so that early values are not the first z.

    decay 0 keeps the newest value.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.total: Tensor | None = None
        self.weight = 0.0

    def update(self, z: Tensor) -> None:
        """Take one more value in."""
        if self.total is None:
            self.total = torch.zeros_like(z)
        self.total.mul_(self.decay).add_(z.detach(), alpha=1 - self.decay)
        self.weight = self.weight * self.decay + (1 - self.decay)

    def mean(self, fallback: Tensor) -> Tensor:
        """The mean so far, or `fallback` before the first value."""
        if self.total is None:
            return fallback.detach().clone()
        return self.total / self.weight

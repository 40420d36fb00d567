"""What changes over the steps: the optimiser, its step size, the running mean of the latent."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

_OPTIMISERS: dict[str, type[torch.optim.Optimizer]] = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def make_optimiser(name: str, z: Tensor, learning_rate: float) -> torch.optim.Optimizer:
    """The optimiser of that name over one latent."""
    return _OPTIMISERS[name]([z], lr=learning_rate)  # type: ignore[call-arg]


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The optimiser's memory of its one latent, by name; empty before the first step."""
    memory = optimiser.state_dict()["state"].get(0, {})
    return {name: torch.as_tensor(value).detach().clone() for name, value in memory.items()}


def restore_optimiser(optimiser: torch.optim.Optimizer, memory: Mapping[str, Tensor]) -> None:
    """Put the memory back that `optimiser_tensors` gave."""
    state = optimiser.state_dict()
    if memory:
        state["state"][0] = {name: value.clone() for name, value in memory.items()}
    optimiser.load_state_dict(state)


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

"""The optimiser of the latent, its learning rate, and the running mean of the latent."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor
from torch.optim.adam import adam

from vqclip.schedules import Schedule
from vqclip.settings.optimisers import OPTIMISERS
from vqclip.settings.schema import Settings
from vqclip.synthesis.stages import Stage


class Optimiser(Protocol):
    """Updates a latent by its gradient."""

    learning_rate: float
    memory: dict[str, Tensor]

    def step(self) -> None:
        """Update the latent."""


class Adam:
    """Adam of one latent (Kingma and Ba, arXiv 1412.6980), by torch's own function.

    The classes of torch.optim import torch's compiler, which takes as long as all of torch; its functions do not.

    Attributes:
        learning_rate: It may be changed between two steps.
        decay: Of the latent itself, apart from its gradient, as in AdamW (arXiv 1711.05101).
    """

    def __init__(self, z: Tensor, learning_rate: float, decay: float = 0.0) -> None:
        self.z, self.learning_rate, self.decay = z, learning_rate, decay
        self.memory: dict[str, Tensor] = {}

    def step(self) -> None:
        """Update the latent by its gradient."""
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


class Library:
    """An optimiser of torch.optim or pytorch-optimizer for one latent."""

    def __init__(self, kind: Any, z: Tensor, learning_rate: float, **known: float) -> None:
        """kind: the class. known: its settings that are not its own defaults."""
        self._inner = kind([z], lr=learning_rate, **known)

    @property
    def learning_rate(self) -> float:
        """May be changed between two steps."""
        return float(self._inner.param_groups[0]["lr"])

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        self._inner.param_groups[0]["lr"] = value

    @property
    def memory(self) -> dict[str, Tensor]:
        """Its tensors for the latent, by name."""
        found = self._inner.state_dict()["state"].get(0, {})
        memory = {name: torch.as_tensor(value).detach() for name, value in found.items() if value is not None}
        group = self._inner.param_groups[0]
        # torch counts the steps of each tensor, pytorch-optimizer those of the group.
        return memory | ({_GROUP_STEP: torch.tensor(group["step"])} if "step" in group else {})

    @memory.setter
    def memory(self, memory: dict[str, Tensor]) -> None:
        state = self._inner.state_dict()
        own = {name: value for name, value in memory.items() if name != _GROUP_STEP}
        if own:
            state["state"][0] = own
        self._inner.load_state_dict(state)
        if _GROUP_STEP in memory:
            self._inner.param_groups[0]["step"] = int(memory[_GROUP_STEP])

    def step(self) -> None:
        """Update the latent by its gradient."""
        self._inner.step()


_GROUP_STEP = "group_step"


def make_optimiser(name: str, z: Tensor, learning_rate: float) -> Optimiser:
    """The optimiser of that name for one latent, see `OPTIMISERS`."""
    kind = OPTIMISERS[name]
    if not kind.library:
        return Adam(z, learning_rate, **kind.known)
    return Library(getattr(importlib.import_module(kind.library), kind.name), z, learning_rate, **kind.known)


def optimiser_tensors(optimiser: Optimiser) -> dict[str, Tensor]:
    """Copies of the optimiser's memory, by name. Except for Adagrad, it is empty before the first step."""
    return {name: value.clone() for name, value in optimiser.memory.items()}


def restore_optimiser(optimiser: Optimiser, memory: Mapping[str, Tensor], after_a_step: Optimiser) -> None:
    """Restore the memory that `optimiser_tensors` returned.

    Args:
        optimiser: To restore.
        memory: By name.
        after_a_step: An optimiser of the same kind and shape that has made one step.

    Raises:
        ValueError: The memory is not like that of `after_a_step`, so torch would fail at the next step.
    """
    shapes = {name: value.shape for name, value in after_a_step.memory.items()}
    for name, value in memory.items():
        if shapes.get(name) != value.shape:
            raise ValueError(f"the optimiser has no {name} of the shape {tuple(value.shape)}")
    if memory and memory.keys() != shapes.keys() and memory.keys() != optimiser.memory.keys():
        raise ValueError(f"the optimiser's memory lacks {', '.join(shapes.keys() - memory.keys())}")
    # Single numbers are kept on the CPU, wherever the latent is.
    optimiser.memory = {
        name: value.cpu().clone() if value.dim() == 0 else value.clone() for name, value in memory.items()
    }


def rate_at(settings: Settings, step: int, stage: Stage) -> float:
    """The learning rate at a step of the run, 0 for the first.

    Along a cosine within the stage, or along the schedule over the whole run; a tenth of it after each drop. Runs
    longer than `learning_rate_steps` have a lower rate, see `long_run_share`.
    """
    if settings.learning_rate_schedule:
        share = Schedule.parse(settings.learning_rate_schedule).at(step, settings.iterations)
    else:
        share = cosine(step - stage.first, stage.last - stage.first, settings.learning_rate_end)
    drops = sum(place.step(settings.iterations) <= step for place in settings.drops)
    rate = settings.pixel_learning_rate if stage.pixels else settings.learning_rate
    return rate * share * long_run_share(settings, stage) / 10.0**drops


def long_run_share(settings: Settings, stage: Stage) -> float:
    """The share of the rates that a run longer than `learning_rate_steps` keeps.

    A candidate of the prior has its form already. The gradient of CLIP leads beyond it, to patterns that only CLIP
    takes for the thing. So the path of a longer run is divided into more steps. More steps also average the
    noise of the cutouts, so pixels follow CLIP straighter. Their path becomes shorter where no `flatness` holds them.
    """
    ratio = settings.learning_rate_steps / max(1, settings.iterations)
    return min(1.0, ratio) ** (1.5 if stage.pixels and not settings.flatness else 1.0) if ratio else 1.0


def cosine(step: int, steps: int, end: float) -> float:
    """From 1 before the first step (0) to `end` at the last (steps - 1), along half a cosine."""
    progress = step / max(1, steps - 1)
    return end + (1 - end) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))


class EMA:
    """The running mean of the latent, with the bias correction of Adam. With decay 0 it is the newest latent."""

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.total: Tensor | None = None
        self.weight = 0.0

    def update(self, z: Tensor) -> None:
        """Add a value."""
        if self.total is None:
            self.total = torch.zeros_like(z)
        self.total.mul_(self.decay).add_(z.detach(), alpha=1 - self.decay)
        self.weight = self.weight * self.decay + (1 - self.decay)

    def mean(self, fallback: Tensor) -> Tensor:
        """The mean so far, or `fallback` before the first value."""
        if self.total is None:
            return fallback.detach().clone()
        return self.total / self.weight

"""What CLIP's features are worth beside the prompts, and the functions whose gradient is not their own.

Formulas are those of Katherine Crowson's VQGAN+CLIP notebook (2021) unless a docstring says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from vqclip.errors import Diverged
from vqclip.settings.prompts import Prompt


class _ReplaceGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, forward: Tensor, backward: Tensor) -> Tensor:
        ctx.shape = backward.shape
        return forward.view_as(forward)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[None, Tensor]:
        return None, gradients[0].sum_to_size(ctx.shape)


class _ClampWithGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, low: float, high: float) -> Tensor:
        ctx.save_for_backward(values)
        ctx.low, ctx.high = low, high
        return values.clamp(low, high)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (values,) = ctx.saved_tensors
        outside = values - values.clamp(ctx.low, ctx.high)
        return gradients[0] * (gradients[0] * outside >= 0), None, None


def replace_gradient(forward: Tensor, backward: Tensor) -> Tensor:
    """The value of `forward` with the gradient going to `backward`, of any shapes that broadcast."""
    result: Tensor = _ReplaceGradient.apply(forward, backward)
    return result


def clamp_with_gradient(values: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Clamp, and pass the gradients of outside values only where they lead back inside."""
    result: Tensor = _ClampWithGradient.apply(values, low, high)
    return result


def spherical_distance(x: Tensor, y: Tensor) -> Tensor:
    """Half the squared angle between unit vectors: (..., E) and (..., E) to (...), 0 to pi^2/2.

    Equal to the notebook's 2 asin^2(|x - y| / 2). Through the arc tangent the gradient stays finite for
    opposite vectors, where that of the arc sine does not.
    """
    angle = 2 * torch.atan2((x - y).norm(dim=-1), (x + y).norm(dim=-1))
    return angle.square() / 2


class PromptLoss(nn.Module):
    """Pulls cutout features to the prompts with positive weight and pushes them from the others.

    features: (N, E) unit float32. cut_weights: (N,) of mean 1. Unlike the notebook, the weights are divided by the
    sum of their absolute values, so that other terms keep their meaning beside any prompts.
    """

    targets: Tensor
    weights: Tensor
    stops: Tensor
    pull: Tensor

    def __init__(self, targets: Tensor, prompts: Sequence[Prompt]) -> None:
        """targets: (P, E) unit float32, the prompts' features."""
        super().__init__()
        device = targets.device
        self.register_buffer("targets", targets)
        weights = torch.tensor([p.weight for p in prompts], device=device)
        self.register_buffer("weights", weights / weights.abs().sum())
        self.register_buffer("stops", torch.tensor([p.stop for p in prompts], device=device))
        # Nothing looks like a bare direction: a score over it would say little of the picture.
        self.meant = [p.kind in ("text", "image") for p in prompts]
        self.register_buffer("pull", self._pull([p.weight for p in prompts]))

    def weigh(self, weights: Sequence[float]) -> None:
        """Take other weights from here on, one for each prompt, as `Story.weights` gives them."""
        self.weights = torch.tensor(weights, dtype=torch.float32, device=self.targets.device)
        self.pull = self._pull(weights)

    def _pull(self, weights: Sequence[float]) -> Tensor:
        """What each prompt has in the score, (P,) of sum 1."""
        pull = [max(0.0, weight) * meant for weight, meant in zip(weights, self.meant, strict=True)]
        if not any(pull):
            # Nothing pulls at this step: then it is the similarity to what pushes.
            pull = [abs(weight) for weight in weights] if any(weights) else [1.0] * len(weights)
        return torch.tensor([share / sum(pull) for share in pull], device=self.targets.device)

    def forward(self, features: Tensor, cut_weights: Tensor) -> Tensor:
        """The mean over the given cutouts, a scalar. cut_weights: (N,), or (N, P) where prompts see other cutouts."""
        if cut_weights.ndim == 2:
            return (self._pulls(features) * cut_weights).sum(1).mean()
        return (self.of_each(features) * cut_weights).mean()

    def of_each(self, features: Tensor) -> Tensor:
        """The loss of every cutout by itself: (N,)."""
        return self._pulls(features).sum(1)

    def _pulls(self, features: Tensor) -> Tensor:
        distance = spherical_distance(features[:, None], self.targets[None])  # (N, P)
        pulled = distance * self.weights.sign()
        held = replace_gradient(pulled, torch.maximum(pulled, self.stops))
        return held * self.weights.abs()

    def score(self, features: Tensor, cut_weights: Tensor | None = None) -> Tensor:
        """Mean cosine similarity to the texts and pictures that pull, by weight: a scalar from -1 to 1.

        cut_weights: (N, P), how much each prompt sees of each cutout; all alike without.
        """
        similarity = features @ self.targets.T
        seen = similarity if cut_weights is None else similarity * cut_weights
        return (seen @ self.pull).mean()

    def extra_repr(self) -> str:
        """The weights, for print."""
        return f"weights={self.weights.tolist()}"


def require_finite(
    loss: float, terms: Mapping[str, float], gradient: Tensor | None, step: int, learning_rate: float
) -> None:
    """Raise Diverged, with the step and what is to blame, unless the loss and the gradient are finite numbers."""
    if math.isfinite(loss) and gradient is not None and bool(torch.isfinite(gradient).all()):
        return
    guilty = [name for name, value in terms.items() if not math.isfinite(value)]
    what = f"the term {guilty[0]!r}" if guilty else "the gradient"
    raise Diverged(
        f"{what} is not a finite number at step {step}.",
        f"Try a --learning-rate below {learning_rate:g}, or --dtype float32.",
    )

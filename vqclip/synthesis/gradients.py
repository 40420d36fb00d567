"""Functions with a replaced gradient, and the backward pass from the picture to z (CLIP's own: `clip_loss`).

`replace_gradient` and `clamp_with_gradient` are those of Katherine Crowson's VQGAN+CLIP notebook (2021).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from vqclip.errors import Diverged


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
    """The value of `forward`, with the gradient going to `backward`; their shapes must broadcast."""
    result: Tensor = _ReplaceGradient.apply(forward, backward)
    return result


def clamp_with_gradient(values: Tensor, low: float = 0.0, high: float = 1.0) -> Tensor:
    """Clamp, but keep the gradient of values outside the range where it leads back into the range."""
    result: Tensor = _ClampWithGradient.apply(values, low, high)
    return result


def backward(known: Iterable[tuple[Tensor, Tensor]], losses: Iterable[Tensor]) -> None:
    """Add the gradient of a step to its leaves, in one pass through everything that the parts share.

    Args:
        known: Tensors of any shape, each with the gradient of the loss with respect to it.
        losses: Scalars that are added to the loss.
    """
    # A scalar that has these gradients: `autograd.backward(tensors, gradients)` imports sympy to compare the shapes,
    # which takes a third of a second.
    scalars = [(tensor * gradient).sum() for tensor, gradient in known]
    torch.stack([*scalars, *losses]).sum().backward()  # type: ignore[no-untyped-call]


def require_finite(losses: Mapping[str, float], gradient: Tensor | None, step: int, learning_rate: float) -> None:
    """Raise Diverged unless the losses and the gradient are finite.

    Args:
        losses: Every part of the loss, by name.
        gradient: Of the latent.
        step: 1 for the first, for the message.
        learning_rate: Of the settings, for the hint.
    """
    bad = [name for name, value in losses.items() if not math.isfinite(value)]
    if not bad and gradient is not None and bool(torch.isfinite(gradient).all()):
        return
    what = f"the loss {bad[0]!r}" if bad else "the gradient"
    raise Diverged(
        f"{what} is not a finite number at step {step}.",
        f"Try a --learning-rate below {learning_rate:g}, or --dtype float32.",
    )

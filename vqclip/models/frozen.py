"""Layers whose weights are constant: they keep less for the gradient, which is the same to the bit.

torch's convolution keeps its input for the gradient of the weights, also where nobody asks for that gradient. Group
norm and SiLU keep theirs. Of the three in a row only the first input is kept here, and the norm is computed again in
the backward pass, which costs little beside a convolution (Chen et al. 2016, arXiv 1604.06174, section 4).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def norm_silu_conv(norm: nn.GroupNorm, conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Group norm, SiLU and convolution of (B, C, H, W), as in the blocks of taming's networks."""
    if not _keeps_less(x, conv, norm):
        return conv(F.silu(norm(x)))  # type: ignore[no-any-return]
    settings = (norm.num_groups, norm.eps, conv.padding)
    out: Tensor = _NormSiluConv.apply(x, norm.weight, norm.bias, conv.weight, conv.bias, *settings)
    return out


def convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """The convolution of (B, C, H, W)."""
    if not _keeps_less(x, conv):
        return conv(x)  # type: ignore[no-any-return]
    out: Tensor = _Conv.apply(x, conv.weight, conv.bias, conv.padding)
    return out


def _keeps_less(x: Tensor, conv: nn.Conv2d, *others: nn.Module) -> bool:
    """Whether only x has a gradient, and the convolution is a plain one: no edge wraps, and the size stays."""
    wanted = x.requires_grad and torch.is_grad_enabled()
    if not wanted or conv.padding != tuple(side // 2 for side in conv.kernel_size) or conv.stride != (1, 1):
        return False
    return not any(weight.requires_grad for layer in (conv, *others) for weight in layer.parameters())


class _NormSiluConv(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, scale: Tensor, shift: Tensor, weight: Tensor, bias: Tensor | None, groups: int,
        eps: float, padding: tuple[int, int],
    ) -> Tensor:  # fmt: skip
        normed, mean, deviation = torch.native_group_norm(x, scale, shift, *_sizes(x), groups, eps)
        ctx.save_for_backward(x, scale, shift, weight, mean, deviation)
        ctx.groups, ctx.eps, ctx.padding = groups, eps, padding
        return F.conv2d(F.silu(normed, inplace=True), weight, bias, padding=padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, scale, shift, weight, mean, deviation = ctx.saved_tensors
        normed = torch.native_group_norm(x, scale, shift, *_sizes(x), ctx.groups, ctx.eps)[0]
        gradient = _input_gradient(gradients[0], normed, weight, ctx.padding)
        gradient = torch.ops.aten.silu_backward(gradient, normed)
        del normed
        known = (x, mean, deviation, scale, *_sizes(x), ctx.groups)
        gradient = torch.ops.aten.native_group_norm_backward(gradient, *known, [True, False, False])[0]
        return gradient, *[None] * 7


class _Conv(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, padding: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(weight)
        ctx.shape, ctx.padding = x.shape, padding
        return F.conv2d(x, weight, bias, padding=padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        (weight,) = ctx.saved_tensors
        of_this_shape = gradients[0].new_empty(1).expand(ctx.shape)
        return _input_gradient(gradients[0], of_this_shape, weight, ctx.padding), None, None, None


def _input_gradient(gradient: Tensor, x: Tensor, weight: Tensor, padding: tuple[int, int]) -> Tensor:
    """The gradient of a convolution's input x, of which only the shape counts."""
    known = ([1, 1], padding, [1, 1], False, [0, 0], 1)
    found = torch.ops.aten.convolution_backward(gradient, x, weight, None, *known, [True, False, False])
    result: Tensor = found[0]
    return result


def _sizes(x: Tensor) -> tuple[int, int, int]:
    return x.shape[0], x.shape[1], x.shape[2] * x.shape[3]

"""Forward passes of taming's encoder and decoder, with their arithmetic and less memory.

SiLU and attention are fused, so that fewer and smaller tensors are kept for the gradient. Dropout is left out, it
does nothing outside training. A decoder is a list of steps, which can be run one checkpoint at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[Tensor], Tensor]


def encode(network: Any, x: Tensor) -> Tensor:
    """taming's Encoder: (B, in_channels, H, W) to (B, z_channels, H / 2^levels, W / 2^levels)."""
    h: Tensor = network.conv_in(x)
    for level in network.down:
        for step in _blocks(level):
            h = step(h)
        if hasattr(level, "downsample"):
            h = level.downsample(h)
    for step in _middle(network):
        h = step(h)
    return _last(network, h)


def decode(network: Any, z: Tensor, *, low_memory: bool = False) -> Tensor:
    """taming's Decoder: (B, z_channels, h, w) to (B, out_ch, h * 2^levels, w * 2^levels).

    low_memory: keep for the gradient only what goes from one step to the next, and compute each step again on the
    way back (Chen et al. 2016, arXiv 1604.06174): about a quarter of the memory for a half more time.
    """
    keep = low_memory and z.requires_grad and torch.is_grad_enabled()
    for step in decoder_steps(network):
        z = _checkpoint(step, z) if keep else step(z)
    return z


def decoder_steps(network: Any) -> Iterator[Step]:
    """The steps of a decoder, in order: convolutions, residual blocks, attention and enlargements."""
    yield network.conv_in
    yield from _middle(network)
    for level in reversed(network.up):
        yield from _blocks(level)
        if hasattr(level, "upsample"):
            yield level.upsample
    yield partial(_last, network)


def _middle(network: Any) -> Iterator[Step]:
    yield partial(_residual, network.mid.block_1)
    yield partial(_attention, network.mid.attn_1)
    yield partial(_residual, network.mid.block_2)


def _blocks(level: Any) -> Iterator[Step]:
    for number, block in enumerate(level.block):
        yield partial(_residual, block)
        if len(level.attn):
            yield partial(_attention, level.attn[number])


def _last(network: Any, h: Tensor) -> Tensor:
    out: Tensor = network.conv_out(F.silu(network.norm_out(h)))
    return out


def _residual(block: Any, x: Tensor) -> Tensor:
    h = block.conv1(F.silu(block.norm1(x)))
    h = block.conv2(F.silu(block.norm2(h)))
    return (block.nin_shortcut(x) if hasattr(block, "nin_shortcut") else x) + h  # type: ignore[no-any-return]


def _attention(block: Any, x: Tensor) -> Tensor:
    """Single-head attention over all pixels, scaled by 1/sqrt(C); nothing where a network has none."""
    if isinstance(block, nn.Identity):
        return x
    h = block.norm(x)
    q, k, v = (conv(h).flatten(2).transpose(1, 2)[:, None] for conv in (block.q, block.k, block.v))  # (B, 1, HW, C)
    h = F.scaled_dot_product_attention(q, k, v)[:, 0].transpose(1, 2).reshape(x.shape)
    return x + block.proj_out(h)  # type: ignore[no-any-return]


def _checkpoint(step: Step, x: Tensor) -> Tensor:
    from torch.utils.checkpoint import checkpoint

    # No step draws random numbers, so their state need not be kept.
    out: Tensor = checkpoint(step, x, use_reentrant=False, preserve_rng_state=False)
    return out

"""Forward passes of taming's encoder and decoder, with their arithmetic and less memory.

SiLU and attention are fused, so that fewer and smaller tensors are kept for the gradient. Dropout is left out, it
does nothing outside training. A decoder is a list of steps, which can be run one checkpoint at a time, or on a tile
of the latent that is cut smaller from step to step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Norm = Callable[[nn.GroupNorm, Tensor], Tensor]
_STRIP_CELLS = 2**16


@dataclass(frozen=True)
class Box:
    """Rows from `top` up to `bottom` and columns from `left` up to `right`, in cells of some grid."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, x: Tensor) -> Tensor:
        """This part of (..., height, width), without a copy."""
        return x[..., self.top : self.bottom, self.left : self.right]

    def scaled(self, factor: int) -> Box:
        """The same place on a grid that is `factor` times as fine."""
        return Box(self.top * factor, self.left * factor, self.bottom * factor, self.right * factor)

    def grown(self, margin: int, height: int, width: int) -> Box:
        """The box with a margin, as far as a grid of height x width cells goes."""
        return Box(
            max(0, self.top - margin),
            max(0, self.left - margin),
            min(height, self.bottom + margin),
            min(width, self.right + margin),
        )

    def widened(self, rows: int, columns: int, height: int, width: int) -> Box:
        """A box of rows x columns or more around this one, as far as a grid of height x width cells goes."""
        top, bottom = _widened(self.top, self.bottom, rows, height)
        left, right = _widened(self.left, self.right, columns, width)
        return Box(top, left, bottom, right)

    def within(self, other: Box) -> Box:
        """The box as `other` counts, which holds it."""
        return Box(self.top - other.top, self.left - other.left, self.bottom - other.top, self.right - other.left)


def _widened(first: int, last: int, length: int, whole: int) -> tuple[int, int]:
    length = min(whole, max(length, last - first))
    first = min(max(0, (first + last - length) // 2), whole - length)
    return first, first + length


def encode(network: Any, x: Tensor) -> Tensor:
    """taming's Encoder: (B, in_channels, H, W) to (B, z_channels, H / 2^levels, W / 2^levels)."""
    h: Tensor = network.conv_in(x)
    for level in network.down:
        for number, block in enumerate(level.block):
            h = _residual(block).run(h, _norm)
            if len(level.attn):
                h = _all(level.attn[number], h)
        if hasattr(level, "downsample"):
            h = level.downsample(h)
    for block in (network.mid.block_1, network.mid.attn_1, network.mid.block_2):
        h = _all(block, h)
    return _last(network, h, _norm)


def _all(block: Any, x: Tensor) -> Tensor:
    for step in _layers_of(block):
        x = step.run(x, _norm)
    return x


def decode(network: Any, z: Tensor, *, low_memory: bool = False) -> Tensor:
    """taming's Decoder: (B, z_channels, h, w) to (B, out_ch, h * 2^levels, w * 2^levels).

    low_memory: keep for the gradient only what goes from one step to the next, and compute each step again on the
    way back (Chen et al. 2016, arXiv 1604.06174): about a quarter of the memory for a half more time.
    """
    for step in decoder_layers(network):
        z = _run(step, z, _norm, low_memory)
    return z


class NormStatistics:
    """What group norms do in a tile: they take the whole picture's mean and variance, which a tile has not.

    The numbers are constants: no gradient goes through them.
    """

    def __init__(self, network: nn.Module) -> None:
        self.modules = [module for module in network.modules() if isinstance(module, nn.GroupNorm)]
        self._numbers = {module: number for number, module in enumerate(self.modules)}
        self.known: dict[int, Tensor] = {}
        """(2, groups) float32, mean and variance, by the norm's number."""

    def learn(self, module: nn.GroupNorm, x: Tensor) -> None:
        """Take the numbers of a norm from what it is given of a whole picture, (1, C, H, W)."""
        # In parts, since bfloat16 would be copied to float32.
        groups = [torch.var_mean(group.float(), correction=0) for group in x[0].chunk(module.num_groups)]
        variance, mean = (torch.stack(column) for column in zip(*groups, strict=True))
        self.known[self._numbers[module]] = torch.stack([mean, variance])

    def __call__(self, module: nn.GroupNorm, x: Tensor) -> Tensor:
        """The norm of a part of a picture, (1, C, h, w), with the numbers of the whole."""
        mean, variance = (
            row.repeat_interleave(x.shape[1] // module.num_groups) for row in self.known[self._numbers[module]]
        )
        scale = torch.rsqrt(variance + module.eps) * module.weight.float()
        shift = module.bias.float() - mean * scale
        scale, shift = (part.to(x.dtype).view(1, -1, 1, 1) for part in (scale, shift))
        return torch.addcmul(shift, x, scale)


@torch.no_grad()
def tiled_decode(network: Any, z: Tensor, norms: NormStatistics) -> Tensor:
    """What `decode` gives, up to rounding, in about half of its memory without a gradient; `norms` learn from it.

    z: (1, z_channels, h, w). What a norm and the convolutions around it make of a picture is computed strip by strip.
    """

    def residual(block: Any, x: Tensor) -> Tensor:
        norms.learn(block.norm1, x)
        h = _strips(lambda part: block.conv1(F.silu(norms(block.norm1, part))), x)
        norms.learn(block.norm2, h)
        x = block.nin_shortcut(x) if hasattr(block, "nin_shortcut") else x
        return _strips(lambda part: block.conv2(F.silu(norms(block.norm2, part))), h, onto=x)

    h: Tensor = network.conv_in(z)
    for block in _inner_parts(network):
        if hasattr(block, "norm1"):
            h = residual(block, h)
        elif hasattr(block, "norm"):
            norms.learn(block.norm, h)
            h = _attention(block).run(h, _norm)
        elif not isinstance(block, nn.Identity):
            h = _strips(block, h, scale=2)
    norms.learn(network.norm_out, h)
    return _strips(lambda part: _last(network, part, norms), h)


def _inner_parts(network: Any) -> Iterator[Any]:
    """taming's modules between a decoder's first convolution and its last norm, in order."""
    yield from (network.mid.block_1, network.mid.attn_1, network.mid.block_2)
    for level in reversed(network.up):
        for number, block in enumerate(level.block):
            yield block
            if len(level.attn):
                yield level.attn[number]
        if hasattr(level, "upsample"):
            yield level.upsample


def _strips(run: Callable[[Tensor], Tensor], x: Tensor, *, scale: int = 1, onto: Tensor | None = None) -> Tensor:
    """What `run` makes of x, a strip of rows at a time, added to `onto` in place if that is given.

    run: sees one row of what it gives beyond each row that it gives. scale: how much larger that is.
    """
    height, rows = x.shape[2], max(1, _STRIP_CELLS // x.shape[3])
    out = onto
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        first = max(0, top - 1)
        part = run(x[:, :, first : min(height, bottom + 1)])
        part = part[:, :, (top - first) * scale :][:, :, : (bottom - top) * scale]
        if out is None:
            out = part.new_zeros(1, part.shape[1], height * scale, x.shape[3] * scale)
        out[:, :, top * scale : bottom * scale] += part
    assert out is not None
    return out


def decode_tile(network: Any, z: Tensor, held: Box, core: Box, size: tuple[int, int], norms: NormStatistics, *,
                  low_memory: bool = False) -> Tensor:  # fmt: skip
    """A tile of what `decode` gives: (1, z_channels, h, w) to (1, out_ch, core height, core width), times 2^levels.

    z: what of the latent `held` says, all in tokens of a latent of size (rows, columns). core: what is wanted of it.
    From the last attention on each step gives just the margin that the later ones need, so that convolutions give
    what they give in the whole picture, if `held` is `context` tokens larger than `core`, or reaches the picture's
    edge. Attention sees what is held.
    """
    steps = list(decoder_layers(network))
    needs = _margins(steps)
    last = max((number for number, step in enumerate(steps) if step.only is not None), default=-1)
    scale = 1
    for number, step in enumerate(steps):
        rows, columns = size[0] * scale, size[1] * scale
        needed = core.scaled(scale).grown(needs[number], rows, columns)
        if number > last and needed != held:
            z, held = needed.within(held).of(z), needed
        # A norm of a place that is still whole computes its own numbers, and lets the gradient through.
        norm = _norm if held == Box(0, 0, rows, columns) else norms
        if number == last and step.only is not None:
            step, held = step.only(needed.within(held)), needed
        z = _run(step, z, norm, low_memory)
        held, scale = held.scaled(step.scale), scale * step.scale
    return core.scaled(scale).within(held).of(z)


def context(network: Any) -> int:
    """Tokens around a tile that its convolutions see."""
    return _margins(list(decoder_layers(network)))[0]


def _margins(steps: list[DecoderLayer]) -> list[int]:
    """Cells around a tile that each step and all after it need, on the grid that the step is given."""
    needs, need = [], 0
    for step in reversed(steps):
        need = -(-(need + step.reach) // step.scale)
        needs.append(need)
    return needs[::-1]


@dataclass(frozen=True)
class DecoderLayer:
    """A part of a decoder.

    reach: cells on each side that one cell of what it gives depends on. scale: how much finer that is. only: of a
    step where each cell depends on all others, which `reach` does not tell: the step that gives one box of it.
    """

    run: Callable[[Tensor, Norm], Tensor]
    reach: int = 0
    scale: int = 1
    only: Callable[[Box], DecoderLayer] | None = None


def decoder_layers(network: Any) -> Iterator[DecoderLayer]:
    """The steps of a decoder, in order: convolutions, residual blocks, attention and upsampling."""
    yield DecoderLayer(lambda x, _: network.conv_in(x), reach=1)
    for block in _inner_parts(network):
        yield from _layers_of(block)
    yield DecoderLayer(lambda x, norm: _last(network, x, norm), reach=1)


def _layers_of(block: Any) -> Iterator[DecoderLayer]:
    if hasattr(block, "norm1"):
        yield _residual(block)
    elif hasattr(block, "norm"):
        yield _attention(block)
    elif not isinstance(block, nn.Identity):
        yield DecoderLayer(lambda x, _: block(x), reach=1, scale=2)


def _last(network: Any, h: Tensor, norm: Norm) -> Tensor:
    out: Tensor = network.conv_out(F.silu(norm(network.norm_out, h)))
    return out


def _residual(block: Any) -> DecoderLayer:
    def run(x: Tensor, norm: Norm) -> Tensor:
        h = block.conv1(F.silu(norm(block.norm1, x)))
        h = block.conv2(F.silu(norm(block.norm2, h)))
        return (block.nin_shortcut(x) if hasattr(block, "nin_shortcut") else x) + h  # type: ignore[no-any-return]

    return DecoderLayer(run, reach=2)


def _attention(block: Any, box: Box | None = None) -> DecoderLayer:
    """Single-head attention over all pixels, scaled by 1/sqrt(C); of those in a box alone, if one is given."""

    def run(x: Tensor, norm: Norm) -> Tensor:
        h = norm(block.norm, x)
        x, asking = (x, h) if box is None else (box.of(x), box.of(h))
        # (B, 1, HW, C), and in this order in memory: torch's fused kernels, which keep no HW x HW matrix, want it so.
        parts = (
            conv(seen).flatten(2).transpose(1, 2)[:, None].contiguous()
            for conv, seen in ((block.q, asking), (block.k, h), (block.v, h))
        )
        h = F.scaled_dot_product_attention(*parts)[:, 0].transpose(1, 2).reshape(x.shape)
        return x + block.proj_out(h)  # type: ignore[no-any-return]

    return DecoderLayer(run, only=lambda box: _attention(block, box))


def _norm(module: nn.GroupNorm, x: Tensor) -> Tensor:
    normed: Tensor = module(x)
    return normed


def _run(step: DecoderLayer, x: Tensor, norm: Norm, low_memory: bool) -> Tensor:
    if not (low_memory and x.requires_grad and torch.is_grad_enabled()):
        return step.run(x, norm)
    from torch.utils.checkpoint import checkpoint

    # No step draws random numbers, so their state need not be kept.
    out: Tensor = checkpoint(step.run, x, norm, use_reentrant=False, preserve_rng_state=False)
    return out

"""Forward passes of taming's encoder and decoder: the same arithmetic in less memory.

Attention is fused, and the layers of `frozen` keep fewer tensors for the gradient. Dropout is left out because it
does nothing outside training. A decoder is a list of layers (`decoder_layers`), which can be recomputed one at a time
for the gradient, or run on one tile of the latent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.models.frozen import convolve, norm_silu_conv

Norm = Callable[[nn.GroupNorm, Tensor], Tensor]
_TILE_CELLS = 2**16


@dataclass(frozen=True)
class Box:
    """Rows from `top` up to `bottom` and columns from `left` up to `right`, in cells of a grid."""

    top: int
    left: int
    bottom: int
    right: int

    def of(self, x: Tensor) -> Tensor:
        """Slice (..., height, width) to this part, without a copy."""
        return x[..., self.top : self.bottom, self.left : self.right]

    def scaled(self, factor: int) -> Box:
        """The same box on a grid that is `factor` times as fine."""
        return Box(self.top * factor, self.left * factor, self.bottom * factor, self.right * factor)

    def grown(self, margin: int, height: int, width: int) -> Box:
        """The box with a margin, within a grid of height x width cells."""
        return Box(
            max(0, self.top - margin),
            max(0, self.left - margin),
            min(height, self.bottom + margin),
            min(width, self.right + margin),
        )

    def widened(self, rows: int, columns: int, height: int, width: int) -> Box:
        """A box of at least rows x columns around this one, within a grid of height x width cells."""
        top, bottom = _widened(self.top, self.bottom, rows, height)
        left, right = _widened(self.left, self.right, columns, width)
        return Box(top, left, bottom, right)

    def within(self, other: Box) -> Box:
        """The box relative to `other`, which contains it."""
        return Box(self.top - other.top, self.left - other.left, self.bottom - other.top, self.right - other.left)


def _widened(first: int, last: int, length: int, whole: int) -> tuple[int, int]:
    length = min(whole, max(length, last - first))
    first = min(max(0, (first + last - length) // 2), whole - length)
    return first, first + length


def encode(network: Any, x: Tensor) -> Tensor:
    """Run taming's Encoder: (B, in_channels, H, W) to (B, z_channels, H / 2^levels, W / 2^levels)."""
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
    for layer in _layers_of(block):
        x = layer.run(x, _norm)
    return x


def decode(network: Any, z: Tensor, *, low_memory: bool = False) -> Tensor:
    """Run taming's Decoder: (B, z_channels, h, w) to (B, out_ch, h * 2^levels, w * 2^levels).

    Args:
        network: The decoder.
        z: The latent.
        low_memory: Keep only the input of each layer for the gradient and recompute the layer in the backward pass
            (Chen et al. 2016, arXiv 1604.06174): three fifths of what is kept, for half more time.
    """
    for layer in decoder_layers(network):
        z = _run(layer, z, _norm, low_memory)
    return z


class NormStatistics:
    """The mean and variance that group norms use in a tile: those of the whole picture.

    They are constants, so no gradient passes through them.

    Attributes:
        known: (2, groups) float32, mean and variance, by the number of the norm.
    """

    def __init__(self, network: nn.Module) -> None:
        self.modules = [module for module in network.modules() if isinstance(module, nn.GroupNorm)]
        self._numbers = {module: number for number, module in enumerate(self.modules)}
        self.known: dict[int, Tensor] = {}

    def learn(self, module: nn.GroupNorm, x: Tensor) -> None:
        """Measure the statistics of a norm on its input for the whole picture, (1, C, H, W)."""
        # Group by group, because bfloat16 is copied to float32.
        groups = [torch.var_mean(group.float(), correction=0) for group in x[0].chunk(module.num_groups)]
        variance, mean = (torch.stack(column) for column in zip(*groups, strict=True))
        self.known[self._numbers[module]] = torch.stack([mean, variance])

    def __call__(self, module: nn.GroupNorm, x: Tensor) -> Tensor:
        """Normalise part of a picture, (1, C, h, w), with the statistics of the whole picture."""
        mean, variance = (
            row.repeat_interleave(x.shape[1] // module.num_groups) for row in self.known[self._numbers[module]]
        )
        scale = torch.rsqrt(variance + module.eps) * module.weight.float()
        shift = module.bias.float() - mean * scale
        scale, shift = (part.to(x.dtype).view(1, -1, 1, 1) for part in (scale, shift))
        return torch.addcmul(shift, x, scale)


@torch.no_grad()
def tiled_decode(network: Any, z: Tensor, norms: NormStatistics) -> Tensor:
    """Decode like `decode`, up to rounding, without a gradient and in half of its memory; `norms` learn from it.

    Each norm with the convolutions around it is computed in tiles that are a few rows high.

    Args:
        network: The decoder.
        z: (1, z_channels, h, w).
        norms: The statistics of this decoder.
    """

    def residual(block: Any, x: Tensor) -> Tensor:
        norms.learn(block.norm1, x)
        h = _in_tiles(lambda part: block.conv1(F.silu(norms(block.norm1, part))), x)
        norms.learn(block.norm2, h)
        x = block.nin_shortcut(x) if hasattr(block, "nin_shortcut") else x
        return _in_tiles(lambda part: block.conv2(F.silu(norms(block.norm2, part))), h, onto=x)

    h: Tensor = network.conv_in(z)
    for block in _inner_parts(network):
        if hasattr(block, "norm1"):
            h = residual(block, h)
        elif hasattr(block, "norm"):
            norms.learn(block.norm, h)
            h = _attention(block).run(h, _norm)
        elif not isinstance(block, nn.Identity):
            h = _in_tiles(block, h, scale=2)
    norms.learn(network.norm_out, h)
    return _in_tiles(lambda part: _last(network, part, norms), h)


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


def _in_tiles(run: Callable[[Tensor], Tensor], x: Tensor, *, scale: int = 1, onto: Tensor | None = None) -> Tensor:
    """Apply a function to x in tiles of full width.

    Args:
        run: Reads one row beyond each side of the rows that it returns.
        x: (1, C, h, w).
        scale: How much larger the output is.
        onto: Added to the output, and overwritten by the sum.
    """
    height, rows = x.shape[2], max(1, _TILE_CELLS // x.shape[3])
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
    """Decode one tile: (1, z_channels, h, w) to (1, out_ch, core height, core width), times 2^levels.

    After the last attention, each layer returns only the margin that later layers need. Convolutions then equal those
    of the whole picture if `held` is `context` tokens larger than `core` or reaches the picture's edge. Attention
    sees `held`.

    Args:
        network: The decoder.
        z: The part `held` of the latent.
        held: Where z lies in the latent, in tokens.
        core: The tile, in tokens.
        size: Rows and columns of the whole latent.
        norms: Statistics of the whole picture.
        low_memory: As in `decode`.
    """
    layers = list(decoder_layers(network))
    margins = _margins(layers)
    last_attention = max((number for number, layer in enumerate(layers) if layer.only is not None), default=-1)
    scale = 1
    for number, layer in enumerate(layers):
        rows, columns = size[0] * scale, size[1] * scale
        needed = core.scaled(scale).grown(margins[number], rows, columns)
        if number > last_attention and needed != held:
            z, held = needed.within(held).of(z), needed
        # As long as z is the whole picture, the norm computes its own statistics, with a gradient.
        norm = _norm if held == Box(0, 0, rows, columns) else norms
        if number == last_attention and layer.only is not None:
            layer, held = layer.only(needed.within(held)), needed
        z = _run(layer, z, norm, low_memory)
        held, scale = held.scaled(layer.scale), scale * layer.scale
    return core.scaled(scale).within(held).of(z)


def context(network: Any) -> int:
    """How many tokens around a tile its convolutions see."""
    return _margins(list(decoder_layers(network)))[0]


def _margins(layers: list[DecoderLayer]) -> list[int]:
    """The margin around a tile that each layer and all after it need, in cells of the layer's input."""
    margins, margin = [], 0
    for layer in reversed(layers):
        margin = -(-(margin + layer.reach) // layer.scale)
        margins.append(margin)
    return margins[::-1]


@dataclass(frozen=True)
class DecoderLayer:
    """One layer of a decoder.

    Attributes:
        run: Computes it with a given norm.
        reach: How many cells on each side one cell of the output depends on.
        scale: How much finer the output is.
        only: For attention, where every cell depends on all others: the layer that computes one box of the output.
    """

    run: Callable[[Tensor, Norm], Tensor]
    reach: int = 0
    scale: int = 1
    only: Callable[[Box], DecoderLayer] | None = None


def decoder_layers(network: Any) -> Iterator[DecoderLayer]:
    """The layers of a decoder in order: convolutions, residual blocks, attention and upsampling."""
    yield DecoderLayer(lambda x, _: convolve(network.conv_in, x), reach=1)
    for block in _inner_parts(network):
        yield from _layers_of(block)
    yield DecoderLayer(lambda x, norm: _last(network, x, norm), reach=1)


def _layers_of(block: Any) -> Iterator[DecoderLayer]:
    if hasattr(block, "norm1"):
        yield _residual(block)
    elif hasattr(block, "norm"):
        yield _attention(block)
    elif not isinstance(block, nn.Identity):
        yield DecoderLayer(lambda x, _: _upsampled(block, x), reach=1, scale=2)


def _upsampled(block: Any, x: Tensor) -> Tensor:
    x = F.interpolate(x, scale_factor=2.0, mode="nearest")
    return convolve(block.conv, x) if block.with_conv else x


def _last(network: Any, h: Tensor, norm: Norm) -> Tensor:
    return _normed_conv(norm, network.norm_out, network.conv_out, h)


def _normed_conv(norm: Norm, group_norm: nn.GroupNorm, conv: nn.Conv2d, x: Tensor) -> Tensor:
    if norm is _norm:
        return norm_silu_conv(group_norm, conv, x)
    return convolve(conv, F.silu(norm(group_norm, x)))


def _residual(block: Any) -> DecoderLayer:
    def run(x: Tensor, norm: Norm) -> Tensor:
        h = _normed_conv(norm, block.norm1, block.conv1, x)
        h = _normed_conv(norm, block.norm2, block.conv2, h)
        return (convolve(block.nin_shortcut, x) if hasattr(block, "nin_shortcut") else x) + h

    return DecoderLayer(run, reach=2)


def _attention(block: Any, box: Box | None = None) -> DecoderLayer:
    """Single-head attention over all cells, scaled by 1/sqrt(C); only for the cells of a box if one is given."""

    def run(x: Tensor, norm: Norm) -> Tensor:
        h = norm(block.norm, x)
        x, asked = (x, h) if box is None else (box.of(x), box.of(h))
        # (B, 1, HW, C), contiguous: the layout for which torch's fused kernels keep no HW x HW matrix.
        queries, keys, values = (
            convolve(conv, cells).flatten(2).transpose(1, 2)[:, None].contiguous()
            for conv, cells in ((block.q, asked), (block.k, h), (block.v, h))
        )
        h = F.scaled_dot_product_attention(queries, keys, values)[:, 0].transpose(1, 2).reshape(x.shape)
        return x + convolve(block.proj_out, h)

    return DecoderLayer(run, only=lambda box: _attention(block, box))


def _norm(module: nn.GroupNorm, x: Tensor) -> Tensor:
    normed: Tensor = module(x)
    return normed


def _run(layer: DecoderLayer, x: Tensor, norm: Norm, low_memory: bool) -> Tensor:
    if not (low_memory and x.requires_grad and torch.is_grad_enabled()):
        return layer.run(x, norm)
    from torch.utils.checkpoint import checkpoint

    # No layer draws random numbers, so their state need not be kept.
    out: Tensor = checkpoint(layer.run, x, norm, use_reentrant=False, preserve_rng_state=False)
    return out

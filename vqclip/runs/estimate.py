"""What a run will take, from the sizes of its networks: memory and operations, without loading anything.

A model of what autograd keeps, layer by layer, as `passes` and `towers` compute them. Kept are inputs of norms, of
SiLU and of convolutions, also of those with frozen weights; products of frozen weights keep nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vqclip.models.architecture import Architecture, attended

_LIBRARIES = 580e6
"""Bytes of Python, torch and this package, measured on Linux; the graph of a step and torch's workspaces included."""
_OPEN_CLIP = 600e6
"""Of open_clip, and of a text tower, which is there until the prompts are read."""


@dataclass(frozen=True)
class Cost:
    """Of one pass through a network.

    weights: numbers in it. macs: multiplications of a forward pass. attention: those among them that attention takes
    in a decoder. kept: numbers kept for the gradient. inputs: those kept where steps are computed twice. largest:
    most kept in one step. map: numbers of the largest map.
    """

    weights: float = 0.0
    macs: float = 0.0
    attention: float = 0.0
    kept: float = 0.0
    inputs: float = 0.0
    largest: float = 0.0
    map: float = 0.0

    def plus(
        self, *, weights: float, macs: float, kept: float, given: float, made: float, attention: float = 0.0
    ) -> Cost:
        """With one step more: given and made are numbers of its input and output."""
        return Cost(
            self.weights + weights,
            self.macs + macs,
            self.attention + attention,
            self.kept + kept,
            self.inputs + given,
            max(self.largest, kept),
            max(self.map, given, made),
        )


def decoder(architecture: Architecture, rows: int, columns: int) -> Cost:
    """taming's Decoder on rows x columns tokens."""
    cost, cells = Cost(), float(rows * columns)
    levels, width = len(architecture.ch_mult), architecture.ch * architecture.ch_mult[-1]
    side = architecture.resolution // 2 ** (levels - 1)

    def conv(given: int, made: int) -> None:
        nonlocal cost
        cost = cost.plus(
            weights=9 * given * made,
            macs=9 * given * made * cells,
            kept=given * cells,
            given=given * cells,
            made=made * cells,
        )

    def residual(given: int, made: int) -> None:
        nonlocal cost
        weights = 9 * made * (given + made) + (given * made if given != made else 0)
        kept = 3 * (given + made) * cells
        cost = cost.plus(weights=weights, macs=weights * cells, kept=kept, given=given * cells, made=made * cells)

    def attention(channels: int) -> None:
        nonlocal cost
        weights, size, looks = 4 * channels**2, channels * cells, 2 * channels * cells**2
        macs = weights * cells + looks
        cost = cost.plus(weights=weights, macs=macs, attention=looks, kept=7 * size, given=size, made=size)

    conv(architecture.z_channels, width)
    residual(width, width)
    attention(width)
    residual(width, width)
    for level in reversed(range(levels)):
        made = architecture.ch * architecture.ch_mult[level]
        for _ in range(architecture.num_res_blocks + 1):
            residual(width, made)
            width = made
            if side in architecture.attn_resolutions:
                attention(width)
        if level:
            cells, side = cells * 4, side * 2
            conv(width, width)
    last = 3 * width * cells
    weights = 9 * width * architecture.out_ch
    return cost.plus(weights=weights, macs=weights * cells, kept=last, given=width * cells, made=width * cells)


def image_tower(config: Mapping[str, Any]) -> Cost | None:
    """An image tower on one cutout, by its model_cfg; None for a kind that is not known here."""
    seen = config.get("vision_cfg", {})
    side, width, layers = seen.get("image_size"), seen.get("width", 768), seen.get("layers", 12)
    if "timm_model_name" in seen or not isinstance(side, int):
        return None
    if isinstance(layers, int):
        tokens = (side // seen.get("patch_size", 16)) ** 2 + 1
        weights = 12.0 * width**2 * layers
        macs = weights * tokens + 2 * layers * tokens**2 * width
        return Cost(weights, macs, kept=10.0 * layers * tokens * width)
    cost, given, cells = Cost(), width, float((side // 4) ** 2)
    stem = 27 * width // 2 + 9 * width**2 // 4 + 9 * width**2 // 2
    cost = cost.plus(weights=stem, macs=4 * stem * cells, kept=8 * width * cells, given=0, made=0)
    for number, count in enumerate(layers):
        planes = width * 2**number
        for block in range(count):
            stride = 4 if block == 0 and number else 1
            weights = given * planes + 9 * planes**2 + 4 * planes**2 + (4 * given * planes if block == 0 else 0)
            kept = (2 * planes + 4 * planes / stride) * cells
            cost = cost.plus(weights=weights, macs=weights * cells, kept=kept, given=0, made=0)
            given, cells = 4 * planes, cells / stride
    pooled = 3 * (32 * width) ** 2 + 32 * width * config.get("embed_dim", 32 * width)
    return cost.plus(weights=pooled, macs=pooled * cells, kept=0, given=0, made=0)


@dataclass(frozen=True)
class Work:
    """What a step has to do, there and back.

    products, attention: operations, a multiplication and its addition as two. numbers: that pass through norms and
    activations, where memory is waited for, not arithmetic.
    """

    products: float = 0.0
    attention: float = 0.0
    numbers: float = 0.0

    @property
    def operations(self) -> float:
        """Products and attention together."""
        return self.products + self.attention


@dataclass(frozen=True)
class Run:
    """What decides about the memory and the work of a step.

    size: of the picture, in tokens (rows, columns). tile: its side in tokens, 0 for none. towers: one per
    CLIP, with the side of its cutouts. bytes_each: of a number of the networks, 4 or 2. own: nothing of open_clip's.
    """

    architecture: Architecture
    size: tuple[int, int]
    tile: int
    towers: tuple[tuple[Cost, int], ...]
    cutouts: int
    chunk: int
    bytes_each: int
    low_memory: bool
    own: bool

    @property
    def decoded(self) -> tuple[int, int]:
        """What a step decodes, in tokens."""
        return tuple(min(side, self.tile or side) for side in self.size)  # type: ignore[return-value]

    @property
    def held(self) -> tuple[int, int]:
        """What a step sees of the latent, in tokens."""
        if not self.tile:
            return self.size
        return tuple(min(side, _held(self.tile)) for side in self.size)  # type: ignore[return-value]

    def memory(self) -> float:
        """Bytes that the process holds at most."""
        a, whole = self.architecture, decoder(self.architecture, *self.size)
        step = decoder(a, *self.decoded)
        kept = step.inputs + step.largest if self.low_memory else step.kept
        if self.tile:
            # Norms with known numbers keep nothing; margins are kept too, and what else is held of the latent.
            held = decoder(replace(a, ch_mult=a.ch_mult[-1:], attn_resolutions=()), *self.held)
            kept = 0.85 * kept + held.kept
        weights = whole.weights + a.n_embed * a.embed_dim + sum(tower.weights for tower, _ in self.towers)
        tokens = math.prod(self.held)
        chunk = min(self.chunk, self.cutouts)
        looks = [chunk * (tower.kept * self.bytes_each + 120 * side**2) for tower, side in self.towers]
        back = 3.0 * step.map * self.bytes_each
        lookout = 3.0 * whole.map * self.bytes_each if self.tile else 0.0
        pixels = 12.0 * self.size[0] * self.size[1] * a.factor**2
        distances = 4.0 * tokens * a.n_embed
        working = kept * self.bytes_each + max(back, *looks, distances)
        libraries = _LIBRARIES + (0 if self.own else _OPEN_CLIP)
        # The files are in float32: a cast copy lies beside them for a moment, and then they go.
        loading = 4.0 * weights if self.bytes_each < 4 else 0.0
        return libraries + self.bytes_each * weights + max(loading, 5 * pixels + max(working, lookout))

    def work(self, *, pixels: bool = False) -> Work:
        """Of one step. pixels: of pixel optimisation, which decodes nothing."""
        looks = Work(
            products=4 * self.cutouts * sum(tower.macs for tower, _ in self.towers),
            numbers=self.cutouts * sum(tower.kept for tower, _ in self.towers),
        )
        if pixels:
            return looks
        step, passes = decoder(self.architecture, *self.decoded), 3 if self.low_memory else 2
        seen = decoder(self.architecture, *self.held)
        # A tile's margins, and the decodings of the whole picture in between, add a good third.
        margins = 1.4 if self.tile else 1.0
        return Work(
            products=looks.products + 2 * passes * margins * (step.macs - step.attention),
            attention=2 * passes * seen.attention,
            numbers=looks.numbers + margins * step.kept,
        )


def _held(side: int) -> int:
    """Tokens that a tile of so many holds of the latent, about, see `VQGAN.decode_tile`."""
    return max(side * 3 // 2, attended(side))

"""Estimates the memory and operations of a run from the sizes of its networks, without loading anything.

A model of what autograd keeps, layer by layer, as `models.frozen` and `models.clip_vit` compute them: the inputs of
norms, and what attention reads; products with frozen weights keep nothing. The counts equal those of torch's
FlopCounterMode (a test compares them), which needs 1.3 s to load before its first count on meta tensors.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vqclip.models.architecture import Architecture, PriorShape, UpsamplerShape, attended
from vqclip.models.titok_config import PIXEL_CODES, PIXEL_DIM, PIXEL_MULT, Titok

_LIBRARIES = 580e6
"""Bytes of Python, torch and vqclip, with the graph of a step and torch's workspaces, measured on Linux."""
_OPEN_CLIP = 600e6
"""Bytes of open_clip, and of a text encoder, which is in memory until the prompts are encoded."""
_PIXEL = 800
"""Numbers for each pixel of pixel optimisation, over all of its scales and its optimiser; measured."""
UPSAMPLING_ROUNDS = 8
"""In which the upsampler fills in the codes."""


@dataclass(frozen=True)
class Cost:
    """What one forward pass through a network takes.

    Attributes:
        weights: Numbers in it.
        macs: Multiply-accumulate operations.
        attention: Those of them that are in the attention of a decoder.
        kept: Numbers kept for the gradient.
        touched: Numbers that norms, activations and convolutions read, which torch's own layers would keep.
        inputs: Numbers kept when each layer is recomputed for the gradient.
        largest: Most numbers kept by one layer.
        map: Numbers of the largest feature map.
    """

    weights: float = 0.0
    macs: float = 0.0
    attention: float = 0.0
    kept: float = 0.0
    touched: float = 0.0
    inputs: float = 0.0
    largest: float = 0.0
    map: float = 0.0

    def then(self, other: Cost) -> Cost:
        """Add another network."""
        largest, most = max(self.largest, other.largest), max(self.map, other.map)
        both = (a + b for a, b in zip(dataclasses.astuple(self), dataclasses.astuple(other), strict=True))
        return replace(Cost(*both), largest=largest, map=most)

    def plus(
        self, *, weights: float, macs: float, kept: float, given: float, made: float, attention: float = 0.0,
        touched: float | None = None,
    ) -> Cost:  # fmt: skip
        """Add one layer with `given` numbers of input and `made` of output. touched: By default those kept."""
        return Cost(
            self.weights + weights,
            self.macs + macs,
            self.attention + attention,
            self.kept + kept,
            self.touched + (kept if touched is None else touched),
            self.inputs + given,
            max(self.largest, kept),
            max(self.map, given, made),
        )


def decoder(architecture: Architecture | Titok, rows: int, columns: int) -> Cost:
    """The cost of the decoder: taming's on rows x columns tokens, or that of a TiTok."""
    if isinstance(architecture, Titok):
        return _titok_decoder(architecture)
    cost, cells = Cost(), float(rows * columns)
    levels, width = len(architecture.ch_mult), architecture.ch * architecture.ch_mult[-1]
    side = architecture.resolution // 2 ** (levels - 1)

    def conv(given: int, made: int, scale: int = 1) -> None:
        nonlocal cost
        cost = cost.plus(
            weights=9 * given * made,
            macs=9 * given * made * cells,
            kept=0,
            given=given * cells / scale**2,
            made=made * cells,
            touched=given * cells,
        )

    def residual(given: int, made: int) -> None:
        nonlocal cost
        weights = 9 * made * (given + made) + (given * made if given != made else 0)
        kept, macs = (given + made) * cells, weights * cells
        cost = cost.plus(
            weights=weights, macs=macs, kept=kept, given=given * cells, made=made * cells, touched=3 * kept
        )

    def attention(channels: int) -> None:
        nonlocal cost
        weights, size, products = 4 * channels**2, channels * cells, 2 * channels * cells**2
        macs = weights * cells + products
        cost = cost.plus(
            weights=weights, macs=macs, attention=products, kept=5 * size, given=size, made=size, touched=7 * size
        )

    conv(architecture.z_channels, width)
    residual(width, width)
    if architecture.attention:
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
            conv(width, width, scale=2)
    weights, last = 9 * width * architecture.out_ch, width * cells
    return cost.plus(weights=weights, macs=weights * cells, kept=last, given=last, made=last, touched=3 * last)


def _titok_decoder(titok: Titok) -> Cost:
    """The cost of TiTok's decoder, and of the pixel decoder of a legacy one, which is taming's without attention."""
    shape, places = titok.decoder, (titok.side // titok.decoder.patch) ** 2
    width, tokens = shape.width, places + titok.tokens + 1
    weights, embedding = 12.0 * width**2 * shape.layers, titok.embed_dim * width
    kept = 10.0 * shape.layers * tokens * width
    attention = 2.0 * shape.layers * tokens**2 * width
    last = 2 * width**2 + 2 * width * PIXEL_CODES if titok.pixel_ch else 3 * width * shape.patch**2
    made = 3.0 * titok.side**2
    cost = Cost().plus(
        weights=weights + embedding + last,
        macs=weights * tokens + embedding * titok.tokens + attention + last * places,
        attention=attention,
        kept=kept,
        given=tokens * width,
        made=made,
    )
    if not titok.pixel_ch:
        return cost.plus(weights=81, macs=27 * made, kept=made, given=made, made=made)
    cost = cost.plus(weights=0, macs=places * PIXEL_CODES * PIXEL_DIM, kept=places * PIXEL_CODES, given=0, made=0)
    convolutions = Architecture(
        kind="VQModel",
        n_embed=PIXEL_CODES,
        embed_dim=PIXEL_DIM,
        z_channels=PIXEL_DIM,
        in_channels=3,
        out_ch=3,
        ch=titok.pixel_ch,
        ch_mult=PIXEL_MULT,
        num_res_blocks=1,
        attn_resolutions=(),
        resolution=titok.side,
        attention=False,
    )
    side = titok.side // shape.patch
    return cost.then(decoder(convolutions, side, side))


def image_encoder(config: Mapping[str, Any]) -> Cost | None:
    """The cost of an image encoder on one cutout, from its model_cfg; None for a kind that is not known here."""
    vision = config.get("vision_cfg", {})
    side, width, layers = vision.get("image_size"), vision.get("width", 768), vision.get("layers", 12)
    if "timm_model_name" in vision or not isinstance(side, int):
        return None
    if isinstance(layers, int):
        tokens = (side // vision.get("patch_size", 16)) ** 2 + 1
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
            before, after = given * planes + 9 * planes**2, 4 * planes**2 + (4 * given * planes if block == 0 else 0)
            kept = (2 * planes + 4 * planes / stride) * cells
            cost = cost.plus(
                weights=before + after, macs=(before + after / stride) * cells, kept=kept, given=0, made=0
            )
            given, cells = 4 * planes, cells / stride
    pooled = 3 * (32 * width) ** 2 + 32 * width * config.get("embed_dim", 32 * width)
    return cost.plus(weights=pooled, macs=pooled * cells, kept=0, given=0, made=0)


@dataclass(frozen=True)
class StepOperations:
    """The operations of one optimisation step, forward and backward.

    Attributes:
        products, attention: Operations; a multiplication and its addition count as two.
        numbers: Numbers that pass through norms and activations, whose time depends on memory, not arithmetic.
    """

    products: float = 0.0
    attention: float = 0.0
    numbers: float = 0.0

    @property
    def total(self) -> float:
        """Those of products and attention."""
        return self.products + self.attention

    def plus(self, other: StepOperations, times: float = 1.0) -> StepOperations:
        """Add others, so many times."""
        return StepOperations(
            self.products + times * other.products,
            self.attention + times * other.attention,
            self.numbers + times * other.numbers,
        )


@dataclass(frozen=True)
class RunSizes:
    """What decides the memory and the operations of a step.

    Attributes:
        architecture: Of the image model.
        size: Rows and columns of the picture, in tokens.
        tile: Side of a tile in tokens, 0 without tiles.
        encoders: The image encoder of each CLIP, with the side of its cutouts.
        cutouts, chunk: How many per step, and at once.
        bytes_each: Bytes of a number in the networks, 4 or 2.
        low_memory: Whether activations are recomputed.
        own: Whether no network is open_clip's.
    """

    architecture: Architecture | Titok
    size: tuple[int, int]
    tile: int
    encoders: tuple[tuple[Cost, int], ...]
    cutouts: int
    chunk: int
    bytes_each: int
    low_memory: bool
    own: bool

    @property
    def decoded(self) -> tuple[int, int]:
        """Rows and columns that a step decodes, in tokens."""
        return tuple(min(side, self.tile or side) for side in self.size)  # type: ignore[return-value]

    @property
    def held(self) -> tuple[int, int]:
        """Rows and columns of the latent that a step reads, in tokens."""
        if not self.tile:
            return self.size
        return tuple(min(side, _held(self.tile)) for side in self.size)  # type: ignore[return-value]

    def memory(self) -> float:
        """The most bytes that the process takes."""
        a, whole = self.architecture, decoder(self.architecture, *self.size)
        step = decoder(a, *self.decoded)
        kept = step.inputs + step.largest if self.low_memory else step.kept
        if self.tile and isinstance(a, Architecture):
            # The margins are kept too, and the rest of the latent in reach.
            held = decoder(replace(a, ch_mult=a.ch_mult[-1:], attn_resolutions=()), *self.held)
            kept = 1.3 * kept + held.kept
        weights = whole.weights + a.n_embed * a.embed_dim + sum(encoder.weights for encoder, _ in self.encoders)
        tokens = math.prod(self.held)
        chunk = min(self.chunk, self.cutouts)
        clip = [chunk * (encoder.kept * self.bytes_each + 120 * side**2) for encoder, side in self.encoders]
        backward = 3.0 * step.map * self.bytes_each
        tiled_decode = 3.0 * whole.map * self.bytes_each if self.tile else 0.0
        pixels = 12.0 * self.size[0] * self.size[1] * a.factor**2
        distances = 4.0 * tokens * a.n_embed
        working = kept * self.bytes_each + max(backward, *clip, distances)
        libraries = _LIBRARIES + (0 if self.own else _OPEN_CLIP)
        # While loading, the float32 files and the cast copies are in memory together.
        loading = 4.0 * weights if self.bytes_each < 4 else 0.0
        # Five pictures are in the step and its frame; the sixth is the start, for the losses that compare with it.
        return libraries + self.bytes_each * weights + max(loading, 6 * pixels + max(working, tiled_decode))

    def operations(self, *, pixels: bool = False) -> StepOperations:
        """The operations of one step. pixels: Of pixel optimisation, which decodes nothing."""
        clip = StepOperations(
            products=4 * self.cutouts * sum(encoder.macs for encoder, _ in self.encoders),
            numbers=self.cutouts * sum(encoder.kept for encoder, _ in self.encoders),
        )
        if pixels:
            area = self.size[0] * self.size[1] * self.architecture.factor**2
            return replace(clip, numbers=clip.numbers + _PIXEL * area)
        step, passes = decoder(self.architecture, *self.decoded), 3 if self.low_memory else 2
        held = decoder(self.architecture, *self.held)
        # The margins of a tile, and decoding the whole picture now and then, add 40 %.
        margins = 1.4 if self.tile else 1.0
        return StepOperations(
            products=clip.products + 2 * passes * margins * (step.macs - step.attention),
            attention=2 * passes * held.attention,
            numbers=clip.numbers + margins * step.touched,
        )

    def frame(self, *, pixels: bool = False) -> StepOperations:
        """The operations of a picture for a frame. pixels: Of pixel optimisation, which encodes it first."""
        times, whole = 2 if pixels else 1, decoder(self.architecture, *self.size)
        return StepOperations(
            times * 2 * (whole.macs - whole.attention), times * 2 * whole.attention, times * whole.touched / 2
        )

    def sampling(self, prior: PriorShape, upsampler: UpsamplerShape | None, count: int, best: int) -> StepOperations:
        """The operations of `count` candidates, of which the `best` are upsampled, for one text and its guidance."""
        width, places, groups = prior.width, prior.side**2, 2
        # A place reads the keys and values of those before it. Copying them is a quarter of an activation's work.
        read = prior.words + 1 + places / 2
        made = groups * count * places
        found = StepOperations(
            products=2 * made * _transformer(width, prior.layers, prior.codes),
            numbers=made * (prior.layers * width * (10 + read) + 4 * prior.codes),
        )
        found = found.plus(replace(self, size=(prior.side, prior.side))._ranking(), count)
        if not best or upsampler is None:
            return found
        width, made = upsampler.width, groups * best * 4 * places * UPSAMPLING_ROUNDS
        found = found.plus(
            StepOperations(
                products=2 * made * _transformer(width, upsampler.layers, upsampler.codes),
                numbers=made * (10 * upsampler.layers * width + 4 * upsampler.codes),
            )
        )
        return found.plus(replace(self, size=(2 * prior.side, 2 * prior.side))._ranking(), best)

    def _ranking(self) -> StepOperations:
        """The operations of decoding one candidate, and of encoding it and its mirror image with CLIP."""
        views = StepOperations(
            products=4 * sum(encoder.macs for encoder, _ in self.encoders),
            numbers=sum(encoder.kept for encoder, _ in self.encoders),
        )
        return self.frame().plus(views)


def _transformer(width: int, layers: int, codes: int) -> float:
    """The weights that each place of a transformer with a head over the codes passes."""
    return 12.0 * width**2 * layers + width * codes


def _held(side: int) -> int:
    """About how many tokens of the latent a tile of `side` tokens reads, see `VQGAN.decode_tile`."""
    return max(side * 3 // 2, attended(side))

"""Where CLIP looks: cutouts of the picture, as one batched, differentiable resampling.

A sampler draws a `CutPlan`: one homography per cutout, which holds crop, flip, affine and perspective at
once, and one 3x4 colour matrix per cutout. `take` carries the plan out. The field's tools do the same steps
one after another, crop by crop, each with a resampling of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.settings import Settings


@dataclass(frozen=True)
class CutPlan:
    """N cutouts of one picture, without their pixels.

    homographies: (N, 3, 3) float32, from cutout to picture coordinates, both [-1, 1] (x right, y down, edges
    of the outer pixels at -1 and 1). scales: (N,) picture pixels per cutout pixel. weights: (N,) with mean 1, or
    (N, P) for P prompts that do not see all alike.
    colours: (N, 3, 4), out = M[:, :3] @ rgb + M[:, 3]. noise: (N,) standard deviations. boxes: (N, 4) erased
    rectangles as left, top, right, bottom in [-1, 1], empty where right <= left. padding: what lies outside.
    """

    homographies: Tensor
    scales: Tensor
    weights: Tensor
    colours: Tensor
    noise: Tensor
    boxes: Tensor
    padding: str = "border"

    def __len__(self) -> int:
        return len(self.homographies)

    def parts(self, most: int) -> Iterator[CutPlan]:
        """The plan in order, in parts of at most `most` cutouts and of sizes as even as can be.

        Even, because a last part of one cutout costs a perceptor as much as one of two.
        """
        count = -(-len(self) // most)
        bounds = [len(self) * number // count for number in range(count + 1)]
        return (self.part(first, last) for first, last in pairwise(bounds))

    def part(self, first: int, last: int) -> CutPlan:
        """The cutouts from `first` up to `last`."""
        rows = slice(first, last)
        return CutPlan(
            self.homographies[rows], self.scales[rows], self.weights[rows], self.colours[rows],
            self.noise[rows], self.boxes[rows], self.padding,
        )  # fmt: skip


def join(plans: Sequence[CutPlan]) -> CutPlan:
    """Several plans as one, in their order; they have one padding."""
    names = ("homographies", "scales", "weights", "colours", "noise", "boxes")
    tensors = {name: torch.cat([getattr(plan, name) for plan in plans]) for name in names}
    return CutPlan(**tensors, padding=plans[0].padding)


def pyramid(image: Tensor, levels: int) -> list[Tensor]:
    """The picture and its halvings, antialiased, as many as `levels` says beyond the picture itself.

    image: (1, 3, H, W). Sampling a far-away level keeps a large cutout free of aliasing.
    """
    chain = [image]
    for _ in range(levels):
        height, width = chain[-1].shape[-2:]
        half = (max(1, height // 2), max(1, width // 2))
        chain.append(F.interpolate(chain[-1], size=half, mode="bilinear", antialias=True))
    return chain


def levels_for(plan: CutPlan) -> int:
    """How many halvings `take` needs for this plan."""
    return int(_depths(plan).max())


def _depths(plan: CutPlan) -> Tensor:
    """The level that each cutout is taken from: its grain is at least a quarter of the cutout's own."""
    return (torch.log2(plan.scales.clamp(min=1.0)) - 1e-4).ceil().long().sub(2).clamp(min=0)


def take(chain: list[Tensor], plan: CutPlan, side: int, generator: torch.Generator) -> Tensor:
    """Resample the plan's cutouts, then shift their colours, erase and add noise.

    chain: from `pyramid`, each (1, 3, h, w) in [0, 1]. Returns (N, 3, side, side) float32, differentiable in
    the chain. It equals cropping and resizing with an antialiased bilinear filter: a cutout is sampled one,
    two or four times as fine as it needs to be, and brought down with that filter's weights.
    """
    device = chain[0].device
    depth = _depths(plan)
    factors = 2 ** (torch.log2(plan.scales.clamp(min=1.0)) - 1e-4).ceil().long().clamp(0, 2)
    cuts: list[Tensor | None] = [None] * len(plan)
    for level, factor in sorted(set(zip(depth.tolist(), factors.tolist(), strict=True))):
        rows = ((depth == level) & (factors == factor)).nonzero().flatten()
        grid = homography_grid(plan.homographies[rows], side, factor).to(device)
        source = chain[level].expand(len(rows), -1, -1, -1)
        pixels = F.grid_sample(source, grid, mode="bilinear", padding_mode=plan.padding, align_corners=False)
        for row, cut in zip(rows.tolist(), _reduce(pixels, factor), strict=True):
            cuts[row] = cut
    stacked = torch.stack([cut for cut in cuts if cut is not None])
    colours = plan.colours.to(device)
    coloured = torch.einsum("nij,njhw->nihw", colours[..., :3], stacked) + colours[..., 3, None, None]
    if bool((plan.boxes[:, 2] > plan.boxes[:, 0]).any()):
        coloured = coloured * _kept(plan.boxes, side).to(device)
    if bool((plan.noise > 0).any()):
        noise = torch.randn(coloured.shape, generator=generator, device=device)
        coloured = coloured + noise * plan.noise.to(device)[:, None, None, None]
    return coloured


def homography_grid(homographies: Tensor, side: int, factor: int = 1) -> Tensor:
    """Sampling positions of N square cutouts: (N, S, S, 2) for `grid_sample`, align_corners=False.

    factor 1: S is side. factor 2 or 4: that much finer, with the margin that `_reduce` needs.
    """
    count, edge = side * factor, factor // 2
    axis = (torch.arange(-edge, count + edge, dtype=torch.float32) * 2 + 1) / count - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).view(1, -1, 3)
    mapped = points @ homographies.transpose(1, 2)
    return (mapped[..., :2] / mapped[..., 2:].clamp(min=1e-3)).view(-1, len(axis), len(axis), 2)


def _reduce(pixels: Tensor, factor: int) -> Tensor:
    """(N, 3, S * factor + factor, same) to (N, 3, S, S) with a triangle of 2 * factor taps, as antialiasing has."""
    if factor == 1:
        return pixels
    ramp = torch.arange(1, 2 * factor, 2, dtype=torch.float32, device=pixels.device)
    taps = torch.cat([ramp, ramp.flip(0)])
    taps = taps / taps.sum()
    channels = pixels.shape[1]
    rows = F.conv2d(pixels, taps.view(1, 1, -1, 1).expand(channels, 1, -1, 1), stride=(factor, 1), groups=channels)
    return F.conv2d(rows, taps.view(1, 1, 1, -1).expand(channels, 1, 1, -1), stride=(1, factor), groups=channels)


def crops(left: Tensor, top: Tensor, sizes: Tensor, width: int, height: int) -> Tensor:
    """Homographies of square crops: left, top, sizes are (N,) in pixels of a width x height picture."""
    zero, one = torch.zeros_like(sizes), torch.ones_like(sizes)
    row_x = torch.stack([sizes / width, zero, (2 * left + sizes) / width - 1], 1)
    row_y = torch.stack([zero, sizes / height, (2 * top + sizes) / height - 1], 1)
    return torch.stack([row_x, row_y, torch.stack([zero, zero, one], 1)], 1)


@dataclass(frozen=True)
class Augmentation:
    """How far a cutout may be bent, with which probability each.

    flip, affine_p, perspective_p, colour_p, erase_p: probabilities. turn, shear: degrees. shift: share of the
    side. grow: the size varies by up to this share. perspective: how far a corner moves, share of half the
    side. hue: in turns; saturation, brightness, contrast: share. noise: largest standard deviation.
    """

    flip: float = 0.0
    affine_p: float = 0.0
    turn: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    grow: float = 0.0
    perspective_p: float = 0.0
    perspective: float = 0.0
    colour_p: float = 0.0
    hue: float = 0.0
    saturation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    erase_p: float = 0.0
    noise: float = 0.0

    def scaled(self, strength: float) -> Augmentation:
        """The same kinds and probabilities, with every extent but the noise and the flip times `strength`."""
        extents = (
            "turn",
            "shift",
            "shear",
            "grow",
            "perspective",
            "hue",
            "saturation",
            "brightness",
            "contrast",
        )
        changed = {name: getattr(self, name) * strength for name in extents}
        return Augmentation(**{**self.__dict__, **changed})


def bend(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random flips, affine maps and perspectives as one homography per cutout: (N, 3, 3), cutout to cutout."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand((count, *shape), generator=generator) * (high - low) + low

    flip = torch.where(uniform(0, 1) < how.flip, -1.0, 1.0)
    on = (uniform(0, 1) < how.affine_p).float()
    turn = uniform(-how.turn, how.turn) * on * math.pi / 180
    shear = torch.tan(uniform(-how.shear, how.shear) * on * math.pi / 180)
    grow = 1 + uniform(-how.grow, how.grow) * on
    shift = uniform(-2 * how.shift, 2 * how.shift, 2) * on[:, None]
    cos, sin = torch.cos(turn) * grow, torch.sin(turn) * grow
    zero, one = torch.zeros(count), torch.ones(count)
    affine = torch.stack(
        [
            torch.stack([cos * flip, cos * shear - sin, shift[:, 0]], 1),
            torch.stack([sin * flip, sin * shear + cos, shift[:, 1]], 1),
            torch.stack([zero, zero, one], 1),
        ],
        1,
    )
    return affine @ _perspectives(count, how, generator)


def _perspectives(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Maps that move the four corners inwards by up to `how.perspective` of half the side."""
    amount = torch.rand((count, 4, 2), generator=generator) * how.perspective
    amount = amount * (torch.rand(count, generator=generator) < how.perspective_p).float()[:, None, None]
    if not how.perspective or not how.perspective_p:
        return torch.eye(3).expand(count, 3, 3)
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    targets = corners * (1 - amount)
    x, y = corners[:, 0].expand(count, 4), corners[:, 1].expand(count, 4)
    u, v = targets[..., 0], targets[..., 1]
    zero, one = torch.zeros_like(u), torch.ones_like(u)
    rows_u = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1)
    rows_v = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)
    system = torch.cat([rows_u, rows_v], 1).double()
    solution = torch.linalg.solve(system, torch.cat([u, v], 1).double()).float()
    return torch.cat([solution, torch.ones(count, 1)], 1).view(count, 3, 3)


def colour_matrices(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random hue, saturation, contrast and brightness as one 3x4 matrix per cutout.

    Hue turns about the grey axis (as SVG's hueRotate does), a linear stand-in for HSV; contrast is about the
    middle grey 0.5, not about each cutout's own mean, so that it needs no look at the pixels.
    """

    def factor(extent: float) -> Tensor:
        return 1 + (torch.rand(count, generator=generator) * 2 - 1) * extent * on

    on = (torch.rand(count, generator=generator) < how.colour_p).float()
    angle = (torch.rand(count, generator=generator) * 2 - 1) * how.hue * 2 * math.pi * on
    luma = torch.tensor([0.213, 0.715, 0.072]).expand(3, 3)
    sine = torch.tensor([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    hue = luma + (torch.eye(3) - luma) * cos + sine * sin
    saturation = factor(how.saturation)[:, None, None]
    matrix = (luma + (torch.eye(3) - luma) * saturation) @ hue
    contrast = factor(how.contrast)[:, None, None]
    brightness = factor(how.brightness)[:, None, None]
    offset = (0.5 * (1 - contrast) * brightness).expand(count, 3, 1)
    return torch.cat([matrix * contrast * brightness, offset], 2)


def _erased(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """One rectangle for all cutouts (kornia's same_on_batch): 10 to 40 % of the area, sides 1:3 to 3:1."""
    draw = torch.rand(count + 4, generator=generator)
    area, ratio = 0.1 + 0.3 * draw[0], (1 / 0.3 - 0.3) * draw[1] + 0.3
    half = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()]).clamp(max=1.0)
    centre = (draw[2:4] * 2 - 1) * (1 - half)
    box = torch.cat([centre - half, centre + half]).expand(count, 4)
    return torch.where((draw[4:] < how.erase_p)[:, None], box, torch.zeros(count, 4))


def _kept(boxes: Tensor, side: int) -> Tensor:
    """(N, 1, side, side): 0 inside each box, 1 elsewhere."""
    axis = (torch.arange(side) * 2 + 1) / side - 1
    columns = (axis >= boxes[:, 0:1]) & (axis < boxes[:, 2:3])
    rows = (axis >= boxes[:, 1:2]) & (axis < boxes[:, 3:4])
    return 1 - (rows[:, :, None] & columns[:, None, :]).float()[:, None]


@dataclass(frozen=True)
class Canvas:
    """What a sampler is told: the picture's width and height and the perceptor's input side, in pixels."""

    width: int
    height: int
    side: int

    @property
    def short(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)


def plan_of(left: Tensor, top: Tensor, sizes: Tensor, weights: Tensor, canvas: Canvas, how: Augmentation,
            generator: torch.Generator, padding: str = "border") -> CutPlan:  # fmt: skip
    """A plan of square cutouts, bent at random.

    left, top, sizes: (N,) in pixels of the canvas. weights: (N,) of any positive scale.
    """
    count = len(sizes)
    bends = bend(count, how, generator)
    return CutPlan(
        homographies=crops(left, top, sizes, canvas.width, canvas.height) @ bends,
        scales=sizes / canvas.side,
        weights=weights / weights.mean(),
        colours=colour_matrices(count, how, generator),
        noise=torch.rand(count, generator=generator) * how.noise,
        boxes=_erased(count, how, generator),
        padding=padding,
    )


def smart(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Full views and stratified details with coherence weights (pytti-core, 2026).

    A quarter of the cutouts, two at least, are the largest squares, spread along the long axis. The others
    are details of .2 + .35 u^1.5 of the short side, never below the perceptor's input, one per cell of a
    near-square grid. A full view weighs three times, each cutout times its share of the short side.
    """
    whole = min(count, max(2, round(0.25 * count)))
    details = count - whole
    short = float(canvas.short)
    spread = (torch.arange(whole) + torch.rand(whole, generator=generator)) / whole
    left = torch.cat([spread * (canvas.width - short), torch.zeros(details)])
    top = torch.cat([spread * (canvas.height - short), torch.zeros(details)])
    sizes = torch.full((count,), short)
    if details:
        share = 0.2 + 0.35 * torch.rand(details, generator=generator) ** 1.5
        detail = (share * short).clamp(min=min(float(canvas.side), short))
        columns = max(1, round(math.sqrt(details * canvas.width / canvas.height)))
        rows = math.ceil(details / columns)
        cell = torch.randperm(rows * columns, generator=generator)[:details]
        within = torch.rand((details, 2), generator=generator)
        left[whole:] = (cell % columns + within[:, 0]) / columns * (canvas.width - detail)
        top[whole:] = (cell // columns + within[:, 1]) / rows * (canvas.height - detail)
        sizes[whole:] = detail
    weights = sizes / short
    weights[:whole] *= 3.0
    how = Augmentation(
        flip=0.5, affine_p=0.8, turn=15, shift=0.1, grow=0.1, perspective_p=0.4, perspective=0.2, colour_p=0.7,
        hue=0.01, saturation=0.1, brightness=0.1, contrast=0.1, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    return plan_of(left, top, sizes, weights, canvas, how, generator)


def crowson(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Random crops of U^cut_pow between the perceptor's input and the short side (Crowson's notebook, 2021).

    Augmented as in nerdyrodent's 'updated': flip .5, affine 30 degrees and .1 (p .8), perspective .2 (p .4),
    colour .01 (p .7); without the sharpening.
    """
    largest, smallest = float(canvas.short), float(min(canvas.short, canvas.side))
    share = torch.rand(count, generator=generator) ** settings.cut_pow
    sizes = (share * (largest - smallest) + smallest).floor()
    place = torch.rand((count, 2), generator=generator)
    how = Augmentation(
        flip=0.5, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2, colour_p=0.7, hue=0.01,
        saturation=0.01, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    left, top = place[:, 0] * (canvas.width - sizes), place[:, 1] * (canvas.height - sizes)
    return plan_of(left, top, sizes, torch.ones(count), canvas, how, generator)


def pooled(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """The whole picture, squeezed to the perceptor's input, many times (nerdyrodent's 'latest').

    Affine 15 degrees, .1 and shear 5 (p .7, zeros outside), perspective .7 (p .7), colour .1 (p .7), one
    erased rectangle (p .7). The squeezing, a mean of average and maximum pooling, is in `squeeze`.
    """
    how = Augmentation(
        affine_p=0.7, turn=15, shift=0.1, shear=5, perspective_p=0.7, perspective=0.7, colour_p=0.7, hue=0.1,
        saturation=0.1, brightness=0.1, contrast=0.1, erase_p=0.7, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    square = Canvas(canvas.side, canvas.side, canvas.side)
    nowhere, sizes = torch.zeros(count), torch.full((count,), float(canvas.side))
    return plan_of(nowhere, nowhere, sizes, torch.ones(count), square, how, generator, padding="zeros")


def squeeze(image: Tensor, side: int) -> Tensor:
    """(1, 3, H, W) to (1, 3, side, side) by the mean of average and maximum pooling."""
    return (F.adaptive_avg_pool2d(image, side) + F.adaptive_max_pool2d(image, side)) / 2


Sampler = Callable[[int, Canvas, Settings, torch.Generator], CutPlan]
SAMPLERS: dict[str, Sampler] = {"smart": smart, "crowson": crowson, "pooled": pooled}
SQUEEZED = frozenset({"pooled"})
"""The samplers whose plans are over the squeezed picture."""

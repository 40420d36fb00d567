"""Where CLIP looks: each cut method is a sampler, a function that draws the plan of one step's cutouts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vqclip.augmentations import Augmentation, bend, colour_matrices, erased_boxes
from vqclip.resampling import CutPlan, crops, squeeze
from vqclip.settings import Settings


@dataclass(frozen=True)
class Canvas:
    """What a sampler is told.

    width, height: of the picture in pixels. side: of the perceptor's input. step, steps: how many are done of how
    many, for what changes on the way.
    """

    width: int
    height: int
    side: int
    step: int = 0
    steps: int = 1

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
        boxes=erased_boxes(count, how, generator),
        padding=padding,
    )


def full_views(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """The largest squares of the picture, spread along its long axis, bent as in `smart`."""
    sizes = torch.full((count,), float(canvas.short))
    spread = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    left, top = spread * (canvas.width - sizes), spread * (canvas.height - sizes)
    return plan_of(left, top, sizes, torch.ones(count), canvas, _bends(settings), generator)


def _bends(settings: Settings) -> Augmentation:
    """How `smart` bends its cutouts."""
    return Augmentation(
        flip=0.5, affine_p=0.8, turn=15, shift=0.1, grow=0.1, perspective_p=0.4, perspective=0.2, colour_p=0.7,
        hue=0.01, saturation=0.1, brightness=0.1, contrast=0.1, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip


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
    return plan_of(left, top, sizes, weights, canvas, _bends(settings), generator)


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
    erased rectangle (p .7). The squeezing, a mean of average and maximum pooling, is in `resampling.squeeze`.
    """
    how = Augmentation(
        affine_p=0.7, turn=15, shift=0.1, shear=5, perspective_p=0.7, perspective=0.7, colour_p=0.7, hue=0.1,
        saturation=0.1, brightness=0.1, contrast=0.1, erase_p=0.7, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    square = Canvas(canvas.side, canvas.side, canvas.side)
    nowhere, sizes = torch.zeros(count), torch.full((count,), float(canvas.side))
    return plan_of(nowhere, nowhere, sizes, torch.ones(count), square, how, generator, padding="zeros")


Sampler = Callable[[int, Canvas, Settings, torch.Generator], CutPlan]
SAMPLERS: dict[str, Sampler] = {"smart": smart, "crowson": crowson, "pooled": pooled}
SQUEEZED = frozenset({"pooled"})
"""The samplers whose plans are over the squeezed picture."""


def plan_for(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """`count` cutouts of one step, by the method that the settings name. generator: the step's, on the CPU."""
    return SAMPLERS[settings.cut_method](count, canvas, settings, generator)


def source_of(image: Tensor, side: int, settings: Settings) -> Tensor:
    """What the method's plans are over: the picture itself, (1, 3, H, W), or its squeezed copy of `side`."""
    return squeeze(image, side) if settings.cut_method in SQUEEZED else image

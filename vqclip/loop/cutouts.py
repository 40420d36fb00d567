"""Where CLIP looks: each cut method is a sampler, a function that draws the plan of one step's cutouts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from vqclip.loop.augmentations import (
    Augmentation,
    bend,
    colour_matrices,
    deviations,
    erased_boxes,
    from_codes,
    greyed,
    softnesses,
    warps,
    zooms,
)
from vqclip.loop.resampling import CutPlan, crops, join, squeeze
from vqclip.options import augment_codes
from vqclip.options.keyframes import Keyframes
from vqclip.options.settings import Settings


@dataclass(frozen=True)
class Canvas:
    """What a sampler is told.

    width, height: of the picture in pixels. side: of the perceptor's input. step, steps: how many are done of how
    many, for what changes on the way. augmentation: the one that the user chose, in the place of the method's own.
    """

    width: int
    height: int
    side: int
    step: int = 0
    steps: int = 1
    augmentation: Augmentation | None = None

    @property
    def short(self) -> int:
        """The shorter side."""
        return min(self.width, self.height)


def plan_of(left: Tensor, top: Tensor, sizes: Tensor, weights: Tensor, canvas: Canvas, how: Augmentation,
            generator: torch.Generator, padding: str = "border", fill: float = -1.0, tall: Tensor | None = None,
            ) -> CutPlan:  # fmt: skip
    """A plan of cutouts, bent at random.

    left, top, sizes: (N,) in pixels of the canvas. weights: (N,) of any positive scale. how: the method's own
    augmentation. padding, fill: as in CutPlan. tall: heights, when the crops are not square.
    """
    count, how = len(sizes), canvas.augmentation or how
    homographies = crops(left, top, sizes, canvas.width, canvas.height, tall) @ bend(count, how, generator)
    scales = (sizes if tall is None else (sizes * tall).sqrt()) / canvas.side
    if how.zoom_p:
        maps = zooms(count, how, generator)
        homographies, scales = homographies @ maps, scales * (maps[:, 0, 0] * maps[:, 1, 1]).sqrt()
    return CutPlan(
        homographies=homographies,
        scales=scales,
        weights=weights / weights.mean(),
        colours=colour_matrices(count, how, generator),
        noise=deviations(count, how, generator),
        boxes=erased_boxes(count, how, generator),
        warps=warps(count, how, generator),
        softness=softnesses(count, how, generator),
        fills=torch.full((count,), fill),
        padding="reflection" if how.slide_p else padding,
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


def normal_shares(count: int, generator: torch.Generator) -> Tensor:
    """Sizes as shares of the short side, N(.8, .3): (count,), of any sign."""
    return torch.randn(count, generator=generator) * 0.3 + 0.8


def anywhere(sizes: Tensor, canvas: Canvas, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Left and top of squares of these sizes, uniform within the picture: (N,) each."""
    place = torch.rand((len(sizes), 2), generator=generator)
    return place[:, 0] * (canvas.width - sizes), place[:, 1] * (canvas.height - sizes)


def mse(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3) of the short side, the perceptor's input at least (the MSE-regularised notebook, 2021).

    Augmented as there: flip .5, affine 30 degrees and .1 (p .8), perspective .2 (p .4), colour .01 (p .7).
    """
    short = float(canvas.short)
    sizes = (normal_shares(count, generator) * short).clamp(min(float(canvas.side), short), short)
    how = Augmentation(
        flip=0.5, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2, shrink=True, colour_p=0.7,
        hue=0.01, saturation=0.01, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    return plan_of(*anywhere(sizes, canvas, generator), sizes, torch.ones(count), canvas, how, generator)


def eleuther(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3) with nerdyrodent's augmentations Af Pe Ji Er (EleutherAI's 'latest').

    Their shares are of min(width, height, 224) and held at one or more, so that every cutout has 224 pixels and none
    shows the whole; here they are of the short side, as in the notebooks that they come from.
    """
    short = float(canvas.short)
    sizes = (normal_shares(count, generator) * short).clamp(min(float(canvas.side), short), short)
    how = from_codes(("Af", "Pe", "Ji", "Er"), settings.augment, settings.cut_noise)
    place = anywhere(sizes, canvas, generator)
    return plan_of(*place, sizes, torch.ones(count), canvas, how, generator, padding="zeros")


def big_sleep(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3) of the short side within .5 to .95, as they are (lucidrains' big-sleep, 2021)."""
    sizes = normal_shares(count, generator).clamp(0.5, 0.95) * canvas.short
    how = Augmentation(noise=settings.cut_noise)
    return plan_of(*anywhere(sizes, canvas, generator), sizes, torch.ones(count), canvas, how, generator)


def pytti(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3)^cut_pow that reach a quarter of the picture past its edges (pytti, 2021).

    Augmented as there: flip .3, affine 30 degrees and .1 (p .8), perspective .2 (p .4), colour .01 (p .7) and one
    erased rectangle (p .7). pytti's own cut_pow is 2.
    """
    short = float(canvas.short)
    least = min(canvas.side / short, 1.0)
    sizes = normal_shares(count, generator).clamp(least, 1) ** settings.cut_pow * short
    place = torch.rand((count, 2), generator=generator)
    left = place[:, 0] * (1.5 * canvas.width - sizes) - 0.25 * canvas.width
    top = place[:, 1] * (1.5 * canvas.height - sizes) - 0.25 * canvas.height
    how = Augmentation(
        flip=0.3, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2, shrink=True, colour_p=0.7,
        hue=0.01, saturation=0.01, erase_p=0.7, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    return plan_of(left, top, sizes, torch.ones(count), canvas, how, generator)


def pixray(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Three fifths zoomed crops, two fifths wide views of everything (pixray, 2022).

    Zoom: perspective .4 (p .7), then .25 to .95 of the area with sides .85 to 1.2. Wide: the long side at .9 to 1 of
    the cutout (.95 when the picture is square) with the short one anywhere, and perspective .2 (p .7). Both: hue and
    saturation .1 (p .8). Past the edges a step has its own grey in wide views, and reflections or the edge's pixels
    in crops. Crops come from the picture itself; pixray squeezes it to the perceptor's input first.
    """
    width, height, long = float(canvas.width), float(canvas.height), float(max(canvas.width, canvas.height))
    close = int(0.6 * count)
    share, ratio, grey, coin, *_ = torch.rand((4, count), generator=generator)
    area = (share[:close] * 0.7 + 0.25) * width * height
    ratio = torch.exp(ratio[:close] * math.log(1.2 / 0.85) + math.log(0.85))
    sizes, tall = (area * ratio).sqrt().clamp(max=width), (area / ratio).sqrt().clamp(max=height)
    place = torch.rand((count, 2), generator=generator)
    how = Augmentation(perspective_p=0.7, perspective=0.4, shrink=True, colour_p=0.8, hue=0.1, saturation=0.1,
                       noise=settings.cut_noise)  # fmt: skip
    left, top = place[:close, 0] * (width - sizes), place[:close, 1] * (height - tall)
    padding = "reflection" if coin[0] < 0.5 else "border"
    zoomed = plan_of(left, top, sizes, torch.ones(close), canvas, how.scaled(settings.augment), generator, padding,
                     tall=tall)  # fmt: skip
    square = canvas.width == canvas.height
    views = long / (torch.full_like(share, 0.95) if square else share * 0.1 + 0.9)[close:]
    room = torch.tensor([width, height]).sub(long).abs() / long + (0.05 if square else 0.0)
    middle = torch.tensor([width, height]) / 2 + (place[close:] - 0.5) * room * views[:, None]
    left, top = (middle - views[:, None] / 2).T
    how = replace(how, perspective=0.2).scaled(settings.augment)
    wide = plan_of(left, top, views, torch.ones(count - close), canvas, how, generator, padding, float(grey[0]))
    return join([zoomed, wide])


def disco(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Overviews of the whole picture and inner crops of U^cut_pow, in shares that change (Disco Diffusion 5, 2022).

    `cut_overview` of the cutouts show everything on a square, black where the picture is not; up to four of them are
    the picture itself, grey, mirrored, and both. `cut_grey` of the inner crops are grey. Augmented as there: flip .5,
    affine 10 degrees and .05, grey .1, colour .1.
    """
    now = canvas.step, canvas.steps
    whole = round(Keyframes.parse(settings.cut_overview).at(*now) * count)
    inner = count - whole
    short, smallest = float(canvas.short), float(min(canvas.short, canvas.side))
    share = torch.rand(inner, generator=generator) ** settings.cut_pow
    sizes = (share * (short - smallest) + smallest).floor()
    long = torch.full((whole,), float(max(canvas.width, canvas.height)))
    left, top = anywhere(sizes, canvas, generator)
    how = Augmentation(
        flip=0.5, affine_p=1, turn=10, shift=0.05, grey=0.1, colour_p=1, hue=0.1, saturation=0.1, brightness=0.1,
        contrast=0.1, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    plan = plan_of(
        torch.cat([(canvas.width - long) / 2, left]), torch.cat([(canvas.height - long) / 2, top]),
        torch.cat([long, sizes]), torch.ones(count), canvas, how, generator, padding="zeros",
    )  # fmt: skip
    number = torch.arange(count)
    few = (number < whole) & (whole <= 4)
    mirrored = few & (number % 4 >= 2)
    grey = few & (number % 2 == 1)
    grey[whole:] = number[:inner] < round(Keyframes.parse(settings.cut_grey).at(*now) * inner)
    flips = torch.eye(3).repeat(count, 1, 1)
    flips[mirrored, 0, 0] = -1
    colours = torch.where(grey[:, None, None], greyed(plan.colours), plan.colours)
    return replace(plan, homographies=plan.homographies @ flips, colours=colours)


def pooled(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """The whole picture, squeezed to the perceptor's input, many times (nerdyrodent's 'latest').

    Affine 15 degrees, .1 and shear 5 (p .7, zeros outside), perspective .7 (p .7), colour .1 (p .7), one
    erased rectangle (p .7). The squeezing, a mean of average and maximum pooling, is in `resampling.squeeze`.
    """
    how = Augmentation(
        affine_p=0.7, turn=15, shift=0.1, shear=5, perspective_p=0.7, perspective=0.7, colour_p=0.7, hue=0.1,
        saturation=0.1, brightness=0.1, contrast=0.1, erase_p=0.7, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    square = replace(canvas, width=canvas.side, height=canvas.side)
    nowhere, sizes = torch.zeros(count), torch.full((count,), float(canvas.side))
    return plan_of(nowhere, nowhere, sizes, torch.ones(count), square, how, generator, padding="zeros")


Sampler = Callable[[int, Canvas, Settings, torch.Generator], CutPlan]
SAMPLERS: dict[str, Sampler] = {
    "smart": smart, "crowson": crowson, "pooled": pooled, "mse": mse, "eleuther": eleuther, "big-sleep": big_sleep,
    "pytti": pytti, "pixray": pixray, "disco": disco,
}  # fmt: skip
SQUEEZED = frozenset({"pooled"})
"""The samplers whose plans are over the squeezed picture."""


def plan_for(count: int, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
    """`count` cutouts of one step, by the method that the settings name. generator: the step's, on the CPU."""
    if settings.augments is not None:
        chosen = from_codes(augment_codes.parse(settings.augments), settings.augment, settings.cut_noise)
        canvas = replace(canvas, augmentation=chosen)
    return SAMPLERS[settings.cut_method](count, canvas, settings, generator)


def source_of(image: Tensor, side: int, settings: Settings) -> Tensor:
    """What the method's plans are over: the picture itself, (1, 3, H, W), or its squeezed copy of `side`."""
    return squeeze(image, side) if settings.cut_method in SQUEEZED else image

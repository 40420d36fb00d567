"""Overviews and inner crops, in shares that change."""

from __future__ import annotations

from dataclasses import replace

import torch

from vqclip.cutouts.augment import greyed
from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, anywhere, plan_of
from vqclip.schedules import Schedule


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Overviews of the whole picture and inner crops of U^cut_pow, in shares that change (Disco Diffusion 5, 2022).

    `cut_overview` of the cutouts show everything on a square, black where the picture is not; up to four of them are
    the picture itself, grey, mirrored, and both. `cut_grey` of the inner crops are grey. Augmented as there: flip .5,
    affine 10 degrees and .05, grey .1, colour .1.
    """
    now = context.step, context.steps
    whole = round(Schedule.parse(settings.cut_overview).at(*now) * count)
    inner = count - whole
    short, smallest = float(context.short), float(min(context.short, context.side))
    share = torch.rand(inner, generator=generator) ** settings.cut_pow
    sizes = (share * (short - smallest) + smallest).trunc()
    long = torch.full((whole,), float(max(context.width, context.height)))
    left, top = anywhere(sizes, context, generator)
    how = Augmentation(
        flip=0.5, affine_p=1, turn=10, shift=0.05, grey=0.1, colour_p=1, hue=0.1, saturation=0.1, brightness=0.1,
        contrast=0.1, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    plan = plan_of(
        torch.cat([(context.width - long) / 2, left]), torch.cat([(context.height - long) / 2, top]),
        torch.cat([long, sizes]), torch.ones(count), context, how, generator, padding="zeros",
    )  # fmt: skip
    number = torch.arange(count)
    few = (number < whole) & (whole <= 4)
    mirrored = few & (number % 4 >= 2)
    grey = few & (number % 2 == 1)
    grey[whole:] = number[:inner] < round(Schedule.parse(settings.cut_grey).at(*now) * inner)
    flips = torch.eye(3).repeat(count, 1, 1)
    flips[mirrored, 0, 0] = -1
    colours = torch.where(grey[:, None, None], greyed(plan.colours), plan.colours)
    return replace(plan, homographies=plan.homographies @ flips, colours=colours)

"""Crops that reach past the edges."""

from __future__ import annotations

import torch

from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, normal_shares, plan_of


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3)^cut_pow that reach a quarter of the picture past its edges (pytti, 2021).

    Augmented as there: flip .3, affine 30 degrees and .1 (p .8), perspective .2 (p .4), colour .01 (p .7) and one
    erased rectangle (p .7). pytti's own cut_pow is 2.
    """
    short = float(context.short)
    least = min(context.side / short, 1.0)
    sizes = normal_shares(count, generator).clamp(least, 1) ** settings.cut_pow * short
    place = torch.rand((count, 2), generator=generator)
    left = place[:, 0] * (1.5 * context.width - sizes) - 0.25 * context.width
    top = place[:, 1] * (1.5 * context.height - sizes) - 0.25 * context.height
    how = Augmentation(
        flip=0.3, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2, shrink=True, colour_p=0.7,
        hue=0.01, saturation=0.01, erase_p=0.7, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    return plan_of(left, top, sizes, torch.ones(count), context, how, generator)

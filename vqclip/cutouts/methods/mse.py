"""Large crops of normal sizes."""

from __future__ import annotations

import torch

from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, anywhere, normal_shares, plan_of


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3) of the short side, the perceptor's input at least (the MSE-regularised notebook, 2021).

    Augmented as there: flip .5, affine 30 degrees and .1 (p .8), perspective .2 (p .4), colour .01 (p .7).
    """
    short = float(context.short)
    sizes = (normal_shares(count, generator) * short).clamp(min(float(context.side), short), short)
    how = Augmentation(
        flip=0.5, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2, shrink=True, colour_p=0.7,
        hue=0.01, saturation=0.01, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    return plan_of(*anywhere(sizes, context, generator), sizes, torch.ones(count), context, how, generator)

"""Random crops of any size, as in the first notebook."""

from __future__ import annotations

import torch

from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, plan_of


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Random crops of U^cut_pow between the perceptor's input and the short side (Crowson's notebook, 2021).

    Augmented as in nerdyrodent's 'updated': flip .5, affine 30 degrees and .1 (p .8), perspective .2 (p .4),
    colour .01 (p .7); without the sharpening.
    """
    largest, smallest = float(context.short), float(min(context.short, context.side))
    share = torch.rand(count, generator=generator) ** settings.cut_pow
    sizes = (share * (largest - smallest) + smallest).trunc()
    place = torch.rand((count, 2), generator=generator)
    how = Augmentation(
        flip=0.5, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2, colour_p=0.7, hue=0.01,
        saturation=0.01, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    left, top = place[:, 0] * (context.width - sizes), place[:, 1] * (context.height - sizes)
    return plan_of(left, top, sizes, torch.ones(count), context, how, generator)

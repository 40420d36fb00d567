"""The whole picture, squeezed."""

from __future__ import annotations

from dataclasses import replace

import torch

from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, plan_of

SQUEEZED = True
"""The cutouts are taken from the squeezed picture."""


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """The whole picture, squeezed to the perceptor's input, many times (nerdyrodent's 'latest').

    Affine 15 degrees, .1 and shear 5 (p .7, zeros outside), perspective .7 (p .7), colour .1 (p .7), one
    erased rectangle (p .7). The squeezing, a mean of average and maximum pooling, is in `resample.squeeze`.
    """
    how = Augmentation(
        affine_p=0.7, turn=15, shift=0.1, shear=5, perspective_p=0.7, perspective=0.7, shrink=True, colour_p=0.7,
        hue=0.1, saturation=0.1, brightness=0.1, contrast=0.1, erase_p=0.7, noise=settings.cut_noise,
    ).scaled(settings.augment)  # fmt: skip
    square = replace(context, width=context.side, height=context.side)
    nowhere, sizes = torch.zeros(count), torch.full((count,), float(context.side))
    return plan_of(nowhere, nowhere, sizes, torch.ones(count), square, how, generator, padding="zeros")

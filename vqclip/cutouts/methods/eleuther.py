"""Large crops of normal sizes, with augments by code."""

from __future__ import annotations

import torch

from vqclip.cutouts.augment import from_codes
from vqclip.cutouts.context import CutoutContext, CutPlan, Settings, anywhere, normal_shares, plan_of


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3) with nerdyrodent's augmentations Af Pe Ji Er (EleutherAI's 'latest').

    Their shares are of min(width, height, 224) and held at one or more, so that every cutout has 224 pixels and none
    shows the whole; here they are of the short side, as in the notebooks that they come from.
    """
    short = float(context.short)
    sizes = (normal_shares(count, generator) * short).clamp(min(float(context.side), short), short)
    how = from_codes(("Af", "Pe", "Ji", "Er"), settings.augment, settings.cut_noise)
    place = anywhere(sizes, context, generator)
    return plan_of(*place, sizes, torch.ones(count), context, how, generator, padding="zeros")

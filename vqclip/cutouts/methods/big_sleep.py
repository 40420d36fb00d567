"""Large crops of normal sizes, as they are."""

from __future__ import annotations

import torch

from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, anywhere, normal_shares, plan_of


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Crops of N(.8, .3) of the short side within .5 to .95, as they are (lucidrains' big-sleep, 2021)."""
    sizes = normal_shares(count, generator).clamp(0.5, 0.95) * context.short
    how = Augmentation(noise=settings.cut_noise)
    return plan_of(*anywhere(sizes, context, generator), sizes, torch.ones(count), context, how, generator)

"""Full views and details: the default."""

from __future__ import annotations

import math

import torch

from vqclip.cutouts.context import CutoutContext, CutPlan, Settings, bends, plan_of


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Full views and stratified details with coherence weights (pytti-core, 2026).

    A quarter of the cutouts, two at least, are the largest squares, spread along the long axis. The others
    are details of .2 + .35 u^1.5 of the short side, never below the perceptor's input, one per cell of a
    near-square grid. A full view weighs three times, each cutout times its share of the short side.
    """
    whole = min(count, max(2, round(0.25 * count)))
    details = count - whole
    short = float(context.short)
    spread = (torch.arange(whole) + torch.rand(whole, generator=generator)) / whole
    left = torch.cat([spread * (context.width - short), torch.zeros(details)])
    top = torch.cat([spread * (context.height - short), torch.zeros(details)])
    sizes = torch.full((count,), short)
    if details:
        share = 0.2 + 0.35 * torch.rand(details, generator=generator) ** 1.5
        detail = (share * short).clamp(min=min(float(context.side), short))
        columns = max(1, round(math.sqrt(details * context.width / context.height)))
        rows = math.ceil(details / columns)
        cell = torch.randperm(rows * columns, generator=generator)[:details]
        within = torch.rand((details, 2), generator=generator)
        left[whole:] = (cell % columns + within[:, 0]) / columns * (context.width - detail)
        top[whole:] = (cell // columns + within[:, 1]) / rows * (context.height - detail)
        sizes[whole:] = detail
    weights = sizes / short
    weights[:whole] *= 3.0
    return plan_of(left, top, sizes, weights, context, bends(settings.augment, settings.cut_noise), generator)

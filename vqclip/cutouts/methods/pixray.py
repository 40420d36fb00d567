"""Zoomed crops and wide views."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from vqclip.cutouts.context import Augmentation, CutoutContext, CutPlan, Settings, plan_of
from vqclip.cutouts.resample import join


def plan(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Three fifths zoomed crops, two fifths wide views of everything (pixray, 2022).

    Zoom: perspective .4 (p .7), then .25 to .95 of the area with sides .85 to 1.2. Wide: the long side at .9 to 1 of
    the cutout (.95 when the picture is square) with the short one anywhere, and perspective .2 (p .7). Both: hue and
    saturation .1 (p .8). Past the edges a step has its own grey in wide views, and reflections or the edge's pixels
    in crops. Crops come from the picture itself; pixray squeezes it to the perceptor's input first.
    """
    width, height, long = float(context.width), float(context.height), float(max(context.width, context.height))
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
    zoomed = plan_of(left, top, sizes, torch.ones(close), context, how.scaled(settings.augment), generator, padding,
                     tall=tall)  # fmt: skip
    square = context.width == context.height
    views = long / (torch.full_like(share, 0.95) if square else share * 0.1 + 0.9)[close:]
    slack = torch.tensor([width, height]).sub(long).abs() / long + (0.05 if square else 0.0)
    middle = torch.tensor([width, height]) / 2 + (place[close:] - 0.5) * slack * views[:, None]
    left, top = (middle - views[:, None] / 2).T
    how = replace(how, perspective=0.2).scaled(settings.augment)
    wide = plan_of(left, top, views, torch.ones(count - close), context, how, generator, padding, float(grey[0]))
    return join([zoomed, wide])

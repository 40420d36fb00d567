"""What a cut method needs: the context of a step, random positions and sizes, and plans with random augmentations.

Everything that a method needs can be imported from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from vqclip.cutouts.augment import (
    Augmentation,
    bend,
    colour_matrices,
    deviations,
    erased_boxes,
    softnesses,
    warps,
    zooms,
)
from vqclip.cutouts.resample import CutPlan, crops
from vqclip.settings.schema import Settings

__all__ = [
    "Augmentation",
    "CutPlan",
    "CutoutContext",
    "Settings",
    "anywhere",
    "bends",
    "full_views",
    "normal_shares",
    "plan_of",
]  # fmt: skip


@dataclass(frozen=True)
class CutoutContext:
    """What a cut method knows about a step.

    Attributes:
        width, height: Of the picture in pixels.
        side: Of the perceptor's input in pixels.
        step, steps: Steps done, and steps of the run, for schedules.
        augmentation: The one of `--augments`, which replaces the method's own.
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


def plan_of(left: Tensor, top: Tensor, sizes: Tensor, weights: Tensor, context: CutoutContext, how: Augmentation,
            generator: torch.Generator, padding: str = "border", fill: float = -1.0, tall: Tensor | None = None,
            ) -> CutPlan:  # fmt: skip
    """A plan of cutouts with random augmentations.

    Args:
        left, top, sizes: Of the crops, (N,) each, in pixels of the picture.
        weights: (N,), of any positive scale.
        context: Of the step.
        how: The method's own augmentation.
        generator: Of the step, on the CPU.
        padding, fill: As in CutPlan.
        tall: Heights, (N,), if the crops are not square.
    """
    count, how = len(sizes), context.augmentation or how
    homographies = crops(left, top, sizes, context.width, context.height, tall) @ bend(count, how, generator)
    scales = (sizes if tall is None else (sizes * tall).sqrt()) / context.side
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


def normal_shares(count: int, generator: torch.Generator) -> Tensor:
    """Sizes as shares of the short side, N(.8, .3): (count,), of any sign."""
    return torch.randn(count, generator=generator) * 0.3 + 0.8


def anywhere(sizes: Tensor, context: CutoutContext, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Left and top of squares of these sizes, (N,) each, uniform within the picture."""
    place = torch.rand((len(sizes), 2), generator=generator)
    return place[:, 0] * (context.width - sizes), place[:, 1] * (context.height - sizes)


def bends(strength: float, noise: float) -> Augmentation:
    """The augmentation of `smart` and of full views. strength: 0 to 2. noise: The largest standard deviation."""
    return Augmentation(
        flip=0.5, affine_p=0.8, turn=15, shift=0.1, grow=0.1, perspective_p=0.4, perspective=0.2, colour_p=0.7,
        hue=0.01, saturation=0.1, brightness=0.1, contrast=0.1, noise=noise,
    ).scaled(strength)  # fmt: skip


def full_views(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """The largest squares of the picture, spread along its long axis, augmented by `bends`."""
    sizes = torch.full((count,), float(context.short))
    spread = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    left, top = spread * (context.width - sizes), spread * (context.height - sizes)
    how = bends(settings.augment, settings.cut_noise)
    return plan_of(left, top, sizes, torch.ones(count), context, how, generator)

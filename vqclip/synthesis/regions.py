"""Regions: which cutouts lie in which part of the picture, and so which prompts they count for."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import CutPlan, homography_grid, join
from vqclip.settings.prompts import REGIONS, Prompt
from vqclip.settings.schema import Settings

_SAMPLES = 16
_GRAIN = 48


class Regions:
    """Plans the cutouts of a step so that every region has its own, with a weight for each prompt.

    Prompts without a region get cutouts of the whole picture, or of the part that a mask leaves free. The cutouts of
    a region are planned as if the rectangle around it were the picture, and each is weighted by its share that lies
    in the region.
    """

    def __init__(
        self, prompts: Sequence[Prompt], masks: Mapping[str, np.ndarray], free: np.ndarray | None = None
    ) -> None:
        """
        Args:
            prompts: Of the run.
            masks: (height, width) float32 in [0, 1] by file name, 1 where it is white.
            free: The mask of an init picture, like `masks`: where the picture may change.
        """
        self.names = [prompt.region for prompt in prompts]
        self.masks = {name: _mask(name, masks) for name in dict.fromkeys(self.names) if name}
        if free is not None and free.any():
            self.masks[""] = torch.from_numpy(free)[None, None]

    def plan_cutouts(
        self, weights: Sequence[float], context: CutoutContext, settings: Settings, generator: torch.Generator
    ) -> CutPlan:
        """Plan the `settings.cutouts` cutouts of one step, in even parts for the regions in use.

        Args:
            weights: Of the prompts at this step. Prompts of weight 0 get no cutouts.
            context: Of the step.
            settings: Of the run.
            generator: Of the step, on the CPU.

        Returns:
            A plan whose weights are (N,), or with regions (N, P), a column of mean 1 for each prompt.
        """
        looked = [name for name, weight in zip(self.names, weights, strict=True) if weight]
        groups = list(dict.fromkeys(looked)) or [""]
        if groups == [""] and "" not in self.masks:
            return cutouts.plan_cutouts(settings.cutouts, context, settings, generator)
        plans = []
        for number, name in enumerate(groups):
            count = max(1, (number + 1) * settings.cutouts // len(groups) - number * settings.cutouts // len(groups))
            plan = self._within(name, count, context, settings, generator)
            column = torch.tensor([float(name == other) for other in self.names])
            plans.append(dataclasses.replace(plan, weights=plan.weights[:, None] * column))
        whole = join(plans)
        # A prompt with a third of the cutouts counts as much as one with all of them.
        scaled = whole.weights / whole.weights.mean(0).clamp(min=1e-12)
        return dataclasses.replace(whole, weights=scaled)

    def bounds(self, name: str) -> tuple[float, float, float, float]:
        """Left, top, right and bottom edge of the rectangle around a region, in shares of the sides."""
        return _bounds(self.masks[name]) if name in self.masks else (0.0, 0.0, 1.0, 1.0)

    def cover(self, name: str, size: tuple[int, int]) -> Tensor:
        """How much of each pixel a region covers: (1, 1, height, width) in [0, 1]."""
        mask = self.masks.get(name, torch.ones(1, 1, 1, 1))
        return F.interpolate(mask, size=size[::-1], mode="nearest")

    def _within(
        self, name: str, count: int, context: CutoutContext, settings: Settings, generator: torch.Generator
    ) -> CutPlan:
        if name not in self.masks:
            return cutouts.plan_cutouts(count, context, settings, generator)
        mask = self.masks[name]
        left, top, right, bottom = self.bounds(name)
        width, height = (right - left) * context.width, (bottom - top) * context.height
        inner = dataclasses.replace(context, width=max(1, math.ceil(width)), height=max(1, math.ceil(height)))
        plan = cutouts.plan_cutouts(count, inner, settings, generator)
        place = torch.tensor([[right - left, 0, left + right - 1], [0, bottom - top, top + bottom - 1], [0, 0, 1]])
        homographies = place @ plan.homographies
        covered = coverage(mask, homographies, plan.warps)
        if not bool(covered.any()):
            covered = torch.ones(count)
        return dataclasses.replace(plan, homographies=homographies, weights=plan.weights * covered)


def coverage(mask: Tensor, homographies: Tensor, warps: Tensor | None = None) -> Tensor:
    """The share of each cutout that lies where the mask is 1: (N,) in [0, 1].

    mask: (1, 1, h, w) over the whole picture. homographies, warps: see `CutPlan`.
    """
    grid = homography_grid(homographies, _SAMPLES, warps=warps)
    seen = F.grid_sample(mask.expand(len(grid), -1, -1, -1), grid, mode="nearest", align_corners=False)
    return seen.mean((1, 2, 3))


def _mask(name: str, masks: Mapping[str, np.ndarray]) -> Tensor:
    """A region as (1, 1, h, w) float32 in [0, 1]."""
    if not name.startswith("["):
        # A thing that is laid out has the edges of its box for a name.
        edges = REGIONS[name] if name in REGIONS else map(float, name.split(","))
        left, top, right, bottom = (round(edge * _GRAIN) for edge in edges)
        mask = torch.zeros(1, 1, _GRAIN, _GRAIN)
        mask[..., top:bottom, left:right] = 1
        return mask
    found = torch.from_numpy(masks[name[1:-1].removeprefix("-")])[None, None]
    return 1 - found if name.startswith("[-") else found


def _bounds(mask: Tensor) -> tuple[float, float, float, float]:
    """Edges of the rectangle around what is not 0, in shares of the sides."""
    rows, columns = ((mask[0, 0] > 0).any(axis).nonzero().flatten() for axis in (1, 0))
    height, width = mask.shape[2:]
    return (
        int(columns[0]) / width,
        int(rows[0]) / height,
        (int(columns[-1]) + 1) / width,
        (int(rows[-1]) + 1) / height,
    )

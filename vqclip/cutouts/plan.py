"""The cutouts of a step, planned by the cut method of the settings."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from vqclip.cutouts.augment import from_codes
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import CutPlan, squeeze
from vqclip.settings.cut_methods import module_of, parse_augments
from vqclip.settings.schema import Settings


def _method(settings: Settings) -> Any:
    """The module of the method, imported when first used. Raises KeyError without such a method."""
    return importlib.import_module(module_of(settings.cut_method))


def plan_cutouts(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """Plan `count` cutouts of one step. generator: Of the step, on the CPU."""
    if settings.augments is not None:
        chosen = from_codes(parse_augments(settings.augments), settings.augment, settings.cut_noise)
        context = replace(context, augmentation=chosen)
    plan: CutPlan = _method(settings).plan(count, context, settings, generator)
    return plan


def squeezes(settings: Settings) -> bool:
    """Whether the method takes its cutouts from the squeezed picture instead of the picture itself."""
    return bool(getattr(_method(settings), "SQUEEZED", False))


def source_of(image: Tensor, side: int, settings: Settings) -> Tensor:
    """What the method cuts: the picture itself, (1, 3, H, W), or its squeezed copy, (1, 3, side, side)."""
    return squeeze(image, side) if squeezes(settings) else image

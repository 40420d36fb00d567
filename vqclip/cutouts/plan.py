"""Where CLIP looks: the cutouts of a step, by the cut method that the settings name."""

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
    """The module of the method, imported when it is first used. Raises KeyError when there is no such file."""
    return importlib.import_module(module_of(settings.cut_method))


def plan_for(count: int, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
    """`count` cutouts of one step. generator: the step's, on the CPU."""
    if settings.augments is not None:
        chosen = from_codes(parse_augments(settings.augments), settings.augment, settings.cut_noise)
        context = replace(context, augmentation=chosen)
    plan: CutPlan = _method(settings).plan(count, context, settings, generator)
    return plan


def squeezes(settings: Settings) -> bool:
    """Whether the method's plans are over the squeezed picture, and not over the picture itself."""
    return bool(getattr(_method(settings), "SQUEEZED", False))


def source_of(image: Tensor, side: int, settings: Settings) -> Tensor:
    """What the method's plans are over: the picture itself, (1, 3, H, W), or its squeezed copy of `side`."""
    return squeeze(image, side) if squeezes(settings) else image

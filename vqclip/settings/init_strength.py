"""The meaning of --init-strength: the weights, steps, rate, stages and size of a run that starts from a picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from vqclip.settings.option import MAX_INIT_WEIGHT, MAX_SIDE, MIN_SIDE

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings

_OPACITY = 1.2
"""Of a candidate, divided by the strength. At 0.5 it shows clearly, and so do the details of the picture below it."""


def optimisation(strength: float, steps: int, pull: float = 0.5) -> dict[str, Any]:
    """The settings by which a picture is kept or changed.

    Pixel steps and coarse stages are left out at every strength, since they wipe out the details of a picture.

    Args:
        strength: From 0, which keeps the picture, to 1, which lets it change freely.
        steps: Of a run without an init picture, and of all strengths from 0.5 on.
        pull: The init weight at a strength of 0.5.
    """
    strength = min(max(strength, 0.0), 1.0) if math.isfinite(strength) else 0.5
    return {
        "iterations": max(min(steps, 1), round(steps * min(1.0, 2 * strength))),
        "learning_rate": round(max(0.2 * strength, 1e-6), 6),
        "init_weight": round(pull * (1 - strength) / max(strength, 1e-3), 6),
    }


def settings_of(
    strength: float, base: Settings, size: tuple[int, int] | None, *, masked: bool, prior: bool
) -> dict[str, Any]:
    """Everything that a strength stands for.

    Args:
        strength: From 0 to 1.
        base: The settings of a run without an init picture.
        size: Of the init picture; None where the user names another.
        masked: Whether a mask keeps a part of the picture. The rest starts from a candidate if there is a prior.
        prior: Whether the run may start from candidates.
    """
    prior = prior and strength > 0
    found = {"stages": 1, "pixel_steps": 0.0, **optimisation(strength, base.iterations, base.init_weight or 0.5)}
    if prior:
        # The candidate has the form already.
        found["learning_rate"] /= 2
    if masked:
        # What the mask frees is for something new, so nothing pulls it back to the picture.
        found["init_weight"] = 0.0
    elif prior:
        found["init_candidate"] = round(min(1.0, _OPACITY * strength), 6)
        # The pull is towards the picture with the candidate over it. A weak one loses the details of the picture.
        found["init_weight"] = min(MAX_INIT_WEIGHT, 4 * found["init_weight"])
    return found | {"size": size_like(*size, base.width * base.height)} if size else found


def size_like(width: int, height: int, area: int) -> str:
    """The size of a picture, or a smaller one in its shape where it has more than `area` pixels.

    Sides of the smaller one are even, as videos have them.
    """
    scale = math.sqrt(area / (width * height))
    if scale < 1:
        width, height = (round(side * scale / 2) * 2 for side in (width, height))
    return "x".join(str(min(max(side, MIN_SIDE), MAX_SIDE)) for side in (width, height))

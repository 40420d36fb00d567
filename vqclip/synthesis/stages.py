"""Coarse to fine: the picture size of each step.

A small picture costs a fraction of a large one and settles the form; the large one adds the detail.
"""

from __future__ import annotations

from dataclasses import dataclass

from vqclip.errors import UsageError
from vqclip.models.architecture import tokens_along
from vqclip.settings.layout import layout_of
from vqclip.settings.prompts import REGIONS
from vqclip.settings.schema import Settings

_SHARES = {1: (1.0,), 2: (0.4, 0.6), 3: (0.25, 0.25, 0.5)}
_REFINED = 0.05
"""Share of the steps of the last stage of a drawing that starts from a candidate and gets crisp edges."""
_CANDIDATE = 8
"""Tokens along a side of a candidate of the built-in prior; `stages=0` plans no smaller stage."""


@dataclass(frozen=True)
class Stage:
    """Steps `first` up to `last` (not included) optimise a picture of `width` x `height` pixels.

    pixels: its pixels themselves, instead of its latent.
    """

    index: int
    width: int
    height: int
    first: int
    last: int
    pixels: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def stages_of(settings: Settings, factor: int) -> tuple[Stage, ...]:
    """The stages of a run with a VQGAN of that factor, see `plan_stages`."""
    size = settings.width, settings.height
    candidate = 2 * _CANDIDATE if settings.uses_prior and settings.upsample_candidates else _CANDIDATE
    stages = settings.stages or _automatic_stages(tokens_along(min(size), factor), candidate * _drawings(settings))
    # What stops a run early looks at the last stage, which has to be long then.
    stops_early = settings.auto_stop or settings.until_score is not None
    refined = settings.refines and settings.uses_prior and not stops_early
    return plan_stages(*size, factor, stages, settings.iterations, settings.pixel_steps, refined=refined)


def _drawings(settings: Settings) -> int:
    """How many candidates lie along the shorter side of the picture, where a run starts from several."""
    if not settings.uses_prior:
        return 1
    layouts = (layout_of(settings, scene) for scene in range(len(settings.story.scenes)))
    if any(layout is not None and layout.is_composed for layout in layouts):
        return 2
    named = {prompt.region for prompt in settings.prompts if prompt.region and prompt.weight > 0}
    if not named:
        return 2 if any(settings.wraps) else 1
    width, height = settings.width, settings.height
    sides = []
    for name in named:
        # How large a mask is, its file says; half of the picture is a fair guess.
        left, top, right, bottom = REGIONS.get(name, REGIONS["centre"])
        sides.append(min((right - left) * width, (bottom - top) * height))
    return round(min(width, height) / min(sides))


def _automatic_stages(tokens: int, candidate: int) -> int:
    """The number of stages by which so many tokens shrink to those of a candidate, but not below."""
    return max(1, (tokens // candidate).bit_length())


def plan_stages(
    width: int,
    height: int,
    factor: int,
    stages: int,
    iterations: int,
    pixel_steps: float = 0.0,
    *,
    refined: bool = False,
) -> tuple[Stage, ...]:
    """Divide the steps over sizes that double from stage to stage.

    width, height: of the final picture; those before it are whole tokens of `factor` pixels. Two stages take 40 and
    60 % of the steps, three 25, 25 and 50 % (pytti-core, 2026), more take equal parts. If the picture is refined, the
    last of several stages takes a twentieth and those before it equal parts: its edges need few steps. Before all of
    them `pixel_steps`, a share of the steps, is a stage of the first size; the last step always optimises a latent.
    Raises UsageError when the first stage would have no picture.
    """
    columns, rows = tokens_along(width, factor), tokens_along(height, factor)
    smallest = min(columns, rows) >> (stages - 1)
    if smallest < 1:
        raise UsageError(
            f"{stages} stages are too many for {width}x{height}: the first would have no picture.",
            "Use fewer --stages or a larger --size.",
        )
    shares = _SHARES.get(stages, (1 / stages,) * stages)
    if refined and stages > 1:
        shares = (*[(1 - _REFINED) / (stages - 1)] * (stages - 1), _REFINED)
    coarse = [((columns >> shrink) * factor, (rows >> shrink) * factor) for shrink in range(stages - 1, 0, -1)]
    sizes = [*coarse, (width, height)]
    first = begun = min(round(pixel_steps * iterations), max(0, iterations - 1))
    plan = [Stage(0, *sizes[0], 0, begun, pixels=True)] if begun else []
    passed = 0.0
    for size, share in zip(sizes, shares, strict=True):
        passed += share
        last = iterations if size is sizes[-1] else begun + round(passed * (iterations - begun))
        plan.append(Stage(len(plan), *size, first, last))
        first = last
    return tuple(plan)

"""Coarse to fine: which picture size is climbed at which step.

A small picture costs a fraction of a large one and settles the form; the large one adds the detail.
"""

from __future__ import annotations

from dataclasses import dataclass

from vqclip.errors import UsageError
from vqclip.options.settings import Settings

_SHARES = {1: (1.0,), 2: (0.4, 0.6), 3: (0.25, 0.25, 0.5)}
#: Tokens along a side of a drawing of the built-in prior; no stage of fewer begins by itself.
_DRAFT = 8


@dataclass(frozen=True)
class Stage:
    """Steps `first` up to `last` (not included) are climbed at `width` x `height` pixels.

    ascent: by the pixels themselves, and not by a latent.
    """

    index: int
    width: int
    height: int
    first: int
    last: int
    ascent: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def stages_of(settings: Settings, factor: int) -> tuple[Stage, ...]:
    """The stages of a run with a VQGAN of that factor, see `plan_stages`."""
    size = settings.width, settings.height
    draft = 2 * _DRAFT if settings.uses_prior and settings.redraws else _DRAFT
    stages = settings.stages or _stages_with_room(min(size) // factor, draft)
    return plan_stages(*size, factor, stages, settings.iterations, settings.ascent)


def _stages_with_room(tokens: int, draft: int) -> int:
    """As many stages as halve that many tokens and leave those of a draft: smaller than itself it would be lost."""
    return max(1, (tokens // draft).bit_length())


def plan_stages(
    width: int, height: int, factor: int, stages: int, iterations: int, ascent: float = 0.0
) -> tuple[Stage, ...]:
    """Divide the steps over sizes that double from stage to stage.

    width, height: of the final picture, rounded down to whole tokens of `factor` pixels. Two stages take 40
    and 60 % of the steps, three 25, 25 and 50 % (pytti-core, 2026), more take equal parts. Before them all
    `ascent`, a share of the steps, is a stage of the first size; the last step is always one of a latent. Raises
    UsageError when the picture has no whole token or the first stage would have no picture.
    """
    columns, rows = width // factor, height // factor
    if not columns or not rows:
        raise UsageError(
            f"size {width}x{height} is smaller than one token of this VQGAN ({factor} pixels).",
            f"Valid: sides of {factor} pixels and more.",
        )
    smallest = min(columns, rows) >> (stages - 1)
    if smallest < 1:
        raise UsageError(
            f"{stages} stages are too many for {width}x{height}: the first would have no picture.",
            "Use fewer --stages or a larger --size.",
        )
    shares = _SHARES.get(stages, (1 / stages,) * stages)
    sizes = [((columns >> shrink) * factor, (rows >> shrink) * factor) for shrink in reversed(range(stages))]
    first = begun = min(round(ascent * iterations), max(0, iterations - 1))
    plan = [Stage(0, *sizes[0], 0, begun, ascent=True)] if begun else []
    passed = 0.0
    for size, share in zip(sizes, shares, strict=True):
        passed += share
        last = iterations if size is sizes[-1] else begun + round(passed * (iterations - begun))
        plan.append(Stage(len(plan), *size, first, last))
        first = last
    return tuple(plan)

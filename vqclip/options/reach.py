"""Which places among the steps a run reaches: a place that nothing of the run comes to is refused."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from vqclip.errors import UsageError
from vqclip.options.keyframes import Key, Keyframes, Place

if TYPE_CHECKING:
    from vqclip.options.settings import Settings

_HINT = "Give an earlier place, a share as 50%, or more --iterations."


def refuse_late(settings: Settings) -> None:
    """Raise UsageError for a place behind the end of the run, and for keys out of order in a run of so many steps."""
    steps = settings.iterations
    if not steps:
        return
    for name, course in _courses(settings):
        key = late_key(course, steps)
        if key is not None:
            raise UsageError(f"{name}: the key {key} comes after the end of the run, {_length(steps)}.", _HINT)
        # The motions of a film that is drawn anew count its frames.
        before, after = _swapped(course, steps) if name not in settings.courses else ("", "")
        if before:
            raise UsageError(
                f"{name}: {after} comes before {before} in a run of {steps} steps.", "Give the keys in their order."
            )
    for place in settings.drops:
        if _is_late(place, steps):
            raise UsageError(
                f"learning_rate_drops has no effect at {place}: the run ends before, {_length(steps)}.", _HINT
            )
    if settings.overlay_image and settings.overlay_until is not None:
        place = Place.parse(settings.overlay_until)
        if _is_late(place, steps):
            raise UsageError(f"overlay_until has no effect at {place}: the run ends before, {_length(steps)}.", _HINT)
    fade = settings.story.fade
    if len(settings.story.scenes) > 1 and fade.step(steps) > steps:
        raise UsageError(f"cross_fade is {fade}, longer than the run, {_length(steps)}.", "Valid: up to 100%.")


def late_key(course: Keyframes, steps: int) -> Key | None:
    """The first key that nothing of a run of `steps` is changed by.

    A key behind the end is not late while the way to it begins inside the run.
    """
    for before, key in pairwise(course.keys):
        begins_late = _is_late(before.place, steps) or key.easing == "hold"
        if _is_late(key.place, steps) and begins_late:
            return key
    return None


def _swapped(course: Keyframes, steps: int) -> tuple[str, str]:
    """Two keys, of which the second lies before the first one; steps and shares are in no order by themselves."""
    for before, after in pairwise(course.keys):
        if after.place.step(steps) < before.place.step(steps):
            return str(before.place), str(after.place)
    return "", ""


def _courses(settings: Settings) -> Iterator[tuple[str, Keyframes]]:
    """Every schedule that was asked for, with what the user calls it."""
    for text, term in zip(settings.loss, settings.losses, strict=True):
        yield f"loss {text!r}", term.course
    for prompt in settings.prompts:
        if prompt.course is not None:
            yield f"the prompt {prompt.text!r}", prompt.course
    for name in ("learning_rate_schedule", "cut_overview", "cut_grey"):
        if settings.changes(name):
            yield name, Keyframes.parse(getattr(settings, name))
    yield from settings.courses.items()


def _is_late(place: Place, steps: int) -> bool:
    return place.number >= (100 if place.percent else steps)


def _length(steps: int) -> str:
    return f"which has {steps} step{'' if steps == 1 else 's'}"

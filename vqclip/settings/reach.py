"""Which places among the steps a run reaches: a place that nothing of the run comes to is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from vqclip.errors import UsageError
from vqclip.schedules import Key, Position, Schedule

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings


@dataclass(frozen=True)
class Length:
    """How many steps, or frames, a run has that places are counted in; or a frame that is drawn by itself.

    more: the option that makes them more.
    """

    number: int
    whole: str = "run"
    unit: str = "step"
    more: str = "more --iterations"

    @property
    def size(self) -> str:
        """As in "20 steps"."""
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    def __str__(self) -> str:
        return f"the {self.whole}, which has {self.size}"

    def holds(self, place: Position) -> bool:
        """Whether the place lies before the end."""
        return place.number < (100 if place.percent else self.number)

    def refuse_after(self, what: str, place: Position) -> None:
        """Raise UsageError for a place at the end or behind it. what: has no effect there."""
        if not self.holds(place):
            raise UsageError(f"{what} has no effect at {place}: that is after the end of {self}.", self.hint)

    @property
    def hint(self) -> str:
        """What to do about a place behind the end."""
        return f"Give an earlier place, a share as 50%, or {self.more}."


@dataclass(frozen=True)
class Lengths:
    """What the prompts, the motions and all else that changes over the steps are counted in."""

    story: Length
    motion: Length
    climb: Length

    @classmethod
    def of(cls, steps: int, frame_steps: int = 0) -> Lengths:
        """Those of a run of `steps`; frame_steps: of each frame of moving pictures that are drawn anew, or 0."""
        run = Length(steps)
        if not frame_steps:
            return cls(run, run, run)
        more = "more --frame-steps"
        frames = Length(steps // frame_steps, "film", "frame", "more frames")
        return cls(Length(steps, "film", more=more), frames, Length(frame_steps, "frame", more=more))


def refuse_late(settings: Settings, frame_steps: int = 0) -> None:
    """Raise UsageError for a place behind the end of the run, and for keys out of order in a run of so many steps.

    frame_steps: as for `Lengths.of`.
    """
    if not settings.iterations:
        return
    lengths = Lengths.of(settings.iterations, frame_steps)
    for name, schedule, length in _schedules(settings, lengths):
        key = late_key(schedule, length)
        if key is not None:
            raise UsageError(f"{name}: the key {key} comes after the end of {length}.", length.hint)
        before, after = _swapped(schedule, length)
        if before:
            raise UsageError(
                f"{name}: {after} comes before {before} in a {length.whole} of {length.size}.",
                "Give the keys in their order.",
            )
    for place in settings.drops:
        lengths.climb.refuse_after("learning_rate_drops", place)
    if settings.overlay_image and settings.overlay_until is not None:
        lengths.climb.refuse_after("overlay_until", Position.parse(settings.overlay_until))
    story, fade = lengths.story, settings.story.fade
    if len(settings.story.scenes) > 1 and fade.step(story.number) > story.number:
        raise UsageError(f"cross_fade is {fade}, longer than {story}.", "Valid: up to 100%.")


def late_key(schedule: Schedule, length: Length) -> Key | None:
    """The first key that nothing is changed by.

    A key behind the end is not late while the way to it begins inside the run.
    """
    for before, key in pairwise(schedule.keys):
        begins_late = not length.holds(before.position) or key.interpolation == "hold"
        if not length.holds(key.position) and begins_late:
            return key
    return None


def _swapped(schedule: Schedule, length: Length) -> tuple[str, str]:
    """Two keys, of which the second lies before the first one; steps and shares are in no order by themselves."""
    for before, after in pairwise(schedule.keys):
        if after.position.step(length.number) < before.position.step(length.number):
            return str(before.position), str(after.position)
    return "", ""


def _schedules(settings: Settings, lengths: Lengths) -> Iterator[tuple[str, Schedule, Length]]:
    """Every schedule that was asked for, with what the user calls it and what its keys count."""
    for text, term in zip(settings.loss, settings.losses, strict=True):
        yield f"loss {text!r}", term.schedule, lengths.climb
    for prompt in settings.prompts:
        if prompt.schedule is not None:
            yield f"the prompt {prompt.text!r}", prompt.schedule, lengths.story
    for name in ("learning_rate_schedule", "cut_overview", "cut_grey"):
        if settings.changes(name):
            yield name, Schedule.parse(getattr(settings, name)), lengths.climb
    for name, schedule in settings.motion_schedules.items():
        yield name, schedule, lengths.motion

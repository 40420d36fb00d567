"""Schedules: numbers that change over the steps, as in `0:0, 100:1 cosine`.

Each key holds a position, a value and how to interpolate from the key before. A position is a step or a share of all
steps: `100` or `50%`. The first value holds before the first key, the last value after the last key. A schedule
depends on the step alone, so a resumed run has the same values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from vqclip.errors import UsageError

_POSITION = r"(\d+\.?\d*|\.\d+)\s*(%?)"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_KEY = re.compile(rf"{_POSITION}\s*:\s*([^\s:]+)(?:\s+(\S+))?")


def half_cosine(share: float) -> float:
    """Map a share from 0 to 1 to 0 to 1 along half a cosine: slow at both ends. Shares outside are clamped."""
    return 0.5 * (1 - math.cos(math.pi * min(1.0, max(0.0, share))))


INTERPOLATIONS: dict[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "cosine": half_cosine,
    "hold": lambda share: float(share >= 1),
}
"""Map the share of the steps between two keys to the share of the distance between their values."""


@dataclass(frozen=True)
class Position:
    """A step, or a percentage of all steps; neither is negative."""

    number: float
    percent: bool = False

    @staticmethod
    def parse(text: str) -> Position:
        """Read `100` or `50%`. Raises UsageError."""
        found = re.fullmatch(_POSITION, text.strip())
        if not found or not math.isfinite(float(found[1])):
            raise UsageError(
                f"{text.strip()!r} is neither a step nor a share of the steps.",
                "Write a step or a share: 100 or 50%.",
            )
        return Position(float(found[1]), bool(found[2]))

    def step(self, steps: int) -> float:
        """The step, in a run of `steps`."""
        return self.number * steps / 100 if self.percent else self.number

    def __str__(self) -> str:
        return _plain(self.number) + ("%" if self.percent else "")


@dataclass(frozen=True)
class Key:
    """The value at a position. interpolation: one of INTERPOLATIONS, from the key before to this one."""

    position: Position
    value: float
    interpolation: str = "linear"

    def __str__(self) -> str:
        return f"{self.position}:{_plain(self.value)}" + (
            "" if self.interpolation == "linear" else f" {self.interpolation}"
        )


@dataclass(frozen=True)
class Schedule:
    """A finite number at every step, given by keys."""

    keys: tuple[Key, ...]

    @staticmethod
    def parse(text: str) -> Schedule:
        """Read `0:0, 100:1 cosine`, or one number for all steps. Raises UsageError that names what is wrong."""
        if _NUMBER.fullmatch(text.strip()):
            return Schedule((Key(Position(0.0), _finite(text.strip())),))
        keys: list[Key] = []
        for part in text.split(","):
            found = _KEY.fullmatch(part.strip())
            if not found:
                raise UsageError(
                    f"{part.strip()!r} is not a key of a schedule.", "Write STEP:VALUE, as in 0:0, 100:1."
                )
            position = Position.parse(found[1] + found[2])
            interpolation = found[4] or "linear"
            if interpolation not in INTERPOLATIONS:
                raise UsageError(
                    f"{interpolation!r} is not an interpolation.", f"Valid: {', '.join(INTERPOLATIONS)}."
                )
            keys.append(Key(position, _finite(found[3]), interpolation))
        for before, after in pairwise(keys):
            same_unit = before.position.percent == after.position.percent
            if same_unit and after.position.number <= before.position.number:
                raise UsageError(f"{after.position} comes after {before.position}.", "Give the keys in their order.")
        return Schedule(tuple(keys))

    def at(self, step: float, steps: int) -> float:
        """The value at a step, 0 for the first, of a run of `steps`."""
        keys = sorted(self.keys, key=lambda key: key.position.step(steps))
        positions = [key.position.step(steps) for key in keys]
        following = next((number for number, position in enumerate(positions) if position > step), len(keys))
        if following in (0, len(keys)):
            return keys[min(following, len(keys) - 1)].value
        before, after = keys[following - 1], keys[following]
        share = (step - positions[following - 1]) / (positions[following] - positions[following - 1])
        return before.value + (after.value - before.value) * INTERPOLATIONS[after.interpolation](share)

    @property
    def peak(self) -> float:
        """The value that is farthest from 0."""
        return max((key.value for key in self.keys), key=abs)

    def __str__(self) -> str:
        return ", ".join(map(str, self.keys))


def check_shares(name: str, text: str) -> None:
    """Raise UsageError unless the schedule of the setting `name` keeps within 0 and 1."""
    try:
        keys = Schedule.parse(text).keys
    except UsageError as error:
        raise UsageError(f"{name}: {error.message}", error.hint) from None
    if not all(0 <= key.value <= 1 for key in keys):
        raise UsageError(f"{name} is {text!r}.", "Valid: shares from 0 to 1 over the steps, as in 0:0.75, 40%:0.25.")


def _finite(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"the value {text!r} is not a finite number.")
    return value


def _plain(number: float) -> str:
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e15 else repr(number)

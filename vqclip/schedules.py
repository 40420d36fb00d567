"""Numbers that change over the steps: `0:0, 100:1 cosine` says the value at a step, and how the way there goes.

A place is a step or a share of all steps: `100` or `50%`. Before the first key its value holds, after the last
key the last one's. Whatever is read here is a function of the step alone, so a resumed run has the same values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from vqclip.errors import UsageError

_PLACE = r"(\d+\.?\d*|\.\d+)\s*(%?)"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)
_KEY = re.compile(rf"{_PLACE}\s*:\s*([^\s:]+)(?:\s+(\S+))?")


def ease(share: float) -> float:
    """From 0 to 1 along half a cosine: slow at both ends. share: of the way, held within 0 to 1."""
    return 0.5 * (1 - math.cos(math.pi * min(1.0, max(0.0, share))))


EASINGS: dict[str, Callable[[float], float]] = {
    "linear": lambda share: share,
    "cosine": ease,
    "hold": lambda share: float(share >= 1),
}
"""How the way from one key to the next goes: the share of the distance covered, at a share of the steps."""


@dataclass(frozen=True)
class Place:
    """A step, or a percentage of all steps; neither is negative."""

    number: float
    percent: bool = False

    @staticmethod
    def parse(text: str) -> Place:
        """Read `100` or `50%`. Raises UsageError."""
        found = re.fullmatch(_PLACE, text.strip())
        if not found or not math.isfinite(float(found[1])):
            raise UsageError(f"{text.strip()!r} is no place among the steps.", "Write a step or a share: 100 or 50%.")
        return Place(float(found[1]), bool(found[2]))

    def step(self, steps: int) -> float:
        """The step, in a run of `steps`."""
        return self.number * steps / 100 if self.percent else self.number

    def __str__(self) -> str:
        return _plain(self.number) + ("%" if self.percent else "")


@dataclass(frozen=True)
class Key:
    """The value at a place. easing: one of EASINGS, of the way from the key before."""

    place: Place
    value: float
    easing: str = "linear"

    def __str__(self) -> str:
        return f"{self.place}:{_plain(self.value)}" + ("" if self.easing == "linear" else f" {self.easing}")


@dataclass(frozen=True)
class Keyframes:
    """A finite number at every step, through its keys."""

    keys: tuple[Key, ...]

    @staticmethod
    def parse(text: str) -> Keyframes:
        """Read `0:0, 100:1 cosine`, or one number for all steps. Raises UsageError that names what is wrong."""
        if _NUMBER.fullmatch(text.strip()):
            return Keyframes((Key(Place(0.0), _finite(text.strip())),))
        keys: list[Key] = []
        for part in text.split(","):
            found = _KEY.fullmatch(part.strip())
            if not found:
                raise UsageError(f"{part.strip()!r} is no key of a schedule.", "Write STEP:VALUE, as in 0:0, 100:1.")
            place = Place.parse(found[1] + found[2])
            easing = found[4] or "linear"
            if easing not in EASINGS:
                raise UsageError(f"{easing!r} is no easing.", f"Valid: {', '.join(EASINGS)}.")
            keys.append(Key(place, _finite(found[3]), easing))
        for before, after in pairwise(keys):
            same_unit = before.place.percent == after.place.percent
            if same_unit and after.place.number <= before.place.number:
                raise UsageError(f"{after.place} comes after {before.place}.", "Give the keys in their order.")
        return Keyframes(tuple(keys))

    def at(self, step: float, steps: int) -> float:
        """The value at a step, 0 for the first, of a run of `steps`."""
        keys = sorted(self.keys, key=lambda key: key.place.step(steps))
        places = [key.place.step(steps) for key in keys]
        following = next((number for number, place in enumerate(places) if place > step), len(keys))
        if following in (0, len(keys)):
            return keys[min(following, len(keys) - 1)].value
        before, after = keys[following - 1], keys[following]
        share = (step - places[following - 1]) / (places[following] - places[following - 1])
        return before.value + (after.value - before.value) * EASINGS[after.easing](share)

    @property
    def peak(self) -> float:
        """The value that is farthest from 0."""
        return max((key.value for key in self.keys), key=abs)

    def __str__(self) -> str:
        return ", ".join(map(str, self.keys))


def check_shares(name: str, text: str) -> None:
    """Raise UsageError unless the schedule of the setting `name` keeps within 0 and 1."""
    try:
        keys = Keyframes.parse(text).keys
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

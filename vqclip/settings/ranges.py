"""What is valid for one setting: its range or words, a picture's size, a CLIP with its weight."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from vqclip.errors import UsageError
from vqclip.files import excerpt, printable
from vqclip.schedules import Schedule

MAX_SIDE = 8192
PLAIN_TEXTS = ("prompt_prefix", "prompt_suffix")
"""Texts without a grammar that go to CLIP."""


@dataclass(frozen=True)
class Option:
    """What is known about one setting beside its type and default.

    help: one line. unit: of the number, if it has one. low/high: the closed valid range. choices: the valid
    words. group: the panel of the help page. shapes_picture: whether two runs that differ in it alone may
    draw different pictures. separator: between several values in a variable.
    """

    help: str
    group: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    shapes_picture: bool = True
    separator: str = ","


def option(default: Any, group: str, help: str, **known: Any) -> Any:
    """The field of a setting. known: of Option."""
    return field(default=default, metadata={"option": Option(help, group, **known)})


def parse_size(size: str) -> tuple[int, int]:
    """Read `WIDTHxHEIGHT` or one number for a square, in pixels.

    Raises UsageError that states the valid range.
    """
    valid = f"Valid: WIDTHxHEIGHT with sides from 16 to {MAX_SIDE} pixels, as in 256x192."
    sides = size.strip().lower().replace("×", "x").split("x")
    if len(sides) not in (1, 2) or not all(side.strip().isascii() and side.strip().isdigit() for side in sides):
        raise UsageError(f"size {size!r} is not a size.", valid)
    width, height = int(sides[0][:9]), int(sides[-1][:9])
    for side in (width, height):
        if not 16 <= side <= MAX_SIDE:
            raise UsageError(f"size {size!r} has a side of {side} pixels.", valid)
    return width, height


def check(name: str, value: Any, option: Option) -> None:
    """Raise UsageError for a value that is no valid one; of a schedule, for any of its keys."""
    if value is None:
        return
    for text in value if isinstance(value, tuple) else (value,):
        if isinstance(text, str) and "\0" in text:
            raise UsageError(f"{name} holds a NUL character.", "Leave it out.")
        if name in PLAIN_TEXTS and any("\ud800" <= character <= "\udfff" for character in text):
            raise UsageError(f"{name} holds an unpaired surrogate, half of a character.", "Write it again.")
    if option.choices and value not in option.choices:
        raise UsageError(f"{name} is {value!r}.", f"Valid: {', '.join(option.choices)}.")
    if isinstance(value, bool) or option.low is None or option.high is None:
        return
    numbers = [value]
    if isinstance(value, str):
        try:
            numbers = [key.value for key in Schedule.parse(value).keys]
        except UsageError as error:
            raise UsageError(f"{name} is {value!r}: {error.message}", error.hint) from None
    if not all(math.isfinite(number) and option.low <= number <= option.high for number in numbers):
        unit = f" {option.unit}" if option.unit else ""
        raise UsageError(f"{name} is {value}.", f"Valid: {option.low:g} to {option.high:g}{unit}.")


_TYPES: dict[str, tuple[type, ...]] = {
    "None": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "str": (str,),
}


def check_type(name: str, value: object, annotation: str) -> None:
    """Raise UsageError for a value that is not of the type that `Settings` declares, as `int | None`."""
    if annotation.startswith("tuple"):
        fits = isinstance(value, tuple) and all(type(item) is str for item in value)
    else:
        fits = type(value) in [kind for part in annotation.split(" | ") for kind in _TYPES[part]]
    if not fits:
        raise UsageError(f"{name} is {excerpt(printable(repr(value)), 80)}.", f"Valid: {annotation}.")


def parse_clip(clip: str) -> tuple[str, float]:
    """Split `NAME:WEIGHT` into the name and its weight (1 when not given).

    `local-dir:PATH` keeps its colon. Raises UsageError for a weight that is not finite.
    """
    head, colon, tail = clip.rpartition(":")
    if not colon or head in ("local-dir", "hf-hub"):
        return clip, 1.0
    try:
        weight = float(tail)
    except ValueError:
        return clip, 1.0
    if not math.isfinite(weight):
        raise UsageError(f"clip {clip!r} has the weight {tail}.", "A weight is a finite number, as in tiny:0.5.")
    return head, weight

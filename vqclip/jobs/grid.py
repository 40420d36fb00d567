"""A grid over settings: from `NAME=VALUE,VALUE` to all combinations of the values."""

from __future__ import annotations

import csv
import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vqclip import files
from vqclip.errors import UsageError, did_you_mean
from vqclip.settings.presets import ALL_SETTINGS
from vqclip.settings.schema import options

MOST_CELLS = 10_000
_RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})")
_EXAMPLE = "Write NAME=VALUE,VALUE, as in --vary learning-rate=0.05,0.1"


@dataclass(frozen=True)
class Axis:
    """A setting and its values as text."""

    name: str
    values: tuple[str, ...]


def parse_axis(text: str) -> Axis:
    """Read `NAME=VALUE,VALUE`. A value with a comma stands in double quotes; `1..8` is the whole numbers 1 to 8.

    Raises UsageError for what names no setting, and for no value or the same one twice.
    """
    name, sign, listed = text.partition("=")
    name = name.strip().lower().replace("-", "_")
    shown = files.printable(f"--vary {text}")[:200]
    if not sign:
        raise UsageError(f"{shown}: there is no =.", f"{_EXAMPLE}.")
    if name not in options():
        raise UsageError(f"{shown}: unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS))
    values: list[str] = []
    try:
        row = next(csv.reader([listed], skipinitialspace=True), [])
    except csv.Error:
        if len(listed.splitlines()) > 1:
            raise UsageError(f"{shown}: a value has a line end.", "Put such a value in double quotes.") from None
        raise UsageError(f"{shown}: a value has more than {csv.field_size_limit()} characters.", _EXAMPLE) from None
    for value in row:
        found = _RANGE.fullmatch(value.strip())
        if found:
            first, last = int(found[1]), int(found[2])
            if not 0 <= last - first < MOST_CELLS:
                raise UsageError(
                    f"{shown}: {value.strip()} is not a valid range.",
                    f"A range runs upwards, as 1..3, over up to {MOST_CELLS} numbers.",
                )
            values += map(str, range(first, last + 1))
        else:
            values.append(value.strip())
    if not values or "" in values:
        raise UsageError(f"{shown}: a value is missing.", f"{_EXAMPLE}.")
    if len(set(values)) < len(values):
        again = next(value for value in values if values.count(value) > 1)
        raise UsageError(f"{shown}: {again} is given twice.", "Each value would draw the same picture again.")
    return Axis(name, tuple(values))


def check(axes: Sequence[Axis], given: Mapping[str, Any]) -> None:
    """Refuse what cannot be varied.

    Args:
        axes: All axes.
        given: Settings of every run, by name; None is not given.

    Raises:
        UsageError: A setting is varied twice, or also given, or there are more than MOST_CELLS combinations.
    """
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is varied twice.", "Put all of its values into one --vary.")
        if given.get(name) is not None:
            shown = "the prompt" if name == "prompt" else f"--{flag(name)}"
            raise UsageError(f"{name} is varied, so {shown} has no effect.", "Leave one of the two out.")
    count = math.prod(len(axis.values) for axis in axes)
    if count > MOST_CELLS:
        raise UsageError(f"the grid has {count} runs.", f"Valid: up to {MOST_CELLS}; sweep fewer values.")


def combinations(axes: Sequence[Axis]) -> Iterator[dict[str, str]]:
    """Yield every combination of values, by the names of their settings; those of the last axis change fastest."""
    for values in itertools.product(*(axis.values for axis in axes)):
        yield dict(zip((axis.name for axis in axes), values, strict=True))


def label(values: Mapping[str, str]) -> str:
    """Name a combination: its values after their settings, and the prompt alone."""
    return ", ".join(value if name == "prompt" else f"{flag(name)} {value}" for name, value in values.items())


def origin(values: Mapping[str, str]) -> str:
    """Return where a combination was read, for messages."""
    return ", ".join(f"--vary {flag(name)}={files.printable(value)[:200]}" for name, value in values.items())


def flag(name: str) -> str:
    """Spell the name of a setting as in its flag."""
    return name.replace("_", "-")

"""Read the labels of a classification."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vqclip import reading
from vqclip.errors import UsageError


def read(listed: str | None, file: Path | None) -> list[str]:
    """Read labels from a text with commas, and from a file with one in each line (`-` is standard input).

    Lines that start with # are ignored; a backslash before it makes a label of the line.

    Raises UsageError when there are none, InputError for a file that cannot be read or is not UTF-8.
    """
    labels = listed.split(",") if listed else []
    if file is not None:
        lines = [line.strip() for line in reading.read_lines(file)]
        labels += [line.removeprefix("\\") if line.startswith("\\#") else line for line in lines if line[:1] != "#"]
    labels = [" ".join(label.split()) for label in labels]
    labels = [label for label in labels if label]
    if not labels:
        hint = 'Name some, as in --labels "car,apple,tree", or give --labels-file. Words without a flag are pictures.'
        raise UsageError("there are no labels.", hint)
    return labels


def merge(labels: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return each label once, in its first spelling, and warnings about repeated and single labels."""
    first: dict[str, str] = {}
    for label in labels:
        first.setdefault(label.casefold(), label)
    warnings = []
    if len(first) < len(labels):
        again = len(labels) - len(first)
        warnings.append(f"{again} label{'s are' if again > 1 else ' is'} there already; each counts once.")
    if len(first) == 1:
        warnings.append("there is nothing to compare: a single label always gets 100 %.")
    return list(first.values()), warnings

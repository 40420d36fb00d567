"""Rows of a batch file: plain prompts, CSV, JSON lines, or the options of A1111's "prompts from file"."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from vqclip import reading
from vqclip.errors import UsageError, did_you_mean
from vqclip.settings.presets import ALL_SETTINGS
from vqclip.settings.schema import options

_NEGATIVE = "negative"
# Names of other tools for the settings of vqclip.
_NAMES = {
    "negative_prompt": _NEGATIVE, "steps": "iterations", "n_iter": "iterations", "text": "prompt",
    "caption": "prompt",
}  # fmt: skip
_SEPARATORS = ",;\t"

Row = Mapping[str, str]


def rows(path: Path, name: str) -> Iterator[tuple[int, Row]]:
    """Read the lines of a file, or of standard input for `-`.

    Args:
        path: The file. The first line shows what it is: a header with a column `prompt`, an object of JSON, an
            option such as `--prompt`, or else a prompt.
        name: Of the file, for messages.

    Yields:
        The number of each line that is no remark, and its settings by name.

    Raises:
        UsageError: A line cannot be read, or names no setting.
        InputError: The file cannot be read.
    """
    lines = reading.read_lines(path)
    first = next((line.strip() for line in lines if line.strip() and not line.startswith("#")), "")
    columns = [part.strip().strip('"').lower() for part in re.split(f"[{_SEPARATORS}]", first)]
    if "prompt" in columns and len(columns) > 1:
        found = _csv(lines, first)
    elif first.startswith("{"):
        found = ((number, _json(line, f"{name}, line {number}")) for number, line in _numbered(lines))
    elif first.startswith("--"):
        found = ((number, _options(line, f"{name}, line {number}")) for number, line in _numbered(lines))
    else:
        yield from ((number, {"prompt": line.removeprefix("\\" if line.startswith("\\#") else "")})
                    for number, line in _numbered(lines))  # fmt: skip
        return
    for number, row in found:
        yield number, _settings(row, f"{name}, line {number}")


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(map(str.strip, lines), 1):
        if line and not line.startswith("#"):
            yield number, line


def _csv(lines: list[str], header: str) -> Iterator[tuple[int, Row]]:
    separator = max(_SEPARATORS, key=header.count)
    reader = csv.DictReader((f"{line}\n" for line in lines), delimiter=separator, skipinitialspace=True)
    for row in reader:
        if None in row:
            raise UsageError(f"line {reader.line_num} has more columns than the header.", "Quote texts with commas.")
        yield reader.line_num, {str(key).strip(): value for key, value in row.items() if value}


def _json(line: str, origin: str) -> Row:
    with reading.refusing(f"{origin} is not JSON", "Write one object on each line.", UsageError):
        values = reading.parse_json(line)
        if not isinstance(values, dict):
            raise ValueError("it is no object")
    return {key: str(value) for key, value in values.items() if value is not None}


def _options(line: str, origin: str) -> Row:
    try:
        words = shlex.split(line)
    except ValueError as problem:
        raise UsageError(f"{origin}: {problem}.", "Close the quotes.") from None
    pairs = list(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or not all(name.startswith("--") for name, _ in pairs):
        raise UsageError(f"{origin} is not read as options with a value each.", 'Write --prompt "a tree" --seed 3.')
    return {name.removeprefix("--"): value for name, value in pairs}


def _settings(row: Row, origin: str) -> Row:
    found: dict[str, str] = {}
    for column, value in row.items():
        name = column.lower().replace("-", "_").replace(" ", "_")
        name = _NAMES.get(name, name)
        if name not in options() and name != _NEGATIVE:
            known = [*options(), _NEGATIVE]
            raise UsageError(
                f"{origin}: the column {column!r} names no setting.", did_you_mean(name, known, ALL_SETTINGS)
            )
        found[name] = value
    if negative := found.pop(_NEGATIVE, "").strip():
        # A comma may be in it, but a bar would end it.
        found["prompt"] = f"{found.get('prompt', '')} | {negative.replace('|', ',')}:-0.5"
    return found

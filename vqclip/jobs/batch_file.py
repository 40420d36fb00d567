"""Rows of a batch file: plain prompts, CSV, JSON lines, or the options of A1111's "prompts from file"."""

from __future__ import annotations

import csv
import functools
import itertools
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vqclip import files, reading
from vqclip.errors import UsageError, VqclipError, did_you_mean
from vqclip.jobs import lines
from vqclip.object_copies import MAX_LIST_BYTES, local_file
from vqclip.object_store import address_of
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
Reader = Callable[[str, str], Row]


@dataclass(frozen=True)
class Line:
    """A line that is no remark: its number, its settings by name, or what is wrong with it."""

    number: int
    row: Row = field(default_factory=dict)
    error: VqclipError | None = None


class BatchFile:
    """A file of prompts, its address in an object store, or standard input for `-`. It is read as a stream.

    The first line shows what it is: a header with a column `prompt`, an object of JSON, an option such as
    `--prompt`, or else a prompt.

    Args:
        path: The file.
        stop: Ends standard input when it returns a signal.
    """

    def __init__(self, path: Path, stop: lines.Stop = lambda: None) -> None:
        self._path, self._stop = path, stop
        address = address_of(path)
        here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        self.name = "standard input" if str(path) == "-" else files.printable(address or here)

    def lines(self) -> Iterator[Line]:
        """Yield the lines, each checked by itself.

        Raises:
            UsageError: The header names no setting, or the text is no CSV.
            InputError: The file cannot be read.
        """
        texts, skipped, read = self._opened()
        if read is not None:
            for number, text in _numbered(texts, skipped):
                yield self._line(number, text, read)
            return
        rows = self._csv(texts, skipped)
        number, header = next(rows)
        _settings(dict.fromkeys(filter(str.strip, header), "1"), f"{self.name}, line {number}")
        for number, cells in rows:
            yield self._line(number, "".join(cells), functools.partial(_cells, header, cells))

    def keys(self, seeded: bool) -> Iterator[int] | None:
        """Yield a number for each line that is no remark, without checking it; None for standard input.

        Lines that are one run have equal numbers: those with equal text and a seed.

        Args:
            seeded: Whether all lines have the same seed.
        """
        if str(self._path) == "-":
            return None
        texts, skipped, read = self._opened()
        if read is not None:
            words: Mapping[Reader, str] = {_json: '"seed"', _options: "--seed"}
            word = words.get(read)
            found = ((text, seeded or (word is not None and word in text)) for _, text in _numbered(texts))
        else:
            rows = self._csv(texts, skipped)
            names = [name.strip().lower() for name in next(rows)[1]]
            at = names.index("seed") if "seed" in names else len(names)
            found = (("\0".join(cells), seeded or any(map(str.strip, cells[at : at + 1]))) for _, cells in rows)
        return (hash(text) if once else hash((text, number)) for number, (text, once) in enumerate(found))

    def _opened(self) -> tuple[Iterator[str], int, Reader | None]:
        """Return the lines, how many came before them, and the function that reads one; None for it with CSV."""
        source = lines.read(local_file(self._path, MAX_LIST_BYTES), self.name, self._stop)
        skipped, first = -1, ""
        for first in source:
            skipped += 1
            if first.strip() and not first.startswith("#"):
                break
        texts = itertools.chain([first], source)
        columns = [part.strip().strip('"').lower() for part in re.split(f"[{_SEPARATORS}]", first)]
        if "prompt" in columns and len(columns) > 1:
            return texts, skipped, None
        reads = _json if first.lstrip().startswith("{") else _options if first.lstrip().startswith("--") else _prompt
        return texts, skipped, reads

    def _line(self, number: int, text: str, read: Reader) -> Line:
        origin = f"{self.name}, line {number}"
        try:
            if not lines.is_text(text):
                raise UsageError(f"{origin} is not UTF-8 text.", "Save the file as UTF-8.")
            row = read(text, origin)
            return Line(number, row if read is _prompt else _settings(row, origin))
        except VqclipError as error:
            return Line(number, error=error)

    def _csv(self, texts: Iterator[str], skipped: int) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the last line of each row, and its cells."""
        first = next(texts)
        separator = max(_SEPARATORS, key=first.count)
        whole = (f"{line}\n" for line in itertools.chain([first], texts))
        reader = csv.reader(whole, delimiter=separator, skipinitialspace=True)
        try:
            for cells in reader:
                if any(cells):
                    yield skipped + reader.line_num, cells
        except csv.Error as problem:
            number = skipped + reader.line_num
            raise UsageError(f"{self.name}, line {number}: {problem}.", "Quote texts with commas.") from None


def _numbered(texts: Iterable[str], skipped: int = 0) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(map(str.strip, texts), skipped + 1):
        if line and not line.startswith("#"):
            yield number, line


def _prompt(line: str, origin: str) -> Row:
    return {"prompt": line.removeprefix("\\") if line.startswith("\\#") else line}


def _cells(header: list[str], cells: list[str], _: str, origin: str) -> Row:
    if len(cells) > len(header):
        raise UsageError(f"{origin} has more columns than the header.", "Quote texts with commas.")
    return {name.strip(): cell for name, cell in zip(header, cells, strict=False) if cell}


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

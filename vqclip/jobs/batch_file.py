"""Rows of a batch file: plain prompts, CSV, JSON lines, or the options of A1111's "prompts from file"."""

from __future__ import annotations

import csv
import functools
import itertools
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vqclip import files, reading
from vqclip.errors import UsageError, VqclipError, did_you_mean
from vqclip.events import Stop, never
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
_UNUSED = frozenset((
    "batch_size", "cfg_scale", "do_not_save_grid", "do_not_save_samples", "n_iter", "outpath_grids",
    "outpath_samples", "prompt_for_display", "restore_faces", "sampler_index", "sampler_name", "sd_model",
    "seed_resize_from_h", "seed_resize_from_w", "styles", "subseed", "subseed_strength", "tiling",
))  # fmt: skip
"""Options of A1111's lines that a vqclip run does not have."""
_SIDES = ("width", "height")
_SEPARATORS = ",;\t"
_LIST_OF_JSON = re.compile(r'\s*\[\s*(?:[{"]|$)')

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

    Attributes:
        name: Of the file, for messages.
        unused: Options of A1111 in the lines so far that have no effect, without their values.
    """

    def __init__(self, path: Path, stop: Stop = never) -> None:
        self._path, self._stop = path, stop
        self.unused: set[str] = set()
        address = address_of(path)
        here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
        self.name = "standard input" if str(path) == "-" else files.printable(address or here)

    def lines(self) -> Iterator[Line]:
        """Yield the lines, each checked by itself.

        Raises:
            UsageError: The header names no setting, or one twice, or no prompt, or the text is a list of JSON.
            InputError: The file cannot be read.
        """
        texts, skipped, read = self._opened()
        if read is not None:
            for number, text in _numbered(texts, skipped):
                yield self._line(number, text, read)
            return
        rows = self._csv(texts, skipped)
        number, header = next(rows)
        if isinstance(header, UsageError):
            raise header
        _settings([(name, "1") for name in header if name.strip()], f"{self.name}, line {number}")
        for number, cells in rows:
            if isinstance(cells, UsageError):
                yield Line(number, error=cells)
            else:
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
            rows = (cells if isinstance(cells, list) else [str(cells)] for _, cells in self._csv(texts, skipped))
            names = list(map(_name, next(rows)))
            at = names.index("seed") if "seed" in names else len(names)
            found = (("\0".join(cells), seeded or any(map(str.strip, cells[at : at + 1]))) for cells in rows)
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
        if _LIST_OF_JSON.match(first):
            problem = f"{self.name}, line {skipped + 1} starts a list of JSON."
            raise UsageError(problem, "Write one object on each line, without brackets and commas around them.")
        columns = [_name(part.strip().strip('"')) for part in re.split(f"[{_SEPARATORS}]", first)]
        if len(columns) > 1 or self._path.suffix.lower() in (".csv", ".tsv"):
            if "prompt" in columns:
                return texts, skipped, None
            if all(map(_is_known, columns)):
                raise UsageError(
                    f"{self.name}, line {skipped + 1} names no column 'prompt'.", "Add one to the header."
                )
        reads = _json if first.lstrip().startswith("{") else _options if first.lstrip().startswith("--") else _prompt
        return texts, skipped, reads

    def _line(self, number: int, text: str, read: Reader) -> Line:
        origin = f"{self.name}, line {number}"
        try:
            if not lines.is_text(text):
                raise UsageError(f"{origin} is not UTF-8 text.", "Save the file as UTF-8.")
            row = read(text, origin)
            if read is _options:
                unused = row.keys() & _UNUSED
                self.unused |= unused
                row = {f"--{name}": value for name, value in row.items() if name not in unused}
            return Line(number, row if read is _prompt else _settings(row.items(), origin))
        except VqclipError as error:
            return Line(number, error=error)

    def _csv(self, texts: Iterator[str], skipped: int) -> Iterator[tuple[int, list[str] | UsageError]]:
        """Yield the number of the last line of each row, and its cells or what is wrong with it."""
        first = next(texts)
        separator = max(_SEPARATORS, key=first.count)
        own: list[str] = []

        def remembered() -> Iterator[str]:
            for line in itertools.chain([first], texts):
                own.append(f"{line}\n")
                yield own[-1]

        reader = csv.reader(remembered(), delimiter=separator, skipinitialspace=True)
        while True:
            own.clear()
            try:
                cells = next(reader, None)
                if len(own) > 1:
                    _check_quotes(own, separator)
            except csv.Error as problem:
                where = f"{self.name}, line {skipped + reader.line_num - len(own) + 1}"
                hint = "Quote texts with commas and line ends, and double the quotes within."
                yield skipped + reader.line_num, UsageError(f"{where}: {problem}.", hint)
                continue
            if cells is None:
                return
            if any(cells):
                yield skipped + reader.line_num, cells


def _check_quotes(lines: Sequence[str], separator: str) -> None:
    """Raise csv.Error when a text in quotes that began in these lines of a row does not end in them."""
    try:
        for _ in csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True):
            pass
    except csv.Error as problem:
        if "end of data" in str(problem):
            raise csv.Error("a quote is opened and not closed") from None


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
            raise ValueError("it is not an object")
        for key, value in values.items():
            if isinstance(value, (dict, list)):
                raise ValueError(f"{key!r} is neither a text nor a number")
    return {key: str(value) for key, value in values.items() if value is not None}


def _options(line: str, origin: str) -> Row:
    try:
        words = shlex.split(line)
    except ValueError as problem:
        raise UsageError(f"{origin}: {problem}.", "Close the quotes.") from None
    pairs = list(zip(words[::2], words[1::2], strict=False))
    if len(words) % 2 or not all(name.startswith("--") for name, _ in pairs):
        raise UsageError(
            f"{origin} is not a list of options, each with a value.", 'Write --prompt "a tree" --seed 3.'
        )
    return {name.removeprefix("--"): value for name, value in pairs}


def _name(column: str) -> str:
    """The name of the setting that a column or key means."""
    name = column.strip().lower().removeprefix("--").replace("-", "_").replace(" ", "_")
    return _NAMES.get(name, name)


def _is_known(name: str) -> bool:
    return name in options() or name == _NEGATIVE or name in _SIDES


def _settings(row: Iterable[tuple[str, str]], origin: str) -> Row:
    found: dict[str, str] = {}
    for column, value in row:
        name = _name(column)
        if not _is_known(name):
            known = [*options(), _NEGATIVE]
            kind = "option" if column.startswith("--") else "column"
            raise UsageError(
                f"{origin}: there is no setting for the {kind} {column!r}.", did_you_mean(name, known, ALL_SETTINGS)
            )
        if name in found:
            kind = "options" if column.startswith("--") else "columns"
            raise UsageError(f"{origin}: two {kind} name the setting {name!r}.", "Leave one of them out.")
        found[name] = value
    _join_sides(found, origin)
    if negative := found.pop(_NEGATIVE, "").strip():
        # A comma may be in it, but a bar would end it.
        found["prompt"] = f"{found.get('prompt', '')} | {negative.replace('|', ',')}:-0.5"
    return found


def _join_sides(found: dict[str, str], origin: str) -> None:
    """Make the size of a width and a height. Raises UsageError for one of them, or with a size."""
    sides = {name: found.pop(name) for name in _SIDES if name in found}
    if not sides:
        return
    if len(sides) < 2:
        raise UsageError(f"{origin}: {next(iter(sides))} is given alone.", "Give width and height, or size.")
    if "size" in found:
        raise UsageError(f"{origin}: width, height and size are given.", "Leave the size or the other two out.")
    found["size"] = "x".join(side.strip() for side in sides.values())

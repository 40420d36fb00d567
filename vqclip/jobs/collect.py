"""Collect what a batch has drawn so far: table.csv, table.jsonl, sheets, and the gallery.

The tables hold the runs that are finished or failed, in the order of their lines. A sheet has up to 500 pictures, and
is only written again when one of them changed.
"""

from __future__ import annotations

import csv
import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from vqclip import files, reading
from vqclip.errors import InputError, UsageError, VqclipError
from vqclip.events import Event, Saved, Warned
from vqclip.jobs import command, gallery, ledger
from vqclip.media import images

MOST_PICTURES = 500
"""On one sheet."""
SHEET_SIDE, SHEET_PIXELS = 256, 40_000_000
MOST_COLUMNS = 12
_MOST_READERS = 100
_MARKS, _MAX_MARKS_BYTES = ".sheets.json", 16_000_000
_COLUMNS = ("status", "score", "loss", "steps", "seconds", "path", "folder", "message")


@dataclass(frozen=True)
class Row:
    """A run in the tables.

    Attributes:
        values: What is varied, by setting.
        path: Of the picture, relative to the folder of the batch; None for a failed run.
        message: Why it failed.
    """

    number: int
    id: str
    prompt: str = ""
    seed: int | None = None
    status: str = "finished"
    values: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    path: str | None = None
    score: float | None = None
    loss: float | None = None
    steps: int = 0
    seconds: float = 0.0
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as in table.jsonl."""
        folder = None if self.path is None else str(PurePosixPath(self.path).parent)
        values = {name: text for name, text in self.values.items() if name not in ("prompt", "seed")}
        own = {name: value for name, value in vars(self).items() if name not in ("number", "values", "label")}
        return {"run": self.number, **own, **values, "folder": folder}


class Rows:
    """The last record of each run in a ledger, in the order of the runs; only their places are in memory."""

    def __init__(self, directory: Path) -> None:
        self._paths = ledger.paths(directory)
        latest: dict[bytes, tuple[int, int, int]] = {}
        done = set[bytes]()
        for file, path in enumerate(self._paths):
            for offset, record in ledger.records(path):
                job, number, event = record.get("job"), record.get("number"), record["event"]
                if event not in ("finished", "failed") or not ledger.is_id(job) or type(number) is not int:
                    continue
                key = bytes.fromhex(str(job))
                # Once finished, a run is finished.
                if key not in done:
                    latest[key] = (number, file, offset)
                if event == "finished":
                    done.add(key)
        self._places = sorted(latest.values())

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        readers: dict[int, ledger.Reader] = {}
        try:
            for _, file, offset in self._places:
                if file not in readers:
                    if len(readers) >= _MOST_READERS:
                        readers.pop(next(iter(readers))).close()
                    readers[file] = ledger.Reader(self._paths[file])
                if (row := _row(readers[file].at(offset))) is not None:
                    yield row
        finally:
            for reader in readers.values():
                reader.close()


def collect(directory: Path, *, pictures: bool = True, finished: bool = True) -> Iterator[Event]:
    """Write the tables, the sheets and the gallery of a batch or sweep, and yield what is written.

    Args:
        directory: Of the batch.
        pictures: Whether to write sheets and gallery too.
        finished: Whether nothing is drawn any more; otherwise there is no gallery.

    Raises:
        UsageError: There is no batch.
        OutputError: A file cannot be written.
    """
    asked = command.read(directory)
    rows = Rows(directory)
    yield from _tables(directory, rows, [axis.name for axis in asked.axes])
    if pictures:
        yield from _sheets(directory, rows, asked)
        if len(rows) and finished:
            yield from _gallery(directory)


def _row(record: Mapping[str, Any]) -> Row | None:
    """Check a record of a ledger, which may come from another person."""
    values = record.get("values")
    names = ("number", "job", "event", "prompt", "seed", "path", "score", "loss", "steps", "seconds", "label")
    number, job, status, prompt, seed, path, score, loss, steps, seconds, label = map(record.get, names)
    if not ledger.is_id(job) or type(number) is not int or status not in ("finished", "failed"):
        return None
    inside = isinstance(path, str) and not PurePosixPath(path).is_absolute() and ".." not in PurePosixPath(path).parts
    return Row(
        number,
        str(job),
        prompt=str(prompt or ""),
        seed=seed if type(seed) is int else None,
        status=str(status),
        values={str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {},
        label=str(label or ""),
        path=str(path) if inside else None,
        score=_number(score),
        loss=_number(loss),
        steps=steps if type(steps) is int else 0,
        seconds=_number(seconds) or 0.0,
        message=str(record.get("reason") or ""),
    )


def _number(value: object) -> float | None:
    return float(value) if type(value) in (int, float) else None  # type: ignore[arg-type]


def _tables(directory: Path, rows: Iterable[Row], varied: list[str]) -> Iterator[Event]:
    """Write table.csv and table.jsonl, a line for each run."""
    columns = ["run", "prompt", "seed", *(name for name in varied if name not in ("prompt", "seed")), *_COLUMNS]
    table, lines = directory / "table.csv", directory / "table.jsonl"
    with (
        files.atomic(table) as one,
        files.atomic(lines) as other,
        one.open("w", encoding="utf-8", errors="backslashreplace", newline="") as cells,
        other.open("wb") as full,
    ):
        writer = csv.DictWriter(cells, columns, restval="", extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in rows:
            values = row.to_dict()
            full.write(files.canonical(values).encode("utf-8", "backslashreplace") + b"\n")
            for name in ("score", "loss"):
                values[name] = "" if values[name] is None else f"{values[name]:.5f}"
            writer.writerow(values | {"seconds": f"{row.seconds:.2f}"})
    yield Saved("table", table, 0)


def _sheets(directory: Path, rows: Rows, asked: command.Command) -> Iterator[Event]:
    """Write the sheets whose pictures changed, each for 500 lines; the first is sheet.png."""
    known, marks = _known_marks(directory), dict[str, str]()
    columns = len(asked.axes[-1].values) if asked.axes else MOST_COLUMNS + 1
    if columns > MOST_COLUMNS or (len(asked.axes) == (asked.kind == "sweep") and columns > 6):
        columns = min(MOST_COLUMNS, max(4, round(min(len(rows), MOST_PICTURES) ** 0.5)))
    for group, of_group in itertools.groupby(rows, lambda row: (row.number - 1) // MOST_PICTURES):
        # Lines of several files may have the same numbers.
        for part, chunk in enumerate(iter(lambda: list(itertools.islice(of_group, MOST_PICTURES)), [])):  # noqa: B023
            name = "sheet.png" if group == part == 0 else f"sheet-{group + 1:03d}{f'-{part + 1}' if part else ''}.png"
            shown = [(row.id, row.status, row.score, row.label) for row in chunk]
            marks[name] = hashlib.sha256(repr((shown, columns)).encode()).hexdigest()[:20]
            if known.get(name) != marks[name] or not files.is_file(directory / name):
                _sheet(directory, chunk, columns, directory / name)
            yield Saved("sheet", directory / name, 0)
    if marks != known:
        files.write_json(directory / _MARKS, marks)


def _known_marks(directory: Path) -> dict[str, str]:
    try:
        values = reading.read_json(directory / _MARKS, _MAX_MARKS_BYTES)
    except InputError:
        return {}
    return values if isinstance(values, dict) else {}


def _sheet(directory: Path, rows: Sequence[Row], columns: int, path: Path) -> None:
    """Write one sheet: the pictures, each above its label."""
    pictures: list[images.Pixels | None] = []
    labels = []
    largest = min(SHEET_SIDE, int((SHEET_PIXELS / len(rows)) ** 0.5))
    for row in rows:
        try:
            found = None if row.path is None else images.shrink(images.open_image(directory / row.path), largest)
        except InputError:
            found = None
        pictures.append(found)
        outcome = f"score {row.score:.3f}" if row.status == "finished" and row.score is not None else row.status
        labels.append(f"{row.label}: {outcome}")
    side = max((max(picture.shape[:2]) for picture in pictures if picture is not None), default=96)
    blank = np.full((side, side, 3), 225, dtype=np.uint8)
    shown = [blank if picture is None else picture for picture in pictures]
    images.save_png(path, images.contact_sheet(shown, labels, columns), {})


def _gallery(directory: Path) -> Iterator[Event]:
    """Write gallery.html; when that fails, the runs are there all the same."""
    try:
        page = gallery.write(directory)
    except UsageError:
        return  # no run is left
    except VqclipError as error:
        yield Warned(f"there is no gallery: {error}")
        return
    if page.warning:
        yield Warned(page.warning)
    yield Saved("gallery", page.path, 0)

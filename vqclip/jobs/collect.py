"""Collect what a batch has drawn so far: table.csv, table.jsonl, sheets, and the gallery.

The tables hold the runs that are finished or failed, in the order of their lines. A sheet has up to 500 pictures, and
is only written again when one of them changed.
"""

from __future__ import annotations

import contextlib
import csv
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files, reading
from vqclip.errors import InputError, UsageError, VqclipError
from vqclip.events import Event, Saved, Warned
from vqclip.jobs import command, gallery, ledger, sheets

_MOST_READERS = 100
_LAST = 2**62
_KEPT, _MAX_KEPT_BYTES, _SCHEMA = ".collected.json", 16_000_000, 1
_TABLE = "table.csv"
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
        folder = None if self.path is None else self.path.rpartition("/")[0] or "."
        values = {name: text for name, text in self.values.items() if name not in ("prompt", "seed")}
        own = {name: value for name, value in vars(self).items() if name not in ("number", "values", "label")}
        return {"run": self.number, **own, **values, "folder": folder}


class Rows:
    """The last record of each run in a ledger, in the order of the runs; only their places are in memory."""

    def __init__(self, directory: Path) -> None:
        self._paths = ledger.paths(directory)
        found = array("q")
        for file, path in enumerate(self._paths):
            for event, run, offset, line in ledger.entries(path):
                if event not in (b"finished", b"failed") or run is None:
                    continue
                if (number := ledger.number_of(line)) is not None:
                    # Of each run the first "finished" counts, or else the last "failed".
                    rank = len(found) if event == b"finished" else _LAST - len(found)
                    found.extend((run - 2**63, rank, number, file, offset))
        table = np.frombuffer(found, np.int64).reshape(-1, 5)
        order = np.lexsort((table[:, 1], table[:, 0]))
        table = table[order[np.unique(table[order, 0], return_index=True)[1]]]
        self._places = table[np.lexsort((table[:, 4], table[:, 3], table[:, 2])), 3:]

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        readers: dict[int, ledger.Reader] = {}
        try:
            for file, offset in map(np.ndarray.tolist, self._places):
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

    When the ledger has not changed since the last call, everything is left as it is.

    Args:
        directory: Of the batch.
        pictures: Whether to write sheets and gallery too.
        finished: Whether nothing is drawn any more; otherwise there is no gallery.

    Raises:
        UsageError: There is no batch.
        OutputError: A file cannot be written.
    """
    asked = command.read(directory)
    mark, known = ledger.mark(directory), _known(directory)
    if finished and known["ledger"] == mark and all(files.is_file(directory / name) for _, name in known["saved"]):
        yield from (Saved(kind, directory / name, 0) for kind, name in known["saved"])
        return
    rows = Rows(directory)
    yield from _tables(directory, rows, [axis.name for axis in asked.axes])
    if pictures:
        marks = yield from sheets.write(directory, rows, asked, known["sheets"])
        pages = list(_gallery(directory)) if len(rows) and finished else []
        yield from pages
        whole = finished and not any(isinstance(event, Warned) for event in pages)
        saved = [("table", _TABLE), *(("sheet", name) for name in marks)]
        saved += [("gallery", event.path.name) for event in pages if isinstance(event, Saved)]
        kept = {"schema": _SCHEMA, "ledger": mark if whole else "", "sheets": marks, "saved": saved}
        files.write_json(directory / _KEPT, kept)


def _known(directory: Path) -> dict[str, Any]:
    """What an earlier call wrote: which ledger it read, the sheets with digests of them, and all files by kind."""
    from vqclip.records import CollectedRecord, checked

    with contextlib.suppress(InputError, ValueError):
        values = reading.read_json(directory / _KEPT, _MAX_KEPT_BYTES)
        if isinstance(values, dict) and values.pop("schema", None) == _SCHEMA:
            return dict(checked(CollectedRecord, values))
    return {"ledger": None, "sheets": {}, "saved": []}


def _row(record: Mapping[str, Any]) -> Row | None:
    """Check a record of a ledger, which may come from another person."""
    values = record.get("values")
    names = ("number", "job", "event", "prompt", "seed", "path", "score", "loss", "steps", "seconds", "label")
    number, job, status, prompt, seed, path, score, loss, steps, seconds, label = map(record.get, names)
    if not ledger.is_id(job) or type(number) is not int or status not in ("finished", "failed"):
        return None
    inside = isinstance(path, str) and not path.startswith("/") and ".." not in path.split("/")
    return Row(
        number,
        str(job),
        prompt=str(prompt or ""),
        seed=seed if type(seed) is int else None,
        status=str(status),
        values={str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {},
        label=str(label or prompt or ""),
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
    table, lines = directory / _TABLE, directory / "table.jsonl"
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

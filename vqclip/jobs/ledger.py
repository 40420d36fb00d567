"""The ledger of a batch: JSON lines that say what happened to each run, in the folder `ledger` of the batch.

Every process that draws a batch or a part of it appends to a file of its own, so that many can write beside each
other. The records are:

    {"event": "opened", "shard": "3/16", "total": 100000, ...}     the process starts
    {"event": "started", "job": "0123...", "number": 17}
    {"event": "finished", "job": "0123...", "prompt": ..., "seed": ..., "path": ..., "score": ..., ...}
    {"event": "failed", "job": "0123...", "reason": ...}
    {"event": "preempted", "job": "0123...", "reason": ...}        the run is drawn again
    {"event": "stopped", "job": "0123..."}                         the run kept its last step
    {"event": "total", "total": 99998}                             all lines are read
    {"event": "closed"}                                            the process ends

An unfinished last line, of a process that was killed, is skipped. All reading and writing is in this module.
"""

from __future__ import annotations

import os
import platform
import re
import secrets
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files, reading
from vqclip.errors import OutputError
from vqclip.jobs.digests import DigestSet
from vqclip.jobs.shards import Shard
from vqclip.picture_files import is_whole_png

FOLDER = "ledger"
BEAT_SECONDS = 60.0
"""A process that draws touches its file at least this often."""
NOTHING = (DigestSet(), 0)
"""What `finished` returns for a new folder."""
MAX_LINE_BYTES = 2_000_000
# The keys of a record are in the order of the alphabet. The start of an id is its number in a `DigestSet`.
_HEAD = re.compile(rb'\{"event":"([a-z]+)"(?:,"job":"([0-9a-f]{16})[0-9a-f]{4}")?[,}]')
_PATH = re.compile(rb'"path":"([^"\\]+)"[,}]')
_NUMBER = re.compile(rb'"number":(\d{1,12})[,}]')
_ID = re.compile(r"[0-9a-f]{20}")


class Ledger:
    """The file of this process. It is made with the first record, so that a refused command leaves none."""

    def __init__(self, directory: Path, shard: Shard) -> None:
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        name = f"{shard.index:05d}-of-{shard.count:05d}-{stamp}-{secrets.token_hex(4)}.jsonl"
        self.path = directory / FOLDER / name
        self._handle: int | None = None
        self._beat = 0.0

    def write(self, event: str, **values: object) -> None:
        """Append a record with the time. Raises OutputError."""
        line = files.canonical({"event": event, **values, "time": round(time.time(), 3)}) + "\n"
        data = line.encode("utf-8", "backslashreplace")
        try:
            if self._handle is None:
                self.path.parent.mkdir(exist_ok=True)
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
                self._handle = os.open(self.path, flags, 0o666)
            if os.write(self._handle, data) < len(data):
                raise OSError(28, "")  # the disk is full
        except OSError as error:
            raise files.output_error(self.path, error) from error
        self._beat = time.monotonic()

    def begin(self, shard: Shard, total: int | None) -> None:
        """Write the first record."""
        self.write("opened", shard=str(shard), total=total, pid=os.getpid(), host=platform.node())

    def beat(self) -> None:
        """Show that this process lives, if it has not written for a while."""
        if self._handle is not None and time.monotonic() - self._beat > BEAT_SECONDS:
            self._beat = time.monotonic()
            os.utime(self.path)

    def close(self) -> None:
        """Write the last record, if there is a first."""
        if self._handle is not None:
            self.write("closed")
            os.close(self._handle)
            self._handle = None


def paths(directory: Path) -> list[Path]:
    """The files of a ledger, in the order of their names."""
    return [path for path in files.matching(directory / FOLDER, "*.jsonl") if files.is_file(path)]


def entries(path: Path) -> Iterator[tuple[bytes, int | None, int, bytes]]:
    """Yield the event, the run, the offset and the line of each record of a file.

    The lines are not parsed, which would take most of the time of reading a large ledger. The run is `digests.number`
    of its id; None for a record of no run. Damaged lines are skipped.
    """
    with reading.open_regular(path, OutputError, empty=True) as handle:
        offset = 0
        while line := handle.readline(MAX_LINE_BYTES):
            start, offset = offset, offset + len(line)
            head = _HEAD.match(line)
            if head and line.endswith(b"}\n"):
                yield head[1], int(head[2], 16) if head[2] else None, start, line


def mark(directory: Path) -> str:
    """A text that changes when a record is appended to a ledger."""
    return files.canonical([(path.name, path.stat().st_size) for path in paths(directory)])


class Reader:
    """Reads single records of a file."""

    def __init__(self, path: Path) -> None:
        self._handle = reading.open_regular(path, OutputError, empty=True)

    def at(self, offset: int) -> dict[str, Any]:
        """The values of the record at an offset that `entries` yielded; empty if it is damaged by now."""
        self._handle.seek(offset)
        return parsed(self._handle.readline(MAX_LINE_BYTES))

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


def finished(directory: Path, shard: Shard, *, here: bool = True) -> tuple[DigestSet, int]:
    """Return the ids of all finished runs, and how many of them belong to a shard.

    The files of all shards are read: another shard may have drawn a run of this one, before lines were added or
    removed, or with another number of shards. here: The folder holds the pictures too, and a run whose picture is
    missing or incomplete is not finished.
    """
    runs, numbers = array("Q"), array("q")
    for path in paths(directory):
        for event, run, _, line in entries(path):
            if event == b"finished" and run is not None and (number := number_of(line)) is not None:
                picture = _PATH.search(line) if here else None
                if picture and not is_whole_png(directory / os.fsdecode(picture[1])):
                    continue
                runs.append(run)
                numbers.append(number)
    unique, first = np.unique(np.frombuffer(runs, np.uint64), return_index=True)
    mine = (np.frombuffer(numbers, np.int64)[first] - shard.index) % shard.count == 0
    return DigestSet(unique), int(mine.sum())


def number_of(line: bytes) -> int | None:
    """The number of the run of a record."""
    # Quotes inside of texts are escaped, so no text looks like this.
    found = _NUMBER.search(line)
    return int(found[1]) if found else None


def is_id(value: object) -> bool:
    """Whether a value is the id of a run."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def parsed(line: bytes) -> dict[str, Any]:
    """The values of a record; empty if it is damaged."""
    try:
        row = reading.parse_json(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}

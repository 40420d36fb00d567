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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vqclip import files, reading
from vqclip.errors import OutputError
from vqclip.jobs.digests import DigestSet
from vqclip.jobs.shards import Shard

FOLDER = "ledger"
BEAT_SECONDS = 60.0
"""A process that draws touches its file at least this often."""
NOTHING = (DigestSet(), 0)
"""What `finished` returns for a new folder."""
_JOB, _NUMBER = re.compile(rb'"job":"([0-9a-f]{20})"'), re.compile(rb'"number":(\d{1,12})[,}]')
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
    return files.matching(directory / FOLDER, "*.jsonl")


def records(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the offset and the values of each record of a file; damaged lines are skipped."""
    with reading.open_regular(path, OutputError, empty=True) as handle:
        offset = 0
        while line := handle.readline(reading.MAX_LINE_BYTES):
            start, offset = offset, offset + len(line)
            if line.endswith(b"\n") and (row := _parsed(line)) is not None:
                yield start, row


class Reader:
    """Reads single records of a file."""

    def __init__(self, path: Path) -> None:
        self._handle = reading.open_regular(path, OutputError, empty=True)

    def at(self, offset: int) -> dict[str, Any]:
        """The values of the record at an offset that `records` yielded; empty if it is damaged by now."""
        self._handle.seek(offset)
        return _parsed(self._handle.readline(reading.MAX_LINE_BYTES)) or {}

    def close(self) -> None:
        """Close the file."""
        self._handle.close()


def finished(directory: Path, shard: Shard) -> tuple[DigestSet, int]:
    """Return the ids of all finished runs, and how many of them belong to a shard."""
    found, mine = DigestSet(), 0
    for path in paths(directory):
        with reading.open_regular(path, OutputError, empty=True) as handle:
            while line := handle.readline(reading.MAX_LINE_BYTES):
                # Much faster than to parse all of it. Quotes inside of texts are escaped, so no text looks like this.
                if b'"event":"finished"' in line and line.endswith(b"}\n"):
                    job, number = _JOB.search(line), _NUMBER.search(line)
                    if job and number:
                        mine += found.add(job[1].decode()) and shard.takes(int(number[1]))
    return found, mine


def is_id(value: object) -> bool:
    """Whether a value is the id of a run."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        row = reading.parse_json(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) and isinstance(row.get("event"), str) else None

"""How far a batch is, from its ledger alone: it may be drawn by many machines, or by none at the moment."""

from __future__ import annotations

import contextlib
import itertools
import os
import platform
import time
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vqclip import files
from vqclip.jobs import command, ledger

MOST_LISTED = 20
"""Failures that are listed one by one."""


@dataclass
class _Session:
    """One process that draws or drew a part of a batch."""

    path: Path
    shard: str
    total: int | None
    opened: float
    lives: bool
    running: set[int] = field(default_factory=set)
    # The numbers of digests, and the offsets of the records of the failed runs.
    finished: array[int] = field(default_factory=lambda: array("Q"))
    failed: array[int] = field(default_factory=lambda: array("Q"))
    places: array[int] = field(default_factory=lambda: array("q"))


@dataclass(frozen=True)
class Status:
    """How far a batch is.

    Attributes:
        total: Different runs; None while standard input is read.
        running: Runs that living processes draw now.
        failed: Runs that failed when they were last tried.
        runs_per_minute: Of the living processes together.
        seconds_left: At this rate; None when it is unknown, 0 when nothing is left.
        failures: Line or run, prompt and reason of the failed runs.
    """

    total: int | None
    done: int
    running: int
    failed: int
    runs_per_minute: float | None
    seconds_left: float | None
    failures: tuple[tuple[int, str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as `vqclip status --json` prints them."""
        failures = [{"run": run, "prompt": prompt, "reason": reason} for run, prompt, reason in self.failures]
        return vars(self) | {"failures": failures}

    def lines(self) -> Iterator[str]:
        """Yield it in words, a line for each fact."""
        total = "an unknown number" if self.total is None else str(self.total)
        yield f"done     {self.done} of {total}"
        yield f"running  {self.running}"
        yield f"failed   {self.failed}"
        if self.runs_per_minute:
            yield f"rate     {self.runs_per_minute:.3g} runs per minute"
        if self.seconds_left:
            hours, minutes = divmod(round(self.seconds_left / 60), 60)
            yield f"left     {hours} h {minutes} min" if hours else f"left     {self.seconds_left:.0f} s"
        if not self.running and (self.total is None or self.done < self.total):
            yield "nothing draws it now: give the same command again, or vqclip resume, to draw the rest"
        for run, prompt, reason in self.failures:
            yield f"run {run}: {files.excerpt(prompt, 60)}: {reason}"
        if self.failed > len(self.failures):
            yield f"and {self.failed - len(self.failures)} more; vqclip collect lists them in table.csv"


def status(directory: Path) -> Status:
    """Read the ledger of a batch or sweep. Raises UsageError when there is none."""
    command.read(directory)
    sessions = [found for path in ledger.paths(directory) if (found := _session(path)) is not None]
    # The last way in which the batch was divided counts, and of each part the last process.
    newest = max(sessions, key=lambda session: session.opened, default=None)
    current: dict[str, _Session] = {}
    for session in sorted(sessions, key=lambda session: session.opened):
        if newest is not None and session.shard.partition("/")[2] == newest.shard.partition("/")[2]:
            current[session.shard] = session
    finished = _runs(session.finished for session in sessions)
    failed = np.setdiff1d(_runs(session.failed for session in current.values()), finished, assume_unique=True)
    done, failures = len(finished), len(failed)
    totals = [session.total for session in current.values() if session.total is not None]
    total = max(min(totals), done + failures) if totals else None
    living = [session for session in sessions if session.lives]
    rate = sum(len(each.finished) / max(1.0, time.time() - each.opened) for each in living)
    left = None if total is None else max(0, total - done - failures)
    seconds = 0.0 if left == 0 else left / rate if left is not None and rate else None
    return Status(
        total,
        done,
        sum(len(each.running) for each in living),
        failures,
        round(60 * rate, 3) if rate else None,
        None if seconds is None else round(seconds, 1),
        tuple(sorted(itertools.islice(_listed(current.values(), failed), MOST_LISTED))),
    )


def _session(path: Path) -> _Session | None:
    """Read the file of one process."""
    session = None
    for event, run, offset, line in ledger.entries(path):
        if session is None:
            opened = ledger.parsed(line)
            if event != b"opened" or not isinstance(opened.get("time"), (int, float)):
                return None
            lives = _lives(opened, path.stat().st_mtime)
            session = _Session(path, str(opened.get("shard")), _whole(opened.get("total")), opened["time"], lives)
        if event == b"total":
            session.total = _whole(ledger.parsed(line).get("total"))
        elif event == b"closed":
            session.lives = False
        if run is None:
            continue
        session.running.discard(run)
        if event == b"started":
            session.running.add(run)
        elif event == b"finished":
            session.finished.append(run)
        elif event == b"failed":
            session.failed.append(run)
            session.places.append(offset)
    return session


def _runs(parts: Iterable[array[int]]) -> npt.NDArray[np.uint64]:
    """The different runs of several processes, in order."""
    return np.unique(np.concatenate([np.empty(0, np.uint64), *(np.frombuffer(part, np.uint64) for part in parts)]))


def _listed(sessions: Iterable[_Session], failed: npt.NDArray[np.uint64]) -> Iterator[tuple[int, str, str]]:
    """Yield number, prompt and reason of the failed runs."""
    for session in sessions:
        with contextlib.closing(ledger.Reader(session.path)) as reader:
            for index in np.flatnonzero(np.isin(np.frombuffer(session.failed, np.uint64), failed)):
                yield _failure(reader.at(session.places[index]))


def _lives(opened: dict[str, Any], changed: float) -> bool:
    """Whether the process that opened a file is still there, as far as it can be seen from this machine."""
    pid = opened.get("pid")
    if opened.get("host") == platform.node() and type(pid) is int and os.name != "nt":
        return files.is_alive(pid)
    return time.time() - changed < 3 * ledger.BEAT_SECONDS


def _whole(value: object) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _failure(record: dict[str, Any]) -> tuple[int, str, str]:
    return _whole(record.get("number")) or 0, str(record.get("prompt") or ""), str(record.get("reason") or "")

"""How far a batch is, from its ledger alone: it may be drawn by many machines, or by none at the moment."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.jobs import command, ledger

MOST_LISTED = 20
"""Failures that are listed one by one."""


@dataclass
class _Session:
    """One process that draws or drew a part of a batch."""

    shard: str
    total: int | None
    opened: float
    changed: float = 0.0
    lives: bool = False
    finished: int = 0
    running: set[str] = field(default_factory=set)
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)


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
        for run, prompt, reason in self.failures:
            yield f"run {run}: {files.excerpt(prompt, 60)}: {reason}"
        if self.failed > len(self.failures):
            yield f"and {self.failed - len(self.failures)} more; vqclip collect lists them in table.csv"


def status(directory: Path) -> Status:
    """Read the ledger of a batch or sweep. Raises UsageError when there is none."""
    command.read(directory)
    done: set[str] = set()
    sessions = [found for path in ledger.paths(directory) if (found := _session(path, done)) is not None]
    # The last way in which the batch was divided counts, and of each part the last process.
    newest = max(sessions, key=lambda session: session.opened, default=None)
    current: dict[str, _Session] = {}
    for session in sorted(sessions, key=lambda session: session.opened):
        if newest is not None and session.shard.partition("/")[2] == newest.shard.partition("/")[2]:
            current[session.shard] = session
    failed = {job: record for session in current.values() for job, record in session.failed.items()}
    failed = {job: record for job, record in failed.items() if job not in done}
    totals = [session.total for session in current.values() if session.total is not None]
    total = max(min(totals), len(done) + len(failed)) if totals else None
    living = [session for session in sessions if session.lives]
    rate = sum(each.finished / max(1.0, time.time() - each.opened) for each in living)
    left = None if total is None else max(0, total - len(done) - len(failed))
    seconds = 0.0 if left == 0 else left / rate if left is not None and rate else None
    listed = [_failure(record) for record in list(failed.values())[:MOST_LISTED]]
    return Status(
        total,
        len(done),
        sum(len(each.running) for each in living),
        len(failed),
        round(60 * rate, 3) if rate else None,
        None if seconds is None else round(seconds, 1),
        tuple(sorted(listed)),
    )


def _session(path: Path, done: set[str]) -> _Session | None:
    """Read the file of one process, and add the runs that it finished to `done`."""
    session = None
    for _, record in ledger.records(path):
        event, job, stamp = record["event"], record.get("job"), record.get("time")
        if session is None:
            if event != "opened" or not isinstance(stamp, (int, float)):
                return None
            session = _Session(str(record.get("shard")), _whole(record.get("total")), float(stamp))
            session.changed = path.stat().st_mtime
            session.lives = _lives(record, session.changed)
        if event == "total":
            session.total = _whole(record.get("total"))
        elif event == "closed":
            session.lives = False
        if not ledger.is_id(job):
            continue
        session.running.discard(str(job))
        if event == "started":
            session.running.add(str(job))
        elif event == "finished":
            session.finished += str(job) not in done
            done.add(str(job))
        elif event == "failed":
            session.failed[str(job)] = record
    return session


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

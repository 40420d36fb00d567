"""A snapshot on request, beside those of --snapshot-every.

SIGUSR1 asks for one: Slurm and submitit send it to a job before they take its machine away. The run continues.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator

_SIGNAL: signal.Signals | None = getattr(signal, "SIGUSR1", None)


class _Request:
    # A plain attribute: the handler of a signal must not wait for a lock that the interrupted code may hold.
    pending = False


def ask(*_: object) -> None:
    """Ask for a snapshot after the step in progress."""
    _Request.pending = True


def taken() -> bool:
    """Whether a snapshot was asked for since the last call."""
    asked, _Request.pending = _Request.pending, False
    return asked


def listen() -> None:
    """Let SIGUSR1 ask for a snapshot in this process, for good. Without a handler it ends the process."""
    if _SIGNAL is not None:
        signal.signal(_SIGNAL, ask)


@contextlib.contextmanager
def on_signal() -> Iterator[None]:
    """Let SIGUSR1 ask for a snapshot, unless the caller of this process set it to something else."""
    if _SIGNAL is None or signal.getsignal(_SIGNAL) != signal.SIG_DFL:
        yield
        return
    listen()
    try:
        yield
    finally:
        signal.signal(_SIGNAL, signal.SIG_DFL)


@contextlib.contextmanager
def ignored() -> Iterator[None]:
    """Ignore SIGUSR1, also in processes that are started meanwhile, until they listen themselves."""
    before = None if _SIGNAL is None else signal.signal(_SIGNAL, signal.SIG_IGN)
    try:
        yield
    finally:
        if _SIGNAL is not None:
            signal.signal(_SIGNAL, before)


def pass_on(processes: list[int]) -> None:
    """Send a request of this process to others, by their numbers."""
    if _SIGNAL is not None and taken():
        for number in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, _SIGNAL)

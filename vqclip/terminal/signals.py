"""SIGINT, SIGTERM and SIGHUP as a question that the recorder asks after each step.

The first signal lets the step end and the snapshot be written; the second ends the run at once. Before the
first step there is nothing to keep, so there the first one ends it at once.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from vqclip.errors import Interrupted, VqclipError

_HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopSignals:
    """While entered, signals are noted instead of obeyed. Call it for the noted signal's number, or None."""

    def __init__(self) -> None:
        self.climbing = False
        self._noted: int | None = None
        self._before: dict[int, Any] = {}

    def __call__(self) -> int | None:
        """The signal that asks for an end after this step."""
        return self._noted

    def __enter__(self) -> StopSignals:
        # A signal that is ignored stays so: nohup does that to SIGHUP, and a shell to the SIGINT of a job behind it.
        heard = [number for number in _HANDLED if signal.getsignal(number) != signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._note) for number in heard}
        return self

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self._noted is not None and isinstance(problem, Exception) and not isinstance(problem, VqclipError):
            # A library that was being imported has put an exception of its own in the place of Interrupted.
            raise Interrupted("stopped at once.", "", self._noted) from problem

    def _note(self, number: int, _: FrameType | None) -> None:
        again = self._noted is not None
        self._noted = number
        if again or not self.climbing:
            raise Interrupted("stopped at once.", "", number)

"""SIGINT, SIGTERM and SIGHUP as a question that the recorder asks after each step.

The first signal lets the step end and the snapshot be written; the second ends the run at once. Before the
first step there is nothing to keep, so there the first one ends it at once.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import signal
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import Any

from vqclip.errors import Interrupted, VqclipError

_HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class StopSignals:
    """While entered, signals are noted instead of obeyed. Call it for the noted signal's number, or None."""

    def __init__(self) -> None:
        self.optimising = False
        self._noted: int | None = None
        self._before: dict[int, Any] = {}
        self._reminder: _Reminder | None = None

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
        if self._reminder in sys.meta_path:
            sys.meta_path.remove(self._reminder)
        if self._noted is not None and isinstance(problem, Exception) and self._replaced(problem):
            raise Interrupted("stopped at once.", "", self._noted) from problem

    def _replaced(self, problem: Exception) -> bool:
        """Whether an exception has taken the place of Interrupted.

        Readers take it for the fault of what they read. omegaconf makes another one of the same class, with lines of
        its own in the message. While a run is being kept, an error of ours is one of keeping it.
        """
        if isinstance(problem, Interrupted):
            return "\n" in problem.message
        return not (self.optimising and isinstance(problem, VqclipError))

    def _note(self, number: int, frame: FrameType | None) -> None:
        again = self._noted is not None
        self._noted = number
        if again or not self.optimising:
            if self._reminder is None and _imports(frame):
                self._reminder = _Reminder(number)
                sys.meta_path.insert(0, self._reminder)
            raise Interrupted("stopped at once.", "", number)


class _Reminder(importlib.abc.MetaPathFinder):
    """Finds no module, but raises Interrupted again at the next import.

    Libraries try imports and drop whatever exception ends them, Interrupted too. torch makes hundreds of imports.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """None while Interrupted is being handled; else raises it."""
        if isinstance(sys.exc_info()[1], Interrupted):
            return None
        raise Interrupted("stopped at once.", "", self._number)


def _imports(frame: FrameType | None) -> bool:
    """Whether a frame is part of an import."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False

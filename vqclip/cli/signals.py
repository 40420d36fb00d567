"""Note SIGINT, SIGTERM and SIGHUP, so that a run can end after its step.

After the first signal the step is finished and a snapshot written; the second ends the run at once. Before the first
step there is nothing to save, and the first signal ends it at once.
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
    """A context in which signals are noted. Calling it returns the number of the noted signal, or None."""

    def __init__(self) -> None:
        self.optimising = False
        self._noted: int | None = None
        self._before: dict[int, Any] = {}
        self._reminder: _Reminder | None = None

    def __call__(self) -> int | None:
        """Return the signal that asks for a stop after this step, or None."""
        return self._noted

    def request(self) -> None:
        """Ask for a stop after this step, as the first SIGINT does, from any thread."""
        if self._noted is None:
            self._noted = int(signal.SIGINT)

    def __enter__(self) -> StopSignals:
        # Ignored signals stay ignored, as SIGHUP under nohup and SIGINT in background jobs of a shell.
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
        """Return whether an exception replaced Interrupted.

        Code that reads files may convert it to an error about the file. omegaconf makes another exception of the same
        class, with more lines in the message. While a run is saved, an error of ours is about saving it.
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
    """A finder that raises Interrupted again at the next import.

    Libraries try imports and suppress any exception, Interrupted too. torch makes hundreds of imports.
    """

    def __init__(self, number: int) -> None:
        self._number = number

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Raise Interrupted, unless it is being handled."""
        if isinstance(sys.exc_info()[1], Interrupted):
            return None
        raise Interrupted("stopped at once.", "", self._number)


def _imports(frame: FrameType | None) -> bool:
    """Return whether a frame is part of an import."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False

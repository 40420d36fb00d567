"""Note SIGINT, SIGTERM and SIGHUP, so that a run can end after its step.

After the first signal the step is finished and a snapshot written; the second ends the run at once. Before the first
step there is nothing to save, and the first signal ends it at once, or when the imports that it comes into are done.
"""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

from vqclip.errors import Interrupted, VqclipError

_HANDLED = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_PERIOD = 0.05  # seconds


class StopSignals:
    """A context in which signals are noted. Calling it returns the number of the noted signal, or None."""

    def __init__(self) -> None:
        self.optimising = False
        self._noted: int | None = None
        self._before: dict[int, Any] = {}
        self._postponed = False
        self._before_timer: Any = signal.SIG_DFL

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
        postponed = self._postponed and not self.optimising
        if self._postponed:
            self._end_timer()
        if self._noted is not None and (self._replaced(problem) if isinstance(problem, Exception) else postponed):
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
            if not again and hasattr(signal, "setitimer") and _imports(frame):
                self._postpone()
                return
            raise Interrupted("stopped at once.", "", number)

    def _postpone(self) -> None:
        """Raise Interrupted when the imports are done, which a timer checks.

        Libraries try imports and suppress any exception. In some of torch's C++ code an exception ends the process.
        """
        self._postponed = True
        self._before_timer = signal.signal(signal.SIGALRM, self._check_imports)
        signal.setitimer(signal.ITIMER_REAL, _PERIOD, _PERIOD)

    def _check_imports(self, _: int, frame: FrameType | None) -> None:
        if self._postponed and not _imports(frame):
            self._end_timer()
            if not self.optimising:
                raise Interrupted("stopped at once.", "", self._noted or int(signal.SIGINT))

    def _end_timer(self) -> None:
        self._postponed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before_timer)


def _imports(frame: FrameType | None) -> bool:
    """Return whether a frame is part of an import."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False

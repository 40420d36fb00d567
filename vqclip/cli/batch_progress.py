"""Show a batch or sweep whose runs are drawn at once: one bar for all of them, and a line for each that ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from vqclip.cli.terminal_text import LINE_SECONDS, cell
from vqclip.events import BatchOpened, Event, JobFailed, JobFinished, JobStarted, JobStepped
from vqclip.files import excerpt


def name_run(number: int, place: int, count: int | None) -> str:
    """Name a run by its number, and say which of the runs of this process it is.

    The two differ where lines are one run, where others draw parts, and when runs end in another order.
    """
    of = "" if count is None else f" of {count}" if place == number else f" ({place} of {count})"
    return f"run {number}{of}"


class BatchProgress:
    """Follows the events of runs that are drawn at once.

    Args:
        opened: The event with their number.
        note: Shows a line.
        show_share: Shows a bar, see `Console.show_share`; returns False where there is none.
    """

    def __init__(
        self, opened: BatchOpened, note: Callable[[str], None], show_share: Callable[[float, int | None, str], bool]
    ) -> None:
        self._note, self._show_share, self._count = note, show_share, opened.count
        self._first = self._done = opened.done
        self._failed = 0
        self._labels = dict[int, str]()
        self._shares = dict[int, float]()
        self._began = self._last_line = time.monotonic()

    def show(self, event: Event) -> bool:
        """Show an event; False for one that is not of a batch."""
        if isinstance(event, JobStarted):
            self._labels[event.number] = event.label
        elif isinstance(event, JobStepped):
            self._shares[event.number] = event.step / max(1, event.steps)
        elif isinstance(event, (JobFinished, JobFailed)):
            label = cell(excerpt(self._labels.pop(event.number, "")), stream=sys.stderr)
            self._shares.pop(event.number, None)
            if isinstance(event, JobFinished):
                self._done += 1
                score = "" if event.score is None else f", score {event.score:.3f}"
                place = self._done + self._failed
                self._note(f"{name_run(event.number, place, self._count)}: {label}{score}")
            else:
                self._failed += 1
        else:
            return False
        self._update()
        return True

    @property
    def _of(self) -> str:
        return "" if self._count is None else f" of {self._count}"

    def _update(self) -> None:
        done = self._done + self._failed + sum(self._shares.values())
        failed = f", {self._failed} failed" if self._failed else ""
        if self._show_share(done, self._count, f"{self._done}{self._of} done{failed}"):
            return
        now = time.monotonic()
        if now - self._last_line < LINE_SECONDS:
            return
        self._last_line = now
        rate = (done - self._first) / max(1e-9, now - self._began)
        left = "" if self._count is None or not rate else f", {(self._count - done) / rate:.0f} s left"
        self._note(f"{self._done}{self._of} runs done{failed}{left}")

"""What the terminal shows. Standard output carries the answer alone; everything else goes to standard error.

On a terminal a run is a progress bar, elsewhere a plain line every ten seconds or tenth of the way. With
`--json` standard output is one JSON object per line, errors included, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqclip.errors import OutputError, ReaderGone, VqclipError
from vqclip.events import (
    CandidateScored,
    CellFailed,
    CellStarted,
    Chosen,
    Event,
    Finished,
    Opened,
    PriorSampleChosen,
    Saved,
    StageStarted,
    Started,
    Stepped,
    SweepOpened,
    Warned,
)
from vqclip.files import excerpt

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

SCHEMA_VERSION = 1
LINE_SECONDS = 10.0
MOST_CHARACTERS = 1200
"""Of a message on the screen; the middle of a longer one is left out."""
_ENDINGS = {
    "auto_stop": "--auto-stop: the loss stands still",
    "until_score": "--until-score: it is reached",
    "max_seconds": "--max-seconds: the time is up",
}


def plain(text: str) -> str:
    """The text without what could steer a terminal: control and direction characters are written as escapes."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _say(line: str) -> None:
    """One line on standard output, whose failures are errors of ours: see `vqclip.cli.streams`."""
    print(line, flush=True)


class Console:
    """Shows events, answers and errors in one of the modes."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json, self.quiet = as_json, quiet
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._began = self._last_line = time.monotonic()
        self._first_step = 0
        self._result: dict[str, Any] = {}
        self._sweeps = False
        self._unsaid: OutputError | None = None

    def answer(self, text: str, record: Mapping[str, Any]) -> None:
        """Put the answer on standard output: the text, or the record as one JSON line."""
        if self.as_json:
            self._json({"event": "result", **record})
        else:
            _say(plain(text))

    def note(self, text: str) -> None:
        """Say something beside the answer, on standard error."""
        if self.quiet or self.as_json:
            return
        if self._progress is not None:
            self._progress.console.print(plain(text), markup=False, highlight=False)
        else:
            print(plain(text), file=sys.stderr, flush=True)

    def fail(self, error: VqclipError) -> None:
        """Show an error: one line and a hint, or one JSON line on standard output."""
        self.close()
        if self.as_json:
            record = {"kind": error.kind, "message": error.message, "hint": error.hint, "exit_code": error.exit_code}
            # Where standard output itself is what failed, standard error has to do.
            with contextlib.suppress(OutputError, ReaderGone):
                self._json({"event": "error", **record})
                return
        from rich.console import Console as RichConsole
        from rich.text import Text

        screen = RichConsole(stderr=True, soft_wrap=True, highlight=False)
        label = "stopped: " if error.kind == "interrupted" else "error: "
        screen.print(Text(label, style="bold red") + Text(plain(excerpt(error.message, MOST_CHARACTERS))))
        if error.hint:
            screen.print(Text(plain(excerpt(error.hint, MOST_CHARACTERS))))

    def show(self, event: Event) -> None:
        """Show one event of a run."""
        if self.as_json:
            self._event_as_json(event)
        if isinstance(event, SweepOpened):
            self._sweeps = True
            self._result |= {"directory": str(event.directory), "runs": event.count}
            self.note(f"sweep {event.directory}: {event.count} run{'' if event.count == 1 else 's'}")
        elif isinstance(event, CellStarted):
            self.close()
            self.note(f"run {event.number} of {event.count}: {excerpt(event.label)}")
        elif isinstance(event, CellFailed):
            self.close()
            self.note(f"warning: run {event.number} failed: {event.message}")
        elif isinstance(event, Saved) and event.kind in ("sheet", "table"):
            self._result[event.kind] = str(event.path)
        elif isinstance(event, Opened):
            self._keep(directory=str(event.directory), **({} if event.seed is None else {"seed": event.seed}))
            going_on = f", going on after step {event.step}" if event.step else ""
            going_on = ", finished already" if event.finished else going_on
            seed = "" if event.seed is None else f", seed {event.seed}"
            self.note(f"run {event.directory}{seed}{going_on}")
        elif isinstance(event, Warned):
            self.note(f"warning: {event.message}")
        elif isinstance(event, PriorSampleChosen):
            self.note(f"candidate {event.number} of {event.count} is the best (loss {event.loss:.3f})")
        elif isinstance(event, CandidateScored):
            self.note(f"start {event.number} of {event.count}: seed {event.seed}, loss {event.loss:.3f}")
        elif isinstance(event, Chosen):
            self._keep(seed=event.seed)
            self.note(f"start {event.number} of {event.count} is the best; continuing with seed {event.seed}")
        elif isinstance(event, Started):
            self._start(event)
        elif isinstance(event, StageStarted):
            how = ", pixel optimisation" if event.pixels else ""
            self.note(f"stage {event.stage} of {event.stages}: {event.width}x{event.height} pixels{how}")
        elif isinstance(event, Stepped):
            self._step(event)
        elif isinstance(event, Saved) and event.kind in ("image", "video", "report"):
            self._keep(**{event.kind: str(event.path)})
        elif isinstance(event, Finished):
            ended = {"stopped_by": event.stopped_by} if event.stopped_by else {}
            self._keep(score=event.score, steps=event.step, **ended)
            if ended:
                self.note(f"ended after step {event.step} by {_ENDINGS[event.stopped_by]}")

    def transfer(self, name: str, done: int, total: int | None) -> None:
        """Show how far a download has come: bytes, and how many there are if that is known."""
        if self._bars():
            self._transfer_bar(name, done, total)
            return
        now = time.monotonic()
        if done != total and now - self._last_line < LINE_SECONDS:
            return
        self._last_line = now
        if self.as_json:
            self._json({"event": "transfer", "name": name, "done": done, "total": total})
        of = f" of {total / 1e6:.1f}" if total else ""
        self.note(f"{name}: {done / 1e6:.1f}{of} MB")

    def finish(self) -> dict[str, Any]:
        """End a run's display and give its answer: the path of a sheet, a picture, a video or a folder.

        Returns what the answer tells, by name. Raises OutputError where an event could not be printed.
        """
        self.close()
        if self._unsaid is not None:
            raise self._unsaid
        shown = next((kind for kind in ("sheet", "image", "video", "directory") if kind in self._result), None)
        if shown:
            seconds = round(time.monotonic() - self._began, 2)
            self.answer(self._result[shown], {**self._result, "seconds": seconds})
        return dict(self._result)

    def close(self) -> None:
        """Take the progress bar down."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None

    def _keep(self, **facts: Any) -> None:
        """Keep what the answer tells of a run; a sweep's answer tells of no single one."""
        if not self._sweeps:
            self._result |= facts

    def _start(self, event: Started) -> None:
        self._began = self._last_line = time.monotonic()
        self._first_step = event.step
        if not self._bars():
            return
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            BarColumn(None),
            MofNCompleteColumn(),
            TextColumn("score {task.fields[score]}"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(compact=True),
            console=RichConsole(stderr=True),
            expand=True,
        )
        self._progress.start()
        self._task = self._progress.add_task("", total=event.steps, completed=event.step, score="-", speed="")

    def _bars(self) -> bool:
        return not (self.as_json or self.quiet) and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def _transfer_bar(self, name: str, done: int, total: int | None) -> None:
        if self._progress is None or self._task is None:
            from rich.console import Console as RichConsole
            from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
            from rich.progress import TransferSpeedColumn as SpeedColumn

            columns = (TextColumn("{task.description}"), BarColumn(None), DownloadColumn(), SpeedColumn())
            screen = RichConsole(stderr=True)
            self._progress = Progress(*columns, TimeRemainingColumn(compact=True), console=screen, expand=True)
            self._progress.start()
            self._task = self._progress.add_task(name, total=total, completed=done)
        self._progress.update(self._task, description=plain(name), completed=done, total=total)

    def _step(self, event: Stepped) -> None:
        now = time.monotonic()
        done = event.step - self._first_step
        rate = done / max(1e-9, now - self._began)
        if self._progress is not None and self._task is not None:
            self._progress.update(
                self._task, completed=event.step, score=f"{event.score:.3f}", speed=f"{rate:.1f} it/s"
            )
            return
        tenth = event.steps >= 10 and event.step * 10 // event.steps != (event.step - 1) * 10 // event.steps
        if not (tenth or event.step == event.steps or now - self._last_line >= LINE_SECONDS):
            return
        self._last_line = now
        left = (event.steps - event.step) / max(rate, 1e-9)
        self.note(
            f"step {event.step}/{event.steps}  loss {event.loss:.4f}  score {event.score:.3f}"
            f"  {rate:.2f} it/s  {left:.0f} s left"
        )

    def _event_as_json(self, event: Event) -> None:
        if self._unsaid is not None:
            return
        name = type(event).__name__.lower()
        hidden = ("image", "state")
        values = {key: value for key, value in vars(event).items() if key not in hidden}
        try:
            self._json({"event": name, **values})
        except OutputError as error:
            # The files of a run are worth more than its log: the run is finished first.
            self._unsaid = error

    def _json(self, record: Mapping[str, Any]) -> None:
        line = json.dumps({"schema_version": SCHEMA_VERSION, **record}, default=str, ensure_ascii=True)
        _say(line)

"""Show the events of a run. Only the answer goes to standard output, everything else to standard error.

A terminal shows a progress bar; otherwise there is a line every ten seconds and every tenth of the steps. With
`--json` standard output is one JSON object per line, errors included, and nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeVar

from vqclip.cli.batch_progress import BatchProgress, name_run
from vqclip.cli.terminal_text import LINE_SECONDS, cell, plain
from vqclip.errors import OutputError, ReaderGone, VqclipError
from vqclip.events import (
    BatchOpened,
    CandidateScored,
    Chosen,
    Event,
    Finished,
    JobFailed,
    JobPreempted,
    JobStarted,
    Opened,
    PriorSampleChosen,
    PromptLaidOut,
    PromptRead,
    Saved,
    StageStarted,
    Started,
    Stepped,
    Warned,
    shown_time,
)
from vqclip.files import excerpt

if TYPE_CHECKING:
    import numpy as np
    from rich.progress import Progress, ProgressColumn, TaskID

    Bar = TypeVar("Bar", bound=Progress)

SCHEMA_VERSION = 1
MOST_CHARACTERS = 1200
"""Of a message on the screen; the middle of a longer one is omitted."""
MOST_SUMMARY = 400
"""Characters of the warnings that `--quiet` sums up in one line, unless the first is longer."""
_ENDINGS = {
    "auto_stop": "--auto-stop: the loss no longer falls",
    "until_score": "--until-score: the score is reached",
    "max_seconds": "--max-seconds: the time is up",
}


def _print(line: str) -> None:
    """Print a line on standard output, whose failures `vqclip.cli.streams` turns into errors of ours."""
    print(line, flush=True)


class Console:
    """Shows events, answers and errors, for people or as JSON. preview: Show the picture above the progress bar."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False, preview: bool = False) -> None:
        self.as_json, self.quiet, self._preview = as_json, quiet, preview
        self._progress: Progress | None = None
        self._show_picture: Callable[[Callable[[], np.ndarray]], None] | None = None
        self._task: TaskID | None = None
        self._began = self._last_line = time.monotonic()
        self._first_step, self._score = 0, "-"
        self._result: dict[str, Any] = {}
        self._batch: BatchOpened | None = None
        self._place = self._started = 0
        self._all: BatchProgress | None = None
        self._event_error: OutputError | None = None
        self._unshown: dict[str, None] = {}

    def answer(self, text: str, record: Mapping[str, Any]) -> None:
        """Print the answer on standard output: the text, or the record as one JSON line."""
        self._sum_up()
        if self.as_json:
            self._json({"event": "result", **record})
        else:
            _print(plain(text))

    def note(self, text: str) -> None:
        """Print a remark on standard error."""
        if self.quiet or self.as_json:
            return
        if self._progress is not None:
            self._progress.console.print(plain(text), markup=False, highlight=False)
        else:
            print(plain(text), file=sys.stderr, flush=True)

    def read_as(self, english: str | None) -> None:
        """Say how the built-in models read a text that is not in English."""
        if english is not None:
            self.note(f"read as: {english}")

    def laid_out(self, layout: str | None) -> None:
        """Say where the things of a prompt are drawn."""
        if layout is not None:
            self.note(f"laid out: {layout}")

    def announce(self, text: str, record: Mapping[str, Any]) -> None:
        """Print a line on standard error that was asked for, also with `--quiet`, or the record as a JSON line."""
        if self.as_json:
            self._json(record)
        else:
            print(plain(text), file=sys.stderr, flush=True)

    def warn(self, message: str) -> None:
        """Show a warning; with `--quiet`, one line sums up all of them before the drawing starts, or at the end."""
        if self.quiet:
            self._unshown[message] = None
        else:
            self.note(f"warning: {message}")

    def _sum_up(self) -> None:
        messages, self._unshown = list(self._unshown), {}
        if not messages or self.as_json:
            return
        fit = max(1, sum(size <= MOST_SUMMARY for size in accumulate(map(len, messages))))
        more = f" {len(messages) - fit} more without --quiet." if len(messages) > fit else ""
        line = f"warning: {' '.join(messages[:fit])}{more}".replace("\n", " ")
        print(plain(excerpt(line, MOST_CHARACTERS)), file=sys.stderr, flush=True)

    def fail(self, error: VqclipError) -> None:
        """Show an error: one line and a hint, or one JSON line on standard output."""
        self.close()
        self._sum_up()
        if self.as_json:
            record = {"kind": error.kind, "message": error.message, "hint": error.hint, "exit_code": error.exit_code}
            # When standard output itself failed, the error goes to standard error.
            with contextlib.suppress(OutputError, ReaderGone):
                self._json({"event": "error", **record})
                return
        from rich.console import Console as RichConsole
        from rich.text import Text

        screen = RichConsole(stderr=True, soft_wrap=True, highlight=False)
        label = "" if error.kind == "interrupted" else "error: "
        screen.print(Text(label, style="bold red") + Text(plain(excerpt(error.message, MOST_CHARACTERS))))
        if error.hint:
            screen.print(Text(plain(excerpt(error.hint, MOST_CHARACTERS))))

    def show(self, event: Event) -> None:
        """Show one event of a run."""
        if self.as_json:
            self._event_as_json(event)
        if not (self._batch or isinstance(event, (BatchOpened, Opened, Warned))):
            self._sum_up()
        if self._all is not None and self._all.show(event) and not isinstance(event, JobFailed):
            return
        if isinstance(event, BatchOpened):
            self._open_batch(event)
        elif isinstance(event, JobStarted):
            self.close()
            self._place, self._started = self._place + 1, event.number
            name = name_run(event.number, self._place, self._batch.count if self._batch else None)
            self.note(f"{name}: {cell(excerpt(event.label), stream=sys.stderr)}")
        elif isinstance(event, JobFailed):
            self._place += event.number != self._started
            self.warn(f"run {event.number} failed: {event.message} {event.hint}".rstrip())
        elif isinstance(event, JobPreempted):
            self.warn(f"run {event.number}: {event.message}")
        elif isinstance(event, Saved) and event.kind in ("sheet", "table", "gallery"):
            # The first of several sheets.
            self._result.setdefault(event.kind, str(event.path))
        elif isinstance(event, Opened):
            place = event.address or str(event.directory)
            self._remember(directory=place, **({} if event.seed is None else {"seed": event.seed}))
            progress = f", resuming after step {event.step}" if event.step else ""
            progress = ", already finished" if event.finished else progress
            seed = "" if event.seed is None else f", seed {event.seed}"
            self.note(f"run {place}{seed}{progress}")
        elif isinstance(event, Warned):
            self.warn(event.message)
        elif isinstance(event, PromptRead):
            self.read_as(event.english)
        elif isinstance(event, PromptLaidOut):
            self.laid_out(event.layout)
        elif isinstance(event, PriorSampleChosen):
            self.note(f"candidate {event.number} of {event.count} is the best (score {event.score:.3f})")
        elif isinstance(event, CandidateScored):
            left = f"; {shown_time(event.seconds_left)} left" if event.seconds_left else ""
            self.note(f"start {event.number} of {event.count}: seed {event.seed}, score {event.score:.3f}{left}")
        elif isinstance(event, Chosen):
            self._remember(seed=event.seed)
            self.note(f"start {event.number} of {event.count} is the best; continuing with seed {event.seed}")
        elif isinstance(event, Started):
            self._start(event)
        elif isinstance(event, StageStarted):
            how = ", pixel optimisation" if event.pixels else ""
            self.note(f"stage {event.stage} of {event.stages}: {event.width}x{event.height} pixels{how}")
        elif isinstance(event, Stepped):
            self._step(event)
        elif isinstance(event, Saved) and event.kind in ("image", "video", "report"):
            self._remember(**{event.kind: str(event.path)})
        elif isinstance(event, Finished):
            ended = {"stopped_by": event.stopped_by} if event.stopped_by else {}
            self._remember(score=event.score, steps=event.step, **ended)
            if ended:
                self.note(f"ended after step {event.step} by {_ENDINGS[event.stopped_by]}")

    def transfer(self, name: str, done: int, total: int | None) -> None:
        """Show the progress of a download in bytes; total is None when unknown."""
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
        """End the display of a run and print the path of its sheet, picture, video or folder.

        Returns the facts of the answer by name. Raises OutputError when an event could not be printed.
        """
        self.close()
        if self._event_error is not None:
            raise self._event_error
        shown = next((kind for kind in ("sheet", "image", "video", "directory") if kind in self._result), None)
        if shown:
            seconds = round(time.monotonic() - self._began, 2)
            self.answer(self._result[shown], {**self._result, "seconds": seconds})
        return dict(self._result)

    def close(self) -> None:
        """Remove the progress bar."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = self._show_picture = None

    def _open_batch(self, event: BatchOpened) -> None:
        self._batch, self._place = event, event.done
        self._result |= {"directory": str(event.directory), "runs": event.count}
        runs = "" if event.count is None else f": {event.count} run{'' if event.count == 1 else 's'}"
        self.note(f"{event.kind} {event.directory}{runs}{f', {event.done} done' if event.done else ''}")
        if event.at_once != 1:
            self._all = BatchProgress(event, self.note, self.show_share)

    def show_share(self, done: float, count: int | None, text: str) -> bool:
        """Show how many runs of a batch are done, in parts of runs; False where there is no bar."""
        if not self._bars():
            return False
        if self._progress is None:
            from rich.progress import BarColumn, Progress, TextColumn

            self._open_bar(Progress, text, BarColumn(None), TextColumn("{task.description}"), total=count)
        assert self._progress is not None
        assert self._task is not None
        self._progress.update(self._task, description=text, completed=done)
        return True

    def _remember(self, **facts: Any) -> None:
        """Remember facts for the answer; that of a batch or sweep has none about single runs."""
        if self._batch is None:
            self._result |= facts

    def _start(self, event: Started) -> None:
        self._began = self._last_line = time.monotonic()
        self._first_step = event.step
        if self._bars():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

            score, speed = TextColumn("score {task.fields[score]}"), TextColumn("{task.fields[speed]}")
            columns = (BarColumn(None), MofNCompleteColumn(), score, speed, TextColumn("{task.fields[left]}"))
            left = shown_time(event.seconds_left)
            task = {"total": event.steps, "completed": event.step, "score": "-", "speed": "", "left": left}
            if self._preview and sys.stdout.isatty():
                from vqclip.cli.preview import PictureProgress

                bar = self._open_bar(PictureProgress, "", *columns, **task)
                self._show_picture = bar.show
                bar.show(event.image)
            else:
                self._open_bar(Progress, "", *columns, **task)

    def _open_bar(self, kind: type[Bar], description: str, *columns: ProgressColumn, **task: Any) -> Bar:
        from rich.console import Console as RichConsole

        bar = kind(*columns, console=RichConsole(stderr=True), expand=True)
        bar.start()
        self._progress, self._task = bar, bar.add_task(description, **task)
        return bar

    def _bars(self) -> bool:
        return not (self.as_json or self.quiet) and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def _transfer_bar(self, name: str, done: int, total: int | None) -> None:
        if self._progress is None:
            from rich.progress import (
                BarColumn,
                DownloadColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
                TransferSpeedColumn,
            )

            columns = (TextColumn("{task.description}"), BarColumn(None), DownloadColumn(), TransferSpeedColumn())
            left = TimeRemainingColumn(compact=True)
            self._open_bar(Progress, name, *columns, left, total=total, completed=done)
        assert self._progress is not None
        assert self._task is not None
        self._progress.update(self._task, description=plain(name), completed=done, total=total)

    def _step(self, event: Stepped) -> None:
        if event.score is not None:
            self._score = f"{event.score:.3f}"
        now = time.monotonic()
        done = event.step - self._first_step
        rate = done / max(1e-9, now - self._began)
        if self._progress is not None and self._task is not None:
            shown: dict[str, Any] = {
                "score": self._score,
                "speed": f"{rate:.1f} it/s",
                "left": shown_time(event.seconds_left),
            }
            self._progress.update(self._task, completed=event.step, **shown)
            if self._show_picture is not None:
                self._show_picture(event.image)
            return
        tenth = event.steps >= 10 and event.step * 10 // event.steps != (event.step - 1) * 10 // event.steps
        if not (tenth or event.step == event.steps or now - self._last_line >= LINE_SECONDS):
            return
        self._last_line = now
        self.note(
            f"step {event.step}/{event.steps}  loss {event.loss:.4f}  score {self._score}"
            f"  {rate:.2f} it/s  {shown_time(event.seconds_left)} left"
        )

    def _event_as_json(self, event: Event) -> None:
        if self._event_error is not None:
            return
        name = type(event).__name__.lower()
        hidden = ("image", "state")
        values = {key: value for key, value in vars(event).items() if key not in hidden}
        try:
            self._json({"event": name, **values})
        except OutputError as error:
            # The run is finished first: its files matter more than its log.
            self._event_error = error

    def _json(self, record: Mapping[str, Any]) -> None:
        line = json.dumps({"schema_version": SCHEMA_VERSION, **record}, default=str, ensure_ascii=True)
        _print(line)

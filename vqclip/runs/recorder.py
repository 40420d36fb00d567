"""Writes the files of a run while its events pass: frames, metrics, snapshots, image.png and the video.

`record` yields every event again, and one more for each file that is complete.
"""

from __future__ import annotations

import bisect
import contextlib
import shlex
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import files
from vqclip.errors import InputError, Interrupted
from vqclip.events import Event, Finished, Saved, StageStarted, Started, Stepped, Stop, Warned
from vqclip.media import images, metadata, video
from vqclip.picture_files import is_whole_png
from vqclip.runs import progress_video, report
from vqclip.runs.directory import Manifest, Run
from vqclip.runs.metrics import read_metrics
from vqclip.runtime import snapshot_request
from vqclip.settings import scenes
from vqclip.synthesis import state

if TYPE_CHECKING:
    import numpy as np


def record(events: Iterable[Event], run: Run, manifest: Manifest, stop: Stop) -> Iterator[Event]:
    """Write a run while its events pass.

    A failure or a stop leaves run.json saying so, and the newest snapshot to continue from.

    Args:
        events: Of the loop.
        run: The open folder.
        manifest: What run.json says so far.
        stop: Asked after each step.

    Raises:
        Interrupted: `stop` returned a signal.
    """
    recorder = _Recorder(run, manifest, stop)
    try:
        for event in events:
            yield event
            yield from recorder.write(event)
    except BaseException as error:
        recorder.end(error)
        raise


@contextlib.contextmanager
def noting_failure(run: Run, manifest: Manifest) -> Iterator[None]:
    """Make run.json say how the run ended if an exception ends it before there is anything to record."""
    try:
        yield
    except BaseException as error:
        run.write(replace(manifest, status=status_of(error)))
        raise


def status_of(error: BaseException) -> str:
    """The status of a run that an exception ends. Leaving a loop over its events early interrupts the run."""
    return "interrupted" if isinstance(error, (Interrupted, KeyboardInterrupt, GeneratorExit)) else "failed"


class _Recorder:
    def __init__(self, run: Run, manifest: Manifest, stop: Stop) -> None:
        self.run, self.manifest, self.stop = run, manifest, stop
        self.settings = manifest.settings
        self.digest = manifest.settings.digest()
        self.writer: video.VideoWriter | None = None
        self.steps = progress_video.frame_steps(self.settings)
        self.next_frame = 0
        self._clock: float | None = None
        self._full_size = True
        self._signal: int | None = None

    def write(self, event: Event) -> Iterator[Event]:
        """Write what belongs to this event."""
        if isinstance(event, Started):
            self._clock = time.monotonic()
            yield from self._start(event)
        elif isinstance(event, StageStarted):
            self._full_size = event.stage == event.stages
        elif isinstance(event, Stepped):
            yield from self._step(event)
        elif isinstance(event, Finished):
            yield from self._finish(event)

    def end(self, error: BaseException) -> None:
        """Say in run.json how the run ended, and close the video of the frames so far.

        After SIGTERM, which a kill follows soon on most clusters, and after a second signal there is no time to
        encode: a resumed run writes the video from the frames in any case.
        """
        # A loop may be left at one of the last events, which follow the end of the run.
        if not (isinstance(error, GeneratorExit) and self.manifest.status == "finished"):
            self._note(status=status_of(error))
        if self.writer is not None:
            stopped = isinstance(error, (Interrupted, KeyboardInterrupt))
            hurried = stopped and (self._signal is None or self._signal == signal.SIGTERM)
            self.writer.abort() if hurried else self.writer.close()
            self.writer = None

    def _note(self, **changes: Any) -> None:
        """Write run.json, and add the time since it was last written."""
        now = time.monotonic()
        seconds = self.manifest.seconds + (0.0 if self._clock is None else now - self._clock)
        self.manifest, self._clock = replace(self.manifest, seconds=seconds, **changes), now
        self.run.write(self.manifest)

    def _start(self, event: Started) -> Iterator[Event]:
        yield from self._open_video((event.width, event.height))
        if event.step == 0:
            self.run.metrics.unlink(missing_ok=True)
            for stale in (*progress_video.frames_of(self.run.directory), *state.snapshots_of(self.run.state)):
                files.discard(stale)
            yield from self._frame(event.image, 0)
            yield self._snapshot(event)
        else:
            yield from self._continue_from(event.step)
        self._note()

    def _open_video(self, size: tuple[int, int]) -> Iterator[Event]:
        if not self.settings.video:
            return
        if not self.settings.save_every:
            yield Warned("no frames are kept (--save-every 0), so there is no video.")
            return
        warnings: list[str] = []
        path = self.run.video_path(self.settings.video_format)
        options = progress_video.writer_options(self.settings, len(self.steps))
        # The frames of early stages are smaller; the video has the size of the last.
        self.writer = video.VideoWriter(path, **options, size=size, warn=warnings.append)
        yield from map(Warned, warnings)

    def _continue_from(self, step: int) -> Iterator[Event]:
        """Drop what was written after the snapshot, and write the frames before it to the new video."""
        with files.atomic(self.run.metrics) as temp, temp.open("w", encoding="utf-8") as lines:
            for row in read_metrics(self.run.directory):
                if row["step"] <= step:
                    lines.write(files.canonical(row) + "\n")
        kept = bisect.bisect_right(self.steps, step)
        for path in progress_video.frames_of(self.run.directory):
            if int(path.stem) >= kept:
                files.discard(path)
        lost = [index for index in range(kept) if not self._write_again(self.run.frame(index))]
        if lost:
            yield Warned(
                f"{len(lost)} frame(s) of the first {step} steps are missing or damaged; the video skips them."
            )
        self.next_frame = kept

    def _write_again(self, path: Path) -> bool:
        """Write an earlier frame to the new video; whether it was there and whole."""
        if not is_whole_png(path):
            return False
        if self.writer is not None:
            try:
                pixels = images.open_image(path)
            except InputError:
                return False
            self.writer.write(pixels)
        return True

    def _step(self, event: Stepped) -> Iterator[Event]:
        best = self.manifest.best_score
        # Pictures of coarse stages are no candidates for the best: they are smaller than the result.
        if self._full_size and event.score is not None and (best is None or event.score > best):
            self.manifest = replace(self.manifest, best_score=event.score, best_step=event.step)
        self.manifest = replace(self.manifest, step=event.step)
        row = {"step": event.step, "stage": event.stage, "loss": event.loss, "score": event.score}
        row["learning_rate"] = event.learning_rate
        files.append_line(self.run.metrics, row | dict(event.losses))
        yield from self._frame(event.image, event.step)
        self._signal = self.stop()
        asked = snapshot_request.taken()
        if self._signal is not None or asked or event.step % self.settings.snapshot_every == 0:
            yield self._snapshot(event)
        if self._signal is not None:
            raise Interrupted(
                f"stopped at step {event.step} of {event.steps}.",
                resume_hint(self.run.directory),
                self._signal,
            )

    def _snapshot(self, event: Started | Stepped | Finished) -> Event:
        # The frames before a snapshot are on disk by now, because a resumed run needs them.
        path = state.save(self.run.state, event.state(), self.digest)
        self._note()
        return Saved("snapshot", path, event.step)

    def _frame(self, image: Callable[[], np.ndarray], step: int, *, last: bool = False) -> Iterator[Event]:
        planned = step in self.steps[self.next_frame : self.next_frame + 1]
        if not planned and not (last and self.steps and step not in self.steps):
            return
        pixels, path = image(), self.run.frame(self.next_frame)
        images.save_png(path, pixels, {})
        if self.writer is not None:
            self.writer.write(pixels)
        self.next_frame += 1
        yield Saved("frame", path, step)

    def _finish(self, event: Finished) -> Iterator[Event]:
        # A run that ends early has a last frame where none was planned.
        yield from self._frame(event.image, event.step, last=True)
        if event.step % self.settings.snapshot_every or event.stopped_by:
            # Another run can start from the last snapshot. A run that ends early may have just been upsampled.
            yield self._snapshot(event)
        images.save_png(self.run.image, event.image(), self._texts(event))
        if self.writer is not None:
            self.writer.close()
            self.writer = None
            yield Saved("video", self.run.video_path(self.settings.video_format), event.step)
        self._note(status="finished", step=event.step, score=event.score, stopped_by=event.stopped_by)
        if self.settings.report:
            yield Saved("report", report.write(self.run.directory), event.step)
        # Last, so that everything can be read when this event is seen.
        yield Saved("image", self.run.image, event.step)

    def _texts(self, event: Finished) -> dict[str, str]:
        settings = self.settings
        return metadata.describe(
            # Only what shapes the picture, so that the file does not depend on other options.
            metadata.shaping(settings),
            [(prompt.text, prompt.weight) for prompt in scenes.read(settings).prompts if prompt.kind == "text"],
            seed=settings.seed or 0,
            steps=event.step,
            size=(settings.width, settings.height),
            models=self.manifest.models,
            versions=self.manifest.versions,
            score=event.score,
            level=settings.metadata,
        )


def resume_hint(directory: Path) -> str:
    """The command that resumes a run, as a hint."""
    return f"Continue with: vqclip resume {shlex.quote(str(directory))}"

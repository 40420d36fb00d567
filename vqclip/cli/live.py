"""The live view of a run: what `--live` shows in a browser, and its buttons.

The events of the run pass `LivePage.show` in the main thread, which keeps what the page asks for. A picture is only
encoded while somebody watches, and in at most a twentieth of the time.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import reading
from vqclip.cli.live_server import LiveServer
from vqclip.errors import Interrupted, VqclipError
from vqclip.events import (
    CandidateScored,
    Event,
    Finished,
    Opened,
    Saved,
    StageStarted,
    Started,
    Stepped,
)
from vqclip.runtime import snapshot_request

if TYPE_CHECKING:
    import numpy as np

    from vqclip.cli.console import Console
    from vqclip.cli.signals import StopSignals

PICTURE_SECONDS = 0.5
"""A picture is encoded at most this often."""
ENCODING_SHARE = 0.05
"""Of the time of a run, that encoding may take at most."""
WATCHED_SECONDS = 4.0
"""A page that asked within this time is open."""
LAST_SECONDS = 2.5
"""The process waits so long at its end for an open page to get the last picture."""
MOST_POINTS = 1000
"""Of a curve; when it has as many, every other one is dropped."""
_ENDED = ("finished", "stopped", "failed")
_FILES = {
    "": ("live.html", "text/html; charset=utf-8"),
    "live.css": ("live.css", "text/css; charset=utf-8"),
    "live.js": ("live.js", "text/javascript; charset=utf-8"),
}


@contextlib.contextmanager
def live_page(stop: StopSignals, console: Console) -> Iterator[LivePage]:
    """Serve the page of a run while it is drawn, and print its address.

    Raises:
        UsageError: waitress is not installed.
        OutputError: The page cannot be served.
    """
    page = LivePage(stop.request)
    server = LiveServer(page.reads(), {"stop": page.stop, "snapshot": page.ask_snapshot})
    try:
        console.announce(f"live view: {server.address}", {"event": "live", "address": server.address})
        yield page
    except BaseException as problem:
        page.end(problem)
        raise
    else:
        page.end(None)
    finally:
        server.close()


class LivePage:
    """What the page shows. Methods for the server are called in its threads, all others in the main thread.

    Args:
        stop: Ends the run after its step, from any thread.
    """

    def __init__(self, stop: Callable[[], None]) -> None:
        self._request_stop = stop
        self._lock = threading.Lock()
        self._facts: dict[str, Any] = {"status": "loading", "message": "", "picture": 0, "snapshots": True}
        self._points: list[tuple[int, float, float | None]] = []
        self._stages: list[int] = []
        self._stride = 1
        self._pace = (0, 0.0)
        self._directory: Path | None = None
        self._picture: bytes | None = None
        self._next_picture = 0.0
        self._asked = -math.inf
        self._seen: tuple[str, int] = ("", 0)

    def reads(self) -> dict[str, Callable[[], tuple[str, bytes] | None]]:
        """Return what the server answers, by name."""
        pages: dict[str, Callable[[], tuple[str, bytes] | None]] = {"state": self._state, "picture": self._image}
        for name, (file, kind) in _FILES.items():
            body = reading.read_bytes(Path(__file__).with_name(file), reading.MAX_TEXT_BYTES)
            pages[name] = lambda answer=(kind, body): answer  # type: ignore[misc]
        return pages

    def stop(self) -> None:
        """Ask for the end of the run, as the first Ctrl-C does."""
        with self._lock:
            if self._facts["status"] not in ("loading", "drawing"):
                return
            self._facts["status"] = "stopping"
        self._request_stop()

    def ask_snapshot(self) -> None:
        """Ask for a snapshot after the step in progress."""
        with self._lock:
            if self._facts["status"] != "drawing" or not self._facts["snapshots"]:
                return
            self._facts |= {"snapshot_asked": True}
        snapshot_request.ask()

    def show(self, event: Event) -> None:
        """Keep what the page shows of an event."""
        if isinstance(event, Opened):
            self._directory = event.directory
            self._note(directory=event.address or str(event.directory), seed=event.seed)
        elif isinstance(event, CandidateScored):
            self._note(message=f"Start {event.number} of {event.count} is scored.", left=event.seconds_left)
        elif isinstance(event, Started):
            self._start(event)
        elif isinstance(event, StageStarted):
            self._pace = (event.step, time.monotonic())
            self._stages.append(event.step)
            self._note(stage=event.stage, stages=event.stages, size=[event.width, event.height], pixels=event.pixels)
        elif isinstance(event, Stepped):
            self._step(event)
        elif isinstance(event, Saved) and event.kind == "snapshot":
            self._note(snapshot=event.step, snapshot_asked=False)
        elif isinstance(event, Finished):
            self._encode(event.image, last=True)
            self._note(status="saving", left=None)

    def end(self, problem: BaseException | None) -> None:
        """Say how the run ended, and let an open page get the last picture."""
        if problem is None:
            self._note(status="finished", message="", left=None)
        else:
            text = str(problem) if isinstance(problem, VqclipError) else type(problem).__name__
            status = "stopped" if isinstance(problem, (Interrupted, KeyboardInterrupt)) else "failed"
            self._note(status=status, message=text[:1].upper() + text[1:], left=None)
        end = time.monotonic() + LAST_SECONDS
        while self._watched() and not self._delivered() and time.monotonic() < end:
            time.sleep(0.02)

    def _note(self, **facts: Any) -> None:
        with self._lock:
            if facts.get("status") == "drawing" and self._facts["status"] == "stopping":
                del facts["status"]
            self._facts |= facts

    def _start(self, event: Started) -> None:
        self._pace = (event.step, time.monotonic())
        facts: dict[str, Any] = {}
        if self._directory is not None:
            from vqclip.jobs.restyle import holds_restyle
            from vqclip.runs.directory import read_manifest
            from vqclip.runs.metrics import read_metrics

            # A page without its prompt is better than a run that ends.
            with contextlib.suppress(VqclipError):
                facts = {"snapshots": not holds_restyle(self._directory)}
                facts["prompt"] = read_manifest(self._directory).settings.prompt
                for row in read_metrics(self._directory):
                    if event.step >= row["step"] and row["loss"] is not None:
                        self._point(row["step"], row["loss"], row["score"])
        size = [event.width, event.height]
        self._encode(event.image, last=True)
        facts |= {"step": event.step, "steps": event.steps, "left": event.seconds_left}
        self._note(status="drawing", message="", size=size, **facts)

    def _step(self, event: Stepped) -> None:
        self._point(event.step, event.loss, event.score)
        first, began = self._pace
        seconds = (time.monotonic() - began) / max(1, event.step - first)
        self._note(
            status="drawing", step=event.step, steps=event.steps, loss=event.loss, score=event.score,
            left=event.seconds_left, pace=seconds,
        )  # fmt: skip
        with self._lock:
            stopping = self._facts["status"] == "stopping"
        self._encode(event.image, last=stopping or event.step == event.steps)

    def _point(self, step: int, loss: float, score: float | None) -> None:
        with self._lock:
            if step % self._stride == 0:
                self._points.append((step, loss, score))
            if len(self._points) >= MOST_POINTS:
                self._stride *= 2
                self._points = [point for point in self._points if point[0] % self._stride == 0]

    def _encode(self, image: Callable[[], np.ndarray], *, last: bool = False) -> None:
        """Encode a picture if a page is open and the last one is old enough. last: Also if it is not."""
        began = time.monotonic()
        if self._picture is not None and not (self._watched() and (last or began >= self._next_picture)):
            return
        from PIL import Image

        buffer = io.BytesIO()
        Image.fromarray(image()).save(buffer, "PNG", compress_level=1)
        # The first picture takes longer than those that follow.
        took = 0.0 if self._picture is None else time.monotonic() - began
        self._next_picture = began + max(PICTURE_SECONDS, took / ENCODING_SHARE)
        with self._lock:
            self._picture = buffer.getvalue()
            self._facts["picture"] += 1

    def _watched(self) -> bool:
        return time.monotonic() - self._asked < WATCHED_SECONDS

    def _delivered(self) -> bool:
        with self._lock:
            return self._seen == (self._facts["status"], self._facts["picture"])

    def _state(self) -> tuple[str, bytes]:
        with self._lock:
            self._asked = time.monotonic()
            facts = dict(self._facts)
            self._seen = (facts["status"], self._seen[1])
            points, stages = list(self._points), list(self._stages)
        if "loss" in facts and (not points or points[-1][0] != facts["step"]):
            points.append((facts["step"], facts["loss"], facts["score"]))
        curve = {"curve": points, "stage_steps": stages, "ended": facts["status"] in _ENDED}
        return "application/json", json.dumps(facts | curve).encode()

    def _image(self) -> tuple[str, bytes] | None:
        with self._lock:
            self._seen = (self._seen[0], self._facts["picture"])
            return None if self._picture is None else ("image/png", self._picture)

"""Many runs in turn in this process, or several at once in processes of their own; each process loads models once.

Workers leave signals to their parent, which asks all of them to stop, and end by themselves when it is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from vqclip import api
from vqclip.errors import Interrupted, OutOfMemory, OutputError, VqclipError
from vqclip.events import CellStarted, Event, Saved, Warned
from vqclip.runs import dry_run, recorder
from vqclip.runs.loading import ModelCache
from vqclip.runtime import devices, limits
from vqclip.settings.schema import Settings, default_of

_POLL_SECONDS, _TURN_SECONDS = 0.2, 5.0
_FEWEST_RUNS, _MOST_JOBS = 4, 8
# What a process has beside what is estimated of it: candidates, a video's frames, freed memory that is kept.
_MORE = 1.5


@dataclass(frozen=True)
class Work:
    """One run: its place among all, what sets it apart in words, and the folder that it is drawn in."""

    number: int
    count: int
    label: str
    settings: Settings
    preset: str | None
    directory: Path

    def begins(self) -> CellStarted:
        """The event of its beginning, or of its being found finished."""
        return CellStarted(self.number, self.count, self.label, self.directory)


@dataclass(frozen=True)
class Ended:
    """A run is drawn, or came to nothing by `error`."""

    work: Work
    error: VqclipError | None


def fitting(settings: Sequence[Settings]) -> int:
    """How many of these runs to draw at once where nobody says.

    As many as there are cores, up to 8, for four runs or more of the built-in models on a processor: their small
    operations leave a second core half idle, and they are small enough to be held more than once; and no more than
    fit into the memory that is free. Else 1.
    """
    small = all(each.vqgan == default_of("vqgan") and each.clip == default_of("clip") for each in settings)
    if len(settings) < _FEWEST_RUNS or not small:
        return 1
    if any(devices.find_device(name).type != "cpu" for name in {each.device for each in settings}):
        return 1
    by_cores = limits.cores() // max(each.threads or 1 for each in settings)
    return max(1, min(_MOST_JOBS, by_cores, _by_memory(settings), len(settings)))


def _by_memory(settings: Sequence[Settings]) -> int:
    """How many processes have room, each with the largest of the pictures."""
    free, each = limits.free_memory(), dry_run.memory(max(settings, key=lambda s: s.width * s.height))
    return _MOST_JOBS if free is None or each is None else int(free // (_MORE * each))


def in_turn(runs: Sequence[Work], stop: recorder.Stop) -> Iterator[Event | Ended]:
    """Draw one run after the other. Raises what would fail every other run, too: Interrupted and OutputError."""
    model_cache = ModelCache()
    for work in runs:
        yield work.begins()
        error = None
        try:
            yield from _draw(work, stop, model_cache)
        except VqclipError as caught:
            _raise_what_stops_all(caught)
            error = caught
        yield Ended(work, error)


def side_by_side(runs: Sequence[Work], jobs: int, stop: recorder.Stop) -> Iterator[Event | Ended]:
    """Draw up to `jobs` runs at once; of what happens in them, warnings and finished pictures are told.

    Every worker takes its share of the processor's cores and, where there are several GPUs, one of them in turn.
    Raises as `in_turn` does; when a worker is killed, what was not drawn yet came to nothing by OutOfMemory. Whatever
    ends it, every run that had begun first keeps its last step.
    """
    context = multiprocessing.get_context("spawn")
    asked, places = context.Value("i", 0), context.Value("i", 0)
    hears, tells = context.Pipe(duplex=False)
    crew = ProcessPoolExecutor(jobs, context, _enter, (asked, places, tells, context.Lock(), jobs))
    try:
        drawn = {crew.submit(_draw_here, work): work for work in runs}
        while drawn:
            if not asked.value:
                asked.value = stop() or 0
            yield from _heard(hears, _POLL_SECONDS)
            for future in [future for future in drawn if future.done()]:
                # What a run said last is in the pipe before its end is known.
                yield from _heard(hears, 0)
                work, error = drawn.pop(future), _outcome(future, asked.value)
                if error is not None:
                    _raise_what_stops_all(error)
                yield Ended(work, error)
    finally:
        asked.value = asked.value or signal.SIGTERM
        crew.shutdown(wait=True, cancel_futures=True)


def _raise_what_stops_all(error: VqclipError) -> None:
    # A full disk or a folder in use would fail every other run too.
    if isinstance(error, (Interrupted, OutputError)):
        raise error


def _draw(work: Work, stop: recorder.Stop, model_cache: ModelCache) -> Iterator[Event]:
    return api.start(work.settings, preset=work.preset, output=work.directory, stop=stop, cache=model_cache)


def _heard(hears: Connection, seconds: float) -> Iterator[Event]:
    while hears.poll(seconds):
        yield hears.recv()
        seconds = 0


def _outcome(future: Future[VqclipError | None], asked: int) -> VqclipError | None:
    try:
        return future.result()
    except BrokenProcessPool:
        if asked:
            return Interrupted("stopped.", "", asked)
        # Only the kernel's or somebody's SIGKILL ends a worker like this, and memory is why it mostly does.
        return OutOfMemory("a process that was drawing was killed.", "Take fewer --jobs.")


class _Here:
    """What a worker process knows; `_enter` sets it."""

    asked: Any
    tells: Connection
    turn: Any
    place: int
    model_cache: ModelCache
    leaving = threading.Event()
    busy = threading.Lock()


def _enter(asked: Any, places: Any, tells: Connection, turn: Any, jobs: int) -> None:
    """Make this process a worker, before torch is imported in it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _Here.leaving.set())
    _Here.asked, _Here.tells, _Here.turn, _Here.model_cache = asked, tells, turn, ModelCache()
    with places.get_lock():
        _Here.place = places.value
        places.value += 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, limits.cores() // jobs)))
    threading.Thread(target=_watch_the_parent, daemon=True).start()


def _watch_the_parent() -> None:
    parent = multiprocessing.parent_process()
    while not _Here.leaving.wait(1) and parent is not None:
        if not parent.is_alive():
            _Here.leaving.set()
    with _Here.busy:  # the run that is being drawn ends its step and keeps it
        os._exit(1)


def _draw_here(work: Work) -> VqclipError | None:
    """Draw a run in this worker; what it came to is returned, since a worker must not end by an exception."""
    with _Here.busy:
        if number := _stop():
            return Interrupted("stopped.", "", number)
        _tell(work.begins())
        try:
            _choose_gpu(work.settings.device)
            for event in _draw(work, _stop, _Here.model_cache):
                if isinstance(event, Warned) or (isinstance(event, Saved) and event.kind == "image"):
                    _tell(event)
        except VqclipError as error:
            return error
        return None


def _tell(event: Event) -> None:
    # A worker that is killed while it speaks never gives the turn back, and the others must still end their steps.
    if not _Here.turn.acquire(timeout=_TURN_SECONDS):
        return
    try:
        # Nobody listens any more when the parent is gone; the watch ends this process.
        with contextlib.suppress(BrokenPipeError):
            _Here.tells.send(event)
    finally:
        _Here.turn.release()


def _stop() -> int | None:
    return signal.SIGTERM if _Here.leaving.is_set() else _Here.asked.value or None


def _choose_gpu(device: str) -> None:
    """Make one of several GPUs the one that "cuda" and "auto" mean in this worker."""
    import torch

    if device in ("auto", "cuda") and torch.cuda.is_available():
        torch.cuda.set_device(_Here.place % torch.cuda.device_count())

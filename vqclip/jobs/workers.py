"""Draw many runs, one after the other or in several processes that each load the models once.

Workers ignore signals: the parent asks all of them to stop. They end by themselves when the parent is gone.
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

from vqclip.errors import Interrupted, OutOfMemory, OutputError, VqclipError
from vqclip.events import CellStarted, Event, Saved, Warned
from vqclip.runs import dry_run, launch
from vqclip.runs.loading import ModelCache
from vqclip.runs.recorder import Stop
from vqclip.runtime import devices, limits, snapshot_request
from vqclip.settings.schema import Settings, default_of

_POLL_SECONDS, _LOCK_SECONDS = 0.2, 5.0
_FEWEST_RUNS, _MOST_JOBS = 4, 8
# A process needs more memory than estimated for its run: candidates, frames of a video, freed memory that is kept.
_MEMORY_FACTOR = 1.5


@dataclass(frozen=True)
class Job:
    """One run: its number, how many there are, its label, its settings and its folder."""

    number: int
    count: int
    label: str
    settings: Settings
    preset: str | None
    directory: Path

    def started(self) -> CellStarted:
        """Return the event for its start, or for its being finished already."""
        return CellStarted(self.number, self.count, self.label, self.directory)


@dataclass(frozen=True)
class JobEnded:
    """A run is finished, or failed with `error`."""

    job: Job
    error: VqclipError | None


def default_jobs(settings: Sequence[Settings]) -> int:
    """Choose how many of these runs to draw at once.

    For four runs or more of the built-in models on a CPU: one for each core, up to 8 and as many as fit into free
    memory. Their small operations leave a second core partly unused. Otherwise 1.
    """
    small = all(each.vqgan == default_of("vqgan") and each.clip == default_of("clip") for each in settings)
    if len(settings) < _FEWEST_RUNS or not small:
        return 1
    if any(devices.find_device(name).type != "cpu" for name in {each.device for each in settings}):
        return 1
    by_cores = limits.cores() // max(each.threads or 1 for each in settings)
    return max(1, min(_MOST_JOBS, by_cores, _by_memory(settings), len(settings)))


def _by_memory(settings: Sequence[Settings]) -> int:
    """Return how many processes fit into free memory, each with the largest of the pictures."""
    free, each = limits.free_memory(), dry_run.memory(max(settings, key=lambda s: s.width * s.height))
    return _MOST_JOBS if free is None or each is None else int(free // (_MEMORY_FACTOR * each))


def run_serial(jobs: Sequence[Job], stop: Stop) -> Iterator[Event | JobEnded]:
    """Draw one run after the other. Raises Interrupted, and OutputError, which would fail the other runs too."""
    cache = ModelCache()
    for job in jobs:
        yield job.started()
        error = None
        try:
            yield from _draw(job, stop, cache)
        except VqclipError as caught:
            _raise_if_fatal(caught)
            error = caught
        yield JobEnded(job, error)


def run_parallel(jobs: Sequence[Job], processes: int, stop: Stop) -> Iterator[Event | JobEnded]:
    """Draw up to `processes` runs at once, each with its share of the cores and one of the GPUs, if there are any.

    Of the events of the runs only warnings and finished pictures are passed on. When this ends for any reason, every
    started run first keeps its last step. If a worker is killed, the unfinished runs end with OutOfMemory. Raises as
    `run_serial` does.
    """
    context = multiprocessing.get_context("spawn")
    stop_signal, indices = context.Value("i", 0), context.Value("i", 0)
    receiver, sender = context.Pipe(duplex=False)
    shared = (stop_signal, indices, sender, context.Lock(), processes)
    pool = ProcessPoolExecutor(processes, context, _initialise, shared)
    try:
        with snapshot_request.ignored():
            pending = {pool.submit(_draw_in_worker, job): job for job in jobs}
        while pending:
            if not stop_signal.value:
                stop_signal.value = stop() or 0
            snapshot_request.pass_on([child.pid for child in multiprocessing.active_children() if child.pid])
            yield from _received(receiver, _POLL_SECONDS)
            for future in [future for future in pending if future.done()]:
                # The last events of a run are in the pipe before its future is done.
                yield from _received(receiver, 0)
                job, error = pending.pop(future), _outcome(future, stop_signal.value)
                if error is not None:
                    _raise_if_fatal(error)
                yield JobEnded(job, error)
    finally:
        stop_signal.value = stop_signal.value or signal.SIGTERM
        pool.shutdown(wait=True, cancel_futures=True)


def _raise_if_fatal(error: VqclipError) -> None:
    # A full disk or a folder in use would fail every other run too.
    if isinstance(error, (Interrupted, OutputError)):
        raise error


def _draw(job: Job, stop: Stop, cache: ModelCache) -> Iterator[Event]:
    return launch.start(job.settings, preset=job.preset, output=job.directory, stop=stop, cache=cache)


def _received(receiver: Connection, seconds: float) -> Iterator[Event]:
    while receiver.poll(seconds):
        yield receiver.recv()
        seconds = 0


def _outcome(future: Future[VqclipError | None], stop_signal: int) -> VqclipError | None:
    try:
        return future.result()
    except BrokenProcessPool:
        if stop_signal:
            return Interrupted("stopped.", "", stop_signal)
        # Only SIGKILL ends a worker like this, and the kernel mostly sends it when memory is full.
        return OutOfMemory("a process that was drawing was killed.", "Take fewer --jobs.")


class _Worker:
    """The state of a worker process, set by `_initialise`."""

    stop_signal: Any
    sender: Connection
    send_lock: Any
    index: int
    cache: ModelCache
    leaving = threading.Event()
    busy = threading.Lock()


def _initialise(stop_signal: Any, indices: Any, sender: Connection, send_lock: Any, processes: int) -> None:
    """Make this process a worker, before torch is imported in it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: _Worker.leaving.set())
    snapshot_request.listen()
    _Worker.stop_signal, _Worker.sender, _Worker.send_lock = stop_signal, sender, send_lock
    _Worker.cache = ModelCache()
    with indices.get_lock():
        _Worker.index = indices.value
        indices.value += 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, limits.cores() // processes)))
    threading.Thread(target=_watch_parent, daemon=True).start()


def _watch_parent() -> None:
    parent = multiprocessing.parent_process()
    while not _Worker.leaving.wait(1) and parent is not None:
        if not parent.is_alive():
            _Worker.leaving.set()
    with _Worker.busy:  # the current run ends its step and saves it
        os._exit(1)


def _draw_in_worker(job: Job) -> VqclipError | None:
    """Draw a run in this worker and return its error, because an exception would end the worker."""
    with _Worker.busy:
        if number := _stop():
            return Interrupted("stopped.", "", number)
        _send(job.started())
        try:
            _choose_gpu(job.settings.device)
            for event in _draw(job, _stop, _Worker.cache):
                if isinstance(event, Warned) or (isinstance(event, Saved) and event.kind == "image"):
                    _send(event)
        except VqclipError as error:
            return error
        return None


def _send(event: Event) -> None:
    # A worker that is killed while sending never releases the lock, and the others must still end their steps.
    if not _Worker.send_lock.acquire(timeout=_LOCK_SECONDS):
        return
    try:
        # The parent may be gone; `_watch_parent` then ends this process.
        with contextlib.suppress(BrokenPipeError):
            _Worker.sender.send(event)
    finally:
        _Worker.send_lock.release()


def _stop() -> int | None:
    return signal.SIGTERM if _Worker.leaving.is_set() else _Worker.stop_signal.value or None


def _choose_gpu(device: str) -> None:
    """Let "cuda" and "auto" mean one of several GPUs in this worker."""
    import torch

    if device in ("auto", "cuda") and torch.cuda.is_available():
        torch.cuda.set_device(_Worker.index % torch.cuda.device_count())

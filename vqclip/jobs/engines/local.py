"""The engine of this machine: one run after the other here, or several in processes that each load the models once.

The processes ignore SIGINT: this process asks all of them to stop. They also stop when this process is gone.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from vqclip.errors import Interrupted
from vqclip.events import Event, JobFailed, JobFinished, JobPreempted, JobStopped, Stop
from vqclip.jobs.engines import Job, Pool
from vqclip.jobs.engines.losses import Losses
from vqclip.jobs.engines.worker import draw, reports
from vqclip.runs import dry_run
from vqclip.runs.loading import ModelCache
from vqclip.runtime import devices, limits, snapshot_request
from vqclip.settings.schema import Settings, default_of

_POLL_SECONDS, _END = 0.2, object()
_FEWEST_RUNS, _MOST_JOBS = 4, 8
# A process needs more memory than estimated for its run: candidates, frames of a video, freed memory that is kept.
_MEMORY_FACTOR = 1.5


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


def run(jobs: Iterator[Job | None], pool: Pool, stop: Stop) -> Iterator[Event]:
    """Draw jobs as `vqclip.jobs.engines` says. With one worker all events of the runs are yielded."""
    return _run_at_once(jobs, pool.size, stop) if pool.size > 1 else _run_in_turn(jobs, stop)


def _run_in_turn(jobs: Iterator[Job | None], stop: Stop) -> Iterator[Event]:
    cache = ModelCache()
    for job in filter(None, jobs):
        if number := stop():
            raise Interrupted("stopped.", "", number)
        for event in draw(job, stop, cache):
            yield event
            if isinstance(event, JobStopped):
                raise Interrupted(event.message, "", stop() or signal.SIGINT)


def _run_at_once(jobs: Iterator[Job | None], size: int, stop: Stop) -> Iterator[Event]:
    """Draw up to `size` jobs at once, each with its share of the cores and one of the GPUs, if there are any."""
    pool: dict[int, _Process] = {}
    again, losses, number, ended = list[Job](), Losses(), None, False
    try:
        while True:
            number = number or stop()
            if number:
                for each in pool.values():
                    each.end(number)
            for index in range(size) if not number else ():
                if index in pool and pool[index].job is not None:
                    continue
                job = again.pop() if again else next(jobs, _END)
                ended = job is _END
                if not isinstance(job, Job):
                    break
                if index not in pool:
                    pool[index] = _Process(index, size)
                pool[index].start(job)
            busy = {index: each for index, each in pool.items() if each.job is not None}
            if not busy and (ended or number):
                break
            snapshot_request.pass_on([each.process.pid for each in busy.values() if each.process.pid])
            wait([each.connection for each in busy.values()], _POLL_SECONDS)
            for index, each in busy.items():
                yield from each.received()
                if each.lost and each.job is not None:
                    del pool[index]
                    event = losses.crashed(each.job)
                    if isinstance(event, JobPreempted):
                        again.append(each.job)
                    yield event
    finally:
        for each in pool.values():
            each.end(number or signal.SIGTERM)
        for each in pool.values():
            each.join()
    if number:
        raise Interrupted("stopped.", "", number)


class _Process:
    """A worker process, seen from this one."""

    def __init__(self, index: int, size: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, index, size), daemon=False)
        with snapshot_request.ignored():
            self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.lost = self._ending = False

    def start(self, job: Job) -> None:
        """Send it a job."""
        self.job = job
        self._send(job)

    def end(self, number: int) -> None:
        """Ask it, once, to end its step and itself, because of a signal."""
        if not self._ending:
            self._ending = True
            self._send(number)

    def received(self) -> Iterator[Event]:
        """Yield what it sent. `job` is None after its last report, and `lost` is set when the process is gone."""
        try:
            while not self.lost and self.connection.poll():
                event: Event = self.connection.recv()
                if isinstance(event, (JobFinished, JobFailed, JobStopped)):
                    self.job = None
                yield event
        except (EOFError, OSError):
            self.lost = True

    def join(self) -> None:
        """Wait for its end, and take what it still sends, so that it never waits for this process."""
        while self.process.is_alive() and not self.lost:
            self.connection.poll(_POLL_SECONDS)
            for _ in self.received():
                pass
        self.process.join()
        self.connection.close()

    def _send(self, message: Job | int) -> None:
        # A process that is gone is found by `received`.
        with contextlib.suppress(OSError):
            self.connection.send(message)


def _work(connection: Connection, index: int, size: int) -> None:
    """Draw the jobs that arrive in this process until a number does, before torch is imported in it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: asked.set())
    snapshot_request.listen()
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, limits.cores() // size)))
    cache, last = ModelCache(), list[int]()

    def stop() -> int | None:
        try:
            if not last and connection.poll():
                last.append(connection.recv())
        except (EOFError, OSError):
            last.append(signal.SIGTERM)  # nobody is there any more
        return last[0] if last else signal.SIGTERM if asked.is_set() else None

    # Without its parent this process has nobody to report to.
    with contextlib.suppress(EOFError, OSError):
        while not last and isinstance(job := connection.recv(), Job):
            _choose_gpu(job.settings.device, index)
            for event in reports(job, draw(job, stop, cache)):
                with contextlib.suppress(OSError):
                    connection.send(event)


def _choose_gpu(device: str, index: int) -> None:
    """Let "cuda" and "auto" mean one of several GPUs in this worker."""
    import torch

    if device in ("auto", "cuda") and torch.cuda.is_available():
        torch.cuda.set_device(index % torch.cuda.device_count())

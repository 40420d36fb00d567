"""Engines draw many runs at once. Every other module of this package is one, except `worker` and `ray_actor`.

An engine is a module with one function, here called NAME after its module, and nothing has to be registered:

    def run(jobs: Iterator[Job], pool: Pool, stop: Stop) -> Iterator[Event]

It has to do this:

- It takes the next job only when a worker is free, so that a batch of a million lines is never in memory.
- It draws each job with `worker.draw`, in a worker that lives for many jobs and keeps one `ModelCache`, so that the
  models load once. A worker draws one job at a time. `worker.reports` leaves the events that are worth sending.
- It yields what the workers report: for each job `JobStarted`, `JobStepped` about twice a second, `Warned`, and at
  the end `JobFinished` or `JobFailed`. These come from `worker.draw`; a job that fails does not end the others.
- A worker that is lost was either taken away, and its job is submitted again without limit, or it crashed, and its
  job is submitted again until it has crashed MOST_CRASHES times. `Losses` counts this and makes the events
  `JobPreempted` and `JobFailed`. `worker.draw` continues such a job from its newest snapshot.
- It asks `stop` a few times a second. Once that returns the number of a signal, it takes no more jobs and makes the
  `stop` of every `worker.draw` return that number, whereupon each ends its step, keeps a snapshot and reports
  `JobStopped`. After the last report the engine raises `Interrupted`. It does the same when its generator is closed.
- A run has the number of threads of its settings, or its worker's share of the cores. Another number of threads sums
  floats in another order, and the picture differs: an engine whose libraries set OMP_NUM_THREADS has to undo that.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from vqclip.errors import OutOfMemory, UsageError, did_you_mean
from vqclip.events import Event, JobFailed, JobPreempted, JobStarted
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.errors import VqclipError

Stop = Callable[[], int | None]
"""Returns the number of the signal that asks all runs to end after their step, or None."""
MOST_CRASHES = 3
"""Starts of a job whose process crashes each time, before it counts as failed."""
_PARTS = ("worker", "ray_actor")


@dataclass(frozen=True)
class Job:
    """One run of a batch or sweep. It can be pickled.

    Attributes:
        number: In the batch, 1 for the first.
        label: What distinguishes it from the others, for people.
        settings: Checked, with absolute paths.
        preset: That the settings come from, for the record.
        directory: The folder of the run.
        id: The digest of its settings.
        values: What is varied, by setting.
    """

    number: int
    label: str
    settings: Settings
    preset: str | None
    directory: Path
    id: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def started(self) -> JobStarted:
        """Return the event for its start, or for its being finished already."""
        return JobStarted(self.number, self.label, self.directory)

    def failed(self, error: VqclipError) -> JobFailed:
        """Return the event for its failure."""
        return JobFailed(self.number, error.message, error.hint, error.kind)


@dataclass(frozen=True)
class Cluster:
    """Machines beyond this one.

    Attributes:
        address: Of the cluster, HOST:PORT or "auto"; None looks for one and starts it here if there is none.
        cpus, gpus: That are reserved for a run; None follows from its settings.
        workers: Runs at once; 0 as many as fit.
    """

    address: str | None = None
    cpus: int | None = None
    gpus: float | None = None
    workers: int = 0


HERE = Cluster()


@dataclass(frozen=True)
class Pool:
    """The workers that were asked for.

    Attributes:
        size: How many runs at once; 0 leaves it to the engine, `local` excepted.
        cluster: Where they are.
        most: Runs that there are at most; None if unknown.
    """

    size: int = 1
    cluster: Cluster = HERE
    most: int | None = None


class Engine(Protocol):
    """What the function `run` of an engine's module takes and yields; see the top of this module."""

    def __call__(self, jobs: Iterator[Job], pool: Pool, stop: Stop) -> Iterator[Event]:
        """Draw jobs. Raises Interrupted after a stop."""


def names() -> list[str]:
    """Return the names of the engines."""
    return [found.name for found in pkgutil.iter_modules(__path__) if found.name not in _PARTS]


def find(name: str) -> Engine:
    """Return an engine by its name. Raises UsageError for another name."""
    if name not in names():
        raise UsageError(
            f"there is no engine {name!r}.", did_you_mean(name, names(), f"Valid: {', '.join(names())}.")
        )
    return cast("Engine", importlib.import_module(f"{__name__}.{name}").run)


class Losses:
    """Counts how often the worker of each job was lost. hint: What helps against crashes."""

    def __init__(self, hint: str = "Take fewer --jobs.") -> None:
        self._crashes: Counter[int] = Counter()
        self._hint = hint

    def preempted(self, job: Job, reason: str) -> JobPreempted:
        """Return the event for a job whose worker was taken away, which is always submitted again."""
        return JobPreempted(job.number, reason)

    def crashed(self, job: Job) -> JobPreempted | JobFailed:
        """Return the event for a job whose worker crashed. Submit it again unless it is a `JobFailed`."""
        self._crashes[job.number] += 1
        # Mostly the kernel ends a process like this, when memory is full.
        if self._crashes[job.number] < MOST_CRASHES:
            return JobPreempted(job.number, "its process was killed; it is drawn again")
        times = f"{MOST_CRASHES} times"
        return job.failed(OutOfMemory(f"the process that was drawing it was killed {times}.", self._hint))

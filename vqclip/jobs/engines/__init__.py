"""Engines draw many runs at once. Every module of this package is one, except those in _PARTS.

An engine is a module with one function, here called NAME after its module, and nothing has to be registered:

    def run(jobs: Iterator[Job | None], pool: Pool, stop: Stop) -> Iterator[Event]

It has to do this:

- It takes the next job only when a worker is free, so that a batch of a million lines is never in memory. None in the
  place of a job says that the next line of standard input has not come yet: the engine goes on and asks again.
- It draws each job with `worker.draw`, in a worker that lives for many jobs and keeps one `ModelCache`, so that the
  models load once. A worker draws one job at a time. `worker.reports` leaves the events that are worth sending.
- It yields what the workers report: for each job `JobStarted`, `JobStepped` about twice a second, `Warned`, and at
  the end `JobFinished` or `JobFailed`. These come from `worker.draw`; a job that fails does not end the others.
- A worker that is lost was either taken away, and its job is submitted again without limit, or it crashed, and its
  job is submitted again until it has crashed three times. `losses.Losses` counts this and makes the events
  `JobPreempted` and `JobFailed`, also for jobs that fail for a reason of their machine. `worker.draw` continues such
  a job from its newest snapshot.
- It asks `stop` a few times a second. Once that returns the number of a signal, it takes no more jobs and makes the
  `stop` of every `worker.draw` return that number, whereupon each ends its step, keeps a snapshot and reports
  `JobStopped`. After the last report the engine raises `Interrupted`. It does the same when its generator is closed.
- A run has the number of threads of its settings, or its worker's share of the cores. Another number of threads sums
  floats in another order, and the picture differs: an engine whose libraries set OMP_NUM_THREADS has to undo that.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from vqclip.errors import UsageError, did_you_mean
from vqclip.events import Event, JobFailed, JobStarted, Stop
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.errors import VqclipError

_PARTS = ("worker", "losses", "ray_actor", "ray_cluster")


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

    def __call__(self, jobs: Iterator[Job | None], pool: Pool, stop: Stop) -> Iterator[Event]:
        """Draw jobs. Raises Interrupted after a stop."""


def names() -> list[str]:
    """Return the names of the engines."""
    return [found.name for found in pkgutil.iter_modules(__path__) if found.name not in _PARTS]


def check_address(name: str, cluster: Cluster) -> None:
    """Raise UsageError where an engine needs a cluster at an address and none answers, before there are files."""
    check = getattr(importlib.import_module(f"{__name__}.{name}"), "check_address", None)
    if check is not None:
        check(cluster.address)


def find(name: str) -> Engine:
    """Return an engine by its name. Raises UsageError for another name."""
    if name not in names():
        raise UsageError(
            f"there is no engine {name!r}.", did_you_mean(name, names(), f"Valid: {', '.join(names())}.")
        )
    return cast("Engine", importlib.import_module(f"{__name__}.{name}").run)

"""The engine of a Ray cluster: actors that load the models once and draw one run after the other.

Without a cluster, Ray starts on this machine. Ray never restarts an actor: this process makes a new one for each that
is lost, which starts where there is a free node, and gives it the run. A run is sent to an actor only when the actor
has started, so no run waits for a node. The actors end with this process.

Ray sets OMP_NUM_THREADS to the CPUs of an actor. Here a run has the threads of its settings, or as many as it would
have in this process, so that its picture is the same to the byte as without Ray.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from vqclip import __version__, files
from vqclip.errors import Interrupted, UsageError, VqclipError
from vqclip.events import Event, JobFailed, JobFinished, JobPreempted, JobStarted, JobStopped, Stop, Warned
from vqclip.jobs.engines import Job, Pool
from vqclip.jobs.engines.losses import ASIDE_SECONDS, MOST_CRASHES, Losses
from vqclip.jobs.engines.ray_actor import Actor
from vqclip.jobs.engines.ray_cluster import (
    ActorUnavailableError,
    Needs,
    RayActorError,
    RayError,
    connected,
    hosts_of_nodes,
    last_line,
    nodes,
    place_of,
    ray,
)
from vqclip.jobs.engines.ray_cluster import check_address as check_address
from vqclip.object_store import address_of

_POLL_SECONDS, _ADD_SECONDS = 0.2, 2.0
_WAIT_SECONDS = 60.0
_LOCK_SECONDS, _LOCK_PAUSE = 180.0, 3.0
_END_SECONDS = 120.0
_NODE = "ray.io/node-id"


def run(jobs: Iterator[Job | None], pool: Pool, stop: Stop) -> Iterator[Event]:
    """Draw jobs as `vqclip.jobs.engines` says."""
    first = next(filter(None, jobs), None)
    if first is None:
        return
    with connected(pool.cluster) as alone:
        driver = _Driver(first, jobs, pool, stop)
        driver.check_room(grows=not alone)
        yield from driver.run()


class _Worker:
    """An actor, seen from this process.

    Attributes:
        job: That it draws.
        pending: What it sends next: where it is, the reports of the job, or why it is lost.
        node, host: Where it is; empty until it has started.
        avoids: Nodes on which it does not start.
    """

    def __init__(self, needs: Needs, avoids: frozenset[str]) -> None:
        kind = ray.remote(concurrency_groups={"control": 1}, num_cpus=needs.cpus, num_gpus=needs.gpus)(Actor)
        # SPREAD: what is lost with a node is as little as possible.
        options: dict[str, Any] = {"max_restarts": 0, "max_task_retries": 0, "scheduling_strategy": "SPREAD"}
        if avoids:
            options["label_selector"] = {_NODE: f"!in({','.join(sorted(avoids))})"}
        self._actor = kind.options(**options).remote(needs.threads)
        self.avoids = avoids
        self.pending: Any = self._actor.place.remote()
        self.node = self.host = ""
        self.job: Job | None = None
        self._ending = False

    def draw(self, job: Job) -> None:
        """Send it a job. Its folder is absolute: an actor has another working folder."""
        self.job = job
        sent = job if address_of(job.directory) else replace(job, directory=job.directory.absolute())
        self.pending = self._actor.draw.options(num_returns="streaming").remote(sent)

    def end(self, number: int) -> None:
        """Ask it, once, to end its run after the step."""
        if not self._ending:
            self._ending = True
            self._actor.end.options(concurrency_group="control").remote(number)

    def place(self) -> tuple[str, str]:
        """Return the id and the name of its node, also when it did not start there."""
        return place_of(self._actor)

    def ask_why(self) -> None:
        """Ask an actor that does not answer for a sign of life, which tells in time why there is none."""
        self.pending = self._actor.place.remote()

    def kill(self) -> None:
        """End its process."""
        with contextlib.suppress(Exception):  # Ray is gone, or the actor
            ray.kill(self._actor)


class _Driver:
    """Gives the jobs to workers, and replaces lost workers."""

    def __init__(self, first: Job, jobs: Iterator[Job | None], pool: Pool, stop: Stop) -> None:
        self._pool, self._stop = pool, stop
        self._needs = Needs.of(first, pool)
        self._jobs: Iterator[Job | None] | None = jobs
        self._again = deque([first])
        self._later: list[tuple[float, Job]] = []
        self._locked_until: dict[int, float] = {}
        self._workers: list[_Worker] = []
        self._losses = Losses("Give each run more memory: fewer --workers, or more --cpus-per-run.")
        self._signal, self._failed_starts, self._waits = 0, 0, False
        self._added = self._started = time.monotonic() - _ADD_SECONDS
        self._said: set[str] = set()

    def run(self) -> Iterator[Event]:
        """Draw all jobs. Raises Interrupted after a stop."""
        try:
            while True:
                try:
                    yield from self._turn()
                except Interrupted as error:
                    # A signal before the first step. The next one ends this process at once.
                    if self._signal:
                        raise
                    self._signal = error.signal_number
                if not (self._busy() or (self._has_work() and not self._signal)):
                    break
        finally:
            self._end()
        if self._signal:
            raise Interrupted("stopped.", "", self._signal)

    def _turn(self) -> Iterator[Event]:
        self._signal = self._signal or self._stop() or 0
        if self._signal:
            self._ask_to_end()
        else:
            self._add_workers()
            yield from self._assign()
            yield from self._waiting_notice()
        yield from self._received()

    def _busy(self) -> list[_Worker]:
        return [each for each in self._workers if each.job is not None]

    def _has_work(self) -> bool:
        return bool(self._again or self._later or self._jobs)

    def check_room(self, *, grows: bool) -> None:
        """Note when no node can hold a run. Raises UsageError when no other one can join."""
        if self._needs.slots():
            return
        if not grows:
            hint = "Ask for less with --gpus-per-run or --cpus-per-run, or give the --address of a cluster."
            raise UsageError(f"this machine is too small for a run, which takes {self._needs}.", hint)
        self._started -= _WAIT_SECONDS

    def _add_workers(self) -> None:
        """Make workers for the jobs that are left, as many as were asked for or as fit."""
        if time.monotonic() - self._added < _ADD_SECONDS:
            return
        self._added = time.monotonic()
        slots = self._needs.slots()
        avoided = self._avoided(slots)
        for worker in [each for each in self._workers if not each.node and each.avoids != avoided]:
            self._release(worker)
        usable = [each for each in self._workers if each.job is not None or each.node not in avoided]
        extra = sum(each.node in avoided for each in usable)
        fitting = sum(count for node, count in slots.items() if node not in avoided) + extra
        wanted = self._pool.size or max(1, fitting)
        if self._jobs is None:
            wanted = min(wanted, len(self._busy()) + len(self._again) + len(self._later))
        if self._pool.most is not None:
            wanted = min(wanted, self._pool.most)
        self._workers += [_Worker(self._needs, avoided) for _ in range(wanted - len(usable))]

    def _avoided(self, slots: Collection[str]) -> frozenset[str]:
        """The nodes that would not take the next job: the first that no worker takes, or a new one."""
        free = [each.node for each in self._workers if each.node]
        for job in self._again:
            if not any(self._losses.takes(node, job.number) for node in free):
                return frozenset(node for node in slots if not self._losses.takes(node, job.number))
        return frozenset(node for node in slots if not self._losses.takes(node))

    def _assign(self) -> Iterator[Event]:
        """Give each free worker a job. Without one, its worker ends."""
        now = time.monotonic()
        self._again += [job for due, job in self._later if due <= now]
        self._later = [(due, job) for due, job in self._later if due > now]
        for worker in [each for each in self._workers if each.node and each.job is None]:
            job = self._next(worker.node)
            if job is not None:
                worker.draw(job)
            elif not self._later and not self._waits:
                self._release(worker)
        for job in list(self._again):
            if event := self._losses.hopeless(job.number, self._needs.slots()):
                self._again.remove(job)
                yield event

    def _next(self, node: str) -> Job | None:
        """Return a job that a node may draw."""
        for again in self._again:
            if self._losses.takes(node, again.number):
                self._again.remove(again)
                return again
        if self._jobs is None or not self._losses.takes(node):
            return None
        try:
            job = next(self._jobs)
        except StopIteration:
            job = self._jobs = None
        self._waits = self._jobs is not None and job is None
        return job

    def _release(self, worker: _Worker) -> None:
        self._workers.remove(worker)
        worker.kill()

    def _waiting_notice(self) -> Iterator[Event]:
        if any(each.node for each in self._workers):
            self._started = time.monotonic()
        elif time.monotonic() - self._started > _WAIT_SECONDS:
            yield from self._warn(f"no node of the cluster is free for a run, which takes {self._needs}; waiting.")

    def _warn(self, message: str) -> Iterator[Event]:
        if message not in self._said:
            self._said.add(message)
            yield Warned(message)

    def _received(self) -> Iterator[Event]:
        """Yield what the workers sent; wait a moment if there is nothing."""
        by_source = {each.pending: each for each in self._workers if each.pending is not None}
        sources = list(by_source)
        if not sources:
            time.sleep(_POLL_SECONDS)
            return
        ready, _ = ray.wait(sources, timeout=_POLL_SECONDS, fetch_local=False)
        if ready:
            ready, _ = ray.wait(sources, num_returns=len(sources), timeout=0, fetch_local=False)
        for source in ready:
            worker = by_source[source]
            if worker.node and worker.job is not None and hasattr(source, "__next__"):
                yield from self._report(worker, worker.job)
            else:
                yield from self._answer(worker)

    def _report(self, worker: _Worker, job: Job) -> Iterator[Event]:
        """Take the next event of a run."""
        try:
            event: Event = ray.get(next(worker.pending))
        except StopIteration:
            worker.pending = None
            if worker.job is not None:  # it ended without a last report
                yield from self._lost(worker, job, None)
            return
        except ActorUnavailableError:
            worker.ask_why()
            return
        except RayActorError as error:
            yield from self._lost(worker, job, error)
            return
        except RayError as error:
            self._release(worker)
            # Such as an error of CUDA, after which the process cannot use the GPU.
            unexpected = VqclipError(f"unexpected error: {last_line(error)}.", "Please report it.")
            yield self._repeated(job, self._losses.crashed(job, unexpected))
            return
        if isinstance(event, (JobFinished, JobFailed, JobStopped)):
            worker.job = worker.pending = None
        if isinstance(event, (JobStarted, JobFinished)):
            event = replace(event, directory=job.directory)
        if isinstance(event, JobFailed):
            if self._is_locked(event):
                self._later.append((time.monotonic() + _LOCK_PAUSE, job))
                return
            event = self._repeated(job, self._losses.failed(event, worker.node, worker.host, self._needs.slots()))
        yield event
        if isinstance(event, JobFinished):
            for node, reason in self._losses.finished(job.number, worker.node):
                yield self._put_aside(hosts_of_nodes()[node], reason)
            yield from self._check_shared(worker, job.directory)

    def _repeated(self, job: Job, event: JobPreempted | JobFailed) -> JobPreempted | JobFailed:
        """Draw a job again unless it has failed."""
        if isinstance(event, JobPreempted):
            self._again.append(job)
        return event

    def _put_aside(self, host: str, reason: str) -> Warned:
        return Warned(f"{host} gets no runs for {ASIDE_SECONDS / 60:.0f} minutes: {reason}")

    def _is_locked(self, event: JobFailed) -> bool:
        """Whether the worker that was lost may still hold the lock of its run."""
        return event.kind == "in_use" and time.monotonic() < self._locked_until.get(event.number, 0.0)

    def _check_shared(self, worker: _Worker, directory: Path) -> Iterator[Event]:
        if not (address_of(directory) or files.is_file(directory / "run.json")):
            shown = files.printable(directory.parent.absolute())
            yield from self._warn(
                f"{worker.host} wrote into its own {shown}: give --output in a folder of all nodes."
            )

    def _answer(self, worker: _Worker) -> Iterator[Event]:
        """Take where a worker has started, or why it did not or is lost."""
        try:
            worker.node, worker.host, version = ray.get(worker.pending)
        except RayError as error:
            if worker.job is not None:
                yield from self._lost(worker, worker.job, error)
                return
            yield from self._not_started(worker, last_line(error))
            return
        worker.pending = None
        if worker.job is not None:  # the process lives, but its reports are gone
            yield from self._lost(worker, worker.job, None)
            return
        self._failed_starts = 0
        if version != __version__:
            yield from self._warn(f"{worker.host} has vqclip {version}, and this machine {__version__}.")

    def _not_started(self, worker: _Worker, reason: str) -> Iterator[Event]:
        """Put the node of a worker aside on which it does not start. Raises VqclipError when there is no other."""
        node, host = worker.place()
        self._release(worker)
        self._failed_starts += 1
        if node:
            self._losses.put_aside(node)
        others = any(self._losses.takes(other) for other in self._needs.slots())
        if not self._busy() and (not others or (self._failed_starts >= MOST_CRASHES and not node)):
            hint = "Install the same vqclip and Ray on every node; the logs of Ray say more."
            raise VqclipError(f"the workers do not start: {reason}", hint)
        if node:
            yield self._put_aside(host, reason)

    def _lost(self, worker: _Worker, job: Job, error: RayError | None) -> Iterator[Event]:
        """Replace a worker, and draw its job again unless it crashed too often."""
        self._release(worker)
        self._added -= _ADD_SECONDS
        self._locked_until[job.number] = time.monotonic() + _LOCK_SECONDS
        if _taken_away(error, worker.node):
            yield self._repeated(job, self._losses.preempted(job, f"{worker.host} was taken away"))
        else:
            yield self._repeated(job, self._losses.crashed(job))

    def _ask_to_end(self) -> None:
        for worker in list(self._workers):
            if worker.job is None:
                self._release(worker)
            else:
                worker.end(self._signal)

    def _end(self) -> None:
        """Wait until the runs have ended their step, if there are any, and end all workers."""
        self._signal = self._signal or (int(signal.SIGTERM) if self._busy() else 0)
        last = time.monotonic() + _END_SECONDS
        try:
            self._ask_to_end()
            while self._busy() and time.monotonic() < last:
                for _ in self._received():
                    pass
        except RayError:
            pass  # the cluster is gone
        finally:
            for worker in self._workers:
                worker.kill()


def _taken_away(error: RayError | None, node: str) -> bool:
    """Whether an actor ended with its node or by somebody's order, and not in a crash of its own."""
    if error is None or isinstance(error, ActorUnavailableError) or getattr(error, "preempted", False):
        return True
    return node not in nodes() or "ray.kill" in str(error)

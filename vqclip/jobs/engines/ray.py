"""The engine of a Ray cluster: actors that load the models once and draw one run after the other.

Without a cluster, Ray starts on this machine. Ray never restarts an actor: this process makes a new one for each that
is lost, which starts where there is a free node, and gives it the run. A run is sent to an actor only when the actor
has started, so no run waits for a node. The actors end with this process.

Ray sets OMP_NUM_THREADS to the CPUs of an actor. Here a run has the threads of its settings, or as many as it would
have in this process, so that its picture is the same to the byte as without Ray.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vqclip import __version__, files
from vqclip.errors import Interrupted, UsageError, VqclipError
from vqclip.events import Event, JobFailed, JobFinished, JobPreempted, JobStarted, JobStopped, Warned
from vqclip.jobs.engines import MOST_CRASHES, Cluster, Job, Losses, Pool, Stop
from vqclip.jobs.engines.ray_actor import Actor
from vqclip.object_store import address_of
from vqclip.runtime import devices, limits

# Workers have the Python of their node, also when `uv run` started this process. Ray reads both when it is imported.
os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
try:
    import ray
    from ray._private import services
    from ray.exceptions import ActorUnavailableError, RayActorError, RayError
except ImportError:
    raise UsageError("--engine ray needs Ray.", 'Install it with: pip install "vqclip[ray]"') from None

_STORE_BYTES = 80 * 2**20  # only settings and events go through Ray
_POLL_SECONDS, _ADD_SECONDS = 0.2, 2.0
_WAIT_SECONDS, _CONNECT_SECONDS = 60.0, 10.0
_LOCK_SECONDS, _LOCK_PAUSE = 180.0, 3.0
_END_SECONDS = 120.0


def run(jobs: Iterator[Job], pool: Pool, stop: Stop) -> Iterator[Event]:
    """Draw jobs as `vqclip.jobs.engines` says."""
    first = next(jobs, None)
    if first is None:
        return
    with _connected(pool.cluster):
        yield from _Driver(first, jobs, pool, stop).run()


@contextlib.contextmanager
def _connected(cluster: Cluster) -> Iterator[None]:
    """Connect to the cluster, or start Ray on this machine; unless the caller of this process has done so."""
    if ray.is_initialized():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    # Ray prints messages of its nodes to standard output, which is for answers.
    ray._private.worker._worker_logs_enabled = False
    try:
        _connect(cluster.address or os.environ.get("RAY_ADDRESS"))
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGTERM, before)
        yield
    finally:
        ray.shutdown()
        with contextlib.suppress(ValueError):
            signal.signal(signal.SIGTERM, before)


def _connect(address: str | None) -> None:
    """Connect to the cluster at an address, or to that of this machine if there is one, or start Ray here."""
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    try:
        found = services.canonicalize_bootstrap_address(address)
    except (OSError, ValueError):
        found = None
    # Ray itself tries an address that does not answer for ten minutes.
    there = found is not None and _answers(found)
    if address not in (None, "local") and not there:
        raise UsageError(
            f"no Ray cluster answers at --address {files.printable(address)}.",
            "Start one with `ray start --head`, or leave --address out to start Ray on this machine.",
        )
    here = {"num_cpus": limits.cores(), "object_store_memory": _STORE_BYTES, "include_dashboard": False}
    try:
        ray.init(address=found, **quiet) if there else ray.init("local", **here, **quiet)
    except (OSError, RuntimeError, ValueError, RayError) as error:
        where = f"the Ray cluster at {found} does not take this process" if there else "Ray does not start here"
        hint = "The nodes need the same versions of Python and Ray. See the logs in /tmp/ray."
        raise VqclipError(f"{where}: {_last_line(error)}", hint) from None


def _answers(address: str) -> bool:
    """Whether a process listens at HOST:PORT."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


@dataclass(frozen=True)
class _Needs:
    """What Ray reserves for a worker, and the threads of a run without --threads."""

    cpus: int
    gpus: float
    threads: int

    @staticmethod
    def of(job: Job, pool: Pool) -> _Needs:
        """Find what the user left open. CPUs that no node has are not asked for unless the user does."""
        cluster, nodes = pool.cluster, _nodes()
        most = max((int(node.get("CPU", 0)) for node in nodes.values()), default=0)
        threads = devices.own_threads()
        wanted = min(job.settings.threads or threads, most or 1)
        if pool.size:
            wanted = min(wanted, int(sum(node.get("CPU", 0) for node in nodes.values())) // pool.size)
        gpus = cluster.gpus
        if gpus is None:
            device = job.settings.device
            there = any(node.get("GPU", 0) for node in nodes.values())
            gpus = 1.0 if device.startswith("cuda") or (device == "auto" and there) else 0.0
        return _Needs(cluster.cpus or max(1, wanted), gpus, threads)

    def fitting(self) -> int:
        """Return how many workers the nodes hold that are there now."""
        count = 0
        for node in _nodes().values():
            fit = node.get("CPU", 0) // self.cpus
            count += int(min(fit, node.get("GPU", 0) // self.gpus) if self.gpus else fit)
        return count

    def __str__(self) -> str:
        shown = f"{self.cpus} CPU{'s' if self.cpus > 1 else ''}"
        return f"{shown} and {self.gpus:g} GPU" if self.gpus else shown


def _nodes() -> dict[str, dict[str, float]]:
    """The resources of all living nodes, by id."""
    return {node["NodeID"]: node["Resources"] for node in ray.nodes() if node["Alive"]}


class _Worker:
    """An actor, seen from this process.

    Attributes:
        job: That it draws.
        pending: What it sends next: where it is, the reports of the job, or why it is lost.
        node, host: Where it is; empty until it has started.
    """

    def __init__(self, needs: _Needs) -> None:
        kind = ray.remote(concurrency_groups={"control": 1}, num_cpus=needs.cpus, num_gpus=needs.gpus)(Actor)
        # SPREAD: what is lost with a node is as little as possible.
        options = {"max_restarts": 0, "max_task_retries": 0, "scheduling_strategy": "SPREAD"}
        self._actor = kind.options(**options).remote(needs.threads)
        self.pending: Any = self._actor.place.remote()
        self.node = self.host = ""
        self.job: Job | None = None
        self.began = time.monotonic()
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

    def ask_why(self) -> None:
        """Ask an actor that does not answer for a sign of life, which tells in time why there is none."""
        self.pending = self._actor.place.remote()

    def kill(self) -> None:
        """End its process."""
        with contextlib.suppress(Exception):  # Ray is gone, or the actor
            ray.kill(self._actor)


class _Driver:
    """Gives the jobs to workers, and replaces lost workers."""

    def __init__(self, first: Job, jobs: Iterator[Job], pool: Pool, stop: Stop) -> None:
        self._pool, self._stop = pool, stop
        self._needs = _Needs.of(first, pool)
        self._jobs: Iterator[Job] | None = jobs
        self._again = deque([first])
        self._later: list[tuple[float, Job]] = []
        self._locked_until: dict[int, float] = {}
        self._workers: list[_Worker] = []
        self._losses = Losses("Give each run more memory: fewer --workers, or more --cpus-per-run.")
        self._signal, self._failed_starts = 0, 0
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
            self._assign()
            yield from self._waiting_notice()
        yield from self._received()

    def _busy(self) -> list[_Worker]:
        return [each for each in self._workers if each.job is not None]

    def _has_work(self) -> bool:
        return bool(self._again or self._later or self._jobs)

    def _add_workers(self) -> None:
        """Make workers for the jobs that are left, as many as were asked for or as fit."""
        if time.monotonic() - self._added < _ADD_SECONDS:
            return
        self._added = time.monotonic()
        wanted = self._pool.size or max(1, self._needs.fitting())
        if self._jobs is None:
            wanted = min(wanted, len(self._busy()) + len(self._again) + len(self._later))
        if self._pool.most is not None:
            wanted = min(wanted, self._pool.most)
        self._workers += [_Worker(self._needs) for _ in range(wanted - len(self._workers))]

    def _assign(self) -> None:
        """Give each free worker a job. Without one, its worker ends."""
        now = time.monotonic()
        self._again += [job for due, job in self._later if due <= now]
        self._later = [(due, job) for due, job in self._later if due > now]
        for worker in [each for each in self._workers if each.node and each.job is None]:
            job = self._next()
            if job is not None:
                worker.draw(job)
            elif not self._later:
                self._release(worker)

    def _next(self) -> Job | None:
        if self._again:
            return self._again.popleft()
        job = next(self._jobs, None) if self._jobs is not None else None
        if job is None:
            self._jobs = None
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
            worker.job = worker.pending = None
            yield job.failed(VqclipError(f"unexpected error: {_last_line(error)}", "Please report it."))
            return
        if isinstance(event, (JobFinished, JobFailed, JobStopped)):
            worker.job = None
        if isinstance(event, (JobStarted, JobFinished)):
            event = replace(event, directory=job.directory)
        if isinstance(event, JobFailed) and self._is_locked(event):
            self._later.append((time.monotonic() + _LOCK_PAUSE, job))
            return
        yield event
        if isinstance(event, JobFinished):
            yield from self._check_shared(worker, job.directory)

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
            self._release(worker)
            self._failed_starts += 1
            if self._failed_starts >= MOST_CRASHES:
                hint = "Install the same vqclip and Ray on every node; the logs of Ray say more."
                raise VqclipError(f"the workers do not start: {_last_line(error)}", hint) from None
            return
        worker.pending = None
        if worker.job is not None:  # the process lives, but its reports are gone
            yield from self._lost(worker, worker.job, None)
            return
        self._failed_starts = 0
        if version != __version__:
            yield from self._warn(f"{worker.host} has vqclip {version}, and this machine {__version__}.")

    def _lost(self, worker: _Worker, job: Job, error: RayError | None) -> Iterator[Event]:
        """Replace a worker, and draw its job again unless it crashed too often."""
        self._release(worker)
        self._added -= _ADD_SECONDS
        self._locked_until[job.number] = time.monotonic() + _LOCK_SECONDS
        if _taken_away(error, worker.node):
            event: JobPreempted | JobFailed = self._losses.preempted(job, f"{worker.host} was taken away")
        else:
            event = self._losses.crashed(job)
        if isinstance(event, JobPreempted):
            self._again.append(job)
        yield event

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
    return node not in _nodes() or "ray.kill" in str(error)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__

"""Decides what becomes of a run that failed or lost its worker: it is drawn again, somewhere else, or has failed.

A run may fail for a reason of its machine: a model is not there, the memory or the disk is full. Then other machines
draw it, and only a run that failed on three of them, or on all, has failed. When another machine finishes it, the
first one is put aside for a while, so that a machine without the models does not take all runs and fail them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection

from vqclip.errors import OutOfMemory, VqclipError
from vqclip.events import JobFailed, JobPreempted
from vqclip.jobs.engines import Job

MOST_CRASHES = 3
"""Starts of a job whose process crashes each time, before it counts as failed."""
MOST_NODES = 3
"""Nodes on which a job fails for a reason of the node, before it counts as failed."""
ASIDE_SECONDS = 600.0
"""How long a node gets no jobs after it failed one that another node finished."""
_OF_NODES = frozenset({"model", "memory", "output", "input", "encoder"})
_NEW = 0


class Losses:
    """What is known about the failures of jobs, and of the nodes that drew them.

    Args:
        hint: What helps against crashes.
        clock: Returns seconds.
    """

    def __init__(self, hint: str = "Take fewer --jobs.", clock: Callable[[], float] = time.monotonic) -> None:
        self._hint, self._clock = hint, clock
        self._crashes: Counter[int] = Counter()
        self._tried: dict[int, dict[str, JobFailed]] = {}
        self._in_a_row: Counter[str] = Counter()
        self._aside: dict[str, float] = {}

    def preempted(self, job: Job, reason: str) -> JobPreempted:
        """Return the event for a job whose worker was taken away, which is always submitted again."""
        return JobPreempted(job.number, reason)

    def crashed(self, job: Job, error: VqclipError | None = None) -> JobPreempted | JobFailed:
        """Return the event for a job whose worker crashed. Submit it again unless it is a `JobFailed`.

        error: In which it crashed, if it could say so.
        """
        self._crashes[job.number] += 1
        if self._crashes[job.number] < MOST_CRASHES:
            reason = f"{error.message} It" if error else "its process was killed; it"
            return JobPreempted(job.number, f"{reason} is drawn again.")
        self._acquit(job.number)
        times = f"{MOST_CRASHES} times"
        if error:
            return job.failed(type(error)(f"{error.message} It happened {times}.", error.hint))
        # Mostly the kernel ends a process like this, when memory is full.
        return job.failed(OutOfMemory(f"the process that was drawing it was killed {times}.", self._hint))

    def failed(self, event: JobFailed, node: str, host: str, nodes: Collection[str]) -> JobFailed | JobPreempted:
        """Return the event for a job that failed on a node. Submit it again unless it is a `JobFailed`.

        Args:
            event: Its failure.
            node, host: Where it was drawn.
            nodes: All that could draw it.
        """
        if event.kind not in _OF_NODES:
            self._acquit(event.number)
            return event
        self._in_a_row[node] += 1
        self._tried.setdefault(event.number, {})[node] = event
        return self.hopeless(event.number, nodes) or JobPreempted(
            event.number, f"{host}: {event.message} Another node draws it."
        )

    def hopeless(self, number: int, nodes: Collection[str]) -> JobFailed | None:
        """Return the failure of a job that no other node can draw, or None."""
        tried = self._tried.get(number)
        if not tried or (len(tried) < MOST_NODES and any(self.takes(node, number) for node in nodes)):
            return None
        event = list(tried.values())[-1]
        self._acquit(number)
        where = f" It failed on {len(tried)} nodes." if len(tried) > 1 else ""
        return JobFailed(number, event.message + where, event.hint, event.kind)

    def finished(self, number: int, node: str) -> list[tuple[str, str]]:
        """Note that a node finished a job. Returns the nodes that are put aside for it, each with the reason."""
        self._crashes.pop(number, None)
        self._in_a_row.pop(node, None)
        guilty = [(other, event.message) for other, event in self._tried.pop(number, {}).items()]
        # One that has finished a run since then is not.
        guilty = [(other, reason) for other, reason in guilty if self._in_a_row[other]]
        for other, _ in guilty:
            self.put_aside(other)
        return guilty

    def put_aside(self, node: str) -> None:
        """Give a node no jobs for a while."""
        self._in_a_row.pop(node, None)
        self._aside[node] = self._clock() + ASIDE_SECONDS

    def takes(self, node: str, number: int = _NEW) -> bool:
        """Whether a node may draw a job; without a number, one that no node has drawn yet."""
        if self._clock() < self._aside.get(node, 0.0):
            return False
        if number in self._tried:
            return node not in self._tried[number]
        return self._in_a_row[node] < MOST_CRASHES

    def _acquit(self, number: int) -> None:
        """Forget a job that failed for a reason of its own: it says nothing about its nodes."""
        self._crashes.pop(number, None)
        for node in self._tried.pop(number, {}):
            self._in_a_row.pop(node, None)

"""What draws runs on the nodes of a Ray cluster. Nothing here imports torch before the first run."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vqclip import __version__
from vqclip.events import Event, Saved, Stepped
from vqclip.jobs.engines import Job
from vqclip.runtime import limits, snapshot_request

if TYPE_CHECKING:
    from vqclip.runs.loading import ModelCache

SNAPSHOT_SECONDS = 60.0
"""Between the snapshots of a run, beside those of --snapshot-every: a node may be taken away at any time."""


class Actor:
    """What draws runs in the process of a worker. threads: Of runs whose settings name no number."""

    def __init__(self, threads: int) -> None:
        # Before torch is imported: OpenMP reads them once.
        os.environ["OMP_NUM_THREADS"] = str(threads)
        limits.let_threads_sleep()
        self._threads, self._signal = threads, 0
        self._cache: ModelCache | None = None

    def place(self) -> tuple[str, str, str]:
        """Return the id and the name of the node, and the version of vqclip there."""
        import ray

        return ray.get_runtime_context().get_node_id(), platform.node(), __version__

    def draw(self, job: Job) -> Iterator[Event]:
        """Draw a job and yield its reports."""
        import torch

        from vqclip.jobs.engines.worker import draw, reports
        from vqclip.runs.loading import ModelCache

        if self._cache is None:
            torch.set_num_threads(self._threads)
            self._cache = ModelCache()
        yield from reports(job, _kept(draw(job, lambda: self._signal or None, self._cache)))

    def end(self, number: int) -> None:
        """Let the run end after its step, because of a signal. Called while `draw` runs."""
        self._signal = number


def _kept(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events of a run, and ask for a snapshot when the last one is old."""
    last = time.monotonic()
    for event in events:
        if isinstance(event, Saved) and event.kind == "snapshot":
            last = time.monotonic()
        elif isinstance(event, Stepped) and time.monotonic() - last >= SNAPSHOT_SECONDS:
            snapshot_request.ask()
        yield event

"""What every engine's workers do: draw a job, and choose which of its events are worth sending."""

from __future__ import annotations

import collections
import time
from collections.abc import Iterable, Iterator

from vqclip import files
from vqclip.errors import Interrupted, VqclipError
from vqclip.events import (
    Event,
    Finished,
    JobFailed,
    JobFinished,
    JobStarted,
    JobStepped,
    JobStopped,
    Opened,
    Stepped,
    Stop,
    Warned,
)
from vqclip.jobs.engines import Job
from vqclip.object_store import address_of, allow
from vqclip.runs import launch, remote
from vqclip.runs.directory import read_manifest
from vqclip.runs.loading import ModelCache
from vqclip.runs.metrics import read_metrics

REPORT_SECONDS = 0.5


def draw(job: Job, stop: Stop, cache: ModelCache) -> Iterator[Event]:
    """Draw a job and yield the events of its run, between those of the job.

    A run that is there already is resumed, or left alone if it is finished. Every error becomes a `JobFailed`, and a
    stop a `JobStopped`.

    Args:
        job: To draw.
        stop: Asked after every step.
        cache: Keeps the models for the next job of this worker.
    """
    yield job.started()
    # The process that made the job has checked that the user names them, but this one may be another.
    for _, path in job.settings.named_files(pictures_only=True):
        if address := address_of(path):
            allow(address)
    step, score, loss, finished = 0, None, None, False
    try:
        for event in launch.start(job.settings, preset=job.preset, output=job.directory, stop=stop, cache=cache):
            if isinstance(event, Opened):
                finished = event.finished
            elif isinstance(event, Finished):
                step, score = event.step, event.score
            elif isinstance(event, Stepped):
                loss = event.loss
            yield event
        seconds = 0.0
        with remote.fetched(job.directory, only=("run.json", "metrics.jsonl")) as folder:
            if files.is_file(folder / "run.json"):
                manifest = read_manifest(folder)
                seconds = manifest.seconds
                if finished:
                    step, score = manifest.step, manifest.score
                    last = collections.deque(read_metrics(folder), maxlen=1)
                    loss = last[0]["loss"] if last else None
    except Interrupted as error:
        yield JobStopped(job.number, error.message)
        return
    except VqclipError as error:
        yield job.failed(error)
        return
    yield JobFinished(job.number, job.directory, step, score, loss, seconds)


def reports(job: Job, events: Iterable[Event]) -> Iterator[Event]:
    """Yield what a worker in another process sends of the events of a job: no pictures, and few steps."""
    last = time.monotonic()
    for event in events:
        if isinstance(event, (Warned, JobStarted, JobFinished, JobFailed, JobStopped)):
            yield event
        elif isinstance(event, Stepped) and time.monotonic() - last >= REPORT_SECONDS:
            last = time.monotonic()
            yield JobStepped(job.number, event.step, event.steps)

"""Draw many runs: the lines of a file, or a grid over settings.

DIR/batch.json  ab/cdef0123.../  ledger/  table.csv  table.jsonl  sheet.png  gallery.html

Every run has a normal run folder, named by the digest of its settings, or by its number and words. The ledger says
what is finished, so a stopped batch continues where it ended, and several processes can draw parts of one batch.
"""

from __future__ import annotations

import contextlib
import datetime
import itertools
import secrets
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import Interrupted, OutputError, RunsFailed, UsageError
from vqclip.events import (
    BatchOpened,
    Event,
    JobFailed,
    JobFinished,
    JobPreempted,
    JobStarted,
    JobStopped,
    Stop,
    Warned,
    never,
)
from vqclip.jobs import collect, command, engines, grid, ledger, remote
from vqclip.jobs.arrivals import arriving
from vqclip.jobs.command import Command
from vqclip.jobs.engines.local import default_jobs
from vqclip.jobs.grid import Axis, parse_axis
from vqclip.jobs.plan import Plan, Refused
from vqclip.jobs.shards import Shard
from vqclip.object_store import address_of
from vqclip.runs import lease
from vqclip.runs.directory import fresh_folder, holds_run, words_of
from vqclip.runs.recorder import resume_hint
from vqclip.settings.schema import Settings

AHEAD = 100
"""Lines that are checked before the line that is drawn."""
_MOST_MESSAGES = 1000
_COLLECT_SECONDS, _MOST_COLLECTED, _POLL_SECONDS = 20.0, 500, 0.2
_ALL = Shard()


def batch(
    prompts: str | Path,
    vary: Sequence[str | Axis] = (),
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    jobs: int = 1,
    engine: str = "local",
    cluster: engines.Cluster = engines.HERE,
    shard: Shard = _ALL,
    flat: bool = False,
    stop: Stop = never,
    **settings: Any,
) -> Iterator[Event]:
    """Draw every line of a file, with every combination of the values in `vary`.

    With more than one job a script needs `if __name__ == "__main__":`, as multiprocessing requires.

    Args:
        prompts: The file, or `-` for standard input; see `batch_file`. It is read as a stream.
        vary: Axes, or texts like `NAME=VALUE,VALUE`.
        output: Folder of the batch. Runs that are finished in it are not drawn again.
        parent: Where a new folder is made without `output`.
        preset: As in `api.generate`.
        config_files: As in `api.generate`.
        jobs: How many runs at once, each in its own process, whose steps give no events; 0 chooses a number.
        engine: One of `engines.names`.
        cluster: Where an engine other than `local` draws.
        shard: The part of the batch to draw.
        flat: Name the folders of up to 1,000 runs by number and prompt.
        stop: As in `api.generate`.
        settings: Of every run, by name. Without a seed, each line has a seed of its own; see `plan`.

    Raises:
        VqclipError: At once when none of the first lines can be drawn.
        RunsFailed: After all other runs, when some failed. Each gives a `JobFailed`.
    """
    axes = [axis if isinstance(axis, Axis) else parse_axis(axis) for axis in vary]
    grid.check(axes, {**settings, "prompt": prompts})
    asked = Command.of("batch", str(prompts), settings, axes, preset=preset, config_files=config_files, flat=flat)
    return _open(asked, output, parent, engines.Pool(jobs, cluster), engine, shard, stop)


def sweep(
    prompt: str | None,
    vary: Sequence[str | Axis],
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    jobs: int = 1,
    engine: str = "local",
    cluster: engines.Cluster = engines.HERE,
    stop: Stop = never,
    **settings: Any,
) -> Iterator[Event]:
    """Draw every combination of the values in `vary`.

    Args:
        prompt: None when `vary` contains it.
        vary: As in `batch`.
        output: Folder of the sweep. One that holds the same sweep (of any seed if none is given) is continued.
        parent, preset, config_files, jobs, engine, cluster, stop: As in `batch`.
        settings: Of every run, by name. If no source gives a seed, one is drawn for all runs.

    Raises:
        VqclipError: At once when any combination is invalid.
        RunsFailed: As `batch`.
    """
    axes = [axis if isinstance(axis, Axis) else parse_axis(axis) for axis in vary]
    if not axes:
        raise UsageError("there is nothing to vary.", "Write NAME=VALUE,VALUE, as in --vary learning-rate=0.05,0.1.")
    grid.check(axes, {**settings, "prompt": prompt})
    varied = any(axis.name == "prompt" for axis in axes)
    given = settings | {"prompt": None if varied else prompt or ""}
    asked = Command.of("sweep", None, given, axes, preset=preset, config_files=config_files, flat=True)
    return _open(asked, output, parent, engines.Pool(jobs, cluster), engine, _ALL, stop)


def resume(
    directory: str | Path,
    *,
    jobs: int = 0,
    engine: str = "local",
    cluster: engines.Cluster = engines.HERE,
    stop: Stop = never,
) -> Iterator[Event]:
    """Continue a stopped batch or sweep.

    Args:
        directory: Of the batch.
        jobs: 0 takes as many as before, so that every run keeps its number of threads.
        engine, cluster, stop: As in `batch`. The engine may be another one than before.

    Raises:
        InputError: There is no such folder.
        UsageError: The folder holds no batch, or one that read standard input.
        RunsFailed: As `batch`.
    """
    address = address_of(directory)
    with remote.fetched(address) if address else contextlib.nullcontext() as mirror:
        asked = command.read(mirror.local if mirror else Path(directory))
    if asked.source == "-":
        raise UsageError(
            f"{files.printable(directory)} is a batch of standard input, which is not kept.",
            "Give the same command with the same input again: it continues the batch.",
        )
    return _open(asked, directory, None, engines.Pool(jobs, cluster), engine, _ALL, stop, foreign=True)


def _open(
    asked: Command,
    output: str | Path | None,
    parent: Path | None,
    pool: engines.Pool,
    engine: str,
    shard: Shard,
    stop: Stop,
    mirror: remote.BatchMirror | None = None,
    *,
    foreign: bool = False,
) -> Iterator[Event]:
    """Check the first lines, or all cells of a sweep, and open the folder; no run starts before.

    Args:
        mirror: Of a batch in an object store; `output` is then its temporary folder.
        foreign: As in `Plan`.
    """
    if address := remote.address_for(asked, output, parent):
        pool = remote.pool_for(address, pool, engine)
        return remote.mirrored(
            address,
            lambda mirror: _open(asked, mirror.local, None, pool, engine, shard, stop, mirror, foreign=foreign),
        )
    engines.find(engine)
    directory = None if output is None else Path(output)
    kept = command.read(directory) if directory and command.holds(directory) else None
    if directory and kept is None and holds_run(directory):
        raise OutputError(f"{files.printable(directory)} holds a run.", "Choose another --output.")
    plan = Plan(asked, models_here=engine == "local", foreign=foreign, stop=stop)
    if asked.kind == "sweep" and plan.seed is None and all(axis.name != "seed" for axis in asked.axes):
        seed = kept.flags.get("seed") if kept else None
        asked = replace(asked, flags={**asked.flags, "seed": seed or str(secrets.randbelow(2**32))})
        plan = Plan(asked, models_here=engine == "local", foreign=foreign, stop=stop)
    if directory and kept and (asked.kind, kept.kind) != ("batch", "batch") and not kept.same_runs(asked):
        raise OutputError(
            f"{files.printable(directory)} holds another {kept.kind}.",
            f"Choose another --output, or remove that folder. {resume_hint(directory)}",
        )
    count, share = plan.count(shard)
    done, mine = ledger.finished(directory, shard, here=mirror is None) if directory else ledger.NOTHING
    found = plan.jobs(done, shard)
    first = _checked(found, asked, plan)
    sample = [job.settings for job in first if isinstance(job, engines.Job)]
    known = sample * 4 if asked.source == "-" else sample  # more lines of standard input will come
    jobs = pool.size or (kept.jobs if kept else default_jobs(known) if engine == "local" else 1)
    asked = replace(asked, jobs=max(1, min(jobs, len(sample) if asked.kind == "sweep" else jobs)))
    if sample:
        engines.check_address(engine, pool.cluster)
    directory = files.ensure_writable(directory or _new_folder(asked, sample, parent))
    files.sweep(directory)
    if kept is None or not kept.same_runs(asked):
        asked.write(directory)
    pool = replace(pool, size=asked.jobs if engine == "local" else pool.cluster.workers, most=share)
    # The steps of other engines give no events either, also with one worker.
    at_once = pool.size if engine == "local" else max(2, pool.size)
    rest: Iterator[engines.Job | Refused | None]
    rest = _ahead(found) if asked.source != "-" else arriving(found) if at_once > 1 else found
    opened = BatchOpened(asked.kind, directory, share, min(mine, share or mine), at_once=at_once)
    return _Batch(plan, directory, shard, count, stop, mirror).run(engine, pool, itertools.chain(first, rest), opened)


def _new_folder(asked: Command, sample: Sequence[Settings], parent: Path | None) -> Path:
    words = words_of(sample[0]) if sample else ""
    return fresh_folder(parent or Path("runs"), f"{datetime.date.today().isoformat()}-{asked.kind}-{words}")


def _checked(found: Iterator[engines.Job | Refused], asked: Command, plan: Plan) -> list[engines.Job | Refused]:
    """Return the first lines, or all cells of a sweep in an order in which models load once.

    Raises the error of a cell, or of the first line when there is none that can be drawn.
    """
    if asked.kind == "sweep":
        cells = []
        for cell in found:
            if isinstance(cell, Refused):
                raise cell.error
            cells.append(cell)
        return [*sorted(cells, key=_models)]
    first = list(itertools.islice(found, 1 if asked.source == "-" else AHEAD))
    refused = [each for each in first if isinstance(each, Refused)]
    if refused and len(refused) == len(first) and not plan.done:
        raise refused[0].error
    return [*refused, *(each for each in first if isinstance(each, engines.Job))]


def _models(job: engines.Job) -> tuple[object, ...]:
    settings = job.settings
    return (settings.device, settings.dtype, settings.vqgan, settings.vqgan_config or "", settings.clip)


def _ahead(found: Iterator[engines.Job | Refused]) -> Iterator[engines.Job | Refused]:
    """Read ahead, so that a wrong line is known before its turn comes: refused lines overtake the others."""
    waiting = deque[engines.Job | Refused]()
    for each in found:
        if isinstance(each, Refused):
            yield each
            continue
        waiting.append(each)
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


class _Batch:
    """A batch that is drawn: it keeps the ledger and counts the failures.

    Args:
        plan: Of the runs.
        directory: Of the batch.
        shard: The part that is drawn.
        count: Runs of the whole batch; None if unknown.
        stop: Asked for the signal that ends the batch.
        mirror: Of a batch in an object store.
    """

    def __init__(
        self,
        plan: Plan,
        directory: Path,
        shard: Shard,
        count: int | None,
        stop: Stop,
        mirror: remote.BatchMirror | None = None,
    ) -> None:
        self._plan, self._directory, self._shard, self._count, self._stop = plan, directory, shard, count, stop
        self._mirror, self._runs = mirror, mirror.runs if mirror else directory
        self._ledger = ledger.Ledger(directory, shard)
        self._running: dict[int, engines.Job] = {}
        self._leased: list[engines.Job] = []
        self._refused = deque[JobFailed](maxlen=_MOST_MESSAGES)
        self._failures, self._first_failure, self._elsewhere = 0, "", 0
        self._wrong_lines = 0
        self._warned: set[str] = set()
        self._unused: set[str] = set()

    def run(
        self,
        engine: str,
        pool: engines.Pool,
        found: Iterable[engines.Job | Refused | None],
        opened: BatchOpened,
    ) -> Iterator[Event]:
        """Draw the runs, and yield the events of the engine and of what is written at the end."""
        yield opened
        self._ledger.begin(self._shard, self._count)
        whole = self._shard.count == 1
        last, cost = time.monotonic(), 0.0
        try:
            with contextlib.closing(self._drawn(engines.find(engine), pool, found)) as events:
                for event in events:
                    yield from self._noted(event)
                    often = max(_COLLECT_SECONDS, 20 * cost)
                    if whole and (self._count or 0) <= _MOST_COLLECTED and time.monotonic() - last > often:
                        began = time.monotonic()
                        yield from self._collect(finished=False)
                        last, cost = time.monotonic(), time.monotonic() - began
            yield from self._refusals()
        except Interrupted as error:
            if whole:
                yield from self._collect(pictures=False)
            # `resume` fetches nothing that only the folder of the batch names, and draws on this machine.
            again = self._count is None or not whole or (self._plan.fetches and not self._mirror) or engine != "local"
            hint = "Give the same command again to continue." if again else ""
            raise Interrupted(error.message, hint or resume_hint(self._directory), error.signal_number) from None
        finally:
            self._ledger.close()
        if whole:
            yield from self._collect()
        if self._elsewhere:
            yield Warned(f"{self._elsewhere} runs are being drawn by another process.")
        if self._failures:
            number = f"{self._failures} of {self._count if whole and self._count else 'the'} runs failed"
            which = f"{number}{RunsFailed.FOR_ONE}{self._first_failure}"
            first = "Correct the lines, and run" if self._wrong_lines == self._failures else "Run"
            raise RunsFailed(which, f"{first} the same command again to retry them.")

    def _drawn(
        self, draw: engines.Engine, pool: engines.Pool, found: Iterable[engines.Job | Refused | None]
    ) -> Generator[Event]:
        """Draw the runs; in an object store, those that another process had once more, when it may be gone."""
        with contextlib.closing(draw(self._jobs(found), pool, self._stop)) as events:  # type: ignore[type-var]
            yield from events
        leased, self._leased = self._leased, []
        if not leased or self._mirror is None:
            return
        yield Warned(
            f"another process is drawing {len(leased)} of the runs: this one tries again in {lease.EXPIRES:.0f} "
            "seconds, in case the other one has stopped."
        )
        until = time.monotonic() + lease.EXPIRES
        while time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
            if number := self._stop():
                raise Interrupted("stopped.", "", number)
        self._elsewhere -= len(leased)
        with contextlib.closing(draw(self._registered(leased), pool, self._stop)) as events:  # type: ignore[type-var]
            yield from events

    def _registered(self, jobs: Iterable[engines.Job]) -> Iterator[engines.Job]:
        for job in jobs:
            self._running[job.number] = job
            yield job

    def _collect(self, *, pictures: bool = True, finished: bool = True) -> Iterator[Event]:
        if self._mirror and pictures:
            self._mirror.fetch_pictures()
        yield from collect.collect(self._directory, pictures=pictures, finished=finished)

    def _jobs(self, found: Iterable[engines.Job | Refused | None]) -> Iterator[engines.Job | None]:
        for each in found:
            if each is None:
                yield None
                continue
            if isinstance(each, Refused):
                self._fail(each.number, each.id, each.prompt, each.error.message)
                self._wrong_lines += 1
                self._refused.append(JobFailed(each.number, each.error.message, each.error.hint, each.error.kind))
                continue
            yield from self._registered([replace(each, directory=self._runs / each.directory)])
        if self._plan.read and not self._stop():
            self._ledger.write("total", total=self._plan.total)

    def _refusals(self) -> Iterator[Event]:
        if unused := self._plan.unused - self._unused:
            self._unused |= unused
            yield Warned(f"options of A1111 that vqclip does not have are ignored: --{', --'.join(sorted(unused))}.")
        while self._refused:
            yield self._refused.popleft()

    def _noted(self, event: Event) -> Iterator[Event]:
        """Write an event into the ledger and yield it, unless it only repeats a warning."""
        yield from self._refusals()
        self._ledger.beat()
        if isinstance(event, (JobStarted, JobPreempted, JobStopped)):
            kind = type(event).__name__.removeprefix("Job").lower()
            reason = {} if isinstance(event, JobStarted) else {"reason": event.message}
            self._ledger.write(kind, job=self._running[event.number].id, number=event.number, **reason)
        elif isinstance(event, JobFinished):
            self._finish(self._running.pop(event.number), event)
        elif isinstance(event, JobFailed):
            job = self._running.pop(event.number)
            if event.kind == "in_use":
                self._elsewhere += 1
                self._leased.append(job)
                self._ledger.write("elsewhere", job=job.id, number=job.number)
                return
            self._fail(job.number, job.id, job.settings.prompt, event.message, job)
        elif isinstance(event, Warned):
            # Every run would repeat the warnings about its settings.
            if event.message in self._warned:
                return
            if len(self._warned) < _MOST_MESSAGES:
                self._warned.add(event.message)
        yield event

    def _finish(self, job: engines.Job, event: JobFinished) -> None:
        picture = (job.directory / "image.png").relative_to(self._runs)
        self._ledger.write(
            "finished", **_facts(job), path=picture.as_posix(), score=event.score, loss=event.loss,
            steps=event.step, seconds=round(event.seconds, 2),
        )  # fmt: skip

    def _fail(self, number: int, key: str, prompt: str, reason: str, job: engines.Job | None = None) -> None:
        self._failures += 1
        self._first_failure = self._first_failure or reason
        facts = {"job": key, "number": number, "prompt": prompt} if job is None else _facts(job)
        self._ledger.write("failed", **facts, reason=reason)


def _facts(job: engines.Job) -> dict[str, object]:
    settings = job.settings
    facts = {"job": job.id, "number": job.number, "prompt": settings.prompt, "seed": settings.seed}
    values = {name: text for name, text in job.values.items() if name not in facts}
    label = {} if job.label == settings.prompt else {"label": job.label}
    return {**facts, **label, **({"values": values} if values else {})}

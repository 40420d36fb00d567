"""A sweep: one run for each cell of a grid over settings, with a labelled contact sheet and a table.

DIR/sweep.json  001-learning-rate-0-05-seed-1/ ...  sheet.png  table.csv  gallery.html

Every cell is a normal run folder. Finished cells are kept, so a stopped sweep continues where it ended.
"""

from __future__ import annotations

import collections
import csv
import datetime
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files, names, reading
from vqclip.errors import InputError, Interrupted, OutputError, RunsFailed, UsageError, VqclipError
from vqclip.events import BatchOpened, Event, JobFailed, JobFinished, Saved, Warned
from vqclip.jobs import engines, gallery
from vqclip.jobs.engines.local import default_jobs
from vqclip.jobs.grid import Axis, Cell, Grid, from_dict, lay_out, parse_axis, rows, to_dict
from vqclip.media import images
from vqclip.runs.directory import fresh_folder, holds_run, read_manifest, read_metrics, release, take_lock, words_of
from vqclip.runs.inputs import Inputs
from vqclip.runs.recorder import Stop, resume_hint
from vqclip.settings.option import absolute

SCHEMA = 2
NAME = "sweep.json"
MAX_BYTES = 64_000_000
SHEET_SIDE, SHEET_PIXELS = 256, 40_000_000
MOST_COLUMNS = 12


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
    kind: str = "sweep",
    stop: Stop = lambda: None,
    **settings: Any,
) -> Iterator[Event]:
    """Draw every combination of the values in `vary`.

    With more than one job a script needs `if __name__ == "__main__":`, as multiprocessing requires.

    Args:
        prompt: None when `vary` contains it.
        vary: Axes, or texts like `NAME=VALUE,VALUE`.
        output: Folder of the sweep. One that holds the same sweep (of any seed if none is given) is continued.
        parent: Where a new folder is made without `output`.
        preset: As in `api.generate`.
        config_files: As in `api.generate`.
        jobs: How many runs at once, each in its own process, whose steps give no events; 0 chooses a number.
        engine: One of `engines.names`.
        cluster: Where an engine other than `local` draws.
        kind: What it is called: "sweep" or "batch".
        stop: As in `api.generate`.
        settings: Of every run, by name. If no source gives a seed, one is drawn for all runs.

    Raises:
        VqclipError: At once when any cell is invalid.
        RunsFailed: After all other runs, when some failed. Each gives a `JobFailed`.
    """
    draw = engines.find(engine)
    axes = [axis if isinstance(axis, Axis) else parse_axis(axis) for axis in vary]
    paths = [Path(path) for path in config_files]
    varied = any(axis.name == "prompt" for axis in axes)
    given = {**settings, "prompt": prompt if varied else prompt or ""}
    seed = secrets.randbelow(2**32)
    grid = _checked(lay_out(given, axes, seed=seed, preset=preset, config_files=paths))
    directory = _new_directory(grid, parent or Path("runs")) if output is None else Path(output)
    if holds_sweep(directory):
        kept = read(directory)
        grid = _with_seeds(grid, seed, kept)
        if _digests(kept) != _digests(grid):
            raise OutputError(
                f"{files.printable(directory)} holds another sweep.",
                f"Choose another --output, or remove that folder. {resume_hint(directory)}",
            )
        grid = kept
    elif holds_run(directory):
        raise OutputError(f"{files.printable(directory)} holds a run.", "Choose another --output.")
    crew = engines.Crew(jobs if engine == "local" else cluster.workers, cluster, len(grid.cells))
    return _run(grid, directory, crew, stop, draw, kind, choose=engine == "local")


def resume(
    directory: str | Path, *, jobs: int = 1, engine: str = "local", stop: Stop = lambda: None
) -> Iterator[Event]:
    """Continue a stopped sweep.

    Args:
        directory: Of the sweep.
        jobs: 0 takes as many as before, so that every run keeps its number of threads.
        engine, stop: As in `sweep`.

    Raises:
        VqclipError: The folder holds no sweep, or a run fails.
    """
    directory = Path(directory)
    return _run(_checked(read(directory)), directory, engines.Crew(jobs), stop, engines.find(engine), "sweep")


def holds_sweep(directory: Path) -> bool:
    """Return whether a folder holds a sweep."""
    return files.is_file(directory / NAME)


def read(directory: Path) -> Grid:
    """Read the grid from the folder of a sweep. Raises UsageError when it is damaged."""
    path = directory / NAME
    shown = files.printable(path)
    values = reading.read_json(path, MAX_BYTES, UsageError)
    with reading.refusing(f"{shown} cannot be read", "Start the sweep again in another folder.", UsageError):
        if not isinstance(values, dict) or values.get("schema") != SCHEMA:
            raise ValueError(f"this vqclip reads schema {SCHEMA}")
        return from_dict(values)


def _checked(grid: Grid) -> Grid:
    """Return the grid with absolute paths after checking every cell."""
    cells = []
    for cell in grid.cells:
        settings = cell.settings.with_paths(absolute)
        try:
            Inputs.check(settings)
        except VqclipError as error:
            raise type(error)(f"{grid.origin(cell)}: {error.message}", error.hint) from None
        cells.append(Cell(cell.values, settings))
    return Grid(grid.axes, tuple(cells), grid.preset)


def _with_seeds(grid: Grid, drawn: int, kept: Grid) -> Grid:
    """Replace a drawn seed by the recorded one, so that the same command continues the sweep."""
    if len(grid.cells) != len(kept.cells):
        return grid
    cells = [
        Cell(cell.values, cell.settings.replace(seed=old.settings.seed)) if cell.settings.seed == drawn else cell
        for cell, old in zip(grid.cells, kept.cells, strict=True)
    ]
    return Grid(grid.axes, tuple(cells), grid.preset)


def _digests(grid: Grid) -> list[tuple[Sequence[str], str]]:
    return [(cell.values, cell.settings.digest()) for cell in grid.cells]


def _new_directory(grid: Grid, parent: Path) -> Path:
    words = words_of(grid.cells[0].settings)
    return fresh_folder(parent, f"{datetime.date.today().isoformat()}-sweep-{words}")


def _folder(grid: Grid, number: int, cell: Cell) -> str:
    return f"{number:0{max(3, len(str(len(grid.cells))))}d}-{names.slug(grid.label(cell), 80)}"


def _run(
    grid: Grid,
    directory: Path,
    crew: engines.Crew,
    stop: Stop,
    draw: engines.Engine,
    kind: str,
    *,
    choose: bool = True,
) -> Iterator[Event]:
    directory = files.ensure_writable(directory)
    lock = take_lock(directory)
    try:
        files.sweep(directory)
        jobs = crew.size
        if choose:
            jobs = jobs or _jobs_before(directory) or default_jobs([cell.settings for cell in grid.cells])
            jobs = min(jobs, len(grid.cells))
        if not holds_sweep(directory):
            files.write_json(directory / NAME, {"schema": SCHEMA, "jobs": jobs} | to_dict(grid))
        yield BatchOpened(kind, directory, len(grid.cells), at_once=jobs)
        yield from _cells(grid, directory, draw, replace(crew, size=jobs), stop)
    except Interrupted as error:
        raise Interrupted(error.message, resume_hint(directory), error.signal_number) from None
    finally:
        release(directory, lock)


def _jobs_before(directory: Path) -> int:
    """Return the recorded number of jobs, or 0."""
    values = reading.read_json(directory / NAME, MAX_BYTES, UsageError) if holds_sweep(directory) else {}
    jobs = values.get("jobs") if isinstance(values, dict) else None
    return min(max(0, jobs), 64) if type(jobs) is int else 0


def _cells(grid: Grid, directory: Path, draw: engines.Engine, crew: engines.Crew, stop: Stop) -> Iterator[Event]:
    count, failures = len(grid.cells), dict[int, JobFailed]()
    results = {number: _result(directory / _folder(grid, number, cell)) for number, cell in enumerate(grid.cells, 1)}
    jobs = (
        engines.Job(number, grid.label(cell), cell.settings, grid.preset, directory / _folder(grid, number, cell))
        for number, cell in rows(grid)
    )
    warned: set[str] = set()
    for event in draw(jobs, crew, stop):
        if not (isinstance(event, Warned) and event.message in warned):
            yield event
        # Every run would repeat the warnings about the prompt.
        if isinstance(event, Warned):
            warned.add(event.message)
        if isinstance(event, (JobFailed, JobFinished)):
            if isinstance(event, JobFailed):
                failures[event.number] = event
            cell = grid.cells[event.number - 1]
            results[event.number] = _result(directory / _folder(grid, event.number, cell))
            yield from _table(grid, directory, results, failures)
    yield from _sheet(grid, directory, results)
    yield from _gallery(directory)
    if failures:
        first = failures[min(failures)]
        raise RunsFailed(f"{len(failures)} of {count} runs failed, for one: {first.message}", first.hint)


def _gallery(directory: Path) -> Iterator[Event]:
    """Write gallery.html; when that fails, the runs are there all the same."""
    try:
        page = gallery.write(directory)
    except VqclipError as error:
        yield Warned(f"there is no gallery: {error}")
        return
    if page.warning:
        yield Warned(page.warning)
    yield Saved("gallery", page.path, 0)


Results = Mapping[int, tuple[str, str, str, str, str]]


def _table(grid: Grid, directory: Path, results: Results, failures: Mapping[int, JobFailed]) -> Iterator[Event]:
    """Write table.csv with a line for each cell, started or not."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [axis.name for axis in grid.axes]
    writer.writerow(["run", *names, "status", "score", "loss", "steps", "seconds", "folder", "message"])
    for number, cell in enumerate(grid.cells, 1):
        message = failures[number].message if number in failures else ""
        writer.writerow([number, *cell.values, *results[number], _folder(grid, number, cell), message])
    files.write_text(directory / "table.csv", text.getvalue())
    yield Saved("table", directory / "table.csv", 0)


def _result(folder: Path) -> tuple[str, str, str, str, str]:
    """Return status, score, loss, steps and seconds of a run as texts, empty where unknown."""
    try:
        manifest = read_manifest(folder)
    except UsageError:
        return "waiting", "", "", "", ""
    ending = collections.deque(read_metrics(folder), maxlen=1)
    found = (manifest.score, ending[0]["loss"] if ending else None)
    score, loss = ("" if number is None else f"{number:.5f}" for number in found)
    return manifest.status, score, loss, str(manifest.step), f"{manifest.seconds:.2f}"


def _sheet(grid: Grid, directory: Path, results: Results) -> Iterator[Event]:
    """Write sheet.png: pictures in the order of the grid, a row for each value of the axis before the last."""
    pictures: list[images.Pixels | None] = []
    labels = []
    largest = min(SHEET_SIDE, int((SHEET_PIXELS / len(grid.cells)) ** 0.5))
    for number, cell in enumerate(grid.cells, 1):
        folder = directory / _folder(grid, number, cell)
        status, score, *_ = results[number]
        try:
            pictures.append(images.shrink(images.open_image(folder / "image.png"), largest))
        except InputError:
            pictures.append(None)
        outcome = f"score {float(score):.3f}" if status == "finished" and score else status
        labels.append(f"{grid.label(cell)}: {outcome}")
    side = max((max(picture.shape[:2]) for picture in pictures if picture is not None), default=96)
    blank = np.full((side, side, 3), 225, dtype=np.uint8)
    columns = len(grid.axes[-1].values)
    if columns > MOST_COLUMNS or (len(grid.axes) == 1 and columns > 6):
        columns = min(MOST_COLUMNS, max(4, round(len(pictures) ** 0.5)))
    shown = [blank if picture is None else picture for picture in pictures]
    images.save_png(directory / "sheet.png", images.contact_sheet(shown, labels, columns), {})
    yield Saved("sheet", directory / "sheet.png", 0)

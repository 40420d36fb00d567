"""A sweep: one run for each cell of a grid over settings, with a labelled contact sheet and a table.

DIR/sweep.json  001-learning-rate-0-05-seed-1/ ...  sheet.png  table.csv

Every cell is a run folder like any other. What is finished is left alone, so a sweep goes on where it ended.
"""

from __future__ import annotations

import collections
import csv
import datetime
import io
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files, reading
from vqclip.errors import InputError, Interrupted, OutputError, UsageError, VqclipError
from vqclip.events import CellFailed, Event, Saved, SweepOpened, Warned
from vqclip.jobs import grid as grids
from vqclip.jobs import workers
from vqclip.jobs.grid import Axis, Cell, Grid
from vqclip.media import images
from vqclip.runs import directory as run_folder
from vqclip.runs import recorder
from vqclip.runs.inputs import Inputs, with_absolute_paths

SCHEMA = 2
NAME = "sweep.json"
MAX_BYTES = 64_000_000
SHEET_SIDE, SHEET_PIXELS = 256, 40_000_000
MOST_COLUMNS = 12


def _never() -> None:
    """A stop that is never asked for."""


def sweep(
    prompt: str | None,
    vary: Sequence[str | Axis],
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    jobs: int = 1,
    stop: recorder.Stop = _never,
    **settings: Any,
) -> Iterator[Event]:
    """Draw every combination of the values in `vary`, each `NAME=VALUE,VALUE` or an axis, and yield what happens.

    prompt: None when it is varied. output: the folder of the sweep; one that holds the same sweep, of any seed if
    none is given, is continued. jobs: how many runs at once, each in a process of its own; their steps are not told
    then. 0 is as many as suit (`workers.fitting`); more than one needs a script's `if __name__ == "__main__":`, as
    every use of multiprocessing does. settings: of every run, by name; a seed that nothing names is drawn once, for
    all. Every cell is checked before the first run. Raises VqclipError as `api.generate` does; a run that fails is
    told, and the first failure is raised when all others are done.
    """
    axes = [axis if isinstance(axis, Axis) else grids.parse_axis(axis) for axis in vary]
    paths = [Path(path) for path in config_files]
    varied = any(axis.name == "prompt" for axis in axes)
    given = {**settings, "prompt": prompt if varied else prompt or ""}
    seed = secrets.randbelow(2**32)
    grid = _checked(grids.lay_out(given, axes, seed=seed, preset=preset, config_files=paths))
    directory = _new_directory(grid, parent or Path("runs")) if output is None else Path(output)
    if holds_sweep(directory):
        kept = read(directory)
        grid = _with_seeds(grid, seed, kept)
        if _digests(kept) != _digests(grid):
            raise OutputError(
                f"{files.printable(directory)} holds another sweep.",
                f"Choose another --output, or remove that folder. {recorder.go_on(directory)}",
            )
        grid = kept
    elif run_folder.holds_run(directory):
        raise OutputError(f"{files.printable(directory)} holds a run.", "Choose another --output.")
    return _follow(grid, directory, jobs, stop)


def resume(directory: str | Path, *, jobs: int = 1, stop: recorder.Stop = _never) -> Iterator[Event]:
    """Go on with a sweep: what is unfinished is finished, what was not begun is begun. Raises VqclipError.

    jobs: 0 for as many as it was begun with, so that every run has as many threads as it would have had.
    """
    directory = Path(directory)
    return _follow(_checked(read(directory)), directory, jobs, stop)


def holds_sweep(directory: Path) -> bool:
    """Whether a folder is that of a sweep."""
    return files.is_file(directory / NAME)


def read(directory: Path) -> Grid:
    """The grid that a sweep's folder records. Raises UsageError for what is not one."""
    path = directory / NAME
    shown = files.printable(path)
    values = reading.read_json(path, MAX_BYTES, UsageError)
    with reading.refusing(f"{shown} cannot be read", "Start the sweep again in another folder.", UsageError):
        if not isinstance(values, dict) or values.get("schema") != SCHEMA:
            raise ValueError(f"this vqclip reads schema {SCHEMA}")
        return grids.from_dict(values)


def _checked(grid: Grid) -> Grid:
    """The grid with absolute paths, once no cell of it can be refused any more."""
    cells = []
    for cell in grid.cells:
        settings = with_absolute_paths(cell.settings)
        try:
            Inputs.check(settings)
        except VqclipError as error:
            raise type(error)(f"{grid.place(cell)}: {error.message}", error.hint) from None
        cells.append(Cell(cell.values, settings))
    return Grid(grid.axes, tuple(cells), grid.preset)


def _with_seeds(grid: Grid, drawn: int, kept: Grid) -> Grid:
    """The grid with the seed that the kept one drew, where this one drew one: the same command goes on."""
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
    words = run_folder.words_of(grid.cells[0].settings)
    return run_folder.fresh_folder(parent, f"{datetime.date.today().isoformat()}-sweep-{words}")


def _folder(grid: Grid, number: int, cell: Cell) -> str:
    return f"{number:0{max(3, len(str(len(grid.cells))))}d}-{files.slug(grid.label(cell), 80)}"


def _follow(grid: Grid, directory: Path, jobs: int, stop: recorder.Stop) -> Iterator[Event]:
    directory = files.ensure_writable(directory)
    lock = run_folder.take_lock(directory)
    try:
        files.sweep(directory)
        jobs = jobs or _jobs_before(directory) or workers.fitting([cell.settings for cell in grid.cells])
        jobs = min(jobs, len(grid.cells))
        if not holds_sweep(directory):
            files.write_json(directory / NAME, {"schema": SCHEMA, "jobs": jobs} | grids.to_dict(grid))
        yield SweepOpened(directory, len(grid.cells))
        yield from _runs(grid, directory, jobs, stop)
    except Interrupted as error:
        import shlex

        hint = f"Go on with: vqclip resume {shlex.quote(str(directory))}"
        raise Interrupted(error.message, hint, error.signal_number) from None
    finally:
        run_folder.release(directory, lock)


def _jobs_before(directory: Path) -> int:
    """How many runs at once a sweep was begun with; 0 for one that is not begun, or that does not say."""
    values = reading.read_json(directory / NAME, MAX_BYTES, UsageError) if holds_sweep(directory) else {}
    jobs = values.get("jobs") if isinstance(values, dict) else None
    return min(max(0, jobs), 64) if type(jobs) is int else 0


def _runs(grid: Grid, directory: Path, jobs: int, stop: recorder.Stop) -> Iterator[Event]:
    count, failures = len(grid.cells), dict[int, VqclipError]()
    results = {number: _result(directory / _folder(grid, number, cell)) for number, cell in enumerate(grid.cells, 1)}
    runs = [
        workers.Work(
            number, count, grid.label(cell), cell.settings, grid.preset, directory / _folder(grid, number, cell)
        )
        for number, cell in grids.rows(grid)
    ]
    told: set[str] = set()
    for event in workers.side_by_side(runs, jobs, stop) if jobs > 1 else workers.in_turn(runs, stop):
        if isinstance(event, workers.Ended):
            number = event.work.number
            if event.error is not None:
                failures[number] = event.error
                yield CellFailed(number, event.error.message)
            results[number] = _result(event.work.directory)
            yield from _table(grid, directory, results, failures)
        elif not (isinstance(event, Warned) and event.message in told):
            yield event
        # What is said of the prompt would come again with every run.
        if isinstance(event, Warned):
            told.add(event.message)
    yield from _sheet(grid, directory, results)
    if failures:
        first = failures[min(failures)]
        raise type(first)(f"{len(failures)} of {count} runs failed, for one: {first.message}", first.hint)


Results = Mapping[int, tuple[str, str, str, str, str]]


def _table(grid: Grid, directory: Path, results: Results, failures: Mapping[int, VqclipError]) -> Iterator[Event]:
    """Write table.csv: a line for each cell, begun or not."""
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
    """Status, score, loss, steps and seconds of a cell's run, as text; empty where there is none."""
    try:
        manifest = run_folder.read_manifest(folder)
    except UsageError:
        return "waiting", "", "", "", ""
    ending = collections.deque(run_folder.read_metrics(folder), maxlen=1)
    last = ending[0] if ending else {}
    score, loss = (f"{last[name]:.5f}" if isinstance(last.get(name), float) else "" for name in ("score", "loss"))
    return manifest.status, score, loss, str(manifest.step), f"{manifest.seconds:.2f}"


def _sheet(grid: Grid, directory: Path, results: Results) -> Iterator[Event]:
    """Write sheet.png: the pictures in the order of the grid, a row for each value of the axis before the last."""
    pictures: list[images.Pixels | None] = []
    labels = []
    largest = min(SHEET_SIDE, int((SHEET_PIXELS / len(grid.cells)) ** 0.5))
    for number, cell in enumerate(grid.cells, 1):
        folder = directory / _folder(grid, number, cell)
        status, score, *_ = results[number]
        try:
            pictures.append(_small(images.open_image(folder / "image.png"), largest))
        except InputError:
            pictures.append(None)
        told = f"score {float(score):.3f}" if status == "finished" and score else status
        labels.append(f"{grid.label(cell)}: {told}")
    side = max((max(picture.shape[:2]) for picture in pictures if picture is not None), default=96)
    blank = np.full((side, side, 3), 225, dtype=np.uint8)
    columns = len(grid.axes[-1].values)
    if columns > MOST_COLUMNS or (len(grid.axes) == 1 and columns > 6):
        columns = min(MOST_COLUMNS, max(4, round(len(pictures) ** 0.5)))
    shown = [blank if picture is None else picture for picture in pictures]
    images.save_png(directory / "sheet.png", images.contact_sheet(shown, labels, columns), {})
    yield Saved("sheet", directory / "sheet.png", 0)


def _small(pixels: images.Pixels, largest: int) -> images.Pixels:
    height, width = pixels.shape[:2]
    scale = min(1.0, largest / max(height, width))
    return images.resize(pixels, max(1, round(width * scale)), max(1, round(height * scale)))

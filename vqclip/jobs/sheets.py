"""The sheets of a batch: up to 500 pictures each, above their labels. Only those that changed are written again."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vqclip import files
from vqclip.errors import InputError
from vqclip.events import Event, Saved
from vqclip.media import images
from vqclip.runtime import limits

if TYPE_CHECKING:
    from vqclip.jobs.collect import Row, Rows
    from vqclip.jobs.command import Command

MOST_PICTURES = 500
"""On one sheet."""
SIDE, MOST_PIXELS = 256, 20_000_000
MOST_COLUMNS = 12
# Pictures that one thread opens before it gives them back. Fewer cost more than they save.
_AT_ONCE = 25
_MOST_THREADS = 8
# Of zlib: 6 takes three times as long for a file that is a tenth smaller.
_LEVEL = 1


def write(
    directory: Path, rows: Rows, asked: Command, known: Mapping[str, str]
) -> Generator[Event, None, dict[str, str]]:
    """Write the sheets whose pictures changed, each for 500 lines; the first is sheet.png.

    While one sheet is drawn, the one before is compressed.

    Args:
        directory: Of the batch.
        rows: Of its runs.
        asked: Its command.
        known: What an earlier call returned.

    Returns:
        A digest of what is on each sheet, by the names of their files.

    Raises:
        OutputError: A sheet cannot be written.
    """
    marks = dict[str, str]()
    columns = _columns(len(rows), asked)
    saving: Future[None] | None = None
    with ThreadPoolExecutor(min(_MOST_THREADS, limits.cores()), "sheet") as pool:
        for name, chunk in _divided(rows):
            shown = [(row.id, row.status, row.score, row.label) for row in chunk]
            marks[name] = hashlib.sha256(repr((shown, columns)).encode()).hexdigest()[:20]
            if known.get(name) != marks[name] or not files.is_file(directory / name):
                sheet = images.contact_sheet(_pictures(directory, chunk, pool), [*map(_label, chunk)], columns)
                if saving:
                    saving.result()
                saving = pool.submit(images.save_png, directory / name, sheet, level=_LEVEL)
            yield Saved("sheet", directory / name, 0)
        if saving:
            saving.result()
    return marks


def _divided(rows: Rows) -> Iterator[tuple[str, Sequence[Row]]]:
    """Yield the name and the rows of each sheet."""
    for group, of_group in itertools.groupby(rows, lambda row: (row.number - 1) // MOST_PICTURES):
        # Lines of several files may have the same numbers.
        for part, chunk in enumerate(iter(lambda: list(itertools.islice(of_group, MOST_PICTURES)), [])):  # noqa: B023
            number = f"-{group + 1:03d}" if group or part else ""
            yield f"sheet{number}{f'-{part + 1}' if part else ''}.png", chunk


def _columns(count: int, asked: Command) -> int:
    """How many pictures lie beside each other: the values of the last axis, if they fit."""
    columns = len(asked.axes[-1].values) if asked.axes else MOST_COLUMNS + 1
    if columns > MOST_COLUMNS or (len(asked.axes) == (asked.kind == "sweep") and columns > 6):
        columns = min(MOST_COLUMNS, max(4, round(min(count, MOST_PICTURES) ** 0.5)))
    return columns


def _pictures(directory: Path, rows: Sequence[Row], pool: ThreadPoolExecutor) -> list[images.Pixels]:
    """Open the pictures and shrink them; one that is missing or damaged is a grey square."""
    largest = min(SIDE, int((MOST_PIXELS / len(rows)) ** 0.5))

    def opened(part: Sequence[Row]) -> list[images.Pixels | None]:
        return [_picture(directory, row, largest) for row in part]

    parts = [rows[at : at + _AT_ONCE] for at in range(0, len(rows), _AT_ONCE)]
    found = [picture for part in pool.map(opened, parts) for picture in part]
    side = max((max(picture.shape[:2]) for picture in found if picture is not None), default=96)
    blank = np.full((side, side, 3), 225, dtype=np.uint8)
    return [blank if picture is None else picture for picture in found]


def _picture(directory: Path, row: Row, largest: int) -> images.Pixels | None:
    try:
        return None if row.path is None else images.shrink(images.open_image(directory / row.path), largest)
    except InputError:
        return None


def _label(row: Row) -> str:
    outcome = f"score {row.score:.3f}" if row.status == "finished" and row.score is not None else row.status
    return f"{row.label}: {outcome}"

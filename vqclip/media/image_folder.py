"""What lies below a folder: its picture files, which of them can be read, and why others cannot."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from vqclip import files
from vqclip.errors import InputError
from vqclip.media import images

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".tga", ".jp2", ".avif", ".ico"),
)
MOST_AT_ONCE, LARGE = 4, 16_000_000


@dataclass(frozen=True)
class Entry:
    """One picture file: its path below the folder with `/`, bytes, time of change in ns, and SHA-256."""

    path: str
    size: int
    modified: int
    digest: bytes = field(default=b"", compare=False)


@dataclass(frozen=True)
class Skipped:
    """A picture that was left out, and why."""

    path: str
    why: str


def scan(folder: Path) -> tuple[list[Entry], list[Skipped]]:
    """Every file below a folder that is named like a picture, by path, and the folders that cannot be read.

    Hidden files and folders are left out. Links to files are followed, links to folders are not, so that a loop
    ends. A file that cannot be looked at has the size -1. Raises InputError when there is no picture.
    """
    found: list[Entry] = []
    closed: list[Skipped] = []
    waiting = [""]
    while waiting:
        below = waiting.pop()
        try:
            with os.scandir(folder / below) as items:
                for item in items:
                    if item.name.startswith("."):
                        continue
                    if item.is_dir(follow_symlinks=False):
                        waiting.append(f"{below}{item.name}/")
                    elif item.name.lower().endswith(SUFFIXES):
                        found += _seen(item, below + item.name)
        except OSError as error:
            name = files.printable(folder / below)
            closed.append(Skipped(below, f"Cannot read {name}: {error.strerror}."))
    if not found:
        why = closed[0].why if closed else "They end in .png, .jpg, .webp and the like."
        raise InputError(f"{files.printable(folder)} holds no pictures.", why)
    return sorted(found, key=lambda entry: entry.path), closed


def told(skipped: Sequence[Skipped]) -> str:
    """One line about the pictures that were left out."""
    many = f"{len(skipped)} pictures are" if len(skipped) > 1 else "1 picture is"
    return f"{many} left out. {'The first: ' if len(skipped) > 1 else ''}{skipped[0].why}"


def readable(paths: Sequence[Path], read: list[int], skipped: list[Skipped]) -> Iterator[images.Pixels]:
    """Open pictures in their order; `read` gets the places of those that could be, `skipped` the others.

    While one is looked at, the next ones are decoded, each on a core of its own.
    """
    for place, (path, found) in enumerate(zip(paths, _opened_ahead(paths), strict=True)):
        if isinstance(found, InputError):
            skipped.append(Skipped(str(path), found.message))
            continue
        read.append(place)
        yield found


def _opened_ahead(paths: Sequence[Path]) -> Iterator[images.Pixels | InputError]:
    """Every picture, or why it cannot be read, in the order of the paths."""
    if not paths:
        return
    # By itself: whoever waits for it may load its models only now, and a few pictures need no threads.
    yield _read(paths[0])
    waiting: deque[Future[images.Pixels | InputError | None]] = deque()
    with ThreadPoolExecutor(min(MOST_AT_ONCE, os.cpu_count() or 1), "picture") as crew:
        try:
            ahead = iter(paths[1:])
            waiting.extend(crew.submit(_read_small, path) for path in islice(ahead, MOST_AT_ONCE))
            for path in paths[1:]:
                found = waiting.popleft().result()
                waiting.extend(crew.submit(_read_small, following) for following in islice(ahead, 1))
                # Several large ones at once would not fit into memory.
                yield _read(path) if found is None else found
        finally:
            crew.shutdown(wait=False, cancel_futures=True)


def _read_small(path: Path) -> images.Pixels | InputError | None:
    """As `_read`, or None for a picture of more than LARGE pixels."""
    try:
        return None if images.count_pixels(path) > LARGE else images.open_image(path)
    except InputError as error:
        return error


def _read(path: Path) -> images.Pixels | InputError:
    try:
        return images.open_image(path)
    except InputError as error:
        return error


def _seen(item: os.DirEntry[str], path: str) -> list[Entry]:
    """The entry of one file; none for a link to a folder."""
    try:
        status = item.stat()
    except OSError:
        return [Entry(path, -1, 0)]
    if stat.S_ISDIR(status.st_mode):
        return []
    return [Entry(path, status.st_size if stat.S_ISREG(status.st_mode) else -1, status.st_mtime_ns)]

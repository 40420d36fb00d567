"""Find the picture files below a folder and read them in parallel."""

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
    """One picture file: its path relative to the folder, with `/`; bytes; time of change in ns; SHA-256."""

    path: str
    size: int
    modified: int
    digest: bytes = field(default=b"", compare=False)


@dataclass(frozen=True)
class Skipped:
    """A picture that cannot be read, and why."""

    path: str
    why: str


def scan(folder: Path) -> tuple[list[Entry], list[Skipped]]:
    """Find every file below a folder that is named like a picture.

    Hidden files and folders are ignored. Links to files are followed, links to folders are not, because they may form
    loops. A file whose status cannot be read gets the size -1.

    Returns:
        The files, by path, and the folders that cannot be read.

    Raises:
        InputError: There is no picture.
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
                        found += _entry(item, below + item.name)
        except OSError as error:
            name = files.printable(folder / below)
            closed.append(Skipped(below, f"Cannot read {name}: {error.strerror}."))
    if not found:
        why = closed[0].why if closed else "They end in .png, .jpg, .webp and the like."
        raise InputError(f"{files.printable(folder)} holds no pictures.", why)
    return sorted(found, key=lambda entry: entry.path), closed


def format_skipped(skipped: Sequence[Skipped]) -> str:
    """Describe the skipped pictures in one line."""
    many = f"{len(skipped)} pictures are" if len(skipped) > 1 else "1 picture is"
    return f"{many} left out. {'The first: ' if len(skipped) > 1 else ''}{skipped[0].why}"


def readable(paths: Sequence[Path], read: list[int], skipped: list[Skipped]) -> Iterator[images.Pixels]:
    """Open pictures in order, decoding the next ones in threads meanwhile.

    The indices of those that can be read are appended to `read`, the others to `skipped`.
    """
    for index, (path, found) in enumerate(zip(paths, _opened_ahead(paths), strict=True)):
        if isinstance(found, InputError):
            skipped.append(Skipped(str(path), found.message))
            continue
        read.append(index)
        yield found


def _opened_ahead(paths: Sequence[Path]) -> Iterator[images.Pixels | InputError]:
    """Yield every picture, or why it cannot be read, in the order of the paths."""
    if not paths:
        return
    # The first one by itself: the caller loads its models when it arrives.
    yield _read(paths[0])
    waiting: deque[Future[images.Pixels | InputError | None]] = deque()
    with ThreadPoolExecutor(min(MOST_AT_ONCE, os.cpu_count() or 1), "picture") as pool:
        try:
            ahead = iter(paths[1:])
            waiting.extend(pool.submit(_read_small, path) for path in islice(ahead, MOST_AT_ONCE))
            for path in paths[1:]:
                found = waiting.popleft().result()
                waiting.extend(pool.submit(_read_small, following) for following in islice(ahead, 1))
                # Several large ones would not fit into memory together.
                yield _read(path) if found is None else found
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _read_small(path: Path) -> images.Pixels | InputError | None:
    """Read a picture, or return None for one of more than LARGE pixels."""
    try:
        return None if images.count_pixels(path) > LARGE else images.open_image(path)
    except InputError as error:
        return error


def _read(path: Path) -> images.Pixels | InputError:
    try:
        return images.open_image(path)
    except InputError as error:
        return error


def _entry(item: os.DirEntry[str], path: str) -> list[Entry]:
    """Return the entry of one file; none for a link to a folder."""
    try:
        status = item.stat()
    except OSError:
        return [Entry(path, -1, 0)]
    if stat.S_ISDIR(status.st_mode):
        return []
    return [Entry(path, status.st_size if stat.S_ISREG(status.st_mode) else -1, status.st_mtime_ns)]

"""Files that are no files: pipes, devices, folders and links to them, in the place of one that vqclip reads."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def pipe(path: Path) -> Path:
    """A named pipe that nobody writes to: a plain `open` waits for ever."""
    os.mkfifo(path)
    return path


def endless(path: Path) -> Path:
    """A link to /dev/zero: a plain `read` takes memory until there is none."""
    path.symlink_to("/dev/zero")
    return path


def folder(path: Path) -> Path:
    """A folder with a file in it."""
    path.mkdir()
    (path / "inside").write_text("x")
    return path


def loop(path: Path) -> Path:
    """A link to itself."""
    path.symlink_to(path)
    return path


def sparse(path: Path) -> Path:
    """An ordinary file of 1 TB that takes no room on the disk."""
    with path.open("wb") as handle:
        handle.truncate(10**12)
    return path


KINDS: dict[str, Callable[[Path], Path]] = {
    "pipe": pipe,
    "endless": endless,
    "folder": folder,
    "loop": loop,
    "sparse": sparse,
}
"""Every kind, by its name."""


def replace(path: Path, kind: str) -> Path:
    """Put a special file in the place of an ordinary one."""
    path.unlink(missing_ok=True)
    return KINDS[kind](path)

"""Makers of surroundings in which a program is not used to run: homes, names and descriptors."""

from __future__ import annotations

import os
from pathlib import Path

LONG = "n" * 300
"""A name that no file system takes: 255 bytes are the most."""


def locked_home(folder: Path) -> Path:
    """A home with settings and a cache that its visitor may not search, as /root is for everybody else."""
    home = folder / "locked-home"
    (home / ".config" / "vqclip").mkdir(parents=True)
    (home / ".config" / "vqclip" / "config.yaml").write_text("cutouts: 4\n")
    (home / ".cache" / "vqclip").mkdir(parents=True)
    home.chmod(0)
    return home


def locked_settings(folder: Path) -> Path:
    """A home whose own settings file may not be read."""
    home = folder / "home-with-locked-settings"
    place = home / ".config" / "vqclip"
    place.mkdir(parents=True)
    (place / "config.yaml").write_text("cutouts: 4\n")
    (place / "config.yaml").chmod(0)
    return home


def locked_folder(folder: Path) -> Path:
    """A folder that may not be searched, which holds a file."""
    place = folder / "locked"
    place.mkdir()
    (place / "file").write_bytes(b"x")
    place.chmod(0)
    return place


def file_as_home(folder: Path) -> Path:
    """A home that is a file."""
    path = folder / "home-file"
    path.write_text("not a folder\n")
    return path


def link_loop(folder: Path) -> Path:
    """A symbolic link that leads to itself through another."""
    first, second = folder / "loop-a", folder / "loop-b"
    first.symlink_to(second)
    second.symlink_to(first)
    return first


def working_folder_that_goes(folder: Path) -> Path:
    """An empty folder, for a process that enters it and removes it before it starts the program."""
    path = folder / "goes"
    path.mkdir()
    return path


def latin_1_name(folder: Path) -> Path:
    """A file whose name is not UTF-8."""
    path = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.png"))
    path.write_bytes(b"x")
    return path

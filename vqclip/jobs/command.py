"""What a batch or sweep was asked for, as kept in batch.json, with which `vqclip resume` continues it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from vqclip import files, reading
from vqclip.errors import InputError, UsageError
from vqclip.jobs.grid import Axis
from vqclip.object_store import ObjectFolder, address_of
from vqclip.runs.directory import BATCH, holds_run
from vqclip.settings.option import change_paths
from vqclip.settings.schema import options

SCHEMA = 3
NAME = BATCH
MAX_BYTES = 64_000_000


@dataclass(frozen=True)
class Command:
    """A command for many runs. It does not change while a batch grows.

    Attributes:
        kind: "batch" or "sweep".
        source: The file of prompts, `-` for standard input, None for a sweep.
        flags: Settings of every run, as text or lists of texts.
        axes: What is varied.
        preset: As given, or None.
        config_files: As given.
        folder: The working folder, for relative paths.
        flat: The folders of all runs lie beside each other, under readable names.
        jobs: How many runs at once.
    """

    kind: str
    source: str | None
    flags: Mapping[str, str | list[str]]
    axes: tuple[Axis, ...]
    preset: str | None
    config_files: tuple[str, ...]
    folder: str
    flat: bool
    jobs: int = 1

    @staticmethod
    def of(
        kind: str,
        source: str | None,
        settings: Mapping[str, Any],
        axes: Sequence[Axis],
        *,
        preset: str | None,
        config_files: Sequence[str | Path],
        flat: bool,
    ) -> Command:
        """Make the command of this process. settings: None is not given."""
        folder = str(Path.cwd())
        command = Command(
            kind, source, {}, tuple(axes), preset, tuple(map(str, config_files)), folder=folder, flat=flat
        )
        if source not in (None, "-"):
            command = replace(command, source=command.absolute(str(source)))
        given = {name: value for name, value in settings.items() if value is not None}
        flags = {
            name: change_paths(options()[name], value, command.absolute) if name in options() else value
            for name, value in given.items()
        }
        return replace(command, flags={name: _text(value) for name, value in flags.items()})

    def absolute(self, path: str) -> str:
        """Return a path from the root of the file system; an address of an object store as it is."""
        return address_of(path) or str(Path(self.folder, path))

    @property
    def config_paths(self) -> list[Path]:
        """The settings files, wherever this process runs."""
        return [Path(self.folder, path) for path in self.config_files]

    @property
    def preset_here(self) -> str | None:
        """The preset, wherever this process runs."""
        path = Path(self.folder, self.preset or "")
        return str(path) if self.preset and Path(self.folder) != Path.cwd() and files.is_file(path) else self.preset

    def write(self, directory: Path) -> None:
        """Keep the command in the folder of its runs. Raises OutputError."""
        values = vars(self) | {"axes": [[axis.name, list(axis.values)] for axis in self.axes]}
        files.write_json(directory / NAME, {"schema": SCHEMA, **values})

    def same_runs(self, other: Command) -> bool:
        """Whether two commands mean the same runs."""
        return replace(self, jobs=1, folder="") == replace(other, jobs=1, folder="")


def holds(directory: Path) -> bool:
    """Return whether a folder, or an address of an object store, holds a batch or sweep."""
    if address := address_of(directory):
        return ObjectFolder(address).read(NAME) is not None
    return files.is_file(directory / NAME)


def read(directory: Path) -> Command:
    """Read the command of a folder. Raises InputError without a folder, UsageError without a sound batch.json."""
    from vqclip.records import BatchRecord, checked

    path = directory / NAME
    shown, hint = files.printable(directory), "Give the folder that `vqclip batch` or `vqclip sweep` printed."
    if not files.is_folder(directory):
        raise InputError(f"{shown} {files.no_folder(directory)}.", hint)
    if not files.exists(path):
        held = "one run, no batch or sweep" if holds_run(directory) else "no batch or sweep"
        raise UsageError(f"{shown} holds {held}: there is no {NAME}.", hint)
    data = reading.read_bytes(path, MAX_BYTES, UsageError)
    again = "Give the same command again, with another folder."
    with reading.refusing(f"{files.printable(path)} cannot be read", again, UsageError):
        values = reading.parse_json(data)
        if not isinstance(values, dict) or values.pop("schema", None) != SCHEMA:
            raise ValueError(f"this vqclip reads schema {SCHEMA}")
        record = dict(checked(BatchRecord, values))
    axes = tuple(Axis(name, tuple(listed)) for name, listed in record["axes"])
    return Command(**record | {"axes": axes, "config_files": tuple(record["config_files"])})


def _text(value: Any) -> str | list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else str(value)

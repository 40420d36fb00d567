"""A grid over settings: from `NAME=VALUE,VALUE` to the checked settings of each cell."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import UsageError, did_you_mean
from vqclip.jobs import batch_file
from vqclip.settings import sources
from vqclip.settings.presets import ALL_SETTINGS
from vqclip.settings.schema import Settings, options

MOST_CELLS = 10_000
_RANGE = re.compile(r"(\d{1,18})\.\.(\d{1,18})")
_TWICE = "Leave one of them out; --vary seed=1,2 draws every prompt with several seeds."
_EXAMPLE = "Write NAME=VALUE,VALUE, as in --vary learning-rate=0.05,0.1"


@dataclass(frozen=True)
class Axis:
    """A setting and its values as text.

    origins: where each value was read, for messages. rows: other settings that go with each value.
    """

    name: str
    values: tuple[str, ...]
    origins: tuple[str, ...] = field(default=(), compare=False)
    rows: tuple[Mapping[str, str], ...] = field(default=(), compare=False)

    def origin(self, value: str) -> str:
        """Return where a value was read, for messages."""
        if self.origins:
            return self.origins[self.values.index(value)]
        return f"--vary {_flag(self.name)}={files.printable(value)[:200]}"


@dataclass(frozen=True)
class Cell:
    """One run of a grid. values: of the axes, in their order, as text."""

    values: tuple[str, ...]
    settings: Settings


@dataclass(frozen=True)
class Grid:
    """All cells, where the last axis changes fastest, and the preset of their settings."""

    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...]
    preset: str | None

    def label(self, cell: Cell) -> str:
        """The values of a cell, with the names of their settings."""
        named = zip(self.axes, cell.values, strict=True)
        return ", ".join(value if axis.name == "prompt" else f"{_flag(axis.name)} {value}" for axis, value in named)

    def origin(self, cell: Cell) -> str:
        """Return where the values of a cell were read, for messages."""
        return origin_of(self.axes, cell.values)


def origin_of(axes: Sequence[Axis], values: Sequence[str]) -> str:
    """Return where values were read, for messages."""
    return ", ".join(axis.origin(value) for axis, value in zip(axes, values, strict=True))


def parse_axis(text: str) -> Axis:
    """Read `NAME=VALUE,VALUE`. A value with a comma stands in double quotes; `1..8` is the whole numbers 1 to 8.

    Raises UsageError for what names no setting, and for no value or the same one twice.
    """
    name, sign, listed = text.partition("=")
    name = name.strip().lower().replace("-", "_")
    shown = files.printable(f"--vary {text}")[:200]
    if not sign:
        raise UsageError(f"{shown}: there is no =.", f"{_EXAMPLE}.")
    if name not in options():
        raise UsageError(f"{shown}: unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS))
    values: list[str] = []
    for value in next(csv.reader([listed], skipinitialspace=True), []):
        found = _RANGE.fullmatch(value.strip())
        if found:
            first, last = int(found[1]), int(found[2])
            if not 0 <= last - first < MOST_CELLS:
                raise UsageError(
                    f"{shown}: {value.strip()} is no range.",
                    f"A range runs upwards, as 1..3, over up to {MOST_CELLS} numbers.",
                )
            values += map(str, range(first, last + 1))
        else:
            values.append(value.strip())
    if not values or "" in values:
        raise UsageError(f"{shown}: a value is missing.", f"{_EXAMPLE}.")
    if len(set(values)) < len(values):
        again = next(value for value in values if values.count(value) > 1)
        raise UsageError(f"{shown}: {again} is there twice.", "Each value would draw the same picture again.")
    return Axis(name, tuple(values))


def prompts_axis(path: Path) -> Axis:
    """The lines of a file, or of standard input for `-`, as prompts: blank ones and those after # are passed over.

    CSV, JSON lines and lines of options give every prompt settings of its own, see `batch_file`.

    A backslash before a # takes it literally. Raises InputError for what cannot be read, UsageError for no prompt
    or the same one twice.
    """
    name = "standard input" if str(path) == "-" else files.printable(path)
    found: dict[tuple[str, tuple[tuple[str, str], ...]], str] = {}
    for number, row in batch_file.rows(path, name):
        origin, settings = f"{name}, line {number}", dict(row)
        prompt = settings.pop("prompt", "").strip()
        if not prompt:
            raise UsageError(f"{origin}: there is no prompt.", "Write one on each line.")
        key = prompt, tuple(sorted(settings.items()))
        if key in found:
            raise UsageError(f"{origin}: the prompt is there already, at {found[key]}.", _TWICE)
        found[key] = origin
    if not found:
        raise UsageError(f"{name} holds no prompt.", "Write one on each line.")
    prompts, settings_of = zip(*found, strict=True)
    return Axis("prompt", prompts, tuple(found.values()), tuple(map(dict, settings_of)))


def lay_out(
    flags: Mapping[str, Any],
    axes: Sequence[Axis],
    *,
    seed: int,
    preset: str | None = None,
    config_files: Sequence[Path] = (),
) -> Grid:
    """Resolve the settings of every cell, as `sources.resolve` does for one run.

    flags: as from the command line, None for "not given". seed: of every cell, when no source names one. Raises
    UsageError that names the axis or the cell for what cannot be meant.
    """
    if not axes:
        raise UsageError("there is nothing to vary.", f"{_EXAMPLE}.")
    names = [axis.name for axis in axes]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"{name} is varied twice.", "Put all of its values into one --vary.")
        if flags.get(name) is not None:
            given = "the prompt" if name == "prompt" else f"--{_flag(name)}"
            raise UsageError(f"{name} is varied, so {given} has no effect.", "Leave one of the two out.")
    count = 1
    for axis in axes:
        count *= len(axis.values)
    if count > MOST_CELLS:
        raise UsageError(f"the grid has {count} runs.", f"Valid: up to {MOST_CELLS}; sweep fewer values.")
    cells, start = [], preset
    for places in itertools.product(*(range(len(axis.values)) for axis in axes)):
        pairs = list(zip(axes, places, strict=True))
        values = tuple(axis.values[place] for axis, place in pairs)
        chosen = dict(zip(names, values, strict=True))
        for axis, place in pairs:
            chosen |= axis.rows[place] if axis.rows else {}
        origin = ", ".join(
            axis.origins[place] if axis.origins else axis.origin(axis.values[place]) for axis, place in pairs
        )
        resolved = _resolve(flags, chosen, origin, preset, config_files)
        schema = resolved.settings
        start = resolved.preset
        cells.append(Cell(values, schema if schema.seed is not None else schema.replace(seed=seed)))
    return Grid(tuple(axes), tuple(cells), start)


def _resolve(
    flags: Mapping[str, Any], chosen: Mapping[str, str], origin: str, preset: str | None, config_files: Sequence[Path]
) -> sources.Resolved:
    try:
        return sources.resolve({**flags, **chosen}, preset=preset, config_files=config_files)
    except UsageError as error:
        raise UsageError(f"{origin}: {error.message}", error.hint) from None


def _flag(name: str) -> str:
    return name.replace("_", "-")


def to_dict(grid: Grid) -> dict[str, Any]:
    """Plain values, as kept in sweep.json."""
    return {
        "preset": grid.preset,
        "axes": [[axis.name, list(axis.values)] for axis in grid.axes],
        "cells": [{"values": list(cell.values), "settings": cell.settings.to_dict()} for cell in grid.cells],
    }


def from_dict(values: Mapping[str, Any]) -> Grid:
    """The grid that `to_dict` wrote. Raises UsageError, KeyError, TypeError or ValueError for anything else."""
    from vqclip.settings import schema

    axes = tuple(Axis(str(name), tuple(map(str, listed))) for name, listed in values["axes"])
    cells = tuple(
        Cell(tuple(map(str, cell["values"])), schema.from_dict(cell["settings"])) for cell in values["cells"]
    )
    if not cells or any(len(cell.values) != len(axes) for cell in cells):
        raise ValueError("its cells are not those of its axes")
    return Grid(axes, cells, values["preset"])


def rows(grid: Grid) -> Iterator[tuple[int, Cell]]:
    """The cells with their numbers from 1, those of one set of models together, so that each loads once."""

    def models(numbered: tuple[int, Cell]) -> tuple[object, ...]:
        schema = numbered[1].settings
        return (schema.device, schema.dtype, schema.vqgan, schema.vqgan_config or "", schema.clip)

    yield from sorted(enumerate(grid.cells, 1), key=models)

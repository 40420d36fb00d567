"""From the command of a batch or sweep to its runs, one at a time: their settings, their ids and their folders.

The id of a run is a digest of its settings: those of the command, its prompt and the rest of its line, and its seed.
Where no seed is given, it is a digest of the same and of how often an equal line came before, so that equal lines
draw different pictures, every machine finds the same seeds, and other lines may come and go. With a seed, equal lines
are one run.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vqclip import files, names
from vqclip.errors import NotDownloaded, UsageError, VqclipError
from vqclip.events import Stop
from vqclip.jobs import grid
from vqclip.jobs.batch_file import BatchFile
from vqclip.jobs.command import Command
from vqclip.jobs.digests import DigestSet
from vqclip.jobs.engines import Job
from vqclip.jobs.shards import Shard
from vqclip.object_store import address_of, allow, is_allowed
from vqclip.runs.capabilities import only_size
from vqclip.runs.inputs import Inputs
from vqclip.settings import sources
from vqclip.settings.option import change_paths
from vqclip.settings.presets import Raw
from vqclip.settings.schema import Settings, options, type_of

MOST_FLAT = 1_000
"""Runs whose folders may all lie beside each other."""
ID_LENGTH = 20
_MOST_BASES = 256
_PLAIN = re.compile(r"[\w\s,.;!?'\"-]*")
_WORDS = re.compile(r"[^\W\d_](?:[\w\s,.]*\w)?")


@dataclass(frozen=True)
class Refused:
    """A line that cannot be drawn, and why."""

    number: int
    id: str
    prompt: str
    error: VqclipError


@dataclass(frozen=True)
class _Entry:
    """One run as text. values: of the grid. settings: all of its own, with those of its line, without a seed."""

    number: int
    origin: str
    values: Mapping[str, str]
    settings: Mapping[str, str]
    seed: str | None = None
    error: VqclipError | None = None


class Plan:
    """The runs of a command.

    Args:
        command: Of the batch or sweep.
        foreign: The command and its lines may come from someone else, so they cannot name further buckets.
        models_here: Whether the runs are drawn on this machine, so that a missing model is refused at once.
        stop: Ends standard input when it returns a signal.
    """

    def __init__(self, command: Command, *, models_here: bool = True, foreign: bool = False, stop: Stop) -> None:
        self._command, self._models_here, self._foreign = command, models_here, foreign
        self.fetches = False
        for name in command.flags.keys() & options().keys():
            change_paths(options()[name], command.flags[name], self._place)
        if command.source:
            self._place(command.source)
        self._cells = list(grid.combinations(command.axes))
        self._file = BatchFile(Path(command.source), stop) if command.source else None
        self._bases: dict[object, tuple[Settings, str | None]] = {}
        self._seen = DigestSet()
        self._equal: Counter[int] = Counter()
        self.total, self.done, self.read = 0, 0, False

    def count(self, shard: Shard) -> tuple[int, int] | tuple[None, None]:
        """Return how many runs there are and how many of them belong to a shard; None for those of standard input.

        With a seed, equal lines are one run. Lines of one meaning that are written in two ways count twice here.
        """
        seeded = self.seed is not None or any(axis.name == "seed" for axis in self._command.axes)
        keys = self._file.keys(seeded) if self._file else [0]
        if keys is None:
            return None, None
        first = np.unique(np.fromiter(keys, np.int64), return_index=True)[1] * len(self._cells)
        count = len(first) * len(self._cells)
        if self._command.flat and self._file and count > MOST_FLAT:
            raise UsageError(
                f"--flat is for up to {MOST_FLAT} runs, and {self._file.name} has {count}.", "Leave --flat out."
            )
        return count, int((shard.taken(first + len(self._cells)) - shard.taken(first)).sum())

    def jobs(self, done: Container[str], shard: Shard) -> Iterator[Job | Refused]:
        """Yield the runs of a shard that are not done, in order, with folders relative to that of the batch.

        `total` counts the different runs of all shards so far, and `done` those that are left out. `read` says that
        there are no more.

        Args:
            done: The ids of finished runs.
            shard: The part to yield.

        Raises:
            UsageError: As `BatchFile.lines`; or there is no prompt at all.
            InputError: As `BatchFile.lines`.
        """
        for entry in self._entries():
            key = self._key(entry)
            if key is None:
                continue
            self.total += 1
            if not shard.takes(entry.number):
                continue
            if key in done:
                self.done += 1
                continue
            yield self._job(entry, key)
        if not self.total and self._file:
            raise UsageError(f"{self._file.name} holds no prompt.", "Write one on each line.")
        self.read = True

    def _entries(self) -> Iterator[_Entry]:
        if self._file is None:
            for number, values in enumerate(self._cells, 1):
                yield self._entry(number, grid.origin(values), values, {})
            return
        number = 0
        for line in self._file.lines():
            origin = f"{self._file.name}, line {line.number}"
            for values in self._cells if line.error is None else [{}]:
                number += 1
                if line.error is not None:
                    yield _Entry(number, origin, {}, {}, error=line.error)
                else:
                    where = f"{origin}, {grid.origin(values)}" if values else origin
                    prompt = {"prompt": line.row.get("prompt", "").strip()}
                    yield self._entry(number, where, prompt | values, {**line.row, **prompt})

    def _entry(self, number: int, origin: str, values: Mapping[str, str], row: Mapping[str, str]) -> _Entry:
        """Merge the values of the grid and of the line, which goes first."""
        settings = {**values, **row}
        seed = settings.pop("seed", None)
        error = None
        try:
            for name, text in settings.items():
                if name in _paths():
                    settings[name] = change_paths(options()[name], text, self._place)
                elif ":/" in text:
                    change_paths(options()[name], text, self._place)
            if self._file and not settings.get("prompt"):
                raise UsageError("there is no prompt.", "Write one on each line.")
        except UsageError as problem:
            error = UsageError(f"{origin}: {problem.message}", problem.hint)
        return _Entry(number, origin, values, settings, None if seed == "random" else seed, error)

    def _place(self, path: str) -> str:
        """Return a path from the root, and let this process fetch an address. Raises UsageError if it must not."""
        if address := address_of(path):
            if self._foreign and not is_allowed(address):
                raise UsageError(
                    f"{files.printable(address)} is not fetched when a batch is resumed from its folder.",
                    "Give the command of the batch again: it continues the batch.",
                )
            allow(address)
            self.fetches = True
        return self._command.absolute(path)

    def _key(self, entry: _Entry) -> str | None:
        """Return the id of a run; None for one that was there already."""
        if entry.error is not None:
            return _digest(entry.origin, entry.error.message)
        own = _digest(self._shared, *(f"{name}={text}" for name, text in sorted(entry.settings.items())))
        given = entry.seed or self.seed
        key = _digest(own, f"seed {given}") if given is not None else own
        if self._seen.add(key):
            earlier = 0
        elif given is not None:
            return None
        else:
            self._equal[int(own, 16)] += 1
            earlier = self._equal[int(own, 16)]
        return key if given is not None else _digest(own, f"equal {earlier}")

    @functools.cached_property
    def _shared(self) -> str:
        """A digest of the settings that all runs have."""
        return self._resolved_alone.replace(prompt="", seed=None).digest()

    @property
    def unused(self) -> set[str]:
        """Options of other tools in the lines so far, which have no effect."""
        return self._file.unused if self._file else set()

    @property
    def seed(self) -> int | None:
        """The seed of all runs, None if none is given."""
        return self._resolved_alone.seed

    @functools.cached_property
    def _resolved_alone(self) -> Settings:
        """The settings of the command without those of its lines; values that need them are left as they are."""
        command = self._command
        flags = {name: value for name, value in command.flags.items() if name != "prompt"}
        with contextlib.suppress(UsageError):
            return sources.resolve(
                {**flags, "prompt": "x"}, preset=command.preset_here, config_files=command.config_paths
            ).settings
        return sources.typed({name: Raw(value, f"--{grid.flag(name)}") for name, value in flags.items()})

    def _job(self, entry: _Entry, key: str) -> Job | Refused:
        if entry.error is not None:
            return Refused(entry.number, key, entry.settings.get("prompt", ""), entry.error)
        try:
            settings, preset = self._settings(entry)
            if entry.seed is not None:
                if (number := sources.read_seed(entry.seed, entry.origin)) is not None:
                    settings = settings.replace(seed=int(number))
            elif self.seed is None:
                settings = settings.replace(seed=int(_digest(key, "seed")[:8], 16))
            settings.validate()
        except VqclipError as error:
            message = error.message if error.message.startswith(entry.origin) else f"{entry.origin}: {error.message}"
            return Refused(entry.number, key, entry.settings.get("prompt", ""), type(error)(message, error.hint))
        label = grid.label(entry.values) or settings.prompt
        folder = f"{entry.number:03d}-{names.slug(label, 80)}" if self._command.flat else f"{key[:2]}/{key[2:]}"
        return Job(entry.number, label, settings, preset, Path(folder), key, entry.values)

    def _settings(self, entry: _Entry) -> tuple[Settings, str | None]:
        """Resolve the settings, once for all lines that differ only in the words of their prompts and in seeds."""
        prompt = entry.settings.get("prompt")
        own = {name: text for name, text in entry.settings.items() if name != "prompt"}
        shape = None if prompt is None else "" if _PLAIN.fullmatch(prompt) else _WORDS.sub("w", prompt)
        key = (tuple(sorted(own.items())), shape)
        base = self._bases.get(key)
        if base is None:
            command, given = self._command, {} if prompt is None else {"prompt": prompt}
            resolved = sources.resolve(
                {**command.flags, **own, **given},
                preset=command.preset_here,
                config_files=command.config_paths,
                only_size=only_size,
            )
            settings = resolved.settings.with_paths(command.absolute)
            with contextlib.suppress(*(() if self._models_here else (NotDownloaded,))):
                Inputs.check(settings)
            if len(self._bases) >= _MOST_BASES:
                self._bases.pop(next(iter(self._bases)))
            base = self._bases[key] = (settings, resolved.preset)
        return base if prompt is None else (base[0].replace(prompt=prompt), base[1])


@functools.cache
def _paths() -> frozenset[str]:
    """The settings whose text may name a file, besides those that list several."""
    return frozenset(
        name for name, option in options().items() if option.kind and not type_of(name).startswith("tuple")
    )


def _digest(*parts: str) -> str:
    """Return a digest of texts without NUL characters as hexadecimal digits."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:ID_LENGTH]

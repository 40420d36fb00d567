"""Batches whose folder is in an object store.

The runs work as `vqclip.runs.remote` describes, each with an address of its own. The small files of the batch, which
are its ledger, tables, sheets and gallery, are written in a temporary folder of this machine and uploaded from there.
"""

from __future__ import annotations

import contextlib
import datetime
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from vqclip import files, names
from vqclip.errors import OutputError, UsageError
from vqclip.events import BatchOpened, Event, Saved, Warned
from vqclip.jobs import command, engines, ledger
from vqclip.jobs.gallery import CACHE
from vqclip.object_store import MEMORY, ObjectFolder, address_of
from vqclip.runs.remote import Mirror, ended, fresh_address

UPLOAD_SECONDS = 20.0
"""Between two uploads of the ledger. Runs that it does not name yet are found when the batch continues."""


class BatchMirror(Mirror):
    """The temporary folder of a batch. runs: The address of the batch as a path, below which its runs are."""

    def __init__(self, address: str) -> None:
        super().__init__(address, _is_part)
        self._small = set[str]()
        self.runs = Path(address)

    def fetch_batch(self) -> None:
        """Copy the command and the ledger of an earlier process to the temporary folder."""
        own = [name for name in self.remote.names(direct=True) if name == command.NAME]
        times = ObjectFolder(f"{self.remote.address}/{ledger.FOLDER}").times()
        parts = {f"{ledger.FOLDER}/{name}": written for name, written in times.items()}
        self.remote.fetch_all([*own, *parts], self.local)
        for name in (*own, *parts):
            # From the times of its files a ledger says which processes live.
            self.fetched_at(name, parts.get(name))

    def fetch_pictures(self) -> None:
        """Copy the pictures of finished runs, and what the gallery reads of them, to the temporary folder."""
        from vqclip.jobs.collect import Rows

        rows = (row.path for row in Rows(self.local) if row.path is not None)
        folders = [PurePosixPath(path).parent for path in rows if not files.exists(self.local / path)]
        shown = ("run.json", "metrics.jsonl", "image.png")
        # A picture that was removed is left out, as in a folder.
        self.remote.fetch_all([f"{folder}/{name}" for folder in folders for name in shown], self.local)

    def upload(self) -> None:
        """Upload the files that changed. Small pictures that an earlier process made for the gallery are removed."""
        super().upload()
        here = {path.name for path in files.matching(self.local / CACHE, "*")}
        if here and here != self._small:
            cache = ObjectFolder(f"{self.remote.address}/{CACHE}")
            cache.remove([name for name in cache.names() if name not in here])
            self._small = here

    def follow(self, events: Iterator[Event]) -> Iterator[Event]:
        """Yield the events of the batch, and upload its files while they pass."""
        last = float("-inf")  # At once: `resume` needs the command.
        try:
            with self.naming_address(), ended(events):
                for event in events:
                    if time.monotonic() - last > UPLOAD_SECONDS:
                        try:
                            self.upload()
                        except OutputError as error:
                            yield Warned(error.message)
                        last = time.monotonic()
                    yield self.shown(event)
        finally:
            self.finish()

    def shown(self, event: Event) -> Event:
        """The event with addresses in the place of temporary paths."""
        if isinstance(event, BatchOpened):
            return replace(event, directory=self.remote.path(""))
        if isinstance(event, Saved) and not event.path.is_relative_to(self.local):
            return event
        return super().shown(event)


def address_for(asked: command.Command, output: str | Path | None, parent: Path | None) -> str | None:
    """The address of a batch: that of its output, or a new one below that of new folders; None for a local folder."""
    if output is not None:
        return address_of(output)
    store = address_of(parent)
    words = names.slug(Path(asked.source or "").stem, 40)
    name = "-".join(filter(None, (datetime.date.today().isoformat(), asked.kind, words)))
    return fresh_address(store, name) if store else None


def pool_for(address: str, pool: engines.Pool, engine: str) -> engines.Pool:
    """The workers of a batch at an address. Raises UsageError where they cannot see it."""
    if not address.startswith(f"{MEMORY}:"):
        return pool
    if pool.size > 1 or engine != "local":
        raise UsageError(
            f"{address} is in the memory of this process, which no other process sees.",
            "Use --jobs 1, or another output.",
        )
    return replace(pool, size=1)


def mirrored(address: str, begin: Callable[[BatchMirror], Iterator[Event]]) -> Iterator[Event]:
    """Draw a batch in an object store, as `vqclip.runs.remote.mirrored` a run."""
    mirror = BatchMirror(address)
    try:
        with mirror.naming_address():
            mirror.remote.ensure_writable()
            mirror.fetch_batch()
            events = begin(mirror)
    except BaseException:
        mirror.close()
        raise
    return mirror.follow(events)


@contextlib.contextmanager
def fetched(address: str, *, pictures: bool = False) -> Iterator[BatchMirror]:
    """Yield a copy of the small files of a batch. pictures: Also those of finished runs."""
    mirror = BatchMirror(address)
    try:
        with mirror.naming_address():
            mirror.fetch_batch()
            if pictures:
                mirror.fetch_pictures()
            yield mirror
    finally:
        mirror.close()


def collected(address: str) -> Iterator[Event]:
    """Collect a batch in an object store, as `vqclip.jobs.collect.collect` one in a folder."""
    from vqclip.jobs.collect import collect

    with fetched(address, pictures=True) as mirror:
        events = [mirror.shown(event) for event in collect(mirror.local)]
        mirror.upload()
        yield from events


def _is_part(name: str) -> bool:
    folder, slash, _ = name.partition("/")
    return not slash or folder in (ledger.FOLDER, CACHE)

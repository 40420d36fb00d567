"""Runs whose folder is in an object store.

An object store has no rename, no append and no locks. So a run works in a temporary folder of this machine, and its
files are uploaded with every snapshot, run.json last. A run that was killed is resumed from what was uploaded. Its
lease keeps two processes from drawing it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from vqclip import files
from vqclip.errors import InUse, OutputError, VqclipError
from vqclip.events import Event, Opened, Saved, Warned
from vqclip.object_store import ObjectFolder, address_of
from vqclip.runs import directory as run_folder
from vqclip.runs.lease import Lease

_LAST = "run.json"


def mirrored(address: str, begin: Callable[[Path], Iterator[Event]]) -> Iterator[Event]:
    """Run in a temporary folder that mirrors one of an object store, and yield the events of the run.

    Args:
        address: Of the run folder, as `object_store.address_of` returns it.
        begin: Starts or resumes the run in the folder that it is given.

    Raises:
        OutputError: The object store cannot be used.
        VqclipError: As `begin` and its events do, naming the address instead of the temporary folder.
    """
    mirror = Mirror(address)
    try:
        with mirror.naming_address():
            mirror.remote.ensure_writable()
            mirror.lease.acquire()
            if run_folder.BATCH in mirror.remote.names(direct=True):
                raise run_folder.batch_in_the_way(address)
            mirror.fetch()
            events = begin(mirror.local)
    except BaseException:
        mirror.close()
        raise
    return _follow(mirror, events)


@contextlib.contextmanager
def fetched(path: str | Path, only: Collection[str] = ()) -> Iterator[Path]:
    """Yield a local folder for reading a run: the path itself, or a copy of a run in an object store.

    only: Copy these files alone.
    """
    address = address_of(path)
    if address is None:
        yield Path(path)
        return
    mirror = Mirror(address)
    try:
        with mirror.naming_address():
            mirror.fetch([name for name in mirror.remote.names() if not only or name in only])
            yield mirror.local
    finally:
        mirror.close()


@contextlib.contextmanager
def edited(path: Path, is_part: Callable[[str], bool]) -> Iterator[Mirror | None]:
    """Yield a copy of a folder in an object store, and upload what the block writes; None for a local folder.

    Empty files take the places of the videos of runs below the folder, which pages only link to.

    Args:
        path: The folder, or its address.
        is_part: Whether an object or file of that name is copied.
    """
    address = address_of(path)
    if address is None:
        yield None
        return
    mirror = Mirror(address, is_part)
    try:
        with mirror.naming_address():
            names = [name for name in mirror.remote.names() if is_part(name)]
            held = {name for name in names if "/" in name and PurePosixPath(name).stem == "video"}
            mirror.fetch(name for name in names if name not in held)
            for name in held:
                mirror.stand_in(name)
            yield mirror
            mirror.upload()
    finally:
        mirror.close()


def is_shown(name: str) -> bool:
    """Whether an object is shown in the page of a run, or of runs at any depth."""
    *folders, last = name.split("/")
    return folders == ["frames"] or (
        run_folder.is_part(last) and not {"frames", "state", run_folder.STARTS} & {*folders}
    )


def is_of_video(name: str) -> bool:
    """Whether an object makes up a video: the record of a run, its frames, or a numbered picture."""
    return "/" not in name or name.startswith("frames/")


def _follow(mirror: Mirror, events: Iterator[Event]) -> Iterator[Event]:
    try:
        with mirror.naming_address(), ended(events):
            for event in events:
                if isinstance(event, Saved) and event.kind == "image":
                    mirror.upload()
                elif isinstance(event, Saved) and event.kind == "snapshot":
                    try:
                        mirror.upload()
                    except InUse:
                        raise
                    except OutputError as error:
                        yield Warned(f"{error.message} The run tries again with its next snapshot.")
                yield mirror.shown(event)
    finally:
        # Also after a failure or a signal: run.json says how the run ended, and there may be another snapshot.
        mirror.finish()


@contextlib.contextmanager
def ended(events: Iterator[Event]) -> Iterator[None]:
    """End what makes the events with the block: it writes its last files then."""
    try:
        yield
    finally:
        if isinstance(events, Generator):
            events.close()


class Mirror:
    """A temporary folder, and the object store that it mirrors.

    Args:
        address: Of the folder in the object store.
        is_part: Whether an object or file of that name is mirrored.
    """

    def __init__(self, address: str, is_part: Callable[[str], bool] = run_folder.is_part) -> None:
        self.remote, self._is_part = ObjectFolder(address), is_part
        self.lease = Lease(self.remote)
        self._folder = Path(tempfile.mkdtemp(prefix="vqclip-")).resolve()
        # Pages show the name of the folder.
        self.local = self._folder / (re.sub(r"[^\w.-]", "-", address.rpartition("/")[2]).strip(".") or "run")
        self.local.mkdir()
        self._uploaded: dict[str, tuple[int, int]] = {}

    def fetch(self, names: Iterable[str] | None = None) -> None:
        """Copy what is in the object store to the temporary folder. names: Of these objects; None is all."""
        for name in self.remote.names() if names is None else names:
            if self._is_part(name):
                path = self.local / name
                self.remote.fetch(name, path)
                self.fetched_at(name)

    def fetched_at(self, name: str, written: float | None = None) -> None:
        """Take a file for an unchanged copy of its object. written: When, in seconds since 1970, if known."""
        path = self.local / name
        if files.exists(path):
            if written is not None:
                os.utime(path, (written, written))
            self._uploaded[name] = _version(path)

    def stand_in(self, name: str) -> None:
        """Put an empty file in the place of an object that only has to be there."""
        path = self.local / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self.fetched_at(name)

    def upload(self) -> None:
        """Upload the files that changed, run.json last, and remove the objects whose files are gone."""
        self.lease.check()
        paths = [path for path in self.local.rglob("*") if path.is_file() and not path.name.startswith(".")]
        named = {path.relative_to(self.local).as_posix(): path for path in paths}
        found = {name: path for name, path in named.items() if self._is_part(name)}
        for name in sorted(found, key=lambda name: (name == _LAST, name)):
            version = _version(found[name])
            if self._uploaded.get(name) != version:
                self.remote.upload(found[name], name)
                self._uploaded[name] = version
        gone = self._uploaded.keys() - found.keys()
        self.remote.remove(gone)
        for name in gone:
            del self._uploaded[name]

    def shown(self, event: Event) -> Event:
        """The event with the address of the run, or of its file in the place of the temporary one."""
        if isinstance(event, Opened):
            return replace(event, address=self.remote.address)
        if isinstance(event, Saved):
            return replace(event, path=self.remote.path(event.path.relative_to(self.local).as_posix()))
        return event

    def place(self, path: Path | str) -> str:
        """The address of a file in the temporary folder; any other path as it is."""
        inside = Path(path).is_relative_to(self.local)
        return f"{self.remote.address}/{Path(path).relative_to(self.local).as_posix()}" if inside else str(path)

    @contextlib.contextmanager
    def naming_address(self) -> Iterator[None]:
        """Make errors name the address, not the temporary folder."""
        try:
            yield
        except VqclipError as error:
            error.reword(lambda text: text.replace(files.printable(self.local), self.remote.address))
            raise

    def finish(self) -> None:
        """Upload what is left, and remove the temporary folder; where the upload fails, it stays."""
        try:
            self.upload()
        except InUse:
            self.close()
            raise
        except OutputError as error:
            raise OutputError(
                error.message, f"The files are kept in {files.printable(self.local)}. {error.hint}"
            ) from error
        finally:
            self.lease.release()
        self.close()

    def close(self) -> None:
        """Remove the temporary folder, and give the run back."""
        self.lease.release()
        shutil.rmtree(self._folder, ignore_errors=True)


def _version(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def fresh_address(parent: str, name: str) -> str:
    """An address below `parent` where there is no run yet: parent/name, with a number when that is taken."""
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, 10_000))
    return next(address for tried in numbered if not ObjectFolder(address := f"{parent}/{tried}").names())

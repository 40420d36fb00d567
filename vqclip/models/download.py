"""Downloads files of models: complete and checked, or not at all.

The bytes go into a `.part` file beside the file, which gets the file's name once it is complete and has the published
hash. An interrupted download is resumed. huggingface_hub cannot do this: it discards partial files, compares sizes
only, and knows no other mirrors.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import signal
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vqclip._version import __version__
from vqclip.errors import InputError, Interrupted, ModelError, OutputError
from vqclip.files import (
    WITHOUT_LOCKS,
    atomic,
    discard,
    ensure_writable,
    exists,
    is_file,
    output_error,
    printable,
    publish,
    sweep,
    write_json,
)
from vqclip.models.catalogue import VqganEntry
from vqclip.models.checkpoints import sha256, verify_sha256
from vqclip.models.inspection import inspect, looks_like
from vqclip.reading import MAX_TEXT_BYTES, open_regular, read_json, reason

if TYPE_CHECKING:
    import httpx2

MAX_REDIRECTS = 8
# A server that sends less than this during `Patience.stall` counts as silent.
SLOWEST_BYTES_PER_SECOND = 1000
# After this much progress, the tries of an origin start from 1 again.
PROGRESS_BYTES = 2**20
MAX_UNPACKED_BYTES = 2**34
OFFLINE_VARIABLES = ("VQCLIP_OFFLINE", "HF_HUB_OFFLINE")


@dataclass(frozen=True)
class Transfer:
    """The progress of a download: bytes so far and in total, None if unknown."""

    name: str
    done: int
    total: int | None


@dataclass(frozen=True)
class Patience:
    """How long a download waits. stall and pause are seconds; the pause doubles with each of the tries."""

    stall: float = 30.0
    tries: int = 5
    pause: float = 1.0


class _Dropped(Exception):
    """The connection broke or stalled; the same origin can resume it."""


class _Refused(Exception):
    """This origin does not have the file."""


Progress = Callable[[Transfer], None]
Note = Callable[[str], None]


@dataclass(frozen=True)
class Source:
    """A file to download.

    Attributes:
        name: In messages.
        path: Where it goes.
        origins: Addresses, tried in order.
        bytes, sha256: Of the file; None when they are not known.
        member: Its name in the zip archive at the origins, None without an archive.
        headers: For every request.
        own: Whether it is a checkpoint in vqclip's folder, and not a file of the hub's cache.
    """

    name: str
    path: Path
    origins: tuple[str, ...]
    bytes: int | None = None
    sha256: str | None = None
    member: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    own: bool = True


def refuse_offline(name: str) -> None:
    """Raise ModelError when VQCLIP_OFFLINE or HF_HUB_OFFLINE forbids the network."""
    for variable in OFFLINE_VARIABLES:
        if os.environ.get(variable, "").strip().lower() not in ("", "0", "false", "no", "off"):
            raise ModelError(f"{name} is not fetched: {variable} is set.", f"Unset {variable} to use the network.")


def download_vqgan(
    entry: VqganEntry, progress: Progress, note: Note, patience: Patience | None = None, folder: Path | None = None
) -> Path:
    """Download the checkpoint of a VQGAN into the cache, or a folder, and return its path; see `download`."""
    path = entry.path_in(folder) if folder and not entry.file else entry.path
    source = Source(entry.name, path, entry.origins, entry.bytes, entry.sha256, entry.member)
    return download(source, progress, note, patience)


def download(source: Source, progress: Progress, note: Note, patience: Patience | None = None) -> Path:
    """Download a file and return its path.

    A correct file is kept without any request; a wrong one is moved aside. Origins are tried in order.

    Args:
        source: What to download.
        progress: Called for every few bytes.
        note: Called for waits and further tries.
        patience: How long to wait.

    Raises:
        ModelError: Every origin failed, the network is forbidden, or there is no origin.
        OutputError: The disk is full or cannot be written.
        Interrupted: A signal came. What was downloaded is kept, as for the other errors.
    """
    return _Download(source, progress, note, patience or Patience()).run()


class _Download:
    """The download of one file."""

    def __init__(self, source: Source, progress: Progress, note: Note, patience: Patience) -> None:
        self.source, self.progress, self.note, self.patience = source, progress, note, patience
        self.path = source.path
        self.part = self.path.with_name(f"{self.path.name}.part")
        self.record = self.path.with_name(f"{self.path.name}.part.json")
        # The published size and hash are those of the checkpoint, not of an archive around it.
        self.bytes = None if source.member else source.bytes
        self.sha256 = None if source.member else source.sha256
        self._restart()

    def _restart(self) -> None:
        self.done, self.digest, self.resumed = 0, hashlib.sha256(), False
        self.whole: int | None = None

    def run(self) -> Path:
        # A download that was killed while it wrote its record leaves a part file, which nobody else removes.
        sweep(self.path.parent)
        if self._is_here():
            return self.path
        if not self.source.origins:
            raise ModelError(f"{self.source.name!r} has no download address.", "Put its checkpoint there yourself.")
        refuse_offline(repr(self.source.name))
        ensure_writable(self.path.parent)
        with self._alone():
            if self._is_here():
                self.note(f"{self.source.name}: another process has fetched it")
                return self.path
            self._put_aside()
            self._fetch()
        return self.path

    def _is_here(self) -> bool:
        """Whether the published checkpoint is at its path."""
        if not is_file(self.path):
            return False
        if self.sha256 is not None:
            return sha256(self.path) == self.sha256
        return self.bytes is None or self.path.stat().st_size == self.bytes

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Make other processes wait that download the same checkpoint."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self.note(f"{self.source.name}: waiting for another process that fetches it")
            lock.acquire()
        except (OSError, NotImplementedError) as error:
            # Two processes that fetch one file there damage it, which its hash or its index shows.
            if isinstance(error, OSError) and error.errno not in WITHOUT_LOCKS:
                raise output_error(self.path, error) from error
        try:
            yield
        finally:
            lock.release()

    def _put_aside(self) -> None:
        if is_file(self.path):
            aside = self.path.with_name(f"{self.path.name}.wrong")
            self.path.replace(aside)
            self.note(f"{printable(self.path)} is not the published file; it is kept as {printable(aside.name)}")

    def _fetch(self) -> None:
        problems = []
        try:
            for origin in self.source.origins:
                host = urlsplit(origin).hostname
                try:
                    self._fetch_from(origin)
                    return
                except _Refused as problem:
                    problems.append(f"{host} {problem}")
                    self.note(f"{self.source.name}: {host} {problem}")
        except (KeyboardInterrupt, Interrupted) as stop:
            raise Interrupted(
                f"the download of {self.source.name!r} stopped after {_size(self._kept())}.",
                "Run the same command again to resume it.",
                getattr(stop, "signal_number", signal.SIGINT),
            ) from None
        kept = self._kept()
        again = f"Run the same command again to go on after {_size(kept)}" if kept else "Try again later"
        by_hand = f", or put the checkpoint at {printable(self.path)} yourself" if self.source.own else ""
        raise ModelError(f"{self.source.name!r} could not be fetched: {'; '.join(problems)}.", f"{again}{by_hand}.")

    def _kept(self) -> int:
        return self.part.stat().st_size if exists(self.part) else 0

    def _fetch_from(self, origin: str) -> None:
        """Download from one origin, with further tries when the connection breaks."""
        failures = 0
        while True:
            before = self._kept()
            try:
                self._receive(origin)
                return self._finish()
            except _Dropped as problem:
                failures = 1 if self._kept() - before >= PROGRESS_BYTES else failures + 1
                if failures >= self.patience.tries:
                    raise _Refused(f"{problem}, {failures} times") from None
                self.note(f"{self.source.name}: {urlsplit(origin).hostname} {problem}; trying again")
                time.sleep(self.patience.pause * 2 ** (failures - 1))

    def _receive(self, origin: str) -> None:
        """Send one request for the missing bytes, and write them as they arrive."""
        import httpx2

        headers = {"Accept-Encoding": "identity", "User-Agent": f"vqclip/{__version__}", **self.source.headers}
        headers |= self._resume(origin)
        if self.done and self.done in (self.bytes, self.whole):
            # An earlier process ended after the last byte, before it checked the file.
            return
        waits: dict[str, Any] = {"timeout": self.patience.stall, "max_redirects": MAX_REDIRECTS}
        hooks = {"request": [_stay_secure(origin)]}
        # A new connection for each redirect: a server that closes one after its answer would break the next request.
        limits = httpx2.Limits(max_keepalive_connections=0)
        try:
            with (
                httpx2.Client(follow_redirects=True, event_hooks=hooks, limits=limits, **waits) as client,
                client.stream("GET", origin, headers=headers) as response,
            ):
                self._write(origin, response, self._check_headers(response))
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise _Refused(f"cannot be reached ({reason(error)})") from None
        except httpx2.TimeoutException:
            raise _Dropped(f"sent nothing for {self.patience.stall:g} s") from None
        except httpx2.TooManyRedirects:
            raise _Refused(f"redirects more than {MAX_REDIRECTS} times") from None
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise _Refused(f"redirects to an address that is not valid ({reason(error)})") from None
        except httpx2.HTTPError as error:
            raise _Dropped(f"broke off ({reason(error)})") from None

    def _resume(self, origin: str) -> dict[str, str]:
        """Read the partial file, and return the headers that request the rest."""
        self._restart()
        if not self._kept():
            return {}
        try:
            record = read_json(self.record, MAX_TEXT_BYTES)
            same, etag = record.get("origin") == origin, record.get("etag")
            self.whole = record.get("bytes") if same else None
        except (InputError, AttributeError):
            same, etag = False, None
        # Without a hash, only the same version from the same origin is known to continue the partial file.
        if self.sha256 is None and not (same and etag) and self._kept() != self.whole:
            return {}
        with open_regular(self.part, ModelError) as handle:
            while block := handle.read(2**20):
                self.digest.update(block)
                self.done += len(block)
        self.resumed = True
        return {"Range": f"bytes={self.done}-"} | ({"If-Range": etag} if same and etag else {})

    def _check_headers(self, response: Any) -> int | None:
        """Check the status and headers of an answer, and return the size of the whole file, if known."""
        status = response.status_code
        if status == 416 and self.resumed:
            discard(self.part)
            raise _Dropped("has less than is here already")
        if status == 429 or status >= 500:
            raise _Dropped(f"answers {status} {response.reason_phrase}".strip())
        if status not in (200, 206):
            raise _Refused(f"answers {status} {response.reason_phrase}".strip())
        if response.headers.get("content-type", "").startswith("text/html"):
            raise _Refused("sends a web page (HTML) instead of the checkpoint")
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _Refused("sends the checkpoint compressed")
        if status == 206:
            found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("content-range", ""))
            if found is None or int(found[1]) != self.done:
                discard(self.part)
                raise _Dropped("sends another part than was asked for")
            total = None if found[2] == "*" else int(found[2])
        else:
            self._restart()
            length = response.headers.get("content-length", "")
            total = int(length) if length.isascii() and length.isdigit() else None
        if total is not None and self.bytes is not None and total != self.bytes:
            raise _Refused(f"has a file of {total} bytes, not of {self.bytes}")
        return total if total is not None else self.bytes

    def _write(self, origin: str, response: Any, total: int | None) -> None:
        self._require_space(total or 0, self.done)
        if not self.done:
            etag = _strong(response.headers.get("etag"))
            write_json(self.record, {"origin": origin, "etag": etag, "bytes": total})
        try:
            with self.part.open("r+b" if self.done else "wb") as handle:
                handle.seek(self.done)
                for block in self._watched(response.iter_raw()):
                    if self.source.own and not self.done and (what := looks_like(block[:512])):
                        raise _Refused(f"sends {what} instead of the checkpoint")
                    if total is not None and self.done + len(block) > total:
                        raise _Refused(f"sends more than {total} bytes")
                    handle.write(block)
                    self.digest.update(block)
                    self.done += len(block)
                    self.progress(Transfer(self.source.name, self.done, total))
        except _Refused:
            discard(self.part)
            raise
        except OSError as error:
            raise output_error(self.part, error) from error
        if total is not None and self.done < total:
            raise _Dropped(f"ended after {self.done} of {total} bytes")

    def _watched(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the blocks until they arrive too slowly."""
        since, arrived = time.monotonic(), 0
        for block in blocks:
            yield block
            arrived += len(block)
            spent = time.monotonic() - since
            if spent >= self.patience.stall:
                if arrived < SLOWEST_BYTES_PER_SECOND * spent:
                    raise _Dropped(f"sent only {arrived} bytes in {spent:.0f} s")
                since, arrived = time.monotonic(), 0

    def _require_space(self, total: int, done: int) -> None:
        missing = total - done
        free = shutil.disk_usage(self.path.parent).free
        if missing > free:
            raise OutputError(
                f"{printable(self.path.parent)} has {_size(free)} free; {self.source.name!r} needs {_size(missing)}.",
                "Free some space, or name another folder in VQCLIP_CACHE_DIR.",
            )

    def _finish(self) -> None:
        """Check the complete file and give it its name."""
        found = self.digest.hexdigest()
        if self.sha256 is not None and found != self.sha256:
            discard(self.part)
            if self.resumed:
                # The earlier partial file may be wrong: try once more from the first byte.
                raise _Dropped(f"sent the rest of a file with the SHA-256 {found}, not {self.sha256}")
            raise _Refused(f"sends another file: its SHA-256 is {found}, not {self.sha256}")
        try:
            if self.source.member:
                self._unpack(self.source.member)
            else:
                if self.source.own:
                    inspect(self.part)
                publish(self.part, self.path)
        except ModelError as problem:
            discard(self.part)
            raise _Refused(f"sends no checkpoint: {problem.message}") from None
        discard(self.part)
        discard(self.record)
        if self.source.own and self.source.sha256 is None:
            self.note(f"{self.source.name}: no hash is published for it; the hash of this file is {found}")

    def _unpack(self, member: str) -> None:
        """Extract the checkpoint from the zip archive of its makers."""
        try:
            with open_regular(self.part, ModelError) as handle, zipfile.ZipFile(handle) as archive:
                inside = archive.getinfo(member)
                if inside.file_size > MAX_UNPACKED_BYTES:
                    raise _Refused(f"sends an archive that claims {inside.file_size} bytes of checkpoint")
                self._require_space(inside.file_size, 0)
                with atomic(self.path) as temp, archive.open(inside) as source, temp.open("wb") as target:
                    shutil.copyfileobj(source, target, 2**20)
                    target.flush()
                    inspect(temp)
                    verify_sha256(temp, self.source.sha256)
        except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, EOFError) as error:
            discard(self.part)
            raise _Refused(f"sends an archive without a sound {member} ({reason(error)})") from None


def _stay_secure(origin: str) -> Callable[[httpx2.Request], None]:
    """Return a check that keeps redirects of an encrypted origin encrypted."""

    def check(request: httpx2.Request) -> None:
        if origin.startswith("https:") and request.url.scheme == "http":
            raise _Refused("redirects to an address without encryption")

    return check


def _strong(etag: str | None) -> str | None:
    """Return a strong ETag; weak ones may not be used for ranges (RFC 9110, section 13.1.5)."""
    return etag if etag and not etag.startswith("W/") else None


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB"

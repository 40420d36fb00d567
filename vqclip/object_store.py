"""Folders in object stores, such as s3://bucket/prefix, through fsspec.

Credentials come from the environment and from the configuration files of each store's own library, and are never
written or shown. An address may have lost a slash, as in `pathlib.Path("s3://bucket")`, which is s3:/bucket.

A bucket is used only when the user names it: on the command line, in a variable, or in a line of a batch. An address
that a file of settings or the record of a run holds opens no connection by itself; see `allow`.
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast

from vqclip.errors import OutputError, UsageError, VqclipError

EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
"""Schemes of an address, with the extra that installs the library of each."""
SCHEMES = (*EXTRAS, "hf", "memory")
MEMORY = "memory"
"""The scheme of the memory of this process, which no other process sees."""
_ADDRESS = re.compile(rf"({'|'.join(SCHEMES)}):/{{1,2}}(?!/)(.+)", re.DOTALL)
_SIGNED = re.compile(r"[?&][^=&]*(?:sig|signature|token|key|secret|credential|password)[^=&]*=", re.IGNORECASE)
_LONGEST_REASON, _AT_ONCE = 200, 16
_TIMES = ("LastModified", "last_modified", "mtime", "updated", "modified", "created")
_PROBE = ".vqclip-probe"
# s3fs sends each request up to five times; two tries of its own library for each bound the time of a failure.
_OPTIONS = {"s3": {"config_kwargs": {"retries": {"mode": "standard", "total_max_attempts": 2}}}}
_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSW|CREDENTIAL|CONNECTION_STRING|SAS|SIGNATURE")
_SHORTEST_SECRET = 6
_allowed = set[str]()
_writable = set[str]()


def address_of(path: Path | str | None) -> str | None:
    """The address that a path means, as s3://bucket/prefix, or None for a path of this machine.

    Raises:
        UsageError: The address holds credentials.
    """
    found = None if path is None else _ADDRESS.fullmatch(path if isinstance(path, str) else path.as_posix())
    if found is None:
        return None
    bucket = found[2].partition("/")[0]
    if ("@" in bucket and found[1] not in ("abfs", "abfss", "hf")) or _SIGNED.search(found[2]):
        raise UsageError(
            f"an address of {found[1]}:// holds credentials.", "Leave them out; give them in environment variables."
        )
    return f"{found[1]}://{found[2].rstrip('/')}"


def bucket_of(address: str) -> str:
    """The bucket of an address, as s3://bucket."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def allow(address: str) -> None:
    """Let this process use the bucket of an address that the user named."""
    _allowed.add(bucket_of(address))


def is_allowed(address: str) -> bool:
    """Whether the user named the bucket of an address."""
    return bucket_of(address) in _allowed


def redacted(text: str) -> str:
    """A text without the values of the environment variables that hold credentials; paths are none."""
    for name, value in os.environ.items():
        if _SECRET.search(name.upper()) and len(value) >= _SHORTEST_SECRET and not value.startswith("/"):
            text = text.replace(value, "***")
    return text


class ObjectFolder:
    """The objects whose names start with one prefix. Every error is an OutputError that names the address.

    The bucket counts as named by the user; see `allow`.

    Args:
        address: As `address_of` returns it.

    Raises:
        UsageError: The library of the store is not installed, or VQCLIP_OFFLINE is set.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.scheme = address.partition("://")[0]
        if self.scheme != MEMORY and is_offline():
            raise UsageError(
                f"{address} is not used: VQCLIP_OFFLINE is set.", "Unset VQCLIP_OFFLINE to use the network."
            )
        allow(address)
        options: dict[str, Any] = {} if "AWS_MAX_ATTEMPTS" in os.environ else _OPTIONS.get(self.scheme, {})
        with self._reporting("use"):
            import fsspec

            self._system, self._root = fsspec.core.url_to_fs(address, **options)

    def names(self, *, direct: bool = False) -> list[str]:
        """The names of the objects below the prefix, without it. Names that would leave a folder are left out.

        direct: Leave out those below a further slash.
        """
        return list(self.times(direct=direct))

    def times(self, *, direct: bool = False) -> dict[str, float | None]:
        """When each of `names` was written, in seconds since 1970; None where the store does not say."""
        with self._reporting("read"):
            self._system.invalidate_cache()
            try:
                found = self._system.find(self._root, maxdepth=1 if direct else None, detail=True)
            except FileNotFoundError:
                return {}
        start = self._root.strip("/") + "/"
        paths = {path.strip("/"): facts for path, facts in found.items()}
        named = {path.removeprefix(start): _written(facts) for path, facts in paths.items() if path.startswith(start)}
        inside = (name for name in named if name and ".." not in PurePosixPath(name).parts and "\\" not in name)
        return {name: named[name] for name in inside}

    def fetch(self, name: str, path: Path) -> None:
        """Copy an object to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._reporting("read", name):
            self._system.get_file(f"{self._root}/{name}", str(path))

    def fetch_all(self, names: Collection[str], folder: Path) -> None:
        """Copy objects to files below a folder, many at once; those that are not there are left out."""
        waiting = list(names)
        while waiting:
            chunk, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
            paths = {f"{self._root}/{name}".lstrip("/"): folder / name for name in chunk}
            with self._reporting("read"):
                found = self._system.cat([f"{self._root}/{name}" for name in chunk], on_error="omit")
            for path, content in found.items():
                place = paths[path.lstrip("/")]
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(content)

    def size(self, name: str) -> int | None:
        """The bytes of an object, None where the store does not say. Raises OutputError where there is none."""
        with self._reporting("read", name):
            self._system.invalidate_cache()
            found = self._system.info(f"{self._root}/{name}")
            if found.get("type") == "directory":
                raise FileNotFoundError
            size = found.get("size")
        return size if isinstance(size, int) else None

    def upload(self, path: Path, name: str) -> None:
        """Copy a file to an object, which appears as a whole or not at all."""
        with self._reporting("write"):
            self._system.put_file(str(path), f"{self._root}/{name}")

    def read(self, name: str) -> bytes | None:
        """The content of an object, or None if there is none of that name."""
        with self._reporting("read"):
            self._system.invalidate_cache()
            try:
                content: bytes = self._system.cat_file(f"{self._root}/{name}")
            except FileNotFoundError:
                return None
        return content

    def write(self, name: str, content: bytes) -> None:
        """Write an object."""
        with self._reporting("write"):
            self._system.pipe_file(f"{self._root}/{name}", content)

    def create(self, name: str, content: bytes) -> bool:
        """Write an object unless there is one of that name; False if there is.

        A store that has no such operation is asked first, so two processes at the same moment may both succeed.
        """
        path = f"{self._root}/{name}"
        with self._reporting("write"):
            try:
                self._system.pipe_file(path, content, mode="create")
            except FileExistsError:
                return False
            except (NotImplementedError, TypeError, ValueError):
                self._system.invalidate_cache()
                if self._system.exists(path):
                    return False
                self._system.pipe_file(path, content)
        return True

    def ensure_writable(self) -> None:
        """Check that an object can be written and removed, once for each bucket in a process."""
        bucket = bucket_of(self.address)
        if bucket not in _writable:
            self.write(_PROBE, b"vqclip")
            self.remove([_PROBE])
            _writable.add(bucket)

    def remove(self, names: Collection[str]) -> None:
        """Remove objects; they may be gone already."""
        paths = [f"{self._root}/{name}" for name in names]
        with self._reporting("write"):
            if len(paths) > 1:
                with contextlib.suppress(FileNotFoundError):
                    self._system.rm(paths)
                    return
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    self._system.rm_file(path)

    def path(self, name: str) -> Path:
        """A path of universal-pathlib, which Python programs can open as one of pathlib."""
        from upath import UPath

        with self._reporting("use"):
            return cast(Path, UPath(f"{self.address}/{name}"))

    @contextlib.contextmanager
    def _reporting(self, verb: str, name: str = "") -> Iterator[None]:
        try:
            yield
        except VqclipError:
            raise
        except ImportError as error:
            extra = EXTRAS.get(self.address.partition(":")[0])
            hint = f'Install it: pip install "vqclip[{extra}]"' if extra else f"It says: {_reason(error)}"
            raise UsageError(f"{self.address} needs a library that is not installed.", hint) from None
        except Exception as error:
            # Each store has a library of its own, with exceptions of its own.
            hint = "Check the name of the bucket, the credentials in the environment and the network."
            shown = f"{self.address}/{name}" if name else self.address
            raise OutputError(f"Cannot {verb} {shown}: {_reason(error)}.", hint) from error


def _written(facts: Mapping[str, Any]) -> float | None:
    """The time in what a library says about an object, each under a name of its own."""
    for time in map(facts.get, _TIMES):
        if isinstance(time, (datetime.datetime, int, float)):
            return time.timestamp() if isinstance(time, datetime.datetime) else float(time)
    return None


def is_offline() -> bool:
    """Whether VQCLIP_OFFLINE forbids the network."""
    return os.environ.get("VQCLIP_OFFLINE", "").strip().lower() not in ("", "0", "false", "no", "off")


def _reason(error: BaseException) -> str:
    """What an exception says, in one line without its last full stop."""
    said: Any = error.strerror if isinstance(error, OSError) and error.strerror else error
    if isinstance(error, FileNotFoundError):
        said = "there is no such bucket or object"
    text = redacted(" ".join(str(said).split())) or type(error).__name__
    return text[:_LONGEST_REASON].rstrip(". ")

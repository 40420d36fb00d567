"""Folders in object stores, such as s3://bucket/prefix, through fsspec.

Credentials come from the environment and from the configuration files of each store's own library, and are never
written or shown. An address may have lost a slash, as in `pathlib.Path("s3://bucket")`, which is s3:/bucket.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, cast

from vqclip.errors import OutputError, UsageError, VqclipError

EXTRAS = {"s3": "s3", "gs": "gcs", "gcs": "gcs", "az": "azure", "abfs": "azure", "abfss": "azure"}
"""Schemes of an address, with the extra that installs the library of each."""
SCHEMES = (*EXTRAS, "hf", "memory")
_ADDRESS = re.compile(rf"({'|'.join(SCHEMES)}):/{{1,2}}(?!/)(.+)", re.DOTALL)
_LONGEST_REASON = 200
_PROBE = ".vqclip-probe"


def address_of(path: Path | str | None) -> str | None:
    """The address that a path means, as s3://bucket/prefix, or None for a path of this machine.

    Raises:
        UsageError: The address holds credentials.
    """
    found = None if path is None else _ADDRESS.fullmatch(path if isinstance(path, str) else path.as_posix())
    if found is None:
        return None
    bucket = found[2].partition("/")[0]
    if "@" in bucket and found[1] not in ("abfs", "abfss", "hf"):
        raise UsageError(
            f"an address of {found[1]}:// holds credentials.", "Leave them out; give them in environment variables."
        )
    return f"{found[1]}://{found[2].rstrip('/')}"


class ObjectFolder:
    """The objects whose names start with one prefix. Every error is an OutputError that names the address.

    Args:
        address: As `address_of` returns it.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        with self._reporting("use"):
            import fsspec

            self._system, self._root = fsspec.core.url_to_fs(address)

    def names(self, *, direct: bool = False) -> list[str]:
        """The names of the objects below the prefix, without it. Names that would leave a folder are left out.

        direct: Leave out those below a further slash.
        """
        with self._reporting("read"):
            self._system.invalidate_cache()
            try:
                paths = self._system.find(self._root, maxdepth=1 if direct else None)
            except FileNotFoundError:
                return []
        start = self._root.strip("/") + "/"
        names = [path.strip("/").removeprefix(start) for path in paths if path.strip("/").startswith(start)]
        return [name for name in names if name and ".." not in PurePosixPath(name).parts and "\\" not in name]

    def fetch(self, name: str, path: Path) -> None:
        """Copy an object to a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._reporting("read"):
            self._system.get_file(f"{self._root}/{name}", str(path))

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

    def ensure_writable(self) -> None:
        """Check that an object can be written and removed."""
        self.write(_PROBE, b"vqclip")
        self.remove([_PROBE])

    def remove(self, names: Collection[str]) -> None:
        """Remove objects; they may be gone already."""
        for name in names:
            with self._reporting("write"), contextlib.suppress(FileNotFoundError):
                self._system.rm_file(f"{self._root}/{name}")

    def path(self, name: str) -> Path:
        """A path of universal-pathlib, which Python programs can open as one of pathlib."""
        from upath import UPath

        with self._reporting("use"):
            return cast(Path, UPath(f"{self.address}/{name}"))

    @contextlib.contextmanager
    def _reporting(self, verb: str) -> Iterator[None]:
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
            raise OutputError(f"Cannot {verb} {self.address}: {_reason(error)}.", hint) from error


def _reason(error: BaseException) -> str:
    """What an exception says, in one line without its last full stop."""
    said: Any = error.strerror if isinstance(error, OSError) and error.strerror else error
    if isinstance(error, FileNotFoundError):
        said = "there is no such bucket or object"
    text = " ".join(str(said).split()) or type(error).__name__
    return text[:_LONGEST_REASON].rstrip(". ")

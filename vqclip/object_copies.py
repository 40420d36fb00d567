"""Local copies of single objects of stores: the files of prompts and the pictures that a batch names by address.

Each process fetches an object once and keeps its copy until the copies take too much space. It fetches only from
buckets that the user named; see `object_store.allow`.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path

from vqclip.errors import InputError, OutputError
from vqclip.files import printable
from vqclip.object_store import ObjectFolder, address_of, is_allowed

MAX_PICTURE_BYTES = 256_000_000
MAX_LIST_BYTES = 4_000_000_000
"""Of a file of prompts."""
MOST_BYTES, MOST_COPIES = 4_000_000_000, 1000
# A path keeps one slash of "https://".
_WEB = re.compile(r"(?:^|/)(https?):/{1,2}([^?#]*)", re.DOTALL)


def local_file(path: Path, most: int = MAX_PICTURE_BYTES) -> Path:
    """Return the path of a local file, or that of a local copy where it is an address of an object store.

    Args:
        path: The file or the address.
        most: Largest number of bytes to fetch.

    Raises:
        InputError: The object cannot be fetched or is too large, the user did not name its bucket, or the path is
            an address of the web.
    """
    if web := _WEB.search(str(path)):
        raise InputError(
            f"{printable(f'{web[1]}://{web[2]}')} is an address, not a file.",
            "Download it first, or put it into an object store.",
        )
    address = address_of(path)
    if address is None:
        return path
    if not is_allowed(address):
        raise InputError(
            f"{printable(address)} is not fetched: a file names it, and not you.",
            "Give the command that names it again, or download the picture.",
        )
    return _copies.get(address, most)


class _Copies:
    """The copies of this process, in a temporary folder that ends with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._sizes = OrderedDict[str, int]()

    def get(self, address: str, most: int) -> Path:
        """Return the copy of an object, fetched if it is not here. Raises InputError."""
        with self._lock:
            if self._folder is None:
                self._folder = tempfile.TemporaryDirectory(prefix="vqclip-")
            folder = Path(self._folder.name)
            path = folder / _name(address)
            if address in self._sizes:
                self._sizes.move_to_end(address)
                return path
            _fetch(address, path, most)
            self._sizes[address] = path.stat().st_size
            while len(self._sizes) > MOST_COPIES or (len(self._sizes) > 1 and sum(self._sizes.values()) > MOST_BYTES):
                oldest, _ = self._sizes.popitem(last=False)
                # Windows keeps a file that is open.
                with contextlib.suppress(OSError):
                    (folder / _name(oldest)).unlink()
            return path


_copies = _Copies()


def _name(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:20]


def _fetch(address: str, path: Path, most: int) -> None:
    parent, _, name = address.rpartition("/")
    if parent.endswith(":/"):
        raise InputError(f"{printable(address)} is a bucket, not a file.", "Give the address of an object.")
    part = path.with_name(f"{path.name}.part")
    try:
        store = ObjectFolder(parent)
        size = store.size(name)
        if size is None or size <= most:
            store.fetch(name, part)
            size = part.stat().st_size
        if not 0 < size <= most:
            what = f"it has {size} bytes, and the most are {most}" if size else "it is empty (0 bytes)"
            raise InputError(f"Cannot read {printable(address)}: {what}.", "Give another file.")
        part.replace(path)
    except OutputError as error:
        raise InputError(error.message, error.hint) from error
    finally:
        part.unlink(missing_ok=True)

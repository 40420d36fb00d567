"""Read and write token grids: a picture as codebook indices, in an .npz file for numpy.

`tokens` (rows, columns) holds the indices, and `size` the width and height of the picture in the middle of them;
`n_embed`, `factor`, `vqgan` and `sha256` identify the VQGAN. The indices mean nothing to another VQGAN.
"""

from __future__ import annotations

import io
import math
import tokenize
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from vqclip import files, reading
from vqclip.errors import InputError, UsageError

MAX_TOKENS = 16_000_000
MAX_CODES = 2**20
MAX_HEADER_BYTES = 4096
MAX_TEXT = 500
MAX_DIRECTORY_BYTES = 2**16
"""Of the zip directory: the archive holds six arrays."""


@dataclass(frozen=True)
class TokenGrid:
    """One picture as codebook indices.

    tokens: (rows, columns) int64 in [0, n_embed). factor: pixels per side of a token. vqgan: its name. sha256: of its
    checkpoint. size: width and height of the picture; None where it fills the tokens.
    """

    tokens: npt.NDArray[np.int64]
    n_embed: int
    factor: int
    vqgan: str
    sha256: str
    size: tuple[int, int] | None = None

    @property
    def width(self) -> int:
        """Width of the picture in pixels."""
        return self.size[0] if self.size else int(self.tokens.shape[1]) * self.factor

    @property
    def height(self) -> int:
        """Height of the picture in pixels."""
        return self.size[1] if self.size else int(self.tokens.shape[0]) * self.factor

    @property
    def bits(self) -> float:
        """Size of the tokens in a code of fixed length: log2(n_embed) bits each."""
        return self.tokens.size * math.log2(self.n_embed)

    @property
    def entropy_bits(self) -> float:
        """Size in a code made for their own frequencies: the Shannon entropy of the grid."""
        counts = np.unique(self.tokens, return_counts=True)[1]
        return float(-(counts * np.log2(counts / self.tokens.size)).sum()) + 0.0


def check_name(path: Path) -> None:
    """Raise UsageError for a file name that does not end in .npz."""
    if path.suffix.lower() != ".npz":
        raise UsageError(f"tokens {files.printable(path)} is not an .npz file.", "Use a name that ends in .npz.")


def save(path: Path, grid: TokenGrid) -> None:
    """Write a grid atomically; equal grids give equal bytes. Raises OutputError."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        tokens=grid.tokens.astype(np.min_scalar_type(grid.n_embed - 1)),
        n_embed=np.int64(grid.n_embed),
        factor=np.int64(grid.factor),
        vqgan=np.array(grid.vqgan),
        sha256=np.array(grid.sha256),
        size=np.array([grid.width, grid.height], np.int64),
    )
    files.write_bytes(path, buffer.getvalue())


def load(path: Path) -> TokenGrid:
    """Read a grid from an untrusted file.

    Sizes and types are checked before anything is unpacked, and pickles are refused. Raises InputError for a file
    that is no grid, and for indices outside of its codebook.
    """
    name = files.printable(path)
    hint = "Give a file written by `vqclip encode`."
    try:
        with reading.open_regular(path) as handle:
            bounded = reading.Bounded(handle, MAX_DIRECTORY_BYTES)
            archive = zipfile.ZipFile(bounded)
            bounded.most = MAX_TOKENS * 8 + MAX_HEADER_BYTES
            tokens = _array(archive, "tokens", "iu", 2, MAX_TOKENS)
            numbers = {key: int(_array(archive, key, "iu", 0, 1)) for key in ("n_embed", "factor")}
            texts = {key: str(_array(archive, key, "U", 0, MAX_TEXT)) for key in ("vqgan", "sha256")}
            # Files of earlier versions have none.
            size = _array(archive, "size", "iu", 1, 2).tolist() if "size.npy" in archive.namelist() else None
    except _UNREADABLE as e:
        raise InputError(f"Cannot read {name}: it is not a token grid ({reading.reason(e)[:120]}).", hint) from None
    n_embed, factor = numbers["n_embed"], numbers["factor"]
    if not tokens.size or not 1 <= n_embed <= MAX_CODES or not 1 <= factor <= 4096:
        raise InputError(f"Cannot read {name}: it is not a token grid (it is empty, or not of a VQGAN's size).", hint)
    if int(tokens.min()) < 0 or int(tokens.max()) >= n_embed:
        raise InputError(f"Cannot read {name}: it holds tokens outside 0 to {n_embed - 1}.", hint)
    cells = list(tokens.shape[::-1]) if size is None else [-(-side // factor) for side in size]
    # Tokens without places, as those of a TiTok, are a row that stands for the picture, the only cell.
    if cells != list(tokens.shape[::-1]) and (cells != [1, 1] or tokens.shape[0] != 1):
        raise InputError(f"Cannot read {name}: its tokens do not cover a picture of the size that it names.", hint)
    return TokenGrid(tokens.astype(np.int64), n_embed, factor, **texts, size=tuple(size) if size else None)


class _NotAGridError(Exception):
    """The file is not one that `save` writes."""


# numpy parses the header of an array as Python, and accepts any number as a character.
_UNREADABLE: tuple[type[Exception], ...] = (
    _NotAGridError,
    zipfile.BadZipFile,
    SyntaxError,
    SystemError,
    tokenize.TokenError,
    *reading.MALFORMED,
)


def _array(archive: zipfile.ZipFile, key: str, kinds: str, dimensions: int, most: int) -> npt.NDArray[Any]:
    """Read one array of an .npz after checking its header. most: numbers, or characters of a text."""
    try:
        member = archive.getinfo(f"{key}.npy")
    except KeyError:
        raise _NotAGridError(f"it has no {key}") from None
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # numpy writes no others, and they can take any amount of memory.
        raise _NotAGridError(f"its {key} is compressed in another way")
    if member.file_size > most * 8 + MAX_HEADER_BYTES:
        raise _NotAGridError(f"its {key} is too large")
    with archive.open(member) as stream:
        data = io.BytesIO(stream.read(member.file_size))
    dtype, shape = _header(data)
    count = math.prod(shape)
    if dtype.kind not in kinds or len(shape) != dimensions:
        raise _NotAGridError(f"its {key} is {dtype} of {len(shape)} dimensions")
    if data.tell() + count * dtype.itemsize != member.file_size:
        raise _NotAGridError(f"its {key} is cut short")
    data.seek(0)
    found: npt.NDArray[Any] = np.lib.format.read_array(data, allow_pickle=False)
    return found


def _header(stream: BinaryIO) -> tuple[np.dtype[Any], tuple[int, ...]]:
    version = np.lib.format.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise _NotAGridError(f"its arrays are of version {version[0]}.{version[1]}")
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(stream, max_header_size=MAX_HEADER_BYTES)
    return dtype, shape

"""Token grids that are none: archives and arrays that claim too much, or hold what no grid holds."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np


def array(header: str, data: bytes = b"", version: int = 1) -> bytes:
    """An array of numpy with any text in the place of its header."""
    text = header.encode("latin1")
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text + data


def of(value: object) -> bytes:
    """A sound array."""
    buffer = io.BytesIO()
    np.save(buffer, np.array(value))
    return buffer.getvalue()


def sound() -> dict[str, bytes]:
    """The arrays of a sound grid."""
    return {
        "tokens": of(np.zeros((2, 2), np.uint8)),
        "n_embed": of(16),
        "factor": of(2),
        "vqgan": of("x"),
        "sha256": of("0" * 64),
    }


def write(path: Path, changes: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> Path:
    """A grid with some of its arrays changed."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in (sound() | changes).items():
            archive.writestr(f"{name}.npy", data)
    return path


def header(shape: str, kind: str = "'|u1'") -> str:
    """A header of numpy with any text as shape."""
    return "{'descr': " + kind + ", 'fortran_order': False, 'shape': " + shape + ", }\n"


CHANGES: dict[str, dict[str, bytes]] = {
    "no array": {"tokens": b"x"},
    "an empty array": {"tokens": b""},
    "a version of the future": {"tokens": array(header("(2, 2)"), b"\0" * 4, version=9)},
    "a header of nothing": {"tokens": array("", b"\0" * 4)},
    "a header of brackets": {"tokens": array("(" * 3000, b"\0" * 4)},
    "a header of a string": {"tokens": array("'" + "a" * 100, b"\0" * 4)},
    "a header of minus signs": {"tokens": array("-" * 4000 + "1", b"\0" * 4)},
    "a header with a null byte": {"tokens": array("\0{}", b"\0" * 4)},
    "a header of bad indents": {"tokens": array("if 1:\n  a\n b\n", b"\0" * 4)},
    "a shape of many digits": {"tokens": array(header("(" + "9" * 3000 + ", 2)"), b"\0" * 4)},
    "a shape beyond the file": {"tokens": array(header("(1000000, 1000000)"), b"\0" * 4)},
    "a negative shape": {"tokens": array(header("(-2, -2)"), b"\0" * 4)},
    "a shape with -1": {"tokens": array(header("(-1, -4)"), b"\0" * 4)},
    "a shape of no tokens": {"tokens": array(header("(0, 4)"))},
    "a list of dimensions": {"tokens": array(header("[2, 2]"), b"\0" * 4)},
    "objects": {"tokens": array(header("(2, 2)", "'|O'"), b"\0" * 32)},
    "floats": {"tokens": of([[0.5]])},
    "a type of many fields": {"tokens": array(header("(1, 1)", str([("a", "|u1"), ("b", "|u1")] * 50)), b"\0" * 100)},
    "no type": {"tokens": array(header("(2, 2)", "'zz'"), b"\0" * 4)},
    "tokens of another codebook": {"tokens": of([[99]])},
    "negative tokens": {"tokens": of([[-1]])},
    "tokens of 2**64": {"tokens": of(np.array([[2**64 - 1]], np.uint64))},
    "codes of 2**64": {"n_embed": of(np.array(2**64 - 1, np.uint64)), "tokens": of(np.array([[2**63]], np.uint64))},
    "no codes": {"n_embed": of(0)},
    "a factor of zero": {"factor": of(0)},
    "a huge factor": {"factor": of(2**40)},
    "a long text": {"vqgan": of("x" * 10_000)},
    "a text of no characters": {"vqgan": array(header("()", "'<U1'"), b"\xff\xff\xff\x7f")},
}  # fmt: skip
"""Arrays that are wrong, by what is wrong."""


def bomb(path: Path) -> Path:
    """A megabyte that unfolds to a gigabyte."""
    data = array(header("(32768, 32768)"), b"\0" * 2**30)
    return write(path, {"tokens": data}, zipfile.ZIP_DEFLATED)


def lying_bomb(path: Path) -> Path:
    """The same, whose directory claims the size of a small grid."""
    bomb(path)
    size = struct.pack("<I", len(array(header("(32768, 32768)"))) + 2**30)
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<I", 132)))
    return path


def lzma(path: Path) -> Path:
    """A sound grid in a compression whose decoder takes as much memory as the file says."""
    return write(path, {}, zipfile.ZIP_LZMA)


def members(path: Path, count: int = 500_000) -> Path:
    """An archive of half a million empty files."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0)
    central = b"".join(entry + b"%08x" % number for number in range(count))
    path.write_bytes(central + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, len(central), 0, 0))
    return path


FILES: dict[str, Callable[[Path], Path]] = {
    "bomb": bomb,
    "lying bomb": lying_bomb,
    "lzma": lzma,
    "members": members,
}
"""Files that are wrong as a whole."""

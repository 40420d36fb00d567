"""Lines of a text file or of standard input, read as a stream: memory does not grow with their number."""

from __future__ import annotations

import codecs
import io
import re
import select
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from vqclip import reading
from vqclip.errors import InputError
from vqclip.events import Stop

_CHUNK_BYTES, _WAIT_SECONDS = 2**16, 0.2
# As in `reading.read_lines`.
_LINE_END = re.compile(r"\r\n?|\n")


def read(path: Path, name: str, stop: Stop) -> Iterator[str]:
    """Yield the lines of a UTF-8 file, or of standard input for `-`.

    Bytes that are not UTF-8 become lone surrogates, so that their line can be refused alone.

    Args:
        path: The file.
        name: Of the file, for messages.
        stop: Ends standard input, while the next line is waited for, when it returns a signal.

    Raises:
        InputError: The file cannot be read, or a line has more than `reading.MAX_LINE_BYTES` characters.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    rest, number = "", 0
    for data in _standard_input(stop) if str(path) == "-" else _file(path):
        text = rest + decoder.decode(data)
        # The line end \r\n may lie on both sides of the end of a chunk.
        held = "\r" if text.endswith("\r") else ""
        *lines, rest = _LINE_END.split(text.removesuffix(held))
        rest += held
        number += len(lines)
        yield from lines
        if len(rest) > reading.MAX_LINE_BYTES:
            raise InputError(
                f"{name}, line {number + 1} has more than {reading.MAX_LINE_BYTES} characters.",
                "Give a text file with one prompt on each line.",
            )
    rest += decoder.decode(b"", final=True)
    yield from _LINE_END.split(rest.removesuffix("\r"))


def is_text(line: str) -> bool:
    """Whether a line of `read` was valid UTF-8 without NUL characters."""
    return (line.isascii() and "\0" not in line) or not any("\udc80" <= c <= "\udcff" or c == "\0" for c in line)


def _file(path: Path) -> Iterator[bytes]:
    with reading.open_regular(path) as handle:
        while data := handle.read(_CHUNK_BYTES):
            yield data


def _standard_input(stop: Stop) -> Iterator[bytes]:
    closed = InputError("Cannot read standard input: it is closed.", "Give a file.")
    # sys.stdin is None when its descriptor is closed.
    if sys.stdin is None:
        raise closed
    source = sys.stdin.buffer
    try:
        while not stop():
            if not _has_data(source):
                continue
            data = source.read1(_CHUNK_BYTES) if isinstance(source, io.BufferedIOBase) else source.read(_CHUNK_BYTES)
            if not data:
                return
            yield data
    except OSError:
        raise closed from None


def _has_data(source: BinaryIO) -> bool:
    """Wait a moment for data or the end; True where the system cannot say."""
    try:
        return bool(select.select([source], [], [], _WAIT_SECONDS)[0])
    except (OSError, ValueError):
        return True

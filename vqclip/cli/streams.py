"""Prepare standard input, output and error: always open, able to print any character, with errors of ours.

The next opened file would get the descriptor of a closed stream, and then receive what is printed. So missing
descriptors are opened on the null device, in the mode that makes their use fail, as GNU coreutils does.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
import sys
from typing import TYPE_CHECKING, TextIO

from vqclip.errors import OutputError, ReaderGone
from vqclip.files import output_error

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_MODES = {0: os.O_WRONLY, 1: os.O_RDONLY, 2: os.O_WRONLY}
"""How a missing descriptor is opened: writes to standard error are ignored, other uses fail."""


class _Answer(io.FileIO):
    """Standard output, where a failed write is a VqclipError, whichever library prints."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            while (written := super().write(data)) is None:
                # A pipe in non-blocking mode with a slow reader.
                select.select([], [self.fileno()], [])
        except BrokenPipeError:
            raise ReaderGone("the reader of standard output has closed it.") from None
        except OSError as error:
            raise output_error("standard output", error) from None
        return written


class _Remarks(io.FileIO):
    """Standard error, where a failed write is ignored: a run does not fail because nobody reads its progress."""

    def write(self, data: ReadableBuffer, /) -> int:
        with contextlib.suppress(OSError):
            written = super().write(data)
            if written is not None:
                return written
        return memoryview(data).nbytes


def prepare() -> None:
    """Open missing descriptors 0 to 2, and let sys.stdout and sys.stderr print any text.

    Characters outside of the encoding become backslash escapes. Streams that replaced Python's own are not changed.
    """
    for descriptor, mode in _MODES.items():
        _open_missing(descriptor, mode)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, "r", closefd=False)), encoding="utf-8")
    if sys.stdout is sys.__stdout__:
        sys.stdout = _printer(sys.stdout, _Answer, 1)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _printer(sys.stderr, _Remarks, 2)


def flush() -> None:
    """Flush standard output.

    Raises:
        ReaderGone: Its reader is gone.
        OutputError: It cannot be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("the reader of standard output has closed it.") from None
    except OSError as error:
        raise output_error("standard output", error) from None


def give_up_output() -> None:
    """Drop the buffer of standard output, which the interpreter would try to write again at exit."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def finish_output() -> None:
    """Flush standard output, or drop its buffer when that fails."""
    try:
        flush()
    except (OutputError, ReaderGone):
        give_up_output()


def _open_missing(descriptor: int, mode: int) -> None:
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, mode)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
        os.set_inheritable(descriptor, True)


def _printer(stream: TextIO | None, raw: type[io.FileIO], descriptor: int) -> TextIO:
    """Return a stream like the given one, None if it was closed, on a descriptor of that kind."""
    if stream is not None and os.name == "nt" and stream.isatty():
        # The Windows console has its own interface instead of a descriptor.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
        return stream
    if stream is not None:
        with contextlib.suppress(OSError):
            stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(raw(descriptor, "w", closefd=False)),
        encoding="utf-8" if stream is None else stream.encoding,
        errors="backslashreplace",
        line_buffering=descriptor == 2 or (stream is not None and stream.isatty()),
    )

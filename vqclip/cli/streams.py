"""Standard input, output and error of the command: always open, never failing on a character, with errors of ours.

A descriptor that is closed at the start would be given to the next file that is opened, which then receives what is
printed. It is therefore opened on the null device, in the mode that makes its use fail, as GNU coreutils do: reading
from a closed standard input and writing to a closed standard output are errors, and not using them is none.
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
"""How a missing descriptor is opened. Writes to standard error are to be lost in silence; other uses are to fail."""


class _Answer(io.FileIO):
    """Standard output. A failed write is a VqclipError, whichever library printed."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            while (written := super().write(data)) is None:
                # The descriptor is a pipe in non-blocking mode whose reader is slow.
                select.select([], [self.fileno()], [])
        except BrokenPipeError:
            raise ReaderGone("nobody reads standard output any more.") from None
        except OSError as error:
            raise output_error("standard output", error) from None
        return written


class _Remarks(io.FileIO):
    """Standard error. What cannot be written is lost: a run does not fail because nobody reads its progress."""

    def write(self, data: ReadableBuffer, /) -> int:
        with contextlib.suppress(OSError):
            written = super().write(data)
            if written is not None:
                return written
        return memoryview(data).nbytes


def prepare() -> None:
    """Open the descriptors 0 to 2 where they are missing, and let sys.stdout and sys.stderr print any text.

    Characters that the encoding does not have are printed as backslash escapes. Streams that somebody else has put
    in the place of Python's own are left as they are.
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
    """Write what is still to be written to standard output.

    Raises:
        ReaderGone: Nobody reads it any more.
        OutputError: It cannot be written.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone("nobody reads standard output any more.") from None
    except OSError as error:
        raise output_error("standard output", error) from None


def give_up_output() -> None:
    """Drop what is still to be written to standard output: the interpreter would try to write it once more."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)


def finish_output() -> None:
    """Write what is still to be written to standard output, or drop it where that fails."""
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
    """A stream like the given one of Python, None if it was closed, on a descriptor of that kind."""
    if stream is not None and os.name == "nt" and stream.isatty():
        # A console of Windows is written through its own interface, not through a descriptor.
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

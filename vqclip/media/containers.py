"""Open video files with PyAV, whatever their names contain."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from vqclip import files, reading
from vqclip.errors import InputError

SOURCE_HINT = "Give a video file, or a folder of numbered pictures."


def location(path: Path) -> str:
    """Return the address of a file for FFmpeg, which takes `part 1: x.mp4` for the protocol `part 1`."""
    return f"file:{path}"


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a container that holds a video stream. Raises InputError."""
    import av

    shown = files.printable(path)
    reading.check_regular(path)
    try:
        container = av.open(location(path))
    except (av.FFmpegError, ValueError) as error:
        raise InputError(
            f"Cannot read {shown}: it is not a video ({str(error).split(':')[0]}).", SOURCE_HINT
        ) from error
    with container:
        if not container.streams.video:
            raise InputError(f"Cannot read {shown}: it holds no pictures.", SOURCE_HINT)
        yield container


def start_of(stream: Any) -> Fraction:
    """Return when a stream starts, in seconds."""
    return Fraction((stream.start_time or 0) * stream.time_base)

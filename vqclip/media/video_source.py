"""Moving pictures in: the frames of a video file or of a folder, one at a time, and the sound that belongs to them.

PyAV decodes and copies, so no program is called and no name of a file is ever read by a shell.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files, reading
from vqclip.errors import InputError, OutputError
from vqclip.media import images, video
from vqclip.media.images import Pixels
from vqclip.media.video_encoders import MAX_FPS, MIN_FPS, check_rate, format_of

_COPIED = {".mp4": ("aac", "mp3", "ac3", "eac3", "alac", "opus"), ".webm": ("opus", "vorbis")}
"""Sound that goes into a container as it is; any other is encoded anew."""
_SOUND = {".mp4": "aac", ".webm": "libopus"}
_HINT = "Give a video file, or a folder of numbered pictures."


@dataclass(frozen=True)
class Footage:
    """What is known of some moving pictures.

    path: of the video, or of the folder. width, height: in pixels, as shown. frames: how many there are at `rate`, in
    frames per second. sound: whether there is any.
    """

    path: Path
    width: int
    height: int
    frames: int
    rate: Fraction
    sound: bool

    def pictures(self, first: int = 0) -> Iterator[Pixels]:
        """The frames from number `first` on, uint8 (height, width, 3) each; those of a folder may differ in size.

        Only one is in memory at a time. Raises InputError for a frame that cannot be read.
        """
        if files.is_folder(self.path):
            yield from map(images.open_image, video.frame_paths(self.path)[first:])
            return
        for frame in itertools.islice(_decoded(self.path, self.rate), first, None):
            pixels = frame.to_ndarray(format="rgb24")
            # Phones store films lying down, and how far they are to be turned.
            yield np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))


def look(path: Path, fps: float | None = None) -> Footage:
    """Look at moving pictures.

    fps: take as many per second, doubled or left out as need be; a folder has no pace of its own, and takes 15.
    Raises InputError for what is none.
    """
    if files.is_folder(path):
        found = video.frame_paths(path)
        if not found:
            raise InputError(f"There are no numbered pictures in {files.printable(path)}.", _HINT)
        height, width = images.open_image(found[0]).shape[:2]
        return Footage(path, width, height, len(found), check_rate(fps or 15.0), sound=False)
    with _opened(path) as container:
        stream = container.streams.video[0]
        own = stream.average_rate or stream.guessed_rate or Fraction(25)
        sound = bool(container.streams.audio)
    # Some containers claim thousands of frames per second.
    rate = check_rate(fps or min(MAX_FPS, max(MIN_FPS, float(own))))
    count, shape = 0, (0, 0)
    for frame in _decoded(path, rate):
        if not count:
            shape = (frame.width, frame.height) if frame.rotation % 180 == 0 else (frame.height, frame.width)
        count += 1
    if not count:
        raise InputError(f"There is no frame in {files.printable(path)}.", _HINT)
    return Footage(path, *shape, count, rate, sound)


def add_sound(film: Path, source: Path) -> bool:
    """Put the sound of `source` under a finished mp4 or webm, as it is where the container takes it, cut to the film.

    Returns False, and leaves the film as it is, where there is no sound or no place for it. Raises OutputError and
    InputError.
    """
    if film.suffix not in _SOUND:
        return False
    with contextlib.ExitStack() as stack:
        pictures, heard = stack.enter_context(_opened(film)), stack.enter_context(_opened(source))
        if not heard.streams.audio:
            return False
        import av

        known = format_of(film.suffix)
        shown, sound = pictures.streams.video[0], heard.streams.audio[0]
        start = _begin(heard.streams.video[0])
        end = start + Fraction(pictures.duration or 0, av.time_base)
        with files.atomic(film) as part:
            try:
                with av.open(str(part), "w", format=known.container, options=dict(known.options)) as out:
                    out.flags |= av.container.core.Flags.bitexact.value
                    out.metadata.update(
                        {k: v for k, v in pictures.metadata.items() if k.lower() in ("title", "comment")}
                    )
                    into = out.add_stream_from_template(shown)
                    if sound.codec_context.name in _COPIED[film.suffix]:
                        under = out.add_stream_from_template(sound)
                        packets = _copied(heard, sound, under, start, end)
                    else:
                        under = out.add_stream(_SOUND[film.suffix], rate=sound.rate, layout=sound.layout.name)
                        packets = _encoded(heard, sound, under, start, end)
                    # In the order of time, so that the muxer has nothing to hold back.
                    for packet in heapq.merge(_copied(pictures, shown, into), packets, key=_moment):
                        out.mux(packet)
            except av.FFmpegError as error:
                raise OutputError(
                    f"Cannot put the sound under {film.name}: {error}.", "The film is whole."
                ) from error
    return True


def _begin(stream: Any) -> Fraction:
    """When a stream begins, in seconds."""
    return Fraction((stream.start_time or 0) * stream.time_base)


def _moment(packet: Any) -> float:
    return float(packet.dts * packet.time_base)


def _copied(
    container: Any, stream: Any, into: Any, start: Fraction = Fraction(0), end: Fraction | None = None
) -> Iterator[Any]:
    for packet in container.demux(stream):
        if packet.dts is None:
            continue
        if end is not None and packet.pts * packet.time_base >= end:
            return
        if (packet.pts + (packet.duration or 0)) * packet.time_base <= start:
            continue
        shift = round(start / packet.time_base)
        packet.pts, packet.dts, packet.stream = packet.pts - shift, packet.dts - shift, into
        yield packet


def _encoded(container: Any, stream: Any, into: Any, start: Fraction, end: Fraction) -> Iterator[Any]:
    for frame in container.decode(stream):
        moment = (frame.pts or 0) * frame.time_base
        if moment >= end:
            break
        frame.pts = round((moment - start) / frame.time_base)
        yield from into.encode(frame)
    yield from into.encode(None)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A container with moving pictures in it. Raises InputError."""
    import av

    shown = files.printable(path)
    reading.check_regular(path)
    try:
        container = av.open(str(path))
    except (av.FFmpegError, ValueError) as error:
        raise InputError(f"Cannot read {shown}: it is no video ({str(error).split(':')[0]}).", _HINT) from error
    with container:
        if not container.streams.video:
            raise InputError(f"Cannot read {shown}: it holds no pictures.", _HINT)
        yield container


def _decoded(path: Path, rate: Fraction) -> Iterator[Any]:
    """The frames of a video file at a steady rate, from its beginning, as PyAV's. Raises InputError."""
    import av
    from av.filter import Graph

    with _opened(path) as container:
        stream = container.streams.video[0]
        graph: Any = None
        try:
            for frame in container.decode(stream):
                if frame.width * frame.height > images.MAX_PIXELS:
                    raise InputError(
                        f"{files.printable(path)} has frames of {frame.width}x{frame.height} pixels.",
                        f"Valid: up to {images.MAX_PIXELS / 1e6:g} million pixels.",
                    )
                if graph is None:
                    graph = Graph()
                    source = graph.add_buffer(template=stream, time_base=stream.time_base)
                    begin = float(_begin(stream))
                    steady = graph.add("fps", f"fps={rate.numerator}/{rate.denominator}:start_time={begin:.6f}")
                    sink = graph.add("buffersink")
                    source.link_to(steady)
                    steady.link_to(sink)
                    graph.configure()
                if not frame.duration:
                    # Some containers do not say how long a frame stays, and a last one that stays no time is lost.
                    frame.duration = round(1 / (float(stream.average_rate or rate) * float(frame.time_base)))
                graph.push(frame)
                yield from _ready(graph)
            if graph is not None:
                graph.push(None)
                yield from _ready(graph)
        except av.FFmpegError as error:
            raise InputError(f"Cannot read {files.printable(path)}: a frame is damaged ({error}).", _HINT) from error


def _ready(graph: Any) -> Iterator[Any]:
    from av.error import BlockingIOError as NotYet

    while True:
        try:
            yield graph.pull()
        except (NotYet, EOFError):
            return

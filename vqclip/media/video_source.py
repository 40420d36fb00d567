"""Read the frames of a video file or of a folder, one at a time, and copy the sound of a video.

PyAV decodes and copies: no program is started, and no shell sees a file name.
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

from vqclip import files, picture_files, reading
from vqclip.errors import InputError, OutputError
from vqclip.media import images, video
from vqclip.media.frame_interpolation import ready
from vqclip.media.images import Pixels
from vqclip.media.video_encoders import MAX_FPS, MIN_FPS, check_rate, format_of

_COPIED = {".mp4": ("aac", "mp3", "ac3", "eac3", "alac", "opus"), ".webm": ("opus", "vorbis")}
"""Sound codecs that are copied into a container; any other is encoded again."""
_SOUND = {".mp4": "aac", ".webm": "libopus"}
_HINT = "Give a video file, or a folder of numbered pictures."


@dataclass(frozen=True)
class VideoSource:
    """A video file or a folder of numbered pictures.

    path: of the file or folder. width, height: in pixels, as shown. frames: their number at `rate`. rate: frames per
    second. sound: whether there is any.
    """

    path: Path
    width: int
    height: int
    frames: int
    rate: Fraction
    sound: bool

    @staticmethod
    def inspect(path: Path, fps: float | None = None) -> VideoSource:
        """Inspect a source.

        Args:
            path: The video file, or the folder.
            fps: Frames per second to read, repeating or skipping frames; None takes the video's own, or 15 for a
                folder.

        Raises:
            InputError: It is neither, or holds no frame.
        """
        if files.is_folder(path):
            found = video.frame_paths(path)
            if not found:
                raise InputError(f"There are no numbered pictures in {files.printable(path)}.", _HINT)
            height, width = images.open_image(found[0]).shape[:2]
            return VideoSource(path, width, height, len(found), check_rate(fps or 15.0), sound=False)
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
        return VideoSource(path, *shape, count, rate, sound)

    def pictures(self, first: int = 0) -> Iterator[Pixels]:
        """Yield the frames from number `first` on, uint8 (H, W, 3); those of a folder may differ in size.

        Only one is in memory at a time. Raises InputError for a frame that cannot be read.
        """
        if files.is_folder(self.path):
            yield from map(images.open_image, video.frame_paths(self.path)[first:])
            return
        for frame in itertools.islice(_decoded(self.path, self.rate), first, None):
            pixels = frame.to_ndarray(format="rgb24")
            # Phones store videos unrotated, with the rotation beside them.
            yield np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))


def add_sound(target: Path, source: Path) -> bool:
    """Add the sound of `source` to a finished mp4 or webm, cut to its length.

    Returns:
        False, with the video unchanged, when there is no sound or the format holds none.

    Raises:
        InputError: One of the files cannot be read.
        OutputError: The sound cannot be added.
    """
    if target.suffix not in _SOUND:
        return False
    with _opened(target) as pictures, _opened(source) as heard:
        if not heard.streams.audio:
            return False
        import av

        known = format_of(target.suffix)
        shown, sound = pictures.streams.video[0], heard.streams.audio[0]
        start = _start_of(heard.streams.video[0])
        end = start + Fraction(pictures.duration or 0, av.time_base)
        with files.atomic(target) as part:
            try:
                with av.open(str(part), "w", format=known.container, options=dict(known.options)) as out:
                    out.flags |= av.container.core.Flags.bitexact.value
                    out.metadata.update(
                        {k: v for k, v in pictures.metadata.items() if k.lower() in ("title", "comment")}
                    )
                    into = out.add_stream_from_template(shown)
                    if sound.codec_context.name in _COPIED[target.suffix]:
                        under = out.add_stream_from_template(sound)
                        packets = _copied(heard, sound, under, start, end)
                    else:
                        under = out.add_stream(_SOUND[target.suffix], rate=sound.rate, layout=sound.layout.name)
                        packets = _encoded(heard, sound, under, start, end)
                    # In the order of time, so that the muxer has nothing to hold back.
                    for packet in heapq.merge(_copied(pictures, shown, into), packets, key=_moment):
                        out.mux(packet)
            except av.FFmpegError as error:
                raise OutputError(
                    f"Cannot add the sound to {target.name}: {error}.", "The video is complete without it."
                ) from error
    return True


def _start_of(stream: Any) -> Fraction:
    """Return when a stream starts, in seconds."""
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
    """Open a container that holds a video stream. Raises InputError."""
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
    """Yield PyAV's frames of a video file at a constant rate, from its start. Raises InputError."""
    import av
    from av.filter import Graph

    with _opened(path) as container:
        stream = container.streams.video[0]
        graph: Any = None
        try:
            for frame in container.decode(stream):
                if frame.width * frame.height > picture_files.MAX_PIXELS:
                    raise InputError(
                        f"{files.printable(path)} has frames of {frame.width}x{frame.height} pixels.",
                        f"Valid: up to {picture_files.MAX_PIXELS / 1e6:g} million pixels.",
                    )
                if graph is None:
                    graph = Graph()
                    source = graph.add_buffer(template=stream, time_base=stream.time_base)
                    start = float(_start_of(stream))
                    steady = graph.add("fps", f"fps={rate.numerator}/{rate.denominator}:start_time={start:.6f}")
                    graph.link_nodes(source, steady, graph.add("buffersink")).configure()
                if not frame.duration:
                    # Some containers give no duration, and a last frame without one would be lost.
                    frame.duration = round(1 / (float(stream.average_rate or rate) * float(frame.time_base)))
                graph.push(frame)
                yield from ready(graph)
            if graph is not None:
                graph.push(None)
                yield from ready(graph)
        except av.FFmpegError as error:
            raise InputError(f"Cannot read {files.printable(path)}: a frame is damaged ({error}).", _HINT) from error

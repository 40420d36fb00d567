"""Read the frames of a video file, an animated picture or a folder, one at a time.

PyAV and Pillow decode: no program is started, and no shell sees a file name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files, picture_files
from vqclip.errors import InputError
from vqclip.media import hdr, images, video
from vqclip.media.animation import Animation
from vqclip.media.containers import SOURCE_HINT, opened, start_of
from vqclip.media.frame_interpolation import ready
from vqclip.media.images import Pixels
from vqclip.media.video_encoders import MAX_FPS, MIN_FPS, check_rate

_WIDEST = 20
"""Pixels that are more elongated than this are a fault of the file."""


@dataclass(frozen=True)
class VideoSource:
    """A video file, an animated picture or a folder of numbered pictures.

    path: of the file or folder. width, height: in pixels, as shown. frames: their number at `rate`. rate: frames per
    second. sound: whether there is any. animation: of an animated picture. warnings: what is approximated.
    """

    path: Path
    width: int
    height: int
    frames: int
    rate: Fraction
    sound: bool = False
    animation: Animation | None = None
    warnings: tuple[str, ...] = ()

    @staticmethod
    def inspect(path: Path, fps: float | None = None) -> VideoSource:
        """Inspect a source.

        Args:
            path: The file, or the folder.
            fps: Frames per second to read, repeating or skipping frames; None takes the source's own, or 15 for a
                folder.

        Raises:
            InputError: It is none of them, or holds no frame.
        """
        if files.is_folder(path):
            return _inspect_folder(path, check_rate(fps or 15.0))
        animation = Animation.find(path)
        if animation is not None:
            rate = _possible_rate(fps or animation.rate)
            width, height, frames = animation.width, animation.height, animation.count(rate)
            warnings = () if animation.steady else (_unsteady(path, rate),)
            return VideoSource(path, width, height, frames, rate, animation=animation, warnings=warnings)
        return _inspect_video(path, fps)

    def pictures(self, first: int = 0) -> Iterator[Pixels]:
        """Yield the frames from number `first` on, uint8 (H, W, 3); those of a folder may differ in size.

        Only one is in memory at a time. Raises InputError for a frame that cannot be read.
        """
        if self.animation is not None:
            yield from self.animation.pictures(self.rate, first)
            return
        if files.is_folder(self.path):
            yield from map(images.open_image, video.frame_paths(self.path)[first:])
            return
        for frame in itertools.islice(_decoded(self.path, self.rate), first, None):
            pixels = hdr.to_srgb(frame) if hdr.transfer_of(frame) else frame.to_ndarray(format="rgb24")
            # Phones store videos unrotated, with the rotation beside them.
            pixels = np.ascontiguousarray(np.rot90(pixels, frame.rotation // 90))
            yield images.resize(pixels, self.width, self.height)


def _inspect_folder(path: Path, rate: Fraction) -> VideoSource:
    found = video.frame_paths(path)
    if not found:
        raise InputError(f"There are no numbered pictures in {files.printable(path)}.", SOURCE_HINT)
    sizes = [picture_files.upright_size(one) for one in found]
    width, height = sizes[0]
    warnings = []
    if len({round(across / down, 1) for across, down in sizes}) > 1:
        shown = files.printable(path)
        warnings.append(f"the pictures in {shown} differ in shape; each is stretched to that of the first.")
    gap = video.find_gap(found)
    if gap:
        warnings.append(f"pictures are missing in {files.printable(path)}: {gap}.")
    return VideoSource(path, width, height, len(found), rate, warnings=tuple(warnings))


def _inspect_video(path: Path, fps: float | None) -> VideoSource:
    with opened(path) as container:
        stream = container.streams.video[0]
        own = stream.average_rate or stream.guessed_rate or Fraction(25)
        sound, aspect = bool(container.streams.audio), stream.sample_aspect_ratio or 1
    rate = _possible_rate(fps or own)
    times: list[Fraction] = []
    count, shape, transfer = 0, (0, 0), ""
    for frame in _decoded(path, rate, times):
        if not count:
            width = round(frame.width * aspect) if 1 / _WIDEST <= aspect <= _WIDEST else frame.width
            shape = (width, frame.height) if frame.rotation % 180 == 0 else (frame.height, width)
            transfer = hdr.transfer_of(frame)
        count += 1
    if not count:
        raise InputError(f"There is no frame in {files.printable(path)}.", SOURCE_HINT)
    warnings = [_unsteady(path, rate)] if _differ(times) else []
    if transfer:
        warnings.append(f"{files.printable(path)} is an HDR video ({transfer}); its colours are tone-mapped to sRGB.")
    return VideoSource(path, *shape, count, rate, sound, warnings=tuple(warnings))


def _possible_rate(fps: float | Fraction) -> Fraction:
    # Some containers claim thousands of frames per second.
    return check_rate(min(MAX_FPS, max(MIN_FPS, float(fps))))


def _differ(times: Sequence[Fraction]) -> bool:
    """Whether the distances of moments differ by half and more."""
    lengths = [after - before for before, after in itertools.pairwise(times)]
    return bool(lengths) and max(lengths) > 1.5 * min(lengths)


def _unsteady(path: Path, rate: Fraction) -> str:
    return f"{files.printable(path)} has a variable frame rate; it is read at {float(rate):.4g} frames per second."


def _decoded(path: Path, rate: Fraction, times: list[Fraction] | None = None) -> Iterator[Any]:
    """Yield PyAV's frames of a video file at a constant rate, from its start.

    times: receives the moments of the frames in the file. Raises InputError.
    """
    import av
    from av.filter import Graph

    with opened(path) as container:
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
                    start = float(start_of(stream))
                    steady = graph.add("fps", f"fps={rate.numerator}/{rate.denominator}:start_time={start:.6f}")
                    graph.link_nodes(source, steady, graph.add("buffersink")).configure()
                if times is not None and frame.pts is not None:
                    times.append(frame.pts * frame.time_base)
                if not frame.duration:
                    # Some containers give no duration, and a last frame without one would be lost.
                    frame.duration = round(1 / (float(stream.average_rate or rate) * float(frame.time_base)))
                graph.push(frame)
                yield from ready(graph)
            if graph is not None:
                graph.push(None)
                yield from ready(graph)
        except av.FFmpegError as error:
            raise InputError(
                f"Cannot read {files.printable(path)}: a frame is damaged ({error}).", SOURCE_HINT
            ) from error

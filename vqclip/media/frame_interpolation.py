"""Raise the frame rate of a video with FFmpeg's minterpolate, which estimates the motion between frames.

nerdyrodent/VQGAN-CLIP calls the same filter through the ffmpeg program; PyAV has it as a library.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from vqclip.media.images import Pixels

_FILTER = "mi_mode=mci:mc_mode=aobmc:me_mode=bidir:vsbmc=1:scd=none"
_LEAST = 64
"""Pixels per side that the filter's blocks need; smaller frames are padded."""

_LATENCY = 3
"""How many frames the filter reads ahead."""


class Smoother:
    """Converts frames at one rate to frames at a higher one, a few at a time.

    n frames become round(n * wanted / given), which take the same time. Equal frames give equal bytes.
    """

    def __init__(self, given: Fraction, wanted: Fraction) -> None:
        self.given, self.wanted = given, wanted
        self._graph: Any = None
        self._pushed = self._pulled = 0
        self._last: Pixels | None = None

    def push(self, frame: Pixels) -> list[Pixels]:
        """Add a frame, uint8 (H, W, 3), all of one size; return those that are ready."""
        import av
        from av.video.reformatter import ColorRange, Colorspace

        if self._graph is None:
            self._open(frame)
        below, right = (max(0, _LEAST - side) for side in frame.shape[:2])
        padded = np.pad(frame, ((0, below), (0, right), (0, 0)), mode="edge")
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(padded), format="rgb24")
        picture = picture.reformat(
            format="yuv444p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.JPEG,
        )
        picture.pts, picture.time_base = self._pushed, 1 / self.given
        self._graph.push(picture)
        self._pushed, self._last = self._pushed + 1, frame
        return self._pull()

    def flush(self) -> list[Pixels]:
        """Return the remaining frames."""
        if self._last is None:
            return []
        wanted = round(self._pushed * self.wanted / self.given)
        found: list[Pixels] = []
        # The filter gives nothing after the last frame that it reads, so it reads the last one again.
        for _ in range(_LATENCY + 1):
            found += self.push(self._last)
        left = wanted - (self._pulled - len(found))
        return found[:left] + [self._last] * (left - len(found))

    def _open(self, frame: Pixels) -> None:
        from av.filter import Graph

        self._graph = Graph()
        source = self._graph.add_buffer(
            width=max(_LEAST, frame.shape[1]),
            height=max(_LEAST, frame.shape[0]),
            format="yuv444p",
            time_base=1 / self.given,
        )
        rate = f"fps={self.wanted.numerator}/{self.wanted.denominator}"
        smooth = self._graph.add("minterpolate", f"{rate}:{_FILTER}")
        self._graph.link_nodes(source, smooth, self._graph.add("buffersink")).configure()

    def _pull(self) -> list[Pixels]:
        from av.video.reformatter import ColorRange, Colorspace

        assert self._last is not None
        height, width = self._last.shape[:2]
        found: list[Pixels] = []
        for picture in ready(self._graph):
            picture = picture.reformat(
                format="rgb24",
                src_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.JPEG,
            )
            found.append(picture.to_ndarray()[:height, :width])
            self._pulled += 1
        return found


def ready(graph: Any) -> Iterator[Any]:
    """Yield the frames that a filter graph of PyAV can give now."""
    from av.error import BlockingIOError as NotYet

    while True:
        try:
            yield graph.pull()
        except (NotYet, EOFError):
            return

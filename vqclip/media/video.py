"""Frames to mp4, webm, gif, webp and apng, one at a time, while a run goes on or afterwards.

Everything is encoded by PyAV in one thread, so memory does not grow with the number of frames and equal frames
give equal bytes on one version of PyAV.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from vqclip import files
from vqclip.errors import EncoderError, InputError, UsageError
from vqclip.media.frame_interpolation import Smoother
from vqclip.media.images import Pixels, open_image, resize
from vqclip.media.video_encoders import (
    KEEP_HINT,
    MAX_CRF,
    MAX_GIF_FPS,
    Warn,
    check_encoder,
    check_rate,
    codec_options,
    format_for,
    formats,
    quieten,
    to_palette,
    to_yuv,
)

__all__ = ["VideoWriter", "check_encoder", "check_rate", "find_gap", "formats", "frame_paths", "render"]

FRAME_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class VideoWriter:
    """A video that grows by one uint8 (H, W, 3) sRGB frame at a time.

    The file appears under `path` when `close` has finished it, never before. Used as a context manager it is
    dropped when the block fails. fps: 0.1 to 240. crf: 0 (best) to 51, as x264 counts; other formats take the
    nearest quality of their own. title, comment: what the file says of itself, where its format can. size:
    (width, height) that other frames are resized to; without it every frame must be as large as the first.
    format: its name, where the suffix leaves a choice. hold: seconds that the last frame stays after its time.
    smooth: frames per second to interpolate to, see `Smoother`. Raises UsageError, EncoderError, and OutputError.
    """

    def __init__(
        self,
        path: Path,
        fps: float,
        crf: int = 18,
        title: str | None = None,
        *,
        comment: str | None = None,
        size: tuple[int, int] | None = None,
        format: str | None = None,
        hold: float = 0.0,
        smooth: float | None = None,
        warn: Warn | None = None,
    ) -> None:
        self.path = path
        self.format = format_for(path, format)
        self._smoother = Smoother(check_rate(fps), check_rate(smooth)) if smooth else None
        self.rate = check_rate(smooth or fps)
        if not 0 <= crf <= MAX_CRF:
            raise UsageError(f"crf {crf} is out of range.", f"Valid: 0 (best) to {MAX_CRF}.")
        if self.format.container == "gif" and self.rate > MAX_GIF_FPS:
            self.rate = Fraction(MAX_GIF_FPS)
            if warn:
                warn(f"A GIF shows at most {MAX_GIF_FPS:g} frames per second; {smooth or fps:g} were wanted.")
        self.codec = check_encoder(format or path.suffix, warn)
        self.crf, self.size, self.hold = crf, size, hold
        self.tags = {"title": _plain_text(title or ""), "comment": _plain_text(comment or "")}
        self.frames = 0
        self._shown = 0
        self._last: Pixels | None = None
        self._resizes = size is not None
        self._closed = False
        self._part: Path | None = None
        self._container: Any = None
        self._stream: Any = None

    def write(self, frame: Pixels) -> None:
        """Append a frame.

        Raises InputError when its size is another than that of the frames before, OutputError, and ValueError
        once the video was closed, dropped or failed.
        """
        if self._closed:
            raise ValueError(f"{self.path} takes no more frames")
        height, width = frame.shape[:2]
        if self.size is None:
            self.size = (width, height)
        elif not self._resizes and self.size != (width, height):
            raise InputError(
                f"Frame {self.frames + 1} is {width}x{height} pixels; those before are "
                f"{self.size[0]}x{self.size[1]}.",
                "Give frames of one size.",
            )
        with self._guarded():
            if self._container is None:
                self._open()
            fitting = resize(frame, *self.size)
            for picture in self._smoother.push(fitting) if self._smoother else [fitting]:
                self._encode(picture)
        self.frames += 1

    def close(self) -> None:
        """Finish the file and put it in its place; without a frame there is no file. Safe to call twice."""
        self._closed = True
        if self._container is None:
            return
        container, self._container = self._container, None
        with self._guarded(container):
            self._container = container
            for picture in self._smoother.flush() if self._smoother else ():
                self._encode(picture)
            # Repeated frames cost next to nothing, and players that overlook the length of a last frame show them.
            for _ in range(round(self.hold * self.rate)):
                assert self._last is not None
                self._encode(self._last)
            self._container = None
            for packet in self._stream.encode():
                container.mux(packet)
            container.close()
            if self._part is not None:
                files.publish(self._part, self.path)
            self._part = None

    def abort(self) -> None:
        """Drop what was written; an earlier file under the same name stays."""
        container, self._container = self._container, None
        self._drop(container)

    def __enter__(self) -> VideoWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    @contextlib.contextmanager
    def _guarded(self, container: Any = None) -> Iterator[None]:
        """Drop the part file when the block fails, and put a full disk into words."""
        try:
            yield
        except BaseException as error:
            self._drop(container or self._container)
            self._container = None
            if not isinstance(error, OSError):
                raise
            # PyAV's errors are OSErrors too: a number below 1000 is the system's, others are FFmpeg's own.
            if error.errno is not None and 0 < error.errno < 1000:
                raise files.output_error(self.path, error) from error
            raise EncoderError(f"{self.codec} cannot write {self.path.name}: {error}.", KEEP_HINT) from error

    def _encode(self, picture: Pixels) -> None:
        for packet in self._stream.encode(self._prepared(picture)):
            self._container.mux(packet)
        self._shown, self._last = self._shown + 1, picture

    def _drop(self, container: Any) -> None:
        self._closed = True
        if container is not None:
            with contextlib.suppress(OSError):
                container.close()
        if self._part is not None:
            files.discard(self._part)
            self._part = None

    def _open(self) -> None:
        import av

        assert self.size is not None
        width, height = (side + extra for side, extra in zip(self.size, self._padding(), strict=True))
        self._part = files.part_path(self.path)
        options = dict(self.format.options)
        if self.format.container == "gif":
            options["final_delay"] = str(max(1, round(100 / self.rate)))
        self._container = av.open(str(self._part), "w", format=self.format.container, options=options)
        # FFmpeg's version number in the file would change its bytes with every update.
        self._container.flags |= av.container.core.Flags.bitexact.value
        for tag, text in self.tags.items():
            if text:
                self._container.metadata[tag] = text
        quieten(self.codec)
        self._clock = Fraction(1, self.format.ticks) if self.format.ticks else 1 / self.rate
        self._stream = self._container.add_stream(
            self.codec, rate=self.rate, options=codec_options(self.codec, self.crf)
        )
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt, self._stream.time_base = self.format.pixels, self._clock
        context = self._stream.codec_context
        context.thread_count = 1
        if self.codec in ("libopenh264", "mpeg4"):
            self._stream.bit_rate = max(1_000_000, int(width * height * self.rate * 0.4))
        if self.format.pixels == "yuv420p":
            from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

            context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
            context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709

    def _prepared(self, frame: Pixels) -> Any:
        """Return the frame as the encoder wants it: padded, converted and timed."""
        import av

        if self.format.pixels == "pal8":
            ready = to_palette(frame)
        else:
            right, below = self._padding()
            frame = np.pad(frame, ((0, below), (0, right), (0, 0)), mode="edge")
            ready = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
            if self.format.pixels == "yuv420p":
                ready = to_yuv(ready)
            elif self.format.pixels == "bgra":
                ready = ready.reformat(format="bgra")
        start, end = (round(index / self.rate / self._clock) for index in (self._shown, self._shown + 1))
        ready.pts, ready.duration, ready.time_base = start, end - start, self._clock
        return ready

    def _padding(self) -> tuple[int, int]:
        """Pixels that the encoder needs beside and below a frame."""
        assert self.size is not None
        sides = [max(side, self.format.least) for side in self.size]
        if self.format.pixels == "yuv420p":
            sides = [side + side % 2 for side in sides]
        return sides[0] - self.size[0], sides[1] - self.size[1]


def render(
    frames: Sequence[Path],
    out: Path,
    fps: float,
    *,
    size: tuple[int, int] | None = None,
    allow_gaps: bool = False,
    warn: Warn | None = None,
    progress: Callable[[int, int], None] | None = None,
    **film: Any,
) -> None:
    """Write a video of picture files, in the order given, one at a time in memory.

    film: crf, title and what else `VideoWriter` takes. progress: called with (frames done, frames in all).
    Raises InputError for no frames, a gap in their numbers (unless allowed), a damaged frame and, without `size`,
    frames of several sizes; else as VideoWriter.
    """
    if not frames:
        raise InputError(
            f"There are no frames for {files.printable(out)}.", "Run with --save-every 1 or higher to keep frames."
        )
    missing = find_gap(frames)
    if missing and not allow_gaps:
        raise InputError(
            f"Frames are missing: {missing} in {files.printable(frames[0].parent)}.",
            "Resume the run to draw them again, or leave them out with --allow-gaps.",
        )
    first: tuple[int, int] | None = None
    with VideoWriter(out, fps, size=size, warn=warn, **film) as writer:
        for index, path in enumerate(frames):
            frame = open_image(path)
            shape = (frame.shape[1], frame.shape[0])
            first = first or shape
            if size is None and shape != first:
                raise InputError(
                    f"Frame {files.printable(path)} is {shape[0]}x{shape[1]} pixels; "
                    f"those before are {first[0]}x{first[1]}.",
                    "Use frames of one run and one size.",
                )
            writer.write(frame)
            if progress:
                progress(index + 1, len(frames))


def frame_paths(folder: Path) -> list[Path]:
    """Return the numbered pictures of a folder, or of the frames/ folder in it, in the order of their numbers.

    Raises InputError when the folder cannot be read.
    """
    inner = folder / "frames"
    try:
        entries = list((inner if files.is_folder(inner) else folder).iterdir())
    except OSError as error:
        raise InputError(
            f"Cannot read the frames in {files.printable(folder)}: {error.strerror}.", "Give a run's folder."
        ) from error
    numbered = [
        path
        for path in entries
        if path.suffix.lower() in FRAME_SUFFIXES and not path.name.startswith(".") and _number(path) is not None
    ]
    return sorted(numbered, key=lambda path: (_number(path) or 0, path.name))


def find_gap(frames: Sequence[Path]) -> str:
    """Return the first gap in the frames' numbers in words ("3 to 5"), or an empty text.

    The most frequent distance counts as regular, so every tenth frame is no gap.
    """
    numbers = [number for number in map(_number, frames) if number is not None]
    distances = [after - before for before, after in itertools.pairwise(numbers)]
    if not distances:
        return ""
    counts = Counter(distances)
    usual = min(counts, key=lambda distance: (-counts[distance], distance))
    for before, distance in zip(numbers, distances, strict=False):
        if distance > usual > 0:
            first, last = before + usual, before + distance - 1
            return f"number {first}" if distance <= 2 * usual else f"numbers {first} to {last}"
    return ""


def _plain_text(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:500]


def _number(path: Path) -> int | None:
    digits = re.findall(r"[0-9]{1,18}", path.stem)
    return int(digits[-1]) if digits else None

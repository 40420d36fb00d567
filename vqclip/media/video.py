"""Write frames as mp4, webm, gif, webp or apng, during a run or afterwards.

PyAV encodes one frame at a time in one thread, so memory does not grow with the number of frames, and equal frames
give equal bytes on one version of PyAV.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from vqclip import files
from vqclip.errors import EncoderError, InputError, UsageError
from vqclip.media.containers import location
from vqclip.media.frame_interpolation import Smoother
from vqclip.media.image_folder import SUFFIXES
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


class VideoWriter:
    """A video file that is written one frame at a time.

    `close` moves the finished file to `path`; until then an earlier file stays there. As a context manager, the
    writer drops the video when the block fails.

    Args:
        path: The file.
        fps: Frames per second, 0.1 to 240.
        crf: 0 (best) to 51, as x264 counts; other formats take their nearest quality.
        title: Stored in the file, where the format can.
        comment: Likewise.
        size: (width, height) to resize every frame to; None requires that all frames have the size of the first.
        format: Name of the format, where the suffix alone leaves a choice.
        hold: Seconds that the last frame stays after its own time.
        smooth: Frames per second to interpolate to, see `Smoother`.
        warn: Called with a message when the encoder or the rate is not the wanted one.

    Raises:
        UsageError: An argument is out of range.
        EncoderError: There is no encoder for the format.
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

    def write(self, frame: Pixels, name: str = "") -> None:
        """Append a frame, uint8 (H, W, 3) in sRGB. `name` is what an error calls it, its number by default.

        Raises:
            InputError: Its size differs from that of the frames before.
            OutputError: The file cannot be written.
            ValueError: The video was closed, dropped or failed.
        """
        if self._closed:
            raise ValueError(f"{self.path} takes no more frames")
        height, width = frame.shape[:2]
        if self.size is None:
            self.size = (width, height)
        elif not self._resizes and self.size != (width, height):
            raise InputError(
                f"Frame {name or self.frames + 1} is {width}x{height} pixels; those before are "
                f"{self.size[0]}x{self.size[1]}.",
                "Use frames of one run and one size.",
            )
        with self._guarded():
            if self._container is None:
                self._open()
            resized = resize(frame, *self.size)
            for picture in self._smoother.push(resized) if self._smoother else [resized]:
                self._encode(picture)
        self.frames += 1

    def close(self) -> None:
        """Finish the file; without a frame there is none. Can be called twice."""
        self._closed = True
        if self._container is None:
            return
        with self._guarded():
            for picture in self._smoother.flush() if self._smoother else ():
                self._encode(picture)
            # Some players ignore how long a last frame stays, so it is repeated; that takes next to no space.
            for _ in range(round(self.hold * self.rate)):
                assert self._last is not None
                self._encode(self._last)
            for packet in self._stream.encode():
                self._container.mux(packet)
            self._container.close()
            self._container = None
            assert self._part is not None
            files.publish(self._part, self.path)
            self._part = None

    def abort(self) -> None:
        """Drop what was written; an earlier file under the same name stays."""
        self._closed = True
        container, self._container = self._container, None
        if container is not None:
            with contextlib.suppress(OSError):
                container.close()
        if self._part is not None:
            files.discard(self._part)
            self._part = None

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
    def _guarded(self) -> Iterator[None]:
        """Drop the video when the block fails, and describe a failed write."""
        try:
            yield
        except BaseException as error:
            self.abort()
            if not isinstance(error, OSError):
                raise
            # PyAV's errors are OSErrors too; numbers below 1000 are the system's, others FFmpeg's own.
            if error.errno is not None and 0 < error.errno < 1000:
                raise files.output_error(self.path, error) from error
            raise EncoderError(f"{self.codec} cannot write {self.path.name}: {error}.", KEEP_HINT) from error

    def _encode(self, picture: Pixels) -> None:
        for packet in self._stream.encode(self._prepared(picture)):
            self._container.mux(packet)
        self._shown, self._last = self._shown + 1, picture

    def _open(self) -> None:
        import av

        assert self.size is not None
        width, height = (side + extra for side, extra in zip(self.size, self._padding(), strict=True))
        self._part = files.part_path(self.path)
        options = dict(self.format.options)
        if self.format.container == "gif":
            options["final_delay"] = str(max(1, round(100 / self.rate)))
        self._container = av.open(location(self._part), "w", format=self.format.container, options=options)
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
        """Pad, convert and time a frame for the encoder."""
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
        """Return how many pixels the encoder needs to the right of and below a frame."""
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
    **options: Any,
) -> None:
    """Write a video of picture files in the given order, one at a time in memory.

    Args:
        frames: The files.
        out: The video.
        fps: Frames per second.
        size: As in `VideoWriter`.
        allow_gaps: Accept missing frame numbers.
        warn: As in `VideoWriter`.
        options: crf, title and what else `VideoWriter` takes.

    Raises:
        InputError: There are no frames, one is missing or damaged, or sizes differ and `size` is None.
        VqclipError: As `VideoWriter` does.
    """
    if not frames:
        raise InputError(f"There are no frames for {files.printable(out)}.", "Give frames.")
    missing = find_gap(frames)
    if missing and not allow_gaps:
        raise InputError(
            f"Frames are missing: {missing} in {files.printable(frames[0].parent)}.",
            "Put them back, or leave them out with --allow-gaps.",
        )
    with VideoWriter(out, fps, size=size, warn=warn, **options) as writer:
        stretched = False
        for path in frames:
            pixels = open_image(path)
            height, width = pixels.shape[:2]
            if warn and size and not stretched and abs(width * size[1] / (height * size[0]) - 1) > 0.05:
                stretched = True
                warn(f"the frames differ in shape; each is stretched to {size[0]}x{size[1]}, that of the last.")
            writer.write(pixels, files.printable(path))


def frame_paths(folder: Path) -> list[Path]:
    """Return the numbered pictures of a folder, or of its frames/ folder.

    They are in natural order: `shot_2_1080p` is before `shot_10_1080p`. Raises InputError when the folder cannot be
    read.
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
        if path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and _numbers(path)
    ]
    return sorted(numbered, key=lambda path: (_parts(path), path.name))


def find_gap(frames: Sequence[Path]) -> str:
    """Return the first gap in the running numbers in words ("numbers 3 to 5"), or an empty text.

    The most frequent distance counts as regular: keeping every tenth frame makes no gap.
    """
    numbers = _running_numbers(frames)
    distances = [after - before for before, after in itertools.pairwise(numbers)]
    if not distances or min(distances) < 0:
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


def _parts(path: Path) -> tuple[str | int, ...]:
    """Split the name without its suffix into texts, at even places, and numbers between them."""
    parts = re.split(r"([0-9]{1,18})", path.stem)
    return tuple(int(part) if index % 2 else part for index, part in enumerate(parts))


def _numbers(path: Path) -> tuple[int, ...]:
    return tuple(part for part in _parts(path)[1::2] if isinstance(part, int))


def _running_numbers(frames: Sequence[Path]) -> list[int]:
    """Return the number of each frame that counts it: the one with the most values, the last of several."""
    numbers = [_numbers(path) for path in frames]
    if not numbers or len(set(map(len, numbers))) > 1:
        return [found[-1] for found in numbers if found]
    columns = [list(column) for column in zip(*numbers, strict=True)]
    return max(reversed(columns), key=lambda column: len(set(column)))

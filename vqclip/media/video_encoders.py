"""The encoders of the video formats, and their settings.

Equal frames give equal bytes: one thread, no code that depends on the processor, no version numbers in the file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from vqclip.errors import EncoderError, UsageError
from vqclip.media.images import Pixels
from vqclip.settings.video_formats import FORMATS, Format

Warn = Callable[[str], None]

MIN_FPS, MAX_FPS = 0.1, 240.0
# Browsers show a GIF frame with a shorter delay than 2/100 s for 10/100 s.
MAX_GIF_FPS = 50.0
MAX_CRF = 51
KEEP_HINT = "Keep the frames with --no-video and make the video later with: vqclip video DIR"


def formats() -> tuple[str, ...]:
    """Return the suffixes that can be written, with their dots."""
    return tuple(dict.fromkeys(known.suffix for known in FORMATS.values()))


def check_encoder(name: str, warn: Warn | None = None) -> str:
    """Find the encoder for a format, so that a run without one fails before it starts.

    Args:
        name: Name of the format, or its suffix.
        warn: Called with a message when the encoder is not the first choice.

    Raises:
        UsageError: There is no such format.
        EncoderError: PyAV is missing, or has no encoder for it.
    """
    wanted = format_of(name)
    suffix = wanted.suffix
    try:
        import av  # noqa: F401 - only to see whether it loads
    except ImportError as error:
        if "failed to map segment" in str(error):
            # It is installed; there is too little memory to load it.
            raise MemoryError(str(error)) from None
        raise EncoderError(
            f"Cannot write {suffix}: PyAV is not installed or does not load ({error}).",
            f"Install it with: pip install av. {KEEP_HINT}",
        ) from error
    for codec in wanted.codecs:
        if _opens(codec, wanted):
            if warn and codec != wanted.codecs[0]:
                warn(f"PyAV has no {wanted.codecs[0]} here; {codec} writes {suffix}, in larger files.")
            return codec
    raise EncoderError(
        f"Cannot write {suffix}: PyAV has none of the encoders {', '.join(wanted.codecs)}.",
        f"Install PyAV's own wheel with: pip install --force-reinstall av. {KEEP_HINT}",
    )


def check_rate(fps: float) -> Fraction:
    """Return frames per second as a fraction; raises UsageError outside 0.1 to 240."""
    if not math.isfinite(fps) or not MIN_FPS <= fps <= MAX_FPS:
        raise UsageError(f"fps {fps:g} is out of range.", f"Valid: {MIN_FPS:g} to {MAX_FPS:g}.")
    rate = Fraction(fps).limit_denominator(1001)
    # MPEG-4 keeps the rate in 16 bits.
    return rate if rate.numerator < 65536 else Fraction(fps).limit_denominator(200)


def format_of(name: str) -> Format:
    """Return what is known of a format by its name or suffix; raises UsageError for one that cannot be written."""
    if name in FORMATS:
        return FORMATS[name]
    for known in FORMATS.values():
        if known.suffix == name.lower():
            return known
    raise UsageError(f"{name or 'A name without a suffix'} is not a video format.", f"Valid: {', '.join(formats())}.")


def format_for(path: Path, name: str | None = None) -> Format:
    """Return the format of that name, or the one that the suffix of the path means.

    Raises UsageError when name and suffix do not match.
    """
    wanted = format_of(name or path.suffix)
    if path.suffix.lower() != wanted.suffix:
        raise UsageError(
            f"{path.name} does not fit the video format {name}.",
            f"Use a name that ends in {wanted.suffix}, or leave --video-format out.",
        )
    return wanted


def _opens(codec: str, wanted: Format) -> bool:
    """Try an encoder on a small size: some are listed but lack their library."""
    import av

    quieten(codec)
    try:
        context = av.CodecContext.create(codec, "w")
        context.width, context.height, context.pix_fmt = 64, 64, wanted.pixels
        context.time_base, context.thread_count = Fraction(1, 10), 1
        context.open()
    except (ValueError, OSError):
        return False
    return True


def quieten(codec: str) -> None:
    """Silence SVT-AV1, which writes to standard error instead of FFmpeg's log."""
    if codec == "libsvtav1":
        os.environ.setdefault("SVT_LOG", "0")


def to_yuv(frame: Any) -> Any:
    """Convert PyAV's full-range RGB frame to limited-range BT.709 yuv420p, equally on every processor."""
    from av.video.reformatter import ColorRange, Colorspace, Interpolation

    exact = Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INP
    return frame.reformat(
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.BICUBIC | exact,
    )


def to_palette(frame: Pixels) -> Any:
    """Reduce uint8 (H, W, 3) to a dithered PyAV frame with its own 256 colours.

    A palette for each frame lets frames be written as they come. Pillow's octree takes 10 ms at 512x512; FFmpeg's
    palettegen and paletteuse take a second, with a slightly larger error.
    """
    import av

    picture = Image.fromarray(frame)
    octree = picture.quantize(256, method=Image.Quantize.FASTOCTREE)
    dithered = picture.quantize(palette=octree, dither=Image.Dither.FLOYDSTEINBERG)
    colours = np.array(dithered.getpalette(), dtype=np.uint8).reshape(-1, 3)
    palette = np.zeros((256, 4), dtype=np.uint8)  # alpha, red, green, blue
    palette[:, 0] = 255
    palette[: len(colours), 1:] = colours
    return av.VideoFrame.from_ndarray((np.asarray(dithered), palette), format="pal8")


def codec_options(codec: str, crf: int) -> dict[str, str]:
    """Return an encoder's options for a quality from 0 (best) to 51, as x264 counts."""
    if codec == "libx264":
        # Without cpu-independent the bytes depend on the processor's vector instructions.
        return {"crf": str(crf), "preset": "medium", "x264-params": "cpu-independent=1:threads=1"}
    if codec == "libvpx-vp9":
        return {"crf": str(crf + 12), "b": "0", "cpu-used": "4", "row-mt": "0"}
    if codec == "libsvtav1":
        return {"crf": str(crf + 12), "preset": "8", "svtav1-params": "lp=1"}
    if codec == "libaom-av1":
        return {"crf": str(crf + 12), "b": "0", "cpu-used": "6", "row-mt": "0"}
    if codec == "librav1e":
        return {"qp": str(crf * 4), "speed": "8"}
    if codec == "libwebp_anim":
        return {"quality": str(100 - crf / 2)}
    return {"pred": "mixed"} if codec == "apng" else {}

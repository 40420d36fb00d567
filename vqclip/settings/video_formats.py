"""The video formats by name. A new one whose encoder needs no options is a row here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Format:
    """One video format.

    suffix: of its files. media: its type on a web page. container: FFmpeg's name of it. codecs: tried in this order.
    pixels: FFmpeg's name of their layout. options: of the container. ticks: of its clock per second, 0 for one per
    frame. least: pixels along the shorter side. titled: whether it holds a title and a comment. lossy: whether it
    has a quality to choose.
    """

    suffix: str
    media: str
    container: str
    codecs: tuple[str, ...]
    pixels: str
    options: tuple[tuple[str, str], ...] = ()
    ticks: int = 0
    least: int = 1
    titled: bool = True
    lossy: bool = True


_FAST = (("movflags", "+faststart"),)
_AV1 = ("libsvtav1", "libaom-av1", "librav1e")
_LOOP = (("loop", "0"),)
_PLAYS = (("plays", "0"),)
FORMATS: Mapping[str, Format] = {
    "mp4": Format(".mp4", "video/mp4", "mp4", ("libx264", "libopenh264", "mpeg4"), "yuv420p", _FAST),
    "webm": Format(".webm", "video/webm", "webm", ("libvpx-vp9",), "yuv420p", (("fflags", "+bitexact"),), 1000),
    "av1": Format(".mp4", "video/mp4", "mp4", _AV1, "yuv420p", _FAST, least=16),
    "gif": Format(".gif", "image/gif", "gif", ("gif",), "pal8", _LOOP, 100, titled=False, lossy=False),
    "webp": Format(".webp", "image/webp", "webp", ("libwebp_anim",), "bgra", _LOOP, 1000, titled=False),
    "apng": Format(".apng", "image/apng", "apng", ("apng",), "rgb24", _PLAYS, 1000, titled=False, lossy=False),
}
"""By name. The first of several formats with one suffix is chosen by the name of a file."""
UNTITLED = tuple(name for name, known in FORMATS.items() if not known.titled)
"""Formats without a title."""
LOSSLESS = tuple(name for name, known in FORMATS.items() if not known.lossy)
"""Formats without a quality setting."""

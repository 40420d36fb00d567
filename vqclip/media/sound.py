"""Put the sound of a video under another one, converted to what its container takes."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, OutputError
from vqclip.media.containers import location, opened, start_of
from vqclip.media.frame_interpolation import ready
from vqclip.media.video_encoders import format_of
from vqclip.reading import reason

_ENCODERS = {".mp4": ("aac", "fltp"), ".webm": ("libopus", "flt")}
"""The encoder and its sample format by suffix."""
_RATE = 48000
"""Samples per second, which every encoder takes."""


def add_sound(target: Path, source: Path) -> list[str]:
    """Add the sound of `source` to a finished mp4 or webm, cut to its length.

    The sound is decoded and encoded again, as mono or stereo of 48 kHz. Gaps, and the time before a sound that starts
    late, are silent.

    Returns:
        What to warn about. When the sound cannot be added, the video stays as it is and the warning says why.
    """
    import av

    suffix = target.suffix
    if suffix not in _ENCODERS:
        return [f"a {suffix.removeprefix('.')} has no sound, so that of the source is left out."]
    try:
        with opened(target) as pictures, opened(source) as heard:
            count = len(heard.streams.audio)
            if not count:
                return []
            if heard.streams.audio[0].codec_context is None:
                return ["the video has no sound: the codec of that of the source is not known."]
            _write(target, pictures, heard, heard.streams.audio[0])
            return [f"the source has {count} sound tracks; the video keeps the first."] if count > 1 else []
    except (InputError, OutputError, av.FFmpegError, ValueError) as error:
        # ValueError is PyAV's for a sound without a known layout or format.
        return [f"the video has no sound: that of the source cannot be converted ({reason(error)})."]


def _write(target: Path, pictures: Any, heard: Any, sound: Any) -> None:
    """Write the pictures of one container and the sound of another into `target`."""
    import av

    known = format_of(target.suffix)
    encoder, sample_format = _ENCODERS[target.suffix]
    start = start_of(heard.streams.video[0])
    end = start + Fraction(pictures.duration or 0, av.time_base)
    layout = "mono" if sound.codec_context.channels == 1 else "stereo"
    with (
        files.atomic(target) as part,
        av.open(location(part), "w", format=known.container, options=dict(known.options)) as out,
    ):
        out.flags |= av.container.core.Flags.bitexact.value
        out.metadata.update({k: v for k, v in pictures.metadata.items() if k.lower() in ("title", "comment")})
        shown = pictures.streams.video[0]
        into = out.add_stream_from_template(shown)
        under = out.add_stream(encoder, rate=_RATE, layout=layout)
        samples = _steady(heard.decode(sound), start, end, f"osf={sample_format}:ochl={layout}")
        # In the order of time, so that the muxer has nothing to hold back.
        for packet in heapq.merge(_copied(pictures, shown, into), _encoded(samples, under), key=_moment):
            out.mux(packet)


def _moment(packet: Any) -> float:
    return float(packet.dts * packet.time_base)


def _copied(container: Any, stream: Any, into: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        if packet.dts is not None:
            packet.stream = into
            yield packet


def _steady(frames: Iterator[Any], start: Fraction, end: Fraction, wanted: str) -> Iterator[Any]:
    """Yield the samples between two moments without gaps. wanted: options of FFmpeg's aresample."""
    from av.filter import Graph

    graph: Any = None
    for frame in frames:
        if frame.pts is not None and frame.pts * frame.time_base >= end:
            break
        if graph is None:
            graph = Graph()
            given = {"sample_rate": frame.sample_rate, "format": frame.format.name, "layout": frame.layout.name}
            filters = [
                graph.add_abuffer(**given, time_base=frame.time_base),
                # The channels that are mixed are scaled, so that six loud ones do not clip.
                graph.add(
                    "aresample", f"{_RATE}:async=1:first_pts={round(start * _RATE)}:rematrix_maxval=1:{wanted}"
                ),
                graph.add("atrim", f"end={float(end):.6f}"),
                graph.add("abuffersink"),
            ]
            graph.link_nodes(*filters).configure()
        graph.push(frame)
        yield from ready(graph)
    if graph is not None:
        graph.push(None)
        yield from ready(graph)


def _encoded(samples: Iterator[Any], into: Any) -> Iterator[Any]:
    at = 0
    for frame in samples:
        frame.pts, frame.time_base = at, Fraction(1, _RATE)
        at += frame.samples
        yield from into.encode(frame)
    yield from into.encode(None)

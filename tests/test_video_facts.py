"""What videos hold beside plain frames: sound of any kind, pixel shapes, HDR, animations, and names of any kind."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from vqclip.media import hdr, video
from vqclip.media.sound import add_sound
from vqclip.media.video_source import VideoSource

WRITABLE = sorted({"libx264", "libx265"} & av.codec.codecs_available)


def tone(
    container: Any, codec: str, rate: int, layout: str, seconds: tuple[float, float], peak: float = 0.3
) -> tuple[Any, Any]:
    """A stream of sound, and its frames from one moment to another."""
    stream = container.add_stream(codec, rate=rate, layout=layout)
    first, last = (int(rate * moment) for moment in seconds)
    wave = peak * np.sin(np.arange(first, last) * 2 * np.pi * 440 / rate).astype(np.float32)
    channels = len(av.AudioLayout(layout).channels)

    def frames() -> Any:
        for at in range(0, len(wave), 1024):
            block = np.ascontiguousarray(np.tile(wave[at : at + 1024], (channels, 1)))
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, first + at, Fraction(1, rate)
            yield frame

    return stream, frames()


def encoded(
    name: str,
    *sounds: tuple[Any, ...],
    count: int = 10,
    size: tuple[int, int] = (64, 64),
    level: int | None = None,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    aspect: Fraction | None = None,
    times: list[int] | None = None,
    half: bool = False,
) -> Path:
    """A video of 10 frames per second that gets lighter, with these sounds, as `tone` takes them."""
    with av.open(name, "w") as container:
        stream = container.add_stream(codec, rate=10, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        tones = [tone(container, *sound) for sound in sounds]
        for index in range(count):
            value = level or 20 + 20 * index
            shown = np.full((size[1], size[0], 3), value, np.uint8)
            if half:
                shown[:, : size[0] // 2], shown[:, size[0] // 2 :] = 220, 0
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = (times or range(count))[index], Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        for under, frames in tones:
            for block in frames:
                container.mux(under.encode(block))
            container.mux(under.encode(None))
    return Path(name)


def loudness(path: Path) -> list[float]:
    """The loudest level of each tenth of a second of the sound of a video."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        wave = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(stream)])
    step = stream.rate // 10
    return [float(np.abs(wave[at : at + step]).max()) for at in range(0, len(wave) - step // 2, step)]


@pytest.mark.parametrize(
    ("name", "sound"),
    [
        ("in.mp4", ("aac", 44100, "stereo", (0, 1))),
        ("in.avi", ("libmp3lame", 44100, "stereo", (0, 1))),
        ("in.mkv", ("ac3", 48000, "5.1(side)", (0, 1))),
        ("in.mkv", ("pcm_s24le", 8000, "mono", (0, 1))),
        ("in.mkv", ("flac", 96000, "stereo", (0, 2))),
        ("in.mkv", ("pcm_s16le", 44100, "6.1", (0, 1))),
    ],
)
def test_any_sound_is_converted_to_what_the_container_takes(isolated: Path, name: str, sound: Any) -> None:
    source = encoded(name, sound)
    for target in ("out.webm", "out.mp4"):
        with video.VideoWriter(Path(target), 10) as writer:
            for _ in range(10):
                writer.write(np.full((32, 32, 3), 90, np.uint8))
        assert add_sound(Path(target), source) == []
        heard = loudness(Path(target))
        assert len(heard) == pytest.approx(10, abs=1), "it ends with the pictures"
        assert min(heard[1:8]) > 0.1


def test_a_sound_that_starts_late_and_one_of_several_stay_in_time(isolated: Path) -> None:
    source = encoded("in.mkv", ("aac", 44100, "stereo", (0.5, 0.8)), ("flac", 8000, "mono", (0, 1)))
    with video.VideoWriter(Path("out.webm"), 10) as writer:
        for _ in range(10):
            writer.write(np.full((32, 32, 3), 90, np.uint8))
    assert add_sound(Path("out.webm"), source) == ["the source has 2 sound tracks; the video keeps the first."]
    heard = loudness(Path("out.webm"))
    assert max(heard[:4]) < 0.05
    assert heard[6] > 0.1


def test_six_loud_channels_do_not_clip(isolated: Path) -> None:
    source = encoded("in.mkv", ("flac", 48000, "5.1(side)", (0, 1), 0.98))
    with video.VideoWriter(Path("out.mp4"), 10) as writer:
        for _ in range(10):
            writer.write(np.full((32, 32, 3), 90, np.uint8))
    assert add_sound(Path("out.mp4"), source) == []
    assert 0.5 < max(loudness(Path("out.mp4"))[1:8]) < 1.05


def test_a_sound_that_cannot_be_converted_costs_a_warning_and_not_the_video(isolated: Path) -> None:
    source, target = encoded("in.mp4", ("aac", 44100, "stereo", (0, 1))), Path("out.mp4")
    with video.VideoWriter(target, 10) as writer:
        writer.write(np.full((32, 32, 3), 90, np.uint8))
    kept = target.read_bytes()
    source.write_bytes(source.read_bytes()[:700])
    (said,) = add_sound(target, source)
    assert "the video has no sound" in said
    assert target.read_bytes() == kept


@pytest.mark.parametrize("name", ["part:1.mp4", "50%d [x] a'b.mp4", "-a.webm", "file:b.gif", "neue\nZeile.mp4"])
def test_any_name_is_written_and_read(isolated: Path, name: str) -> None:
    with video.VideoWriter(Path(name), 10) as writer:
        writer.write(np.full((32, 32, 3), 90, np.uint8))
    assert VideoSource.inspect(Path(name)).frames == 1


def test_pixels_that_are_not_square_are_read_in_their_shown_shape(isolated: Path) -> None:
    seen = VideoSource.inspect(encoded("in.mp4", size=(72, 96), aspect=Fraction(8, 3), count=2))
    assert (seen.width, seen.height) == (192, 96)
    assert next(seen.pictures()).shape == (96, 192, 3)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_video_is_shown_as_its_rotation_says(isolated: Path, turns: int) -> None:
    path = encoded("in.mp4", size=(96, 64), count=1, half=True)
    # The matrix of the track's header, 40 bytes after its name: of clockwise quarter turns, as phones write it.
    cos, sin = [(0, 1), (-1, 0), (0, -1)][turns - 1]
    known = bytearray(path.read_bytes())
    at = known.index(b"tkhd") + 44
    known[at : at + 36] = struct.pack(">9i", cos << 16, sin << 16, 0, -sin << 16, cos << 16, 0, 0, 0, 1 << 30)
    path.write_bytes(known)
    seen = VideoSource.inspect(path)
    (shown,) = seen.pictures()
    assert (seen.width, seen.height) == ((96, 64) if turns == 2 else (64, 96))
    stored = np.zeros((64, 96), np.uint8)
    stored[:, :48] = 220
    assert np.abs(shown[..., 0].astype(int) - np.rot90(stored, -turns)).mean() < 16


def test_a_variable_frame_rate_is_said_and_frames_stay_as_long_as_they_did(isolated: Path) -> None:
    seen = VideoSource.inspect(encoded("in.mkv", count=4, times=[0, 1, 2, 9]), 10)
    assert ["variable frame rate" in line for line in seen.warnings] == [True]
    light = [round((picture.mean() - 20) / 20) for picture in seen.pictures()]
    assert light == [0, 1, *[2] * 7, 3]
    assert VideoSource.inspect(encoded("even.mkv", count=4)).warnings == ()


@pytest.mark.skipif("libx265" not in WRITABLE, reason="PyAV has no encoder for 10 bits here")
@pytest.mark.parametrize(("transfer", "level"), [("arib-std-b67", 191), ("smpte2084", 148)])
def test_hdr_is_mapped_to_srgb_and_said(isolated: Path, transfer: str, level: int) -> None:
    known = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:log-level=none:bframes=0:pools=none"
    options = {"x265-params": known}
    path = encoded("in.mkv", codec="libx265", pixels="yuv420p10le", options=options, level=level, count=2)
    seen = VideoSource.inspect(path)
    assert ["HDR video" in line for line in seen.warnings] == [True]
    # The level of a white page (ITU-R BT.2408) becomes nearly white.
    assert 235 < next(seen.pictures()).mean() < 253


def test_the_colours_of_hdr_keep_their_hue() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((16, 16, 3), (120, 140, 120), np.uint8), format="rgb24")
    frame.color_trc = 18
    red, green, blue = hdr.to_srgb(frame)[8, 8]
    assert green > red
    assert abs(int(red) - int(blue)) < 40


@pytest.mark.parametrize("suffix", ["webp", "avif", "gif", "png"])
def test_animated_pictures_are_read_as_videos(isolated: Path, suffix: str) -> None:
    frames = [Image.new("RGB", (64, 48), (60 * number,) * 3) for number in range(4)]
    frames[0].save(f"a.{suffix}", save_all=True, append_images=frames[1:], duration=100)
    seen = VideoSource.inspect(Path(f"a.{suffix}"))
    assert (seen.width, seen.height, seen.frames, seen.rate, seen.warnings) == (64, 48, 4, 10, ())
    assert [round(float(frame.mean())) for frame in seen.pictures(1)] == pytest.approx([60, 120, 180], abs=4)
    assert VideoSource.inspect(Path(f"a.{suffix}"), 5).frames == 2


def test_frames_of_an_animation_stay_as_long_as_they_say(isolated: Path) -> None:
    frames = [Image.new("RGBA", (16, 16), (0, 0, 0, 255 - 85 * number)) for number in range(3)]
    frames[0].save("a.webp", save_all=True, append_images=frames[1:], duration=[100, 300, 200], lossless=True)
    seen = VideoSource.inspect(Path("a.webp"), 10)
    levels = [round(float(frame.mean())) for frame in seen.pictures()]
    assert levels == [0, 85, 85, 85, 170, 170], "transparent parts are over white"
    assert "variable frame rate" in seen.warnings[0]


@pytest.mark.parametrize("suffix", ["png", "tiff", "bmp", "avif"])
def test_frames_are_in_the_order_of_their_whole_names(isolated: Path, suffix: str) -> None:
    Path("d").mkdir()
    for number in (1, 2, 10, 12):
        Image.new("RGB", (16, 16), (20 * number,) * 3).save(f"d/shot_{number}_1080p.{suffix}")
    seen = VideoSource.inspect(Path("d"))
    assert [round(float(frame.mean()) / 20) for frame in seen.pictures()] == [1, 2, 10, 12]
    assert any("number" in line for line in seen.warnings)


@pytest.mark.parametrize(
    ("names", "gap"),
    [
        (["shot_1_1080p", "shot_2_1080p", "shot_4_1080p"], "number 3"),
        (["s1_t0001", "s1_t0002", "s1_t0005"], "numbers 3 to 4"),
        (["left_1", "left_2", "right_1", "right_2"], ""),
        (["2021-01-01 12.59.58", "2021-01-01 13.00.07"], ""),
    ],
)
def test_fault_47_gaps_are_those_of_the_running_number(names: list[str], gap: str) -> None:
    assert video.find_gap([Path(f"{name}.png") for name in names]) == gap


def test_frames_of_mixed_shapes_are_said(isolated: Path) -> None:
    Path("d").mkdir()
    for number, size in enumerate([(32, 32), (64, 32), (32, 32)]):
        Image.new("RGB", size, (90, 90, 90)).save(f"d/{number}.png")
    assert ["differ in shape" in line for line in VideoSource.inspect(Path("d")).warnings] == [True]
    said: list[str] = []
    video.render(video.frame_paths(Path("d")), Path("out.mp4"), 5, size=(32, 32), warn=said.append)
    assert said == ["the frames differ in shape; each is stretched to 32x32, that of the last."]

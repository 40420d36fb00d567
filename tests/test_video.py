"""Videos: what is in the file, what never is, and what is refused."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from vqclip import files
from vqclip.errors import EncoderError, InputError, OutputError, UsageError
from vqclip.media import images, video, video_encoders
from vqclip.settings.video_formats import Format

SUFFIXES = video.formats()


def frame(index: int, width: int = 48, height: int = 32) -> images.Pixels:
    """A smooth picture that moves with `index`, so that encoders keep it well."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 4 + index * 5, y * 6 + 20, 128 + 100 * np.sin((x + y + index) / 9)]
    levels: images.Pixels = np.clip(np.stack(planes, axis=2), 0, 255).astype(np.uint8)
    return levels


def decoded(path: Path) -> list[images.Pixels]:
    if path.suffix in (".mp4", ".webm"):
        with av.open(str(path)) as container:
            return [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
    pictures = []
    with Image.open(path) as image:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            pictures.append(np.asarray(image.convert("RGB"), dtype=np.uint8))
    return pictures


def encoded_video(path: Path, count: int = 5, fps: float = 10, **options: object) -> Path:
    with video.VideoWriter(path, fps, **options) as writer:  # type: ignore[arg-type]
        for index in range(count):
            writer.write(frame(index))
    return path


def stored(folder: Path, numbers: list[int], size: tuple[int, int] = (48, 32)) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for number in numbers:
        images.save_png(folder / f"{number:05d}.png", frame(number, *size))
    return video.frame_paths(folder)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_keeps_the_frames_their_number_and_colours(isolated: Path, suffix: str) -> None:
    path = encoded_video(isolated / f"clip{suffix}", 5)
    pictures = decoded(path)
    assert len(pictures) == 5
    for index, picture in enumerate(pictures):
        assert picture.shape == (32, 48, 3)
        assert np.abs(picture.astype(int) - frame(index)).mean() < 6, index
    assert [entry.name for entry in isolated.iterdir()] == [f"clip{suffix}"]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".apng"])
def test_every_frame_is_shown_for_its_time(isolated: Path, suffix: str) -> None:
    with Image.open(encoded_video(isolated / f"clip{suffix}", 6, fps=8)) as image:
        times = []
        for index in range(6):
            image.seek(index)
            image.load()
            times.append(float(image.info["duration"]))
    assert sum(times) == pytest.approx(750, abs=20)
    assert max(times) - min(times) <= 20


def test_mp4_is_playable_everywhere(isolated: Path) -> None:
    path = encoded_video(isolated / "clip.mp4", 5, fps=10, title="a \x1b[31mred\nապ 🍎\0")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 10
        assert (stream.codec_context.color_range, stream.codec_context.colorspace) == (1, 1)
        assert (stream.codec_context.color_primaries, stream.codec_context.color_trc) == (1, 1)
        assert container.metadata["title"] == "a [31mred ապ 🍎"
        assert container.duration == pytest.approx(500_000, abs=1000)
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_av1_in_an_mp4_keeps_the_frames_and_its_own_name(isolated: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = encoded_video(isolated / "clip.mp4", 5, format="av1", title="a red apple")
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name in ("libdav1d", "av1", "libaom-av1")
        assert container.metadata["title"] == "a red apple"
    pictures = decoded(path)
    assert len(pictures) == 5
    for index, picture in enumerate(pictures):
        assert np.abs(picture.astype(int) - frame(index)).mean() < 8, index
    with video.VideoWriter(isolated / "dot.mp4", 10, format="av1") as writer:
        writer.write(frame(0, 1, 1))
    assert decoded(isolated / "dot.mp4")[0].shape == (16, 16, 3)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(UsageError, match=r"clip\.webm does not fit the video format av1"):
        video.VideoWriter(isolated / "clip.webm", 10, format="av1")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_last_frame_stays_as_long_as_it_is_held(isolated: Path, suffix: str) -> None:
    path = encoded_video(isolated / f"clip{suffix}", 4, fps=10, hold=0.5)
    if suffix in (".mp4", ".webm"):
        pictures = decoded(path)
        assert len(pictures) == 9
        for picture in pictures[4:]:
            assert np.abs(picture.astype(int) - frame(3)).mean() < 6
        with av.open(str(path)) as container:
            assert container.duration == pytest.approx(900_000, abs=60_000)
        return
    with Image.open(path) as image:
        times = []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            times.append(float(image.info["duration"]))
    assert sum(times) == pytest.approx(900, abs=30)


def test_a_video_says_what_it_is_reported_to_say(isolated: Path) -> None:
    for suffix in (".mp4", ".webm"):
        path = encoded_video(isolated / f"clip{suffix}", 2, title="an apple", comment="seed 7\nnoto")
        with av.open(str(path)) as container:
            reported = {name.lower(): text for name, text in container.metadata.items()}
        assert (reported["title"], reported["comment"]) == ("an apple", "seed 7 noto")


def moved(place: int, side: int = 64) -> images.Pixels:
    levels: images.Pixels = np.full((side, side, 3), 30, np.uint8)
    levels[20:40, place : place + 20] = (220, 90, 40)
    return levels


@pytest.mark.option("video_smooth")
def test_smoothing_puts_what_moves_between_the_frames(isolated: Path) -> None:
    path = isolated / "clip.apng"
    with video.VideoWriter(path, 5, smooth=20) as writer:
        for index in range(8):
            writer.write(moved(5 + 4 * index))
    pictures = decoded(path)
    assert len(pictures) == 32, "four times the frames in the same time"
    edges = [int(np.flatnonzero(picture[30, :, 0] > 125)[0]) for picture in pictures]
    # The filter needs three frames before it knows how things move.
    assert edges[12:29] == list(range(17, 34)), "one pixel a frame where four were drawn"
    for index in range(3, 8):
        assert np.abs(pictures[index * 4].astype(int) - moved(5 + 4 * index)).max() <= 8


@pytest.mark.parametrize(("count", "size"), [(1, (64, 64)), (2, (33, 21)), (3, (1, 1))])
def test_smoothing_takes_any_size_and_any_number_of_frames(isolated: Path, count: int, size: tuple[int, int]) -> None:
    with video.VideoWriter(isolated / "clip.apng", 10, smooth=25) as writer:
        for index in range(count):
            writer.write(frame(index, *size))
    pictures = decoded(isolated / "clip.apng")
    assert pictures[0].shape == (size[1], size[0], 3)
    with Image.open(isolated / "clip.apng") as image:
        shown = 0.0
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            shown += float(image.info.get("duration", 40))
    assert shown == pytest.approx(100 * count, abs=41)


def test_fault_47_odd_sides_are_padded_by_their_edge(isolated: Path) -> None:
    with video.VideoWriter(isolated / "odd.mp4", 10) as writer:
        writer.write(frame(0, 33, 21))
    picture = decoded(isolated / "odd.mp4")[0]
    assert picture.shape == (22, 34, 3)
    assert np.abs(picture[:21, :33].astype(int) - frame(0, 33, 21)).mean() < 6
    assert np.abs(picture[21].astype(int) - picture[20]).mean() < 6


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("size", [(1, 1), (33, 21)])
def test_fault_47_one_frame_of_any_size_is_a_video(isolated: Path, suffix: str, size: tuple[int, int]) -> None:
    with video.VideoWriter(isolated / f"one{suffix}", 10) as writer:
        writer.write(frame(3, *size))
    pictures = decoded(isolated / f"one{suffix}")
    assert len(pictures) == 1
    assert abs(pictures[0].shape[0] - size[1]) <= 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_equal_frames_give_equal_bytes_in_two_processes(isolated: Path, suffix: str) -> None:
    code = (
        "import sys, hashlib, pathlib, numpy as np\nfrom vqclip.media import video\n"
        "junk = [np.random.bytes(n) for n in range(1, int(sys.argv[2]))]\n"
        "p = pathlib.Path(sys.argv[1]); r = np.random.default_rng(0)\n"
        "base = r.integers(0, 256, (75, 101, 3))\n"
        "with video.VideoWriter(p, 12.5) as w:\n"
        "    for i in range(6): w.write(np.roll(base, i * 3, axis=1).astype(np.uint8))\n"
        "print(hashlib.sha256(p.read_bytes()).hexdigest())\n"
    )
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code, f"{number}{suffix}", str(number)],
            capture_output=True, text=True, check=True,
        ).stdout
        for number in (3, 500)
    }  # fmt: skip
    assert len(hashes) == 1
    assert re.fullmatch(r"[0-9a-f]{64}\n", hashes.pop())


def test_encoding_says_nothing_on_the_streams(isolated: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for suffix in SUFFIXES:
        encoded_video(isolated / f"quiet{suffix}", 2)
    assert capfd.readouterr() == ("", "")


def test_fault_38_a_reader_never_sees_half_a_video(isolated: Path) -> None:
    path = isolated / "clip.mp4"
    path.write_bytes(b"old")
    writer = video.VideoWriter(path, 10)
    writer.write(frame(0))
    assert path.read_bytes() == b"old"
    parts = [entry.name for entry in isolated.iterdir() if entry.name != "clip.mp4"]
    assert all(name.startswith(files.PART_PREFIX) for name in parts)
    assert len(parts) == 1
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="no more frames"):
        writer.write(frame(1))
    assert len(decoded(path)) == 1
    assert [entry.name for entry in isolated.iterdir()] == ["clip.mp4"]


def test_fault_38_a_killed_writer_leaves_the_old_video_and_a_part_to_sweep(isolated: Path) -> None:
    old = encoded_video(isolated / "clip.mp4", 2).read_bytes()
    code = (
        "import os, signal, pathlib, numpy as np\nfrom vqclip.media import video\n"
        "with video.VideoWriter(pathlib.Path('clip.mp4'), 10) as w:\n"
        "    for i in range(9): w.write(np.full((32, 32, 3), i * 20, np.uint8))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert (isolated / "clip.mp4").read_bytes() == old
    assert len(files.sweep(isolated)) == 1
    assert [entry.name for entry in isolated.iterdir()] == ["clip.mp4"]


def test_fault_39_an_interrupted_block_drops_the_part(isolated: Path) -> None:
    def interrupted() -> None:
        with video.VideoWriter(isolated / "clip.mp4", 10) as writer:
            writer.write(frame(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(isolated.iterdir()) == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_fault_37_a_full_disk_is_an_output_error_and_leaves_nothing(isolated: Path, suffix: str) -> None:
    code = (
        "import sys, resource, pathlib, numpy as np\nfrom vqclip.media import video\n"
        "from vqclip.errors import OutputError\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"
        "r = np.random.default_rng(0)\n"
        "try:\n"
        "    with video.VideoWriter(pathlib.Path(sys.argv[1]), 10, crf=0) as w:\n"
        "        for i in range(12): w.write(r.integers(0, 256, (96, 96, 3)).astype(np.uint8))\n"
        "except OutputError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, f"clip{suffix}"], capture_output=True, text=True, check=True)
    assert f"Cannot write clip{suffix}: it would grow beyond" in done.stdout
    assert list(isolated.iterdir()) == []


def test_a_missing_folder_is_an_output_error(isolated: Path) -> None:
    writer = video.VideoWriter(isolated / "nowhere" / "clip.mp4", 10)
    with pytest.raises(OutputError, match="its folder does not exist"):
        writer.write(frame(0))


def test_frames_are_resized_when_a_size_is_given_and_refused_otherwise(isolated: Path) -> None:
    with video.VideoWriter(isolated / "grown.apng", 10, size=(48, 32)) as writer:
        writer.write(frame(0, 24, 16))
        writer.write(frame(1))
    assert [picture.shape for picture in decoded(isolated / "grown.apng")] == [(32, 48, 3)] * 2
    writer = video.VideoWriter(isolated / "mixed.mp4", 10)
    writer.write(frame(0))
    with pytest.raises(InputError, match="Frame 2 is 24x16 pixels; those before are 48x32"):
        writer.write(frame(1, 24, 16))
    writer.abort()


def test_a_writer_without_frames_writes_nothing(isolated: Path) -> None:
    with video.VideoWriter(isolated / "clip.mp4", 10):
        pass
    assert list(isolated.iterdir()) == []


@pytest.mark.parametrize("fps", [0, -1, 1e9, 0.01, float("nan"), float("inf"), 240.5])
def test_fault_48_absurd_rates_are_usage_errors_with_the_range(fps: float) -> None:
    with pytest.raises(UsageError, match=r"fps .* is out of range\. Valid: 0\.1 to 240\.") as caught:
        video.VideoWriter(Path("clip.mp4"), fps)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("fps", [0.1, 23.976, 29.97, 240, 59.94, 123.4567])
def test_fault_48_odd_rates_are_kept(isolated: Path, fps: float) -> None:
    with av.open(str(encoded_video(isolated / "clip.mp4", 3, fps=fps))) as container:
        assert float(container.streams.video[0].average_rate or 0) == pytest.approx(fps, rel=1e-3)


def test_options_out_of_range_and_unknown_formats_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="crf 52"):
        video.VideoWriter(Path("clip.mp4"), 10, crf=52)
    with pytest.raises(UsageError, match=r"\.avi is not a video format\. Valid: \.mp4, \.webm"):
        video.check_encoder(".avi")
    with pytest.raises(UsageError, match="without a suffix"):
        video.VideoWriter(Path("clip"), 10)
    assert video.check_encoder(".MP4") == "libx264"


def test_a_fast_gif_is_slowed_with_a_warning(isolated: Path) -> None:
    heard: list[str] = []
    with Image.open(encoded_video(isolated / "clip.gif", 3, fps=100, warn=heard.append)) as image:
        assert image.info["duration"] == 20
    assert "at most 50" in heard[0]


def test_fault_46_the_chain_falls_back_with_a_warning(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = video_encoders._opens
    monkeypatch.setattr(video_encoders, "_opens", lambda codec, wanted: codec == "mpeg4" and real(codec, wanted))
    heard: list[str] = []
    path = encoded_video(isolated / "clip.mp4", 5, warn=heard.append)
    assert len(heard) == 1
    assert "no libx264 here; mpeg4 writes .mp4" in heard[0]
    pictures = decoded(path)
    assert len(pictures) == 5
    assert np.abs(pictures[0].astype(int) - frame(0)).mean() < 8
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"


def test_fault_46_no_encoder_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(video_encoders, "_opens", lambda codec, wanted: False)
    with pytest.raises(EncoderError, match="none of the encoders libx264, libopenh264, mpeg4") as caught:
        video.check_encoder(".mp4")
    assert caught.value.exit_code == 8
    assert "--no-video" in caught.value.hint
    assert "vqclip video DIR" in caught.value.hint


def test_fault_46_pyav_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(EncoderError, match="PyAV is not installed") as caught:
        video.VideoWriter(Path("clip.mp4"), 10)
    assert "pip install av" in caught.value.hint


def test_an_encoder_that_does_not_exist_is_passed_over() -> None:
    wanted = Format(".mp4", "video/mp4", "mp4", ("nothing", "libx264"), "yuv420p")
    assert not video_encoders._opens("nothing", wanted)
    assert video_encoders._opens("libx264", wanted)


def test_render_makes_the_video_of_a_folder(isolated: Path) -> None:
    frames = stored(isolated / "frames", [0, 1, 2])
    video.render(frames, isolated / "out.apng", 10)
    assert [int(np.abs(p.astype(int) - frame(i)).max()) for i, p in enumerate(decoded(isolated / "out.apng"))] == [
        0
    ] * 3


def test_frames_are_found_in_the_order_of_their_numbers(isolated: Path) -> None:
    folder = isolated / "run" / "frames"
    folder.mkdir(parents=True)
    for name in ("frame10.png", "frame9.png", "frame010b.txt", "cover.png", ".hidden1.png", "frame100.JPG"):
        (folder / name).touch()
    names = [path.name for path in video.frame_paths(isolated / "run")]
    assert names == ["frame9.png", "frame10.png", "frame100.JPG"]
    assert video.frame_paths(folder) == video.frame_paths(isolated / "run")
    with pytest.raises(InputError, match="nowhere"):
        video.frame_paths(isolated / "nowhere")


@pytest.mark.parametrize(
    ("numbers", "gap"),
    [
        ([0, 1, 2, 5, 6], "numbers 3 to 4"),
        ([0, 1, 3], "number 2"),
        ([0, 10, 20, 40, 50], "number 30"),
        ([0, 10, 20, 29], ""),
        ([7], ""),
        ([], ""),
    ],
)
def test_fault_47_gaps_are_named(numbers: list[int], gap: str) -> None:
    assert video.find_gap([Path(f"{number:05d}.png") for number in numbers]) == gap


def test_fault_47_gaps_are_refused_unless_allowed(isolated: Path) -> None:
    frames = stored(isolated / "frames", [0, 1, 2, 5])
    with pytest.raises(InputError, match="Frames are missing: numbers 3 to 4") as caught:
        video.render(frames, isolated / "out.mp4", 10)
    assert "--allow-gaps" in caught.value.hint
    assert not (isolated / "out.mp4").exists()
    video.render(frames, isolated / "out.mp4", 10, allow_gaps=True)
    assert len(decoded(isolated / "out.mp4")) == 4


def test_fault_47_no_frames_mixed_sizes_and_damaged_frames_are_named(isolated: Path) -> None:
    with pytest.raises(InputError, match=r"no frames for .*out\.mp4"):
        video.render([], isolated / "out.mp4", 10)
    frames = stored(isolated / "frames", [0, 1, 2])
    images.save_png(frames[1], frame(1, 24, 16))
    with pytest.raises(InputError, match=r"00001\.png is 24x16 pixels; those before are 48x32"):
        video.render(frames, isolated / "out.mp4", 10)
    video.render(frames, isolated / "fitted.mp4", 10, size=(48, 32))
    assert len(decoded(isolated / "fitted.mp4")) == 3
    frames[1].write_bytes(frames[2].read_bytes()[:200])
    with pytest.raises(InputError, match=r"00001\.png: the picture is damaged or cut short"):
        video.render(frames, isolated / "out.mp4", 10)
    assert sorted(entry.name for entry in isolated.iterdir()) == ["fitted.mp4", "frames"]


@pytest.mark.slow
def test_fault_47_memory_does_not_grow_with_the_frames(isolated: Path) -> None:
    only = stored(isolated / "frames", [0])
    peaks = []
    for count in (50, 1000):
        tracemalloc.start()
        video.render(only * count, isolated / "out.mp4", 30, allow_gaps=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 300_000


def test_video_imports_neither_torch_nor_pyav() -> None:
    code = "import sys, vqclip.media.video; print('torch' in sys.modules, 'av' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_digest_of_a_video_does_not_depend_on_its_name(isolated: Path) -> None:
    one, two = encoded_video(isolated / "a.mp4"), encoded_video(isolated / "b.mp4")
    assert hashlib.sha256(one.read_bytes()).digest() == hashlib.sha256(two.read_bytes()).digest()

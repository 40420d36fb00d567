"""Restyling: where a frame starts, how far it moves, the sound, and continuing after a stop or a kill."""

from __future__ import annotations

import dataclasses
import json
import signal
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
import yaml
from PIL import ExifTags, Image

from vqclip.errors import InputError, Interrupted, OutputError, UsageError
from vqclip.events import Finished, Saved
from vqclip.jobs import restyle as restyling
from vqclip.jobs.restyle import Restyle, restyle
from vqclip.media import images
from vqclip.media.sound import add_sound
from vqclip.media.video_source import VideoSource
from vqclip.runs import directory
from vqclip.settings.schema import Settings
from vqclip.synthesis import motion
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.loop import Synthesizer

CODECS = {".mp4": ("libx264", "aac"), ".webm": ("libvpx-vp9", "libopus")}


def encoded_video(
    path: Path | str, count: int = 6, fps: int = 6, size: tuple[int, int] = (48, 32), sound: bool = True
) -> Path:
    """A video that gets lighter frame by frame, with a tone of its length."""
    path = Path(path)
    width, height = size
    codec, voice = CODECS[path.suffix]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        tone = container.add_stream(voice, rate=48000, layout="mono") if sound else None
        for index in range(count):
            frame = np.full((height, width, 3), min(20 + 30 * index, 250), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
        if tone is not None:
            wave = 0.3 * np.sin(np.arange(48000 * count // fps) * 2 * np.pi * 440 / 48000)
            for first in range(0, len(wave), 960):
                heard = av.AudioFrame.from_ndarray(
                    wave[None, first : first + 960].astype(np.float32), format="fltp", layout="mono"
                )
                heard.sample_rate, heard.pts, heard.time_base = 48000, first, Fraction(1, 48000)
                container.mux(tone.encode(heard))
            container.mux(tone.encode(None))
    return path


def levels(seen: VideoSource, first: int = 0) -> list[int]:
    return [round(float(frame.mean())) for frame in seen.pictures(first)]


def near(expected: list[int]) -> Any:
    return pytest.approx(expected, abs=3)


def wanted(small: dict[str, Any], **changes: Any) -> Settings:
    kept = {
        name: value for name, value in small.items() if name not in ("iterations", "save_every", "stages", "init")
    }
    return Settings(**{"prompt": "a red apple", "seed": 5, "learning_rate": 0.05, "ema": 0.5, **kept, **changes})


def heard(path: Path) -> tuple[float, float]:
    """Seconds of the sound of a video, and its loudest level."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        levels = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    wave = np.concatenate(levels)
    return len(wave) / rate, float(np.abs(wave).max())


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_a_video_is_read_at_its_own_pace_or_another(isolated: Path, suffix: str) -> None:
    path = encoded_video(f"clip{suffix}")
    seen = VideoSource.inspect(path)
    assert (seen.width, seen.height, seen.frames, seen.rate, seen.sound) == (48, 32, 6, 6, True)
    assert levels(seen) == near([20, 50, 80, 110, 140, 170])
    assert levels(seen, 4) == near([140, 170])
    assert levels(VideoSource.inspect(path, 2)) == near([50, 140]), "the last frame that is nearest to each moment"
    assert levels(VideoSource.inspect(path, 12)) == near(sorted([20, 50, 80, 110, 140, 170] * 2))


def test_an_animation_is_upright(isolated: Path) -> None:
    frames = [Image.new("RGB", (48, 32), (number * 90, 0, 0)) for number in range(3)]
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    frames[0].save("turned.webp", save_all=True, append_images=frames[1:], exif=turned)
    source = VideoSource.inspect(Path("turned.webp"))
    assert (source.width, source.height, source.frames) == (32, 48, 3)
    assert {pixels.shape for pixels in source.pictures()} == {(48, 32, 3)}


def test_a_folder_of_pictures_is_a_source_too(isolated: Path) -> None:
    Path("steps").mkdir()
    for number in (10, 9, 100):
        images.save_png(Path(f"steps/{number}.png"), np.full((32, 48, 3), number, np.uint8), {})
    seen = VideoSource.inspect(Path("steps"))
    assert (seen.frames, seen.rate, seen.sound, seen.width) == (3, 15, False, 48)
    assert levels(seen) == [9, 10, 100]
    Path("empty").mkdir()
    Path("text.mp4").write_text("not a video")
    for path, said in (
        ("empty", "no numbered pictures"),
        ("text.mp4", "it is not a video"),
        ("nowhere.mp4", "nowhere"),
    ):
        with pytest.raises(InputError, match=said):
            VideoSource.inspect(Path(path))


@pytest.mark.parametrize("source", [".mp4", ".webm"])
@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_the_sound_goes_under_the_video_and_ends_with_it(isolated: Path, source: str, suffix: str) -> None:
    given = encoded_video(f"source{source}", 12)
    target = encoded_video(f"clip{suffix}", 6, sound=False)
    assert add_sound(target, given) == []
    seconds, loudest = heard(target)
    assert seconds == pytest.approx(1, abs=0.1)
    assert 0.2 < loudest < 0.5
    assert levels(VideoSource.inspect(target)) == near([20, 50, 80, 110, 140, 170])
    kept = target.read_bytes()
    assert not add_sound(target, encoded_video("silent.mp4", 2, sound=False))
    assert "a gif has no sound" in add_sound(Path("clip.gif"), given)[0]
    unknown = encoded_video("unknown.webm", 2)
    unknown.write_bytes(unknown.read_bytes().replace(b"A_OPUS", b"A_ZZZZ"))
    assert "codec of that of the source is not known" in add_sound(target, unknown)[0]
    assert target.read_bytes() == kept


@pytest.mark.slow
def test_a_video_keeps_its_its_length_shape_and_sound(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQCLIP_SIZE", "64x64")
    encoded_video("in.mp4", 4, 4, size=(80, 48))
    answer = call(
        "restyle", "in.mp4", "a red apple", "-o", "out", "--frame-steps", "2", "--cutouts", "4", "--seed", "1",
        "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    assert answer.lines[-1]["video"] == str(Path("out/video.mp4").absolute())
    assert [line["step"] for line in answer.lines if line["event"] == "stepped"] == list(range(1, 9))
    seen = VideoSource.inspect(Path("out/video.mp4"))
    assert (seen.frames, seen.rate, seen.sound) == (4, 4, True)
    assert (seen.width, seen.height) == (64, 38), "as wide as the size, in the source's shape"
    assert heard(Path("out/video.mp4"))[0] == pytest.approx(1, abs=0.1)
    made = Path("out/video.mp4").read_bytes()
    again = call(
        "restyle", "in.mp4", "a red apple", "-o", "out", "--frame-steps", "2", "--cutouts", "4", "--seed", "1"
    )
    assert again.code == 0
    assert Path("out/video.mp4").read_bytes() == made
    other = call("restyle", "in.mp4", "a tree", "-o", "out", "--frame-steps", "2", "--cutouts", "4", "--seed", "1")
    assert (other.code, "another run" in other.err) == (5, True)


@pytest.mark.slow
def test_a_frame_begins_with_its_picture_and_the_moved_one_before(small: dict[str, Any], pair: Any) -> None:
    Path("in").mkdir()
    rows = np.arange(32, dtype=np.uint8)[:, None, None]
    for number in range(2):
        images.save_png(Path(f"in/{number}.png"), np.broadcast_to(rows * 3 + 60 * number, (32, 32, 3)).copy(), {})
    settings = wanted(small, zoom="1.5", video=False, move_every=1)
    how = Restyle("in", steps=2, strength=0.8, blend=0.4)
    list(restyle(settings, how, output=Path("out"), with_size=True))
    vqgan, targets_of = pair
    own = how.frame_settings(settings).replace(init="spot", stages=1, move_every=2)

    def pixels(path: str) -> torch.Tensor:
        return torch.from_numpy(images.open_image(Path(path)).copy()).permute(2, 0, 1)[None] / 255

    moved = motion.warp(pixels("out/frames/00000.png"), motion.Move(1.5), "mirror")
    with torch.no_grad():
        latent = vqgan.encode(pixels("in/1.png").lerp(moved, 0.4)).float()
    picture = images.open_image(Path("in/1.png"))
    last = list(
        Synthesizer(
            vqgan, targets_of("a red apple"), own, InitInputs(picture, latent=latent), step_range=(2, 4)
        ).run()
    )[-1]
    assert isinstance(last, Finished)
    assert np.array_equal(last.image(), images.open_image(Path("out/frames/00001.png")))


@pytest.mark.slow
@pytest.mark.option("restyle --strength")
def test_strength_says_how_far_a_frame_may_go(small: dict[str, Any]) -> None:
    Path("in").mkdir()
    photo = np.full((32, 32, 3), (40, 90, 200), np.uint8)
    images.save_png(Path("in/0.png"), photo, {})

    def drawn(strength: float, rate: float) -> np.ndarray:
        name = f"out{strength}-{rate}"
        settings = wanted(small, video=False, learning_rate=rate)
        list(restyle(settings, Restyle("in", steps=6, strength=strength), output=Path(name), with_size=True))
        return images.open_image(Path(name, "frames/00000.png")).astype(int)

    still = drawn(1.0, 1e-6)
    far = [np.abs(drawn(strength, 0.2) - still).mean() for strength in (0.01, 1.0)]
    assert far[0] < 0.6 * far[1]


@pytest.mark.slow
@pytest.mark.option("restyle --blend")
def test_blend_brings_the_frame_before_into_the_next(small: dict[str, Any]) -> None:
    Path("in").mkdir()
    for number, level in enumerate((20, 230)):
        images.save_png(Path(f"in/{number}.png"), np.full((32, 32, 3), level, np.uint8), {})
    means = []
    for blend in (0.0, 0.9):
        how = Restyle("in", steps=1, strength=1, blend=blend)
        settings = wanted(small, video=False, learning_rate=1e-4)
        list(restyle(settings, how, output=Path(f"out{blend}"), with_size=True))
        means.append(images.open_image(Path(f"out{blend}/frames/00001.png")).mean())
    assert means[0] > 200
    assert means[1] < 100


@pytest.mark.slow
def test_a_sketch_is_not_sketched_again_in_the_next_frame(small: dict[str, Any]) -> None:
    encoded_video("in.mp4", count=2, sound=False)
    drawn = []
    for blend in (0.9, 0.0):
        settings = wanted(small, video=False, sketch="pencil")
        list(restyle(settings, Restyle("in.mp4", 1, blend=blend), output=Path("out"), overwrite=True))
        drawn.append(np.asarray(Image.open("out/frames/00001.png")))
    assert np.array_equal(*drawn)


@pytest.mark.slow
@pytest.mark.option(
    "restyle --frame-steps", "restyle --strength", "restyle --blend", "restyle --preset", "restyle --overwrite"
)
def test_the_command_draws_what_its_options_say(small: dict[str, Any], call: Any) -> None:
    Path("in").mkdir()
    for number, level in enumerate((60, 180)):
        images.save_png(Path(f"in/{number}.png"), np.full((32, 32, 3), level, np.uint8), {})
    settings = wanted(small, video=False, learning_rate=0.5)
    how = Restyle("in", steps=2, strength=0.3, blend=0.6)
    list(restyle(settings, how, output=Path("task"), with_size=True))
    changed = {name: value for name, value in settings.to_dict().items() if settings.changes(name)}
    Path("mine.yaml").write_text(yaml.safe_dump({n: v for n, v in changed.items() if n not in ("prompt", "size")}))
    flags = ["--frame-steps", "2", "--strength", "0.3", "--blend", "0.6", "--size", settings.size]
    assert call("restyle", "in", "a red apple", "--preset", "mine.yaml", *flags, "-o", "command").code == 0
    for name in ("00000.png", "00001.png"):
        assert Path("command/frames", name).read_bytes() == Path("task/frames", name).read_bytes()
    before = Path("command/frames/00001.png").read_bytes()
    other = ["restyle", "in", "a tree", "--preset", "mine.yaml", *flags, "-o", "command"]
    assert call(*other).code == 5
    assert Path("command/frames/00001.png").read_bytes() == before
    assert call(*other, "--overwrite").code == 0
    assert Path("command/frames/00001.png").read_bytes() != before


@pytest.mark.parametrize("preset", ["draft", "best"])
def test_presets_with_candidates_and_stages_are_taken(call: Any, preset: str) -> None:
    Path("in").mkdir()
    Image.new("RGB", (32, 32), (90, 120, 60)).save("in/0.png")
    few = ["--size", "32x32", "--frame-steps", "1", "--cutouts", "2", "--no-video", "--seed", "1"]
    assert call("restyle", "in", "a tree", "--preset", preset, *few, "-o", "out").code == 0
    kept = directory.read_manifest(Path("out")).settings
    assert (kept.init, kept.stages, kept.ema) == ("spot", 1, 0.9)
    assert kept.learning_rate == 0.2, "that of the strength, in place of the preset's"


@pytest.mark.parametrize(("size", "drawn"), [("64", (64, 32)), ("32x32", (32, 32))])
def test_one_number_for_the_size_keeps_the_shape(call: Any, size: str, drawn: tuple[int, int]) -> None:
    Path("in").mkdir()
    Image.new("RGB", (96, 48), (90, 120, 60)).save("in/0.png")
    few = ["--frame-steps", "1", "--cutouts", "2", "--no-video", "--seed", "1", "-o", "out"]
    for _ in ("new", "the same run again"):
        answer = call("restyle", "in", "a tree", *few, "--size", size)
        assert answer.code == 0, answer.err
    with Image.open(next(Path("out/frames").iterdir())) as frame:
        assert frame.size == drawn


@pytest.mark.option("restyle --fps")
def test_a_rate_says_how_many_frames_are_drawn(small: dict[str, Any], call: Any) -> None:
    encoded_video("in.mp4", 4, 4, size=(32, 32))
    few = ["--frame-steps", "1", "--cutouts", "2", "--size", "32x32", "--seed", "1"]
    assert call("restyle", "in.mp4", "a tree", "--fps", "2", *few, "-o", "out").code == 0
    assert len(list(Path("out/frames").iterdir())) == 2
    seen = VideoSource.inspect(Path("out/video.mp4"))
    assert (seen.frames, seen.rate) == (2, 2)
    assert heard(Path("out/video.mp4"))[0] == pytest.approx(1, abs=0.1)


@pytest.mark.slow
def test_a_stopped_or_killed_restyle_goes_on_to_the_same_video(small: dict[str, Any], call: Any) -> None:
    encoded_video("in.mp4", 3, 3, size=(32, 32))
    how = Restyle("in.mp4", steps=2, blend=0.5)
    settings = wanted(small, rotate="10", move_every=1)
    list(restyle(settings, how, output=Path("whole"), with_size=True))
    asked = iter([None, None, None, signal.SIGTERM])
    with pytest.raises(Interrupted, match="stopped in frame 2 of 3") as caught:
        list(restyle(settings, how, output=Path("out"), with_size=True, stop=lambda: next(asked)))
    assert "vqclip resume" in caught.value.hint
    assert directory.read_manifest(Path("out")).status == "interrupted"
    assert [path.name for path in sorted(Path("out/frames").iterdir())] == ["00000.png"]
    # What a kill can leave: no end in run.json, and a frame after one that is missing.
    Path("out/frames/00002.png").write_bytes(Path("out/frames/00000.png").read_bytes())
    assert call("resume", "out", "-q").code == 0
    for path in sorted(Path("whole").rglob("*.[pm][np][g4]")):
        assert path.read_bytes() == (Path("out") / path.relative_to("whole")).read_bytes(), path
    assert directory.read_manifest(Path("out")).status == "finished"
    encoded_video("in.mp4", 4, 3, size=(32, 32))
    with pytest.raises(InputError, match="has changed since this run started"):
        list(restyling.resume(Path("out")))


def test_a_story_goes_over_all_frames(small: dict[str, Any], pair: Any) -> None:
    vqgan, targets_of = pair
    settings = wanted(small, prompt="a red apple ^ a blue car", cross_fade="0", iterations=2)
    seen = []
    for first in (0, 2):
        last = list(Synthesizer(vqgan, clip_targets_of(targets_of, settings), settings, step_range=(first, 4)).run())[
            -1
        ]
        assert isinstance(last, Finished)
        seen.append(last.image())
    alone = [
        list(Synthesizer(vqgan, targets_of(prompt), settings.replace(prompt=prompt)).run())[-1].image()
        for prompt in ("a red apple", "a blue car")
    ]
    assert np.array_equal(seen[0], alone[0])
    assert np.array_equal(seen[1], alone[1])


def clip_targets_of(targets_of: Any, settings: Settings) -> list[Any]:
    """Clip targets at all prompts of a story."""
    parts = [targets_of(prompt.text)[0] for prompt in settings.prompts]
    targets = torch.cat([part.targets for part in parts])
    return [dataclasses.replace(parts[0], targets=targets)]


@pytest.mark.parametrize(
    ("changes", "how", "error", "said"),
    [
        ({}, {"steps": 0}, UsageError, "frame_steps is 0"),
        ({}, {"strength": 0.0}, UsageError, "strength is 0"),
        ({}, {"blend": 1.5}, UsageError, "blend is 1.5"),
        ({"init_image": "a.png"}, {}, UsageError, "init_image has no effect"),
        ({"prompt": ""}, {}, UsageError, "prompt is empty"),
        ({"learning_rate_drops": "3"}, {"steps": 3}, UsageError, "the frame, which has 3 steps"),
        ({"rotate": "0:0, 3:9 hold"}, {"steps": 3}, UsageError, "the video, which has 2 frames"),
        ({}, {"source": "nowhere.mp4"}, InputError, "nowhere"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_once(
    small: dict[str, Any], changes: dict[str, Any], how: dict[str, Any], error: type[Exception], said: str
) -> None:
    Path("in").mkdir()
    for number in range(2):
        Image.new("RGB", (32, 32)).save(f"in/{number}.png")
    with pytest.raises(error, match=said):
        restyle(wanted(small, **changes), Restyle(**{"source": "in", **how}), output=Path("out"))
    assert not Path("out").exists()


def test_another_run_is_not_replaced_unasked(small: dict[str, Any]) -> None:
    Path("in").mkdir()
    Image.new("RGB", (32, 32)).save("in/1.png")
    Path("out").mkdir()
    Path("out/image.png").write_text("mine")
    with pytest.raises(OutputError, match="holds another run"):
        restyle(wanted(small), Restyle("in"), output=Path("out"))
    assert Path("out/image.png").read_text() == "mine"


@pytest.mark.slow
def test_the_same_command_without_a_seed_goes_on_with_the_seed_that_was_drawn(
    call: Any, small: dict[str, Any]
) -> None:
    Path("in").mkdir()
    for number in range(2):
        Image.new("RGB", (32, 32), (60 + 90 * number, 90, 200)).save(f"in/{number}.png")
    command = ("restyle", "in", "a red apple", "-o", "out", "--frame-steps", "1", "--size", "32x32", "--cutouts", "4")
    assert call(*command).code == 0
    seed = directory.read_manifest(Path("out")).settings.seed
    whole = {path.name: path.read_bytes() for path in sorted(Path("out").rglob("*.[pm][np][g4]"))}
    again = call(*command)
    assert (again.code, "already finished" in again.err) == (0, True), again.err
    # What a kill in the second frame leaves.
    Path("out/frames/00001.png").unlink()
    Path("out/video.mp4").unlink()
    killed = json.loads(Path("out/run.json").read_text()) | {"status": "running"}
    Path("out/run.json").write_text(json.dumps(killed))
    again = call(*command)
    assert (again.code, f"seed {seed}, resuming after step 1" in again.err) == (0, True), again.err
    assert {path.name: path.read_bytes() for path in sorted(Path("out").rglob("*.[pm][np][g4]"))} == whole
    other = call(*command, "--seed", str(seed + 1))
    assert (other.code, "holds another run" in other.err) == (5, True)
    assert "vqclip resume" in other.err


@pytest.mark.slow
def test_a_picture_among_the_frames_costs_none_of_them(small: dict[str, Any], call: Any) -> None:
    encoded_video("in.mp4", 3, 3, size=(32, 32))
    list(restyle(wanted(small), Restyle("in.mp4", steps=1), output=Path("out")))
    # what `vqclip upscale out/frames/00000.png` writes
    Path("out/frames/00000-x2.png").write_bytes(Path("out/frames/00000.png").read_bytes())
    before = {path: path.read_bytes() for path in Path("out").rglob("*.[pm][np][g4]")}
    assert call("resume", "out").code == 0
    Path("out/video.mp4").unlink()
    assert call("resume", "out").code == 0
    assert {path: path.read_bytes() for path in Path("out").rglob("*.[pm][np][g4]")} == before
    assert directory.read_manifest(Path("out")).step == 3


@pytest.mark.slow
def test_other_options_of_the_video_write_it_again_from_the_frames(small: dict[str, Any]) -> None:
    encoded_video("in.mp4", 3, 3, size=(32, 32))
    how, settings = Restyle("in.mp4", steps=1), wanted(small)
    list(restyle(settings, how, output=Path("out")))
    before, written = Path("out/video.mp4").read_bytes(), Path("out/frames/00000.png").stat().st_mtime_ns
    for title in ("Walk", "Walk"):
        events = list(restyle(settings.replace(video_title=title), how, output=Path("out")))
        assert [event.kind for event in events if isinstance(event, Saved)] == ["video"]
        after = Path("out/video.mp4").read_bytes()
        assert (b"Walk" in after, after == before) == (True, False)
        assert directory.read_manifest(Path("out")).settings.video_title == title
    assert Path("out/frames/00000.png").stat().st_mtime_ns == written


@pytest.mark.slow
def test_a_loop_that_is_left_at_the_last_event_leaves_a_finished_run(small: dict[str, Any]) -> None:
    encoded_video("in.mp4", 2, 3, size=(32, 32))
    for name, last in (("whole", "video"), ("part", "frame")):
        events = restyle(wanted(small), Restyle("in.mp4", steps=1), output=Path(name))
        for event in events:
            if isinstance(event, Saved) and event.kind == last:
                break
        events.close()
        expected = {"whole": "finished", "part": "interrupted"}[name]
        assert directory.read_manifest(Path(name)).status == expected


def test_a_frame_that_cannot_be_read_is_an_input_that_is_refused_before_the_first_is_drawn(call: Any) -> None:
    Path("in").mkdir()
    Image.new("RGB", (32, 32)).save("in/0.png")
    Path("in/1.png").write_bytes(b"")
    answer = call("restyle", "in", "a red apple", "-o", "out", "--size", "32x32")
    assert (answer.code, "in/1.png: it is empty" in answer.err) == (4, True), answer.err
    assert not Path("out").exists()


@pytest.mark.slow
def test_a_restyle_records_the_seconds_that_it_took(small: dict[str, Any], isolated: Path) -> None:
    Path("steps").mkdir()
    for number in range(3):
        images.save_png(Path(f"steps/{number}.png"), np.full((32, 32, 3), 60 * number, np.uint8), {})
    stops = iter([None] * 2 + [signal.SIGINT])
    with pytest.raises(Interrupted):
        list(restyle(wanted(small), Restyle("steps", 1), output=Path("out"), stop=lambda: next(stops)))
    before = directory.read_manifest(Path("out")).seconds
    assert before > 0
    list(restyling.resume(Path("out")))
    assert directory.read_manifest(Path("out")).seconds > before

"""The video of a run: its frames, rate and labels."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip.errors import UsageError
from vqclip.media import images
from vqclip.runs import progress_video
from vqclip.settings.schema import Settings
from vqclip.settings.video_formats import FORMATS, LOSSLESS


def draw(output: str, small: dict[str, Any], **changes: Any) -> Path:
    list(vqclip.generate("a red apple", output=output, **{**small, "seed": 5, **changes}))
    return Path(output)


def seconds(path: Path) -> float:
    with av.open(str(path)) as container:
        assert container.duration is not None
        return float(container.duration) / 1e6


def reported(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return {name.lower(): text for name, text in container.metadata.items()}


@pytest.mark.slow
@pytest.mark.option("video_format")
@pytest.mark.parametrize("name", FORMATS)
def test_a_run_writes_its_video_in_the_format_that_was_asked_for(small: dict[str, Any], name: str) -> None:
    run = draw("run", small, video_format=name, iterations=2, save_every=1)
    suffix = FORMATS[name].suffix
    assert [path.name for path in run.glob("video.*")] == [f"video{suffix}"]
    if FORMATS[name].media.startswith("video/"):
        codec = {"webm": "vp9", "av1": "av1"}.get(name, "h264")
        with av.open(str(run / f"video{suffix}")) as container:
            assert codec in container.streams.video[0].codec_context.name.replace("dav1d", "av1")
    else:
        with Image.open(run / f"video{suffix}") as image:
            # libwebp shows frames that differ little as one.
            assert image.n_frames in ((1, 2, 3) if name == "webp" else (3,))
    draw("run", small, iterations=2, seed=6, overwrite=True)
    assert [path.name for path in run.glob("video.*")] == ["video.mp4"], "the old one went with its run"


@pytest.mark.parametrize(("iterations", "every"), [(48, 2), (300, 10), (7, 3), (1, 1), (0, 1), (5, 9)])
def test_early_frames_lie_dense_and_are_as_many(iterations: int, every: int) -> None:
    even = progress_video.frame_steps(Settings(iterations=iterations, save_every=every))
    early = progress_video.frame_steps(Settings(iterations=iterations, save_every=every, frame_spacing="early"))
    assert even == sorted({*range(0, iterations + 1, every), iterations})
    assert abs(len(early) - len(even)) <= 1
    assert (early[0], early[-1]) == (0, iterations)
    assert early == sorted(set(early))
    if iterations >= 48:
        half = iterations / 2
        assert sum(step <= half for step in early) > 1.3 * sum(step <= half for step in even)
        distances = np.diff(early)
        assert distances[0] == 1
        assert distances[-1] >= 1.5 * every


@pytest.mark.slow
def test_other_pictures_among_the_frames_are_left_alone_and_not_shown(small: dict[str, Any], call: Any) -> None:
    wanted = {"iterations": 4, "save_every": 2, "snapshot_every": 2}
    run = draw("run", small, **wanted, report=True)
    whole, page = (run / "video.mp4").read_bytes(), (run / "report.html").read_text()
    # what `vqclip upscale run/frames/00000.png` writes, and a picture of another program
    others = [run / "frames/00000-x2.png", run / "frames/shot 7.png"]
    for path in others:
        Image.new("RGB", (64, 64), "red").save(path)
    for command in (("report", "run"), ("video", "run")):
        assert call(*command).code == 0, command
    assert (run / "report.html").read_text() == page
    assert (run / "video.mp4").read_bytes() == whole
    for lost in (["image.png"], ["image.png", *(f"state/step-{step:06d}.safetensors" for step in (2, 4))]):
        for name in lost:
            (run / name).unlink()
        assert call("resume", "run").code == 0, lost
        assert (run / "video.mp4").read_bytes() == whole
    assert all(path.is_file() for path in others)


@pytest.mark.slow
@pytest.mark.option("save_every", "frame_spacing")
def test_frames_are_kept_at_those_steps_and_resume_keeps_to_them(small: dict[str, Any]) -> None:
    wanted = {"iterations": 9, "save_every": 3, "frame_spacing": "early", "snapshot_every": 2}
    every = draw("every", small, **{**wanted, "save_every": 1, "frame_spacing": "even"})
    run = draw("run", small, **wanted)
    steps = progress_video.frame_steps(Settings(**wanted))
    assert steps == [0, 1, 4, 9]
    for index, step in enumerate(steps):
        assert (run / f"frames/{index:05d}.png").read_bytes() == (every / f"frames/{step:05d}.png").read_bytes()
    asked = iter([None, None, None, None, 15])
    with pytest.raises(vqclip.VqclipError, match="stopped at step 5"):
        draw("broken", small, **wanted, stop=lambda: next(asked))
    list(vqclip.resume("broken"))
    for path in (*sorted(run.glob("frames/*")), run / "video.mp4"):
        assert path.read_bytes() == (Path("broken") / path.relative_to(run)).read_bytes()


@pytest.mark.option("video_seconds")
def test_a_length_sets_the_rate(small: dict[str, Any]) -> None:
    run = draw("run", small, video_seconds=2.0, hold_last=0.5, save_every=1)
    assert seconds(run / "video.mp4") == pytest.approx(2.0, abs=0.05)
    with av.open(str(run / "video.mp4")) as container:
        assert float(container.streams.video[0].average_rate or 0) == pytest.approx(3.5, rel=0.01)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"video_seconds": 1000.0}, "video_seconds 1000 is not possible with 3 frames"),
        ({"video_seconds": 1.0, "hold_last": 2.0}, "is not possible"),
        ({"video_seconds": 1.0, "fps": 3.0}, "fps has no effect with video_seconds"),
        ({"video_smooth": 15.0}, "video_smooth 15 has no effect"),
        ({"video_format": "gif", "video_title": "mine"}, "video_title has no effect in gif"),
        ({"save_every": 0, "frame_spacing": "early"}, "frame_spacing has no effect without frames"),
        *(
            ({**off, name: value}, f"{name} has no effect without {why}")
            for off, why in (({"video": False}, "a video"), ({"save_every": 0}, "frames"))
            for name, value in (
                ("fps", 5.0),
                ("hold_last", 1.0),
                ("crf", 30),
                ("video_format", "webm"),
                ("video_title", "mine"),
                ("video_comment", "for Ann"),
                ("video_smooth", 60.0),
                ("video_seconds", 2.0),
            )
        ),
        ({"video_format": "gif", "crf": 30}, "crf has no effect in gif, apng"),
        ({"video_format": "apng", "crf": 30}, "crf has no effect in gif, apng"),
    ],
)
def test_a_video_that_cannot_be_made_is_refused_before_the_run(
    small: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        draw("run", small, **changes)
    assert not Path("run").exists()


@pytest.mark.slow
@pytest.mark.option("crf")
@pytest.mark.parametrize("name", [name for name in FORMATS if name not in LOSSLESS])
def test_a_quality_can_be_chosen(small: dict[str, Any], name: str) -> None:
    fine, coarse = (
        draw(f"crf{crf}", small, video_format=name, crf=crf, save_every=1) / f"video{FORMATS[name].suffix}"
        for crf in (0, 51)
    )
    assert fine.stat().st_size > 1.2 * coarse.stat().st_size


@pytest.mark.slow
@pytest.mark.option("fps", "hold_last", "video_smooth")
def test_a_video_goes_at_its_rate_holds_its_end_and_is_smoothed(small: dict[str, Any]) -> None:
    def measure(name: str, **changes: Any) -> tuple[float, float]:
        path = draw(name, small, save_every=1, fps=4.0, **changes) / "video.mp4"
        with av.open(str(path)) as container:
            return seconds(path), float(container.streams.video[0].average_rate or 0)

    assert measure("plain") == pytest.approx((5 / 4, 4), abs=0.01)
    assert measure("held", hold_last=1.0) == pytest.approx((5 / 4 + 1, 4), abs=0.01)
    assert measure("smooth", hold_last=1.0, video_smooth=12.0) == pytest.approx((5 / 4 + 1, 12), abs=0.1)


@pytest.mark.slow
@pytest.mark.option("video")
def test_a_rate_in_the_users_own_file_is_no_hindrance_to_a_run_without_a_video(
    small: dict[str, Any], call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path("config/vqclip")
    home.mkdir(parents=True)
    (home / "config.yaml").write_text("fps: 5\nhold_last: 1\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(Path("config").absolute()))
    run = draw("run", small, video=False)
    assert not (run / "video.mp4").exists()
    assert call("video", "run").code == 0
    assert seconds(run / "video.mp4") == pytest.approx(3 / 5 + 1, abs=0.05)
    assert call("interpolate", "run", "run", "--frames", "2", "--no-video").code == 0
    refused = call("interpolate", "run", "run", "-o", "b", "--no-video", "--fps", "5")
    assert (refused.code, "fps has no effect without a video" in refused.err) == (2, True)


@pytest.mark.slow
def test_a_run_that_was_begun_before_a_rule_goes_on(small: dict[str, Any], call: Any) -> None:
    asked = iter([None, 15])
    with pytest.raises(vqclip.VqclipError, match="stopped at step 2"):
        draw("run", small, video=False, stop=lambda: next(asked))
    kept = json.loads(Path("run/run.json").read_text())
    kept["settings"] |= {"fps": 5.0, "crf": 30}
    Path("run/run.json").write_text(json.dumps(kept))
    assert call("resume", "run").code == 0
    assert call("rerun", "run", "-o", "again").code == 0
    assert Path("again/image.png").read_bytes() == Path("run/image.png").read_bytes()


@pytest.mark.slow
@pytest.mark.option("video_title", "video_comment")
def test_a_video_says_the_prompt_and_the_seed_as_far_as_metadata_are_wanted(small: dict[str, Any]) -> None:
    full = reported(draw("full", small) / "video.mp4")
    assert full["title"] == "a red apple"
    assert "seed 5" in full["comment"]
    assert "models tiny" in full["comment"]
    mine = reported(draw("mine", small, video_title="An apple", video_comment="for Ann") / "video.mp4")
    assert (mine["title"], mine["comment"]) == ("An apple", "for Ann")
    none = reported(draw("none", small, metadata="none") / "video.mp4")
    assert not {"title", "comment"} & none.keys()


@pytest.mark.slow
@pytest.mark.option("video --output")
def test_the_video_command_makes_it_again_with_what_is_given(small: dict[str, Any], call: Any) -> None:
    run = draw("run", small, save_every=1, video_seconds=2.5, hold_last=0.5)
    first = (run / "video.mp4").read_bytes()
    found = call("video", "run", "--json").record
    assert (found["video"], found["frames"], found["seconds"]) == ("run/video.mp4", 5, 2.5)
    assert (run / "video.mp4").read_bytes() == first, "nothing was asked to be otherwise"
    assert call("video", "run", "--fps", "10", "-o", "fast.webm").code == 0
    assert seconds(Path("fast.webm")) == pytest.approx(1.0, abs=0.06)
    assert call("video", "run", "--video-format", "av1", "--video-title", "Mine", "-o", "a.mp4").code == 0
    assert reported(Path("a.mp4"))["title"] == "Mine"
    assert call("video", "run", "-o", "a.gif", "--video-seconds", "5", "--hold-last", "0").code == 0
    with Image.open("a.gif") as image:
        assert image.n_frames == 5
    assert call("video", "run", "--crf", "51", "-o", "coarse.mp4").code == 0
    assert len(first) > 1.2 * Path("coarse.mp4").stat().st_size
    answer = call("video", "run", "-o", "a.gif", "--video-format", "webm")
    assert answer.code == 2
    assert "Use a name that ends in .webm" in answer.err


@pytest.mark.slow
def test_pictures_without_a_run_make_a_video_too(call: Any) -> None:
    folder = Path("old steps")
    folder.mkdir()
    for index in range(12):
        images.save_png(folder / f"{index}.png", np.full((32, 32, 3), index * 20, np.uint8), {})
    found = call("video", str(folder), "--fps", "6", "-o", "old.mp4", "--json").record
    assert (found["frames"], found["seconds"]) == (12, 2.0)
    assert seconds(Path("old.mp4")) == pytest.approx(2.0, abs=0.01)
    assert not {"title", "comment"} & reported(Path("old.mp4")).keys()
    flags = ["--fps", "6", "--hold-last", "1", "--video-smooth", "18", "-o", "new.mp4"]
    flags += ["--video-title", "Grey", "--video-comment", "steps"]
    assert call("video", str(folder), *flags).code == 0
    assert seconds(Path("new.mp4")) == pytest.approx(3.0, abs=0.06)
    with av.open("new.mp4") as container:
        assert container.streams.video[0].average_rate == 18
    assert (reported(Path("new.mp4"))["title"], reported(Path("new.mp4"))["comment"]) == ("Grey", "steps")


def test_the_pictures_of_a_folder_without_a_run_are_named(call: Any, isolated: Path) -> None:
    for name in ("IMG_1", "IMG_2", "IMG_3", "scan 04"):
        Image.new("RGB", (16, 16), "red").save(f"{name}.png")
    answer = call("video", ".", "-o", "all.mp4", "--allow-gaps")
    assert answer.code == 0
    assert "holds no run; the video shows its numbered pictures: 3 of the form IMG_N.png, 1 of" in answer.err


@pytest.mark.option("video --allow-gaps")
def test_the_video_command_leaves_gaps_out_on_request_alone(call: Any) -> None:
    folder = Path("steps")
    folder.mkdir()
    for index in (0, 1, 3):
        images.save_png(folder / f"{index}.png", np.full((32, 32, 3), index * 60, np.uint8), {})
    assert call("video", "steps", "-o", "clip.apng").code == 4
    assert call("video", "steps", "-o", "clip.apng", "--allow-gaps").code == 0
    with Image.open("clip.apng") as image:
        assert image.n_frames == 3


@pytest.mark.slow
def test_a_folder_without_frames_is_told_why(call: Any, small: dict[str, Any]) -> None:
    Path("empty").mkdir()
    list(vqclip.generate("a red apple", output="bare", seed=1, **small | {"iterations": 1, "save_every": 0}))
    list(vqclip.generate("a red apple", output="begun", seed=1, **small | {"iterations": 1}))
    shutil.rmtree("begun/frames")
    for folder, message, hint in (
        ("nowhere", "nowhere does not exist.", "Give the folder of a run"),
        ("empty", "empty holds no run and no numbered pictures.", "Give the folder of either."),
        ("bare", "bare has no frames: its run kept none.", "--save-every 1"),
        ("begun", "begun has no frames yet.", "vqclip resume begun"),
    ):
        answer = call("video", folder)
        assert answer.code == 4
        assert message in answer.err
        assert hint in answer.err

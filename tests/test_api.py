"""A run and its folder: what is written, what a kill or a stop leaves, and what may not change the picture."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import api, files, reading
from vqclip.errors import InputError, Interrupted, ModelError, OutputError, UsageError
from vqclip.events import Finished, Opened, Saved, Started, Stepped, Warned
from vqclip.media import images, metadata
from vqclip.models import registry
from vqclip.runs import directory


def draw(output: Path | str, small: dict[str, Any], prompt: str = "a red apple", **changes: Any) -> list[Any]:
    return list(vqclip.generate(prompt, output=output, **{**small, "seed": 5, **changes}))


@pytest.mark.slow
@pytest.mark.option("iterations", "save_every", "snapshot_every")
def test_a_run_folder_holds_what_the_guide_says(small: dict[str, Any]) -> None:
    events = draw("run", small, iterations=5, snapshot_every=2)
    assert isinstance(events[0], Opened)
    assert sorted(p.name for p in Path("run/frames").iterdir()) == [f"{i:05d}.png" for i in range(4)]
    assert Path("run/video.mp4").stat().st_size > 0
    assert sorted(p.name for p in Path("run/state").iterdir()) == [
        "step-000004.safetensors",
        "step-000005.safetensors",
    ]
    rows = list(reading.json_lines(Path("run/metrics.jsonl"), 10**6))
    assert [row["step"] for row in rows] == [1, 2, 3, 4, 5]
    assert all(row["loss"] == pytest.approx(row["prompt"]) for row in rows)
    manifest = json.loads(Path("run/run.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["settings"]["seed"] == 5
    assert len(manifest["models"]["tiny"]) == 64
    scores = {row["step"]: row["score"] for row in rows if row["score"] is not None}
    assert list(scores) == [2, 4, 5], "the steps with a frame"
    assert manifest["best_score"] == max(scores.values())
    assert manifest["score"] == scores[5]
    final = np.asarray(Image.open("run/image.png"))
    assert np.array_equal(final, np.asarray(Image.open("run/frames/00003.png")))
    last = events[-1]
    assert isinstance(last, Saved)
    assert (last.kind, last.path.name) == ("image", "image.png")


@pytest.mark.slow
def test_the_picture_tells_how_it_was_made(small: dict[str, Any]) -> None:
    draw("run", small, prompt="a red apple | fog:-0.5")
    found = metadata.read_metadata(Path("run/image.png"))
    text = json.dumps(found, default=str)
    assert "a red apple" in text
    assert "fog" in text
    assert str(Path.cwd()) not in text
    assert os.uname().nodename not in text


@pytest.mark.option("metadata")
@pytest.mark.parametrize("level", ["minimal", "none"])
@pytest.mark.slow
def test_metadata_can_be_kept_short(small: dict[str, Any], level: str) -> None:
    draw("run", small, metadata=level)
    info = Image.open("run/image.png").info
    assert "cut_method" not in json.dumps(info, default=str)
    assert bool(info) == (level == "minimal")


@pytest.mark.slow
def test_output_settings_do_not_change_the_picture(small: dict[str, Any]) -> None:
    draw("a", small)
    draw("b", small, save_every=0, video=False, snapshot_every=1)
    draw("c", small, save_every=1, fps=3, crf=40)
    first = Path("a/image.png").read_bytes()
    assert Path("b/image.png").read_bytes() == first
    assert Path("c/image.png").read_bytes() == first
    assert not Path("b/video.mp4").exists()
    assert list(Path("b/frames").iterdir()) == []
    draw("d", small, seed=6)
    assert Path("d/image.png").read_bytes() != first


def test_a_misspelt_setting_is_refused_with_the_right_one(small: dict[str, Any], isolated: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown setting 'optimizer'\. Did you mean 'optimiser'"):
        draw("run", small, optimizer="sgd")
    with pytest.raises(UsageError, match=r"unknown setting 'iteratons'\. Did you mean 'iterations'"):
        draw("run", small, iteratons=None)
    assert not (isolated / "run").exists()


@pytest.mark.slow
def test_no_frames_means_no_video_and_says_so(small: dict[str, Any]) -> None:
    events = draw("run", small, save_every=0)
    assert any(isinstance(e, Warned) and "no video" in e.message for e in events)


@pytest.mark.slow
def test_without_an_output_nothing_is_written(small: dict[str, Any], isolated: Path) -> None:
    events = draw(None, small)  # type: ignore[arg-type]
    assert list(isolated.iterdir()) == []
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.image().shape == (32, 32, 3)
    assert isinstance(events[0], Started)


def test_zero_steps_give_the_start(small: dict[str, Any]) -> None:
    events = draw("run", small, iterations=0)
    assert not [e for e in events if isinstance(e, Stepped)]
    assert np.array_equal(np.asarray(Image.open("run/image.png")), np.asarray(Image.open("run/frames/00000.png")))


def test_fault_43_the_same_run_again_does_nothing(small: dict[str, Any]) -> None:
    draw("run", small)
    before = Path("run/image.png").stat().st_mtime_ns
    again = draw("run", small)
    assert [type(e) for e in again] == [Opened, Saved]
    assert [type(e) for e in vqclip.resume("run")] == [Opened, Saved]
    assert Path("run/image.png").stat().st_mtime_ns == before


@pytest.mark.slow
def test_the_same_run_without_a_seed_goes_on_with_the_seed_that_was_drawn(call: Any, small: dict[str, Any]) -> None:
    steps = iter([None, signal.SIGTERM])
    with pytest.raises(Interrupted):
        list(vqclip.generate("a red apple", output="run", stop=lambda: next(steps), **small))
    seed = directory.read_manifest(Path("run")).settings.seed
    opened, *_ = list(vqclip.generate("a red apple", output="run", **small))
    assert isinstance(opened, Opened)
    assert (opened.seed, opened.step, opened.finished) == (seed, 2, False)
    opened, _ = list(vqclip.generate("a red apple", output="run", **small))
    assert isinstance(opened, Opened)
    assert (opened.seed, opened.finished) == (seed, True)
    told = call("resume", "run")
    assert (told.out.strip(), "already finished" in told.err) == (str(Path("run/image.png").absolute()), True)
    with pytest.raises(OutputError, match="other settings"):
        vqclip.generate("a blue car", output="run", **small)
    list(vqclip.generate("a red apple", output="run", overwrite=True, **{**small, "iterations": 0}))
    assert directory.read_manifest(Path("run")).settings.seed != seed, "another picture is drawn when it is replaced"


@pytest.mark.slow
def test_a_run_that_drew_nothing_is_not_in_the_way(small: dict[str, Any]) -> None:
    Path("bad.safetensors").write_bytes(b"not a model")
    Path("bad.yaml").write_bytes(Path(registry.find_vqgan("tiny").config).read_bytes())
    with pytest.raises(ModelError):
        draw("run", small, vqgan="bad.safetensors", preset="normal")
    assert directory.read_manifest(Path("run")).status == "failed"
    draw("run", small)
    assert directory.read_manifest(Path("run")).status == "finished"


@pytest.mark.slow
def test_another_run_is_never_overwritten_unasked(small: dict[str, Any]) -> None:
    draw("run", small)
    kept = Path("run/image.png").read_bytes()
    with pytest.raises(OutputError, match="holds a run with other settings") as caught:
        draw("run", small, seed=6)
    assert caught.value.hint.endswith('or replace it with overwrite=True. Continue with: vqclip.resume("run")')
    assert Path("run/image.png").read_bytes() == kept
    draw("run", small, seed=6, overwrite=True)
    assert Path("run/image.png").read_bytes() != kept
    Path("mine").mkdir()
    Path("mine/image.png").write_text("my own")
    with pytest.raises(OutputError, match="holds pictures of another run"):
        draw("mine", small)


@pytest.mark.slow
def test_a_stop_keeps_the_step_and_resume_ends_the_same(small: dict[str, Any]) -> None:
    draw("whole", small, iterations=6)
    asked = iter([None, None, signal.SIGTERM])
    with pytest.raises(Interrupted, match="stopped at step 3 of 6") as caught:
        draw("run", small, iterations=6, stop=lambda: next(asked))
    assert caught.value.exit_code == 143
    assert 'vqclip.resume("' in caught.value.hint
    assert json.loads(Path("run/run.json").read_text())["status"] == "interrupted"
    assert not Path("run/image.png").exists()
    assert not Path("run/video.mp4").exists(), "a kill comes soon after SIGTERM: there is no time to encode"
    events = list(vqclip.resume("run"))
    opened = events[0]
    assert isinstance(opened, Opened)
    assert opened.step == 3
    assert Path("run/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    assert Path("run/video.mp4").read_bytes() == Path("whole/video.mp4").read_bytes()
    assert Path("run/metrics.jsonl").read_text() == Path("whole/metrics.jsonl").read_text()


@pytest.mark.slow
def test_a_loop_that_is_left_at_the_last_event_leaves_a_finished_run(small: dict[str, Any]) -> None:
    for output, kind, status in (("whole", "image", "finished"), ("part", "frame", "interrupted")):
        events = vqclip.generate("a red apple", seed=1, output=output, **small)
        for event in events:
            if isinstance(event, Saved) and event.kind == kind:
                break
        events.close()
        assert json.loads(Path(output, "run.json").read_text())["status"] == status


@pytest.mark.slow
def test_fault_42_missing_frames_and_damaged_snapshots_are_survived(small: dict[str, Any]) -> None:
    draw("whole", small, iterations=6)
    asked = iter([None, None, None, None, signal.SIGINT])
    with pytest.raises(Interrupted):
        draw("run", small, iterations=6, snapshot_every=2, stop=lambda: next(asked))
    assert Path("run/video.mp4").stat().st_size > 0, "of the frames so far"
    Path("run/frames/00001.png").unlink()
    first = Path("run/frames/00000.png")
    first.write_bytes(first.read_bytes()[:-4])
    middle = bytearray(Path("run/frames/00002.png").read_bytes())
    middle[len(middle) // 2] ^= 255
    Path("run/frames/00002.png").write_bytes(middle)
    newest = sorted(Path("run/state").iterdir())[-1]
    newest.write_bytes(newest.read_bytes()[:100])
    events = list(vqclip.resume("run"))
    warnings = " ".join(e.message for e in events if isinstance(e, Warned))
    assert "is damaged" in warnings
    assert "3 frame(s)" in warnings
    assert Path("run/image.png").read_bytes() == Path("whole/image.png").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("length", [None, 0, 90, -1])
def test_fault_42_a_finished_run_without_its_whole_picture_is_not_finished(
    small: dict[str, Any], length: int | None
) -> None:
    draw("run", small)
    picture = Path("run/image.png")
    whole = picture.read_bytes()
    for finished in (False, True):
        if not finished:
            picture.unlink() if length is None else picture.write_bytes(whole[:length])
        events = list(vqclip.resume("run"))
        (opened,) = [event for event in events if isinstance(event, Opened)]
        said = [e.message for e in events if isinstance(e, Warned) and "missing or incomplete" in e.message]
        assert (opened.finished, len(said)) == (finished, not finished)
        assert picture.read_bytes() == whole


def test_fault_42_another_model_is_refused(small: dict[str, Any]) -> None:
    with pytest.raises(Interrupted):
        draw("run", small, stop=lambda: signal.SIGINT)
    path = Path("run/run.json")
    manifest = json.loads(path.read_text())
    manifest["models"]["tiny"] = "0" * 64
    path.write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match="the model tiny has changed") as caught:
        list(vqclip.resume("run"))
    assert caught.value.exit_code == 3


def test_inputs_are_refused_before_anything_is_written(small: dict[str, Any], isolated: Path) -> None:
    with pytest.raises(UsageError, match="prompt is empty"):
        draw("run", small, prompt=" ")
    with pytest.raises(InputError):
        draw("run", small, init_image="nowhere.png")
    with pytest.raises(ModelError):
        draw("run", small, vqgan="nowhere.ckpt")
    with pytest.raises(UsageError, match="device 'gpu' is unknown"):
        draw("run", small, device="gpu")
    assert not (isolated / "run").exists()


@pytest.mark.slow
def test_a_long_prompt_says_what_is_not_seen(small: dict[str, Any]) -> None:
    events = draw(None, small, prompt="an apple " * 60 + "zebra")  # type: ignore[arg-type]
    warned = [e.message for e in events if isinstance(e, Warned)]
    assert warned
    assert "zebra" in warned[0]


@pytest.mark.slow
def test_several_perceptors_and_an_init_picture(small: dict[str, Any]) -> None:
    Image.new("RGB", (40, 20), (200, 20, 20)).save("start.png")
    events = draw("run", small, clip=["tiny", "tiny:0.5"], init_image="start.png", init_weight=1.0)
    rows = list(reading.json_lines(Path("run/metrics.jsonl"), 10**6))
    assert all("init" in row for row in rows)
    assert json.loads(Path("run/run.json").read_text())["settings"]["init_image"] == str(Path("start.png").absolute())
    assert isinstance(events[-1], Saved)


def _run(output: str, small: dict[str, Any], again: bool) -> None:
    for _ in vqclip.resume(output) if again else vqclip.generate("a red apple", output=output, seed=5, **small):
        pass


def test_folders_that_a_kill_left_empty_are_no_run(small: dict[str, Any]) -> None:
    Path("run/frames").mkdir(parents=True)
    Path("run/state").mkdir()
    list(vqclip.generate("a red apple", output="run", seed=1, **small))
    assert Path("run/image.png").is_file()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_fault_38_a_killed_run_resumes_to_the_same_picture(small: dict[str, Any], isolated: Path) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "av", "vqclip.api", "vqclip.synthesis.loop", "vqclip.runs.recorder"])
    small |= {"iterations": 6, "snapshot_every": 2, "stages": 2, "save_every": 1}
    began = time.monotonic()
    whole = context.Process(target=_run, args=("whole", small, False))
    whole.start()
    whole.join()
    began = time.monotonic()
    _timed = context.Process(target=_run, args=("timed", small, False))
    _timed.start()
    _timed.join()
    seconds = time.monotonic() - began
    expected = Path("whole/image.png").read_bytes()
    assert Path("timed/image.png").read_bytes() == expected
    moments = random.Random(38)
    killed = 0
    for number in range(20):
        output = f"run{number}"
        for again in range(1 + number % 2):
            process = context.Process(target=_run, args=(output, small, bool(again)))
            process.start()
            process.join(moments.uniform(0.1, 1.0) * seconds)
            if process.is_alive():
                killed += 1
            process.kill()
            process.join()
            if not (Path(output) / "run.json").exists():
                break
        # A kill before run.json leaves nothing to resume: the same command begins again.
        begun = (Path(output) / "run.json").exists()
        last = context.Process(target=_run, args=(output, small, begun))
        last.start()
        last.join()
        assert last.exitcode == 0, number
        assert (Path(output) / "image.png").read_bytes() == expected, number
        assert directory.read_manifest(Path(output)).status == "finished"
        leftovers = [p.name for p in Path(output).rglob("*") if p.name.startswith(files.PART_PREFIX)]
        assert leftovers == [], number
    assert killed >= 15


def test_the_public_names_are_lazy() -> None:
    assert vqclip.generate is api.generate
    assert vqclip.__version__
    assert "generate" in dir(vqclip)
    with pytest.raises(AttributeError):
        _ = vqclip.nonsense


@pytest.mark.slow
def test_fault_47_a_run_holds_no_frame_that_is_written(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[weakref.ref[Any]] = []
    alive: list[int] = []
    whole = images.save_png

    def save(path: Path, pixels: Any, *rest: Any) -> None:
        alive.append(sum(picture() is not None for picture in handed))
        handed.append(weakref.ref(pixels))
        whole(path, pixels, *rest)

    monkeypatch.setattr(images, "save_png", save)
    few = {"size": "32x32", "iterations": 12, "stages": 1, "init": "tokens", "cutouts": 2}
    for _ in vqclip.generate("a red apple", seed=1, output="run", save_every=1, **few):
        pass
    assert len(handed) >= 13
    assert max(alive) <= 2, "of all frames, the last one at most"

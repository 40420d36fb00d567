"""When a run ends before its last step, and what it leaves then."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import files
from vqclip.events import CandidateScored, Finished, StageStarted, Stepped, Warned
from vqclip.runs import directory
from vqclip.settings.schema import Settings
from vqclip.synthesis.progress import Progress


def fed(losses: list[float], scores: list[float] | None = None, **known: Any) -> Progress:
    settings = Settings(**{"patience": 3, "auto_stop": True, **known}).validate()
    progress = Progress(settings)
    for loss, score in zip(losses, scores or [0.0] * len(losses), strict=True):
        # Every step goes through the numbers, as for a run that is killed at each.
        progress = Progress(settings, json.loads(json.dumps(progress.numbers)))
        progress.add(loss, score)
    return progress


@pytest.mark.option("min_gain")
def test_a_loss_stands_still_when_a_block_gains_less_than_its_share() -> None:
    assert fed([1.0] * 5).stopped_by == "", "two blocks are needed"
    assert fed([1.0] * 6).stopped_by == "auto_stop"
    assert fed([1.0, 1.2, 0.8, 0.9, 1.0, 0.8]).stopped_by == "", "noise around a falling mean is no halt"
    assert fed([-1.0] * 3 + [-1.2] * 3).stopped_by == ""
    assert fed([1.0] * 3 + [0.95] * 3, min_gain=0.1).stopped_by == "auto_stop"
    assert fed([1.0] * 6, auto_stop=False, learning_rate_plateau=0.5).stopped_by == ""


@pytest.mark.option("learning_rate_plateau")
def test_each_halt_lowers_the_learning_rate() -> None:
    known = {"auto_stop": False, "learning_rate_plateau": 0.5}
    factors = [fed([1.0] * count, **known).factor for count in (3, 6, 9, 12)]
    assert factors == [1.0, 0.5, 0.25, 0.125]
    assert fed([1.0] * 3 + [0.5] * 3, **known).factor == 1.0


@pytest.mark.option("until_score")
def test_a_run_ends_when_its_picture_has_the_score() -> None:
    known = {"auto_stop": False, "patience": 50, "until_score": 0.3}
    assert fed([0.0] * 5, [0.1, 0.1, 0.1, 0.1, 0.2], **known).stopped_by == ""
    assert fed([0.0] * 5, [0.1, 0.1, 0.1, 0.1, 0.35], **known).stopped_by == "until_score"


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock on which every question takes a second."""
    now = [0.0]

    def tick() -> float:
        now[0] += 1.0
        return now[0]

    monkeypatch.setattr("vqclip.runs.directory.monotonic", tick)
    return now


ENDS: dict[str, dict[str, Any]] = {
    "auto_stop": {"auto_stop": True, "patience": 1, "min_gain": 1.0},
    "until_score": {"until_score": -1.0},
    "max_seconds": {"max_seconds": 7.0},
}


@pytest.mark.slow
@pytest.mark.option("until_score", "max_seconds")
@pytest.mark.parametrize("reason", ENDS)
def test_a_run_that_ends_early_is_finished_and_says_why(
    call: Any, small: dict[str, Any], slow_clock: list[float], reason: str
) -> None:
    flags = []
    for name, value in (small | {"iterations": 300} | ENDS[reason]).items():
        dashed = name.replace("_", "-")
        flags += [f"--{dashed}"] if value is True else [f"--{dashed}={value}"]
    answer = call("generate", "a red apple", *flags, "--seed=1", "-o", "run", "--json")
    assert answer.code == 0
    result = answer.lines[-1]
    manifest = directory.read_manifest(Path("run"))
    assert (manifest.status, manifest.stopped_by, result["stopped_by"]) == ("finished", reason, reason)
    assert 1 <= manifest.step < 10
    assert result["steps"] == manifest.step
    rows = Path("run/metrics.jsonl").read_text().splitlines()
    assert len(rows) == manifest.step
    last = sorted(Path("run/frames").iterdir())[-1]
    assert np.array_equal(np.asarray(Image.open(last)), np.asarray(Image.open("run/image.png")))
    assert Path("run/video.mp4").stat().st_size > 0
    assert json.loads(call("info", "run/image.png", "--json").out)["metadata"]["vqclip"]["steps"] == manifest.step
    again = call("generate", "a red apple", *flags, "--seed=1", "-o", "run")
    assert again.code == 0, "the same command leaves a finished run alone"
    assert "loss" not in again.err
    assert directory.read_manifest(Path("run")).step == manifest.step


def test_time_that_ends_in_an_early_stage_leaves_a_picture_of_the_full_size(
    small: dict[str, Any], slow_clock: list[float]
) -> None:
    known = small | {"stages": 3, "iterations": 40, "size": "64x32", "max_seconds": 4.0, "init": "spot"}
    events = list(vqclip.generate("a red apple", seed=1, **known))
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.stopped_by == "max_seconds"
    assert last.step < 10
    assert last.image().shape == (32, 64, 3)
    assert [event.stage for event in events if isinstance(event, StageStarted)] == [1, 2, 3]


@pytest.mark.slow
def test_what_time_ends_early_is_gone_on_with_at_its_full_size(
    small: dict[str, Any], slow_clock: list[float]
) -> None:
    known = small | {"stages": 2, "iterations": 40, "size": "64x32", "max_seconds": 4.0, "snapshot_every": 1}
    list(vqclip.generate("a red apple", seed=1, output="run", **known))
    assert directory.read_manifest(Path("run")).stopped_by == "max_seconds"
    for event in vqclip.continue_run("run", iterations=0, max_seconds=100):
        if isinstance(event, Finished):
            assert np.array_equal(event.image(), np.asarray(Image.open("run/image.png")))


@pytest.mark.slow
def test_time_is_that_of_all_starts_and_the_best_of_them(
    small: dict[str, Any], slow_clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vqclip.runs.session.time.monotonic", lambda: 20 * slow_clock[0])
    known = small | {"stages": 2, "iterations": 8, "size": "64x32", "max_seconds": 4.0, "init": "spot"}
    known |= {"best_of": 2, "best_of_share": 0.25, "snapshot_every": 1}
    for output in (None, "run"):
        events = list(vqclip.generate("a red apple", seed=1, output=output, **known))
        tried = [event for event in events if isinstance(event, CandidateScored)]
        last = next(event for event in events if isinstance(event, Finished))
        assert len(tried) == 2, "time ends no start"
        assert (last.stopped_by, last.step) == ("max_seconds", 2), "what they took is spent"


@pytest.mark.slow
def test_seconds_of_earlier_sessions_count(small: dict[str, Any], slow_clock: list[float]) -> None:
    known = small | {"iterations": 300, "max_seconds": 20.0, "snapshot_every": 1}
    for event in vqclip.generate("a red apple", seed=1, output="run", **known):
        if isinstance(event, Stepped) and event.step == 2:
            break
    manifest = json.loads(Path("run/run.json").read_text())
    assert 0 < manifest["seconds"] < 20
    files.write_json(Path("run/run.json"), manifest | {"seconds": 15.0})
    list(vqclip.resume("run"))
    after = directory.read_manifest(Path("run"))
    assert after.stopped_by == "max_seconds"
    assert after.step < 10, "a fresh count would come to more"
    told = [event.message for event in vqclip.rerun("run", iterations=0) if isinstance(event, Warned)]
    assert any("within 20 seconds" in message for message in told)


@pytest.mark.option("auto_stop")
def test_a_halt_ends_only_the_last_stage(small: dict[str, Any]) -> None:
    known = small | {"stages": 2, "iterations": 10, "init": "spot", **ENDS["auto_stop"]}
    *_, last = vqclip.generate("a red apple", seed=1, **known)
    assert isinstance(last, Finished)
    assert (last.stopped_by, last.step) == ("auto_stop", 6)


@pytest.mark.slow
@pytest.mark.option("learning_rate_plateau", "patience")
def test_a_killed_run_ends_at_the_step_where_an_unbroken_one_ends(small: dict[str, Any]) -> None:
    known = small | {
        "iterations": 5,
        "snapshot_every": 1,
        "learning_rate_plateau": 0.5,
        "patience": 2,
        "min_gain": 0.9,
        "optimiser": "nadam",
    }
    list(vqclip.generate("a red apple", seed=1, output="whole", **known))
    for event in vqclip.generate("a red apple", seed=1, output="killed", **known):
        if isinstance(event, Stepped) and event.step == 4:
            break
    list(vqclip.resume("killed"))
    assert Path("killed/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    rows = [json.loads(line) for line in Path("killed/metrics.jsonl").read_text().splitlines()]
    assert Path("killed/metrics.jsonl").read_text() == Path("whole/metrics.jsonl").read_text()
    assert len(rows) == 5
    halved = [row["learning_rate"] for row in rows]
    assert halved[4] < 0.6 * halved[3], "the rate falls after the second block"

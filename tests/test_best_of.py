"""--best-of: the judged best of several starts goes on, and is then the run of its own seed and nothing else."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import api
from vqclip.errors import Interrupted, OutputError
from vqclip.events import CandidateScored, Chosen, Finished, Saved, Started, Stepped
from vqclip.runs import best_of, directory
from vqclip.settings.schema import Settings

FEW = {"size": "32x32", "iterations": 5, "stages": 2, "init": "tokens", "cutouts": 2, "save_every": 2,
       "snapshot_every": 2, "threads": 1, "dtype": "float32"}  # fmt: skip
BEST = {"best_of": 3, "best_of_share": 0.5, "seed": 7}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Any]]:
    """An unbroken run that chose among three starts, and its events."""
    folder = tmp_path_factory.mktemp("starts") / "whole"
    return folder, list(vqclip.generate("a red apple", output=folder, **BEST, **FEW))


def chosen_of(events: list[Any]) -> Chosen:
    (found,) = [event for event in events if isinstance(event, Chosen)]
    return found


@pytest.mark.slow
@pytest.mark.option("best_of", "best_of_share")
def test_the_best_start_goes_on_as_the_run_of_its_seed(whole: Any) -> None:
    best, events = whole
    tried = [event for event in events if isinstance(event, CandidateScored)]
    assert [(e.number, e.count, e.seed) for e in tried] == [(1, 3, 7), (2, 3, 8), (3, 3, 9)]
    chosen = chosen_of(events)
    assert (chosen.loss, chosen.score) == min((e.loss, e.score) for e in tried)
    record = json.loads((whole[0] / "starts.json").read_text())
    assert list(record["scores"].values()) == [e.score for e in tried]
    assert len({e.loss for e in tried}) == 3
    assert [e.step for e in events if isinstance(e, (Started, Stepped))] == [3, 4, 5], "half of 5 steps, rounded up"
    list(vqclip.generate("a red apple", output="alone", seed=chosen.seed, **FEW))
    for name in ("image.png", "metrics.jsonl", *(f"frames/{number:05d}.png" for number in range(4))):
        assert (best / name).read_bytes() == Path("alone", name).read_bytes(), name
    assert (best / "video.mp4").is_file()
    assert directory.read_manifest(best).settings == directory.read_manifest(Path("alone")).settings
    assert len(list((best / "starts").iterdir())) == 3
    assert Image.open(best / "starts.png").width >= 3 * 96


@pytest.mark.slow
def test_without_files_the_same_start_is_chosen(whole: Any) -> None:
    events = list(vqclip.generate("a red apple", **BEST, **FEW))
    assert chosen_of(events) == chosen_of(whole[1])
    (last,) = [event for event in events if isinstance(event, Finished)]
    assert np.array_equal(last.image(), np.asarray(Image.open(whole[0] / "image.png")))
    assert list(Path().iterdir()) == []


def test_a_start_is_judged_by_its_picture(pair: Any) -> None:
    from vqclip.runs.loading import Models

    vqgan, targets_of = pair
    models = Models(vqgan, targets_of("a red apple"), None, None, [])
    red = np.full((32, 32, 3), (220, 30, 30), dtype=np.uint8)
    blue = np.full((32, 32, 3), (30, 30, 220), dtype=np.uint8)
    settings = Settings(prompt="red", seed=1)
    other = Settings(prompt="blue", seed=1)
    assert best_of.rank_loss(red, models, settings) < best_of.rank_loss(blue, models, settings)
    models = Models(vqgan, targets_of("blue"), None, None, [])
    assert best_of.rank_loss(red, models, other) > best_of.rank_loss(blue, models, other)


@pytest.mark.slow
@pytest.mark.parametrize("at", [2, 6, 10])
def test_wherever_it_is_stopped_it_ends_the_same(call: Any, whole: Any, at: int) -> None:
    asked = 0

    def stop() -> int | None:
        nonlocal asked
        asked += 1
        return signal.SIGTERM if asked == at else None

    with pytest.raises(Interrupted) as told:
        list(vqclip.generate("a red apple", output="broken", stop=stop, **BEST, **FEW))
    assert told.value.hint.endswith('/broken")'), "never the folder of a single start"
    assert directory.read_manifest(Path("broken")).status == "interrupted"
    answer = call("resume", "broken", "--json")
    assert answer.code == 0, answer.err
    for name in ("image.png", "metrics.jsonl", "starts.json", "starts.png"):
        assert Path("broken", name).read_bytes() == (whole[0] / name).read_bytes(), name


@pytest.mark.slow
def test_a_kill_while_the_best_start_is_taken_over_loses_nothing(whole: Any, isolated: Path) -> None:
    shutil.copytree(whole[0], "killed")
    best, manifest = str(chosen_of(whole[1]).number), directory.read_manifest(whole[0])
    asked = manifest.settings.replace(**BEST)
    with directory.open_run(Path("killed")) as run:
        run.write(replace(manifest, settings=asked, status="running", step=0))
        for path in (*run.state.iterdir(), run.image, *run.directory.glob("video.*")):
            path.unlink(missing_ok=True)
        # One of the start's snapshots is here already, the others are not.
        first = sorted((run.directory / "starts" / best / "state").iterdir())[0]
        shutil.copy(first, run.state / first.name)
    list(vqclip.resume("killed"))
    for name in ("image.png", "metrics.jsonl"):
        assert Path("killed", name).read_bytes() == (whole[0] / name).read_bytes(), name


@pytest.mark.slow
def test_the_same_command_again_draws_nothing_and_another_is_refused(whole: Any) -> None:
    shutil.copytree(whole[0], "best")
    again = list(vqclip.generate("a red apple", output="best", **BEST, **FEW))
    assert [type(event).__name__ for event in again] == ["Opened", "Saved"]
    unseeded = {name: value for name, value in BEST.items() if name != "seed"}
    again = list(vqclip.generate("a red apple", output="best", **unseeded, **FEW))
    assert [type(event).__name__ for event in again] == ["Opened", "Saved"], "no seed means the one that was drawn"
    with pytest.raises(OutputError, match="other settings"):
        vqclip.generate("a red apple", output="best", **{**BEST, "best_of": 4}, **FEW)
    events = list(vqclip.generate("a red apple", output="best", overwrite=True, **{**BEST, "best_of": 2}, **FEW))
    assert sum(isinstance(event, CandidateScored) for event in events) == 2
    assert sorted(path.name for path in Path("best/starts").iterdir()) == ["1", "2"]


@pytest.mark.slow
def test_another_start_can_be_gone_on_with(whole: Any) -> None:
    shutil.copytree(whole[0], "best")
    events = whole[1]
    other = next(e for e in events if isinstance(e, CandidateScored) and e.number != chosen_of(events).number)
    ended = list(api.resume(Path("best/starts", str(other.number))))
    assert isinstance(ended[-1], Saved)
    list(vqclip.generate("a red apple", output="alone", seed=other.seed, **FEW))
    picture = Path("best/starts", str(other.number), "image.png").read_bytes()
    assert picture == Path("alone/image.png").read_bytes()


def test_the_share_of_the_steps_is_as_documented() -> None:
    def steps(iterations: int, share: float) -> int:
        return best_of.steps_of(Settings(iterations=iterations, best_of=2, best_of_share=share))

    assert [steps(300, 0.1), steps(5, 0.1), steps(5, 0), steps(0, 0.5), steps(7, 1)] == [30, 1, 0, 0, 7]


@pytest.mark.slow
@pytest.mark.parametrize(("share", "iterations"), [(0.0, 1), (1.0, 1)])
def test_starts_of_no_steps_and_of_all_steps_are_starts_too(isolated: Path, share: float, iterations: int) -> None:
    few = {**FEW, "stages": 1, "iterations": iterations}
    events = list(vqclip.generate("x", output="best", best_of=2, best_of_share=share, seed=3, **few))
    list(vqclip.generate("x", output="alone", seed=chosen_of(events).seed, **few))
    assert Path("best/image.png").read_bytes() == Path("alone/image.png").read_bytes()


@pytest.mark.slow
def test_the_command_line_tells_which_start_is_the_best(call: Any, isolated: Path) -> None:
    flags = ["--size", "32x32", "-n", "1", "--stages", "1", "--init", "tokens", "--cutouts", "2", "--seed", "3"]
    answer = call("generate", "x", "--best-of", "2", "-o", "run", *flags)
    assert answer.code == 0, answer.err
    assert "start 2 of 2: seed 4, score " in answer.err
    assert " of 2 is the best; continuing with seed " in answer.err
    idle = call("generate", "x", "--best-of-share", "0.3", *flags)
    assert (idle.code, "best_of_share has no effect on a single start" in idle.err) == (2, True)

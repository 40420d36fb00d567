"""The clock of the races: what is kept when, that keeping is not counted, and who is ahead."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import battery, judges, races
from benchmarks.quality import verdicts
from vqclip.events import Finished, Stepped
from vqclip.media import images


class Clock:
    """A clock that goes on when a step is taken and when a picture is asked for."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pictures(self, cost: float) -> Any:
        def image() -> np.ndarray:
            self.now += cost
            return np.zeros((8, 8, 3), np.uint8)

        return image

    def steps(self, count: int, seconds: float, cost: float) -> Any:
        def state() -> Any:
            raise AssertionError("no state is asked for")

        image = self.pictures(cost)
        for step in range(1, count + 1):
            self.now += seconds
            yield Stepped(step, count, 1, 0.5, {}, 0.5, 0.1, image, state)
        yield Finished(count, 0.5, image, state)


def test_a_picture_is_kept_after_each_mark_and_at_the_end_and_keeping_is_not_counted() -> None:
    clock = Clock()
    kept = races.watch(clock.steps(10, 0.3, cost=5.0), Path("run"), (1.0, 2.0, 30.0), clock)
    assert [when for when, _ in kept] == [pytest.approx(1.2), pytest.approx(2.1), pytest.approx(3.0)]
    assert [Path("run", name).is_file() for _, name in kept] == [True] * 3


def test_a_slow_step_that_passes_two_marks_keeps_one_picture() -> None:
    clock = Clock()
    kept = races.watch(clock.steps(2, 5.0, cost=0.0), Path("run"), (1.0, 2.0, 4.0), clock)
    assert [when for when, _ in kept] == [5.0, 10.0]


def test_between_two_moments_the_earlier_picture_stands() -> None:
    run = races.Run("no-prior", "cat", 1, ((1.2, "00.png"), (2.5, "01.png")))
    assert [run.at(seconds) for seconds in (1.0, 1.2, 2.0, 3.0, float("inf"))] == [
        None, "00.png", "00.png", "01.png", "01.png",
    ]  # fmt: skip


def test_a_picture_that_comes_a_moment_after_a_mark_counts_for_it() -> None:
    run = races.Run("no-prior", "cat", 1, ((1.04, "00.png"), (2.2, "01.png")))
    assert [run.at(1.0), run.at(2.0)] == ["00.png", "00.png"]
    assert run.end == 2.2


def test_no_mark_is_judged_after_the_last_run_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(races, "standing", lambda judge, runs, seconds, root: races.Standing((seconds,), (0,)))
    runs = [
        races.Run("no-prior", "cat", seed, ((1.0, "00.png"), (end, "01.png"))) for seed, end in ((1, 3.0), (2, 5.0))
    ]
    assert list(races.standings(None, runs, Path())) == [1.0, 2.0, 4.0, races.END]  # type: ignore[arg-type]


def test_the_head_start_is_the_first_mark_that_reaches_where_the_peer_ends() -> None:
    curve = {1.0: 0.1, 2.0: 0.3, 4.0: 0.35}
    assert races.head_start(curve, goal=0.25, end=20.0) == 10.0
    assert races.head_start(curve, goal=0.4, end=20.0) is None


def test_a_race_is_run_once_and_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        races.RECIPES, "short", {**races.RECIPES["no-prior"], "stages": 1, "iterations": 1, "cutouts": 2}
    )
    first = races.race("short", "cat", 1, "32x32", Path("out"))
    assert first.moments
    before = Path("out/00.png").stat().st_mtime_ns
    assert races.race("short", "cat", 1, "32x32", Path("out")) == first
    assert Path("out/00.png").stat().st_mtime_ns == before


def test_what_a_technique_gives_is_the_mean_difference_to_the_same_runs_without_it() -> None:
    ours, without = races.Standing((0.5, 0.7), (0, 3)), races.Standing((0.3, 0.7), (1, 15))
    told = {name: measure.median for name, measure in races.gain(ours, without).items()}
    assert told["gain"] == pytest.approx(0.1)
    assert told["error of gain"] == pytest.approx(0.1)
    assert told["gain in rank"] == pytest.approx(1.5)  # rank 1 for 2, and 4 for 16


def test_a_chart_follows_each_whole_recipe_to_its_end() -> None:
    low, high = races.Standing((0.0, 0.5), (4, 9)), races.Standing((0.5, 1.0), (0, 1))
    curve = {1.0: low, 2.0: high, 4.0: high, races.END: high}
    (chart,) = races.charts({"patches": {"no-prior": curve, "no ema": curve}}, {"no-prior": 2.5, "no ema": 2.4})
    assert chart.title == "judge patches"
    assert chart.lines == {"no-prior": [(1.0, 0.25), (2.0, 0.75), (2.5, 0.75)]}


def test_a_recipe_that_leaves_a_technique_out_differs_from_ours_in_what_is_drawn() -> None:
    from vqclip.settings import sources

    def settings_of(name: str) -> Any:
        return sources.resolve({"prompt": "cat", "seed": 1, **races.RECIPES[name]}, environment={}).settings

    ours = settings_of(races.OURS)
    less = [name for name in races.RECIPES if name.startswith(races.LESS)]
    assert len(less) >= 8
    assert all(settings_of(name) != ours for name in less)


@pytest.mark.slow
def test_every_recipe_has_valid_settings() -> None:
    import vqclip

    for name, settings in races.RECIPES.items():
        vqclip.generate("cat", **settings)  # refused at once where it could not be meant
        assert name


def test_a_standing_judges_what_each_run_had_by_then() -> None:
    torch.manual_seed(0)
    judge = judges.Judge("convolutions", judges.tokenizer().vocab_size).eval()
    runs = [races.Run("no-prior", prompt, 1, ((1.0, "00.png"),)) for prompt in battery.PROMPTS[:2]]
    for number, run in enumerate(runs):
        folder = races.folder_of(Path("out"), run.recipe, run.prompt, run.seed)
        folder.mkdir(parents=True)
        images.save_png(folder / "00.png", np.full((64, 64, 3), 90 * number, np.uint8))
    assert races.standing(judge, runs, 0.5, Path("out")) is None, "nothing is there yet"
    found = races.standing(judge, runs, 2.0, Path("out"))
    assert found is not None
    assert len(found.similarity) == len(found.ranks) == 2
    assert all(-1 <= value <= 1 for value in found.similarity)
    assert set(found.measures()) == {"similarity", "standard error", "R@1", "R@5", "median rank"}


@pytest.mark.slow
def test_every_judge_of_the_panel_sees_nothing_in_random_codes(pair: Any) -> None:
    vqgan, _ = pair
    codes = torch.randint(vqgan.n_embed, (8, 8, 8), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        pictures = vqgan.decode(vqgan.lookup(codes)).clamp(0, 1)
    truth = list(range(8))
    for kind, judge in judges.panel().items():
        texts = judge.texts(judges.encode(judges.tokenizer(), battery.candidates()))
        assert (judge.scores(pictures, texts).argmax(1) == battery.CANDIDATES).all(), kind
        assert min(verdicts(judge, pictures, truth)) > 0


def test_a_folder_without_judges_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No judge is in"):
        judges.panel(tmp_path)

"""Measure how good a picture is after how many seconds, by judges that no loss uses.

    python -m benchmarks.races --output DIR [--size 128x128] [--seeds 3] [--every 4] [--recipes NAME ...]
        [--plot FILE]

Runs every recipe of RECIPES on the battery with the bundled models. Keeps the picture of the first step after each
mark of TIMES, and the last one; the judges score them afterwards. The clock is stopped while a picture is kept.
Reports for each recipe the mean similarity to the prompt and its rank among 200 at each mark, how soon ours reaches
the peer's final score, and what each technique gives: the final difference from the run of the same prompt and seed
without it (recipes whose name starts with "no"). Runs that exist already are not repeated. Recipes take turns, so
that other work on the machine slows all of them equally.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import vqclip
from benchmarks import battery, judges
from benchmarks.plot import Chart, save
from benchmarks.quality import shown, verdicts
from benchmarks.records import Measure, Record, Result, machine
from vqclip.events import Finished, Stepped
from vqclip.media import images

#: Seconds after which a picture is kept; about the half of each other.
TIMES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
END = float("inf")
#: A picture counts for a mark if it came no later than this share of it: the step that was under way is let end.
_LATE = 0.05
PEER, OURS = "nerdyrodent", "vqclip"
#: How the name of a recipe begins that is ours less one technique.
LESS = "no "
_PLAIN: dict[str, Any] = {"preset": "no-prior", "init": "tokens", "stages": 1, "pixel_steps": 0.0}
#: The field's recipes on the built-in pair, in their authors' numbers (the presets say which), and ours.
RECIPES: dict[str, dict[str, Any]] = {
    PEER: {
        **_PLAIN, "iterations": 500, "cutouts": 32, "cut_method": "pooled", "learning_rate": 0.1,
        "learning_rate_end": 1.0, "ema": 0.0,
    },
    "crowson": {
        **_PLAIN, "iterations": 500, "cutouts": 32, "cut_method": "crowson", "learning_rate": 0.1,
        "learning_rate_end": 1.0, "ema": 0.0,
    },
    "smart": {**_PLAIN, "iterations": 300, "cutouts": 16, "cut_method": "smart", "learning_rate": 0.1, "ema": 0.99},
    "no-prior": {"preset": "no-prior"},
    OURS: {},
    "upsampled": {"upsample_candidates": 8},
    # Ours, less one of its techniques.
    "no candidates": {"candidates": 1},
    "no pixel steps": {"pixel_steps": 0},
    "no stages": {"stages": 1},
    "no edges": {"stage_upsampling": "pixels"},
    "no ema": {"ema": 0},
    "no cosine": {"learning_rate_end": 1},
    "no gentleness": {"learning_rate": 0.15},
    "no smart cutouts": {"cut_method": "pooled"},
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One picture on its way. moments: (seconds, file name) in order; the last is the end."""

    recipe: str
    prompt: str
    seed: int
    moments: tuple[tuple[float, str], ...]

    def at(self, seconds: float) -> str | None:
        """The picture that there was after so many seconds; the last one from the end on, None before the first."""
        before = [name for when, name in self.moments if when <= seconds * (1 + _LATE)]
        return before[-1] if before else None

    @property
    def end(self) -> float:
        """Seconds that the run took."""
        return self.moments[-1][0]


def watch(
    events: Any, folder: Path, times: Sequence[float], clock: Any = time.perf_counter
) -> list[tuple[float, str]]:
    """Keep the pictures of a run that has just begun; the seconds do not count what keeping them takes."""
    folder.mkdir(parents=True, exist_ok=True)
    begun, stood, due = clock(), 0.0, list(times)
    kept: list[tuple[float, str]] = []
    for event in events:
        now = clock() - begun - stood
        ends = isinstance(event, Finished)
        if not ends and not (isinstance(event, Stepped) and due and now >= due[0]):
            continue
        paused = clock()
        due = [mark for mark in due if mark > now]
        name = f"{len(kept):02d}.png"
        images.save_png(folder / name, event.image())
        kept.append((round(now, 3), name))
        stood += clock() - paused
    return kept


def race(recipe: str, prompt: str, seed: int, size: str, folder: Path) -> Run:
    """Draw a prompt by a recipe, or read what was drawn before."""
    record = folder / "moments.json"
    if not record.exists():
        settings = {**RECIPES[recipe], "size": size}
        moments = watch(vqclip.generate(prompt, seed=seed, **settings), folder, TIMES)
        record.write_text(json.dumps(moments) + "\n")
    return Run(recipe, prompt, seed, tuple((when, name) for when, name in json.loads(record.read_text())))


@torch.no_grad()
def similarities(judge: judges.Judge, pictures: torch.Tensor, truth: Sequence[int]) -> list[float]:
    """The cosine of each picture and its own prompt."""
    texts = judge.texts(judges.encode(judges.tokenizer(), battery.PROMPTS))
    scores = (judge.scores(pictures, texts) + judge.scores(pictures.flip(3), texts)) / 2
    own = scores[torch.arange(len(scores)), torch.tensor(truth)] / judge.log_scale.exp().clamp(max=60.0)
    return own.tolist()


@dataclass(frozen=True)
class Standing:
    """A recipe after some seconds: one value for each run that has a picture by then."""

    similarity: tuple[float, ...]
    ranks: tuple[int, ...]

    @property
    def mean(self) -> float:
        """The mean similarity."""
        return float(np.mean(self.similarity))

    def measures(self) -> dict[str, Measure]:
        """Mean similarity, its standard error over the runs, R@1, R@5 and the median rank (1 is best)."""
        found, ranks = np.array(self.similarity), np.array(self.ranks)
        return {
            "similarity": _rounded(self.mean, "higher"),
            "standard error": _rounded(_error(found)),
            "R@1": Measure((round(float((ranks < 1).mean()), 3),), "", "higher"),
            "R@5": Measure((round(float((ranks < 5).mean()), 3),), "", "higher"),
            "median rank": Measure((float(np.median(ranks)) + 1,), "", "lower"),
        }


Curves = Mapping[str, Mapping[float, Standing]]
"""Standings by seconds by recipe."""


def standings(judge: judges.Judge, runs: Sequence[Run], root: Path) -> dict[float, Standing]:
    """The standing at each of TIMES at which every run has a picture and one goes on, and at END."""
    marks = [seconds for seconds in TIMES if any(run.end > seconds for run in runs)]
    found = {seconds: standing(judge, runs, seconds, root) for seconds in (*marks, END)}
    return {seconds: reached for seconds, reached in found.items() if reached is not None}


def standing(judge: judges.Judge, runs: Sequence[Run], seconds: float, root: Path) -> Standing | None:
    """Judge what each run had after so many seconds; None while one has nothing yet."""
    names = [run.at(seconds) for run in runs]
    if not runs or None in names:
        return None
    paths = [
        folder_of(root, run.recipe, run.prompt, run.seed) / str(name) for run, name in zip(runs, names, strict=True)
    ]
    pictures = torch.cat([shown(path) for path in paths])
    truth = [battery.PROMPTS.index(run.prompt) for run in runs]
    return Standing(tuple(similarities(judge, pictures, truth)), tuple(verdicts(judge, pictures, truth)))


def gain(ours: Standing, without: Standing) -> dict[str, Measure]:
    """What a technique gives: the similarity with it less that without it, of the same prompts and seeds.

    And the same of log2 of the rank, where 1 is a rank that is halved; each with its standard error.
    """
    gains = {
        "gain": np.array(ours.similarity) - np.array(without.similarity),
        "gain in rank": np.log2(np.array(without.ranks) + 1) - np.log2(np.array(ours.ranks) + 1),
    }
    return {name: _rounded(found.mean(), "higher") for name, found in gains.items()} | {
        f"error of {name}": _rounded(_error(found)) for name, found in gains.items()
    }


def _rounded(value: float, better: str = "") -> Measure:
    return Measure((round(float(value), 4),), "", better)


def _error(found: np.ndarray) -> float:
    """The standard error of the mean."""
    return float(found.std(ddof=1) / np.sqrt(len(found))) if len(found) > 1 else 0.0


def folder_of(root: Path, recipe: str, prompt: str, seed: int) -> Path:
    """Where a run keeps its pictures."""
    return root / recipe / f"{prompt.replace(' ', '-')}-{seed}"


def means(curve: Mapping[float, Standing], end: float) -> dict[float, float]:
    """The mean similarity by seconds up to the end, which is given in seconds."""
    until = {seconds: found.mean for seconds, found in curve.items() if seconds < end}
    return until | {end: curve[END].mean}


def head_start(curve: Mapping[float, float], goal: float, end: float) -> float | None:
    """The peer's time over ours: `end` seconds by the first mark at which our curve reaches the goal, if any."""
    reached = [seconds for seconds, value in sorted(curve.items()) if value >= goal]
    return end / reached[0] if reached else None


def charts(judged: Mapping[str, Curves], ends: Mapping[str, float]) -> Iterator[Chart]:
    """By each judge the mean similarity over time, of the field's recipes and of ours.

    judged: the curves by judge. ends: when each recipe ends, in seconds.
    """
    for kind, curves in judged.items():
        lines = {
            recipe: sorted(means(curve, ends[recipe]).items())
            for recipe, curve in curves.items()
            if not recipe.startswith(LESS)
        }
        yield Chart(f"judge {kind}", "seconds", "mean similarity to the prompt", lines, even=True)


def _table(curves: Curves) -> Iterator[tuple[dict[str, Any], dict[str, Measure]]]:
    """Every standing, then what each technique gives at the end."""
    for recipe, curve in curves.items():
        for seconds, found in curve.items():
            yield {"recipe": recipe, "seconds": "end" if seconds == END else seconds}, found.measures()
    for recipe in curves:
        if OURS in curves and recipe.startswith(LESS):
            yield {"recipe": OURS, "compared with": recipe}, gain(curves[OURS][END], curves[recipe][END])


def _told(measures: Mapping[str, Measure]) -> str:
    return " ".join(f"{name} {measure.median:g}" for name, measure in measures.items())


def main() -> None:
    """Run the races, judge them, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judges", type=Path, default=judges.PANEL, help="folder with files of training/judges.py")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES), choices=list(RECIPES))
    parser.add_argument("--size", default="128x128")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--every", type=int, default=4, help="take each n-th prompt of the battery")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="similarity over time, an SVG or PNG picture")
    arguments = parser.parse_args()
    runs: dict[str, list[Run]] = {recipe: [] for recipe in arguments.recipes}
    for seed in range(1, arguments.seeds + 1):
        for prompt in battery.PROMPTS[:: arguments.every]:
            for recipe in arguments.recipes:
                folder = folder_of(arguments.output, recipe, prompt, seed)
                runs[recipe].append(race(recipe, prompt, seed, arguments.size, folder))
    # The median: a run that something else slowed says nothing of its recipe.
    ends = {recipe: float(np.median([run.end for run in found])) for recipe, found in runs.items()}
    results: list[Result] = []
    notes: dict[str, Any] = {f"median seconds of {recipe}": round(end, 2) for recipe, end in ends.items()}
    judged: dict[str, Curves] = {}
    for kind, judge in judges.panel(arguments.judges).items():
        curves = judged[kind] = {recipe: standings(judge, found, arguments.output) for recipe, found in runs.items()}
        for case, measures in _table(curves):
            results.append(Result({**case, "judge": kind}, measures))
            print(f"{results[-1].label}: {_told(measures)}", flush=True)
        if PEER in curves and OURS in curves:
            lead = head_start(means(curves[OURS], ends[OURS]), curves[PEER][END].mean, ends[PEER])
            notes[f"times as soon where the peer ends, by {kind}"] = None if lead is None else round(lead, 2)
            print(f"{kind:13} as good as {PEER}'s last picture: {lead and round(lead, 2)} times as soon", flush=True)
    if arguments.plot:
        save(list(charts(judged, ends)), arguments.plot)
    Record("races", results, machine(), notes).write(arguments.output / "races.json")


if __name__ == "__main__":
    main()

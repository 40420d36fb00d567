"""Measure how good the pictures are: judges that no loss uses rank each prompt among 200, for rows of settings.

    python -m benchmarks.quality --output DIR [--rows prior no-prior both] [--seeds 3]

Draws every prompt of the battery with every seed and row into DIR/ROW, except for pictures that exist already. Judges
all of them, and writes DIR/quality.json, a labelled sheet per row, and a table. `prior` is the prior's best
candidate, `no-prior` starts from a soft spot, `both` is the default, and `upsampled` starts from an upsampled
candidate. `--hues` measures colours instead.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

import vqclip
from benchmarks import battery, judges
from benchmarks.records import Measure, Record, Result, machine
from vqclip.events import Finished
from vqclip.media import images
from vqclip.synthesis import init

ROWS: dict[str, dict[str, Any]] = {
    "prior": {"iterations": 0},
    "no-prior": {"preset": "no-prior"},
    "both": {},
    "upsampled": {"upsample_candidates": 8},
}


def draw(prompt: str, seed: int, settings: dict[str, Any], path: Path) -> None:
    """Write the final picture of a prompt to `path`, unless it is there."""
    if path.exists():
        return
    for event in vqclip.generate(prompt, seed=seed, **settings):
        if isinstance(event, Finished):
            path.parent.mkdir(parents=True, exist_ok=True)
            images.save_png(path, event.image())


def shown(path: Path) -> torch.Tensor:
    """A picture as a judge sees it: (1, 3, 64, 64) in 0..1."""
    pixels = torch.from_numpy(images.open_image(path).copy()).permute(2, 0, 1)[None, :3].float() / 255
    return init.fit(pixels, judges.SIZE, judges.SIZE)


@torch.no_grad()
def verdicts(judge: judges.Judge, pictures: torch.Tensor, truth: Sequence[int]) -> list[int]:
    """The rank of the true prompt among the candidates and nothing, 0 is first, for (N, 3, 64, 64)."""
    texts = judge.texts(judges.encode(judges.tokenizer(), battery.candidates()))
    scores = (judge.scores(pictures, texts) + judge.scores(pictures.flip(3), texts)) / 2
    asked = scores[torch.arange(len(scores)), torch.tensor(truth)]
    return (scores > asked[:, None]).sum(1).tolist()


def summary(ranks: Iterable[int]) -> dict[str, float]:
    """R@1, R@5 and the median rank, 1 is best."""
    array = np.array(list(ranks))
    return {
        "R@1": round((array < 1).mean().item(), 3),
        "R@5": round((array < 5).mean().item(), 3),
        "median rank": float(np.median(array)) + 1,
    }


def measures(ranks: Sequence[int], seeds: int) -> dict[str, Measure]:
    """What `summary` says of each seed by itself, so that the spread over seeds shows; ranks: seed after seed."""
    each = len(ranks) // seeds
    summaries = [summary(ranks[seed * each : (seed + 1) * each]) for seed in range(seeds)]
    return {
        name: Measure(tuple(found[name] for found in summaries), "", "higher" if name.startswith("R@") else "lower")
        for name in summaries[0]
    } | {"ranks": Measure(tuple(rank + 1 for rank in ranks))}


def hue_of(path: Path) -> float:
    """The mean hue in degrees of the foreground, weighted by its saturation."""
    pixels = images.open_image(path)[..., :3].astype(np.float32) / 255
    high, low = pixels.max(2), pixels.min(2)
    spread = high - low
    r, g, b = np.moveaxis(pixels, 2, 0)
    safe = np.maximum(spread, 1e-6)
    sector = np.where(high == r, ((g - b) / safe) % 6, np.where(high == g, (b - r) / safe + 2, (r - g) / safe + 4))
    angle = np.exp(1j * np.deg2rad(sector * 60))
    return float(np.rad2deg(np.angle((angle * spread * (spread > 0.12)).sum())) % 360)


def hues(output: Path, seeds: int, settings: dict[str, Any]) -> dict[str, float]:
    """The share of draws of "a COLOUR thing" whose hue is within 30 degrees of the colour's."""
    hits: dict[str, list[bool]] = {}
    for colour, hue in battery.HUES.items():
        for thing in battery.HUED_THINGS:
            for seed in range(1, seeds + 1):
                prompt = f"{'an' if colour == 'orange' else 'a'} {colour} {thing}"
                path = output / "hues" / f"{prompt.replace(' ', '-')}-{seed}.png"
                draw(prompt, seed, settings, path)
                away = abs((hue_of(path) - hue + 180) % 360 - 180)
                hits.setdefault(colour, []).append(away <= 30)
    result = {colour: round(float(np.mean(found)), 3) for colour, found in hits.items()}
    return result | {"all": round(float(np.mean([hit for found in hits.values() for hit in found])), 3)}


def main() -> None:
    """Draw, judge and report what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judges", type=Path, default=judges.PANEL, help="folder with files of training/judges.py")
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--rows", nargs="+", default=list(ROWS), help="of ROWS, or NAME=SETTING=VALUE,SETTING=VALUE")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--every", type=int, default=1, help="take each n-th prompt only, for a quick look")
    parser.add_argument("--hues", action="store_true", help="measure the colours of the default row")
    arguments = parser.parse_args()
    if arguments.hues:
        found = hues(arguments.output, arguments.seeds, {})
        (arguments.output / "hues.json").write_text(json.dumps(found, indent=2) + "\n")
        print(json.dumps(found))
        return
    rows = {}
    for text in arguments.rows:
        name, _, changes = text.partition("=")
        rows[name] = dict(pair.split("=", 1) for pair in changes.split(",")) if changes else ROWS[name]
    prompts = battery.PROMPTS[:: arguments.every]
    panel = judges.panel(arguments.judges)
    about, results = machine(), []
    for name, settings in rows.items():
        began, paths, truth = time.perf_counter(), [], []
        for seed in range(1, arguments.seeds + 1):
            for prompt in prompts:
                path = arguments.output / name / f"{prompt.replace(' ', '-')}-{seed}.png"
                draw(prompt, seed, settings, path)
                paths.append(path)
                truth.append(battery.PROMPTS.index(prompt))
        pictures = torch.cat([shown(path) for path in paths])
        # Pictures that were there already cost nothing, so this is no measure of speed.
        about[f"seconds of {name}"] = round(time.perf_counter() - began, 1)
        for kind, judge in panel.items():
            ranks = verdicts(judge, pictures, truth)
            results.append(Result({"row": name, "judge": kind}, measures(ranks, arguments.seeds)))
            print(f"{name:12} {kind:13} {summary(ranks)}", flush=True)
        first = paths[: len(prompts)]
        sheet = images.contact_sheet([images.open_image(path) for path in first], prompts, 8)
        images.save_png(arguments.output / f"{name}.png", sheet)
    Record("quality", results, about).write(arguments.output / "quality.json")


if __name__ == "__main__":
    main()

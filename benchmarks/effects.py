"""Draw documented examples, and measure whether their effects show.

    python -m benchmarks.effects OUT [--before DIR]

Draws into OUT what is not there yet, with seed 1. For each example it prints the probability of the right name among
others, by the built-in CLIP and by the two judges of the battery, which are in no loss, and facts such as the share
of pixels in the colours of a palette. With --before, a folder of the same names that an earlier version drew, it
prints both. OUT/small gets the small pictures of docs/effects.md.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from benchmarks import judges
from vqclip.media import images
from vqclip.runtime.devices import DeviceConfig
from vqclip.search.score import classify
from vqclip.settings.colours import parse_palette
from vqclip.settings.schema import Settings
from vqclip.synthesis.init import fit

PALETTE = "navy,#00ff88,white"
FRUIT = ("a green apple", "a red apple", "an orange", "a green tree")
THINGS = ("a red apple", "a blue car", "a green tree", "a house")
FLOWERS = ("a pink flower", "a green tree", "a pig", "a butterfly")
CARS = ("a car", "a pencil", "a house", "an apple", "the sea")
YELLOW = ("yellow flowers", "a yellow bird", "a banana", "a yellow star")


@dataclass(frozen=True)
class Example:
    """A documented command and what its picture should show.

    Attributes:
        name: Of its folder.
        arguments: Of vqclip, without the output and the seed.
        names: What the picture may show; the first is right.
        facts: Those of `facts` that tell the effect.
        part: The left and right edge of the part of the picture that is named, in shares of its width.
    """

    name: str
    arguments: tuple[str, ...]
    names: tuple[str, ...]
    facts: tuple[str, ...] = ()
    part: tuple[float, float] = (0.0, 1.0)


_CAR = ("generate", "a blue car")
_HALVES = ("generate", "a red apple @left | a blue car @right", "--size", "256x128")
EXAMPLES = (
    Example("apple", ("generate", "a red apple"), FRUIT[1:] + FRUIT[:1]),
    Example("green-apple", ("continue", "apple", "a green apple"), FRUIT),
    Example("story", ("generate", "a green tree ^ a pink flower", "--cross-fade", "1"), FLOWERS),
    Example("regions", _HALVES, THINGS, part=(0, 0.5)),
    Example("regions", _HALVES, THINGS[1:] + THINGS[:1], part=(0.5, 1)),
    Example("tile", ("generate", "yellow flowers", "--seamless", "both"), YELLOW, ("places",)),
    Example("palette", (*_CAR, "--palette", PALETTE), CARS, ("palette", "green")),
    Example("style-pixel-art", (*_CAR, "--style", "pixel-art"), CARS, ("squares", "five colours")),
    Example("style-ink", (*_CAR, "--style", "ink"), CARS, ("grey", "changes")),
    Example("style-pencil", (*_CAR, "--style", "pencil"), CARS, ("grey", "changes")),
    Example("style-poster", (*_CAR, "--style", "poster"), CARS, ("five colours",)),
)


def probabilities(picture: np.ndarray, names: tuple[str, ...], folder: Path) -> list[float]:
    """The probability of the first name: by the built-in CLIP, and by each judge."""
    path = folder / "part.png"
    images.save_png(path, picture)
    (found,) = classify(Settings(), [path], list(names), top=len(names))["images"]
    path.unlink()
    shares = [next(row["probability"] for row in found["labels"] if row["label"] == names[0])]
    pixels = fit(torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 255, judges.SIZE, judges.SIZE)
    texts = judges.encode(judges.tokenizer(), names)
    for judge in judges.panel().values():
        shares.append(float(judge.scores(pixels, judge.texts(texts)).softmax(1)[0, 0]))
    return shares


def facts(picture: np.ndarray) -> dict[str, float]:
    """What a picture is made of.

    Keys, in per cent of the pixels: those in a colour of PALETTE, in its green, in the five most frequent colours, in
    a shade of grey, and equal to their neighbour within squares of 8; the places of 8x8 where something is drawn;
    and how often a row changes between light and dark.
    """
    flat = picture.reshape(-1, 3).astype(int)
    near = [(np.abs(flat - colour).max(1) < 8) for colour in np.array(parse_palette(PALETTE))]
    same = (picture[:, 1:] == picture[:, :-1]).all(2)[:, np.arange(picture.shape[1] - 1) % 8 != 7]
    counts = np.sort(np.unique(flat, axis=0, return_counts=True)[1])
    ink = picture.min(2) < 200
    places = ink[: len(ink) // 8 * 8, : ink.shape[1] // 8 * 8].reshape(8, len(ink) // 8, 8, -1).mean((1, 3))
    dark = picture.mean(2) < 128
    return {
        "palette": 100 * float(np.any(near, 0).mean()),
        "green": 100 * float(near[1].mean()),
        "five colours": 100 * float(counts[-5:].sum() / counts.sum()),
        "grey": 100 * float((np.ptp(flat, axis=1) < 8).mean()),
        "squares": 100 * float(same.mean()),
        "places": 100 * float((places > 0.05).mean()),
        "changes": float((dark[:, 1:] != dark[:, :-1]).sum(1).mean()),
    }


def draw(example: Example, folder: Path) -> None:
    """Draw an example with seed 1 unless its picture is there."""
    if not (folder / example.name / "image.png").exists():
        seed = () if example.arguments[0] == "continue" else ("--seed", "1")
        command = [sys.executable, "-m", "vqclip", *example.arguments, *seed, "--no-video", "-o", example.name]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def describe(example: Example, folder: Path) -> str:
    """The measurements of a picture in a few words."""
    picture = images.open_image(folder / example.name / "image.png")
    left, right = (round(edge * picture.shape[1]) for edge in example.part)
    shares = probabilities(picture[:, left:right], example.names, folder)
    known = facts(picture)
    return ", ".join(
        [
            example.names[0],
            *(f"{share:.2f}" for share in shares),
            *(f"{name} {known[name]:.0f}" for name in example.facts),
        ]
    )


def thumbnail(path: Path, side: int = 128) -> Image.Image:
    """A picture in few bytes."""
    with Image.open(path) as picture:
        small = picture.convert("RGB")
        small.thumbnail((side, side), Image.Resampling.LANCZOS)
    return small.quantize(64)


def main() -> None:
    """Draw, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--before", type=Path)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    DeviceConfig.find(Settings())
    folders = {"before": arguments.before, "now": arguments.output}
    small = arguments.output / "small"
    small.mkdir(exist_ok=True)
    for example in EXAMPLES:
        draw(example, arguments.output)
        for when, folder in folders.items():
            if folder is not None:
                print(f"{example.name}, {when}: {describe(example, folder)}")
                picture = thumbnail(folder / example.name / "image.png")
                picture.save(small / f"{example.name}-{when}.png", optimize=True)


if __name__ == "__main__":
    main()

"""Make an unlabelled sheet for somebody who names the pictures without knowing the prompts, and its key.

    python -m benchmarks.naming --output DIR [--seed 1]

Draws every second prompt of the battery with the default settings and one seed, without selection, and arranges the
pictures in random order with only a number each: DIR/naming.png. DIR/naming-key.json lists the prompts.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

from benchmarks import battery
from benchmarks.quality import draw
from vqclip.media import images


def main() -> None:
    """Draw the sheet and write the key."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--pictures", type=Path, help="folder with pictures of benchmarks.quality to take")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, choices=(0, 1), default=0, help="start from the first or second prompt")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    prompts = list(battery.PROMPTS[arguments.first :: 2])
    random.Random(arguments.seed).shuffle(prompts)
    folder = arguments.pictures or arguments.output / "naming"
    paths = [folder / f"{prompt.replace(' ', '-')}-{arguments.seed}.png" for prompt in prompts]
    for prompt, path in zip(prompts, paths, strict=True):
        draw(prompt, arguments.seed, {}, path)
    numbers = [str(i + 1) for i in range(len(prompts))]
    sheet = images.contact_sheet([images.open_image(path) for path in paths], numbers, 8)
    images.save_png(arguments.output / "naming.png", sheet)
    key = dict(zip(numbers, prompts, strict=True))
    (arguments.output / "naming-key.json").write_text(json.dumps(key, indent=2) + "\n")


if __name__ == "__main__":
    main()

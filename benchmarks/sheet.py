"""A contact sheet: prompts of one seed, unselected, after all steps and after none.

python -m benchmarks.sheet --output docs/sheet.png
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import vqclip
from vqclip.options.events import Finished
from vqclip.pictures import images

PROMPTS = (
    "a red apple", "a yellow sun", "a blue car", "a green tree", "a red heart", "a brown bear", "an orange pumpkin",
    "a pink flower",
)  # fmt: skip


def draw(prompt: str, **settings: Any) -> tuple[np.ndarray, float]:
    """The final picture of a prompt, (H, W, 3) uint8, and the seconds that it took, loading included."""
    began = time.perf_counter()
    for event in vqclip.generate(prompt, **settings):
        if isinstance(event, Finished):
            return event.image(), time.perf_counter() - began
    raise RuntimeError("the run ended without a picture")


def main() -> None:
    """Draw the sheet that the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("docs/sheet.png"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting to change")
    parser.add_argument("prompts", nargs="*", default=PROMPTS)
    arguments = parser.parse_args()
    changes = dict(pair.split("=", 1) for pair in arguments.set)
    pictures, labels = [], []
    for steps in (None, 0):
        for prompt in arguments.prompts:
            limit = {} if steps is None else {"iterations": steps}
            picture, seconds = draw(prompt, seed=arguments.seed, **{**changes, **limit})
            pictures.append(picture)
            labels.append(prompt if steps is None else f"{prompt}, 0 steps")
            print(f"{labels[-1]}: {seconds:.1f} s", flush=True)
    sheet = images.contact_sheet(pictures, labels, len(arguments.prompts))
    images.save_png(arguments.output, sheet)


if __name__ == "__main__":
    main()

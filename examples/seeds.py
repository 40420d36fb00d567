"""Draw one prompt with several seeds and put the pictures side by side, best score first.

python examples/seeds.py "a blue car" 4 cars.png
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image

import vqclip
from vqclip.events import Finished


def main(prompt: str = "a blue car", count: str = "4", path: str = "seeds.png") -> None:
    """Draw `count` seeds, sort the pictures by CLIP's score, and save them as one row."""
    scored = []
    for seed in range(1, int(count) + 1):
        *_, last = vqclip.generate(prompt, seed=seed)
        if isinstance(last, Finished):
            scored.append((last.score or 0.0, seed, last.image()))
    scored.sort(key=lambda entry: entry[0], reverse=True)
    Image.fromarray(np.hstack([picture for _, _, picture in scored])).save(path)
    for score, seed, _ in scored:
        print(f"seed {seed}: score {score:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Show how close candidates are to training pictures: the best one of each prompt beside the nearest picture.

    python training/nearest.py --work DIR --out nearest.png

Nearest means the least mean absolute difference at 64 px on white, over all pictures that the prior was trained on,
their recoloured copies and mirror images. Prints that difference, and the one of the VQGAN's own reconstruction of
the picture found: a candidate that is as near as that is a copy.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from data import Pictures, over, tensor
from prior import STYLES
from sheets import PROMPTS, sheet
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import load
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.schema import Settings
from vqclip.synthesis.randomness import START_STREAM, make_generator


def best_candidate(prompt, seed):
    """-> ([3, 64, 64] in 0..1, the VQGAN)"""
    from vqclip.synthesis import candidates

    settings = Settings(prompt=prompt, seed=seed, init="prior", video=False, threads=1)
    models = load(Inputs.check(settings), DeviceConfig.find(settings))
    generator = make_generator(seed, START_STREAM)
    return candidates.draw(models.vqgan, models.sampler, models.clip_targets, settings, generator).images[
        0
    ], models.vqgan


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--out", type=Path, default=Path("nearest.png"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("prompts", nargs="*", default=PROMPTS)
    args = parser.parse_args()
    pictures = Pictures(args.work)
    rows = np.array([r for r in pictures.train if pictures.rows[r]["set"] in STYLES])
    learned = torch.cat([over(tensor(pictures.x64[part]), torch.ones(1)) for part in np.array_split(rows, 64)])
    shown = []
    for prompt in args.prompts:
        drawn, vqgan = best_candidate(prompt, args.seed)
        views = [drawn, drawn.flip(2)]
        distances = torch.stack(
            [torch.cat([(p - v).abs().mean((1, 2, 3)) for p in learned.split(512)]) for v in views]
        )
        view, place = divmod(int(distances.argmin()), len(rows))
        found = learned[place].flip(2) if view else learned[place]
        again = vqgan.decode(vqgan.quantize(vqgan.encode(found[None])))[0].clamp(0, 1)
        record = pictures.rows[rows[place]]
        copy = ", recoloured" if record["copy"] else ""
        print(
            f"{prompt}: {distances.min():.3f} to {record['set']}, {record['names'][0]}{copy}; "
            f"its reconstruction is at {(again - found).abs().mean():.3f}",
            flush=True,
        )
        shown.append([drawn, found, again])
    sheet(shown, args.out, labels=args.prompts)


if __name__ == "__main__":
    main()

"""Train the enlarger: the codes of a picture -> those of the same picture twice as large.

    python training/enlarger.py --work DIR --steps 6000

Sees whole pictures at 64 and 128 px, and their parts at 128 and 256 px, so that it can be used twice. Some of the
small codes are changed at random: what it will enlarge was drawn by the prior, not by a hand. Resumes from
DIR/enlarger.pt. Needs the finished DIR/vqgan.pt, or takes the shipped VQGAN, and DIR/pictures256.*
(render.mjs --size 256 --name pictures256).
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from data import HELD_OUT, affine, backgrounds, is_test, over, rotate_hue_matrix, tensor
from muon import Muon
from resumable import Average, Log, finished, load, mixed, save, set_rate, trapezoid
from vqclip.models.architecture import EnlargerShape
from vqclip.networks.enlarger import Enlarger
from vqgan import CODES, EMBED_DIM, VQGAN

SHAPE = EnlargerShape(width=192, layers=8, codes=CODES, dim=EMBED_DIM)
SIDE = 256


class Views:
    """Pictures of 256 px: [B, 3, 128, 128] in 0..1, whole or a part of them, on a ground, some recoloured."""

    def __init__(self, work):
        records = [json.loads(line) for line in (work / "pictures256.jsonl").open()]
        self.pixels = np.memmap(work / "pictures256.rgba", np.uint8, "r", shape=(len(records), SIDE, SIDE, 4))
        usable = [i for i, record in enumerate(records) if record["set"] not in HELD_OUT]
        self.train = np.array([i for i in usable if not is_test(records[i])])
        self.test = np.array([i for i in usable if is_test(records[i])])

    def draw(self, rows, parts=0.4):
        rgba = tensor(np.stack([self.pixels[r] for r in rows]))
        split = round(len(rows) * (1 - parts))
        rgba = torch.cat(
            [
                affine(rgba[:split], (0.7, 1.05), rotation=4, shift=0.08, out=128),
                affine(rgba[split:], (1.7, 2.1), shift=0.5, out=128),
            ]
        )
        for i in np.flatnonzero(np.random.rand(len(rows)) < 0.3):
            turned = torch.einsum("dc,chw->dhw", rotate_hue_matrix(np.random.uniform(0, 360)), rgba[i, :3])
            rgba[i, :3] = turned.clamp(min=0).minimum(rgba[i, 3:])
        return over(rgba, backgrounds(len(rows), 128, white=0.65))


def pairs(vqgan, images):
    """[B, 3, 128, 128] -> codes of the picture at half its size [B, 8, 8], and of itself [B, 16, 16]."""
    with torch.no_grad(), mixed():
        small = vqgan.quantize.indices(vqgan.encode(F.avg_pool2d(images, 2) * 2 - 1).float())
        return small, vqgan.quantize.indices(vqgan.encode(images * 2 - 1).float())


def loss_of(model, codebook, small, large, known):
    with mixed():
        logits = model(codebook, small, large, known)
    return F.cross_entropy(logits[~known].float(), large[~known])


@torch.no_grad()
def test(model, vqgan, views):
    """Loss of the test pictures with nothing known and with half of it."""
    state = np.random.get_state(), torch.get_rng_state()
    np.random.seed(0)
    torch.manual_seed(0)
    small, large = pairs(vqgan, views.draw(views.test[:96]))
    codebook = vqgan.quantize.embedding.weight
    shares = [torch.rand(large.shape) < share for share in (0.0, 0.5)]
    result = [loss_of(model, codebook, small, large, known).item() for known in shares]
    np.random.set_state(state[0])
    torch.set_rng_state(state[1])
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--batch", type=int, default=24)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    views = Views(args.work)
    vqgan = VQGAN().eval().requires_grad_(False)
    vqgan.load_state_dict(finished(args.work, "vqgan"))
    codebook = vqgan.quantize.embedding.weight
    model = Enlarger(SHAPE).train()
    average = Average(model, 0.998)
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    known_to_muon = {id(p) for p in inner}
    optimizers = [
        Muon(inner, lr=args.rate),
        torch.optim.AdamW(
            [p for p in model.parameters() if id(p) not in known_to_muon], lr=args.rate, betas=(0.9, 0.98)
        ),
    ]
    step, path, log, recent = 0, args.work / "enlarger.pt", Log(args.work / "enlarger.jsonl"), []
    if state := load(path):
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        average.state, average.count, step = state["average"], state["step"], state["step"]
    np.random.seed(step)
    torch.manual_seed(step)
    print(len(views.train), "pictures", sum(p.numel() for p in model.parameters()), "parameters", flush=True)
    while step < args.steps:
        for optimizer in optimizers:
            set_rate(optimizer, trapezoid(step, args.steps, args.rate))
        rows = np.sort(np.random.choice(views.train, args.batch, False))
        small, large = pairs(vqgan, views.draw(rows[np.random.permutation(args.batch)]))
        wrong = torch.rand(small.shape) < torch.rand(args.batch, 1, 1) * 0.15
        small = torch.where(wrong, torch.randint(0, CODES, small.shape), small)
        share = torch.cos(math.pi / 2 * torch.rand(args.batch, 1, 1))  # unknown, as MaskGIT draws it
        known = torch.rand(large.shape) > share
        known.view(args.batch, -1)[:, 0] = False
        loss = loss_of(model, codebook, small, large, known)
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        average.update(model)
        recent.append(loss.item())
        if step % 100 == 0 or step == args.steps:
            measured = {}
            if step % 500 == 0 or step == args.steps:
                live = {k: v.clone() for k, v in model.state_dict().items()}
                model.load_state_dict(average.state)
                measured["test"] = test(model, vqgan, views)
                model.load_state_dict(live)
            log.write(step=step, loss=float(np.mean(recent)), **measured)
            recent = []
            save(
                path,
                model=model.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                average=average.state,
                step=step,
            )


if __name__ == "__main__":
    main()

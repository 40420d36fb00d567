"""Train the token prior: caption -> the 8x8 codes of a 64 px picture, for starting points.

    python training/prior.py --work DIR --steps 3600

A causal transformer over [style, caption tokens, codes in reading order]. The style (which picture set) and
the caption are dropped now and then, for classifier-free guidance and for sampling without a style.
Needs the finished DIR/vqgan.pt: its codes are what is learned.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from captions import GROUP_WEIGHT, caption, phrase
from clip import Tokens
from data import Pictures, over, tensor
from muon import Muon
from resumable import Average, Log, load, mixed, save, set_rate, trapezoid
from vqclip.architecture import PriorShape
from vqclip.prior import Prior
from vqgan import CODES, EMBED_DIM, VQGAN

#: Picture sets that are learned, and the names of their styles.
STYLES = {"fluent-emoji-flat": "fluent-flat", "fluent-emoji": "fluent", "noto": "noto", "twemoji": "twemoji"}
SIDE, WORDS = 8, 12
PLACES = SIDE * SIDE


class TiedPrior(Prior):
    """vqclip's prior in training: its codes are embedded and scored through the VQGAN's codebook, too."""

    def __init__(self, shape, codebook):
        super().__init__(shape)
        for table in (self.style, self.word, self.code, self.row, self.column):
            nn.init.normal_(table.weight, std=0.02)
        # every code equally likely at first
        nn.init.zeros_(self.head.weight)
        self.register_buffer("codebook", codebook)
        self.lift = nn.Linear(EMBED_DIM, shape.width, bias=False)
        self.drop = nn.Linear(shape.width, EMBED_DIM, bias=False)
        nn.init.zeros_(self.drop.weight)

    def embed_codes(self, codes):
        return self.code(codes) + self.lift(F.pad(self.codebook, (0, 0, 0, 1))[codes])

    def logits(self, x):
        x = self.norm(x)
        return self.head(x) + self.drop(x) @ self.codebook.t()

    def plain(self):
        """The same function without the codebook: its maps are folded into the tables."""
        state = {k: v for k, v in self.state_dict().items() if k not in ("codebook", "lift.weight", "drop.weight")}
        state["code.weight"] = self.embed_codes(torch.arange(CODES + 1))
        state["head.weight"] = self.head.weight + self.codebook @ self.drop.weight
        prior = Prior(self.shape).eval().requires_grad_(False)
        prior.load_state_dict(state)
        return prior


def shape_of(vocabulary):
    return PriorShape(
        width=192, layers=6, heads=6, words=WORDS, vocabulary=vocabulary, side=SIDE, codes=CODES,
        styles=tuple(STYLES.values()),
    )  # fmt: skip


def words_of(tokens, texts, vocabulary):
    """Captions -> int [n, WORDS] without start and end marks; padded with the 'no caption' id."""
    ids = torch.full((len(texts), WORDS), vocabulary)
    for i, text in enumerate(texts):
        row = tokens.tokenizer.encode(text)[:WORDS]
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


@torch.no_grad()
def encode_pictures(work, pictures):
    """Codes of every picture of STYLES and of its mirror image, on white: int16 [2, n, 64], and rows."""
    path = work / "codes.npz"
    if path.exists():
        stored = np.load(path)
        return stored["codes"], stored["rows"]
    vqgan = VQGAN().eval()
    vqgan.load_state_dict(load(work / "vqgan.pt")["average"])
    rows = np.array([r for r in pictures.train if pictures.rows[r]["set"] in STYLES and pictures.rows[r]["hexcode"]])
    result = np.zeros((2, len(rows), PLACES), np.int16)
    for start in range(0, len(rows), 128):
        images = over(tensor(pictures.x64[rows[start : start + 128]]), torch.ones(1)) * 2 - 1
        for side, shown in enumerate((images, images.flip(3))):
            with mixed():
                codes = vqgan.quantize.indices(vqgan.encode(shown))
            result[side, start : start + 128] = codes.flatten(1).numpy()
    np.savez(path, codes=result, rows=rows)
    return result, rows


def train(args, pictures, tokens, vocabulary):
    codes, rows = encode_pictures(args.work, pictures)
    codebook = load(args.work / "vqgan.pt")["average"]["quantize.embedding.weight"]
    torch.manual_seed(0)
    model = TiedPrior(shape_of(vocabulary), codebook).train()
    average = Average(model, 0.998)
    # Muon (Jordan 2024) for the matrices of the blocks: it needs about half of AdamW's steps for the same loss.
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    outer = [p for name, p in model.named_parameters() if not (name.startswith("blocks.") and p.ndim == 2)]
    optimizers = [
        Muon(inner, lr=args.rate),
        torch.optim.AdamW(outer, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.03),
    ]
    step, path, log, recent = 0, args.work / "prior.pt", Log(args.work / "prior.jsonl"), []
    if state := load(path):
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        average.state, average.count, step = state["average"], state["step"], state["step"]
    records = [pictures.rows[r] for r in rows]
    weight = np.array([(0.4 if r["copy"] else 1.0) * GROUP_WEIGHT.get(r["group"], 1.0) for r in records])
    kept_back = np.random.RandomState(1).choice(len(rows), 256, False)
    weight[kept_back] = 0
    weight /= weight.sum()
    sets = list(STYLES)
    style = torch.tensor([sets.index(r["set"]) for r in records])
    random.seed(step)
    np.random.seed(step)
    torch.manual_seed(step)
    print(len(rows), "pictures", sum(p.numel() for p in model.parameters()), "parameters", flush=True)

    def loss_of(chosen, texts, side, drop):
        words = words_of(tokens, texts, vocabulary)
        words[torch.rand(len(words)) < 0.12 * drop] = vocabulary
        which = style[chosen].clone()
        which[torch.rand(len(which)) < 0.15 * drop] = len(STYLES)
        target = torch.from_numpy(codes[side, chosen].astype(np.int64))
        with mixed():
            logits = model(words, which, target)
        return F.cross_entropy(logits.float().flatten(0, 1), target.flatten())

    while step < args.steps:
        for optimizer in optimizers:
            set_rate(optimizer, trapezoid(step, args.steps, args.rate))
        chosen = np.random.choice(len(rows), args.batch, p=weight)
        texts = [phrase(records[c], tags=False) if random.random() < 0.7 else caption(records[c]) for c in chosen]
        loss = loss_of(chosen, texts, np.random.randint(0, 2, args.batch), 1)
        model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        step += 1
        average.update(model)
        recent.append(loss.item())
        if step % 100 == 0 or step == args.steps:
            with torch.no_grad():
                held = loss_of(kept_back, [phrase(records[c], tags=False) for c in kept_back], 0, 0).item()
            log.write(step=step, loss=float(np.mean(recent)), kept_back=held)
            recent = []
            save(
                path,
                model=model.state_dict(),
                optimizers=[optimizer.state_dict() for optimizer in optimizers],
                average=average.state,
                step=step,
            )


def trained(work, source="average"):
    """The trained prior, for the export."""
    state = load(work / "prior.pt")[source]
    model = TiedPrior(shape_of(len(state["word.weight"]) - 1), state["codebook"]).eval().requires_grad_(False)
    model.load_state_dict(state)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--steps", type=int, default=3600)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokens = Tokens(args.work / "bpe.txt.gz")
    vocabulary = tokens.tokenizer.vocab_size
    train(args, Pictures(args.work), tokens, vocabulary)


if __name__ == "__main__":
    main()

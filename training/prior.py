"""Train the token prior: caption -> the 8x8 codes of a 64 px picture, for starting points.

    python training/prior.py --work DIR --steps 3600

A causal transformer over [style, caption tokens, codes in reading order]. The style (which picture set) and
the caption are dropped now and then, for classifier-free guidance and for sampling without a style.
Needs the finished DIR/vqgan.pt, or takes the shipped VQGAN: its codes are what is learned.
"""

import argparse
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.data import DataLoader, IterableDataset

from captions import GROUP_WEIGHT, caption, phrase
from clip import Tokens
from data import Pictures, affine, over, tensor
from muon import Muon
from resumable import Average, Log, begin_worker, finished, load, mixed, save, set_rate, trapezoid
from scenes import Scenes
from vqclip.models.architecture import PriorShape, read_prior_shape
from vqclip.models.prior import Prior
from vqgan import CODES, EMBED_DIM, VQGAN

#: Picture sets that are learned, and the names of their styles.
STYLES = {
    "fluent-emoji-flat": "fluent-flat",
    "fluent-emoji": "fluent",
    "fluent-3d": "fluent-3d",
    "noto": "noto",
    "noto-v1": "blob",
    "twemoji": "twemoji",
    "emojione": "emojione",
    "fxemoji": "fxemoji",
}
SIDE, WORDS = 8, 16
PLACES = SIDE * SIDE
#: Shares of a batch: pictures as they are, moved a little, and compositions.
SHARES = (0.5, 0.2, 0.3)


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


def warm_start(model, folder, codebook):
    """Begin with the prior in `folder`, of other styles, words and codes.

    Each code takes over from the one of the VQGAN beside that prior that lies nearest to its place in `codebook`.
    """
    shape = read_prior_shape(folder / "tiny_prior.json")
    old = {k: v.float() for k, v in load_file(folder / "tiny_prior.safetensors").items()}
    known = load_file(folder / "tiny_vqgan.safetensors")["quantize.embedding.weight"].float()
    nearest = torch.cdist(codebook, known).argmin(1)
    old["code.weight"] = torch.cat([old["code.weight"][nearest], old["code.weight"][-1:]])
    old["head.weight"], old["head.bias"] = old["head.weight"][nearest], old["head.bias"][nearest]
    new = model.state_dict()
    styles = [*model.shape.styles, None]
    for row, style in zip(old.pop("style.weight"), [*shape.styles, None], strict=True):
        if style in styles:
            new["style.weight"][styles.index(style)] = row
    new["word_place"][: shape.words] = old.pop("word_place")
    model.load_state_dict({**new, **old})


def words_of(tokens, texts, vocabulary):
    """Captions -> int [n, WORDS] without start and end marks; padded with the 'no caption' id."""
    ids = torch.full((len(texts), WORDS), vocabulary)
    for i, text in enumerate(texts):
        row = tokens.tokenizer.encode(text)[:WORDS]
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


class Shelf:
    """The codes of the pictures as they are, made once by a VQGAN, as DIR/codes.npz: int16.

    `plain` are [2, rows, 64]: of each picture, on white, and of its mirror image. `test` are the test pictures'.
    """

    def __init__(self, work, pictures, vqgan):
        path, codebook = work / "codes.npz", vqgan.quantize.embedding.weight.numpy()
        if not path.exists() or not np.array_equal(np.load(path).get("codebook"), codebook):
            np.savez(path, codebook=codebook, **self._make(pictures, vqgan))
        stored = np.load(path)
        self.rows, self.plain = stored["rows"], stored["plain"]
        self.test_rows, self.test = stored["test_rows"], stored["test"]

    @staticmethod
    def _make(pictures, vqgan):
        def of_rows(rows, change):
            parts = np.array_split(rows, max(1, len(rows) // 128))
            return np.concatenate(
                [codes_of(vqgan, over(change(tensor(pictures.x64[p])), torch.ones(1))) for p in parts]
            )

        def known(rows):
            return np.array([r for r in rows if pictures.rows[r]["set"] in STYLES and pictures.rows[r]["hexcode"]])

        rows, test_rows = known(pictures.train), known(pictures.test)
        test_rows = np.array([r for r in test_rows if not pictures.rows[r]["copy"]])
        return {
            "rows": rows,
            "plain": np.stack([of_rows(rows, lambda rgba: rgba), of_rows(rows, lambda rgba: rgba.flip(3))]),
            "test_rows": test_rows,
            "test": of_rows(test_rows, lambda rgba: rgba),
        }


@torch.no_grad()
def codes_of(vqgan, images):
    """[B, 3, 64, 64] in 0..1 -> int16 [B, 64]"""
    with mixed():
        codes = vqgan.quantize.indices(vqgan.encode(images * 2 - 1).float())
    return codes.flatten(1).numpy().astype(np.int16)


class Views(IterableDataset):
    """(captions, styles, codes) of pictures moved a little and of compositions, made beside the training.

    None is shown twice: with codes that were made once the loss ended at 3.85 in training and 4.11 on test pictures.
    """

    def __init__(self, pictures, rows, weight, vqgan, moved, composed):
        self.pictures, self.rows, self.weight, self.vqgan = pictures, rows, weight, vqgan
        self.moved, self.composed = moved, composed
        self.sets = list(STYLES)
        self.scenes = [Scenes(pictures, [r for r in rows if pictures.rows[r]["set"] == name]) for name in self.sets]

    def __iter__(self):
        begin_worker()
        while True:
            rows = np.random.choice(self.rows, self.moved, p=self.weight)
            rgba = affine(tensor(self.pictures.x64[rows]), (0.75, 1.1), rotation=4, shift=0.1)
            style = random.randrange(len(self.sets))
            composed, told = self.scenes[style].compositions(self.composed)
            texts = [text_of(self.pictures.rows[r]) for r in rows] + told
            styles = [self.sets.index(self.pictures.rows[r]["set"]) for r in rows] + [style] * len(told)
            images = torch.cat([over(rgba, torch.ones(1)), composed])
            yield texts, np.array(styles), codes_of(self.vqgan, images)


def text_of(record):
    """One of the ways to say what a picture shows."""
    return phrase(record, tags=False) if random.random() < 0.7 else caption(record)


def train(args, pictures, tokens, vocabulary):
    vqgan = VQGAN().eval().requires_grad_(False)
    vqgan.load_state_dict(finished(args.work, "vqgan"))
    shelf, codebook = Shelf(args.work, pictures, vqgan), vqgan.quantize.embedding.weight
    torch.manual_seed(0)
    model = TiedPrior(shape_of(vocabulary), codebook).train()
    average = Average(model, 0.998)
    # Muon (Jordan 2024) for the matrices of the blocks: it needs about half of AdamW's steps for the same loss.
    inner = [p for name, p in model.named_parameters() if name.startswith("blocks.") and p.ndim == 2]
    outer = [p for name, p in model.named_parameters() if not (name.startswith("blocks.") and p.ndim == 2)]
    optimizers = [
        Muon(inner, lr=args.rate, weight_decay=0.05),
        torch.optim.AdamW(outer, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.05),
    ]
    if args.warm_start:
        ancestors = load(args.ancestors)["average"]["quantize.embedding.weight"] if args.ancestors else codebook
        warm_start(model, args.warm_start, ancestors)
        average = Average(model, 0.998)
    step, path, log, recent = 0, args.work / "prior.pt", Log(args.work / "prior.jsonl"), []
    if state := load(path):
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        average.state, average.count, step = state["average"], state["step"], state["step"]
    records = [pictures.rows[r] for r in shelf.rows]
    weight = np.array([(0.4 if r["copy"] else 1.0) * GROUP_WEIGHT.get(r["group"], 1.0) for r in records])
    weight /= weight.sum()
    sets = list(STYLES)
    style = np.array([sets.index(r["set"]) for r in records])
    random.seed(step)
    np.random.seed(step)
    torch.manual_seed(step)
    parameters = sum(p.numel() for p in model.parameters())
    print(len(records), "pictures", parameters, "parameters", flush=True)
    plain, moved = (round(args.batch * share) for share in SHARES[:2])
    # A worker encodes the next batches while this process learns.
    views = Views(pictures, shelf.rows, weight, vqgan, moved, args.batch - plain - moved)
    fresh = iter(DataLoader(views, batch_size=None, num_workers=1, prefetch_factor=8))

    def losses_of(texts, styles, codes, drop):
        """Cross-entropy of every code: [B, 64]."""
        words, which = words_of(tokens, texts, vocabulary), torch.from_numpy(styles).long()
        words[torch.rand(len(words)) < 0.12 * drop] = vocabulary
        which[torch.rand(len(which)) < 0.15 * drop] = len(STYLES)
        target = torch.from_numpy(codes.astype(np.int64))
        # the fused attention's backward takes twice as long as all else for sequences as short as these
        with mixed(), sdpa_kernel(SDPBackend.MATH):
            logits = model(words, which, target)
        return F.cross_entropy(logits.float().transpose(1, 2), target, reduction="none")

    def batch():
        chosen = np.random.choice(len(records), plain, p=weight)
        texts, styles, codes = next(fresh)
        known = shelf.plain[np.random.randint(0, 2, plain), chosen]
        return (
            [text_of(records[c]) for c in chosen] + texts,
            np.concatenate([style[chosen], styles]),
            np.concatenate([known, codes]),
        )

    @torch.no_grad()
    def test():
        """Mean loss of the test pictures under the averaged weights, of all and of each style."""
        live = {k: v.clone() for k, v in model.state_dict().items()}
        model.load_state_dict(average.state)
        names = [pictures.rows[r]["names"][0] for r in shelf.test_rows]
        styles = np.array([sets.index(pictures.rows[r]["set"]) for r in shelf.test_rows])
        losses = torch.cat(
            [
                losses_of(names[i : i + 64], styles[i : i + 64], shelf.test[i : i + 64], 0).mean(1)
                for i in range(0, len(names), 64)
            ]
        )
        model.load_state_dict(live)
        of_style = {STYLES[name]: round(losses[styles == i].mean().item(), 3) for i, name in enumerate(sets)}
        return losses.mean().item(), of_style

    while step < args.steps:
        for optimizer in optimizers:
            set_rate(optimizer, trapezoid(step, args.steps, args.rate))
        loss = losses_of(*batch(), drop=1).mean()
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
                measured["test"], measured["by style"] = test()
            log.write(step=step, loss=float(np.mean(recent)), **measured)
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
    parser.add_argument("--warm-start", type=Path, help="folder of shipped models to begin with, not from nothing")
    parser.add_argument("--ancestors", type=Path, help="vqgan.pt at its own warm start: which code came from which")
    args = parser.parse_args()
    torch.set_num_threads(1)
    tokens = Tokens(args.work / "bpe.txt.gz")
    vocabulary = tokens.tokenizer.vocab_size
    train(args, Pictures(args.work), tokens, vocabulary)


if __name__ == "__main__":
    main()

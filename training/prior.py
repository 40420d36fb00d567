"""Train the token prior: caption -> the 8x8 codes of a 64 px picture, for starting points.

    python training/prior.py --work DIR --steps 3600

A causal transformer over [style, caption tokens, codes in reading order]. The style (which picture set) and
the caption are left out at random, for classifier-free guidance and for sampling without a style.
Resumes from DIR/prior.pt. Learns the codes of the finished DIR/vqgan.pt, or of the shipped VQGAN.
"""

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
from data import DRAWN, Pictures, affine, over, tensor
from scenes import Scenes
from trainer import Training, finished, load, mixed, optimizers_of, options, seed, single, start_worker, trapezoid
from vqclip.models.architecture import PriorShape, read_prior_shape
from vqclip.models.prior import Prior
from vqgan import CODES, EMBED_DIM, VQGAN

#: The picture sets that it learns, and the names of their styles.
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
SIDE, WORDS, LAYERS = 8, 16, 9
PLACES = SIDE * SIDE
#: Shares of a batch: pictures as they are, moved a little, and compositions.
SHARES = (0.7, 0.12, 0.18)
#: How often a recoloured copy, and a drawing made by program, is learnt, compared with other pictures.
COPIES, DRAWINGS = 0.4, 0.35
#: How often the drawings of a module are learnt, compared with those of other modules: these things are drawn worst.
HARD = {"people": 2.0, "instruments": 2.0, "scenes": 1.5}


class TiedPrior(Prior):
    """vqclip's prior in training: codes are also embedded and scored through the VQGAN's codebook."""

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
        width=192, layers=LAYERS, heads=6, words=WORDS, vocabulary=vocabulary, side=SIDE, codes=CODES,
        styles=tuple(STYLES.values()),
    )  # fmt: skip


def warm_start(model, folder, codebook):
    """Start from the prior in `folder`, which may have other styles, words and codes, and fewer layers.

    Each code starts from the nearest one, by distance in `codebook`, of the VQGAN in the same folder. Additional
    layers start as copies of the layer before them with zero output weights: the network computes the same function.
    """
    shape = read_prior_shape(folder / "tiny_prior.json")
    old = single(load_file(folder / "tiny_prior.safetensors"))
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
    old = deepened(old, shape.layers, model.shape.layers)
    # The code table already contains the part that comes from the codebook. A random map would add noise to it.
    new["lift.weight"].zero_()
    model.load_state_dict({**new, **old})


def deepened(state, old_layers, new_layers):
    """The state of a deeper prior that computes the same function (Net2Net, arXiv 1511.05641)."""
    sources = [i * old_layers // new_layers for i in range(new_layers)]
    grown = {name: value for name, value in state.items() if not name.startswith("blocks.")}
    for i, source in enumerate(sources):
        prefix = f"blocks.{source}."
        for name in [name for name in state if name.startswith(prefix)]:
            part = name.removeprefix(prefix)
            added = source in sources[:i] and part.startswith(("out.", "down."))
            grown[f"blocks.{i}.{part}"] = torch.zeros_like(state[name]) if added else state[name]
    return grown


def words_of(tokens, texts, vocabulary):
    """Captions -> int [n, WORDS] without start and end marks; padded with the 'no caption' id."""
    ids = torch.full((len(texts), WORDS), vocabulary)
    for i, text in enumerate(texts):
        row = tokens.tokenizer.encode(text)[:WORDS]
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
    return ids


class CodeCache:
    """The codes of the unchanged pictures, which a VQGAN makes once and DIR/codes.npz holds, as int16.

    `plain` is [2, rows, 64]: of each picture on white, and of its mirror image. `test` is of the test pictures.
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
            return np.array([r for r in rows if is_learnt(pictures.rows[r])])

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
    """(captions, styles, codes) of pictures moved a little and of compositions, made by a worker beside the training.

    No batch is used twice: with a fixed set of codes, the loss ended at 3.85 in training and 4.11 on test pictures.
    """

    def __init__(self, pictures, rows, weight, vqgan, moved, composed):
        self.pictures, self.rows, self.weight, self.vqgan = pictures, rows, weight, vqgan
        self.moved, self.composed = moved, composed
        self.sets = list(STYLES)
        self.scenes = [Scenes(pictures, [r for r in rows if pictures.rows[r]["set"] == name]) for name in self.sets]

    def __iter__(self):
        start_worker()
        while True:
            rows = np.random.choice(self.rows, self.moved, p=self.weight)
            rgba = affine(tensor(self.pictures.x64[rows]), (0.75, 1.1), rotation=4, shift=0.1)
            style = random.randrange(len(self.sets))
            composed, captions = self.scenes[style].compositions(self.composed)
            texts = [text_of(self.pictures.rows[r]) for r in rows] + captions
            styles = [self.sets.index(style_of(self.pictures.rows[r])) for r in rows] + [style] * len(captions)
            images = torch.cat([over(rgba, torch.ones(1)), composed])
            yield texts, np.array(styles), codes_of(self.vqgan, images)


def text_of(record):
    """A random caption of a picture."""
    return phrase(record, tags=False) if random.random() < 0.7 else caption(record)


def is_learnt(record):
    """Whether a picture is a drawing made by program, or of a set that is learnt."""
    return record["set"] == DRAWN or (record["set"] in STYLES and bool(record["hexcode"]))


def style_of(record):
    """The set in whose style a picture is learnt."""
    return record.get("style", record["set"])


def weight_of(record):
    """How often a picture is learnt, compared with others."""
    share = COPIES if record["copy"] else 1.0
    if record["set"] == DRAWN:
        share = DRAWINGS * HARD.get(record["name"].partition(".")[0], 1.0)
    return share * GROUP_WEIGHT.get(record["group"], 1.0)


def is_block_matrix(name, parameter):
    """Whether Muon (Jordan 2024) trains a parameter; it needs about half of AdamW's steps for the same loss."""
    return name.startswith("blocks.") and parameter.ndim == 2


class Batches:
    """The training's batches: cached codes of unchanged pictures, and fresh ones of changed pictures."""

    def __init__(self, pictures, cache, vqgan, size):
        self.cache, self.records, sets = cache, [pictures.rows[r] for r in cache.rows], list(STYLES)
        self.weight = np.array([weight_of(r) for r in self.records])
        self.weight /= self.weight.sum()
        self.style = np.array([sets.index(style_of(r)) for r in self.records])
        self.plain, moved = (round(size * share) for share in SHARES[:2])
        # A worker encodes the next batches while this process learns. Scenes fill their square: they are not moved.
        weight = np.where([r["set"] == DRAWN for r in self.records], 0, self.weight)
        views = Views(pictures, cache.rows, weight / weight.sum(), vqgan, moved, size - self.plain - moved)
        self.fresh = iter(DataLoader(views, batch_size=None, num_workers=1, prefetch_factor=8))

    def draw(self):
        """-> captions, styles [B], codes [B, 64]"""
        chosen = np.random.choice(len(self.records), self.plain, p=self.weight)
        texts, styles, codes = next(self.fresh)
        known = self.cache.plain[np.random.randint(0, 2, self.plain), chosen]
        return (
            [text_of(self.records[c]) for c in chosen] + texts,
            np.concatenate([self.style[chosen], styles]),
            np.concatenate([known, codes]),
        )


def losses_of(model, tokens, texts, styles, codes, drop):
    """Cross-entropy of every code: [B, 64]. drop: 1 leaves out some captions and styles, 0 none."""
    vocabulary = tokens.tokenizer.vocab_size
    words, which = words_of(tokens, texts, vocabulary), torch.from_numpy(styles).long()
    words[torch.rand(len(words)) < 0.12 * drop] = vocabulary
    which[torch.rand(len(which)) < 0.15 * drop] = len(STYLES)
    target = torch.from_numpy(codes.astype(np.int64))
    # the fused attention's backward takes twice as long as all else for sequences as short as these
    with mixed(), sdpa_kernel(SDPBackend.MATH):
        logits = model(words, which, target)
    return F.cross_entropy(logits.float().transpose(1, 2), target, reduction="none")


@torch.no_grad()
def measure(training, tokens, pictures, cache):
    """Mean loss on the test pictures under the averaged weights, of all and of each style."""
    sets = list(STYLES)
    names = [pictures.rows[r]["names"][0] for r in cache.test_rows]
    styles = np.array([sets.index(style_of(pictures.rows[r])) for r in cache.test_rows])
    with training.averaged() as model:
        parts = [slice(i, i + 64) for i in range(0, len(names), 64)]
        losses = torch.cat([losses_of(model, tokens, names[p], styles[p], cache.test[p], 0).mean(1) for p in parts])
    of_style = {STYLES[name]: round(losses[styles == i].mean().item(), 3) for i, name in enumerate(sets)}
    return {"test": losses.mean().item(), "by style": of_style}


def trained(work, source="average"):
    """The trained prior, for the export."""
    state = load(work / "prior.pt")[source]
    model = TiedPrior(shape_of(len(state["word.weight"]) - 1), state["codebook"]).eval().requires_grad_(False)
    model.load_state_dict(state)
    return model


def main():
    parser = options(__doc__, steps=3600, rate=4e-3, batch=64)
    parser.add_argument("--warm-start", type=Path, help="start from the shipped models in this folder")
    parser.add_argument("--compile", action="store_true", help="compile the network: a fifth faster after a minute")
    parser.add_argument("--threads", type=int, default=1, help="of the network; batches are made by one more")
    parser.add_argument("--ancestors", type=Path, help="vqgan.pt at its own warm start: which code came from which")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    pictures, tokens = Pictures(args.work), Tokens(args.work / "bpe.txt.gz")
    vqgan = VQGAN().eval().requires_grad_(False)
    vqgan.load_state_dict(finished(args.work, "vqgan"))
    cache, codebook = CodeCache(args.work, pictures, vqgan), vqgan.quantize.embedding.weight
    torch.manual_seed(0)
    model = TiedPrior(shape_of(tokens.tokenizer.vocab_size), codebook).train()
    if args.warm_start:
        ancestors = load(args.ancestors)["average"]["quantize.embedding.weight"] if args.ancestors else codebook
        warm_start(model, args.warm_start, ancestors)
    optimizers = optimizers_of(model, is_block_matrix, args.rate, 0.05)
    training = Training(args.work / "prior.pt", model, optimizers, args.steps)
    training.resume()
    seed(training.step)
    print(len(cache.rows), "pictures", sum(p.numel() for p in model.parameters()), "parameters", flush=True)
    batches = Batches(pictures, cache, vqgan, args.batch)
    if args.compile:
        model.compile()
    while training.unfinished:
        training.set_rates(trapezoid(training.step, training.steps, args.rate))
        training.learn(losses_of(model, tokens, *batches.draw(), drop=1).mean())
        if training.every(100):
            training.report(**(measure(training, tokens, pictures, cache) if training.every(500) else {}))


if __name__ == "__main__":
    main()

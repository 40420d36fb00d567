"""Train the upsampler: a drawing's 8x8 codes, its caption and its style -> the 16x16 codes of the same at 128 px.

    python training/upsampler.py --work DIR --steps 3000

vqclip gives it samples of the prior, which are not as clean as drawings. So its inputs are warped a little, and the
prior replaces some of their codes. Its targets are soft (RQ-VAE, arXiv 2203.01941, section 3.2.2): two fifths of the
entropy of the codes is the choice between codes that show nearly the same. Resumes from DIR/upsampler.pt. Needs the
finished DIR/vqgan.pt and DIR/prior.pt, or takes the shipped ones.
"""

import math
import random
from collections import deque
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.data import DataLoader, IterableDataset

import prior as prior_training
from captions import caption, phrase
from clip import Tokens
from data import COLOUR_WORDS, DRAWN, Pictures, affine, colours, over, rotate_hue, tensor
from prior import STYLES, WORDS, is_block_matrix, is_learnt, style_of, weight_of, words_of
from scenes import Scenes
from trainer import (
    CHECKPOINTS,
    Training,
    finished,
    load,
    mixed,
    optimizers_of,
    options,
    seed,
    single,
    start_worker,
    trapezoid,
)
from vqclip.models.architecture import UpsamplerShape, read_prior_shape
from vqclip.models.prior import Prior
from vqclip.models.upsampler import Upsampler
from vqgan import CODES, EMBED_DIM, VQGAN

#: Shares of a batch: pictures as they are, moved a little, and compositions.
SHARES = (0.4, 0.35, 0.25)
#: Of the soft targets: how many of the nearest codes count, and the temperature of their squared distances.
NEAREST, SOFTNESS = 12, 0.3


def shape_of(vocabulary):
    return UpsamplerShape(
        width=192, layers=8, heads=6, codes=CODES, dim=EMBED_DIM, words=WORDS, vocabulary=vocabulary,
        styles=tuple(STYLES.values()),
    )  # fmt: skip


class TiedUpsampler(Upsampler):
    """vqclip's upsampler in training: codes are also scored through the VQGAN's codebook."""

    def __init__(self, shape, codebook):
        super().__init__(shape)
        nn.init.zeros_(self.head.weight)
        self.register_buffer("codebook", codebook)
        self.drop = nn.Linear(shape.width, EMBED_DIM, bias=False)

    def logits(self, x):
        return self.head(x) + self.drop(x) @ self.codebook.t()

    def plain(self):
        """The same function without the codebook: its map is folded into the head."""
        state = {k: v for k, v in self.state_dict().items() if k not in ("codebook", "drop.weight")}
        state["head.weight"] = self.head.weight + self.codebook @ self.drop.weight
        upsampler = Upsampler(self.shape).eval().requires_grad_(False)
        upsampler.load_state_dict(state)
        return upsampler


def finished_prior(work):
    """The prior in DIR, or the shipped one."""
    if (Path(work) / "prior.pt").exists():
        return prior_training.trained(work).plain()
    prior = Prior(read_prior_shape(CHECKPOINTS / "tiny_prior.json")).eval().requires_grad_(False)
    prior.load_state_dict(single(load_file(CHECKPOINTS / "tiny_prior.safetensors")))
    return prior


@torch.no_grad()
def soft_codes(vqgan, images):
    """The codes that show nearly what each token of the pictures shows.

    Args:
        vqgan: The VQGAN.
        images: [B, 3, H, W] in 0..1.

    Returns:
        The nearest codes, nearest first, [B, h, w, NEAREST] int64, and their probabilities of the same shape.
    """
    with mixed():
        z = vqgan.encode(images * 2 - 1).float().permute(0, 2, 3, 1)
    distances, codes = torch.cdist(z, vqgan.quantize.embedding.weight[None]).topk(NEAREST, largest=False)
    return codes, (-distances.square() / SOFTNESS).softmax(-1)


def warped(images, most=0.055, cells=5):
    """Move the pixels of pictures [B, C, H, W] along a smooth random field, by up to about `most` of half a side."""
    count, side = len(images), images.shape[-1]
    strength = torch.rand(count, 1, 1, 1) * most
    field = F.interpolate(torch.randn(count, 2, cells, cells), size=side, mode="bicubic", align_corners=True)
    same = F.affine_grid(torch.eye(2, 3).expand(count, 2, 3), (count, 1, side, side), align_corners=False)
    grid = same + (field * strength).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


class Views:
    """Batches of drawings at 128 px on their backgrounds, with captions and styles."""

    def __init__(self, pictures):
        def known(rows):
            return np.array([r for r in rows if is_learnt(pictures.rows[r])])

        self.pictures, self.sets = pictures, list(STYLES)
        self.train, self.test = known(pictures.train128), known(pictures.test128)
        weight = np.array([weight_of(pictures.rows[r]) for r in self.train])
        self.weight = weight / weight.sum()
        # Scenes fill their square: they are not moved.
        weight = np.where([pictures.rows[r]["set"] == DRAWN for r in self.train], 0, self.weight)
        self.movable = weight / weight.sum()
        self.scenes = [
            Scenes(pictures, [r for r in self.train if pictures.rows[r]["set"] == name], size=128)
            for name in self.sets
        ]

    def style_of(self, rows):
        return [self.sets.index(style_of(self.pictures.rows[r])) for r in rows]

    def batch(self, count, recoloured=0.35):
        """-> pictures [count, 3, 128, 128] in 0..1, captions, styles."""
        plain, moved = (round(count * share) for share in SHARES[:2])
        rows = np.concatenate(
            [np.random.choice(self.train, n, p=p) for n, p in ((plain, self.weight), (moved, self.movable))]
        )
        rgba, texts = [], []
        for row in rows:
            record, picture = self.pictures.rows[row], self.pictures.x128[row]
            named = any(COLOUR_WORDS & set(name.split()) for name in record["names"])
            if not named and random.random() < recoloured:
                picture = rotate_hue(picture, random.uniform(40, 320))
                record = dict(record, colours=colours(picture), copy=True)
            rgba.append(picture)
            texts.append(phrase(record, tags=False) if random.random() < 0.7 else caption(record))
        rgba = tensor(np.stack(rgba))
        mirrored = torch.rand(plain) < 0.5
        rgba[:plain][mirrored] = rgba[:plain][mirrored].flip(3)
        rgba[plain:] = affine(rgba[plain:], (0.75, 1.1), rotation=4, shift=0.1, out=128)
        style = random.randrange(len(self.sets))
        scenes, captions = self.scenes[style].compositions(count - plain - moved)
        images = torch.cat([over(rgba, torch.ones(1)), scenes])
        return images, texts + captions, self.style_of(rows) + [style] * len(captions)

    def test_batch(self, count):
        rows = self.test[:: max(1, len(self.test) // count)][:count]
        images = over(tensor(np.stack([self.pictures.x128[r] for r in rows])), torch.ones(1))
        return images, [self.pictures.rows[r]["names"][0] for r in rows], self.style_of(rows)


class Sketches(IterableDataset):
    """Batches of inputs and targets, made by a worker beside the training."""

    def __init__(self, views, vqgan, prior, tokens, count):
        self.views, self.vqgan, self.prior, self.tokens, self.count = views, vqgan, prior, tokens, count

    def __iter__(self):
        start_worker()
        while True:
            yield self.of(*self.views.batch(self.count))

    def of(self, images, texts, styles):
        """-> words, styles, codes of the sketches, and codes of the pictures with their probabilities."""
        words, style = words_of(self.tokens, texts, self.prior.shape.vocabulary), torch.tensor(styles)
        return words, style, self.codes(images, words, style), *soft_codes(self.vqgan, images)

    @torch.no_grad()
    def codes(self, images, words, style):
        """[B, 3, 128, 128] -> codes of a sketch of each picture [B, 8, 8]."""
        small = F.avg_pool2d(images, 2)
        crooked = torch.rand(len(images)) < 0.8
        small[crooked] = warped(small[crooked])
        with mixed():
            small = self.vqgan.quantize.indices(self.vqgan.encode(small * 2 - 1).float())
            scores = self.prior(words, style, small.flatten(1)).float()
        kept, which = scores.topk(128, dim=2)
        drawn = torch.multinomial((kept / 0.9).softmax(2).flatten(0, 1), 1).view(*which.shape[:2], 1)
        resampled = which.gather(2, drawn).view_as(small)
        # from none of the codes to two in five
        share = (torch.rand(len(small), 1, 1) * 0.6 - 0.2).clamp(min=0)
        return torch.where(torch.rand(small.shape) < share, resampled, small)


class Echo:
    """Batches of which a part was learnt before, because a worker makes them slower than a step takes.

    Data echoing (arXiv 1907.05550). Other words are left out and other codes are known each time.
    """

    def __init__(self, batches, earlier):
        self.batches, self.recent = batches, deque(maxlen=earlier + 1)

    def __next__(self):
        self.recent.append(next(self.batches))
        while len(self.recent) < self.recent.maxlen:  # only at first: a compiled network wants one size of batch
            self.recent.append(next(self.batches))
        return [torch.cat(parts) for parts in zip(*self.recent, strict=True)]


def loss_of(model, codebook, batch, known, soft=True):
    """Mean cross-entropy of the unknown codes of a batch of `Sketches`; soft: False takes the nearest code only."""
    words, style, small, codes, probabilities = batch
    flat = codes.view(-1, NEAREST)
    # A sampled upsampler sees its own choice between similar codes, so the known ones are drawn too.
    seen = flat.gather(1, torch.multinomial(probabilities.view(-1, NEAREST), 1)) if soft else flat[:, :1]
    # the fused attention's backward takes longer for texts as short as these
    with mixed(), sdpa_kernel(SDPBackend.MATH):
        logits = model(codebook, words, style, small, seen.view(codes.shape[:-1]), known)
    logs = logits[~known].float().log_softmax(-1).gather(1, codes[~known])
    return -(logs * probabilities[~known]).sum(1).mean() if soft else -logs[:, 0].mean()


def trained(work, source="average"):
    """The trained upsampler, for the export."""
    state = load(work / "upsampler.pt")[source]
    shape = shape_of(len(state["word.weight"]) - 1)
    model = TiedUpsampler(shape, state["codebook"]).eval().requires_grad_(False)
    model.load_state_dict(state)
    return model


def initial(args, vocabulary, codebook, prior):
    """The model before the first step: of shipped weights, or with the prior's words and styles."""
    model = TiedUpsampler(shape_of(vocabulary), codebook).train()
    if args.warm_start:
        model.load_state_dict({**model.state_dict(), **single(load_file(args.warm_start))})
        nn.init.zeros_(model.drop.weight)
    else:
        model.word.load_state_dict(prior.word.state_dict())
        model.style.load_state_dict(prior.style.state_dict())
    return model


@torch.no_grad()
def measure(training, views, sketches, codebook):
    """Loss on test pictures, with no code known and with half of them, of the averaged weights."""
    before = torch.get_rng_state()
    torch.manual_seed(0)
    with training.averaged() as model:
        batch = sketches.of(*views.test_batch(128))
        result = {
            name + kind: loss_of(model, codebook, batch, torch.rand(batch[-1].shape[:-1]) < share, soft).item()
            for name, share in {"test": 0.0, "test, half known": 0.5}.items()
            for kind, soft in {"": False, ", soft": True}.items()
        }
    torch.set_rng_state(before)
    return result


def advance(training, batch, vocabulary, codebook, rate):
    """Learn from a batch of `Sketches`."""
    training.set_rates(*(trapezoid(training.step, training.steps, peak) for peak in (rate, rate / 2)))
    words, style, _, codes, _ = batch
    words[torch.rand(len(words)) < 0.12] = vocabulary
    style[torch.rand(len(style)) < 0.15] = len(STYLES)
    share = torch.cos(math.pi / 2 * torch.rand(len(words), 1, 1))  # unknown, as MaskGIT draws it
    known = torch.rand(codes.shape[:-1]) > share
    known.view(len(words), -1)[:, 0] = False
    training.learn(loss_of(training.model, codebook, batch, known))


def main():
    parser = options(__doc__, steps=3000, rate=4e-3, batch=24)
    parser.add_argument("--warm-start", type=Path, help="start from this shipped upsampler")
    parser.add_argument("--compile", action="store_true", help="compile the network: faster after a minute")
    parser.add_argument("--threads", type=int, default=1, help="of the network; batches are made by one more")
    parser.add_argument("--echo", type=int, default=0, help="learn so many of the last batches again in each step")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    tokens = Tokens(args.work / "bpe.txt.gz")
    vocabulary = tokens.tokenizer.vocab_size
    views = Views(Pictures(args.work))
    vqgan = VQGAN().eval().requires_grad_(False)
    vqgan.load_state_dict(finished(args.work, "vqgan"))
    codebook, prior = vqgan.quantize.embedding.weight, finished_prior(args.work)
    sketches = Sketches(views, vqgan, prior, tokens, args.batch)
    model = initial(args, vocabulary, codebook, prior)
    optimizers = optimizers_of(model, is_block_matrix, args.rate, 0.02, args.rate / 2)
    training = Training(args.work / "upsampler.pt", model, optimizers, args.steps)
    training.resume()
    seed(training.step)
    print(len(views.train), "pictures", sum(p.numel() for p in model.parameters()), "parameters", flush=True)
    # A worker encodes the next batches while this process learns.
    batches = Echo(iter(DataLoader(sketches, batch_size=None, num_workers=1, prefetch_factor=4)), args.echo)
    if args.compile:
        model.compile()
    while training.unfinished:
        advance(training, next(batches), vocabulary, codebook, args.rate)
        if training.every(50):
            training.report(**(measure(training, views, sketches, codebook) if training.every(250) else {}))


if __name__ == "__main__":
    main()

"""Train the small CLIP: open_clip's own classes, symmetric InfoNCE, then free adversarial training.

    python training/clip.py --work DIR --steps 6000 --robust-from 0.4

Resumes from DIR/clip.pt and mixes in the VQGAN's reconstructions. Needs DIR/bpe.txt.gz.
"""

import logging
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from open_clip.tokenizer import SimpleTokenizer
from safetensors.torch import load_file
from torch import nn

from data import PALETTE, Pictures, backgrounds, jitter, over, tensor
from muon import Muon
from negatives import SelfMade
from scenes import Scenes, unmatched
from trainer import Training, finished, load, mixed, options, seed, single, trapezoid
from vqgan import CODES, VQGAN

CONTEXT = 32
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


def model_config(vocabulary):
    return {
        "embed_dim": 192,
        "vision_cfg": {"image_size": 64, "layers": [1, 2, 2, 1], "width": 24, "head_width": 64},
        "text_cfg": {
            "context_length": CONTEXT,
            "vocab_size": vocabulary,
            "width": 160,
            "heads": 5,
            "layers": 3,
        },
    }


class Tokens:
    """Fast front of SimpleTokenizer for captions that are clean already."""

    def __init__(self, path):
        self.tokenizer = SimpleTokenizer(bpe_path=str(path), context_length=CONTEXT, clean="whitespace")
        self.tokenizer.clean_fn = str.lower
        self.cache = {}

    def __call__(self, texts):
        """-> int [n, longest], zero padded"""
        start, end = self.tokenizer.sot_token_id, self.tokenizer.eot_token_id
        rows = []
        for text in texts:
            if text not in self.cache:
                if len(self.cache) > 200_000:
                    self.cache.clear()
                self.cache[text] = [start, *self.tokenizer.encode(text)[: CONTEXT - 2], end]
            rows.append(self.cache[text])
        result = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
        for i, row in enumerate(rows):
            result[i, : len(row)] = torch.tensor(row)
        return result


def build(vocabulary):
    model = CLIP(**model_config(vocabulary))
    nn.init.normal_(model.token_embedding.weight, std=0.05)  # .02 learns far slower at this size
    nn.init.constant_(model.logit_scale, np.log(20.0))
    model.visual.to(memory_format=torch.channels_last)
    return model


def encode_text(model, tokens):
    """open_clip's encode_text without its padding (causal: what follows the end changes nothing).

    tokens int [n, L] -> unit vectors [n, D]. Short captions run apart from long ones.
    """
    ends = tokens.argmax(1)
    result = torch.zeros(len(tokens), model.text_projection.shape[1])
    for chosen in (ends < 8, ends >= 8):
        if not chosen.any():
            continue
        length = int(ends[chosen].max()) + 1
        with mixed():
            x = model.token_embedding(tokens[chosen, :length]) + model.positional_embedding[:length]
            x = model.transformer(x, attn_mask=model.attn_mask[:length, :length])
            x = model.ln_final(x[torch.arange(len(x)), ends[chosen]]) @ model.text_projection
        result = result.index_put((chosen.nonzero()[:, 0],), x.float())
    return F.normalize(result, dim=1)


def encode_image(model, images):
    """images [B, 3, 64, 64] in 0..1 -> unit vectors [B, D]"""
    images = ((images - MEAN[0]) / STD[0]).contiguous(memory_format=torch.channels_last)
    with mixed():
        return F.normalize(model.visual(images).float(), dim=1)


class Reconstructions:
    """A rolling pool of VQGAN reconstructions, some with wrong codes in them, and of decoded random codes."""

    def __init__(self, work, pictures, scenes, size=4096):
        self.path, self.pictures, self.scenes, self.size = work / "vqgan.pt", pictures, scenes, size
        self.images, self.rows = np.zeros((size, 64, 64, 3), np.uint8), np.zeros(size, np.int64)
        self.junk = np.zeros((512, 64, 64, 3), np.uint8)
        self.filled, self.made, self.model, self.stamp = 0, 0, None, None

    def refresh_model(self, minimum_step=700):
        if not self.path.exists():
            if self.model is None:
                self.model = VQGAN().eval().requires_grad_(False)
                self.model.load_state_dict(finished(self.path.parent, "vqgan"))
            return
        if self.path.stat().st_mtime == self.stamp:
            return
        state = load(self.path)
        self.stamp = self.path.stat().st_mtime
        if state["step"] >= minimum_step:
            self.model = VQGAN().eval().requires_grad_(False)
            self.model.load_state_dict(state["average"])

    @torch.no_grad()
    def add(self, count=48, junk=8):
        if self.model is None:
            return
        rows = self.scenes.singles(count)
        images = over(tensor(np.stack([self.pictures.x64[r] for r in rows])), backgrounds(count, 64, white=0.6))
        with mixed():
            codes = self.model.quantize.indices(self.model.encode(images * 2 - 1))
            share = torch.rand(count, 1, 1) * 0.25 * (torch.rand(count, 1, 1) < 0.4)
            wrong = torch.rand(codes.shape) < share
            codes[wrong] = torch.randint(0, CODES, (int(wrong.sum()),))
            # nothing to see: codes drawn at random, and codes of a picture in random order
            noise = torch.randint(0, CODES, (junk, 8, 8))
            noise[junk // 2 :] = codes[: junk - junk // 2].flatten(1)[:, torch.randperm(64)].view(-1, 8, 8)
            output = self.model.decode(self.model.quantize.vectors(torch.cat([codes, noise]))).float()
        output = ((output.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
        at = (self.filled + np.arange(count)) % self.size
        self.images[at], self.rows[at] = output[:count], rows
        self.junk[(self.made + np.arange(junk)) % len(self.junk)] = output[count:]
        self.filled, self.made = self.filled + count, self.made + junk

    def pool(self):
        known = min(self.filled, self.size)
        return (self.images[:known], self.rows[:known]) if known else None

    def junk_pool(self):
        return self.junk[: min(self.made, len(self.junk))]


@torch.no_grad()
def retrieval(model, tokens, pictures, name, limit=1000):
    """Picture -> its own name among those of `limit` pictures of one set: R@1, R@5, median rank."""
    rows = [r for r in pictures.of_set(name) if pictures.rows[r]["hexcode"]]
    by_name = {pictures.rows[r]["names"][0]: r for r in rows}
    chosen = random.Random(0).sample(sorted(by_name), min(limit, len(by_name)))
    texts = torch.cat(
        [encode_text(model, tokens([f"{n}" for n in chosen[i : i + 250]])) for i in range(0, len(chosen), 250)]
    )
    images = over(tensor(np.stack([pictures.x64[by_name[n]] for n in chosen])), torch.ones(1))
    vectors = torch.cat([encode_image(model, part) for part in images.split(250)])
    scores = vectors @ texts.t()
    rank = (scores > scores.diagonal()[:, None]).sum(1)
    return [
        round((rank < 1).float().mean().item(), 3),
        round((rank < 5).float().mean().item(), 3),
        rank.median().item() + 1,
        len(chosen),
    ]


@torch.no_grad()
def colour_accuracy(model, tokens, pictures, words=PALETTE[3:], plain=False, limit=500):
    """Share of recoloured test pictures whose colour word wins among `words`: the eight chromatic ones.

    plain: of pictures with a single colour word, so that no other one is half right.
    """
    copies = [r for r in pictures.test if pictures.rows[r]["copy"]]
    fitting = [r for r in copies if pictures.rows[r]["colours"][0] in words]
    rows = [r for r in fitting if not plain or len(pictures.rows[r]["colours"]) == 1][:limit]
    texts = [f"{word} {pictures.rows[r]['names'][0]}" for r in rows for word in words]
    vectors = torch.cat([encode_text(model, tokens(texts[i : i + 320])) for i in range(0, len(texts), 320)]).view(
        len(rows), len(words), -1
    )
    images = over(tensor(np.stack([pictures.x64[r] for r in rows])), torch.ones(1))
    seen = torch.cat([encode_image(model, part) for part in images.split(250)])
    best = torch.einsum("nd,nwd->nw", seen, vectors).argmax(1)
    truth = [words.index(pictures.rows[r]["colours"][0]) for r in rows]
    return (best == torch.tensor(truth)).float().mean().item()


def measure(model, tokens, pictures):
    model.eval()
    result = {name: retrieval(model, tokens, pictures, name) for name in ("emojione-v1", "openmoji", "noto")}
    result["colour"] = colour_accuracy(model, tokens, pictures)
    result["colour of eleven"] = colour_accuracy(model, tokens, pictures, PALETTE, plain=True)
    model.train()
    return result


def contrastive(model, images, texts, matched):
    """InfoNCE; only the first `matched` images have a caption, the others are negatives for every caption."""
    vectors = encode_image(model, images)
    logits = model.logit_scale.exp().clamp(max=60.0) * vectors @ texts.t()
    target = torch.arange(matched)
    to_text = F.cross_entropy(logits[:matched], target, label_smoothing=0.05)
    to_image = F.cross_entropy(logits.t(), target, label_smoothing=0.05)
    return (to_text + to_image) / 2, (logits[:matched].argmax(1) == target).float().mean()


def unit(x):
    return x / (x.flatten(1).norm(dim=1)[:, None, None, None] + 1e-12)


def optimizers_of(model, rate):
    """Muon for the matrices; AdamW for the tables and, without weight decay, for vectors and numbers."""
    inner, outer, light = [], [], []
    for name, parameter in model.named_parameters():
        table = "embedding" in name or name.endswith("text_projection")
        (light if parameter.ndim <= 1 else outer if table else inner).append(parameter)
    groups = [{"params": outer, "weight_decay": 0.1}, {"params": light, "weight_decay": 0.0}]
    return [Muon(inner, lr=rate, weight_decay=0.1), torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98))]


class CLIPTraining(Training):
    """A training with adversarial pictures (free adversarial training, Shafahi and others 2019) from a step on.

    In that part each batch is used `replays` times; every step moves the model down and the perturbation of the
    pictures up the same gradient.

    Args:
        args: The options of the command line.
        tokens: See `Tokens`.
        scenes: Where batches come from.
        pool: See `Reconstructions`.
    """

    def __init__(self, args, tokens, scenes, pool, model):
        super().__init__(args.work / "clip.pt", model, optimizers_of(model, args.rate), args.steps)
        self.args, self.tokens, self.scenes, self.pool = args, tokens, scenes, pool
        self.robust_from, self.replay, self.delta, self.epsilon = int(args.robust_from * args.steps), 0, None, 0.0
        self.negatives = SelfMade(scenes.pictures, scenes)
        #: A CLIP of the averaged weights of the last checkpoint, which makes the negatives.
        self.judge = None

    def see(self, images):
        return encode_image(self.judge, images)

    def read(self, texts):
        return encode_text(self.judge, self.tokens(texts))

    def draw(self, robust):
        """Make the next batch, with a perturbation if `robust`."""
        made, rows, given = self.negatives.draw(self.args.self_made)
        given = list(zip(rows, given, strict=True))
        images, texts = self.scenes.batch(self.args.batch, self.pool.pool(), given)
        junk = unmatched(images, self.pool.junk_pool(), self.args.junk - len(rows))
        self.images, self.captions = jitter(torch.cat([images, junk, made])), self.tokens(texts)
        if robust:
            share = (self.step - self.robust_from) / (0.25 * self.steps)
            self.epsilon = self.args.epsilon * min(1.0, 0.25 + share)
            direction = unit(torch.randn_like(self.images))
            self.delta = direction * self.epsilon * torch.rand(len(self.images), 1, 1, 1)

    def advance(self):
        """Make one step."""
        self.set_rates(trapezoid(self.step, self.steps, self.args.rate, warmup=200))
        robust = self.step >= self.robust_from
        if not robust or self.replay % self.args.replays == 0:
            self.draw(robust)
        shown = self.images
        if robust:
            self.replay += 1
            self.delta.requires_grad_()
            shown = self.images + self.delta
        # the perturbation leaves the captions alone: their encoder learns on the first replay only
        if not robust or (self.replay - 1) % self.args.replays == 0:
            self.vectors = encode_text(self.model, self.captions)
        loss, accuracy = contrastive(self.model, shown, self.vectors, self.args.batch)
        step = self.step
        self.learn(loss, loss=loss.item(), accuracy=accuracy.item())
        self.vectors = self.vectors.detach()
        if robust:
            self.perturb()
            if self.pool.model is not None and step % 9 == 0:
                self.negatives.advance(self.pool.model, self.see, self.read)

    @torch.no_grad()
    def perturb(self):
        """Move the perturbation up its gradient, inside its radius."""
        delta = self.delta + unit(self.delta.grad) * self.epsilon * 0.75
        length = delta.flatten(1).norm(dim=1)[:, None, None, None]
        self.delta = (delta * (self.epsilon / (length + 1e-12)).clamp(max=1.0)).detach()

    def report(self, **measured):
        if self.negatives.known > 40:
            measured["self-made, real"] = self.negatives.compare(self.see, self.read)
        scale = self.model.logit_scale.exp().item()
        super().report(scale=scale, reconstructions=self.pool.filled, **measured)


def main():
    parser = options(__doc__, steps=6000, rate=2e-3, batch=192, junk=24)
    parser.add_argument("--warm-start", type=Path, help="start from these shipped weights")
    parser.add_argument(
        "--robust-from", type=float, default=0.4, help="share of the steps before adversarial training"
    )
    parser.add_argument("--epsilon", type=float, default=1.5, help="L2 radius, pictures in 0..1 at 64 px")
    parser.add_argument("--replays", type=int, default=3)
    parser.add_argument("--self-made", type=int, default=14, help="self-made negatives per adversarial batch")
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    pictures, tokens = Pictures(args.work), Tokens(args.work / "bpe.txt.gz")
    scenes = Scenes(pictures)
    pool = Reconstructions(args.work, pictures, scenes)
    model = build(tokens.tokenizer.vocab_size).train()
    if args.warm_start:
        model.load_state_dict(single(load_file(args.warm_start)))
    training = CLIPTraining(args, tokens, scenes, pool, model)
    training.resume()
    seed(training.step)
    parameters = sum(p.numel() for p in model.parameters())
    print(len(pictures.train), "pictures", len(scenes.keys), "concepts", parameters, "parameters", flush=True)
    training.judge = build(tokens.tokenizer.vocab_size).eval().requires_grad_(False)
    training.judge.load_state_dict(training.average.state)
    pool.refresh_model()
    while training.unfinished:
        training.advance()
        if training.step % 24 == 0:
            pool.add()
        if training.every(100):
            measured = {}
            if training.every(500):
                with training.averaged():
                    measured = measure(model, tokens, pictures)
            training.report(**measured)
            pool.refresh_model()
            training.judge.load_state_dict(training.average.state)


if __name__ == "__main__":
    main()

"""Train a judge of the battery: what a picture shows, with a class for nothing.

    PYTHONPATH=. python training/judges.py convolutions --work DIR --out benchmarks/panel
    PYTHONPATH=. python training/judges.py patches --work DIR --out benchmarks/panel

`convolutions` learns from the CLIP's picture sets; `patches` from those and OpenMoji, which the CLIP never saw.
Emoji One v1 is held out from both: they are calibrated on it. Pictures of nothing are blocks in random order, warped
pictures, random codes, smooth noise, and latents that the CLIP optimised from noise. So that the artefacts of a
decoder alone do not mean "nothing", reconstructions, and pictures optimised from a real one towards its own caption,
keep their caption.

Resumes from DIR/judge-KIND.pt; `--warm-start` starts from a judge's file on a new machine. Needs DIR/vqgan.pt and
DIR/clip.pt, or takes the shipped ones.
"""

import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from benchmarks.judges import KINDS, Judge, encode, tokenizer
from captions import caption
from clip import Reconstructions, Tokens, build, encode_image, encode_text
from data import Pictures, affine, backgrounds, jitter, over, tensor
from scenes import Scenes, unmatched
from trainer import Training, finished, mixed, optimizers_of, options, seed, trapezoid
from vqgan import VQGAN

CALIBRATION = "emojione-v1"
ALSO_LEARNED = {"convolutions": [], "patches": ["openmoji"]}
SEEDS = {"convolutions": 11, "patches": 23}


def warped(images):
    """Warp pictures [B, 3, 64, 64] so far that nothing can be recognised, though colours and edges stay."""
    count, side = len(images), images.shape[-1]
    field = torch.randn(count, 2, 6, 6) * torch.empty(count, 1, 1, 1).uniform_(0.45, 0.8)
    bend = F.interpolate(field, size=side, mode="bicubic").permute(0, 2, 3, 1)
    grid = F.affine_grid(torch.eye(2, 3).expand(count, 2, 3), list(images.shape), align_corners=False)
    return F.grid_sample(images, grid + bend, padding_mode="reflection", align_corners=False)


class Optimised:
    """Pictures that the CLIP optimised towards a caption: from noise and, in small steps, from a picture of it."""

    def __init__(self, work, pictures, scenes, count=768, group=24):
        path = work / "optimised.npz"
        if not path.exists():
            np.savez(path, **self._make(work, pictures, scenes, count, group))
        stored = np.load(path)
        self.lost, self.kept, self.texts = stored["lost"], stored["kept"], stored["texts"].tolist()

    def _make(self, work, pictures, scenes, count, group):
        tokens = Tokens(work / "bpe.txt.gz")
        clip = build(tokens.tokenizer.vocab_size).eval().requires_grad_(False)
        clip.load_state_dict(finished(work, "clip"))
        vqgan = VQGAN().eval().requires_grad_(False)
        vqgan.load_state_dict(finished(work, "vqgan"))
        codes = vqgan.quantize.embedding.num_embeddings
        lost, kept, texts = [], [], []
        while len(lost) < count:
            rows = scenes.singles(group)
            captions = [caption(pictures.rows[r]) for r in rows]
            real = over(tensor(np.stack([pictures.x64[r] for r in rows])), backgrounds(group, 64, white=0.7))
            gentle = len(lost) > 2 * len(kept)
            with torch.no_grad():
                target = encode_text(clip, tokens(captions))
                if gentle:
                    z = vqgan.encode(real * 2 - 1).float()
                else:
                    z = vqgan.quantize.vectors(torch.randint(0, codes, (group, 8, 8))).clone()
            z.requires_grad_()
            rate = random.uniform(0.03, 0.06) if gentle else random.uniform(0.1, 0.25)
            optimizer = torch.optim.Adam([z], lr=rate)
            for _ in range(random.randint(8, 24) if gentle else random.randint(24, 40)):
                nearest = vqgan.quantize.vectors(vqgan.quantize.indices(z.detach()))
                with mixed():
                    output = vqgan.decode(z + (nearest - z).detach())
                picture = ((output.float() + 1) / 2).clamp(0, 1)
                views = [affine(picture, (0.85, 1.3), 10, 0.1) for _ in range(2)]
                loss = -sum((encode_image(clip, view) * target).sum() for view in views)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            pixels = (picture.detach() * 255).round().byte().numpy()
            if gentle:
                kept.extend(pixels)
                texts.extend(captions)
            else:
                lost.extend(pixels)
        return {"lost": np.stack(lost), "kept": np.stack(kept), "texts": np.array(texts)}

    def draw(self, lost, kept):
        """`lost` pictures of nothing, `kept` with captions: (images, images, captions)."""
        first = np.random.randint(0, len(self.lost) - 64, lost)  # the last 64 are for the calibration
        second = np.random.choice(len(self.kept), kept, False)
        captions = [self.texts[i] for i in second]
        return self._tensor(self.lost[first]), self._tensor(self.kept[second]), captions

    def for_calibration(self):
        return self._tensor(self.lost[-64:])

    @staticmethod
    def _tensor(pixels):
        return torch.from_numpy(pixels).float() / 255


@torch.no_grad()
def calibrate(judge, words, pictures, optimised, names=200):
    """Shares, on real drawings of the held-out style and on pictures of nothing made from them."""
    judge.eval()
    rows = [r for r in pictures.of_set(CALIBRATION) if pictures.rows[r]["hexcode"]]
    by_name = {pictures.rows[r]["names"][0]: r for r in rows}
    first, fifth, nothing = [], [], []
    torch.manual_seed(0)
    for draw in range(4):
        chosen = random.Random(draw).sample(sorted(by_name), names)
        images = over(tensor(np.stack([pictures.x64[by_name[n]] for n in chosen])), torch.ones(1))
        scores = judge.scores(images, judge.texts(encode(words, chosen)))
        rank = (scores > scores.diagonal()[:, None]).sum(1)  # nothing is a candidate, too
        first.append((rank < 1).float().mean().item())
        fifth.append((rank < 5).float().mean().item())
        bad = torch.cat([unmatched(images, None, names)[: names // 2], warped(images)])
        scores = judge.scores(bad, judge.texts(encode(words, chosen)))
        nothing.append((scores.argmax(1) == names).float().mean().item())
    scores = judge.scores(optimised.for_calibration(), judge.texts(encode(words, chosen)))
    from_noise = (scores.argmax(1) == names).float().mean().item()
    judge.train()
    return {
        "R@1": np.mean(first).item(),
        "R@5": np.mean(fifth).item(),
        "shuffled and warped are nothing": np.mean(nothing).item(),
        "optimised from noise is nothing": from_noise,
    }


def is_inner(name, parameter):
    """Whether Muon trains a parameter."""
    return parameter.ndim > 1 and "table" not in name and "places" not in name


def batch(count, scenes, pool, optimised):
    """-> pictures [B, 3, 64, 64] in 0..1, captions of the first of them; the others show nothing."""
    images, texts = scenes.batch(count, pool.pool())
    lost, kept, captions = optimised.draw(12, 8)
    bad = [unmatched(images, pool.junk_pool(), 16), warped(images[torch.randperm(len(images))[:12]])]
    extra = affine(torch.cat([kept, lost]), (0.85, 1.15), 8, 0.08)
    images = jitter(torch.cat([images, extra[: len(kept)], *bad, extra[len(kept) :]]))
    return images, texts + captions


def advance(training, words, images, texts):
    """Learn from one batch, see `batch`."""
    judge, matched = training.model, len(texts)
    tokens = encode(words, texts)
    with mixed():
        scores = judge.scores(images, judge.texts(tokens))
    target = torch.cat([torch.arange(matched), torch.full((len(images) - matched,), matched)])
    to_text = F.cross_entropy(scores, target, label_smoothing=0.05)
    to_image = F.cross_entropy(scores[:, :matched].t(), torch.arange(matched), label_smoothing=0.05)
    loss = (to_text + to_image) / 2
    accuracy = (scores[:matched].argmax(1) == target[:matched]).float().mean().item()
    training.learn(loss, loss=loss.item(), accuracy=accuracy)


def main():
    parser = options(__doc__, steps=3000, rate=3e-3, batch=160)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--out", type=Path, required=True, help="folder for KIND.safetensors")
    parser.add_argument("--warm-start", type=Path, help="start from this KIND.safetensors")
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEEDS[args.kind])
    pictures, words = Pictures(args.work), tokenizer()
    for name in ALSO_LEARNED[args.kind]:
        pictures.train = np.concatenate([pictures.train, pictures.of_set(name)])
    scenes = Scenes(pictures)
    pool = Reconstructions(args.work, pictures, scenes)
    pool.refresh_model()
    optimised = Optimised(args.work, pictures, scenes)
    judge = Judge(args.kind, words.vocab_size).train()
    if args.warm_start:
        judge.load_state_dict(load_file(args.warm_start))
    optimizers = optimizers_of(judge, is_inner, args.rate, (0.1, 0.05))
    training = Training(args.work / f"judge-{args.kind}.pt", judge, optimizers, args.steps)
    training.resume()
    seed(SEEDS[args.kind] + training.step)
    print(len(pictures.train), "pictures", sum(p.numel() for p in judge.parameters()), "parameters", flush=True)
    while training.unfinished:
        training.set_rates(trapezoid(training.step, training.steps, args.rate, warmup=150))
        advance(training, words, *batch(args.batch, scenes, pool, optimised))
        if training.step % 24 == 0:
            pool.add()
        if training.every(100):
            measured = {}
            if training.every(500):
                with training.averaged():
                    measured = calibrate(judge, words, pictures, optimised)
                torch.manual_seed(SEEDS[args.kind] + training.step)
            training.report(**measured)
    args.out.mkdir(parents=True, exist_ok=True)
    average = training.average.state.items()
    half = {k: (v.half() if v.dtype.is_floating_point else v).contiguous() for k, v in average}
    save_file(half, args.out / f"{args.kind}.safetensors")


if __name__ == "__main__":
    main()

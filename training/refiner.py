"""Train the refiner: a picture as vqclip draws it -> the drawing that it should have been, with crisp edges.

    python training/refiner.py pairs --work DIR --chunks 150    # pictures as vqclip draws them; can go on for ever
    python training/refiner.py train --work DIR --steps 6000    # meanwhile, or afterwards

`pairs` writes DIR/refiner/*.npy, each with some pairs of a degraded picture and its drawing. It needs the drawings at
256 px, DIR/pictures256.rgba, which the Makefile renders. `train` starts from nothing and resumes from DIR/refiner.pt.
The losses are those of the VQGAN paper, see adversarial.py. Crops of pictures of 256 px and whole ones of 128 px are
learned in turn.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from adversarial import PatchDiscriminator, PerceptualLoss
from crops import LARGE, Drawings
from data import affine, backgrounds, over, tensor
from decoder import DISCRIMINATOR_RATE, Weights, codes_of, decoder_gradient
from edges import EDGE, gradients, steep_share, steepness
from trainer import Training, cosine, finished, load, mixed, seed
from vqclip.models.refiner import Refiner
from vqclip.synthesis.stage_upsampling import upsample
from vqgan import VQGAN

#: How much the pixels of a target count, by how the picture was degraded: in a run of vqclip, forms move.
TRUST = {"clean": 1.0, "near": 0.6, "wrong": 0.5, "run": 0.5}
CROP, BATCH = 128, 8
WEIGHTS = Weights(edges=0.5, perceptual=0.2, matching=0.1, flatness=2.0, adversarial=0.4)


class Degraded:
    """Makes pairs of a degraded picture and its drawing.

    Args:
        work: The folder with the drawings at 256 px.
    """

    def __init__(self, work):
        self.drawings = Drawings(work)
        self.vqgan = VQGAN().eval().requires_grad_(False)
        self.vqgan.load_state_dict(finished(work, "vqgan"))
        self.runs = None

    def drawn(self, count):
        """Drawings on plain grounds, [count, 3, 256, 256] in 0..1, and their names."""
        rows = [self.drawings.train[np.random.randint(len(self.drawings.train))] for _ in range(count)]
        rgba = affine(tensor(np.stack([self.drawings.pixels[r] for r in rows])), (0.75, 1.05), 3, 0.06, out=LARGE)
        names = [self.drawings.records[r]["name"].replace("-", " ") for r in rows]
        return over(rgba, backgrounds(count, LARGE, white=0.75)), names

    @torch.no_grad()
    def grown(self, images, kind, size):
        """Drawings [n, 3, size, size] as a run grows them from 64 px: decoded, upsampled, decoded again."""
        small = F.avg_pool2d(images, size // 64) * 2 - 1
        with mixed():
            picture = self.vqgan.decode(codes_of(self.vqgan, small, [kind] * len(small))).float()
        while picture.shape[3] < size:
            side = 2 * picture.shape[3]
            picture = upsample((picture.clamp(-1, 1) + 1) / 2, side, side, edges=True) * 2 - 1
            with mixed():
                picture = self.vqgan.reconstruct(picture).float()
        return (picture.clamp(-1, 1) + 1) / 2

    def run(self, images, names):
        """Drawings [n, 3, 256, 256] as the default preset draws them when they are the prior's candidates."""
        self.runs = self.runs or DefaultRuns()
        small = F.avg_pool2d(images, LARGE // 64) * 2 - 1
        codes = self.vqgan.quantize.indices(self.vqgan.encode(small).float()).flatten(1)
        return torch.stack([self.runs.draw(name, code) for name, code in zip(names, codes, strict=True)])

    def chunk(self, kind, size):
        """Some pairs: uint8 [n, 2, size, size, 3], the degraded picture first."""
        images, names = self.drawn(12 if kind == "run" else 32 if size == LARGE else 64)
        if size < LARGE:
            images = F.avg_pool2d(images, LARGE // size)
        shown = self.run(images, names) if kind == "run" else self.grown(images, kind, size)
        return (torch.stack([shown, images], 1).permute(0, 1, 3, 4, 2) * 255).round().byte().numpy()


class DefaultRuns:
    """Runs of the default preset with a drawing's codes in place of the prior's candidates."""

    def __init__(self):
        from vqclip.models import registry
        from vqclip.models.perceptor import load_perceptor
        from vqclip.models.vqgan import load_vqgan

        cpu, precision = torch.device("cpu"), torch.bfloat16
        self.vqgan = load_vqgan(registry.find_vqgan("tiny", None), cpu, precision)
        self.perceptor = load_perceptor(registry.find_clip("tiny"), cpu, precision)
        self.given = None

    def sample(self, texts, count, generator, **ways):
        """In place of the prior's."""
        return self.given.view(1, 8, 8).expand(count, -1, -1)

    def draw(self, name, codes):
        """The finished picture, [3, 256, 256] in 0..1, of a name from 8x8 codes."""
        from vqclip.events import Finished
        from vqclip.models.perceptor import ClipTarget
        from vqclip.settings import sources
        from vqclip.synthesis.loop import Synthesizer

        self.given = codes
        known = {"prompt": name, "candidates": 1, "seed": int(torch.randint(0, 1 << 30, ()))}
        settings = sources.resolve(known, preset="normal", environment={}).settings
        targets = [ClipTarget(self.perceptor, 1.0, self.perceptor.encode_text([p.text for p in settings.prompts]))]
        events = Synthesizer(self.vqgan, targets, settings, sampler=self, scored_steps=set()).run()
        picture = next(event.image() for event in events if isinstance(event, Finished))
        return torch.from_numpy(picture).permute(2, 0, 1).float() / 255


def make_pairs(args):
    folder = args.work / "refiner"
    folder.mkdir(exist_ok=True)
    degraded = Degraded(args.work)
    grown = [("clean", 256), ("near", 256), ("clean", 128), ("wrong", 256), ("near", 128)]
    turns = [turn for pair in grown for turn in (pair, ("run", 256))]
    for number in range(args.chunks):
        kind, size = turns[number % len(turns)]
        path = folder / f"{number:04}-{size}-{kind}.npy"
        if not path.exists():
            seed(number)
            pairs = degraded.chunk(kind, size)
            np.save(path.with_suffix(".part.npy"), pairs)
            path.with_suffix(".part.npy").replace(path)
            print(path.name, flush=True)


class Pairs:
    """The pairs in DIR/refiner; new files are found while the training runs."""

    def __init__(self, work):
        self.folder, self.chunks = Path(work) / "refiner", {}

    def find(self):
        """Look for new files; the first of each kind is kept back for the test."""
        for path in sorted(self.folder.glob("*-*-*.npy")):
            if path.name.endswith(".part.npy") or path in self.chunks:
                continue
            self.chunks[path] = np.load(path, mmap_mode="r")
        sizes = {size: [p for p in self.chunks if f"-{size}-" in p.name] for size in (128, 256)}
        self.train = {size: paths[2:] for size, paths in sizes.items()}
        self.test = {size: paths[:2] for size, paths in sizes.items()}

    def batch(self, step):
        """-> pictures, drawings [BATCH, 3, CROP, CROP] in 0..1, trust [BATCH]"""
        size = 128 if step % 4 == 3 else 256
        pairs, trust = [], []
        for _ in range(BATCH):
            path = self.train[size][np.random.randint(len(self.train[size]))]
            chunk = self.chunks[path]
            y, x = np.random.randint(0, size - CROP + 1, 2)
            pair = chunk[np.random.randint(len(chunk)), :, y : y + CROP, x : x + CROP]
            pair = np.rot90(pair, np.random.randint(4) if size > CROP else 0, (1, 2))
            pair = pair[:, :, :: np.random.choice([-1, 1])]
            if np.random.rand() < 0.5:
                pair = pair[..., np.random.permutation(3)]
            pairs.append(pair)
            trust.append(TRUST[path.stem.split("-")[2]])
        both = torch.from_numpy(np.stack(pairs)).permute(1, 0, 4, 2, 3).float() / 255
        return both[0], both[1], torch.tensor(trust)


class RefinerTraining(Training):
    """The refiner and a discriminator beside it."""

    def __init__(self, path, steps, rate):
        self.rate, self.discriminator, self.perceptual = rate, PatchDiscriminator(32), PerceptualLoss()
        model = Refiner().to(memory_format=torch.channels_last)
        optimizers = [
            torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.99)),
            torch.optim.Adam(self.discriminator.parameters(), lr=DISCRIMINATOR_RATE, betas=(0.5, 0.99)),
        ]
        super().__init__(path, model, optimizers, steps)

    def state(self):
        return super().state() | {"discriminator": self.discriminator.state_dict()}

    def load_state(self, state):
        super().load_state(state)
        self.discriminator.load_state_dict(state["discriminator"])

    def advance(self, pictures, drawings, trust):
        """One step of both networks; the losses by name."""
        self.set_rates(cosine(self.step, self.steps, self.rate), DISCRIMINATOR_RATE)
        refining, judging = self.optimizers
        with mixed():
            output = self.model(pictures.to(memory_format=torch.channels_last))
        output = output.float() * 2 - 1
        # the pixel losses first bring edges to their places
        ramp = min(1.0, max(0.0, (self.step - 400) / 400))
        weights = Weights(**{**vars(WEIGHTS), "adversarial": ramp * WEIGHTS.adversarial})
        gradient, loss, values = decoder_gradient(
            output, drawings * 2 - 1, trust, self.model.conv_out.weight, self.discriminator, self.perceptual, weights
        )
        judging.zero_grad()
        loss.backward(inputs=list(self.discriminator.parameters()))
        judging.step()
        self.model.zero_grad()
        output.backward(gradient)
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        refining.step()
        self.step += 1
        self.average.update(self.model)
        return values


@torch.no_grad()
def measure(model, pairs):
    """Of the test pairs at 256 px: error and share of steep edge pixels, before, after, and of the drawings."""
    result = {}
    for path in pairs.test[256]:
        both = torch.from_numpy(pairs.chunks[path][:16].copy()).permute(1, 0, 4, 2, 3).float() / 255
        with mixed():
            refined = model.refine(both[0]).float()
        threshold, kind = steepness(both[1]), path.stem.split("-")[2]
        for name, images in (("before", both[0]), ("after", refined)):
            share, error = steep_share(images, threshold), (images - both[1]).abs().mean().item()
            result[f"{kind} {name}"] = [round(error, 4), round(share, 4)]
        result["edge pixels"] = [round((gradients(i) >= EDGE).float().mean().item(), 4) for i in (refined, both[1])]
    return result


def train(args):
    pairs = Pairs(args.work)
    pairs.find()
    torch.manual_seed(0)
    training = RefinerTraining(args.work / "refiner.pt", args.steps, args.rate)
    training.resume()
    seed(training.step)
    while training.unfinished:
        training.recent.append(training.advance(*pairs.batch(training.step)))
        if training.every(100):
            pairs.find()
            measured = {}
            if training.every(500):
                with training.averaged() as model:
                    measured = measure(model, pairs)
            training.report(**measured)


def trained(work, source="average"):
    """The trained refiner, for the export."""
    model = Refiner().eval().requires_grad_(False)
    model.load_state_dict(load(work / "refiner.pt")[source])
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["pairs", "train"])
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--chunks", type=int, default=150)
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--rate", type=float, default=4e-4)
    args = parser.parse_args()
    torch.set_num_threads(1)
    {"pairs": make_pairs, "train": train}[args.what](args)


if __name__ == "__main__":
    main()

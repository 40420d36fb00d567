"""Train the small VQGAN: taming-transformers' encoder and decoder around an EMA codebook, f8, pixel losses only.

    python training/vqgan.py --work DIR --steps 4600 [--pictures FOLDER]

Resumes from DIR/vqgan.pt; decoder.py then trains the decoder alone, with a discriminator. The picture is folded 2x2
into channels before taming's Encoder and unfolded after its Decoder (`pixel_unshuffle: 2`): taming's GroupNorm wants
multiples of 32 channels, and at full resolution those would be too slow on a CPU.
"""

import contextlib
import io
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from taming.modules.diffusionmodules.model import Decoder, Encoder
from torch import nn

from crops import Folder
from data import Pictures, affine, backgrounds, over, tensor
from trainer import Training, cosine, mixed, optimizers_of, options, single

DDCONFIG = {
    "double_z": False,
    "z_channels": 64,
    "resolution": 32,
    "in_channels": 12,
    "out_ch": 12,
    "ch": 64,
    "ch_mult": [1, 1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [8],
    "dropout": 0.0,
}
EMBED_DIM, CODES, FOLD = 16, 2048, 2


class Codebook(nn.Module):
    """Nearest-code look-up. The EMA statistics live in the trainer; only `embedding.weight` is exported."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(CODES, EMBED_DIM).requires_grad_(False)

    def indices(self, z):
        """z [B, D, h, w] -> int [B, h, w]"""
        flat = z.permute(0, 2, 3, 1).reshape(-1, EMBED_DIM).float()
        weight = self.embedding.weight
        distance = weight.square().sum(1) - 2 * flat @ weight.t()
        return distance.argmin(1).view(len(z), z.shape[2], z.shape[3])

    def vectors(self, indices):
        """int [B, h, w] -> [B, D, h, w]"""
        return self.embedding(indices).permute(0, 3, 1, 2)


class VQGAN(nn.Module):
    """State dict keys as in taming's VQModel. Pictures [B, 3, H, W] in -1..1, H and W multiples of 8."""

    def __init__(self):
        super().__init__()
        with contextlib.redirect_stdout(io.StringIO()):
            self.encoder, self.decoder = Encoder(**DDCONFIG), Decoder(**DDCONFIG)
        self.quantize = Codebook()
        self.quant_conv = nn.Conv2d(DDCONFIG["z_channels"], EMBED_DIM, 1)
        self.post_quant_conv = nn.Conv2d(EMBED_DIM, DDCONFIG["z_channels"], 1)

    def encode(self, images):
        """-> [B, 16, H/8, W/8], before quantisation"""
        return self.quant_conv(self.encoder(F.pixel_unshuffle(images, FOLD)))

    def decode(self, z):
        return F.pixel_shuffle(self.decoder(self.post_quant_conv(z)), FOLD)

    def reconstruct(self, images):
        return self.decode(self.quantize.vectors(self.quantize.indices(self.encode(images))))


class CodeStatistics:
    """Running counts and sums per code; codes nobody uses are moved onto encoder outputs."""

    def __init__(self, codebook, decay=0.99):
        self.weight, self.decay = codebook.embedding.weight, decay
        self.counts, self.sums = torch.ones(CODES), self.weight.detach().clone()

    @torch.no_grad()
    def reset(self, vectors):
        """Start from encoder outputs: a few Lloyd iterations on vectors [n, D]."""
        centres = vectors[torch.randperm(len(vectors))[:CODES]].clone()
        for _ in range(4):
            nearest = (centres.square().sum(1) - 2 * vectors @ centres.t()).argmin(1)
            counts = torch.bincount(nearest, minlength=CODES).float()
            sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
            used = counts > 0
            centres[used] = sums[used] / counts[used, None]
            centres[~used] = vectors[torch.randint(len(vectors), (int((~used).sum()),))]
        self.weight.copy_(centres)
        self.counts, self.sums = torch.ones(CODES), centres.clone()

    @torch.no_grad()
    def grow(self, known, vectors):
        """Start from `known` codes: each stays, and where there are more places the rest divide the busiest ones."""
        if len(known) == CODES:
            self.weight.copy_(known)
            self.counts, self.sums = torch.ones(CODES), known.clone()
            return
        nearest = (known.square().sum(1) - 2 * vectors @ known.t()).argmin(1)
        error = (vectors - known[nearest]).square().sum(1)
        # a vector becomes a code with a chance that grows with its distance from the code that stood for it
        added = vectors[torch.multinomial(error, CODES - len(known))]
        centres = torch.cat([known, added])
        for _ in range(3):
            nearest = (centres.square().sum(1) - 2 * vectors @ centres.t()).argmin(1)
            counts = torch.bincount(nearest, minlength=CODES).float()
            sums = torch.zeros_like(centres).index_add_(0, nearest, vectors)
            used = counts > 0
            centres[used] = sums[used] / counts[used, None]
        self.weight.copy_(centres)
        self.counts, self.sums = torch.ones(CODES), centres.clone()

    @torch.no_grad()
    def update(self, z, indices, restart):
        flat, chosen = z.permute(0, 2, 3, 1).reshape(-1, EMBED_DIM), indices.flatten()
        counts = torch.bincount(chosen, minlength=CODES).float()
        sums = torch.zeros_like(self.sums).index_add_(0, chosen, flat)
        self.counts.lerp_(counts, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        dead = (self.counts < 0.03).nonzero().flatten()
        if restart and len(dead):
            self.sums[dead] = flat[torch.randint(len(flat), (len(dead),))] * 0.3
            self.counts[dead] = 0.3
        self.weight.copy_(self.sums / self.counts[:, None].clamp(min=1e-6))


def batch(pictures, step, size=32):
    """[B, 3, 64, 64] in -1..1; every sixth batch is whole pictures at 128 px (fewer of them)."""
    if isinstance(pictures, Folder):
        return pictures.views(size // 4, 128) if step % 6 == 5 else pictures.views(size, 64)
    if step % 6 == 5:
        rows = np.random.choice(pictures.train128, size // 4)
        images = over(
            affine(tensor(pictures.x128[np.sort(rows)]), (0.8, 1.1), shift=0.1, out=128),
            backgrounds(len(rows), 128),
        )
        return images * 2 - 1
    whole, crops = size * 5 // 8, size - size * 5 // 8
    small = tensor(pictures.x64[np.sort(np.random.choice(pictures.train, whole))])
    half = whole // 2
    small[:half] = affine(small[:half], (0.7, 1.2), shift=0.2, rotation=8)
    large = tensor(pictures.x128[np.sort(np.random.choice(pictures.train128, crops))])
    large = affine(large, (1.3, 3.0), shift=0.5)
    ground = backgrounds(size, 64)
    # a few pictures stand in front of another one
    behind = tensor(pictures.x64[np.sort(np.random.choice(pictures.train, size // 8))])
    ground[: size // 8] = over(affine(behind, (0.6, 1.5), shift=0.6), ground[: size // 8])
    images = over(torch.cat([small, large]), ground)
    flip = torch.rand(size) < 0.5
    images[flip] = images[flip].flip(3)
    return images * 2 - 1


def encoded(model, pictures, batches):
    """Encoder outputs of some batches of 64, before quantisation: [n, 16]."""
    outputs = [model.encode(batch(pictures, 0, 64)) for _ in range(batches)]
    return torch.cat([z.permute(0, 2, 3, 1).reshape(-1, EMBED_DIM) for z in outputs])


def edge_losses(output, target):
    """Differences of neighbouring pixels at three scales, and of the smoothed pictures themselves.

    output, target [B, 3, H, W] -> [B]
    """
    loss = 0.0
    for scale in range(3):
        error = output - target
        loss = loss + error.diff(dim=3).abs().mean((1, 2, 3)) + error.diff(dim=2).abs().mean((1, 2, 3))
        if scale < 2:
            output, target = F.avg_pool2d(output, 2), F.avg_pool2d(target, 2)
            loss = loss + 0.5 * (output - target).abs().mean((1, 2, 3))
    return loss


def is_inner_kernel(name, parameter):
    """Whether Muon trains a parameter: the kernels inside, which learn several times faster with it."""
    at_the_pixels = name.endswith(("conv_in.weight", "conv_out.weight"))
    return name.startswith(("encoder", "decoder")) and parameter.ndim == 4 and not at_the_pixels


@torch.no_grad()
def measure_folder(model, folder):
    """Mean absolute error on 0..1 of the pictures of a folder that were kept back, at 64 and 128 px."""
    result = {}
    with mixed():
        for size in (64, 128):
            images = folder.tests(size)
            output = torch.cat([model.reconstruct(part).float() for part in images.split(16)])
            result[f"test {size} px"] = (output - images).abs().mean().item() / 2
    return result


@torch.no_grad()
def measure(model, pictures):
    """Mean absolute error on 0..1 of test pictures and held-out styles, and the share of codes in use."""
    if isinstance(pictures, Folder):
        return measure_folder(model, pictures)
    model.eval()
    result, used = {}, torch.zeros(CODES)
    generator = torch.Generator().manual_seed(0)
    groups = {
        "test": pictures.test128[:192],
        "emojione-v1": pictures.of_set("emojione-v1")[:192],
        "openmoji": pictures.of_set("openmoji")[:192],
    }
    with mixed():
        for name, rows in groups.items():
            for kind in ["white", "coloured"] if name == "test" else ["white"]:
                total = 0.0
                for start in range(0, len(rows), 64):
                    images = tensor(pictures.x64[rows[start : start + 64]])
                    ground = (
                        torch.ones(1) if kind == "white" else torch.rand(len(images), 3, 1, 1, generator=generator)
                    )
                    images = over(images, ground) * 2 - 1
                    codes = model.quantize.indices(model.encode(images).float())
                    used += torch.bincount(codes.flatten(), minlength=CODES)
                    output = model.decode(model.quantize.vectors(codes)).float()
                    total += (output - images).abs().mean().item() / 2 * len(images)
                result[f"{name} {kind}"] = total / len(rows)
        images = over(tensor(pictures.x128[pictures.test128[:64]]), torch.ones(1)) * 2 - 1
        result["test 128 px"] = (model.reconstruct(images).float() - images).abs().mean().item() / 2
    share = used / used.sum()
    result["codes used"] = (used > 0).float().mean().item()
    result["perplexity"] = torch.exp(-(share * (share + 1e-9).log()).sum()).item()
    model.train()
    return result


class VQGANTraining(Training):
    """A training with a codebook beside the networks, see `CodeStatistics`.

    Args:
        free_steps: Steps without the codebook; after them it starts from what the encoder gives. -1: it is there.
    """

    def __init__(self, path, model, optimizers, steps, statistics, free_steps):
        super().__init__(path, model, optimizers, steps)
        self.statistics, self.free_steps = statistics, free_steps

    def state(self):
        return super().state() | {"counts": self.statistics.counts, "sums": self.statistics.sums}

    def load_state(self, state):
        super().load_state(state)
        self.statistics.counts, self.statistics.sums = state["counts"], state["sums"]

    def advance(self, images):
        """Learn from one batch [B, 3, S, S] in -1..1."""
        with mixed():
            z = self.model.encode(images).float()
            commit = torch.zeros(())
            if self.step >= self.free_steps:
                indices = self.model.quantize.indices(z.detach())
                codes = self.model.quantize.vectors(indices)
                self.statistics.update(z.detach(), indices, restart=self.step < 0.85 * self.steps)
                commit = F.mse_loss(z, codes)
                z = z + (codes - z).detach()
            output = self.model.decode(z)
        output = output.float()
        l1, edges = (output - images).abs().mean(), edge_losses(output, images).mean()
        loss = l1 + 0.5 * edges + 0.25 * commit
        self.learn(loss, l1=l1.item(), edges=edges.item(), commit=commit.item())

    def measure(self, pictures):
        """Errors of the live weights, and the first of them with the averaged weights."""
        result = measure(self.model, pictures)
        with self.averaged() as model:
            name, error = next(iter(measure(model, pictures).items()))
        return result | {f"average: {name}": error}


def main():
    parser = options(__doc__, steps=4600, rate=5e-3)
    parser.add_argument("--warm-start", type=Path, help="start from these shipped weights")
    parser.add_argument("--pictures", type=Path, help="a folder of pictures, instead of the picture sets in DIR")
    parser.add_argument("--free-steps", type=int, default=150, help="steps before the codebook is put in")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.work.mkdir(parents=True, exist_ok=True)
    pictures, path = Folder(args.pictures) if args.pictures else Pictures(args.work), args.work / "vqgan.pt"
    torch.manual_seed(0)
    model = VQGAN().train()
    statistics = CodeStatistics(model.quantize)
    if args.warm_start and not path.exists():
        weights = single(load_file(args.warm_start))
        known = weights.pop("quantize.embedding.weight")
        model.load_state_dict({**weights, "quantize.embedding.weight": model.quantize.embedding.weight})
        with torch.no_grad():
            statistics.grow(known, encoded(model, pictures, 40))
    optimizers = optimizers_of(model, is_inner_kernel, args.rate, (0.0, 1e-4), betas=(0.9, 0.99))
    free_steps = -1 if args.warm_start else args.free_steps
    training = VQGANTraining(path, model, optimizers, args.steps, statistics, free_steps)
    if training.resume():
        torch.manual_seed(training.step)
    else:
        training.save()
    np.random.seed(training.step)
    while training.unfinished:
        training.set_rates(cosine(training.step, training.steps, args.rate))
        if training.step == free_steps:
            with torch.no_grad():
                statistics.reset(encoded(model, pictures, 4))
        training.advance(batch(pictures, training.step))
        if training.every(100):
            training.report(**(training.measure(pictures) if training.every(500) else {}))


if __name__ == "__main__":
    main()

"""Train a VQGAN's decoder against a patch discriminator; encoder and codebook stay, and with them all codes.

    python training/decoder.py --work DIR --steps 8000
    python training/decoder.py --work DIR --steps 8000 --pictures FOLDER

Starts from DIR/vqgan.pt (vqgan.py writes it) or, without it, from the shipped weights, and resumes from
DIR/decoder.pt. The losses are in adversarial.py and are put together in `decoder_gradient`.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from adversarial import (
    PatchDiscriminator,
    PerceptualLoss,
    adaptive_weight,
    clamped,
    feature_matching_loss,
    flatness_loss,
    hinge_discriminator_loss,
    hinge_generator_loss,
)
from crops import Drawings, Folder
from data import Pictures
from trainer import Training, cosine, finished, mixed, options, seed
from vqclip.synthesis.stage_upsampling import upsample
from vqgan import CODES, VQGAN, edge_losses, measure


@dataclass(frozen=True)
class Weights:
    """How much each loss counts beside the mean absolute error.

    adversarial is a share of the adaptive weight: at 1 the discriminator pulls as hard as all other losses together.
    """

    edges: float = 0.5
    perceptual: float = 0.1
    matching: float = 0.1
    flatness: float = 2.0
    adversarial: float = 0.4


#: The discriminator's learning rate; it has more to learn than the decoder, which starts from trained weights.
DISCRIMINATOR_RATE = 5e-4
#: How much the pixels of a target count, by what was done to its codes; see `codes_of`.
TRUST = {"clean": 1.0, "enlarged": 0.3, "near": 0.3, "wrong": 0.1}


def kinds_of(count, size, step):
    """What is done to the codes of each picture of a batch, see `codes_of`: a list of TRUST's keys."""
    if size == 64:
        return ["clean"] * (count - 3 * count // 8) + ["near"] * (count // 4) + ["wrong"] * (count // 8)
    if size == 128:
        return ["clean"] * (count // 4) + ["near"] * (count // 4) + ["enlarged"] * (count - 2 * (count // 4))
    return [["clean", "enlarged"][(i + step) % 2] for i in range(count)]


@torch.no_grad()
def codes_of(model, images, kinds):
    """Encode pictures to quantised latents such as vqclip decodes.

    clean: the picture's own codes. near: codes near the right ones, as optimisation under CLIP leaves them. wrong: up
    to a seventh of the codes are random, as an error of the prior. enlarged: codes of the picture decoded at half its
    size and enlarged, as between two stages of a run.

    Args:
        model: The `VQGAN`.
        images: (B, 3, H, W) in [-1, 1].
        kinds: B keys of TRUST.

    Returns:
        (B, D, H/8, W/8).
    """
    images = images.clone()
    grown = [i for i, kind in enumerate(kinds) if kind == "enlarged"]
    with mixed():
        if grown:
            height, width = images.shape[2:]
            small = model.reconstruct(F.avg_pool2d(images[grown], 2)).float().clamp(-1, 1)
            images[grown] = upsample((small + 1) / 2, width, height, edges=True) * 2 - 1
        z = model.encode(images).float()
    for i, kind in enumerate(kinds):
        if kind == "near":
            z[i] += torch.randn_like(z[i]) * (0.1 + 0.5 * torch.rand(()))
    indices = model.quantize.indices(z)
    for i, kind in enumerate(kinds):
        if kind == "wrong":
            wrong = torch.rand(indices[i].shape) < torch.rand(()) / 7
            indices[i][wrong] = torch.randint(0, CODES, (int(wrong.sum()),))
    return model.quantize.vectors(indices)


def decoder_gradient(output, images, trust, last_layer, discriminator, perceptual, weights):
    """Compute the gradient of all losses with respect to the decoded pictures, and the discriminator's loss.

    Decoder: trust * (L1 + edges + perceptual + feature matching + flatness) + lambda * hinge, where lambda is the
    paper's adaptive weight (arXiv 2012.09841, equation 7) times `weights.adversarial`. Both networks learn from one
    pass through the discriminator.

    Args:
        output: Decoded pictures (B, 3, H, W), connected to the decoder's graph.
        images: Their targets, in [-1, 1].
        trust: (B,) how much the pixels of a target count.
        last_layer: Weights of the decoder's last convolution.
        discriminator: A `PatchDiscriminator`.
        perceptual: A `PerceptualLoss`.
        weights: See `Weights`.

    Returns:
        The gradient, of output's shape; the discriminator's loss, to be differentiated with respect to its
        parameters; and a dict of the single losses as floats.
    """
    picture = output.detach().requires_grad_()
    shown = clamped(picture)
    with mixed():
        real, fake = discriminator(images), discriminator(shown)
        losses = {
            "l1": (picture - images).abs().mean((1, 2, 3)),
            "edges": edge_losses(picture, images),
            "perceptual": perceptual(shown, images),
            "matching": feature_matching_loss(real, fake),
            "flatness": flatness_loss(picture, images),
        }
    reconstruction = sum(getattr(weights, name, 1.0) * loss for name, loss in losses.items())
    reconstruction = (trust * reconstruction).mean()
    adversarial = hinge_generator_loss(fake[-1].float())
    pull = torch.autograd.grad(reconstruction, picture, retain_graph=True)[0]
    push = torch.autograd.grad(adversarial, picture, retain_graph=True)[0]
    weight, _ = adaptive_weight(pull, push, output, last_layer)
    discriminator_loss = hinge_discriminator_loss(real[-1].float(), fake[-1].float())
    clean = trust == 1
    values = {name: loss[clean].mean().item() for name, loss in losses.items() if clean.any()}
    values |= {"adversarial": adversarial.item(), "discriminator": discriminator_loss.item(), "lambda": weight.item()}
    return pull + weights.adversarial * weight * push, discriminator_loss, values


def trained_parameters(model):
    """The decoder's parameters by name, and those of the convolution before it."""
    return [(n, p) for n, p in model.named_parameters() if n.startswith(("decoder", "post_quant_conv"))]


class DecoderTraining(Training):
    """A training of a VQGAN's decoder and of a discriminator beside it.

    Args:
        path: The checkpoint.
        model: The `VQGAN`; its encoder and codebook stay as they are.
        steps: How many steps the whole training has.
        rate: The decoder's peak learning rate.
        weights: See `Weights`.
        width: Channels of the discriminator's first layer.
    """

    def __init__(self, path, model, steps, rate, weights, width=32):
        self.rate, self.weights = rate, weights
        self.discriminator, self.perceptual = PatchDiscriminator(width), PerceptualLoss()
        model.train().requires_grad_(False)
        self.parameters = [parameter.requires_grad_(True) for _, parameter in trained_parameters(model)]
        # Adam, as in the paper: with Muon, the noise of an adversarial gradient moves the weights as much as its mean
        decoder = torch.optim.Adam(self.parameters, lr=rate, betas=(0.5, 0.99))
        # two time scales (Heusel and others, 2017): the discriminator keeps its rate while the decoder's falls
        judging = torch.optim.Adam(self.discriminator.parameters(), lr=DISCRIMINATOR_RATE, betas=(0.5, 0.99))
        super().__init__(path, model, [decoder, judging], steps)

    def state(self):
        return super().state() | {"discriminator": self.discriminator.state_dict()}

    def load_state(self, state):
        super().load_state(state)
        self.discriminator.load_state_dict(state["discriminator"])

    def advance(self, images):
        """Train decoder and discriminator for one step.

        Args:
            images: (B, 3, S, S) in [-1, 1].

        Returns:
            The losses by name, as floats.
        """
        self.set_rates(cosine(self.step, self.steps, self.rate), DISCRIMINATOR_RATE)
        decoder, judging = self.optimizers
        kinds = kinds_of(len(images), images.shape[3], self.step)
        trust = torch.tensor([TRUST[kind] for kind in kinds])
        z_q = codes_of(self.model, images, kinds)
        with mixed():
            output = self.model.decode(z_q)
        output = output.float()
        last_layer = self.model.decoder.conv_out.weight
        # the adversarial loss counts when the discriminator has learned something
        ramp = min(1.0, max(0.0, (self.step - 60) / 100))
        weights = Weights(**{**vars(self.weights), "adversarial": ramp * self.weights.adversarial})
        gradient, discriminator_loss, values = decoder_gradient(
            output, images, trust, last_layer, self.discriminator, self.perceptual, weights
        )
        judging.zero_grad()
        discriminator_loss.backward(inputs=list(self.discriminator.parameters()))
        judging.step()
        self.model.zero_grad()
        output.backward(gradient)
        nn.utils.clip_grad_norm_(self.parameters, 1.0)
        decoder.step()
        self.step += 1
        self.average.update(self.model)
        return values


def main():
    parser = options(__doc__, steps=8000, rate=1.5e-4)
    parser.add_argument("--pictures", type=Path, help="a folder of pictures, instead of the picture sets in DIR")
    parser.add_argument("--adversarial", type=float, default=Weights.adversarial, help="weight of that loss")
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.work.mkdir(parents=True, exist_ok=True)
    source = Folder(args.pictures) if args.pictures else Drawings(args.work)
    torch.manual_seed(0)
    model = VQGAN()
    model.load_state_dict(finished(args.work, "vqgan"))
    weights = Weights(adversarial=args.adversarial)
    training = DecoderTraining(args.work / "decoder.pt", model, args.steps, args.rate, weights)
    training.resume()
    seed(training.step)
    while training.unfinished:
        training.recent.append(training.advance(source.batch(training.step)))
        if training.every(100):
            measured = {}
            if training.every(500):
                with training.averaged():
                    measured = measure(model, source if args.pictures else Pictures(args.work))
            training.report(**measured)


if __name__ == "__main__":
    main()

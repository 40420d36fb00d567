"""Measure how sharp a VQGAN's edges are and how flat its flat parts, beside the drawings that it reconstructs.

    python training/edges.py --work DIR [--weights FILE ...]

For the drawings kept back, on white, at 64, 128 and 256 px, and for drawings of 64 px that grow to 256 px as in a
run of vqclip: decoded, enlarged, encoded, at every stage. Without --weights: the shipped VQGAN and DIR/decoder.pt.

- Gradient of a pixel: the length of its differences to the right and downwards, in the channel where that is largest.
- Edge pixel: one with a gradient of at least 0.1, on a scale of 0 to 1.
- Steep: at least as steep as the steepest tenth of the real drawings' edge pixels at that size. So 10 % of the real
  edge pixels are steep; a blurred picture has fewer, a picture with ringing or grain more.
- Ripple: mean absolute difference of neighbouring pixels, in 255ths, where the real drawing is flat in the 5x5
  neighbourhood.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from adversarial import flatness_loss
from crops import Drawings
from data import Pictures, over, tensor
from trainer import SHIPPED, load, mixed
from vqclip.synthesis.stage_upsampling import upsample
from vqgan import VQGAN

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
EDGE = 0.1


def gradients(images):
    """Gradient of every pixel: [B, 3, H, W] in 0..1 -> [B, H - 1, W - 1], at least 0."""
    across, down = images.diff(dim=3)[..., :-1, :], images.diff(dim=2)[..., :-1]
    return (across.square() + down.square()).sqrt().amax(1)


def steepness(real):
    """What the steepest tenth of the edge pixels of drawings [B, 3, H, W] in 0..1 reaches."""
    g = gradients(real)
    return np.quantile(g[g >= EDGE].numpy(), 0.9).item()


def steep_share(images, threshold):
    """Share of the edge pixels of [B, 3, H, W] in 0..1 whose gradient is at least `threshold`."""
    g = gradients(images)
    return ((g >= threshold).sum() / (g >= EDGE).sum().clamp(min=1)).item()


def ripple(images, real):
    """Mean difference of neighbours in the flat parts of `real`, in 255ths; both [B, 3, H, W] in 0..1."""
    return (255 / 2 * flatness_loss(images * 2 - 1, real * 2 - 1).mean()).item()


def drawings(work, count=128):
    """Drawings kept back by size in pixels, each [n, 3, S, S] in 0..1 on white."""
    pictures, large = Pictures(work), Drawings(work)
    rows = pictures.test128[:count]
    chosen = large.test[:: max(1, len(large.test) // (count // 2))][: count // 2]
    return {
        64: over(tensor(pictures.x64[rows]), torch.ones(1)),
        128: over(tensor(pictures.x128[rows]), torch.ones(1)),
        256: over(tensor(large.pixels[chosen]), torch.ones(1)),
    }


@torch.no_grad()
def decoded(model, images, batch=8):
    """Reconstructions of [B, 3, S, S] in 0..1, in the same range."""
    with mixed():
        parts = [model.reconstruct(part * 2 - 1).float() for part in images.split(batch)]
    return (torch.cat(parts) / 2 + 0.5).clamp(0, 1)


def grown(model, images, size):
    """Drawings [B, 3, S, S] in 0..1, decoded, enlarged and decoded again until they are [B, 3, size, size]."""
    images = decoded(model, images)
    while images.shape[3] < size:
        images = decoded(model, upsample(images, 2 * images.shape[3], 2 * images.shape[3], edges=True))
    return images


def weights_of(path):
    """A VQGAN's weights from a safetensors file, or the running average of a checkpoint."""
    path = Path(path)
    state = load_file(path) if path.suffix == ".safetensors" else load(path)["average"]
    return {k: v.float() for k, v in state.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--weights", type=Path, nargs="*")
    args = parser.parse_args()
    torch.set_num_threads(1)
    real = drawings(args.work)
    small = F.avg_pool2d(real[256], 4)
    thresholds = {size: steepness(images) for size, images in real.items()}
    for size, threshold in thresholds.items():
        print(f"drawings at {size} px: a tenth of the edge pixels is steeper than {threshold:.3f}")
    for path in args.weights or [CHECKPOINTS / SHIPPED["vqgan"], args.work / "decoder.pt"]:
        model = VQGAN().eval()
        model.load_state_dict(weights_of(path))
        print(path)
        for size, images in real.items():
            output = decoded(model, images)
            error = (output - images).abs().mean().item()
            share = steep_share(output, thresholds[size])
            print(f"  {size} px: steep {share:.1%}, ripple {ripple(output, images):.2f}, error {error:.4f}")
        share = steep_share(grown(model, small, 256), thresholds[256])
        print(f"  64 px grown to 256 px: steep {share:.1%}")


if __name__ == "__main__":
    main()

"""Show what the models do: sheets of reconstructions, and quick pictures of prompts with the pair in training.

python training/sheets.py --work DIR --out sheet.png reconstruct [--size 64|128]
python training/sheets.py --work DIR --out sheet.png optimise --prompts "a red apple" "a blue car" ...
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw

import clip as clip_training
from data import Pictures, over, tensor
from trainer import load, mixed
from vqgan import CODES, VQGAN

PROMPTS = [
    "a red apple", "a yellow smiling face", "a green tree", "a blue car", "a cat", "a house",
    "a slice of pizza", "a red heart", "a sunflower", "a fish", "a rocket", "a guitar",
]  # fmt: skip


def load_pair(work, source="average"):
    state = load(work / "vqgan.pt")
    vqgan = VQGAN().eval().requires_grad_(False)
    vqgan.load_state_dict(state[source])
    tokens = clip_training.Tokens(work / "bpe.txt.gz")
    clip = clip_training.build(tokens.tokenizer.vocab_size).eval().requires_grad_(False)
    clip.load_state_dict(load(work / "clip.pt")[source])
    return vqgan, clip, tokens


def sheet(rows, path, size=96, labels=None):
    """rows: lists of [3, H, W] in 0..1."""
    page = Image.new("RGB", (max(map(len, rows)) * size + 110 * bool(labels), len(rows) * size), "white")
    draw = ImageDraw.Draw(page)
    for y, row in enumerate(rows):
        if labels:
            draw.text((2, y * size + size // 2), labels[y][:18], fill="black")
        for x, picture in enumerate(row):
            pixels = (picture.clamp(0, 1).permute(1, 2, 0) * 255).round().byte().numpy()
            tile = Image.fromarray(pixels).resize((size - 2, size - 2), Image.BICUBIC)
            page.paste(tile, (x * size + 110 * bool(labels), y * size))
    page.save(path)


@torch.no_grad()
def reconstruct(vqgan, pictures, size, count=10):
    """Originals and reconstructions: test pictures on white and coloured grounds, held-out styles."""
    source = pictures.x64 if size == 64 else pictures.x128
    rows = []
    sets = [
        pictures.test128,
        pictures.test128[40:],
        pictures.of_set("openmoji"),
        pictures.of_set("emojione-v1"),
    ]
    for i, chosen in enumerate(sets):
        images = tensor(source[np.sort(np.random.default_rng(i).choice(chosen, count, False))])
        images = over(images, torch.rand(count, 3, 1, 1) if i == 1 else torch.ones(1))
        if size == 256:
            images = F.interpolate(images, scale_factor=2, mode="bicubic").clamp(0, 1)
        output = ((vqgan.reconstruct(images * 2 - 1) + 1) / 2).clamp(0, 1)
        rows += [list(images), list(output)]
    return rows


class _Clamp(torch.autograd.Function):
    """Clamp to 0..1; gradients that would push further out are dropped."""

    @staticmethod
    def forward(context, x):
        context.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(context, gradient):
        (x,) = context.saved_tensors
        return gradient * ((gradient * (x - x.clamp(0, 1))) >= 0)


def views(picture, count, scale=(0.7, 1.15), rotation=12, shift=0.12, noise=0.04):
    """Random affine views of one picture, edges repeated: [1, 3, H, W] -> [count, 3, 64, 64]."""
    size = torch.exp(-torch.empty(count).uniform_(math.log(scale[0]), math.log(scale[1])))
    turn = torch.empty(count).uniform_(-rotation, rotation) * (math.pi / 180)
    mirror = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(turn) * size, torch.sin(turn) * size
    move = torch.empty(count, 2).uniform_(-shift, shift)
    theta = torch.stack(
        [torch.stack([cos * mirror, -sin, move[:, 0]], 1), torch.stack([sin * mirror, cos, move[:, 1]], 1)], 1
    )
    grid = F.affine_grid(theta, (count, 3, 64, 64), align_corners=False)
    out = F.grid_sample(picture.expand(count, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    return out + torch.randn_like(out) * noise * torch.rand(count, 1, 1, 1)


def optimise(vqgan, clip, tokens, prompt, steps=150, cutouts=16, rate=0.1, start="white", seed=0, side=8,
             contrast=0.0, scale=(0.7, 1.15), log=None):  # fmt: skip
    """Adam on the latent z [1, 16, side, side], straight through the codebook."""
    torch.manual_seed(seed)
    with torch.no_grad():
        target = clip_training.encode_text(clip, tokens([prompt]))
        against = clip_training.encode_text(clip, tokens(["a picture", "noise", "an image of an object"]))
        if start == "random":
            z = vqgan.quantize.vectors(torch.randint(0, CODES, (1, side, side))).clone()
        else:
            level = {"white": 1.0, "grey": 0.0}.get(start, 0.0)
            plain = torch.full((1, 3, 8 * side, 8 * side), level) + 0.05 * torch.randn(1, 3, 8 * side, 8 * side)
            z = vqgan.encode(plain).clone()
    z.requires_grad_()
    optimizer = torch.optim.Adam([z], lr=rate, betas=(0.9, 0.99))
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - 0.8 * step / steps)
        codes = vqgan.quantize.vectors(vqgan.quantize.indices(z))
        with mixed():
            output = vqgan.decode(z + (codes - z).detach())
        picture = _Clamp.apply((output.float() + 1) / 2)
        seen = clip_training.encode_image(clip, views(picture, cutouts, scale))
        similarity = (seen @ target.t()).mean()
        loss = 2 * ((seen - target).norm(dim=1) / 2).arcsin().square().mean() + 0.1 * F.mse_loss(z, codes.detach())
        if contrast:
            loss = loss + contrast * (seen @ against.t()).clamp(min=0).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if log is not None:
            log.append(similarity.item())
    with torch.no_grad():
        return ((vqgan.decode(vqgan.quantize.vectors(vqgan.quantize.indices(z))) + 1) / 2).clamp(0, 1)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["reconstruct", "optimise"])
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--out", type=Path, default=Path("sheet.png"))
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--prompts", nargs="*", default=PROMPTS)
    parser.add_argument("--starts", nargs="*", default=["white", "random"])
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--rate", type=float, default=0.1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    vqgan, clip, tokens = load_pair(args.work)
    if args.what == "reconstruct":
        sheet(reconstruct(vqgan, Pictures(args.work), args.size), args.out, size=max(96, args.size))
        return
    begun, rows = time.time(), []
    for prompt in args.prompts:
        settings = {"steps": args.steps, "rate": args.rate, "side": args.size // 8}
        rows.append([optimise(vqgan, clip, tokens, prompt, start=start, **settings) for start in args.starts])
    # prompts across, starts down
    sheet([list(column) for column in zip(*rows, strict=True)], args.out, size=128)
    print(f"{(time.time() - begun) / len(rows) / len(args.starts):.1f} s a picture")


if __name__ == "__main__":
    main()

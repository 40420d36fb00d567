"""Negatives made by the model itself: latents optimised towards a caption, as the product's loop does.

A small CLIP scores such pictures higher than real drawings. As negatives for the caption that they were optimised
towards, beside a real picture of it, they turn the CLIP's gradients towards pictures that look like drawings. The
idea is that of persistent contrastive divergence: the latents stay in a pool and are optimised further.
"""

import random

import numpy as np
import torch

from captions import caption
from data import affine, backgrounds, over, tensor
from trainer import mixed
from vqgan import CODES


class SelfMade:
    """A pool of latents z [n, 16, 8, 8], each with the row and caption that it is optimised towards."""

    def __init__(self, pictures, scenes, size=320):
        self.pictures, self.scenes, self.size = pictures, scenes, size
        self.z = torch.zeros(size, 16, 8, 8)
        self.images = torch.zeros(size, 3, 64, 64)
        self.rows, self.texts, self.ages = [0] * size, [""] * size, [0] * size
        self.known = 0

    @torch.no_grad()
    def _start(self, vqgan, count):
        """Random codes, plain backgrounds, or some other picture."""
        kind = random.random()
        if kind < 0.4:
            return vqgan.quantize.vectors(torch.randint(0, CODES, (count, 8, 8))).clone()
        ground = backgrounds(count, 64, white=0.5)
        if kind > 0.75:
            rows = self.scenes.singles(count)
            ground = over(affine(tensor(np.stack([self.pictures.x64[r] for r in rows])), (0.6, 1.1)), ground)
        return vqgan.encode((ground + 0.05 * torch.randn_like(ground)) * 2 - 1).float()

    def advance(self, vqgan, see, read, count=10, steps=5, oldest=60):
        """Optimise `count` members for some steps. see(images) and read(texts) give unit vectors."""
        if self.known < self.size:
            members = list(range(self.known, min(self.size, self.known + count)))
            self.known += len(members)
            fresh = members
        else:
            members = random.sample(range(self.size), count)
            fresh = [m for m in members if self.ages[m] >= oldest or random.random() < 0.08]
        if fresh:
            self.z[fresh] = self._start(vqgan, len(fresh))
            for member, row in zip(fresh, self.scenes.singles(len(fresh)), strict=True):
                self.rows[member], self.ages[member] = row, 0
                self.texts[member] = caption(self.pictures.rows[row])
        with torch.no_grad():
            target = read([self.texts[m] for m in members])
        z = self.z[members].clone()
        for _ in range(steps):
            z.requires_grad_()
            codes = vqgan.quantize.vectors(vqgan.quantize.indices(z))
            with mixed():
                output = vqgan.decode(z + (codes - z).detach())
            picture = ((output.float() + 1) / 2).clamp(-0.05, 1.05)
            likeness = (see(picture) * target).sum() + (see(affine(picture, (0.85, 1.2), 8, 0.08)) * target).sum()
            (slope,) = torch.autograd.grad(likeness, z)
            with torch.no_grad():
                spread = slope.flatten(1).std(dim=1)[:, None, None, None] + 1e-9
                z = z + 0.12 * random.uniform(0.4, 1.6) * slope / spread * codes.std()
        self.z[members] = z
        self.images[members] = picture.detach().clamp(0, 1)
        for member in members:
            self.ages[member] += steps

    def draw(self, count):
        """-> (images [n, 3, 64, 64], rows, texts), different members; empty until a few have been made."""
        count = min(count, self.known // 2)
        members = random.sample(range(self.known), count)
        return self.images[members], [self.rows[m] for m in members], [self.texts[m] for m in members]

    @torch.no_grad()
    def compare(self, see, read, count=64):
        """Mean likeness to the caption of self-made pictures and of the real ones that they should resemble."""
        images, rows, texts = self.draw(count)
        target = read(texts)
        real = over(tensor(np.stack([self.pictures.x64[r] for r in rows])), torch.ones(1))
        return [round((see(shown) * target).sum(1).mean().item(), 3) for shown in (images, real)]

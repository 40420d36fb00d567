"""How cutouts are bent, coloured, erased and grained at random, as numbers that `resampling` carries out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """How far a cutout may be bent, with which probability each.

    flip, affine_p, perspective_p, colour_p, erase_p: probabilities. turn, shear: degrees. shift: share of the
    side. grow: the size varies by up to this share. perspective: how far a corner moves, share of half the
    side. hue: in turns; saturation, brightness, contrast: share. noise: largest standard deviation.
    """

    flip: float = 0.0
    affine_p: float = 0.0
    turn: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    grow: float = 0.0
    perspective_p: float = 0.0
    perspective: float = 0.0
    colour_p: float = 0.0
    hue: float = 0.0
    saturation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    erase_p: float = 0.0
    noise: float = 0.0

    def scaled(self, strength: float) -> Augmentation:
        """The same kinds and probabilities, with every extent but the noise and the flip times `strength`."""
        extents = (
            "turn",
            "shift",
            "shear",
            "grow",
            "perspective",
            "hue",
            "saturation",
            "brightness",
            "contrast",
        )
        changed = {name: getattr(self, name) * strength for name in extents}
        return Augmentation(**{**self.__dict__, **changed})


def bend(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random flips, affine maps and perspectives as one homography per cutout: (N, 3, 3), cutout to cutout."""

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand((count, *shape), generator=generator) * (high - low) + low

    flip = torch.where(uniform(0, 1) < how.flip, -1.0, 1.0)
    on = (uniform(0, 1) < how.affine_p).float()
    turn = uniform(-how.turn, how.turn) * on * math.pi / 180
    shear = torch.tan(uniform(-how.shear, how.shear) * on * math.pi / 180)
    grow = 1 + uniform(-how.grow, how.grow) * on
    shift = uniform(-2 * how.shift, 2 * how.shift, 2) * on[:, None]
    cos, sin = torch.cos(turn) * grow, torch.sin(turn) * grow
    zero, one = torch.zeros(count), torch.ones(count)
    affine = torch.stack(
        [
            torch.stack([cos * flip, cos * shear - sin, shift[:, 0]], 1),
            torch.stack([sin * flip, sin * shear + cos, shift[:, 1]], 1),
            torch.stack([zero, zero, one], 1),
        ],
        1,
    )
    return affine @ _perspectives(count, how, generator)


def _perspectives(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Maps that move the four corners inwards by up to `how.perspective` of half the side."""
    amount = torch.rand((count, 4, 2), generator=generator) * how.perspective
    amount = amount * (torch.rand(count, generator=generator) < how.perspective_p).float()[:, None, None]
    if not how.perspective or not how.perspective_p:
        return torch.eye(3).expand(count, 3, 3)
    corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    targets = corners * (1 - amount)
    x, y = corners[:, 0].expand(count, 4), corners[:, 1].expand(count, 4)
    u, v = targets[..., 0], targets[..., 1]
    zero, one = torch.zeros_like(u), torch.ones_like(u)
    rows_u = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], -1)
    rows_v = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], -1)
    system = torch.cat([rows_u, rows_v], 1).double()
    solution = torch.linalg.solve(system, torch.cat([u, v], 1).double()).float()
    return torch.cat([solution, torch.ones(count, 1)], 1).view(count, 3, 3)


def colour_matrices(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random hue, saturation, contrast and brightness as one 3x4 matrix per cutout.

    Hue turns about the grey axis (as SVG's hueRotate does), a linear stand-in for HSV; contrast is about the
    middle grey 0.5, not about each cutout's own mean, so that it needs no look at the pixels.
    """

    def factor(extent: float) -> Tensor:
        return 1 + (torch.rand(count, generator=generator) * 2 - 1) * extent * on

    on = (torch.rand(count, generator=generator) < how.colour_p).float()
    angle = (torch.rand(count, generator=generator) * 2 - 1) * how.hue * 2 * math.pi * on
    luma = torch.tensor([0.213, 0.715, 0.072]).expand(3, 3)
    sine = torch.tensor([[-0.213, -0.715, 0.928], [0.143, 0.140, -0.283], [-0.787, 0.715, 0.072]])
    cos, sin = torch.cos(angle)[:, None, None], torch.sin(angle)[:, None, None]
    hue = luma + (torch.eye(3) - luma) * cos + sine * sin
    saturation = factor(how.saturation)[:, None, None]
    matrix = (luma + (torch.eye(3) - luma) * saturation) @ hue
    contrast = factor(how.contrast)[:, None, None]
    brightness = factor(how.brightness)[:, None, None]
    offset = (0.5 * (1 - contrast) * brightness).expand(count, 3, 1)
    return torch.cat([matrix * contrast * brightness, offset], 2)


def erased_boxes(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """One rectangle for all cutouts (kornia's same_on_batch): 10 to 40 % of the area, sides 1:3 to 3:1."""
    draw = torch.rand(count + 4, generator=generator)
    area, ratio = 0.1 + 0.3 * draw[0], (1 / 0.3 - 0.3) * draw[1] + 0.3
    half = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()]).clamp(max=1.0)
    centre = (draw[2:4] * 2 - 1) * (1 - half)
    box = torch.cat([centre - half, centre + half]).expand(count, 4)
    return torch.where((draw[4:] < how.erase_p)[:, None], box, torch.zeros(count, 4))

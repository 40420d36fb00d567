"""Random augmentations of cutouts, as numbers that `resample.cut_out` applies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Augmentation:
    """The probabilities and extents of the augmentations.

    Attributes:
        flip, grey, affine_p and others ending in _p: Probabilities.
        turn, shear, rotate: Degrees.
        shift, slide: Share of the side.
        grow: The size varies by up to this share.
        perspective: How far a corner moves, as a share of half the side. The corners of the cutout move inwards, or
            with `shrink` those of the picture, so that the cutout shows what lies outside.
        hue: In turns.
        saturation, brightness, contrast: Shares.
        sharpness: The largest factor of kornia, for which 0 is a smoothed cutout and 1 the cutout itself.
        noise: The largest standard deviation.
        grain: The standard deviation of an additional noise.
        zoom_area: The least share of the cutout that is enlarged to all of it, with sides 3:4 to 4:3.
        elastic: In kornia's alpha.
        spline: How far the control points of a thin plate move, as a share of half the side.
    """

    flip: float = 0.0
    affine_p: float = 0.0
    turn: float = 0.0
    shift: float = 0.0
    shear: float = 0.0
    grow: float = 0.0
    perspective_p: float = 0.0
    perspective: float = 0.0
    shrink: bool = False
    colour_p: float = 0.0
    hue: float = 0.0
    saturation: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    grey: float = 0.0
    erase_p: float = 0.0
    noise: float = 0.0
    grain_p: float = 0.0
    grain: float = 0.0
    sharpen_p: float = 0.0
    sharpness: float = 1.0
    rotate_p: float = 0.0
    rotate: float = 0.0
    slide_p: float = 0.0
    slide: float = 0.0
    zoom_p: float = 0.0
    zoom_area: float = 1.0
    elastic_p: float = 0.0
    elastic: float = 0.0
    spline_p: float = 0.0
    spline: float = 0.0

    def scaled(self, strength: float) -> Augmentation:
        """The same probabilities, with the extents of distortions and colours multiplied by `strength`."""
        return replace(self, **{name: getattr(self, name) * strength for name in EXTENTS})


EXTENTS = (
    "turn", "shift", "shear", "grow", "perspective", "hue", "saturation", "brightness", "contrast", "rotate", "slide",
    "elastic", "spline",
)  # fmt: skip
"""The extents that `scaled` changes."""

BY_CODE: dict[str, dict[str, float]] = {
    "Hf": {"flip": 0.5},
    "Ji": {"colour_p": 0.7, "hue": 0.1, "saturation": 0.1, "brightness": 0.1, "contrast": 0.1},
    "Sh": {"sharpen_p": 0.5, "sharpness": 0.3},
    "Gn": {"grain_p": 0.5, "grain": 1.0},
    "Pe": {"perspective_p": 0.7, "perspective": 0.7, "shrink": True},
    "Ro": {"rotate_p": 0.7, "rotate": 15},
    "Af": {"affine_p": 0.7, "turn": 15, "shift": 0.1, "shear": 5},
    "Et": {"elastic_p": 0.7, "elastic": 1},
    "Ts": {"spline_p": 0.7, "spline": 0.8},
    "Cr": {"slide_p": 0.5, "slide": 0.125},
    "Er": {"erase_p": 0.7},
    "Re": {"zoom_p": 0.5, "zoom_area": 0.1},
}
"""The meaning of each code of `--augments` in nerdyrodent/VQGAN-CLIP (Hf: in EleutherAI's), with their numbers.

Two of theirs do not do what their names say. Sh uses kornia's factor from 0 to .3, which smooths. Cr crops the whole
cutout out of itself; here it moves by up to an eighth of its side, with reflections past the picture's edge.
"""


def from_codes(codes: Iterable[str], strength: float, noise: float) -> Augmentation:
    """The augmentation of these codes. strength: As in `scaled`. noise: As in Augmentation."""
    known: dict[str, float] = {}
    for code in codes:
        known |= BY_CODE[code]
    return Augmentation(noise=noise, **known).scaled(strength)  # type: ignore[arg-type]


def bend(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random flips, affine maps and perspectives: one homography per cutout, (N, 3, 3), cutout to cutout."""

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
    maps = affine @ _perspectives(count, how, generator)
    if how.rotate_p:
        maps = maps @ _rotations(count, how, generator)
    if how.slide_p:
        moved = uniform(-2 * how.slide, 2 * how.slide, 2) * (uniform(0, 1) < how.slide_p).float()[:, None]
        maps = maps @ _scaled_and_moved(torch.ones(count, 2), moved)
    return maps


def zooms(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random boxes of at least `zoom_area` of a cutout as homographies: (N, 3, 3), cutout to cutout."""
    on = torch.rand(count, generator=generator) < how.zoom_p
    area = torch.rand(count, generator=generator) * (1 - how.zoom_area) + how.zoom_area
    # The logarithm of the ratio is uniform, as in torchvision's RandomResizedCrop.
    ratio = torch.exp((torch.rand(count, generator=generator) * 2 - 1) * math.log(4 / 3))
    sides = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()], 1).clamp(max=1)
    sides = torch.where(on[:, None], sides, torch.ones(count, 2))
    place = torch.rand((count, 2), generator=generator) * 2 - 1
    return _scaled_and_moved(sides, place * (1 - sides))


def _scaled_and_moved(sides: Tensor, moved: Tensor) -> Tensor:
    maps = torch.diag_embed(torch.cat([sides, torch.ones(len(sides), 1)], 1))
    maps[:, :2, 2] = moved
    return maps


def _rotations(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Turns about the middle of the cutout."""
    angle = (torch.rand(count, generator=generator) * 2 - 1) * how.rotate * math.pi / 180
    angle = angle * (torch.rand(count, generator=generator) < how.rotate_p)
    cos, sin = torch.cos(angle), torch.sin(angle)
    maps = torch.eye(3).repeat(count, 1, 1)
    maps[:, 0, 0], maps[:, 0, 1], maps[:, 1, 0], maps[:, 1, 1] = cos, -sin, sin, cos
    return maps


WARP_NODES = 33
"""Nodes of a warp along a side. The field is smooth, so linear interpolation between them is enough."""


def warps(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Elastic and thin plate deformations as displacements, see `CutPlan.warps`; K is 0 without either."""
    if not how.elastic_p and not how.spline_p:
        return torch.zeros(count, 2, 0, 0)
    field = torch.zeros(count, 2, WARP_NODES, WARP_NODES)
    if how.elastic_p:
        # kornia blurs uniform noise with 63 taps of a wide Gaussian at 224 pixels: a deviation of .0096 that changes
        # over about a quarter of the side, which is a node of noise for each quarter.
        noise = torch.randn((count, 2, 5, 5), generator=generator) * 0.0096 * how.elastic
        waves = F.interpolate(noise, size=WARP_NODES, mode="bicubic", align_corners=True)
        field += waves * (torch.rand(count, generator=generator) < how.elastic_p).float()[:, None, None, None]
    if how.spline_p:
        shift = torch.rand((count, 5, 2), generator=generator, dtype=torch.float64) * 2 - 1
        bends = thin_plates(CONTROL_POINTS + shift * how.spline)
        field += bends * (torch.rand(count, generator=generator) < how.spline_p).float()[:, None, None, None]
    return field


CONTROL_POINTS = torch.tensor([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, 0]], dtype=torch.float64)
"""The control points of a thin plate: the corners and the middle."""


def thin_plates(moved: Tensor) -> Tensor:
    """Thin plate splines that move the control points.

    Args:
        moved: The new control points, (N, 5, 2) float64, no two of a plate alike.

    Returns:
        Displacements, (N, 2, WARP_NODES, WARP_NODES).

    Source:
        Bookstein (1989), with U(r) = r^2 log r.
    """

    def kernel(points: Tensor) -> Tensor:
        squares = ((points[..., :, None, :] - moved[:, None, :, :]) ** 2).sum(-1)
        return 0.5 * squares * torch.log(squares + 1e-12)

    count = len(moved)
    ones = torch.ones(count, 5, 1, dtype=torch.float64)
    flat = torch.cat([ones, moved], 2)
    top = torch.cat([kernel(moved), flat], 2)
    bottom = torch.cat([flat.transpose(1, 2), torch.zeros(count, 3, 3, dtype=torch.float64)], 2)
    values = torch.cat([CONTROL_POINTS.expand(count, 5, 2), torch.zeros(count, 3, 2, dtype=torch.float64)], 1)
    weights = torch.linalg.solve(torch.cat([top, bottom], 1), values)
    axis = torch.linspace(-1, 1, WARP_NODES, dtype=torch.float64)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    nodes = torch.stack([x, y], -1).view(1, -1, 2).expand(count, -1, -1)
    basis = torch.cat([kernel(nodes), torch.ones_like(nodes[..., :1]), nodes], 2)
    away: Tensor = (basis @ weights - nodes).float()
    return away.view(count, WARP_NODES, WARP_NODES, 2).permute(0, 3, 1, 2)


def _perspectives(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Maps that move the four corners inwards by up to `how.perspective` of half the side, or their inverses."""
    # At 1 the corners may meet in the middle, and past it the map turns inside out.
    amount = torch.rand((count, 4, 2), generator=generator) * min(how.perspective, 0.9)
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
    solution = torch.linalg.solve(system, torch.cat([u, v], 1).double())
    maps = torch.cat([solution, torch.ones_like(solution[:, :1])], 1).view(count, 3, 3)
    return (torch.linalg.inv(maps) if how.shrink else maps).float()


def colour_matrices(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Random hue, saturation, contrast and brightness as one 3x4 matrix per cutout.

    Hue rotates about the grey axis (as SVG's hueRotate does), which approximates HSV linearly. Contrast is relative
    to middle grey instead of the cutout's own mean, so that it does not depend on the pixels.
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
    matrices = torch.cat([matrix * contrast * brightness, offset], 2)
    if how.grey:
        grey = (torch.rand(count, generator=generator) < how.grey)[:, None, None]
        matrices = torch.where(grey, greyed(matrices), matrices)
    return matrices


def greyed(matrices: Tensor) -> Tensor:
    """Colour matrices (N, 3, 4) that make a cutout grey first, by the luma of ITU-R 601 as torchvision does."""
    luma = torch.tensor([0.299, 0.587, 0.114]).expand(3, 3)
    return torch.cat([matrices[..., :3] @ luma, matrices[..., 3:]], 2)


def softnesses(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """The share of smoothing in each cutout: (N,) in [0, 1]."""
    if not how.sharpen_p:
        return torch.zeros(count)
    factor = torch.rand(count, generator=generator) * how.sharpness
    return (1 - factor) * (torch.rand(count, generator=generator) < how.sharpen_p)


def deviations(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """Standard deviations of the noise on each cutout: (N,)."""
    noise = torch.rand(count, generator=generator) * how.noise
    if how.grain_p:
        grain = how.grain * (torch.rand(count, generator=generator) < how.grain_p)
        noise = torch.hypot(noise, grain)
    return noise


def erased_boxes(count: int, how: Augmentation, generator: torch.Generator) -> Tensor:
    """One rectangle for all cutouts (kornia's same_on_batch): 10 to 40 % of the area, sides 1:3 to 3:1."""
    draw = torch.rand(count + 4, generator=generator)
    area, ratio = 0.1 + 0.3 * draw[0], (1 / 0.3 - 0.3) * draw[1] + 0.3
    half = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()]).clamp(max=1.0)
    centre = (draw[2:4] * 2 - 1) * (1 - half)
    box = torch.cat([centre - half, centre + half]).expand(count, 4)
    return torch.where((draw[4:] < how.erase_p)[:, None], box, torch.zeros(count, 4))

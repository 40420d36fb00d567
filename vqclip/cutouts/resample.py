"""Cutouts of a picture by one batched, differentiable resampling.

A `CutPlan` holds one homography per cutout (crop, flip, affine and perspective at once) and one 3x4 colour matrix.
`cut_out` resamples the picture by the plan. Other tools do these steps one after another, crop by crop, and resample
each time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class CutPlan:
    """N cutouts of one picture, without their pixels.

    Attributes:
        homographies: (N, 3, 3) float32, from cutout to picture coordinates, both [-1, 1] (x right, y down, edges of
            the outer pixels at -1 and 1).
        scales: (N,) picture pixels per cutout pixel.
        weights: (N,) with mean 1, or (N, P) if the P prompts have regions.
        colours: (N, 3, 4), out = M[:, :3] @ rgb + M[:, 3].
        noise: (N,) standard deviations.
        boxes: (N, 4) erased rectangles as left, top, right, bottom in [-1, 1], empty where right <= left.
        warps: (N, 2, K, K) displacements in x and y before the homography, at K x K nodes from -1 to 1; K may be 0.
        softness: (N,) share of a 3x3 smoothing in the cutout.
        fills: (N,) grey levels in [0, 1] of everything outside the picture; -1 uses `padding`.
        padding: border, reflection or zeros.
    """

    homographies: Tensor
    scales: Tensor
    weights: Tensor
    colours: Tensor
    noise: Tensor
    boxes: Tensor
    warps: Tensor
    softness: Tensor
    fills: Tensor
    padding: str = "border"

    def __len__(self) -> int:
        return len(self.homographies)

    def parts(self, most: int) -> Iterator[CutPlan]:
        """The plan in parts of at most `most` cutouts.

        The parts are of even size, because a last part of one cutout takes a perceptor as long as one of two.
        """
        count = -(-len(self) // most)
        bounds = [len(self) * number // count for number in range(count + 1)]
        return (self.part(first, last) for first, last in pairwise(bounds))

    def part(self, first: int, last: int) -> CutPlan:
        """The cutouts from `first` up to `last`."""
        return replace(self, **{name: value[first:last] for name, value in self.tensors().items()})

    def tensors(self) -> dict[str, Any]:
        """All but the padding, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, Tensor)}


def join(plans: Sequence[CutPlan]) -> CutPlan:
    """Several plans as one, in order. Zeros become fills; of the other paddings, reflection has precedence."""
    paddings = {plan.padding for plan in plans}
    padding = next((name for name in ("reflection", "border") if name in paddings), plans[0].padding)
    if padding != "zeros":
        plans = [plan if plan.padding != "zeros" else replace(plan, fills=plan.fills.clamp(min=0)) for plan in plans]
    nodes = max(plan.warps.shape[-1] for plan in plans)
    # A warp of zeros is none.
    still = [torch.zeros(len(plan), 2, nodes, nodes) for plan in plans]
    alike = [
        plan if plan.warps.shape[-1] == nodes else replace(plan, warps=warps)
        for plan, warps in zip(plans, still, strict=True)
    ]
    found = [plan.tensors() for plan in alike]
    joined: dict[str, Any] = {name: torch.cat([tensors[name] for tensors in found]) for name in found[0]}
    return replace(plans[0], **joined, padding=padding)


def pyramid(image: Tensor, levels: int) -> list[Tensor]:
    """The picture, (1, 3, H, W), and `levels` antialiased halvings of it.

    Sampling a coarser level keeps a large cutout free of aliasing.
    """
    chain = [image]
    for _ in range(levels):
        height, width = chain[-1].shape[-2:]
        half = (max(1, height // 2), max(1, width // 2))
        chain.append(F.interpolate(chain[-1], size=half, mode="bilinear", antialias=True))
    return chain


def levels_for(plan: CutPlan) -> int:
    """How many halvings `cut_out` needs for this plan."""
    return int(_depths(plan).max())


def _depths(plan: CutPlan) -> Tensor:
    """The level that each cutout is sampled from: its pixels are at least a quarter of the cutout's."""
    return (torch.log2(plan.scales.clamp(min=1.0)) - 1e-4).ceil().long().sub(2).clamp(min=0)


def cut_out(chain: list[Tensor], plan: CutPlan, side: int, generator: torch.Generator) -> Tensor:
    """Resample the cutouts of a plan, then shift their colours, soften, erase and add noise.

    It equals cropping and resizing with an antialiased bilinear filter: a cutout is sampled at one, two or four
    times its resolution, and reduced with the weights of that filter.

    Args:
        chain: From `pyramid`, each (1, 3, h, w) in [0, 1].
        plan: The cutouts.
        side: Of the cutouts in pixels.
        generator: Of the noise, on the device of the chain.

    Returns:
        (N, 3, side, side) float32, differentiable with respect to the chain.
    """
    device = chain[0].device
    depth = _depths(plan)
    factors = 2 ** (torch.log2(plan.scales.clamp(min=1.0)) - 1e-4).ceil().long().clamp(0, 2)
    filled = plan.fills >= 0
    cuts: list[Tensor | None] = [None] * len(plan)
    for level, factor, fill in sorted(set(zip(depth.tolist(), factors.tolist(), filled.tolist(), strict=True))):
        rows = ((depth == level) & (factors == factor) & (filled == fill)).nonzero().flatten()
        grid = homography_grid(plan.homographies[rows].to(device), side, factor, plan.warps[rows].to(device))
        pixels = _sampled(chain[level], grid, plan.fills[rows] if fill else None, plan.padding)
        for row, cut in zip(rows.tolist(), _reduce(pixels, factor), strict=True):
            cuts[row] = cut
    stacked = torch.stack([cut for cut in cuts if cut is not None])
    colours = plan.colours.to(device)
    coloured = torch.einsum("nij,njhw->nihw", colours[..., :3], stacked) + colours[..., 3, None, None]
    if bool((plan.softness > 0).any()):
        coloured = torch.lerp(coloured, _smoothed(coloured), plan.softness.to(device)[:, None, None, None])
    if bool((plan.boxes[:, 2] > plan.boxes[:, 0]).any()):
        coloured = coloured * _kept(plan.boxes, side).to(device)
    return coloured + _grain(coloured, plan.noise, generator) if bool((plan.noise > 0).any()) else coloured


def _grain(cuts: Tensor, deviations: Tensor, generator: torch.Generator) -> Tensor:
    """Noise, drawn for each cutout separately, so that it does not depend on the size of the chunks."""
    still = torch.zeros_like(cuts[0])
    return torch.stack(
        [
            torch.randn(cuts.shape[1:], generator=generator, device=cuts.device) * deviation if deviation else still
            for deviation in deviations.tolist()
        ]
    )


def _sampled(source: Tensor, grid: Tensor, fills: Tensor | None, padding: str) -> Tensor:
    """(1, 3, h, w) sampled at the grid: (N, 3, S, S). Outside it is `padding`, or a grey level for each row."""
    if fills is not None and bool((fills > 0).any()):
        # A fourth channel holds how much of a pixel lies inside, so that one resampling is enough.
        source = torch.cat([source, torch.ones_like(source[:, :1])], 1)
    padding = padding if fills is None else "zeros"
    wide = source.expand(len(grid), -1, -1, -1)
    pixels = F.grid_sample(wide, grid, mode="bilinear", padding_mode=padding, align_corners=False)
    if fills is None or source.shape[1] == 3:
        return pixels
    return pixels[:, :3] + fills.to(pixels.device)[:, None, None, None] * (1 - pixels[:, 3:])


def _smoothed(cuts: Tensor) -> Tensor:
    """Cutouts smoothed by the 3x3 kernel of PIL's SMOOTH, which kornia's sharpness uses too."""
    kernel = torch.ones(3, 3, device=cuts.device)
    kernel[1, 1] = 5
    channels = cuts.shape[1]
    padded = F.pad(cuts, (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, (kernel / 13).expand(channels, 1, 3, 3), groups=channels)


def homography_grid(homographies: Tensor, side: int, factor: int = 1, warps: Tensor | None = None) -> Tensor:
    """Sampling positions of N square cutouts: (N, S, S, 2) for `grid_sample`, align_corners=False.

    factor 1: S is side. factor 2 or 4: that much finer, with the margin that `_reduce` needs. warps: as in CutPlan.
    """
    count, edge = side * factor, factor // 2
    places = torch.arange(-edge, count + edge, dtype=torch.float32, device=homographies.device)
    axis = (places * 2 + 1) / count - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).view(1, -1, 3)
    if warps is not None and warps.numel():
        nodes = points[..., :2].view(1, len(axis), len(axis), 2).expand(len(warps), -1, -1, -1)
        moved = F.grid_sample(warps, nodes, mode="bilinear", padding_mode="border", align_corners=True)
        points = torch.cat([nodes + moved.permute(0, 2, 3, 1), torch.ones_like(nodes[..., :1])], -1)
        points = points.view(len(warps), -1, 3)
    mapped = points @ homographies.transpose(1, 2)
    return (mapped[..., :2] / mapped[..., 2:].clamp(min=1e-3)).view(-1, len(axis), len(axis), 2)


def _reduce(pixels: Tensor, factor: int) -> Tensor:
    """(N, 3, S * factor + factor, same) to (N, 3, S, S) with a triangle of 2 * factor taps, as antialiasing has."""
    if factor == 1:
        return pixels
    ramp = torch.arange(1, 2 * factor, 2, dtype=torch.float32, device=pixels.device)
    taps = torch.cat([ramp, ramp.flip(0)])
    taps = taps / taps.sum()
    channels = pixels.shape[1]
    rows = F.conv2d(pixels, taps.view(1, 1, -1, 1).expand(channels, 1, -1, 1), stride=(factor, 1), groups=channels)
    return F.conv2d(rows, taps.view(1, 1, 1, -1).expand(channels, 1, 1, -1), stride=(1, factor), groups=channels)


def crops(left: Tensor, top: Tensor, sizes: Tensor, width: int, height: int, tall: Tensor | None = None) -> Tensor:
    """Homographies of crops: left, top, sizes are (N,) in pixels of a width x height picture.

    tall: their heights, (N,), when they are not square.
    """
    tall = sizes if tall is None else tall
    zero, one = torch.zeros_like(sizes), torch.ones_like(sizes)
    row_x = torch.stack([sizes / width, zero, (2 * left + sizes) / width - 1], 1)
    row_y = torch.stack([zero, tall / height, (2 * top + tall) / height - 1], 1)
    return torch.stack([row_x, row_y, torch.stack([zero, zero, one], 1)], 1)


def squeeze(image: Tensor, side: int) -> Tensor:
    """(1, 3, H, W) to (1, 3, side, side) by the mean of average and maximum pooling."""
    if image.device.type == "mps" and (image.shape[2] % side or image.shape[3] % side):
        # Apple's kernels pool in parts of one size alone.
        return squeeze(image.cpu(), side).to(image.device)
    return (F.adaptive_avg_pool2d(image, side) + F.adaptive_max_pool2d(image, side)) / 2


def _kept(boxes: Tensor, side: int) -> Tensor:
    """(N, 1, side, side): 0 inside each box, 1 elsewhere."""
    axis = (torch.arange(side) * 2 + 1) / side - 1
    columns = (axis >= boxes[:, 0:1]) & (axis < boxes[:, 2:3])
    rows = (axis >= boxes[:, 1:2]) & (axis < boxes[:, 3:4])
    return 1 - (rows[:, :, None] & columns[:, None, :]).float()[:, None]

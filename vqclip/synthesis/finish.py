"""The last step to the finished picture: outlines and hatching, the colours of a palette, and square pixels.

Words and losses only pull towards such a style; this step guarantees it. Every pixel has a colour of the palette, and
every square has one colour.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.synthesis.stage_upsampling import blur, sharpen

_FEW, _SHARE = 6, 0.25
"""Of so many colours or fewer, each is used, for at least this part of an even share of the picture: somebody who
names three colours expects to see three."""
_WINDOW = 1 / 40
"""Side of the window within which pixels agree on a colour, as a share of the shorter side."""
_EDGE = 1 / 64
"""Width of an edge between two colours, as a share of the shorter side."""
_STROKES = ((math.pi / 4, 0.12), (-math.pi / 5, 0.42), (math.pi / 2.3, 0.68))
"""The angle of each layer of hatching, and the darkness from which it is drawn."""
_STROKES_ACROSS = 48
"""The strokes of a layer along the shorter side."""


class Finish:
    """Draws a picture as a sketch, in the colours of a palette, and in square pixels, as asked for."""

    def __init__(self, palette: Tensor, pixel_grid: int = 0, sketch: str = "none") -> None:
        """
        Args:
            palette: (K, 3) sRGB in [0, 1]; K may be 0.
            pixel_grid: The square pixels along the shorter side; 0 leaves pixels as they are.
            sketch: none, pencil or ink.
        """
        self.palette, self.pixel_grid, self.sketch = palette, pixel_grid, sketch

    @torch.no_grad()
    def __call__(self, picture: Tensor) -> Tensor:
        """Finish a picture, (1, 3, H, W) in [0, 1]."""
        if self.sketch != "none":
            picture = _sketched(picture, ink=self.sketch == "ink")
        if len(self.palette):
            return self._in_colours(picture)
        return self._squares(picture) if self.pixel_grid else picture

    def _in_colours(self, picture: Tensor) -> Tensor:
        # Soft edges have colours of their own, which are often nearest to a third one: that would line every edge. So
        # edges are made narrow first, and then what is averaged is the distance to each colour, not the colour.
        crisp = sharpen(picture, min(picture.shape[2:]) * _EDGE)
        pixels, colours = oklab(crisp), oklab(self.palette.T[None, :, :, None])
        distances = torch.cat(
            [(pixels - colour).norm(dim=1, keepdim=True) for colour in torch.split(colours, 1, 2)], 1
        )
        if self.pixel_grid:
            distances = self._squares(distances)
        else:
            window = 2 * round(min(picture.shape[2:]) * _WINDOW / 2) + 1
            distances = F.avg_pool2d(distances, window, 1, window // 2, count_include_pad=False)
        if len(self.palette) <= _FEW:
            distances = distances + _prices(distances)
        return self.palette[distances.argmin(1)].permute(0, 3, 1, 2)

    def _squares(self, planes: Tensor) -> Tensor:
        """The mean of each square, everywhere in it: (1, C, H, W) to the same shape."""
        height, width = planes.shape[2:]
        side = max(1, round(min(height, width) / self.pixel_grid))
        means = F.avg_pool2d(planes, side, ceil_mode=True, count_include_pad=False)
        return means.repeat_interleave(side, 2).repeat_interleave(side, 3)[..., :height, :width]


def oklab(colours: Tensor) -> Tensor:
    """sRGB, (B, 3, H, W) in [0, 1], as Oklab, in which equal distances look alike.

    Source: Ottosson, A perceptual color space for image processing (2020).
    """
    linear = torch.where(colours <= 0.04045, colours / 12.92, ((colours.clamp(min=0) + 0.055) / 1.055) ** 2.4)
    cones = torch.einsum("ij,bjhw->bihw", colours.new_tensor(_TO_CONES), linear).clamp(min=0) ** (1 / 3)
    return torch.einsum("ij,bjhw->bihw", colours.new_tensor(_TO_LAB), cones)


_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def _prices(distances: Tensor) -> Tensor:
    """What to add to the distance of each colour, (1, K, 1, 1), so that each is nearest to its least share of pixels.

    In each round, a colour that has too few pixels becomes cheaper by as much as its next nearest pixels need,
    as in an auction.
    """
    count = distances.shape[1]
    wanted = max(1, int(_SHARE / count * distances[0, 0].numel()))
    prices = torch.zeros(1, count, 1, 1, device=distances.device)
    for _ in range(10 * count):
        asked = distances + prices
        used = asked.argmin(1).flatten().bincount(minlength=count)
        rarest = int(used.argmin())
        if count == 1 or used[rarest] >= wanted:
            break
        others = torch.cat([asked[:, :rarest], asked[:, rarest + 1 :]], 1).amin(1)
        lacking = (asked[:, rarest] - others).flatten().kthvalue(wanted).values
        prices[0, rarest] -= lacking + 1e-4
    return prices


def _sketched(picture: Tensor, *, ink: bool) -> Tensor:
    """Outlines where colours change, and more layers of strokes where the picture is darker, on white paper.

    Strokes of a pencil are grey and soft, those of ink black. Nothing is random, so frames do not flicker.
    """
    colours, short = oklab(picture), min(picture.shape[2:])
    dark = blur(
        (1.1 * (1 - colours[:, :1]) + 0.35 * colours[:, 1:].norm(dim=1, keepdim=True)).clamp(0, 1), short / 200
    )
    strokes = torch.zeros_like(dark)
    for angle, threshold in _STROKES:
        need = ((dark - threshold) / 0.5).clamp(0, 1)
        stroke = torch.sigmoid((_waves(dark, angle, short / _STROKES_ACROSS) - 1 + 0.55 * need) / 0.08) * (need > 0)
        strokes = torch.maximum(strokes, stroke if ink else 0.7 * (0.35 + 0.5 * need) * stroke)
    outline = torch.sigmoid((_edges(colours, max(0.6, short / 320)) - 0.045) / 0.012)
    paper = 1 - torch.maximum(strokes, outline if ink else 0.8 * outline)
    if ink:
        paper = torch.sigmoid((paper - 0.5) / 0.06)
    return paper.expand(-1, 3, -1, -1)


def _edges(colours: Tensor, width: float) -> Tensor:
    """How much colours change within a width of pixels: (1, 3, H, W) to (1, 1, H, W)."""
    smooth = F.pad(blur(colours, width), (1, 1, 1, 1), mode="replicate")
    across = smooth[..., 1:-1, 2:] - smooth[..., 1:-1, :-2]
    down = smooth[..., 2:, 1:-1] - smooth[..., :-2, 1:-1]
    return (across.square() + down.square()).sum(1, keepdim=True).sqrt() * width


def _waves(like: Tensor, angle: float, period: float) -> Tensor:
    """Waves from 0 to 1 across an angle that wobble as lines by hand do: (1, 1, H, W)."""
    height, width = like.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    wobble = 0.12 * (torch.sin(0.9 * x / period + 2 * angle) + torch.sin(0.6 * y / period + 0.3 * x / period))
    place = (x * math.cos(angle) + y * math.sin(angle)) / period + wobble
    return (1 - (2 * (place - place.floor()) - 1).abs()).to(like.device)[None, None]

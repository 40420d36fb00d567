"""Tiled decoding: a step decodes one tile of a large picture and reuses the last decoded picture elsewhere.

The perceptors still see the whole picture, but the gradient reaches only the tile, which is at another place in each
step. A tile equals that part of the whole decoded latent, except for the statistics of the group norms, which come
from the last decoding of the whole picture, and for attention in pictures larger than a tile and its context.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext, full_views
from vqclip.cutouts.resample import CutPlan, join
from vqclip.models.decoder import Box, NormStatistics
from vqclip.models.vqgan import VQGAN
from vqclip.settings.schema import Settings

_STEPS_APART = 5
"""Steps from one decoding of the whole picture to the next, per tile that covers it."""
_FULL_VIEW = 3.0
"""Weight of a full view beside that of a cutout of a tile, as in `cut_methods.smart`."""


class Tiling:
    """One stage's picture in tiles.

    picture: as it was last decoded, (1, 3, H, W) float32, unclamped; None before the first decoding.
    """

    def __init__(self, vqgan: VQGAN, size: tuple[int, int], side: int, *, low_memory: bool = False) -> None:
        """size: width and height in pixels, whole tokens. side: of a tile, in pixels."""
        self.vqgan, self.low_memory = vqgan, low_memory
        self.columns, self.rows = size[0] // vqgan.factor, size[1] // vqgan.factor
        self.width, self.height = (min(side // vqgan.factor, whole) for whole in (self.columns, self.rows))
        self.norms = NormStatistics(vqgan.decoder)
        self.picture: Tensor | None = None

    @property
    def share(self) -> float:
        """How much of the picture a tile is."""
        return self.width * self.height / (self.columns * self.rows)

    def refresh(self, z: Tensor, step: int) -> None:
        """Decode the whole picture when it is due. step: steps done of this stage."""
        if self.picture is None or step % max(1, round(_STEPS_APART / self.share)) == 0:
            self.picture = self.vqgan.tiled_decode(z, self.norms)

    def forget(self) -> None:
        """Let the next step decode the whole picture, because it changed."""
        self.picture = None

    def whole(self, z: Tensor) -> Tensor:
        """The whole picture of a latent, without a gradient: (1, 3, H, W) float32, unclamped. Changes nothing."""
        return self.vqgan.tiled_decode(z, NormStatistics(self.vqgan.decoder))

    def pick(self, generator: torch.Generator) -> Box:
        """A tile at random, in tokens. Places near the edges are drawn as often as others, or nearly."""
        top, left = (
            min(max(0, int(torch.randint(-(side // 2), whole - side // 2, (), generator=generator))), whole - side)
            for side, whole in ((self.height, self.rows), (self.width, self.columns))
        )
        return Box(top, left, top + self.height, left + self.width)

    def show(self, z: Tensor, tile: Box) -> Tensor:
        """The picture with one tile decoded: (1, 3, H, W) float32, unclamped; the gradient reaches that."""
        if self.picture is None:
            raise ValueError("decode the whole picture first")
        shown = self.vqgan.decode_tile(z, tile, self.norms, low_memory=self.low_memory)
        place = tile.scaled(self.vqgan.factor)
        place.of(self.picture).copy_(shown.detach())
        image = self.picture.clone()
        image[..., place.top : place.bottom, place.left : place.right] = shown
        return image

    def plan(self, tile: Box, context: CutoutContext, settings: Settings, generator: torch.Generator) -> CutPlan:
        """Cutouts of a step: full views, a quarter and two at least, and the method's cutouts of the tile.

        A full view weighs as much more as the picture is larger than the tile: what a token gets from it is then
        what it would get if all were decoded, beside the cutouts that the tile has to itself.
        """
        views = min(settings.cutouts, max(2, round(0.25 * settings.cutouts)))
        parts = [full_views(views, context, settings, generator)]
        weights = [torch.full((views,), _FULL_VIEW / self.share)]
        if views < settings.cutouts:
            part = tile.scaled(self.vqgan.factor)
            inner = dataclasses.replace(context, width=part.right - part.left, height=part.bottom - part.top)
            near = cutouts.plan_for(settings.cutouts - views, inner, settings, generator)
            across, down = inner.width / context.width, inner.height / context.height
            left, top = 2 * part.left / context.width, 2 * part.top / context.height
            place = torch.tensor([[across, 0, left + across - 1], [0, down, top + down - 1], [0, 0, 1]])
            parts.append(dataclasses.replace(near, homographies=place @ near.homographies))
            weights.append(near.weights)
        plan, weight = join(parts), torch.cat(weights)
        return dataclasses.replace(plan, weights=weight / weight.mean())

    def tensors(self) -> dict[str, Tensor]:
        """What the next step depends on, by name."""
        if self.picture is None:
            return {}
        known = {f"norms.{number}": values for number, values in self.norms.known.items()}
        return {"picture": self.picture, **known}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put back what `tensors` gave. Raises ValueError for what it cannot have given."""
        picture = tensors.get("picture")
        known = {int(name.partition(".")[2]): value for name, value in tensors.items() if name.startswith("norms.")}
        size = (1, 3, self.rows * self.vqgan.factor, self.columns * self.vqgan.factor)
        if picture is not None and picture.shape != size:
            raise ValueError(f"the whole picture has the shape {tuple(picture.shape)} instead of {size}")
        shapes = {number: (2, norm.num_groups) for number, norm in enumerate(self.norms.modules)}
        if known and {number: tuple(value.shape) for number, value in known.items()} != shapes:
            raise ValueError("the norms are not those of this VQGAN")
        self.picture, self.norms.known = picture, known

"""Tiled decoding: a step decodes one tile of a large picture and reuses the last decoded picture elsewhere.

The perceptors still see the whole picture, but the gradient reaches only the tile, which moves from step to step.
A decoded tile equals that part of the whole decoded picture with two exceptions: the statistics of the group norms
come from the last time that the whole picture was decoded, and attention sees only the tile and its surroundings.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext, full_views
from vqclip.cutouts.resample import CutPlan, join
from vqclip.models.architecture import tokens_along
from vqclip.models.decoder import Box, NormStatistics
from vqclip.models.vqgan import VQGAN
from vqclip.settings.schema import Settings

_STEPS_APART = 5
"""The whole picture is decoded every so many steps times the number of tiles that cover it."""
_FULL_VIEW = 3.0
"""Weight of a full view beside that of a cutout of a tile, as in the cut method `smart`."""


class Tiling:
    """The picture of one stage, in tiles.

    Attributes:
        picture: As last decoded, whole tokens, (1, 3, H, W) float32, unclamped; None before the first decoding.
        norms: The statistics of the group norms when the whole picture was last decoded.
    """

    def __init__(self, vqgan: VQGAN, size: tuple[int, int], side: int, *, low_memory: bool = False) -> None:
        """
        Args:
            vqgan: Decodes.
            size: Width and height of the picture in pixels.
            side: Of a tile, in pixels.
            low_memory: Recompute activations instead of storing them.
        """
        self.vqgan, self.low_memory = vqgan, low_memory
        self.size = size
        self.columns, self.rows = (tokens_along(side, vqgan.factor) for side in size)
        self.width, self.height = (min(side // vqgan.factor, whole) for whole in (self.columns, self.rows))
        self.norms = NormStatistics(vqgan.decoder)
        self.picture: Tensor | None = None

    @property
    def share(self) -> float:
        """The share of the picture that a tile covers."""
        return self.width * self.height / (self.columns * self.rows)

    def refresh(self, z: Tensor, step: int) -> None:
        """Decode the whole picture if it is due after so many steps of the stage."""
        if self.picture is None or step % max(1, round(_STEPS_APART / self.share)) == 0:
            self.picture = self.vqgan.tiled_decode(z, self.norms)

    def forget(self) -> None:
        """Make the next step decode the whole picture, because the latent changed."""
        self.picture = None

    def pick(self, generator: torch.Generator) -> Box:
        """A random tile, in tokens. Tokens near the edges are picked about as often as others."""
        top, left = (
            min(max(0, int(torch.randint(-(side // 2), whole - side // 2, (), generator=generator))), whole - side)
            for side, whole in ((self.height, self.rows), (self.width, self.columns))
        )
        return Box(top, left, top + self.height, left + self.width)

    def decode(self, z: Tensor) -> Tensor:
        """The whole picture of a latent, without a gradient: (1, 3, H, W) float32, unclamped. Changes nothing."""
        return self.vqgan.tiled_decode(z, NormStatistics(self.vqgan.decoder))

    def decode_tile(self, z: Tensor, tile: Box) -> Tensor:
        """The kept picture with one tile decoded: (1, 3, H, W) float32, unclamped.

        Only the tile has a gradient. It is also copied into the kept picture.
        """
        if self.picture is None:
            raise ValueError("decode the whole picture first")
        shown = self.vqgan.decode_tile(z, tile, self.norms, low_memory=self.low_memory)
        place = tile.scaled(self.vqgan.factor)
        place.of(self.picture).copy_(shown.detach())
        image = self.picture.clone()
        image[..., place.top : place.bottom, place.left : place.right] = shown
        return image

    def plan_cutouts(
        self, tile: Box, context: CutoutContext, settings: Settings, generator: torch.Generator
    ) -> CutPlan:
        """The cutouts of a step: a quarter are full views, at least two, the others the method's cutouts of the tile.

        The weight of a full view grows with the share of the picture that is not decoded, so that a token of the
        tile gets the same gradient from it as if everything were decoded.
        """
        views = min(settings.cutouts, max(2, round(0.25 * settings.cutouts)))
        parts = [full_views(views, context, settings, generator)]
        weights = [torch.full((views,), _FULL_VIEW / self.share)]
        if views < settings.cutouts:
            part = self.shown(tile)
            inner = dataclasses.replace(context, width=part.right - part.left, height=part.bottom - part.top)
            near = cutouts.plan_cutouts(settings.cutouts - views, inner, settings, generator)
            across, down = inner.width / context.width, inner.height / context.height
            left, top = 2 * part.left / context.width, 2 * part.top / context.height
            place = torch.tensor([[across, 0, left + across - 1], [0, down, top + down - 1], [0, 0, 1]])
            parts.append(dataclasses.replace(near, homographies=place @ near.homographies))
            weights.append(near.weights)
        plan, weight = join(parts), torch.cat(weights)
        return dataclasses.replace(plan, weights=weight / weight.mean())

    def shown(self, tile: Box) -> Box:
        """The part of the picture, in pixels, that a tile covers: without the margin of whole tokens."""
        box, (width, height) = tile.scaled(self.vqgan.factor), self.size
        left, top = (self.columns * self.vqgan.factor - width) // 2, (self.rows * self.vqgan.factor - height) // 2
        return Box(
            max(0, box.top - top),
            max(0, box.left - left),
            min(height, box.bottom - top),
            min(width, box.right - left),
        )

    def tensors(self) -> dict[str, Tensor]:
        """What the next step depends on, for a snapshot."""
        if self.picture is None:
            return {}
        known = {f"norms.{number}": values for number, values in self.norms.known.items()}
        return {"picture": self.picture, **known}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Restore what `tensors` returned. Raises ValueError for anything else."""
        picture = tensors.get("picture")
        known = {int(name.partition(".")[2]): value for name, value in tensors.items() if name.startswith("norms.")}
        size = (1, 3, self.rows * self.vqgan.factor, self.columns * self.vqgan.factor)
        if picture is not None and picture.shape != size:
            raise ValueError(f"the whole picture has the shape {tuple(picture.shape)} instead of {size}")
        shapes = {number: (2, norm.num_groups) for number, norm in enumerate(self.norms.modules)}
        if known and {number: tuple(value.shape) for number, value in known.items()} != shapes:
            raise ValueError("the norms are not those of this VQGAN")
        self.picture, self.norms.known = picture, known

"""What a latent shows at one picture size: it is decoded and mirrored, and what a mask keeps is laid over it."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.models.decoder import Box
from vqclip.models.vqgan import VQGAN
from vqclip.synthesis import clip_loss, init
from vqclip.synthesis.tiling import Tiling


class Surface:
    """The way from latents to shown pictures, for one stage.

    picture: the init picture at this size, (1, 3, H, W) in [0, 1], or None. opacity: (1, 1, H, W), how much of
    the drawing shows before the picture, or None where all of it does.
    """

    def __init__(
        self,
        vqgan: VQGAN,
        size: tuple[int, int],
        picture: Tensor | None = None,
        mask: Tensor | None = None,
        feather: int = 1,
        symmetry: str = "none",
        *,
        low_memory: bool = False,
        tile_size: int = 0,
    ) -> None:
        """size: width and height, whole tokens. picture: (1, 3, any, any). mask: (1, 1, any, any), 1 is free and 0
        kept. feather: pixels, see `soft_edges`. symmetry: one of MIRRORS; all but the first four need a square.
        low_memory: see `decoder.decode`. tile_size: side in pixels of what a step decodes, less than the picture's; 0
        is all, and the only one beside a symmetry."""
        self.vqgan, self.low_memory = vqgan, low_memory
        self.mirrors = MIRRORS[symmetry]
        self.tiling = Tiling(vqgan, size, tile_size, low_memory=low_memory) if tile_size else None
        self.picture = None if picture is None else init.fit(picture, *size)
        self.opacity = self.free = None
        if mask is not None and picture is not None:
            width, height = size
            # A pixel is free where no part of it is kept.
            shrunk = -F.adaptive_max_pool2d(-mask.cpu(), (height, width)).to(mask.device)
            self.opacity = soft_edges(shrunk, feather)
            self.free = self.cells(self.opacity)

    def show(self, z: Tensor, tile: Box | None = None) -> Tensor:
        """The picture of a latent: (1, 3, H, W) float32 in [0, 1], equal to `picture` to the bit where kept.

        tile: all that the gradient reaches; with tiling there is none without.
        """
        image = clip_loss.clamp_with_gradient(self._decode(z, tile))
        if self.picture is None or self.opacity is None:
            return image
        return torch.lerp(self.picture, image, self.opacity)

    def _decode(self, z: Tensor, tile: Box | None) -> Tensor:
        if self.tiling is None:
            # The tokens are mirrored too, so that what is decoded near a fold fits its mirror image.
            z_q = self.vqgan.quantize(self._mirrored(z))
            return self._mirrored(self.vqgan.decode(z_q, low_memory=self.low_memory))
        return self.tiling.whole(z) if tile is None else self.tiling.show(z, tile)

    def _mirrored(self, x: Tensor) -> Tensor:
        for mirror in self.mirrors:
            x = mirror(x)
        return x

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """The least and greatest value that a place of z may have."""
        return self.vqgan.latent_bounds

    @torch.no_grad()
    def enter(self, picture: Tensor) -> Tensor:
        """The latent of a picture, (1, 3, H, W) in [0, 1]: float32."""
        return self.vqgan.encode(picture).float()

    def cells(self, cover: Tensor) -> Tensor:
        """Which places of the latent show where (1, 1, H, W) is above 0: (1, 1, h, w) bool."""
        return F.max_pool2d(cover, self.vqgan.factor) > 0

    def hold(self, z: Tensor, z_init: Tensor) -> None:
        """Put the tokens of z that do not show back to z_init, in place: what is free keeps its surroundings."""
        if self.free is not None:
            z.copy_(torch.where(self.free, z, z_init))


def _left_to_right(x: Tensor) -> Tensor:
    """The left half and its mirror image; a column in the middle stays."""
    half = x.shape[-1] // 2
    return torch.cat([x[..., : x.shape[-1] - half], x[..., :half].flip(-1)], -1)


def _top_to_bottom(x: Tensor) -> Tensor:
    half = x.shape[-2] // 2
    return torch.cat([x[..., : x.shape[-2] - half, :], x[..., :half, :].flip(-2)], -2)


def _across_diagonal(x: Tensor) -> Tensor:
    """The upper right triangle of a square and its mirror image."""
    return x.triu() + x.triu(1).transpose(-1, -2)


MIRRORS: dict[str, tuple[Callable[[Tensor], Tensor], ...]] = {
    "none": (),
    "horizontal": (_left_to_right,),
    "vertical": (_top_to_bottom,),
    "both": (_left_to_right, _top_to_bottom),
    "diagonal": (_across_diagonal,),
    "kaleidoscope": (_across_diagonal, _left_to_right, _top_to_bottom),
}
"""What makes (..., h, w) equal to its mirror images, step by step, for each symmetry."""


def soft_edges(mask: Tensor, width: int) -> Tensor:
    """Let a mask (1, 1, H, W) rise from its black parts in a line, over `width` pixels inside its white ones.

    No part that is 0 is touched, and none that is not 0 becomes 0. The edges of the picture are no edges of the
    mask.
    """
    width = max(1, width)
    layer = total = mask
    for turn in range(1, width):
        # Crosses and squares in turn grow octagons, which are nearer to circles than either.
        if turn % 2:
            layer = torch.minimum(_erode(layer, 1, 3), _erode(layer, 3, 1))
        else:
            layer = _erode(layer, 3, 3)
        total = total + layer
    return total / width


def _erode(mask: Tensor, rows: int, columns: int) -> Tensor:
    return -F.max_pool2d(-mask, (rows, columns), stride=1, padding=(rows // 2, columns // 2))

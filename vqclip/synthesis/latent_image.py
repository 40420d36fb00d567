"""The picture of a latent at one size: decoded, mirrored for a symmetry, and covered by what a mask keeps."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.models.decoder import Box
from vqclip.models.image_model import ImageModel
from vqclip.models.vqgan import VQGAN
from vqclip.synthesis.gradients import clamp_with_gradient
from vqclip.synthesis.init import fit
from vqclip.synthesis.tiling import Tiling


class LatentImage:
    """Decodes latents to pictures of one size, and encodes pictures.

    Attributes:
        picture: The init picture at this size, (1, 3, H, W) in [0, 1], or None.
        opacity: With a mask, how much of the decoded picture covers the init picture, (1, 1, H, W) in [0, 1].
        free: With a mask, the positions of the latent that may change, (1, 1, h, w) bool.
        tiling: For pictures that are decoded in tiles.
    """

    def __init__(
        self,
        vqgan: ImageModel,
        size: tuple[int, int],
        picture: Tensor | None = None,
        mask: Tensor | None = None,
        feather: int = 1,
        symmetry: str = "none",
        *,
        low_memory: bool = False,
        tile_size: int = 0,
    ) -> None:
        """
        Args:
            vqgan: Decodes and encodes.
            size: Width and height in pixels.
            picture: The init picture, (1, 3, any, any) in [0, 1].
            mask: (1, 1, any, any), 1 where the picture may change and 0 where it is kept.
            feather: Width of the mask's soft edges in pixels, see `soft_edges`.
            symmetry: One of MIRRORS. Diagonal and kaleidoscope need a square.
            low_memory: Recompute activations instead of storing them.
            tile_size: Side in pixels of the tile that a step decodes; 0 decodes everything.
        """
        self.vqgan, self.size, self.low_memory = vqgan, size, low_memory
        self.mirrors = MIRRORS[symmetry]
        self.tiling = None
        if tile_size and isinstance(vqgan, VQGAN):
            self.tiling = Tiling(vqgan, size, tile_size, low_memory=low_memory)
        self.picture = None if picture is None else fit(picture, *size)
        self.opacity = self.free = None
        if mask is not None and picture is not None:
            width, height = size
            # A pixel is free only if no part of it is kept.
            shrunk = -F.adaptive_max_pool2d(-mask.cpu(), (height, width)).to(mask.device)
            self.opacity = soft_edges(shrunk, feather)
            self.free = self.cells(self.opacity)

    def decode(self, z: Tensor, tile: Box | None = None) -> Tensor:
        """Quantise and decode a latent.

        Args:
            z: The latent, (1, D, h, w).
            tile: With tiling, the part that is decoded, with a gradient. None decodes the whole picture: with tiling
                without a gradient, otherwise with one.

        Returns:
            The picture, (1, 3, H, W) float32 in [0, 1], equal to `picture` to the bit where the mask keeps it.
        """
        image = clamp_with_gradient(self._mirrored(self._pixels(z, tile)))
        if self.picture is None or self.opacity is None:
            return image
        return torch.lerp(self.picture, image, self.opacity)

    def _pixels(self, z: Tensor, tile: Box | None) -> Tensor:
        if self.tiling is not None:
            whole = self.tiling.decode(z) if tile is None else self.tiling.decode_tile(z, tile)
        else:
            # The tokens are mirrored too, so that what is decoded near a fold fits its mirror image.
            z_q = self.vqgan.quantize(self._mirrored(z))
            whole = self.vqgan.decode(z_q, low_memory=self.low_memory)
        return self.vqgan.crop(whole, self.size)

    def _mirrored(self, x: Tensor) -> Tensor:
        for mirror in self.mirrors:
            x = mirror(x)
        return x

    @property
    def bounds(self) -> tuple[Tensor, Tensor]:
        """The least and greatest values of a latent."""
        return self.vqgan.latent_bounds

    @torch.no_grad()
    def encode(self, picture: Tensor) -> Tensor:
        """The latent of a picture, (1, 3, H, W) in [0, 1]: (1, D, h, w) float32."""
        return self.vqgan.encode(picture).float()

    def cells(self, cover: Tensor) -> Tensor:
        """The positions of the latent under the parts of (1, 1, H, W) that are above 0: (1, 1, h, w) bool."""
        return F.max_pool2d(self.vqgan.pad(cover), self.vqgan.factor) > 0

    def project(self, z: Tensor, z_init: Tensor) -> None:
        """Set what the mask keeps of z back to z_init, in place, so that free tokens keep their surroundings."""
        if self.free is not None:
            z.copy_(torch.where(self.free, z, z_init))


def _left_to_right(x: Tensor) -> Tensor:
    """The left half and its mirror image; an odd column in the middle stays."""
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
"""For each symmetry, the functions that make (..., h, w) equal to its mirror images when applied in turn."""


def soft_edges(mask: Tensor, width: int) -> Tensor:
    """Fade the white parts of a mask (1, 1, H, W) linearly towards the black ones, over `width` pixels.

    What is 0 stays 0, and nothing else becomes 0. The mask does not fade towards the edges of the picture.
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

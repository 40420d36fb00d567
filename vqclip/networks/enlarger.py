"""The enlarger: writes the codes of a picture twice as large from the codes that there are.

Muse's second stage (arXiv 2301.00704, section 2.4) as a network of convolutions, so that it takes a picture of any
size and can be used again on what it wrote. Codes are filled in over a few rounds, the surest ones first, as in
MaskGIT (arXiv 2202.04200, section 3.2).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.architecture import EnlargerShape, read_enlarger_shape
from vqclip.models.registry import EnlargerFiles
from vqclip.models.weights import load_into, read_state_dict, without_weights


class Block(nn.Module):
    """A depthwise 5x5 convolution and an MLP on every place, around a sum (ConvNeXt, arXiv 2201.03545)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.around = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same."""
        places = self.norm(self.around(x).permute(0, 2, 3, 1))
        mixed: Tensor = x + self.down(F.gelu(self.up(places))).permute(0, 3, 1, 2)
        return mixed


class Enlarger(nn.Module):
    """Logits of the codes of a picture twice as large, from its own codes and those large ones that are known."""

    def __init__(self, shape: EnlargerShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.small = nn.Conv2d(shape.dim, width, 3, padding=1)
        self.known = nn.Linear(shape.dim, width)
        self.unknown = nn.Parameter(nn.init.normal_(torch.empty(width), std=0.02))
        # Which quarter of a small token it is.
        self.corner = nn.Parameter(nn.init.normal_(torch.empty(width, 2, 2), std=0.02))
        self.blocks = nn.Sequential(*[Block(width) for _ in range(shape.layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, shape.codes)

    def forward(self, codebook: Tensor, small: Tensor, large: Tensor, known: Tensor) -> Tensor:
        """codebook: (codes, dim). small: (B, h, w) codes. large: (B, 2h, 2w) codes, of which those `known` count.

        Returns (B, 2h, 2w, codes) logits.
        """
        rows, columns = small.shape[1:]
        x = self.small(codebook[small].permute(0, 3, 1, 2))
        x = F.interpolate(x, scale_factor=2.0, mode="nearest") + self.corner.repeat(1, rows, columns)
        shown = torch.where(known[..., None], self.known(codebook[large]), self.unknown.to(x.dtype))
        x = self.blocks(x + shown.permute(0, 3, 1, 2))
        logits: Tensor = self.head(self.norm(x.permute(0, 2, 3, 1)))
        return logits

    @torch.no_grad()
    def enlarge(
        self,
        codebook: Tensor,
        small: Tensor,
        generator: torch.Generator,
        *,
        rounds: int = 8,
        temperature: float = 0.5,
        doubt: float = 1.0,
    ) -> Tensor:
        """Codes (B, h, w) -> (B, 2h, 2w) int64.

        generator: on the CPU. rounds: in which the codes are fixed. temperature: of the draw of a code. doubt: of
        the choice which ones are fixed, fading to 0 with the rounds.
        """
        count, rows, columns = small.shape
        large = torch.zeros(count, 2 * rows, 2 * columns, dtype=torch.long, device=small.device)
        known = torch.zeros_like(large, dtype=torch.bool)
        places = 4 * rows * columns
        for turn in range(1, rounds + 1):
            scores = self(codebook, small, large, known).float().log_softmax(-1)
            noise = _gumbel(scores.shape, generator).to(scores.device)
            drawn = (scores / temperature + noise).argmax(-1)
            sure = scores.gather(-1, drawn[..., None])[..., 0]
            fade = doubt * (1 - turn / rounds)
            sure = sure + fade * _gumbel(sure.shape, generator).to(sure.device)
            sure[known] = torch.inf
            large = torch.where(known, large, drawn)
            keep = places - math.floor(places * math.cos(math.pi / 2 * turn / rounds))
            if turn == rounds:
                keep = places
            order = sure.flatten(1).argsort(dim=1, descending=True, stable=True)[:, :keep]
            known = torch.zeros(count, places, dtype=torch.bool, device=small.device)
            known = known.scatter_(1, order, True).view_as(large)
        return large


def _gumbel(shape: torch.Size, generator: torch.Generator) -> Tensor:
    uniform = torch.rand(shape, generator=generator)
    return -torch.log(-torch.log(uniform.clamp(1e-9, 1 - 1e-7)))


def load_enlarger(files: EnlargerFiles, codebook: Tensor) -> Enlarger:
    """Load the enlarger that `registry.find_enlarger` found, in float32, to where the VQGAN's codebook is.

    codebook: (codes, dim) of the VQGAN. Raises ModelError for files that are damaged or of another VQGAN.
    """
    shape = read_enlarger_shape(files.config)
    source = printable(files.weights)
    if (shape.codes, shape.dim) != tuple(codebook.shape):
        raise ModelError(
            f"{source} enlarges {shape.codes} codes of {shape.dim}, but the VQGAN has {codebook.shape[0]} "
            f"of {codebook.shape[1]}.",
            "Install vqclip again.",
        )
    with without_weights():
        enlarger = Enlarger(shape)
    load_into(enlarger, read_state_dict(files.weights), source)
    return enlarger.to(codebook.device)

"""The upsampler: doubles the height and width of a candidate's codes, given its text and style.

Muse's second stage (arXiv 2301.00704, section 2.4) as a convolutional network, so that drawings may have any size.
Codes are filled in over a few rounds, the most certain first, as in MaskGIT (arXiv 2202.04200, section 3.2), with the
guidance of the prior.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.architecture import PriorShape, UpsamplerShape, read_upsampler_shape
from vqclip.models.checkpoints import load_into, read_state_dict, without_weights
from vqclip.models.registry import UpsamplerFiles
from vqclip.models.sampling import guided, gumbel

_HINT = "Install vqclip again."


class Block(nn.Module):
    """A block of ConvNeXt (arXiv 2201.03545) with cross-attention to the words."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.around = nn.Conv2d(width, width, 5, padding=2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.query, self.key_value, self.out = (
            nn.Linear(width, width),
            nn.Linear(width, 2 * width),
            nn.Linear(width, width),
        )
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, words: Tensor) -> Tensor:
        """Apply the block to x, (B, H, W, width), with words, (B, L, width)."""
        batch, rows, columns, width = x.shape
        places = self.norm(self.around(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + x)
        q = self.query(places).view(batch, rows * columns, self.heads, -1).transpose(1, 2)
        k, v = self.key_value(words).view(batch, -1, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, rows, columns, width)
        mixed: Tensor = x + self.out(read) + self.down(F.gelu(self.up(places)))
        return mixed


class Upsampler(nn.Module):
    """Predicts the codes of a drawing twice as large, from its codes and the large ones that are already known."""

    def __init__(self, shape: UpsamplerShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.style = nn.Embedding(len(shape.styles) + 1, width)  # the last one: no style
        self.word = nn.Embedding(shape.vocabulary + 1, width)  # the last one: no text, and padding
        self.word_place = nn.Parameter(nn.init.normal_(torch.empty(shape.words, width), std=0.02))
        self.small = nn.Conv2d(shape.dim, width, 3, padding=1)
        self.known = nn.Linear(shape.dim, width)
        self.unknown = nn.Parameter(nn.init.normal_(torch.empty(width), std=0.02))
        # For the quarter of a small token in which a large token lies.
        self.corner = nn.Parameter(nn.init.normal_(torch.empty(2, 2, width), std=0.02))
        self.blocks = nn.ModuleList([Block(width, shape.heads) for _ in range(shape.layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, shape.codes)

    def forward(
        self, codebook: Tensor, words: Tensor, style: Tensor, small: Tensor, large: Tensor, known: Tensor
    ) -> Tensor:
        """Predict the large codes.

        Args:
            codebook: (codes, dim).
            words: (B, words) int64.
            style: (B,) int64.
            small: (B, h, w) int64 codes.
            large: (B, 2h, 2w) int64 codes.
            known: (B, 2h, 2w) bool, which of the large codes are known.

        Returns:
            (B, 2h, 2w, codes) logits.
        """
        rows, columns = small.shape[1:]
        context = torch.cat([self.style(style)[:, None], self.word(words) + self.word_place], 1)
        x = self.small(codebook[small].permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = x.repeat_interleave(2, 1).repeat_interleave(2, 2) + self.corner.repeat(rows, columns, 1)
        x = x + torch.where(known[..., None], self.known(codebook[large]), self.unknown.to(x.dtype))
        for block in self.blocks:
            x = block(x, context)
        return self.logits(self.norm(x))

    def logits(self, x: Tensor) -> Tensor:
        """Map normalised (..., width) to logits (..., codes)."""
        scores: Tensor = self.head(x)
        return scores

    @torch.no_grad()
    def upsample(
        self,
        codebook: Tensor,
        words: Tensor,
        weights: Tensor,
        style: Tensor,
        small: Tensor,
        generator: torch.Generator,
        *,
        guidance: float = 3.0,
        temperature: float = 0.5,
        rounds: int = 8,
        doubt: float = 1.0,
    ) -> Tensor:
        """Upsample N candidates.

        Args:
            codebook: (codes, dim).
            words: (P, words) int64, the texts of one prompt; P may be 0.
            weights: (P,), the weight of each text; below 0 it is avoided.
            style: (N,) int64.
            small: (N, h, w) int64 codes.
            generator: On the CPU.
            guidance: See `sampling.guided`; 1 is plain sampling.
            temperature: Of the logits.
            rounds: The codes are fixed in so many rounds.
            doubt: Noise in the choice of which codes are fixed; it falls to 0 over the rounds.

        Returns:
            (N, 2h, 2w) int64 codes.
        """
        count, rows, columns = small.shape
        texts = len(words)
        empty = words.new_full((1, words.shape[1]), self.shape.vocabulary)
        groups = torch.cat([words, empty]).repeat_interleave(count, 0)  # ((P + 1)·N, words)
        many = texts + 1
        large = torch.zeros(count, 2 * rows, 2 * columns, dtype=torch.long, device=small.device)
        known = torch.zeros_like(large, dtype=torch.bool)
        places = 4 * rows * columns
        for turn in range(1, rounds + 1):
            inputs = [part.repeat(many, *[1] * (part.ndim - 1)) for part in (style, small, large, known)]
            by_text = self(codebook, groups, *inputs).float().view(many, count, 2 * rows, 2 * columns, -1)
            scores = guided(by_text, weights, guidance).log_softmax(-1)
            noise = gumbel(scores.shape, generator).to(scores.device)
            sampled = (scores / temperature + noise).argmax(-1)
            certainty = scores.gather(-1, sampled[..., None])[..., 0]
            fade = doubt * (1 - turn / rounds)
            certainty = certainty + fade * gumbel(certainty.shape, generator).to(certainty.device)
            certainty[known] = torch.inf
            large = torch.where(known, large, sampled)
            keep = places - int(places * math.cos(math.pi / 2 * turn / rounds))
            if turn == rounds:
                keep = places
            order = certainty.flatten(1).argsort(dim=1, descending=True, stable=True)[:, :keep]
            known = torch.zeros(count, places, dtype=torch.bool, device=small.device)
            known = known.scatter_(1, order, True).view_as(large)
        return large


def load_upsampler(files: UpsamplerFiles, codebook: Tensor, prior: PriorShape) -> Upsampler:
    """Load the upsampler that `registry.find_upsampler` found, in float32 on the device of the codebook.

    Args:
        files: Its files.
        codebook: (codes, dim) of the VQGAN.
        prior: The shape of the prior, whose words and styles the upsampler has to share.

    Raises:
        ModelError: Files are damaged or belong to another VQGAN or prior.
    """
    shape = read_upsampler_shape(files.config)
    source = printable(files.weights)
    if (shape.codes, shape.dim) != tuple(codebook.shape):
        raise ModelError(
            f"{source} upsamples {shape.codes} codes of {shape.dim}, but the VQGAN has {codebook.shape[0]} "
            f"of {codebook.shape[1]}.",
            _HINT,
        )
    if (shape.words, shape.vocabulary, shape.styles) != (prior.words, prior.vocabulary, prior.styles):
        raise ModelError(f"{source} reads other words and styles than the prior.", _HINT)
    with without_weights():
        upsampler = Upsampler(shape)
    load_into(upsampler, read_state_dict(files.weights), source)
    return upsampler.to(codebook.device)

"""The upsampler: twice as many codes each way, from a candidate's codes, its text and its style.

Muse's second stage (arXiv 2301.00704, section 2.4) as a network of convolutions, so that it takes a drawing of any
size. Codes are filled in over a few rounds, the surest ones first, as in MaskGIT (arXiv 2202.04200, section 3.2),
with the same guidance as the prior's.
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
from vqclip.models.guidance import guided
from vqclip.models.registry import UpsamplerFiles

_HINT = "Install vqclip again."


class Block(nn.Module):
    """Every place looks around, then at the words, then thinks: ConvNeXt's block (arXiv 2201.03545) that reads."""

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
        """x: (B, H, W, width), words: (B, L, width) -> like x."""
        batch, rows, columns, width = x.shape
        places = self.norm(self.around(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1) + x)
        q = self.query(places).view(batch, rows * columns, self.heads, -1).transpose(1, 2)
        k, v = self.key_value(words).view(batch, -1, 2, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        read = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, rows, columns, width)
        mixed: Tensor = x + self.out(read) + self.down(F.gelu(self.up(places)))
        return mixed


class Upsampler(nn.Module):
    """Logits of the codes of a drawing twice as large, from its own codes and those large ones that are known."""

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
        # Which quarter of a small token it is.
        self.corner = nn.Parameter(nn.init.normal_(torch.empty(2, 2, width), std=0.02))
        self.blocks = nn.ModuleList([Block(width, shape.heads) for _ in range(shape.layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, shape.codes)

    def forward(
        self, codebook: Tensor, words: Tensor, style: Tensor, small: Tensor, large: Tensor, known: Tensor
    ) -> Tensor:
        """codebook: (codes, dim). words: (B, words), style: (B,), small: (B, h, w) codes, all int64.

        large: (B, 2h, 2w) codes, of which those `known` count. Returns (B, 2h, 2w, codes) logits.
        """
        rows, columns = small.shape[1:]
        told = torch.cat([self.style(style)[:, None], self.word(words) + self.word_place], 1)
        x = self.small(codebook[small].permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        x = x.repeat_interleave(2, 1).repeat_interleave(2, 2) + self.corner.repeat(rows, columns, 1)
        x = x + torch.where(known[..., None], self.known(codebook[large]), self.unknown.to(x.dtype))
        for block in self.blocks:
            x = block(x, told)
        return self.logits(self.norm(x))

    def logits(self, x: Tensor) -> Tensor:
        """(..., width), normalised -> (..., codes)."""
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
        """Upsample N candidates: codes (N, h, w) -> (N, 2h, 2w) int64.

        words: (P, words) int64, the P texts of one prompt; P may be 0. weights: (P,), of which each text pulls (or
        pushes, below 0) its share. style: (N,) int64. generator: on the CPU. guidance: how far from the empty text;
        1 is plain sampling. temperature: of the draw of a code. rounds: in which the codes are fixed. doubt: of
        the choice which ones are fixed, fading to 0 with the rounds.
        """
        count, rows, columns = small.shape
        texts = len(words)
        nothing = words.new_full((1, words.shape[1]), self.shape.vocabulary)
        groups = torch.cat([words, nothing]).repeat_interleave(count, 0)  # ((P + 1)·N, words)
        many = texts + 1
        large = torch.zeros(count, 2 * rows, 2 * columns, dtype=torch.long, device=small.device)
        known = torch.zeros_like(large, dtype=torch.bool)
        places = 4 * rows * columns
        for turn in range(1, rounds + 1):
            told = (style.repeat(many), small.repeat(many, 1, 1), large.repeat(many, 1, 1), known.repeat(many, 1, 1))
            by_text = self(codebook, groups, *told).float().view(many, count, 2 * rows, 2 * columns, -1)
            scores = guided(by_text, weights, guidance).log_softmax(-1)
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


def load_upsampler(files: UpsamplerFiles, codebook: Tensor, prior: PriorShape) -> Upsampler:
    """Load the upsampler that `registry.find_upsampler` found, in float32, to where the VQGAN's codebook is.

    codebook: (codes, dim) of the VQGAN. prior: of the one whose drawings it draws anew, and whose words and styles
    it knows. Raises ModelError for files that are damaged, or of another VQGAN or prior.
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

"""What the prior, the upsampler and taming's transformers share when they sample codes."""

from __future__ import annotations

import torch
from torch import Tensor


class KeyValueCache:
    """The keys and values of the positions so far, of one attention layer of a sampling transformer.

    The memory for all positions is taken at once: joining tensors for every code took a sixth of the sampling.
    """

    def __init__(self, length: int) -> None:
        """length: How many positions there will be."""
        self._length, self._used = length, 0
        self._held: Tensor | None = None

    def add(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of the next positions, each (B, heads, L, dim), and return those of all positions so far."""
        if self._held is None:
            batch, heads, _, dim = keys.shape
            self._held = keys.new_empty(2, batch, heads, self._length, dim)
        first, self._used = self._used, self._used + keys.shape[2]
        self._held[0, :, :, first : self._used] = keys
        self._held[1, :, :, first : self._used] = values
        so_far = self._held[:, :, :, : self._used]
        return so_far[0], so_far[1]


def guided(by_text: Tensor, weights: Tensor, guidance: float) -> Tensor:
    """Combine logits by classifier-free guidance with several weighted texts.

    Args:
        by_text: (P + 1, ...), the logits for each of P texts and last for the empty text; P may be 0.
        weights: (P,), the weight of each text; a text with a weight below 0 is avoided.
        guidance: 0 gives the logits of the empty text, 1 those of the texts; larger values go beyond.

    Returns:
        (...) logits.

    Source: Ho and Salimans 2022, arXiv 2207.12598.
    """
    empty = by_text[-1]
    share = (guidance * weights / weights.abs().sum()).view(-1, *[1] * empty.ndim)
    moved: Tensor = empty + (share * (by_text[:-1] - empty)).sum(0)
    return moved


def sample_top(logits: Tensor, top: int, generator: torch.Generator) -> Tensor:
    """Sample one code per row from the `top` most probable: (N, codes) float32 to (N, 1) int64.

    generator: On the CPU, so that a GPU samples the same codes.
    """
    kept, codes = logits.topk(min(top, logits.shape[-1]), dim=1)
    choice = torch.multinomial(kept.softmax(1).cpu(), 1, generator=generator).to(codes.device)
    return codes.gather(1, choice)


def gumbel(shape: torch.Size, generator: torch.Generator) -> Tensor:
    """Draw Gumbel noise, float32 on the CPU."""
    uniform = torch.rand(shape, generator=generator)
    return -torch.log(-torch.log(uniform.clamp(1e-9, 1 - 1e-7)))

"""Classifier-free guidance (arXiv 2207.12598) by several texts, each with its weight."""

from __future__ import annotations

from torch import Tensor


def guided(by_text: Tensor, weights: Tensor, guidance: float) -> Tensor:
    """Move the scores of the empty text towards those of the texts, and on: (P + 1, ...) -> (...).

    by_text: of each of the P texts, and last of the empty one; P may be 0. weights: (P,), of which each text pulls
    (or pushes, below 0) its share. guidance: 1 is where the texts are, 0 where the empty one is.
    """
    plain = by_text[-1]
    share = (guidance * weights / weights.abs().sum()).view(-1, *[1] * plain.ndim)
    moved: Tensor = plain + (share * (by_text[:-1] - plain)).sum(0)
    return moved

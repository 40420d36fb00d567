"""Candidates: samples of the prior, ranked by CLIP; a run starts from the best.

Sampling many candidates and re-ranking them with CLIP follows DALL-E (arXiv 2102.12092, section 2.6). The best can be
upsampled to twice their size, as in Muse (arXiv 2301.00704), and CLIP ranks them again. Among candidates that fit
the prompt equally well, those come first whose codes the prior finds likely and whose drawing the border does not cut
off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.models.image_model import ImageModel
from vqclip.models.net2net import Net2Net
from vqclip.models.perceptor import ClipTarget
from vqclip.models.prior import PriorSampler
from vqclip.settings.prompts import Prompt
from vqclip.settings.schema import Settings
from vqclip.synthesis import clip_loss, init
from vqclip.synthesis.composition import framed
from vqclip.synthesis.stage_upsampling import upsample

_CUT_OFF = 0.2
"""What the share of the border counts, beside CLIP's loss, where it cuts off the drawing of a candidate."""
LIKELY = 0.3
"""What the mean log-probability of its codes, in nats, counts for a candidate. Malformed drawings are less likely."""


@dataclass(frozen=True)
class Candidates:
    """N samples of the prior, best first.

    Attributes:
        codes: (N, side, side) int64.
        images: (N, 3, H, W) float32 in [0, 1].
        losses: CLIP's, (N,); lower is better.
        numbers: (N,) int64, in the order of sampling, 0 for the first.
        log_probabilities: See `PriorSampler.log_probability`, (N,), of the candidate before it was upsampled; 0 for
            those of another sampler.
    """

    codes: Tensor
    images: Tensor
    losses: Tensor
    numbers: Tensor
    log_probabilities: Tensor

    @property
    def ranking(self) -> Tensor:
        """The sort key, (N,), lower is better: CLIP's losses plus the terms of `_CUT_OFF` and `LIKELY`."""
        return self.losses + _CUT_OFF * cut_off(self.images) - LIKELY * self.log_probabilities

    def take(self, order: Tensor) -> Candidates:
        """The candidates in another order, or some of them. order: (any,) int64."""
        return Candidates(
            self.codes[order],
            self.images[order],
            self.losses[order],
            self.numbers[order.cpu()],
            self.log_probabilities[order],
        )


@torch.no_grad()
def draw(
    vqgan: ImageModel,
    sampler: PriorSampler | Net2Net,
    clip_targets: Sequence[ClipTarget],
    settings: Settings,
    generator: torch.Generator,
    weights: Sequence[float] | None = None,
) -> Candidates:
    """Sample `settings.candidates` candidates from texts, and rank them by their prompts.

    With `settings.upsample_candidates`, returns that many of the best, upsampled to twice their size.

    Args:
        vqgan: Decodes the candidates.
        sampler: The prior.
        clip_targets: The perceptors that rank.
        settings: Of the run.
        generator: On the CPU.
        weights: Of all prompts; those of weight 0 do not count. By default those of the first scene count.
    """
    weights = settings.story.weights_alone() if weights is None else weights
    weighted = zip(settings.prompts, weights, strict=True)
    texts = [prompt for prompt, weight in weighted if prompt.kind == "text" and weight]
    ways: dict[str, Any] = {
        "style": settings.prior_style,
        "guidance": settings.guidance,
        "temperature": settings.temperature,
    }
    codes = sampler.sample(texts, settings.candidates, generator, **ways)
    numbers, likely = torch.arange(len(codes)), log_probabilities(sampler, texts, codes, settings.prior_style)
    candidates = _ranked(vqgan, codes, numbers, likely, clip_targets, settings, weights)
    if settings.upsample_candidates and isinstance(sampler, PriorSampler):
        best = candidates.take(torch.arange(min(settings.upsample_candidates, len(codes))))
        codes = sampler.upsample(texts, best.codes, best.numbers, generator, **ways)
        candidates = _ranked(vqgan, codes, best.numbers, best.log_probabilities, clip_targets, settings, weights)
    return candidates


def log_probabilities(
    sampler: PriorSampler | Net2Net, texts: Sequence[Prompt], codes: Tensor, style: str | None
) -> Tensor:
    """Those that the prior gives to samples of texts, in the order of sampling: (N, side, side) to (N,)."""
    if not isinstance(sampler, PriorSampler):
        return torch.zeros(len(codes), device=codes.device)
    return sampler.log_probability(texts, codes, torch.arange(len(codes)), style=style)


def _ranked(
    vqgan: ImageModel,
    codes: Tensor,
    numbers: Tensor,
    likely: Tensor,
    clip_targets: Sequence[ClipTarget],
    settings: Settings,
    weights: Sequence[float],
) -> Candidates:
    images = torch.cat(
        [vqgan.decode(vqgan.lookup(part)).clamp(0, 1) for part in torch.split(codes, settings.cut_chunk)]
    )
    found = Candidates(codes, images, rank(images, clip_targets, settings, weights), numbers, likely)
    return found.take(found.ranking.argsort(stable=True))


def cut_off(images: Tensor) -> Tensor:
    """The share of the border where a drawing on white touches it: (N, 3, H, W) to (N,), in [0, 0.5].

    A scene fills its square, so if a drawing covers more than half of the border, the uncovered share counts instead.
    """
    covered = framed(images)
    return torch.minimum(covered, 1 - covered)


def first_latent(vqgan: ImageModel, candidates: Candidates, size: tuple[int, int], *, edges: bool = False) -> Tensor:
    """The latent of the best candidate at a picture size: (1, D, h, w) float32.

    A candidate of another size is resized as a picture and encoded. For another shape it is centred and its edges are
    extended, so that nothing is stretched. edges: See `stage_upsampling.upsample`.
    """
    if candidates.images.shape[-2:] == size[::-1]:
        return vqgan.lookup(candidates.codes[:1])
    with torch.no_grad():
        return vqgan.encode(fill(candidates.images[:1], size, edges=edges)).float()


def fill(drawing: Tensor, size: tuple[int, int], *, edges: bool = False, extend: bool = True) -> Tensor:
    """A square drawing, (1, 3, side, side), in the middle of a picture of that size.

    extend: Whether its edges are extended to the sides of the picture, which are white otherwise.
    """
    width, height = size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    around = (left, width - side - left, top, height - side - top)
    square = upsample(drawing, side, side, edges=edges)
    return F.pad(square, around, mode="replicate") if extend else F.pad(square, around, value=1.0)


@torch.no_grad()
def rank(
    images: Tensor, clip_targets: Sequence[ClipTarget], settings: Settings, weights: Sequence[float] | None = None
) -> Tensor:
    """The prompt loss of each picture and its mirror image: (N, 3, H, W) in [0, 1] to (N,). Lower is better.

    weights: Of all prompts; by default those of the first scene.
    """
    weights = settings.story.weights_alone() if weights is None else weights
    ranking = torch.zeros(len(images), device=images.device)
    total = sum(abs(clip_target.weight) for clip_target in clip_targets)
    for clip_target in clip_targets:
        side = clip_target.perceptor.cut_size
        prompt_loss = clip_loss.PromptLoss(clip_target.targets, settings.prompts)
        prompt_loss.set_weights(weights)
        shown = init.fit(images, side, side)
        for view in (shown, shown.flip(3)):
            parts = torch.split(view, settings.cut_chunk)
            features = torch.cat([clip_target.perceptor.encode_image(part) for part in parts])
            ranking += clip_target.weight / total / 2 * prompt_loss.of_each(features)
    return ranking

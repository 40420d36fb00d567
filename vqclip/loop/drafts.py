"""Drafts: drawings by the prior, ranked by CLIP, of which the best is where a run begins.

The prior knows how things are built and CLIP knows whether it is the thing asked for; drawing many and letting
CLIP choose is DALL-E's way (arXiv 2102.12092, section 2.6). The best can be drawn anew at twice the size, as Muse
does (arXiv 2301.00704), and CLIP chooses again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.loop import losses, starts
from vqclip.loop.enlarging import enlarge
from vqclip.networks.net2net import Net2Net
from vqclip.networks.perceptor import Gaze
from vqclip.networks.prior import Drafter
from vqclip.networks.vqgan import VQGAN
from vqclip.options.settings import Settings


@dataclass(frozen=True)
class Drafts:
    """N drawings, best first.

    codes: (N, side, side) int64. images: (N, 3, H, W) float32 in [0, 1]. losses: (N,) what CLIP makes of them,
    lower is better. numbers: (N,) int64, the place of each in the order in which they were drawn.
    """

    codes: Tensor
    images: Tensor
    losses: Tensor
    numbers: Tensor


@torch.no_grad()
def draw(
    vqgan: VQGAN, drafter: Drafter | Net2Net, gazes: Sequence[Gaze], settings: Settings, generator: torch.Generator
) -> Drafts:
    """Draw `settings.drafts` of the first scene's texts, and rank them by its prompts. generator: on the CPU.

    With `settings.redraws`, so many of the best are drawn anew at twice the size, and these are what is returned.
    """
    texts = [prompt for prompt in settings.story.opening if prompt.kind == "text"]
    ways: dict[str, Any] = {name: getattr(settings, name) for name in ("style", "guidance", "temperature")}
    codes = drafter.draft(texts, settings.drafts, generator, **ways)
    drafts = _ranked(vqgan, codes, torch.arange(len(codes)), gazes, settings)
    if settings.redraws and isinstance(drafter, Drafter):
        best = slice(settings.redraws)
        codes = drafter.redraw(texts, drafts.codes[best], drafts.numbers[best], generator, **ways)
        drafts = _ranked(vqgan, codes, drafts.numbers[best], gazes, settings)
    return drafts


def _ranked(vqgan: VQGAN, codes: Tensor, numbers: Tensor, gazes: Sequence[Gaze], settings: Settings) -> Drafts:
    images = torch.cat(
        [vqgan.decode(vqgan.lookup(part)).clamp(0, 1) for part in torch.split(codes, settings.cut_chunk)]
    )
    ranking = rank(images, gazes, settings)
    order = ranking.argsort(stable=True)
    return Drafts(codes[order], images[order], ranking[order], numbers[order.cpu()])


def first_latent(vqgan: VQGAN, drafts: Drafts, size: tuple[int, int], *, edges: bool = False) -> Tensor:
    """The latent of the best draft at a picture size of whole tokens: (1, D, h, w) float32.

    A draft of another size is enlarged as a picture and encoded; one of another shape is set in the middle and
    its edges are drawn out, so that nothing is stretched. edges: see `enlarging.enlarge`.
    """
    width, height = size
    if drafts.images.shape[-2:] == (height, width):
        return vqgan.lookup(drafts.codes[:1])
    side = min(width, height)
    picture = enlarge(drafts.images[:1], side, side, edges=edges)
    left, top = (width - side) // 2, (height - side) // 2
    around = (left, width - side - left, top, height - side - top)
    with torch.no_grad():
        return vqgan.encode(F.pad(picture, around, mode="replicate")).float()


@torch.no_grad()
def rank(images: Tensor, gazes: Sequence[Gaze], settings: Settings) -> Tensor:
    """The prompts' loss of each picture and its mirror image, over all perceptors: (N,). Lower is better.

    images: (N, 3, H, W) in [0, 1].
    """
    ranking = torch.zeros(len(images), device=images.device)
    total = sum(abs(gaze.weight) for gaze in gazes)
    for gaze in gazes:
        side = gaze.perceptor.cut_size
        judge = losses.PromptLoss(gaze.targets, settings.prompts)
        judge.weigh(settings.story.opening_weights())
        shown = starts.fit(images, side, side)
        for view in (shown, shown.flip(3)):
            parts = torch.split(view, settings.cut_chunk)
            features = torch.cat([gaze.perceptor.encode_image(part) for part in parts])
            ranking += gaze.weight / total / 2 * judge.of_each(features)
    return ranking

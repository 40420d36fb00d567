"""The score of a picture: CLIP's similarity of the whole picture to the prompts, as `vqclip score` gives it."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from vqclip.media.images import Pixels
from vqclip.models.perceptor import ClipTarget
from vqclip.settings.prompts import Prompt
from vqclip.synthesis import retrieval
from vqclip.synthesis.clip_loss import PromptLoss


class Scorer:
    """Scores pictures of any size. It takes no cutouts and no random numbers, so pictures of all stages compare."""

    def __init__(self, clip_targets: Sequence[ClipTarget], prompts: Sequence[Prompt]) -> None:
        total = sum(abs(target.weight) for target in clip_targets)
        self._parts = [
            (target.perceptor, PromptLoss(target.targets, prompts), abs(target.weight) / total)
            for target in clip_targets
        ]

    @torch.no_grad()
    def __call__(self, pixels: Pixels, weights: Sequence[float]) -> float:
        """The mean cosine similarity over the CLIPs, from -1 to 1.

        Args:
            pixels: uint8 (H, W, 3).
            weights: One for each prompt; texts and pictures that attract count.
        """
        score = 0.0
        for perceptor, prompt_loss, share in self._parts:
            prompt_loss.set_weights(weights)
            features = retrieval.encode_pictures(perceptor, [pixels]).to(prompt_loss.targets.device)
            score += share * prompt_loss.score(features).item()
        return score

"""The prompt loss: how far CLIP's features of the cutouts are from those of the prompts.

Formulas are those of Katherine Crowson's VQGAN+CLIP notebook (2021) unless a docstring says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import CutPlan, cut_out, levels_for, pyramid
from vqclip.models.perceptor import ClipTarget, Perceptor
from vqclip.settings.prompts import Prompt
from vqclip.settings.schema import Settings
from vqclip.synthesis.gradients import replace_gradient


def spherical_distance(x: Tensor, y: Tensor) -> Tensor:
    """Half the squared angle between unit vectors, from 0 to pi^2 / 2.

    It equals the notebook's 2 asin^2(|x - y| / 2), but the gradient of the arc tangent stays finite for opposite
    vectors.

    Args:
        x: Unit vectors, (..., E).
        y: Unit vectors, of a shape that broadcasts with x.

    Returns:
        (...) in the shape of both.
    """
    angle = 2 * torch.atan2((x - y).norm(dim=-1), (x + y).norm(dim=-1))
    return angle.square() / 2


class PromptLoss(nn.Module):
    """The prompt loss of one perceptor.

    Prompts of positive weight pull the features of the cutouts, those of negative weight push them away. Unlike in
    the notebook, the weights are divided by the sum of their absolute values, so that the balance with the other
    losses does not depend on the number of prompts.
    """

    targets: Tensor
    weights: Tensor
    stops: Tensor
    pull: Tensor

    def __init__(self, targets: Tensor, prompts: Sequence[Prompt]) -> None:
        """
        Args:
            targets: The features of the prompts, (P, E) unit float32.
            prompts: The P prompts.
        """
        super().__init__()
        device = targets.device
        self.register_buffer("targets", targets)
        weights = torch.tensor([p.weight for p in prompts], device=device)
        self.register_buffer("weights", weights / weights.abs().sum())
        self.register_buffer("stops", torch.tensor([p.stop for p in prompts], device=device))
        # The score leaves out noise and other plain directions: similarity to them says little about the picture.
        self.scored = [p.kind in ("text", "image") for p in prompts]
        self.register_buffer("score_weights", self._score_weights([p.weight for p in prompts]))

    def set_weights(self, weights: Sequence[float]) -> None:
        """Replace the weights, one for each prompt, as `Story.weights` gives them."""
        self.weights = torch.tensor(weights, dtype=torch.float32, device=self.targets.device)
        self.score_weights = self._score_weights(weights)

    def _score_weights(self, weights: Sequence[float]) -> Tensor:
        """The weight of each prompt in the score, (P,) of sum 1."""
        found = [max(0.0, weight) * scored for weight, scored in zip(weights, self.scored, strict=True)]
        if not any(found):
            # Without a prompt that pulls, the score is the similarity to those that push.
            found = [abs(weight) for weight in weights] if any(weights) else [1.0] * len(weights)
        return torch.tensor([weight / sum(found) for weight in found], device=self.targets.device)

    def forward(self, features: Tensor, cut_weights: Tensor) -> Tensor:
        """The mean loss of the cutouts, a scalar.

        Args:
            features: Of the cutouts, (N, E) unit float32.
            cut_weights: (N,) of mean 1, or (N, P) where prompts have regions.
        """
        if cut_weights.ndim == 2:
            return (self._by_prompt(features) * cut_weights).sum(1).mean()
        return (self.of_each(features) * cut_weights).mean()

    def of_each(self, features: Tensor) -> Tensor:
        """The loss of each cutout: (N, E) to (N,)."""
        return self._by_prompt(features).sum(1)

    def _by_prompt(self, features: Tensor) -> Tensor:
        """The loss of each cutout and prompt: (N, E) to (N, P). A prompt stops pulling at its stop."""
        distance = spherical_distance(features[:, None], self.targets[None])  # (N, P)
        pulled = distance * self.weights.sign()
        held = replace_gradient(pulled, torch.maximum(pulled, self.stops))
        return held * self.weights.abs()

    def score(self, features: Tensor) -> Tensor:
        """The mean cosine similarity to the texts and pictures with positive weight: (N, E) unit to a scalar."""
        return (features @ self.targets.T @ self.score_weights).mean()

    def extra_repr(self) -> str:
        """The weights, for `print`."""
        return f"weights={self.weights.tolist()}"


@dataclass(frozen=True)
class ActivePerceptor:
    """A perceptor that encodes the cutouts of a step.

    Attributes:
        prompt_loss: Of this perceptor.
        loss_weight: Of its prompt loss in the loss of the step.
    """

    perceptor: Perceptor
    prompt_loss: PromptLoss
    loss_weight: float


@dataclass(frozen=True)
class ClipLossResult:
    """The prompt loss of a step.

    Attributes:
        loss: The weighted prompt losses of the perceptors.
        gradients: The picture and its halvings, each with the gradient of the loss; for `gradients.backward`.
    """

    loss: float
    gradients: list[tuple[Tensor, Tensor]]


class ClipLoss:
    """The prompt loss of all perceptors in one step, and its gradient with respect to the picture.

    The cutouts are encoded in chunks, each on a detached copy of the picture. The copies collect the gradient of all
    chunks, which goes through the decoder once. So memory grows with the chunk and not with the number of cutouts.

    Attributes:
        chunk: How many cutouts are encoded at once. It may be changed between two steps.
    """

    def __init__(self, clip_targets: Sequence[ClipTarget], settings: Settings) -> None:
        self.settings, self.chunk = settings, settings.cut_chunk
        total = sum(abs(target.weight) for target in clip_targets)
        prompts = settings.story.prompts
        self.perceptors = [
            ActivePerceptor(
                target.perceptor,
                PromptLoss(target.targets, prompts),
                target.weight / total,
            )
            for target in clip_targets
        ]

    def active(self, step: int) -> list[ActivePerceptor]:
        """The perceptors of a step: all, or with `clip_alternate` the next one.

        Alternation is aphantasia's `--dualmod`, for any number of perceptors: an ensemble at the cost of one. The
        loss weight is scaled so that over a round each perceptor counts as much as without alternation.
        """
        if not self.settings.clip_alternate:
            return self.perceptors
        count = len(self.perceptors)
        chosen = self.perceptors[step % count]
        return [ActivePerceptor(chosen.perceptor, chosen.prompt_loss, chosen.loss_weight * count)]

    def __call__(
        self,
        image: Tensor,
        plan_cutouts: Callable[[CutoutContext], CutPlan],
        prompt_weights: Sequence[float],
        step: int,
        noise: torch.Generator,
    ) -> ClipLossResult:
        """Cut, encode and compare with the prompts.

        Args:
            image: The picture, (1, 3, H, W) in [0, 1].
            plan_cutouts: Plans the cutouts for the input size of a perceptor.
            prompt_weights: One for each prompt.
            step: 0 for the first of the run.
            noise: Generator of the noise on the cutouts, on the device of the picture.
        """
        parts: list[Tensor] = []
        gradients: list[tuple[Tensor, Tensor]] = []
        plans: dict[int, CutPlan] = {}
        for active in self.active(step):
            active.prompt_loss.set_weights(prompt_weights)
            side = active.perceptor.cut_size
            if side not in plans:
                # Perceptors of one input size share the cutouts, so that they pull at the same places.
                width, height = image.shape[-1], image.shape[-2]
                plans[side] = plan_cutouts(CutoutContext(width, height, side, step, self.settings.iterations))
            levels = pyramid(cutouts.source_of(image, side, self.settings), levels_for(plans[side]))
            copies = [level.detach().requires_grad_() for level in levels]
            parts += self._add_gradients(copies, plans[side], active, noise)
            gradients += [
                (level, copy.grad) for level, copy in zip(levels, copies, strict=True) if copy.grad is not None
            ]
        # Read once, because a GPU has to finish all its work for each reading.
        return ClipLossResult(sum(torch.stack(parts).tolist()), gradients)

    def _add_gradients(
        self, levels: list[Tensor], plan: CutPlan, active: ActivePerceptor, noise: torch.Generator
    ) -> list[Tensor]:
        """Encode the cutouts chunk by chunk, and add the gradient of their loss to `levels`.

        Returns:
            The loss of each chunk.
        """
        parts = []
        for chunk in plan.parts(self.chunk):
            features = active.perceptor.encode_image(cut_out(levels, chunk, active.perceptor.cut_size, noise))
            share = len(chunk) / len(plan)
            weights = chunk.weights.to(features.device)
            loss = active.prompt_loss(features, weights) * active.loss_weight * share
            loss.backward()
            parts.append(loss.detach())
        return parts

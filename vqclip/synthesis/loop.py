"""The optimisation loop: `Synthesizer.step` is one step of VQGAN+CLIP, and `Synthesizer.run` yields events.

A step quantises and decodes z, takes cutouts of the picture, encodes them with CLIP, and sends the gradient of the
losses back into z (Crowson and others, arXiv 2204.08583). The loop touches tensors only: the recorder writes files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from vqclip import reading
from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import CutPlan
from vqclip.errors import ModelError, OutOfMemory
from vqclip.events import Event, Finished, StageStarted, Started, Stepped, Warned
from vqclip.image_losses import OF_LATENT, LossInputs
from vqclip.models.compiling import begin_step
from vqclip.models.decoder import Box
from vqclip.models.image_model import ImageModel
from vqclip.models.net2net import Net2Net
from vqclip.models.perceptor import ClipTarget
from vqclip.models.prior import PriorSampler
from vqclip.runtime import allocation
from vqclip.runtime.torch_state import in_own_state
from vqclip.schedules import Schedule
from vqclip.settings.colours import parse_colour
from vqclip.settings.schema import Settings
from vqclip.synthesis import candidates, motion, seamless, stage_upsampling
from vqclip.synthesis.clip_loss import ClipLoss, ClipLossResult
from vqclip.synthesis.finish import Finish
from vqclip.synthesis.gradients import backward, require_finite
from vqclip.synthesis.init import InitPicture, first_latent, fit
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.latent_image import MIRRORS, LatentImage
from vqclip.synthesis.optimisers import rate_at
from vqclip.synthesis.randomness import (
    NOISE_STREAM,
    ROLL_STREAM,
    START_STREAM,
    STEP_STREAM,
    TILE_STREAM,
    make_generator,
)
from vqclip.synthesis.refine import refine
from vqclip.synthesis.regions import Regions
from vqclip.synthesis.scene_starts import SceneStarts
from vqclip.synthesis.scoring import Scorer
from vqclip.synthesis.stage_state import StageState, make_image
from vqclip.synthesis.stages import Stage, stages_of
from vqclip.synthesis.state import State


@dataclass(frozen=True)
class StepResult:
    """What a step found before its update.

    Attributes:
        losses: The weighted losses by name; `prompt` is CLIP's.
    """

    losses: dict[str, float]

    @property
    def loss(self) -> float:
        """The sum of the losses."""
        return sum(self.losses.values())


class Synthesizer:
    """Optimises one picture: `for event in Synthesizer(vqgan, clip_targets, settings).run(): ...`.

    Attributes:
        steps_done: Of the run.
        score: Of the last picture that was scored, see `Scorer`; None before.
        current: The variables of the stage in progress, from the first event on.
    """

    current: StageState

    def __init__(
        self,
        vqgan: ImageModel,
        clip_targets: Sequence[ClipTarget],
        settings: Settings,
        inputs: InitInputs | None = None,
        *,
        sampler: PriorSampler | Net2Net | None = None,
        time_is_up: Callable[[], bool] = lambda: False,
        step_range: tuple[int, int] | None = None,
        scored_steps: Collection[int] | None = None,
    ) -> None:
        """
        Args:
            vqgan: Decodes, and encodes where the settings need it.
            clip_targets: The perceptors with the features of the prompts.
            settings: With a seed.
            inputs: The pictures of the run.
            sampler: Samples the candidates of each scene if `settings.uses_prior`.
            time_is_up: Asked before every step. When it says so, the picture is upsampled to its full size and the
                run ends.
            step_range: For a run that is a part of a longer story: its first step, and the steps of the whole story.
            scored_steps: After which steps the picture is scored, which decodes it; None scores it after all.
        """
        if settings.seed is None:
            raise ValueError("a Synthesizer needs settings with a seed")
        self.vqgan, self.settings, self.seed = vqgan, settings, settings.seed
        self.inputs, self.time_is_up = inputs or InitInputs(), time_is_up
        self.first_step, self.story_steps = step_range or (0, settings.iterations)
        self.device = vqgan.codebook.device
        vqgan.wrap(*settings.wraps)
        self.stages = stages_of(settings, vqgan.factor)
        self.clip_targets, self.clip_loss = clip_targets, ClipLoss(clip_targets, settings)
        self.regions = Regions(settings.story.prompts, self.inputs.regions, self.inputs.mask)
        # A region is a part of the picture, so with regions CLIP sees the picture where it is.
        self.rolled_axes = (False, False) if self.regions.masks else settings.wraps
        self.init = InitPicture.load(self.inputs, self.device, settings.wraps)
        self.palette = torch.tensor(self.inputs.palette, device=self.device).reshape(-1, 3) / 255
        self.finish = Finish(self.palette, settings.pixel_grid, settings.sketch)
        self.edge = torch.tensor(parse_colour(settings.edge_colour), device=self.device) / 255
        self.starts = None
        if sampler is not None:
            below = self.init.pixels if self.init.mask is not None or settings.draws_candidate else None
            known = (vqgan, sampler, clip_targets, settings, self.regions)
            self.starts = SceneStarts(*known, self.inputs.latent, below)
        self.steps_done, self._ended = 0, False
        self.score: float | None = None
        self.scorer, self.scored_steps = Scorer(clip_targets, settings.story.prompts), scored_steps
        self._shown: tuple[int, np.ndarray] | None = None

    def run(self, state: State | None = None) -> Iterator[Event]:
        """Optimise from the start, or from a snapshot, to the last step. Stop iterating to stop.

        Raises:
            Diverged: The loss or the gradient is not finite.
            OutOfMemory: The device has not enough memory for a single cutout at a time.
            ModelError: The snapshot is not one of this run.
        """
        with _reporting_memory(self.settings):
            if self.starts is not None and self.settings.uses_prior:
                self.init = self.starts.ground(self.stages[-1].size) or self.init
            if state is not None:
                self._restore(state)
            else:
                self._start()
                yield from self._chosen(0)
            final = self.stages[-1]
            steps, known = self.settings.iterations, (self.image, self.state)
            yield Started(self.steps_done, steps, final.width, final.height, self.seed, *known)
            for stage in self.stages[self.current.stage.index :]:
                if stage is not self.current.stage:
                    self._upsample_to(stage)
                if len(self.stages) > 1:
                    yield StageStarted(self.steps_done, stage.index + 1, len(self.stages), *stage.size, stage.pixels)
                while self.steps_done < stage.last and not self._stopped_by():
                    self._move()
                    yield from self._fade_in()
                    result, warnings = self._step_within_memory()
                    yield from map(Warned, warnings)
                    score = self._finish_step(result)
                    rate = self.current.optimiser.learning_rate
                    numbers = (result.loss, result.losses, score, rate)
                    yield Stepped(self.steps_done, steps, stage.index + 1, *numbers, *known)
            stopped_by = self._stopped_by() if self.steps_done < final.last else ""
            self._ended, self._shown = True, None
            self._score()
            yield Finished(self.steps_done, self.score, *known, stopped_by)

    @allocation.refusals()
    def step(self) -> StepResult:
        """One step: quantise, decode, cut, encode, compute the losses, backpropagate, update, clamp, average."""
        now, settings = self.current, self.settings
        now.optimiser.learning_rate = rate_at(settings, self.steps_done, now.stage) * now.progress.factor
        now.z.grad = None
        self._add_noise()
        tile = self._choose_tile()
        image = now.image.decode(now.z, tile)
        clip = self._clip_loss(seamless.roll(image, self.rolled_axes, self._generator(ROLL_STREAM)), tile)
        image_losses = self._image_losses(image, tile)
        backward(clip.gradients, image_losses.values())
        losses = {"prompt": clip.loss} | {name: loss.item() for name, loss in image_losses.items()}
        require_finite(losses, now.z.grad, self.steps_done + 1, settings.learning_rate)
        now.optimiser.step()
        now.clamp()
        now.ema.update(now.z)
        return StepResult(losses)

    @in_own_state
    @torch.no_grad()
    def image(self) -> np.ndarray:
        """The finished picture of the running mean, (H, W, 3) uint8. In pixel optimisation, as the VQGAN draws it."""
        if self._shown is not None and self._shown[0] == self.steps_done:
            return self._shown[1].copy()
        picture = self.current.picture()
        if self.current.stage.pixels:
            # The next stage starts from the picture as the VQGAN draws it. Showing that keeps the video from jumping.
            latent_image = self._image_of(self.current.stage, pixels=False)
            picture = latent_image.decode(latent_image.encode(picture))
        if self.settings.refines and (self._ended or self.steps_done >= self.settings.iterations):
            picture = refine(picture.float(), self.settings.wraps)
            for mirror in MIRRORS[self.settings.symmetry]:
                picture = mirror(picture)
        rows = (self.finish(picture)[0] * 255).round().to(torch.uint8).permute(1, 2, 0)
        # In the order of a picture file: sums over another order of the same numbers end in other digits.
        result: np.ndarray = rows.contiguous().cpu().numpy()
        self._shown = (self.steps_done, result)
        return result.copy()

    @in_own_state
    def state(self) -> State:
        """A snapshot: copies of everything that the next step depends on."""
        return self.current.snapshot(self.steps_done, self.score)

    def _start(self) -> None:
        """Start the first stage."""
        stage = self.stages[0]
        if self.inputs.latent is not None:
            z = self._resized(self.inputs.latent.to(self.device), stage.size)
        elif not self.settings.uses_prior:
            z = first_latent(self.vqgan, self.settings, stage.size, self.init, self._generator(START_STREAM, stage))
        elif self.starts is None:
            raise ValueError("these settings start from a candidate of the prior, so they need a sampler")
        else:
            z = self.starts.latent(0, stage.size)
        self._optimise_from(self._as_pixels(z, stage) if stage.pixels else z, stage)

    def _chosen(self, scene: int) -> Iterator[Event]:
        """The candidates that a scene starts from, if a prior sampled any."""
        if self.starts is not None and self.settings.uses_prior:
            yield from self.starts.chosen(scene)

    @torch.no_grad()
    def _as_pixels(self, z: Tensor, stage: Stage) -> Tensor:
        """The pixels of a latent, as pixel optimisation keeps them."""
        picture = self._image_of(stage, pixels=False).decode(z)
        return self._image_of(stage, pixels=True).encode(picture)

    def _fade_in(self) -> Iterator[Event]:
        """Blend the picture into the candidate of a scene that begins, as fast as its prompts fade in.

        CLIP alone would only deform the picture of the previous scene, whose forms differ.
        """
        if self.starts is None or not self.settings.uses_prior:
            return
        now, story, step, steps = self.current, self.settings.story, self.steps_done, self.settings.iterations
        for scene in range(0 if self.settings.resample else 1, len(story.scenes)):
            before, share = (story.turned_into(scene, at, steps) for at in (step - 1, step))
            if share > before:
                z = self.starts.latent(scene, now.stage.size)
                now.blend(self._as_pixels(z, now.stage) if now.stage.pixels else z, (share - before) / (1 - before))
                if scene and not before:
                    yield from self._chosen(scene)

    def _optimise_from(self, z: Tensor, stage: Stage) -> None:
        self._shown = None
        self.current = StageState(self.vqgan, self.settings, stage, self.stages[-1], self.init, self.inputs, z)

    def _image_of(self, stage: Stage, *, pixels: bool) -> LatentImage:
        return make_image(self.vqgan, self.settings, stage, self.stages[-1], self.init, pixels=pixels)

    @torch.no_grad()
    def _resized(self, z: Tensor, size: tuple[int, int]) -> Tensor:
        """The latent of another run at a picture size: decoded, resized and encoded.

        A square picture keeps its shape, as a candidate of the prior does.
        """
        before = self.inputs.latent_size or (z.shape[3] * self.vqgan.factor, z.shape[2] * self.vqgan.factor)
        if before == size:
            return z
        picture = self.vqgan.crop(self.vqgan.decode(self.vqgan.quantize(z)), before).clamp(0, 1)
        square = picture.shape[2] == picture.shape[3]
        return self.vqgan.encode(candidates.fill(picture, size) if square else fit(picture, *size)).float()

    def _restore(self, state: State) -> None:
        """Continue where a snapshot ends. Raises ModelError for one that does not fit the run."""
        hint = "Remove its newest snapshot, so that the one before is used, or start the run again."
        with reading.refusing("the snapshot of the run does not fit it", hint, ModelError):
            self.steps_done, self.score = state.step, state.score
            self._optimise_from(state.tensors["z"].to(self.device), self.stages[state.stage])
            self.current.restore(state)

    def _upsample_to(self, stage: Stage) -> None:
        """Start a larger stage from the upsampled picture of the one before."""
        with torch.no_grad():
            picture = stage_upsampling.upsample(self.current.picture(), *stage.size, edges=self.settings.keeps_edges)
            z = self.vqgan.encode(picture).float()
        self._optimise_from(z, stage)

    def _move(self) -> None:
        """Zoom, pan and rotate the picture if it is due, and start from there without memory of other positions."""
        move = motion.due(self.settings, self.steps_done)
        if move is None:
            return
        now = self.current
        scaled = move.scaled(now.stage.width / self.stages[-1].width)
        picture = motion.warp(now.picture(), scaled, self.settings.move_border)
        self._optimise_from(now.image.encode(picture), now.stage)
        # The losses of the stage continue, however often the picture moves.
        self.current.progress = now.progress

    def _step_within_memory(self) -> tuple[StepResult, list[str]]:
        """Do one step, with smaller chunks of cutouts where memory is short.

        The repeated step has the same random numbers, so only the order of the sums changes.

        Returns:
            The result, and a warning for each time that the chunks were halved.
        """
        warnings: list[str] = []
        while True:
            if self.settings.compile:
                begin_step()
            try:
                return self.step(), warnings
            except torch.OutOfMemoryError:
                if self.clip_loss.chunk == 1:
                    raise
            self.clip_loss.chunk = max(1, min(self.clip_loss.chunk, self.settings.cutouts) // 2)
            warnings.append(
                f"out of memory at step {self.steps_done + 1}; continuing with --cut-chunk {self.clip_loss.chunk}."
            )

    def _finish_step(self, result: StepResult) -> float | None:
        """Count the step, draw the overlay if it is due, and note the progress; return the score if it is due."""
        self.steps_done += 1
        if self.steps_done in self.settings.overlay_steps:
            self.current.draw_overlay()
        due = self.scored_steps is None or self.steps_done in self.scored_steps
        score = self._score() if due else None
        self.current.progress.add(result.loss, score)
        return score

    @in_own_state
    def _score(self) -> float:
        """Score the picture as it is now, for the prompts of the last step."""
        last = self.first_step + max(0, self.steps_done - 1)
        self.score = self.scorer(self.image(), self.settings.story.weights(last, self.story_steps))
        return self.score

    def _stopped_by(self) -> str:
        """The setting that ends the run here, or an empty string.

        Only a picture of full size can reach the score or stop improving.
        """
        if self.time_is_up():
            return "max_seconds"
        return self.current.progress.stopped_by if self.current.stage is self.stages[-1] else ""

    @torch.no_grad()
    def _add_noise(self) -> None:
        """Add the noise that is due at this step to the latent."""
        now, given = self.current, self.settings.latent_noise
        amount = Schedule.parse(given).at(self.steps_done, self.settings.iterations) if given else 0.0
        if amount and not now.stage.pixels:
            noise = torch.randn(now.z.shape, generator=self._generator(NOISE_STREAM))
            now.z.add_(noise.to(self.device), alpha=amount)
            now.clamp()

    def _choose_tile(self) -> Box | None:
        """The part of the picture that this step decodes, or None for all of it."""
        tiling = self.current.image.tiling
        if tiling is None:
            return None
        tiling.refresh(self.current.z.detach(), self.steps_done - self.current.stage.first)
        return tiling.pick(self._generator(TILE_STREAM))

    def _clip_loss(self, image: Tensor, tile: Box | None) -> ClipLossResult:
        """The prompt loss of the picture, over cutouts that the seed and the step determine."""
        generator = self._generator(STEP_STREAM)
        noise = generator if self.device.type == "cpu" else self._generator(STEP_STREAM, device=self.device)
        prompt_weights = self.settings.story.weights(self.first_step + self.steps_done, self.story_steps)
        plan_cutouts = partial(self._plan_cutouts, weights=prompt_weights, tile=tile, generator=generator)
        return self.clip_loss(image, plan_cutouts, prompt_weights, self.steps_done, noise)

    def _plan_cutouts(
        self, context: CutoutContext, weights: Sequence[float], tile: Box | None, generator: torch.Generator
    ) -> CutPlan:
        """The cutouts of this step: of the whole picture, or of the tile that is decoded and of its surroundings."""
        tiling = self.current.image.tiling
        if tile is None or tiling is None or self.regions.masks or cutouts.squeezes(self.settings):
            return self.regions.plan_cutouts(weights, context, self.settings, generator)
        return tiling.plan_cutouts(tile, context, self.settings, generator)

    def _image_losses(self, image: Tensor, tile: Box | None) -> dict[str, Tensor]:
        """The weighted image losses of this step, by name. tile: The part that is decoded, in tokens."""
        now = self.current
        picture = image if now.image.picture is None else now.image.picture
        target, z_target = (image, now.z) if now.target is None else (now.target.image, now.target.z)
        part = None if tile is None or now.image.tiling is None else now.image.tiling.shown(tile)
        own = now.z, now.z_init, picture, target, z_target
        known = LossInputs(image, *own, self.palette, self.edge, now.start, part)
        return {
            loss.label: weight * loss.value(known)
            for loss in self.settings.image_losses
            if not (now.stage.pixels and loss.name in OF_LATENT)
            and (weight := loss.weight_at(self.steps_done, self.settings.iterations))
        }

    def _generator(
        self, stream: int, stage: Stage | None = None, device: torch.device | None = None
    ) -> torch.Generator:
        """The random numbers of one purpose in this step. stage: the current one unless named."""
        stage = stage or self.current.stage
        return make_generator(self.seed, stream, stage.index, self.steps_done, device)


@contextlib.contextmanager
def _reporting_memory(settings: Settings) -> Iterator[None]:
    """Turn a lack of memory into an error that says what to change. Raises OutOfMemory."""
    try:
        with allocation.refusals():
            yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(
            f"the device ran out of memory at {settings.size} with {settings.cutouts} cutouts.",
            "Even one cutout at a time takes too much: try --low-memory, a smaller --size, --dtype bfloat16 or a "
            "smaller --clip.",
        ) from error

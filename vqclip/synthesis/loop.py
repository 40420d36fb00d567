"""The loop: quantise, decode, cut, encode, update. A generator of events that touches nothing but tensors.

Per step: quantise z (straight-through), decode, take cutouts, encode them with CLIP, and send the loss back
into z. The picture is decoded once; CLIP works through the cutouts in chunks on a detached copy of it, and
the summed gradient goes through the decoder in one pass, so memory does not grow with the cutouts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from vqclip import reading
from vqclip.cutouts import plan as cutouts
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import CutPlan, levels_for, pyramid, take
from vqclip.errors import ModelError, OutOfMemory
from vqclip.events import Event, Finished, PriorSampleChosen, StageStarted, Started, Stepped, Warned
from vqclip.image_losses import OF_LATENT, LossInputs
from vqclip.models.compiling import begin_step
from vqclip.models.decoder import Box
from vqclip.models.net2net import Net2Net
from vqclip.models.perceptor import ClipTarget
from vqclip.models.prior import PriorSampler
from vqclip.models.vqgan import VQGAN
from vqclip.runtime import allocation
from vqclip.settings.colours import parse_colour
from vqclip.settings.schema import Settings
from vqclip.synthesis import candidates, clip_loss, init, motion, stage_upsampling
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.latent_image import Surface
from vqclip.synthesis.optimisers import EMA, optimiser_tensors, rate_at, restore_optimiser
from vqclip.synthesis.overlays import Overlay, Target
from vqclip.synthesis.pixel_image import PixelSurface
from vqclip.synthesis.progress import Progress
from vqclip.synthesis.randomness import ROLL_STREAM, START_STREAM, STEP_STREAM, TILE_STREAM, make_generator
from vqclip.synthesis.regions import Regions
from vqclip.synthesis.scales import optimiser_of
from vqclip.synthesis.stages import Stage, stages_of
from vqclip.synthesis.state import State


def synthesise(
    vqgan: VQGAN,
    clip_targets: Sequence[ClipTarget],
    settings: Settings,
    inputs: InitInputs | None = None,
    *,
    state: State | None = None,
    sampler: PriorSampler | Net2Net | None = None,
    time_is_up: Callable[[], bool] = lambda: False,
    step_range: tuple[int, int] | None = None,
) -> Iterator[Event]:
    """Optimise from the start, or from `state`, to the last step.

    sampler: samples the candidates when settings.uses_prior.
    time_is_up: asked before every step; once it is so, the picture is brought to its size and the run ends.
    step_range: the first step and all steps of the story that this run is a part of.
    settings.seed must be set. Raises Diverged when the loss or the gradient is not finite, OutOfMemory when
    the device has no room left for a single cutout. Stop iterating to stop.
    """
    try:
        with allocation.refusals():
            climb = _Climb(vqgan, clip_targets, settings, inputs or InitInputs(), time_is_up, step_range)
            climb.begin(state, sampler)
            yield from climb.events()
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(
            f"the device ran out of memory at {settings.size} with {settings.cutouts} cutouts.",
            "Even one cutout at a time has no room: try --low-memory, a smaller --size, --dtype bfloat16 or "
            "a smaller --clip.",
        ) from error


class _Climb:
    """The loop's variables between two events."""

    def __init__(
        self,
        vqgan: VQGAN,
        clip_targets: Sequence[ClipTarget],
        settings: Settings,
        inputs: InitInputs,
        time_is_up: Callable[[], bool] = lambda: False,
        step_range: tuple[int, int] | None = None,
    ) -> None:
        if settings.seed is None:
            raise ValueError("synthesise needs settings with a seed")
        self.vqgan, self.settings, self.seed, self.inputs = vqgan, settings, settings.seed, inputs
        self.time_is_up, self.step_range = time_is_up, step_range
        self.story = settings.story
        self.clip_targets = [
            (clip_target, clip_loss.PromptLoss(clip_target.targets, self.story.prompts))
            for clip_target in clip_targets
        ]
        self.chunk = settings.cut_chunk
        self.total_weight = sum(abs(clip_target.weight) for clip_target in clip_targets)
        self.device = vqgan.codebook.device
        vqgan.wrap(*settings.wraps)
        self.regions = Regions(self.story.prompts, inputs.regions)
        self.plan = stages_of(settings, vqgan.factor)
        self.step, self.stage = 0, self.plan[0]
        self.score: float | None = None
        self.moved: int | None = None
        self.candidates: candidates.Candidates | None = None
        self.whole = self.opacity = None
        if inputs.picture is not None:
            pixels = init.to_pixels(inputs.picture, self.device)
            # What a mask keeps is kept as it is.
            pixels = pixels if inputs.mask is not None else init.meet(pixels, *settings.wraps)
            self.whole, self.opacity = pixels[:, :3], pixels[:, 3:] if pixels.shape[1] > 3 else None
        self.mask = None if inputs.mask is None else torch.from_numpy(inputs.mask).to(self.device)[None, None]
        self.palette = torch.tensor(inputs.palette, device=self.device).reshape(-1, 3) / 255
        self.edge = torch.tensor(parse_colour(settings.edge_colour), device=self.device) / 255

    def begin(self, state: State | None = None, sampler: PriorSampler | Net2Net | None = None) -> None:
        """Take the place where `state` ended, or the start."""
        if state is None:
            self._begin(sampler)
        else:
            self._restore(state)

    def events(self) -> Iterator[Event]:
        """Everything that happens from here to the end."""
        last = self.plan[-1]
        if self.candidates is not None:
            number, loss = int(self.candidates.numbers[0]) + 1, float(self.candidates.losses[0])
            yield PriorSampleChosen(number, self.settings.candidates, loss)
            self.candidates = None
        yield Started(self.step, self.settings.iterations, last.width, last.height, self.seed, self.image, self.state)
        for stage in self.plan[self.stage.index :]:
            if stage is not self.stage:
                self._refine(stage)
            if len(self.plan) > 1:
                yield StageStarted(self.step, stage.index + 1, len(self.plan), *stage.size, stage.pixels)
            while self.step < stage.last and not self._ended_by():
                self._move()
                try:
                    loss, terms, self.score = self._climb()
                except torch.OutOfMemoryError:
                    if self.chunk == 1:
                        raise
                    # The step begins anew with the same random numbers, so only the summation changes.
                    self.chunk = max(1, min(self.chunk, self.settings.cutouts) // 2)
                    yield Warned(f"out of memory at step {self.step + 1}; continuing with --cut-chunk {self.chunk}.")
                    continue
                self.step += 1
                self._lay_over()
                self.progress.take(loss, self.score)
                yield Stepped(
                    self.step,
                    self.settings.iterations,
                    stage.index + 1,
                    loss,
                    terms,
                    self.score,
                    self.optimiser.learning_rate,
                    self.image,
                    self.state,
                )
        stopped_by = self._ended_by() if self.step < last.last else ""
        yield Finished(self.step, self.score, self.image, self.state, stopped_by)

    def _ended_by(self) -> str:
        """The setting that ends the run here. Only at its full size a picture is good enough or stands still."""
        if self.time_is_up():
            return "max_seconds"
        return self.progress.reached if self.stage is self.plan[-1] else ""

    @torch.no_grad()
    def image(self) -> np.ndarray:
        """The picture of the running mean, (H, W, 3) uint8; in pixel optimisation, as the VQGAN draws it."""
        picture = self.surface.show(self.ema.mean(self.z))
        if self.stage.pixels:
            # Without the grain of the pixels, which the next stage drops, the video does not jump at that stage.
            drawn = self._surface(pixels=False)
            picture = drawn.show(drawn.enter(picture))
        result: np.ndarray = (picture[0] * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().numpy()
        return result

    def state(self) -> State:
        """Copies of everything that the next step depends on."""
        tensors = {"z": self.z, "z_init": self.z_init}
        if self.ema.total is not None:
            tensors["ema"] = self.ema.total
        memory = optimiser_tensors(self.optimiser)
        tensors |= {f"optimiser.{name}": tensor for name, tensor in memory.items()}
        if self.surface.tiling is not None:
            kept = self.surface.tiling.tensors()
            tensors |= {f"tiles.{name}": tensor for name, tensor in kept.items()}
        kept = {name: tensor.detach().float().cpu().clone() for name, tensor in tensors.items()}
        return State(self.step, self.stage.index, kept, self.ema.weight, self.score, self.progress.numbers)

    def _generator(self, stream: int, step: int, device: torch.device | None = None) -> torch.Generator:
        return make_generator(self.seed, stream, self.stage.index, step, device)

    def _begin(self, sampler: PriorSampler | Net2Net | None) -> None:
        generator = self._generator(START_STREAM, 0)
        size = self.stage.size
        if self.inputs.latent is not None:
            z = self.inputs.latent.to(self.device)
            with torch.no_grad():
                if self._size_of(z) != size:
                    z = self._encode(self.vqgan.decode(self.vqgan.quantize(z)).clamp(0, 1), size)
            self._start(z)
            return
        if not self.settings.uses_prior:
            start = init.first_latent(self.vqgan, self.settings, size, self.whole, generator, self.opacity)
            self._start(start)
            return
        if sampler is None:
            raise ValueError("these settings start from a candidate of the prior, so synthesise needs a sampler")
        clip_targets = [clip_target for clip_target, _ in self.clip_targets]
        self.candidates = candidates.draw(self.vqgan, sampler, clip_targets, self.settings, generator)
        self._start(candidates.first_latent(self.vqgan, self.candidates, size, edges=self.settings.keeps_edges))

    def _start(self, z: Tensor) -> None:
        """Begin the first stage with what the latent z shows."""
        if self.stage.pixels:
            with torch.no_grad():
                z = self._surface(pixels=True).enter(self._surface(pixels=False).show(z))
        self._enter(z)

    def _enter(self, z: Tensor) -> None:
        """Begin a stage at z, a latent or pixels. It holds on to the init picture or its beginning."""
        self.z_init = z.detach().clone()
        self.surface = self._surface(pixels=self.stage.pixels)
        picture, layer, size = self.inputs.target, self.inputs.overlay, self.stage.size
        self.target = None if picture is None else Target(self.vqgan, picture, size)
        self.overlay = None if layer is None else Overlay(self.vqgan, layer, size, self.settings.overlay_alpha)
        if self.surface.picture is not None:
            self.z_init = self.surface.enter(self.surface.picture)
        self.z = z.detach().clone()
        self.surface.hold(self.z, self.z_init)
        self.z.requires_grad_()
        self.ema = EMA(self.settings.ema)
        self.progress = Progress(self.settings)
        self.optimiser = optimiser_of(self.settings, self.stage, self.z)

    def _surface(self, *, pixels: bool) -> Surface:
        stage = self.stage
        feather = round(self.settings.mask_feather * stage.width / self.plan[-1].width)
        size, wanted = stage.size, self.settings
        if pixels:
            return PixelSurface(self.vqgan, size, self.whole, self.mask, feather, wanted.symmetry)
        return Surface(
            self.vqgan,
            size,
            self.whole,
            self.mask,
            feather,
            wanted.symmetry,
            low_memory=wanted.low_memory,
            tile_size=wanted.tile_size_at(*size),
        )

    def _refine(self, stage: Stage) -> None:
        """Begin a larger stage where the smaller one ended: with its picture, upsampled."""
        self.stage = stage
        with torch.no_grad():
            shown = self.surface.show(self.ema.mean(self.z))
            picture = stage_upsampling.upsample(shown, *stage.size, edges=self.settings.keeps_edges)
            z = self.vqgan.encode(picture).float()
        self._enter(z)

    def _move(self) -> None:
        """Move what is shown, where the schedules say so, and begin there anew: with no memory of what was where."""
        move = motion.due(self.settings, self.step)
        if move is None or self.moved == self.step:
            return
        self.moved = self.step  # A step that is begun again does not move again.
        with torch.no_grad():
            picture = self.surface.show(self.ema.mean(self.z))
            picture = motion.warp(
                picture, move.scaled(self.stage.width / self.plan[-1].width), self.settings.move_border
            )
            progress = self.progress
            self._enter(self.surface.enter(picture))
            self.progress = progress  # It is that of the stage, however often it moves.

    def _encode(self, picture: Tensor, size: tuple[int, int]) -> Tensor:
        return self.vqgan.encode(init.fit(picture, *size)).float()

    def _size_of(self, z: Tensor) -> tuple[int, int]:
        return z.shape[3] * self.vqgan.factor, z.shape[2] * self.vqgan.factor

    def _restore(self, state: State) -> None:
        """Take the place where `state` ended. Raises ModelError for a state that is not one of this run."""
        hint = "Remove its newest snapshot, so that the one before is used, or start the run again."
        with reading.refusing("the snapshot of the run does not fit it", hint, ModelError):
            self._put_back(state)

    def _put_back(self, state: State) -> None:
        self.step, self.stage, self.score = state.step, self.plan[state.stage], state.score
        tensors = {name: tensor.to(self.device, copy=True) for name, tensor in state.tensors.items()}
        self._enter(tensors["z"])
        self.z_init = tensors["z_init"]
        self.ema.total, self.ema.weight = tensors.get("ema"), state.ema_weight
        if self.surface.tiling is not None:
            kept = {n.removeprefix("tiles."): t for n, t in tensors.items() if n.startswith("tiles.")}
            self.surface.tiling.restore(kept)
        memory = {n.removeprefix("optimiser."): t for n, t in tensors.items() if n.startswith("optimiser.")}
        other = self.z.detach().clone().requires_grad_()
        other.grad = torch.zeros_like(other)
        after_a_step = optimiser_of(self.settings, self.stage, other)
        after_a_step.step()
        restore_optimiser(self.optimiser, memory, after_a_step)
        self.progress = Progress(self.settings, state.progress)

    @allocation.refusals()
    def _climb(self) -> tuple[float, dict[str, float], float]:
        """One step of the optimiser: the loss, its terms, and the score before the step."""
        settings = self.settings
        if settings.compile:
            begin_step()
        self.optimiser.learning_rate = rate_at(settings, self.step, self.stage) * self.progress.factor
        self.z.grad = None
        tile = self._tile()
        image = self.surface.show(self.z, tile)
        terms, outputs, gradients = self._look(self._rolled(image), tile)
        score = terms.pop("score")
        for name, term in self._terms(image):
            terms[name] = term.item()
            outputs.append(term)
            gradients.append(torch.ones_like(term))
        # One number with these gradients: given them beside the outputs, torch imports sympy to compare shapes.
        pulls = [(output * gradient).sum() for output, gradient in zip(outputs, gradients, strict=True)]
        torch.autograd.backward(torch.stack(pulls).sum())
        loss = sum(terms.values())
        clip_loss.require_finite(loss, terms, self.z.grad, self.step + 1, settings.learning_rate)
        self.optimiser.step()
        with torch.no_grad():
            self.z.clamp_(*self.surface.bounds)
            self.surface.hold(self.z, self.z_init)
        self.ema.update(self.z)
        return loss, terms, score

    def _lay_over(self) -> None:
        if self.overlay is not None and self.step in self.settings.overlay_steps:
            self.overlay.lay(self.z, self.surface)
            if self.surface.tiling is not None:
                self.surface.tiling.forget()
            with torch.no_grad():
                self.z.clamp_(*self.surface.bounds)
                self.surface.hold(self.z, self.z_init)
            # It counts in the running mean as a step of its own; so it is not lost at the end of a stage.
            self.ema.update(self.z)

    def _rolled(self, image: Tensor) -> Tensor:
        """The picture begun anew at a random place along every axis that wraps, so that CLIP sees the seam too."""
        if not any(self.settings.wraps) or self.regions.masks:
            # A region is a place, so the picture stays where it is.
            return image
        generator = self._generator(ROLL_STREAM, self.step)
        sides = (image.shape[3], image.shape[2])
        across, down = (
            int(torch.randint(side, (), generator=generator)) if wraps else 0
            for side, wraps in zip(sides, self.settings.wraps, strict=True)
        )
        return image.roll((down, across), (2, 3))

    def _tile(self) -> Box | None:
        """What is decoded in this step, of pictures that are not decoded whole."""
        if self.surface.tiling is None:
            return None
        self.surface.tiling.refresh(self.z.detach(), self.step - self.stage.first)
        return self.surface.tiling.pick(self._generator(TILE_STREAM, self.step))

    def _plan(
        self,
        context: CutoutContext,
        weights: Sequence[float],
        tile: Box | None,
        generator: torch.Generator,
    ) -> CutPlan:
        """The cutouts of this step: of the tile and around it, where they may be anywhere."""
        fixed = self.regions.masks or cutouts.squeezes(self.settings)
        if tile is None or self.surface.tiling is None or fixed:
            return self.regions.plan(weights, context, self.settings, generator)
        return self.surface.tiling.plan(tile, context, self.settings, generator)

    def _look(self, image: Tensor, tile: Box | None = None) -> tuple[dict[str, float], list[Tensor], list[Tensor]]:
        """Let the perceptors look; return the terms, and the picture's copies with their gradients."""
        found: list[tuple[Tensor, float]] = []
        outputs: list[Tensor] = []
        gradients: list[Tensor] = []
        generator = self._generator(STEP_STREAM, self.step)
        noise = generator if self.device.type == "cpu" else self._generator(STEP_STREAM, self.step, self.device)
        plans: dict[int, CutPlan] = {}
        first, whole = self.step_range or (0, self.settings.iterations)
        weights = self.story.weights(first + self.step, whole)
        for clip_target, prompt_loss, share, voice in self._lookers():
            prompt_loss.weigh(weights)
            side = clip_target.perceptor.cut_size
            if side not in plans:
                # Perceptors of one input size share the cutouts, so that they pull on the same places.
                size = image.shape[-1], image.shape[-2]
                context = CutoutContext(*size, side, self.step, self.settings.iterations)
                plans[side] = self._plan(context, weights, tile, generator)
            plan = plans[side]
            chain = pyramid(cutouts.source_of(image, side, self.settings), levels_for(plan))
            copies = [level.detach().requires_grad_() for level in chain]
            for part in plan.parts(self.chunk):
                features = clip_target.perceptor.encode_image(take(copies, part, side, noise))
                partial = len(part) / len(plan)
                seen = part.weights.to(self.device)
                loss = prompt_loss(features, seen) * share * partial
                loss.backward()
                score = prompt_loss.score(features.detach(), seen if seen.ndim == 2 else None)
                found.append((torch.stack([loss.detach(), score]), voice * partial))
            for level, copy in zip(chain, copies, strict=True):
                if copy.grad is not None:
                    outputs.append(level)
                    gradients.append(copy.grad)
        # Read once: a GPU would have to finish its work for every chunk.
        numbers = torch.stack([pair for pair, _ in found]).tolist()
        score = sum(similarity * voice for (_, similarity), (_, voice) in zip(numbers, found, strict=True))
        return {"prompt": sum(loss for loss, _ in numbers), "score": score}, outputs, gradients

    def _lookers(self) -> list[tuple[ClipTarget, clip_loss.PromptLoss, float, float]]:
        """Who looks in this step, each with its share in the loss and in the score: all, or one in turn for all.

        Turns are aphantasia's `--dualmod`, for any number: the pull of an ensemble at the price of one perceptor.
        Over a round each pulls as much as it would among all.
        """
        shares = [clip_target.weight / self.total_weight for clip_target, _ in self.clip_targets]
        if not self.settings.clip_alternate:
            return [(*looker, share, abs(share)) for looker, share in zip(self.clip_targets, shares, strict=True)]
        turn = self.step % len(self.clip_targets)
        return [(*self.clip_targets[turn], shares[turn] * len(self.clip_targets), 1.0)]

    def _terms(self, image: Tensor) -> Iterator[tuple[str, Tensor]]:
        picture = self.surface.picture
        target, z_target = (image, self.z) if self.target is None else (self.target.image, self.target.z)
        shown = image if picture is None else picture
        inputs = LossInputs(image, self.z, self.z_init, shown, target, z_target, self.palette, self.edge)
        for term in self.settings.image_losses:
            if self.stage.pixels and term.name in OF_LATENT:
                continue
            weight = term.weight_at(self.step, self.settings.iterations)
            if weight:
                yield term.label, weight * term.value(inputs)

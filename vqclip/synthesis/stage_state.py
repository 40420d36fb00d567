"""The variables of one stage: the latent or the pixels, and everything that depends on the size of the picture."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from vqclip.models.image_model import ImageModel
from vqclip.settings.schema import Settings
from vqclip.synthesis.init import InitPicture
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.latent_image import LatentImage
from vqclip.synthesis.optimisers import EMA, Optimiser, make_optimiser, optimiser_tensors, restore_optimiser
from vqclip.synthesis.overlays import Overlay, Target
from vqclip.synthesis.pixel_image import MultiScaleOptimiser, PixelImage
from vqclip.synthesis.progress import Progress
from vqclip.synthesis.stages import Stage
from vqclip.synthesis.state import State


class StageState:
    """The variables of a stage that a step changes.

    The loop makes a new one where a stage starts, and where the picture moves: the optimiser and the running mean
    may not remember other positions.

    Attributes:
        stage: The steps and the size.
        image: Decodes and encodes at that size.
        z: What is optimised: a latent, (1, D, h, w), or pixels, (1, 3, H, W). float32, a leaf.
        z_init: The z of the init picture; the first z without one, or with a candidate over it.
        z_start: The first z; where scenes blend, as it would be with the share of each scene.
        optimiser: Of z.
        ema: The running mean of z.
        progress: Whether the losses of the stage still fall.
        target: The target picture at that size.
        overlay: The overlay at that size.
    """

    def __init__(
        self,
        vqgan: ImageModel,
        settings: Settings,
        stage: Stage,
        final: Stage,
        init: InitPicture,
        inputs: InitInputs,
        z: Tensor,
    ) -> None:
        """
        Args:
            vqgan: Of the run.
            settings: Of the run.
            stage: This stage.
            final: The last stage of the run, to which the feather of a mask refers.
            init: The init picture of the run.
            inputs: The other pictures of the run.
            z: To start from. It is copied.
        """
        self.settings, self.stage = settings, stage
        self.image = make_image(vqgan, settings, stage, final, init, pixels=stage.pixels)
        self.target = None if inputs.target is None else Target(vqgan, inputs.target, stage.size)
        self.overlay = None
        if inputs.overlay is not None:
            self.overlay = Overlay(vqgan, inputs.overlay, stage.size, settings.overlay_alpha)
        picture = None if settings.draws_candidate else self.image.picture
        self.z_init = z.detach().clone() if picture is None else self.image.encode(picture)
        self.z = z.detach().clone()
        self.image.project(self.z, self.z_init)
        self.z_start = self.z.clone()
        self._start: Tensor | None = None
        self.z.requires_grad_()
        self.optimiser = _make_optimiser(settings, stage, self.z)
        self.ema = EMA(settings.ema)
        self.progress = Progress(settings)

    @torch.no_grad()
    def picture(self) -> Tensor:
        """The picture of the running mean, (1, 3, H, W) in [0, 1]."""
        return self.image.decode(self.ema.mean(self.z))

    @torch.no_grad()
    def start(self) -> Tensor:
        """The picture of z_start, (1, 3, H, W) in [0, 1]."""
        if self._start is None:
            self._start = self.image.decode(self.z_start)
        return self._start

    @torch.no_grad()
    def clamp(self) -> None:
        """Keep z in its range, and what a mask keeps at z_init."""
        self.z.clamp_(*self.image.bounds)
        self.image.project(self.z, self.z_init)

    @torch.no_grad()
    def blend(self, z: Tensor, share: float) -> None:
        """Replace a share of z, and of its running mean, by another z: 1 is all of it."""
        self.z.lerp_(z, share)
        self.z_start.lerp_(z, share)
        self._start = None
        if self.settings.draws_candidate:
            self.z_init.lerp_(z, share)
        if self.ema.total is not None:
            self.ema.total.lerp_(z * self.ema.weight, share)
        self.clamp()

    def draw_overlay(self) -> None:
        """Draw the overlay over the picture. It counts in the running mean as a step, so the next stage has it."""
        if self.overlay is None:
            return
        self.overlay.draw(self.z, self.image)
        if self.image.tiling is not None:
            self.image.tiling.forget()
        self.clamp()
        self.ema.update(self.z)

    def snapshot(self, step: int, score: float | None) -> State:
        """Copies of everything that the next step depends on. step: steps done of the run."""
        tensors = {"z": self.z, "z_init": self.z_init, "z_start": self.z_start}
        if self.ema.total is not None:
            tensors["ema"] = self.ema.total
        tensors |= {f"optimiser.{name}": tensor for name, tensor in optimiser_tensors(self.optimiser).items()}
        if self.image.tiling is not None:
            tensors |= {f"tiles.{name}": tensor for name, tensor in self.image.tiling.tensors().items()}
        copies = {name: tensor.detach().float().cpu().clone() for name, tensor in tensors.items()}
        return State(step, self.stage.index, copies, self.ema.weight, score, self.progress.numbers)

    def restore(self, state: State) -> None:
        """Continue from a snapshot of this stage, of which z is set already. Raises ValueError if it does not fit."""
        tensors = {name: tensor.to(self.z.device, copy=True) for name, tensor in state.tensors.items()}
        self.z_init, self.z_start = tensors["z_init"], tensors["z_start"]
        self.ema.total, self.ema.weight = tensors.get("ema"), state.ema_weight
        if self.image.tiling is not None:
            self.image.tiling.restore(_with_prefix(tensors, "tiles."))
        # The memory of an optimiser that has made a step shows which tensors a snapshot has to hold.
        other = self.z.detach().clone().requires_grad_()
        other.grad = torch.zeros_like(other)
        after_a_step = _make_optimiser(self.settings, self.stage, other)
        after_a_step.step()
        restore_optimiser(self.optimiser, _with_prefix(tensors, "optimiser."), after_a_step)
        self.progress = Progress(self.settings, state.progress)


def make_image(
    vqgan: ImageModel, settings: Settings, stage: Stage, final: Stage, init: InitPicture, *, pixels: bool
) -> LatentImage:
    """What decodes z to the picture of a stage. pixels: z is pixels, otherwise a latent."""
    feather = round(settings.mask_feather * stage.width / final.width)
    known = (vqgan, stage.size, init.pixels, init.mask, feather, settings.symmetry)
    if pixels:
        return PixelImage(*known)
    return LatentImage(*known, low_memory=settings.low_memory, tile_size=settings.tile_size_at(*stage.size))


def _make_optimiser(settings: Settings, stage: Stage, z: Tensor) -> Optimiser:
    """The optimiser of a latent, or of pixels at all scales."""
    make = partial(make_optimiser, settings.optimiser)
    if stage.pixels:
        return MultiScaleOptimiser(make, z, settings.pixel_learning_rate)
    return make(z, settings.learning_rate)


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}

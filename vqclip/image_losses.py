"""The image losses that `--loss` names: functions of the picture and its latent, in addition to CLIP's loss.

Each is a function marked with `@image_loss`; its name, with dashes, is what users write. A loss grows with what is
not wanted. torch is not imported here, so that a wrong name is refused at once; the functions use the methods of the
tensors that they are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqclip.errors import UsageError, did_you_mean
from vqclip.schedules import Schedule

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.decoder import Box


@dataclass(frozen=True)
class LossInputs:
    """The tensors that an image loss may use in a step.

    Attributes:
        image: The picture, (1, 3, H, W) in [0, 1].
        z: The latent, (1, D, h, w).
        z_init: The latent of the init picture, like `z`; without one, the latent that the stage, or the last move,
            started from.
        picture: The init picture at this size, like `image`; without one, `image` itself.
        target: The target picture, like `image`; without one, `image` itself.
        z_target: Its latent; without a target picture, `z` itself.
        palette: Colours in [0, 1], (K, 3).
        edge: The colour of the edge in [0, 1], (3,).
        start: Returns the picture that the stage, or the last move, started from, like `image`. The first call
            decodes it.
        tile: The part of `image`, in pixels, that the step decoded and that has a gradient; None for all of it.
    """

    image: Tensor
    z: Tensor
    z_init: Tensor
    picture: Tensor
    target: Tensor
    z_target: Tensor
    palette: Tensor
    edge: Tensor
    start: Callable[[], Tensor]
    tile: Box | None = None


LossFunction = Callable[[LossInputs], "Tensor"]
IMAGE_LOSSES: dict[str, LossFunction] = {}
"""Every image loss by name."""
RECORDED = ("prompt", "step", "stage", "loss", "score", "learning-rate")
"""Names of the other numbers of a step in metrics.jsonl."""
NEEDS = {
    "palette": "palette",
    "init-pixels": "init_image",
    "target": "target_image",
    "target-pixels": "target_image",
}
"""The option that a loss needs."""

OF_LATENT = ("latent-l2", "init", "target")
"""Losses of the latent, which pixel optimisation leaves out."""
OF_START = ("flatness", "hue")
"""Losses that compare the picture with its start, for which a run without a prior has no use by default."""
_EDGE_OF_START = 2.0
"""Difference per side of the picture from which a place counts as an edge of the start rather than as flat."""
_GREY = 0.15
"""Length of the chroma at which a colour of the start counts half as grey; that of pure red is 0.82."""
_WEIGHT_OF_GREY = 3.0
"""How many times as much a pixel that is grey in the start counts as a coloured one."""


def image_loss(function: LossFunction) -> LossFunction:
    """Register a loss under its function's name, with dashes.

    Raises:
        ValueError: The name is that of another loss, or of another number that a step records.
    """
    name = function.__name__.replace("_", "-")
    if name in IMAGE_LOSSES or name in RECORDED:
        raise ValueError(f"{name!r} is taken: choose another name for the loss")
    IMAGE_LOSSES[name] = function
    return function


MAX_WEIGHT = 100_000.0
CONSTANT = Schedule.parse("0:1")


@dataclass(frozen=True)
class ImageLoss:
    """An image loss with its weight.

    name: as in IMAGE_LOSSES. weight: of the loss. schedule: a factor on the weight at each step.
    """

    name: str
    weight: float
    schedule: Schedule = CONSTANT

    @staticmethod
    def parse(text: str) -> ImageLoss:
        """Read `NAME`, `NAME:WEIGHT` or `NAME:WEIGHT@SCHEDULE`, as in `tv:0.5@0:1, 50%:0`. Raises UsageError.

        A weight below 0 asks for the opposite.
        """
        head, at, schedule = text.partition("@")
        name, colon, weight = (part.strip() for part in head.partition(":"))
        name = name.lower().replace("_", "-")
        if name not in IMAGE_LOSSES:
            hint = did_you_mean(name, IMAGE_LOSSES, f"Valid: {', '.join(IMAGE_LOSSES)}.")
            raise UsageError(f"there is no loss {name!r}.", hint)
        try:
            number = float(weight) if colon else 1.0
        except ValueError:
            number = math.nan
        if not abs(number) <= MAX_WEIGHT:
            raise UsageError(f"the loss {name} has the weight {weight!r}.", f"Valid: a number up to {MAX_WEIGHT:g}.")
        return ImageLoss(name, number, Schedule.parse(schedule) if at else CONSTANT)

    @property
    def label(self) -> str:
        """The name of its column in the metrics."""
        return self.name.replace("-", "_")

    @property
    def is_zero(self) -> bool:
        """Whether the weight is 0 at every step."""
        return not self.weight or not any(key.value for key in self.schedule.keys)

    def weight_at(self, step: int, steps: int) -> float:
        """The weight at a step, 0 for the first, of a run of `steps`."""
        return self.weight * self.schedule.at(step, steps)

    def value(self, inputs: LossInputs) -> Tensor:
        """The value of the loss, a scalar, without its weight."""
        return IMAGE_LOSSES[self.name](inputs)


@image_loss
def tv(inputs: LossInputs) -> Tensor:
    """Total variation: the mean squared difference of neighbouring pixels."""
    image = inputs.image
    across = (image[..., 1:] - image[..., :-1]).square().mean()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    return across + down


@image_loss
def latent_l2(inputs: LossInputs) -> Tensor:
    """Mean square of the latent, which the VQGAN-CLIP paper decays to 0 (arXiv 2204.08583)."""
    return inputs.z.square().mean()


@image_loss
def init(inputs: LossInputs) -> Tensor:
    """Mean squared distance to the initial latent. Other tools pull towards 0 instead, which is grey."""
    return (inputs.z - inputs.z_init).square().mean()


@image_loss
def init_pixels(inputs: LossInputs) -> Tensor:
    """Mean squared distance of the pixels to those of the init picture."""
    return (inputs.image - inputs.picture).square().mean()


@image_loss
def target(inputs: LossInputs) -> Tensor:
    """Mean squared distance to the target picture's latent."""
    return (inputs.z - inputs.z_target).square().mean()


@image_loss
def target_pixels(inputs: LossInputs) -> Tensor:
    """Mean squared distance of the pixels to those of the target picture."""
    return (inputs.image - inputs.target).square().mean()


@image_loss
def smoothness(inputs: LossInputs) -> Tensor:
    """Mean length of the gradient of each channel (Rudin, Osher & Fatemi 1992): pixray's smoothness.

    Unlike `tv` it keeps edges and flattens the areas between them.
    """
    across, down = _differences(inputs.image)
    return _length(across.square() + down.square()).mean()


@image_loss
def flatness(inputs: LossInputs) -> Tensor:
    """Mean length of the gradient of the change since the start, in differences per side, where the start is flat.

    Areas stay flat: they may change their colour as a whole, but a stain costs, and so does an edge that moves. It is
    the total variation of the change (Rudin, Osher & Fatemi 1992), with the weight of Perona & Malik (1990), which
    falls at the edges of the start.
    """
    side = min(inputs.image.shape[2:])
    image, start = _decoded(inputs)
    across, down = _differences(image - start)
    across_start, down_start = _differences(start)
    steep = side**2 * (across_start.square() + down_start.square()).sum(1, keepdim=True)
    return (side * _length(across.square() + down.square()) / (1 + steep / _EDGE_OF_START**2)).mean()


@image_loss
def hue(inputs: LossInputs) -> Tensor:
    """Mean length of the change of chroma since the start, without the part along the chroma of the start.

    Chroma is here the vector from the grey of the same mean to the colour. A strong colour may become stronger or
    paler. Grey has no direction, so every change of chroma counts there, and three times as much, because a viewer
    sees a tint most on white, grey and black. Weak colours are in between. Brightness does not count.
    """
    image, start = (colour - colour.mean(1, keepdim=True) for colour in _decoded(inputs))
    strength = start.square().sum(1, keepdim=True)
    grey = 1 / (1 + (strength / _GREY**2).square())
    share = (image * start).sum(1, keepdim=True).clamp(min=0) / (strength + 1e-8)
    change = image - (grey + (1 - grey) * share) * start
    return ((1 + (_WEIGHT_OF_GREY - 1) * grey) * _length(change.square().sum(1, keepdim=True))).mean()


@image_loss
def palette(inputs: LossInputs) -> Tensor:
    """Mean distance of the pixels to the nearest colour of the palette, in RGB: pixray's palette."""
    pixels = inputs.image.permute(0, 2, 3, 1).reshape(-1, 3)
    fixed = pixels.detach()
    # Which colour is nearest needs no gradient, and no (pixels, colours, 3) in memory.
    distances = inputs.palette.square().sum(1) - 2 * fixed @ inputs.palette.T
    return _length((pixels - inputs.palette[distances.argmin(1)]).square().sum(1)).mean()


@image_loss
def saturation(inputs: LossInputs) -> Tensor:
    """One minus the mean chroma, the difference of the largest and the smallest channel.

    Chroma is used because the saturation of HSV is highest in dark pixels.
    """
    return 1 - (inputs.image.amax(1) - inputs.image.amin(1)).mean()


@image_loss
def colourfulness(inputs: LossInputs) -> Tensor:
    """Hasler & Suesstrunk's colourfulness (2003), negative, of channels in [0, 1]: pixray's saturation."""
    red, green, blue = inputs.image.unbind(1)
    across, down = red - green, (red + green) / 2 - blue
    spread = _length(across.var() + down.var())
    return -(spread + 0.3 * _length(across.mean().square() + down.mean().square()))


@image_loss
def contrast(inputs: LossInputs) -> Tensor:
    """One minus twice the standard deviation of brightness (Peli 1990)."""
    red, green, blue = inputs.image.unbind(1)
    return 1 - 2 * _length((0.2126 * red + 0.7152 * green + 0.0722 * blue).var())


@image_loss
def edge(inputs: LossInputs) -> Tensor:
    """Mean squared distance of the border to the edge colour: pixray's edge.

    The border is a twentieth of the shorter side wide.
    """
    off = (inputs.image - inputs.edge[:, None, None]).square()
    width = max(1, round(min(off.shape[2:]) / 20))
    sides = off[..., width:-width, :]
    parts = (off[..., :width, :], off[..., -width:, :], sides[..., :width], sides[..., -width:])
    total = parts[0].sum() + parts[1].sum() + parts[2].sum() + parts[3].sum()
    return total / sum(part.numel() for part in parts)


@image_loss
def symmetry(inputs: LossInputs) -> Tensor:
    """Mean squared distance of the picture to its horizontal mirror image: pixray's symmetry."""
    return (inputs.image - inputs.image.flip(3)).square().mean()


@image_loss
def symmetry_vertical(inputs: LossInputs) -> Tensor:
    """Mean squared distance of the picture to its vertical mirror image."""
    return (inputs.image - inputs.image.flip(2)).square().mean()


def _differences(image: Tensor) -> tuple[Tensor, Tensor]:
    """Of each pixel to the next one across and down: (B, C, H, W) to two of (B, C, H - 1, W - 1)."""
    corner = image[..., :-1, :-1]
    return image[..., :-1, 1:] - corner, image[..., 1:, :-1] - corner


def _decoded(inputs: LossInputs) -> tuple[Tensor, Tensor]:
    """The parts of the picture and of its start that the step decoded.

    The rest has no gradient, and would take several times the memory of a large picture.
    """
    tile, start = inputs.tile, inputs.start()
    return (inputs.image, start) if tile is None else (tile.of(inputs.image), tile.of(start))


def _length(squares: Tensor) -> Tensor:
    """The square root with a finite gradient at 0."""
    return (squares + 1e-8).sqrt()

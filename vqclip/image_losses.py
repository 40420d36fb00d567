"""The terms of the loss beside CLIP's, each a formula under its name: a new one is a function here, and no more.

A formula takes a `View` and gives a scalar that grows with what is not wanted. torch is not imported here, so
that a wrong name is refused at once; a formula uses the methods of the tensors that it is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqclip.errors import UsageError, did_you_mean
from vqclip.schedules import Keyframes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class View:
    """What a formula may look at in a step.

    image: (1, 3, H, W) in [0, 1]. z: (1, D, h, w) the latent, and z_init the one that the stage holds on to.
    picture: the init picture at this size, like image; without one, image itself. target: the target picture and
    z_target its latent; without one, image and z themselves. palette: (K, 3), and edge: (3,), colours in [0, 1].
    """

    image: Tensor
    z: Tensor
    z_init: Tensor
    picture: Tensor
    target: Tensor
    z_target: Tensor
    palette: Tensor
    edge: Tensor


Formula = Callable[[View], "Tensor"]
FORMULAS: dict[str, Formula] = {}
"""Every term by its name."""
NEEDS = {
    "palette": "palette",
    "init-pixels": "init_image",
    "target": "target_image",
    "target-pixels": "target_image",
}
"""The setting that a term has nothing to look at without."""

OF_LATENT = ("latent-l2", "init", "target")
"""The terms that compare latents: they have nothing to compare in pixel optimisation."""


def formula(function: Formula) -> Formula:
    """Register a formula under its function's name, with dashes."""
    FORMULAS[function.__name__.replace("_", "-")] = function
    return function


MAX_WEIGHT = 100_000.0
CONSTANT = Keyframes.parse("0:1")


@dataclass(frozen=True)
class Term:
    """A formula at work.

    name: as in FORMULAS. weight: of the formula's value, times the factor that `course` gives for the step.
    """

    name: str
    weight: float
    course: Keyframes = CONSTANT

    @staticmethod
    def parse(text: str) -> Term:
        """Read `NAME`, `NAME:WEIGHT` or `NAME:WEIGHT@SCHEDULE`, as in `tv:0.5@0:1, 50%:0`. Raises UsageError.

        A weight below 0 asks for the opposite.
        """
        head, at, course = text.partition("@")
        name, colon, weight = (part.strip() for part in head.partition(":"))
        name = name.lower().replace("_", "-")
        if name not in FORMULAS:
            hint = did_you_mean(name, FORMULAS, f"Valid: {', '.join(FORMULAS)}.")
            raise UsageError(f"there is no loss {name!r}.", hint)
        try:
            number = float(weight) if colon else 1.0
        except ValueError:
            number = math.nan
        if not abs(number) <= MAX_WEIGHT:
            raise UsageError(f"the loss {name} has the weight {weight!r}.", f"Valid: a number up to {MAX_WEIGHT:g}.")
        return Term(name, number, Keyframes.parse(course) if at else CONSTANT)

    @property
    def label(self) -> str:
        """What the metrics call it."""
        return self.name.replace("-", "_")

    def weight_at(self, step: int, steps: int) -> float:
        """The weight at a step, 0 for the first, of a run of `steps`."""
        return self.weight * self.course.at(step, steps)

    def value(self, view: View) -> Tensor:
        """The formula's value, a scalar, without the weight."""
        return FORMULAS[self.name](view)


@formula
def tv(view: View) -> Tensor:
    """Total variation: the mean squared difference of neighbouring pixels."""
    image = view.image
    across = (image[..., 1:] - image[..., :-1]).square().mean()
    down = (image[..., 1:, :] - image[..., :-1, :]).square().mean()
    return across + down


@formula
def latent_l2(view: View) -> Tensor:
    """Mean square of the latent, as in the VQGAN-CLIP paper (arXiv 2204.08583), which lets it fade."""
    return view.z.square().mean()


@formula
def init(view: View) -> Tensor:
    """Mean squared distance to the start's latent. The field's tools pull to zero here, which is grey."""
    return (view.z - view.z_init).square().mean()


@formula
def init_pixels(view: View) -> Tensor:
    """Mean squared distance of the pixels to those of the init picture."""
    return (view.image - view.picture).square().mean()


@formula
def target(view: View) -> Tensor:
    """Mean squared distance to the target picture's latent."""
    return (view.z - view.z_target).square().mean()


@formula
def target_pixels(view: View) -> Tensor:
    """Mean squared distance of the pixels to those of the target picture."""
    return (view.image - view.target).square().mean()


@formula
def smoothness(view: View) -> Tensor:
    """Mean length of the gradient of brightness in each channel (Rudin, Osher & Fatemi 1992), pixray's smoothness.

    Unlike `tv` it lets edges stand and flattens what is between them.
    """
    image = view.image
    across = image[..., :-1, 1:] - image[..., :-1, :-1]
    down = image[..., 1:, :-1] - image[..., :-1, :-1]
    return _length(across.square() + down.square()).mean()


@formula
def palette(view: View) -> Tensor:
    """Mean distance of the pixels to the nearest colour of the palette, in RGB: pixray's palette."""
    pixels = view.image.permute(0, 2, 3, 1).reshape(-1, 3)
    fixed = pixels.detach()
    # Which colour is nearest needs no gradient, and no (pixels, colours, 3) in memory.
    distances = view.palette.square().sum(1) - 2 * fixed @ view.palette.T
    return _length((pixels - view.palette[distances.argmin(1)]).square().sum(1)).mean()


@formula
def saturation(view: View) -> Tensor:
    """What is missing in chroma: one minus the mean of the largest minus the smallest channel.

    Chroma, not the saturation of HSV, which is highest in the dark.
    """
    return 1 - (view.image.amax(1) - view.image.amin(1)).mean()


@formula
def colourfulness(view: View) -> Tensor:
    """Hasler & Suesstrunk's colourfulness (2003), negative, of channels in [0, 1]: pixray's saturation."""
    red, green, blue = view.image.unbind(1)
    across, down = red - green, (red + green) / 2 - blue
    spread = _length(across.var() + down.var())
    return -(spread + 0.3 * _length(across.mean().square() + down.mean().square()))


@formula
def contrast(view: View) -> Tensor:
    """What is missing in contrast: one minus twice the standard deviation of brightness (Peli 1990)."""
    red, green, blue = view.image.unbind(1)
    return 1 - 2 * _length((0.2126 * red + 0.7152 * green + 0.0722 * blue).var())


@formula
def edge(view: View) -> Tensor:
    """Mean squared distance of a frame, a twentieth of the shorter side wide, to the edge colour: pixray's edge."""
    off = (view.image - view.edge[:, None, None]).square()
    width = max(1, round(min(off.shape[2:]) / 20))
    sides = off[..., width:-width, :]
    parts = (off[..., :width, :], off[..., -width:, :], sides[..., :width], sides[..., -width:])
    total = parts[0].sum() + parts[1].sum() + parts[2].sum() + parts[3].sum()
    return total / sum(part.numel() for part in parts)


@formula
def symmetry(view: View) -> Tensor:
    """Mean squared distance of the picture to itself in a mirror beside it: pixray's symmetry."""
    return (view.image - view.image.flip(3)).square().mean()


@formula
def symmetry_vertical(view: View) -> Tensor:
    """Mean squared distance of the picture to itself in a mirror below it."""
    return (view.image - view.image.flip(2)).square().mean()


def _length(squares: Tensor) -> Tensor:
    """The square root with a finite gradient at 0."""
    return (squares + 1e-8).sqrt()

"""The terms of the loss beside CLIP's, each a formula under its name: a new one is a function here, and no more.

A formula takes a `View` and gives a scalar that grows with what is not wanted. torch is not imported here, so
that a wrong name is refused at once; a formula uses the methods of the tensors that it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqclip.keyframes import Keyframes

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class View:
    """What a formula may look at in a step.

    image: (1, 3, H, W) in [0, 1]. z: (1, D, h, w) the latent, and z_init the one that the stage holds on to.
    picture: the init picture at this size, like image; without one, image itself. target: the target picture and
    z_target its latent; without one, image and z themselves.
    """

    image: Tensor
    z: Tensor
    z_init: Tensor
    picture: Tensor
    target: Tensor
    z_target: Tensor


Formula = Callable[[View], "Tensor"]
FORMULAS: dict[str, Formula] = {}
"""Every term by its name."""


def formula(function: Formula) -> Formula:
    """Register a formula under its function's name, with dashes."""
    FORMULAS[function.__name__.replace("_", "-")] = function
    return function


CONSTANT = Keyframes.parse("0:1")


@dataclass(frozen=True)
class Term:
    """A formula at work.

    name: as in FORMULAS. weight: of the formula's value, times the factor that `course` gives for the step.
    """

    name: str
    weight: float
    course: Keyframes = CONSTANT

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

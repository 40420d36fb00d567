"""Large pictures at the cost of small ones: a step decodes one window, and the rest is as it was last decoded.

The perceptors look at the whole picture all the same, but the gradient reaches the window alone, elsewhere in each
step. What a window shows is what a decoder shows there of the whole latent, up to the norms' numbers, which are those
of the last look at the whole picture, and, in pictures that are larger than a window and its context, attention.
"""

from __future__ import annotations

import dataclasses

import torch
from torch import Tensor

from vqclip.loop import cutouts
from vqclip.loop.canvas import Canvas, full_views
from vqclip.loop.resampling import CutPlan, join
from vqclip.networks.passes import Box, Norms
from vqclip.networks.vqgan import VQGAN
from vqclip.options.settings import Settings

_LOOKS_APART = 5
"""Steps from one look at the whole picture to the next, times the windows that cover it."""
_FULL_VIEW = 3.0
"""Weight of a full view beside that of a cutout of a window, as in `cut_methods.smart`."""


class Windows:
    """One stage's picture in windows.

    canvas: the picture as it was last decoded, (1, 3, H, W) float32, unclamped; None before the first look.
    """

    def __init__(self, vqgan: VQGAN, size: tuple[int, int], side: int, *, low_memory: bool = False) -> None:
        """size: width and height in pixels, whole tokens. side: of a window, in pixels."""
        self.vqgan, self.low_memory = vqgan, low_memory
        self.columns, self.rows = size[0] // vqgan.factor, size[1] // vqgan.factor
        self.width, self.height = (min(side // vqgan.factor, whole) for whole in (self.columns, self.rows))
        self.norms = Norms(vqgan.decoder)
        self.canvas: Tensor | None = None

    @property
    def share(self) -> float:
        """How much of the picture a window is."""
        return self.width * self.height / (self.columns * self.rows)

    def refresh(self, z: Tensor, step: int) -> None:
        """Look at the whole picture, if it is time to. step: steps done of this stage."""
        if self.canvas is None or step % max(1, round(_LOOKS_APART / self.share)) == 0:
            self.canvas = self.vqgan.decode_in_strips(z, self.norms)

    def forget(self) -> None:
        """Let the next step look at the whole picture, which is another."""
        self.canvas = None

    def picture(self, z: Tensor) -> Tensor:
        """The whole picture of a latent, without a gradient: (1, 3, H, W) float32, unclamped. Changes nothing."""
        return self.vqgan.decode_in_strips(z, Norms(self.vqgan.decoder))

    def pick(self, generator: torch.Generator) -> Box:
        """A window at random, in tokens. Places near the edges are drawn as often as others, or nearly."""
        top, left = (
            min(max(0, int(torch.randint(-(side // 2), whole - side // 2, (), generator=generator))), whole - side)
            for side, whole in ((self.height, self.rows), (self.width, self.columns))
        )
        return Box(top, left, top + self.height, left + self.width)

    def show(self, z: Tensor, window: Box) -> Tensor:
        """The picture with one window decoded anew: (1, 3, H, W) float32, unclamped; the gradient reaches that."""
        if self.canvas is None:
            raise ValueError("look at the whole picture first")
        shown = self.vqgan.decode_window(z, window, self.norms, low_memory=self.low_memory)
        place = window.scaled(self.vqgan.factor)
        place.of(self.canvas).copy_(shown.detach())
        image = self.canvas.clone()
        image[..., place.top : place.bottom, place.left : place.right] = shown
        return image

    def plan(self, window: Box, canvas: Canvas, settings: Settings, generator: torch.Generator) -> CutPlan:
        """Cutouts of a step: full views, a quarter and two at least, and the method's cutouts of the window.

        A full view weighs as much more as the picture is larger than the window: what a token gets from it is then
        what it would get if all were decoded, beside the cutouts that the window has to itself.
        """
        views = min(settings.cutouts, max(2, round(0.25 * settings.cutouts)))
        parts = [full_views(views, canvas, settings, generator)]
        weights = [torch.full((views,), _FULL_VIEW / self.share)]
        if views < settings.cutouts:
            part = window.scaled(self.vqgan.factor)
            inner = dataclasses.replace(canvas, width=part.right - part.left, height=part.bottom - part.top)
            near = cutouts.plan_for(settings.cutouts - views, inner, settings, generator)
            across, down = inner.width / canvas.width, inner.height / canvas.height
            left, top = 2 * part.left / canvas.width, 2 * part.top / canvas.height
            place = torch.tensor([[across, 0, left + across - 1], [0, down, top + down - 1], [0, 0, 1]])
            parts.append(dataclasses.replace(near, homographies=place @ near.homographies))
            weights.append(near.weights)
        plan, weight = join(parts), torch.cat(weights)
        return dataclasses.replace(plan, weights=weight / weight.mean())

    def tensors(self) -> dict[str, Tensor]:
        """What the next step depends on, by name."""
        if self.canvas is None:
            return {}
        known = {f"norms.{number}": values for number, values in self.norms.known.items()}
        return {"canvas": self.canvas, **known}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Put back what `tensors` gave. Raises ValueError for what it cannot have given."""
        canvas = tensors.get("canvas")
        known = {int(name.partition(".")[2]): value for name, value in tensors.items() if name.startswith("norms.")}
        size = (1, 3, self.rows * self.vqgan.factor, self.columns * self.vqgan.factor)
        if canvas is not None and canvas.shape != size:
            raise ValueError(f"the whole picture has the shape {tuple(canvas.shape)} instead of {size}")
        shapes = {number: (2, norm.num_groups) for number, norm in enumerate(self.norms.modules)}
        if known and {number: tuple(value.shape) for number, value in known.items()} != shapes:
            raise ValueError("the norms are not those of this VQGAN")
        self.canvas, self.norms.known = canvas, known

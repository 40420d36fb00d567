"""Change a whole picture from one text to another."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip.errors import UsageError
from vqclip.events import Event, Warned
from vqclip.jobs import patches
from vqclip.jobs.patches import Mask, Picture, Request
from vqclip.media import images
from vqclip.media.images import Pixels
from vqclip.runtime.garbage import uncollected
from vqclip.settings import prompts

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.perceptor import Perceptor
    from vqclip.models.prior import PriorSampler
    from vqclip.runs.inputs import Inputs
    from vqclip.runs.loading import Models
    from vqclip.settings.prompts import Prompt
    from vqclip.settings.schema import Settings

AMOUNT = 0.35
"""DALL-E 2 turns CLIP vectors by 0.25 to 0.5."""
_CELLS, _CHANGE = 32, 10
"""Squares are compared in 32x32 cells. A cell has changed if its mean difference is above 10 of 255 levels."""
_COPY, _MARGIN = 256, 0.03
"""A thing on white is found in a copy with this longer side. Its square has a margin of this share on each side."""
_BESIDE = 0.02
"""A code is ground if less than this share of its pixels show the thing."""
_WHITE = 225
"""The least level of a white ground."""
_NARROW = 0.5
"""What is narrower than this share of its length is not drawn in a square."""


@dataclass(frozen=True)
class Change:
    """From what to what a picture changes.

    Attributes:
        source, target: Texts for what the picture shows and what it shall show.
        amount: How far, 0 to 1. A lower one keeps candidates of the prior nearer the picture. Without a prior, the
            CLIP vector of the picture turns by this share of its angle to the difference of the two texts.
        strength: The init strength of a run that starts from the picture; at 1, candidates of a prior replace it.
    """

    source: str
    target: str
    amount: float
    strength: float


@dataclass(frozen=True)
class Frame:
    """A square around a part of a picture, which may reach beyond the picture.

    Attributes:
        box: The rows and the columns of the picture in the square.
        top, left: Of the square in the picture; below 0 beyond its edge.
        side: In pixels of the picture.
    """

    box: tuple[slice, slice]
    top: int
    left: int
    side: int

    @staticmethod
    def around(pixels: Pixels, *, whole: bool = False) -> Frame:
        """The square around what stands on a white ground, or around all of a picture, (H, W, 3)."""
        with uncollected():
            import torch
            import torch.nn.functional as F

        from vqclip.synthesis.composition import opacity

        height, width = pixels.shape[:2]
        top, left, bottom, right = 0, 0, height, width
        # The darkest pixel of each cell, so that no thin line is lost.
        darkest = -F.adaptive_max_pool2d(
            -torch.from_numpy(pixels.min(-1)).float()[None, None] / 255, (min(_COPY, height), min(_COPY, width))
        )
        cover = opacity(darkest)[0, 0].numpy()
        if cover.any() and not whole:
            x, y = width / cover.shape[1], height / cover.shape[0]
            first, above, last, below = patches.bounds_of(cover)
            margin = max(x, y, _MARGIN * max((last - first) * x, (below - above) * y))
            top, left = max(0, int(above * y - margin)), max(0, int(first * x - margin))
            bottom, right = min(height, int(below * y + margin) + 1), min(width, int(last * x + margin) + 1)
        side = max(bottom - top, right - left)
        top, left = (top + bottom - side) // 2, (left + right - side) // 2
        box = slice(max(top, 0), min(top + side, height)), slice(max(left, 0), min(left + side, width))
        return Frame(box, top, left, side)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the box."""
        return self.box[0].stop - self.box[0].start, self.box[1].stop - self.box[1].start

    @property
    def narrow(self) -> bool:
        """Whether too little of the square is in the picture."""
        return min(self.shape) < _NARROW * self.side

    def cut(self, pixels: Pixels, side: int) -> Pixels:
        """The square of a picture (H, W, 3), resized to (side, side, 3). Edges of the picture fill what is beyond."""
        inner = self._inside(side)
        height, width = (part.stop - part.start for part in inner)
        around = [(part.start, side - part.stop) for part in inner]
        return np.pad(images.resize(pixels[self.box], width, height), (*around, (0, 0)), mode="edge")

    def inner(self, square: Any) -> Any:
        """What a square, (S, S, ...), has of the box."""
        return square[self._inside(len(square))]

    def _inside(self, side: int) -> tuple[slice, slice]:
        scale = side / self.side
        starts = [
            round((part.start - first) * scale) for part, first in zip(self.box, (self.top, self.left), strict=True)
        ]
        stops = [
            max(start + 1, round(start + length * scale)) for start, length in zip(starts, self.shape, strict=True)
        ]
        return tuple(slice(start, min(stop, side)) for start, stop in zip(starts, stops, strict=True))  # type: ignore


def draw(picture: Picture, change: Change, request: Request, said: dict[str, Any]) -> Generator[Event, None, Picture]:
    """Draw a changed picture.

    Args:
        picture: To change.
        change: What.
        request: Of the command line, with a seed.
        said: Gets the size, the steps and the score of the run.

    Raises:
        VqclipError: As `launch.start` does.
    """
    if change.strength == 1 and _has_prior(request.plain):
        frame = Frame.around(picture.shown, whole=_recoloured(request.plain))
        if not frame.narrow:
            return (yield from _resampled(picture, frame, change, request, said))
    return (yield from _optimised(picture, change, request, said))


def _has_prior(settings: Settings) -> bool:
    """Whether candidates of a prior for texts are what a run starts from."""
    from vqclip.models import registry

    try:
        # A Net2Net transformer has no tokenizer.
        return settings.uses_prior and registry.find_prior(settings.vqgan).tokenizer is not None
    except UsageError:
        return False


def _recoloured(settings: Settings) -> bool:
    """Whether the settings change the colours of the ground too."""
    return bool(settings.palette or settings.pixel_grid or settings.sketch != "none")


def _resampled(
    picture: Picture, frame: Frame, change: Change, request: Request, said: dict[str, Any]
) -> Generator[Event, None, Picture]:
    """Draw from candidates of the prior that are near the picture; see `EditSampler`."""
    size = patches.working_size(1, 1, request.plain.width * request.plain.height)
    settings = request.settings(prompt=_plain(change.target), size=size).replace(layout="none")
    source = request.settings(prompt=_plain(change.source)).prompts[0]
    inputs, models = yield from _loaded(settings)
    yield from map(Warned, _unread(source, inputs, models))
    before = frame.cut(picture.shown, settings.width)
    sampler = _near(models, before, source, change.amount)
    drawn = yield from patches.finished(replace(models, sampler=sampler).synthesizer(inputs, settings).run(), said)
    said["drawn_at"] = [settings.width, settings.height]
    cover = np.ones(drawn.shape[:2], np.float32) if _recoloured(settings) else changed(before, drawn)
    if not cover.any():
        yield Warned("the picture did not change. Give a higher --amount, or texts that differ more.")
    drawn, cover = images.resize(frame.inner(drawn), *frame.shape[::-1]), _enlarged(cover, frame)
    if picture.opacity is not None:
        # What is transparent stays so where the new picture shows white ground.
        cover *= (picture.opacity[frame.box] > 0) | (drawn.min(-1) < _WHITE)
    return picture.pasted(drawn, cover, frame.box)


def _plain(text: str) -> str:
    """A prompt of nothing but a text."""
    return prompts.format([prompts.Prompt(text)])


def _loaded(settings: Settings) -> Generator[Event, None, tuple[Inputs, Models]]:
    from vqclip.runs.inputs import Inputs
    from vqclip.runs.loading import ModelCache, load
    from vqclip.runtime.devices import DeviceConfig

    inputs = Inputs.check(settings)
    models = load(inputs, DeviceConfig.find(settings), cache=ModelCache())
    yield from models.remarks()
    return inputs, models


def _unread(source: Prompt, inputs: Inputs, models: Models) -> list[str]:
    """What the CLIPs do not read of a text."""
    from vqclip.runs.loading import unread

    found = (
        unread(clip.name, target.perceptor, [target.perceptor.read(source)])
        for (clip, _), target in zip(inputs.clips, models.clip_targets, strict=True)
    )
    return [line for lines in found for line in lines]


def _near(models: Models, square: Pixels, source: Prompt, amount: float) -> PriorSampler:
    """A sampler of drawings that are near a square picture."""
    import torch.nn.functional as F

    from vqclip.models.prior import EditSampler, PriorSampler
    from vqclip.synthesis.composition import opacity
    from vqclip.synthesis.init import to_pixels

    assert isinstance(models.sampler, PriorSampler)
    vqgan = models.vqgan
    side = models.sampler.prior.shape.side * vqgan.factor
    pixels = to_pixels(images.resize(square, side, side), vqgan.codebook.device)
    ground = F.avg_pool2d(opacity(pixels), vqgan.factor) < _BESIDE
    codes = vqgan.indices(vqgan.encode(pixels))
    return EditSampler(models.sampler, codes, source, amount, (1 + ground.float()).flatten())


def changed(before: Pixels, after: Pixels) -> Mask:
    """Where a square picture that was drawn again has changed, with soft edges; nowhere where both show white ground.

    before, after: (S, S, 3).

    Returns:
        (S, S) in [0, 1].
    """
    import torch
    import torch.nn.functional as F

    apart = torch.from_numpy(np.abs(after.astype(np.float32) - before).max(-1))
    apart = torch.where(torch.from_numpy(_thing(before) | _thing(after)), apart, 0)[None, None]
    cells = F.adaptive_avg_pool2d(apart, (min(_CELLS, len(before)),) * 2)
    grown = F.max_pool2d((cells > _CHANGE).float(), 3, 1, 1)
    found: Mask = F.interpolate(grown, size=apart.shape[2:], mode="bilinear")[0, 0].numpy()
    return found


def _thing(pixels: Pixels) -> np.ndarray:
    """Where a picture, (H, W, 3), shows something else than white ground: (H, W) bool."""
    import torch

    from vqclip.synthesis.composition import opacity
    from vqclip.synthesis.init import to_pixels

    found: np.ndarray = opacity(to_pixels(pixels, torch.device("cpu")))[0, 0].numpy() > 0
    return found


def _enlarged(cover: Mask, frame: Frame) -> Mask:
    """What a mask of the square says of the box, in pixels of the picture."""
    import torch
    import torch.nn.functional as F

    inner = torch.from_numpy(np.ascontiguousarray(frame.inner(cover)))[None, None]
    found: Mask = F.interpolate(inner, size=frame.shape, mode="bilinear")[0, 0].numpy()
    return found


def _optimised(
    picture: Picture, change: Change, request: Request, said: dict[str, Any]
) -> Generator[Event, None, Picture]:
    """Optimise the picture towards its CLIP vector, turned to the difference of two texts (DALL-E 2, section 3.3)."""
    height, width = picture.shown.shape[:2]
    plain = request.plain
    size = patches.working_size(width, height, plain.width * plain.height)
    wide, high = map(int, size.split("x"))
    seen = images.resize(picture.shown, wide, high)
    with tempfile.TemporaryDirectory(prefix="vqclip-") as folder:
        path = Path(folder, "picture.png")
        images.save_png(path, seen, level=1)
        settings = request.settings(
            prompt=_plain(change.target), init_image=str(path), size=size, init="tokens",
            init_strength=change.strength,
        )  # fmt: skip
        inputs, models = yield from _loaded(settings)
        clips = []
        for clip in models.clip_targets:
            source, target = (
                clip.perceptor.legible(text, settings.language) for text in (change.source, change.target)
            )
            clips.append(replace(clip, targets=turned(clip.perceptor, seen, source, target, change.amount)))
        loop = replace(models, clip_targets=clips).synthesizer(inputs, settings)
        drawn = yield from patches.finished(loop.run(), said)
    said["drawn_at"] = [wide, high]
    everywhere = np.ones((height, width), dtype=np.float32)
    return picture.pasted(images.resize(drawn, width, height), everywhere, (slice(None), slice(None)))


def turned(perceptor: Perceptor, seen: Pixels, source: str, target: str, amount: float) -> Tensor:
    """The CLIP vector of a picture, turned towards the difference of two texts: (1, E) unit float32."""
    import torch.nn.functional as F

    from vqclip.jobs.interpolate import between
    from vqclip.synthesis.retrieval import encode_pictures

    before, after = perceptor.encode_text([source, target])
    image = encode_pictures(perceptor, [seen]).to(before.device)
    way = F.normalize(after - before, dim=0)[None]
    return F.normalize(between(image[..., None, None], way[..., None, None], amount, "sphere")[..., 0, 0], dim=1)

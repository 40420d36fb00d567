"""What each scene starts from: a candidate of the prior, or a picture composed of several.

A prior draws one thing. So every region has a candidate of its own in its place, and a seamless picture has several,
in rows that are shifted as bricks are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.events import PriorSampleChosen
from vqclip.media.images import to_uint8
from vqclip.models.image_model import ImageModel
from vqclip.models.net2net import Net2Net
from vqclip.models.perceptor import ClipTarget
from vqclip.models.prior import PriorSampler
from vqclip.settings.layout import SceneLayout, layout_of
from vqclip.settings.schema import Settings
from vqclip.synthesis import candidates, init
from vqclip.synthesis.candidates import Candidates
from vqclip.synthesis.composition import compose, framed, grown, opacity, paint
from vqclip.synthesis.init import InitPicture
from vqclip.synthesis.randomness import SCENE_STREAM, START_STREAM, make_generator
from vqclip.synthesis.regions import Regions
from vqclip.synthesis.scoring import Scorer

_LIKENESS, _OVER = 0.3, 0.42
"""What the correlation of a candidate's form with that of the picture before counts, beside its ranking: of a
candidate in place of the picture, and of one over it."""

_FRAMED = 0.2
"""What a border without white ground counts, beside its ranking, of a candidate that is composed with others."""
_COARSE = 6
"""Cells along the shorter side of a picture, below which lie its details."""
_DETAILED = 0.7
"""The opacity of a drawing up to which the details of the picture below it stay."""


class SceneStarts:
    """Samples the candidates of each scene when it is asked for, and keeps them for every size."""

    def __init__(
        self,
        vqgan: ImageModel,
        sampler: PriorSampler | Net2Net,
        clip_targets: Sequence[ClipTarget],
        settings: Settings,
        regions: Regions,
        like: Tensor | None = None,
        picture: Tensor | None = None,
    ) -> None:
        """
        Args:
            vqgan, sampler, clip_targets, settings: Of the run.
            regions: Of its prompts.
            like: The latent of a finished run. Of the candidates of the first scene, one of a like form is chosen.
            picture: Over which candidates are drawn, (1, 3, any, any) in [0, 1].
        """
        self.vqgan, self.sampler, self.clip_targets = vqgan, sampler, clip_targets
        self.settings, self.regions, self.like, self.picture = settings, regions, like, picture
        self._drawn: dict[int, dict[str, Candidates]] = {}

    @torch.no_grad()
    def drawn(self, scene: int) -> dict[str, Candidates]:
        """The candidates of a scene, by region; "" is the whole picture."""
        if scene not in self._drawn:
            seed = self.settings.seed or 0
            generator = make_generator(seed, SCENE_STREAM, scene) if scene else make_generator(seed, START_STREAM)
            draw_from = (self.vqgan, self.sampler, self.clip_targets, self.settings, generator)
            draw = partial(candidates.draw, *draw_from)
            weighed = weights_by_region(self.settings, scene)
            if layout := composed(self.settings, scene):
                drawn = self._of_things(layout, draw, weighed)
            else:
                drawn = {name: draw(weights) for name, weights in weighed.items()}
            if self.like is not None and not scene:
                before = self.vqgan.decode(self.vqgan.quantize(self.like.to(self.vqgan.codebook.device))).clamp(0, 1)
                drawn = {name: likest(found, before[self._box(name, before)]) for name, found in drawn.items()}
            if self.picture is not None and self.settings.draws_candidate:
                small = _small(self.picture, drawn)
                drawn = {
                    name: self._fitting(found, small[self._box(name, small)], weighed[name])
                    for name, found in drawn.items()
                }
            self._drawn[scene] = drawn
        return self._drawn[scene]

    def chosen(self, scene: int) -> Iterator[PriorSampleChosen]:
        """An event for the best candidate of each region, or of each thing that is laid out."""
        weighed, scorer = weights_by_region(self.settings, scene), Scorer(self.clip_targets, self.settings.prompts)
        for name in regions_to_draw(self.settings, scene):
            found = self.drawn(scene)[name]
            score = scorer(to_uint8(found.images[0].cpu().numpy()), weighed[name])
            number, loss = int(found.numbers[0]) + 1, float(found.losses[0])
            yield PriorSampleChosen(number, self.settings.candidates, loss, score)

    @torch.no_grad()
    def latent(self, scene: int, size: tuple[int, int]) -> Tensor:
        """The latent that a scene starts from, (1, D, h, w) float32. size: width and height."""
        found, edges = self.drawn(scene), self.settings.keeps_edges
        if layout := composed(self.settings, scene):
            picture, _ = self._composed(layout, scene, size)
        elif self.picture is not None or list(found) != [""]:
            picture = self._in_regions(found, size)
        elif any(self.settings.wraps):
            picture = tile(found[""].images, size, self.settings.wraps, edges=edges)
        else:
            return candidates.first_latent(self.vqgan, found[""], size, edges=edges)
        return self.vqgan.encode(picture).float()

    def _composed(self, layout: SceneLayout, scene: int, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """The picture of a layout and where it shows a drawing."""
        drawings = [self.drawn(scene)[thing.region].images[:1] for thing in layout.things]
        return compose(layout, drawings, size, edges=self.settings.keeps_edges)

    def ground(self, size: tuple[int, int]) -> InitPicture | None:
        """The ground of a composed picture, which stays as it is around the things; None for another run."""
        layout = composed(self.settings, 0)
        if layout is None or len(self.settings.story.scenes) > 1:
            return None
        _, cover = self._composed(layout, 0, size)
        feather = self.settings.mask_feather
        width = feather if layout.ground is None else feather // 2
        return InitPicture(paint(layout.ground, size).to(cover.device), mask=grown(cover, width))

    def _of_things(
        self,
        layout: SceneLayout,
        draw: Callable[[Sequence[float]], Candidates],
        weighed: Mapping[str, Sequence[float]],
    ) -> dict[str, Candidates]:
        """The candidates of each thing that is laid out.

        Things of the same text take the best two of theirs in turn, and then the mirror images of these.
        """
        by_text: dict[str, list[Candidates]] = {}
        found: dict[str, Candidates] = {}
        for thing in layout.things:
            if thing.text not in by_text:
                drawn = draw(weighed[thing.region])
                order = (drawn.ranking + _FRAMED * framed(drawn.images)).argsort(stable=True)
                by_text[thing.text] = [drawn.take(order), drawn.take(order.roll(-1))]
            one, *other = by_text[thing.text]
            found[thing.region] = one
            by_text[thing.text] = [*other, replace(one, images=one.images.flip(3))]
        return found

    def _in_regions(self, found: dict[str, Candidates], size: tuple[int, int]) -> Tensor:
        """The best candidate of each region in its place: over the init picture, that of the whole, or white."""
        edges = self.settings.keeps_edges
        picture = torch.ones(1, 3, *size[::-1], device=self.vqgan.codebook.device)
        if self.picture is not None:
            picture = init.fit(self.picture, *size).clone()
        for name, drawn in found.items():
            box = self._box(name, picture)
            place = picture[box]
            blended = self.settings.draws_candidate
            fit = (place.shape[3], place.shape[2])
            drawing = candidates.fill(drawn.images[:1], fit, edges=edges, extend=not blended)
            cover = self.regions.cover(name, size)[box].to(place.device)
            if blended:
                place.lerp_(over(place, drawing, self.settings.init_candidate), cover)
                continue
            if self.picture is not None or (name and "" in found):
                cover = cover * opacity(drawing)
            place.lerp_(drawing, cover)
        return picture

    def _fitting(self, found: Candidates, picture: Tensor, weights: Sequence[float]) -> Candidates:
        """The candidates with those first that suit a picture, (1, 3, H, W), over which they are blended.

        The prompt fits them, alone and over the picture, and their form is like that of the picture.
        """
        size, edges = (picture.shape[3], picture.shape[2]), self.settings.keeps_edges
        drawings = [candidates.fill(image[None], size, edges=edges, extend=False) for image in found.images]
        blended = torch.cat([over(picture, drawing, self.settings.init_candidate) for drawing in drawings])
        ranking = found.ranking + candidates.rank(blended, self.clip_targets, self.settings, weights)
        return found.take((ranking - _OVER * likeness(blended, picture)).argsort(stable=True))

    def _box(self, name: str, picture: Tensor) -> tuple[Any, ...]:
        """The index of the rectangle around a region in a picture (1, 3, H, W)."""
        left, top, right, bottom = self.regions.bounds(name)
        height, width = picture.shape[2:]
        rows, columns = (
            slice(round(first * side), max(round(first * side) + 1, round(last * side)))
            for first, last, side in ((top, bottom, height), (left, right, width))
        )
        return ..., rows, columns


def regions_to_draw(settings: Settings, scene: int) -> list[str]:
    """The regions for each of which candidates are sampled: of things of the same text, only the first."""
    layout = composed(settings, scene)
    if layout is None:
        return list(weights_by_region(settings, scene))
    return list({thing.text: thing.region for thing in reversed(layout.things)}.values())[::-1]


def composed(settings: Settings, scene: int) -> SceneLayout | None:
    """The layout of a scene whose things are composed; None for one that a single candidate draws."""
    layout = layout_of(settings, scene)
    return layout if layout is not None and layout.is_composed else None


def likest(found: Candidates, before: Tensor) -> Candidates:
    """The candidates with those first that the prompt fits and whose form is like that of a picture, (1, 3, H, W)."""
    return found.take((found.ranking - _LIKENESS * likeness(found.images, before)).argsort(stable=True))


def likeness(images: Tensor, before: Tensor) -> Tensor:
    """The correlation of brightness at 16x16 points: (N, 3, any, any) and (1, 3, any, any) to (N,) in [-1, 1]."""
    forms = (F.interpolate(one.mean(1, keepdim=True), size=(16, 16), mode="area") for one in (images, before))
    flat, other = (F.normalize(form.flatten(1) - form.flatten(1).mean(1, keepdim=True), dim=1) for form in forms)
    return (flat @ other.T)[:, 0]


def over(picture: Tensor, drawing: Tensor, share: float) -> Tensor:
    """Blend a drawing over a picture and keep the picture's details, as in hybrid images (Oliva and others, 2006).

    The ground of the drawing does not count. Details are what is finer than about a sixth of the picture's shorter
    side. They stay up to a share of 0.7 and fade from there, so that at 1 nothing is left below the drawing.

    Args:
        picture, drawing: (1, 3, H, W) in [0, 1].
        share: The opacity of the drawing, in [0, 1].

    Returns:
        (1, 3, H, W) in [0, 1].
    """
    height, width = picture.shape[2:]
    cell = min(height, width) / _COARSE
    coarse = init.fit(init.fit(picture, math.ceil(width / cell), math.ceil(height / cell)), width, height)
    details = (picture - coarse).mean(1, keepdim=True) * min(1.0, (1 - share) / (1 - _DETAILED))
    cover = share * opacity(drawing)
    return (torch.lerp(picture, drawing, cover) + cover * details).clamp(0, 1)


def _small(picture: Tensor, drawn: Mapping[str, Candidates]) -> Tensor:
    """A picture, (1, 3, H, W), with a shorter side as long as that of candidates."""
    side = next(iter(drawn.values())).images.shape[3]
    height, width = (max(side, round(length * side / min(picture.shape[2:]))) for length in picture.shape[2:])
    return init.fit(picture, width, height)


def weights_by_region(settings: Settings, scene: int) -> dict[str, list[float]]:
    """For each region with a text that attracts in a scene, the weights of all prompts when only that region counts.

    Without a text for the whole picture, prompts without a region count in every region, as does what is avoided.
    """
    story = settings.story
    shown = list(zip(story.prompts, story.weights_alone(scene), strict=True))
    names = {prompt.region for prompt, weight in shown if weight > 0 and prompt.kind == "text"} or {""}

    def counts(region: str, weight: float, name: str) -> bool:
        return region == name or (not region and (weight < 0 or "" not in names))

    return {
        name: [weight * counts(prompt.region, weight, name) for prompt, weight in shown] for name in sorted(names)
    }


def tile(drawings: Tensor, size: tuple[int, int], wraps: tuple[bool, bool], *, edges: bool) -> Tensor:
    """Repeat drawings so that opposite edges match: every second row is shifted by half a drawing.

    Args:
        drawings: (N, 3, side, side) in [0, 1], the best first; four are used in turn.
        size: Width and height of the result.
        wraps: Whether left and right match, and whether top and bottom match.
        edges: See `stage_upsampling.upsample`.

    Returns:
        (1, 3, height, width).
    """
    if not wraps[0]:
        # Columns are shifted instead of rows.
        return tile(drawings.transpose(2, 3), size[::-1], (True, False), edges=edges).transpose(2, 3)
    width, height = size
    columns, rows = (2 * max(1, round(side / min(size))) for side in size)
    drawings = drawings[:4]
    lines = []
    for row in range(rows):
        top, bottom = row * height // rows, (row + 1) * height // rows
        places = [(column * width // columns, (column + 1) * width // columns) for column in range(columns)]
        line = [
            candidates.fill(
                drawings[(row * columns + column) % len(drawings)][None], (right - left, bottom - top), edges=edges
            )
            for column, (left, right) in enumerate(places)
        ]
        lines.append(torch.cat(line, 3).roll(row % 2 * (width // columns // 2), 3))
    return torch.cat(lines, 2)

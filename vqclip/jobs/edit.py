"""Change a part of a picture to a prompt, or all of it along the difference of two texts."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.events import Event, Warned
from vqclip.jobs import patches
from vqclip.jobs.patches import Mask, Picture, Request
from vqclip.media import images
from vqclip.media.images import Pixels
from vqclip.picture_files import upright_size
from vqclip.settings import prompts

_CELLS, _CHANGE = 32, 10
"""A picture is compared in so many cells along each side. A change is a mean difference of more levels of 255."""
_SHRUNK, _MARGIN = 256, 0.03
"""A thing on white is sought in a picture of this longer side; the square around it is wider by that share."""
_BESIDE = 0.02
"""A code belongs to the ground where less than this share of its pixels does not; it is kept twice as strongly."""
_AMOUNT = 0.35
"""DALL-E 2 turns by 0.25 to 0.5."""

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.image_model import ImageModel
    from vqclip.models.perceptor import Perceptor
    from vqclip.models.prior import PriorSampler
    from vqclip.settings.schema import Settings


@dataclass(frozen=True)
class Edit:
    """What to change, and where.

    Attributes:
        prompt: What to draw; empty with `source` and `target`.
        mask: The file of a mask of the picture's size, white where it changes.
        at: Names of parts of the picture, which change instead of a mask.
        strength: From 0, which keeps what is there, to 1, which draws something new.
        source, target: Texts for what the picture shows and what it shall show, without a mask.
        amount: How far the picture's CLIP vector turns towards their difference, 0 to 1.
    """

    prompt: str = ""
    mask: Path | None = None
    at: tuple[str, ...] = ()
    strength: float = 1.0
    source: str | None = None
    target: str | None = None
    amount: float | None = None

    def check(self) -> None:
        """Raise UsageError for what does not fit together."""
        for name, value in (("strength", self.strength), ("amount", self.amount)):
            if value is not None and not 0 <= value <= 1:
                raise UsageError(f"{name} is {value:g}.", "Valid: 0 to 1.")
        for name, text, other in (("from", self.source, "to"), ("to", self.target, "from")):
            if text is not None and not text.strip():
                raise UsageError(f"--{name} is empty.", "Write what the picture shows and what it shall show.")
            if text is None and getattr(self, {"from": "target", "to": "source"}[name]) is not None:
                raise UsageError(f"--{other} has no effect without --{name}.", f'Add it, as in: --{name} "a cat"')
        if self.source is None and self.amount is not None:
            raise UsageError("--amount has no effect without --from and --to.", "Add them or leave it out.")
        if self.source is not None and (self.prompt or self.mask or self.at):
            raise UsageError(
                "--from and --to change the whole picture, without a prompt, a mask or --at.",
                "Leave one of the two out.",
            )
        if self.source is None and not self.prompt.strip():
            raise UsageError("nothing says what to draw.", "Give a prompt, or --from and --to.")
        if self.source is None and not (self.mask or self.at):
            raise UsageError(
                "nothing says where the picture changes.",
                "Give --mask FILE or --at @left, or --from and --to for the whole picture.",
            )
        if self.mask and self.at:
            raise UsageError("--at has no effect beside a mask.", "Leave one of the two out.")
        _ = [_region(name) for name in self.at]
        patches.refuse_regions(self.prompt, "Say with --at or --mask where it changes.")

    def free(self, size: tuple[int, int], warnings: list[str]) -> Mask:
        """The mask of a picture of that width and height. Raises InputError."""
        width, height = size
        if self.mask is None:
            return _mask_of(self.at, width, height)
        wide, high = upright_size(self.mask)
        if (wide, high) != (width, height):
            raise InputError(
                f"the mask {files.printable(self.mask)} has {wide}x{high} pixels, the picture {width}x{height}.",
                "Paint a mask of the picture's size: white changes, black stays.",
            )
        return images.open_mask(self.mask, width, height, warn=warnings.append)


def edit(picture: Path, wanted: Edit, output: Path, request: Request) -> Generator[Event, None, dict[str, Any]]:
    """Draw a change of a picture, and write the result as PNG, of the picture's size.

    Args:
        picture: The picture file.
        wanted: The change.
        output: The PNG to write.
        request: The settings of the command line.

    Returns:
        image, width, height, seed and what the change was.

    Raises:
        VqclipError: An argument is invalid, or a file cannot be read or written.
    """
    wanted.check()
    found = Picture.load(picture)
    warnings: list[str] = []
    height, width = found.pixels.shape[:2]
    mask = None if wanted.source is not None else wanted.free((width, height), warnings)
    patches.check_output(output, picture, wanted.mask)
    request = request.seeded()
    yield from map(Warned, (*found.warnings, *warnings))
    said: dict[str, Any] = {"command": "edit", "strength": wanted.strength, "seed": request.plain.seed}
    if mask is None:
        said |= {"from": wanted.source, "to": wanted.target, "amount": wanted.amount}
        way = _resampled if wanted.strength == 1 and request.plain.uses_prior else _turned
        result = yield from way(found, wanted, request, said)
    else:
        said |= {"prompt": wanted.prompt, **({"mask": wanted.mask.name} if wanted.mask else {"at": list(wanted.at)})}
        from vqclip.jobs.background import without

        own: dict[str, Any] = {"prompt": wanted.prompt, "ground": without}
        if wanted.strength < 1:
            own |= {"ground": None, "init": "tokens", "init_strength": wanted.strength}
        result = yield from patches.draw(found, mask, request, said, **own)
    result.save(output, said, request.plain.metadata)
    return {"image": str(output), "width": width, "height": height, **said}


def _resampled(
    picture: Picture, wanted: Edit, request: Request, said: dict[str, Any]
) -> Generator[Event, None, Picture]:
    """Draw a whole picture again, from candidates of the prior that are near to it; see `EditSampler`."""
    from vqclip.models.prior import PriorSampler
    from vqclip.runs.inputs import Inputs
    from vqclip.runs.loading import ModelCache, load
    from vqclip.runtime.devices import DeviceConfig

    assert wanted.target is not None
    plain = request.plain
    size = patches.working_size(1, 1, plain.width * plain.height)
    settings = request.settings(prompt=prompts.format([prompts.Prompt(wanted.target)]), size=size, layout="none")
    inputs = Inputs.check(settings)
    models = load(inputs, DeviceConfig.find(settings), cache=ModelCache())
    yield from models.remarks()
    if not isinstance(models.sampler, PriorSampler):
        return (yield from _turned(picture, wanted, request, said))
    square, box, inside = framed(picture.shown)
    sampler = _near(models.vqgan, models.sampler, square, wanted, settings)
    drawn = yield from patches.finished(replace(models, sampler=sampler).synthesizer(inputs, settings).run(), said)
    said["drawn_at"] = list(map(int, size.split("x")))
    drawn = images.resize(drawn, *square.shape[:2])[inside]
    return picture.pasted(drawn, changed(picture.shown[box], drawn), box)


def _near(vqgan: ImageModel, sampler: PriorSampler, square: Pixels, wanted: Edit, settings: Settings) -> PriorSampler:
    """A sampler of drawings that are near to a square picture."""
    import torch.nn.functional as F

    from vqclip.models.prior import EditSampler
    from vqclip.synthesis.composition import opacity
    from vqclip.synthesis.init import to_pixels

    assert wanted.source is not None
    side = sampler.prior.shape.side * vqgan.factor
    pixels = to_pixels(images.resize(square, side, side), vqgan.codebook.device)
    ground = F.avg_pool2d(opacity(pixels), vqgan.factor) < _BESIDE
    return EditSampler(
        sampler,
        vqgan.indices(vqgan.encode(pixels)),
        prompts.Prompt(wanted.source, language=settings.language),
        _AMOUNT if wanted.amount is None else wanted.amount,
        (1 + ground.float()).flatten(),
    )


Box = tuple[slice, slice]
"""Rows and columns of a picture."""


def framed(pixels: Pixels) -> tuple[Pixels, Box, Box]:
    """Cut a square around what stands on a white ground, or around the whole picture.

    Args:
        pixels: (H, W, 3).

    Returns:
        The square, (S, S, 3), which the edges of the picture fill where it is outside of it; the part of the picture
        that is in the square; where it is in there.
    """
    import torch

    from vqclip.synthesis.composition import opacity
    from vqclip.synthesis.init import to_pixels

    height, width = pixels.shape[:2]
    cover = opacity(to_pixels(images.shrink(pixels, _SHRUNK), torch.device("cpu")))[0, 0].numpy()
    left, top, right, bottom = patches.bounds_of(cover if cover.any() else cover + 1)
    scale, margin = max(height, width) / max(cover.shape), _MARGIN * max(right - left, bottom - top)
    edges = (left - margin, top - margin, right + margin, bottom + margin)
    left, top, right, bottom = (
        min(max(round(edge * scale), 0), most) for edge, most in zip(edges, (width, height) * 2, strict=True)
    )
    side = max(right - left, bottom - top)
    x, y = (left + right - side) // 2, (top + bottom - side) // 2
    rows, columns = np.arange(y, y + side), np.arange(x, x + side)
    square = pixels[rows.clip(0, height - 1)][:, columns.clip(0, width - 1)]
    box = slice(max(y, 0), min(y + side, height)), slice(max(x, 0), min(x + side, width))
    inside = slice(box[0].start - y, box[0].stop - y), slice(box[1].start - x, box[1].stop - x)
    return square, box, inside


def changed(before: Pixels, after: Pixels) -> Mask:
    """Where a picture that was drawn again shows something else, with soft edges; elsewhere it is only less sharp.

    before, after: (H, W, 3).
    """
    import torch
    import torch.nn.functional as F

    apart = torch.from_numpy(np.abs(after.astype(np.float32) - before).max(-1))[None, None]
    height, width = apart.shape[2:]
    cells = F.adaptive_avg_pool2d(apart, (min(_CELLS, height), min(_CELLS, width)))
    grown = F.max_pool2d((cells > _CHANGE).float(), 3, 1, 1)
    found: Mask = F.interpolate(grown, size=(height, width), mode="bilinear")[0, 0].numpy()
    return found


def _turned(
    picture: Picture, wanted: Edit, request: Request, said: dict[str, Any]
) -> Generator[Event, None, Picture]:
    """Optimise a whole picture towards its CLIP vector, turned to the difference of two texts (DALL-E 2, 3.3).

    For models without a prior, and to keep more of the picture than candidates do.
    """
    from vqclip.runs.inputs import Inputs
    from vqclip.runs.loading import ModelCache, load
    from vqclip.runtime.devices import DeviceConfig

    assert wanted.source is not None
    assert wanted.target is not None
    height, width = picture.shown.shape[:2]
    plain = request.plain
    size = patches.working_size(width, height, plain.width * plain.height)
    wide, high = map(int, size.split("x"))
    seen = images.resize(picture.shown, wide, high)
    with tempfile.TemporaryDirectory(prefix="vqclip-") as folder:
        path = Path(folder, "picture.png")
        images.save_png(path, seen, level=1)
        settings = request.settings(
            prompt=prompts.format([prompts.Prompt(wanted.target)]), init_image=str(path), size=size,
            init="tokens", init_strength=wanted.strength,
        )  # fmt: skip
        inputs = Inputs.check(settings)
        models = load(inputs, DeviceConfig.find(settings), cache=ModelCache())
        yield from models.remarks()
        texts = wanted.source, wanted.target
        amount = _AMOUNT if wanted.amount is None else wanted.amount
        clips = []
        for clip in models.clip_targets:
            source, target = (clip.perceptor.legible(text, settings.language) for text in texts)
            clips.append(replace(clip, targets=turned(clip.perceptor, seen, source, target, amount)))
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


def _region(name: str) -> tuple[float, float, float, float]:
    """The edges of a part of a picture, by its name with or without @. Raises UsageError."""
    word, found = name.strip().removeprefix("@"), ""
    with contextlib.suppress(UsageError):
        found = prompts.parse(f"x @{word}")[0].region
    if found not in prompts.REGIONS:
        raise UsageError(f"at {name!r} is no part of a picture.", f"Valid: @{', @'.join(prompts.REGIONS)}.")
    return prompts.REGIONS[found]


def _mask_of(names: Sequence[str], width: int, height: int) -> Mask:
    mask = np.zeros((height, width), dtype=np.float32)
    for left, top, right, bottom in map(_region, names):
        mask[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = 1
    return mask

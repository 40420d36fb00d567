"""Draw a part of a picture with its surroundings in view, and paste it into the picture, which keeps the rest."""

from __future__ import annotations

import math
import secrets
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.events import Event, Finished
from vqclip.media import images, metadata
from vqclip.media.images import Pixels
from vqclip.runs.directory import refuse_output
from vqclip.settings import prompts
from vqclip.settings.option import MIN_SIDE
from vqclip.settings.schema import Settings
from vqclip.settings.sources import resolve

Mask = npt.NDArray[np.float32]
"""(H, W) in [0, 1]: 1 where the picture changes, 0 where it stays."""
NEW = 0.5
"""The init strength of a run that starts from a candidate: more steps or higher rates wear its form away."""
_FEATHER = 8
"""Width of the soft edge, in pixels of the drawing."""
_STAIN = 30
"""Levels by which a colour may differ from the ground and be a stain; twice that is a drawing."""
_SMALLEST = 64
"""Least area that is drawn, as the side of a square: the models know no smaller pictures."""


@dataclass(frozen=True)
class Request:
    """What a command line says about the drawing.

    Attributes:
        given: Settings by name; None is not given.
        preset, config_files: As `sources.resolve` takes them.
    """

    given: Mapping[str, Any]
    preset: str | None = None
    config_files: Sequence[Path] = ()

    def settings(self, **own: Any) -> Settings:
        """The settings of a run with `own` on top, without frames and a video. Raises UsageError."""
        flags = {**self.given, "save_every": 0, "video": False, **own}
        return resolve(flags, preset=self.preset, config_files=self.config_files).settings

    @cached_property
    def plain(self) -> Settings:
        """The settings of a run without a picture, of which size, seed and metadata count."""
        return self.settings(prompt="a")

    def seeded(self) -> Request:
        """The same with a seed."""
        seed = self.plain.seed
        return replace(self, given={**self.given, "seed": secrets.randbelow(2**32) if seed is None else seed})


@dataclass(frozen=True)
class Picture:
    """A picture to change.

    Attributes:
        pixels: (H, W, 3) uint8 in sRGB, upright; of a transparent one the colours beneath its opacity.
        opacity: (H, W) uint8, or None where all of it is opaque.
        shown: `pixels` over white.
        texts: The text chunks of a PNG.
        warnings: What the result does not keep.
    """

    pixels: Pixels
    opacity: Pixels | None
    shown: Pixels
    texts: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    @staticmethod
    def load(path: Path) -> Picture:
        """Read a picture. Raises InputError, also for one that is too small."""
        warnings: list[str] = []
        shown = images.open_image(path, warn=lambda line: None if "stretched" in line else warnings.append(line))
        height, width = shown.shape[:2]
        if min(width, height) < MIN_SIDE:
            raise InputError(
                f"{files.printable(path)} has {width}x{height} pixels.",
                f"Give a picture of {MIN_SIDE}x{MIN_SIDE} pixels or more.",
            )
        if images.is_deep(path):
            warnings.append(f"{files.printable(path)} has more than 8 bits per channel; the result has 8.")
        pixels, opacity = shown, None
        if images.is_transparent(path):
            pixels, levels = images.open_layer(path)
            opacity = np.rint(levels * 255).astype(np.uint8)
        texts = metadata.texts_of(path, warnings.append)
        return Picture(pixels, opacity, shown, texts, tuple(warnings))

    def save(self, output: Path, record: Mapping[str, Any], level: str) -> None:
        """Write the picture as PNG, with what was done to it. level: Of the metadata. Raises OutputError."""
        layers = [self.pixels] if self.opacity is None else [self.pixels, self.opacity]
        images.save_png(output, np.dstack(layers), metadata.edited(self.texts, record, level=level))

    def pasted(self, drawn: Pixels, cover: Mask, box: tuple[slice, slice]) -> Picture:
        """The picture with another one pasted into a box; where `cover` is 0, every byte stays.

        What is pasted is opaque.
        """
        pixels, opacity = self.pixels.copy(), self.opacity
        pixels[box] = _mixed(self.shown[box], drawn, cover[..., None], pixels[box])
        shown = self.shown.copy()
        shown[box] = _mixed(self.shown[box], drawn, cover[..., None], shown[box])
        if opacity is not None:
            opacity = opacity.copy()
            opacity[box] = _mixed(opacity[box], np.full_like(opacity[box], 255), np.sign(cover), opacity[box])
        return replace(self, pixels=pixels, opacity=opacity, shown=shown)


def _mixed(below: Pixels, above: Pixels, cover: npt.NDArray[np.float32], kept: Pixels) -> Pixels:
    mixed = np.rint(below + cover * (above.astype(np.float32) - below)).astype(np.uint8)
    return np.where(cover > 0, mixed, kept)


def refuse_regions(prompt: str, hint: str) -> None:
    """Raise UsageError for a prompt that says where it is drawn."""
    scenes = prompts.parse_scenes(prompt) if prompt.strip() else ()
    if any(one.region for scene in scenes for one in scene):
        raise UsageError("the prompt names a part of the picture.", hint)


def check_output(output: Path, *inputs: Path | None) -> None:
    """Refuse what no PNG can be written to, inputs and parts of runs. Raises UsageError or OutputError."""
    images.check_png_name(output)
    refuse_output(output, *inputs)
    files.prepare_folder_of(output)


def bounds_of(mask: Mask) -> tuple[int, int, int, int]:
    """Left, top, right and bottom edge of the rectangle around what is not black, in pixels."""
    rows, columns = (np.flatnonzero((mask > 0).any(axis)) for axis in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def with_context(mask: Mask) -> tuple[slice, slice]:
    """The rows and columns around the white of a mask with half as much again of the picture on all sides."""
    left, top, right, bottom = bounds_of(mask)
    height, width = mask.shape
    short, long = sorted((right - left, bottom - top))
    margin = max(MIN_SIDE, short // 2, long // 4)
    rows, columns = (
        slice(max(0, first - margin), min(side, last + margin))
        for first, last, side in ((top, bottom, height), (left, right, width))
    )
    return rows, columns


def working_size(width: int, height: int, area: int) -> str:
    """The size in which a part of a picture is drawn: its shape, and about `area` pixels."""
    scale = math.sqrt(max(area, _SMALLEST**2) / (width * height))
    return "x".join(str(max(MIN_SIDE, round(side * scale / 8) * 8)) for side in (width, height))


def draw(
    picture: Picture,
    mask: Mask,
    request: Request,
    said: dict[str, Any],
    *,
    ground: Callable[[Pixels, Mask], Pixels] | None = None,
    **own: Any,
) -> Generator[Event, None, Picture]:
    """Draw the white part of a mask in a run of its own, and return the picture with it.

    The rectangle around the white and its surroundings are cut out, brought to the size of the settings, drawn, and
    pasted back with an edge that is soft within the white.

    Args:
        picture: Every byte of it stays where the mask is black.
        mask: With some white.
        request: Of the command line, with a seed.
        said: Gets the size, the steps and the score of the run.
        ground: Makes what is drawn on, from what was cut out and its mask. It stays clean beside what is drawn.
            Without it, the run starts from the picture.
        own: Settings of the run, such as the prompt; without one, the start itself is what CLIP looks for.

    Raises:
        VqclipError: As `launch.start` does.
    """
    from vqclip.runs import launch

    own = {"init_strength": NEW, **own}
    box, plain = with_context(mask), request.plain
    height, width = mask[box].shape
    size = working_size(width, height, plain.width * plain.height)
    wide, high = map(int, size.split("x"))
    # Whatever the full mask frees, the drawing covers.
    free = (images.resize_area((mask[box] > 0).astype(np.float32), wide, high) > 0).astype(np.float32)
    feather = min(_FEATHER, bounded_feather(free))
    start = images.resize(picture.shown[box], wide, high)
    start = start if ground is None else ground(start, free)
    with tempfile.TemporaryDirectory(prefix="vqclip-") as folder:
        named = {"init_image": f"{folder}/picture.png", "mask": f"{folder}/mask.png"}
        images.save_png(Path(named["init_image"]), start, level=1)
        images.save_png(Path(named["mask"]), images.to_uint8(np.broadcast_to(free, (3, high, wide))), level=1)
        if not own.get("prompt"):
            look = [prompts.Prompt(named["init_image"], kind="image")]
            own["image_prompt"] = [prompts.format(look, "image")]
        settings = request.settings(**named, size=size, mask_feather=feather, **own)
        drawn = yield from finished(launch.start(settings), said)
    said["drawn_at"] = [wide, high]
    drawn = drawn if ground is None else without_stains(drawn, start)
    cover = soft_mask(mask[box], round(feather * math.sqrt(width * height / (wide * high))))
    return picture.pasted(images.resize(drawn, width, height), cover, box)


def without_stains(drawn: Pixels, ground: Pixels) -> Pixels:
    """A drawing with the ground that it was drawn on in place of a faint tint of it, (H, W, 3) both.

    Optimisation tints plain grounds, and then the edge of the drawing would show on them.
    """
    apart = np.abs(drawn.astype(np.float32) - ground).max(-1)
    height, width = apart.shape
    small = images.resize_area(apart, max(1, width // 4), max(1, height // 4))
    spread = images.resize_area(small, width, height)
    share = np.clip((np.maximum(apart, spread) - _STAIN) / _STAIN, 0, 1)[..., None]
    cleaned: Pixels = np.rint(ground + share * (drawn.astype(np.float32) - ground)).astype(np.uint8)
    return cleaned


def finished(events: Any, said: dict[str, Any]) -> Generator[Event, None, Pixels]:
    """Pass the events of a run on, and return its picture. said: gets its steps and score."""
    image = None
    for event in events:
        if isinstance(event, Finished):
            said |= {"steps": event.step, "score": event.score}
            image = event.image()
        yield event
    assert image is not None
    return image


def bounded_feather(mask: Mask) -> int:
    """The widest soft edge of which a mask keeps a middle that is fully white: a quarter of its shorter side."""
    left, top, right, bottom = bounds_of(mask)
    return max(1, min(right - left, bottom - top) // 4)


def soft_mask(mask: Mask, width: int) -> Mask:
    """A mask with soft edges of at most `width` pixels inside the white, see `soft_edges`."""
    import torch
    import torch.nn.functional as F

    from vqclip.synthesis.latent_image import soft_edges

    width, whole = min(width, bounded_feather(mask)), torch.from_numpy(mask)[None, None]
    # A wide edge is made of a small mask: the time that it takes grows with its width.
    cell = max(1, width // _FEATHER)
    size = [-(-side // cell) for side in mask.shape]
    soft = soft_edges(-F.adaptive_max_pool2d(-whole, size), width // cell)
    found: Mask = torch.minimum(F.interpolate(soft, size=mask.shape, mode="bilinear"), whole)[0, 0].numpy()
    return found

"""Change a part of a picture to a prompt, or all of it from one text to another."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.events import Event, Warned
from vqclip.jobs import patches, text_edit
from vqclip.jobs.patches import Mask, Picture, Request
from vqclip.jobs.text_edit import AMOUNT, Change
from vqclip.media import images
from vqclip.picture_files import upright_size
from vqclip.settings import prompts


@dataclass(frozen=True)
class Edit:
    """What to change, and where.

    Attributes:
        prompt: What to draw; empty with `source` and `target`.
        mask: The file of a mask of the picture's size, white where it changes.
        at: Names of parts of the picture, which change instead of a mask.
        strength: From 0, which keeps what is there, to 1, which draws something new.
        source, target: Texts for what the picture shows and what it shall show, without a mask.
        amount: See `text_edit.Change`.
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
                raise UsageError(f"--{name} is empty.", "Write what the picture shows and what it should show.")
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
            raise UsageError("there is no prompt.", "Give a prompt, or --from and --to.")
        if self.source is None and not (self.mask or self.at):
            raise UsageError(
                "the part to change is missing.",
                "Give --mask FILE or --at @left, or --from and --to for the whole picture.",
            )
        if self.mask and self.at:
            raise UsageError("--at cannot be used with a mask.", "Leave one of the two out.")
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
        amount = AMOUNT if wanted.amount is None else wanted.amount
        change = Change(wanted.source or "", wanted.target or "", amount, wanted.strength)
        said |= {"from": change.source, "to": change.target, "amount": change.amount}
        result = yield from text_edit.draw(found, change, request, said)
    else:
        said |= {"prompt": wanted.prompt, **({"mask": wanted.mask.name} if wanted.mask else {"at": list(wanted.at)})}
        from vqclip.jobs.background import without

        own: dict[str, Any] = {"prompt": wanted.prompt, "ground": without}
        if wanted.strength < 1:
            own |= {"ground": None, "init": "tokens", "init_strength": wanted.strength}
        result = yield from patches.draw(found, mask, request, said, **own)
    result.save(output, said, request.plain.metadata)
    return {"image": str(output), "width": width, "height": height, **said}


def _region(name: str) -> tuple[float, float, float, float]:
    """The edges of a part of a picture, by its name with or without @. Raises UsageError."""
    word, found = name.strip().removeprefix("@"), ""
    with contextlib.suppress(UsageError):
        found = prompts.parse(f"x @{word}")[0].region
    if found not in prompts.REGIONS:
        raise UsageError(f"at {name!r} is not a part of a picture.", f"Valid: @{', @'.join(prompts.REGIONS)}.")
    return prompts.REGIONS[found]


def _mask_of(names: Sequence[str], width: int, height: int) -> Mask:
    mask = np.zeros((height, width), dtype=np.float32)
    for left, top, right, bottom in map(_region, names):
        mask[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = 1
    return mask

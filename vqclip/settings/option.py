"""How an option is declared, and what its kind determines: its metavar, valid values and the files that it names."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from vqclip.errors import UsageError
from vqclip.files import excerpt, printable
from vqclip.object_store import address_of
from vqclip.schedules import Schedule
from vqclip.settings import prompts
from vqclip.settings.colours import names_picture

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings

MIN_SIDE, MAX_SIDE = 16, 8192
MAX_INIT_WEIGHT = 1000.0
PANELS = (
    "Prompt", "Start", "Prior", "Models", "Where CLIP looks", "Losses", "Optimiser", "Size and stages", "Motion",
    "Output", "Runtime",
)  # fmt: skip
"""The groups of options in help and reference."""
Kind = Literal[
    "text", "prompt", "timed prompt", "image prompt", "seed", "picture", "file", "directory", "palette", "colour",
    "schedule", "steps", "size", "vqgan", "clip", "loss", "style",
]  # fmt: skip
_METAVARS: Mapping[str, str] = {
    "text": "TEXT", "prompt": "PROMPT", "timed prompt": "STEP:PROMPT", "image prompt": "FILE", "seed": "N",
    "picture": "FILE", "file": "FILE", "directory": "DIR", "palette": "COLOURS", "colour": "COLOUR",
    "schedule": "SCHEDULE", "steps": "STEP", "size": "WxH", "loss": "NAME:WEIGHT",
}  # fmt: skip
CHECKPOINT_SUFFIXES = (".ckpt", ".pt", ".pth", ".bin", ".safetensors")


@dataclass(frozen=True)
class Requirement:
    """A state of the settings without which an option has no effect.

    unmet: whether the state is missing. why: completes "NAME has no effect"; `{s.NAME}` is the value of a setting.
    hint: what to do instead.
    """

    unmet: Callable[[Settings], bool]
    why: str
    hint: str


@dataclass(frozen=True)
class Option:
    """The declaration of an option beside its name, type and default.

    Attributes:
        help: One imperative line.
        panel: Its group in the help, one of PANELS.
        common: Whether `--help` shows it; `--help-all` shows every option.
        kind: What a text means.
        metavar: The placeholder of its value in the help, if not that of its kind.
        unit: Of the number.
        low: Least valid number; of a schedule, of each value.
        high: Greatest valid number.
        choices: Valid words.
        scope: What it changes: the picture, the files written about the run, or how the run is computed. The digest
            of a run covers the first.
        frame: Whether `vqclip restyle` takes it for the frames of a video.
        also: Commands other than those of a run that take it.
        on_grid: Whether it needs tokens that lie on a grid over the picture, which those of a TiTok do not.
        weight_of: The image loss whose weight it is.
        requires: The states without which it has no effect; the first unmet one is reported.
        negatable: A flag that is off by default has a --no- form too, since some command turns it on.
        default_text: The default in the help, where the value says too little.
        separator: Between the values in a variable.
    """

    help: str
    panel: str
    common: bool = False
    kind: Kind = "text"
    metavar: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    scope: Literal["picture", "output", "runtime"] = "picture"
    frame: bool = True
    also: tuple[str, ...] = ()
    on_grid: bool = False
    weight_of: str = ""
    requires: tuple[Requirement, ...] = ()
    negatable: bool = False
    default_text: str = ""
    separator: str = ","

    def placeholder(self, type_name: str) -> str:
        """The metavar of a value of this type, as in `N` for an int."""
        numbers = {"int": "N", "float": "X"}
        if self.metavar or self.choices or type_name not in numbers:
            return self.metavar or ("NAME" if self.choices else _METAVARS.get(self.kind, "NAME"))
        return numbers[type_name]


def option(default: Any, panel: str, help: str, **known: Any) -> Any:
    """Declare a field of `Settings`. known: the attributes of Option."""
    return field(default=default, metadata={"option": Option(help, panel, **known)})


def names_checkpoint(vqgan: str) -> bool:
    """Whether a VQGAN is named by its file rather than by a known name."""
    return vqgan.lower().endswith(CHECKPOINT_SUFFIXES) or "/" in vqgan or os.sep in vqgan


Change = Callable[[str], str]


def _in_clip(clip: str, change: Change) -> str:
    prefix, marked, path = clip.partition("local-dir:")
    return f"local-dir:{change(path)}" if marked and not prefix else clip


_PATHS: Mapping[str, Callable[[str, Change], str]] = {
    "picture": lambda path, change: change(path),
    "file": lambda path, change: change(path),
    "directory": lambda path, change: change(path),
    "palette": lambda text, change: change(text) if names_picture(text) else text,
    "vqgan": lambda text, change: change(text) if names_checkpoint(text) else text,
    "clip": _in_clip,
    "prompt": prompts.with_files,
    "timed prompt": prompts.with_files_at,
    "image prompt": partial(prompts.with_files, kind="image"),
}
PICTURE_KINDS = ("picture", "palette", "prompt", "timed prompt", "image prompt")
"""Kinds of options whose values name pictures, alone or inside a text."""


def change_paths(option: Option, value: Any, change: Change) -> Any:
    """The value of an option with every path in it changed; any other value as it is."""
    within = _PATHS.get(option.kind)
    if not value or within is None:
        return value
    if not isinstance(value, str):
        return type(value)(change_paths(option, item, change) for item in value)
    # A prompt names files in brackets.
    return value if option.kind in ("prompt", "timed prompt") and "[" not in value else within(value, change)


def absolute(path: str) -> str:
    """The path from the root of the file system; an address of an object store as it is."""
    return address_of(path) or str(Path(path).absolute())


def parse_size(size: str) -> tuple[int, int]:
    """Read `WIDTHxHEIGHT` or one number for a square, in pixels.

    Raises UsageError that states the valid range.
    """
    valid = f"Valid: WIDTHxHEIGHT with sides from {MIN_SIDE} to {MAX_SIDE} pixels, as in 256x192."
    sides = size.strip().lower().replace("×", "x").split("x")
    if len(sides) not in (1, 2) or not all(side.strip().isascii() and side.strip().isdigit() for side in sides):
        raise UsageError(f"size {size!r} is not a size.", valid)
    width, height = int(sides[0][:9]), int(sides[-1][:9])
    for side in (width, height):
        if not MIN_SIDE <= side <= MAX_SIDE:
            raise UsageError(f"size {size!r} has a side of {side} pixels.", valid)
    return width, height


def parse_clip(clip: str) -> tuple[str, float]:
    """Split `NAME:WEIGHT` into the name and its weight, which is 1 by default.

    `local-dir:PATH` keeps its colon. Raises UsageError for a weight that is not finite.
    """
    head, colon, tail = clip.rpartition(":")
    if not colon or head in ("local-dir", "hf-hub"):
        return clip, 1.0
    try:
        weight = float(tail)
    except ValueError:
        return clip, 1.0
    if not math.isfinite(weight):
        raise UsageError(f"clip {clip!r} has the weight {tail}.", "A weight is a finite number, as in tiny:0.5.")
    return head, weight


def check(name: str, value: Any, option: Option) -> None:
    """Raise UsageError for a value outside the option's range or choices; of a schedule, for any of its values."""
    if value is None:
        return
    in_prompt = option.kind == "text" and option.scope == "picture"
    for text in value if isinstance(value, tuple) else (value,):
        if isinstance(text, str) and "\0" in text:
            raise UsageError(f"{name} holds a NUL character.", "Leave it out.")
        if in_prompt and isinstance(text, str) and any("\ud800" <= c <= "\udfff" for c in text):
            raise UsageError(f"{name} holds an unpaired surrogate, half of a character.", "Write it again.")
    if option.choices and value not in option.choices:
        raise UsageError(f"{name} is {value!r}.", f"Valid: {', '.join(option.choices)}.")
    if isinstance(value, bool) or option.low is None or option.high is None:
        return
    numbers = [value]
    if isinstance(value, str):
        try:
            numbers = [key.value for key in Schedule.parse(value).keys]
        except UsageError as error:
            raise UsageError(f"{name} is {value!r}: {error.message}", error.hint) from None
    if not all(math.isfinite(number) and option.low <= number <= option.high for number in numbers):
        unit = f" {option.unit}" if option.unit else ""
        raise UsageError(f"{name} is {value}.", f"Valid: {_plain(option.low)} to {_plain(option.high)}{unit}.")


def _plain(number: float) -> str:
    return f"{number:g}" if isinstance(number, float) else str(number)


_TYPES: dict[str, tuple[type, ...]] = {
    "None": (type(None),),
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "str": (str,),
}


def check_type(name: str, value: object, annotation: str) -> None:
    """Raise UsageError for a value that is not of the type that `Settings` declares, as `int | None`."""
    if annotation.startswith("tuple"):
        fits = isinstance(value, tuple) and all(type(item) is str for item in value)
    else:
        fits = type(value) in [kind for part in annotation.split(" | ") for kind in _TYPES[part]]
    if not fits:
        raise UsageError(f"{name} is {excerpt(printable(repr(value)), 80)}.", f"Valid: {annotation}.")

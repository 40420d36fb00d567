"""Checks of settings as a whole: invalid values, contradictions, and parts without effect.

A key of a schedule, or a scene, has no effect if it lies after the end of the run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.image_losses import NEEDS
from vqclip.picture_files import opened
from vqclip.schedules import Key, Position, Schedule, check_shares
from vqclip.settings.colours import names_picture, parse_colour, parse_palette
from vqclip.settings.cut_methods import parse_augments
from vqclip.settings.option import PICTURE_KINDS, Option, check, parse_clip, parse_size

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings

ZEROED_BY_SYMMETRY = {
    "symmetry": ("horizontal", "both", "kaleidoscope"),
    "symmetry-vertical": ("vertical", "both", "kaleidoscope"),
}
"""For a loss, the symmetries of the picture that make it 0."""
LANGUAGES = (
    "af ak am ar as az ba be bg bn bs ca chr cs cv cy da de dsb el es et eu fa fi fil fo fr ga gd gl gu ha he hi "
    "hr hsb hu hy id ig is it ja jv ka kk km kn ko kok ky lb lo lt lv mi mk ml mn mr ms mt my ne nl no nso om or pa "
    "pcm pl ps pt qu quc rm ro ru rw sd shn si sk sl so sq sr sv sw ta te tg th "
    "ti tk tn to tr ug uk ur uz vi wo xh yo yue zh zu"
)
"""The languages that the lexicon reads beside English, by their codes."""


def check_values(settings: Settings, options: Mapping[str, Option]) -> None:
    """Raise UsageError for the first value that is not valid."""
    if settings.optimiser == "lbfgs":
        raise UsageError(
            "lbfgs cannot optimise here: its line search needs a loss that stays the same and its exact gradient. "
            "Cutouts change at every step, and the gradient skips the codebook.",
            "Use adam, or another one that takes noisy gradients.",
        )
    for name, option in options.items():
        check(name, getattr(settings, name), option)
    parse_size(settings.size)
    if not settings.clip:
        raise UsageError(
            "clip is empty, so no model would compare the picture with the prompt.", "Name one, as in --clip tiny."
        )
    weights = [parse_clip(clip)[1] for clip in settings.clip]
    if sum(map(abs, weights)) == 0:
        raise UsageError("every CLIP has the weight 0, so none would have an effect.", "Give one a weight above 0.")
    if settings.language not in ("auto", "en", *LANGUAGES.split()):
        raise UsageError(
            f"language is {settings.language!r}, which vqclip does not read.",
            "Give its code, as in ur, hi, zh or es; docs/languages.md lists all.",
        )
    if settings.style_words and settings.style_words.count("{}") != 1:
        raise UsageError(
            f"style_words is {settings.style_words!r}.", "Write {} once, where the text goes, as in: a sketch of {}"
        )
    _ = settings.story
    if settings.overlay_until is not None:
        Position.parse(settings.overlay_until)
    _check_learning_rate(settings)
    _check_losses(settings, options)
    parse_colour(settings.edge_colour)
    if settings.palette is not None and not names_picture(settings.palette):
        parse_palette(settings.palette)
    parse_augments(settings.augments)
    for name in ("cut_overview", "cut_grey"):
        check_shares(name, getattr(settings, name))


def _check_learning_rate(settings: Settings) -> None:
    _ = settings.drops
    text = settings.learning_rate_schedule
    if text is not None:
        values = [key.value for key in Schedule.parse(text).keys]
        if min(values) < 0 or not any(values):
            raise UsageError(f"learning_rate_schedule {text!r} does not stay above 0.", "Give factors of 0 and more.")


def _check_losses(settings: Settings, options: Mapping[str, Option]) -> None:
    names = [loss.name for loss in settings.image_losses]
    for name in names:
        if names.count(name) > 1:
            raise _given_twice(settings, name, options)
    for loss in settings.losses:
        need = NEEDS.get(loss.name)
        if need and not getattr(settings, need):
            raise UsageError(
                f"the loss {loss.name} has no effect without {need}.", f"Add --{need.replace('_', '-')}."
            )


def _given_twice(settings: Settings, name: str, options: Mapping[str, Option]) -> UsageError:
    if [loss.name for loss in settings.losses].count(name) > 1:
        return UsageError(f"the loss {name} is given twice.", "Leave one out.")
    own = next(key for key, option in options.items() if option.weight_of == name)
    flag = own.replace("_", "-")
    return UsageError(
        f"the loss {name} is given twice: {own} is {getattr(settings, own):g}.",
        f"Leave it out of --loss and give --{flag}, or add --{flag} 0.",
    )


@contextlib.contextmanager
def files_first(settings: Settings, options: Mapping[str, Option], unwritten: Collection[str] = ()) -> Iterator[None]:
    """Report a missing file rather than the combination of options that the block refuses.

    unwritten: Files that are written later. Raises InputError or ModelError for the first file that is missing or of
    another kind.
    """
    try:
        yield
    except UsageError:
        _check_files(settings, options, unwritten)
        raise


def _check_files(settings: Settings, options: Mapping[str, Option], unwritten: Collection[str]) -> None:
    for name, text in settings.named_files():
        if text in unwritten:
            continue
        kind, path = options[name].kind, files.user_path(text)
        if kind in PICTURE_KINDS:
            with opened(Path(text)):
                pass
        elif kind == "clip":
            files.require_folder(path, "the CLIP folder")
        elif kind != "directory":
            files.require_file(path, "the configuration" if name == "vqgan_config" else "the checkpoint")
        elif not files.exists(path):
            shown = files.printable(text)
            raise InputError(
                f"{shown} holds no run: there is no run.json.",
                "Give the folder of a run, as printed by `vqclip generate`.",
            )


def check_contradictions(settings: Settings) -> None:
    """Raise UsageError for options that exclude each other."""
    if settings.tile_size and (settings.symmetry != "none" or settings.seamless != "none"):
        raise UsageError(
            "tile_size cannot be used with symmetry or seamless: such a picture is decoded whole.",
            "Leave one of the two out.",
        )
    if settings.symmetry == "none":
        return
    if settings.mask:
        raise UsageError(
            "symmetry cannot be used with a mask: the part that it keeps need not be symmetric.",
            "Leave one of the two out.",
        )
    if settings.symmetry in ("diagonal", "kaleidoscope") and settings.width != settings.height:
        raise UsageError(
            f"symmetry {settings.symmetry} needs a square, and size is {settings.size}.",
            f"Add --size {min(settings.width, settings.height)}, or --symmetry both.",
        )


def check_effects(settings: Settings) -> None:
    """Raise UsageError for the first option, loss, prompt or CLIP without effect."""
    for name, requirement in settings.without_effect():
        raise UsageError(f"{name} has no effect {requirement.why.format(s=settings)}.", requirement.hint)
    for text, loss in zip(settings.loss, settings.losses, strict=True):
        if loss.is_zero:
            raise UsageError(f"loss {text!r} has no effect: its weight is always 0.", "Leave it out.")
        if settings.symmetry in ZEROED_BY_SYMMETRY.get(loss.name, ()):
            raise UsageError(
                f"the loss {loss.name} has no effect with symmetry {settings.symmetry}, where it is always 0.",
                "Leave one of the two out.",
            )
    for prompt in settings.prompts:
        if not prompt.weight:
            raise UsageError(f"the prompt {prompt.text!r} has no effect: its weight is always 0.", "Leave it out.")
    for clip in settings.clip:
        if not parse_clip(clip)[1]:
            raise UsageError(f"clip {clip!r} has no effect: its weight is 0.", "Leave it out.")


@dataclass(frozen=True)
class _Span:
    """What positions of a schedule count: the steps or frames of a run, a video or a single frame.

    more: the option that makes them more.
    """

    number: int
    whole: str = "run"
    unit: str = "step"
    more: str = "more --iterations"

    @property
    def size(self) -> str:
        """As in "20 steps"."""
        return f"{self.number} {self.unit}{'' if self.number == 1 else 's'}"

    def __str__(self) -> str:
        return f"the {self.whole}, which has {self.size}"

    def holds(self, position: Position) -> bool:
        """Whether the position lies before the end."""
        return position.number < (100 if position.percent else self.number)

    @property
    def hint(self) -> str:
        """What to do about a position after the end."""
        return f"Give an earlier place, a share as 50%, or {self.more}."


def check_bounds(settings: Settings, frame_steps: int = 0) -> None:
    """Raise UsageError for what lies after the end of the run, and for keys out of order in a run of its length.

    frame_steps: the steps of each frame of a restyled video, whose motions count frames and whose scenes count the
    steps of all frames; 0 for any other run.
    """
    if not settings.iterations:
        return
    steps = story = motion = _Span(settings.iterations)
    if frame_steps:
        more = "more --frame-steps"
        steps, story = _Span(frame_steps, "frame", more=more), _Span(settings.iterations, "video", more=more)
        motion = _Span(settings.iterations // frame_steps, "video", "frame", "more frames")
    for name, schedule, span in _schedules(settings, steps, story, motion):
        _check_keys(name, schedule, span)
    for position in settings.drops:
        _check_position("learning_rate_drops", position, steps)
    if settings.overlay_image and settings.overlay_until is not None:
        _check_position("overlay_until", Position.parse(settings.overlay_until), steps)
    fade = settings.story.fade
    if len(settings.story.scenes) > 1 and fade.step(story.number) > story.number:
        raise UsageError(f"cross_fade is {fade}, longer than {story}.", "Valid: up to 100%.")


def _check_position(name: str, position: Position, span: _Span) -> None:
    if not span.holds(position):
        raise UsageError(f"{name} has no effect at {position}: that is after the end of {span}.", span.hint)


def _check_keys(name: str, schedule: Schedule, span: _Span) -> None:
    late = _late_key(schedule, span)
    if late is not None:
        raise UsageError(f"{name}: the key {late} comes after the end of {span}.", span.hint)
    for before, after in pairwise(schedule.keys):
        # Steps and shares have no order until the length is known.
        if after.position.step(span.number) < before.position.step(span.number):
            raise UsageError(
                f"{name}: {after.position} comes before {before.position} in a {span.whole} of {span.size}.",
                "Give the keys in their order.",
            )


def _late_key(schedule: Schedule, span: _Span) -> Key | None:
    """The first key without effect. A key after the end has one where the interpolation to it begins before."""
    for before, key in pairwise(schedule.keys):
        begins_late = not span.holds(before.position) or key.interpolation == "hold"
        if not span.holds(key.position) and begins_late:
            return key
    return None


def _schedules(
    settings: Settings, steps: _Span, story: _Span, motion: _Span
) -> Iterator[tuple[str, Schedule, _Span]]:
    """Every schedule that is given, with its name for the user and what its positions count."""
    for text, loss in zip(settings.loss, settings.losses, strict=True):
        yield f"loss {text!r}", loss.schedule, steps
    for prompt in settings.prompts:
        if prompt.schedule is not None:
            yield f"the prompt {prompt.text!r}", prompt.schedule, story
    for name in ("learning_rate_schedule", "latent_noise", "cut_overview", "cut_grey"):
        if settings.changes(name):
            yield name, Schedule.parse(getattr(settings, name)), steps
    for name, schedule in settings.motion_schedules.items():
        yield name, schedule, motion

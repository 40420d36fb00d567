"""The grounds that the built-in models learnt, and the words that mean the same."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vqclip.models.nouns import layout_words
from vqclip.settings.layout import Ground

_BEFORE = r"(?:on|in|at|by|under|during|before|against) (?:an? |the )?"


@dataclass(frozen=True)
class Taught:
    """A ground of the training, or a plain background.

    Attributes:
        ground: What is painted where several things lie on it.
        learnt: A pattern of a text that ends in words for it that the models learnt; its first group is the rest.
        alike: The same of words that mean it.
        alone: The nouns that name it by themselves.
    """

    ground: Ground
    learnt: re.Pattern[str]
    alike: re.Pattern[str]
    alone: tuple[str, ...] = ()


def split_ground(text: str) -> tuple[str, Ground | None, bool]:
    """A text without its ground, the ground, and whether the models learnt its words as they are."""
    for known in (True, False):
        for one in _taught():
            if found := (one.learnt if known else one.alike).match(text):
                return found[1], one.ground, known
    return text, None, True


def ground_of(noun: str) -> Ground | None:
    """The ground that a noun names."""
    return next((one.ground for one in _taught() if noun in one.alone), None)


def names_ground(noun: str) -> bool:
    """Whether a noun is among the words for grounds, so that it is no thing on another one."""
    return any(noun in (*row["learnt"], *row["alike"]) for row in layout_words()["grounds"])


@functools.cache
def _taught() -> tuple[Taught, ...]:
    return (*_scenery(), *_backgrounds())


def _scenery() -> Iterator[Taught]:
    for row in layout_words()["grounds"]:
        learnt, alike = ("|".join(map(re.escape, row[name])) or "(?!)" for name in ("learnt", "alike"))
        phrases = "|".join(["(?!)", *row.get("phrases", ())])
        yield Taught(
            Ground(row["name"], tuple(row["sky"]), tuple(row["land"])),
            re.compile(rf"(.+?),? {_BEFORE}(?:{learnt})(?: under a blue sky)?$"),
            re.compile(rf"(.+?),? (?:{_BEFORE}(?:{alike})|{phrases})$"),
            tuple(row.get("alone", ())),
        )


def _backgrounds() -> Iterator[Taught]:
    for name, colour in layout_words()["backgrounds"].items():
        ending = rf"(?:on|against|in front of) (?:an? |the )?(?:plain |solid )?{name} (?:background|backdrop|wall)"
        pattern = re.compile(rf"(.+?),? {ending}$")
        yield Taught(Ground(f"on a {name} background", tuple(colour), tuple(colour)), pattern, pattern)

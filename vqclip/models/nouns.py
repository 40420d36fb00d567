"""English nouns for the layout of a prompt: which ones the built-in models draw, and what belongs together."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from vqclip.files import data_path
from vqclip.models import lexicon
from vqclip.models.english import ADJECTIVES, IRREGULAR, SAME, plural
from vqclip.models.meanings import things
from vqclip.reading import MAX_TEXT_BYTES, parse_yaml, read_bytes

_VERB_ENDINGS = ("ing", "ed", "ly")
_LINKS = ("and", "with", "on", "in", "over", "behind", "at", "of", "under")


@functools.cache
def layout_words() -> Mapping[str, Any]:
    """What configs/layout.yaml says."""
    found: Mapping[str, Any] = parse_yaml(read_bytes(data_path("configs", "layout.yaml"), MAX_TEXT_BYTES))
    return found


def is_a(kind: str, word: str) -> bool:
    """Whether a noun, in the singular or the plural, is of a kind in configs/layout.yaml, as `worn` or `people`."""
    listed = _kinds()[kind]
    return not listed.isdisjoint((word, singular(word) or word, word.removesuffix("s"), word.removesuffix("es")))


def is_adjective(word: str) -> bool:
    """Whether a word says how a thing is; "orange" may also be the thing."""
    return word in ADJECTIVES or any(word in _kinds()[kind] for kind in ("adjectives", "particles", "colours"))


def is_noun(word: str) -> bool:
    """Whether the built-in models draw what a word names, in the singular or the plural."""
    if is_adjective(word) and word not in _kinds()["colours"]:
        return False
    one, known = singular(word) or word, lexicon.vocabulary()
    if one in things() or word in _kinds()["derived"]:
        return True
    stem = next((word.removesuffix(end) for end in _VERB_ENDINGS if word.endswith(end)), "")
    derived = len(stem) > 2 and not known.isdisjoint((stem, f"{stem}e", stem[:-1]))
    return not derived and (one in _names() or not known.isdisjoint((word, one)))


def singular(word: str) -> str | None:
    """One of what a plural names; None for another word. Some words are both, such as fish."""
    if word in _plurals():
        return _plurals()[word]
    endings = (("ies", "y"), ("ves", "f"), ("es", ""), ("s", ""))
    guesses = [word.removesuffix(many) + one for many, one in endings if word.endswith(many) and len(word) > 3]
    return next((one for one in guesses if one in lexicon.vocabulary() and plural(one) == word), None)


@functools.cache
def whole_names() -> tuple[str, ...]:
    """Names of one thing that have a word such as "and" within, the longest first."""
    names = {name for name in _names() if any(f" {link} " in name for link in _LINKS)}
    return tuple(sorted(names.union(layout_words()["nouns"]["whole"]), key=lambda name: (-len(name), name)))


@functools.cache
def _kinds() -> dict[str, frozenset[str]]:
    listed = layout_words()["nouns"].items()
    return {kind: frozenset(words.split()) for kind, words in listed if isinstance(words, str)}


@functools.cache
def _names() -> frozenset[str]:
    """The names of emoji."""
    words = lexicon.words_in("latin")
    return frozenset(name.lower() for name in words.english) if words else frozenset()


@functools.cache
def _plurals() -> dict[str, str]:
    return {word: word for word in SAME} | {many: one for one, many in IRREGULAR.items()}

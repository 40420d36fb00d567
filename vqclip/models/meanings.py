"""The things that the built-in models know and that are nearest in meaning to an English word that they do not know.

`training/meanings.py` builds the list from the nouns of WordNet.
"""

from __future__ import annotations

import functools
import lzma

from vqclip.errors import ModelError
from vqclip.files import data_path
from vqclip.reading import read_bytes, refusing

_MAX_BYTES = 2_000_000


def nearest(word: str) -> tuple[str, ...]:
    """Up to three things, the nearest first; none for a word that nothing is near to.

    Args:
        word: In lower case, in the singular or the plural.
    """
    singulars = [
        word[: -len(ending)] + single
        for ending, single in (("s", ""), ("es", ""), ("ies", "y"))
        if word.endswith(ending)
    ]
    return next((_things()[one] for one in (word, *singulars) if one in _things()), ())


@functools.cache
def _things() -> dict[str, tuple[str, ...]]:
    path = data_path("checkpoints", "tiny_clip", "meanings.xz")
    with refusing(f"{path.name} is damaged", "Install vqclip again.", ModelError):
        packed = read_bytes(path, _MAX_BYTES, ModelError)
        lines = lzma.LZMADecompressor().decompress(packed, _MAX_BYTES).decode().splitlines()
        rows = (line.split("\t") for line in lines)
        return {word: tuple(things.split(",")) for word, things in rows}


@functools.cache
def things() -> frozenset[str]:
    """All things that are near to some word."""
    return frozenset(thing for near in _things().values() for thing in near)

"""Renames weights of other makers to taming's names; the tensors are those of the same network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")

# LlamaGen (Sun et al. 2024, arXiv 2406.06525) numbers its middle blocks, and its decoder's levels from below.
_MIDDLE = ("block_1", "attn_1", "block_2")
_LLAMAGEN = re.compile(
    r"^(.*\b(?:encoder|decoder)\.)(?:conv_blocks\.(\d{1,3})\.(res|attn|downsample|upsample)|mid\.(\d))\."
)


def to_taming(state: Mapping[str, T]) -> dict[str, T]:
    """Rename the tensors of LlamaGen's tokenizer to taming's names; all others keep their names.

    LlamaGen's decoder numbers its levels from the smallest, taming's from the largest.
    """
    levels = 1 + max((int(found[2]) for key in state if (found := _LLAMAGEN.match(key)) and found[2]), default=-1)

    def name(found: re.Match[str]) -> str:
        network, level, part, middle = found.groups()
        if middle is not None:
            return f"{network}mid.{_MIDDLE[int(middle)]}." if int(middle) < len(_MIDDLE) else found[0]
        part = "block" if part == "res" else part
        if network.endswith("encoder."):
            return f"{network}down.{level}.{part}."
        return f"{network}up.{levels - 1 - int(level)}.{part}."

    return {_LLAMAGEN.sub(name, key) if levels else key: value for key, value in state.items()}

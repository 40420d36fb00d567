"""Write vqclip/settings/keywords.py from the options: `python docs/keywords.py`, or `make reference`.

Editors complete and type checkers check the keyword arguments of the Python interface with it.
"""

from __future__ import annotations

from pathlib import Path

from vqclip.settings.option import Option
from vqclip.settings.schema import Settings as _Settings
from vqclip.settings.schema import options, type_of
from vqclip.settings.start_schema import INITS

MODULE = Path(__file__).parents[1] / "vqclip" / "settings" / "keywords.py"
HEAD = '''"""The settings as typed keyword arguments, which `make reference` writes from `schema.py`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    FilePath = str | os.PathLike[str]
    Picture = FilePath | Image | np.ndarray
    Weighted = tuple[Picture, float]


class SettingsKeywords(TypedDict, total=False):
    """Any option but the prompt, by name."""

    # fmt: off
'''
_BY_KIND = {
    "picture": "Picture", "file": "FilePath", "directory": "FilePath", "vqgan": "FilePath", "style": "FilePath",
    "schedule": "str | float", "steps": "str | int", "size": "str | int", "seed": "int | str", "palette": "Picture",
}  # fmt: skip


def type_hint(name: str, option: Option) -> str:
    """The type of a keyword argument."""
    choices = INITS if name == "init" else option.choices
    kind = type_of(name)
    if option.kind == "image prompt":
        found = "Picture | Sequence[Picture | Weighted]"
    elif kind.startswith("tuple"):
        found = "str | Sequence[str]"
    elif choices:
        found = f"Literal[{', '.join(map(repr, choices))}]".replace("'", '"')
    else:
        found = _BY_KIND.get(option.kind, kind)
    optional = str(_Settings.__dataclass_fields__[name].type).endswith("| None")
    return f"{found} | None" if optional else found


def module() -> str:
    """The text of the module."""
    names = [(name, option) for name, option in options().items() if name != "prompt"]
    return HEAD + "".join(f"    {name}: {type_hint(name, option)}\n" for name, option in names)


if __name__ == "__main__":
    MODULE.write_text(module(), encoding="utf-8")

"""Which cut methods there are, and which settings each takes: what the files of loop/cut_methods say.

The name of a method is that of its file, with dashes. The files are listed and read here, never imported: they need
torch, and a wrong name is refused before torch is there.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from vqclip.reading import MAX_TEXT_BYTES, read_text

PACKAGE = "vqclip.cutouts.methods"


def _find() -> dict[str, Path]:
    """The file of each method by the method's name. Of two files of one name the first counts, as for `import`."""
    package = find_spec(PACKAGE)
    folders = list(package.submodule_search_locations or ()) if package else []
    files = [path for folder in reversed(folders) for path in Path(folder).glob("*.py")]
    modules = {path.stem: path for path in files if path.stem.isidentifier() and not path.stem.startswith("_")}
    return {name.replace("_", "-"): modules[name] for name in sorted(modules)}


METHODS: Mapping[str, Path] = _find()
"""The file of each method, by name."""


@functools.cache
def settings_of(method: str) -> frozenset[str]:
    """The settings that a method takes: those that its file reads, as `settings.NAME`."""
    tree = ast.parse(read_text(METHODS[method], MAX_TEXT_BYTES))
    return frozenset(
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "settings"
    )

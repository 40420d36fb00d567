"""Settings files: presets and styles by name, and the YAML that all of them are written in.

YAML is composed, never constructed: `prompt: no` stays the word "no", and tags have no effect.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import yaml

from vqclip import files, reading
from vqclip.errors import UsageError, did_you_mean
from vqclip.settings.checks import ZEROED_BY_SYMMETRY
from vqclip.settings.schema import options

MAX_YAML_BYTES = 1_000_000
ALL_SETTINGS = "`vqclip config show` has them all."
NULLS = ("null", "~", "")


@dataclass(frozen=True)
class Raw:
    """One value as text, as a list of texts, or None for `null`. origin: where it was read, for messages."""

    value: str | list[str] | None
    origin: str

    def listed(self) -> list[str]:
        """The value as a list."""
        return self.value if isinstance(self.value, list) else [] if self.value is None else [self.value]


Layer = Mapping[str, Raw]
"""Values by the names of their options."""


def presets() -> dict[str, Path]:
    """The presets that ship with vqclip, by name."""
    return {path.stem: path for path in sorted(files.data_path("configs", "presets").glob("*.yaml"))}


def read_preset(name: str) -> dict[str, Raw]:
    """The settings of a shipped preset, or of a YAML file when the name is a path. Raises UsageError."""
    return _read_named("preset", name, presets())


def styles() -> dict[str, Path]:
    """The styles by name: those that ship with vqclip, overridden by those in the user's own folder."""
    from platformdirs import user_config_path

    folders = (files.data_path("configs", "styles"), user_config_path("vqclip") / "styles")
    return {path.stem: path for folder in folders for path in files.matching(folder, "*.yaml")}


def read_style(name: str) -> dict[str, Raw]:
    """The settings of a style by name, or of a YAML file when the name is a path. Raises UsageError."""
    found = _read_named("style", name, styles())
    if "style" in found or "preset" in found:
        raise UsageError(f"the style {name} names another style or a preset.", "Write its settings out.")
    return found


def about(path: Path) -> str:
    """The description of a preset or style: the first sentence of the comment at its top."""
    lines = reading.read_text(path, MAX_YAML_BYTES, UsageError, empty=True).splitlines()
    comment = " ".join(line.lstrip("# ") for line in takewhile(lambda line: line.startswith("#"), lines))
    return textwrap.shorten(comment.partition(". ")[0].rstrip("."), 96, placeholder="…")


def with_style(layers: Sequence[Layer], earlier: Layer) -> list[Layer]:
    """Insert the style that the last layer names just below that layer; its losses are added to those above.

    earlier: the record of a run, which names a style too but already holds all of its settings.
    """
    named = [number for number, layer in enumerate(layers) if "style" in layer]
    if not named or layers[named[-1]] is earlier:
        return list(layers)
    place = named[-1]
    choice = layers[place]["style"].value
    if not isinstance(choice, str) or choice == "none":
        return list(layers)
    style = read_style(choice)
    if "loss" not in style:
        return [*layers[:place], style, *layers[place:]]
    above = {name: raw for layer in layers[place:] for name, raw in layer.items()}
    symmetry = above.get("symmetry", Raw("none", "")).value
    # A symmetry makes its own loss 0.
    theirs = [loss for loss in style["loss"].listed() if symmetry not in ZEROED_BY_SYMMETRY.get(_loss_name(loss), ())]
    style["loss"] = Raw(theirs, style["loss"].origin)
    if "loss" not in above:
        return [*layers[:place], style, *layers[place:]]
    own = above["loss"].listed()
    replaced = {_loss_name(loss) for loss in own}
    known = {_loss_name(loss) for loss in theirs}
    # A weight of 0 removes a loss of the style.
    own = [loss for loss in own if not (_loss_name(loss) in known and _is_zero(loss))]
    kept = [loss for loss in theirs if _loss_name(loss) not in replaced]
    return [*layers[:place], style, *layers[place:], {"loss": Raw([*kept, *own], above["loss"].origin)}]


def read_yaml(path: Path, title: str | None = None) -> dict[str, Raw]:
    """Read a flat YAML file of settings; an empty file has none.

    Raises UsageError with file and line for what is not YAML, not a mapping of known settings to plain values
    or lists of them, a duplicate, or more than 1 MB.
    """
    title = title or files.printable(path)
    data = reading.read_bytes(path, MAX_YAML_BYTES, UsageError, empty=True)
    try:
        root = reading.compose_yaml(data)
    except reading.YamlError as error:
        line = f", line {error.line}" if error.line else ""
        raise UsageError(f"{title}{line} is not YAML: {error}.", "Correct the file.") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise UsageError(f"{title} is not a list of `setting: value` lines.", "See `vqclip config show`.")
    values: dict[str, Raw] = {}
    for key, node in root.value:
        origin = f"{title}, line {key.start_mark.line + 1}"
        name = str(key.value).replace("-", "_") if isinstance(key, yaml.ScalarNode) else "?"
        if name not in options() and name != "preset":
            raise UsageError(f"{origin}: unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS))
        if name in values:
            raise UsageError(f"{origin}: {name} is given twice.", "Keep one of the two.")
        values[name] = Raw(_plain(node, name, origin), origin)
    return values


def _read_named(kind: str, name: str, known: Mapping[str, Path]) -> dict[str, Raw]:
    if name.endswith((".yaml", ".yml")):
        return read_yaml(Path(name))
    if name not in known:
        raise UsageError(f"unknown {kind} {name!r}.", did_you_mean(name, known, f"Valid: {', '.join(known)}."))
    return read_yaml(known[name], f"{kind} {name}")


def _plain(node: yaml.Node, name: str, origin: str) -> str | list[str] | None:
    if isinstance(node, yaml.ScalarNode) and node.tag.startswith("tag:yaml.org,2002:"):
        unquoted = node.style is None
        return None if unquoted and node.value.lower() in NULLS else str(node.value)
    listed = isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq"
    if listed and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return [str(item.value) for item in node.value]
    raise UsageError(f"{origin}: {name} is not a plain value.", "Write a word, a number or a list of words.")


def _loss_name(loss: str) -> str:
    return loss.partition("@")[0].partition(":")[0].strip().lower().replace("_", "-")


def _is_zero(loss: str) -> bool:
    try:
        return float(loss.partition("@")[0].partition(":")[2]) == 0
    except ValueError:
        return False

"""Reads the file of a configuration, YAML or JSON, and its fields, each with a type and a range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError
from vqclip.files import excerpt, printable
from vqclip.reading import MAX_YAML_NODES, YamlError, parse_yaml, read_bytes

MAX_CONFIG_BYTES = 2**20
HINT = "Give the file that came with the checkpoint."


def read_config(config: Path | Mapping[str, Any]) -> Mapping[str, Any]:
    """Read a YAML file of at most 1 MB; content is returned as it is. Raises ModelError."""
    return _read_yaml(config, printable(config)) if isinstance(config, Path) else config


def stage_of(node: Any, source: str) -> tuple[str, Mapping[str, Any]]:
    """Target and params of a network, which Lightning's YAML calls class_path and init_args. Raises ModelError."""
    lightning = isinstance(node, Mapping) and "class_path" in node and "target" not in node
    target, params = ("class_path", "init_args") if lightning else ("target", "params")
    if not isinstance(node, Mapping) or not isinstance(node.get(params), Mapping):
        raise ModelError(f"{source} has no model with {target} and {params}.", HINT)
    return str(node.get(target)), node[params]


def _read_yaml(path: Path, source: str) -> Mapping[str, Any]:
    data = read_bytes(path, MAX_CONFIG_BYTES, ModelError)
    try:
        content = parse_yaml(data)
    except YamlError as error:
        line = f", line {error.line}" if error.line else ""
        raise ModelError(f"{source}{line} is not plain YAML: {excerpt(str(error))}.", HINT) from None
    if not isinstance(content, Mapping):
        raise ModelError(f"{source} has no model with target and params.", HINT)
    resolved: Mapping[str, Any] = _Interpolated(content, source).resolve(content)
    return resolved


class _Interpolated:
    """Replaces `${model.params.width}` in a configuration by the value that it names, as OmegaConf does.

    OmegaConf itself would also read variables of the system and unfold values to any size.
    """

    def __init__(self, root: Mapping[str, Any], source: str) -> None:
        self.root, self.source, self.left = root, source, MAX_YAML_NODES

    def resolve(self, value: Any, depth: int = 0) -> Any:
        self.left -= 1
        if self.left < 0 or depth > 100:
            raise ModelError(f"{self.source} has interpolations that refer to each other without end.", HINT)
        if isinstance(value, Mapping):
            return {key: self.resolve(item, depth + 1) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.resolve(item, depth + 1) for item in value]
        found = re.fullmatch(r"\$\{([\w.-]+)\}", value.strip()) if isinstance(value, str) else None
        if found is None:
            return value
        target: Any = self.root
        for name in found[1].split("."):
            if not isinstance(target, Mapping) or name not in target:
                raise ModelError(f"{self.source}: the interpolation {shown(value)} names nothing in the file.", HINT)
            target = target[name]
        return self.resolve(target, depth + 1)


def shown(value: object) -> str:
    """A value of a file, for messages."""
    return printable(repr(value)[:80])


class Fields:
    """Reads the fields of one mapping, each with a type and a range."""

    def __init__(self, source: str, values: Mapping[str, Any], path: str = "") -> None:
        self.source, self.values, self.path = source, values, path

    def section(self, name: str) -> Fields:
        """The fields of a group."""
        value = self.values.get(name)
        if not isinstance(value, Mapping):
            raise self.wrong(name, value, "a group of fields")
        return Fields(self.source, value, f"{name}.")

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number in a range."""
        value = self.values.get(name, default)
        if not _is_whole(value, low, high):
            raise self.wrong(name, value, f"a whole number from {low} to {high}")
        return int(value)

    def wholes(self, name: str, low: int, high: int, at_least: int) -> tuple[int, ...]:
        """From `at_least` to 8 whole numbers in a range."""
        value = self.values.get(name)
        fits = isinstance(value, (list, tuple)) and at_least <= len(value) <= 8
        if not fits or not all(_is_whole(item, low, high) for item in value or ()):
            raise self.wrong(name, value, f"a list of {at_least} to 8 whole numbers from {low} to {high}")
        return tuple(value or ())

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, value, "true or false")
        return value

    def wrong(self, name: str, value: object, wanted: str) -> ModelError:
        """The error for a field that is not what is wanted."""
        is_not = "is missing" if value is None else f"is {shown(value)}"
        return ModelError(f"{self.source}: {self.path}{name} {is_not}; it has to be {wanted}.", HINT)


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

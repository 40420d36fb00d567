"""From files, variables and flags to one `Settings`, and where each value came from.

Later layers win: defaults, the user's file, the preset, --config files, VQCLIP_* variables, the record of an
earlier run, flags. Each value
arrives as text and is converted by OmegaConf to the type that `Settings` declares. YAML is only composed,
never constructed, so `prompt: no` stays the word "no" and no tag is obeyed; texts pass through OmegaConf
percent-encoded, so that `${...}` and `???` in a prompt mean themselves.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vqclip import files, reading
from vqclip.errors import UsageError, did_you_mean
from vqclip.settings.prompts import join_lines
from vqclip.settings.ranges import check, parse_clip
from vqclip.settings.rules import MIRRORED, NO_STEPS, idle
from vqclip.settings.schema import Settings, options

MAX_YAML_BYTES = 1_000_000
DEFAULT_PRESET = "normal"
ALL_SETTINGS = "`vqclip config show` has them all."
_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,100}\s*")
# "1O" for 10 and "l5" for 15.
_MISTYPED_NUMBER = re.compile(r"[\dOoIl]*\d[\dOoIl]*")
NULLS = ("null", "~", "")
_SPECIAL = tuple(
    f"VQCLIP_{word}" for word in ("PRESET", "CONFIG", "CACHE_DIR", "OUTPUT_DIR", "OFFLINE", "DEBUG", "PREVIEW")
)


@dataclass(frozen=True)
class Raw:
    """One value as text (or a list of texts, or None for `null`), and the place it was read from."""

    value: str | list[str] | None
    place: str


@dataclass(frozen=True)
class Record:
    """The settings of an earlier run, by name, and where they are recorded in words."""

    settings: Mapping[str, Any]
    place: str


@dataclass(frozen=True)
class Resolved:
    """Settings, the preset they began with (or None), and for each setting where its value came from."""

    settings: Settings
    preset: str | None
    sources: Mapping[str, str]


def resolve(
    flags: Mapping[str, Any],
    *,
    preset: str | None = None,
    config_files: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
    recorded: Record | None = None,
    reach: bool = True,
) -> Resolved:
    """Merge all layers.

    flags: values by setting name, None for "not given". preset: from the command line, or None. environment:
    os.environ unless given. recorded: an earlier run, of which only flags may change anything. reach: as in
    `Settings.validate`. Raises UsageError that names the file and line, the variable or the flag.
    """
    environment = os.environ if environment is None else environment
    for name in flags:
        if name not in options():
            raise UsageError(f"unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS))
    given = {name: Raw(_as_text(value), _flag(name)) for name, value in flags.items() if value is not None}
    variables = read_environment(environment)
    earlier = _from_record(recorded) if recorded else {}
    configs = [read_yaml(path) for path in (*_configs_of(environment), *config_files)]
    user = _user_file(environment)
    personal = read_yaml(user) if user else {}
    preset_name = _choose_preset(preset, environment, [given, earlier, variables, *reversed(configs), personal])
    layers = [personal, read_preset(preset_name) if preset_name else {}, *configs, variables, earlier, given]
    merged: dict[str, Raw] = {}
    for layer in _with_style(layers, earlier):
        merged.update({name: raw for name, raw in layer.items() if name != "preset"})
    merged = _without_idle(merged, configs, earlier, [*configs, variables, earlier, given])
    settings = _typed(merged)
    try:
        settings.validate(reach=reach)
    except UsageError as error:
        raise _with_place(error, merged) from None
    places = {name: merged[name].place if name in merged else "default" for name in options()}
    return Resolved(settings, preset_name, places)


def read_prompt(prompt: str, file: Path | None) -> str:
    """The prompt of a command line: as it was typed, or from a file or standard input, `-`, with one on each line.

    Raises UsageError when both are given or the file holds none, InputError for a file that cannot be read.
    """
    if file is not None and prompt:
        raise UsageError("prompt_file has no effect beside a prompt.", "Leave one of the two out.")
    if file is None and prompt != "-":
        return prompt
    source = file or Path("-")
    found = join_lines(reading.read_lines(source))
    if not found:
        name = "standard input" if str(source) == "-" else files.printable(source)
        raise UsageError(f"{name} holds no prompt.", "Write one on each line.")
    return found


def styles() -> dict[str, Path]:
    """Style presets by name: those that ship with vqclip, overridden by those in the user's own folder."""
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


def _read_named(kind: str, name: str, known: Mapping[str, Path]) -> dict[str, Raw]:
    if name.endswith((".yaml", ".yml")):
        return read_yaml(Path(name))
    if name not in known:
        raise UsageError(f"unknown {kind} {name!r}.", did_you_mean(name, known, f"Valid: {', '.join(known)}."))
    return read_yaml(known[name], f"{kind} {name}")


def _with_style(layers: Sequence[Mapping[str, Raw]], earlier: Mapping[str, Raw]) -> list[Mapping[str, Raw]]:
    """The layers with the style that the last of them names, just below that one. Its losses stay beside those above.

    The record of an earlier run names a style too, and already holds all of its settings.
    """
    named = [number for number, layer in enumerate(layers) if "style" in layer]
    if not named or layers[named[-1]] is earlier:
        return list(layers)
    place, choice = named[-1], layers[named[-1]]["style"].value
    if not isinstance(choice, str) or choice == "none":
        return list(layers)
    style = read_style(choice)
    above = {name: raw for layer in layers[place:] for name, raw in layer.items()}
    mirrors = above.get("symmetry", Raw("none", "")).value
    if "loss" in style:
        # A symmetry that was asked for does what such a loss is for.
        felt = [term for term in _listed(style["loss"]) if mirrors not in MIRRORED.get(_loss_name(term), ())]
        style["loss"] = Raw(felt, style["loss"].place)
    if "loss" in style and "loss" in above:
        own = _listed(above["loss"])
        replaced = {_loss_name(term) for term in own}
        theirs = {_loss_name(term) for term in _listed(style["loss"])}
        # A weight of 0 removes a loss of the style.
        own = [term for term in own if not (_loss_name(term) in theirs and _is_nothing(term))]
        kept = [term for term in _listed(style["loss"]) if _loss_name(term) not in replaced]
        both = {"loss": Raw([*kept, *own], above["loss"].place)}
        return [*layers[:place], style, *layers[place:], both]
    return [*layers[:place], style, *layers[place:]]


def _without_idle(
    merged: dict[str, Raw],
    configs: Sequence[Mapping[str, Raw]],
    earlier: Mapping[str, Raw],
    asked: Sequence[Mapping[str, Raw]],
) -> dict[str, Raw]:
    """The values without those that would do nothing and that nobody asked for.

    Presets, styles and the user's own file serve many runs: settings without effect in this run are left out. So are
    settings of a config file that a flag makes idle, and of a record those that were idle in that run too, or need
    steps where there are none. `Settings.validate` refuses all others without effect.
    """
    typed = {id(raw) for layer in asked for raw in layer.values()}
    in_files = {id(raw): raw for layer in configs for raw in layer.values()}
    merged = dict(merged)
    alone: set[tuple[str, str]] | None = None
    try:
        first = _typed(merged)
        for name, option in options().items():
            check(name, getattr(first, name), option)
        while found := [(name, row.why) for name, row in idle(_typed(merged)) if name in merged]:
            if alone is None:
                # A file says nothing of the prompt: with one, what is idle in it is idle without any flag.
                whole = {name: raw for layer in configs for name, raw in layer.items()}
                alone = {(name, row.why) for name, row in idle(_typed({"prompt": Raw("a", ""), **whole}))}
                recorded = {(name, row.why) for name, row in idle(_typed(earlier))}
            for name, why in found:
                mark = id(merged[name])
                overtaken = mark in in_files and (name, why) not in alone
                as_before = merged[name] is earlier.get(name) and (name, why) in {*recorded, (name, NO_STEPS.why)}
                if mark not in typed or overtaken or as_before:
                    del merged[name]
                    break
            else:
                break
    except UsageError:
        # Something cannot be read at all, which is to be told first.
        pass
    return merged


def _listed(raw: Raw) -> list[str]:
    return raw.value if isinstance(raw.value, list) else [] if raw.value is None else [raw.value]


def _loss_name(term: str) -> str:
    return term.partition("@")[0].partition(":")[0].strip().lower().replace("_", "-")


def _is_nothing(term: str) -> bool:
    try:
        return float(term.partition("@")[0].partition(":")[2]) == 0
    except ValueError:
        return False


def presets() -> dict[str, Path]:
    """The presets that ship with vqclip, by name."""
    return {path.stem: path for path in sorted(files.data_path("configs", "presets").glob("*.yaml"))}


def read_preset(name: str) -> dict[str, Raw]:
    """The settings of a shipped preset, or of a YAML file when the name is a path. Raises UsageError."""
    return _read_named("preset", name, presets())


def read_environment(environment: Mapping[str, str]) -> dict[str, Raw]:
    """The settings among the VQCLIP_* variables; a variable that names no setting is refused."""
    found = {}
    for variable, value in environment.items():
        if not variable.startswith("VQCLIP_") or variable in _SPECIAL:
            continue
        name = variable.removeprefix("VQCLIP_").lower()
        if name not in options():
            known = [f"VQCLIP_{option.upper()}" for option in options()] + list(_SPECIAL)
            raise UsageError(
                f"the variable {variable} names no setting.", did_you_mean(variable, known, ALL_SETTINGS)
            )
        many = isinstance(Settings.__dataclass_fields__[name].default, tuple)
        texts = [part.strip() for part in value.split(options()[name].separator)] if many else value
        found[name] = Raw(texts, f"the variable {variable}")
    return found


def read_yaml(path: Path, title: str | None = None) -> dict[str, Raw]:
    """Read a flat YAML file of settings; an empty file says nothing.

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
        place = f"{title}, line {key.start_mark.line + 1}"
        name = str(key.value).replace("-", "_") if isinstance(key, yaml.ScalarNode) else "?"
        if name not in options() and name != "preset":
            raise UsageError(f"{place}: unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS))
        if name in values:
            raise UsageError(f"{place}: {name} is given twice.", "Keep one of the two.")
        values[name] = Raw(_plain(node, name, place), place)
    return values


def _plain(node: yaml.Node, name: str, place: str) -> str | list[str] | None:
    if isinstance(node, yaml.ScalarNode) and node.tag.startswith("tag:yaml.org,2002:"):
        unquoted = node.style is None
        return None if unquoted and node.value.lower() in NULLS else str(node.value)
    listed = isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq"
    if listed and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return [str(item.value) for item in node.value]
    raise UsageError(f"{place}: {name} is not a plain value.", "Write a word, a number or a list of words.")


def _typed(merged: Mapping[str, Raw]) -> Settings:
    """Convert each text to the type that `Settings` declares."""
    schema = OmegaConf.structured(Settings)
    OmegaConf.set_readonly(schema, False)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(Settings):
        if field.name not in merged:
            continue
        raw = merged[field.name]
        if field.name == "seed" and isinstance(raw.value, str):
            raw = Raw(_seed(raw.value, raw.place), raw.place)
        many = isinstance(field.default, tuple)
        if isinstance(raw.value, list) != many:
            if many and isinstance(raw.value, str):
                raw = Raw([raw.value], raw.place)
            else:
                raise UsageError(f"{raw.place}: {field.name} cannot be {raw.value!r}.", "Give one value.")
        if isinstance(raw.value, list):
            values[field.name] = tuple(raw.value)
            continue
        textual = field.type.startswith("str") if isinstance(field.type, str) else field.type is str
        text = quote(raw.value, errors="surrogatepass") if textual and raw.value is not None else raw.value
        try:
            OmegaConf.update(schema, field.name, text)
            typed = OmegaConf.to_container(schema)[field.name]
        except OmegaConfBaseException:
            kind = str(field.type).replace(" | None", "").replace("int", "whole number").replace("float", "number")
            kind = kind.replace("bool", "yes or no").replace("str", "text")
            raise UsageError(f"{raw.place}: {field.name} cannot be {raw.value!r}.", f"Valid: {kind}.") from None
        values[field.name] = unquote(typed, errors="surrogatepass") if textual and typed is not None else typed
    return Settings(**values)


def seed_of_word(text: str) -> int | None:
    """The seed that a word stands for, hashed as pixray's are; None for what is no word: numbers, slips of them, and
    "random"."""
    if text == "random" or not text[:1].isalpha() or _MISTYPED_NUMBER.fullmatch(text):
        return None
    return int.from_bytes(hashlib.sha512(text.encode("utf-8", "surrogatepass")).digest()[:8]) >> 1


def _seed(text: str, place: str) -> str | None:
    """A seed as digits, or None for "random". Raises UsageError for what is neither a whole number nor a word."""
    if text == "random":
        return None
    word = seed_of_word(text)
    if word is None and not _WHOLE_NUMBER.fullmatch(text):
        raise UsageError(
            f"{place}: seed cannot be {text!r}.",
            "Valid: a whole number, as 7; a word that begins with a letter, as rainbow; or random.",
        )
    return text if word is None else str(word)


def _choose_preset(
    preset: str | None, environment: Mapping[str, str], layers: Iterable[Mapping[str, Raw]]
) -> str | None:
    """The preset asked for; without one, the built-in pair's, unless other models are named."""
    layers = list(layers)
    in_files = [layer["preset"].value for layer in layers if "preset" in layer]
    for name in (preset, environment.get("VQCLIP_PRESET"), *in_files):
        if name:
            return str(name)
    for layer in layers:
        clips = layer["clip"].value if "clip" in layer else None
        named = [parse_clip(clip)[0] for clip in ([clips] if isinstance(clips, str) else clips or [])]
        if any(name != "tiny" for name in named) or ("vqgan" in layer and layer["vqgan"].value != "tiny"):
            return None
    return DEFAULT_PRESET


def _configs_of(environment: Mapping[str, str]) -> list[Path]:
    return [Path(part) for part in environment.get("VQCLIP_CONFIG", "").split(os.pathsep) if part]


def _user_file(environment: Mapping[str, str]) -> Path | None:
    """The user's own settings, or None. A folder that may not be searched, as another user's, holds none."""
    from platformdirs import user_config_path

    path = user_config_path("vqclip") / "config.yaml"
    return path if files.is_file(path) else None


def _from_record(recorded: Record) -> dict[str, Raw]:
    return {
        name: Raw(None if value is None else _as_text(value), recorded.place)
        for name, value in recorded.settings.items()
    }


def _as_text(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value)


def _flag(name: str) -> str:
    return "the prompt" if name == "prompt" else f"--{name.replace('_', '-')}"


def _with_place(error: UsageError, merged: Mapping[str, Raw]) -> UsageError:
    """Say which file or variable a value out of range came from; a flag speaks for itself."""
    name = error.message.split(" ", 1)[0]
    raw = merged.get(name)
    if raw is None or raw.place.startswith(("--", "the prompt")):
        return error
    return UsageError(f"{raw.place}: {error.message}", error.hint)

"""Resolve the settings of a run from all of their sources, and say where each value came from.

Later sources win: defaults, the user's file, the preset, --config files, VQCLIP_* variables, the record of an earlier
run, flags. OmegaConf converts numbers to the types that `Settings` declares; texts stay as they were typed, so that
`${...}` and `???` in a prompt mean themselves.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from vqclip import files, reading
from vqclip.errors import UsageError, did_you_mean
from vqclip.files import printable
from vqclip.object_copies import local_file
from vqclip.object_store import address_of, allow
from vqclip.picture_files import upright_size
from vqclip.settings import checks
from vqclip.settings.init_strength import settings_of
from vqclip.settings.option import PICTURE_KINDS, change_paths, parse_clip
from vqclip.settings.presets import ALL_SETTINGS, Layer, Raw, presets, read_preset, read_yaml, with_style
from vqclip.settings.prompts import TYPED, join_lines
from vqclip.settings.requirements import STEPS
from vqclip.settings.schema import MAX_SEED, Settings, default_of, options, type_of

DEFAULT_PRESET = "normal"
_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,100}\s*")
# "1O" for 10 and "l5" for 15.
_MISTYPED_NUMBER = re.compile(r"[\dOoIl]*\d[\dOoIl]*")
NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})
_TYPE_NAMES = {"int": "whole number", "float": "number", "bool": "yes or no"}
_SPECIAL = tuple(
    f"VQCLIP_{word}" for word in ("PRESET", "CONFIG", "CACHE_DIR", "OUTPUT_DIR", "OFFLINE", "DEBUG", "PREVIEW")
)


OnlySize = Callable[[Settings], tuple[int, int] | None]


@dataclass(frozen=True)
class Record:
    """The settings of an earlier run by name, and where they are recorded, for messages.

    explicit: whether recorded options that lose their effect are refused; otherwise they are left out.
    """

    settings: Mapping[str, Any]
    origin: str
    explicit: bool = True


@dataclass(frozen=True)
class Resolved:
    """Settings, the preset that they started from (or None), and the source of each setting."""

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
    bounds: bool = True,
    pictures: Mapping[str, bytes] = NO_PICTURES,
    only_size: OnlySize = lambda _: None,
) -> Resolved:
    """Merge all sources into the settings of a run.

    Args:
        flags: Values by name; None is not given.
        preset: From the command line, or None.
        config_files: YAML files, the last one wins.
        environment: os.environ unless given.
        recorded: An earlier run, of which only flags change anything.
        bounds: As in `Settings.validate`.
        pictures: The content of files that are not written yet, by name.
        only_size: The only size that the VQGAN of some settings draws, if there is one.

    Raises:
        InputError: The init picture, whose size counts, cannot be read.
        UsageError: Names the file and line, the variable or the flag.
    """
    environment = os.environ if environment is None else environment
    given = _given(flags)
    variables = read_environment(environment)
    earlier = _from_record(recorded) if recorded else {}
    configs = [read_yaml(path) for path in (*_configs_of(environment), *config_files)]
    user = _user_file(environment)
    personal = read_yaml(user) if user else {}
    _allow_addresses(variables, given)
    preset_name = _choose_preset(preset, environment, [given, earlier, variables, *reversed(configs), personal])
    chosen = read_preset(preset_name) if preset_name else {}
    layers: list[Layer] = [personal, chosen, *configs, variables, earlier, given]
    _refuse_addresses(_merged(layers), named=(variables, given), earlier=earlier)
    own = preset_name not in presets()
    layers = _with_init_strength(layers, earlier, pictures, own_preset=own, only_size=only_size)
    merged = _merged(with_style(layers, earlier))
    _keep_named_rate(merged, (*configs, variables, given))
    settings = typed(merged)
    explicit = (variables, given, *((earlier,) if recorded and recorded.explicit else ()))
    try:
        # Something that cannot be read at all is refused before anything that has no effect.
        settings.check_values()
        settings = _drop_without_effect(settings, merged, earlier, explicit)
        with checks.files_first(settings, options(), pictures):
            settings.validate(bounds=bounds)
    except UsageError as error:
        raise _with_origin(error, merged) from None
    origins = {name: merged[name].origin if name in merged else "default" for name in options()}
    return Resolved(settings, preset_name, origins)


def _given(flags: Mapping[str, Any]) -> dict[str, Raw]:
    """The values that are not None. Raises UsageError for an unknown setting."""
    for name in flags:
        if name not in options():
            raise UsageError(f"unknown setting {name!r}.", did_you_mean(name, options(), ALL_SETTINGS))
    return {name: Raw(_as_text(value), _flag(name)) for name, value in flags.items() if value is not None}


def _allow_addresses(*layers: Layer) -> None:
    """Let this process fetch the pictures that the user names by address. Raises UsageError for other files."""
    for layer in layers:
        for name, raw in layer.items():
            for address in _addresses(name, raw):
                if options()[name].kind not in PICTURE_KINDS:
                    raise UsageError(
                        f"{name} cannot be an address of an object store: {printable(address)}.",
                        "Only pictures and files of prompts can. Copy it to this machine first.",
                    )
                allow(address)


def _refuse_addresses(merged: Layer, named: Sequence[Layer], earlier: Layer) -> None:
    """Raise UsageError for an address that a file names, which may come from someone else."""
    for name, raw in merged.items():
        if any(raw is layer.get(name) for layer in (*named, earlier)):
            continue
        for address in _addresses(name, raw):
            raise UsageError(
                f"{raw.origin}: {name} names {printable(address)}, but settings files may not use the network.",
                "Give it on the command line, or in a line of a batch.",
            )


def _addresses(name: str, raw: Raw) -> list[str]:
    """The addresses of object stores in a value."""
    found: list[str] = []

    def note(path: str) -> str:
        found.extend(filter(None, [address_of(path)]))
        return path

    for text in raw.listed() if name in options() else ():
        if ":/" in text:
            change_paths(options()[name], text, note)
    return found


def _merged(layers: Iterable[Layer]) -> dict[str, Raw]:
    return {name: raw for layer in layers for name, raw in layer.items() if name != "preset"}


def _keep_named_rate(merged: dict[str, Raw], layers: Iterable[Layer]) -> None:
    """Drop learning_rate_steps where a layer names only the rate: that rate is meant for the steps of the run."""
    named = [raw for layer in layers for raw in layer.values()]
    if any(merged.get("learning_rate") is raw for raw in named) and merged.get("learning_rate_steps") not in named:
        merged.pop("learning_rate_steps", None)


def _with_init_strength(
    layers: list[Layer],
    earlier: Layer,
    pictures: Mapping[str, bytes],
    *,
    own_preset: bool,
    only_size: OnlySize,
) -> list[Layer]:
    """Insert the settings of the init strength above the preset, so that all that the user names overrides them.

    A record holds it already, unless a flag now changes the picture or the strength. own_preset: of the user.
    """
    merged, given = _merged(layers), layers[-1]
    picture, run = (merged[name].value if name in merged else None for name in ("init_image", "init_run"))
    changed = "init_image" in given or "init_strength" in given
    if not isinstance(picture, str) or run is not None or (earlier and not changed):
        return layers
    place = len(layers) - 1 if earlier else 1 if own_preset else 2
    strength = typed({"init_strength": merged["init_strength"]} if "init_strength" in merged else {}).init_strength
    sized = any("size" in layer for layer in layers[place:])
    drawn = None if sized else only_size(typed(merged))
    size = drawn or (None if sized else upright_size(Path(picture), pictures.get(picture)))
    masked = "mask" in merged and merged["mask"].value is not None
    base = typed(_merged(layers[:2]))
    prior = False
    with contextlib.suppress(UsageError):
        # A prompt that cannot be read is reported later. Whether another VQGAN than the preset's has a prior, is not
        # known here.
        asked = typed(merged).replace(init_candidate=1.0)
        prior = asked.uses_prior and asked.vqgan == base.vqgan
    found = settings_of(strength, base, size, masked=masked, prior=prior)
    origin = f"init_strength {strength:g}"
    return [*layers[:place], {name: Raw(str(value), origin) for name, value in found.items()}, *layers[place:]]


def read_prompt(prompt: str, file: Path | None) -> str:
    """The prompt of a command line: as it was typed, or from a file or standard input, `-`, with one on each line.

    Raises UsageError when both are given or the file holds none, InputError for a file that cannot be read.
    """
    if file is None and prompt != "-":
        return prompt
    source = file or Path("-")
    found = join_lines(reading.read_lines(local_file(source, reading.MAX_TEXT_BYTES)))
    if file is not None and prompt:
        raise UsageError("prompt_file cannot be used with a prompt.", "Leave one of the two out.")
    if not found:
        name = "standard input" if str(source) == "-" else files.printable(source)
        raise UsageError(f"{name} holds no prompt.", "Write one on each line.")
    return found


def _drop_without_effect(
    settings: Settings, merged: dict[str, Raw], earlier: Layer, explicit: Sequence[Layer]
) -> Settings:
    """Set options without effect that nobody gave explicitly back to their defaults, and remove them from `merged`.

    Presets, styles, config files and the user's own file serve many runs. Flags and variables are explicit, and
    `Settings.validate` refuses them. So is what an earlier run records, but for options without effect in that run,
    and for those of the optimiser when the new run has no steps.
    """
    then = {(name, need.why) for name, need in typed(earlier).without_effect()} if earlier else set()
    while True:
        for name, requirement in settings.without_effect():
            raw = merged.get(name)
            if raw is None:
                continue
            asked = any(raw is layer.get(name) for layer in explicit)
            as_then = (name, requirement.why) in then or requirement is STEPS
            if not asked or (raw is earlier.get(name) and as_then):
                del merged[name]
                settings = settings.replace(**{name: default_of(name)})
                break
        else:
            return settings


def read_environment(environment: Mapping[str, str]) -> dict[str, Raw]:
    """The settings among the VQCLIP_* variables. Raises UsageError for a variable that names no setting."""
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
        many = type_of(name).startswith("tuple")
        texts = [part.strip() for part in value.split(options()[name].separator)] if many else value
        found[name] = Raw(texts, f"the variable {variable}")
    return found


def typed(merged: Layer) -> Settings:
    """Convert each text to the type that `Settings` declares. Raises UsageError."""
    values: dict[str, Any] = {}
    numbers: dict[str, str | None] = {}
    for field in fields(Settings):
        if field.name not in merged:
            continue
        raw, kind = merged[field.name], type_of(field.name)
        text_kind = options()[field.name].kind in ("text", "prompt", "timed prompt")
        if kind.startswith("tuple") and raw.value is not None:
            values[field.name] = tuple(map(decoded, raw.listed()) if text_kind else raw.listed())
        elif isinstance(raw.value, list):
            raise UsageError(f"{raw.origin}: {field.name} cannot be {raw.value!r}.", "Give one value.")
        elif kind == "str" and (raw.value is not None or "None" in str(field.type)):
            values[field.name] = decoded(raw.value) if text_kind and raw.value is not None else raw.value
        else:
            seed = field.name == "seed" and raw.value is not None
            text = None if raw.value is None else decoded(raw.value).translate(TYPED)
            numbers[field.name] = read_seed(str(text), raw.origin) if seed else text
    try:
        schema = OmegaConf.merge(OmegaConf.structured(Settings), numbers)
        values |= {name: schema[name] for name in numbers}
    except OmegaConfBaseException as error:
        name = str(error.full_key)
        raw, kind = merged[name], type_of(name)
        valid = _TYPE_NAMES.get(kind, "text")
        raise UsageError(f"{raw.origin}: {name} cannot be {raw.value!r}.", f"Valid: {valid}.") from None
    return Settings(**values)


def decoded(text: str) -> str:
    """A text of the command line as it was typed: in an ASCII locale, Python escapes each byte of UTF-8."""
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        with contextlib.suppress(UnicodeError):
            return text.encode("utf-8", "surrogateescape").decode("utf-8")
    return text


def seed_of_word(text: str) -> int | None:
    """The seed that a word stands for, hashed as in pixray.

    None for what is not a word: numbers, mistyped numbers, and "random".
    """
    if text == "random" or not text[:1].isalpha() or _MISTYPED_NUMBER.fullmatch(text):
        return None
    return int.from_bytes(hashlib.sha512(text.encode("utf-8", "surrogatepass")).digest()[:8]) >> 1


def read_seed(text: str, origin: str) -> str | None:
    """A seed as digits, or None for "random". Raises UsageError for what is neither a whole number nor a word."""
    text = text.translate(TYPED)
    if text == "random":
        return None
    word = seed_of_word(text)
    if re.fullmatch(r"-\d+", text):
        raise UsageError(
            f"{origin}: seed is {text}.", f"Valid: 0 to {MAX_SEED}, or no seed for another picture each time."
        )
    if word is None and not _WHOLE_NUMBER.fullmatch(text):
        raise UsageError(
            f"{origin}: seed cannot be {text!r}.",
            "Valid: a whole number, as 7; a word that begins with a letter, as rainbow; or random.",
        )
    return text if word is None else str(word)


def _choose_preset(preset: str | None, environment: Mapping[str, str], layers: Iterable[Layer]) -> str | None:
    """The preset that is named; otherwise the default one, unless other models are named."""
    layers = list(layers)
    in_files = [layer["preset"].value for layer in layers if "preset" in layer]
    for name in (preset, environment.get("VQCLIP_PRESET"), *in_files):
        if name:
            return str(name)
    for layer in layers:
        clips = layer["clip"].listed() if "clip" in layer else []
        other_clip = any(parse_clip(clip)[0] != "tiny" for clip in clips)
        if other_clip or ("vqgan" in layer and layer["vqgan"].value != "tiny"):
            return None
    return DEFAULT_PRESET


def _configs_of(environment: Mapping[str, str]) -> list[Path]:
    return [Path(part) for part in environment.get("VQCLIP_CONFIG", "").split(os.pathsep) if part]


def _user_file(environment: Mapping[str, str]) -> Path | None:
    """The user's own settings file, or None. A folder that may not be searched, as another user's, holds none."""
    from platformdirs import user_config_path

    path = user_config_path("vqclip") / "config.yaml"
    return path if files.exists(path) else None


def _from_record(recorded: Record) -> dict[str, Raw]:
    return {
        name: Raw(None if value is None else _as_text(value), recorded.origin)
        for name, value in recorded.settings.items()
    }


def _as_text(value: Any) -> str | list[str]:
    if isinstance(value, (list, tuple)):
        return [str(item) for item in value]
    return str(value)


def _flag(name: str) -> str:
    return "the prompt" if name == "prompt" else f"--{name.replace('_', '-')}"


def _with_origin(error: UsageError, merged: Layer) -> UsageError:
    """Name the file or variable of a value that is refused; a flag is clear from the message."""
    name = error.message.split(" ", 1)[0]
    raw = merged.get(name)
    if raw is None or raw.origin.startswith(("--", "the prompt")):
        return error
    return UsageError(f"{raw.origin}: {error.message}", error.hint)

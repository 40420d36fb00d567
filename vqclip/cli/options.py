"""Command line options made from `Settings`, so that a default and its help have one home."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import typer
from typer.core import TyperGroup

from vqclip.reading import MAX_TEXT_BYTES, parse_yaml, read_bytes
from vqclip.settings.option import Option
from vqclip.settings.schema import MOTIONS, Settings, default_of, options

SHORT = {"iterations": "-n"}
PANELS = ("Prompt", "Prior", "Model", "Optimisation", "Style", "Cutouts", "Motion", "Runtime", "Output", "Display")
METAVARS = {
    "augments": "CODES",
    "cross_fade": "STEPS",
    "cut_grey": "SCHEDULE",
    "cut_overview": "SCHEDULE",
    "edge_colour": "COLOUR",
    "init_image": "FILE",
    "init_run": "DIR",
    "image_prompt": "FILE",
    "learning_rate_drops": "PLACES",
    "learning_rate_schedule": "SCHEDULE",
    "loss": "TERM",
    "mask": "FILE",
    "noise_prompt": "SEED",
    "overlay_image": "FILE",
    "overlay_until": "STEP",
    "prompt_also": "PROMPT",
    "prompt_prefix": "TEXT",
    "prompt_suffix": "TEXT",
    "prompt_at": "STEP:PROMPT",
    "palette": "COLOURS",
    "target_image": "FILE",
    "video_comment": "TEXT",
    "video_title": "TEXT",
    "vqgan_config": "FILE",
    **dict.fromkeys(MOTIONS, "SCHEDULE"),
}
HIDDEN = ("prompt",)
"""Settings that are not options: the prompt is the argument."""


def setting_options(
    names: tuple[str, ...] | None = None, short: Mapping[str, str] = SHORT, helps: Mapping[str, str] | None = None
) -> dict[str, tuple[Any, Any]]:
    """For each setting its annotation and typer option, by name.

    short: one-letter flags by setting. helps: lines of help in the place of the settings' own, where a command
    takes less than a run does.

    Values stay text until `config` converts them, so that flags, variables and files fail alike. None means
    "not given".
    """
    own = helps or {}
    return {
        name: _setting_option(name, short.get(name), own.get(name))
        for name in options()
        if name not in HIDDEN and (names is None or name in names)
    }


def _setting_option(name: str, letter: str | None, line: str | None) -> tuple[Any, Any]:
    """The annotation and typer option of a setting. letter: of its short flag. line: of help, if not its own."""
    option = options()[name]
    kind = Settings.__dataclass_fields__[name].type
    flag = f"--{name.replace('_', '-')}"
    declarations = [flag, *([letter] if letter else [])]
    annotation: Any = str | None
    metavar: str | None = _metavar(name, str(kind), option)
    if kind == "bool":
        # What is off by default needs no option that turns it off, and two names would crowd the page.
        if default_of(name):
            declarations = [f"{flag}/--no-{name.replace('_', '-')}"]
        annotation, metavar = bool | None, None
    elif str(kind).startswith("tuple"):
        annotation = list[str] | None
    shown = typer.Option(
        None,
        *declarations,
        help=_help(name, option, option.help if line is None else line),
        metavar=metavar,
        rich_help_panel=option.panel,
        show_default=False,
    )
    return annotation, shown


def with_settings(
    command: Callable[..., None],
    names: tuple[str, ...] | None = None,
    short: Mapping[str, str] = SHORT,
    helps: Mapping[str, str] | None = None,
) -> Callable[[], None]:
    """Give a command one option per setting, in the place of its `**settings`; as in `setting_options`.

    What is returned stands for the command on the help page of its group, a `SettingsGroup`, which makes the options
    only when this command is the one that was asked for: a hundred options for each of many commands take longer
    to make than all else that a short answer needs.
    """

    def standing_in() -> None:
        raise AssertionError("a SettingsGroup calls the command itself")

    standing_in.__name__, standing_in.__doc__ = command.__name__, command.__doc__
    standing_in.whole = functools.partial(_whole, command, names, short, helps)  # type: ignore[attr-defined]
    return standing_in


class SettingsGroup(TyperGroup):
    """A group of commands, of which those that `with_settings` made get their options when they are called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command of that name with its options, and the arguments behind it."""
        name, command, rest = super().resolve_command(ctx, args)
        whole = getattr(getattr(command, "callback", None), "whole", None)
        return name, whole(name) if whole else command, rest


def _whole(
    command: Callable[..., None],
    names: tuple[str, ...] | None,
    short: Mapping[str, str],
    helps: Mapping[str, str] | None,
    name: str,
) -> Any:
    """The command with all of its options, as typer makes it."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name)(_spelt_out(command, setting_options(names, short, helps)))
    return typer.main.get_command(alone)


def _spelt_out(command: Callable[..., None], settings: Mapping[str, tuple[Any, Any]]) -> Callable[..., None]:
    signature = inspect.signature(command, eval_str=True)
    kept = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=annotation)
        for name, (annotation, option) in settings.items()
    ]
    order = sorted([p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in kept] + added, key=_panel)

    def wrapper(**values: Any) -> None:
        _tell_seed(**values)
        command(**values)

    wrapper.__name__, wrapper.__doc__ = command.__name__, command.__doc__
    wrapper.__signature__ = inspect.Signature(order)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in order}
    return wrapper


def _tell_seed(*, seed: str | None = None, as_json: bool = False, quiet: bool = False, **_: Any) -> None:
    """Say which number a word is as a seed: a slip of the fingers would else go unseen."""
    if seed is None or as_json or quiet:
        return
    from vqclip.cli.console import Console
    from vqclip.settings.sources import seed_of_word

    number = seed_of_word(seed)
    if number is not None:
        Console().note(f"the word {seed!r} is taken as the seed {number}")


def _panel(parameter: inspect.Parameter) -> int:
    """Where an option's panel comes on the help page; arguments and options without a panel go first."""
    known = (parameter.default, *getattr(parameter.annotation, "__metadata__", ()))
    panels = [panel for item in known if (panel := getattr(item, "rich_help_panel", None)) in PANELS]
    return PANELS.index(panels[0]) if panels else -1


def _metavar(name: str, kind: str, option: Option) -> str:
    if option.choices:
        return "NAME"
    if name == "size":
        return "WxH"
    if "int" in kind:
        return "N"
    if "float" in kind:
        return "X"
    return METAVARS.get(name, "NAME")


def _help(name: str, option: Option, line: str) -> str:
    unit = f" {option.unit}" if option.unit else ""
    default = default_of(name)
    shown = "none" if default in (None, ()) else _plain(default) + unit
    preset = _built_in().get(name)
    if preset is not None and preset != _plain(default):
        shown = f"{preset}{unit}; {shown} for other models"
    if name == "seed":
        shown = "random"
    elif name == "threads":
        shown = "all cores"
    elif name == "tile_size":
        shown = "by size"
    elif name == "augments":
        shown = "the method's own"
    # As a metavar, the choices would break within words beside longer options.
    choices = f" One of: {', '.join(option.choices)}." if option.choices else ""
    return f"{line}{choices} \\[default: {shown}]"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


@functools.cache
def _built_in() -> Mapping[str, str]:
    """What the default preset sets: the values that hold when no other model is named."""

    from vqclip.files import data_path

    values = parse_yaml(read_bytes(data_path("configs", "presets", "normal.yaml"), MAX_TEXT_BYTES))
    return {name: _plain(tuple(v) if isinstance(v, list) else v) for name, v in values.items()}

"""The options of a command, made from the declarations in `settings.schema`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typer

from vqclip.cli.help import NAMED, SHORT, HelpCommand, show_all
from vqclip.reading import MAX_TEXT_BYTES, parse_yaml, read_bytes
from vqclip.settings.option import PANELS, Option
from vqclip.settings.schema import default_of, options, type_of


def setting_options(
    names: Iterable[str] | None = None,
    short: Mapping[str, str] = SHORT,
    helps: Mapping[str, str] | None = None,
    default: str = "",
) -> dict[str, tuple[Any, Any]]:
    """The annotation and the typer option of each setting, by name.

    Values stay text until `settings.sources` converts them, so that flags, variables and files fail alike; None is
    not given.

    Args:
        names: Of the settings; all by default. The prompt is an argument of its commands and never an option.
        short: One-letter flags.
        helps: Help lines in place of those of the settings, where a command takes less than a run does.
        default: What holds without an option, in words; empty for the defaults of the settings.
    """
    return {
        name: _setting_option(name, short.get(name), (helps or {}).get(name), default)
        for name in (options() if names is None else names)
        if name != "prompt"
    }


def _setting_option(name: str, letter: str | None, line: str | None, default: str) -> tuple[Any, Any]:
    option, kind = options()[name], type_of(name)
    flag = f"--{name.replace('_', '-')}"
    declarations = [flag, *([letter] if letter else [])]
    annotation: Any = str | None
    metavar: str | None = option.placeholder(kind)
    if kind == "bool":
        # An option that is off by default mostly needs no option that turns it off.
        if default_of(name) or option.negatable:
            declarations = [f"{flag}/--no-{name.replace('_', '-')}"]
        annotation, metavar = bool | None, None
    elif kind.startswith("tuple"):
        annotation = list[str] | None
    shown = typer.Option(
        None,
        *declarations,
        help=_help(name, option, option.help if line is None else line, default),
        metavar=metavar,
        rich_help_panel=option.panel,
        show_default=False,
        autocompletion=completion(name) if kind != "bool" else None,
    )
    return annotation, shown


def completion(name: str) -> Callable[[str], list[str]]:
    """A function that completes what was typed to the words that an option takes, for the shell."""

    def complete(incomplete: str) -> list[str]:
        known = NAMED[name]() if name in NAMED else options()[name].choices
        return [word for word in known if word.startswith(incomplete)]

    return complete


def make_command(
    command: Callable[..., None],
    name: str,
    names: Iterable[str],
    short: Mapping[str, str],
    helps: Mapping[str, str],
    default: str = "",
) -> Any:
    """The typer command `name` with an option per setting in place of its `**settings`, as for `setting_options`."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command(name, cls=HelpCommand)(_with_signature(command, setting_options(names, short, helps, default)))
    return typer.main.get_command(alone)


def _with_signature(command: Callable[..., None], settings: Mapping[str, tuple[Any, Any]]) -> Callable[..., None]:
    signature = inspect.signature(command, eval_str=True)
    kept = [p for p in signature.parameters.values() if p.kind is not inspect.Parameter.VAR_KEYWORD]
    every = typer.Option(
        False, "--help-all", help="Show all options and exit.", is_eager=True, callback=show_all, show_default=False
    )
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=annotation)
        for name, (annotation, option) in {**settings, "help_all": (bool, every)}.items()
    ]
    order = sorted([p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in kept] + added, key=_panel)

    def wrapper(help_all: bool = False, **values: Any) -> None:
        _note_seed(**values)
        command(**values)

    wrapper.__name__, wrapper.__doc__ = command.__name__, command.__doc__
    wrapper.__signature__ = inspect.Signature(order)  # type: ignore[attr-defined]
    wrapper.__annotations__ = {p.name: p.annotation for p in order}
    return wrapper


def _note_seed(*, seed: str | None = None, as_json: bool = False, quiet: bool = False, **_: Any) -> None:
    """Print the number that a word is as a seed, because a mistyped number may be a word."""
    if seed is None or as_json or quiet:
        return
    from vqclip.cli.console import Console
    from vqclip.settings.sources import seed_of_word

    number = seed_of_word(seed)
    if number is not None:
        Console().note(f"the word {seed!r} is taken as the seed {number}")


def _panel(parameter: inspect.Parameter) -> int:
    """The position of an option's panel in the help; arguments and options without a panel are first."""
    known = (parameter.default, *getattr(parameter.annotation, "__metadata__", ()))
    panels = [panel for item in known if (panel := getattr(item, "rich_help_panel", None)) in PANELS]
    return PANELS.index(panels[0]) if panels else -1


def _help(name: str, option: Option, line: str, instead: str) -> str:
    unit = f" {option.unit}" if option.unit else ""
    default = default_of(name)
    shown = "none" if default in (None, ()) else _plain(default) + unit
    preset = _of_default_preset().get(name)
    if preset is not None and preset != _plain(default):
        shown = f"{preset}{unit}; {shown} for other models"
    choices = f" One of: {', '.join(option.choices)}." if option.choices else ""
    return f"{line}{choices} [default: {instead or option.default_text or shown}]"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value) or "none"


@functools.cache
def _of_default_preset() -> Mapping[str, str]:
    """The values of the default preset, which hold unless another model is named."""
    from vqclip.files import data_path

    values = parse_yaml(read_bytes(data_path("configs", "presets", "normal.yaml"), MAX_TEXT_BYTES))
    return {name: _plain(tuple(v) if isinstance(v, list) else v) for name, v in values.items()}

"""The help of commands in plain text: common options first, examples below. No library has to be loaded for it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from vqclip.errors import UsageError, did_you_mean

SHORT = {"iterations": "-n"}
"""One-letter flags by setting."""
FEW = 30
"""A command with more options than this shows the common ones; `--help-all` shows all."""
_COLUMN = 24
"""The width of the column of options."""
EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "vqclip": ('vqclip generate "a red apple"', "vqclip generate --help", "vqclip models list"),
    "vqclip generate": (
        'vqclip generate "a red apple"',
        'vqclip generate "a house | fog:-0.3" --style ink --size 384x256 --seed 7',
        'vqclip generate "a flower" --init-image photo.png --init-strength 0.7',
    ),
    "vqclip rerun": ("vqclip rerun picture.png --seed 8",),
    "vqclip continue": ('vqclip continue runs/apple "a green apple" -n 50',),
    "vqclip resume": ("vqclip resume runs/apple",),
    "vqclip video": ("vqclip video runs/apple -o apple.webm --fps 24",),
    "vqclip report": ("vqclip report runs/apple --open",),
    "vqclip sample": ('vqclip sample "a red apple" -n 16 -o candidates.png',),
    "vqclip edit": (
        'vqclip edit photo.png "a red apple" --mask mask.png -o edited.png',
        'vqclip edit photo.png "a red apple" --at @left -o edited.png',
        'vqclip edit cat.png --from "a cat" --to "a lion" --amount 0.35 -o lion.png',
    ),
    "vqclip outpaint": (
        "vqclip outpaint photo.png --right 64 -o wider.png",
        'vqclip outpaint photo.png "a green tree" --left 128 -o with-tree.png',
    ),
    "vqclip variations": (
        "vqclip variations photo.png -n 8 -o variations",
        'vqclip variations photo.png "in winter" --strength 0.8 -o winter',
    ),
    "vqclip sweep": ('vqclip sweep "a red apple" --vary cut-pow=0.5,1,2',),
    "vqclip batch": ("vqclip batch prompts.txt --vary seed=1..4",),
    "vqclip status": ("vqclip status out --json",),
    "vqclip collect": ("vqclip collect out",),
    "vqclip gallery": ("vqclip gallery runs --open",),
    "vqclip interpolate": ("vqclip interpolate runs/apple picture.png --frames 90",),
    "vqclip restyle": ('vqclip restyle video.mp4 "an ink drawing" --strength 0.4',),
    "vqclip classify": ("vqclip classify picture.png --labels apple,car",),
    "vqclip score": ('vqclip score picture.png "a red apple"',),
    "vqclip index": ("vqclip index pictures",),
    "vqclip search": ('vqclip search pictures "a red apple" --top 5',),
    "vqclip encode": ("vqclip encode picture.png -o tokens.npz",),
    "vqclip decode": ("vqclip decode tokens.npz -o picture.png",),
    "vqclip reconstruct": ("vqclip reconstruct picture.png -o reconstruction.png",),
    "vqclip cutouts": ("vqclip cutouts picture.png --cut-method disco -o cutouts.png",),
    "vqclip upscale": ("vqclip upscale picture.png --factor 4",),
    "vqclip info": ("vqclip info picture.png",),
    "vqclip setup": ("vqclip setup imagenet", "vqclip setup imagenet --to usb", "vqclip setup --from usb"),
    "vqclip doctor": ("vqclip doctor",),
    "vqclip models": ("vqclip models list",),
    "vqclip models list": ("vqclip models list",),
    "vqclip models show": ("vqclip models show imagenet",),
    "vqclip models download": ("vqclip models download imagenet ViT-B-32",),
    "vqclip models convert": ("vqclip models convert model.ckpt model.safetensors",),
    "vqclip models verify": ("vqclip models verify",),
    "vqclip config": ("vqclip config show --sources",),
    "vqclip config list": ("vqclip config list",),
    "vqclip config check": ("vqclip config check settings.yaml",),
    "vqclip config show": ("vqclip config show --preset better --sources",),
}
"""Examples by the full name of the command."""


def _styles() -> Iterable[str]:
    from vqclip.settings import presets

    return presets.styles()


def _presets() -> Iterable[str]:
    from vqclip.settings import presets

    return presets.presets()


def _vqgans() -> Iterable[str]:
    from vqclip.models import catalogue

    return catalogue.vqgan_names()


def _clips() -> Iterable[str]:
    from vqclip.models import catalogue

    return catalogue.clip_names()


NAMED: Mapping[str, Callable[[], Iterable[str]]] = {
    "style": _styles,
    "preset": _presets,
    "vqgan": _vqgans,
    "clip": _clips,
}
"""The names that an option takes, for help and shell completion."""


def show_all(context: typer.Context, wanted: bool) -> None:
    """Print the help with every option and exit: the callback of --help-all."""
    if wanted:
        context.meta["help_all"] = True
        print(context.get_help())
        raise typer.Exit


def _write_examples(context: Any, formatter: Any) -> None:
    examples = EXAMPLES.get(context.command_path, ())
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")


class HelpCommand(TyperCommand):
    """A command whose help is plain text."""

    def __init__(self, *positional: Any, **known: Any) -> None:
        super().__init__(*positional, **{**known, "rich_markup_mode": None})

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write usage, description, arguments, options and examples."""
        from vqclip.settings.option import PANELS

        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        shown = self.get_params(ctx)
        records = [(parameter, record) for parameter in shown if (record := parameter.get_help_record(ctx))]
        arguments = [record for parameter, record in records if parameter.param_type_name == "argument"]
        rows = [(parameter, record) for parameter, record in records if parameter.param_type_name != "argument"]
        every = len(rows) <= FEW or bool(ctx.meta.get("help_all"))
        if every and len(rows) <= FEW:
            rows = [row for row in rows if row[0].name != "help_all"]
        if arguments:
            _write_section(formatter, "Arguments", arguments)
        if not every:
            _write_section(formatter, "Common options", [record for row, record in rows if _is_common(row)])
        else:
            for panel in (None, *PANELS):
                found = [_with_names(row, record) for row, record in rows if _panel_of(row) == panel]
                if found:
                    _write_section(formatter, panel or "Options", found)
        _write_examples(ctx, formatter)
        if not every:
            formatter.write_paragraph()
            formatter.write_text(f"{ctx.command_path} --help-all shows all {len(rows)} options.")


def _write_section(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    """Write a table. Its texts are wrapped here, because the formatter would divide names at their hyphens."""
    width = max(10, formatter.width - min(_COLUMN, max((len(left) for left, _ in rows), default=0)) - 4)

    def wrapped(text: str) -> str:
        return "\b\n" + textwrap.fill(text.replace("\\[", "["), width, break_on_hyphens=False)

    with formatter.section(title):
        formatter.write_dl([(left, wrapped(right)) for left, right in rows], col_max=_COLUMN)


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split()).partition(". ")[0].rstrip(".") + "."


def _is_common(parameter: Any) -> bool:
    from vqclip.settings.schema import options

    option = options().get(parameter.name)
    # A command that describes an option in words of its own needs it.
    return option is None or option.common or not parameter.help.startswith(option.help)


def _with_names(parameter: Any, record: tuple[str, str]) -> tuple[str, str]:
    """The row of an option in the help, with the names of styles, presets or models that it takes."""
    if parameter.name not in NAMED:
        return record
    return record[0], f"{record[1]} Names: {', '.join(NAMED[parameter.name]())}."


def _panel_of(parameter: Any) -> str | None:
    from vqclip.settings.option import PANELS

    panel = getattr(parameter, "rich_help_panel", None)
    return panel if panel in PANELS else None


class SettingsGroup(TyperGroup):
    """A group of commands. Those that `with_settings` made get their options when they are called."""

    def __init__(self, **known: Any) -> None:
        super().__init__(**{**known, "rich_markup_mode": None})

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command of the first argument. Raises UsageError for any other word, which may be a prompt."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            word = args[0]
            prompt = next((one for one in args if " " in one), word)
            meant = f'vqclip generate "{prompt}"'
            hint = did_you_mean(word, self.commands, f"To draw it: {meant}")
            raise UsageError(f"there is no command {word!r}.", f"To draw it: {meant}" if " " in word else hint)
        name, command, rest = super().resolve_command(ctx, args)
        whole = getattr(getattr(command, "callback", None), "whole", None)
        return name, whole(name) if whole else command, rest

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help of the group, with its examples."""
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        rows = [record for one in self.get_params(ctx) if (record := one.get_help_record(ctx))]
        _write_section(formatter, "Options", rows)
        commands = [(name, _first_sentence(command.help)) for name, command in self.commands.items()]
        _write_section(formatter, "Commands", commands)
        _write_examples(ctx, formatter)
        self.format_epilog(ctx, formatter)

"""Write docs/reference.md from the command line: `python docs/reference.py`, or `make reference`.

`typer utils docs` would repeat a hundred settings for each command that takes them, and does not see those that
`SettingsGroup` makes when a command is called.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any, get_args

import typer

from vqclip.cli import app
from vqclip.cli.failures import EXIT_CODES
from vqclip.cli.options import setting_options
from vqclip.cli.shared import RECORDED
from vqclip.settings.option import PANELS
from vqclip.settings.schema import options

PAGE = Path(__file__).with_name("reference.md")
HEAD = f"""# Reference

Every command and option, as in `vqclip COMMAND --help-all`. `make reference` writes this page, and a test fails when
it is out of date. [The guide](guide.md) says what they are good for.

A setting is an option, `--learning-rate 0.1`; a line of a YAML file, `learning_rate: 0.1`; and a variable,
`VQCLIP_LEARNING_RATE=0.1`. Options override variables, which override `--config` files, `--preset`, your own
`config.yaml` and the defaults, in this order. An option or variable without effect is refused; files may hold some.

{fill(" ".join(EXIT_CODES.split()), 118)}

## Commands

"""


def commands(group: Any, context: Any, name: str) -> Iterator[tuple[str, Any, Any]]:
    """Every command by its full name, with all of its options, and its context, in the order of the help page."""
    for word in group.commands:
        _, command, _ = group.resolve_command(context, [word])
        inner = type(context)(command, info_name=word, parent=context)
        if hasattr(command, "commands"):
            yield from commands(command, inner, f"{name} {word}")
        else:
            yield f"{name} {word}", command, inner


def table(rows: list[list[str]], *head: str) -> str:
    """A table of these cells, or nothing."""
    lines = [[" ".join(cell.split()).replace("|", "\\|") for cell in row] for row in rows]
    rule = ["---"] * len(head)
    return "".join(f"| {' | '.join(line)} |\n" for line in [list(head), rule, *lines]) + "\n" if rows else ""


def row(flags: list[str], metavar: str | None, text: str) -> list[str]:
    """The cells of an argument or option: its names, what it does, and the default, at the end of its help."""
    line, _, default = text.replace("\\[", "[").partition("[default: ")
    names = ", ".join(f"`{flag} {metavar}`" if metavar else f"`{flag}`" for flag in flags)
    return [names, line, default.removesuffix("]")]


def section(name: str, command: Any, context: Any, shared: dict[str, str], repeated: dict[str, str]) -> str:
    """What one command takes.

    Args:
        name, command, context: Of the command.
        shared: Help of the settings, which have a section of their own, by name.
        repeated: The same in commands that repeat a run.
    """
    own, settings, by_default = [], [], ""
    for parameter in command.params:
        flags = [*parameter.opts, *parameter.secondary_opts]
        needed = " [default: required]" if parameter.required else ""
        if parameter.help in (shared.get(parameter.name), repeated.get(parameter.name)):
            settings.append(parameter.name)
            by_default = "" if parameter.help == shared[parameter.name] else f", by default {RECORDED}"
        elif not flags[0].startswith("-"):
            own.append(row([parameter.metavar or flags[0]], None, parameter.help + needed))
        elif parameter.name not in ("help", "help_all"):
            words = "\\|".join(map(str, get_args(parameter.type_descriptor.annotation)))
            metavar = parameter.metavar or (words if "|" in words else None)
            own.append(row(flags, metavar, parameter.help + needed))
    left = [f"`--{known.replace('_', '-')}`" for known in shared if known not in settings]
    taken = ", ".join(f"`--{known.replace('_', '-')}`" for known in settings)
    if len(left) < len(settings):
        taken = f"all but {', '.join(left)}" if left else "all"
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    return (
        f"## {name}\n\n{' '.join((command.help or '').split())}\n\n    {usage}\n\n"
        + table(own, "argument or option", "what it does", "default")
        + (f"[Settings](#settings){by_default}: {taken}.\n\n" if settings else "")
    )


def page() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(app)
    found = list(commands(root, root.context_class(root, info_name="vqclip"), "vqclip"))
    settings = {name: option for name, (_, option) in setting_options().items()}
    shared = {name: option.help for name, option in settings.items()}
    repeated = {name: option.help for name, (_, option) in setting_options(default=RECORDED).items()}
    listed = [
        [f"[{name}](#{name.replace(' ', '-')})", (c.help or "").partition(". ")[0].rstrip(".")]
        for name, c, _ in found
    ]
    panels = []
    for panel in PANELS:
        rows = [
            row(list(option.param_decls), option.metavar, option.help)
            for name, option in settings.items()
            if options()[name].panel == panel
        ]
        panels += [f"### {panel}\n\n", table(rows, "option", "what it does", "default")] if rows else []
    sections = [section(name, command, context, shared, repeated) for name, command, context in found]
    return (
        "".join([HEAD, table(listed, "command", "what it does"), *sections, "## Settings\n\n", *panels]).rstrip()
        + "\n"
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

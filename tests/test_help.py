"""Every command's help shows examples, and they are valid command lines."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from vqclip.cli import app
from vqclip.cli.help import NAMED


def commands(group: Any, name: str = "") -> Iterator[str]:
    """The full name of every command."""
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{name} {word}")
        else:
            yield f"{name} {word}".strip()


ROOT: Any = typer.main.get_command(app)
COMMANDS = list(commands(ROOT))


def parse(words: list[str]) -> str:
    """Parse a command line without running it; return the name of its command."""
    group, context, found = ROOT, ROOT.make_context("vqclip", words), ""
    while hasattr(group, "commands"):
        name, group, rest = group.resolve_command(context, [*context._protected_args, *context.args])
        context, found = group.make_context(name, rest, parent=context), f"{found} {name}".strip()
    return found


def test_every_command_is_found() -> None:
    assert {"generate", "models convert", "config check", "restyle"} <= set(COMMANDS)


def test_names_are_whole_in_the_help(call: Any) -> None:
    text = call("generate", "--help-all").out
    names = [name for listed in NAMED.values() for name in listed()]
    assert [name for name in names if name not in text] == []


def test_an_option_that_a_command_describes_itself_is_common(call: Any) -> None:
    assert "--mask FILE" in call("edit", "--help").out
    assert "--fps X" in call("restyle", "--help").out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_examples_that_parse(call: Any, command: str) -> None:
    text = call(*command.split(), "--help").out
    assert not re.search(r"\[required\]\s+\[required\]", text)
    _, mark, shown = text.partition("Examples:")
    assert mark, "no examples"
    examples = [line.strip() for line in re.split(r"\n\s*\n", shown)[0].splitlines() if line.strip()]
    assert examples
    for example in examples:
        program, *words = shlex.split(example)
        assert program == "vqclip", example
        assert parse(words) == command, example

"""docs/coming-from.md: every option on our side of its tables exists, and takes the value that it is shown with."""

from __future__ import annotations

import re
import runpy
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from PIL import Image

from vqclip.cli import app
from vqclip.errors import UsageError
from vqclip.settings import sources
from vqclip.settings.schema import default_of, options

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "coming-from.md").read_text(encoding="utf-8")
ROWS = [
    [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| there")
]


def spans(cell: str) -> list[str]:
    """The commands and options among what a cell shows as code."""
    return [span for span in re.findall(r"`([^`]+)`", cell) if re.match(r"vqclip |-{1,2}[a-z]", span)]


@pytest.fixture(scope="module")
def commands() -> dict[str, dict[str, Any]]:
    """The options of every command, by their flags."""
    root: Any = typer.main.get_command(app)
    found = runpy.run_path(str(DOCS / "reference.py"))["commands"](root, root.context_class(root), "vqclip")
    return {
        name: {flag: p for p in command.params for flag in p.opts + p.secondary_opts} for name, command, _ in found
    }


def test_each_tool_has_its_table() -> None:
    tools = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert len(tools) == 7
    assert len(ROWS) > 110
    assert all(len(row) == 2 and all(row) for row in ROWS)
    assert sum(bool(spans(row[1])) for row in ROWS) > 100


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_stands_on_our_side_is_there(row: list[str], commands: dict[str, dict[str, Any]]) -> None:
    Image.new("RGB", (32, 32)).save("photo.png")
    for span in spans(row[1]):
        words = shlex.split(span if span.startswith("vqclip ") else f"vqclip generate {span}")
        known = commands[" ".join(words[:2])]
        given: dict[str, Any] = {"prompt": "a tree", "iterations": "1000"}
        for word, value in zip(words[2:], [*words[3:], "--"], strict=True):
            if not re.match(r"-{1,2}[a-z]", word):
                continue
            assert word in known, f"{span}: {word}"
            name = known[word].name
            if name in options() and not value.startswith("--"):
                given[name] = [*given.get(name, []), value] if isinstance(default_of(name), tuple) else value
        try:
            sources.resolve(given, environment={})
        except UsageError as error:  # what it needs beside it may stand in another cell
            assert "has no effect" in error.message, span

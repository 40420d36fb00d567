"""docs/prompts.md: what it says of other tools' prompts is read so, and the options that it names are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vqclip.settings.prompts import parse_scenes
from vqclip.settings.schema import Settings

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "prompts.md").read_text(encoding="utf-8")


def rows(after: str) -> list[list[str]]:
    """The cells of the first table after some words, without its head."""
    table = PAGE[PAGE.index(after) :].split("\n\n|", 1)[1].split("\n\n", 1)[0]
    cells = [re.split(r"(?<!\\)\|", line.strip().strip("|")) for line in ("|" + table).splitlines()]
    return [[cell.replace("\\|", "|").strip() for cell in row] for row in cells[2:]]


def code(cell: str) -> str:
    (found,) = re.findall(r"`([^`]+)`", cell)[:1]
    return str(found)


def test_there_are_tables_to_read() -> None:
    assert len(rows("means the same")) >= 10
    assert len(rows("Their options")) >= 10


@pytest.mark.parametrize("row", rows("means the same"), ids=lambda row: code(row[1]))
def test_another_tools_prompt_means_what_the_table_says(row: list[str]) -> None:
    assert parse_scenes(code(row[1])) == parse_scenes(code(row[2]))


@pytest.fixture
def files(isolated: Path) -> None:
    for name in ("look.png", "b.png"):
        Image.new("RGB", (24, 24), "red").save(name)
    mask = np.zeros((24, 24), np.uint8)
    mask[:12] = 255
    Image.fromarray(mask).save("sky.png")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("row", rows("Their options"), ids=lambda row: code(row[2]))
def test_the_command_beside_another_tools_is_valid(row: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from vqclip import cli
    from vqclip.runs import launch

    seen: list[Settings] = []

    def start(settings: Settings, **known: Any) -> Any:
        seen.append(launch.Inputs.check(settings).settings)
        return iter(())

    monkeypatch.setattr(launch, "start", start)
    with pytest.raises(SystemExit) as ended:
        cli.main(["generate", *shlex.split(code(row[2])), "--iterations", "100", "--init", "tokens"])
    assert ended.value.code == 0
    (settings,) = seen
    assert "tree" in " ".join(prompt.text for prompt in settings.prompts)
    assert len(settings.prompts) + settings.text_off >= 1


def test_every_option_of_prompts_is_explained() -> None:
    from vqclip.settings.schema import options

    names = [name for name in options() if re.search(r"prompt|scene|fade|text_off", name) and name != "prompt"]
    assert len(names) >= 6
    for name in names:
        assert f"`--{name.replace('_', '-')} " in PAGE, name

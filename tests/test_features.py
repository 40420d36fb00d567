"""docs/features.md says what became of every feature of the older tools; each command that it shows is run."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from documents import DOCS, QUICK, make_material

PAGE = DOCS / "features.md"
NOT_DONE = "not done"
BUGS = "## Bugs of the older tools"
AT_MOST_NOT_DONE = 8
FIELD = """
Shape of the tool; A command that pip installs; Prompt separator, weight, stop; A colon inside the text;
Negative prompts; Stories; A second text for the style; Image prompts; Noise prompts; Vector prompts; Region prompts;
Init image; Init noise; Init weight; Target images; Overlay; Cut methods; Cutouts and their power;
Cutouts in parts, for memory; Augmentations to choose; Optimisers; Learning rate schedule; Auto stop; Best so far;
Size; Quality presets; Seed; Deterministic mode; Save every, display every; Output naming; Progress video;
Codec and fallback; Interpolated frames; Audio; Zoom, pan, rotate; Video restyle; Upscale; VQGAN models;
Custom checkpoints; CLIP models; Other drawers than a VQGAN; Losses; Tiling, seamless; Transparent output; Palette;
Resume; Batch; Random prompts; Config file; PNG metadata; Log and metrics; Server, cloud; GPU pick, CPU, MPS;
Half precision; Several GPUs; Tests
"""
"""The rows of a survey of the eight tools' own sources.

A row of the page is one of these, or a part of one behind a colon, or something that none of the tools has.
"""


def table_rows(text: str) -> list[list[str]]:
    """The cells of every row of every table, head and rule left out."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row in cells if not set(row[0]) <= set("-: ") and row[0] not in ("Feature", "Bug")]


def rows() -> list[list[str]]:
    """What the page says of the features."""
    return table_rows(PAGE.read_text(encoding="utf-8").partition(BUGS)[0])


def commands() -> list[str]:
    """Every command of the page, once, in order."""
    shown = [span for row in rows() for cell in row for span in re.findall(r"`(vqclip [^`]+)`", cell)]
    return [command.replace(r"\|", "|") for command in dict.fromkeys(shown)]


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the commands name: pictures, a video, texts, models, and two finished runs."""
    folder = tmp_path_factory.mktemp("material")
    make_material(folder)
    return folder


@pytest.mark.slow
@pytest.mark.usefixtures("kept_models")
@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_page_runs(command: str, material: Path, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**QUICK, "VQCLIP_SAVE_EVERY": "1"}.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(material, ".", dirs_exist_ok=True)
    command = command.replace('"$(shuf -n 1 prompts.txt)"', '"a blue car"')  # what a shell would put there
    answer = call(*shlex.split(command)[1:])
    assert answer.code == 0, answer.err


def test_every_row_has_a_command_or_a_reason() -> None:
    assert len(rows()) >= 40
    for row in rows():
        assert len(row) == 3, row
        assert "`vqclip " in row[2] or row[2].startswith((NOT_DONE, "always", "`make ")), row


def test_nothing_of_the_survey_is_missing() -> None:
    named = {row[0].partition(":")[0] for row in rows()}
    wanted = {" ".join(name.split()) for name in FIELD.split(";")}
    assert len(wanted) == 56
    assert not wanted - named


def test_few_features_are_left_out_and_each_with_a_reason() -> None:
    left = [row[2] for row in rows() if NOT_DONE in row[2]]
    assert 0 < len(left) <= AT_MOST_NOT_DONE
    for reason in left:
        assert re.fullmatch(rf"{NOT_DONE}: .{{25,}}", reason), reason


def asked(command: str) -> tuple[str, ...]:
    """What tells a command from the others: its name, its options, and the values that name a feature."""
    words = shlex.split(command)
    named = {"--loss", "--cut-method", "--vary"}
    parts = {
        word + re.split(r"[:=@]", following)[0] if word in named else word
        for word, following in zip(words, [*words[1:], ""], strict=True)
        if word.startswith("-") and word not in ("-o", "--seed")
    }
    return (words[1], *sorted(parts)) if parts else ()


def test_no_feature_stands_twice() -> None:
    names = [row[0].lower() for row in rows()]
    assert [name for name in names if names.count(name) > 1] == []
    shown = [asked(command) for row in rows() for command in re.findall(r"`(vqclip [^`]+)`", row[2])]
    assert [options for options in shown if options and shown.count(options) > 1] == []


def test_each_of_their_bugs_has_a_test_here_that_would_catch_it() -> None:
    bugs = table_rows(PAGE.read_text(encoding="utf-8").partition(BUGS)[2])
    assert len(bugs) >= 10
    for row in bugs:
        (module, name) = re.fullmatch(r"`((?:faults/)?test_\w+)\.py::(test_\w+)`", row[2]).groups()  # type: ignore[union-attr]
        source = (Path(__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        assert re.search(rf"^def {name}\(", source, re.MULTILINE), row

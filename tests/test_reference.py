"""docs/reference.md is what the command line says of itself today."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from vqclip.models import registry
from vqclip.settings.schema import options

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "reference.md").read_text(encoding="utf-8")


def test_the_reference_is_not_stale() -> None:
    assert runpy.run_path(str(DOCS / "reference.py"))["page"]() == PAGE, "make reference"


def test_the_tables_of_models_are_not_stale_and_hold_every_model() -> None:
    script = runpy.run_path(str(DOCS / "models.py"))
    page = script["PAGE"].read_text(encoding="utf-8")
    assert script["page"]() == page, "make reference"
    rows = re.findall(r"^\| (\w+) \| `([\w.-]+)` \|.*\| (yes|never) \|$", page, re.MULTILINE)
    known = registry.list_models()
    assert [(kind, name) for kind, name, _ in rows] == [(row.kind, row.name) for row in known]
    assert {(kind, name) for kind, name, ran in rows if ran == "yes"} == {
        (kind, "tiny") for kind in ("vqgan", "clip", "prior", "upsampler")
    }
    assert all(cell.strip() for line in re.findall(r"^\|.*\|$", page, re.MULTILINE) for cell in line[1:-1].split("|"))


def test_the_typed_keywords_are_not_stale() -> None:
    script = runpy.run_path(str(DOCS / "keywords.py"))
    assert script["module"]() == script["MODULE"].read_text(encoding="utf-8"), "make reference"


def test_every_setting_has_one_row_with_its_default() -> None:
    settings = PAGE.partition("## Settings\n")[2]
    rows = re.findall(r"^\| `(--[\w-]+)[^|]*\|.*\| ([^|]+) \|$", settings, re.MULTILINE)
    assert [name for name, _ in rows].count("--cutouts") == 1
    assert {name for name, _ in rows} == {f"--{name.replace('_', '-')}" for name in options() if name != "prompt"}
    assert dict(rows)["--video"] == "on"
    assert all(default.strip() for _, default in rows)


def test_every_command_has_a_section_that_the_list_links_to() -> None:
    sections = re.findall(r"^## (vqclip [\w ]+)$", PAGE, re.MULTILINE)
    assert len(sections) == len(set(sections)) >= 28
    assert re.findall(r"^\| \[(vqclip [\w ]+)\]", PAGE, re.MULTILINE) == sections
    for name in sections:
        assert f"](#{name.replace(' ', '-')})" in PAGE

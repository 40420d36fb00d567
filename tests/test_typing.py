"""The types of the Python interface: mypy accepts right calls and refuses wrong names, values and types."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from documents import ROOT

EXAMPLE = Path(__file__).with_name("typed_calls.py")


@pytest.mark.long
def test_mypy_refuses_the_wrong_calls_and_no_others() -> None:
    from mypy import api

    # The cache of `make typecheck` is used and filled.
    found, problems, _ = api.run(["--strict", "--no-error-summary", "--hide-error-context",
                                  "--config-file", str(ROOT / "setup.cfg"), "--cache-dir", str(ROOT / ".mypy_cache"),
                                  str(EXAMPLE)])  # fmt: skip
    assert problems == ""
    refused = {int(line): code for line, code in re.findall(r":(\d+): error: .*\[([\w-]+)\]$", found, re.MULTILINE)}
    lines = enumerate(EXAMPLE.read_text(encoding="utf-8").splitlines(), 1)
    marks = ((number, re.search(r"  # ([a-z-]+)$", line)) for number, line in lines)
    assert refused == {number: mark[1] for number, mark in marks if mark}
    assert len(refused) >= 10


def test_type_checkers_are_told_that_the_package_has_types() -> None:
    assert resources.files("vqclip").joinpath("py.typed").is_file()
    assert "vqclip = py.typed" in (ROOT / "setup.cfg").read_text(encoding="utf-8")

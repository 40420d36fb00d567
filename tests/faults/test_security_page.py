"""SECURITY.md names a test for every attack, and the test is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIGHT = ("special", "malformed", "headers", "texts")


def test_every_attack_on_the_page_has_its_test() -> None:
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert len(named) >= 25
    assert {name for name in named if f"def {name}(" not in sources} == set()


@pytest.mark.skipif(sys.platform != "linux", reason="pipes and devices of Linux")
@pytest.mark.slow
def test_the_attacks_can_be_written_into_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "attacks"
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "attacks"), str(folder), *LIGHT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = done.stdout.splitlines()
    assert len(written) > 100
    assert all(Path(path).parent.exists() for path in written)

"""docs/guide.md: its job can be run again, and its head lists its sections. tests/test_docs.py runs its commands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import forks
from documents import DOCS, QUICK, blocks

PAGE = (DOCS / "guide.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_job_of_the_guide_draws_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    Path("prompts.txt").write_text("a red apple\na blue car\n")
    monkeypatch.setenv("PATH", f"{forks.program().parent}:{Path(sys.executable).parent}:/usr/bin:/bin")
    (script,) = blocks("docs/guide.md", "bash")
    Path("job.sh").write_text(script)
    drawn = []
    for _ in range(2):
        subprocess.run(["bash", "job.sh"], check=True)
        drawn.append({path: path.stat().st_mtime_ns for path in Path("job").glob("*/*/image.png")})
    assert len(drawn[0]) == 2
    assert drawn[0] == drawn[1]


def test_each_task_has_commands_and_every_section_is_listed_at_the_top() -> None:
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    head = PAGE.partition("\n## ")[0]
    assert re.findall(r"\[([^\]]+)\]\(#", head) == sections
    for text in re.split(r"^## .+$", PAGE, flags=re.MULTILINE)[1:-1]:
        assert "```sh\nvqclip " in text or "```bash" in text

"""docs/guide.md: its commands run in their order, and its job can be run again."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import imageio.v3
import numpy as np
import pytest

from vqclip.media import images

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "guide.md").read_text(encoding="utf-8")
QUICK = {"VQCLIP_SIZE": "32x32", "VQCLIP_STAGES": "1", "VQCLIP_ITERATIONS": "2", "VQCLIP_CUTOUTS": "4"}


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


COMMANDS = "".join(fenced("sh")).splitlines()


@pytest.fixture
def material(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures, film and prompts that the guide names, and settings that make runs short."""
    y, x = np.mgrid[0:48, 0:64]
    photo = np.stack([x * 4, y * 5, np.full_like(x, 90)], 2).astype(np.uint8)
    images.save_png(Path("photo.png"), photo)
    images.save_png(Path("mask.png"), np.where(x[..., None] < 32, 255, 0).repeat(3, 2).astype(np.uint8))
    Path("pictures").mkdir()
    for number in range(3):
        images.save_png(Path("pictures") / f"{number}.png", np.roll(photo, number * 9, 1))
    imageio.v3.imwrite("film.mp4", np.stack([photo, np.roll(photo, 4, 1)]), fps=4, codec="libx264")
    Path("prompts.txt").write_text("a red apple\na blue car\n")
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("material")
def test_the_commands_of_the_guide_run_in_their_order(call: Any) -> None:
    for command in COMMANDS:
        answer = call(*shlex.split(command)[1:])
        assert answer.code == 0, f"{command}\n{answer.err}"
        for made in re.findall(r" (?:-o|--sheet) (\S+)", command):
            assert Path(made).exists(), command


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("material")
def test_the_job_of_the_guide_draws_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    (script,) = fenced("bash")
    Path("job.sh").write_text(script)
    drawn = []
    for _ in range(2):
        subprocess.run(["bash", "job.sh"], check=True)
        drawn.append({path: path.stat().st_mtime_ns for path in Path("job").glob("*/image.png")})
    assert len(drawn[0]) == 2
    assert drawn[0] == drawn[1]


def test_each_task_has_commands_and_every_section_is_listed_at_the_top() -> None:
    sections = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    head = PAGE.partition("\n## ")[0]
    assert re.findall(r"\[([^\]]+)\]\(#", head) == sections
    assert len(COMMANDS) >= 35
    for text in re.split(r"^## .+$", PAGE, flags=re.MULTILINE)[1:-1]:
        assert "```sh\nvqclip " in text or "```bash" in text

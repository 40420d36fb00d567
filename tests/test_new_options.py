"""The examples of CONTRIBUTING for new options, applied to a copy of the package."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
QUICK = ("--size", "32x32", "--init", "spot", "-n", "2", "--stages", "1", "--pixel-steps", "0", "--cutouts", "4",
         "--threads", "1", "--no-video", "--seed", "1")  # fmt: skip


def examples() -> list[tuple[str, str, str]]:
    """The file, the line to replace (empty for a new entry) and the code of each example."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.findall(
        r"^```python\n# (vqclip/\S+), in (?:Settings|place of: ([^\n]+)):?\n(.*?)^```", page, re.S | re.M
    )
    return [(file, line.strip(), code) for file, line, code in found]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A folder with a copy of the package to which the examples are applied."""
    folder = tmp_path / "copy"
    shutil.copytree(ROOT / "vqclip", folder / "vqclip", ignore=shutil.ignore_patterns("checkpoints", "configs"))
    for name in ("checkpoints", "configs"):
        (folder / "vqclip" / name).symlink_to(ROOT / name)
        (folder / name).symlink_to(ROOT / name)
    for file, line, code in examples():
        path = folder / file
        text = path.read_text(encoding="utf-8")
        before = re.escape(line) if line else r"    # fmt: on"
        added = code if line else code + f"{before}\n"
        after, count = re.subn(rf"^ *{before}\n", lambda _, added=added: added, text, flags=re.M)
        assert count == 1, f"{file} has no line {line!r}"
        path.write_text(after, encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> Any:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "vqclip", *arguments], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_an_option_that_names_a_picture_touches_two_files_and_the_weight_of_a_loss_one(changed: Path) -> None:
    assert [file for file, *_ in examples()] == [
        "vqclip/settings/schema.py", "vqclip/settings/schema.py", "vqclip/runs/recorder.py",
    ]  # fmt: skip
    Image.new("RGB", (8, 4), (255, 0, 0)).save("red.png")
    flags = ("--stamp", "red.png", "--contrast", "2")
    run(changed, "generate", "a red apple", *QUICK, *flags, "-o", "run")
    pixels = np.asarray(Image.open("run/image.png").convert("RGB"))
    assert (pixels[:4, :8] == (255, 0, 0)).all()
    assert (pixels[4:] != (255, 0, 0)).any()
    manifest = json.loads(Path("run/run.json").read_text())
    assert manifest["settings"]["stamp"] == str(Path("red.png").absolute())
    assert str(Path("red.png").absolute()) in manifest["inputs"], "its hash is kept"
    assert "contrast" in json.loads(Path("run/metrics.jsonl").read_text().splitlines()[0])
    metadata = json.loads(run(changed, "info", "run/image.png", "--json"))["metadata"]
    assert metadata["vqclip"]["settings"]["stamp"] == "red.png", "without its folder"
    planned = json.loads(run(changed, "generate", "a", *QUICK, *flags, "--dry-run", "--json"))
    assert {"kind": "stamp", "name": "red.png", "present": True}.items() <= planned["files"][-1].items()
    assert "--stamp FILE" in run(changed, "generate", "--help-all")

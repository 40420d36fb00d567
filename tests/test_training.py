"""The training scripts that can be tested without training."""

import json
import subprocess
import sys
from pathlib import Path

from vqclip.pictures import images

TRAINING = Path(__file__).parents[1] / "training"


def plots(work: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "plots.py", "--work", str(work), "--out", str(out)]
    return subprocess.run(command, cwd=TRAINING, capture_output=True, text=True, check=False)


def test_every_log_of_a_training_is_plotted(tmp_path: Path) -> None:
    for name, losses in {"prior": [3.0, 2.0], "clip": [2.0, 1.0], "vqgan": [0.3, 0.1]}.items():
        lines = [{"step": 100 * i, "loss": loss, "seconds": 1.0, "by style": {}} for i, loss in enumerate(losses, 1)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (tmp_path / "pictures.jsonl").write_text('{"set": "noto"}\n')
    assert plots(tmp_path, tmp_path / "out.png").returncode == 0
    page = images.open_image(tmp_path / "out.png")
    panels = page[: page.shape[0] // 2, : page.shape[1] // 2], page[page.shape[0] // 2 :, page.shape[1] // 2 :]
    assert (panels[0] < 128).any(), "a panel with its title"
    assert (panels[1] == 255).all(), "three logs leave the fourth place empty"


def test_a_folder_without_logs_is_told(tmp_path: Path) -> None:
    done = plots(tmp_path, tmp_path / "out.png")
    assert done.returncode == 2
    assert "no log of a training" in done.stderr
    assert not (tmp_path / "out.png").exists()

"""Every script of examples/ runs on the built-in models, and examples/README.md lists it."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attacks import forks
from documents import QUICK, ROOT
from PIL import Image

EXAMPLES = ROOT / "examples"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{forks.program().parent}:{Path(sys.executable).parent}:/usr/bin:/bin")


def run(*command: str) -> list[str]:
    """The lines that a script prints; fails when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture
def run_python(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Run a Python script of examples/ in this process, and return the lines that it prints."""

    def run_python(name: str, *arguments: str) -> list[str]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return run_python


@pytest.mark.slow
def test_a_run_is_followed_through_its_events(run_python: Any) -> None:
    lines = run_python("watch.py", "a red apple", "apple.png")
    assert re.fullmatch(r"step 2 of 2: loss [\d.-]+, score [\d.-]+", lines[0])
    assert lines[-1] == "apple.png"
    assert Image.open("apple.png").size == (32, 32)


@pytest.mark.slow
def test_a_refused_prompt_ends_the_example_with_its_message() -> None:
    done = subprocess.run(
        [forks.python(), str(EXAMPLES / "watch.py"), ""], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "prompt is empty" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_seeds_are_sorted_by_their_score(run_python: Any) -> None:
    lines = run_python("seeds.py", "a blue car", "3", "cars.png")
    scores = [float(line.split()[-1]) for line in lines]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert Image.open("cars.png").size == (96, 32)


@pytest.mark.slow
def test_each_prompt_starts_from_the_run_before_it(run_python: Any) -> None:
    first = run_python("metamorphosis.py", "out", "a red apple", "a green apple")
    assert first == [str(Path(f"out/{number}/image.png").absolute()) for number in ("01", "02")]
    drawn = Path("out/02/image.png").stat().st_mtime_ns
    run_python("metamorphosis.py", "out", "a red apple", "a green apple")
    assert Path("out/02/image.png").stat().st_mtime_ns == drawn


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_batch_keeps_the_best_picture_of_each_prompt() -> None:
    Path("prompts.txt").write_text("a red apple\n# a comment\na blue car\n")
    script = str(EXAMPLES / "nightly.sh")
    assert run("bash", script, "prompts.txt", "out", "2") == ["out/best-1.png", "out/best-2.png"]
    assert len(list(Path("out/pictures").glob("*.png"))) == 4
    drawn = {path: path.stat().st_mtime_ns for path in Path("out/batch").glob("*/image.png")}
    run("bash", script, "prompts.txt", "out", "2")
    assert {path: path.stat().st_mtime_ns for path in Path("out/batch").glob("*/image.png")} == drawn


@pytest.mark.long
def test_the_notebook_runs_and_shows_pictures() -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.get("outputs") for cell in notebook.cells), "it is kept without outputs"
    NotebookClient(notebook, timeout=250, kernel_name="python3").execute()
    shown: dict[str, list[dict[str, str]]] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            shown.setdefault(cell.source.splitlines()[-1], []).append(output.get("data", {}))
    assert all("image/png" in shown[line][-1] for line in ("apple", "grid", "heart"))
    assert "2 steps in" in shown["apple"][0]["text/plain"], "the bar is replaced by a line"
    assert "video/mp4" in shown["Video(results[0].video, embed=True)"][-1]["text/html"]
    assert len(list(Path("runs").glob("*/image.png"))) == 8


def test_every_example_is_listed() -> None:
    listed = re.findall(r"^\| \[([\w.]+)\]\(\1\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(listed) == {path.name for path in EXAMPLES.iterdir() if path.suffix in (".py", ".sh", ".ipynb")}

"""What is refused before a run: the same by --dry-run as by the run, and missing files before combinations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

QUICK = ("--size", "64x64", "-n", "1", "--cutouts", "2", "--threads", "1", "--seed", "1", "--init", "tokens")

BAD = (
    "--style nonsense", "--preset nonsense", "--size 7", "--cut-method nonsense", "--device nonsense",
    "--init-image none.png", "--init-image text.png", "--init-image cut.png", "--mask none.png --init-image in.png",
    "--image-prompt none.png", "--target-image none.png", "--overlay-image none.png --overlay-every 1 -n 3",
    "--loss palette:1 --palette none.png", "--vqgan none.ckpt", "--vqgan bad.ckpt", "--vqgan nonsense",
    "--clip local-dir:none", "--clip nonsense", "--vqgan-config none.yaml", "--init-run none", "--config none.yaml",
    "--candidates 4 --init tokens", "--auto-stop --patience 9", "--loss nonsense:1", "-o taken", "-o file/run",
    "--overwrite -o taken --init-image taken/image.png",
)  # fmt: skip


@pytest.fixture
def bad_files() -> None:
    Path("text.png").write_text("no picture")
    Image.new("RGB", (32, 32), "red").save("in.png")
    Path("cut.png").write_bytes(Path("in.png").read_bytes()[:-30])
    Path("bad.ckpt").write_bytes(b"no checkpoint")
    Path("file").write_text("")
    Path("taken/frames").mkdir(parents=True)
    Image.new("RGB", (32, 32), "red").save("taken/image.png")


@pytest.mark.slow
@pytest.mark.usefixtures("bad_files")
def test_a_dry_run_refuses_what_a_run_refuses(call: Any) -> None:
    """Each bad setting, both ways: the same message and exit code, and no file or folder is left."""
    before = sorted(map(str, Path().rglob("*")))
    for line in BAD:
        words = ("generate", "a house", *QUICK, *line.split())
        dry = call(*words, "--dry-run")
        assert sorted(map(str, Path().rglob("*"))) == before, line
        run = call(*words)
        assert (run.code, run.err) == (dry.code, dry.err), line
        assert run.code in (2, 3, 4, 5), (line, run.err)


@pytest.mark.slow
def test_a_dry_run_leaves_no_folder_of_an_output(call: Any) -> None:
    Path("kept").mkdir()
    for folder in ("a/b/c", "kept"):
        assert call("generate", "a house", *QUICK, "--dry-run", "-o", folder).code == 0
    assert [str(path) for path in Path().rglob("*")] == ["kept"]


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("--init prior --candidates 4 --init-image none.png", 4, "none.png"),
        ("--mask none.png", 4, "none.png"),
        ("--overlay-image none.png --overlay-every 9", 4, "none.png"),
        ("--target-image none.png --target-weight 0", 4, "none.png"),
        ("--palette none.png", 4, "none.png"),
        ("--image-prompt none.png --candidates 4", 4, "none.png"),
        ("--init-run none --candidates 4", 4, "none holds no run"),
        ("--vqgan none.ckpt --candidates 4", 3, "none.ckpt"),
        ("--vqgan-config none.yaml --candidates 4", 3, "none.yaml"),
        ("--clip local-dir:none --candidates 4", 3, "the CLIP folder"),
        ("--prompt-file none.txt", 4, "none.txt"),
        ("--candidates 4", 2, "candidates has no effect"),
    ],
)
def test_a_missing_file_is_reported_before_a_combination_of_options(
    call: Any, line: str, code: int, words: str
) -> None:
    answer = call("generate", "a house", *QUICK, *line.split())
    assert (answer.code, words in answer.err) == (code, True), answer.err


@pytest.mark.parametrize(
    "command",
    [
        ("upscale", "none.png", "--tile", "64"),
        ("upscale", "none.png", "--factor", "99"),
        ("restyle", "none.mp4", "a cat", "--frame-steps", "0"),
        ("interpolate", "none.png", "other.png", "--frames", "1"),
    ],
)
def test_commands_on_files_report_a_missing_one_before_options(call: Any, command: tuple[str, ...]) -> None:
    answer = call(*command)
    assert (answer.code, "there is no such file" in answer.err) == (4, True), answer.err

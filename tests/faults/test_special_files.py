"""Row 17 of the fault table, for every file that a command reads: nothing waits for a pipe, no device is read.

A plain `open` of these files would wait for ever or take all memory; the time limit of each test says so.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import special_files

from vqclip.files import data_path
from vqclip.media.images import save_png

Call = Callable[..., Any]
PROMPT = ("generate", "a red apple", "--seed", "1", "-n", "1", "-o", "run")
COMMANDS: dict[str, tuple[tuple[str, ...], str, int]] = {
    "config": ((*PROMPT, "--config", "x.yaml"), "x.yaml", 2),
    "preset": ((*PROMPT, "--preset", "x.yaml"), "x.yaml", 2),
    "style": ((*PROMPT, "--style", "x.yaml"), "x.yaml", 2),
    "config check": (("config", "check", "x.yaml"), "x.yaml", 2),
    "user file": (PROMPT, "config/vqclip/config.yaml", 2),
    "user style": ((*PROMPT, "--style", "x"), "config/vqclip/styles/x.yaml", 2),
    "prompt file": (("generate", "--prompt-file", "x.txt"), "x.txt", 4),
    "init image": ((*PROMPT, "--init-image", "x.png"), "x.png", 4),
    "mask": ((*PROMPT, "--init-image", "sound.png", "--mask", "x.png"), "x.png", 4),
    "target image": ((*PROMPT, "--target-image", "x.png"), "x.png", 4),
    "overlay image": ((*PROMPT, "-n", "20", "--overlay-image", "x.png"), "x.png", 4),
    "image prompt": ((*PROMPT, "--image-prompt", "x.png"), "x.png", 4),
    "palette": ((*PROMPT, "--palette", "x.png", "--loss", "palette:1"), "x.png", 4),
    "init run": ((*PROMPT, "--init-run", "old"), "old/run.json", 4),
    "vqgan": ((*PROMPT, "--vqgan", "x.ckpt"), "x.ckpt", 3),
    "vqgan config": ((*PROMPT, "--vqgan-config", "x.yaml"), "x.yaml", 3),
    "batch": (("batch", "x.txt", "-o", "runs"), "x.txt", 4),
    "info": (("info", "x.png"), "x.png", 4),
    "score": (("score", "x.png", "an apple"), "x.png", 4),
    "classify labels": (("classify", "sound.png", "--labels-file", "x.txt"), "x.txt", 4),
    "search picture": (("search", "pictures", "--image", "x.png"), "x.png", 4),
    "search index": (("search", "pictures", "an apple", "--index", "x.safetensors"), "x.safetensors", 5),
    "video": (("video", "frames"), "frames/00001.png", 4),
    "restyle": (("restyle", "x.mp4", "a red apple", "-o", "run"), "x.mp4", 4),
    "upscale": (("upscale", "x.png", "-o", "large.png"), "x.png", 4),
    "edit": (("edit", "x.png", "a red apple", "--at", "left", "-o", "edited.png"), "x.png", 4),
    "encode": (("encode", "x.png"), "x.png", 4),
    "decode": (("decode", "x.npz"), "x.npz", 4),
    "interpolate": (("interpolate", "sound.png", "x.npz", "-o", "way"), "x.npz", 4),
    "sweep": (("resume", "sweep"), "sweep/batch.json", 2),
}
"""A command, the file of its that is spoilt, and its exit code."""


@pytest.fixture
def place(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a sound picture, two frames, and a folder for the user's own files."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(isolated / "config"))
    pixels = np.full((64, 64, 3), 200, dtype=np.uint8)
    for name in ("sound.png", "pictures/a.png", "frames/00000.png", "frames/00001.png"):
        (isolated / name).parent.mkdir(exist_ok=True)
        save_png(isolated / name, pixels, {})
    return isolated


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", special_files.KINDS)
@pytest.mark.parametrize("name", COMMANDS)
def test_fault_17_a_special_file_is_refused_at_once(name: str, kind: str, place: Path, call: Call) -> None:
    command, file, code = COMMANDS[name]
    (place / file).parent.mkdir(parents=True, exist_ok=True)
    (place / file).unlink(missing_ok=True)
    if file == "x.ckpt":
        shutil.copy(data_path("checkpoints", "tiny_vqgan.yaml"), place / "x.yaml")
    special_files.KINDS[kind](place / file)
    answer = call(*command)
    if name == "user file" and kind == "loop":
        # A link to nothing is no file of settings: a run does without.
        assert answer.code == 0, answer.err
    elif name == "search index" and kind == "sparse":
        assert "is damaged" in answer.err
        assert answer.code == 0
    else:
        # The end of an interpolation may be the folder of a run.
        assert answer.code == (2 if (name, kind) == ("interpolate", "folder") else code), (answer.out, answer.err)
        assert Path(file).parts[-1 if name != "sweep" else 0] in answer.err
        assert answer.err.count("\n") <= 3, answer.err
        assert "Traceback" not in answer.err


@pytest.mark.timeout(60)
def test_process_substitution_is_refused_with_what_to_do(place: Path, call: Call) -> None:
    special_files.pipe(place / "p")
    answer = call(*PROMPT, "--config", "p")
    assert answer.code == 2
    assert "it is a pipe, not a file" in answer.err

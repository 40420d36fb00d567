"""A command that is killed or interrupted and given again ends with the files of the unbroken one, to the byte."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faults import makers
from PIL import Image

MOMENTS = int(os.environ.get("KILLS", "3"))
"""How often each command is stopped."""

RESTYLE = ("restyle", "frames", "a red apple", "--frame-steps", "2", "--size", "32", "--fps", "4", "--cutouts", "4",
           "--seed", "1", "--threads", "1")  # fmt: skip
INTERPOLATE = ("interpolate", "frames/0.png", "frames/3.png", "--frames", "12", "--fps", "8", "--threads", "1")


def run(command: list[str]) -> None:
    """Run a command of vqclip in this process and end it."""
    from vqclip import cli

    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(null, stream)
    cli.main(command)


def files_of(folder: Path) -> dict[str, bytes]:
    """The pictures, videos and models below a folder, by name."""
    kinds = (".png", ".mp4", ".safetensors", ".yaml")
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.suffix in kinds}


@pytest.fixture
def material() -> None:
    """Frames to restyle, and a checkpoint to convert."""
    Path("frames").mkdir()
    y, x = np.mgrid[:32, :32]
    for number in range(5):
        disc = (x - 8 - 3 * number) ** 2 + (y - 16) ** 2 < 60
        pixels = np.where(disc[..., None], (200, 30 * number, 30), 230).astype(np.uint8)
        Image.fromarray(pixels).save(f"frames/{number}.png")
    reference = makers.Reference()
    makers.write_lightning(Path("last.ckpt"), dict(reference.state_dict()))
    makers.write_config(Path("last.yaml"), reference.config)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("material", "forked_workers")
@pytest.mark.parametrize(
    "command",
    [(*RESTYLE, "-o", "{}"), (*INTERPOLATE, "-o", "{}"), ("models", "convert", "last.ckpt", "{}/small.safetensors")],
    ids=["restyle", "interpolate", "convert"],
)
def test_a_stopped_command_given_again_ends_as_the_unbroken_one(command: tuple[str, ...], isolated: Path) -> None:
    context: Any = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "av", "vqclip.api", "vqclip.synthesis.loop", "vqclip.runs.recorder"])

    def start(folder: str) -> Any:
        Path(folder).mkdir(exist_ok=True)
        process = context.Process(target=run, args=([part.format(folder) for part in command],))
        process.start()
        return process

    start("warm").join()
    began = time.monotonic()
    whole = start("whole")
    whole.join()
    seconds = time.monotonic() - began
    assert whole.exitcode == 0
    expected = files_of(Path("whole"))
    assert expected
    moments, stopped = random.Random(7), 0
    for number in range(MOMENTS):
        process = start(f"run{number}")
        process.join(moments.uniform(0.2, 1.0) * seconds)
        if process.is_alive():
            stopped += 1
            os.kill(process.pid, signal.SIGKILL if number % 3 else (signal.SIGTERM, signal.SIGINT)[number // 3 % 2])
        process.join()
        again = start(f"run{number}")
        again.join()
        assert again.exitcode == 0, number
        assert files_of(Path(f"run{number}")) == expected, number
    assert stopped >= MOMENTS // 3

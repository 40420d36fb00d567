"""SIGUSR1 asks for a snapshot, and the run continues: schedulers send it before they take a machine away."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from attacks import forks

import vqclip
from vqclip.events import Saved, Stepped
from vqclip.runtime import snapshot_request

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="this system has no SIGUSR1")


@pytest.mark.slow
def test_a_request_adds_one_snapshot_and_changes_no_picture(small: dict[str, Any]) -> None:
    list(vqclip.generate("a red apple", seed=1, output="plain", **small))
    events = []
    for event in vqclip.generate("a red apple", seed=1, output="asked", **{**small, "snapshot_every": 100}):
        events.append(event)
        if isinstance(event, Stepped) and event.step == 1:
            # The recorder has written this step already, so the request is for the next.
            snapshot_request.ask()
    saved = [event.step for event in events if isinstance(event, Saved) and event.kind == "snapshot"]
    assert saved.count(2) + saved.count(1) == 1, saved
    assert Path("asked/image.png").read_bytes() == Path("plain/image.png").read_bytes()


def test_the_signal_is_a_request_within_a_command_and_what_it_was_outside() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with snapshot_request.on_signal():
        os.kill(os.getpid(), signal.SIGUSR1)
        assert snapshot_request.taken()
        assert not snapshot_request.taken()
    assert signal.getsignal(signal.SIGUSR1) == before


def snapshots(folder: Path) -> set[int]:
    return {int(path.stem.removeprefix("step-")) for path in folder.glob("**/state/step-*.safetensors")}


@pytest.mark.slow
@pytest.mark.parametrize("command", [["generate", "a red apple"], ["batch", "prompts.txt", "--jobs", "2"]])
def test_runs_snapshot_and_go_on(command: list[str], small: dict[str, Any]) -> None:
    Path("prompts.txt").write_text("a red apple\na blue car\n")
    flags = ["--size", "32x32", "--init", "tokens", "--stages", "1", "--cutouts", "4", "--threads", "1", "-n", "4000"]
    whole = [*command, "-o", "out", "--seed", "1", "--snapshot-every", "4000", "--no-video", *flags]
    process = subprocess.Popen([forks.program(), *whole], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wanted = 2 if "batch" in command else 1

    def wait_for(number_of_runs: int, least: int) -> None:
        end = time.monotonic() + 120
        while time.monotonic() < end and process.poll() is None:
            folders = [path.parent for path in Path("out").glob("**/state") if path.is_dir()]
            if sum(any(step >= least for step in snapshots(folder)) for folder in folders) >= number_of_runs:
                return
            time.sleep(0.05)
        raise AssertionError(f"no snapshot; exit code {process.poll()}")

    try:
        wait_for(wanted, 0)
        process.send_signal(signal.SIGUSR1)
        wait_for(wanted, 1)
        assert process.poll() is None
    finally:
        process.terminate()
        process.communicate()
    assert process.returncode == 143

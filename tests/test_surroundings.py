"""What the process around a run may change, and what it may not: torch's settings, forks, locks, archives."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import vqclip
from vqclip.events import Finished, Warned
from vqclip.jobs.interpolate import Interpolation, interpolate
from vqclip.jobs.restyle import Restyle, restyle
from vqclip.settings.sources import resolve

ROOT = Path(vqclip.__file__).resolve().parent


def _everything() -> ExitStack:
    """torch as a notebook may leave it."""
    stack = ExitStack()
    stack.enter_context(torch.no_grad())
    stack.enter_context(torch.autocast("cpu", dtype=torch.bfloat16))
    stack.enter_context(torch.device("meta"))
    for change, theirs, before in (
        (torch.set_default_dtype, torch.float64, torch.float32),
        (torch.set_float32_matmul_precision, "medium", "highest"),
        (torch.use_deterministic_algorithms, True, False),
    ):
        change(theirs)  # type: ignore[operator]
        stack.callback(change, before)
    return stack


@pytest.mark.slow
@pytest.mark.parametrize("state", [_everything, torch.inference_mode])
def test_a_picture_does_not_depend_on_the_state_of_torch(
    small: dict[str, Any], state: Callable[[], AbstractContextManager[Any]]
) -> None:
    def draw() -> str:
        events = vqclip.generate("a red apple", seed=1, **small | {"iterations": 2})
        return next(
            hashlib.sha256(event.image().tobytes()).hexdigest() for event in events if isinstance(event, Finished)
        )

    alone = draw()
    with state():
        before = torch.get_default_dtype(), torch.is_grad_enabled(), torch.is_autocast_enabled("cpu")
        assert draw() == alone
        assert before == (torch.get_default_dtype(), torch.is_grad_enabled(), torch.is_autocast_enabled("cpu"))


@pytest.mark.slow
def test_videos_do_not_depend_on_the_state_of_torch(small: dict[str, Any]) -> None:
    for number in range(2):
        Path("source").mkdir(exist_ok=True)
        Image.new("RGB", (32, 32), (200 * number, 90, 20)).save(f"source/{number}.png")
    known = {"video": False, "save_every": 1}
    ends = sorted(Path("source").iterdir())

    def draw(name: str) -> list[bytes]:
        settings = resolve({**small, **known, "prompt": "a red apple", "seed": 1}, bounds=False).settings
        settings = settings.replace(init="tokens", stages=1)
        list(restyle(settings, Restyle("source", steps=1), output=Path(f"{name}-restyled")))
        list(interpolate(resolve(known).settings, ends, Path(f"{name}-between"), Interpolation(frames=3)))
        return [path.read_bytes() for path in sorted(Path().glob(f"{name}-*/frames/*.png"))]

    alone = draw("alone")
    with _everything():
        assert draw("inside") == alone
    assert len(alone) == 5


FORK = """
import os, sys, torch, vqclip
from vqclip.runtime import torch_state
torch_state._PROBE_SECONDS = 1
torch.set_num_threads(2)
torch.zeros(2**22).add_(1)
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
try:
    for threads in (1, 2):
        list(vqclip.generate("a tree", seed=1, size="32x32", iterations=1, init="tokens", threads=threads))
except vqclip.VqclipError as error:
    print(threads, error)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork") or (os.cpu_count() or 1) < 2, reason="two threads and a fork")
def test_a_fork_of_a_process_with_threads_is_refused_instead_of_waiting_for_ever() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT.parent), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", FORK], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.startswith("2 torch cannot use several threads here"), done
    assert "spawn" in done.stdout


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_costs_one_warning(
    small: dict[str, Any], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    events = list(vqclip.generate("a red apple", output="run", seed=1, **small | {"iterations": 1}))
    assert [event.message for event in events if isinstance(event, Warned) and "no locks" in event.message] == [
        "the file system of the output has no locks: do not start two runs in one folder."
    ]
    assert Path("run/image.png").is_file()
    settings = resolve({"video": False, "save_every": 1}).settings
    for event in interpolate(settings, [Path("run/image.png")] * 2, Path("between"), Interpolation(frames=2)):
        if isinstance(event, Warned):
            assert "no locks" in event.message
            break
    else:
        pytest.fail("no warning")


@pytest.mark.slow
def test_a_package_inside_an_archive_says_so() -> None:
    with zipfile.ZipFile("vqclip.zip", "w") as archive:
        for path in ROOT.rglob("*.py"):
            archive.write(path, path.relative_to(ROOT.parent))
    done = subprocess.run(
        [sys.executable, "-m", "vqclip", "generate", "a red apple"],
        env=os.environ | {"PYTHONPATH": "vqclip.zip"}, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: vqclip cannot read its models inside ")
    assert len(done.stderr.splitlines()) == 2


def test_a_settings_file_of_the_user_that_is_a_pipe_is_named(call: Any, isolated: Path) -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "vqclip"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "config.yaml")
    answer = call("config", "show")
    assert answer.code == 2
    assert "it is a pipe, not a file" in answer.err

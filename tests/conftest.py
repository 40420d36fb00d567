"""Every test runs in its own folder, with its own cache and no VQCLIP_* settings of the caller."""

from __future__ import annotations

import functools
import gc
import json
import multiprocessing.spawn
import os
import shutil
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import option_markers
import pytest
import torch
import typer
from attacks import forks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("any machine", deadline=None)
hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> Iterator[None]:
    """Fail for an option without a test, also when -k and -m leave out every test that has the marker."""
    failures = list(option_markers.check(session, items))
    yield
    items[:0] = failures


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Move the test to an empty folder and away from the caller's environment."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith("VQCLIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    # Each further process of a batch takes seconds to start; tests of several say so with --jobs.
    monkeypatch.setattr("vqclip.jobs.batch.default_jobs", lambda settings: 1)
    work = tmp_path_factory.mktemp("work")
    monkeypatch.chdir(work)
    return work


SMALL = {
    "size": "32x32",
    "iterations": 4,
    "stages": 1,
    "init": "tokens",
    "pixel_steps": 0.0,
    "cutouts": 4,
    "save_every": 2,
    "threads": 1,
    "dtype": "float32",
}
"""Settings with which the built-in pair takes a run in about a second."""


@pytest.fixture
def small() -> dict[str, Any]:
    """Settings of a short run of the built-in pair, to be changed at will."""
    return dict(SMALL)


@pytest.fixture
def pair(read_pair: tuple[Any, Callable[..., Any]]) -> tuple[Any, Callable[..., Any]]:
    """The built-in VQGAN in float32, and a function that gives the ClipTarget of the built-in CLIP for a prompt."""
    # A seamless run before this test leaves the VQGAN wrapped around.
    read_pair[0].wrap(False, False)
    return read_pair


@pytest.fixture(scope="session")
def read_pair() -> tuple[Any, Callable[..., Any]]:
    """The same for fixtures that last longer than a test."""
    import torch

    from vqclip.models import registry
    from vqclip.models.perceptor import ClipTarget, load_perceptor
    from vqclip.models.vqgan import load_vqgan
    from vqclip.settings.prompts import parse

    torch.set_num_threads(1)
    cpu = torch.device("cpu")
    vqgan = load_vqgan(registry.find_vqgan("tiny", None), cpu, torch.float32)
    perceptor = load_perceptor(registry.find_clip("tiny"), cpu, torch.float32)

    def targets_of(prompt: str, weight: float = 1.0) -> list[ClipTarget]:
        targets = perceptor.encode_text([p.text for p in parse(prompt)])
        return [ClipTarget(perceptor, weight, targets)]

    return vqgan, targets_of


@pytest.fixture
def kept_models(monkeypatch: pytest.MonkeyPatch, session_models: Any) -> None:
    """Runs of the command line and of Python find the models of the run before them, as the runs of a batch do."""
    from vqclip.runs import session

    load = session.load

    def load_once(*arguments: Any, cache: Any = None, **known: Any) -> Any:
        return load(*arguments, cache=cache or session_models, **known)

    monkeypatch.setattr(session, "load", load_once)


@pytest.fixture
def forked_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of multiprocessing, as the workers of a batch, need not import torch again."""
    monkeypatch.setattr(multiprocessing.spawn, "_python_exe", os.fsencode(forks.python()))


@pytest.fixture(scope="session")
def session_models() -> Any:
    """The models of the last runs that kept theirs."""
    from vqclip.runs.loading import ModelCache

    return ModelCache()


class Answer:
    """Exit code, standard output and standard error of one call in this process."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines; fails when a line is none."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def record(self) -> dict[str, Any]:
        """The one JSON object of standard output; fails when that holds anything else."""
        (line,) = self.out.splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


class PeakMemory(TorchDispatchMode):
    """Counts the bytes of tensors made inside it: `peak` is the most that were alive at once."""

    def __init__(self) -> None:
        super().__init__()
        self.alive = self.peak = 0
        self._known: dict[int, Any] = {}

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        tree_map_only(torch.Tensor, self._count, result)
        return result

    def _count(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        if key not in self._known:
            self._known[key] = weakref.ref(storage, lambda _: self._forget(key, size))
            self.alive += size
            self.peak = max(self.peak, self.alive)

    def _forget(self, key: int, size: int) -> None:
        del self._known[key]
        self.alive -= size


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that a CLIP encodes, in order."""
    from vqclip.models.perceptor import Perceptor

    texts: list[str] = []
    encode = Perceptor.encode_text

    def listen(self: Perceptor, given: list[str]) -> Any:
        texts.extend(given)
        return encode(self, given)

    monkeypatch.setattr(Perceptor, "encode_text", listen)
    return texts


@pytest.fixture
def turned(isolated: Path) -> str:
    """The file, in the test's folder, of a built-in VQGAN that draws red what is blue, and blue what is red."""
    from safetensors.torch import load_file, save_file

    from vqclip.files import data_path

    state = load_file(data_path("checkpoints", "tiny_vqgan.safetensors"))
    # Of the twelve channels before pixels are unfolded, four each are red, green and blue.
    order = torch.arange(12).view(3, 4).flip(0).flatten()
    for name in ("decoder.conv_out.weight", "decoder.conv_out.bias"):
        state[name] = state[name][order].contiguous()
    save_file(state, isolated / "turned.safetensors")
    shutil.copy(data_path("checkpoints", "tiny_vqgan.yaml"), isolated / "turned.yaml")
    return "turned.safetensors"


@pytest.fixture
def peak_memory() -> type[PeakMemory]:
    """A context that counts bytes of tensors."""
    return PeakMemory


_command_of = functools.cache(typer.main.get_command)


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the command line in this process."""

    from vqclip import cli

    # A command ends with its process; here, making the options of all commands again takes most of a call's time.
    monkeypatch.setattr(typer.main, "get_command", _command_of)

    def call(*arguments: str) -> Answer:
        capfd.readouterr()
        # A command that fails collects garbage. Without what was there before, that takes no time.
        gc.freeze()
        try:
            with pytest.raises(SystemExit) as exit_:
                cli.main(list(arguments))
        finally:
            gc.unfreeze()
        out, err = capfd.readouterr()
        code = exit_.value.code
        return Answer(code if isinstance(code, int) else 0, out, err)

    return call

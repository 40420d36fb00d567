"""Runs on a Ray cluster: lost machines and processes cost no run, and the pictures are those of runs without Ray."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vqclip import api
from vqclip.events import Event, JobFailed, JobFinished
from vqclip.jobs import engines
from vqclip.jobs.engines import Cluster, Job, Pool
from vqclip.jobs.engines.ray_actor import Actor
from vqclip.models import vqgan
from vqclip.settings.schema import Settings

RUNS = int(os.environ.get("RAY_TEST_RUNS", "4"))
"""12 for the whole test; it then takes more than a minute of CPU time."""


@pytest.fixture
def needs_ray() -> None:
    pytest.importorskip("ray", reason="Ray is not installed")


@pytest.fixture
def simulated(needs_ray: None, isolated: Path) -> Iterator[Any]:
    """A cluster of a head and three workers with one CPU each, on this machine."""
    if sys.platform == "win32":
        pytest.skip("Ray simulates no cluster on Windows")
    from ray.cluster_utils import Cluster as Simulated

    store = 80 * 2**20
    cluster = Simulated(
        True, head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": store}
    )
    try:
        for _ in range(3):
            cluster.add_node(num_cpus=1, object_store_memory=store)
        yield cluster
    finally:
        cluster.shutdown()


class Command:
    """A batch on a cluster in a process of its own, which prints JSON."""

    def __init__(self, address: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vqclip", "batch", "prompts.txt", "--engine", "ray", "--address", address,
             "--json", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.events: list[dict[str, Any]] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.append(json.loads(line))
            yield self.events[-1]
        self.process.wait()

    def count(self, name: str) -> int:
        return sum(event["event"] == name for event in self.events)


def actors(folder: Path) -> list[int]:
    """The processes of actors that draw for this test."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"ray::Actor.draw" in (entry / "cmdline").read_bytes() and (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.option("--address")
def test_lost_nodes_and_processes_and_a_stop_leave_the_pictures_of_plain_runs(simulated: Any, isolated: Path) -> None:
    prompts = [f"a {what}" for what in ("red apple", "blue car", "green tree", "yellow bird")]
    lines = [json.dumps({"prompt": prompts[n % 4], "seed": n}) for n in range(RUNS)]
    Path("prompts.txt").write_text("\n".join(lines) + "\n")
    flags = {"size": "64x64", "iterations": 6, "threads": 1, "device": "cpu", "snapshot_every": 1}
    given = [word for name, value in flags.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    given += ["--preset", "draft", "--no-video", "-o", "out"]

    first = Command(simulated.address, *given)
    for event in first:
        if event["event"] == "jobstepped" and first.count("jobstepped") == 1:
            first.process.send_signal(signal.SIGINT)
    assert first.process.returncode == 130, first.events[-1]
    assert first.count("jobstopped") >= 1
    assert first.count("jobfinished") < RUNS

    second, killed, removed = Command(simulated.address, *given), False, False
    for event in second:
        if event["event"] == "jobstepped" and not killed:
            os.kill(actors(isolated)[0], signal.SIGKILL)
            killed = True
        elif event["event"] == "jobfinished" and killed and not removed and actors(isolated):
            # Without grace, as when a spot machine is taken away.
            busy = {Path(f"/proc/{pid}/stat").read_text().split()[3] for pid in actors(isolated)}
            nodes = [
                node for node in simulated.worker_nodes if str(node.all_processes["raylet"][0].process.pid) in busy
            ]
            simulated.remove_node(nodes[0], allow_graceful=False)
            removed = True
    assert second.process.returncode == 0, second.events[-1]
    assert removed
    assert second.count("jobpreempted") == 2, [e for e in second.events if "preempted" in e["event"]]
    ledger = "".join(path.read_text() for path in Path("out", "ledger").glob("*.jsonl"))
    assert ledger.count('"event":"preempted"') == 2, "the ledger tells it"
    drawn = sorted(Path("out").glob("**/image.png"))
    assert len(drawn) == RUNS
    manifests = [json.loads((path.parent / "run.json").read_text()) for path in drawn]
    for path, manifest in zip(drawn, manifests, strict=True):
        alone = Path(f"alone-{manifest['settings']['seed']}")
        list(api.generate(manifest["settings"]["prompt"], seed=manifest["settings"]["seed"], preset="draft",
                          output=alone, video=False, **flags))  # fmt: skip
        assert path.read_bytes() == (alone / "image.png").read_bytes()


def test_without_ray_the_command_says_how_to_install_it(
    call: Any, isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "vqclip.jobs.engines.ray", raising=False)
    Path("p.txt").write_text("x\n")
    answer = call("batch", "p.txt", "--engine", "ray", "-o", "out")
    assert (answer.code, 'pip install "vqclip[ray]"' in answer.err) == (2, True)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--workers", "2"), "--jobs"),
        (("--address", "auto"), "--engine ray"),
        (("--engine", "ray", "--jobs", "2"), "--workers"),
        (("--engine", "ray", "--address", "ray://head:10001"), "ray job submit"),
        (("--engine", "ray", "--address", "head"), "HOST:PORT"),
        (("--engine", "ray", "--gpus-per-run", "1.5"), "whole number"),
        (("--engine", "ray", "--gpus-per-run", "nan"), "--gpus-per-run"),
    ],
)
def test_options_of_another_engine_and_impossible_ones_are_refused(
    arguments: tuple[str, ...], said: str, call: Any, isolated: Path
) -> None:
    Path("p.txt").write_text("x\n")
    answer = call("batch", "p.txt", *arguments, "-o", "out")
    assert (answer.code, said in answer.err) == (2, True), answer.err
    assert not Path("out").exists()


@pytest.mark.slow
def test_an_address_where_nobody_answers_is_one_line(call: Any, isolated: Path, needs_ray: None) -> None:
    Path("p.txt").write_text("x\n")
    answer = call("batch", "p.txt", "--engine", "ray", "--address", "127.0.0.1:1", "-o", "out")
    assert (answer.code, "127.0.0.1:1" in answer.err) == (2, True)


@pytest.mark.option("--cpus-per-run", "--gpus-per-run", "--workers")
@pytest.mark.slow
def test_a_run_reserves_what_it_uses_and_no_more_than_nodes_have(
    needs_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.find("ray")
    module = sys.modules["vqclip.jobs.engines.ray"]
    monkeypatch.setattr(module, "_nodes", lambda: {"a": {"CPU": 8.0, "GPU": 2.0}, "b": {"CPU": 4.0}})
    monkeypatch.setattr(module.devices, "own_threads", lambda: 6)

    def needs(settings: Settings, cluster: Cluster = engines.HERE) -> tuple[int, float, int, int]:
        found = module._Needs.of(Job(1, "", settings, None, Path("x")), Pool(cluster.workers, cluster))
        return found.cpus, found.gpus, found.threads, found.fitting()

    assert needs(Settings(device="cpu")) == (6, 0, 6, 1)
    assert needs(Settings(device="cpu", threads=2)) == (2, 0, 6, 6)
    assert needs(Settings(device="cpu", threads=64))[0] == 8, "it waits for no node that is not there"
    assert needs(Settings(threads=1)) == (1, 1, 6, 2)
    assert needs(Settings(threads=1), Cluster(gpus=0.5)) == (1, 0.5, 6, 4)
    assert needs(Settings(device="cpu"), Cluster(cpus=3)) == (3, 0, 6, 3)
    assert needs(Settings(device="cpu"), Cluster(workers=12))[0] == 1


@pytest.mark.slow
def test_an_actor_loads_its_models_once_and_reports_errors(
    needs_ray: None, small: dict[str, Any], isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    actor = Actor(1)
    loads: list[object] = []
    load = vqgan.load_vqgan
    monkeypatch.setattr(vqgan, "load_vqgan", lambda *given, **known: (loads.append(given), load(*given, **known))[1])
    settings = Settings(prompt="a red apple", video=False, **small)
    last: list[Event] = [
        list(actor.draw(Job(number, "", settings.replace(**changed), None, isolated / str(number))))[-1]
        for number, changed in enumerate([{"seed": 1}, {"seed": 2}, {"vqgan": "missing.ckpt"}, {"seed": 3}])
    ]
    assert [type(event) for event in last] == [JobFinished, JobFinished, JobFailed, JobFinished]
    assert len(loads) == 1

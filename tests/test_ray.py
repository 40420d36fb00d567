"""Runs on a Ray cluster: lost machines and processes cost no run, and the pictures are those of runs without Ray."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socketserver
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import test_object_store
from test_object_store import s3_of

import vqclip
from vqclip import api
from vqclip.errors import UsageError
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
    """A cluster on this machine, with a head that draws nothing."""
    if sys.platform == "win32":
        pytest.skip("Ray simulates no cluster on Windows")
    from ray.cluster_utils import Cluster as Simulated

    cluster = Simulated(
        True, head_node_args={"num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE}
    )
    try:
        yield cluster
    finally:
        cluster.shutdown()


STORE = 80 * 2**20
s3 = test_object_store.s3
"""The fixture of a server of S3."""
FLAGS = [
    "--size", "64x64", "-n", "6", "--threads", "1", "--device", "cpu", "--snapshot-every", "1", "--preset", "draft",
    "--no-video", "-o", "out",
]  # fmt: skip


class Command:
    """A batch on a cluster in a process of its own, which prints JSON."""

    def __init__(self, address: str, *arguments: str, resume: str = "", **environment: str) -> None:
        command = ["resume", resume] if resume else ["batch", "prompts.txt"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vqclip", *command, "--engine", "ray", "--address", address, "--json", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment},
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


def add_node(cluster: Any, path: Path | None = None, **environment: str) -> None:
    """Add a worker with one CPU. path: Where its Python looks first."""
    if path:
        environment["PYTHONPATH"] = f"{path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    cluster.add_node(num_cpus=1, object_store_memory=STORE, env_vars=environment)


def incomplete(folder: Path, missing: str) -> Path:
    """A copy of the package in which one file is missing."""
    package = Path(vqclip.__file__).parent
    shutil.copytree(package, folder / "vqclip", ignore=shutil.ignore_patterns("__pycache__", Path(missing).name))
    return folder


def beginning(folder: Path, code: str) -> Path:
    """A folder for the path of a Python that runs this code when it starts."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(code)
    return folder


def actors(folder: Path) -> list[int]:
    """The processes of actors that draw for this test."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if b"ray::Actor.draw" in (entry / "cmdline").read_bytes() and (entry / "cwd").readlink() == folder:
                found.append(int(entry.name))
    return found


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.option("--address")
def test_lost_nodes_and_processes_and_a_stop_leave_the_pictures_of_plain_runs(simulated: Any, isolated: Path) -> None:
    prompts = [f"a {what}" for what in ("red apple", "blue car", "green tree", "yellow bird")]
    lines = [json.dumps({"prompt": prompts[n % 4], "seed": n}) for n in range(RUNS)]
    Path("prompts.txt").write_text("\n".join(lines) + "\n")
    for _ in range(3):
        add_node(simulated)

    first = Command(simulated.address, *FLAGS)
    for event in first:
        if event["event"] == "jobstepped" and first.count("jobstepped") == 1:
            first.process.send_signal(signal.SIGINT)
    assert first.process.returncode == 130, first.events[-1]
    assert first.count("jobstopped") >= 1
    assert first.count("jobfinished") < RUNS

    second, killed, removed = Command(simulated.address, *FLAGS), False, False
    for event in second:
        if event["event"] == "jobstepped" and not killed:
            os.kill(actors(isolated)[0], signal.SIGKILL)
            killed = True
        elif second.count("jobpreempted") == 1 and not removed:
            removed = remove_a_node_that_draws(simulated, isolated)
    assert second.process.returncode == 0, second.events[-1]
    assert removed
    assert second.count("jobpreempted") == 2, [e for e in second.events if "preempted" in e["event"]]
    ledger = "".join(path.read_text() for path in Path("out", "ledger").glob("*.jsonl"))
    assert ledger.count('"event":"preempted"') == 2, "the ledger tells it"
    assert same_as_alone(Path("out")) == RUNS


def remove_a_node_that_draws(cluster: Any, folder: Path) -> bool:
    """Remove a node without grace, as when a spot machine is taken away; False where none draws."""
    for pid in actors(folder):
        # Its run may not end before the node does.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        if pid in actors(folder):
            raylet = Path(f"/proc/{pid}/stat").read_text().split()[3]
            nodes = {str(node.all_processes["raylet"][0].process.pid): node for node in cluster.worker_nodes}
            cluster.remove_node(nodes[raylet], allow_graceful=False)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            return True
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    return False


def same_as_alone(out: Path) -> int:
    """The number of pictures of a batch, all of which equal plain runs."""
    drawn = sorted(out.glob("**/image.png"))
    for path in drawn:
        settings = json.loads((path.parent / "run.json").read_text())["settings"]
        alone = Path(f"alone-{path.parent.name}")
        list(api.generate(settings["prompt"], seed=settings["seed"], preset="draft", output=alone, video=False,
                          size="64x64", iterations=6, threads=1, device="cpu", snapshot_every=1))  # fmt: skip
        assert path.read_bytes() == (alone / "image.png").read_bytes()
    return len(drawn)


LATE = """
import os, sys, time
def wait(event, arguments):
    if event == "open" and str(arguments[0]).endswith("tiny_vqgan.safetensors"):
        end = time.monotonic() + 120
        while not os.path.exists(os.environ["BEGIN"]) and time.monotonic() < end:
            time.sleep(0.1)
sys.addaudithook(wait)
"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_nodes_without_the_model_and_with_a_full_disk_leave_their_runs_to_others(
    simulated: Any, isolated: Path, tmp_path: Path
) -> None:
    reasons, begin = ("tiny_vqgan.safetensors", "largest file"), tmp_path / "begin"
    # The node that can draw waits for the losses of the others, which may start after it has drawn everything.
    add_node(simulated, beginning(tmp_path / "late", LATE), BEGIN=str(begin))
    add_node(simulated, incomplete(tmp_path / "no-model", "tiny_vqgan.safetensors"))
    add_node(simulated, incomplete(tmp_path / "no-actor", "ray_actor.py"))
    # Files of 50 kB at most: as much as a full disk takes.
    code = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    add_node(simulated, beginning(tmp_path / "full", code))
    Path("prompts.txt").write_text("".join(f"a red apple {number}\n" for number in range(5)) + "b:nan\n")
    command = Command(simulated.address, *FLAGS)
    for _ in command:
        losses = [event["message"] for event in command.events if event["event"] == "jobpreempted"]
        if all(any(reason in message for message in losses) for reason in reasons):
            begin.touch()
    events = command.events
    said = command.process.stderr.read() if command.process.stderr else ""
    assert command.process.returncode == 9, events[-1]
    assert (command.count("jobfinished"), command.count("jobfailed")) == (5, 1)
    lost = [event for event in events if event["event"] == "jobpreempted"]
    again, first = [event["message"] for event in lost], {event["number"]: event["message"] for event in lost[::-1]}
    aside = [event["message"] for event in events if event["event"] == "warned" and "10 minutes" in event["message"]]
    for reason in reasons:
        assert any(reason in message for message in again), again
        assert any(reason in message for message in aside), aside
        assert sum(reason in message for message in first.values()) <= 3, "it does not take all new lines"
    assert any("ray_actor" in message for message in aside), aside
    ledger = "".join(path.read_text() for path in Path("out", "ledger").glob("*.jsonl"))
    assert ledger.count('"event":"preempted"') == len(again)
    assert ledger.count('"event":"failed"') == 1, "the refused prompt"
    assert "1 of 6 runs failed" in said + str(events[-1])
    assert same_as_alone(Path("out")) == 5


LOADS = """
import os, sys
def note(event, arguments):
    if event == "open" and str(arguments[0]).endswith("tiny_vqgan.safetensors"):
        with open(os.environ["LOADS"], "a") as log:
            print(os.getpid(), file=log)
sys.addaudithook(note)
"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_workers_load_the_models_once_and_a_batch_in_s3_survives_the_end_of_its_driver(
    simulated: Any, s3: dict[str, str], isolated: Path, tmp_path: Path
) -> None:
    hook, log = beginning(tmp_path / "hook", LOADS), tmp_path / "loads"
    noted = {"LOADS": str(log), "PYTHONPATH": f"{hook}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    for _ in range(2):
        add_node(simulated, hook, LOADS=str(log), **s3)
    Path("prompts.txt").write_text("".join(f"a red apple {number}\n" for number in range(6)))
    command = [sys.executable, "-m", "vqclip", "generate", "a red apple", *FLAGS[:-1], "alone"]
    subprocess.run(command, env=os.environ | noted, check=True)
    one_load = len(log.read_text().split())
    log.write_text("")
    drawn = Command(simulated.address, *FLAGS)
    assert list(drawn)[-1]["event"] == "result"
    loads = Counter(log.read_text().split())
    assert list(loads.values()) == [one_load] * 2, "six runs on two workers"

    Path("prompts.txt").write_text("".join(f"a red apple {number}\n" for number in range(3)))
    flags = [*FLAGS[:-1], "s3://bucket/ray"]
    first = Command(simulated.address, *flags, **s3)
    for event in first:
        if event["event"] == "jobfinished" and first.process.poll() is None:
            first.process.kill()
    assert first.process.returncode == -signal.SIGKILL
    second = Command(simulated.address, resume=flags[-1], **s3)
    assert (last := list(second)[-1])["event"] == "result", last
    system = s3_of(s3)
    rows = [json.loads(line) for line in system.cat("bucket/ray/table.jsonl").splitlines()]
    local = [json.loads(line) for line in Path("out/table.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == ["finished"] * 3
    assert [row["path"] for row in rows] == [row["path"] for row in local[:3]]
    for row in rows:
        assert system.cat(f"bucket/ray/{row['path']}") == Path("out", row["path"]).read_bytes()
    assert same_as_alone(Path("out")) == 6


def test_without_ray_the_command_says_how_to_install_it(
    call: Any, isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for name in ("ray", "ray_cluster"):
        monkeypatch.delitem(sys.modules, f"vqclip.jobs.engines.{name}", raising=False)
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
        (("--engine", "rya"), "Did you mean 'ray'?"),
        (("--engine", "ray", "--workers", "0"), "--workers"),
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
@pytest.mark.parametrize("variable", [False, True])
def test_an_address_where_no_ray_answers_is_one_line(
    variable: bool, call: Any, isolated: Path, needs_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("p.txt").write_text("x\n")

    class Dashboard(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(99)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socketserver.TCPServer(("127.0.0.1", 0), Dashboard) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for port in (1, server.server_address[1]):
            flags = [] if variable else ["--address", f"127.0.0.1:{port}"]
            monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
            answer = call("batch", "p.txt", "--engine", "ray", *flags, "-o", "out")
            assert (answer.code, f"127.0.0.1:{port}" in answer.err) == (2, True), answer.err
            assert ("RAY_ADDRESS" in answer.err) == variable
            assert not Path("out").exists()
        server.shutdown()


@pytest.mark.option("--cpus-per-run", "--gpus-per-run", "--workers")
@pytest.mark.slow
def test_a_run_reserves_what_it_uses_and_no_more_than_nodes_have(
    needs_ray: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    engines.find("ray")
    module = sys.modules["vqclip.jobs.engines.ray_cluster"]
    monkeypatch.setattr(module, "nodes", lambda: {"a": {"CPU": 8.0, "GPU": 2.0}, "b": {"CPU": 4.0}})
    monkeypatch.setattr(module.devices, "own_threads", lambda: 6)

    def needs(settings: Settings, cluster: Cluster = engines.HERE) -> tuple[int, float, int, int]:
        found = module.Needs.of(Job(1, "", settings, None, Path("x")), Pool(cluster.workers, cluster))
        return found.cpus, found.gpus, found.threads, sum(found.slots().values())

    assert needs(Settings(device="cpu")) == (6, 0, 6, 1)
    assert needs(Settings(device="cpu", threads=2)) == (2, 0, 6, 6)
    assert needs(Settings(device="cpu", threads=64))[0] == 8, "it waits for no node that is not there"
    assert needs(Settings(threads=1)) == (1, 1, 6, 2)
    assert needs(Settings(threads=1), Cluster(gpus=0.5)) == (1, 0.5, 6, 4)
    assert needs(Settings(device="cpu"), Cluster(cpus=3)) == (3, 0, 6, 3)
    assert needs(Settings(device="cpu"), Cluster(workers=12))[0] == 1

    monkeypatch.setattr(sys.modules["vqclip.jobs.engines.ray"], "connected", lambda _: contextlib.nullcontext(True))
    job = Job(1, "", Settings(threads=1), None, Path("x"))
    with pytest.raises(UsageError, match="takes 1 CPU and 3 GPU"):
        list(engines.find("ray")(iter([job]), Pool(0, Cluster(gpus=3)), lambda: None))


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

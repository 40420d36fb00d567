"""Runs side by side: the same pictures as in turn, and a stop or a kill loses nothing that was drawn."""

from __future__ import annotations

import csv
import json
import multiprocessing
import os
import queue
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attacks import forks
from PIL import Image

from vqclip.errors import Interrupted, UsageError
from vqclip.events import Event, JobFailed, JobFinished, JobPreempted, JobStarted, Stepped, Warned
from vqclip.jobs import batch
from vqclip.jobs.arrivals import arriving
from vqclip.jobs.engines import Job, local
from vqclip.jobs.engines.losses import Losses
from vqclip.runs.directory import read_manifest
from vqclip.runtime import devices, limits
from vqclip.settings.schema import Settings

TINY = {"size": "32x32", "iterations": 2, "stages": 1, "init": "tokens", "cutouts": 2, "save_every": 0,
        "video": False, "threads": 1, "dtype": "float32"}  # fmt: skip
LONG = {**TINY, "iterations": 4000, "snapshot_every": 2}


def pixels(folder: str) -> list[Any]:
    return [np.asarray(Image.open(path)) for path in sorted(Path(folder).glob("*/image.png"))]


def statuses(folder: str) -> list[str]:
    with Path(folder, "table.csv").open(encoding="utf-8", newline="") as file:
        return [row["status"] for row in csv.DictReader(file)]


@pytest.mark.option("--jobs")
@pytest.mark.slow
def test_runs_at_once_give_the_pictures_of_runs_in_turn(isolated: Path, forked_workers: None) -> None:
    at_once = list(batch.sweep("a red apple qwzx", ["seed=1..3"], output="at-once", jobs=2, **TINY))
    list(batch.sweep("a red apple qwzx", ["seed=1..3"], output="in-turn", **TINY))
    assert len(pixels("at-once")) == 3
    assert all(np.array_equal(a, b) for a, b in zip(pixels("at-once"), pixels("in-turn"), strict=True))
    assert sorted(e.number for e in at_once if isinstance(e, JobStarted)) == [1, 2, 3]
    assert sum(isinstance(e, JobFinished) and e.score is not None for e in at_once) == 3
    assert sum(isinstance(e, Warned) and "qwzx" in e.message for e in at_once) == 1, "not once a run"
    assert not [e for e in at_once if isinstance(e, Stepped)], "steps of several runs would be a muddle"
    assert statuses("at-once") == ["finished"] * 3
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_stop_keeps_every_run_that_had_begun(isolated: Path, forked_workers: None) -> None:
    def stop() -> int | None:
        # once both have drawn and kept something
        kept = [list(Path("grid").glob(f"{number:03}-*/state/*.safetensors")) for number in (1, 2)]
        return signal.SIGTERM if all(kept) else None

    with pytest.raises(Interrupted) as reported:
        list(batch.sweep("a red apple", ["seed=1..3"], output="grid", jobs=2, stop=stop, **LONG))
    assert (reported.value.exit_code, "vqclip resume" in reported.value.hint) == (143, True)
    assert not multiprocessing.active_children()
    runs = [read_manifest(path) for path in sorted(Path("grid").glob("0*"))]
    assert [(run.status, run.step > 0) for run in runs] == [("interrupted", True)] * 2


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_run_drawn_again(isolated: Path, forked_workers: None) -> None:
    events: list[Event] = []
    for event in batch.sweep("a red apple", ["seed=1..3"], output="grid", jobs=2, **TINY):
        events.append(event)
        if isinstance(event, JobStarted) and event.number == 2 and events.count(event) == 1:
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)
    assert 2 in [e.number for e in events if isinstance(e, JobPreempted)]
    assert statuses("grid") == ["finished"] * 3
    assert not multiprocessing.active_children()


def test_a_run_whose_process_crashes_three_times_fails() -> None:
    losses, job = Losses(), Job(7, "x", Settings(), None, Path("x"))
    assert [type(losses.crashed(job)) for _ in range(3)] == [JobPreempted, JobPreempted, JobFailed]
    assert [type(losses.preempted(job, "the node is gone")) for _ in range(9)] == [JobPreempted] * 9


def failure(number: int, kind: str = "model") -> JobFailed:
    return JobFailed(number, "there is no model.", kind=kind)


def test_a_job_fails_when_it_failed_on_three_nodes_or_on_all_and_a_refused_one_at_once() -> None:
    losses = Losses()
    assert [type(losses.failed(failure(1), node, node, "abcd")) for node in "abc"] == [JobPreempted] * 2 + [JobFailed]
    last = [losses.failed(failure(2, "memory"), node, node, "ab") for node in "ab"][-1]
    assert last == JobFailed(2, "there is no model. It failed on 2 nodes.", kind="memory")
    assert losses.failed(failure(3, "usage"), "a", "a", "abcd") == failure(3, "usage"), "never again"
    assert losses.failed(failure(4), "a", "a", "a") == failure(4), "there is one node only"
    assert isinstance(losses.failed(failure(5), "a", "a", "ab"), JobPreempted)
    assert losses.hopeless(5, "ab") is None
    assert losses.hopeless(5, "a") == failure(5), "the other node is gone"


def test_a_node_without_the_model_is_put_aside_and_one_that_drew_a_bad_job_is_not() -> None:
    now = [0.0]
    losses = Losses(clock=lambda: now[0])
    for number in (1, 2, 3):
        assert losses.takes("a")
        losses.failed(failure(number), "a", "a", "ab")
    assert not losses.takes("a"), "three in a row: it waits for what becomes of them"
    assert losses.takes("b", 1)
    assert not losses.takes("a", 1)
    assert losses.finished(1, "b") == [("a", "there is no model.")]
    now[0] = 599
    assert not losses.takes("a")
    now[0] = 601
    assert losses.takes("a"), "the model may be there by now"
    for number in (11, 12, 13):
        losses.failed(failure(number), "c", "c", "cd")
    assert isinstance(losses.failed(failure(11), "d", "d", "cd"), JobFailed)
    assert losses.takes("c"), "the job was bad, not the node"
    losses.finished(14, "c")
    assert losses.finished(12, "d") == [], "it has finished a run since then"


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(isolated: Path) -> None:
    flags = [f for k, v in LONG.items() if k != "video" for f in (f"--{k.replace('_', '-')}", str(v))]
    command = [sys.executable, "-m", "vqclip", "sweep", "x", "--vary", "seed=1..4", "--jobs", "2", "-o", "grid"]
    parent = subprocess.Popen([*command, *flags, "--no-video"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(lambda: len(list(Path("grid").glob("*/state/*.safetensors"))) >= 2)
    finally:
        parent.kill()
        parent.wait()
    wait(lambda: not alive(Path.cwd()))
    states = [read_manifest(path).status for path in sorted(Path("grid").glob("0*"))]
    assert states == ["interrupted"] * 2, "each ended its step and kept it"


def alive(folder: Path) -> list[str]:
    """Processes at work in a folder, other than this one."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if entry.name != str(os.getpid()) and (entry / "cwd").readlink() == folder:
                found.append(entry.name)
        except OSError:
            continue
    return found


def wait(until: Any, seconds: float = 200) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.2)


def test_each_worker_takes_its_share_of_the_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: chosen[-1])
    for place, device in [(0, "auto"), (1, "cuda"), (2, "auto"), (3, "cuda:1"), (3, "cpu")]:
        local._choose_gpu(device, place)
    assert chosen == [0, 1, 0], "cuda:1 and cpu mean themselves"
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 1)
    assert [str(devices.find_device(name)) for name in ("cuda", "auto", "cuda:0")] == ["cuda:1", "cuda:1", "cuda:0"]


@pytest.mark.parametrize(
    ("number", "changed", "jobs"),
    [
        (3, {}, 1),
        (4, {}, 4),
        (20, {}, 6),
        (20, {"threads": 2}, 3),
        (20, {"threads": 16}, 1),
        (20, {"vqgan": "imagenet-16384"}, 1),
        (20, {"clip": ("tiny", "ViT-B-32")}, 1),
    ],
)
def test_many_runs_of_the_built_in_models_take_every_core_unless_reported(
    monkeypatch: pytest.MonkeyPatch, number: int, changed: dict[str, Any], jobs: int
) -> None:
    monkeypatch.setattr(limits, "cores", lambda: 6)
    monkeypatch.setattr(limits, "free_memory", lambda: 64 * 2**30)
    assert local.default_jobs([Settings(device="cpu", **changed)] * number) == jobs


def test_no_more_are_drawn_at_once_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "cores", lambda: 6)
    runs = [Settings(device="cpu", size=size, tile_size=0) for size in ("256x256", "256x256", "64x64", "1024x1024")]

    def fitting(free: int | None, *which: int) -> int:
        monkeypatch.setattr(limits, "free_memory", lambda: free)
        return local.default_jobs([runs[index] for index in which])

    assert fitting(3 * 2**30, 0, 1, 0, 1) in (2, 3)
    assert fitting(3 * 2**30, 0, 1, 2, 3) == 1, "the largest needs it all"
    assert fitting(2**20, 0, 1, 0, 1) == 1, "one is drawn in any case"
    assert fitting(None, 0, 1, 0, 1) == 4


@pytest.mark.long
@pytest.mark.skipif(limits.cores() == 1, reason="one core draws in turn")
def test_a_batch_draws_several_at_once_by_itself_and_in_turn_when_reported(isolated: Path) -> None:
    lines = "a red apple\na blue car\na green tree\na yellow bird\n"
    steps = dict[str, int]()
    for jobs in ([], ["--jobs", "1"]):
        reported = subprocess.run(
            [forks.program(), "batch", "-", "-n", "1", "--init", "spot", "--stages", "1", "--pixel-steps", "0",
             "--size", "32", "--cutouts", "2", "--device", "cpu", "--json", *jobs, "-o", f"of{len(jobs)}"],
            input=lines, capture_output=True, text=True, check=True,
        )  # fmt: skip
        steps[" ".join(jobs)] = sum(json.loads(line)["event"] == "stepped" for line in reported.stdout.splitlines())
        assert statuses(f"of{len(jobs)}") == ["finished"] * 4
    assert steps[""] == 0 < steps["--jobs 1"]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_runs_end_while_the_next_line_is_waited_for(isolated: Path) -> None:
    process = subprocess.Popen(
        [forks.program(), "batch", "-", "-n", "1", "--init", "spot", "--stages", "1", "--pixel-steps", "0",
         "--size", "32", "--cutouts", "2", "--device", "cpu", "--json", "--jobs", "2", "-o", "out"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number, prompt in enumerate(("a red apple", "a blue car", "a green tree"), 1):
            process.stdin.write(f"{prompt}\n")
            process.stdin.flush()
            events = (json.loads(line) for line in process.stdout)
            finished = next(event for event in events if event["event"] == "jobfinished")
            assert finished["number"] == number
        process.stdin.close()
        assert json.loads(process.stdout.read().splitlines()[-1])["table"].endswith("table.csv")
    assert process.returncode == 0
    assert statuses("out") == ["finished"] * 3


def test_what_arrives_is_yielded_at_once_and_errors_are_raised() -> None:
    lines: queue.Queue[int] = queue.Queue()

    def found() -> Iterator[int]:
        yield from iter(lines.get, -1)
        raise UsageError("the end")

    items = arriving(found())
    assert next(items) is None
    lines.put(7)
    assert next(filter(None, items)) == 7
    lines.put(-1)
    with pytest.raises(UsageError, match="the end"):
        next(filter(None, items))


@pytest.mark.option("--engine")
def test_an_engine_is_one_module_that_is_found_by_its_name(call: Any, isolated: Path) -> None:
    from vqclip.jobs import engines

    assert "local" in engines.names()
    assert "worker" not in engines.names()
    assert engines.find("local") is local.run
    Path("p.txt").write_text("x\n")
    answer = call("batch", "p.txt", "--engine", "locl", "-o", "out")
    assert (answer.code, "Did you mean 'local'?" in answer.err) == (2, True)
    assert not Path("out").exists()

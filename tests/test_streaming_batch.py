"""Batches of many lines: parts on several machines, kills at any moment, a ledger, and memory that does not grow."""

from __future__ import annotations

import csv
import hashlib
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import drawing_stub
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from vqclip.errors import Interrupted, UsageError
from vqclip.events import JobStarted
from vqclip.files import canonical
from vqclip.jobs import batch, ledger, shards
from vqclip.jobs.command import Command
from vqclip.jobs.engines import Job, worker
from vqclip.jobs.plan import Plan
from vqclip.jobs.shards import Shard
from vqclip.jobs.status import status

LINES = int(os.environ.get("LINES_OF_A_BATCH", "5000"))
"""Of the large batch; 100,000 takes five minutes."""
FLAGS = ["--size", "32x32", "-n", "2", "--stages", "1", "--init", "tokens", "--cutouts", "2", "--no-video",
         "--save-every", "0", "--threads", "1", "--dtype", "float32"]  # fmt: skip


ALL = Shard()


def plan(*, shard: Shard = ALL, done: Any = (), flat: bool = False, **settings: Any) -> list[Job]:
    """The runs of p.txt."""
    command = Command.of("batch", "p.txt", settings, (), preset=None, config_files=(), flat=flat)
    return [each for each in Plan(command, stop=lambda: None).jobs(done, shard) if isinstance(each, Job)]


def counts(shard: Shard, **settings: Any) -> tuple[int | None, int | None]:
    """How many runs p.txt has, and how many of them are of a shard."""
    command = Command.of("batch", "p.txt", settings, (), preset=None, config_files=(), flat=False)
    return Plan(command, stop=lambda: None).count(shard)


def finished(folder: str) -> Counter[str]:
    """How often each run is finished in a ledger."""
    entries = [entry for path in ledger.paths(Path(folder)) for entry in ledger.entries(path)]
    return Counter(ledger.parsed(line)["job"] for event, _, _, line in entries if event == b"finished")


def rows(folder: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(folder, "table.jsonl").read_text().splitlines()]


@pytest.mark.long
@examples(max_examples=20, deadline=None)
@given(
    st.lists(st.sampled_from(["a cat", "a dog", "a red apple", "a tree:2"]), min_size=1, max_size=9),
    st.integers(1, 5),
)
def test_the_parts_of_a_batch_are_each_run_once(prompts: list[str], count: int) -> None:
    Path("p.txt").write_text("\n".join(prompts))
    whole = plan(cutouts=2)
    parts = [job for index in range(1, count + 1) for job in plan(shard=Shard(index, count), cutouts=2)]
    assert sorted(parts, key=lambda job: job.number) == whole
    assert len({job.id for job in whole}) == len(whole) == len(prompts)
    assert len({(job.settings.prompt, job.settings.seed) for job in whole}) == len(prompts), "equal lines differ"
    assert len(plan(seed=3)) == len(set(prompts)), "with a seed, equal lines are one run"
    for shard in (Shard(1, count), Shard(count, count)):
        assert counts(shard) == (len(prompts), len(plan(shard=shard)))
        assert counts(shard, seed=3) == (len(set(prompts)), len(plan(shard=shard, seed=3)))


def test_a_run_keeps_its_id_and_its_seed_when_other_lines_come_and_go() -> None:
    Path("p.txt").write_text("a cat\na dog\na cat\n")
    before = {(job.settings.prompt, job.id, job.settings.seed) for job in plan()}
    Path("p.txt").write_text("a tree\na dog\na cat\n\na cat\n")
    assert before < {(job.settings.prompt, job.id, job.settings.seed) for job in plan()}
    assert {key for _, key, _ in before}.isdisjoint(job.id for job in plan(cut_pow=2.0))


def test_lines_share_settings_but_not_those_of_their_prompts() -> None:
    Path("p.txt").write_text("a cat\na dog: 2 | fog:-0.5\na tree | snow:-0.3\n")
    from vqclip.settings import sources

    for job in plan(seed=1, size="64x64"):
        alone = sources.resolve({"prompt": job.settings.prompt, "seed": 1, "size": "64x64"}).settings
        assert job.settings == alone


@pytest.mark.option("--shard")
@pytest.mark.parametrize(
    ("text", "variables", "part"),
    [
        ("3/16", {}, (3, 16)),
        ("auto", {"SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_COUNT": "4"}, (1, 4)),
        ("auto", {"SLURM_ARRAY_TASK_ID": "4", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "4"}, (4, 4)),
        ("auto", {"SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "1", "SLURM_ARRAY_TASK_COUNT": "4",
                  "SLURM_ARRAY_TASK_STEP": "2"}, (4, 4)),
        ("auto/16", {"JOB_COMPLETION_INDEX": "15"}, (16, 16)),
        ("auto", {"SKYPILOT_JOB_RANK": "2", "SKYPILOT_NUM_JOBS": "3"}, (3, 3)),
        ("auto", {"RANK": "0", "WORLD_SIZE": "8"}, (1, 8)),
    ],
)  # fmt: skip
def test_a_part_is_named_or_found_in_the_variables(text: str, variables: dict[str, str], part: Any) -> None:
    assert shards.parse(text, variables) == Shard(*part)


@pytest.mark.parametrize(
    ("text", "variables", "words"),
    [
        ("17/16", {}, "shard 17/16 is not valid"),
        ("0/4", {}, "is not valid: parts are 1/4 to 4/4"),
        ("some", {}, "shard cannot be 'some'"),
        ("auto", {}, "none of these variables is set"),
        ("auto", {"JOB_COMPLETION_INDEX": "1"}, "does not say how many"),
        ("auto/4", {"JOB_COMPLETION_INDEX": "4"}, "shard 5/4"),
        ("auto/4", {"RANK": "0", "WORLD_SIZE": "8"}, "the scheduler runs 8"),
        ("auto", {"RANK": "x", "WORLD_SIZE": "8"}, "RANK is 'x'"),
        ("auto", {"SLURM_ARRAY_TASK_ID": "4"}, "SLURM_ARRAY_TASK_MIN"),
    ],
)
def test_a_part_that_is_none_is_refused(text: str, variables: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        shards.parse(text, variables)


def _draw_part(folder: str, index: int, count: int, most: int) -> None:
    """Draw a part of p.txt with the stub, and kill this process in the middle of a run after `most` others."""
    worker.launch.start = drawing_stub.draw  # type: ignore[assignment]
    begun = 0
    for event in batch.batch("p.txt", output=folder, shard=Shard(index, count), threads=1):
        begun += isinstance(event, JobStarted)
        if begun > most:
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_any_parts_in_any_order_with_any_kills_finish_each_run_once(isolated: Path, seed: int) -> None:
    chance = random.Random(seed)
    lines = [chance.choice(["a cat", "a dog", "a red apple, shiny", "a tree | fog:-0.2"]) for _ in range(23)]
    Path("p.txt").write_text("\n".join(lines))
    context = multiprocessing.get_context("fork")
    for count in (chance.randint(2, 4), chance.randint(1, 3)):
        parts = [context.Process(target=_draw_part, args=("out", index, count, chance.randint(0, 8)))
                 for index in range(1, count + 1)]  # fmt: skip
        for part in parts:
            part.start()
        for part in parts:
            part.join()
        # A process that is killed while it writes leaves half a line.
        with ledger.paths(Path("out"))[0].open("ab") as torn:
            torn.write(b'{"event":"finished","job":"00')
    list(_drawn("out"))
    assert set(finished("out").values()) == {1}
    assert len(finished("out")) == 23
    list(_drawn("whole"))
    assert [(row["id"], row["prompt"], row["seed"], row["path"]) for row in rows("out")] == [
        (row["id"], row["prompt"], row["seed"], row["path"]) for row in rows("whole")
    ]
    assert [event for event in _drawn("out") if isinstance(event, JobStarted)] == []


def _drawn(folder: str) -> Any:
    before = worker.launch.start
    worker.launch.start = drawing_stub.draw  # type: ignore[assignment]
    try:
        yield from batch.batch("p.txt", output=folder, threads=1)
    finally:
        worker.launch.start = before


@pytest.mark.slow
def test_a_run_whose_picture_is_cut_off_is_drawn_again(isolated: Path) -> None:
    Path("p.txt").write_text("a cat\na dog\na tree\n")
    list(_drawn("out"))
    whole = {row["path"]: Path("out", row["path"]).read_bytes() for row in rows("out")}
    cut, gone, kept = whole
    Path("out", cut).write_bytes(whole[cut][:-1])
    Path("out", gone).unlink()
    begun = [event.directory for event in _drawn("out") if isinstance(event, JobStarted)]
    assert len(begun) == 2
    assert kept not in {f"{path.relative_to(Path('out').absolute())}/image.png" for path in begun}
    assert {path: Path("out", path).read_bytes() for path in whole} == whole
    assert [event for event in _drawn("out") if isinstance(event, JobStarted)] == []


@pytest.mark.slow
@pytest.mark.option("--flat")
def test_parts_and_a_stop_draw_the_pictures_of_a_plain_batch(call: Any, isolated: Path, forked_workers: None) -> None:
    Path("p.txt").write_text("a red apple\na blue car\na red apple\n")
    assert call("batch", "p.txt", *FLAGS, "--jobs", "2", "--flat", "-o", "whole").code == 0
    steps = 0

    def stop() -> int | None:
        nonlocal steps
        steps += 1
        return signal.SIGINT if steps == 2 else None

    values = {"size": "32x32", "iterations": 2, "stages": 1, "init": "tokens", "cutouts": 2, "video": False,
              "save_every": 0, "threads": 1, "dtype": "float32"}  # fmt: skip
    with pytest.raises(Interrupted):
        list(batch.batch("p.txt", output="parts", shard=Shard(2, 2), stop=stop, **values))
    for part in ("2/2", "1/2"):
        assert call("batch", "p.txt", *FLAGS, "--shard", part, "-o", "parts").code == 0
    answer = call("collect", "parts", "--json")
    assert answer.code == 0
    assert Path(answer.lines[-1]["sheet"]).is_file()
    assert Path(answer.lines[-1]["gallery"]).is_file()
    pictures = [hashlib.sha256(Path(folder, row["path"]).read_bytes()).hexdigest()
                for folder in ("parts", "whole") for row in rows(folder)]  # fmt: skip
    assert pictures[:3] == pictures[3:]
    assert len(set(pictures)) == 3
    assert [row["folder"] for row in rows("whole")] == ["001-a-red-apple", "002-a-blue-car", "003-a-red-apple"]
    with Path("parts/table.csv").open(encoding="utf-8", newline="") as file:
        assert [row["path"] for row in csv.DictReader(file)] == [row["path"] for row in rows("parts")]
    found = call("status", "parts", "--json").lines[-1]
    assert {name: found[name] for name in ("total", "done", "running", "failed", "seconds_left")} == {
        "total": 3, "done": 3, "running": 0, "failed": 0, "seconds_left": 0,
    }  # fmt: skip


def test_the_status_tells_living_processes_from_dead_ones_and_lists_failures(call: Any, isolated: Path) -> None:
    Path("p.txt").write_text("a\nb\nc\nd\n")
    Command.of("batch", "p.txt", {}, (), preset=None, config_files=(), flat=False).write(Path())
    book = ledger.Ledger(Path(), Shard(1, 2))
    book.begin(Shard(1, 2), 4)
    book.write("started", job="0" * 20, number=1)
    book.write("finished", job="0" * 20, number=1)
    book.write("started", job="1" * 20, number=3)
    dead = {"event": "opened", "shard": "2/2", "total": 4, "pid": 2**22 + 1, "time": 1.0}
    text = canonical(dead | {"host": "elsewhere"}) + '\n{"event":"started","job":"' + "2" * 20 + '"}\n'
    Path("ledger/x.jsonl").write_text(text)
    os.utime("ledger/x.jsonl", (1, 1))
    found = status(Path())
    assert (found.total, found.done, found.running, found.failed) == (4, 1, 1, 0)
    assert found.seconds_left
    book.write("failed", job="1" * 20, number=3, prompt="c", reason="it is too dark")
    book.close()
    found = status(Path())
    assert (found.running, found.failed, found.seconds_left) == (0, 1, None)
    said = call("status", ".").out
    assert "run 3: c: it is too dark" in said
    assert "nothing draws it now: give the same command again" in said
    assert call("status", "nowhere").code == 4


def test_flat_names_are_for_few_runs(call: Any, isolated: Path) -> None:
    Path("p.txt").write_text("x\n" * 1001)
    answer = call("batch", "p.txt", "--flat", "-o", "out")
    assert (answer.code, "up to 1000 runs, and p.txt has 1001" in answer.err) == (2, True)
    assert call("batch", "p.txt", "--shard", "1/2").code == 2


def test_a_batch_of_standard_input_is_continued_by_its_command(isolated: Path, call: Any) -> None:
    Path("out").mkdir()
    Command.of("batch", "-", {}, (), preset=None, config_files=(), flat=False).write(Path("out"))
    answer = call("resume", "out")
    assert (answer.code, "Give the same command with the same input again" in answer.err) == (2, True)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_large_batch_starts_at_once_and_takes_as_long_for_each_run_as_a_small_one(isolated: Path) -> None:
    def draw(lines: int, most: int) -> dict[str, Any]:
        command = [sys.executable, drawing_stub.__file__, str(lines), str(most)]
        found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return found

    small, large = draw(LINES // 10, LINES), draw(LINES, LINES * 99 // 100)
    assert large["first"] < 5
    # CPU time: other work on the machine does not change it much.
    assert large["each"] < 1.5 * small["each"]
    again = draw(LINES, LINES)
    assert again["runs"] == LINES - large["runs"]
    assert again["first"] < 5
    assert max(large["megabytes"], again["megabytes"]) < 300
    assert large["peak"] - small["peak"] < 100
    assert len(rows(str(LINES))) == LINES
    assert len(list(Path(str(LINES)).glob("sheet*.png"))) == -(-LINES // 500)

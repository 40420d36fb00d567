"""Measure what a batch costs beside its pictures: the lines of its ledger, a restart, and the rows of its table.

    python -m benchmarks.ledgers --json ledgers.json

The ledger is that of a finished batch, in one file for each shard, and the prompts have 60 characters. Nothing is
drawn and no model is loaded. Times are CPU times of this process.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import itertools
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.records import Measure, Record, Result, machine, peak_bytes
from vqclip.jobs import collect, command, ledger, plan
from vqclip.jobs.shards import Shard

WORDS = (Path(__file__).parent / "candidates.txt").read_text(encoding="utf-8").split()


def prompt(number: int) -> str:
    """A prompt of 60 characters, another one for each number."""
    return f"{number} {' '.join(WORDS[(number * k) % len(WORDS)] for k in range(1, 20))}"[:60].strip()


def write(folder: Path, runs: int, shards: int) -> None:
    """Append the lines of finished runs to the ledgers of all shards."""
    books = [ledger.Ledger(folder, Shard(index, shards)) for index in range(1, shards + 1)]
    for number, book in zip(range(1, runs + 1), itertools.cycle(books)):
        job, text = hashlib.sha256(str(number).encode()).hexdigest()[: plan.ID_LENGTH], prompt(number)
        book.write("started", job=job, number=number)
        book.write(
            "finished", job=job, number=number, prompt=text, seed=1, steps=300,
            path=f"{job[:2]}/{job[2:]}/image.png", score=0.6227090358734131, loss=0.3972274661064148, seconds=25.51,
        )  # fmt: skip
    for book in books:
        book.close()


def measure(runs: int, shards: int) -> Result:
    """One batch, in microseconds for each run: `skip` takes those of other shards, `own` those of this one."""
    measures = {}

    def took(name: str, count: int, began: float) -> None:
        measures[name] = Measure((1e6 * (time.process_time() - began) / max(1, count),), "us", "lower")

    with tempfile.TemporaryDirectory(prefix="vqclip-ledgers-") as scratch:
        folder = Path(scratch)
        began = time.process_time()
        write(folder, runs, shards)
        took("append", runs, began)
        size = sum(path.stat().st_size for path in ledger.paths(folder))
        measures["size"] = Measure((size / runs,), "bytes", "lower")

        began = time.process_time()
        ledger.finished(folder, Shard(1, shards))
        took("read", runs, began)

        lines = folder / "prompts.txt"
        lines.write_text("".join(f"{prompt(number)}\n" for number in range(1, runs + 1)), encoding="utf-8")
        asked = command.Command.of("batch", str(lines), {"seed": 1}, (), preset=None, config_files=(), flat=False)
        began = time.process_time()
        # The last part of as many as there are runs: all lines but one are of others.
        list(plan.Plan(asked, stop=lambda: None).jobs(set(), Shard(runs, runs)))
        took("skip", runs, began)
        began = time.process_time()
        few = min(runs, 2000)
        collections.deque(itertools.islice(plan.Plan(asked, stop=lambda: None).jobs(set(), Shard()), few), maxlen=0)
        took("own", few, began)
        measures["peak_memory"] = Measure((peak_bytes() / 2**20,), "MiB", "lower")

        began = time.process_time()
        for _ in collect.Rows(folder):
            pass
        took("rows", runs, began)
    return Result({"runs": runs, "shards": shards}, measures)


def main(given: Sequence[str] | None = None) -> None:
    """Measure, print a line per case, write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[20_000, 200_000], metavar="N")
    parser.add_argument("--shards", type=int, default=100, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args(given)
    about, results = machine(), []
    for runs in arguments.runs:
        results.append(measure(runs, arguments.shards))
        figures = [f"{name} {m.median:.4g} {m.unit}" for name, m in results[-1].measures.items()]
        print(f"{results[-1].label}: {', '.join(figures)}", flush=True)
    if arguments.json:
        Record("ledgers", results, about).write(arguments.json)


if __name__ == "__main__":
    main()

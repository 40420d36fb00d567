"""Simulate a batch on GPUs that are taken away: what is drawn again, at several intervals between snapshots.

    python -m benchmarks.preemption --json preemption.json --plot docs/preemption.svg

Each GPU draws its share of the prompts, one run after the other. It is taken away after a time that is exponentially
distributed, and its replacement goes on from the newest snapshot, or from the start of the run before the first one.
A finished run is safe. The same seed gives the same figures on every machine; nothing is timed here.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.plot import Chart, save
from benchmarks.records import Measure, Record, Result, machine

INTERVALS = (10.0, 60.0, 300.0)
LENGTHS = (30.0, 300.0, 1800.0)
HOURS = (0.25, 0.5, 1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Plan:
    """How a GPU works, all in seconds.

    Attributes:
        length: Of a run without interruption, snapshots not included.
        interval: Between two snapshots of a run.
        snapshot: Cost of one snapshot. The last part of a run ends with its picture instead.
        between: Mean time from the start of a machine to its preemption.
        restart: From a preemption until the replacement draws: a new machine, the start, the models, the ledger.
    """

    length: float
    interval: float
    snapshot: float
    between: float
    restart: float

    def ends(self) -> list[float]:
        """The times within an uninterrupted run at which everything before is safe; the last one is its end."""
        whole = math.ceil(self.length / self.interval) - 1
        parts = [self.interval + self.snapshot] * whole + [self.length - whole * self.interval]
        return list(itertools.accumulate(parts))

    def expected(self) -> float:
        """The expected seconds of a run. A part of d seconds takes (between + restart) * (exp(d / between) - 1)."""
        ends = self.ends()
        parts = (end - start for start, end in zip([0.0, *ends], ends, strict=False))
        return (self.between + self.restart) * sum(math.expm1(part / self.between) for part in parts)


@dataclass(frozen=True)
class Outcome:
    """What a batch took, in seconds of GPU time except for `slowest`.

    Attributes:
        useful: Steps that count.
        snapshots: Writing snapshots that count.
        repeated: Steps and snapshots that were lost.
        waiting: For replacements.
        slowest: The time until the last GPU is done.
        preemptions: How many there were.
    """

    useful: float
    snapshots: float
    repeated: float
    waiting: float
    slowest: float
    preemptions: int

    @property
    def total(self) -> float:
        """All GPU time."""
        return self.useful + self.snapshots + self.repeated + self.waiting

    def lost(self, seconds: float) -> float:
        """These seconds as percent of the GPU time."""
        return 100 * seconds / self.total


def simulate(plan: Plan, gpus: int, runs: int, seed: int = 1) -> Outcome:
    """Draw `runs` runs on `gpus` GPUs, each with its own share."""
    random_numbers, ends = random.Random(seed), plan.ends()
    repeated, slowest, preemptions = 0.0, 0.0, 0
    for gpu in range(gpus):
        share = len(range(gpu, runs, gpus))
        lost, count = _one_gpu(plan.between, ends, share, random_numbers)
        repeated += lost
        preemptions += count
        slowest = max(slowest, share * ends[-1] + lost + count * plan.restart)
    useful, whole = runs * plan.length, runs * ends[-1]
    return Outcome(useful, whole - useful, repeated, preemptions * plan.restart, slowest, preemptions)


def _one_gpu(between: float, ends: Sequence[float], runs: int, random_numbers: random.Random) -> tuple[float, int]:
    """The seconds that one GPU draws in vain, and how often it is taken away."""
    lost, count, done, safe = 0.0, 0, 0, 0.0
    while True:
        reached = safe + random_numbers.expovariate(1 / between)
        if done + reached // ends[-1] >= runs:
            return lost, count
        done += int(reached // ends[-1])
        within = reached % ends[-1]
        part = bisect.bisect_right(ends, within)
        safe = ends[part - 1] if part else 0.0
        lost += within - safe
        count += 1


def measure(plan: Plan, gpus: int, runs: int, seed: int) -> Result:
    """One case: percent of the GPU time that is lost and to what, and hours until the batch is done."""
    outcome = simulate(plan, gpus, runs, seed)
    lost = {
        "lost": outcome.total - outcome.useful,
        "repeated": outcome.repeated,
        "snapshots": outcome.snapshots,
        "waiting": outcome.waiting,
    }
    measures = {name: Measure((outcome.lost(seconds),), "%", "lower") for name, seconds in lost.items()}
    measures["hours"] = Measure((outcome.slowest / 3600,), "h", "lower")
    measures["preemptions"] = Measure((float(outcome.preemptions),))
    case = {"run": plan.length, "between_hours": plan.between / 3600, "interval": plan.interval, "gpus": gpus}
    return Result(case, measures)


def charts(plan: Plan, gpus: int, gpu_hours: float, seed: int) -> Iterator[Chart]:
    """Percent of the GPU time lost by the time between preemptions, and by the interval for the longest runs."""

    def lost(changed: Plan) -> float:
        outcome = simulate(changed, gpus, max(gpus, round(3600 * gpu_hours / changed.length)), seed)
        return outcome.lost(outcome.total - outcome.useful)

    for length in LENGTHS:
        lines = {
            f"{interval:g} s": [
                (hours, lost(replace(plan, length=length, interval=interval, between=3600 * hours)))
                for hours in HOURS
            ]
            for interval in INTERVALS
        }
        yield Chart(f"Runs of {length:g} s", "hours between preemptions", "% of GPU time lost", lines, even=True)
    seconds = [5 * 2.0**power for power in range(9)]
    lines = {
        f"{hours:g} h": [
            (interval, lost(replace(plan, length=LENGTHS[-1], interval=interval, between=3600 * hours)))
            for interval in seconds
        ]
        for hours in (0.5, 2, 8)
    }
    yield Chart(f"Runs of {LENGTHS[-1]:g} s", "seconds between snapshots", "% of GPU time lost", lines, even=True)


def parse(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gpus", type=int, nargs="+", default=[100, 1000], metavar="N")
    parser.add_argument("--runs", type=int, default=1_000_000, metavar="N", help="prompts of the batch")
    parser.add_argument("--length", type=float, nargs="+", default=LENGTHS[:2], metavar="S", help="of a run")
    parser.add_argument("--hours", type=float, nargs="+", default=[1.0, 8.0], metavar="H", help="between preemptions")
    parser.add_argument("--intervals", type=float, nargs="+", default=INTERVALS, metavar="S", help="of snapshots")
    parser.add_argument("--snapshot", type=float, default=0.5, metavar="S", help="cost of a snapshot")
    parser.add_argument("--restart", type=float, default=180.0, metavar="S", help="from preemption to drawing again")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG or PNG picture")
    return parser.parse_args(given)


def main() -> None:
    """Simulate, print a line per case, write the record and the plot."""
    arguments = parse()
    plan = Plan(arguments.length[0], INTERVALS[0], arguments.snapshot, 3600.0, arguments.restart)
    results = []
    for length, hours, interval, gpus in itertools.product(
        arguments.length, arguments.hours, arguments.intervals, arguments.gpus
    ):
        case = replace(plan, length=length, between=3600 * hours, interval=interval)
        results.append(measure(case, gpus, arguments.runs, arguments.seed))
        figures = [f"{name} {m.median:.4g} {m.unit}".rstrip() for name, m in results[-1].measures.items()]
        print(f"{results[-1].label}: {', '.join(figures)}", flush=True)
    if arguments.json:
        notes = {"runs": arguments.runs, "snapshot": arguments.snapshot, "restart": arguments.restart}
        Record("preemption", results, machine(), notes).write(arguments.json)
    if arguments.plot:
        save(list(charts(plan, 100, 2000, arguments.seed)), arguments.plot)


if __name__ == "__main__":
    main()

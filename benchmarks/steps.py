"""Seconds per step and peak memory of the built-in pair, at several sizes.

python -m benchmarks.steps --steps 12 --json steps.json
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import vqclip
from benchmarks.records import Measure, Record, Result, machine, peak_bytes
from vqclip.events import Stepped

CUTOUTS = 16


def measure(size: int, cutouts: int, steps: int) -> list[float]:
    """Seconds of each step but the first, which warms up."""
    times, before = [], 0.0
    flags = {"size": f"{size}x{size}", "cutouts": cutouts, "iterations": steps + 1, "stages": 1, "seed": 1}
    for event in vqclip.generate("a red apple", **flags):
        now = time.perf_counter()
        if isinstance(event, Stepped) and event.step > 1:
            times.append(now - before)
        before = now
    return times


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    about, results = machine(), []
    print("size  cutouts  median s/step  min    max    peak MiB")
    # The peak is the process', so the sizes grow.
    for size in (64, 128, 256, 512):
        step = Measure(tuple(measure(size, CUTOUTS, arguments.steps)), "s", "lower")
        peak = Measure((peak_bytes() / 2**20,), "MiB", "lower")
        low, high = step.spread
        print(f"{size:4}  {CUTOUTS:7}  {step.median:13.3f}  {low:.3f}  {high:.3f}  {peak.median:8.0f}", flush=True)
        results.append(Result({"size": f"{size}x{size}", "cutouts": CUTOUTS}, {"step": step, "peak_memory": peak}))
    if arguments.json:
        Record("steps", results, about).write(arguments.json)


if __name__ == "__main__":
    main()

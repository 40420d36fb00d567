"""Seconds per step and peak memory of the built-in pair, at several sizes.

python -m benchmarks.steps --steps 12
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time

import vqclip
from vqclip.events import Stepped


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
    arguments = parser.parse_args()
    print("size  cutouts  median s/step  min    max    peak MiB")
    for size in (64, 128, 256, 512):
        times = measure(size, 16, arguments.steps)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        low, high = min(times), max(times)
        print(f"{size:4}  {16:7}  {statistics.median(times):13.3f}  {low:.3f}  {high:.3f}  {peak:8.0f}", flush=True)


if __name__ == "__main__":
    main()

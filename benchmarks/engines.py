"""Compare the engines of a batch: the same prompts with two processes of this machine and with two workers of Ray.

    python -m benchmarks.engines --turns 3 --preset draft --json engines.json

Each turn draws the batch once with each engine, whole commands from start to end; Ray starts with its command.
Compare the ratios, not the seconds: the machine may have other work.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.records import Measure, Record, Result, machine
from benchmarks.scaling import PROMPTS, ROOT

ENGINES = {"local": ["--jobs", "2"], "ray": ["--engine", "ray", "--address", "local", "--workers", "2"]}


def seconds(engine: str, prompts: Sequence[str], flags: Sequence[str]) -> float:
    """Draw the prompts with an engine, and return how long the command takes."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "prompts.txt").write_text("\n".join(prompts))
        words = [
            f"{folder}/prompts.txt",
            *ENGINES[engine],
            "--threads",
            "1",
            "--seed",
            "1",
            "-q",
            "-o",
            f"{folder}/out",
        ]
        began = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "vqclip", "batch", *words, *flags], check=True, cwd=ROOT, stdout=subprocess.DEVNULL
        )
        return time.perf_counter() - began


def measure(turns: int, prompts: Sequence[str], flags: Sequence[str]) -> Result:
    """Draw the prompts with all engines in turn, and print each turn."""
    took: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    for turn in range(turns):
        for engine in sorted(ENGINES, reverse=turn % 2 == 1):
            took[engine].append(seconds(engine, prompts, flags))
        print({engine: round(values[-1], 1) for engine, values in took.items()}, os.getloadavg(), flush=True)
    measures = {engine: Measure(tuple(values), "s", "lower") for engine, values in took.items()}
    local, ray = (measures[engine] for engine in ("local", "ray"))
    measures["ratio_of_best"] = Measure((min(ray.values) / min(local.values),), "", "lower")
    measures["ratio_of_medians"] = Measure((ray.median / local.median,), "", "lower")
    return Result({"prompts": len(prompts), "flags": " ".join(flags)}, measures)


def main() -> None:
    """Measure, print a line, write the record. Unknown arguments are options of `vqclip batch`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=3, metavar="N")
    parser.add_argument("--prompts", type=int, default=20, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments, flags = parser.parse_known_args()
    result = measure(arguments.turns, PROMPTS[: arguments.prompts], flags)
    print(", ".join(f"{name} {measure.median:.4g}" for name, measure in result.measures.items()))
    if arguments.json:
        Record("engines", [result], machine(), {"turns": arguments.turns}).write(arguments.json)


if __name__ == "__main__":
    main()

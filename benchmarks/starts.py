"""Measure how long `vqclip generate` takes to its first step, and what each import costs.

    python -m benchmarks.starts --json starts.json

The command runs in turn with a process that imports only torch and torchvision, and each ratio is of one turn. The
first step ends when its line is in metrics.jsonl; then the run is killed. As many starts follow with `-X importtime`,
which slows them a little: the time spent in each package's own modules, without what they import.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.records import Measure, Record, Result, machine

ROOT = Path(__file__).resolve().parent.parent
#: Packages below this many seconds are summed up as one.
LEAST = 0.02
OTHERS = "others"
_TICK = 0.002
_MARK = "import time:"


def first_step(flags: Sequence[str] = (), options: Sequence[str] = ()) -> tuple[float, str]:
    """Seconds from starting `vqclip generate` to its first step, and its standard error.

    flags: of the command. options: of Python. Raises SystemExit with its standard error if it ends before a step.
    """
    with tempfile.TemporaryDirectory(prefix="vqclip-start-") as scratch:
        messages, row = Path(scratch) / "messages", Path(scratch) / "run" / "metrics.jsonl"
        command = ["-m", "vqclip", "generate", "a red apple", "--seed", "1", *flags, "--output", str(row.parent)]
        began = time.perf_counter()
        with (
            messages.open("w") as stderr,
            subprocess.Popen(
                [sys.executable, *options, *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=stderr
            ) as run,
        ):
            while run.poll() is None and not (row.is_file() and row.stat().st_size):
                time.sleep(_TICK)
            seconds = time.perf_counter() - began
            run.kill()
        text = messages.read_text(encoding="utf-8", errors="replace")
        if not row.is_file():
            raise SystemExit(f"{text}\nThe run ended before its first step, with exit code {run.returncode}.")
        return seconds, text


def spent(lines: Iterable[str]) -> dict[str, float]:
    """Seconds in each package's own modules, most first, of lines that `-X importtime` wrote among others."""
    found: Counter[str] = Counter()
    for line in lines:
        own, _, rest = line.partition(_MARK)[2].partition("|")
        if own.strip().isdigit():
            found[rest.partition("|")[2].strip().split(".")[0]] += int(own)
    return {name: microseconds / 1e6 for name, microseconds in found.most_common()}


def costs(starts: Sequence[dict[str, float]], least: float = LEAST) -> list[Result]:
    """A result for each package that takes `least` seconds or more in the median, and one for the others."""
    every = {name: tuple(start.get(name, 0.0) for start in starts) for start in starts for name in start}
    measures = {name: Measure(seconds, "s", "lower") for name, seconds in every.items()}
    large = {name: measure for name, measure in measures.items() if measure.median >= least}
    rest = [sum(start.values()) - sum(start.get(name, 0.0) for name in large) for start in starts]
    named = sorted(large.items(), key=lambda item: -item[1].median)
    return [
        Result({"import": name}, {"own": measure})
        for name, measure in (*named, (OTHERS, Measure(tuple(rest), "s", "lower")))
    ]


def turns(repetitions: int, flags: Sequence[str]) -> Result:
    """A start and the imports alone, in turn."""
    first, imports = [], []
    for _ in range(repetitions):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import torch, torchvision"], check=True)
        imports.append(time.perf_counter() - began)
        first.append(first_step(flags)[0])
    ratios = tuple(ours / theirs for ours, theirs in zip(first, imports, strict=True))
    measures = {
        "first_step": Measure(tuple(first), "s", "lower"),
        "torch and torchvision": Measure(tuple(imports), "s"),
        "ratio": Measure(ratios, "", "lower"),
    }
    return Result({"case": "start"}, measures)


def main() -> None:
    """Measure, print a line per result, write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=5, metavar="N")
    parser.add_argument("--flags", nargs=argparse.REMAINDER, default=[], help="more flags of vqclip generate; last")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    about = machine()
    results = [turns(arguments.repetitions, arguments.flags)]
    logs = [first_step(arguments.flags, ("-X", "importtime"))[1] for _ in range(arguments.repetitions)]
    results += costs([spent(text.splitlines()) for text in logs])
    for result in results:
        measures = ", ".join(f"{name} {m.median:.3f} {m.unit}".rstrip() for name, m in result.measures.items())
        print(f"{result.label}: {measures}", flush=True)
    if arguments.json:
        Record("starts", results, about).write(arguments.json)


if __name__ == "__main__":
    main()

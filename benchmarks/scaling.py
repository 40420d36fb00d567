"""Measure how time and memory grow with the size, the cutouts, the CLIPs and the prompts, and time a batch.

    python -m benchmarks.scaling --json scaling.json --plot docs/scaling.svg
    python -m benchmarks.scaling --pair full --sizes 256 512 1024 --tile-size 0 512 --json large.json
    python -m benchmarks.scaling --quick

Every case runs in a process of its own, so that peak memory is measured separately. One thing changes between cases.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.plot import Chart, save
from benchmarks.records import Measure, Record, Result, machine, peak_bytes

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = (
    "a red apple", "a blue car", "a yellow bird", "a green tree", "a castle", "a cat", "a rose", "a ship",
    "a mushroom", "a clock", "a violin", "an owl", "a lamp", "a hat", "a fish", "a strawberry", "a bridge",
    "a snowman", "a teapot", "a butterfly",
)  # fmt: skip
AXES = {"size": "side in pixels", "cutouts": "cutouts", "perceptors": "perceptors", "prompts": "prompts"}


def base_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The case from which the others differ in one thing."""
    return {"size": arguments.base, "tile_size": 0, "cutouts": arguments.cutouts[0], "perceptors": 1, "prompts": 1}


def cases(arguments: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Every case once: the base, then along each axis in turn."""
    base = base_of(arguments)
    axes = {
        "size": arguments.sizes,
        "cutouts": arguments.cutouts,
        "perceptors": arguments.perceptors,
        "prompts": arguments.prompts,
    }
    seen = []
    for name, values in axes.items():
        for value in values:
            case = base | {name: value}
            for side in arguments.tile_size if name == "size" else (0,):
                if case | {"tile_size": side} not in seen and side < case["size"]:
                    seen.append(case | {"tile_size": side})
                    yield seen[-1]


def flags(case: dict[str, Any], arguments: argparse.Namespace) -> dict[str, Any]:
    """Arguments of `vqclip.generate` for a case."""
    found: dict[str, Any] = {
        "size": f"{case['size']}x{case['size']}", "tile_size": case["tile_size"], "cutouts": case["cutouts"],
        "stages": 1, "init": "tokens", "pixel_steps": 0.0, "seed": 1, "threads": arguments.threads,
        "dtype": arguments.dtype,
        "clip": ("tiny",) * case["perceptors"],
    }  # fmt: skip
    if arguments.pair == "full":
        folder = arguments.models
        found |= {
            "vqgan": str(folder / "vqgan.ckpt"),
            "vqgan_config": str(folder / "vqgan.yaml"),
            "clip": (f"ViT-B-32-quickgelu/{folder / 'clip.safetensors'}",) * case["perceptors"],
        }
    return found


def take(job: dict[str, Any]) -> None:
    """Run one case in this process and print what it took: seconds of each step but the first, and bytes."""
    import vqclip
    from vqclip.events import Stepped

    seconds: list[float] = []
    held: list[float] = []
    before = 0.0
    prompt = " | ".join(PROMPTS[: job["prompts"]])
    for event in vqclip.generate(prompt, **job["flags"], iterations=job["steps"] + 1):
        now = time.perf_counter()
        if isinstance(event, Stepped) and event.step > 1:
            seconds.append(now - before)
            held.append(peak_bytes())
        before = now
    print(json.dumps({"seconds": seconds, "bytes": held}))


def ask(job: dict[str, Any]) -> dict[str, Any]:
    """`take` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--take", json.dumps(job)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure(case: dict[str, Any], arguments: argparse.Namespace) -> Result:
    """One case. growth: memory at the last step over that after a quarter of them."""
    job = {"flags": flags(case, arguments), "prompts": case["prompts"], "steps": arguments.steps}
    took = ask(job)
    quarter = took["bytes"][len(took["bytes"]) // 4]
    measures = {
        "step": Measure(tuple(took["seconds"]), "s", "lower"),
        "peak_memory": Measure((took["bytes"][-1] / 2**20,), "MiB", "lower"),
        "growth": Measure((took["bytes"][-1] / quarter,), "", "lower"),
    }
    return Result({"pair": arguments.pair, **case}, measures)


def batch(arguments: argparse.Namespace) -> Result:
    """Prompts drawn by `vqclip batch`, in turn and as it comes, one for each core at once, and by a command each."""
    prompts, cores = PROMPTS[: arguments.batch], os.cpu_count() or 1
    vqclip = [sys.executable, "-m", "vqclip"]
    flags = ["-n", str(arguments.batch_steps), "--seed", "1", "--quiet", "--output"]

    def seconds(command: Sequence[str], lines: Sequence[str] = ()) -> float:
        began = time.perf_counter()
        subprocess.run(command, check=True, cwd=ROOT, text=True, input="\n".join(lines), stdout=subprocess.DEVNULL)
        return time.perf_counter() - began

    with tempfile.TemporaryDirectory() as folder:
        together = seconds([*vqclip, "batch", "-", "--jobs", "1", *flags, f"{folder}/together"], prompts)
        at_once = seconds([*vqclip, "batch", "-", *flags, f"{folder}/at-once"], prompts)
        apart = sum(seconds([*vqclip, "generate", prompt, *flags, f"{folder}/{prompt}"]) for prompt in prompts)
    measures = {
        "together": Measure((together,), "s", "lower"),
        "at_once": Measure((at_once,), "s", "lower"),
        "apart": Measure((apart,), "s", "lower"),
        "ratio": Measure((together / apart,), "", "lower"),
        "ratio_at_once": Measure((at_once / apart,), "", "lower"),
        "per_hour": Measure((3600 * len(prompts) / min(together, at_once),), "prompts/h", "higher"),
    }
    case = {"case": "batch", "prompts": len(prompts), "steps": arguments.batch_steps, "jobs": cores}
    return Result(case, measures)


def charts(results: Sequence[Result], base: dict[str, Any]) -> Iterator[Chart]:
    """A panel of time and one of memory along every axis with two points or more."""
    for name, label in AXES.items():
        fixed = {axis: base[axis] for axis in ("tile_size", *AXES) if axis != name}
        along = [r for r in results if name in r.case and fixed.items() <= {**r.case}.items()]
        along = sorted((r for r in along if "tile_size" in r.case), key=lambda result: result.case[name])
        if len(along) < 2:
            continue
        for kind, unit in (("step", "s per step"), ("peak_memory", "peak MiB")):
            points = [(float(result.case[name]), result.measures[kind].median) for result in along]
            yield Chart(f"{unit} by {name}", label, unit, {"": points})


def show(result: Result) -> None:
    """One line per case."""
    figures = [f"{name} {m.median:.4g} {m.unit}".rstrip() for name, m in result.measures.items()]
    print(f"{result.label}: {', '.join(figures)}", flush=True)


def parse(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="tiny cases, to see that it works")
    parser.add_argument("--pair", choices=("tiny", "full"), default="tiny")
    parser.add_argument("--models", type=Path, metavar="DIR", help="keep the random weights of the full pair there")
    parser.add_argument("--base", type=int, default=256, metavar="N", help="size while something else changes")
    parser.add_argument("--sizes", type=int, nargs="+", default=[128, 256, 512, 1024], metavar="N")
    parser.add_argument("--tile-size", type=int, nargs="+", default=[0], metavar="N", help="for each size")
    parser.add_argument("--cutouts", type=int, nargs="+", default=[32, 8, 16, 64, 128], metavar="N")
    parser.add_argument("--perceptors", type=int, nargs="+", default=[1, 2, 3], metavar="N")
    parser.add_argument("--prompts", type=int, nargs="+", default=[1, 4, 16], metavar="N")
    parser.add_argument("--steps", type=int, default=8, metavar="N", help="timed in every case")
    parser.add_argument("--batch", type=int, default=20, metavar="N", help="prompts of the batch")
    parser.add_argument("--batch-steps", type=int, default=60, metavar="N")
    parser.add_argument("--steps-only", action="store_true", help="leave the batch out")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="an SVG or PNG picture")
    parser.add_argument("--take", metavar="JOB", help=argparse.SUPPRESS)
    arguments = parser.parse_args(given)
    if arguments.quick:
        tiny: dict[str, Any] = {
            "base": 32, "sizes": [16, 32], "tile_size": [0, 16], "cutouts": [2, 4], "perceptors": [1],
            "prompts": [1, 2], "steps": 2, "batch": 2, "batch_steps": 1, "threads": 1,
        }  # fmt: skip
        vars(arguments).update(tiny)
    return arguments


def main() -> None:
    """Measure, print a line per case, write the record and the plot."""
    arguments = parse()
    if arguments.take:
        take(json.loads(arguments.take))
        return
    about, results = machine(), []
    with tempfile.TemporaryDirectory(prefix="vqclip-scaling-") as scratch:
        if arguments.pair == "full":
            arguments.models = (arguments.models or Path(scratch)).resolve()
            arguments.models.mkdir(parents=True, exist_ok=True)
            command = [sys.executable, "-m", "benchmarks.random_pair", str(arguments.models)]
            subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
        for case in cases(arguments):
            results.append(measure(case, arguments))
            show(results[-1])
    if arguments.pair == "tiny" and not arguments.steps_only:
        results.append(batch(arguments))
        show(results[-1])
    if arguments.json:
        notes = {"steps": arguments.steps, "threads": arguments.threads}
        Record("scaling", results, about, notes).write(arguments.json)
    if arguments.plot:
        save(list(charts(results, base_of(arguments))), arguments.plot)


if __name__ == "__main__":
    main()

"""Run one side of a comparison: read a job from standard input, write what was measured.

    python -m benchmarks.sides RESULT.json < JOB.json

Prepares the side up to its first step, warms up with one step, times the next ones, reads the peak memory, and counts
the floating-point operations of a last step.
"""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import json
import os
import sys
import time
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

import vqclip
from benchmarks.random_pair import Pair
from benchmarks.records import peak_bytes
from vqclip.events import Started, Stepped

PROMPT = "a lighthouse at dusk"
Step = Callable[[], None]


@dataclass(frozen=True)
class Job:
    """What a side has to do.

    side: a name in SIDES, or "limit". folder: of the pair. checkout: of nerdyrodent/VQGAN-CLIP, "" for our side.
    dtype: of the networks; nerdyrodent's are in float32 on a processor. steps: to be timed.
    """

    side: str
    dtype: str
    folder: str
    network: str
    checkout: str
    width: int
    height: int
    cutouts: int
    threads: int
    steps: int

    @property
    def pair(self) -> Pair:
        """The models' files."""
        return Pair.within(Path(self.folder), self.network)


@dataclass(frozen=True)
class Taken:
    """What one side took: seconds on the clock and of the processor for every timed step, the share of the machine's
    processors that others took meanwhile (None where the system does not tell), bytes before the first step and at
    the peak, floating-point operations of a step, and the imports that were stubbed."""

    seconds: list[float]
    processor_seconds: list[float]
    others: float | None
    ready_bytes: int
    peak_bytes: int
    operations: int
    stubbed: list[str]


def begin_vqclip(job: Job) -> Step:
    """Our loop, through the Python interface, with the settings of nerdyrodent."""
    pair = job.pair
    events = vqclip.generate(
        PROMPT,
        preset="nerdyrodent",
        vqgan=str(pair.checkpoint),
        clip=[f"{pair.network}/{pair.clip}"],
        size=f"{job.width}x{job.height}",
        cutouts=job.cutouts,
        iterations=job.steps + 3,  # the last also draws the final picture
        device="cpu",
        dtype=job.dtype,
        threads=job.threads,
        seed=1,
    )
    while not isinstance(next(events), Started):
        pass

    def step() -> None:
        while not isinstance(next(events), Stepped):
            pass

    return step


def begin_nerdyrodent(job: Job) -> Step:
    """The peer's generate.py, run as it is up to its main loop; a step is its own `train`."""
    pair, checkout = job.pair, Path(job.checkout)
    stub_dead_imports()
    sys.path.insert(0, str(checkout))
    sys.argv = [
        "generate.py", "-p", PROMPT, "-s", str(job.width), str(job.height), "-cuts", str(job.cutouts),
        "-m", str(pair.archive), "-conf", str(pair.config), "-ckpt", str(pair.checkpoint), "-cd", "cpu", "-sd", "1",
    ]  # fmt: skip
    path = checkout / "generate.py"
    names: dict[str, Any] = {"__name__": "generate", "__file__": str(path)}
    exec(compile(before_the_loop(path), str(path), "exec"), names)  # noqa: S102 - the very thing to be measured
    numbers = iter(range(1, 10**9))

    def step() -> None:
        # Every display_freq-th step decodes once more to save the picture; that is left out.
        number = next(n for n in numbers if n % names["args"].display_freq)
        names["i"] = number
        names["train"](number)

    return step


def before_the_loop(path: Path) -> ast.Module:
    """The statements of a generate.py that come before its main loop, a `try` that calls `train`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for position, statement in enumerate(tree.body):
        if isinstance(statement, ast.Try) and "train" in called(statement):
            return ast.Module(tree.body[:position], type_ignores=[])
    raise SystemExit(f"{path} has no main loop that calls train(): is this nerdyrodent/VQGAN-CLIP?")


def called(tree: ast.AST) -> set[str]:
    """The names of the functions that are called in a piece of source."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}


def stub_dead_imports() -> None:
    """Stand in for what the peer and its taming import and, in this job, never call.

    torch_optimizer: two optimisers that are not Adam. pytorch_lightning.utilities.distributed: a decorator of
    taming's training script, gone from newer Lightnings. What is installed is left alone.
    """
    dead = {
        "torch_optimizer": {"DiffGrad": None, "AdamP": None},
        "pytorch_lightning.utilities.distributed": {"rank_zero_only": lambda function: function},
    }
    for name, contents in dead.items():
        with contextlib.suppress(ImportError):
            __import__(name)
            continue
        stub = types.ModuleType(name)
        vars(stub).update(contents, __stub__=True)
        sys.modules[name] = stub


def stubbed() -> list[str]:
    """The names of the modules that `stub_dead_imports` replaces."""
    return sorted(
        name for name, module in sys.modules.items() if getattr(module, "__dict__", {}).get("__stub__") is True
    )


SIDES: dict[str, Callable[[Job], Step]] = {"vqclip": begin_vqclip, "nerdyrodent": begin_nerdyrodent}


def take(step: Step, steps: int) -> Taken:
    """Warm up, time, read the peak, count."""
    ready = peak_bytes()
    step()
    seconds, worked, before = [], [], busy_seconds()
    for _ in range(steps):
        began, began_work = time.perf_counter(), time.process_time()
        step()
        seconds.append(time.perf_counter() - began)
        worked.append(time.process_time() - began_work)
    peak, after = peak_bytes(), busy_seconds()
    others = None
    if before is not None and after is not None and seconds:
        others = max(0.0, after - before - sum(worked)) / (sum(seconds) * (os.cpu_count() or 1))
    with FlopCounterMode(display=False) as counter:
        step()
    return Taken(seconds, worked, others, ready, peak, counter.get_total_flops(), stubbed())


def busy_seconds(counts: Path = Path("/proc/stat")) -> float | None:
    """Seconds that all processors of this machine were busy or given to other machines (steal, proc(5)), or None."""
    try:
        user, nice, system, _, _, interrupts, softirqs, steal = map(int, counts.read_text().split()[1:9])
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupts + softirqs + steal) / os.sysconf("SC_CLK_TCK")


@torch.no_grad()
def limits(dtype: str, rounds: int = 3, device: torch.device | None = None) -> dict[str, float]:
    """The most operations per second that this processor, or a device, gives in large products, by kind.

    Both libraries that the loops rest on are asked: matrix products, and 3x3 convolutions of a decoder's shapes.
    """
    kind: dict[str, Any] = {"dtype": getattr(torch, dtype), "device": device}
    best = {"matmul": 0.0, "convolution": 0.0}
    for side in (1024, 2048, 4096):
        a, b = torch.randn(side, side, **kind), torch.randn(side, side, **kind)
        best["matmul"] = max(best["matmul"], 2 * side**3 / fastest(lambda a=a, b=b: a @ b, rounds))
    for channels, side in ((128, 256), (256, 128), (512, 32)):
        x = torch.randn(1, channels, side, side, **kind)
        w = torch.randn(channels, channels, 3, 3, **kind)
        quickest = fastest(lambda x=x, w=w: torch.nn.functional.conv2d(x, w, padding=1), rounds)
        best["convolution"] = max(best["convolution"], 2 * 9 * channels**2 * side**2 / quickest)
    return best


def fastest(work: Callable[[], torch.Tensor], rounds: int) -> float:
    """The least seconds of several goes, after one to warm up."""
    seconds = []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        done = work()
        if done.is_cuda:
            torch.cuda.synchronize(done.device)
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:])


def main() -> None:
    """Do the job of standard input and write the result to the file that the argument names."""
    job, result = Job(**json.load(sys.stdin)), Path(sys.argv[1])
    torch.set_num_threads(job.threads)
    # Whatever a side writes beside its answer stays out of the caller's folder.
    os.chdir(result.parent)
    found = limits(job.dtype) if job.side == "limit" else dataclasses.asdict(take(SIDES[job.side](job), job.steps))
    result.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()

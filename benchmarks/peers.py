"""Compare our loop with a peer's on the same networks, size, cutouts, threads and optimiser.

    python -m benchmarks.peers --nerdyrodent PATH_TO_CHECKOUT --json peers.json

The peer's own source runs its own step. Its checkout holds generate.py and, as its README says, a clone of
openai/CLIP; kornia has to be installed too. Both sides read the same files: taming's f16 VQGAN with 16384 codes and
ViT-B/32, with random weights. Every side of every repetition runs in a process of its own, so that peak memory is
measured separately. The sides take turns, the first one alternates, and the processor's own limit is measured before
them. Ratios are of one repetition. A repetition in which others took more than a tenth of the processors, programs or
other virtual machines, is made again, twice at the most. The least disturbed one counts, and the table marks it.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.records import Measure, Record, Result, machine

ROOT = Path(__file__).resolve().parent.parent
PEER = "nerdyrodent"
Side = tuple[str, str]
"""Whose loop, and the precision of the networks."""
Takes = dict[Side, list[dict[str, Any]]]
"""What each side took in every repetition, as `benchmarks.sides` answers."""
Repetition = tuple[dict[str, dict[str, float]], dict[Side, dict[str, Any]]]
"""The processor's limit by precision, and what each side took."""
DISTURBED = 0.1
"""The share of the machine's processors that others may take during the steps of a side."""
_ATTEMPTS = 3


def ask(job: Mapping[str, Any], scratch: Path) -> dict[str, Any]:
    """Let a process of its own do a job. Raises SystemExit with what that wrote when it fails."""
    result = scratch / "result.json"
    result.unlink(missing_ok=True)
    threads = str(job["threads"])
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sides", str(result)],
        input=json.dumps(dict(job)),
        env=environment | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode or not result.is_file():
        raise SystemExit(f"{done.stdout}\nThe side {job['side']} failed with exit code {done.returncode}.")
    found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return found


def summarise(
    takes: Takes, limits: Mapping[str, Sequence[Mapping[str, float]]], case: Mapping[str, Any]
) -> list[Result]:
    """The results of one case: one per side, with ratios to the peer, and the processor's limit.

    limits: by precision, one per repetition.
    """
    peer = next(side for side in takes if side[0] == PEER)
    results = []
    for dtype, found in limits.items():
        measures = {
            kind: Measure(tuple(one[kind] / 1e9 for one in found), "GF/s") for kind in ("matmul", "convolution")
        }
        results.append(Result({"side": "limit", "dtype": dtype, **case}, measures))
    for side, found in takes.items():
        name, dtype = side
        medians = [statistics.median(take["seconds"]) for take in found]
        rates = [take["operations"] / seconds for take, seconds in zip(found, medians, strict=True)]
        shares = [rate / max(most.values()) for rate, most in zip(rates, limits[dtype], strict=True)]
        measures = {
            "step": Measure(tuple(s for take in found for s in take["seconds"]), "s", "lower"),
            "processor": Measure(tuple(s for take in found for s in take["processor_seconds"]), "s"),
            "peak_memory": Measure(tuple(take["peak_bytes"] / 2**20 for take in found), "MiB", "lower"),
            "operations": Measure(tuple(take["operations"] / 1e9 for take in found), "GF"),
            "share_of_limit": Measure(tuple(shares), "", "higher"),
            "others": Measure(tuple(take["others"] or 0.0 for take in found), "", "lower"),
        }
        if side != peer:
            measures |= ratios(found, takes[peer])
        results.append(Result({"side": name, "dtype": dtype, **case}, measures))
    return results


def ratios(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> dict[str, Measure]:
    """Our step rate over the peer's and our peak of memory over the peer's, repetition by repetition.

    The rate comes twice: by the clock, and by seconds of the processor, which tell more where others use it too.
    """
    pairs = list(zip(ours, theirs, strict=True))

    def rates(kind: str) -> Measure:
        return Measure(tuple(statistics.median(t[kind]) / statistics.median(o[kind]) for o, t in pairs), "", "higher")

    memory = Measure(tuple(o["peak_bytes"] / t["peak_bytes"] for o, t in pairs), "", "lower")
    return {"rate_ratio": rates("seconds"), "processor_ratio": rates("processor_seconds"), "memory_ratio": memory}


def show(results: Sequence[Result]) -> None:
    """Print one line per side, and the ratios pair by pair."""
    print(
        "side         dtype     s/step  (min-max; n)        GF   of limit  peak MiB  pairs: rate, rate by cpu, memory"
    )
    for result in results:
        case, m = result.case, result.measures
        head = f"{case['side']:11}  {case['dtype']:8}"
        if case["side"] == "limit":
            print(f"{head}  matmul {m['matmul'].median:.0f} GF/s, convolution {m['convolution'].median:.0f} GF/s")
            continue
        low, high = m["step"].spread
        step = f"{m['step'].median:6.2f}  ({low:.2f}-{high:.2f}; {len(m['step'].values)})"
        row = f"{step:28} {m['operations'].median:5.0f}  {m['share_of_limit'].median:7.0%}"
        marks = " ".join(f"disturbed: {share:.0%}" for share in m["others"].values if share > DISTURBED)
        pairs = ""
        if "rate_ratio" in m:
            kinds = (m[kind].values for kind in ("rate_ratio", "processor_ratio", "memory_ratio"))
            pairs = "  ".join(
                f"{rate:.2f} {work:.2f} {memory:.2f}" for rate, work, memory in zip(*kinds, strict=True)
            )
        print(f"{head}  {row}  {m['peak_memory'].median:8.0f}  {pairs}  {marks}".rstrip(), flush=True)


def commit(folder: Path) -> str:
    """The commit of a checkout, "" when git does not tell."""
    done = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def repetition(job: Mapping[str, Any], in_turn: Sequence[Side], scratch: Path) -> Repetition:
    """The processor's limit by precision, and what each side took, one after the other."""
    dtypes = dict.fromkeys(dtype for _, dtype in in_turn)
    limits = {dtype: ask({**job, "side": "limit", "dtype": dtype}, scratch) for dtype in dtypes}
    taken = {}
    for name, dtype in in_turn:
        found = taken[name, dtype] = ask({**job, "side": name, "dtype": dtype}, scratch)
        seconds, share = statistics.median(found["seconds"]), found["others"] or 0.0
        print(f"{job['width']}: {name} {dtype} {seconds:.2f} s/step, others {share:.0%}", file=sys.stderr)
    return limits, taken


def others(taken: Mapping[Side, Mapping[str, Any]]) -> float:
    """The largest share of the processors that others took during a side's steps; 0 where nothing tells."""
    return max(found["others"] or 0.0 for found in taken.values())


def least_disturbed(make: Callable[[], Repetition]) -> Repetition:
    """Make a repetition, again while others disturb it; return the one that they disturbed least."""
    tried: list[Repetition] = []
    while len(tried) < _ATTEMPTS:
        tried.append(make())
        if others(tried[-1][1]) <= DISTURBED:
            break
        print(f"disturbed: others took {others(tried[-1][1]):.0%} of the processors", file=sys.stderr)
    return min(tried, key=lambda one: others(one[1]))


def measure(arguments: argparse.Namespace, folder: Path, scratch: Path) -> tuple[list[Result], list[str]]:
    """Every size in turn; also the imports of the peer that were stubbed."""
    sides: list[Side] = [(PEER, "float32"), *(("vqclip", dtype) for dtype in arguments.dtypes)]
    results: list[Result] = []
    stubbed: set[str] = set()
    for size in arguments.sizes:
        case = {"size": f"{size}x{size}", "cutouts": arguments.cutouts, "threads": arguments.threads}
        job = {
            "folder": str(folder), "network": arguments.network, "checkout": str(arguments.nerdyrodent.resolve()),
            "width": size, "height": size, "cutouts": arguments.cutouts, "threads": arguments.threads,
            "steps": arguments.steps,
        }  # fmt: skip
        takes: Takes = {side: [] for side in sides}
        limits: dict[str, list[dict[str, float]]] = {dtype: [] for dtype in dict.fromkeys(d for _, d in sides)}
        for number in range(arguments.repetitions):
            in_turn = sides if number % 2 == 0 else sides[::-1]
            most, taken = least_disturbed(functools.partial(repetition, job, in_turn, scratch))
            for dtype in limits:
                limits[dtype].append(most[dtype])
            for side in sides:
                takes[side].append(taken[side])
        stubbed |= {name for found in takes.values() for take in found for name in take["stubbed"]}
        found = summarise(takes, limits, case)
        print(f"\n{size}x{size}, {arguments.cutouts} cutouts, {arguments.threads} threads")
        show(found)
        results += found
    return results, sorted(stubbed)


def main() -> None:
    """Compare, print a table per size, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nerdyrodent", type=Path, required=True, metavar="PATH", help="checkout of VQGAN-CLIP")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512], metavar="N")
    parser.add_argument("--cutouts", type=int, default=32, metavar="N")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="N")
    parser.add_argument("--steps", type=int, default=5, metavar="N", help="timed in every repetition")
    parser.add_argument("--repetitions", type=int, default=3, metavar="N")
    parser.add_argument(
        "--dtypes", nargs="+", help="of our networks; default: float32, and bfloat16 where it is native"
    )
    parser.add_argument("--models", type=Path, metavar="DIR", help="keep the 1.2 GB of random weights there")
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    if not (arguments.nerdyrodent / "generate.py").is_file():
        parser.error(f"{arguments.nerdyrodent} has no generate.py: give a checkout of nerdyrodent/VQGAN-CLIP")
    if not (arguments.nerdyrodent / "CLIP" / "clip").is_dir():
        parser.error(f"{arguments.nerdyrodent} has no CLIP/clip: clone openai/CLIP into it, as its README says")
    if arguments.json:
        arguments.json.touch()
    about = machine()
    with tempfile.TemporaryDirectory(prefix="vqclip-peers-") as scratch:
        folder = (arguments.models or Path(scratch) / "models").resolve()
        folder.mkdir(parents=True, exist_ok=True)
        prepared = subprocess.run(
            [sys.executable, "-m", "benchmarks.random_pair", str(folder)],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        done = json.loads(prepared.stdout)
        arguments.network = done["network"]
        arguments.dtypes = arguments.dtypes or done["dtypes"]
        results, stubbed = measure(arguments, folder, Path(scratch))
    notes = {
        "peer": {"generate.py": commit(arguments.nerdyrodent), "CLIP": commit(arguments.nerdyrodent / "CLIP")},
        "stubbed_imports": stubbed,
        "steps": arguments.steps,
        "repetitions": arguments.repetitions,
    }
    if arguments.json:
        Record("peers", results, about, notes).write(arguments.json)


if __name__ == "__main__":
    main()

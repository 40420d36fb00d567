"""Seconds that CLIP's image tower takes forward and back to the pixels: open_clip's own forward against ours.

python -m benchmarks.towers --json towers.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.model import CLIP, convert_weights_to_lp
from torch import Tensor, nn

from vqclip.devices import find_dtype
from vqclip.towers import find_tower

Forward = Callable[[Tensor], Tensor]


def build(name: str, dtype: torch.dtype) -> nn.Module:
    """open_clip's image tower of that name, frozen, with random weights: speed does not depend on them."""
    torch.manual_seed(0)
    cast = None if dtype == torch.float32 else dtype
    visual: nn.Module = CLIP(**open_clip.get_model_config(name), cast_dtype=cast).visual
    if cast is not None:
        convert_weights_to_lp(visual, cast)
    return visual.requires_grad_(False).eval()


def turn(forward: Forward, pixels: Tensor) -> tuple[float, float, Tensor]:
    """Seconds of one forward and backward, seconds of processor in them, and the gradient."""
    pixels = pixels.clone().requires_grad_()
    began, worked = time.perf_counter(), time.process_time()
    unit = torch.nn.functional.normalize(forward(pixels).float(), dim=-1)
    unit[:, 0].sum().backward()
    assert pixels.grad is not None
    return time.perf_counter() - began, time.process_time() - worked, pixels.grad


def measure(name: str, dtype: torch.dtype, cutouts: int, rounds: int) -> dict[str, Any]:
    """Both sides in turn, after a warm-up of each, and how alike their gradients are."""
    visual = build(name, dtype)
    own = find_tower(visual)
    if own is None:
        raise SystemExit(f"{name}: vqclip leaves this tower to open_clip")
    side = visual.image_size[0]
    pixels = torch.randn(cutouts, 3, side, side, generator=torch.Generator().manual_seed(1)).to(dtype)
    sides: dict[str, Forward] = {"open_clip": visual, "own": own}
    gradients = [turn(forward, pixels)[2].float().flatten() for forward in sides.values()]
    times: dict[str, list[tuple[float, float]]] = {label: [] for label in sides}
    for _ in range(rounds):
        for label, forward in sides.items():
            times[label].append(turn(forward, pixels)[:2])
    found: dict[str, Any] = {"tower": name, "dtype": str(dtype).removeprefix("torch."), "cutouts": cutouts}
    for label, pairs in times.items():
        seconds, worked = zip(*pairs, strict=True)
        found[label] = {
            "median": statistics.median(seconds), "min": min(seconds), "max": max(seconds), "n": len(seconds),
            "cpu_median": statistics.median(worked),
        }  # fmt: skip
    found["ratio"] = found["open_clip"]["median"] / found["own"]["median"]
    # On a processor that others use too, its seconds tell more than those of the clock.
    found["cpu_ratio"] = found["open_clip"]["cpu_median"] / found["own"]["cpu_median"]
    found["gradient_cosine"] = torch.cosine_similarity(*(g.double() for g in gradients), dim=0).item()
    return found


def main() -> None:
    """Print a line per side and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tower", default="ViT-B-32-quickgelu", help="a network of open_clip")
    parser.add_argument("--cutouts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    # bfloat16 only where the processor computes in it: elsewhere it is emulated and says nothing.
    dtypes = dict.fromkeys((torch.float32, find_dtype("auto", torch.device("cpu"))))
    results = []
    print("tower               dtype     side       median s  min     max     n   median cpu s")
    for dtype in dtypes:
        found = measure(arguments.tower, dtype, arguments.cutouts, arguments.rounds)
        for label in ("open_clip", "own"):
            t = found[label]
            row = f"{found['tower']:18}  {found['dtype']:8}  {label:9}"
            print(
                f"{row}  {t['median']:8.3f}  {t['min']:6.3f}  {t['max']:6.3f}  {t['n']:<2}  {t['cpu_median']:6.3f}",
                flush=True,
            )
        print(f"ratio {found['ratio']:.2f}, of cpu seconds {found['cpu_ratio']:.2f}", flush=True)
        print(f"cosine of the gradients {found['gradient_cosine']:.6f}", flush=True)
        results.append(found)
    if arguments.json:
        record = {"threads": torch.get_num_threads(), "torch": torch.__version__, "results": results}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Time CLIP's image encoder, forward and back to the pixels: open_clip's own forward against ours.

python -m benchmarks.image_encoders --json encoders.json
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import open_clip
import torch
from open_clip.model import CLIP, convert_weights_to_lp
from torch import Tensor, nn

from benchmarks.records import Measure, Record, Result, machine
from vqclip.models.clip_vit import find_vit
from vqclip.runtime.devices import find_dtype

Forward = Callable[[Tensor], Tensor]


def build(name: str, dtype: torch.dtype) -> nn.Module:
    """open_clip's image encoder of that name, frozen, with random weights: speed does not depend on them."""
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


def measure(name: str, dtype: torch.dtype, cutouts: int, rounds: int) -> list[Result]:
    """Both sides in turn, after a warm-up of each; ours also with ratios and how alike the gradients are."""
    visual = build(name, dtype)
    own = find_vit(visual)
    if own is None:
        raise SystemExit(f"{name}: vqclip leaves this image encoder to open_clip")
    side = visual.image_size[0]
    pixels = torch.randn(cutouts, 3, side, side, generator=torch.Generator().manual_seed(1)).to(dtype)
    sides: dict[str, Forward] = {"open_clip": visual, "own": own}
    gradients = [turn(forward, pixels)[2].double().flatten() for forward in sides.values()]
    seconds: dict[str, dict[str, list[float]]] = {label: {"clock": [], "processor": []} for label in sides}
    for _ in range(rounds):
        for label, forward in sides.items():
            clock, processor, _ = turn(forward, pixels)
            seconds[label]["clock"].append(clock)
            seconds[label]["processor"].append(processor)
    taken = {
        label: {kind: Measure(tuple(values), "s", "lower") for kind, values in kinds.items()}
        for label, kinds in seconds.items()
    }
    # On a processor that others use too, its seconds tell more than those of the clock.
    for kind in ("clock", "processor"):
        pairs = zip(taken["open_clip"][kind].values, taken["own"][kind].values, strict=True)
        taken["own"][f"{kind}_ratio"] = Measure(tuple(theirs / ours for theirs, ours in pairs), "", "higher")
    taken["own"]["gradient_cosine"] = Measure((torch.cosine_similarity(*gradients, dim=0).item(),), "", "higher")
    known = {"network": name, "dtype": str(dtype).removeprefix("torch."), "cutouts": cutouts}
    case = {**known, "threads": torch.get_num_threads()}
    return [Result({**case, "side": label}, found) for label, found in taken.items()]


def main() -> None:
    """Print a line per side and precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="ViT-B-32-quickgelu", help="a network of open_clip")
    parser.add_argument("--cutouts", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    about, results = machine(), []
    # bfloat16 only where the processor computes in it: elsewhere it is emulated and says nothing.
    dtypes = dict.fromkeys((torch.float32, find_dtype("auto", torch.device("cpu"))))
    print("network             dtype     side       median s  min     max     n   median cpu s")
    for dtype in dtypes:
        found = measure(arguments.network, dtype, arguments.cutouts, arguments.rounds)
        for result in found:
            clock, processor = (result.measures[kind] for kind in ("clock", "processor"))
            low, high = clock.spread
            row = f"{result.case['network']:18}  {result.case['dtype']:8}  {result.case['side']:9}"
            row += f"  {clock.median:8.3f}  {low:6.3f}  {high:6.3f}  {len(clock.values):<2}  {processor.median:6.3f}"
            print(row, flush=True)
        ours = found[-1].measures
        ratios = ours["clock_ratio"].median, ours["processor_ratio"].median
        print(f"ratio {ratios[0]:.2f}, of cpu seconds {ratios[1]:.2f}", flush=True)
        print(f"cosine of the gradients {ours['gradient_cosine'].median:.6f}", flush=True)
        results += found
    if arguments.json:
        Record("image_encoders", results, about).write(arguments.json)


if __name__ == "__main__":
    main()

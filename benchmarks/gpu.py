"""Measure a step of full-size networks on a GPU: agreement with the CPU, speed, memory, share of the card's limit.

    python -m benchmarks.gpu --json gpu.json
    python -m benchmarks.gpu --models DIR --steps 20 --sizes 256 512 1024

Needs no download: the networks are taming's f16 with 16384 codes, ViT-B/32 and ViT-L/14, with random weights in the
published layouts, since speed and memory do not depend on the weights. --models keeps their files for the next time.
Prints a table, and writes it as JSON with the name of the card.

- agreement: the decoded picture, CLIP's features and the gradient at the latent in float32, on the GPU without TF32
  and on the CPU.
- every size, in float32 and in bfloat16, with one CLIP and with both; at the smallest size also compiled (CUDA
  graphs) and with other chunks of cutouts. What does not fit into memory is in the table as such.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

import vqclip
from benchmarks import random_pair, sides
from benchmarks.records import Measure, Record, Result, machine
from vqclip.errors import OutOfMemory
from vqclip.events import Started, Stepped, Warned
from vqclip.models import registry
from vqclip.models.perceptor import load_perceptor
from vqclip.models.vqgan import load_vqgan

PROMPT = "a lighthouse at dusk"
NETWORKS = ("ViT-B-32-quickgelu", "ViT-L-14-quickgelu")
CHUNKS = (4, 16, 64)


def files_of(folder: Path) -> dict[str, Any]:
    """The settings `vqgan` and `clip` of the full-size networks, written into a folder unless they are there."""
    pairs = []
    for network in NETWORKS:
        (folder / network).mkdir(parents=True, exist_ok=True)
        pairs.append(random_pair.write(folder / network, network=network))
    clips = [f"{pair.network}/{pair.clip}" for pair in pairs]
    return {"vqgan": str(pairs[0].checkpoint), "clip": clips}


def cases(sizes: Sequence[int], clips: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The settings of each case."""
    for size, dtype, count in itertools.product(sizes, ("float32", "bfloat16"), range(1, len(clips) + 1)):
        yield {"size": size, "dtype": dtype, "clip": list(clips[:count]), "compile": False, "cut_chunk": CHUNKS[-1]}
    small = {"size": min(sizes), "dtype": "bfloat16", "clip": list(clips[:1])}
    yield {**small, "compile": True, "cut_chunk": CHUNKS[-1]}
    for chunk in CHUNKS[:-1]:
        yield {**small, "compile": False, "cut_chunk": chunk}


def measure(device: torch.device, vqgan: str, steps: int, **case: Any) -> dict[str, Measure]:
    """Seconds, peak memory and operations of steps after two that warm up.

    Raises OutOfMemory.
    """
    size = case.pop("size")
    events = vqclip.generate(
        PROMPT, preset="nerdyrodent", vqgan=vqgan, size=f"{size}x{size}", iterations=steps + 3, tile_size=0, seed=1,
        device=str(device), **case,
    )  # fmt: skip

    def step() -> None:
        for event in events:
            if isinstance(event, Warned) and "out of memory" in event.message:
                raise OutOfMemory(event.message)
            if isinstance(event, Stepped):
                return

    while not isinstance(next(events), Started):
        pass
    for _ in range(2):
        step()
    on_gpu = device.type == "cuda"
    if on_gpu:
        torch.cuda.reset_peak_memory_stats(device)
    seconds = []
    for _ in range(steps):
        began = time.perf_counter()
        step()
        if on_gpu:
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - began)
    peak = torch.cuda.max_memory_allocated(device) / 2**20 if on_gpu else 0.0
    found = {"step": Measure(tuple(seconds), "s", "lower")}
    if on_gpu:
        found["peak_memory"] = Measure((peak,), "MiB", "lower")
    if not case["compile"]:
        with FlopCounterMode(display=False) as counter:
            step()
        found["operations"] = Measure((float(counter.get_total_flops()),))
    return found


def agreement(device: torch.device, vqgan: str, clips: Sequence[str], size: int) -> dict[str, Measure]:
    """How far a step in float32 on the device is from one on the CPU.

    Returns:
        The largest difference of the picture (0 to 1), and 1 minus the cosine of each CLIP's features and of the
        gradient at the latent.
    """
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    on = (torch.device("cpu"), device)
    models = [load_vqgan(registry.find_vqgan(vqgan, None), place, torch.float32) for place in on]
    side = size // models[0].factor
    numbers = torch.randint(0, len(models[0].codebook), (1, side, side), generator=torch.Generator().manual_seed(0))
    latents = [model.lookup(numbers.to(place)).requires_grad_() for model, place in zip(models, on, strict=True)]
    pictures = [model.decode(z).clamp(0, 1) for model, z in zip(models, latents, strict=True)]
    difference = (pictures[0] - pictures[1].cpu()).abs().max().item()
    found = {"picture": Measure((difference,), "", "lower")}
    for clip in clips:
        features = []
        for place, picture in zip(on, pictures, strict=True):
            perceptor = load_perceptor(registry.find_clip(clip), place, torch.float32)
            shown = F.interpolate(picture, perceptor.cut_size, mode="bilinear", antialias=True)
            features.append(perceptor.encode_image(shown))
        target = F.normalize(torch.ones_like(features[0]), dim=1)
        gradients = [
            torch.autograd.grad((f * target.to(f.device)).sum(), z, retain_graph=True)[0]
            for f, z in zip(features, latents, strict=True)
        ]
        name = clip.split("/")[0]
        found[f"features of {name}"] = Measure((_apart(*features),), "", "lower")
        found[f"gradient of {name}"] = Measure((_apart(*gradients),), "", "lower")
    return found


def _apart(one: torch.Tensor, other: torch.Tensor) -> float:
    """1 minus the cosine."""
    return 1 - F.cosine_similarity(one.detach().double().flatten(), other.detach().cpu().double().flatten(), 0).item()


def main() -> None:
    """Measure every case and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda", help="cuda or cuda:N; cpu only tries the script out")
    parser.add_argument("--models", type=Path, help="folder that keeps the files of the networks")
    parser.add_argument("--built-in", action="store_true", help="the built-in models instead, to try the script out")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512, 1024])
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--json", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        raise SystemExit("torch finds no GPU here. Look at `vqclip doctor`.")
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
    with tempfile.TemporaryDirectory() as scratch:
        built_in: dict[str, Any] = {"vqgan": "tiny", "clip": ["tiny"]}
        models = built_in if arguments.built_in else files_of(arguments.models or Path(scratch))
        agreed = agreement(device, models["vqgan"], models["clip"], min(arguments.sizes))
        results = [Result({"card": card}, agreed)]
        for name, value in results[0].measures.items():
            print(f"{name}: {value.median:.2e} apart from the CPU", flush=True)
        limits = {dtype: sides.limits(dtype, device=device)["matmul"] for dtype in ("float32", "bfloat16")}
        print(f"{card}: {', '.join(f'{d} {limit / 1e12:.1f} TF/s' for d, limit in limits.items())} in large products")
        print("size  dtype     CLIPs  compile  chunk  median s/step  peak MiB  share of the limit")
        for case in cases(arguments.sizes, models["clip"]):
            results.append(_shown(device, models["vqgan"], arguments.steps, limits, case))
    if arguments.json:
        Record("gpu", results, machine(), {"card": card, "limits": limits}).write(arguments.json)


def _shown(device: torch.device, vqgan: str, steps: int, limits: dict[str, float], case: dict[str, Any]) -> Result:
    """Measure a case and print its line."""
    told = {**case, "clip": len(case["clip"])}
    line = "{size:4}  {dtype:8}  {clip:5}  {compile!s:7}  {cut_chunk:5}".format(**told)
    try:
        measures = measure(device, vqgan, steps, **case)
    except OutOfMemory:
        print(f"{line}  out of memory", flush=True)
        return Result(told, {"out_of_memory": Measure((1.0,), "", "lower")})
    share = ""
    if "operations" in measures:
        worked = measures["operations"].median / measures["step"].median / limits[case["dtype"]]
        measures["share_of_limit"], share = Measure((worked,), "", "higher"), f"{worked:.0%}"
    peak = measures["peak_memory"].median if "peak_memory" in measures else float("nan")
    print(f"{line}  {measures['step'].median:13.3f}  {peak:8.0f}  {share}", flush=True)
    return Result(told, measures)


if __name__ == "__main__":
    main()

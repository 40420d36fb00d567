"""What the training scripts share: resumable checkpoints, running averages, schedules, precision, a JSONL log."""

import contextlib
import functools
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

#: What a training that needs another model begins from on a new machine.
SHIPPED = {"vqgan": "tiny_vqgan.safetensors", "clip": "tiny_clip/open_clip_model.safetensors"}


def cosine(step, total, peak, warmup=100, floor=0.03):
    """Learning rate at `step` of a run of exactly `total` steps."""
    progress = min(1.0, step / total)
    return peak * min(1.0, (step + 1) / warmup) * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * progress)))


def trapezoid(step, total, peak, warmup=100, decay=0.3):
    """Up, level, and down to nothing over the last share `decay` of the steps.

    While it is level, a run can be resumed with another `total`: the sitting that ends it decides when.
    """
    return peak * min(1.0, (step + 1) / warmup, max(0.0, (total - step) / (decay * total)))


@functools.cache
def has_bfloat16():
    """Whether this processor computes in bfloat16; elsewhere it would be emulated, several times slower."""
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def mixed():
    """bfloat16 where this processor computes in it."""
    return torch.autocast("cpu", torch.bfloat16) if has_bfloat16() else contextlib.nullcontext()


def begin_worker():
    """In a worker of a DataLoader: one thread, and torch's seed of that worker for all that draws lots."""
    torch.set_num_threads(1)
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)


def set_rate(optimizer, rate):
    for group in optimizer.param_groups:
        group["lr"] = rate


def save(path, **state):
    """Write a checkpoint so that a kill at any moment leaves either the old or the new one."""
    path = Path(path)
    torch.save(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def load(path):
    return torch.load(path, map_location="cpu", weights_only=False) if Path(path).exists() else None


def finished(work, name):
    """The running average in DIR/NAME.pt; without that file, the weights that are shipped."""
    if state := load(Path(work) / f"{name}.pt"):
        return state["average"]
    shipped = load_file(Path(__file__).parents[1] / "checkpoints" / SHIPPED[name])
    return {k: v.float() if v.dtype.is_floating_point else v for k, v in shipped.items()}


class Average:
    """Exponential moving average of a module's parameters and buffers; warms up so early use is sane."""

    def __init__(self, module, decay):
        self.decay, self.count = decay, 0
        self.state = {k: v.detach().clone() for k, v in module.state_dict().items()}

    @torch.no_grad()
    def update(self, module):
        self.count += 1
        keep = min(self.decay, (1 + self.count) / (10 + self.count))
        for key, value in module.state_dict().items():
            if value.dtype.is_floating_point:
                self.state[key].lerp_(value, 1 - keep)
            else:
                self.state[key].copy_(value)


class Log:
    """Append JSON lines and echo them."""

    def __init__(self, path):
        self.path, self.last = Path(path), time.time()

    def write(self, **values):
        values["seconds"] = round(time.time() - self.last, 1)
        self.last = time.time()
        line = json.dumps({k: round(v, 5) if isinstance(v, float) else v for k, v in values.items()})
        with self.path.open("a") as file:
            file.write(line + "\n")
        print(line, flush=True)

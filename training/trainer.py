"""What the training scripts share: options, schedules, precision, optimisers, checkpoints, averages and logs."""

import argparse
import contextlib
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from muon import Muon
from precision import mixed  # noqa: F401 - for the scripts

CHECKPOINTS = Path(__file__).parents[1] / "checkpoints"
#: Weights of the models that other trainings need, for a machine without their checkpoints.
SHIPPED = {"vqgan": "tiny_vqgan.safetensors", "clip": "tiny_clip/open_clip_model.safetensors"}


def options(description, **defaults):
    """A parser with `--work` and the options of a training that have a default here, such as steps=3000."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    for name, default in defaults.items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    return parser


def cosine(step, total, peak, warmup=100, last=0.03):
    """Learning rate at `step` of a run of exactly `total` steps; it ends at the share `last` of its peak."""
    progress = min(1.0, step / total)
    return peak * min(1.0, (step + 1) / warmup) * (last + (1 - last) * 0.5 * (1 + math.cos(math.pi * progress)))


def trapezoid(step, total, peak, warmup=100, decay=0.3):
    """Learning rate that rises, stays level, and falls to zero over the last share `decay` of the steps.

    A run can be resumed with another `total` as long as the rate is level.
    """
    return peak * min(1.0, (step + 1) / warmup, max(0.0, (total - step) / (decay * total)))


def seed(number):
    """Seed everything that draws random numbers."""
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


def start_worker():
    """Prepare a worker of a DataLoader: one thread, and every generator seeded with torch's seed of that worker."""
    torch.set_num_threads(1)
    number = torch.initial_seed() % 2**32
    random.seed(number)
    np.random.seed(number)


def optimizers_of(model, is_inner, rate, decay, rate_outside=None, betas=(0.9, 0.98)):
    """Muon for the parameters that `is_inner(name, parameter)` chooses, AdamW for the others.

    rate_outside: AdamW's learning rate; None takes `rate`. decay: weight decay of both, or a pair.
    """
    inside, outside = decay if isinstance(decay, tuple) else (decay, decay)
    chosen = [(is_inner(name, p), p) for name, p in model.named_parameters() if p.requires_grad]
    return [
        Muon([p for inner, p in chosen if inner], lr=rate, weight_decay=inside),
        torch.optim.AdamW(
            [p for inner, p in chosen if not inner], lr=rate_outside or rate, betas=betas, weight_decay=outside
        ),
    ]


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


def single(state):
    """Weights of half precision in single precision; integers stay."""
    return {name: value.float() if value.dtype.is_floating_point else value for name, value in state.items()}


def finished(work, name):
    """The running average in DIR/NAME.pt, or the shipped weights if there is no such file."""
    if state := load(Path(work) / f"{name}.pt"):
        return state["average"]
    return single(load_file(CHECKPOINTS / SHIPPED[name]))


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


class Training:
    """Model, optimisers, running average, step, checkpoint and log of a training.

    Args:
        path: The checkpoint, DIR/NAME.pt; the log is DIR/NAME.jsonl.
        model: What is trained.
        optimizers: A list.
        steps: How many steps the whole training has.
    """

    def __init__(self, path, model, optimizers, steps):
        self.path, self.model, self.optimizers, self.steps, self.step = Path(path), model, optimizers, steps, 0
        self.average, self.log, self.recent = Average(model, 0.998), Log(self.path.with_suffix(".jsonl")), []

    @property
    def unfinished(self):
        return self.step < self.steps

    def every(self, count):
        """Whether this step is a multiple of `count`, or the last one."""
        return self.step % count == 0 or not self.unfinished

    def state(self):
        """What a checkpoint holds."""
        return {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "average": self.average.state,
            "step": self.step,
        }

    def load_state(self, state):
        """Take over a checkpoint."""
        self.model.load_state_dict(state["model"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        self.average.state, self.average.count, self.step = state["average"], state["step"], state["step"]

    def resume(self):
        """Take over the checkpoint, if there is one; whether there was."""
        state = load(self.path)
        if state:
            self.load_state(state)
        return bool(state)

    def save(self):
        save(self.path, **self.state())

    def set_rates(self, *rates):
        """Set the learning rate of each optimiser; one rate counts for all."""
        for optimizer, rate in zip(self.optimizers, rates * (len(self.optimizers) // len(rates)), strict=True):
            set_rate(optimizer, rate)

    def learn(self, loss, /, parameters=None, **values):
        """Make one step down the gradient of a loss, and keep the values for the log.

        parameters: Those whose gradient is clipped to a norm of 1; None for all of the model.
        """
        self.model.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters() if parameters is None else parameters, 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1
        self.average.update(self.model)
        self.recent.append(values or {"loss": loss.item()})

    @contextlib.contextmanager
    def averaged(self):
        """The model with the weights of the running average."""
        live = {name: value.clone() for name, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average.state)
        try:
            yield self.model
        finally:
            self.model.load_state_dict(live)

    def report(self, **measured):
        """Log the means since the last report, with what was measured, and write the checkpoint."""
        means = {name: float(np.mean([v[name] for v in self.recent if name in v])) for name in self.recent[0]}
        self.recent = []
        self.log.write(step=self.step, **means, **measured)
        self.save()

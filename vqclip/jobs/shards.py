"""Parts of a batch for several machines: `3/16`, or `auto` from the variables of Slurm, Kubernetes and others."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vqclip.errors import UsageError

_PART = re.compile(r"(\d{1,9})/(\d{1,9})")
_AUTO = re.compile(r"auto(?:/(\d{1,9}))?")
# The number of a process and how many there are, from 0. Kubernetes does not say how many.
_VARIABLES = (
    ("JOB_COMPLETION_INDEX", ""),
    ("SKYPILOT_JOB_RANK", "SKYPILOT_NUM_JOBS"),
    ("RANK", "WORLD_SIZE"),
)
_EXAMPLE = "Write I/N, as in --shard 3/16, or auto."


@dataclass(frozen=True)
class Shard:
    """Part `index`, from 1, of `count` parts of a batch; each takes every `count`-th run."""

    index: int = 1
    count: int = 1

    def takes(self, number: int) -> bool:
        """Whether a run belongs to this part. number: 1 for the first run."""
        return (number - self.index) % self.count == 0

    def taken(self, most: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """How many of the runs up to that number belong to this part."""
        return (most - self.index) // self.count + 1

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def parse(text: str, environment: Mapping[str, str]) -> Shard:
    """Read `I/N`, `auto`, or `auto/N` for a scheduler that does not say how many parts there are.

    Raises:
        UsageError: It is neither, or no variable says which part this is.
    """
    if found := _PART.fullmatch(text.strip()):
        return _checked(int(found[1]), int(found[2]), f"shard {text.strip()}")
    auto = _AUTO.fullmatch(text.strip().lower())
    if not auto:
        raise UsageError(f"shard cannot be {text!r}.", _EXAMPLE)
    asked = int(auto[1]) if auto[1] else None
    if "SLURM_ARRAY_TASK_ID" in environment:
        return _of_slurm(environment, asked)
    for number, size in _VARIABLES:
        if number in environment:
            count = _number(environment, size) if size in environment else asked
            return _numbered(_number(environment, number), count, asked, number)
    names = ", ".join(("SLURM_ARRAY_TASK_ID", *(number for number, _ in _VARIABLES)))
    raise UsageError(f"shard is {text}, but none of these variables is set: {names}.", _EXAMPLE)


def _of_slurm(environment: Mapping[str, str], asked: int | None) -> Shard:
    """The part of a task of an array, whose numbers start anywhere and have equal distances."""
    task, first = (_number(environment, f"SLURM_ARRAY_TASK_{name}") for name in ("ID", "MIN"))
    step = _number(environment, "SLURM_ARRAY_TASK_STEP") if "SLURM_ARRAY_TASK_STEP" in environment else 1
    if (task - first) % max(1, step):
        raise UsageError("the task IDs of the Slurm array are not evenly spaced.", "Give --shard I/N yourself.")
    return _numbered((task - first) // max(1, step), _number(environment, "SLURM_ARRAY_TASK_COUNT"), asked, "")


def _numbered(number: int, count: int | None, asked: int | None, variable: str) -> Shard:
    if count is None:
        raise UsageError(f"{variable} does not say how many parts there are.", "Write --shard auto/16, if it is 16.")
    if asked not in (None, count):
        raise UsageError(f"shard is auto/{asked}, but the scheduler runs {count}.", "Write auto alone.")
    return _checked(number + 1, count, f"shard {number + 1}/{count}")


def _checked(index: int, count: int, shown: str) -> Shard:
    if not 1 <= index <= count:
        raise UsageError(
            f"{shown} is not valid: parts are 1/{max(1, count)} to {max(1, count)}/{max(1, count)}.", _EXAMPLE
        )
    return Shard(index, count)


def _number(environment: Mapping[str, str], name: str) -> int:
    text = environment.get(name, "").strip()
    if not re.fullmatch(r"\d{1,9}", text):
        raise UsageError(f"the variable {name} is {text!r}, not a number.", "Give --shard I/N yourself.")
    return int(text)

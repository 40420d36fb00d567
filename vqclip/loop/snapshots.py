"""The state of the loop, and its file: one safetensors file, with the numbers as JSON in its header.

A snapshot may come from somebody else, so it is read like any foreign file: no pickle, sizes and types
checked before use.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip import files
from vqclip.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

SCHEMA = 1
KEPT = 2
"""How many snapshots a run keeps: the newest, and one to fall back on."""


@dataclass(frozen=True)
class State:
    """All that the loop needs to go on exactly.

    step: steps done. stage: the stage that they belong to. tensors: `z`, `z_init`, `ema` (when it has begun)
    and the optimiser's memory as `optimiser.NAME`, float32 on the CPU. ema_weight: of the running mean.
    progress: as `Progress.numbers` gives it.
    """

    step: int
    stage: int
    tensors: Mapping[str, Tensor]
    ema_weight: float
    score: float | None = None
    progress: Mapping[str, float] = field(default_factory=dict)


def save(folder: Path, state: State, digest: str) -> Path:
    """Write the state to `folder`/step-NNNNNN.safetensors, whole or not at all, and drop the oldest ones.

    digest: of the settings that the state belongs to. Raises OutputError when the disk refuses.
    """
    from safetensors.torch import save as to_bytes

    numbers = {
        "schema": SCHEMA,
        "digest": digest,
        "step": state.step,
        "stage": state.stage,
        "ema_weight": state.ema_weight,
        "score": state.score,
        "progress": dict(state.progress),
    }
    path = folder / f"step-{state.step:06d}.safetensors"
    tensors = {name: tensor.contiguous() for name, tensor in state.tensors.items()}
    files.write_bytes(path, to_bytes(tensors, {"vqclip": json.dumps(numbers)}))
    for old in sorted(folder.glob("step-*.safetensors"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def newest(folder: Path, digest: str) -> tuple[State | None, list[str]]:
    """The newest whole snapshot of these settings, and a warning for each damaged one that was passed over.

    Raises ModelError for a snapshot of a later vqclip or of other settings.
    """
    problems: list[str] = []
    for path in sorted(folder.glob("step-*.safetensors"), reverse=True):
        try:
            return load(path, digest), problems
        except DamagedError as error:
            problems.append(f"{path.name} is damaged ({error}); an older snapshot is used.")
    return None, problems


class DamagedError(Exception):
    """The file is not a whole snapshot."""


def load(path: Path, digest: str) -> State:
    """Read one snapshot and check it against the settings' digest."""
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as archive:
            numbers = json.loads((archive.metadata() or {}).get("vqclip", "null"))
            tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise DamagedError(str(error).splitlines()[0]) from error
    if not isinstance(numbers, dict):
        raise DamagedError("it holds no vqclip state")
    if not isinstance(numbers.get("schema"), int) or numbers["schema"] > SCHEMA:
        raise ModelError(
            f"snapshot {path.name} has schema {numbers.get('schema')}; this vqclip reads up to {SCHEMA}.",
            "Update vqclip, or start the run again in another folder.",
        )
    if numbers.get("digest") != digest:
        raise ModelError(
            f"snapshot {path.name} belongs to other settings than run.json.",
            "Start the run again in another folder with --output.",
        )
    step, stage, ema_weight = (numbers.get(name) for name in ("step", "stage", "ema_weight"))
    whole = {"z", "z_init"} <= tensors.keys() and all(bool(torch.isfinite(t).all()) for t in tensors.values())
    progress = numbers.get("progress", {})
    whole = whole and isinstance(progress, dict) and all(map(_is_number, progress.values()))
    if whole and isinstance(step, int) and isinstance(stage, int) and isinstance(ema_weight, (int, float)):
        return State(step, stage, tensors, float(ema_weight), numbers.get("score"), progress)
    raise DamagedError("its state is incomplete or not finite")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)

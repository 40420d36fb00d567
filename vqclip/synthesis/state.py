"""Snapshots: the state of the loop in one safetensors file, with the numbers as JSON in its header.

A snapshot may come from somebody else, so it is read like any foreign file: without pickle, and with sizes and types
checked before use.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import files, reading
from vqclip.errors import InputError, ModelError
from vqclip.models.architecture import Architecture
from vqclip.models.inspection import inspect, utf8_name
from vqclip.models.phrases import laid_out
from vqclip.models.titok_config import Titok
from vqclip.settings.schema import Settings
from vqclip.synthesis.stages import stages_of

if TYPE_CHECKING:
    from torch import Tensor

SCHEMA = 1
KEPT = 2
"""How many snapshots a run keeps: the newest, and one in case that is damaged."""


@dataclass(frozen=True)
class State:
    """Everything that the loop needs to continue exactly.

    Attributes:
        step: Steps done.
        stage: The index of their stage.
        tensors: float32 on the CPU: `z`, `z_init`, `z_start`, `ema` after the first step, the optimiser's memory as
            `optimiser.NAME`, and what tiled decoding keeps as `tiles.NAME`.
        ema_weight: Of the running mean.
        score: Of the last step.
        progress: The numbers of `Progress`.
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
    if files.is_folder(path) and not path.is_symlink():
        # A file cannot replace a folder that somebody put there.
        files.move_aside(path)
    files.write_bytes(path, to_bytes(tensors, {"vqclip": json.dumps(numbers)}))
    for old in snapshots_of(folder)[:-KEPT]:
        files.discard(old)
    return path


def snapshots_of(folder: Path) -> list[Path]:
    """The snapshots in a folder in the order of their steps, which may have more than six digits."""
    return sorted(folder.glob("step-*.safetensors"), key=lambda path: (len(path.name), path.name))


@dataclass(frozen=True)
class Layout:
    """What the snapshots of one run can hold.

    Attributes:
        digest: Of the settings that they belong to.
        last: The step that each stage ends with.
        shapes: Of z in each stage: (1, D, h, w) of a latent, (1, 3, H, W) of pixels.
    """

    digest: str
    last: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]

    @staticmethod
    def of(settings: Settings, architecture: Architecture | Titok) -> Layout:
        """The layout of a run with these settings and an image model of that architecture."""
        stages = stages_of(laid_out(settings), architecture.factor)
        shapes = (
            (1, 3, stage.height, stage.width) if stage.pixels else architecture.latent_shape(stage.size)
            for stage in stages
        )
        return Layout(settings.digest(), tuple(stage.last for stage in stages), tuple(shapes))

    def check(self, state: State) -> None:
        """Raise DamagedError unless a snapshot of this run can hold that state."""
        if state.stage >= len(self.last) or state.step > self.last[state.stage]:
            raise DamagedError(f"step {state.step} of stage {state.stage} is not a step of this run")
        shape = self.shapes[state.stage]
        for name in ("z", "z_init", "z_start", "ema"):
            found = tuple(state.tensors[name].shape) if name in state.tensors else shape
            if found != shape:
                raise DamagedError(f"its {name} has the shape {found} instead of {shape}")


def newest(folder: Path, layout: Layout) -> tuple[State | None, list[str]]:
    """The newest whole snapshot of a run, and a warning for each damaged one that was passed over.

    Raises ModelError for a snapshot of a later vqclip or of other settings.
    """
    problems: list[str] = []
    for path in reversed(snapshots_of(folder)):
        try:
            return load(path, layout), problems
        except DamagedError as error:
            problems.append(f"{files.printable(path.name)} is damaged ({error}); an older snapshot is used.")
    return None, problems


class DamagedError(Exception):
    """The file is not a whole snapshot."""


def load(path: Path, layout: Layout) -> State:
    """Read one snapshot and check it against the layout of its run.

    Raises DamagedError for what is not a whole snapshot of the run, ModelError as `newest`.
    """
    try:
        with reading.refusing("it cannot be read"):
            numbers, tensors = read_tensors(path)
    except (InputError, ModelError) as error:
        raise DamagedError(error.message.rstrip(".")) from None
    schema, digest = numbers.pop("schema", None), numbers.pop("digest", None)
    if type(schema) is not int:
        raise DamagedError("it holds no vqclip state")
    if schema > SCHEMA:
        raise ModelError(
            f"snapshot {files.printable(path.name)} has schema {schema}; this vqclip reads up to {SCHEMA}.",
            "Update vqclip, or start the run again in another folder.",
        )
    if digest != layout.digest:
        raise ModelError(
            f"snapshot {files.printable(path.name)} belongs to other settings than run.json.",
            "Start the run again in another folder with --output.",
        )
    state = _state(numbers, tensors)
    layout.check(state)
    return state


def read_tensors(path: Path, key: str = "vqclip") -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The JSON under a key of the header, and the tensors of a file.

    Raises InputError, ModelError or one of `reading.MALFORMED`.
    """
    from safetensors import safe_open

    if inspect(path).kind != "safetensors":
        raise ValueError("it is not a safetensors file")
    with utf8_name(path) as source, safe_open(source, framework="pt") as archive:
        numbers = reading.parse_json((archive.metadata() or {}).get(key, "null"))
        if not isinstance(numbers, dict):
            raise ValueError("it is not of vqclip")
        return numbers, {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118


def _state(numbers: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> State:
    import torch

    from vqclip.records import SnapshotRecord, checked

    try:
        known = checked(SnapshotRecord, numbers)
    except ValueError as error:
        raise DamagedError(str(error)) from None
    if not {"z", "z_init", "z_start"} <= tensors.keys():
        raise DamagedError("it holds no latent")
    for name, tensor in tensors.items():
        if tensor.dtype != torch.float32 or not bool(torch.isfinite(tensor).all()):
            raise DamagedError(f"its {files.printable(name)[:60]} is not finite float32")
    if "ema" in tensors and known.ema_weight <= 0:
        raise DamagedError("its ema has no weight")
    return State(known.step, known.stage, tensors, known.ema_weight, known.score, known.progress)

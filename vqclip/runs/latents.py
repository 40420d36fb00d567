"""The last latent of a finished run, for another run to start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip import files
from vqclip.errors import InputError, ModelError, UsageError
from vqclip.models.architecture import Architecture
from vqclip.runs import directory as run_folder
from vqclip.settings.schema import Settings
from vqclip.synthesis import state as snapshots

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Ended:
    """The end of a finished run. snapshot: Of its last step. vqgan: SHA-256 of its VQGAN."""

    directory: Path
    snapshot: Path
    settings: Settings
    vqgan: str


def find(directory: Path) -> Ended:
    """Find the last snapshot of a run, without reading it.

    Raises:
        InputError: The folder holds no run, or one that is not finished, or the snapshot is gone.
    """
    shown = files.printable(directory)
    try:
        manifest = run_folder.read_manifest(directory)
    except UsageError as error:
        raise InputError(error.message, error.hint) from None
    if manifest.status != "finished":
        raise InputError(f"{shown} is not finished: it is {manifest.status}.", f"First: vqclip resume {shown}")
    snapshot = directory / "state" / f"step-{manifest.step:06d}.safetensors"
    if not files.is_file(snapshot):
        raise InputError(
            f"{shown} has no snapshot of its last step.",
            f"Start from its picture instead: --init-image {shown}/image.png",
        )
    settings = manifest.settings
    return Ended(directory, snapshot, settings, manifest.models.get(settings.vqgan, ""))


def read(ended: Ended, vqgan: str, architecture: Architecture) -> Tensor:
    """The running mean of the latent, which the picture of the run shows: (1, D, h, w) float32 on the CPU.

    Args:
        ended: The finished run.
        vqgan: SHA-256 of the VQGAN that will decode it.
        architecture: Of that VQGAN.

    Raises:
        ModelError: It is not the VQGAN of the run.
        InputError: The snapshot is damaged.
    """
    shown = files.printable(ended.directory)
    if ended.vqgan != vqgan:
        raise ModelError(
            f"{shown} was drawn by another VQGAN, which has another latent space.",
            f"Name that VQGAN, or start from the picture: --init-image {shown}/image.png",
        )
    try:
        state = snapshots.load(ended.snapshot, snapshots.Layout.of(ended.settings, architecture))
    except snapshots.DamagedError as error:
        raise InputError(
            f"{files.printable(ended.snapshot)} is damaged: {error}.",
            f"Start from the picture of the run instead: --init-image {shown}/image.png",
        ) from None
    total = state.tensors.get("ema")
    return state.tensors["z"] if total is None else total / state.ema_weight

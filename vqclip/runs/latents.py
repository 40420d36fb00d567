"""The latent that a finished run ended with, for another run to begin with."""

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
    """The end of a run. snapshot: the file of its last step. vqgan: SHA-256 of its VQGAN."""

    directory: Path
    snapshot: Path
    settings: Settings
    vqgan: str


def find(directory: Path) -> Ended:
    """Look for the last snapshot of a run, without reading it.

    Raises InputError for a folder without a run, for a run that is not finished, and for one of an earlier vqclip
    that kept no snapshot of its last step.
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
            f"Begin with its picture instead: --init-image {shown}/image.png",
        )
    settings = manifest.settings
    return Ended(directory, snapshot, settings, manifest.models.get(settings.vqgan, ""))


def read(ended: Ended, vqgan: str, architecture: Architecture) -> Tensor:
    """The latent that the run's picture shows, the running mean: (1, D, h, w) float32 on the CPU.

    vqgan, architecture: SHA-256 and architecture of the VQGAN that is to draw it. Raises ModelError for another one
    than the run's, and InputError for a damaged snapshot.
    """
    shown = files.printable(ended.directory)
    if ended.vqgan != vqgan:
        raise ModelError(
            f"{shown} was drawn by another VQGAN, so its latent means nothing to this one.",
            f"Name that VQGAN, or begin with the picture: --init-image {shown}/image.png",
        )
    try:
        state = snapshots.load(ended.snapshot, snapshots.Layout.of(ended.settings, architecture))
    except snapshots.DamagedError as error:
        raise InputError(
            f"{files.printable(ended.snapshot)} is damaged: {error}.",
            f"Begin with the picture of the run instead: --init-image {shown}/image.png",
        ) from None
    total = state.tensors.get("ema")
    return state.tensors["z"] if total is None else total / state.ema_weight

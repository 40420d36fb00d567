"""The last latent of a finished run, or a candidate of samples, for another run to start from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip import files
from vqclip.errors import InputError, ModelError, UsageError
from vqclip.runs import directory as run_folder
from vqclip.runs import progress_video, samples
from vqclip.settings.schema import Settings
from vqclip.synthesis import state as snapshots

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.image_model import ImageModel


@dataclass(frozen=True)
class Ended:
    """The end of a finished run, or a candidate.

    Attributes:
        directory: Of the run, or what names the samples.
        snapshot: Of the last step of the run, or the file of the samples.
        vqgan: SHA-256 of the VQGAN.
        settings: Of the run.
        codes: Of the candidate, (1, h, w) int64.
    """

    directory: Path
    snapshot: Path
    vqgan: str
    settings: Settings | None = None
    codes: Tensor | None = None

    @property
    def size(self) -> tuple[int, int] | None:
        """Width and height of the picture of a run."""
        return (self.settings.width, self.settings.height) if self.settings else None


def find(directory: Path, pick: int | None = None) -> Ended:
    """Find the last snapshot of a run, without reading it, or a candidate of samples.

    Raises:
        InputError: There is no run, or it is not finished, or its snapshot is gone, or samples are damaged.
        UsageError: `pick` is not the number of a candidate.
    """
    shown = files.printable(directory)
    record = samples.find(directory)
    if record is not None:
        sampled = samples.read(record)
        digest = sampled.models.get(str(sampled.settings["vqgan"]), "")
        return Ended(directory, record, digest, codes=sampled.codes_of(pick))
    if pick is not None:
        raise UsageError(f"pick has no effect: {shown} holds no samples.", "Leave it out, or give samples.")
    try:
        manifest = run_folder.read_manifest(directory)
    except UsageError as error:
        raise InputError(error.message, error.hint) from None
    if manifest.status != "finished":
        raise InputError(
            f"{shown} is not finished: it is {manifest.status}.",
            f"First: vqclip resume {shlex.quote(str(directory))}",
        )
    snapshot = directory / "state" / f"step-{manifest.step:06d}.safetensors"
    if not files.is_file(snapshot):
        raise InputError(
            f"{shown} has no snapshot of its last step.",
            f"Start from its picture instead: {_as_picture(directory)}",
        )
    settings = manifest.settings
    return Ended(directory, snapshot, manifest.models.get(settings.vqgan, ""), settings)


def read(ended: Ended, digest: str, vqgan: ImageModel) -> Tensor:
    """The running mean of the latent, which the picture of the run shows: (1, D, h, w) float32 on the CPU.

    Args:
        ended: The finished run, or a candidate.
        digest: SHA-256 of the VQGAN.
        vqgan: That will decode it.

    Raises:
        ModelError: It is not the VQGAN of the run.
        InputError: The snapshot is damaged.
    """
    shown = files.printable(ended.directory)
    if ended.vqgan != digest:
        picture = "" if ended.settings is None else f", or start from the picture: {_as_picture(ended.directory)}"
        raise ModelError(
            f"{shown} was drawn by another VQGAN, which has another latent space.", f"Name that VQGAN{picture}"
        )
    if ended.settings is None:
        if ended.codes is None or not 0 <= int(ended.codes.min()) <= int(ended.codes.max()) < vqgan.n_embed:
            raise InputError(f"{shown} holds tokens outside of the codebook.", "Sample again.")
        return vqgan.lookup(ended.codes.to(vqgan.codebook.device)).float().cpu()
    try:
        state = snapshots.load(ended.snapshot, snapshots.Layout.of(ended.settings, vqgan.architecture))
    except snapshots.DamagedError as error:
        raise InputError(
            f"{files.printable(ended.snapshot)} is damaged: {error}.",
            f"Start from the picture of the run instead: {_as_picture(ended.directory)}",
        ) from None
    total = state.tensors.get("ema")
    return state.tensors["z"] if total is None else total / state.ema_weight


def _as_picture(directory: Path) -> str:
    """The option that starts from the picture of a run, or its last frame, as it is typed in a shell."""
    pictures = [*progress_video.frames_of(directory), directory / "image.png"]
    last = next((path for path in reversed(pictures) if files.is_file(path)), pictures[-1])
    return f"--init-image {shlex.quote(str(last))}"

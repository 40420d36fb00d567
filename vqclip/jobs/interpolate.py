"""Interpolate between runs, pictures or tokens through the latent, and make a video of the frames."""

from __future__ import annotations

import contextlib
import hashlib
import math
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vqclip import files, reading
from vqclip.errors import InputError, Interrupted, ModelError, OutputError, UsageError
from vqclip.events import Event, Opened, Saved, Stop, Warned, never
from vqclip.media import images, token_grids, video
from vqclip.models import registry
from vqclip.picture_files import is_whole_png
from vqclip.runs import latents, progress_video
from vqclip.runs.capabilities import check_capabilities
from vqclip.runs.directory import (
    INTERPOLATION,
    Manifest,
    Run,
    clear,
    holds_run,
    open_run,
    read_manifest,
    refuse_inputs,
)
from vqclip.runtime import devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.runtime.torch_state import in_own_state
from vqclip.schedules import INTERPOLATIONS
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.image_model import ImageModel

PATHS = ("sphere", "line")


@dataclass(frozen=True)
class Interpolation:
    """How to get from one end to the next.

    frames: from end to end, both counted. path: sphere turns the vector of each token and interpolates its length,
    line interpolates the vectors. easing: one of INTERPOLATIONS. loop: return to the first end, which is not shown
    twice. quantise: show only codes of the codebook, as runs do; otherwise also the vectors between them.
    """

    frames: int = 60
    path: str = "sphere"
    easing: str = "cosine"
    loop: bool = False
    quantise: bool = True

    def check(self) -> None:
        """Raise UsageError for a value out of range."""
        if not 2 <= self.frames <= 100_000:
            raise UsageError(f"frames is {self.frames}.", "Valid: 2 to 100000.")
        if self.path not in PATHS:
            raise UsageError(f"path is {self.path!r}.", f"Valid: {', '.join(PATHS)}.")
        if self.easing not in INTERPOLATIONS or self.easing == "hold":
            raise UsageError(f"easing is {self.easing!r}.", "Valid: linear, cosine.")

    def positions(self, ends: int) -> Iterator[tuple[int, int, float]]:
        """Yield for every frame the end before it, the end after it, and its position between them, 0 to 1."""
        legs = ends if self.loop else ends - 1
        for leg in range(legs):
            last = leg == legs - 1 and not self.loop
            for number in range(self.frames if last else self.frames - 1):
                yield leg, (leg + 1) % ends, INTERPOLATIONS[self.easing](number / (self.frames - 1))

    def count(self, ends: int) -> int:
        """Return the number of frames."""
        return (self.frames - 1) * (ends if self.loop else ends - 1) + (not self.loop)


def interpolate(
    settings: Settings,
    ends: Sequence[Path],
    output: Path,
    interpolation: Interpolation,
    *,
    with_vqgan: bool = False,
    with_size: bool = False,
    overwrite: bool = False,
    stop: Stop = never,
) -> Iterator[Event]:
    """Draw the frames from end to end, and their video, into a folder.

    An output that holds a part of the same interpolation is continued.

    Args:
        settings: Of the VQGAN, the device and the video.
        ends: Two or more runs, pictures or .npz files of tokens.
        output: The folder.
        interpolation: How to get from one end to the next.
        with_vqgan: Use the VQGAN of the settings; otherwise that of the first run, if there is one.
        with_size: Likewise for the size. Pictures are resized to it, and those of runs when their size or VQGAN
            differs.
        overwrite: Replace the pictures in the folder.
        stop: As in `api.generate`, asked after every frame.

    Raises:
        VqclipError: At once for what can be checked without loading the VQGAN.
    """
    settings.validate()
    interpolation.check()
    if len(ends) < 2:
        raise UsageError("one end is not enough.", "Give two or more runs, pictures or .npz files.")
    devices.check_device_name(settings.device)
    found = [_End.find(path) for path in ends]
    manifests = [end.manifest for end in found if end.manifest is not None]
    if manifests and not with_vqgan:
        settings = settings.replace(
            vqgan=manifests[0].settings.vqgan, vqgan_config=manifests[0].settings.vqgan_config
        )
    if manifests and not with_size:
        settings = settings.replace(size=manifests[0].settings.size)
    named = [m.settings.prompt if (m := end.manifest) is not None else end.path.stem for end in found]
    settings = settings.replace(prompt=" to ".join(named), seed=0, save_every=1)
    model = registry.find_vqgan(settings.vqgan, settings.vqgan_config)
    check_capabilities(settings, model)
    if settings.video:
        video.check_encoder(settings.video_format)
        progress_video.frame_rate(settings, interpolation.count(len(ends)))
    refuse_inputs(output, ends)
    digest = _digest(settings, interpolation, found, model, with_size=with_size)
    earlier = None if overwrite else _Record.read(output)
    if holds_run(output) and not overwrite and (earlier is None or earlier.digest != digest):
        raise OutputError(
            f"{files.printable(output)} holds pictures already.",
            "Choose another --output, or replace it with --overwrite.",
        )
    run = open_run(output, state=False)
    return _draw(interpolation, settings, found, model, run, earlier, digest, with_size=with_size, stop=stop)


@dataclass(frozen=True)
class _Record:
    """The contents of interpolation.json.

    digest: of everything that decides the frames. dtype, threads: as in `Manifest`. video: the SHA-256 of the options
    that its video was written with.
    """

    digest: str
    dtype: str
    threads: int
    finished: bool = False
    video: str = ""

    @staticmethod
    def read(directory: Path) -> _Record | None:
        """The record of a folder; None when there is none, or a damaged one."""
        from vqclip.records import InterpolationRecord, checked

        path = directory / INTERPOLATION
        if not files.is_file(path):
            return None
        try:
            values = reading.read_json(path, 10_000)
            with reading.refusing(f"{files.printable(path)} is damaged", "", InputError):
                return _Record(**dict(checked(InterpolationRecord, values)))
        except InputError:
            return None

    def write(self, directory: Path) -> None:
        files.write_json(directory / INTERPOLATION, asdict(self))


def _digest(
    settings: Settings,
    interpolation: Interpolation,
    ends: Sequence[_End],
    model: registry.VqganFiles,
    *,
    with_size: bool,
) -> str:
    """The SHA-256 of everything that decides the frames."""
    from vqclip.models.checkpoints import sha256

    parts = [settings.digest(), asdict(interpolation), sha256(model.checkpoint), with_size]
    return hashlib.sha256(files.canonical([*parts, [end.digest() for end in ends]]).encode()).hexdigest()


def _video_digest(settings: Settings) -> str:
    """The SHA-256 of the options of the video."""
    options = progress_video.options_in(settings) | {"video": settings.video}
    return hashlib.sha256(files.canonical(options).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class _End:
    """One end, checked but not encoded. pixels: of a picture. manifest: of a run. grid: of a file of tokens."""

    path: Path
    manifest: Manifest | None = None
    pixels: images.Pixels | None = None
    grid: token_grids.TokenGrid | None = None

    @staticmethod
    def find(path: Path) -> _End:
        if files.is_folder(path):
            manifest = read_manifest(path)
            if not files.is_file(path / "image.png"):
                raise InputError(
                    f"The run {files.printable(path)} has no picture yet.", "Finish it with: vqclip resume DIR"
                )
            return _End(path, manifest, images.open_image(path / "image.png"))
        if not files.exists(path) and not path.suffix:
            raise InputError(
                f"There is no {files.printable(path)}: an end is the folder of a run, a picture or an .npz file.",
                f"Of a text, draw the picture first: vqclip generate {shlex.quote(str(path))} -o one, and name the "
                "folder.",
            )
        if path.suffix.lower() == ".npz":
            return _End(path, grid=token_grids.load(path))
        return _End(path, pixels=images.open_image(path))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its picture."""
        if self.grid is not None:
            return self.grid.width, self.grid.height
        assert self.pixels is not None
        return self.pixels.shape[1], self.pixels.shape[0]

    def digest(self) -> str:
        """The SHA-256 of its picture or tokens."""
        found = self.pixels if self.grid is None else self.grid.tokens
        assert found is not None
        return hashlib.sha256(f"{self.size} {found.dtype}".encode() + found.tobytes()).hexdigest()

    def latent(self, vqgan: ImageModel, digest: str) -> Tensor | None:
        """Return the codes of a run or a file, (1, D, h, w), or None when the picture has to be encoded."""
        import torch

        device = vqgan.codebook.device
        if self.grid is not None:
            if self.grid.sha256 != digest:
                raise ModelError(
                    f"{files.printable(self.path)} holds tokens of another VQGAN.",
                    "Give the one that encoded them with --vqgan.",
                )
            return vqgan.lookup(torch.from_numpy(self.grid.tokens)[None].to(device)).float()
        if self.manifest is None or self.pixels is None:
            return None
        try:
            z = latents.read(latents.find(self.path), digest, vqgan).to(device)
        except (InputError, ModelError):
            # The run is older, or of another VQGAN: its picture is encoded.
            return None
        z = vqgan.lookup(vqgan.indices(z))
        shown = images.to_uint8(vqgan.crop(vqgan.decode(z), self.size)[0])
        # Masks and overlays change the picture but not its latent.
        same = shown.shape == self.pixels.shape and np.abs(shown.astype(int) - self.pixels).mean() < 1
        return z if same else None


@in_own_state
def _draw(
    interpolation: Interpolation,
    settings: Settings,
    ends: Sequence[_End],
    model: registry.VqganFiles,
    run: Run,
    earlier: _Record | None,
    recorded: str,
    *,
    with_size: bool,
    stop: Stop,
) -> Iterator[Event]:
    """Draw the missing frames, and the video. earlier: of the folder. recorded: the digest of this interpolation."""
    import torch

    from vqclip.models.checkpoints import sha256
    from vqclip.models.vqgan import load_vqgan

    target, count = run.video_path(settings.video_format), interpolation.count(len(ends))
    of_video = _video_digest(settings)
    with run:
        yield from run.warnings()
        done = _frames_done(run, count) if earlier else 0
        finished = earlier is not None and earlier.finished and done == count
        if settings.video and not (files.is_file(target) and earlier and earlier.video == of_video):
            finished = False
        yield Opened(run.directory, None, done, finished=finished)
        if finished:
            if settings.video:
                yield Saved("video", target, count)
            return
        device_config = DeviceConfig.find(settings, *((earlier.threads, earlier.dtype) if earlier else ()))
        digest = sha256(model.checkpoint)
        vqgan = load_vqgan(model, device_config.device, device_config.dtype, encoder=True)
        with torch.no_grad():
            size, latents = _latents(vqgan, digest, ends, (settings.width, settings.height), with_size=with_size)
        # From here on nothing can be refused, so another run may be removed.
        if earlier is None:
            clear(run)
        record = _Record(recorded, device_config.dtype_name, device_config.threads, video=of_video)
        record.write(run.directory)
        warnings: list[str] = []
        writer = _writer(settings, target, count, warnings.append) if settings.video else None
        yield from map(Warned, warnings)
        with writer or contextlib.nullcontext():
            for number, (before, after, share) in enumerate(interpolation.positions(len(ends))):
                frame = run.frame(number)
                if number < done:
                    pixels = images.open_image(frame)
                else:
                    z = between(latents[before], latents[after], share, interpolation.path)
                    pixels = _decoded(vqgan, z, size, quantise=interpolation.quantise)
                    images.save_png(frame, pixels, {})
                    yield Saved("frame", frame, number)
                if writer is not None:
                    writer.write(pixels)
                _raise_if_stopped(stop(), number + 1, count)
        replace(record, finished=True).write(run.directory)
        if writer is not None:
            yield Saved("video", target, count)


def _writer(settings: Settings, target: Path, count: int, warn: Callable[[str], None]) -> video.VideoWriter:
    options = progress_video.writer_options(settings, count) | {"comment": settings.video_comment}
    return video.VideoWriter(target, **options, warn=warn)


def _raise_if_stopped(signal: int | None, drawn: int, count: int) -> None:
    if signal is not None:
        hint = "To continue, give the same command again."
        raise Interrupted(f"stopped after frame {drawn} of {count}.", hint, signal)


def _decoded(vqgan: ImageModel, z: Tensor, size: tuple[int, int], *, quantise: bool) -> images.Pixels:
    """The picture of a latent. size: width and height."""
    import torch

    with torch.no_grad():
        decoded = vqgan.decode(vqgan.lookup(vqgan.indices(z)) if quantise else z)
        return images.to_uint8(vqgan.crop(decoded, size)[0])


def _frames_done(run: Run, count: int) -> int:
    """How many frames are there, from the first on without a gap."""
    return next((number for number in range(count) if not is_whole_png(run.frame(number))), count)


def _latents(
    vqgan: ImageModel, digest: str, ends: Sequence[_End], size: tuple[int, int], *, with_size: bool
) -> tuple[tuple[int, int], list[Tensor]]:
    """Return the width and height of the frames, and the latent of each end. size: for pictures, or for all ends."""
    from vqclip.synthesis.init import fit, to_pixels

    found = [end.latent(vqgan, digest) for end in ends]
    if not with_size:
        size = next((end.size for end, z in zip(ends, found, strict=True) if z is not None), size)
    result = []
    for end, z in zip(ends, found, strict=True):
        if z is None or end.size != size:
            if end.pixels is None or (z is not None and not with_size):
                raise InputError(
                    f"{files.printable(end.path)} has {end.size[0]}x{end.size[1]} pixels, another end "
                    f"{size[0]}x{size[1]}.",
                    "Give runs of one size, or their pictures, which are resized.",
                )
            pixels = to_pixels(end.pixels, vqgan.codebook.device)
            z = vqgan.lookup(vqgan.indices(vqgan.encode(fit(pixels, *size))))
        result.append(z.float())
    return size, result


def between(first: Tensor, second: Tensor, share: float, path: str) -> Tensor:
    """Interpolate between two latents.

    Where two vectors are opposite, or one is 0, the sphere falls back to the line. The angle comes from atan2, which
    is exact also for nearly equal vectors.

    Args:
        first: (1, D, h, w), the result at share 0.
        second: Likewise, at 1.
        share: Position between them, 0 to 1.
        path: sphere or line, as in `Interpolation`.

    Source: Shoemake, "Animating rotation with quaternion curves" (1985).
    """
    import torch

    if path == "line" or share in (0.0, 1.0):
        return torch.lerp(first, second, share)
    length_one, length_two = first.norm(dim=1, keepdim=True), second.norm(dim=1, keepdim=True)
    one, two = first / length_one.clamp(min=1e-12), second / length_two.clamp(min=1e-12)
    apart, along = (one - two).norm(dim=1, keepdim=True), (one + two).norm(dim=1, keepdim=True)
    angle = 2 * torch.atan2(apart, along)
    turned = (torch.sin((1 - share) * angle) * one + torch.sin(share * angle) * two) / torch.sin(angle)
    plain = (angle < 1e-4) | (angle > math.pi - 1e-3) | (torch.minimum(length_one, length_two) < 1e-12)
    return torch.where(plain, torch.lerp(first, second, share), turned * torch.lerp(length_one, length_two, share))

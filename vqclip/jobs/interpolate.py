"""From one picture to the next through the latent: the frames between runs, pictures or tokens, and their film."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vqclip import files
from vqclip.errors import InputError, ModelError, OutputError, UsageError
from vqclip.events import Event, Opened, Saved, Warned
from vqclip.media import images, token_grids, video
from vqclip.models import registry
from vqclip.runs import directory, latents, progress_video
from vqclip.runtime import devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.schedules import INTERPOLATIONS
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.models.vqgan import VQGAN

PATHS = ("sphere", "line")


@dataclass(frozen=True)
class Course:
    """How the way between two ends is gone.

    frames: of each way, both ends counted. path: sphere turns the vector of each token and changes its length evenly,
    line mixes the two. easing: one of INTERPOLATIONS. loop: back to the first end, which is not shown twice.
    quantise: show codes of the codebook alone, as every picture of a run does; otherwise also what lies between them.
    """

    frames: int = 60
    path: str = "sphere"
    easing: str = "cosine"
    loop: bool = False
    quantise: bool = True

    def check(self) -> None:
        """Raise UsageError for what cannot be meant."""
        if not 2 <= self.frames <= 100_000:
            raise UsageError(f"frames is {self.frames}.", "Valid: 2 to 100000.")
        if self.path not in PATHS:
            raise UsageError(f"path is {self.path!r}.", f"Valid: {', '.join(PATHS)}.")
        if self.easing not in INTERPOLATIONS or self.easing == "hold":
            raise UsageError(f"easing is {self.easing!r}.", "Valid: linear, cosine.")

    def places(self, ends: int) -> Iterator[tuple[int, int, float]]:
        """Every frame in order: the end before, the one after, and the share of the way, from 0 to 1."""
        legs = ends if self.loop else ends - 1
        for leg in range(legs):
            last = leg == legs - 1 and not self.loop
            for number in range(self.frames if last else self.frames - 1):
                yield leg, (leg + 1) % ends, INTERPOLATIONS[self.easing](number / (self.frames - 1))

    def count(self, ends: int) -> int:
        """How many frames there are."""
        return (self.frames - 1) * (ends if self.loop else ends - 1) + (not self.loop)


def interpolate(
    settings: Settings,
    ends: Sequence[Path],
    output: Path,
    course: Course,
    *,
    with_vqgan: bool = False,
    with_size: bool = False,
    overwrite: bool = False,
) -> Iterator[Event]:
    """Draw the frames from end to end, and their film, into a folder.

    ends: two or more runs, pictures or .npz files of tokens. settings: of the VQGAN, the device and the film.
    with_vqgan, with_size: go by the VQGAN, or the size, of the settings; otherwise by those of the first run, where
    there is one. Pictures are resized, and those of runs too where the size or the VQGAN is not their own. Whatever
    can be refused is refused by the call itself. Raises VqclipError.
    """
    settings.validate()
    course.check()
    if len(ends) < 2:
        raise UsageError("there is one end, so there is no way.", "Give two or more runs, pictures or .npz files.")
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
    if settings.video:
        video.check_encoder(settings.video_format)
        progress_video.frame_rate(settings, course.count(len(ends)))
    directory.refuse_inputs(output, ends)
    if directory.holds_run(output) and not overwrite:
        raise OutputError(
            f"{files.printable(output)} holds pictures already.",
            "Choose another --output, or replace it with --overwrite.",
        )
    run = directory.open_run(output, state=False)
    return _drawn(course, settings, found, model, run, with_size=with_size)


@dataclass(frozen=True)
class _End:
    """One end, looked at but not loaded. pixels: of a picture. manifest: of a run. grid: of a file of tokens."""

    path: Path
    manifest: directory.Manifest | None = None
    pixels: images.Pixels | None = None
    grid: token_grids.TokenGrid | None = None

    @staticmethod
    def find(path: Path) -> _End:
        if files.is_folder(path):
            manifest = directory.read_manifest(path)
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

    def latent(self, vqgan: VQGAN, digest: str) -> Tensor | None:
        """The codes of a run's end or of a file, (1, D, h, w), or None where they have to be encoded."""
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
            z = latents.read(latents.find(self.path), digest, vqgan.architecture).to(device)
        except (InputError, ModelError):
            # An older run, or another VQGAN's: its picture is encoded.
            return None
        z = vqgan.lookup(vqgan.indices(z))
        shown = images.to_uint8(vqgan.decode(z)[0])
        # What a mask keeps, and whatever else lies over a drawing, is in the picture and not in its latent.
        same = shown.shape == self.pixels.shape and np.abs(shown.astype(int) - self.pixels).mean() < 1
        return z if same else None


def _drawn(
    course: Course,
    settings: Settings,
    ends: Sequence[_End],
    model: registry.VqganFiles,
    run: directory.Run,
    *,
    with_size: bool,
) -> Iterator[Event]:
    import torch

    from vqclip.models.checkpoints import sha256
    from vqclip.models.vqgan import load_vqgan
    from vqclip.synthesis.init import fit, to_pixels

    with run:
        yield Opened(run.directory, None, 0)
        device_config, digest = DeviceConfig.find(settings), sha256(model.checkpoint)
        vqgan = load_vqgan(model, device_config.device, device_config.dtype, encoder=True)
        with torch.no_grad():
            ready = [end.latent(vqgan, digest) for end in ends]
            known = [z for z in ready if z is not None]
            factor = vqgan.factor
            rows, columns = settings.height // factor, settings.width // factor
            if known and not with_size:
                rows, columns = known[0].shape[2:]
            for number, (end, z) in enumerate(zip(ends, ready, strict=True)):
                if z is None or z.shape[2:] == (rows, columns):
                    continue
                if with_size and end.pixels is not None:
                    ready[number] = None
                else:
                    raise InputError(
                        f"{files.printable(end.path)} has {z.shape[3]}x{z.shape[2]} tokens, another end "
                        f"{columns}x{rows}.",
                        "Give runs of one size, or their pictures, which are resized.",
                    )
            size = columns * factor, rows * factor
            latents = []
            for end, z in zip(ends, ready, strict=True):
                if z is None:
                    assert end.pixels is not None
                    z = vqgan.encode(fit(to_pixels(end.pixels, device_config.device), *size))
                    z = vqgan.lookup(vqgan.indices(z))
                latents.append(z.float())
        # Only now is nothing missing any more, and what lay here may go.
        directory.clear(run)
        writer = None
        count = course.count(len(ends))
        if settings.video:
            warnings: list[str] = []
            film = progress_video.writer_options(settings, count) | {"comment": settings.video_comment}
            writer = video.VideoWriter(run.film(settings.video_format), **film, warn=warnings.append)
            yield from map(Warned, warnings)
        try:
            for number, (before, after, share) in enumerate(course.places(len(ends))):
                pixels = _picture(vqgan, between(latents[before], latents[after], share, course.path), course)
                images.save_png(run.frame(number), pixels, {})
                if writer is not None:
                    writer.write(pixels)
                yield Saved("frame", run.frame(number), number)
            if writer is not None:
                writer.close()
                yield Saved("video", run.film(settings.video_format), count)
        except BaseException:
            if writer is not None:
                writer.abort()
            raise


def _picture(vqgan: VQGAN, z: Tensor, course: Course) -> images.Pixels:
    import torch

    with torch.no_grad():
        return images.to_uint8(vqgan.decode(vqgan.lookup(vqgan.indices(z)) if course.quantise else z)[0])


def between(first: Tensor, second: Tensor, share: float, path: str) -> Tensor:
    """A latent on the way from one to the other, (1, D, h, w): the first at 0, the second at 1.

    path: sphere is the spherical interpolation of Shoemake (1985) for the direction of each token's vector, its
    length changing evenly, so that no vector shrinks on the way; where two point opposite ways, or one is 0, it goes
    along the line. The angle comes from atan2, which is exact also where vectors are nearly alike.
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

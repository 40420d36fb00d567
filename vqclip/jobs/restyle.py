"""Restyle moving pictures: every frame is optimised from its own picture, mixed with the frame drawn before it.

A frame depends on its own picture, on the frame drawn before it (as it lies on the disk) and on the settings. So a
run that was killed goes on with its first missing frame, and no more than one frame is ever in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import InputError, Interrupted, ModelError, OutputError, UsageError
from vqclip.events import Event, Finished, Opened, Saved, Started, Stepped, Warned
from vqclip.media import images, video
from vqclip.media.video_source import VideoSource, add_sound
from vqclip.models import registry
from vqclip.models.architecture import read_architecture
from vqclip.runs import directory as run_folder
from vqclip.runs import progress_video
from vqclip.runs.inputs import Inputs, with_absolute_paths
from vqclip.runs.loading import Models, load
from vqclip.runs.recorder import Stop, go_on
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.schema import BEGINNINGS, MOTIONS, Settings, default_of
from vqclip.synthesis import motion
from vqclip.synthesis.inputs import InitInputs

if TYPE_CHECKING:
    from torch import Tensor

_STARTS = ("init_image", "init_run", "mask", "overlay_image", "target_image")


@dataclass(frozen=True)
class Restyle:
    """How moving pictures are drawn anew.

    source: the video, or the folder of pictures. steps: of the optimiser, per frame. strength: how far a frame may go
    from its own picture, above 0 to 1: the latent is pulled back with the weight (1 - strength) / strength. blend:
    share of the frame drawn before, moved, in what the next one begins with, 0 to 1.
    """

    source: str
    steps: int = 12
    strength: float = 0.5
    blend: float = 0.3

    def check(self) -> None:
        """Raise UsageError for what cannot be meant."""
        if not 1 <= self.steps <= 10_000:
            raise UsageError(f"frame_steps is {self.steps}.", "Valid: 1 to 10000 steps.")
        if not 0.01 <= self.strength <= 1:
            raise UsageError(f"strength is {self.strength:g}.", "Valid: 0.01 (as it was) to 1 (freely).")
        if not 0 <= self.blend <= 1:
            raise UsageError(f"blend is {self.blend:g}.", "Valid: 0 (each frame by itself) to 1 (on from the last).")

    def of_frame(self, settings: Settings) -> Settings:
        """The settings of the optimisation of one frame."""
        still: dict[str, Any] = dict.fromkeys(MOTIONS)
        weight = (1 - self.strength) / self.strength
        return settings.replace(iterations=self.steps, init_weight=weight, **still)


def restyle(
    settings: Settings,
    how: Restyle,
    *,
    output: Path | None = None,
    parent: Path | None = None,
    fps: float | None = None,
    with_size: bool = False,
    overwrite: bool = False,
    preset: str | None = None,
    stop: Stop = lambda: None,
) -> Iterator[Event]:
    """Draw a video or a folder of pictures anew, into `output` or a fresh folder below `parent`.

    fps: as for `footage.look`. with_size: draw at settings.size; otherwise its longer side is that of the size, and
    the shape is the source's. An output that holds the same run, of any seed if none is given, is gone on with.
    Schedules of motions count frames, and scenes of a story count steps over all frames. Whatever can be refused is
    refused by the call itself. Raises VqclipError.
    """
    how.check()
    how = replace(how, source=str(Path(how.source).absolute()))
    seen = VideoSource.open(Path(how.source), fps)
    for name in _STARTS:
        if getattr(settings, name):
            raise UsageError(
                f"{name} has no effect on moving pictures: each frame begins with its own.", "Leave it out."
            )
    size = settings.size if with_size else _size_like(seen, settings)
    settings = settings.replace(
        init="spot",
        stages=1,
        **{name: default_of(name) for name in BEGINNINGS},
        seed=run_folder.seed_for(settings, None if overwrite else output),
        size=size,
        iterations=seen.frames * how.steps,
        move_every=how.steps if settings.motion_schedules else default_of("move_every"),
        save_every=1,
        frame_spacing="even",
        fps=float(seen.rate) if settings.video else default_of("fps"),
    )
    inputs = Inputs.check(with_absolute_paths(settings), frame_steps=how.steps)
    # Without a film too it is the rate of the frames that are drawn.
    inputs = replace(inputs, settings=inputs.settings.replace(fps=float(seen.rate)))
    directory = output or run_folder.new_directory(inputs.settings, parent or Path("runs"))
    manifest = run_folder.Manifest(inputs.settings, preset=preset, restyle=asdict(how))
    if output is not None and run_folder.holds_run(directory) and not overwrite:
        earlier = run_folder.read_manifest(directory) if files.is_file(directory / "run.json") else None
        same = earlier and earlier.restyle == manifest.restyle
        if not earlier or not same or earlier.settings.digest() != inputs.settings.digest():
            hint = "Choose another --output, or replace it with --overwrite."
            hint += f" {go_on(directory)}" if earlier else ""
            raise OutputError(f"{files.printable(directory)} holds another run.", hint)
        manifest = earlier
    run_folder.refuse_inputs(directory, [seen.path, *map(Path, inputs.pictures())])
    run = run_folder.open_run(directory, state=False)
    return _recorded(inputs, run, manifest, how, seen, stop, replaces=overwrite)


def holds_restyle(directory: Path) -> bool:
    """Whether a folder holds moving pictures that are drawn anew."""
    return files.is_file(directory / "run.json") and bool(run_folder.read_manifest(directory).restyle)


def resume(directory: Path, *, stop: Stop = lambda: None) -> Iterator[Event]:
    """Go on with a restyled video where its newest frame ends. Raises VqclipError."""
    manifest = run_folder.read_manifest(directory)
    try:
        how = Restyle(**manifest.restyle)
        how.check()
    except (TypeError, UsageError) as error:
        raise UsageError(f"run.json in {files.printable(directory)} says no whole restyle: {error}.") from None
    seen = VideoSource.open(Path(how.source), manifest.settings.fps)
    inputs = Inputs.check(manifest.settings, recorded=True)
    return _recorded(inputs, run_folder.open_run(directory, state=False), manifest, how, seen, stop)


def _size_like(seen: VideoSource, settings: Settings) -> str:
    """The size with the source's shape whose longer side is that of the settings, in whole tokens."""
    factor = read_architecture(registry.find_vqgan(settings.vqgan, settings.vqgan_config).config).factor
    scale = max(settings.width, settings.height) / max(seen.width, seen.height)
    sides = (max(factor, round(side * scale / factor) * factor) for side in (seen.width, seen.height))
    return "x".join(map(str, sides))


def _recorded(
    inputs: Inputs,
    run: run_folder.Run,
    manifest: run_folder.Manifest,
    how: Restyle,
    seen: VideoSource,
    stop: Stop,
    *,
    replaces: bool = False,
) -> Iterator[Event]:
    settings = inputs.settings
    with run:
        done = 0
        while not replaces and files.is_file(run.frame(done)):
            done += 1
        done = min(done, seen.frames)
        film = run.film(settings.video_format)
        whole = done == seen.frames and manifest.status == "finished" and (files.is_file(film) or not settings.video)
        yield Opened(run.directory, settings.seed or 0, done * how.steps, finished=whole)
        device_config = DeviceConfig.find(settings, manifest.threads, manifest.dtype)
        hashes, pictures = inputs.hashes(), inputs.picture_hashes() | {how.source: _hash(Path(how.source))}
        if manifest.models and manifest.models != hashes:
            raise ModelError(
                "a model is not the one that this run began with.", "Put the old file back, or start a new run."
            )
        if manifest.inputs and manifest.inputs != pictures:
            raise InputError(
                f"the source or a picture of {files.printable(run.directory)} is not the one that it began with.",
                "Put the old file back, or start a new run.",
            )
        if replaces:
            run_folder.clear(run)
        for path in video.frame_paths(run.frames)[done:]:
            path.unlink(missing_ok=True)
        if whole:
            if settings.video:
                yield Saved("video", film, settings.iterations)
            return
        dtype = str(device_config.dtype).removeprefix("torch.")
        manifest = replace(
            manifest,
            models=hashes,
            inputs=pictures,
            device=str(device_config.device),
            dtype=dtype,
            threads=device_config.threads,
        )
        run.write(replace(manifest, status="running"))
        status = "failed"
        try:
            if done < seen.frames:
                models = load(inputs, device_config)
                yield from map(Warned, models.warnings)
                yield from _Frames(inputs, models, run, how, seen, stop).drawn(done)
            yield from _filmed(run, settings, how, seen)
            status = "finished"
        except Interrupted:
            status = "interrupted"
            raise
        finally:
            drawn = len(video.frame_paths(run.frames))
            run.write(replace(manifest, status=status, step=drawn * how.steps))


class _Frames:
    """The frames of one source, drawn in turn."""

    def __init__(
        self, inputs: Inputs, models: Models, run: run_folder.Run, how: Restyle, seen: VideoSource, stop: Stop
    ) -> None:
        self.inputs, self.models, self.run, self.how, self.seen, self.stop = inputs, models, run, how, seen, stop
        self.settings = how.of_frame(inputs.settings)

    def drawn(self, done: int) -> Iterator[Event]:
        """Draw and save from frame number `done` on."""
        from vqclip.synthesis.init import fit, to_pixels
        from vqclip.synthesis.stages import plan_stages

        settings, factor = self.settings, self.models.vqgan.factor
        total = self.seen.frames * self.how.steps
        size = plan_stages(settings.width, settings.height, factor, 1, 1)[0]
        device = self.models.vqgan.codebook.device
        last = images.open_image(self.run.frame(done - 1)) if done else None
        began = False
        for number, pixels in enumerate(self.seen.pictures(done), done):
            held = fit(to_pixels(pixels, device), size.width, size.height)
            begun = held
            if last is not None and self.how.blend:
                move = motion.move_at(self.inputs.settings, number, self.seen.frames)
                before = fit(to_pixels(last, device), size.width, size.height)
                if move is not None:
                    before = motion.warp(before, move, settings.move_border)
                begun = begun.lerp(before, self.how.blend)
            for event in self._climb(images.to_uint8(held[0]), begun, number * self.how.steps, total):
                if isinstance(event, Started) and not began:
                    began = True
                    yield replace(event, step=number * self.how.steps, steps=total)
                elif isinstance(event, Stepped):
                    yield replace(event, step=number * self.how.steps + event.step, steps=total)
                    self._ask(number)
                elif isinstance(event, Warned):
                    yield event
                elif isinstance(event, Finished):
                    last = event.image()
            assert last is not None
            images.save_png(self.run.frame(number), last, {})
            yield Saved("frame", self.run.frame(number), (number + 1) * self.how.steps)

    def _climb(self, held: np.ndarray, begun: Tensor, first: int, total: int) -> Iterator[Event]:
        import torch

        from vqclip.synthesis.loop import synthesise

        models = self.models
        with torch.no_grad():
            latent = models.vqgan.encode(begun).float()
        # One seed for all frames: the same cutouts in each make fewer of them flicker.
        known = self.inputs.init_inputs
        init_inputs = InitInputs(held, regions=known.regions, latent=latent, palette=known.palette)
        return synthesise(models.vqgan, models.clip_targets, self.settings, init_inputs, step_range=(first, total))

    def _ask(self, number: int) -> None:
        signal = self.stop()
        if signal is not None:
            raise Interrupted(
                f"stopped in frame {number + 1} of {self.seen.frames}.",
                go_on(self.run.directory),
                signal,
            )


def _filmed(run: run_folder.Run, settings: Settings, how: Restyle, seen: VideoSource) -> Iterator[Event]:
    if not settings.video:
        return
    frames = video.frame_paths(run.frames)
    warnings: list[str] = []
    target = run.film(settings.video_format)
    video.render(frames, target, **progress_video.writer_options(settings, len(frames)), warn=warnings.append)
    if seen.sound and not add_sound(target, Path(how.source)):
        warnings.append(f"a {settings.video_format} has no sound, so that of the source is left out.")
    yield from map(Warned, warnings)
    yield Saved("video", target, settings.iterations)


def _hash(source: Path) -> str:
    """SHA-256 of a file, or over those of the pictures in a folder."""
    import hashlib

    from vqclip.models.checkpoints import sha256

    try:
        if files.is_file(source):
            return sha256(source)
        whole = [[path.name, sha256(path)] for path in video.frame_paths(source)]
    except ModelError as error:
        raise InputError(error.message, error.hint) from error
    return hashlib.sha256(files.canonical(whole).encode()).hexdigest()

"""Restyle a video: optimise every frame from its own picture, blended with the frame drawn before it.

A frame depends on its own picture, on the last frame as it lies on the disk, and on the settings. So a stopped run
continues with its first missing frame, and only one frame is in memory.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files
from vqclip.errors import InputError, Interrupted, ModelError, OutputError, UsageError
from vqclip.events import Event, Finished, Opened, Saved, Started, Stepped, Stop, Warned, never
from vqclip.media import images, video
from vqclip.media.sound import add_sound
from vqclip.media.video_source import VideoSource
from vqclip.picture_files import is_whole_png
from vqclip.runs import progress_video
from vqclip.runs.directory import (
    Manifest,
    Run,
    clear,
    find_moved,
    holds_run,
    new_directory,
    open_run,
    read_manifest,
    refuse_inputs,
    seed_for,
)
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import load
from vqclip.runs.recorder import resume_hint, status_of
from vqclip.runs.time_left import TimeLeft, Work
from vqclip.runtime.devices import DeviceConfig
from vqclip.runtime.torch_state import in_own_state
from vqclip.settings.init_strength import optimisation
from vqclip.settings.option import MIN_SIDE, absolute
from vqclip.settings.schema import MOTIONS, Settings, default_of, options
from vqclip.synthesis import motion
from vqclip.synthesis.inputs import InitInputs

if TYPE_CHECKING:
    from torch import Tensor

    from vqclip.runs.loading import Models

_STARTS = ("init_image", "init_run", "mask", "overlay_image", "target_image")


@dataclass(frozen=True)
class Restyle:
    """How a video is restyled.

    source: the video or animated picture, or the folder of pictures. steps: of the optimiser, per frame. strength:
    how far a frame may move from its own picture, in (0, 1]; the latent is pulled back with the weight
    (1 - strength) / strength / 2. blend: share of the last drawn frame, moved, in the start of the next one, in
    [0, 1].
    """

    source: str
    steps: int = 12
    strength: float = 0.5
    blend: float = 0.3

    @property
    def learning_rate(self) -> float:
        """For frames of a user who names no rate: twice that of an init picture, since a frame has few steps."""
        return max(1e-6, 2 * float(optimisation(self.strength, self.steps)["learning_rate"]))

    def check(self) -> None:
        """Raise UsageError for a value out of range."""
        if not 1 <= self.steps <= 10_000:
            raise UsageError(f"frame_steps is {self.steps}.", "Valid: 1 to 10000 steps.")
        if not 0.01 <= self.strength <= 1:
            raise UsageError(f"strength is {self.strength:g}.", "Valid: 0.01 (close to the source) to 1 (free).")
        if not 0 <= self.blend <= 1:
            raise UsageError(
                f"blend is {self.blend:g}.", "Valid: 0 (from its own picture) to 1 (from the last frame)."
            )

    def run_settings(self, settings: Settings, source: VideoSource) -> Settings:
        """Return the settings for the whole video: defaults for what frames do not have."""
        unused = [name for name, option in options().items() if not option.frame and option.scope == "picture"]
        changes: dict[str, Any] = {name: default_of(name) for name in unused} | {
            "init": "spot",
            "seed": settings.seed,
            "size": settings.size,
            "iterations": source.frames * self.steps,
            "move_every": self.steps if settings.motion_schedules else default_of("move_every"),
            "save_every": 1,
            "frame_spacing": "even",
            "fps": float(source.rate) if settings.video else default_of("fps"),
        }
        return settings.replace(**changes)

    def frame_settings(self, settings: Settings) -> Settings:
        """Return the settings for one frame."""
        still: dict[str, Any] = dict.fromkeys(MOTIONS)
        weight = 0.5 * (1 - self.strength) / self.strength
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
    stop: Stop = never,
) -> Iterator[Event]:
    """Restyle a video, an animated picture or a folder of pictures into `output`, or into a new folder in `parent`.

    An output that holds the same run (of any seed if none is given) is continued. Schedules of motions count frames;
    scenes count steps over all frames.

    Args:
        settings: Of the run.
        how: The source and the options of restyling.
        output: Folder of the run.
        parent: Where a new folder is made without `output`.
        fps: As in `VideoSource.inspect`.
        with_size: Draw at settings.size, unless it is one number; otherwise only its longer side counts, and the
            source gives the shape.
        overwrite: Replace another run in `output`.
        preset: Recorded in run.json.
        stop: As in `api.generate`.

    Raises:
        VqclipError: At once for invalid settings and sources, later when drawing fails.
    """
    how.check()
    how = replace(how, source=str(Path(how.source).absolute()))
    source = VideoSource.inspect(Path(how.source), fps)
    for name in _STARTS:
        if getattr(settings, name):
            raise UsageError(
                f"{name} has no effect on a video: each frame starts from its own picture.", "Leave it out."
            )
    seed = seed_for(settings, None if overwrite else output)
    both_sides = with_size and not settings.size.strip().isdigit()
    size = settings.size if both_sides else _size_like(source, settings)
    settings = how.run_settings(settings.replace(seed=seed, size=size), source)
    inputs = Inputs.check(settings.with_paths(absolute), frame_steps=how.steps)
    # run.json records the rate of the drawn frames even when there is no video.
    inputs = replace(inputs, settings=inputs.settings.replace(fps=float(source.rate)))
    directory = output or new_directory(inputs.settings, parent or Path("runs"))
    manifest = Manifest(inputs.settings, preset=preset, restyle=asdict(how))
    if output is not None and holds_run(directory) and not overwrite:
        manifest = _continued(directory, manifest)
    refuse_inputs(directory, [source.path, *map(Path, inputs.pictures())])
    run = open_run(directory, state=False)
    return _Restyling(inputs, run, how, source, stop).draw(manifest, replaces=overwrite)


def _continued(directory: Path, asked: Manifest) -> Manifest:
    """Return the record of the run in a folder, with what is asked for now. Raises OutputError for another run."""
    earlier = read_manifest(directory) if files.is_file(directory / "run.json") else None
    same = earlier and earlier.restyle == asked.restyle
    if not earlier or not same or earlier.settings.digest() != asked.settings.digest():
        hint = "Choose another --output, or replace it with --overwrite."
        hint += f" {resume_hint(directory)}" if earlier else ""
        raise OutputError(f"{files.printable(directory)} holds another run.", hint)
    # Other options of the video take effect, because it is written from the frames.
    same = progress_video.options_in(earlier.settings) == progress_video.options_in(asked.settings)
    return replace(earlier, settings=asked.settings, status=earlier.status if same else "running")


def holds_restyle(directory: Path) -> bool:
    """Return whether a folder holds a restyled video, finished or not."""
    return files.is_file(directory / "run.json") and bool(read_manifest(directory).restyle)


def resume(directory: Path, *, stop: Stop = never) -> Iterator[Event]:
    """Continue a restyled video after its newest frame. Raises VqclipError."""
    manifest = read_manifest(directory)
    try:
        how = Restyle(**manifest.restyle)
        how.check()
    except (TypeError, UsageError) as error:
        raise UsageError(
            f"run.json in {files.printable(directory)} does not describe a restyled video: {error}."
        ) from None
    how = replace(how, source=find_moved(how.source, directory, manifest, _hash))
    source = VideoSource.inspect(Path(how.source), manifest.settings.fps)
    settings = manifest.settings.with_paths(lambda path: find_moved(path, directory, manifest))
    inputs = Inputs.check(settings, recorded=True)
    return _Restyling(inputs, open_run(directory, state=False), how, source, stop).draw(manifest)


def _size_like(source: VideoSource, settings: Settings) -> str:
    """Return the size with the shape of the source and the longer side of the settings."""
    scale = max(settings.width, settings.height) / max(source.width, source.height)
    sides = (max(MIN_SIDE, round(side * scale)) for side in (source.width, source.height))
    return "x".join(map(str, sides))


@dataclass(frozen=True)
class _Restyling:
    """A run that restyles a video, in an open folder."""

    inputs: Inputs
    run: Run
    how: Restyle
    source: VideoSource
    stop: Stop

    @in_own_state
    def draw(self, manifest: Manifest, *, replaces: bool = False) -> Iterator[Event]:
        """Draw the missing frames and the video. replaces: first remove what an earlier run left in the folder."""
        settings, run = self.inputs.settings, self.run
        with run:
            yield from [*run.warnings(), *map(Warned, self.source.warnings)]
            done = 0
            while not replaces and done < self.source.frames and is_whole_png(run.frame(done)):
                done += 1
            target = run.video_path(settings.video_format)
            has_all = done == self.source.frames and (files.is_file(target) or not settings.video)
            finished = has_all and manifest.status == "finished"
            yield Opened(run.directory, settings.seed or 0, done * self.how.steps, finished=finished)
            device_config = DeviceConfig.find(settings, manifest.threads, manifest.dtype)
            pictures = self.inputs.picture_hashes() | {self.how.source: _hash(Path(self.how.source))}
            manifest = manifest.started(self.inputs.hashes(), pictures, device_config)
            if finished:
                if settings.video:
                    yield Saved("video", target, settings.iterations)
                return
            # An earlier run stays as it was until this one has its models.
            models = load(self.inputs, device_config) if replaces else None
            if replaces:
                clear(run)
            for path in progress_video.frames_of(run.directory):
                if int(path.stem) >= done:
                    files.discard(path)
            run.write(manifest)
            status, began = "finished", time.monotonic()
            try:
                if done < self.source.frames:
                    models = models or load(self.inputs, device_config)
                    left = TimeLeft(Work.even(settings.iterations))
                    yield from map(left.note, self._frames(models, done))
                last = list(self._video())
            except BaseException as error:
                status = status_of(error)
                raise
            finally:
                step = len(progress_video.frames_of(run.directory)) * self.how.steps
                seconds = manifest.seconds + time.monotonic() - began
                run.write(replace(manifest, status=status, step=step, seconds=seconds))
            yield from last

    def _frames(self, models: Models, done: int) -> Iterator[Event]:
        """Draw and save the frames from number `done` on."""
        from vqclip.synthesis.init import fit, to_pixels

        yield from map(Warned, models.warnings)
        settings, steps = self.how.frame_settings(self.inputs.settings), self.how.steps
        size = settings.width, settings.height
        device = models.vqgan.codebook.device
        last = images.open_image(self.run.frame(done - 1)) if done else None
        for number, pixels in enumerate(self.source.pictures(done), done):
            own = fit(to_pixels(pixels, device), *size)
            start = own
            # A sketch of a frame would be sketched again in the next one.
            if last is not None and self.how.blend and settings.sketch == "none":
                move = motion.move_at(self.inputs.settings, number, self.source.frames)
                before = fit(to_pixels(last, device), *size)
                if move is not None:
                    before = motion.warp(before, move, settings.move_border)
                start = own.lerp(before, self.how.blend)
            for event in self._optimise(models, settings, images.to_uint8(own[0]), start, number * steps):
                if isinstance(event, (Started, Stepped)):
                    if isinstance(event, Stepped) or number == done:
                        yield replace(event, step=number * steps + event.step, steps=self.source.frames * steps)
                    if isinstance(event, Stepped):
                        self._raise_if_stopped(number)
                elif isinstance(event, Warned):
                    yield event
                elif isinstance(event, Finished):
                    last = event.image()
            assert last is not None
            images.save_png(self.run.frame(number), last, {})
            yield Saved("frame", self.run.frame(number), (number + 1) * steps)

    def _optimise(
        self, models: Models, settings: Settings, own: np.ndarray, start: Tensor, first_step: int
    ) -> Iterator[Event]:
        """Optimise one frame. own: its picture, which the latent is pulled towards. start: (1, 3, H, W)."""
        import torch

        from vqclip.synthesis.loop import Synthesizer

        with torch.no_grad():
            latent = models.vqgan.encode(start).float()
        known = self.inputs.init_inputs
        size = settings.width, settings.height
        init_inputs = InitInputs(own, regions=known.regions, latent=latent, latent_size=size, palette=known.palette)
        # All frames have one seed: with the same cutouts in each they flicker less.
        step_range = (first_step, self.source.frames * self.how.steps)
        loop = Synthesizer(models.vqgan, models.clip_targets, settings, init_inputs, step_range=step_range)
        return loop.run()

    def _raise_if_stopped(self, number: int) -> None:
        signal = self.stop()
        if signal is not None:
            where = f"stopped in frame {number + 1} of {self.source.frames}."
            raise Interrupted(where, resume_hint(self.run.directory), signal)

    def _video(self) -> Iterator[Event]:
        """Write the video of the frames, with the sound of the source."""
        settings = self.inputs.settings
        if not settings.video:
            return
        frames, target = progress_video.frames_of(self.run.directory), self.run.video_path(settings.video_format)
        warnings: list[str] = []
        video.render(frames, target, **progress_video.writer_options(settings, len(frames)), warn=warnings.append)
        if self.source.sound:
            warnings += add_sound(target, Path(self.how.source))
        yield from map(Warned, warnings)
        yield Saved("video", target, settings.iterations)


def _hash(source: Path) -> str:
    """Return the SHA-256 of a file, or of the hashes of the pictures in a folder."""
    import hashlib

    from vqclip.models.checkpoints import sha256

    try:
        if files.is_file(source):
            return sha256(source)
        hashes = [[path.name, sha256(path)] for path in video.frame_paths(source)]
    except ModelError as error:
        raise InputError(error.message, error.hint) from error
    return hashlib.sha256(files.canonical(hashes).encode("utf-8", "surrogatepass")).hexdigest()

"""From settings to a finished run: check everything that can be checked, then load, climb and record.

This is the Python interface: `for event in vqclip.generate("a red apple", seed=7): ...`. Whatever can be
refused is refused by the call itself, before a model is loaded; the models load with the first event.
"""

from __future__ import annotations

import importlib.metadata
import secrets
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import __version__, config, devices, files, images, recording, registry, runs, video
from vqclip.errors import ModelError, OutputError, UsageError
from vqclip.events import Event, Opened, Saved, Warned
from vqclip.settings import Settings, parse_clip

if TYPE_CHECKING:
    import numpy as np
    import torch

    from vqclip.snapshots import State
    from vqclip.synthesis import Gaze
    from vqclip.vqgan import VQGAN

VERSIONED = ("torch", "open_clip_torch", "taming-transformers-rom1504", "numpy", "pillow", "av")


def _never() -> None:
    """A stop that is never asked for."""


def generate(
    prompt: str,
    *,
    output: str | Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    overwrite: bool = False,
    stop: recording.Stop = _never,
    **settings: Any,
) -> Iterator[Event]:
    """Draw a prompt and yield what happens.

    output: the run directory; None writes no file, and pictures come from the events. settings: any field of
    `Settings` by name. stop: asked after every step, see `recording.Stop`. Raises VqclipError at once for
    what cannot be meant or is missing, and while iterating for what goes wrong on the way.
    """
    if "seed" not in settings or settings["seed"] is None:
        settings["seed"] = "random"
    paths = [Path(path) for path in config_files]
    resolved = config.resolve({**settings, "prompt": prompt}, preset=preset, config_files=paths)
    where = None if output is None else Path(output)
    return start(resolved.settings, preset=resolved.preset, output=where, overwrite=overwrite, stop=stop)


def start(
    settings: Settings,
    *,
    preset: str | None = None,
    output: Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    stop: recording.Stop = _never,
) -> Iterator[Event]:
    """Begin a run in `output`, in a fresh folder below `parent`, or without files.

    An output that holds the same run is continued, or left alone when it is finished; another run is
    replaced only with `overwrite`. Raises OutputError otherwise.
    """
    if not settings.prompt.strip():
        raise UsageError("the prompt is empty.", 'Say what to draw, as in: vqclip generate "a red apple"')
    if settings.seed is None:
        settings = settings.replace(seed=secrets.randbelow(2**32))
    inputs = _Inputs.check(_with_absolute_paths(settings))
    if output is None and parent is None:
        return _climb(inputs, None)
    directory = output or runs.new_directory(inputs.settings, parent or Path("runs"))
    if output is not None and runs.holds_run(directory) and not overwrite:
        return _again(inputs, directory, stop)
    run = runs.open_run(directory)
    if overwrite:
        _clear(run)
    return _recorded(inputs, run, runs.Manifest(inputs.settings, preset=preset), None, stop)


def resume(directory: str | Path, *, stop: recording.Stop = _never) -> Iterator[Event]:
    """Go on with a run where its newest snapshot ends; a finished run yields that it is finished.

    Raises UsageError when the folder holds no run, ModelError when its models changed since.
    """
    directory = Path(directory)
    manifest = runs.read_manifest(directory)
    if manifest.status == "finished" and (directory / "image.png").is_file():
        return iter([Opened(directory, manifest.settings.seed or 0, manifest.step), _done(directory, manifest.step)])
    inputs = _Inputs.check(manifest.settings)
    run = runs.open_run(directory)
    return _continued(inputs, run, manifest, stop)


def _again(inputs: _Inputs, directory: Path, stop: recording.Stop) -> Iterator[Event]:
    shown = files.printable(directory)
    hint = "Choose another --output, or replace it with --overwrite."
    if not (directory / "run.json").is_file():
        raise OutputError(f"{shown} holds pictures of another run.", hint)
    if runs.read_manifest(directory).settings.digest() != inputs.settings.digest():
        raise OutputError(f"{shown} holds a run with other settings.", hint)
    return resume(directory, stop=stop)


def _done(directory: Path, step: int) -> Saved:
    return Saved("image", directory / "image.png", step)


def _clear(run: runs.Run) -> None:
    for path in (run.directory / "run.json", run.image, run.video, run.metrics):
        path.unlink(missing_ok=True)
    for folder in (run.frames, run.state):
        shutil.rmtree(folder)
        folder.mkdir()


@dataclass(frozen=True)
class _Inputs:
    """Settings whose files are all there; nothing is loaded yet."""

    settings: Settings
    vqgan: registry.VqganFiles
    clips: tuple[tuple[registry.ClipFiles, float], ...]
    picture: np.ndarray | None

    @staticmethod
    def check(settings: Settings) -> _Inputs:
        settings.validate()
        devices.check_device_name(settings.device)
        vqgan = registry.find_vqgan(settings.vqgan, settings.vqgan_config)
        named = [parse_clip(clip) for clip in settings.clip]
        clips = tuple((registry.find_clip(name), weight) for name, weight in named)
        picture = images.open_image(Path(settings.init_image)) if settings.init_image else None
        if settings.video and settings.save_every:
            video.check_encoder(".mp4")
        return _Inputs(settings, vqgan, clips, picture)

    def hashes(self) -> dict[str, str]:
        """SHA-256 of each model's weights, by the name that the user gave."""
        from vqclip.weights import sha256

        found = {self.settings.vqgan: sha256(self.vqgan.checkpoint)}
        for clip, _ in self.clips:
            weights = registry.clip_weights(clip)
            found[f"clip {clip.name}"] = sha256(weights) if weights else clip.name
        return found


def _with_absolute_paths(settings: Settings) -> Settings:
    """Make file names independent of the folder that the command was typed in, so that resume finds them."""
    changes: dict[str, Any] = {}
    if settings.init_image:
        changes["init_image"] = str(Path(settings.init_image).absolute())
    if settings.vqgan_config:
        changes["vqgan_config"] = str(Path(settings.vqgan_config).absolute())
    if registry.is_path(settings.vqgan):
        changes["vqgan"] = str(Path(settings.vqgan).absolute())
    clips = []
    for clip in settings.clip:
        prefix, colon, path = clip.partition("local-dir:")
        clips.append(f"local-dir:{Path(path).absolute()}" if colon and not prefix else clip)
    return settings.replace(clip=tuple(clips), **changes)


def _continued(inputs: _Inputs, run: runs.Run, manifest: runs.Manifest, stop: recording.Stop) -> Iterator[Event]:
    from vqclip import snapshots

    try:
        state, problems = snapshots.newest(run.state, manifest.settings.digest())
    except BaseException:
        run.close()
        raise
    yield from map(Warned, problems)
    yield from _recorded(inputs, run, manifest, state, stop)


def _recorded(
    inputs: _Inputs, run: runs.Run, manifest: runs.Manifest, state: State | None, stop: recording.Stop
) -> Iterator[Event]:
    with run:
        yield Opened(run.directory, inputs.settings.seed or 0, state.step if state else 0)
        place = _Place.find(inputs.settings, manifest)
        hashes = inputs.hashes()
        if manifest.models and manifest.models != hashes:
            changed = [name for name in hashes if manifest.models.get(name) != hashes[name]]
            raise ModelError(
                f"the model {', '.join(changed)} is not the one that this run began with.",
                "Put the old file back, or start a new run.",
            )
        manifest = replace(
            manifest,
            status="running",
            models=hashes,
            versions=_versions(),
            device=str(place.device),
            dtype=str(place.dtype).removeprefix("torch."),
            threads=place.threads,
        )
        run.write(manifest)
        yield from recording.record(_climb(inputs, state, place), run, manifest, stop)


@dataclass(frozen=True)
class _Place:
    """Where the networks run."""

    device: torch.device
    dtype: torch.dtype
    threads: int

    @staticmethod
    def find(settings: Settings, manifest: runs.Manifest | None = None) -> _Place:
        import torch

        threads = settings.threads or (manifest.threads if manifest else 0)
        if threads:
            torch.set_num_threads(threads)
        device = devices.find_device(settings.device)
        # A run that was begun in one precision goes on in it, even if this machine would choose another.
        named = manifest.dtype if manifest and manifest.dtype else settings.dtype
        return _Place(device, devices.find_dtype(named, device), torch.get_num_threads())


def _climb(inputs: _Inputs, state: State | None, place: _Place | None = None) -> Iterator[Event]:
    from vqclip.synthesis import synthesise

    settings = inputs.settings
    place = place or _Place.find(settings)
    vqgan, gazes, warnings = load(inputs.settings, inputs, place)
    yield from map(Warned, warnings)
    yield from synthesise(vqgan, gazes, settings, inputs.picture, state)


def load(settings: Settings, inputs: _Inputs, place: _Place) -> tuple[VQGAN, list[Gaze], list[str]]:
    """Load the models and encode the prompts; the text towers are dropped again.

    Returns the VQGAN, one gaze per CLIP, and warnings about texts that CLIP reads only in part.
    """
    from vqclip.perceptor import load_perceptor
    from vqclip.synthesis import Gaze
    from vqclip.vqgan import load_vqgan

    prompts = settings.prompts
    needs_encoder = inputs.picture is not None or settings.init == "spot" or settings.stages > 1
    vqgan = load_vqgan(inputs.vqgan, place.device, place.dtype, encoder=needs_encoder)
    gazes, warnings = [], []
    for files_of_clip, weight in inputs.clips:
        perceptor = load_perceptor(files_of_clip, place.device, place.dtype)
        for prompt in prompts:
            lost = perceptor.cut_text(prompt.text)
            if lost:
                limit = f"{files_of_clip.name} reads {perceptor.context_length} tokens"
                warnings.append(f"{limit}; this part is not seen: {lost!r}")
        targets = perceptor.encode_text([prompt.text for prompt in prompts])
        perceptor.drop_text_tower()
        gazes.append(Gaze(perceptor, weight, targets))
    return vqgan, gazes, warnings


def _versions() -> dict[str, str]:
    return {"vqclip": __version__} | {name: importlib.metadata.version(name) for name in VERSIONED}

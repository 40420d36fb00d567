"""From settings to a finished run: check everything that can be checked, then load, optimise and record.

This is the Python interface: `for event in vqclip.generate("a red apple", seed=7): ...`. Whatever can be
refused is refused by the call itself, before a model is loaded; the models load with the first event.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import __version__, files
from vqclip.errors import InputError, ModelError, OutputError
from vqclip.events import Event, Opened, Saved, Warned
from vqclip.runs import best_of, recorder
from vqclip.runs import directory as run_folder
from vqclip.runs import recipe as recipes
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import ModelCache, Models, load
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings import sources
from vqclip.settings.option import absolute
from vqclip.settings.schema import Settings, options

if TYPE_CHECKING:
    from vqclip.synthesis.state import State

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
    stop: recorder.Stop = _never,
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
    resolved = sources.resolve({**settings, "prompt": prompt}, preset=preset, config_files=paths)
    where = None if output is None else Path(output)
    return start(resolved.settings, preset=resolved.preset, output=where, overwrite=overwrite, stop=stop)


def start(
    settings: Settings,
    *,
    preset: str | None = None,
    output: Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    recipe: recipes.Recipe | None = None,
    stop: recorder.Stop = _never,
    cache: ModelCache | None = None,
) -> Iterator[Event]:
    """Begin a run in `output`, in a fresh folder below `parent`, or without files.

    An output that holds the same run, of any seed if none is given, is continued, or left alone when it is finished;
    another run is replaced only with `overwrite`, or when it failed before it drew anything. recipe: the run that
    this one is to repeat; what differs beside the settings is told. cache: where the models stay for the next run.
    Raises OutputError for a folder that holds something else.
    """
    settings = settings.replace(seed=_seed_for(settings, None if overwrite else output))
    inputs = Inputs.check(settings.with_paths(absolute))
    if output is None and parent is None:
        return _climb(inputs, None, recipe=recipe, cache=cache)
    directory = output or run_folder.new_directory(inputs.settings, parent or Path("runs"))
    overwrite = overwrite or run_folder.failed_at_once(directory)
    if output is not None and run_folder.holds_run(directory) and not overwrite:
        return _again(inputs, directory, stop, cache)
    if overwrite:
        run_folder.refuse_inputs(directory, map(Path, inputs.pictures()))
    run = run_folder.open_run(directory)
    manifest = run_folder.Manifest(inputs.settings, preset=preset)
    return _recorded(inputs, run, manifest, None, stop, recipe, cache, replaces=overwrite)


def rerun(
    source: str | Path,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    forget: Collection[str] = (),
    stop: recorder.Stop = _never,
    **settings: Any,
) -> Iterator[Event]:
    """Draw again what a run folder or a picture records, with some settings changed.

    settings: those to change. forget: names of recorded settings to leave out, as if they had not been given.
    The other arguments are those of `start`. Raises VqclipError as `generate` does.
    """
    recipe = recipes.read(Path(source))
    resolved = recipe.resolve(settings, forget)
    try:
        return start(
            resolved.settings,
            preset=resolved.preset,
            output=None if output is None else Path(output),
            parent=parent,
            overwrite=overwrite,
            recipe=recipe,
            stop=stop,
        )
    except (InputError, ModelError) as error:
        if recipe.whole_paths:
            raise
        # The picture holds the last part of each path only, so as not to tell its maker's folders.
        hint = "A picture records files without their folders: name the file again, or give the folder of the run."
        raise type(error)(error.message, f"{error.hint} {hint}") from error


def continue_run(
    directory: str | Path,
    prompt: str | None = None,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    stop: recorder.Stop = _never,
    **settings: Any,
) -> Iterator[Event]:
    """Begin a new run with the latent that a finished one ended with.

    directory: of that run; its settings hold, but for those of its start and its coarse stages. prompt: another one,
    or None. settings: those to change. The other arguments are those of `start`. Raises VqclipError as `generate`
    does, InputError for a run that is not finished.
    """
    directory = Path(directory)
    if not files.is_folder(directory):
        raise InputError(f"{files.printable(directory)} is not the folder of a run.", "Give the folder of a run.")
    resolved = recipes.read(directory).resolve_continuation({**settings, "prompt": prompt})
    where = None if output is None else Path(output)
    return start(
        resolved.settings, preset=resolved.preset, output=where, parent=parent, overwrite=overwrite, stop=stop
    )


def resume(
    directory: str | Path, *, stop: recorder.Stop = _never, cache: ModelCache | None = None
) -> Iterator[Event]:
    """Go on with a run where its newest snapshot ends; a finished run yields that it is finished.

    Raises UsageError when the folder holds no run, ModelError when its models changed since.
    """
    directory = Path(directory)
    manifest = run_folder.read_manifest(directory)
    if manifest.status == "finished" and files.is_file(directory / "image.png"):
        directory = directory.absolute()
        opened = Opened(directory, manifest.settings.seed or 0, manifest.step, finished=True)
        return iter([opened, _done(directory, manifest.step)])
    inputs = Inputs.check(manifest.settings, recorded=True)
    run = run_folder.open_run(directory)
    return _continued(inputs, run, manifest, stop, cache)


def _seed_for(settings: Settings, directory: Path | None) -> int:
    """As `run_folder.seed_for`; of a run that chose among starts it is the first one's."""
    chose = settings.best_of > 1 and settings.seed is None and directory and files.is_file(directory / "run.json")
    first = best_of.first_seed(directory) if chose and directory else None
    return run_folder.seed_for(settings, directory) if first is None else first


def _again(inputs: Inputs, directory: Path, stop: recorder.Stop, cache: ModelCache | None) -> Iterator[Event]:
    shown = files.printable(directory)
    hint = "Choose another --output, or replace it with --overwrite."
    if not files.is_file(directory / "run.json"):
        raise OutputError(f"{shown} holds pictures of another run.", hint)
    known = {run_folder.read_manifest(directory).settings.digest(), best_of.asked(directory)}
    if inputs.settings.digest() not in known:
        raise OutputError(f"{shown} holds a run with other settings.", f"{hint} {recorder.go_on(directory)}")
    return _with_its_own(inputs.settings, directory, resume(directory, stop=stop, cache=cache))


def _with_its_own(asked: Settings, directory: Path, events: Iterator[Event]) -> Iterator[Event]:
    """Go on, and say which settings are those that the run began with, though others are asked for now."""
    kept = run_folder.read_manifest(directory).settings
    names = [
        name.replace("_", "-")
        for name, option in options().items()
        if option.scope != "picture" and getattr(asked, name) != getattr(kept, name)
    ]
    if names:
        yield Warned(
            f"without effect on a run that is there already: --{', --'.join(names)}; --overwrite draws it anew."
        )
    yield from events


def _done(directory: Path, step: int) -> Saved:
    return Saved("image", directory / "image.png", step)


def _continued(
    inputs: Inputs,
    run: run_folder.Run,
    manifest: run_folder.Manifest,
    stop: recorder.Stop,
    cache: ModelCache | None,
) -> Iterator[Event]:
    from vqclip.synthesis import state as snapshots

    if manifest.settings.best_of > 1:
        # It has not chosen yet. A kill while the best start's files were taken over may have left some of them.
        yield from _recorded(inputs, run, manifest, None, stop, cache=cache)
        return
    try:
        state, problems = snapshots.newest(run.state, inputs.layout(manifest.settings))
    except BaseException:
        run.close()
        raise
    yield from map(Warned, problems)
    yield from _recorded(inputs, run, manifest, state, stop, cache=cache)


def _recorded(
    inputs: Inputs,
    run: run_folder.Run,
    manifest: run_folder.Manifest,
    state: State | None,
    stop: recorder.Stop,
    recipe: recipes.Recipe | None = None,
    cache: ModelCache | None = None,
    *,
    replaces: bool = False,
) -> Iterator[Event]:
    """replaces: what an earlier run left in the folder is removed, once nothing is missing for this one."""
    with run:
        yield Opened(run.directory, inputs.settings.seed or 0, state.step if state else 0)
        device_config = DeviceConfig.find(inputs.settings, manifest.threads, manifest.dtype)
        hashes, pictures = inputs.hashes(), inputs.picture_hashes()
        versions = _versions()
        started = manifest.started(hashes, pictures, device_config, versions=versions)
        if replaces:
            run_folder.clear(run)
        yield from map(Warned, run_folder.environment_changes(manifest, str(device_config.device), versions))
        manifest = started
        run.write(manifest)
        if inputs.settings.best_of == 1:
            climb = _climb(inputs, state, device_config, recipe, cache, manifest.seconds if state else 0.0)
        else:
            models = yield from _models(inputs, None, device_config, recipe, cache)
            began = time.monotonic()
            chosen, state = yield from best_of.choose_recorded(models, inputs, run, manifest, stop)
            # From here on it is the run of that seed, and nothing else.
            manifest = replace(manifest, settings=chosen, seconds=manifest.seconds + time.monotonic() - began)
            run.write(manifest)
            climb = best_of.climb(models, inputs, chosen, state, manifest.seconds)
        yield from recorder.record(climb, run, manifest, stop)


def _climb(
    inputs: Inputs,
    state: State | None,
    device_config: DeviceConfig | None = None,
    recipe: recipes.Recipe | None = None,
    cache: ModelCache | None = None,
    seconds: float = 0.0,
) -> Iterator[Event]:
    models = yield from _models(inputs, state, device_config or DeviceConfig.find(inputs.settings), recipe, cache)
    settings = inputs.settings
    if settings.best_of > 1:
        began = time.monotonic()
        settings, state = yield from best_of.choose(models, inputs)
        seconds += time.monotonic() - began
    yield from best_of.climb(models, inputs, settings, state, seconds)


def _models(
    inputs: Inputs,
    state: State | None,
    device_config: DeviceConfig,
    recipe: recipes.Recipe | None,
    cache: ModelCache | None,
) -> Generator[Event, None, Models]:
    """Load the models; what is to be said of them, and of a recipe that they should follow, is told."""
    if recipe is not None:
        here = recipe.differences(
            inputs.hashes(), _versions(), str(device_config.dtype).removeprefix("torch."), device_config.threads
        )
        yield from map(Warned, here)
    models = load(inputs, device_config, resumed=state is not None, cache=cache)
    yield from map(Warned, models.warnings)
    return models


def _versions() -> dict[str, str]:
    return {"vqclip": __version__} | {name: importlib.metadata.version(name) for name in VERSIONED}

"""The Python interface: `for event in vqclip.generate("a red apple", seed=7): ...`.

Each function checks everything that can be checked before it returns. The models load with the first event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, ModelError, OutputError
from vqclip.events import Event, Opened, Saved, Warned
from vqclip.runs import best_of, recorder
from vqclip.runs import directory as run_folder
from vqclip.runs import recipe as recipes
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import ModelCache
from vqclip.runs.session import Session, never
from vqclip.settings import sources
from vqclip.settings.option import absolute
from vqclip.settings.schema import Settings, options


def generate(
    prompt: str,
    *,
    output: str | Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    overwrite: bool = False,
    stop: recorder.Stop = never,
    **settings: Any,
) -> Iterator[Event]:
    """Draw a prompt and yield events.

    Args:
        prompt: As on the command line.
        output: The run folder. None writes no files; the pictures come with the events.
        preset: Settings by name, or a YAML file.
        config_files: YAML files of settings; later ones win.
        overwrite: Replace another run in `output`.
        stop: Asked after every step, see `vqclip.runs.recorder.Stop`.
        settings: Any option by name, such as `iterations=100`.

    Raises:
        VqclipError: At once for a wrong option or a missing file, and while iterating for anything later.
    """
    if "seed" not in settings or settings["seed"] is None:
        settings["seed"] = "random"
    paths = [Path(path) for path in config_files]
    resolved = sources.resolve({**settings, "prompt": prompt}, preset=preset, config_files=paths)
    return start(resolved.settings, preset=resolved.preset, output=output, overwrite=overwrite, stop=stop)


def start(
    settings: Settings,
    *,
    preset: str | None = None,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    recipe: recipes.Recipe | None = None,
    stop: recorder.Stop = never,
    cache: ModelCache | None = None,
) -> Iterator[Event]:
    """Start a run with resolved settings, and yield its events.

    An output that holds the same run is resumed, or left alone if it is finished; without a seed, the run may have
    any. Another run is replaced only with `overwrite`, or if it failed before its first frame.

    Args:
        settings: Of the run.
        preset: The name of the preset that they come from, for the record.
        output: The run folder.
        parent: Without `output`, the folder of a new run folder. Without both, no files are written.
        overwrite: Replace another run in `output`.
        recipe: The record that this run repeats; the run warns about other models or versions.
        stop: Asked after every step, see `vqclip.runs.recorder.Stop`.
        cache: Keeps the models loaded for the next run.

    Raises:
        OutputError: The output holds something else.
        VqclipError: As for `generate`.
    """
    output = None if output is None else Path(output)
    settings = settings.replace(seed=_seed_for(settings, None if overwrite else output))
    session = Session(Inputs.check(settings.with_paths(absolute)), stop, recipe, cache)
    if output is None and parent is None:
        return session.run()
    settings = session.inputs.settings
    directory = output or run_folder.new_directory(settings, parent or Path("runs"))
    overwrite = overwrite or run_folder.failed_at_once(directory)
    if output is not None and run_folder.holds_run(directory) and not overwrite:
        _refuse_another_run(settings, directory)
        return resume(directory, settings, stop=stop, cache=cache)
    if overwrite:
        run_folder.refuse_inputs(directory, map(Path, session.inputs.pictures()))
    run = run_folder.open_run(directory)
    return session.record(run, run_folder.Manifest(settings, preset=preset), overwrite=overwrite)


def rerun(
    source: str | Path,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    forget: Collection[str] = (),
    stop: recorder.Stop = never,
    **settings: Any,
) -> Iterator[Event]:
    """Repeat a run from its folder or its picture, and yield events.

    Args:
        source: The folder or the picture.
        output, parent, overwrite, stop: As for `start`.
        forget: Recorded options to leave out.
        settings: Options to change.

    Raises:
        VqclipError: As for `generate`.
    """
    recipe = recipes.read(Path(source))
    resolved = recipe.resolve(settings, forget)
    try:
        return start(
            resolved.settings,
            preset=resolved.preset,
            output=output,
            parent=parent,
            overwrite=overwrite,
            recipe=recipe,
            stop=stop,
        )
    except (InputError, ModelError) as error:
        if recipe.whole_paths:
            raise
        # A picture holds only the last part of each path, so that it does not reveal the folders of its maker.
        hint = "A picture records files without their folders: name the file again, or give the folder of the run."
        raise type(error)(error.message, f"{error.hint} {hint}") from error


def continue_run(
    directory: str | Path,
    prompt: str | None = None,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    stop: recorder.Stop = never,
    **settings: Any,
) -> Iterator[Event]:
    """Start a new run from the last latent of a finished one, and yield events.

    Args:
        directory: Of the finished run. Its settings hold, except for its start and its coarse stages.
        prompt: Another prompt, or None for the same.
        output, parent, overwrite, stop: As for `start`.
        settings: Options to change.

    Raises:
        InputError: The run is not finished.
        VqclipError: As for `generate`.
    """
    directory = Path(directory)
    if not files.is_folder(directory):
        raise InputError(f"{files.printable(directory)} is not the folder of a run.", "Give the folder of a run.")
    resolved = recipes.read(directory).resolve_continuation({**settings, "prompt": prompt})
    return start(
        resolved.settings, preset=resolved.preset, output=output, parent=parent, overwrite=overwrite, stop=stop
    )


def resume(
    directory: str | Path,
    asked: Settings | None = None,
    *,
    stop: recorder.Stop = never,
    cache: ModelCache | None = None,
) -> Iterator[Event]:
    """Continue a run from its newest snapshot, and yield events; a finished run yields that it is finished.

    Args:
        directory: Of the run.
        asked: Settings that were asked for now. The run warns about those that it does not use.
        stop, cache: As for `start`.

    Raises:
        UsageError: The folder holds no run.
        ModelError: A model of the run changed.
    """
    directory = Path(directory)
    manifest = run_folder.read_manifest(directory)
    warnings = [] if asked is None else _unused(asked, manifest.settings)
    if manifest.status == "finished" and files.is_file(directory / "image.png"):
        directory, step = directory.absolute(), manifest.step
        opened = Opened(directory, manifest.settings.seed or 0, step, finished=True)
        return iter([*warnings, opened, Saved("image", directory / "image.png", step)])
    session = Session(Inputs.check(manifest.settings, recorded=True), stop, cache=cache)
    run = run_folder.open_run(directory)
    return session.record(run, manifest, resumed=True, warnings=warnings)


def _seed_for(settings: Settings, directory: Path | None) -> int:
    """The seed of `run_folder.seed_for`; for a run that chose among several starts, that of the first start."""
    chose = settings.best_of > 1 and settings.seed is None and directory and files.is_file(directory / "run.json")
    first = best_of.first_seed(directory) if chose and directory else None
    return run_folder.seed_for(settings, directory) if first is None else first


def _refuse_another_run(settings: Settings, directory: Path) -> None:
    """Raise OutputError unless the folder holds a run with these settings."""
    shown = files.printable(directory)
    hint = "Choose another --output, or replace it with --overwrite."
    if not files.is_file(directory / "run.json"):
        raise OutputError(f"{shown} holds pictures of another run.", hint)
    known = {run_folder.read_manifest(directory).settings.digest(), best_of.asked(directory)}
    if settings.digest() not in known:
        raise OutputError(f"{shown} holds a run with other settings.", f"{hint} {recorder.resume_hint(directory)}")


def _unused(asked: Settings, recorded: Settings) -> list[Warned]:
    """A warning about the settings that do not shape the picture and differ from those that the run started with."""
    names = [
        name.replace("_", "-")
        for name, option in options().items()
        if option.scope != "picture" and getattr(asked, name) != getattr(recorded, name)
    ]
    if not names:
        return []
    return [Warned(f"without effect on an existing run: --{', --'.join(names)}; --overwrite draws it again.")]

"""Start, repeat, continue or resume a run, for the command line, for batches and for Python.

Each function checks everything that can be checked before it returns. The models load with the first event.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, ModelError, NotDownloaded, OutputError, UsageError
from vqclip.events import Event, Opened, Saved, Stop, Warned, never
from vqclip.media import given_pictures
from vqclip.object_store import ObjectFolder, address_of
from vqclip.picture_files import is_whole_png
from vqclip.runs import best_of, recorder, remote
from vqclip.runs import directory as run_folder
from vqclip.runs import recipe as recipes
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import ModelCache
from vqclip.runs.session import Session
from vqclip.runtime.devices import check_device
from vqclip.settings.option import absolute
from vqclip.settings.schema import Settings, options

_NO_PICTURES: Mapping[str, bytes] = {}


def start(
    settings: Settings,
    *,
    preset: str | None = None,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    recipe: recipes.Recipe | None = None,
    stop: Stop = never,
    cache: ModelCache | None = None,
    pictures: Mapping[str, bytes] = _NO_PICTURES,
) -> Iterator[Event]:
    """Start a run with resolved settings, and yield its events.

    An output that holds the same run is resumed, or left alone if it is finished; without a seed, a run with
    any seed counts as the same. Another run is replaced only with `overwrite`, or if it failed before its first
    frame.

    Args:
        settings: Of the run.
        preset: The name of the preset that they come from, for the record.
        output: The run folder, or an address of an object store, see `vqclip.object_store`.
        parent: Without `output`, the folder of a new run folder. Without both, no files are written.
        overwrite: Replace another run in `output`.
        recipe: The record that this run repeats; the run warns about other models or versions.
        stop: Asked after every step, see `vqclip.events.Stop`.
        cache: Keeps the models loaded for the next run.
        pictures: The content of files that the settings name and that do not exist yet, by name. They are written
            into the run folder.

    Raises:
        OutputError: The output holds something else.
        VqclipError: As for `vqclip.generate`.
    """
    address = address_of(output)
    if output is None and (store := address_of(parent)):
        settings = settings.replace(seed=_seed_for(settings, None))
        address = remote.fresh_address(store, run_folder.new_name(settings))
    if address is not None:
        known: dict[str, Any] = {"preset": preset, "overwrite": overwrite, "recipe": recipe, "stop": stop}
        known |= {"cache": cache, "pictures": pictures}
        return remote.mirrored(address, lambda folder: start(settings, output=folder, **known))
    output = None if output is None else Path(output)
    settings = settings.replace(seed=_seed_for(settings, None if overwrite else output))
    if pictures and parent is not None and settings.prompts:
        output = output or run_folder.new_directory(settings, parent)
    with given_pictures.placed(pictures, settings, output) as settings:
        return _start(settings, preset, output, parent, overwrite=overwrite, recipe=recipe, stop=stop, cache=cache)


def _start(
    settings: Settings,
    preset: str | None,
    output: Path | None,
    parent: Path | None,
    *,
    overwrite: bool,
    recipe: recipes.Recipe | None,
    stop: Stop,
    cache: ModelCache | None,
) -> Iterator[Event]:
    session = Session(Inputs.check(settings.with_paths(absolute)), stop, recipe, cache)
    if output is None and parent is None:
        return session.run()
    settings = session.inputs.settings
    if output is None or not run_folder.holds_run(output):
        check_device(settings.device)
    directory = output or run_folder.new_directory(settings, parent or Path("runs"))
    overwrite = overwrite or run_folder.failed_at_once(directory)
    if _resumes(settings, output, session.inputs.pictures(), overwrite=overwrite):
        return resume(directory, settings, stop=stop, cache=cache)
    run = run_folder.open_run(directory)
    return session.record(run, run_folder.Manifest(settings, preset=preset), overwrite=overwrite)


def check(settings: Settings, output: Path | None, parent: Path, *, overwrite: bool) -> Inputs | NotDownloaded:
    """Check all that `start` checks before it loads a model, and raise its errors. No file or folder stays.

    Returns the inputs of the run; where a known model is not downloaded, the error of the run after all other checks.
    """
    if address := address_of(output):
        ObjectFolder(address).ensure_writable()
        with remote.fetched(address) as folder:
            return check(settings, folder, parent, overwrite=overwrite)
    settings = settings.replace(seed=_seed_for(settings, None if overwrite else output)).with_paths(absolute)
    inputs: Inputs | NotDownloaded
    try:
        inputs = Inputs.check(settings)
    except NotDownloaded as error:
        inputs = error
    folder = output or parent
    overwrite = overwrite or (output is not None and run_folder.failed_at_once(output))
    pictures = inputs.pictures() if isinstance(inputs, Inputs) else ()
    if not _resumes(settings, output, pictures, overwrite=overwrite):
        with files.leaving_no_folder(folder):
            if output is None:
                files.ensure_writable(folder)
            else:
                run_folder.open_run(folder).close()
    return inputs


def _resumes(settings: Settings, output: Path | None, pictures: Iterable[str], *, overwrite: bool) -> bool:
    """Whether a start resumes the run that the output holds. Raises OutputError where it may do neither."""
    if output is not None and run_folder.holds_run(output) and not overwrite:
        _refuse_another_run(settings, output)
        return True
    if output is not None and overwrite:
        run_folder.refuse_inputs(output, map(Path, pictures))
    return False


def rerun(
    source: str | Path,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    forget: Collection[str] = (),
    stop: Stop = never,
    pictures: Mapping[str, bytes] = _NO_PICTURES,
    **settings: Any,
) -> Iterator[Event]:
    """Repeat a run from its folder or its picture, and yield events.

    Args:
        source: The folder or the picture.
        output, parent, overwrite, stop, pictures: As for `start`.
        forget: Recorded options to leave out.
        settings: Options to change.

    Raises:
        VqclipError: As for `vqclip.generate`.
    """
    with remote.fetched(source, only=("run.json",)) as folder:
        is_picture = address_of(source) and not files.is_file(folder / "run.json")
        recipe = recipes.read(Path(source) if is_picture else folder)
    resolved = recipe.resolve(settings, forget, pictures)
    try:
        return start(
            resolved.settings,
            preset=resolved.preset,
            output=output,
            parent=parent,
            overwrite=overwrite,
            recipe=recipe,
            stop=stop,
            pictures=pictures,
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
    stop: Stop = never,
    pictures: Mapping[str, bytes] = _NO_PICTURES,
    **settings: Any,
) -> Iterator[Event]:
    """Start a new run from the last latent of a finished one or from a sample, and yield events.

    Args:
        directory: Of the finished run, or the samples of which `pick` names one. Its settings hold, except for its
            start and its coarse stages.
        prompt: Another prompt, or None for the same.
        output, parent, overwrite, stop, pictures: As for `start`.
        settings: Options to change.

    Raises:
        InputError: The run is not finished.
        UsageError: It is in an object store.
        VqclipError: As for `vqclip.generate`.
    """
    if address := address_of(directory):
        raise UsageError(
            f"{address} is in an object store, and a run starts from folders of this machine only.",
            "Copy it here first, as with `aws s3 sync`, `gcloud storage rsync` or `azcopy sync`.",
        )
    resolved = recipes.read_start(Path(directory)).resolve_continuation({**settings, "prompt": prompt})
    return start(
        resolved.settings,
        preset=resolved.preset,
        output=output,
        parent=parent,
        overwrite=overwrite,
        stop=stop,
        pictures=pictures,
    )


def resume(
    directory: str | Path,
    asked: Settings | None = None,
    *,
    stop: Stop = never,
    cache: ModelCache | None = None,
) -> Iterator[Event]:
    """Continue a run from its newest snapshot, and yield events; a finished run yields that it is finished.

    Args:
        directory: Of the run.
        asked: Settings that were asked for now. The run warns about those that it does not use.
        stop, cache: As for `start`.

    Raises:
        InputError: There is no such folder.
        UsageError: The folder holds no run.
        ModelError: A model of the run changed.
    """
    if address := address_of(directory):
        return remote.mirrored(address, lambda folder: resume(folder, asked, stop=stop, cache=cache))
    directory = Path(directory)
    manifest = run_folder.read_manifest(directory)
    warnings = [] if asked is None else _unused(asked, manifest.settings)
    if manifest.status == "finished" and is_whole_png(directory / "image.png"):
        directory, step = directory.absolute(), manifest.step
        opened = Opened(directory, manifest.settings.seed or 0, step, finished=True)
        return iter([*warnings, opened, Saved("image", directory / "image.png", step)])
    if manifest.status == "finished":
        shown = files.printable(directory / "image.png")
        warnings.append(Warned(f"{shown} is missing or incomplete, and is drawn again from the newest snapshot."))
    settings = manifest.settings.with_paths(lambda path: run_folder.find_moved(path, directory, manifest))
    try:
        session = Session(Inputs.check(settings, recorded=True), stop, cache=cache)
    except InputError as error:
        hint = f"{error.hint} Put a picture that was moved back, or beside the run."
        raise InputError(error.message, hint) from error
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
    return [
        Warned(f"these options do not change an existing run: --{', --'.join(names)}; --overwrite draws it again.")
    ]

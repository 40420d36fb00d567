"""The Python interface: `vqclip.draw("a red apple")` and, as streams of events, `generate` and its siblings.

Each function checks everything that can be checked before it returns. The models load with the first event. A
setting that names a picture takes a path, a Pillow image or an array: (H, W) or (H, W, 1, 3 or 4), uint8, booleans
or floats from 0 to 1. Errors and warnings name the settings as Python does.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Unpack

from vqclip import display, files
from vqclip.events import Event, Opened, Saved, Stop, Warned, never
from vqclip.media import given_pictures
from vqclip.runs import capabilities, launch
from vqclip.runs.loading import ModelCache
from vqclip.runs.result import Result
from vqclip.runtime.torch_state import in_own_state
from vqclip.settings import sources
from vqclip.settings.keywords import SettingsKeywords
from vqclip.settings.python_names import python_errors, python_events

_models, _turn = ModelCache(), threading.RLock()
"""Of `draw`: a loop over prompts or seeds loads each model once, and threads that share them take turns."""


@in_own_state
def draw(
    prompt: str,
    *,
    output: str | Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    overwrite: bool = False,
    progress: bool = True,
    stop: Stop = never,
    **settings: Unpack[SettingsKeywords],
) -> Result:
    """Draw a prompt, and return the finished picture with its files.

    The models stay loaded for the next call, and calls from several threads take turns. Each warning of the
    run is a Python warning.

    Args:
        prompt: As on the command line.
        output: The run folder. None makes a new one, `runs/DATE-WORDS-SEED` below the working folder or that of
            VQCLIP_OUTPUT_DIR, as the command line does.
        preset, config_files, overwrite, stop: As for `generate`.
        progress: Show progress in a notebook, with the picture so far, or in a terminal. Nothing is shown elsewhere.
        settings: Any option by name, such as `iterations=100`.

    Raises:
        VqclipError: An option or a file is wrong, or the run fails. What was drawn so far can be resumed.
    """
    known = (output, preset, config_files, overwrite, stop)
    events = _generate(prompt, settings, *known, parent=files.parent_folder(), cache=_models)
    opened, result, said = None, None, []
    with _turn, display.progress(progress) as show:
        for event in events:
            show(event)
            if isinstance(event, Opened):
                opened = event
            elif isinstance(event, Warned):
                said.append(event.message)
                # The decorator lies between this function and its caller.
                warnings.warn(event.message, stacklevel=3)
            elif isinstance(event, Saved) and event.kind == "image" and opened is not None:
                with python_errors():
                    result = Result.read(opened.directory, event.path.parent)
    if result is None:
        raise AssertionError("a run ends with its picture")
    return replace(result, warnings=tuple(said))


@in_own_state
def generate(
    prompt: str,
    *,
    output: str | Path | None = None,
    preset: str | None = None,
    config_files: Sequence[str | Path] = (),
    overwrite: bool = False,
    stop: Stop = never,
    **settings: Unpack[SettingsKeywords],
) -> Iterator[Event]:
    """Draw a prompt and yield events.

    Args:
        prompt: As on the command line.
        output: The run folder. None writes no files; the pictures come with the events.
        preset: Settings by name, or a YAML file.
        config_files: YAML files of settings; later ones win.
        overwrite: Replace another run in `output`.
        stop: Asked after every step, see `vqclip.events.Stop`.
        settings: Any option by name, such as `iterations=100`.

    Raises:
        VqclipError: At once for a wrong option or a missing file, and while iterating for anything later.
    """
    return _generate(prompt, settings, output, preset, config_files, overwrite, stop)


@in_own_state
def rerun(
    source: str | Path,
    prompt: str | None = None,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    forget: Collection[str] = (),
    stop: Stop = never,
    **settings: Unpack[SettingsKeywords],
) -> Iterator[Event]:
    """Repeat a run from its folder or its picture, and yield events.

    Args:
        source: The folder or the picture.
        prompt: Another prompt, or None for the same.
        output, overwrite, stop: As for `generate`.
        parent: Without `output`, the folder of a new run folder. Without both, no files are written.
        forget: Recorded options to leave out.
        settings: Options to change.

    Raises:
        VqclipError: As for `generate`.
    """
    with python_errors():
        plain, pictures = given_pictures.take({**settings, "prompt": prompt})
        return python_events(
            launch.rerun(
                source,
                output=output,
                parent=parent,
                overwrite=overwrite,
                forget=forget,
                stop=stop,
                pictures=pictures,
                **plain,
            )
        )


@in_own_state
def continue_run(
    directory: str | Path,
    prompt: str | None = None,
    *,
    output: str | Path | None = None,
    parent: Path | None = None,
    overwrite: bool = False,
    stop: Stop = never,
    **settings: Unpack[SettingsKeywords],
) -> Iterator[Event]:
    """Start a new run from the last latent of a finished one or from a sample, and yield events.

    Args:
        directory: Of the finished run, or the samples of which `pick` names one. Its settings hold, except for its
            start and its coarse stages.
        prompt: Another prompt, or None for the same.
        output, parent, overwrite, stop: As for `rerun`.
        settings: Options to change.

    Raises:
        InputError: The run is not finished.
        VqclipError: As for `generate`.
    """
    with python_errors():
        plain, pictures = given_pictures.take(settings)
        return python_events(
            launch.continue_run(
                directory,
                prompt,
                output=output,
                parent=parent,
                overwrite=overwrite,
                stop=stop,
                pictures=pictures,
                **plain,
            )
        )


@in_own_state
def resume(directory: str | Path, *, stop: Stop = never) -> Iterator[Event]:
    """Continue a run from its newest snapshot, and yield events; a finished run yields that it is finished.

    Args:
        directory: Of the run.
        stop: As for `generate`.

    Raises:
        InputError: There is no such folder.
        UsageError: The folder holds no run.
        ModelError: A model of the run changed.
    """
    with python_errors():
        return python_events(launch.resume(directory, stop=stop))


def _generate(
    prompt: str,
    settings: SettingsKeywords,
    output: str | Path | None,
    preset: str | None,
    config_files: Sequence[str | Path],
    overwrite: bool,
    stop: Stop,
    *,
    parent: Path | None = None,
    cache: ModelCache | None = None,
) -> Iterator[Event]:
    with python_errors():
        plain, pictures = given_pictures.take({"seed": "random", **settings, "prompt": prompt})
        plain["seed"] = "random" if plain["seed"] is None else plain["seed"]
        paths = [Path(path) for path in config_files]
        resolved = sources.resolve(
            plain, preset=preset, config_files=paths, pictures=pictures, only_size=capabilities.only_size
        )
        return python_events(
            launch.start(
                resolved.settings,
                preset=resolved.preset,
                output=output,
                parent=parent,
                overwrite=overwrite,
                stop=stop,
                cache=cache,
                pictures=pictures,
            )
        )

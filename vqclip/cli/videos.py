"""The commands that make a video of several pictures: interpolate, restyle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.shared import (
    JsonOption,
    LiveOption,
    OutputOption,
    OverwriteOption,
    PresetOption,
    QuietOption,
    console_for,
    files_first,
    folder_name,
    follow,
    option,
    with_settings,
)
from vqclip.files import parent_folder

if TYPE_CHECKING:
    from vqclip.events import Event, Stop


def interpolate(
    ends: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, pictures, or .npz files of tokens; two or more.", metavar="ENDS"),
    ],
    output: Annotated[
        Path,
        option("--output", "-o", help="Write the frames and the video here.", default="interpolation", metavar="DIR",
               callback=folder_name,
               panel="Output"),
    ] = Path("interpolation"),
    overwrite: OverwriteOption = False,
    frames: Annotated[
        int, option("--frames", help="Draw this many frames between two ends.", default="60 frames", metavar="N")
    ] = 60,
    path: Annotated[
        str,
        option("--path", help="Interpolate vectors along a sphere or a line.", default="sphere",
               metavar="sphere|line"),
    ] = "sphere",
    easing: Annotated[
        str, option("--easing", help="Set the pace between two ends.", default="cosine", metavar="linear|cosine")
    ] = "cosine",
    loop: Annotated[bool, option("--loop", help="Return to the first end.", default="off")] = False,
    quantise: Annotated[
        bool, option("--quantise/--no-quantise", help="Round every frame to codes of the codebook.", default="on")
    ] = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Interpolate between runs or pictures. Writes the frames and a video."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.interpolate import Interpolation, interpolate
    from vqclip.settings.sources import resolve

    with files_first(*ends):
        # Every frame is kept here, whatever a settings file says about runs.
        resolved = resolve({**settings, "save_every": 1})

    def start(stop: Stop) -> Iterator[Event]:
        with files_first(*ends):
            return interpolate(
                resolved.settings,
                ends,
                output,
                Interpolation(frames, path, easing, loop, quantise),
                with_vqgan=settings["vqgan"] is not None or settings["vqgan_config"] is not None,
                with_size=settings["size"] is not None,
                overwrite=overwrite,
                stop=stop,
            )

    follow(start, console)


def restyle(
    source: Annotated[
        Path, typer.Argument(help="Video file, or folder of numbered pictures.", metavar="VIDEO_OR_FOLDER")
    ],
    prompt: Annotated[str, typer.Argument(help="What to draw: text:weight:stop, | between several.")],
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    frame_steps: Annotated[
        int, option("--frame-steps", help="Optimise each frame for this many steps.", default="12 steps", metavar="N")
    ] = 12,
    strength: Annotated[
        float,
        option("--strength", help="Set how far a frame may leave the source, 0.01 to 1.", default="0.5",
               metavar="X"),
    ] = 0.5,
    blend: Annotated[
        float,
        option("--blend", help="Blend this share of the last result into the next frame, 0 to 1.", default="0.3",
               metavar="X"),
    ] = 0.3,
    fps: Annotated[
        str | None,
        option("--fps", help="Draw this many frames per second.", default="the video's; 15 of a folder", metavar="X",
               panel="Output"),
    ] = None,
    preset: PresetOption = None,
    live: LiveOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Restyle a video frame by frame. The sound is kept. --size 256 sets the longer side, 256x192 both."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.restyle import Restyle, restyle
    from vqclip.settings.sources import resolve

    with files_first(source):
        # The number of steps is not known before the source is open, so their bounds are checked later.
        resolved = resolve({**settings, "prompt": prompt, "save_every": 1}, preset=preset, bounds=False)
        how = Restyle(str(source), frame_steps, strength, blend)
        named = not resolved.sources["learning_rate"].startswith(("default", "preset "))
        wanted = resolved.settings if named else resolved.settings.replace(learning_rate=how.learning_rate)
        rate = None if fps is None else resolve({"fps": fps, "video": True, "save_every": 1}).settings.fps

    def start(stop: Stop) -> Iterator[Event]:
        with files_first(source):
            return restyle(
                wanted,
                how,
                output=output,
                parent=parent_folder(),
                fps=rate,
                with_size=settings["size"] is not None,
                overwrite=overwrite,
                preset=resolved.preset,
                stop=stop,
            )

    follow(start, console, live=live)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(with_settings(interpolate, "interpolate"))
    app.command()(with_settings(restyle, "restyle"))

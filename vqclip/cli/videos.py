"""The commands that make films of more than one picture: interpolate, restyle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.generate import OutputOption, OverwriteOption
from vqclip.cli.options import with_settings
from vqclip.cli.shared import JsonOption, QuietOption, console_for, follow, parent_folder
from vqclip.settings.schema import options_of

if TYPE_CHECKING:
    from vqclip.events import Event
    from vqclip.runs.recorder import Stop


def interpolate(
    ends: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs, pictures, or .npz files of tokens; two or more.", metavar="ENDS"),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the frames and the video. \\[default: interpolation]",
                           metavar="DIR", rich_help_panel="Output", show_default=False),
    ] = Path("interpolation"),
    overwrite: OverwriteOption = False,
    frames: Annotated[
        int, typer.Option("--frames", help="Frames from one end to the next. \\[default: 60 frames]", metavar="N",
                          show_default=False),
    ] = 60,
    path: Annotated[
        str, typer.Option("--path", help="sphere turns the vector of each token, line mixes it. \\[default: sphere]",
                          metavar="sphere|line", show_default=False),
    ] = "sphere",
    easing: Annotated[
        str, typer.Option("--easing", help="Pace from end to end. \\[default: cosine]", metavar="linear|cosine",
                          show_default=False),
    ] = "cosine",
    loop: Annotated[
        bool, typer.Option("--loop", help="Go back to the first end. \\[default: off]", show_default=False)
    ] = False,
    quantise: Annotated[
        bool, typer.Option("--quantise/--no-quantise", help="Show only codes of the codebook. \\[default: on]",
                           show_default=False),
    ] = True,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Go from picture to picture through the latent. Writes frames and a video."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import interpolate as interpolation
    from vqclip.settings import sources as configuration

    # Every frame is kept here, whatever a file says of runs.
    resolved = configuration.resolve({**settings, "save_every": 1})
    how = interpolation.Interpolation(frames, path, easing, loop, quantise)
    drawn = interpolation.interpolate(
        resolved.settings,
        ends,
        output,
        how,
        with_vqgan=settings["vqgan"] is not None or settings["vqgan_config"] is not None,
        with_size=settings["size"] is not None,
        overwrite=overwrite,
    )
    for event in drawn:
        console.show(event)
    console.finish()


def restyle(
    source: Annotated[
        Path, typer.Argument(help="Video file, or folder of numbered pictures.", metavar="VIDEO_OR_FOLDER")
    ],
    prompt: Annotated[str, typer.Argument(help="What to draw: text:weight:stop, | between several.")],
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    frame_steps: Annotated[
        int, typer.Option("--frame-steps", help="Steps of the optimiser per frame. \\[default: 12 steps]",
                          metavar="N", show_default=False),
    ] = 12,
    strength: Annotated[
        float, typer.Option("--strength", help="How far a frame may go from its own picture: 0.01 to 1. "
                            "\\[default: 0.5]", metavar="X", show_default=False),
    ] = 0.5,
    blend: Annotated[
        float, typer.Option("--blend", help="Share of the last frame drawn, moved, in the next one's start: 0 to 1. "
                            "\\[default: 0.3]", metavar="X", show_default=False),
    ] = 0.3,
    fps: Annotated[
        str | None, typer.Option("--fps", help="Frames per second to draw. \\[default: the video's; 15 of a folder]",
                                 metavar="X", rich_help_panel="Output", show_default=False),
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="Settings by name, or a YAML file. \\[default: normal]", metavar="NAME",
                     rich_help_panel="Models", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Draw a video anew, frame by frame. Its sound stays. The size is the longer side's."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import restyle as restyling
    from vqclip.settings import sources as configuration

    # The rate is that of drawing, and holds without a film too. How many steps there are the source will say.
    resolved = configuration.resolve({**settings, "prompt": prompt, "save_every": 1}, preset=preset, reach=False)
    rate = None if fps is None else configuration.resolve({"fps": fps, "video": True, "save_every": 1}).settings.fps
    how = restyling.Restyle(str(source), frame_steps, strength, blend)

    def begin(stop: Stop) -> Iterator[Event]:
        return restyling.restyle(
            resolved.settings,
            how,
            output=output,
            parent=parent_folder(),
            fps=rate,
            with_size=settings["size"] is not None,
            overwrite=overwrite,
            preset=resolved.preset,
            stop=stop,
        )

    follow(begin, console)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this room."""
    app.command()(with_settings(interpolate, options_of("interpolate")))
    app.command()(with_settings(restyle, options_of("restyle")))

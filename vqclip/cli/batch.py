"""The commands of many runs: sweep, batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.options import with_settings
from vqclip.cli.shared import (
    ConfigOption,
    JobsOption,
    JsonOption,
    OpenOption,
    PresetOption,
    PreviewOption,
    QuietOption,
    console_for,
    follow,
    parent_folder,
    reveal,
)

if TYPE_CHECKING:
    from vqclip.events import Event
    from vqclip.jobs.grid import Axis
    from vqclip.runs.recorder import Stop

VARY = "Setting and its values; repeat for a grid. Numbers may be FIRST..LAST."
ManyOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Folder of all runs. \\[default: a new one in runs/]", metavar="DIR",
                 rich_help_panel="Output", show_default=False),
]  # fmt: skip


def sweep(
    vary: Annotated[
        list[str],
        typer.Option("--vary", "-v", help=f"{VARY} \\[required]", metavar="NAME=VALUE,VALUE", show_default=False),
    ],
    prompt: Annotated[
        str | None, typer.Argument(help="What to draw; leave it out to vary it.", show_default=False)
    ] = None,
    jobs: JobsOption = None,
    output: ManyOption = None,
    preset: PresetOption = None,
    config: ConfigOption = None,
    preview: PreviewOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Draw a grid over settings. Writes a labelled contact sheet, a table, and a folder for each run."""
    shown = {"as_json": as_json, "quiet": quiet, "preview": preview, "viewer": viewer}
    _draw(prompt, vary, {"output": output, "preset": preset, "config_files": config or (), **settings}, jobs, **shown)


def batch(
    prompts: Annotated[
        Path, typer.Argument(help="File of prompts, one on each line; - reads standard input.", metavar="FILE")
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            "--vary", "-v", help=f"{VARY} \\[default: none]", metavar="NAME=VALUE,VALUE", show_default=False
        ),
    ] = None,
    jobs: JobsOption = None,
    output: ManyOption = None,
    preset: PresetOption = None,
    config: ConfigOption = None,
    preview: PreviewOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Draw every line of a file as a prompt of its own. The models load once; a kill loses nothing that is drawn.

    Writes a folder for each run, a contact sheet, and a table. The same command goes on after a stop.
    """
    from vqclip.jobs import grid

    shown = {"as_json": as_json, "quiet": quiet, "preview": preview, "viewer": viewer}
    axes = [grid.prompts_axis(prompts), *(vary or ())]
    _draw(None, axes, {"output": output, "preset": preset, "config_files": config or (), **settings}, jobs, **shown)


def _draw(
    prompt: str | None,
    axes: Sequence[str | Axis],
    known: dict[str, Any],
    jobs: int | None,
    *,
    as_json: bool,
    quiet: bool,
    preview: bool,
    viewer: bool,
) -> None:
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import batch as sweeping

    def begin(stop: Stop) -> Iterator[Event]:
        return sweeping.sweep(prompt, axes, parent=parent_folder(), jobs=jobs or 0, stop=stop, **known)

    reveal(console, follow(begin, console), preview=preview, viewer=viewer)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this room."""
    app.command()(with_settings(sweep))
    app.command()(with_settings(batch))

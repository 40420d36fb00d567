"""What several commands share: the options that say how to show a result, and what they ask for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.errors import Interrupted

if TYPE_CHECKING:
    from vqclip.cli.console import Console
    from vqclip.events import Event
    from vqclip.runs.recorder import Stop

JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print JSON lines, errors too. [default: off]",
        rich_help_panel="Output",
        show_default=False,
    ),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print only the answer. [default: off]", rich_help_panel="Output", show_default=False
    ),
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--preview",
        help="Show the picture in the terminal too. [default: off]",
        rich_help_panel="Output",
        show_default=False,
        envvar="VQCLIP_PREVIEW",
    ),
]
OpenOption = Annotated[
    bool,
    typer.Option(
        "--open",
        help="Open the result with the desktop's viewer. [default: off]",
        rich_help_panel="Output",
        show_default=False,
    ),
]


def complete_preset(incomplete: str) -> list[str]:
    """The names of presets that begin with what was typed, for the shell."""
    from vqclip.settings import presets

    return [name for name in presets.presets() if name.startswith(incomplete)]


PresetOption = Annotated[
    str | None,
    typer.Option("--preset", help="Apply a preset: a name or YAML file of settings. [default: normal]",
                 metavar="NAME", rich_help_panel="Models", show_default=False, autocompletion=complete_preset),
]  # fmt: skip
ConfigOption = Annotated[
    list[Path] | None,
    typer.Option("--config", help="Read settings from a YAML file; repeat, the last wins. [default: none]",
                 metavar="FILE", rich_help_panel="Models", show_default=False),
]  # fmt: skip


JobsOption = Annotated[
    int | None,
    typer.Option("--jobs", "-j", help="Run this many at once, each in its own process with its share of the cores "
                 "or a GPU. [default: one for each core for four runs or more of the built-in models, else 1]",
                 metavar="N", min=1, max=64, show_default=False),
]  # fmt: skip


def reveal(console: Console, found: Mapping[str, Any], *, preview: bool, viewer: bool) -> None:
    """Show a result to somebody at a terminal: in it, or in the desktop's viewer. Piped, neither happens.

    found: paths by kind; a sheet goes before a picture, and a viewer gets the report where there is one.
    """
    if console.as_json or not (preview or viewer):
        return
    from vqclip.cli import preview as screens

    picture = found.get("sheet") or found.get("image")
    if preview and picture:
        screens.show(Path(picture))
    chosen = found.get("report") or picture
    if viewer and chosen and not screens.launch(Path(chosen)):
        console.note(f"warning: nothing here opens {chosen}; is there a desktop with xdg-open?")


def console_for(*, as_json: bool, quiet: bool) -> Console:
    """The console of one command."""
    from vqclip.cli.console import Console

    return Console(as_json=as_json, quiet=quiet)


def parent_folder() -> Path:
    """Where a run goes that was given no folder."""
    return Path(os.environ.get("VQCLIP_OUTPUT_DIR", "runs"))


def follow(begin: Callable[[Stop], Iterator[Event]], console: Console) -> dict[str, Any]:
    """Show what happens until it ends or a signal asks for the end; return what the answer tells, by name."""
    from vqclip.cli.signals import StopSignals
    from vqclip.events import CandidateScored, Started

    with StopSignals() as stop:
        events = begin(stop)
        for event in events:
            number = stop()
            if number is not None and not stop.optimising:
                # The signal came during an import whose library dropped the exception.
                raise Interrupted("stopped at once.", "", number)
            stop.optimising = stop.optimising or isinstance(event, (Started, CandidateScored))
            console.show(event)
    return console.finish()

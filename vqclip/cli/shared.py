"""What several commands share: the options that say how to show a result, and what they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from vqclip.terminal.console import Console

JsonOption = Annotated[
    bool,
    typer.Option(
        "--json",
        help="JSON lines on standard output, errors too. \\[default: off]",
        rich_help_panel="Display",
        show_default=False,
    ),
]
QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Only the answer. \\[default: off]", rich_help_panel="Display", show_default=False
    ),
]
PreviewOption = Annotated[
    bool,
    typer.Option(
        "--preview",
        help="Show the picture in the terminal too. \\[default: off]",
        rich_help_panel="Display",
        show_default=False,
        envvar="VQCLIP_PREVIEW",
    ),
]
OpenOption = Annotated[
    bool,
    typer.Option(
        "--open",
        help="Open the result with the desktop's viewer. \\[default: off]",
        rich_help_panel="Display",
        show_default=False,
    ),
]


def reveal(console: Console, found: Mapping[str, Any], *, preview: bool, viewer: bool) -> None:
    """Show a result to somebody at a terminal: in it, or in the desktop's viewer. Piped, neither happens.

    found: paths by kind; a sheet goes before a picture, and a viewer gets the report where there is one.
    """
    if console.as_json or not (preview or viewer):
        return
    from vqclip.terminal import preview as screens

    picture = found.get("sheet") or found.get("image")
    if preview and picture:
        screens.show(Path(picture))
    chosen = found.get("report") or picture
    if viewer and chosen and not screens.launch(Path(chosen)):
        console.note(f"warning: nothing here opens {chosen}; is there a desktop with xdg-open?")


def console_for(*, as_json: bool, quiet: bool) -> Console:
    """The console of one command."""
    from vqclip.terminal.console import Console

    return Console(as_json=as_json, quiet=quiet)

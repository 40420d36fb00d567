"""What several commands share: the options --json and --quiet, and the console that they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vqclip.console import Console

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


def console_for(*, as_json: bool, quiet: bool) -> Console:
    """The console of one command."""
    from vqclip.console import Console

    return Console(as_json=as_json, quiet=quiet)

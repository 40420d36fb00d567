"""The program `vqclip`: its commands, and the options that apply to all of them."""

from __future__ import annotations

from typing import Annotated

import typer

from vqclip import __version__
from vqclip.cli import batch, config, edits, generate, images, models, search, setup, videos
from vqclip.cli.failures import EXIT_CODES
from vqclip.cli.help import HelpCommand, SettingsGroup

app = typer.Typer(
    name="vqclip",
    cls=SettingsGroup,
    help="Text to image with VQGAN and CLIP.",
    epilog=EXIT_CODES.replace("\n", " ").strip(),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"vqclip {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit. [default: off]",
            is_eager=True,
            callback=_show_version,
            show_default=False,
        ),
    ] = False,
) -> None:
    """Text to image with VQGAN and CLIP."""


for module in (generate, edits, batch, videos, search, images, setup, models, config):
    module.add_to(app)
for group in (app, *(each.typer_instance for each in app.registered_groups)):
    for command in group.registered_commands if group is not None else ():
        command.cls = HelpCommand

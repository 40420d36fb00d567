"""The program `vqclip`: its commands, and what holds for all of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from vqclip import __version__
from vqclip.cli import EXIT_CODES, batch, config, generate, images, models, search, tokens, videos
from vqclip.cli.options import SettingsGroup


class _Root(SettingsGroup):
    """The first page of help in plain text: loading rich would double the time that it takes."""

    def __init__(self, **known: Any) -> None:
        super().__init__(**{**known, "rich_markup_mode": None})


app = typer.Typer(
    name="vqclip",
    cls=_Root,
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


generate.add_to(app)
batch.add_to(app)
videos.add_to(app)
search.add_to(app)
tokens.add_to(app)
models.add_to(app)
images.add_to(app)
config.add_to(app)

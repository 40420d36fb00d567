"""The commands that make a picture of a picture: cutouts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vqclip.cli.options import with_settings
from vqclip.cli.shared import JsonOption, QuietOption, console_for


def cutouts(
    image: Annotated[Path, typer.Argument(help="Picture file.", metavar="IMAGE")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="PNG file to write. \\[default: cutouts.png]", metavar="OUT.png",
                           show_default=False),
    ] = Path("cutouts.png"),
    step: Annotated[
        int,
        typer.Option("--step", help="Step of the run to look at, for what changes over the steps. \\[default: 1]",
                     metavar="N", min=1, show_default=False),
    ] = 1,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Show what CLIP would see of a picture, on one sheet."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip import config as configuration
    from vqclip import viewing

    resolved = configuration.resolve(settings)
    report = viewing.view(resolved.settings, image, output, step=step, with_size=settings["size"] is not None)
    rows = report["cutouts"]
    sizes = [row["size"] for row in rows]
    console.note(
        f"seed {report['seed']}, step {step}: {len(rows)} cutouts of {min(sizes):.0f} to {max(sizes):.0f} px; "
        "below each its number, its size in the picture and its weight"
    )
    console.answer(report["image"], report)


SEEN = (
    "size", "seed", "iterations", "clip", "cutouts", "cut_method", "cut_pow", "cut_noise", "cut_overview", "cut_grey",
    "augments", "augment", "cut_chunk",
)  # fmt: skip
"""The settings that say where CLIP looks."""


def add_to(app: typer.Typer) -> None:
    """Register the commands of this room."""
    app.command()(with_settings(cutouts, SEEN))

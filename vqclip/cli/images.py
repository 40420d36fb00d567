"""The commands that make a picture of a picture: cutouts, upscale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vqclip.cli.options import with_settings
from vqclip.cli.shared import JsonOption, QuietOption, console_for
from vqclip.errors import UsageError
from vqclip.settings.schema import options_of


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
    from vqclip.jobs import cutout_sheet
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    report = cutout_sheet.draw_sheet(
        resolved.settings, image, output, step=step, with_size=settings["size"] is not None
    )
    rows = report["cutouts"]
    sizes = [row["size"] for row in rows]
    console.note(
        f"seed {report['seed']}, step {step}: {len(rows)} cutouts of {min(sizes):.0f} to {max(sizes):.0f} px; "
        "below each its number, its size in the picture and its weight"
    )
    console.answer(report["image"], report)


def upscale(
    image: Annotated[Path, typer.Argument(help="Picture file.", metavar="IMAGE")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="PNG file to write. \\[default: IMAGE-x2.png]",
                                  metavar="OUT.png", show_default=False),
    ] = None,
    factor: Annotated[
        str | None,
        typer.Option("--factor", help="How many times as wide and high, 2 to 8. \\[default: the model's, or 2]",
                     metavar="N", show_default=False),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="Weights that spandrel can load, as of Real-ESRGAN. \\[default: none, Lanczos]",
                     metavar="FILE", show_default=False),
    ] = None,
    tile: Annotated[
        int,
        typer.Option("--tile", help="Side of what the model sees at once. \\[default: 256 pixels]", metavar="N",
                     show_default=False),
    ] = 256,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Upscale a picture with Lanczos or a super-resolution model."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import upscale as upscaling
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    for name in settings if model is None else ():
        if settings[name] is not None:
            raise UsageError(f"{name} has no effect without a model.", "Add --model FILE or leave it out.")
    try:
        times = None if factor is None else int(factor)
    except ValueError:
        low, high = upscaling.FACTORS
        raise UsageError(f"factor is {factor}.", f"Valid: whole numbers from {low} to {high}.") from None
    report = upscaling.upscale(
        resolved.settings, image, output, factor=times, model=model, tile=tile, notify=console.note
    )
    console.note(f"{report['width']}x{report['height']} pixels by {report['method']}")
    console.answer(report["image"], report)


def add_to(app: typer.Typer) -> None:
    """Register the commands of this room."""
    app.command()(with_settings(cutouts, options_of("cutouts")))
    app.command()(with_settings(upscale, options_of("upscale")))

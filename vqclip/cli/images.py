"""The commands that make something of one picture: encode, decode, reconstruct, cutouts, upscale."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vqclip.cli.shared import JsonOption, QuietOption, console_for, files_first, option, with_settings
from vqclip.errors import UsageError

ImageArgument = Annotated[Path, typer.Argument(help="Picture file.", metavar="IMAGE")]


def encode(
    image: ImageArgument,
    output: Annotated[
        Path, option("--output", "-o", help="Write the tokens to this file.", default="tokens.npz", metavar="OUT.npz")
    ] = Path("tokens.npz"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Encode a picture as tokens of a VQGAN."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import reconstruct
    from vqclip.settings.sources import resolve

    report = reconstruct.encode(resolve(settings).settings, image, output, with_size=settings["size"] is not None)
    console.note(_describe_tokens(report))
    console.answer(report["file"], report)


def decode(
    file: Annotated[Path, typer.Argument(help="File of tokens, from `vqclip encode`.", metavar="FILE.npz")],
    output: Annotated[
        Path,
        option("--output", "-o", help="Write this PNG file.", default="decoded.png", metavar="OUT.png"),
    ] = Path("decoded.png"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Decode a file of tokens to a picture."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import reconstruct
    from vqclip.settings.sources import resolve

    report = reconstruct.decode(resolve(settings).settings, file, output)
    console.note(_describe_tokens(report))
    console.answer(report["image"], report)


def reconstruct(
    image: ImageArgument,
    output: Annotated[Path, option("--output", "-o", help="Write this PNG file.", metavar="OUT.png")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Encode and decode a picture, to see what a VQGAN can reproduce."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.reconstruct import reconstruct
    from vqclip.settings.sources import resolve

    report = reconstruct(resolve(settings).settings, image, output, with_size=settings["size"] is not None)
    error = "no error" if report["psnr"] is None else f"MSE {report['mse']:.5f}, PSNR {report['psnr']:.2f} dB"
    console.note(f"{_describe_tokens(report)}; {error}")
    console.answer(report["image"], report)


def _describe_tokens(report: dict[str, Any]) -> str:
    return (
        f"{report['columns']}x{report['rows']} = {report['tokens']} tokens of {report['distinct']} codes, "
        f"{report['bits_per_pixel']:.4f} bits per pixel"
    )


def cutouts(
    image: ImageArgument,
    output: Annotated[
        Path,
        option("--output", "-o", help="Write this PNG file.", default="cutouts.png", metavar="OUT.png"),
    ] = Path("cutouts.png"),
    step: Annotated[
        int, option("--step", help="Show this step, for scheduled settings.", default="1", metavar="N", min=1)
    ] = 1,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Write a sheet of the cutouts that CLIP would see of a picture."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.cutout_sheet import draw_sheet
    from vqclip.settings.sources import resolve

    with_size = settings["size"] is not None
    report = draw_sheet(resolve(settings).settings, image, output, step=step, with_size=with_size)
    rows = report["cutouts"]
    sizes = [row["size"] for row in rows]
    console.note(
        f"seed {report['seed']}, step {step}: {len(rows)} cutouts of {min(sizes):.0f} to {max(sizes):.0f} px; "
        "below each its number, its size in the picture and its weight"
    )
    console.answer(report["image"], report)


def upscale(
    image: ImageArgument,
    output: Annotated[
        Path | None, option("--output", "-o", help="Write this PNG file.", default="IMAGE-x2.png", metavar="OUT.png")
    ] = None,
    factor: Annotated[
        str | None,
        option("--factor", help="Scale by this factor, 2 to 8.", default="the model's, or 2", metavar="N"),
    ] = None,
    model: Annotated[
        Path | None,
        option("--model", help="Use these weights, of a model that spandrel supports.", default="none, Lanczos",
               metavar="FILE"),
    ] = None,
    tile: Annotated[
        int, option("--tile", help="Process tiles of this side.", default="256 pixels", metavar="N")
    ] = 256,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Upscale a picture with Lanczos or a super-resolution model."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import upscale
    from vqclip.settings.sources import resolve

    with files_first(image, model):
        resolved = resolve(settings)
        for name in settings if model is None else ():
            if settings[name] is not None:
                raise UsageError(f"{name} has no effect without a model.", "Add --model FILE or leave it out.")
        try:
            times = None if factor is None else int(factor)
        except ValueError:
            low, high = upscale.FACTORS
            raise UsageError(f"factor is {factor}.", f"Valid: whole numbers from {low} to {high}.") from None
        report = upscale.upscale(
            resolved.settings, image, output, factor=times, model=model, tile=tile, notify=console.note
        )
    console.note(f"{report['width']}x{report['height']} pixels by {report['method']}")
    console.answer(report["image"], report)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (encode, decode, reconstruct, cutouts, upscale):
        app.command()(with_settings(command, command.__name__))

"""The commands of the VQGAN by itself: encode, decode, reconstruct."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from vqclip.cli.options import with_settings
from vqclip.cli.shared import JsonOption, QuietOption, console_for
from vqclip.settings.schema import options_of

ImageArgument = Annotated[Path, typer.Argument(help="Picture file.", metavar="IMAGE")]


def encode(
    image: ImageArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File of tokens to write. \\[default: tokens.npz]",
                           metavar="OUT.npz", show_default=False),
    ] = Path("tokens.npz"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Write a picture as the tokens of a VQGAN."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import reconstruct as reconstruction
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    report = reconstruction.encode(resolved.settings, image, output, with_size=settings["size"] is not None)
    console.note(_rate(report))
    console.answer(report["file"], report)


def decode(
    file: Annotated[Path, typer.Argument(help="File of tokens, from `vqclip encode`.", metavar="FILE.npz")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="PNG file to write. \\[default: decoded.png]", metavar="OUT.png",
                           show_default=False),
    ] = Path("decoded.png"),
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Draw the picture of a file of tokens."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import reconstruct as reconstruction
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    report = reconstruction.decode(resolved.settings, file, output)
    console.note(_rate(report))
    console.answer(report["image"], report)


def reconstruct(
    image: ImageArgument,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="PNG file to write. \\[required]", metavar="OUT.png",
                           show_default=False),
    ],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Send a picture through a VQGAN and back. Shows what that VQGAN can show."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import reconstruct as reconstruction
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    report = reconstruction.reconstruct(resolved.settings, image, output, with_size=settings["size"] is not None)
    error = "no error" if report["psnr"] is None else f"MSE {report['mse']:.5f}, PSNR {report['psnr']:.2f} dB"
    console.note(f"{_rate(report)}; {error}")
    console.answer(report["image"], report)


def _rate(report: dict[str, Any]) -> str:
    """The tokens and bits of a picture in one line."""
    return (
        f"{report['columns']}x{report['rows']} = {report['tokens']} tokens of {report['distinct']} codes, "
        f"{report['bits_per_pixel']:.4f} bits per pixel"
    )


def add_to(app: typer.Typer) -> None:
    """Register the commands of this room."""
    for command in (encode, decode, reconstruct):
        app.command()(with_settings(command, options_of(command.__name__)))

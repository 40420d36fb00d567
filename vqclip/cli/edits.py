"""The commands that make a new picture of one picture: edit, outpaint, variations."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.images import ImageArgument
from vqclip.cli.shared import (
    ConfigOption,
    JsonOption,
    PresetOption,
    QuietOption,
    console_for,
    files_first,
    folder_name,
    option,
    with_settings,
)

if TYPE_CHECKING:
    from vqclip.cli.console import Console
    from vqclip.events import Event

PictureOption = Annotated[
    Path, option("--output", "-o", help="Write this PNG file.", metavar="OUT.png", panel="Output")
]
_SIZE = "Draw about this many pixels, in the shape of the changed part or a square."


def edit(
    image: ImageArgument,
    output: PictureOption,
    prompt: Annotated[str, typer.Argument(help="What to draw where the picture changes.", show_default=False)] = "",
    mask: Annotated[
        Path | None,
        option("--mask", help="Change only where this picture file is white.", default="none",
               metavar="FILE"),
    ] = None,
    at: Annotated[
        list[str] | None,
        option("--at", help="Change this part, e.g. @left or @top-right; repeat for several.", default="none",
               metavar="PART"),
    ] = None,
    strength: Annotated[
        float, option("--strength", help="Set how far to change it: 0 not at all, 1 replaces it.", default="1",
                      metavar="X")
    ] = 1.0,
    source: Annotated[
        str | None,
        option("--from", help="Describe what the picture shows, to change the whole picture.", default="none",
               metavar="TEXT"),
    ] = None,
    target: Annotated[
        str | None, option("--to", help="Describe what it should show instead.", default="none", metavar="TEXT")
    ] = None,
    amount: Annotated[
        float | None,
        option("--amount", help="Set how far to go from --from to --to, 0 to 1.", default="0.35", metavar="X"),
    ] = None,
    preset: PresetOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Redraw a part of a picture from a prompt. Every pixel outside that part stays the same."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.edit import Edit, edit
    from vqclip.jobs.patches import Request

    wanted = Edit(prompt, mask, tuple(at or ()), strength, source, target, amount)
    with files_first(image, mask):
        report = _shown(edit(image, wanted, output, Request(settings, preset, config or ())), console)
    console.answer(report["image"], report)


def outpaint(
    image: ImageArgument,
    output: PictureOption,
    prompt: Annotated[
        str,
        typer.Argument(help="What to draw on each new side; by default the picture continues.", show_default=False),
    ] = "",
    left: Annotated[int, option("--left", help="Add this many pixels on the left.", default="0", metavar="N")] = 0,
    right: Annotated[int, option("--right", help="Add this many pixels on the right.", default="0", metavar="N")] = 0,
    top: Annotated[int, option("--top", help="Add this many pixels on top.", default="0", metavar="N")] = 0,
    bottom: Annotated[int, option("--bottom", help="Add this many pixels below.", default="0", metavar="N")] = 0,
    preset: PresetOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Extend a picture beyond its edges. Every pixel of the picture itself stays the same."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.outpaint import Border, outpaint
    from vqclip.jobs.patches import Request

    border = Border(left, right, top, bottom)
    with files_first(image):
        report = _shown(outpaint(image, prompt, border, output, Request(settings, preset, config or ())), console)
    console.answer(report["image"], report)


def variations(
    image: ImageArgument,
    output: Annotated[
        Path,
        option("--output", "-o", help="Write the pictures and a sheet into this folder.", metavar="DIR",
               panel="Output", callback=folder_name),
    ],
    prompt: Annotated[
        str, typer.Argument(help="What to show along with the picture's subject, e.g. in winter.", show_default=False)
    ] = "",
    count: Annotated[
        int, option("--count", "-n", help="Draw this many pictures, 1 to 64.", default="8", metavar="N")
    ] = 8,
    strength: Annotated[
        float, option("--strength", help="Stay near the picture at 0; keep only its subject at 1.", default="0.6",
                      metavar="X")
    ] = 0.6,
    overwrite: Annotated[
        bool, option("--overwrite", help="Replace pictures of the same names in the folder.", default="off",
                     panel="Output")
    ] = False,
    preset: PresetOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Draw new pictures of the same subject as a picture. Writes 1.png and so on, and sheet.png."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.patches import Request
    from vqclip.jobs.variations import Variations, variations

    wanted = Variations(prompt, count, strength, overwrite)
    with files_first(image):
        report = _shown(variations(image, wanted, output, Request(settings, preset, config or ())), console)
    if report["words"]:
        console.note(f"CLIP saw: {', '.join(report['words'])}")
    console.answer(report["sheet"], report)


def _shown(events: Generator[Event, None, Mapping[str, Any]], console: Console) -> Mapping[str, Any]:
    """Show the events of a job, and return what it returns."""
    try:
        while True:
            console.show(next(events))
    except StopIteration as end:
        console.finish()
        report: Mapping[str, Any] = end.value
        return report


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for command in (edit, outpaint):
        app.command()(with_settings(command, command.__name__, helps={"size": _SIZE}))
    app.command()(with_settings(variations, "variations", short={}, helps={"size": _SIZE}))

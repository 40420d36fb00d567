"""The commands of CLIP by itself: classify, score, index, search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.options import with_settings
from vqclip.cli.shared import JsonOption, QuietOption, console_for
from vqclip.settings.schema import options_of

if TYPE_CHECKING:
    from vqclip.cli.console import Console

MAX_TOP = 1000

FolderArgument = Annotated[Path, typer.Argument(help="Folder with pictures; also those below it.", metavar="DIR")]
IndexOption = Annotated[
    Path | None,
    typer.Option("--index", help="File of the index. \\[default: DIR/.vqclip-index.safetensors]", metavar="FILE",
                 show_default=False),
]  # fmt: skip


def classify(
    image: Annotated[list[Path], typer.Argument(help="Picture files, or folders of them.", metavar="IMAGE")],
    labels: Annotated[
        str | None,
        typer.Option("--labels", help='Labels with commas between, as in "car,apple,tree". \\[default: none]',
                     metavar="A,B", show_default=False),
    ] = None,
    labels_file: Annotated[
        Path | None,
        typer.Option("--labels-file", help="UTF-8 file, one label a line, # for remarks; - reads standard input. "
                     "\\[default: none]", metavar="FILE", show_default=False),
    ] = None,
    template: Annotated[
        list[str] | None,
        typer.Option("--template", help="Text around a label, {} in its place; repeat to average several. "
                     "\\[default: five for any picture]", metavar="TEXT", show_default=False),
    ] = None,
    top: Annotated[
        int,
        typer.Option("--top", help="Best labels shown per picture. \\[default: 5 labels]", metavar="N", min=1,
                     show_default=False),
    ] = 5,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Say which of your labels fits a picture best (zero-shot)."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.files import printable
    from vqclip.search import labels as texts
    from vqclip.search import score as scoring
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    names = texts.read(labels, labels_file)
    report = scoring.classify(resolved.settings, image, names, templates=template or scoring.TEMPLATES, top=top)
    _warn(console, report)
    width = min(30, max(5, *(len(row["label"]) for found in report["images"] for row in found["labels"])))
    console.note(f"chance  {'label':{width}}  picture")
    lines = [
        f"{row['probability']:6.1%}  {row['label']:{width}}  {printable(found['image'])}"
        for found in report["images"]
        for row in found["labels"]
    ]
    console.answer("\n".join(lines), report)


def score(
    image: Annotated[Path, typer.Argument(help="Picture file.", metavar="IMAGE")],
    text: Annotated[str, typer.Argument(help="What CLIP shall look for, taken as it stands.", metavar="TEXT")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Say how near CLIP finds a picture to a text."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.search import score as scoring
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    report = scoring.score(resolved.settings, image, text)
    _warn(console, report)
    console.note("similarity (-1 to 1, higher is nearer), distance (0 to 4.93, lower is nearer)")
    console.answer(f"{report['similarity']:.4f}  {report['distance']:.4f}", report)


def index(
    directory: FolderArgument,
    index: IndexOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Let CLIP look once at every new picture of a folder."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.search import score as scoring
    from vqclip.settings import sources as configuration

    resolved = configuration.resolve(settings)
    report = scoring.index(resolved.settings, directory, index, console.note)
    _warn(console, report)
    _count(console, report)
    console.answer(report["index"], report)


def search(
    directory: FolderArgument,
    text: Annotated[
        str | None,
        typer.Argument(help="What to look for: text:weight, | between several.", metavar="TEXT", show_default=False),
    ] = None,
    image: Annotated[
        Path | None,
        typer.Option("--image", help="Look for pictures like this one instead. \\[default: none]", metavar="FILE",
                     show_default=False),
    ] = None,
    top: Annotated[
        int,
        typer.Option("--top", help="Best pictures shown. \\[default: 10 pictures]", metavar="N", min=1, max=MAX_TOP,
                     show_default=False),
    ] = 10,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", help="PNG file for a contact sheet of them. \\[default: none]", metavar="OUT.png",
                     show_default=False),
    ] = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Find the pictures of a folder nearest to a text or a picture."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.errors import UsageError
    from vqclip.files import printable
    from vqclip.search import score as scoring
    from vqclip.settings import sources as configuration

    query = text if image is None else image
    if query is None or (text is not None and image is not None):
        raise UsageError("a search takes either a text or --image.", 'As in: vqclip search DIR "a red apple"')
    resolved = configuration.resolve(settings)
    report = scoring.search(
        resolved.settings, directory, query, path=index, top=top, sheet=sheet, notify=console.note
    )
    _warn(console, report)
    _count(console, report)
    console.note("similarity  picture")
    lines = [f"{row['similarity']:10.4f}  {printable(row['image'])}" for row in report["results"]]
    console.answer("\n".join(lines), report)


def _warn(console: Console, report: dict[str, Any]) -> None:
    for warning in report["warnings"]:
        console.note(f"warning: {warning}")


def _count(console: Console, report: dict[str, Any]) -> None:
    dropped = f", {report['dropped']} dropped" if report["dropped"] else ""
    console.note(f"{report['pictures']} pictures: {report['encoded']} encoded, {report['known']} known{dropped}")


def add_to(app: typer.Typer) -> None:
    """Register the commands of this room."""
    helps = {"clip": "CLIP by name; one, without a weight."}
    for command in (classify, score, index, search):
        app.command()(with_settings(command, options_of(command.__name__), helps=helps))

"""The commands that use CLIP alone: classify, score, index, search."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.shared import JsonOption, QuietOption, console_for, option, with_settings

if TYPE_CHECKING:
    from vqclip.cli.console import Console

MAX_TOP = 1000

FolderArgument = Annotated[Path, typer.Argument(help="Folder with pictures; also those below it.", metavar="DIR")]
IndexOption = Annotated[
    Path | None,
    option("--index", help="Keep the index in this file.", default="DIR/.vqclip-index.safetensors", metavar="FILE"),
]


def classify(
    image: Annotated[list[Path], typer.Argument(help="Picture files, or folders of them.", metavar="IMAGE")],
    labels: Annotated[
        str | None, option("--labels", help="Choose among these labels.", default="none", metavar="A,B")
    ] = None,
    labels_file: Annotated[
        Path | None,
        option("--labels-file", help="Read labels from a file, one per line; - reads standard input.",
               default="none", metavar="FILE"),
    ] = None,
    template: Annotated[
        list[str] | None,
        option("--template", help="Put each label into this text, at {}; repeat to average several.",
               default="five for any picture", metavar="TEXT"),
    ] = None,
    top: Annotated[
        int, option("--top", help="Show this many labels per picture.", default="5 labels", metavar="N", min=1)
    ] = 5,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:  # fmt: skip
    """Find which of your labels fits a picture best (zero-shot).

    The probabilities of the labels sum to 100 %, except with SigLIP, which judges each label independently.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    from rich.cells import cell_len

    from vqclip.cli.terminal_text import cell
    from vqclip.files import printable
    from vqclip.search import score
    from vqclip.search.labels import read
    from vqclip.settings.sources import resolve

    resolved = resolve(settings)
    names = read(labels, labels_file)
    report = score.classify(resolved.settings, image, names, templates=template or score.TEMPLATES, top=top)
    _warn(console, report)
    width = min(30, max(5, *(cell_len(row["label"]) for found in report["images"] for row in found["labels"])))
    console.note(f"chance  {'label':{width}}  picture")
    lines = [
        f"{row['probability']:6.1%}  {cell(row['label'], width)}  {printable(found['image'])}"
        for found in report["images"]
        for row in found["labels"]
    ]
    console.answer("\n".join(lines), report)


def score(
    image: Annotated[Path, typer.Argument(help="Picture file.", metavar="IMAGE")],
    text: Annotated[str, typer.Argument(help="Text to compare with; no prompt grammar.", metavar="TEXT")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Score how well a picture matches a text. Built-in CLIP: 0 no match, 0.4 unclear, 0.6 good."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.search.score import score
    from vqclip.settings.sources import decoded, resolve

    report = score(resolve(settings).settings, image, decoded(text))
    console.read_as(report["read_as"])
    _warn(console, report)
    console.note("similarity (-1 to 1, higher is closer), distance (0 to 4.93, lower is closer)")
    console.answer(f"{report['similarity']:.4f}  {report['distance']:.4f}", report)


def index(
    directory: FolderArgument,
    index: IndexOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Index the pictures of a folder for `vqclip search`. Only new ones are encoded."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.search import score
    from vqclip.settings.sources import resolve

    report = score.index(resolve(settings).settings, directory, index, console.note)
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
        option("--image", help="Look for pictures like this one instead.", default="none", metavar="FILE"),
    ] = None,
    top: Annotated[
        int,
        option("--top", help="Show this many pictures.", default="10 pictures", metavar="N", min=1, max=MAX_TOP),
    ] = 10,
    sheet: Annotated[
        Path | None,
        option("--sheet", help="Write a contact sheet of them to this PNG file.", default="none", metavar="OUT.png"),
    ] = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Find the pictures of a folder nearest to a text or a picture."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.errors import UsageError
    from vqclip.files import printable
    from vqclip.search.score import search
    from vqclip.settings.sources import decoded, resolve

    query = image if text is None or image is not None else decoded(text)
    if query is None or (text is not None and image is not None):
        raise UsageError("a search takes either a text or --image.", 'As in: vqclip search DIR "a red apple"')
    report = search(
        resolve(settings).settings, directory, query, path=index, top=top, sheet=sheet, notify=console.note
    )
    console.read_as(report["read_as"])
    _warn(console, report)
    _count(console, report)
    console.note("similarity  picture")
    lines = [f"{row['similarity']:10.4f}  {printable(row['image'])}" for row in report["results"]]
    console.answer("\n".join(lines), report)


def _warn(console: Console, report: dict[str, Any]) -> None:
    for warning in report["warnings"]:
        console.warn(warning)


def _count(console: Console, report: dict[str, Any]) -> None:
    dropped = f", {report['dropped']} dropped" if report["dropped"] else ""
    console.note(f"{report['pictures']} pictures: {report['encoded']} encoded, {report['known']} known{dropped}")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    helps = {"clip": "Choose one CLIP by name, without a weight."}
    for command in (classify, score, index, search):
        app.command()(with_settings(command, command.__name__, helps=helps))

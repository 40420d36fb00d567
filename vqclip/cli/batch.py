"""The commands of many runs: sweep, batch, gallery."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.engine_options import AddressOption, CpusOption, EngineOption, GpusOption, WorkersOption, cluster
from vqclip.cli.shared import (
    ConfigOption,
    JobsOption,
    JsonOption,
    OpenOption,
    PresetOption,
    PreviewOption,
    QuietOption,
    console_for,
    folder_name,
    follow,
    option,
    reveal,
    with_settings,
)
from vqclip.files import parent_folder

if TYPE_CHECKING:
    from vqclip.events import Event
    from vqclip.jobs.grid import Axis
    from vqclip.runs.recorder import Stop


VARY = "Vary a setting; repeat for a grid. Numbers may be FIRST..LAST."
ManyOption = Annotated[
    Path | None,
    option(
        "--output",
        "-o",
        help="Write all runs to this folder.",
        callback=folder_name,
        default="a new one in runs/",
        metavar="DIR",
        panel="Output",
    ),
]


def sweep(
    vary: Annotated[list[str], option("--vary", "-v", help=f"{VARY} [required]", metavar="NAME=VALUE,VALUE")],
    prompt: Annotated[
        str | None, typer.Argument(help="What to draw; leave it out to vary it.", show_default=False)
    ] = None,
    jobs: JobsOption = None,
    engine: EngineOption = "local",
    address: AddressOption = None,
    gpus_per_run: GpusOption = None,
    cpus_per_run: CpusOption = None,
    workers: WorkersOption = None,
    output: ManyOption = None,
    preset: PresetOption = None,
    config: ConfigOption = None,
    preview: PreviewOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Draw a grid over settings. Writes a folder for each run, a labelled contact sheet and a table."""
    where = cluster(engine, jobs, address, gpus_per_run, cpus_per_run, workers)
    known = {"output": output, "engine": engine, "preset": preset, "config_files": config or (), **settings}
    known["cluster"] = where
    shown = {"as_json": as_json, "quiet": quiet, "preview": preview, "viewer": viewer}
    _draw(prompt, vary, known, jobs, **shown)


def batch(
    prompts: Annotated[
        Path, typer.Argument(help="File of prompts, one on each line; - reads standard input.", metavar="FILE")
    ],
    vary: Annotated[
        list[str] | None, option("--vary", "-v", help=VARY, default="none", metavar="NAME=VALUE,VALUE")
    ] = None,
    jobs: JobsOption = None,
    engine: EngineOption = "local",
    address: AddressOption = None,
    gpus_per_run: GpusOption = None,
    cpus_per_run: CpusOption = None,
    workers: WorkersOption = None,
    output: ManyOption = None,
    preset: PresetOption = None,
    config: ConfigOption = None,
    preview: PreviewOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Draw every line of a file as a prompt. The models are loaded once.

    Writes a folder for each run, a contact sheet and a table. After a stop, the same command continues.
    """
    from vqclip.jobs.grid import prompts_axis

    where = cluster(engine, jobs, address, gpus_per_run, cpus_per_run, workers)
    known = {"output": output, "engine": engine, "preset": preset, "config_files": config or (), **settings}
    known["cluster"] = where
    shown = {"as_json": as_json, "quiet": quiet, "preview": preview, "viewer": viewer}
    _draw(None, [prompts_axis(prompts), *(vary or ())], known | {"kind": "batch"}, jobs, **shown)


def _draw(
    prompt: str | None,
    axes: Sequence[str | Axis],
    known: dict[str, Any],
    jobs: int | None,
    *,
    as_json: bool,
    quiet: bool,
    preview: bool,
    viewer: bool,
) -> None:
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.batch import sweep

    def start(stop: Stop) -> Iterator[Event]:
        return sweep(prompt, axes, parent=parent_folder(), jobs=jobs or 0, stop=stop, **known)

    reveal(console, follow(start, console), preview=preview, viewer=viewer)


def gallery(
    directory: Annotated[Path, typer.Argument(help="Folder of runs, sweeps and batches.", metavar="DIR")],
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show all runs below a folder on one HTML page, to search, sort and open.

    Writes DIR/gallery.html. A second call only reads the runs that changed.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.gallery import write

    page = write(directory)
    if page.warning:
        console.warn(page.warning)
    console.note(f"{page.runs} runs: {page.read} read, {page.runs + len(page.problems) - page.read} known")
    damaged = [str(folder) for folder in page.problems]
    report = {"gallery": str(page.path), "runs": page.runs, "read": page.read, "damaged": damaged}
    console.answer(str(page.path), report)
    reveal(console, {"report": str(page.path)}, preview=False, viewer=viewer)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(with_settings(sweep))
    app.command()(with_settings(batch))
    app.command()(gallery)

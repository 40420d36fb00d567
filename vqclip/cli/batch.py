"""The commands of many runs: sweep, batch, status, collect, gallery."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from functools import partial
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
from vqclip.errors import UsageError
from vqclip.files import parent_folder

if TYPE_CHECKING:
    from vqclip.events import Event


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


ShardOption = Annotated[
    str | None,
    option("--shard", help="Draw part I of N; auto reads the variables of Slurm, Kubernetes and others.",
           default="all", metavar="I/N"),
]  # fmt: skip
FlatOption = Annotated[
    bool, option("--flat", help="Name up to 1,000 run folders by number and prompt.", default="off", panel="Output")
]
BatchFolder = Annotated[Path, typer.Argument(help="Folder of the batch or sweep.", metavar="DIR")]


def sweep(
    vary: Annotated[list[str], option("--vary", "-v", help=VARY, metavar="NAME=VALUE,VALUE")],
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
    """Draw one prompt with a grid of settings. Writes a folder for each run, a labelled contact sheet and a table."""
    from vqclip.jobs.batch import sweep

    known = {"output": output, "preset": preset, "config_files": config or (), "engine": engine, **settings}
    known["cluster"] = cluster(engine, jobs, address, gpus_per_run, cpus_per_run, workers)
    _follow(partial(sweep, prompt, vary), known, jobs, as_json=as_json, quiet=quiet, preview=preview, viewer=viewer)


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
    shard: ShardOption = None,
    output: ManyOption = None,
    flat: FlatOption = False,
    preset: PresetOption = None,
    config: ConfigOption = None,
    preview: PreviewOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Draw every line of a file as a prompt. The models are loaded once.

    Writes a folder for each run, contact sheets and a table. If it stops, run the same command again to continue.
    """
    from vqclip.jobs.batch import batch
    from vqclip.jobs.shards import Shard, parse

    part = Shard() if shard is None else parse(shard, os.environ)
    if part.count > 1 and output is None:
        raise UsageError("--shard has no effect without a folder that the parts share.", "Add --output DIR.")
    known = {"output": output, "preset": preset, "config_files": config or (), "engine": engine, **settings}
    known["cluster"] = cluster(engine, jobs, address, gpus_per_run, cpus_per_run, workers)
    start = partial(batch, prompts, vary or (), shard=part, flat=flat)
    _follow(start, known, jobs, as_json=as_json, quiet=quiet, preview=preview, viewer=viewer)


def _follow(
    start: Callable[..., Iterator[Event]],
    known: dict[str, Any],
    jobs: int | None,
    *,
    as_json: bool,
    quiet: bool,
    preview: bool,
    viewer: bool,
) -> None:
    console = console_for(as_json=as_json, quiet=quiet)
    found = follow(lambda stop: start(parent=parent_folder(), jobs=jobs or 0, stop=stop, **known), console)
    reveal(console, found, preview=preview, viewer=viewer)


def status(directory: BatchFolder, as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Show how many runs of a batch are done, running and failed, the time left, and the errors."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import remote
    from vqclip.jobs.status import status
    from vqclip.object_store import address_of

    address = address_of(directory)
    with remote.fetched(address) if address else contextlib.nullcontext() as mirror:
        found = status(mirror.local if mirror else directory)
    console.answer("\n".join(found.lines()), found.to_dict())


def collect(
    directory: BatchFolder, viewer: OpenOption = False, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Write the tables, the contact sheets and the gallery of what a batch has drawn so far.

    A batch does this at its end, except with --shard: then call it yourself. A second call only reads what changed.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.events import Saved, Warned
    from vqclip.jobs import remote
    from vqclip.jobs.collect import collect
    from vqclip.object_store import address_of

    address = address_of(directory)
    found: dict[str, str] = {}
    events = remote.collected(address) if address else collect(directory)
    for event in events:
        if isinstance(event, Saved):
            found.setdefault(event.kind, str(event.path))
        elif isinstance(event, Warned):
            console.warn(event.message)
    console.answer(found["table"], found)
    reveal(console, found, preview=False, viewer=viewer)


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
    from vqclip.jobs.gallery import is_shown, write
    from vqclip.runs import remote

    with remote.edited(directory, is_shown) as mirror:
        page = write(mirror.local if mirror else directory)
        path = mirror.place(page.path) if mirror else str(page.path)
        damaged = [mirror.place(folder) if mirror else str(folder) for folder in page.problems]
    if page.warning:
        console.warn(page.warning)
    count = f"{page.runs} run{'' if page.runs == 1 else 's'}"
    console.note(f"{count}: {page.read} read, {page.runs + len(page.problems) - page.read} known")
    report = {"gallery": path, "runs": page.runs, "read": page.read, "damaged": damaged}
    console.answer(path, report)
    reveal(console, {"report": path}, preview=False, viewer=viewer)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(with_settings(sweep))
    app.command()(with_settings(batch))
    app.command()(status)
    app.command()(collect)
    app.command()(gallery)

"""The commands of one run: generate, rerun, continue, resume, video, report, sample."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.engine_options import AddressOption, CpusOption, EngineOption, GpusOption, WorkersOption, cluster
from vqclip.cli.shared import (
    RECORDED,
    ConfigOption,
    JobsOption,
    JsonOption,
    LiveOption,
    OpenOption,
    OutputOption,
    OverwriteOption,
    PresetOption,
    PreviewOption,
    QuietOption,
    console_for,
    follow,
    option,
    reveal,
    with_settings,
)
from vqclip.files import parent_folder

if TYPE_CHECKING:
    from vqclip.cli.console import Console
    from vqclip.events import Event, Stop
    from vqclip.settings.schema import Settings


def generate(
    prompt: Annotated[
        str,
        typer.Argument(help="What to draw: text:weight:stop, | between; - reads standard input.", show_default=False),
    ] = "",
    prompt_file: Annotated[
        Path | None,
        option(
            "--prompt-file",
            help="Read prompts from a file, one per line.",
            default="none",
            metavar="FILE",
            panel="Prompt",
        ),
    ] = None,
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    preset: PresetOption = None,
    config: ConfigOption = None,
    preview: PreviewOption = False,
    live: LiveOption = False,
    viewer: OpenOption = False,
    dry_run: Annotated[
        bool,
        option(
            "--dry-run", help="Check and print what the run needs, and draw nothing.", default="off", panel="Output"
        ),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Draw a picture of a prompt, with its frames and a video."""
    console = console_for(as_json=as_json, quiet=quiet, preview=preview)
    from vqclip.runs import capabilities, launch
    from vqclip.settings.sources import read_prompt, resolve

    prompt = read_prompt(prompt, prompt_file)
    resolved = resolve(
        {**settings, "prompt": prompt}, preset=preset, config_files=config or (), only_size=capabilities.only_size
    )
    if dry_run:
        _show_plan(console, resolved.settings, output, overwrite=overwrite)
        return

    def begin(stop: Stop) -> Iterator[Event]:
        return launch.start(
            resolved.settings,
            preset=resolved.preset,
            output=output,
            parent=parent_folder(),
            overwrite=overwrite,
            stop=stop,
        )

    reveal(console, follow(begin, console, live=live), preview=preview, viewer=viewer)


def _show_plan(console: Console, settings: Settings, output: Path | None, *, overwrite: bool) -> None:
    """Print the plan of a run. Raises the error of the run where a model is not downloaded."""
    from vqclip.runs.dry_run import format_plan, plan

    report, missing = plan(settings, output, overwrite=overwrite)
    console.read_as(report["read_as"])
    console.laid_out(report["laid_out"])
    for warning in report["warnings"]:
        console.warn(warning)
    console.answer(format_plan(report), report)
    if missing is not None:
        raise missing


def rerun(
    source: Annotated[
        Path, typer.Argument(help="Picture made by vqclip, or the folder of a run.", metavar="IMAGE_OR_RUN")
    ],
    prompt: Annotated[
        str | None,
        option("--prompt", help="Use another prompt.", default="the recorded one", metavar="TEXT", panel="Prompt"),
    ] = None,
    forget: Annotated[
        list[str] | None,
        option("--forget", help="Ignore a recorded setting; repeat for several.", default="none", metavar="NAME"),
    ] = None,
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    preview: PreviewOption = False,
    live: LiveOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Repeat a run from its folder or picture. An option replaces its recorded value."""
    console = console_for(as_json=as_json, quiet=quiet, preview=preview)
    from vqclip.runs import launch

    def begin(stop: Stop) -> Iterator[Event]:
        return launch.rerun(
            source,
            output=output,
            parent=parent_folder(),
            overwrite=overwrite,
            forget=forget or (),
            stop=stop,
            **{**settings, "prompt": prompt},
        )

    reveal(console, follow(begin, console, live=live), preview=preview, viewer=viewer)


def continue_run(
    directory: Annotated[
        Path, typer.Argument(help="Folder of a finished run, or samples with --pick.", metavar="RUN_OR_SAMPLES")
    ],
    prompt: Annotated[
        str | None, typer.Argument(help="What to draw from here on.", show_default="the recorded one")
    ] = None,
    output: OutputOption = None,
    overwrite: OverwriteOption = False,
    preview: PreviewOption = False,
    live: LiveOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Start a new run from the end of a finished one, or from a sample. An option replaces its recorded value."""
    console = console_for(as_json=as_json, quiet=quiet, preview=preview)
    from vqclip.runs import launch

    def begin(stop: Stop) -> Iterator[Event]:
        return launch.continue_run(
            directory, prompt, output=output, parent=parent_folder(), overwrite=overwrite, stop=stop, **settings
        )

    reveal(console, follow(begin, console, live=live), preview=preview, viewer=viewer)


def resume(
    directory: Annotated[Path, typer.Argument(help="Folder of the run, sweep or batch.", metavar="DIR")],
    jobs: JobsOption = None,
    engine: EngineOption = "local",
    address: AddressOption = None,
    gpus_per_run: GpusOption = None,
    cpus_per_run: CpusOption = None,
    workers: WorkersOption = None,
    preview: PreviewOption = False,
    live: LiveOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Resume a stopped run, sweep or batch. The result is that of an uninterrupted one.

    A sweep or batch may continue with another engine than it started with.
    """
    console = console_for(as_json=as_json, quiet=quiet, preview=preview)
    from vqclip.errors import UsageError
    from vqclip.jobs import batch, command, restyle
    from vqclip.runs import launch

    nodes = cluster(engine, jobs, address, gpus_per_run, cpus_per_run, workers)

    def begin(stop: Stop) -> Iterator[Event]:
        if command.holds(directory):
            if live:
                raise UsageError("--live has no effect on a sweep or batch.", "Leave it out.")
            return batch.resume(directory, jobs=jobs or 0, engine=engine, cluster=nodes, stop=stop)
        if jobs is not None or engine != "local":
            flag = "--engine" if jobs is None else "--jobs"
            raise UsageError(f"{flag} has no effect on a single run.", "Leave it out.")
        if restyle.holds_restyle(directory):
            return restyle.resume(directory, stop=stop)
        return launch.resume(directory, stop=stop)

    found = follow(begin, console, live=live)
    reveal(console, found, preview=preview, viewer=viewer)


def video(
    directory: Annotated[Path, typer.Argument(help="Folder of the run, or of numbered pictures.", metavar="DIR")],
    output: Annotated[
        Path | None,
        option(
            "--output",
            "-o",
            help="Write this file; its suffix sets the format.",
            default="DIR/video.mp4",
            metavar="FILE",
        ),
    ] = None,
    allow_gaps: Annotated[
        bool,
        option("--allow-gaps", help="Accept missing frames.", default="off"),
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Render the frames of a run as a video. Options default to those of the run."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.runs import progress_video, remote

    with remote.edited(directory, remote.is_of_video) as mirror:
        folder = mirror.local if mirror else directory
        report = progress_video.render_again(folder, output, settings, allow_gaps=allow_gaps, warn=console.note)
        if mirror:
            report["video"] = mirror.place(report["video"])
    console.answer(report["video"], report)


def report(
    directory: Annotated[Path, typer.Argument(help="Folder of a run, or of runs at any depth.", metavar="DIR")],
    output: Annotated[
        Path | None,
        option("--output", "-o", help="Write the page to this file.", default="DIR/report.html", metavar="FILE"),
    ] = None,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write one HTML page: of a run its picture, video, curves, settings and frames; of several runs a table."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import runs_report
    from vqclip.runs import remote, report

    with remote.edited(directory, remote.is_shown) as mirror:
        folder = mirror.local if mirror else directory
        if os.path.lexists(folder / "run.json"):
            page, runs = report.write(folder, output), 1
        else:
            page, runs = runs_report.write(folder, output)
        path = mirror.place(page) if mirror else str(page)
    console.answer(path, {"report": path, "runs": runs})
    reveal(console, {"report": path}, preview=False, viewer=viewer)


def sample(
    prompt: Annotated[str, typer.Argument(help="What to draw: text:weight, | between several.")],
    output: Annotated[
        Path,
        option(
            "--output",
            "-o",
            help="Write the sheet to this PNG file, or into this folder.",
            default="candidates.png",
            metavar="OUT",
        ),
    ] = Path("candidates.png"),
    preview: PreviewOption = False,
    viewer: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Sample candidates from the prior. Shows them best first on one sheet; `continue` optimises one."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs.sample import sample
    from vqclip.settings.sources import resolve

    resolved = resolve({**settings, "prompt": prompt, "init": "prior"})
    report = sample(resolved.settings, output)
    console.read_as(report["read_as"])
    for warning in report["warnings"]:
        console.warn(warning)
    console.note(f"seed {report['seed']}; best first; below each candidate: its number and its score")
    best = report["candidates"][0]["number"]
    console.note(f"optimise one with: vqclip continue {shlex.quote(report['image'])} --pick {best}")
    console.answer(report["image"], report)
    reveal(console, report, preview=preview, viewer=viewer)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(with_settings(generate))
    app.command()(with_settings(rerun, default=RECORDED))
    app.command("continue")(with_settings(continue_run, without=("init_run",), default=RECORDED))
    app.command()(resume)
    app.command()(with_settings(video, "video"))
    app.command()(report)
    app.command()(with_settings(sample, "sample", short={"candidates": "-n"}))

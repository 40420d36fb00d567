"""Options and steps that several commands share."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.help import SHORT
from vqclip.errors import Interrupted, RunsFailed, UsageError

if TYPE_CHECKING:
    from vqclip.cli.console import Console
    from vqclip.cli.live import LivePage
    from vqclip.cli.signals import StopSignals
    from vqclip.events import Event, Stop


RECORDED = "as recorded"
"""The default of settings in commands that repeat a run."""


def option(
    *flags: str, help: str, default: str = "", metavar: str | None = None, panel: str | None = None, **known: Any
) -> Any:
    """Declare an option of typer. default: in words, for the end of its help; empty for a required one."""
    shown = f"{help} [default: {default}]" if default else help
    return typer.Option(*flags, help=shown, metavar=metavar, rich_help_panel=panel, show_default=False, **known)


JsonOption = Annotated[
    bool, option("--json", help="Print JSON lines, including errors.", default="off", panel="Output")
]
QuietOption = Annotated[
    bool,
    option("--quiet", "-q", help="Print only the answer and one line of warnings.", default="off", panel="Output"),
]
PreviewOption = Annotated[
    bool,
    option("--preview", help="Show the picture in the terminal too.", default="off", panel="Output",
           envvar="VQCLIP_PREVIEW"),
]  # fmt: skip
LiveOption = Annotated[
    bool, option("--live", help="Serve a page on this machine that shows the run.", default="off", panel="Output",
                 envvar="VQCLIP_LIVE"),
]  # fmt: skip
OpenOption = Annotated[
    bool, option("--open", help="Open the result with the desktop's viewer.", default="off", panel="Output")
]


def complete_preset(incomplete: str) -> list[str]:
    """Complete the name of a preset in the shell."""
    from vqclip.settings import presets

    return [name for name in presets.presets() if name.startswith(incomplete)]


PresetOption = Annotated[
    str | None,
    option("--preset", help="Apply a preset: a name or YAML file of settings.", default="normal", metavar="NAME",
           panel="Models", autocompletion=complete_preset),
]  # fmt: skip
ConfigOption = Annotated[
    list[Path] | None,
    option("--config", help="Read settings from a YAML file; repeat, the last wins.", default="none", metavar="FILE",
           panel="Models"),
]  # fmt: skip


@contextlib.contextmanager
def files_first(*paths: Path | None) -> Iterator[None]:
    """Report an input that is missing rather than the options that the block refuses. Raises InputError."""
    from vqclip.errors import InputError
    from vqclip.files import exists, printable

    try:
        yield
    except UsageError:
        for path in paths:
            if path is not None and not exists(path):
                message = f"Cannot read {printable(path)}: there is no such file."
                raise InputError(message, "Check the path.") from None
        raise


def folder_name(output: Path | None) -> Path | None:
    """Refuse the name of a picture or video for a new folder. Raises UsageError."""
    from vqclip.files import is_folder, printable
    from vqclip.media.image_folder import SUFFIXES
    from vqclip.settings.video_formats import FORMATS

    suffixes = {*SUFFIXES, *(known.suffix for known in FORMATS.values())}
    if output is not None and output.suffix.lower() in suffixes and not is_folder(output):
        shown = printable(output.with_suffix(""))
        raise UsageError(
            f"output {printable(output)} is named like a file, but a run is a folder of files.",
            f"Give a folder, as in: -o {shown}; the picture is then {shown}/image.png.",
        )
    return output


OutputOption = Annotated[
    Path | None,
    option(
        "--output",
        "-o",
        help="Write the run to this folder.",
        callback=folder_name,
        default="a new one in runs/",
        metavar="DIR",
        panel="Output",
    ),
]
OverwriteOption = Annotated[
    bool, option("--overwrite", help="Replace another run in that folder.", default="off", panel="Output")
]
JobsOption = Annotated[
    int | None,
    option("--jobs", "-j", help="Run this many at once, each in its own process with its share of the cores or a "
           "GPU.", default="one for each core for four runs or more of the built-in models, else 1", metavar="N",
           min=1, max=64),
]  # fmt: skip


def reveal(console: Console, found: Mapping[str, Any], *, preview: bool, viewer: bool) -> None:
    """Show a result in the terminal or in the desktop's viewer, unless the output is piped.

    Args:
        console: Of the command.
        found: Paths by kind. A sheet is preferred to a picture, and a viewer shows the report if there is one.
        preview: Show it in the terminal.
        viewer: Open it in the viewer.
    """
    if console.as_json or not (preview or viewer):
        return
    from vqclip.cli.preview import launch, show
    from vqclip.object_store import address_of

    picture = found.get("sheet") or found.get("image") or found.get("report")
    if address_of(picture):
        console.note(f"{picture} is in an object store and is not shown here.")
        return
    if preview and picture:
        show(Path(picture))
    chosen = found.get("report") or picture
    if viewer and chosen and not launch(Path(chosen)):
        console.note(f"warning: nothing here opens {chosen}; is there a desktop with xdg-open?")


def console_for(*, as_json: bool, quiet: bool, preview: bool = False) -> Console:
    """Return the console of one command. preview: Show a picture at a terminal while it is drawn."""
    from vqclip.cli.console import Console

    return Console(as_json=as_json, quiet=quiet, preview=preview)


def follow(start: Callable[[Stop], Iterator[Event]], console: Console, *, live: bool = False) -> dict[str, Any]:
    """Show the events of a run until it ends or a signal stops it.

    live: Show them in a browser too. Returns what `Console.finish` returns.
    """
    from vqclip.cli.signals import StopSignals
    from vqclip.events import CandidateScored, JobStepped, Saved, Started

    with StopSignals() as stop, _page(stop, console, live=live) as page:
        events = start(stop)
        try:
            for event in events:
                number = stop()
                if number is not None and not stop.optimising:
                    # The signal came during an import that suppressed the exception.
                    raise Interrupted("stopped at once.", "", number)
                stop.optimising = stop.optimising or isinstance(event, (Started, CandidateScored, JobStepped, Saved))
                console.show(event)
                if page is not None:
                    page.show(event)
        except RunsFailed as error:
            if console.quiet or console.as_json:
                raise
            # The reasons are on the screen already.
            raise RunsFailed(f"{error.message.partition(RunsFailed.FOR_ONE)[0]}.", error.hint) from None
    return console.finish()


def _page(stop: StopSignals, console: Console, *, live: bool) -> contextlib.AbstractContextManager[LivePage | None]:
    if not live:
        return contextlib.nullcontext()
    from vqclip.cli.live import live_page

    return live_page(stop, console)


def with_settings(
    command: Callable[..., None],
    takes: str | None = None,
    *,
    without: Sequence[str] = (),
    short: Mapping[str, str] = SHORT,
    helps: Mapping[str, str] | None = None,
    default: str = "",
) -> Callable[[], None]:
    """Give a command one option per setting in place of its `**settings`.

    The function that is returned only holds the place of the command: a `SettingsGroup` makes the options when the
    command is called. To import the schema and to make the options of every command takes longer than everything
    else at start.

    Args:
        command: The function of the command.
        takes: The command's name in the schema's lists of what a command takes; None takes all settings.
        without: Settings that the command does not take.
        short: One-letter flags by setting.
        helps: Help lines in place of those of the settings, where a command takes less than a run does.
        default: What holds without an option, in words; empty for the defaults of the settings.
    """

    def placeholder() -> None:
        raise AssertionError("a SettingsGroup calls the command itself")

    def whole(name: str) -> Any:
        from vqclip.cli.options import make_command
        from vqclip.settings.schema import options, options_of

        names = [name for name in (options() if takes is None else options_of(takes)) if name not in without]
        return make_command(command, name, names, short, helps or {}, default)

    placeholder.__name__, placeholder.__doc__ = command.__name__, command.__doc__
    placeholder.whole = whole  # type: ignore[attr-defined]
    return placeholder

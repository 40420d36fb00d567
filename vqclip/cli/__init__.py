"""The command line: options to settings, one call, and its events to the console."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer

from vqclip import __version__
from vqclip.cli import config, films, many, models, pictures, run, scoring, tokens
from vqclip.cli.options import SettingsGroup
from vqclip.errors import Interrupted, ReaderGone, UsageError, VqclipError
from vqclip.terminal.signals import StopSignals

EXIT_CODES = """
Exit codes: 0 done, 1 failed, 2 usage or settings, 3 model refused, 4 input file,
5 output or disk, 6 diverged, 7 out of memory, 8 no video encoder, 129, 130 and 143
stopped by SIGHUP, SIGINT or SIGTERM (go on with `vqclip resume DIR`), 141 the reader
of the output went away.
"""


class _Root(SettingsGroup):
    """The first page of help in plain text: loading rich would double the time that it takes."""

    def __init__(self, **known: Any) -> None:
        super().__init__(**{**known, "rich_markup_mode": None})


app = typer.Typer(
    name="vqclip",
    cls=_Root,
    help="Text to image with VQGAN and CLIP.",
    epilog=EXIT_CODES.replace("\n", " ").strip(),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"vqclip {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit. [default: off]",
            is_eager=True,
            callback=_show_version,
            show_default=False,
        ),
    ] = False,
) -> None:
    """Text to image with VQGAN and CLIP."""


run.add_to(app)
many.add_to(app)
films.add_to(app)
scoring.add_to(app)
tokens.add_to(app)
models.add_to(app)
pictures.add_to(app)
config.add_to(app)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the code that `EXIT_CODES` lists."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Spinning OpenMP threads take whole cores from their neighbours; idle ones should sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    try:
        # Commands that keep a run at a signal ask for themselves; the others end, and tidy up, at once.
        with StopSignals():
            code = app(args=arguments, prog_name="vqclip", standalone_mode=False)
    except (ReaderGone, BrokenPipeError):
        _let_go()
        return ReaderGone.exit_code
    except VqclipError as error:
        _fail(error, arguments)
        try:
            sys.stdout.flush()
        except OSError:
            _let_go()
        return error.exit_code
    except typer.TyperException as error:
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if type(error).__name__ == "NoArgsIsHelpError":
            print(message)
            return 0
        hint = "See --help for what is valid."
        if "--continue" in message:
            hint = "Go on from a finished run with: vqclip continue RUN, or --init-run RUN."
        usage = UsageError(message.replace("\n", " "), hint)
        _fail(usage, arguments)
        return usage.exit_code
    except KeyboardInterrupt:
        _fail(Interrupted("stopped at once."), arguments)
        return 130
    return code if isinstance(code, int) else 0


def _let_go() -> None:
    """Give up standard output: the interpreter would try once more to flush what nobody reads or no disk takes."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: VqclipError, arguments: Sequence[str]) -> None:
    from vqclip.terminal.console import Console

    if os.environ.get("VQCLIP_DEBUG"):
        import traceback

        traceback.print_exc()
    Console(as_json="--json" in arguments).fail(error)

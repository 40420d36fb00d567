"""The command line: options to settings, one call, and its events to the console.

Little is imported here: what is imported inside `_run` is covered by its signals and its guard.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from vqclip.cli import failures, streams
from vqclip.cli.signals import StopSignals
from vqclip.errors import VqclipError
from vqclip.runtime import limits


def __getattr__(name: str) -> Any:
    """The typer application, `app`, which is imported when it is first used."""
    if name == "app":
        from vqclip.cli.program import app

        return app
    raise AttributeError(f"module 'vqclip.cli' has no attribute {name!r}")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the code that `EXIT_CODES` lists."""
    streams.prepare()
    limits.guard_imports()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    # Spinning OpenMP threads take whole cores from their neighbours; idle processors should sleep.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(_run(arguments))


def _run(arguments: list[str]) -> int:
    try:
        # Commands that keep a run at a signal ask for themselves; the others end, and tidy up, at once.
        with StopSignals():
            from vqclip.cli.program import app

            code = app(args=arguments, prog_name="vqclip", standalone_mode=False)
            streams.flush()
    except SystemExit:
        raise
    except BaseException as problem:
        return _end(problem, arguments)
    return code if isinstance(code, int) else 0


def _end(problem: BaseException, arguments: Sequence[str]) -> int:
    """Show what ended a command, and return its exit code."""
    if failures.is_help(problem):
        print(problem)
        return 0
    error = failures.classify(problem)
    if os.environ.get("VQCLIP_DEBUG"):
        import traceback

        traceback.print_exception(problem)
    # The frames hold what filled the memory that printing needs.
    failures.release(problem)
    if error.kind == "reader":
        streams.give_up_output()
    else:
        _show(error, as_json="--json" in arguments)
        streams.finish_output()
    return error.exit_code


def _show(error: VqclipError, *, as_json: bool) -> None:
    try:
        from vqclip.cli.console import Console

        Console(as_json=as_json).fail(error)
    except (MemoryError, ImportError, OSError, RuntimeError, SystemError):
        # Neither the console nor rich could be loaded: the limit that ended the command holds for them too.
        os.write(2, f"error: {error.message}\n{error.hint}\n".encode("ascii", "backslashreplace"))

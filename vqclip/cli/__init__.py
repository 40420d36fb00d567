"""The entry point of the command line: signals, standard streams and exit codes.

Little is imported here. Imports inside `_run` are covered by its handling of signals and errors.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from vqclip.cli import failures, streams
from vqclip.cli.signals import StopSignals
from vqclip.errors import VqclipError
from vqclip.object_store import address_of, allow, redacted
from vqclip.runtime import limits, snapshot_request


def __getattr__(name: str) -> Any:
    """Import the typer application `app` when it is first used."""
    if name == "app":
        from vqclip.cli.program import app

        return app
    raise AttributeError(f"module 'vqclip.cli' has no attribute {name!r}")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with the code that `EXIT_CODES` lists."""
    streams.prepare()
    limits.guard_imports()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    limits.let_threads_sleep()
    code = _run(arguments)
    # Without this, Python collects garbage again at exit, which takes 0.4 s after torch was imported.
    gc.freeze()
    sys.exit(code)


def _run(arguments: list[str]) -> int:
    try:
        # Commands that save a run handle signals themselves; the others clean up and end at once.
        with StopSignals(), snapshot_request.on_signal():
            from vqclip.cli.program import app

            for address in filter(None, map(address_of, arguments)):
                allow(address)
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

        print(redacted("".join(traceback.format_exception(problem))), end="", file=sys.stderr)
    # The frames of the exception hold memory that printing may need.
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
        # The limit that ended the command, as of memory, keeps rich from loading too.
        os.write(2, f"error: {error.message}\n{error.hint}\n".encode("ascii", "backslashreplace"))

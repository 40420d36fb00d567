"""Turn any exception that ends a command into an error with an exit code, instead of a traceback."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from vqclip.cli.slips import hint_for
from vqclip.errors import InputError, Interrupted, OutOfMemory, UsageError, VqclipError
from vqclip.files import output_error, printable
from vqclip.reading import MORE_MEMORY, is_out_of_memory, reason

EXIT_CODES = """
Exit codes: 0 done, 1 failed, 2 usage or settings, 3 model refused, 4 input file,
5 output or disk, 6 diverged, 7 out of memory, 8 no video encoder, 9 some runs of a
batch or sweep failed, 129, 130 and 143 stopped by SIGHUP, SIGINT or SIGTERM (the
message says how to continue), 141 the reader of the output is gone.
"""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_OF_A_PATH = (
    errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.EIO,
    errno.ESTALE, errno.EINVAL, errno.EEXIST,
)  # fmt: skip
_THREAD_WORDS = ("can't start new thread", "cannot start new thread", "thread creation failed",
                 "resource temporarily unavailable")  # fmt: skip


def is_help(problem: BaseException) -> bool:
    """Return whether an exception is typer's for a command without arguments, whose text is the help."""
    return type(problem).__name__ == "NoArgsIsHelpError"


def classify(problem: BaseException) -> VqclipError:
    """Return the error for an exception: itself, one by its kind, or one for a bug."""
    if isinstance(problem, VqclipError):
        return problem
    if isinstance(problem, KeyboardInterrupt) or type(problem).__name__ == "Abort":
        return Interrupted("stopped at once.")
    return _of_usage(problem) or _of_limits(problem) or _of_files(problem) or _bug(problem)


def release(problem: BaseException) -> None:
    """Free the frames of an exception and of its causes, with what they hold."""
    for each in list(_chain(problem)):
        each.__traceback__ = None
    gc.collect()


def _of_usage(problem: BaseException) -> UsageError | None:
    """Return the error for an exception of typer about the arguments."""
    typer = sys.modules.get("typer")
    if typer is None or not isinstance(problem, typer.TyperException):
        return None
    message = problem.format_message() if hasattr(problem, "format_message") else str(problem)
    hint = "See --help for what is valid."
    if "unexpected extra argument" in message:
        hint = 'Put a text of several words in quotes, as in: vqclip generate "a red apple"'
    elif message.startswith("Missing") and (examples := _examples(problem)):
        hint = f"Write it as in: {examples[0]}"
    elif named := getattr(problem, "option_name", None):
        message = message.partition(" (Possible options")[0]
        if named in ("-p", "--prompt", "--prompts", "--text") and (examples := _examples(problem)):
            hint = f"The prompt needs no option, as in: {examples[0]}"
        else:
            command = getattr(getattr(problem, "ctx", None), "command", None)
            parameters = getattr(command, "params", ())
            hint = hint_for(named, [flag for one in parameters for flag in (*one.opts, *one.secondary_opts)])
    return UsageError(message.replace("\n", " "), hint)


def _examples(problem: BaseException) -> tuple[str, ...]:
    """The examples of the command whose arguments are wrong."""
    from vqclip.cli.help import EXAMPLES

    return EXAMPLES.get(getattr(getattr(problem, "ctx", None), "command_path", ""), ())


def _of_limits(problem: BaseException) -> VqclipError | None:
    """Return the error for a limit of the system: memory, threads, descriptors."""
    for each in _chain(problem):
        number = each.errno if isinstance(each, OSError) else None
        text = str(each).lower()
        if number in (errno.EMFILE, errno.ENFILE) or "too many open files" in text:
            return VqclipError("too many files are open at once.", "Raise the limit (ulimit -n).")
        if not isinstance(each, (MemoryError, OSError, ImportError, RuntimeError, SystemError)):
            continue
        if number == errno.EAGAIN or any(words in text for words in _THREAD_WORDS):
            return OutOfMemory("the system refuses this process more threads.", "Raise the limit (ulimit -u).")
        if is_out_of_memory(each):
            return OutOfMemory("the system refuses this process more memory.", MORE_MEMORY)
    return None


def _of_files(problem: BaseException) -> VqclipError | None:
    """Return the error for a failed file operation that no other code has described."""
    if isinstance(problem, RuntimeError) and str(problem).startswith("Symlink loop from"):
        # Path.resolve raises this before Python 3.13.
        return InputError("Cannot use a path: it has too many levels of symbolic links.", "Check the path.")
    if not isinstance(problem, OSError):
        return None
    named = problem.filename if isinstance(problem.filename, (str, bytes)) else None
    path = os.fsdecode(named) if named is not None else "a file"
    if problem.errno in _FULL:
        return output_error(path, problem)
    if named is not None and problem.errno in _OF_A_PATH:
        said = problem.strerror or "the system refuses it"
        return InputError(f"Cannot use {printable(path)}: {said[:1].lower()}{said[1:]}.", "Check the path.")
    if problem.errno == errno.ENOENT and not _has_working_folder():
        return UsageError("the working folder does not exist any more.", "Change to another folder (cd).")
    return None


def _bug(problem: BaseException) -> VqclipError:
    kind = type(problem).__name__
    return VqclipError(
        f"unexpected error: {kind}: {reason(problem)}." if str(problem).strip() else f"unexpected error: {kind}.",
        "Please report it; set VQCLIP_DEBUG=1 for details.",
    )


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """Yield an exception and its causes, at most ten."""
    seen: list[BaseException] = []
    each: BaseException | None = problem
    while each is not None and each not in seen and len(seen) < 10:
        seen.append(each)
        yield each
        each = each.__cause__ or each.__context__


def _has_working_folder() -> bool:
    try:
        Path.cwd()
    except OSError:
        return False
    return True

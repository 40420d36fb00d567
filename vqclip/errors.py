"""The errors of vqclip, each with its exit code.

Every error that a user can cause or fix is a `VqclipError`. Its message names the input and what is wrong, and `hint`
says what to do next. `vqclip.cli.failures` maps every other exception to an exit code.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable

# A message quotes at most this many characters of an input, such as a very long prompt or path.
MESSAGE_LENGTH = 2000


class VqclipError(Exception):
    """An error that is shown to the user as one line.

    Args:
        message: names the input and what is wrong.
        hint: what to do next, or an empty string.
    """

    exit_code = 1
    kind = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        message = shortened(message)
        super().__init__(message)
        self.message = message
        self.hint = shortened(hint.strip())

    def reword(self, spell: Callable[[str], str]) -> None:
        """Change the words of the message and the hint."""
        self.message, self.hint = spell(self.message), spell(self.hint)
        self.args = (self.message, *self.args[1:])

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(VqclipError):
    """An option, a prompt or a settings file is invalid."""

    exit_code = 2
    kind = "usage"


class ModelError(VqclipError):
    """A checkpoint or a model configuration is missing, damaged, of another kind or unsafe."""

    exit_code = 3
    kind = "model"


class NotDownloaded(ModelError):
    """A known model is not on this machine."""


class InputError(VqclipError):
    """An input file cannot be read: a picture, a video, prompts, labels."""

    exit_code = 4
    kind = "input"


class OutputError(VqclipError):
    """The output cannot be written, is in use, or the disk is full."""

    exit_code = 5
    kind = "output"


class Diverged(VqclipError):
    """The loss or its gradient is no longer finite."""

    exit_code = 6
    kind = "diverged"


class OutOfMemory(VqclipError):
    """The device has too little memory for this size and these cutouts."""

    exit_code = 7
    kind = "memory"


class EncoderError(VqclipError):
    """No encoder for the video format is available."""

    exit_code = 8
    kind = "encoder"


class InUse(OutputError):
    """Another process holds the lock of a run."""

    kind = "in_use"


class RunsFailed(VqclipError):
    """Some runs of a batch or sweep failed; the others are done. FOR_ONE is between their number and a reason."""

    exit_code = 9
    kind = "runs"
    FOR_ONE = ", for one: "


class ReaderGone(VqclipError):
    """The reader of standard output has closed it, as `| head` does."""

    exit_code = 141
    kind = "reader"


class Interrupted(VqclipError):
    """A signal stopped the run after its step was finished and saved.

    Args:
        message: where the run stopped.
        hint: the command that resumes it.
        signal_number: 2 for SIGINT (exit code 130), 15 for SIGTERM (143), 1 for SIGHUP (129).
    """

    kind = "interrupted"

    def __init__(self, message: str, hint: str = "", signal_number: int = 2) -> None:
        super().__init__(message, hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


def shortened(text: str, length: int = MESSAGE_LENGTH) -> str:
    """Shorten a text to at most `length` characters by leaving out its middle."""
    if len(text) <= length:
        return text
    half = (length - 3) // 2
    return f"{text[:half]}...{text[len(text) - half :]}"


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return a hint with the known name closest to `name`, ignoring case, or `otherwise` if none is close."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=1)
    return f"Did you mean {by_fold[close[0]]!r}?" if close else otherwise

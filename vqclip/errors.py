"""What can go wrong, each with a stable exit code and a next step for the reader.

Every error that a user can cause or cure is one of these. The message names the input and what is wrong with
it; `hint` says what to do next. Any other exception that ends a command gets its code in `vqclip.cli.failures`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

# What a message may quote of an input: a prompt or a path of thousands of characters is shown by its two ends.
MESSAGE_LENGTH = 2000


class VqclipError(Exception):
    """A failure that is meant to be shown: one line, one hint, one exit code.

    message: names the input and what is wrong. hint: the next step, or an empty string.
    """

    exit_code = 1
    kind = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        message = shortened(message)
        super().__init__(message)
        self.message = message
        self.hint = shortened(hint.strip())

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(VqclipError):
    """An option, a prompt or a settings file that cannot be meant."""

    exit_code = 2
    kind = "usage"


class ModelError(VqclipError):
    """A checkpoint or a model configuration that is missing, damaged, foreign or unsafe."""

    exit_code = 3
    kind = "model"


class InputError(VqclipError):
    """An input file that cannot be read: a picture, a film, prompts, labels."""

    exit_code = 4
    kind = "input"


class OutputError(VqclipError):
    """A place that cannot be written, is in use, or is full."""

    exit_code = 5
    kind = "output"


class Diverged(VqclipError):
    """The loss or its gradient stopped being a finite number."""

    exit_code = 6
    kind = "diverged"


class OutOfMemory(VqclipError):
    """The device has no memory left for this size and these cutouts."""

    exit_code = 7
    kind = "memory"


class EncoderError(VqclipError):
    """No encoder for the wanted video format is at hand."""

    exit_code = 8
    kind = "encoder"


class ReaderGone(VqclipError):
    """Whoever read standard output went away (`| head`): nothing is left to say, and nobody to say it to."""

    exit_code = 141
    kind = "reader"


class Interrupted(VqclipError):
    """A signal ended the run after its step was finished and kept.

    signal_number: 2 for SIGINT (exit code 130), 15 for SIGTERM (143), 1 for SIGHUP (129).
    """

    kind = "interrupted"

    def __init__(self, message: str, hint: str = "", signal_number: int = 2) -> None:
        super().__init__(message, hint)
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number


def shortened(text: str, length: int = MESSAGE_LENGTH) -> str:
    """A text of at most `length` characters: a longer one keeps its beginning and its end."""
    if len(text) <= length:
        return text
    half = (length - 3) // 2
    return f"{text[:half]}...{text[len(text) - half :]}"


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint for a name that is not known: the known one spelt most like it, whatever its case; else `otherwise`."""
    by_fold = {candidate.casefold(): candidate for candidate in known}
    close = difflib.get_close_matches(name.casefold(), by_fold, n=1)
    return f"Did you mean {by_fold[close[0]]!r}?" if close else otherwise

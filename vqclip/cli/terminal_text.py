"""Text that is safe to show in a terminal, and in columns that stay in place."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import TextIO

LINE_SECONDS = 10.0
"""Between two lines of progress where there is no bar."""
_ISOLATE = re.compile("\u2068[^\u2066-\u2069\u202a-\u202e\n]*\u2069")


def plain(text: str) -> str:
    """Escape control and direction characters, which could change the terminal; joiners and whole isolates stay."""
    kept = {at for found in _ISOLATE.finditer(text) for at in (found.start(), found.end() - 1)}
    return "".join(
        c if c.isprintable() or c in "\n\u200c\u200d" or at in kept else c.encode("unicode_escape").decode()
        for at, c in enumerate(text)
    )


def cell(text: str, width: int = 0, stream: TextIO | None = None) -> str:
    """Fill a cell of a table up to so many columns of the terminal.

    On a Unicode terminal, text that is read from right to left is isolated, so that the cells after it keep their
    place. stream: Where the table goes, standard output by default.
    """
    shown = plain(text)
    if shown.isascii():
        return shown.ljust(width)
    from rich.cells import cell_len

    stream = stream or sys.stdout
    blanks = " " * (width - cell_len(shown))
    unicode = (stream.encoding or "").lower().startswith("utf") and stream.isatty()
    leftwards = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in shown)
    return f"\u2068{shown}\u2069{blanks}" if unicode and leftwards else shown + blanks

"""Names of files and folders from any text, in its own script where the file system takes that; emoji as words."""

from __future__ import annotations

import hashlib
import re
import sys
import unicodedata
from collections.abc import Sequence
from itertools import accumulate

_WINDOWS_NAMES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)


def slug(text: str, limit: int = 60) -> str:
    """Return a file name for any text: its words with dashes between them, never a reserved name.

    Words keep their script, in Unicode's normal form C. A Latin letter loses its accents, and emoji become their
    names. Where the encoding of file names lacks a letter, the text is transliterated. A text without letters or
    digits becomes its digest.

    Args:
        text: Any text.
        limit: Of the name, at least 16: so many characters, and twice as many bytes.
    """
    if limit < 16:
        raise ValueError(f"limit must be at least 16, not {limit}")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    words = _ascii_words(text) if text.isascii() else _words(text)
    name = _shortened(words if _is_encodable(words) else _ascii_words(transliterated(words)), limit)
    if not name:
        return digest
    return f"{name}-{digest[:8]}" if name in _WINDOWS_NAMES else name


def transliterated(text: str) -> str:
    """Write a text in ASCII: emoji by their names, other letters by what sounds or looks like them."""
    from anyascii import anyascii

    return text if text.isascii() else anyascii(with_emoji_named(text))


def with_emoji_named(text: str) -> str:
    """Replace the emoji of a text by their names, with blanks around them."""
    if text.isascii():
        return text
    import emoji

    return emoji.replace_emoji(text, lambda _, known: f" {known['en'].strip(':').replace('_', ' ')} ")


def clusters(text: str) -> Sequence[str]:
    """The user-perceived characters of a text: a letter with its marks, an emoji with its modifiers."""
    if text.isascii():
        return text
    import regex

    return list(regex.findall(r"\X", text))


def _ascii_words(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _words(text: str) -> str:
    import regex

    # Joiners are not seen in a name.
    named = regex.sub(r"[\u200c\u200d]", "", with_emoji_named(text))
    lower = unicodedata.normalize("NFC", named).lower().replace("ß", "ss")
    folded = "".join(map(_without_accents, lower))
    # A mark that is left behind a Latin letter is an accent without a letter of its own.
    plain = regex.sub(r"(?<=[a-z0-9]\p{M}*)\p{M}", "", folded)
    return unicodedata.normalize("NFC", "-".join(regex.findall(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}]*", plain)))


def _without_accents(letter: str) -> str:
    """The ASCII that a letter consists of beside its accents, or the letter itself."""
    parts = [part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part)]
    return "".join(parts).lower() if parts and all(map(str.isascii, parts)) else letter


def _is_encodable(name: str) -> bool:
    try:
        name.encode(sys.getfilesystemencoding())
    except UnicodeEncodeError:
        return False
    return True


def _shortened(name: str, limit: int) -> str:
    """Cut a name between two characters, and between two words if that keeps more than half of it."""
    letters = clusters(name)
    sizes = enumerate(accumulate(len(letter.encode()) for letter in letters), 1)
    most = sum(count <= limit and size <= 2 * limit for count, size in sizes)
    if most == len(letters):
        return name
    dash = max((at for at, letter in enumerate(letters[: most + 1]) if letter == "-"), default=-1)
    return "".join(letters[: dash if dash > most // 2 else most]).rstrip("-")

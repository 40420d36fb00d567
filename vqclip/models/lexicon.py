"""The lexicon: words of 111 languages with the English that the built-in models know.

`training/lexicon.py` builds the files in `checkpoints/lexicon` from the names and keywords of emoji in CLDR. There is
one file for each script, which is read when a text first has a letter of it.
"""

from __future__ import annotations

import functools
import lzma
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex

from vqclip.errors import ModelError
from vqclip.files import data_path
from vqclip.reading import parse_json, read_bytes, refusing

SPACELESS = frozenset(("cjk", "thai", "lao", "khmer", "myanmar", "hangul"))
"""Scripts in which a word may begin behind any letter."""
_FITS = (1.0, 0.8, 0.65)
"""The fit of a word by its marks: one mark if it was matched to its English by several emoji, two if by one."""
_MAX_BYTES = 20_000_000
_WORDS = regex.compile(r"[\p{L}\p{M}\p{N}]+")
# Marks that many people leave out: Arabic and Hebrew vowels, the dot of Devanagari, tones of Greek.
_OPTIONAL = regex.compile(
    r"[\u0307\u0591-\u05c7\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u093c\u09bc\u0a3c\u200b-\u200f]"
)
_ALIKE = str.maketrans({
    "ı": "i", "œ": "oe", "æ": "ae", "ё": "е", "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ي": "ی", "ى": "ی", "ې": "ی",
    "ئ": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ۃ": "ه", "ۂ": "ه", "ە": "ه", "ھ": "ه", "ؤ": "و", "ँ": "ं", "ঁ": "ং",
    "’": " ", "'": " ", "ʼ": " ", "ß": "ss", "ø": "ö", "\u00ad": "",
})  # fmt: skip
_PLAIN = str.maketrans({"ł": "l", "đ": "d", "ð": "d", "þ": "th", "ə": "e", "ŋ": "n", "ħ": "h", "ɓ": "b", "ɗ": "d"})
_ACCENTED = regex.compile(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}]\p{M}*)\p{Mn}")
_CJK = ("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC", "HALFWIDTH", "FULLWIDTH")


def fold(text: str) -> str:
    """The words of a text with blanks between them, spelt as the lexicon looks them up."""
    if text.isascii():
        return " ".join(regex.findall(r"[a-z0-9]+", text.lower()))
    lower = unicodedata.normalize("NFKC", text).casefold().translate(_ALIKE)
    joined = regex.sub(r"(?<=\p{Arabic})\u200c", " ", lower)
    marked = unicodedata.normalize(
        "NFC", _OPTIONAL.sub("", unicodedata.normalize("NFC", joined)).replace("\u200d", "")
    )
    if regex.search(r"\p{Greek}|\u0301", marked):
        marked = regex.sub(r"(?<=\p{Greek}|\p{Cyrillic})[\u0300\u0301]", "", unicodedata.normalize("NFD", marked))
        marked = unicodedata.normalize("NFC", marked)
    return " ".join(_WORDS.findall(marked))


def plain(key: str) -> str:
    """A folded word without accents."""
    if key.isascii():
        return key
    bare = _ACCENTED.sub("", unicodedata.normalize("NFD", key.translate(_PLAIN)))
    return unicodedata.normalize("NFC", bare)


@functools.lru_cache(maxsize=4096)
def script_of(text: str) -> str:
    """The script of the first letter, as the lexicon names its files; empty without a letter."""
    # A modifier letter, such as the glottal stop of Tongan, belongs to the script of the letters around it.
    letter = next((one for one in text if one.isalpha() and unicodedata.category(one) != "Lm"), "")
    first = unicodedata.name(letter, "").partition(" ")[0] if letter else ""
    return "cjk" if first in _CJK else first.lower()


@dataclass(frozen=True)
class Entry:
    """A word of the lexicon.

    Attributes:
        languages: In which it has this meaning.
        english: Empty for an article or another word that English leaves out.
        fit: 1 for the very word; less for one without its accents, or for another form of it.
    """

    languages: tuple[str, ...]
    english: str
    fit: float = 1.0


class Words:
    """The words of one script. english: What they mean."""

    def __init__(self, path: Path) -> None:
        """Read the words. Raises ModelError."""
        with refusing(f"{path.name} is not a lexicon", "Install vqclip again.", ModelError):
            head, *self._lines = _unpacked(path).split("\n")
        self.english = head.split("\t")

    def exact(self, key: str) -> list[Entry]:
        """The entries of a folded word or phrase."""
        bare = plain(key)
        found: list[Entry] = []
        for index in range(bisect_left(self._lines, f"{bare}\t"), len(self._lines)):
            line = self._lines[index]
            if not line.startswith(f"{bare}\t"):
                break
            _, written, languages, number = line.split("\t")
            right = (written or bare) == key
            if right or key == bare or languages.strip("~") != "vi":
                found += self._entries(languages.split(","), number, 1.0 if right else 0.8)
        return found

    def forms(
        self, key: str, endings: Mapping[str, frozenset[str]], plurals: Mapping[str, Sequence[str]]
    ) -> list[Entry]:
        """The entries of which a folded word may be another form, by the endings of their languages.

        Args:
            key: The word.
            endings, plurals: As `about` says.
        """
        bare = plain(key)
        if len(bare) < 3:
            return []
        shortest = bare[: max(2, len(bare) - 5)]
        found: list[Entry] = []
        for index in range(bisect_left(self._lines, shortest), len(self._lines)):
            line = self._lines[index]
            if not line.startswith(shortest):
                break
            other, written, codes, number = line.split("\t")
            if other.count(" ") != bare.count(" ") or abs(len(other) - len(bare)) > 5:
                continue
            same = len(common_start(bare, other))
            for spelt in codes.split(","):
                code = spelt.lstrip("~")
                if code not in endings:
                    continue
                theirs = endings[code]
                stem = next((at for at in range(same, 1, -1) if bare[at:] in theirs and other[at:] in theirs), 0)
                plural = f"{bare[stem:]}-{other[stem:]}" in plurals.get(code, ())
                if stem >= 3 or (stem == 2 and (plural or max(len(bare), len(other)) <= 4)):
                    accents = 0 if key[:stem] == (written or other)[:stem] else 0.1
                    fit = 0.78 - 0.03 * (len(bare) + len(other) - 2 * stem) + 0.1 * plural - accents
                    found += self._entries([spelt], number, fit)
        return found

    def _entries(self, codes: Sequence[str], number: str, fit: float) -> Iterator[Entry]:
        """The entries of a line, apart by how sure they are."""
        for marks, sure in enumerate(_FITS):
            some = tuple(code.lstrip("~") for code in codes if code.count("~") == marks)
            if some:
                yield Entry(some, self.english[int(number)], fit * sure)


def common_start(one: str, other: str) -> str:
    """The letters that two words begin with."""
    size = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:size]


@functools.cache
def words_in(script: str) -> Words | None:
    """The words of a script; None where the lexicon has none."""
    path = data_path("checkpoints", "lexicon", f"{script}.xz")
    return Words(path) if path.exists() else None


def _unpacked(path: Path) -> str:
    return lzma.LZMADecompressor().decompress(read_bytes(path, _MAX_BYTES, ModelError), _MAX_BYTES).decode()


@functools.cache
def about() -> dict[str, Any]:
    """What languages.xz says, with sets for lists."""
    data: dict[str, Any] = parse_json(_unpacked(data_path("checkpoints", "lexicon", "languages.xz")))
    data["endings"] = {code: frozenset(endings) for code, endings in data["endings"].items()}
    return data | {"english": frozenset(data["english"].split()), "after": frozenset(data["after"])}


@functools.cache
def vocabulary() -> frozenset[str]:
    """The English words that the built-in models know."""
    path = data_path("checkpoints", "tiny_clip", "words.txt")
    lines = read_bytes(path, _MAX_BYTES, ModelError).decode().splitlines()
    return frozenset(line.partition(":")[0] for line in lines)

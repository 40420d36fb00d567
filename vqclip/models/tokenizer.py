"""CLIP's byte pair encoding (Radford et al. 2021), with the same tokens as open_clip's, without importing open_clip.

Importing open_clip takes longer than importing torch, and a run of the built-in models needs nothing else of it.
"""

from __future__ import annotations

import functools
import html
import importlib.util
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.reading import read_bytes, read_gzip, refusing

if TYPE_CHECKING:
    from torch import Tensor

_MERGES = 49152 - 256 - 2
_MAX_BYTES = 16_000_000
_MAX_LINE_BYTES = 1000
_MAX_WORDS_BYTES = 1_000_000
_SPECIAL = ("<start_of_text>", "<end_of_text>")
_SPECIAL_OF_ANY_CLIP = re.compile(r"<(start_of_text|end_of_text|startoftext\|?|endoftext\|?)>", re.IGNORECASE)
_PATTERN = rf"{'|'.join(_SPECIAL)}|'s|'t|'re|'ve|'m|'ll|'d|{{letters}}+|{{digits}}|{{others}}+"
_PLAIN = re.compile(
    _PATTERN.format(letters="[a-zA-Z]", digits="[0-9]", others=r"[^\sa-zA-Z0-9]"), re.IGNORECASE | re.ASCII
)


def is_slip(word: str, known: str) -> bool:
    """Whether a word is most likely a known one with a typing slip.

    The slips are two letters in the wrong order, from four letters on a letter that is missing, from five on one that
    is doubled, and from seven on a letter too many and another vowel. The first letter is right, and so is the end:
    another ending is more often another word. A short word that is a name or common is like a known one by chance.
    """
    pairs = enumerate(zip(word, known, strict=False))
    start = next((at for at, (one, other) in pairs if one != other), min(len(word), len(known)))
    rest, wanted = word[start:], known[start:]
    if len(word) < 3 or not start or not word.isascii():
        return False
    if len(word) == len(known):
        swapped = len(rest) > 1 and rest[0] == wanted[1] and rest[1] == wanted[0] and rest[2:] == wanted[2:]
        vowels = len(rest) > 1 and {rest[0], wanted[0]} <= set("aeiouy") and rest[1:] == wanted[1:]
        return (swapped and not _is_common(word)) or (vowels and len(word) >= 7)
    missing = rest == wanted[1:] and len(wanted) > 1 and len(word) >= 4
    doubled = rest[1:] == wanted and rest[:1] == word[start - 1] and len(word) >= 5
    extra = rest[1:] == wanted and len(rest) > 1 and len(word) >= 7
    return (missing and not _is_common(word)) or doubled or extra


def _is_common(word: str) -> bool:
    """Whether a word of up to four letters is one token of OpenAI's CLIP, as names and common words are."""
    return len(word) < 5 and word in _common_words()


@functools.cache
def _common_words() -> frozenset[str]:
    spec = importlib.util.find_spec("open_clip")
    place = Path(spec.origin).parent if spec is not None and spec.origin else Path()
    lines = read_gzip(place / "bpe_simple_vocab_16e6.txt.gz", _MAX_BYTES, ModelError).decode("utf-8").splitlines()
    return frozenset(line[:-4].replace(" ", "") for line in lines[1 : _MERGES + 1] if line.endswith("</w>"))


class Tokenizer:
    """Tokenises texts, with the interface of open_clip's SimpleTokenizer.

    vocab_size: Number of tokens, special ones included.
    """

    def __init__(self, merges: Path, context_length: int = 77) -> None:
        """Read the merges: gzipped text with one pair per line after the first line. Raises ModelError."""
        lines = read_gzip(merges, _MAX_BYTES, ModelError).split(b"\n", _MERGES + 1)[1 : _MERGES + 1]
        if any(len(line) > _MAX_LINE_BYTES for line in lines):
            raise ModelError(
                f"{printable(merges)} has a line of more than {_MAX_LINE_BYTES} bytes.", "Fetch it again."
            )
        with refusing(f"{printable(merges)} is not UTF-8 text", "Fetch it again.", ModelError):
            pairs = [tuple(line.decode("utf-8").split()) for line in lines]
        letters = list(_letters().values())
        words = [*letters, *(letter + "</w>" for letter in letters), *map("".join, pairs), *_SPECIAL]
        self.context_length = context_length
        self.vocab_size = len(set(words))
        self._ids = {word: number for number, word in enumerate(words)}
        self._words = {number: word for word, number in self._ids.items()}
        self._ranks = {pair: rank for rank, pair in enumerate(pairs)}
        self._start, self._end = (self._ids[word] for word in _SPECIAL)

    def __call__(self, texts: Sequence[str], context_length: int | None = None) -> Tensor:
        """Tokenise texts with start, end and padding: (len(texts), context_length) int64. Long texts are cut."""
        import torch

        length = context_length or self.context_length
        tokens = torch.zeros(len(texts), length, dtype=torch.long)
        for row, text in enumerate(texts):
            ids = [self._start, *self.encode(text), self._end][:length]
            ids[-1] = self._end
            tokens[row, : len(ids)] = torch.tensor(ids)
        return tokens

    def encode(self, text: str) -> list[int]:
        """Tokenise a text without start and end tokens."""
        letters = _letters()
        found: list[int] = []
        for word in _split(_clean(text)):
            if word in _SPECIAL:
                found.append(self._ids[word])
            else:
                found += [self._ids[part] for part in self._merge([letters[byte] for byte in word.encode()])]
        return found

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens, with a blank after each word."""
        bytes_ = {letter: byte for byte, letter in _letters().items()}
        text = "".join(self._words[token] for token in tokens)
        return bytes(bytes_[letter] for letter in text).decode("utf-8", errors="replace").replace("</w>", " ")

    def _merge(self, parts: list[str]) -> list[str]:
        """Join neighbours in the order of the merges until no pair is left."""
        parts = [*parts[:-1], parts[-1] + "</w>"]
        while len(parts) > 1:
            first = min(pairwise(parts), key=lambda pair: self._ranks.get(pair, len(self._ranks)))
            if first not in self._ranks:
                break
            joined, at = [], 0
            while at < len(parts):
                both = tuple(parts[at : at + 2]) == first
                joined.append(parts[at] + parts[at + 1] if both else parts[at])
                at += 2 if both else 1
            parts = joined
        return parts


@functools.cache
def _letters() -> dict[int, str]:
    """A printable character for every byte, as in GPT-2."""
    seen = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    unseen = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {byte: chr(256 + place) for place, byte in enumerate(unseen)}


def _clean(text: str) -> str:
    """Repair the encoding of a text, and return it in lower case with single blanks."""
    if not _is_plain(text):
        import ftfy

        text = ftfy.fix_text(text)
    return " ".join(html.unescape(html.unescape(text)).split()).lower()


def _split(text: str) -> list[str]:
    if text.isascii():
        return _PLAIN.findall(text)
    import regex

    pattern = _PATTERN.format(letters=r"[\p{L}]", digits=r"[\p{N}]", others=r"[^\s\p{L}\p{N}]")
    return list(regex.findall(pattern, text, regex.IGNORECASE))


def _is_plain(text: str) -> bool:
    """Whether a text needs no repair: printable ASCII without entities of HTML."""
    return text.isascii() and text.isprintable() and "&" not in text


def read_vocabulary(folder: Path | None) -> dict[str, tuple[str, ...]]:
    """Read words.txt in a CLIP's folder: one word per line; after a colon, the words that a rare one occurs with."""
    path = folder / "words.txt" if folder is not None else None
    if path is None or not path.exists():
        return {}
    data = read_bytes(path, _MAX_WORDS_BYTES, ModelError, empty=True)
    lines = data.decode("utf-8", errors="ignore").splitlines()
    entries = [line.partition(":") for line in lines if line.strip()]
    return {
        word.strip(): tuple(name.strip() for name in names.split(",") if name.strip()) for word, _, names in entries
    }


@dataclass(frozen=True)
class WordCheck:
    """What the vocabulary of a CLIP says about the words of a text.

    Attributes:
        unknown: The words that it lacks, each with the word that was meant, or "".
        rare: The words that were rare in training, each with the words that it occurred with.
        nothing_known: Whether the text has words other than function words, and the vocabulary has none of them.
    """

    unknown: dict[str, str]
    rare: dict[str, tuple[str, ...]]
    nothing_known: bool


def neutral(text: str) -> str:
    """Break up the names of special tokens in a text, so that they are read as words, and compose its accents."""
    return _SPECIAL_OF_ANY_CLIP.sub(lambda match: f"< {match[1]} >", unicodedata.normalize("NFC", text))

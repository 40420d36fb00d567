"""Read a prompt of any language as the English that the built-in models know.

The words are those of the lexicon, longest match first. The language of a text is the one whose words cover most of
it; words that this language lacks may be of any other.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import regex

from vqclip.models import lexicon
from vqclip.models.english import ADJECTIVES, AMERICAN, Part, sentence
from vqclip.models.lexicon import SPACELESS, Entry, about, fold, script_of, vocabulary, words_in
from vqclip.names import with_emoji_named
from vqclip.settings.prompts import Prompt, format

LONGEST = 12
"""Words of the longest phrase that is looked up, and a quarter of the letters in scripts without blanks."""
# Languages that win where several read a text alike: by their speakers who type them.
PREFERRED = (
    "en zh es hi fr ar bn pt ru ur id de ja mr te tr ta vi ko it th fa pl uk nl gu ro el hu cs sv he ms fil sw da fi "
    "no bg sk hr sr ca pa ml kn my km am az uz kk lt sl lv et ka hy af gl eu is ga cy sq mk ne si lo yue ps sd"
)
_RANK = {code: -place for place, code in enumerate(PREFERRED.split())}
_PIECES = regex.compile(r"[\p{L}\p{M}\p{N}\u200c\u200d]+(?:['‘’ʼ\-][\p{L}\p{M}\p{N}\u200c\u200d]+)*")
_EMOJI = regex.compile(r"[\p{Emoji_Presentation}\p{Extended_Pictographic}\ufe0f\u200d]+")
_JOINED = regex.compile(r"[\s'‘’ʼ\-\u200b-\u200f]*")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_BRITISH = regex.compile(rf"\b(?:{'|'.join(AMERICAN)})\b", regex.IGNORECASE)
_WITH_VERB = regex.compile(r"\b(i|you|we|they|he|she|it|that|there|who|what)['’](?:re|ve|ll|d|m)\b", regex.IGNORECASE)
_WITH_NOT = regex.compile(r"\b(ca|wo|sha|\w+)n['’]t\b", regex.IGNORECASE)
_POSSESSIVE = regex.compile(r"(?<=[a-z])['’]s\b", regex.IGNORECASE)
_VERBS = {"ca": "can", "wo": "will", "sha": "shall"}
_COUNT, _MARKS = regex.compile(r"(?<![\w.,:/-])(\d{1,2})(?!\w|[.,:/-]\d)"), regex.compile(r"[^\w\s,]|[\d_]")


@dataclass(frozen=True)
class Reading:
    """A text in English.

    Attributes:
        english: The text with every word that the lexicon knows in English.
        replaced: Whether anything was.
        languages: Of the words that were replaced, the most frequent first.
    """

    english: str
    replaced: bool = False
    languages: tuple[str, ...] = ()


@functools.lru_cache(maxsize=1024)
def read(text: str, language: str = "auto") -> Reading:
    """Read a text as English.

    Args:
        text: In any languages.
        language: "auto" to find it out; the code of a language whose words come first, even before English ones; "en"
            to leave the text as it is.
    """
    if language == "en" or (language == "auto" and _is_english(text)):
        return Reading(text)
    whole = _name_with_marks(text, language)
    if whole is not None:
        return whole
    found: list[str] = []
    languages: list[str] = []
    replaced, before = False, ""
    for run, gap in _runs(text):
        alone = _EMOJI.search(before) and _EMOJI.search(gap)
        before = gap
        reading = (_link(run, language) if alone else None) or (_Run(run, language).read() if run else None)
        if reading is None:
            found += [run, gap]
            continue
        replaced = True
        languages += reading[1]
        found += [reading[0], gap]
    if not replaced:
        return Reading(text)
    order = sorted(dict.fromkeys(languages), key=lambda code: -languages.count(code))
    return Reading(" ".join("".join(found).split()), True, tuple(order))


def _link(run: str, language: str) -> tuple[str, list[str]] | None:
    """The English of one small word, as "y" or "und", that stands alone between emoji."""
    words = words_in(script_of(key := fold(run))) if run and not run.isspace() else None
    entries = [one for one in words.exact(key) if one.english and one.english in _SMALL] if words else []
    codes = [code for one in entries for code in one.languages if language in ("auto", code)]
    if not codes or run.strip().lower() in _SMALL:
        return None
    return next(one.english for one in entries if _first(codes) in one.languages), [_first(codes)]


def _name_with_marks(text: str, language: str) -> Reading | None:
    """A text that is one entry of the lexicon although it has marks, as in "Familie: 2 Kinder"."""
    key = fold(text)
    # Folded, a text is without its emoji, and they are things of their own.
    words = words_in(script_of(key)) if len(list(_runs(text))) > 1 and not _EMOJI.search(text) else None
    if words is None or (text.isascii() and _english_words().issuperset(key.split())):
        return None
    entries = [entry for entry in words.exact(key) if entry.english and entry.fit == 1]
    entries = [entry for entry in entries if language == "auto" or language in entry.languages]
    if not entries:
        return None
    code = language if language != "auto" else _first(entry_code for one in entries for entry_code in one.languages)
    entry = next(one for one in entries if code in one.languages)
    return Reading(entry.english.partition("|")[0], True, (code,))


@functools.lru_cache(maxsize=1024)
def legible(text: str, language: str = "auto") -> str:
    """A text as the built-in models read it: in English, and spelt out in words; see `spelt_out`."""
    return spelt_out(read(text, language).english)


def changes(text: str, language: str = "auto") -> bool:
    """Whether a text has words of other languages or emoji, so that its legible form has other words."""
    return read(text, language).replaced or (not text.isascii() and with_emoji_named(text) != text)


@functools.lru_cache(maxsize=1024)
def spelt_out(text: str) -> str:
    """Spell a text out in words that the built-in models were trained on.

    Emoji become their names, British words American ones, numbers up to ten words, and "isn't" becomes "is not".
    Other marks except commas become blanks: a full stop, which never occurred in training, would spoil the picture of
    every second text.
    """
    named = _uncontracted(with_emoji_named(text))
    counted = _COUNT.sub(lambda match: _NUMBERS[int(match[1])] if int(match[1]) <= 10 else match[1], named)
    american = _BRITISH.sub(lambda match: AMERICAN[match[0].lower()], _without_marks(counted))
    return " ".join(american.split())


def _uncontracted(text: str) -> str:
    """A text without the contractions of English verbs. The 's of "a dog's bone" occurred in training and stays."""
    if "'" not in text and "’" not in text:
        return text
    return str(
        _WITH_VERB.sub(r"\1", _WITH_NOT.sub(lambda match: f"{_VERBS.get(match[1].lower(), match[1])} not", text))
    )


def words_of(text: str) -> list[str]:
    """The words of a text in lower case: letters of any script with their vowel signs, without digits and marks."""
    if text.isascii():
        return list(regex.findall(r"[a-z]+", text.lower()))
    return list(regex.findall(r"\p{L}[\p{L}\p{M}\u200c\u200d]*", text.lower()))


def _without_marks(text: str) -> str:
    """Blanks in place of marks and digits, but vowel signs and joiners stay within a word."""
    if text.isascii():
        return str(_MARKS.sub(" ", text))
    joined = r"\p{M}\u200c\u200d"
    marks = rf"[^\p{{L}}\p{{N}}{joined}\s,]|[\p{{Nd}}_\uFE00-\uFE0F]|(?<![\p{{L}}{joined}])[{joined}]+"
    return str(regex.sub(marks, " ", text))


def read_story(scenes: Iterable[Sequence[Prompt]]) -> str | None:
    """The prompts of scenes in English, in the grammar of prompts; None where nothing is replaced."""
    scenes = list(scenes)
    texts = [prompt for scene in scenes for prompt in scene if prompt.kind == "text"]
    if not any(changes(prompt.text, prompt.language) for prompt in texts):
        return None

    def in_english(prompt: Prompt) -> Prompt:
        english = legible(prompt.text, prompt.language) if prompt.kind == "text" else ""
        return replace(prompt, text=english or prompt.text)

    return " ^ ".join(format([in_english(prompt) for prompt in scene]) for scene in scenes)


def _is_english(text: str) -> bool:
    """Whether the built-in models know every word, so that the lexicon need not be read."""
    plain = _EMOJI.sub(" ", text)
    words = words_of(_POSSESSIVE.sub("", _uncontracted(plain)))
    # A letter between emoji, as the Spanish "y", is a word of another language.
    alone = plain != text and any(len(word) == 1 and word != "a" for word in words)
    return plain.replace("’", "'").isascii() and not alone and vocabulary().issuperset(words)


def _runs(text: str) -> Iterator[tuple[str, str]]:
    """Words with nothing but blanks, apostrophes and hyphens between them, each run with what follows it."""
    start = end = 0
    for piece in _PIECES.finditer(text):
        if not _JOINED.fullmatch(text, end, piece.start()):
            yield text[start:end], text[end : piece.start()]
            start = piece.start()
        elif start == end:
            start = piece.start() if end == 0 and not text[: piece.start()].strip() else start
        end = piece.end()
    yield text[start:end], text[end:]


@dataclass
class _Unit:
    """A word, or a letter of a script without blanks. typed: As it is in the text."""

    key: str
    typed: str
    script: str
    glued: bool
    word: int


@dataclass
class _Span:
    """Units that an entry covers. before, behind: English of what is written together with the word."""

    start: int
    end: int
    entry: Entry
    before: str = ""
    behind: str = ""
    count: str = ""


@functools.lru_cache(maxsize=4096)
def _forms(words: lexicon.Words, key: str) -> list[Entry]:
    """The entries of which a folded word may be another form. Many texts of a file have the same words."""
    return words.forms(key, *_endings())


@functools.cache
def _english_words() -> frozenset[str]:
    """The words that the built-in models know, and others of English."""
    return frozenset(vocabulary() | about()["english"])


class _Run:
    """One run of words, and what the lexicon has for each part of it."""

    def __init__(self, text: str, language: str) -> None:
        self.language = language
        self.units = list(_units(text))
        self.spans: list[list[_Span]] = [list(self._from(start)) for start in range(len(self.units))]
        self.english = [unit.typed.isascii() and unit.key in vocabulary() for unit in self.units]
        for loan in (one.split() for one in about()["loans"]):
            for start in range(len(self.units) - len(loan) + 1):
                if [unit.key for unit in self.units[start : start + len(loan)]] == loan:
                    self.english[start : start + len(loan)] = [True] * len(loan)
        words = _english_words()
        self.maybe = [
            at or (unit.typed.isascii() and unit.key in words)
            for at, unit in zip(self.english, self.units, strict=True)
        ]

    def read(self) -> tuple[str, list[str]] | None:
        """The text in English with the languages of its words; None where nothing is replaced."""
        main = self._main_language()
        if main is None:
            return None
        path = self._best_path(main, alone=False)
        if not any(isinstance(part, _Span) for part in path):
            return None
        parts, languages = [], []
        for part in path:
            if isinstance(part, _Unit):
                parts.append(Part(part.typed, known=False, glued=part.glued, word=part.word))
                continue
            code = main if main in part.entry.languages else _first(part.entry.languages)
            languages.append(code)
            after, behind = code in about()["after"], about()["behind"].get(code, ())
            texts = [part.before, part.count, part.entry.english, part.behind]
            parts += [Part(text, after=after, behind=text in behind) for text in texts if text]
        return sentence(parts), languages

    def _from(self, start: int) -> Iterator[_Span]:
        """All spans that begin with a unit."""
        first = self.units[start]
        # A number is a part of what follows, as in the Japanese for one o'clock.
        script = next((unit.script for unit in self.units[start : start + 2] if unit.script), "")
        words = words_in(script)
        if words is None:
            return
        longest = LONGEST * 4 if first.glued else LONGEST
        for end in range(start + 1, min(len(self.units), start + longest) + 1):
            if any(unit.script not in (script, "") for unit in self.units[start:end]):
                break
            for entry in words.exact(_key(self.units[start:end])):
                yield _Span(start, end, entry)
        if not first.glued:
            yield from self._inflected(start, words)
            for end in range(start + 2, min(start + 3, len(self.units)) + 1):
                yield from (_Span(start, end, entry) for entry in _forms(words, _key(self.units[start:end])))

    def _inflected(self, start: int, words: lexicon.Words) -> Iterator[_Span]:
        key, end = self.units[start].key, start + 1
        for entry in _forms(words, key):
            count = "two" if key.endswith(tuple(about()["dual"].get(entry.languages[0], ()))) else ""
            yield _Span(start, end, entry, count=count)
        for code, prefixes in about()["prefixes"].items():
            for prefix, english in prefixes.items():
                rest = key.removeprefix(prefix)
                if rest != key and len(rest) > 1:
                    for entry in (*words.exact(rest), *_forms(words, rest)):
                        if code in entry.languages:
                            dual = entry.fit < 0.8 and rest.endswith(tuple(about()["dual"].get(code, ())))
                            count = "two" if dual else ""
                            lower = Entry((code,), entry.english, entry.fit - 0.15)
                            yield _Span(start, end, lower, before=english, count=count)
        for code, suffixes in about()["suffixes"].items():
            for suffix, (english, *ends) in suffixes.items():
                stem = key.removesuffix(suffix)
                if stem != key and len(stem) > 1:
                    for entry in (entry for last in ends for entry in words.exact(stem + last.strip("-"))):
                        if code in entry.languages:
                            yield _Span(start, end, Entry((code,), entry.english, 0.8), behind=english)

    def _main_language(self) -> str | None:
        """The language whose words cover most of the text; None for English."""
        if self.language != "auto":
            return self.language
        codes = {code for spans in self.spans for span in spans for code in span.entry.languages}
        scores = []
        for code in codes:
            path = [part for part in self._best_path(code, alone=True) if isinstance(part, _Span)]
            things = [part for part in path if part.entry.english not in _SMALL]
            foreign = sum(part.entry.fit for part in things if not all(self.maybe[part.start : part.end]))
            covered = sum(part.end - part.start for part in path)
            complete = covered == len(self.units)
            whole = complete and len(path) > 1 and not all(self.english) and min(part.entry.fit for part in path) == 1
            articles = any(not self.maybe[part.start] and part.entry.fit == 1 for part in path if part not in things)
            alike = articles and things and not self._is_mixed(code)
            if foreign >= (0.5 if complete else 0.9) or whole or alike:
                # Articles and numbers tell more of a language than nouns, which many have in common.
                bonus = 0.15 * sum(part.entry.fit == 1 for part in path if part not in things)
                scores.append((sum(map(self._weight, path)) + bonus, _RANK.get(code, -999), code))
        return max(scores)[2] if scores else None

    def _weight(self, span: _Span) -> float:
        count: float = span.end - span.start
        if self.units[span.start].glued:
            # In a script without blanks, two short words may be found in every longer one.
            count *= 0.5 * (count + 1)
        # A colour in another gender is likelier than a rare thing that is spelt so.
        likely = 0.08 if span.entry.fit < 0.8 and span.entry.english.partition("|")[0] in ADJECTIVES else 0
        return count * (span.entry.fit + likely) - 0.1

    def _best_path(self, main: str, *, alone: bool) -> list[_Span | _Unit]:
        """The parts that cover the text best: words of the lexicon, or units as they are.

        alone: Words of the main language only.
        """
        forced = self.language == main
        mixed = not forced and self._is_mixed(main) if not alone else False
        at: dict[int, tuple[float, list[_Span | _Unit]]] = {0: (0.0, [])}
        for start in range(len(self.units)):
            if start not in at:
                continue
            score, path = at[start]
            keep = 0.0
            if self.maybe[start] and not alone:
                keep = 0.05 if forced else 1.2 if mixed else 0.3 if self.english[start] else 0.1
            options: list[tuple[float, int, _Span | _Unit]] = [(score + keep, start + 1, self.units[start])]
            for span in self.spans[start]:
                theirs = main in span.entry.languages
                if not theirs and (alone or span.entry.fit < 1 or all(self.maybe[span.start : span.end])):
                    continue
                if not theirs and len(self.units[start].key) < 3 and not self.units[start].glued:
                    continue
                options.append((score + self._weight(span) - (0 if theirs else 0.5), span.end, span))
            for total, end, part in options:
                if end not in at or total > at[end][0]:
                    at[end] = (total, [*path, part])
        return at[len(self.units)][1]

    def _is_mixed(self, main: str) -> bool:
        """Whether the text has English words that the main language has not."""
        covered: set[int] = set()
        for part in self._best_path(main, alone=True):
            if isinstance(part, _Span):
                covered |= set(range(part.start, part.end))
        return any(known and at not in covered for at, known in enumerate(self.english))


_SMALL = frozenset(("", "and", "of", "with", "on", "in", "under", "beside"))


def _units(text: str) -> Iterator[_Unit]:
    # A zero-width space is where a line of Lao or Khmer may break; the lexicon has none.
    for number, word in enumerate(regex.findall(r"[\p{L}\p{M}\p{N}\u200c\u200d]+", text.replace("\u200b", ""))):
        script = script_of(word)
        if script not in SPACELESS:
            keys = fold(word).split()
            for key in keys:
                yield _Unit(key, word if len(keys) == 1 else key, script_of(key) or script, False, number)
            continue
        # Some vowel signs of Burmese and Shan are no part of a grapheme cluster.
        for letter in regex.findall(r"[a-zA-Z0-9]+|\X\p{M}*", word):
            yield _Unit(fold(letter) or letter, letter, script_of(letter), script_of(letter) in SPACELESS, number)


def _endings() -> tuple[Mapping[str, frozenset[str]], Mapping[str, Sequence[str]]]:
    return about()["endings"], about()["plurals"]


def _key(units: Sequence[_Unit]) -> str:
    """What the lexicon has for these units: letters without blanks, words with one between them."""
    text = units[0].key
    for one, other in pairwise(units):
        text += ("" if one.word == other.word and (one.glued or other.glued) else " ") + other.key
    return text


def _first(codes: Iterable[str]) -> str:
    return max(codes, key=lambda code: _RANK.get(code, -999))

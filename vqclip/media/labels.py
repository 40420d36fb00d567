"""Draw labels in any script: a font for every run of characters, right-to-left order, lines broken between words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageDraw, ImageFont

from vqclip import files, names

if TYPE_CHECKING:
    from vqclip.media.fonts import Face

INK = (20, 20, 20)
MOST_CHARACTERS = 1000
"""Of a label; measuring text is slow, and more never fit three lines."""


@dataclass(frozen=True)
class Run:
    """Neighbouring characters of one font and one direction."""

    text: str
    face: Face
    rightwards: bool = True

    @property
    def shaped(self) -> bool:
        """Whether Raqm draws it, which joins letters and takes a direction."""
        return bool(self.face.font.layout_engine == ImageFont.Layout.RAQM)

    def how(self) -> dict[str, Any]:
        """The arguments of Pillow for this run."""
        if not self.shaped:
            return {}
        return {"direction": "ltr" if self.rightwards else "rtl", "language": _language(self.text)}

    def shown(self) -> str:
        """The text in the order in which Pillow expects it."""
        if self.shaped or self.rightwards:
            return self.text
        from bidi.mirror import MIRRORED

        return "".join(MIRRORED.get(letter, letter) for letter in reversed(names.clusters(self.text)))

    def width(self) -> float:
        """In pixels."""
        return float(self.face.font.getlength(self.shown(), **self.how())) * self.face.scale

    def reach(self) -> tuple[float, float]:
        """How far it rises above the baseline and falls below it, in pixels."""
        box = self.face.font.getbbox(self.shown(), anchor="ls", **self.how())
        return -box[1] * self.face.scale, box[3] * self.face.scale


@dataclass(frozen=True)
class Line:
    """Runs from left to right. rightwards: the direction of the label as a whole."""

    runs: Sequence[Run]
    rightwards: bool = True


class Labels:
    """The labels of one sheet, wrapped to the width of a cell.

    Attributes:
        lines: Of each label.
        height: Of every line, in pixels.
    """

    def __init__(self, texts: Sequence[str], width: int) -> None:
        from vqclip.media.fonts import Faces

        self.width = width
        self._faces = Faces(max(12, min(28, width // 20)))
        font = self._faces.default.font
        self._word_widths: dict[str, float] = {}
        self._word_masks: dict[str, tuple[Image.Image, int, int]] = {}
        self.lines = [self._lines(text) for text in texts]
        runs = [run for lines in self.lines for line in lines for run in line.runs]
        # ASCII in the default font never goes beyond what is usual.
        reaches = [run.reach() for run in runs if not self._is_plain(run)]
        usual = font.getmetrics()[0]
        above = max([usual, *(round(above) + 1 for above, _ in reaches)])
        below = max([int(font.getbbox("Äg")[3]) + 3 - usual, *(round(below) + 3 for _, below in reaches)])
        # A pile of accents does not push the lines apart without end.
        self._above = min(above, 2 * usual)
        self.height = self._above + min(below, usual)

    def draw(self, sheet: Image.Image, lines: Sequence[Line], left: int, top: int) -> None:
        """Draw the lines of a label; a label that is read from right to left ends at the right of its cell."""
        pen = ImageDraw.Draw(sheet)
        for number, line in enumerate(lines):
            baseline = top + number * self.height + self._above
            if len(line.runs) == 1 and line.rightwards and self._is_plain(line.runs[0]):
                self._draw_words(sheet, line.runs[0].text, left, baseline)
                continue
            widths = [run.width() for run in line.runs]
            x = float(left) if line.rightwards else left + self.width - sum(widths)
            for run, width in zip(line.runs, widths, strict=True):
                if run.face.scale == 1:
                    place, coloured = (x, baseline), run.face.coloured
                    pen.text(place, run.shown(), INK, run.face.font, "ls", embedded_color=coloured, **run.how())
                else:
                    _paste(sheet, run, x, baseline)
                x += width

    def _is_plain(self, run: Run) -> bool:
        return run.text.isascii() and run.face is self._faces.default

    def _draw_words(self, sheet: Image.Image, text: str, x: int, baseline: int) -> None:
        """Draw ASCII text word by word, which gives the pixels of the whole line.

        Words come often on one sheet, and to draw their letters takes longest. In the default font a letter is a
        whole number of pixels wide, and no letter moves towards a blank.
        """
        blank = round(self._width_of_word(" "))
        font = self._faces.default.font
        for word in text.split(" "):
            if word and word not in self._word_masks:
                left, top, right, bottom = font.getbbox(word, anchor="ls")
                mask = Image.new("L", (round(right - left), round(bottom - top)))
                ImageDraw.Draw(mask).text((-left, -top), word, 255, font, "ls")
                self._word_masks[word] = mask, round(left), round(top)
            if word:
                mask, left, top = self._word_masks[word]
                sheet.paste(INK, (x + left, baseline + top), mask)
            x += round(self._width_of_word(word)) + blank

    def _lines(self, label: str) -> list[Line]:
        text = " ".join(label.split())[:MOST_CHARACTERS]
        text = self._with_fonts(_printable(text))
        rightwards = text.isascii() or not _starts_leftwards(text)
        return [Line(list(self._runs(line, rightwards)), rightwards) for line in self._wrap(text)]

    def _with_fonts(self, text: str) -> str:
        """Replace what no font has: emoji by their names, and a word with such a letter by a transliteration."""
        if text.isascii():
            return text
        kept: list[str] = []
        for word in text.split():
            parts = [c if self._faces.find(c) else names.with_emoji_named(c) for c in names.clusters(word)]
            spelt = "".join(parts)
            whole = all(c.isspace() or self._faces.find(c) for c in names.clusters(spelt))
            kept += (spelt if whole else names.transliterated(spelt) or "?").split()
        return " ".join(kept)

    def _wrap(self, text: str, most: int = 3) -> list[str]:
        """Break a label into at most `most` lines, with an ellipsis where it is cut."""
        lines: list[str] = []
        line = ""
        for word in _words(text):
            if self._measure((line + word).strip()) <= self.width:
                line += word
                continue
            if line.strip():
                lines.append(line.strip())
            rest = names.clusters(word.strip())
            while self._measure("".join(rest)) > self.width and len(lines) <= most:
                fit = next((n for n in range(1, len(rest)) if not self._fits(rest[: n + 1])), len(rest))
                lines.append("".join(rest[:fit]))
                rest = rest[fit:]
            line = "".join(rest)
        lines.append(line.strip())
        if len(lines) <= most:
            return lines
        last = names.clusters(lines[most - 1])
        while last and not self._fits([*last, "..."]):
            last = last[:-1]
        return [*lines[: most - 1], "".join(last).rstrip() + "..."]

    def _fits(self, letters: Sequence[str]) -> bool:
        return self._measure("".join(letters)) <= self.width

    def _measure(self, text: str) -> float:
        if text.isascii():
            blanks = text.count(" ") * self._width_of_word(" ")
            return blanks + sum(map(self._width_of_word, text.split(" ")))
        return sum(run.width() for run in self._runs(text, True))

    def _width_of_word(self, word: str) -> float:
        if word not in self._word_widths:
            self._word_widths[word] = float(self._faces.default.font.getlength(word))
        return self._word_widths[word]

    def _runs(self, text: str, rightwards: bool) -> Iterator[Run]:
        """The runs of a line from left to right (rule L2 of Unicode's bidirectional algorithm)."""
        if text.isascii():
            yield Run(text, self._faces.default)
            return
        levels = _levels(text, rightwards)
        at, pieces = 0, []
        script = self._faces.default
        for cluster in names.clusters(text):
            face = self._faces.find(cluster) or self._faces.default
            if any(map(str.isalpha, cluster)):
                script = face
            elif script.covers(cluster):
                # Blanks, digits and marks between the words of a script stay in its font.
                face = script
            pieces.append((levels[at], face, cluster))
            at += len(cluster)
        runs = [
            (level, Run("".join(cluster for *_, cluster in group), face, level % 2 == 0))
            for (level, face), group in groupby(pieces, lambda piece: piece[:2])
        ]
        for lowest in range(max((level for level, _ in runs), default=0), 0, -1):
            runs = _turned(runs, lowest)
        yield from (run for _, run in runs)


def _turned(runs: Sequence[tuple[int, Run]], lowest: int) -> list[tuple[int, Run]]:
    """Reverse every sequence of runs of that level or a higher one."""
    found: list[tuple[int, Run]] = []
    for higher, group in groupby(runs, lambda entry: entry[0] >= lowest):
        part = list(group)
        found += reversed(part) if higher else part
    return found


def _printable(text: str) -> str:
    """A text without control characters, like `files.printable`, but with the joiners within words."""
    parts = text.replace("\u200d", "\0").replace("\u200c", "\1")
    return files.printable(parts).replace("\\x00", "\u200d").replace("\\x01", "\u200c")


def _words(text: str) -> list[str]:
    """Where a line may be broken: before a blank, and beside every character of Chinese and Japanese."""
    if text.isascii():
        return [word if not at else f" {word}" for at, word in enumerate(text.split(" "))]
    import regex

    ideograph = r"\p{Han}\p{Hiragana}\p{Katakana}ー"
    return list(regex.findall(rf"\s*(?:[{ideograph}]\p{{M}}*[、。，！？）」]*|[^\s{ideograph}]+)", text))


def _starts_leftwards(text: str) -> bool:
    from bidi.algorithm import get_base_level

    return bool(get_base_level(text))


def _levels(text: str, rightwards: bool) -> list[int]:
    """The embedding level of every character: odd from right to left."""
    from bidi import algorithm

    line = algorithm.get_empty_storage()
    line["base_level"], line["base_dir"] = (0, "L") if rightwards else (1, "R")
    algorithm.get_embedding_levels(text, line)
    # The algorithm drops what has no direction, such as joiners; they go with the character before them.
    dropped = [char["type"] in algorithm.X9_REMOVED for char in line["chars"]]
    algorithm.explicit_embed_and_overrides(line)
    algorithm.resolve_weak_types(line)
    algorithm.resolve_neutral_types(line, False)
    algorithm.resolve_implicit_levels(line, False)
    found, levels = iter(line["chars"]), [int(line["base_level"])]
    for gone in dropped:
        levels.append(levels[-1] if gone else int(next(found)["level"]))
    return levels[1:]


def _language(text: str) -> str | None:
    """The language whose shapes of Chinese characters a text needs."""
    if any("\u3040" <= letter <= "\u30ff" for letter in text):
        return "ja"
    return "zh-Hans" if any("\u4e00" <= letter <= "\u9fff" for letter in text) else None


def _paste(sheet: Image.Image, run: Run, x: float, baseline: int) -> None:
    """Draw a run of a font of bitmaps, which has one size, and reduce it."""
    face = run.face
    left, top, right, bottom = face.font.getbbox(run.shown(), anchor="ls", **run.how())
    picture = Image.new("RGBA", (max(1, round(right - left)), max(1, round(bottom - top))))
    ImageDraw.Draw(picture).text((-left, -top), run.shown(), INK, face.font, "ls", embedded_color=True, **run.how())
    size = (max(1, round(picture.width * face.scale)), max(1, round(picture.height * face.scale)))
    small = picture.resize(size, Image.Resampling.BOX, reducing_gap=None)
    sheet.paste(small, (round(x + left * face.scale), round(baseline + top * face.scale)), small)

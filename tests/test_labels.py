"""Labels of sheets in any script: fonts, direction, line breaks."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest

from vqclip.cli import terminal_text
from vqclip.media import fonts, images
from vqclip.media.labels import Labels

PICTURE = np.full((8, 240, 3), 210, dtype=np.uint8)


def drawn(label: str) -> images.Pixels:
    """The picture of a label alone, without white rows and columns around it."""
    ink = (np.asarray(images.contact_sheet([PICTURE], [label], 1))[20:] < 128).any(axis=2)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def same(one: images.Pixels, other: images.Pixels) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def texts(label: str, width: int = 2000) -> list[list[str]]:
    return [[run.text for run in line.runs] for line in Labels([label], width).lines[0]]


# Boxes would draw the two words of a pair alike.
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("سرخ", "سیب"), ("लाल", "सेब"), ("תפוח", "אדום"), ("红色", "苹果"), ("りんご", "ねこの"), ("빨간", "사과"),
        ("แดง", "ขาว"), ("சிவ", "மீன"), ("μήλο", "γάτα"), ("кот", "дом"), ("é", "ü"), ("🍎", "🐈"), ("a苹", "a果"),
    ],
)  # fmt: skip
def test_a_script_is_drawn_in_its_letters(one: str, other: str) -> None:
    assert not same(drawn(one), drawn(other))


def test_what_no_font_has_is_transliterated_as_a_whole_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_candidates", lambda script: ())
    assert same(drawn("a लाल сад 🍎"), drawn("a lal sad red apple"))
    assert same(drawn("caféteria"), drawn("cafeteria"))


def test_letters_are_joined_and_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    # The sign that is written after the letter stands before it, and joined letters are narrower than single ones.
    assert not same(drawn("कि"), drawn("की"))
    assert drawn("ببب").shape[1] < drawn("ب ب ب").shape[1]
    # Without Raqm, scripts that need it are transliterated, and Hebrew is turned round.
    hebrew = drawn("(אב) 12")
    monkeypatch.setattr(fonts.features, "check", lambda name: False)
    assert same(drawn("सेब"), drawn("seb"))
    assert hebrew.shape == drawn("(אב) 12").shape


def test_the_runs_of_a_line_stand_in_the_order_of_the_eye() -> None:
    assert texts("seed 1: سیب سرخ red") == [["seed 1: ", "سیب سرخ", " ", "red"]]
    (line,) = texts("תפוח red אדום 12")
    assert [run.strip() for run in line if run.strip()] == ["12", "אדום", "red", "תפוח"]
    assert texts("a कमल b") == [["a ", "कमल ", "b"]]


def test_a_label_from_right_to_left_ends_at_the_right() -> None:
    sheet = np.asarray(images.contact_sheet([PICTURE, PICTURE], ["שלום", "peace"], 2))[20:] < 128
    hebrew, latin = (np.flatnonzero(part.any(axis=(0, 2))) for part in (sheet[:, 8:248], sheet[:, 256:496]))
    assert (hebrew[0] > 180, latin[0] < 10) == (True, True)


def test_lines_break_between_words_and_characters_stay_whole() -> None:
    prompt = "красное яблоко на столе"
    broken = ["".join(line) for line in texts(prompt, 96)]
    assert (len(broken) > 1, " ".join(broken)) == (True, prompt)
    lines = ["".join(line) for line in texts("一只红色的苹果放在白色的盘子里，旁边有一只猫", 130)]
    assert len(lines) > 1
    assert not any(line.startswith("，") for line in lines)
    family = "👨‍👩‍👧"
    assert "".join("".join(line) for line in texts(f"a {family}")) == f"a {family}"
    assert len(texts("z" + "\u0301" * 900 + "क्षि" * 300, 96)) == 3


def test_a_broken_font_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "NotoSansDevanagari.ttf"
    broken.write_bytes(b"\0\1\0\0\0\x0f" + b"\xff" * 500)
    found = fonts._candidates("devanagari")
    monkeypatch.setattr(fonts, "_candidates", lambda script: (broken, *found))
    assert not same(drawn("लाल"), drawn("lal"))


def test_a_cell_has_the_width_of_its_letters_and_isolates_their_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    assert terminal_text.cell("سیب", 6) == "سیب   ", "a pipe gets the text alone"
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert terminal_text.cell("apple", 6) == "apple "
    assert terminal_text.cell("苹果", 6) == "苹果  "
    isolated = terminal_text.cell("سیب", 6)
    assert isolated == "\u2068سیب\u2069   "
    assert terminal_text.plain(isolated) == isolated
    assert terminal_text.plain("a\u2068b\u202e\u200dc") == "a\\u2068b\\u202e\u200dc"

"""Prompts of other languages: what they are read as, that English stays as it is, and what a run says of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import emoji
import pytest

from benchmarks import battery
from vqclip.models import languages, lexicon
from vqclip.models.languages import legible, read
from vqclip.settings.checks import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent

FAST = ["--size", "64x64", "--iterations", "0", "--candidates", "2", "--seed", "1"]
LEAST_OF_ALL, LEAST_OF_EACH = 0.9, 0.75
"""The share of the translations that is read right: of all, and of each language."""


def translations(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (ROOT / "tests" / "data" / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            rows = found.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            rows.append(line)
    return found


def words(text: str) -> list[str]:
    """The words of a text without articles and plurals."""
    same = {"gray": "grey", "automobile": "car", "gold": "golden"}
    found = [word for word in re.findall(r"[^\W\d_]+", text.lower()) if word not in ("a", "an", "the")]
    return [
        re.sub(r"(?<=.{2})(ies|s)$", lambda m: "y" if m[0] == "ies" else "", same.get(word, word)) for word in found
    ]


def is_right(text: str, row: str) -> bool:
    """Whether a text says what a row of the English block asks for, `a boat = ship, sailboat`."""
    asked, _, others = row.partition(" = ")
    thing = asked.split()[-1]
    wanted = [asked, *(asked.replace(thing, other.strip()) for other in others.split(",") if other)]
    wanted += [asked.replace(word, other.strip()) for word in asked.split() for other in others.split(",") if other]
    return words(text) in map(words, wanted)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "languages_in_it"), [("translations.txt", 24), ("translations2.txt", 27), ("translations3.txt", 24)]
)
def test_translations_are_read_as_what_they_say(name: str, languages_in_it: int) -> None:
    found = translations(name)
    english = found.pop("en")
    assert len(found) == languages_in_it
    shares = {code: sum(map(is_right, (read(row).english for row in rows), english)) / len(english)
              for code, rows in found.items()}  # fmt: skip
    assert all(len(rows) == len(english) for rows in found.values())
    assert sum(shares.values()) / len(shares) >= LEAST_OF_ALL, shares
    assert min(shares.values()) >= LEAST_OF_EACH, shares


@pytest.mark.parametrize(
    ("typed", "english"),
    [
        ("سرخ سیب", "red apple"),
        ("dos peces rojos", "two red fish"),
        ("pomme rouge", "red apple"),
        ("un arbre vert et une maison", "green tree and house"),
        ("zwei rote Äpfel", "two red apples"),
        ("A red Apfel, ein Haus", "A red apple, house"),
        ("شجرة خضراء وبيت", "green tree and house"),
        ("一只黑猫", "black cat"),
        ("물고기 두 마리", "two fish"),
        ("แมวดำ", "black cat"),
        ("qwxyz سیب", "qwxyz apple"),
        ("سرخ سیب اور red boat", "red apple and red boat"),
        ("un rey y una reina", "king and queen"),
        ("cuatro sillas", "four chairs"),
        ("dos mujeres", "two women"),
        # What follows its noun in other languages stands before it in English.
        ("سمندر میں کشتی", "boat in sea"),
        ("मेज के नीचे बिल्ली", "cat under table"),
        ("桌子下面的一只猫", "cat under table"),
        ("კატა მაგიდის ქვეშ", "cat under table"),
        ("denizde bir tekne", "boat in sea"),
        ("一个戴红帽子的男人", "man with red hat"),
        ("रात में रॉकेट", "rocket at night"),
    ],
)
def test_words_of_any_language_become_english_in_its_order(typed: str, english: str) -> None:
    assert read(typed).english == english


def test_plain_english_is_never_changed() -> None:
    assert not [prompt for prompt in battery.PROMPTS if read(prompt).replaced]
    known = sorted(lexicon.vocabulary())
    pairs = [f"{one} {other}" for one, other in pairwise(known)]
    assert not [text for text in (*known, *pairs) if read(text).replaced]
    for text in ("a table in the kitchen of a castle", "film noir", "an art nouveau poster of a chandelier"):
        assert not read(text).replaced, text


def test_a_word_of_two_languages_is_english_unless_the_others_or_the_option_say_so() -> None:
    assert not any(read(text).replaced for text in ("chat", "pain", "gift", "a chat", "the pain of a hat"))
    assert read("un chat noir").english == "black cat"
    assert read("chat", "fr").english == "cat"
    assert not read("pomme rouge", "en").replaced


def test_the_lexicon_is_read_for_other_languages_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexicon, "Words", lambda script: pytest.fail(f"read the words of {script}"))
    lexicon.words_in.cache_clear()
    assert not languages.read.__wrapped__("a small brown dog and two cats").replaced


def test_the_languages_of_the_option_are_those_of_the_lexicon() -> None:
    assert lexicon.about()["languages"] == LANGUAGES.split()


@pytest.mark.slow
def test_an_apple_in_urdu_is_the_picture_of_a_red_apple(call: Callable[..., Any]) -> None:
    for name, prompt in (("urdu", "سرخ سیب"), ("english", "red apple")):
        answer = call("generate", prompt, *FAST, "--no-video", "-o", name)
        assert answer.code == 0, answer.err
        assert ("read as: red apple" in answer.err) == (name == "urdu")
    from vqclip.media import images

    one, other = (images.open_image(Path(name, "image.png")) for name in ("urdu", "english"))
    assert (one == other).all()
    manifest = json.loads(Path("urdu/run.json").read_text(encoding="utf-8"))
    assert (manifest["settings"]["prompt"], manifest["read_as"]) == ("سرخ سیب", "red apple")


@pytest.mark.slow
@pytest.mark.option("language")
@pytest.mark.parametrize(
    ("prompt", "flags", "english"),
    [
        ("سرخ سیب | گھر:0.5", [], "red apple | house:0.5"),
        ("🍎", [], "red apple"),
        ("a red apple", [], None),
        ("chat", ["--language", "fr"], "cat"),
        ("سرخ سیب", ["--language", "en"], None),
    ],
)
def test_a_dry_run_says_what_is_read(
    call: Callable[..., Any], prompt: str, flags: list[str], english: str | None
) -> None:
    answer = call("generate", prompt, *FAST, *flags, "--dry-run", "--json")
    assert answer.code == 0, answer.err
    assert json.loads(answer.out.splitlines()[-1])["read_as"] == english


@pytest.mark.parametrize(
    ("text", "english"),
    [
        # "and" is a duck in Swedish, and "und" a wave in Romansh.
        ("🍎 and 🍌", "🍎 and 🍌"),
        ("🍎 und 🍌", "🍎 and 🍌"),
        ("🍎 y 🍌", "🍎 and 🍌"),
        ("🍎 اور 🍌", "🍎 and 🍌"),
        ("a cat and 🐶", "a cat and 🐶"),
        ("🍎 سیب", "🍎 apple"),
        ("سرخ 🌹", "red 🌹"),
        # "a" is "and" in Czech, and "it" a dog in Turkish.
        ('a "red" apple, 🍎 it\'s', 'a "red" apple, 🍎 it\'s'),
        ("a dog's 🍎", "a dog's 🍎"),
    ],
)
def test_words_between_emoji_are_read_and_emoji_stay(text: str, english: str) -> None:
    assert read(text).english == english


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("don't", "do not"),
        ("a house that isn’t red", "a house that is not red"),
        ("we can't and won't see you're here", "we can not and will not see you here"),
        ("a dog's bone", "a dog s bone"),
        ("l'arbre vert", "green tree"),
        ("un'arancia rossa", "red orange"),
        ("برتقالة حمراء", "red orange"),
    ],
)
def test_apostrophes_do_not_make_words_of_parts_of_words(text: str, english: str) -> None:
    assert legible(text) == english


def test_an_unknown_language_is_refused(call: Callable[..., Any]) -> None:
    answer = call("generate", "a tree", "--language", "klingon", "--dry-run")
    assert answer.code == 2
    assert "klingon" in answer.err


@pytest.mark.parametrize("code", ["ar", "de", "es", "fa", "fr", "id", "it", "ja", "ko", "pt", "ru", "tr", "zh"])
def test_names_of_emoji_are_read_as_their_english(code: str) -> None:
    """A sample; `training/lexicon.py --measure` goes through all names of all languages."""
    emoji.config.load_language(code)
    known = [names for sign, names in sorted(emoji.EMOJI_DATA.items())[::40] if code in names and len(sign) == 1]
    asked = [(names[code].strip(":").replace("_", " "), names["en"].strip(":").replace("_", " ")) for names in known]
    right = [words(legible(name, code)) == words(english) for name, english in asked]
    assert sum(right) / len(right) >= 0.8, [pair for pair, fits in zip(asked, right, strict=True) if not fits]

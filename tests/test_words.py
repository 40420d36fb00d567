"""The list of words that the built-in CLIP is shipped with: what is known, what is not, and what a prompt is told."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import battery
from vqclip.files import data_path
from vqclip.media import images
from vqclip.models import meanings, registry
from vqclip.models.english import AMERICAN
from vqclip.models.meanings import nearest
from vqclip.models.perceptor import Perceptor, load_perceptor

ROOT = Path(__file__).resolve().parent.parent

FAST = ["--size", "64x64", "--iterations", "0", "--candidates", "1"]


@pytest.fixture(scope="module")
def perceptor() -> Perceptor:
    return load_perceptor(registry.find_clip("tiny"), torch.device("cpu"))


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "training"))
    return importlib.import_module("words")


def record(name: str, *tags: str) -> dict[str, Any]:
    return {"names": [name], "tags": list(tags)}


def test_a_word_is_known_where_a_picture_of_it_is_found_by_it(words: Any) -> None:
    records = [record("black cat", "feline", "meow"), record("horse face", "equine")]
    shown, named = words.met(records)
    rank = dict.fromkeys(shown, 0) | {"feline": words.FIRST, "equine": words.FIRST - 1}
    known = words.judged(shown, named, [r["names"][0] for r in records], rank)
    assert known["feline"] == ("black cat",)
    assert known["equine"] == known["meow"] == known["cat"] == known["cats"] == known["with"] == known["two"] == ()


def test_what_stands_before_the_noun_is_asked_for_in_its_name(words: Any) -> None:
    _, named = words.met([record("shinto shrine", "kami"), record("shrine", "kami")])
    assert words.asked("shinto", named) == ["shinto shrine"]
    assert words.asked("shrine", named) == ["shrine"], "a noun has to be known by itself"
    assert words.asked("kami", named) == ["kami"], "and so has a keyword"


def test_a_word_of_many_names_is_grammar(words: Any) -> None:
    records = [record(f"{thing} face") for thing in ("cat", "dog", "cow")]
    shown, named = words.met(records)
    known = words.judged(shown, named, [r["names"][0] for r in records], dict.fromkeys(shown, 9999))
    assert known["face"] == ()
    assert known["cow"] == ("cow face",)


def test_a_plural_is_known_with_its_noun_and_has_no_plural_of_its_own(words: Any) -> None:
    shown, named = words.met([record("egg"), record("eggs")])
    known = words.judged(shown, named, ["egg", "eggs"], {"egg": 0, "eggs": words.FIRST})
    assert known["eggs"] == ()
    assert "eggses" not in known


def test_the_words_of_the_battery_are_known(perceptor: Perceptor) -> None:
    for prompt in battery.PROMPTS:
        assert not perceptor.check_words(prompt).unknown, prompt
        assert not perceptor.check_words(prompt).rare, prompt


def test_british_words_that_are_not_known_become_known_ones(perceptor: Perceptor) -> None:
    assert not perceptor.vocabulary.keys() & AMERICAN.keys()
    assert set(AMERICAN.values()) <= perceptor.vocabulary.keys()


def test_every_line_of_the_list_is_a_word_and_what_helps_with_it(perceptor: Perceptor) -> None:
    lines = data_path("checkpoints", "tiny_clip", "words.txt").read_text(encoding="utf-8").splitlines()
    assert [line.partition(":")[0] for line in lines] == list(perceptor.vocabulary) == sorted(perceptor.vocabulary)
    assert perceptor.vocabulary["apple"] == ()
    assert perceptor.vocabulary["feline"] == ("black cat",)


def test_a_word_that_is_hardly_known_is_reported_with_what_it_was_met_with(call: Any) -> None:
    answer = call("generate", "a feline", "--seed", "1", "-o", "run", *FAST)
    # Another warning says that the best candidate hardly shows it.
    line, _ = [line for line in answer.err.splitlines() if line.startswith("warning")]
    assert line == "warning: tiny hardly knows the word 'feline'; in training it came with: black cat."


def test_things_near_in_meaning_are_known_words(perceptor: Perceptor) -> None:
    assert nearest("spaniel") == nearest("spaniels") == ("dog",)
    assert "house" in nearest("mansion")
    assert nearest("xyzzy") == ()
    for word, near in meanings._things().items():
        assert word not in perceptor.vocabulary
        assert not perceptor.check_words(" ".join(near)).unknown, word


def test_a_word_that_is_unknown_is_reported_with_what_is_near_in_meaning(call: Any) -> None:
    answer = call("generate", "two spaniels", "--seed", "1", "-o", "run", *FAST)
    [line] = [line for line in answer.err.splitlines() if "does not know" in line]
    assert line == "warning: tiny does not know the word 'spaniels'. Near in meaning to 'spaniels': dog."


@pytest.mark.slow
def test_an_emoji_is_read_as_its_name(call: Any) -> None:
    for prompt, run in {"🍎": "emoji", "red apple": "words"}.items():
        answer = call("generate", prompt, "--seed", "1", "-o", run, *FAST)
        assert (answer.code, "warning" in answer.err) == (0, False)
    emoji, named = (images.open_image(Path(run, "image.png")) for run in ("emoji", "words"))
    assert (emoji == named).all()

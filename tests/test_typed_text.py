"""Texts that look alike mean the same: accents, signs of other keyboards, characters that nobody sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from vqclip import reading
from vqclip.errors import UsageError
from vqclip.settings.presets import Raw
from vqclip.settings.prompts import doubts, normal, parse
from vqclip.settings.sources import resolve
from vqclip.settings.sources import typed as typed_settings


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("a nai\u0308ve apple", "a na\u00efve apple"),
        ("a red\u200b \u202aapple\ufeff", "a red apple"),
        ("a red\u2028apple", "a red apple"),
        ("a tree | people:\u22121", "a tree | people:-1"),
        ("a tree | people:\u20130.5", "a tree | people:-0.5"),
        ("a tree\uff1a0.5", "a tree:0.5"),
        ("a tree\uff1a\uff10\uff0e\uff15 \uff5c fog", "a tree:0.5 | fog"),
        ("fog:[0:0\uff0c 50\uff05:1]", "fog:[0:0, 50%:1]"),
        ("a tree \uff20left", "a tree @left"),
        ("a tree:\u200b0.5", "a tree:0.5"),
    ],
)
def test_what_looks_alike_means_the_same(typed: str, meant: str) -> None:
    assert parse(typed) == parse(meant)


def test_text_keeps_its_signs_and_files_their_names() -> None:
    (prompt,) = parse("\u9f8d\uff0c\u7ea2\u8272\uff1a\u753b")
    assert prompt.text == "\u9f8d\uff0c\u7ea2\u8272\uff1a\u753b"
    assert normal("[nai\u0308ve.png]:0.5 | nai\u0308ve") == "[nai\u0308ve.png]:0.5 | na\u00efve"
    assert parse("\U0001f469\u200d\U0001f680")[0].text == "\U0001f469\u200d\U0001f680"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a (red:1.3) apple", "'a red apple | red:0.3'"),
        ("a ((red)) apple", "emphasis of A1111"),
        ("a [red] apple", "emphasis of A1111"),
        ("an apple <lora:x:0.8>", "emphasis of A1111"),
        ("snow:-0.3, people:-0.5", "write | between prompts"),
    ],
)
def test_weights_of_other_tools_are_explained(text: str, said: str) -> None:
    (warning,) = doubts(parse(text))
    assert warning.startswith("the prompt ")
    assert said in warning


def test_signs_of_other_keyboards_are_said_where_they_weigh() -> None:
    for source, said in (
        ("fog:\u22121", ["the prompt 'fog:\u22121' is read as 'fog:-1'."]),
        ("\u7ea2\uff0c\u8272", []),
    ):
        assert doubts([], f"a tree | {source}") == [text.replace("'fog", "'a tree | fog") for text in said]


def test_brackets_of_a_text_are_no_emphasis() -> None:
    assert doubts(parse("a house (red) at 12:30, by the sea | ratio 16:9, wide")) == []


def test_a_decimal_comma_is_refused() -> None:
    with pytest.raises(UsageError, match=r"decimal point") as caught:
        parse("a tree:0,5")
    assert "Write :0.5" in caught.value.hint


def test_lines_end_where_editors_end_them() -> None:
    Path("x.txt").write_bytes("one\r\ntwo\u2028still two\rthree\n".encode())
    assert reading.read_lines(Path("x.txt")) == ["one", "two\u2028still two", "three", ""]


@pytest.mark.parametrize(
    ("name", "typed", "meant"),
    [
        ("seed", "\uff11\uff12", 12),
        ("iterations", "\uff16\uff10", 60),
        ("init_weight_end", "\uff10\uff0e\uff15", 0.5),
        ("guidance", b"\xef\xbc\x93".decode("ascii", "surrogateescape"), 3.0),
    ],
)
def test_signs_of_other_keyboards_are_numbers_in_options(name: str, typed: str, meant: float) -> None:
    assert getattr(typed_settings({name: Raw(typed, "--x")}), name) == meant


def test_a_minus_of_other_keyboards_is_one() -> None:
    with pytest.raises(UsageError, match=r"is -0\.5"):
        resolve({"prompt": "a", "ema": "\u22120.5"})


def test_bytes_that_an_ascii_locale_escapes_are_the_text_that_was_typed() -> None:
    typed = "f\u00fcr \u0633\u06cc\u0628"
    escaped = typed.encode().decode("ascii", "surrogateescape")
    assert resolve({"prompt": escaped}).settings.prompt == typed
    assert resolve({"prompt": "a", "prompt_at": [f"9:{escaped}"]}).settings.prompt_at == (f"9:{typed}",)
    with pytest.raises(UsageError, match="not text"):
        resolve({"prompt": "caf\udce9"})

"""Colours by name, and palettes from pictures."""

from __future__ import annotations

import numpy as np
import pytest

from vqclip.errors import UsageError
from vqclip.settings import colours


def test_colours_are_those_of_css() -> None:
    assert colours.parse_palette("red, #00ff88,#abc,rgb(1, 2, 3),hsl(240, 100%, 50%)") == (
        (255, 0, 0),
        (0, 255, 136),
        (170, 187, 204),
        (1, 2, 3),
        (0, 0, 255),
    )
    assert colours.parse_palette("red,#f00,RED") == ((255, 0, 0),), "each once"


@pytest.mark.parametrize(
    ("text", "words"), [("bleu", "Did you mean 'blue'"), ("#12", "Write a CSS name"), ("", "''")]
)
def test_what_is_no_colour_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        colours.parse_palette(f"red,{text}")
    assert words in str(caught.value)


def test_a_palette_has_an_end() -> None:
    with pytest.raises(UsageError, match="65 colours"):
        colours.parse_palette(",".join(f"#0000{number:02x}" for number in range(65)))


@pytest.mark.parametrize(
    ("text", "picture"), [("red,blue", False), ("photo.JPG", True), ("./red", True), ("#fff", False)]
)
def test_a_file_is_distinguished_from_colours(text: str, picture: bool) -> None:
    assert colours.names_picture(text) is picture


def test_the_colours_of_a_picture_come_by_how_much_there_is_of_them() -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[:] = (20, 40, 200)
    picture[:10] = (250, 240, 10)
    picture[:10, :5] = (0, 0, 0)
    found = colours.colours_of(picture, 3)
    assert len(found) == 3
    for colour, wanted in zip(found, [(20, 40, 200), (250, 240, 10), (0, 0, 0)], strict=True):
        assert np.abs(np.subtract(colour, wanted)).max() <= 8
    assert len(colours.colours_of(picture, 8)) == 3, "no more than there are"

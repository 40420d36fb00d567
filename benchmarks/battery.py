"""The prompts that pictures are measured on, and what else each of them could show.

The prompts were chosen before any picture of them was seen. They cover one word, a colour and a thing, two things, a
thing somewhere, and a drawing style; a few name things that the training pictures do not have.
"""

from __future__ import annotations

from pathlib import Path

ONE_WORD = (
    "apple", "banana", "bicycle", "butterfly", "castle", "cat", "crown", "dog", "fish", "guitar", "house",
    "lighthouse", "octopus", "rocket", "sunflower", "umbrella",
)  # fmt: skip
COLOURED = (
    "a red apple", "a blue car", "a green tree", "a yellow bird", "a pink flower", "a purple butterfly",
    "a brown bear", "an orange pumpkin", "a black cat", "a white rabbit", "a red heart", "a blue fish",
    "a green book", "a yellow star", "a purple umbrella", "a grey elephant",
)  # fmt: skip
TWO_THINGS = (
    "a cat and a dog", "a sun and a cloud", "two fish", "a red apple and a green apple", "a moon and a star",
    "a bird and a tree", "three hearts", "a car and a house", "a knife and a fork", "two eggs", "a cake and a candle",
    "a boat and a fish",
)  # fmt: skip
SCENES = (
    "a red car on a green field", "a lighthouse at dusk", "a rocket at night", "a boat on the sea",
    "a tree in the snow", "a palm tree on the beach", "a house on the grass", "a camel in the desert",
    "a white swan on a blue background", "a yellow flower on a black background", "a snowy mountain",
    "a full moon at night",
)  # fmt: skip
STYLES = (
    "a drawing of a cute penguin", "clip art of a teapot", "a cartoon monkey face", "an icon of a camera",
    "an emoji of a happy face", "a painting of a rose", "an illustration of a dragon", "a photo of a pizza",
)  # fmt: skip
PROMPTS = ONE_WORD + COLOURED + TWO_THINGS + SCENES + STYLES
CANDIDATES = 200

#: For the hues: a colour word and the hue of it in degrees; pictures are asked to come within 30.
HUES = {
    "red": 0.0, "orange": 30.0, "yellow": 52.0, "green": 120.0, "blue": 215.0, "purple": 275.0, "pink": 330.0,
    "brown": 25.0,
}  # fmt: skip
HUED_THINGS = ("apple", "car", "heart", "book", "bird")


def candidates() -> tuple[str, ...]:
    """The prompts, and other names up to CANDIDATES."""
    others = (Path(__file__).parent / "candidates.txt").read_text().split("\n")
    return PROMPTS + tuple(other for other in others if other)[: CANDIDATES - len(PROMPTS)]

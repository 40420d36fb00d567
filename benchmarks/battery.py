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

#: Two things, counts, scenes, people, furniture, instruments and animals in profile, chosen like the others.
HARDER = (
    "an apple and a banana", "a cat and a dog", "a car beside a house", "a tree and a bench",
    "a fish and a crab", "a red ball and a blue cube", "a moon above a mountain", "a cup beside a book",
    "a hat on a chair", "a bird on a branch", "two bananas", "two cats",
    "three apples", "three stars", "four balloons", "five fish",
    "two red hearts", "three mushrooms", "five flowers", "four cups",
    "a beach with a palm tree", "a city at night", "a forest in the snow", "mountains at sunset",
    "a ship on the sea", "a house in a green field", "a road through the desert", "a waterfall",
    "a campfire at night", "a rainbow over a hill", "an old man with a white beard", "a woman with red hair",
    "a girl with glasses", "a boy with a blue hat", "a cook", "a police officer",
    "a king with a crown", "a child on a swing", "an astronaut", "a farmer",
    "a table", "a chair", "a bed", "a sofa",
    "a lamp", "a bookshelf", "a bathtub", "a wardrobe",
    "a violin", "a piano", "a drum", "a trumpet",
    "a harp", "an accordion", "a saxophone", "a horse in profile",
    "an elephant from the side", "a running dog", "a lion", "an owl",
    "a peacock", "a seahorse", "a swan", "a kangaroo",
)  # fmt: skip

#: Like HARDER, by a model that knew nothing of the project, after the models of 2026-12-01 had been trained.
UNSEEN = (
    "a dog under a table", "a cup beside a teapot", "a bird on a fence", "an apple and a pear", "a book on a bed",
    "a knife and a fork", "a frog on a leaf", "a ball under a chair", "a bicycle beside a tree", "a horse and a cow",
    "a candle on a cake", "a pumpkin and a broom", "two cherries", "three stars", "four eggs", "five pencils",
    "two umbrellas", "three ducks", "four mushrooms", "five tulips", "a snowy mountain with pine trees",
    "a city skyline at night", "a desert with a cactus", "a sunset over the sea", "a farm with a red barn",
    "a campfire next to a tent", "a lighthouse on a cliff", "a castle on a hill", "a river with a bridge",
    "a street with houses in the rain", "a firefighter", "a man with a long beard", "a doctor with a stethoscope",
    "a girl with pigtails", "a chef holding a frying pan", "a police officer", "an old woman with glasses",
    "a boy in a yellow raincoat", "an astronaut", "a king wearing a crown", "a sofa", "a floor lamp",
    "a bookshelf full of books", "a rocking chair", "a bathtub", "a washing machine", "a toaster", "an alarm clock",
    "an acoustic guitar", "a grand piano", "a drum", "a trumpet", "a harp", "a saxophone",
    "an elephant from the side", "a cat sleeping", "a rabbit eating a carrot", "a giraffe", "a horse jumping",
    "a penguin", "a turtle from the side", "a butterfly", "a monkey hanging from a branch", "a shark",
)  # fmt: skip
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

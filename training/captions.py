"""Captions: names, everyday synonyms, colour words, templates, backgrounds, compositions."""

import random

from data import COLOUR_WORDS

TEMPLATES = ["{}"] * 6 + [
    "a {}",
    "a {}",
    "a {}",
    "the {}",
    "an emoji of a {}",
    "a picture of a {}",
    "a drawing of a {}",
    "an icon of a {}",
    "a {} icon",
    "clip art of a {}",
    "an image of a {}",
    "an illustration of a {}",
    "a cartoon {}",
    "a photo of a {}",
    "a painting of a {}",
    "a {} on a white background",
]
ON_GROUND = [
    "{0} on a {1} background",
    "{0} on {1}",
    "{0} in front of a {1} background",
    "{0} and a {1} background",
    "{0} with a {1} background",
]
PAIRS = ["a {} and a {}", "{} and {}", "a {} next to a {}", "a {} beside a {}", "{} with {}"]
COUNTS = ["{} {}", "{} {}", "a picture of {} {}"]
#: What people type -> the Unicode label whose picture shows it.
SYNONYMS = {
    "automobile": ["car"],
    "oncoming automobile": ["car"],
    "sport utility vehicle": ["car", "suv", "jeep"],
    "racing car": ["race car", "sports car", "car"],
    "delivery truck": ["truck", "lorry"],
    "pickup truck": ["truck"],
    "articulated lorry": ["truck"],
    "bicycle": ["bike"],
    "motorcycle": ["motorbike"],
    "locomotive": ["train", "steam train"],
    "bullet train": ["train"],
    "high speed train": ["train"],
    "airplane": ["plane", "aeroplane", "jet"],
    "small airplane": ["plane"],
    "ship": ["boat"],
    "motor boat": ["boat"],
    "sailboat": ["boat", "sailing boat"],
    "house with garden": ["house", "home"],
    "house": ["home", "cottage"],
    "derelict house": ["old house", "haunted house"],
    "dog face": ["dog", "puppy"],
    "cat face": ["cat", "kitten"],
    "mouse face": ["mouse"],
    "cow face": ["cow"],
    "tiger face": ["tiger"],
    "rabbit face": ["rabbit", "bunny"],
    "horse face": ["horse"],
    "pig face": ["pig"],
    "monkey face": ["monkey"],
    "dragon face": ["dragon"],
    "hamster": ["hamster face"],
    "bear": ["teddy bear", "bear face"],
    "panda": ["panda bear"],
    "lion": ["lion face"],
    "fox": ["fox face"],
    "wolf": ["wolf face"],
    "frog": ["frog face", "toad"],
    "spouting whale": ["whale"],
    "tropical fish": ["fish"],
    "t rex": ["dinosaur"],
    "sauropod": ["dinosaur"],
    "front facing baby chick": ["chick", "baby bird"],
    "baby chick": ["chick", "bird"],
    "bird": ["little bird"],
    "honeybee": ["bee"],
    "lady beetle": ["ladybug", "ladybird"],
    "snail": ["a slow snail"],
    "octopus": ["squid"],
    "evergreen tree": ["tree", "pine tree", "fir tree"],
    "deciduous tree": ["tree"],
    "palm tree": ["tree", "coconut tree"],
    "four leaf clover": ["clover", "shamrock"],
    "rose": ["flower"],
    "sunflower": ["flower"],
    "tulip": ["flower"],
    "hibiscus": ["flower"],
    "cherry blossom": ["flower"],
    "blossom": ["flower"],
    "bouquet": ["flowers", "bunch of flowers"],
    "sun": ["sunshine"],
    "sun with face": ["smiling sun"],
    "full moon": ["moon"],
    "crescent moon": ["moon", "half moon"],
    "star": ["gold star"],
    "glowing star": ["shining star"],
    "snow capped mountain": ["mountain", "snowy mountain"],
    "mountain": ["hill"],
    "water wave": ["wave", "sea", "ocean"],
    "fire": ["flame", "flames"],
    "droplet": ["water drop", "drop of water"],
    "cloud with rain": ["rain cloud", "rain"],
    "cloud with lightning": ["storm cloud", "lightning"],
    "beach with umbrella": ["beach"],
    "castle": ["fortress"],
    "european castle": ["castle"],
    "cityscape": ["city", "skyline"],
    "night with stars": ["night sky", "starry night"],
    "sunset": ["sun going down"],
    "sunrise": ["sunrise over the sea"],
    "national park": ["landscape", "nature"],
    "desert": ["cactus in the desert"],
    "desert island": ["island"],
    "hot beverage": ["coffee", "cup of coffee", "tea", "cup of tea"],
    "teacup without handle": ["tea", "cup of tea"],
    "beer mug": ["beer", "glass of beer"],
    "wine glass": ["wine", "glass of wine"],
    "glass of milk": ["milk"],
    "hamburger": ["burger"],
    "pizza": ["slice of pizza", "pizza slice"],
    "hot dog": ["sausage in a bun"],
    "french fries": ["fries", "chips"],
    "soft ice cream": ["ice cream", "ice cream cone"],
    "ice cream": ["bowl of ice cream"],
    "birthday cake": ["cake"],
    "shortcake": ["piece of cake", "cake"],
    "doughnut": ["donut"],
    "cooking": ["fried egg"],
    "tangerine": ["orange fruit"],
    "grapes": ["bunch of grapes"],
    "ear of corn": ["corn"],
    "red apple": ["apple"],
    "green apple": ["apple"],
    "red heart": ["heart"],
    "soccer ball": ["football"],
    "basketball": ["ball"],
    "tennis": ["tennis ball"],
    "wrapped gift": ["gift", "present"],
    "light bulb": ["lamp", "bulb"],
    "laptop": ["computer", "notebook computer"],
    "desktop computer": ["computer", "monitor"],
    "mobile phone": ["phone", "smartphone"],
    "telephone": ["phone"],
    "camera": ["photo camera"],
    "mantelpiece clock": ["clock"],
    "alarm clock": ["clock"],
    "watch": ["wrist watch"],
    "eyeglasses": ["glasses"],
    "top hat": ["hat"],
    "t shirt": ["shirt"],
    "running shoe": ["shoe", "sneaker"],
    "mans shoe": ["shoe"],
    "crown": ["golden crown"],
    "gem stone": ["diamond", "gem"],
    "skull": ["human skull"],
    "jack o lantern": ["pumpkin", "halloween pumpkin"],
    "ghost": ["white ghost"],
    "alien": ["alien face"],
    "robot": ["robot face"],
    "snowman without snow": ["snowman"],
    "christmas tree": ["tree with lights"],
    "grinning face": ["smiley", "happy face"],
    "slightly smiling face": ["smiley", "smiling face", "happy face"],
    "smiling face with smiling eyes": ["smiling face", "smiley"],
    "crying face": ["sad face"],
    "pouting face": ["angry face"],
    "umbrella with rain drops": ["umbrella"],
    "closed umbrella": ["umbrella"],
    "closed book": ["book"],
    "open book": ["book"],
    "books": ["pile of books"],
    "key": ["old key"],
    "hammer": ["tool"],
    "guitar": ["electric guitar"],
    "musical keyboard": ["piano", "keyboard"],
    "hot air balloon": ["hot air balloon in the sky"],
    "rocket": ["space rocket", "spaceship"],
    "flying saucer": ["ufo"],
    "ringed planet": ["planet", "saturn"],
    "globe showing europe africa": ["earth", "globe"],
    "globe showing americas": ["earth", "globe", "world"],
    "chair": ["wooden chair"],
    "couch and lamp": ["sofa", "couch"],
    "bed": ["bedroom"],
    "door": ["wooden door"],
    "candle": ["burning candle"],
    "man": ["man with a moustache"],
    "woman": ["lady"],
    "boy": ["child"],
    "girl": ["child"],
    "baby": ["infant"],
    "person": ["human"],
    "princess": ["girl with a crown"],
    "santa claus": ["father christmas"],
    "ninja": ["ninja warrior"],
}
#: emojibase's groups: people in their many professions, and signs, are far too many.
GROUP_WEIGHT = {1: 0.5, 8: 0.5}
NUMBERS = {2: "two", 3: "three"}
IRREGULAR = {
    "fish": "fish",
    "sheep": "sheep",
    "mouse": "mice",
    "wolf": "wolves",
    "leaf": "leaves",
    "knife": "knives",
}


def names_of(record):
    """Every phrase that names the picture."""
    found = list(record["names"])
    for name in record["names"]:
        found += SYNONYMS.get(name, [])
    return found


def plural(name):
    head, _, last = name.rpartition(" ")
    if last in IRREGULAR:
        last = IRREGULAR[last]
    elif last.endswith(("s", "x", "ch", "sh")):
        last += "es"
    elif last.endswith("y") and last[-2:-1] not in "aeiou":
        last = last[:-1] + "ies"
    else:
        last += "s"
    return f"{head} {last}".strip()


def phrase(record, rng=random, tags=True):
    """A name, perhaps with its colour or a keyword, without article or template."""
    names = names_of(record)
    text, chance = rng.choice(names) if rng.random() < 0.75 else names[0], rng.random()
    if tags and record["tags"] and chance < 0.12:
        text = " ".join(rng.sample(record["tags"], min(len(record["tags"]), rng.choice([1, 1, 2]))))
    elif tags and record["tags"] and chance < 0.27:
        text += ", " + rng.choice(record["tags"])
    words = record["colours"]
    if words and not COLOUR_WORDS & set(text.split()) and rng.random() < (0.92 if record["copy"] else 0.35):
        text = f"{words[0]} {text}" if len(words) < 2 or rng.random() < 0.7 else f"{words[0]} and {words[1]} {text}"
    return text


def caption(record, ground=None, rng=random):
    """One training caption; `ground` is the colour word of a painted background, if there is one."""
    text = phrase(record, rng)
    if ground and rng.random() < 0.6:
        article = "a " if rng.random() < 0.6 else ""
        return rng.choice(ON_GROUND).format(article + text, ground)
    text = rng.choice(TEMPLATES).format(text)
    for vowel in "aeiou":
        text = text.replace(f" a {vowel}", f" an {vowel}")
    return ("an" + text[1:]) if text[:2] == "a " and text[2] in "aeiou" else text


def pair_caption(first, second, rng=random):
    """Two different pictures, the first on the left."""
    left, right = phrase(first, rng, tags=False), phrase(second, rng, tags=False)
    return rng.choice(PAIRS).format(left, right)


def count_caption(record, count, rng=random):
    return rng.choice(COUNTS).format(NUMBERS[count], plural(phrase(record, rng, tags=False)))

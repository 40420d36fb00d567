"""Put English words in the order of English: numbers and adjectives before their noun, and nouns in the plural."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

NUMBERS = frozenset(("two", "three", "four", "five"))
LINKS = frozenset(("and", "of", "with", "on", "in", "under", "beside"))
_LATE = frozenset(("at night",))
"""What ends a text."""
_ORDER = (
    frozenset(("beautiful", "cute", "happy", "sad")),
    frozenset(("big", "small", "large", "little", "tiny")),
    frozenset(("old", "young", "new")),
    frozenset((
        "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white", "grey", "gray",
        "light blue", "dark", "bright",
    )),
    frozenset(("golden", "gold", "silver")),
)  # fmt: skip
ADJECTIVES = frozenset().union(*_ORDER)
IRREGULAR = {
    "man": "men", "woman": "women", "child": "children", "person": "people", "mouse": "mice", "tooth": "teeth",
    "foot": "feet", "goose": "geese", "leaf": "leaves", "wolf": "wolves", "knife": "knives", "ox": "oxen",
    "snowman": "snowmen", "potato": "potatoes", "tomato": "tomatoes", "hero": "heroes", "loaf": "loaves",
    "elf": "elves", "butterfly": "butterflies",
}  # fmt: skip
AMERICAN = {
    "armour": "armor", "cardigan": "sweater", "centre": "center", "coloured": "colored", "colourful": "colorful",
    "dustbin": "wastebasket", "jersey": "sweater", "jewellery": "jewelry", "nappy": "diaper", "trainers": "sneakers",
    "tyre": "tire", "tyres": "tires",
}  # fmt: skip
"""British words that the captions of the built-in models lack, and the American ones that they have."""
SAME = ("fish", "sheep", "deer", "people", "hair", "bread", "shrimp", "squid", "rice", "cheese", "police")
_COMPOUNDS = ("fish", "people", "bread")
"""Of SAME, those of which longer words are made, as "goldfish". A "chair" is not made of hair."""


@dataclass(frozen=True)
class Part:
    """A word or phrase of a text.

    Attributes:
        known: It comes from the lexicon.
        after: In its language, adjectives follow their noun.
        behind: A link that follows its noun in its language, as the "in" of Hindi does.
        noun: What an adjective means where there is no other noun.
        glued, word: Of a part as typed: whether it is written together with the next one of the same word.
    """

    text: str
    known: bool = True
    after: bool = False
    behind: bool = False
    noun: str = ""
    glued: bool = False
    word: int = -1


def sentence(parts: Sequence[Part]) -> str:
    """The text of the parts in the order of English."""
    phrases: list[list[Part]] = [[]]
    late = [part for part in parts if part.known and part.text in _LATE]
    for part in map(_divided, [*(part for part in parts if part not in late), *late]):
        if part.known and part.text in LINKS:
            phrases += [[part], []]
        else:
            phrases[-1].append(part)
    for place in range(1, len(phrases), 2):
        # A text that begins with "with" ends in the thing that has it, as in Chinese.
        leads = phrases[place][0].text == "with" and not phrases[place - 1]
        if phrases[place][0].behind or leads:
            phrases[place - 1 : place + 2 : 2] = _turned(phrases[place - 1], phrases[place + 1])
    texts = [_phrase(phrase) for phrase in phrases]
    texts = [text for text in texts if text]
    while texts and texts[-1] in LINKS:
        texts.pop()
    found: list[str] = []
    for place, text in enumerate(texts):
        following = texts[place + 1] if place + 1 < len(texts) else ""
        if text == "of" and following.split()[0] in ADJECTIVES:
            # "A crown of gold", where the gold is the last of it.
            if following in ADJECTIVES and found:
                *others, noun = found.pop().split()
                texts[place + 1] = " ".join([*others, following, noun])
            continue
        if text in LINKS and found and found[-1] in LINKS:
            continue
        found.append(text)
    return " ".join(found)


def _turned(before: list[Part], after: list[Part]) -> tuple[list[Part], list[Part]]:
    """What stands before and after a preposition of English, from the phrases around a link that follows its noun.

    Where all stands on one side, as in "cat table under", its first or last noun is the thing in its place.
    """
    if before and after:
        return after, before
    groups = list(_groups(_joined(before or after)))
    if len(groups) < 2:
        return before, after
    first, last = (groups[0], groups[1:]) if before else (groups[-1], groups[:-1])
    return first, list(chain(*last))


def _divided(part: Part) -> Part:
    """A word like "pink|rose", which is the one or the other, in its two meanings."""
    text, bar, noun = part.text.partition("|")
    return replace(part, text=text, noun=noun) if bar and part.known else part


def _phrase(parts: Sequence[Part]) -> str:
    if len(parts) == 1 and parts[0].known:
        return parts[0].noun or parts[0].text
    return " ".join(text for group in _groups(_joined(parts)) for text in _ordered(group))


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Letters as typed that belong to one word, together."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if last and not last.known and not part.known and last.word == part.word and (last.glued or part.glued):
            found[-1] = Part(last.text + part.text, known=False, glued=part.glued, word=part.word)
        else:
            found.append(part)
    return found


def _groups(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """Each noun with its numbers and adjectives."""
    group: list[Part] = []
    for place, part in enumerate(parts):
        has_noun = any(_is_noun(one) for one in group)
        if has_noun:
            more = any(_is_noun(one) for one in parts[place + 1 :])
            belongs = part.after if part.text in ADJECTIVES else not more if part.text in NUMBERS else False
            if not belongs and not (part.text in ADJECTIVES and not more):
                yield group
                group = []
        group.append(part)
    yield group


def _is_noun(part: Part) -> bool:
    return not part.known or (part.text not in ADJECTIVES and part.text not in NUMBERS)


def _ordered(group: Sequence[Part]) -> list[str]:
    """Number, adjectives by their kind, noun."""
    if not any(map(_is_noun, group)):
        either = [place for place, part in enumerate(group) if part.noun]
        # Of "rosa rosa", the noun is the first in Italian and the last in German.
        place = either[0 if group[either[0]].after else -1] if either else -1
        group = [replace(part, text=part.noun) if at == place else part for at, part in enumerate(group)]
    numbers = [part.text for part in group if part.known and part.text in NUMBERS]
    adjectives = [part.text for part in group if part.known and part.text in ADJECTIVES]
    kinds = {text: next(place for place, kind in enumerate(_ORDER) if text in kind) for text in adjectives}
    nouns = [part for part in group if _is_noun(part)]
    if not nouns and len(adjectives) > 1 and "orange" in adjectives[not group[0].after :]:
        # The fruit is named where English puts its noun last, as in "arancia rossa".
        adjectives.remove("orange")
        nouns = [Part("orange")]
    adjectives = [text for text in adjectives if not any(text in part.text.split() for part in nouns if part.known)]
    texts = [plural(part.text) if numbers and part.known else part.text for part in nouns]
    return [*numbers[:1], *dict.fromkeys(sorted(adjectives, key=kinds.__getitem__)), *dict.fromkeys(texts)]


def plural(noun: str) -> str:
    """Several of a thing."""
    first, blank, last = noun.rpartition(" ")
    if last in IRREGULAR:
        return first + blank + IRREGULAR[last]
    if last in (*SAME, *IRREGULAR.values()) or last.endswith(_COMPOUNDS) or not last.isalpha():
        return noun
    if last.endswith("s") and not last.endswith(("ss", "us", "bus")):
        return noun
    if last.endswith("y") and last[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return noun + ("es" if last.endswith(("s", "x", "ch", "sh", "z")) else "s")

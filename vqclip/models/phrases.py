"""Find the things that an English text names, and lay them out: pairs, lists, counts, and what lies on what."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, starmap

from vqclip.models import nouns
from vqclip.models.catalogue import companions
from vqclip.models.grounds import ground_of, names_ground, split_ground
from vqclip.models.languages import legible
from vqclip.settings import requirements as need
from vqclip.settings import scenes
from vqclip.settings.layout import Box, Ground, LaidOutSettings, SceneLayout, Thing, in_rows
from vqclip.settings.scenes import Scene
from vqclip.settings.schema import Settings, options

_MOST = 6
"""Things in one picture; more would be too small."""
_FAR = 0.3
"""The horizon behind several rows of things."""
_COUNTS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "both": 2, "2": 2, "3": 3, "4": 4, "5": 5,
    "a couple of": 2, "a pair of": 2, "couple of": 2, "pair of": 2,
}  # fmt: skip
_COUNT = re.compile(
    rf"^(?:(?:a )?(?:group|set|row|bunch|pile) of )?(?:the )?({'|'.join(map(re.escape, _COUNTS))}) (?:of the )?(.+)$"
)
_ARTICLE = re.compile(r"^(?:(an?|the|one|another|his|her|its|my|our|their|some) )(.+)$")
_MADE = re.compile(
    r"^((?:an? |the )?(?:[a-z]+ )?(?:picture|drawing|painting|photo|photograph|image|illustration|sketch|icon|cartoon"
    r"|watercolou?r|emoji|sticker|clip ?art|engraving|render|mosaic|portrait|silhouette|doodle|print|woodcut)s? of )"
    r"(.+)$"
)
_MANNER = re.compile(
    r"^(.+?)((?:,(?!.*\band\b)(?! (?:an?|the|one|two|three|four|five) )| in the style of | in [a-z]+ style\b"
    r"| as an? ).*)$"
)
_RESTING = re.compile(
    r" (?:sitting|standing|lying|resting|sleeping|perched|perching|placed|parked|that is|which is)$"
)
_ATTRIBUTE = re.compile(r"^(.+?) (with|in|wearing) ((?:an? |the |his |her )?(?:[a-z]+ )*?([a-z]+))$")
_UPRIGHT = {
    "above": True, "over": True, "on top of": False, "on": False, "upon": False, "onto": False,
    "below": True, "beneath": True, "underneath": True, "under": True,
}  # fmt: skip
"""Words between an upper and a lower thing, and whether there is a gap between the two."""
_BELOW = frozenset(("below", "beneath", "underneath", "under"))
_VERTICAL = re.compile(rf"^(.+?) ({'|'.join(_UPRIGHT)}) (.+)$")
_BESIDE = re.compile(
    r" (?:right |just )?(?:next to|beside|alongside|besides|near|close to|in front of|to the left of) "
)
_PREPOSITIONS = (
    *(word for word in _UPRIGHT if " " not in word), "across", "against", "along", "alongside", "around", "at",
    "before", "behind", "beside", "besides", "between", "by", "close", "down", "during", "for", "from", "in",
    "inside", "into", "near", "next", "off", "out", "through", "to", "underwater", "up", "with", "without",
)  # fmt: skip
_WITHIN = re.compile(
    rf"\b(?:{'|'.join(_PREPOSITIONS)}|wearing|holding|who|that|which|is|are|like|as|not|no|or|but|than)\b"
)
"""What no noun phrase has within."""
_SEVERAL = re.compile(rf",|\b(?:{'|'.join(map(re.escape, _COUNTS))}|{'|'.join(_PREPOSITIONS)}|and|plus)\b")
"""Without any of these, a text names one thing and no ground, and no list of words has to be read."""
_QUOTED = re.compile(r"[\"“”«»„‚‘「」『』]|(?:^|\s)'")
_LISTED = re.compile(r",? and |, | plus ")


def laid_out(settings: Settings) -> Settings:
    """The settings with a layout of each scene whose prompt names several things; unchanged without such a scene.

    Only the start from a prior of ours is laid out, where nothing but the prompt says what lies where.
    """
    of_ours = any(fields["vqgan"] == settings.vqgan for fields in companions("prior").values())
    if settings.layout == "none" or not of_ours or any(one.unmet(settings) for one in need.LAYOUT):
        return settings
    layouts = tuple(_layout_of(scene, settings) for scene in scenes.read(settings).scenes)
    if not any(layouts):
        return settings
    return LaidOutSettings(**{name: getattr(settings, name) for name in options()}, layouts=layouts)


def _layout_of(scene: Scene, settings: Settings) -> SceneLayout | None:
    """The layout of a scene of one plain text."""
    prompt = scene.prompts[0] if len(scene.prompts) == 1 else None
    if prompt is None or prompt.kind != "text" or prompt.region or prompt.schedule or prompt.weight <= 0:
        return None
    before, after = settings.prompt_prefix, settings.prompt_suffix
    text = prompt.text.removeprefix(before).removesuffix(after)
    if _QUOTED.search(text):
        return None
    found = lay_out(legible(text, prompt.language), settings.width / settings.height)
    return found and found.with_words(before, after)


@dataclass(frozen=True)
class Named:
    """What a noun phrase names.

    Attributes:
        count: How many.
        text: One of them, with an article.
        noun: Its noun.
        bare: It has neither an article nor a number.
    """

    count: int
    text: str
    noun: str
    bare: bool = False


def lay_out(text: str, aspect: float = 1.0) -> SceneLayout | None:
    """Lay out what a text names; None where it is drawn best as it is.

    Args:
        text: In English, spelt out.
        aspect: The width of the picture in heights.
    """
    text = " ".join(text.lower().split())
    if not _SEVERAL.search(text):
        return None
    made = _MADE.match(text)
    before, text = (made[1], made[2]) if made else ("", text)
    found, manner = _laid_out(text, aspect), ""
    if found is None and (parts := _MANNER.match(text)):
        manner = parts[2]
        found = _laid_out(parts[1], aspect)
    if found is None:
        return None
    return found.with_words(before, manner)


def _laid_out(text: str, aspect: float) -> SceneLayout | None:
    if text in nouns.whole_names() or text.partition(" ")[2] in nouns.whole_names():
        return None
    kept, whole = _bound(text)
    core, ground, learnt = split_ground(kept)
    if ground is None and (named := _over_its_own_ground(core)):
        core, ground, room = named
        things = _things(core, aspect) or _single(core, room)
    else:
        things = _things(core, aspect)
    if not things:
        one = named_by(core)
        if ground is None or learnt or one is None or one.count > 1 or nouns.is_a("scenery", one.noun):
            return None
        return SceneLayout((Thing(f"{whole(core)} {ground.name}"),))
    found = [replace(one, text=whole(one.text)) for one in things]
    if ground is not None and len(found) > 1 and len({one.box[1] for one in found}) == 1:
        # What stands on a ground has its feet on the land.
        found = [replace(one, box=(one.box[0], 0.12, one.box[2], 0.92), stands=True) for one in found]
    elif ground is not None and len(found) > 1:
        ground = replace(ground, horizon=_FAR)
    return SceneLayout(tuple(found), ground)


def _bound(text: str) -> tuple[str, Callable[[str], str]]:
    """A text in which each name of one thing is one word, and what undoes that."""
    for name in nouns.whole_names():
        if name in text:
            text = re.sub(rf"\b{re.escape(name)}\b", name.replace(" ", "\u00a0"), text)
    return text, lambda part: part.replace("\u00a0", " ")


def _over_its_own_ground(text: str) -> tuple[str, Ground, Box] | None:
    """What is on or over a ground that a noun names, as in "a beach with a palm tree" or "a bird over the sea"."""
    first = re.match(r"^(?:an? |the )?(?:[a-z]+ )?([a-z]+) with (.+)$", text)
    if first and (ground := ground_of(first[1])):
        return first[2], ground, (0.15, 0.1, 0.85, 0.9)
    second = re.match(r"^(.+) (?:over|above) (?:an? |the )?(?:[a-z]+ )?([a-z]+)$", text)
    if second and (ground := ground_of(second[2])):
        return second[1], ground, (0.2, 0.02, 0.8, 0.62)
    return None


def _single(text: str, room: Box) -> list[Thing] | None:
    one = named_by(text)
    if one is None or one.count > 1 or names_ground(one.noun) or nouns.is_a("scenery", one.noun):
        return None
    return [Thing(one.text, room)]


def _things(text: str, aspect: float) -> list[Thing] | None:
    """The boxes of two or more things; None where a text names one, or what is not known."""
    if (found := _VERTICAL.match(text)) and (things := _in_columns(found)):
        return things
    groups = _side_by_side(text)
    if groups is None or not 2 <= sum(one.count for one in groups) <= _MOST or (len(groups) == 1 and groups[0].bare):
        return None
    boxes = in_rows([one.count for one in groups], aspect)
    texts = [one.text for one in groups for _ in range(one.count)]
    in_row = len({box[3] for box in boxes}) == 1
    stands = in_row and len(groups) > 1
    if stands:
        # Things of different heights stand on one line, in the middle of the picture.
        boxes = [(left, 0.15, right, 0.85) for left, _, right, _ in boxes]
    return [Thing(one, box, stands=stands) for one, box in zip(texts, boxes, strict=True)]


def _in_columns(found: re.Match[str]) -> list[Thing] | None:
    """One or more things above another one: the lower one first."""
    first, link, second = _RESTING.sub("", found[1]), found[2], found[3]
    upper, lower = (second, first) if link in _BELOW else (first, second)
    below, above = _side_by_side(lower), _side_by_side(upper)
    if below is None or above is None or any(nouns.is_a(kind, below[0].noun) for kind in ("worn", "holders")):
        return None
    bases, texts = ([one.text for one in groups for _ in range(one.count)] for groups in (below, above))
    if max(len(bases), len(texts)) > _MOST // 2:
        return None
    if _UPRIGHT[link]:
        return [*_row(bases, (0.0, 0.5, 1.0, 1.0)), *_row(texts, (0.0, 0.0, 1.0, 0.5))]
    rides = nouns.is_a("people", above[0].noun) and nouns.is_a("ridden", below[0].noun)
    if rides or len(bases) > 1:
        return None
    top = [Thing(one.text, one.box, on=True) for one in _row(texts, (0.14, 0.0, 0.86, 0.55))]
    return [Thing(bases[0], (0.05, 0.22, 0.95, 1.0), stands=True), *top]


def _row(texts: Sequence[str], within: Box) -> list[Thing]:
    left, top, right, bottom = within
    side = (right - left) / len(texts)
    return [Thing(text, (left + at * side, top, left + (at + 1) * side, bottom)) for at, text in enumerate(texts)]


def _side_by_side(text: str) -> list[Named] | None:
    """What stands in a list, or next to another; a single thing as well."""
    parts: list[str] = []
    for side in _BESIDE.split(text):
        parts += _parted(side)
    found = [named_by(_RESTING.sub("", part)) for part in parts]
    known = [one for one in found if one is not None and not nouns.is_a("scenery", one.noun)]
    if len(known) < len(found) or not known:
        return None
    return None if any(starmap(_are_one, pairwise(known))) else known


def _are_one(first: Named, second: Named) -> bool:
    """Whether two parts of a list are one thing: "an orange and white cat", "a man with a hat and a beard"."""
    colour = first.text.endswith(first.noun) and nouns.is_adjective(first.noun)
    described = second.bare and len(second.text.split()) > 1
    return (colour and described) or (nouns.is_a("worn", second.noun) and " with " in first.text)


def _parted(text: str) -> list[str]:
    """A list in its parts, and "a man with a dog" in two; what is worn stays."""
    parts = []
    split = _LISTED.split(text)
    if ", " in text and len({_is_bare(part) for part in split}) > 1:
        # The end of "a cat and a dog, pixel art" says how they are drawn.
        return [text]
    for part in split:
        found = re.match(r"^(.+?) (?:with|by) (.+)$", part)
        one, other = (named_by(found[1]), named_by(found[2])) if found else (None, None)
        described = other is not None and other.bare
        if found and one and other and not described and all(nouns.is_a("free", each.noun) for each in (one, other)):
            parts += [found[1], found[2]]
        else:
            parts.append(part)
    return [part.removeprefix("and ") for part in parts]


def _is_bare(text: str) -> bool:
    """Whether a noun phrase has neither an article nor a number."""
    return not _COUNT.match(text) and not _ARTICLE.match(text)


def named_by(text: str) -> Named | None:
    """What a noun phrase names; None where it is none, or where the models do not know its noun."""
    text = text.strip(" ,")
    counted, article = _COUNT.match(text), _ARTICLE.match(text)
    count, bare = (_COUNTS[counted[1]], False) if counted else (1, article is None)
    inner = counted[2] if counted else article[2] if article else text
    worn = _ATTRIBUTE.match(inner)
    core, tail = inner, ""
    if worn and nouns.is_a("worn", worn[4]):
        core, tail = worn[1], inner[len(worn[1]) :]
    core, of, stuff = core.partition(" of ")
    words = core.split()
    if any(nouns.is_a("numbers", word) for word in words):
        return None
    if not words or _WITHIN.search(core) or _WITHIN.search(stuff) or " and " in core + stuff or len(words) > 5:
        return None
    noun = words[-1]
    if not nouns.is_noun(noun) or (of and not nouns.is_noun(stuff.split()[-1])):
        return None
    if any(map(_does_something, pairwise(words))) or (counted and "\u00a0" in core):
        return None
    one = nouns.singular(noun)
    if bare and one and one != noun and not nouns.is_a("paired", noun) and not of:
        # "Cats and dogs" are several of each.
        count = 2
    if count == 1:
        return Named(1, text, noun, bare)
    if one is None or (counted and nouns.is_a("paired", noun)):
        return None
    single = " ".join([*words[:-1], one]) + of + stuff + tail
    return Named(count, f"{'an' if single[0] in 'aeiou' else 'a'} {single}", one, bare)


def _does_something(words: tuple[str, str]) -> bool:
    """Whether the second of two words says what the first one does, as in "a robot shaking hands"."""
    return words[1].endswith("ing") and nouns.is_noun(words[0]) and not nouns.is_noun(words[1])

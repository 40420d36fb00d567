"""Which words of the captions the CLIP learned, and which it met but does not know: the list that it is shipped with.

A word that is only among the keywords of a few pictures is read in few captions. So it is asked for by itself: where
none of its pictures is among the first that the CLIP finds for it, it is not known, and those are named instead. What
comes before the noun of a name ("snowy mountain") shows nothing by itself, and is asked for in that name.
"""

from collections import Counter, defaultdict

import numpy as np
import torch

from captions import COUNTS, NUMBERS, ON_GROUND, PAIRS, TEMPLATES, names_of, plural
from clip import Tokens, build, encode_image, encode_text
from data import COLOUR_WORDS, HELD_OUT, over, tensor
from trainer import finished
from vqclip.models.english import ADJECTIVES
from vqclip.models.languages import words_of

#: One of its own pictures has to be among so many, of all that were learned.
FIRST = 40
#: In so many different names a word is grammar ("with", "face"), which no picture shows by itself.
COMMON = 3


def met(records):
    """Word -> the numbers of the records whose names or keywords hold it, and word -> the names that hold it."""
    shown, named = defaultdict(set), defaultdict(set)
    for number, record in enumerate(records):
        names = names_of(record)
        for text in [*names, *record["tags"]]:
            for word in words_of(text):
                shown[word].add(number)
        for name in names:
            for word in words_of(name):
                named[word].add(name)
    return shown, named


def asked(word, named):
    """The texts that ask for a word: itself, or the names that it is in if it is the last word of none of them."""
    before = [name for name in sorted(named[word]) if words_of(name)[-1] != word]
    return before if before and len(before) == len(named[word]) else [word]


def judged(shown, named, names, rank):
    """Word -> nothing where it is known, else up to three names of pictures that it was met with.

    names: of each record. rank: word -> how many pictures the CLIP finds before the first that shows it, for the
    best of the texts in `asked`.
    """
    # An adjective shows nothing by itself.
    grammar = {word for text in [*TEMPLATES, *ON_GROUND, *PAIRS, *COUNTS, *ADJECTIVES] for word in words_of(text)}
    known = dict.fromkeys(grammar | set(NUMBERS.values()) | COLOUR_WORDS, ())
    for word, numbers in shown.items():
        if word in known:
            continue
        if len(named[word]) >= COMMON or rank[word] < FIRST:
            known[word] = ()
        else:
            known[word] = tuple(name for name, _ in Counter(names[n] for n in sorted(numbers)).most_common(3))
    names = sorted({name for found in named.values() for name in found})
    last = {name: words_of(name)[-1] for name in names}
    # First all that are known by themselves: a plural that is known would have a plural of its own.
    return known | {words_of(plural(name))[-1]: () for name in names if known.get(last[name]) == ()}


@torch.no_grad()
def measured(work, pictures):
    """What `judged` says of the finished CLIP in `work`, or of the shipped one, over all pictures that it learned."""
    rows = [r for r in pictures.train if not pictures.rows[r]["copy"] and pictures.rows[r]["set"] not in HELD_OUT]
    records = [pictures.rows[r] for r in rows]
    tokens = Tokens(work / "bpe.txt.gz")
    clip = build(tokens.tokenizer.vocab_size).eval()
    clip.load_state_dict(finished(work, "clip"))
    shown, named = met(records)
    questions = [(word, text) for word in sorted(shown) for text in asked(word, named)]
    seen = torch.cat([encode_image(clip, _on_white(pictures, part)) for part in _parts(rows)])
    rank = {}
    for part in _parts(questions):
        read = encode_text(clip, tokens([text for _, text in part]))
        for (word, _), scores in zip(part, read @ seen.t(), strict=True):
            before = int((scores > scores[sorted(shown[word])].max()).sum())
            rank[word] = min(before, rank.get(word, before))
    return judged(shown, named, [record["names"][0] for record in records], rank)


def _parts(items, size=128):
    return [items[start : start + size] for start in range(0, len(items), size)]


def _on_white(pictures, rows):
    return over(tensor(np.stack([pictures.x64[r] for r in rows])), torch.ones(1))

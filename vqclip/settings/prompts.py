r"""The prompt grammar: `text:weight:stop`, with `|` between prompts and `^` between the scenes of a story.

    a red apple                       one prompt of weight 1
    a forest | fog:0.5 | people:-0.3  three prompts, the last one pushes away
    a cat:1:0.6                       no further pull once the distance is below 0.6
    fog:[0:0, 50%:1 cosine]           a weight that changes over the steps; the brackets are optional
    [look.png]:0.5                    a picture to draw towards
    a red apple @left | a cup @right  a prompt for a part of the picture
    a cloud:2 @[sky.png]              the part where the mask is white; [-sky.png]: where it is black
    a seed ^ a tree | sun:0.3         one scene after the other

A weight is recognised from the right, as in pixray, and only where it cannot be text: the number follows its
colon without a space, and the text before it does not end in a digit. So "at 12:30 sharp", "ratio 16:9",
"Alien: a poster" and web addresses are text. To weight a text that ends in a digit, leave a space before the
colon: "area 51 :2". A part of the picture that is not last, an open bracket and a third number are refused, because
they are usually mistakes. A backslash makes `|`, `:`, `^`, `[`, `@` or another backslash literal. pytti's notation
of a part, `text:weight_left:stop`, works too.

A noise prompt is a random direction, `SEED:weight:stop`.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from vqclip.errors import UsageError
from vqclip.schedules import Schedule

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)"
# Brackets hold a schedule only where they begin with a position, so that "poster:[draft]" is text.
_SCHEDULE = r"\[\s*[\d.]+\s*%?\s*:[^\[\]]*\]"
# Without brackets it takes two keys at least to be one: "fog:0:0, 100:1".
_KEY = r"\d+\.?\d*\s*%?\s*:\s*[+-]?[\d.]+(?:e[+-]?\d+)?(?:\s+[a-z]+)?"
_KEYS = rf"{_KEY}(?:\s*,\s*{_KEY})+"
_PART = r"\[[^\[\]]+\]|[a-z]+(?:-[a-z]+)?"
_TAIL = re.compile(rf":({_NUMBER}|{_SCHEDULE}|{_KEYS})(?:_({_PART}))?(?::({_NUMBER}))?$", re.IGNORECASE)
_REGION = re.compile(rf"(?<!\S)@({_PART})$", re.IGNORECASE)
_NUMBERS = re.compile(rf"(?:[^\s\d:]|(?<=\S)\s)((?::(?:{_NUMBER})){{3,}})$", re.IGNORECASE)
_PICTURE = re.compile(r"\[(.+\.(?:png|jpe?g|webp|gif|bmp|tiff?|ppm|tga|jp2|avif|ico))\]", re.IGNORECASE | re.DOTALL)
# Signs that word processors and keyboards of East Asia write in place of those of the grammar.
TYPED = str.maketrans("：∶﹕−–—－﹣＋，、｜＾＠％．０１２３４５６７８９", ":::-----+,,|^@%.0123456789")
# Marks of direction, blanks of no width, soft hyphens. The joiners of emoji and of Persian stay.
_UNSEEN = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_SEPARATORS = re.compile("[\x85\u2028\u2029]")
_EMPHASIS = re.compile(rf"\(([^()]+):({_NUMBER})\)|\(\(+([^()]+)\)+\)|\[([^\[\].:]+)\]|<(?:lora|hypernet):[^>]*>")
_EARLY = re.compile(rf"(?<=[^\s\d:]):({_NUMBER})\s*[,;]\s")
_COMMA = re.compile(r"(?<=[^\s\d:]):[+-]?\d+,\d+$")
_LITERAL = r"[\\:|^\[@：∶﹕｜＾＠]"
_ESCAPE = re.compile(rf"\\({_LITERAL})")

REGIONS: dict[str, tuple[float, float, float, float]] = {
    "left": (0, 0, 1 / 2, 1),
    "right": (1 / 2, 0, 1, 1),
    "top": (0, 0, 1, 1 / 2),
    "bottom": (0, 1 / 2, 1, 1),
    "centre": (1 / 4, 1 / 4, 3 / 4, 3 / 4),
    "top-left": (0, 0, 1 / 2, 1 / 2),
    "top-right": (1 / 2, 0, 1, 1 / 2),
    "bottom-left": (0, 1 / 2, 1 / 2, 1),
    "bottom-right": (1 / 2, 1 / 2, 1, 1),
}
"""Parts of a picture by name: left, top, right and bottom edge, in shares of its width and height."""
_ALIASES = {"center": "centre", "middle": "centre", "up": "top", "down": "bottom"}
# "info@top.de" and "me@left-bank" are addresses.
_AT = re.compile(
    rf"@(?:(?:{'|'.join(sorted((*REGIONS, *_ALIASES), key=len, reverse=True))})(?![\w-]|\.\w)|\[)", re.IGNORECASE
)
_PYTTI = {"l": "left", "r": "right", "u": "top", "d": "bottom"}


@dataclass(frozen=True)
class Prompt:
    """One prompt with its weight.

    Attributes:
        text: Not empty, without surrounding blanks; the file of an image prompt, the seed of a noise prompt.
        weight: Finite; a negative prompt pushes away.
        stop: The spherical distance (0 to pi^2/2) below which the prompt stops pulling; -inf is never.
        kind: text, image, noise or text-off.
        schedule: The weight at each step where it changes; `weight` is then the value farthest from 0.
        region: The part of the picture that the prompt applies to: a name in REGIONS, or the file of a mask in
            brackets, with a minus in front for the black part; empty for the whole picture.
        style: Words that name a style, with {} for the text, for a CLIP that knows styles.
        language: Of the text, for models that know only English words: a code, or "auto".
    """

    text: str
    weight: float = 1.0
    stop: float = -math.inf
    kind: str = "text"
    schedule: Schedule | None = None
    region: str = ""
    style: str = ""
    language: str = "auto"

    @property
    def styled_text(self) -> str:
        """The text that a CLIP reads if it knows styles."""
        return self.style.replace("{}", self.text) if self.style else self.text

    @property
    def mask(self) -> str:
        """The file of the region's mask; empty when it has none."""
        return self.region[1:-1].removeprefix("-") if self.region.startswith("[") else ""

    def weight_at(self, step: int, steps: int) -> float:
        """The weight at a step, 0 for the first, of a run of `steps`."""
        return self.weight if self.schedule is None else self.schedule.at(step, steps)


def parse(source: str) -> tuple[Prompt, ...]:
    """Read the prompts of one scene.

    Raises UsageError that names the position for an empty prompt, a missing or non-finite number, a NUL, an
    unpaired surrogate or a second scene, and when no prompt has a weight other than 0.
    """
    scenes = parse_scenes(source)
    if len(scenes) > 1:
        position = _pieces(source)[0][-1][1]
        raise _refusal(source, position, "only runs have scenes, which ^ separates", "Write '\\^' for a ^.")
    return scenes[0]


def parse_scenes(source: str) -> tuple[tuple[Prompt, ...], ...]:
    """Read the scenes of a story, one or more, each with its prompts. Raises UsageError as `parse` does."""
    scenes = _parse_all(source, "text")
    for number, prompts in enumerate(scenes, 1):
        try:
            require_pull(prompts)
        except UsageError as error:
            which = f"in scene {number}, " if len(scenes) > 1 else ""
            raise UsageError(f"{which}{error.message}", error.hint) from None
    return scenes


def parse_images(source: str) -> tuple[Prompt, ...]:
    """Read image prompts, `FILE:weight:stop` with `|` between several. Raises UsageError as `parse` does.

    A number after the last colon is always a weight: no file name needs a blank before it.
    """
    return _only(source, "image")


def parse_noise(source: str) -> Prompt:
    """Read a noise prompt, `SEED:weight:stop`. Raises UsageError, also for a seed that is not a whole number."""
    found = re.fullmatch(r"\s*([0-9]{1,18})\s*(:.*)?", source)
    if not found:
        raise UsageError(f"noise prompt {source!r} has no seed.", "Write SEED:WEIGHT, as in 7:0.5.")
    (prompt,) = _only("noise" + (found[2] or ""), "noise")
    return dataclasses.replace(prompt, text=str(int(found[1])))


def join_lines(lines: Iterable[str]) -> str:
    r"""Join lines with one prompt each; a line that begins with ^ begins a scene.

    Blank lines and lines that begin with # are skipped; a backslash before the # makes it literal.
    """
    joined = ""
    for line in map(str.strip, lines):
        if not line or line.startswith("#"):
            continue
        if line.startswith("^"):
            joined += f" {line}" if line.strip("^ ") else " ^"
            continue
        mark = " " if joined.endswith("^") else " | "
        joined += (mark if joined else "") + line.removeprefix("\\" if line.startswith("\\#") else "")
    return joined.strip()


def require_pull(prompts: Iterable[Prompt]) -> None:
    """Raise UsageError when no prompt has a weight other than 0."""
    if all(prompt.weight == 0 for prompt in prompts):
        raise UsageError("every prompt has the weight 0, so nothing would be drawn.", "Give one a weight above 0.")


def doubts(prompts: Iterable[Prompt], source: str = "") -> list[str]:
    """Warn about each text in which something looks like a weight but is text, as in "a tree: 2" or "(tree:1.3)".

    source: of the prompts, to say how signs of other keyboards are read.
    """
    found = []
    typed = source.translate(TYPED)
    if typed != source and _pieces(typed) and parse_scenes(typed) == parse_scenes(source):
        found.append(f"the prompt {source!r} is read as {typed!r}.")
    for prompt in prompts:
        if prompt.kind != "text":
            continue
        text = prompt.text.translate(TYPED)
        number = re.search(rf":\s+({_NUMBER})$", text)
        if number and not text[: number.start()][-1:].isdigit():
            meant = f"{prompt.text[: number.start()]}:{number[1]}"
            found.append(f"the prompt {prompt.text!r} ends in a number that is text; as a weight: {meant!r}.")
        elif emphasis := _EMPHASIS.search(text):
            word = next((part for part in emphasis.group(1, 3, 4) if part), "apple")
            found.append(
                f"the prompt {prompt.text!r} holds {emphasis[0]!r}, the emphasis of A1111 and ComfyUI, which is text "
                f"here; weights divide prompts: '{prompt.text.replace(emphasis[0], word)} | {word}:0.3'."
            )
        elif early := _EARLY.search(text):
            found.append(
                f"the prompt {prompt.text!r} holds {early[0].strip(' ,;')!r} before a comma, which is text; write | "
                "between prompts."
            )
    return found


def format(prompts: Iterable[Prompt], kind: str = "text") -> str:
    """Write prompts so that `parse`, or `parse_images` for the kind image, gives the same prompts back."""
    return " | ".join(_format_one(prompt, kind) for prompt in prompts)


def with_files(source: str, change: Callable[[str], str], kind: str = "text") -> str:
    """Change the path of every file in the source; a source without files is returned as it is.

    kind: image for what `parse_images` reads.
    """
    scenes = _parse_all(source, kind) if source.strip() else ()
    changed = tuple(tuple(_with_file(prompt, change) for prompt in scene) for scene in scenes)
    return source if changed == scenes else " ^ ".join(format(scene, kind) for scene in changed)


def split_position(entry: str) -> tuple[str, str]:
    """Split `STEP:prompt` of the option prompt_at into its position and its prompt. Raises UsageError."""
    position, colon, prompt = entry.partition(":")
    if not colon:
        raise UsageError(f"prompt_at {entry!r} names no step.", 'Write STEP:PROMPT, as in 100:"a tree", or 50%:...')
    return position, prompt


def with_files_at(entry: str, change: Callable[[str], str]) -> str:
    """As `with_files`, for `STEP:prompt`."""
    position, prompt = split_position(entry)
    return f"{position}:{with_files(prompt, change)}"


def _with_file(prompt: Prompt, change: Callable[[str], str]) -> Prompt:
    if prompt.mask:
        sign = "-" if prompt.region.startswith("[-") else ""
        prompt = dataclasses.replace(prompt, region=f"[{sign}{change(prompt.mask)}]")
    return dataclasses.replace(prompt, text=change(prompt.text)) if prompt.kind == "image" else prompt


def _only(source: str, kind: str) -> tuple[Prompt, ...]:
    scenes = _parse_all(source, kind)
    if len(scenes) > 1:
        raise _refusal(source, _pieces(source)[0][-1][1], "only texts have scenes, after ^", "Write '\\^' for a ^.")
    return scenes[0]


def normal(source: str) -> str:
    """The source with composed accents, without invisible characters, and with spaces in place of line breaks.

    The names of files, in brackets, stay as they are.
    """
    if source.isascii():
        return source
    parts = re.split(r"(\[[^\[\]]*\.\w+\])", source)
    parts[::2] = [unicodedata.normalize("NFC", _SEPARATORS.sub(" ", _UNSEEN.sub("", part))) for part in parts[::2]]
    return "".join(parts)


def _parse_all(source: str, kind: str) -> tuple[tuple[Prompt, ...], ...]:
    source = normal(source) if kind == "text" else source
    for position, character in enumerate(source):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise _refusal(source, position, f"the prompt holds U+{ord(character):04X}, which is not text")
    return tuple(tuple(_parse_one(source, *bounds, kind) for bounds in scene) for scene in _pieces(source))


def _pieces(source: str) -> list[list[tuple[int, int]]]:
    """Bounds of the prompts of each scene: the stretches between unescaped `|` and `^`.

    Two bars between blanks part scenes as well, as in pytti.
    """
    masked = _mask_escapes(source)
    scenes: list[list[tuple[int, int]]] = [[]]
    start = 0
    for mark in re.finditer(r"(?<=\s)\|\|(?=\s)|[|^]", masked):
        scenes[-1].append((start, mark.start()))
        if mark[0] != "|":
            scenes.append([])
        start = mark.end()
    scenes[-1].append((start, len(source)))
    return scenes


def _parse_one(source: str, start: int, end: int, kind: str) -> Prompt:
    piece = source[start:end]
    masked = _mask_escapes(piece).rstrip()
    region = ""
    if place := _REGION.search(masked):
        region = _region(source, start + place.start(1), start + place.end(1))
        if region:
            masked = masked[: place.start()].rstrip()
    weight, stop, schedule, text_end = 1.0, -math.inf, None, len(masked)
    tail = _TAIL.search(masked)
    if tail and (tail[1].startswith("[") or kind != "text" or not _belongs_to_text(masked[: tail.start()])):
        text_end = tail.start()
        if tail[1].startswith("[") or "," in tail[1]:
            schedule = _schedule(source, start + tail.start(1), tail[1].strip("[]"))
            weight = schedule.peak
        else:
            weight = _number(source, start + tail.start(1), tail[1], "weight")
        if tail[2] is not None:
            at = start + tail.start(2)
            if region:
                raise _refusal(source, at, "the prompt names two parts of the picture", "Leave one out.")
            region = _region(source, at, start + tail.end(2), _PYTTI)
            if not region:
                raise _refusal(source, at, f"{tail[2]!r} is not a part of a picture", _known_regions())
        if tail[3] is not None:
            stop = _number(source, start + tail.start(3), tail[3], "stop")
    elif masked.endswith(":"):
        position = start + len(masked) - 1
        raise _refusal(source, position, "a number is missing after ':'", "Write '\\:' for a colon in the text.")
    if not region and (place := _REGION.search(masked[:text_end].rstrip())):
        # Before the weight, "a tree @left:2", a part means the same.
        region = _region(source, start + place.start(1), start + place.end(1))
        text_end = place.start() if region else text_end
    picture = _PICTURE.fullmatch(masked[:text_end].strip()) if kind == "text" else None
    if kind == "text" and not picture:
        _refuse_remains(source, start, masked[:text_end], region)
    first = start + len(piece) - len(piece.lstrip()) if picture else start
    # Escapes are undone only here, so an escaped character never takes part in the grammar. A trailing blank
    # that the user escaped does not exist: blanks need no escape.
    text = source[first + 1 : first + 1 + len(picture[1])] if picture else piece[:text_end]
    text = _ESCAPE.sub(r"\1", text).strip()
    if not text:
        hint = 'Write what to draw, as in "a red apple".' if kind == "text" else "Write the file, as in look.png:0.5."
        if source[max(0, start - 1) : end + 1] == "||":
            hint = "Write ^ between the scenes of a story, | between prompts of one."
        raise _refusal(source, start, "the prompt is empty", hint)
    return Prompt(text, weight, stop, "image" if picture else kind, schedule, region)


def _region(source: str, first: int, last: int, more: Mapping[str, str] | None = None) -> str:
    """The part of a picture that source[first:last] names, empty for other text. Raises UsageError."""
    name = source[first:last]
    if name.startswith("["):
        file = _ESCAPE.sub(r"\1", name[1:-1]).strip()
        if not file.removeprefix("-"):
            raise _refusal(source, first, "the brackets name no mask", "Write the file, as in @[sky.png].")
        return f"[{file}]"
    word = name.lower()
    word = {**_ALIASES, **(more or {})}.get(word, word)
    if word in REGIONS:
        return word
    if difflib.get_close_matches(word, REGIONS, n=1, cutoff=0.75):
        raise _refusal(source, first, f"{name!r} is not a part of a picture", f"{_known_regions()} '\\@' is text.")
    return ""


def _refuse_remains(source: str, start: int, text: str, region: str) -> None:
    """Raise UsageError for what looks like grammar but would become text.

    text: of the prompt that begins at `start`, with its escapes masked. region: the one that is known already.
    """
    for place in _AT.finditer(text):
        open_bracket = place[0] == "@[" and "]" not in text[place.start() :]
        if open_bracket or "://" in text[: place.start()].rpartition(" ")[2]:
            continue
        at = start + place.start()
        if region:
            raise _refusal(source, at, "the prompt names two parts of the picture", "Leave one out. '\\@' is text.")
        before, name = text[: place.start()].rstrip(), text[place.start() :].strip()
        right = f"{before} {name}" if before and " " not in name else "a tree:2 @left"
        hint = f"Write it as in '{right}'. '\\@' is text."
        raise _refusal(source, at, "a part of the picture has to come last, after a space", hint)
    if comma := _COMMA.search(text):
        hint = f"Write {comma[0].replace(',', '.')}. '\\:' is a colon in the text."
        raise _refusal(source, start + comma.start() + 1, "a weight needs a decimal point, not a comma", hint)
    if (numbers := _NUMBERS.search(text)) and "://" not in text.split()[-1]:
        hint = "Write text:weight:stop. '\\:' is a colon in the text."
        raise _refusal(source, start + numbers.start(1), "there are more numbers than a weight and a stop", hint)
    opened: list[int] = []
    for bracket in re.finditer(r"(?<!\x1b)\[|\]", text):
        if bracket[0] == "[":
            opened.append(bracket.start())
        elif opened:
            opened.pop()
    if opened:
        raise _refusal(source, start + opened[0], "the bracket is never closed", "Close it with ']'. '\\[' is text.")


def _known_regions() -> str:
    return f"Valid: {', '.join(REGIONS)}, or the file of a mask in brackets."


def _mask_escapes(piece: str) -> str:
    """The piece with escaped characters made neutral, of the same length."""
    return _ESCAPE.sub("\ufffc\ufffc", piece).translate(TYPED)


def _belongs_to_text(before: str) -> bool:
    """Whether a number after `before:` reads as text: a time, a ratio, a web address or its port."""
    if not before or before[-1].isspace():
        return False
    return before[-1].isdigit() or ("://" in before.split()[-1] and not _PICTURE.fullmatch(before.strip()))


def _number(source: str, position: int, digits: str, name: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _refusal(source, position, f"the {name} {digits!r} is not a finite number")
    return value


def _schedule(source: str, position: int, keys: str) -> Schedule:
    try:
        return Schedule.parse(keys)
    except UsageError as error:
        raise _refusal(source, position, error.message.removesuffix("."), error.hint) from None


def _refusal(source: str, position: int, problem: str, hint: str = "") -> UsageError:
    visible = "".join(" " if ord(c) < 32 or "\ud800" <= c <= "\udfff" else c for c in source)
    first = max(0, position - 40)
    shown = f"{visible[first : position + 30]}\n  {' ' * (position - first)}^"
    return UsageError(f"{problem}, at position {position + 1}:\n  {shown}", hint)


def _format_one(prompt: Prompt, kind: str) -> str:
    numbers = [] if prompt.weight == 1.0 and prompt.stop == -math.inf else [repr(prompt.weight)]
    if prompt.schedule is not None:
        numbers = [f"[{prompt.schedule}]"]
    if prompt.stop != -math.inf:
        numbers.append(repr(prompt.stop))
    for escape in (r"([|^])", f"({_LITERAL})"):
        text, region = (re.sub(escape, r"\\\1", part) for part in (prompt.text, prompt.region[1:]))
        if prompt.kind == "image" and kind == "text":
            text = f"[{text}]"
        blank = " " if numbers and (text[-1:].isdigit() or "://" in text) else ""
        place = f" @{prompt.region[:1]}{region}" if prompt.region else ""
        candidate = text + blank + "".join(":" + number for number in numbers) + place
        if _reads_as(candidate, prompt, kind):
            break
    return candidate


def _reads_as(candidate: str, prompt: Prompt, kind: str) -> bool:
    try:
        return _parse_all(candidate, kind) == ((prompt,),)
    except UsageError:
        return False

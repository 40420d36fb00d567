r"""The prompt grammar: `text:weight:stop`, with `|` between prompts.

    a red apple                       one prompt of weight 1
    a forest | fog:0.5 | people:-0.3  three prompts, the last one pushes away
    a cat:1:0.6                       no further pull once the distance is below 0.6

A weight is recognised from the right, as in pixray, and only where it cannot be text: the number follows its
colon without a space, and the text before it does not end in a digit. So "at 12:30 sharp", "ratio 16:9",
"Alien: a poster" and web addresses are text. To weight a text that ends in a digit, leave a space before the
colon: "area 51 :2". A backslash takes `|`, `:` or another backslash literally.

What CLIP is to see like may also be a picture, `FILE:weight:stop`, or a direction at random, `SEED:weight:stop`.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from vqclip.errors import UsageError

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|inf|infinity)"
_TAIL = re.compile(rf":({_NUMBER})(?::({_NUMBER}))?$", re.IGNORECASE)
_ESCAPABLE = "\\:|"


@dataclass(frozen=True)
class Prompt:
    """One thing to look for, with its pull.

    text: not empty, without surrounding blanks; of an image prompt the file, of a noise prompt the seed. weight:
    finite; negative pushes away. stop: the spherical distance (0 to pi^2/2) below which the prompt stops pulling;
    -inf means never. kind: text, image or noise.
    """

    text: str
    weight: float = 1.0
    stop: float = -math.inf
    kind: str = "text"


def parse(source: str) -> tuple[Prompt, ...]:
    """Read prompts from one string.

    Raises UsageError that names the position for an empty prompt, a missing or non-finite number, a NUL or an
    unpaired surrogate, and when no prompt has a weight other than 0.
    """
    prompts = _parse_all(source, "text")
    require_pull(prompts)
    return prompts


def parse_images(source: str) -> tuple[Prompt, ...]:
    """Read image prompts, `FILE:weight:stop` with `|` between several. Raises UsageError as `parse` does.

    A number after the last colon is always a weight: no file name needs a blank before it.
    """
    return _parse_all(source, "image")


def parse_noise(source: str) -> Prompt:
    """Read a noise prompt, `SEED:weight:stop`. Raises UsageError, also for a seed that is no whole number from 0."""
    found = re.fullmatch(r"\s*([0-9]{1,18})\s*(:.*)?", source)
    if not found:
        raise UsageError(f"noise prompt {source!r} has no seed.", "Write SEED:WEIGHT, as in 7:0.5.")
    (prompt,) = _parse_all("noise" + (found[2] or ""), "noise")
    return dataclasses.replace(prompt, text=str(int(found[1])))


def require_pull(prompts: Iterable[Prompt]) -> None:
    """Raise UsageError when no prompt has a weight other than 0."""
    if all(prompt.weight == 0 for prompt in prompts):
        raise UsageError("every prompt has the weight 0, so nothing would be drawn.", "Give one a weight above 0.")


def format(prompts: Iterable[Prompt]) -> str:
    """Write prompts of one kind so that `parse`, or the reader of that kind, gives the same prompts back."""
    return " | ".join(_format_one(prompt) for prompt in prompts)


def with_files(source: str, change: Callable[[str], str]) -> str:
    """Image prompts with the name of every file changed."""
    return format(dataclasses.replace(prompt, text=change(prompt.text)) for prompt in parse_images(source))


def _parse_all(source: str, kind: str) -> tuple[Prompt, ...]:
    for position, character in enumerate(source):
        if character == "\0" or "\ud800" <= character <= "\udfff":
            raise _refusal(source, position, f"the prompt holds U+{ord(character):04X}, which is not text")
    return tuple(_parse_one(source, start, end, kind) for start, end in _pieces(source))


def _pieces(source: str) -> list[tuple[int, int]]:
    """Bounds of the stretches between unescaped `|`."""
    bounds, start, position = [], 0, 0
    while position < len(source):
        if _is_escape(source, position):
            position += 2
            continue
        if source[position] == "|":
            bounds.append((start, position))
            start = position + 1
        position += 1
    return [*bounds, (start, len(source))]


def _is_escape(source: str, position: int) -> bool:
    return source[position] == "\\" and source[position + 1 : position + 2] in tuple(_ESCAPABLE)


def _parse_one(source: str, start: int, end: int, kind: str) -> Prompt:
    piece = source[start:end]
    masked = _mask_escapes(piece).rstrip()
    weight, stop, text_end = 1.0, -math.inf, len(masked)
    tail = _TAIL.search(masked)
    if tail and not (kind == "text" and _belongs_to_text(masked[: tail.start()])):
        text_end = tail.start()
        weight = _number(source, start + tail.start(1), tail[1], "weight")
        if tail[2] is not None:
            stop = _number(source, start + tail.start(2), tail[2], "stop")
    elif masked.endswith(":"):
        position = start + len(masked) - 1
        raise _refusal(source, position, "a number is missing after ':'", "Write '\\:' for a colon in the text.")
    # Escapes are undone only here, so an escaped character never takes part in the grammar. A trailing blank
    # that the user escaped does not exist: blanks need no escape.
    text = re.sub(r"\\([\\:|])", r"\1", piece[:text_end]).strip()
    if not text:
        hint = 'Write what to draw, as in "a red apple".' if kind == "text" else "Write the file, as in look.png:0.5."
        raise _refusal(source, start, "the prompt is empty", hint)
    return Prompt(text, weight, stop, kind)


def _mask_escapes(piece: str) -> str:
    """The piece with escaped characters made neutral, of the same length."""
    return re.sub(r"\\[\\:|]", "\ufffc\ufffc", piece)


def _belongs_to_text(before: str) -> bool:
    """Whether a number after `before:` reads as text: a time, a ratio, a web address or its port."""
    if not before.strip():
        return False
    if before[-1].isspace():
        return False
    return before[-1].isdigit() or "://" in before.split()[-1]


def _number(source: str, position: int, digits: str, name: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _refusal(source, position, f"the {name} {digits!r} is not a finite number")
    return value


def _refusal(source: str, position: int, problem: str, hint: str = "") -> UsageError:
    visible = "".join(" " if ord(c) < 32 or "\ud800" <= c <= "\udfff" else c for c in source)
    first = max(0, position - 40)
    excerpt = visible[first : position + 30]
    caret = " " * (position - first) + "^"
    return UsageError(f"{problem}, at position {position + 1}:\n  {excerpt}\n  {caret}", hint)


def _format_one(prompt: Prompt) -> str:
    numbers = [] if prompt.weight == 1.0 and prompt.stop == -math.inf else [repr(prompt.weight)]
    if prompt.stop != -math.inf:
        numbers.append(repr(prompt.stop))
    for escape in (r"([|])", r"([\\:|])"):
        text = re.sub(escape, r"\\\1", prompt.text)
        blank = " " if numbers and (text[-1:].isdigit() or "://" in text) else ""
        candidate = text + blank + "".join(":" + number for number in numbers)
        if _reads_as(candidate, prompt):
            break
    return candidate


def _reads_as(candidate: str, prompt: Prompt) -> bool:
    try:
        pieces = _pieces(candidate)
        return len(pieces) == 1 and _parse_one(candidate, *pieces[0], prompt.kind) == prompt
    except UsageError:
        return False

"""The codes by which augmentations are chosen: those of nerdyrodent/VQGAN-CLIP, and EleutherAI's Hf."""

from __future__ import annotations

from vqclip.errors import UsageError

AUGMENTS = ("Hf", "Ji", "Sh", "Gn", "Pe", "Ro", "Af", "Et", "Ts", "Cr", "Er", "Re")
UNSCALED = frozenset({"Hf", "Sh", "Gn", "Er", "Re"})
"""Those that `--augment`, a strength, does not change."""


def parse(text: str | None) -> tuple[str, ...]:
    """Read codes with blanks or commas between, as in `Ji Sh Gn`; the word none and None have none.

    Raises UsageError for a code that is not known or comes twice.
    """
    if text is None or text.strip().lower() == "none":
        return ()
    codes = tuple(code.capitalize() for code in text.replace(",", " ").split())
    wrong = next((code for code in codes if code not in AUGMENTS), None)
    if wrong or not codes:
        raise UsageError(f"augments is {text!r}.", f"Valid: none, or some of {' '.join(AUGMENTS)}.")
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice:
        raise UsageError(f"augments names {twice} twice.", "Name each code once; their order has no effect.")
    return codes

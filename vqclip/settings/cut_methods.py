"""The cut methods with the options that each one takes, and the codes of the augmentations.

A method is a row in CUT_METHODS and a module of `vqclip.cutouts.methods`, which is imported when a run needs it: a
wrong name is refused before torch is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping

from vqclip.errors import UsageError

CUT_METHODS: Mapping[str, tuple[str, ...]] = {
    "big-sleep": ("cut_noise",),
    "crowson": ("cut_pow", "cut_noise", "augment"),
    "disco": ("cut_pow", "cut_noise", "augment", "cut_overview", "cut_grey"),
    "eleuther": ("cut_noise", "augment"),
    "mse": ("cut_noise", "augment"),
    "pixray": ("cut_noise", "augment"),
    "pooled": ("cut_noise", "augment"),
    "pytti": ("cut_pow", "cut_noise", "augment"),
    "smart": ("cut_noise", "augment"),
}
"""The options that each method reads, by the method's name."""
AUGMENTS = ("Hf", "Ji", "Sh", "Gn", "Pe", "Ro", "Af", "Et", "Ts", "Cr", "Er", "Re")
"""Codes of augmentations: those of nerdyrodent/VQGAN-CLIP, and EleutherAI's Hf."""
UNSCALED = frozenset({"Hf", "Sh", "Gn", "Er", "Re"})
"""Augmentations without a strength: `--augment` does not change them."""


def module_of(method: str) -> str:
    """The name of the module of a cut method."""
    return f"vqclip.cutouts.methods.{method.replace('-', '_')}"


def parse_augments(text: str | None) -> tuple[str, ...]:
    """Read codes with blanks or commas between them, as in `Ji Sh Gn`; empty for None and for the word none.

    Raises UsageError for an unknown code and for a code that is given twice.
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

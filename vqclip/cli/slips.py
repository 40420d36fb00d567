"""Answer an option that a command does not have with the one that was meant, also by its name in another tool."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping

_CALLED: Mapping[str, tuple[str, ...]] = {
    "--steps": ("--iterations", "--frame-steps"),
    "--num-steps": ("--iterations", "--frame-steps"),
    "--num-inference-steps": ("--iterations", "--frame-steps"),
    "--max-iterations": ("--iterations", "--frame-steps"),
    "--epochs": ("--iterations", "--frame-steps"),
    "--iterations": ("--frame-steps",),
    "-n": ("--frame-steps", "--frames", "--top"),
    "-i": ("--iterations", "--frame-steps"),
    "--width": ("--size",),
    "--height": ("--size",),
    "--image-size": ("--size",),
    "--resolution": ("--size",),
    "-s": ("--size",),
    "--lr": ("--learning-rate",),
    "--lrate": ("--learning-rate",),
    "--step-size": ("--learning-rate",),
    "--model": ("--vqgan",),
    "--vqgan-model": ("--vqgan",),
    "--vqgan-checkpoint": ("--vqgan",),
    "--checkpoint": ("--vqgan",),
    "--clip-model": ("--clip",),
    "--clip-models": ("--clip",),
    "--cfg-scale": ("--guidance",),
    "--guidance-scale": ("--guidance",),
    "--optimizer": ("--optimiser",),
    "--num-cuts": ("--cutouts",),
    "--cutn": ("--cutouts",),
    "--num-cutouts": ("--cutouts",),
    "--init": ("--init-image",),
    "--image": ("--init-image",),
    "-ii": ("--init-image",),
    "--strength": ("--init-strength",),
    "--denoising-strength": ("--init-strength", "--strength"),
    "--quality": ("--preset",),
    "--drawer": ("--vqgan",),
    "--tiling": ("--seamless",),
    "--count": ("--candidates",),
    "--num-images": ("--candidates",),
    "--outdir": ("--output",),
    "--out-dir": ("--output",),
    "--output-dir": ("--output",),
    "--name": ("--output",),
    "--cuda-device": ("--device",),
    "--workers": ("--jobs",),
}
"""Options of other tools or commands, and what they are called here: the first that the command has."""
_SEVERAL = 'Draw several pictures with, for example: vqclip sweep "a red apple" --vary seed=1..4'
_PUSHES = 'Write it into the prompt with a negative weight, as in: "a forest | fog:-0.5"'
_WAYS: Mapping[str, str] = {
    "--negative": _PUSHES,
    "--negative-prompt": _PUSHES,
    "--batch-size": _SEVERAL,
    "--num-images": _SEVERAL,
    "--n-samples": _SEVERAL,
    "--count": _SEVERAL,
    "--resume": "Continue a stopped run with: vqclip resume DIR",
    "--continue": "Continue a finished run with: vqclip continue RUN, or --init-run RUN.",
}
"""What to do instead of an option that no command has."""
_SEE = "See --help for what is valid."


def hint_for(named: str, known: Collection[str]) -> str:
    """What to do instead of an option.

    Args:
        named: The option as typed, with its dashes.
        known: The options of the command.
    """
    plain = named.partition("=")[0].lower().replace("_", "-")
    for other in _CALLED.get(plain, ()):
        if other in known and plain not in known:
            sides = " WIDTHxHEIGHT" if other == "--size" else ""
            return f"Here it is called {other}{sides}. {_SEE}"
    if plain in _WAYS:
        return _WAYS[plain]
    names = {flag.lstrip("-"): flag for flag in known if flag.startswith("--")}
    bare = plain.lstrip("-")
    longer = [name for name in names if len(bare) > 2 and name.startswith(bare)]
    close = longer if len(longer) == 1 else difflib.get_close_matches(bare, names, 1, cutoff=0.7)
    return f"Did you mean '{names[close[0]]}'? {_SEE}" if close else _SEE

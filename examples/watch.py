"""Draw a prompt without writing a run folder, and follow loss and score step by step.

python examples/watch.py "a red apple" apple.png
"""

from __future__ import annotations

import sys

from PIL import Image

import vqclip
from vqclip.events import Finished, Stepped, Warned


def main(prompt: str = "a red apple", path: str = "apple.png") -> None:
    """Draw the prompt and save the final picture."""
    for event in vqclip.generate(prompt, seed=7):
        match event:
            case Warned(message=message):
                print(message, file=sys.stderr)
            case Stepped(step=step, steps=steps, loss=loss, score=score) if step % 10 == 0 or step == steps:
                print(f"step {step} of {steps}: loss {loss:.3f}, score {score:.3f}")
            case Finished():
                Image.fromarray(event.image()).save(path)
                print(path)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except vqclip.VqclipError as error:
        sys.exit(f"{error}")

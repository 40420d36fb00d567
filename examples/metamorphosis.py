"""Change the prompt of a run again and again: each run starts from the final latent of the previous one.

    python examples/metamorphosis.py out "a red apple" "a green apple" "a green tree"

Run it again after a stop: finished runs are left alone, and a stopped one is resumed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import vqclip
from vqclip.events import Saved


def main(folder: str, first: str, *others: str) -> None:
    """Draw the prompts one after the other into folders below `folder`."""
    previous: Path | None = None
    for number, prompt in enumerate((first, *others), 1):
        output = Path(folder) / f"{number:02d}"
        if previous is None:
            events = vqclip.generate(prompt, seed=1, output=output)
        else:
            events = vqclip.continue_run(previous, prompt, output=output)
        for event in events:
            if isinstance(event, Saved) and event.kind == "image":
                print(event.path)
        previous = output


if __name__ == "__main__":
    main(*sys.argv[1:])

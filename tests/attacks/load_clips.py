"""Load every CLIP folder that the command line names, and print a JSON line for each: what happened, how fast.

Many folders share one process, and so one import of torch and open_clip.
"""

from __future__ import annotations

import json
import sys
import time


def main() -> None:
    """error: the exception's name, or None for a folder that loads and encodes. message: what it says."""
    import torch

    from vqclip.models.perceptor import load_perceptor
    from vqclip.models.registry import find_clip

    torch.set_num_threads(1)
    for folder in sys.argv[1:]:
        start, error, message = time.monotonic(), None, ""
        try:
            perceptor = load_perceptor(find_clip(f"local-dir:{folder}"), torch.device("cpu"))
            perceptor.encode_text(["a red apple", "ein roter Apfel"])
            perceptor.count_tokens("a red apple")
            perceptor.cut_text("apple " * 300)
            perceptor.check_words("a red aple")
        except Exception as problem:
            error, message = type(problem).__name__, str(problem)
        seconds = round(time.monotonic() - start, 3)
        print(json.dumps({"folder": folder, "error": error, "message": message, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()

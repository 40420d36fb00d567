"""A stand-in for a run that takes about a millisecond, and a batch of many lines that is drawn with it.

`python tests/drawing_stub.py LINES STOP` draws a batch of that many lines in the working folder, until STOP runs are
done, and prints what it took as JSON.
"""

from __future__ import annotations

import io
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image


def _picture(colour: int) -> bytes:
    """A small PNG of one of 64 colours."""
    buffer = io.BytesIO()
    Image.new("RGB", (32, 32), (85 * (colour // 16), 85 * (colour // 4 % 4), 85 * (colour % 4))).save(buffer, "PNG")
    return buffer.getvalue()


PICTURES = [_picture(colour) for colour in range(64)]


def draw(settings: Any, *, output: Path, **_: Any) -> Iterator[Any]:
    """In place of `launch.start`: writes a picture and its models-free events."""
    from vqclip.events import Finished, Saved

    output.mkdir(parents=True, exist_ok=True)
    (output / "image.png").write_bytes(PICTURES[settings.seed % 64])
    yield Finished(1, (settings.seed % 1000) / 1000, image=lambda: None, state=lambda: None)  # type: ignore
    yield Saved("image", output / "image.png", 1)


def main(lines: int, most: int) -> None:
    """Draw the batch, and print seconds to the first run, CPU and other seconds a run, peak memory and runs."""
    began = time.monotonic()
    from vqclip.errors import Interrupted
    from vqclip.events import JobFinished, JobStarted
    from vqclip.jobs import batch
    from vqclip.jobs.engines.worker import launch

    launch.start = draw  # type: ignore[assignment]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    path = Path(f"{lines}.txt")
    if not path.exists():
        path.write_text("".join(f"a drawing of the thing number {number}\n" for number in range(lines)))
        began = time.monotonic()
    first, count, drawn, worked, cpu = 0.0, 0, 0.0, 0.0, 0.0

    def stop() -> int | None:
        return 2 if count >= most else None

    try:
        for event in batch.batch(path, output=f"{lines}", jobs=1, stop=stop, threads=1, device="cpu"):
            if isinstance(event, JobStarted):
                if not first:
                    first, worked = time.monotonic() - began, time.process_time()
            elif isinstance(event, JobFinished):
                count += 1
                drawn, cpu = time.monotonic() - began - first, time.process_time() - worked
    except Interrupted:
        pass
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    whole = time.monotonic() - began
    each = {"each": cpu / max(1, count), "waiting": (drawn - cpu) / max(1, count)}
    facts = {"runs": count, "first": round(first, 2), **each, "megabytes": peak - before}
    print(json.dumps(facts | {"peak": peak, "seconds": round(whole, 2)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))

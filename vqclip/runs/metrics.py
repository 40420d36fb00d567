"""Read metrics.jsonl, the loss and the scores of a run by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vqclip import reading
from vqclip.errors import UsageError

MAX_BYTES = 1_000_000_000


def read_metrics(directory: Path) -> Iterator[dict[str, Any]]:
    """The rows of metrics.jsonl in the order of their steps, read one at a time.

    A row has `step`, `stage`, `loss` and `score`; numbers that were not finite are None. Damaged rows and rows whose
    step does not follow that of the row before are passed over. Raises UsageError for a file that is not an ordinary
    one.
    """
    from vqclip.records import MAX_STAGES, MAX_STEPS

    before = 0
    for row in reading.json_lines(directory / "metrics.jsonl", MAX_BYTES, UsageError):
        step, stage = row.get("step"), row.get("stage")
        if type(step) is not int or type(stage) is not int:
            continue
        follows = before < step <= MAX_STEPS and 0 <= stage <= MAX_STAGES
        if follows and {"loss", "score"} <= row.keys() and all(map(_is_plain_number, row.values())):
            before = step
            yield row


def _is_plain_number(value: object) -> bool:
    return value is None or (type(value) in (int, float) and abs(value) <= 1e15)  # type: ignore[arg-type]

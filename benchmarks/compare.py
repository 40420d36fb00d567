"""Compare two records of one benchmark: what became better, what became worse.

    python -m benchmarks.compare BEFORE.json AFTER.json
    make bench-check A=BEFORE.json B=AFTER.json

A measure has changed when its medians differ by more than the tolerance and the ranges of its values do not
overlap. Exits with 1 when one became worse, and with 2 when there is nothing to compare.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.records import Measure, Record, Result


@dataclass(frozen=True)
class Change:
    """One measure of one case in both records.

    verdict: "better", "worse", "" for neither, "?" for a change without a direction.
    """

    case: str
    name: str
    before: Measure
    after: Measure
    verdict: str

    @property
    def factor(self) -> float:
        """The median after over the median before."""
        if self.before.median == 0:
            return 1.0 if self.after.median == 0 else float("inf")
        return self.after.median / self.before.median


def judge(before: Measure, after: Measure, tolerance: float) -> str:
    """Whether a measure became better or worse by more than its noise, as `Change.verdict` says it.

    tolerance: as a share of the median before. What was measured once has no range but its value.
    """
    low, high = before.spread
    apart = after.spread[0] > high or after.spread[1] < low
    if not apart or abs(after.median - before.median) <= tolerance * abs(before.median):
        return ""
    if not before.better:
        return "?"
    return "better" if (after.median < before.median) == (before.better == "lower") else "worse"


def changes(before: Record, after: Record, tolerance: float) -> Iterator[Change]:
    """Every measure that both records hold, in the order of the first."""
    others = {key(result): result for result in after.results}
    for result in before.results:
        other = others.get(key(result))
        for name, measure in result.measures.items() if other else ():
            found = other.measures.get(name) if other else None
            if found is not None:
                yield Change(result.label, name, measure, found, judge(measure, found, tolerance))


def key(result: Result) -> frozenset[tuple[str, str]]:
    """What makes two results ones of the same case."""
    return frozenset((name, str(value)) for name, value in result.case.items())


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What of the machine and the versions is not the same, without what never is."""
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from differences(old, new)
        elif old != new and name not in ("load", "command"):
            yield f"{name}: {old} -> {new}"


def table(found: list[Change]) -> Iterator[str]:
    """One line per measure under one per case."""
    case = None
    for change in found:
        if change.case != case:
            case = change.case
            yield case
        unit = f" {change.before.unit}" if change.before.unit else ""
        pair = f"{change.before.median:.4g} -> {change.after.median:.4g}{unit}"
        counts = f"n {len(change.before.values)}, {len(change.after.values)}"
        yield f"  {change.name:16} {pair:28} x{change.factor:<6.3f} {counts:10} {change.verdict}".rstrip()


def main() -> None:
    """Print the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--tolerance", type=float, default=0.1, metavar="SHARE", help="default: 0.1")
    arguments = parser.parse_args()
    try:
        before, after = Record.read(arguments.before), Record.read(arguments.after)
    except ValueError as error:
        parser.error(str(error))
    if before.benchmark != after.benchmark:
        parser.error(f"{arguments.before} is of {before.benchmark}, {arguments.after} of {after.benchmark}")
    found = list(changes(before, after, arguments.tolerance))
    if not found:
        parser.error("the two records have no case in common")
    for line in differences({**before.machine, **before.notes}, {**after.machine, **after.notes}):
        print(f"not the same: {line}")
    print("\n".join(table(found)))
    known = {key(result) for result in before.results} ^ {key(result) for result in after.results}
    verdicts = [change.verdict for change in found]
    worse, better = verdicts.count("worse"), verdicts.count("better")
    print(f"{better} better, {worse} worse, {len(found)} compared; {len(known)} cases in one record only")
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()

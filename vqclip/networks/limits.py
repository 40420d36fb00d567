"""What the system lets this process have, where a container or a job gets less than the machine has.

Control groups are looked at from the process's own up to the topmost, of version 2 and of version 1 (cgroups(7));
nothing is limited where there are none, as outside Linux.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

_PROC, _GROUPS = Path("/proc"), Path("/sys/fs/cgroup")


def cores() -> int:
    """Cores that this process may keep busy: those it is bound to, or as many as its share of their time makes up."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([bound, *_quotas()]))


def free_memory() -> int | None:
    """Bytes of main memory that programs can still take, or None where the system does not say."""
    try:
        fields = dict(line.split(":", 1) for line in (_PROC / "meminfo").read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None
    return max(0, min([free, *_rooms()]))


def _quotas() -> Iterator[int]:
    for group in _groups("cpu"):
        quota, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
        try:
            first, second = (group / "cpu.max").read_text().split()
            quota, period = int(first), int(second)  # "max" where there is none
        except (OSError, ValueError):
            pass
        if quota is not None and quota > 0 and period:
            yield math.ceil(quota / period)


def _rooms() -> Iterator[int]:
    for group in _groups("memory"):
        for limit, usage in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            most, taken = _number(group / limit), _number(group / usage)
            if most is not None:
                yield most - (taken or 0) + _cached(group)


def _cached(group: Path) -> int:
    """Bytes of files that a group has read and that make room when asked; the usage counts them."""
    try:
        fields = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))
    except (OSError, ValueError):
        return 0


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's groups with that controller, and of all above them."""
    try:
        lines = (_PROC / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = _GROUPS / controllers if controllers else _GROUPS
        # A container sees its own group as the topmost, whatever its place is called outside.
        parts = Path(place.lstrip("/")).parts
        yield from (top.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None

"""The results of a benchmark as a JSON file, which `benchmarks.compare` can compare with another one.

A record holds where and how it was made, and one result per case: the conditions that were set ("size", "dtype",
...) and the measures that were taken under them. Nothing here imports torch.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import resource
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSIONED = ("vqclip", "torch", "open_clip_torch", "taming-transformers-rom1504", "numpy")


@dataclass(frozen=True)
class Measure:
    """One quantity under one case.

    values: every single one, in the order they were taken. unit: "" for a ratio. better: "lower", "higher", or ""
    for a quantity that only describes.
    """

    values: tuple[float, ...]
    unit: str = ""
    better: str = ""

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a measure needs a value")

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the greatest value."""
        return min(self.values), max(self.values)

    def to_json(self) -> dict[str, Any]:
        """Summary and values."""
        low, high = self.spread
        summary = {"median": self.median, "min": low, "max": high, "n": len(self.values)}
        return {"unit": self.unit, "better": self.better, **summary, "values": list(self.values)}


@dataclass(frozen=True)
class Result:
    """The measures of one case, by name."""

    case: Mapping[str, Any]
    measures: Mapping[str, Measure]

    @property
    def label(self) -> str:
        """The case in one line."""
        return " ".join(f"{name}={value}" for name, value in self.case.items())


@dataclass(frozen=True)
class Record:
    """All results of one run of a benchmark.

    benchmark: its module's name. machine: processor, cores, load and versions. notes: what else a reader has to
    know, such as the commit of a peer.
    """

    benchmark: str
    results: Sequence[Result]
    machine: Mapping[str, Any]
    notes: Mapping[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the record as JSON."""
        results = [
            {"case": dict(r.case), "measures": {name: m.to_json() for name, m in r.measures.items()}}
            for r in self.results
        ]
        known = {"benchmark": self.benchmark, "machine": dict(self.machine), "notes": dict(self.notes)}
        path.write_text(json.dumps(known | {"results": results}, indent=1) + "\n", encoding="utf-8")

    @staticmethod
    def read(path: Path) -> Record:
        """Read what `write` wrote. Raises ValueError for a file that is no record."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            results = [
                Result(
                    r["case"],
                    {n: Measure(tuple(m["values"]), m["unit"], m["better"]) for n, m in r["measures"].items()},
                )
                for r in found["results"]
            ]
            return Record(found["benchmark"], results, found["machine"], found.get("notes", {}))
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"{path} is no record of a benchmark: {error!r}") from None


def machine() -> dict[str, Any]:
    """What the figures of this moment depend on beside the program."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in VERSIONED},
        "command": [Path(sys.orig_argv[0]).name, *sys.orig_argv[1:]],
    }


def processor() -> str:
    """The processor's name, and which of the instructions for bfloat16 it has."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    names = {name.strip(): value.strip() for name, value in fields.items()}
    flags = [flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in names.get("flags", "").split()]
    return " ".join([names.get("model name", platform.machine()), *flags])


def peak_bytes() -> int:
    """The most memory that this process ever held.

    Of Linux' two figures the one that belongs to this program alone: the other one, ru_maxrss, begins with the
    memory of the process that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        scale = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale

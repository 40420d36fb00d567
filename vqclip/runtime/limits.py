"""What the system lets this process use, where a container or a job gets less than the machine has.

Control groups of version 1 and 2 are read from the process's own group up to the root (cgroups(7)). psutil does not
read them. Without control groups, as outside Linux, they limit nothing.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import math
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from vqclip.errors import OutOfMemory, UsageError

SPARE_BYTES = 128 * 2**20
"""Address space that every command takes in addition to importing a library."""
MANY_PROCESSES = 4096
"""From this limit on, the processes of a user need no check."""
_TRIAL_SECONDS = 120
_TRIAL = """
import resource, sys
kind, spare, name = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
soft, hard = resource.getrlimit(kind)
resource.setrlimit(kind, (max(0, soft - spare), hard))
try:
    __import__(name)
except ImportError as error:
    # A missing or damaged library is not caused by this limit.
    sys.exit("map segment" in str(error) or "allocate memory" in str(error))
"""
_PROC, _GROUPS = Path("/proc"), Path("/sys/fs/cgroup")


_SPINS = 5000
"""How often an OpenMP thread looks for work before it sleeps: some ten microseconds."""


def let_threads_sleep() -> None:
    """Let OpenMP's threads wait for the next operation for microseconds, and then sleep.

    By default they spin for milliseconds and take whole cores from other processes. If they slept at once, waking
    them for each operation would take as long as a second core saves. Call it before torch is imported.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", str(_SPINS))


def cores() -> int:
    """The number of cores that this process may use, by its affinity and its quota of CPU time."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([bound, *_quotas()]))


def free_memory() -> int | None:
    """Bytes of main memory that programs can still allocate, or None if unknown."""
    try:
        fields = dict(line.split(":", 1) for line in (_PROC / "meminfo").read_text().splitlines())
        free = int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, ValueError, KeyError):
        return None
    return max(0, min([free, *_free_in_groups()]))


def address_space() -> tuple[int, int] | None:
    """The resource that limits the address space of this process (`ulimit -v`, `-d`) and its bytes; None without."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    kinds = [kind for kind in (resource.RLIMIT_AS, resource.RLIMIT_DATA)
             if resource.getrlimit(kind)[0] != resource.RLIM_INFINITY]  # fmt: skip
    return min(((kind, resource.getrlimit(kind)[0]) for kind in kinds), key=lambda found: found[1], default=None)


def guard_imports() -> None:
    """Check, at the first import of av, numpy and torch, that they can be loaded.

    With too little address space, their libraries end the process without an exception, so the import is tried in
    another process first if the address space is limited. MKL, a part of torch, ends the process when the working
    folder does not exist. The import raises OutOfMemory or UsageError in these cases.
    """
    if not any(isinstance(finder, _Guard) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Guard())


class _Guard(importlib.abc.MetaPathFinder):
    """Finds no module, but receives each name before it is imported."""

    def __init__(self) -> None:
        self._left = {"av", "numpy", "torch"}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return None. Raises VqclipError when the library cannot be loaded."""
        if fullname in self._left:
            self._left.discard(fullname)
            if fullname == "torch":
                _check_working_folder()
            elif fullname == "numpy":
                _check_threads()
            _try_import(fullname)
        return None


def _check_working_folder() -> None:
    try:
        Path.cwd()
    except OSError:
        raise UsageError("the working folder does not exist any more.", "Change to another folder (cd).") from None


def _check_threads() -> None:
    """Let OpenBLAS, a part of numpy, use one thread when the user may not start one per core.

    It would end the process. The check is skipped when the limit (`ulimit -u`) is high.
    """
    import threading

    if _most_processes() >= MANY_PROCESSES:
        return
    done = threading.Event()
    started = []
    try:
        for _ in range(cores() - 1):
            thread = threading.Thread(target=done.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError:
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
    finally:
        done.set()
        for thread in started:
            thread.join()


def _most_processes() -> float:
    """The limit of processes and threads of this user."""
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    most = resource.getrlimit(resource.RLIMIT_NPROC)[0]
    return math.inf if most == resource.RLIM_INFINITY else most


def _try_import(name: str) -> None:
    import subprocess

    limit = address_space()
    if limit is None:
        return
    command = [sys.executable, "-c", _TRIAL, str(limit[0]), str(SPARE_BYTES), name]
    try:
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRIAL_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return
    if done.returncode:
        import resource

        option = "-v" if limit[0] == resource.RLIMIT_AS else "-d"
        raise OutOfMemory(
            f"the limit on memory, {limit[1] / 2**30:.3g} GiB (ulimit {option}), is too low to load {name}.",
            f"Raise it to {_enough(name)} GiB: ulimit {option} {_enough(name) * 2**20}.",
        )


def _enough(name: str) -> int:
    """GiB of address space that are enough for a library: all of its files, and 1 GiB."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return 1
    home = Path(spec.origin).parent
    # The libraries of CUDA are packages of their own, beside torch's.
    folders = [home, home.parent / "nvidia"] if name == "torch" else [home]
    sizes = (path.stat().st_size for folder in folders for path in folder.rglob("*.so*") if path.is_file())
    return math.ceil(sum(sizes) / 2**30 + 1)


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


def _free_in_groups() -> Iterator[int]:
    for group in _groups("memory"):
        for limit, usage in (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")):
            most, taken = _number(group / limit), _number(group / usage)
            if most is not None:
                yield most - (taken or 0) + _cached(group)


def _cached(group: Path) -> int:
    """Bytes of the file cache of a group, which can be freed but count as usage."""
    try:
        fields = dict(line.split() for line in (group / "memory.stat").read_text().splitlines())
        return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))
    except (OSError, ValueError):
        return 0


def _groups(controller: str) -> Iterator[Path]:
    """The folders of the groups of this process with that controller, and of their parents."""
    try:
        lines = (_PROC / "self/cgroup").read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, place = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = _GROUPS / controllers if controllers else _GROUPS
        # A container sees its own group as the root, whatever its path outside is.
        parts = Path(place.lstrip("/")).parts
        yield from (top.joinpath(*parts[:depth]) for depth in range(len(parts), -1, -1))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None

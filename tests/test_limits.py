"""What a container or a job leaves to this process, as control groups of both versions tell it."""

from __future__ import annotations

import contextlib
import gc
import os
from pathlib import Path

import pytest

from vqclip.runtime import garbage, limits

STAT = "anon 1000\ninactive_file 300\nactive_file 20\n"


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system whose /proc and control groups are in a folder, with 8000 KiB of free memory and 64 cores."""
    monkeypatch.setattr(limits, "_PROC", tmp_path / "proc")
    monkeypatch.setattr(limits, "_GROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(64), raising=False)
    write(tmp_path / "proc/meminfo", "MemTotal:      16000 kB\nMemAvailable:   8000 kB\nHugePages_Total:       0\n")
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def put(system: Path, mine: str, groups: dict[str, str]) -> None:
    """The process's own groups, and the files of the groups that there are."""
    write(system / "proc/self/cgroup", mine)
    for name, text in groups.items():
        write(system / "cgroup" / name, text)


def test_without_control_groups_there_is_what_the_system_has(system: Path) -> None:
    assert limits.free_memory() == 8000 * 1024
    assert limits.cores() == 64
    (system / "proc/meminfo").unlink()
    assert limits.free_memory() is None


def test_a_group_of_version_2_limits_and_so_does_one_above_it(system: Path) -> None:
    groups = {
        "slurm/job7/memory.max": "max\n", "slurm/job7/cpu.max": "max 100000\n", "slurm/memory.max": "1000000\n",
        "slurm/memory.current": "400000\n", "slurm/memory.stat": STAT, "slurm/cpu.max": "150000 100000\n",
    }  # fmt: skip
    put(system, "0::/slurm/job7\n", groups)
    assert limits.free_memory() == 600_300, "what files take makes room"
    assert limits.cores() == 2, "one core and a half keeps two busy"


def test_a_group_of_version_1_limits(system: Path) -> None:
    groups = {
        "memory/docker/abc/memory.limit_in_bytes": "9223372036854771712\n",
        "memory/memory.limit_in_bytes": "500000\n", "memory/memory.usage_in_bytes": "600000\n",
        "cpu,cpuacct/cpu.cfs_quota_us": "100000\n", "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    }  # fmt: skip
    put(system, "9:name=systemd:/\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n", groups)
    assert limits.free_memory() == 0
    assert limits.cores() == 1


def test_no_quota_and_damaged_files_limit_nothing(system: Path) -> None:
    groups = {
        "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n", "cpu.max": "nonsense\n",
        "memory.max": "",
    }  # fmt: skip
    put(system, "2:cpu:/\n0::/\n", groups)
    assert limits.cores() == 64
    assert limits.free_memory() == 8000 * 1024


@pytest.mark.parametrize(
    ("given", "policy", "spins"),
    [
        ({}, "PASSIVE", "5000"),
        ({"GOMP_SPINCOUNT": "9"}, "PASSIVE", "9"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, "ACTIVE", None),
    ],
)
def test_threads_that_wait_sleep_unless_the_user_says_otherwise(
    given: dict[str, str], policy: str, spins: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        # Set first, so that it is put back afterwards.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    limits.let_threads_sleep()
    assert (os.environ["OMP_WAIT_POLICY"], os.environ.get("GOMP_SPINCOUNT")) == (policy, spins)


@pytest.mark.parametrize("enabled", [True, False])
def test_work_without_collections_leaves_collecting_as_it_was(enabled: bool) -> None:
    was = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        with contextlib.suppress(KeyError), garbage.uncollected():
            assert not gc.isenabled()
            raise KeyError
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()

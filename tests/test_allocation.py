"""Memory that a step has freed stays with the process, where glibc would take its pages anew for every tensor."""

import os
import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library allocates")

FAULTS = """
import resource, sys
import torch
from vqclip.settings.schema import Settings
from vqclip.runtime.devices import DeviceConfig

if sys.argv[1] == "run":
    DeviceConfig.find(Settings(device="cpu", threads=1))

def work():
    x = torch.ones(8 * 2**20).requires_grad_()  # 32 MiB
    (x * 2).sigmoid().sum().backward()

for _ in range(10):
    work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(whose: str, **environment: str) -> int:
    """Page faults of four steps of 32 MiB tensors, after ten that find their places."""
    told = subprocess.run(
        [sys.executable, "-c", FAULTS, whose],
        env={**os.environ, **environment}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(told.stdout)


@pytest.mark.long
def test_a_run_on_the_processor_takes_no_new_pages() -> None:
    before = faults("nothing")
    assert before > 100_000
    # Now and then the heap still grows by a tensor; without keeping anything each step takes five.
    assert faults("run") < before / 5


@pytest.mark.long
def test_what_the_user_tuned_is_left_alone() -> None:
    assert faults("run", MALLOC_MMAP_THRESHOLD_="65536") > 100_000
    assert faults("run", GLIBC_TUNABLES="glibc.malloc.mmap_threshold=65536") > 100_000

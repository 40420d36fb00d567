"""Every kind of foreign file, changed at random for a minute: nothing but an error of ours, in less than 1 GB.

`python tests/attacks/fuzz.py DOOR SECONDS` runs one of them for longer.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from attacks import fuzz

SECONDS = float(os.environ.get("FUZZ_SECONDS", "60"))


@pytest.mark.slow
@pytest.mark.timeout(SECONDS * 5 + 120)
@pytest.mark.parametrize("door", fuzz.DOORS)
def test_a_changed_file_is_read_or_refused(door: str) -> None:
    script = Path(fuzz.__file__)
    done = subprocess.run(
        [sys.executable, str(script), door, str(SECONDS)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    read, refused, megabytes = map(int, done.stdout.split()[-3:])
    assert read > refused >= 0
    assert read >= 20
    assert megabytes < 1000

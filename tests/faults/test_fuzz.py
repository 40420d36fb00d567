"""Every kind of foreign file, changed at random: nothing but an error of ours, in less than 1 GB.

FUZZ_SECONDS is how long each kind is tried, 5 by default; `make fuzz` takes a minute.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from attacks import forks, fuzz

SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))


@pytest.mark.long
@pytest.mark.timeout(SECONDS * 5 + 120)
@pytest.mark.parametrize("door", fuzz.DOORS)
def test_a_changed_file_is_read_or_refused(door: str) -> None:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open() as nothing:
        streams = [nothing.fileno(), out.fileno(), err.fileno()]
        ended = forks.run("attacks.fuzz", [door, str(SECONDS)], streams, timeout=SECONDS * 5 + 100)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode())
    assert ended.code == 0, texts[1][-4000:]
    read, refused, megabytes = map(int, texts[0].split()[-3:])
    assert read > refused >= 0
    assert read >= fuzz.LEAST
    assert megabytes < 1000

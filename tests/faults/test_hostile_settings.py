"""Rows 49, 50 and 58 of the fault table: settings and records from somebody else end in one clear error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks import settings
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from vqclip import reading
from vqclip.errors import InputError

Call = Callable[..., Any]


@pytest.mark.slow
@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", settings.YAML)
def test_fault_49_a_hostile_file_of_settings_is_one_clear_error(kind: str, isolated: Path, call: Call) -> None:
    (isolated / "x.yaml").write_text(settings.YAML[kind], encoding="utf-8")
    for command in (
        ("generate", "a red apple", "--config", "x.yaml", "--dry-run"),
        ("generate", "a red apple", "--preset", "x.yaml", "--dry-run"),
        ("config", "check", "x.yaml"),
    ):
        answer = call(*command)
        assert answer.code == 2, (command, answer.out, answer.err)
        assert "Traceback" not in answer.err
        assert "x.yaml" in answer.out + answer.err
        assert len(answer.out + answer.err) < 3000
    assert not (isolated / "canary").exists()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", settings.RECORDS)
def test_fault_58_a_hostile_record_in_a_picture_is_one_clear_error(kind: str, isolated: Path, call: Call) -> None:
    chunks = PngInfo()
    chunks.add_itxt("vqclip", settings.RECORDS[kind])
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(isolated / "x.png", pnginfo=chunks)
    for command in ("info", "rerun"):
        answer = call(command, "x.png")
        assert answer.code == 4, (command, answer.out, answer.err)
        assert "x.png" in answer.err
        assert answer.err.count("\n") <= 2
        assert len(answer.err) < 1500


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9" * 33, "a number of 33 digits"),
        ("1e999", "the number 1e999"),
        ("[" * 100_000, "nested too deep"),
        ("NaN", "the number NaN"),
        ("{", "double quotes|property name"),
    ],
)
def test_json_that_no_file_of_ours_holds_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        reading.parse_json(text)


def test_numbers_that_our_files_hold_are_read() -> None:
    assert reading.parse_json("[9223372036854775807, -1.5e-300, 0]") == [2**63 - 1, -1.5e-300, 0]


def test_a_gzip_file_is_unpacked_to_its_bound(isolated: Path) -> None:
    import gzip

    (isolated / "x.gz").write_bytes(gzip.compress(b"0" * 1000))
    assert len(reading.read_gzip(isolated / "x.gz", 1000)) == 1000
    with pytest.raises(InputError, match="unpacks to more than 999 bytes"):
        reading.read_gzip(isolated / "x.gz", 999)
    (isolated / "x.gz").write_bytes(b"plain")
    with pytest.raises(InputError, match="is not a gzip file"):
        reading.read_gzip(isolated / "x.gz", 999)


def test_a_file_beyond_its_bound_is_refused(isolated: Path) -> None:
    (isolated / "x").write_bytes(b"0" * 11)
    assert reading.read_bytes(isolated / "x", 11) == b"0" * 11
    with pytest.raises(InputError, match="more than 10 bytes"):
        reading.read_bytes(isolated / "x", 10)


def test_a_guard_passes_our_errors_and_turns_others_into_one_line() -> None:
    with pytest.raises(InputError, match="ours"), reading.refusing("x"):
        raise InputError("ours")
    with pytest.raises(InputError, match=r"^x is wrong \(it is nested too deep\)\.$"), reading.refusing("x is wrong"):
        raise RecursionError("maximum recursion depth exceeded")
    with pytest.raises(InputError, match="more memory than there is"), reading.refusing("x"):
        raise MemoryError

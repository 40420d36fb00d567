"""docs/faults.md has a row for every fault, and every test that it names is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = re.findall(
    r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", (ROOT / "docs/faults.md").read_text(encoding="utf-8"), re.M
)
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
}


def test_every_fault_has_one_row() -> None:
    assert len(ROWS) >= 65
    assert [int(number) for number, *_ in ROWS] == list(range(1, len(ROWS) + 1))


def test_every_row_names_tests_that_exist() -> None:
    named = {number: re.findall(r"`(test_\w+)`", tests) for number, _, _, tests in ROWS}
    assert [number for number, tests in named.items() if not tests] == []
    assert {test for tests in named.values() for test in tests} - TESTS == set()


def test_a_row_names_a_test_of_its_number_where_there_is_one() -> None:
    numbered: dict[int, set[str]] = {}
    for test in TESTS:
        prefix = re.match(r"test_fault((?:_and|_\d\d)+)_", test)
        for number in re.findall(r"\d\d", prefix.group(1)) if prefix else ():
            numbered.setdefault(int(number), set()).add(test)
    assert set(numbered) <= set(range(1, len(ROWS) + 1))
    for number, _, _, tests in ROWS:
        own = numbered.get(int(number), set())
        assert not own or own & set(re.findall(r"`(test_\w+)`", tests)), number

"""Names of files and folders from texts in any script."""

from __future__ import annotations

import errno
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from vqclip import names
from vqclip.runs import directory

HOSTILE = "क्षिลําﷺ\u202e\u2068\u200d\u200c\ufe0f👩‍🚀🇩🇪ßİıﬁ½x\u0301\ud800/\\:*?<>|\0.~ CON-é赤"


@given(st.text(max_size=200) | st.text(st.sampled_from(HOSTILE), max_size=80))
def test_fault_33_every_slug_is_a_safe_file_name(text: str) -> None:
    name = names.slug(text)
    assert 1 <= len(name) <= 120
    assert len(name.encode()) <= 120
    assert unicodedata.is_normalized("NFC", name)
    assert regex.fullmatch(r"[\p{L}\p{M}\p{N}-]+", name)
    assert name.strip("-") == name
    assert name not in names._WINDOWS_NAMES
    assert names.slug(text) == names.slug(name) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("../../etc/x", "etc-x"),
        ("A red Apple, 7:00!", "a-red-apple-7-00"),
        ("Straße café ﬁn", "strasse-cafe-fin"),
        ("word " * 1000, "word-word-word-word-word-word-word-word-word-word-word-word"),
        ("x" * 5000, "x" * 60),
        ("लाल सेब, एक थाली में", "लाल-सेब-एक-थाली-में"),
        ("سرخ سیب", "سرخ-سیب"),
        ("красный йогурт, ещё", "красный-йогурт-ещё"),
        ("日本の赤いりんご", "日本の赤いりんご"),
        ("fire 🍎", "fire-red-apple"),
        ("a\u202eb\u2066c", "a-b-c"),
        ("क्षि" * 100, "क्षि" * 10),
    ],
)
def test_fault_33_slugs_read_well(text: str, name: str) -> None:
    assert names.slug(text) == name


def test_fault_33_names_without_letters_and_reserved_names_get_a_digest() -> None:
    assert names.slug("🍎🍎") != names.slug("🍎")
    assert names.slug("!!") != names.slug("??")
    assert re.fullmatch(r"con-[0-9a-f]{8}", names.slug("CON"))
    assert re.fullmatch(r"com1-[0-9a-f]{8}", names.slug("com¹"))
    assert re.fullmatch(r"[0-9a-f]{12}", names.slug("\ud800"))


def test_a_name_that_the_encoding_of_files_lacks_is_transliterated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "latin-1")
    assert names.slug("красное яблоко") == "krasnoe-yabloko"
    assert names.slug("smørrebrød") == "smørrebrød"


def test_a_file_system_that_refuses_a_script_gets_a_transliteration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make = Path.mkdir

    def mkdir(self: Path, *positional: Any, **known: Any) -> None:
        if not self.name.isascii():
            raise OSError(errno.EILSEQ, "Invalid or incomplete multibyte or wide character")
        make(self, *positional, **known)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    made = [directory.fresh_folder(tmp_path, "2026-लाल-1").name for _ in range(2)]
    assert made == ["2026-lal-1", "2026-lal-1-2"]

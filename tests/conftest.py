"""Every test runs in its own folder, with its own cache and no VQCLIP_* settings of the caller."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def isolated(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Move the test to an empty folder and away from the caller's environment."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith("VQCLIP_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    work = tmp_path_factory.mktemp("work")
    monkeypatch.chdir(work)
    return work

"""Leases: what a run in an object store has in the place of a lock.

The process that draws a run keeps an object beside it that says so, and renews it. A process that finds the lease of
another one leaves the run alone, unless that process is gone: nobody has renewed its lease for `EXPIRES` seconds, or
it was on this machine and has ended. Clocks may differ, and a process may be paused for longer than its lease lasts.
So each looks at its lease before every upload, and writes nothing once another process has taken the run over.
"""

from __future__ import annotations

import contextlib
import os
import platform
import secrets
import threading
import time
from pathlib import Path
from typing import Any

from vqclip import files, reading
from vqclip.errors import InUse, OutputError
from vqclip.object_store import ObjectFolder

NAME = ".vqclip-lease"
RENEWED, EXPIRES = 20.0, 60.0
"""Seconds between two renewals, and after the last one until another process may take the run over."""
_WITHOUT = ("hf",)
"""Schemes of stores in which every write is a commit."""
_own = set[str]()


class Lease:
    """The lease of the run at an address, for this process."""

    def __init__(self, remote: ObjectFolder) -> None:
        self._remote, self._token = remote, secrets.token_hex(8)
        self._ended = threading.Event()
        self._held = False

    def acquire(self) -> None:
        """Take the lease, and renew it until `release`. Raises InUse while another process has it."""
        if self._remote.scheme in _WITHOUT:
            return
        if not self._remote.create(NAME, self._content()):
            found = self._read()
            if found is not None and _lives(found):
                who = f"process {found.get('pid')} on {found.get('host')}"
                raise InUse(
                    f"{self._remote.address} is in use by {files.printable(files.excerpt(who, 80))}.",
                    f"Wait for it, or choose another --output. If it was killed, try again in {EXPIRES:.0f} seconds.",
                )
            self._remote.write(NAME, self._content())
        self._held = True
        _own.add(self._token)
        threading.Thread(target=self._renew, name="lease", daemon=True).start()

    def check(self) -> None:
        """Raise InUse when another process has taken the run over."""
        if self._held and not self._is_ours():
            raise InUse(
                f"another process has taken over {self._remote.address}.",
                "It continues the run; this process was not heard of for too long.",
            )

    def release(self) -> None:
        """Give the lease back, if this process still has it."""
        self._ended.set()
        if not self._held:
            return
        self._held = False
        _own.discard(self._token)
        # What cannot be removed expires.
        with contextlib.suppress(OutputError):
            if self._is_ours():
                self._remote.remove([NAME])

    def _renew(self) -> None:
        while not self._ended.wait(RENEWED):
            with contextlib.suppress(OutputError):
                if not self._is_ours():
                    return
                if not self._ended.is_set():
                    self._remote.write(NAME, self._content())

    def _is_ours(self) -> bool:
        return (self._read() or {}).get("owner") == self._token

    def _read(self) -> dict[str, Any] | None:
        """What the lease says, None if there is none or it is damaged."""
        content = self._remote.read(NAME)
        try:
            found = reading.parse_json(content) if content else None
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    def _content(self) -> bytes:
        record = {"owner": self._token, "host": platform.node(), "pid": os.getpid(), "machine": _machine()}
        return files.canonical({**record, "time": round(time.time(), 3)}).encode()


def _lives(lease: dict[str, Any]) -> bool:
    """Whether the process of a lease may still be there."""
    stamp, pid = lease.get("time"), lease.get("pid")
    if not isinstance(stamp, (int, float)) or abs(time.time() - stamp) > EXPIRES:
        return False
    if lease.get("machine") != _machine() or type(pid) is not int:
        return True
    return lease.get("owner") in _own if pid == os.getpid() else files.is_alive(pid)


def _machine() -> str:
    """What tells machines apart, and containers on one machine, whose processes have numbers of their own."""
    try:
        return f"{platform.node()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return platform.node()

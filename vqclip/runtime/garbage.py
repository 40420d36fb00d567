"""Garbage collection, turned off for work that makes many objects and few cycles."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Turn garbage collection off inside the block.

    New objects trigger collections, which visit the objects that there are. They take a sixth of the time of
    importing torch, and as long as the walk through the index of a checkpoint.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

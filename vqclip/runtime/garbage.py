"""When Python collects garbage: a collection visits every object, and importing torch makes a million of them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Collect nothing meanwhile: for work that creates many objects and few cycles, such as the import of torch.

    The collections that the new objects trigger would take a fifth of the time of that import, or as long as the walk
    through an index of a checkpoint.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

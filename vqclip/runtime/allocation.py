"""What the C library does with memory that a step has freed, and what it says when there is none left."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Iterator

# mallopt's parameters, from glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX, _ARENA_MAX = -1, -2, -4, -8
_TUNED = (
    "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "MALLOC_MMAP_THRESHOLD_", "MALLOC_MMAP_MAX_", "MALLOC_ARENA_MAX",
)  # fmt: skip


def keep_freed_memory() -> bool:
    """Let this process keep the memory that it frees for the next step, as torch does by itself on a GPU.

    glibc hands every large tensor back to the system at once, and takes its pages anew, zeroed one by one, for the
    next: a third of a step of full-size networks at 256x256 on a virtual machine, and nothing is won, since the next
    step needs as much. The heap has gaps: the peak was the same at 256x256 and a tenth higher at 512x512. The end of
    the process, not of the run, frees it.

    Returns False, and changes nothing, where another C library allocates, or where the user has tuned malloc in the
    environment (MALLOC_..._, GLIBC_TUNABLES).
    """
    if any(name in os.environ for name in _TUNED) or "malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    mallopt = _mallopt()
    if mallopt is None:
        return False
    # One arena: the gradient's thread would otherwise fill a heap of its own, beside the one that is free again.
    # No mapping of its own for a large tensor, and a heap that grows by 64 MiB and does not shrink.
    wanted = {_ARENA_MAX: 1, _MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 * 2**20}
    done = [mallopt(parameter, value) for parameter, value in wanted.items()]
    return all(done)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Make the system's refusal of main memory what that of a GPU is: torch.OutOfMemoryError.

    torch raises a plain RuntimeError there, which nothing but its words tells apart. Also a decorator.
    """
    try:
        yield
    except RuntimeError as error:
        if "DefaultCPUAllocator" not in str(error):
            raise
        import torch

        raise torch.OutOfMemoryError(str(error)) from error


def _mallopt() -> ctypes._NamedFuncPointer | None:
    """glibc's mallopt, or None where it is not what allocates: musl, macOS, Windows."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - only glibc has it
        return library.mallopt
    except (AttributeError, OSError, TypeError):
        return None

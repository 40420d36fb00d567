"""How the C library keeps freed memory, and how its refusals are reported."""

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
    """Let this process keep freed memory for the next step, as torch does on a GPU.

    glibc returns every large tensor to the system at once, and gets zeroed pages for the next one. This takes a third
    of a step of full-size networks at 256x256 on a virtual machine and saves nothing, since the next step needs as
    much. The peak is the same at 256x256, and 10 % higher at 512x512 because of gaps in the heap. The memory is freed
    at the end of the process, not of the run.

    Returns:
        False, and nothing is changed, with another C library, or when the environment tunes malloc (MALLOC_..._,
        GLIBC_TUNABLES).
    """
    if any(name in os.environ for name in _TUNED) or "malloc" in os.environ.get("GLIBC_TUNABLES", ""):
        return False
    mallopt = _mallopt()
    if mallopt is None:
        return False
    # One arena, because the thread of the gradient would otherwise fill a second heap beside the freed one. No
    # separate mappings for large tensors, and a heap that grows by 64 MiB and does not shrink.
    wanted = {_ARENA_MAX: 1, _MMAP_MAX: 0, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 * 2**20}
    done = [mallopt(parameter, value) for parameter, value in wanted.items()]
    return all(done)


@contextlib.contextmanager
def refusals() -> Iterator[None]:
    """Raise torch.OutOfMemoryError when main memory runs out, as torch does for a GPU. Also a decorator.

    torch raises a RuntimeError for main memory, which only its message distinguishes.
    """
    try:
        yield
    except RuntimeError as error:
        if "DefaultCPUAllocator" not in str(error):
            raise
        import torch

        raise torch.OutOfMemoryError(str(error)) from error


def _mallopt() -> ctypes._NamedFuncPointer | None:
    """glibc's mallopt, or None with another C library: musl, macOS, Windows."""
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 - only glibc has it
        return library.mallopt
    except (AttributeError, OSError, TypeError):
        return None

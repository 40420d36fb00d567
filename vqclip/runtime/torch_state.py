"""torch's settings of the process and of the thread while vqclip computes, whatever the caller has set."""

from __future__ import annotations

import contextlib
import functools
import os
import select
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar

import vqclip
from vqclip.errors import UsageError
from vqclip.runtime import garbage

P = ParamSpec("P")
R = TypeVar("R")

_PROBE_SECONDS = 5.0


def in_own_state(function: Callable[P, R]) -> Callable[P, R]:
    """Compute a function with torch's defaults, and each item of the iterator that it returns, if it does.

    The caller may have switched gradients off, or be inside autocast. Between the items, the state of the caller
    holds.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with own_state():
            result: Any = function(*args, **kwargs)
        if isinstance(result, Iterator):
            result = _iterate(result)
        return result  # type: ignore[no-any-return]

    return call


def _iterate(items: Any) -> Iterator[Any]:
    try:
        while True:
            with own_state():
                try:
                    item = next(items)
                except StopIteration:
                    return
            yield item
    finally:
        # The iterator of a list has nothing to close.
        getattr(items, "close", lambda: None)()


@contextlib.contextmanager
def own_state() -> Iterator[None]:
    """Gradients on, float32 on the CPU by default, no autocast, no inference mode, every algorithm allowed."""
    with garbage.uncollected():
        import torch

    with contextlib.ExitStack() as stack:
        # Switching gradients on has no effect inside inference mode.
        if torch.is_inference_mode_enabled():
            stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        for kind in ("cpu", "cuda", "mps"):
            if torch.is_autocast_enabled(kind):
                stack.enter_context(torch.autocast(kind, enabled=False))
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))
        for get, change, ours in (
            (torch.get_default_dtype, torch.set_default_dtype, torch.float32),
            (torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
            # Some operations of CUDA would raise an error. Those of a CPU are deterministic anyway.
            (torch.are_deterministic_algorithms_enabled, torch.use_deterministic_algorithms, False),
        ):
            theirs: Any = get()
            if theirs != ours:
                change(ours)  # type: ignore[arg-type]
                stack.callback(change, theirs)
        yield


def check_threads(wanted: int) -> None:
    """Check that torch can use so many threads in a process that was forked.

    A child of a process that has computed with OpenMP's threads does not have these threads, and waits for them
    forever. Only a trial shows whether it would, so another child makes it.

    Raises:
        UsageError: It cannot.
    """
    if wanted < 2 or not vqclip.forked_with_torch:
        return
    if not _can_compute(wanted):
        raise UsageError(
            "torch cannot use several threads here: this process was forked from one that had used them.",
            'Start it with multiprocessing.get_context("spawn"), or set --threads 1.',
        )
    vqclip.forked_with_torch = False


def _can_compute(threads: int) -> bool:
    """Whether a copy of this process finishes a computation with so many threads."""
    import torch

    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        try:
            torch.set_num_threads(threads)
            torch.zeros(2**20).add_(1)
            os.write(writer, b"1")
        finally:
            os._exit(0)
    os.close(writer)
    try:
        return bool(select.select([reader], [], [], _PROBE_SECONDS)[0] and os.read(reader, 1))
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

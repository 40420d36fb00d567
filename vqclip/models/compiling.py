"""Networks through torch.compile, on request: fewer and larger kernels, for minutes of waiting at the first step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vqclip.errors import UsageError
from vqclip.files import printable

BACKEND = "inductor"


class Compiled:
    """A function of one tensor that is compiled where a gradient goes through it, and called as it is elsewhere.

    A run looks at frames and candidates at many sizes without a gradient, each of which would be compiled for itself.
    On CUDA the kernels are recorded as graphs: whoever calls it begins each step with `begin_step`, and the answer of
    one step is gone in the next.
    """

    def __init__(self, function: Callable[[Tensor], Any], device: torch.device) -> None:
        """Raises UsageError for devices that torch does not compile for."""
        if device.type not in ("cpu", "cuda"):
            raise UsageError(f"compile has no effect on {device.type}.", "Leave --compile out.")
        self.function = function
        mode = "reduce-overhead" if device.type == "cuda" else None
        self.compiled: Callable[[Tensor], Any] = torch.compile(function, dynamic=False, backend=BACKEND, mode=mode)

    def __call__(self, x: Tensor) -> Any:
        """What the function answers, up to rounding. Raises UsageError when there is no compiler, or it fails."""
        if not (torch.is_grad_enabled() and x.requires_grad):
            return self.function(x)
        try:
            return self.compiled(x)
        except torch._dynamo.exc.TorchDynamoException as error:
            problem = printable(" ".join(str(error).split()))[:160]
            raise UsageError(
                f"torch.compile failed: {problem}.",
                "It needs a C++ compiler, and Triton on a GPU. Leave --compile out.",
            ) from error


def begin_step() -> None:
    """Tell the graphs of CUDA that nothing of the last step is needed any more."""
    torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]

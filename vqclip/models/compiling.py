"""Networks through torch.compile, on request: faster kernels after minutes of compiling at the first step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from vqclip.errors import UsageError
from vqclip.files import printable

BACKEND = "inductor"


class Compiled:
    """A function of one tensor that is compiled only for inputs with a gradient.

    Frames and candidates have many sizes and no gradient; each size would be compiled separately. On CUDA, kernels
    are recorded as graphs: call `begin_step` before each step, and do not keep the results of the last one.
    """

    def __init__(self, function: Callable[[Tensor], Any], device: torch.device) -> None:
        """Raises UsageError for a device that torch does not compile for."""
        if device.type not in ("cpu", "cuda"):
            raise UsageError(f"compile has no effect on {device.type}.", "Leave --compile out.")
        self.function = function
        mode = "reduce-overhead" if device.type == "cuda" else None
        self.compiled: Callable[[Tensor], Any] = torch.compile(function, dynamic=False, backend=BACKEND, mode=mode)

    def __call__(self, x: Tensor) -> Any:
        """Call the function. Raises UsageError when there is no compiler, or when it fails."""
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
    """Let the graphs of CUDA reuse the memory of the last step."""
    torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]

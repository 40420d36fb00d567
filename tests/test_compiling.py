"""torch.compile on request: the same picture, only where a gradient goes, and a plain word when it cannot be had."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import vqclip
from vqclip.errors import UsageError
from vqclip.events import Finished, Stepped
from vqclip.models import compiling
from vqclip.models.compiling import Compiled

CPU = torch.device("cpu")


def picture(**settings: Any) -> np.ndarray:
    """The last picture; frames are looked at on the way."""
    shown = None
    for event in vqclip.generate("a red apple", seed=1, **settings):
        if isinstance(event, (Stepped, Finished)):
            shown = event.image()
    assert shown is not None
    return shown


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A backend that runs what it is given as it is, and the sides of the inputs of each graph."""
    sides: list[int] = []

    def backend(graph: torch.fx.GraphModule, inputs: list[torch.Tensor]) -> Callable[..., Any]:
        sides.append(inputs[0].shape[-1] if inputs[0].ndim == 4 else 0)
        return graph.forward

    torch._dynamo.reset()
    monkeypatch.setattr(compiling, "BACKEND", backend)
    return sides


@pytest.mark.long
@pytest.mark.option("compile")
def test_a_compiled_run_draws_the_same_with_a_graph_for_each_network_and_stage(
    small: dict[str, Any], graphs: list[int]
) -> None:
    wanted = small | {"size": "32x32", "stages": 2, "iterations": 4, "cutouts": 2}
    assert np.array_equal(picture(**wanted, compile=True), picture(**wanted))
    # A decoder of 2 tokens and one of 4, and the tower at one size; frames and candidates at none.
    assert len(graphs) == 3


def test_without_the_setting_nothing_is_compiled(small: dict[str, Any], graphs: list[int]) -> None:
    picture(**small)
    assert graphs == []


@pytest.mark.long
def test_no_compiler_is_one_plain_line(small: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def backend(*_: Any) -> Any:
        raise RuntimeError("no working C++ compiler")

    torch._dynamo.reset()
    monkeypatch.setattr(compiling, "BACKEND", backend)
    with pytest.raises(UsageError, match=r"torch\.compile failed: .*no working C") as caught:
        picture(**small, compile=True)
    assert "Leave compile=True out" in caught.value.hint
    assert "\n" not in str(caught.value)


def test_devices_that_torch_does_not_compile_for_are_refused() -> None:
    with pytest.raises(UsageError, match="compile has no effect on mps"):
        Compiled(torch.sin, torch.device("mps"))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs a C++ compiler")
def test_the_real_compiler_gives_the_same_gradient() -> None:
    def function(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.silu(torch.nn.functional.group_norm(x, 2)).square() + x.sin()

    torch._dynamo.reset()
    compiled = Compiled(function, CPU)
    given = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
    answers = []
    for one in (function, compiled):
        x = given.clone().requires_grad_()
        one(x).sum().backward()
        answers.append(x.grad)
    assert answers[0] is not None
    assert torch.allclose(*answers, atol=1e-5)  # type: ignore[arg-type]
    assert compiled.compiled is not function

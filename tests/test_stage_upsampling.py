"""A picture that grows keeps its edges as narrow as they were, and makes nothing up."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import vqclip
from vqclip.events import Finished
from vqclip.synthesis import init
from vqclip.synthesis.stage_upsampling import sharpen, upsample


def disc(side: int) -> Tensor:
    """A red disc on white: (1, 3, side, side)."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, side), torch.linspace(-1, 1, side), indexing="ij")
    inside = torch.sigmoid((0.6 - torch.hypot(x, y)) * side)
    return torch.stack([torch.ones_like(inside), 1 - inside, 1 - 0.8 * inside])[None]


def steepest(image: Tensor) -> float:
    """The greatest difference of two neighbours."""
    return float(image.diff(dim=3).abs().max())


@pytest.mark.parametrize("factor", [2, 3])
def test_edges_are_as_steep_as_before(factor: int) -> None:
    small = disc(32)
    side = 32 * factor
    plain, crisp = (upsample(small, side, side, edges=edges) for edges in (False, True))
    assert torch.equal(plain, init.fit(small, side, side))
    assert steepest(plain) < 0.75 * steepest(small)
    assert steepest(crisp) > 0.9 * steepest(small)
    # The form is the same: no pixel changes sides but next to the edge.
    assert ((crisp[:, 1] > 0.5) == (plain[:, 1] > 0.5)).float().mean() > 0.99


def test_nothing_overshoots_and_flat_parts_stay() -> None:
    image = init.fit(disc(32), 64, 64)
    crisp = sharpen(image, 2)
    assert float(crisp.min()) >= float(image.min())
    assert float(crisp.max()) <= float(image.max())
    assert torch.allclose(crisp[..., 28:36, 28:36], image[..., 28:36, 28:36], atol=1e-5)
    assert torch.allclose(sharpen(torch.full((1, 3, 9, 9), 0.3), 2), torch.full((1, 3, 9, 9), 0.3))


def test_what_does_not_grow_is_resized_alone() -> None:
    large = disc(64)
    assert torch.equal(upsample(large, 64, 64, edges=True), large)
    assert torch.equal(upsample(large, 32, 32, edges=True), init.fit(large, 32, 32))


@pytest.mark.slow
@pytest.mark.option("stage_upsampling")
def test_a_run_of_stages_ends_with_sharper_edges(small: dict[str, Any]) -> None:
    wanted = small | {"size": "128x128", "stages": 2, "iterations": 0, "candidates": 1, "init": "prior"}

    def slope(how: str) -> float:
        (end,) = (
            e
            for e in vqclip.generate("a red apple", seed=1, stage_upsampling=how, **wanted)
            if isinstance(e, Finished)
        )
        picture = torch.from_numpy(end.image().copy()).float()
        return float(picture.diff(dim=1).abs().flatten().topk(400).values.mean())

    assert slope("edges") > 1.15 * slope("pixels")


@pytest.mark.slow
def test_a_candidate_of_another_size_keeps_its_edges_too(small: dict[str, Any]) -> None:
    wanted = small | {"size": "128x128", "stages": 1, "iterations": 0, "candidates": 1, "init": "prior"}
    pixels, edges = (
        next(
            e.image()
            for e in vqclip.generate("a red apple", seed=1, stage_upsampling=how, **wanted)
            if isinstance(e, Finished)
        )
        for how in ("pixels", "edges")
    )
    assert (pixels != edges).any()

"""The finished picture has crisp edges: as steep as in a drawing, in the same places, on every side of a tile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip import api
from vqclip.events import Event, Finished, Stepped
from vqclip.runs.directory import read_manifest
from vqclip.settings import sources
from vqclip.synthesis import refine as module
from vqclip.synthesis.refine import refine
from vqclip.synthesis.stage_upsampling import blur
from vqclip.synthesis.stages import plan_stages, stages_of


def disc(side: int = 96, softness: float = 2.5) -> torch.Tensor:
    """A red disc on white with a soft edge, (1, 3, side, side)."""
    y, x = torch.meshgrid(*2 * [torch.arange(side) - side / 2 + 0.5], indexing="ij")
    inside = ((x**2 + y**2).sqrt() < side / 3).float()
    sharp = 1 - inside * torch.tensor([0.1, 0.8, 0.9])[:, None, None]
    return blur(sharp[None], softness)


def steepest(picture: torch.Tensor) -> float:
    return picture.diff(dim=3).abs().max().item()


def test_a_soft_edge_becomes_steep_and_stays_in_its_place() -> None:
    soft = disc()
    crisp = refine(soft)
    assert steepest(crisp) > 2.5 * steepest(soft)
    moved = ((crisp[:, 1] < 0.6) != (soft[:, 1] < 0.6)).float().mean()
    assert moved < 0.01
    assert crisp.min() >= soft.min() - 1e-6
    assert crisp.max() <= soft.max() + 1e-6


def test_flat_parts_and_gradients_stay() -> None:
    ramp = torch.linspace(0.2, 0.8, 96).expand(1, 3, 96, 96)
    assert (refine(ramp) - ramp)[..., 8:-8].abs().max() < 0.01
    flat = torch.full((1, 3, 40, 33), 0.37)
    assert torch.allclose(refine(flat), flat, atol=1e-5)


@pytest.mark.parametrize("wraps", [(True, True), (True, False), (False, True)])
def test_a_tile_still_matches_at_its_edges(wraps: tuple[bool, bool]) -> None:
    tile = disc().roll((40, 40), (2, 3))
    shift = tuple(31 if wrap else 0 for wrap in wraps)
    rolled = refine(tile.roll(shift, (3, 2)), wraps)
    inner = (slice(None), slice(None), slice(8, -8), slice(8, -8)) if not all(wraps) else ...
    assert torch.allclose(rolled[inner], refine(tile, wraps).roll(shift, (3, 2))[inner], atol=1e-4)


def test_a_large_picture_is_refined_in_strips_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    soft = disc(120)
    whole = refine(soft)
    monkeypatch.setattr(module, "_STRIP", 32)
    assert torch.allclose(refine(soft), whole, atol=1e-5)


@pytest.mark.slow
@pytest.mark.option("refine")
def test_only_the_finished_picture_of_a_drawing_is_refined(small: dict[str, Any]) -> None:
    def drawn(**changes: Any) -> list[Event]:
        return list(vqclip.generate("a red apple", **{**small, "seed": 1, **changes}))

    def images(events: list[Event]) -> list[np.ndarray]:
        return [event.image() for event in events if isinstance(event, Finished)]

    # `image` shows the picture as it is now, so those of the steps are kept as they come.
    frames: dict[str, list[np.ndarray]] = {"on": [], "off": []}
    for choice, kept in frames.items():
        for event in vqclip.generate("a red apple", **{**small, "seed": 1, "refine": choice}):
            if isinstance(event, Stepped | Finished):
                kept.append(event.image())
    assert all(np.array_equal(a, b) for a, b in zip(frames["on"][:3], frames["off"][:3], strict=True))
    assert not np.array_equal(frames["on"][-1], frames["off"][-1])
    assert np.array_equal(frames["on"][-1], frames["on"][-2]), "the last frame is the finished picture"

    auto = {"stage_upsampling": "edges", "stages": 2}
    (by_itself,), (on,) = images(drawn(**auto)), images(drawn(**auto, refine="on"))
    assert np.array_equal(by_itself, on)


@pytest.mark.parametrize(
    ("changes", "refined"),
    [
        ({}, True),
        ({"refine": "off"}, False),
        ({"iterations": 0}, False),
        ({"stage_upsampling": "pixels"}, False),
        ({"init_image": "photo.png"}, False),
        ({"init_image": "photo.png", "refine": "on"}, True),
        ({"zoom": "1.02"}, False),
        ({"prompt": "a cat ^ a dog"}, False),
    ],
)
def test_drawings_from_nothing_are_refined_by_themselves(changes: dict[str, Any], refined: bool) -> None:
    Image.new("RGB", (64, 64), "teal").save("photo.png")
    found = sources.resolve({"prompt": "a cat", **changes}, environment={}).settings
    assert found.refines == refined
    last = stages_of(found, 8)[-1]
    assert (0 < last.last - last.first <= 0.05 * found.iterations) == (refined and not found.init_image)


@pytest.mark.slow
def test_a_run_that_continues_a_drawing_is_refined_and_one_that_continues_a_photo_is_not(
    small: dict[str, Any],
) -> None:
    Image.new("RGB", (32, 32), "teal").save("photo.png")
    candidates = {"init": "prior", "candidates": 2, "size": "64x64", "stage_upsampling": "edges"}
    flags = {**small, **candidates, "iterations": 1}
    for name, changes in (("drawing", {}), ("over", {"init_image": "photo.png"})):
        list(vqclip.generate("a cat", output=name, **{**flags, **changes}))
        list(api.continue_run(name, output=f"{name}-next", iterations=1))
    found = {name: read_manifest(Path(f"{name}-next")).settings.refines for name in ("drawing", "over")}
    assert found == {"drawing": True, "over": False}


def test_the_last_stage_of_a_refined_drawing_takes_a_tenth_of_the_steps() -> None:
    assert [stage.last for stage in plan_stages(256, 256, 8, 3, 100, refined=True)] == [48, 95, 100]
    assert [stage.last for stage in plan_stages(64, 64, 8, 1, 100, refined=True)] == [100]

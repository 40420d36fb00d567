"""Moves of the picture: how far, which way, and what comes in from outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from vqclip.errors import UsageError
from vqclip.schedules import Schedule
from vqclip.settings.schema import BORDERS, MOTIONS, Settings
from vqclip.synthesis.motion import Move, due, move_at, warp


def pattern(height: int = 40, width: int = 60) -> torch.Tensor:
    return torch.rand((1, 3, height, width), generator=torch.Generator().manual_seed(1))


def square(side: int, height: int = 64, width: int = 64) -> torch.Tensor:
    image = torch.zeros(1, 3, height, width)
    image[..., (height - side) // 2 : (height + side) // 2, (width - side) // 2 : (width + side) // 2] = 1
    return image


@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(("right", "down"), [(7, 0), (0, 5), (-3, 11)])
def test_a_pan_is_exact_and_fills_as_its_border_says(border: str, right: int, down: int) -> None:
    image = pattern()
    moved = warp(image, Move(right=right, down=down), border)[0].permute(1, 2, 0).numpy()
    old = image[0].permute(1, 2, 0).numpy()
    if border == "wrap":
        assert np.allclose(moved, np.roll(old, (down, right), (0, 1)), atol=1e-4)
        return
    mode = {"mirror": "symmetric", "clamp": "edge", "black": "constant"}[border]
    room = 16
    padded = np.pad(old, ((room, room), (room, room), (0, 0)), mode=mode)  # type: ignore[call-overload]
    expected = padded[room - down : room - down + 40, room - right : room - right + 60]
    edge = 3 if border == "black" else 0
    inside = np.s_[max(0, down) + edge : 40 + min(0, down) - edge, max(0, right) + edge : 60 + min(0, right) - edge]
    assert np.allclose(moved[inside], expected[inside], atol=1e-4)
    assert np.abs(moved - expected).mean() < 0.02


@pytest.mark.option("zoom")
def test_a_zoom_enlarges_by_its_factor() -> None:
    for factor, side in ((2.0, 16), (1.5, 16), (0.5, 32)):
        moved = warp(square(side), Move(zoom=factor), "black")[0, 0]
        assert float(moved.sum()) ** 0.5 == pytest.approx(side * factor, abs=0.8)
        assert float((moved - moved.flip(0)).abs().max()) < 1e-4, "about the middle"


@pytest.mark.option("rotate")
def test_a_turn_goes_against_the_clock() -> None:
    image = pattern(48, 48)
    assert torch.allclose(warp(image, Move(turn=90), "clamp"), torch.rot90(image, 1, (2, 3)), atol=1e-3)
    marked = torch.zeros(1, 3, 65, 65)
    marked[..., 32, 60] = 1
    row, column = divmod(int(warp(marked, Move(turn=30), "black")[0, 0].argmax()), 65)
    assert (row, column) == (32 - 14, 32 + 24)


def test_all_at_once_is_one_move() -> None:
    image = square(20)
    both = warp(image, Move(1.5, 8, -6, 45), "black")[0, 0]
    centre = [float((both.sum(1 - axis) * torch.arange(64)).sum() / both.sum()) - 31.5 for axis in (0, 1)]
    assert centre == pytest.approx([-6, 8], abs=0.3)
    assert float(both.sum()) ** 0.5 == pytest.approx(30, abs=0.6)


def test_no_move_leaves_the_picture_and_values_stay_in_their_range() -> None:
    image = pattern()
    for border in BORDERS:
        assert torch.allclose(warp(image, Move(), border), image, atol=1e-4)
        moved = warp((image > 0.5).float(), Move(1.3, 2.5, 1.5, 20), border)
        assert float(moved.min()) >= 0
        assert float(moved.max()) <= 1


@pytest.mark.option("rotate")
def test_schedules_say_the_move_of_every_step() -> None:
    wanted = Settings(zoom="1.1", pan_x="0:0, 50%:8", rotate="0:2, 10:4 hold", move_every=5).validate()
    assert move_at(wanted, 0, 100) == Move(1.1, 0, 0, 2)
    assert move_at(wanted, 25, 100) == Move(1.1, 4, 0, 4)
    assert move_at(Settings(pan_x="0:0, 10:0, 20:5", move_every=5).validate(), 5, 100) is None
    assert Move(1.1, 4, -2, 4).scaled(0.5) == Move(1.1, 2, -1, 4)


@pytest.mark.option("move_every")
def test_moves_come_every_so_many_steps_and_not_before_the_first() -> None:
    def steps(every: int) -> list[int]:
        settings = Settings(rotate="3", move_every=every, iterations=12).validate()
        return [step for step in range(12) if due(settings, step) is not None]

    assert steps(5) == [5, 10]
    assert steps(4) == [4, 8]


@pytest.mark.parametrize("text", ["1.5", " -2 ", ".5", "1e-1"])
def test_one_number_is_a_schedule_that_stays(text: str) -> None:
    assert Schedule.parse(text).at(77, 100) == float(text)
    assert Schedule.parse(str(Schedule.parse(text))) == Schedule.parse(text)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zoom": "0"}, "zoom is 0"),
        ({"zoom": "0:1, 5:20"}, "Valid: 0.1 to 10"),
        ({"zoom": "1"}, "zoom has no effect at 1"),
        ({"pan_y": "0:0, 5:0"}, "pan_y has no effect at 0"),
        ({"rotate": "fast"}, "rotate is 'fast'"),
        ({"pan_x": "nan"}, "pan_x is 'nan'"),
        ({"move_every": 4}, "move_every has no effect without a motion"),
        ({"move_border": "black"}, "move_border has no effect without a motion"),
        ({"rotate": "3", "move_every": 50, "iterations": 50}, "ends before its first move"),
    ],
)
def test_a_motion_that_cannot_be_meant_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Settings(**changes).validate()
    assert set(MOTIONS) == {"zoom", "pan_x", "pan_y", "rotate"}

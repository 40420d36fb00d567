"""Coarse-to-fine plans."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqclip.errors import UsageError
from vqclip.settings.schema import Settings
from vqclip.synthesis.stages import plan_stages, stages_of


@given(
    st.integers(16, 1024), st.integers(16, 1024), st.sampled_from([4, 8, 16]), st.integers(1, 4), st.integers(0, 500)
)
def test_stages_cover_every_step_once_and_grow_to_the_size(
    width: int, height: int, factor: int, stages: int, steps: int
) -> None:
    if -(-min(width, height) // factor) >> (stages - 1) < 1:
        with pytest.raises(UsageError):
            plan_stages(width, height, factor, stages, steps)
        return
    plan = plan_stages(width, height, factor, stages, steps)
    assert len(plan) == stages
    assert plan[0].first == 0
    assert plan[-1].last == steps
    assert all(a.last == b.first for a, b in itertools.pairwise(plan))
    assert plan[-1].size == (width, height)
    for stage in plan:
        assert stage is plan[-1] or stage.width % factor == stage.height % factor == 0
        assert stage.first <= stage.last
    widths = [stage.width for stage in plan]
    assert widths == sorted(widths)


def test_shares_of_the_steps() -> None:
    assert [s.last for s in plan_stages(256, 256, 8, 2, 100)] == [40, 100]
    assert [s.last for s in plan_stages(256, 256, 8, 3, 100)] == [25, 50, 100]
    assert [(s.width, s.height) for s in plan_stages(256, 128, 8, 3, 100)] == [(64, 32), (128, 64), (256, 128)]


def test_fault_23_a_picture_smaller_than_a_token_is_drawn_and_too_many_stages_are_refused() -> None:
    assert plan_stages(16, 8, 16, 1, 10)[0].size == (16, 8)
    with pytest.raises(UsageError, match="4 stages are too many"):
        plan_stages(64, 64, 16, 4, 10)


@pytest.mark.parametrize(
    ("size", "factor", "widths"),
    [
        ("256x256", 8, [64, 128, 256]),
        ("128x128", 8, [64, 128]),
        ("64x64", 8, [64]),
        ("40x40", 8, [40]),
        ("256x192", 8, [128, 256]),
        ("384x384", 8, [96, 192, 384]),
        ("512x512", 16, [128, 256, 512]),
    ],
)
def test_by_themselves_stages_begin_no_smaller_than_a_candidate(size: str, factor: int, widths: list[int]) -> None:
    # At 128x128 the built-in preset started from the candidate at 32x32, and its form was lost.
    assert [stage.width for stage in stages_of(Settings(size=size, stages=0), factor)] == widths
    asked = stages_of(Settings(size="64x64", stages=3), 8)
    assert [stage.width for stage in asked] == [16, 32, 64], "what is asked for is done"


@pytest.mark.parametrize(("size", "widths"), [("256x256", [128, 256]), ("128x128", [128]), ("256x192", [256])])
def test_stages_begin_no_smaller_than_an_upsampled_candidate(size: str, widths: list[int]) -> None:
    upsampled = Settings(size=size, stages=0, init="prior", upsample_candidates=8)
    assert [stage.width for stage in stages_of(upsampled, 8)] == widths
    without = upsampled.replace(init="tokens")
    assert stages_of(without, 8) == stages_of(upsampled.replace(upsample_candidates=0), 8)

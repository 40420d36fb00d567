"""Snapshots: exact, whole or not at all, and suspicious of strangers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from vqclip.errors import ModelError
from vqclip.synthesis import state as snapshots
from vqclip.synthesis.state import Layout, State

LAYOUT = Layout("digest", (3, 100), ((1, 4, 1, 1), (1, 4, 2, 2)))
"""Of a run of two stages, the second of which has 2 x 2 tokens of four numbers."""


def state(step: int = 7) -> State:
    generator = torch.Generator().manual_seed(step)
    names = ("z", "z_init", "z_start", "optimiser.exp_avg")
    tensors = {name: torch.randn(1, 4, 2, 2, generator=generator) for name in names}
    return State(step, 1, tensors, 0.4095100000000001, 0.25)


def test_a_state_comes_back_bit_for_bit(isolated: Path) -> None:
    path = snapshots.save(isolated, state(), "digest")
    assert path.name == "step-000007.safetensors"
    back = snapshots.load(path, LAYOUT)
    assert (back.step, back.stage, back.ema_weight, back.score) == (7, 1, 0.4095100000000001, 0.25)
    assert back.tensors.keys() == state().tensors.keys()
    assert all(torch.equal(back.tensors[name], tensor) for name, tensor in state().tensors.items())


def test_only_the_newest_two_are_kept(isolated: Path) -> None:
    for step in (1, 5, 10, 100):
        snapshots.save(isolated, state(step), "digest")
    assert sorted(path.name for path in isolated.glob("step-*")) == [
        "step-000010.safetensors",
        "step-000100.safetensors",
    ]


def test_snapshots_are_in_the_order_of_their_steps(isolated: Path) -> None:
    many = dataclasses.replace(LAYOUT, last=(3, 1_000_000))
    for step in (999_990, 999_995, 1_000_000):
        snapshots.save(isolated, state(step), "digest")
    found, _ = snapshots.newest(isolated, many)
    assert found is not None
    assert found.step == 1_000_000
    assert len(list(isolated.glob("step-*"))) == 2


def test_fault_42_a_damaged_snapshot_falls_back_to_the_one_before(isolated: Path) -> None:
    snapshots.save(isolated, state(5), "digest")
    newest = snapshots.save(isolated, state(9), "digest")
    newest.write_bytes(newest.read_bytes()[:-40])
    found, problems = snapshots.newest(isolated, LAYOUT)
    assert found is not None
    assert found.step == 5
    assert len(problems) == 1
    assert "step-000009.safetensors is damaged" in problems[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"\xff" * 64],
)
def test_fault_42_with_no_whole_snapshot_there_is_none(isolated: Path, content: bytes) -> None:
    (isolated / "step-000001.safetensors").write_bytes(content)
    found, problems = snapshots.newest(isolated, LAYOUT)
    assert found is None
    assert len(problems) == 1


def test_fault_42_other_settings_and_later_schemas_are_refused(isolated: Path) -> None:
    snapshots.save(isolated, state(), "digest")
    with pytest.raises(ModelError, match="belongs to other settings"):
        snapshots.newest(isolated, dataclasses.replace(LAYOUT, digest="another"))
    save_file(dict(state().tensors), isolated / "step-000099.safetensors", {"vqclip": '{"schema": 99}'})
    with pytest.raises(ModelError, match="has schema 99"):
        snapshots.newest(isolated, LAYOUT)


@pytest.mark.parametrize("numbers", ["[]", "{", '{"schema": 1, "digest": "digest"}', "null"])
def test_incomplete_numbers_make_a_damaged_snapshot(isolated: Path, numbers: str) -> None:
    save_file(dict(state().tensors), isolated / "step-000003.safetensors", {"vqclip": numbers})
    found, problems = snapshots.newest(isolated, LAYOUT)
    assert found is None
    assert "damaged" in problems[0]


def test_a_state_that_is_not_finite_is_damaged(isolated: Path) -> None:
    bad = state()
    tensors = {**bad.tensors, "z": torch.full((1, 4, 2, 2), torch.nan)}
    snapshots.save(isolated, State(3, 0, tensors, 0.0), "digest")
    assert snapshots.newest(isolated, LAYOUT)[0] is None

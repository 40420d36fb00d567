"""Sound checkpoints of every kind are read to the same tensors; see tests/faults for the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from faults import makers
from torch import nn

from vqclip.errors import ModelError
from vqclip.models.checkpoints import check_state_dict, load_into, read_state_dict, sha256, verify_sums


@pytest.fixture
def state() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        "a.weight": torch.randn(3, 5, generator=generator),
        "a.bias": torch.randn(3, generator=generator),
        "count": torch.tensor(3),
    }


WRITERS = {
    "safetensors": lambda path, state: makers.write_safetensors(path.with_suffix(".safetensors"), state),
    "pt": makers.write_pt,
    "pt of an old torch": lambda path, state: makers.write_pt(path, state, legacy=True),
    "pt of parameters": lambda path, state: makers.write_pt(
        path, {k: nn.Parameter(v) if v.is_floating_point() else v for k, v in state.items()}
    ),
    "Lightning": lambda path, state: makers.write_lightning(path.with_suffix(".ckpt"), state),
    "Lightning of an old torch": lambda path, state: makers.write_lightning(path, state, legacy=True),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_every_container_gives_the_same_tensors(kind, state, tmp_path):
    found = read_state_dict(WRITERS[kind](tmp_path / "model.pt", state))
    assert sorted(found) == sorted(state)
    for name, tensor in state.items():
        assert torch.equal(found[name], tensor)
        assert found[name].dtype == tensor.dtype
        assert not found[name].requires_grad


@pytest.mark.slow
@pytest.mark.parametrize("legacy", [False, True])
def test_fault_02_lightning_checkpoint_loads_without_lightning(legacy, state, tmp_path):
    path = makers.write_lightning(tmp_path / "last.ckpt", state, legacy=legacy)
    script = (
        "import sys, pathlib\n"
        "from vqclip.models.checkpoints import read_state_dict\n"
        "found = read_state_dict(pathlib.Path(sys.argv[1]))\n"
        "assert not {'pytorch_lightning', 'lightning'} & set(sys.modules)\n"
        "print(sorted(found))"
    )
    ran = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == str(sorted(state))


def test_importing_the_module_does_not_import_torch():
    rooms = "vqclip.models.checkpoints, vqclip.models.registry, vqclip.models.architecture"
    script = f"import sys, {rooms}; print('torch' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(5, 3)
        self.register_buffer("count", torch.tensor(0))


@pytest.mark.parametrize("prefix", ["", "module.", "first_stage_model.", "module.first_stage_model."])
def test_fault_10_names_of_known_wrappers_are_taken_off(prefix, state):
    wrapped = {prefix + name: tensor for name, tensor in state.items()}
    if prefix:
        wrapped["transformer.head.weight"] = torch.zeros(1)
    found = check_state_dict(wrapped, Small().state_dict(), "x.ckpt")
    assert {name: tensor.tolist() for name, tensor in found.items()} == {
        name: tensor.tolist() for name, tensor in state.items()
    }


def test_weights_are_assigned_frozen_and_in_float32(state):
    with torch.device("meta"):
        module = Small()
    halves = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    load_into(module, halves, "x.safetensors")
    assert torch.equal(module.a.weight, state["a.weight"].half().float())
    assert module.a.weight.dtype == torch.float32
    assert module.count.item() == 3
    assert not module.training
    assert not any(parameter.requires_grad for parameter in module.parameters())


def test_transposed_weights_are_sound(state, tmp_path):
    state["a.weight"] = state["a.weight"].t().contiguous().t()
    found = read_state_dict(makers.write_pt(tmp_path / "x.pt", state))
    assert torch.equal(found["a.weight"], state["a.weight"])


def test_fault_10_missing_and_unknown_tensors_are_listed_and_counted():
    expected = {f"layer.{n}.weight": torch.empty(2, device="meta") for n in range(9)}
    given = {"layer.0.weight": torch.zeros(2), "layer.1.weight": torch.zeros(3), "other": torch.zeros(1)}
    with pytest.raises(ModelError) as caught:
        check_state_dict(given, expected, "x.ckpt")
    message = caught.value.message
    assert "7 tensors missing (layer.2.weight, layer.3.weight" in message
    assert "and 2 more" in message
    assert "layer.7.weight" not in message
    assert "1 tensor unknown (other)" in message
    assert "layer.1.weight is 3 instead of 2" in message


def test_ignored_names_may_be_there_or_not():
    expected = {"w": torch.empty(2, device="meta")}
    for given in ({"w": torch.zeros(2)}, {"w": torch.zeros(2), "encoder.w": torch.zeros(9)}):
        assert list(check_state_dict(given, expected, "x", ignored=("encoder.",))) == ["w"]


def test_sha256_follows_the_file(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"abcd")
    assert sha256(path) == "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"


def test_sums_are_verified_by_name(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")
    good = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{good}  x\n")
    assert verify_sums(tmp_path) == ["x"]
    sums.write_text(f"{good[::-1]}  x\n")
    with pytest.raises(ModelError, match="x is not the published file"):
        verify_sums(tmp_path)
    sums.write_text(f"{good}  ../x\n")
    with pytest.raises(ModelError, match="wrong line"):
        verify_sums(tmp_path)
    sums.unlink()
    with pytest.raises(ModelError, match="no readable SHA256SUMS"):
        verify_sums(Path(tmp_path))

"""Rows 3 to 8, 11 and 17 of the fault table: no checkpoint, configuration or token grid fills memory or hangs."""

from __future__ import annotations

import gc
import os
import pickle
import tempfile
import time
from collections import Counter, OrderedDict
from pathlib import Path
from random import Random

import pytest
import torch
import yaml
from attacks import checkpoints, forks, special_files, token_grids
from torch import nn

from faults import makers
from vqclip.errors import InputError, ModelError
from vqclip.media.token_grids import load as load_grid
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import check_state_dict, read_state_dict
from vqclip.models.inspection import MAX_HEADER_BYTES, inspect
from vqclip.models.layouts import to_taming
from vqclip.models.vqgan import VQGAN
from vqclip.reading import check_structure

MOST_SECONDS, MOST_BYTES = 10.0, 1000 * 2**20


def bounded(module: str, *arguments: str, code: int = 3) -> str:
    """Run a module in a process of its own within the bounds; its standard error, which has one or two lines."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as err, Path(os.devnull).open("r+b") as nothing:
        streams = [nothing.fileno(), nothing.fileno(), err.fileno()]
        returned, seconds, peak = forks.run(module, arguments, streams, timeout=120)
        err.seek(0)
        told = err.read().decode()
    assert returned == code, told
    assert "Traceback" not in told
    assert 1 <= len(told.splitlines()) <= 2, told
    assert peak < MOST_BYTES
    # Of the processor, when this machine has other work.
    assert min(time.monotonic() - begun, seconds) < MOST_SECONDS
    assert time.monotonic() - begun < 6 * MOST_SECONDS
    return told


def refused(path: Path, *words: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read_state_dict(path)
    assert path.name in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    for word in words:
        assert word in caught.value.message
    return caught.value


@pytest.mark.long
@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("attack", checkpoints.PICKLES)
def test_fault_07_an_index_that_asks_for_too_much_is_refused_before_it_is_loaded(attack, legacy, tmp_path):
    path = checkpoints.write(tmp_path / "x.pt", checkpoints.PICKLES[attack](), legacy=legacy)
    told = bounded("attacks.read_file", str(path))
    assert "x.pt" in told


@pytest.mark.slow
@pytest.mark.parametrize("attack", ["empty lists", "copied Counter", "deep tuple", "claimed storage"])
def test_fault_07_the_commands_refuse_it_within_their_bounds(attack, tmp_path):
    path = checkpoints.write(tmp_path / "x.ckpt", checkpoints.PICKLES[attack]())
    makers.write_config(tmp_path / "x.yaml", makers.Reference().config)
    assert "x.ckpt" in bounded("vqclip", "models", "convert", str(path), "y.safetensors")
    assert not Path("y.safetensors").exists()


@pytest.mark.slow
def test_fault_07_a_directory_or_header_that_asks_for_too_much_is_refused(tmp_path):
    bounded("attacks.read_file", str(checkpoints.members(tmp_path / "members.pt")))
    bounded("attacks.read_file", str(checkpoints.claimed_directory(tmp_path / "directory.pt")))
    bounded("attacks.read_file", str(checkpoints.nested_header(tmp_path / "header.safetensors")))
    bounded("attacks.read_file", str(checkpoints.nested_header(tmp_path / "small.safetensors", 7_900_000)))


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_fault_07_a_tensor_beyond_its_storage_is_not_grown(legacy, tmp_path):
    refused(checkpoints.write(tmp_path / "x.pt", checkpoints.grown_storage(), legacy=legacy))


def test_fault_07_tensors_over_each_other_are_not_copied_without_end(tmp_path):
    shared = torch.zeros(1000)
    refused(makers.write_pt(tmp_path / "x.pt", {f"w{n}": shared for n in range(1000)}), "claims 4000000 bytes")
    twice = makers.write_pt(tmp_path / "y.pt", {"a": shared, "b": shared})
    assert len(read_state_dict(twice)) == 2


@pytest.mark.parametrize("container", ["bare", "zip", "legacy"])
@pytest.mark.parametrize("attack", checkpoints.MALFORMED)
def test_fault_04_a_malformed_index_is_one_clear_error(attack, container, tmp_path):
    index = checkpoints.MALFORMED[attack]
    if container == "bare":
        refused(checkpoints.bare(tmp_path / "x.pt", index))
    else:
        refused(checkpoints.write(tmp_path / "x.pt", index, legacy=container == "legacy"))


@pytest.mark.parametrize("what", checkpoints.odd_headers())
def test_fault_06_odd_headers_are_one_clear_error(what, tmp_path):
    refused(checkpoints.header(tmp_path / "x.safetensors", checkpoints.odd_headers()[what] + b"\0" * 8))
    refused(checkpoints.header(tmp_path / "y.safetensors", checkpoints.odd_headers()[what]))


@pytest.mark.parametrize("wrapper", ["", "state_dict", "model"])
@pytest.mark.parametrize("attribute", ["items", "keys", "get", "values", "__class__", "__dict__", "_metadata"])
def test_fault_08_overwritten_attributes_of_a_state_dict_are_not_used(attribute, wrapper, tmp_path):
    path = checkpoints.overwritten(tmp_path / "x.pt", attribute, wrapper)
    assert read_state_dict(path)["w"].tolist() == [0, 0, 0, 0]


def test_fault_08_odd_names_and_values_are_one_clear_error(tmp_path):
    weights = torch.zeros(2)
    odd = [None, True, 7, 2**80, 0.5, "text", b"bytes", (weights,), [weights], {"a": weights}, {1, 2}, Counter("abc"),
           OrderedDict(), torch.float32, torch.Size([2]), torch.device("cpu")]  # fmt: skip
    for value in odd:
        error = refused(makers.write_pt(tmp_path / "x.pt", {"a": weights, "the.odd.one": value}))
        assert "the.odd.one" in error.message
    for key in (None, 7, 0.5, b"w", (1, 2), True):
        refused(makers.write_pt(tmp_path / "x.pt", {"a": weights, key: weights}), "no state dict")
    for state in (None, 7, "text", weights, (weights,), {1: 2}, {"state_dict": 7}, {"model": []}, Counter({7: 1})):
        refused(makers.write_pt(tmp_path / "x.pt", state))
    refused(makers.write_pt(tmp_path / "x.pt", {"x" * 10**6: 7}))
    refused(checkpoints.write(tmp_path / "x.pt", checkpoints.MALFORMED["a surrogate"]))


def test_fault_08_sound_values_stay_plain_tensors(tmp_path):
    hooked = nn.Parameter(torch.ones(2))
    leaf = torch.ones(2, requires_grad=True)
    state = read_state_dict(makers.write_pt(tmp_path / "x.pt", {"a": hooked, "b": leaf, "c": torch.ones(2)}))
    assert {type(tensor) for tensor in state.values()} == {torch.Tensor}
    assert not any(tensor.requires_grad for tensor in state.values())


@pytest.mark.slow
def test_sound_checkpoints_with_much_beside_their_weights_are_read(tmp_path):
    weights = {f"layer.{n}.weight": torch.zeros(4) for n in range(2000)}
    moments = {n: {"step": n, "exp_avg": torch.zeros(4), "exp_avg_sq": torch.zeros(4)} for n in range(2000)}
    nested: list[object] = []
    for _ in range(150):
        nested = [nested, {"a": nested}]
    content = {
        "state_dict": OrderedDict(weights),
        "optimizer_states": [
            {"state": moments, "param_groups": [{"params": list(range(2000)), "betas": (0.5, 0.9)}]}
        ],
        "lr_schedulers": [{"milestones": Counter({30: 1, 60: 1}), "last": 2**70}],
        "hyper_parameters": {"sizes": tuple(range(5000)), ("a", "tuple"): 1, "names": ["x" * 100] * 5000},
        "nested": nested,
        "bytes": b"\x00\xff" * 1000,
        "set": {1, 2, 3},
    }
    for legacy in (False, True):
        assert len(read_state_dict(makers.write_pt(tmp_path / "x.pt", content, legacy=legacy))) == 2000


@pytest.mark.slow
@pytest.mark.parametrize("what", checkpoints.yaml_texts())
def test_fault_11_hostile_configurations_are_one_clear_error(what, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(checkpoints.yaml_texts()[what])
    begun = time.process_time()
    with pytest.raises(ModelError) as caught:
        read_architecture(path)
    assert "x.yaml" in caught.value.message
    assert caught.value.hint
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert time.process_time() - begun < MOST_SECONDS


@pytest.mark.slow
def test_fault_06_a_large_header_may_hold_texts_but_not_structure(tmp_path):
    header = b'{"__metadata__":{"a":"' + b"x" * (MAX_HEADER_BYTES + 1) + b'"}}'
    path = checkpoints.header(tmp_path / "x.safetensors", header)
    refused(path, "its header claims")
    assert inspect(path, header_bytes=2 * MAX_HEADER_BYTES).kind == "safetensors"
    for text in (b'{"w":[' + b"1," * MAX_HEADER_BYTES + b"1]}", b'{"w":[' + b'"",' * MAX_HEADER_BYTES + b'""]}'):
        path = checkpoints.header(tmp_path / "y.safetensors", text)
        with pytest.raises(ModelError, match="beside its texts"):
            inspect(path, header_bytes=10 * MAX_HEADER_BYTES)
    for text, least in ((b'"a"', 2), (b'{"a\\"b":[1]}', 8), (b'"' + b"\\" * 200 + b'"', 2), (b"", 0)):
        check_structure(text, least)
        with pytest.raises(ValueError, match="beside its texts"):
            check_structure(text + b"1", least)
    begun = time.process_time()
    with pytest.raises(ValueError, match="no end"):
        check_structure(b'"' + b'\\"' * 10**7, 10**6)
    assert time.process_time() - begun < MOST_SECONDS


@pytest.mark.parametrize("text", ["model: 3\n", "model: [1]\n", "null\n", "a: 1\n", "[a]\n"])
def test_fault_11_convert_refuses_a_configuration_without_a_model(text, tmp_path, call):
    makers.write_safetensors(tmp_path / "x.safetensors", makers.Reference().state_dict())
    (tmp_path / "x.yaml").write_text(text)
    answer = call("models", "convert", str(tmp_path / "x.safetensors"), "y.safetensors")
    assert answer.code == 3
    assert "x.yaml" in answer.err


@pytest.mark.slow
def test_fault_11_the_largest_network_of_a_configuration_takes_no_memory(tmp_path):
    config = makers.Reference().config
    config["model"]["params"] |= {"n_embed": 2**20, "embed_dim": 2**14}
    config["model"]["params"]["ddconfig"] |= {
        "ch": 4096,
        "ch_mult": [64] * 8,
        "num_res_blocks": 16,
        "z_channels": 2**14,
    }
    path = makers.write_safetensors(tmp_path / "x.safetensors", makers.Reference().state_dict())
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(config))
    assert "x.safetensors" in bounded("vqclip", "models", "convert", str(path), "y.safetensors")


FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2]


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_floating_type_that_torch_casts_is_a_weight(dtype):
    expected = {"w": torch.empty(3, device="meta")}
    assert check_state_dict({"w": torch.ones(3).to(dtype)}, expected, "x")["w"].dtype == dtype


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool, torch.uint16])
def test_fault_08_integers_in_the_place_of_weights_are_refused_by_name(dtype):
    kind = str(dtype).removeprefix("torch.")
    with pytest.raises(ModelError, match=rf"x\.ckpt: the tensor w is {kind}; it has to be a floating-point type"):
        check_state_dict({"w": torch.ones(3).to(dtype)}, {"w": torch.empty(3, device="meta")}, "x.ckpt")


def test_fault_08_numbers_that_torch_cannot_compute_with_are_refused_by_name():
    dtype = getattr(torch, "float4_e2m1fn_x2", None)
    if dtype is None:
        pytest.skip("this torch has no such type")
    weights = torch.zeros(3, dtype=torch.uint8).view(dtype)
    with pytest.raises(ModelError, match=r"the tensor w is float4_e2m1fn_x2, which torch cannot compute with"):
        check_state_dict({"w": weights}, {"w": torch.empty(3, device="meta")}, "x.ckpt")


def test_integer_and_bool_buffers_have_their_kind():
    number = {"n": torch.empty(2, dtype=torch.int64, device="meta")}
    mask = {"n": torch.empty(2, dtype=torch.bool, device="meta")}
    for dtype in (torch.int64, torch.int32, torch.uint8):
        assert check_state_dict({"n": torch.ones(2, dtype=dtype)}, number, "x")["n"].dtype == dtype
    # Of a state dict that was cast as a whole.
    cast = check_state_dict({"n": torch.tensor([3.0, 4.0]).half()}, number, "x")["n"]
    assert (cast.tolist(), cast.dtype) == ([3, 4], torch.int64)
    for bad in (torch.tensor([0.5, 1.0]), torch.tensor([float("nan"), 1.0]), torch.ones(2, dtype=torch.bool)):
        with pytest.raises(ModelError, match="it has to be an integer type"):
            check_state_dict({"n": bad}, number, "x")
    assert check_state_dict({"n": torch.ones(2, dtype=torch.bool)}, mask, "x")["n"].all()
    with pytest.raises(ModelError, match="is float32; it has to be bool"):
        check_state_dict({"n": torch.ones(2)}, mask, "x")


def test_fault_08_a_codebook_of_integers_is_refused_by_convert_and_by_loading(tmp_path, call):
    reference = makers.Reference()
    state = reference.state_dict()
    state["quantize.embedding.weight"] = state["quantize.embedding.weight"].long()
    path = makers.write_safetensors(tmp_path / "x.safetensors", state)
    config = makers.write_config(tmp_path / "x.yaml", reference.config)
    answer = call("models", "convert", str(path), "y.safetensors")
    assert (answer.code, Path("y.safetensors").exists()) == (3, False)
    assert "quantize.embedding.weight is int64" in answer.err
    with pytest.raises(ModelError, match=r"quantize\.embedding\.weight is int64"):
        VQGAN.from_files(path, config)


def test_names_with_many_digits_are_left_as_they_are():
    names = [f"encoder.conv_blocks.{'9' * 5000}.res.0.weight", "decoder.conv_blocks.99999.upsample.conv.weight"]
    assert list(to_taming(dict.fromkeys(names))) == names


@pytest.mark.slow
@pytest.mark.parametrize("kind", special_files.KINDS)
@pytest.mark.parametrize("replaced", ["x.safetensors", "x.yaml"])
def test_fault_17_a_special_file_is_refused_without_waiting(kind, replaced, tmp_path):
    makers.write_safetensors(tmp_path / "x.safetensors", makers.Reference().state_dict())
    makers.write_config(tmp_path / "x.yaml", makers.Reference().config)
    special_files.replace(tmp_path / replaced, kind)
    told = bounded("vqclip", "models", "convert", str(tmp_path / "x.safetensors"), "y.safetensors")
    assert "x." in told
    tokens = token_grids.write(tmp_path / "x.npz", {})
    bounded("vqclip", "decode", str(tokens), "--vqgan", str(tmp_path / "x.safetensors"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pipe", "endless", "folder", "sparse"])
def test_fault_17_a_special_file_beside_the_copy_is_refused_without_waiting(kind, tmp_path):
    makers.write_safetensors(tmp_path / "x.safetensors", makers.Reference().state_dict())
    makers.write_config(tmp_path / "x.yaml", makers.Reference().config)
    special_files.replace(tmp_path / "y.yaml", kind)
    command = ("models", "convert", str(tmp_path / "x.safetensors"), str(tmp_path / "y.safetensors"))
    assert "y.yaml" in bounded("vqclip", *command, code=5)


@pytest.mark.parametrize("kind", special_files.KINDS)
def test_fault_17_special_files_are_not_inspected(kind, tmp_path):
    with pytest.raises(ModelError, match=r"x\.pt"):
        inspect(special_files.replace(tmp_path / "x.pt", kind))


@pytest.mark.parametrize("what", token_grids.CHANGES)
def test_fault_17_odd_arrays_are_no_token_grid(what, tmp_path):
    assert load_grid(token_grids.write(tmp_path / "sound.npz", {})).tokens.shape == (2, 2)
    with pytest.raises(InputError, match=r"Cannot read .*x\.npz") as caught:
        load_grid(token_grids.write(tmp_path / "x.npz", token_grids.CHANGES[what]))
    assert "\n" not in str(caught.value)


@pytest.mark.long
@pytest.mark.parametrize("what", token_grids.FILES)
def test_fault_17_archives_that_unfold_are_no_token_grid(what, tmp_path):
    bounded("attacks.read_file", str(token_grids.FILES[what](tmp_path / "x.npz")), code=4)


def test_a_mutated_checkpoint_loads_or_is_refused(tmp_path):
    state = {"a.weight": torch.randn(3, 5), "count": torch.tensor(3)}
    sound = [
        makers.write_pt(tmp_path / "a.pt", state),
        makers.write_pt(tmp_path / "b.pt", state, legacy=True),
        makers.write_lightning(tmp_path / "c.ckpt", state),
        makers.write_safetensors(tmp_path / "d.safetensors", state),
    ]
    for seed in range(300):
        random, source = Random(seed), sound[seed % len(sound)]
        path = tmp_path / f"x{source.suffix}"
        path.write_bytes(checkpoints.mutations(source.read_bytes(), random))
        try:
            read_state_dict(path)
        except ModelError as error:
            assert "\n" not in str(error)


def test_random_opcodes_load_or_are_refused(tmp_path):
    for seed in range(300):
        path = checkpoints.write(tmp_path / "x.pt", checkpoints.random_index(Random(seed)), legacy=bool(seed % 2))
        try:
            read_state_dict(path)
        except ModelError as error:
            assert "\n" not in str(error)


def test_the_makers_make_what_pickle_loads():
    for name in ("deep list", "memo", "encoded text"):
        small = {
            "deep list": checkpoints.deep_list(5),
            "memo": checkpoints.remembered(5),
            "encoded text": checkpoints.encoded_text(5, 5),
        }[name]
        pickle.loads(small)
    assert len(pickle.loads(checkpoints.copied(checkpoints.COUNTER, 5, 3))) == 4
    assert len(pickle.loads(checkpoints.colliding_keys(5))) == 4
    assert len(pickle.loads(checkpoints.empty_lists(5))) == 5


def test_garbage_collection_is_on_after_a_refusal(tmp_path):
    for index in (b"cos\nsystem\n.", checkpoints.MALFORMED["no STOP"], checkpoints.deep_tuple(1000)):
        refused(checkpoints.write(tmp_path / "x.pt", index))
        assert gc.isenabled()

"""Rows 1 to 11 of the fault table: hostile, damaged and mismatched checkpoints end in one clear ModelError."""

from __future__ import annotations

import errno
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from faults import makers
from vqclip.errors import ModelError, OutOfMemory
from vqclip.models import checkpoints
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import check_state_dict, read_state_dict, sha256
from vqclip.models.registry import VqganFiles
from vqclip.models.vqgan import VQGAN, load_vqgan


def refused(path: Path, *words: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read_state_dict(path)
    error = caught.value
    assert error.exit_code == 3
    assert path.name in error.message
    assert error.hint
    assert "\n" not in str(error)
    for word in words:
        assert word in error.message
    return error


def test_the_evil_files_are_evil(tmp_path):
    canary = tmp_path / "canary"
    pickle.loads(makers.write_evil_bare(tmp_path / "evil.pt", canary).read_bytes())
    assert canary.exists()


@pytest.mark.parametrize("legacy", [False, True])
def test_fault_01_03_a_checkpoint_that_runs_a_command_is_refused_by_name(legacy, tmp_path):
    canary = tmp_path / "canary"
    refused(makers.write_evil(tmp_path / "evil.ckpt", canary, legacy=legacy), "posix.system")
    assert not canary.exists()


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_fault_03_a_bare_pickle_of_any_protocol_is_refused(protocol, tmp_path):
    canary = tmp_path / "canary"
    error = refused(makers.write_evil_bare(tmp_path / "evil.pt", canary, protocol))
    assert protocol < 2 or "posix.system" in error.message
    assert not canary.exists()


def test_fault_01_what_torch_itself_admits_but_no_checkpoint_needs_is_refused(tmp_path):
    refused(makers.write_call(tmp_path / "a.pt", bytearray, 10**12), "builtins.bytearray")
    refused(makers.write_call(tmp_path / "b.pt", torch.Tensor, 100_000, 100_000), "torch.Tensor")
    refused(makers.write_call(tmp_path / "c.pt", getattr, "x", "upper"), "builtins.getattr")


def test_fault_02_a_framework_class_is_replaced_and_not_called(tmp_path):
    path = makers.write_lightning(tmp_path / "x.ckpt", {"w": torch.ones(2)})
    assert read_state_dict(path)["w"].tolist() == [1, 1]
    assert "pytorch_lightning" not in sys.modules


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_fault_04_truncated_files_are_reported_as_such(keep, tmp_path):
    state = {"w": torch.randn(1000), "v": torch.randn(1000)}
    cut = makers.truncate(makers.write_safetensors(tmp_path / "a.safetensors", state), keep)
    size, whole = cut.stat().st_size, int(cut.stat().st_size / keep)
    message = refused(cut, f"cut short ({size} of ").message
    assert abs(int(message.split(" of ")[1].split(" ")[0]) - whole) <= 10
    refused(makers.truncate(makers.write_pt(tmp_path / "a.pt", state), keep), "cut short")
    refused(makers.truncate(makers.write_pt(tmp_path / "b.pt", state, legacy=True), keep))


def test_fault_04_a_published_size_tells_what_is_missing(tmp_path):
    path = makers.write_pt(tmp_path / "a.pt", {"w": torch.zeros(9)})
    size = path.stat().st_size
    with pytest.raises(ModelError, match=rf"a\.pt is cut short \({size} of 980092370 bytes\)"):
        read_state_dict(path, 980092370)


@pytest.mark.parametrize("size", [0, 1, 3, 8, 9])
def test_fault_04_tiny_files_are_refused(size, tmp_path):
    path = tmp_path / "x.ckpt"
    path.write_bytes(b"\x80" * size)
    refused(path)


def test_fault_04_folders_and_missing_files_are_refused(tmp_path):
    refused(tmp_path, "folder")
    refused(tmp_path / "nothing.ckpt", "no such file")


def test_fault_05_web_pages_and_pointers_are_recognised(tmp_path):
    refused(makers.write_html(tmp_path / "a.ckpt"), "web page")
    refused(makers.write_lfs_pointer(tmp_path / "b.ckpt"), "Git LFS pointer")
    (tmp_path / "c.ckpt").write_text('{"error": "rate limit"}')
    refused(tmp_path / "c.ckpt", "JSON")


def test_fault_06_malformed_safetensors_are_refused(tmp_path):
    tensor = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    path = tmp_path / "x.safetensors"
    for header, data, length in [
        ({"w": tensor}, b"\0" * 8, 2**40),
        ({"w": tensor, "v": tensor | {"data_offsets": [4, 12]}}, b"\0" * 12, None),
        ({"w": tensor}, b"\0" * 9, None),
        ({"w": tensor | {"dtype": "F64"}}, b"\0" * 8, None),
        ({"w": tensor | {"dtype": "C99"}}, b"\0" * 8, None),
        ({"w": tensor | {"shape": [2**62, 2**62]}}, b"\0" * 8, None),
        ({"w": 3}, b"\0" * 8, None),
        (b"{" + b"[" * 100_000, b"", None),
        (b"\xff\xfe{}", b"", None),
    ]:
        refused(makers.write_raw_safetensors(path, header, data, length))


def test_fault_06_bytes_after_the_last_tensor_are_counted(tmp_path):
    path = makers.write_safetensors(tmp_path / "x.safetensors", {"w": torch.zeros(2)})
    path.write_bytes(path.read_bytes() + b"hidden")
    refused(path, "6 bytes follow its last tensor")


def test_fault_06_headers_that_look_like_another_format_are_read(tmp_path):
    # A safetensors file begins with its header's length, whose bytes can be those of '<', '{' or a pickle.
    for first in (0x3C, 0x7B, 0x5B, 0x80):
        header = b'{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
        header = header.ljust(0x100 + first)
        path = makers.write_raw_safetensors(tmp_path / f"{first}.safetensors", header, b"\0" * 8)
        assert read_state_dict(path)["w"].tolist() == [0, 0]


@pytest.mark.slow
def test_fault_07_bombs_are_refused_before_they_unfold(tmp_path):
    bombs = [makers.write_stride_zero(tmp_path / "a.pt"), makers.write_deflated(tmp_path / "b.pt", 10**8)]
    assert all(bomb.stat().st_size < 10**6 for bomb in bombs)
    script = (
        "import resource, sys, pathlib, torch\n"
        "from vqclip.errors import ModelError\n"
        "from vqclip.models.checkpoints import read_state_dict\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for path in sys.argv[1:]:\n"
        "    try: read_state_dict(pathlib.Path(path))\n"
        "    except ModelError as error: print(error.message)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, *bombs], capture_output=True, text=True, check=True)
    first, second, grown = ran.stdout.splitlines()
    assert "w claims 1000000000 numbers but stores fewer" in first
    assert "compressed archive" in second
    assert int(grown) < 100


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_fault_08_odd_tensors_are_refused_by_name(tmp_path):
    dense = torch.eye(3)
    odd = {
        "sparse": dense.to_sparse(),
        "complex": dense.to(torch.complex64),
        "quantised": torch.quantize_per_tensor(dense, 0.1, 0, torch.qint8),
        "without values": dense.to("meta"),
    }
    for what, tensor in odd.items():
        for legacy in (False, True):
            path = tmp_path / "x.pt"
            makers.write_pt(path, {"state_dict": {"first": dense, "the.odd.one": tensor}}, legacy=legacy)
            error = refused(path, what)
            assert "the.odd.one" in error.message
    path = makers.write_safetensors(tmp_path / "x.safetensors", {"the.odd.one": dense.to(torch.complex64)})
    refused(path, "the.odd.one", "complex")
    refused(makers.write_pt(tmp_path / "x.pt", {"a": dense, "b": "text"}), "b is a str")
    refused(makers.write_pt(tmp_path / "x.pt", [dense]), "no state dict but a list")
    refused(makers.write_pt(tmp_path / "x.pt", {"loss.w": dense}), "no weights")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float8_e4m3fn])
def test_fault_08_non_finite_weights_are_refused_by_name(bad, dtype):
    weights = torch.zeros(4, 5)
    weights[2, 3] = float("nan") if dtype == torch.float8_e4m3fn else bad
    with pytest.raises(ModelError, match=r"x\.ckpt: the tensor the\.weights holds NaN or infinity"):
        check_state_dict({"the.weights": weights.to(dtype)}, {"the.weights": weights}, "x.ckpt")


def load(tmp_path: Path, checkpoint: makers.Reference, config: makers.Reference) -> VQGAN:
    path = makers.write_safetensors(tmp_path / "x.safetensors", checkpoint.state_dict())
    return VQGAN.from_files(path, makers.write_config(tmp_path / "x.yaml", config.config))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"codes": 16}, "the configuration says 16 codes, the checkpoint has 48"),
        ({"embed_dim": 8}, "the configuration says embed_dim 8, the checkpoint has 16"),
        ({"ch_mult": [1, 1, 2]}, "the configuration says 3 levels (ch_mult), the checkpoint has 2"),
        ({"target": makers.GUMBEL}, "the configuration says GumbelVQ, the checkpoint is a VQModel"),
        ({"ch_mult": [1, 1]}, "tensors with other shapes (encoder."),
        ({"attn_resolutions": []}, "30 tensors unknown (decoder.up.1.attn.0."),
        ({"num_res_blocks": 2}, "the configuration says num_res_blocks 2, the checkpoint has 1"),
    ],
)
def test_fault_09_the_configuration_of_another_model_is_named(config, said, tmp_path):
    with pytest.raises(ModelError) as caught:
        load(tmp_path, makers.Reference(), makers.Reference(**config))
    assert "x.safetensors does not fit its configuration" in caught.value.message
    assert said in caught.value.message


def test_fault_09_registered_models_that_fit_are_named(tmp_path):
    state = makers.Reference(codes=16384, embed_dim=256).state_dict()
    path = makers.write_safetensors(tmp_path / "x.safetensors", state)
    with pytest.raises(ModelError, match=r"48 codes, the checkpoint has 16384 \(as imagenet and wikiart\)"):
        VQGAN.from_files(path, makers.Reference().config)


@pytest.mark.parametrize(
    "target",
    ["os.system", "taming.models.vqgan.VQSegmentationModel", "ldm.models.autoencoder.AutoencoderKL", None, ["x"], 3],
)
def test_fault_11_only_known_targets_are_accepted(target):
    config = makers.Reference().config
    config["model"]["target"] = target
    for nested in (config, makers.as_net2net(config)):
        with pytest.raises(ModelError, match=r"the target .* is not supported") as caught:
            read_architecture(nested)
        assert str(target) in caught.value.message


def test_fault_11_remap_is_refused_and_not_opened(tmp_path):
    config = makers.Reference().config
    config["model"]["params"]["remap"] = str(tmp_path / "fifo")
    with pytest.raises(ModelError, match="remap is not supported"):
        read_architecture(config)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("!!python/object/apply:os.system ['touch canary']", "not plain YAML"),
        ("model: [", "line 1 is not plain YAML"),
        ("- a", "no model with target and params"),
        ("model: 3", "no model with target and params"),
        ("\x00", "not plain YAML"),
        ("a: " * 5000, "not plain YAML"),
        ("x" * (2**20 + 1), "more than 1048576 bytes"),
        ("[" * 20000, "not plain YAML"),
    ],
)
def test_fault_11_bad_yaml_is_one_clear_error(text, said, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(text)
    with pytest.raises(ModelError) as caught:
        read_architecture(path)
    assert "model.yaml" in caught.value.message
    assert said in caught.value.message
    assert not Path("canary").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("n_embed", "16384"), ("n_embed", 0), ("n_embed", True), ("n_embed", 2**40), ("embed_dim", None),
        ("ddconfig", 3), ("ddconfig.ch", 100), ("ddconfig.ch", 1.5), ("ddconfig.ch_mult", "112"),
        ("ddconfig.ch_mult", []), ("ddconfig.ch_mult", [1] * 40), ("ddconfig.ch_mult", [1, -1]),
        ("ddconfig.in_channels", 4), ("ddconfig.out_ch", 1), ("ddconfig.num_res_blocks", 10**6),
        ("ddconfig.double_z", True), ("ddconfig.resamp_with_conv", "yes"), ("pixel_unshuffle", 2),
    ],
)  # fmt: skip
def test_fault_11_wrong_fields_are_named(field, value):
    config = makers.Reference().config
    section, _, name = field.rpartition(".")
    params = config["model"]["params"]
    (params[section] if section else params)[name] = value
    with pytest.raises(ModelError) as caught:
        read_architecture(config)
    named = {"ddconfig.ch": "ch", "pixel_unshuffle": "pixel_unshuffle"}.get(field, name)
    assert named in caught.value.message
    assert caught.value.hint


def test_fault_12_a_file_that_is_not_the_published_one_is_not_used(tmp_path):
    reference = makers.Reference()
    path = makers.write_safetensors(tmp_path / "x.safetensors", reference.state_dict())
    with pytest.raises(ModelError, match=r"x\.safetensors is not the published file"):
        load_vqgan(VqganFiles("x", path, reference.config, sha256="0" * 64), torch.device("cpu"))


@pytest.mark.parametrize(
    "problem",
    [MemoryError(), OSError(errno.ENOMEM, "Cannot allocate memory"),
     RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory")],
)  # fmt: skip
@pytest.mark.parametrize(
    "where", ["torch.load", "safetensors.torch.load_file", "zipfile.ZipFile", "hashlib.file_digest"]
)
def test_a_lack_of_memory_is_not_the_fault_of_a_checkpoint(where, problem, tmp_path, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise problem

    state = {"w": torch.zeros(3)}
    name = "x.safetensors" if "safetensors" in where else "x.pt"
    path = (makers.write_safetensors if "safetensors" in where else makers.write_pt)(tmp_path / name, state)
    monkeypatch.setattr(where, fail)
    with pytest.raises(OutOfMemory, match=name) as caught:
        sha256(path) if "digest" in where else read_state_dict(path)
    assert caught.value.exit_code == 7


def test_models_verify_ends_with_7_where_memory_runs_out(call, monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    checkpoints._digest.cache_clear()
    monkeypatch.setattr("hashlib.file_digest", fail)
    answer = call("models", "verify", "tiny")
    assert (answer.code, answer.out) == (7, "")
    assert "memory" in answer.err


@pytest.mark.parametrize("change", ["missing", "foreign", "reshaped"])
def test_fault_10_a_checkpoint_of_another_network_is_not_loaded_in_part(change, tmp_path):
    reference = makers.Reference()
    state = dict(reference.state_dict())
    name = "decoder.conv_in.weight"
    if change == "missing":
        del state[name]
    elif change == "foreign":
        state["decoder.conv_of_another.weight"] = torch.zeros(2)
    else:
        state[name] = state[name][:, :-1].contiguous()
    path = makers.write_safetensors(tmp_path / "x.safetensors", state)
    with pytest.raises(ModelError) as caught:
        load_vqgan(VqganFiles("x", path, reference.config), torch.device("cpu"))
    assert caught.value.exit_code == 3
    assert ("decoder.conv_of_another" if change == "foreign" else "decoder.conv_in") in str(caught.value)

"""Checkpoints as tools write them: wrapped, averaged, compiled, divided, of diffusers, with anything beside them."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import hashlib
import json
import os
import pathlib
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import omegaconf
import pytest
import torch
import yaml
from faults import makers
from safetensors.torch import save_file
from torch import Tensor

from vqclip.errors import ModelError, UsageError
from vqclip.models import registry
from vqclip.models.checkpoints import check_state_dict, read_state_dict, sha256
from vqclip.models.perceptor import load_perceptor
from vqclip.models.vqgan import VQGAN, load_vqgan

CPU = torch.device("cpu")
STATE = {"encoder.a": torch.ones(2), "decoder.b": torch.zeros(3)}


@pytest.mark.parametrize(
    "content",
    [
        {"params_ema": STATE, "params": {key: value + 1 for key, value in STATE.items()}},
        {"ema": STATE, "model": {key: value + 1 for key, value in STATE.items()}, "steps": 3},
        {"ema": {"decay": 0.99}, "state_dict": STATE},
        {"model": {"module": STATE}},
        {"generator": STATE, "discriminator": {"w": torch.zeros(2)}},
        {"model_state_dict": {f"module.{key}": value for key, value in STATE.items()}},
        {"state_dict": {f"_orig_mod.{key}": value for key, value in STATE.items()}},
        {"state_dict": {f"vqgan.{key.replace('.', '._orig_mod.')}": value for key, value in STATE.items()}},
        {"state_dict": {f"module._orig_mod.{key}": value for key, value in STATE.items()} | {"module.loss.x": STATE}},
    ],
)
def test_the_weights_are_found_under_the_names_of_wrappers(content: Any) -> None:
    path = makers.write_pt(Path("x.pt"), content)
    found = check_state_dict(read_state_dict(path), STATE, "x.pt")
    assert {key: value.tolist() for key, value in found.items()} == {k: v.tolist() for k, v in STATE.items()}


class Callback:
    """Not known to vqclip, and not importable where a checkpoint is loaded."""

    def __reduce__(self) -> Any:
        return (_ran, (), {"monitor": "loss"}, iter([1, 2]), iter([("a", 1)]))


def _ran() -> Callback:
    os.environ["RAN"] = "1"
    return Callback()


BESIDE = {
    "date": datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), "array": np.arange(3), "number": np.float64(2),
    "random": np.random.RandomState(1).get_state(), "arguments": argparse.Namespace(a=1, path=pathlib.Path("x")),
    "lists": collections.defaultdict(list, a=[1]), "queue": collections.deque([1, 2]), "range": range(3),
    "money": decimal.Decimal("1.2"), "space": types.SimpleNamespace(a=1), "generator": torch.Generator(),
    "module": torch.nn.Linear(2, 2), "unknown": Callback(),
}  # fmt: skip


# torch before 1.6 wrote the source code of modules beside them.
@pytest.mark.parametrize(
    ("name", "legacy"),
    [(name, legacy) for name in BESIDE for legacy in (False, True) if not legacy or name != "module"],
)
def test_whatever_lies_beside_the_weights_is_left_alone(name: str, legacy: bool) -> None:
    path = makers.write_pt(Path("x.ckpt"), {"state_dict": STATE, "beside": BESIDE[name]}, legacy=legacy)
    assert read_state_dict(path)["encoder.a"].tolist() == [1, 1]
    assert "RAN" not in os.environ


@pytest.mark.parametrize("legacy", [False, True])
def test_a_checkpoint_as_lightning_wrote_it_in_2020(legacy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    model = torch.nn.Linear(2, 2)
    optimiser = torch.optim.Adam(model.parameters(), lr=4.5e-6, betas=(0.5, 0.9))
    model(torch.ones(1, 2)).sum().backward()
    optimiser.step()
    # The classes of the callbacks were the keys of their states. Lightning itself is not needed to load them.
    names = ("pytorch_lightning", "pytorch_lightning.callbacks", "pytorch_lightning.callbacks.model_checkpoint")
    for name in names:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    kind = type("ModelCheckpoint", (), {"__module__": names[-1]})
    monkeypatch.setattr(sys.modules[names[-1]], "ModelCheckpoint", kind, raising=False)
    config = omegaconf.OmegaConf.create({"ddconfig": {"ch": 128, "ch_mult": [1, 2]}, "seed": "${ddconfig.ch}"})
    content = {
        "epoch": 26, "global_step": 1_040_000, "pytorch-lightning_version": "1.0.8", "state_dict": STATE,
        "callbacks": {kind: {"best_model_score": np.float64(0.3), "best_model_path": "logs/x/last.ckpt"}},
        "optimizer_states": [optimiser.state_dict(), optimiser.state_dict()], "lr_schedulers": [],
        "hparams_name": "kwargs", "hyper_parameters": {"config": config, "monitor": "val/rec_loss"},
    }  # fmt: skip
    path = makers.write_pt(Path("last.ckpt"), content, legacy=legacy)
    for name in names:
        monkeypatch.delitem(sys.modules, name)
    found = read_state_dict(path)
    assert {key: value.tolist() for key, value in found.items()} == {k: v.tolist() for k, v in STATE.items()}


def test_a_pickled_module_without_a_state_dict_is_named() -> None:
    with pytest.raises(ModelError, match="no state dict but an object of Python"):
        read_state_dict(makers.write_pt(Path("x.pt"), torch.nn.Linear(2, 2)))


def test_codebooks_with_running_averages() -> None:
    reference = makers.Reference()
    state = reference.state_dict()
    expected = VQGAN.from_files(makers.write_safetensors(Path("a.safetensors"), state), reference.config)
    codes = state["quantize.embedding.weight"]
    averages = {"cluster_size": torch.ones(len(codes)), "embed_avg": codes.clone()}
    ours = {f"quantize.embedding.{name}": value for name, value in averages.items()}
    rest = {key: value for key, value in state.items() if not key.startswith("quantize.")}
    theirs = {f"quantize._codebook.{name}": value[None] for name, value in (averages | {"embed": codes}).items()}
    for case in (state | ours, rest | theirs):
        found = VQGAN.from_files(makers.write_safetensors(Path("b.safetensors"), case), reference.config)
        assert torch.equal(found.codebook, expected.codebook)


def test_a_divided_checkpoint_is_read_from_its_index_or_any_part() -> None:
    reference = makers.Reference()
    state = {key: value.contiguous() for key, value in reference.state_dict().items()}
    names = [f"model-0000{part}-of-00002.safetensors" for part in (1, 2)]
    for number, name in enumerate(names):
        save_file({key: value for at, (key, value) in enumerate(state.items()) if at % 2 == number}, name)
    index = {"weight_map": {key: names[at % 2] for at, key in enumerate(state)}}
    Path("model.safetensors.index.json").write_text(json.dumps(index))
    makers.write_config(Path("model.yaml"), reference.config)
    for name in (f"./{names[1]}", "./model.safetensors.index.json"):
        found = load_vqgan(registry.find_vqgan(name), CPU)
        assert torch.equal(found.codebook, state["quantize.embedding.weight"])
    digests = [sha256(Path(names[1])), sha256(Path("model.safetensors.index.json"))]
    save_file({"other": torch.zeros(1)}, names[0])
    assert len(set(digests)) == 1
    assert sha256(Path(names[1])) not in digests, "every part counts"
    Path(names[0]).unlink()
    with pytest.raises(ModelError, match="divided into 2 parts, and part 1 is missing"):
        registry.find_vqgan(names[1])
    index["weight_map"]["x"] = "../../etc/passwd"
    Path("model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ModelError, match="not an index of a checkpoint"):
        read_state_dict(Path("model.safetensors.index.json"))


@pytest.mark.parametrize("place", ["x.yaml", "hparams.yaml", "../hparams.yaml", "../configs/2021-project.yaml"])
def test_the_configuration_is_found_where_training_leaves_it(place: str) -> None:
    reference = makers.Reference()
    path = Path("run/checkpoints/x.ckpt")
    path.parent.mkdir(parents=True)
    makers.write_pt(path, {"state_dict": reference.state_dict()})
    (path.parent / place).parent.mkdir(exist_ok=True)
    config = reference.config["model"]["params"] if "hparams" in place else reference.config
    makers.write_config(path.parent / place, config)
    assert load_vqgan(registry.find_vqgan(str(path)), CPU).n_embed == makers.CODES


def test_interpolations_and_tuples_in_a_configuration() -> None:
    reference = makers.Reference()
    params = reference.config["model"]["params"]
    params |= {"width": params["embed_dim"], "embed_dim": "${model.params.width}"}
    text = yaml.safe_dump(reference.config).replace("ch_mult:", "ch_mult: !!python/tuple")
    assert "!!python/tuple" in text
    path = makers.write_safetensors(Path("x.safetensors"), reference.state_dict())
    Path("x.yaml").write_text(text)
    assert VQGAN.from_files(path, Path("x.yaml")).embed_dim == params["width"]
    for value, said in (("${model}", "without end"), ("${oc.env:HOME}", "whole number"), ("${a.b}", "names nothing")):
        Path("x.yaml").write_text(text.replace("${model.params.width}", value))
        with pytest.raises(ModelError, match=said):
            VQGAN.from_files(path, Path("x.yaml"))


DIFFUSERS = {
    "_class_name": "VQModel", "act_fn": "silu", "block_out_channels": [32, 64], "in_channels": 3,
    "latent_channels": 3, "down_block_types": ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"],
    "layers_per_block": 1, "norm_type": "group",
    "up_block_types": ["AttnUpDecoderBlock2D", "UpDecoderBlock2D"], "mid_block_add_attention": True,
    "norm_num_groups": 32, "num_vq_embeddings": 16, "out_channels": 3, "vq_embed_dim": None,
}  # fmt: skip


def _diffusers_state() -> dict[str, Tensor]:
    """Weights that depend on their names alone, under the names of diffusers 0.42."""
    shapes: dict[str, tuple[int, ...]] = {"quantize.embedding.weight": (16, 3)}

    def layer(name: str, *shape: int) -> None:
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = shape, shape[:1]

    def block(name: str, into: int, out: int) -> None:
        layer(f"{name}.norm1", into)
        layer(f"{name}.conv1", out, into, 3, 3)
        layer(f"{name}.norm2", out)
        layer(f"{name}.conv2", out, out, 3, 3)
        if into != out:
            layer(f"{name}.conv_shortcut", out, into, 1, 1)

    def attention(name: str) -> None:
        layer(f"{name}.group_norm", 64)
        for part in ("to_q", "to_k", "to_v", "to_out.0"):
            layer(f"{name}.{part}", 64, 64)

    for network, into, first, last, out in (("encoder", 3, 32, 64, 3), ("decoder", 3, 64, 32, 3)):
        layer(f"{network}.conv_in", first, into, 3, 3)
        block(f"{network}.mid_block.resnets.0", 64, 64)
        attention(f"{network}.mid_block.attentions.0")
        block(f"{network}.mid_block.resnets.1", 64, 64)
        layer(f"{network}.conv_norm_out", last)
        layer(f"{network}.conv_out", out, last, 3, 3)
    block("encoder.down_blocks.0.resnets.0", 32, 32)
    layer("encoder.down_blocks.0.downsamplers.0.conv", 32, 32, 3, 3)
    block("encoder.down_blocks.1.resnets.0", 32, 64)
    attention("encoder.down_blocks.1.attentions.0")
    for number in (0, 1):
        block(f"decoder.up_blocks.0.resnets.{number}", 64, 64)
        attention(f"decoder.up_blocks.0.attentions.{number}")
        block(f"decoder.up_blocks.1.resnets.{number}", 32 if number else 64, 32)
    layer("decoder.up_blocks.0.upsamplers.0.conv", 64, 64, 3, 3)
    layer("quant_conv", 3, 3, 1, 1)
    layer("post_quant_conv", 3, 3, 1, 1)
    state = {}
    for name, shape in shapes.items():
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4])
        value = torch.randn(shape, generator=torch.Generator().manual_seed(seed)) * 0.1
        state[name] = value + 1 if "norm" in name and name.endswith("weight") else value
    return state


def test_a_folder_of_diffusers_draws_as_diffusers_does() -> None:
    folder = Path("vqvae")
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(DIFFUSERS, indent=2))
    state = _diffusers_state()
    assert len(state) == 155
    save_file(state, folder / "diffusion_pytorch_model.safetensors")
    vqgan = load_vqgan(registry.find_vqgan("./vqvae"), CPU)
    picture = torch.linspace(0, 1, 3 * 8 * 8).view(1, 3, 8, 8)
    with torch.no_grad():
        z = vqgan.encode(picture)
        drawn = vqgan.decode(vqgan.quantize(z)) * 2 - 1
    # What VQModel.encode and VQModel.decode of diffusers 0.42.1 give for these weights.
    expected = [-0.038545, -0.051593, -0.075864, -0.062972, -0.212689, -0.221554]
    assert z.flatten()[:6].tolist() == pytest.approx(expected, abs=1e-5)
    expected = [-0.3326, -0.235455, 0.178026, 0.353275, -0.422637, -0.092576]
    assert drawn.flatten()[::32].tolist() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"_class_name": "AutoencoderKL"}, {"norm_type": "spatial"}, {"up_block_types": ["UpDecoderBlock2D"] * 2}],
)
def test_another_network_of_diffusers_is_named(change: dict[str, Any]) -> None:
    makers.write_safetensors(Path("x.safetensors"), STATE)
    Path("config.json").write_text(json.dumps(DIFFUSERS | change))
    with pytest.raises(ModelError, match=r"of diffusers.* is not supported"):
        load_vqgan(registry.find_vqgan("./x.safetensors"), CPU)


class _Part(torch.nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.long
def test_an_archive_of_openai_is_read_without_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    import open_clip

    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 16, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
    }
    monkeypatch.setattr(open_clip, "get_model_config", lambda name: json.loads(json.dumps(config)))
    torch.manual_seed(0)
    model = open_clip.model.CLIP(**config, quick_gelu=True).eval()
    top = _Part()
    for name, value in model.state_dict().items():
        *path, last = name.split(".")
        owner: Any = top
        for part in path:
            if not hasattr(owner, part):
                owner.add_module(part, _Part())
            owner = getattr(owner, part)
        owner.register_buffer(last, value.half())
    top.register_buffer("input_resolution", torch.tensor(32))
    torch.jit.script(top).save("clip.pt")
    loads = []
    monkeypatch.setattr(torch.jit, "load", lambda *given, **_: loads.append(given))
    perceptor = load_perceptor(registry.find_clip("ViT-B-32/clip.pt"), CPU)
    picture = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        expected = model.half().float().encode_image((picture - perceptor.mean) / perceptor.std, normalize=True)
        assert torch.allclose(perceptor.encode_image(picture), expected, atol=1e-3)
    assert loads == []


@pytest.mark.slow
def test_a_clip_that_does_not_fit_is_answered_with_the_network() -> None:
    makers.write_pt(Path("a.pt"), {"state_dict": {"x": torch.zeros(2**24)}})
    with pytest.raises(UsageError, match=r"\./a\.pt is a file, which does not say what its network is"):
        registry.find_clip("./a.pt")
    with pytest.raises(ModelError) as caught:
        load_perceptor(registry.find_clip("RN50-quickgelu/a.pt"), CPU)
    assert "YAML" not in str(caught.value)

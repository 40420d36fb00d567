"""Checkpoints of IBQ, in their makers' layout: Lightning's YAML, running averages, and codes by dot product."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from faults import makers
from safetensors.torch import load_file
from test_layouts import picture
from torch import Tensor

from vqclip.errors import ModelError
from vqclip.models import catalogue
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import without_weights
from vqclip.models.registry import find_vqgan
from vqclip.models.vqgan import VQGAN, load_vqgan

CPU = torch.device("cpu")
BLOCKS = {"num_res_blocks": 2}
AVERAGE = "model_ema.encoderconv_inweight"


def config_of(reference: makers.Reference, **changes: Any) -> dict[str, Any]:
    """Its YAML: what Lightning's command line reads, with a loss and settings of training."""
    args = reference.config["model"]["params"] | {"lossconfig": {"target": "src.IBQ.modules.losses.X", "params": {}}}
    args |= {"learning_rate": 1e-4, "l2_normalize": False, "use_ema": True, "beta": 0.25, "lr_drop_epoch": [250, 300]}
    args["ddconfig"] = args["ddconfig"] | changes
    return {"seed_everything": True, "model": {"class_path": "src.IBQ.models.ibqgan.IBQ", "init_args": args}}


def state_of(averages: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights that are worse than their averages, as at the end of a training, and what else the file holds."""
    weights = {name: tensor + 0.3 for name, tensor in averages.items()}
    found = weights | {f"model_ema.{name.replace('.', '')}": tensor for name, tensor in averages.items()}
    return found | {
        "model_ema.decay": torch.tensor(0.999),
        "model_ema.num_updates": torch.tensor(-1, dtype=torch.int32),
        "model_ema.lossdiscriminatormain0weight": torch.zeros(4, 3, 4, 4),
    }


@pytest.fixture
def checkpoint(tmp_path: Path) -> tuple[makers.Reference, Path]:
    """The reference of the averages, and a checkpoint with its YAML beside it."""
    reference = makers.Reference(**BLOCKS)
    makers.write_config(tmp_path / "ibq.yaml", config_of(reference))
    return reference, makers.write_lightning(tmp_path / "ibq.ckpt", state_of(reference.state_dict()))


def test_its_running_averages_compute_what_taming_s_networks_compute(checkpoint):
    reference, path = checkpoint
    vqgan = load_vqgan(find_vqgan(str(path)), CPU)
    before = reference.encode(picture())
    codes = reference.quantize.embedding.weight
    strongest = torch.einsum("bdhw,nd->bhwn", before, codes).argmax(-1)
    z = vqgan.encode(picture())
    assert torch.equal(z, codes[strongest].permute(0, 3, 1, 2))
    assert torch.equal(vqgan.indices(z), strongest), "a code is nearest to itself"
    nearest = reference.quantize(before)[2][2]
    assert not torch.equal(strongest, nearest), "a VQModel would pick others"
    assert torch.equal(vqgan.indices(before), nearest)
    assert (vqgan.decode(z) - reference.decode(z)).abs().max() < 1e-5


def test_without_averages_its_weights_are_used(tmp_path):
    reference = makers.Reference(**BLOCKS)
    path = makers.write_pt(tmp_path / "x.pt", reference.state_dict())
    z = reference.encode(picture())
    assert (VQGAN.from_files(path, config_of(reference)).decode(z) - reference.decode(z)).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda s: s.pop(AVERAGE), "there is none of encoder.conv_in.weight"),
        (lambda s: s.update({"model_ema.decoderfoo": torch.zeros(1)}), "model_ema.decoderfoo is unknown"),
        (lambda s: s.pop("decoder.conv_out.bias"), "model_ema.decoderconv_outbias is unknown"),
        (lambda s: [s.pop(k) for k in ("quant_conv.bias", "model_ema.quant_convbias")], "1 tensor missing"),
        (lambda s: s.update({AVERAGE: torch.zeros(2, 2)}), "encoder.conv_in.weight is 2×2 instead of 32×3×3×3"),
        (lambda s: s.update({"encoder.foo.weight": torch.zeros(1)}), "there is none of encoder.foo.weight"),
    ],
)
def test_each_wrong_or_missing_tensor_is_named(change, problem, tmp_path):
    reference = makers.Reference(**BLOCKS)
    state = state_of(reference.state_dict())
    change(state)
    with pytest.raises(ModelError, match=problem):
        VQGAN.from_files(makers.write_pt(tmp_path / "x.pt", state), config_of(reference))


def test_the_yaml_of_another_model_is_refused_in_its_own_words(checkpoint):
    reference, path = checkpoint
    with pytest.raises(ModelError, match="the configuration says num_res_blocks 3, the checkpoint has 2"):
        VQGAN.from_files(path, config_of(reference, num_res_blocks=3))
    with pytest.raises(ModelError, match="no model with class_path and init_args"):
        VQGAN.from_files(path, {"model": {"class_path": "src.IBQ.models.ibqgan.IBQ"}})
    with pytest.raises(ModelError, match=r"the target 'src\.IBQ\.models\.cond_transformer_llama"):
        VQGAN.from_files(path, {"class_path": "src.IBQ.models.cond_transformer_llama.X", "init_args": {}})


def test_convert_leaves_the_averages_alone_in_less_than_half_of_the_bytes(checkpoint, tmp_path, call):
    reference, path = checkpoint
    told = call("models", "convert", str(path), "copy.safetensors", "--json")
    assert told.code == 0
    assert told.record["bytes"] < 0.5 * path.stat().st_size
    kept = load_file("copy.safetensors")
    assert all(torch.equal(kept[name], tensor) for name, tensor in reference.state_dict().items())
    assert set(kept) == set(reference.state_dict())
    z = reference.encode(picture())
    assert (load_vqgan(find_vqgan("copy.safetensors"), CPU).decode(z) - reference.decode(z)).abs().max() < 1e-5


@pytest.mark.parametrize("name", [name for name in catalogue.vqgan_names() if name.startswith("ibq")])
def test_every_listed_model_has_the_published_tensors(name):
    """taming's f16 with four residual blocks, as its YAML says; on the meta device."""
    entry = catalogue.vqgan_entry(name)
    shape = {"z_channels": 256, "resolution": 256, "ch": 128, "ch_mult": [1, 1, 2, 2, 4], "num_res_blocks": 4,
             "attn_resolutions": [16]}  # fmt: skip
    with without_weights():
        reference = makers.Reference(embed_dim=256, codes=int(name.split("-")[1]), **shape)
        found = VQGAN(read_architecture(config_of(reference))).state_dict()
        assert read_architecture(config_of(reference)) == read_architecture(entry.model)
    wanted = reference.state_dict()
    assert {key: tensor.shape for key, tensor in found.items()} == {key: t.shape for key, t in wanted.items()}
    assert found["decoder.up.0.block.4.conv2.weight"].shape == (128, 128, 3, 3)


@pytest.mark.slow
def test_the_nearest_of_262144_codes_is_found_in_parts(tmp_path):
    """The codebook at full size: the similarities of larger pictures would take gigabytes at once."""
    entry = catalogue.vqgan_entry("ibq-262144")
    reference = makers.Reference(codes=1, embed_dim=256)
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(-100, 100, (262144, 256), dtype=torch.int8, generator=generator).half()
    state = reference.state_dict() | {"quantize.embedding.weight": codes}
    config = config_of(reference)
    config["model"]["init_args"]["n_embed"] = entry.network[1]
    vqgan = VQGAN.from_files(makers.write_safetensors(tmp_path / "x.safetensors", state), config)
    tokens = torch.randint(262144, (1, 10, 14), generator=generator)
    assert torch.equal(vqgan.indices(vqgan.lookup(tokens) * 1.01), tokens)


def test_a_run_draws_with_it(checkpoint, call):
    _, path = checkpoint
    told = call("generate", "a red apple", "--vqgan", str(path), "--size", "32", "-n", "2", "--cutouts", "2",
                "--init", "tokens", "--stages", "1", "--pixel-steps", "0", "-o", "run")  # fmt: skip
    assert told.code == 0, told.err
    assert Path("run/image.png").is_file()

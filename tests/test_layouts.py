"""Checkpoints of latent-diffusion and LlamaGen, in their makers' layouts, compute what their papers say.

LlamaGen's network is written out once more here, as plain functions over its own names of weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import published
import pytest
import torch
import torch.nn.functional as F
from faults import makers
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.models.architecture import read_architecture
from vqclip.models.layouts import to_taming
from vqclip.models.vqgan import VQGAN

LDM = "ldm.models.autoencoder.VQModel"
CODES, DIM, Z, CH, MULT, BLOCKS = 40, 8, 32, 32, (1, 2, 2), 1
LLAMAGEN: dict[str, Any] = {
    "target": "tokenizer.tokenizer_image.vq_model.VQModel",
    "params": {"codebook_size": CODES, "codebook_embed_dim": DIM, "codebook_l2_norm": True, "z_channels": Z,
               "encoder_ch_mult": list(MULT), "decoder_ch_mult": list(MULT), "ch": CH, "num_res_blocks": BLOCKS},
}  # fmt: skip


def llamagen_state() -> dict[str, Tensor]:
    """Random weights under the names that LlamaGen's own module has."""
    return published.random_weights(published.llamagen(LLAMAGEN["params"]), codes=3)


class Llamagen:
    """Its encoder, quantiser and decoder, from the paper's description, over a state dict."""

    def __init__(self, state: dict[str, Tensor]) -> None:
        self.state = state

    def conv(self, name: str, x: Tensor, **known: Any) -> Tensor:
        return F.conv2d(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"], **known)

    def norm(self, name: str, x: Tensor) -> Tensor:
        return F.group_norm(x, 32, self.state[f"{name}.weight"], self.state[f"{name}.bias"], eps=1e-6)

    def residual(self, name: str, x: Tensor) -> Tensor:
        h = x
        for number in (1, 2):
            h = self.norm(f"{name}.norm{number}", h)
            h = self.conv(f"{name}.conv{number}", h * torch.sigmoid(h), padding=1)
        return h + (self.conv(f"{name}.nin_shortcut", x) if f"{name}.nin_shortcut.weight" in self.state else x)

    def attention(self, name: str, x: Tensor) -> Tensor:
        h = self.norm(f"{name}.norm", x)
        q, k, v = (self.conv(f"{name}.{part}", h).flatten(2) for part in "qkv")
        shares = torch.softmax(torch.einsum("bci,bcj->bij", q, k) / q.shape[1] ** 0.5, dim=2)
        return x + self.conv(f"{name}.proj_out", torch.einsum("bcj,bij->bci", v, shares).view(x.shape))

    def middle(self, name: str, h: Tensor) -> Tensor:
        h = self.attention(f"{name}.mid.1", self.residual(f"{name}.mid.0", h))
        return self.residual(f"{name}.mid.2", h)

    def levels(self, name: str, blocks: int, h: Tensor) -> Tensor:
        for place in range(len(MULT)):
            for block in range(blocks):
                h = self.residual(f"{name}.conv_blocks.{place}.res.{block}", h)
                if f"{name}.conv_blocks.{place}.attn.{block}.norm.weight" in self.state:
                    h = self.attention(f"{name}.conv_blocks.{place}.attn.{block}", h)
            if place < len(MULT) - 1:
                step = f"{name}.conv_blocks.{place}."
                if name == "encoder":
                    h = self.conv(f"{step}downsample.conv", F.pad(h, (0, 1, 0, 1)), stride=2)
                else:
                    h = self.conv(
                        f"{step}upsample.conv", h.repeat_interleave(2, 2).repeat_interleave(2, 3), padding=1
                    )
        return h

    def last(self, name: str, h: Tensor) -> Tensor:
        h = self.norm(f"{name}.norm_out", h)
        return self.conv(f"{name}.conv_out", h * torch.sigmoid(h), padding=1)

    def encode(self, image: Tensor) -> Tensor:
        h = self.levels("encoder", BLOCKS, self.conv("encoder.conv_in", image * 2 - 1, padding=1))
        h = self.conv("quant_conv", self.last("encoder", self.middle("encoder", h)))
        return h / h.norm(dim=1, keepdim=True)

    @property
    def codes(self) -> Tensor:
        codes = self.state["quantize.embedding.weight"]
        return codes / codes.norm(dim=1, keepdim=True)

    def indices(self, z: Tensor) -> Tensor:
        unit = (z / z.norm(dim=1, keepdim=True)).permute(0, 2, 3, 1)
        return torch.cdist(unit.flatten(0, 2), self.codes).argmin(1).view(unit.shape[:3])

    def decode(self, z_q: Tensor) -> Tensor:
        h = self.middle("decoder", self.conv("decoder.conv_in", self.conv("post_quant_conv", z_q), padding=1))
        return (self.last("decoder", self.levels("decoder", BLOCKS + 1, h)) + 1) / 2


def picture(size: int = 16) -> Tensor:
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))


def write_llamagen(path: Path, state: dict[str, Tensor]) -> Path:
    """As its training writes it: the weights among an optimiser's states, a discriminator and its counts of codes."""
    inside = state | {"quantize.codebook_used": torch.zeros(100)}
    return makers.write_pt(path, {"model": inside, "optimizer": {"state": {}, "param_groups": []}, "steps": 7})


def test_llamagen_in_its_own_layout_computes_what_its_paper_says(tmp_path):
    state = llamagen_state()
    reference = Llamagen(state)
    vqgan = VQGAN.from_files(write_llamagen(tmp_path / "vq_ds16_c2i.pt", state), LLAMAGEN)
    z = vqgan.encode(picture())
    assert (z - reference.encode(picture())).abs().max() < 1e-5
    assert z.shape == (2, DIM, 4, 4)
    tokens = vqgan.indices(z)
    assert torch.equal(tokens, reference.indices(z))
    assert len(tokens.unique()) > 1
    z_q = vqgan.quantize(z)
    assert torch.allclose(z_q, reference.codes[tokens].permute(0, 3, 1, 2), atol=1e-6)
    shown = vqgan.decode(z_q)
    assert (shown - reference.decode(z_q)).abs().max() < 1e-4
    assert shown.std() > 0.01


def test_llamagen_s_codes_have_the_length_one_and_latents_of_any_length_find_them(tmp_path):
    state = llamagen_state()
    vqgan = VQGAN.from_files(write_llamagen(tmp_path / "x.pt", state), LLAMAGEN)
    assert torch.allclose(vqgan.codebook.norm(dim=1), torch.ones(CODES))
    assert state["quantize.embedding.weight"].norm(dim=1).min() > 2
    z = torch.randn(2, DIM, 5, 5, generator=torch.Generator().manual_seed(2))
    for length in (0.01, 1, 30):
        assert torch.equal(vqgan.indices(z * length), Llamagen(state).indices(z))
    low, high = vqgan.latent_bounds
    assert low.min() >= -1
    assert high.max() <= 1


def test_only_names_change_and_every_name_is_known():
    state = llamagen_state()
    renamed = to_taming(state)
    with torch.device("meta"):
        expected = VQGAN(read_architecture(LLAMAGEN)).state_dict()
    assert set(renamed) == set(expected)
    assert all(renamed[name].shape == expected[name].shape for name in expected)
    assert {id(tensor) for tensor in renamed.values()} == {id(tensor) for tensor in state.values()}
    own = makers.Reference().state_dict()
    assert list(to_taming(own)) == list(own)


def test_llamagen_without_the_norm_keeps_its_codes(tmp_path):
    state = llamagen_state()
    config = {"target": LLAMAGEN["target"], "params": LLAMAGEN["params"] | {"codebook_l2_norm": False}}
    vqgan = VQGAN.from_files(write_llamagen(tmp_path / "x.pt", state), config)
    assert torch.equal(vqgan.codebook, state["quantize.embedding.weight"])


def as_ldm(reference: makers.Reference, **ddconfig: Any) -> dict[str, Any]:
    params = reference.config["model"]["params"]
    dd = params["ddconfig"] | ddconfig
    lost = {"target": "taming.modules.losses.vqperceptual.VQLPIPSWithDiscriminator", "params": {"disc_start": 1}}
    return {
        "model": {"target": LDM, "params": params | {"ddconfig": dd, "lossconfig": lost, "monitor": "val/rec_loss"}}
    }


def running_average(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """LDM's LitEma beside the weights: the same names without their dots."""
    return {f"model_ema.{name.replace('.', '')}": tensor + 1 for name, tensor in state.items()} | {
        "model_ema.decay": torch.tensor(0.9999)
    }


@pytest.mark.parametrize(
    "shape",
    [
        {"z_channels": 4, "ch_mult": [1, 2, 2], "attn_resolutions": [8]},
        {"z_channels": 8, "ch_mult": [1, 1, 2], "attn_resolutions": [4]},
        {"z_channels": 3, "ch_mult": [1, 2], "attn_resolutions": []},
    ],
    ids=["f8", "f16", "f4"],
)
def test_latent_diffusion_s_checkpoints_are_the_same_network_with_few_numbers_per_code(shape, tmp_path):
    reference = makers.Reference(embed_dim=shape["z_channels"], **shape)
    state = reference.state_dict()
    path = makers.write_lightning(tmp_path / "model.ckpt", state | running_average(state))
    vqgan = VQGAN.from_files(path, as_ldm(reference, attn_type="vanilla"))
    before = reference.encode(picture())
    z_q, _, (_, _, indices) = reference.quantize(before)
    assert (vqgan.encode(picture()) - before).abs().max() < 1e-5
    assert torch.equal(vqgan.indices(before), indices)
    assert (vqgan.decode(z_q) - reference.decode(z_q)).abs().max() < 1e-5
    assert vqgan.embed_dim == shape["z_channels"]


def test_attention_can_be_left_out_everywhere(tmp_path):
    """latent-diffusion's attn_type none, as in vq-f4-noattn: no weights of it, between the levels either."""
    reference = makers.Reference(attn_resolutions=[])
    for network in (reference.encoder, reference.decoder):
        network.mid.attn_1 = nn.Identity()
    state = reference.state_dict()
    assert not any("attn" in name for name in state)
    path = makers.write_safetensors(tmp_path / "x.safetensors", state)
    vqgan = VQGAN.from_files(path, as_ldm(reference, attn_type="none", attn_resolutions=[8]))
    z = reference.encode(picture())
    assert (vqgan.encode(picture()) - z).abs().max() < 1e-5
    assert (vqgan.decode(z) - reference.decode(z)).abs().max() < 1e-5
    with pytest.raises(ModelError, match="attn_type 'linear' is not supported"):
        VQGAN.from_files(path, as_ldm(reference, attn_type="linear"))


def test_the_first_stage_of_a_latent_diffusion_is_taken_out(tmp_path):
    reference = makers.Reference()
    inside = {f"first_stage_model.{name}": tensor for name, tensor in reference.state_dict().items()}
    inside |= {"model.diffusion_model.out.weight": torch.zeros(3), "cond_stage_model.embed": torch.zeros(3)}
    path = makers.write_lightning(tmp_path / "model.ckpt", inside)
    stage = as_ldm(reference)["model"] | {"target": "ldm.models.autoencoder.VQModelInterface"}
    config = {
        "model": {"target": "ldm.models.diffusion.ddpm.LatentDiffusion", "params": {"first_stage_config": stage}}
    }
    z = reference.encode(picture())
    assert (VQGAN.from_files(path, config).decode(z) - reference.decode(z)).abs().max() < 1e-5


def test_configurations_that_llamagen_never_has_are_refused():
    for change, problem in [
        ({"decoder_ch_mult": [1, 1, 2]}, "encoder_ch_mult and decoder_ch_mult are not the same"),
        ({"codebook_size": 0}, "codebook_size is 0"),
        ({"codebook_l2_norm": "yes"}, "codebook_l2_norm is 'yes'"),
    ]:
        with pytest.raises(ModelError, match=problem):
            read_architecture({"target": LLAMAGEN["target"], "params": LLAMAGEN["params"] | change})

"""TiTok in its makers' layout computes what its papers say, and a run refuses what tokens without places cannot do.

The networks are written out once more here, as plain functions over the published names of weights.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import published
import pytest
import torch
import torch.nn.functional as F
from faults import makers
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from vqclip.errors import ModelError, UsageError
from vqclip.models import catalogue
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import without_weights
from vqclip.models.registry import find_vqgan
from vqclip.models.titok import TiTok
from vqclip.models.vqgan import load_vqgan
from vqclip.runs.estimate import decoder
from vqclip.runs.inputs import Inputs
from vqclip.settings.schema import Settings

CPU = torch.device("cpu")
SIDE, TOKENS, DIM, CODES, WIDTH = 32, 6, 12, 40, 16


def config_of(*, legacy: bool) -> dict[str, Any]:
    """config.json of the hub, with smaller networks."""
    small = {f"vit_{part}_{key}": value for part in ("enc", "dec")
             for key, value in {"width": WIDTH, "layers": 2, "heads": 2}.items()}  # fmt: skip
    model = {"codebook_size": CODES, "token_size": DIM, "use_l2_norm": legacy, "commitment_cost": 0.25,
             "vit_enc_model_size": "small", "vit_dec_model_size": "large", "vit_enc_patch_size": 16,
             "vit_dec_patch_size": 16, "num_latent_tokens": TOKENS, "finetune_decoder": legacy,
             **({} if legacy else {"is_legacy": False}), **small, "pixel_channels": 32}  # fmt: skip
    return {
        "experiment": {"output_dir": "titok_s_128"},
        "model": {"vq_model": model, "generator": {"image_seq_len": "${model.vq_model.num_latent_tokens}"}},
        "dataset": {"preprocessing": {"crop_size": SIDE}},
    }


def state_of(*, legacy: bool) -> dict[str, Tensor]:
    """Random weights under the published names."""
    return published.random_weights(published.titok(config_of(legacy=legacy)["model"]["vq_model"], SIDE))


class Reference:
    """Its encoder, quantiser and decoder, from the papers and the published layout, over a state dict."""

    def __init__(self, state: dict[str, Tensor], *, legacy: bool) -> None:
        self.state, self.legacy = state, legacy

    def linear(self, name: str, x: Tensor) -> Tensor:
        return x @ self.state[f"{name}.weight"].flatten(1).T + self.state[f"{name}.bias"]

    def conv(self, name: str, x: Tensor) -> Tensor:
        kernel = self.state[f"{name}.weight"]
        return F.conv2d(x, kernel, self.state.get(f"{name}.bias"), padding=kernel.shape[-1] // 2)

    def layer_norm(self, name: str, x: Tensor) -> Tensor:
        spread = (x - x.mean(-1, keepdim=True)) / (x.var(-1, correction=0, keepdim=True) + 1e-5).sqrt()
        return spread * self.state[f"{name}.weight"] + self.state[f"{name}.bias"]

    def group_norm(self, name: str, x: Tensor) -> Tensor:
        return F.group_norm(x, 32, self.state[f"{name}.weight"], self.state[f"{name}.bias"], eps=1e-6)

    def block(self, name: str, x: Tensor) -> Tensor:
        h = self.layer_norm(f"{name}.ln_1", x)
        qkv = h @ self.state[f"{name}.attn.in_proj_weight"].T + self.state[f"{name}.attn.in_proj_bias"]
        q, k, v = (part.unflatten(-1, (2, -1)).transpose(1, 2) for part in qkv.chunk(3, -1))
        shares = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1)
        x = x + self.linear(f"{name}.attn.out_proj", (shares @ v).transpose(1, 2).flatten(2))
        h = self.linear(f"{name}.mlp.c_fc", self.layer_norm(f"{name}.ln_2", x))
        h = h * 0.5 * (1 + torch.erf(h / 2**0.5))
        return x + self.linear(f"{name}.mlp.c_proj", h)

    def transformer(self, part: str, inner: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        first = self.state[f"{part}.class_embedding"].expand(len(inner), 1, -1)
        x = torch.cat([first, inner], 1) + self.state[f"{part}.positional_embedding"]
        x = torch.cat([x, tokens + self.state[f"{part}.latent_token_positional_embedding"]], 1)
        x = self.layer_norm(f"{part}.ln_pre", x)
        for number in range(2):
            x = self.block(f"{part}.transformer.{number}", x)
        count = inner.shape[1]
        return self.layer_norm(f"{part}.ln_post", x[:, 1 : 1 + count]), self.layer_norm(
            f"{part}.ln_post", x[:, 1 + count :]
        )

    def encode(self, image: Tensor) -> Tensor:
        kernel = self.state["encoder.patch_embed.weight"]
        cells = F.conv2d(image, kernel, self.state["encoder.patch_embed.bias"], stride=16).flatten(2).transpose(1, 2)
        _, tokens = self.transformer("encoder", cells, self.state["latent_tokens"].expand(len(image), -1, -1))
        if self.legacy:
            tokens = tokens.reshape(len(image), WIDTH, TOKENS).transpose(1, 2)
        return self.linear("encoder.conv_out", tokens).transpose(1, 2)[:, :, None]

    @property
    def codes(self) -> Tensor:
        codes = self.state["quantize.embedding.weight"]
        return codes / codes.norm(dim=1, keepdim=True) if self.legacy else codes

    def quantise(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """z_q with the gradient of the straight-through estimator, and the numbers of its codes."""
        z = z / z.norm(dim=1, keepdim=True) if self.legacy else z
        flat = z.squeeze(2).transpose(1, 2)
        found = torch.cdist(flat, self.codes).argmin(-1)
        return z + (self.codes[found].transpose(1, 2)[:, :, None] - z).detach(), found

    def residual(self, name: str, x: Tensor) -> Tensor:
        h = x
        for number in (1, 2):
            h = self.group_norm(f"{name}.norm{number}", h)
            h = self.conv(f"{name}.conv{number}", h * torch.sigmoid(h))
        shortcut = f"{name}.nin_shortcut"
        return h + (self.conv(shortcut, h) if f"{shortcut}.weight" in self.state else x)

    def decode(self, z_q: Tensor) -> Tensor:
        tokens = self.linear("decoder.decoder_embed", z_q.squeeze(2).transpose(1, 2))
        grid = SIDE // 16
        x, _ = self.transformer("decoder", self.state["decoder.mask_token"].expand(len(z_q), grid**2, -1), tokens)
        if not self.legacy:
            rows = self.linear("decoder.ffn.0", x).view(len(x), grid, grid, 16, 16, 3)
            return self.conv("decoder.conv_out", rows.permute(0, 5, 1, 3, 2, 4).reshape(len(x), 3, SIDE, SIDE))
        logits = self.linear("decoder.ffn.2", torch.tanh(self.linear("decoder.ffn.0", x)))
        mixed = torch.softmax(logits, -1) @ self.state["pixel_quantize.embedding.weight"]
        h = self.conv("pixel_decoder.conv_in", mixed.transpose(1, 2).reshape(len(x), -1, grid, grid))
        for number in range(2):
            h = self.residual(f"pixel_decoder.mid.{number}", h)
        for level in reversed(range(5)):
            for number in range(2):
                h = self.residual(f"pixel_decoder.up.{level}.block.{number}", h)
            if level:
                h = h.repeat_interleave(2, 2).repeat_interleave(2, 3)
                h = self.conv(f"pixel_decoder.up.{level}.upsample_conv", h)
        h = self.group_norm("pixel_decoder.norm_out", h)
        return self.conv("pixel_decoder.conv_out", h * torch.sigmoid(h))


def write(folder: Path, *, legacy: bool = True) -> Path:
    """A checkpoint as the hub has it, with its config.json beside it."""
    (folder / "config.json").write_text(json.dumps(config_of(legacy=legacy)))
    return makers.write_safetensors(folder / "model.safetensors", state_of(legacy=legacy))


@pytest.fixture(params=[True, False], ids=["legacy", "pixels"])
def both(request, tmp_path) -> tuple[Reference, TiTok]:
    legacy = request.param
    titok = load_vqgan(find_vqgan(str(write(tmp_path, legacy=legacy))), CPU)
    return Reference(state_of(legacy=legacy), legacy=legacy), titok


def picture(batch: int = 2) -> Tensor:
    return torch.rand(batch, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1))


def test_it_computes_what_its_papers_say(both):
    reference, titok = both
    z = reference.encode(picture())
    assert z.shape == (2, DIM, 1, TOKENS)
    assert (titok.encode(picture()) - z).abs().max() < 1e-5
    z_q, found = reference.quantise(z)
    assert torch.equal(titok.indices(z)[:, 0], found)
    assert len(found.unique()) > 2
    assert (titok.quantize(z) - z_q).abs().max() < 1e-5
    assert (titok.lookup(titok.indices(z)) - z_q).abs().max() < 1e-5
    # In float64, because the norms of the pixel decoder make rounding visible.
    exact = Reference({name: tensor.double() for name, tensor in reference.state.items()}, legacy=reference.legacy)
    shown = titok.double().decode(z_q)
    assert (shown - exact.decode(z_q.double())).abs().max() < 1e-5
    assert shown.shape == (2, 3, SIDE, SIDE)
    assert shown.std() > 0.01


@pytest.mark.slow
def test_gradients_reach_the_tokens_as_in_the_reference(both):
    reference, titok = both
    weights = torch.randn(2, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(2))
    z = reference.encode(picture())
    gradients = []
    for quantise, decode in (
        (lambda z: reference.quantise(z)[0], reference.decode),
        (titok.quantize, titok.decode),
        (titok.quantize, lambda z_q: titok.decode(z_q, low_memory=True)),
    ):
        leaf = z.clone().requires_grad_()
        (decode(quantise(leaf)) * weights).sum().backward()
        gradients.append(leaf.grad)
    assert gradients[0].abs().min() > 0
    for found in gradients[1:]:
        assert (found - gradients[0]).abs().max() < 1e-4 * gradients[0].abs().max()


def test_only_the_direction_of_a_unit_code_counts_so_nothing_clamps_it(both):
    reference, titok = both
    low, high = titok.latent_bounds
    assert bool(torch.isinf(high).all()) == bool(torch.isinf(low).all()) == reference.legacy
    z = reference.encode(picture())
    assert torch.equal(titok.indices(7 * z), titok.indices(z)) == reference.legacy


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda s: s.pop("decoder.ffn.2.bias"), r"1 tensor missing \(decoder.ffn.2.bias\)"),
        (lambda s: s.update({"decoder.extra": torch.zeros(1)}), r"1 tensor unknown \(decoder.extra\)"),
        (lambda s: s.update({"latent_tokens": torch.zeros(6, 9)}), "latent_tokens is 6×9 instead of 6×16"),
        (lambda s: s.update({"quantize.embedding.weight": torch.zeros(9, 12)}), "codebook_size 40, .* has 9"),
        (lambda s: s.update({"decoder.latent_token_positional_embedding": torch.zeros(5, 16)}), "tokens 6, .* has 5"),
        (lambda s: [s.pop(k) for k in list(s) if k.startswith("pixel_")], "one of the two is legacy"),
    ],
)
def test_each_wrong_or_missing_tensor_is_named(change, problem, tmp_path):
    state = state_of(legacy=True)
    change(state)
    path = makers.write_safetensors(tmp_path / "x.safetensors", state)
    with pytest.raises(ModelError, match=problem):
        TiTok.from_files(path, config_of(legacy=True))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"quantize_mode": "vae"}, "quantize_mode 'vae' has no codes"),
        ({"is_legacy": False}, "is_legacy and finetune_decoder differ"),
        ({"vit_enc_model_size": "huge"}, "vit_enc_model_size is 'huge'; it has to be small or base or large"),
        ({"vit_dec_model_size": ["base"]}, "vit_dec_model_size is"),
        ({"vit_dec_layers": 4000}, "vit_dec_layers is 4000"),
        ({"num_latent_tokens": 0}, "num_latent_tokens is 0"),
        ({"vit_enc_patch_size": 15}, "patches of 15 pixels do not fit pictures of 32"),
    ],
)
def test_configurations_without_codes_or_pixels_are_refused(change, problem):
    config = config_of(legacy=True)
    config["model"]["vq_model"] |= change
    with pytest.raises(ModelError, match=problem):
        read_architecture(config)
    with pytest.raises(ModelError, match="preprocessing is"):
        read_architecture(config_of(legacy=True) | {"dataset": {"preprocessing": 7}})
    assert read_architecture(config_of(legacy=True) | {"dataset": None}).side == 256


PUBLISHED = {
    # Name: tokens, code length, encoder and decoder (width, layers), numbers in the file in millions.
    "titok-s-128": (128, 12, (512, 8), (512, 8), 83.7),
    "titok-b-64": (64, 12, (768, 12), (768, 12), 204.8),
    "titok-l-32": (32, 12, (1024, 24), (1024, 24), None),
    "titok-bl-64": (64, 64, (768, 12), (1024, 24), 390),
    "titok-bl-128": (128, 64, (768, 12), (1024, 24), None),
    "titok-sl-256": (256, 64, (512, 8), (1024, 24), 330),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_listed_model_has_its_published_tensors(name):
    tokens, length, *widths, millions = PUBLISHED[name]
    entry = catalogue.vqgan_entry(name)
    with without_weights():
        state = TiTok(read_architecture(entry.model)).state_dict()
    legacy = length == 12
    for part, (width, layers) in zip(("encoder", "decoder"), widths, strict=True):
        assert state[f"{part}.positional_embedding"].shape == (257, width)
        assert state[f"{part}.latent_token_positional_embedding"].shape == (tokens, width)
        assert state[f"{part}.transformer.{layers - 1}.mlp.c_fc.weight"].shape == (4 * width, width)
        assert f"{part}.transformer.{layers}.ln_1.weight" not in state
    assert state["quantize.embedding.weight"].shape == (4096 if legacy else 8192, length)
    generic = {f"{key.split('.')[0]}.transformer.0.{key.split('.', 3)[3]}" if ".transformer." in key else key
               for key in state}  # fmt: skip
    assert generic == set(state_of(legacy=legacy)) - {k for k in state_of(legacy=legacy) if ".transformer.1." in k}
    if millions:
        assert sum(tensor.numel() for tensor in state.values()) / 1e6 == pytest.approx(millions, rel=0.01)


@pytest.mark.slow
def test_the_estimated_work_is_that_of_the_networks(both):
    from torch.utils.flop_counter import FlopCounterMode

    _, titok = both
    with FlopCounterMode(display=False) as counter:
        titok.decode(torch.randn(1, DIM, 1, TOKENS))
    cost = decoder(titok.architecture, 1, 1)
    # The counter leaves out the fused attention of a processor.
    assert cost.macs - cost.attention == pytest.approx(counter.get_total_flops() / 2, rel=0.01)


REFUSED = {
    "stages": 2, "seamless": "both", "symmetry": "horizontal", "zoom": "1.1", "rotate": "3", "tile_size": 16,
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_tokens_with_places_is_refused(name, tmp_path, small):
    chosen = Settings(prompt="a cat", vqgan=str(write(tmp_path)), **(small | {"iterations": 40, name: REFUSED[name]}))
    with pytest.raises(UsageError, match=rf"^{name} cannot be used with .*: its tokens have no places"):
        Inputs.check(chosen)


@pytest.mark.slow
def test_other_sizes_and_masks_are_refused_and_a_picture_of_any_size_is_stretched(tmp_path, call):
    model = str(write(tmp_path))
    Image.new("RGB", (50, 40), "red").save("in.png")
    Image.new("L", (50, 40), 255).save("mask.png")
    run = ("generate", "a cat", "--vqgan", model, "-n", "2", "--cutouts", "2", "-o", "run")
    told = call(*run, "--size", "48x32")
    assert told.code == 2
    assert "size is 48x32" in told.err
    assert "--size 32x32" in told.err
    told = call(*run, "--size", "32", "--init", "prior")
    assert told.code == 2
    assert "has no prior" in told.err
    told = call(*run, "--size", "32", "--init-image", "in.png", "--mask", "mask.png")
    assert told.code == 2
    assert "mask cannot be used" in told.err
    told = call(*run, "--init-image", "in.png", "--preset", "titok", "--clip", "tiny", "--save-every", "0")
    assert told.code == 0, told.err
    assert Image.open("run/image.png").size == (32, 32)


@pytest.mark.slow
def test_tokens_of_a_picture_are_kept_in_a_file_and_drawn_again(tmp_path, call):
    model = str(write(tmp_path))
    Image.fromarray(np.uint8(picture(1)[0].permute(1, 2, 0) * 255)).resize((50, 40)).save("in.png")
    told = call("encode", "in.png", "--vqgan", model, "-o", "t.npz", "--json")
    assert told.code == 0, told.err
    assert told.record["tokens"] == TOKENS
    assert call("decode", "t.npz", "--vqgan", model, "-o", "a.png").code == 0
    assert call("reconstruct", "in.png", "--vqgan", model, "-o", "b.png").code == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert (
        call("interpolate", "in.png", "a.png", "--vqgan", model, "--size", "32", "--frames", "2", "-o", "w").code == 0
    )
    assert call("models", "convert", model, "copy.safetensors").code == 0
    assert set(load_file("copy.safetensors")) == set(state_of(legacy=True))
    assert call("reconstruct", "in.png", "--vqgan", "copy.safetensors", "-o", "c.png").code == 0
    assert Path("c.png").read_bytes() == Path("b.png").read_bytes()


PRESET = ("--preset", "titok", "--clip", "tiny", "--size", "32", "--cutouts", "2", "--seed", "1",
          "--dtype", "float32", "--threads", "1", "--save-every", "0", "--snapshot-every", "1")  # fmt: skip


@pytest.mark.long
def test_a_run_of_the_preset_moves_the_tokens_and_goes_on_after_a_kill(tmp_path, call):
    """Killed at some step and resumed, it ends with the picture of an undisturbed run."""
    model = str(write(tmp_path))
    words = ["generate", "a red apple | blurry:-0.5", "--vqgan", model, *PRESET, "-n", "24"]
    assert call(*words, "-o", "whole").code == 0
    child = subprocess.Popen([sys.executable, "-m", "vqclip", *words, "-o", "cut"], stderr=subprocess.DEVNULL)
    for _ in range(600):
        if len(list(Path("cut/state").glob("*"))) > 1 or child.poll() is not None:
            break
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert json.loads(Path("cut/run.json").read_text())["status"] != "finished"
    assert call("resume", "cut").code == 0
    assert Path("cut/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    state = load_file("whole/state/step-000024.safetensors")
    assert state["z"].shape == (1, DIM, 1, TOKENS)
    assert float((state["z"] - state["z_init"]).abs().mean()) > 0.02
    assert call("score", "whole/image.png", "a red apple").code == 0


@pytest.mark.slow
def test_a_run_starts_from_a_picture_s_tokens_or_from_the_best_of_several(tmp_path, call):
    model = str(write(tmp_path))
    Image.fromarray(np.uint8(picture(1)[0].permute(1, 2, 0) * 255)).save("in.png")
    run = ("generate", "a red apple", "--vqgan", model, *PRESET, "-n", "2")
    assert call(*run, "--init-image", "in.png", "-o", "a").code == 0
    titok = load_vqgan(find_vqgan(model), CPU)
    start = load_file("a/state/step-000002.safetensors")["z_init"]
    seen = torch.from_numpy(np.array(Image.open("in.png"))).permute(2, 0, 1)[None] / 255
    assert (start - titok.encode(seen)).abs().max() < 1e-5
    told = call(*run, "--best-of", "2", "-n", "4", "--best-of-share", "0.5", "-o", "b")
    assert told.code == 0, told.err
    assert len(json.loads(Path("b/starts.json").read_text())) > 0


@pytest.mark.slow
@pytest.mark.option("latent_noise")
def test_latent_noise_shakes_the_latent_while_its_schedule_says_so(pair, small):
    from vqclip.synthesis.loop import Synthesizer

    vqgan, targets_of = pair

    def moved(noise: str | None) -> Tensor:
        chosen = Settings(prompt="a cat", seed=1, **(small | {"latent_noise": noise, "ema": 0.0}))
        loop = Synthesizer(vqgan, targets_of("a cat"), chosen)
        for _ in loop.run():
            pass
        return loop.state().tensors["z"]

    still, shaken = moved(None), moved("0:0.5, 50%:0 hold")
    assert torch.equal(moved("0:0.5, 50%:0 hold"), shaken), "the seed decides the noise"
    assert (shaken - still).abs().mean() > 0.05
    assert torch.equal(moved("0:0, 1:0"), still)

"""The VQGAN computes what taming's modules compute, from every official layout of a checkpoint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from faults import makers
from hypothesis import given, settings
from hypothesis import strategies as st

from vqclip.errors import ModelError
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import load_into
from vqclip.models.registry import VqganFiles, find_vqgan
from vqclip.models.vqgan import VQGAN, load_vqgan

CPU = torch.device("cpu")
TARGETS = {"VQModel": makers.VQ, "GumbelVQ": makers.GUMBEL}


@pytest.fixture(scope="module", params=TARGETS)
def pair(request, tmp_path_factory) -> tuple[makers.Reference, VQGAN]:
    """taming's own modules, and ours with the same weights."""
    reference = makers.Reference(TARGETS[request.param])
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    makers.write_safetensors(path, reference.state_dict())
    return reference, VQGAN.from_files(path, reference.config)


def picture(seed: int = 0, size: int = 16, batch: int = 2) -> torch.Tensor:
    return torch.rand(batch, 3, size, size, generator=torch.Generator().manual_seed(seed))


def latent(reference: makers.Reference, seed: int = 0) -> torch.Tensor:
    depth = reference.config["model"]["params"]["embed_dim"]
    return torch.randn(2, depth, 6, 5, generator=torch.Generator().manual_seed(seed))


def with_weights_of(reference: makers.Reference) -> VQGAN:
    vqgan = VQGAN(read_architecture(reference.config))
    load_into(vqgan, reference.state_dict(), "the reference")
    vqgan.quantize.measure()
    return vqgan


def test_decode_is_tamings(pair):
    reference, vqgan = pair
    z = latent(reference)
    ours, theirs = vqgan.decode(z), reference.decode(z)
    assert ours.shape == (2, 3, 12, 10)
    assert (ours - theirs).abs().max() < 1e-5
    assert theirs.std() > 0.01


@pytest.mark.parametrize(("horizontal", "vertical"), [(True, False), (False, True), (True, True)])
def test_a_wrapped_plane_has_no_edge_at_all(pair, horizontal, vertical):
    """Rolled tokens give the rolled picture, and a rolled picture the rolled tokens, attention included."""
    reference, vqgan = pair
    z, image = latent(reference)[:1], picture(size=24, batch=1)
    plain = vqgan.decode(z)
    vqgan.wrap(horizontal, vertical)
    try:
        tokens, pixels = (2 * vertical, 3 * horizontal), (2 * vertical * vqgan.factor, 3 * horizontal * vqgan.factor)
        assert (vqgan.decode(z.roll(tokens, (2, 3))) - vqgan.decode(z).roll(pixels, (2, 3))).abs().max() < 1e-4
        rolled = vqgan.encode(image.roll(pixels, (2, 3)))
        assert (rolled - vqgan.encode(image).roll(tokens, (2, 3))).abs().max() < 1e-4
    finally:
        vqgan.wrap(False, False)
    moved = vqgan.decode(z.roll(tokens, (2, 3))) - plain.roll(pixels, (2, 3))
    assert moved.abs().max() > 1e-3, "without it the edges count"
    assert torch.equal(vqgan.decode(z), plain), "what was wrapped is as before"


def test_gradient_of_decode_is_tamings(pair):
    reference, vqgan = pair
    gradients = []
    for model in (reference, vqgan):
        z = latent(reference).requires_grad_()
        model.decode(z).square().sum().backward()
        gradients.append(z.grad)
    assert torch.allclose(*gradients, rtol=1e-4, atol=1e-5)
    assert gradients[0].norm() > 1


def test_encode_and_indices_are_tamings(pair):
    reference, vqgan = pair
    image = picture()
    before = reference.encode(image)
    if vqgan.architecture.kind == "GumbelVQ":
        expected = reference.quantize.proj(before).argmax(1)
        assert torch.equal(vqgan.encode(image), reference.quantize.embed.weight[expected].permute(0, 3, 1, 2))
    else:
        expected = reference.quantize(before)[2][2]
        assert (vqgan.encode(image) - before).abs().max() < 1e-5
    found = vqgan.indices(vqgan.encode(image))
    assert torch.equal(found, expected)
    assert len(found.unique()) > 1
    assert torch.equal(vqgan.encode(image), vqgan.encode(image))


def test_nearest_codes_of_any_latent_are_tamings():
    reference = makers.Reference()
    vqgan = with_weights_of(reference)
    for seed in range(5):
        z = latent(reference, seed) * 3
        z_q, _, (_, _, indices) = reference.quantize(z)
        assert torch.equal(vqgan.indices(z), indices)
        assert (vqgan.quantize(z) - z_q).abs().max() < 1e-5


def test_quantise_gives_exact_codes_and_passes_the_gradient_through(pair):
    reference, vqgan = pair
    z = (latent(reference) * 1e3).requires_grad_()
    z_q = vqgan.quantize(z)
    assert torch.equal(z_q, vqgan.lookup(vqgan.indices(z)))
    weights = torch.randn_like(z_q)
    (z_q * weights).sum().backward()
    assert torch.equal(z.grad, weights)


@pytest.fixture(scope="module")
def small() -> VQGAN:
    return with_weights_of(makers.Reference())


@settings(max_examples=25, deadline=None)
@given(indices=st.lists(st.integers(0, makers.CODES - 1), min_size=1, max_size=12))
def test_every_code_is_nearest_to_itself(indices, small):
    tokens = torch.tensor(indices)[None, None]
    assert torch.equal(small.indices(small.lookup(tokens)), tokens)


def test_what_a_run_asks_of_it(pair):
    reference, vqgan = pair
    low, high = vqgan.latent_bounds
    codes = vqgan.codebook
    assert codes.shape == (vqgan.n_embed, vqgan.embed_dim)
    assert codes.dtype == torch.float32
    assert low.shape == high.shape == (1, vqgan.embed_dim, 1, 1)
    assert torch.equal(low.flatten(), codes.min(0).values)
    assert torch.equal(high.flatten(), codes.max(0).values)
    assert vqgan.factor == 2
    assert vqgan.n_embed == makers.CODES
    assert not any(parameter.requires_grad for parameter in vqgan.parameters())
    assert not any(module.training for module in vqgan.modules())
    assert not any(tensor.is_meta for tensor in (*vqgan.parameters(), *vqgan.buffers()))
    assert set(vqgan.state_dict()) == set(reference.state_dict())


WRITERS = {
    "safetensors": makers.write_safetensors,
    "pt": makers.write_pt,
    "pt of an old torch": lambda path, state: makers.write_pt(path, state, legacy=True),
    "Lightning": makers.write_lightning,
}


@pytest.mark.slow
@pytest.mark.parametrize("container", WRITERS)
@pytest.mark.parametrize("layout", ["VQModel", "GumbelVQ", "Net2Net"])
def test_every_official_layout_decodes_the_same(layout, container, tmp_path):
    reference = makers.Reference(TARGETS.get(layout, makers.VQ))
    state, config = reference.state_dict(), reference.config
    if layout == "Net2Net":
        state = {f"first_stage_model.{name}": tensor for name, tensor in state.items()}
        state |= {"transformer.head.weight": torch.zeros(3, 3), "cond_stage_model.embed": torch.zeros(3)}
        config = makers.as_net2net(config)
    checkpoint = WRITERS[container](tmp_path / "last.ckpt", dict(state))
    yaml = makers.write_config(tmp_path / "last.yaml", config)
    vqgan = load_vqgan(find_vqgan(str(checkpoint)), CPU)
    z = latent(reference)
    assert (vqgan.decode(z) - reference.decode(z)).abs().max() < 1e-5
    assert find_vqgan(str(checkpoint)).config == yaml


def test_fp16_storage_is_computed_in_float32(tmp_path):
    reference = makers.Reference().half().float()
    halves = {name: tensor.half() for name, tensor in reference.state_dict().items()}
    path = makers.write_safetensors(tmp_path / "x.safetensors", halves)
    vqgan = VQGAN.from_files(path, reference.config)
    z = latent(reference)
    assert {parameter.dtype for parameter in vqgan.parameters()} == {torch.float32}
    assert (vqgan.decode(z) - reference.decode(z)).abs().max() < 1e-5


def test_bfloat16_networks_keep_float32_latents_and_pictures(pair, tmp_path):
    reference, _ = pair
    path = makers.write_safetensors(tmp_path / "x.safetensors", reference.state_dict())
    vqgan = load_vqgan(VqganFiles("x", path, reference.config), CPU, torch.bfloat16)
    z = latent(reference).requires_grad_()
    image = vqgan.decode(vqgan.quantize(z))
    image.sum().backward()
    dtypes = [x.dtype for x in (image, z.grad, vqgan.codebook, vqgan.encode(picture()), *vqgan.latent_bounds)]
    assert set(dtypes) == {torch.float32}
    assert vqgan.decoder.conv_in.weight.dtype == torch.bfloat16
    exact = reference.decode(vqgan.quantize(z.detach()))
    assert 0 < (image - exact).abs().max() < 0.05
    maps = Path("/proc/self/maps")
    assert not maps.exists() or str(path) not in maps.read_text(), "the float32 weights are still in memory"


def test_folded_pixels_go_around_the_networks(tmp_path):
    reference = makers.Reference(in_channels=12, out_ch=12)
    reference.config["model"]["params"]["pixel_unshuffle"] = 2
    path = makers.write_safetensors(tmp_path / "x.safetensors", reference.state_dict())
    vqgan = VQGAN.from_files(path, reference.config)
    image = picture(size=16)
    z = reference.encode(F.pixel_unshuffle(image, 2))
    assert vqgan.factor == 4
    assert (vqgan.encode(image) - z).abs().max() < 1e-5
    assert (vqgan.decode(z) - F.pixel_shuffle(reference.decode(z), 2)).abs().max() < 1e-5


def test_without_an_encoder_it_decodes_and_says_what_is_missing(tmp_path):
    for target in TARGETS.values():
        reference = makers.Reference(target)
        whole = reference.state_dict()
        part = {k: v for k, v in whole.items() if not k.startswith(("encoder.", "quant_conv.", "quantize.proj."))}
        for state in (whole, part):
            path = makers.write_safetensors(tmp_path / "x.safetensors", state)
            vqgan = VQGAN.from_files(path, reference.config, encoder=False)
            z = latent(reference)
            assert (vqgan.decode(z) - reference.decode(z)).abs().max() < 1e-5
            assert sum(p.numel() for p in vqgan.parameters()) == sum(tensor.numel() for tensor in part.values())
        with pytest.raises(ValueError, match="without its encoder"):
            vqgan.encode(picture())
        with pytest.raises(ModelError, match="the checkpoint has no encoder"):
            VQGAN.from_files(path, reference.config)


def test_a_picture_of_partial_tokens_lies_in_the_middle_of_whole_ones(pair):
    _, vqgan = pair
    image = torch.rand(1, 3, 16, 17)
    whole = F.pad(image, (0, 1, 0, 0), mode="replicate")
    assert torch.equal(vqgan.encode(image), vqgan.encode(whole))
    assert torch.equal(vqgan.crop(vqgan.pad(image), (17, 16)), image)


def test_descent_along_the_gradient_approaches_a_picture(pair):
    reference, vqgan = pair
    target = vqgan.decode(latent(reference)[:1, :, :4, :4])
    z = vqgan.lookup(torch.zeros(1, 4, 4, dtype=torch.long)).requires_grad_()
    optimiser = torch.optim.Adam([z], lr=0.2)
    errors = []
    for _ in range(25):
        error = (vqgan.decode(z) - target).square().mean()
        optimiser.zero_grad()
        error.backward()
        optimiser.step()
        errors.append(error.item())
    assert errors[-1] < errors[0] / 2


@pytest.mark.slow
def test_fault_61_loading_prints_nothing_needs_no_lightning_and_builds_no_loss(tmp_path):
    reference = makers.Reference()
    # Built, as the other tools do, it would fetch VGG16 with 528 MB.
    lost = {"target": "taming.modules.losses.vqperceptual.VQLPIPSWithDiscriminator", "params": {"disc_start": 1}}
    reference.config["model"]["params"]["lossconfig"] = lost
    path = makers.write_safetensors(tmp_path / "x.safetensors", reference.state_dict())
    makers.write_config(tmp_path / "x.yaml", reference.config)
    script = (
        "import sys, torch\n"
        "from vqclip.models.registry import find_vqgan\n"
        "from vqclip.models.vqgan import load_vqgan\n"
        "load_vqgan(find_vqgan(sys.argv[1]), torch.device('cpu'))\n"
        "bad = {'pytorch_lightning', 'taming.main', 'taming.models', 'taming.models.vqgan', 'torchvision',\n"
        " 'taming.modules.losses'}\n"
        "assert not bad & set(sys.modules), bad & set(sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, path], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_fault_63_a_broken_taming_is_one_clear_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "taming.modules.diffusionmodules", None)
    monkeypatch.delitem(sys.modules, "taming.modules.diffusionmodules.model")
    architecture = read_architecture(makers.Reference().config)
    with pytest.raises(ModelError, match="taming-transformers cannot be imported") as caught:
        VQGAN(architecture)
    assert "pip install taming-transformers-rom1504" in caught.value.hint


def test_the_built_in_model_shows_a_plain_picture_as_it_is():
    vqgan = load_vqgan(find_vqgan("tiny"), CPU)
    image = torch.ones(1, 3, 64, 64)
    image[:, :, 20:44, 20:44] = torch.tensor([0.9, 0.1, 0.1])[None, :, None, None]
    shown = vqgan.decode(vqgan.quantize(vqgan.encode(image)))
    assert vqgan.factor == 8
    assert shown.shape == image.shape
    assert (shown - image).abs().mean() < 0.1

"""Each row of configs/models.yaml is built in its published layout, and loaded strictly at reduced size.

Full-size networks are on the meta device: their names and shapes are compared with those of the published file.
"""

from __future__ import annotations

import contextlib
import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import open_clip
import open_clip.model as networks
import published
import pytest
import timm
import torch
from faults import makers
from safetensors.torch import load_file
from test_clip_matrix import reduced, smaller, write
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.models import catalogue, registry
from vqclip.models.architecture import read_architecture, read_net2net_shape
from vqclip.models.catalogue import ClipEntry, VqganEntry
from vqclip.models.checkpoints import without_weights
from vqclip.models.image_model import ImageModel
from vqclip.models.layouts import to_taming, with_averages
from vqclip.models.net2net import GPT, load_net2net
from vqclip.models.perceptor import _build, load_perceptor
from vqclip.models.prior import load_sampler
from vqclip.models.registry import ClipFiles, PriorFiles, VqganFiles, find_vqgan
from vqclip.models.titok import TiTok
from vqclip.models.vqgan import VQGAN, load_vqgan

CPU = torch.device("cpu")
ROWS = [(row.kind, row.name) for row in registry.list_models()]
ROBUST_L = "ViT-L-14-quickgelu"
"""The network of the repositories of robust-L and robust-tecoa, by their pages: OpenAI's ViT-L/14."""
TEXTS: dict[str, dict[str, Any]] = {
    "xlm-roberta-base": {
        "model_type": "xlm-roberta", "vocab_size": 250002, "hidden_size": 768, "num_hidden_layers": 12,
        "num_attention_heads": 12, "intermediate_size": 3072, "max_position_embeddings": 514, "type_vocab_size": 1,
    },
}  # fmt: skip
"""The config.json of text encoders of transformers."""


def test_every_row_is_of_a_kind_that_is_built_here() -> None:
    assert {kind for kind, _ in ROWS} == {"vqgan", "clip", "prior", "upsampler"}
    assert {name for kind, name in ROWS if kind in ("prior", "upsampler")} == {"tiny"}
    assert len(ROWS) == len(set(ROWS))


def layout(model: Mapping[str, Any], *, file: bool = False) -> tuple[dict[str, Tensor], nn.Module | None]:
    """The tensors of an image model under its makers' names, and its reference where taming's networks are one.

    file: Also what else the published file holds, with random weights; otherwise all is on the meta device.
    """
    fill = published.random_weights if file else on_meta
    place = contextlib.nullcontext() if file else without_weights()
    if "model" in model:
        return fill(published.titok(model["model"]["vq_model"])), None
    stage = model["params"].get("first_stage_config", model)
    params = stage["params"]
    if "encoder_ch_mult" in params:
        return fill(published.llamagen(params)), None
    with place:
        reference = makers.Reference(
            makers.GUMBEL if stage["target"].endswith("GumbelVQ") else makers.VQ,
            embed_dim=params["embed_dim"], codes=params["n_embed"], **params["ddconfig"],
        )  # fmt: skip
    return dict(reference.state_dict()), reference


def on_meta(shapes: published.Shapes) -> dict[str, Tensor]:
    return {name: torch.empty(shape, device="meta") for name, shape in shapes.items()}


def shrunk(model: Mapping[str, Any]) -> dict[str, Any]:
    """The same network with fewer channels, layers and codes."""
    small: dict[str, Any] = copy.deepcopy(dict(model))
    if "model" in small:
        vq_model = small["model"]["vq_model"]
        for part in ("enc", "dec"):
            vq_model |= {f"vit_{part}_width": 32, f"vit_{part}_layers": 1, f"vit_{part}_heads": 2}
        vq_model |= {"pixel_channels": 32, "codebook_size": 64}
        return small
    params = small["params"]
    if "transformer_config" in params:
        params["transformer_config"]["params"] |= {"n_layer": 1, "n_head": 2, "n_embd": 32}
    params = params.get("first_stage_config", small)["params"]
    if "ddconfig" not in params:
        params |= {"ch": 32, "z_channels": 32, "num_res_blocks": 1, "codebook_size": 64}
        return small
    wide = params["embed_dim"] == params["ddconfig"]["z_channels"] == 256
    params["ddconfig"] |= {"ch": 32, "num_res_blocks": 1, **({"z_channels": 32} if wide else {})}
    params |= {"embed_dim": 32} if wide else {}
    if "transformer_config" not in small["params"]:
        params["n_embed"] = 64
    return small


def write_vqgan(entry: VqganEntry, model: Mapping[str, Any], state: dict[str, Tensor]) -> Path:
    """A checkpoint in the format of its makers' file."""
    origin = entry.origins[0].partition("&")[0] if not entry.mirrors else entry.mirrors[0].path
    if origin.endswith(".safetensors"):
        return makers.write_safetensors(Path("model.safetensors"), state)
    if origin.endswith(".pt"):
        inside = state | {"quantize.codebook_used": torch.zeros(8)}
        return makers.write_pt(Path("model.pt"), {"model": inside, "optimizer": {"state": {}}, "steps": 7})
    assert origin.endswith((".ckpt", ".zip"))
    if "first_stage_config" in model["params"]:
        state = {f"first_stage_model.{name}": tensor for name, tensor in state.items()}
        given = model["params"].get("transformer_config")
        sizes = given["params"] if given else {"vocab_size": 64, "block_size": 9, "n_layer": 1, "n_embd": 8}
        random = published.random_weights(published.mingpt(sizes))
        state |= {f"transformer.{name}": tensor for name, tensor in random.items()}
    elif entry.member or model["target"].endswith("IBQ"):
        averages = {f"model_ema.{name.replace('.', '')}": tensor for name, tensor in state.items()}
        state = state | averages | {"model_ema.decay": torch.tensor(0.999)}
    return makers.write_lightning(Path("model.ckpt"), state)


def check_full_size(entry: VqganEntry) -> None:
    """The names and shapes of the published file are those of the network, under taming's names."""
    state, _ = layout(entry.model)
    architecture = read_architecture(entry.model)
    if architecture.kind == "IBQ":
        averages = {f"model_ema.{name.replace('.', '')}": tensor for name, tensor in state.items()}
        state = with_averages(state | averages, entry.name)
    elif architecture.kind != "TiTok":
        state = to_taming(state)
    with without_weights():
        expected = (TiTok if architecture.kind == "TiTok" else VQGAN)(architecture).state_dict()
    assert {name: tensor.shape for name, tensor in state.items()} == {n: t.shape for n, t in expected.items()}
    # Some files hold nothing else, and those of IBQ a running average of each number.
    copies = 2 if architecture.kind == "IBQ" else 1
    alone = entry.name == "coco" or entry.name.startswith(("ibq", "titok", "llamagen"))
    size = entry.bytes or entry.about_bytes
    assert size is not None or not alone
    numbers = sum(tensor.numel() for tensor in expected.values())
    assert not alone or size == pytest.approx(4 * copies * numbers, rel=0.004)
    if shape := read_net2net_shape(entry.model):
        params = entry.model["params"]["transformer_config"]["params"]
        with without_weights():
            wanted = {name: tensor.shape for name, tensor in GPT(shape).state_dict().items()}
        found = {name: shape for name, shape in published.mingpt(params).items() if not name.endswith("attn.mask")}
        assert found == wanted


def check_step(model: ImageModel, reference: nn.Module | None) -> None:
    """It encodes, decodes what it encoded, and has a gradient at the latent."""
    side = model.architecture.only_size or (32, 32)
    picture = torch.rand(1, 3, *side, generator=torch.Generator().manual_seed(1))
    z = model.encode(picture)
    assert z.shape == model.architecture.latent_shape(side)
    leaf = z.clone().requires_grad_()
    shown = model.decode(model.quantize(leaf))
    assert shown.shape == picture.shape
    (shown * torch.randn(shown.shape, generator=torch.Generator().manual_seed(2))).sum().backward()
    assert leaf.grad is not None
    assert bool(leaf.grad.isfinite().all())
    assert bool(leaf.grad.any())
    if reference is not None:
        z_q = model.quantize(z)
        assert (model.decode(z_q) - reference.decode(z_q)).abs().max() < 1e-5


def build_vqgan(name: str) -> None:
    entry = catalogue.vqgan_entry(name)
    if entry.file:
        check_step(load_vqgan(find_vqgan(name), CPU), None)
        return
    check_full_size(entry)
    model = shrunk(entry.model)
    state, reference = layout(model, file=True)
    path = write_vqgan(entry, model, state)
    check_step(load_vqgan(VqganFiles(name, path, model), CPU), reference)
    if "transformer_config" in model.get("params", ()):
        codes = catalogue.vqgan_entry(name).network[1]
        sampler = load_net2net(PriorFiles(name, path, model, None), codes, CPU)
        assert sampler.network(torch.zeros(1, 3, dtype=torch.int64)).isfinite().all()
    lost = "decoder.decoder_embed.bias" if "model" in model else "decoder.norm_out.bias"
    del state[lost]
    with pytest.raises(ModelError, match=rf"1 tensor missing \({lost}\)"):
        load_vqgan(VqganFiles(name, write_vqgan(entry, model, state), model), CPU)
    state |= {lost: torch.zeros(3), "decoder.unheard": torch.zeros(1)}
    with pytest.raises(ModelError, match=r"decoder\.unheard"):
        load_vqgan(VqganFiles(name, write_vqgan(entry, model, state), model), CPU)


def put_in_hub(repo: str, files: Mapping[str, Path]) -> Path:
    """Lay files into the hub's cache as a download does."""
    folder = Path("hub") / f"models--{repo.replace('/', '--')}"
    place = folder / "snapshots" / "abc"
    place.mkdir(parents=True, exist_ok=True)
    (folder / "refs").mkdir(exist_ok=True)
    (folder / "refs" / "main").write_text("abc")
    for name, source in files.items():
        shutil.copyfile(source, place / name)
    return place


def check_clip_numbers(entry: ClipEntry, network: str) -> None:
    """The network of full size has the names of open_clip's, and the numbers of `about_bytes`."""
    config = open_clip.get_model_config(network)
    texts = config["text_cfg"]
    files = ClipFiles(entry.name, network)
    theirs = {key: value for key, value in config.items() if key != "custom_text"}
    if encoder := texts.get("hf_model_name"):
        folder = Path("text")
        folder.mkdir()
        (folder / "config.json").write_text(json.dumps(TEXTS[encoder]))
        files = ClipFiles(entry.name, network, text=folder)
        local = {"hf_model_name": str(folder), "hf_tokenizer_name": str(folder), "hf_model_pretrained": False}
        theirs["text_cfg"] = texts | local
    ours = _build(open_clip.get_model_config(network), torch.float32, files)
    build = networks.CustomTextCLIP if encoder or config.get("custom_text") else networks.CLIP
    with without_weights():
        expected = {name: tensor.shape for name, tensor in build(**theirs).state_dict().items()}
    assert {name: tensor.shape for name, tensor in ours.state_dict().items()} == expected
    numbers = sum(tensor.numel() for tensor in ours.state_dict().values())
    assert 4 * numbers == pytest.approx(entry.about_bytes, rel=1e-5)


def build_clip(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = catalogue.clip_entry(name)
    if entry.folder:
        load_perceptor(registry.find_clip(name), CPU)
        return
    network = entry.model or ROBUST_L
    check_clip_numbers(entry, network)
    config = reduced(network)
    create = timm.create_model
    monkeypatch.setattr(timm, "create_model", lambda name, **given: create(name, **(given | smaller(name))))
    model = write(Path("clip"), network, config)
    monkeypatch.setattr(open_clip, "get_model_config", lambda name: copy.deepcopy({network: config}.get(name)))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(Path("hub").absolute()))
    weights = Path("clip/open_clip_model.safetensors")
    own = {} if entry.model else {"open_clip_config.json": Path("clip/open_clip_config.json")}
    place = put_in_hub(entry.repo, {weights.name: weights, **own})
    if entry.text:
        put_in_hub(entry.text.repo, {file: Path("clip", file) for file in entry.text.files})
    perceptor = load_perceptor(registry.find_clip(name), CPU)
    picture = torch.rand(2, 3, perceptor.cut_size, perceptor.cut_size, generator=torch.Generator().manual_seed(1))
    seen, read = perceptor.encode_image(picture), perceptor.encode_text(["a red apple"])
    with torch.no_grad():
        expected = nn.functional.normalize(model.visual((picture - perceptor.mean) / perceptor.std), dim=-1)
    assert (seen - expected).abs().max() < 1e-5
    assert read.shape == (1, seen.shape[1])
    state = load_file(place / weights.name)
    del state["logit_scale"]
    makers.write_safetensors(place / weights.name, state | {"unheard": torch.zeros(1)})
    with pytest.raises(ModelError, match=r"1 tensor missing \(logit_scale\).*unheard"):
        load_perceptor(registry.find_clip(name), CPU)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), ROWS, ids=[f"{kind}-{name}" for kind, name in ROWS])
def test_a_row_is_built_in_its_published_layout_and_loads_strictly(
    kind: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    if kind == "vqgan":
        build_vqgan(name)
    elif kind == "clip":
        build_clip(name, monkeypatch)
    else:
        codebook = load_vqgan(find_vqgan(name), CPU, encoder=False).codebook
        larger = registry.find_upsampler(name) if kind == "upsampler" else None
        sampler = load_sampler(registry.find_prior(name), codebook, larger)
        assert (sampler.upsampler is not None) == (kind == "upsampler")

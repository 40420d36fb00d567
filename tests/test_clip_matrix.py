"""Every kind of network of open_clip's list, with random weights and reduced depth, encodes as open_clip does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import open_clip
import open_clip.model as networks
import pytest
import timm
import torch
import torch.nn.functional as F
from attacks import clip_folders
from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model
from open_clip.transform import PreprocessCfg, merge_preprocess_dict
from safetensors.torch import save_file

from vqclip.errors import ModelError
from vqclip.models import registry
from vqclip.models.catalogue import ClipEntry, clip_entries
from vqclip.models.clip_config import check_model, check_preprocessing
from vqclip.models.perceptor import _framing, load_perceptor

CPU = torch.device("cpu")
BERT = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
M2M = {f"{part}_{what}": 1 for part in ("encoder", "decoder") for what in ("layers", "attention_heads")}
ENCODERS: dict[str, dict[str, Any]] = {
    "roberta": {"model_type": "roberta", "max_position_embeddings": 200, **BERT},
    "xlm-roberta": {"model_type": "xlm-roberta", "max_position_embeddings": 200, **BERT},
    "mt5": {"model_type": "mt5", "d_model": 64, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2},
    "nllb": {"model_type": "m2m_100", "d_model": 64, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, **M2M},
}
"""Small text encoders of transformers, by the start of their names."""


def smaller(name: str) -> dict[str, Any]:
    """The arguments that make a network of timm shallow, and narrow where its other arguments allow."""
    if name.startswith("convnext"):
        return {"depths": (1, 1, 1, 1), "dims": (16, 32, 64, 128)}
    if name.startswith("swin"):
        return {"depths": (1, 1, 1, 1), "embed_dim": 32, "num_heads": (1, 2, 4, 8)}
    if name.startswith("fastvit"):
        return {"layers": (1,) * (5 if name.endswith(("3", "4")) else 4)}
    if name.startswith(("vitamin", "vit_base_mci", "vit_relpos")):
        return {"depth": 1}
    return {"depth": 1, "embed_dim": 64, "num_heads": 1}


def reduced(name: str) -> dict[str, Any]:
    """The configuration of a network of open_clip's list, with one layer, and narrow."""
    config: dict[str, Any] = open_clip.get_model_config(name)
    vision, texts = config["vision_cfg"], config["text_cfg"]
    if "timm_model_name" in vision:
        vision["timm_model_pretrained"] = False
    elif isinstance(vision["layers"], list):
        vision |= {"layers": [1, 1, 1, 1], "width": 16}
    else:
        vision |= {"layers": 1, "width": 128, "head_width": 64}
    if not texts.get("hf_model_name"):
        texts |= {"layers": 1, "width": 64, "heads": 1}
    if texts.get("hf_tokenizer_name"):
        texts["vocab_size"] = 64
    # Networks of timm with a head of their own keep its width; the others have no projection.
    config["embed_dim"] = 64
    if texts.get("pad_id"):
        texts["pad_id"] = 1
    return config


def write(folder: Path, name: str, config: dict[str, Any]) -> Any:
    """Write a folder of open_clip with random weights, and return open_clip's own network with them."""
    folder.mkdir()
    texts = config["text_cfg"]
    theirs = {key: value for key, value in config.items() if key != "custom_text"}
    if encoder := texts.get("hf_model_name"):
        kind = next(kind for kind in ENCODERS if encoder.rpartition("/")[2].startswith(kind))
        (folder / "config.json").write_text(json.dumps({**ENCODERS[kind], "vocab_size": 64}))
        local = {"hf_model_name": str(folder), "hf_tokenizer_name": str(folder), "hf_model_pretrained": False}
        theirs["text_cfg"] = texts | local
    if texts.get("hf_tokenizer_name"):
        (folder / "tokenizer.json").write_text(json.dumps(clip_folders.word_level()))
        (folder / "tokenizer_config.json").write_text("{}")
    torch.manual_seed(0)
    build = networks.CustomTextCLIP if encoder or config.get("custom_text") else networks.CLIP
    model = build(**theirs).eval()
    with torch.no_grad():
        # Some parts start at zero, and would hide a difference.
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    save_file(
        {k: v.contiguous().clone() for k, v in model.state_dict().items()}, folder / "open_clip_model.safetensors"
    )
    tags = list_pretrained_tags_by_model(name)
    known = check_preprocessing(get_pretrained_cfg(name, tags[0]) if tags else {}, name)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": known}))
    return model


def kind(name: str) -> str:
    """A configuration without its sizes, which networks of one kind share."""
    sizes = r"\d+|base|large|small|tiny|medium|giantopt|giant|enormous|huge|xxlarge|xlarge|gigantic|so\d+m|xl"

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if key not in ("layers", "width", "heads")}
        return re.sub(sizes, "", value) if isinstance(value, str) else isinstance(value, (bool, type(None))) and value

    return json.dumps(bare(open_clip.get_model_config(name)), sort_keys=True)


def side(name: str) -> tuple[int, int, int]:
    """Small networks come first."""
    config = open_clip.get_model_config(name)
    return config["vision_cfg"].get("image_size", 224), config["embed_dim"], len(name)


NAMES = sorted(open_clip.list_models(), key=side)
KINDS = {kind(name): name for name in reversed(NAMES) if not name.startswith("coca")}
"""The smallest network of each kind."""


FAMILIES = {
    "ViT": r"ViT-B-16-quickgelu", "ResNet": r"RN\d+", "ConvNeXt": r"convnext_base", "ConvNeXt-D": r"convnext_.*_d",
    "Swin": r"swin_", "EVA": r"EVA01", "EVA-02": r"EVA02", "ViTamin": r"ViTamin", "MobileCLIP": r"MobileCLIP-S",
    "MobileCLIP2": r"MobileCLIP2", "PE": r"PE-Core", "CLIPA": r".*-CLIPA", "SigLIP": r"ViT-B-16-SigLIP$",
    "SigLIP i18n": r".*SigLIP-i18n", "SigLIP 2": r".*SigLIP2", "XLM-R": r"xlm-roberta", "RoBERTa": r"roberta",
    "mT5": r"mt5", "NLLB": r"nllb-clip-base$", "NLLB, SigLIP": r"nllb-.*-siglip", "XLM-V": r".*worldwide",
    "relative positions": r"vit_relpos", "GAP": r"vit_medium",
}  # fmt: skip
"""The families of open_clip's list by their image or text encoder; CoCa is refused."""


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_of_the_list_is_among_the_compared_networks(family: str) -> None:
    assert any(re.match(FAMILIES[family], name) for name in KINDS.values())


def test_every_network_but_coca_is_of_a_compared_kind() -> None:
    assert {name for name in NAMES if kind(name) not in KINDS} == {
        name for name in NAMES if "multimodal_cfg" in open_clip.get_model_config(name)
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_listed_network_is_accepted_or_refused_with_the_reason(name: str) -> None:
    config = open_clip.get_model_config(name)
    if name.startswith("coca"):
        with pytest.raises(ModelError, match=r"is a CoCa model, which vqclip does not support\. Use a plain CLIP\."):
            check_model(config, name)
    else:
        assert check_model(config, name) == config
    for tag in list_pretrained_tags_by_model(name):
        given = get_pretrained_cfg(name, tag)
        theirs = merge_preprocess_dict(
            PreprocessCfg(), {k: v for k, v in given.items() if k in vars(PreprocessCfg())}
        )
        ours = check_preprocessing(given, name)
        framing = _framing(ours)
        assert (framing.resize_mode, framing.interpolation) == (theirs["resize_mode"], theirs["interpolation"])
        assert tuple(ours.get("mean") or theirs["mean"]) == tuple(theirs["mean"])
        assert tuple(ours.get("std") or theirs["std"]) == tuple(theirs["std"])


@pytest.mark.parametrize("entry", [e for e in clip_entries() if e.repo and e.model], ids=lambda entry: entry.name)
def test_the_network_of_a_listed_clip_is_of_a_tested_kind(entry: ClipEntry) -> None:
    assert kind(str(entry.model)) in KINDS


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS.values())
def test_a_network_encodes_as_open_clip_does(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create = timm.create_model
    monkeypatch.setattr(timm, "create_model", lambda name, **given: create(name, **(given | smaller(name))))
    torch.set_num_threads(1)
    model = write(tmp_path / "clip", name, reduced(name))
    perceptor = load_perceptor(registry.find_clip(f"local-dir:{tmp_path / 'clip'}"), CPU)
    image = torch.rand(2, 3, perceptor.cut_size, perceptor.cut_size).requires_grad_()
    features = perceptor.encode_image(image)
    features[:, :7].sum().backward()
    assert image.grad is not None
    assert bool((image.grad.abs().amax((1, 2, 3)) > 0).all())
    assert bool(image.grad.isfinite().all())
    texts = ["a red apple", "apple"]
    tokens = perceptor._tokenizer(texts, context_length=perceptor.context_length)
    with torch.no_grad():
        expected = F.normalize(model.visual((image - perceptor.mean) / perceptor.std), dim=-1)
        read = model.encode_text(tokens, normalize=True)
        assert (features - expected).abs().max() < 1e-5
        assert (perceptor.encode_text(texts) - read).abs().max() < 1e-5
    assert perceptor.logit_scale == pytest.approx(float(model.logit_scale.exp()))

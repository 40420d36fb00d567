"""CLIP without open_clip: the same features, gradients and tokens, and nothing imported for them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from open_clip.tokenizer import SimpleTokenizer
from safetensors.torch import load_file

from vqclip.files import data_path
from vqclip.models import clip_resnet
from vqclip.models.languages import spelt_out
from vqclip.models.tokenizer import Tokenizer

FOLDER = data_path("checkpoints", "tiny_clip")
MERGES = FOLDER / "bpe.txt.gz"


@pytest.fixture(scope="module")
def both() -> tuple[Any, Any]:
    """The built-in CLIP as ours and as open_clip's network."""
    config = json.loads((FOLDER / "open_clip_config.json").read_text())["model_cfg"]
    weights = {n: w.float() for n, w in load_file(FOLDER / "open_clip_model.safetensors").items()}
    ours, theirs = clip_resnet.build(config), open_clip.model.CLIP(**config)
    assert ours is not None
    ours.load_state_dict(weights, assign=True)
    theirs.load_state_dict(weights)
    return ours.requires_grad_(False).eval(), theirs.requires_grad_(False).eval()


def test_pictures_have_open_clips_features_and_gradients(both: tuple[Any, Any]) -> None:
    side = both[0].visual.image_size
    found = []
    for model in both:
        pixels = torch.randn(3, 3, side, side, generator=torch.Generator().manual_seed(1)).requires_grad_()
        features = model.visual(pixels)
        features.square().sum().backward()
        found.append((features, pixels.grad))
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6 * theirs.detach().abs().max().item())


def test_texts_have_open_clips_features(both: tuple[Any, Any]) -> None:
    ours, theirs = both
    tokens = Tokenizer(MERGES)(["a red apple", "", "fog " * 40], ours.context_length)
    torch.testing.assert_close(ours.encode_text(tokens), theirs.encode_text(tokens), rtol=1e-5, atol=1e-5)
    assert ours.logit_scale == theirs.logit_scale


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_cast_leaves_in_float32_what_open_clips_leaves(both: tuple[Any, Any], dtype: torch.dtype) -> None:
    config = json.loads((FOLDER / "open_clip_config.json").read_text())["model_cfg"]
    ours, theirs = clip_resnet.build(config), open_clip.model.CLIP(**config)
    assert ours is not None
    clip_resnet.cast(ours.visual, dtype)
    open_clip.model.convert_weights_to_lp(theirs.visual, dtype=dtype)
    kinds = [{name: tensor.dtype for name, tensor in m.visual.named_parameters()} for m in (ours, theirs)]
    assert kinds[0] == kinds[1]
    assert set(kinds[0].values()) == {dtype, torch.float32}


def changed(**changes: Any) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((FOLDER / "open_clip_config.json").read_text())["model_cfg"]
    for key, value in changes.items():
        tower, _, name = key.partition("__")
        if name:
            config[tower][name] = value
        else:
            config[tower] = value
    return config


@pytest.mark.parametrize(
    "config",
    [
        changed(quick_gelu=True),
        changed(custom_text=True),
        changed(vision_cfg__layers=12),
        changed(vision_cfg__layers=[1, 1, 1]),
        changed(vision_cfg__head_width=37),
        changed(vision_cfg__timm_model_name="x"),
        changed(text_cfg__hf_model_name="x"),
        changed(text_cfg__heads=7),
        changed(text_cfg__width="many"),
        changed(embed_dim=None),
        changed(vision_cfg=3),
        {},
    ],
)
def test_other_networks_are_left_to_open_clip(config: dict[str, Any]) -> None:
    assert clip_resnet.build(config) is None


TEXTS = [
    "a red apple", "A Red  Apple,on-the 3 tables!!", "it's we're I'll don't 'tis '", "", " ", "x" * 300, "12345 1a2b",
    "fish &amp; chips", "&lt;b&gt;&#233;", "naïve café", "苹果 🍎 ünïcödé", "ﬁnd “quotes” ‘n’",
    "a\tb\nc\x00d\x1b[31m",
        "<start_of_text> hi <END_OF_TEXT>", "a_b c\\d {e} | f:g", "İstanbul ǅ ſ", "½ ² Ⅷ ٣",
]  # fmt: skip


@pytest.fixture(scope="module")
def tokenizers() -> tuple[Tokenizer, Any]:
    return Tokenizer(MERGES, 20), SimpleTokenizer(bpe_path=str(MERGES), context_length=20)


def test_tokens_are_open_clips(tokenizers: tuple[Tokenizer, Any]) -> None:
    ours, theirs = tokenizers
    for text in TEXTS:
        assert ours.encode(text) == theirs.encode(text), text
        assert ours.decode(ours.encode(text)) == theirs.decode(theirs.encode(text))
    assert torch.equal(ours(TEXTS), theirs(TEXTS))
    assert ours.vocab_size == theirs.vocab_size


@settings(max_examples=150, deadline=None)
@given(text=st.one_of(st.text(st.characters(max_codepoint=127)), st.text()))
def test_tokens_of_any_text_are_open_clips(text: str, tokenizers: tuple[Tokenizer, Any]) -> None:
    ours, theirs = tokenizers
    assert ours.encode(text) == theirs.encode(text)


@pytest.mark.slow
def test_the_full_vocabulary_is_read_as_open_clip_reads_it() -> None:
    merges = Path(open_clip.__file__).with_name("bpe_simple_vocab_16e6.txt.gz")
    ours, theirs = Tokenizer(merges), SimpleTokenizer(bpe_path=str(merges))
    assert torch.equal(ours(TEXTS), theirs(TEXTS))
    assert ours.vocab_size == theirs.vocab_size == 49408


NEEDLESS = ("open_clip", "torchvision", "timm", "transformers", "torch._dynamo", "sympy", "ftfy", "huggingface_hub")


@pytest.mark.slow
def test_a_run_of_the_built_in_pair_imports_only_what_it_uses() -> None:
    code = (
        "import sys, vqclip\n"
        "for _ in vqclip.generate('a red apple', seed=1, size=32, iterations=1, stages=1, candidates=1, output='run',"
        " threads=1): pass\n"
        f"print([name for name in {NEEDLESS!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=250)
    assert told.stdout == "[]\n"
    assert Path("run/image.png").is_file()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a red apple.", "a red apple"),
        ("A red apple!", "A red apple"),
        ("3 fish, 12 birds (blue)", "three fish, birds blue"),
        ("it's a t-shirt", "it s a t shirt"),
        ("16:9", ""),
        ("un café", "un café"),
        ("a Coloured crayon and three tyres", "a colored crayon and three tires"),
        ("10 hearts... 1", "ten hearts one"),
        ("🍎", "red apple"),
        ("a ❤️ and 2 🐈‍⬛!", "a red heart and two black cat"),
    ],
)
def test_texts_are_spelt_out_for_models_that_were_taught_nothing_but_words(text: str, words: str) -> None:
    assert spelt_out(text) == words

"""Text towers of transformers come from this machine, and read as open_clip's own loading has them read."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from vqclip.errors import ModelError
from vqclip.models.registry import ClipFiles, find_clip
from vqclip.networks.perceptor import load_perceptor
from vqclip.networks.text_towers import with_local_texts

VISION = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
TEXT = {"hf_model_name": "xlm-roberta-base", "hf_tokenizer_name": "xlm-roberta-base", "hf_pooler_type": "mean_pooler"}
CONFIG: dict[str, Any] = {"embed_dim": 32, "vision_cfg": VISION, "text_cfg": TEXT}
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "ein", "roter", "apfel", "a", "red", "apple"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if transformers were installed."""
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "transformers" or real(name))


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def files(folder: Path, text: Path | None = None) -> ClipFiles:
    return ClipFiles("multilingual", "x", "y", weights=folder / "open_clip_model.safetensors", text=text)


def test_without_transformers_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        ModelError, match="reads texts with a model of transformers, which is not installed"
    ) as caught:
        with_local_texts(CONFIG, files(tmp_path))
    assert "vqclip[multilingual]" in caught.value.hint


def test_the_tower_s_folder_takes_the_place_of_its_name_and_no_weights_are_fetched(tmp_path, installed):
    found = with_local_texts(CONFIG, files(tmp_path, text=tmp_path / "text"))
    assert found["text_cfg"] == TEXT | {
        "hf_model_name": str(tmp_path / "text"),
        "hf_tokenizer_name": str(tmp_path / "text"),
        "hf_model_pretrained": False,
    }
    plain = {"embed_dim": 32, "text_cfg": {"width": 64}}
    assert with_local_texts(plain, files(tmp_path)) == plain


def test_a_tower_that_is_not_here_is_named_with_the_command_that_fetches_it(tmp_path, installed, no_hub):
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG}))
    (tmp_path / "open_clip_model.safetensors").write_bytes(b"x")
    clip = find_clip(f"local-dir:{tmp_path}")
    with pytest.raises(
        ModelError, match="reads texts with xlm-roberta-base, whose configuration is not here"
    ) as caught:
        load_perceptor(clip, torch.device("cpu"))
    assert "hf download xlm-roberta-base config.json" in caught.value.hint


def test_a_folder_that_holds_a_tokenizer_uses_its_own(tmp_path, installed):
    (tmp_path / "tokenizer.json").write_text("{}")
    clip = ClipFiles("x", f"local-dir:{tmp_path}", folder=tmp_path, text=tmp_path / "text")
    assert with_local_texts(CONFIG, clip)["text_cfg"]["hf_tokenizer_name"] == str(tmp_path)


@pytest.mark.parametrize("layout", ["new", "old"])
def test_texts_are_read_as_open_clip_reads_them(layout, tmp_path, monkeypatch, no_hub):
    transformers = pytest.importorskip("transformers", reason="only with the extra `multilingual`")
    tokenizers = pytest.importorskip("tokenizers")
    from open_clip.model import CustomTextCLIP
    from open_clip.tokenizer import HFTokenizer
    from safetensors.torch import save_file

    text = tmp_path / "text"
    shape = {"vocab_size": 40, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    room = {"intermediate_size": 128, "max_position_embeddings": 100, "type_vocab_size": 1}
    transformers.XLMRobertaConfig(**shape, **room).save_pretrained(text)
    words = tokenizers.models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="<unk>")
    made = tokenizers.Tokenizer(words)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    ends = [("<s>", 0), ("</s>", 2)]
    made.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special).save_pretrained(text)
    torch.manual_seed(0)
    local = TEXT | {"hf_model_name": str(text), "hf_tokenizer_name": str(text), "hf_model_pretrained": False}
    theirs = CustomTextCLIP(**(CONFIG | {"text_cfg": local})).eval()
    state = {name: tensor.contiguous().clone() for name, tensor in theirs.state_dict().items()}
    if layout == "old":
        state["text.transformer.embeddings.position_ids"] = torch.arange(100)[None]
    save_file(state, tmp_path / "open_clip_model.safetensors")
    monkeypatch.setattr("vqclip.networks.perceptor._known_config", lambda files: (CONFIG, {}))
    perceptor = load_perceptor(files(tmp_path, text=text), torch.device("cpu"))
    texts = ["ein roter apfel", "a red apple"]
    expected = theirs.encode_text(HFTokenizer(str(text), context_length=77)(texts), normalize=True)
    torch.testing.assert_close(perceptor.encode_text(texts), expected)
    assert perceptor.context_length == 77
    assert perceptor.count_tokens("ein roter apfel") == 5
    assert perceptor.cut_text("ein " * 76 + "roter") == "ein roter"

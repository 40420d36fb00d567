"""Text towers of transformers come from this machine, and read as open_clip's own loading has them read."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from attacks import clip_folders
from safetensors.torch import save_file

from vqclip.errors import ModelError
from vqclip.models import text_tokens
from vqclip.models.perceptor import load_perceptor
from vqclip.models.registry import ClipFiles, find_clip
from vqclip.models.sentence_pieces import read_sentence_pieces
from vqclip.models.text_config import ARCHITECTURES
from vqclip.models.text_encoders import encoder_folder

VISION = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
TEXT = {"hf_model_name": "xlm-roberta-base", "hf_tokenizer_name": "xlm-roberta-base", "hf_pooler_type": "mean_pooler"}
CONFIG: dict[str, Any] = {"embed_dim": 32, "vision_cfg": VISION, "text_cfg": TEXT}
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "ein", "roter", "apfel", "a", "red", "apple"]
SAID = [
    "a red apple",
    "Ein roter Apfel, naïve façade!",
    "",
    "  two   blanks\tand\nlines ",
    "苹果 and 🍎",
    "it's 3.5 % of A_B-C",
    "apple " * 60,
]
CORPUS = [
    *SAID,
    "the quick brown fox jumps over the lazy dog",
    "ein schneller brauner Fuchs",
    "apples, pears; plums",
] * 3
needs_transformers = pytest.mark.skipif(
    importlib.util.find_spec("transformers") is None, reason="only with the extra `multilingual`"
)


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def files(folder: Path, text: Path | None = None) -> ClipFiles:
    return ClipFiles("multilingual", "x", "y", weights=folder / "open_clip_model.safetensors", text=text)


def test_without_transformers_the_extra_is_named(tmp_path, monkeypatch):
    folder = clip_folders.with_tower(tmp_path / "clip")
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "transformers" else real(name))
    with pytest.raises(
        ModelError, match="reads texts with a model of transformers, which is not installed"
    ) as caught:
        load_perceptor(find_clip(f"local-dir:{folder}"), torch.device("cpu"))
    assert "vqclip[multilingual]" in caught.value.hint


def test_a_tower_lies_in_the_registry_s_folder_the_cache_or_the_clip_s_own(tmp_path, no_hub):
    assert encoder_folder(CONFIG, files(tmp_path, text=tmp_path / "text")) == tmp_path / "text"
    own = ClipFiles("x", "local-dir:x", folder=clip_folders.with_tower(tmp_path / "clip"))
    assert encoder_folder(CONFIG, own) == own.folder
    snapshot = no_hub / "models--xlm-roberta-base" / "snapshots" / "main"
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text("{}")
    assert encoder_folder(CONFIG, own) == snapshot


@pytest.mark.parametrize("name", ["{}", "./text", "../text", "text/../text", "~/text", "a/b/text", "\ud800"])
def test_a_name_is_never_a_path(name, tmp_path, no_hub, monkeypatch):
    place = tmp_path / "text"
    place.mkdir()
    (place / "config.json").write_text(json.dumps(clip_folders.TOWER))
    monkeypatch.chdir(tmp_path)
    config = CONFIG | {"text_cfg": TEXT | {"hf_model_name": name.format(place)}}
    with pytest.raises(ModelError, match="whose configuration is not on this machine"):
        encoder_folder(config, files(tmp_path))


@needs_transformers
def test_a_tower_that_is_not_here_is_named_with_the_command_that_fetches_it(tmp_path, no_hub):
    folder = clip_folders.write(tmp_path / "clip", {"model_cfg": CONFIG})
    with pytest.raises(
        ModelError, match="reads texts with xlm-roberta-base, whose configuration is not on this machine"
    ) as caught:
        load_perceptor(find_clip(f"local-dir:{folder}"), torch.device("cpu"))
    assert "hf download xlm-roberta-base config.json" in caught.value.hint


def tower_config(kind: str) -> Any:
    """A small architecture of each kind, as transformers writes it."""
    transformers = pytest.importorskip("transformers", reason="only with the extra `multilingual`")
    bert = {"vocab_size": 40, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    bert |= {"intermediate_size": 128, "max_position_embeddings": 100}
    t5 = {"vocab_size": 40, "d_model": 64, "d_kv": 16, "d_ff": 128, "num_layers": 2, "num_heads": 2}
    layers = {f"{part}_{what}": 2 for part in ("encoder", "decoder") for what in ("layers", "attention_heads")}
    m2m = {"vocab_size": 40, "d_model": 64, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, **layers}
    return {
        "bert": lambda: transformers.BertConfig(**bert),
        "roberta": lambda: transformers.RobertaConfig(**bert),
        "xlm-roberta": lambda: transformers.XLMRobertaConfig(**bert, type_vocab_size=1),
        "mt5": lambda: transformers.MT5Config(**t5),
        "m2m_100": lambda: transformers.M2M100Config(**m2m),
    }[kind]()


def write_tokenizer(folder: Path) -> None:
    """A tokenizer of ten words, as transformers writes it."""
    transformers = pytest.importorskip("transformers", reason="only with the extra `multilingual`")
    tokenizers = pytest.importorskip("tokenizers")
    words = tokenizers.models.WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="<unk>")
    made = tokenizers.Tokenizer(words)
    made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    ends = [("<s>", 0), ("</s>", 2)]
    made.post_processor = tokenizers.processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    transformers.PreTrainedTokenizerFast(tokenizer_object=made, **special).save_pretrained(folder)


@pytest.mark.slow
@pytest.mark.parametrize("place", ["registry", "own"])
@pytest.mark.parametrize("layout", ["new", "old"])
@pytest.mark.parametrize("pooler", [None, "mean_pooler", "cls_pooler", "cls_last_hidden_state_pooler"])
@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-roberta", "mt5"])
def test_texts_are_read_as_open_clip_reads_them(kind, pooler, layout, place, tmp_path, monkeypatch, no_hub):
    from open_clip.model import CustomTextCLIP
    from open_clip.tokenizer import HFTokenizer

    if layout == "old" and (pooler != "mean_pooler" or kind == "mt5"):
        pytest.skip("one pooler is enough")
    folder = tmp_path / "clip"
    text = folder if place == "own" else tmp_path / "text"
    folder.mkdir()
    tower_config(kind).save_pretrained(text)
    write_tokenizer(text)
    torch.manual_seed(0)
    named = {**TEXT, "hf_pooler_type": pooler}
    local = named | {"hf_model_name": str(text), "hf_tokenizer_name": str(text), "hf_model_pretrained": False}
    theirs = CustomTextCLIP(**(CONFIG | {"text_cfg": local})).eval()
    state = {name: tensor.contiguous().clone() for name, tensor in theirs.state_dict().items()}
    if layout == "old":
        state["text.transformer.embeddings.position_ids"] = torch.arange(100)[None]
    save_file(state, folder / "open_clip_model.safetensors")
    config = CONFIG | {"text_cfg": named}
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    monkeypatch.setattr("vqclip.models.perceptor._known_config", lambda files: (config, {}))
    found = find_clip(f"local-dir:{folder}") if place == "own" else files(folder, text=text)
    perceptor = load_perceptor(found, torch.device("cpu"))
    texts = ["ein roter apfel", "a red apple"]
    expected = theirs.encode_text(HFTokenizer(str(text), context_length=77)(texts), normalize=True)
    torch.testing.assert_close(perceptor.encode_text(texts), expected)
    assert perceptor.context_length == 77
    assert perceptor.count_tokens("ein roter apfel") == 5
    assert perceptor.cut_text("ein " * 76 + "roter") == "ein roter"


@pytest.mark.parametrize("kind", ARCHITECTURES)
@pytest.mark.parametrize("pooler", ["mean_pooler", "cls_pooler"])
def test_a_tower_has_the_weights_of_open_clips(kind, pooler, tmp_path, no_hub):
    from open_clip.hf_model import HFTextEncoder

    from vqclip.models.checkpoints import without_weights
    from vqclip.models.text_encoders import build

    tower_config(kind).save_pretrained(tmp_path)
    config = CONFIG | {"text_cfg": TEXT | {"hf_pooler_type": pooler}}
    with without_weights():
        theirs = HFTextEncoder(str(tmp_path), 32, pooler_type=pooler, proj_type="mlp", pretrained=False)
        ours = build(config, files(tmp_path, text=tmp_path))
    assert {k: v.shape for k, v in ours.state_dict().items()} == {k: v.shape for k, v in theirs.state_dict().items()}


def as_xlm_roberta(folder: Path) -> None:
    """tokenizer.json of a unigram model with the steps of XLM-RoBERTa."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace("  ", " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made.train_from_iterator(
        CORPUS, trainers.UnigramTrainer(vocab_size=90, special_tokens=special, unk_token="<unk>", show_progress=False)
    )
    ends = [(word, made.token_to_id(word)) for word in ("<s>", "</s>")]
    made.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=ends)
    made.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>"}
    settings |= {"pad_token": {"content": "<pad>", "__type": "AddedToken"}, "unk_token": "<unk>", "sep_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def as_bert(folder: Path) -> None:
    """vocab.txt, and settings that keep capitals."""
    letters = [*"abcdefghijklmnopqrstuvwxyz", *"ABE.,!%_-'35"]
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "apple", "red", "Ein", "rot", "苹", "naive", "naïve"]
    (folder / "vocab.txt").write_text("\n".join([*words, *letters, *(f"##{letter}" for letter in letters)]) + "\n")
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": False})
    )
    (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))


def as_lower_bert(folder: Path) -> None:
    """vocab.txt with nothing but the kind of the tower beside it."""
    as_bert(folder)
    (folder / "tokenizer_config.json").write_text("{}")


def as_saved_bert(folder: Path) -> None:
    """tokenizer.json as transformers writes it for BERT."""
    transformers = pytest.importorskip("transformers")
    (folder / "first").mkdir()
    as_lower_bert(folder / "first")
    transformers.AutoTokenizer.from_pretrained(folder / "first").save_pretrained(folder)


def as_roberta(folder: Path) -> None:
    """vocab.json and merges.txt."""
    from tokenizers import ByteLevelBPETokenizer

    made = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    made.train_from_iterator(CORPUS, vocab_size=300, special_tokens=special, show_progress=False)
    made.save_model(str(folder))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "RobertaTokenizer"}))


def as_siglip(folder: Path) -> None:
    """tokenizer.json with an end and no start, filled up with the end, as SigLIP folders have it."""
    as_xlm_roberta(folder)
    content = json.loads((folder / "tokenizer.json").read_text())
    content["post_processor"]["single"] = content["post_processor"]["single"][1:]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "</s>", "eos_token": "</s>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


@needs_transformers
@pytest.mark.parametrize(
    "known",
    [{}, {"clean": "canonicalize"}, {"clean": "lower"}, {"strip_sep_token": True}],
    ids=["plain", "canonicalize", "lower", "strip"],
)
@pytest.mark.parametrize("make", [as_xlm_roberta, as_bert, as_lower_bert, as_saved_bert, as_roberta, as_siglip])
def test_tokens_are_those_of_open_clips_loading(
    make: Callable[[Path], None], known: dict[str, Any], tmp_path: Path
) -> None:
    from open_clip.tokenizer import HFTokenizer

    make(tmp_path)
    if make is as_siglip and "strip_sep_token" in known:
        pytest.skip("it has no such token")
    theirs, ours = HFTokenizer(str(tmp_path), context_length=24, **known), text_tokens.load(tmp_path, 24, known, "")
    assert torch.equal(ours(SAID), theirs(SAID))
    assert torch.equal(ours(SAID, context_length=9), theirs(SAID, context_length=9))
    ids = ours.encode("a red apple")
    assert ours.decode(ids).strip() == theirs.tokenizer.decode(ids).strip()


@needs_transformers
def test_tokens_of_clips_are_those_of_open_clip(tmp_path: Path) -> None:
    from open_clip.tokenizer import HFTokenizer

    as_lower_bert(tmp_path)
    special = {"bos_token": "[unused]", "eos_token": "[MASK]"} | {"bos_token": "[UNK]"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(special | {"tokenizer_class": "BertTokenizer"}))
    theirs = HFTokenizer(str(tmp_path), context_length=20, tokenizer_mode="clips")
    assert torch.equal(text_tokens.load(tmp_path, 20, {}, "clips")(SAID), theirs(SAID))


@needs_transformers
@pytest.mark.parametrize("kind", ["xlm", "t5"])
@pytest.mark.parametrize("rule", ["nmt_nfkc", "identity"])
def test_tokens_of_sentence_pieces_are_the_library_s(kind: str, rule: str, tmp_path: Path) -> None:
    pieces = pytest.importorskip("sentencepiece", reason="the reference of this test")
    ids = {
        "xlm": {"unk_id": 0, "bos_id": 1, "eos_id": 2},
        "t5": {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1},
    }
    (tmp_path / "corpus").write_text("\n".join(text.replace("\n", " ") for text in CORPUS))
    pieces.SentencePieceTrainer.train(
        input=str(tmp_path / "corpus"),
        model_prefix=str(tmp_path / "made"),
        vocab_size=90,
        hard_vocab_limit=False,
        normalization_rule_name=rule,
        minloglevel=2,
        **ids[kind],
    )
    name = "sentencepiece.bpe.model" if kind == "xlm" else "spiece.model"
    shutil.move(tmp_path / "made.model", tmp_path / name)
    reference = pieces.SentencePieceProcessor(model_file=str(tmp_path / name))
    found = read_sentence_pieces(tmp_path / name)
    assert [word for word, _ in found.pieces] == [reference.id_to_piece(n) for n in range(len(reference))]
    assert [score for _, score in found.pieces] == [reference.get_score(n) for n in range(len(reference))]
    ours = text_tokens.load(tmp_path, 64, {"clean": "whitespace"}, "")
    for text in SAID:
        plain = reference.encode(ours._clean(text))
        shifted = [3 if n == 0 else n + 1 for n in plain]  # fairseq has one more at the start
        expected = [0, *shifted, 2] if kind == "xlm" else [*plain, 1]
        got = ours([text])[0].tolist()
        if len(expected) <= 64:
            assert got == expected + [1 if kind == "xlm" else 0] * (64 - len(expected)), text
        else:
            assert got == [*expected[:63], expected[-1]], text


@needs_transformers
@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\x0a\xff\xff\xff\xff\x7f", b"\x0a\x02\x0a\x05", bytes(100)])
def test_damaged_sentence_pieces_are_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "spiece.model").write_bytes(data)
    with pytest.raises(ModelError, match=r"spiece\.model"):
        text_tokens.load(tmp_path, 24, {}, "")


@needs_transformers
@pytest.mark.parametrize("kind", ["NllbTokenizer", "NllbTokenizerFast"])
def test_a_language_is_put_before_texts_as_nllb_has_it(kind: str, tmp_path: Path) -> None:
    content = clip_folders.word_level()
    vocabulary = content["model"]["vocab"]
    vocabulary |= {code: len(vocabulary) + n for n, code in enumerate(("eng_Latn", "deu_Latn"))}
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": kind}))
    said = [
        text_tokens.load(tmp_path, 6, known, "")(["a apple"])[0].tolist() for known in ({}, {"language": "deu_Latn"})
    ]
    assert said == [[10, 4, 6, 2, 1, 1], [11, 4, 6, 2, 1, 1]]
    with pytest.raises(ModelError, match="has no token xxx"):
        text_tokens.load(tmp_path, 6, {"language": "xxx"}, "")


@needs_transformers
def test_a_class_that_needs_more_than_pieces_is_named(tmp_path: Path) -> None:
    (tmp_path / "spiece.model").write_bytes(b"\x0a\x02\x0a\x00")
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "EvilTokenizer"}))
    with pytest.raises(ModelError, match=r"a EvilTokenizer needs a tokenizer\.json"):
        text_tokens.load(tmp_path, 24, {}, "")

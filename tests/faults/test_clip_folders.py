"""CLIP folders of strangers: nothing in them runs, opens a connection, hangs or fills memory."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import open_clip
import pytest
import torch
from attacks import clip_folders as makers
from attacks.guard import FORBIDDEN, Ended, guarded
from PIL import Image
from safetensors.torch import save_file

import vqclip
from faults.makers import write_evil
from vqclip.errors import ModelError
from vqclip.files import data_path
from vqclip.models.clip_config import check_model, read_clip_config
from vqclip.models.perceptor import load_perceptor, read_cut_size
from vqclip.models.registry import find_clip

GIGABYTE = 10**9
TESTS = Path(__file__).parents[1]
PACKAGE = Path(vqclip.__file__).parents[1]
DEEP = '{"model_cfg": ' + "[" * 200_000 + "]" * 200_000 + "}"
changed, tokenizer, tower = makers.changed, makers.with_tokenizer, makers.with_tower


def text(**fields: Any) -> Callable[[Path], Path]:
    return functools.partial(changed, text=fields)


def vision(**fields: Any) -> Callable[[Path], Path]:
    return functools.partial(changed, vision=fields)


def top(**fields: Any) -> Callable[[Path], Path]:
    return functools.partial(changed, top=fields)


def pipeline(**parts: Any) -> Callable[[Path], Path]:
    return functools.partial(tokenizer, content=makers.word_level() | parts)


def large(name: str, size: int, maker: Callable[[Path], Path] = changed) -> Callable[[Path], Path]:
    return lambda folder: makers.large_file(maker(folder), name, size)


def special(name: str, kind: str, maker: Callable[[Path], Path] = changed) -> Callable[[Path], Path]:
    return lambda folder: makers.special_file(maker(folder), name, kind)


def sound_tokenizer(folder: Path) -> Path:
    return tokenizer(folder, makers.word_level())


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    # arguments of a library's functions
    "trust_remote_code": (text(tokenizer_kwargs={"trust_remote_code": True}), "tokenizer_kwargs.trust_remote_code"),
    "cache_dir": (text(tokenizer_kwargs={"cache_dir": "/etc"}), "tokenizer_kwargs.cache_dir is not known"),
    "bpe_path": (text(tokenizer_kwargs={"bpe_path": "/etc/passwd"}), "tokenizer_kwargs.bpe_path is not known"),
    "reduction_mask": (text(tokenizer_kwargs={"reduction_mask": "syntax"}), "tokenizer_kwargs.reduction_mask"),
    "act_kwargs": (vision(act_kwargs={"inplace": True}), "vision_cfg.act_kwargs.inplace is not known"),
    "norm_kwargs": (text(norm_kwargs={"device": "cuda"}), "text_cfg.norm_kwargs.device is not known"),
    "norm_kwargs eps": (text(norm_kwargs={"eps": "1"}), "text_cfg.norm_kwargs.eps is '1', not a number"),
    "cast_dtype": (top(cast_dtype="bf16"), "the field cast_dtype is not known"),
    "unknown field": (vision(channels=3), "the field vision_cfg.channels is not known"),
    # names that libraries look for elsewhere
    "timm hub": (vision(timm_model_name="hf-hub:timm/vit"), "timm_model_name is 'hf-hub:timm/vit', not null"),
    "timm folder": (vision(timm_model_name="local-dir:/etc"), "timm_model_name is 'local-dir:/etc', not null"),
    "timm unknown": (vision(timm_model_name="nonsense"), "sees with nonsense, which is not a network of timm"),
    "timm tag": (vision(timm_model_name="resnet18.nonsense"), "which is not a network of timm"),
    "absolute path": (text(hf_model_name="/etc"), "with /etc, whose configuration is not on this machine"),
    "parent": (text(hf_model_name="../../etc"), "reads texts with ../../etc, whose configuration"),
    "not here": (text(hf_model_name="someone/other"), "Fetch it with `hf download someone/other"),
    "tokenizer not here": (text(hf_tokenizer_name="someone/siglip"), "holds no tokenizer"),
    # sizes
    "vision layers": (vision(layers=65536), "vision_cfg.layers is 65536, not a whole number from 1 to 128"),
    "text layers": (text(layers=10**6), "text_cfg.layers is 1000000"),
    "blocks": (vision(layers=[1, 1, 1, 65536]), "vision_cfg.layers is a list of 4"),
    "context": (text(context_length=60_000), "text_cfg.context_length is 60000"),
    "vocabulary": (text(vocab_size=2**31), "text_cfg.vocab_size is 2147483648"),
    "picture": (vision(image_size=10**5), "vision_cfg.image_size is 100000"),
    "patches": (vision(image_size=1024, patch_size=1), "into 1048576 patches"),
    "positions": (vision(image_size=1024, patch_size=8, width=16384, pos_embed_type="sin_cos_2d"), "patches"),
    "no patch": (vision(patch_size=64), "into 0 patches"),
    "width": (vision(width=2**40), "vision_cfg.width is 1099511627776"),
    "heads": (text(heads=0), "text_cfg.heads is 0"),
    "numbers": (text(vocab_size=2**22, width=16384), "too few for the"),
    "rows": (text(vocab_size=2**20), "bytes, too few for the"),
    "embedding": (top(embed_dim=10**9), "embed_dim is 1000000000"),
    # types
    "text null": (functools.partial(changed, text=None), "text_cfg is null, not an object"),
    "vision list": (functools.partial(changed, vision=[]), "vision_cfg is a list of 0, not an object"),
    "string for int": (vision(layers="12"), "vision_cfg.layers is '12', not a whole number"),
    "bool for int": (text(layers=True), "text_cfg.layers is True, not a whole number"),
    "float for int": (text(width=32.5), "text_cfg.width is 32.5, not a whole number"),
    "nested": (vision(image_size=[[32, 32], 32]), "vision_cfg.image_size is a list of 2"),
    "three": (vision(layers=[1, 1, 1]), "vision_cfg.layers is a list of 3"),
    "object": (text(context_length={"a": 1}), "text_cfg.context_length is an object"),
    "kwargs list": (text(tokenizer_kwargs=[1]), "text_cfg.tokenizer_kwargs is a list of 1, not an object"),
    "surrogate value": (vision(timm_model_name="\ud800"), "vision_cfg.timm_model_name is"),
    "surrogate key": (functools.partial(changed, vision={"\ud800": 1}), "the field vision_cfg."),
    "null patch": (vision(patch_size=None), "vision_cfg.patch_size is null"),
    "negative": (vision(mlp_ratio=-1), "vision_cfg.mlp_ratio is -1"),
    "zero division": (vision(head_width=128), "describes no network of open_clip"),
    "no vector": (vision(pool_type="none"), "does not fit its configuration"),
    "list": (functools.partial(makers.write, config=[]), "has no model_cfg"),
    "no model": (functools.partial(makers.write, config={"model_cfg": None}), "has no model_cfg"),
    "missing": (functools.partial(makers.write, config={"model_cfg": {"embed_dim": 8}}), "vision_cfg is missing"),
    "no embed_dim": (
        functools.partial(makers.write, config={"model_cfg": {"vision_cfg": {}, "text_cfg": {}}}),
        "embed_dim is missing",
    ),
    "deep": (functools.partial(makers.written, config=DEEP), "nested too deep"),
    "digits": (functools.partial(makers.written, config=f'{{"model_cfg": {"9" * 400}}}'), "a number of 400 digits"),
    "infinite": (functools.partial(makers.written, config='{"model_cfg": {"embed_dim": 1e999}}'), "is not JSON"),
    "mean": (
        functools.partial(makers.write, config={"model_cfg": makers.MODEL, "preprocess_cfg": {"mean": [True] * 3}}),
        "preprocess_cfg.mean is not three numbers",
    ),
    "preprocess": (
        functools.partial(makers.write, config={"model_cfg": makers.MODEL, "preprocess_cfg": [1]}),
        "preprocess_cfg is not an object",
    ),
    # files of any size or kind
    "bomb": (makers.gzip_bomb, "unpacks to more than 16000000 bytes"),
    "large configuration": (large("open_clip_config.json", 10**11), "it has more than 1000000 bytes"),
    "large words": (large("words.txt", 10**11), "it has more than 1000000 bytes"),
    "large merges": (large("bpe.txt.gz", 10**11), "it has more than 16000000 bytes"),
    "large tokenizer": (large("tokenizer.json", 10**11, sound_tokenizer), "it has more than 64000000 bytes"),
    "large settings": (large("tokenizer_config.json", 10**11, sound_tokenizer), "it has more than"),
    "large tower": (large("config.json", 10**11, tower), "it has more than 1000000 bytes"),
    "configuration a link to a device": (special("open_clip_config.json", "zero"), "no open_clip_config.json"),
    "configuration a pipe": (special("open_clip_config.json", "pipe"), "no open_clip_config.json"),
    "weights a pipe": (special("open_clip_model.safetensors", "pipe"), "has no open_clip_model.safetensors"),
    "merges a pipe": (special("bpe.txt.gz", "pipe"), "bpe.txt.gz: it is a pipe, not a file"),
    "merges a device": (special("bpe.txt.gz", "zero"), "it is a device or socket, not a file"),
    "words a pipe": (special("words.txt", "pipe"), "words.txt: it is a pipe, not a file"),
    "words a device": (special("words.txt", "zero"), "it is a device or socket, not a file"),
    "tokenizer a pipe": (special("tokenizer.json", "pipe", sound_tokenizer), "tokenizer.json: it is a pipe"),
    "settings a folder": (special("tokenizer_config.json", "folder", sound_tokenizer), "it is a folder, not a file"),
    "tower a device": (special("config.json", "zero", tower), "config.json: it is a device"),
    "tower a pipe": (special("config.json", "pipe", tower), "config.json: it is a pipe"),
    # text towers of transformers
    "auto_map": (functools.partial(tower, tower={"auto_map": {"AutoModel": "evil.Evil"}}), "asks for code of its"),
    "model_type": (functools.partial(tower, tower={"model_type": "evil"}), "the model_type 'evil' is not one of"),
    "tower list": (functools.partial(tower, tower=[1]), "is not an object"),
    "tower layers": (functools.partial(tower, tower={"num_hidden_layers": 65536}), "num_hidden_layers is 65536"),
    "tower vocabulary": (functools.partial(tower, tower={"vocab_size": 2**22}), "too few for the"),
    "tower heads": (functools.partial(tower, tower={"num_attention_heads": 5}), "describes no network"),
    "tower activation": (functools.partial(tower, tower={"hidden_act": "os.system"}), "hidden_act is 'os.system'"),
    "tower padding": (functools.partial(tower, tower={"pad_token_id": 10**6}), "describes no network"),
    "no projection": (functools.partial(tower, hf_proj_type=None, vocab_size=1), "does not fit its configuration"),
    # tokenizers
    "no tokenizer": (functools.partial(tokenizer, content="{}"), "it has no model"),
    "empty tokenizer": (functools.partial(tokenizer, content=""), "it is empty"),
    "deep tokenizer": (functools.partial(tokenizer, content=DEEP), "nested too deep"),
    "many values": (functools.partial(tokenizer, content="[" + "[]," * 10**7 + "[]]"), "more than 4000000 values"),
    "many prefixes": (makers.many_prefixes, "distinct beginnings"),
    "growing": (makers.growing, "makes texts longer"),
    "slow search": (makers.slow_search, "a regular expression that can take for ever"),
    "unknown step": (pipeline(pre_tokenizer={"type": "Evil"}), "the step 'Evil' is not known"),
    "no words": (pipeline(model={"type": "WordLevel", "vocab": {}, "unk_token": "<unk>"}), "has no pad_token"),
    "wrong vocabulary": (
        pipeline(model={"type": "WordLevel", "vocab": {"a": "b"}, "unk_token": "a"}),
        "is not a sound tokenizer",
    ),
    "unigram index": (
        pipeline(model={"type": "Unigram", "vocab": [["<pad>", 0.0]], "unk_id": 9}, post_processor=None),
        "is not a sound tokenizer",
    ),
    "padding": (pipeline(padding={"strategy": {"Fixed": 10**12}}), "is not a sound tokenizer"),
}  # fmt: skip


def folders(place: Path, names: Any) -> dict[str, Path]:
    return {name: BAD[name][0](place / name.replace(" ", "-")) for name in names}


def loaded(folders: list[Path], **options: Any) -> tuple[list[dict[str, Any]], Ended]:
    environment = {"PYTHONPATH": f"{TESTS}:{PACKAGE}", "OMP_NUM_THREADS": "1"}
    ended = guarded(
        list(map(str, folders)), environment=environment, timeout=250, module="attacks.load_clips", **options
    )
    return [json.loads(line) for line in ended.out.splitlines()], ended


def scored(folder: Path, **options: Any) -> Ended:
    picture = folder.parent / "picture.png"
    Image.new("RGB", (32, 32)).save(picture)
    return guarded(["score", str(picture), "a red apple", "--clip", f"local-dir:{folder}"], timeout=60, **options)


@pytest.mark.long
def test_hostile_folders_are_refused_by_name_in_no_time_and_little_memory(tmp_path: Path) -> None:
    made = folders(tmp_path, BAD)
    # The hub's cache is looked at, and so is its place in the home folder.
    told, ended = loaded(list(made.values()), allowed=[tmp_path, PACKAGE, Path.home()])
    assert ended.code == 0, ended.err
    wrong = {}
    for name, line in zip(made, told, strict=True):
        is_named = BAD[name][1] in line["message"] and str(made[name]) in line["message"]
        is_short = "\n" not in line["message"] and line["seconds"] < 10
        if line["error"] != "ModelError" or not is_named or not is_short:
            wrong[name] = line
    assert not wrong, json.dumps(wrong, indent=1)
    assert ended.peak < 1.5 * GIGABYTE, "open_clip and transformers alone take almost one"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["trust_remote_code", "text layers", "bomb", "deep", "absolute path"])
def test_the_command_says_one_line_and_ends_with_3(name: str, tmp_path: Path) -> None:
    ended = scored(folders(tmp_path, [name])[name], allowed=[tmp_path, PACKAGE, Path.home()])
    assert ended.code == 3, ended.err
    assert "Traceback" not in ended.err
    assert len(ended.lines) <= 2
    assert BAD[name][1] in ended.err
    assert ended.seconds < 30
    assert ended.peak < GIGABYTE


@pytest.mark.slow
def test_code_in_a_folder_never_runs(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="only with the extra `multilingual`")
    canary = tmp_path / "canary"
    made = [
        fitting(makers.remote_code(tmp_path / "trusted", canary)),
        makers.remote_code(tmp_path / "tower", canary, tower=True),
        fitting(makers.obeyed_settings(tmp_path / "settings", canary)),
    ]
    told, ended = loaded(made, allowed=[tmp_path, PACKAGE, Path.home()])
    assert not canary.exists()
    assert ended.code == 0
    assert [line["error"] for line in told] == ["ModelError", "ModelError", None]
    assert all("tokenizer_kwargs.trust_remote_code is not known" in line["message"] for line in told[:2])


def fitting(folder: Path) -> Path:
    """The folder with random weights of the network of makers.MODEL."""
    torch.manual_seed(0)
    save_file(open_clip.model.CLIP(**makers.MODEL).state_dict(), folder / "open_clip_model.safetensors")
    return folder


def test_the_evil_folder_is_evil(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="only with the extra `multilingual`")
    canary = tmp_path / "canary"
    folder = makers.remote_code(tmp_path / "clip", canary)
    transformers.AutoTokenizer.from_pretrained(folder, trust_remote_code=True)
    assert canary.exists()


def sound(folder: Path, config: dict[str, Any], *, pickled: Path | None = None, **files: Any) -> Path:
    """A folder with random weights of the network that its configuration describes."""
    build = open_clip.model.CustomTextCLIP if config.get("custom_text") else open_clip.model.CLIP
    torch.manual_seed(0)
    model = build(**{key: value for key, value in config.items() if key != "custom_text"})
    state = {name: tensor.contiguous().clone() for name, tensor in model.state_dict().items()}
    makers.write(folder, {"model_cfg": config})
    save_file(state, folder / "open_clip_model.safetensors")
    return folder


def siglip(folder: Path) -> Path:
    """A SigLIP-like folder: a tower of timm, open_clip's texts without a mask, and a tokenizer of transformers."""
    seen = {"image_size": 160, "timm_model_name": "test_vit", "timm_model_pretrained": False, "timm_pool": "token"}
    read = {
        **makers.TEXT,
        "hf_tokenizer_name": "timm/ViT-B-16-SigLIP",
        "tokenizer_kwargs": {"clean": "canonicalize"},
        "no_causal_mask": True,
        "proj_bias": True,
        "pool_type": "last",
        "norm_kwargs": {"eps": 1e-6},
        "act_kwargs": {"approximate": "tanh"},
    }
    sound(
        folder, {"embed_dim": 32, "init_logit_bias": -10, "custom_text": True, "vision_cfg": seen, "text_cfg": read}
    )
    (folder / "tokenizer.json").write_text(json.dumps(makers.word_level()))
    return folder


@pytest.mark.slow
def test_sound_folders_load_without_a_connection_a_program_or_a_file_elsewhere(tmp_path: Path) -> None:
    timm = {"timm_model_pretrained": False, "image_size": 160}
    towers: list[dict[str, Any]] = [
        makers.VISION,
        makers.VISION | {"pool_type": "avg", "final_ln_after_pool": True, "no_ln_pre": True, "ls_init_value": 1e-4},
        makers.VISION | {"attentional_pool": True, "attn_pooler_heads": 4, "output_tokens": True},
        makers.VISION | {"pos_embed_type": "sin_cos_2d", "image_size": [32, 32], "patch_size": [16, 16]},
        {"image_size": 64, "layers": [1, 1, 1, 1], "width": 16, "patch_size": None, "head_width": 16},
        timm | {"timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "linear", "timm_drop": 0.0},
        timm | {"timm_model_name": "resnet18.a1_in1k", "timm_pool": "avg", "timm_proj": "mlp", "timm_drop_path": 0.1},
        timm | {"timm_model_name": "test_vit", "timm_pool": "token", "timm_proj": None},
        timm | {"timm_model_name": "test_efficientnet"},
    ]
    texts = makers.TEXT | {"vocab_size": 49408}
    made = [
        sound(tmp_path / str(number), {"embed_dim": 32, "vision_cfg": seen, "text_cfg": texts})
        for number, seen in enumerate(towers)
    ]
    made.append(
        sound(tmp_path / "gelu", {**makers.MODEL, "text_cfg": texts, "quick_gelu": True, "custom_text": True})
    )
    made.append(sound(tmp_path / "scale", {**makers.MODEL, "text_cfg": texts, "nonscalar_logit_scale": True}))
    if importlib.util.find_spec("transformers") is not None:
        made.append(siglip(tmp_path / "siglip"))
    told, ended = loaded(made, allowed=[tmp_path, PACKAGE, Path.home()])
    assert ended.code == 0, ended.err
    assert [(Path(line["folder"]).name, line["message"]) for line in told if line["error"]] == []
    assert len(told) == len(made)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_kernel_sees_no_connection(tmp_path: Path) -> None:
    log = tmp_path / "log"
    folder = sound(tmp_path / "clip", {**makers.MODEL, "text_cfg": makers.TEXT | {"vocab_size": 49408}})
    wrapper = ["strace", "-f", "-qq", "-e", "trace=connect,execve", "-o", str(log)]
    told, ended = loaded([folder], wrapper=wrapper)
    if ended.code not in (0, FORBIDDEN) and not told:
        pytest.skip("strace may not trace here")
    assert told[0]["error"] is None
    calls = [line for line in log.read_text().splitlines() if "connect(" in line and "AF_INET" in line]
    assert calls == []


def test_a_pickle_among_the_weights_is_not_obeyed(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    folder = changed(tmp_path / "clip")
    (folder / "open_clip_model.safetensors").unlink()
    write_evil(folder / "open_clip_pytorch_model.bin", canary)
    with (folder / "open_clip_pytorch_model.bin").open("ab") as file:
        file.write(bytes(4_000_000))
    with pytest.raises(ModelError, match=r"open_clip_pytorch_model\.bin"):
        load_perceptor(find_clip(f"local-dir:{folder}"), torch.device("cpu"))
    assert not canary.exists()


@pytest.mark.parametrize("name", open_clip.list_models())
def test_every_configuration_of_open_clip_is_accepted(name: str) -> None:
    config = open_clip.get_model_config(name)
    assert config is not None
    if "multimodal_cfg" in config:
        with pytest.raises(ModelError, match="is a CoCa model"):
            check_model(config, name)
    else:
        assert check_model(config, name) == config


def test_the_built_in_clip_is_accepted() -> None:
    model, preprocessing = read_clip_config(data_path("checkpoints", "tiny_clip") / "open_clip_config.json")
    assert model["embed_dim"]
    assert set(preprocessing) <= {"mean", "std", "resize_mode", "interpolation", "fill_color"}


def test_a_token_that_the_network_does_not_know_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("transformers", reason="only with the extra `multilingual`")
    folder = siglip(tmp_path / "clip")
    content = makers.word_level()
    content["model"]["vocab"]["apple"] = 10**6
    (folder / "tokenizer.json").write_text(json.dumps(content))
    perceptor = load_perceptor(find_clip(f"local-dir:{folder}"), torch.device("cpu"))
    with pytest.raises(ModelError, match="gives the token 1000000, but the network knows 300"):
        perceptor.encode_text(["an apple"])


def test_networks_that_fail_at_every_picture_are_refused_when_loaded(tmp_path: Path) -> None:
    texts = makers.TEXT | {"vocab_size": 49408}
    for name, change in (
        ("uneven", {"image_size": [32, 64]}),
        ("flat", {"pool_type": "none"}),
        ("pooled", {"attentional_pool": "parallel", "attn_pooler_heads": 4}),
    ):
        folder = sound(tmp_path / name, {"embed_dim": 32, "vision_cfg": makers.VISION | change, "text_cfg": texts})
        with pytest.raises(ModelError, match="encodes no pictures and texts"):
            load_perceptor(find_clip(f"local-dir:{folder}"), torch.device("cpu"))


@pytest.mark.parametrize("size", ["text", None, [], 0, True, 10**9])
def test_the_side_of_a_clip_is_read_from_a_checked_configuration(size: Any, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"vision_cfg\.image_size"):
        read_cut_size(find_clip(f"local-dir:{vision(image_size=size)(tmp_path / 'clip')}"))


@pytest.mark.parametrize(("value", "offline"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_offline_holds_for_the_libraries_too(value: str, offline: bool) -> None:
    code = "import os, vqclip; print(os.environ.get('HF_HUB_OFFLINE'), os.environ.get('TRANSFORMERS_OFFLINE'))"
    environment = {k: v for k, v in os.environ.items() if "OFFLINE" not in k} | {"VQCLIP_OFFLINE": value}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.split() == (["1", "1"] if offline else ["None", "None"])

"""Makers of CLIP folders: sound ones of several kinds, and folders that run code, open sockets, or claim sizes.

A maker writes one folder and returns its path.
"""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

VISION: dict[str, Any] = {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 32}
TEXT: dict[str, Any] = {"context_length": 16, "vocab_size": 300, "width": 32, "heads": 2, "layers": 1}
MODEL: dict[str, Any] = {"embed_dim": 32, "vision_cfg": VISION, "text_cfg": TEXT}
TOWER: dict[str, Any] = {
    "model_type": "xlm-roberta",
    "vocab_size": 300,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
    "type_vocab_size": 1,
    "pad_token_id": 1,
}
WORDS = ["<s>", "<pad>", "</s>", "<unk>", "a", "red", "apple", "ein", "roter", "apfel"]


def weights(numbers: int = 1_000_000) -> bytes:
    """A safetensors file with one tensor of zeros, which no network expects."""
    header = {"zeros": {"dtype": "F32", "shape": [numbers], "data_offsets": [0, 4 * numbers]}}
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(4 * numbers)


def write(folder: Path, config: object) -> Path:
    """A folder of open_clip with any JSON value as its configuration, and the weights of no network."""
    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    (folder / "open_clip_model.safetensors").write_bytes(weights())
    return folder


def changed(folder: Path, vision: Any = (), text: Any = (), top: Any = ()) -> Path:
    """A folder whose configuration has other fields in one of its parts; a value that is no dict takes its place."""
    model: dict[str, Any] = {**MODEL, **dict(top)}
    for key, base, change in (("vision_cfg", VISION, vision), ("text_cfg", TEXT, text)):
        if change != ():
            model[key] = {**base, **change} if isinstance(change, dict) else change
    return write(folder, {"model_cfg": model})


def written(folder: Path, config: str) -> Path:
    """A folder with any text as its configuration."""
    write(folder, {})
    (folder / "open_clip_config.json").write_text(config, encoding="utf-8", errors="surrogatepass")
    return folder


def word_level() -> dict[str, Any]:
    """A small sound tokenizer.json: words to numbers, with a start and an end."""
    ends = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    ends += [{"SpecialToken": {"id": "</s>", "type_id": 0}}]
    tokens = {word: {"id": word, "ids": [WORDS.index(word)], "tokens": [word]} for word in ("<s>", "</s>")}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {"type": "TemplateProcessing", "single": ends, "pair": ends, "special_tokens": tokens},
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": {word: n for n, word in enumerate(WORDS)}, "unk_token": "<unk>"},
    }


def with_tokenizer(folder: Path, content: Any, settings: Any = None, **text: Any) -> Path:
    """A SigLIP-like folder: a tokenizer of transformers with a text tower of open_clip.

    content: of tokenizer.json, a str or a JSON value. settings: of tokenizer_config.json. text: fields of text_cfg.
    """
    changed(folder, text={"hf_tokenizer_name": "someone/siglip", **text})
    (folder / "tokenizer.json").write_text(content if isinstance(content, str) else json.dumps(content))
    if settings is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def with_tower(folder: Path, tower: Any = (), **text: Any) -> Path:
    """A multilingual folder with its own config.json and tokenizer. tower: fields of config.json."""
    changed(folder, text={"hf_model_name": "someone/not-here", "hf_tokenizer_name": "someone/not-here", **text})
    (folder / "config.json").write_text(json.dumps(TOWER | tower if isinstance(tower, dict) else tower or TOWER))
    (folder / "tokenizer.json").write_text(json.dumps(word_level()))
    return folder


def remote_code(folder: Path, canary: Path, *, tower: bool = False) -> Path:
    """A folder whose evil.py touches the canary when transformers obeys trust_remote_code and auto_map."""
    maker = with_tower if tower else with_tokenizer
    arguments: tuple[Any, ...] = () if tower else (word_level(),)
    maker(folder, *arguments, tokenizer_kwargs={"trust_remote_code": True})
    settings = {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}, "tokenizer_class": "Evil"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    (folder / "evil.py").write_text(
        f"open({str(canary)!r}, 'w').close()\n"
        "from transformers import PreTrainedTokenizerFast\n"
        "class Evil(PreTrainedTokenizerFast):\n    pass\n"
    )
    return folder


def obeyed_settings(folder: Path, canary: Path) -> Path:
    """The same evil.py without trust_remote_code in the configuration: tokenizer_config.json alone asks for it."""
    remote_code(folder, canary)
    return changed_config(folder, lambda config: config["model_cfg"]["text_cfg"].pop("tokenizer_kwargs"))


def changed_config(folder: Path, change: Any) -> Path:
    """The folder after a function changed its configuration in place."""
    path = folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))
    return folder


def gzip_bomb(folder: Path, unpacked: int = 4 * 10**9) -> Path:
    """A folder whose bpe.txt.gz of a few megabytes unpacks to gigabytes."""
    changed(folder)
    block = gzip.compress(b"\n" * 10**8, 9)
    with (folder / "bpe.txt.gz").open("wb") as file:
        for _ in range(unpacked // 10**8):
            file.write(block)
    return folder


def large_file(folder: Path, name: str, size: int) -> Path:
    """A folder in which one file has many bytes, though not on the disk."""
    (folder / name).unlink(missing_ok=True)
    with (folder / name).open("wb") as file:
        file.truncate(size)
    return folder


def special_file(folder: Path, name: str, kind: str) -> Path:
    """A folder in which one file is no file. kind: pipe, folder, zero (a link to an endless device) or loop."""
    (folder / name).unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(folder / name)
    elif kind == "folder":
        (folder / name).mkdir()
    else:
        (folder / name).symlink_to("/dev/zero" if kind == "zero" else name)
    return folder


def many_prefixes(folder: Path, count: int = 40_000, length: int = 400) -> Path:
    """A tokenizer.json of a few megabytes that takes gigabytes: every beginning of a token is a node of a tree."""
    tokens = [["<unk>", 0.0], *([f"{number:0{length}b}"[::-1], -1.0] for number in range(count))]
    content = word_level() | {"model": {"type": "Unigram", "unk_id": 0, "vocab": tokens}, "post_processor": None}
    return with_tokenizer(folder, content)


def growing(folder: Path, steps: int = 40) -> Path:
    """A tokenizer.json whose normalizers double every text, again and again."""
    step = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    return with_tokenizer(folder, word_level() | {"normalizer": {"type": "Sequence", "normalizers": [step] * steps}})


def slow_search(folder: Path) -> Path:
    """A tokenizer.json whose regular expression takes a time that doubles with every letter."""
    step = {"type": "Split", "pattern": {"Regex": "(a|aa)+$b"}, "behavior": "Removed", "invert": False}
    return with_tokenizer(folder, word_level() | {"pre_tokenizer": step})

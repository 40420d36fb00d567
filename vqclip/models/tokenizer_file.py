"""Reads a tokenizer.json of Hugging Face's tokenizers: only known steps, and a bounded size.

The library builds whatever the file describes. A vocabulary can take a hundred times the bytes of the file, a chain
of replacements can double a text at every step, and a regular expression can search for hours.
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.reading import parse_json, read_bytes, refusing

MAX_BYTES = 64_000_000
MAX_VALUES = 4_000_000
"""Limit of commas and brackets in the file; each takes about a hundred bytes in memory."""
MAX_PREFIXES = 4_000_000
"""Limit of distinct prefixes of tokens in a unigram model; the library takes about 300 bytes for each."""
_MAX_STEPS = 64
_MAX_ADDED = 20_000
"""Limit of tokens outside the vocabulary; the library searches every text for each."""
_MAX_WORD = 256
_MAX_GROWING = 4
"""Limit of replacements that can insert a character between any two; each can double a text."""
_HINT = "Use another CLIP."
_MODELS = ("BPE", "WordPiece", "WordLevel", "Unigram")
_STEPS = frozenset(
    (
        # normalizers
        "Sequence", "BertNormalizer", "Strip", "StripAccents", "NFC", "NFD", "NFKC", "NFKD", "Nmt", "Lowercase",
        "Prepend", "Replace", "Precompiled",
        # pre-tokenizers
        "BertPreTokenizer", "ByteLevel", "CharDelimiterSplit", "Digits", "Metaspace", "Punctuation", "Split",
        "UnicodeScripts", "Whitespace", "WhitespaceSplit",
        # post-processors
        "BertProcessing", "RobertaProcessing", "TemplateProcessing",
        # decoders
        "BPEDecoder", "ByteFallback", "Fuse", "WordPiece", "CTC",
    )
)  # fmt: skip
_PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")


def read_tokenizer_file(path: Path) -> bytes:
    """Read a tokenizer.json and check that it is safe to build.

    Raises:
        ModelError: The file cannot be read, is too large, or describes a step that is not allowed.
    """
    data = read_bytes(path, MAX_BYTES, ModelError)
    with refusing(f"{printable(path)} is not a tokenizer that vqclip takes", _HINT, ModelError):
        if sum(map(data.count, (b",", b"[", b"{"))) > MAX_VALUES:
            raise ValueError(f"it holds more than {MAX_VALUES} values")
        _check(parse_json(data))
    return data


def _check(found: Any) -> None:
    if not isinstance(found, dict) or not isinstance(found.get("model"), dict):
        raise ValueError("it has no model")
    model = found["model"]
    if model.get("type", "BPE") not in _MODELS:
        raise ValueError(f"its model is {printable(repr(model.get('type')))[:60]}")
    for key in ("unk_token", "continuing_subword_prefix", "end_of_word_suffix"):
        if not isinstance(model.get(key) or "", str) or len(model.get(key) or "") > _MAX_WORD:
            raise ValueError(f"its {key} is not a short text")
    added = found.get("added_tokens") or []
    if not isinstance(added, list) or len(added) > _MAX_ADDED:
        raise ValueError(f"its added_tokens are not a list of at most {_MAX_ADDED}")
    if any(not isinstance(each, dict) or len(str(each.get("content", ""))) > _MAX_WORD for each in added):
        raise ValueError(f"an added token of it has more than {_MAX_WORD} characters")
    vocabulary = model.get("vocab")
    if not isinstance(vocabulary, (list, dict)):
        raise ValueError("it has no vocabulary")
    if isinstance(vocabulary, list):
        check_vocabulary(entry[0] for entry in vocabulary)
    steps = [step for part in _PARTS for step in _steps(found.get(part))]
    if len(steps) > _MAX_STEPS:
        raise ValueError(f"it has more than {_MAX_STEPS} steps")
    for step in steps:
        _check_step(step)
    _check_growth(list(_steps(found.get("normalizer"))))


def check_charsmap(charsmap: bytes) -> None:
    """Raise ValueError when a normalisation of SentencePiece replaces characters by long texts.

    It is the size of a trie, the trie, and the zero-terminated texts that it points to.
    """
    (size,) = struct.unpack("<I", charsmap[:4])
    if max(map(len, charsmap[4 + size :].split(b"\0"))) > _MAX_WORD:
        raise ValueError("its normalisation makes texts longer")


def _check_growth(steps: list[dict[str, Any]]) -> None:
    """Limit how much longer all normalizers together make a text."""
    maps = [step.get("precompiled_charsmap") or "" for step in steps if step["type"] == "Precompiled"]
    growing = [step for step in steps if step["type"] == "Replace" and "Regex" in step["pattern"] and step["content"]]
    if len(maps) > 1 or len(growing) > _MAX_GROWING:
        raise ValueError("its normalizers make texts longer")
    for charsmap in filter(None, maps):
        check_charsmap(base64.b64decode(charsmap))


def check_vocabulary(tokens: Iterable[Any]) -> None:
    """Raise ValueError when a unigram model of these tokens would take too much memory."""
    ordered = sorted(tokens)
    if sum(map(len, ordered)) <= MAX_PREFIXES // 4:
        return
    beginnings, last = 0, b""
    for token in ordered:
        letters = token.encode("utf-8", "surrogatepass")
        shared = next((at for at, pair in enumerate(zip(letters, last, strict=False)) if pair[0] != pair[1]), None)
        beginnings += len(letters) - (min(len(letters), len(last)) if shared is None else shared)
        last = letters
        if beginnings > MAX_PREFIXES:
            raise ValueError(f"its tokens have more than {MAX_PREFIXES} distinct beginnings")


def _steps(part: Any) -> Iterator[dict[str, Any]]:
    """Yield a part of the pipeline and every step in it."""
    waiting = [part]
    seen = 0
    while waiting and seen <= _MAX_STEPS:
        step = waiting.pop()
        if step is None:
            continue
        if not isinstance(step, dict):
            raise ValueError("a step of it is not an object")
        seen += 1
        yield step
        for key in ("normalizers", "pretokenizers", "processors", "decoders"):
            inner = step.get(key, [])
            if not isinstance(inner, list):
                raise ValueError(f"its {key} are not a list")
            waiting += inner[: _MAX_STEPS + 1]


def _check_step(step: dict[str, Any]) -> None:
    kind = step.get("type")
    if not isinstance(kind, str) or kind not in _STEPS:
        raise ValueError(f"the step {printable(repr(kind))[:60]} is not known")
    pattern = step.get("pattern")
    wanted = pattern.get("Regex", pattern.get("String")) if isinstance(pattern, dict) else ""
    if not isinstance(wanted, str) or len(wanted) > 2000:
        raise ValueError(f"the pattern of a {kind} is not a short text")
    if isinstance(pattern, dict) and "Regex" in pattern and _is_slow(wanted):
        raise ValueError("it searches with a regular expression that can take for ever")
    if kind == "Replace" and not wanted:
        raise ValueError("a Replace of it has no pattern")
    content = step.get("content", step.get("prepend", ""))
    # A replacement may not be longer than the original; a chain of such steps would grow a text without a limit.
    most = 8 if kind == "Prepend" else 1 if isinstance(pattern, dict) and "Regex" in pattern else max(1, len(wanted))
    if kind in ("Replace", "Prepend") and (not isinstance(content, str) or len(content) > most):
        raise ValueError(f"a {kind} of it makes texts longer")
    for key, value in step.items():
        if key in ("single", "pair", "special_tokens") and isinstance(value, (list, dict)) and len(value) > 512:
            raise ValueError(f"the {key} of a {kind} has {len(value)} entries")


def _is_slow(pattern: str) -> bool:
    """Whether a search may take more than cubic time: a repeated group, or several repetitions in a row."""
    bare = re.sub(r"\\[pP]\{[^}]*\}|\\.", "x", pattern)
    bare = re.sub(r"\[(?:[^\[\]]|\[[^\]]*\])*\]", "x", bare)
    if re.search(r"\)(?:[*+]|\{\d*,)", bare) or re.search(r"\\[1-9k]", pattern):
        return True
    return any(len(re.findall(r"[*+]|\{\d*,\d*\}", part)) > 3 for part in bare.split("|"))

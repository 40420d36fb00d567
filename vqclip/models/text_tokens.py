"""Tokenizers of Hugging Face for text encoders, built from checked files, never by a class that a file names.

transformers obeys tokenizer_config.json, which may name Python code in its folder. Here that file only names the
special tokens, on which side texts are padded and cut, and how BERT splits words.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.sentence_pieces import UNIGRAM, read_sentence_pieces
from vqclip.models.tokenizer_file import check_charsmap, check_vocabulary, read_tokenizer_file
from vqclip.reading import MALFORMED, read_json, read_text, reason

FILES = ("tokenizer.json", "vocab.txt", "vocab.json", "sentencepiece.bpe.model", "spiece.model")
"""The files of a tokenizer; the first that a folder holds is read."""
_MAX_BYTES = 10_000_000
_SETTINGS = ("special_tokens_map.json", "tokenizer_config.json")
_SPECIAL = ("bos", "eos", "sep", "cls", "pad", "unk")
_OF_BERT = {"cls": "[CLS]", "sep": "[SEP]", "pad": "[PAD]", "unk": "[UNK]"}
_OF_OTHERS = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "pad": "<pad>", "unk": "<unk>"}
_HINT = "Use another CLIP."
# Classes whose start and end tokens depend on their settings; all others define them in tokenizer.json.
_SWITCHED = ("Gemma", "Llama", "PreTrainedTokenizerFast", "TokenizersBackend")


class TextTokenizer:
    """Tokenises texts like open_clip's HFTokenizer with the same files.

    context_length: Tokens that a text is cut or padded to.
    """

    def __init__(self, backend: Any, source: str, context_length: int, settings: Mapping[str, Any]) -> None:
        """Wrap a `tokenizers.Tokenizer`. source: Names it in messages. settings: From `load`."""
        self.context_length = context_length
        self._backend, self._source = backend, source
        self._mode, self._strips_sep = settings["mode"], settings["strip_sep_token"]
        self._sides = settings["padding_side"], settings["truncation_side"]
        self._words: dict[str, str] = settings["special"]
        self._clean = settings["clean"]
        self._id("pad")

    def __call__(self, texts: Sequence[str], context_length: int | None = None) -> Tensor:
        """Tokenise texts: (len(texts), context_length) int64. Raises ModelError when the tokenizer fails."""
        length = context_length or self.context_length
        with refused(self._source):
            cleaned = [self._clean(text) for text in texts]
            if self._mode == "clips":
                return torch.tensor([self._with_class(self._plain(text), length) for text in cleaned])
            filled, cut = self._sides
            self._backend.enable_truncation(length, direction=cut)
            self._backend.enable_padding(
                length=length, direction=filled, pad_id=self._id("pad"), pad_token=self._words["pad"]
            )
            tokens = torch.tensor([each.ids for each in self._backend.encode_batch(cleaned)]).view(len(texts), length)
        if self._strips_sep:
            tokens = tokens.masked_fill(tokens == self._id("sep"), 0)
        return tokens

    def encode(self, text: str) -> list[int]:
        """Tokenise a text without start and end tokens and without a limit."""
        with refused(self._source):
            return self._plain(self._clean(text))

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens."""
        with refused(self._source):
            return str(self._backend.decode(list(tokens), skip_special_tokens=False))

    def _plain(self, text: str) -> list[int]:
        self._backend.no_truncation()
        self._backend.no_padding()
        return list(self._backend.encode(text, add_special_tokens=False).ids)

    def _with_class(self, ids: list[int], length: int) -> list[int]:
        """The layout of CLIPS: start, text, end, padding, and the class token last."""
        ids = [self._id("bos"), *ids[: length - 3], self._id("eos")][: length - 1]
        return [*ids, *[self._id("pad")] * (length - 1 - len(ids)), self._id("cls")]

    def _id(self, kind: str) -> int:
        found = self._backend.token_to_id(self._words[kind]) if kind in self._words else None
        if found is None:
            raise ModelError(f"{self._source} has no {kind}_token.", _HINT)
        return int(found)


def load(folder: Path, length: int, known: Mapping[str, Any], mode: str) -> TextTokenizer:
    """Build the tokenizer of a folder from the first of FILES that it holds.

    Args:
        folder: On this machine.
        length: Tokens that a text is cut or padded to.
        known: The checked tokenizer_kwargs of a model_cfg.
        mode: Its tokenizer_mode.

    Raises:
        ModelError: The folder holds no sound tokenizer.
    """
    name = next((name for name in FILES if (folder / name).exists()), None)
    if name is None:
        raise ModelError(f"the folder {printable(folder)} holds no tokenizer.", f"Put its {FILES[0]} there.")
    path, source = folder / name, printable(folder / name)
    given = _given(folder)
    own = given.get("tokenizer_class")
    kind = own if isinstance(own, str) else ""
    builders = {
        "tokenizer.json": _whole,
        "vocab.txt": _word_pieces,
        "vocab.json": _byte_pairs,
        "sentencepiece.bpe.model": _sentence_pieces,
        "spiece.model": _sentence_pieces,
    }
    with refused(source):
        backend = builders[name](path, given)
        special = _special(given, backend)
        _set_ends(backend, kind, given, special, known.get("language") or known.get("src_lang"))
    from open_clip.tokenizer import get_clean_fn

    settings = {
        "special": special,
        "mode": mode,
        "strip_sep_token": bool(known.get("strip_sep_token")),
        "clean": get_clean_fn(known.get("clean", "whitespace")),
        "padding_side": _side(given, "padding_side"),
        "truncation_side": _side(given, "truncation_side"),
    }
    return TextTokenizer(backend, source, length, settings)


@contextlib.contextmanager
def refused(source: str) -> Iterator[None]:
    """Turn everything that the content of a file makes the tokenizers library raise into a ModelError.

    The library raises a plain Exception for what it refuses, and for unexpected input a panic of Rust, which is no
    Exception.
    """
    try:
        yield
    except ModelError:
        raise
    except MALFORMED as problem:
        raise ModelError(f"{source} is not a sound tokenizer ({reason(problem)}).", _HINT) from None
    except BaseException as problem:
        if type(problem) is not Exception and type(problem).__name__ != "PanicException":
            raise
        raise ModelError(f"{source} is not a sound tokenizer ({reason(problem)}).", _HINT) from None


def _given(folder: Path) -> dict[str, Any]:
    """Read the settings beside a tokenizer; tokenizer_config.json overrides special_tokens_map.json."""
    found: dict[str, Any] = {}
    for name in _SETTINGS:
        if (folder / name).exists():
            settings = read_json(folder / name, _MAX_BYTES, ModelError)
            if not isinstance(settings, dict):
                raise ModelError(f"{printable(folder / name)} is not an object.", _HINT)
            found |= settings
    return found


def _special(given: Mapping[str, Any], backend: Any) -> dict[str, str]:
    """The special tokens that the settings name, or the usual ones in the vocabulary."""
    found = {}
    for kind in _SPECIAL:
        value = given.get(f"{kind}_token")
        word = value.get("content") if isinstance(value, dict) else value
        usual = (table.get(kind) for table in (_OF_BERT, _OF_OTHERS))
        if isinstance(word, str) and 0 < len(word) <= 256:
            found[kind] = word
        elif (
            held := next((each for each in usual if each and backend.token_to_id(each) is not None), None)
        ) is not None:
            found[kind] = held
    return found


def _side(given: Mapping[str, Any], key: str) -> str:
    return "left" if given.get(key) == "left" else "right"


def _flag(given: Mapping[str, Any], key: str, default: bool) -> bool:
    value = given.get(key)
    return value if isinstance(value, bool) else default


def _set_ends(backend: Any, kind: str, given: Mapping[str, Any], special: Mapping[str, str], language: Any) -> None:
    """Set the start and end tokens that depend on the class and settings of a tokenizer."""
    start = end = None
    if kind.startswith("Nllb"):
        source = given.get("src_lang")
        start, end = language or (source if isinstance(source, str) else None) or "eng_Latn", special.get("eos")
        if given.get("legacy_behaviour") is True:
            _put_ends(backend, None, [end, start])
            return
    elif kind.startswith(_SWITCHED) and ("add_bos_token" in given or "add_eos_token" in given):
        start = special.get("bos") if given.get("add_bos_token") is True else None
        end = special.get("eos") if given.get("add_eos_token") is True else None
    else:
        return
    _put_ends(backend, start, [end])


def _put_ends(backend: Any, start: str | None, ends: Sequence[str | None]) -> None:
    from tokenizers.processors import TemplateProcessing

    after = [end for end in ends if end]
    words = dict.fromkeys([*([start] if start else []), *after])
    ids = [(word, backend.token_to_id(word)) for word in words]
    missing = [word for word, number in ids if number is None]
    if missing:
        raise ValueError(f"it has no token {printable(missing[0])[:60]}")
    backend.post_processor = TemplateProcessing(
        single=[*([start] if start else []), "$A", *after], special_tokens=ids
    )


def _whole(path: Path, given: Mapping[str, Any]) -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_buffer(read_tokenizer_file(path))


def _word_pieces(path: Path, given: Mapping[str, Any]) -> Any:
    """Build BERT's tokenizer from a vocab.txt with one token per line."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    # A token may contain other characters that splitlines() counts as line ends.
    lines = read_text(path, _MAX_BYTES, ModelError).removesuffix("\n").split("\n")
    ids = {line.removesuffix("\r"): number for number, line in enumerate(lines)}
    special = {kind: given.get(f"{kind}_token", word) for kind, word in _OF_BERT.items()}
    words = {kind: word if isinstance(word, str) else _OF_BERT[kind] for kind, word in special.items()}
    accents = given.get("strip_accents")
    backend = Tokenizer(models.WordPiece(ids, unk_token=words["unk"]))
    backend.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=_flag(given, "tokenize_chinese_chars", True),
        strip_accents=accents if isinstance(accents, bool) else None,
        lowercase=_flag(given, "do_lower_case", True),
    )
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece(prefix="##")
    backend.add_special_tokens([word for word in words.values() if word in ids])
    _put_ends(backend, words["cls"], [words["sep"]])
    return backend


def _byte_pairs(path: Path, given: Mapping[str, Any]) -> Any:
    """Build RoBERTa's tokenizer from a vocab.json and the merges.txt beside it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    ids = read_json(path, _MAX_BYTES, ModelError)
    if not isinstance(ids, dict) or not all(type(number) is int and number >= 0 for number in ids.values()):
        raise ValueError("it does not give a number to every token")
    lines = read_text(path.parent / "merges.txt", _MAX_BYTES, ModelError).split("\n")
    split = [line.partition(" ") for line in lines if line.strip() and not line.startswith("#version")]
    pairs = [(first, second) for first, _, second in split]
    spaced = _flag(given, "add_prefix_space", False)
    backend = Tokenizer(models.BPE(ids, pairs))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=spaced)
    backend.decoder = decoders.ByteLevel()
    words = {kind: word for kind, word in _OF_OTHERS.items() if word in ids}
    backend.add_special_tokens(list(dict.fromkeys(words.values())))
    start, end = (words[kind] for kind in ("cls", "sep"))
    backend.post_processor = processors.RobertaProcessing((end, ids[end]), (start, ids[start]), True, spaced)
    return backend


def _sentence_pieces(path: Path, given: Mapping[str, Any]) -> Any:
    """Build the tokenizer of XLM-RoBERTa (sentencepiece.bpe.model) or of T5 (spiece.model)."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    kind = given.get("tokenizer_class")
    allowed = ("XLMRoberta", "T5", "MT5", "Siglip")
    if kind is not None and not (isinstance(kind, str) and kind.startswith(allowed)):
        raise ValueError(f"a {printable(str(kind))[:60]} needs a tokenizer.json")
    found = read_sentence_pieces(path)
    if found.model_type != UNIGRAM:
        raise ValueError("it is not a unigram model, and needs a tokenizer.json")
    pieces, unknown = found.pieces, found.unknown
    is_xlm = kind.startswith("XLMRoberta") if isinstance(kind, str) else path.name == "sentencepiece.bpe.model"
    if is_xlm:
        # The first four tokens are those of fairseq, not the first three of SentencePiece.
        first = [(word, 0.0) for word in ("<s>", "<pad>", "</s>", "<unk>")]
        pieces, unknown = [*first, *pieces[3:], ("<mask>", 0.0)], 3
    check_vocabulary(word for word, _ in pieces)
    backend = Tokenizer(models.Unigram(pieces, unknown, False))
    if found.charsmap:
        check_charsmap(found.charsmap)
        backend.normalizer = normalizers.Precompiled(found.charsmap)
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    backend.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    held = [word for word in dict.fromkeys(_OF_OTHERS.values()) if backend.token_to_id(word) is not None]
    backend.add_special_tokens(held)
    _put_ends(backend, "<s>" if is_xlm else None, ["</s>"])
    return backend

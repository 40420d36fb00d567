"""The perceptor: one CLIP of open_clip, frozen, that scores cutouts of a picture against texts.

The networks are open_clip's own, but for the built-in one's kind (`clip`); how they are loaded is ours: built
without weights, filled from a checked file, and never fetched by surprise. Image towers that `towers` knows are
computed its way, which is faster.
"""

from __future__ import annotations

import contextlib
import difflib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models import clip, text_encoders
from vqclip.models.checkpoints import leave_file, load_into, read_state_dict, without_weights
from vqclip.models.clip_config import check_model, check_preprocessing, read_clip_config
from vqclip.models.compiling import Compiled
from vqclip.models.image_encoders import find_tower, fold_norms, is_folded
from vqclip.models.inspection import inspect
from vqclip.models.registry import ClipFiles
from vqclip.models.tokenizer import Tokenizer, spelt_out, words_of
from vqclip.reading import check_regular, read_bytes, reason, refusing

_MAX_WORDS_BYTES = 1_000_000
_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
_SPECIAL = re.compile(r"<(start_of_text|end_of_text|startoftext\|?|endoftext\|?)>", re.IGNORECASE)


@dataclass(frozen=True)
class Framing:
    """How a whole picture becomes the square that a CLIP was trained on, in the words of open_clip.

    resize_mode: shortest (scale the shorter side, cut the middle out), squash or longest (scale the longer side,
    pad with the grey fill_color, 0 to 255). interpolation: bicubic or bilinear; random means bicubic here.
    """

    resize_mode: str = "shortest"
    interpolation: str = "bicubic"
    fill_color: int = 0


class Perceptor(nn.Module):
    """A frozen CLIP: pictures and texts to unit vectors of one space.

    cut_size: side of the square pictures that it takes, in pixels. context_length: tokens of a text that it
    reads, start and end included. mean, std: (1, 3, 1, 1), its own normalisation of pixels. framing: what it
    expects of whole pictures. logit_scale: the factor on cosines that it learned, at most 100 in the CLIP paper.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        mean: Sequence[float],
        std: Sequence[float],
        vocabulary: Mapping[str, tuple[str, ...]] | None = None,
        framing: Framing | None = None,
    ) -> None:
        """model: open_clip's, with its weights. tokenizer: open_clip's for that model. vocabulary: the words
        that it was taught, in lower case, and for those that it hardly knows the things that it met them with; none
        where all that is not known."""
        super().__init__()
        self.vocabulary = vocabulary or {}
        self.framing = framing or Framing()
        # open_clip keeps the logarithm, in some models as a vector of one.
        self.logit_scale = float(model.logit_scale.float().exp())
        self.visual = model.visual
        self._own = find_tower(model.visual)
        self._compiled: Compiled | None = None
        self._texts: Any = model
        self._tokenizer = tokenizer
        size = model.visual.image_size
        self.cut_size = int(size[0] if isinstance(size, (tuple, list)) else size)
        # A text tower of transformers has room for more than CLIP was trained with; its tokenizer knows.
        # One without a limit, such as mT5's, says 0.
        room = int(model.context_length) or 2**16
        self.context_length = min(room, getattr(tokenizer, "context_length", None) or 2**16)
        embedding = getattr(model, "token_embedding", None)
        self._tokens = int(getattr(model, "vocab_size", 0) or getattr(embedding, "num_embeddings", 0))
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def encode_image(self, cutouts: Tensor) -> Tensor:
        """Features of pictures: (N, 3, cut_size, cut_size) float32 in [0, 1] to (N, E) unit float32."""
        # A lone picture goes beside itself: kernels for one round otherwise than those for many, and a rectifier may
        # then land on the other side of zero, so that a cutout would have another gradient alone than in a batch.
        shown = cutouts.expand(2, -1, -1, -1) if len(cutouts) == 1 else cutouts
        see = self._compiled or self._own or self.visual
        features = see(((shown - self.mean) / self.std).to(self.dtype))
        if isinstance(features, (tuple, list)):
            features = features[0]
        unit: Tensor = F.normalize(features[: len(cutouts)].float(), dim=-1)
        return unit

    def compile_image_encoder(self) -> None:
        """From here on, encode pictures with compiled kernels; see `Compiled`, which may raise UsageError."""
        self._compiled = Compiled(self._own or self.visual, self.mean.device)

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Features of texts: (len(texts), E) unit float32. What does not fit the context is cut off.

        Raises RuntimeError once the text tower was dropped.
        """
        if self._texts is None:
            raise RuntimeError("the text tower of this perceptor was dropped; load it again to encode texts")
        return self._read(texts)

    def _read(self, texts: Sequence[str]) -> Tensor:
        """What `encode_text` gives. Raises ModelError for a tokenizer of another network."""
        tokens = self._tokenizer([_neutral(text) for text in texts], context_length=self.context_length)
        # On a GPU a token that the network has no row for would end the process.
        if self._tokens and tokens.numel() and int(tokens.max()) >= self._tokens:
            raise ModelError(
                f"the tokenizer of a CLIP gives the token {int(tokens.max())}, but the network knows {self._tokens}.",
                "Take the tokenizer that belongs to it.",
            )
        features = self._texts.encode_text(tokens.to(self.mean.device))
        if isinstance(features, (tuple, list)):
            features = features[0]
        unit: Tensor = F.normalize(features.float(), dim=-1)
        return unit

    def drop_text_encoder(self) -> None:
        """Free what only `encode_text` needs: half of the memory of a ViT-B/32."""
        self._texts = None

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, start and end included, however many there are."""
        return len(self._ids(text)) + 2

    def cut_text(self, text: str) -> str:
        """The end of the `legible` text that does not fit the context and is not seen; empty when all of it is."""
        ids = self._ids(self.legible(text))
        fits = self.context_length - 2
        decoder = self._tokenizer if hasattr(self._tokenizer, "decode") else self._tokenizer.tokenizer
        return str(decoder.decode(ids[fits:])).strip() if len(ids) > fits else ""

    def legible(self, text: str) -> str:
        """The text in nothing but words, for a CLIP that tells which ones it was taught; see `bpe.spelt_out`."""
        return spelt_out(text) if self.vocabulary else text

    def unknown_words(self, text: str) -> dict[str, list[str]]:
        """The words of a text that this CLIP was not taught, each with those spelt like it that it knows.

        Nothing is unknown to a CLIP whose folder holds no words.txt.
        """
        unknown = [word for word in self._words(text) if word not in self.vocabulary]
        known = [word for word, met_with in self.vocabulary.items() if not met_with] if unknown else []
        return {word: difflib.get_close_matches(word, known, n=3) for word in unknown}

    def hardly_known(self, text: str) -> dict[str, tuple[str, ...]]:
        """The words of a text that this CLIP met too seldom to know, each with the things that it met it with."""
        return {word: self.vocabulary[word] for word in self._words(text) if self.vocabulary.get(word)}

    def _words(self, text: str) -> dict[str, None]:
        """The distinct words of a text in order, for a CLIP that tells which ones it was taught."""
        return dict.fromkeys(words_of(spelt_out(text))) if self.vocabulary else {}

    @property
    def dtype(self) -> torch.dtype:
        """The precision of what multiplies pixels: embeddings and norms stay in float32 when a tower is cast."""
        kinds = (nn.Conv2d, nn.Linear)
        first: Tensor = next(module.weight for module in self.visual.modules() if isinstance(module, kinds))
        return first.dtype

    @property
    def tower(self) -> str:
        """Whose forward encodes pictures: "own", "folded" (open_clip's over folded norms) or "open_clip"."""
        if self._own is not None:
            return "own"
        return "folded" if is_folded(self.visual) else "open_clip"

    def _ids(self, text: str) -> list[int]:
        if hasattr(self._tokenizer, "encode"):
            return list(self._tokenizer.encode(_neutral(text)))
        # A tokenizer of Hugging Face adds its own start and end.
        return list(self._tokenizer.tokenizer(_neutral(text))["input_ids"])[1:-1]


@dataclass(frozen=True)
class ClipTarget:
    """One perceptor with the prompts that a run optimises for.

    Attributes:
        weight: Of this perceptor among those of the run; below 0 it pushes away from its prompts.
        targets: (P, E) unit float32, the features of the prompts in their order.
    """

    perceptor: Perceptor
    weight: float
    targets: Tensor


def load_perceptor(files: ClipFiles, device: torch.device, dtype: torch.dtype = torch.float32) -> Perceptor:
    """Load the CLIP that `registry.find_clip` found.

    dtype: of the image tower, float32 or bfloat16; texts are always encoded in float32. Raises ModelError.
    """
    weights = files.weights or _in_cache(files)
    source = printable(weights)
    config, preprocessing = _config(files)
    # What can be refused without a network comes first: open_clip alone takes seconds and half a gigabyte.
    tokenizer, vocabulary = _tokenizer(files, config), _vocabulary(files)
    model = clip.build(config) or _build(config, dtype, files)
    _refuse_too_large(model, weights)
    load_into(model, read_state_dict(weights), source, ignored=text_encoders.COUNTED)
    _rebuild_buffers(model, source)
    mean, std = (preprocessing.get(key) or default for key, default in (("mean", _OPENAI_MEAN), ("std", _OPENAI_STD)))
    perceptor = Perceptor(model, tokenizer, mean, std, vocabulary, _framing(preprocessing))
    if not math.isfinite(perceptor.logit_scale):
        raise ModelError(f"{source}: its logit_scale is out of range.", "Take another CLIP.")
    if files.folder is not None and not isinstance(model, clip.CLIP):
        _try_out(perceptor, printable(files.name))
    perceptor.requires_grad_(False).eval()
    if fold_norms(perceptor.visual) and device.type == "cpu":
        # Folded and channels last, the built-in tower takes three fifths of its time; measured on CPUs only.
        perceptor.visual.to(memory_format=torch.channels_last)
    perceptor.to(device)
    if dtype != torch.float32:
        _cast(perceptor.visual, dtype)
        leave_file(perceptor.visual, dtype)
    return perceptor


def read_cut_size(files: ClipFiles) -> int:
    """The side of the pictures that a CLIP takes, in pixels, from its configuration alone. Raises ModelError."""
    config, _ = _config(files)
    size = config["vision_cfg"].get("image_size", 224)
    return int(size[0] if isinstance(size, (list, tuple)) else size)


def _build(config: dict[str, Any], dtype: torch.dtype, files: ClipFiles) -> nn.Module:
    """open_clip's network without weights, from a checked model_cfg."""
    import open_clip.model as networks

    _check_timm(config["vision_cfg"], files)
    known = {key: value for key, value in config.items() if key != "custom_text"}
    known["vision_cfg"] = config["vision_cfg"] | {"timm_model_pretrained": False}
    named = text_encoders.is_of_transformers(config)
    if named:
        # It is built here: open_clip would look for it by its name. This one of open_clip's own gives way to it.
        known["text_cfg"] = {"layers": 1, "width": 64, "heads": 1, "vocab_size": 1, "context_length": 1}
    build = networks.CustomTextCLIP if named or config.get("custom_text") else networks.CLIP
    message = f"the configuration of the CLIP {printable(files.name)} describes no network of open_clip"
    with _refusing_network(message), without_weights():
        model: nn.Module = build(**known, cast_dtype=dtype if dtype != torch.float32 else None)
        if named:
            model.text = text_encoders.build(config, files)
            model.context_length, model.vocab_size = model.text.context_length, model.text.vocab_size
    return model


@contextlib.contextmanager
def _refusing_network(message: str) -> Iterator[None]:
    """As `refusing`, and for a RuntimeError, which torch raises for sizes that do not fit each other."""
    hint = "Check its model_cfg."
    try:
        with refusing(message, hint, ModelError):
            yield
    except RuntimeError as problem:
        raise ModelError(f"{message} ({reason(problem)}).", hint) from None


def _check_timm(vision: Mapping[str, Any], files: ClipFiles) -> None:
    """Raise ModelError for a network that timm does not have itself: it would look for one of another name."""
    name = vision.get("timm_model_name")
    if not name:
        return
    import timm

    message = f"the CLIP {printable(files.name)} sees with {name}, which is no network of timm"
    with _refusing_network(message):
        if not timm.is_model(name):
            raise ValueError("not in timm.list_models()")
        if "." in name:
            timm.get_pretrained_cfg(name)


def _refuse_too_large(model: nn.Module, weights: Path) -> None:
    """Raise ModelError for a network of more numbers than its file has bytes, before memory is taken for it."""
    numbers = sum(parameter.numel() for parameter in model.parameters())
    size = check_regular(weights, ModelError).stat().st_size
    if numbers <= size:
        return
    inspect(weights)  # a file that is no checkpoint at all has a clearer message
    raise ModelError(
        f"{printable(weights)} has {size} bytes, too few for the {numbers} numbers of the network that its "
        "configuration describes.",
        "Take the configuration that belongs to these weights.",
    )


def _try_out(perceptor: Perceptor, name: str) -> None:
    """Encode a picture and a long text: open_clip builds many a network that then fails at every picture or text.

    Raises:
        ModelError: One of them fails, or they do not become vectors of one length.
    """
    size = perceptor.cut_size
    with torch.no_grad(), _refusing_network(f"the CLIP {name} encodes no pictures and texts"):
        seen = perceptor.encode_image(torch.zeros(1, 3, size, size))
        read = perceptor._read(["a " * perceptor.context_length])
        if seen.dim() != 2 or seen.shape != read.shape:
            raise ValueError(f"a picture becomes {tuple(seen.shape)} numbers, a text {tuple(read.shape)}")


def _cast(visual: nn.Module, dtype: torch.dtype) -> None:
    """Put a tower into another precision. Norms stay in float32; open_clip's own cast leaves them so."""
    if isinstance(visual, clip.ModifiedResNet):
        clip.cast(visual, dtype)
        return
    from open_clip.model import convert_weights_to_lp

    convert_weights_to_lp(visual, dtype=dtype)


def _rebuild_buffers(model: nn.Module, source: str) -> None:
    """Make the buffers that no file holds: the causal mask of the text tower, or its counts of places."""
    for name, buffer in list(model.named_buffers()):
        if not buffer.is_meta:
            continue
        owner = model.get_submodule(name.rpartition(".")[0])
        if name in text_encoders.COUNTED:
            value = text_encoders.counted(name, buffer)
        elif name.endswith("attn_mask"):
            value = torch.full(buffer.shape, -torch.inf).triu_(1)
        else:
            raise ModelError(f"{source} leaves {name} of its network without a value.", "Take another CLIP.")
        setattr(owner, name.rpartition(".")[2], value)


def _framing(preprocessing: Mapping[str, Any]) -> Framing:
    """The framing that a checked preprocess_cfg asks for; open_clip's defaults where it says nothing."""
    default = Framing()
    return Framing(
        preprocessing.get("resize_mode") or default.resize_mode,
        preprocessing.get("interpolation") or default.interpolation,
        preprocessing.get("fill_color") or default.fill_color,
    )


def _config(files: ClipFiles) -> tuple[dict[str, Any], dict[str, Any]]:
    """The checked model_cfg and preprocess_cfg of a CLIP, from its folder or from open_clip's own list."""
    if files.folder is not None:
        return read_clip_config(files.folder / "open_clip_config.json")
    config, preprocessing = _known_config(files)
    return check_model(config, printable(files.name)), check_preprocessing(preprocessing, printable(files.name))


def _known_config(files: ClipFiles) -> tuple[dict[str, Any], dict[str, Any]]:
    """open_clip's own configuration of a named network, and the preprocessing of its weights."""
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    config = open_clip.get_model_config(files.model)
    if config is None:
        raise ModelError(f"open_clip knows no network {files.model!r}.", "See open_clip.list_models().")
    return config, get_pretrained_cfg(files.model, files.pretrained) if files.pretrained else {}


def _in_cache(files: ClipFiles) -> Path:
    """The weights of a tag, if they were fetched before. Raises ModelError with the command that fetches them."""
    from huggingface_hub import try_to_load_from_cache
    from open_clip.pretrained import get_pretrained_cfg, list_pretrained_tags_by_model

    known = get_pretrained_cfg(files.model, files.pretrained or "")
    if not known:
        tags = ", ".join(list_pretrained_tags_by_model(files.model)) or "none"
        raise ModelError(
            f"open_clip knows no weights {files.pretrained!r} for the network {files.model!r}.", f"Known: {tags}."
        )
    repo, _, name = str(known.get("hf_hub", "")).rpartition("/")
    names = [name] if name else ["open_clip_model.safetensors", "open_clip_pytorch_model.bin"]
    for candidate in names if repo else []:
        found = try_to_load_from_cache(repo, candidate)
        if isinstance(found, str):
            return Path(found)
    fetch = f"Fetch it with `vqclip models download {files.name}`" if repo else f"Fetch {known.get('url')}"
    raise ModelError(f"the CLIP {files.name!r} is not on this machine.", f"{fetch}; nothing is downloaded by itself.")


def _tokenizer(files: ClipFiles, config: dict[str, Any]) -> Any:
    texts = config["text_cfg"]
    length = texts.get("context_length", 77)
    # A link to nothing or to a device is there too, and is refused when it is read.
    if files.folder is not None and (files.folder / "bpe.txt.gz").exists():
        return Tokenizer(files.folder / "bpe.txt.gz", context_length=length)
    if text_encoders.has_tokenizer_of_transformers(config):
        return text_encoders.load_tokenizer(config, files, length)
    from open_clip.tokenizer import SimpleTokenizer

    clean = (texts.get("tokenizer_kwargs") or {}).get("clean", "lower")
    return SimpleTokenizer(context_length=length, clean=clean)


def _vocabulary(files: ClipFiles) -> dict[str, tuple[str, ...]]:
    """The words of words.txt in a CLIP's own folder, one on a line, and behind a colon what a word was met with."""
    path = files.folder / "words.txt" if files.folder is not None else None
    if path is None or not path.exists():
        return {}
    data = read_bytes(path, _MAX_WORDS_BYTES, ModelError, empty=True)
    lines = data.decode("utf-8", errors="ignore").splitlines()
    entries = [line.partition(":") for line in lines if line.strip()]
    return {
        word.strip(): tuple(name.strip() for name in names.split(",") if name.strip()) for word, _, names in entries
    }


def _neutral(text: str) -> str:
    """The text with the names of special tokens broken up, so that they are read as words."""
    return _SPECIAL.sub(lambda match: f"< {match[1]} >", text)

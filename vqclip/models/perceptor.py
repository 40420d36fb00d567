"""The perceptor: one frozen CLIP (Radford et al. 2021, arXiv 2103.00020) that scores cutouts against texts.

The networks are open_clip's, except for the kind of the built-in one (`clip_resnet`). vqclip loads them itself: built
without weights, filled from a checked file, and never downloaded. `clip_vit` computes known vision transformers
faster.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models import clip_resnet, languages, text_encoders
from vqclip.models.checkpoints import leave_file, load_into, read_state_dict, without_parameters, without_weights
from vqclip.models.clip_config import check_model, check_preprocessing, read_clip_config
from vqclip.models.clip_resnet import fold_norms, is_folded
from vqclip.models.clip_vit import find_vit
from vqclip.models.compiling import Compiled
from vqclip.models.inspection import inspect
from vqclip.models.registry import ClipFiles, cached_file, open_clip_source
from vqclip.models.tokenizer import Tokenizer, WordCheck, is_slip, neutral, read_vocabulary
from vqclip.reading import check_regular, refusing
from vqclip.settings.prompts import Prompt

FUNCTION_WORDS = frozenset(("a", "an", "the", "of", "in", "on", "at", "by", "to", "for", "from", "with", "and", "or"))
_CHECK = "Check its model_cfg."
_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
# Numbers in OpenAI's archives that its code reads.
_OF_ARCHIVES = ("input_resolution", "context_length", "vocab_size")


@dataclass(frozen=True)
class Framing:
    """How a whole picture becomes the square that a CLIP was trained on, in open_clip's terms.

    Attributes:
        resize_mode: "shortest" scales the shorter side and crops the centre, "squash" scales both sides, "longest"
            scales the longer side and pads.
        interpolation: "bicubic" or "bilinear"; "random" means bicubic here.
        fill_color: Grey level of the padding, 0 to 255.
    """

    resize_mode: str = "shortest"
    interpolation: str = "bicubic"
    fill_color: int = 0


class Perceptor(nn.Module):
    """A frozen CLIP: pictures and texts to unit vectors of one space.

    Attributes:
        cut_size: Side of the square pictures that it takes, in pixels.
        context_length: Tokens of a text that it reads, start and end included.
        mean, std: (1, 3, 1, 1), its normalisation of pixels.
        framing: How it expects whole pictures.
        logit_scale: Its learned factor on cosines, at most 100 in the CLIP paper.
        logit_bias: What SigLIP learned to add to them (arXiv 2303.15343); None for a CLIP.
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
        """Wrap a CLIP.

        Args:
            model: A network of open_clip with its weights.
            tokenizer: The tokenizer for it.
            mean, std: Normalisation of pixels, one number per channel.
            vocabulary: Words of its training texts in lower case. Each rare one has the words that it occurred with.
                None when they are not known.
            framing: How it expects whole pictures.
        """
        super().__init__()
        self.vocabulary = vocabulary or {}
        self.framing = framing or Framing()
        # open_clip keeps the logarithm, in some models as a vector of one.
        self.logit_scale = float(model.logit_scale.float().exp())
        self.logit_bias = None if getattr(model, "logit_bias", None) is None else float(model.logit_bias.float())
        self.visual = model.visual
        self._vit = find_vit(model.visual)
        self._compiled: Compiled | None = None
        self._texts: Any = model
        self._tokenizer = tokenizer
        size = model.visual.image_size
        self.cut_size = int(size[0] if isinstance(size, (tuple, list)) else size)
        # A text encoder of transformers accepts more tokens than CLIP was trained with; its tokenizer has the limit.
        # An encoder without a limit, such as mT5's, says 0.
        most = int(model.context_length) or 2**16
        self.context_length = min(most, getattr(tokenizer, "context_length", None) or 2**16)
        embedding = getattr(model, "token_embedding", None)
        self._tokens = int(getattr(model, "vocab_size", 0) or getattr(embedding, "num_embeddings", 0))
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1))

    def encode_image(self, cutouts: Tensor) -> Tensor:
        """Encode pictures: (N, 3, cut_size, cut_size) float32 in [0, 1] to (N, E) unit float32."""
        # A single picture is encoded twice. Kernels for one picture round differently from those for several, and a
        # rectifier could then switch: a cutout would have another gradient alone than in a batch.
        shown = cutouts.expand(2, -1, -1, -1) if len(cutouts) == 1 else cutouts
        encode = self._compiled or self._vit or self.visual
        features = encode(((shown - self.mean) / self.std).to(self.dtype))
        if isinstance(features, (tuple, list)):
            features = features[0]
        unit: Tensor = F.normalize(features[: len(cutouts)].float(), dim=-1)
        return unit

    def compile_image_encoder(self) -> None:
        """Encode pictures with compiled kernels from now on. Raises UsageError as `Compiled` does."""
        self._compiled = Compiled(self._vit or self.visual, self.mean.device)

    @torch.no_grad()
    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Encode texts to (len(texts), E) unit float32. Tokens beyond the context are dropped.

        Raises:
            RuntimeError: The text encoder was dropped.
            ModelError: The tokenizer belongs to another network.
        """
        if self._texts is None:
            raise RuntimeError("the text encoder of this perceptor was dropped; load it again to encode texts")
        return self._encode_text(texts)

    def _encode_text(self, texts: Sequence[str]) -> Tensor:
        tokens = self._tokenizer([neutral(text) for text in texts], context_length=self.context_length)
        # On a GPU, a token without a row in the embedding would end the process.
        if self._tokens and tokens.numel() and int(tokens.max()) >= self._tokens:
            raise ModelError(
                f"the tokenizer of a CLIP gives the token {int(tokens.max())}, but the network knows {self._tokens}.",
                "Use the tokenizer that belongs to it.",
            )
        features = self._texts.encode_text(tokens.to(self.mean.device))
        if isinstance(features, (tuple, list)):
            features = features[0]
        unit: Tensor = F.normalize(features.float(), dim=-1)
        return unit

    def drop_text_encoder(self) -> None:
        """Free the text encoder: half of the memory of a ViT-B/32."""
        self._texts = None

    def count_tokens(self, text: str) -> int:
        """Count the tokens of a text, start and end included, without a limit."""
        return len(self._ids(text)) + 2

    def cut_text(self, text: str) -> str:
        """Return the end of a `legible` text that does not fit the context; empty when everything fits."""
        ids = self._ids(languages.spelt_out(text) if self.vocabulary else text)
        fits = self.context_length - 2
        decoder = self._tokenizer if hasattr(self._tokenizer, "decode") else self._tokenizer.tokenizer
        return str(decoder.decode(ids[fits:])).strip() if len(ids) > fits else ""

    def legible(self, text: str, language: str = "auto") -> str:
        """Read a text as English words if the vocabulary of this CLIP is known; see `languages.legible`."""
        return languages.legible(text, language) if self.vocabulary else text

    def read_as(self, texts: Iterable[str], language: str = "auto") -> str | None:
        """Texts as this CLIP reads them, with | between them; None where it reads them as they are."""
        texts = list(texts)
        changed = self.vocabulary and any(languages.changes(text, language) for text in texts)
        return " | ".join(self.legible(text, language) for text in texts) if changed else None

    def read(self, prompt: Prompt) -> str:
        """The text of a prompt as this CLIP reads it."""
        return self.legible(prompt.styled_text if self.knows_styles else prompt.text, prompt.language)

    @property
    def knows_styles(self) -> bool:
        """Whether words that name a style mean one.

        The built-in CLIP learned names of things alone: "a pencil sketch of a car" is a pencil to it.
        """
        return not self.vocabulary

    def check_words(self, text: str) -> WordCheck:
        """Look up the words of a text in the vocabulary. A CLIP without a words.txt in its folder knows all words."""
        words = dict.fromkeys(languages.words_of(languages.spelt_out(text))) if self.vocabulary else ()
        unknown = [word for word in words if word not in self.vocabulary]
        content_words = [word for word in words if word not in FUNCTION_WORDS]
        known = [word for word, met_with in self.vocabulary.items() if not met_with] if unknown else []
        meant = {word: [other for other in known if is_slip(word, other)] for word in unknown}
        return WordCheck(
            unknown={word: found[0] if len(found) == 1 else "" for word, found in meant.items()},
            rare={word: self.vocabulary[word] for word in words if self.vocabulary.get(word)},
            nothing_known=bool(content_words) and not any(word in self.vocabulary for word in content_words),
        )

    @property
    def dtype(self) -> torch.dtype:
        """The precision of convolutions and linear layers; embeddings and norms stay in float32."""
        kinds = (nn.Conv2d, nn.Linear)
        first: Tensor = next(module.weight for module in self.visual.modules() if isinstance(module, kinds))
        return first.dtype

    @property
    def image_encoder(self) -> str:
        """Which code encodes pictures: "own" (`clip_vit`), "folded" (a ResNet with folded norms) or "open_clip"."""
        if self._vit is not None:
            return "own"
        return "folded" if is_folded(self.visual) else "open_clip"

    def _ids(self, text: str) -> list[int]:
        if hasattr(self._tokenizer, "encode"):
            return list(self._tokenizer.encode(neutral(text)))
        # A tokenizer of Hugging Face adds its own start and end.
        return list(self._tokenizer.tokenizer(neutral(text))["input_ids"])[1:-1]


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

    Args:
        files: Its files.
        device: Where it runs.
        dtype: Precision of the image encoder, float32 or bfloat16. Texts are always encoded in float32.

    Raises:
        ModelError: Files are missing, damaged, or do not belong together.
    """
    weights = files.weights or _in_cache(files)
    source = printable(weights)
    config, preprocessing = _config(files)
    # Checks without a network come first: importing open_clip takes seconds and half a gigabyte.
    tokenizer, vocabulary = _tokenizer(files, config), read_vocabulary(files.folder)
    model = clip_resnet.build(config) or _build(config, dtype, files)
    _refuse_too_large(model, weights)
    own = files.folder is not None
    network = "its configuration" if own else f"the network {files.model}"
    hint = "Give the open_clip_config.json that belongs to it." if own else "Name the network that it belongs to."
    ignored = (*text_encoders.COUNTED, *_OF_ARCHIVES)
    load_into(model, read_state_dict(weights), source, ignored=ignored, fits=(network, hint))
    _rebuild_buffers(model, source, lambda: _build(config, dtype, files, buffers=True))
    mean, std = (preprocessing.get(key) or default for key, default in (("mean", _OPENAI_MEAN), ("std", _OPENAI_STD)))
    perceptor = Perceptor(model, tokenizer, mean, std, vocabulary, _framing(preprocessing))
    if not math.isfinite(perceptor.logit_scale + (perceptor.logit_bias or 0.0)):
        raise ModelError(f"{source}: its logit_scale is out of range.", "Use another CLIP.")
    if files.folder is not None and not isinstance(model, clip_resnet.CLIP):
        _check_encodes(perceptor, printable(files.name))
    perceptor.requires_grad_(False).eval()
    if fold_norms(perceptor.visual) and device.type == "cpu":
        # Folding and channels_last take the built-in image encoder to 60 % of its time; measured on CPUs only.
        perceptor.visual.to(memory_format=torch.channels_last)
    perceptor.to(device)
    if dtype != torch.float32:
        _cast(perceptor.visual, dtype)
        leave_file(perceptor.visual, dtype)
    return perceptor


def read_cut_size(files: ClipFiles) -> int:
    """Read the side of the pictures that a CLIP takes, in pixels, from its configuration. Raises ModelError."""
    config, _ = _config(files)
    size = config["vision_cfg"].get("image_size", 224)
    return int(size[0] if isinstance(size, (list, tuple)) else size)


def _build(config: dict[str, Any], dtype: torch.dtype, files: ClipFiles, *, buffers: bool = False) -> nn.Module:
    """Build a network of open_clip without weights, but with its buffers if asked, from a checked model_cfg."""
    import open_clip.model as networks

    _check_timm(config["vision_cfg"], files)
    known = {key: value for key, value in config.items() if key != "custom_text"}
    known["vision_cfg"] = config["vision_cfg"] | {"timm_model_pretrained": False}
    named = text_encoders.is_of_transformers(config)
    if named:
        # open_clip would download a text encoder of transformers by its name, so vqclip builds it. A tiny one of
        # open_clip's own holds its place.
        known["text_cfg"] = {"layers": 1, "width": 64, "heads": 1, "vocab_size": 1, "context_length": 1}
    build = networks.CustomTextCLIP if named or config.get("custom_text") else networks.CLIP
    message = f"the configuration of the CLIP {printable(files.name)} describes no network of open_clip"
    with refusing(message, _CHECK, ModelError), without_parameters() if buffers else without_weights():
        model: nn.Module = build(**known, cast_dtype=dtype if dtype != torch.float32 else None)
        if named:
            model.text = text_encoders.build(config, files)
            model.context_length, model.vocab_size = model.text.context_length, model.text.vocab_size
    return model


def _check_timm(vision: Mapping[str, Any], files: ClipFiles) -> None:
    """Raise ModelError for a network that timm does not have; timm would look for it elsewhere."""
    name = vision.get("timm_model_name")
    if not name:
        return
    import timm

    message = f"the CLIP {printable(files.name)} sees with {name}, which is not a network of timm"
    with refusing(message, _CHECK, ModelError):
        if not timm.is_model(name):
            raise ValueError("not in timm.list_models()")
        if "." in name:
            timm.get_pretrained_cfg(name)


def _refuse_too_large(model: nn.Module, weights: Path) -> None:
    """Raise ModelError for a network of more numbers than its file has bytes, before memory is allocated."""
    numbers = sum(parameter.numel() for parameter in model.parameters())
    size = check_regular(weights, ModelError).stat().st_size
    if numbers <= size:
        return
    # This has a clearer message for a file that is no checkpoint.
    if inspect(weights).kind == "script":
        raise ModelError(
            f"{printable(weights)} is a TorchScript archive, as OpenAI has them, but too small for this network.",
            "Name the network that it belongs to, or fetch one with `vqclip models download ViT-B-32`.",
        )
    raise ModelError(
        f"{printable(weights)} has {size} bytes, too few for the {numbers} numbers of the network that its "
        "configuration describes.",
        "Use the configuration that belongs to these weights.",
    )


def _check_encodes(perceptor: Perceptor, name: str) -> None:
    """Encode one picture and one long text: open_clip builds networks that then fail at every input.

    Raises:
        ModelError: Encoding fails, or the two vectors differ in length.
    """
    size = perceptor.cut_size
    with torch.no_grad(), refusing(f"the CLIP {name} encodes no pictures and texts", _CHECK, ModelError):
        seen = perceptor.encode_image(torch.zeros(1, 3, size, size))
        read = perceptor._encode_text(["a " * perceptor.context_length])
        if seen.dim() != 2 or seen.shape != read.shape:
            raise ValueError(f"a picture becomes {tuple(seen.shape)} numbers, a text {tuple(read.shape)}")


def _cast(visual: nn.Module, dtype: torch.dtype) -> None:
    """Cast an image encoder. Norms stay in float32, as in open_clip's own cast."""
    if isinstance(visual, clip_resnet.ModifiedResNet):
        clip_resnet.cast(visual, dtype)
        return
    from open_clip.model import convert_weights_to_lp

    convert_weights_to_lp(visual, dtype=dtype)


def _rebuild_buffers(model: nn.Module, source: str, again: Callable[[], nn.Module]) -> None:
    """Create the buffers that no file holds, such as masks and positions. again: Builds the network with buffers."""
    built: dict[str, Tensor] | None = None
    for name, buffer in list(model.named_buffers()):
        if not buffer.is_meta:
            continue
        owner = model.get_submodule(name.rpartition(".")[0])
        if name in text_encoders.COUNTED:
            value = text_encoders.counted(name, buffer)
        elif name.endswith("attn_mask"):
            value = torch.full(buffer.shape, -torch.inf).triu_(1)
        else:
            built = dict(again().named_buffers()) if built is None else built
            value = built[name]
            if value.is_meta:
                raise ModelError(f"{source} leaves {name} of its network without a value.", "Use another CLIP.")
        setattr(owner, name.rpartition(".")[2], value)


def _framing(preprocessing: Mapping[str, Any]) -> Framing:
    """The framing of a checked preprocess_cfg, with open_clip's defaults."""
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
    """Look up open_clip's configuration of a named network, and the preprocessing of its weights."""
    import open_clip
    from open_clip.pretrained import get_pretrained_cfg

    config = open_clip.get_model_config(files.model)
    if config is None:
        raise ModelError(f"open_clip knows no network {files.model!r}.", "See open_clip.list_models().")
    if files.weights is not None and files.pretrained is None and inspect(files.weights).kind == "script":
        # An archive of OpenAI. All of its networks have this activation, which the weights do not show.
        config |= {"quick_gelu": True}
    return config, get_pretrained_cfg(files.model, files.pretrained) if files.pretrained else {}


def _in_cache(files: ClipFiles) -> Path:
    """Find the weights of a tag that was downloaded before. Raises ModelError with the command to download it."""
    repo, names, url = open_clip_source(files.model, files.pretrained or "", ModelError)
    if repo and (found := cached_file(repo, *names)):
        return found
    fetch = f"Fetch it with `vqclip models download {files.name}`" if repo else f"Fetch {url}"
    raise ModelError(
        f"the CLIP {files.name!r} is not on this machine.", f"{fetch}; nothing is downloaded automatically."
    )


def _tokenizer(files: ClipFiles, config: dict[str, Any]) -> Any:
    texts = config["text_cfg"]
    length = texts.get("context_length", 77)
    # A broken link or a device counts as present; reading refuses it.
    if files.folder is not None and (files.folder / "bpe.txt.gz").exists():
        return Tokenizer(files.folder / "bpe.txt.gz", context_length=length)
    if text_encoders.has_tokenizer_of_transformers(config):
        return text_encoders.load_tokenizer(config, files, length)
    from open_clip.tokenizer import SimpleTokenizer

    clean = (texts.get("tokenizer_kwargs") or {}).get("clean", "lower")
    return SimpleTokenizer(context_length=length, clean=clean)

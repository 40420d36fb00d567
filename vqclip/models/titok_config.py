"""Reads configurations of TiTok, a tokenizer of pictures in 1-D tokens (Yu et al. 2024, arXiv 2406.07550)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from vqclip.errors import ModelError
from vqclip.models.config_fields import HINT, Fields, shown

_SIZES = {"small": (512, 8, 8), "base": (768, 12, 12), "large": (1024, 24, 16)}
"""Width, layers and heads of a transformer, by its name."""
PIXEL_CODES, PIXEL_DIM = 1024, 256
"""Codes of MaskGIT's VQGAN, between which the transformer of a legacy decoder chooses, and their length."""
PIXEL_MULT = (1, 1, 2, 2, 4)
"""Channels of the levels of its decoder, the finest first, as multiples."""


@dataclass(frozen=True)
class TransformerShape:
    """One of the two transformers. patch: pixels along a side of its patches."""

    width: int
    layers: int
    heads: int
    patch: int


@dataclass(frozen=True)
class Titok:
    """Everything that decides the shape of a TiTok.

    Attributes:
        n_embed, embed_dim: The number of codes and their length.
        unit_codes: Codes have the length 1, and only the direction of a latent counts.
        tokens: How many tokens a picture has.
        side: Of the only pictures that it draws, in pixels.
        encoder, decoder: Its transformers.
        pixel_ch: Channels of the decoder of MaskGIT's VQGAN, whose codes a legacy decoder predicts; 0 for a decoder
            that predicts pixels.
    """

    kind: ClassVar[str] = "TiTok"
    grid: ClassVar[bool] = False
    """Whether each token has a place in the picture."""
    n_embed: int
    embed_dim: int
    unit_codes: bool
    tokens: int
    side: int
    encoder: TransformerShape
    decoder: TransformerShape
    pixel_ch: int

    @property
    def factor(self) -> int:
        """Pixels along one side of what the tokens stand for together: the picture."""
        return self.side

    @property
    def only_size(self) -> tuple[int, int] | None:
        """Width and height of its pictures."""
        return self.side, self.side

    def latent_shape(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The shape of the latent of a picture of that width and height: (1, D, 1, tokens)."""
        del size
        return 1, self.embed_dim, 1, self.tokens


def read_titok(content: Mapping[str, Any], source: str) -> Titok:
    """Read `config.json` of the hub, or the YAML file of 1d-tokenizer.

    Raises:
        ModelError: A field is missing or out of range, or it is no tokenizer with codes and pixels.
    """
    model = Fields(source, content["model"]).section("vq_model")
    dataset, pictures = content.get("dataset"), Fields(source, {})
    if isinstance(dataset, Mapping) and "preprocessing" in dataset:
        pictures = Fields(source, dataset).section("preprocessing")
    mode = model.values.get("quantize_mode", "vq")
    if mode != "vq":
        raise ModelError(f"{source}: quantize_mode {shown(mode)} has no codes.", "Use a tokenizer with codes (VQ).")
    legacy = model.flag("is_legacy", default=True)
    if legacy != model.flag("finetune_decoder", default=True):
        raise ModelError(
            f"{source}: is_legacy and finetune_decoder differ, so the decoder has no pixels.",
            "Use the weights of the second stage.",
        )
    found = Titok(
        n_embed=model.whole("codebook_size", 1, 2**20),
        embed_dim=model.whole("token_size", 1, 2**12),
        unit_codes=model.flag("use_l2_norm", default=False),
        tokens=model.whole("num_latent_tokens", 1, 4096),
        side=pictures.whole("crop_size", 16, 2048, default=256),
        encoder=_transformer(model, "enc"),
        decoder=_transformer(model, "dec"),
        # A constant there; settable here for smaller copies, like width, layers and heads.
        pixel_ch=model.whole("pixel_channels", 32, 1024, default=128) if legacy else 0,
    )
    for patch in (found.encoder.patch, found.decoder.patch):
        if found.side % patch or (legacy and found.decoder.patch != 16):
            raise ModelError(f"{source}: patches of {patch} pixels do not fit pictures of {found.side}.", HINT)
    return found


def _transformer(model: Fields, part: str) -> TransformerShape:
    name = model.values.get(f"vit_{part}_model_size")
    if str(name) not in _SIZES:
        raise model.wrong(f"vit_{part}_model_size", name, " or ".join(_SIZES))
    limits = {"width": 4096, "layers": 64, "heads": 64}
    numbers = zip(limits.items(), _SIZES[str(name)], strict=True)
    width, layers, heads = (
        model.whole(f"vit_{part}_{key}", 1, most, default=usual) for (key, most), usual in numbers
    )
    if width % heads:
        raise ModelError(f"{model.source}: width {width} is not a multiple of heads {heads}.", HINT)
    return TransformerShape(width, layers, heads, model.whole(f"vit_{part}_patch_size", 1, 256))

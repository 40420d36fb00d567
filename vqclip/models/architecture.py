"""Reads configurations of networks, taming-style YAML or JSON of vqclip's own networks, as checked numbers.

taming imports and calls whatever a YAML file names as `target`. Here a target is only compared with known names;
nothing that a file names is imported or opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.config_fields import HINT, Fields, read_config, shown, stage_of
from vqclip.models.titok_config import Titok, read_titok

NET2NET = "taming.models.cond_transformer.Net2NetTransformer"
_CLASS_STAGES = ("taming.modules.util.Labelator", "taming.models.dummy_cond_stage.DummyCondStage")
# Models with a VQGAN as their first stage.
_HOLDERS = (NET2NET, "ldm.models.diffusion.ddpm.LatentDiffusion")
Kind = Literal["VQModel", "GumbelVQ", "IBQ"]
_KINDS: dict[str, Kind] = {
    "taming.models.vqgan.VQModel": "VQModel",
    "taming.models.vqgan.GumbelVQ": "GumbelVQ",
    "ldm.models.autoencoder.VQModel": "VQModel",
    "ldm.models.autoencoder.VQModelInterface": "VQModel",
    "src.IBQ.models.ibqgan.IBQ": "IBQ",
    "src.IBQ.models.ibqgan_pretrain.IBQ": "IBQ",
}
_LLAMAGEN = "tokenizer.tokenizer_image.vq_model.VQModel"
# The number of groups of GroupNorm in taming's blocks.
_GROUPS = 32


def tokens_along(side: int, factor: int) -> int:
    """The whole tokens of `factor` pixels that cover so many pixels."""
    return -(-side // factor)


@dataclass(frozen=True)
class Architecture:
    """Everything that decides the shape of a VQGAN.

    Attributes:
        kind: What its encoder picks: the nearest code (VQModel, arXiv 2012.09841), the one with the highest logit
            (GumbelVQ, as in DALL-E), or the one with the largest dot product (IBQ, arXiv 2412.02692).
        n_embed, embed_dim: The number of codes and their length.
        z_channels: Channels of the latent inside.
        in_channels, out_ch: Channels of the encoder's input and the decoder's output.
        ch, ch_mult: Channels of each level.
        resolution: Side of the pictures in training, which only decides which levels have attention.
        pixel_unshuffle: r, when r×r pixels are folded into channels around the networks; 1 is off. Not in taming.
        attention: False leaves it out everywhere, also between the levels (attn_type none in latent-diffusion).
        unit_codes: Codes and latents have the length 1 (LlamaGen).
    """

    grid: ClassVar[bool] = True
    """Whether each token has a place in the picture."""
    only_size: ClassVar[tuple[int, int] | None] = None
    """Width and height of the only pictures that it draws; None for any."""
    kind: Kind
    n_embed: int
    embed_dim: int
    z_channels: int
    in_channels: int
    out_ch: int
    ch: int
    ch_mult: tuple[int, ...]
    num_res_blocks: int
    attn_resolutions: tuple[int, ...]
    resolution: int
    resamp_with_conv: bool = True
    pixel_unshuffle: int = 1
    attention: bool = True
    unit_codes: bool = False

    @property
    def factor(self) -> int:
        """Pixels along one side of a token."""
        return int(2 ** (len(self.ch_mult) - 1) * self.pixel_unshuffle)

    def latent_shape(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """The shape of the latent of a picture of that width and height: (1, D, rows, columns)."""
        columns, rows = (tokens_along(side, self.factor) for side in size)
        return 1, self.embed_dim, rows, columns

    def ddconfig(self) -> dict[str, Any]:
        """The arguments of taming's Encoder and Decoder."""
        return {
            "double_z": False,
            "z_channels": self.z_channels,
            "resolution": self.resolution,
            "in_channels": self.in_channels,
            "out_ch": self.out_ch,
            "ch": self.ch,
            "ch_mult": list(self.ch_mult),
            "num_res_blocks": self.num_res_blocks,
            "attn_resolutions": list(self.attn_resolutions) if self.attention else [],
            "resamp_with_conv": self.resamp_with_conv,
            "dropout": 0.0,
        }


@dataclass(frozen=True)
class PriorShape:
    """Everything that decides the shape of a prior.

    Attributes:
        width, layers, heads: Of the transformer.
        words, vocabulary: Tokens of a text that it reads, and of the tokenizer.
        side: Rows and columns of codes that it samples.
        codes: Number of codes of the VQGAN.
        styles: Names of its training sets of pictures.
    """

    width: int
    layers: int
    heads: int
    words: int
    vocabulary: int
    side: int
    codes: int
    styles: tuple[str, ...]


@dataclass(frozen=True)
class UpsamplerShape:
    """Everything that decides the shape of an upsampler.

    Attributes:
        width, layers, heads: Of the network.
        codes, dim: Number and length of the codes of the VQGAN.
        words, vocabulary, styles: As in `PriorShape`.
    """

    width: int
    layers: int
    heads: int
    codes: int
    dim: int
    words: int
    vocabulary: int
    styles: tuple[str, ...]


@dataclass(frozen=True)
class Net2NetShape:
    """Everything that decides the shape of a Net2Net transformer, and its condition.

    Attributes:
        vocabulary, codes: Codes that it knows; the first `codes` are those of the VQGAN.
        places, free: Codes that it can attend to; the first `free` attend to each other.
        side: Rows and columns of codes of a picture.
        condition: What precedes the picture: the code `start`, the number of one of `classes`, or the position of
            each code in `levels` steps.
    """

    vocabulary: int
    codes: int
    places: int
    layers: int
    heads: int
    width: int
    free: int
    side: int
    condition: Literal["start", "class", "coordinates"]
    start: int = 0
    classes: int = 0
    levels: int = 0


def read_architecture(config: Path | Mapping[str, Any]) -> Architecture | Titok:
    """Read the VQGAN of a taming-style configuration, or of a config.json of diffusers; or a TiTok.

    Known are the VQGANs of taming-transformers, of latent-diffusion, diffusers and IBQ (the same networks) and of
    LlamaGen, whose params are its ModelArgs. A Net2NetTransformer or a LatentDiffusion stands for its first stage.
    Losses, settings of training and unknown fields are ignored.

    Args:
        config: A YAML or JSON file of at most 1 MB, or its content.

    Raises:
        ModelError: The target is not supported, a field is missing, of a wrong type or out of range, or `remap` names
            a file that narrows the codebook.
    """
    source = printable(config) if isinstance(config, Path) else "the configuration"
    content = read_config(config)
    if _is_titok(content):
        return read_titok(content, source)
    if "_class_name" in content:
        given = {key: value for key, value in content.items() if value is not None}
        architecture = _diffusers(Fields(f"{source}, of diffusers", given))
        _check(architecture, source)
        return architecture
    if "model" not in content and "ddconfig" in content:
        # hparams.yaml of Lightning holds the arguments of the model, without its class.
        gumbel = "temperature_scheduler_config" in content or "kl_weight" in content
        content = {"target": f"taming.models.vqgan.{'GumbelVQ' if gumbel else 'VQModel'}", "params": content}
    target, params = stage_of(first_stage_of(content.get("model", content)), source)
    fields = Fields(source, params)
    if target == _LLAMAGEN:
        architecture = _llamagen(fields)
    elif target in _KINDS:
        architecture = _taming(_KINDS[target], fields)
    else:
        known = ", ".join([*_KINDS, _LLAMAGEN, *_HOLDERS])
        raise ModelError(f"{source}: the target {shown(target)} is not supported.", f"Supported: {known}.")
    _check(architecture, source)
    return architecture


def _is_titok(content: Mapping[str, Any]) -> bool:
    return isinstance(content.get("model"), Mapping) and "vq_model" in content["model"]


def first_stage_of(stage: Any) -> Any:
    """The VQGAN in a `model` entry: the entry itself, or its first stage."""
    holds = isinstance(stage, Mapping) and stage.get("target") in _HOLDERS
    params = stage.get("params") if holds else None
    return params.get("first_stage_config") if isinstance(params, Mapping) else stage


def _taming(kind: Kind, fields: Fields) -> Architecture:
    source = fields.source
    if fields.values.get("remap") is not None:
        raise ModelError(f"{source}: remap is not supported, it names another file.", HINT)
    dd = fields.section("ddconfig")
    attention = dd.values.get("attn_type", "vanilla")
    if attention not in ("vanilla", "none") or dd.flag("use_linear_attn", default=False):
        raise ModelError(f"{source}: ddconfig.attn_type {shown(attention)} is not supported.", HINT)
    if dd.flag("double_z", default=False) or dd.flag("give_pre_end", default=False):
        raise ModelError(f"{source}: double_z and give_pre_end do not go with a VQGAN.", HINT)
    return Architecture(
        kind=kind,
        n_embed=fields.whole("n_embed", 1, 2**20),
        embed_dim=fields.whole("embed_dim", 1, 2**14),
        z_channels=dd.whole("z_channels", 1, 2**14),
        in_channels=dd.whole("in_channels", 1, 2**10),
        out_ch=dd.whole("out_ch", 1, 2**10),
        ch=dd.whole("ch", 1, 2**12),
        ch_mult=dd.wholes("ch_mult", 1, 64, at_least=1),
        num_res_blocks=dd.whole("num_res_blocks", 1, 16),
        attn_resolutions=dd.wholes("attn_resolutions", 1, 2**14, at_least=0),
        resolution=dd.whole("resolution", 1, 2**14),
        resamp_with_conv=dd.flag("resamp_with_conv", default=True),
        pixel_unshuffle=fields.whole("pixel_unshuffle", 1, 16, default=1),
        attention=attention == "vanilla",
    )


def _llamagen(fields: Fields) -> Architecture:
    """Read LlamaGen's tokenizer: taming's networks with attention on the smallest level, and codes of length 1."""
    mult = fields.wholes("encoder_ch_mult", 1, 64, at_least=1)
    if fields.wholes("decoder_ch_mult", 1, 64, at_least=1) != mult:
        raise ModelError(f"{fields.source}: encoder_ch_mult and decoder_ch_mult are not the same.", HINT)
    resolution = 256
    return Architecture(
        kind="VQModel",
        n_embed=fields.whole("codebook_size", 1, 2**20),
        embed_dim=fields.whole("codebook_embed_dim", 1, 2**14),
        z_channels=fields.whole("z_channels", 1, 2**14),
        in_channels=3,
        out_ch=3,
        # Constants in its Encoder and Decoder; settable here for smaller copies.
        ch=fields.whole("ch", 1, 2**12, default=128),
        ch_mult=mult,
        num_res_blocks=fields.whole("num_res_blocks", 1, 16, default=2),
        attn_resolutions=(resolution // 2 ** (len(mult) - 1),),
        resolution=resolution,
        unit_codes=fields.flag("codebook_l2_norm", default=True),
    )


def _diffusers(fields: Fields) -> Architecture:
    """Read config.json of a VQModel of diffusers (Hugging Face)."""
    source, values = fields.source, fields.values
    if values.get("_class_name") != "VQModel":
        raise ModelError(
            f"{source}: the {shown(values.get('_class_name'))} of diffusers is not supported.",
            "Use a VQModel of diffusers, or a VQGAN of taming-transformers.",
        )
    channels = fields.wholes("block_out_channels", 1, 2**14, at_least=1)
    blocks = [
        values.get(f"{way}_block_types", [f"{way.title()}EncoderBlock2D"] * len(channels)) for way in ("down", "up")
    ]
    attended = [
        [str(block).startswith("Attn") for block in row] if isinstance(row, (list, tuple)) else [] for row in blocks
    ]
    known = {"norm_type": ("group", None), "act_fn": ("silu", None), "norm_num_groups": (_GROUPS, None)}
    odd = [name for name, valid in known.items() if values.get(name) not in valid]
    if odd or attended[0] != attended[1][::-1] or len(attended[0]) != len(channels):
        named = odd[0] if odd else "up_block_types"
        raise ModelError(f"{source}: {named} {shown(values.get(named))} is not supported.", HINT)
    resolution, latent = 2 ** (len(channels) + 5), fields.whole("latent_channels", 1, 2**14, default=3)
    middle = fields.flag("mid_block_add_attention", default=True)
    if not middle and any(attended[0]):
        raise ModelError(f"{source}: attention in some levels but not in the middle is not supported.", HINT)
    return Architecture(
        kind="VQModel",
        n_embed=fields.whole("num_vq_embeddings", 1, 2**20, default=256),
        embed_dim=fields.whole("vq_embed_dim", 1, 2**14, default=latent),
        z_channels=latent,
        in_channels=fields.whole("in_channels", 1, 2**10, default=3),
        out_ch=fields.whole("out_channels", 1, 2**10, default=3),
        ch=channels[0],
        ch_mult=tuple(width // channels[0] for width in channels),
        num_res_blocks=fields.whole("layers_per_block", 1, 16, default=1),
        attn_resolutions=tuple(resolution // 2**level for level, here in enumerate(attended[0]) if here),
        resolution=resolution,
        attention=middle,
    )


def read_prior_shape(path: Path) -> PriorShape:
    """Read the JSON file beside the weights of a prior. Raises ModelError."""
    source = printable(path)
    # JSON is YAML, so one parser reads both.
    fields = Fields(source, read_config(path))
    return PriorShape(side=fields.whole("side", 1, 64), **_common_shape(fields))


def read_upsampler_shape(path: Path) -> UpsamplerShape:
    """Read the JSON file beside the weights of an upsampler. Raises ModelError."""
    source = printable(path)
    fields = Fields(source, read_config(path))
    return UpsamplerShape(dim=fields.whole("dim", 1, 2**14), **_common_shape(fields))


def _common_shape(fields: Fields) -> dict[str, Any]:
    """The fields that prior and upsampler share."""
    styles = fields.values.get("styles")
    if not isinstance(styles, list) or not styles or not all(isinstance(style, str) for style in styles):
        raise ModelError(f"{fields.source}: styles is not a list of names.", HINT)
    width, heads = fields.whole("width", 1, 2**13), fields.whole("heads", 1, 64)
    if width % heads:
        raise ModelError(f"{fields.source}: width {width} is not a multiple of heads {heads}.", HINT)
    return {
        "width": width,
        "layers": fields.whole("layers", 1, 64),
        "heads": heads,
        "codes": fields.whole("codes", 1, 2**20),
        "words": fields.whole("words", 1, 2**10),
        "vocabulary": fields.whole("vocabulary", 1, 2**20),
        "styles": tuple(styles),
    }


def read_net2net_shape(config: Path | Mapping[str, Any]) -> Net2NetShape | None:
    """Read the transformer in the configuration of a Net2NetTransformer; None when it has none.

    Raises:
        ModelError: A field is missing or out of range, or the condition is a picture, such as a depth map.
    """
    source = printable(config) if isinstance(config, Path) else "the configuration"
    content = read_config(config)
    if _is_titok(content):
        return None
    target, params = stage_of(content.get("model", content), source)
    if target != NET2NET or "transformer_config" not in params:
        return None
    first = read_architecture(config)
    assert isinstance(first, Architecture)
    transformer = Fields(source, stage_of(params["transformer_config"], source)[1], "transformer_config.params.")
    width, heads = transformer.whole("n_embd", 1, 2**14), transformer.whole("n_head", 1, 256, default=8)
    if width % heads:
        raise ModelError(f"{source}: n_embd {width} is not a multiple of n_head {heads}.", HINT)
    shape = Net2NetShape(
        vocabulary=transformer.whole("vocab_size", 1, 2**20),
        codes=first.n_embed,
        places=transformer.whole("block_size", 1, 2**16),
        layers=transformer.whole("n_layer", 1, 256, default=12),
        heads=heads,
        width=width,
        free=transformer.whole("n_unmasked", 0, 2**16, default=0),
        side=first.resolution // first.factor,
        **_condition(params, source),
    )
    before = shape.side**2 if shape.condition == "coordinates" else 1
    if shape.vocabulary < shape.codes or shape.places < before + shape.side**2 - 1:
        raise ModelError(
            f"{source}: vocab_size {shape.vocabulary} and block_size {shape.places} are too small for "
            f"{shape.codes} codes and pictures of {shape.side}×{shape.side}.",
            HINT,
        )
    return shape


def _condition(params: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The condition of a Net2NetTransformer, as fields of `Net2NetShape`."""
    stage, fields = params.get("cond_stage_config"), Fields(source, params)
    if stage == "__is_unconditional__" or fields.flag("unconditional", default=False):
        return {"condition": "start", "start": fields.whole("sos_token", 0, 2**20, default=0)}
    kind, values = stage_of(stage, source)
    inner = Fields(source, values, "cond_stage_config.params.")
    if kind == "taming.modules.util.SOSProvider":
        return {"condition": "start", "start": inner.whole("sos_token", 0, 2**20, default=0)}
    if kind == "taming.modules.misc.coord.CoordStage":
        return {"condition": "coordinates", "levels": inner.whole("n_embed", 1, 2**20)}
    if kind in _CLASS_STAGES:
        return {"condition": "class", "classes": inner.whole("n_classes", 1, 2**20, default=1000)}
    raise ModelError(
        f"{source}: the condition {shown(kind)} is not supported.",
        "Use --init tokens, or a transformer with a class, coordinates or no condition.",
    )


def _check(given: Architecture, source: str) -> None:
    pixels = 3 * given.pixel_unshuffle**2
    for name, channels in (("in_channels", given.in_channels), ("out_ch", given.out_ch)):
        if channels != pixels:
            raise ModelError(
                f"{source}: ddconfig.{name} is {channels}, but RGB with pixel_unshuffle "
                f"{given.pixel_unshuffle} has {pixels} channels.",
                HINT,
            )
    for mult in (1, *given.ch_mult):
        if given.ch * mult % _GROUPS:
            raise ModelError(
                f"{source}: a level has {given.ch * mult} channels (ch {given.ch} × {mult}), "
                f"not a multiple of {_GROUPS}.",
                HINT,
            )
    if given.kind == "GumbelVQ" and given.embed_dim != given.z_channels:
        raise ModelError(
            f"{source}: a GumbelVQ needs embed_dim ({given.embed_dim}) equal to z_channels ({given.z_channels}).",
            HINT,
        )


def attended(side: int) -> int:
    """How many tokens attention reads at least along a side of a tile: more than the tile while they cost little."""
    return min(64, 2 * side)

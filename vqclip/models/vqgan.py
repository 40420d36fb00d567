"""The VQGAN: pictures to latents, latents to codes, codes to pictures.

Networks and names of weights are those of taming-transformers (Esser, Rombach, Ommer 2021, arXiv 2012.09841), which
latent-diffusion and LlamaGen share; `vqclip.models.layouts` renames other weights to these. taming's Lightning
modules are never imported: they need an old Lightning and download a VGG.
"""

from __future__ import annotations

import contextlib
import functools
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models import catalogue, decoder, registry, titok
from vqclip.models.architecture import Architecture, attended, read_architecture, tokens_along
from vqclip.models.checkpoints import check_state_dict, load_into, read_state_dict, verify_sha256, without_weights
from vqclip.models.compiling import Compiled
from vqclip.models.image_model import ImageModel, Quantiser
from vqclip.models.layouts import to_taming, with_averages
from vqclip.models.padding import Wrapping, resize_around
from vqclip.models.titok_config import Titok

# Tensors of training or of options of taming, which vqclip does not need.
_NOT_OURS = (
    "colorize",
    "cond_stage_model.",
    "transformer.",
    "temperature_scheduler.",
    "quantize.codebook_used",
    "quantize.embedding.cluster_size",
    "quantize.embedding.embed_avg",
    "quantize.cluster_size",
    "quantize.embed_avg",
    "quantize.ema_",
    "quantize._codebook.",
    "quantize.initted",
)
_ENCODER_PARTS = ("encoder.", "quant_conv.", "quantize.proj.")


class VQGAN(ImageModel):
    """A frozen VQGAN, for inference and for gradients to the latent.

    z is (B, D, h, w) float32 with one vector per token; a picture is (B, 3, h·factor, w·factor) in [0, 1], of which
    `crop` cuts out one of another size. The networks may compute in bfloat16; codebook, z and pictures stay float32.
    """

    def __init__(self, architecture: Architecture, *, encoder: bool = True) -> None:
        """Build the networks; `from_files` also loads their weights."""
        super().__init__()
        # taming prints while it builds, and stdout is for the answer of the command.
        with contextlib.redirect_stdout(io.StringIO()):
            networks = _taming()
            self.encoder = networks.Encoder(**architecture.ddconfig()) if encoder else None
            self.decoder = networks.Decoder(**architecture.ddconfig())
        if not architecture.attention:
            for network in filter(None, (self.encoder, self.decoder)):
                network.mid.attn_1 = nn.Identity()
        self.architecture: Architecture = architecture
        inner, outer = architecture.z_channels, architecture.embed_dim
        self.quant_conv = nn.Conv2d(inner, outer, 1) if encoder else None
        self.post_quant_conv = nn.Conv2d(outer, inner, 1)
        self.quantize = Quantiser(architecture, encoder=encoder)
        self.wrapping: Wrapping | None = None
        self.wraps = (False, False)

    @classmethod
    def from_files(
        cls,
        checkpoint: Path,
        config: Path | Mapping[str, Any],
        *,
        encoder: bool = True,
        expected_bytes: int | None = None,
    ) -> VQGAN:
        """As `ImageModel.from_files`, with a taming-style configuration."""
        architecture = read_architecture(config)
        if isinstance(architecture, Titok):
            raise ModelError(
                f"the configuration of {printable(checkpoint)} does not describe a VQGAN.", "Give its YAML file."
            )
        state = _read_weights(checkpoint, architecture, expected_bytes)
        with without_weights():
            vqgan = cls(architecture, encoder=encoder)
        load_into(vqgan, state, printable(checkpoint), **_rules(architecture, encoder=encoder))
        vqgan.quantize.measure()
        return vqgan

    def compile_decoder(self) -> None:
        """Decode whole pictures with compiled kernels from now on. Raises UsageError as `Compiled` does."""
        self.compiled = Compiled(functools.partial(decoder.decode, self.decoder), self.codebook.device)

    def wrap(self, horizontal: bool, vertical: bool) -> None:
        """Encode and decode pictures whose left and right, or upper and lower edges match, from now on."""
        if self.wrapping is not None:
            self.wrapping.undo()
        self.wrapping = Wrapping(self, horizontal, vertical) if horizontal or vertical else None
        self.wraps = horizontal, vertical

    def encode(self, image: Tensor) -> Tensor:
        """Encode a picture to its latent before quantisation.

        A GumbelVQ gives the code with the highest logit (taming would sample one), and an IBQ that with the largest
        dot product, so their latents are codes. With unit codes, latents have the length 1.

        Args:
            image: (B, 3, any, any) float in [0, 1]. See `pad`.

        Returns:
            (B, D, h, w) float32.

        Raises:
            ValueError: The encoder was left out.
        """
        if self.encoder is None or self.quant_conv is None:
            raise ValueError("this VQGAN was loaded without its encoder")
        x = F.pixel_unshuffle(self.pad(image).to(self._dtype) * 2 - 1, self.architecture.pixel_unshuffle)
        h: Tensor = self.quant_conv(decoder.encode(self.encoder, x))
        if self.quantize.proj is not None:
            return self.lookup(self.quantize.proj(h).argmax(1))
        if self.architecture.kind == "IBQ":
            return self.lookup(self.quantize.indices(h, self.quantize.half_norms * 0))
        return F.normalize(h.float(), dim=1) if self.quantize.unit_codes else h.float()

    def pad(self, image: Tensor) -> Tensor:
        """Put a picture, (B, C, any, any), into the middle of whole tokens: (B, C, h·factor, w·factor)."""
        height, width = (tokens_along(side, self.factor) * self.factor for side in image.shape[-2:])
        return resize_around(image, width, height, self.wraps)

    def crop(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        """The picture of that width and height in the middle of a decoded one: what `pad` was given."""
        return resize_around(image, *size, self.wraps)

    def decode(self, z_q: Tensor, *, low_memory: bool = False) -> Tensor:
        """Decode quantised latents.

        Args:
            z_q: (B, D, h, w) float.
            low_memory: As in `decoder.decode`.

        Returns:
            (B, 3, h·factor, w·factor) float32, around [0, 1] and not clamped.
        """
        h = self.post_quant_conv(z_q.to(self._dtype))
        if self.compiled is not None and not low_memory:
            h = self.compiled(h)
        else:
            h = decoder.decode(self.decoder, h, low_memory=low_memory)
        x = F.pixel_shuffle(h.float(), self.architecture.pixel_unshuffle)
        return (x + 1) / 2

    def decode_tile(
        self, z: Tensor, core: decoder.Box, norms: decoder.NormStatistics, *, low_memory: bool = False
    ) -> Tensor:
        """Quantise and decode one tile of a latent.

        Args:
            z: (1, D, h, w), before quantisation.
            core: The tile, in tokens.
            norms: Statistics of this decoder for the whole picture.
            low_memory: As in `decoder.decode`.

        Returns:
            (1, 3, rows·factor, columns·factor) float32, as from `decode`.
        """
        size = z.shape[2], z.shape[3]
        held = core.grown(decoder.context(self.decoder), *size)
        held = held.widened(attended(core.bottom - core.top), attended(core.right - core.left), *size)
        h = self.post_quant_conv(self.quantize(held.of(z)).to(self._dtype))
        h = decoder.decode_tile(self.decoder, h, held, core, size, norms, low_memory=low_memory)
        return (F.pixel_shuffle(h.float(), self.architecture.pixel_unshuffle) + 1) / 2

    def tiled_decode(self, z: Tensor, norms: decoder.NormStatistics) -> Tensor:
        """Quantise and decode a whole latent (1, D, h, w) without a gradient, see `decoder.tiled_decode`."""
        with torch.no_grad():
            z_q = torch.cat([self.quantize(rows) for rows in torch.split(z, 16, dim=2)], 2)
            h = decoder.tiled_decode(self.decoder, self.post_quant_conv(z_q.to(self._dtype)), norms)
            return (F.pixel_shuffle(h.float(), self.architecture.pixel_unshuffle) + 1) / 2

    @property
    def _dtype(self) -> torch.dtype:
        return self.post_quant_conv.weight.dtype


def load_vqgan(
    files: registry.VqganFiles,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    encoder: bool = True,
) -> ImageModel:
    """Load the VQGAN or TiTok that `registry.find_vqgan` found, after checking its published hash, if there is one.

    Args:
        files: Its files.
        device: Where it runs.
        dtype: Precision of the networks, float32 or bfloat16.
        encoder: False leaves out what only `encode` needs.

    Raises:
        ModelError: As `VQGAN.from_files`, and for a wrong hash.
    """
    verify_sha256(files.checkpoint, files.sha256)
    kind = titok.TiTok if isinstance(read_architecture(files.config), Titok) else VQGAN
    model = kind.from_files(files.checkpoint, files.config, encoder=encoder, expected_bytes=files.bytes)
    return model.to_precision(device, dtype)


def sound_weights(
    checkpoint: Path, architecture: Architecture | Titok, expected_bytes: int | None
) -> dict[str, Tensor]:
    """The weights of an image model, as stored, without anything else; those of a VQGAN under taming's names.

    Raises:
        ModelError: As `ImageModel.from_files`.
    """
    if isinstance(architecture, Titok):
        return titok.sound_weights(checkpoint, architecture, expected_bytes)
    state = _read_weights(checkpoint, architecture, expected_bytes)
    with without_weights():
        expected = VQGAN(architecture).state_dict()
    return check_state_dict(state, expected, printable(checkpoint), **_rules(architecture, encoder=True))


def _read_weights(checkpoint: Path, architecture: Architecture, expected_bytes: int | None) -> dict[str, Tensor]:
    """Read a checkpoint under taming's names; in that of an IBQ, the running averages replace the weights."""
    if architecture.kind == "IBQ":
        return with_averages(read_state_dict(checkpoint, expected_bytes, averages=True), printable(checkpoint))
    return to_taming(read_state_dict(checkpoint, expected_bytes))


def _rules(architecture: Architecture, *, encoder: bool) -> dict[str, Any]:
    """The arguments of `check_state_dict`: what a checkpoint may hold besides, and who describes a mismatch."""
    ignored = _NOT_OURS if encoder else (*_NOT_OURS, *_ENCODER_PARTS)
    return {"explain": functools.partial(_explain, architecture), "ignored": ignored}


def _taming() -> Any:
    try:
        from taming.modules.diffusionmodules import model
    except Exception as error:
        raise ModelError(
            f"taming-transformers cannot be imported: {printable(str(error))[:200]}.",
            "Install it with `pip install taming-transformers-rom1504 einops`.",
        ) from error
    return model


def _explain(given: Architecture, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str | None:
    """Say in terms of the configuration why a checkpoint does not fit it."""
    plain = "VQModel" if given.kind == "GumbelVQ" else given.kind
    kind = "GumbelVQ" if "quantize.embed.weight" in state else plain
    codes = state.get("quantize.embed.weight", state.get("quantize.embedding.weight"))
    if codes is None or codes.ndim != 2:
        return None
    n_embed, embed_dim = codes.shape
    fitting = [e.name for e in catalogue.vqgan_entries() if e.network == (kind, n_embed, embed_dim)]
    like = f" (as {' and '.join(fitting)})" if fitting else ""
    if kind != given.kind:
        return f"the configuration says {given.kind}, the checkpoint is a {kind}{like}"
    if n_embed != given.n_embed:
        return f"the configuration says {given.n_embed} codes, the checkpoint has {n_embed}{like}"
    if embed_dim != given.embed_dim:
        return f"the configuration says embed_dim {given.embed_dim}, the checkpoint has {embed_dim}"
    levels = len({key.split(".")[2] for key in state if key.startswith("decoder.up.")})
    if levels != len(given.ch_mult):
        return f"the configuration says {len(given.ch_mult)} levels (ch_mult), the checkpoint has {levels}"
    blocks = len({key.split(".")[4] for key in state if key.startswith("decoder.up.0.block.")}) - 1
    if blocks != given.num_res_blocks:
        return f"the configuration says num_res_blocks {given.num_res_blocks}, the checkpoint has {blocks}"
    if "encoder.conv_in.weight" in expected and "encoder.conv_in.weight" not in state:
        return "the checkpoint has no encoder"
    return None

"""The VQGAN: pictures to latents, latents to codes, codes to pictures.

Networks and names of weights are those of taming-transformers (Esser, Rombach, Ommer 2021, arXiv 2012.09841),
which latent-diffusion and LlamaGen share; `vqclip.models.layouts` puts other names into these.
Its Lightning modules are never imported: they need an old Lightning and fetch a VGG to throw it away.
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
from vqclip.models import catalogue, decoder, registry
from vqclip.models.architecture import Architecture, attended, read_architecture
from vqclip.models.checkpoints import (
    check_state_dict,
    leave_file,
    load_into,
    read_state_dict,
    verify_sha256,
    without_weights,
)
from vqclip.models.compiling import Compiled
from vqclip.models.layouts import to_taming
from vqclip.models.padding import Wrapping

# Written by training, or by taming's options, and of no use here.
_NOT_OURS = ("colorize", "cond_stage_model.", "transformer.", "temperature_scheduler.", "quantize.codebook_used")
_ENCODER_PARTS = ("encoder.", "quant_conv.", "quantize.proj.")


class VQGAN(nn.Module):
    """A frozen VQGAN, for inference and for gradients to the latent.

    z is (B, D, h, w) float32 with one vector per token; a picture is (B, 3, h·factor, w·factor) in [0, 1].
    The networks may compute in bfloat16; codebook, z and pictures are float32 all the same.
    """

    def __init__(self, architecture: Architecture, *, encoder: bool = True) -> None:
        """Build it without weights; use `from_files` for one with."""
        super().__init__()
        # taming prints while it builds, and stdout belongs to the answer.
        with contextlib.redirect_stdout(io.StringIO()):
            networks = _taming()
            self.encoder = networks.Encoder(**architecture.ddconfig()) if encoder else None
            self.decoder = networks.Decoder(**architecture.ddconfig())
        if not architecture.attention:
            for network in filter(None, (self.encoder, self.decoder)):
                network.mid.attn_1 = nn.Identity()
        self.architecture = architecture
        inner, outer = architecture.z_channels, architecture.embed_dim
        self.quant_conv = nn.Conv2d(inner, outer, 1) if encoder else None
        self.post_quant_conv = nn.Conv2d(outer, inner, 1)
        self.quantize = Quantiser(architecture, encoder=encoder)
        self.wrapping: Wrapping | None = None
        self.compiled: Compiled | None = None

    @classmethod
    def from_files(
        cls,
        checkpoint: Path,
        config: Path | Mapping[str, Any],
        *,
        encoder: bool = True,
        expected_bytes: int | None = None,
    ) -> VQGAN:
        """Load a checkpoint with its taming-style configuration, in float32 on the CPU.

        encoder: False leaves out what only `encode` needs, also from memory. Raises ModelError for files that
        are damaged, unsafe, or do not belong together.
        """
        architecture = read_architecture(config)
        state = read_state_dict(checkpoint, expected_bytes)
        with without_weights():
            vqgan = cls(architecture, encoder=encoder)
        load_into(vqgan, to_taming(state), printable(checkpoint), **_rules(architecture, encoder=encoder))
        vqgan.quantize.measure()
        return vqgan

    def to_precision(self, device: torch.device, dtype: torch.dtype) -> VQGAN:
        """Move it to a device, with networks in float32 or bfloat16; returns itself."""
        self.to(device)
        for network in (self.encoder, self.quant_conv, self.decoder, self.post_quant_conv, self.quantize.proj):
            if network is not None:
                network.to(dtype)
        if dtype != torch.float32:
            leave_file(self, dtype)
        return self

    def compile_decoder(self) -> None:
        """From here on, decode whole pictures with compiled kernels; see `Compiled`, which may raise UsageError."""
        self.compiled = Compiled(functools.partial(decoder.decode, self.decoder), self.codebook.device)

    def wrap(self, horizontal: bool, vertical: bool) -> None:
        """From here on, encode and decode pictures whose opposite edges match, left to right or top to bottom."""
        if self.wrapping is not None:
            self.wrapping.undo()
        self.wrapping = Wrapping(self, horizontal, vertical) if horizontal or vertical else None

    @property
    def factor(self) -> int:
        """Pixels along one side of a token."""
        return self.architecture.factor

    @property
    def codebook(self) -> Tensor:
        """The codes: (n_embed, D) float32."""
        return self.quantize.codes

    @property
    def n_embed(self) -> int:
        """How many codes there are."""
        return self.architecture.n_embed

    @property
    def embed_dim(self) -> int:
        """How many numbers a code has: D."""
        return self.architecture.embed_dim

    @property
    def latent_bounds(self) -> tuple[Tensor, Tensor]:
        """The least and greatest value of each channel over the codebook: two (1, D, 1, 1) float32."""
        return self.quantize.least, self.quantize.greatest

    def encode(self, image: Tensor) -> Tensor:
        """The latent of a picture, before quantisation: (B, D, h, w) float32.

        image: (B, 3, h·factor, w·factor) float in [0, 1]. A GumbelVQ gives the code with the highest logit
        (taming would draw one at random), so its latents lie on the codebook; with unit codes they have the
        length 1. Raises ValueError for a side that is not a multiple of `factor`, or when the encoder was left out.
        """
        if self.encoder is None or self.quant_conv is None:
            raise ValueError("this VQGAN was loaded without its encoder")
        height, width = image.shape[-2:]
        if height % self.factor or width % self.factor:
            raise ValueError(f"{width}x{height} pixels are not whole tokens of {self.factor} pixels")
        x = F.pixel_unshuffle(image.to(self._dtype) * 2 - 1, self.architecture.pixel_unshuffle)
        h: Tensor = self.quant_conv(decoder.encode(self.encoder, x))
        if self.quantize.proj is not None:
            return self.lookup(self.quantize.proj(h).argmax(1))
        return F.normalize(h.float(), dim=1) if self.quantize.unit_codes else h.float()

    def indices(self, z: Tensor) -> Tensor:
        """The nearest code of every token, by Euclidean distance: (B, h, w) int64, from z (B, D, h, w)."""
        return self.quantize.indices(z)

    def lookup(self, indices: Tensor) -> Tensor:
        """The codes with these numbers: (B, D, h, w) float32, from (B, h, w) int64 in [0, n_embed)."""
        return self.quantize.lookup(indices)

    def decode(self, z_q: Tensor, *, low_memory: bool = False) -> Tensor:
        """The picture of quantised latents: (B, 3, h·factor, w·factor) float32, around [0, 1] and unclamped.

        z_q: (B, D, h, w) float. low_memory: as in `decoder.decode`.
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
        """The quantised picture of a tile of a latent: (1, 3, rows·factor, columns·factor) float32, as in `decode`.

        z: (1, D, h, w), before quantisation. core: the tile, in tokens. norms: of this decoder.
        """
        size = z.shape[2], z.shape[3]
        held = core.grown(decoder.context(self.decoder), *size)
        held = held.widened(attended(core.bottom - core.top), attended(core.right - core.left), *size)
        h = self.post_quant_conv(self.quantize(held.of(z)).to(self._dtype))
        h = decoder.decode_tile(self.decoder, h, held, core, size, norms, low_memory=low_memory)
        return (F.pixel_shuffle(h.float(), self.architecture.pixel_unshuffle) + 1) / 2

    def tiled_decode(self, z: Tensor, norms: decoder.NormStatistics) -> Tensor:
        """The quantised picture of a whole latent (1, D, h, w), as `decode` gives it, without a gradient, see
        `decoder.tiled_decode`."""
        with torch.no_grad():
            z_q = torch.cat([self.quantize(rows) for rows in torch.split(z, 16, dim=2)], 2)
            h = decoder.tiled_decode(self.decoder, self.post_quant_conv(z_q.to(self._dtype)), norms)
            return (F.pixel_shuffle(h.float(), self.architecture.pixel_unshuffle) + 1) / 2

    @property
    def _dtype(self) -> torch.dtype:
        return self.post_quant_conv.weight.dtype


class Quantiser(nn.Module):
    """The codebook, with taming's names of weights; calling it quantises.

    taming keeps the codes as `embedding` in a VQModel, and as `embed` beside the logits' `proj` in a GumbelVQ.
    """

    half_norms: Tensor
    least: Tensor
    greatest: Tensor

    def __init__(self, architecture: Architecture, *, encoder: bool) -> None:
        super().__init__()
        gumbel = architecture.kind == "GumbelVQ"
        self.name = "embed" if gumbel else "embedding"
        self.unit_codes = architecture.unit_codes
        self.add_module(self.name, nn.Embedding(architecture.n_embed, architecture.embed_dim))
        needs_logits = gumbel and encoder
        self.proj = nn.Conv2d(architecture.z_channels, architecture.n_embed, 1) if needs_logits else None
        for buffer in ("half_norms", "least", "greatest"):
            self.register_buffer(buffer, None, persistent=False)

    @property
    def codes(self) -> Tensor:
        """(n_embed, D) float32."""
        return self.get_submodule(self.name).get_parameter("weight")

    def measure(self) -> None:
        """Keep what every step needs to know about the codes; to be called when they have changed.

        Unit codes are brought to the length 1 here, as LlamaGen does it at every use.
        """
        if self.unit_codes:
            self.codes.data = F.normalize(self.codes.data, dim=1)
        low, high = self.codes.aminmax(dim=0)
        self.least, self.greatest = low[None, :, None, None], high[None, :, None, None]
        self.half_norms = self.codes.square().sum(1) / 2

    def forward(self, z: Tensor) -> Tensor:
        """The nearest codes of z, both (B, D, h, w) float32; the gradient passes straight through to z."""
        # The sum is exact: z - z is zero, while z + (codes - z) would be rounded.
        return self.lookup(self.indices(z)) + (z - z.detach())

    def indices(self, z: Tensor) -> Tensor:
        """As `VQGAN.indices`."""
        flat = z.detach().float().permute(0, 2, 3, 1).reshape(-1, z.shape[1])  # (B·h·w, D)
        # |z - c|² = |z|² - 2(z·c - |c|²/2), and |z|² is the same for every code
        likeness = torch.addmm(self.half_norms, flat, self.codes.t(), beta=-1)
        return likeness.argmax(1).view(z.shape[0], z.shape[2], z.shape[3])

    def lookup(self, indices: Tensor) -> Tensor:
        """As `VQGAN.lookup`."""
        return F.embedding(indices, self.codes).permute(0, 3, 1, 2).contiguous()


def load_vqgan(
    files: registry.VqganFiles,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
    encoder: bool = True,
) -> VQGAN:
    """Load a VQGAN that `registry.find_vqgan` found; its published hash, if any, is checked first.

    dtype: of the networks, float32 or bfloat16. encoder: False leaves out what only `encode` needs. Raises
    ModelError.
    """
    verify_sha256(files.checkpoint, files.sha256)
    vqgan = VQGAN.from_files(files.checkpoint, files.config, encoder=encoder, expected_bytes=files.bytes)
    return vqgan.to_precision(device, dtype)


def sound_weights(state: Mapping[str, Tensor], architecture: Architecture, source: str) -> dict[str, Tensor]:
    """The weights of a VQGAN under taming's names, as stored, and nothing else of what a checkpoint holds.

    source: how messages name the checkpoint. Raises ModelError as `VQGAN.from_files` does.
    """
    with without_weights():
        expected = VQGAN(architecture).state_dict()
    return check_state_dict(to_taming(state), expected, source, **_rules(architecture, encoder=True))


def _rules(architecture: Architecture, *, encoder: bool) -> dict[str, Any]:
    """How a checkpoint is compared with a network: what it may hold beside it, and how a difference is told."""
    ignored = _NOT_OURS if encoder else (*_NOT_OURS, *_ENCODER_PARTS)
    return {"explain": _Explanation(architecture), "ignored": ignored}


def _taming() -> Any:
    try:
        from taming.modules.diffusionmodules import model
    except Exception as error:
        raise ModelError(
            f"taming-transformers cannot be imported: {printable(str(error))[:200]}.",
            "Install it with `pip install taming-transformers-rom1504 einops`.",
        ) from error
    return model


class _Explanation:
    """Says in the words of the configuration why a checkpoint does not fit it."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture

    def __call__(self, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str | None:
        kind = "GumbelVQ" if "quantize.embed.weight" in state else "VQModel"
        codes = state.get("quantize.embed.weight", state.get("quantize.embedding.weight"))
        given = self.architecture
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
        if "encoder.conv_in.weight" in expected and "encoder.conv_in.weight" not in state:
            return "the checkpoint has no encoder"
        return None

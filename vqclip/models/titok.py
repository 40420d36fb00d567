"""TiTok: pictures of one size in a row of tokens that have no places (Yu et al. 2024, arXiv 2406.07550).

Two vision transformers whose weights have the names of bytedance's 1d-tokenizer. Each token describes something of
the whole picture, so a few optimised tokens stay close to natural pictures (Beyer et al. 2025, arXiv 2506.08257).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import check_state_dict, load_into, read_state_dict, without_weights
from vqclip.models.clip_vit import attend, feed_forward, patches
from vqclip.models.compiling import Compiled
from vqclip.models.frozen import convolve, norm_silu_conv
from vqclip.models.image_model import ImageModel, Quantiser
from vqclip.models.titok_config import PIXEL_CODES, PIXEL_DIM, PIXEL_MULT, Titok, TransformerShape

_ENCODER_PARTS = ("encoder.", "latent_tokens")


class TiTok(ImageModel):
    """A frozen TiTok: z is (B, D, 1, tokens) float32, and a picture (B, 3, side, side) in [0, 1]."""

    def __init__(self, architecture: Titok, *, encoder: bool = True) -> None:
        """Build the networks; `from_files` also loads their weights."""
        super().__init__()
        self.architecture: Titok = architecture
        self.encoder = _Encoder(architecture) if encoder else None
        self.latent_tokens = (
            nn.Parameter(torch.zeros(architecture.tokens, architecture.encoder.width)) if encoder else None
        )
        self.decoder = _Decoder(architecture)
        self.quantize = _Quantiser(architecture, encoder=encoder)
        if architecture.pixel_ch:
            self.pixel_quantize = nn.ModuleDict({"embedding": nn.Embedding(PIXEL_CODES, PIXEL_DIM)})
            self.pixel_decoder = _PixelDecoder(architecture.pixel_ch)

    @classmethod
    def from_files(
        cls,
        checkpoint: Path,
        config: Path | Mapping[str, Any],
        *,
        encoder: bool = True,
        expected_bytes: int | None = None,
    ) -> TiTok:
        """As `ImageModel.from_files`."""
        architecture = read_architecture(config)
        if not isinstance(architecture, Titok):
            raise ModelError(
                f"the configuration of {printable(checkpoint)} does not describe a TiTok.", "Give its config.json."
            )
        state = read_state_dict(checkpoint, expected_bytes)
        with without_weights():
            titok = cls(architecture, encoder=encoder)
        load_into(titok, state, printable(checkpoint), **_rules(architecture, encoder=encoder))
        titok.quantize.measure()
        return titok

    def compile_decoder(self) -> None:
        """As `ImageModel.compile_decoder`."""
        self.compiled = Compiled(functools.partial(self._pixels, low_memory=False), self.codebook.device)

    @property
    def latent_bounds(self) -> tuple[Tensor, Tensor]:
        """As for any model, but without bounds where only the direction of a vector counts."""
        if not self.architecture.unit_codes:
            return super().latent_bounds
        limit = torch.full_like(self.quantize.least, torch.inf)
        return -limit, limit

    def encode(self, image: Tensor) -> Tensor:
        """As `ImageModel.encode`: (B, 3, side, side) to (B, D, 1, tokens)."""
        if self.encoder is None or self.latent_tokens is None:
            raise ValueError("this TiTok was loaded without its encoder")
        if image.shape[-2:] != self.architecture.only_size:
            raise ValueError(f"a picture of {tuple(image.shape[-2:])} pixels has no tokens here")
        z: Tensor = self.encoder(image.to(self._dtype), self.latent_tokens.to(self._dtype))
        return z.float()

    def decode(self, z_q: Tensor, *, low_memory: bool = False) -> Tensor:
        """As `ImageModel.decode`: (B, D, 1, tokens) to (B, 3, side, side)."""
        z_q = z_q.to(self._dtype)
        if self.compiled is not None and not low_memory:
            return self.compiled(z_q).float()  # type: ignore[no-any-return]
        return self._pixels(z_q, low_memory=low_memory).float()

    def _pixels(self, z_q: Tensor, *, low_memory: bool) -> Tensor:
        found: Tensor = self.decoder(z_q, low_memory)
        if not self.architecture.pixel_ch:
            return found
        # The decoder chooses between the codes of another VQGAN, softly, so that the gradient passes.
        codes = self.pixel_quantize["embedding"].weight
        mixed = torch.einsum("bnhw,nd->bdhw", found.softmax(1), codes)
        drawn: Tensor = self.pixel_decoder(mixed, low_memory)
        return drawn

    @property
    def _dtype(self) -> torch.dtype:
        return self.decoder.decoder_embed.weight.dtype


def sound_weights(checkpoint: Path, architecture: Titok, expected_bytes: int | None) -> dict[str, Tensor]:
    """The weights of a TiTok as stored, without anything else in the checkpoint. Raises ModelError."""
    with without_weights():
        expected = TiTok(architecture).state_dict()
    state = read_state_dict(checkpoint, expected_bytes)
    return check_state_dict(state, expected, printable(checkpoint), **_rules(architecture, encoder=True))


class _Quantiser(Quantiser):
    """TiTok's codebook. With unit codes, the gradient passes through the norm of a latent, as in its training."""

    def forward(self, z: Tensor) -> Tensor:
        """As `Quantiser.forward`."""
        unit = F.normalize(z, dim=1) if self.unit_codes else z
        return self.lookup(self.indices(z)) + (unit - unit.detach())


class _Block(nn.Module):
    """A block of a vision transformer, with open_clip's names. `clip_vit` computes it."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.MultiheadAttention(width, heads)
        self.mlp = nn.Sequential()
        self.mlp.add_module("c_fc", nn.Linear(width, 4 * width))
        self.mlp.add_module("gelu", nn.GELU())
        self.mlp.add_module("c_proj", nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block: (B, T, W) to the same."""
        flat = x.flatten(0, 1)
        flat = flat + attend(self, flat, len(x))
        return (flat + feed_forward(self.mlp, self.ln_2(flat))).view(x.shape)


class _Transformer(nn.Module):
    """What encoder and decoder share: a class token, patches and latent tokens, each with its place."""

    def __init__(self, shape: TransformerShape, architecture: Titok) -> None:
        super().__init__()
        self.patch, self.grid, width = shape.patch, architecture.side // shape.patch, shape.width
        self.class_embedding = nn.Parameter(torch.zeros(1, width))
        self.positional_embedding = nn.Parameter(torch.zeros(self.grid**2 + 1, width))
        self.latent_token_positional_embedding = nn.Parameter(torch.zeros(architecture.tokens, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.transformer = nn.ModuleList([_Block(width, shape.heads) for _ in range(shape.layers)])

    def mixed(self, parts: Tensor, tokens: Tensor, low_memory: bool = False) -> tuple[Tensor, Tensor]:
        """Let patches (B, P, W) and latent tokens (B, N, W) look at each other; both are returned, normalised."""
        first = self.class_embedding.expand(len(parts), 1, -1)
        x = torch.cat([first, parts], 1) + self.positional_embedding
        x = self.ln_pre(torch.cat([x, tokens + self.latent_token_positional_embedding], 1))
        for block in self.transformer:
            x = _run(block, x, low_memory)
        x = self.ln_post(x[:, 1:])
        return x[:, : parts.shape[1]], x[:, parts.shape[1] :]


class _Encoder(_Transformer):
    """A picture to its latent tokens."""

    def __init__(self, architecture: Titok) -> None:
        shape = architecture.encoder
        super().__init__(shape, architecture)
        self.legacy = architecture.pixel_ch > 0
        self.patch_embed = nn.Conv2d(3, shape.width, shape.patch, stride=shape.patch)
        self.conv_out = nn.Conv2d(shape.width, architecture.embed_dim, 1)

    def forward(self, image: Tensor, latent_tokens: Tensor) -> Tensor:
        """Encode (B, 3, side, side) with the tokens (N, W) that a picture starts with: (B, D, 1, N)."""
        kernel = self.patch_embed.weight
        x = F.linear(patches(image, (self.patch, self.patch)), kernel.flatten(1), self.patch_embed.bias)
        _, tokens = self.mixed(x, latent_tokens.expand(len(image), -1, -1))
        count, width = tokens.shape[1:]
        if self.legacy:
            # These weights were trained with the numbers of all tokens in another order, which they learned.
            spread = tokens.reshape(-1, width, count, 1)
        else:
            spread = tokens.transpose(1, 2)[..., None]
        z: Tensor = self.conv_out(spread).transpose(2, 3)
        return z


class _Decoder(_Transformer):
    """Latent tokens to pixels, or to logits of MaskGIT's codes."""

    def __init__(self, architecture: Titok) -> None:
        shape = architecture.decoder
        super().__init__(shape, architecture)
        width = shape.width
        self.decoder_embed = nn.Linear(architecture.embed_dim, width)
        self.mask_token = nn.Parameter(torch.zeros(1, 1, width))
        self.legacy = architecture.pixel_ch > 0
        if self.legacy:
            self.ffn = nn.Sequential(nn.Conv2d(width, 2 * width, 1), nn.Tanh(), nn.Conv2d(2 * width, PIXEL_CODES, 1))
        else:
            self.ffn = nn.Sequential(nn.Conv2d(width, 3 * shape.patch**2, 1))
            self.conv_out = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, z_q: Tensor, low_memory: bool) -> Tensor:
        """Decode (B, D, 1, N) to logits (B, codes, rows, columns), or to pixels (B, 3, side, side)."""
        tokens = self.decoder_embed(z_q.flatten(2).transpose(1, 2))
        x, _ = self.mixed(self.mask_token.expand(len(z_q), self.grid**2, -1), tokens, low_memory)
        found: Tensor = self.ffn(x.transpose(1, 2).reshape(len(x), -1, self.grid, self.grid))
        if self.legacy:
            return found
        rows = found.view(len(x), self.patch, self.patch, 3, self.grid, self.grid).permute(0, 3, 4, 1, 5, 2)
        pixels: Tensor = self.conv_out(rows.reshape(len(x), 3, self.grid * self.patch, self.grid * self.patch))
        return pixels


class _PixelDecoder(nn.Module):
    """The decoder of MaskGIT's VQGAN (Chang et al. 2022, arXiv 2202.04200): taming's without attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = [channels * mult for mult in PIXEL_MULT]
        self.conv_in = nn.Conv2d(PIXEL_DIM, widths[-1], 3, padding=1)
        self.mid = nn.ModuleList([_Residual(widths[-1], widths[-1]) for _ in range(2)])
        given = [*widths[1:], widths[-1]]
        self.up = nn.ModuleList(
            [_Level(before, after, upsample=level > 0)
             for level, (before, after) in enumerate(zip(given, widths, strict=True))]
        )  # fmt: skip
        self.norm_out = _norm(widths[0])
        self.conv_out = nn.Conv2d(widths[0], 3, 3, padding=1)

    def forward(self, x: Tensor, low_memory: bool) -> Tensor:
        """Decode (B, 256, h, w) to (B, 3, 16h, 16w)."""
        x = convolve(self.conv_in, x)
        for part in (*self.mid, *reversed(self.up)):
            x = _run(part, x, low_memory)
        return norm_silu_conv(self.norm_out, self.conv_out, x)


class _Level(nn.Module):
    """Two residual blocks, and a picture twice as large where another level follows."""

    def __init__(self, before: int, after: int, *, upsample: bool) -> None:
        super().__init__()
        self.block = nn.ModuleList([_Residual(before, after), _Residual(after, after)])
        self.upsample_conv = nn.Conv2d(after, after, 3, padding=1) if upsample else None

    def forward(self, x: Tensor) -> Tensor:
        """Apply the level."""
        for block in self.block:
            x = block(x)
        if self.upsample_conv is not None:
            x = convolve(self.upsample_conv, F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return x


class _Residual(nn.Module):
    """A residual block, which has no biases in its convolutions."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = _norm(before), _norm(after)
        self.conv1 = nn.Conv2d(before, after, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.nin_shortcut = nn.Conv2d(after, after, 1, bias=False) if before != after else None

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        h = norm_silu_conv(self.norm1, self.conv1, x)
        h = norm_silu_conv(self.norm2, self.conv2, h)
        # Where the channels change, the published network adds a projection of the result, not of the input.
        return h + (x if self.nin_shortcut is None else convolve(self.nin_shortcut, h))


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(32, channels, eps=1e-6)


def _run(part: Callable[[Tensor], Tensor], x: Tensor, low_memory: bool) -> Tensor:
    """Apply a part; with low memory, keep only its input for the gradient and compute it again."""
    if not (low_memory and x.requires_grad and torch.is_grad_enabled()):
        return part(x)
    from torch.utils.checkpoint import checkpoint

    out: Tensor = checkpoint(part, x, use_reentrant=False, preserve_rng_state=False)
    return out


def _rules(architecture: Titok, *, encoder: bool) -> dict[str, Any]:
    """The arguments of `check_state_dict`."""
    fits = ("its configuration", "Give the config.json that belongs to this checkpoint.")
    ignored = () if encoder else _ENCODER_PARTS
    return {"explain": functools.partial(_explain, architecture), "ignored": ignored, "fits": fits}


def _explain(given: Titok, state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str | None:
    """Say in terms of the configuration why a checkpoint does not fit it."""
    codes, tokens = state.get("quantize.embedding.weight"), state.get("decoder.latent_token_positional_embedding")
    if codes is None or tokens is None or codes.ndim != 2 or tokens.ndim != 2:
        return None
    layers = len({key.split(".")[2] for key in state if key.startswith("decoder.transformer.")})
    for name, says, has in (
        ("codebook_size", given.n_embed, codes.shape[0]),
        ("token_size", given.embed_dim, codes.shape[1]),
        ("num_latent_tokens", given.tokens, tokens.shape[0]),
        ("the width of the decoder", given.decoder.width, tokens.shape[1]),
        ("the layers of the decoder", given.decoder.layers, layers),
    ):
        if says != has:
            return f"the configuration says {name} {says}, the checkpoint has {has}"
    if any(key.startswith("pixel_decoder.") for key in state) != bool(given.pixel_ch):
        return "one of the two is legacy (is_legacy), the other is not"
    return None

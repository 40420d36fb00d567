"""What every image model is: a network between pictures and a latent whose vectors are codes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.models.architecture import Architecture
from vqclip.models.checkpoints import leave_file
from vqclip.models.compiling import Compiled
from vqclip.models.titok_config import Titok

# Similarities of tokens and codes that are held at a time: 134 MB. A picture of 512x512 has 2**28 with 262144 codes.
_MAX_SCORES = 2**25


class ImageModel(nn.Module):
    """A frozen network between pictures and codes, for inference and for gradients to the latent.

    z is (B, D, h, w) float32 with one vector per token; a picture is (B, 3, H, W) in [0, 1]. `architecture` declares
    what the model can do: whether tokens lie on a grid over the picture, and the only size that it has, if any. The
    networks may compute in bfloat16; codebook, z and pictures stay float32.
    """

    architecture: Architecture | Titok
    quantize: Quantiser

    def __init__(self) -> None:
        super().__init__()
        self.compiled: Compiled | None = None

    @classmethod
    def from_files(
        cls,
        checkpoint: Path,
        config: Path | Mapping[str, Any],
        *,
        encoder: bool = True,
        expected_bytes: int | None = None,
    ) -> ImageModel:
        """Load a checkpoint with its configuration, in float32 on the CPU.

        Args:
            checkpoint: The weights.
            config: A YAML or JSON file, or its content.
            encoder: False leaves out what only `encode` needs.
            expected_bytes: Published size of the checkpoint, if known.

        Raises:
            ModelError: Files are damaged, unsafe, or do not belong together.
        """
        raise NotImplementedError

    def to_precision(self, device: torch.device, dtype: torch.dtype) -> ImageModel:
        """Move it to a device, cast its networks to float32 or bfloat16, and return it."""
        self.to(device)
        for network in (*self.children(), self.quantize.proj):
            if network is not None and network is not self.quantize:
                network.to(dtype)
        if dtype != torch.float32:
            leave_file(self, dtype)
        return self

    def compile_decoder(self) -> None:
        """Decode whole pictures with compiled kernels from now on. Raises UsageError as `Compiled` does."""
        raise NotImplementedError

    def wrap(self, horizontal: bool, vertical: bool) -> None:
        """Encode and decode pictures whose left and right, or upper and lower edges match, from now on."""
        if horizontal or vertical:
            raise ValueError("tokens without places have no edges that could match")

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
        """The number of codes."""
        return self.architecture.n_embed

    @property
    def embed_dim(self) -> int:
        """The length of a code: D."""
        return self.architecture.embed_dim

    @property
    def latent_bounds(self) -> tuple[Tensor, Tensor]:
        """The minimum and maximum of each channel over the codebook: two (1, D, 1, 1) float32."""
        return self.quantize.least, self.quantize.greatest

    def encode(self, image: Tensor) -> Tensor:
        """Encode a picture, (B, 3, H, W) float in [0, 1], to its latent before quantisation, (B, D, h, w) float32.

        Raises:
            ValueError: The encoder was left out.
        """
        raise NotImplementedError

    def decode(self, z_q: Tensor, *, low_memory: bool = False) -> Tensor:
        """Decode quantised latents.

        Args:
            z_q: (B, D, h, w) float.
            low_memory: Keep only the input of each layer for the gradient, and recompute the layer.

        Returns:
            (B, 3, H, W) float32, around [0, 1] and not clamped.
        """
        raise NotImplementedError

    def pad(self, image: Tensor) -> Tensor:
        """Put a picture, (B, C, any, any), into the middle of whole tokens: (B, C, h·factor, w·factor)."""
        return image

    def crop(self, image: Tensor, size: tuple[int, int]) -> Tensor:
        """The picture of that width and height in the middle of a decoded one: what `pad` was given."""
        del size
        return image

    def indices(self, z: Tensor) -> Tensor:
        """Find the nearest code of every token by Euclidean distance: z (B, D, h, w) to (B, h, w) int64."""
        return self.quantize.indices(z)

    def lookup(self, indices: Tensor) -> Tensor:
        """Look up codes by their numbers: (B, h, w) int64 in [0, n_embed) to (B, D, h, w) float32."""
        return self.quantize.lookup(indices)


class Quantiser(nn.Module):
    """The codebook, with taming's names of weights. Calling it quantises.

    In taming, a VQModel has its codes in `embedding`; a GumbelVQ has them in `embed`, beside `proj` for the logits.
    """

    half_norms: Tensor
    least: Tensor
    greatest: Tensor

    def __init__(self, architecture: Architecture | Titok, *, encoder: bool) -> None:
        super().__init__()
        gumbel = architecture.kind == "GumbelVQ"
        self.name = "embed" if gumbel else "embedding"
        self.unit_codes = architecture.unit_codes
        self.add_module(self.name, nn.Embedding(architecture.n_embed, architecture.embed_dim))
        self.proj = None
        if isinstance(architecture, Architecture) and gumbel and encoder:
            self.proj = nn.Conv2d(architecture.z_channels, architecture.n_embed, 1)
        for buffer in ("half_norms", "least", "greatest"):
            self.register_buffer(buffer, None, persistent=False)

    @property
    def codes(self) -> Tensor:
        """(n_embed, D) float32."""
        return self.get_submodule(self.name).get_parameter("weight")

    def measure(self) -> None:
        """Compute what every step needs to know about the codes; call it after they changed.

        Unit codes are normalised here; LlamaGen does so at every use.
        """
        if self.unit_codes:
            self.codes.data = F.normalize(self.codes.data, dim=1)
        low, high = self.codes.aminmax(dim=0)
        self.least, self.greatest = low[None, :, None, None], high[None, :, None, None]
        self.half_norms = self.codes.square().sum(1) / 2

    def forward(self, z: Tensor) -> Tensor:
        """Quantise z, (B, D, h, w) float32; the gradient passes to z unchanged (straight-through estimator)."""
        # This sum is exact: z - z is zero. z + (codes - z) would be rounded.
        return self.lookup(self.indices(z)) + (z - z.detach())

    def indices(self, z: Tensor, half_norms: Tensor | None = None) -> Tensor:
        """As `ImageModel.indices`. half_norms: Of the codes; zeros find the largest dot product instead."""
        flat = z.detach().float().permute(0, 2, 3, 1).reshape(-1, z.shape[1])  # (B·h·w, D)
        norms, found = self.half_norms if half_norms is None else half_norms, []
        for rows in torch.split(flat, max(1, _MAX_SCORES // len(norms))):
            # |z - c|² = |z|² - 2(z·c - |c|²/2), and |z|² is the same for every code.
            found.append(torch.addmm(norms, rows, self.codes.t(), beta=-1).argmax(1))
        return torch.cat(found).view(z.shape[0], z.shape[2], z.shape[3])

    def lookup(self, indices: Tensor) -> Tensor:
        """As `ImageModel.lookup`."""
        return F.embedding(indices, self.codes).permute(0, 3, 1, 2).contiguous()

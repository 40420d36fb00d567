"""taming's Net2Net transformers: sample the codes of a picture from nothing, a class, or the position of each token.

They belong to the public VQGANs (arXiv 2012.09841, section 3.2) and have the names of their official checkpoints.
They read no text; CLIP ranks what they sample. taming's own module no longer imports, and keeps a mask of block_size²
per layer; the arithmetic here is the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.architecture import Net2NetShape, read_net2net_shape
from vqclip.models.checkpoints import load_into, read_state_dict, without_weights
from vqclip.models.registry import PriorFiles
from vqclip.models.sampling import KeyValueCache, sample_top
from vqclip.settings.prompts import Prompt

_PREFIX = "transformer."
# Causal masks of the layers, which a checkpoint of taming holds and no network needs.
_MASK = ".attn.mask"
# How many of the most probable codes are sampled, as in taming's sampling notebook.
TOP = 100


class Attention(nn.Module):
    """Causal multi-head attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.key, self.query, self.value, self.proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, cache: KeyValueCache | None, free: int) -> Tensor:
        """Attend from x, (B, L, width), the positions after those in the cache. The first `free` see each other."""
        batch, length, width = x.shape
        maps = (self.query, self.key, self.value)
        q, k, v = (layer(x).view(batch, length, self.heads, -1).transpose(1, 2) for layer in maps)
        mask = None
        if length > 1:
            mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()
            mask[:free, :free] = True
        if cache is not None:
            k, v = cache.add(k, v)
        attended = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        mixed: Tensor = self.proj(attended.transpose(1, 2).reshape(batch, length, width))
        return mixed


class Block(nn.Module):
    """Pre-norm attention and MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, cache: KeyValueCache | None, free: int) -> Tensor:
        """Apply the block; arguments as in `Attention`."""
        x = x + self.attn(self.ln1(x), cache, free)
        mixed: Tensor = x + self.mlp(self.ln2(x))
        return mixed


class GPT(nn.Module):
    """Predicts the next code from the codes of the condition and those of the picture before it."""

    def __init__(self, shape: Net2NetShape) -> None:
        super().__init__()
        self.shape = shape
        self.tok_emb = nn.Embedding(shape.vocabulary, shape.width)
        self.pos_emb = nn.Parameter(torch.zeros(1, shape.places, shape.width))
        self.blocks = nn.Sequential(*[Block(shape.width, shape.heads) for _ in range(shape.layers)])
        self.ln_f = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, shape.vocabulary, bias=False)

    def forward(self, codes: Tensor, caches: Sequence[KeyValueCache] | None = None, first: int = 0) -> Tensor:
        """Predict the codes after (B, L) int64 codes at the positions from `first` on: (B, L, vocabulary) logits."""
        x = self.tok_emb(codes) + self.pos_emb[:, first : first + codes.shape[1]]
        held = caches if caches is not None else [None] * len(self.blocks)
        for block, cache in zip(self.blocks, held, strict=True):
            x = block(x, cache, self.shape.free)
        logits: Tensor = self.head(self.ln_f(x))
        return logits

    @torch.no_grad()
    def sample(self, condition: Tensor, generator: torch.Generator, *, temperature: float = 1.0) -> Tensor:
        """Sample a picture for each condition: (N, C) int64 codes to (N, side, side) int64. generator: On the CPU."""
        caches = [KeyValueCache(condition.shape[1] + self.shape.side**2) for _ in self.blocks]
        latest, position, chosen = condition, 0, []
        for _ in range(self.shape.side**2):
            scores = self(latest, caches, position)[:, -1, : self.shape.codes].float() / temperature
            position += latest.shape[1]
            latest = sample_top(scores, TOP, generator)
            chosen.append(latest)
        return torch.cat(chosen, 1).view(len(condition), self.shape.side, self.shape.side)


class Net2Net:
    """A transformer with its condition: a sampler like `prior.PriorSampler`."""

    def __init__(self, network: GPT) -> None:
        self.network = network

    def sample(
        self,
        prompts: Sequence[Prompt],
        count: int,
        generator: torch.Generator,
        *,
        style: str | None = None,
        guidance: float = 1.0,
        temperature: float = 1.0,
    ) -> Tensor:
        """Sample `count` pictures: (count, side, side) int64 codes of the VQGAN.

        style: The number of a class; None for random classes. prompts and guidance have no effect.
        """
        del prompts, guidance
        shape, device = self.network.shape, self.network.head.weight.device
        if shape.condition == "class":
            condition = torch.randint(shape.classes, (count, 1), generator=generator)
            if style is not None:
                condition = torch.full((count, 1), int(style))
        elif shape.condition == "coordinates":
            condition = coordinates(shape.side, shape.levels).expand(count, -1)
        else:
            condition = torch.full((count, 1), shape.start)
        return self.network.sample(condition.to(device), generator, temperature=temperature)


def coordinates(side: int, levels: int, pixels: int = 16) -> Tensor:
    """taming's CoordStage for a whole picture: the position of each token, (1, side²) int64.

    A pixel has its index in reading order, divided by the number of pixels; a token has the mean over its
    `pixels` x `pixels`, quantised to `levels`.
    """
    width = side * pixels
    pixel = torch.arange(width * width, dtype=torch.float64).view(1, 1, width, width) / width**2
    mean = F.avg_pool2d(pixel, pixels)
    return (levels * mean).round().long().clamp(max=levels - 1).flatten(1)


def load_net2net(files: PriorFiles, codes: int, device: torch.device) -> Net2Net:
    """Load the transformer from the checkpoint of a Net2NetTransformer, in float32.

    Args:
        files: Its files.
        codes: Number of codes of its VQGAN.
        device: Where it runs.

    Raises:
        ModelError: Files are damaged, or the checkpoint holds no transformer for this VQGAN.
    """
    shape = read_net2net_shape(files.config)
    source = printable(files.weights)
    if shape is None or shape.codes != codes:
        raise ModelError(f"{source} holds no transformer for {codes} codes.", "Give the YAML file that came with it.")
    with without_weights():
        network = GPT(shape)
    load_into(network, _transformer(read_state_dict(files.weights)), source)
    return Net2Net(network.to(device))


def _transformer(state: Mapping[str, Any]) -> dict[str, Any]:
    bare = {key.removeprefix("module."): value for key, value in state.items()}
    return {
        key.removeprefix(_PREFIX): value
        for key, value in bare.items()
        if key.startswith(_PREFIX) and not key.endswith(_MASK)
    }

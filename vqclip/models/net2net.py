"""taming's Net2Net transformers: the codes of a picture from nothing, from a class, or from where they lie.

The transformers that belong to the public VQGANs (arXiv 2012.09841, section 3.2), under the names of their official
checkpoints. They read no text: CLIP chooses among what they draw. taming's own module no longer imports, and keeps
a mask of block_size² per layer; the arithmetic here is the same.
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
from vqclip.settings.prompts import Prompt

_PREFIX = "transformer."
#: Layers' causal masks, which a checkpoint of taming's holds and no network needs.
_MASK = ".attn.mask"
#: Codes that may be drawn at each place, as in taming's sampling notebook.
TOP = 100


class Attention(nn.Module):
    """Multi-head attention over everything up to a place; `cache` holds keys and values of earlier places."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.key, self.query, self.value, self.proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor, cache: list[Tensor], free: int) -> Tensor:
        """x: (B, L, width), after what is in the cache. free: the first places that see each other."""
        batch, length, width = x.shape
        maps = (self.query, self.key, self.value)
        q, k, v = (layer(x).view(batch, length, self.heads, -1).transpose(1, 2) for layer in maps)
        mask = None
        if cache:
            k, v = torch.cat([cache[0], k], 2), torch.cat([cache[1], v], 2)
        elif length > 1:
            mask = torch.ones(length, length, dtype=torch.bool, device=x.device).tril()
            mask[:free, :free] = True
        cache[:] = [k, v]
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        mixed: Tensor = self.proj(seen.transpose(1, 2).reshape(batch, length, width))
        return mixed


class Block(nn.Module):
    """Pre-norm attention and MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln1, self.ln2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor, cache: list[Tensor], free: int) -> Tensor:
        """As `Attention`."""
        x = x + self.attn(self.ln1(x), cache, free)
        mixed: Tensor = x + self.mlp(self.ln2(x))
        return mixed


class GPT(nn.Module):
    """Logits of the next code from the condition's codes and the picture's before it."""

    def __init__(self, shape: Net2NetShape) -> None:
        super().__init__()
        self.shape = shape
        self.tok_emb = nn.Embedding(shape.vocabulary, shape.width)
        self.pos_emb = nn.Parameter(torch.zeros(1, shape.places, shape.width))
        self.blocks = nn.Sequential(*[Block(shape.width, shape.heads) for _ in range(shape.layers)])
        self.ln_f = nn.LayerNorm(shape.width)
        self.head = nn.Linear(shape.width, shape.vocabulary, bias=False)

    def forward(self, codes: Tensor, caches: Sequence[list[Tensor]] | None = None, first: int = 0) -> Tensor:
        """codes: (B, L) int64 at the places from `first` on -> (B, L, vocabulary)."""
        x = self.tok_emb(codes) + self.pos_emb[:, first : first + codes.shape[1]]
        held = caches if caches is not None else [[] for _ in self.blocks]
        for block, cache in zip(self.blocks, held, strict=True):
            x = block(x, cache, self.shape.free)
        logits: Tensor = self.head(self.ln_f(x))
        return logits

    @torch.no_grad()
    def sample(self, condition: Tensor, generator: torch.Generator, *, temperature: float = 1.0) -> Tensor:
        """Draw a picture for each condition: (N, C) int64 codes -> (N, side, side) int64. generator: on the CPU."""
        caches: list[list[Tensor]] = [[] for _ in self.blocks]
        shown, place, chosen = condition, 0, []
        for _ in range(self.shape.side**2):
            scores = self(shown, caches, place)[:, -1, : self.shape.codes].float() / temperature
            place += shown.shape[1]
            kept, which = scores.topk(min(TOP, scores.shape[-1]), dim=1)
            drawn = torch.multinomial(kept.softmax(1).cpu(), 1, generator=generator).to(which.device)
            shown = which.gather(1, drawn)
            chosen.append(shown)
        return torch.cat(chosen, 1).view(len(condition), self.shape.side, self.shape.side)


class Net2Net:
    """A transformer and what it is told before it begins; a sampler like `prior.PriorSampler`."""

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
        """Draw `count` pictures: (count, side, side) int64 codes of the VQGAN.

        prompts, guidance: not read. style: the number of a class, or None for classes drawn at random.
        """
        del prompts, guidance
        shape, device = self.network.shape, self.network.head.weight.device
        if shape.condition == "class":
            told = torch.randint(shape.classes, (count, 1), generator=generator)
            if style is not None:
                told = torch.full((count, 1), int(style))
        elif shape.condition == "coordinates":
            told = coordinates(shape.side, shape.levels).expand(count, -1)
        else:
            told = torch.full((count, 1), shape.start)
        return self.network.sample(told.to(device), generator, temperature=temperature)


def coordinates(side: int, levels: int, pixels: int = 16) -> Tensor:
    """taming's CoordStage on a whole picture: how far down and right each token lies, (1, side²) int64.

    Every pixel has its number in reading order over the number of all pixels; a token has the mean of its
    `pixels` x `pixels`, in `levels` steps.
    """
    width = side * pixels
    pixel = torch.arange(width * width, dtype=torch.float64).view(1, 1, width, width) / width**2
    mean = F.avg_pool2d(pixel, pixels)
    return (levels * mean).round().long().clamp(max=levels - 1).flatten(1)


def load_net2net(files: PriorFiles, codes: int, device: torch.device) -> Net2Net:
    """Load the transformer in a Net2NetTransformer's checkpoint, in float32.

    codes: of its VQGAN. Raises ModelError for files that are damaged, and for a checkpoint without one.
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

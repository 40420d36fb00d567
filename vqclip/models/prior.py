"""The prior: a transformer that samples the codes of a drawing from a text. Optimisation starts from the best sample.

The VQGAN's authors pair it with such a transformer (arXiv 2012.09841, section 3.2). Text before the codes is from
DALL-E (arXiv 2102.12092), guidance by an empty text from arXiv 2207.12598.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.architecture import PriorShape, read_prior_shape
from vqclip.models.checkpoints import load_into, read_state_dict, without_weights
from vqclip.models.languages import legible
from vqclip.models.registry import PriorFiles, UpsamplerFiles
from vqclip.models.sampling import KeyValueCache, guided, sample_top
from vqclip.models.tokenizer import Tokenizer
from vqclip.models.upsampler import Upsampler, load_upsampler
from vqclip.settings.prompts import Prompt

_HINT = "Install vqclip again."
# Candidates that are upsampled or rated at once; fixed, so that a limit on memory does not change the result.
_BATCH = 16
_AVOIDED = 1 / 3
"""The weight of the text that an edit avoids; the text that it shall show has 1."""
_HOLD = 4.0
"""The logit that a code at the median distance loses in an edit by the amount 0.5."""


class Block(nn.Module):
    """Causal pre-norm attention and MLP."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor, cache: KeyValueCache | None = None) -> Tensor:
        """Apply the block to x, (B, L, width), the positions after those in the cache."""
        batch, length, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if cache is not None:
            k, v = cache.add(k, v)
        attended = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, length, width))
        mixed: Tensor = x + self.down(F.gelu(self.up(self.norm2(x))))
        return mixed


class Prior(nn.Module):
    """Predicts the next code from a style, a text and the codes before it, in reading order."""

    def __init__(self, shape: PriorShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.style = nn.Embedding(len(shape.styles) + 1, width)  # the last one: no style
        self.word = nn.Embedding(shape.vocabulary + 1, width)  # the last one: no text, and padding
        self.code = nn.Embedding(shape.codes + 1, width)  # the last one: start
        self.word_place = nn.Parameter(nn.init.normal_(torch.empty(shape.words, width), std=0.02))
        self.row, self.column = nn.Embedding(shape.side, width), nn.Embedding(shape.side, width)
        self.blocks = nn.ModuleList([Block(width, shape.heads) for _ in range(shape.layers)])
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, shape.codes)

    def forward(self, words: Tensor, style: Tensor, codes: Tensor) -> Tensor:
        """Map int64 words (B, words), style (B,) and codes (B, side²) to logits (B, side², codes)."""
        start = torch.full((len(codes), 1), self.shape.codes, device=codes.device)
        embedded = self.embed_codes(torch.cat([start, codes[:, :-1]], 1)) + self._places()
        x = torch.cat([self._prefix(words, style), embedded], 1)
        for block in self.blocks:
            x = block(x)
        return self.logits(x[:, 1 + self.shape.words :])

    def embed_codes(self, codes: Tensor) -> Tensor:
        """Embed codes: (B, L) int64 to (B, L, width)."""
        embedded: Tensor = self.code(codes)
        return embedded

    def logits(self, x: Tensor) -> Tensor:
        """Map (B, L, width) to logits (B, L, codes)."""
        scores: Tensor = self.head(self.norm(x))
        return scores

    @torch.no_grad()
    def sample(
        self,
        words: Tensor,
        weights: Tensor,
        style: Tensor,
        generator: torch.Generator,
        *,
        guidance: float = 3.0,
        temperature: float = 0.8,
        top: int = 128,
        bias: Tensor | None = None,
    ) -> Tensor:
        """Sample N drawings for the P texts of one prompt.

        Args:
            words: (P, words) int64; P may be 0.
            weights: (P,), the weight of each text; below 0 it is avoided.
            style: (N,) int64.
            generator: On the CPU.
            guidance: See `sampling.guided`; 1 is plain sampling.
            temperature: Of the logits.
            top: Only so many of the most probable codes are sampled.
            bias: Added to the logits, after the temperature: (side², codes).

        Returns:
            (N, side, side) int64 codes.
        """
        count, texts = len(style), len(words)
        empty = words.new_full((1, words.shape[1]), self.shape.vocabulary)
        groups = torch.cat([words, empty]).repeat_interleave(count, 0)  # ((P + 1)·N, words)
        x = self._prefix(groups, style.repeat(texts + 1))
        start = torch.full((len(groups), 1), self.shape.codes, device=words.device)
        places = self._places()
        x = torch.cat([x, self.embed_codes(start) + places[:1]], 1)
        caches = [KeyValueCache(self.shape.words + 1 + len(places)) for _ in self.blocks]
        chosen: list[Tensor] = []
        for place in range(len(places)):
            for block, cache in zip(self.blocks, caches, strict=True):
                x = block(x, cache)
            by_text = self.logits(x[:, -1]).float().view(texts + 1, count, -1)
            scores = guided(by_text, weights, guidance) / temperature
            if bias is not None:
                scores = scores + bias[place]
            codes = sample_top(scores, top, generator)
            chosen.append(codes)
            if place + 1 < len(places):
                x = self.embed_codes(codes.repeat(texts + 1, 1)) + places[place + 1]
        return torch.cat(chosen, 1).view(count, self.shape.side, self.shape.side)

    @torch.no_grad()
    def log_probability(self, words: Tensor, style: Tensor, codes: Tensor) -> Tensor:
        """The mean log-probability of the codes of N drawings of one text, in nats: (N,).

        Args:
            words: (words,) int64.
            style: (N,) int64.
            codes: (N, side²) int64.
        """
        logits = self(words.expand(len(codes), -1), style, codes).float()
        return -F.cross_entropy(logits.transpose(1, 2), codes, reduction="none").mean(1)

    def _places(self) -> Tensor:
        return (self.row.weight[:, None] + self.column.weight[None]).flatten(0, 1)

    def _prefix(self, words: Tensor, style: Tensor) -> Tensor:
        return torch.cat([self.style(style)[:, None], self.word(words) + self.word_place], 1)


class PriorSampler:
    """A prior with its tokenizer and, optionally, its upsampler: texts in, codes out.

    codebook: (codes, dim) of the VQGAN, for the upsampler.
    """

    def __init__(
        self, prior: Prior, tokenizer: Any, upsampler: Upsampler | None = None, codebook: Tensor | None = None
    ) -> None:
        self.prior, self._tokenizer = prior, tokenizer
        self.upsampler, self._codebook = upsampler, codebook

    @property
    def styles(self) -> tuple[str, ...]:
        """The drawing styles that the prior conditions on."""
        return self.prior.shape.styles

    def sample(
        self,
        prompts: Sequence[Prompt],
        count: int,
        generator: torch.Generator,
        *,
        style: str | None = None,
        guidance: float = 3.0,
        temperature: float = 0.8,
    ) -> Tensor:
        """Sample `count` drawings: (count, side, side) int64 codes of the VQGAN.

        style: One of `styles`; None rotates through all. The other arguments are those of `Prior.sample`.
        """
        words, weights = self._tokenise(prompts)
        styles = self._styles(torch.arange(count), style)
        return self.prior.sample(words, weights, styles, generator, guidance=guidance, temperature=temperature)

    def upsample(
        self,
        prompts: Sequence[Prompt],
        codes: Tensor,
        numbers: Tensor,
        generator: torch.Generator,
        *,
        style: str | None = None,
        guidance: float = 3.0,
        temperature: float = 0.8,
    ) -> Tensor:
        """Upsample candidates to twice their size.

        Args:
            prompts: Their texts.
            codes: (N, h, w) int64.
            numbers: (N,), the number of each candidate in `sample`, which decides its style.
            generator, style: As in `sample`.
            guidance, temperature: As in `sample`; the upsampler uses smaller ones, since the shapes are there.

        Returns:
            (N, 2h, 2w) int64 codes.

        Raises:
            ValueError: The sampler has no upsampler.
        """
        if self.upsampler is None or self._codebook is None:
            raise ValueError("this sampler was loaded without an upsampler")
        words, weights = self._tokenise(prompts)
        parts = [torch.split(whole, _BATCH) for whole in (self._styles(numbers, style), codes)]
        drawn = [
            self.upsampler.upsample(
                self._codebook, words, weights, styles, part, generator,
                guidance=guidance / 1.5, temperature=temperature / 2,
            )
            for styles, part in zip(*parts, strict=True)
        ]  # fmt: skip
        return torch.cat(drawn)

    def log_probability(
        self, prompts: Sequence[Prompt], codes: Tensor, numbers: Tensor, *, style: str | None = None
    ) -> Tensor:
        """How likely the prior finds candidates: the mean log-probability of their codes, in nats, (N,).

        Args:
            prompts: Their texts. Those with a positive weight count, by their weight.
            codes: (N, side, side) int64.
            numbers, style: As in `upsample`.
        """
        words, weights = self._tokenise(prompts)
        styles = self._styles(numbers, style)
        found = torch.zeros(len(codes), device=codes.device)
        shares = weights.clamp(min=0) / weights.clamp(min=0).sum().clamp(min=1e-9)
        for text, share in zip(words[shares > 0], shares[shares > 0], strict=True):
            parts = zip(torch.split(styles, _BATCH), torch.split(codes.flatten(1), _BATCH), strict=True)
            found += share * torch.cat([self.prior.log_probability(text, *part) for part in parts])
        return found

    def _tokenise(self, prompts: Sequence[Prompt]) -> tuple[Tensor, Tensor]:
        """The tokens, (P, words) int64, and the weights, (P,), of texts."""
        shape, device = self.prior.shape, self.prior.head.weight.device
        words = torch.full((len(prompts), shape.words), shape.vocabulary)
        for row, prompt in zip(words, prompts, strict=True):
            ids = self._tokenizer.encode(legible(prompt.text, prompt.language))[: shape.words]
            row[: len(ids)] = torch.tensor(ids, dtype=torch.long)
        return words.to(device), torch.tensor([prompt.weight for prompt in prompts], device=device)

    def _styles(self, numbers: Tensor, style: str | None) -> Tensor:
        """The style of each drawing: the given one, or all in rotation."""
        of_each = numbers % len(self.styles) if style is None else torch.full_like(numbers, self.styles.index(style))
        return of_each.to(self.prior.head.weight.device)


class EditSampler(PriorSampler):
    """Samples drawings of a text that stay near a given drawing of another text.

    Guidance avoids the text of the given drawing. Each code loses logit by its distance in the codebook from the code
    that the given drawing has in that place.

    Args:
        sampler: Of the prior.
        codes: (1, side, side) int64, those of the given drawing.
        source: What that one shows.
        amount: From 0, which keeps nearly every code, to 1, which ignores the given drawing.
        hold: How strongly each place is kept, (side²,); by default 1 everywhere.
    """

    def __init__(
        self, sampler: PriorSampler, codes: Tensor, source: Prompt, amount: float, hold: Tensor | None = None
    ) -> None:
        super().__init__(sampler.prior, sampler._tokenizer, sampler.upsampler, sampler._codebook)
        assert self._codebook is not None
        self._source = replace(source, weight=-_AVOIDED)
        book = self._codebook.float()
        # The fast way, by products of matrices, would not give 0 for a code and itself.
        apart = torch.cdist(book[codes.flatten()], book, compute_mode="donot_use_mm_for_euclid_dist")
        self._bias = -_HOLD * (1 - amount) / max(amount, 1e-6) * apart / apart.median()
        if hold is not None:
            self._bias = self._bias * hold[:, None]

    def sample(
        self,
        prompts: Sequence[Prompt],
        count: int,
        generator: torch.Generator,
        *,
        style: str | None = None,
        guidance: float = 3.0,
        temperature: float = 0.8,
    ) -> Tensor:
        """Sample `count` drawings; the arguments are those of `PriorSampler.sample`."""
        words, weights = self._tokenise([*prompts, self._source])
        styles = self._styles(torch.arange(count), style)
        # `guided` divides by the sum of all weights; the prompts keep the share that they have without the source.
        guidance *= 1 + _AVOIDED / max(sum(abs(prompt.weight) for prompt in prompts), 1e-9)
        return self.prior.sample(
            words, weights, styles, generator, guidance=guidance, temperature=temperature, bias=self._bias
        )


def load_sampler(files: PriorFiles, codebook: Tensor, upsampler: UpsamplerFiles | None = None) -> PriorSampler:
    """Load the prior that `registry.find_prior` found, in float32 on the device of the codebook.

    Args:
        files: Its files.
        codebook: (codes, dim) of the VQGAN that decodes its samples.
        upsampler: Loaded with it.

    Raises:
        ModelError: Files are damaged or belong to another VQGAN.
    """
    if not isinstance(files.config, Path) or files.tokenizer is None:
        raise ValueError(f"{files.name} is a transformer of taming; see vqclip.models.net2net")
    shape = read_prior_shape(files.config)
    source = printable(files.weights)
    if shape.codes != len(codebook):
        raise ModelError(f"{source} writes {shape.codes} codes, but the VQGAN has {len(codebook)}.", _HINT)
    with without_weights():
        prior = Prior(shape)
    load_into(prior, read_state_dict(files.weights), source)
    tokenizer = Tokenizer(files.tokenizer)
    if tokenizer.vocab_size != shape.vocabulary:
        raise ModelError(f"{source} reads {shape.vocabulary} tokens, not {tokenizer.vocab_size}.", _HINT)
    larger = load_upsampler(upsampler, codebook, shape) if upsampler is not None else None
    return PriorSampler(prior.to(codebook.device), tokenizer, larger, codebook)

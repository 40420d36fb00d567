"""Passes through taming's decoder that keep less for the gradient."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch

from vqclip.events import Started, Stepped
from vqclip.models import decoder, frozen
from vqclip.settings.schema import Settings
from vqclip.synthesis.loop import Synthesizer


def latent(vqgan: Any, side: int) -> torch.Tensor:
    codes = torch.randint(vqgan.n_embed, (1, side, side), generator=torch.Generator().manual_seed(1))
    return vqgan.lookup(codes).detach().float().requires_grad_()


def decode(vqgan: Any, **known: Any) -> tuple[torch.Tensor, torch.Tensor]:
    z = latent(vqgan, 6)
    image = vqgan.decode(z, **known)
    image.square().sum().backward()
    assert z.grad is not None
    return image.detach(), z.grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_low_memory_gives_the_same_picture_and_gradient_to_the_bit(
    pair: tuple[Any, Callable[..., Any]], dtype: torch.dtype
) -> None:
    vqgan = copy.deepcopy(pair[0]).to_precision(torch.device("cpu"), dtype)
    whole, kept = decode(vqgan), decode(vqgan, low_memory=True)
    assert all(map(torch.equal, whole, kept))
    assert kept[1].norm() > 0


def decode_counting(vqgan: Any, **known: Any) -> tuple[torch.Tensor, torch.Tensor, int]:
    """The picture, the gradient, and the bytes that are kept for it beside the weights."""
    kept: dict[int, int] = {}
    held = []

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        held.append(tensor)  # so that no other tensor gets its place in memory
        if not tensor.is_leaf:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        picture, gradient = decode(vqgan, **known)
    return picture, gradient, sum(kept.values())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_constant_weights_halve_what_is_kept_for_the_same_gradient(
    pair: tuple[Any, Callable[..., Any]], dtype: torch.dtype
) -> None:
    vqgan = copy.deepcopy(pair[0]).to_precision(torch.device("cpu"), dtype)
    picture, gradient, kept = decode_counting(vqgan)
    # Weights with a gradient of their own go through torch's layers as they are.
    plain_picture, plain_gradient, plainly_kept = decode_counting(vqgan.requires_grad_(True))
    assert torch.equal(picture, plain_picture)
    assert torch.equal(gradient, plain_gradient)
    assert kept < 0.5 * plainly_kept


@pytest.mark.option("low_memory")
def test_low_memory_keeps_two_thirds_at_most(pair: tuple[Any, Callable[..., Any]]) -> None:
    kept = [decode_counting(pair[0], low_memory=low_memory)[2] for low_memory in (False, True)]
    assert 0 < kept[1] < 0.67 * kept[0]


@pytest.mark.slow
@pytest.mark.option("low_memory")
def test_low_memory_takes_less_memory_for_a_step(
    pair: tuple[Any, Callable[..., Any]], peak_memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vqgan, targets_of = pair
    peaks = {}
    for low_memory in (True, False):
        if not low_memory:
            # Compared with torch's own layers.
            monkeypatch.setattr(frozen, "_keeps_less", lambda *layers: False)
        known: dict[str, Any] = {"prompt": "a red apple", "seed": 1, "cutouts": 1}
        settings = Settings(**known, size="128x128", low_memory=low_memory)
        events = Synthesizer(vqgan, targets_of("a red apple"), settings).run()
        while not isinstance(next(events), Started):
            pass
        with peak_memory() as memory:
            assert isinstance(next(events), Stepped)
        peaks[low_memory] = memory.peak
    assert peaks[True] < 0.6 * peaks[False]


def test_attention_keeps_no_matrix_of_all_places(pair: tuple[Any, Callable[..., Any]], peak_memory: Any) -> None:
    block = pair[0].decoder.mid.attn_1
    channels, side = block.norm.num_channels, 48
    x = torch.randn(1, channels, side, side, generator=torch.Generator().manual_seed(1)).requires_grad_()
    with peak_memory() as memory:
        shown = decoder._attention(block).run(x, decoder._norm)
        shown.square().sum().backward()
    assert memory.peak < 4 * side**4, "one such matrix"
    assert x.grad is not None
    h = block.norm(x.detach())
    q, k, v = (conv(h).flatten(2) for conv in (block.q, block.k, block.v))
    weights = (q.transpose(1, 2) @ k / channels**0.5).softmax(2)
    plain = x.detach() + block.proj_out((v @ weights.transpose(1, 2)).reshape(x.shape))
    torch.testing.assert_close(shown.detach(), plain, rtol=1e-4, atol=1e-4)

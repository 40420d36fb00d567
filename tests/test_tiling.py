"""Tiled decoding: tiles show what the whole picture shows, and a step takes the memory of a small one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import vqclip
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.resample import homography_grid
from vqclip.errors import UsageError
from vqclip.events import Finished, Stepped
from vqclip.models import decoder, frozen
from vqclip.models.decoder import Box, NormStatistics
from vqclip.settings.schema import Settings
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.tiling import Tiling

Pair = tuple[Any, Callable[..., Any]]


def latent(vqgan: Any, side: int) -> torch.Tensor:
    """The latent of a soft picture whose upper half is dark, so that its parts differ in their mean."""
    noise = torch.rand(1, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    picture = F.interpolate(noise, size=(side, side), mode="bicubic").clamp(0, 1)
    picture[:, :, : side // 2] *= 0.3
    with torch.no_grad():
        encoded: torch.Tensor = vqgan.encode(picture)
    return encoded


@torch.no_grad()
def whole(vqgan: Any, z: torch.Tensor) -> torch.Tensor:
    decoded: torch.Tensor = vqgan.decode(vqgan.quantize(z))
    return decoded


def test_strips_show_what_the_decoder_shows(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoder, "_TILE_CELLS", 300)
    vqgan, _ = pair
    z = latent(vqgan, 96)[..., :10]
    norms = NormStatistics(vqgan.decoder)
    torch.testing.assert_close(vqgan.tiled_decode(z, norms), whole(vqgan, z), rtol=0, atol=1e-5)
    assert len(norms.known) == sum(isinstance(m, torch.nn.GroupNorm) for m in vqgan.decoder.modules())


PLACES = [Box(0, 0, 8, 8), Box(5, 3, 13, 11), Box(8, 8, 16, 16)]


@pytest.mark.parametrize("place", PLACES)
def test_a_tile_shows_what_the_decoder_shows_there(pair: Pair, place: Box) -> None:
    vqgan, _ = pair
    z = latent(vqgan, 128)
    tiling = Tiling(vqgan, (128, 128), 64)
    tiling.refresh(z, 0)
    full = whole(vqgan, z)
    shown = vqgan.decode_tile(z, place, tiling.norms)
    torch.testing.assert_close(shown, place.scaled(8).of(full), rtol=0, atol=1e-5)
    # Without the numbers of the whole picture a tile would be of another brightness: a seam.
    own = tiling.norms
    own.known = {}
    for module in vqgan.decoder.modules():
        if isinstance(module, torch.nn.GroupNorm):
            own.known[own._numbers[module]] = torch.stack([torch.zeros(32), torch.ones(32)])
    wrong = vqgan.decode_tile(z, place, own)
    assert (wrong - place.scaled(8).of(full)).abs().max() > 0.05


@pytest.mark.slow
def test_a_tile_of_a_much_larger_picture_misses_only_far_attention(pair: Pair) -> None:
    vqgan, _ = pair
    z = latent(vqgan, 256)
    tiling = Tiling(vqgan, (256, 256), 64)
    tiling.refresh(z, 0)
    place = Box(10, 12, 18, 20)
    away = (vqgan.decode_tile(z, place, tiling.norms) - place.scaled(8).of(whole(vqgan, z))).abs()
    assert away.mean() < 0.02
    assert away.max() < 0.2


def test_the_gradient_of_a_tile_is_the_decoders(pair: Pair) -> None:
    vqgan, _ = pair
    z = latent(vqgan, 128)
    tiling = Tiling(vqgan, (128, 128), 64)
    tiling.refresh(z, 0)
    place, gradients = Box(5, 3, 13, 11), []
    for decode in (lambda z: tiling.decode_tile(z, place), lambda z: vqgan.decode(vqgan.quantize(z))):
        moved = z.clone().requires_grad_()
        place.scaled(8).of(decode(moved)).square().sum().backward()
        assert moved.grad is not None
        gradients.append(moved.grad.flatten())
    # The numbers of the norms are constants in a tile, so the gradients are close and not equal.
    assert F.cosine_similarity(*gradients, dim=0) > 0.98


@pytest.mark.slow
@pytest.mark.option("tile_size")
def test_a_step_decodes_one_tile_of_the_side_that_is_named(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    vqgan, targets_of = pair
    decoded: list[Box] = []
    decode = vqgan.decode_tile

    def watched(z: torch.Tensor, core: Box, *rest: Any, **known: Any) -> torch.Tensor:
        decoded.append(core)
        shown: torch.Tensor = decode(z, core, *rest, **known)
        return shown

    monkeypatch.setattr(vqgan, "decode_tile", watched)
    for side in (32, 48):
        decoded.clear()
        wanted = settings(size="96x64", tile_size=side, iterations=3)
        list(Synthesizer(vqgan, targets_of("a red apple"), wanted).run())
        assert [(box.bottom - box.top, box.right - box.left) for box in decoded] == [(side // 8, side // 8)] * 3


@pytest.mark.slow
def test_a_tiled_step_takes_the_memory_of_a_small_picture(
    pair: Pair, peak_memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    vqgan, targets_of = pair
    peaks = {}
    for size, side in (("64x64", 0), ("256x256", 64), ("256x256", 0)):
        if (size, side) == ("256x256", 0):
            # Compared with torch's own layers.
            monkeypatch.setattr(frozen, "_keeps_less", lambda *layers: False)
        known: dict[str, Any] = {"prompt": "a red apple", "seed": 1, "cutouts": 2}
        events = Synthesizer(vqgan, targets_of("a red apple"), Settings(**known, size=size, tile_size=side)).run()
        while not isinstance(next(events), Stepped):
            pass
        with peak_memory() as memory:
            assert isinstance(next(events), Stepped)
        peaks[size, side] = memory.peak
    assert peaks["256x256", 64] < 0.35 * peaks["256x256", 0]
    assert peaks["256x256", 64] < 4 * peaks["64x64", 0]


@pytest.mark.long
def test_losses_against_the_start_keep_one_picture_and_little_more(pair: Pair, peak_memory: Any) -> None:
    vqgan, targets_of = pair
    peaks = []
    for losses in ([], ["flatness:0.3", "hue:1"]):
        wanted = settings(size="768x768", tile_size=64, cutouts=2, loss=losses)
        events = Synthesizer(vqgan, targets_of("a red apple"), wanted, scored_steps=()).run()
        # The first step decodes the start too.
        while not isinstance(next(events), Stepped):
            pass
        with peak_memory() as memory:
            assert isinstance(next(events), Stepped)
        peaks.append(memory.peak)
    picture = 3 * 4 * 768**2
    assert peaks[1] - peaks[0] < 1.5 * picture


def settings(**changes: Any) -> Settings:
    known: dict[str, Any] = {
        "prompt": "a red apple", "seed": 3, "size": "96x64", "tile_size": 32, "iterations": 6, "cutouts": 6,
        "dtype": "float32", "ema": 0.5,
    }  # fmt: skip
    return Settings(**{**known, **changes}).validate()


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 4])
def test_a_run_in_tiles_goes_on_exactly_from_any_step(pair: Pair, stop: int) -> None:
    vqgan, targets_of = pair
    wanted = settings(stages=2)
    state, events = None, []
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run():
        if getattr(event, "step", -1) == stop and hasattr(event, "state") and state is None:
            state = event.state()
        events.append(event)
    assert state is not None
    again = list(Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run(state))
    ends = [run[-1] for run in (events, again)]
    assert all(isinstance(end, Finished) for end in ends)
    assert np.array_equal(*[end.image() for end in ends])
    assert ends[0].image().shape == (64, 96, 3)


@pytest.mark.long
def test_the_score_of_the_prompt_rises_and_every_token_moves(pair: Pair) -> None:
    vqgan, targets_of = pair
    wanted = settings(size="96x96", tile_size=48, iterations=30, learning_rate=0.15, init="spot")
    scores, first, last = [], None, None
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run():
        if isinstance(event, Stepped):
            scores.append(event.score)
            last = event.state().tensors["z"]
            first = last if first is None else first
    assert np.mean(scores[-5:]) > np.mean(scores[:3]) + 0.03
    assert first is not None
    assert last is not None
    assert float(((last - first).abs().amax(1) > 0.01).float().mean()) > 0.9, "every token was in some tile"


@pytest.mark.parametrize("size", [(96, 64), (40, 200)])
def test_tiles_lie_in_the_picture_and_reach_its_edges(pair: Pair, size: tuple[int, int]) -> None:
    tiling = Tiling(pair[0], size, 32)
    generator = torch.Generator().manual_seed(0)
    seen = torch.zeros(size[1] // 8, size[0] // 8)
    for _ in range(200):
        box = tiling.pick(generator)
        assert (box.bottom - box.top, box.right - box.left) == (4, 4)
        box.of(seen).add_(1)
    assert seen.min() > 0.15 * seen.mean()
    assert seen.sum() == 200 * 16


def test_cutouts_of_a_tile_lie_in_it_and_full_views_weigh_by_its_share(pair: Pair) -> None:
    tiling = Tiling(pair[0], (256, 128), 64)
    box, context = Box(4, 20, 12, 28), CutoutContext(256, 128, 32)
    plan = tiling.plan_cutouts(box, context, settings(cutouts=16, augment=0.0), torch.Generator().manual_seed(0))
    assert len(plan) == 16
    assert plan.weights.mean().item() == pytest.approx(1)
    corners = homography_grid(plan.homographies, 2)
    x, y = (corners[..., 0] + 1) / 2 * 256, (corners[..., 1] + 1) / 2 * 128
    near = slice(4, None)
    assert bool(((x[near] > 160) & (x[near] < 224) & (y[near] > 32) & (y[near] < 96)).all())
    assert float(plan.weights[0] / plan.weights[near].mean()) == pytest.approx(3 / tiling.share)


def test_full_views_beside_tiles_take_a_strength_that_the_method_does_not(pair: Pair) -> None:
    tiling, box, context = Tiling(pair[0], (256, 128), 64), Box(4, 20, 12, 28), CutoutContext(256, 128, 32)
    asked = settings(cut_method="big-sleep", cutouts=8, augment=2.0), settings(cut_method="big-sleep", cutouts=8)
    strong, weak = (tiling.plan_cutouts(box, context, wanted, torch.Generator().manual_seed(0)) for wanted in asked)
    moved = (strong.homographies - weak.homographies).abs().amax((1, 2))
    assert bool((moved[:2] > 0.01).all())
    assert not bool(moved[2:].any())


@pytest.mark.parametrize(
    ("size", "side"),
    [((768, 768), 0), ((1024, 512), 0), ((1024, 1024), 384), ((1920, 1080), 384), ((256, 2560), 384)],
)
def test_only_large_pictures_are_decoded_in_tiles_by_default(size: tuple[int, int], side: int) -> None:
    assert settings(size="2048x2048", tile_size=None).tile_size_at(*size) == side
    assert settings(size="2048x2048", tile_size=0).tile_size_at(*size) == 0
    assert settings(size="2048x2048", tile_size=900).tile_size_at(*size) == (900 if max(size) > 900 else 0)


@pytest.mark.parametrize("known", [{"seamless": "both"}, {"symmetry": "vertical"}, {"compile": True}])
def test_what_cannot_be_decoded_in_tiles_is_decoded_whole_at_any_size(known: dict[str, Any]) -> None:
    assert settings(size="2048x2048", tile_size=None, **known).tile_size_at(2048, 2048) == 0


def test_tiles_smaller_than_a_token_are_refused(small: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="tile_size is 7: a token of this VQGAN has 8 pixels"):
        vqclip.generate("a red apple", seed=1, **small | {"tile_size": 7})


def test_tiles_of_the_pictures_size_are_refused() -> None:
    with pytest.raises(UsageError, match="tile_size has no effect on a picture that is not larger"):
        settings(tile_size=96)


@pytest.mark.parametrize("name", ["symmetry", "seamless"])
def test_tiles_of_a_picture_that_repeats_itself_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match="tile_size cannot be used"):
        settings(**{name: "horizontal"})

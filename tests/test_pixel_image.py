"""Pixel optimisation: pixels at several scales, before the latent."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vqclip.events import Event, Finished, StageStarted, Stepped
from vqclip.media import images
from vqclip.runs import directory, run_sizes
from vqclip.settings.schema import Settings
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.optimisers import make_optimiser, optimiser_tensors, restore_optimiser
from vqclip.synthesis.pixel_image import MultiScaleOptimiser, PixelImage
from vqclip.synthesis.stages import plan_stages
from vqclip.synthesis.state import State

Pair = tuple[Any, Callable[..., Any]]


def settings(**changes: Any) -> Settings:
    known: dict[str, Any] = {
        "prompt": "a red apple", "seed": 3, "size": "32x32", "iterations": 6, "pixel_steps": 0.5, "cutouts": 4,
        "dtype": "float32", "ema": 0.5, "init": "spot",
    }  # fmt: skip
    return Settings(**{**known, **changes}).validate()


def events_of(
    pair: Pair, wanted: Settings, inputs: InitInputs | None = None, state: State | None = None
) -> list[Event]:
    vqgan, targets_of = pair
    return list(Synthesizer(vqgan, targets_of(wanted.prompt), wanted, inputs).run(state))


def frames(pair: Pair, wanted: Settings, given: InitInputs | None = None) -> list[np.ndarray]:
    """What each step of a run shows."""
    vqgan, targets_of = pair
    events = Synthesizer(vqgan, targets_of(wanted.prompt), wanted, given).run()
    return [event.image().astype(int) for event in events if isinstance(event, Stepped)]


def pixels(pair: Pair, wanted: Settings, given: InitInputs | None = None) -> list[np.ndarray]:
    """The pixels after each step of pixel optimisation, before a VQGAN draws it: (H, W, 3) in 0..255."""
    vqgan, targets_of = pair
    decoder, found = PixelImage(vqgan, (wanted.width, wanted.height)), []
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted, given).run():
        if isinstance(event, Stepped) and (z := event.state().tensors["z"]).shape[1] == 3:
            found.append((decoder.decode(z)[0].permute(1, 2, 0).detach().numpy() * 255).round().astype(int))
    return found


def gradient(step: int) -> torch.Tensor:
    return torch.randn(1, 3, 12, 20, generator=torch.Generator().manual_seed(step))


def test_scales_optimise_like_a_sum_of_upsampled_pictures_of_which_each_has_its_share_of_the_rate() -> None:
    z = torch.zeros(1, 3, 12, 20, requires_grad=True)
    ours = MultiScaleOptimiser(partial(make_optimiser, "adam"), z, 0.5)
    parts = [torch.zeros(1, 3, *side, requires_grad=True) for side in ((12, 20), (6, 10), (3, 5), (1, 2), (1, 1))]
    theirs = torch.optim.Adam(parts, lr=0.1)
    for step in range(3):
        z.grad = gradient(step)
        ours.step()
        theirs.zero_grad()
        total = sum(F.interpolate(part, size=(12, 20), mode="bicubic") for part in parts)
        total.backward(gradient(step))  # type: ignore[union-attr]
        theirs.step()
    total = sum(F.interpolate(part.detach(), size=(12, 20), mode="bicubic") for part in parts)
    assert torch.allclose(z.detach(), total, atol=1e-5)  # type: ignore[arg-type]
    assert z.detach().abs().max() > 0.5, "all scales together go further than one with its share"
    assert ours.learning_rate == pytest.approx(0.5)


def test_restored_scales_take_the_same_steps() -> None:
    whole = torch.zeros(1, 3, 12, 20, requires_grad=True)
    optimiser = MultiScaleOptimiser(partial(make_optimiser, "adam"), whole, 0.1)
    for step in range(4):
        if step == 2:
            kept, memory = whole.detach().clone(), optimiser_tensors(optimiser)
        whole.grad = gradient(step)
        optimiser.step()
    resumed = kept.requires_grad_()
    again = MultiScaleOptimiser(partial(make_optimiser, "adam"), resumed, 0.1)
    restore_optimiser(again, memory, optimiser)
    for step in range(2, 4):
        resumed.grad = gradient(step)
        again.step()
    assert torch.equal(whole, resumed)


def test_pixels_show_the_picture_that_they_were_made_of_with_its_black_and_white(pair: Pair) -> None:
    decoder = PixelImage(pair[0], (32, 32))
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    picture[..., :8], picture[..., 8:16] = 0, 1
    z = decoder.encode(picture).requires_grad_()
    shown = decoder.decode(z)
    assert torch.allclose(shown, picture, atol=1e-6)
    (shown * torch.where(picture < 0.5, -1.0, 1.0)).sum().backward()
    assert z.grad is not None
    assert bool((z.grad != 0).all()), "black and white can be left again"


@pytest.mark.slow
@pytest.mark.option("pixel_steps")
def test_nothing_is_decoded_in_pixel_optimisation_and_the_score_rises(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    vqgan, targets_of = pair
    wanted = settings(size="64x64", iterations=16, pixel_steps=0.75, stages=2, seed=1)
    begun = Synthesizer(vqgan, targets_of(wanted.prompt), wanted, scored_steps={1, 12}).run()
    scores, decoded = [], 0
    decode = vqgan.decode

    def counted(*known: Any, **named: Any) -> Any:
        nonlocal decoded
        decoded += 1
        return decode(*known, **named)

    monkeypatch.setattr(vqgan, "decode", counted)
    stages = []
    for event in begun:
        if isinstance(event, StageStarted):
            stages.append((event.stage, event.stages, event.width, event.pixels))
        if isinstance(event, Stepped):
            scores.append(event.score)
            if event.step == 12:
                assert decoded == 3, "what the start shows, two scores, and no more"
        last = event
    assert stages == [(1, 3, 32, True), (2, 3, 32, False), (3, 3, 64, False)]
    assert decoded > 4
    assert scores[11] > scores[0] + 0.1
    assert isinstance(last, Finished)
    state = last.state()
    mean = state.tensors["ema"] / state.ema_weight
    expected = vqgan.decode(vqgan.quantize(mean)).clamp(0, 1)[0].permute(1, 2, 0)
    assert np.abs(last.image() / 255 - expected.detach().numpy()).max() < 0.01, "the VQGAN has the last word"


@pytest.mark.slow
@pytest.mark.option("pixel_learning_rate")
def test_the_rate_of_the_pixels_is_theirs_alone(pair: Pair) -> None:
    wanted = settings(pixel_learning_rate=0.25, learning_rate=0.05, learning_rate_end=1.0)
    rates = [event.learning_rate for event in events_of(pair, wanted) if isinstance(event, Stepped)]
    assert rates == pytest.approx([0.25] * 3 + [0.05] * 3)

    start, slow, fast = (frames(pair, settings(pixel_learning_rate=rate))[2] for rate in (1e-6, 0.1, 0.3))
    assert np.abs(fast - start).mean() > 1.5 * np.abs(slow - start).mean() > 1


@pytest.mark.slow
@pytest.mark.parametrize("stop", [1, 2, 3, 4])
def test_a_run_goes_on_exactly_from_within_its_pixel_steps(pair: Pair, stop: int) -> None:
    vqgan, targets_of = pair
    wanted = settings(stages=2)
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run():
        if isinstance(event, Stepped) and event.step == stop:
            state = event.state()
            break
    resumed, last = events_of(pair, wanted, state=state)[-1], events_of(pair, wanted)[-1]
    assert isinstance(resumed, Finished)
    assert isinstance(last, Finished)
    assert np.array_equal(resumed.image(), last.image())


def test_what_a_mask_keeps_stays_in_pixel_optimisation(pair: Pair) -> None:
    photo = np.full((32, 32, 3), 90, np.uint8)
    mask = np.repeat(np.float32([[0.0] * 16 + [1.0] * 16]), 32, 0)
    wanted = settings(init="tokens", init_image="a.png", mask="m.png", mask_feather=1, iterations=4, pixel_steps=0.75)
    shown = frames(pair, wanted, InitInputs(photo, mask))
    assert all(np.array_equal(image[:, :16], photo[:, :16]) for image in shown)
    assert not np.array_equal(shown[2][:, 16:], photo[:, 16:])


def test_an_overlay_is_laid_over_pixels_and_a_move_moves_them(pair: Pair) -> None:
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = 255
    cover = np.zeros((32, 32), np.float32)
    cover[:8] = 1
    wanted = settings(iterations=4, pixel_steps=0.75, overlay_image="a.png", overlay_every=2, ema=0.0)
    second = pixels(pair, wanted, InitInputs(overlay=(red, cover)))[1]
    # Only what is covered is red, to the pixel and not to the token.
    assert np.abs(second[:8] - red[:8]).max() <= 1
    assert np.abs(second[8:] - red[8:]).mean() > 50

    moved = settings(
        iterations=4, pixel_steps=0.75, pan_x="8", move_every=2, ema=0.0, pixel_learning_rate=1e-6, symmetry="none"
    )
    images = pixels(pair, moved)
    assert np.abs(images[2][:, 8:] - images[1][:, :-8]).max() <= 2


@pytest.mark.slow
def test_a_frame_of_pixel_optimisation_is_what_the_vqgan_makes_of_its_pixels(pair: Pair) -> None:
    vqgan, _ = pair
    wanted = settings(ema=0.0, pixel_learning_rate=0.5, iterations=12)
    shown, reached = frames(pair, wanted)[5], pixels(pair, wanted)[5]
    with torch.no_grad():
        picture = torch.from_numpy(reached / 255).float().permute(2, 0, 1)[None]
        drawn = vqgan.decode(vqgan.quantize(vqgan.encode(picture).float()))[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(shown - drawn.clip(0, 255)).mean() < np.abs(shown - reached).mean() / 5


@pytest.mark.slow
def test_a_large_picture_is_not_decoded_for_its_pixel_steps(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def whole(*known: Any, **named: Any) -> None:
        raise AssertionError("decoded whole")

    monkeypatch.setattr(pair[0], "decode", whole)
    shown = frames(pair, settings(size="96x96", tile_size=48, iterations=4))
    assert [image.shape for image in shown] == [(96, 96, 3)] * 4


@pytest.mark.slow
def test_terms_of_the_latent_wait_for_a_latent(pair: Pair) -> None:
    wanted = settings(latent_l2=1.0, tv=1.0, iterations=10)
    terms = [set(event.losses) for event in events_of(pair, wanted) if isinstance(event, Stepped)]
    assert terms[0] == terms[4] == {"prompt", "tv"}


def test_the_plan_leaves_the_decoder_out_of_the_pixel_steps() -> None:
    plain, ascending = (run_sizes.run_sizes(settings(pixel_steps=share)) for share in (0.0, 0.5))
    assert plain is not None
    assert plain == ascending
    assert plain.operations(pixels=True).total < plain.operations().total


def test_a_run_without_pixel_steps_has_no_stage_of_one(pair: Pair) -> None:
    for share, steps in ((0.0, 4), (0.5, 1), (0.5, 0)):
        plan = plan_stages(32, 32, 8, 1, steps, share)
        assert [stage.pixels for stage in plan] == [False]
    few = plan_stages(64, 64, 8, 2, 2, 0.9)
    assert [(stage.pixels, stage.first, stage.last) for stage in few] == [(True, 0, 1), (False, 1, 1), (False, 1, 2)]


@pytest.mark.slow
def test_a_run_reports_its_pixel_steps_and_one_continued_from_it_has_none(call: Any, small: dict[str, Any]) -> None:
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in (small | {"pixel_steps": 0.5}).items()]
    told = call("generate", "a red apple", *flags, "--seed=1", "-o", "first")
    assert (told.code, "stage 1 of 2: 32x32 pixels, pixel optimisation" in told.err) == (0, True), told.err
    assert "stage 2 of 2: 32x32 pixels\n" in told.err
    assert call("continue", "first", "a blue car", "-n", "2", "-o", "next").code == 0
    assert np.array_equal(
        images.open_image(Path("next/frames/00000.png")), images.open_image(Path("first/image.png"))
    )
    assert directory.read_manifest(Path("next")).settings.pixel_steps == 0


def test_moving_pictures_have_no_pixel_steps(call: Any) -> None:
    refused = call("restyle", "in", "a red apple", "--pixel-steps", "0.5", "-o", "out")
    assert (refused.code, "--pixel-steps" in refused.err) == (2, True)

"""The loss terms against their formulas, and their gradients where the field's own versions break."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vqclip.image_losses import IMAGE_LOSSES, LossInputs
from vqclip.settings.prompts import Prompt
from vqclip.synthesis.clip_loss import PromptLoss, spherical_distance
from vqclip.synthesis.gradients import clamp_with_gradient, replace_gradient


def unit(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(*shape, generator=generator), dim=-1)


def test_spherical_distance_equals_the_notebooks_arc_sine() -> None:
    x, y = unit(64, 16), unit(64, 16, seed=1)
    notebook = (x - y).norm(dim=-1).div(2).arcsin().square().mul(2)
    torch.testing.assert_close(spherical_distance(x, y), notebook, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 1e-4, 1.0, math.pi - 1e-4, math.pi])
def test_fault_26_the_gradient_is_finite_at_every_angle(angle: float) -> None:
    x = torch.tensor([[math.cos(angle), math.sin(angle)]], requires_grad=True)
    distance = spherical_distance(x, torch.tensor([[1.0, 0.0]]))
    distance.sum().backward()
    assert distance.item() == pytest.approx(angle**2 / 2, abs=1e-3)
    assert x.grad is not None
    assert bool(torch.isfinite(x.grad).all())


@given(st.integers(0, 10**6), st.floats(-1, 1))
def test_fault_26_distance_of_any_pair_is_finite_and_in_range(seed: int, scale: float) -> None:
    x = (unit(1, 8, seed=seed) * scale).requires_grad_()
    distance = spherical_distance(x, unit(1, 8, seed=seed))
    distance.sum().backward()
    assert 0 <= distance.item() <= math.pi**2 / 2 + 1e-5
    assert x.grad is not None
    assert bool(torch.isfinite(x.grad).all())


def test_clamp_lets_only_those_gradients_through_that_lead_back_inside() -> None:
    values = torch.tensor([-1.0, -1.0, 0.5, 2.0, 2.0], requires_grad=True)
    clamped = clamp_with_gradient(values)
    assert clamped.tolist() == [0.0, 0.0, 0.5, 1.0, 1.0]
    # Descent moves against the gradient: -1 may only grow, 2 may only shrink.
    clamped.backward(torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0]))
    assert values.grad is not None
    assert values.grad.tolist() == [0.0, -1.0, 1.0, 1.0, 0.0]


def test_replace_gradient_shows_one_value_and_moves_the_other() -> None:
    shown, moved = torch.ones(3, requires_grad=True), torch.zeros(3, requires_grad=True)
    result = replace_gradient(shown, moved)
    result.sum().backward()
    assert result.tolist() == [1.0, 1.0, 1.0]
    assert shown.grad is None
    assert moved.grad is not None
    assert moved.grad.tolist() == [1.0, 1.0, 1.0]


def test_a_negative_prompt_pushes_away() -> None:
    features = unit(4, 8).requires_grad_()
    target = unit(1, 8, seed=5)
    pull = PromptLoss(target, [Prompt("x", 1.0)])(features, torch.ones(4))
    push = PromptLoss(target, [Prompt("x", -1.0)])(features, torch.ones(4))
    assert push.item() == pytest.approx(-pull.item())
    (towards,) = torch.autograd.grad(pull, features)
    (away,) = torch.autograd.grad(push, features)
    torch.testing.assert_close(towards, -away)


def test_below_its_stop_a_prompt_no_longer_pulls() -> None:
    features = unit(6, 8).requires_grad_()
    target = unit(1, 8, seed=5)
    distances = spherical_distance(features.detach(), target)
    stop = float(distances.median()) + 1e-3
    PromptLoss(target, [Prompt("x", 1.0, stop)])(features, torch.ones(6)).backward()
    assert features.grad is not None
    pulled = features.grad.abs().sum(1) > 0
    assert pulled.tolist() == (distances > stop).tolist()


def test_weights_are_relative_and_cut_weights_count() -> None:
    features, targets = unit(5, 8), unit(2, 8, seed=3)
    weights = torch.tensor([2.0, 1.0, 1.0, 0.5, 0.5])
    loss = PromptLoss(targets, [Prompt("a", 3.0), Prompt("b", 1.0)])(features, weights)
    distance = spherical_distance(features[:, None], targets[None])
    expected = ((distance @ torch.tensor([0.75, 0.25])) * weights).mean()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)


def test_the_score_is_the_cosine_to_the_prompts_that_pull() -> None:
    targets = torch.eye(3)
    loss = PromptLoss(targets, [Prompt("a", 1.0), Prompt("b", 1.0), Prompt("c", -5.0)])
    assert loss.score(torch.tensor([[1.0, 0.0, 0.0]])).item() == pytest.approx(0.5)
    assert loss.score(torch.tensor([[0.0, 0.0, 1.0]])).item() == pytest.approx(0.0)


def value(name: str, image: torch.Tensor, z: torch.Tensor | None = None, **known: torch.Tensor) -> float:
    z = torch.zeros(1, 4, 2, 2) if z is None else z
    view = LossInputs(
        image,
        z,
        known.get("z_init", z),
        known.get("picture", image),
        known.get("target", image),
        known.get("z_target", z),
        torch.eye(3),
        torch.ones(3),
        lambda: known.get("start", image),
    )
    return IMAGE_LOSSES[name](view).item()


FLAT = torch.full((1, 3, 8, 8), 0.3)
NOISE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_total_variation_of_a_flat_picture_is_zero_and_grows_with_noise() -> None:
    assert value("tv", FLAT) == 0
    assert value("tv", NOISE) > value("tv", (NOISE + FLAT) / 2) > 0


def test_the_pull_to_the_start_is_to_its_latent_and_pixels_and_not_to_grey() -> None:
    start = unit(1, 4, 2, 2)
    assert value("init", FLAT, start, z_init=start) == 0
    assert value("init", FLAT, torch.zeros_like(start), z_init=start) > 0
    assert value("latent-l2", FLAT, start) > 0
    assert value("init-pixels", NOISE, picture=NOISE) == 0
    assert value("init-pixels", FLAT, picture=NOISE) == pytest.approx(float((FLAT - NOISE).square().mean()))
    assert value("target", NOISE, start, z_target=-start) == pytest.approx(float((2 * start).square().mean()))
    assert value("target-pixels", FLAT, start, target=NOISE) == value("init-pixels", FLAT, picture=NOISE)

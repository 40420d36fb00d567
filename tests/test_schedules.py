"""Schedules, the running mean, and optimisers that go on where they stopped."""

from __future__ import annotations

import pytest
import torch

from vqclip.schedules import EMA, cosine, make_optimiser, optimiser_tensors, restore_optimiser
from vqclip.settings import Settings


def test_cosine_goes_from_one_to_the_end() -> None:
    values = [cosine(step, 11, 0.2) for step in range(11)]
    assert values[0] == pytest.approx(1)
    assert values[5] == pytest.approx(0.6)
    assert values[-1] == pytest.approx(0.2)
    assert values == sorted(values, reverse=True)
    assert cosine(0, 1, 0.2) == pytest.approx(1)


def test_the_terms_of_the_settings_fade_as_their_help_says() -> None:
    settings = Settings(latent_l2=2.0, init_weight=4.0, init_weight_end=0.5, init_image="a.png")
    latent, start = settings.terms
    assert [latent.weight_at(step, 100) for step in (0, 25, 50, 99)] == [2.0, 1.0, 0.0, 0.0]
    assert [start.weight_at(step, 100) for step in (0, 50, 100)] == [4.0, 3.0, 2.0]
    assert [term.weight_at(99, 100) for term in Settings(init="prior", draft_weight=3.0).terms] == [3.0]


def test_the_running_mean_is_corrected_for_its_start() -> None:
    ema = EMA(0.9)
    assert torch.equal(ema.mean(torch.ones(2)), torch.ones(2))
    values = [torch.tensor([float(v)]) for v in (1, 2, 4)]
    for value in values:
        ema.update(value)
    weights = torch.tensor([0.81, 0.9, 1.0])
    expected = (weights * torch.tensor([1.0, 2.0, 4.0])).sum() / weights.sum()
    assert ema.mean(values[0]).item() == pytest.approx(expected.item(), rel=1e-6)


def test_without_decay_the_mean_is_the_newest_value() -> None:
    ema = EMA(0.0)
    ema.update(torch.tensor([1.0]))
    ema.update(torch.tensor([5.0]))
    assert ema.mean(torch.zeros(1)).item() == 5


@pytest.mark.parametrize("name", ["adam", "adamw"])
def test_a_restored_optimiser_takes_the_same_steps(name: str) -> None:
    def gradient(step: int) -> torch.Tensor:
        return torch.randn(3, generator=torch.Generator().manual_seed(step))

    whole = torch.zeros(3, requires_grad=True)
    optimiser = make_optimiser(name, whole, 0.1)
    for step in range(6):
        whole.grad = gradient(step)
        optimiser.step()
        if step == 2:
            kept, memory = whole.detach().clone(), optimiser_tensors(optimiser)
    resumed = kept.requires_grad_()
    again = make_optimiser(name, resumed, 0.1)
    restore_optimiser(again, memory)
    for step in range(3, 6):
        resumed.grad = gradient(step)
        again.step()
    assert torch.equal(whole, resumed)
    assert optimiser_tensors(make_optimiser(name, whole, 0.1)) == {}


@pytest.mark.parametrize(("name", "class_"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)])
def test_the_optimisers_are_torchs_to_the_bit(name: str, class_: type[torch.optim.Optimizer]) -> None:
    start = torch.randn(50, generator=torch.Generator().manual_seed(0))
    ours, theirs = (start.clone().requires_grad_() for _ in range(2))
    optimiser, reference = make_optimiser(name, ours, 0.1), class_([theirs], lr=0.1)  # type: ignore[call-arg]
    for step in range(4):
        optimiser.learning_rate = reference.param_groups[0]["lr"] = 0.1 / (step + 1)
        ours.grad = theirs.grad = torch.randn(50, generator=torch.Generator().manual_seed(step))
        optimiser.step()
        reference.step()
    assert torch.equal(ours, theirs)
    assert not torch.equal(ours, start)

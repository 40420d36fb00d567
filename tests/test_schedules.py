"""Schedules, the running mean, and optimisers that go on where they stopped."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vqclip
from vqclip import reading
from vqclip.errors import UsageError
from vqclip.events import Started, Stepped
from vqclip.media.images import to_uint8
from vqclip.runs.inputs import Inputs
from vqclip.settings import sources
from vqclip.settings.optimisers import OPTIMISERS
from vqclip.settings.schema import Settings
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.optimisers import (
    EMA,
    cosine,
    make_optimiser,
    optimiser_tensors,
    rate_at,
    restore_optimiser,
)
from vqclip.synthesis.stages import plan_stages, stages_of


def test_cosine_goes_from_one_to_the_end() -> None:
    values = [cosine(step, 11, 0.2) for step in range(11)]
    assert values[0] == pytest.approx(1)
    assert values[5] == pytest.approx(0.6)
    assert values[-1] == pytest.approx(0.2)
    assert values == sorted(values, reverse=True)
    assert cosine(0, 1, 0.2) == pytest.approx(1)


def test_the_terms_of_the_settings_fade_as_their_help_says() -> None:
    settings = Settings(latent_l2=2.0, init_weight=4.0, init_weight_end=0.5, init_image="a.png")
    latent, start = settings.image_losses
    assert [latent.weight_at(step, 100) for step in (0, 25, 50, 99)] == [2.0, 1.0, 0.0, 0.0]
    assert [start.weight_at(step, 100) for step in (0, 50, 100)] == [4.0, 3.0, 2.0]


def test_the_running_mean_is_corrected_for_its_start() -> None:
    ema = EMA(0.9)
    assert torch.equal(ema.mean(torch.ones(2)), torch.ones(2))
    values = [torch.tensor([float(v)]) for v in (1, 2, 4)]
    for value in values:
        ema.update(value)
    weights = torch.tensor([0.81, 0.9, 1.0])
    expected = (weights * torch.tensor([1.0, 2.0, 4.0])).sum() / weights.sum()
    assert ema.mean(values[0]).item() == pytest.approx(expected.item(), rel=1e-6)


@pytest.mark.option("learning_rate_steps")
def test_a_long_run_from_a_form_has_lower_rates_and_a_short_one_its_own() -> None:
    def first_rates(**flags: Any) -> tuple[float, float]:
        settings = sources.resolve({"prompt": "a", **flags}, environment={}).settings
        plan = stages_of(settings, 8)
        return rate_at(settings, 0, plan[0]), rate_at(settings, plan[-1].first, plan[-1])

    own = first_rates()
    assert first_rates(iterations=30) == own
    assert first_rates(iterations=240) == pytest.approx((own[0] / 4, own[1] / 4))
    assert first_rates(iterations=240, flatness=0) == pytest.approx((own[0] / 8, own[1] / 4)), "nothing holds pixels"
    assert first_rates(iterations=240, learning_rate_steps=0) == own
    assert first_rates(iterations=240, learning_rate=0.2)[1] == pytest.approx(0.2), "a rate that the user names"
    assert first_rates(iterations=240, init="spot") == own, "a start that has to find its form"
    assert first_rates(iterations=240, prompt="a ^ b") == own


def test_without_decay_the_mean_is_the_newest_value() -> None:
    ema = EMA(0.0)
    ema.update(torch.tensor([1.0]))
    ema.update(torch.tensor([5.0]))
    assert ema.mean(torch.zeros(1)).item() == 5


OF_TORCH = [name for name, kind in OPTIMISERS.items() if kind.library in ("", "torch.optim")]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_restored_optimiser_takes_the_same_steps(name: str) -> None:
    if name not in OF_TORCH:
        pytest.importorskip("pytorch_optimizer")

    def gradient(step: int) -> torch.Tensor:
        return torch.randn(1, 3, 2, 2, generator=torch.Generator().manual_seed(step))

    whole = torch.zeros(1, 3, 2, 2, requires_grad=True)
    optimiser = make_optimiser(name, whole, 0.1)
    for step in range(6):
        whole.grad = gradient(step)
        optimiser.step()
        if step == 2:
            kept = whole.detach().clone()
            # A snapshot holds float32 alone.
            memory = {name: tensor.float() for name, tensor in optimiser_tensors(optimiser).items()}

    def go_on(*, remembering: bool) -> torch.Tensor:
        resumed = kept.clone().requires_grad_()
        again = make_optimiser(name, resumed, 0.1)
        if remembering:
            restore_optimiser(again, memory, optimiser)
        for step in range(3, 6):
            resumed.grad = gradient(step)
            again.step()
        return resumed

    assert torch.equal(whole, go_on(remembering=True))
    assert not torch.equal(whole, go_on(remembering=False))


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


@pytest.mark.parametrize("name", OF_TORCH)
def test_every_optimiser_raises_the_score(name: str) -> None:
    z = torch.full((1, 3, 2, 2), 2.0, requires_grad=True)
    optimiser = make_optimiser(name, z, 0.1)
    for _ in range(20):
        z.grad = None
        z.square().sum().backward()
        optimiser.step()
    assert float(z.detach().abs().max()) < 1.7


def rates(steps: int = 100, stages: int = 1, **known: Any) -> list[float]:
    settings = Settings(iterations=steps, stages=stages, learning_rate=0.4, **known).validate()
    plan = plan_stages(64, 64, 8, stages, steps)
    return [
        rate_at(settings, step, next(stage for stage in plan if stage.first <= step < stage.last))
        for step in range(steps)
    ]


def test_the_learning_rate_follows_a_cosine_in_each_stage() -> None:
    found = rates(stages=2, learning_rate_end=0.5)
    assert found[:40] == pytest.approx([0.4 * cosine(step, 40, 0.5) for step in range(40)])
    assert found[40:] == pytest.approx([0.4 * cosine(step, 60, 0.5) for step in range(60)])


def test_the_learning_rate_follows_its_schedule_over_the_whole_run() -> None:
    found = rates(stages=2, learning_rate_schedule="0:0, 10:1, 50%:0.5 cosine, 80:0.1 hold")
    assert found[0] == 0
    assert found[5] == pytest.approx(0.2)
    assert found[10] == pytest.approx(0.4)
    assert found[30] == pytest.approx(0.3)
    assert found[50:80] == pytest.approx([0.2] * 30)
    assert found[80:] == pytest.approx([0.04] * 20)


def test_pixrays_drop_divides_by_ten() -> None:
    found = rates(learning_rate_end=1.0, learning_rate_drops="75%,90")
    assert found == pytest.approx([0.4] * 75 + [0.04] * 15 + [0.004] * 10)


NAMED: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "adamax": torch.optim.Adamax,
    "adagrad": torch.optim.Adagrad,
    "radam": torch.optim.RAdam,
    "nadam": torch.optim.NAdam,
    "rmsprop": torch.optim.RMSprop,
    "sgd": functools.partial(torch.optim.SGD, momentum=0.9),
}


def synthesizer(pair: Any, **changes: Any) -> Synthesizer:
    """The loop of a small run."""
    vqgan, targets_of = pair
    known: dict[str, Any] = {"size": "32x32", "iterations": 4, "cutouts": 2, "seed": 3, "ema": 0.0, "stages": 1}
    settings = Settings(prompt="a red apple", **{**known, **changes}).validate()
    return Synthesizer(vqgan, targets_of(settings.prompt), settings)


@pytest.mark.option("optimiser", "learning_rate", "learning_rate_drops")
@pytest.mark.parametrize("name", OF_TORCH)
def test_a_run_uses_the_optimiser_that_it_names_at_the_rate_of_each_step(pair: Any, name: str) -> None:
    rates = {"learning_rate": 0.02, "learning_rate_end": 1.0, "learning_rate_drops": "50%,3"}
    loop = synthesizer(pair, optimiser=name, **rates)
    events = loop.run()
    started = next(events)
    assert isinstance(started, Started)
    theirs = started.state().tensors["z"].requires_grad_()
    reference = NAMED[name]([theirs])
    for rate, event in zip((0.02, 0.02, 0.002, 0.0002), events, strict=False):
        assert isinstance(event, Stepped)
        before, ours = theirs.detach().clone(), event.state().tensors["z"]
        assert event.learning_rate == pytest.approx(rate)
        reference.param_groups[0]["lr"] = rate
        theirs.grad = None if loop.current.z.grad is None else loop.current.z.grad.clone()
        reference.step()
        with torch.no_grad():
            theirs.clamp_(*pair[0].latent_bounds)
        moved = (theirs - before).norm()
        assert moved > 0
        assert (ours - theirs).norm() < 1e-3 * moved


@pytest.mark.option("learning_rate_end", "learning_rate_schedule")
@pytest.mark.parametrize(
    ("known", "factors"),
    [
        ({}, [1, 0.775, 0.325, 0.1]),
        ({"learning_rate_end": 0.5}, [1, 0.875, 0.625, 0.5]),
        ({"learning_rate_end": 1.0, "learning_rate_drops": "1,75%"}, [1, 0.1, 0.1, 0.01]),
        ({"learning_rate_schedule": "0:0.5, 2:1"}, [0.5, 0.75, 1, 1]),
    ],
)
def test_the_metrics_of_a_run_tell_the_rate_of_each_step(
    small: dict[str, Any], known: dict[str, Any], factors: list[float]
) -> None:
    list(vqclip.generate("a red apple", output="run", seed=1, learning_rate=0.2, **small, **known))
    rows = list(reading.json_lines(Path("run/metrics.jsonl"), 10**6))
    assert [row["learning_rate"] for row in rows] == pytest.approx([0.2 * factor for factor in factors])


@pytest.mark.option("ema")
def test_a_run_shows_the_running_mean_of_its_latents(pair: Any) -> None:
    def three_steps(ema: float) -> tuple[list[torch.Tensor], np.ndarray]:
        """The latents after three steps, and the picture then."""
        latents = []
        for event in synthesizer(pair, ema=ema, learning_rate=0.6).run():
            if isinstance(event, Stepped):
                latents.append(event.state().tensors["z"])
                if event.step == 3:
                    return latents, event.image()
        raise AssertionError("three steps")

    latents, image = three_steps(0.5)
    mean = (latents[0] + 2 * latents[1] + 4 * latents[2]) / 7
    with torch.no_grad():
        shown = [to_uint8(pair[0].decode(pair[0].quantize(z)).clamp(0, 1)[0]).astype(int) for z in (mean, latents[2])]
    assert np.abs(image - shown[0]).max() <= 1
    assert np.abs(shown[1] - shown[0]).max() > 5
    newest, image = three_steps(0.0)
    assert torch.equal(newest[2], latents[2]), "the mean does not change the steps"
    assert np.abs(image - shown[1]).max() <= 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"optimiser": "lbfgs"}, "Cutouts change at every step"),
        ({"optimiser": "adm"}, "Valid: adam, adamw"),
        ({"learning_rate_schedule": "0:-1"}, "does not stay above 0"),
        ({"learning_rate_schedule": "0:0"}, "does not stay above 0"),
        ({"learning_rate_drops": "75%,often"}, "'often' is neither a step"),
        ({"learning_rate_schedule": "0:1", "learning_rate_end": 0.5}, "learning_rate_end has no effect"),
        ({"patience": 3}, "patience has no effect"),
        ({"min_gain": 0.1}, "min_gain has no effect"),
    ],
)
def test_rates_that_cannot_be_meant_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(**settings).validate()
    assert words in str(caught.value)


def test_an_optimiser_of_an_extra_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="pip install pytorch-optimizer"):
        Inputs.check(Settings(prompt="a red apple", optimiser="diffgrad", save_every=0))

"""Candidates: sampled by the prior, ranked by CLIP; a run starts from the best one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import UsageError
from vqclip.events import Finished, PriorSampleChosen, Stepped, Warned
from vqclip.jobs import sample as sampling
from vqclip.models import registry
from vqclip.models.prior import load_sampler
from vqclip.settings.schema import Settings
from vqclip.synthesis import candidates, clip_loss
from vqclip.synthesis.randomness import START_STREAM, make_generator

FOUR = Settings(prompt="a red apple", seed=3, init="prior", candidates=4, size="64x64", cut_chunk=3)


@pytest.fixture(scope="module")
def sampler(read_pair: Any) -> Any:
    torch.set_num_threads(1)
    return load_sampler(registry.find_prior("tiny"), read_pair[0].codebook)


Pair = tuple[Any, Callable[..., Any]]


def drawn(pair: Pair, sampler: Any, settings: Settings = FOUR) -> candidates.Candidates:
    vqgan, targets_of = pair
    return candidates.draw(vqgan, sampler, targets_of(settings.prompt), settings, make_generator(3, START_STREAM))


@pytest.mark.slow
def test_candidates_come_best_first_with_their_numbers(pair: Pair, sampler: Any) -> None:
    found = drawn(pair, sampler)
    assert found.images.shape == (4, 3, 64, 64)
    order = found.losses + 0.2 * candidates.cut_off(found.images) - 0.3 * found.log_probabilities
    assert order.tolist() == sorted(order.tolist())
    assert sorted(found.numbers.tolist()) == [0, 1, 2, 3]
    decoded = pair[0].decode(pair[0].lookup(found.codes)).clamp(0, 1)
    assert torch.allclose(found.images, decoded, atol=1e-4)


def test_a_drawing_counts_as_cut_off_where_the_border_has_some_of_it() -> None:
    whole, touching, scene = torch.ones(3, 3, 64, 64)
    whole[:, 8:56, 8:56] = 0
    touching[:, :, :16] = 0  # the left edge, and a quarter of two others
    scene[:] = 0
    scene[:, :4] = 0.95  # a pale sky
    found = candidates.cut_off(torch.stack([whole, touching, scene]))
    assert found.tolist() == pytest.approx([0, 0.375, 0.28], abs=0.01)


@pytest.mark.slow
def test_of_candidates_that_fit_alike_the_whole_one_comes_first(
    pair: Pair, sampler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = drawn(pair, sampler)
    touched = before.images[0].clone()
    monkeypatch.setattr(candidates, "rank", lambda images, *_: torch.zeros(len(images)))
    monkeypatch.setattr(sampler, "log_probability", lambda _, codes, *__, **___: torch.zeros(len(codes)))
    monkeypatch.setattr(
        candidates, "cut_off", lambda images: ((images - touched).abs().amax((1, 2, 3)) < 1e-3).float()
    )
    after = drawn(pair, sampler)
    assert after.numbers[-1] == before.numbers[0]
    assert after.losses.tolist() == [0, 0, 0, 0]


@pytest.mark.slow
def test_of_candidates_that_fit_alike_the_likelier_one_comes_first(
    pair: Pair, sampler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "rank", lambda images, *_: torch.zeros(len(images)))
    monkeypatch.setattr(candidates, "cut_off", lambda images: torch.zeros(len(images)))
    likely = drawn(pair, sampler).log_probabilities.tolist()
    assert likely == sorted(likely, reverse=True)
    assert len(set(likely)) == 4


@pytest.mark.slow
def test_a_prior_finds_a_drawing_of_its_own_text_likelier_than_of_another_and_than_its_codes_in_another_order(
    pair: Pair, sampler: Any
) -> None:
    found = drawn(pair, sampler, FOUR.replace(prior_style="noto"))
    turned = found.codes.flatten(1).roll(20, 1).view_as(found.codes)

    def likely(text: str, codes: torch.Tensor) -> torch.Tensor:
        prompts = Settings(prompt=text).prompts
        found_likely: torch.Tensor = sampler.log_probability(prompts, codes, found.numbers, style="noto")
        return found_likely

    assert torch.allclose(likely("a red apple", found.codes), found.log_probabilities, atol=1e-4)
    assert (likely("a red apple", found.codes) > likely("a blue car", found.codes) + 0.3).all()
    assert (likely("a red apple", found.codes) > likely("a red apple", turned) + 1).all()
    # Weights are shares, and texts to avoid do not count.
    both = likely("a red apple:3 | a blue car:1 | a dog:-1", found.codes)
    expected = 0.75 * likely("a red apple", found.codes) + 0.25 * likely("a blue car", found.codes)
    assert torch.allclose(both, expected, atol=1e-4)
    assert likely("a dog:-1", found.codes).tolist() == [0, 0, 0, 0]


def test_the_ranking_is_the_prompt_s_loss_of_picture_and_mirror(pair: Pair, sampler: Any) -> None:
    found, (clip_target,) = drawn(pair, sampler), pair[1](FOUR.prompt)
    judge = clip_loss.PromptLoss(clip_target.targets, FOUR.prompts)
    for image, loss in zip(found.images, found.losses, strict=True):
        views = torch.stack([image, image.flip(2)])
        assert judge(clip_target.perceptor.encode_image(views), torch.ones(2)).item() == pytest.approx(
            loss.item(), abs=1e-5
        )


@pytest.mark.slow
def test_chunks_do_not_change_candidates(pair: Pair, sampler: Any) -> None:
    whole = drawn(pair, sampler, FOUR.replace(cut_chunk=16))
    assert torch.equal(whole.codes, drawn(pair, sampler).codes)


def in_order(found: candidates.Candidates) -> torch.Tensor:
    """The codes of candidates as they were drawn, (N, 64)."""
    codes: torch.Tensor = found.codes[found.numbers.argsort()].flatten(1)
    return codes


@pytest.mark.slow
@pytest.mark.option("guidance")
def test_guidance_brings_candidates_near_their_prompt_and_without_it_none_is_heard(pair: Pair, sampler: Any) -> None:
    plain = FOUR.replace(prior_style="noto")
    unheard = plain.replace(guidance=0.0)
    apple, car, heard = (
        drawn(pair, sampler, wanted) for wanted in (unheard, unheard.replace(prompt="a blue car"), plain)
    )
    assert torch.equal(in_order(apple), in_order(car))
    assert heard.losses.mean() < apple.losses.mean() - 0.1


@pytest.mark.slow
@pytest.mark.option("temperature")
def test_a_low_temperature_makes_candidates_alike(pair: Pair, sampler: Any) -> None:
    def alike(temperature: float) -> float:
        """The share of places with the same code in two candidates."""
        codes = in_order(drawn(pair, sampler, FOUR.replace(prior_style="noto", temperature=temperature)))
        return float(torch.stack([(codes == codes.roll(turn, 0)).float().mean() for turn in (1, 2)]).mean())

    assert alike(0.01) > alike(2.0) + 0.2


@pytest.mark.slow
@pytest.mark.option("prior_style")
def test_a_style_is_that_of_every_candidate_and_without_one_each_takes_its_turn(
    pair: Pair, sampler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[int]] = []
    sample = sampler.prior.sample

    def listen(texts: Any, weights: Any, styles: torch.Tensor, *rest: Any, **known: Any) -> torch.Tensor:
        asked.append(styles.tolist())
        found: torch.Tensor = sample(texts, weights, styles, *rest, **known)
        return found

    monkeypatch.setattr(sampler.prior, "sample", listen)
    two = FOUR.replace(candidates=2)
    named = [drawn(pair, sampler, two.replace(prior_style=style)).codes for style in ("blob", "noto", None)]
    assert asked == [[sampler.styles.index("blob")] * 2, [sampler.styles.index("noto")] * 2, [0, 1]]
    assert not torch.equal(named[0], named[1])


@pytest.mark.slow
def test_the_options_of_samples_reach_its_sheet(pair: Pair, sampler: Any, call: Any) -> None:
    how = {"candidates": 2, "prior_style": "blob", "guidance": 1.5, "temperature": 0.4, "seed": 7}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in how.items()]
    told = call("sample", "a red apple", *flags, "--dtype=float32", "--threads=1", "--json").record
    vqgan, targets_of = pair
    wanted = Settings(prompt="a red apple", init="prior", **how)  # type: ignore[arg-type]
    expected = candidates.draw(vqgan, sampler, targets_of("a red apple"), wanted, make_generator(7, START_STREAM))
    assert [row["loss"] for row in told["candidates"]] == pytest.approx(expected.losses.tolist(), abs=1e-4)
    assert len(told["candidates"]) == 2


@pytest.mark.slow
def test_the_best_candidate_at_its_own_size_is_its_codes(pair: Pair, sampler: Any) -> None:
    found, vqgan = drawn(pair, sampler), pair[0]
    z = candidates.first_latent(vqgan, found, (64, 64))
    assert torch.equal(vqgan.indices(z), found.codes[:1])


@pytest.mark.parametrize("size", [(96, 64), (64, 128), (72, 64), (32, 32)])
@pytest.mark.slow
def test_a_candidate_of_another_shape_is_not_stretched(pair: Pair, sampler: Any, size: tuple[int, int]) -> None:
    found = drawn(pair, sampler)
    shown = candidates.first_latent(SimpleNamespace(encode=lambda image: image), found, size)  # type: ignore[arg-type]
    width, height = size
    assert shown.shape == (1, 3, height, width)
    side = min(size)
    left, top = (width - side) // 2, (height - side) // 2
    middle = shown[:, :, top : top + side, left : left + side]
    assert torch.equal(middle, candidates.init.fit(found.images[:1], side, side))
    if width > side:
        assert torch.equal(shown[..., 0], shown[..., left])


@pytest.mark.slow
@pytest.mark.option("init", "candidates")
def test_a_run_begins_with_the_best_of_its_candidates(small: dict[str, Any]) -> None:
    flags = {
        **small,
        "init": "prior",
        "candidates": 4,
        "upsample_candidates": 0,
        "size": "64x64",
        "iterations": 0,
        "seed": 3,
    }
    events = list(vqclip.generate("a red apple", **flags))
    (told,) = [event for event in events if isinstance(event, PriorSampleChosen)]
    last = events[-1]
    assert isinstance(last, Finished)
    report = sampling.sample(FOUR.replace(threads=1, dtype="float32"), Path("sheet.png"))
    assert (told.number, told.count) == (report["candidates"][0]["number"], 4)
    assert told.loss == pytest.approx(report["candidates"][0]["loss"], abs=1e-4)
    assert told.score == pytest.approx(report["candidates"][0]["score"], abs=1e-4)
    assert told.score == pytest.approx(last.score, abs=0.01), "the same picture has one score"
    sheet = np.asarray(Image.open("sheet.png"))
    places = [
        np.array_equal(sheet[8 : 8 + 64, left : left + 64], last.image()) for left in range(0, sheet.shape[1] - 64)
    ]
    assert sum(places) == 1


@pytest.mark.long
@pytest.mark.parametrize(("prompt", "warned"), [("a sewing machine", 1), ("a red apple", 0)])
def test_a_best_candidate_that_hardly_shows_the_prompt_is_warned_about_once(
    small: dict[str, Any], prompt: str, warned: int
) -> None:
    drawn = list(vqclip.generate(prompt, seed=1, **small | {"init": "prior", "candidates": 2, "iterations": 1}))
    doubts = [event.message for event in drawn if isinstance(event, Warned) and "hardly shows" in event.message]
    assert len(doubts) == warned
    (best,) = [event for event in drawn if isinstance(event, PriorSampleChosen)]
    assert (best.score < 0.3) == bool(warned)
    assert all(f"its score is {best.score:.2f}" in message for message in doubts)


@pytest.mark.long
def test_a_run_with_candidates_resumes_without_drawing_them_again(small: dict[str, Any]) -> None:
    flags = {
        **small,
        "init": "prior",
        "candidates": 2,
        "size": "64x64",
        "iterations": 4,
        "seed": 3,
        "snapshot_every": 2,
    }
    list(vqclip.generate("a red apple", output="whole", **flags))
    seen = vqclip.generate("a red apple", output="cut", **flags)
    for event in seen:
        if isinstance(event, Stepped) and event.step == 3:
            break
    seen.close()  # type: ignore[attr-defined]
    events = list(vqclip.resume("cut"))
    assert not [event for event in events if isinstance(event, PriorSampleChosen)]
    assert Path("cut/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    assert "prior tiny" in json.loads(Path("cut/run.json").read_text())["models"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"init": "tokens", "prior_style": "noto"}, "prior_style has no effect on another init"),
        ({"init": "spot", "candidates": 3}, "candidates has no effect on another init"),
        ({"init": "prior", "prior_style": "cubist"}, "prior_style is 'cubist'"),
        ({"init": "prior", "candidates": 0}, "candidates is 0"),
        ({"init": "prior", "temperature": 0}, "temperature is 0"),
    ],
)
def test_options_of_candidates_that_cannot_be_meant_are_refused(flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        vqclip.generate("a red apple", **flags)


def test_a_vqgan_without_a_prior_is_reported(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the VQGAN 'imagenet' has no prior"):
        registry.find_prior("imagenet")


def test_a_sheet_is_a_png(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a PNG file"):
        sampling.sample(FOUR, tmp_path / "sheet.jpg")


@pytest.mark.parametrize(
    ("name", "words"), [("sheet.png", "there is a folder of that name"), ("x" * 300, "too long")]
)
def test_a_name_that_cannot_be_written_is_refused_before_the_candidates_are_drawn(
    call: Any, isolated: Path, monkeypatch: pytest.MonkeyPatch, name: str, words: str
) -> None:
    (isolated / "sheet.png").mkdir()
    monkeypatch.setattr(sampling, "load", lambda *_: pytest.fail("models are loaded"))
    answer = call("sample", "a red apple", "-n", "2", "-o", name if name.endswith(".png") else f"{name}.png")
    assert (answer.code, words in answer.err) == (5, True), answer.err

"""The prior writes codes one after another: as it would when asked for all at once, and by seed, text and style."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from vqclip.errors import ModelError
from vqclip.models import registry
from vqclip.models.architecture import PriorShape, read_prior_shape
from vqclip.models.prior import EditSampler, Prior, PriorSampler, load_sampler
from vqclip.settings.prompts import Prompt, parse

SHAPE = PriorShape(width=32, layers=2, heads=4, words=5, vocabulary=50, side=3, codes=40, styles=("flat", "round"))


@pytest.fixture
def prior() -> Prior:
    torch.manual_seed(0)
    made = Prior(SHAPE).eval().requires_grad_(False)
    made.head.weight.mul_(8)  # far from even chances
    return made


@pytest.fixture(scope="module")
def sampler(read_pair: Any) -> Any:
    torch.set_num_threads(1)
    return load_sampler(registry.find_prior("tiny"), read_pair[0].codebook)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def words(*rows: list[int]) -> torch.Tensor:
    return torch.tensor(rows)


def test_codes_drawn_one_by_one_are_those_of_the_whole_sequence(prior: Prior) -> None:
    text, style = words([1, 2, 3, 50, 50]), torch.tensor([0, 1, 2])
    codes = prior.sample(text, torch.ones(1), style, seeded(), guidance=1.0, top=1)
    assert codes.shape == (3, 3, 3)
    logits = prior(text.expand(3, -1), style, codes.flatten(1))
    assert torch.equal(logits.argmax(2), codes.flatten(1))


def test_guidance_weighs_the_texts_against_the_empty_one(prior: Prior) -> None:
    texts, style = words([1, 2, 3, 50, 50], [7, 8, 9, 4, 50]), torch.tensor([1])
    weights = torch.tensor([1.0, -0.5])
    codes = prior.sample(texts, weights, style, seeded(), guidance=4.0, top=1).flatten(1)
    nothing = torch.full((1, 5), 50)
    first, second, plain = (prior(t, style, codes) for t in (texts[:1], texts[1:], nothing))
    expected = plain + 4.0 * (first - plain) / 1.5 - 4.0 * 0.5 * (second - plain) / 1.5
    assert torch.equal(expected.argmax(2), codes)


def test_without_guidance_the_text_says_nothing(prior: Prior) -> None:
    draws = [
        prior.sample(words(row), torch.ones(1), torch.tensor([0]), seeded(), guidance=0.0)
        for row in ([1, 2, 3, 4, 5], [9, 9, 9, 9, 9])
    ]
    assert torch.equal(*draws)


def test_the_seed_decides(prior: Prior) -> None:
    def draw(seed: int) -> torch.Tensor:
        return prior.sample(
            words([1, 2, 3, 4, 5]), torch.ones(1), torch.tensor([0, 0]), seeded(seed), temperature=2.0
        )

    assert torch.equal(draw(1), draw(1))
    assert not torch.equal(draw(1), draw(2))
    assert not torch.equal(*draw(1))


def test_a_low_temperature_and_few_codes_keep_to_the_likely(prior: Prior) -> None:
    text, style = words([1, 2, 3, 4, 5]), torch.tensor([0])
    best = prior.sample(text, torch.ones(1), style, seeded(), top=1)
    assert torch.equal(prior.sample(text, torch.ones(1), style, seeded(), temperature=0.01), best)
    assert not torch.equal(prior.sample(text, torch.ones(1), style, seeded(), temperature=5.0), best)


@pytest.mark.long
def test_the_built_in_prior_follows_words_and_styles(sampler: Any) -> None:
    def draw(prompt: str, style: str) -> torch.Tensor:
        drawn: torch.Tensor = sampler.sample(parse(prompt), 2, seeded(), style=style)
        return drawn

    assert draw("a red apple", "noto").shape == (2, 8, 8)
    assert not torch.equal(draw("a red apple", "noto"), draw("a blue car", "noto"))
    assert not torch.equal(draw("a red apple", "noto"), draw("a red apple", "twemoji"))
    assert torch.equal(draw("A Red Apple", "noto"), draw("a red apple", "noto"))
    long = "a red apple " * 40
    assert draw(long, "noto").max() < read_prior_shape(registry.find_prior("tiny").config).codes


def test_a_prior_of_another_vqgan_is_refused() -> None:
    with pytest.raises(ModelError, match=r"writes \d+ codes, but the VQGAN has 16384"):
        load_sampler(registry.find_prior("tiny"), torch.zeros(16384, 16))


GOOD = {"width": 32, "layers": 2, "heads": 4, "words": 5, "vocabulary": 50, "side": 3, "codes": 40, "styles": ["a"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"width": 33}, "width 33 is not a multiple of heads 4"),
        ({"width": 0}, "width is 0"),
        ({"layers": "many"}, "layers is 'many'"),
        ({"styles": []}, "styles is not a list of names"),
        ({"styles": None}, "styles is not a list of names"),
        ({"side": 1000}, "side is 1000"),
        ({"codes": None}, "codes is missing"),
    ],
)
def test_a_description_that_fits_no_prior_is_refused(change: dict[str, Any], message: str) -> None:
    path = Path("prior.json")
    path.write_text(json.dumps(GOOD))
    assert read_prior_shape(path).styles == ("a",)
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(ModelError, match=message):
        read_prior_shape(path)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"width": 3}', "null"])
def test_what_is_no_description_is_refused(text: str) -> None:
    Path("prior.json").write_text(text)
    with pytest.raises(ModelError, match=r"prior\.json"):
        read_prior_shape(Path("prior.json"))


@pytest.mark.long
def test_edited_drawings_stay_as_near_to_a_drawing_as_the_amount_says(sampler: Any) -> None:
    drawn = sampler.sample(parse("a red apple"), 1, seeded(), style="noto")
    source, book = parse("a red apple")[0], sampler._codebook

    def away(amount: float) -> float:
        edited = EditSampler(sampler, drawn, source, amount)
        codes = edited.sample(parse("a green apple"), 4, seeded(1))
        return float((book[codes] - book[drawn]).norm(dim=-1).mean())

    found = [away(amount) for amount in (0.0, 0.2, 0.5, 1.0)]
    assert found[0] == 0
    assert sorted(found) == found
    assert found[1] < 0.7 * found[3]


def test_a_place_that_is_held_keeps_its_code(prior: Prior) -> None:
    sampler, drawn = PriorSampler(prior, Letters(), codebook=torch.eye(40)), torch.full((1, 3, 3), 5)
    hold = torch.zeros(9)
    hold[4] = 1000
    codes = EditSampler(sampler, drawn, Prompt("bc"), 0.5, hold).sample([Prompt("hij")], 8, seeded())
    assert (codes[:, 1, 1] == 5).all()
    assert (codes == 5).float().mean() < 0.5
    codes = EditSampler(sampler, drawn, Prompt("bc"), 0.0).sample([Prompt("hij")], 8, seeded())
    assert (codes == 5).all()


def test_an_edit_avoids_what_the_drawing_shows(prior: Prior) -> None:
    sampler = PriorSampler(prior, Letters(), codebook=torch.eye(40))
    drawn = torch.zeros(1, 3, 3, dtype=torch.long)
    edited = EditSampler(sampler, drawn, Prompt("bc"), 1.0)
    codes = edited.sample([Prompt("hij")], 1, seeded(), style="flat", temperature=1e-3)
    text, avoided, nothing = words([7, 8, 9, 50, 50]), words([1, 2, 50, 50, 50]), words([50] * 5)
    first, second, plain = (prior(each, torch.tensor([0]), codes.flatten(1)) for each in (text, avoided, nothing))
    expected = plain + 3.0 * (first - plain) - 1.0 * (second - plain)
    assert torch.equal(expected.argmax(2), codes.flatten(1))


class Letters:
    """A tokenizer whose tokens are letters."""

    def encode(self, text: str) -> list[int]:
        return [ord(letter) - ord("a") for letter in text]

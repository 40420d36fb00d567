"""The upsampler doubles the size of candidates: of any shape, by seed, text and style."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

import vqclip
from vqclip.errors import ModelError, UsageError
from vqclip.events import Finished, PriorSampleChosen, StageStarted
from vqclip.models import prior as priors
from vqclip.models import registry
from vqclip.models.architecture import PriorShape, UpsamplerShape, read_prior_shape
from vqclip.models.upsampler import Upsampler, load_upsampler
from vqclip.settings.prompts import parse
from vqclip.settings.schema import Settings
from vqclip.synthesis import candidates
from vqclip.synthesis.randomness import START_STREAM, make_generator

SHAPE = UpsamplerShape(width=16, layers=2, heads=2, codes=30, dim=4, words=5, vocabulary=50, styles=("flat", "round"))


@pytest.fixture
def upsampler() -> Upsampler:
    torch.manual_seed(0)
    made = Upsampler(SHAPE).eval().requires_grad_(False)
    made.head.weight.mul_(8)  # far from even chances
    for block in made.blocks:
        block.out.weight.mul_(8)  # and it listens
    return made


@pytest.fixture
def codebook() -> torch.Tensor:
    return torch.randn(30, 4, generator=torch.Generator().manual_seed(1))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


TEXT = torch.tensor([[1, 2, 50, 50, 50]])
SMALL = torch.randint(0, 30, (2, 4, 4), generator=seeded())
STYLE = torch.tensor([0, 1])


def upsampled(upsampler: Upsampler, codebook: torch.Tensor, small: torch.Tensor = SMALL, **ways: Any) -> torch.Tensor:
    words, weights = ways.pop("words", TEXT), ways.pop("weights", torch.ones(1))
    style, generator = ways.pop("style", STYLE), ways.pop("generator", None) or seeded()
    return upsampler.upsample(codebook, words, weights, style[: len(small)], small, generator, **ways)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 3, 5), (1, 1, 7)])
def test_codes_of_any_shape_are_doubled(
    upsampler: Upsampler, codebook: torch.Tensor, shape: tuple[int, int, int]
) -> None:
    large = upsampled(upsampler, codebook, torch.randint(0, 30, shape, generator=seeded()))
    assert large.shape == (shape[0], 2 * shape[1], 2 * shape[2])
    assert int(large.min()) >= 0
    assert int(large.max()) < 30


def test_the_seed_decides_what_is_drawn(upsampler: Upsampler, codebook: torch.Tensor) -> None:
    first, again, other = (upsampled(upsampler, codebook, generator=seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_text_and_style_are_heard(upsampler: Upsampler, codebook: torch.Tensor) -> None:
    ways = {"temperature": 1e-6, "rounds": 1}
    plain = upsampled(upsampler, codebook, **ways)
    assert not torch.equal(plain, upsampled(upsampler, codebook, words=TEXT.roll(1), **ways))
    assert not torch.equal(plain, upsampled(upsampler, codebook, style=1 - STYLE, **ways))
    # A text that pushes, the same that pulls as much, and none at all: nothing is said.
    both = torch.cat([TEXT, TEXT])
    silent = upsampled(upsampler, codebook, words=both, weights=torch.tensor([1.0, -1.0]), **ways)
    assert torch.equal(silent, upsampled(upsampler, codebook, words=TEXT[:0], weights=torch.ones(0), **ways))
    assert torch.equal(silent, upsampled(upsampler, codebook, guidance=0.0, **ways))


def test_what_is_known_is_seen_and_what_is_not_is_not(upsampler: Upsampler, codebook: torch.Tensor) -> None:
    large, changed = torch.zeros(2, 8, 8, dtype=torch.long), torch.zeros(2, 8, 8, dtype=torch.long)
    changed[0, 3, 3] = 7
    known = torch.zeros(2, 8, 8, dtype=torch.bool)
    told = codebook, TEXT.repeat(2, 1), STYLE, SMALL
    assert torch.equal(upsampler(*told, large, known), upsampler(*told, changed, known))
    known[0, 3, 3] = True
    assert not torch.equal(upsampler(*told, large, known), upsampler(*told, changed, known))


def test_one_round_with_no_heat_takes_the_likeliest_codes(upsampler: Upsampler, codebook: torch.Tensor) -> None:
    large = upsampled(upsampler, codebook, rounds=1, temperature=1e-6, guidance=1.0)
    nothing = torch.zeros(2, 8, 8, dtype=torch.long)
    logits = upsampler(codebook, TEXT.repeat(2, 1), STYLE, SMALL, nothing, nothing.bool())
    assert torch.equal(large, logits.argmax(-1))


FOUR = Settings(
    prompt="a red apple", seed=3, init="prior", candidates=4, upsample_candidates=3, size="128x128", cut_chunk=3
)


@pytest.fixture(scope="module")
def sampler(read_pair: Any) -> priors.PriorSampler:
    torch.set_num_threads(1)
    return priors.load_sampler(registry.find_prior("tiny"), read_pair[0].codebook, registry.find_upsampler("tiny"))


@pytest.mark.slow
def test_the_best_candidates_are_upsampled_and_chosen_from(pair: Any, sampler: priors.PriorSampler) -> None:
    vqgan, targets_of = pair
    plain = candidates.draw(
        vqgan,
        sampler,
        targets_of(FOUR.prompt),
        FOUR.replace(upsample_candidates=0),
        make_generator(3, START_STREAM),
    )
    found = candidates.draw(vqgan, sampler, targets_of(FOUR.prompt), FOUR, make_generator(3, START_STREAM))
    assert found.codes.shape == (3, 16, 16)
    assert found.images.shape == (3, 3, 128, 128)
    assert found.ranking.tolist() == sorted(found.ranking.tolist())
    assert set(found.numbers.tolist()) == set(plain.numbers[:3].tolist())
    # Each is still the drawing that it was: nearer to itself, in pixels, than to the others.
    sizes = dict(zip(plain.numbers.tolist(), plain.images, strict=True))
    for number, image in zip(found.numbers.tolist(), found.images, strict=True):
        small = torch.nn.functional.avg_pool2d(image[None], 2)[0]
        away = {other: float((small - drawn).abs().mean()) for other, drawn in sizes.items()}
        assert min(away, key=away.__getitem__) == number


@pytest.mark.slow
def test_seed_and_style_decide_what_is_upsampled_in_parts_too(
    sampler: priors.PriorSampler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(priors, "_BATCH", 2)
    codes, numbers = torch.randint(0, 2048, (3, 8, 8), generator=seeded()), torch.tensor([5, 0, 2])

    def upsampled(style: str | None = None) -> torch.Tensor:
        return sampler.upsample(parse("a cat"), codes, numbers, seeded(), style=style)

    plain, flat = upsampled(), upsampled(sampler.styles[0])
    assert plain.shape == (3, 16, 16)
    assert torch.equal(plain, upsampled())
    same = [bool(torch.equal(one, other)) for one, other in zip(plain, flat, strict=True)]
    assert not same[0], "the sixth candidate was of another style"


@pytest.mark.slow
@pytest.mark.option("upsample_candidates")
def test_a_run_begins_with_the_best_upsampled_candidate(small: dict[str, Any]) -> None:
    flags = {**small, "init": "prior", "candidates": 3, "size": "256x256", "stages": 0, "iterations": 2, "seed": 3}
    events = list(vqclip.generate("a red apple", upsample_candidates=2, **flags, output="run"))
    (told,) = [event for event in events if isinstance(event, PriorSampleChosen)]
    assert told.number <= told.count == 3
    # A stage below 128 pixels would lose what was drawn.
    assert [event.width for event in events if isinstance(event, StageStarted)] == [128, 256]
    assert "upsampler tiny" in json.loads(Path("run/run.json").read_text())["models"]
    events += vqclip.generate("a red apple", upsample_candidates=0, **flags)
    larger, as_sampled = (event.image() for event in events if isinstance(event, Finished))
    assert larger.tobytes() != as_sampled.tobytes()


@pytest.fixture
def files(tmp_path: Path) -> registry.UpsamplerFiles:
    torch.manual_seed(0)
    save_file(Upsampler(SHAPE).state_dict(), tmp_path / "upsampler.safetensors")
    (tmp_path / "upsampler.json").write_text(json.dumps(asdict(SHAPE)))
    return registry.UpsamplerFiles("made", tmp_path / "upsampler.safetensors", tmp_path / "upsampler.json")


def test_an_upsampler_of_another_vqgan_or_prior_is_refused(
    files: registry.UpsamplerFiles, codebook: torch.Tensor
) -> None:
    known = PriorShape(width=8, layers=1, heads=1, words=5, vocabulary=50, side=2, codes=30, styles=("flat", "round"))
    assert load_upsampler(files, codebook, known).shape == SHAPE
    with pytest.raises(ModelError, match="but the VQGAN has 7 of 16"):
        load_upsampler(files, torch.zeros(7, 16), known)
    with pytest.raises(ModelError, match="other words and styles"):
        load_upsampler(files, codebook, read_prior_shape(Path(registry.find_prior("tiny").config)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"width": 0}, "width"), ({"heads": 3}, "not a multiple of heads"), ({"styles": []}, "styles")],
)
def test_a_shape_that_makes_no_upsampler_is_refused(
    files: registry.UpsamplerFiles, codebook: torch.Tensor, change: dict[str, Any], message: str
) -> None:
    Path("bad.json").write_text(json.dumps({**asdict(SHAPE), **change}))
    known = PriorShape(width=8, layers=1, heads=1, words=5, vocabulary=50, side=2, codes=30, styles=SHAPE.styles)
    with pytest.raises(ModelError, match=message):
        load_upsampler(replace(files, config=Path("bad.json")), codebook, known)


def test_a_vqgan_without_an_upsampler_says_so() -> None:
    with pytest.raises(UsageError, match="'imagenet' has no upsampler"):
        registry.find_upsampler("imagenet")

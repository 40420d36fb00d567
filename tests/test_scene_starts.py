"""What scenes start from: a candidate for each region, several in a tile, and another one for each later scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import vqclip
from vqclip.events import Finished, PriorSampleChosen, Started, Stepped
from vqclip.media import images
from vqclip.models import registry
from vqclip.models.perceptor import ClipTarget
from vqclip.models.prior import load_sampler
from vqclip.runs import recipe
from vqclip.settings.schema import Settings
from vqclip.synthesis import composition, retrieval, scene_starts
from vqclip.synthesis.candidates import Candidates
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.regions import Regions
from vqclip.synthesis.stages import stages_of

KNOWN: dict[str, Any] = {"seed": 1, "init": "prior", "candidates": 6, "size": "64x64", "cutouts": 4}
RED, BLUE = torch.tensor([1.0, 0, 0]), torch.tensor([0, 0, 1.0])


def disc(colour: torch.Tensor, side: int = 32) -> torch.Tensor:
    """A disc with a white spot on white, (3, side, side)."""
    y, x = torch.meshgrid(*2 * [torch.linspace(-1, 1, side)], indexing="ij")
    radius = (x**2 + y**2).sqrt()
    return torch.where((radius < 0.7) & (radius > 0.2), colour[:, None, None], 1.0)


@pytest.mark.parametrize(
    ("prompt", "also", "expected"),
    [
        ("a | b:-1", "", {"": [0.5, -0.5]}),
        ("a @left | b @right", "", {"left": [0.5, 0], "right": [0, 0.5]}),
        ("a @left | b:-1 | c:2 @top", "", {"left": [0.25, -0.25, 0], "top": [0, -0.25, 0.5]}),
        ("a | b @left", "c:-2", {"": [0.25, 0, -0.5], "left": [0, 0.25, -0.5]}),
        ("a @left ^ b @left", "c:-1", {"left": [0.5, 0, -0.5]}),
    ],
)
def test_each_region_samples_from_its_own_prompts(prompt: str, also: str, expected: dict[str, list[float]]) -> None:
    settings = Settings(prompt=prompt, prompt_also=also)
    assert scene_starts.weights_by_region(settings, 0) == expected


@pytest.mark.parametrize("wraps", [(True, True), (True, False), (False, True)])
def test_a_tile_repeats_drawings_in_shifted_lines(wraps: tuple[bool, bool]) -> None:
    drawings = torch.stack([disc(RED), disc(BLUE)])
    tile = scene_starts.tile(drawings, (128, 64), wraps, edges=False)
    assert tile.shape == (1, 3, 64, 128)
    # Copies side by side: no line of pixels differs from the next more at the seam than within.
    for axis, wrap in ((3, wraps[0]), (2, wraps[1])):
        jumps = (tile - tile.roll(1, axis)).abs().mean((0, 1, 5 - axis))
        assert not wrap or jumps[0] <= jumps[1:].max()
    ink = (tile < 0.5).any(1).float()
    quarters = [ink[..., r : r + 32, c : c + 32].mean().item() for r in (0, 32) for c in (0, 32, 64, 96)]
    assert min(quarters) > 0.2, "something is everywhere"


def test_the_ground_of_a_drawing_is_clear_and_a_white_spot_within_it_is_not() -> None:
    opacity = composition.opacity(disc(RED)[None])[0, 0]
    assert opacity[0, 0] == 0
    assert opacity[16, 16] == 1
    assert opacity[16, 8] == 1


@pytest.mark.parametrize(
    ("prompt", "size", "seamless", "first"),
    [
        ("a", "256x256", "none", 64),
        ("a @left | b @right", "256x128", "none", 128),
        ("a @left | b @right", "256x256", "none", 128),
        ("a @[mask.png]", "256x256", "none", 128),
        ("a", "256x256", "both", 128),
    ],
)
def test_no_stage_is_smaller_than_its_candidates(prompt: str, size: str, seamless: str, first: int) -> None:
    settings = Settings(prompt=prompt, size=size, seamless=seamless, stages=0, init="prior")
    assert stages_of(settings, 8)[0].width == first


@pytest.fixture(scope="module")
def sampler(read_pair: Any) -> Any:
    torch.set_num_threads(1)
    return load_sampler(registry.find_prior("tiny"), read_pair[0].codebook)


def loop(pair: Any, sampler: Any, prompt: str, **changes: Any) -> tuple[Synthesizer, ClipTarget]:
    vqgan, targets_of = pair
    settings = Settings(prompt=prompt, **{**KNOWN, **changes}).validate()
    perceptor = targets_of("x")[0].perceptor
    target = ClipTarget(perceptor, 1.0, perceptor.encode_text([p.text for p in settings.prompts]))
    return Synthesizer(vqgan, [target], settings, sampler=sampler), target


def last(synthesizer: Synthesizer, state: Any = None) -> np.ndarray:
    return next(event.image() for event in synthesizer.run(state) if isinstance(event, Finished))


@pytest.mark.slow
def test_each_half_shows_its_own_thing_from_the_start(pair: Any, sampler: Any) -> None:
    synthesizer, target = loop(pair, sampler, "a red apple @left | a blue car @right", size="128x64", iterations=0)
    picture = last(synthesizer)
    apple, car = (
        retrieval.encode_pictures(target.perceptor, [half])[0] @ target.targets.T
        for half in (picture[:, :64], picture[:, 64:])
    )
    assert apple[0] > apple[1] + 0.1
    assert car[1] > car[0] + 0.1


@pytest.mark.slow
def test_a_later_scene_starts_from_a_candidate_of_its_own_and_resumes_within_its_fade(
    pair: Any, sampler: Any
) -> None:
    told = {"prompt": "a red apple ^ a blue car", "iterations": 8, "cross_fade": "3", "learning_rate": 0.01}
    synthesizer, target = loop(pair, sampler, **told)
    seen: dict[int, np.ndarray] = {}
    chosen, state = [], None
    for event in synthesizer.run():
        if isinstance(event, (Started, Stepped)):
            seen[event.step] = event.image()
            state = event.state() if event.step == 6 else state
        chosen += [len(seen)] if isinstance(event, PriorSampleChosen) else []
    before, after = (
        retrieval.encode_pictures(target.perceptor, [seen[step]])[0] @ target.targets.T for step in (4, 8)
    )
    assert before[0] > before[1] + 0.1
    assert after[1] > after[0] + 0.1
    assert chosen == [0, 6], "the candidate is sampled where the scene begins to fade in"
    resumed, _ = loop(pair, sampler, **told)
    assert np.array_equal(last(resumed, state), seen[8])


def test_regions_know_their_place() -> None:
    settings = Settings(prompt="a @left | b @[m.png]")
    regions = Regions(settings.prompts, {"m.png": np.eye(4, dtype=np.float32)})
    assert regions.bounds("left") == (0, 0, 0.5, 1)
    assert regions.bounds("") == (0, 0, 1, 1)
    assert torch.equal(regions.cover("[m.png]", (4, 4))[0, 0], torch.eye(4))


def test_among_like_losses_the_candidate_of_a_like_form_comes_first() -> None:
    shown = torch.stack([disc(RED), disc(RED).roll(12, 2), disc(BLUE)])
    losses = torch.tensor([0.3, 0.4, 0.5])
    found = Candidates(torch.zeros(3, 4, 4, dtype=torch.long), shown, losses, torch.arange(3), torch.zeros(3))
    moved = disc(BLUE, 64).roll(24, 2)[None]
    assert scene_starts.likest(found, moved).numbers.tolist() == [1, 0, 2]


@pytest.mark.slow
@pytest.mark.option("resample")
def test_another_prompt_resamples_a_finished_run_and_resumes_exactly(small: dict[str, Any], isolated: Path) -> None:
    quick = small | {"init": "prior", "candidates": 6, "seed": 1, "size": "64x64", "video": False}
    list(vqclip.generate("a red apple", output="red", **quick | {"iterations": 0}))

    def drawn(output: str, **changes: Any) -> np.ndarray:
        changes = {"iterations": 3, "learning_rate": 0.01, "snapshot_every": 1} | changes
        list(vqclip.continue_run("red", "a green apple", output=output, **changes))
        return images.open_image(Path(output) / "image.png")

    red, green = images.open_image(Path("red/image.png")), drawn("green")

    def greener(picture: np.ndarray) -> float:
        return float((picture[..., 1].astype(int) - picture[..., 0]).mean())

    assert greener(green) > max(0, greener(red) + 30)
    assert greener(drawn("bent", resample=False)) < greener(green) - 30
    assert recipe.read(Path("green")).settings["resample"]
    assert not recipe.read(Path("red")).resolve_continuation({"prompt": None}).settings.resample
    (Path("green/state") / "step-000003.safetensors").unlink()
    (Path("green/image.png")).unlink()
    list(vqclip.resume("green"))
    assert np.array_equal(images.open_image(Path("green/image.png")), green), "resumed within the fade"

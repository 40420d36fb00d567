"""Regions: which cutouts lie in a part of the picture, what a prompt for that part changes, and what it does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.methods import smart
from vqclip.cutouts.resample import CutPlan, crops, cut_out, levels_for, pyramid
from vqclip.events import Stepped
from vqclip.media import metadata
from vqclip.models.perceptor import ClipTarget, Framing
from vqclip.runs import directory
from vqclip.settings.prompts import REGIONS, parse
from vqclip.settings.schema import Settings
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.regions import Regions, coverage

CONTEXT = CutoutContext(96, 64, 16)
STILL = Settings(augment=0.0, cut_noise=0.0, cutouts=24)
HALF = np.concatenate([np.zeros((64, 48), np.float32), np.ones((64, 48), np.float32)], 1)
"""A mask whose right half is white."""


def plan(prompt: str, settings: Settings = STILL, weights: Any = None, masks: Any = None) -> CutPlan:
    prompts = parse(prompt)
    weights = [p.weight for p in prompts] if weights is None else weights
    return Regions(prompts, masks or {}).plan_cutouts(weights, CONTEXT, settings, torch.Generator().manual_seed(1))


def test_without_a_region_the_cutouts_are_the_methods_own() -> None:
    found = plan("a | b:-0.5")
    expected = smart.plan(24, CONTEXT, STILL, torch.Generator().manual_seed(1))
    assert torch.equal(found.homographies, expected.homographies)
    assert torch.equal(found.weights, expected.weights)


@pytest.mark.parametrize("method", ["smart", "crowson", "pooled"])
@pytest.mark.parametrize("name", REGIONS)
def test_the_cutouts_of_a_region_lie_in_it(name: str, method: str) -> None:
    found = plan(f"a @{name}", STILL.replace(cut_method=method, cutouts=8))
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    places = ((corners @ found.homographies.transpose(1, 2))[..., :2] + 1) / 2
    left, top, right, bottom = REGIONS[name]
    assert len(found) == 8
    low, high = places.amin((0, 1)), places.amax((0, 1))
    # A cutout of the perceptor's size may be a pixel wider than a third of a picture.
    assert float(low[0]) > left - 0.02
    assert float(low[1]) > top - 0.02
    assert float(high[0]) < right + 0.02
    assert float(high[1]) < bottom + 0.02


def test_each_prompt_sees_its_own_cutouts_and_pulls_as_much_as_any() -> None:
    found = plan("all | a @left | b:-1 @right | c @left")
    assert found.weights.shape == (24, 4)
    torch.testing.assert_close(found.weights.mean(0), torch.ones(4))
    seen = found.weights > 0
    assert (seen.sum(0)).tolist() == [8, 8, 8, 8]
    assert not bool((seen[:, 0] & seen[:, 1]).any() or (seen[:, 1] & seen[:, 2]).any())
    assert torch.equal(seen[:, 1], seen[:, 3])


def test_a_prompt_that_does_not_pull_takes_no_cutouts() -> None:
    found = plan("a @left | b @right", weights=[0.0, 1.0])
    assert not bool(found.weights[:, 0].any())
    assert bool((found.weights[:, 1] > 0).all())


def test_few_cutouts_are_enough_for_every_region() -> None:
    found = plan("a @left | b @right | c @top", STILL.replace(cutouts=2))
    assert len(found) == 3
    torch.testing.assert_close(found.weights.mean(0), torch.ones(3))


def test_coverage_is_the_share_of_a_cutout_that_lies_in_the_mask() -> None:
    places = crops(
        torch.tensor([0.0, 48.0, 32.0, 40.0]), torch.zeros(4), torch.full((4,), 32.0), CONTEXT.width, CONTEXT.height
    )
    share = coverage(torch.from_numpy(HALF)[None, None], places)
    torch.testing.assert_close(share, torch.tensor([0.0, 1.0, 0.5, 0.75]))


def test_a_mask_counts_where_it_is_white_or_with_a_minus_where_it_is_black() -> None:
    ring = np.ones((64, 96), np.float32)
    ring[16:48, 24:72] = 0
    white = plan("a @[m.png]", masks={"m.png": HALF})
    assert bool((white.homographies[:, 0, 2] > 0).all())
    black = plan("a @[-m.png]", masks={"m.png": HALF})
    assert bool((black.homographies[:, 0, 2] < 0).all())
    around = plan("a @[m.png]", STILL.replace(cutouts=64), masks={"m.png": ring})
    share = coverage(torch.from_numpy(ring)[None, None], around.homographies)
    assert not bool(around.weights[share == 0].any()), "a cutout in the hole counts nothing"
    assert bool((around.weights[share > 0.9, 0] > 0).all())


def test_outside_a_region_the_picture_gets_no_gradient() -> None:
    image = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0)).requires_grad_()
    found = plan("a @left")
    taken = cut_out(pyramid(image, levels_for(found)), found, 16, torch.Generator())
    taken.square().sum().backward()
    assert image.grad is not None
    touched = image.grad.abs().sum((0, 1, 2)) > 0
    assert bool(touched[2:40].all())
    assert not bool(touched[52:].any())


class _Colours(torch.nn.Module):
    """A perceptor that sees the mean colour of a cutout and nothing else."""

    cut_size, framing, mean = 16, Framing(), torch.zeros(1)

    def encode_image(self, shown: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(shown.mean((2, 3)), dim=1)


def drawing(pair: Any, prompt: str, state: Any = None, **changes: Any) -> Iterator[Any]:
    known: dict[str, Any] = {"size": "64x64", "iterations": 6, "cutouts": 12, "ema": 0.0, "learning_rate": 0.3}
    settings = Settings(prompt=prompt, seed=4, **{**known, **changes})
    clip_target = ClipTarget(_Colours(), 1.0, torch.eye(3)[[0, 2]])  # type: ignore[arg-type]
    return Synthesizer(pair[0], [clip_target], settings, InitInputs(regions={"m.png": HALF})).run(state)


def drawn(pair: Any, prompt: str, **changes: Any) -> Any:
    return list(drawing(pair, prompt, **changes))[-1]


@pytest.mark.slow
@pytest.mark.parametrize("prompt", ["red @left | blue @right", "red @[-m.png] | blue @[m.png]"])
def test_each_half_of_the_picture_goes_its_own_way(pair: Any, prompt: str) -> None:
    picture = drawn(pair, prompt).image().astype(float)
    reds = picture[..., 0] - picture[..., 2]
    assert reds[:, :32].mean() > reds[:, 32:].mean() + 30
    both = drawn(pair, prompt.replace(" @", " \\@")).image().astype(float)
    reds = both[..., 0] - both[..., 2]
    assert abs(reds[:, :32].mean() - reds[:, 32:].mean()) < 30


def test_a_run_with_regions_goes_on_exactly(pair: Any) -> None:
    prompt, state = "red:[0:1, 4:0 hold] @left | blue @right", None
    for event in drawing(pair, prompt, stages=2):
        if isinstance(event, Stepped) and event.step == 3:
            state = event.state()
    assert state is not None
    again = drawn(pair, prompt, state=state, stages=2)
    assert np.array_equal(again.image(), event.image())


@pytest.mark.slow
def test_a_masks_file_is_checked_kept_and_not_revealed(call: Any, small: dict[str, Any]) -> None:
    Path("deep").mkdir()
    Image.fromarray((HALF * 255).astype(np.uint8)).save("deep/sky.png")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in small.items()]
    made = call("generate", "a red apple:2 @[deep/sky.png] | a tree", "--seed", "1", "-n", "1", "-o", "run", *flags)
    assert made.code == 0, made.err
    assert (
        directory.read_manifest(Path("run")).settings.prompt
        == f"a red apple:2.0 @[{Path.cwd()}/deep/sky.png] | a tree"
    )
    found = metadata.read_metadata(Path("run/image.png"))
    assert found["vqclip"]["settings"]["prompt"] == "a red apple:2.0 @[sky.png] | a tree"
    assert str(Path.cwd()) not in json.dumps(found)
    assert call("rerun", "run/image.png", "-o", "again").code == 0
    assert Path("again/image.png").read_bytes() == Path("run/image.png").read_bytes()
    assert call("generate", "a @[gone.png]", *flags).code == 4
    Image.new("L", (8, 8)).save("black.png")
    black = call("generate", "a @[black.png]", *flags)
    assert (black.code, "black everywhere" in black.err) == (4, True)
    Image.new("L", (8, 8), 255).save("white.png")
    white = call("generate", "a @[-white.png]", *flags)
    assert (white.code, "white everywhere" in white.err) == (4, True)
    searched = call("search", ".", "a @left")
    assert (searched.code, "a part of the picture has no effect on a search" in searched.err) == (2, True)

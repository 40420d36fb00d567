"""A run from a picture keeps its composition and shape, as far as --init-strength says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import InputError, UsageError
from vqclip.events import Finished, PriorSampleChosen, Saved, Stepped
from vqclip.runs import recipe
from vqclip.settings import sources
from vqclip.settings.init_strength import size_like
from vqclip.settings.schema import Settings
from vqclip.synthesis import scene_starts


@pytest.fixture
def photo(isolated: Path) -> str:
    """A landscape of 96x64 pixels: a sun above two hills."""
    y, x = np.mgrid[0:64, 0:96].astype(np.float32)
    picture = np.stack([150 + y, 190 - y, 230 - 2 * y], 2)
    picture[(x - 70) ** 2 + (y - 16) ** 2 < 90] = (250, 220, 90)
    picture[y > 40 + 12 * np.sin(x / 12)] = (50, 110, 50)
    picture[y > 52 + 6 * np.sin(x / 7)] = (90, 60, 30)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save("photo.png")
    return "photo.png"


def resolve(environment: dict[str, str] | None = None, **flags: Any) -> Settings:
    return sources.resolve({"prompt": "a rose", **flags}, environment=environment or {}).settings


def drawn(photo: str | Image.Image, **settings: Any) -> np.ndarray:
    flags = {"init_image": photo, "seed": 1, "cutouts": 8, "threads": 1, "dtype": "float32", **settings}
    finished = [event for event in vqclip.generate("a red flower", **flags) if isinstance(event, Finished)]
    return finished[0].image()


def layout(picture: np.ndarray) -> np.ndarray:
    """The brightness of 12x8 parts."""
    small = Image.fromarray(picture).convert("L").resize((12, 8), Image.Resampling.BOX)
    return np.asarray(small, dtype=float).ravel()


def test_a_picture_gives_its_shape_and_one_stage_without_pixel_steps(photo: str) -> None:
    found = resolve(init_image=photo)
    assert (found.size, found.stages, found.pixel_steps) == ("96x64", 1, 0)
    assert resolve().stages == 0, "only with an init picture"
    Image.new("RGB", (3000, 1500)).save("large.png")
    large = resolve(init_image="large.png")
    assert large.width / large.height == pytest.approx(2, rel=0.03)
    assert 0.9 < large.width * large.height / 256**2 < 1.1
    turned = Image.new("RGB", (300, 200))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save("turned.jpg", exif=exif)
    assert resolve(init_image="turned.jpg").size == "200x300"


@pytest.mark.parametrize(
    ("size", "area", "expected"),
    [
        ((64, 48), 256**2, "64x48"),
        ((4000, 3000), 128**2, "148x110"),
        ((1, 1), 256**2, "16x16"),
        ((9000, 1), 256**2, "8192x16"),
    ],
)
def test_a_size_stays_within_the_area_and_the_limits(size: tuple[int, int], area: int, expected: str) -> None:
    assert size_like(*size, area) == expected


def test_what_the_user_names_wins_over_the_strength(photo: str) -> None:
    named: dict[str, Any] = {
        "init_weight": 3.0, "iterations": 7, "learning_rate": 0.02, "stages": 2, "pixel_steps": 0.5, "size": "64x64"
    }  # fmt: skip
    by_flag = resolve(init_image=photo, init_strength=0.9, **named)
    assert {name: getattr(by_flag, name) for name in named} == named
    by_variable = resolve({"VQCLIP_INIT_WEIGHT": "3", "VQCLIP_ITERATIONS": "7"}, init_image=photo, init_strength=0.9)
    assert (by_variable.init_weight, by_variable.iterations, by_variable.learning_rate) == (3, 7, 0.09)
    Path("mine.yaml").write_text("learning_rate: 0.02\n")
    own = sources.resolve({"prompt": "x", "init_image": photo}, preset="mine.yaml", environment={}).settings
    assert own.learning_rate == 0.02, "a preset of the user's own"


def test_a_picture_that_is_missing_is_named_and_a_strength_needs_one(photo: str) -> None:
    with pytest.raises(InputError, match=r"gone\.png"):
        resolve(init_image="gone.png")
    with pytest.raises(UsageError, match="init_strength has no effect without an init picture"):
        resolve(init_strength=0.7)
    with pytest.raises(UsageError, match=r"init_strength is 1\.5"):
        resolve(init_image=photo, init_strength=1.5)


@pytest.mark.slow
def test_a_picture_in_memory_gives_its_shape_too(photo: str) -> None:
    with Image.open(photo) as image:
        assert drawn(image, preset="draft", iterations=1).shape == (64, 96, 3)


@pytest.mark.slow
def test_a_mask_frees_its_white_part_for_a_candidate_of_the_prior(photo: str) -> None:
    Image.fromarray(np.repeat([[0] * 48 + [255] * 48], 64, 0).astype(np.uint8)).save("mask.png")
    found = resolve(init_image=photo, mask="mask.png")
    assert (found.uses_prior, found.init_weight, found.learning_rate) == (True, 0, 0.05)
    pulled = resolve(init_image=photo, mask="mask.png", init_weight=2)
    assert [loss.name for loss in pulled.image_losses] == ["init", "flatness", "hue"]
    flags: dict[str, Any] = {"preset": "draft", "candidates": 2, "cutouts": 4, "iterations": 1, "seed": 1}
    events = list(vqclip.generate("a red flower", init_image=photo, mask="mask.png", **flags))
    assert any(isinstance(event, PriorSampleChosen) for event in events)
    own, picture = np.asarray(Image.open(photo)), next(e for e in events if isinstance(e, Finished)).image()
    assert np.array_equal(picture[:, :48], own[:, :48])
    assert np.abs(picture[:, 48:].astype(float) - own[:, 48:]).mean() > 20


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, 0.6),
        ({"init_strength": 0.25}, 0.3),
        ({"init_strength": 1}, 1),
        ({"init_candidate": 0.2}, 0.2),
        ({"init": "perlin"}, 0),
        ({"vqgan": "imagenet"}, 0),
        ({"prompt": "[photo.png]"}, 0),
        ({"prompt": "a rose:-1"}, 0),
        ({"mask": "photo.png"}, 0),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_a_candidate_is_drawn_over_the_picture_where_there_is_a_prior(
    photo: str, flags: dict[str, Any], expected: float
) -> None:
    found = resolve(init_image=photo, **flags)
    assert found.init_candidate == pytest.approx(expected)
    assert found.uses_prior is (bool(expected) or "mask" in flags)
    assert found.learning_rate == pytest.approx(found.init_strength * (0.1 if found.uses_prior else 0.2))


def test_a_candidate_that_is_asked_for_needs_a_prior_and_a_text(photo: str) -> None:
    for flags in ({"init": "tokens"}, {"prompt": f"[{photo}]"}, {"mask": photo}):
        with pytest.raises(UsageError, match="init_candidate has no effect"):
            resolve(init_image=photo, init_candidate=0.5, **flags)
    with pytest.raises(UsageError, match="candidates has no effect on an init picture without a candidate over it"):
        resolve(init_image=photo, init_strength=0, candidates=4)


def test_a_drawing_over_a_picture_leaves_its_details_until_it_covers_all() -> None:
    torch.manual_seed(0)
    picture = 0.4 + 0.2 * torch.rand(1, 3, 48, 64)
    drawing = torch.ones(1, 3, 48, 64)
    drawing[..., 12:36, 16:48] = torch.tensor([0.9, 0.1, 0.1])[:, None, None]
    inside = (..., slice(12, 36), slice(16, 48))

    def details(image: torch.Tensor) -> torch.Tensor:
        grey = image.mean(1, keepdim=True)[inside]
        return grey - grey.mean()

    assert torch.equal(scene_starts.over(picture, drawing, 0), picture)
    half, most, whole = (scene_starts.over(picture, drawing, share) for share in (0.6, 0.85, 1))
    for blended in (half, most, whole):
        assert torch.equal(blended[..., :12, :], picture[..., :12, :]), "nothing changes around the drawing"
    assert torch.equal(whole[inside], drawing[inside])
    own = details(picture).std()
    assert details(half).std() > 0.95 * own
    assert 0.3 * own < details(most).std() < 0.8 * own
    assert half[inside].mean((2, 3))[0].tolist() == pytest.approx([0.74, 0.26, 0.26], abs=0.03)


@pytest.mark.slow
@pytest.mark.option("init_candidate")
def test_the_form_of_a_candidate_shows_in_the_picture_and_a_resumed_run_is_the_same(photo: str) -> None:
    flags: dict[str, Any] = {"candidates": 4, "cutouts": 4, "iterations": 4, "snapshot_every": 1, "preset": "draft"}
    other = drawn(photo, init_candidate=0.6, **flags)
    one = drawn(photo, init_candidate=0, **{name: value for name, value in flags.items() if name != "candidates"})
    assert np.abs(one.astype(float) - other)[16:48, 32:64].mean() > 15
    stopping = vqclip.generate(
        "a red flower",
        init_image=photo,
        seed=1,
        threads=1,
        dtype="float32",
        init_candidate=0.6,
        output="run",
        **flags,
    )
    for event in stopping:
        if isinstance(event, Stepped) and event.step == 2:
            break
    stopping.close()
    *_, last = vqclip.resume("run")
    assert isinstance(last, Saved)
    assert np.array_equal(np.asarray(Image.open("run/image.png")), other)


@pytest.mark.option("init_strength")
@pytest.mark.long
def test_more_strength_changes_more_and_the_default_keeps_the_layout(photo: str) -> None:
    own = np.asarray(Image.open(photo).convert("RGB"))
    pictures = [drawn(photo, preset="draft", init_strength=strength) for strength in (0, 0.5, 1)]
    distances = [np.abs(picture.astype(float) - own).mean() for picture in pictures]
    assert distances == sorted(distances)
    assert distances[1] > 1.5 * distances[0], "the default changes the picture"
    assert all(picture.shape == own.shape for picture in pictures)
    assert np.corrcoef(layout(own), layout(pictures[1]))[0, 1] > 0.85


@pytest.mark.slow
def test_a_run_again_with_another_strength_takes_what_that_stands_for(photo: str) -> None:
    list(
        vqclip.generate(
            "x", init_image=photo, seed=1, cutouts=2, iterations=1, size="32x32", video=False, output="run"
        )
    )
    same = rerun("run")
    assert (same.iterations, same.init_strength) == (1, 0.5)
    other = rerun("run", init_strength=1.0)
    assert (other.init_weight, other.learning_rate) == (0, 0.1)


def rerun(run: str, **changes: Any) -> Settings:
    return recipe.read(Path(run)).resolve(changes).settings

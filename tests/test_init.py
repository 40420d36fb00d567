"""Where a run begins: grounds drawn from noise, and an init picture over any of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import UsageError
from vqclip.events import Started
from vqclip.settings.schema import Settings
from vqclip.settings.start_schema import INITS
from vqclip.synthesis.init import GROUNDS
from vqclip.synthesis.seamless import match_edges


def drawn(name: str, width: int = 64, height: int = 48, seed: int = 1) -> torch.Tensor:
    return GROUNDS[name](width, height, torch.Generator().manual_seed(seed))[0]


def likeness(image: torch.Tensor) -> float:
    """The correlation of pixels with those two to the right."""
    pair = torch.stack([image[..., 2:].flatten(), image[..., :-2].flatten()])
    return torch.corrcoef(pair)[0, 1].item()


@pytest.mark.parametrize("name", GROUNDS)
@pytest.mark.parametrize("size", [(64, 48), (16, 40), (17, 9), (8, 8)])
def test_a_ground_has_any_size_and_comes_from_its_generator_alone(name: str, size: tuple[int, int]) -> None:
    image = drawn(name, *size)
    assert image.shape == (3, size[1], size[0])
    assert image.min() >= 0
    assert image.max() <= 1
    torch.manual_seed(99)
    assert torch.equal(drawn(name, *size), image)
    assert not torch.equal(drawn(name, *size, seed=2), image)


def test_every_ground_is_an_init() -> None:
    assert set(INITS) == {"tokens", "prior", *GROUNDS}


def test_pixels_are_alone_and_clouds_are_not() -> None:
    assert abs(likeness(drawn("pixels"))) < 0.1
    for seed in range(3):
        assert likeness(drawn("perlin", seed=seed)) > 0.7
        assert likeness(drawn("spectrum", seed=seed)) > 0.3
    for name in ("perlin", "spectrum"):
        red, green, _ = drawn(name)
        assert red.std() > 0.1
        assert not torch.allclose(red, green, atol=0.1), "each channel has clouds of its own"


def test_the_amplitude_of_a_spectrum_falls_as_its_frequency_grows() -> None:
    power = torch.stack([torch.fft.rfft2(drawn("spectrum", 64, 64, seed)).abs() for seed in range(8)]).mean((0, 1))
    low, high = power[2, 2], power[16, 16]
    assert 4 < low / high < 16, "eight times the frequency, an eighth of the amplitude"


def test_a_gradient_is_a_straight_way_between_two_colours() -> None:
    for seed in range(4):
        image = drawn("gradient", seed=seed)
        across, down = image.diff(dim=2), image.diff(dim=1)
        assert torch.allclose(across, across[:, :1, :1], atol=1e-4)
        assert torch.allclose(down, down[:, :1, :1], atol=1e-4)
        assert image.amax((1, 2)).sub(image.amin((1, 2))).max() > 0.05


def start(settings: dict[str, Any]) -> np.ndarray:
    events = vqclip.generate("a red apple", seed=3, **(settings | {"iterations": 0}))
    return next(event.image() for event in events if isinstance(event, Started))


@pytest.mark.option("init")
@pytest.mark.parametrize("init", [name for name in GROUNDS if name != "pixels"])
def test_a_run_begins_with_the_ground_that_it_names(small: dict[str, Any], pair: Any, init: str) -> None:
    shown = start(small | {"init": init, "size": "64x64"})
    from vqclip.synthesis.randomness import START_STREAM, make_generator

    ground = GROUNDS[init](64, 64, make_generator(3, START_STREAM))[0].permute(1, 2, 0).numpy() * 255
    other = GROUNDS[init](64, 64, make_generator(4, START_STREAM))[0].permute(1, 2, 0).numpy() * 255
    assert np.abs(shown - ground).mean() < np.abs(shown - other).mean()


@pytest.mark.slow
@pytest.mark.option("init_image_alpha")
def test_an_init_picture_lies_over_the_ground_as_much_as_its_alpha_says(small: dict[str, Any]) -> None:
    picture = np.full((64, 64, 3), (220, 40, 40), np.uint8)
    Image.fromarray(picture).save("red.png")
    flags = small | {"init": "gradient", "size": "64x64"}
    over = flags | {"init_image": "red.png"}
    ends = start(flags).astype(float), start(over | {"init": "tokens"}).astype(float)
    shown = {alpha: start(over | {"init_image_alpha": alpha}) for alpha in (0.0, 0.5)}
    assert np.array_equal(shown[0.0], ends[0])
    middle = np.abs(shown[0.5] - (ends[0] + ends[1]) / 2).mean()
    assert middle < 0.5 * np.abs(ends[0] - ends[1]).mean() / 2


@pytest.mark.slow
@pytest.mark.option("init_image")
def test_a_ground_that_is_named_shows_where_an_init_picture_is_clear(small: dict[str, Any]) -> None:
    layer = np.full((64, 64, 4), (220, 40, 40, 255), np.uint8)
    layer[:, 32:, 3] = 0
    Image.fromarray(layer).save("half.png")
    flags = small | {"size": "64x64"}
    ground = start(flags | {"init": "gradient"}).astype(float)
    over = start(flags | {"init": "gradient", "init_image": "half.png"}).astype(float)
    white = start(flags | {"init_image": "half.png"}).astype(float)
    # The tokens beside the edge see across it.
    assert np.abs(over[:, 44:] - ground[:, 44:]).mean() < 0.3 * np.abs(white[:, 44:] - ground[:, 44:]).mean()
    assert np.abs(over[:, :20] - white[:, :20]).mean() < 0.3 * np.abs(ground[:, :20] - white[:, :20]).mean()
    assert white[:, 44:].mean() > 230
    Image.fromarray(layer[:, :32]).save("opaque.png")
    with pytest.raises(UsageError, match=r"init gradient has no effect: nothing of it shows beneath .*opaque\.png"):
        start(flags | {"init": "gradient", "init_image": "opaque.png"})


def test_an_alpha_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="init_image_alpha has no effect without an init picture"):
        Settings(prompt="x", init_image_alpha=0.5).validate()
    with pytest.raises(UsageError, match="init_image_alpha has no effect with init 'prior'"):
        Settings(prompt="x", init="prior", init_image="a.png", init_image_alpha=0.5).validate()


def test_the_edges_of_an_init_picture_are_brought_to_meet_and_its_middle_is_not_touched() -> None:
    image = torch.rand(1, 3, 16, 32)
    met = match_edges(image, (True, False))
    assert torch.allclose(met[..., 0], met[..., -1])
    assert torch.equal(met[..., 4:-4], image[..., 4:-4])
    both = match_edges(image, (True, True))
    assert torch.allclose(both[..., 0], both[..., -1])
    assert torch.allclose(both[..., 0, :], both[..., -1, :])

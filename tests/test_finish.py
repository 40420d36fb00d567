"""What finishes a picture: colours of a palette alone, square pixels, and outlines with hatching."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import vqclip
from vqclip.events import Finished
from vqclip.synthesis.finish import Finish, oklab

NAVY, GREEN, WHITE = (0, 0, 0.5), (0, 1, 0.53), (1, 1, 1)
NONE = torch.zeros(0, 3)


def shaded(height: int = 64, width: int = 64) -> torch.Tensor:
    """A blue disc on white that gets lighter towards its right, (1, 3, height, width)."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    inside = (x**2 + y**2) < 0.5
    light = ((x + 1) / 2).clamp(0, 1)
    disc = torch.stack([0.8 * light, 0.8 * light, 0.5 + 0.5 * light])
    return torch.where(inside, disc, 1.0)[None]


def shares(picture: torch.Tensor, colours: Any) -> list[float]:
    return [(picture == torch.tensor(c)[:, None, None]).all(1).float().mean().item() for c in colours]


def test_every_pixel_has_a_colour_of_the_palette_and_few_colours_are_all_used() -> None:
    found = shares(Finish(torch.tensor([NAVY, GREEN, WHITE]))(shaded()), (NAVY, GREEN, WHITE))
    assert sum(found) == pytest.approx(1)
    assert min(found) >= 0.25 / 3 - 1e-3
    assert found[2] > 0.5, "the ground stays white"
    seven = [NAVY, WHITE, *((1, 1, 0.1 * n) for n in range(5))]
    assert max(shares(Finish(torch.tensor(seven))(shaded()), seven[2:])) == 0, "of many colours, none is forced"


def test_no_third_colour_lines_an_edge_between_two() -> None:
    soft = (torch.arange(256) / 3 - 40).sigmoid().expand(1, 3, 256, 256)
    palette = torch.tensor([(0.0, 0, 0), (0.5, 0.5, 0.5), (1, 1, 1), *((1, 0, 0.1 * n) for n in range(4))])
    assert shares(Finish(palette)(soft), [(0.5, 0.5, 0.5)])[0] < 0.02


@pytest.mark.parametrize("palette", [NONE, torch.tensor([NAVY, WHITE])])
def test_square_pixels_have_one_colour_each(palette: torch.Tensor) -> None:
    picture = Finish(palette, pixel_grid=8)(shaded(64, 100))
    assert picture.shape == (1, 3, 64, 100)
    squares = picture[..., :96].unfold(2, 8, 8).unfold(3, 8, 8)
    assert (squares.amax((4, 5)) == squares.amin((4, 5))).all()
    assert len(picture[0].flatten(1).unique(dim=1).T) > 1


@pytest.mark.parametrize("sketch", ["pencil", "ink"])
def test_a_sketch_has_outlines_and_strokes_on_white_paper(sketch: str) -> None:
    picture = Finish(NONE, sketch=sketch)(shaded(128, 128))
    assert torch.equal(picture[:, :1].expand(-1, 3, -1, -1), picture), "no colours"
    grey = picture[0, 0]
    assert grey[:10].min() > 0.9, "paper"
    dark, light = grey[50:80, 30:50], grey[50:80, 80:98]
    assert dark.mean() < light.mean(), "more strokes where the picture is darker"
    assert dark.std() > 0.05, "strokes and no flat area"
    blacks = (grey < 0.1).float().mean()
    assert blacks > 0.05 if sketch == "ink" else blacks == 0


def test_colours_of_oklab() -> None:
    # Table of Ottosson (2020): white, and the primaries by his reference code.
    colours = torch.tensor([[1.0, 1, 1], [1, 0, 0]]).T[None, :, :, None]
    expected = torch.tensor([[1.0, 0, 0], [0.628, 0.2249, 0.1258]]).T[None, :, :, None]
    assert torch.allclose(oklab(colours), expected, atol=1e-3)


@pytest.mark.slow
@pytest.mark.option("palette", "pixel_grid", "sketch")
def test_a_run_is_finished_so_and_optimises_as_before(small: dict[str, Any]) -> None:
    quick = small | {"iterations": 2, "init": "spot", "size": "64x64", "seed": 1}

    def drawn(**changes: Any) -> tuple[np.ndarray, Any]:
        events = vqclip.generate("a red apple", **{**quick, **changes})
        return next((event.image(), event.state().tensors["z"]) for event in events if isinstance(event, Finished))

    (plain, z), (finished, z_finished) = drawn(), drawn(palette="red,white", pixel_grid=8)
    assert torch.equal(z, z_finished)
    assert {tuple(pixel) for pixel in finished.reshape(-1, 3).tolist()} == {(255, 0, 0), (255, 255, 255)}
    assert np.array_equal(finished[::8, ::8], finished[7::8, 7::8])
    assert not np.array_equal(drawn(sketch="ink")[0], plain)

"""Variations: pictures of the same subject, none the same; near the picture at strength 0 and free at 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from vqclip.jobs import variations
from vqclip.jobs.variations import LEAST_APART, choose, distance
from vqclip.media import images, metadata
from vqclip.synthesis import candidates

QUICK = ("--size", "64x64", "-n", "2", "--iterations", "1", "--cutouts", "2", "--seed", "3", "--threads", "1")


def ball(colour: tuple[int, int, int], radius: int = 22) -> np.ndarray:
    """A ball of a colour on white, 64x64."""
    y, x = np.mgrid[0:64, 0:64]
    inside = np.hypot(x - 32, y - 32) < radius
    return np.where(inside[..., None], np.uint8(colour), np.uint8(255))


@pytest.mark.slow
def test_seeds_go_on_from_0_after_the_largest(call: Any) -> None:
    images.save_png(Path("ball.png"), ball((220, 40, 40)))
    largest = ("--preset", "no-prior", *QUICK, "--seed", str(2**63 - 1))
    assert call("variations", "ball.png", *largest, "-o", "out").code == 0
    assert {path.name for path in Path("out").iterdir()} == {"1.png", "2.png", "sheet.png"}


@pytest.mark.slow
@pytest.mark.option("variations --output", "variations --count", "variations --size")
@pytest.mark.parametrize(("colour", "names"), [((220, 40, 40), ["red"]), ((60, 160, 60), ["green", "leaf"])])
def test_pictures_are_drawn_of_which_none_is_the_same(
    colour: tuple[int, int, int], names: list[str], call: Any
) -> None:
    images.save_png(Path("ball.png"), ball(colour))
    answer = call("variations", "ball.png", "-o", "out", "--json", "--candidates", "12", *QUICK)
    assert answer.code == 0, answer.err
    record = answer.lines[-1]
    assert record["images"] == ["out/1.png", "out/2.png"]
    assert (record["sheet"], record["seed"]) == ("out/sheet.png", 3)
    assert any(name in word for word in record["words"] for name in names), record["words"]
    made = [images.open_image(Path(path)) for path in record["images"]]
    assert [pixels.shape for pixels in made] == [(64, 64, 3)] * 2
    assert record["distance"] == pytest.approx(distance(*made), abs=1e-3)
    assert min(record["distance"], record["distance_from_picture"]) >= LEAST_APART
    found = metadata.read_metadata(Path("out/2.png"))
    assert found["digital_source_type"] == metadata.SOURCE_TYPE
    assert (found["edited"]["command"], found["edited"]["number"]) == ("variations", 2)
    with Image.open("out/sheet.png") as sheet:
        assert sheet.width > 3 * 64


@pytest.mark.slow
def test_likely_candidates_are_better_ones(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    images.save_png(Path("ball.png"), ball((220, 40, 40)))
    asked: list[int] = []
    best: list[int] = []

    def likely(_: Any, __: Any, codes: torch.Tensor, ___: Any) -> torch.Tensor:
        asked.append(len(codes))
        return torch.arange(len(codes)).eq(2).float() * (1000 if len(asked) == 1 else 0)

    def spied(found: torch.Tensor, losses: torch.Tensor, *given: Any) -> list[int]:
        best.append(int(losses.argmin()))
        return choose(found, losses, *given)

    monkeypatch.setattr(candidates, "log_probabilities", likely)
    monkeypatch.setattr(variations, "choose", spied)
    answer = call("variations", "ball.png", "-o", "out", "--candidates", "12", "--strength", "1", *QUICK)
    assert answer.code == 0, answer.err
    # Of the first word.
    assert best == [2]
    assert sum(asked) >= 12


@pytest.mark.slow
@pytest.mark.option("variations --strength", "--overwrite")
def test_without_a_prior_noise_shows_through_as_far_as_the_strength_says(call: Any) -> None:
    images.save_png(Path("ball.png"), ball((220, 40, 40)))
    far = []
    for strength in ("0.1", "1"):
        way = ("--preset", "no-prior", "--strength", strength, "-o", "out", "--overwrite")
        answer = call("variations", "ball.png", "a ball", *way, "--json", *QUICK)
        assert answer.code == 0, answer.err
        assert answer.lines[-1]["words"] == []
        assert answer.lines[-1]["distance"] > 0
        far.append(answer.lines[-1]["distance_from_picture"])
    assert far[0] < far[1]


def test_what_is_chosen_is_near_for_clip_and_apart_from_the_picture_and_each_other() -> None:
    balls = [ball((220, 40, 40)), ball((220, 50, 40)), ball((40, 40, 220)), ball((60, 160, 60), 12)]
    found = torch.from_numpy(np.stack(balls)).permute(0, 3, 1, 2) / 255
    losses, white = torch.arange(4.0), torch.ones(1, 3, 64, 64)
    assert choose(found, losses, white, 3, 1.0) == [0, 2, 3]
    assert choose(found, losses, white, 4, 1.0) == [0, 2, 3, 1], "one that is near only where nothing else is left"
    assert choose(found, losses, found[:1], 2, 1.0) == [2, 3]


def test_a_low_strength_keeps_colours_and_form() -> None:
    red, blue = (
        torch.from_numpy(ball(colour)).permute(2, 0, 1)[None] / 255 for colour in ((220, 40, 40), (40, 40, 220))
    )
    away = [float((variations.blended(blue, red, strength) - red).abs().mean()) for strength in (0.0, 0.3, 0.6, 1.0)]
    assert away == sorted(away)
    assert away[0] < 0.2 * away[-1]
    assert torch.equal(variations.blended(blue, red, 1.0), blue)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.png", "-n", "0"], 4, "none.png: there is no such file"),
        (["ball.png", "-n", "0"], 2, "count is 0. Valid: 1 to 64 variations"),
        (["ball.png", "-n", "65"], 2, "count is 65"),
        (["ball.png", "--strength", "1.5"], 2, "strength is 1.5. Valid: 0 to 1"),
        (["ball.png", "-o", "out.png"], 2, "named like a file"),
        (["ball.png", "-o", "full"], 5, "full holds 1.png already"),
        (["ball.png", "-o", "ball"], 5, "ball"),
        (["ball.png", "a ball @left"], 2, "names a part of the picture"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(call: Any, arguments: list[str], code: int, words: str) -> None:
    images.save_png(Path("ball.png"), ball((220, 40, 40)))
    Path("full").mkdir()
    Path("full/1.png").write_bytes(b"mine")
    Path("ball").write_bytes(b"a file")
    output = () if "-o" in arguments else ("-o", "out")
    answer = call("variations", *arguments, *output)
    assert answer.code == code, answer.err
    assert words in answer.err.replace("\n", " ")
    assert answer.err.count("error:") == 1
    assert not Path("out").exists()
    assert Path("full/1.png").read_bytes() == b"mine"

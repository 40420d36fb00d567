"""Borders around pictures: the picture stays to the byte, the border has its width, and no seam shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vqclip.jobs.outpaint import Border, continued, extended
from vqclip.jobs.patches import Picture
from vqclip.media import images

QUICK = ("--size", "64x64", "-n", "2", "--cutouts", "2", "--seed", "3", "--threads", "1")


def waves(width: int = 80, height: int = 64) -> np.ndarray:
    """A smooth picture."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([128 + 90 * np.sin(x / 9), 128 + 90 * np.cos(y / 7), 60 + x + y], 2).astype(np.uint8)


def seam(pixels: np.ndarray, column: int) -> float:
    """The percentile of the steps across a column within those of the picture to its left."""
    steps = np.abs(np.diff(pixels.astype(int), axis=1)).max(-1).mean(0)
    return float((steps[: column - 1] < steps[column - 1]).mean() * 100)


@pytest.mark.long
@pytest.mark.option("outpaint --right", "outpaint --top", "outpaint --output", "outpaint --size")
@pytest.mark.parametrize("prompt", ["", "a red apple"])
def test_the_picture_stays_to_the_byte_and_continues_without_a_seam(prompt: str, call: Any) -> None:
    opacity = np.where(np.arange(80) < 9, 0, 255).astype(np.uint8)
    Image.fromarray(np.dstack([waves(), np.tile(opacity, (64, 1))])).save("photo.png")
    command = ("outpaint", "photo.png", *([prompt] if prompt else ()), "--right", "40", "--top", "8")
    answer = call(*command, "-o", "out.png", "--json", *QUICK)
    assert answer.code == 0, answer.err
    expected = {"image": "out.png", "width": 120, "height": 72, "seed": 3, "right": 40, "left": 0, "prompt": prompt}
    assert expected.items() <= answer.lines[-1].items()
    before, after = (np.asarray(Image.open(path)) for path in ("photo.png", "out.png"))
    assert after.shape == (72, 120, 4)
    assert np.array_equal(after[8:, :80], before)
    assert (after[:, 80:, 3] == 255).all()
    assert seam(after[8:, :, :3], 80) <= 95
    assert after[8:, 100:, :3].std(axis=(0, 1)).max() > 1, "something is drawn"


@pytest.mark.option("outpaint --left", "outpaint --bottom")
def test_each_side_has_its_strip_and_starts_as_the_picture_ends() -> None:
    images.save_png(Path("photo.png"), waves())
    border = Border(left=12, right=3, top=0, bottom=20)
    canvas = extended(Picture.load(Path("photo.png")), border)
    assert canvas.pixels.shape == (84, 95, 3)
    assert np.array_equal(canvas.pixels[:64, 12:92], waves())
    covered = np.zeros((84, 95), int)
    for strip in border.strips(80, 64):
        covered[strip] += 1
    assert (covered[:64, 12:92] == 0).all()
    assert covered.sum() == covered.size - 80 * 64, "each pixel of the border once"
    assert covered.max() == 1
    assert seam(canvas.pixels[:64, ::-1], 83) <= 95, "left"
    assert seam(canvas.pixels[:, 12:92].transpose(1, 0, 2), 64) <= 95, "bottom"


def test_what_touches_a_plain_edge_fades_out_beside_it() -> None:
    pixels = np.full((72, 96, 3), 250, np.uint8)
    pixels[20:40, :30] = (200, 30, 30)
    images.save_png(Path("drawing.png"), pixels)
    left = extended(Picture.load(Path("drawing.png")), Border(left=48)).pixels[30, :48].astype(int)
    assert np.abs(left[-1] - (200, 30, 30)).max() < 90, "it does not end at the edge"
    assert np.abs(left[:36] - 250).max() < 25, "it ends soon after"


def test_what_is_far_from_the_picture_is_blurred() -> None:
    stripes = np.repeat(np.where(np.arange(40) % 8 < 4, 0, 255), 3).reshape(40, 1, 3).repeat(80, 1).astype(np.uint8)
    spread = continued(stripes, ((0, 0), (0, 60))).astype(float).std(axis=0).mean(-1)
    assert spread[:20] == pytest.approx(spread[0])
    assert spread[20] > 0.7 * spread[0]
    assert spread[-1] < 0.3 * spread[0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.png", "--right", "0"], 4, "none.png: there is no such file"),
        (["photo.png"], 2, "no border is given"),
        (["photo.png", "--right", "0"], 2, "no border is given"),
        (["photo.png", "--right", "-4"], 2, "right is -4. Valid: the number of pixels to add"),
        (["photo.png", "--right", "9999999"], 2, "Valid: up to 64 million"),
        (["photo.png", "--right", "many"], 2, "--right"),
        (["photo.png", "a tree @left", "--left", "40"], 2, "names a part of the picture"),
        (["tiny.png", "--left", "4"], 4, "has 8x8 pixels"),
        (["photo.png", "--left", "4", "-o", "photo.png"], 5, "is an input of this command"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(call: Any, arguments: list[str], code: int, words: str) -> None:
    images.save_png(Path("photo.png"), waves())
    images.save_png(Path("tiny.png"), np.zeros((8, 8, 3), np.uint8))
    output = () if "-o" in arguments else ("-o", "out.png")
    answer = call("outpaint", *arguments, *output)
    assert answer.code == code, answer.err
    assert words in answer.err.replace("\n", " ")
    assert answer.err.count("error:") == 1
    assert not Path("out.png").exists()

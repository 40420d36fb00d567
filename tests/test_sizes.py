"""Pictures whose sides are no whole tokens: every file has the size that was asked for, to the pixel."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

import vqclip
from vqclip.errors import Interrupted
from vqclip.media import token_grids
from vqclip.models.padding import resize_around
from vqclip.runs import dry_run
from vqclip.settings.schema import Settings

SIZES = ("333x222", "65x33", "101x40")
QUICK = ["-n", "2", "--cutouts", "2", "--seed", "3", "--threads", "1", "--dtype", "float32", "--save-every", "1"]
PLAIN = ["--init", "tokens", "--stages", "1", "--pixel-steps", "0"]


@pytest.fixture
def photo(isolated: Path) -> Path:
    """A red disc on grey, 333x222, and a mask.png that frees its left half."""
    image = Image.new("RGB", (333, 222), (200, 200, 210))
    ImageDraw.Draw(image).ellipse((20, 10, 200, 158), fill="red")
    image.save("photo.png")
    mask = Image.new("L", image.size)
    ImageDraw.Draw(mask).rectangle((0, 0, 148, 222), fill="white")
    mask.save("mask.png")
    return Path("photo.png")


def pixels(path: str | Path) -> Any:
    return np.asarray(Image.open(path), dtype=int)


def sizes_in(folder: str) -> set[str]:
    """Of the picture and the frames of a run."""
    found = [Path(folder, "image.png"), *Path(folder, "frames").glob("*.png")]
    return {"{}x{}".format(*Image.open(path).size) for path in found}


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize(
    "flags",
    [
        ["--candidates", "2", "--stages", "1", "--pixel-steps", "0.5"],
        ["--candidates", "2", "--prompt-also", "a tree @left"],
        [*PLAIN, "--tile-size", "16"],
        [*PLAIN, "--init-image", "photo.png", "--init-weight", "1"],
        [*PLAIN, "--target-image", "photo.png", "--overlay-image", "photo.png", "--overlay-every", "1"],
        [*PLAIN, "--zoom", "1.1", "--rotate", "5", "--move-every", "1"],
        [*PLAIN, "--best-of", "2", "--best-of-share", "0.5"],
        [*PLAIN, "--palette", "navy,white", "--pixel-grid", "8"],
        ["--init", "perlin", "--stages", "1", "--pixel-steps", "0", "--sketch", "ink"],
    ],
    ids=lambda flags: next(word for word in flags[::-1] if word.startswith("--")),
)
def test_every_picture_of_a_run_has_the_size_that_was_asked_for(
    call: Any, photo: Path, size: str, flags: list[str]
) -> None:
    answer = call("generate", "a red apple", "--size", size, *QUICK, *flags, "--no-video", "-o", "run")
    assert answer.code == 0, answer.err
    # With several stages, the frames of the first ones are smaller.
    assert size in sizes_in("run")
    assert len(sizes_in("run")) == 1 or "--stages" not in flags


@pytest.mark.slow
def test_commands_on_a_run_keep_its_size(call: Any, photo: Path) -> None:
    for number, size in enumerate(SIZES[1:]):
        run, next_run, again = (f"{name}{number}" for name in ("run", "next", "again"))
        flags = [*QUICK, *PLAIN, "--size", size, "--video-format", "gif", "-o", run]
        assert call("generate", "a red apple", *flags).code == 0
        assert call("continue", run, "a pear", "--no-resample", "-n", "1", "-o", next_run).code == 0
        assert call("rerun", run, "-o", again).code == 0
        assert sizes_in(run) == sizes_in(next_run) == sizes_in(again) == {size}
        assert "{}x{}".format(*Image.open(f"{run}/video.gif").size) == size
        assert np.array_equal(pixels(f"{next_run}/frames/00000.png"), pixels(f"{run}/image.png"))
        assert np.array_equal(pixels(f"{again}/image.png"), pixels(f"{run}/image.png"))
        record = json.loads(Path(run, "run.json").read_text())
        assert record["settings"]["size"] == size
        score = call("score", f"{run}/image.png", "a red apple", "--json").record["similarity"]
        assert record["score"] == pytest.approx(score, abs=2e-3), "CLIP sees the picture without its margin"


@pytest.mark.slow
def test_a_run_of_another_size_starts_from_the_picture_without_its_margin(call: Any, photo: Path) -> None:
    call("generate", "a red apple", *QUICK, *PLAIN, "--size", "65x33", "-o", "run")
    small = ["--size", "72x40", "--init-run", "run", "--stages", "1", "--pixel-steps", "0", *QUICK, "-n", "0"]
    assert call("generate", "a pear", *small, "-o", "larger").code == 0
    wanted = np.asarray(Image.open("run/image.png").resize((72, 40), Image.Resampling.BICUBIC), dtype=int)
    margin = pixels("larger/image.png") - wanted
    assert np.abs(margin).mean() < 12


@pytest.mark.slow
def test_a_resumed_run_is_the_unbroken_one(small: dict[str, Any]) -> None:
    odd = {**small, "size": "45x35", "seed": 5, "save_every": 1, "snapshot_every": 1, "tile_size": 24}
    list(vqclip.generate("a red apple", output="whole", **odd))
    answers = iter([None, 2, None])
    with pytest.raises(Interrupted):
        list(vqclip.generate("a red apple", output="broken", stop=lambda: next(answers), **odd))
    list(vqclip.resume("broken"))
    for name in ("image.png", "frames/00001.png", "frames/00004.png", "video.mp4"):
        assert Path("whole", name).read_bytes() == Path("broken", name).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
def test_a_mask_keeps_its_pixels(call: Any, photo: Path, size: str) -> None:
    width, height = map(int, size.split("x"))
    for name in ("photo.png", "mask.png"):
        Image.open(name).crop((0, 0, width, height)).save(name)
    flags = ["--init-image", "photo.png", "--mask", "mask.png", "--candidates", "2", "--mask-feather", "4"]
    answer = call("generate", "a bear", *flags, *QUICK, "--size", size, "-o", "run")
    assert (answer.code, "resized" in answer.err) == (0, False), answer.err
    kept = pixels("mask.png") == 0
    assert np.array_equal(pixels("run/image.png")[kept], pixels("photo.png")[kept])
    if not kept.all():
        assert not np.array_equal(pixels("run/image.png"), pixels("photo.png"))


@pytest.mark.slow
@pytest.mark.parametrize(("symmetry", "size"), [("both", "101x40"), ("both", "65x33"), ("kaleidoscope", "45x45")])
def test_a_symmetric_picture_stays_symmetric(call: Any, symmetry: str, size: str) -> None:
    assert call("generate", "a mask", *QUICK, *PLAIN, "--symmetry", symmetry, "--size", size, "-o", "run").code == 0
    found = pixels("run/image.png")
    mirrored = [found[:, ::-1], found[::-1], *([found.transpose(1, 0, 2)] if symmetry == "kaleidoscope" else [])]
    assert all(np.array_equal(found, other) for other in mirrored)


@pytest.mark.slow
def test_a_seamless_picture_stays_seamless(call: Any) -> None:
    for size in ("101x65", "65x33"):
        assert call("generate", "waves", *QUICK, *PLAIN, "--seamless", "both", "--size", size, "-o", size).code == 0
        assert sizes_in(size) == {size}
        found = pixels(f"{size}/image.png")
        for axis in (0, 1):
            steps = np.abs(found - np.roll(found, 1, axis)).mean((1 - axis, 2))
            assert steps[0] < 2 * steps.mean(), "the step across the seam is like any other"
    wave = [torch.sin(2 * math.pi * (torch.arange(side) + 0.5) / side).expand(1, 1, 1, side) for side in (104, 101)]
    assert (resize_around(wave[0], 101, 1, (True, False)) - wave[1]).abs().max() < 1e-3


def test_a_size_that_is_no_whole_tokens_takes_the_memory_of_the_next_that_is() -> None:
    for odd, whole in (("333x222", "336x224"), ("8191x8191", "8192x8192")):
        plans = [
            dry_run.memory(Settings(prompt="a", size=size, vqgan="tiny", clip=("tiny",))) for size in (odd, whole)
        ]
        assert plans[0] == plans[1]


@pytest.mark.slow
def test_files_of_tokens_hold_the_size_of_their_picture(call: Any, photo: Path) -> None:
    assert call("encode", "photo.png", "-o", "photo.npz").code == 0
    assert call("decode", "photo.npz", "-o", "decoded.png").code == 0
    assert call("reconstruct", "photo.png", "-o", "back.png").code == 0
    assert Path("decoded.png").read_bytes() == Path("back.png").read_bytes()
    assert np.abs(pixels("back.png") - pixels("photo.png")).mean() < 8
    with np.load("photo.npz") as known:
        arrays = dict(known)
    np.savez_compressed("old.npz", **{name: array for name, array in arrays.items() if name != "size"})
    grid = token_grids.load(Path("old.npz"))
    assert (grid.width, grid.height) == (336, 224), "a file without a size fills its tokens"
    for size in ([1, 1], [333], [-3, 222]):
        np.savez_compressed("bad.npz", **arrays | {"size": np.array(size)})
        assert call("decode", "bad.npz", "-o", "bad.png").code == 4
    assert call("interpolate", "photo.npz", "photo.png", "--frames", "2", "-o", "frames", "--no-video").code == 0
    assert [Image.open(path).size for path in Path("frames/frames").iterdir()] == [(333, 222)] * 2


@pytest.mark.slow
def test_frames_of_restyle_have_the_shape_of_the_video(call: Any, photo: Path) -> None:
    Path("frames").mkdir()
    for number in range(2):
        Image.open("photo.png").save(f"frames/{number}.png")
    flags = ["--frame-steps", "1", "--cutouts", "2", "--threads", "1", "--no-video"]
    for size, expected in (("65", (65, 43)), ("101x40", (101, 40))):
        answer = call("restyle", "frames", "a red apple", "--size", size, *flags, "-o", size)
        assert answer.code == 0, answer.err
        assert [Image.open(path).size for path in Path(size, "frames").iterdir()] == [expected] * 2

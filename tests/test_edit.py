"""Edits: a part of a picture changes to a prompt and every other byte stays; a text diff changes all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

import vqclip
from vqclip.jobs import text_edit
from vqclip.jobs.background import without
from vqclip.jobs.patches import Picture, soft_mask, with_context
from vqclip.media import images, metadata

QUICK = ("--size", "64x64", "-n", "2", "--candidates", "2", "--cutouts", "2", "--seed", "3", "--threads", "1")


def ramp(width: int = 96, height: int = 80) -> np.ndarray:
    """A smooth picture."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, np.full_like(x, 120)], 2).astype(np.uint8)


@pytest.fixture
def photo() -> Path:
    images.save_png(Path("photo.png"), ramp(), {"Title": "a ramp"})
    return Path("photo.png")


@pytest.fixture
def mask() -> np.ndarray:
    """White in an ellipse, with a grey rim."""
    y, x = np.mgrid[0:80, 0:96]
    away = np.hypot((x - 50) / 24, (y - 40) / 20)
    white = np.where(away < 0.9, 255, np.where(away < 1, 128, 0)).astype(np.uint8)
    images.save_png(Path("mask.png"), white[..., None].repeat(3, 2))
    return white


@pytest.mark.slow
@pytest.mark.option("edit --mask", "edit --output", "edit --size")
def test_black_stays_to_the_byte_and_white_changes_without_a_seam(photo: Path, mask: np.ndarray, call: Any) -> None:
    alpha = np.where(np.arange(96) < 48, 255, 77).astype(np.uint8)
    Image.fromarray(np.dstack([ramp(), np.tile(alpha, (80, 1))])).save("clear.png")
    pictures = []
    for source in ("photo.png", "clear.png"):
        answer = call("edit", source, "a red apple", "--mask", "mask.png", "-o", "out.png", "--json", *QUICK)
        assert answer.code == 0, answer.err
        record = answer.lines[-1]
        assert (record["width"], record["height"], record["seed"], record["image"]) == (96, 80, 3, "out.png")
        before, after = (np.asarray(Image.open(path)) for path in (source, "out.png"))
        assert before.shape == after.shape
        assert np.array_equal(before[mask == 0], after[mask == 0])
        assert (before != after).any(-1)[mask == 255].mean() > 0.5, "the ground beside the apple may stay"
        pictures.append(after)
    assert (pictures[1][..., 3][mask > 0] == 255).all(), "what is drawn shows"
    steps = np.abs(np.diff(pictures[0].astype(int), axis=1)).max(-1)
    border = (mask[:, 1:] > 0) != (mask[:, :-1] > 0)
    assert np.median(steps[border]) <= np.percentile(steps[~border], 95), "no seam"
    call("edit", "photo.png", "a red apple", "--mask", "mask.png", "-o", "again.png", *QUICK)
    assert np.array_equal(pictures[0], np.asarray(Image.open("again.png"))), "the seed decides"


@pytest.mark.slow
@pytest.mark.option("edit --at")
def test_a_part_by_name_of_a_photo_that_is_upright(call: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(ramp()).save("photo.tif", exif=exif)
    upright = np.asarray(Image.fromarray(ramp()).rotate(-90, expand=True))
    where = ("--at", "@top-left", "--at", "right")
    answer = call("edit", "photo.tif", "a red apple", *where, "-o", "out.png", "-q", *QUICK)
    assert (answer.code, answer.out.strip()) == (0, "out.png"), answer.err
    after = images.open_image(Path("out.png"))
    assert after.shape == upright.shape == (96, 80, 3)
    kept = np.zeros((96, 80), bool)
    kept[48:, :40] = True
    assert np.array_equal(after[kept], upright[kept])
    assert (after != upright).any(-1)[~kept].mean() > 0.5, "the ground beside the apple may stay"


@pytest.mark.slow
@pytest.mark.option("edit --strength")
def test_a_strength_below_1_keeps_more_of_what_is_there(photo: Path, mask: np.ndarray, call: Any) -> None:
    found = []
    for own in (("--strength", "0.1"), ("--candidates", "2")):
        command = ("edit", "photo.png", "a lemon", "--mask", "mask.png", *own, "-o", "out.png", "--seed", "3")
        assert call(*command, "--size", "64x64", "-n", "2", "--cutouts", "2").code == 0
        found.append(np.abs(images.open_image(Path("out.png")).astype(int) - ramp())[mask == 255].mean())
    assert found[0] < 0.6 * found[1]


WAYS = {
    (): True,
    ("--strength", "0.6"): False,
    ("--preset", "no-prior"): False,
    ("--style", "poster"): True,
}
"""Options, and whether the change then starts from candidates of the prior."""


@pytest.mark.slow
@pytest.mark.option("edit --from", "edit --to")
@pytest.mark.parametrize("own", WAYS)
def test_a_picture_changes_from_one_text_to_another(photo: Path, call: Any, own: tuple[str, ...]) -> None:
    ways = ("--from", "a cat", "--to", "a lion", "--amount", "0.5")
    answer = call("edit", "photo.png", *ways, *own, "-o", "out.png", "--json", *QUICK[:4], "--seed", "3")
    assert answer.code == 0, answer.err
    assert {"from": "a cat", "to": "a lion", "amount": 0.5}.items() <= answer.lines[-1].items()
    assert any(line["event"] == "priorsamplechosen" for line in answer.lines) is WAYS[own]
    after = images.open_image(Path("out.png"))
    assert after.shape == (80, 96, 3)
    assert (after != ramp()).any(-1).mean() > 0.5
    if "poster" in own:
        assert (after == (244, 233, 205)).all(-1).mean() > 0.05, "the ground of the poster"


APPLE = ("--preset", "draft", "--seed", "1", "--threads", "1", "--device", "cpu", "--dtype", "float32")


@pytest.fixture(scope="module")
def apple(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """A red apple on white, in a wide picture."""
    folder = tmp_path_factory.mktemp("apple")
    how = {"preset": "draft", "seed": 1, "threads": 1, "device": "cpu", "dtype": "float32"}
    drawn = vqclip.draw("a red apple", output=folder / "run", size="72x72", video=False, **how)
    wide = np.full((128, 192, 3), 255, np.uint8)
    wide[40:112, 90:162] = np.asarray(drawn.image)
    return wide


def reds(picture: np.ndarray) -> np.ndarray:
    return np.asarray(picture[..., 0] > picture[..., 1].astype(int) + 80)


@pytest.mark.long
@pytest.mark.option("edit --amount")
def test_an_apple_changes_its_colour_and_keeps_its_form_and_ground(apple: np.ndarray, call: Any) -> None:
    images.save_png(Path("wide.png"), apple)
    pictures = []
    for texts in (("red apple", "green apple"), ("سرخ سیب", "سبز سیب")):
        answer = call("edit", "wide.png", "--from", texts[0], "--to", texts[1], "-o", "out.png", "--json", *APPLE)
        assert answer.code == 0, answer.err
        pictures.append(images.open_image(Path("out.png")))
    assert np.array_equal(*pictures), "Urdu is read as the same English"
    after = pictures[0]
    assert (after[..., 1] > after[..., 0].astype(int) + 30)[reds(apple)].mean() > 0.8
    apples = [picture.min(-1) < 200 for picture in (apple, after)]
    assert (apples[0] & apples[1]).sum() > 0.8 * (apples[0] | apples[1]).sum()
    far = np.asarray(Image.fromarray(apples[0].astype(np.uint8) * 255).filter(ImageFilter.BoxBlur(12))) == 0
    assert np.array_equal(apple[far], after[far]), "the ground"
    low = ("--from", "red apple", "--to", "green apple", "--amount", "0.02")
    call("edit", "wide.png", *low, "-o", "same.png", *APPLE)
    assert reds(images.open_image(Path("same.png")))[reds(apple)].mean() > 0.8, "a low amount keeps the colour"


@pytest.mark.long
def test_what_is_transparent_stays_transparent_around_what_changes(apple: np.ndarray, call: Any) -> None:
    shown = apple.min(-1) < 230
    Image.fromarray(np.dstack([apple, shown.astype(np.uint8) * 255])).save("clear.png")
    answer = call("edit", "clear.png", "--from", "a red apple", "--to", "a green apple", "-o", "out.png", *APPLE)
    assert answer.code == 0, answer.err
    after = np.asarray(Image.open("out.png"))
    assert after.shape == (128, 192, 4)
    green = after[..., 1] > after[..., 0].astype(int) + 30
    assert (after[..., 3] > 0)[green].all()
    white = (after[..., :3].min(-1) > 250) & ~shown
    assert (after[..., 3] == 0)[white].mean() > 0.98, "no white rim"


@pytest.mark.slow
def test_a_picture_that_nothing_changes_is_said(call: Any) -> None:
    images.save_png(Path("white.png"), np.full((64, 64, 3), 255, np.uint8))
    ways = ("--from", "a glorp", "--to", "a white cat", "--amount", "0")
    answer = call("edit", "white.png", *ways, "-o", "out.png", *QUICK[:4], "--seed", "3")
    assert "did not change" in answer.err
    assert "none of the words of 'a glorp'" in answer.err


def test_a_thin_picture_takes_no_square_of_its_length() -> None:
    scene = np.random.default_rng(0).integers(0, 200, (16, 40_000, 3), dtype=np.uint8)
    frame = text_edit.Frame.around(scene)
    assert frame.narrow
    assert frame.cut(scene, 64).shape == (64, 64, 3)


def test_what_changes_is_taken_and_the_ground_stays() -> None:
    before = np.full((256, 256, 3), 200, np.uint8)
    before[:, 128:] = 90
    after = before.copy()
    after[:, 128] = 145
    after[160:220, 32:96] = (255, 0, 0)
    cover = text_edit.changed(before, after)
    assert cover.shape == (256, 256)
    assert (cover[160:220, 32:96] == 1).all()
    assert (cover[:130] == 0).all(), "a blurred edge"
    assert 0 < cover.mean() < 0.2
    grey, white = (np.full((64, 64, 3), level, np.uint8) for level in (232, 255))
    assert not text_edit.changed(grey, white).any(), "both are white ground"


@pytest.mark.parametrize("size", [(50, 90), (90, 50), (60, 60), (300, 700), (1200, 900)])
def test_a_square_is_put_around_a_thing_on_white_or_the_whole_picture(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    scene = rng.integers(0, 200, (*size, 3), dtype=np.uint8)
    frame = text_edit.Frame.around(scene)
    square = frame.cut(scene, max(size))
    assert square.shape == (max(size), max(size), 3)
    assert np.array_equal(scene[frame.box], scene)
    assert np.array_equal(frame.inner(square), scene)
    assert np.array_equal(square[0, -1], scene[0, -1]), "edges fill the corners"

    white = np.full((*size, 3), 255, np.uint8)
    white[5:35, 10:30] = white[12, 10:42] = (0, 0, 255)
    frame = text_edit.Frame.around(white)
    assert (white[frame.box] == (0, 0, 255)).all(-1).sum() == 30 * 20 + 12, "all of it, thin lines too"
    assert frame.side <= 36 + 4 * max(1, max(size) / 256)
    assert frame.cut(white, 64).shape == (64, 64, 3)
    assert text_edit.Frame.around(white, whole=True).shape == size
    assert text_edit.Frame.around(np.full((*size, 3), 255, np.uint8)).shape == size


def test_the_target_turns_from_the_picture_towards_the_difference(pair: Any) -> None:
    clip = pair[1]("a cat")[0].perceptor
    ends = torch.stack([text_edit.turned(clip, ramp(), "a cat", "a lion", share)[0] for share in (0.0, 0.35, 1.0)])
    before, after = clip.encode_text(["a cat", "a lion"])
    way = torch.nn.functional.normalize(after - before, dim=0)
    assert torch.allclose(ends @ way, torch.cat([ends[:1] @ way, (ends[1] @ way)[None], torch.ones(1)]), atol=1e-5)
    turned, whole = (torch.acos((ends[0] @ end).clamp(-1, 1)) for end in ends[1:])
    assert turned / whole == pytest.approx(0.35, abs=0.01)
    assert ends.norm(dim=1) == pytest.approx(1, abs=1e-5)


def test_texts_that_are_too_long_are_left_out_with_a_warning() -> None:
    images.save_png(Path("long.png"), ramp(), {"Title": "a ramp", "Workflow": "x" * 300_000})
    picture = Picture.load(Path("long.png"))
    assert picture.texts == {"Title": "a ramp"}
    assert ["does not keep 1 of the texts in long.png" in line for line in picture.warnings] == [True]
    picture.save(Path("edited.png"), {"command": "edit"}, "full")
    with Image.open("edited.png") as image:
        assert "Workflow" not in image.text


def test_what_was_done_is_kept_in_the_png(photo: Path) -> None:
    picture = Picture.load(photo)
    picture.save(Path("one.png"), {"command": "edit", "mask": "/home/me/mask.png"}, "full")
    Picture.load(Path("one.png")).save(Path("two.png"), {"command": "outpaint"}, "full")
    assert metadata.read_metadata(Path("two.png"))["edited"] == {
        "command": "outpaint",
        "after": {"command": "edit", "mask": "mask.png"},
    }
    assert metadata.texts_of(Path("two.png"), pytest.fail)["Title"] == "a ramp"
    picture.save(Path("none.png"), {"command": "edit"}, "none")
    assert metadata.texts_of(Path("none.png"), pytest.fail) == {}
    picture.save(Path("minimal.png"), {"command": "edit"}, "minimal")
    found = metadata.read_metadata(Path("minimal.png"))
    assert found["digital_source_type"] == metadata.COMPOSITE_TYPE
    assert "edited" not in found


def test_a_picture_of_16_bits_is_said_to_lose_some() -> None:
    Image.fromarray(np.full((32, 32), 30000, np.uint16)).save("deep.png")
    assert "8 bits" in Picture.load(Path("deep.png")).warnings[0]


def test_the_ground_flows_into_what_is_cleared() -> None:
    pixels = np.full((64, 64, 3), 250, np.uint8)
    pixels[20:44, 14:62] = (200, 30, 30)
    white = np.zeros((64, 64), np.float32)
    white[8:56, 22:64] = 1
    cleared = without(pixels, white)
    assert np.array_equal(cleared[white == 0], pixels[white == 0])
    assert np.abs(cleared[28:36, 42:50].astype(int) - 250).max() < 20, "the ground, not the mean of both"
    assert np.abs(cleared[30, 22].astype(int) - pixels[30, 21]).max() < 60, "no step at the edge"
    assert (without(pixels, np.ones((64, 64), np.float32)) == 255).all()


def test_a_thing_that_the_white_only_cuts_off_stays_whole() -> None:
    pixels = np.full((64, 64, 3), 250, np.uint8)
    pixels[20:60, 10:60] = (200, 30, 30)
    pixels[8:14, 6:12] = (20, 120, 20)
    white = np.zeros((64, 64), np.float32)
    white[:32, :32] = 1
    cleared = without(pixels, white)
    assert np.array_equal(cleared[22:], pixels[22:])
    assert np.array_equal(cleared[24:32, 12:32], pixels[24:32, 12:32]), "a part of it is white"
    assert np.abs(cleared[9:13, 7:11].astype(int) - 250).max() < 10, "all of it is white"


def test_soft_edges_are_within_the_white_and_leave_a_middle() -> None:
    white = np.zeros((40, 40), np.float32)
    white[10:18, 10:30] = 1
    soft = soft_mask(white, 50)
    assert (soft[white == 0] == 0).all()
    assert (soft[white == 1] > 0).all()
    assert soft.max() == 1
    rows, columns = with_context(white)
    assert (rows, columns) == (slice(0, 34), slice(0, 40))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["none.png", "a cat", "--at", "left"], 4, "none.png: there is no such file"),
        (["none.png"], 4, "none.png: there is no such file"),
        (["photo.png", "a cat", "--mask", "none.png"], 4, "none.png"),
        (["photo.png", "a cat", "--mask", "small.png"], 4, "has 32x32 pixels, the picture 96x80"),
        (["photo.png", "a cat", "--mask", "black.png"], 4, "black everywhere"),
        (["photo.png", "a cat"], 2, "the part to change is missing"),
        (["photo.png", "--at", "left"], 2, "there is no prompt"),
        (["photo.png", "a cat", "--at", "lefft"], 2, "'lefft' is not a part of a picture. Valid: @left, @right"),
        (["photo.png", "a cat", "--at", "left", "--mask", "black.png"], 2, "--at cannot be used with a mask"),
        (["photo.png", "--from", "a cat"], 2, "--from has no effect without --to"),
        (["photo.png", "--to", "a cat"], 2, "--to has no effect without --from"),
        (["photo.png", "--from", " ", "--to", "a cat"], 2, "--from is empty"),
        (["photo.png", "a dog", "--from", "a cat", "--to", "a lion"], 2, "change the whole picture"),
        (["photo.png", "a cat", "--at", "left", "--amount", "0.3"], 2, "--amount has no effect"),
        (["photo.png", "a cat", "--at", "left", "--strength", "2"], 2, "strength is 2. Valid: 0 to 1"),
        (["photo.png", "a cat", "--at", "left", "--strength", "nan"], 2, "strength is nan"),
        (["photo.png", "a cat @left", "--at", "left"], 2, "names a part of the picture"),
        (["tiny.png", "a cat", "--at", "left"], 4, "has 8x8 pixels. Give a picture of 16x16 pixels or more"),
        (["photo.png", "a cat", "--at", "left", "-o", "folder.png"], 5, "folder.png"),
        (["photo.png", "a cat", "--at", "left", "-o", "out.jpg"], 2, "out.jpg is not a PNG file"),
        (["photo.png", "a cat", "--at", "left", "-o", "photo.png"], 5, "is an input of this command"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_line(
    photo: Path, call: Any, arguments: list[str], code: int, words: str
) -> None:
    for name, level, side in (("small.png", 255, 32), ("tiny.png", 9, 8)):
        images.save_png(Path(name), np.full((side, side, 3), level, np.uint8))
    images.save_png(Path("black.png"), np.zeros((80, 96, 3), np.uint8))
    Path("folder.png").mkdir()
    before = photo.read_bytes()
    output = () if "-o" in arguments else ("-o", "out.png")
    answer = call("edit", *arguments, *output)
    assert answer.code == code, answer.err
    assert words in answer.err.replace("\n", " ")
    assert answer.err.count("error:") == 1
    assert photo.read_bytes() == before
    assert not Path("out.png").exists()
    as_json = json.loads(call("edit", *arguments, *output, "--json").out)
    assert as_json["exit_code"] == code

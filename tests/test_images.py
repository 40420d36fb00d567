"""Foreign pictures read safely, and pictures written."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import threading
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo, putchunk

from vqclip import picture_files
from vqclip.errors import InputError
from vqclip.media import images


def picture(width: int = 24, height: int = 20) -> images.Pixels:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 10 % 256, y * 12 % 256, (x + y) * 5 % 256], axis=2).astype(np.uint8)


def bare_png(path: Path, width: int, height: int) -> None:
    """Write a PNG that only claims its size."""
    with path.open("wb") as handle:
        handle.write(b"\x89PNG\r\n\x1a\n")
        header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
        putchunk(handle, b"IHDR", header)
        putchunk(handle, b"IDAT", zlib.compress(bytes(100)))
        putchunk(handle, b"IEND", b"")


def test_a_png_comes_back_exactly_with_its_texts(isolated: Path) -> None:
    path = isolated / "a.png"
    texts = {"vqclip": '{"a":1}', "parameters": "日本 🐱 שלום\nSteps: 1", images.XMP_KEY: "<x/>"}
    images.save_png(path, picture(), texts)
    assert (images.open_image(path) == picture()).all()
    with Image.open(path) as image:
        assert {key: str(value) for key, value in image.info.items() if key in texts} == texts
    first = path.read_bytes()
    images.save_png(path, picture(), texts)
    assert path.read_bytes() == first
    assert [entry.name for entry in isolated.iterdir()] == ["a.png"]


@pytest.mark.parametrize("kind", ["truncated", "text", "empty", "folder", "missing", "html", "eps"])
def test_fault_17_what_is_not_a_picture_is_an_input_error(isolated: Path, kind: str) -> None:
    path = isolated / "in.jpg"
    words = "not a picture in a known format"
    if kind == "truncated":
        Image.fromarray(picture(200, 200)).save(path, quality=95)
        path.write_bytes(path.read_bytes()[:3000])
        words = "damaged or cut short"
    elif kind == "empty":
        path.touch()
        words = "0 bytes"
    elif kind == "folder":
        path.mkdir()
        words = "a folder"
    elif kind == "missing":
        words = "no such file"
    else:
        heads = {
            "text": b"hello",
            "html": b"<!doctype html>",
            "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        }
        path.write_bytes(heads[kind])
    with pytest.raises(InputError, match=words) as caught:
        images.open_image(path)
    assert "in.jpg" in caught.value.message
    assert caught.value.exit_code == 4
    assert caught.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_fault_17_a_pipe_or_device_is_refused_without_waiting(isolated: Path) -> None:
    os.mkfifo(isolated / "pipe.png")
    code = (
        "import sys, pathlib\nfrom vqclip.media import images\nfrom vqclip.errors import InputError\n"
        "for p in sys.argv[1:]:\n"
        "    try: images.open_image(pathlib.Path(p))\n"
        "    except InputError as e: print(e)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "pipe.png", "/dev/zero", "/dev/null"],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout.count("it is a pipe, not a file") == 1
    assert done.stdout.count("it is a device or socket, not a file") == 2


@pytest.mark.parametrize("size", [(100_000, 100_000), (12_000, 10_000), (2**31 - 1, 2**31 - 1)])
def test_fault_18_a_decompression_bomb_is_refused_before_decode(isolated: Path, size: tuple[int, int]) -> None:
    bare_png(isolated / "bomb.png", *size)
    with pytest.raises(InputError, match=r"bomb\.png: more than 64 million pixels") as caught:
        images.open_image(isolated / "bomb.png")
    assert caught.value.hint == "Give a smaller picture."


@pytest.mark.slow
def test_fault_18_pillows_own_limit_is_left_alone(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images.save_png(isolated / "a.png", picture(20, 20))
    before, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    monkeypatch.setattr(picture_files, "MAX_PIXELS", 399)
    with pytest.raises(InputError, match="20x20"):
        images.open_image(isolated / "a.png")
    monkeypatch.setattr(picture_files, "MAX_PIXELS", 400)
    assert images.open_image(isolated / "a.png").shape == (20, 20, 3)
    assert (before, filters) == (Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    bare_png(isolated / "b.png", 20_000, 20_000)
    monkeypatch.setattr(picture_files, "MAX_PIXELS", 10**9)
    with pytest.raises(InputError, match="damaged or cut short"):
        images.open_image(isolated / "b.png")


def test_fault_18_threads_read_at_once_and_each_refuses_a_bomb(
    isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        images.save_png(isolated / f"{number}.png", picture(20, 20 + number))
    bare_png(isolated / "bomb.png", 12_000, 10_000)
    # The size of an icon is checked by Pillow, once it has found the picture inside.
    inside = io.BytesIO()
    Image.new("1", (12_000, 12_000)).save(inside, format="PNG")
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inside.getvalue()), 22)
    (isolated / "bomb.ico").write_bytes(struct.pack("<HHH", 0, 1, 1) + entry + inside.getvalue())
    before, filters = Image.MAX_IMAGE_PIXELS, list(warnings.filters)
    all_here = threading.Barrier(4)
    decode = images._to_rgb

    def slowly(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
        if image.height < 24:
            all_here.wait(30)  # four are in it at once, or this is never passed
        return decode(image, background)

    monkeypatch.setattr(images, "_to_rgb", slowly)

    def read(name: str) -> object:
        try:
            return images.open_image(isolated / name).shape
        except InputError as error:
            return error.message.partition(": ")[2][:29]

    names = [*(f"{number}.png" for number in range(6)), *["bomb.png", "bomb.ico"] * 3]
    with ThreadPoolExecutor(4) as crew:
        found = list(crew.map(read, names))
    assert found[:6] == [(20 + number, 20, 3) for number in range(6)]
    assert found[6:] == ["more than 64 million pixels ("] * 6
    assert (before, filters) == (Image.MAX_IMAGE_PIXELS, list(warnings.filters))


def test_fault_19_a_text_bomb_is_an_input_error(isolated: Path) -> None:
    info = PngInfo()
    info.add_text("comment", "x" * 70_000_000, zip=True)
    Image.fromarray(picture()).save(isolated / "text.png", pnginfo=info)
    assert (isolated / "text.png").stat().st_size < 200_000
    with pytest.raises(InputError, match=r"text\.png"):
        images.open_image(isolated / "text.png")


@pytest.mark.parametrize(
    ("mode", "suffix", "pixel", "expected"),
    [
        ("RGBA", "png", (255, 0, 0, 0), (0, 255, 0)),
        ("RGBA", "png", (255, 0, 0, 51), (51, 204, 0)),
        ("LA", "png", (0, 51), (0, 204, 0)),
        ("L", "png", 77, (77, 77, 77)),
        ("1", "png", 1, (255, 255, 255)),
        ("I;16", "png", 0x8080, (128, 128, 128)),
        ("I", "tiff", 65535, (255, 255, 255)),
        ("F", "tiff", 0.5, (128, 128, 128)),
        ("F", "tiff", 200.0, (200, 200, 200)),
        ("CMYK", "tiff", (0, 255, 255, 0), (255, 0, 0)),
        ("YCbCr", "tiff", (255, 128, 128), (255, 255, 255)),
    ],
)
def test_fault_20_every_mode_becomes_rgb(
    isolated: Path, mode: str, suffix: str, pixel: float | tuple[float, ...], expected: tuple[int, int, int]
) -> None:
    path = isolated / f"in.{suffix}"
    Image.new(mode, (4, 3), pixel).save(path)
    got = images.open_image(path, background=(0, 255, 0))
    assert got.dtype == np.uint8
    assert got.shape == (3, 4, 3)
    assert np.abs(got.astype(int) - expected).max() <= 1


def test_fault_20_palettes_keep_their_transparency(isolated: Path) -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    palette.save(isolated / "p.png", transparency=1)
    assert images.open_image(isolated / "p.png", background=(9, 9, 9)).tolist() == [[[255, 0, 0], [9, 9, 9]]]
    Image.new("RGB", (2, 1), (1, 2, 3)).save(isolated / "t.png", transparency=(1, 2, 3))
    assert images.open_image(isolated / "t.png").tolist() == [[[255, 255, 255]] * 2]


def test_fault_20_exif_turns_the_picture_upright(isolated: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(24, 20)).save(isolated / "turned.png", exif=exif)
    got = images.open_image(isolated / "turned.png")
    assert got.shape == (24, 20, 3)
    assert (got == np.rot90(picture(24, 20), -1)).all()


def linear_grey_profile() -> bytes:
    """A profile of grey with a straight curve."""
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, 256) + bytes(2)
    tags = struct.pack(">I", 2) + b"wtpt" + struct.pack(">II", 156, 20) + b"kTRC" + struct.pack(">II", 176, 16)
    body = tags + white + curve
    head = struct.pack(">I4sI4s4s4s", 128 + len(body), bytes(4), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head = head.ljust(36, bytes(1)) + b"acsp"
    illuminant = struct.pack(">3i", 63190, 65536, 54061)
    return (head.ljust(68, bytes(1)) + illuminant).ljust(128, bytes(1)) + body


@pytest.mark.parametrize("mode", ["L", "LA", "I;16"])
def test_a_profile_of_grey_holds_with_opacity_and_16_bits_too(isolated: Path, mode: str) -> None:
    colour = {"L": 128, "LA": (128, 255), "I;16": 128 * 257}[mode]
    picture = Image.new(mode, (2, 1), colour)
    if mode == "LA":
        picture.putpixel((1, 0), (0, 0))
    picture.save("a.png", icc_profile=linear_grey_profile())
    assert abs(int(images.open_image(Path("a.png"))[0, 0, 0]) - 188) <= 2, "linear 0.5 is 188 in sRGB"
    if mode == "LA":
        assert abs(int(images.open_layer(Path("a.png"))[0][0, 0, 0]) - 188) <= 2


def test_fault_20_a_colour_profile_is_applied_and_a_damaged_one_ignored(isolated: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"swap").replace(b"gXYZ", b"rXYZ").replace(b"swap", b"gXYZ")
    Image.new("RGBA", (1, 1), (255, 0, 0, 255)).save(isolated / "swapped.png", icc_profile=swapped)
    assert images.open_image(isolated / "swapped.png").tolist() == [[[0, 255, 0]]]
    Image.fromarray(picture()).save(isolated / "srgb.png", icc_profile=srgb)
    Image.fromarray(picture()).save(isolated / "bad.png", icc_profile=b"not a profile")
    assert np.abs(images.open_image(isolated / "srgb.png").astype(int) - picture()).max() <= 1
    assert (images.open_image(isolated / "bad.png") == picture()).all()


def test_fault_20_an_animation_gives_its_first_frame_and_a_warning(isolated: Path) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    frames[0].save(isolated / "a.gif", save_all=True, append_images=frames[1:])
    heard: list[str] = []
    got = images.open_image(isolated / "a.gif", warn=heard.append)
    assert got[0, 0].tolist() == [255, 0, 0]
    assert len(heard) == 1
    assert "2 frames" in heard[0]


@pytest.mark.parametrize("size", [(1, 1), (1, 10_000)])
def test_fault_21_extreme_shapes_are_resized_with_a_warning(isolated: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size, (10, 20, 30)).save(isolated / "thin.png")
    heard: list[str] = []
    image = images.open_image(isolated / "thin.png", warn=heard.append)
    assert f"{size[0]}x{size[1]}" in heard[0]
    assert (images.resize(image, 32, 16) == (10, 20, 30)).all()
    assert images.resize(image, 32, 16).shape == (16, 32, 3)


def test_fault_22_masks_are_resized_read_by_brightness_and_never_empty(isolated: Path) -> None:
    half = np.zeros((4, 4, 3), np.uint8)
    half[:, 2:] = (255, 0, 0)
    images.save_png(isolated / "half.png", half)
    heard: list[str] = []
    mask = images.open_mask(isolated / "half.png", 8, 6, warn=heard.append)
    assert mask.shape == (6, 8)
    assert mask.dtype == np.float32
    assert (mask[:, :4] == 0).all()
    assert np.allclose(mask[:, 4:], 76 / 255)
    assert len(heard) == 2
    images.save_png(isolated / "black.png", np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(InputError, match=r"black\.png is black everywhere, so nothing may change"):
        images.open_mask(isolated / "black.png", 4, 4)


def test_to_uint8_rounds_clamps_and_takes_tensors() -> None:
    import torch

    levels = np.arange(256, dtype=np.float32) / 255
    image = np.stack([levels.reshape(16, 16)] * 3)
    assert (images.to_uint8(image)[..., 0].ravel() == np.arange(256)).all()
    assert (images.to_uint8(torch.tensor(image, requires_grad=True)) == images.to_uint8(image)).all()
    odd = np.array([-1.0, 2.0, np.nan]).reshape(3, 1, 1)
    assert images.to_uint8(odd).tolist() == [[[0, 255, 0]]]
    assert images.to_uint8(torch.full((3, 1, 1), 0.5, dtype=torch.bfloat16)).tolist() == [[[128] * 3]]
    with pytest.raises(ValueError, match="3, H, W"):
        images.to_uint8(np.zeros((1, 3, 4, 4)))


def test_contact_sheet_keeps_pictures_whole_and_labels_apart() -> None:
    pictures = [np.full((40, 120, 3), 60 * n, np.uint8) for n in range(3)]
    long = "a very long label that has to be wrapped " * 10
    sheet = np.asarray(images.contact_sheet(pictures, ["first", long, "x" * 500], 2))
    assert sheet.shape[1] == 8 + 2 * 128
    for index, picture_ in enumerate(pictures):
        level = int(picture_[0, 0, 0])
        assert int((sheet == level).all(axis=2).sum()) >= 40 * 120, index
    # The gap between the columns and the strip above the second row stay white: no label crosses them.
    assert (sheet[:, 128:136] == 255).all()
    dark = np.asarray((sheet < 128).any(axis=2))
    assert dark[48:60, 8:128].any()
    assert dark[48:60, 136:256].any()
    single = np.asarray(images.contact_sheet(pictures[:1], [""], 5))
    assert single.shape[1] == 136
    with pytest.raises(ValueError, match="1 labels"):
        images.contact_sheet(pictures, ["one"], 2)


def test_images_imports_no_torch() -> None:
    code = "import sys, vqclip.media.images; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

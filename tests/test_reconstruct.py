"""encode, decode and reconstruct: the tokens of a picture, what they cost, and which files are refused."""

from __future__ import annotations

import io
import json
import math
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from vqclip.errors import InputError
from vqclip.files import data_path
from vqclip.media import token_grids
from vqclip.media.token_grids import TokenGrid

FAST = ["--threads", "1", "--dtype", "float32"]


@pytest.fixture
def apple(isolated: Path) -> Path:
    """A red disc on white, 70x50 pixels: not a whole number of tokens."""
    image = Image.new("RGB", (70, 50), "white")
    ImageDraw.Draw(image).ellipse((20, 8, 52, 40), fill="red")
    image.save("apple.png")
    return Path("apple.png")


def grid_of(tokens: Any, n_embed: int = 8, factor: int = 8) -> TokenGrid:
    return TokenGrid(np.array(tokens, dtype=np.int64), n_embed, factor, "tiny", "0" * 64)


@pytest.mark.option("encode --output", "decode --output", "reconstruct --output")
def test_decode_of_encode_is_reconstruct_to_the_byte(call: Any, apple: Path) -> None:
    encoded = call("encode", str(apple), "-o", "apple.npz", *FAST)
    assert (encoded.code, encoded.out) == (0, "apple.npz\n")
    assert call("decode", "apple.npz", "-o", "decoded.png", *FAST).out == "decoded.png\n"
    report = call("reconstruct", str(apple), "-o", "back.png", "--json", *FAST).record
    assert Path("decoded.png").read_bytes() == Path("back.png").read_bytes()
    assert Image.open("back.png").size == (report["width"], report["height"]) == (70, 50)


def test_the_tokens_are_those_of_the_networks(call: Any, apple: Path, pair: Any) -> None:
    import torch

    vqgan, _ = pair
    small = Image.open(apple).resize((64, 48))
    small.save("small.png")
    call("encode", "small.png", *FAST)
    image = torch.from_numpy(np.array(small)).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        expected = vqgan.indices(vqgan.encode(image))[0].numpy()
    found = np.load("tokens.npz", allow_pickle=False)
    assert np.array_equal(found["tokens"], expected)
    assert int(found["n_embed"]) == vqgan.n_embed
    assert found["tokens"].dtype.itemsize <= 2, "as small as the codebook allows"


def test_equal_pictures_give_equal_files_and_size_is_obeyed(call: Any, apple: Path) -> None:
    for name in ("a.npz", "b.npz"):
        call("encode", str(apple), "-o", name, "--size", "32x64", *FAST)
    assert Path("a.npz").read_bytes() == Path("b.npz").read_bytes()
    grid = token_grids.load(Path("a.npz"))
    assert (grid.width, grid.height) == (32, 64)


def test_the_numbers_are_those_of_the_definitions(call: Any, apple: Path) -> None:
    report = call("reconstruct", str(apple), "-o", "back.png", "--size", "64x48", "--json", *FAST).record
    call("encode", str(apple), "--size", "64x48", *FAST)
    tokens = np.load("tokens.npz")
    assert report["tokens"] == report["columns"] * report["rows"] == tokens["tokens"].size
    assert report["bits_per_pixel"] == pytest.approx(
        tokens["tokens"].size * math.log2(int(tokens["n_embed"])) / (64 * 48)
    )
    assert report["psnr"] == pytest.approx(-10 * math.log10(report["mse"]))
    assert 0 < report["entropy_bits_per_pixel"] <= report["bits_per_pixel"]
    same = call("reconstruct", "back.png", "-o", "again.png", "--json", *FAST).record
    first, second = (np.asarray(Image.open(name), dtype=np.float64) / 255 for name in ("back.png", "again.png"))
    assert same["mse"] == pytest.approx(float(((first - second) ** 2).mean()), abs=1e-12)


def test_the_note_says_bits_and_error(call: Any, apple: Path) -> None:
    err = call("reconstruct", str(apple), "-o", "back.png", *FAST).err
    assert "bits per pixel; MSE 0.0" in err
    assert " dB" in err


@pytest.mark.slow
@pytest.mark.option("vqgan_config")
def test_a_checkpoint_alone_is_read_by_the_configuration_that_is_named(call: Any, apple: Path, small: Any) -> None:
    own = data_path("checkpoints")
    Path("bare.safetensors").write_bytes((own / "tiny_vqgan.safetensors").read_bytes())
    right = (own / "tiny_vqgan.yaml").read_text(encoding="utf-8")
    Path("right.yaml").write_text(right)
    Path("wrong.yaml").write_text(re.sub(r"n_embed: \d+", "n_embed: 7", right))
    named = ["--vqgan", "bare.safetensors", "--vqgan-config"]
    assert call("reconstruct", str(apple), "-o", "tiny.png", *FAST).code == 0
    assert call("reconstruct", str(apple), "-o", "bare.png", *named[:2], *FAST).code == 3
    assert call("reconstruct", str(apple), "-o", "bare.png", *named, "right.yaml", *FAST).code == 0
    assert Path("bare.png").read_bytes() == Path("tiny.png").read_bytes()
    refused = call("reconstruct", str(apple), "-o", "bad.png", *named, "wrong.yaml", *FAST)
    assert (refused.code, "says 7 codes, the checkpoint has" in refused.err) == (3, True), refused.err
    assert call("encode", str(apple), *named, "right.yaml", *FAST).code == 0
    assert call("decode", "tokens.npz", *named, "right.yaml", *FAST).code == 0
    assert Path("decoded.png").read_bytes() == Path("tiny.png").read_bytes()
    # Of one preset: a VQGAN in a file would not begin with that of the built-in one.
    wanted = small | {"iterations": 1, "preset": "normal"}
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in wanted.items()]
    for name, which in (("a", []), ("b", [*named, "right.yaml"])):
        assert call("generate", "an apple", "--seed=1", *flags, *which, "-o", name).code == 0
    assert np.array_equal(*(np.asarray(Image.open(f"{name}/image.png")) for name in ("a", "b")))


def test_entropy_of_known_grids() -> None:
    assert grid_of([[3, 3], [3, 3]]).entropy_bits == 0
    assert grid_of([[0, 1], [2, 3]]).entropy_bits == pytest.approx(4 * 2)
    assert grid_of([[0, 1], [2, 3]]).bits == pytest.approx(4 * 3)


def test_a_grid_comes_back_as_it_was(isolated: Path) -> None:
    grid = grid_of([[0, 7, 300]], n_embed=301, factor=16)
    token_grids.save(Path("x.npz"), grid)
    found = token_grids.load(Path("x.npz"))
    assert np.array_equal(found.tokens, grid.tokens)
    assert (found.n_embed, found.factor, found.vqgan, found.sha256) == (301, 16, "tiny", "0" * 64)


def test_tokens_of_another_vqgan_are_refused(call: Any, apple: Path) -> None:
    call("encode", str(apple), *FAST)
    grid = token_grids.load(Path("tokens.npz"))
    other = TokenGrid(grid.tokens, grid.n_embed, grid.factor, "imagenet-1024", "f" * 64)
    token_grids.save(Path("other.npz"), other)
    answer = call("decode", "other.npz", *FAST)
    assert answer.code == 3
    assert "--vqgan imagenet-1024" in answer.err
    claimed = TokenGrid(grid.tokens, grid.n_embed * 4, grid.factor, grid.vqgan, grid.sha256)
    token_grids.save(Path("claimed.npz"), claimed)
    assert call("decode", "claimed.npz", *FAST).code == 4
    assert not Path("decoded.png").exists()


def npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


GOOD = {"tokens": np.zeros((2, 2), np.uint8), "n_embed": 4, "factor": 8, "vqgan": "tiny", "sha256": "0" * 64}


def lying_header(shape: str) -> bytes:
    """An .npz whose tokens claim a shape that their bytes do not have."""
    good, out = zipfile.ZipFile(io.BytesIO(npz(**GOOD))), io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in good.namelist():
            data = good.read(name)
            if name == "tokens.npy":
                text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}"
                data = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode() + b"\0\0\0\0"
            archive.writestr(name, data)
    return out.getvalue()


BAD = {
    "no zip": b"hello",
    "empty zip": npz(),
    "no codebook": npz(tokens=GOOD["tokens"]),
    "a pickle": npz(**{**GOOD, "tokens": np.array([[{}]], dtype=object)}),
    "floats": npz(**{**GOOD, "tokens": np.zeros((2, 2))}),
    "three dimensions": npz(**{**GOOD, "tokens": np.zeros((2, 2, 2), np.uint8)}),
    "no tokens": npz(**{**GOOD, "tokens": np.zeros((0, 2), np.uint8)}),
    "a token too large": npz(**{**GOOD, "tokens": np.full((2, 2), 4, np.uint8)}),
    "a negative token": npz(**{**GOOD, "tokens": np.full((2, 2), -1, np.int8)}),
    "a huge claim": lying_header("(1000000, 1000000)"),
    "not a header": lying_header("__import__('os')"),
    "a long text": npz(**{**GOOD, "vqgan": "x" * 5000}),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_no_grid_is_refused_by_name(isolated: Path, what: str) -> None:
    Path("odd.npz").write_bytes(BAD[what])
    with pytest.raises(InputError, match=r"odd\.npz"):
        token_grids.load(Path("odd.npz"))


def test_the_good_one_among_the_bad_is_read(isolated: Path) -> None:
    Path("good.npz").write_bytes(npz(**GOOD))
    assert token_grids.load(Path("good.npz")).width == 16
    Path("good.npz").write_bytes(lying_header("(2, 2)"))
    assert token_grids.load(Path("good.npz")).height == 16


@pytest.mark.slow
def test_bad_input_is_refused_before_torch_is_imported(apple: Path) -> None:
    Path("odd.npz").write_bytes(b"odd")
    calls = [
        (["encode", "nowhere.png"], 4),
        (["encode", str(apple), "-o", "tokens.png"], 2),
        (["encode", str(apple), "--size", "3"], 2),
        (["decode", "nowhere.npz"], 4),
        (["decode", str(apple)], 2),
        (["decode", "odd.npz"], 4),
        (["decode", "odd.npz", "-o", "x.jpg"], 2),
        (["decode", "odd.npz", "--vqgan", "nowhere.ckpt"], 3),
    ]
    probe = (
        "import sys, json, vqclip.cli as c\n"
        f"codes = [c._run(a) for a in {[a for a, _ in calls]!r}]\n"
        "print(json.dumps([codes, sorted({'torch', 'open_clip', 'torchvision'} & set(sys.modules))]))"
    )
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=100)
    assert json.loads(told.stdout.splitlines()[-1]) == [[code for _, code in calls], []]
    assert sorted(path.name for path in Path().iterdir()) == ["apple.png", "odd.npz"]

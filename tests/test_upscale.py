"""Larger copies of pictures: Lanczos, networks in the layout of Real-ESRGAN's files, tiles, and what a PNG says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from vqclip.jobs import upscale
from vqclip.media import images, metadata
from vqclip.settings.schema import Settings


@pytest.fixture
def source() -> Path:
    """A soft picture of 48x36 pixels with the texts of a run."""
    small = np.random.default_rng(1).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    settings = Settings(prompt="a red apple", seed=7)
    texts = metadata.describe(settings.to_dict(), [("a red apple", 1.0)], 7, 4, (48, 36), {"tiny": "0" * 64}, {})
    images.save_png(Path("source.png"), images.resize(small, 48, 36), texts)
    return Path("source.png")


def rrdb(seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights of the smallest RRDBNet, with the names that Real-ESRGAN's files have; 4 times as large."""
    generator, state = torch.Generator().manual_seed(seed), {}

    def convolution(name: str, inner: int, outer: int) -> None:
        state[f"{name}.weight"] = torch.randn(outer, inner, 3, 3, generator=generator) * 0.2 / inner**0.5
        state[f"{name}.bias"] = torch.randn(outer, generator=generator) * 0.05

    convolution("conv_first", 3, 8)
    for block in range(1, 4):
        for number in range(1, 6):
            convolution(f"body.0.rdb{block}.conv{number}", 8 + 32 * (number - 1), 8 if number == 5 else 32)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        convolution(name, 8, 8)
    convolution("conv_last", 8, 3)
    return state


def compact(scale: int = 2) -> dict[str, torch.Tensor]:
    """Random weights of Real-ESRGAN's SRVGGNetCompact with two inner layers."""
    generator, state = torch.Generator().manual_seed(3), {}
    widths = [(3, 8), (8, 8), (8, 8), (8, 3 * scale**2)]
    for number, (inner, outer) in enumerate(widths):
        state[f"body.{2 * number}.weight"] = torch.randn(outer, inner, 3, 3, generator=generator) * 0.1
        state[f"body.{2 * number}.bias"] = torch.zeros(outer)
        if number < len(widths) - 1:
            state[f"body.{2 * number + 1}.weight"] = torch.full((8,), 0.25)
    return state


@pytest.mark.option("upscale --output", "upscale --factor")
@pytest.mark.parametrize("factor", [2, 3, 8])
def test_lanczos_is_always_there(source: Path, call: Any, factor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    answer = call("upscale", str(source), "--factor", str(factor), "-o", "large.png", "--json")
    assert answer.code == 0, answer.err
    (record,) = answer.lines
    assert (record["width"], record["height"], record["method"]) == (48 * factor, 36 * factor, "lanczos")
    with Image.open(source) as small, Image.open("large.png") as large:
        expected = small.convert("RGB").resize((48 * factor, 36 * factor), Image.Resampling.LANCZOS)
        assert np.array_equal(np.asarray(large), np.asarray(expected))


def test_the_picture_goes_beside_its_source_and_twice_as_large_when_nothing_else_is_said(
    source: Path, call: Any
) -> None:
    answer = call("upscale", str(source))
    assert (answer.code, answer.out.strip()) == (0, "source-x2.png")
    assert images.open_image(Path("source-x2.png")).shape == (72, 96, 3)


@pytest.mark.option("upscale --model")
def test_a_network_of_real_esrgans_layout_upscales(source: Path, call: Any) -> None:
    torch.save({"params_ema": rrdb()}, "esrgan.pth")
    answer = call("upscale", str(source), "--model", "esrgan.pth", "-o", "large.png", "--device", "cpu", "--json")
    assert answer.code == 0, answer.err
    record = answer.lines[-1]
    assert (record["factor"], record["width"], record["method"], record["model"]) == (4, 192, "ESRGAN", "esrgan.pth")
    from spandrel import ModelLoader

    network = ModelLoader(device="cpu").load_from_state_dict(rrdb()).eval()
    pixels = torch.from_numpy(np.array(images.open_image(source))).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        expected = images.to_uint8(network(pixels)[0])
    found = images.open_image(Path("large.png"))
    assert np.abs(found.astype(int) - expected).max() <= 1
    assert found.std() > 1


@pytest.mark.option("upscale --tile")
def test_tiles_are_bounded_and_leave_no_seam(source: Path, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    save_file(compact(), "compact.safetensors")
    seen = []
    run = upscale._Network._run

    def watched(self: Any, pixels: np.ndarray) -> torch.Tensor:
        seen.append(pixels.shape[:2])
        return run(self, pixels)

    monkeypatch.setattr(upscale._Network, "_run", watched)
    known = Settings(device="cpu")
    model, told = Path("compact.safetensors"), []
    big = images.resize(images.open_image(source), 200, 150)
    images.save_png(Path("big.png"), big)
    for tile, name in ((256, "whole.png"), (64, "tiled.png")):
        upscale.upscale(known, Path("big.png"), Path(name), model=model, tile=tile, notify=told.append)
    assert seen[0] == (150, 200)
    assert len(seen) == 1 + 4 * 3
    assert max(max(shape) for shape in seen[1:]) <= 64 + 2 * upscale.OVERLAP
    assert told[-1] == "tile 12 of 12"
    answer = call("upscale", "big.png", "--model", str(model), "--tile", "96", "--threads", "1", "-o", "command.png")
    assert (answer.code, "tile 6 of 6" in answer.err) == (0, True)
    whole, tiled = (images.open_image(Path(name)).astype(int) for name in ("whole.png", "tiled.png"))
    assert whole.shape == (300, 400, 3)
    assert np.abs(whole - tiled).max() <= 1


def test_what_the_network_leaves_lanczos_does(source: Path, call: Any) -> None:
    save_file(compact(), "compact.safetensors")
    answer = call("upscale", str(source), "--model", "compact.safetensors", "--factor", "3", "-o", "large.png")
    assert answer.code == 0, answer.err
    assert "compact.safetensors upscales 2 times; Lanczos does the rest to 3 times." in answer.err
    assert images.open_image(Path("large.png")).shape == (108, 144, 3)


def test_the_texts_of_the_source_are_kept_and_the_upscaling_is_recorded(source: Path, call: Any) -> None:
    assert call("upscale", str(source), "-o", "once.png").code == 0
    assert call("upscale", "once.png", "--factor", "3", "-o", "twice.png").code == 0
    with Image.open(source) as before, Image.open("twice.png") as after:
        assert {key: after.text[key] for key in before.text} == before.text
        assert set(after.text) - set(before.text) == {"vqclip-upscale"}
    record = call("info", "twice.png", "--json").record["metadata"]
    assert record["size"] == [288, 216]
    assert record["vqclip"]["settings"]["prompt"] == "a red apple"
    first = {"factor": 2, "from": [48, 36], "method": "lanczos"}
    assert record["upscaled"] == {"factor": 3, "from": [96, 72], "method": "lanczos", "after": first}


def test_pictures_without_texts_get_only_what_was_done(call: Any) -> None:
    Image.new("RGB", (20, 10), (200, 30, 30)).save("plain.jpg")
    assert call("upscale", "plain.jpg").code == 0
    with Image.open("plain-x2.png") as large:
        assert list(large.text) == ["vqclip-upscale"]
        assert json.loads(large.text["vqclip-upscale"])["from"] == [20, 10]


def test_without_spandrel_the_command_that_installs_it_is_said(
    source: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    save_file(compact(), "compact.safetensors")
    answer = call("upscale", str(source), "--model", "compact.safetensors")
    assert answer.code == 3
    assert "pip install 'vqclip[upscale]'" in answer.err
    assert not Path("source-x2.png").exists()


@pytest.mark.slow
def test_files_that_are_no_super_resolution_model_are_refused(source: Path, call: Any) -> None:
    save_file({"weight": torch.zeros(3)}, "foreign.safetensors")
    Path("cut.pth").write_bytes(b"PK\x03\x04 nothing else")
    broken = compact()
    broken["body.2.weight"] = torch.zeros(5, 5, 3, 3)
    save_file(broken, "broken.safetensors")
    for name, told in (
        ("foreign.safetensors", "not a network that spandrel supports"),
        ("cut.pth", "cut.pth"),
        ("broken.safetensors", "broken.safetensors cannot be loaded"),
        ("missing.pth", "missing.pth"),
    ):
        answer = call("upscale", str(source), "--model", name)
        assert answer.code in (3, 4), name
        assert told in answer.err
        assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--factor", "1"), "factor is 1."),
        (("--factor", "9"), "factor is 9."),
        (("--tile", "64"), "tile has no effect without a model."),
        (("--tile", "8"), "tile is 8."),
        (("--device", "cpu"), "device has no effect without a model."),
        (("--threads", "2"), "threads has no effect without a model."),
        (("-o", "large.jpg"), "not a PNG file"),
    ],
)
def test_what_cannot_be_meant_is_refused(source: Path, call: Any, arguments: tuple[str, ...], told: str) -> None:
    answer = call("upscale", str(source), *arguments)
    assert answer.code == 2
    assert told in answer.err


def test_a_picture_that_nobody_could_open_is_not_made(call: Any) -> None:
    Image.new("RGB", (4000, 1000)).save("wide.png")
    answer = call("upscale", "wide.png", "--factor", "8")
    assert answer.code == 2
    assert "32000x8000 pixels" in answer.err


def test_transparent_parts_stay_transparent(call: Any) -> None:
    picture = Image.new("RGBA", (16, 16), (200, 40, 40, 255))
    picture.paste((10, 20, 30, 0), (0, 0, 8, 16))
    picture.save("a.png")
    assert call("upscale", "a.png", "-o", "b.png").code == 0
    large = Image.open("b.png")
    assert (large.mode, large.size) == ("RGBA", (32, 32))
    assert (large.getpixel((2, 16))[3], large.getpixel((29, 16))) == (0, (200, 40, 40, 255))

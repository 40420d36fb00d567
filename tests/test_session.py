"""From settings to loaded models: which networks, with which weight, where, and in which precision."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

import vqclip
from vqclip.events import Finished
from vqclip.files import data_path
from vqclip.runs.inputs import Inputs
from vqclip.runs.loading import Models, load
from vqclip.runtime import limits
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.schema import Settings


def loaded(**changes: Any) -> Models:
    settings = Settings(**{"prompt": "a red apple", "threads": 1, "dtype": "float32", **changes})
    return load(Inputs.check(settings), DeviceConfig.find(settings))


def start(small: dict[str, Any], **changes: Any) -> np.ndarray:
    *_, last = vqclip.generate("a red apple", **{**small, "seed": 3, "iterations": 0, **changes})
    assert isinstance(last, Finished)
    return last.image()


@pytest.mark.option("vqgan")
def test_a_checkpoint_file_draws_with_its_own_weights(small: dict[str, Any], turned: str) -> None:
    own, other = start(small), start(small, vqgan=turned)
    assert np.array_equal(other, own[..., ::-1])
    assert not np.array_equal(other, own)


@pytest.mark.option("clip")
def test_each_clip_is_the_one_that_is_named_and_pulls_by_the_weight_that_is_given() -> None:
    shutil.copytree(data_path("checkpoints", "tiny_clip"), "mine")
    state = load_file("mine/open_clip_model.safetensors")
    state["text_projection"] = -state["text_projection"]
    save_file(state, "mine/open_clip_model.safetensors")
    first, second = loaded(clip=("tiny:3", "local-dir:mine:-0.5")).clip_targets
    assert (first.weight, second.weight) == (3.0, -0.5)
    torch.testing.assert_close(second.targets, -first.targets)


@pytest.mark.slow
@pytest.mark.option("dtype")
@pytest.mark.parametrize("name", ["float32", "bfloat16"])
def test_the_networks_compute_in_the_precision_that_is_named(name: str) -> None:
    models, dtype = loaded(dtype=name), getattr(torch, name)
    assert models.vqgan.decoder.conv_in.weight.dtype == dtype
    visual = models.clip_targets[0].perceptor.visual
    assert {weight.dtype for key, weight in visual.named_parameters() if "conv" in key and weight.ndim == 4} == {
        dtype
    }


@pytest.fixture
def threads() -> Iterator[None]:
    """Put the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.option("threads")
@pytest.mark.usefixtures("threads")
def test_a_run_takes_the_threads_that_it_is_given_and_says_so(small: dict[str, Any]) -> None:
    for count in (2, 1):
        list(vqclip.generate("x", output=f"run{count}", seed=1, **{**small, "threads": count, "iterations": 0}))
        assert torch.get_num_threads() == count
        assert json.loads(Path(f"run{count}/run.json").read_text())["threads"] == count


@pytest.mark.usefixtures("threads")
def test_the_threads_of_one_run_are_not_those_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(limits, "cores", lambda: 64)
    torch.set_num_threads(3)
    found = [DeviceConfig.find(Settings(threads=count)).threads for count in (1, None, 2, 1, None)]
    assert found == [1, 3, 2, 1, 3]
    torch.set_num_threads(5)
    assert DeviceConfig.find(Settings()).threads == 5, "what somebody else has set since"
    monkeypatch.setattr(limits, "cores", lambda: 2)
    assert DeviceConfig.find(Settings()).threads == 2, "a container of 2 cores on a larger machine"
    assert DeviceConfig.find(Settings(threads=4)).threads == 4
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    torch.set_num_threads(5)
    assert DeviceConfig.find(Settings()).threads == 5


@pytest.mark.option("device")
def test_a_run_is_on_the_device_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def device(name: str) -> str:
        return str(DeviceConfig.find(Settings(device=name, dtype="float32", threads=1)).device)

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    names = ("auto", "cuda", "cuda:1", "mps", "cpu")
    assert [device(name) for name in names] == ["cuda:0", "cuda:0", "cuda:1", "mps", "cpu"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device("auto") == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert device("auto") == "cpu"
    inputs = Inputs.check(Settings(prompt="x", dtype="float32"))
    with pytest.raises((RuntimeError, AssertionError)):
        # No network is left behind: the very first one asks for the device.
        load(inputs, DeviceConfig(torch.device("cuda", 0), torch.float32, 1))


@pytest.mark.option("target_image", "overlay_image")
def test_the_pictures_of_a_run_are_those_of_its_files() -> None:
    named = ("init_image", "target_image", "overlay_image", "image_prompt")
    for level, name in enumerate(named, 1):
        Image.new("RGB", (16, 16), (level * 50, level * 9, 7)).save(f"{name}.png")
    half = np.zeros((16, 16), np.uint8)
    half[:, 8:] = 255
    Image.fromarray(half).save("mask.png")
    Image.fromarray(half.T.copy()).save("region.png")
    files: dict[str, Any] = {name: f"{name}.png" for name in named[:3]}
    settings = Settings(
        prompt="a cat @[region.png]", size="16x16", mask="mask.png", image_prompt=("image_prompt.png",), **files
    )
    inputs = Inputs.check(settings)
    found = inputs.init_inputs
    assert found.overlay is not None
    pictures = (found.picture, found.target, found.overlay[0], inputs.prompt_pictures["image_prompt.png"])
    for level, picture in enumerate(pictures, 1):
        assert picture is not None
        assert np.array_equal(picture, np.full((16, 16, 3), (level * 50, level * 9, 7)))
    assert found.mask is not None
    assert np.array_equal(found.mask, half / 255)
    assert np.array_equal(found.regions["region.png"], half.T / 255)


@pytest.mark.option("palette", "palette_size")
def test_a_palette_file_gives_as_many_of_its_colours_as_are_asked_for() -> None:
    pixels = np.full((8, 8, 3), (250, 10, 10), np.uint8)
    pixels[:2] = (10, 10, 250)
    Image.fromarray(pixels).save("two.png")

    def colours(**changes: Any) -> set[tuple[int, ...]]:
        settings = Settings(prompt="x", loss=("palette:1",), **changes)
        return set(Inputs.check(settings).init_inputs.palette)

    assert colours(palette="two.png", palette_size=2) == {(250, 10, 10), (10, 10, 250)}
    (one,) = colours(palette="two.png", palette_size=1)
    assert one not in {(10, 10, 250)}
    assert colours(palette="lime, #000080") == {(0, 255, 0), (0, 0, 128)}

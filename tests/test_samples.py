"""sample keeps the tokens of its candidates, and continue starts from the one that is picked."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip.errors import InputError, Interrupted, ModelError, UsageError
from vqclip.events import Event, Finished, Started
from vqclip.jobs.sample import sample
from vqclip.runs import samples
from vqclip.runs.directory import read_manifest
from vqclip.settings import sources

SHORT = {"iterations": 2, "cutouts": 2, "save_every": 1, "video": False}
PADDING = 8
"""Of a picture on a sheet."""


@pytest.fixture(scope="module", params=[0, 2], ids=["plain", "upsampled"])
def sheet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three candidates, or the best two upsampled."""
    folder = tmp_path_factory.mktemp("samples") / "samples"
    known = {"candidates": 3, "upsample_candidates": request.param, "dtype": "float32", "threads": 1, "init": "prior"}
    sample(sources.resolve({"prompt": "a red apple", "seed": 3, **known}).settings, folder)
    return folder


def place_of(picture: Any, folder: Path) -> int | None:
    """The place on the sheet of a candidate that is equal to a picture, 0 for the first."""
    pixels, wanted = np.asarray(Image.open(folder / "candidates.png").convert("RGB")), np.asarray(picture)
    side, cell = len(wanted), pixels.shape[1] // len(numbers(folder))
    row = pixels[PADDING : PADDING + side]
    # Several pictures are decoded at once, which may round a level differently.
    places = range(row.shape[1] - side + 1)
    found = [x for x in places if np.abs(row[:, x : x + side].astype(int) - wanted).max() <= 1]
    return found[0] // cell if found else None


def numbers(folder: Path) -> tuple[int, ...]:
    return samples.read(folder / "candidates.safetensors").numbers


@pytest.mark.slow
@pytest.mark.option("pick")
def test_a_run_starts_with_the_picture_of_the_sample_and_grows(call: Any, sheet: Path) -> None:
    pick = numbers(sheet)[-1]
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in SHORT.items() if name != "video"]
    answer = call("continue", str(sheet), "--pick", str(pick), "--no-video", *flags, "-o", "run", "--json")
    assert answer.code == 0, answer.err
    assert place_of(Image.open("run/frames/00000.png"), sheet) == len(numbers(sheet)) - 1
    settings = read_manifest(Path("run")).settings
    assert (settings.prompt, settings.seed, settings.pick, settings.pixel_steps) == ("a red apple", 3, pick, 0)
    assert Image.open("run/image.png").size == (settings.width, settings.height) == (256, 256)
    started = next(event for event in begun(sheet / "candidates.png") if isinstance(event, Started))
    assert place_of(started.image(), sheet) == 0, "the sheet names the samples as well"


def begun(source: Path, **changes: Any) -> Iterator[Event]:
    """The events of a run that starts from the best sample."""
    folder = source.parent if source.suffix else source
    return vqclip.continue_run(source, **{"pick": numbers(folder)[0], **SHORT, **changes})


@pytest.mark.slow
def test_such_a_run_resumes_and_repeats_exactly(sheet: Path) -> None:
    known: Any = {"pick": numbers(sheet)[0], "size": "64x64", **SHORT}
    whole = list(vqclip.continue_run(sheet, "a green apple", output="whole", **known))
    assert whole
    with pytest.raises(Interrupted):
        list(vqclip.continue_run(sheet, "a green apple", output="run", stop=lambda: signal.SIGINT, **known))
    list(vqclip.resume("run"))
    list(vqclip.rerun("whole", output="again"))
    picture = Path("whole/image.png").read_bytes()
    assert Path("run/image.png").read_bytes() == picture
    assert Path("again/image.png").read_bytes() == picture
    list(vqclip.continue_run("whole", output="next", iterations=0))
    assert read_manifest(Path("next")).settings.pick is None
    assert np.array_equal(Image.open("next/image.png"), Image.open("whole/image.png"))


@pytest.mark.slow
def test_a_wide_picture_does_not_stretch_the_sample(sheet: Path) -> None:
    square, wide = (list(begun(sheet, size=size, stages=1, iterations=0))[-1] for size in ("64x64", "128x64"))
    assert isinstance(square, Finished)
    assert isinstance(wide, Finished)
    assert np.abs(wide.image()[:, 32:96].astype(int) - square.image()).mean() < 8


def test_a_bad_pick_is_refused_with_the_valid_numbers(call: Any, sheet: Path, isolated: Path) -> None:
    known = sorted(numbers(sheet))
    answer = call("continue", str(sheet), "--pick", "9")
    assert (answer.code, "has no candidate of that number" in answer.err) == (2, True), answer.err
    assert answer.err.count("\n") == 2
    assert str(known[0]) in answer.err.splitlines()[1]
    answer = call("continue", str(sheet))
    assert (answer.code, f"holds {len(known)} candidates" in answer.err) == (2, True), answer.err
    lost = call("continue", "nowhere", "--pick", "1")
    assert (lost.code, "There is no nowhere." in lost.err) == (4, True)
    assert call("generate", "x", "--pick", "1").code == 2
    with pytest.raises(UsageError, match=r"Choose one by its number: pick=1\."):
        vqclip.continue_run(sheet)
    shutil.copytree(sheet, "several")
    shutil.copy("several/candidates.safetensors", "several/other.safetensors")
    with pytest.raises(InputError, match="holds several samples"):
        vqclip.continue_run("several", pick=1)


@pytest.mark.slow
def test_samples_of_another_vqgan_or_damaged_ones_are_refused(sheet: Path, isolated: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import save_file

    path = isolated / "bad.safetensors"
    with safe_open(sheet / "candidates.safetensors", framework="pt") as archive:
        tensors = {name: archive.get_tensor(name) for name in ("codes", "numbers")}
        record = json.loads(archive.metadata()["vqclip-samples"])

    def written(codes: Any = tensors["codes"], **changes: Any) -> int:
        known = {"codes": codes.contiguous(), "numbers": tensors["numbers"]}
        save_file(known, path, {"vqclip-samples": json.dumps(record | changes)})
        return numbers(sheet)[0]

    with pytest.raises(ModelError, match="another VQGAN"):
        list(vqclip.continue_run(path, pick=written(models=record["models"] | {"tiny": "0" * 64}), **SHORT))
    with pytest.raises(InputError, match="outside of the codebook"):
        list(vqclip.continue_run(path, pick=written(tensors["codes"] + 10**6), **SHORT))
    for codes, changes in (
        (tensors["codes"].float(), {}),
        (tensors["codes"][:1], {}),
        (tensors["codes"], {"size": [0, 64]}),
        (tensors["codes"], {"settings": {"iterations": "x"}}),
        (tensors["codes"], {"schema": 2}),
    ):
        with pytest.raises(InputError, match="holds no samples"):
            vqclip.continue_run(path, pick=written(codes, **changes))
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="holds no samples"):
        vqclip.continue_run(path, pick=1)


def test_sample_replaces_samples_and_nothing_else(call: Any, isolated: Path) -> None:
    (isolated / "model.safetensors").write_bytes(b"the weights of a model")
    answer = call("sample", "a red apple", "-n", "1", "-o", "model.png")
    assert (answer.code, "model.safetensors is in the way" in answer.err) == (5, True), answer.err

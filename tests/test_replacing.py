"""What a new run may take the place of: never its own inputs, and nothing before it can begin itself."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

import vqclip
from vqclip.errors import InputError, ModelError, OutputError, UsageError
from vqclip.jobs import interpolate, restyle
from vqclip.runs import directory
from vqclip.settings.schema import Settings

RESTYLED = Settings(
    prompt="red", seed=1, vqgan="tiny", clip=("tiny",), size="16x16", cutouts=2, threads=1, dtype="float32",
    video=False,
)  # fmt: skip
FLAGS = ("--size", "32", "--stages", "1", "--init", "tokens", "--pixel-steps", "0", "--cutouts", "2", "-n", "1")


def contents(folder: Path | str) -> dict[str, str]:
    """The digest of every file, but of the lock."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file() and not path.name.startswith(".lock"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture
def run(small: dict[str, Any]) -> Path:
    """A finished run in the folder run/."""
    list(vqclip.generate("a red apple", seed=1, output="run", report=True, **small))
    return Path("run")


@pytest.fixture
def pictures() -> Path:
    """A folder of three numbered pictures."""
    folder = Path("pictures")
    folder.mkdir()
    for number in range(3):
        Image.fromarray(np.full((16, 16, 3), 60 * number, np.uint8)).save(folder / f"{number}.png")
    return folder


@pytest.mark.parametrize("name", ["video.mp4", "video.gif", "metrics.jsonl", "report.html", "starts.json"])
def test_a_folder_that_holds_a_file_of_a_runs_name_is_not_drawn_into(small: dict[str, Any], name: str) -> None:
    Path("mine").mkdir()
    Path("mine", name).write_bytes(b"precious")
    with pytest.raises(OutputError, match="holds pictures of another run"):
        vqclip.generate("a red apple", seed=1, output="mine", **small)
    Image.new("RGB", (16, 16)).save("a.png")
    with pytest.raises(OutputError, match="holds pictures already"):
        interpolate.interpolate(RESTYLED, [Path("a.png")] * 2, Path("mine"), interpolate.Interpolation(frames=2))
    assert Path("mine", name).read_bytes() == b"precious"


def _from_its_picture(small: dict[str, Any]) -> Any:
    return vqclip.generate(
        "a blue car", seed=1, output="run", overwrite=True, **small | {"init": "spot"}, init_image="run/image.png"
    )


def _from_its_end(small: dict[str, Any]) -> Any:
    return vqclip.continue_run("run", "a blue car", output="run", overwrite=True)


def _from_its_frame(small: dict[str, Any]) -> Any:
    wanted = interpolate.Interpolation(frames=2)
    ends = [Path("run/frames/00000.png"), Path("run/frames/00001.png")]
    return interpolate.interpolate(RESTYLED, ends, Path("run"), wanted, overwrite=True)


def _from_its_frames(small: dict[str, Any]) -> Any:
    how = restyle.Restyle("run", steps=1)
    return restyle.restyle(RESTYLED, how, output=Path("run"), overwrite=True)


def _from_its_film(small: dict[str, Any]) -> Any:
    how = restyle.Restyle("run/video.mp4", steps=1)
    return restyle.restyle(RESTYLED, how, output=Path("run"), overwrite=True)


@pytest.mark.parametrize(
    "draw", [_from_its_picture, _from_its_end, _from_its_frame, _from_its_frames, _from_its_film]
)
def test_a_run_is_not_replaced_by_one_that_begins_with_a_part_of_it(
    run: Path, small: dict[str, Any], draw: Callable[[dict[str, Any]], Any]
) -> None:
    before = contents(run)
    with pytest.raises(OutputError, match="would be deleted"):
        list(draw(small))
    assert contents(run) == before


def test_a_folder_of_pictures_is_not_restyled_into_itself(pictures: Path) -> None:
    before = contents(pictures)
    with pytest.raises(OutputError, match="would be deleted"):
        restyle.restyle(RESTYLED, restyle.Restyle(str(pictures), steps=1), output=pictures)
    assert contents(pictures) == before
    assert not (pictures / "frames").exists()


def test_a_device_that_is_not_there_leaves_no_folder(call: Any, isolated: Path) -> None:
    for flags in ((), ("-o", "run")):
        answer = call("generate", "a red apple", "--device", "cuda:99", *flags)
        assert (answer.code, "device 'cuda:99' is not available" in answer.err) == (2, True), answer.err
        assert not [path for path in isolated.rglob("*") if path.name != "runs"]


@pytest.mark.slow
def test_nothing_is_replaced_before_the_new_run_can_begin(
    run: Path, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(run)
    with pytest.raises(UsageError, match="device 'cuda:99' is not available"):
        list(vqclip.generate("a blue car", seed=1, output="run", overwrite=True, **small, device="cuda:99"))
    shutil.copytree(Path(vqclip.__file__).parent.parent / "checkpoints", "models")
    own = {"vqgan": "models/tiny_vqgan.safetensors", "vqgan_config": "models/tiny_vqgan.yaml"}
    events = vqclip.generate("a blue car", seed=1, output="run", overwrite=True, **small | own)
    Path("models/tiny_vqgan.safetensors").unlink()
    with pytest.raises(ModelError):
        list(events)
    assert contents(run) == before


@pytest.mark.slow
def test_a_damaged_checkpoint_replaces_nothing(run: Path, small: dict[str, Any], pictures: Path) -> None:
    shutil.copytree(Path(vqclip.__file__).parent.parent / "checkpoints", "models")
    own = {"vqgan": "models/tiny_vqgan.safetensors", "vqgan_config": "models/tiny_vqgan.yaml"}
    tensors = load_file(own["vqgan"])
    save_file({name: tensor for name, tensor in tensors.items() if "conv_out" not in name}, own["vqgan"])
    how = restyle.Restyle(str(pictures), steps=1)
    list(restyle.restyle(RESTYLED, how, output=Path("restyled")))
    before = contents(run) | contents("restyled")
    with pytest.raises(ModelError, match="conv_out"):
        list(vqclip.generate("a blue car", seed=1, output="run", overwrite=True, **small | own))
    with pytest.raises(ModelError, match="conv_out"):
        list(restyle.restyle(RESTYLED.replace(**own), how, output=Path("restyled"), overwrite=True))
    assert contents(run) | contents("restyled") == before


@pytest.mark.slow
def test_ends_that_do_not_fit_each_other_replace_nothing(run: Path, small: dict[str, Any]) -> None:
    for name, size in (("a", "32x32"), ("b", "48x32")):
        list(vqclip.generate("a blue car", seed=1, output=name, **small | {"size": size, "iterations": 0}))
    before, wanted = contents(run), interpolate.Interpolation(frames=2)
    with pytest.raises(InputError, match="one size"):
        list(interpolate.interpolate(RESTYLED, [Path("a"), Path("b")], run, wanted, overwrite=True))
    assert contents(run) == before


@pytest.mark.slow
def test_what_replaces_a_run_leaves_nothing_of_it(run: Path, small: dict[str, Any], pictures: Path) -> None:
    (run / "notes.txt").write_text("mine")
    ends = [pictures / "0.png", pictures / "1.png"]
    wanted = interpolate.Interpolation(frames=2)
    shutil.copytree(run, "other")
    list(interpolate.interpolate(RESTYLED, ends, run, wanted, overwrite=True))
    left = {path.name for path in run.rglob("*") if path.is_file()}
    assert left == {"notes.txt", "00000.png", "00001.png", "interpolation.json", ".lock"}
    how = restyle.Restyle(str(pictures), steps=1)
    list(restyle.restyle(RESTYLED, how, output=Path("other"), overwrite=True))
    left = {path.name for path in Path("other").rglob("*") if path.is_file()}
    assert left == {"notes.txt", "run.json", "00000.png", "00001.png", "00002.png", ".lock"}
    assert directory.read_manifest(Path("other")).restyle


@pytest.mark.slow
def test_settings_that_a_run_resumes_without_are_reported(run: Path, call: Any) -> None:
    flags = ["generate", "a blue car", "--seed", "1", "-o", "car", *FLAGS]
    assert call(*flags).code == 0
    assert "without effect" not in call(*flags).err
    again = call(*flags, "--report", "--video-format", "gif")
    assert again.code == 0
    assert "do not change an existing run: --video-format, --report;" in " ".join(again.err.split())
    assert not Path("car/report.html").exists()


def test_a_lock_that_cannot_be_taken_is_reported(call: Any) -> None:
    Path("car").mkdir()
    Path("car/.lock").symlink_to("elsewhere")
    answer = call("generate", "a blue car", "--seed", "1", "-o", "car", *FLAGS)
    assert answer.code == 5
    assert "symbolic link" in answer.err


def test_other_hardware_or_libraries_are_reported_when_a_run_is_resumed() -> None:
    manifest = directory.Manifest(Settings(), device="cuda:0", versions={"torch": "2.10", "numpy": "2.0"})
    assert list(directory.environment_changes(manifest, "cuda:1", {"torch": "2.10", "numpy": "2.0"})) == []
    told = list(directory.environment_changes(manifest, "cpu", {"torch": "2.11", "numpy": "2.0"}))
    assert ["cuda" in told[0] and "cpu" in told[0], "torch 2.10" in told[1]] == [True, True]


@pytest.mark.slow
def test_no_run_is_written_into_the_folder_of_a_batch(call: Any, pictures: Path) -> None:
    assert call("sweep", "a red apple", *FLAGS, "--vary", "seed=1,2", "-o", "all").code == 0
    before = contents("all")
    commands = [
        ("generate", "a red apple", *FLAGS, "-o", "all"),
        ("generate", "a red apple", *FLAGS, "-o", "all", "--overwrite"),
        ("generate", "a red apple", *FLAGS, "-o", "all", "--dry-run"),
        ("restyle", str(pictures), "red", "-o", "all", "--overwrite"),
        ("interpolate", "pictures/0.png", "pictures/1.png", "-o", "all", "--overwrite"),
    ]
    for command in commands:
        answer = call(*command)
        assert (answer.code, "all holds a batch or sweep." in answer.err) == (5, True), (command, answer.err)
    assert contents("all") == before
    for command in ("video", "rerun", "continue", "info"):
        answer = call(command, "all")
        assert "all holds a batch or sweep" in answer.err, command
        assert "Give the folder of one of its runs" in answer.err, command

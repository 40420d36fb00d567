"""Outputs named like files, and runs that were moved with their pictures."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import vqclip
from vqclip.errors import InputError, Interrupted, OutputError
from vqclip.events import Finished, Opened, Stepped
from vqclip.jobs import restyle as restyling
from vqclip.jobs.restyle import Restyle, restyle
from vqclip.settings.schema import Settings


@pytest.mark.parametrize(
    "command",
    [
        ("generate", "a red apple", "-o", "apple.png"),
        ("restyle", "in", "a red apple", "-o", "apple.mp4"),
        ("interpolate", "a.png", "b.png", "-o", "apple.webp"),
        ("sweep", "a red apple", "-v", "seed=1,2", "-o", "apple.jpg"),
    ],
)
def test_a_folder_does_not_get_the_name_of_a_picture(call: Any, command: tuple[str, ...]) -> None:
    answer = call(*command)
    assert (answer.code, "a run is a folder" in answer.err, "-o apple" in answer.err) == (2, True, True), answer.err
    assert not Path(command[-1]).exists()


@pytest.mark.slow
def test_no_command_writes_over_its_input_or_a_part_of_a_run(small: dict[str, Any], call: Any) -> None:
    for name in ("one", "two"):
        list(vqclip.generate("a red apple", seed=1, output=name, **small, report=True))
    Image.new("RGB", (64, 64), "red").save("photo.png")
    Path("out").mkdir()
    shutil.copy("photo.png", "out/1.png")
    Path("shots").mkdir()
    for number in range(2):
        Image.new("RGB", (64, 64)).save(f"shots/{number}.webp")
    assert call("encode", "photo.png", "-o", "photo.npz").code == 0
    before = {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}
    for line, words in {
        "upscale photo.png -o photo.png": "is an input",
        "upscale photo.png -o two/image.png": "is a part of a run",
        "upscale one/frames/00000.png -o one/frames/00001.png": "is a part of a run",
        "cutouts photo.png -o photo.png": "is an input",
        "reconstruct photo.png -o photo.png": "is an input",
        "decode photo.npz -o one/image.png": "is a part of a run",
        "edit photo.png cat --at left -o one/image.png": "is a part of a run",
        "variations out/1.png -n 1 -o out --overwrite": "is an input",
        "video shots -o shots/1.webp": "is an input",
        "sample apple -n 1 -o one/image.png": "is a part of a run",
        "search . apple --sheet one/image.png": "is a part of a run",
        "search shots --image photo.png --sheet photo.png": "is an input",
        "report one -o one/run.json": "does not end in .html",
        "report . -o one/metrics.jsonl": "does not end in .html",
    }.items():
        answer = call(*line.split())
        assert (answer.code in (2, 5), words in answer.err) == (True, True), (line, answer.err)
        assert {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()} == before, line
    for line in ("upscale one/frames/00000.png", "report one", "report one -o page.html", "video one", "report ."):
        assert call(*line.split()).code == 0, line


def moved(*names: str) -> None:
    Path("other").mkdir()
    for name in names:
        shutil.move(name, f"other/{name}")
    os.chdir("other")


@pytest.mark.slow
def test_a_run_that_was_moved_with_its_picture_is_resumed(small: dict[str, Any]) -> None:
    Image.new("RGB", (32, 32), (200, 40, 40)).save("start.png")
    known = {**small, "init": "tokens", "snapshot_every": 1, "init_image": "start.png", "init_weight": 1.0}
    known.pop("init")
    events = vqclip.generate("a red apple", seed=1, output="whole", **known)
    (whole,) = [event.image() for event in events if isinstance(event, Finished)]
    for event in vqclip.generate("a red apple", seed=1, output="one", **known):
        if isinstance(event, Stepped):
            break
    del event
    moved("one", "start.png")
    kept = Path("start.png").read_bytes()
    Image.new("RGB", (32, 32), (1, 2, 3)).save("start.png")
    with pytest.raises(InputError, match=r"start\.png") as caught:
        list(vqclip.resume("one"))
    assert "beside the run" in caught.value.hint
    Path("start.png").write_bytes(kept)
    (again,) = [event.image() for event in vqclip.resume("one") if isinstance(event, Finished)]
    assert (again == whole).all()


def test_a_restyle_that_was_moved_with_its_frames_is_resumed(small: dict[str, Any]) -> None:
    Path("in").mkdir()
    for number in range(2):
        Image.new("RGB", (32, 32), (200, 40 * number, 40)).save(f"in/{number}.png")
    kept = {n: v for n, v in small.items() if n not in ("iterations", "save_every", "stages", "init")}
    settings = Settings(**{**kept, "prompt": "a red apple", "seed": 5, "video": False})
    list(restyle(settings, Restyle("in", steps=1), output=Path("one"), with_size=True))
    drawn = Path("one/frames/00001.png").read_bytes()
    Path("one/frames/00001.png").unlink()
    moved("one", "in")
    list(restyling.resume(Path("one")))
    assert Path("one/frames/00001.png").read_bytes() == drawn


def test_a_restyle_that_failed_at_its_last_write_is_resumed(small: dict[str, Any]) -> None:
    Path("in").mkdir()
    Image.new("RGB", (32, 32), (200, 40, 40)).save("in/0.png")
    kept = {n: v for n, v in small.items() if n not in ("iterations", "save_every", "stages", "init")}
    settings = Settings(**{**kept, "prompt": "a red apple", "seed": 5, "video": True})
    events = restyle(settings, Restyle("in", steps=1), output=Path("one"), with_size=True)
    while not isinstance(next(events), Stepped):
        pass
    Path("one/video.mp4").mkdir()
    with pytest.raises(OutputError):
        list(events)
    drawn = Path("one/frames/00000.png").stat().st_mtime_ns
    Path("one/video.mp4").rmdir()
    list(restyling.resume(Path("one")))
    assert Path("one/video.mp4").is_file()
    assert Path("one/frames/00000.png").stat().st_mtime_ns == drawn


@pytest.mark.long
def test_files_whose_names_are_not_utf_8_are_read_as_any_others(small: dict[str, Any], call: Any) -> None:
    here = Path(os.fsdecode(b"caf\xe9"))
    (here / "in").mkdir(parents=True)
    os.chdir(here)
    picture = os.fsdecode(b"\xff.png")
    for number in range(2):
        Image.new("RGB", (32, 32), (200, 40, 90 * number)).save(os.fsdecode(b"in/\xe9%d.png" % number))
    shutil.copy(next(Path("in").iterdir()), picture)
    checkpoints = Path(vqclip.__file__).parent.parent / "checkpoints"
    for name in ("tiny_vqgan.safetensors", "tiny_vqgan.yaml"):
        shutil.copy(checkpoints / name, name)
    known = {**small, "init_image": picture, "init": "spot", "snapshot_every": 1, "save_every": 1}
    known |= {"vqgan": "tiny_vqgan.safetensors", "vqgan_config": "tiny_vqgan.yaml"}
    list(vqclip.generate("a red apple", seed=1, output="whole", **known))
    asked = iter([None, signal.SIGTERM])
    with pytest.raises(Interrupted):
        list(vqclip.generate("a red apple", seed=1, output="one", **known, stop=lambda: next(asked)))
    resumed = [event.step for event in vqclip.resume("one") if isinstance(event, Opened)]
    assert resumed == [2], "from its newest snapshot"
    assert Path("one/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    few = ("--size", "32", "--cutouts", "2", "-n", "1", "--stages", "1")
    start = ("--init-image", picture)
    for command in (
        ("report", "one"),
        ("continue", "one", "a blue car", "-n", "1", "-o", "on"),
        ("generate", "a red apple", "--best-of", "2", *start, *few, "-o", "best"),
        ("restyle", "in", "a red apple", "--frame-steps", "1", *few[:4], "-o", "styled"),
        ("resume", "styled"),
        ("sweep", "a red apple", "--vary", "seed=1,2", *start, *few, "-o", "grid"),
        ("resume", "grid"),
        ("gallery", "."),
    ):
        answer = call(*command)
        assert answer.code == 0, (command, answer.err)

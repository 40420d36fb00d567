"""rerun: the picture that is recorded comes again, changes change it, and nothing else does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

import vqclip
from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.events import Warned
from vqclip.media import metadata
from vqclip.runs import directory
from vqclip.runs import recipe as recipes


@pytest.fixture
def run(small: dict[str, Any]) -> Path:
    """A finished run with settings that are nobody's default."""
    small |= {"cut_method": "crowson", "cut_pow": 0.7, "learning_rate": 0.11, "iterations": 2}
    list(vqclip.generate("a red apple | fog:-0.5", output="run", seed=5, **small))
    return Path("run")


def pixels(path: Path | str) -> Any:
    return np.asarray(Image.open(path))


@pytest.mark.slow
def test_without_changes_it_is_the_same_picture_to_the_byte(call: Any, run: Path) -> None:
    picture = (run / "image.png").read_bytes()
    Path("alone.png").write_bytes(picture)
    for source, name in (("run", "a"), ("run/run.json", "b"), ("run/image.png", "c"), ("alone.png", "d")):
        answer = call("rerun", source, "-o", name)
        assert (answer.code, "warning" in answer.err) == (0, False), answer.err
        assert Path(name, "image.png").read_bytes() == picture, source
    assert directory.read_manifest(Path("a")).settings == directory.read_manifest(run).settings


@pytest.mark.slow
def test_variables_files_and_presets_change_nothing_that_is_recorded(
    call: Any, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VQCLIP_ITERATIONS", "1")
    monkeypatch.setenv("VQCLIP_TV", "3")
    monkeypatch.setenv("VQCLIP_SAVE_EVERY", "1")
    Path("mine.yaml").write_text("cutouts: 2\nprior_style: noto\n")
    monkeypatch.setenv("VQCLIP_CONFIG", "mine.yaml")
    shutil.copy(run / "image.png", "alone.png")
    call("rerun", "alone.png", "-o", "again")
    assert Path("again/image.png").read_bytes() == Path("alone.png").read_bytes()
    assert len(list(Path("again/frames").iterdir())) == 3, "what no picture records is found as for a new run"


@pytest.mark.slow
@pytest.mark.option("rerun --prompt")
def test_an_option_changes_its_setting_alone(call: Any, run: Path) -> None:
    assert call("rerun", "run/image.png", "--seed", "6", "-o", "other").code == 0
    before, after = (directory.read_manifest(Path(name)).settings.to_dict() for name in ("run", "other"))
    assert {name for name in before if before[name] != after[name]} == {"seed"}
    assert not np.array_equal(pixels("run/image.png"), pixels("other/image.png"))
    call("rerun", "run", "--prompt", "a blue car", "-n", "1", "-o", "third")
    changed = directory.read_manifest(Path("third")).settings
    assert (changed.prompt, changed.iterations, changed.seed, changed.cut_pow) == ("a blue car", 1, 5, 0.7)


@pytest.mark.slow
@pytest.mark.option("rerun --forget")
def test_a_setting_that_loses_its_effect_can_be_forgotten(call: Any, run: Path) -> None:
    answer = call("rerun", "run", "--cut-method", "smart", "-o", "other")
    assert answer.code == 2
    assert "recorded in run: cut_pow has no effect" in answer.err
    assert "--forget cut-pow" in answer.err
    assert not Path("other").exists()
    assert call("rerun", "run", "--cut-method", "smart", "--forget", "cut-pow", "-o", "other").code == 0
    assert directory.read_manifest(Path("other")).settings.cut_pow == 1.0


@pytest.mark.slow
def test_a_new_folder_is_made_without_an_output(call: Any, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQCLIP_OUTPUT_DIR", "elsewhere")
    answer = call("rerun", "run", "-n", "0")
    assert Path(answer.out.strip()).parent.parent == Path("elsewhere").absolute()


@pytest.mark.slow
def test_python_has_it_too(run: Path) -> None:
    events = list(vqclip.rerun(run, iterations=1))
    assert [type(event).__name__ for event in events] == ["Started", "Stepped", "Finished"]


@pytest.mark.slow
def test_what_is_not_as_it_was_is_reported(run: Path) -> None:
    manifest = json.loads((run / "run.json").read_text())
    manifest["models"]["tiny"] = "0" * 64
    manifest["versions"]["torch"] = "1.7.0"
    manifest["threads"] = 64
    files.write_json(run / "run.json", manifest)
    told = [event.message for event in vqclip.rerun(run, iterations=0) if isinstance(event, Warned)]
    assert told[0] == "the model tiny is not the one that run was made with."
    assert "torch 1.7.0 (here " in told[1]
    assert "numpy" not in told[1]
    assert "on 64 threads (here float32 on 1)" in told[2]
    assert len(told) == 3


@pytest.mark.slow
def test_a_start_picture_is_found_through_the_run_and_missed_without(call: Any, run: Path, small: Any) -> None:
    Path("deep").mkdir()
    shutil.copy(run / "image.png", "deep/start.png")
    list(vqclip.generate("x", output="second", init_image="deep/start.png", **{**small, "seed": 1}))
    assert call("rerun", "second/image.png", "-o", "third", "-n", "1").code == 0
    shutil.move("second/image.png", "alone.png")
    answer = call("rerun", "alone.png", "-o", "fourth", "-n", "1")
    assert answer.code == 4
    assert "start.png" in answer.err
    assert "without their folders" in answer.err
    assert call("rerun", "alone.png", "-o", "fourth", "-n", "1", "--init-image", "deep/start.png").code == 0


@pytest.mark.slow
def test_a_picture_in_the_folder_of_another_run_speaks_for_itself(run: Path, small: Any) -> None:
    list(vqclip.generate("x", output="second", **{**small, "seed": 1}))
    shutil.copy(run / "image.png", "second/image.png")
    assert recipes.read(Path("second/image.png")).settings["prompt"] == "a red apple | fog:-0.5"


def png(name: str, **texts: str) -> Path:
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    Image.new("RGB", (4, 4)).save(name, pnginfo=info)
    return Path(name)


def own(settings: dict[str, Any], **more: Any) -> str:
    values = {"schema": 2, "settings": settings, "prompts": [], "seed": 1, "steps": 1, "size": [4, 4],
              "models": {}, "versions": {}, **more}  # fmt: skip
    return json.dumps(values)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({}, "does not say how it was made"),
        ({"parameters": "a cat\nSteps: 20, Seed: 1, Size: 4x4"}, "made by another program"),
        ({"vqclip": own({}, left_out=["settings"])}, "does not say how it was made"),
        ({"vqclip": own({"prompt": "x", "zoom_dream": 3})}, "zoom_dream"),
        ({"vqclip": own({"prompt": {"a": 1}})}, "records a prompt that is not valid"),
    ],
)
def test_a_picture_that_does_not_say_enough_is_refused(
    call: Any, isolated: Path, texts: dict[str, str], words: str
) -> None:
    png("odd.png", **texts)
    answer = call("rerun", "odd.png", "-o", "out")
    assert answer.code == 4
    assert words in answer.err
    assert not Path("out").exists()


def test_bad_values_of_a_record_are_refused_with_their_place(call: Any, isolated: Path) -> None:
    png("odd.png", vqclip=own({"prompt": "x", "iterations": -3}))
    answer = call("rerun", "odd.png")
    assert answer.code == 2
    assert "recorded in odd.png: iterations" in answer.err


def test_forget_names_something_that_is_recorded_and_not_given(run: Path) -> None:
    recipe = recipes.read(run)
    for forget, changes, words in (
        ("sed", {}, "seed"),
        ("seed", {"seed": 3}, "is given"),
    ):
        with pytest.raises(UsageError, match=words):
            recipe.resolve(changes, [forget])
    shutil.copy(run / "image.png", "alone.png")
    with pytest.raises(UsageError, match="records no fps"):
        recipes.read(Path("alone.png")).resolve({}, ["fps"])


def test_a_folder_without_a_run_is_refused(call: Any, isolated: Path) -> None:
    Path("empty").mkdir()
    assert call("rerun", "empty").code == 2
    with pytest.raises(InputError):
        recipes.read(Path("nowhere.png"))


def test_a_time_limit_that_is_recorded_as_text_is_reported_as_any_other() -> None:
    for limit in (90, 90.0, "90"):
        recipe = recipes.Recipe(Path("a.png"), {"max_seconds": limit}, {}, {})
        assert list(recipe.differences({}, {}, "float32", 1)) == [
            "a.png was made within 90 seconds, which may be another number of steps today."
        ]


def test_the_record_of_a_model_folder_does_not_tell_where_it_lies() -> None:
    assert metadata.last_part("local-dir:/home/someone/models/mine:0.5") == "local-dir:mine:0.5"
    assert metadata.last_part("local-dir:mine") == "local-dir:mine"
    assert metadata.last_part("ViT-B-32:0.5") == "ViT-B-32:0.5"


def test_a_restyled_video_is_not_repeated_as_one_picture(call: Any) -> None:
    Path("frames").mkdir()
    for number in range(2):
        Image.new("RGB", (32, 32), (90 * number, 0, 0)).save(f"frames/{number}.png")
    flags = ("--size", "32", "--frame-steps", "1", "--cutouts", "2", "--seed", "1", "--no-video")
    assert call("restyle", "frames", "a red star", "-o", "film", *flags).code == 0
    for command in ("rerun", "continue"):
        answer = call(command, "film", "-o", "new")
        assert answer.code == 2
        assert "film is a restyled video, not a run of one picture." in answer.err
        assert f"vqclip restyle {Path('frames').absolute()} 'a red star'" in answer.err
        assert "--init-image film/frames/00001.png" in answer.err
    answer = call("generate", "a red star", "--init-run", "film")
    assert f"--init-image {Path('film/frames/00001.png').absolute()}" in answer.err
    assert not Path("new").exists()


@pytest.mark.long
def test_what_was_done_after_the_run_is_named(call: Any, run: Path) -> None:
    assert call("upscale", "run/image.png", "-o", "large.png").code == 0
    edit = ("--at", "left", "--seed", "1", "-n", "1", "-q")
    assert call("edit", "large.png", "a blue star", "-o", "edited.png", *edit).code == 0
    answer = call("rerun", "edited.png", "-o", "again")
    assert answer.code == 0
    assert "edited.png was changed by vqclip edit and vqclip upscale after its run: only the run is" in answer.err
    assert Path("again/image.png").read_bytes() == Path("run/image.png").read_bytes()
    assert call("variations", "run/image.png", "-n", "1", "-o", "new", "--seed", "1", "-q").code == 0
    answer = call("rerun", "new/1.png")
    assert answer.code == 4
    assert "new/1.png was made by vqclip variations from another picture, not by a run." in answer.err

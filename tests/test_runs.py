"""The run directory: names, lock and manifest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vqclip.errors import OutputError, UsageError
from vqclip.runs import directory as run_folder
from vqclip.settings.schema import Settings

SETTINGS = Settings(prompt="A Red: apple/..", seed=0)


def test_a_manifest_comes_back_as_it_was(isolated: Path) -> None:
    manifest = run_folder.Manifest(
        SETTINGS, "finished", 12, "tiny", {"tiny": "ab"}, {"torch": "2"}, "cpu", "float32", 2, 0.3, 9
    )
    with run_folder.open_run(isolated / "run") as run:
        run.write(manifest)
    assert run_folder.read_manifest(isolated / "run") == manifest


def test_new_directories_never_collide_and_stay_below_their_parent(isolated: Path) -> None:
    first, second = (run_folder.new_directory(SETTINGS, isolated / "runs") for _ in range(2))
    assert first != second
    assert first.parent == second.parent == (isolated / "runs").resolve()
    assert first.name.endswith("-a-red-apple-0")
    assert second.name == f"{first.name}-2"


def test_fault_41_a_second_run_in_one_folder_fails_and_names_the_first(isolated: Path) -> None:
    with run_folder.open_run(isolated), pytest.raises(OutputError, match=r"in use by process \d+ on ") as caught:
        run_folder.open_run(isolated)
    assert caught.value.exit_code == 5
    with run_folder.open_run(isolated):
        pass


def test_fault_41_a_lock_of_a_dead_process_is_taken_over(isolated: Path) -> None:
    (isolated / ".lock").touch()
    (isolated / ".lock-owner").write_text("process 1 on nowhere")
    with run_folder.open_run(isolated) as run:
        assert "nowhere" not in (run.directory / ".lock-owner").read_text()


def test_fault_36_a_file_in_the_place_of_a_folder_is_refused(isolated: Path) -> None:
    (isolated / "file").touch()
    with pytest.raises(OutputError, match="file"):
        run_folder.open_run(isolated / "file")
    (isolated / "run").mkdir()
    (isolated / "run" / "frames").touch()
    with pytest.raises(OutputError, match="frames"):
        run_folder.open_run(isolated / "run")
    (isolated / "run" / "frames").unlink()
    with run_folder.open_run(isolated / "run"):
        pass


def test_fault_35_links_planted_in_a_run_are_not_followed(isolated: Path) -> None:
    (isolated / "elsewhere").mkdir()
    (isolated / "run").mkdir()
    (isolated / "run" / "frames").symlink_to(isolated / "elsewhere")
    with pytest.raises(OutputError, match="frames"):
        run_folder.open_run(isolated / "run")


def edit(directory: Path, **changes: object) -> None:
    path = directory / "run.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"schema": 99}, "has schema 99"),
        ({"schema": 1}, "has schema 1; this vqclip reads schema 2. Start the run again, or use the older vqclip"),
        ({"schema": None}, "has schema None"),
        ({"digest": "x"}, "no longer match its digest"),
        ({"settings": {"prompt": "x", "nonsense": 1}}, "unknown setting 'nonsense'"),
        ({"settings": {"iterations": -4}}, "iterations is -4"),
        ({"settings": []}, "is not a vqclip manifest"),
        ({"status": "odd"}, "status is not valid"),
        ({"threads": "many"}, "threads is not valid"),
        ({"extra": 1}, "is not a vqclip manifest"),
    ],
)
def test_fault_42_an_edited_manifest_is_refused(isolated: Path, changes: dict[str, object], problem: str) -> None:
    with run_folder.open_run(isolated) as run:
        run.write(run_folder.Manifest(SETTINGS))
    edit(isolated, **changes)
    with pytest.raises(UsageError, match=problem):
        run_folder.read_manifest(isolated)


def test_a_manifest_from_before_a_setting_was_added_is_the_same_run(isolated: Path) -> None:
    with run_folder.open_run(isolated) as run:
        run.write(run_folder.Manifest(SETTINGS))
    kept = SETTINGS.to_dict()
    del kept["init_image"], kept["tv"]
    edit(isolated, settings=kept)
    assert run_folder.read_manifest(isolated).settings == SETTINGS


def test_a_folder_without_a_run_says_so(isolated: Path) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        run_folder.read_manifest(isolated)
    (isolated / "run.json").write_text("<html>")
    with pytest.raises(UsageError, match=r"run\.json is not JSON(?s:.*)--overwrite"):
        run_folder.read_manifest(isolated)

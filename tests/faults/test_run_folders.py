"""Rows 17 and 42 of the fault table: nothing of a run folder from somebody else runs, hangs or fills memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attacks import records, special_files
from conftest import SMALL

import vqclip
from vqclip.synthesis import state

Call = Callable[..., Any]


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that stopped after its third step of four, with two snapshots."""
    folder = tmp_path_factory.mktemp("sound") / "run"
    steps = 0

    def stop() -> int | None:
        nonlocal steps
        steps += 1
        return 2 if steps == 3 else None

    from vqclip.errors import Interrupted
    from vqclip.runs import launch
    from vqclip.settings import sources

    settings = sources.resolve({**SMALL, "prompt": "a red apple", "seed": 7, "snapshot_every": 1}).settings
    with pytest.raises(Interrupted):
        for _ in launch.start(settings, output=folder, stop=stop):
            pass
    return folder


@pytest.fixture
def run(interrupted: Path, isolated: Path) -> Path:
    """A copy of that folder, to be spoilt."""
    return Path(shutil.copytree(interrupted, isolated / "run"))


@pytest.fixture(scope="module")
def whole(interrupted: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The picture of that run, resumed from a sound folder."""
    folder = Path(shutil.copytree(interrupted, tmp_path_factory.mktemp("whole") / "run"))
    for _ in vqclip.resume(folder):
        pass
    return (folder / "image.png").read_bytes()


@pytest.mark.parametrize("kind", records.SNAPSHOTS)
def test_fault_42_a_spoilt_snapshot_is_passed_over(kind: str, run: Path, whole: bytes, call: Call) -> None:
    newest = records.newest_snapshot(run)
    records.SNAPSHOTS[kind](newest)
    answer = call("resume", str(run))
    if answer.code == 0:
        assert f"{newest.name} is damaged" in answer.err
        assert (run / "image.png").read_bytes() == whole
    else:
        # What the optimiser remembers is looked at when there is an optimiser.
        assert kind.startswith("optimiser")
        assert answer.code == 3
        assert "the snapshot of the run does not fit it" in answer.err
        assert answer.err.count("\n") <= 3


@pytest.mark.parametrize("kind", special_files.KINDS)
def test_fault_42_a_special_file_in_the_place_of_a_snapshot_is_passed_over(
    kind: str, run: Path, whole: bytes, call: Call
) -> None:
    newest = records.newest_snapshot(run)
    special_files.replace(newest, kind)
    answer = call("resume", str(run))
    assert answer.code == 0, answer.err
    assert f"{newest.name} is damaged" in answer.err
    assert (run / "image.png").read_bytes() == whole


@pytest.mark.parametrize("kind", records.MANIFESTS)
def test_fault_42_run_json_with_values_that_it_cannot_have(kind: str, run: Path, call: Call) -> None:
    records.spoil_manifest(run, records.MANIFESTS[kind])
    _refused(call, run)


@pytest.mark.parametrize("kind", records.SETTINGS)
def test_fault_42_run_json_with_settings_that_it_cannot_have(kind: str, run: Path, call: Call) -> None:
    records.spoil_manifest(run, {}, records.SETTINGS[kind])
    _refused(call, run)


@pytest.mark.parametrize("content", [records.DEEP, '{"settings":' * 100_000, "[]", "5", '"', "\0", "{}"])
def test_fault_42_run_json_that_is_no_manifest(content: str, run: Path, call: Call) -> None:
    (run / "run.json").write_text(content)
    _refused(call, run)


@pytest.mark.parametrize("kind", special_files.KINDS)
@pytest.mark.parametrize("name", ["run.json", "metrics.jsonl", "starts.json"])
def test_fault_17_special_files_in_a_run_folder(name: str, kind: str, run: Path, call: Call) -> None:
    special_files.replace(run / name, kind)
    if name == "metrics.jsonl":
        commands: tuple[tuple[str, ...], ...] = (("resume", str(run)), ("report", str(run)))
    elif name == "starts.json":
        commands = (("generate", "a red apple", "-o", str(run), "--best-of", "2"),)
    else:
        # Pictures without a run.json make a video too, and a link to itself is none.
        commands = (("resume", str(run)), ("report", str(run)), ("rerun", str(run)))
        commands += () if kind == "loop" else (("video", str(run)),)
    for command in commands:
        answer = call(*command)
        assert answer.code in (2, 4, 5), (command, answer.err)
        assert "Traceback" not in answer.err
        assert answer.err.count("\n") <= 3, answer.err


@pytest.mark.slow
@pytest.mark.parametrize("kind", records.METRICS)
def test_fault_42_damaged_metrics_are_passed_over(kind: str, run: Path, whole: bytes, call: Call) -> None:
    records.spoil_metrics(run, records.METRICS[kind])
    assert call("report", str(run)).code == 0
    answer = call("resume", str(run))
    assert answer.code == 0, answer.err
    assert (run / "image.png").read_bytes() == whole
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]


def test_folders_among_frames_and_snapshots_do_not_stop_a_run(run: Path, whole: bytes, call: Call) -> None:
    special_files.folder(run / "state" / "step-000000.safetensors")
    answer = call("resume", str(run))
    assert answer.code == 0, answer.err
    assert (run / "image.png").read_bytes() == whole


def test_a_sound_snapshot_has_the_layout_of_its_run(run: Path) -> None:
    from vqclip.runs import directory
    from vqclip.runs.inputs import Inputs

    settings = directory.read_manifest(run).settings
    layout = Inputs.check(settings, recorded=True).layout(settings)
    assert state.load(records.newest_snapshot(run), layout).step == 3


def _refused(call: Call, run: Path) -> None:
    for command in ("resume", "report", "rerun"):
        answer = call(command, str(run))
        assert answer.code in (2, 4), (command, answer.out, answer.err)
        assert answer.err.count("\n") <= 3, answer.err
        assert len(answer.err) < 1500
        assert "run.json" in answer.err

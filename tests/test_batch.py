"""Sweeps: every cell is the run it says, models load once, nothing is drawn twice, and a bad grid draws nothing."""

from __future__ import annotations

import csv
import io
import re
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip.errors import Diverged, InputError, Interrupted, OutputError, RunsFailed, UsageError
from vqclip.events import JobFailed, JobStarted, Stepped, Warned
from vqclip.jobs import batch, command
from vqclip.jobs import grid as grids
from vqclip.jobs.engines import local
from vqclip.jobs.grid import Axis
from vqclip.runs import directory, launch

TINY = {"size": "32x32", "iterations": 2, "stages": 1, "init": "tokens", "cutouts": 2, "save_every": 0,
        "video": False, "threads": 1, "dtype": "float32"}  # fmt: skip
FLAGS = ["--size", "32x32", "-n", "1", "--stages", "1", "--init", "tokens", "--cutouts", "2", "--no-video",
         "--save-every", "0", "--threads", "1", "--dtype", "float32"]  # fmt: skip
VARY = ["learning_rate=0.05,0.3", "seed=1,2"]
FOLDERS = [
    "001-learning-rate-0-05-seed-1",
    "002-learning-rate-0-05-seed-2",
    "003-learning-rate-0-3-seed-1",
    "004-learning-rate-0-3-seed-2",
]


def table(folder: Path | str) -> list[dict[str, str]]:
    with Path(folder, "table.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def pixels(path: Path | str) -> Any:
    return np.asarray(Image.open(path))


@pytest.mark.slow
def test_every_cell_is_the_run_of_its_settings_and_models_load_once(
    isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vqclip.models import perceptor, vqgan

    loaded: list[str] = []
    for room, name in ((vqgan, "load_vqgan"), (perceptor, "load_perceptor")):
        whole = getattr(room, name)
        monkeypatch.setattr(room, name, lambda *a, _n=name, _w=whole, **k: (loaded.append(_n), _w(*a, **k))[1])
    events = list(batch.sweep("a red apple qwzx", VARY, output="grid", **TINY))
    assert sorted(loaded) == ["load_perceptor", "load_vqgan"]
    assert [e.label for e in events if isinstance(e, JobStarted)] == [
        "learning-rate 0.05, seed 1",
        "learning-rate 0.05, seed 2",
        "learning-rate 0.3, seed 1",
        "learning-rate 0.3, seed 2",
    ]
    assert sum(isinstance(e, Warned) and "qwzx" in e.message for e in events) == 1, "not once a run"
    assert sorted(p.name for p in Path("grid").glob("0*")) == FOLDERS
    list(vqclip.generate("a red apple qwzx", output="alone", seed=2, learning_rate=0.3, **TINY))
    assert Path("grid", FOLDERS[3], "image.png").read_bytes() == Path("alone/image.png").read_bytes()
    rows = table("grid")
    assert [(r["run"], r["learning_rate"], r["seed"], r["folder"]) for r in rows] == [
        ("1", "0.05", "1", FOLDERS[0]),
        ("2", "0.05", "2", FOLDERS[1]),
        ("3", "0.3", "1", FOLDERS[2]),
        ("4", "0.3", "2", FOLDERS[3]),
    ]
    last = [e for e in events if isinstance(e, Stepped) and e.step == 2]
    assert [float(r["score"]) for r in rows] == pytest.approx([e.score for e in last], abs=1e-4)
    assert all(0 < float(r["seconds"]) < 300 and r["status"] == "finished" and r["steps"] == "2" for r in rows)


@pytest.mark.slow
def test_the_sheet_shows_the_pictures_in_the_order_of_the_grid(isolated: Path) -> None:
    list(
        batch.sweep("x", ["init=tokens,spot", "seed=1..3"], output="grid", **{**TINY, "init": None, "iterations": 0})
    )
    sheet = pixels("grid/sheet.png").astype(int)
    folders = sorted(Path("grid").glob("0*"))
    assert len(folders) == 6
    places = []
    for folder in folders:
        picture = pixels(folder / "image.png").astype(int)
        windows = np.lib.stride_tricks.sliding_window_view(sheet, (32, 32, 3))[:, :, 0]
        distance = np.abs(windows[::1, ::1, 0, 0] - picture[0, 0]).sum(axis=-1)
        found = [at for at in np.argwhere(distance == 0) if np.array_equal(windows[tuple(at)], picture)]
        assert len(found) == 1, folder.name
        places.append(tuple(found[0]))
    assert len({top for top, _ in places[:3]}) == len({top for top, _ in places[3:]}) == 1, "a row for each init"
    assert [left for _, left in places[:3]] == [left for _, left in places[3:]] == sorted(p[1] for p in places[:3])
    assert places[0][0] < places[3][0]


@pytest.mark.slow
def test_a_stopped_sweep_goes_on_and_draws_nothing_twice(call: Any, isolated: Path) -> None:
    steps = 0

    def stop() -> int | None:
        nonlocal steps
        steps += 1
        return signal.SIGINT if steps == 5 else None

    with pytest.raises(Interrupted) as reported:
        list(batch.sweep("a red apple", VARY, output="grid", stop=stop, **TINY))
    assert "vqclip resume" in reported.value.hint
    assert reported.value.hint.endswith("/grid")
    assert [r["status"] for r in table("grid")] == ["finished"]
    first = Path("grid", FOLDERS[0], "image.png")
    before = first.stat().st_mtime_ns
    assert directory.read_manifest(Path("grid", FOLDERS[1])).step == 1
    answer = call("resume", "grid", "--jobs", "1", "--json")
    assert answer.code == 0, answer.err
    stepped = [row for row in answer.lines if row["event"] == "stepped"]
    assert [row["step"] for row in stepped] == [2, 1, 2, 1, 2]
    assert answer.lines[-1]["sheet"].endswith("grid/sheet.png")
    assert first.stat().st_mtime_ns == before
    list(batch.sweep("a red apple", VARY, output="whole", **TINY))
    for folder in FOLDERS:
        assert Path("grid", folder, "image.png").read_bytes() == Path("whole", folder, "image.png").read_bytes()
    events = list(batch.sweep("a red apple", VARY, output="whole", **TINY))
    assert not [e for e in events if isinstance(e, Stepped)], "all is finished"
    with pytest.raises(OutputError, match="another sweep") as caught:
        batch.sweep("a red apple", ["seed=1,3"], output="whole", **TINY)
    assert "vqclip resume whole" in caught.value.hint


@pytest.mark.slow
def test_the_seed_is_drawn_once_for_all(isolated: Path) -> None:
    list(batch.sweep("x", ["learning_rate=0.05,0.3"], output="grid", **{**TINY, "iterations": 0}))
    grid = command.read(Path("grid"))
    assert {row["seed"] for row in table("grid")} == {grid.flags["seed"]}
    again = {path.parent.name: path.read_bytes() for path in Path("grid").glob("*/image.png")}
    list(batch.resume("grid"))
    list(batch.sweep("x", ["learning_rate=0.05,0.3"], output="grid", **{**TINY, "iterations": 0}))
    assert command.read(Path("grid")) == grid, "the same command goes on with the seed that was drawn"
    seeded = {**TINY, "iterations": 0, "seed": int(str(grid.flags["seed"])) + 1}
    with pytest.raises(OutputError, match="another sweep"):
        batch.sweep("x", ["learning_rate=0.05,0.3"], output="grid", **seeded)
    assert again == {path.parent.name: path.read_bytes() for path in Path("grid").glob("*/image.png")}


@pytest.mark.slow
def test_a_failure_is_said_once_and_with_its_hint(call: Any, isolated: Path) -> None:
    Path("p.txt").write_text("a red apple\n[gone.png]\n")
    flags = ["--size", "32x32", "-n", "1", "--stages", "1", "--init", "tokens", "--cutouts", "2", "--no-video"]
    answer = call("batch", "p.txt", "-o", "out", *flags)
    assert answer.code == 9
    (line,) = [line for line in answer.err.splitlines() if "p.txt, line 2" in line]
    alone = call("generate", "[gone.png]")
    assert alone.err.splitlines()[-1] in line, "the hint"
    assert "error: 1 of 2 runs failed.\n" in answer.err


@pytest.mark.slow
def test_a_run_that_fails_does_not_stop_the_others(isolated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = launch.start

    def start(settings: Any, **known: Any) -> Any:
        if settings.seed == 2:
            raise Diverged("the gradient is not a finite number at step 1.", "Try another.")
        return whole(settings, **known)

    monkeypatch.setattr(launch, "start", start)
    events = []
    with pytest.raises(RunsFailed, match="1 of 3 runs failed"):
        events += batch.sweep("x", ["seed=1,2,3"], output="grid", **{**TINY, "iterations": 1})
    events = []
    try:
        for event in batch.resume("grid"):
            events.append(event)
    except RunsFailed:
        pass
    assert [e.number for e in events if isinstance(e, JobFailed)] == [2]
    assert [r["status"] for r in table("grid")] == ["finished", "failed", "finished"]
    assert "not a finite number" in table("grid")[1]["message"]
    assert Path("grid/sheet.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x", "--vary", "learning_rat=1,2"], "learning_rate"),
        (["x", "--vary", "learning_rate"], "there is no ="),
        (["x", "--vary", "seed="], "a value is missing"),
        (["x", "--vary", "seed=1,,2"], "a value is missing"),
        (["x", "--vary", "seed=1,1"], "given twice"),
        (["x", "--vary", "seed=9..1"], "is not a valid range"),
        (["x", "--vary", "seed=1,2", "--vary", "seed=3"], "varied twice"),
        (["x", "--vary", "seed=1,2", "--seed", "3"], "--seed has no effect"),
        (["x", "--vary", "prompt=a,b"], "the prompt has no effect"),
        (["--vary", "seed=1,2"], "the prompt is empty"),
        (["x", "--vary", "ema=0.5,many"], "--vary ema=many"),
        (["x", "--vary", "ema=0.5,2"], "ema is 2"),
        (["x", "--vary", "cut-pow=1,2", "--cut-method", "smart"], "cut_pow has no effect"),
        (["x", "--vary", "vqgan=tiny,nothing"], "--vary vqgan=nothing"),
        (["x", "--vary", "seed=1..4000", "--vary", "tv=1,2,3"], "12000 runs"),
        (["x", "--vary", "init_image=gone.png"], "gone.png"),
    ],
)
def test_a_bad_grid_is_refused_before_the_first_run(
    call: Any, isolated: Path, arguments: list[str], words: str
) -> None:
    answer = call("sweep", *arguments, *FLAGS, "-o", "grid")
    assert answer.code in (2, 3, 4)
    assert words in answer.err.replace("\n", " ")
    assert list(Path().iterdir()) == []


def test_values_with_commas_stand_in_quotes() -> None:
    assert grids.parse_axis('prompt="a red apple, shiny", a blue car') == Axis(
        "prompt", ("a red apple, shiny", "a blue car")
    )
    assert grids.parse_axis("Cut-Method=smart,crowson") == Axis("cut_method", ("smart", "crowson"))
    assert grids.parse_axis("seed=3,5..7").values == ("3", "5", "6", "7")
    assert grids.parse_axis('prompt="a tree\nin snow",a car').values == ("a tree\nin snow", "a car")


@pytest.mark.parametrize(
    ("value", "words"), [("a tree\na car", "a value has a line end"), ("x" * 200_000, "more than 131072 characters")]
)
def test_values_that_cannot_be_read_are_refused(value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        grids.parse_axis(f"prompt={value}")


def test_prompts_can_be_varied_from_the_command_line(call: Any, isolated: Path) -> None:
    answer = call("sweep", "--vary", 'prompt="a red apple, shiny",a blue car', "--seed", "1", *FLAGS)
    assert answer.code == 0, answer.err
    sheet = Path(answer.out.strip())
    assert (sheet.name, sheet.parent.parent) == ("sheet.png", Path("runs").absolute())
    assert [row["prompt"] for row in table(sheet.parent)] == ["a red apple, shiny", "a blue car"]
    assert "run 2 of 2: a blue car" in answer.err


@pytest.mark.slow
def test_a_sweep_of_a_very_long_prompt_is_resumed(call: Any, isolated: Path) -> None:
    prompt = "a red apple and " * 1000 + "a tree"
    assert call("sweep", prompt, "--vary", "seed=1,2", *FLAGS, "-o", "grid").code == 0
    assert call("resume", "grid").code == 0
    assert [row["prompt"] for row in table(Path("grid"))] == [prompt] * 2


def test_a_picture_can_stand_in_for_the_prompt(isolated: Path) -> None:
    Image.new("RGB", (32, 32), (200, 30, 30)).save("red.png")
    few = {**TINY, "iterations": 1, "image_prompt": ["red.png"]}
    list(batch.sweep(None, ["seed=1,2"], output="grid", **few))
    assert [row["status"] for row in table("grid")] == ["finished", "finished"]


@pytest.mark.slow
def test_a_sweep_that_somebody_edited_or_a_run_is_refused(call: Any, isolated: Path) -> None:
    Path("grid").mkdir()
    Path("grid/batch.json").write_text('{"schema": 3, "kind": "sweep", "axes": [["seed", [1]]]}')
    answer = call("resume", "grid")
    assert (answer.code, "batch.json cannot be read" in answer.err) == (2, True)
    with pytest.raises(InputError, match="nowhere does not exist"):
        command.read(Path("nowhere"))
    Path("run/frames").mkdir(parents=True)
    Path("run/frames/0000.png").write_bytes(b"a frame")
    assert call("sweep", "x", "--vary", "seed=1", *FLAGS, "-o", "run").code == 5


@pytest.mark.slow
@pytest.mark.option("--vary")
def test_every_line_of_a_file_is_a_prompt_of_its_own(call: Any, isolated: Path) -> None:
    Path("p.txt").write_text(
        "a red apple, shiny\n\n# a comment\n\\# one\na blue car:2 | snow:-0.5\n", encoding="utf-8"
    )
    answer = call("batch", "p.txt", "--vary", "seed=1,2", *FLAGS, "--flat", "-o", "out")
    assert answer.code == 0, answer.err
    assert [(row["prompt"], row["seed"]) for row in table("out")] == [
        ("a red apple, shiny", "1"),
        ("a red apple, shiny", "2"),
        ("# one", "1"),
        ("# one", "2"),
        ("a blue car:2 | snow:-0.5", "1"),
        ("a blue car:2 | snow:-0.5", "2"),
    ]
    assert Path("out/005-a-blue-car-2-snow-0-5-seed-1/image.png").is_file()
    assert re.search(r"run 5 (of 6|\(\d of 6\)): a blue car:2 \| snow:-0.5, seed 1", answer.err)
    list(vqclip.generate("a red apple, shiny", output="alone", seed=2, **{**TINY, "iterations": 1}))
    again = pixels("out/002-a-red-apple-shiny-seed-2/image.png")
    assert np.array_equal(again, pixels("alone/image.png"))


@pytest.mark.option("sweep --output", "batch --output")
@pytest.mark.parametrize("command", [["sweep", "x"], ["batch", "p.txt"]])
def test_runs_take_their_settings_from_presets_and_files(call: Any, isolated: Path, command: list[str]) -> None:
    Path("p.txt").write_text("x\n")
    Path("mine.yaml").write_text("size: 32x24\ninit: spot\ncutouts: 2\nthreads: 1\nvideo: false\n")
    Path("more.yaml").write_text("iterations: 1\nsave_every: 0\n")
    named = ["--preset", "mine.yaml", "--config", "more.yaml"]
    answer = call(*command, "--vary", "seed=4,5", *named, "-o", "out", "--json")
    assert answer.code == 0, answer.err
    assert [(row["seed"], row["steps"]) for row in table("out")] == [("4", "1"), ("5", "1")]
    assert [pixels(path).shape for path in Path("out").glob("**/image.png")] == [(24, 32, 3)] * 2


def test_prompts_of_a_batch_come_from_standard_input(
    call: Any, isolated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a red apple\na blue car\n")))
    answer = call("batch", "-", "--seed", "1", *FLAGS, "-o", "out", "--json")
    assert answer.code == 0, answer.err
    assert [row["status"] for row in table("out")] == ["finished", "finished"]
    assert answer.lines[-1]["table"].endswith("out/table.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("# nothing\n\n", "p.txt holds no prompt"),
        ("\nb:nan\n", "p.txt, line 2: "),
        ("[gone.png]\nb:nan\n", "p.txt, line 1: "),
        ("prompt,sede\nx,1\n", "line 1: there is no setting for the column 'sede'"),
    ],
)
def test_a_file_without_a_line_to_draw_is_refused_and_leaves_nothing(
    call: Any, isolated: Path, text: str, words: str
) -> None:
    Path("p.txt").write_text(text)
    answer = call("batch", "p.txt", *FLAGS, "-o", "out")
    assert answer.code in (2, 4)
    assert words in answer.err.replace("\n", " ")
    assert not Path("out").exists()


@pytest.mark.slow
def test_a_bad_line_is_named_before_the_first_run_and_the_others_are_drawn(call: Any, isolated: Path) -> None:
    Path("p.txt").write_bytes(b"a red apple\n\nb:nan\n[gone.png]\n\xff\na blue car\n")
    answer = call("batch", "p.txt", *FLAGS, "--jobs", "1", "-o", "out")
    assert answer.code == 9
    first = answer.err.index("run 1 (4 of 5): a red apple")
    assert "run 5 of 5: a blue car" in answer.err
    assert all(0 <= answer.err.index(f"failed: p.txt, line {line}") < first for line in (3, 4, 5))
    assert [row["status"] for row in table("out")] == ["finished", "failed", "failed", "failed", "finished"]
    Path("p.txt").write_text("a red apple\nb\na blue car\n")
    answer = call("batch", "p.txt", *FLAGS, "--jobs", "1", "-o", "out", "--json")
    assert answer.code == 0
    assert sum(row["event"] == "jobstarted" for row in answer.lines) == 1, "only the corrected line"


@pytest.mark.slow
def test_a_sweep_goes_on_with_as_many_at_once_as_it_was_begun_with(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def run(jobs: Any, pool: Any, stop: Any) -> Any:
        asked.append(pool.size)
        yield from ()

    monkeypatch.setattr(local, "run", run)
    monkeypatch.setattr(batch, "default_jobs", lambda settings: 3)
    for name, jobs in (("one", 1), ("by-itself", 0)):
        list(batch.sweep("x", ["seed=1,2,3,4"], output=name, jobs=jobs, **TINY))
        list(batch.resume(name, jobs=0))
        list(batch.resume(name, jobs=2))
    assert asked == [1, 1, 2, 3, 3, 2]

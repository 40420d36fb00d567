"""The instruments: what they call the same work, how they pair and compare. None of it is timed here."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import open_clip
import pytest
import torch
from faults import makers
from safetensors.torch import load_file

from benchmarks import (
    battery,
    compare,
    effects,
    gpu,
    ledgers,
    naming,
    parity,
    peers,
    plot,
    preemption,
    random_pair,
    records,
    scaling,
    scorers,
    sides,
    starts,
)
from vqclip.errors import InputError, OutOfMemory
from vqclip.media import images

ROOT = Path(__file__).resolve().parent.parent

GENERATE = """
import argparse
from torch_optimizer import DiffGrad
parser = argparse.ArgumentParser()
for flag in ("-p", "-m", "-conf", "-ckpt", "-cd", "-sd"):
    parser.add_argument(flag)
parser.add_argument("-s", nargs=2, type=int, dest="size")
parser.add_argument("-cuts", type=int)
parser.add_argument("-se", type=int, default=2, dest="display_freq")
args = parser.parse_args()
try:
    done = []
except ValueError:
    pass

def train(i):
    done.append(i)
    open("steps.txt", "w").write(" ".join(map(str, done)) + f" {args.size} {args.cuts}")

i = 0
try:
    while True:
        train(i)
        raise SystemExit("the loop was entered")
except KeyboardInterrupt:
    pass
"""


def job(folder: Path, **changes: Any) -> sides.Job:
    known = {
        "side": "vqclip", "dtype": "float32", "folder": str(folder), "network": "test", "checkout": str(folder),
        "width": 64, "height": 48, "cutouts": 4, "threads": 1, "steps": 2,
    }  # fmt: skip
    return sides.Job(**{**known, **changes})


@pytest.mark.slow
def test_the_peers_source_runs_up_to_its_loop_and_then_its_own_step(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("generate.py").write_text(GENERATE)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", list(sys.path))
    step = sides.begin_nerdyrodent(job(Path.cwd()))
    step()
    step()
    # Of the peer's steps those are left out that also save a picture: here every second one.
    assert Path("steps.txt").read_text() == "1 3 [64, 48] 4"
    assert "torch_optimizer" in sides.stubbed()
    for name in sides.stubbed():
        del sys.modules[name]


def test_a_source_without_that_loop_is_refused() -> None:
    Path("generate.py").write_text("print('hello')\n")
    with pytest.raises(SystemExit, match="no main loop"):
        sides.before_the_loop(Path("generate.py"))


@pytest.fixture
def small_pair() -> random_pair.Pair:
    """A small VQGAN and a small CLIP of a network that open_clip is told of."""
    config = {
        "embed_dim": 32,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
    }
    Path("test.json").write_text(json.dumps(config))
    open_clip.add_model_config(Path("test.json"))
    Path("pair").mkdir()
    return random_pair.write(Path("pair"), makers.Reference().config["model"], "test")


def test_both_sides_of_a_pair_read_the_same_weights(small_pair: random_pair.Pair) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        archive = torch.jit.load(small_pair.archive).state_dict()
    weights = load_file(small_pair.clip)
    assert archive.keys() == weights.keys()
    assert all(torch.equal(archive[name], weight.half()) for name, weight in weights.items())
    before = small_pair.clip.stat().st_mtime_ns
    random_pair.write(Path("pair"), network="test")
    assert small_pair.clip.stat().st_mtime_ns == before


@pytest.mark.slow
def test_our_side_times_the_steps_and_counts_their_operations(small_pair: random_pair.Pair) -> None:
    few, many = (sides.take(sides.begin_vqclip(job(Path("pair"), cutouts=n)), 2) for n in (4, 8))
    assert len(few.seconds) == len(few.processor_seconds) == 2
    assert few.peak_bytes >= few.ready_bytes > 0
    assert few.stubbed == []
    assert few.operations < many.operations < 2 * few.operations


def takes(seconds: list[list[float]], gib: float, operations: float) -> list[dict[str, Any]]:
    return [
        {
            "seconds": s,
            "processor_seconds": [one**2 for one in s],
            "others": 0.02,
            "peak_bytes": gib * 2**30,
            "operations": operations,
            "stubbed": [],
        }
        for s in seconds
    ]


def test_ratios_are_taken_within_a_repetition_and_shares_of_the_limit_beside_them() -> None:
    found = {
        ("nerdyrodent", "float32"): takes([[4.0, 4.0, 5.0], [8.0, 8.0, 8.0]], 4, 4e9),
        ("vqclip", "bfloat16"): takes([[2.0, 1.0, 2.0], [4.0, 4.0, 4.0]], 2, 4e9),
    }
    limits = {
        "float32": [{"matmul": 2e9, "convolution": 1e9}, {"matmul": 1e9, "convolution": 0.5e9}],
        "bfloat16": [{"matmul": 4e9, "convolution": 8e9}, {"matmul": 1e9, "convolution": 2e9}],
    }
    results = peers.summarise(found, limits, {"size": "256x256"})
    by_side = {result.case["side"]: result.measures for result in results if result.case["side"] != "limit"}
    ours, theirs = by_side["vqclip"], by_side["nerdyrodent"]
    assert ours["rate_ratio"].values == (2.0, 2.0)
    assert ours["processor_ratio"].values == (4.0, 4.0)
    assert ours["memory_ratio"].values == (0.5, 0.5)
    assert theirs["share_of_limit"].values == (0.5, 0.5)
    assert ours["share_of_limit"].values == (0.25, 0.5)
    assert (ours["step"].median, ours["step"].spread, len(ours["step"].values)) == (3.0, (1.0, 4.0), 6)
    assert "rate_ratio" not in theirs


def test_a_repetition_that_others_disturb_is_made_again_and_the_quietest_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    side = ("vqclip", "float32")

    def least(*shares: float | None) -> tuple[float | None, int]:
        left = [({}, {side: {"others": share}}) for share in shares]
        _, taken = peers.least_disturbed(lambda: left.pop(0))
        return taken[side]["others"], len(shares) - len(left)

    assert least(0.05, 0.0) == (0.05, 1)
    assert least(None, 0.0) == (None, 1)
    assert least(0.3, 0.02, 0.0) == (0.02, 2)
    assert least(0.3, 0.2, 0.4, 0.0) == (0.2, 3)
    assert "others took 40% of the processors" in capsys.readouterr().err


def test_a_side_says_what_others_took_of_the_processors(tmp_path: Path) -> None:
    counts = tmp_path / "stat"
    counts.write_text("cpu  100 20 30 900 5 1 2 47 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n", encoding="utf-8")
    assert sides.busy_seconds(counts) == 200 / os.sysconf("SC_CLK_TCK")
    assert sides.busy_seconds(tmp_path / "none") is None
    taken = sides.take(lambda: time.sleep(0.1), 2)
    assert taken.others is None or 0 <= taken.others < 1.5


def record(**medians: tuple[float, ...]) -> records.Record:
    better = {"step": "lower", "score": "higher", "flops": ""}
    measures = {name: records.Measure(values, "s", better[name]) for name, values in medians.items()}
    return records.Record("steps", [records.Result({"size": "64x64", "cutouts": 4}, measures)], {"cores": 2})


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ({"step": (1.0, 1.1)}, {"step": (2.0, 2.1)}, "worse"),
        ({"step": (2.0, 2.1)}, {"step": (1.0, 1.1)}, "better"),
        ({"score": (2.0, 2.1)}, {"score": (1.0, 1.1)}, "worse"),
        ({"step": (1.0, 1.0)}, {"step": (1.05, 1.05)}, ""),  # within the tolerance
        ({"step": (1.0, 3.0)}, {"step": (2.5, 4.0)}, ""),  # the ranges overlap
        ({"flops": (1.0,)}, {"flops": (9.0,)}, "?"),
    ],
)
def test_a_change_counts_when_it_is_larger_than_the_noise(
    before: dict[str, Any], after: dict[str, Any], verdict: str
) -> None:
    (change,) = compare.changes(record(**before), record(**after), 0.1)
    assert change.verdict == verdict


def check(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks.compare", *map(str, map(Path.cwd().joinpath, arguments))]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_compare_reads_what_benchmarks_write_and_exits_with_its_verdict() -> None:
    record(step=(1.0,), score=(1.0,)).write(Path("a.json"))
    record(step=(3.0,), score=(2.0,)).write(Path("b.json"))
    told = check("a.json", "b.json")
    assert told.returncode == 1
    assert "size=64x64 cutouts=4" in told.stdout
    assert "1 better, 1 worse, 2 compared" in told.stdout
    assert check("a.json", "a.json").returncode == 0


def test_compare_refuses_what_cannot_be_compared() -> None:
    record(step=(1.0,)).write(Path("a.json"))
    Path("b.json").write_text(json.dumps({"results": 3}))
    told = check("a.json", "b.json")
    assert (told.returncode, "no record of a benchmark" in told.stderr) == (2, True)
    records.Record("image_encoders", [], {}).write(Path("c.json"))
    assert "is of steps" in check("a.json", "c.json").stderr
    other = records.Result({"size": "1x1"}, {"step": records.Measure((1.0,))})
    records.Record("steps", [other], {}).write(Path("d.json"))
    assert "no case in common" in check("a.json", "d.json").stderr


def test_the_peak_of_a_process_is_its_own_and_not_its_parents() -> None:
    held = torch.ones(2**26)
    code = "from benchmarks.records import peak_bytes; print(peak_bytes())"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert records.peak_bytes() > held.nbytes
    assert int(told.stdout) < held.nbytes


def test_scaling_changes_one_thing_at_a_time_and_measures_each_case_once() -> None:
    arguments = scaling.parse(["--sizes", "128", "256", "512", "--tile-size", "0", "256", "--cutouts", "32", "8"])
    found = list(scaling.cases(arguments))
    base = scaling.base_of(arguments)
    assert base in found
    assert len(found) == len({json.dumps(case) for case in found})
    for case in found:
        changed = {name for name in case if case[name] != base[name]}
        assert len(changed - {"tile_size"}) <= 1
        assert case["tile_size"] < case["size"]
    assert {case["size"] for case in found if case["tile_size"]} == {512}


def test_scaling_takes_a_case_and_draws_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = scaling.parse(["--quick"])
    case = scaling.base_of(arguments)
    job = {"flags": scaling.flags(case, arguments), "prompts": 1, "steps": 2}
    scaling.take(job)
    told = json.loads(capsys.readouterr().out)
    assert len(told["seconds"]) == len(told["bytes"]) == 2

    def result(seconds: float, **changes: Any) -> records.Result:
        measures = {name: records.Measure((seconds,), "s") for name in ("step", "peak_memory")}
        return records.Result({"pair": "tiny", **case, **changes}, measures)

    results = [result(1.0), result(2.0, size=64), result(9.0, size=64, tile_size=32), result(3.0, cutouts=8)]
    results.append(records.Result({"case": "batch"}, {"ratio": records.Measure((1.0,))}))
    panels = list(scaling.charts(results, case))
    assert [panel.title for panel in panels] == [
        "s per step by size", "peak MiB by size", "s per step by cutouts", "peak MiB by cutouts",
    ]  # fmt: skip
    assert panels[0].lines == {"": [(32.0, 1.0), (64.0, 2.0)]}


@pytest.mark.slow
def test_a_sheet_of_charts_names_its_axes_and_lines_and_is_the_same_each_time(tmp_path: Path) -> None:
    one = plot.Chart("s per step by size", "side in pixels", "s per step", {"": [(32.0, 1.0), (64.0, 2.0)]})
    two = plot.Chart(
        "judge", "seconds", "similarity", {"ours": [(1.0, 0.6)], "theirs": [(4.0, 0.1), (9.0, 0.5)]}, True
    )
    for name in ("sheet.svg", "again.svg", "sheet.png"):
        plot.save([one, two], tmp_path / name)
    assert (tmp_path / "sheet.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()
    texts = {text.text for text in ElementTree.parse(tmp_path / "sheet.svg").iterfind(".//{*}text")}
    assert {"s per step by size", "side in pixels", "32", "64", "judge", "seconds", "ours", "theirs"} <= texts
    height, width, _ = images.open_image(tmp_path / "sheet.png").shape
    assert width > height


@pytest.mark.long
def test_a_start_is_timed_to_its_first_step_and_its_imports_are_separated() -> None:
    flags = ["--size", "32x32", "--candidates", "1", "--cutouts", "2", "--threads", "1"]
    seconds, told = starts.first_step(flags, ["-X", "importtime"])
    spent = starts.spent(told.splitlines())
    assert {"torch", "vqclip", "typer", "numpy"} <= set(spent)
    assert not {"open_clip", "torchvision", "sympy", "matplotlib"} & set(spent)  # slow, and of no use to this start
    assert 0 < sum(spent.values()) < seconds
    with pytest.raises(SystemExit, match=r"--cutouts(.|\n)*exit code 2"):
        starts.first_step(["--cutouts", "none"])


def test_imports_count_what_a_package_spends_in_its_own_modules() -> None:
    told = """a line of the run itself
import time: self [us] | cumulative | imported package
import time:       300 |        300 |     torch._C
import time:    700000 |     700300 |   torch
import time:     40000 |     740300 | torchvision.ops
import time:         5 |          5 | zipfile"""
    spent = starts.spent(told.splitlines())
    assert list(spent) == ["torch", "torchvision", "zipfile"]
    assert spent["torch"] == pytest.approx(0.7003)
    found = starts.costs([spent, spent | {"torch": 0.9, "rich": 0.012}], least=0.03)
    assert [(result.case["import"], len(result.measures["own"].values)) for result in found] == [
        ("torch", 2), ("torchvision", 2), ("others", 2),
    ]  # fmt: skip
    assert found[-1].measures["own"].values == pytest.approx((0.000005, 0.012005))


@pytest.fixture
def held_out() -> Path:
    """A folder of training data: discs in three colours by two hands, one not named by Unicode, and a seen one."""
    colours = {"red": (220, 30, 30), "green": (40, 170, 60), "blue": (40, 70, 220)}
    drawn = [(group, colour, "1F534") for group in scorers.SETS for colour in colours]
    drawn += [("openmoji", "red", None), ("noto", "red", "1F534")]
    y, x = np.mgrid[0:128, 0:128]
    alpha = ((x - 64) ** 2 + (y - 64) ** 2 < 50**2)[..., None] * np.array(255)
    pixels = [np.concatenate([alpha // 255 * np.array(colours[colour]), alpha], 2) for _, colour, _ in drawn]
    rows = [{"set": s, "names": [f"{c} circle" if code else "logo"], "hexcode": code} for s, c, code in drawn]
    folder = Path("training data")
    folder.mkdir()
    # Rows beyond the count are recoloured copies, which are of no use here.
    (folder / "table.json").write_text(json.dumps({"count128": len(rows), "rows": [*rows, rows[0]]}))
    np.save(folder / "x128.npy", np.stack(pixels).astype(np.uint8))
    return folder


@pytest.mark.slow
def test_scorers_asks_the_commands_and_counts_what_they_find(
    held_out: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scorers, "command", lambda *given: call(*given, "--json").record)
    few = ["--labels", "2", "9", "--draws", "1", "--pictures", "4", "--damaged", "5", "--rounds", "1", "--side", "96"]
    scorers.main(["--work", str(held_out), "-o", "scorers.json", *few])
    found: dict[str, list[records.Result]] = {}
    for result in records.Record.read(Path("scorers.json")).results:
        found.setdefault(str(result.case["case"]), []).append(result)
    assert [result.case["labels"] for result in found["classify"]] == [2, 2, 2, 2, 3, 3, 3, 3]
    assert all(result.measures["R@5"].values == (1.0,) for result in found["classify"])
    assert all(result.measures["R@1"].values == (1.0,) for result in found["classify"])
    for name, encoded in (("index", 4), ("index, nothing new", 0)):
        counts = {key: found[name][0].measures[key].values for key in ("pictures", "encoded", "skipped")}
        assert counts == {"pictures": (4,), "encoded": (encoded,), "skipped": (5,)}
    assert sum(result.case["queries"] for result in found["search"]) == 3, "the logo is no query"
    assert found["features, open_clip's and ours"][0].measures["largest_difference"].median < 1e-5


def test_scorers_writes_each_name_once_under_numbers_that_say_nothing(held_out: Path) -> None:
    data, chance = scorers.Data(held_out), random.Random(0)
    drawings = data.draw(9, chance)
    assert sorted(drawing.name for drawing in drawings) == ["blue circle", "green circle", "logo", "red circle"]
    assert drawings[-1].name == "logo"
    shown = scorers.write(data, drawings, Path("pictures"), 64, 4, chance)
    names = sorted(path.name for path in Path("pictures").iterdir())
    assert names == [f"{number:05}.png" for number in range(8)]
    assert list(shown.values()) == drawings
    for name, drawing in shown.items():
        pixels = images.open_image(Path("pictures", name))
        assert pixels.shape == (64, 64, 3)
        assert tuple(pixels[0, 0]) == (255, 255, 255)
        strongest = ("red", "green", "blue")[int(pixels[32, 32].argmax())]
        assert drawing.name in (f"{strongest} circle", "logo")
    for name in set(names) - set(shown):
        with pytest.raises(InputError):
            images.open_image(Path("pictures", name))


@pytest.mark.parametrize(("right", "found", "rank"), [("a", "abcdef", 0), ("e", "abcdef", 4), ("f", "abcdef", 5)])
def test_scorers_counts_places_from_the_first(right: str, found: str, rank: int) -> None:
    assert scorers.place(right, found) == rank


def test_scorers_says_where_its_pictures_would_come_from() -> None:
    with pytest.raises(SystemExit, match=r"training/README\.md"):
        scorers.Data(Path("nowhere"))


def test_a_naming_sheet_is_laid_out_in_a_folder_that_is_not_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("drawn").mkdir()
    for prompt in battery.PROMPTS[::2]:
        images.save_png(Path("drawn") / f"{prompt.replace(' ', '-')}-1.png", np.zeros((16, 16, 3), np.uint8))
    monkeypatch.setattr("sys.argv", ["naming", "--output", "sheets/new", "--pictures", "drawn"])
    naming.main()
    key = json.loads(Path("sheets/new/naming-key.json").read_text())
    assert sorted(key.values()) == sorted(battery.PROMPTS[::2])
    assert list(key.values()) != list(battery.PROMPTS[::2]), "in random order"
    assert Path("sheets/new/naming.png").exists()


@pytest.mark.slow
def test_a_step_of_the_built_in_pair_has_the_gradient_of_stock_modules() -> None:
    settings = parity.Settings(prompt="a red apple", size="64x64", cutouts=8, cut_method="pooled")
    whole, half = parity.measure("tiny", [torch.float32, torch.bfloat16], settings, Path())
    assert whole.measures["cosine"].median > 0.9999
    assert whole.measures["loss_difference"].median < 1e-4
    assert 0.99 < half.measures["cosine"].median < 0.99999, "in bfloat16 it is rounded"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["green-apple", "story", "regions", "style-pencil"])
def test_the_small_pictures_of_the_page_on_effects_show_them_and_the_earlier_ones_did_not(name: str) -> None:
    example = [example for example in effects.EXAMPLES if example.name == name][-1]
    folder = Path(__file__).parents[1] / "docs" / "effects"
    before, now = (images.open_image(folder / f"{name}-{when}.png") for when in ("before", "now"))
    left = round(example.part[0] * now.shape[1])
    lost, found = (effects.probabilities(picture[:, left:], example.names, Path()) for picture in (before, now))
    assert min(found) > 0.7
    assert min(lost) < 0.3


def test_facts_of_a_picture_in_squares() -> None:
    squares = np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((8, 8)))[..., None] * np.array([[[0, 255, 136]]])
    known = effects.facts(squares.astype(np.uint8))
    assert (known["green"], known["five colours"], known["squares"]) == (50, 100, 100)
    assert known["places"] == 100
    assert known["changes"] == 7


@pytest.mark.parametrize("interval", [10.0, 60.0, 300.0])
@pytest.mark.parametrize("length", [30.0, 300.0, 1800.0])
def test_the_simulation_of_preemptions_agrees_with_the_closed_form(length: float, interval: float) -> None:
    plan = preemption.Plan(length, interval, snapshot=0.5, between=1800, restart=180)
    runs = round(2e7 / length)
    outcome = preemption.simulate(plan, gpus=100, runs=runs)
    assert outcome.preemptions > 5000
    assert outcome.total / runs == pytest.approx(plan.expected(), rel=0.01)
    assert outcome.useful == runs * length
    assert outcome.slowest >= outcome.total / 100


def test_a_run_shorter_than_the_interval_has_no_snapshot_and_is_lost_whole() -> None:
    plan = preemption.Plan(length=30, interval=60, snapshot=5, between=3600, restart=0)
    assert plan.ends() == [30]
    outcome = preemption.simulate(plan, gpus=10, runs=100_000)
    assert outcome.snapshots == 0
    assert outcome.repeated / outcome.preemptions == pytest.approx(15, rel=0.05), "half a run"
    assert outcome == preemption.simulate(plan, gpus=10, runs=100_000), "the same seed gives the same"


def test_without_preemptions_only_snapshots_cost_time() -> None:
    plan = preemption.Plan(length=100, interval=30, snapshot=1, between=1e12, restart=60)
    assert plan.ends() == [31, 62, 93, 103]
    outcome = preemption.simulate(plan, gpus=3, runs=10)
    assert (outcome.preemptions, outcome.repeated, outcome.waiting, outcome.snapshots) == (0, 0, 0, 30)
    assert outcome.slowest == 4 * 103


def test_ledgers_measures_every_part_of_a_batch() -> None:
    ledgers.main(["--runs", "40", "60", "--shards", "3", "--json", "ledgers.json"])
    first, second = records.Record.read(Path("ledgers.json")).results
    assert (first.case["runs"], second.case["runs"]) == (40, 60)
    assert first.measures["size"].median == pytest.approx(second.measures["size"].median, rel=0.02)
    times = {name for name, measure in second.measures.items() if measure.unit == "us" and measure.median > 0}
    assert times == {"append", "read", "skip", "own", "rows"}


@pytest.mark.slow
def test_the_benchmark_for_a_gpu_measures_on_the_processor_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = list(gpu.cases([256, 512], ["a", "b"]))
    assert len(found) == 2 * 2 * 2 + 1 + 2, "sizes, precisions, CLIPs; compiled; chunks"
    one = {"size": 32, "dtype": "float32", "clip": ["tiny"], "compile": False, "cut_chunk": 8}
    monkeypatch.setattr(gpu, "cases", lambda sizes, clips: [one])
    monkeypatch.setattr(sides, "limits", lambda dtype, device: {"matmul": 1e12})
    arguments = ["--device", "cpu", "--built-in", "--sizes", "32", "--steps", "1", "--json", "gpu.json"]
    monkeypatch.setattr(sys, "argv", ["gpu", *arguments])
    gpu.main()
    agreed, step = records.Record.read(Path("gpu.json")).results
    assert max(abs(measure.median) for measure in agreed.measures.values()) < 1e-6
    assert 0 < step.measures["share_of_limit"].median < 1
    assert "32  float32" in capsys.readouterr().out


def test_a_case_that_does_not_fit_into_the_gpu_is_in_its_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OutOfMemory("the device has not enough memory")

    monkeypatch.setattr(gpu, "measure", full)
    case = {"size": 1024, "dtype": "float32", "clip": ["a", "b"], "compile": False, "cut_chunk": 64}
    result = gpu._shown(torch.device("cpu"), "tiny", 1, {}, case)
    assert list(result.measures) == ["out_of_memory"]
    assert "out of memory" in capsys.readouterr().out

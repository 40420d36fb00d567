"""classify, score, index and search: what they answer, where, and what they refuse before anything is loaded."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attacks import forks
from PIL import Image, ImageDraw
from safetensors.torch import load_file, save_file

import vqclip
from vqclip.errors import InputError, UsageError
from vqclip.files import data_path
from vqclip.media import images
from vqclip.models.perceptor import Perceptor
from vqclip.search import index, labels
from vqclip.search import score as scoring
from vqclip.settings.schema import Settings
from vqclip.synthesis import retrieval

FAST = ["--threads", "1", "--dtype", "float32"]
COLOURS = ("red", "green", "blue", "yellow")
SETTINGS = Settings(threads=1, dtype="float32")


@pytest.fixture
def discs(isolated: Path) -> Path:
    """A folder with a disc of each colour on white, one of them deeper."""
    folder = Path("discs")
    (folder / "deep").mkdir(parents=True)
    for colour in COLOURS:
        image = Image.new("RGB", (90, 64), "white")
        ImageDraw.Draw(image).ellipse((20, 8, 68, 56), fill=colour)
        image.save(folder / ("deep" if colour == "blue" else ".") / f"{colour}.png")
    return folder


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures CLIP looked at, batch by batch."""
    batches: list[int] = []
    encode = Perceptor.encode_image

    def count(self: Perceptor, cutouts: torch.Tensor) -> torch.Tensor:
        batches.append(len(cutouts))
        return encode(self, cutouts)

    monkeypatch.setattr(Perceptor, "encode_image", count)
    return batches


CIRCLES = ",".join(f"a {colour} circle" for colour in COLOURS)


@pytest.mark.option("classify --labels", "classify --top")
def test_classify_finds_the_colour_of_each_picture(call: Any, discs: Path, encoded: list[int]) -> None:
    named = [str(discs / "red.png"), str(discs / "green.png")]
    answer = call("classify", *named, "--labels", CIRCLES, "--top", "2", *FAST)
    assert answer.code == 0
    rows = [re.match(r" *([\d.]+)%  (a \w+ circle) +(\S+)$", line) for line in answer.out.splitlines()]
    assert [row and (row[2], row[3]) for row in rows[::2]] == [
        ("a red circle", named[0]),
        ("a green circle", named[1]),
    ]
    assert len(rows) == 4
    shares = [float(row[1]) for row in rows if row]
    assert shares[0] > shares[1]
    assert shares[2] > shares[3]
    assert encoded == [2], "both pictures in one batch"
    assert max(map(len, (answer.out + answer.err).splitlines())) <= 80


def test_the_help_says_when_the_chances_sum_to_a_hundred_per_cent(call: Any) -> None:
    said = " ".join(call("classify", "--help").out.split())
    assert "The probabilities of the labels sum to 100 %, except with SigLIP, which judges each" in said


def test_classify_takes_folders_and_tells_all_in_one_json_object(call: Any, discs: Path) -> None:
    answer = call("classify", str(discs), "--labels", CIRCLES, "--json", *FAST)
    assert (answer.code, answer.err) == (0, "")
    record = answer.record
    assert (record["event"], record["schema_version"], record["clip"]) == ("result", 1, "tiny")
    assert len(record["images"]) == 4
    for found in record["images"]:
        colour = Path(found["image"]).stem
        assert found["labels"][0]["label"] == f"a {colour} circle"
        assert sum(row["probability"] for row in found["labels"]) == pytest.approx(1, abs=1e-4)


@pytest.mark.option("classify --template")
def test_templates_replace_the_built_in_ones(call: Any, discs: Path, heard: list[str]) -> None:
    red = str(discs / "red.png")
    call("classify", red, "--labels", "red,blue", *FAST)
    assert len(heard) == 2 * len(scoring.TEMPLATES)
    heard.clear()
    call("classify", red, "--labels", "red,blue", "--template", "a {} disc", "--template", "{}, {}", *FAST)
    assert heard == ["a red disc", "red, red", "a blue disc", "blue, blue"]


def test_templates_hold_nothing_that_the_built_in_clip_was_not_taught(pair: tuple[Any, Any]) -> None:
    (clip_target,) = pair[1]("a red apple")
    for template in scoring.TEMPLATES:
        text = retrieval.fill(template, "apple")
        assert re.fullmatch("[a-z ]+", text), "it was taught no full stop: each one costs a third of the hits"
        assert not clip_target.perceptor.check_words(text).unknown


def test_fault_57_duplicates_are_merged_and_a_single_label_is_reported(call: Any, discs: Path) -> None:
    red = str(discs / "red.png")
    answer = call("classify", red, "--labels", "tree, Red  car,red car,,red CAR", "--json", *FAST)
    labels = [row["label"] for row in answer.record["images"][0]["labels"]]
    assert sorted(labels) == ["Red car", "tree"]
    assert "2 labels are there already" in answer.record["warnings"][0]
    alone = call("classify", red, "--labels", "tree", *FAST)
    assert alone.code == 0
    assert "nothing to compare" in alone.err
    assert alone.out.startswith("100.0%  tree")


def test_labels_come_from_a_file_and_a_list_together(isolated: Path) -> None:
    file = Path("labels.txt")
    file.write_bytes("\ufeffÄpfel\r\n\n a  tree , tall\n".encode())
    assert labels.read("car, bus", file) == ["car", "bus", "Äpfel", "a tree , tall"]
    file.write_bytes(b"car\nb\xffs\n")
    with pytest.raises(InputError, match=r"labels\.txt, line 2: it is not UTF-8"):
        labels.read(None, file)


@pytest.mark.option("classify --labels-file")
def test_labels_are_read_from_standard_input(call: Any, discs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a red circle\na tree\n")))
    answer = call("classify", str(discs / "red.png"), "--labels-file", "-", "-q", *FAST)
    assert (answer.code, answer.err) == (0, "")
    assert "a red circle" in answer.out.splitlines()[0]


@pytest.mark.long
def test_fault_57_ten_thousand_labels(discs: Path) -> None:
    labels = [f"thing {number}" for number in range(9_999)] + ["a red circle"]
    report = scoring.classify(SETTINGS, [discs / "red.png"], labels, templates=["{}"], top=3)
    found = report["images"][0]["labels"]
    assert found[0]["label"] == "a red circle"
    assert len(found) == 3


def test_a_word_that_clip_was_not_taught_is_reported(call: Any, discs: Path) -> None:
    answer = call("classify", str(discs / "red.png"), "--labels", "red,qwrtz", *FAST)
    assert answer.err.count("'qwrtz'") == 1
    reported = call("score", str(discs / "red.png"), "a qwrtz", *FAST)
    assert "tiny knows none of the words of 'a qwrtz'" in reported.err


def test_fault_56_classify_skips_what_it_cannot_read(call: Any, discs: Path) -> None:
    Path("bad.png").write_text("no picture")
    some = call("classify", "bad.png", str(discs / "red.png"), "--labels", "red,blue", "--json", *FAST)
    assert some.code == 0
    assert [Path(found["image"]).name for found in some.record["images"]] == ["red.png"]
    assert [skipped["path"] for skipped in some.record["skipped"]] == ["bad.png"]
    assert "1 picture is left out" in some.record["warnings"][0]
    none = call("classify", "bad.png", "gone.png", "--labels", "red,blue", *FAST)
    assert none.code == 4
    assert "none of 2 pictures can be read" in none.err


def test_score_tells_similarity_and_distance(call: Any, discs: Path) -> None:
    def similarity(text: str) -> float:
        record = call("score", str(discs / "red.png"), text, "--json", *FAST).record
        assert record["text"] == text
        angle = np.arccos(record["similarity"])
        assert record["distance"] == pytest.approx(angle**2 / 2, abs=1e-4)
        return float(record["similarity"])

    assert similarity("a red circle") > similarity("a green tree")
    plain = call("score", str(discs / "red.png"), "a red circle", *FAST)
    numbers = plain.out.split()
    assert len(numbers) == 2
    assert float(numbers[0]) == pytest.approx(similarity("a red circle"), abs=1e-4)


@pytest.mark.slow
@pytest.mark.option("--clip")
def test_the_clip_that_is_named_judges(call: Any, discs: Path) -> None:
    shutil.copytree(data_path("checkpoints", "tiny_clip"), "contrary")
    state = load_file("contrary/open_clip_model.safetensors")
    state["text_projection"] = -state["text_projection"]
    save_file(state, "contrary/open_clip_model.safetensors")
    red, named = str(discs / "red.png"), ["--clip", "local-dir:contrary"]

    def reported(*arguments: str) -> list[dict[str, Any]]:
        return [call(*arguments, *more, "--json", *FAST).record for more in ([], named)]

    ours, theirs = reported("score", red, "a red circle")
    assert theirs["similarity"] == pytest.approx(-ours["similarity"], abs=1e-4)
    ours, theirs = reported("classify", red, "--labels", CIRCLES)
    rows = [[row["label"] for row in found["images"][0]["labels"]] for found in (ours, theirs)]
    assert rows[0] == rows[1][::-1]
    ours, theirs = reported("search", str(discs), "a red circle")
    rows = [[row["image"] for row in found["results"]] for found in (ours, theirs)]
    assert rows[0] == rows[1][::-1]


def test_score_takes_a_text_as_it_stands(call: Any, discs: Path) -> None:
    weighted = call("score", str(discs / "red.png"), "a tree | a red circle:-1", "--json", *FAST).record
    assert weighted["text"] == "a tree | a red circle:-1"
    assert (
        weighted["similarity"]
        != call("score", str(discs / "red.png"), "a tree", "--json", *FAST).record["similarity"]
    )


def test_search_puts_the_picture_of_the_text_first(call: Any, discs: Path) -> None:
    for colour in COLOURS:
        answer = call("search", str(discs), f"a {colour} circle", "-q", "--top", "1", *FAST)
        assert (answer.code, answer.err) == (0, "")
        (line,) = answer.out.splitlines()
        score, path = line.split()
        assert Path(path).stem == colour
        assert Path(path).is_file()
        assert -1 <= float(score) <= 1


def test_search_builds_the_index_once_and_then_looks_at_changes_only(
    call: Any, discs: Path, encoded: list[int]
) -> None:
    first = call("search", str(discs), "a red circle", "--json", *FAST).record
    assert (first["pictures"], first["encoded"], encoded) == (4, 4, [4])
    again = call("search", str(discs), "a blue circle", "--json", *FAST).record
    assert (again["encoded"], again["known"], encoded) == (0, 4, [4])
    Image.new("RGB", (50, 50), "black").save(discs / "black.png")
    grown = call("index", str(discs), *FAST)
    assert grown.out == f"{discs / index.NAME}\n"
    assert "5 pictures: 1 encoded, 4 known" in grown.err
    assert encoded == [4, 1]


@pytest.mark.slow
def test_an_index_that_is_up_to_date_needs_no_torch(call: Any, discs: Path) -> None:
    call("index", str(discs), *FAST)
    probe = (
        "import sys, vqclip.cli as c\n"
        f"code = c._run(['index', {str(discs)!r}, *{FAST!r}])\n"
        "print(code, sorted({'torch', 'open_clip', 'torchvision'} & set(sys.modules)))"
    )
    reported = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=100)
    assert reported.stdout.splitlines()[-1] == "0 []"
    assert "4 known" in reported.stderr


def test_search_weighs_several_texts(call: Any, discs: Path) -> None:
    def scores(query: str) -> dict[str, float]:
        record = call("search", str(discs), query, "--json", *FAST).record
        return {row["image"]: row["similarity"] for row in record["results"]}

    one, other, both = scores("a red circle"), scores("a tree"), scores("a red circle:2 | a tree:-0.5")
    for path, score in both.items():
        assert score == pytest.approx((2 * one[path] - 0.5 * other[path]) / 2.5, abs=1e-4)


@pytest.mark.option("search --image", "search --top")
def test_search_by_a_picture_finds_that_picture(call: Any, discs: Path) -> None:
    record = call("search", str(discs), "--image", str(discs / "green.png"), "--json", "--top", "2", *FAST).record
    assert record["results"][0]["image"] == str(discs / "green.png")
    assert record["results"][0]["similarity"] == pytest.approx(1, abs=1e-4)
    assert len(record["results"]) == 2


@pytest.mark.option("index --index", "search --index")
def test_the_index_can_lie_elsewhere(call: Any, discs: Path) -> None:
    call("search", str(discs), "red", "--index", "cache/mine.safetensors", *FAST)
    assert Path("cache/mine.safetensors").is_file()
    assert not (discs / index.NAME).exists()


def test_an_index_of_another_clip_is_made_again(call: Any, discs: Path, encoded: list[int]) -> None:
    shutil.copytree(data_path("checkpoints", "tiny_clip"), "mine")
    call("index", str(discs), *FAST)
    same = call("index", str(discs), "--clip", "local-dir:mine", *FAST)
    assert "4 known" in same.err, "the same weights under another name are the same CLIP"
    config = Path("mine/open_clip_config.json")
    config.write_text(config.read_text().replace("squash", "longest"))
    other = call("index", str(discs), "--clip", "local-dir:mine", *FAST)
    assert "is of another CLIP; it is made again" in other.err
    assert encoded == [4, 4]


@pytest.mark.option("search --sheet")
def test_the_sheet_holds_the_results_in_their_order(call: Any, discs: Path) -> None:
    answer = call("search", str(discs), "a red circle", "--sheet", "sheet.png", "--top", "3", "--json", *FAST)
    assert answer.record["sheet"] == "sheet.png"
    with Image.open("sheet.png") as image:
        assert image.format == "PNG"
        sheet = np.asarray(image.convert("RGB"))
    found = [images.open_image(Path(row["image"])) for row in answer.record["results"]]
    height, width = found[0].shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(sheet[8 : 8 + height], (height, width, 3)).squeeze()
    places = [[left for left in range(len(windows)) if np.array_equal(windows[left], cell)] for cell in found]
    assert [len(place) for place in places] == [1, 1, 1]
    assert places == sorted(places)
    left_over = images.open_image(
        next(p for p in discs.rglob("*.png") if str(p) not in str(answer.record["results"]))
    )
    assert not any(np.array_equal(window, left_over) for window in windows)


def test_large_pictures_are_scaled_to_their_cell(call: Any, discs: Path) -> None:
    Image.new("RGB", (1200, 300), "red").save(discs / "wide.png")
    call("search", str(discs), "red", "--sheet", "sheet.png", "--top", "5", "-q", *FAST)
    assert Image.open("sheet.png").width == 8 + 5 * (scoring.SHEET_SIDE + 8)


def test_pictures_that_cannot_be_shown_any_more_are_reported(discs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scoring.index(SETTINGS, discs, None, print)
    rank, gone = scoring.update, discs / "red.png"

    def update_and_remove(*given: Any, **named: Any) -> index.Updated:
        found = rank(*given, **named)
        gone.unlink()
        return found

    monkeypatch.setattr(scoring, "update", update_and_remove)
    report = scoring.search(SETTINGS, discs, "a red circle", sheet=Path("sheet.png"), notify=print)
    assert str(gone) == report["results"][0]["image"]
    assert report["warnings"] == [f"1 picture is left out. Cannot read {gone}: there is no such file."]
    assert Image.open("sheet.png").width == 8 + 3 * (96 + 8)


def test_a_folder_that_cannot_be_written_can_be_searched(
    call: Any, discs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vqclip import files
    from vqclip.errors import OutputError

    def refuse(folder: Path) -> Path:
        raise OutputError(f"Cannot write {folder}: the file system is read-only.", "Choose another place.")

    monkeypatch.setattr(files, "ensure_writable", refuse)
    found = call("search", str(discs), "a red circle", *FAST)
    assert found.code == 0
    assert "red.png" in found.out.splitlines()[0]
    assert "warning: the index is not kept" in found.err
    kept = call("index", str(discs), *FAST)
    assert kept.code == 5
    assert "--index FILE" in kept.err
    assert not (discs / index.NAME).exists()


@pytest.mark.parametrize("name", ["[bold]x.png", "\x1b[31mred.png", "a\u202eb.png", "a\nb.png"])
def test_fault_30_names_of_files_never_steer_the_terminal(call: Any, discs: Path, name: str) -> None:
    (discs / "red.png").rename(discs / name)
    answer = call("search", str(discs), "a red circle", *FAST)
    assert answer.code == 0
    assert "\x1b" not in answer.out
    assert "\u202e" not in answer.out
    assert len(answer.out.splitlines()) == len(COLOURS)
    reported = call("search", str(discs), "a red circle", "--json", *FAST)
    assert reported.record["results"][0]["image"] == str(discs / name)


BAD = [
    (["classify", "red.png"], 2, "there are no labels"),
    (["classify", "red.png", "--labels", " , ,"], 2, "there are no labels"),
    (["classify", "red.png", "--labels", "a,b", "--template", "no place"], 2, "has no {}"),
    (["classify", "red.png", "--labels", "a,b", "--top", "0"], 2, "--top"),
    (["classify", "red.png", "--labels", "a,b", "--clip", "tinny"], 2, "Did you mean 'tiny'"),
    (["classify", "red.png", "--labels", "a,b", "--clip", "tiny", "--clip", "tiny"], 2, "clip names 2 models"),
    (["classify", "red.png", "--labels", "a,b", "--device", "gpu"], 2, "device 'gpu'"),
    (["classify", "red.png", "--labels-file", "nowhere.txt"], 4, "nowhere.txt"),
    (["classify", "nowhere.png", "--labels", "a,b"], 4, "nowhere.png"),
    (["classify", "empty", "--labels", "a,b"], 4, "empty holds no pictures"),
    (["classify", "bad", "--labels", "a,b"], 4, "bad/one.png"),
    (["score", "red.png", " "], 2, "the text is empty"),
    (["score", "nowhere.png", "a"], 4, "nowhere.png"),
    (["score", "red.png", "a", "--clip", "local-dir:nowhere"], 3, "nowhere"),
    (["index", "nowhere"], 4, "no such folder"),
    (["index", "red.png"], 4, "not a folder"),
    (["index", "empty"], 4, "empty holds no pictures"),
    (["index", "bad"], 4, "no picture below bad can be read"),
    (["index", "bad", "--index", "photo.png"], 2, "photo.png"),
    (["index", "bad", "--clip", "nonsense"], 2, "nonsense"),
    (["search", "bad"], 2, "either a text or --image"),
    (["search", "bad", "a", "--image", "red.png"], 2, "either a text or --image"),
    (["search", "bad", "a||b"], 2, "prompt is empty"),
    (["search", "bad", "a:1:0.5"], 2, "a stop has no effect"),
    (["search", "bad", "a", "--sheet", "sheet.jpg"], 2, "sheet.jpg"),
    (["search", "bad", "a", "--top", "1001"], 2, "--top"),
    (["search", "bad", "a"], 4, "no picture below bad can be read"),
    (["search", "bad", "--image", "nowhere.png"], 4, "nowhere.png"),
    (["search", "nowhere", "a"], 4, "nowhere"),
    (["search", "bad", "a", "--sheet", "red.png/sheet.png"], 5, "red.png"),
]


@pytest.fixture
def odd_folders(isolated: Path) -> set[str]:
    Image.new("RGB", (20, 20), "red").save("red.png")
    Path("empty").mkdir()
    Path("bad").mkdir()
    Path("bad/one.png").write_text("no picture")
    return {"red.png", "empty", "bad", "bad/one.png"}


@pytest.mark.slow
def test_the_built_in_clip_looks_at_pictures_without_open_clip(discs: Path) -> None:
    probe = (
        "import sys, vqclip.cli as c\n"
        f"code = c._run(['index', {str(discs)!r}, *{FAST!r}])\n"
        "print(code, sorted({'open_clip', 'torchvision'} & set(sys.modules)))"
    )
    reported = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=100)
    assert reported.stdout.splitlines()[-1] == "0 []"
    assert "4 encoded" in reported.stderr


@pytest.mark.parametrize(("arguments", "code", "words"), BAD, ids=[" ".join(a) for a, *_ in BAD])
def test_bad_input_gets_its_code_and_a_line_that_names_it(
    call: Any, odd_folders: set[str], arguments: list[str], code: int, words: str
) -> None:
    plain = call(*arguments)
    assert (plain.code, plain.out) == (code, "")
    assert words in plain.err
    assert "Traceback" not in plain.err
    record = call(*arguments, "--json").record
    assert (record["event"], record["exit_code"]) == ("error", code)
    assert words in record["message"] + record["hint"]
    assert {str(path) for path in Path().rglob("*")} == odd_folders, "nothing is left behind"


@pytest.mark.slow
def test_bad_input_is_refused_before_torch_is_imported(odd_folders: set[str]) -> None:
    probe = (
        "import json, sys, vqclip.cli as c\n"
        f"codes = [c._run(arguments) for arguments in {[a for a, *_ in BAD]!r}]\n"
        "print(json.dumps([codes, sorted({'torch', 'open_clip', 'torchvision'} & set(sys.modules))]))"
    )
    reported = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=100)
    assert json.loads(reported.stdout.splitlines()[-1]) == [[code for _, code, _ in BAD], []]


def test_one_clip_at_a_time_also_from_settings(discs: Path) -> None:
    with pytest.raises(UsageError, match="clip names 2 models; this command takes one"):
        scoring.score(SETTINGS.replace(clip=("tiny", "tiny:0.5")), discs / "red.png", "red")


def test_a_weight_would_do_nothing_and_is_refused(call):
    reported = call("score", "x.png", "text", "--clip", "tiny:0.5")
    assert reported.code == 2
    assert "the weight 0.5 of the CLIP 'tiny' has no effect here. Leave it out." in reported.err.replace("\n", " ")


@pytest.mark.parametrize("command", ["classify", "score", "index", "search"])
def test_the_help_of_one_clip_does_not_ask_for_several(command, call):
    shown = " ".join(call(command, "--help").out.replace("│", " ").split())
    assert "Choose one CLIP by name, without a weight." in shown
    assert "repeat for several. [default: tiny]" not in shown
    assert "repeat for several. [default: tiny]" in " ".join(call("generate", "--help").out.replace("│", " ").split())


@pytest.mark.slow
def test_a_reader_that_goes_away_causes_no_traceback(discs: Path) -> None:
    scoring.index(SETTINGS, discs, None, print)
    # Gone before the first word: what a shell starts behind a pipe may be late on a busy machine.
    reading, writing = os.pipe()
    os.close(reading)
    command = [forks.program(), "index", str(discs), "-q"]
    reported = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert reported.returncode == 141
    assert "Traceback" not in reported.stderr
    assert "Exception ignored" not in reported.stderr


@pytest.mark.slow
def test_the_score_of_a_run_is_that_of_its_pictures(small: dict[str, Any], call: Any) -> None:
    list(vqclip.generate("a red apple", seed=1, output="run", **small))
    rows = [json.loads(line) for line in Path("run/metrics.jsonl").read_text().splitlines()]
    manifest = json.loads(Path("run/run.json").read_text())
    pictures = {1: "run/frames/00001.png", 2: "run/image.png"}
    known = {1: rows[1]["score"], 2: manifest["score"]}
    for number, picture in pictures.items():
        told = call("score", picture, "a red apple", "--json", *FAST).record
        assert known[number] == pytest.approx(told["similarity"], abs=1e-5)

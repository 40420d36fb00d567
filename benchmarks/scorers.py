"""CLIP by itself, on drawings in styles that it never saw: labels, the index of a folder, searches, open_clip.

    python -m benchmarks.scorers --work training/work -o scorers.json

DIR of --work holds training's pictures (training/README.md says how to make them). Those of the two sets that are
held out are written as PNG files on white, under numbers in random order, and given to `vqclip classify`, `index` and
`search` as a user would. The drawings are new to the built-in CLIP; most of the names are not.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.records import Measure, Record, Result, machine
from vqclip.files import data_path
from vqclip.media import images
from vqclip.search import score
from vqclip.settings import sources

ROOT = Path(__file__).resolve().parent.parent
SETS = ("emojione-v1", "openmoji")
TOP = 5
TEMPLATES: dict[str, list[str]] = {"default": [], "the label alone": ["--template", "{}"]}

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Drawing:
    """One held-out picture. row: of x128.npy. known: whether Unicode names it, as it does those trained on."""

    row: int
    group: str
    name: str
    known: bool


@dataclass(frozen=True)
class Answer:
    """The JSON answer of a command, with its seconds of wall time, and of processor time on all cores."""

    report: dict[str, Any]
    clock: float
    processor: float


class Data:
    """A folder of training data, as far as it is held out."""

    def __init__(self, work: Path) -> None:
        """Raises SystemExit for a folder without them."""
        try:
            table = json.loads((work / "table.json").read_text(encoding="utf-8"))
            self._pixels = np.load(work / "x128.npy", mmap_mode="r")
        except OSError as error:
            raise SystemExit(f"{work} holds no pictures: {error.strerror}; see training/README.md") from None
        rows = enumerate(table["rows"][: table["count128"]])
        self.drawings = [
            Drawing(at, row["set"], row["names"][0], bool(row["hexcode"])) for at, row in rows if row["set"] in SETS
        ]

    def draw(self, count: int, chance: random.Random, group: str | None = None) -> list[Drawing]:
        """At most `count` random drawings, each of another name.

        group: draw from this set alone, and only what Unicode names. Without it the others come last.
        """
        mixed = [drawing for drawing in self.drawings if group in (None, drawing.group)]
        chance.shuffle(mixed)
        mixed.sort(key=lambda drawing: not drawing.known)
        of_name: dict[str, Drawing] = {}
        for drawing in mixed:
            if drawing.known or group is None:
                of_name.setdefault(drawing.name, drawing)
        return list(of_name.values())[:count]

    def pixels(self, drawing: Drawing, side: int) -> images.Pixels:
        """The drawing on white, uint8 (side, side, 3)."""
        premultiplied = self._pixels[drawing.row].astype(np.int64)
        over = (premultiplied[..., :3] + 255 - premultiplied[..., 3:]).clip(0, 255).astype(np.uint8)
        return over if side == len(over) else images.resize(over, side, side)


def write(
    data: Data, drawings: Sequence[Drawing], folder: Path, side: int, damaged: int, chance: random.Random
) -> dict[str, Drawing]:
    """Write drawings and so many damaged files into a new folder; returns the drawing of each file name.

    The names are numbers that say nothing of what the files show.
    """
    folder.mkdir()
    numbers = list(range(len(drawings) + damaged))
    chance.shuffle(numbers)
    names = [f"{number:05}.png" for number in numbers]
    for name, drawing in zip(names, drawings, strict=False):
        images.save_png(folder / name, data.pixels(drawing, side))
    whole = (folder / names[0]).read_bytes() if drawings else b""
    for at, name in enumerate(names[len(drawings) :]):
        (folder / name).write_bytes(damage(whole, at))
    return dict(zip(names, drawings, strict=False))


def damage(whole: bytes, kind: int) -> bytes:
    """One of four kinds of file that is named like a picture and is none: empty, cut off, text, overwritten."""
    half = len(whole) // 2
    kinds = (b"", whole[:half], b"This is not a picture.\n", whole[:half] + bytes(len(whole) - half))
    return kinds[kind % len(kinds)]


def command(*arguments: str) -> dict[str, Any]:
    """The JSON answer of `vqclip`, run in a process of its own."""
    line = [sys.executable, "-m", "vqclip", *arguments, "--json"]
    done = subprocess.run(line, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def ask(*arguments: str) -> Answer:
    """`command`, and what it took from its start to its end."""
    before, began = _spent(), time.perf_counter()
    # The figures are of float32 on every processor.
    report = command(*arguments, "--dtype", "float32")
    return Answer(report, time.perf_counter() - began, _spent() - before)


def _spent() -> float:
    """Seconds of processor in the children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def share(hits: Sequence[bool]) -> float:
    """The share of True."""
    return sum(hits) / len(hits)


def times(name: str, answers: Sequence[Answer]) -> dict[str, Measure]:
    """Seconds of several runs of a command, by the clock and of the processor."""
    return {
        name: Measure(tuple(one.clock for one in answers), "s", "lower"),
        f"{name}_processor": Measure(tuple(one.processor for one in answers), "s", "lower"),
    }


def quality(ranks: Sequence[Sequence[int]]) -> dict[str, Measure]:
    """R@1 and R@5 of each draw. ranks: of each draw the places of what was right, 0 is first, TOP is beyond."""
    return {
        f"R@{best}": Measure(tuple(share([rank < best for rank in draw]) for draw in ranks), "", "higher")
        for best in (1, TOP)
    }


def place(right: object, found: Sequence[object]) -> int:
    """Where the right one is among the first TOP, or TOP."""
    return list(found[:TOP]).index(right) if right in found[:TOP] else TOP


def classify(data: Data, folder: Path, group: str, count: int, arguments: argparse.Namespace) -> Iterator[Result]:
    """Drawings of one set against each other's names, with each kind of template, over several draws."""
    answers: dict[str, list[Answer]] = {kind: [] for kind in TEMPLATES}
    ranks: dict[str, list[list[int]]] = {kind: [] for kind in TEMPLATES}
    used = 0
    for draw in range(arguments.draws):
        chance = random.Random(arguments.seed + draw)
        drawings = data.draw(count, chance, group)
        used = len(drawings)
        pictures, labels = folder / f"{group}-{count}-{draw}", folder / "labels.txt"
        shown = write(data, drawings, pictures, arguments.side, 0, chance)
        labels.write_text("".join(f"{name}\n" for name in sorted(d.name for d in drawings)), encoding="utf-8")
        for kind, flags in TEMPLATES.items():
            given = ("--labels-file", str(labels), "--top", str(TOP), *flags)
            answers[kind].append(ask("classify", str(pictures), *given))
            found = answers[kind][-1].report["images"]
            ranks[kind].append(
                [place(shown[Path(one["image"]).name].name, [row["label"] for row in one["labels"]]) for one in found]
            )
        shutil.rmtree(pictures)
        if used < count:
            break
    for kind in TEMPLATES:
        case = {"case": "classify", "set": group, "labels": used, "pictures": used, "templates": kind}
        yield Result(case, quality(ranks[kind]) | times("command", answers[kind]))


def index(folder: Path, rounds: int, case: dict[str, Any]) -> Iterator[Result]:
    """The index of a folder from nothing, and once more when nothing has changed."""
    built, again = [], []
    for _ in range(rounds):
        for old in folder.glob(".*.safetensors"):
            old.unlink()
        built.append(ask("index", str(folder)))
        again.append(ask("index", str(folder)))
    for name, answers in (("index", built), ("index, nothing new", again)):
        counts = {
            "pictures": Measure(tuple(one.report["pictures"] for one in answers)),
            "encoded": Measure(tuple(one.report["encoded"] for one in answers)),
            "skipped": Measure(tuple(len(one.report["skipped"]) for one in answers)),
        }
        yield Result({"case": name, **case}, times("command", answers) | counts)


def search(
    folder: Path, shown: dict[str, Drawing], arguments: argparse.Namespace, case: dict[str, Any]
) -> Iterator[Result]:
    """Searches for names in a folder that has an index: where the one picture of that name is, and how long it took.

    Each answer is one call of `scoring.search` in a process that has answered before: it looks through the folder
    for changes, reads the index and loads the CLIP again.
    """
    settings = sources.resolve({}).settings
    file_of = {drawing: name for name, drawing in shown.items()}
    queries = [
        [drawing for drawing in shown.values() if drawing.group == group and drawing.known][: arguments.queries]
        for group in SETS
    ]
    score.search(settings, folder, "a warm-up", top=TOP, notify=print)
    for group, wanted in zip(SETS, queries, strict=True):
        clock, processor, ranks = [], [], []
        for drawing in wanted:
            began, worked = time.perf_counter(), time.process_time()
            found = score.search(settings, folder, drawing.name, top=TOP, notify=print)["results"]
            clock.append(time.perf_counter() - began)
            processor.append(time.process_time() - worked)
            ranks.append(place(file_of[drawing], [Path(row["image"]).name for row in found]))
        taken = {"answer": Measure(tuple(clock), "s", "lower")}
        taken["answer_processor"] = Measure(tuple(processor), "s", "lower")
        yield Result({"case": "search", "set": group, "queries": len(wanted), **case}, quality([ranks]) | taken)
    whole = [ask("search", str(folder), drawing.name) for drawing in queries[0][: arguments.rounds]]
    yield Result({"case": "search, whole command", **case}, times("command", whole))


def kept(folder: Path) -> tuple[list[str], Features]:
    """The names and features that the index of a folder holds."""
    from safetensors import safe_open

    with safe_open(folder / ".vqclip-index.safetensors", framework="numpy") as archive:
        paths = json.loads(archive.metadata()["vqclip_index"])["paths"]
        features: Features = archive.get_tensor("features")
    return paths, features


def theirs(paths: Sequence[Path]) -> Features:
    """Features of picture files by open_clip's own functions alone, with the built-in CLIP's weights."""
    import open_clip
    import torch
    from PIL import Image

    source = data_path("checkpoints", "tiny_clip")
    framing = json.loads((source / "open_clip_config.json").read_text(encoding="utf-8"))["preprocess_cfg"]
    model, _, transform = open_clip.create_model_and_transforms(
        f"local-dir:{source}",
        image_resize_mode=framing["resize_mode"],
        image_interpolation=framing["interpolation"],
    )
    found = []
    with torch.inference_mode():
        for path in paths:
            with Image.open(path) as image:
                found.append(model.eval().encode_image(transform(image)[None], normalize=True).numpy())
    return np.concatenate(found)


def agreement(folder: Path, case: dict[str, Any]) -> Result:
    """How far the features in an index are from open_clip's own, at most in any number of any picture."""
    names, ours = kept(folder)
    reference = theirs([folder / name for name in names])
    differences = np.abs(ours - reference)
    measures = {
        "largest_difference": Measure((float(differences.max()),), "", "lower"),
        "largest_number": Measure((float(np.abs(reference).max()),)),
    }
    return Result({"case": "features, open_clip's and ours", "numbers": differences.size, **case}, measures)


def results(data: Data, folder: Path, arguments: argparse.Namespace) -> Iterator[Result]:
    """Everything, case by case. folder: an empty one."""
    for count in arguments.labels:
        for group in SETS:
            yield from classify(data, folder, group, count, arguments)
    chance = random.Random(arguments.seed)
    drawings = data.draw(arguments.pictures, chance)
    pictures = folder / "pictures"
    shown = write(data, drawings, pictures, arguments.side, arguments.damaged, chance)
    case = {"pictures": len(drawings), "damaged": arguments.damaged, "side": arguments.side}
    yield from index(pictures, arguments.rounds, case)
    yield from search(pictures, shown, arguments, case)
    yield agreement(pictures, case)


def show(result: Result) -> None:
    """One line per case."""
    figures = [f"{name} {m.median:.4g} {m.unit}".rstrip() for name, m in result.measures.items()]
    print(f"{result.label}: {', '.join(figures)}", flush=True)


def parse(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, metavar="DIR", help="table.json and x128.npy of training")
    parser.add_argument("-o", "--json", type=Path, metavar="FILE")
    parser.add_argument("--labels", type=int, nargs="*", default=[200, 2000], metavar="N", help="to choose among")
    parser.add_argument("--draws", type=int, default=3, metavar="N", help="of labels, where there are more of them")
    parser.add_argument("--pictures", type=int, default=2000, metavar="N", help="of the index, each of its own name")
    parser.add_argument("--damaged", type=int, default=20, metavar="N", help="files among them that are no pictures")
    parser.add_argument("--queries", type=int, default=200, metavar="N", help="names to search for, of each set")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of each command that is timed")
    parser.add_argument("--side", type=int, default=128, metavar="N", help="of the pictures, in pixels")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the random choices")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """Print a line per case."""
    arguments = parse(given)
    data, about, found = Data(arguments.work), machine(), []
    with tempfile.TemporaryDirectory() as folder:
        for result in results(data, Path(folder), arguments):
            show(result)
            found.append(result)
    if arguments.json:
        Record("scorers", found, about).write(arguments.json)


if __name__ == "__main__":
    main()

"""continue: a new run begins with the very picture that a finished one ended with, and goes its own way."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import api, reading
from vqclip.errors import InputError, Interrupted, ModelError
from vqclip.events import Stepped
from vqclip.runs import directory
from vqclip.settings.schema import default_of

FEW = {"size": "64x64", "iterations": 3, "stages": 2, "init": "prior", "candidates": 2, "guidance": 2.0, "ema": 0.9,
       "cutouts": 4, "save_every": 1, "snapshot_every": 2, "threads": 1, "dtype": "float32"}  # fmt: skip


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run that started from a candidate and has two stages."""
    folder = tmp_path_factory.mktemp("first") / "first"
    # The latent, from which another run starts, is that of the picture before its edges are made crisp.
    list(vqclip.generate("a red apple", output=folder, seed=5, refine="off", **FEW))
    return folder


def pixels(path: Path | str) -> Any:
    return np.asarray(Image.open(path), dtype=int)


@pytest.mark.slow
def test_a_finished_run_keeps_the_snapshot_of_its_last_step(first: Path) -> None:
    assert sorted(path.name for path in (first / "state").iterdir()) == [
        "step-000002.safetensors",
        "step-000003.safetensors",
    ]


@pytest.mark.slow
def test_it_begins_with_the_picture_and_goes_on_with_the_new_prompt(call: Any, first: Path) -> None:
    answer = call(
        "continue",
        str(first),
        "a blue car",
        "-n",
        "12",
        "--learning-rate",
        "0.2",
        "-o",
        "next",
        "--no-resample",
        "--json",
    )
    assert answer.code == 0, answer.err
    # The first picture is decoded from the mean of the first run's latents, as its last one was.
    assert np.array_equal(pixels("next/frames/00000.png"), pixels(first / "image.png"))
    assert not np.array_equal(pixels("next/image.png"), pixels(first / "image.png"))
    settings = directory.read_manifest(Path("next")).settings
    assert (settings.prompt, settings.seed, settings.stages, settings.init_run) == ("a blue car", 5, 1, str(first))
    drawn = default_of("candidates"), default_of("guidance"), 4
    assert (settings.candidates, settings.guidance, settings.cutouts) == drawn, "what drew the start is left out"
    scores = [row["score"] for row in list(reading.json_lines(Path("next/metrics.jsonl"), 10**6))]
    assert np.mean(scores[-3:]) > np.mean(scores[:3])


@pytest.mark.slow
@pytest.mark.option("init_run")
def test_any_run_can_begin_where_a_finished_one_ended(call: Any, first: Path) -> None:
    flags = ["--size", "64x64", "--stages", "1", "-n", "0", "--seed", "9", "--dtype", "float32"]
    assert call("generate", "a blue car", "--init-run", str(first), *flags, "-o", "next").code == 0
    assert np.array_equal(pixels("next/image.png"), pixels(first / "image.png"))


@pytest.mark.slow
def test_it_is_a_run_like_any_other(first: Path) -> None:
    asked = 0

    def stop() -> int | None:
        nonlocal asked
        asked += 1
        return signal.SIGINT if asked == 1 else None

    with pytest.raises(Interrupted):
        list(api.continue_run(first, "a blue car", output="broken", stop=stop, iterations=2))
    list(api.resume("broken"))
    list(api.continue_run(first, "a blue car", output="whole", iterations=2))
    assert Path("broken/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    list(vqclip.rerun("whole", output="again"))
    assert Path("again/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    list(api.continue_run("whole", output="third", iterations=0))
    assert np.array_equal(pixels("third/image.png"), pixels("whole/image.png")), "a chain of runs"
    assert directory.read_manifest(Path("third")).settings.prompt == "a blue car"


@pytest.mark.slow
def test_another_size_begins_with_the_picture_resized(first: Path) -> None:
    list(api.continue_run(first, output="large", iterations=0, size="128x128"))
    wanted = np.asarray(Image.open(first / "image.png").resize((128, 128), Image.Resampling.BICUBIC), dtype=int)
    other = wanted[::-1, ::-1]
    drawn = pixels("large/image.png")
    assert np.abs(drawn - wanted).mean() < 12
    assert np.abs(drawn - wanted).mean() < np.abs(drawn - other).mean() / 2


@pytest.mark.slow
def test_an_init_weight_holds_on_to_the_first_run(first: Path) -> None:
    def distance(weight: float) -> float:
        known = {"iterations": 5, "learning_rate": 0.3, "save_every": 0, "video": False, "init_weight": weight}
        known["resample"] = False
        events = list(api.continue_run(first, "a blue car", **known))
        last = [event for event in events if isinstance(event, Stepped)][-1]
        return float(np.abs(last.image().astype(int) - pixels(first / "image.png")).mean())

    assert distance(100.0) < distance(0.0) * 0.8


@pytest.mark.slow
def test_what_cannot_be_continued_is_refused_with_a_way_out(call: Any, first: Path) -> None:
    assert call("continue", "nowhere").code == 4
    shutil.copytree(first, "old")
    Path("old/state/step-000003.safetensors").write_bytes(b"damaged")
    answer = call("continue", "old", "-n", "1", "-o", "next")
    assert answer.code == 4
    assert "--init-image old/image.png" in answer.err.replace(str(Path.cwd()) + "/", "")
    Path("old/state/step-000003.safetensors").unlink()
    with pytest.raises(InputError, match="no snapshot of its last step"):
        api.continue_run("old")
    manifest = (first / "run.json").read_text()
    Path("old/run.json").write_text(manifest.replace('"finished"', '"interrupted"'))
    shutil.move("old", "an old one")
    answer = call("continue", "an old one", "-o", "next")
    assert (answer.code, "not finished" in answer.err) == (4, True)
    assert f"vqclip resume '{Path('an old one').absolute()}'" in " ".join(answer.err.split())
    shutil.copytree(first, "other")
    digest = directory.read_manifest(first).models["tiny"]
    Path("other/run.json").write_text(manifest.replace(digest, "0" * 64))
    with pytest.raises(ModelError, match="another VQGAN"):
        list(api.continue_run("other", iterations=1))


@pytest.mark.slow
def test_what_has_no_effect_on_such_a_start_is_refused(call: Any, first: Path) -> None:
    for flags, words in (
        (["--candidates", "3"], "candidates has no effect on an init run"),
        (["--init-image", str(first / "image.png")], "init_image has no effect with an init run"),
        (["--init-weight-pixels", "2"], "init_weight_pixels has no effect without an init picture"),
    ):
        answer = call("continue", str(first), *flags)
        assert (answer.code, words in answer.err) == (2, True), answer.err

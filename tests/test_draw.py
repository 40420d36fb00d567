"""vqclip.draw and its siblings: results, pictures in memory, progress, and messages with Python's names."""

from __future__ import annotations

import io
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import api, display, files
from vqclip.errors import InputError, Interrupted, OutputError, UsageError
from vqclip.events import Event, Finished, Started, Stepped, Warned
from vqclip.media import given_pictures, images
from vqclip.models import vqgan
from vqclip.runs.directory import read_manifest
from vqclip.runs.loading import ModelCache
from vqclip.settings.python_names import in_python
from vqclip.settings.schema import Settings

PHOTO = np.dstack([np.full((20, 40), 200), np.arange(800).reshape(20, 40) % 256, np.zeros((20, 40))]).astype(np.uint8)


@pytest.mark.slow
def test_a_loop_of_draw_returns_results_and_loads_the_models_once(
    small: dict[str, Any], isolated: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(api, "_models", ModelCache())
    loaded, load = [], vqgan.load_vqgan
    monkeypatch.setattr(vqgan, "load_vqgan", lambda *known, **more: loaded.append(1) or load(*known, **more))
    found = [vqclip.draw("a red apple", **small | {"seed": seed}) for seed in (5, 6)]
    assert len(loaded) == 1
    assert [each.path.parent.parent for each in found] == [isolated / "runs"] * 2
    first = found[0]
    assert (first.seed, first.settings.prompt, first.image.size) == (5, "a red apple", (32, 32))
    assert first.directory == first.path.parent
    assert first.video is not None
    assert first.video.is_file()
    assert first.score is not None
    assert repr(first) == f"<Result 32x32 {first.path}, seed=5, score={first.score:.3f}>"
    assert np.array_equal(Image.open(io.BytesIO(first._repr_png_())), Image.open(first.path))
    events = list(vqclip.generate("a red apple", **small | {"seed": 5}))
    assert isinstance(events[-1], Finished)
    assert np.array_equal(first.image, events[-1].image()), "models that stay loaded change nothing"
    assert capfd.readouterr() == ("", ""), "nothing is shown where there is neither a notebook nor a terminal"


@pytest.mark.slow
def test_draw_continues_what_was_stopped_and_reads_what_is_finished(small: dict[str, Any], isolated: Path) -> None:
    known = {**small, "seed": 5, "output": "run"}
    with pytest.raises(Interrupted):
        vqclip.draw("a red apple", stop=lambda: 2, **known)
    first = vqclip.draw("a red apple", **known)
    written = first.path.stat().st_mtime_ns
    again = vqclip.draw("a red apple", **known)
    assert (again.score, again.path, again.path.stat().st_mtime_ns) == (
        first.score,
        isolated / "run/image.png",
        written,
    )
    no_video = vqclip.draw("a red apple", **{**known, "output": "still", "video": False, "iterations": 0})
    assert no_video.video is None


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["array", "floats", "image"])
def test_a_picture_in_memory_draws_what_its_file_draws(small: dict[str, Any], kind: str) -> None:
    small |= {"seed": 5, "init_weight": 1.0}
    Image.fromarray(PHOTO).save("photo.png")
    mask = np.arange(40)[None].repeat(20, 0) < 20
    Image.fromarray(mask).save("mask.png")
    picture: Any = {"array": PHOTO, "floats": PHOTO / 255, "image": Image.fromarray(PHOTO)}[kind]
    path = Path("photo.png")
    named = vqclip.draw("a tree", init_image=path, mask="mask.png", image_prompt=["photo.png:0.5"], **small)
    given: dict[str, Any] = {"init_image": picture, "mask": mask, "image_prompt": [(picture, 0.5)], "output": "given"}
    drawn = vqclip.draw("a tree", **given, **small)
    assert np.array_equal(drawn.image, named.image)
    kept = Path(drawn.settings.init_image or "")
    assert kept.parent == Path("given/inputs").absolute()
    assert np.array_equal(Image.open(kept), PHOTO)
    assert vqclip.draw("a tree", **given, **small).path == drawn.path, "the same content is the same run"
    with pytest.raises(OutputError, match="other settings"):
        vqclip.draw("a tree", **{**given, "init_image": 255 - PHOTO}, **small)
    assert sorted(path.name for path in kept.parent.iterdir()) == sorted(
        Path(path.removesuffix(":0.5")).name
        for path in (kept, drawn.settings.mask, drawn.settings.image_prompt[0])
        for path in [str(path)]
    )
    list(vqclip.rerun("given/image.png", output="again"))
    assert np.array_equal(Image.open("again/image.png"), drawn.image)
    streamed = list(vqclip.generate("a tree", **{**given, "output": None}, **small))[-1]
    assert isinstance(streamed, Finished)
    assert np.array_equal(streamed.image(), drawn.image)


@pytest.mark.slow
def test_every_setting_of_a_picture_takes_one_in_memory(small: dict[str, Any]) -> None:
    clear = Image.fromarray(np.dstack([PHOTO, np.full((20, 40), 128, np.uint8)]))
    files.write_bytes(Path("a:0.5|b.png"), Path(image_file("photo.png")).read_bytes())
    known: Any = {"palette": PHOTO, "loss": ["palette:1"], "overlay_image": clear, "overlay_every": 1}
    known |= {"target_image": PHOTO, "image_prompt": [Path("a:0.5|b.png"), (PHOTO, -0.25)]}
    settings = vqclip.draw("a tree", output="run", **known, **small).settings
    weights = {Path(prompt.text).name[:12]: prompt.weight for prompt in settings.prompts if prompt.kind == "image"}
    assert weights == {"a:0.5|b.png": 1.0, "image_prompt": -0.25}
    inputs = {path.name.rpartition("-")[0] for path in Path("run/inputs").iterdir()}
    assert inputs == {"palette", "overlay_image", "target_image", "image_prompt"}
    vqclip.draw("a tree", output="run", overwrite=True, target_image=255 - PHOTO, **small)
    assert [path.name[:12] for path in Path("run/inputs").iterdir()] == ["target_image"], "the old ones are gone"


def image_file(name: str) -> str:
    Image.fromarray(PHOTO).save(name)
    return name


@pytest.mark.slow
def test_an_interrupt_of_python_can_be_resumed(small: dict[str, Any]) -> None:
    def interrupt() -> int | None:
        raise KeyboardInterrupt

    known: Any = {**small, "seed": 5, "output": "run", "snapshot_every": 1}
    with pytest.raises(KeyboardInterrupt):
        vqclip.draw("a tree", stop=interrupt, **known)
    assert read_manifest(Path("run")).status == "interrupted"
    resumed = vqclip.draw("a tree", **known)
    assert np.array_equal(resumed.image, vqclip.draw("a tree", **{**known, "output": "whole"}).image)


@pytest.mark.slow
def test_a_run_with_pictures_in_memory_resumes_exactly(small: dict[str, Any]) -> None:
    known: Any = {**small, "seed": 5, "init_image": PHOTO, "target_image": Image.fromarray(PHOTO)}
    whole = list(vqclip.generate("a tree", **known))[-1]
    assert isinstance(whole, Finished)
    with pytest.raises(Interrupted):
        list(vqclip.generate("a tree", output="run", stop=lambda: 2, **known))
    list(vqclip.resume("run"))
    assert np.array_equal(Image.open("run/image.png"), whole.image())


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK", "YCbCr"])
def test_every_mode_of_pillow_is_kept_as_its_file_would_be(mode: str, tmp_path: Path) -> None:
    grey = Image.fromarray(PHOTO[:, :, 1])
    image = grey.convert("I").convert("I;16") if mode == "I;16" else grey.convert("RGB").convert(mode)
    saved = tmp_path / f"saved.{'tif' if mode in ('I', 'F', 'CMYK', 'YCbCr') else 'png'}"
    image.save(saved)
    plain, contents = given_pictures.take({"init_image": image})
    with given_pictures.placed(contents, Settings(**plain), tmp_path) as settings:
        kept = images.open_image(Path(settings.init_image or ""))
    assert np.abs(kept.astype(int) - images.open_image(saved)).max() <= 1


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (np.zeros((3, 8, 5), np.uint8), r"init_image is an array of the shape \(3, 8, 5\)"),
        (np.zeros((8, 8), np.int64), "init_image is an array of int64"),
        (np.full((8, 8), 1.5), "init_image is an array of values from 1.5 to 1.5"),
        (np.full((8, 8), np.nan), "init_image is an array of values from nan"),
        (np.zeros((0, 8), np.uint8), "init_image is a picture without pixels"),
        ("nowhere.png", "nowhere.png: there is no such file"),
    ],
)
def test_what_is_no_picture_is_refused_and_nothing_is_left(
    picture: Any, said: str, small: dict[str, Any], isolated: Path
) -> None:
    with pytest.raises(InputError, match=said):
        vqclip.draw("a tree", init_image=picture, image_prompt=PHOTO, **small)
    with pytest.raises(InputError, match=said):
        vqclip.draw("a tree", init_image=picture, image_prompt=PHOTO, output="run", **small)
    assert not files.exists(isolated / "run")
    assert not list(isolated.glob("runs/*"))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (
            {"init_weight": 1.0},
            "init_weight has no effect without an init picture. Add init_image=FILE or leave it out.",
        ),
        ({"iterations": "many"}, "iterations cannot be 'many'. Valid: whole number."),
        (
            {"iterations": 0, "tv": 1.0},
            "tv has no effect in a run of no steps. Use iterations=1 or more, or leave it out.",
        ),
        ({"prompt": " "}, 'the prompt is empty. Say what to draw, as in: vqclip.draw("a red apple")'),
    ],
)
def test_errors_name_settings_as_python_does(settings: dict[str, Any], said: str, small: dict[str, Any]) -> None:
    for draw in (vqclip.draw, vqclip.generate):
        with pytest.raises(UsageError) as caught:
            draw(**{"prompt": "a tree", **small, **settings})
        assert said in str(caught.value)


def test_warnings_name_settings_as_python_does(small: dict[str, Any]) -> None:
    small |= {"long_prompts": "mean", "video": True, "save_every": 0, "iterations": 0}
    expected = ["long_prompts=\"mean\" has no effect: every text is read whole.",
                "no frames are kept (save_every=0), so there is no video."]  # fmt: skip
    with pytest.warns(UserWarning, match="long_prompts") as caught:
        result = vqclip.draw("a red apple", **small)
    assert [str(each.message) for each in caught] == list(result.warnings) == expected
    assert {each.filename for each in caught} == {__file__}, "a warning points to the line that draws"
    events = vqclip.generate("a red apple", output="run", **small)
    assert [event.message for event in events if isinstance(event, Warned)] == expected


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("Use --init prior or leave it out.", 'Use init="prior" or leave it out.'),
        ("Name one, as in --clip tiny.", 'Name one, as in clip=["tiny"].'),
        ("Leave it out, or add --video.", "Leave it out, or add video=True."),
        ("Keep the frames with --no-video.", "Keep the frames with video=False."),
        (
            "try --low-memory, a smaller --size, --dtype bfloat16",
            'try low_memory=True, a smaller size, dtype="bfloat16"',
        ),
        ("Add --size 64, or --symmetry both.", 'Add size="64", or symmetry="both".'),
        ("--size 64x48 leaves it as it is.", 'size="64x48" leaves it as it is.'),
        ("--forget init-image", 'forget=["init_image"]'),
        ("Start with: --init-image runs/a/image.png", 'Start with: init_image="runs/a/image.png"'),
        ("'--seed 3' and \"--size 4\" are quoted; --jobs is a flag.", None),
        ("Continue with: vqclip resume 'my run'", 'Continue with: vqclip.resume("my run")'),
        ("Make it later with: vqclip video DIR", None),
    ],
)
def test_flags_are_spelled_as_keywords(text: str, spelled: str | None) -> None:
    assert in_python(text) == (spelled or text)


def run_of_three_steps() -> Iterator[Event]:
    """The events of a run whose picture grows."""

    def image(side: int) -> Any:
        return lambda: np.full((side, side, 3), 9, np.uint8)

    yield Started(0, 3, 64, 64, 5, image(16), lambda: None)  # type: ignore[arg-type, return-value]
    for step in (1, 2, 3):
        yield Stepped(step, 3, 1, 0.5, {}, 0.25, 0.1, image(16 * step), lambda: None, 62.0)  # type: ignore[arg-type, return-value]
    yield Finished(3, 0.25, image(64), lambda: None)  # type: ignore[arg-type, return-value]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What a notebook was given to show, in order."""
    pages: list[dict[str, str]] = []

    def show(page: dict[str, str], **known: Any) -> Any:
        assert known.pop("raw")
        pages.append(page)
        return types.SimpleNamespace(update=show)

    shell = types.SimpleNamespace(kernel=object())
    ipython, module = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    ipython.get_ipython, module.display = lambda: shell, show  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    monkeypatch.setattr(display, "_SECONDS", 0.0)
    monkeypatch.setattr(display, "_SHARE", 1e9)
    return pages


def test_a_notebook_shows_a_bar_and_the_growing_picture(notebook: list[dict[str, str]]) -> None:
    with display.progress(True) as show:
        for event in run_of_three_steps():
            show(event)
    texts = [page["text/plain"] for page in notebook]
    assert texts[:3] == ["loading the models", "step 0 of 3", "step 1 of 3, score 0.250, 1:02 left"]
    assert texts[-1].startswith("3 steps in ")
    assert 'value="0.3333"' in notebook[2]["text/html"]
    assert "data:image/png;base64," in notebook[2]["text/html"]
    assert "img" not in notebook[-1]["text/html"], "the result shows the picture itself"
    with pytest.raises(KeyboardInterrupt), display.progress(True):
        raise KeyboardInterrupt
    assert notebook[-1]["text/plain"] == "stopped: loading the models"
    count = len(notebook)
    with display.progress(False) as show:
        show(next(run_of_three_steps()))
    assert len(notebook) == count


def test_a_terminal_shows_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with display.progress(True) as show:
        for event in run_of_three_steps():
            show(event)
    assert "3/3" in screen.getvalue()
    assert "score 0.250 1:02" in screen.getvalue()

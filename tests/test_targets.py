"""What CLIP looks for: texts, pictures and noise as directions, and their effect on what is drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

import vqclip
from vqclip import images, metadata, retrieval, runs, targets
from vqclip.errors import InputError, UsageError
from vqclip.events import Stepped
from vqclip.losses import PromptLoss
from vqclip.perceptor import Gaze, Perceptor
from vqclip.prompts import Prompt, format, parse_images, parse_noise
from vqclip.settings import Settings
from vqclip.synthesis import synthesise


@pytest.fixture
def perceptor(pair: Any) -> Any:
    """The built-in CLIP, with its text tower."""
    _, gazes = pair
    return gazes("a red apple")[0].perceptor


def disc(colour: str, name: str = "disc.png") -> str:
    image = Image.new("RGB", (96, 64), "white")
    ImageDraw.Draw(image).ellipse((24, 8, 72, 56), fill=colour)
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    image.save(name)
    return name


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a.png", [("a.png", 1.0)]),
        ("a.png:0.5", [("a.png", 0.5)]),
        ("a.jp2:-2", [("a.jp2", -2.0)]),
        ("C:\\cats\\a.png:.5", [("C:\\cats\\a.png", 0.5)]),
        ("16:9.png", [("16:9.png", 1.0)]),
        ("a\\:2", [("a:2", 1.0)]),
        ("a.png | b.png:0.5", [("a.png", 1.0), ("b.png", 0.5)]),
    ],
)
def test_an_image_prompt_is_a_file_with_a_weight(source: str, expected: list[tuple[str, float]]) -> None:
    prompts = parse_images(source)
    assert [(prompt.text, prompt.weight) for prompt in prompts] == expected
    assert parse_images(format(prompts, "image")) == prompts


def test_a_noise_prompt_is_a_seed_with_a_weight() -> None:
    assert parse_noise("0") == Prompt("0", kind="noise")
    assert parse_noise(" 007:0.25:.1") == Prompt("7", 0.25, 0.1, "noise")
    for wrong in ("", "a:1", "-1", "1.5:1", "1:", "9" * 19):
        with pytest.raises(UsageError, match=r"noise prompt|number is missing"):
            parse_noise(wrong)


def test_targets_are_what_clip_makes_of_each_prompt_in_their_order(perceptor: Perceptor) -> None:
    pixels = images.open_image(Path(disc("red")))
    prompts = [Prompt("7", kind="noise"), Prompt("a car"), Prompt("disc.png", kind="image"), Prompt("an apple")]
    found = targets.encode_prompts(perceptor, prompts, {"disc.png": pixels})
    torch.testing.assert_close(found[[1, 3]], perceptor.encode_text(["a car", "an apple"]))
    torch.testing.assert_close(found[2:3], retrieval.encode_pictures(perceptor, [pixels]))
    # nerdyrodent's -nps, line by line.
    embed = torch.empty([1, found.shape[1]]).normal_(generator=torch.Generator().manual_seed(7))
    torch.testing.assert_close(found[:1], torch.nn.functional.normalize(embed, dim=1))
    torch.testing.assert_close(found.norm(dim=1), torch.ones(4))


def test_noise_is_no_part_of_the_score_unless_there_is_nothing_else() -> None:
    axes = torch.eye(2)
    both = PromptLoss(axes, [Prompt("a"), Prompt("3", 9.0, kind="noise")])
    assert both.score(axes[:1]).item() == 1
    assert PromptLoss(axes[1:], [Prompt("3", kind="noise")]).score(axes[1:]).item() == 1


def drawn(pair: Any, perceptor: Perceptor, prompt: str = "", **changes: Any) -> tuple[Any, list[float]]:
    known: dict[str, Any] = {"size": "32x32", "iterations": 8, "cutouts": 6, "init": "spot", "ema": 0.0}
    wanted = Settings(prompt=prompt, seed=2, **{**known, **changes}).validate()
    pictures = {
        prompt.text: images.open_image(Path(prompt.text)) for prompt in wanted.prompts if prompt.kind == "image"
    }
    gaze = Gaze(perceptor, 1.0, targets.encode_prompts(perceptor, wanted.prompts, pictures))
    events = list(synthesise(pair[0], [gaze], wanted))
    return events[-1].image(), [event.score for event in events if isinstance(event, Stepped)]  # type: ignore[attr-defined]


def likeness(perceptor: Perceptor, drawing: np.ndarray, target: torch.Tensor) -> float:
    return float(retrieval.encode_pictures(perceptor, [drawing])[0] @ target)


def test_an_image_prompt_draws_towards_the_picture_and_its_weight_counts(pair: Any, perceptor: Perceptor) -> None:
    target = retrieval.encode_pictures(perceptor, [images.open_image(Path(disc("blue")))])[0]
    alone, scores = drawn(pair, perceptor, image_prompt=("disc.png",))
    assert np.mean(scores[-3:]) > scores[0] + 0.05
    without, _ = drawn(pair, perceptor, "a red apple")
    pushed, _ = drawn(pair, perceptor, "a red apple", image_prompt=("disc.png:-1",))
    pulled, _ = drawn(pair, perceptor, "a red apple", image_prompt=("disc.png:3",))
    near = [likeness(perceptor, drawing, target) for drawing in (pushed, without, pulled, alone)]
    assert near[0] < near[1] < near[2], near
    assert near[3] > near[1] + 0.05, near


def test_a_noise_prompt_draws_towards_its_direction(pair: Any, perceptor: Perceptor) -> None:
    target = targets.noise(4, perceptor.encode_text([""]).shape[1])
    plain, _ = drawn(pair, perceptor, "a red apple")
    noisy, _ = drawn(pair, perceptor, "a red apple", noise_prompt=("4:4",))
    assert likeness(perceptor, noisy, target) > likeness(perceptor, plain, target) + 0.02
    other, _ = drawn(pair, perceptor, "a red apple", noise_prompt=("5:4",))
    assert not np.array_equal(noisy, other)


def test_an_image_prompt_is_found_again_and_its_folder_is_not_told(call: Any, small: dict[str, Any]) -> None:
    disc("red", "deep/disc.png")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in small.items()]
    made = call("generate", "--image-prompt", "deep/disc.png:0.5", "--seed", "1", "-n", "1", "-o", "run", *flags)
    assert made.code == 0, made.err
    manifest = json.loads(Path("run/run.json").read_text())
    assert manifest["settings"]["image_prompt"] == [f"{Path.cwd()}/deep/disc.png:0.5"]
    assert list(manifest["inputs"]) == [f"{Path.cwd()}/deep/disc.png"]
    found = metadata.read_metadata(Path("run/image.png"))
    assert found["vqclip"]["settings"]["image_prompt"] == ["disc.png:0.5"]
    assert str(Path.cwd()) not in json.dumps(found)
    assert call("rerun", "run/image.png", "-o", "again").code == 0
    assert Path("again/image.png").read_bytes() == Path("run/image.png").read_bytes()
    disc("green", "deep/disc.png")
    Path("run/image.png").unlink()
    changed = call("resume", "run")
    assert changed.code == 4
    assert "disc.png is not the one that this run began with" in changed.err


def test_a_run_is_named_after_the_picture_that_it_looks_for() -> None:
    settings = Settings(image_prompt=("/some/where/Red Disc.png",), seed=3)
    assert runs.new_directory(settings, Path("runs")).name.endswith("-red-disc-3")


def test_drafts_of_a_picture_are_drawn_without_a_text(small: dict[str, Any]) -> None:
    disc("red")
    settings: dict[str, Any] = {**small, "init": "prior", "drafts": 3, "iterations": 0, "seed": 1}
    names = [type(event).__name__ for event in vqclip.generate("", image_prompt=("disc.png",), **settings)]
    assert names == ["Drafted", "Started", "Finished"]
    with pytest.raises(UsageError, match="guidance has no effect without a text"):
        vqclip.generate("", image_prompt=("disc.png",), guidance=2.0, **settings)


@pytest.mark.parametrize(
    ("known", "error", "words"),
    [
        ({}, UsageError, "the prompt is empty"),
        ({"image_prompt": ("gone.png",)}, InputError, "gone.png"),
        ({"image_prompt": ("",)}, UsageError, "the prompt is empty"),
        ({"noise_prompt": ("x",)}, UsageError, "has no seed"),
        ({"noise_prompt": ("1:0",)}, UsageError, "every prompt has the weight 0"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_at_once(
    small: dict[str, Any], known: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        vqclip.generate("", **{**small, **known})

"""What CLIP looks for: texts, pictures and noise as directions, and their effect on what is drawn."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw, ImageFont

import vqclip
from vqclip.errors import InputError, UsageError
from vqclip.events import Stepped, Warned
from vqclip.media import images, metadata
from vqclip.models.perceptor import ClipTarget, Perceptor
from vqclip.runs import directory
from vqclip.settings.prompts import Prompt, format, parse, parse_images, parse_noise
from vqclip.settings.schema import Settings
from vqclip.synthesis import retrieval, targets
from vqclip.synthesis.clip_loss import PromptLoss
from vqclip.synthesis.loop import Synthesizer


@pytest.fixture
def perceptor(pair: Any) -> Any:
    """The built-in CLIP, with its text tower."""
    _, targets_of = pair
    return targets_of("a red apple")[0].perceptor


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
    clip_target = ClipTarget(perceptor, 1.0, targets.encode_prompts(perceptor, wanted.prompts, pictures))
    events = list(Synthesizer(pair[0], [clip_target], wanted).run())
    return events[-1].image(), [event.score for event in events if isinstance(event, Stepped)]  # type: ignore[attr-defined]


def likeness(perceptor: Perceptor, drawing: np.ndarray, target: torch.Tensor) -> float:
    return float(retrieval.encode_pictures(perceptor, [drawing])[0] @ target)


@pytest.mark.slow
@pytest.mark.option("image_prompt")
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


@pytest.mark.slow
@pytest.mark.option("noise_prompt")
def test_a_noise_prompt_draws_towards_its_direction(pair: Any, perceptor: Perceptor) -> None:
    target = targets.noise(4, perceptor.encode_text([""]).shape[1])
    plain, _ = drawn(pair, perceptor, "a red apple")
    noisy, _ = drawn(pair, perceptor, "a red apple", noise_prompt=("4:4",))
    assert likeness(perceptor, noisy, target) > likeness(perceptor, plain, target) + 0.02
    other, _ = drawn(pair, perceptor, "a red apple", noise_prompt=("5:4",))
    assert not np.array_equal(noisy, other)


@pytest.mark.slow
def test_an_image_prompt_is_found_again_and_its_folder_is_not_revealed(call: Any, small: dict[str, Any]) -> None:
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
    assert "disc.png has changed since this run started" in changed.err


def test_a_run_is_named_after_the_picture_that_it_looks_for() -> None:
    settings = Settings(image_prompt=("/some/where/Red Disc.png",), seed=3)
    assert directory.new_directory(settings, Path("runs")).name.endswith("-red-disc-3")


@pytest.mark.slow
def test_candidates_of_a_picture_are_drawn_without_a_text(small: dict[str, Any]) -> None:
    disc("red")
    settings: dict[str, Any] = {**small, "init": "prior", "candidates": 3, "iterations": 0, "seed": 1}
    names = [type(event).__name__ for event in vqclip.generate("", image_prompt=("disc.png",), **settings)]
    assert names == ["PriorSampleChosen", "Started", "Finished"]
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


def lettered(word: str, colour: str, shape: str) -> np.ndarray:
    image = Image.new("RGB", (192, 192), "white")
    draw = ImageDraw.Draw(image)
    getattr(draw, shape)((36, 36, 156, 156), fill=colour)
    draw.text((45, 70), word, fill="black", font=ImageFont.load_default(size=45))
    return np.asarray(image)


@pytest.mark.parametrize("texts", [["a red apple"], ["a blue car", "a tree"], []])
def test_text_off_points_away_from_letters_and_not_away_from_the_prompts(
    perceptor: Perceptor, texts: list[str]
) -> None:
    away = targets.text_off(perceptor, texts)
    assert float(away.norm()) == pytest.approx(1, abs=1e-5)
    if texts:
        assert float((perceptor.encode_text(texts) @ away).abs().max()) < 1e-4
    looks = [(colour, shape) for colour in ("red", "blue", "green") for shape in ("ellipse", "rectangle")]
    plain = retrieval.encode_pictures(perceptor, [lettered("", *look) for look in looks]) @ away
    for word in ("ABC", "apple"):
        painted = retrieval.encode_pictures(perceptor, [lettered(word, *look) for look in looks]) @ away
        assert float((plain > painted).float().mean()) > 0.8, word
        assert float((plain - painted).mean()) > 0.03, word


@pytest.mark.slow
@pytest.mark.option("text_off")
def test_text_off_draws_away_from_letters(pair: Any, perceptor: Perceptor) -> None:
    away = targets.text_off(perceptor, ["letters"])
    with_letters, _ = drawn(pair, perceptor, "letters")
    without, _ = drawn(pair, perceptor, "letters", text_off=2.0)
    assert likeness(perceptor, without, away) > likeness(perceptor, with_letters, away) + 0.02


def test_a_long_text_is_read_in_parts_that_fit_and_lose_nothing(perceptor: Perceptor) -> None:
    long = " ".join(["a red apple and a green tree"] * 12)
    parts = targets.parts_of(perceptor, long)
    assert " ".join(parts) == long
    assert len(parts) > 2
    assert all(perceptor.count_tokens(part) <= perceptor.context_length for part in parts)
    assert targets.parts_of(perceptor, "a red apple") == ["a red apple"]
    one_word = "\u7ea2" * 200
    pieces = targets.parts_of(perceptor, one_word)
    assert "".join(pieces) == one_word
    assert all(perceptor.count_tokens(piece) <= perceptor.context_length for piece in pieces)


def test_the_end_of_a_long_text_counts_when_it_is_read_in_parts(perceptor: Perceptor) -> None:
    head = " ".join(["a red apple"] * 15)
    car, tree = (Prompt(f"{head} {' '.join([end] * 15)}") for end in ("a blue car", "a green tree"))
    cut = targets.encode_prompts(perceptor, [car, tree], {})
    torch.testing.assert_close(cut[0], cut[1])
    whole = targets.encode_prompts(perceptor, [car, tree, Prompt("a tree")], {}, in_parts=True)
    ends = perceptor.encode_text(["a blue car", "a green tree"])
    assert float(whole[0] @ ends[0]) > float(whole[1] @ ends[0]) + 0.05
    assert float(whole[1] @ ends[1]) > float(whole[0] @ ends[1]) + 0.05
    torch.testing.assert_close(whole[2:], perceptor.encode_text(["a tree"]))
    torch.testing.assert_close(whole.norm(dim=1), torch.ones(3))


@pytest.mark.slow
def test_a_run_says_what_of_a_long_text_is_not_seen_and_reads_it_on_request(small: dict[str, Any]) -> None:
    def told(**changes: Any) -> str:
        known = {**small, "iterations": 0, "seed": 1, **changes}
        events = vqclip.generate(" ".join(["a red apple"] * 900), **known)
        return " ".join(event.message for event in events if isinstance(event, Warned))

    assert "this part is not seen" in told()
    assert len(told()) < 500, "an excerpt will do"
    assert 'long_prompts="mean"' in told()
    assert told(long_prompts="mean") == ""


@pytest.mark.option("prompt_prefix", "prompt_suffix", "prompt_also")
def test_clip_reads_the_words_around_the_prompts_and_those_beside_them(
    small: dict[str, Any], heard: list[str]
) -> None:
    around = {"prompt_prefix": "a drawing of ", "prompt_suffix": " at night", "prompt_also": "snow:0.5 | mud:-0.5"}
    list(vqclip.generate("a cat | fog:-0.3 ^ a tree", **{**small, "seed": 1, "iterations": 3}, **around))
    assert heard == ["a drawing of a cat at night", "fog", "a drawing of a tree at night", "snow", "mud"]


@pytest.mark.option("long_prompts")
def test_a_long_prompt_is_read_to_its_end_on_request(small: dict[str, Any], heard: list[str]) -> None:
    long = " ".join(["a red apple"] * 15 + ["a blue car"] * 15)
    list(vqclip.generate(long, **{**small, "seed": 1, "iterations": 0}))
    assert heard == [long]
    heard.clear()
    list(vqclip.generate(long, **{**small, "seed": 1, "iterations": 0, "long_prompts": "mean"}))
    assert len(heard) > 1
    assert " ".join(heard) == long


def test_marks_and_digits_do_not_change_what_the_built_in_clip_looks_for(pair: Any) -> None:
    perceptor = pair[1]("x")[0].perceptor

    def target(text: str) -> torch.Tensor:
        return targets.encode_prompts(perceptor, parse(text), {})

    assert torch.equal(target("a red apple."), target("a red apple"))
    assert torch.equal(target("3 fish!"), target("three fish"))
    assert not torch.equal(perceptor.encode_text(["a red apple."]), perceptor.encode_text(["a red apple"])), "as is"
    perceptor = copy.copy(perceptor)
    perceptor.vocabulary = {}
    assert not torch.equal(target("a red apple."), target("a red apple")), "other CLIPs know their marks"

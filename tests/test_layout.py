"""Prompts that name several things: what is laid out and what stays whole, and that each thing is drawn apart."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vqclip.media import images
from vqclip.models.languages import legible
from vqclip.models.nouns import layout_words
from vqclip.models.phrases import _SEVERAL, laid_out, lay_out
from vqclip.settings.layout import Ground, LaidOutSettings, SceneLayout, Thing, in_rows
from vqclip.settings.schema import Settings
from vqclip.synthesis import composition
from vqclip.synthesis.stages import stages_of

SMALL = ("--preset", "draft", "--size", "64", "-n", "3", "--seed", "1", "--no-video")

LAID_OUT = [
    ("an apple and a banana", "an apple (left), a banana (right)"),
    ("a car beside a house", "a car (left), a house (right)"),
    ("a man with a dog", "a man (left), a dog (right)"),
    ("a cat, a dog and a bird", "a cat (top), a dog (bottom left), a bird (bottom right)"),
    ("a moon above a mountain", "a mountain (bottom), a moon (top)"),
    ("a dog under a table", "a dog (bottom), a table (top)"),
    ("a cat sitting on a sofa", "a sofa (bottom), a cat (top)"),
    ("two red hearts", "a red heart (left), a red heart (right)"),
    ("2 fish", "a fish (left), a fish (right)"),
    ("three wolves", "a wolf (top), a wolf (bottom left), a wolf (bottom right)"),
    ("a couple of old people", "an old person (left), an old person (right)"),
    ("two cups of tea", "a cup of tea (left), a cup of tea (right)"),
    ("two cats and a dog", "a cat (top left), a cat (top right), a dog (bottom)"),
    ("two cats in the snow", "a cat (left), a cat (right), in the snow"),
    ("a cat and a dog at dusk", "a cat (left), a dog (right), at sunset"),
    ("a beach with a palm tree", "a palm tree (centre), on the beach"),
    ("a house at midnight", "a house at night"),
    ("a watercolour of a cat and a dog", "a watercolour of a cat (left), a watercolour of a dog (right)"),
    ("a cat and a dog, pixel art", "a cat, pixel art (left), a dog, pixel art (right)"),
    ("an orange and a banana", "an orange (left), a banana (right)"),
    ("a bow and arrow and a shield", "a bow and arrow (left), a shield (right)"),
    ("a girl with glasses and a cat", "a girl with glasses (left), a cat (right)"),
    ("zwei Bananen", "a banana (left), a banana (right)"),
    ("دو سیب", "an apple (left), an apple (right)"),
    ("una manzana y un plátano", "apple (left), banana (right)"),
    ("a bird over the sea", "a bird (top), on the sea"),
    ("a house and a tree under a rainbow", "a house (bottom left), a tree (bottom right), a rainbow (top)"),
]


def test_what_can_be_laid_out_is_told_from_other_texts_without_a_list_of_words() -> None:
    rows = layout_words()["grounds"]
    phrases = [phrase for row in rows for phrase in row.get("phrases", ())]
    assert len(phrases) > 2
    assert [text for text in (*phrases, *(text for text, _ in LAID_OUT[:-5])) if not _SEVERAL.search(text)] == []


WHOLE = [
    "a red apple", "a black and white cat", "an orange and white cat", "a red and green apple", "salt and pepper",
    "a couch and lamp", "a bow and arrow", "a man with a beard", "a girl with glasses", "a boy with a blue hat",
    "a man with a hat and a beard", "a man on a horse", "a pair of scissors", "a wug and a cat", "a wug on a table",
    "a ship on the sea", "a house in a green field", "a city at night", "mountains at sunset",
    "a happy and sad face", "a red heart on a white background", "a tree with red apples",
    "a road through the desert", "a rainbow over a hill", "a bridge over a river", "a boat on a lake at sunset",
    "a lighthouse on a cliff", "mountains and a lake", "a person and a robot shaking hands",
    "a sunset over the sea", "six cats", "twenty-two cats", "a bird in a cage", "a heart on fire",
    "sun behind cloud", "flowers", "three apples, four pears and five cats", "a four leaf clover",
    "two cherries on a stem", "a dog on a leash",
    "a running and jumping dog", "and", "two", "with",
]  # fmt: skip


@pytest.mark.parametrize(("text", "places"), LAID_OUT)
def test_several_things_are_laid_out(text: str, places: str) -> None:
    assert str(lay_out(legible(text))) == places


@pytest.mark.parametrize("text", WHOLE)
def test_one_thing_stays_whole(text: str) -> None:
    assert lay_out(legible(text)) is None


def test_every_ground_is_painted_and_every_word_for_it_is_read() -> None:
    for row in layout_words()["grounds"]:
        for word in (*row["learnt"], *row["alike"]):
            found = lay_out(f"two cats on the {word}")
            assert found is not None, word
            assert found.ground is not None, word
            assert found.ground.sky == tuple(row["sky"]), word


@pytest.mark.option("layout")
@pytest.mark.parametrize(
    "changes",
    [
        {"layout": "none"},
        {"init": "tokens"},
        {"vqgan": "imagenet"},
        {"init_image": "a.png", "mask": "m.png"},
        {"seamless": "both"},
        {"symmetry": "horizontal"},
        {"zoom": "1.1"},
        {"prompt": "two cats | fog:0.5"},
        {"prompt": "two cats @left"},
        {"prompt": "two cats:-1 | fog"},
        {"prompt": "'two cats'"},
    ],
)
def test_only_a_plain_prompt_with_a_start_of_the_prior_is_laid_out(changes: dict[str, Any]) -> None:
    settings = Settings(prompt="two cats", init="prior")
    assert isinstance(laid_out(settings), LaidOutSettings)
    assert not isinstance(laid_out(settings.replace(**changes)), LaidOutSettings)


def test_each_scene_of_a_story_is_laid_out_by_itself() -> None:
    found = laid_out(Settings(prompt="a seed ^ a cat and a dog:0.5", init="prior", prompt_prefix="an engraving of "))
    assert isinstance(found, LaidOutSettings)
    assert str(found) == "an engraving of a seed ^ an engraving of a cat (left), an engraving of a dog (right)"
    assert [prompt.weight for prompt in found.prompts] == [1, 0.5, 0.5]
    assert found.digest() == dataclasses.replace(found, layouts=()).digest(), "it is the run that was asked for"


@pytest.mark.parametrize("aspect", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("groups", [(2,), (3,), (4,), (5,), (1, 1), (2, 1), (1, 1, 1), (3, 3), (1, 1, 1, 1)])
def test_boxes_lie_in_the_picture_and_hardly_overlap(groups: tuple[int, ...], aspect: float) -> None:
    boxes = in_rows(groups, aspect)
    assert len(boxes) == sum(groups)
    assert all(0 <= left < right <= 1.001 and 0 <= top < bottom <= 1.001 for left, top, right, bottom in boxes)
    for number, one in enumerate(boxes):
        for other in boxes[:number]:
            wide, high = (min(one[at + 2], other[at + 2]) - max(one[at], other[at]) for at in (0, 1))
            assert wide < 0.01 or high < 0.01 or wide * high < 0.02


def disc(colour: tuple[float, float, float]) -> torch.Tensor:
    """A disc off the middle of a white picture, (1, 3, 32, 32)."""
    y, x = torch.meshgrid(*2 * [torch.linspace(-1, 1, 32)], indexing="ij")
    inside = ((x - 0.3) ** 2 + y**2).sqrt() < 0.5
    return torch.where(inside, torch.tensor(colour)[:, None, None], 1.0)[None]


def parts(ink: torch.Tensor, least: int) -> int:
    """How many connected parts of (H, W) bool have at least so many pixels."""
    labels = torch.arange(1, ink.numel() + 1).reshape(1, 1, *ink.shape).double() * ink
    while True:
        spread = F.max_pool2d(labels, 3, stride=1, padding=1) * ink
        if torch.equal(spread, labels):
            return int((labels[labels > 0].unique(return_counts=True)[1] >= least).sum())
        labels = spread


@pytest.mark.parametrize("count", [2, 3, 4, 5])
def test_drawings_are_as_large_as_they_fit(count: int) -> None:
    things = tuple(Thing("a ball", box) for box in in_rows((count,), 1.0))
    picture, cover = composition.compose(SceneLayout(things), [disc((1, 0, 0))] * count, (64, 64), edges=False)
    assert parts(picture[0, 1] < 0.5, 100) == count
    assert (cover > 0.5).float().mean() > 0.3


def test_a_thing_on_another_touches_it_and_is_no_wider() -> None:
    found = lay_out("a cat on a sofa")
    assert found is not None
    picture, _ = composition.compose(found, [disc((0, 0, 1)), disc((1, 0, 0))], (64, 64), edges=False)
    red, blue = picture[0, 1:].amax(0) < 0.5, picture[0, :2].amax(0) < 0.5
    assert parts(red | blue, 50) == 1
    assert red.any(0).sum() < blue.any(0).sum()
    assert red.nonzero()[:, 0].float().mean() < blue.nonzero()[:, 0].float().mean()


def test_a_ground_is_painted_to_the_edge_of_the_things() -> None:
    ground = Ground("on the sea", (0.5, 0.7, 1.0), (0.2, 0.4, 0.8))
    layout = SceneLayout((Thing("a ball", (0.25, 0.25, 0.75, 0.75)),), ground)
    picture, cover = composition.compose(layout, [disc((1, 0, 0))], (64, 64), edges=False)
    outside = composition.grown(cover, 2) == 0
    assert torch.allclose(picture * outside, composition.paint(ground, (64, 64)) * outside, atol=0.02)
    assert (picture.amin(1) < 0.85).all(), "nothing of the white around the drawing is left"


def test_the_first_stage_has_room_for_the_candidates() -> None:
    settings = Settings(prompt="five fish", init="prior", stages=0)
    assert stages_of(laid_out(settings), 8)[0].size == (128, 128)
    assert stages_of(laid_out(settings.replace(prompt="a fish")), 8)[0].size == (64, 64)


@pytest.mark.long
@pytest.mark.option("layout")
def test_a_run_draws_things_apart_and_resumes(call: Callable[..., Any]) -> None:
    answer = call("generate", "fünf Äpfel", *SMALL, "-o", "five")
    assert answer.code == 0, answer.err
    assert answer.err.count("laid out: an apple (top left)") == 1
    picture = images.open_image(Path("five/image.png"))
    assert parts(torch.tensor(picture).amin(2) < 180, 40) == 5
    assert json.loads(Path("five/run.json").read_text(encoding="utf-8"))["settings"]["prompt"] == "fünf Äpfel"
    Path("five/image.png").unlink()
    manifest = json.loads(Path("five/run.json").read_text(encoding="utf-8"))
    Path("five/run.json").write_text(json.dumps(manifest | {"status": "running"}), encoding="utf-8")
    for snapshot in sorted(Path("five/state").iterdir())[1:]:
        snapshot.unlink()
    again = call("resume", "five")
    assert again.code == 0, again.err
    assert np.array_equal(images.open_image(Path("five/image.png")), picture)


@pytest.mark.slow
@pytest.mark.option("layout")
@pytest.mark.parametrize(
    ("flags", "layout"), [((), "a banana (left), a banana (right)"), (("--layout", "none"), None)]
)
def test_a_dry_run_says_how_a_prompt_is_laid_out(
    call: Callable[..., Any], flags: tuple[str, ...], layout: str | None
) -> None:
    answer = call("generate", "zwei Bananen", *SMALL, *flags, "--dry-run", "--json")
    assert answer.code == 0, answer.err
    report = json.loads(answer.out.splitlines()[-1])
    assert (report["read_as"], report["laid_out"]) == ("two bananas", layout)

"""What a user types by mistake is answered with the way that leads on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vqclip.cli import slips
from vqclip.errors import UsageError
from vqclip.search import labels
from vqclip.settings.schema import Settings


@pytest.mark.parametrize(
    ("changes", "said", "way"),
    [
        (
            {"init_image": "a.png", "init_weight": 0.5, "loss": ("init:1",)},
            "the loss init is given twice: init_weight is 0.5",
            "--init-weight 0",
        ),
        ({"tv": 0.5, "loss": ("tv:1",)}, "the loss tv is given twice: tv is 0.5", "--tv 0"),
        ({"loss": ("tv:1", "tv:2")}, "the loss tv is given twice.", "Leave one out."),
        ({"prompt_at": ("0:a house",)}, "scene 2 would begin at step 0", "The prompt itself is the scene at step 0."),
    ],
)
def test_what_is_there_already_is_named(changes: dict[str, Any], said: str, way: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(**{"prompt": "a", **changes}).validate()
    assert said in caught.value.message
    assert way in caught.value.hint
    if "init_weight" in changes:
        Settings(**{"prompt": "a", **changes, "init_weight": 0.0}).validate()
        Settings(prompt="a", init="prior", loss=("init:1",)).validate()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["generate", "a", "--continue", "run"], 2, "vqclip continue RUN, or --init-run RUN"),
        (
            ["generate", "a", "--init-image", "https://x.org/a.png"],
            4,
            "https://x.org/a.png is an address, not a file.",
        ),
        (["interpolate", "a tree", "a house"], 4, "vqclip generate 'a tree' -o one, and name the folder"),
        (["upscale", "a.png", "--factor", "2.5"], 2, "factor is 2.5. Valid: whole numbers from 2 to 8."),
        (["sweep", "a", "--vary", "seed=3..1"], 2, "A range runs upwards, as 1..3"),
        (["generate", "a", "--steps", "5"], 2, "Here it is called --iterations."),
        (["generate", "a", "--CFG_scale=7"], 2, "Here it is called --guidance."),
        (["generate", "a", "--width", "64"], 2, "Here it is called --size WIDTHxHEIGHT."),
        (["generate", "a", "--negative_prompt", "fog"], 2, "with a negative weight"),
        (["generate", "a", "--batch-size", "4"], 2, "vqclip sweep"),
        (["generate", "a", "--learning_rat", "4"], 2, "Did you mean '--learning-rate'?"),
        (["generate", "a", "--out", "b"], 2, "Did you mean '--output'?"),
        (["generate", "--prompts", "a"], 2, "The prompt needs no option"),
        (["restyle", "frames", "a", "-n", "5"], 2, "Here it is called --frame-steps."),
        (["restyle", "frames", "a", "--iterations", "5"], 2, "Here it is called --frame-steps."),
        (["sample", "a", "--count", "5"], 2, "Here it is called --candidates."),
    ],
)
def test_a_slip_on_the_command_line_is_answered_with_a_way(
    call: Any, arguments: list[str], code: int, words: str
) -> None:
    Image.new("RGB", (8, 8)).save("a.png")
    answer = call(*arguments)
    told = " ".join(answer.err.replace("hint:", "").split())
    assert (answer.code, words in told) == (code, True), answer.err


def test_remarks_among_labels_are_passed_over() -> None:
    Path("labels.txt").write_text("# fruit\nan apple\n\n  # more\n\\#1\n", encoding="utf-8")
    assert labels.read(None, Path("labels.txt")) == ["an apple", "#1"]


@pytest.mark.slow
def test_frames_are_drawn_with_whatever_a_step_takes(call: Any) -> None:
    Path("film").mkdir()
    for number in range(2):
        Image.new("RGB", (32, 32), (200, 60 * number, 20)).save(f"film/{number:05d}.png")
    common = ("--frame-steps", "2", "--size", "32", "--cutouts", "2", "--no-video", "--seed", "1", "--threads", "1")
    more = ("--style", "ink", "--loss", "edge:1", "--edge-colour", "red", "--cut-method", "disco",
            "--cut-grey", "0:1",
            "--text-off", "0.1", "--learning-rate-drops", "50%", "--prompt-also", "fog:-0.1",
            "--long-prompts", "mean")  # fmt: skip
    for name, flags in (("plain", ()), ("changed", more)):
        answer = call("restyle", "film", "a flower", "-o", name, *common, *flags)
        assert answer.code == 0, answer.err
    assert Path("plain/frames/00001.png").read_bytes() != Path("changed/frames/00001.png").read_bytes()


def test_nothing_unlike_an_option_is_suggested(call: Any) -> None:
    for command in ("generate", "sample", "restyle"):
        answer = call(command, "a", "a", "--zzyx")
        assert answer.code == 2
        assert "Did you mean" not in answer.err


def test_every_name_of_another_tool_is_that_of_an_option() -> None:
    reference = (Path(__file__).parents[1] / "docs/reference.md").read_text(encoding="utf-8")
    for others in slips._CALLED.values():
        for other in others:
            assert f"`{other} " in reference or f"`{other}`" in reference or f"`{other}," in reference, other

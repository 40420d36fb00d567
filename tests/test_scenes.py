"""Stories and weights that change: which prompt pulls how much at which step, and what that draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import UsageError
from vqclip.events import Finished, Started, Stepped
from vqclip.models.perceptor import ClipTarget
from vqclip.runs import directory
from vqclip.settings.schema import Settings
from vqclip.synthesis import retrieval
from vqclip.synthesis.clip_loss import PromptLoss
from vqclip.synthesis.loop import Synthesizer


def story(prompt: str, **changes: Any) -> Settings:
    known: dict[str, Any] = {"iterations": 100, "cross_fade": "0", "seed": 1}
    return Settings(prompt=prompt, **{**known, **changes})


def shown(settings: Settings, *steps: int) -> list[list[float]]:
    return [[round(w, 4) for w in settings.story.weights(step, settings.iterations)] for step in steps]


@pytest.mark.option("scene_steps")
def test_scenes_share_the_run_evenly_or_have_their_own_length() -> None:
    thirds = story("a ^ b ^ c", iterations=90)
    assert shown(thirds, 0, 29, 30, 59, 60, 89) == [
        [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1],
    ]  # fmt: skip
    assert shown(story("a ^ b", scene_steps=7), 6, 7, 99) == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.option("prompt_at")
def test_a_prompt_at_a_step_or_a_share_begins_a_scene() -> None:
    settings = story("a", prompt_at=("25%:b", "50: at 12:30 | c:3"))
    assert [prompt.text for prompt in settings.prompts] == ["a", "b", "at 12:30", "c"]
    assert shown(settings, 24, 25, 50) == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0.25, 0.75]]


@pytest.mark.option("cross_fade")
@pytest.mark.parametrize("fade", ["20", "20%"])
def test_a_cross_fade_goes_along_half_a_cosine_and_loses_no_pull(fade: str) -> None:
    settings = story("a ^ b | c", cross_fade=fade)
    assert shown(settings, 50, 60, 70) == [[1, 0, 0], [0.5, 0.25, 0.25], [0, 0.5, 0.5]]
    assert shown(settings, 55)[0][0] == pytest.approx(0.5 + 0.5 * np.cos(np.pi / 4), abs=1e-4)
    # Even where a scene is over before the one before it has faded.
    crowded = story("a", prompt_at=("10:b", "15:c"), cross_fade="40")
    assert all(sum(weights) == pytest.approx(1, abs=1e-3) for weights in shown(crowded, *range(0, 100, 5)))


@pytest.mark.option("prompt_also")
def test_what_is_looked_for_always_pulls_in_every_scene_beside_its_prompts() -> None:
    settings = story("a | b:-2 ^ c:0.5", noise_prompt=("3:0.5",))
    assert shown(settings, 0, 99) == [[0.2857, -0.5714, 0, 0.1429], [0, 0, 0.5, 0.5]]
    also = story("a ^ b:0.5", prompt_also="c:-1 | d:0.5")
    assert [prompt.text for prompt in also.prompts] == ["a", "b", "c", "d"]
    assert shown(also, 0, 99) == [[0.4, 0, -0.4, 0.2], [0, 0.25, -0.5, 0.25]]


def test_a_weight_follows_its_keys_at_each_step() -> None:
    settings = story("a | fog:[0:0, 10:1, 20:-1 cosine, 60%:0.5 hold]")
    assert shown(settings, 0, 5, 10, 15, 20, 59, 60, 99) == [
        [0.5, 0], [0.5, 0.25], [0.5, 0.5], [0.5, 0], [0.5, -0.5], [0.5, -0.5], [0.5, 0.25], [0.5, 0.25],
    ]  # fmt: skip
    assert shown(story("a:[0:0, 100:1]"), 0, 50, 99) == [[0], [0.5], [0.99]], "a lone weight is not divided away"


@pytest.mark.parametrize(
    ("prompt", "changes", "words"),
    [
        ("a", {"cross_fade": "3"}, "cross_fade has no effect on a single scene"),
        ("a", {"scene_steps": 3}, "scene_steps has no effect without \\^ in the prompt"),
        ("a", {"prompt_at": ("50:b",), "scene_steps": 3}, "scene_steps has no effect without"),
        ("a ^ b", {"cross_fade": "x"}, "cross_fade is 'x'"),
        ("a ^ b", {"prompt_at": ("50:b",)}, "prompt_at cannot be used with \\^"),
        ("a ^ b", {"scene_steps": 100}, "scene 2 would begin at step 100 of 100, and never be seen"),
        ("a", {"prompt_at": ("120:b",)}, "scene 2 would begin at step 120 of 100"),
        ("a", {"prompt_at": ("0:b",)}, "scene 2 would begin at step 0, and scene 1 at 0"),
        ("a", {"prompt_at": ("50:b", "40%:c")}, "scene 3 would begin at step 40, and scene 2 at 50"),
        ("a", {"prompt_at": ("b",)}, "names no step"),
        ("a", {"prompt_at": ("x:b",)}, "'x' is neither a step nor a share"),
        ("a", {"prompt_at": ("50:b ^ c",)}, "holds two scenes"),
        ("a", {"prompt_at": ("50:",)}, "the prompt is empty"),
    ],
)
def test_a_story_that_cannot_be_told_is_refused(prompt: str, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        story(prompt, **{"cross_fade": "5%", **changes}).validate()


def told(pair: Any, prompt: str, **changes: Any) -> tuple[Settings, list[ClipTarget], dict[str, Any]]:
    vqgan, targets_of = pair
    known: dict[str, Any] = {"size": "32x32", "iterations": 16, "cutouts": 6, "init": "spot", "ema": 0.0,
                             "learning_rate": 0.3, "learning_rate_end": 1.0}  # fmt: skip
    wanted = Settings(prompt=prompt, seed=2, **{**known, **changes}).validate()
    perceptor = targets_of("x")[0].perceptor
    targets = perceptor.encode_text([p.text for p in wanted.prompts])
    return wanted, [ClipTarget(perceptor, 1.0, targets)], {"vqgan": vqgan}


@pytest.mark.slow
def test_a_story_draws_one_scene_after_the_other(pair: Any) -> None:
    wanted, clip_targets, known = told(
        pair, "a red apple ^ a blue car", cross_fade="2", init="tokens", learning_rate=0.6
    )
    drawn = {}
    for event in Synthesizer(clip_targets=clip_targets, settings=wanted, **known).run():
        if isinstance(event, Stepped) and event.step in (8, 16):
            drawn[event.step] = event.image()

    apple, car = clip_targets[0].targets

    def lead(step: int) -> float:
        features = retrieval.encode_pictures(clip_targets[0].perceptor, [drawn[step]])[0]
        return float(features @ apple - features @ car)

    assert lead(8) > lead(16) + 0.1, (lead(8), lead(16))


@pytest.mark.slow
def test_a_schedule_holds_a_prompt_back_to_the_byte_until_its_step(pair: Any) -> None:
    def steps(prompt: str) -> list[np.ndarray]:
        wanted, clip_targets, known = told(pair, prompt, iterations=6)
        return [
            e.image()
            for e in Synthesizer(clip_targets=clip_targets, settings=wanted, **known).run()
            if isinstance(e, Stepped)
        ]

    late, other = steps("a red apple | snow:[0:0, 3:1 hold]"), steps("a red apple | a tree:[0:0, 3:1 hold]")
    same = [bool(np.array_equal(a, b)) for a, b in zip(late, other, strict=True)]
    assert same == [True, True, True, False, False, False]


def test_a_story_goes_on_exactly_from_the_middle_of_a_cross_fade(pair: Any) -> None:
    wanted, clip_targets, known = told(pair, "a red apple ^ snow:[0:1, 100%:0.2]", iterations=6, cross_fade="3")
    state, final = None, None
    for event in Synthesizer(clip_targets=clip_targets, settings=wanted, **known).run():
        if isinstance(event, (Started, Stepped)) and event.step == 4:
            state = event.state()
        if isinstance(event, Finished):
            final = event.image()
    again = list(Synthesizer(clip_targets=clip_targets, settings=wanted, **known).run(state))[-1]
    assert isinstance(again, Finished)
    assert np.array_equal(again.image(), final)


@pytest.mark.slow
def test_candidates_are_of_the_first_scene(small: dict[str, Any]) -> None:
    def start(prompt: str, **changes: Any) -> np.ndarray:
        known = {
            **small,
            "init": "prior",
            "candidates": 2,
            "prior_style": "noto",
            "seed": 1,
            "iterations": 0,
            **changes,
        }
        last = list(vqclip.generate(prompt, **known))[-1]
        assert isinstance(last, Finished)
        return last.image()

    assert np.array_equal(start("a red apple"), start("a red apple ^ a blue car"))


@pytest.mark.slow
def test_the_command_line_tells_a_story_with_a_picture_in_it(call: Any, small: dict[str, Any]) -> None:
    Image.new("RGB", (40, 40), "red").save("look.png")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in small.items()]
    answer = call(
        "generate", "a blue car", "--prompt-at", "2:[look.png] | snow:-0.5", "--cross-fade", "1", "--seed", "1",
        "-o", "run", *flags,
    )  # fmt: skip
    assert answer.code == 0, answer.err
    kept = directory.read_manifest(Path("run")).settings
    assert kept.prompt_at == (f"2:[{Path.cwd()}/look.png] | snow:-0.5",)
    assert call("rerun", "run/image.png", "-o", "again").code == 0
    assert Path("again/image.png").read_bytes() == Path("run/image.png").read_bytes()
    found = call("search", ".", "a ^ b")
    assert (found.code, "only runs have scenes" in found.err) == (2, True)


def test_the_loss_of_equal_weights_is_the_same_in_one_scene_as_before() -> None:
    settings = story("a | b:-0.5")
    loss = PromptLoss(torch.eye(2), settings.prompts)
    before = loss.weights.clone()
    loss.set_weights(settings.story.weights(3, 100))
    torch.testing.assert_close(loss.weights, before)

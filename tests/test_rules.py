"""Settings that would have no effect beside others: each row of the table has a case here, and a way out of it."""

from __future__ import annotations

from typing import Any

import pytest

import vqclip
from vqclip.errors import UsageError
from vqclip.events import Warned
from vqclip.settings.schema import Settings, from_dict, options

# What is idle, and what makes it work.
CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"mask": "m.png"}, {"init_image": "a.png"}),
    ({"init_weight": 1.0}, {"init_image": "a.png"}),
    ({"init_image": "a.png", "init_run": "run"}, {"init_weight": 1.0}),
    ({"init_image": "a.png", "init_run": "run", "mask": "m.png", "init_image_alpha": 0.5}, {"init_image_alpha": 1.0}),
    ({"init": "prior", "init_image": "a.png", "init_image_alpha": 0.5}, {"init": "perlin"}),
    ({"init_image": "a.png", "init_weight_end": 0.5}, {"init_weight": 1.0}),
    ({"iterations": 0, "optimiser": "sgd"}, {"iterations": 1}),
    ({"mask_feather": 3}, {"init_image": "a.png", "mask": "m.png"}),
    ({"target_weight": 2.0}, {"target_image": "a.png"}),
    ({"target_image": "a.png", "target_weight": 0.0}, {"target_weight_pixels": 1.0}),
    ({"overlay_alpha": 0.5}, {"overlay_image": "a.png"}),
    ({"overlay_image": "a.png", "overlay_every": 300}, {"overlay_every": 299}),
    ({"pick": 3}, {"init_run": "samples"}),
    ({"resample": True}, {"init_run": "run"}),
    ({"init": "prior", "init_run": "run", "candidates": 3}, {"init_run": None}),
    ({"init_strength": 0.9}, {"init_image": "a.png"}),
    ({"learning_rate_steps": 9}, {"init": "prior"}),
    ({"flatness": 1.0}, {"init": "prior"}),
    ({"hue": 1.0}, {"init": "prior"}),
    ({"init": "prior", "learning_rate_steps": 9, "prompt": "a ^ b"}, {"prompt": "a"}),
    ({"init": "prior", "init_image": "a.png", "candidates": 3}, {"init_image": None}),
    ({"init": "prior", "init_image": "a.png", "mask": "m.png", "init_candidate": 0.5}, {"mask": None}),
    ({"init_image": "a.png", "init_candidate": 0.5}, {"init": "prior"}),
    ({"prior_style": "noto"}, {"init": "prior"}),
    ({"upsample_candidates": 4}, {"init": "prior"}),
    ({"init": "prior", "init_run": "run", "resample": True, "layout": "none"}, {"init_run": None, "resample": False}),
    ({"init": "prior", "seamless": "both", "layout": "none"}, {"seamless": "none"}),
    ({"scene_steps": 3}, {"prompt": "a ^ b"}),
    ({"cross_fade": "3"}, {"prompt": "a ^ b"}),
    ({"init": "prior", "prompt": "", "image_prompt": ("a.png",), "guidance": 2.0}, {"prompt": "a"}),
    ({"pixel_learning_rate": 0.2}, {"pixel_steps": 0.5}),
    ({"best_of_share": 0.5}, {"best_of": 2}),
    ({"clip_alternate": True}, {"clip": ("tiny", "ViT-B-32")}),
    ({"tile_size": 256}, {"size": "512x256"}),
    ({"low_memory": True, "compile": True}, {"tile_size": 64}),
    ({"stage_upsampling": "edges"}, {"stages": 2}),
    ({"move_every": 5}, {"zoom": "1.1"}),
    ({"zoom": "1"}, {"zoom": "1.1"}),
    ({"pan_x": "0"}, {"pan_x": "2"}),
    ({"pan_y": "0:0, 5:0"}, {"pan_y": "0:0, 5:1"}),
    ({"rotate": "0"}, {"rotate": "2"}),
    ({"zoom": "1.1", "iterations": 10}, {"iterations": 11}),
    ({"video_seconds": 2.0, "fps": 5.0}, {"video_seconds": None}),
    ({"video": False, "fps": 5.0}, {"video": True}),
    ({"save_every": 0, "hold_last": 1.0}, {"save_every": 1}),
    ({"video_format": "gif", "crf": 30}, {"video_format": "webp"}),
    ({"video_format": "webp", "video_title": "mine"}, {"video_format": "mp4"}),
    ({"save_every": 0, "frame_spacing": "early"}, {"save_every": 1}),
    ({"prompt": "", "image_prompt": ("a.png",), "prompt_suffix": ", oil"}, {"prompt": "a"}),
    ({"learning_rate_schedule": "0:1", "learning_rate_end": 0.5}, {"learning_rate_schedule": None}),
    ({"patience": 3}, {"learning_rate_plateau": 0.5}),
    ({"pixel_grid": 40, "size": "64x64"}, {"size": "128x128"}),
    ({"palette": "red", "palette_size": 3}, {"palette": "a.png"}),
    ({"edge_colour": "red"}, {"loss": ("edge:1",)}),
    ({"cut_method": "disco", "cut_overview": "0:1, 50%:1", "cut_grey": "0:1"}, {"cut_overview": "0:1, 50%:0.5"}),
    ({"cut_pow": 2.0}, {"cut_method": "crowson"}),
    ({"cut_overview": "0:1"}, {"cut_method": "disco"}),
    ({"cut_grey": "0:1"}, {"cut_method": "disco"}),
    ({"cut_method": "big-sleep", "augment": 0.5}, {"augments": "Af"}),
    ({"augments": "Gn Er", "augment": 0.5}, {"augments": "Gn Af"}),
    ({"augments": "Af Ji", "augment": 0.0}, {"augment": 1.0}),
]


def reported(changes: dict[str, Any]) -> Any:
    """The requirement that is reported to the user."""
    return next(Settings(**{"prompt": "a", **changes}).without_effect(), (None, None))[1]


def test_every_requirement_has_a_case_that_reports_it() -> None:
    found = [reported(changes) for changes, _ in CASES]
    needed = [requirement for option in options().values() for requirement in option.requires]
    assert [need.why for need in needed if need not in found] == [], "these have no case above"
    assert None not in found


@pytest.mark.parametrize(("changes", "cure"), CASES, ids="-".join)
def test_what_would_do_nothing_is_refused_and_what_cures_it_is_not(
    changes: dict[str, Any], cure: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="has no effect") as caught:
        Settings(**{"prompt": "a", **changes}).validate()
    assert caught.value.hint
    Settings(**{"prompt": "a", **changes, **cure}).validate()
    whole = Settings(**{"prompt": "a", **changes}).to_dict()
    assert from_dict(whole).to_dict() == whole, "a run that was begun with it still loads"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"learning_rate_drops": "100"}, "learning_rate_drops has no effect at 100: .* which has 20 steps"),
        ({"learning_rate_drops": "75%,100%"}, "learning_rate_drops has no effect at 100%"),
        ({"loss": ("tv:1@30:0, 40:1",)}, r"loss 'tv:1@30:0, 40:1': the key 40:1 .* which has 20 steps"),
        ({"loss": ("tv:1@0:1, 40:2 hold",)}, "the key 40:2 hold"),
        ({"loss": ("tv:1@0:1, 30:2, 40:3",)}, "the key 40:3"),
        ({"zoom": "30:1,40:2", "move_every": 5}, "zoom: the key 40:2"),
        ({"zoom": "50%:1,3:2", "move_every": 5}, "zoom: 3 comes before 50% in a run of 20 steps"),
        ({"learning_rate_schedule": "0:1, 100%:0.5 hold"}, "learning_rate_schedule: the key 100%:0.5 hold"),
        ({"prompt": "a | snow:[30:0, 40:1]"}, "the prompt 'snow': the key 40:1"),
        ({"prompt": "a:[50%:1, 3:0]"}, "the prompt 'a': 3 comes before 50% in a run of 20 steps"),
        ({"cut_method": "disco", "cut_grey": "20:1, 30:0"}, "cut_grey: the key 30:0"),
        ({"overlay_image": "a.png", "overlay_until": "5000"}, "overlay_until has no effect at 5000"),
        ({"prompt": "a ^ b", "cross_fade": "500"}, "cross_fade is 500, longer than the run, which has 20 steps"),
        ({"prompt_at": ("30:b",)}, "scene 2 would begin at step 30 of 20"),
    ],
)
def test_a_place_that_the_run_never_comes_to_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Settings(**{"prompt": "a", "iterations": 20, **changes}).validate()
    Settings(**{"prompt": "a", "iterations": 20, **changes}).validate(recorded=True, bounds=False)


@pytest.mark.parametrize(
    ("late", "early", "said"),
    [
        ({"learning_rate_drops": "4"}, {"learning_rate_drops": "3"}, "at 4: .* the frame, which has 4 steps"),
        ({"loss": ("tv:1@4:0, 6:1",)}, {"loss": ("tv:1@3:0, 6:1",)}, "the key 6:1 .* the frame, which has 4 steps"),
        ({"zoom": "5:1, 6:1.1"}, {"zoom": "4:1, 6:1.1"}, "the key 6:1.1 .* the video, which has 5 frames"),
        ({"zoom": "50%:1, 2:1.1"}, {"zoom": "50%:1, 3:1.1"}, "2 comes before 50% in a video of 5 frames"),
        ({"prompt": "a:[20:1, 21:0]"}, {"prompt": "a:[19:1, 21:0]"}, "the key 21:0 .* the video, which has 20 steps"),
    ],
)
def test_in_a_video_of_5_frames_of_4_steps_positions_count_steps_of_a_frame_and_motions_count_frames(
    late: dict[str, Any], early: dict[str, Any], said: str
) -> None:
    video = {"prompt": "a", "iterations": 20, "move_every": 4 if "zoom" in late else 10}
    with pytest.raises(UsageError, match=said):
        Settings(**{**video, **late}).validate(frame_steps=4)
    Settings(**{**video, **early}).validate(frame_steps=4)


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate_drops": "19"},
        {"learning_rate_drops": "75%,90%", "iterations": 1},
        {"loss": ("tv:1@0:0, 40:1",)},
        {"loss": ("tv:1@0:0, 100%:1",), "iterations": 1},
        {"loss": ("tv:1@30:1",)},
        {"zoom": "0:1, 400:2", "move_every": 5},
        {"prompt": "a:[50%:1, 12:0]"},
        {"prompt": "a ^ b", "cross_fade": "100%"},
        {"overlay_image": "a.png", "overlay_until": "19"},
    ],
)
def test_a_place_that_changes_anything_is_not(changes: dict[str, Any]) -> None:
    Settings(**{"prompt": "a", "iterations": 20, **changes}).validate()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": ("tv:0",)}, "loss 'tv:0' has no effect: its weight is always 0"),
        ({"loss": ("tv:1@0:0",)}, "loss 'tv:1@0:0' has no effect"),
        ({"prompt": "a | snow:0"}, "the prompt 'snow' has no effect: its weight is always 0"),
        ({"prompt": "a ^ b | fog:[0:0, 50%:0]"}, "the prompt 'fog' has no effect"),
        ({"clip": ("tiny", "tiny:0")}, "clip 'tiny:0' has no effect: its weight is 0"),
        ({"loss": ("symmetry:1",), "symmetry": "horizontal"}, "the loss symmetry has no effect with symmetry"),
        ({"loss": ("symmetry:1",), "symmetry": "both"}, "the loss symmetry has no effect"),
        ({"loss": ("symmetry-vertical:-1",), "symmetry": "vertical"}, "the loss symmetry-vertical has no effect"),
        ({"loss": ("symmetry-vertical",), "symmetry": "kaleidoscope"}, "the loss symmetry-vertical has no effect"),
        *(
            ({"iterations": 0, name: value}, f"{name} has no effect in a run of no steps")
            for name, value in (
                ("optimiser", "sgd"), ("loss", ("tv:1",)), ("until_score", 0.5), ("best_of", 3), ("auto_stop", True),
                ("pixel_steps", 0.5),
            )
        ),
    ],
)  # fmt: skip
def test_a_weight_that_is_always_nothing_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        Settings(**{"prompt": "a", **changes}).validate()


def test_the_other_mirror_leaves_a_loss_something_to_do() -> None:
    Settings(prompt="a", loss=("symmetry:1",), symmetry="vertical").validate()
    Settings(prompt="a", loss=("symmetry-vertical:1",), symmetry="diagonal").validate()


def test_a_look_gives_way_to_what_is_asked_for(call: Any) -> None:
    def losses(*flags: str) -> Any:
        answer = call("config", "show", "--style", "stained-glass", *flags, "--json")
        assert answer.code == 0, answer.err
        return answer.record["settings"]["loss"]

    assert losses() == ["symmetry:1", "colourfulness:1", "contrast:0.3"]
    assert losses("--symmetry", "both") == ["colourfulness:1", "contrast:0.3"]
    assert losses("--loss", "contrast:0") == ["symmetry:1", "colourfulness:1"]
    assert losses("-n", "0") == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (
            ["--auto-stop", "--patience", "50", "-n", "20", "--pixel-steps", "0"],
            "the run has 20 steps, and twice the patience is 100",
        ),
        (
            ["--auto-stop", "--patience", "6", "-n", "20", "--stages", "2", "--size", "64", "--pixel-steps", "0"],
            "the last stage has 12 steps",
        ),
        (
            ["--auto-stop", "--patience", "6", "-n", "20", "--pixel-steps", "0.4"],
            "the last stage has 12 steps",
        ),
        (["--learning-rate-plateau", "0.5", "-n", "100"], "learning_rate_plateau has no effect"),
    ],
)
def test_patience_that_outlasts_the_run_is_refused(call: Any, flags: list[str], said: str) -> None:
    base = ["--stages", "1"] if "--stages" not in flags else []
    answer = call("generate", "a", *base, *flags, "-o", "run")
    assert answer.code == 2
    assert said in " ".join(answer.err.split()), answer.err


def test_long_prompts_is_reported_where_no_text_is_long(small: dict[str, Any]) -> None:
    def warned(prompt: str) -> list[str]:
        events = vqclip.generate(prompt, seed=1, **small, long_prompts="mean")
        return [event.message for event in events if isinstance(event, Warned) and "long_prompts" in event.message]

    small["iterations"] = 1
    assert warned("a red apple") == ['long_prompts="mean" has no effect: every text is read whole.']
    assert warned("an apple " * 60) == []

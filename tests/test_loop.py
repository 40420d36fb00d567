"""The loop: what a seed fixes, what chunks and onlookers cannot change, and how it ends when it must."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from vqclip.errors import Diverged, OutOfMemory, UsageError
from vqclip.events import Event, Finished, StageStarted, Started, Stepped, Warned
from vqclip.models.perceptor import ClipTarget, Framing
from vqclip.settings.optimisers import OPTIMISERS
from vqclip.settings.schema import Settings
from vqclip.synthesis import motion
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.randomness import step_seed
from vqclip.synthesis.state import State

PHOTO = np.stack(np.broadcast_arrays(np.arange(64)[:, None] * 4, 160, np.arange(64) * 3), 2).astype(np.uint8)
HALF = np.repeat(np.float32([[0.0] * 24 + [1.0] * 40]), 64, 0)
"""A mask whose left part is kept, up to the middle of the picture's fourth token."""

Pair = tuple[Any, Callable[..., list[ClipTarget]]]


def settings(**changes: Any) -> Settings:
    known: dict[str, Any] = {
        "prompt": "a red apple", "seed": 3, "size": "32x32", "iterations": 4, "cutouts": 4, "cut_chunk": 4,
        "dtype": "float32", "ema": 0.5,
    }  # fmt: skip
    return Settings(**{**known, **changes}).validate()


def events_of(
    pair: Pair, wanted: Settings, inputs: InitInputs | None = None, state: State | None = None
) -> list[Event]:
    vqgan, targets_of = pair
    return list(Synthesizer(vqgan, targets_of(wanted.prompt), wanted, inputs).run(state))


def final(pair: Pair, wanted: Settings, inputs: InitInputs | None = None, state: State | None = None) -> np.ndarray:
    last = events_of(pair, wanted, inputs, state)[-1]
    assert isinstance(last, Finished)
    return last.image()


@pytest.mark.slow
@pytest.mark.option("seed")
def test_one_seed_one_picture_and_zero_is_a_seed(pair: Pair) -> None:
    pictures = {seed: final(pair, settings(seed=seed)) for seed in (0, 1)}
    assert np.array_equal(final(pair, settings(seed=0)), pictures[0])
    assert not np.array_equal(pictures[0], pictures[1])
    torch.manual_seed(99)
    assert np.array_equal(final(pair, settings(seed=1)), pictures[1]), "torch's own seed must not matter"


@pytest.mark.parametrize("init", ["tokens", "spot"])
def test_the_seed_is_set_before_the_start_is_drawn(pair: Pair, init: str) -> None:
    def start(seed: int) -> np.ndarray:
        first = events_of(pair, settings(seed=seed, init=init, iterations=0))[0]
        assert isinstance(first, Started)
        return first.image()

    assert np.array_equal(start(5), start(5))
    assert not np.array_equal(start(5), start(6))


def test_looking_at_pictures_and_states_changes_nothing(pair: Pair) -> None:
    vqgan, targets_of = pair
    wanted = settings(stages=2)
    seen = []
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run():
        if isinstance(event, (Started, Stepped)):
            event.image()
            event.state()
            torch.rand(7)
        seen.append(event)
    last = seen[-1]
    assert isinstance(last, Finished)
    assert np.array_equal(last.image(), final(pair, wanted))


LOOKS: dict[str, dict[str, Any]] = {
    "plain": {"latent_l2": 0.1, "tv": 0.1},
    "masked": {
        "size": "64x64",
        "init_image": "a.png",
        "mask": "m.png",
        "init_weight": 1.0,
        "init_weight_pixels": 9.0,
    },
    "moving": {"zoom": "0:1, 6:1.3", "pan_x": "3", "rotate": "-4", "move_every": 2, "move_border": "wrap"},
}


LOOKS |= {
    name: {"optimiser": name, "learning_rate": 0.2}
    for name, kind in OPTIMISERS.items()
    if kind.library in ("", "torch.optim")
}
STOPS = [
    *((name, 4) for name in LOOKS if name not in ("plain", "masked", "moving")),
    *(("plain", stop) for stop in (0, 1, 2, 3, 5, 6)),
    ("masked", 1),
    ("masked", 3),
    *(("moving", stop) for stop in (1, 2, 3, 4)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("look", "stop"), STOPS)
def test_a_run_goes_on_exactly_from_any_step(pair: Pair, look: str, stop: int) -> None:
    vqgan, targets_of = pair
    wanted = settings(stages=2, iterations=6, **LOOKS[look])
    given = InitInputs(PHOTO, HALF) if look == "masked" else InitInputs()
    state = None
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted, given).run():
        if isinstance(event, (Started, Stepped)) and event.step == stop:
            state = event.state()
            break
    assert state is not None
    assert state.step == stop
    events = events_of(pair, wanted, given, state=state)
    assert [e.step for e in events if isinstance(e, Stepped)] == list(range(stop + 1, 7))
    last = events[-1]
    assert isinstance(last, Finished)
    assert np.array_equal(last.image(), final(pair, wanted, given))


def gradient(pair: Pair, wanted: Settings) -> torch.Tensor:
    vqgan, targets_of = pair
    return first_gradient(vqgan, targets_of(wanted.prompt), wanted)


def first_gradient(vqgan: Any, clip_targets: list[ClipTarget], wanted: Settings) -> torch.Tensor:
    """The gradient of the first step: Adam keeps a tenth of it."""
    for event in Synthesizer(vqgan, clip_targets, wanted).run():
        if isinstance(event, Stepped):
            return event.state().tensors["optimiser.exp_avg"] / 0.1
    raise AssertionError("no step")


@pytest.mark.parametrize("chunk", [1, 3, 5, 8])
@pytest.mark.parametrize("method", ["smart", "crowson", "pooled"])
@pytest.mark.parametrize("noise", [0.0, 0.1])
@pytest.mark.slow
def test_chunks_of_cutouts_give_the_gradient_of_the_whole(pair: Pair, method: str, chunk: int, noise: float) -> None:
    prompt = "a red apple | a blue car:0.5 | fog:-0.3"
    common: dict[str, Any] = {
        "prompt": prompt,
        "cutouts": 16,
        "size": "64x96",
        "cut_method": method,
        "cut_noise": noise,
    }
    whole = gradient(pair, settings(**common, cut_chunk=16))
    parts = gradient(pair, settings(**common, cut_chunk=chunk))
    assert float((whole - parts).norm() / whole.norm()) < 1e-4


@pytest.mark.option("cutouts", "cut_chunk")
def test_clip_sees_as_many_cutouts_as_are_asked_for_and_never_more_at_once_than_a_chunk(pair: Pair) -> None:
    seen: list[int] = []

    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        if cutouts.requires_grad:  # not where the whole picture is scored
            seen.append(len(cutouts))
        return torch.nn.functional.normalize(cutouts.mean((2, 3)), dim=1)

    for cutouts, chunk, sizes in ((7, 3, [2, 2, 3]), (7, 16, [7]), (2, 1, [1, 1])):
        seen.clear()
        list(Synthesizer(pair[0], fake(answer), settings(cutouts=cutouts, cut_chunk=chunk, iterations=2)).run())
        assert seen == sizes * 2


@pytest.mark.slow
@pytest.mark.option("prompt")
def test_the_score_of_the_prompt_rises(pair: Pair) -> None:
    wanted = settings(size="64x64", iterations=30, cutouts=8, learning_rate=0.15, init="spot")
    scores = [e.score for e in events_of(pair, wanted) if isinstance(e, Stepped)]
    assert np.mean(scores[-5:]) > np.mean(scores[:3]) + 0.05


@pytest.mark.slow
@pytest.mark.option("prompt")
def test_a_negative_prompt_lowers_its_score(pair: Pair) -> None:
    def score(prompt: str) -> float:
        wanted = settings(prompt=prompt, size="64x64", iterations=15, cutouts=8, init="spot")
        return float(np.mean([e.score for e in events_of(pair, wanted) if isinstance(e, Stepped)][-3:]))

    # With no prompt that pulls, the score is the mean similarity to those that push.
    assert score("a red apple:-1") < score("a red apple") - 0.1


@pytest.mark.option("size", "stages")
def test_stages_grow_the_picture(pair: Pair) -> None:
    events = events_of(pair, settings(size="64x32", stages=2, iterations=5))
    stages = [(e.width, e.height, e.step) for e in events if isinstance(e, StageStarted)]
    assert stages == [(32, 16, 0), (64, 32, 2)]
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.image().shape == (32, 64, 3)


def test_a_size_that_is_not_whole_tokens_is_that_of_the_picture(pair: Pair) -> None:
    assert final(pair, settings(size="39x25", iterations=1)).shape == (25, 39, 3)


def test_the_start_picture_is_where_the_run_begins(pair: Pair) -> None:
    picture = np.zeros((50, 70, 3), np.uint8)
    picture[:, :35] = (220, 30, 30)
    picture[:, 35:] = (30, 30, 220)
    first = events_of(pair, settings(size="64x64", iterations=0), inputs=InitInputs(picture))[0]
    assert isinstance(first, Started)
    drawn = first.image().astype(int)
    left, right = drawn[:, :24].mean((0, 1)), drawn[:, 40:].mean((0, 1))
    assert left[0] > left[2] + 80
    assert right[2] > right[0] + 80


@pytest.mark.slow
@pytest.mark.option("init_weight", "init_weight_pixels", "init_weight_end")
@pytest.mark.parametrize(("name", "weight"), [("init_weight", 30.0), ("init_weight_pixels", 100.0)])
@pytest.mark.parametrize("stages", [1, 2])
def test_an_init_weight_holds_the_init_picture_at_every_stage(
    pair: Pair, name: str, weight: float, stages: int
) -> None:
    def distance(**weights: float) -> float:
        wanted = settings(size="64x64", iterations=12, stages=stages, init_image="given.png", ema=0.0, **weights)
        last = events_of(pair, wanted, inputs=InitInputs(PHOTO))[-1]
        assert isinstance(last, Finished)
        if name == "init_weight_pixels":
            return float(np.square(last.image().astype(float) - PHOTO).mean())
        tensors = last.state().tensors
        return float((tensors["z"] - tensors["z_init"]).square().mean())

    free = distance()
    assert distance(**{name: weight}) < 0.7 * free
    assert distance(**{name: weight, "init_weight_end": 1.0}) < distance(**{name: weight}), "it fades without an end"


def test_a_second_stage_holds_on_to_the_init_picture_and_not_to_where_the_first_went(pair: Pair) -> None:
    vqgan, _ = pair
    wanted = settings(size="64x64", stages=2, iterations=5, init_image="given.png", init_weight=1.0)
    last = events_of(pair, wanted, inputs=InitInputs(PHOTO))[-1]
    assert isinstance(last, Finished)
    with torch.no_grad():
        expected = vqgan.encode(torch.from_numpy(PHOTO).permute(2, 0, 1)[None] / 255)
    torch.testing.assert_close(last.state().tensors["z_init"], expected)


@pytest.mark.option("zoom")
def test_a_move_starts_from_the_moved_picture_without_memory_of_the_one_before(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    vqgan, targets_of = pair
    wanted = settings(size="64x64", zoom="1.5", move_every=2, iterations=3)
    _, second, third = states(vqgan, targets_of(wanted.prompt), wanted)
    mean = second.tensors["ema"] / second.ema_weight
    with torch.no_grad():
        shown = vqgan.decode(vqgan.quantize(mean)).clamp(0, 1)
        expected = vqgan.encode(motion.warp(shown, motion.Move(1.5), "mirror")).float()
    assert torch.equal(third.tensors["z_init"], expected)
    assert second.tensors["optimiser.step"] == 2
    assert third.tensors["optimiser.step"] == 1, "the optimiser remembers nothing of other places"
    assert third.ema_weight == 0.5, "the running mean has one value"

    moves, warp = [], motion.warp
    monkeypatch.setattr(motion, "warp", lambda *known: moves.append(1) or warp(*known))
    (target,) = targets_of(wanted.prompt)

    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        if moves and len(cutouts) > 2:
            raise torch.OutOfMemoryError("no room")
        return target.perceptor.encode_image(cutouts)

    narrow = [ClipTarget(_Fake(answer), 1.0, target.targets)]  # type: ignore[arg-type]
    narrow[0].perceptor.cut_size = target.perceptor.cut_size
    repeated = states(vqgan, narrow, wanted)[2]
    assert moves == [1], "a step that is repeated does not move again"
    assert torch.equal(repeated.tensors["z_init"], expected)


def states(vqgan: Any, clip_targets: list[ClipTarget], wanted: Settings) -> list[State]:
    """The state after each step."""
    events = Synthesizer(vqgan, clip_targets, wanted).run()
    return [event.state() for event in events if isinstance(event, Stepped)]


@pytest.mark.option("pan_x", "pan_y")
def test_a_pan_moves_the_picture_by_its_pixels(pair: Pair) -> None:
    photo = np.full((64, 64, 3), 255, np.uint8)
    photo[24:40, 8:24] = (200, 20, 20)
    course = settings(
        size="64x64",
        init_image="a.png",
        pan_x="16",
        pan_y="-8",
        move_every=1,
        learning_rate=1e-6,
        move_border="clamp",
    )
    vqgan, targets_of = pair
    places = []
    for event in Synthesizer(vqgan, targets_of(course.prompt), course.replace(iterations=2), InitInputs(photo)).run():
        if isinstance(event, (Started, Stepped)):
            dark = (255 - event.image()[..., 1].astype(float)).clip(60) - 60
            places.append((dark.sum(0) @ np.arange(64) / dark.sum(), dark.sum(1) @ np.arange(64) / dark.sum()))
    assert places[1] == pytest.approx(places[0], abs=0.5), "the first step comes before the first move"
    assert places[2][0] - places[1][0] == pytest.approx(16, abs=2.5)
    assert places[2][1] - places[1][1] == pytest.approx(-8, abs=2.5)


@pytest.mark.slow
@pytest.mark.option("move_border")
def test_what_comes_in_at_a_moved_edge_is_the_border_that_is_named(pair: Pair) -> None:
    photo = np.full((64, 64, 3), (250, 250, 250), np.uint8)
    photo[:, 48:] = (200, 20, 20)

    def left(border: str) -> np.ndarray:
        """The colour of the strip that a move to the right brings in."""
        wanted = settings(
            size="64x64", init_image="a.png", pan_x="16", move_every=1, move_border=border, iterations=2,
            learning_rate=1e-6,
        )  # fmt: skip
        colour: np.ndarray = final(pair, wanted, InitInputs(photo))[16:48, 2:10].mean((0, 1))
        return colour

    assert left("clamp").min() > 200
    assert left("mirror").min() > 200
    assert left("black").max() < 80
    assert left("wrap")[0] > left("wrap")[1] + 80, "the red edge comes in"


def test_the_latent_stays_within_the_codebook(pair: Pair) -> None:
    vqgan, _ = pair
    events = events_of(pair, settings(learning_rate=5.0, learning_rate_end=1.0))
    last = events[-1]
    assert isinstance(last, Finished)
    low, high = vqgan.latent_bounds
    z = last.state().tensors["z"]
    assert bool((z >= low).all())
    assert bool((z <= high).all())


class _Fake(torch.nn.Module):
    """A perceptor that answers with what a test wants."""

    cut_size, framing, mean = 16, Framing(), torch.zeros(1)

    def __init__(self, answer: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.answer = answer

    def encode_image(self, cutouts: torch.Tensor) -> torch.Tensor:
        return self.answer(cutouts)


def fake(answer: Callable[[torch.Tensor], torch.Tensor]) -> list[ClipTarget]:
    return [ClipTarget(_Fake(answer), 1.0, torch.tensor([[1.0, 0.0, 0.0]]))]  # type: ignore[arg-type]


def test_fault_25_a_loss_that_is_not_finite_ends_the_run_at_its_step(pair: Pair) -> None:
    calls = []

    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        calls.extend([1] if cutouts.requires_grad else [])  # not where the whole picture is scored
        features = torch.nn.functional.normalize(cutouts.mean((2, 3)), dim=1)
        return features * (torch.nan if len(calls) == 3 else 1.0)

    events: list[Event] = []
    with pytest.raises(Diverged, match="the loss 'prompt' is not a finite number at step 3") as caught:
        events.extend(Synthesizer(pair[0], fake(answer), settings()).run())
    assert caught.value.exit_code == 6
    assert "--learning-rate" in caught.value.hint


def test_fault_25_a_gradient_that_is_not_finite_ends_the_run(pair: Pair) -> None:
    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        features = torch.nn.functional.normalize(cutouts.mean((2, 3)), dim=1)
        features.register_hook(lambda gradient: gradient * torch.inf)
        return features

    with pytest.raises(Diverged, match="the gradient is not a finite number at step 1"):
        list(Synthesizer(pair[0], fake(answer), settings()).run())


def test_fault_44_out_of_memory_says_what_to_change(pair: Pair) -> None:
    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        raise torch.OutOfMemoryError("no room")

    with pytest.raises(OutOfMemory, match=r"32x32 with 4 cutouts") as caught:
        list(Synthesizer(pair[0], fake(answer), settings()).run())
    assert caught.value.exit_code == 7
    assert "smaller --size" in caught.value.hint


@pytest.mark.slow
def test_fault_44_out_of_memory_halves_the_chunk_and_loses_no_step(pair: Pair) -> None:
    vqgan, targets_of = pair
    (clip_target,) = targets_of("a red apple")

    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        if len(cutouts) > room:
            raise torch.OutOfMemoryError("no room")
        return clip_target.perceptor.encode_image(cutouts)

    narrow = [ClipTarget(_Fake(answer), 1.0, clip_target.targets)]  # type: ignore[arg-type]
    narrow[0].perceptor.cut_size = clip_target.perceptor.cut_size
    room = 99
    whole = [event for event in Synthesizer(vqgan, narrow, settings()).run() if isinstance(event, Stepped)]
    room = 1
    events = list(Synthesizer(vqgan, narrow, settings()).run())
    warned = [event.message for event in events if isinstance(event, Warned)]
    assert [message.rpartition(" ")[2] for message in warned] == ["2.", "1."]
    steps = [event for event in events if isinstance(event, Stepped)]
    assert [step.step for step in steps] == [step.step for step in whole]
    assert [step.loss for step in steps] == pytest.approx([step.loss for step in whole], rel=1e-3)


@pytest.mark.option("clip")
def test_perceptors_pull_by_their_weight(pair: Pair) -> None:
    vqgan, targets_of = pair
    # With this seed no pixel begins out of range. There only a gradient that brings it back would pass, and what
    # passes of a sum would not be the sum of what passes.
    wanted = settings(seed=9)

    def pull(weights: tuple[float, float]) -> torch.Tensor:
        known = [*targets_of("a red apple", weights[0]), *targets_of("a blue car", weights[1])]
        return first_gradient(vqgan, known, wanted)

    apple, car, both = (pull(weights) for weights in ((1.0, 0.0), (0.0, 1.0), (3.0, 1.0)))
    # of the whole gradient: a single element near zero may be all rounding
    assert (both - 0.75 * apple - 0.25 * car).norm() < 1e-5 * both.norm()
    assert (apple - car).norm() > 0.1 * both.norm()


@pytest.mark.slow
@pytest.mark.option("clip_alternate")
def test_alternating_perceptors_look_in_turn_each_with_the_pull_of_its_round(pair: Pair) -> None:
    vqgan, targets_of = pair
    asked: list[int] = []

    class Counting:
        """One perceptor under a number, which says when it looks."""

        def __init__(self, number: int, perceptor: Any) -> None:
            self.number, self.perceptor, self.cut_size = number, perceptor, perceptor.cut_size
            self.framing, self.mean = perceptor.framing, perceptor.mean

        def encode_image(self, cutouts: torch.Tensor) -> torch.Tensor:
            if cutouts.requires_grad:  # not where the whole picture is scored
                asked.append(self.number)
            features: torch.Tensor = self.perceptor.encode_image(cutouts)
            return features

    def looks(weights: tuple[float, float]) -> list[ClipTarget]:
        known = [*targets_of("a red apple", weights[0]), *targets_of("a blue car", weights[1])]
        return [ClipTarget(Counting(n, g.perceptor), g.weight, g.targets) for n, g in enumerate(known)]  # type: ignore[arg-type]

    def gradient(weights: tuple[float, float], steps: int, **changes: Any) -> torch.Tensor:
        wanted = settings(clip=("tiny", "tiny"), iterations=steps, **changes)
        events = list(Synthesizer(vqgan, looks(weights), wanted).run())
        assert sum(isinstance(event, Stepped) for event in events) == steps
        return first_gradient(vqgan, looks(weights), wanted)

    turn = gradient((3.0, 1.0), 3, clip_alternate=True)
    assert asked == [0, 1, 0, 0]
    apple = gradient((1.0, 0.0), 1)
    torch.testing.assert_close(turn, 2 * 0.75 * apple, rtol=1e-3, atol=1e-7)
    asked.clear()
    list(Synthesizer(vqgan, looks((3.0, 1.0)), settings(clip=("tiny", "tiny"), iterations=2)).run())
    assert asked == [0, 1, 0, 1]


def test_one_perceptor_cannot_alternate() -> None:
    with pytest.raises(UsageError, match="clip_alternate has no effect on a single CLIP"):
        settings(clip_alternate=True)


def test_an_alternating_run_goes_on_with_the_one_whose_turn_it_is(pair: Pair) -> None:
    vqgan, targets_of = pair
    wanted = settings(clip=("tiny", "tiny"), clip_alternate=True, iterations=3)
    looks = [*targets_of("a red apple"), *targets_of("a blue car", 0.5)]
    whole, state = [], None
    for event in Synthesizer(vqgan, looks, wanted).run():
        whole.append(event)
        if isinstance(event, Stepped) and event.step == 1:
            state = event.state()
    on = list(Synthesizer(vqgan, looks, wanted).run(state))
    assert isinstance(whole[-1], Finished)
    assert isinstance(on[-1], Finished)
    assert np.array_equal(whole[-1].image(), on[-1].image())


def test_step_seeds_differ_between_runs_stages_and_steps() -> None:
    seeds = {
        step_seed(seed, stream, stage, step)
        for seed in (0, 1, 2**62) for stream in (0, 1) for stage in range(3) for step in range(50)
    }  # fmt: skip
    assert len(seeds) == 3 * 2 * 3 * 50
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_alternating_perceptors_have_scores_of_their_own_whatever_they_weigh(pair: Pair) -> None:
    looks = [*pair[1]("a red apple", 3.0), *pair[1]("a red apple", 1.0)]
    wanted = settings(clip=("tiny:3", "tiny:1"), clip_alternate=True)
    alone = settings()
    scores = {}
    for name, clip_targets, how in (("in turn", looks, wanted), ("alone", looks[:1], alone)):
        still = how.replace(learning_rate=1e-6, iterations=2)
        events = Synthesizer(pair[0], clip_targets, still).run()
        scores[name] = [event.score for event in events if isinstance(event, Stepped)]
    assert len(scores["alone"]) == 2
    assert scores["in turn"] == pytest.approx(scores["alone"], rel=1e-5)


def test_going_on_from_a_state_leaves_it_as_it_was(pair: Pair) -> None:
    wanted = settings(ema=0.9)
    step = next(e for e in events_of(pair, wanted) if isinstance(e, Stepped) and e.step == 2)
    state = step.state()
    before = {name: tensor.clone() for name, tensor in state.tensors.items()}
    first = final(pair, wanted, state=state)
    assert all(torch.equal(state.tensors[name], tensor) for name, tensor in before.items())
    assert np.array_equal(final(pair, wanted, state=state), first)


@pytest.mark.slow
def test_a_move_does_not_forget_how_the_stage_goes(pair: Pair) -> None:
    wanted = settings(zoom="1.01", move_every=2, iterations=30, auto_stop=True, patience=4, min_gain=1.0)
    last = events_of(pair, wanted)[-1]
    assert isinstance(last, Finished)
    assert (last.stopped_by, last.step) == ("auto_stop", 8)


def test_fault_44_a_processor_without_memory_is_out_of_memory_too(pair: Pair) -> None:
    def answer(cutouts: torch.Tensor) -> torch.Tensor:
        return torch.empty(2**50) if len(cutouts) else cutouts

    with pytest.raises(OutOfMemory, match=r"32x32 with 4 cutouts"):
        list(Synthesizer(pair[0], fake(answer), settings()).run())

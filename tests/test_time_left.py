"""The time that is left of a run whose steps take different times."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

import vqclip
from vqclip.events import CandidateScored, Event, Started, Stepped, shown_time
from vqclip.runs.time_left import TimeLeft, Work
from vqclip.settings.sources import resolve

# Seconds of a step, with its share of frames, in each stage on one core of a CPU.
MEASURED = {
    "normal": ([0.077] * 30 + [0.087] * 8 + [0.147] * 7 + [0.463] * 15),
    "better": ([0.105] * 38 + [0.127] * 9 + [0.280] * 9 + [0.991] * 19),
}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def nothing() -> None:
    """In place of a picture or a state."""


def events(clock: Clock, start: float, steps: Sequence[float]) -> Iterator[Event]:
    clock.now += start
    yield Started(0, len(steps), 64, 64, 1, nothing, nothing)  # type: ignore[arg-type]
    for number, seconds in enumerate(steps, 1):
        clock.now += seconds
        yield Stepped(number, len(steps), 1, 0.5, {}, 0.2, 0.1, nothing, nothing)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", MEASURED)
def test_later_stages_count_with_what_their_steps_take(preset: str) -> None:
    clock, steps = Clock(), MEASURED[preset]
    work = Work.of(resolve({"prompt": "a red apple", "device": "cpu", "refine": "off"}, preset=preset).settings)
    assert len(work.steps) == len(steps)
    noted = map(TimeLeft(work, clock=clock).note, events(clock, 2.0, steps))
    found = {event.step: event.seconds_left for event in noted if isinstance(event, Stepped)}
    for share in (0.1, 0.3, 0.6):
        step = round(share * len(steps))
        left, by_even_steps = sum(steps[step:]), sum(steps[:step]) / step * (len(steps) - step)
        assert found[step] == pytest.approx(left, rel=0.35), share
        assert by_even_steps < left / 2
    assert found[len(steps)] == 0


def test_a_scene_that_samples_candidates_counts_with_them() -> None:
    known = {"device": "cpu", "refine": "off", "candidates": 24, "iterations": 32}
    one, two = (
        Work.of(resolve({**known, "prompt": prompt}, preset="draft").settings)
        for prompt in ("a tree", "a tree ^ a flower")
    )
    assert two.start == pytest.approx(one.start)
    assert one.start > 5 * max(one.steps)
    extra = np.subtract(two.steps, one.steps)
    assert list(extra.nonzero()[0]) == [17], "the scene begins in the middle, and fades in from the next step on"
    assert extra[17] == pytest.approx(one.start)
    clock = Clock()
    noted = map(TimeLeft(Work(10.0, (1.0,) * 4), clock=clock).note, events(clock, 20.0, [3.0] * 4))
    # Before the first step, the candidates say how fast this machine is.
    assert [event.seconds_left for event in noted] == [8.0, 9.0, 6.0, 3.0, 0.0]  # type: ignore[attr-defined]


def test_a_run_ends_with_its_time() -> None:
    clock = Clock()
    noted = map(TimeLeft(Work.even(4), 5.0, clock).note, events(clock, 0.0, [2.0] * 4))
    assert [event.seconds_left for event in noted] == [None, 3.0, 1.0, 0.0, 0.0]  # type: ignore[attr-defined]


def test_starts_of_best_of_count_and_known_ones_take_no_time() -> None:
    clock = Clock()

    def starts() -> Iterator[Event]:
        for number, seconds in enumerate((0.0, 6.0, 6.0), 1):
            clock.now += seconds
            yield CandidateScored(number, 3, number, 0.5, 0.2)

    work = Work(2.0, (1.0,) * 8).of_best(3, 4)
    noted = map(TimeLeft(work, clock=clock).note, starts())
    assert [event.seconds_left for event in noted] == [None, 10.0, 4.0]  # type: ignore[attr-defined]


def test_events_of_a_run_say_what_is_left(small: dict[str, object]) -> None:
    found = [event for event in vqclip.generate("a red apple", seed=1, **small) if isinstance(event, Stepped)]  # type: ignore[arg-type]
    assert [event.seconds_left is not None for event in found] == [True] * len(found)
    assert found[-1].seconds_left == 0
    assert [shown_time(seconds) for seconds in (None, 5.4, 125, 3725)] == ["-:--", "0:05", "2:05", "1:02:05"]

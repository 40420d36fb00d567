"""The time that is left of a run, from the work of each of its steps and from the time of the steps that are done.

Steps of later stages take longer, and so do those before which a scene samples its candidates. The work of each step
is estimated from the sizes of the networks; how fast this machine does it is measured during the run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

from vqclip.errors import VqclipError
from vqclip.events import CandidateScored, Event, Started, Stepped
from vqclip.models.architecture import read_prior_shape, read_upsampler_shape
from vqclip.models.registry import find_prior, find_upsampler
from vqclip.runs import progress_video
from vqclip.runs.estimate import RunSizes, StepOperations, image_encoder
from vqclip.runs.run_sizes import at_size, run_sizes
from vqclip.runs.speed import Speed
from vqclip.runtime import devices
from vqclip.settings.schema import Settings
from vqclip.synthesis.stages import stages_of

Result = TypeVar("Result")
_VIT_B_16 = {"vision_cfg": {"image_size": 224, "patch_size": 16, "width": 768, "layers": 12}}
"""Stands for an image encoder of unknown cost: most are of this size."""
_KEPT = 0.93
"""What a step keeps of the weight of those before it, where the speed is measured: half after ten steps."""
_KNOWN_SECONDS = 0.05


@dataclass(frozen=True)
class Work:
    """The estimated work of a run, in any unit.

    Attributes:
        start: Before the first step.
        steps: Of each step, with the frame and the candidates that come with it.
    """

    start: float
    steps: tuple[float, ...]

    @staticmethod
    def even(steps: int) -> Work:
        """Of steps that are alike."""
        return Work(0.0, (1.0,) * steps)

    @staticmethod
    def of(settings: Settings, speed: Speed | None = None) -> Work:
        """Of a run, in seconds of that speed; without one, in proportion. Its models need not be loaded."""
        sizes = run_sizes(settings, image_encoder(_VIT_B_16))
        if sizes is None:
            return Work.even(settings.iterations)
        speed = speed or Speed.typical(devices.find_device(settings.device).type)
        frames = set(progress_video.frame_steps(settings))
        works = []
        for stage in stages_of(settings, sizes.architecture.factor):
            here = at_size(sizes, settings, stage.size)
            step, frame = (speed.seconds(work(pixels=stage.pixels)) for work in (here.operations, here.frame))
            works += [step + (number in frames) * frame for number in range(stage.first + 1, stage.last + 1)]
        samples = [speed.seconds(_sampling(sizes, settings, scene)) for scene in range(len(settings.story.scenes))]
        for scene, step in _later_scenes(settings):
            works[step] += samples[scene]
        return Work(samples[0], tuple(works))

    def of_best(self, count: int, limit: int) -> Work:
        """Of best-of: `count` starts of `limit` steps, each taken as one, and the rest of the run."""
        return Work(0.0, (self.start + sum(self.steps[:limit]),) * count + self.steps[limit:])


def _sampling(sizes: RunSizes, settings: Settings, scene: int) -> StepOperations:
    """The candidates of a scene, for each of its regions; nothing without a prior, or with one of unknown cost."""
    from vqclip.synthesis.scene_starts import regions_to_draw

    found = StepOperations()
    try:
        prior = find_prior(settings.vqgan) if settings.uses_prior else None
        if prior is None or prior.tokenizer is None or not isinstance(prior.config, Path):
            return found
        best = settings.upsample_candidates
        upsampler = read_upsampler_shape(find_upsampler(settings.vqgan).config) if best else None
        one = sizes.sampling(read_prior_shape(prior.config), upsampler, settings.candidates, best)
    except VqclipError:
        return found
    return found.plus(one, len(regions_to_draw(settings, scene)))


def _later_scenes(settings: Settings) -> Iterator[tuple[int, int]]:
    """Each scene after the first, and the step, from 0, before which it samples its candidates."""
    story, steps = settings.story, settings.iterations
    for scene in range(1, len(story.scenes)):
        for step in range(steps):
            if story.turned_into(scene, step, steps) > 0:
                yield scene, step
                break


class TimeLeft:
    """Measures how fast work is done, and says how long the rest takes.

    Args:
        work: Of the run.
        seconds: After so many the run ends in any case.
        clock: Returns seconds.
    """

    def __init__(self, work: Work, seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._work, self._clock = work, clock
        self._rest = [*accumulate(reversed(work.steps), initial=0.0)][::-1]
        self._began = self._last = clock()
        self._seconds = seconds
        self._step, self._took, self._done = 0, 0.0, 0.0

    def started(self, step: int) -> float | None:
        """The seconds that are left where a run starts; None where nothing is measured yet."""
        took, self._step = self._lap(), step
        return None if step or not self._work.start else self._left(took / self._work.start)

    def stepped(self, step: int, least: float = 0.0) -> float | None:
        """The seconds that are left after a step. least: What took less is not measured."""
        took, done = self._lap(), self._rest[self._step] - self._rest[step]
        self._step = step
        if took >= least:
            self._took, self._done = _KEPT * self._took + took, _KEPT * self._done + done
        return self._left(self._took / self._done) if self._done else None

    def note(self, event: Event) -> Event:
        """Return an event of the run with the time that is left."""
        if isinstance(event, Started):
            return replace(event, seconds_left=self.started(event.step))
        if isinstance(event, Stepped):
            return replace(event, seconds_left=self.stepped(event.step))
        if isinstance(event, CandidateScored):
            # A start that was scored before the run was resumed takes no time.
            return replace(event, seconds_left=self.stepped(event.number, _KNOWN_SECONDS))
        return event

    def noting(self, events: Generator[Event, None, Result]) -> Generator[Event, None, Result]:
        """Yield events with the time that is left, and return what they return."""
        try:
            while True:
                yield self.note(next(events))
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def _lap(self) -> float:
        before, self._last = self._last, self._clock()
        return self._last - before

    def _left(self, pace: float) -> float:
        left = pace * self._rest[self._step]
        if self._seconds is not None:
            left = min(left, max(0.0, self._began + self._seconds - self._last))
        return round(left, 1)

"""Stories: which prompts hold at which step, and how one scene fades into the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from vqclip.errors import UsageError
from vqclip.schedules import Position, half_cosine
from vqclip.settings import prompts
from vqclip.settings.prompts import Prompt, parse_images, parse_noise, parse_scenes

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings

AT_ONCE = Position(0.0)


@dataclass(frozen=True)
class Scene:
    """The prompts that hold from a place on, up to the next scene."""

    begin: Position
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class Story:
    """Scenes in their order, and what is looked for in all of them.

    fade: the steps that the change from one scene to the next takes, from the later one's beginning on. always:
    prompts of every scene.
    """

    scenes: tuple[Scene, ...]
    always: tuple[Prompt, ...] = ()
    fade: Position = AT_ONCE

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Every prompt, in the order of a perceptor's targets."""
        return (*(prompt for scene in self.scenes for prompt in scene.prompts), *self.always)

    @property
    def opening(self) -> tuple[Prompt, ...]:
        """The prompts of the first scene."""
        return (*self.scenes[0].prompts, *self.always)

    def shares(self, step: int, steps: int) -> list[float]:
        """How much of each scene there is at a step: from 0 to 1, along half a cosine, together 1."""
        length = self.fade.step(steps)
        risen = [1.0]
        for scene in self.scenes[1:]:
            past = step - scene.begin.step(steps)
            risen.append(half_cosine(past / length) if length else float(past >= 0))
        shares, room = [], 1.0
        for here in reversed(risen):
            shares.append(room * here)
            room *= 1 - here
        return shares[::-1]

    def weights(self, step: int, steps: int) -> list[float]:
        """The weight of every prompt at a step.

        Those of a scene are divided by the sum of their absolute weights, so that other terms of the loss keep
        their meaning beside any prompts. A weight that changes counts in that sum where it is farthest from 0.
        """
        return self._weigh(self.shares(step, steps), [prompt.weight_at(step, steps) for prompt in self.prompts])

    def opening_weights(self) -> list[float]:
        """The weight of every prompt for what comes before the first step; those that change have their strongest."""
        return self._weigh([1.0] + [0.0] * (len(self.scenes) - 1), [prompt.weight for prompt in self.prompts])

    def _weigh(self, shares: Sequence[float], weights: Sequence[float]) -> list[float]:
        own = iter(weights)
        found, common = [], 0.0
        for scene, share in zip(self.scenes, shares, strict=True):
            total = sum(abs(prompt.weight) for prompt in (*scene.prompts, *self.always))
            found += [share / total * next(own) for _ in scene.prompts]
            common += share / total
        return [*found, *(common * weight for weight in own)]

    def check(self, steps: int) -> None:
        """Raise UsageError for a scene that a run of `steps` would never show."""
        places = [scene.begin.step(steps) for scene in self.scenes] if steps else []
        for number, (before, after) in enumerate(pairwise(places), 2):
            if after <= before:
                raise UsageError(
                    f"scene {number} would begin at step {after:g}, and scene {number - 1} at {before:g}.",
                    "Give the scenes in their order." if after else "The prompt itself is the scene at step 0.",
                )
            if after >= steps:
                raise UsageError(
                    f"scene {number} would begin at step {after:g} of {steps}, and never be seen.",
                    "Let it begin earlier, or raise --iterations.",
                )


def read(settings: Settings) -> Story:
    """The story that settings tell. Raises UsageError."""
    pictures = (prompt for source in settings.image_prompt for prompt in parse_images(source))
    letters = (Prompt("text-off", settings.text_off, kind="text-off"),) if settings.text_off else ()
    always = (*pictures, *map(parse_noise, settings.noise_prompt), *letters)
    try:
        fade = Position.parse(settings.cross_fade)
    except UsageError as error:
        raise UsageError(f"cross_fade is {settings.cross_fade!r}.", error.hint) from None
    also = prompts.parse(settings.prompt_also) if settings.prompt_also else ()
    scenes = tell(settings.prompt, settings.prompt_at, settings.scene_steps)
    return Story(dress(scenes, settings.prompt_prefix, settings.prompt_suffix), (*always, *also), fade)


def tell(source: str, later: Sequence[str], scene_steps: int) -> tuple[Scene, ...]:
    """Read a story: `scene ^ scene`, or one scene and `PLACE:scene` for each one after it.

    source: may be blank, for a run that looks for pictures alone. scene_steps: of each scene; 0 divides the run
    evenly. Raises UsageError.
    """
    scenes = parse_scenes(source) if source.strip() else ((),)
    if later and len(scenes) > 1:
        raise UsageError("prompt_at has no effect beside ^ in the prompt.", "Use one of the two.")
    count = len(scenes)
    even = [Position(100 * at / count, percent=True) for at in range(count)]
    if scene_steps:
        even = [Position(float(scene_steps * at)) for at in range(count)]
    told = [Scene(place, prompts) for place, prompts in zip(even, scenes, strict=True)]
    for entry in later:
        place, prompt = prompts.split_position(entry)
        parts = parse_scenes(prompt)
        if len(parts) > 1:
            raise UsageError(f"prompt_at {entry!r} holds two scenes.", "Give --prompt-at for each, without ^.")
        told.append(Scene(Position.parse(place), parts[0]))
    return tuple(told)


def dress(scenes: Sequence[Scene], before: str, after: str) -> tuple[Scene, ...]:
    """The scenes with words before and after every text that pulls; what pushes away stays as it is."""

    def dressed(prompt: Prompt) -> Prompt:
        pulls = prompt.kind == "text" and prompt.weight > 0
        return replace(prompt, text=f"{before}{prompt.text}{after}") if pulls else prompt

    return tuple(Scene(scene.begin, tuple(map(dressed, scene.prompts))) for scene in scenes)

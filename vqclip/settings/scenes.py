"""Scenes: which prompts count at which step, and how one scene fades into the next."""

from __future__ import annotations

import functools
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
    """The prompts that count from a position up to the next scene."""

    begin: Position
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class Story:
    """Scenes in their order.

    always: the prompts of every scene. fade: the length of the change from one scene to the next, which starts where
    the later scene does.
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

    def faded_in(self, scene: int, step: int, steps: int) -> float:
        """How far a scene has replaced those before it at a step: 0 to 1, along half a cosine."""
        if scene == 0:
            return 1.0
        past, length = step - self.scenes[scene].begin.step(steps), self.fade.step(steps)
        return half_cosine(past / length) if length else float(past >= 0)

    def turned_into(self, scene: int, step: int, steps: int) -> float:
        """How far the picture is that of a scene at a step, 0 to 1. The first scene follows an earlier run."""
        if scene:
            return self.faded_in(scene, max(0, step), steps)
        return half_cosine((step + 1) / max(1.0, self.fade.step(steps)))

    def shares(self, step: int, steps: int) -> list[float]:
        """The share of each scene at a step; the sum is 1."""
        shares, rest = [], 1.0
        for here in [self.faded_in(scene, step, steps) for scene in reversed(range(len(self.scenes)))]:
            shares.append(rest * here)
            rest *= 1 - here
        return shares[::-1]

    def weights(self, step: int, steps: int) -> list[float]:
        """The weight of every prompt at a step.

        The weights of a scene are divided by the sum of their absolute values: image losses keep their meaning
        beside any prompts. A weight that changes counts in that sum with the value farthest from 0.
        """
        return self._weigh(self.shares(step, steps), [prompt.weight_at(step, steps) for prompt in self.prompts])

    def weights_alone(self, scene: int = 0) -> list[float]:
        """The weight of every prompt where only this scene counts, with the value farthest from 0 of those that
        change."""
        shares = [float(number == scene) for number in range(len(self.scenes))]
        return self._weigh(shares, [prompt.weight for prompt in self.prompts])

    def _weigh(self, shares: Sequence[float], weights: Sequence[float]) -> list[float]:
        own = iter(weights)
        found, common = [], 0.0
        for scene, share in zip(self.scenes, shares, strict=True):
            total = sum(abs(prompt.weight) for prompt in (*scene.prompts, *self.always))
            found += [share / total * next(own) for _ in scene.prompts]
            common += share / total
        return [*found, *(common * weight for weight in own)]

    def check(self, steps: int) -> None:
        """Raise UsageError for a scene that would never start in a run of `steps`."""
        positions = [scene.begin.step(steps) for scene in self.scenes] if steps else []
        for number, (before, after) in enumerate(pairwise(positions), 2):
            if after <= before:
                raise UsageError(
                    f"scene {number} would begin at step {after:g}, and scene {number - 1} at {before:g}.",
                    "Give the scenes in their order." if after else "The prompt itself is the scene at step 0.",
                )
            if after >= steps:
                raise UsageError(
                    f"scene {number} would begin at step {after:g} of {steps}, and never be seen.",
                    "Start it earlier, or raise --iterations.",
                )


def read(settings: Settings) -> Story:
    """The scenes of the settings. Raises UsageError."""
    return _read(
        settings.prompt, tuple(settings.prompt_at), settings.scene_steps, settings.cross_fade, settings.prompt_prefix,
        settings.prompt_suffix, settings.prompt_also, tuple(settings.image_prompt), tuple(settings.noise_prompt),
        settings.text_off, settings.style_words, settings.language,
    )  # fmt: skip


@functools.lru_cache(maxsize=256)
def _read(
    prompt: str, prompt_at: tuple[str, ...], scene_steps: int, cross_fade: str, prefix: str, suffix: str, also: str,
    image_prompt: tuple[str, ...], noise_prompt: tuple[str, ...], text_off: float, style: str,
    language: str,
) -> Story:  # fmt: skip
    pictures = (found for source in image_prompt for found in parse_images(source))
    letters = (Prompt("text-off", text_off, kind="text-off"),) if text_off else ()
    always = (*pictures, *map(parse_noise, noise_prompt), *letters)
    try:
        fade = Position.parse(cross_fade)
    except UsageError as error:
        raise UsageError(f"cross_fade is {cross_fade!r}.", error.hint) from None
    common = [replace(prompt, language=language) for prompt in prompts.parse(also)] if also else ()
    scenes = parse_story(prompt, prompt_at, scene_steps)
    story = Story(with_words(scenes, prefix, suffix, style, language), (*always, *common), fade)
    if story.prompts:
        prompts.require_pull(story.opening)
    return story


def parse_story(source: str, later: Sequence[str], scene_steps: int) -> tuple[Scene, ...]:
    """Read `scene ^ scene`, or one scene and `STEP:scene` for each later one.

    source: may be blank, for a run of pictures alone. scene_steps: of each scene; 0 divides the run evenly. Raises
    UsageError.
    """
    scenes = parse_scenes(source) if source.strip() else ((),)
    if later and len(scenes) > 1:
        raise UsageError("prompt_at cannot be used with ^ in the prompt.", "Use one of the two.")
    count = len(scenes)
    even = [Position(100 * at / count, percent=True) for at in range(count)]
    if scene_steps:
        even = [Position(float(scene_steps * at)) for at in range(count)]
    story = [Scene(place, prompts) for place, prompts in zip(even, scenes, strict=True)]
    for entry in later:
        place, prompt = prompts.split_position(entry)
        parts = parse_scenes(prompt)
        if len(parts) > 1:
            raise UsageError(f"prompt_at {entry!r} holds two scenes.", "Give --prompt-at for each, without ^.")
        story.append(Scene(Position.parse(place), parts[0]))
    return tuple(story)


def with_words(
    scenes: Sequence[Scene], before: str, after: str, style: str = "", language: str = "auto"
) -> tuple[Scene, ...]:
    """Put words before and after every text of a positive weight.

    style: Words around it, see `Prompt.style`. language: Of all texts, see `Prompt.language`.
    """

    if (before, after, style, language) == ("", "", "", "auto"):
        return tuple(scenes)

    def changed(prompt: Prompt) -> Prompt:
        prompt = replace(prompt, language=language)
        pulls = prompt.kind == "text" and prompt.weight > 0
        return replace(prompt, text=f"{before}{prompt.text}{after}", style=style) if pulls else prompt

    return tuple(Scene(scene.begin, tuple(map(changed, scene.prompts))) for scene in scenes)

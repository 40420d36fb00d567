"""Where the things of a scene lie, and the settings of a run whose prompts are laid out."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from vqclip.settings import prompts, scenes
from vqclip.settings.scenes import Scene, Story
from vqclip.settings.schema import Settings

Box = tuple[float, float, float, float]
"""Left, top, right and bottom edge, in shares of the picture's width and height."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
_WIDE = 1.4
"""The width of a picture in heights from which three or four things lie in one row."""
_CORNERS = ((0.0, 0.0), (0.58, 0.0), (0.29, 0.29), (0.0, 0.58), (0.58, 0.58))
_DIE = 0.42


@dataclass(frozen=True)
class Ground:
    """What is painted behind the things: colours in [0, 1] of sky and land, and where the land begins."""

    name: str
    sky: tuple[float, ...]
    land: tuple[float, ...]
    horizon: float = 0.56


@dataclass(frozen=True)
class Thing:
    """One drawing of a scene.

    Attributes:
        text: What it shows.
        box: The part of the picture that it has to fit into.
        on: It lies on top of the thing before it, and touches it.
        stands: At the lower edge of its box, not in the middle.
    """

    text: str
    box: Box = WHOLE
    on: bool = False
    stands: bool = False

    @property
    def region(self) -> str:
        """The region of its prompt, see `prompts.Prompt`."""
        return "" if self.box == WHOLE else ",".join(f"{edge:.4g}" for edge in self.box)


@dataclass(frozen=True)
class SceneLayout:
    """The things of a scene, those in front last, and the ground behind them; None is white."""

    things: tuple[Thing, ...]
    ground: Ground | None = None

    @property
    def is_composed(self) -> bool:
        """Whether its things have boxes; otherwise a single drawing fills the picture."""
        return any(thing.box != WHOLE for thing in self.things)

    def with_words(self, before: str, after: str) -> SceneLayout:
        """The same with words before and after the text of each thing."""
        return replace(self, things=tuple(replace(one, text=before + one.text + after) for one in self.things))

    def __str__(self) -> str:
        places = [
            f"{thing.text} ({place_of(thing.box)})" if thing.box != WHOLE else thing.text for thing in self.things
        ]
        return ", ".join(places) + (f", {self.ground.name}" if self.ground else "")


@dataclass(frozen=True)
class LaidOutSettings(Settings):
    """Settings in which the prompt of a scene is replaced by one prompt for each of its things.

    layouts: Of each scene, or None where its prompt stays.
    """

    layouts: tuple[SceneLayout | None, ...] = ()

    def __str__(self) -> str:
        pairs = zip(self.layouts, scenes.read(self).scenes, strict=True)
        return " ^ ".join(str(layout or prompts.format(scene.prompts)) for layout, scene in pairs)

    @functools.cached_property
    def story(self) -> Story:
        """The prompts of all scenes as they are drawn."""
        typed = scenes.read(self)
        laid_out = zip(typed.scenes, self.layouts, strict=True)
        return replace(typed, scenes=tuple(_with_things(scene, layout) for scene, layout in laid_out))


def _with_things(scene: Scene, layout: SceneLayout | None) -> Scene:
    if layout is None:
        return scene
    prompt = scene.prompts[0]
    things = (replace(prompt, text=one.text, region=one.region, language="en") for one in layout.things)
    return replace(scene, prompts=tuple(things))


def layout_of(settings: Settings, scene: int) -> SceneLayout | None:
    """How a scene is laid out; None if it has no layout."""
    return settings.layouts[scene] if isinstance(settings, LaidOutSettings) else None


def in_rows(groups: Sequence[int], aspect: float) -> list[Box]:
    """Boxes for groups of things, a box for each thing in their order, as large as they fit.

    Args:
        groups: The number of things of each kind.
        aspect: The width of the picture in heights.
    """
    total = sum(groups)
    if total == 5 and len(groups) == 1 and 1 / _WIDE < aspect < _WIDE:
        return [(left, top, left + _DIE, top + _DIE) for left, top in _CORNERS]
    rows = _rows(groups, total, aspect)
    boxes: list[Box] = []
    for row, count in enumerate(rows):
        side = 1 / max(rows)
        first = (1 - count * side) / 2
        top, bottom = row / len(rows), (row + 1) / len(rows)
        boxes += [(first + at * side, top, first + (at + 1) * side, bottom) for at in range(count)]
    return boxes


def _rows(groups: Sequence[int], total: int, aspect: float) -> list[int]:
    if total == 2 or aspect >= _WIDE * total / 3:
        return [total] if aspect > 1 / _WIDE else [1] * total
    if aspect < 1 / _WIDE and total < 4:
        return [1] * total
    if len(groups) == 2 and max(groups) <= 3:
        return list(groups)
    return [total // 2, total - total // 2]


def place_of(box: Box) -> str:
    """The words for where a box lies."""
    across, down = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    vertical = "top" if down < 0.4 else "bottom" if down > 0.6 else ""
    horizontal = "left" if across < 0.4 else "right" if across > 0.6 else ""
    return " ".join(filter(None, (vertical, horizontal))) or "centre"

"""What the loop tells the world: a stream of frozen events that console, recorder and tests all read.

The loop hands out pictures and states as functions: whoever wants one calls it before taking the next event,
and nobody else pays for it. Calling them, or not, cannot change the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from vqclip.synthesis.state import State


@dataclass(frozen=True)
class Event:
    """Anything that happens in a run."""


@dataclass(frozen=True)
class Warned(Event):
    """Something the user should know that does not stop the run."""

    message: str


@dataclass(frozen=True)
class Started(Event):
    """The models are loaded and the start is drawn.

    step: steps already done (above 0 after a resume). image: gives the picture now, (H, W, 3) uint8.
    """

    step: int
    steps: int
    width: int
    height: int
    seed: int
    image: Callable[[], np.ndarray] = field(repr=False)
    state: Callable[[], State] = field(repr=False)


@dataclass(frozen=True)
class PriorSampleChosen(Event):
    """The prior drew `count` candidates and CLIP chose the one with the lowest loss.

    number: its place in the order of sampling, 1 for the first. loss: after upsampling, if it was upsampled.
    """

    number: int
    count: int
    loss: float


@dataclass(frozen=True)
class CandidateScored(Event):
    """One of `count` short starts of best-of is scored. number: 1 for the first. loss: lower is better."""

    number: int
    count: int
    seed: int
    loss: float


@dataclass(frozen=True)
class Chosen(Event):
    """All short starts are scored, and the run continues from the best of them, as the run of its seed."""

    number: int
    count: int
    seed: int
    loss: float


@dataclass(frozen=True)
class StageStarted(Event):
    """A stage begins at `width` x `height` pixels, after `step` steps.

    pixels: it optimises pixels; otherwise the latent.
    """

    step: int
    stage: int
    stages: int
    width: int
    height: int
    pixels: bool = False


@dataclass(frozen=True)
class Stepped(Event):
    """One step of the optimiser is done.

    step: 1 for the first. loss: the sum that was minimised. terms: its parts by name. score: mean cosine
    similarity of the cutouts to the prompts that pull, -1 to 1. learning_rate: of this step. image, state: as in
    Started.
    """

    step: int
    steps: int
    stage: int
    loss: float
    terms: Mapping[str, float]
    score: float
    learning_rate: float
    image: Callable[[], np.ndarray] = field(repr=False)
    state: Callable[[], State] = field(repr=False)


@dataclass(frozen=True)
class Finished(Event):
    """All steps are done; image gives the final picture, (H, W, 3) uint8.

    stopped_by: the setting that ended the run before its last step, or an empty word.
    """

    step: int
    score: float | None
    image: Callable[[], np.ndarray] = field(repr=False)
    state: Callable[[], State] = field(repr=False)
    stopped_by: str = ""


@dataclass(frozen=True)
class Opened(Event):
    """A run directory is ready to be written, to be continued after `step` steps, or left as it is: finished.

    seed: None where nothing is drawn at random.
    """

    directory: Path
    seed: int | None
    step: int
    finished: bool = False


@dataclass(frozen=True)
class SweepOpened(Event):
    """The folder of a sweep of `count` runs is ready."""

    directory: Path
    count: int


@dataclass(frozen=True)
class CellStarted(Event):
    """The next run of a sweep begins, or is found to be finished.

    number: 1 for the first of `count`. label: the values that set it apart.
    """

    number: int
    count: int
    label: str
    directory: Path


@dataclass(frozen=True)
class CellFailed(Event):
    """A run of a sweep came to nothing; the sweep goes on with the next. message: what was wrong."""

    number: int
    message: str


@dataclass(frozen=True)
class Saved(Event):
    """A file is complete on disk. kind: frame, snapshot, image, video or report; of a sweep, sheet or table."""

    kind: str
    path: Path
    step: int

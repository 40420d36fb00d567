"""The events of a run, which the console, the recorder and Python callers read.

Pictures and states are functions: call them before the next event. They cost nothing unless called, and calling them
does not change the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from vqclip.synthesis.state import State


Stop = Callable[[], int | None]
"""Asked after each step of a run. Returns the number of the signal that ends it, or None."""


def never() -> None:
    """A stop that is never asked for."""


@dataclass(frozen=True)
class Event:
    """Anything that happens in a run."""


def shown_time(seconds: float | None) -> str:
    """A length of time as a clock shows it, 1:02:03 or 0:45; dashes for an unknown one."""
    if seconds is None:
        return "-:--"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@dataclass(frozen=True)
class Warned(Event):
    """Something to know that does not stop the run."""

    message: str


@dataclass(frozen=True)
class PromptRead(Event):
    """The built-in models read the prompt, which has words of other languages or emoji, as this English."""

    english: str


@dataclass(frozen=True)
class PromptLaidOut(Event):
    """The prompt names several things, and each is drawn in its place."""

    layout: str


@dataclass(frozen=True)
class Started(Event):
    """The models are loaded, and the initial picture is there.

    Attributes:
        step: Steps done; above 0 after a resume.
        steps: Of the run.
        width, height: Of the final picture.
        image: Returns the picture, (H, W, 3) uint8.
        state: Returns the state of the loop.
        seconds_left: As in Stepped, estimated from the time that the candidates took.
    """

    step: int
    steps: int
    width: int
    height: int
    seed: int
    image: Callable[[], np.ndarray] = field(repr=False)
    state: Callable[[], State] = field(repr=False)
    seconds_left: float | None = None


@dataclass(frozen=True)
class PriorSampleChosen(Event):
    """The prior sampled `count` candidates, and the one that ranks best was chosen.

    Attributes:
        number: In the order of sampling, 1 for the first.
        loss: CLIP's, after upsampling if it was upsampled.
        score: As in Stepped.
    """

    number: int
    count: int
    loss: float
    score: float


@dataclass(frozen=True)
class CandidateScored(Event):
    """One of the `count` starts of best-of-N is scored.

    Attributes:
        number: 1 for the first.
        loss: Ranks the starts; lower is better.
        score, seconds_left: As in Stepped.
    """

    number: int
    count: int
    seed: int
    loss: float
    score: float
    seconds_left: float | None = None


@dataclass(frozen=True)
class Chosen(Event):
    """All starts of best-of-N are scored, and the run continues from the best, as the run of its seed."""

    number: int
    count: int
    seed: int
    loss: float
    score: float


@dataclass(frozen=True)
class StageStarted(Event):
    """A stage starts at `width` x `height` pixels, after `step` steps. pixels: It optimises pixels, not a latent."""

    step: int
    stage: int
    stages: int
    width: int
    height: int
    pixels: bool = False


@dataclass(frozen=True)
class Stepped(Event):
    """An optimisation step is done.

    Attributes:
        step: 1 for the first.
        stage: 1 for the first.
        loss: The sum of the losses.
        losses: The weighted losses by name; `prompt` is CLIP's.
        score: CLIP's similarity of the whole picture to the prompts, as `vqclip score` gives it, -1 to 1; None after
            steps whose picture is not scored: it is scored with each frame, and after the last step.
        learning_rate: Of this step.
        image, state: As in Started.
        seconds_left: Estimated time to the end of the run; None while it is not known.
    """

    step: int
    steps: int
    stage: int
    loss: float
    losses: Mapping[str, float]
    score: float | None
    learning_rate: float
    image: Callable[[], np.ndarray] = field(repr=False)
    state: Callable[[], State] = field(repr=False)
    seconds_left: float | None = None


@dataclass(frozen=True)
class Finished(Event):
    """The run is done.

    Attributes:
        score: Of the finished picture.
        image, state: As in Started; the final ones.
        stopped_by: The setting that ended the run before its last step, or an empty string.
    """

    step: int
    score: float | None
    image: Callable[[], np.ndarray] = field(repr=False)
    state: Callable[[], State] = field(repr=False)
    stopped_by: str = ""


@dataclass(frozen=True)
class Opened(Event):
    """A run folder is open.

    Attributes:
        seed: None if nothing is random.
        step: Steps done before; the run continues after them.
        finished: The run is finished already, and nothing is written.
        address: Of the run folder in an object store; `directory` is then a temporary copy of it. Else empty.
    """

    directory: Path
    seed: int | None
    step: int
    finished: bool = False
    address: str = ""


@dataclass(frozen=True)
class BatchOpened(Event):
    """The folder of a batch or sweep is ready.

    Attributes:
        kind: "batch" or "sweep".
        count: Its runs; None when they come from standard input.
        done: Runs that are finished already.
        at_once: How many are drawn at once, 0 if the engine decides; unless it is 1, the steps give no events but
            `JobStepped`.
    """

    kind: str
    directory: Path
    count: int | None
    done: int = 0
    at_once: int = 1


@dataclass(frozen=True)
class JobStarted(Event):
    """A run of a batch or sweep starts, or is finished already.

    Attributes:
        number: 1 for the first of the batch.
        label: The values in which it differs from the others.
    """

    number: int
    label: str
    directory: Path


@dataclass(frozen=True)
class JobStepped(Event):
    """A run that another process draws has done `step` of its `steps`; sent about twice a second."""

    number: int
    step: int
    steps: int


@dataclass(frozen=True)
class JobFinished(Event):
    """A run of a batch or sweep is done, or was done before.

    Attributes:
        step: Its steps.
        score: Of its picture.
        loss: Of its last step; None without steps.
        seconds: Of optimisation.
    """

    number: int
    directory: Path
    step: int
    score: float | None
    loss: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class JobFailed(Event):
    """A run of a batch or sweep failed; the others continue. message, hint, kind: Of its error."""

    number: int
    message: str
    hint: str = ""
    kind: str = "failed"


@dataclass(frozen=True)
class JobPreempted(Event):
    """A run lost the process or machine that was drawing it, and is drawn again from its newest snapshot."""

    number: int
    message: str


@dataclass(frozen=True)
class JobStopped(Event):
    """A run of a batch or sweep was asked to stop; it kept its last step, if it had done any."""

    number: int
    message: str


@dataclass(frozen=True)
class Saved(Event):
    """A file is complete on disk. kind: frame, snapshot, image, video, report; of a sweep sheet, table, gallery."""

    kind: str
    path: Path
    step: int

"""The progress of `vqclip.draw`: in a notebook with the picture so far, in a terminal as a bar, elsewhere nothing."""

from __future__ import annotations

import base64
import contextlib
import html
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from vqclip.events import Event, Finished, Started, Stepped, shown_time
from vqclip.media import images

if TYPE_CHECKING:
    import numpy as np

Show = Callable[[Event], None]
SIDE = 192
"""Of the picture in a notebook, in pixels."""
_SECONDS, _SHARE = 0.5, 0.05
"""Between two updates at least, and the share of the time that they may take."""


@contextlib.contextmanager
def progress(wanted: bool) -> Iterator[Show]:
    """Yield a function that shows the events of a run."""
    if wanted and _in_notebook():
        with _notebook() as show:
            yield show
    elif wanted and sys.stderr is not None and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _terminal() as show:
            yield show
    else:
        yield lambda event: None


def _in_notebook() -> bool:
    """Whether a kernel of Jupyter, Colab or VS Code runs this process: a plain IPython shell has none."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return hasattr(shell, "kernel")


@contextlib.contextmanager
def _terminal() -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(None), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), expand=True, transient=True) as bar:
        task = bar.add_task("loading the models", total=None)
        score = ""

        def show(event: Event) -> None:
            nonlocal score
            if isinstance(event, (Started, Stepped)):
                if isinstance(event, Stepped) and event.score is not None:
                    score = f"score {event.score:.3f}"
                line = f"{score} {shown_time(event.seconds_left)}".strip()
                bar.update(task, completed=event.step, total=event.steps, description=line)

        yield show


@contextlib.contextmanager
def _notebook() -> Iterator[Show]:
    """One output that is replaced again and again: HTML works with and without the extension of ipywidgets."""
    from IPython.display import display

    began = time.monotonic()
    due = 0.0
    line = "loading the models"
    handle: Any = display(_page(line, 0, None), raw=True, display_id=True)

    def show(event: Event) -> None:
        nonlocal due, line
        if not isinstance(event, (Started, Stepped, Finished)):
            return
        now = time.monotonic()
        if isinstance(event, Finished):
            line = f"{event.step} steps in {now - began:.0f} s"
        if isinstance(event, Finished) or now < due:
            return
        line = f"step {event.step} of {event.steps}"
        if isinstance(event, Stepped) and event.score is not None:
            line += f", score {event.score:.3f}"
        if event.seconds_left is not None:
            line += f", {shown_time(event.seconds_left)} left"
        handle.update(_page(line, event.step / max(1, event.steps), event.image()), raw=True)
        due = time.monotonic() + max(_SECONDS, (time.monotonic() - now) / _SHARE)

    try:
        yield show
    except BaseException:
        handle.update(_page(f"stopped: {line}", None, None), raw=True)
        raise
    handle.update(_page(line, None, None), raw=True)


def _page(line: str, share: float | None, picture: np.ndarray | None) -> dict[str, str]:
    """What a notebook shows: a bar with the line and the picture; without a share, the line alone."""
    bar = "" if share is None else f'<progress max="1" value="{share:.4f}"></progress> '
    shown = ""
    if picture is not None:
        from PIL.Image import fromarray

        buffer = io.BytesIO()
        fromarray(images.shrink(picture, SIDE)).save(buffer, "PNG")
        data = base64.b64encode(buffer.getvalue()).decode()
        shown = f'<br><img alt="the picture so far" src="data:image/png;base64,{data}">'
    return {"text/plain": line, "text/html": f"{bar}{html.escape(line)}{shown}"}

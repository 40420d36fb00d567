"""Show a picture in the terminal or in the desktop's viewer, unless the output is piped."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress
from rich.segment import Segments

from vqclip.media import images

if TYPE_CHECKING:
    from rich.console import RenderableType

COLUMNS = 64
SPARE_LINES = 4
SECONDS = 0.5
"""A picture above the progress bar is drawn at most this often, in at most a twentieth of the time."""


class PictureProgress(Progress):
    """A progress bar below the picture as it grows, in half blocks; without colours, only the bar.

    It is drawn when a picture changes, not by a thread that writes the same picture ten times a second.
    """

    def __init__(self, *columns: Any, console: Console, **options: Any) -> None:
        self._picture: Segments | None = None
        self._next_picture = self._next_bar = 0.0
        super().__init__(*columns, console=console, auto_refresh=False, **options)

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield the picture and the bar."""
        if self._picture is not None:
            yield self._picture
        yield from super().get_renderables()

    def show(self, image: Callable[[], images.Pixels]) -> None:
        """Draw the bar, and the picture that `image` returns, unless they were drawn just now."""
        began, screen = time.monotonic(), self.console
        if began >= self._next_picture and screen.color_system is not None and not screen.no_color:
            pixels = image()
            size = fitted(pixels.shape[1], pixels.shape[0], screen.width, 2 * (screen.height - SPARE_LINES))
            self._picture = Segments(list(screen.render(half_blocks(images.resize(pixels, *size)))))
            self._next_picture = began + max(SECONDS, 20 * (time.monotonic() - began))
            self._next_bar = began
        if began >= self._next_bar:
            self.refresh()
            self._next_bar = began + SECONDS

    def stop(self) -> None:
        """Remove the picture and leave the bar."""
        self._picture = None
        super().stop()


def watched() -> bool:
    """Return whether both outputs go to a terminal that can show more than plain text."""
    return sys.stdout.isatty() and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def show(path: Path) -> None:
    """Draw a picture file on standard error, as finely as the terminal can.

    With the extra `preview` (textual-image) this uses kitty's protocol or sixels, otherwise half blocks, two pixels
    per character. Nothing is drawn when an output is piped or the terminal has no colours. Raises InputError for a
    file that is no picture.
    """
    if not watched():
        return
    screen = Console(stderr=True)
    pixels = images.open_image(path)
    width, height = fitted(pixels.shape[1], pixels.shape[0], screen.width, 2 * (screen.height - SPARE_LINES))
    if _show_finely(path, width, screen):
        return
    if screen.color_system is not None and not screen.no_color:
        screen.print(half_blocks(images.resize(pixels, width, height)))


def launch(path: Path) -> bool:
    """Open a file with the desktop's viewer; return False when there is none. Does nothing when piped."""
    if not watched():
        return True
    import typer

    return typer.launch(str(path)) == 0


def fitted(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """Return the size in half blocks for a size in pixels, of the same shape and never larger."""
    scale = min(1.0, min(COLUMNS, columns) / width, max(2, rows) / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def half_blocks(pixels: images.Pixels) -> RenderableType:
    """Render uint8 (H, W, 3) as upper half blocks: W characters wide, H/2 lines high, rounded up."""
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    def colour(pixel: Any) -> Color:
        return Color.from_rgb(*(int(level) for level in pixel))

    text = Text(no_wrap=True, end="")
    for top in range(0, len(pixels), 2):
        below = pixels[top + 1] if top + 1 < len(pixels) else [None] * pixels.shape[1]
        for upper, lower in zip(pixels[top], below, strict=True):
            text.append("▀", Style(color=colour(upper), bgcolor=None if lower is None else colour(lower)))
        text.append("\n")
    return text


def _show_finely(path: Path, width: int, screen: Console) -> bool:
    """Draw a picture with textual-image; return False without it, or without a protocol for pictures."""
    try:
        from textual_image import renderable

        # Our own half blocks respect the colours that the terminal has.
        if renderable.Image not in (renderable.SixelImage, renderable.TGPImage):
            return False
        screen.print(renderable.Image(str(path), width=width, height="auto"))
    except Exception:
        # It queries the terminal, which may answer anything, and a preview must not end a command.
        return False
    return True

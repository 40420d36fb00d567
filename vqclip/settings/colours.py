"""Colours by name, and the colours of a picture."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vqclip.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import numpy as np

RGB = tuple[int, int, int]
"""Red, green and blue in sRGB, 0 to 255 each."""

MAX_COLOURS = 64
_PICTURE = re.compile(r"[/\\]|\.(png|jpe?g|webp|gif|bmp|tiff?|ppm|tga|jp2|avif|ico)$", re.IGNORECASE)
_OUTSIDE_BRACKETS = re.compile(r",(?![^(]*\))")


def parse_colour(text: str) -> RGB:
    """Read one colour as in CSS: a name, `#00ff88`, `rgb(0, 255, 136)`, `hsl(152, 100%, 50%)`. Raises UsageError."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(text.strip())[:3]
    except ValueError:
        otherwise = "Write a CSS name or a number, as in red or #00ff88."
        hint = did_you_mean(text.strip(), ImageColor.colormap, otherwise)
        raise UsageError(f"{text.strip()!r} is not a colour.", hint) from None
    return red, green, blue


def parse_palette(text: str) -> tuple[RGB, ...]:
    """Read colours with commas between them, each once. Raises UsageError."""
    colours = tuple(dict.fromkeys(map(parse_colour, _OUTSIDE_BRACKETS.split(text))))
    if len(colours) > MAX_COLOURS:
        raise UsageError(f"the palette has {len(colours)} colours.", f"Valid: 1 to {MAX_COLOURS}.")
    return colours


def names_picture(palette: str) -> bool:
    """Whether a palette is the path of a picture: it holds a slash or ends like a picture file."""
    return _PICTURE.search(palette.strip()) is not None


def colours_of(picture: np.ndarray, count: int) -> tuple[RGB, ...]:
    """Choose at most `count` colours of a picture, (H, W, 3) uint8, by median cut and k-means.

    The most frequent colour is the first. A thumbnail is used, because the size does not matter.
    """
    from PIL import Image

    image = Image.fromarray(picture)
    image.thumbnail((256, 256))
    drawn = image.quantize(count, method=Image.Quantize.MEDIANCUT, kmeans=count)
    flat = drawn.getpalette() or []
    used = sorted(drawn.getcolors() or [], reverse=True)
    return tuple(
        dict.fromkeys((flat[3 * i], flat[3 * i + 1], flat[3 * i + 2]) for _, i in used if isinstance(i, int))
    )

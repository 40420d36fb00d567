"""Read animated pictures (WebP, AVIF, GIF, PNG) as videos, with Pillow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from vqclip import picture_files
from vqclip.errors import InputError
from vqclip.media import images
from vqclip.media.images import Pixels

_FORMATS = ("GIF", "PNG", "WEBP", "AVIF")
_DEFAULT_MS = 100
"""How long browsers show a frame that gives no time."""


@dataclass(frozen=True)
class Animation:
    """An animated picture. width, height: in pixels. ends: when each frame ends, in seconds."""

    path: Path
    width: int
    height: int
    ends: tuple[Fraction, ...]

    @staticmethod
    def find(path: Path) -> Animation | None:
        """Return the animation in a file, or None for another file. Raises InputError for a damaged one."""
        if not picture_files.is_in(path, _FORMATS):
            return None
        lengths = []
        with picture_files.opened(path, formats=_FORMATS) as image:
            for number in range(int(getattr(image, "n_frames", 1))):
                image.seek(number)
                # WebP and AVIF know the time of a frame only when it is decoded.
                image.load()
                lengths.append(round(float(image.info.get("duration") or _DEFAULT_MS)) or _DEFAULT_MS)
        ends = tuple(Fraction(end, 1000) for end in accumulate(lengths))
        return Animation(path, *picture_files.upright_size(path), ends)

    @property
    def rate(self) -> Fraction:
        """The mean number of frames per second."""
        return len(self.ends) / self.ends[-1]

    @property
    def steady(self) -> bool:
        """Whether all frames are shown for about the same time."""
        lengths = [end - before for before, end in zip((Fraction(0), *self.ends), self.ends, strict=False)]
        return max(lengths) <= 1.5 * min(lengths)

    def count(self, rate: Fraction) -> int:
        """Return the number of frames at a constant rate."""
        return max(1, round(self.ends[-1] * rate))

    def pictures(self, rate: Fraction, first: int = 0) -> Iterator[Pixels]:
        """Yield the frames at a constant rate from number `first` on, over white. Raises InputError."""
        shown, pixels = -1, None
        with picture_files.opened(self.path, formats=_FORMATS) as image:
            number = 0
            for index in range(first, self.count(rate)):
                moment = (index + Fraction(1, 2)) / rate
                while number < len(self.ends) - 1 and self.ends[number] <= moment:
                    number += 1
                if number != shown:
                    image.seek(number)
                    pixels, shown = images.flat(image), number
                if pixels is None:
                    raise InputError(f"There is no frame in {self.path.name}.", "Give another file.")
                yield pixels

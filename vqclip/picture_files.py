"""Open untrusted picture files with Pillow, without decoding them."""

from __future__ import annotations

import contextlib
import io
import threading
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from vqclip import files, reading
from vqclip.errors import InputError
from vqclip.object_copies import local_file
from vqclip.object_store import address_of

MAX_PIXELS = 64_000_000
# Only formats that Pillow decodes itself: for EPS it would start Ghostscript.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA", "JPEG2000", "AVIF", "ICO")


_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def is_whole_png(path: Path) -> bool:
    """Whether a PNG file is there to its last byte, so that a run need not write it again; only the end is read."""
    with contextlib.suppress(InputError, OSError), reading.open_regular(path) as handle:
        handle.seek(-len(_PNG_END), io.SEEK_END)
        return handle.read() == _PNG_END
    return False


class _PillowLimits:
    """Pillow's pixel limit and Python's warning filters, set while any thread reads a picture.

    Both are global to the process. The first reader sets them and the last one restores them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._restore = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._lock:
            if not self._readers:
                self._restore.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                self._restore.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
                Image.MAX_IMAGE_PIXELS = MAX_PIXELS
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._readers -= 1
            if not self._readers:
                self._restore.close()


_limits = _PillowLimits()


@contextlib.contextmanager
def opened(path: Path, content: bytes | None = None, formats: Sequence[str] = FORMATS) -> Iterator[Image.Image]:
    """Open an untrusted picture with Pillow, without decoding it.

    Args:
        path: The file, or its address in an object store.
        content: Of a file that is not written yet.
        formats: That it may have, by Pillow's names.

    Raises:
        InputError: For special files, unknown formats, more than MAX_PIXELS, and whatever fails inside the block.
    """
    name = files.printable(address_of(path) or path)
    with io.BytesIO(content) if content is not None else reading.open_regular(local_file(path)) as handle:
        try:
            with _pillow_open(handle, formats) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise _too_large(name, f"{image.width}x{image.height}")
                yield image
        except InputError:
            raise
        except Image.DecompressionBombError as error:
            raise _too_large(name, str(error)) from error
        except UnidentifiedImageError as error:
            raise InputError(
                f"Cannot read {name}: it is not a picture in a known format.", "Give a PNG, JPEG or WebP."
            ) from error
        # Pillow's decoders raise a dozen types for damaged files, SyntaxError and struct.error among them.
        except Exception as error:
            why = files.printable(str(error))[:200]
            raise InputError(
                f"Cannot read {name}: the picture is damaged or cut short ({why}).",
                "Save or fetch the file again.",
            ) from error


def is_in(path: Path, formats: Sequence[str]) -> bool:
    """Whether a file starts like a picture in one of these formats. Raises InputError for special files."""
    with reading.open_regular(local_file(path)) as handle:
        try:
            with _pillow_open(handle, formats):
                return True
        except UnidentifiedImageError:
            return False
        # A damaged picture is one; `opened` describes the damage.
        except Exception:
            return True


@contextlib.contextmanager
def _pillow_open(handle: BinaryIO, formats: Sequence[str]) -> Iterator[Image.Image]:
    Image.init()
    known = [name for name in formats if name in Image.OPEN]
    with _limits, Image.open(handle, formats=known) as image:
        yield image


def _too_large(name: str, what: str) -> InputError:
    return InputError(
        f"Cannot read {name}: more than {MAX_PIXELS / 1e6:g} million pixels ({what}).", "Give a smaller picture."
    )


def upright_size(path: Path, content: bytes | None = None) -> tuple[int, int]:
    """Width and height of a picture, turned as its EXIF says, without decoding it. As `opened` otherwise."""
    with opened(path, content) as image:
        # 5 to 8 are the orientations that lie on a side.
        sideways = image.getexif().get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
        return (image.height, image.width) if sideways else image.size


def turn_upright(image: Image.Image) -> None:
    """Rotate and mirror a picture as its EXIF says, in place."""
    # A damaged EXIF block must not cost the picture: it then stays as it was stored.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)

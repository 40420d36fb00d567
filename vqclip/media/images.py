"""Pictures in and out: foreign files read safely, sizes changed, PNGs saved, contact sheets drawn.

At this border a picture is a uint8 array (height, width, 3) in sRGB.
"""

from __future__ import annotations

import colorsys
import contextlib
import io
import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from vqclip import files, reading
from vqclip.errors import InputError

Pixels = npt.NDArray[np.uint8]
Warn = Callable[[str], None]

MAX_PIXELS = 64_000_000
# Only formats that Pillow decodes itself: EPS, for one, would start Ghostscript on the file.
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA", "JPEG2000", "AVIF", "ICO")
MAX_PROFILE_BYTES = 4 << 20
XMP_KEY = "XML:com.adobe.xmp"


class _Loan:
    """Pillow's limit on pixels and Python's filters of warnings, lent to all that read a picture at a moment.

    Both are one for the whole process. The first reader sets them, and the last one gives them back as they were.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._readers = 0
        self._given_back = contextlib.ExitStack()

    def __enter__(self) -> None:
        with self._turn:
            if not self._readers:
                self._given_back.enter_context(warnings.catch_warnings())
                warnings.simplefilter("ignore")
                self._given_back.callback(setattr, Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)
                Image.MAX_IMAGE_PIXELS = MAX_PIXELS
            self._readers += 1

    def __exit__(self, *_: object) -> None:
        with self._turn:
            self._readers -= 1
            if not self._readers:
                self._given_back.close()


_loan = _Loan()


def open_image(path: Path, *, background: tuple[int, int, int] = (255, 255, 255), warn: Warn | None = None) -> Pixels:
    """Read any picture as uint8 (H, W, 3) in sRGB: turned upright, alpha laid over `background`.

    Of an animation the first frame is taken. `warn` is told what the caller may not expect. Several threads may read
    at once. Raises InputError for what is not a whole picture, and for more than MAX_PIXELS before it is decoded.
    """
    with opened(path) as image:
        frames = int(getattr(image, "n_frames", 1)) if warn else 1
        if warn and frames > 1:
            warn(f"{files.printable(path)} has {frames} frames; the first one is used.")
        image.load()
        _turn_upright(image)
        pixels = np.asarray(_to_rgb(image, background), dtype=np.uint8)
    height, width = pixels.shape[:2]
    if warn and (min(width, height) < 16 or max(width, height) > 8 * min(width, height)):
        warn(f"{files.printable(path)} is {width}x{height} pixels; it will be stretched to the wanted size.")
    return pixels


def count_pixels(path: Path) -> int:
    """The pixels of a picture, of which nothing is decoded. Raises InputError as `open_image` does."""
    with opened(path) as image:
        return image.width * image.height


def open_layer(path: Path) -> tuple[Pixels, npt.NDArray[np.float32]]:
    """Read a picture that is laid over another one: uint8 (H, W, 3) in sRGB, and its opacity (H, W) in [0, 1].

    Turned upright; a picture without transparency is opaque. Raises InputError as `open_image` does, and for a
    picture of which nothing shows.
    """
    with opened(path) as image:
        image.load()
        _turn_upright(image)
        opacity = np.ones((image.height, image.width), dtype=np.float32)
        if image.has_transparency_data:
            opacity = np.asarray(image.convert("RGBA").getchannel("A"), dtype=np.float32) / np.float32(255)
            profile = image.info.get("icc_profile")
            pixels = np.asarray(_to_srgb(image.convert("RGBA").convert("RGB"), profile), dtype=np.uint8)
        else:
            pixels = np.asarray(_to_rgb(image, (255, 255, 255)), dtype=np.uint8)
    if not opacity.any():
        raise InputError(f"{files.printable(path)} is transparent everywhere, so nothing of it shows.")
    return pixels, opacity


def open_mask(path: Path, width: int, height: int, *, warn: Warn | None = None) -> npt.NDArray[np.float32]:
    """Read a mask as float32 (height, width) in [0, 1], white = 1, resized to the nearest pixel.

    A coloured mask counts by its brightness. Raises InputError for a mask that is black everywhere.
    """
    pixels = open_image(path, background=(0, 0, 0))
    spread = pixels.max(axis=2).astype(np.int16) - pixels.min(axis=2)
    if warn and int(spread.max()) > 8:
        warn(f"The mask {files.printable(path)} is coloured; its brightness is used.")
    if warn and pixels.shape[:2] != (height, width):
        warn(f"The mask {files.printable(path)} is resized to {width}x{height} pixels.")
    grey = Image.fromarray(pixels).convert("L").resize((width, height), Image.Resampling.NEAREST)
    mask = np.asarray(grey, dtype=np.float32) / np.float32(255)
    if not mask.any():
        raise InputError(
            f"The mask {files.printable(path)} is black everywhere, so nothing may change.",
            "Paint white where the picture may change.",
        )
    return mask


def resize(image: Pixels, width: int, height: int) -> Pixels:
    """Resize the whole picture to uint8 (height, width, 3) with Lanczos, as the field's notebooks do."""
    if image.shape[:2] == (height, width):
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS), dtype=np.uint8)


def to_uint8(image: Any) -> Pixels:
    """Turn a float tensor or array (3, H, W) in [0, 1] into uint8 (H, W, 3), rounded to the nearest level.

    Values outside are clamped, NaN becomes 0. Raises ValueError for another shape.
    """
    if hasattr(image, "detach"):
        image = image.detach().float().cpu().numpy()
    values = np.asarray(image, dtype=np.float32)
    if values.ndim != 3 or values.shape[0] != 3:
        raise ValueError(f"expected (3, H, W), not {values.shape}")
    levels = np.rint(np.clip(np.nan_to_num(values, nan=0.0), 0.0, 1.0) * np.float32(255))
    return np.ascontiguousarray(levels.astype(np.uint8).transpose(1, 2, 0))


def save_png(path: Path, image: Pixels, texts: Mapping[str, str] | None = None, *, level: int = 6) -> None:
    """Save uint8 (H, W, 3) as a PNG with text chunks, in one step that a reader never sees half done.

    Equal input gives equal bytes. Text beyond Latin-1 goes into iTXt chunks. level: zlib, 0 to 9.
    Raises OutputError.
    """
    info = PngInfo()
    for key, text in (texts or {}).items():
        if key == XMP_KEY:
            info.add_itxt(key, text)
        else:
            info.add_text(key, text)
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, format="PNG", pnginfo=info, compress_level=level)
    files.write_bytes(path, buffer.getvalue())


def contact_sheet(images: Sequence[Pixels], labels: Sequence[str], columns: int) -> Pixels:
    """Lay pictures out in rows of `columns`, each with its label below it, as one uint8 (H, W, 3).

    Cells are as large as the largest picture; a label is wrapped to its cell, in three lines at most.
    Raises ValueError for no pictures, as many labels as not pictures, or no columns.
    """
    if not images or len(images) != len(labels) or columns < 1:
        raise ValueError(f"{len(images)} pictures, {len(labels)} labels, {columns} columns")
    columns = min(columns, len(images))
    cell = max(96, *(image.shape[1] for image in images))
    tall, gap = max(image.shape[0] for image in images), 8
    font = ImageFont.load_default(size=max(12, min(28, cell // 20)))
    line_height = int(font.getbbox("Äg")[3]) + 3
    wrapped = [_wrap(label, font, cell) for label in labels]
    starts = range(0, len(images), columns)
    heights = [max(len(lines) for lines in wrapped[at : at + columns]) * line_height for at in starts]
    sheet = Image.new(
        "RGB",
        (gap + columns * (cell + gap), gap + sum(tall + height + 2 * gap for height in heights)),
        (255, 255, 255),
    )
    draw = ImageDraw.Draw(sheet)
    top = gap
    for at, height in zip(starts, heights, strict=True):
        for column, (image, lines) in enumerate(zip(images[at : at + columns], wrapped[at:], strict=False)):
            left = gap + column * (cell + gap)
            sheet.paste(Image.fromarray(image), (left + (cell - image.shape[1]) // 2, top))
            for row, line in enumerate(lines):
                draw.text((left, top + tall + gap // 2 + row * line_height), line, fill=(20, 20, 20), font=font)
        top += tall + height + 2 * gap
    return np.asarray(sheet, dtype=np.uint8)


def outlined(image: Pixels, outlines: Sequence[Sequence[Sequence[float]]], side: int) -> Pixels:
    """The picture with polygons drawn on it, each in `colour_of` its number, fitted into `side` x `side` pixels.

    outlines: corners as (x, y) in pixels of the picture.
    """
    height, width = image.shape[:2]
    scale = side / max(width, height)
    # Drawn at twice the size and brought down, so that slanted lines are smooth.
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    canvas = Image.fromarray(resize(image, 2 * size[0], 2 * size[1]))
    draw = ImageDraw.Draw(canvas)
    for number, outline in enumerate(outlines):
        corners = [(x * canvas.width / width, y * canvas.height / height) for x, y in outline]
        draw.polygon(corners, outline=colour_of(number), width=3)
    return np.asarray(canvas.resize(size, Image.Resampling.BOX), dtype=np.uint8)


def framed(image: Pixels, colour: tuple[int, int, int], width: int = 3) -> Pixels:
    """The picture with a frame around it: uint8 (H + 2 width, W + 2 width, 3)."""
    height, across = image.shape[:2]
    frame = np.empty((height + 2 * width, across + 2 * width, 3), dtype=np.uint8)
    frame[:] = colour
    frame[width:-width, width:-width] = image
    return frame


def colour_of(number: int) -> tuple[int, int, int]:
    """A clear colour, unlike those of the numbers next to it: hues a golden angle apart."""
    red, green, blue = colorsys.hls_to_rgb(number * 0.381966 % 1, 0.5, 0.9)
    return round(red * 255), round(green * 255), round(blue * 255)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """Yield a foreign picture opened by Pillow but not decoded; whatever fails in the block is InputError.

    Raises InputError for special files, unknown formats and more than MAX_PIXELS.
    """
    name = files.printable(path)
    # Of "https://" a path keeps one slash.
    address = re.search(r"(?:^|/)(https?:/.*)", str(path))
    if address:
        raise InputError(f"{files.printable(address[1])} is an address, not a file.", "Download the picture first.")
    with reading.open_regular(path) as handle:
        try:
            with _pillow_open(handle) as image:
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


@contextlib.contextmanager
def _pillow_open(handle: BinaryIO) -> Iterator[Image.Image]:
    Image.init()
    known = [name for name in FORMATS if name in Image.OPEN]
    with _loan, Image.open(handle, formats=known) as image:
        yield image


def _too_large(name: str, what: str) -> InputError:
    return InputError(
        f"Cannot read {name}: more than {MAX_PIXELS / 1e6:g} million pixels ({what}).", "Give a smaller picture."
    )


def _turn_upright(image: Image.Image) -> None:
    # A damaged EXIF block must not cost the picture: it then stays as it was stored.
    with contextlib.suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _to_rgb(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return _deep_grey(image).convert("RGB")
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
        colours = _to_srgb(image.convert("RGB"), profile)
        below = Image.new("RGB", image.size, background)
        below.paste(colours, mask=alpha)
        return below
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    return _to_srgb(image, profile)


def _deep_grey(image: Image.Image) -> Image.Image:
    """Turn 16-bit, 32-bit or float grey into 8 bits; floats are read as [0, 1], or as levels when larger."""
    values = np.nan_to_num(np.asarray(image).astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(values.max(initial=0.0))
    if image.mode.startswith("I"):
        scale = 1 / 257 if image.mode != "I" or top > 255 else 1.0
    else:
        scale = 255.0 if top <= 1 else 1.0 if top <= 255 else 255.0 / top
    return Image.fromarray(np.rint(np.clip(values * scale, 0, 255)).astype(np.uint8))


def _to_srgb(image: Image.Image, profile: object) -> Image.Image:
    if isinstance(profile, bytes) and 0 < len(profile) <= MAX_PROFILE_BYTES:
        # A damaged or mismatched profile (CMYK profile in an RGB file) leaves the colours as they are.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            return cast(Image.Image, converted)
    # Pillow would copy a picture that is in RGB already.
    return image if image.mode == "RGB" else image.convert("RGB")


def _wrap(label: str, font: Any, width: int, most: int = 3) -> list[str]:
    """Break a label into lines that fit `width` pixels, with an ellipsis where it had to be cut."""
    lines: list[str] = []
    line = ""
    # A thousand characters never fit three lines, and measuring text is slow.
    for word in files.printable(" ".join(label.split()))[:1000].split(" "):
        wanted = f"{line} {word}" if line else word
        if font.getlength(wanted) <= width:
            line = wanted
            continue
        if line:
            lines.append(line)
        while font.getlength(word) > width and len(lines) <= most:
            fit = next(n for n in range(len(word) - 1, 0, -1) if n == 1 or font.getlength(word[:n]) <= width)
            lines.append(word[:fit])
            word = word[fit:]
        line = word
    lines.append(line)
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and font.getlength(last + "...") > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "..."]

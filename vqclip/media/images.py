"""Read pictures from untrusted files, resize them, save PNGs and draw contact sheets.

Outside of the models a picture is a uint8 array of shape (height, width, 3) in sRGB.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageColor, ImageDraw, ImageOps
from PIL.PngImagePlugin import PngInfo

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.media.labels import Labels
from vqclip.picture_files import opened, turn_upright, upright_size

Pixels = npt.NDArray[np.uint8]
Warn = Callable[[str], None]

MAX_PROFILE_BYTES = 4 << 20
XMP_KEY = "XML:com.adobe.xmp"


def open_image(path: Path, *, background: tuple[int, int, int] = (255, 255, 255), warn: Warn | None = None) -> Pixels:
    """Read a picture in any known format, upright and in sRGB. Safe to call from several threads.

    Args:
        path: The file. Of an animation the first frame is read.
        background: The colour behind transparent pixels.
        warn: Called with a message when the picture is an animation, tiny or very elongated.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputError: The file is no complete picture, or has more than MAX_PIXELS (checked before decoding).
    """
    with opened(path) as image:
        frames = int(getattr(image, "n_frames", 1)) if warn else 1
        if warn and frames > 1:
            warn(f"{files.printable(path)} has {frames} frames; the first one is used.")
        image.load()
        turn_upright(image)
        pixels = np.asarray(_to_rgb(image, background), dtype=np.uint8)
    height, width = pixels.shape[:2]
    if warn and (min(width, height) < 16 or max(width, height) > 8 * min(width, height)):
        warn(f"{files.printable(path)} is {width}x{height} pixels; it will be stretched to the wanted size.")
    return pixels


def flat(image: Image.Image) -> Pixels:
    """Return the current frame of an open animation over white, upright and in sRGB: uint8 (H, W, 3)."""
    upright = image.copy()
    turn_upright(upright)
    return np.asarray(_to_rgb(upright, (255, 255, 255)), dtype=np.uint8)


def count_pixels(path: Path) -> int:
    """Count the pixels of a picture without decoding it. Raises InputError as `open_image` does."""
    width, height = upright_size(path)
    return width * height


def is_transparent(path: Path) -> bool:
    """Whether some part of a picture is not opaque. Raises InputError as `open_image` does."""
    with opened(path) as image:
        return image.has_transparency_data and image.convert("RGBA").getchannel("A").getextrema() != (255, 255)


def is_deep(path: Path) -> bool:
    """Whether a picture has more than 8 bits per channel. Raises InputError as `open_image` does."""
    with opened(path) as image:
        # Pillow reads colours of 16 bits as 8; only the way in which it will decode them says so.
        return image.mode.startswith(("I", "F")) or any(";16" in str(part[3]) for part in getattr(image, "tile", ()))


def open_layer(path: Path) -> tuple[Pixels, npt.NDArray[np.float32]]:
    """Read a picture and its opacity, for laying it over another one.

    Returns:
        uint8 (H, W, 3) in sRGB, upright, and the opacity as float32 (H, W) in [0, 1]: 1 without transparency.

    Raises:
        InputError: As in `open_image`, or the picture is fully transparent.
    """
    with opened(path) as image:
        image.load()
        turn_upright(image)
        opacity = np.ones((image.height, image.width), dtype=np.float32)
        if image.has_transparency_data:
            colours, alpha = _split_opacity(image)
            opacity = np.asarray(alpha, dtype=np.float32) / np.float32(255)
            pixels = np.asarray(colours, dtype=np.uint8)
        else:
            pixels = np.asarray(_to_rgb(image, (255, 255, 255)), dtype=np.uint8)
    if not opacity.any():
        raise InputError(
            f"{files.printable(path)} is transparent everywhere, so nothing of it shows.",
            "Give a picture with opaque parts.",
        )
    return pixels, opacity


def open_mask(path: Path, width: int, height: int, *, warn: Warn | None = None) -> npt.NDArray[np.float32]:
    """Read a mask and resize it to the nearest pixel.

    Returns:
        float32 (height, width) in [0, 1], where white is 1. Of a coloured mask the brightness counts.

    Raises:
        InputError: As in `open_image`, or the mask is black everywhere.
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


def resize_area(values: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.float32]:
    """Resize (H, W) float32 so that each value is the mean of the area that it covers."""
    return np.asarray(Image.fromarray(values).resize((width, height), Image.Resampling.BOX), dtype=np.float32)


def shrink(image: Pixels, side: int) -> Pixels:
    """Resize a picture so that its longer side is at most `side` pixels; smaller ones stay as they are."""
    height, width = image.shape[:2]
    scale = min(1.0, side / max(height, width))
    return resize(image, max(1, round(width * scale)), max(1, round(height * scale)))


def to_uint8(image: Any) -> Pixels:
    """Convert a float tensor or array (3, H, W) in [0, 1] to uint8 (H, W, 3), rounded to the nearest level.

    Values outside are clamped, NaN becomes 0. Raises ValueError for another shape.
    """
    if hasattr(image, "detach"):
        image = image.detach().float().cpu().numpy()
    values = np.asarray(image, dtype=np.float32)
    if values.ndim != 3 or values.shape[0] != 3:
        raise ValueError(f"expected (3, H, W), not {values.shape}")
    levels = np.rint(np.clip(np.nan_to_num(values, nan=0.0), 0.0, 1.0) * np.float32(255))
    return np.ascontiguousarray(levels.astype(np.uint8).transpose(1, 2, 0))


def check_png_name(path: Path, name: str = "output") -> None:
    """Refuse a path that no PNG can be written to, before any work is done for it.

    Raises:
        UsageError: The path does not end in .png. `name` is what the message calls it.
        OutputError: It is a folder, or its name is too long.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"{name} {files.printable(path)} is not a PNG file.", "Use a name that ends in .png.")
    if files.is_folder(path):
        raise files.output_error(path, IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)))
    try:
        path.lstat()
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        raise files.output_error(path, error) from error


def save_png(
    path: Path, image: Pixels | Image.Image, texts: Mapping[str, str] | None = None, *, level: int = 6
) -> None:
    """Save uint8 (H, W, 3), or with opacity (H, W, 4), as a PNG atomically; equal input gives equal bytes.

    Args:
        path: The file.
        image: The pixels, or a picture of Pillow.
        texts: Text chunks by keyword. Text beyond Latin-1 becomes an iTXt chunk.
        level: Of zlib's compression, 0 to 9.

    Raises:
        OutputError: The file cannot be written.
    """
    info = PngInfo()
    for key, text in (texts or {}).items():
        if key == XMP_KEY:
            info.add_itxt(key, text)
        else:
            info.add_text(key, text)
    buffer = io.BytesIO()
    whole = image if isinstance(image, Image.Image) else Image.fromarray(image)
    whole.save(buffer, format="PNG", pnginfo=info, compress_level=level)
    files.write_bytes(path, buffer.getvalue())


def contact_sheet(images: Sequence[Pixels], labels: Sequence[str], columns: int) -> Image.Image:
    """Arrange pictures in rows of `columns`, each above its label.

    All cells have the width of the widest picture and the height of the tallest. A label is wrapped to the width of
    its cell and cut after three lines.

    Raises:
        ValueError: There are no pictures or no columns, or pictures and labels differ in number.
    """
    if not images or len(images) != len(labels) or columns < 1:
        raise ValueError(f"{len(images)} pictures, {len(labels)} labels, {columns} columns")
    columns = min(columns, len(images))
    cell = max(96, *(image.shape[1] for image in images))
    tall, gap = max(image.shape[0] for image in images), 8
    written = Labels(labels, cell)
    starts = range(0, len(images), columns)
    heights = [max(map(len, written.lines[at : at + columns])) * written.height for at in starts]
    size = (gap + columns * (cell + gap), gap + sum(tall + height + 2 * gap for height in heights))
    sheet = Image.new("RGB", size, (255, 255, 255))
    top = gap
    for at, height in zip(starts, heights, strict=True):
        row = zip(images[at : at + columns], written.lines[at:], strict=False)
        for column, (image, lines) in enumerate(row):
            left = gap + column * (cell + gap)
            sheet.paste(Image.fromarray(image), (left + (cell - image.shape[1]) // 2, top))
            written.draw(sheet, lines, left, top + tall + gap // 2)
        top += tall + height + 2 * gap
    return sheet


def outlined(image: Pixels, outlines: Sequence[Sequence[Sequence[float]]], side: int) -> Pixels:
    """Draw polygons on a picture, each in the `colour_of` its number, and fit the result into a square.

    Args:
        image: The picture.
        outlines: For each polygon its corners as (x, y) in pixels of the picture.
        side: Of the square, in pixels.
    """
    height, width = image.shape[:2]
    scale = side / max(width, height)
    # Drawn at twice the size and reduced, so that slanted lines are smooth.
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    large = Image.fromarray(resize(image, 2 * size[0], 2 * size[1]))
    draw = ImageDraw.Draw(large)
    for number, outline in enumerate(outlines):
        corners = [(x * large.width / width, y * large.height / height) for x, y in outline]
        draw.polygon(corners, outline=colour_of(number), width=3)
    return np.asarray(large.resize(size, Image.Resampling.BOX), dtype=np.uint8)


def framed(image: Pixels, colour: tuple[int, int, int], width: int = 3) -> Pixels:
    """Add a frame of `width` pixels: uint8 (H + 2 width, W + 2 width, 3)."""
    return np.asarray(ImageOps.expand(Image.fromarray(image), border=width, fill=colour), dtype=np.uint8)


def colour_of(number: int) -> tuple[int, int, int]:
    """Return a clear colour for a number; the hues of neighbours lie a golden angle apart."""
    red, green, blue = ImageColor.getrgb(f"hsl({number * 0.381966 % 1 * 360:.6f}, 90%, 50%)")[:3]
    return red, green, blue


def _to_rgb(image: Image.Image, background: tuple[int, int, int]) -> Image.Image:
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        return _to_srgb(_deep_grey(image), profile)
    if image.has_transparency_data:
        colours, alpha = _split_opacity(image)
        below = Image.new("RGB", image.size, background)
        below.paste(colours, mask=alpha)
        return below
    if image.mode not in ("RGB", "L", "CMYK"):
        image = image.convert("RGB")
    return _to_srgb(image, profile)


def _split_opacity(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return a transparent picture's colours in sRGB and its opacity."""
    # A profile of grey fits no RGB picture.
    grey = image.mode in ("L", "LA", "La")
    colours = image.convert("RGBA").convert("RGB")
    if grey:
        colours = colours.convert("L")
    return _to_srgb(colours, image.info.get("icc_profile")), image.convert("RGBA").getchannel("A")


def _deep_grey(image: Image.Image) -> Image.Image:
    """Reduce 16-bit, 32-bit or float grey to 8 bits; floats are taken as [0, 1], or as levels when larger."""
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
    # Pillow would copy a picture that is already RGB.
    return image if image.mode == "RGB" else image.convert("RGB")

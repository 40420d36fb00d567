"""Pictures that Python gives in memory: Pillow images and arrays, kept as files so that a run can be repeated.

A setting names a file. A picture in memory gets the name of its content, and its file is written beside the run.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip import files
from vqclip.errors import InputError
from vqclip.settings import prompts
from vqclip.settings.option import PICTURE_KINDS
from vqclip.settings.schema import Settings, options, type_of

if TYPE_CHECKING:
    import numpy as np
    from PIL import Image

FOLDER, FILES = "inputs", f"*-{'[0-9a-f]' * 16}.*"
"""Within the folder of a run."""
_VALID = (
    "Valid: a path, a Pillow image, or an array of (H, W) or (H, W, 1, 3 or 4) with uint8, booleans, or floats from "
    "0 to 1."
)
_PNG_MODES, _TIFF_MODES = ("L", "LA", "RGB", "RGBA", "I;16"), ("I", "F", "CMYK", "LAB")


def take(given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Replace the pictures in memory among settings by names of files.

    Returns:
        The settings, and the content of each file by its name.

    Raises:
        InputError: A value is no picture.
    """
    contents: dict[str, bytes] = {}

    def named(name: str, value: Any) -> Any:
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if name in options() and options()[name].kind in PICTURE_KINDS and _in_memory(value):
            file, content = _encoded(name, value)
            contents[file] = content
            return file
        return value

    settings = {}
    for name, value in given.items():
        if name in options() and type_of(name).startswith("tuple") and value is not None:
            items = value if isinstance(value, (list, tuple)) else [value]
            settings[name] = [_listed(name, item, named) for item in items]
        else:
            settings[name] = named(name, value)
    return settings, contents


@contextlib.contextmanager
def placed(contents: Mapping[str, bytes], settings: Settings, run: Path | None) -> Iterator[Settings]:
    """Write the files of `take` into the folder of a run, and yield the settings with their paths.

    Args:
        contents: By name.
        settings: That name them.
        run: The folder. Without one, the files exist within the block only. They are removed if the block fails,
            unless they were there before.

    Raises:
        OutputError: The folder cannot be written.
    """
    if not contents:
        yield settings
        return
    with contextlib.ExitStack() as stack:
        temporary = None if run is not None else stack.enter_context(tempfile.TemporaryDirectory(prefix="vqclip-"))
        folder = Path(temporary) if run is None and temporary else files.ensure_writable((run or Path()) / FOLDER)
        paths = {name: folder.absolute() / name for name in contents}
        new = [path for path in paths.values() if not files.is_file(path)]
        try:
            for name, path in paths.items():
                files.write_bytes(path, contents[name])
            yield settings.with_paths(lambda path: str(paths.get(path, path)))
        except BaseException:
            for path in new:
                files.discard(path)
            for empty in (folder, folder.parent) if run is not None else ():
                with contextlib.suppress(OSError):
                    empty.rmdir()
            raise


def _in_memory(value: object) -> bool:
    return hasattr(value, "__array_interface__") or hasattr(value, "__array__")


def _listed(name: str, item: Any, named: Callable[[str, Any], Any]) -> Any:
    """An item of a list. A picture may have a weight; its path means itself, whatever signs of prompts it holds."""
    picture, weight = item if isinstance(item, tuple) and len(item) == 2 else (item, 1.0)
    if options()[name].kind != "image prompt" or (item is picture and isinstance(item, str)):
        return named(name, item)
    if isinstance(weight, bool) or not isinstance(weight, (int, float)):
        raise InputError(f"{name} has a picture with the weight {weight!r}.", "A weight is a number, as in 0.5.")
    return prompts.format([prompts.Prompt(str(named(name, picture)), float(weight), kind="image")], "image")


def _encoded(name: str, value: Any) -> tuple[str, bytes]:
    """The file of a picture: its name, by the setting and the content, and its bytes."""
    from PIL import Image

    image = _prepared(name, value) if isinstance(value, Image.Image) else _of_array(name, value)
    if 0 in image.size:
        raise InputError(f"{name} is a picture without pixels.", _VALID)
    kind = "TIFF" if image.mode in _TIFF_MODES else "PNG"
    profile = image.info.get("icc_profile")
    digest = hashlib.sha256(repr((image.mode, image.size)).encode() + (profile or b"") + image.tobytes()).hexdigest()
    buffer = io.BytesIO()
    image.save(buffer, kind, icc_profile=profile)
    return f"{name}-{digest[:16]}.{'tif' if kind == 'TIFF' else 'png'}", buffer.getvalue()


def _prepared(name: str, image: Image.Image) -> Image.Image:
    """The image upright, in a mode that a file keeps as it is. Raises InputError."""
    from PIL import ImageOps

    # Pillow's decoders raise a dozen types for damaged files, which it may read only here.
    try:
        upright = ImageOps.exif_transpose(image)
    except Exception as error:
        raise InputError(f"{name} cannot be read: {error}.", "Open the picture again.") from error
    if upright.has_transparency_data:
        return upright if upright.mode in ("LA", "RGBA") else upright.convert("RGBA")
    if upright.mode in (*_PNG_MODES, *_TIFF_MODES):
        return upright
    return upright.convert("L" if upright.mode == "1" else "I" if upright.mode.startswith("I") else "RGB")


def _of_array(name: str, value: Any) -> Image.Image:
    """An array as an image. Raises InputError."""
    import numpy as np
    from PIL import Image

    try:
        array: np.ndarray = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{name} cannot be read as an array: {error}.", _VALID) from None
    shape = array.shape
    if len(shape) == 3 and shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (3, 4)):
        raise InputError(f"{name} is an array of the shape {shape}.", _VALID)
    if array.dtype == bool:
        array = array * np.uint8(255)
    elif np.issubdtype(array.dtype, np.floating) and array.size:
        if not (array.min() >= 0 and array.max() <= 1):
            raise InputError(f"{name} is an array of values from {array.min():g} to {array.max():g}.", _VALID)
        array = np.rint(array * 255).astype(np.uint8)
    elif array.dtype != np.uint8:
        raise InputError(f"{name} is an array of {array.dtype}.", _VALID)
    return Image.fromarray(np.ascontiguousarray(array))

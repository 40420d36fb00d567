"""Upscale a picture with Lanczos, or with a super-resolution network that spandrel loads, tile by tile."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from vqclip import files, picture_files
from vqclip.errors import ModelError, OutOfMemory, UsageError
from vqclip.jobs import patches
from vqclip.media import images, metadata
from vqclip.runtime import allocation, devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from torch import Tensor

FACTORS = (2, 8)
DEFAULT_TILE = 256
OVERLAP = 16
"""Pixels around a tile that the network sees and that are dropped; Real-ESRGAN's own scripts take 10."""

Notify = Callable[[str], None]


def upscale(
    settings: Settings,
    picture: Path,
    output: Path | None = None,
    *,
    factor: int | None = None,
    model: Path | None = None,
    tile: int = DEFAULT_TILE,
    notify: Notify = lambda line: None,
) -> dict[str, Any]:
    """Write a picture `factor` times as wide and high as PNG.

    The text chunks of a PNG are kept, and what was done is recorded beside them.

    Args:
        settings: Of the device.
        picture: The picture file.
        output: The PNG to write; None is a file beside the picture with the factor in its name.
        factor: 2 to 8; None is that of the model, or 2 without one.
        model: Weights of any architecture that spandrel knows (ESRGAN, Real-ESRGAN, SwinIR...). When its factor
            differs, Lanczos does the rest.
        tile: Side in pixels of the part that the network sees at once, which bounds its memory.
        notify: Called with messages about the progress.

    Returns:
        image, width, height, factor, from (the size before) and method; with a model also its name and SHA-256.

    Raises:
        VqclipError: An argument is invalid, or a file cannot be read or written.
    """
    _check(output, factor, model, tile)
    devices.check_device_name(settings.device)
    pixels, opacity = images.open_image(picture, warn=notify), None
    if images.is_transparent(picture):
        # The colours alone, as they are beneath their opacity.
        pixels, opacity = images.open_layer(picture)
    texts = metadata.texts_of(picture, notify)
    network = None if model is None else _Network(model, settings)
    factor = factor or (2 if network is None else network.scale)
    height, width = pixels.shape[:2]
    largest = max(factor, 1 if network is None else network.scale)
    if width * height * largest**2 > picture_files.MAX_PIXELS:
        raise UsageError(
            f"{files.printable(picture)} would have {width * largest}x{height * largest} pixels.",
            f"Valid: up to {picture_files.MAX_PIXELS / 1e6:g} million; use a smaller --factor or picture.",
        )
    output = output or picture.with_name(f"{picture.stem}-x{factor}.png")
    patches.check_output(output, picture, model)
    done: dict[str, Any] = {"factor": factor, "from": [width, height], "method": "lanczos"}
    if earlier := metadata.record_of(texts):
        done["after"] = earlier
    if network is not None:
        pixels = network.upscale(pixels, tile, notify)
        done |= {"method": network.architecture, "model": network.name, "sha256": network.sha256}
        if network.scale != factor:
            notify(f"{network.name} upscales {network.scale} times; Lanczos does the rest to {factor} times.")
            done["method"] = f"{network.architecture} and lanczos"
    pixels = _resized(pixels, opacity, (width * factor, height * factor))
    images.save_png(output, pixels, texts | {metadata.UPSCALE_KEY: files.canonical(done)})
    return {"image": str(output), "width": width * factor, "height": height * factor, **done}


def _resized(pixels: images.Pixels, opacity: np.ndarray | None, size: tuple[int, int]) -> images.Pixels:
    """The picture at that size, (H, W, 3), or (H, W, 4) with its opacity, which is in [0, 1]."""
    pixels = images.resize(pixels, *size)
    if opacity is None:
        return pixels
    layer = Image.fromarray(np.rint(opacity * 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    return np.dstack([pixels, np.asarray(layer)])


def _check(output: Path | None, factor: int | None, model: Path | None, tile: int) -> None:
    if output is not None:
        images.check_png_name(output)
    if factor is not None and not FACTORS[0] <= factor <= FACTORS[1]:
        raise UsageError(f"factor is {factor}.", f"Valid: {FACTORS[0]} to {FACTORS[1]}.")
    if tile < 2 * OVERLAP:
        raise UsageError(f"tile is {tile}.", f"Valid: {2 * OVERLAP} pixels and more.")
    if model is None and tile != DEFAULT_TILE:
        raise UsageError("tile has no effect without a model.", "Add --model FILE or leave it out.")


class _Network:
    """A network of spandrel that upscales RGB pictures."""

    def __init__(self, path: Path, settings: Settings) -> None:
        try:
            import spandrel
        except ImportError:
            raise ModelError(
                "a --model needs spandrel, which is not installed.",
                "Install it with: pip install 'vqclip[upscale]'. Without --model Lanczos upscales.",
            ) from None
        from vqclip.models.checkpoints import read_state_dict, sha256

        shown = files.printable(path)
        state = read_state_dict(path)
        try:
            found = spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(state))
        except spandrel.UnsupportedModelError:
            raise ModelError(
                f"{shown} is not a network that spandrel supports.",
                "Give an ESRGAN, Real-ESRGAN, SwinIR or similar model.",
            ) from None
        # For weights that almost fit an architecture, its own code raises any kind of exception.
        except Exception as error:
            problem = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(f"{shown} cannot be loaded: {problem}", "Fetch the file again.") from error
        channels = (found.input_channels, found.output_channels)
        if not isinstance(found, spandrel.ImageModelDescriptor) or channels != (3, 3):
            raise ModelError(
                f"{shown} does not turn a picture into a picture.", "Give a super-resolution model for RGB."
            )
        if not 1 <= found.scale <= FACTORS[1]:
            raise ModelError(f"{shown} upscales {found.scale} times.", f"Valid: 1 to {FACTORS[1]} times.")
        device_config = DeviceConfig.find(settings)
        self.name, self.sha256 = path.name, sha256(path)
        self.scale, self.architecture = int(found.scale), str(found.architecture.name)
        self._device = device_config.device
        self._model = found.to(device_config.device).eval()

    def upscale(self, pixels: images.Pixels, tile: int, notify: Notify) -> images.Pixels:
        """Return the picture `scale` times as large. Tiles are computed with a margin, which is dropped."""
        import torch

        height, width = pixels.shape[:2]
        result = np.empty((height * self.scale, width * self.scale, 3), dtype=np.uint8)
        boxes = list(_tiles(width, height, tile))
        for number, (left, top, right, bottom) in enumerate(boxes, 1):
            around = (max(0, left - OVERLAP), max(0, top - OVERLAP))
            seen = pixels[around[1] : bottom + OVERLAP, around[0] : right + OVERLAP]
            try:
                with torch.no_grad(), allocation.refusals():
                    large = images.to_uint8(self._run(seen))
            except torch.OutOfMemoryError as error:
                raise OutOfMemory(
                    f"the device ran out of memory on a tile of {tile} pixels.", "Use a smaller --tile."
                ) from error
            x, y = (left - around[0]) * self.scale, (top - around[1]) * self.scale
            across, down = (right - left) * self.scale, (bottom - top) * self.scale
            result[top * self.scale : bottom * self.scale, left * self.scale : right * self.scale] = large[
                y : y + down, x : x + across
            ]
            if len(boxes) > 1:
                notify(f"tile {number} of {len(boxes)}")
        return result

    def _run(self, seen: images.Pixels) -> Tensor:
        import torch

        image = torch.from_numpy(np.array(seen)).to(self._device).permute(2, 0, 1)[None].float() / 255
        # spandrel pads to the sides that the network needs, and crops the result.
        large: Tensor = self._model(image)[0]
        return large


def _tiles(width: int, height: int, side: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield boxes of at most `side` pixels that cover a picture, row by row: left, top, right, bottom."""
    for top, left in itertools.product(range(0, height, side), range(0, width, side)):
        yield left, top, min(left + side, width), min(top + side, height)

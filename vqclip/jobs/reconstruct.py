"""Use the VQGAN alone: encode a picture to tokens, decode tokens to a picture, or both."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vqclip import files, picture_files
from vqclip.errors import InputError, ModelError
from vqclip.jobs import patches
from vqclip.media import images, token_grids
from vqclip.media.token_grids import TokenGrid
from vqclip.models import registry
from vqclip.runs.capabilities import check_capabilities
from vqclip.runs.directory import refuse_output
from vqclip.runtime import devices
from vqclip.runtime.devices import DeviceConfig
from vqclip.settings.option import names_checkpoint
from vqclip.settings.schema import Settings

if TYPE_CHECKING:
    from vqclip.models.image_model import ImageModel


def encode(settings: Settings, picture: Path, output: Path, *, with_size: bool = False) -> dict[str, Any]:
    """Encode a picture and write its tokens as .npz.

    Args:
        settings: Of the VQGAN and the device.
        picture: The picture file.
        output: The .npz file to write.
        with_size: Resize to settings.size first.

    Returns:
        file, image, the VQGAN's name, and the numbers of `token_statistics`.

    Raises:
        VqclipError: A file cannot be read or written.
    """
    token_grids.check_name(output)
    found = _found(settings, with_size=with_size)
    pixels = images.open_image(picture)
    refuse_output(output, picture)
    files.prepare_folder_of(output)
    codec = _Codec(settings, found, encoder=True)
    _, grid = codec.tokens(pixels, (settings.width, settings.height) if with_size else None)
    token_grids.save(output, grid)
    return {"file": str(output), "image": str(picture), "vqgan": grid.vqgan} | token_statistics(grid)


def decode(settings: Settings, file: Path, output: Path) -> dict[str, Any]:
    """Decode a file of tokens and write the picture as PNG, equal to that of `reconstruct` to the byte.

    Returns image, file, the VQGAN's name, and the numbers of `token_statistics`. Raises VqclipError, ModelError for
    tokens of another VQGAN.
    """
    images.check_png_name(output)
    token_grids.check_name(file)
    found = _found(settings)
    grid = token_grids.load(file)
    _check_vqgan(grid, found, settings, file)
    patches.check_output(output, file)
    codec = _Codec(settings, found, encoder=False)
    images.save_png(output, codec.picture(grid), {})
    return {"image": str(output), "file": str(file), "vqgan": grid.vqgan} | token_statistics(grid)


def reconstruct(settings: Settings, picture: Path, output: Path, *, with_size: bool = False) -> dict[str, Any]:
    """Encode, quantise and decode a picture, and write the result as PNG.

    The arguments are those of `encode`.

    Returns:
        image, the VQGAN's name, the numbers of `token_statistics`, and compared with the input at the size of the
        result: mse, the mean squared error of levels in [0, 1], and psnr, 10 log10(1 / mse) in dB, None for mse 0.

    Raises:
        VqclipError: A file cannot be read or written.
    """
    images.check_png_name(output)
    found = _found(settings, with_size=with_size)
    pixels = images.open_image(picture)
    patches.check_output(output, picture)
    codec = _Codec(settings, found, encoder=True)
    before, grid = codec.tokens(pixels, (settings.width, settings.height) if with_size else None)
    after = codec.picture(grid)
    images.save_png(output, after, {})
    mse = float(np.mean(((before.astype(np.float64) - after) / 255) ** 2))
    psnr = -10 * math.log10(mse) if mse else None
    return {"image": str(output), "vqgan": grid.vqgan} | token_statistics(grid) | {"mse": mse, "psnr": psnr}


def token_statistics(grid: TokenGrid) -> dict[str, Any]:
    """Describe the tokens of a picture in numbers.

    width, height: in pixels. columns, rows: in tokens. tokens, distinct: the number of tokens, and of different
    codes. bits_per_pixel: in a code of fixed length. entropy_bits_per_pixel: in a code made for this picture.
    """
    pixels = grid.width * grid.height
    return {
        "width": grid.width,
        "height": grid.height,
        "columns": grid.tokens.shape[1],
        "rows": grid.tokens.shape[0],
        "tokens": grid.tokens.size,
        "distinct": len(np.unique(grid.tokens)),
        "bits_per_pixel": grid.bits / pixels,
        "entropy_bits_per_pixel": grid.entropy_bits / pixels,
    }


class _Codec:
    """A loaded VQGAN that converts between uint8 pictures and tokens."""

    def __init__(self, settings: Settings, found: registry.VqganFiles, *, encoder: bool) -> None:
        from vqclip.models.checkpoints import sha256
        from vqclip.models.vqgan import load_vqgan

        device_config = DeviceConfig.find(settings)
        # Loaded before it is hashed: hashing takes hours for a huge file that is no checkpoint.
        self._vqgan: ImageModel = load_vqgan(found, device_config.device, device_config.dtype, encoder=encoder)
        self._name, self._sha256 = settings.vqgan, sha256(found.checkpoint)

    def tokens(self, pixels: images.Pixels, size: tuple[int, int] | None) -> tuple[images.Pixels, TokenGrid]:
        """Return the picture at `size` (None keeps its own), and its tokens."""
        import torch

        from vqclip.synthesis.init import fit

        size = size or self._vqgan.architecture.only_size or (pixels.shape[1], pixels.shape[0])
        with torch.no_grad():
            image = torch.from_numpy(np.array(pixels)).to(self._vqgan.codebook.device).permute(2, 0, 1)[None] / 255
            image = fit(image, *size)
            tokens = self._vqgan.indices(self._vqgan.encode(image))[0].cpu().numpy()
        name = Path(self._name).name if names_checkpoint(self._name) else self._name
        grid = TokenGrid(tokens, self._vqgan.n_embed, self._vqgan.factor, name, self._sha256, size)
        return images.to_uint8(image[0]), grid

    def picture(self, grid: TokenGrid) -> images.Pixels:
        """Decode tokens. Raises InputError for a grid that claims another codebook than the VQGAN has."""
        import torch

        shape = self._vqgan.architecture.latent_shape((grid.width, grid.height))
        found, wanted = (grid.n_embed, grid.factor), (self._vqgan.n_embed, self._vqgan.factor)
        if found != wanted or grid.tokens.shape != shape[2:]:
            raise InputError(
                f"the tokens claim to be of {self._name}, but have {grid.n_embed} codes of {grid.factor} pixels, "
                f"not {self._vqgan.n_embed} of {self._vqgan.factor}.",
                "Give a file written by `vqclip encode`.",
            )
        with torch.no_grad():
            indices = torch.from_numpy(grid.tokens)[None].to(self._vqgan.codebook.device)
            decoded = self._vqgan.decode(self._vqgan.lookup(indices))
            return images.to_uint8(self._vqgan.crop(decoded, (grid.width, grid.height))[0])


def _found(settings: Settings, *, with_size: bool = False) -> registry.VqganFiles:
    devices.check_device_name(settings.device)
    found = registry.find_vqgan(settings.vqgan, settings.vqgan_config)
    if with_size:
        check_capabilities(settings, found)
    return found


def _check_vqgan(grid: TokenGrid, found: registry.VqganFiles, settings: Settings, file: Path) -> None:
    from vqclip.models.checkpoints import sha256
    from vqclip.models.inspection import inspect

    if grid.width * grid.height > picture_files.MAX_PIXELS:
        raise InputError(
            f"{files.printable(file)} holds a picture of {grid.width}x{grid.height} pixels.",
            f"Valid: up to {picture_files.MAX_PIXELS / 1e6:g} million pixels.",
        )
    inspect(found.checkpoint, found.bytes)
    if grid.sha256 == sha256(found.checkpoint):
        return
    made, named = files.printable(grid.vqgan), files.printable(settings.vqgan)
    what = f"another file of {made}" if made == named else f"the VQGAN {made}, not {named}"
    raise ModelError(
        f"{files.printable(file)} holds tokens of {what}.",
        f"Decode with the VQGAN that encoded them, as in --vqgan {made}.",
    )

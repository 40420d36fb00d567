"""A picture through the VQGAN and back."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from vqclip import devices, files, images, registry
from vqclip.errors import UsageError
from vqclip.settings import Settings


def reconstruct(settings: Settings, picture: Path, output: Path, *, with_size: bool = False) -> dict[str, Any]:
    """Encode, quantise and decode a picture, and write the result as PNG.

    with_size: resize to settings.size first; otherwise the picture keeps its size, cut down to whole tokens.
    Returns the path, the size, the number of tokens and the PSNR in dB against the picture that went in.
    """
    if output.suffix.lower() != ".png":
        raise UsageError(f"output {files.printable(output)} is not a PNG file.", "Let its name end in .png.")
    devices.check_device_name(settings.device)
    found = registry.find_vqgan(settings.vqgan, settings.vqgan_config)
    pixels = images.open_image(picture)
    files.ensure_writable(output.parent)
    import torch

    from vqclip.starts import fit
    from vqclip.vqgan import load_vqgan

    if settings.threads:
        torch.set_num_threads(settings.threads)
    device = devices.find_device(settings.device)
    vqgan = load_vqgan(found, device, devices.find_dtype(settings.dtype, device))
    height, width = pixels.shape[:2]
    if with_size:
        width, height = settings.width, settings.height
    width, height = (max(vqgan.factor, side // vqgan.factor * vqgan.factor) for side in (width, height))
    with torch.no_grad():
        image = torch.from_numpy(np.array(pixels)).to(device).permute(2, 0, 1)[None] / 255
        image = fit(image, width, height)
        indices = vqgan.indices(vqgan.encode(image))
        decoded = vqgan.decode(vqgan.lookup(indices)).clamp(0, 1)
    before, after = (images.to_uint8(tensor[0].cpu().numpy()) for tensor in (image, decoded))
    images.save_png(output, after, {})
    error = float(np.mean((before.astype(np.float64) - after) ** 2))
    return {
        "image": str(output),
        "width": width,
        "height": height,
        "tokens": indices.numel(),
        "psnr": 10 * math.log10(255**2 / error) if error else math.inf,
    }

"""Convert frames of HDR videos to the range and colours of sRGB."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vqclip.media.images import Pixels

Floats = npt.NDArray[np.float32]

_WHITE = 203.0
"""Nits of a white page in an HDR video (ITU-R BT.2408)."""
_HLG_PEAK = 1000.0
_KNEE = 0.75
"""Luminance, relative to white, from which highlights are compressed."""
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)
_TO_BT709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32)


def transfer_of(frame: Any) -> str:
    """Return HLG or PQ for a frame of PyAV with that transfer function, otherwise an empty text."""
    return {16: "PQ", 18: "HLG"}.get(int(frame.color_trc), "")


def to_srgb(frame: Any) -> Pixels:
    """Tone-map a frame of PyAV in BT.2020 with HLG or PQ.

    White stays close to white, and what is brighter is compressed into the rest of the range.

    Source: ITU-R BT.2100 (transfer functions) and BT.2087 (matrix of the primaries).
    """
    from av.video.reformatter import ColorRange

    # Older versions of PyAV know no name for the matrix of BT.2020.
    deep = frame.reformat(format="rgb48le", src_colorspace=9, dst_color_range=ColorRange.JPEG)
    signal = deep.to_ndarray().astype(np.float32) / np.float32(65535)
    light = (_from_hlg(signal) if transfer_of(frame) == "HLG" else _from_pq(signal)) / np.float32(_WHITE)
    luminance = (light @ _LUMINANCE)[..., None]
    above = np.maximum(luminance - _KNEE, 0) / (1 - _KNEE)
    mapped = np.minimum(luminance, _KNEE) + (1 - _KNEE) * (1 - np.exp(-above))
    linear = np.clip((light * (mapped / np.maximum(luminance, 1e-6))) @ _TO_BT709.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(encoded * 255), np.uint8)


def _from_hlg(signal: Floats) -> Floats:
    """Return the light in nits of a display with a peak of 1000."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luminance = (scene @ _LUMINANCE)[..., None]
    return np.asarray(_HLG_PEAK * np.maximum(luminance, 1e-9) ** 0.2 * scene, np.float32)


def _from_pq(signal: Floats) -> Floats:
    """Return the light in nits."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = signal ** (1 / m2)
    return np.asarray(10000 * (np.maximum(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1), np.float32)

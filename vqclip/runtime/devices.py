"""Which device and precision a run takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vqclip.errors import UsageError

if TYPE_CHECKING:
    import torch

_VALID = "Valid: auto, cpu, cuda, cuda:N, mps."


def check_device_name(name: str) -> None:
    """Raise UsageError for what cannot be a device, without importing torch."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?|mps", name):
        raise UsageError(f"device {name!r} is unknown.", _VALID)


def find_device(name: str) -> torch.device:
    """The device of that name; auto takes cuda, then mps, then cpu.

    Raises UsageError when a named device is not there: a run never falls back in silence.
    """
    import torch

    check_device_name(name)
    kind = name.partition(":")[0]
    if name == "auto":
        kind = name = "cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu"
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        named = name.partition(":")[2]
        number = int(named) if named else torch.cuda.current_device() if count else 0
        if number >= count:
            there = f"This machine has {count} CUDA device(s)." if count else "No CUDA device is here."
            raise UsageError(f"device {name!r} is not there.", f"{there} Use --device cpu or auto.")
        return torch.device("cuda", number)
    if kind == "mps" and not _has_mps():
        raise UsageError("device 'mps' is not there.", "Use --device cpu or auto.")
    return torch.device(kind)


def find_dtype(name: str, device: torch.device) -> torch.dtype:
    """The precision of the networks; auto takes bfloat16 where the hardware computes in it, else float32.

    Never float16: processors emulate it a hundred times slower, and the decoder leaves its range.
    """
    import torch

    if name != "auto":
        return {"float32": torch.float32, "bfloat16": torch.bfloat16}[name]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float32
    if device.type == "cpu":
        capable = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        return torch.bfloat16 if capable else torch.float32
    return torch.float32


def _has_mps() -> bool:
    import torch

    return torch.backends.mps.is_available()

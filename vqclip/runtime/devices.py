"""Which device, precision and number of threads a run uses."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vqclip.errors import UsageError
from vqclip.runtime import allocation, garbage, limits, torch_state

if TYPE_CHECKING:
    import torch

    from vqclip.settings.schema import Settings

_VALID = "Valid: auto, cpu, cuda, cuda:N, mps."


@dataclass(frozen=True)
class DeviceConfig:
    """Where the networks run: the device, their precision, and torch's number of threads."""

    device: torch.device
    dtype: torch.dtype
    threads: int

    @property
    def dtype_name(self) -> str:
        """The precision as run.json records it, such as float32."""
        return str(self.dtype).removeprefix("torch.")

    @staticmethod
    def find(settings: Settings, threads: int = 0, dtype: str = "") -> DeviceConfig:
        """Choose what the settings ask for, and set torch's number of threads.

        Args:
            settings: Those of the run.
            threads, dtype: What a resumed run was started with. They go before what this machine would choose.

        Raises:
            UsageError: The device does not exist.
        """
        device = find_device(settings.device)
        threads = _set_threads(settings.threads or threads)
        if device.type == "cpu":
            allocation.keep_freed_memory()
        return DeviceConfig(device, find_dtype(dtype or settings.dtype, device), threads)


_threads = {"before": 0, "ours": 0}
"""torch's number of threads without a run, and the number that the last run set."""


def _set_threads(wanted: int) -> int:
    """Set torch's number of threads for one run; the next run in this process starts from the number before it.

    Args:
        wanted: 0 takes what the process has, limited to the cores of its container.
    """
    import torch

    now = torch.get_num_threads()
    own = own_threads()
    _threads["ours"] = wanted or own
    torch_state.check_threads(_threads["ours"])
    if _threads["ours"] != now:
        torch.set_num_threads(_threads["ours"])
    return _threads["ours"]


def own_threads() -> int:
    """Return the number of threads of a run in this process whose settings name none."""
    import torch

    now = torch.get_num_threads()
    if now != _threads["ours"]:
        _threads["before"] = now
    before = _threads["before"]
    return before if "OMP_NUM_THREADS" in os.environ else min(before, limits.cores())


def check_device_name(name: str) -> None:
    """Raise UsageError for what cannot be a device, without importing torch."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,3})?|mps", name):
        raise UsageError(f"device {name!r} is unknown.", _VALID)


def check_device(name: str) -> None:
    """Raise UsageError for a named device that is not there; torch is imported only for one beside the processor."""
    check_device_name(name)
    if name not in ("auto", "cpu"):
        find_device(name)


def find_device(name: str) -> torch.device:
    """The device of that name; auto takes cuda, then mps, then cpu.

    Raises UsageError when a named device is not there: a run never falls back in silence.
    """
    with garbage.uncollected():
        import torch

    check_device_name(name)
    kind = name.partition(":")[0]
    if name == "auto":
        kind = name = "cuda" if torch.cuda.is_available() else "mps" if _has_mps() else "cpu"
    if kind == "cuda" and torch.cuda.is_available() and torch.cuda._is_in_bad_fork():
        raise UsageError(
            "CUDA cannot be used here: this process was forked from one that had used it.",
            'Start it with multiprocessing.get_context("spawn"), or set --device cpu.',
        )
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        named = name.partition(":")[2]
        number = int(named) if named else torch.cuda.current_device() if count else 0
        if number >= count:
            there = f"This machine has {count} CUDA device(s)." if count else "No CUDA device is here."
            raise UsageError(f"device {name!r} is not available.", f"{there} Use --device cpu or auto.")
        return torch.device("cuda", number)
    if kind == "mps" and not _has_mps():
        raise UsageError("device 'mps' is not available.", "Use --device cpu or auto.")
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

"""Text to image with VQGAN and CLIP.

    import vqclip
    vqclip.draw("a red apple", seed=7).image.show()

Nothing heavy is imported until a run begins.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from vqclip._version import __version__

if TYPE_CHECKING:
    from vqclip.api import continue_run, draw, generate, rerun, resume
    from vqclip.errors import VqclipError
    from vqclip.runs.result import Result
    from vqclip.settings.schema import Settings

__all__ = [
    "Result", "Settings", "VqclipError", "__version__", "continue_run", "draw", "generate", "rerun", "resume",
]  # fmt: skip

_HOMES = {
    "continue_run": "vqclip.api",
    "draw": "vqclip.api",
    "generate": "vqclip.api",
    "rerun": "vqclip.api",
    "resume": "vqclip.api",
    "Result": "vqclip.runs.result",
    "Settings": "vqclip.settings.schema",
    "VqclipError": "vqclip.errors",
}


def _keep_libraries_offline() -> None:
    """Set the variables of Hugging Face's libraries where VQCLIP_OFFLINE is on: they read them when imported."""
    if os.environ.get("VQCLIP_OFFLINE", "").strip().lower() not in ("", "0", "false", "no", "off"):
        os.environ["HF_HUB_OFFLINE"] = os.environ["TRANSFORMERS_OFFLINE"] = "1"


def _note_fork() -> None:
    global forked_with_torch
    forked_with_torch = "torch" in sys.modules


_keep_libraries_offline()
forked_with_torch = False
"""Whether this process was forked from one that had imported torch; see `vqclip.runtime.torch_state`."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def __getattr__(name: str) -> Any:
    """Import the public names when they are first used."""
    if name in _HOMES:
        import importlib

        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'vqclip' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)

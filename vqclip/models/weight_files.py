"""Load the state dict from an inspected file: from a pickle, safetensors or TorchScript, whole or in parts.

Nothing in a file is executed. Objects beside the tensors of a pickle become an `Inert`.
"""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vqclip.errors import ModelError, OutOfMemory, VqclipError
from vqclip.files import excerpt, is_file, printable
from vqclip.models.inspection import Inspected, is_read, utf8_name
from vqclip.reading import MORE_MEMORY, check_regular, is_out_of_memory, open_regular, read_json, reason, refusing

# The state dict of a checkpoint may be under one of these names. Running averages are what the makers sample with.
_KEYS = (
    "params_ema", "params-ema", "ema", "ema_model", "model_ema", "ema_state_dict", "state_dict", "model_state_dict",
    "model", "module", "generator", "params", "net", "network", "vqgan", "vqmodel", "vqvae", "weights",
)  # fmt: skip
_PART = re.compile(r"-\d{5}-of-(\d{5})(\.(?:safetensors|bin|ckpt|pth?))$")
_MAX_PARTS, _MAX_INDEX_BYTES = 1000, 8 * 2**20
_SAFER = "Use a .safetensors copy of the model, or a file from its makers."


class _Container(type):
    """torch fills only objects of these classes. Whatever a pickle fills has to count as one of them."""

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is dict

    def __hash__(cls) -> int:
        return id(cls)


class Inert(list[Any], metaclass=_Container):
    """Replaces any object that is no tensor in a pickle, and does nothing.

    Attributes:
        state: Of an object in a TorchScript archive, its parameters and parts by name.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__()
        self.state: object = None

    def __setstate__(self, state: object) -> None:
        self.state = state

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __setitem__(self, key: object, value: object) -> None:
        """Forget the value."""

    def append(self, item: object) -> None:
        """Forget the item."""

    def extend(self, items: object) -> None:
        """Forget the items."""


def _parameters(module: object, prefix: str = "", depth: int = 50) -> Iterator[tuple[str, Any]]:
    """The tensors of an object in a TorchScript archive and of its parts, by name."""
    state = module.state if isinstance(module, Inert) else None
    if not depth or not isinstance(state, dict):
        return
    for name, value in dict.items(state):
        if isinstance(value, Inert):
            yield from _parameters(value, f"{prefix}{name}.", depth - 1)
        elif hasattr(value, "untyped_storage"):
            yield f"{prefix}{name}", value


def parts_of(path: Path) -> list[Path]:
    """The files of a checkpoint that is divided into several, from its index or from one of them; else none.

    Raises:
        ModelError: A part is missing, or the index names no files beside it.
    """
    if path.name.endswith(".index.json"):
        index = read_json(path, _MAX_INDEX_BYTES, ModelError)
        names = index.get("weight_map") if isinstance(index, dict) else None
        listed = sorted(set(map(str, names.values()))) if isinstance(names, dict) else []
        if not 0 < len(listed) <= _MAX_PARTS or any(Path(name).name != name for name in listed):
            raise ModelError(f"{printable(path)} is not an index of a checkpoint.", "Give the checkpoint itself.")
    elif match := _PART.search(path.name):
        count = int(match[1])
        if not 1 < count <= _MAX_PARTS:
            return []
        listed = [
            f"{path.name[: match.start()]}-{number:05d}-of-{count:05d}{match[2]}" for number in range(1, count + 1)
        ]
    else:
        return []
    for number, name in enumerate(listed, 1):
        if not is_file(path.with_name(name)):
            raise ModelError(
                f"{printable(path)} is divided into {len(listed)} parts, and part {number} is missing: "
                f"{excerpt(printable(name))}.",
                "Put all parts into one folder.",
            )
    return [path.with_name(name) for name in listed]


def load(path: Path, found: Inspected) -> Any:
    """Load an inspected checkpoint, which claims no more memory than its file has bytes.

    Returns:
        The state dict, or the content of a file without one.

    Raises:
        ModelError: The file is damaged.
        OutOfMemory: Memory ran out while the file was read.
    """
    loaded = _load(path, printable(path), found)
    return dict(_parameters(loaded)) if found.kind == "script" else _model_in(loaded)


def _load(path: Path, name: str, found: Inspected) -> Any:
    import torch
    from safetensors.torch import load_file
    from torch.serialization import safe_globals

    check_regular(path, ModelError)
    stand_ins: list[Any] = [(Inert, stand_in) for stand_in in found.stand_ins]
    try:
        if found.kind == "safetensors":
            with (
                refusing(f"{name} is damaged", "Fetch it again.", ModelError, bounded=True),
                utf8_name(path) as named,
            ):
                return load_file(named)
        with safe_globals(stand_ins), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with utf8_name(path) as named:
                source: str | io.BytesIO = _without_code(path) if found.kind == "script" else named
                return torch.load(source, map_location="cpu", weights_only=True, mmap=found.kind == "zip")
    except VqclipError:
        raise
    # Whatever the bytes of a stranger make torch raise means the same to the reader.
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(f"the system has no memory left to read {name}.", MORE_MEMORY) from None
        # The message of torch also recommends switching the protection off.
        text = re.sub(r"^Weights only load failed.*?WeightsUnpickler error:\s*", "", str(error), flags=re.DOTALL)
        said = reason(Exception(text.strip() or type(error).__name__)).split(". ")[0]
        raise ModelError(f"{name} cannot be read safely: {said}.", _SAFER) from None


def _without_code(path: Path) -> io.BytesIO:
    """A TorchScript archive as a plain checkpoint: torch would execute the code in the archive itself."""
    copy = io.BytesIO()
    with open_regular(path, ModelError) as handle, zipfile.ZipFile(handle) as old, zipfile.ZipFile(copy, "w") as new:
        for member in filter(is_read, old.namelist()):
            new.writestr(f"archive/{member.partition('/')[2]}", old.read(member))
    copy.seek(0)
    return copy


def _model_in(loaded: Any, depth: int = 4) -> Any:
    """The largest state dict under one of the `_KEYS`, the first of several; the content itself without one."""
    inner = [dict.get(loaded, key) for key in _KEYS] if isinstance(loaded, dict) and depth else []
    found = [_model_in(each, depth - 1) for each in inner if isinstance(each, dict)]
    return max(found, key=_tensors_in, default=loaded)


def _tensors_in(state: dict[Any, Any]) -> int:
    return sum(hasattr(value, "untyped_storage") for value in dict.values(state))

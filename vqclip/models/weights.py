"""Foreign weights in, checked tensors out: the only room that loads what others wrote.

torch and safetensors are imported when a function needs them, so that importing this room stays cheap.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
import warnings
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqclip.errors import InputError, ModelError
from vqclip.files import data_path, printable
from vqclip.models import catalogue
from vqclip.models.inspection import Inspected, inspect
from vqclip.reading import open_regular

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

# Kept by training, of no use afterwards: the perceptual loss, the discriminator, and LDM's running average.
TRAINING_ONLY = ("loss.", "model_ema.")
# What wrappers put before every name: data parallelism, and taming's transformer around its first stage.
WRAPPERS = ("module.", "first_stage_model.", "module.first_stage_model.", "model.")
_LEFT_OUT = tuple(wrapper + part for wrapper in ("", *WRAPPERS) for part in TRAINING_ONLY)
_SAFER = "Use a .safetensors copy of the model, or a file from its makers."

Explain = Callable[[Mapping[str, "Tensor"], Mapping[str, "Tensor"]], str | None]


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
    """Networks built within have parameters without storage, to be filled by `load_into`.

    Their makers' initial values are not drawn: for tensors without storage torch would import its compiler to do so,
    which takes as long as all of torch.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    class _Undrawn(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            known = kwargs or {}
            if getattr(function, "__module__", "") == "torch.nn.init":
                return known["tensor"] if "tensor" in known else args[0]
            return function(*args, **known)

    with torch.device("meta"), _Undrawn():
        yield


class Inert:
    """Takes the place of a training framework's object in a pickle, and does nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def read_state_dict(
    path: Path, expected_bytes: int | None = None, *, wrappers: Iterable[str] = ("state_dict", "model")
) -> dict[str, Tensor]:
    """Read the tensors of a Lightning .ckpt, a plain .pt (of any torch) or a .safetensors file.

    Optimiser states, losses and everything else that is not the model is left out. The tensors are dense, on
    the CPU, as stored (fp16 stays fp16), and may be views of the file. expected_bytes: the file's published
    size, if known. wrappers: under which of these names the tensors may lie, the first that is there. Raises
    ModelError for what `vqclip.models.inspection` refuses, and for sparse, quantised, complex
    or overlapping tensors.
    """
    found = inspect(path, expected_bytes)
    name = printable(path)
    loaded = _load_safetensors(path, name) if found.kind == "safetensors" else _load_pickle(path, name, found)
    for wrapper in wrappers:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapper), Mapping):
            loaded = loaded[wrapper]
            break
    if not isinstance(loaded, Mapping) or not all(isinstance(key, str) for key in loaded):
        raise ModelError(f"{name} holds no state dict but a {type(loaded).__name__}.", _SAFER)
    state: dict[str, Tensor] = {}
    for key, value in loaded.items():
        if key.startswith(_LEFT_OUT):
            continue
        problem = _problem(value)
        if problem:
            raise ModelError(f"{name}: the tensor {printable(key)} {problem}.", _SAFER)
        state[key] = value.detach()
    if not state:
        raise ModelError(f"{name} holds no weights.", "Give the checkpoint of a model.")
    return state


def check_state_dict(
    state: Mapping[str, Tensor],
    expected: Mapping[str, Tensor],
    source: str,
    explain: Explain | None = None,
    ignored: tuple[str, ...] = (),
) -> dict[str, Tensor]:
    """Return the tensors that a model expects, under its own names, and nothing else.

    expected: the model's state dict; only shapes are looked at, so it may be on the meta device. source: how
    messages name the checkpoint. explain: turns a mismatch of both into words of its model, or None. ignored:
    beginnings of names that the checkpoint may hold and the model does without. The names of known wrappers
    are taken off. Raises ModelError for missing and unknown names, other shapes, NaN and infinity.
    """
    state = _unwrapped(state, expected)
    state = {key: value for key, value in state.items() if key in expected or not key.startswith(ignored)}
    missing = [key for key in expected if key not in state]
    extra = [key for key in state if key not in expected]
    other = [key for key in expected if key in state and state[key].shape != expected[key].shape]
    if missing or extra or other:
        told = explain(state, expected) if explain else None
        raise ModelError(
            f"{source} does not fit its configuration: {told or _mismatch(state, expected, missing, extra, other)}.",
            "Give the YAML file that belongs to this checkpoint.",
        )
    for key in expected:
        if not _is_finite(state[key]):
            raise ModelError(f"{source}: the tensor {key} holds NaN or infinity.", "Fetch it again.")
    return {key: state[key] for key in expected}


def load_into(
    module: nn.Module,
    state: Mapping[str, Tensor],
    source: str,
    *,
    dtype: torch.dtype | None = None,
    explain: Explain | None = None,
    ignored: tuple[str, ...] = (),
) -> None:
    """Give a module on the meta device its weights, frozen and in evaluation mode.

    dtype: of all floating-point weights; float32 when not given, also for fp16 storage. The rest as in
    `check_state_dict`, which it begins with.
    """
    import torch

    checked = check_state_dict(state, module.state_dict(), source, explain, ignored)
    wanted = dtype or torch.float32
    ready = {
        key: (value.to(wanted) if value.is_floating_point() else value).contiguous() for key, value in checked.items()
    }
    module.load_state_dict(ready, strict=True, assign=True)
    module.requires_grad_(False).eval()


def leave_file(module: nn.Module, cast: torch.dtype) -> None:
    """Copy a module's tensors out of the file that they are mapped from, in place.

    cast: precision that the module was put into; what is in it was copied then, as all was that went to a GPU.

    A file stays in memory as long as one tensor of it is in use, and a cast leaves a few behind: of a ViT-B/32 in
    bfloat16 norms and embeddings alone held 0.6 GB of float32 weights that nothing read any more.
    """
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_cpu and tensor.dtype != cast:
            tensor.data = tensor.data.clone()


def sha256(path: Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits, read once per process and state of the file.

    Raises ModelError when it cannot be read.
    """
    try:
        status = path.stat()
    except OSError:
        raise ModelError(f"{printable(path)} does not exist.", "Check the path.") from None
    return _digest(path, status.st_size, status.st_mtime_ns, status.st_ino)


def verify_sha256(path: Path, expected: str | None) -> None:
    """Raise ModelError unless a file is the one that was published; None accepts any."""
    if expected is not None and sha256(path) != expected:
        raise ModelError(
            f"{printable(path)} is not the published file: its SHA-256 is {sha256(path)}, not {expected}.",
            "Remove it and fetch it again, or name it with --vqgan FILE if you mean this one.",
        )


def verify_sums(folder: Path) -> list[str]:
    """Check every file that SHA256SUMS in a folder lists, and return their names.

    Raises ModelError for the first that is missing or differs, and for a list that names files elsewhere.
    """
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise ModelError(f"{printable(folder)} has no readable SHA256SUMS.", "Install vqclip again.") from None
    names = []
    for line in filter(None, lines):
        match = re.fullmatch(r"([0-9a-f]{64})  ([\w./-]+)", line)
        if match is None or match[2].startswith("/") or ".." in Path(match[2]).parts:
            raise ModelError(f"{printable(folder / 'SHA256SUMS')} has a wrong line: {printable(line)}.")
        verify_sha256(folder / match[2], match[1])
        names.append(match[2])
    return names


def verify_all(names: Container[str] | None = None) -> dict[str, bool]:
    """Check the shipped models and the VQGANs in the cache: whether each had a hash to check, by its name.

    names: of the models to check, "tiny" for all that are shipped; None for every one. Raises ModelError for the
    first file that is not the published one.
    """
    shipped = names is None or "tiny" in names
    checked = dict.fromkeys(verify_sums(data_path("checkpoints")), True) if shipped else {}
    for entry in catalogue.vqgan_entries():
        if entry.file is None and entry.path.is_file() and (names is None or entry.name in names):
            verify_sha256(entry.path, entry.sha256)
            checked[entry.name] = entry.sha256 is not None
    return checked


def _load_safetensors(path: Path, name: str) -> Mapping[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        loaded: Mapping[str, Any] = load_file(path)
    except (SafetensorError, ValueError, KeyError, RuntimeError, OSError) as error:
        raise ModelError(f"{name} is damaged: {_one_line(error)}.", "Fetch it again.") from None
    return loaded


def _load_pickle(path: Path, name: str, found: Inspected) -> Any:
    import torch
    from torch.serialization import safe_globals

    stand_ins: list[Any] = [(Inert, stand_in) for stand_in in found.stand_ins]
    try:
        with safe_globals(stand_ins), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return torch.load(str(path), map_location="cpu", weights_only=True, mmap=found.kind == "zip")
    # The bytes are a stranger's: whatever they make torch raise means the same to the reader.
    except Exception as error:
        raise ModelError(f"{name} cannot be read safely: {_one_line(error)}.", _SAFER) from None


def _problem(value: object) -> str | None:
    """What makes a value unfit to be a weight, before any of its numbers is looked at."""
    import torch

    if not isinstance(value, torch.Tensor):
        return f"is a {type(value).__name__}, not a tensor"
    if value.is_nested:
        return "is nested"
    if value.layout != torch.strided:
        return "is sparse"
    if value.is_quantized:
        return "is quantised"
    if value.is_complex():
        return "is complex"
    if value.device.type != "cpu":
        return "is without values"
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        return f"claims {value.numel()} numbers but stores fewer"
    return None


def _unwrapped(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    def matches(prefix: str) -> int:
        return sum(prefix + key in state for key in expected)

    best = max(("", *WRAPPERS), key=matches)
    if not best:
        return state
    return {key.removeprefix(best): value for key, value in state.items() if key.startswith(best)}


def _mismatch(
    state: Mapping[str, Tensor],
    expected: Mapping[str, Tensor],
    missing: Iterable[str],
    extra: Iterable[str],
    other: Iterable[str],
) -> str:
    shapes = [f"{key} is {_shape(state[key])} instead of {_shape(expected[key])}" for key in other]
    parts = []
    for what, names in (
        ("with other shapes", shapes),
        ("missing", list(missing)),
        ("unknown", list(map(printable, extra))),
    ):
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            parts.append(f"{len(names)} tensor{'s' if len(names) > 1 else ''} {what} ({', '.join(names[:5])}{more})")
    return "; ".join(parts)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape)) or "a single number"


def _is_finite(tensor: Tensor) -> bool:
    import torch

    if not tensor.is_floating_point() or not tensor.numel():
        return True
    # Both ends in one pass: NaN passes through, and no mask of the tensor's size is made.
    if tensor.element_size() < 2:
        tensor = tensor.float()
    low, high = torch.aminmax(tensor)
    return bool(torch.isfinite(low) and torch.isfinite(high))


def _one_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    # torch's own message goes on to recommend switching the protection off.
    text = re.sub(r"^Weights only load failed.*?WeightsUnpickler error:\s*", "", text, flags=re.DOTALL)
    return printable(text.split("\n")[0].split(". ")[0].strip().rstrip("."))[:200]


@functools.lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int, inode: int) -> str:
    digest = hashlib.sha256()
    try:
        with open_regular(path) as handle:
            while block := handle.read(1 << 20):
                digest.update(block)
    except InputError as error:
        raise ModelError(error.message, error.hint) from None
    return digest.hexdigest()

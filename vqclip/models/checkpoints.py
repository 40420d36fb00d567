"""Load checkpoints from other people as checked tensors. No other module loads such weights.

torch and safetensors are imported where a function needs them, which keeps the import of this module cheap.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import re
from collections.abc import Callable, Container, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from vqclip.errors import ModelError
from vqclip.files import data_path, excerpt, is_file, printable
from vqclip.models import catalogue, weight_files
from vqclip.models.inspection import inspect
from vqclip.reading import (
    open_regular,
    read_text,
    refusing,
)

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

AVERAGES = "model_ema."
"""Prefix of the running averages of latent-diffusion and IBQ."""
# Only training needs these: the perceptual loss and the discriminator, and in most models the running averages.
TRAINING_ONLY = ("loss.", AVERAGES)
# Prefixes that wrappers add to every name: data parallelism, and taming's transformer around its first stage.
WRAPPERS = ("module.", "first_stage_model.", "module.first_stage_model.", "model.")
# How often the names of a checkpoint may share one storage. Tied weights do so a few times.
_MAX_SHARING = 16
_BLOCK = 2**20
_MAX_SUMS_BYTES = 10**6
_SAFER = "Use a .safetensors copy of the model, or a file from its makers."

_OF_CONFIG = ("its configuration", "Give the YAML file that belongs to this checkpoint.")

Explain = Callable[[Mapping[str, "Tensor"], Mapping[str, "Tensor"]], str | None]


@contextlib.contextmanager
def without_weights() -> Iterator[None]:
    """Build networks on the meta device, without storage; `load_into` gives them their weights."""
    import torch

    with torch.device("meta"), _without_init():
        yield


@contextlib.contextmanager
def without_parameters() -> Iterator[None]:
    """Build networks whose parameters have no storage, but whose buffers have their values."""
    from torch import nn

    register = nn.Module.register_parameter

    def on_meta(module: nn.Module, name: str, parameter: nn.Parameter | None) -> None:
        register(module, name, None if parameter is None else nn.Parameter(parameter.to("meta"), False))

    nn.Module.register_parameter = on_meta  # type: ignore[method-assign,assignment]
    try:
        with _without_init():
            yield
    finally:
        nn.Module.register_parameter = register  # type: ignore[method-assign]


def _without_init() -> contextlib.AbstractContextManager[object]:
    """Skip initial values: to draw them on the meta device, torch would import its compiler, which takes long."""
    from torch.overrides import TorchFunctionMode

    class _SkipInit(TorchFunctionMode):
        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            known = kwargs or {}
            if getattr(function, "__module__", "") == "torch.nn.init":
                return known["tensor"] if "tensor" in known else args[0]
            return function(*args, **known)

    skipped: contextlib.AbstractContextManager[object] = _SkipInit()
    return skipped


def read_state_dict(path: Path, expected_bytes: int | None = None, *, averages: bool = False) -> dict[str, Tensor]:
    """Read the tensors of a Lightning .ckpt, a .pt of any version of torch, a TorchScript archive or .safetensors.

    The state dict may be inside of others (see `weight_files`). The parts of a divided checkpoint are read together.

    Args:
        path: The file, one of its parts, or the index of the parts.
        expected_bytes: Its published size, if known.
        averages: Keep the running averages of the weights, which have names in `model_ema.`.

    Returns:
        Dense tensors on the CPU, as stored (float16 stays float16); they may be views of the file. Optimiser states,
        losses and everything else outside the model are left out.

    Raises:
        ModelError: `inspect` refuses the file, or a tensor is sparse, quantised or complex, or overlaps others.
        OutOfMemory: Memory ran out while the file was read.
    """
    if parts := weight_files.parts_of(path):
        return {key: value for part in parts for key, value in _read_file(part, None, averages).items()}
    return _read_file(path, expected_bytes, averages)


def _read_file(path: Path, expected_bytes: int | None, averages: bool) -> dict[str, Tensor]:
    """The tensors of one file, see `read_state_dict`."""
    found = inspect(path, expected_bytes)
    name = printable(path)
    loaded = weight_files.load(path, found)
    # A subclass of dict may replace its methods by any attribute.
    entries = dict(dict.items(loaded)) if isinstance(loaded, dict) else None
    if entries is None or not all(type(key) is str for key in entries):
        what = "an object of Python" if isinstance(loaded, weight_files.Inert) else f"a {type(loaded).__name__}"
        raise ModelError(f"{name} holds no state dict but {what}.", _SAFER)
    left_out = tuple(
        wrapper + part for wrapper in ("", *WRAPPERS) for part in TRAINING_ONLY if not (averages and part == AVERAGES)
    )
    state: dict[str, Tensor] = {}
    for key, value in entries.items():
        # torch.compile puts these words into the names of what it wraps.
        key = key.replace("_orig_mod.", "")
        if key.startswith(left_out):
            continue
        if problem := _problem(value) if _is_name(key) else "has a name that no file can hold":
            raise ModelError(f"{name}: the tensor {_short(key)} {problem}.", _SAFER)
        state[key] = _plain(value)
    if not state:
        raise ModelError(f"{name} holds no weights.", "Give the checkpoint of a model.")
    _check_sharing(state, found.size, name)
    return state


def check_state_dict(
    state: Mapping[str, Tensor],
    expected: Mapping[str, Tensor],
    source: str,
    explain: Explain | None = None,
    ignored: tuple[str, ...] = (),
    fits: tuple[str, str] = _OF_CONFIG,
) -> dict[str, Tensor]:
    """Return exactly the tensors that a model expects, under its own names.

    Args:
        state: Tensors of a checkpoint. Prefixes of known wrappers are removed.
        expected: The model's state dict; only shapes and dtypes are read, so it may be on the meta device.
        source: Names the checkpoint in messages.
        explain: Describes a mismatch in the model's own words, or returns None.
        ignored: Prefixes of tensors that the checkpoint may hold and the model does not need.
        fits: What it has to fit, in words, and what to do when it does not.

    Raises:
        ModelError: A name is missing or unknown, a shape or kind of number differs, or a number is not finite.
    """
    state = _unwrapped(state, expected)
    ignored += TRAINING_ONLY
    state = {key: value for key, value in state.items() if key in expected or not key.startswith(ignored)}
    if difference := _mismatch(state, expected):
        described = explain(state, expected) if explain else None
        raise ModelError(f"{source} does not fit {fits[0]}: {described or difference}.", fits[1])
    for key, wanted in expected.items():
        if problem := _wrong_kind(state[key], wanted):
            raise ModelError(f"{source}: the tensor {key} {problem}.", "Use a checkpoint with weights of that kind.")
    for key in expected:
        if not _is_finite(state[key]):
            raise ModelError(f"{source}: the tensor {key} holds NaN or infinity.", "Fetch it again.")
    return {key: _of_kind(state[key], wanted) for key, wanted in expected.items()}


def load_into(
    module: nn.Module,
    state: Mapping[str, Tensor],
    source: str,
    *,
    explain: Explain | None = None,
    ignored: tuple[str, ...] = (),
    fits: tuple[str, str] = _OF_CONFIG,
) -> None:
    """Give a module on the meta device its weights in float32, frozen and in evaluation mode.

    The other arguments and errors are those of `check_state_dict`.
    """
    checked = check_state_dict(state, module.state_dict(), source, explain, ignored, fits)
    ready = {
        key: (value.float() if value.is_floating_point() else value).contiguous() for key, value in checked.items()
    }
    module.load_state_dict(ready, strict=True, assign=True)
    module.requires_grad_(False).eval()


def leave_file(module: nn.Module, cast: torch.dtype) -> None:
    """Copy the tensors of a module that are still mapped from a file, so that the file's memory is freed.

    One mapped tensor keeps the whole file in memory. After a ViT-B/32 was cast to bfloat16, its norms and embeddings
    alone held 0.6 GB of float32 weights that nothing read.

    Args:
        module: The network, changed in place.
        cast: The precision that it was cast to. Tensors of that precision were copied by the cast, and those on a GPU
            by the move.
    """
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_cpu and tensor.dtype != cast:
            tensor.data = tensor.data.clone()


def sha256(path: Path) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits. An unchanged file is read once per process.

    That of a checkpoint in several parts is the SHA-256 of those of its parts, in order.

    Raises:
        ModelError: The file cannot be read, or a part is missing.
    """
    if parts := weight_files.parts_of(path):
        return hashlib.sha256("\n".join(map(_sha256, parts)).encode()).hexdigest()
    return _sha256(path)


def _sha256(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        raise ModelError(f"{printable(path)} does not exist.", "Check the path.") from None
    return _digest(path, status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int, inode: int) -> str:
    message = f"{printable(path)} cannot be read"
    with open_regular(path, ModelError) as handle, refusing(message, "", ModelError, bounded=True):
        return hashlib.file_digest(cast(io.BufferedReader, handle), "sha256").hexdigest()


def verify_sha256(path: Path, expected: str | None) -> None:
    """Raise ModelError unless a file has the published hash; None accepts any file."""
    if expected is not None and sha256(path) != expected:
        raise ModelError(
            f"{printable(path)} is not the published file: its SHA-256 is {sha256(path)}, not {expected}.",
            "Remove it and fetch it again, or name it with --vqgan FILE if you mean this one.",
        )


def read_sums(folder: Path, hint: str = "Install vqclip again.") -> dict[str, str]:
    """The SHA-256 of every file that the SHA256SUMS of a folder lists, by name.

    Raises:
        ModelError: There is no such list, or it names files outside the folder.
    """
    try:
        lines = read_text(folder / "SHA256SUMS", _MAX_SUMS_BYTES, ModelError).splitlines()
    except ModelError:
        raise ModelError(f"{printable(folder)} has no readable SHA256SUMS.", hint) from None
    sums = {}
    for line in filter(None, lines):
        match = re.fullmatch(r"([0-9a-f]{64})  ([\w./-]+)", line)
        if match is None or match[2].startswith("/") or ".." in Path(match[2]).parts:
            raise ModelError(f"{printable(folder / 'SHA256SUMS')} has a wrong line: {_short(line)}.", hint)
        sums[match[2]] = match[1]
    return sums


def verify_sums(folder: Path) -> list[str]:
    """Check every file that the SHA256SUMS of a folder lists, and return their names.

    Raises:
        ModelError: As `read_sums`, or a file is missing or differs.
    """
    sums = read_sums(folder)
    for name, expected in sums.items():
        verify_sha256(folder / name, expected)
    return list(sums)


def verify_all(names: Container[str] | None = None) -> dict[str, bool]:
    """Check the shipped models and the VQGANs in the cache against their published hashes.

    Args:
        names: Models to check; "tiny" stands for everything shipped, None for every model.

    Returns:
        For each name whether a hash of it is published.

    Raises:
        ModelError: A file is not the published one.
    """
    shipped = names is None or "tiny" in names
    checked = dict.fromkeys(verify_sums(data_path("checkpoints")), True) if shipped else {}
    for entry in catalogue.vqgan_entries():
        if entry.file is None and is_file(entry.path) and (names is None or entry.name in names):
            verify_sha256(entry.path, entry.sha256)
            checked[entry.name] = entry.sha256 is not None
    return checked


def _problem(value: object) -> str | None:
    """Why a value cannot be a weight, without reading its numbers; None if it can."""
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


def _is_name(key: str) -> bool:
    """Whether safetensors can hold a tensor of that name: no lone surrogate, and not its own keyword."""
    return key != "__metadata__" and (key.isascii() or key.isprintable() or not re.search("[\ud800-\udfff]", key))


def _plain(value: Tensor) -> Tensor:
    """The same numbers as a plain tensor, without a subclass, gradient, hooks or attributes."""
    import torch

    return torch.Tensor.detach(value).as_subclass(torch.Tensor)


def _check_sharing(state: Mapping[str, Tensor], stored: int, name: str) -> None:
    """Refuse tensors that overlap so often, or reach so far, that copies of them would fill the memory."""
    largest = max(tensor.untyped_storage().nbytes() for tensor in state.values())
    claimed = sum(tensor.nbytes for tensor in state.values())
    if largest > stored or claimed > _MAX_SHARING * stored:
        raise ModelError(f"{name} claims {claimed} bytes of numbers but has {stored} bytes.", _SAFER)


def _wrong_kind(given: Tensor, wanted: Tensor) -> str | None:
    """What is wrong with the dtype of a tensor, or None."""
    import torch

    kind = str(given.dtype).removeprefix("torch.")
    if not given.is_floating_point() and kind != "bool" and not kind.startswith(("int", "uint")):
        return f"is {kind}, which torch cannot compute with"
    if wanted.is_floating_point():
        if not given.is_floating_point():
            return f"is {kind}; it has to be a floating-point type such as float32"
        try:
            torch.empty(1, dtype=given.dtype).to(torch.float32)
        except (RuntimeError, NotImplementedError):
            return f"is {kind}, which torch cannot compute with; it has to be a type such as float32"
        return None
    if wanted.dtype == torch.bool:
        return None if given.dtype in (torch.bool, torch.uint8) else f"is {kind}; it has to be bool"
    fits = given.dtype != torch.bool
    # Casting a whole state dict to float16 casts its counters too.
    if given.is_floating_point():
        fits = given.numel() <= _BLOCK and bool(torch.equal(given.float(), given.float().round()))
    return None if fits else f"is {kind}; it has to be an integer type such as int64"


def _of_kind(given: Tensor, wanted: Tensor) -> Tensor:
    """The tensor, with integers that are stored as floats turned back into integers."""
    return given if given.is_floating_point() == wanted.is_floating_point() else given.to(wanted.dtype)


def _unwrapped(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Remove what wrappers, such as data parallelism, put before every name."""
    names = list(expected)
    anchors = {names[at * (len(names) - 1) // 4] for at in range(5)} if names else set()
    prefixes = {key.removesuffix(name) for key in state for name in anchors if key.endswith(f".{name}")}

    def matches(prefix: str) -> tuple[int, bool, int]:
        return sum(prefix + key in state for key in expected), "ema" in prefix, -len(prefix)

    best = max(sorted({"", *prefixes}), key=matches)
    return {key.removeprefix(best): value for key, value in state.items() if key.startswith(best)} if best else state


def _mismatch(state: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> str:
    """How names and shapes of the tensors differ; empty when they are the same."""
    other = [key for key in expected if key in state and state[key].shape != expected[key].shape]
    parts = []
    for what, names in (
        ("with other shapes", [f"{key} is {_shape(state[key])} instead of {_shape(expected[key])}" for key in other]),
        ("missing", [key for key in expected if key not in state]),
        ("unknown", [_short(key) for key in state if key not in expected]),
    ):
        if names:
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            parts.append(f"{len(names)} tensor{'s' if len(names) > 1 else ''} {what} ({', '.join(names[:5])}{more})")
    return "; ".join(parts)


def _shape(tensor: Tensor) -> str:
    return "×".join(map(str, tensor.shape[:8])) + ("×…" if tensor.ndim > 8 else "") or "a single number"


def _is_finite(tensor: Tensor) -> bool:
    import torch

    if not tensor.is_floating_point() or not tensor.numel():
        return True
    if tensor.element_size() < 2:
        # torch has no minimum for these types, so they are cast in blocks.
        blocks = torch.split(tensor.flatten(), _BLOCK)
        return all(bool(torch.isfinite(block.float()).all()) for block in blocks)
    # One pass over the tensor that NaN survives, and no mask of its size.
    low, high = torch.aminmax(tensor)
    return bool(torch.isfinite(low) and torch.isfinite(high))


def _short(text: str) -> str:
    return excerpt(printable(text), 200)

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

from vqclip.errors import ModelError
from vqclip.files import data_path, excerpt, is_file, printable
from vqclip.models import catalogue
from vqclip.models.inspection import Inspected, inspect
from vqclip.reading import MALFORMED, check_regular, open_regular, read_text, refusing

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

# Kept by training, of no use afterwards: the perceptual loss, the discriminator, and LDM's running average.
TRAINING_ONLY = ("loss.", "model_ema.")
# What wrappers put before every name: data parallelism, and taming's transformer around its first stage.
WRAPPERS = ("module.", "first_stage_model.", "module.first_stage_model.", "model.")
_LEFT_OUT = tuple(wrapper + part for wrapper in ("", *WRAPPERS) for part in TRAINING_ONLY)
# Names in one storage: a model that shares weights does so a few times.
_MAX_SHARING = 16
_SHOWN = 200
_BLOCK = 2**20
_MAX_SUMS_BYTES = 10**6
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
        if isinstance(loaded, dict) and isinstance(dict.get(loaded, wrapper), dict):
            loaded = dict.get(loaded, wrapper)
            break
    # A subclass of dict may have any attribute in the place of its methods.
    entries = dict(dict.items(loaded)) if isinstance(loaded, dict) else None
    if entries is None or not all(type(key) is str for key in entries):
        raise ModelError(f"{name} holds no state dict but a {type(loaded).__name__}.", _SAFER)
    state: dict[str, Tensor] = {}
    for key, value in entries.items():
        if key.startswith(_LEFT_OUT):
            continue
        problem = _problem(value) if _is_name(key) else "has a name that no file can hold"
        if problem:
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
) -> dict[str, Tensor]:
    """Return the tensors that a model expects, under its own names, and nothing else.

    expected: the model's state dict; only shapes and kinds of numbers are looked at, so it may be on the meta device.
    source: how messages name the checkpoint. explain: turns a mismatch of both into words of its model, or None.
    ignored: beginnings of names that the checkpoint may hold and the model does without. The names of known wrappers
    are taken off. Raises ModelError for missing and unknown names, other shapes and kinds of numbers, NaN and
    infinity.
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
        lines = read_text(folder / "SHA256SUMS", _MAX_SUMS_BYTES, ModelError).splitlines()
    except ModelError:
        raise ModelError(f"{printable(folder)} has no readable SHA256SUMS.", "Install vqclip again.") from None
    names = []
    for line in filter(None, lines):
        match = re.fullmatch(r"([0-9a-f]{64})  ([\w./-]+)", line)
        if match is None or match[2].startswith("/") or ".." in Path(match[2]).parts:
            raise ModelError(
                f"{printable(folder / 'SHA256SUMS')} has a wrong line: {_short(line)}.", "Install vqclip again."
            )
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
        if entry.file is None and is_file(entry.path) and (names is None or entry.name in names):
            verify_sha256(entry.path, entry.sha256)
            checked[entry.name] = entry.sha256 is not None
    return checked


def _load_safetensors(path: Path, name: str) -> Any:
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except MALFORMED as error:
        raise ModelError(f"{name} is damaged: {_one_line(error)}.", "Fetch it again.") from None


def _load_pickle(path: Path, name: str, found: Inspected) -> Any:
    import torch
    from torch.serialization import safe_globals

    stand_ins: list[Any] = [(Inert, stand_in) for stand_in in found.stand_ins]
    check_regular(path, ModelError)
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


def _is_name(key: str) -> bool:
    """Whether safetensors can hold a tensor of that name: not with half a character, nor under its own keyword."""
    return key != "__metadata__" and (key.isascii() or key.isprintable() or not re.search("[\ud800-\udfff]", key))


def _plain(value: Tensor) -> Tensor:
    """The same numbers as a plain tensor: without a class, a gradient, hooks and attributes of its own."""
    import torch

    return torch.Tensor.detach(value).as_subclass(torch.Tensor)


def _check_sharing(state: Mapping[str, Tensor], stored: int, name: str) -> None:
    """Refuse tensors that lie over each other so often, or reach so far, that copies of them fill the memory."""
    largest = max(tensor.untyped_storage().nbytes() for tensor in state.values())
    claimed = sum(tensor.nbytes for tensor in state.values())
    if largest > stored or claimed > _MAX_SHARING * stored:
        raise ModelError(f"{name} claims {claimed} bytes of numbers but has {stored} bytes.", _SAFER)


def _wrong_kind(given: Tensor, wanted: Tensor) -> str | None:
    """What is wrong with the kind of numbers of a tensor, or None."""
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
    # Who casts a whole state dict to float16 casts its counters, too.
    if given.is_floating_point():
        fits = given.numel() <= _BLOCK and bool(torch.equal(given.float(), given.float().round()))
    return None if fits else f"is {kind}; it has to be an integer type such as int64"


def _of_kind(given: Tensor, wanted: Tensor) -> Tensor:
    """The tensor with numbers of the wanted kind: integers stored as floats become integers."""
    return given if given.is_floating_point() == wanted.is_floating_point() else given.to(wanted.dtype)


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
        ("unknown", list(map(_short, extra))),
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
        # torch has no minimum of them: they are cast, a block at a time.
        blocks = torch.split(tensor.flatten(), _BLOCK)
        return all(bool(torch.isfinite(block.float()).all()) for block in blocks)
    # Both ends in one pass: NaN passes through, and no mask of the tensor's size is made.
    low, high = torch.aminmax(tensor)
    return bool(torch.isfinite(low) and torch.isfinite(high))


def _short(text: str) -> str:
    return excerpt(printable(text), _SHOWN)


def _one_line(error: BaseException) -> str:
    text = str(error).strip() or type(error).__name__
    # torch's own message goes on to recommend switching the protection off.
    text = re.sub(r"^Weights only load failed.*?WeightsUnpickler error:\s*", "", text, flags=re.DOTALL)
    return printable(text.split("\n")[0].split(". ")[0].strip().rstrip("."))[:200]


@functools.lru_cache(maxsize=64)
def _digest(path: Path, size: int, modified: int, inode: int) -> str:
    digest = hashlib.sha256()
    with open_regular(path, ModelError) as handle, refusing(f"{printable(path)} cannot be read", "", ModelError):
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""Look at a checkpoint's bytes before anything is built from them. Nothing in a file is ever executed here.

The order is: an ordinary file, its first bytes, its container, and for pickles every global that they name.
`vqclip.models.weights` reads only what has passed.
"""

from __future__ import annotations

import json
import pickletools
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from vqclip.errors import InputError, ModelError
from vqclip.files import printable
from vqclip.reading import open_regular

MAX_PICKLE_BYTES = 256 * 2**20
MAX_HEADER_BYTES = 100 * 2**20

_DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
_STORAGES = ["Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"]
# All that a plain checkpoint of tensors and numbers names. torch's own list is wider: it also admits what
# allocates without data (bytearray, torch.Tensor) and the layouts below.
_PLAIN = frozenset(
    [
        "collections.OrderedDict",
        "collections.Counter",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch._utils._rebuild_parameter",
        "torch.nn.parameter.Parameter",
        "torch.Size",
        "torch.device",
        "_codecs.encode",
        *(f"torch.{dtype}" for dtype in _DTYPES),
        *(f"torch.{storage}Storage" for storage in _STORAGES),
        "torch.storage.UntypedStorage",
    ]
)
_ODD_TENSORS = {
    "torch._utils._rebuild_sparse_tensor": "sparse",
    "torch._utils._rebuild_sparse_csr_tensor": "sparse",
    "torch._utils._rebuild_qtensor": "quantised",
    "torch._utils._rebuild_nested_tensor": "nested",
    "torch._utils._rebuild_meta_tensor_no_storage": "without values",
    "torch._utils._rebuild_tensor_v3": "of an unusual number type",
    "torch.ComplexFloatStorage": "complex",
    "torch.ComplexDoubleStorage": "complex",
    "torch.complex32": "complex",
    "torch.complex64": "complex",
    "torch.complex128": "complex",
}
# Bookkeeping of training frameworks: it is replaced by an object that does nothing, so nothing of theirs runs.
_BOOKKEEPING = (
    "pytorch_lightning.",
    "lightning.",
    "lightning_fabric.",
    "omegaconf.",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "argparse.Namespace",
    "typing.Any",
    "collections.defaultdict",
    "pathlib.PosixPath",
    "pathlib.WindowsPath",
    "builtins.dict",
    "builtins.list",
    "builtins.int",
    "builtins.float",
    "builtins.str",
    "builtins.set",
)
_REFUSED = "Use a .safetensors copy of the model, or a file from its makers."
_AGAIN = "Fetch it again."


@dataclass(frozen=True)
class Inspected:
    """A checkpoint that may be read.

    kind: its container. stand_ins: the globals of its pickle that are to be replaced by inert objects.
    """

    kind: Literal["zip", "legacy", "safetensors"]
    stand_ins: tuple[str, ...] = ()


def inspect(path: Path, expected_bytes: int | None = None) -> Inspected:
    """Tell what kind of checkpoint a file is.

    expected_bytes: its published size, if known. Raises ModelError for anything but a whole checkpoint of
    plain tensors: other kinds of file, cut-off ones, compressed archives, and pickles that name a global
    outside the list above.
    """
    name = printable(path)
    try:
        handle = open_regular(path)
    except InputError as error:
        raise ModelError(error.message, error.hint) from None
    with handle:
        size = handle.seek(0, 2)
        if expected_bytes is not None and size < expected_bytes:
            raise _cut_short(name, size, f"{expected_bytes}")
        handle.seek(0)
        start = handle.read(512)
        handle.seek(0)
        # First, because the length that a safetensors file begins with can look like any other beginning.
        if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= MAX_HEADER_BYTES:
            return _inspect_safetensors(name, handle, size)
        if start[:4] == b"PK\x03\x04":
            return _inspect_zip(name, handle, size)
        if start[:1] == b"\x80" and start[1:2] in b"\x00\x01\x02\x03\x04\x05":
            return _inspect_legacy(name, handle)
        if what := looks_like(start):
            raise ModelError(f"{name} is not a checkpoint but {what}.", _AGAIN)
        return _inspect_safetensors(name, handle, size)


def looks_like(start: bytes) -> str:
    """What a file that begins with these bytes is, if it is a known thing that is no checkpoint; else nothing."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<"):
        return "a web page (HTML), probably the download page or an error message"
    if text.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer: the few lines that stand for the file, not the file"
    if text.startswith((b"{", b"[")):
        return "JSON text"
    return "gzip-compressed data" if start[:2] == b"\x1f\x8b" else ""


def _inspect_safetensors(name: str, handle: BinaryIO, size: int) -> Inspected:
    foreign = ModelError(f"{name} is not a checkpoint of a known kind.", "Known: .ckpt, .pt, .safetensors.")
    prefix = handle.read(9)
    if len(prefix) < 9 or prefix[8:] != b"{":
        raise foreign
    (length,) = struct.unpack("<Q", prefix[:8])
    if length > MAX_HEADER_BYTES:
        raise ModelError(f"{name} is damaged: its header claims {length} bytes.", _AGAIN)
    if 8 + length > size:
        raise _cut_short(name, size, f"at least {8 + length}")
    handle.seek(8)
    try:
        header = json.loads(handle.read(length))
        ends = [field["data_offsets"][1] for key, field in header.items() if key != "__metadata__"]
        total = 8 + length + max([0, *ends])
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        raise ModelError(f"{name} is damaged: its header cannot be read.", _AGAIN) from None
    if total > size:
        raise _cut_short(name, size, f"{total}")
    if total < size:
        raise ModelError(f"{name} is damaged: {size - total} bytes follow its last tensor.", _AGAIN)
    return Inspected("safetensors")


def _inspect_zip(name: str, handle: BinaryIO, size: int) -> Inspected:
    try:
        archive = zipfile.ZipFile(handle)
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        raise ModelError(
            f"{name} is cut short or damaged: its {size} bytes end without the directory of a zip archive.", _AGAIN
        ) from None
    if any(member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 for member in members):
        # torch never compresses; a few kB can unfold to gigabytes.
        raise ModelError(f"{name} is a compressed archive, which no checkpoint is.", _REFUSED)
    if sum(member.file_size for member in members) > size:
        raise ModelError(f"{name} claims more data than it has.", _REFUSED)
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise ModelError(f"{name} holds two files of one name.", _REFUSED)
    if any(member.endswith("/constants.pkl") for member in names):
        raise ModelError(f"{name} is a TorchScript program, not a checkpoint.", _REFUSED)
    pickles = [member for member in members if member.filename.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ModelError(f"{name} is a zip archive without a checkpoint in it.", _REFUSED)
    if pickles[0].file_size > MAX_PICKLE_BYTES:
        raise ModelError(f"{name} has an index of {pickles[0].file_size} bytes.", _REFUSED)
    try:
        with archive.open(pickles[0]) as pickle:
            stand_ins = _judge(name, _globals(pickle))  # type: ignore[arg-type]
    except (zipfile.BadZipFile, EOFError):
        raise ModelError(f"{name} is damaged: its index does not match its checksum.", _AGAIN) from None
    return Inspected("zip", stand_ins)


def _inspect_legacy(name: str, handle: BinaryIO) -> Inspected:
    """Judge all pickles of a file of torch before 1.6: magic, protocol, system, state, storage keys."""
    stand_ins: set[str] = set()
    for number in range(5):
        stand_ins.update(_judge(name, _globals(handle)))
        if number == 0 and handle.tell() > 64:
            raise ModelError(f"{name} is a pickle that torch did not write.", _REFUSED)
    return Inspected("legacy", tuple(sorted(stand_ins)))


def _globals(pickle: BinaryIO) -> Iterator[tuple[str, str]]:
    """Yield every global that a pickle names, with the text before it, which for a tensor is its name."""
    texts = ["", ""]
    for opcode, argument, _ in pickletools.genops(pickle):
        if opcode.name in ("GLOBAL", "INST"):
            yield str(argument).replace(" ", ".").replace("__builtin__.", "builtins."), texts[-1]
        elif opcode.name == "STACK_GLOBAL":
            yield ".".join(texts[-2:]), ""
        elif isinstance(argument, str) and argument != "storage":
            texts = [texts[-1], argument]


def _judge(name: str, named: Iterator[tuple[str, str]]) -> tuple[str, ...]:
    stand_ins = set()
    try:
        for found, text in named:
            if found in _PLAIN:
                continue
            if found in _ODD_TENSORS:
                raise ModelError(f"{name}: the tensor {printable(text)} is {_ODD_TENSORS[found]}.", _REFUSED)
            if not found.startswith(_BOOKKEEPING):
                raise ModelError(
                    f"{name} is refused: it would run {printable(found)} when loaded, "
                    "which a checkpoint has no need of.",
                    _REFUSED,
                )
            stand_ins.add(found)
    except (ValueError, OverflowError, RecursionError, struct.error):
        raise ModelError(f"{name} is damaged or cut short: its index ends too early.", _AGAIN) from None
    return tuple(sorted(stand_ins))


def _cut_short(name: str, size: int, whole: str) -> ModelError:
    return ModelError(f"{name} is cut short ({size} of {whole} bytes).", _AGAIN)

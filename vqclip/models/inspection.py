"""Inspect the bytes of a checkpoint before anything is built from them. Nothing in a file is executed here.

The order: it is an ordinary file, its first bytes, its container, and for pickles what they name and what loading
them would take. `vqclip.models.checkpoints` loads only what passes.
"""

from __future__ import annotations

import contextlib
import io
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from vqclip.errors import ModelError
from vqclip.files import printable
from vqclip.models.pickles import STORAGES, Budget, ExcessError, PickleError, Walk
from vqclip.reading import (
    MALFORMED,
    Bounded,
    check_structure,
    is_out_of_memory,
    open_regular,
    parse_json,
    refusing,
)
from vqclip.runtime.garbage import uncollected

MAX_PICKLE_BYTES = 32 * 2**20
"""Limit of the index of a checkpoint, which has about 200 bytes per tensor."""
MAX_HEADER_BYTES = 8 * 2**20
"""Limit of the header of a safetensors file: about 100 bytes per tensor; the largest known has 0.5 MB."""
MAX_DIRECTORY_BYTES = 8 * 2**20
"""Limit of the directory of a zip archive: about 70 bytes per tensor, which take ten times that in memory."""
_LEGACY_PICKLES = 5

_DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool"]
# Everything that a plain checkpoint of tensors and numbers names. torch's own list also admits what allocates memory
# without data (bytearray, torch.Tensor) and the layouts below.
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
        *(f"torch.{storage}Storage" for storage in STORAGES),
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
# Of the standard library, what checkpoints hold beside weights. `weight_files.Inert` replaces these objects and those
# of other libraries, such as callbacks and configurations: no code of theirs runs, and no module is imported.
_RECORDS = (
    "argparse.Namespace", "builtins.bool", "builtins.bytes", "builtins.complex", "builtins.dict",
    "builtins.float", "builtins.frozenset", "builtins.int", "builtins.list", "builtins.long", "builtins.object",
    "builtins.range", "builtins.set", "builtins.slice", "builtins.str", "builtins.tuple", "builtins.xrange",
    "collections.defaultdict", "collections.deque", "copy_reg._reconstructor", "copyreg._reconstructor",
    "datetime.", "decimal.Decimal", "enum.", "fractions.Fraction", "functools.partial", "pathlib.",
    "torch.Generator", "torch._C.Generator", "torch.nn.modules.", "torch.optim.",
    "torch.torch_version.TorchVersion", "torch.utils.data.", "types.SimpleNamespace", "typing.", "uuid.UUID",
)  # fmt: skip
# torch looks for these under their names in Python 3.
_RENAMED = {"builtins.long": "builtins.int", "builtins.xrange": "builtins.range"}
# What a pickle has no reason to name outside the list above. Nothing of it would run either, but a file that names a
# command is not what it seems to be.
_SUSPICIOUS = sys.stdlib_module_names | {
    "__builtin__",
    "commands",
    "copy_reg",
    "pip",
    "setuptools",
    "torch",
    "vqclip",
}
_SCRIPT = ("__torch__.", "torch.jit._pickle.")
"""Classes and lists of a TorchScript archive. Its code is in other files, which are not read."""
_REFUSED = "Use a .safetensors copy of the model, or a file from its makers."
_AGAIN = "Fetch it again."
_DAMAGED: tuple[type[Exception], ...] = (zipfile.BadZipFile, *MALFORMED)


@dataclass(frozen=True)
class Inspected:
    """A checkpoint that may be loaded.

    Attributes:
        kind: Its container; "script" is a TorchScript archive.
        size: Bytes of the file.
        stand_ins: Globals of its pickle that inert objects have to replace.
    """

    kind: Literal["zip", "legacy", "safetensors", "script"]
    size: int
    stand_ins: tuple[str, ...] = ()


def inspect(path: Path, expected_bytes: int | None = None, *, header_bytes: int = MAX_HEADER_BYTES) -> Inspected:
    """Find out what kind of checkpoint a file is.

    Args:
        path: The file.
        expected_bytes: Its published size, if known.
        header_bytes: Limit of the header of a safetensors file. Without its strings, MAX_HEADER_BYTES is the limit.

    Raises:
        ModelError: The file is not a complete checkpoint of plain tensors: it is of another kind, cut short or
            compressed, or its pickle names a global that is not listed above or takes too much to load.
        OutOfMemory: Memory ran out.
    """
    name = printable(path)
    message = f"{name} cannot be read"
    with open_regular(path, ModelError) as handle, refusing(message, _AGAIN, ModelError, bounded=True):
        size = handle.seek(0, 2)
        if expected_bytes is not None and size < expected_bytes:
            raise _cut_short(name, size, f"{expected_bytes}")
        handle.seek(0)
        start = handle.read(512)
        handle.seek(0)
        # This comes first because a safetensors file starts with its length, which can look like any other kind.
        if start[8:9] == b"{" and int.from_bytes(start[:8], "little") <= header_bytes:
            return _inspect_safetensors(name, handle, size, header_bytes)
        if start[:4] == b"PK\x03\x04":
            return _inspect_zip(name, handle, size)
        if start[:1] == b"\x80" and start[1:2] in b"\x00\x01\x02\x03\x04\x05":
            return _inspect_legacy(name, handle, size)
        if what := looks_like(start):
            raise ModelError(f"{name} is not a checkpoint but {what}.", _AGAIN)
        return _inspect_safetensors(name, handle, size, header_bytes)


def looks_like(start: bytes) -> str:
    """Name a known kind of file that is not a checkpoint, from its first bytes; empty for any other."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<"):
        return "a web page (HTML), probably the download page or an error message"
    if text.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer: the few lines that stand for the file, not the file"
    if text.startswith((b"{", b"[")):
        return "JSON text"
    return "gzip-compressed data" if start[:2] == b"\x1f\x8b" else ""


def _inspect_safetensors(name: str, handle: BinaryIO, size: int, most: int) -> Inspected:
    foreign = ModelError(f"{name} is not a checkpoint of a known kind.", "Known: .ckpt, .pt, .safetensors.")
    prefix = handle.read(9)
    if len(prefix) < 9 or prefix[8:] != b"{":
        raise foreign
    length = int.from_bytes(prefix[:8], "little")
    if length > most:
        raise ModelError(f"{name} is damaged: its header claims {length} bytes.", _AGAIN)
    if 8 + length > size:
        raise _cut_short(name, size, f"at least {8 + length}")
    handle.seek(8)
    with refusing(f"{name} is damaged: its header cannot be read", _AGAIN, ModelError, bounded=True):
        data = handle.read(length)
        if length > MAX_HEADER_BYTES:
            check_structure(data, MAX_HEADER_BYTES)
        header = parse_json(data)
        ends = [field["data_offsets"][1] for key, field in header.items() if key != "__metadata__"]
        if not all(type(end) is int and 0 <= end < 2**63 for end in ends):
            raise ValueError("an offset is not a number of bytes")
    total = 8 + length + max([0, *ends])
    if total > size:
        raise _cut_short(name, size, f"{total}")
    if total < size:
        raise ModelError(f"{name} is damaged: {size - total} bytes follow its last tensor.", _AGAIN)
    return Inspected("safetensors", size)


def _inspect_zip(name: str, handle: BinaryIO, size: int) -> Inspected:
    bounded = Bounded(handle, MAX_DIRECTORY_BYTES)
    with _damaged(f"{name} is cut short or damaged: its {size} bytes end without the directory of a zip archive."):
        archive = zipfile.ZipFile(bounded)
        members = archive.infolist()
    scripted = any(member.filename.endswith("/constants.pkl") for member in members)
    if scripted:
        # Its code is compressed, and not read.
        members = [member for member in members if is_read(member.filename)]
    if any(member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1 for member in members):
        # torch never compresses, and a few kB can unpack to gigabytes.
        raise ModelError(f"{name} is a compressed archive, which no checkpoint is.", _REFUSED)
    if sum(member.file_size for member in members) > size:
        raise ModelError(f"{name} claims more data than it has.", _REFUSED)
    names = [member.filename for member in members]
    if len(set(names)) != len(names):
        raise ModelError(f"{name} holds two files of one name.", _REFUSED)
    pickles = [member for member in members if member.filename.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ModelError(f"{name} is a zip archive without a checkpoint in it.", _REFUSED)
    if pickles[0].file_size > MAX_PICKLE_BYTES:
        raise _large_index(name)
    bounded.most = MAX_PICKLE_BYTES
    with _damaged(f"{name} is damaged: its index does not match its checksum."), archive.open(pickles[0]) as pickle:
        index = pickle.read(MAX_PICKLE_BYTES)
    stand_ins = _check_pickle(name, io.BytesIO(index), Walk(Budget(size)), _SCRIPT if scripted else ())
    return Inspected("script" if scripted else "zip", size, stand_ins)


def is_read(member: str) -> bool:
    """Whether a file in a TorchScript archive belongs to its weights."""
    _, _, inside = member.partition("/")
    return inside in ("data.pkl", "byteorder", "version") or inside.startswith("data/")


@contextlib.contextmanager
def _damaged(message: str) -> Iterator[None]:
    """Raise a ModelError for everything that a damaged file makes a reader raise, except for a lack of memory."""
    try:
        yield
    except PickleError:
        raise
    except _DAMAGED as problem:
        if is_out_of_memory(problem):
            raise
        raise ModelError(message, _AGAIN) from None


def _inspect_legacy(name: str, handle: BinaryIO, size: int) -> Inspected:
    """Check all pickles of a file of torch before 1.6: magic, protocol, system, state, storage keys."""
    index = io.BytesIO(handle.read(MAX_PICKLE_BYTES))
    stand_ins: set[str] = set()
    walk = Walk(Budget(size))
    for number in range(_LEGACY_PICKLES):
        try:
            stand_ins.update(_check_pickle(name, index, walk))
        except ModelError:
            if index.tell() >= MAX_PICKLE_BYTES:
                raise _large_index(name) from None
            raise
        if number == 0 and index.tell() > 64:
            raise ModelError(f"{name} is a pickle that torch did not write.", _REFUSED)
    return Inspected("legacy", size, tuple(sorted(stand_ins)))


def _check_pickle(name: str, pickle: BinaryIO, walk: Walk, also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the globals of a pickle that have to be replaced; ModelError for a pickle that may not be loaded."""
    stand_ins = set()
    try:
        with uncollected(), _damaged(f"{name} is damaged or cut short: its index ends too early."):
            for found, text in walk.globals_of(pickle):
                if found in _PLAIN:
                    continue
                if found in _ODD_TENSORS:
                    raise ModelError(
                        f"{name}: the tensor {printable(text[:200])} is {_ODD_TENSORS[found]}.", _REFUSED
                    )
                suspicious = found.partition(".")[0] in _SUSPICIOUS or "." not in found
                if suspicious and not found.startswith((*_RECORDS, *also)):
                    raise ModelError(
                        f"{name} is refused: it would run {printable(found[:200])} when loaded, "
                        "which a checkpoint has no need of.",
                        _REFUSED,
                    )
                stand_ins.add(_RENAMED.get(found, found))
    except ExcessError as problem:
        raise ModelError(f"{name} is refused: its index {problem}.", _REFUSED) from None
    except PickleError as problem:
        raise ModelError(f"{name} is damaged: its index {problem}.", _AGAIN) from None
    return tuple(sorted(stand_ins))


def _large_index(name: str) -> ModelError:
    return ModelError(f"{name} is refused: its index has more than {MAX_PICKLE_BYTES} bytes.", _REFUSED)


def _cut_short(name: str, size: int, whole: str) -> ModelError:
    return ModelError(f"{name} is cut short ({size} of {whole} bytes).", _AGAIN)


@contextlib.contextmanager
def utf8_name(path: Path) -> Iterator[str]:
    """Yield a name by which a library that takes only UTF-8 names, such as safetensors, can open a file."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        with open_regular(path, ModelError) as handle:
            yield f"/dev/fd/{handle.fileno()}"
    else:
        yield str(path)

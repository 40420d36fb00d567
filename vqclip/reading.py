"""Read files from other people. No other module opens such files.

Three rules hold for each of them:

- It is an ordinary file. vqclip never waits for a pipe and never reads a device (`open_regular`).
- It has a largest size, and no more bytes are read (`read_bytes`).
- Whatever its content makes a parser raise becomes one `VqclipError` (`refusing`). A hostile file causes a
  `RecursionError` or a `MemoryError` as easily as a `ValueError`.

The argument `error` is the `VqclipError` to raise: `ModelError` for models, `UsageError` for settings, `InputError`
for everything else.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import math
import os
import re
import stat
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from safetensors import SafetensorError

from vqclip.errors import InputError, OutOfMemory, VqclipError
from vqclip.files import printable

if TYPE_CHECKING:
    import yaml

MAX_TEXT_BYTES = 10_000_000
MORE_MEMORY = "Close other programs, raise the limit of this process (ulimit -v), or give a smaller --size."
MAX_LINE_BYTES = 100_000
"""Limit of one line of JSON."""
MAX_DIGITS = 32
"""Limit of one number in JSON or YAML. The longest that vqclip writes is a seed of 19 digits."""
MAX_YAML_NODES = 30_000
"""Limit of one YAML document with its aliases expanded. PyYAML reads about 20,000 nodes per second."""
MAX_YAML_DEPTH = 100
MALFORMED: tuple[type[Exception], ...] = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    SafetensorError,
    struct.error,
    zlib.error,
)
"""Everything that readers raise because of the content of a file."""
_OUT_OF_MEMORY = (
    "failed to map segment", "cannot allocate memory", "defaultcpuallocator", "std::bad_alloc", "out of memory",
    "not enough memory", "could not create a primitive", "could not create a memory")  # fmt: skip
# A string, or the text between two strings.
_JSON_PART = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^"]++', re.DOTALL)
# Not U+2028 and others of str.splitlines, which are inside lines.
_LINE_END = re.compile(r"\r\n?|\n")
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def refusing(
    message: str, hint: str = "", error: type[VqclipError] = InputError, *, bounded: bool = False
) -> Iterator[None]:
    """Turn everything that the content of a file makes a reader raise into one error.

    Args:
        message: Names the file and what is wrong with it, without a full stop. The reason is added in brackets.
        hint: The next step.
        error: The error to raise.
        bounded: vqclip limits what this reader allocates, so the file is not to blame when memory runs out.

    Raises:
        error: For everything in MALFORMED. A `VqclipError` passes unchanged.
        OutOfMemory: Memory ran out, and the reader is bounded.
    """
    try:
        yield
    except VqclipError:
        raise
    except MALFORMED as problem:
        # torch raises it for a GPU, and the file is not to blame.
        if type(problem).__name__ == "OutOfMemoryError":
            raise
        if bounded and is_out_of_memory(problem):
            raise OutOfMemory(f"{message}: the system has no memory left for it.", MORE_MEMORY) from None
        raise error(f"{message} ({reason(problem)}).", hint) from None


def is_out_of_memory(problem: BaseException) -> bool:
    """Whether an exception says that the system gives this process no more memory."""
    if isinstance(problem, MemoryError) or (isinstance(problem, OSError) and problem.errno == errno.ENOMEM):
        return True
    if not isinstance(problem, (OSError, ImportError, RuntimeError, SystemError, SafetensorError)):
        return False
    return any(words in str(problem).lower() for words in _OUT_OF_MEMORY)


def reason(problem: BaseException) -> str:
    """The message of an exception on one line of at most 200 characters, without a full stop at its end."""
    if isinstance(problem, RecursionError):
        return "it is nested too deep"
    if isinstance(problem, MemoryError):
        return "it claims more memory than there is"
    text = str(problem).strip() or type(problem).__name__
    return printable(text.split("\n")[0].strip())[:200].rstrip(".")


def open_regular(path: Path, error: type[VqclipError] = InputError, *, empty: bool = False) -> BinaryIO:
    """Open an ordinary file for reading, without ever waiting on a pipe or a device.

    Args:
        path: The file. Links are followed.
        error: The error to raise.
        empty: Whether the file may be empty.

    Raises:
        error: The file does not exist, is not an ordinary file, cannot be read, or is empty.
    """
    name = printable(path)
    try:
        _refuse_special(name, path.stat().st_mode, error)
        # The file may be replaced after this check, so the open file is checked again.
        handle = os.fdopen(os.open(path, os.O_RDONLY | _NONBLOCK), "rb")
    except (OSError, ValueError) as problem:
        what = "there is no such file" if isinstance(problem, FileNotFoundError) else str(problem)
        if isinstance(problem, OSError) and problem.strerror and not isinstance(problem, FileNotFoundError):
            what = problem.strerror[0].lower() + problem.strerror[1:]
        raise error(f"Cannot read {name}: {printable(what)}.", "Check the path.") from problem
    try:
        status = os.fstat(handle.fileno())
        _refuse_special(name, status.st_mode, error)
        if status.st_size == 0 and not empty:
            raise error(f"Cannot read {name}: it is empty (0 bytes).", "Give another file.")
    except VqclipError:
        handle.close()
        raise
    return handle


def check_regular(path: Path, error: type[VqclipError] = InputError) -> Path:
    """Return the path of an ordinary, readable file, for a library that opens the file itself.

    Raises:
        error: As `open_regular`.
    """
    open_regular(path, error).close()
    return path


class Bounded(io.RawIOBase):
    """Limits each read of a file, for a library that reads as many bytes as the file claims to have.

    Args:
        handle: The open file.
        most: Largest number of bytes of one `read`; more raise ValueError. It can be changed between reads.
    """

    def __init__(self, handle: BinaryIO, most: int) -> None:
        super().__init__()
        self.handle, self.most = handle, most

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as from a file. Raises ValueError for more than `most` bytes."""
        data = self.handle.read(self.most + 1 if size is None or size < 0 else min(size, self.most + 1))
        if len(data) > self.most:
            raise ValueError(f"a part of it has more than {self.most} bytes")
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move as in a file."""
        return self.handle.seek(offset, whence)

    def tell(self) -> int:
        """The position in the file."""
        return self.handle.tell()

    def seekable(self) -> bool:
        """Always True."""
        return True


def read_bytes(path: Path, most: int, error: type[VqclipError] = InputError, *, empty: bool = False) -> bytes:
    """Read an ordinary file of at most `most` bytes.

    Raises:
        error: As `open_regular`, for a larger file, and when the disk fails.
        OutOfMemory: The system has no memory for the file.
    """
    message = f"Cannot read {printable(path)}"
    with open_regular(path, error, empty=empty) as handle, refusing(message, "Check the disk.", error, bounded=True):
        data = handle.read(most + 1)
    if len(data) > most:
        raise error(f"Cannot read {printable(path)}: it has more than {most} bytes.", "Give a smaller file.")
    return data


def read_text(path: Path, most: int, error: type[VqclipError] = InputError, *, empty: bool = False) -> str:
    """Read an ordinary UTF-8 file of at most `most` bytes, without its byte order mark.

    Raises:
        error: As `read_bytes`, and when the file is not UTF-8.
    """
    return _decode(read_bytes(path, most, error, empty=empty), printable(path), error)


def read_lines(path: Path) -> list[str]:
    """Read the lines of a UTF-8 text file, or of standard input for `-`.

    Raises:
        InputError: The file cannot be read, is not UTF-8, or has more than MAX_TEXT_BYTES.
    """
    if str(path) != "-":
        return _LINE_END.split(read_text(path, MAX_TEXT_BYTES))
    try:
        data = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)
    except (OSError, AttributeError):
        # sys.stdin is None when its descriptor is closed.
        raise InputError("Cannot read standard input: it is closed.", "Give a file.") from None
    if len(data) > MAX_TEXT_BYTES:
        raise InputError(f"standard input has more than {MAX_TEXT_BYTES} bytes.", "Give a text file of lines.")
    return _LINE_END.split(_decode(data, "standard input", InputError))


def read_gzip(path: Path, most: int, error: type[VqclipError] = InputError) -> bytes:
    """Unpack a gzip file to at most `most` bytes.

    Raises:
        error: As `read_bytes`, when the file is not gzip, and when it unpacks to more than `most` bytes.
    """
    packed = read_bytes(path, most, error)
    with (
        refusing(f"{printable(path)} is not a gzip file", "Fetch it again.", error),
        gzip.GzipFile(fileobj=io.BytesIO(packed)) as archive,
    ):
        data = archive.read(most + 1)
    if len(data) > most:
        raise error(f"{printable(path)} unpacks to more than {most} bytes.", "Fetch it again.")
    return data


def parse_json(text: str | bytes) -> Any:
    """Parse JSON whose numbers are finite and have at most MAX_DIGITS digits.

    Raises:
        ValueError: The text is not such JSON, is nested too deep, or does not fit in memory.
    """
    try:
        return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except (RecursionError, MemoryError) as problem:
        raise ValueError(reason(problem)) from None


def check_structure(text: bytes, most: int) -> None:
    """Raise ValueError for JSON with more than `most` bytes outside its strings.

    Lists and numbers take many times their length in memory; strings do not.
    """
    count = position = 0
    while position < len(text):
        found = _JSON_PART.match(text, position)
        if found is None:
            raise ValueError("a text in it has no end")
        count += 2 if found[0][:1] == b'"' else len(found[0])
        if count > most:
            raise ValueError(f"it has more than {most} bytes beside its texts")
        position = found.end()


def read_json(path: Path, most: int, error: type[VqclipError] = InputError, hint: str = "Give another file.") -> Any:
    """Read a JSON file of at most `most` bytes; see `parse_json`. hint: Of the error for what is not JSON.

    Raises:
        error: As `read_bytes`, and when the file is not JSON.
    """
    data = read_bytes(path, most, error)
    with refusing(f"{printable(path)} is not JSON", hint, error):
        return parse_json(data)


def json_lines(path: Path, most: int, error: type[VqclipError] = InputError) -> Iterator[dict[str, Any]]:
    """Yield the objects of a JSON-lines file, reading one line at a time.

    An unfinished last line, damaged lines and lines of more than MAX_LINE_BYTES are skipped. A missing file has no
    lines.

    Raises:
        error: As `open_regular`, and for a file of more than `most` bytes.
    """
    if not os.path.lexists(path):
        return
    with open_regular(path, error, empty=True) as handle:
        if os.fstat(handle.fileno()).st_size > most:
            raise error(f"Cannot read {printable(path)}: it has more than {most} bytes.", "Give a smaller file.")
        while line := handle.readline(MAX_LINE_BYTES):
            if line.endswith(b"\n"):
                with contextlib.suppress(ValueError):
                    row = parse_json(line)
                    if isinstance(row, dict):
                        yield row


def compose_yaml(data: str | bytes) -> yaml.Node | None:
    """Parse YAML to its node tree, None for an empty document. No object is constructed, so tags do nothing.

    Raises:
        YamlError: The text is not YAML, is nested too deep, refers to itself, or has more than MAX_YAML_NODES nodes
            with its aliases expanded.
    """
    import yaml

    class Counting(yaml.SafeLoader):
        """Stops at the first node beyond the limit; PyYAML takes ten seconds for a megabyte of nodes."""

        nodes = depth = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            self.nodes += 1
            self.depth += 1
            if self.nodes > MAX_YAML_NODES:
                raise YamlError("it unfolds to too many values", None)
            if self.depth > MAX_YAML_DEPTH:
                raise YamlError("it is nested too deep", None)
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

    with _yaml_errors():
        root = yaml.compose(data, Loader=Counting)
        if root is not None and _unfolded(root, {}, set()) > MAX_YAML_NODES:
            raise YamlError("it unfolds to too many values", None)
    return root


class YamlError(ValueError):
    """The text is not YAML, or not YAML that vqclip accepts.

    Attributes:
        line: Where, counted from 1; None if unknown.
    """

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


def parse_yaml(data: str | bytes) -> Any:
    """Parse YAML to plain values: mappings, lists, strings, numbers, dates; None for an empty document.

    A tuple of Python, as configurations of training have it, is a list.

    Raises:
        YamlError: As `compose_yaml`, for any other tag, and for a number of more than MAX_DIGITS digits.
    """
    import yaml

    root = compose_yaml(data)
    if root is None:
        return None
    with _yaml_errors():
        _prepare(root, set())
        return yaml.constructor.SafeConstructor().construct_document(root)


@contextlib.contextmanager
def _yaml_errors() -> Iterator[None]:
    import yaml

    try:
        yield
    except YamlError:
        raise
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        text = getattr(problem, "problem", None) or getattr(problem, "reason", None) or "it is not text"
        raise YamlError(printable(str(text)), mark.line + 1 if mark else None) from None
    except MALFORMED as problem:
        raise YamlError(reason(problem), None) from None


def _unfolded(node: yaml.Node, known: dict[int, int], within: set[int]) -> int:
    """Count the nodes below a node with its aliases expanded."""
    if id(node) in known:
        return known[id(node)]
    if id(node) in within:
        raise YamlError("it refers to itself", node.start_mark.line + 1)
    within.add(id(node))
    known[id(node)] = 1 + sum(_unfolded(child, known, within) for child in _children(node))
    within.discard(id(node))
    return known[id(node)]


def _prepare(node: yaml.Node, seen: set[int]) -> None:
    if node.tag == "tag:yaml.org,2002:python/tuple":
        node.tag = "tag:yaml.org,2002:seq"
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float") and len(node.value) > MAX_DIGITS:
        raise YamlError(f"it holds a number of {len(node.value)} digits", node.start_mark.line + 1)
    for child in _children(node):
        if id(child) not in seen:
            seen.add(id(child))
            _prepare(child, seen)


def _children(node: yaml.Node) -> list[yaml.Node]:
    """The nodes in a YAML sequence or mapping; none for a scalar."""
    if isinstance(node.value, str):
        return []
    return [child for item in node.value for child in (item if isinstance(item, tuple) else (item,))]


def _decode(data: bytes, name: str, error: type[VqclipError]) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise error(f"{name}, line {line}: it is not UTF-8 text.", "Save the file as UTF-8.") from None


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"it holds a number of {len(digits)} digits")
    return int(digits)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"it holds the number {text[:MAX_DIGITS]}")
    return number


def _refuse_special(name: str, mode: int, error: type[VqclipError]) -> None:
    if stat.S_ISREG(mode):
        return
    what = "a folder" if stat.S_ISDIR(mode) else "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"
    raise error(f"Cannot read {name}: it is {what}, not a file.", "Give the path of a file.")

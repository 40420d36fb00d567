"""Read files that others wrote: the only module that opens them.

Three rules hold for every such file. It is an ordinary file: vqclip never waits for a pipe and never reads a device
(`open_regular`). At most a stated number of bytes is read (`read_bytes`). What a parser raises because of the content
becomes one error of ours (`refusing`): a hostile file causes a `RecursionError` or a `MemoryError` as easily as a
`ValueError`.

Every function takes `error`, the `VqclipError` to raise: `ModelError` for models, `UsageError` for settings,
`InputError` for all else.
"""

from __future__ import annotations

import contextlib
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

from vqclip.errors import InputError, VqclipError
from vqclip.files import printable

if TYPE_CHECKING:
    import yaml

MAX_TEXT_BYTES = 10_000_000
MAX_LINE_BYTES = 100_000
"""Of one line of JSON."""
MAX_DIGITS = 32
"""Of one number in JSON or YAML. The largest that vqclip writes is a seed, of 19 digits."""
MAX_YAML_NODES = 30_000
"""Of one YAML document, with every alias counted as what it stands for. PyYAML reads some 20,000 in a second."""
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
"""What readers raise because of the content of a file. The last guard of a door catches all of them."""
# A text, or what is between two.
_JSON_PART = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[^"]++', re.DOTALL)
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def refusing(message: str, hint: str = "", error: type[VqclipError] = InputError) -> Iterator[None]:
    """Turn whatever the content of a file makes a reader raise into one error; errors of ours pass.

    Args:
        message: Names the file and what it is not, without a full stop. The reason is added in brackets.
        hint: The next step.
        error: The error to raise.
    """
    try:
        yield
    except VqclipError:
        raise
    except MALFORMED as problem:
        # torch's own, of a device: the file is not at fault.
        if type(problem).__name__ == "OutOfMemoryError":
            raise
        raise error(f"{message} ({reason(problem)}).", hint) from None


def reason(problem: BaseException) -> str:
    """What an exception says, on one line of at most 200 characters without a full stop at its end."""
    if isinstance(problem, RecursionError):
        return "it is nested too deep"
    if isinstance(problem, MemoryError):
        return "it claims more memory than there is"
    text = str(problem).strip() or type(problem).__name__
    return printable(text.split("\n")[0].strip())[:200].rstrip(".")


def open_regular(path: Path, error: type[VqclipError] = InputError, *, empty: bool = False) -> BinaryIO:
    """Open an ordinary file for reading, without ever waiting on a pipe or a device.

    Args:
        path: The file; links are followed.
        error: The error to raise.
        empty: Whether the file may be empty.

    Raises:
        error: There is no such file, it is not an ordinary one, it may not be read, or it is empty.
    """
    name = printable(path)
    try:
        _refuse_special(name, path.stat().st_mode, error)
        # The second look is at the open file itself: it may have been swapped since the first.
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
    """The same path, for a library that opens it itself, once it is known to be an ordinary and readable file.

    Raises:
        error: As `open_regular`.
    """
    open_regular(path, error).close()
    return path


class Bounded(io.RawIOBase):
    """A binary file that gives at most `most` bytes at once, for a library that reads as many as the file claims.

    Args:
        handle: The open file.
        most: Bytes of one `read`, which raises a ValueError when there are more. It may be changed between two.
    """

    def __init__(self, handle: BinaryIO, most: int) -> None:
        super().__init__()
        self.handle, self.most = handle, most

    def read(self, size: int | None = -1, /) -> bytes:
        """As of a file. Raises ValueError for more than `most` bytes."""
        data = self.handle.read(self.most + 1 if size is None or size < 0 else min(size, self.most + 1))
        if len(data) > self.most:
            raise ValueError(f"a part of it has more than {self.most} bytes")
        return data

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """As of a file."""
        return self.handle.seek(offset, whence)

    def tell(self) -> int:
        """As of a file."""
        return self.handle.tell()

    def seekable(self) -> bool:
        """As of a file."""
        return True


def read_bytes(path: Path, most: int, error: type[VqclipError] = InputError, *, empty: bool = False) -> bytes:
    """The content of an ordinary file of at most `most` bytes.

    Raises:
        error: As `open_regular`, for a larger file, and for one that the disk does not give.
    """
    with open_regular(path, error, empty=empty) as handle:
        try:
            data = handle.read(most + 1)
        except (OSError, MemoryError) as problem:
            raise error(f"Cannot read {printable(path)}: {reason(problem)}.", "Check the disk.") from None
    if len(data) > most:
        raise error(f"Cannot read {printable(path)}: it has more than {most} bytes.", "Give a smaller file.")
    return data


def read_text(path: Path, most: int, error: type[VqclipError] = InputError, *, empty: bool = False) -> str:
    """The content of an ordinary UTF-8 file of at most `most` bytes, without a byte order mark.

    Raises:
        error: As `read_bytes`, and for what is not UTF-8.
    """
    return _decode(read_bytes(path, most, error, empty=empty), printable(path), error)


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 text file, or of standard input for `-`.

    Raises:
        InputError: The file cannot be read, is not UTF-8, or has more than MAX_TEXT_BYTES.
    """
    if str(path) != "-":
        return read_text(path, MAX_TEXT_BYTES).splitlines()
    try:
        data = sys.stdin.buffer.read(MAX_TEXT_BYTES + 1)
    except (OSError, AttributeError):
        # Python's own standard input is None where the descriptor is closed.
        raise InputError("Cannot read standard input: it is closed.", "Give a file, or open it.") from None
    if len(data) > MAX_TEXT_BYTES:
        raise InputError(f"standard input has more than {MAX_TEXT_BYTES} bytes.", "Give a text file of lines.")
    return _decode(data, "standard input", InputError).splitlines()


def read_gzip(path: Path, most: int, error: type[VqclipError] = InputError) -> bytes:
    """What a gzip file unpacks to; unpacking stops at `most` bytes.

    Raises:
        error: As `read_bytes`, for what is not gzip, and for what unpacks to more than `most` bytes.
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
    """The value of a JSON text in which every number is finite and has at most MAX_DIGITS digits.

    Raises:
        ValueError: The text is not such JSON, or it is nested too deep or too large to be held.
    """
    try:
        return json.loads(text, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except (RecursionError, MemoryError) as problem:
        raise ValueError(reason(problem)) from None


def check_structure(text: bytes, most: int) -> None:
    """Raise ValueError for JSON with more than `most` bytes beside the content of its texts.

    Lists and numbers take many times their bytes in memory; a long text takes few.
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


def read_json(path: Path, most: int, error: type[VqclipError] = InputError) -> Any:
    """The value in a JSON file of at most `most` bytes; see `parse_json`.

    Raises:
        error: As `read_bytes`, and for what is not JSON.
    """
    data = read_bytes(path, most, error)
    with refusing(f"{printable(path)} is not JSON", "Give another file.", error):
        return parse_json(data)


def json_lines(path: Path, most: int, error: type[VqclipError] = InputError) -> Iterator[dict[str, Any]]:
    """The objects of a JSON-lines file in their order, read one line at a time.

    An unfinished last line, damaged lines and lines of more than MAX_LINE_BYTES are passed over. A missing file has
    no lines.

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
    """The node tree of a YAML document, None of an empty one; nothing is built from it, so no tag is obeyed.

    Raises:
        YamlError: The text is not YAML, is nested too deep, refers to itself, or holds more than MAX_YAML_NODES with
            every alias written out.
    """
    import yaml

    class Counting(yaml.SafeLoader):
        """Stops at the first node beyond the limit: PyYAML takes ten seconds for a megabyte of them."""

        nodes = 0

        def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
            self.nodes += 1
            if self.nodes > MAX_YAML_NODES:
                raise YamlError("it unfolds to too many values", None)
            return super().compose_node(parent, index)

    with _yaml_errors():
        root = yaml.compose(data, Loader=Counting)
        if root is not None and _unfolded(root, {}, set()) > MAX_YAML_NODES:
            raise YamlError("it unfolds to too many values", None)
    return root


class YamlError(ValueError):
    """A text that is not YAML, or not YAML that vqclip reads. line: where, from 1, or None."""

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


def parse_yaml(data: str | bytes) -> Any:
    """The plain value of a YAML document: mappings, lists, texts, numbers, dates; None of an empty one.

    Raises:
        YamlError: As `compose_yaml`, for a tag that stands for anything else, and for a number of more than
            MAX_DIGITS digits.
    """
    import yaml

    root = compose_yaml(data)
    if root is None:
        return None
    with _yaml_errors():
        _refuse_long_numbers(root, set())
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
    """How many nodes a node stands for with its aliases written out."""
    if id(node) in known:
        return known[id(node)]
    if id(node) in within:
        raise YamlError("it refers to itself", node.start_mark.line + 1)
    within.add(id(node))
    known[id(node)] = 1 + sum(_unfolded(child, known, within) for child in _children(node))
    within.discard(id(node))
    return known[id(node)]


def _refuse_long_numbers(node: yaml.Node, seen: set[int]) -> None:
    if node.tag in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float") and len(node.value) > MAX_DIGITS:
        raise YamlError(f"it holds a number of {len(node.value)} digits", node.start_mark.line + 1)
    for child in _children(node):
        if id(child) not in seen:
            seen.add(id(child))
            _refuse_long_numbers(child, seen)


def _children(node: yaml.Node) -> list[yaml.Node]:
    """The nodes in a YAML sequence or mapping; a scalar has none."""
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

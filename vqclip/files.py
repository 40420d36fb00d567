"""Writes files in one step, and proves that folders are writable."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import math
import os
import platform
import re
import secrets
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from vqclip.errors import ModelError, OutputError, VqclipError
from vqclip.object_store import address_of

PART_PREFIX = ".vqclip-part-"
STALE_SECONDS = 24 * 3600.0

_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "Free some space and run the same command again."),
    errno.EDQUOT: ("your disk quota is used up", "Free some space and run the same command again."),
    errno.EFBIG: ("it would grow beyond the largest file allowed here", "Raise the limit (ulimit -f)."),
    errno.EROFS: ("the file system is read-only", "Choose another place with --output."),
    errno.EACCES: ("you have no permission to write here", "Choose another place with --output."),
    errno.EPERM: ("you have no permission to write here", "Choose another place with --output."),
    errno.EISDIR: ("there is a folder of that name", "Move it away or choose another name."),
    errno.EEXIST: ("there is a file of that name", "Move it away or choose another name."),
    errno.ENOTDIR: ("a part of its path is a file, not a folder", "Choose another place with --output."),
    errno.ENOENT: ("its folder does not exist", "Create the folder or choose another place with --output."),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter name."),
    errno.ELOOP: ("it is a symbolic link that is not followed here", "Remove the link."),
    errno.EIO: ("the disk reported an error", "Choose another place with --output."),
    errno.EBADF: ("it is closed", "Open it, or send what is not wanted to /dev/null."),
    errno.EAGAIN: ("the system starts no more threads for this user", "Raise the limit (ulimit -u)."),
    errno.EMFILE: ("too many files are open", "Raise the limit (ulimit -n)."),
}
WITHOUT_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
"""What a file system without locks answers: NFS without its lock daemon, some file systems of containers."""
_open_parts: set[Path] = set()


def data_path(kind: Literal["configs", "checkpoints"], *parts: str) -> Path:
    """Return the path of a shipped file or folder; it need not exist.

    In a checkout, `vqclip/configs` and `vqclip/checkpoints` link to the folders of the same name in the root.

    Raises:
        VqclipError: The package is inside an archive.
    """
    package = Path(__file__).resolve().parent
    archive = next(parent for parent in (package, *package.parents) if parent.exists())
    if archive.is_file():
        raise VqclipError(f"vqclip cannot read its models inside {printable(archive)}.", "Unpack it, or install it.")
    return package.joinpath(kind, *parts)


def output_error(path: Path | str, error: OSError | ValueError) -> OutputError:
    """Describe a failed write: the path or stream, what is wrong, and the next step."""
    if address := address_of(path):
        return _in_a_store(address)
    number = error.errno if isinstance(error, OSError) else None
    reason, hint = _REASONS.get(
        number or 0,
        ((error.strerror if isinstance(error, OSError) else None) or str(error), "Choose another place."),
    )
    return OutputError(f"Cannot write {printable(path)}: {reason}.", hint)


def _in_a_store(address: str) -> OutputError:
    return OutputError(f"{address} is in an object store.", "This command writes to folders of this machine only.")


def is_file(path: Path) -> bool:
    """Whether there is an ordinary file. Links are followed.

    Unlike Path.is_file before Python 3.14, it returns False for a name that is too long and for a folder without
    permission; `absence` says which.
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether there is a folder; never raises OSError, like `is_file`."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def exists(path: Path) -> bool:
    """Whether there is anything at a path; never raises OSError, like `is_file`."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def existing_parent(path: Path) -> Path:
    """The nearest folder at or above a path that exists."""
    return next(parent for parent in (path, *path.absolute().parents) if is_folder(parent))


def matching(folder: Path, pattern: str) -> list[Path]:
    """The sorted paths in a folder that match a pattern; none without permission."""
    try:
        return sorted(folder.glob(pattern))
    except OSError:
        return []


def absence(path: Path) -> str:
    """Why there is nothing at a path: "does not exist", or the message of the system."""
    try:
        path.stat()
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError) as error:
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        return f"cannot be read: {said[:1].lower()}{said[1:]}"
    return "is neither a file nor a folder"


def no_folder(path: Path) -> str:
    """Why a path is not that of a folder: "is not a folder", or as `absence`."""
    return "is not a folder" if exists(path) else absence(path)


def require_file(path: Path, what: str) -> Path:
    """The path of a file of a model. Raises ModelError, which calls the file `what`, when there is none."""
    if is_file(path):
        return path
    problem = "is a folder" if is_folder(path) else "is not a file" if exists(path) else absence(path)
    raise ModelError(f"{what} {printable(path)} {problem}.", "Check the path.")


def require_folder(path: Path, what: str) -> None:
    """Raise ModelError, which calls the folder `what`, when there is none."""
    if not is_folder(path):
        problem = no_folder(path)
        raise ModelError(f"{what} {printable(path)} {problem}.", "Check the path.")


def parent_folder() -> Path:
    """The folder of new run folders: `runs`, or that of the variable VQCLIP_OUTPUT_DIR."""
    return Path(os.environ.get("VQCLIP_OUTPUT_DIR", "runs"))


def user_path(text: str) -> Path:
    """The path of a text that may start with `~`, which stays as it is when there is no such home folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        return Path(text)


def printable(path: Path | str) -> str:
    """Return a path as text that a UTF-8 terminal can print, without control characters."""
    shown = str(path).encode("utf-8", "backslashreplace").decode("utf-8")
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)


def excerpt(text: str, most: int = 200) -> str:
    """Shorten a text of more than `most` characters to its start and its end."""
    return text if len(text) <= most else f"{text[: most - 50]} ... {text[-45:]}"


def part_path(path: Path) -> Path:
    """Create an empty temporary file beside `path` and return its path.

    The name starts with PART_PREFIX, contains host and process, and keeps the suffix of `path`, by which writers
    choose their format. Raises OutputError.
    """
    tail = path.name if len(os.fsencode(path.name)) <= 100 else path.name[:20] + path.suffix[:20]
    temp = path.with_name(f"{PART_PREFIX}{_host()}-{os.getpid()}-{secrets.token_hex(4)}-{tail}")
    try:
        # O_EXCL: writing through a link of that name has to fail.
        os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except (OSError, ValueError) as error:
        raise output_error(path, error) from error
    _open_parts.add(temp)
    return temp


def publish(temp: Path, path: Path) -> None:
    """Flush a part file to the disk and rename it to `path`; a link there is replaced.

    Raises OutputError; `temp` is then kept for `discard`.
    """
    try:
        with temp.open("r+b") as handle:
            os.fsync(handle.fileno())
        temp.replace(path)
        _open_parts.discard(temp)
        _sync_folder(path.parent)
    except OSError as error:
        raise output_error(path, error) from error


def discard(temp: Path) -> None:
    """Remove a file if possible; it may be gone already."""
    _open_parts.discard(temp)
    with contextlib.suppress(OSError):
        temp.unlink(missing_ok=True)


def move_aside(path: Path) -> Path:
    """Rename a folder to a free name beside it and return that. Raises OutputError."""
    other = next(
        place
        for number in range(1, 10_000)
        if not os.path.lexists(place := path.with_name(f"{path.name}.damaged-{number}"))
    )
    try:
        return path.rename(other)
    except OSError as error:
        raise output_error(path, error) from error


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` when the block succeeds.

    When the block fails, the temporary file is removed and an earlier `path` is unchanged. An OSError of the system
    inside the block becomes an OutputError.
    """
    temp = part_path(path)
    try:
        yield temp
        publish(temp, path)
    except OSError as error:
        # Pillow raises OSError without a number for pictures that it cannot encode.
        if error.errno is None:
            raise
        raise output_error(path, error) from error
    finally:
        discard(temp)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file in one step, so that no reader sees a part of it. Raises OutputError."""
    with atomic(path) as temp:
        temp.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 in one step, with unchanged line ends. Raises OutputError."""
    write_bytes(path, text.encode("utf-8", "backslashreplace"))


def write_json(path: Path, value: object) -> None:
    """Write a value as indented canonical JSON in one step. Raises OutputError."""
    write_text(path, canonical(value, indent=2) + "\n")


def canonical(value: object, indent: int | None = None) -> str:
    """Return canonical JSON: sorted keys, unescaped UTF-8, null for numbers that are not finite.

    Tuples become lists, and paths strings. Raises TypeError for other types that JSON does not have.
    """
    separators = (",", ": ") if indent else (",", ":")
    return json.dumps(
        _plain(value),
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
        indent=indent,
        separators=separators,
    )


def append_line(path: Path, value: Mapping[str, object]) -> None:
    """Append a JSON line, after removing an unfinished last line of a killed process.

    Only one writer at a time is safe (the lock of the run). Symbolic links are refused. Raises OutputError.
    """
    line = (canonical(value) + "\n").encode("utf-8", "backslashreplace")
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        with os.fdopen(os.open(path, flags, 0o666), "r+b", buffering=0) as handle:
            start = _whole_lines_end(handle.fileno())
            handle.truncate(start)
            handle.seek(start)
            written = 0
            while written < len(line):
                written += handle.write(line[written:])
    except (OSError, ValueError) as error:
        raise output_error(path, error) from error


def sweep(folder: Path) -> list[Path]:
    """Remove the part files of ended processes from a folder, and return them.

    Part files of running processes of this host are kept, those of another host until they are a day old.
    """
    removed: list[Path] = []
    pattern = re.compile(re.escape(PART_PREFIX) + r"([0-9a-f]+)-(\d+)-[0-9a-f]+-")
    try:
        names = sorted(folder.iterdir())
    except OSError:
        return removed
    for path in names:
        match = pattern.match(path.name)
        if match is None or path in _open_parts:
            continue
        owner_lives = match[1] != _host() or (int(match[2]) != os.getpid() and is_alive(int(match[2])))
        with contextlib.suppress(OSError):
            if not owner_lives or time.time() - path.lstat().st_mtime > STALE_SECONDS:
                path.unlink()
                removed.append(path)
    return removed


def ensure_writable(folder: Path) -> Path:
    """Create a folder with its parents, check that a file can be written in it, and return its real path.

    A symbolic link is followed once, here: use the returned path afterwards. Raises OutputError.
    """
    if address := address_of(folder):
        raise _in_a_store(address)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        real = folder.resolve()
    except (OSError, ValueError) as error:
        raise output_error(folder, error) from error
    except RuntimeError as error:  # what Python raises before 3.13
        raise output_error(folder, OSError(errno.ELOOP, "")) from error
    probe = None
    try:
        probe = part_path(real / "probe")
        probe.write_bytes(b"vqclip")
    except OSError as error:
        raise output_error(folder, error) from error
    except OutputError as error:
        # The message names the folder, not the probe.
        raise OutputError(error.message.replace(printable(real / "probe"), printable(folder)), error.hint) from error
    finally:
        if probe is not None:
            discard(probe)
    return real


def prepare_folder_of(path: Path) -> None:
    """Check the folder of a file to be written, see `ensure_writable`, and remove what killed commands left in it."""
    sweep(ensure_writable(path.parent))


@contextlib.contextmanager
def leaving_no_folder(folder: Path) -> Iterator[None]:
    """Remove the empty folders that the block makes: this one, its parents and those directly in it."""
    new = [path for path in (folder, *folder.parents) if not os.path.lexists(path)]
    before = set() if new or not is_folder(folder) else set(folder.iterdir())
    try:
        yield
    finally:
        inside = set(folder.iterdir()) - before if is_folder(folder) else set()
        for path in (*inside, *new):
            with contextlib.suppress(OSError):
                path.unlink() if path.name == ".lock" else path.rmdir()


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _whole_lines_end(handle: int) -> int:
    """Return the offset after the last newline of an open file."""
    end = os.lseek(handle, 0, os.SEEK_END)
    while end > 0:
        start = max(0, end - 4096)
        os.lseek(handle, start, os.SEEK_SET)
        at = os.read(handle, end - start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # it can be written but not read
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems cannot sync a folder; the file is renamed nevertheless.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
            raise
    finally:
        os.close(handle)


def _host() -> str:
    return hashlib.sha256(platform.node().encode("utf-8", "replace")).hexdigest()[:6]


def is_alive(pid: int) -> bool:
    """Whether a process of this host runs; one that was killed does not, even if its parent has not noticed yet."""
    if os.name == "nt":
        # os.kill would end the process on Windows, so part files are kept for a day.
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    try:
        # The state follows the name, which may hold spaces and brackets: proc_pid_stat(5).
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return True

"""Run a command under a guard: it ends when it opens a connection, starts a program or opens a file elsewhere.

`guarded(["score", ...])` runs `vqclip score ...` in a process of its own and says how it ended, how long it took and
how much memory it held. What the guard forbids ends that process with the exit code FORBIDDEN: an exception could be
caught by a library.
"""

from __future__ import annotations

import contextlib
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORBIDDEN = 99
EVENTS = (
    "socket.bind",
    "socket.connect",
    "socket.getaddrinfo",
    "socket.gethostbyaddr",
    "socket.gethostbyname",
    "socket.sendmsg",
    "socket.sendto",
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.spawn",
    "urllib.Request",
)
"""What no loader of a foreign file has a reason to do."""
_HARMLESS = ("/sbin/ldconfig",)
"""Programs that ctypes.util.find_library starts when libraries are imported."""
_SYSTEM = ("/dev/null", "/dev/urandom", "/dev/tty", "/etc", "/lib", "/lib64", "/proc", "/sys", "/usr")
"""Where Python and its libraries read; a test that forbids a file names another place."""


@dataclass(frozen=True)
class Ended:
    """How a command ended. seconds: of wall time. peak: bytes of resident memory. lines: of standard error."""

    code: int
    out: str
    err: str
    seconds: float
    peak: int

    @property
    def lines(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


def guarded(
    arguments: Sequence[str],
    *,
    allowed: Sequence[Path] | None = None,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
    wrapper: Sequence[str] = (),
    module: str = "vqclip",
) -> Ended:
    """Run `python -m MODULE ARGUMENTS` under the guard, forked from a process that has imported torch.

    Args:
        arguments: Of the command.
        allowed: Folders in which files may be opened beside those of Python; None allows every place.
        environment: Variables beside those of this process.
        timeout: Seconds after which the process is killed, which gives the exit code -9.
        wrapper: A command that runs a process of its own from the start, such as strace with its options.
        module: What runs.
    """
    from attacks import forks

    places = None if allowed is None else [str(place) for place in allowed]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        if wrapper:
            command = [*wrapper, sys.executable, str(Path(__file__)), json.dumps([module, places]), *arguments]
            with _started(command, out, err, {**os.environ, **(environment or {})}) as process:
                status, peak, _ = wait(process, start + timeout)
        else:
            with Path(os.devnull).open() as nothing:
                streams = [nothing.fileno(), out.fileno(), err.fileno()]
                status, _, peak = forks.run(
                    module, arguments, streams, places=places, guarded=True, environment=environment, timeout=timeout
                )
        seconds = time.monotonic() - start
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
    return Ended(status, *texts, seconds, peak)


@contextlib.contextmanager
def _started(command: Sequence[str], out: Any, err: Any, environment: Mapping[str, str]) -> Iterator[Any]:
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)


def wait(process: Any, deadline: float) -> tuple[int, int, float]:
    """The exit code, peak memory in bytes and processor seconds of a process, which is killed at the deadline."""
    peak = 0
    while True:
        peak = max(peak, _peak(process.pid))
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            most = peak or usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            return process.returncode, most, usage.ru_utime + usage.ru_stime
        if time.monotonic() > deadline:
            os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.01)


def _peak(pid: int) -> int:
    """The most resident memory that a process has had, in bytes; 0 where the system does not say it.

    wait4 would count this process among it, from which the other was forked.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:")), 0)


def watch(places: Sequence[str] | None) -> None:
    """Install the guard in this process, for good."""
    own = (sys.prefix, sys.base_prefix, sys.exec_prefix, *filter(None, sys.path))
    roots = None if places is None else tuple(os.path.realpath(each) for each in (*_SYSTEM, *own, *places))

    def end(event: str, detail: object) -> None:
        os.write(2, f"guard: {event} {detail!r}\n".encode("utf-8", "backslashreplace"))
        os._exit(FORBIDDEN)

    def look(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and arguments[0] not in _HARMLESS:
            end(event, arguments)
        if event == "open" and roots is not None and isinstance(arguments[0], (str, bytes)):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not any(path == root or path.startswith(root + os.sep) for root in roots):
                end(event, path)

    sys.addaudithook(look)


def _main() -> None:
    module, places = json.loads(sys.argv[1])
    sys.argv = [module, *sys.argv[2:]]
    sys.path[0] = str(Path.cwd())
    watch(places)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()

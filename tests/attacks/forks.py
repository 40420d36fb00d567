"""Run commands in processes of their own that do not import torch again.

A server imports torch once and forks a child for every command, so that a process costs milliseconds, not two to four
seconds. The child has the environment, the working folder and the streams that a new process would have. What happens
while Python starts is tested with real processes (test_process.py). `program` is a `vqclip` for scripts and for tests
that send signals, and `python` is a Python for other programs.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import json
import multiprocessing
import os
import runpy
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from attacks import fork_client, guard

STREAMS = tuple((name, f"__{name}__") for name in ("stdin", "stdout", "stderr"))
"""Python's objects for descriptors 0 to 2; None for one that is closed when Python starts."""
SIGNALS = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
"""What Python does about signals when a terminal starts it."""


class Ended(NamedTuple):
    """Exit code, processor seconds and the most resident bytes of a process."""

    code: int
    seconds: float
    peak: int


def run(
    module: str,
    arguments: Sequence[str],
    streams: Sequence[int],
    *,
    places: Sequence[str] | None = None,
    guarded: bool = False,
    environment: Mapping[str, str] | None = None,
    timeout: float = 60,
    closed: Sequence[int] = (),
) -> Ended:
    """Run `python -m MODULE ARGUMENTS` in this working folder and environment.

    Args:
        module: What runs.
        arguments: Of the command.
        streams: File descriptors of standard input, output and error.
        places: Folders in which files may be opened, see `guard.guarded`.
        guarded: Whether connections and programs end the process.
        environment: Variables beside those of this process.
        timeout: Seconds after which the process is killed, which gives the exit code -9.
        closed: The streams that are closed, as by `>&-`: 0, 1 or 2.
    """
    request = {
        "command": ["-m", module, *arguments],
        "places": places,
        "guarded": guarded,
        "environment": {**os.environ, **(environment or {})},
        "folder": str(Path.cwd()),
        "timeout": timeout,
        "ends_group": True,
    }
    descriptors = {number: stream for number, stream in enumerate(streams) if number not in closed}
    return Ended(*fork_client.ask(str(_server() / "socket"), request, descriptors))


def program() -> Path:
    """An executable file `vqclip`, alone in its folder, whose processes are forked."""
    return _server() / "bin" / "vqclip"


def python() -> Path:
    """An executable file that takes the place of Python for commands whose flags do not matter."""
    return _server() / "python"


@cache
def _server() -> Path:
    """Start the server; it ends with this process. Returns the folder of its socket."""
    folder = Path(tempfile.mkdtemp(prefix="forks-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The server ends when the other end of this pipe is closed.
    reading, writing = os.pipe()
    os.set_inheritable(writing, False)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(64)
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
        subprocess.Popen(
            [sys.executable, "-m", "attacks.forks", str(listener.fileno()), str(reading)],
            pass_fds=[listener.fileno(), reading],
            cwd=Path(__file__).parents[1],
            env=environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    os.close(reading)
    (folder / "bin").mkdir()
    command = shlex.join([sys.executable, "-IS", fork_client.__file__, str(folder / "socket")])
    for path, module in ((folder / "python", ""), (folder / "bin" / "vqclip", "-m vqclip")):
        path.write_text(f'#!/bin/sh\nexec {command} {module} "$@"\n')
        path.chmod(0o755)
    return folder


def _serve(listener: socket.socket, tests: int) -> None:
    """Answer requests until the tests have ended."""
    import taming.modules.diffusionmodules.model  # noqa: F401
    import torchvision  # noqa: F401 - with torch, most of what open_clip imports

    import vqclip.models.vqgan
    import vqclip.runs.recorder
    import vqclip.runs.session
    import vqclip.settings.sources
    import vqclip.synthesis.loop  # noqa: F401

    # huggingface_hub reads the environment when it is imported, so each child imports it itself.
    assert "huggingface_hub" not in sys.modules
    # The workers of a batch are forked from here, too.
    multiprocessing.set_executable(str(Path(listener.getsockname()).with_name("python")))
    gc.freeze()
    while tests not in select.select([listener, tests], [], [])[0]:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            _answer(connection)
        connection.close()
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _answer(connection: socket.socket) -> NoReturn:
    """Run one command in a child, report on it and end this process."""
    header, descriptors, *_ = socket.recv_fds(connection, fork_client.HEADER_BYTES, 250)
    request = json.loads(fork_client.receive(connection, int.from_bytes(header)))
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(request, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    with contextlib.suppress(OSError):
        fork_client.answer(connection, pid)
        fork_client.answer(connection, _ended(pid, request, connection))
    os._exit(0)


def _ended(pid: int, request: dict[str, Any], connection: socket.socket) -> Ended:
    """Wait for a child, and kill it at the deadline or when nobody waits for it any more."""
    deadline = time.monotonic() + request["timeout"]
    # Linux says when the child ends; elsewhere, it is asked for.
    ends = [os.pidfd_open(pid)] if hasattr(os, "pidfd_open") else []
    while not (found := os.wait4(pid, os.WNOHANG))[0]:
        wait = max(0.0, deadline - time.monotonic()) if ends else 0.005
        ready, *_ = select.select([connection, *ends], [], [], wait)
        if connection in ready or time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            found = os.wait4(pid, 0)
            break
    if request.get("ends_group"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    _, status, usage = found
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Ended(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, peak)


def _become(request: dict[str, Any], descriptors: Sequence[int]) -> NoReturn:
    """Run a command in this process, a child of the server, and end it."""
    code: Any = 1
    try:
        os.setsid()
        for number, action in SIGNALS.items():
            signal.signal(number, action)
        _take_descriptors(dict(zip(request["descriptors"], descriptors, strict=True)))
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        if request.get("guarded"):
            guard.watch(request["places"])
        _run(*request["command"])
        code = 0
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    except BaseException:
        traceback.print_exc()
    finally:
        if not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
        atexit._run_exitfuncs()
        for stream in filter(None, (sys.stdout, sys.stderr)):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _take_descriptors(wanted: Mapping[int, int]) -> None:
    """Give descriptors the numbers that they are wanted under, and close the streams that are not among them."""
    free = {number: fcntl.fcntl(descriptor, fcntl.F_DUPFD, 500) for number, descriptor in wanted.items()}
    for descriptor in wanted.values():
        os.close(descriptor)
    for number, descriptor in free.items():
        os.dup2(descriptor, number)
        os.close(descriptor)
    for number, names in enumerate(STREAMS):
        if number not in wanted:
            os.close(number)
            for name in names:
                setattr(sys, name, None)


def _run(first: str, *rest: str) -> None:
    """Run a module, code or a file in this process, as Python does."""
    folder = str(Path.cwd())
    if first == "-m":
        module, *arguments = rest
        sys.argv, sys.path[:0] = [module, *arguments], [folder]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    elif first == "-c":
        code, *arguments = rest
        sys.argv, sys.path[:0] = ["-c", *arguments], [folder]
        exec(compile(code, "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv, sys.path[:0] = [first, *rest], [str(Path(first).parent)]
        runpy.run_path(first, run_name="__main__")


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))

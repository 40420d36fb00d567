"""Run commands in processes of their own that do not import torch again.

A server imports torch once and forks a child for every command, so that a process costs milliseconds, not two to four
seconds. The child has the environment, the working folder and the streams that a new process would have. What happens
while Python starts is tested with real processes (test_process.py).
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from attacks import guard

HEADER_BYTES = 8


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
    """
    request = {
        "module": module,
        "arguments": [module, *arguments],
        "places": places,
        "guarded": guarded,
        "environment": {**os.environ, **(environment or {})},
        "folder": str(Path.cwd()),
        "timeout": timeout,
    }
    content = json.dumps(request).encode()
    server = _server()
    socket.send_fds(server, [len(content).to_bytes(HEADER_BYTES)], list(streams))
    server.sendall(content)
    return Ended(*json.loads(_receive(server, int.from_bytes(_receive(server, HEADER_BYTES)))))


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair()
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    subprocess.Popen(
        [sys.executable, "-m", "attacks.forks", str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        cwd=Path(__file__).parents[1],
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    theirs.close()
    return ours


def _receive(connection: socket.socket, count: int) -> bytes:
    content = b""
    while len(content) < count:
        part = connection.recv(count - len(content))
        if not part:
            raise EOFError("the other side has gone")
        content += part
    return content


def _serve(connection: socket.socket) -> None:
    """Answer requests until the tests have ended."""
    import taming.modules.diffusionmodules.model  # noqa: F401
    import torchvision  # noqa: F401 - with torch, most of what open_clip imports

    import vqclip.models.vqgan  # noqa: F401

    # huggingface_hub reads the environment when it is imported, so each child imports it itself.
    assert "huggingface_hub" not in sys.modules
    gc.freeze()
    with contextlib.suppress(EOFError):
        while True:
            header, streams, *_ = socket.recv_fds(connection, HEADER_BYTES, 3)
            if not header:
                return
            request = json.loads(_receive(connection, int.from_bytes(header)))
            pid = os.fork()
            if pid == 0:
                connection.close()
                _become(request, streams)
            for stream in streams:
                os.close(stream)
            answer = json.dumps(_ended(pid, time.monotonic() + request["timeout"])).encode()
            connection.sendall(len(answer).to_bytes(HEADER_BYTES) + answer)


def _ended(pid: int, deadline: float) -> Ended:
    """Wait for a child, and kill it at the deadline."""
    while not (found := os.wait4(pid, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    _, status, usage = found
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Ended(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, peak)


def _become(request: dict[str, Any], streams: Sequence[int]) -> NoReturn:
    """Run a command in this process, a child of the server, and end it."""
    code: Any = 1
    try:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        sys.argv = request["arguments"]
        sys.path[:0] = [str(Path.cwd()), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        if request["guarded"]:
            guard.watch(request["places"])
        runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
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
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))

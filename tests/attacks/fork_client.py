"""Ask a server of forks (forks.py) to run a command; as a program, take the place of Python.

    python -IS fork_client.py SOCKET [FLAGS] -m MODULE|-c CODE|FILE ARGUMENTS

The program passes on its descriptors, environment, folder and signals, and ends with the exit code. Flags before `-m`
or `-c` are ignored. It imports little, so that it starts in a few hundredths of a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from typing import Any

HEADER_BYTES = 8
LONGEST = 10**6
"""Seconds for a command without a limit."""


def ask(
    address: str,
    request: dict[str, Any],
    descriptors: dict[int, int],
    started: Callable[[int], None] = lambda _: None,
) -> list[Any]:
    """Exit code, processor seconds and peak bytes of a command.

    Args:
        address: Of the server's socket.
        request: See `forks._become`.
        descriptors: Of this process, by their numbers in the other one. It has no others.
        started: Is given the process.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        content = json.dumps({**request, "descriptors": list(descriptors)}).encode()
        socket.send_fds(connection, [len(content).to_bytes(HEADER_BYTES)], list(descriptors.values()))
        connection.sendall(content)
        started(answered(connection))
        ended: list[Any] = answered(connection)
        return ended


def answer(connection: socket.socket, value: Any) -> None:
    """Send a value of JSON."""
    content = json.dumps(value).encode()
    connection.sendall(len(content).to_bytes(HEADER_BYTES) + content)


def answered(connection: socket.socket) -> Any:
    """Receive a value of JSON."""
    return json.loads(receive(connection, int.from_bytes(receive(connection, HEADER_BYTES))))


def receive(connection: socket.socket, count: int) -> bytes:
    """That many bytes."""
    content = b""
    while len(content) < count:
        part = connection.recv(count - len(content))
        if not part:
            raise EOFError("the other side has gone")
        content += part
    return content


def inherited() -> list[int]:
    """The descriptors that this program was started with."""
    found = []
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - pathlib takes longer to import than the rest
        # Those that Python opens are not inheritable.
        with contextlib.suppress(OSError):
            if os.get_inheritable(int(name)):
                found.append(int(name))
    return sorted(found)


def _main(address: str, arguments: Sequence[str]) -> None:
    process, early = list[int](), list[int]()

    def forward(number: int, _: object) -> None:
        if process:
            os.kill(process[0], number)
        else:
            early.append(number)

    def started(pid: int) -> None:
        process.append(pid)
        for number in early:
            os.kill(pid, number)

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, forward)
    first = next((place for place, word in enumerate(arguments) if word in ("-c", "-m")), 0)
    request = {
        "command": arguments[first:],
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - as above
        "timeout": LONGEST,
    }
    code = ask(address, request, {number: number for number in inherited()}, started)[0]
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2:])

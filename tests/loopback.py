"""Servers on the loopback address that play the Hugging Face hub, its mirrors and other hosts of checkpoints."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test has put at a path, and remembers what was asked."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range")))
        self.server.answer(self.path)(self)
        self.close_connection = True

    def do_HEAD(self) -> None:
        self.do_GET()

    def log_message(self, *_: Any) -> None:
        pass

    def send(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        """One whole answer; length: what the header claims, when it lies."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Server(ThreadingHTTPServer):
    """answers: by path, one for each time; the last one stays. asked: paths and ranges, in order."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str | None]] = []
        self.done = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, path: str) -> Answer:
        answers = self.answers.get(path, [missing])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def put(self, path: str, *answers: Answer) -> str:
        self.answers[path] = list(answers)
        return self.address + path


class Hub(Server):
    """A hub with these files, by repository and name. Tests put other answers at the addresses of single files.

    etags: by name, where they are not the hashes of the files. Small files have git's hash, as on the hub.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[tuple[str, str], bytes] = {}
        self.etags: dict[str, str] = {}

    def answer(self, path: str) -> Answer:
        if path in self.answers:
            return super().answer(path)
        repo, _, name = path.lstrip("/").partition("/resolve/main/")
        if not name:
            repo, _, name = path.lstrip("/").partition(f"/resolve/{COMMIT}/")
        body = self.files.get((repo, name))
        if body is None:
            code = "EntryNotFound" if any(known == repo for known, _ in self.files) else "RepoNotFound"
            return lambda handler: handler.send(404, b"", X_Error_Code=code)
        return whole(body, **self.headers(name, body))

    def headers(self, name: str, body: bytes) -> dict[str, str]:
        """The headers by which the hub says what it has."""
        large = name.endswith((".safetensors", ".bin", ".ckpt"))
        git = hashlib.sha1(b"blob %d\0%b" % (len(body), body)).hexdigest()
        etag = self.etags.get(name, hashlib.sha256(body).hexdigest() if large else git)
        return {"ETag": f'"{etag}"', "X_Repo_Commit": COMMIT}


@contextmanager
def serving(made: Server) -> Iterator[Server]:
    """Let a server answer until the block ends."""
    with made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        made.done.set()
        made.shutdown()


def missing(handler: Handler) -> None:
    handler.send(404, b"<html>not here</html>", Content_Type="text/html")


def whole(data: bytes, **headers: str) -> Answer:
    """A server that knows ranges, as the hub does."""

    def answer(handler: Handler) -> None:
        asked = handler.headers.get("Range")
        if asked is None or handler.headers.get("If-Range", headers.get("ETag")) != headers.get("ETag"):
            handler.send(200, data, **headers)
            return
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        if start >= len(data):
            handler.send(416, b"")
            return
        span = f"bytes {start}-{len(data) - 1}/{len(data)}"
        handler.send(206, data[start:], Content_Range=span, **headers)

    return answer


def cut(data: bytes, keep: int, **headers: str) -> Answer:
    """A server that promises all and hangs up after some bytes."""
    return lambda handler: handler.send(200, data[:keep], len(data), **headers)


def stalling(data: bytes, keep: int) -> Answer:
    """A server that falls silent after some bytes, with the line open."""

    def answer(handler: Handler) -> None:
        handler.send(200, data[:keep], len(data))
        handler.wfile.flush()
        handler.server.done.wait(5)

    return answer

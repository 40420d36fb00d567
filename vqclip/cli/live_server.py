"""Serve the live page to browsers on this machine.

The server listens on the loopback interface only, and every address holds a random token. Only POST changes anything.
A request whose Host is another name is refused, because a foreign site can make its own name point here (DNS
rebinding). So is a request whose Origin is another site.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import secrets
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from vqclip.errors import OutputError, UsageError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"
_CONTENT_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    ("Content-Security-Policy", _CONTENT_POLICY),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]

Read = Callable[[], "tuple[str, bytes] | None"]
"""Returns the media type and the bytes of a page; None while there are none."""


class LiveServer:
    """A server in threads of its own, which do not keep the process alive.

    Args:
        reads: What GET answers, by the name behind the token; the empty name is the page.
        actions: What POST does, by name.

    Attributes:
        address: Of the page, with the token.

    Raises:
        UsageError: waitress is not installed.
        OutputError: The loopback interface cannot be used.
    """

    def __init__(self, reads: Mapping[str, Read], actions: Mapping[str, Callable[[], None]]) -> None:
        try:
            import waitress
        except ImportError:
            raise UsageError(
                "--live needs waitress, which is not installed.", "Install it with: pip install 'vqclip[live]'."
            ) from None
        # Its warnings are about browsers that went away, and would stand between the lines of the run.
        logging.getLogger("waitress").setLevel(logging.CRITICAL)
        self._reads, self._actions = reads, actions
        self._token = secrets.token_urlsafe(24)
        limits = {"threads": 2, "connection_limit": 32, "max_request_body_size": 1024, "channel_timeout": 30}
        try:
            self._server = waitress.create_server(self._answer, host=HOST, port=0, ident=None, **limits)
        except OSError as error:
            raise OutputError(
                f"the live page cannot be served on {HOST}: {error.strerror or error}.", "Leave out --live."
            ) from None
        port = self._server.effective_port
        self._hosts = {f"{name}:{port}" for name in (HOST, "localhost")}
        self.address = f"http://{HOST}:{port}/{self._token}/"
        self._thread = threading.Thread(target=self._run, name="vqclip live", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, and end the connections."""
        # The server may only be changed in the thread of its loop.
        self._server.trigger.pull_trigger(self._end)
        self._thread.join(timeout=2)

    def _run(self) -> None:
        # A socket that fails while it is closed is no reason to write anything.
        with contextlib.suppress(OSError):
            self._server.run()

    def _end(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()
        self._server.close()
        self._server.task_dispatcher.shutdown(timeout=0)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, kind, body, more = self._respond(environ)
        head = [*_HEADERS, *more, ("Content-Type", kind), ("Content-Length", str(len(body)))]
        start_response(status, head)
        return [body]

    def _respond(self, environ: WSGIEnvironment) -> tuple[str, str, bytes, list[tuple[str, str]]]:
        """Return the status, the media type, the body and further headers of the answer."""
        method, name = environ["REQUEST_METHOD"], self._name(environ)
        if name is None:
            return _plain("403 Forbidden", "This page is only for the address that vqclip printed.")
        if name in self._actions:
            if method != "POST":
                return _plain("405 Method Not Allowed", "Use POST.", ("Allow", "POST"))
            self._actions[name]()
            return _plain("202 Accepted", "")
        if name not in self._reads:
            return _plain("404 Not Found", "There is no such page.")
        if method not in ("GET", "HEAD"):
            return _plain("405 Method Not Allowed", "Use GET.", ("Allow", "GET, HEAD"))
        found = self._reads[name]()
        return _plain("404 Not Found", "There is no picture yet.") if found is None else ("200 OK", *found, [])

    def _name(self, environ: WSGIEnvironment) -> str | None:
        """Return the name behind the token, or None for a request that is not from the page."""
        origin = environ.get("HTTP_ORIGIN")
        if environ.get("HTTP_HOST", "") not in self._hosts:
            return None
        if origin is not None and origin not in {f"http://{host}" for host in self._hosts}:
            return None
        token, slash, name = environ["PATH_INFO"].removeprefix("/").partition("/")
        known = hmac.compare_digest(token.encode("utf-8", "replace"), self._token.encode())
        return name if known and slash else None


def _plain(status: str, text: str, *more: tuple[str, str]) -> tuple[str, str, bytes, list[Any]]:
    return status, "text/plain; charset=utf-8", text.encode(), list(more)

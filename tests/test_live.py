"""--live: a page on this machine alone that shows a run as it grows, and stops it."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from browser import chromium, needs_browser
from conftest import SMALL

import vqclip
from vqclip.cli import live
from vqclip.cli.live import MOST_POINTS, LivePage
from vqclip.cli.live_server import LiveServer
from vqclip.cli.signals import StopSignals
from vqclip.events import Finished, Started, Stepped

PROMPT = 'a <b>red</b> apple"><script>document.title="x"</script>'


class Client:
    """Requests to a live page. pressed: the buttons that were pressed."""

    def __init__(self, address: str) -> None:
        self.netloc, self.path = urlsplit(address).netloc, urlsplit(address).path
        self.pressed: list[str] = []

    def ask(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        """The answer to a request; its body is read already, as `text`."""
        connection = http.client.HTTPConnection(self.netloc, timeout=30)
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()  # type: ignore[attr-defined]
        connection.close()
        return answer


@pytest.fixture
def client() -> Iterator[Client]:
    pytest.importorskip("waitress", reason="only with the extra `live`")
    pressed: list[str] = []
    reads = {"": lambda: ("text/html", b"page"), "picture": lambda: None}
    server = LiveServer(reads, {"stop": lambda: pressed.append("stop")})
    client = Client(server.address)
    client.pressed = pressed
    yield client
    server.close()
    with pytest.raises(ConnectionRefusedError):
        client.ask(client.path)
    assert not [thread for thread in threading.enumerate() if thread.name == "vqclip live"]


def test_fault_65_only_the_address_that_was_printed_is_answered(client: Client) -> None:
    host, port = client.netloc.split(":")
    assert host == "127.0.0.1"
    answer = client.ask(client.path)
    assert (answer.status, answer.text) == (200, "page")  # type: ignore[attr-defined]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
    assert client.ask(client.path, Host=f"localhost:{port}", Origin=f"http://{client.netloc}").status == 200
    for foreign in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1.evil.example:{port}", ""):
        assert client.ask(client.path, Host=foreign).status == 403, foreign
    for origin in ("http://evil.example", "null", f"https://{client.netloc}", "http://127.0.0.1"):
        assert client.ask(client.path, Origin=origin).status == 403, origin
        assert client.ask(client.path + "stop", "POST", Origin=origin).status == 403, origin
    for path in ("/", "/stop", client.path[:-2] + "/", client.path.rstrip("/"), "/%00%ff/stop"):
        assert client.ask(path).status == 403, path
        assert client.ask(path, "POST").status == 403, path
    assert client.pressed == []


def test_only_post_presses_a_button(client: Client) -> None:
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        answer = client.ask(client.path + "stop", method)
        assert (answer.status, answer.headers["Allow"]) == (405, "POST"), method
    assert client.ask(client.path, "POST").status == 405
    assert client.ask(client.path + "picture").status == client.ask(client.path + "other").status == 404
    assert client.pressed == []
    assert client.ask(client.path + "stop", "POST", Origin=f"http://{client.netloc}").status == 202
    assert client.pressed == ["stop"]


def stepped(step: int, image: Any, steps: int = 5000) -> Stepped:
    return Stepped(step, steps, 1, 1 / step, {}, step / steps, 0.1, image, lambda: None, 7.0)  # type: ignore[arg-type,return-value]


def test_pictures_are_encoded_while_somebody_watches_and_curves_stay_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "PICTURE_SECONDS", 0.1)
    encoded = []

    def image() -> np.ndarray:
        encoded.append(1)
        return np.zeros((8, 8, 3), np.uint8)

    page = LivePage(lambda: None)
    read = page.reads()

    def state() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(read["state"]()[1])  # type: ignore[index]
        return found

    page.show(Started(0, 5000, 8, 8, 1, image, lambda: None))  # type: ignore[arg-type,return-value]
    for step in range(1, 4321):
        page.show(stepped(step, image))
    assert len(encoded) == 1
    found = state()
    assert (found["step"], found["status"], found["picture"], found["left"]) == (4320, "drawing", 1, 7.0)
    assert MOST_POINTS / 2 <= len(found["curve"]) <= MOST_POINTS + 1
    assert found["curve"][-1] == [4320, 1 / 4320, 4320 / 5000]
    time.sleep(0.1)
    for step in range(4321, 5000):
        page.show(stepped(step, image))
    # Now a page is open, but steps are faster than pictures.
    assert 2 <= len(encoded) < 50
    page.show(Finished(5000, 0.5, image, lambda: None))  # type: ignore[arg-type,return-value]
    ending = threading.Thread(target=page.end, args=(None,))
    ending.start()
    while ending.is_alive() and state()["status"] != "finished":
        pass
    assert read["picture"]()[1].startswith(b"\x89PNG")  # type: ignore[index]
    ending.join(timeout=1)
    assert not ending.is_alive()


def test_stop_is_noted_as_the_first_interrupt_and_only_once() -> None:
    with StopSignals() as stop:
        page = LivePage(stop.request)
        assert stop() is None
        page.stop()
        page.stop()
        assert stop() == signal.SIGINT


@pytest.mark.option("--live")
def test_live_without_waitress_names_the_extra(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "waitress", None)
    answer = call("generate", "a red apple", "--live", "-o", "run")
    assert (answer.code, len(answer.err.splitlines())) == (2, 2)
    assert "pip install 'vqclip[live]'" in answer.err
    assert not Path("run").exists()


@pytest.mark.slow
@needs_browser
@pytest.mark.option("--live")
def test_a_browser_sees_the_picture_grow_and_stops_the_run(tmp_path: Path) -> None:
    pytest.importorskip("waitress", reason="only with the extra `live`")
    flags = [part for name, value in SMALL.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    flags += ["--iterations", "100000", "--save-every", "0", "--snapshot-every", "100000", "--seed", "1"]
    command = [sys.executable, "-m", "vqclip", "generate", PROMPT, "--live", "-q", "-o", "run", *flags]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        address = process.stderr.readline().removeprefix("live view: ").strip()
        client = Client(address)
        assert client.ask(client.path + "stop", "POST", Host="evil.example").status == 403
        with chromium(tmp_path / "profile") as browser:
            browser.open(address)
            browser.wait("document.getElementById('picture').naturalWidth === 32")
            assert browser.run("document.getElementById('prompt').textContent") == PROMPT
            first = browser.run("document.getElementById('picture').src")
            browser.wait(f"document.getElementById('picture').src !== {first!r} && state.curve.length > 1")
            assert browser.run("document.querySelector('.chart[data-kind=loss] path').getAttribute('d').length") > 10
            browser.run("document.getElementById('snapshot').click()")
            saved = browser.wait("!state.snapshot_asked && state.snapshot")
            browser.run("document.getElementById('stop').click()")
            browser.wait("document.getElementById('word').textContent === 'Stopped'")
            assert "vqclip resume" in browser.run("document.getElementById('message').textContent")
            assert browser.run("document.getElementById('picture').naturalWidth") == 32
            assert browser.errors == []
    finally:
        try:
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    steps = [int(path.stem.removeprefix("step-")) for path in Path("run/state").glob("step-*.safetensors")]
    assert 0 < saved <= max(steps)
    assert next(vqclip.resume("run")).step == max(steps)  # type: ignore[attr-defined]

"""Runs whose folder is in an object store: fsspec's memory, and moto's S3 server on the loopback."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import files, object_store
from vqclip.errors import InUse, OutputError, UsageError
from vqclip.events import JobStarted, Saved, Warned
from vqclip.jobs import remote as remote_batches
from vqclip.jobs.batch import batch
from vqclip.jobs.status import status
from vqclip.runs import lease as leases

SMALL: dict[str, Any] = {
    "seed": 3, "size": "32x32", "iterations": 4, "candidates": 2, "snapshot_every": 2, "save_every": 2, "threads": 1,
}  # fmt: skip
FLAGS = [
    "--seed", "3", "--size", "32x32", "-n", "4", "--candidates", "2", "--snapshot-every", "2", "--save-every", "2",
    "--threads", "1",
]  # fmt: skip


@pytest.fixture
def memory() -> Iterator[Any]:
    """An empty object store in the memory of this process."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    yield system
    system.store.clear()


def names(system: Any, prefix: str = "/b/run") -> set[str]:
    return {path.removeprefix(f"{prefix}/") for path in system.find(prefix)}


def pixels(data: Any) -> np.ndarray:
    return np.asarray(Image.open(data))


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("s3://bucket/prefix/", "s3://bucket/prefix"), (Path("s3://bucket/prefix"), "s3://bucket/prefix"),
        ("gs:/bucket", "gs://bucket"), ("memory://b/run", "memory://b/run"),
        ("abfs://box@account/x", "abfs://box@account/x"),
        ("runs/s3", None), (Path("/tmp/s3:/x"), None), ("c:/pictures", None), ("http://host/x", None),
        ("s3:///x", None), (None, None),
    ],
)  # fmt: skip
def test_an_address_is_known_with_one_slash_or_two(given: Any, address: str | None) -> None:
    assert object_store.address_of(given) == address


def test_credentials_in_an_address_are_refused_and_not_shown() -> None:
    with pytest.raises(UsageError) as caught:
        object_store.address_of("s3://KEY:SECRET@bucket/x")
    assert "SECRET" not in str(caught.value)


@pytest.mark.long
def test_a_run_in_an_object_store_has_the_files_of_a_run_in_a_folder(memory: Any, tmp_path: Path) -> None:
    plain = vqclip.draw("a red apple", output=tmp_path / "run", progress=False, **SMALL)
    stored = vqclip.draw("a red apple", output="memory://b/run", progress=False, **SMALL)
    assert str(stored.directory).rstrip("/").endswith("b/run")
    assert stored.path.read_bytes() == plain.path.read_bytes()
    assert stored.score == plain.score
    assert np.array_equal(np.asarray(stored.image), np.asarray(plain.image))
    kept = {path.relative_to(tmp_path / "run").as_posix() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    assert names(memory) == {name for name in kept if not name.startswith(".")}
    again = list(vqclip.resume("memory://b/run"))
    assert again[0].finished  # type: ignore[attr-defined]
    with pytest.raises(OutputError, match=r"memory://b/run holds a run with other settings"):
        vqclip.generate("a blue apple", output="memory://b/run", **SMALL)
    remade = vqclip.draw(
        "a blue apple", output="memory://b/run", overwrite=True, progress=False, **SMALL | {"save_every": 4}
    )
    assert not np.array_equal(np.asarray(remade.image), np.asarray(plain.image))
    assert "frames/00002.png" not in names(memory)


@pytest.mark.slow
@pytest.mark.parametrize("lost", ["run.json", "image.png"])
def test_a_run_killed_between_two_uploads_is_resumed(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    class Killed(BaseException):
        """Ends the process for the run: nothing is uploaded after it."""

    upload = object_store.ObjectFolder.upload
    state = {"dead": False}

    def until_the_end(self: Any, path: Path, name: str) -> None:
        finished = (path.parent / "image.png").exists() and name == lost
        if finished or state["dead"]:
            state["dead"] = True
            raise Killed
        upload(self, path, name)

    plain = vqclip.draw("a red apple", output=tmp_path / "run", progress=False, **SMALL)
    monkeypatch.setattr(object_store.ObjectFolder, "upload", until_the_end)
    with pytest.raises(Killed):
        vqclip.draw("a red apple", output="memory://b/run", progress=False, **SMALL)
    monkeypatch.setattr(object_store.ObjectFolder, "upload", upload)
    assert json.loads(memory.cat("/b/run/run.json"))["status"] == "running"
    assert ("image.png" in names(memory)) == (lost == "run.json")
    result = vqclip.draw("a red apple", output="memory://b/run", progress=False, **SMALL)
    assert result.path.read_bytes() == plain.path.read_bytes()
    assert json.loads(memory.cat("/b/run/run.json"))["status"] == "finished"


@pytest.mark.slow
def test_a_store_that_fails_for_a_while_costs_nothing_and_one_that_stays_so_keeps_the_run(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = object_store.ObjectFolder.upload
    fail = {"left": 2}

    def unsteady(self: Any, path: Path, name: str) -> None:
        if fail["left"]:
            fail["left"] -= 1
            raise OutputError("Cannot write memory://b/run: no network.", "Check it.")
        upload(self, path, name)

    monkeypatch.setattr(object_store.ObjectFolder, "upload", unsteady)
    events = list(vqclip.generate("a red apple", output="memory://b/run", **SMALL))
    assert sum(isinstance(event, Warned) and "no network" in event.message for event in events) == 2
    assert "image.png" in names(memory)
    fail["left"] = 1000
    with pytest.raises(OutputError, match="The files are kept in") as caught:
        list(vqclip.generate("a red apple", output="memory://b/other", **SMALL))
    kept = Path(caught.value.hint.split("kept in ")[1].split(". ")[0])
    assert (kept / "image.png").is_file()


@pytest.mark.slow
def test_an_interrupted_run_names_its_address_and_has_its_snapshot_there(memory: Any) -> None:
    stop = iter([None, None, 2, 2, 2])
    with pytest.raises(vqclip.errors.Interrupted) as caught:
        list(vqclip.generate("a red apple", output="memory://b/run", stop=lambda: next(stop), **SMALL))
    assert "memory://b/run" in caught.value.hint
    assert json.loads(memory.cat("/b/run/run.json"))["status"] == "interrupted"
    step = max(name for name in names(memory) if name.startswith("state/"))
    assert step == "state/step-000003.safetensors"
    saved = [event for event in vqclip.resume("memory://b/run") if isinstance(event, Saved) and event.kind == "image"]
    assert pixels(saved[0].path.open("rb")).shape == (32, 32, 3)


@pytest.mark.slow
def test_commands_on_runs_take_an_address_or_say_what_to_do(memory: Any, call: Any, isolated: Path) -> None:
    run = "memory://b/out/run"
    vqclip.draw("a red apple", output=run, progress=False, **SMALL | {"candidates": 1})
    for command, answered in (
        (("info", run, "--json"), run),
        (("info", f"{run}/image.png", "--json"), f"{run}/image.png"),
        (("report", run), f"{run}/report.html"),
        (("report", "memory://b/out"), "memory://b/out/report.html"),
        (("gallery", "memory://b/out"), "memory://b/out/gallery.html"),
        (("gallery", "memory://b/out"), "memory://b/out/gallery.html"),
        (("video", run, "--video-format", "gif"), f"{run}/video.gif"),
        (("video", run, "-o", "here.gif"), "here.gif"),
    ):
        answer = call(*command)
        assert (answer.code, answered in answer.out) == (0, True), answer.err
    page = memory.cat("/b/out/gallery.html").decode()
    assert all(part in page for part in ("a red apple", "run/video.mp4", "run/report.html", "<title>out"))
    assert len(memory.find("/b/out/.gallery")) == 2, "an index and one small picture"
    assert memory.cat("/b/out/run/video.mp4"), "not the empty file in its place"
    for command, code, said in (
        (("continue", run, "a tree"), 2, f"{run} is in an object store"),
        (("generate", "a tree", "--init-run", run), 2, "init_run cannot be an address"),
        (("video", run, "-o", "memory://b/v.mp4"), 5, "memory://b/v.mp4 is in an object store"),
        (("report", run, "-o", "memory://b/r.html"), 5, "memory://b/r.html is in an object store"),
        (("info", "memory://b/none.png"), 4, "Cannot read memory://b/none.png: there is no such"),
        (("status", run), 2, f"{run} holds no batch"),
        (("gallery", "memory://b/none"), 2, "memory://b/none holds no run"),
        (("resume", "memory://b/none"), 2, "memory://b/none holds no run"),
    ):
        answer = call(*command)
        assert (answer.code, said in answer.err) == (code, True), answer.err
        assert len(answer.err.strip().splitlines()) == 2
    assert [path.name for path in isolated.iterdir()] == ["here.gif"]


@pytest.mark.slow
def test_status_knows_processes_of_other_machines_by_the_time_of_their_ledgers(memory: Any, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("a red apple\n")
    given = {**SMALL, "output": "memory://b/batch", "jobs": 1, "candidates": 1}
    list(batch(tmp_path / "list.txt", **given))
    (path,) = memory.find("/b/batch/ledger")
    lines = memory.cat(path).splitlines(keepends=True)[:2]
    opened = files.canonical({**json.loads(lines[0]), "host": "node7"}).encode() + b"\n"
    memory.pipe_file(path, opened + lines[1])
    for minutes, running in ((1, 1), (10, 0)):
        now = datetime.datetime.now(tz=datetime.UTC)
        memory.store[path].modified = memory.store[path].created = now - datetime.timedelta(minutes=minutes)
        with remote_batches.fetched("memory://b/batch") as mirror:
            assert status(mirror.local).running == running


def a_lease(**changes: Any) -> bytes:
    found = {"owner": "0", "host": "node7", "pid": 12, "machine": "node7", "time": time.time()}
    return json.dumps(found | changes).encode()


@pytest.mark.slow
def test_fault_69_a_run_of_another_process_is_left_alone_until_that_is_gone(memory: Any) -> None:
    memory.pipe_file("/b/run/.vqclip-lease", a_lease())
    with pytest.raises(InUse, match="memory://b/run is in use by process 12 on node7"):
        vqclip.generate("a red apple", output="memory://b/run", **SMALL)
    first = vqclip.generate("a red apple", output="memory://b/other", **SMALL)
    next(first)
    with pytest.raises(InUse, match=f"in use by process {os.getpid()}"):
        vqclip.generate("a red apple", output="memory://b/other", **SMALL)
    first.close()  # type: ignore[attr-defined]
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    for lease in (
        a_lease(time=time.time() - 100),
        a_lease(machine=leases._machine(), pid=gone.pid),
        a_lease(machine=leases._machine(), pid=os.getpid()),
        b"{",
    ):
        memory.pipe_file("/b/run/.vqclip-lease", lease)
        events = vqclip.generate("a red apple", output="memory://b/run", **SMALL)
        next(events)
        held = json.loads(memory.cat("/b/run/.vqclip-lease"))
        assert (held["pid"], held["owner"] != "0") == (os.getpid(), True)
        events.close()  # type: ignore[attr-defined]
    assert not memory.exists("/b/run/.vqclip-lease")


@pytest.mark.slow
def test_fault_69_a_process_that_lost_its_run_writes_nothing_into_it(memory: Any) -> None:
    events = vqclip.generate("a red apple", output="memory://b/run", **SMALL)
    next(event for event in events if isinstance(event, Saved) and event.kind == "snapshot")
    memory.pipe_file("/b/run/.vqclip-lease", a_lease())
    before = {path: memory.cat(path) for path in memory.find("/b/run")}
    with pytest.raises(InUse, match="another process has taken over memory://b/run"):
        list(events)
    assert {path: memory.cat(path) for path in memory.find("/b/run")} == before


@pytest.mark.slow
def test_fault_69_a_batch_draws_the_runs_of_a_process_that_is_gone(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.txt").write_text("a red apple\na blue car\n")
    given = {**SMALL, "output": "memory://b/batch", "jobs": 1, "candidates": 1}
    events = batch(tmp_path / "list.txt", **given)
    asked = next(event.directory for event in events if isinstance(event, JobStarted))
    events.close()  # type: ignore[attr-defined]
    memory.rm("/b/batch", recursive=True)
    memory.pipe_file(f"/b/batch/{'/'.join(asked.parts[-2:])}/.vqclip-lease", a_lease())
    answers = iter([True])
    monkeypatch.setattr(leases, "EXPIRES", 0.5)
    monkeypatch.setattr(leases, "_lives", lambda _: next(answers, False))
    events = list(batch(tmp_path / "list.txt", **given))
    started = [event.directory for event in events if isinstance(event, JobStarted)]
    assert len(started) == 3, "one was tried twice"
    assert [event for event in events if isinstance(event, Warned) and "is drawing 1 of the runs" in event.message]
    rows = [json.loads(line) for line in memory.cat("/b/batch/table.jsonl").splitlines()]
    assert [row["status"] for row in rows] == ["finished"] * 2


def test_other_commands_write_no_folder_of_the_name_of_a_store(call: Any, isolated: Path) -> None:
    answer = call("sample", "a red apple", "-o", "s3://bucket/sheet.png")
    assert answer.code == 5
    assert "s3://bucket" in answer.err
    assert not (isolated / "s3:").exists()


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    """The environment of a client of an S3 server on the loopback, with a bucket."""
    pytest.importorskip("moto.server")
    pytest.importorskip("s3fs")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a-key-id",
        "AWS_SECRET_ACCESS_KEY": "a-secret-key",
        "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        system = fsspec.filesystem(
            "s3",
            key="a-key-id",
            secret="a-secret-key",
            client_kwargs={"endpoint_url": environment["AWS_ENDPOINT_URL"]},
        )
        system.mkdir("bucket")
        yield environment
    finally:
        server.kill()
        server.wait()


def s3_of(environment: dict[str, str]) -> Any:
    place = {"endpoint_url": environment["AWS_ENDPOINT_URL"]}
    system = fsspec.filesystem("s3", key="a-key-id", secret="a-secret-key", client_kwargs=place)
    system.invalidate_cache()
    return system


@pytest.fixture
def call_in_s3(s3: dict[str, str], call: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the command line as a client of the server that knows no bucket yet, as in a new process."""
    s3fs = pytest.importorskip("s3fs")

    def call_in_s3(*arguments: str, **environment: str) -> Any:
        for name, value in (s3 | environment).items():
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(object_store, "_writable", set())
        s3fs.S3FileSystem.clear_instance_cache()
        return call(*arguments)

    return call_in_s3


@pytest.mark.long
def test_the_command_line_draws_into_s3_and_keeps_no_secret(
    s3: dict[str, str], call_in_s3: Any, isolated: Path
) -> None:
    drawn = call_in_s3("generate", "a red apple", *FLAGS, "-o", "s3://bucket/runs/apple", "--json")
    assert drawn.code == 0, drawn.err
    assert drawn.lines[-1]["image"] == "s3://bucket/runs/apple/image.png"
    again = call_in_s3("resume", "s3://bucket/runs/apple")
    assert (again.code, "already finished" in again.err + again.out) == (0, True)
    repeated = call_in_s3("rerun", "s3://bucket/runs/apple", "-o", "local")
    assert repeated.code == 0, repeated.err
    system = s3_of(s3)
    assert system.cat("bucket/runs/apple/image.png") == (isolated / "local" / "image.png").read_bytes()
    everything = b"".join(system.cat(path) for path in system.find("bucket"))
    assert b"a-secret-key" not in everything
    assert b"a-key-id" not in everything
    missing = call_in_s3("generate", "a red apple", *FLAGS, "-o", "s3://no-such-bucket/apple")
    assert (missing.code, len(missing.err.strip().splitlines())) == (5, 2), missing.err
    assert "there is no such bucket" in missing.err
    assert not list(isolated.glob("s3*"))


def pictures_of(rows: list[dict[str, Any]], read: Any) -> dict[str, bytes]:
    return {row["prompt"]: read(row["path"]) for row in rows}


@pytest.mark.long
def test_a_batch_in_s3_is_that_of_a_folder_and_continues(
    s3: dict[str, str], call_in_s3: Any, isolated: Path, forked_workers: None
) -> None:
    (isolated / "list.txt").write_text("a red apple\na blue car\na yellow star\n")
    command = ["batch", "list.txt", *FLAGS]
    plain = call_in_s3(*command, "-o", "local")
    assert plain.code == 0, plain.err
    for shard, jobs in (("1/2", "2"), ("2/2", "1")):
        part = call_in_s3(*command, "--jobs", jobs, "--shard", shard, "-o", "s3://bucket/batch")
        assert part.code == 0, part.err
        assert "s3://bucket/batch" in part.err
    status = call_in_s3("status", "s3://bucket/batch", "--json").record
    assert (status["total"], status["done"], status["failed"]) == (3, 3, 0)
    collected = call_in_s3("collect", "s3://bucket/batch")
    assert (collected.code, collected.out.strip()) == (0, "s3://bucket/batch/table.csv"), collected.err
    system = s3_of(s3)
    rows = [json.loads(line) for line in system.cat("bucket/batch/table.jsonl").splitlines()]
    local = [json.loads(line) for line in (isolated / "local" / "table.jsonl").read_text().splitlines()]
    drawn = pictures_of(rows, lambda path: system.cat(f"bucket/batch/{path}"))
    assert drawn == pictures_of(local, lambda path: (isolated / "local" / path).read_bytes())
    assert [row["score"] for row in rows] == [row["score"] for row in local]
    assert system.exists("bucket/batch/sheet.png")
    assert system.exists("bucket/batch/gallery.html")
    everything = b"".join(system.cat(path) for path in system.find("bucket/batch"))
    assert not any(secret in everything + part.err.encode() for secret in (b"a-secret-key", b"a-key-id"))
    ledgers = [path for path in system.find("bucket/batch") if "/ledger/" in path]
    system.rm(ledgers[0])
    resumed = call_in_s3("resume", "s3://bucket/batch")
    assert (resumed.code, "2 done" in resumed.err or "1 done" in resumed.err) == (0, True), resumed.err
    again = call_in_s3(*command, "-o", "s3://bucket/batch")
    assert again.code == 0, again.err
    rows = [json.loads(line) for line in s3_of(s3).cat("bucket/batch/table.jsonl").splitlines()]
    assert [row["score"] for row in rows] == [row["score"] for row in local], "runs are found without a ledger"
    assert not list(isolated.glob("s3*"))


class Server(ThreadingHTTPServer):
    """Answers the first requests with an error of S3, as many as `errors`, and the others like an empty object."""

    def __init__(self, status: int, code: str, message: str, errors: int) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        body = (
            f"<Error><Code>{code}</Code><Message>{message}</Message><AWSAccessKeyId>a-key-id</AWSAccessKeyId></Error>"
        )
        self.status, self.body, self.errors, self.requests = status, body.encode(), errors, 0


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = self.server
        assert isinstance(server, Server)
        server.requests += 1
        failed = server.requests <= server.errors
        body = server.body if failed and self.command != "HEAD" else b""
        self.send_response(server.status if failed else 200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", '"0"')
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_HEAD = do_DELETE = do_POST = do_PUT  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@contextlib.contextmanager
def serving(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve at AWS_ENDPOINT_URL, with credentials in the environment."""
    s3fs = pytest.importorskip("s3fs")
    values = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}", "AWS_ACCESS_KEY_ID": "a-key-id",
        "AWS_SECRET_ACCESS_KEY": "a-secret-key", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(object_store, "_writable", set())
    s3fs.S3FileSystem.clear_instance_cache()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "code", "message", "said"),
    [
        (400, "ExpiredToken", "The provided token has expired.", "The provided token has expired"),
        (403, "AccessDenied", "Access Denied", "Access Denied"),
        (403, "InvalidAccessKeyId", "There is no key a-key-id.", "There is no key ***"),
        (403, "SignatureDoesNotMatch", "The signature of a-key-id does not match.", "The signature of *** does not"),
    ],
)
def test_fault_66_wrong_credentials_are_one_line_without_a_secret(
    call: Any, monkeypatch: pytest.MonkeyPatch, status: int, code: str, message: str, said: str
) -> None:
    monkeypatch.setenv("VQCLIP_DEBUG", "1")
    with serving(Server(status, code, message, 1000), monkeypatch):
        answer = call("generate", "a red apple", "--seed", "1", "-o", "s3://bucket/apple")
    assert answer.code == 5
    assert f"error: Cannot write s3://bucket/apple: {said}" in answer.err
    assert "Traceback" in answer.err
    assert not any(secret in answer.out + answer.err for secret in ("a-key-id", "a-secret-key"))


@pytest.mark.slow
def test_fault_66_a_server_that_is_busy_twice_is_asked_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    with serving(Server(503, "SlowDown", "Please reduce your request rate.", 2), monkeypatch) as server:
        object_store.ObjectFolder("s3://bucket/apple").upload(tmp_path / "file", "file")
    assert server.requests == 3


@pytest.mark.slow
def test_fault_66_a_server_that_is_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Server(200, "", "", 0), monkeypatch) as server:
        server.server_close()
        server.socket = socket.socket()
        with pytest.raises(OutputError, match="Cannot write s3://bucket/apple: Could not connect to the endpoint"):
            object_store.ObjectFolder("s3://bucket/apple").ensure_writable()


def test_a_bucket_is_checked_once(memory: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_writable", set())
    written: list[str] = []
    write = object_store.ObjectFolder.write
    monkeypatch.setattr(
        object_store.ObjectFolder, "write", lambda self, name, data: (written.append(name), write(self, name, data))
    )
    for address in ("memory://b/one", "memory://b/two", "memory://c/one"):
        object_store.ObjectFolder(address).ensure_writable()
    assert written == [".vqclip-probe"] * 2
    assert memory.find("/") == []


def test_no_store_is_used_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQCLIP_OFFLINE", "1")
    with pytest.raises(UsageError, match="VQCLIP_OFFLINE is set"):
        vqclip.generate("a red apple", output="s3://bucket/apple")


@pytest.mark.slow
def test_missing_credentials_are_one_line(call_in_s3: Any) -> None:
    nothing = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    answer = call_in_s3("generate", "a red apple", *FLAGS, "-o", "s3://bucket/apple", **nothing)
    assert answer.code == 5
    assert answer.err.startswith("error: Cannot write s3://bucket/apple: ")
    assert "credentials" in answer.err
    assert "Traceback" not in answer.err

"""Downloads end with the published file or with one clear line, whatever the other side of the network does.

The servers are real ones on the loopback address, with every bad habit that was seen in the field.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import torch
from faults import makers
from loopback import Handler, Server, cut, missing, serving, stalling, whole

from vqclip import files
from vqclip.errors import Interrupted, ModelError, OutputError
from vqclip.models import catalogue, download
from vqclip.models.catalogue import Mirror, VqganEntry
from vqclip.models.download import Patience, Transfer, download_vqgan

QUICK = Patience(stall=1.5, tries=3, pause=0.0)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(Server()) as made:
        yield made


@pytest.fixture
def data(tmp_path: Path) -> bytes:
    """A sound checkpoint of some 80 kB."""
    path = makers.write_pt(tmp_path / "sound.pt", {"w": torch.arange(20000.0)})
    return path.read_bytes()


@pytest.fixture
def entry(data, tmp_path, monkeypatch) -> VqganEntry:
    """A model with that checkpoint, and no origin yet."""
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("VQCLIP_CACHE_DIR", str(tmp_path / "cache"))
    digest = hashlib.sha256(data).hexdigest()
    return VqganEntry("test", "a test", "MIT", bytes=len(data), sha256=digest)


def fetch(entry: VqganEntry, *origins: str, patience: Patience = QUICK) -> tuple[Path, list[str], list[Transfer]]:
    """Download it from these addresses: its path, what was noted, and how it went on."""
    notes: list[str] = []
    steps: list[Transfer] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VqganEntry, "origins", origins)
        path = download_vqgan(entry, steps.append, notes.append, patience)
    return path, notes, steps


def refused(entry: VqganEntry, *origins: str, patience: Patience = QUICK) -> ModelError:
    with pytest.raises(ModelError) as caught:
        fetch(entry, *origins, patience=patience)
    assert not entry.path.exists()
    return caught.value


def test_a_checkpoint_arrives_whole_and_alone(entry, data, server):
    path, notes, steps = fetch(entry, server.put("/x", whole(data)))
    assert path == entry.path
    assert path.read_bytes() == data
    assert notes == []
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert steps[-1] == Transfer("test", len(data), len(data))
    assert [file.name for file in path.parent.iterdir() if not file.name.endswith(".lock")] == ["test.ckpt"]


def test_what_a_killed_download_left_in_the_middle_of_a_write_is_removed(entry, data, server):
    entry.path.parent.mkdir(parents=True)
    killed = subprocess.Popen([sys.executable, "-c", "pass"])
    killed.wait()
    ours = files.part_path(entry.path.parent / "test.ckpt.part.json")
    left = ours.with_name(ours.name.replace(f"-{os.getpid()}-", f"-{killed.pid}-"))
    left.write_text("{")
    fetch(entry, server.put("/x", whole(data)))
    assert not left.exists()


def test_what_is_here_and_right_asks_nobody(entry, data, server, monkeypatch):
    entry.path.parent.mkdir(parents=True)
    entry.path.write_bytes(data)
    monkeypatch.setenv("VQCLIP_OFFLINE", "1")
    assert fetch(entry, server.put("/x", missing))[0].read_bytes() == data
    assert server.asked == []


def test_fault_12_a_wrong_file_in_the_cache_is_put_aside_and_fetched_again(entry, data, server):
    entry.path.parent.mkdir(parents=True)
    entry.path.write_bytes(data[:-1] + b"?")
    path, notes, _ = fetch(entry, server.put("/x", whole(data)))
    assert path.read_bytes() == data
    assert "is not the published file; it is kept as test.ckpt.wrong" in notes[0]
    assert path.with_name("test.ckpt.wrong").read_bytes() == data[:-1] + b"?"


@pytest.mark.parametrize("variable", ["VQCLIP_OFFLINE", "HF_HUB_OFFLINE"])
def test_fault_15_offline_is_one_line_and_opens_no_connection(variable, entry, data, server, monkeypatch):
    monkeypatch.setenv(variable, "1")
    error = refused(entry, server.put("/x", whole(data)))
    assert str(error) == f"'test' is not fetched: {variable} is set. Unset {variable} to use the network."
    assert error.exit_code == 3
    assert server.asked == []
    monkeypatch.setenv(variable, "0")
    assert fetch(entry, server.put("/x", whole(data)))[0].read_bytes() == data


def test_mirrors_are_asked_in_their_order_until_one_has_it(entry, data, server):
    first, second = server.put("/a", missing), server.put("/b", whole(data))
    third = server.put("/c", whole(data))
    path, notes, _ = fetch(entry, first, second, third)
    assert path.read_bytes() == data
    assert [asked for asked, _ in server.asked] == ["/a", "/b"]
    assert notes == ["test: 127.0.0.1 answers 404 Not Found"]


def test_when_all_fail_each_is_named_with_its_reason(entry, server):
    gone = "http://127.0.0.1:1/x"
    error = refused(entry, server.put("/a", missing), gone)
    assert (
        "'test' could not be fetched: 127.0.0.1 answers 404 Not Found; 127.0.0.1 cannot be reached" in error.message
    )
    assert f"put the checkpoint at {entry.path} yourself" in error.hint
    assert error.exit_code == 3


def test_fault_05_a_web_page_is_no_checkpoint_whatever_it_is_called(entry, server):
    page = b"\n<!DOCTYPE html><html>Please sign in</html>"
    honest = server.put("/a", lambda handler: handler.send(200, page, Content_Type="text/html; charset=utf-8"))
    error = refused(replace(entry, bytes=None), honest)
    assert "127.0.0.1 sends a web page (HTML) instead of the checkpoint" in error.message
    quiet = server.put("/b", lambda handler: handler.send(200, page, Content_Type="application/octet-stream"))
    error = refused(replace(entry, bytes=None, sha256=None), quiet)
    assert "sends a web page (HTML), probably the download page" in error.message
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n"
    error = refused(replace(entry, bytes=None), server.put("/c", lambda handler: handler.send(200, pointer)))
    assert "sends a Git LFS pointer" in error.message
    assert not list(entry.path.parent.glob("*.part"))


def test_another_size_than_the_published_one_is_not_even_begun(entry, data, server):
    error = refused(entry, server.put("/a", whole(data + b"more")))
    assert f"127.0.0.1 has a file of {len(data) + 4} bytes, not of {len(data)}" in error.message
    assert not list(entry.path.parent.glob("*.part"))


def test_other_bytes_of_the_right_size_are_refused_and_the_next_mirror_asked(entry, data, server):
    bad, good = bytes(len(data)), server.put("/good", whole(data))
    path, notes, _ = fetch(entry, server.put("/bad", whole(bad)), good)
    assert path.read_bytes() == data
    assert f"sends another file: its SHA-256 is {hashlib.sha256(bad).hexdigest()}" in notes[0]


def test_without_a_hash_what_is_no_checkpoint_is_refused_all_the_same(entry, data, server):
    unknown = replace(entry, bytes=None, sha256=None)
    error = refused(unknown, server.put("/a", whole(data[: len(data) // 2])))
    assert "sends no checkpoint" in error.message
    path, notes, _ = fetch(unknown, server.put("/b", whole(data)))
    assert path.read_bytes() == data
    assert hashlib.sha256(data).hexdigest() in notes[-1]


def test_fault_04_a_cut_connection_goes_on_where_it_broke(entry, data, server):
    path, notes, steps = fetch(entry, server.put("/a", cut(data, 1000), whole(data)))
    assert path.read_bytes() == data
    assert [asked for _, asked in server.asked] == [None, "bytes=1000-"]
    assert len(notes) == 1
    assert "trying again" in notes[0]
    assert steps[-1].done == len(data)


def test_a_server_that_always_hangs_up_is_given_up_and_what_came_is_kept(entry, data, server):
    error = refused(entry, server.put("/a", cut(data, 50000)))
    assert error.message.endswith(", 3 times.")
    assert "Run the same command again to go on after 0.1 MB" in error.hint
    assert entry.path.with_name("test.ckpt.part").stat().st_size == 50000
    before = len(server.asked)
    assert fetch(entry, server.put("/b", whole(data)))[0].read_bytes() == data
    assert server.asked[before:] == [("/b", "bytes=50000-")]


@pytest.mark.slow
def test_a_silent_server_times_out_and_the_next_has_the_rest(entry, data, server):
    began = time.monotonic()
    silent, good = server.put("/a", stalling(data, 2000)), server.put("/b", whole(data))
    path, notes, _ = fetch(entry, silent, good, patience=replace(QUICK, tries=1))
    assert path.read_bytes() == data
    assert time.monotonic() - began < 3
    assert notes == ["test: 127.0.0.1 sent nothing for 1.5 s, 1 times"]
    assert server.asked == [("/a", None), ("/b", "bytes=2000-")]


@pytest.mark.slow
def test_a_server_that_drips_is_as_good_as_silent(entry, data, server):
    def drip(handler: Handler) -> None:
        handler.send(200, b"", len(data))
        for number in range(100):
            handler.wfile.write(data[number : number + 1])
            handler.wfile.flush()
            if handler.server.done.wait(0.02):
                return

    error = refused(entry, server.put("/a", drip), patience=replace(QUICK, tries=1))
    assert "sent only" in error.message


def test_redirects_are_followed_but_not_for_ever_nor_to_files(entry, data, server):
    end = server.put("/end", whole(data))
    to = lambda place: lambda handler: handler.send(302, b"", Location=place)  # noqa: E731
    assert fetch(entry, server.put("/a", to("/b")), server.put("/b", to(end)))[0].read_bytes() == data
    entry.path.unlink()
    assert "redirects more than 8 times" in refused(entry, server.put("/loop", to("/loop"))).message
    assert (
        "redirects to an address that is not valid"
        in refused(entry, server.put("/f", to("file:///etc/passwd"))).message
    )


def test_servers_may_hang_up_after_each_redirect(entry, data, server):
    def redirect_then_hang_up(handler: Handler) -> None:
        handler.send(302, b"", Location="/end")
        time.sleep(0.2)  # a next request on this connection is never read

    server.put("/end", whole(data))
    path = fetch(entry, server.put("/start", redirect_then_hang_up), patience=replace(QUICK, tries=1))[0]
    assert path.read_bytes() == data


def test_no_redirect_leads_out_of_encryption(entry, monkeypatch):
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(302, headers={"Location": "http://other.example/x"})

    def client(**known: Any) -> httpx2.Client:
        return real(transport=httpx2.MockTransport(answer), **known)

    real = httpx2.Client
    monkeypatch.setattr(httpx2, "Client", client)
    assert "redirects to an address without encryption" in refused(entry, "https://good.example/x").message


def test_a_server_without_ranges_sends_all_again(entry, data, server):
    plain = lambda handler: handler.send(200, data)  # noqa: E731
    path, _, steps = fetch(entry, server.put("/a", cut(data, 70000), plain))
    assert path.read_bytes() == data
    assert server.asked[1] == ("/a", "bytes=70000-")
    assert steps[-1].done == len(data)


def test_a_server_that_sends_another_range_is_asked_again(entry, data, server):
    def shifted(handler: Handler) -> None:
        handler.send(206, data[10:], Content_Range=f"bytes 10-{len(data) - 1}/{len(data)}")

    path, _, _ = fetch(entry, server.put("/a", cut(data, 1000), shifted, whole(data)))
    assert path.read_bytes() == data
    assert [asked for _, asked in server.asked] == [None, "bytes=1000-", None]


def test_more_bytes_than_promised_are_not_written(entry, data, server):
    def endless(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(data + b"x" * 100_000)

    error = refused(entry, server.put("/a", endless))
    assert f"sends more than {len(data)} bytes" in error.message
    assert not list(entry.path.parent.glob("*.part"))


def test_a_damaged_beginning_costs_one_more_download_and_not_the_file(entry, data, server):
    entry.path.parent.mkdir(parents=True)
    entry.path.with_name("test.ckpt.part").write_bytes(bytes(5000))
    path, notes, _ = fetch(entry, server.put("/a", whole(data)))
    assert path.read_bytes() == data
    assert [asked for _, asked in server.asked] == ["bytes=5000-", None]
    assert "not " + entry.sha256 in notes[0]


def test_a_download_killed_before_its_last_step_asks_for_nothing(entry, data, server):
    entry.path.parent.mkdir(parents=True)
    entry.path.with_name("test.ckpt.part").write_bytes(data)
    assert fetch(entry, server.put("/a", missing))[0].read_bytes() == data
    assert server.asked == []


def test_without_a_hash_only_the_same_version_is_gone_on_with(entry, data, server):
    unknown = replace(entry, sha256=None)
    for tag, second in (('"1"', "bytes=1000-"), ('"2"', "bytes=1000-")):
        server.asked.clear()
        answers = cut(data, 1000, ETag='"1"'), whole(data, ETag=tag)
        path, _, _ = fetch(unknown, server.put("/a", *answers))
        assert path.read_bytes() == data
        assert [asked for _, asked in server.asked] == [None, second]
        path.unlink()
    server.asked.clear()
    fetch(unknown, server.put("/a", cut(data, 1000), whole(data)))
    assert [asked for _, asked in server.asked] == [None, None]


def test_busy_servers_are_asked_again_and_closed_ones_are_not(entry, data, server):
    busy, closed = (lambda status: lambda handler: handler.send(status, b""))(503), lambda h: h.send(403, b"")
    assert fetch(entry, server.put("/a", busy, busy, whole(data)))[0].read_bytes() == data
    entry.path.unlink()
    server.asked.clear()
    assert "answers 403 Forbidden" in refused(entry, server.put("/b", closed)).message
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("raised", "code"), [(KeyboardInterrupt(), 130), (Interrupted("stopped at once.", "", 15), 143)]
)
def test_an_interrupted_download_says_so_and_keeps_what_came(entry, data, server, raised, code):
    def stop(step: Transfer) -> None:
        if step.done > 20_000:
            raise raised

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(VqganEntry, "origins", (server.put("/a", whole(data)),))
        with pytest.raises(Interrupted, match="the download of 'test' stopped after") as caught:
            download_vqgan(entry, stop, lambda note: None, QUICK)
    assert caught.value.exit_code == code
    assert caught.value.hint == "Run the same command again to resume it."
    kept = entry.path.with_name("test.ckpt.part").stat().st_size
    assert kept > 20_000
    assert fetch(entry, server.put("/b", whole(data)))[0].read_bytes() == data
    assert server.asked[-1] == ("/b", f"bytes={kept}-")


def test_a_full_disk_is_reported_before_the_first_byte(entry, data, server, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OutputError, match=r"has 0\.0 MB free; 'test' needs 0\.1 MB") as caught:
        fetch(entry, server.put("/a", whole(data)))
    assert "VQCLIP_CACHE_DIR" in caught.value.hint


def test_a_checkpoint_is_taken_out_of_the_archive_of_its_makers(entry, data, server):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model.ckpt", data)
    wrapped = replace(entry, bytes=None, sha256=None, member="model.ckpt")
    path, _, _ = fetch(wrapped, server.put("/a", whole(packed.getvalue())))
    assert path.read_bytes() == data
    path.unlink()
    error = refused(replace(wrapped, member="other.ckpt"), server.put("/a", whole(packed.getvalue())))
    assert "sends an archive without a sound other.ckpt" in error.message
    damaged = bytearray(packed.getvalue())
    damaged[100:200] = b"\xff" * 100
    error = refused(wrapped, server.put("/a", whole(bytes(damaged))))
    assert "sends an archive without a sound model.ckpt" in error.message


def test_an_archive_that_has_come_is_not_asked_for_again(entry, data, server, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model.ckpt", data)
    wrapped = replace(entry, bytes=None, sha256=None, member="model.ckpt")
    origin = server.put("/a", whole(packed.getvalue()))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(download.shutil, "copyfileobj", killed)
        with pytest.raises(Interrupted):
            fetch(wrapped, origin)
    assert fetch(wrapped, origin)[0].read_bytes() == data
    assert len(server.asked) == 1


def test_an_archive_whose_checkpoint_does_not_fit_is_reported_and_kept(entry, data, server, monkeypatch):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("model.ckpt", data)
    # Room for the archive, and then, beside it, for less than what is in it.
    room = iter([len(packed.getvalue()), len(data) - 1])
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: type("Usage", (), {"free": next(room)}))
    with pytest.raises(OutputError, match="free; 'test' needs"):
        fetch(
            replace(entry, bytes=None, sha256=None, member="model.ckpt"), server.put("/a", whole(packed.getvalue()))
        )
    assert entry.path.with_name("test.ckpt.part").stat().st_size == len(packed.getvalue())


SCRIPT = """
import json, sys
from vqclip.models.catalogue import VqganEntry
from vqclip.models.download import Patience, download_vqgan
origin, size, digest = sys.argv[1:]
VqganEntry.origins = (origin,)
entry = VqganEntry("test", "a test", "MIT", bytes=int(size), sha256=digest)
notes = []
path = download_vqgan(entry, lambda step: None, notes.append, Patience(5, 3, 0.0))
print(json.dumps([str(path), notes]))
"""


@pytest.mark.slow
def test_fault_14_two_processes_at_once_end_with_one_good_file(entry, data, server):
    began = threading.Barrier(2, timeout=20)

    def slow(handler: Handler) -> None:
        # The first answer waits for nothing but the other process: a moment is enough for that one to queue up.
        time.sleep(0.7)
        whole(data)(handler)

    address = server.put("/a", slow)
    answers: list[Any] = []

    def call() -> None:
        began.wait()
        command = [sys.executable, "-c", SCRIPT, address, str(len(data)), str(entry.sha256)]
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        answers.append(json.loads(told.stdout))

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert [path for path, _ in answers] == [str(entry.path)] * 2
    assert entry.path.read_bytes() == data
    assert len(server.asked) == 1


def test_addresses_of_the_hub_follow_its_variable(monkeypatch):
    mirror = Mirror("a/b", "main", "c.ckpt")
    assert mirror.url == "https://huggingface.co/a/b/resolve/main/c.ckpt"
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example/")
    assert mirror.url == "https://mirror.example/a/b/resolve/main/c.ckpt"


@pytest.mark.slow
def test_the_command_fetches_says_so_on_standard_error_and_answers_with_the_path(
    entry, data, server, monkeypatch, call
):
    listed = replace(entry, name="imagenet", upstream=server.put("/x", whole(data)))
    monkeypatch.setattr(catalogue, "_vqgans", lambda: {"imagenet": listed})
    told = call("models", "download", "imagenet")
    assert (told.code, told.out) == (0, f"{listed.path}\n")
    assert told.err == "imagenet: 0.1 of 0.1 MB\n"
    listed.path.unlink()
    told = call("models", "download", "imagenet", "--json")
    assert [line["event"] for line in told.lines] == ["transfer", "result"]
    assert told.lines[-1]["downloaded"] == {"imagenet": str(listed.path)}
    assert call("models", "download", "imagnet").code == 2
    monkeypatch.setenv("VQCLIP_OFFLINE", "yes")
    listed.path.unlink()
    told = call("models", "download", "imagenet")
    assert told.code == 3
    assert told.err.startswith("error: 'imagenet' is not fetched: VQCLIP_OFFLINE is set.")


def test_show_tells_all_that_is_known(call):
    told = call("models", "show", "vqgan_imagenet_f16_16384")
    for part in (
        "name: imagenet",
        "licence: see upstream",
        "sha256: 845a68805098cb66",
        "here: no",
        "heibox",
        "980092370",
    ):
        assert part in told.out
    kinds = [facts["kind"] for facts in call("models", "show", "tiny", "--json").record["models"]]
    assert kinds[:3] == ["vqgan", "clip", "prior"]
    assert "Did you mean 'imagenet" in call("models", "show", "imagnet").err

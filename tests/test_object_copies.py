"""Prompts and pictures that are named by their addresses in object stores, here in fsspec's memory."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
from PIL import Image

import vqclip
from vqclip import object_copies, object_store
from vqclip.errors import InputError, RunsFailed, UsageError
from vqclip.events import Event
from vqclip.jobs import batch as batches
from vqclip.settings.sources import resolve

SMALL: dict[str, Any] = {
    "seed": 3,
    "size": "32x32",
    "iterations": 2,
    "save_every": 0,
    "threads": 1,
    "cutouts": 4,
    "pixel_steps": 0.0,
}


def png(seed: int) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has not heard of any bucket, and has no copies."""
    monkeypatch.setattr(object_store, "_allowed", set())
    monkeypatch.setattr(object_copies, "_copies", object_copies._Copies())


@pytest.fixture
def memory() -> Iterator[Any]:
    """An object store with a picture and a mask in bucket b."""
    system = fsspec.filesystem("memory")
    system.store.clear()
    system.pipe_file("/b/init.png", png(0))
    system.pipe_file("/b/mask.png", png(1))
    yield system
    system.store.clear()


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No object store may be opened."""

    def refused(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refused)


def drawn(source: str | Path, output: str | Path) -> tuple[list[Event], str]:
    """The events of a batch, and how it ended."""
    events: list[Event] = []
    try:
        for event in batches.batch(source, output=output, jobs=1, **SMALL):
            events.append(event)
    except RunsFailed as error:
        return events, error.message
    return events, ""


LINES = """prompt,init_image,mask,image_prompt,palette,init,candidates
a red apple,ROOT/init.png,ROOT/mask.png,,,,2
a tree | [ROOT/mask.png]:0.2 @[ROOT/mask.png],,,ROOT/init.png:0.5,ROOT/init.png,tokens,
a lost one,ROOT/lost.png,,,,,
a plain one,,,,,tokens,
"""


@pytest.mark.long
def test_a_batch_of_addresses_draws_the_pictures_of_a_local_one(
    memory: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[str] = []
    fetch = object_store.ObjectFolder.fetch
    monkeypatch.setattr(
        object_store.ObjectFolder, "fetch", lambda self, name, path: (fetched.append(name), fetch(self, name, path))
    )
    for name in ("init.png", "mask.png"):
        (tmp_path / name).write_bytes(memory.cat(f"/b/{name}"))
    (tmp_path / "local.csv").write_text(LINES.replace("ROOT", str(tmp_path)))
    memory.pipe_file("/b/prompts.csv", LINES.replace("ROOT", "memory://b").encode())
    _, local_end = drawn(tmp_path / "local.csv", tmp_path / "out")
    _, end = drawn("memory://b/prompts.csv", "memory://b/out")
    assert (local_end.split(",")[0], end.split(",")[0]) == ("1 of 4 runs failed", "1 of 4 runs failed")
    assert "Cannot read memory://b/lost.png: there is no such bucket or object" in end
    rows = [json.loads(line) for line in memory.cat("/b/out/table.jsonl").splitlines()]
    local = [json.loads(line) for line in (tmp_path / "out/table.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == ["finished", "finished", "failed", "finished"]
    for row, other in zip(rows, local, strict=True):
        if row["path"]:
            assert memory.cat(f"/b/out/{row['path']}") == (tmp_path / "out" / other["path"]).read_bytes()
    assert memory.exists("/b/out/sheet.png")
    assert fetched.count("init.png") == fetched.count("mask.png") == 1
    first = json.loads(memory.cat(f"/b/out/{rows[0]['folder']}/run.json"))
    assert first["settings"]["init_image"] == "memory://b/init.png"
    assert set(first["inputs"]) == {"memory://b/init.png", "memory://b/mask.png"}


@pytest.mark.long
def test_a_run_is_not_resumed_with_another_picture_at_the_same_address(memory: Any, tmp_path: Path) -> None:
    stop = iter([None, 2])
    given: dict[str, Any] = {
        **SMALL,
        "iterations": 6,
        "init_image": "memory://b/init.png",
        "output": tmp_path / "run",
    }
    with pytest.raises(vqclip.errors.Interrupted):
        list(vqclip.generate("a red apple", stop=lambda: next(stop), **given))
    memory.pipe_file("/b/init.png", png(7))
    object_copies._copies = object_copies._Copies()
    with pytest.raises(InputError, match=r"memory://b/init.png has changed since this run started"):
        list(vqclip.generate("a red apple", **given))
    memory.pipe_file("/b/init.png", png(0))
    object_copies._copies = object_copies._Copies()
    object_store._allowed.clear()
    with pytest.raises(InputError, match=r"memory://b/init.png is not fetched: a file names it"):
        vqclip.resume(tmp_path / "run")
    list(vqclip.generate("a red apple", **given))
    assert (tmp_path / "run/image.png").is_file()


@pytest.mark.usefixtures("closed")
def test_fault_67_an_address_in_a_file_opens_no_connection(tmp_path: Path, call: Any) -> None:
    address = "s3://bucket/secret.png"
    for text in (f"init_image: {address}", f"prompt: a tree | [{address}]", f"palette: {address}"):
        (tmp_path / "foreign.yaml").write_text(f"{text}\n")
        with pytest.raises(UsageError, match=r"foreign.yaml, line 1: \w+ names s3://bucket/secret.png"):
            resolve(
                {"prompt": "a red apple"} if "prompt" not in text else {}, config_files=[tmp_path / "foreign.yaml"]
            )
    settings = resolve({"prompt": "a red apple", "seed": 1, "size": "32x32"}).settings.replace(init_image=address)
    object_store._allowed.clear()
    (tmp_path / "run").mkdir()
    record = vqclip.runs.directory.Manifest(settings).to_dict()
    (tmp_path / "run/run.json").write_text(json.dumps(record))
    for command in (("resume",), ("rerun", "-o", "again")):
        answer = call(command[0], str(tmp_path / "run"), *command[1:])
        assert (answer.code, "is not fetched: a file names it" in answer.err) == (4, True), answer.err
    (tmp_path / "lines.csv").write_text(f"prompt,init_image\na tree,{address}\n")
    asked = batches.Command.of("batch", str(tmp_path / "lines.csv"), {}, (), preset=None, config_files=(), flat=False)
    (tmp_path / "batch").mkdir()
    asked.write(tmp_path / "batch")
    answer = call("resume", str(tmp_path / "batch"))
    assert (answer.code, "Give the command of the batch again" in answer.err) == (2, True), answer.err


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("vqgan", "s3://bucket/model.ckpt", "vqgan cannot be an address of an object store"),
        ("init_run", "s3://bucket/run", "init_run cannot be an address of an object store"),
        ("init_image", "https://host/a.png?X-Amz-Signature=abcdef", "https://host/a.png is an address, not a file"),
        ("init_image", "az://box/a.png?sv=1&sig=abcdef", "an address of az:// holds credentials"),
    ],
)
def test_fault_68_what_is_not_fetched_is_refused_without_its_secrets(setting: str, value: str, said: str) -> None:
    with pytest.raises((UsageError, InputError)) as caught:
        vqclip.generate("a red apple", **{setting: value})
    assert said in caught.value.message
    assert "abcdef" not in str(caught.value)


def test_an_object_that_is_too_large_or_empty_is_refused_and_old_copies_go(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    object_store.allow("memory://b")
    with pytest.raises(InputError, match=r"memory://b/init.png: it has \d+ bytes, and the most are 10"):
        object_copies.local_file(Path("memory://b/init.png"), 10)
    memory.pipe_file("/b/empty.png", b"")
    with pytest.raises(InputError, match="it is empty"):
        object_copies.local_file(Path("memory://b/empty.png"))
    monkeypatch.setattr(object_copies, "MOST_COPIES", 1)
    first = object_copies.local_file(Path("memory://b/init.png"))
    assert object_copies.local_file(Path("memory://b/init.png")) == first
    second = object_copies.local_file(Path("memory://b/mask.png"))
    assert (first.exists(), second.read_bytes()) == (False, png(1))


def test_a_batch_in_memory_has_one_process(memory: Any) -> None:
    memory.pipe_file("/b/prompts.txt", b"a red apple\n")
    with pytest.raises(UsageError, match="memory of this process"):
        batches.batch("memory://b/prompts.txt", output="memory://b/out", jobs=2)

"""CLIP models come from the hub into its own cache, and what comes is what the hub says that it has.

The hub here is a server on the loopback address that speaks as much of its language as a download needs.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import COMMIT, Hub, cut, serving, whole

from vqclip.errors import ModelError, UsageError
from vqclip.models import hub, registry
from vqclip.models.download import Transfer

B32 = "timm/vit_base_patch32_clip_224.openai"
FARE = "chs20/FARE4-ViT-B-32-laion2B-s34B-b79K"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    for name, value in {"HF_HUB_OFFLINE": False, "HF_HUB_CACHE": str(tmp_path / "hub")}.items():
        monkeypatch.setattr(f"huggingface_hub.constants.{name}", value)
    made = Hub()
    monkeypatch.setenv("HF_ENDPOINT", made.address)
    with serving(made):
        yield made


def fetch(name: str) -> tuple[Path, list[Transfer]]:
    steps: list[Transfer] = []
    return hub.download_clip(name, steps.append, lambda _: None), steps


def test_a_listed_clip_comes_into_the_hub_s_cache_and_is_found_there(server):
    server.files[B32, "open_clip_model.safetensors"] = b"weights" * 1000
    with pytest.raises(ModelError, match="not on this machine"):
        registry.find_clip("ViT-B-32")
    path, steps = fetch("ViT-B-32")
    assert path.read_bytes() == b"weights" * 1000
    assert registry.find_clip("ViT-B-32").weights == path
    assert steps[-1] == Transfer("ViT-B-32 open_clip_model.safetensors", 7000, 7000)


def test_what_is_here_asks_nobody(server, monkeypatch):
    server.files[B32, "open_clip_model.safetensors"] = b"weights"
    path, _ = fetch("ViT-B/32")
    server.asked.clear()
    monkeypatch.setenv("VQCLIP_OFFLINE", "1")
    assert fetch("ViT-B-32") == (path, [])
    assert server.asked == []


def test_without_safetensors_the_older_file_is_taken(server):
    server.files[FARE, "open_clip_pytorch_model.bin"] = b"older"
    assert fetch("robust")[0].name == "open_clip_pytorch_model.bin"
    assert registry.find_clip("fare4").model == "ViT-B-32"


def test_a_repository_of_open_clip_needs_no_entry(server):
    name = f"hf-hub:{FARE}"
    with pytest.raises(ModelError, match="is not on this machine") as caught:
        registry.find_clip(name)
    assert f"`vqclip models download {name}`" in caught.value.hint
    for file in ("open_clip_config.json", "open_clip_model.safetensors", "tokenizer.json"):
        server.files[FARE, file] = file.encode()
    path, _ = fetch(name)
    found = registry.find_clip(name)
    assert found.folder == path.parent
    assert found.model == f"local-dir:{path.parent}"
    assert {file.name for file in path.parent.iterdir()} == {file for repo, file in server.files}
    with pytest.raises(UsageError, match="names no repository"):
        registry.find_clip("hf-hub:../x")


def test_open_clip_s_own_tags_are_known(server):
    server.files["laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "open_clip_model.safetensors"] = b"weights"
    assert fetch("ViT-B-32/laion2b_s34b_b79k")[0].read_bytes() == b"weights"
    with pytest.raises(UsageError, match="open_clip knows no weights 'nothing' for the network 'ViT-B-32'"):
        fetch("ViT-B-32/nothing")


def test_a_text_tower_brings_its_configuration_and_tokenizer(server):
    repo = "laion/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k"
    server.files[repo, "open_clip_model.safetensors"] = b"weights"
    with pytest.raises(ModelError, match=r"could not be fetched from xlm-roberta-base: .*"):
        fetch("multilingual")
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        server.files["xlm-roberta-base", file] = b"{}"
    path, _ = fetch("multilingual")
    found = registry.find_clip("multilingual")
    assert found.weights == path
    assert (found.text / "tokenizer.json").read_bytes() == b"{}"


@pytest.mark.slow
def test_a_tag_of_open_clip_s_brings_the_tokenizer_of_its_network(server):
    server.files["timm/ViT-B-16-SigLIP", "open_clip_model.safetensors"] = b"weights"
    with pytest.raises(ModelError, match=r"it has no tokenizer\.json or vocab\.txt"):
        fetch("ViT-B-16-SigLIP/webli")
    for file in ("tokenizer.json", "tokenizer_config.json"):
        server.files["timm/ViT-B-16-SigLIP", file] = b"{}"
    path, _ = fetch("ViT-B-16-SigLIP/webli")
    assert path.read_bytes() == b"weights"
    assert (path.parent / "tokenizer.json").read_bytes() == b"{}"


def test_other_bytes_than_the_hub_says_are_thrown_away(server):
    server.files[B32, "open_clip_model.safetensors"] = b"weights"
    server.etags["open_clip_model.safetensors"] = hashlib.sha256(b"others").hexdigest()
    with pytest.raises(ModelError, match="sends another file: its SHA-256 is"):
        fetch("ViT-B-32")
    with pytest.raises(ModelError, match="not on this machine"):
        registry.find_clip("ViT-B-32")


@pytest.mark.slow
def test_verify_looks_at_the_clips_of_the_cache_too(server, call):
    server.files[B32, "open_clip_model.safetensors"] = b"weights"
    path, _ = fetch("ViT-B-32")
    assert call("models", "verify", "--json").record["verified"]["ViT-B-32"] is True
    path.resolve().write_bytes(b"changed")
    told = call("models", "verify")
    assert told.code == 3
    assert "is not the published file" in told.err


def test_a_connection_that_breaks_is_resumed_where_it_broke(server, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between the tries
    body = bytes(range(256)) * 40
    server.files[B32, "open_clip_model.safetensors"] = body
    known = server.headers("open_clip_model.safetensors", body)
    place = f"/{B32}/resolve/{COMMIT}/open_clip_model.safetensors"
    server.put(place, cut(body, 5000, **known), whole(body, **known))
    assert fetch("ViT-B-32")[0].read_bytes() == body
    assert [asked for path, asked in server.asked if path == place] == [None, "bytes=5000-"]


def test_a_repository_describes_its_own_network(server):
    repo = "chs20/fare4-clip"
    for file in ("open_clip_config.json", "open_clip_model.safetensors"):
        server.files[repo, file] = file.encode()
    path, _ = fetch("robust-L")
    found = registry.find_clip("fare4-L")
    assert (found.name, found.folder) == ("fare4-L", path.parent)


def test_what_answers_without_the_words_of_a_hub_is_none(server):
    page = b"<html>sign in</html>"
    server.put(f"/{B32}/resolve/main/open_clip_model.safetensors", lambda handler: handler.send(200, page))
    with pytest.raises(ModelError, match="is no Hugging Face hub"):
        fetch("ViT-B-32")


def test_what_the_hub_does_not_have_is_named(server):
    server.files[B32, "README.md"] = b"nothing else"
    with pytest.raises(ModelError) as caught:
        fetch("ViT-B-32")
    assert caught.value.message == (
        f"'ViT-B-32' could not be fetched from {B32}: "
        "it has no open_clip_model.safetensors or open_clip_pytorch_model.bin."
    )


def test_a_hub_that_is_not_there_is_one_line(server, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # between the tries of huggingface_hub
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ModelError, match=r"from timm/.*: http://127.0.0.1:1 cannot be reached"):
        fetch("ViT-B-32")


def test_offline_asks_nobody(server, monkeypatch):
    monkeypatch.setenv("VQCLIP_OFFLINE", "1")
    with pytest.raises(ModelError, match="'ViT-B-32' is not fetched: VQCLIP_OFFLINE is set"):
        fetch("ViT-B-32")
    assert server.asked == []


@pytest.mark.slow
def test_the_command_takes_both_kinds_and_refuses_unknown_names_before_it_begins(server, call):
    server.files[B32, "open_clip_model.safetensors"] = b"weights"
    told = call("models", "download", "ViT-B-32", "tiny", "nothing")
    assert (told.code, server.asked) == (2, [])
    assert "the model 'nothing' is unknown" in told.err
    told = call("models", "download", "tiny", "ViT-B-32", "--json")
    assert told.code == 0
    assert set(told.lines[-1]["downloaded"]) == {"tiny", "ViT-B-32"}
    assert Path(told.lines[-1]["downloaded"]["ViT-B-32"]).read_bytes() == b"weights"

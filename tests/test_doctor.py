"""`vqclip doctor` is right about the set-ups that users meet: its word for the fault, its code, and what to do."""

from __future__ import annotations

import importlib.metadata
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vqclip.files import data_path
from vqclip.media import video_encoders
from vqclip.models import catalogue, registry
from vqclip.runtime import limits

pytestmark = pytest.mark.slow
Patch = pytest.MonkeyPatch
CHECKS = ["versions", "settings", "device", "memory", "models", "encoder", "disk", "cache", "cache"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: Patch) -> Path:
    monkeypatch.setenv("VQCLIP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "cache"


def test_a_sound_machine_is_ok_and_nothing_is_left_behind(cache: Path, isolated: Path, call: Any) -> None:
    answer = call("doctor")
    assert answer.code == 0, answer.out
    assert [line.split()[:2] for line in answer.out.splitlines()] == [["ok", check] for check in CHECKS]
    assert "torch 2." in answer.out
    assert "libx264 writes mp4" in answer.out
    assert not cache.exists()
    assert list(isolated.iterdir()) == []


def checkpoint(name: str, data: bytes) -> None:
    path = catalogue.vqgan_entry(name).path
    path.parent.mkdir(parents=True)
    path.write_bytes(data)


def truncated(cache: Path, patch: Patch) -> None:
    """A download with another tool that stopped."""
    whole = data_path("checkpoints", "tiny_vqgan.safetensors").read_bytes()
    checkpoint("imagenet", whole[:5000])


def other_file(cache: Path, patch: Patch) -> None:
    """A file of another model under the name of a published one, without a published size."""
    shutil.copy(data_path("checkpoints", "tiny_vqgan.safetensors"), cache.parent / "other")
    checkpoint("faceshq", (cache.parent / "other").read_bytes())


def damaged_clip(cache: Path, patch: Patch) -> None:
    folder = cache.parent / "hub" / "models--timm--vit_base_patch32_clip_224.openai"
    for part in ("refs", "blobs", "snapshots/abc"):
        (folder / part).mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    (folder / "blobs" / ("0" * 64)).write_bytes(b"damaged")
    (folder / "snapshots/abc/open_clip_model.safetensors").symlink_to(folder / "blobs" / ("0" * 64))


def no_companion(cache: Path, patch: Patch) -> None:
    real = registry.is_file
    patch.setattr(registry, "is_file", lambda path: path.name != "tiny_prior.safetensors" and real(path))


def no_encoder(cache: Path, patch: Patch) -> None:
    patch.setattr(video_encoders, "_opens", lambda *_: False)


def unwritable_cache(cache: Path, patch: Patch) -> None:
    cache.write_text("a file in the place of the folder")


def little_memory(cache: Path, patch: Patch) -> None:
    patch.setattr(limits, "free_memory", lambda: 200_000_000)


def little_disk(cache: Path, patch: Patch) -> None:
    patch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1_000_000}))


def old_library(cache: Path, patch: Patch) -> None:
    real = importlib.metadata.version
    patch.setattr(importlib.metadata, "version", lambda name: "2.0.2" if name == "open_clip_torch" else real(name))


def broken_pair(cache: Path, patch: Patch) -> None:
    """torchvision of another torch raises this when it is imported."""
    real = __import__("importlib").import_module

    def load(name: str) -> Any:
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")
        return real(name)

    patch.setattr("importlib.import_module", load)


def damaged_settings(cache: Path, patch: Patch) -> None:
    Path("mine.yaml").write_text("iterations: [1\n")
    patch.setenv("VQCLIP_CONFIG", "mine.yaml")


def damaged_yaml(cache: Path, patch: Patch) -> None:
    shutil.copy(data_path("checkpoints", "tiny_vqgan.safetensors"), "own.safetensors")
    Path("own.yaml").write_text("model: {target: taming.models.vqgan.VQModel, params: {n_embed: many}}\n")
    patch.setenv("VQCLIP_VQGAN", "own.safetensors")


def no_gpu(cache: Path, patch: Patch) -> None:
    patch.setenv("VQCLIP_DEVICE", "cuda:7")


def not_downloaded(cache: Path, patch: Patch) -> None:
    patch.setenv("VQCLIP_PRESET", "imagenet")


@pytest.mark.parametrize(
    ("spoil", "check", "fault", "code", "hint"),
    [
        (truncated, "models", "truncated", 3, "Fetch"),
        (other_file, "models", "hash", 3, "fetch it again"),
        (damaged_clip, "models", "hash", 3, "fetch it again"),
        (no_companion, "models", "companion", 3, "Install vqclip again"),
        (no_encoder, "encoder", "encoder", 8, "pip install --force-reinstall av"),
        (unwritable_cache, "cache", "cache", 5, ""),
        (little_memory, "memory", "memory", 7, "--size 128x128"),
        (little_disk, "disk", "disk", 5, "Free some space"),
        (old_library, "versions", "version", 1, "pip install --upgrade 'open_clip_torch>="),
        (broken_pair, "versions", "library", 1, "Install torch and torchvision together"),
        (damaged_settings, "settings", "settings", 2, ""),
        (damaged_yaml, "models", "config", 3, ""),
        (no_gpu, "device", "device", 2, "--device cpu or auto"),
        (not_downloaded, "models", "missing", 3, "vqclip models download imagenet"),
    ],
)
def test_a_fault_has_its_word_its_code_and_its_remedy(
    spoil: Callable[[Path, Patch], None], check: str, fault: str, code: int, hint: str,
    cache: Path, call: Any, monkeypatch: Patch,
) -> None:  # fmt: skip
    spoil(cache, monkeypatch)
    answer = call("doctor", "--json")
    found = [each for each in answer.record["checks"] if each["fault"]]
    assert {(each["check"], each["fault"]) for each in found} == {(check, fault)}, found
    assert (answer.code, found[0]["exit_code"]) == (code, code)
    assert hint in found[0]["hint"]

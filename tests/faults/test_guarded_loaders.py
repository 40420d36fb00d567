"""No command that reads a foreign file opens a connection or starts a program, offline or not."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from attacks import checkpoints, records, settings
from attacks.guard import guarded
from conftest import SMALL

import vqclip
from faults import makers
from vqclip.media.images import save_png

TINY = ("--size", "32x32", "-n", "2", "--init", "tokens", "--stages", "1", "--cutouts", "2", "--threads", "1")
COMMANDS: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "a sound checkpoint": (("models", "convert", "sound.ckpt", "copy.safetensors"), (0,)),
    "a run with a sound checkpoint": (("generate", "a cat", "--vqgan", "sound.ckpt", *TINY, "-o", "drawn"), (0,)),
    "an evil checkpoint": (("models", "convert", "evil.ckpt", "other.safetensors"), (3,)),
    "a run": (("resume", "run"), (0,)),
    "a spoilt run": (("resume", "spoilt"), (0,)),
    "a repeated run": (("rerun", "run", "-o", "again"), (0,)),
    "a report": (("report", "run"), (0,)),
    "settings": (("generate", "a cat", "--config", "evil.yaml", *TINY), (2,)),
    "a picture": (("info", "run/image.png"), (0,)),
    "tokens": (("encode", "picture.png", "-o", "tokens.npz"), (0,)),
    "labels": (("classify", "picture.png", "--labels-file", "labels.txt"), (0,)),
    "a folder of pictures": (("search", "pictures", "an apple"), (0,)),
    "a picture to start from": (("generate", "a cat", "--init-image", "picture.png", *TINY[:4], "-o", "from"), (0,)),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file of each kind that a command reads."""
    folder = tmp_path_factory.mktemp("guarded")
    for _ in vqclip.generate("a red apple", seed=1, output=str(folder / "run"), snapshot_every=1, **SMALL):
        pass
    shutil.copytree(folder / "run", folder / "spoilt")
    (folder / "spoilt" / "image.png").unlink()
    records.SNAPSHOTS["int64 z"](records.newest_snapshot(folder / "spoilt"))
    records.spoil_manifest(folder / "spoilt", {"status": "interrupted"})
    reference = makers.Reference()
    makers.write_lightning(folder / "sound.ckpt", reference.state_dict())
    makers.write_config(folder / "sound.yaml", reference.config)
    checkpoints.write(folder / "evil.ckpt", checkpoints.PICKLES["empty lists"]())
    makers.write_config(folder / "evil.yaml", reference.config)
    (folder / "evil.yaml").write_text(settings.YAML["a tag that runs code"])
    (folder / "labels.txt").write_text("apple\ncar\n")
    pixels = np.full((64, 64, 3), 200, dtype=np.uint8)
    (folder / "pictures").mkdir()
    save_png(folder / "picture.png", pixels, {})
    save_png(folder / "pictures" / "a.png", pixels, {})
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_a_loader_opens_no_connection_and_starts_no_program(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    command, codes = COMMANDS[name]
    package = str(Path(vqclip.__file__).parent.parent)
    ended = guarded(command, environment={"PYTHONPATH": package, "OMP_NUM_THREADS": "1"}, timeout=150)
    assert "guard:" not in ended.err
    assert ended.code in codes, ended.err

"""Random changes of sound files, read by the function that reads them: `python tests/attacks/fuzz.py DOOR SECONDS`.

A door is a kind of foreign file. Nothing but a `VqclipError` may come out of it. The last line is the number of files
that were read, how many of them were refused, and the peak memory of the process in MB.
"""

from __future__ import annotations

import copy
import io
import json
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st

HOSTILE = (
    "",
    "\0",
    "\ud800",
    "../../etc/passwd",
    "/dev/zero",
    "hf-hub:a/b",
    "local-dir:/etc",
    "${oc.env:HOME}",
    "nan",
    "1e999",
    "inf",
    "0x" + "f" * 6000,
    "1:" * 2000 + "1",
    "9" * 5000,
    "a" * 5000,
    "[" * 3000,
    "\x1b[2J",
    "\u202e\u2066",
    "trust_remote_code",
    "__class__",
)
NUMBERS = (0, -1, 1, 2**31, 2**63, 2**64, 10**31, -(10**31), 0.5, -0.0, 1e-320, 1e15, 1e16, 1e308, -1e308)

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS),
    st.sampled_from(HOSTILE),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@st.composite
def changed(draw: st.DrawFn, sound: Any, keys: tuple[str, ...] = ()) -> Any:
    """A JSON value with one to four places replaced, removed or added to."""
    value = copy.deepcopy(sound)
    for _ in range(draw(st.integers(1, 4))):
        node = value
        while True:
            places = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not places:
                break
            place = draw(st.sampled_from(places))
            inner = node[place]
            if isinstance(inner, (dict, list)) and inner and draw(st.integers(0, 3)):
                node = inner
                continue
            action = draw(st.integers(0, 5))
            if action == 0:
                del node[place]
            elif action == 1 and isinstance(node, dict) and keys:
                node[draw(st.sampled_from(keys))] = draw(values)
            elif action == 2 and isinstance(inner, (int, float)):
                node[place] = draw(st.sampled_from(NUMBERS))
            else:
                node[place] = draw(values)
            break
    return value


@st.composite
def damaged(draw: st.DrawFn, sound: bytes) -> bytes:
    """Bytes with one to six places overwritten, removed, doubled or put in."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        length = draw(st.sampled_from((1, 1, 2, 4, 8, 64)))
        action = draw(st.integers(0, 5))
        if action == 0:
            data[at : at + length] = b""
        elif action == 1:
            data[at:at] = data[at : at + length] * draw(st.sampled_from((1, 2, 100)))
        elif action == 2:
            data[at : at + length] = draw(st.sampled_from((b"\xff", b"\0", b"9", b"[", b"{"))) * length
        elif action == 3:
            del data[at:]
        elif action == 4:
            data[at:at] = draw(st.sampled_from((b"[" * 2000, b"9" * 500, b'"', b"\xf0\x9f", b"- " * 500, b"&a *a ")))
        else:
            data[at : at + length] = draw(st.binary(min_size=1, max_size=8))
    return bytes(data)


def _dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


@dataclass(frozen=True)
class Door:
    """A kind of foreign file: how hostile ones are made, and what reads one."""

    files: st.SearchStrategy[Any]
    read: Callable[[Any], object]


def _sound_run(folder: Path) -> Path:
    from vqclip.runs import launch
    from vqclip.settings import sources

    known = {
        "size": "32x32",
        "iterations": 2,
        "stages": 1,
        "init": "tokens",
        "pixel_steps": 0.0,
        "cutouts": 2,
        "threads": 1,
    }
    settings = sources.resolve({**known, "prompt": "a red apple", "seed": 7, "snapshot_every": 1}).settings
    for _ in launch.start(settings, output=folder / "run"):
        pass
    return folder / "run"


def run_json(folder: Path) -> Door:
    """run.json, as `vqclip resume`, `report` and `rerun` read it."""
    from vqclip.runs import directory, report

    run = _sound_run(folder)
    sound = json.loads((run / "run.json").read_text())
    keys = (*sound, *sound["settings"], "more")

    def read(data: bytes) -> None:
        (run / "run.json").write_bytes(data)
        directory.read_manifest(run)
        report.write(run)

    texts = changed(sound, keys).map(_dumped)
    return Door(st.one_of(texts, damaged(_dumped(sound)), texts.flatmap(damaged)), read)


def metrics(folder: Path) -> Door:
    """metrics.jsonl, as `vqclip report` reads it."""
    from vqclip.runs import metrics, report

    run = _sound_run(folder)
    sound = (run / "metrics.jsonl").read_bytes()
    rows = [json.loads(line) for line in sound.splitlines()]

    def read(data: bytes) -> None:
        (run / "metrics.jsonl").write_bytes(data)
        for _ in metrics.read_metrics(run):
            pass
        report.write(run)

    lines = st.lists(changed(rows[0], ("tv", "more")).map(_dumped), max_size=6).map(
        lambda them: b"\n".join([*them, b""])
    )
    return Door(st.one_of(lines, damaged(sound)), read)


def snapshot(folder: Path) -> Door:
    """A snapshot, as `vqclip resume` reads it."""
    from safetensors import safe_open
    from safetensors.torch import save

    from vqclip.runs import directory
    from vqclip.runs.inputs import Inputs
    from vqclip.synthesis import state as snapshots

    run = _sound_run(folder)
    path = sorted((run / "state").glob("*.safetensors"))[-1]
    settings = directory.read_manifest(run).settings
    layout = Inputs.check(settings, recorded=True).layout(settings)
    sound = path.read_bytes()
    with safe_open(path, framework="pt") as archive:
        # Copies, because the file that they are mapped from is overwritten.
        tensors = {name: archive.get_tensor(name).clone() for name in archive.keys()}  # noqa: SIM118
        numbers = json.loads(archive.metadata()["vqclip"])

    def read(data: bytes) -> None:
        path.write_bytes(data)
        snapshots.newest(path.parent, layout)

    def written(values: Any) -> bytes:
        return bytes(save(tensors, {"vqclip": json.dumps(values)}))

    header = 8 + int.from_bytes(sound[:8], "little")
    heads = damaged(sound[:header]).map(lambda head: head + sound[header:])
    return Door(st.one_of(changed(numbers, ("more",)).map(written), heads, damaged(sound)), read)


def samples(folder: Path) -> Door:
    """The candidates of `vqclip sample`, as `vqclip continue` reads them."""
    import torch
    from safetensors.torch import save

    from vqclip.runs import samples as kept
    from vqclip.settings.schema import Settings

    path = folder / "candidates.safetensors"
    record = {"schema": 1, "settings": Settings(prompt="a cat").to_dict(), "models": {"tiny": "0" * 64}}
    record |= {"versions": {}, "size": [64, 64]}
    tensors = {"codes": torch.arange(8).view(2, 2, 2), "numbers": torch.tensor([2, 1])}

    def read(data: bytes) -> None:
        path.write_bytes(data)
        kept.read(path).codes_of(1)

    def written(values: Any) -> bytes:
        return bytes(save(tensors, {"vqclip-samples": json.dumps(values)}))

    records = changed(record, tuple(record["settings"])).map(written)
    return Door(st.one_of(records, damaged(written(record))), read)


def settings(folder: Path) -> Door:
    """A YAML file of settings, as `--config` reads it."""
    import yaml

    from vqclip.files import data_path
    from vqclip.settings import sources

    path = folder / "x.yaml"
    presets = [found.read_bytes() for found in sorted(data_path("configs", "presets").glob("*.yaml"))]
    sound = {
        "prompt": "a cat | a dog:0.5",
        "seed": 7,
        "loss": ["tv:0.1"],
        "clip": ["tiny"],
        "size": "64x64",
        "zoom": 1.1,
    }
    sound |= {"iterations": 5, "prompt_at": ["50%:a dog"], "learning_rate": 0.1, "palette": "red,blue"}

    def read(data: bytes) -> None:
        path.write_bytes(data)
        sources.resolve({}, config_files=[path], environment={})

    def written(value: Any) -> bytes:
        try:
            return str(yaml.safe_dump(value, allow_unicode=True)).encode("utf-8", "surrogatepass")
        except yaml.YAMLError:
            return b"prompt: x"

    names = tuple(sources.options())
    texts = changed(sound, names).map(written)
    return Door(
        st.one_of(texts, texts.flatmap(damaged), st.sampled_from(presets).flatmap(damaged), st.binary()), read
    )


def metadata(folder: Path) -> Door:
    """The texts of a PNG, as `vqclip info` and `rerun` read them."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    from vqclip.media.metadata import read_metadata
    from vqclip.runs import recipe

    run = _sound_run(folder)
    with Image.open(run / "image.png") as picture:
        picture.load()
        texts = dict(picture.text)
    path = folder / "apart" / "x.png"
    path.parent.mkdir()
    own = json.loads(texts["vqclip"])

    def read(given: tuple[bytes, bytes, bytes]) -> None:
        chunks = PngInfo()
        for key, text in zip(("vqclip", "parameters", "vqclip_upscale"), given, strict=True):
            chunks.add_itxt(key, text.decode("utf-8", "replace").replace("\0", ""))
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path, pnginfo=chunks)
        read_metadata(path)
        recipe.read(path).resolve({})

    owns = changed(own, tuple(own["settings"])).map(_dumped)
    parameters = damaged(texts["parameters"].encode())
    return Door(st.tuples(st.one_of(owns, damaged(_dumped(own))), parameters, values.map(_dumped)), read)


def picture(folder: Path) -> Door:
    """A picture file, as `--init-image` and `vqclip info` read it."""
    from PIL import Image

    from vqclip.media import images
    from vqclip.media.metadata import read_metadata

    path = folder / "x.png"
    sound = []
    pixels = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
    for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, kind)
        sound.append(buffer.getvalue())

    def read(data: bytes) -> None:
        path.write_bytes(data)
        images.open_image(path)
        read_metadata(path)

    return Door(st.sampled_from(sound).flatmap(damaged), read)


def prompts(folder: Path) -> Door:
    """A prompt with its grammar, and the other settings that have one."""
    from vqclip.settings import sources

    words = (
        "a cat",
        ":",
        "|",
        "^",
        "@left",
        "@",
        "[",
        "]",
        "x.png",
        "0.5",
        "-1",
        "%",
        "50%",
        "\\",
        '"',
        ",",
        "(",
        ")",
        " ",
    )
    texts = st.lists(st.sampled_from((*words, *HOSTILE)) | st.text(max_size=5), max_size=12).map("".join)
    options = st.sampled_from((
        "prompt", "prompt_at", "noise_prompt", "image_prompt", "loss", "learning_rate_schedule", "augments", "zoom",
        "size", "cut_grey", "palette", "overlay_until", "learning_rate_drops", "clip", "cross_fade", "edge_colour",
        "seed",
    ))  # fmt: skip

    def read(given: dict[str, str]) -> None:
        sources.resolve({"prompt": "a cat", **given}, environment={})

    return Door(st.dictionaries(options, texts, min_size=1, max_size=3), read)


def checkpoint(folder: Path) -> Door:
    """A checkpoint of each container, as `--vqgan FILE` and `models convert` read it."""
    import torch
    from safetensors.torch import save

    from attacks import checkpoints
    from vqclip.models.checkpoints import check_state_dict, read_state_dict

    state = {
        "decoder.weight": torch.randn(4, 3),
        "codes": torch.arange(6),
        "bias": torch.zeros(2, dtype=torch.float16),
    }
    whole = {"state_dict": state, "global_step": 5, "hyper_parameters": {"lr": 0.1, "name": "vqgan"}}
    sound = [bytes(save(state))]
    for zipped in (True, False):
        buffer = io.BytesIO()
        torch.save(whole, buffer, _use_new_zipfile_serialization=zipped)
        sound.append(buffer.getvalue())
    path = folder / "x.ckpt"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        check_state_dict(read_state_dict(path), state, "x.ckpt")

    def mutated(data: bytes) -> st.SearchStrategy[bytes]:
        return st.integers(0, 2**32).map(lambda seed: checkpoints.mutations(data, random.Random(seed)))

    return Door(st.sampled_from(sound).flatmap(lambda data: st.one_of(damaged(data), mutated(data))), read)


def clip_folder(folder: Path) -> Door:
    """A CLIP folder, as `--clip local-dir:DIR` reads it."""
    import torch

    from vqclip.files import data_path
    from vqclip.models import registry
    from vqclip.models.perceptor import load_perceptor

    place = Path(shutil.copytree(data_path("checkpoints", "tiny_clip"), folder / "clip"))
    sound = json.loads((place / "open_clip_config.json").read_text())
    sound["model_cfg"]["vision_cfg"]["patch_size"] = 16
    keys = (
        "timm_model_name", "timm_model_pretrained", "hf_model_name", "hf_tokenizer_name", "tokenizer_kwargs",
        "act_kwargs", "norm_kwargs", "layers", "width", "image_size", "context_length", "vocab_size", "custom_text",
        "trust_remote_code", "mlp_ratio", "ls_init_value", "pool_type", "block_type", "quick_gelu",
        "init_logit_scale",
    )  # fmt: skip

    def read(data: bytes) -> None:
        (place / "open_clip_config.json").write_bytes(data)
        load_perceptor(registry.find_clip(f"local-dir:{place}"), torch.device("cpu"))

    texts = changed(sound, keys).map(_dumped)
    return Door(st.one_of(texts, damaged(_dumped(sound))), read)


DOORS: dict[str, Callable[[Path], Door]] = {
    "checkpoint": checkpoint,
    "CLIP folder": clip_folder,
    "run.json": run_json,
    "metrics": metrics,
    "snapshot": snapshot,
    "samples": samples,
    "settings": settings,
    "PNG metadata": metadata,
    "picture": picture,
    "prompts": prompts,
}


LEAST = 20
"""How many files are read, however slow the machine is; one of them at least is sound."""


def attack(name: str, seconds: float, first: int = 0) -> tuple[int, int]:
    """Read changed files for some seconds of processor time; return how many were read and how many were refused."""
    from vqclip.errors import MESSAGE_LENGTH, VqclipError

    counts = [0, 0]
    with tempfile.TemporaryDirectory() as folder:
        door = DOORS[name](Path(folder))
        end = time.process_time() + seconds

        def ended() -> bool:
            return time.process_time() > end and counts[0] >= LEAST and counts[0] > counts[1]

        def once(given: Any) -> None:
            if ended():
                return
            counts[0] += 1
            try:
                door.read(given)
            except VqclipError as error:
                counts[1] += 1
                assert 0 < len(str(error)) <= 2 * MESSAGE_LENGTH + 1, len(str(error))

        number = first
        while not ended():
            test = hypothesis.given(door.files)(once)
            test = hypothesis.settings(
                max_examples=300, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
            )(test)
            hypothesis.seed(number)(test)()
            number += 1
    return counts[0], counts[1]


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    read, refused = attack(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    # getrusage would count the process among it from which this one was forked.
    status = Path("/proc/self/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    print(f"{read} {refused} {peak // 1024}")

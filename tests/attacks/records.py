"""Hostile contents of a run folder: values that run.json, starts.json, metrics.jsonl and snapshots cannot have.

Every maker changes the folder of a sound run in place.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file

LONG_NUMBER = "9" * 400
DEEP = "[" * 200_000 + "]" * 200_000


def newest_snapshot(run: Path) -> Path:
    """The snapshot of the last step."""
    return sorted((run / "state").glob("step-*.safetensors"))[-1]


def _content(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    with safe_open(path, framework="pt") as archive:
        tensors = {name: archive.get_tensor(name) for name in archive.keys()}  # noqa: SIM118
        return tensors, json.loads(archive.metadata()["vqclip"])


def _numbers(**changes: Any) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        tensors, numbers = _content(path)
        save_file(tensors, path, {"vqclip": json.dumps(numbers | changes)})

    return change


def _text(text: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        save_file(_content(path)[0], path, {"vqclip": text})

    return change


def _long_number(path: Path) -> None:
    tensors, numbers = _content(path)
    text = json.dumps(numbers | {"score": 0.125}).replace("0.125", LONG_NUMBER)
    save_file(tensors, path, {"vqclip": text})


def _tensor(name: str, make: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        tensors, numbers = _content(path)
        source = tensors.get(name, tensors["z"])
        save_file({**tensors, name: make(source).contiguous()}, path, {"vqclip": json.dumps(numbers)})

    return change


def _without(name: str) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        tensors, numbers = _content(path)
        del tensors[name]
        save_file(tensors, path, {"vqclip": json.dumps(numbers)})

    return change


def _bytes(data: bytes) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        path.write_bytes(data)

    return change


_NESTED = b"{" + b'"a":[' * 50_000
SNAPSHOTS: dict[str, Callable[[Path], None]] = {
    "int64 z": _tensor("z", lambda z: z.long()),
    "bool z": _tensor("z", lambda z: z > 0),
    "float64 z": _tensor("z", lambda z: z.double()),
    "z of another shape": _tensor("z", lambda z: z[:, :, :1]),
    "z of no dimension": _tensor("z", lambda z: z.sum()),
    "z_init of another shape": _tensor("z_init", lambda z: z[:, :1]),
    "ema of another shape": _tensor("ema", lambda z: z[0]),
    "infinite z": _tensor("z", lambda z: z / 0),
    "no z": _without("z"),
    "no z_init": _without("z_init"),
    "z_start of another shape": _tensor("z_start", lambda z: z[:, :1]),
    "no z_start": _without("z_start"),
    "optimiser of another shape": _tensor("optimiser.exp_avg", lambda z: z.flatten()),
    "optimiser without a part": _without("optimiser.exp_avg"),
    "optimiser with more": _tensor("optimiser.more", lambda z: z.clone()),
    "step -1": _numbers(step=-1),
    "step true": _numbers(step=True),
    "step 10^12": _numbers(step=10**12),
    "step of another stage": _numbers(step=999_999),
    "stage 99": _numbers(stage=99),
    "stage -1": _numbers(stage=-1),
    "stage as text": _numbers(stage="0"),
    "score as text": _numbers(score="high"),
    "score as a list": _numbers(score=[1]),
    "score of 400 digits": _long_number,
    "ema_weight 0": _numbers(ema_weight=0),
    "ema_weight -1": _numbers(ema_weight=-1.0),
    "progress as a list": _numbers(progress=[]),
    "progress of texts": _numbers(progress={"factor": "1"}),
    "progress 1e308": _numbers(progress={"factor": 1e308, "sum": 1e308}),
    "another key": _numbers(more=1),
    "numbers nested deep": _text(DEEP),
    "numbers that are null": _text("null"),
    "header nested deep": _bytes(struct.pack("<Q", len(_NESTED)) + _NESTED),
    "header of 90 MB": _bytes(struct.pack("<Q", 90_000_000) + b"{" + b"[]," * 30_000_000),
    "a pickle": _bytes(b"\x80\x02}q\x00."),
    "nothing": _bytes(b""),
}
"""Ways to spoil a snapshot so that an older one has to be used."""

MANIFESTS: dict[str, dict[str, Any]] = {
    "status of nothing": {"status": "paused"},
    "step as text": {"step": "4"},
    "step true": {"step": True},
    "step -1": {"step": -1},
    "step of 400 digits": {"step": int(LONG_NUMBER)},
    "seconds -1": {"seconds": -1},
    "seconds 1e308": {"seconds": 1e308},
    "seconds of 400 digits": {"seconds": int(LONG_NUMBER)},
    "threads 10^9": {"threads": 10**9},
    "threads -1": {"threads": -1},
    "threads true": {"threads": True},
    "dtype of nothing": {"dtype": 5},
    "device as a list": {"device": ["cpu"]},
    "models of numbers": {"models": {"tiny": 5}},
    "models as a list": {"models": ["tiny"]},
    "versions nested": {"versions": {"torch": {"a": 1}}},
    "inputs of null": {"inputs": None},
    "best_score as text": {"best_score": "1"},
    "best_score 1e308": {"best_score": 1e308},
    "best_step -1": {"best_step": -1},
    "restyle as a list": {"restyle": [1]},
    "restyle nested": {"restyle": {"source": {"a": 1}}},
    "preset as a number": {"preset": 5},
    "stopped_by as a number": {"stopped_by": 5},
    "schema as text": {"schema": "1"},
    "schema true": {"schema": True},
    "schema 99": {"schema": 99},
    "schema of 400 digits": {"schema": int(LONG_NUMBER)},
    "another key": {"more": 1},
    "settings null": {"settings": None},
    "settings as a list": {"settings": []},
    "no digest": {"digest": None},
}
"""Values that run.json cannot have, for `spoil_manifest`."""

SETTINGS: dict[str, dict[str, Any]] = {
    "seed as text": {"seed": "7"},
    "seed true": {"seed": True},
    "seed of 400 digits": {"seed": int(LONG_NUMBER)},
    "iterations 1e308": {"iterations": 1e308},
    "prompt as a number": {"prompt": 5},
    "prompt null": {"prompt": None},
    "clip of numbers": {"clip": [5]},
    "clip nested": {"clip": [["tiny"]]},
    "clip as text": {"clip": "tiny"},
    "loss as a mapping": {"loss": {"a": 1}},
    "size as a list": {"size": [64, 64]},
    "learning_rate as text": {"learning_rate": "0.1"},
    "learning_rate of 400 digits": {"learning_rate": int(LONG_NUMBER)},
    "video as a number": {"video": 1},
    "palette as a list": {"palette": [1]},
    "an unknown one": {"nothing": 1},
    "an unpaired surrogate": {"prompt": "\ud800"},
}
"""Settings that run.json cannot have."""


def spoil_manifest(run: Path, changes: dict[str, Any], settings: dict[str, Any] | None = None) -> Path:
    """Change values of run.json, and some of its settings."""
    path = run / "run.json"
    values = json.loads(path.read_text())
    values["settings"] |= settings or {}
    path.write_text(json.dumps(values | changes))
    return path


METRICS: dict[str, str] = {
    "step of 400 digits": '{"step": ' + LONG_NUMBER + ', "stage": 1, "loss": 0.5, "score": 0.5}',
    "loss 1e308": '{"step": 3, "stage": 1, "loss": 1e308, "score": 1e308}',
    "loss 1e999": '{"step": 3, "stage": 1, "loss": 1e999, "score": -1e999}',
    "loss NaN": '{"step": 3, "stage": 1, "loss": NaN, "score": Infinity}',
    "step as text": '{"step": "3", "stage": 1, "loss": 0.5, "score": 0.5}',
    "step true": '{"step": true, "stage": 1, "loss": 0.5, "score": 0.5}',
    "step 1.5": '{"step": 1.5, "stage": 1, "loss": 0.5, "score": 0.5}',
    "step -5": '{"step": -5, "stage": 1, "loss": 0.5, "score": 0.5}',
    "stage as a list": '{"step": 3, "stage": [1], "loss": 0.5, "score": 0.5}',
    "loss as text": '{"step": 3, "stage": 1, "loss": "low", "score": "high"}',
    "a term as a list": '{"step": 3, "stage": 1, "loss": 0.5, "score": 0.5, "tv": [1, 2]}',
    "no loss": '{"step": 3, "stage": 1}',
    "a list": "[1, 2, 3]",
    "nested deep": DEEP,
    "a line of 50 MB": "[" + "0," * 25_000_000 + "0]",
    "bytes": "\ud800\0",
}
"""Lines that metrics.jsonl cannot have."""


def spoil_metrics(run: Path, line: str) -> Path:
    """Put a line in front of metrics.jsonl, and behind it."""
    path = run / "metrics.jsonl"
    text = line.encode("utf-8", "surrogatepass") + b"\n"
    path.write_bytes(text + path.read_bytes() + text)
    return path

"""Makers of checkpoints: sound ones in every official layout, and every kind of bad one.

A maker writes one file and returns its path. Nothing here is ever loaded with an unrestricted unpickler.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import yaml
from safetensors.torch import save_file
from taming.modules.diffusionmodules.model import Decoder, Encoder
from taming.modules.vqvae.quantize import GumbelQuantize, VectorQuantizer2
from torch import nn

DDCONFIG = {
    "double_z": False,
    "z_channels": 32,
    "resolution": 16,
    "in_channels": 3,
    "out_ch": 3,
    "ch": 32,
    "ch_mult": [1, 2],
    "num_res_blocks": 1,
    "attn_resolutions": [8],
    "dropout": 0.0,
}
CODES = 48
VQ, GUMBEL = "taming.models.vqgan.VQModel", "taming.models.vqgan.GumbelVQ"
NET2NET = "taming.models.cond_transformer.Net2NetTransformer"


class Reference(nn.Module):
    """taming's VQModel or GumbelVQ without Lightning and losses, as the reference of the tests."""

    def __init__(self, target: str = VQ, seed: int = 0, embed_dim: int = 16, codes: int = CODES, **changes: Any):
        super().__init__()
        torch.manual_seed(seed)
        dd = DDCONFIG | changes
        gumbel = target == GUMBEL
        embed_dim = dd["z_channels"] if gumbel else embed_dim
        self.config = {
            "model": {"target": target, "params": {"embed_dim": embed_dim, "n_embed": codes, "ddconfig": dd}}
        }
        with contextlib.redirect_stdout(io.StringIO()):
            self.encoder, self.decoder = Encoder(**dd), Decoder(**dd)
        self.quant_conv = nn.Conv2d(dd["z_channels"], embed_dim, 1)
        self.post_quant_conv = nn.Conv2d(embed_dim, dd["z_channels"], 1)
        if gumbel:
            self.quantize = GumbelQuantize(dd["z_channels"], embed_dim, n_embed=codes)
        else:
            self.quantize = VectorQuantizer2(codes, embed_dim, beta=0.25, sane_index_shape=True)
            # taming starts all codes within 1/codes of zero, where every latent has the same nearest one.
            self.quantize.embedding.weight.data.normal_()
        self.requires_grad_(False).eval()

    def encode(self, image: torch.Tensor) -> torch.Tensor:
        return self.quant_conv(self.encoder(image * 2 - 1))

    def decode(self, z_q: torch.Tensor) -> torch.Tensor:
        return (self.decoder(self.post_quant_conv(z_q)) + 1) / 2


def write_config(path: Path, config: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(config))
    return path


def as_net2net(config: dict[str, Any]) -> dict[str, Any]:
    return {"model": {"target": NET2NET, "params": {"first_stage_config": config["model"]}}}


def write_safetensors(path: Path, state: dict[str, torch.Tensor]) -> Path:
    save_file({key: value.contiguous() for key, value in state.items()}, path)
    return path


def write_pt(path: Path, state: object, *, legacy: bool = False) -> Path:
    torch.save(state, path, _use_new_zipfile_serialization=not legacy)
    return path


@contextlib.contextmanager
def foreign_class(module: str, name: str) -> Iterator[type]:
    """A class that pickles under a name of a package that is not installed."""
    made = type(name, (), {"__module__": module})
    parts = module.split(".")
    names = [".".join(parts[: number + 1]) for number in range(len(parts))]
    before = {part: sys.modules.get(part) for part in names}
    for part in names:
        sys.modules[part] = types.ModuleType(part)
    setattr(sys.modules[module], name, made)
    try:
        yield made
    finally:
        for part, old in before.items():
            if old is None:
                del sys.modules[part]
            else:
                sys.modules[part] = old


def write_lightning(path: Path, state: dict[str, torch.Tensor], *, legacy: bool = False) -> Path:
    """A Lightning .ckpt: losses, optimiser states and a pickled ModelCheckpoint around the weights."""
    with foreign_class("pytorch_lightning.callbacks.model_checkpoint", "ModelCheckpoint") as callback:
        instance = callback()
        instance.monitor = "val/rec_loss"
        training = {"loss.discriminator.main.0.weight": torch.zeros(4, 3, 4, 4), "loss.logvar": torch.zeros(())}
        content = {
            "epoch": 7,
            "global_step": 123456,
            "pytorch-lightning_version": "1.0.8",
            "state_dict": dict(state) | training,
            "callbacks": {callback: {"best_model_score": torch.tensor(0.5), "self": instance}},
            "optimizer_states": [{"state": {0: {"step": 1, "exp_avg": torch.zeros(3)}}, "param_groups": []}],
            "lr_schedulers": [],
        }
        return write_pt(path, content, legacy=legacy)


class Evil:
    """Touches a file when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.canary}'",)


def write_evil(path: Path, canary: Path, *, legacy: bool = False) -> Path:
    return write_pt(path, {"state_dict": {"w": torch.zeros(2)}, "note": Evil(canary)}, legacy=legacy)


def write_evil_bare(path: Path, canary: Path, protocol: int = 2) -> Path:
    path.write_bytes(pickle.dumps({"w": Evil(canary)}, protocol=protocol))
    return path


def truncate(path: Path, keep: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * keep)])
    return path


def write_html(path: Path) -> Path:
    path.write_text("\n<!DOCTYPE html><html><title>404 Not Found</title></html>")
    return path


def write_lfs_pointer(path: Path) -> Path:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 980092370\n")
    return path


def write_raw_safetensors(path: Path, header: dict[str, Any] | bytes, data: bytes, length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + data)
    return path


def write_stride_zero(path: Path, numbers: int = 10**9) -> Path:
    """A kilobyte that claims gigabytes: every number is the same stored one."""
    return write_pt(path, {"state_dict": {"w": torch.zeros(1).expand(numbers)}})


def write_deflated(path: Path, numbers: int = 4 * 10**6) -> Path:
    """A checkpoint whose zeros are compressed about a thousand times."""
    whole = io.BytesIO()
    torch.save({"state_dict": {"w": torch.zeros(numbers)}}, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(member.filename, source.read(member))
    return path


class Call:
    """Calls a function when it is unpickled."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call


def write_call(path: Path, function: Any, *arguments: Any) -> Path:
    return write_pt(path, {"state_dict": {"w": Call(function, *arguments)}})

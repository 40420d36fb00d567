"""The field's usual pair at its full size: random weights in the official formats, through the command line."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import open_clip
import pytest
import torch
from attacks import forks
from faults import makers
from PIL import Image
from safetensors.torch import load_file, save_file

from vqclip.models import catalogue

F16 = {"z_channels": 256, "resolution": 256, "ch": 128, "ch_mult": [1, 1, 2, 2, 4], "num_res_blocks": 2,
       "attn_resolutions": [16]}  # fmt: skip


@pytest.mark.long
def test_two_steps_of_f16_16384_and_vit_b_32_run_from_official_files() -> None:
    reference = makers.Reference(embed_dim=256, codes=16384, **F16)
    assert reference.config["model"] == catalogue.vqgan_entry("imagenet").model
    makers.write_lightning(Path("last.ckpt"), dict(reference.state_dict()))
    makers.write_config(Path("last.yaml"), reference.config)
    torch.manual_seed(0)
    clip = open_clip.create_model("ViT-B-32-quickgelu", pretrained=None)
    save_file(clip.state_dict(), "clip.safetensors")
    del reference, clip
    command = [
        forks.program(), "generate", "a lighthouse at dusk", "--vqgan", "last.ckpt",
        "--clip", "ViT-B-32-quickgelu/clip.safetensors", "--size", "256x256", "-n", "2", "--cutouts", "8",
        "--seed", "1", "-o", "run", "--json", "--snapshot-every", "1",
    ]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
    assert told.returncode == 0, told.stdout + told.stderr
    events = [json.loads(line) for line in told.stdout.splitlines()]
    steps = [event for event in events if event["event"] == "stepped"]
    assert [step["step"] for step in steps] == [1, 2]
    assert all(np.isfinite(step["loss"]) for step in steps)
    assert np.asarray(Image.open("run/image.png")).shape == (256, 256, 3)
    # Random codes are too far apart for two steps to reach others, so the latent tells whether they were taken.
    state = load_file(Path("run/state/step-000002.safetensors"))
    assert state["z"].shape == (1, 256, 16, 16)
    assert bool(torch.isfinite(state["z"]).all())
    assert float((state["z"] - state["z_init"]).abs().mean()) > 0.05

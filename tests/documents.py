"""What the tests of the documents share: code blocks, settings that make runs short, and files for the commands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import imageio.v3
import numpy as np
from PIL import Image

import vqclip
from vqclip.media import images

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
QUICK = {"VQCLIP_CONFIG": str(Path(__file__).with_name("quick.yaml"))}
"""Variables that make the runs of documented commands short. A file may say what has no effect on a command."""


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a document that name this language."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def make_material(folder: Path) -> None:
    """Write what the commands of the documents read: pictures, a video, texts, models, and two finished runs."""
    y, x = np.mgrid[0:48, 0:64]
    photo = np.stack([x * 4, y * 5, np.full_like(x, 90)], 2).astype(np.uint8)
    images.save_png(folder / "photo.png", photo)
    images.save_png(folder / "mask.png", np.where(x[..., None] < 32, 255, 0).repeat(3, 2).astype(np.uint8))
    Image.fromarray(np.dstack([photo, (x * 4).astype(np.uint8)])).save(folder / "logo.png")
    (folder / "pictures").mkdir()
    for number in range(3):
        images.save_png(folder / "pictures" / f"{number}.png", np.roll(photo, number * 9, 1))
    frames = np.stack([np.roll(photo, number, 1) for number in range(4)])
    imageio.v3.imwrite(folder / "input.mp4", frames, fps=4, codec="libx264")
    (folder / "prompts.txt").write_text("a red apple\n# not this one\na blue car\n")
    (folder / "labels.txt").write_text("an apple\na car\na tree\n")
    checkpoints = ROOT / "checkpoints"
    shutil.copyfile(checkpoints / "tiny_vqgan.safetensors", folder / "vqgan.safetensors")
    shutil.copyfile(checkpoints / "tiny_vqgan.yaml", folder / "vqgan.yaml")
    shutil.copytree(checkpoints / "tiny_clip", folder / "clip")
    for name, prompt in {"car": "a blue car", "tree": "a green tree"}.items():
        flags: dict[str, Any] = {
            "size": "32x32",
            "stages": 1,
            "iterations": 2,
            "cutouts": 4,
            "save_every": 1,
            "candidates": 1,
        }
        list(vqclip.generate(prompt, seed=1, output=str(folder / name), **flags))

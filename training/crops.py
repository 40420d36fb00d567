"""Batches of sharp pictures at 64, 128 and 256 px for the decoder: the drawings at 256 px, or a folder of pictures.

Enlarged pictures would teach the decoder to blur, so pictures are reduced, or cropped at their own size.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps

from data import HELD_OUT, affine, backgrounds, is_test, over, rotate_hue_matrix, tensor

LARGE = 256
#: Side in pixels and number of pictures of the batches in turn.
TURNS = [(64, 16), (64, 16), (128, 4), (64, 16), (128, 4), (256, 1)]
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp"}


class Drawings:
    """The picture sets, rendered at 256 px by render.mjs, and Fluent's 3D drawings.

    Args:
        work: Folder with pictures256.rgba, pictures256.jsonl and node_modules.
    """

    def __init__(self, work):
        work = Path(work)
        rows = [json.loads(line) for line in (work / "pictures256.jsonl").open()]
        size = (work / "pictures256.rgba").stat().st_size // (LARGE * LARGE * 4)
        self.records = rows[:size]
        self.pixels = np.memmap(work / "pictures256.rgba", np.uint8, "r", shape=(len(rows), LARGE, LARGE, 4))
        usable = [i for i, row in enumerate(rows) if row["set"] not in HELD_OUT]
        self.train = [i for i in usable if not is_test(rows[i])]
        self.test = [i for i in usable if is_test(rows[i])]
        self.webp = sorted((work / "node_modules/@lobehub/fluent-emoji-3d/assets").glob("*.webp"))

    def pick(self, count):
        """Draw training pictures: float [count, 4, 256, 256] in 0..1, premultiplied."""
        pictures = []
        for _ in range(count):
            if self.webp and np.random.rand() < 0.12:
                path = self.webp[np.random.randint(len(self.webp))]
                if not is_test({"set": "fluent-3d", "name": path.stem}):
                    pixels = np.asarray(Image.open(path).convert("RGBA").resize((LARGE, LARGE))).astype(np.float32)
                    pixels[..., :3] *= pixels[..., 3:] / 255
                    pictures.append(pixels.round().astype(np.uint8))
                    continue
            pictures.append(self.pixels[self.train[np.random.randint(len(self.train))]])
        images = tensor(np.stack(pictures))
        for i in range(count):
            if np.random.rand() < 0.3:
                matrix = rotate_hue_matrix(np.random.uniform(0, 360))
                rgb = torch.einsum("cd,dhw->chw", matrix, images[i, :3])
                images[i, :3] = torch.minimum(rgb.clamp(min=0), images[i, 3:])
        return images

    def batch(self, step):
        """Make one batch of training pictures.

        Args:
            step: Number of the training step; selects size and number of pictures from TURNS.

        Returns:
            (B, 3, S, S) float32 in [-1, 1].
        """
        size, count = TURNS[step % len(TURNS)]
        images = self.pick(count)
        if size == LARGE:
            flip = torch.rand(count) < 0.5
            images[flip] = images[flip].flip(3)
        else:
            half = count // 2
            whole = affine(images[:half], (0.8, 1.15), shift=0.1, rotation=5, out=2 * size)
            close = affine(images[half:], (1.2, 0.75 * LARGE / size), shift=0.6, out=2 * size)
            images = F.avg_pool2d(torch.cat([whole, close]), 2)
        ground = backgrounds(count, size)
        if count > 4:
            # some stand in front of another one
            behind = F.avg_pool2d(affine(self.pick(2), (0.6, 1.5), shift=0.6, out=2 * size), 2)
            at = torch.randperm(count)[:2]
            ground[at] = over(behind, ground[at])
        return over(images, ground) * 2 - 1


class Folder:
    """Pictures of a folder and its subfolders: PNG, JPEG and WebP files of any size.

    Args:
        folder: Path of the folder.
        keep_bytes: How many bytes of reduced pictures are kept in memory; the others are read each time.
    """

    def __init__(self, folder, keep_bytes=2 << 30):
        self.paths = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in SUFFIXES)
        if not self.paths:
            raise SystemExit(f"no PNG, JPEG or WebP file in {folder}")
        self.kept, self.free_bytes = {}, keep_bytes
        every = min(50, len(self.paths))
        self.test = list(range(0, len(self.paths), every))
        self.train = [i for i in range(len(self.paths)) if i not in set(self.test)] or self.test

    def picture(self, index):
        """uint8 [H, W, 3] on white, the shorter side at most 512 px and at least 64."""
        if index in self.kept:
            return self.kept[index]
        with Image.open(self.paths[index]) as file:
            file.draft("RGB", (512, 512))  # Pillow's word for decoding at a reduced size
            image = ImageOps.exif_transpose(file).convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
        shorter = min(image.size)
        wanted = min(max(shorter, 64), 512)
        if shorter != wanted:
            size = [max(wanted, round(side * wanted / shorter)) for side in image.size]
            image = image.resize(size, Image.LANCZOS)
        pixels = np.asarray(image)
        if pixels.nbytes <= self.free_bytes:
            self.free_bytes -= pixels.nbytes
            self.kept[index] = pixels
        return pixels

    def view(self, index, size, zoom=1.0):
        """float [3, size, size] in -1..1: a square of a picture, the middle at zoom 1, any part of it above."""
        pixels = self.picture(index)
        side = max(min(pixels.shape[:2]) / zoom, min(size, *pixels.shape[:2]))
        top, left = [(length - side) * (np.random.rand() if zoom > 1 else 0.5) for length in pixels.shape[:2]]
        box = (left, top, left + side, top + side)
        square = Image.fromarray(pixels).resize((size, size), Image.LANCZOS, box=box)
        return torch.from_numpy(np.asarray(square).copy()).permute(2, 0, 1).float() / 127.5 - 1

    def views(self, count, size):
        """Training views, whole or close, half of them mirrored: [count, 3, size, size] in -1..1."""
        chosen = np.random.choice(self.train, count)
        zooms = np.exp(np.random.uniform(0, np.log(4), count)) * (np.random.rand(count) < 0.7)
        images = torch.stack([self.view(i, size, max(1.0, z)) for i, z in zip(chosen, zooms, strict=True)])
        flip = torch.rand(count) < 0.5
        images[flip] = images[flip].flip(3)
        return images

    def batch(self, step):
        """As `Drawings.batch`."""
        size, count = TURNS[step % len(TURNS)]
        return self.views(count, size)

    def tests(self, size, count=64):
        """The pictures kept back, whole: [n, 3, size, size] in -1..1."""
        return torch.stack([self.view(i, size) for i in self.test[:count]])

"""Pictures for the built-in models: table, colours, hue copies, splits and compositing.

    python training/data.py --work DIR

reads DIR/pictures.{rgba,jsonl} (render.mjs), DIR/drawn.{rgba,jsonl} (draw.py, then render.mjs) and the Fluent 3D webp
files of DIR/node_modules. It writes DIR/x128.npy, DIR/x64.npy (uint8 premultiplied RGBA, [N, S, S, 4]) and
DIR/table.json (one record per row; rows from `count128` on are recoloured copies that exist at 64 px only).
"""

import argparse
import json
import re
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

SIZE = 128
HELD_OUT = {"openmoji", "emojione-v1"}  # CC BY-SA: never trained on, they measure the style transfer
FLAGS_GROUP = 9
#: The set of the pictures that draw.py draws. By whether they are shaded: the sets in whose styles they are learnt.
DRAWN = "drawn"
MANNERS = {False: ("fluent-emoji-flat", "twemoji"), True: ("noto", "fluent-emoji", "emojione")}
COLOUR_WORDS = {
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
    "black",
    "white",
    "gray",
    "grey",
    "golden",
    "gold",
    "silver",
    "rainbow",
    "dark",
    "light",
    "violet",
}
PALETTE = ["gray", "black", "white", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown"]
#: A few sRGB shades per colour word, for painted backgrounds.
SHADES = {
    "red": [(220, 40, 40), (190, 20, 35), (240, 80, 70)],
    "orange": [(250, 150, 40), (240, 120, 20)],
    "yellow": [(250, 220, 60), (255, 240, 120), (240, 200, 20)],
    "green": [(60, 160, 70), (110, 200, 90), (30, 110, 50), (150, 210, 130)],
    "blue": [(60, 120, 220), (110, 180, 240), (30, 60, 150), (150, 205, 245)],
    "purple": [(130, 70, 180), (160, 110, 210), (90, 40, 120)],
    "pink": [(245, 150, 190), (250, 190, 215), (235, 100, 160)],
    "brown": [(130, 85, 45), (100, 65, 40), (160, 115, 75)],
    "black": [(10, 10, 12), (30, 30, 34)],
    "gray": [(128, 128, 130), (170, 170, 174), (90, 92, 96)],
    "white": [(255, 255, 255), (246, 246, 244)],
}


def is_test(record):
    """One picture in fifty is kept for measuring; its recoloured copies go with it."""
    return zlib.crc32(f"{record['set']}/{record['name']}".encode()) % 50 == 0


def clean(text):
    text = re.sub(r"[^a-z ]+", " ", text.lower().replace("_", " ").replace("-", " "))
    return re.sub(r"\s+", " ", text).strip()


def colour_codes(rgb):
    """Index into PALETTE for each pixel: rgb float [n, 3] in 0..1 -> int [n]."""
    high, low = rgb.max(1), rgb.min(1)
    spread = np.maximum(high - low, 1e-6)
    saturation = (high - low) / np.maximum(high, 1e-6)
    r, g, b = rgb.T
    hue = (
        np.where(high == r, ((g - b) / spread) % 6, np.where(high == g, (b - r) / spread + 2, (r - g) / spread + 4))
        * 60
    )
    code = np.zeros(len(rgb), np.int64)
    code[high < 0.25] = 1
    code[(saturation < 0.12) & (high > 0.88)] = 2
    coloured = (saturation >= 0.22) & (high >= 0.25)
    for start, stop, index in [
        (12, 38, 4),
        (38, 66, 5),
        (66, 170, 6),
        (170, 255, 7),
        (255, 300, 8),
        (300, 345, 9),
    ]:
        code[coloured & (hue >= start) & (hue < stop)] = index
    reddish = coloured & ((hue < 12) | (hue >= 345))
    code[reddish] = 3
    code[reddish & (saturation < 0.5) & (high > 0.75)] = 9
    code[coloured & (hue >= 8) & (hue < 45) & (high < 0.68)] = 10
    return code


def colours(rgba):
    """Words for the colours that cover over 30 % of a picture ([S, S, 4] premultiplied), largest first."""
    alpha = rgba[..., 3].astype(np.float32) / 255
    mask = alpha > 0.6
    if mask.sum() < 40:
        return []
    rgb = (rgba[mask][:, :3].astype(np.float32) / 255 / alpha[mask][:, None]).clip(0, 1)
    counts = np.bincount(colour_codes(rgb), minlength=len(PALETTE)) / len(rgb)
    return [PALETTE[i] for i in np.argsort(-counts)[:3] if counts[i] > 0.3]


def rotate_hue_matrix(degrees):
    """float [3, 3]: turns the hue of an RGB column, keeping its luma."""
    u, w = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    luma = np.array([0.299, 0.587, 0.114])
    cosine = np.eye(3) - luma
    sine = np.array([[0.168, 0.330, -0.497], [-0.328, 0.035, 0.292], [1.25, -1.05, -0.203]])
    return torch.from_numpy((luma[None] + u * cosine + w * sine).astype(np.float32))


def rotate_hue(rgba, degrees):
    """Turn the hue of a premultiplied picture, keeping its luma."""
    return _recoloured(rgba, rotate_hue_matrix(degrees).numpy(), 0.0)


def _recoloured(rgba, matrix, offset):
    alpha = rgba[..., 3:].astype(np.float32)
    out = rgba.copy()
    out[..., :3] = np.clip(rgba[..., :3].astype(np.float32) @ matrix.T + offset * alpha, 0, alpha).round()
    return out


def grey_copy(rgba, rng):
    """A black, grey or white version: luma only, darkened or lightened."""
    luma = np.tile(np.array([0.299, 0.587, 0.114], np.float32), (3, 1))
    kind = rng.choice(["black", "gray", "white"])
    gain, offset = {"black": (0.3, 0.0), "gray": (0.7, 0.15), "white": (0.3, 0.7)}[kind]
    return _recoloured(rgba, luma * gain, offset)


def _fluent_3d(work, by_hex):
    for path in sorted((work / "node_modules/@lobehub/fluent-emoji-3d/assets").glob("*.webp")):
        entry = by_hex.get(re.sub(r"-(fe0f|200d)", "", path.stem.lower()))
        if entry is None or re.search("1f3f[b-f]", path.stem):
            continue
        image = Image.open(path).convert("RGBA").resize((SIZE, SIZE), Image.LANCZOS)
        pixels = np.asarray(image).astype(np.float32)
        pixels[..., :3] *= pixels[..., 3:] / 255
        yield pixels.round().astype(np.uint8), dict(entry, set="fluent-3d", name=entry["label"])


def _drawn(work):
    """The pictures of draw.py, with their own names and colour words, each in the style of one of the sets."""
    records = [json.loads(line) for line in (work / "drawn.jsonl").open()]
    pixels = np.memmap(work / "drawn.rgba", np.uint8, "r", shape=(len(records), SIZE, SIZE, 4))
    for image, record in zip(pixels, records, strict=True):
        manners, row = MANNERS[record["shaded"]], {"set": DRAWN, "name": f"{record['kind']} {record['index']}"}
        yield (
            image,
            {
                **row,
                "style": manners[record["index"] % len(manners)],
                "hexcode": None,
                "group": None,
                "names": [clean(name) for name in record["names"]],
                "tags": [],
                "copy": False,
                "colours": record["colours"],
                "test": is_test(row),
            },
        )


def prepare(work, copies=2):
    rows = [json.loads(line) for line in (work / "pictures.jsonl").open()]
    pixels = np.memmap(work / "pictures.rgba", np.uint8, "r", shape=(len(rows), SIZE, SIZE, 4))
    by_hex = {re.sub(r"-(fe0f|200d)", "", row["hexcode"].lower()): row for row in rows if row["hexcode"]}
    extra = list(_fluent_3d(work, by_hex))
    images = [pixels[i] for i in range(len(rows))] + [image for image, _ in extra]
    rows += [row for _, row in extra]
    seen, kept, table = set(), [], []
    for image, row in zip(images, rows, strict=False):
        digest = hash(image.tobytes())
        if digest in seen or image[..., 3].mean() / 255 <= 0.03:
            continue
        seen.add(digest)
        names = [clean(row["label"])] if row["label"] else []
        second = clean(re.sub(r"\b(fill|outline)\b", "", row["name"])) if row["set"] != "fxemoji" or not names else ""
        names += [second] if second and second not in names else []
        if not names or not names[0]:
            continue
        tags = [clean(tag) for tag in row["tags"]]
        table.append(
            {
                "set": row["set"],
                "name": row["name"],
                "hexcode": row["hexcode"],
                "group": row["group"],
                "names": names,
                "tags": sorted({t for t in tags if 1 < len(t) < 40 and t not in names}),
                "copy": False,
                "colours": [],
                "test": is_test(row),
            }
        )
        kept.append(image)
    for image, record in _drawn(work):
        kept.append(image)
        table.append(record)
    large = np.stack(kept)
    np.save(work / "x128.npy", large)
    small = np.stack(
        [im.reshape(64, 2, 64, 2, 4).astype(np.float32).mean((1, 3)).round().astype(np.uint8) for im in large]
    )
    rng = np.random.default_rng(0)
    recoloured, records = [], []
    for row, (image, record) in enumerate(zip(small, table, strict=False)):
        if record["set"] == DRAWN:
            continue
        record["colours"] = colours(image)
        if record["set"] in HELD_OUT or any(COLOUR_WORDS & set(name.split()) for name in record["names"]):
            continue
        taken = {tuple(record["colours"][:1])}
        for attempt in range(copies + 2):
            if len(taken) > copies:
                break
            copy = (
                grey_copy(image, rng)
                if attempt == copies - 1 and rng.random() < 0.5
                else rotate_hue(image, rng.uniform(40, 320))
            )
            words = colours(copy)
            if words and tuple(words[:1]) not in taken and (words[0] in PALETTE[3:] or attempt == copies - 1):
                taken.add(tuple(words[:1]))
                recoloured.append(copy)
                records.append(dict(record, colours=words, copy=True, source=row))
    np.save(work / "x64.npy", np.concatenate([small, np.stack(recoloured)]))
    (work / "table.json").write_text(json.dumps({"count128": len(table), "rows": table + records}))
    print(len(table), "pictures", len(records), "recoloured copies", Counter(r["set"] for r in table))


class Pictures:
    """The prepared pictures. `rows` are records; `train`/`test` are row numbers of the trained-on sets."""

    def __init__(self, work):
        data = json.loads((Path(work) / "table.json").read_text())
        self.rows, self.count128 = data["rows"], data["count128"]
        self.x64 = np.load(Path(work) / "x64.npy", mmap_mode="r")
        self.x128 = np.load(Path(work) / "x128.npy", mmap_mode="r")
        usable = [i for i, row in enumerate(self.rows) if row["set"] not in HELD_OUT]
        self.train = np.array([i for i in usable if not self.rows[i]["test"]])
        self.test = np.array([i for i in usable if self.rows[i]["test"]])
        self.train128 = self.train[self.train < self.count128]
        self.test128 = self.test[self.test < self.count128]

    def of_set(self, name):
        return np.array([i for i, row in enumerate(self.rows[: self.count128]) if row["set"] == name])


def tensor(rgba):
    """uint8 [B, S, S, 4] -> float [B, 4, S, S] in 0..1, still premultiplied."""
    return torch.from_numpy(np.ascontiguousarray(rgba)).permute(0, 3, 1, 2).float().div_(255)


def over(rgba, background):
    """Composite premultiplied [B, 4, H, W] over [B, 3, H, W] (or broadcastable) backgrounds."""
    return rgba[:, :3] + (1 - rgba[:, 3:]) * background


def backgrounds(count, size, white=0.5):
    """Plain, gradient and two-part grounds: [count, 3, size, size]; the share `white` is plain white."""
    first, second = torch.rand(count, 3, 1, 1), torch.rand(count, 3, 1, 1)
    angle = torch.rand(count) * 2 * torch.pi
    line = torch.linspace(-1, 1, size)
    slope = (
        torch.cos(angle)[:, None, None] * line[None, None, :] + torch.sin(angle)[:, None, None] * line[None, :, None]
    )
    kind = torch.rand(count)
    ramp = (slope / 2 + 0.5).clamp(0, 1)
    step = (slope * 8 + torch.randn(count)[:, None, None]).clamp(0, 1)
    weight = torch.where(
        (kind < 0.3)[:, None, None], ramp, torch.where((kind < 0.45)[:, None, None], step, torch.zeros(1))
    )
    ground = first + (second - first) * weight[:, None]
    plain = torch.rand(count) < white
    ground[plain] = 1.0
    return ground


def affine(images, scale, rotation=0.0, shift=0.0, out=64, flip=0.5, shear=0.0):
    """Random affine views; `scale` (low, high) is how large the picture comes out, zero padding.

    images [B, C, H, W] -> [B, C, out, out]; scale is drawn log-uniformly, rotation in degrees.
    """
    count = len(images)
    low, high = np.log(scale[0]), np.log(scale[1])
    inverse = torch.exp(-torch.empty(count).uniform_(low, high))
    turn = torch.empty(count).uniform_(-rotation, rotation) * (torch.pi / 180)
    mirror = torch.where(torch.rand(count) < flip, -1.0, 1.0)
    skew = torch.empty(count).uniform_(-shear, shear)
    cos, sin = torch.cos(turn) * inverse, torch.sin(turn) * inverse
    move = torch.empty(count, 2).uniform_(-shift, shift)
    theta = torch.stack(
        [
            torch.stack([cos * mirror, -sin + skew * inverse, move[:, 0]], 1),
            torch.stack([sin * mirror, cos, move[:, 1]], 1),
        ],
        1,
    )
    grid = F.affine_grid(theta, (count, images.shape[1], out, out), align_corners=False)
    return F.grid_sample(images, grid, padding_mode="zeros", align_corners=False)


def jitter(images, chance=0.5, noise=0.05):
    """Brightness, contrast, saturation and pixel noise on a random part of the batch; images in 0..1."""
    count = len(images)
    on = (torch.rand(count, 1, 1, 1) < chance).float()

    def gain(width):
        return 1 + on * (torch.rand(count, 1, 1, 1) - 0.5) * width

    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * gain(0.6)
    mean = images.mean((1, 2, 3), keepdim=True)
    images = ((images - mean) * gain(0.5) + mean) * gain(0.4)
    return images + torch.randn_like(images) * (noise * on * torch.rand(count, 1, 1, 1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path(__file__).parent / "work")
    prepare(parser.parse_args().work)

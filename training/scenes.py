"""Batches for the CLIP: pictures on grounds, colour twins, pairs, counts, and pictures that match nothing."""

import random
from collections import defaultdict

import numpy as np
import torch
import torch.nn.functional as F

from captions import GROUP_WEIGHT, ON_GROUND, caption, count_caption, pair_caption, phrase
from data import SHADES, affine, backgrounds, over, tensor

#: sky colour, ground colour, phrases
SCENERY = [
    (
        "blue",
        "green",
        ["{} on a green field", "{} on the grass", "{} in a meadow under a blue sky", "{} in a green field"],
    ),
    (
        "blue",
        "blue",
        ["{} on the sea", "{} on the water", "{} on the ocean under a blue sky", "{} on a lake"],
    ),
    ("blue", "yellow", ["{} on the beach", "{} in the desert", "{} on sand"]),
    ("gray", "white", ["{} in the snow", "{} on the snow", "{} in winter"]),
    ("orange", "brown", ["{} at sunset", "{} in the evening", "{} under an orange sky"]),
    ("black", "black", ["{} at night", "{} in the dark", "{} under a black sky", "{} in a dark night"]),
    ("blue", "gray", ["{} on the road", "{} in the street", "{} on a street"]),
]


def shade(word):
    """A slightly varied sRGB shade of a colour word, [3, 1, 1] in 0..1."""
    base = torch.tensor(random.choice(SHADES[word])) / 255
    return (base + torch.randn(3) * 0.03).clamp(0, 1)[:, None, None]


class Scenes:
    """Draws batches of (pictures [B, 3, size, size] in 0..1, captions), of all training pictures or of some rows.

    size: 64 or 128; at 128 there are no recoloured copies.
    """

    def __init__(self, pictures, rows=None, size=64):
        self.pictures, self.concepts, self.family = pictures, defaultdict(list), defaultdict(list)
        self.pixels, self.size = {64: pictures.x64, 128: pictures.x128}[size], size
        for row in pictures.train if rows is None else rows:
            record = pictures.rows[row]
            self.concepts[record["hexcode"] or record["names"][0]].append(row)
            if record["colours"]:
                self.family[record.get("source", row)].append(row)
        self.family = [
            rows for rows in self.family.values() if len({pictures.rows[r]["colours"][0] for r in rows}) > 1
        ]
        self.keys = list(self.concepts)
        weight = np.array(
            [
                len(self.concepts[k]) ** 0.5 * GROUP_WEIGHT.get(pictures.rows[self.concepts[k][0]]["group"], 1.0)
                for k in self.keys
            ]
        )
        self.weight = weight / weight.sum()

    def _rgba(self, rows):
        return tensor(np.stack([self.pixels[r] for r in rows]))

    def _affine(self, *args, **kwargs):
        return affine(*args, **kwargs, out=self.size)

    def _length(self, share):
        """What is `share` pixels long at 64, in pixels of this size."""
        return round(share * self.size / 64)

    def _grounds(self, count, white=0.45, plain=0.28, scenery=0.08):
        """Grounds [count, 3, size, size] and for each a colour word, a scenery's phrases or None.

        The rest get a background without a word for it.
        """
        ground, words = backgrounds(count, self.size, white=0.0), [None] * count
        for i, chance in enumerate(np.random.rand(count)):
            if chance < white:
                ground[i] = 1.0
                words[i] = "white" if chance < white / 9 else None
            elif chance < white + plain:
                words[i] = random.choice(list(SHADES))
                ground[i] = shade(words[i])
            elif chance < white + plain + scenery:
                sky, land, words[i] = random.choice(SCENERY)
                horizon = self._length(random.randint(24, 52))
                ground[i, :, :horizon], ground[i, :, horizon:] = shade(sky), shade(land)
        return ground, words

    def singles(self, count):
        """Rows of `count` different concepts."""
        chosen = np.random.choice(len(self.keys), count, False, p=self.weight)
        return [random.choice(self.concepts[self.keys[k]]) for k in chosen]

    def batch(self, count, pool=None, given=()):
        """`pool`: (uint8 [n, 64, 64, 3], rows) of VQGAN reconstructions to mix in.

        `given`: (row, caption) pairs that the batch has to contain.
        """
        twins, pairs, counts = count // 10, count // 10, count // 20
        plain = count - 2 * twins - pairs - counts - len(given)
        rows = self.singles(plain)
        colour_of = {}
        for family in random.sample(self.family, twins):
            first = random.choice(family)
            others = [
                r for r in family if self.pictures.rows[r]["colours"][0] != self.pictures.rows[first]["colours"][0]
            ]
            for row in (first, random.choice(others)):
                colour_of[len(rows)] = self.pictures.rows[row]["colours"][0]
                rows.append(row)
        fixed = {}
        for row, text in given:
            fixed[len(rows)] = text
            rows.append(row)
        rgba = self._rgba(rows)
        reconstructed = np.zeros(len(rows), bool)
        if pool is not None and len(pool[1]) >= 256:
            reconstructed[:plain] = np.random.rand(plain) < 0.25
            for i in np.flatnonzero(reconstructed):
                at = np.random.randint(len(pool[1]))
                rows[i] = int(pool[1][at])
                rgba[i, :3] = torch.from_numpy(pool[0][at].copy()).permute(2, 0, 1) / 255
                rgba[i, 3] = 1.0
        near = np.random.rand() < 0.7
        rgba = self._affine(
            rgba,
            (0.5, 1.5) if near else (0.8, 1.15),
            rotation=20 if near else 4,
            shift=0.25 if near else 0.08,
            shear=0.1 if near else 0.0,
        )
        groups, texts = self._groups(self.singles(2 * pairs + counts), pairs, counts)
        ground, words = self._grounds(count)
        images = over(torch.cat([rgba, groups]), ground)
        captions = []
        for i, row in enumerate(rows):
            record, word = self.pictures.rows[row], words[i]
            if reconstructed[i]:
                word = None
            if i in fixed:
                captions.append(fixed[i])
            elif i in colour_of:
                name = random.choice(record["names"])
                captions.append(caption(dict(record, names=[f"{colour_of[i]} {name}"], colours=[], tags=[])))
            elif isinstance(word, list):
                text = random.choice(word).format("a " + phrase(record)) if random.random() < 0.7 else caption(record)
                captions.append(text)
            else:
                captions.append(caption(record, ground=word))
        for i, text in enumerate(texts):
            word = words[len(rows) + i]
            captions.append(
                f"{text} on a {word} background" if isinstance(word, str) and random.random() < 0.3 else text
            )
        blurred = torch.rand(count) < 0.12
        if blurred.any():
            images[blurred] = F.interpolate(F.avg_pool2d(images[blurred], 2), scale_factor=2, mode="bilinear")
        return images, captions

    def compositions(self, count):
        """Upright drawings with captions that name their background, in pairs, and in twos and threes."""
        pairs, counts = count * 3 // 10, count // 5
        rows = self.singles(count - pairs - counts)
        groups, texts = self._groups(self.singles(2 * pairs + counts), pairs, counts)
        ground, words = self._grounds(count, white=0.3, plain=0.4, scenery=0.3)
        images = over(torch.cat([self._affine(self._rgba(rows), (0.65, 1.0), shift=0.06), groups]), ground)
        texts = [phrase(self.pictures.rows[row], tags=False) for row in rows] + texts
        captions = []
        for text, word in zip(texts, words, strict=True):
            if isinstance(word, list):
                text = random.choice(word).format(random.choice(["a ", ""]) + text)
            elif word:
                text = random.choice(ON_GROUND).format(text, word)
            captions.append(text)
        return images, captions

    def _groups(self, rows, pairs, counts):
        """Two pictures side by side, and two or three copies of one: [n, 4, size, size] and captions.

        rows: 2 · pairs + counts of them.
        """
        first = self._affine(self._rgba(rows[:pairs]), (0.4, 0.53), rotation=8)
        second = self._affine(self._rgba(rows[pairs : 2 * pairs]), (0.4, 0.53), rotation=8)
        images, texts = [], []

        def shifted(picture, x):
            return torch.roll(picture, (self._length(random.randint(-6, 6)), self._length(x)), (1, 2))

        def stack(*layers):
            result = layers[0]
            for layer in layers[1:]:
                result = layer + (1 - layer[3:]) * result
            return result

        records = self.pictures.rows
        for i in range(pairs):
            images.append(stack(shifted(first[i], -15), shifted(second[i], 15)))
            texts.append(pair_caption(records[rows[i]], records[rows[pairs + i]]))
        for i in range(counts):
            many = random.choice([2, 2, 3])
            copies = self._affine(
                self._rgba([rows[2 * pairs + i]]).expand(many, -1, -1, -1),
                (0.4, 0.53) if many == 2 else (0.28, 0.36),
                rotation=8,
            )
            places = [-15, 15] if many == 2 else [-21, 0, 21]
            images.append(stack(*[shifted(c, x) for c, x in zip(copies, places, strict=False)]))
            texts.append(count_caption(records[rows[2 * pairs + i]], many))
        return torch.stack(images), texts


def shuffled(images):
    """Cut into 8 or 16 px blocks, put back in random order: colours and textures stay, the thing is gone."""
    size = random.choice([8, 16, 16])
    blocks = F.unfold(images, size, stride=size)
    order = torch.randperm(blocks.shape[2])
    return F.fold(blocks[:, :, order], images.shape[-1], size, stride=size)


def mottled(count):
    """Smooth coloured noise at several scales, as a failed optimisation leaves it: [count, 3, 64, 64]."""
    total = torch.rand(count, 3, 1, 1)
    for cells in (2, 4, 8, 16):
        layer = F.interpolate(torch.randn(count, 3, cells, cells), size=64, mode="bicubic")
        total = total + layer * (torch.rand(count, 1, 1, 1) * 0.5)
    return total.clamp(0, 1)


def unmatched(images, pool, count):
    """Pictures that no caption fits: block-shuffled members of the batch, random codes decoded, mottle."""
    half = count // 2
    parts = [shuffled(images[torch.randperm(len(images))[:half]])]
    rest = count - half
    if pool is not None and len(pool):
        take = np.random.randint(0, len(pool), rest // 2)
        parts.append(torch.from_numpy(pool[take].copy()).permute(0, 3, 1, 2).float() / 255)
        rest -= rest // 2
    parts.append(mottled(rest))
    return torch.cat(parts)

"""CLIP without a run: features of whole pictures, zero-shot classes, and ranking.

Formulas are those of Radford et al., "Learning Transferable Visual Models From Natural Language Supervision"
(2021), section 3.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from vqclip.media.images import Pixels
from vqclip.models.perceptor import Perceptor
from vqclip.synthesis.clip_loss import spherical_distance

PICTURES_AT_ONCE = 32
TEXTS_AT_ONCE = 256
_WIDEST = 16


def framer(perceptor: Perceptor) -> Callable[[Pixels], Tensor]:
    """A function from a picture, uint8 (H, W, 3), to the square that the CLIP takes: (3, S, S) float32 in [0, 1].

    It is open_clip's own transform for that model without the normalisation, which `encode_image` does.
    """
    size, framing = perceptor.cut_size, perceptor.framing
    if framing.resize_mode == "squash":
        return _squasher(size, framing.interpolation)
    from open_clip.transform import image_transform

    transform = image_transform(
        size,
        is_train=False,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        resize_mode=framing.resize_mode,
        interpolation=framing.interpolation,
        fill_color=framing.fill_color,
    )
    # Without a limit, a picture of one row would become millions of pixels wide, or lose its row.
    widest = {"shortest": _WIDEST, "longest": size}[framing.resize_mode]

    def frame(pixels: Pixels) -> Tensor:
        square: Tensor = transform(Image.fromarray(_middle(pixels, widest)))
        return square

    return frame


@torch.no_grad()
def encode_pictures(perceptor: Perceptor, pictures: Iterable[Pixels]) -> Tensor:
    """Features of pictures of any size, uint8 (H, W, 3) each: (N, E) unit float32 on the CPU, (0, 0) for none.

    Pictures are taken one by one and encoded in batches, so an iterator may open them as it goes.
    """
    squares = map(framer(perceptor), pictures)
    found = []
    while batch := list(islice(squares, PICTURES_AT_ONCE)):
        found.append(perceptor.encode_image(torch.stack(batch).to(perceptor.mean.device)).cpu())
    return torch.cat(found) if found else torch.empty(0, 0)


def encode_texts(perceptor: Perceptor, texts: Sequence[str]) -> Tensor:
    """Features of texts, in batches: (N, E) unit float32 on the CPU. texts: not empty."""
    starts = range(0, len(texts), TEXTS_AT_ONCE)
    return torch.cat([perceptor.encode_text(texts[at : at + TEXTS_AT_ONCE]).cpu() for at in starts])


def zero_shot(perceptor: Perceptor, labels: Sequence[str], templates: Sequence[str]) -> Tensor:
    """The zero-shot classifier: (L, E) unit float32 on the CPU, for each label the mean over the templates.

    templates: texts with `{}` in the place of the label. Neither may be empty.
    """
    each = max(1, TEXTS_AT_ONCE // len(templates))
    classes = []
    for at in range(0, len(labels), each):
        some = labels[at : at + each]
        features = encode_texts(perceptor, [fill(template, label) for label in some for template in templates])
        classes.append(F.normalize(features.view(len(some), len(templates), -1).mean(dim=1), dim=-1))
    return torch.cat(classes)


def fill(template: str, label: str) -> str:
    """The label in the place of each `{}`; other braces are text."""
    return template.replace("{}", label)


def probabilities(perceptor: Perceptor, pictures: Tensor, classes: Tensor) -> Tensor:
    """How likely each class is by the CLIP's own scale of the cosine: (N, E) and (L, E) to (N, L).

    A CLIP shares 1 among the classes. SigLIP, which has a bias, judges each alone, as it was trained.
    """
    logits = perceptor.logit_scale * pictures @ classes.T
    return logits.softmax(dim=-1) if perceptor.logit_bias is None else (logits + perceptor.logit_bias).sigmoid()


def compare(picture: Tensor, texts: Tensor) -> tuple[Tensor, Tensor]:
    """Cosine similarity in [-1, 1] and spherical distance (0 to pi^2/2): (1, E) and (T, E) to (T,) and (T,)."""
    return (texts @ picture[0]).clamp(-1, 1), spherical_distance(picture, texts)


def rank(features: Tensor, queries: Tensor, weights: Tensor, count: int) -> list[tuple[int, float]]:
    """The pictures nearest to the queries, best first: row and weighted mean of the cosines.

    features: (N, E) unit. queries: (Q, E) unit. weights: (Q,), not all zero; negative ones push away. Pictures
    that score alike keep their order.
    """
    scores = features @ (queries.T @ (weights / weights.abs().sum()))
    return best(scores, count)


def best(scores: Tensor, count: int) -> list[tuple[int, float]]:
    """The largest of (N,) scores with their places, at most `count`, largest first; equal ones keep their order."""
    order = torch.argsort(scores, descending=True, stable=True)[:count]
    return [(int(place), float(scores[place])) for place in order]


def _squasher(size: int, interpolation: str) -> Callable[[Pixels], Tensor]:
    """open_clip's transform for squashed pictures without importing it, which takes longer than importing torch."""
    filter_ = Image.Resampling.BILINEAR if interpolation == "bilinear" else Image.Resampling.BICUBIC

    def frame(pixels: Pixels) -> Tensor:
        square = np.array(Image.fromarray(pixels).resize((size, size), filter_))
        return torch.from_numpy(square).permute(2, 0, 1).contiguous().float() / 255

    return frame


def _middle(pixels: Pixels, widest: int) -> Pixels:
    """The middle of a picture that is more than `widest` times as long as it is short."""
    height, width = pixels.shape[:2]
    most = widest * min(height, width)
    # An odd margin would shift the middle by half a pixel.
    left, top = ((side - most) // 2 if side > most else 0 for side in (width, height))
    return pixels[top : height - top, left : width - left]

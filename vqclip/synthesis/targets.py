"""The features of the prompts: what each perceptor compares the cutouts with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip.media.images import Pixels
from vqclip.models.perceptor import Perceptor
from vqclip.settings.prompts import Prompt
from vqclip.synthesis import retrieval

LETTERS = ("letters on {}", "text on {}", "words on {}")
THINGS = ("a picture", "a drawing", "a photo", "a thing")


@torch.no_grad()
def encode_prompts(
    perceptor: Perceptor, prompts: Sequence[Prompt], pictures: Mapping[str, Pixels], *, in_parts: bool = False
) -> Tensor:
    """The targets of a perceptor: (len(prompts), E) unit float32, on its device.

    pictures: uint8 (H, W, 3) by the file's name, for image prompts, which are seen whole, in the frame that the CLIP
    was trained on. in_parts: read a text that is too long as the mean of its parts, instead of cutting its end off.
    """
    device = perceptor.mean.device
    texts = [perceptor.read(prompt) for prompt in prompts if prompt.kind == "text"]
    seen = torch.stack([mean_of_parts(perceptor, text) for text in texts]) if in_parts and texts else None
    if seen is None:
        seen = perceptor.encode_text(texts or [""])
    rows, found = iter(seen), []
    for prompt in prompts:
        if prompt.kind == "image":
            found.append(retrieval.encode_pictures(perceptor, [pictures[prompt.text]])[0].to(device))
        elif prompt.kind == "noise":
            found.append(noise(int(prompt.text), seen.shape[1]).to(device))
        elif prompt.kind == "text-off":
            found.append(text_off(perceptor, texts))
        else:
            found.append(next(rows))
    return torch.stack(found)


def parts_of(perceptor: Perceptor, text: str) -> list[str]:
    """A text in parts that the CLIP's context holds: as many whole words as fit, and pieces of anything else."""
    parts: list[str] = []
    for word in text.split():
        longer = f"{parts[-1]} {word}" if parts else word
        if parts and perceptor.count_tokens(longer) <= perceptor.context_length:
            parts[-1] = longer
            continue
        while perceptor.count_tokens(word) > perceptor.context_length:
            fits = len(word) - 1
            while perceptor.count_tokens(word[:fits]) > perceptor.context_length:
                fits //= 2
            parts.append(word[:fits])
            word = word[fits:]
        parts.append(word)
    return parts


@torch.no_grad()
def mean_of_parts(perceptor: Perceptor, text: str) -> Tensor:
    """The mean of the features of a text's parts, each by its number of tokens: (E,) unit float32."""
    parts = parts_of(perceptor, text)
    # Start and end are in every part.
    lengths = [float(perceptor.count_tokens(part) - 2) for part in parts]
    features = perceptor.encode_text(parts)
    return F.normalize((features * torch.tensor(lengths, device=features.device)[:, None]).sum(0), dim=0)


@torch.no_grad()
def text_off(perceptor: Perceptor, texts: Sequence[str]) -> Tensor:
    """The direction away from written letters: (E,) unit float32.

    It is the mean difference between things without and with letters on them, the prompts' own among them, less its
    share along the prompts. So a pull in this direction removes letters, but nothing of the prompts. pixray's textoff
    is a stored vector for each CLIP, with the same purpose.
    """
    things = [*dict.fromkeys(texts), *THINGS]
    plain = perceptor.encode_text(things)
    lettered = torch.stack([perceptor.encode_text([form.format(thing) for thing in things]) for form in LETTERS])
    away = (plain - lettered.mean(0)).mean(0)
    if texts:
        asked, _ = torch.linalg.qr(plain[: len(things) - len(THINGS)].T)
        away = away - asked @ (asked.T @ away)
    return F.normalize(away, dim=0)


def noise(seed: int, size: int) -> Tensor:
    """A direction at random, the same for the same seed on every device: (size,) unit float32.

    nerdyrodent's -nps draws it alike, so a seed from there gives the same direction.
    """
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.empty(1, size).normal_(generator=generator), dim=-1)[0]

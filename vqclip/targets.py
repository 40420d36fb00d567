"""What each perceptor looks for: prompts to directions in its space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from vqclip import retrieval
from vqclip.images import Pixels
from vqclip.perceptor import Perceptor
from vqclip.prompts import Prompt


@torch.no_grad()
def encode_prompts(perceptor: Perceptor, prompts: Sequence[Prompt], pictures: Mapping[str, Pixels]) -> Tensor:
    """The targets of a perceptor: (len(prompts), E) unit float32, on its device.

    pictures: uint8 (H, W, 3) by the file's name, for image prompts, which are seen whole, in the frame that the CLIP
    was trained on.
    """
    device = perceptor.mean.device
    texts = [prompt.text for prompt in prompts if prompt.kind == "text"]
    seen = perceptor.encode_text(texts or [""])
    rows, found = iter(seen), []
    for prompt in prompts:
        if prompt.kind == "image":
            found.append(retrieval.encode_pictures(perceptor, [pictures[prompt.text]])[0].to(device))
        elif prompt.kind == "noise":
            found.append(noise(int(prompt.text), seen.shape[1]).to(device))
        else:
            found.append(next(rows))
    return torch.stack(found)


def noise(seed: int, size: int) -> Tensor:
    """A direction at random, the same for the same seed on every device: (size,) unit float32.

    nerdyrodent's -nps draws it alike, so a seed from there gives the same direction.
    """
    generator = torch.Generator().manual_seed(seed)
    return F.normalize(torch.empty(1, size).normal_(generator=generator), dim=-1)[0]

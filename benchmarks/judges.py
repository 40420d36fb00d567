"""The judges of the battery: networks that say what a picture shows, and that are in no loss.

A judge of the perceptor's own kind is fooled by what was optimised for the perceptor. So the judges have other
architectures, other seeds and other training pictures, and each has a class for *nothing*: a picture that shows
no thing at all. training/judges.py trains them; neither they nor this module are in the wheel.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from open_clip.tokenizer import SimpleTokenizer
from safetensors.torch import load_file
from torch import Tensor, nn

import checkpoints

#: The judges that are trained, one file each.
PANEL = Path(__file__).parent / "panel"
#: Side of the pictures that a judge sees, and the longest caption that it reads, in tokens.
SIZE, WORDS = 64, 24
KINDS = ("convolutions", "patches")
_VOCABULARY = Path(checkpoints.__file__).parent / "tiny_clip" / "bpe.txt.gz"


class Residual(nn.Module):
    """Two 3x3 convolutions around a sum."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.norm1, self.norm2 = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> the same."""
        inner = F.silu(self.norm1(self.first(x)))
        return F.silu(x + self.norm2(self.second(inner)))


def _halving(before: int, after: int, kernel: int) -> list[nn.Module]:
    """A convolution that halves the sides, and its norm."""
    convolution = nn.Conv2d(before, after, kernel, stride=2, padding=kernel // 2, bias=False)
    return [convolution, nn.BatchNorm2d(after), nn.SiLU()]


class Convolutions(nn.Sequential):
    """A plain residual network with average pooling: (B, 3, 64, 64) in -1..1 -> (B, dim)."""

    def __init__(self, dim: int, widths: Sequence[int] = (32, 64, 128, 256)) -> None:
        layers: list[nn.Module] = []
        before = 3
        for stage, width in enumerate(widths):
            layers += _halving(before, width, 3 if stage else 7) + ([Residual(width)] if stage else [])
            before = width
        super().__init__(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, dim))


class Patches(nn.Module):
    """A vision transformer over 8x8 places, mean of its tokens: (B, 3, 64, 64) in -1..1 -> (B, dim).

    A few convolutions make its tokens (Xiao and others, 2021, arXiv 2106.14881): with plain 8x8 patches it was right
    at first in 27 % after 1000 steps, with these in 36 %.
    """

    def __init__(self, dim: int, width: int = 160, layers: int = 3) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *_halving(3, 32, 7),
            *_halving(32, 64, 3),
            Residual(64),
            *_halving(64, width, 3),
            nn.Conv2d(width, width, 1),
        )
        self.places = nn.Parameter(torch.randn((SIZE // 8) ** 2, width) * 0.02)
        self.blocks = _blocks(width, layers)
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, dim)

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        tokens = self.stem(x).flatten(2).transpose(1, 2) + self.places
        projected: Tensor = self.out(self.norm(self.blocks(tokens)).mean(1))
        return projected


def _blocks(width: int, layers: int) -> nn.TransformerEncoder:
    layer = nn.TransformerEncoderLayer(
        width, width // 32, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    return nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)


class Words(nn.Module):
    """A transformer that reads both ways, mean of its tokens: (B, L) int64, 0 is padding -> (B, dim)."""

    def __init__(self, dim: int, vocabulary: int, width: int, layers: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.table.weight, std=0.05)
        self.places = nn.Parameter(torch.randn(WORDS, width) * 0.02)
        self.blocks = _blocks(width, layers)
        self.norm, self.out = nn.LayerNorm(width), nn.Linear(width, dim)

    def forward(self, tokens: Tensor) -> Tensor:
        """See the class."""
        there = tokens > 0
        x = self.blocks(self.table(tokens) + self.places[: tokens.shape[1]], src_key_padding_mask=~there)
        shown = self.norm(x) * there[..., None]
        projected: Tensor = self.out(shown.sum(1) / there.sum(1, keepdim=True))
        return projected


class Judge(nn.Module):
    """An image encoder of one kind, a text encoder, and the vector of *nothing*."""

    def __init__(self, kind: str, vocabulary: int, dim: int = 160) -> None:
        super().__init__()
        if kind == "convolutions":
            self.see: nn.Module = Convolutions(dim)
            self.read = Words(dim, vocabulary, 128, 2)
        else:
            self.see = Patches(dim)
            self.read = Words(dim, vocabulary, 160, 3)
        self.nothing = nn.Parameter(torch.randn(dim) * 0.02)
        self.log_scale = nn.Parameter(torch.tensor(3.0))

    def scores(self, images: Tensor, texts: Tensor) -> Tensor:
        """Logits (B, T + 1) of pictures (B, 3, 64, 64) in 0..1 against unit vectors (T, dim); nothing is last."""
        seen = F.normalize(self.see(images * 2 - 1).float(), dim=1)
        candidates = torch.cat([texts, F.normalize(self.nothing, dim=0)[None]])
        return self.log_scale.exp().clamp(max=60.0) * seen @ candidates.t()

    def texts(self, tokens: Tensor) -> Tensor:
        """Captions (T, L) int64 -> unit vectors (T, dim)."""
        return F.normalize(self.read(tokens).float(), dim=1)


def tokenizer() -> Any:
    """The byte-pair tokenizer that both judges read with."""
    return SimpleTokenizer(bpe_path=str(_VOCABULARY), context_length=WORDS, clean="whitespace")


def encode(words: Any, captions: Sequence[str]) -> Tensor:
    """Captions -> (T, longest) int64, padded with 0."""
    rows = [words.encode(caption.lower())[:WORDS] or [words.eot_token_id] for caption in captions]
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


def load(path: Path, kind: str) -> Judge:
    """The judge that training/judges.py wrote to `path`, ready to score."""
    judge = Judge(kind, tokenizer().vocab_size)
    judge.load_state_dict({key: value.float() for key, value in load_file(path).items()})
    return judge.eval().requires_grad_(False)


def panel(folder: Path = PANEL) -> dict[str, Judge]:
    """The judges in a folder, by kind. Raises SystemExit when there is none."""
    paths = {kind: folder / f"{kind}.safetensors" for kind in KINDS}
    found = {kind: load(path, kind) for kind, path in paths.items() if path.is_file()}
    if not found:
        raise SystemExit(f"No judge is in {folder}; training/judges.py trains them.")
    return found

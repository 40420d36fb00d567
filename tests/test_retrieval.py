"""CLIP as a scorer: its features are open_clip's own, its classes those of the paper, its ranks the true order."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import open_clip
import pytest
import torch
from PIL import Image

from vqclip.errors import ModelError
from vqclip.files import data_path
from vqclip.models import registry
from vqclip.models.perceptor import Perceptor, load_perceptor
from vqclip.synthesis import retrieval

SIZES = [(64, 64), (200, 120), (37, 91), (640, 480), (65, 64), (5, 7), (300, 40)]
Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def theirs() -> tuple[Any, Any, Any]:
    """The built-in CLIP as open_clip loads it: the model, its transform of pictures, and its tokenizer."""
    folder = data_path("checkpoints", "tiny_clip")
    torch.set_num_threads(1)
    model, _, transform = open_clip.create_model_and_transforms(
        f"local-dir:{folder}", image_resize_mode="squash", image_interpolation="bicubic"
    )
    tokenizer = open_clip.tokenizer.SimpleTokenizer(bpe_path=str(folder / "bpe.txt.gz"), context_length=32)
    return model.eval(), transform, tokenizer


@pytest.fixture
def ours(pair: tuple[Any, Callable[..., Any]]) -> Perceptor:
    found: Perceptor = pair[1]("a red apple")[0].perceptor
    return found


def pictures() -> list[Pixels]:
    """Smooth and sharp pictures of several sizes, one of them a single row."""
    generator = np.random.default_rng(0)
    found = []
    for width, height in SIZES:
        rough = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
        smooth = Image.fromarray(rough[:3, :3]).resize((width, height), Image.Resampling.BICUBIC)
        found += [rough, np.asarray(smooth, dtype=np.uint8)]
    return found


@torch.no_grad()
def test_features_are_those_of_open_clip(ours: Perceptor, theirs: tuple[Any, Any, Any]) -> None:
    model, transform, _ = theirs
    seen = pictures()
    assert len(seen) % retrieval.PICTURES_AT_ONCE != 0
    batch = torch.stack([transform(Image.fromarray(pixels)) for pixels in seen])
    expected = model.encode_image(batch, normalize=True)
    found = retrieval.encode_pictures(ours, iter(seen))
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 1e-5
    assert (found[0] - found[1]).abs().max() > 1e-2, "different pictures have different features"


def with_config(folder: Path, **preprocessing: Any) -> Perceptor:
    """The built-in CLIP from a folder whose preprocess_cfg says something else."""
    shutil.copytree(data_path("checkpoints", "tiny_clip"), folder)
    path = folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["preprocess_cfg"] = {k: v for k, v in preprocessing.items() if v is not None}
    path.write_text(json.dumps(config))
    return load_perceptor(registry.find_clip(f"local-dir:{folder}"), torch.device("cpu"))


@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear", None])
@pytest.mark.parametrize("mode", ["shortest", "squash", "longest", None])
def test_squares_are_those_of_open_clip_s_transform(
    tmp_path: Path, mode: str | None, interpolation: str | None
) -> None:
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    perceptor = with_config(
        tmp_path / "clip", resize_mode=mode, interpolation=interpolation, mean=mean, std=std, fill_color=90
    )
    transform = open_clip.image_transform(
        64, is_train=False, mean=mean, std=std, resize_mode=mode, interpolation=interpolation, fill_color=90
    )
    frame = retrieval.framer(perceptor)
    for pixels in pictures():
        square = frame(pixels)
        assert square.shape == (3, 64, 64)
        normalised = (square[None] - perceptor.mean) / perceptor.std
        assert (normalised[0] - transform(Image.fromarray(pixels))).abs().max() < 1e-5, pixels.shape


def test_the_framings_differ(tmp_path: Path) -> None:
    wide = pictures()[2]
    squares = [
        retrieval.framer(with_config(tmp_path / mode, resize_mode=mode))(wide)
        for mode in ("shortest", "squash", "longest")
    ]
    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert (squares[one] - squares[other]).abs().mean() > 0.05


@pytest.mark.parametrize("mode", ["shortest", "squash", "longest"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 4_000_000), (4_000_000, 1), (3, 100_000)])
def test_fault_21_a_sliver_becomes_a_square_of_its_colour(tmp_path: Path, mode: str, shape: tuple[int, int]) -> None:
    perceptor = with_config(tmp_path / "clip", resize_mode=mode)
    pixels = np.full((*shape, 3), (200, 100, 50), dtype=np.uint8)
    square = retrieval.framer(perceptor)(pixels)
    assert square.shape == (3, 64, 64)
    middle = square[:, 32, 32] if mode != "longest" else square.amax(dim=(1, 2))
    assert torch.allclose(middle * 255, torch.tensor([200.0, 100.0, 50.0]), atol=1.0)


def test_the_middle_of_a_sliver_is_where_open_clip_looks(tmp_path: Path) -> None:
    perceptor = with_config(tmp_path / "clip", resize_mode="shortest")
    ramp = np.linspace(0, 255, 40 * 70 + 1).astype(np.uint8)
    sliver = np.ascontiguousarray(np.broadcast_to(ramp[None, :, None], (70, len(ramp), 3)))
    transform = open_clip.image_transform(64, is_train=False, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    square, expected = retrieval.framer(perceptor)(sliver), transform(Image.fromarray(sliver))
    assert (square - expected).abs().max() <= 1.01 / 255


@pytest.mark.parametrize(
    ("key", "value"), [("resize_mode", "stretch"), ("interpolation", "nearest"), ("fill_color", "red")]
)
def test_a_framing_that_open_clip_does_not_know_is_refused(tmp_path: Path, key: str, value: str) -> None:
    with pytest.raises(ModelError, match=f"preprocess_cfg.{key} is {value}"):
        with_config(tmp_path / "clip", **{key: value})


def test_pictures_are_opened_as_they_are_needed(ours: Perceptor, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = 0
    at_each_batch = []
    encode = Perceptor.encode_image

    def count() -> Iterator[Pixels]:
        nonlocal opened
        for _ in range(7):
            opened += 1
            yield np.zeros((8, 8, 3), dtype=np.uint8)

    def encode_image(self: Perceptor, cutouts: torch.Tensor) -> torch.Tensor:
        at_each_batch.append((opened, len(cutouts)))
        return encode(self, cutouts)

    monkeypatch.setattr(retrieval, "PICTURES_AT_ONCE", 3)
    monkeypatch.setattr(Perceptor, "encode_image", encode_image)
    assert len(retrieval.encode_pictures(ours, count())) == 7
    assert at_each_batch == [(3, 3), (6, 3), (7, 1)]


LABELS = ["a red apple", "car", "tree", "blue whale", "house"]
TEMPLATES = ["a picture of a {}.", "{}", "a drawing of a {}."]


@torch.no_grad()
def test_the_classifier_is_that_of_open_clip(
    ours: Perceptor, theirs: tuple[Any, Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, transform, tokenizer = theirs
    expected = open_clip.build_zero_shot_classifier(model, tokenizer, LABELS, TEMPLATES)
    monkeypatch.setattr(retrieval, "TEXTS_AT_ONCE", 7)
    classes = retrieval.zero_shot(ours, LABELS, TEMPLATES)
    assert (classes - expected.T).abs().max() < 1e-5
    seen = pictures()
    features = retrieval.encode_pictures(ours, seen)
    batch = torch.stack([transform(Image.fromarray(pixels)) for pixels in seen])
    logits = model.logit_scale.exp() * model.encode_image(batch, normalize=True) @ expected
    shares = retrieval.probabilities(ours, features, classes)
    assert torch.allclose(shares, logits.softmax(dim=-1), atol=1e-4)
    assert torch.allclose(shares.sum(dim=1), torch.ones(len(seen)), atol=1e-6)
    assert shares.max() > 2 / len(LABELS), "the scale of the model makes a difference"


def test_a_siglip_judges_each_label_alone(ours: Perceptor, monkeypatch: pytest.MonkeyPatch) -> None:
    picture, classes = torch.eye(3)[:1], torch.tensor([[1.0, 0, 0], [1.0, 0, 0], [0, 1.0, 0]])
    monkeypatch.setattr(ours, "logit_scale", 10.0)
    monkeypatch.setattr(ours, "logit_bias", -5.0)
    shares = retrieval.probabilities(ours, picture, classes)[0]
    assert shares.tolist() == pytest.approx([0.9933, 0.9933, 0.0067], abs=1e-4)


def test_the_scale_is_the_checkpoint_s(ours: Perceptor, theirs: tuple[Any, Any, Any]) -> None:
    assert ours.logit_scale == pytest.approx(theirs[0].logit_scale.exp().item(), rel=1e-6)
    assert ours.logit_scale > 2


def test_braces_of_a_label_are_text() -> None:
    assert retrieval.fill("a {} of {0.__class__}", "{} {x}") == "a {} {x} of {0.__class__}"


@torch.no_grad()
def test_similarity_and_distance_belong_to_one_angle(ours: Perceptor, theirs: tuple[Any, Any, Any]) -> None:
    model, transform, tokenizer = theirs
    pixels = pictures()[1]
    picture = retrieval.encode_pictures(ours, [pixels])
    similarity, distance = retrieval.compare(picture, retrieval.encode_texts(ours, ["a red apple", "a tree"]))
    texts = model.encode_text(tokenizer(["a red apple", "a tree"]), normalize=True)
    expected = texts @ model.encode_image(transform(Image.fromarray(pixels))[None], normalize=True)[0]
    assert torch.allclose(similarity, expected, atol=1e-5)
    for cosine, half_square in zip(similarity.tolist(), distance.tolist(), strict=True):
        assert half_square == pytest.approx(math.acos(cosine) ** 2 / 2, abs=1e-4)


def test_ranks_are_the_weighted_means_of_the_cosines() -> None:
    generator = torch.Generator().manual_seed(1)
    features = torch.nn.functional.normalize(torch.randn(50, 8, generator=generator), dim=-1)
    queries = torch.nn.functional.normalize(torch.randn(3, 8, generator=generator), dim=-1)
    weights = torch.tensor([1.0, 0.5, -0.5])
    by_hand = [sum(w * float(q @ f) for w, q in zip(weights.tolist(), queries, strict=True)) / 2.0 for f in features]
    found = retrieval.rank(features, queries, weights, 6)
    assert [row for row, _ in found] == sorted(range(50), key=lambda row: -by_hand[row])[:6]
    assert [score for _, score in found] == pytest.approx(sorted(by_hand, reverse=True)[:6], abs=1e-6)


def test_equal_scores_keep_their_order_and_fewer_are_fine() -> None:
    scores = torch.tensor([0.1, 0.5, 0.5, 0.2, 0.5])
    assert [place for place, _ in retrieval.best(scores, 9)] == [1, 2, 4, 3, 0]

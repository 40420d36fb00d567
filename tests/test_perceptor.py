"""The perceptor computes what open_clip computes, with each model's own preprocessing, and reads texts whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

from vqclip.errors import ModelError, UsageError
from vqclip.files import data_path
from vqclip.models import registry
from vqclip.models.perceptor import Perceptor, load_perceptor

CPU = torch.device("cpu")
TINY = data_path("checkpoints", "tiny_clip")
TEXTS = ["a red apple", "Two blue cars, on a green field!", "", "naïve 苹果 🍎"]
SMALL_VIT = {
    "embed_dim": 32,
    "vision_cfg": {"image_size": 48, "layers": 2, "width": 64, "head_width": 32, "patch_size": 16},
    "text_cfg": {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
}


def pixels(count: int, side: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


def folder(path: Path, config: dict[str, Any] = SMALL_VIT, **preprocessing: Any) -> Path:
    """A folder of open_clip with random weights."""
    path.mkdir()
    torch.manual_seed(0)
    save_file(open_clip.CLIP(**config).state_dict(), path / "open_clip_model.safetensors")
    content = {"model_cfg": config, "preprocess_cfg": preprocessing}
    (path / "open_clip_config.json").write_text(json.dumps(content))
    return path


def load(name: str, dtype: torch.dtype = torch.float32) -> Perceptor:
    return load_perceptor(registry.find_clip(name), CPU, dtype)


@pytest.fixture(scope="module")
def tiny() -> Perceptor:
    return load("tiny")


def test_features_of_pictures_are_open_clips_from_the_file_to_the_vector(tiny: Perceptor) -> None:
    reference, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{TINY}")
    reference.eval()
    levels = np.random.default_rng(0).integers(0, 256, (3, tiny.cut_size, tiny.cut_size, 3), dtype=np.uint8)
    with torch.no_grad():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in levels])
        expected = reference.encode_image(batch, normalize=True)
        ours = tiny.encode_image(torch.from_numpy(levels).permute(0, 3, 1, 2) / 255)
    assert (ours - expected).abs().max() < 1e-5


def test_features_of_texts_are_open_clips(tiny: Perceptor) -> None:
    reference = open_clip.create_model(f"local-dir:{TINY}").eval()
    tokens = tiny._tokenizer(TEXTS, context_length=tiny.context_length)
    with torch.no_grad():
        expected = reference.encode_text(tokens, normalize=True)
    assert (tiny.encode_text(TEXTS) - expected).abs().max() < 1e-5


@pytest.mark.slow
def test_a_vision_transformer_of_a_folder_is_open_clips(tmp_path: Path) -> None:
    path = folder(tmp_path / "vit", mean=[0.5, 0.4, 0.3], std=[0.2, 0.25, 0.3])
    perceptor = load(f"local-dir:{path}")
    reference, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{path}")
    reference.eval()
    tokenizer = open_clip.get_tokenizer("ViT-B-32", context_length=20)
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 256, (48, 48, 3), dtype=np.uint8))
    with torch.no_grad():
        image = reference.encode_image(preprocess(picture)[None], normalize=True)
        text = reference.encode_text(tokenizer(TEXTS), normalize=True)
    ours = perceptor.encode_image(torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None] / 255)
    assert (ours - image).abs().max() < 1e-5
    assert (perceptor.encode_text(TEXTS) - text).abs().max() < 1e-5
    assert perceptor.mean.flatten().tolist() == pytest.approx([0.5, 0.4, 0.3])


def test_without_a_normalisation_of_its_own_a_model_gets_openais(tmp_path: Path) -> None:
    perceptor = load(f"local-dir:{folder(tmp_path / 'vit')}")
    assert perceptor.mean.flatten().tolist() == pytest.approx([0.48145466, 0.4578275, 0.40821073])
    assert perceptor.std.flatten().tolist() == pytest.approx([0.26862954, 0.26130258, 0.27577711])


@pytest.mark.slow
def test_a_named_network_takes_weights_from_a_file(tmp_path: Path) -> None:
    torch.manual_seed(3)
    model = open_clip.create_model("RN50", pretrained=None).eval()
    path = tmp_path / "weights.pt"
    torch.save(model.state_dict(), path)
    perceptor = load(f"RN50/{path}")
    assert (perceptor.cut_size, perceptor.context_length) == (224, 77)
    image = pixels(1, 224)
    with torch.no_grad():
        expected = F.normalize(model.visual((image - perceptor.mean) / perceptor.std), dim=1)
        assert (perceptor.encode_image(image) - expected).abs().max() < 1e-5


def test_bfloat16_towers_give_float32_vectors_close_to_the_whole_ones(tmp_path: Path) -> None:
    path = folder(tmp_path / "vit")
    image = pixels(4, 48)
    whole, half = (load(f"local-dir:{path}", dtype) for dtype in (torch.float32, torch.bfloat16))
    features = half.encode_image(image)
    assert features.dtype == torch.float32
    assert (features * whole.encode_image(image)).sum(1).min() > 0.99
    assert (half.encode_text(TEXTS) - whole.encode_text(TEXTS)).abs().max() < 1e-5


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what is mapped")
def test_a_cast_tower_lets_go_of_the_file_that_it_was_read_from(tmp_path: Path) -> None:
    path = folder(tmp_path / "vit")
    weights = str(path / "open_clip_model.safetensors")
    perceptor = load(f"local-dir:{path}", torch.bfloat16)
    assert weights in Path("/proc/self/maps").read_text(), "texts are encoded with what the file holds"
    perceptor.drop_text_encoder()
    assert weights not in Path("/proc/self/maps").read_text()


def test_the_gradient_goes_to_the_picture_and_not_into_the_weights(tiny: Perceptor) -> None:
    image = pixels(2, tiny.cut_size).requires_grad_()
    tiny.encode_image(image)[:, 0].sum().backward()
    assert image.grad is not None
    assert bool((image.grad.abs().amax((1, 2, 3)) > 0).all())
    assert all(parameter.grad is None for parameter in tiny.parameters())
    assert not any(parameter.requires_grad for parameter in tiny.parameters())


def test_one_picture_is_seen_as_among_many(tiny: Perceptor) -> None:
    images = pixels(6, tiny.cut_size)

    def seen(parts: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        inputs = [part.clone().requires_grad_() for part in parts]
        features = torch.cat([tiny.encode_image(part) for part in inputs])
        features[:, :5].sum().backward()
        return features.detach(), torch.cat([part.grad for part in inputs if part.grad is not None])

    whole, single = seen([images]), seen(list(images.split(1)))
    for one, other in zip(whole, single, strict=True):
        assert float((one - other).norm() / one.norm()) < 1e-5


def test_without_its_text_tower_it_still_sees() -> None:
    perceptor = load("tiny")
    image = pixels(1, perceptor.cut_size)
    before = perceptor.encode_image(image)
    weights = sum(parameter.numel() for parameter in perceptor.parameters())
    perceptor.drop_text_encoder()
    assert torch.equal(perceptor.encode_image(image), before)
    assert sum(parameter.numel() for parameter in perceptor.parameters()) <= weights
    with pytest.raises(RuntimeError, match="was dropped"):
        perceptor.encode_text(["a red apple"])


def test_tokens_are_counted_and_what_does_not_fit_is_reported(tiny: Perceptor) -> None:
    assert tiny.count_tokens("") == 2
    assert tiny.count_tokens("a red apple") == 5
    assert tiny.cut_text("a red apple") == ""
    long = " ".join(["apple"] * 29 + ["blue", "car", "tree"])
    assert tiny.count_tokens(long) == 34
    assert tiny.cut_text(long) == "car tree"
    fitting = " ".join(["apple"] * 29 + ["blue"])
    assert torch.equal(tiny.encode_text([long]), tiny.encode_text([fitting]))


@pytest.mark.parametrize("special", ["<start_of_text>", "<end_of_text>", "<|endoftext|>"])
def test_fault_31_names_of_special_tokens_are_words(tiny: Perceptor, special: str) -> None:
    ids = tiny._ids(f"a {special} b")
    vocabulary = tiny._tokenizer.vocab_size
    assert not {vocabulary - 1, vocabulary - 2} & set(ids)
    assert len(ids) > 3


def test_unknown_words_come_with_the_word_that_was_meant(tiny: Perceptor) -> None:
    assert tiny.check_words("A red Apple, 3 cars").unknown == {}
    found = tiny.check_words("a red appel, a bannana, an umbrela and a xqjkv").unknown
    assert found == {"appel": "apple", "bannana": "banana", "umbrela": "umbrella", "xqjkv": ""}
    short = tiny.check_words("an aple at dsuk, a dgo, a brid, Leon and Gary, much coal, and a lute").unknown
    assert {word: right for word, right in short.items() if right} == {
        "aple": "apple", "dsuk": "dusk", "dgo": "dog", "brid": "bird",
    }  # fmt: skip
    assert {"leon", "gary", "coal"} <= short.keys()
    foreign = tiny.check_words("ein roter apfel, une pomme rouge, una manzana roja, in the shelves of a forge")
    assert foreign.unknown
    assert not any(foreign.unknown.values())


def test_a_word_is_whole_in_every_script(tiny: Perceptor) -> None:
    words = ["लाल", "सेब", "क्‍ष", "می‌خواهم", "தமிழ்", "тёмный", "สัตว์"]
    assert list(tiny.check_words(" ".join(words)).unknown) == words
    assert tiny.check_words("a लाल सेब").nothing_known
    assert not tiny.check_words("a लाल apple").nothing_known
    assert not tiny.check_words("3").nothing_known


def test_what_is_cut_off_is_reported_of_the_text_that_is_read(tiny: Perceptor) -> None:
    assert tiny.cut_text("🍎" * 10) == "", "two words each, though many more bytes"
    assert set(tiny.cut_text("🍎" * 40).split()) == {"red", "apple"}


def test_a_word_that_few_captions_held_comes_with_what_it_was_met_with(tiny: Perceptor) -> None:
    assert tiny.check_words("a Feline and a cat").rare == {"feline": ("black cat",)}
    assert tiny.check_words("a feline").unknown == {}
    assert tiny.check_words("a felline").unknown == {"felline": ""}, "a word that is no help is not proposed"


def test_nothing_is_unknown_to_a_clip_without_a_word_list(tmp_path: Path) -> None:
    assert load(f"local-dir:{folder(tmp_path / 'vit')}").check_words("zzyzx").unknown == {}
    assert load(f"local-dir:{folder(tmp_path / 'other')}").check_words("feline").rare == {}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "has no model_cfg"),
        ('{"model_cfg": {"embed_dim": 8, "nonsense": 1}}', "vision_cfg is missing"),
        (json.dumps({"model_cfg": {**SMALL_VIT, "nonsense": 1}}), "the field nonsense is not known"),
        (json.dumps({"model_cfg": {**SMALL_VIT, "vision_cfg": {"head_width": 1000}}}), "describes no network"),
        (json.dumps({"model_cfg": {**SMALL_VIT, "multimodal_cfg": {}}}), "is a CoCa model"),
        (json.dumps({"model_cfg": SMALL_VIT, "preprocess_cfg": {"mean": [1, 2]}}), "mean is not three numbers"),
        (json.dumps({"model_cfg": SMALL_VIT, "preprocess_cfg": {"std": [1, 0, 1]}}), "std holds a zero"),
        (json.dumps({"model_cfg": {**SMALL_VIT, "embed_dim": 64}}), "does not fit its configuration"),
    ],
)
def test_a_folder_that_describes_no_clip_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = folder(tmp_path / "vit")
    (path / "open_clip_config.json").write_text(content)
    with pytest.raises(ModelError, match=words):
        load(f"local-dir:{path}")


def test_a_damaged_vocabulary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clip"
    shutil.copytree(TINY, path)
    (path / "bpe.txt.gz").write_bytes(b"not gzip")
    with pytest.raises(ModelError, match=r"bpe\.txt\.gz is not a gzip file"):
        load(f"local-dir:{path}")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("ViT-B-32/laion2b_s34b_b79k", "Fetch it with `vqclip models download ViT-B-32"),
        ("ViT-B-32/nonsense", "open_clip knows no weights 'nonsense'"),
        ("ViT-B-32", "Fetch it with `vqclip models download ViT-B-32"),
    ],
)
def test_weights_that_are_not_here_are_reported_with_what_fetches_them(name: str, words: str) -> None:
    with pytest.raises(ModelError) as told:
        load(name)
    assert words in f"{told.value.message} {told.value.hint}"


def test_a_name_like_a_known_one_is_suggested() -> None:
    with pytest.raises(UsageError) as told:
        registry.find_clip("vit-b32")
    assert "ViT-B" in told.value.hint

"""From names to files: what is known, what is here, and what to do about what is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vqclip.errors import ModelError, UsageError
from vqclip.files import data_path
from vqclip.models import catalogue, registry
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import without_weights
from vqclip.models.vqgan import VQGAN
from vqclip.settings.option import names_checkpoint


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("VQCLIP_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def hub(tmp_path, monkeypatch) -> Path:
    """An empty cache of the Hugging Face hub."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def put_in_hub(hub: Path, repo: str, name: str) -> Path:
    folder = hub / f"models--{repo.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("abc")
    file = folder / "snapshots" / "abc" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"weights")
    return file


def test_the_field_s_models_are_known():
    known = {"tiny", "imagenet", "imagenet-1024", "wikiart", "coco", "sflckr", "faceshq", "openimages"}
    known |= {"ldm-vq-f4", "ldm-vq-f8", "ldm-vq-f16", "llamagen-vq-ds16", "llamagen-vq-ds8"}
    known |= {f"ibq-{kind}" for kind in ("1024", "8192", "16384", "262144", "16384-pretrain", "262144-pretrain")}
    known |= {f"titok-{kind}" for kind in ("s-128", "b-64", "l-32", "bl-64", "bl-128", "sl-256")}
    assert set(catalogue.vqgan_names()) == known
    assert catalogue.vqgan_names()[0] == catalogue.clip_names()[0] == "tiny"
    assert catalogue.vqgan_entry("vqgan_imagenet_f16_16384").name == "imagenet"
    names = [n for e in map(catalogue.vqgan_entry, known) for n in (e.name, *e.aliases)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", [name for name in catalogue.vqgan_names() if name != "tiny"])
def test_every_listed_model_has_a_sound_configuration_and_an_origin(name):
    entry = catalogue.vqgan_entry(name)
    architecture = read_architecture(entry.model)
    assert entry.network == (architecture.kind, architecture.n_embed, architecture.embed_dim)
    factors = {"openimages": 8, "ldm-vq-f4": 4, "ldm-vq-f8": 8, "llamagen-vq-ds8": 8}
    titok = name.startswith("titok")
    assert architecture.factor == factors.get(name, 256 if titok else 16)
    assert architecture.only_size == ((256, 256) if titok else None)
    narrow = {"ldm-vq-f4": 3, "ldm-vq-f8": 4, "ldm-vq-f16": 8, "llamagen-vq-ds16": 8, "llamagen-vq-ds8": 8}
    assert titok or architecture.embed_dim == narrow.get(name, 256)
    assert titok or architecture.unit_codes == name.startswith("llamagen")
    assert entry.origins
    assert all(origin.startswith("https://") for origin in entry.origins)
    assert entry.sha256 is None or (len(entry.sha256) == 64 and int(entry.sha256, 16))
    assert entry.licence


@pytest.mark.parametrize("entry", [e for e in catalogue.vqgan_entries() if e.about_bytes is None and not e.file])
def test_every_listed_vqgan_is_built_with_the_numbers_of_its_file(entry):
    """On the meta device; those with a rough size have tests of their own."""
    with without_weights():
        model = VQGAN(read_architecture(entry.model))
    numbers = sum(tensor.numel() for tensor in model.state_dict().values())
    assert tuple(model.quantize.codes.shape) == entry.network[1:]
    # A file holds the network, and often its discriminator, LPIPS and the states of two optimisers.
    assert numbers > 5e7
    assert entry.bytes is None or 0.2 < 4 * numbers / entry.bytes < 1 or entry.name == "sflckr"


def test_an_unknown_name_is_a_usage_error_with_a_suggestion():
    with pytest.raises(UsageError, match="Did you mean 'imagenet"):
        registry.find_vqgan("imagnet")
    with pytest.raises(UsageError, match="Did you mean 'ViT-B-32"):
        registry.find_clip("vit-b-32")
    with pytest.raises(UsageError, match="Known: tiny, imagenet") as caught:
        registry.find_vqgan("??")
    assert "Did you mean" not in caught.value.hint


def test_fault_15_a_missing_model_says_how_large_it_is_where_it_is_and_where_it_goes(cache):
    with pytest.raises(ModelError) as caught:
        registry.find_vqgan("vqgan_imagenet_f16_16384")
    assert caught.value.exit_code == 3
    assert "'imagenet' (980 MB) is not on this machine" in caught.value.message
    mirror = "https://huggingface.co/Somnai/pytti-vqgan-checkpoints/resolve/debc22c8f285c7734980c464ff992d335dde6e9a"
    assert f"{mirror}/imagenet/imagenet.ckpt" in caught.value.hint
    assert str(cache / "vqgan" / "imagenet.ckpt") in caught.value.hint
    assert not cache.exists()


def test_a_model_in_the_cache_is_found_with_its_configuration_and_hash(cache):
    (cache / "vqgan").mkdir(parents=True)
    (cache / "vqgan" / "openimages.ckpt").write_bytes(b"x")
    found = registry.find_vqgan("openimages")
    assert found.checkpoint == cache / "vqgan" / "openimages.ckpt"
    assert found.sha256 == catalogue.vqgan_entry("openimages").sha256
    assert read_architecture(found.config).kind == "GumbelVQ"
    assert {row.name: row.present for row in registry.list_models() if row.kind == "vqgan"} == {
        name: name in ("tiny", "openimages") for name in catalogue.vqgan_names()
    }


def test_the_cache_follows_the_platform_without_the_variable():
    assert catalogue.cache_dir() == Path(os.environ["XDG_CACHE_HOME"]) / "vqclip"


@pytest.mark.parametrize("name", ["clips/mine", "./clips/mine", "mine"])
def test_a_folder_of_a_clip_without_its_prefix_is_answered_with_the_prefix(name: str, isolated: Path) -> None:
    (isolated / name).mkdir(parents=True)
    (isolated / name / "open_clip_model.safetensors").write_bytes(b"")
    with pytest.raises(UsageError, match=rf"the CLIP {name} is a folder\. Write local-dir:{name}\."):
        registry.find_clip(name)


def test_the_built_in_pair_is_always_here():
    vqgan, clip = registry.find_vqgan("tiny"), registry.find_clip("tiny")
    assert vqgan.checkpoint == data_path("checkpoints", "tiny_vqgan.safetensors")
    assert read_architecture(vqgan.config).pixel_unshuffle == 2
    assert clip.model == f"local-dir:{data_path('checkpoints', 'tiny_clip')}"
    assert clip.weights.parent == clip.folder
    assert registry.find_prior("tiny").tokenizer == clip.folder / "bpe.txt.gz"
    rows = [row for row in registry.list_models() if row.name == "tiny"]
    assert [row.kind for row in rows] == ["vqgan", "clip", "prior", "upsampler"]
    assert all(row.present and row.bytes > 100_000 and row.licence == "MIT" for row in rows)


def test_a_checkpoint_file_takes_the_configuration_beside_it_or_the_named_one(tmp_path):
    checkpoint, other = tmp_path / "last.ckpt", tmp_path / "other.yaml"
    checkpoint.write_bytes(b"x")
    with pytest.raises(ModelError, match=r"last\.ckpt has no configuration") as caught:
        registry.find_vqgan(str(checkpoint))
    assert "last.yaml" in caught.value.hint
    assert "--vqgan-config" in caught.value.hint
    other.write_text("model: {}")
    assert registry.find_vqgan(str(checkpoint), str(other)).config == other
    beside = checkpoint.with_suffix(".yaml")
    beside.write_text("model: {}")
    found = registry.find_vqgan(str(checkpoint))
    assert (found.checkpoint, found.config, found.sha256) == (checkpoint, beside, None)
    assert registry.find_vqgan(str(checkpoint), str(other)).config == other
    assert registry.find_vqgan("tiny", str(other)).config == other


def test_files_that_are_not_there_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"the checkpoint nowhere\.ckpt does not exist"):
        registry.find_vqgan("nowhere.ckpt")
    with pytest.raises(ModelError, match="is a folder"):
        registry.find_vqgan(str(tmp_path))
    with pytest.raises(ModelError, match=r"the configuration no\.yaml does not exist"):
        registry.find_vqgan("tiny", "no.yaml")


@pytest.mark.parametrize(
    ("name", "path"),
    [("tiny", False), ("imagenet-1024", False), ("a.ckpt", True), ("A.SAFETENSORS", True), ("./x", True)],
)
def test_paths_are_distinguished_from_names(name, path):
    assert names_checkpoint(name) is path


def test_a_listed_clip_is_looked_up_in_the_hub_cache_and_not_fetched(hub):
    with pytest.raises(ModelError) as caught:
        registry.find_clip("ViT-B-32")
    assert "`vqclip models download ViT-B-32`" in caught.value.hint
    file = put_in_hub(hub, "timm/vit_base_patch32_clip_224.openai", "open_clip_model.safetensors")
    for name in ("ViT-B-32", "ViT-B/32"):
        found = registry.find_clip(name)
        assert (found.name, found.model, found.pretrained) == (name, "ViT-B-32-quickgelu", "openai")
        assert found.weights == file
    row = next(row for row in registry.list_models() if row.name == "ViT-B-32")
    assert (row.present, row.bytes) == (True, 7)


def test_open_clip_names_and_folders_are_understood(tmp_path):
    assert registry.find_clip("ViT-H-14/laion2b_s32b_b79k") == registry.ClipFiles(
        "ViT-H-14/laion2b_s32b_b79k", "ViT-H-14", "laion2b_s32b_b79k"
    )
    with pytest.raises(ModelError, match=r"the CLIP checkpoint x\.pt does not exist"):
        registry.find_clip("ViT-H-14/x.pt")
    folder = tmp_path / "my clip"
    name = f"local-dir:{folder}"
    for file, problem in [(None, "does not exist"), ("open_clip_config.json", "has no open_clip_config"),
                          ("open_clip_model.safetensors", "has no open_clip_model")]:  # fmt: skip
        with pytest.raises(ModelError, match=problem):
            registry.find_clip(name)
        folder.mkdir(exist_ok=True)
        if file:
            (folder / file).write_bytes(b"x")
    assert registry.find_clip(name) == registry.ClipFiles(
        name, name, None, folder, folder / "open_clip_model.safetensors"
    )

"""What a run would take: sizes of networks against what autograd keeps, and --dry-run, which draws nothing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from vqclip.files import data_path
from vqclip.media import metadata
from vqclip.models import catalogue, clip_resnet
from vqclip.models import decoder as passes
from vqclip.models.architecture import read_architecture
from vqclip.models.checkpoints import without_weights
from vqclip.models.vqgan import VQGAN
from vqclip.runs import dry_run, estimate, run_sizes
from vqclip.runs.speed import Speed
from vqclip.settings.option import change_paths
from vqclip.settings.schema import Settings, default_of, options, type_of

IMAGENET = catalogue.vqgan_entry("imagenet").model
TINY = data_path("checkpoints", "tiny_vqgan.yaml")


def kept_by(function: Any, network: torch.nn.Module) -> int:
    """How many numbers that are no weights of the network the function keeps for the gradient."""
    weights = {weight.untyped_storage()._cdata for weight in network.parameters()}
    seen: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        seen.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = function()
    assert result.requires_grad
    return sum(tensor.untyped_storage().nbytes() for key, tensor in seen.items() if key not in weights) // 4


@pytest.mark.parametrize("config", [IMAGENET, TINY], ids=["imagenet", "tiny"])
@pytest.mark.parametrize("side", [8, 16])
def test_what_a_decoder_keeps_and_weighs_is_foreseen(config: Any, side: int) -> None:
    architecture = read_architecture(config)
    with without_weights():
        decoder = VQGAN(architecture, encoder=False).decoder.requires_grad_(False)
        z = torch.empty(1, architecture.z_channels, side, side, requires_grad=True)
    cost = estimate.decoder(architecture, side, side)
    with FlopCounterMode(display=False) as flops:
        passes.decode(decoder, z)
    counts = flops.get_flop_counts()["Global"]
    assert 2 * cost.macs == flops.get_total_flops()
    assert 2 * cost.attention == sum(count for name, count in counts.items() if "convolution" not in str(name))
    assert cost.kept == pytest.approx(kept_by(lambda: passes.decode(decoder, z), decoder), rel=0.1)
    assert cost.weights == pytest.approx(sum(weight.numel() for weight in decoder.parameters()), rel=0.02)


def test_what_the_built_in_image_encoder_keeps_and_weighs_is_foreseen() -> None:
    config = run_sizes._clip_config("tiny")
    network = clip_resnet.build(config)
    cost = estimate.image_encoder(config)
    assert network is not None
    assert cost is not None
    visual = network.visual.requires_grad_(False).eval()
    side = visual.image_size
    with without_weights():
        pixels = torch.empty(1, 3, side, side, requires_grad=True)
    assert cost.weights == pytest.approx(sum(weight.numel() for weight in visual.parameters()), rel=0.1)
    with FlopCounterMode(display=False) as flops:
        visual(pixels)
    assert 2 * cost.macs == pytest.approx(flops.get_total_flops(), rel=0.1)
    # With its norms, which are folded in a run, it keeps up to twice as much.
    assert cost.kept < kept_by(lambda: visual(pixels), visual) < 4 * cost.kept


@pytest.mark.slow
@pytest.mark.option("generate --dry-run")
def test_a_dry_run_lists_all_and_draws_nothing(call: Any) -> None:
    answer = call("generate", "a red apple", "--seed", "4", "--dry-run", "--threads", "1")
    assert (answer.code, answer.err) == (0, "")
    assert list(Path().iterdir()) == []
    assert yaml.safe_load(answer.out)["seed"] == 4
    Path("plan.yaml").write_text(answer.out)
    assert call("config", "check", "plan.yaml").code == 0
    for words in (
        "# vqgan tiny: ",
        "# clip tiny: ",
        "# prior tiny: ",
        " MB, here",
        "# memory: about ",
        "# time: about",
        "# of that: ",
    ):
        assert words in answer.out
    record = call("generate", "a red apple", "--dry-run", "--json", "--threads", "1").record
    assert {file["kind"]: file["present"] for file in record["files"]} == dict.fromkeys(
        ("vqgan", "clip", "prior"), True
    )
    assert 1e8 < record["memory_bytes"] < 2e9
    assert 0 < record["seconds_per_step"] < record["seconds"] < math.inf
    parts = record["seconds_before_steps"], record["seconds_of_frames"]
    assert all(0 < part < record["seconds"] for part in parts)
    unshown = call("generate", "a red apple", "--dry-run", "--json", "--save-every", "0", "--no-video").record
    assert unshown["seconds_of_frames"] == 0


def test_a_dry_run_names_what_is_missing_and_how_it_is_fetched(call: Any) -> None:
    flags = ("generate", "a lighthouse", "--preset", "imagenet", "--dtype", "float32", "--json")
    answer, run = call(*flags, "--dry-run"), call(*flags)
    result, error = answer.lines
    assert (answer.code, error) == (run.code, run.lines[-1]) == (3, error), "the error of the run, after the plan"
    vqgan, perceptor = result["files"]
    assert (vqgan["present"], perceptor["present"]) == (False, False)
    assert vqgan["bytes"] > 9e8
    assert 5e8 < perceptor["bytes"] < 7e8, "what setup says of it"
    assert "vqclip models download imagenet" in vqgan["hint"]
    assert 3e9 < result["memory_bytes"] < 9e9


@pytest.mark.slow
def test_a_dry_run_of_what_cannot_be_meant_is_an_error(call: Any) -> None:
    assert call("generate", "a", "--size", "0", "--dry-run").code == 2
    assert call("generate", "a", "--vqgan", "nonsense", "--dry-run").code == 2


def memory(**changes: Any) -> float:
    run = run_sizes.run_sizes(Settings(prompt="a", **changes))
    assert run is not None
    return run.memory()


def test_attention_is_foreseen_to_grow_with_the_square_of_the_pixels_and_not_in_tiles() -> None:
    def work(side: int) -> Any:
        run = run_sizes.run_sizes(Settings(prompt="a", size=f"{side}x{side}", tile_size=None if side > 768 else 0))
        assert run is not None
        return run.operations()

    assert work(512).attention == pytest.approx(16 * work(256).attention)
    assert work(512).products < 4 * work(256).products  # what CLIP takes is the same
    assert work(2048).attention == work(1024).attention < 3 * work(512).attention
    slow = Speed(product=1e-12, attention=7e-12, number=2e-9)
    assert slow.seconds(work(256)) < slow.seconds(work(512))


def test_less_memory_is_foreseen_where_less_is_taken() -> None:
    full: dict[str, Any] = {"vqgan": "imagenet", "clip": ("ViT-B-32",), "size": "1024x1024", "dtype": "float32"}
    full["tile_size"] = 0
    whole = memory(**full)
    assert memory(**full, low_memory=True) < 0.9 * whole
    assert memory(**full | {"dtype": "bfloat16"}) < 0.7 * whole
    assert memory(**full | {"size": "512x512"}) < 0.4 * whole
    # What torch's own layers would take for the whole picture.
    run = run_sizes.run_sizes(Settings(prompt="a", **full))
    assert run is not None
    cost = estimate.decoder(run.architecture, *run.size)
    plain = whole + run.bytes_each * (cost.touched - cost.kept)
    assert memory(**full, low_memory=True) < 0.7 * plain
    assert memory(**full | {"tile_size": 512}) < 0.4 * plain
    assert memory(**full | {"tile_size": None}) < 0.3 * plain
    small = full | {"size": "128x128", "cutouts": 64}
    assert memory(**small, cut_chunk=64) > memory(**small, cut_chunk=8)


def test_a_dry_run_names_every_file_that_a_run_reads(call: Any) -> None:
    """One file for each option of a kind that names files, alone or inside a text."""
    values = {
        "picture": "{}",
        "file": "{}",
        "directory": "{}",
        "palette": "{}",
        "prompt": "a | [{0}]:0.5 | a cup @[-{1}]",
        "timed prompt": "50%:[{}]",
        "image prompt": "{}:0.5",
        "vqgan": "{}",
        "clip": "local-dir:{}",
    }
    settings, expected = Settings(), set()
    for name, option in options().items():
        if option.kind not in values:
            assert change_paths(option, default_of(name) or "a.png", lambda path: f"/{path}") == (
                default_of(name) or "a.png"
            ), f"{name} names a file and is of no kind that does"
            continue
        path, mask = f"in/{name}.png", f"in/mask-{name}.png"
        text = values[option.kind].format(path, mask)
        settings = settings.replace(**{name: (text,) if type_of(name).startswith("tuple") else text})
        expected |= {(name, path), (name, mask)} if option.kind == "prompt" else {(name, path)}
    assert set(settings.named_files()) == expected
    listed = {(file["kind"], file["name"]) for file in dry_run._files(settings)}
    assert expected - listed == {("clip", "in/clip.png")}, "a CLIP is listed by its name"
    assert ("clip", "local-dir:in/clip.png") in listed
    moved = settings.with_paths(lambda path: f"/far/{path}")
    assert {path for _, path in moved.named_files()} == {f"/far/{path}" for _, path in expected}
    hidden = metadata.shaping(moved)
    assert "/far" not in str(hidden), "a picture does not say where its files lie"


def test_a_dry_run_lists_pictures(call: Any) -> None:
    for name in ("here.png", "colours.png", "sky.png"):
        Image.new("RGB", (8, 8), "white").save(name)
    flags = ("--image-prompt", "here.png", "--loss", "palette:1", "--palette", "colours.png", "--threads", "1")
    record = call("generate", "a cup @[sky.png]", *flags, "--dry-run", "--json").record
    found = {(file["kind"], file["name"]): file["present"] for file in record["files"]}
    assert {(kind, name) for kind, name in found if kind in ("prompt", "image_prompt", "palette")} == {
        ("prompt", "sky.png"),
        ("image_prompt", "here.png"),
        ("palette", "colours.png"),
    }
    assert all(found.values())

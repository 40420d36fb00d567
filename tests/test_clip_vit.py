"""CLIP's image towers: ours give open_clip's features and gradients, and take no tower that they do not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import open_clip
import pytest
import torch
import torch.nn.functional as F
from open_clip.model import CLIP, convert_weights_to_lp
from torch import Tensor, nn

from vqclip.models import perceptor as perceptors
from vqclip.models import registry
from vqclip.models.clip_resnet import fold_norms
from vqclip.models.clip_vit import find_vit
from vqclip.models.perceptor import Perceptor, load_perceptor

MEAN, STD = (0.48, 0.46, 0.41), (0.27, 0.26, 0.28)
CPU = torch.device("cpu")
SMALL = {"image_size": 32, "patch_size": 8, "width": 64, "layers": 2, "head_width": 16}
"""A vision transformer that is built and run in no time."""


class Words:
    """A tokenizer of one word."""

    def __call__(self, texts: list[str], context_length: int) -> Tensor:
        return torch.arange(context_length).expand(len(texts), -1)


def network(name: str, cast: torch.dtype | None = None, **vision: Any) -> Any:
    """open_clip's network of that name with a small text tower, and every weight at random."""
    config: dict[str, Any] = open_clip.get_model_config(name)
    config["text_cfg"] |= {"layers": 1, "vocab_size": 100}
    config["vision_cfg"] |= vision
    torch.manual_seed(0)
    return randomised(CLIP(**config, cast_dtype=cast))


def small(cast: torch.dtype | None = None, name: str = "ViT-B-32-quickgelu", **vision: Any) -> Any:
    return network(name, cast, **{**SMALL, **vision})


def randomised(model: Any) -> Any:
    """No weight at 0 or 1, where a forward that forgets it would not be seen; pictures drawn apart."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * parameter.abs().mean().clamp(min=0.2) * torch.randn_like(parameter)
    return model.requires_grad_(False).eval()


def pictures(side: int, count: int = 3) -> Tensor:
    return torch.rand((count, 3, side, side), generator=torch.Generator().manual_seed(1))


def forward_and_gradient(encode: Callable[[Tensor], Tensor], cutouts: Tensor) -> tuple[Tensor, Tensor]:
    """Unit features, and the gradient at the pixels of a sum that weighs them unevenly."""
    pixels = cutouts.clone().requires_grad_()
    unit = encode(pixels)
    pull = torch.randn(unit.shape, generator=torch.Generator().manual_seed(2))
    (unit * pull).sum().backward()
    assert pixels.grad is not None
    return unit.detach(), pixels.grad


def stock(model: Any) -> Callable[[Tensor], Tensor]:
    """open_clip's own forward, from pixels in [0, 1] to unit features."""
    mean, std = torch.tensor(MEAN).view(1, 3, 1, 1), torch.tensor(STD).view(1, 3, 1, 1)

    def encode(cutouts: Tensor) -> Tensor:
        features = model.visual((cutouts - mean) / std)
        return F.normalize(features[0] if isinstance(features, tuple) else features, dim=-1)

    return encode


def alike(ours: Tensor, theirs: Tensor) -> float:
    return F.cosine_similarity(ours.double().flatten(), theirs.double().flatten(), dim=0).item()


def apart(ours: Tensor, theirs: Tensor) -> float:
    return (ours - theirs).abs().max().item()


def assert_own_and_equal(model: Any) -> None:
    perceptor = Perceptor(model, Words(), MEAN, STD)
    assert perceptor.image_encoder == "own"
    cutouts = pictures(perceptor.cut_size, 2)
    (ours, our_gradient), (theirs, their_gradient) = (
        forward_and_gradient(encode, cutouts) for encode in (perceptor.encode_image, stock(model))
    )
    assert ours.shape == theirs.shape
    assert apart(theirs[0], theirs[1]) > 1e-3, "pictures that look the same would hide a fault"
    assert apart(ours, theirs) < 1e-5
    assert alike(our_gradient, their_gradient) > 0.9999
    assert our_gradient.norm().item() == pytest.approx(their_gradient.norm().item(), rel=1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ViT-B-32-quickgelu", "ViT-B-32", "ViT-B-16", "ViT-L-14"])
def test_plain_towers_give_the_features_and_gradients_of_open_clip(name: str) -> None:
    assert_own_and_equal(network(name, layers=2))


@pytest.mark.parametrize("layers", [1, 3])
def test_any_depth_is_open_clips(layers: int) -> None:
    assert_own_and_equal(small(layers=layers))


@pytest.mark.slow
def test_a_tower_of_full_size_is_open_clips() -> None:
    model = network("ViT-B-32-quickgelu")
    assert len(model.visual.transformer.resblocks) == 12
    assert_own_and_equal(model)


@pytest.mark.parametrize("name", ["ViT-B-32-quickgelu", "ViT-B-32"])
def test_bfloat16_weights_see_what_float32_weights_see(name: str) -> None:
    cutouts = pictures(32)
    theirs, their_gradient = forward_and_gradient(stock(small(name=name)), cutouts)
    perceptor = Perceptor(small(torch.bfloat16, name), Words(), MEAN, STD)
    convert_weights_to_lp(perceptor.visual, torch.bfloat16)
    assert perceptor.image_encoder == "own"
    ours, gradient = forward_and_gradient(perceptor.encode_image, cutouts)
    assert (ours.dtype, gradient.dtype) == (torch.float32, torch.float32)
    middle = theirs.mean(0)
    assert alike(ours - middle, theirs - middle) > 0.99
    assert alike(gradient, their_gradient) > 0.99


def test_bfloat16_towers_left_to_open_clip_take_pictures_too() -> None:
    perceptor = Perceptor(small(torch.bfloat16, pool_type="avg"), Words(), MEAN, STD)
    convert_weights_to_lp(perceptor.visual, torch.bfloat16)
    assert perceptor.image_encoder == "open_clip"
    theirs = stock(small(pool_type="avg"))(pictures(32))
    middle = theirs.mean(0)
    assert alike(perceptor.encode_image(pictures(32)) - middle, theirs - middle) > 0.99


@pytest.mark.parametrize(
    "vision",
    [
        {"pool_type": "avg"},
        {"final_ln_after_pool": True},
        {"no_ln_pre": True},
        {"ls_init_value": 0.5},
        {"patch_dropout": 0.5},
        {"attentional_pool": True},
        {"attentional_pool": True, "pool_type": "avg"},
        {"output_tokens": True},
        {"qk_norm": True},
        {"scale_fc": True},
        {"layers": [1, 1, 1, 1], "width": 16, "head_width": 64},
        {"timm_model_name": "vit_tiny_patch16_224", "timm_pool": "", "timm_proj": "linear", "image_size": 224},
    ],
    ids="-".join,
)
def test_other_towers_are_left_to_open_clip(vision: dict[str, Any]) -> None:
    model = small(**vision)
    perceptor = Perceptor(model, Words(), MEAN, STD)
    assert perceptor.image_encoder == "open_clip"
    cutouts = pictures(perceptor.cut_size, 2)
    assert apart(perceptor.encode_image(cutouts), stock(model)(cutouts)) < 1e-6


def change_padding(visual: Any) -> None:
    visual.conv1.padding = (1, 1)


def add_registers(visual: Any) -> None:
    visual.registers = nn.Parameter(torch.zeros(4, 64))


def drop_projection(visual: Any) -> None:
    visual.proj = None


def drop_norm(visual: Any) -> None:
    visual.ln_post = nn.Identity()


def checkpoint(visual: Any) -> None:
    visual.set_grad_checkpointing()


def hook(visual: Any) -> None:
    visual.transformer.resblocks[1].attn.out_proj.register_forward_hook(lambda *_: None)


def patch(visual: Any) -> None:
    visual.forward = lambda pixels: pixels


def swap_activation(visual: Any) -> None:
    visual.transformer.resblocks[1].mlp.gelu = nn.ReLU()


def wrap_linear(visual: Any) -> None:
    class Adapted(nn.Linear):
        pass

    visual.transformer.resblocks[1].mlp.c_fc = Adapted(64, 256)


def cross_attend(visual: Any) -> None:
    visual.transformer.resblocks[1].ln_1_kv = nn.LayerNorm(64)


def inherit(visual: Any) -> None:
    block = visual.transformer.resblocks[1]
    block.__class__ = type("Adapted", (type(block),), {})


def attend_to_a_bias(visual: Any) -> None:
    visual.transformer.resblocks[1].attn.bias_k = nn.Parameter(torch.zeros(1, 1, 64))


def forget_bias(visual: Any) -> None:
    visual.transformer.resblocks[1].mlp.c_proj.bias = None


def add_zeros(visual: Any) -> None:
    visual.transformer.resblocks[1].attn.add_zero_attn = True


def parametrise(visual: Any) -> None:
    nn.utils.parametrizations.weight_norm(visual.transformer.resblocks[1].mlp.c_proj)


def forget_a_flag(visual: Any) -> None:
    del visual.final_ln_after_pool


@pytest.mark.parametrize(
    "change",
    [
        change_padding,
        add_registers,
        drop_projection,
        drop_norm,
        checkpoint,
        hook,
        patch,
        swap_activation,
        wrap_linear,
        cross_attend,
        inherit,
        attend_to_a_bias,
        forget_bias,
        add_zeros,
        parametrise,
        forget_a_flag,
    ],
)
def test_one_unknown_part_is_enough_to_leave_a_tower_alone(change: Callable[[Any], None]) -> None:
    visual = small().visual
    assert find_vit(visual) is not None
    change(visual)
    assert find_vit(visual) is None


def test_known_towers_do_not_run_open_clips_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small()
    perceptor = Perceptor(model, Words(), MEAN, STD)
    monkeypatch.delattr(type(model.visual), "forward")
    assert perceptor.encode_image(pictures(32)).shape == (3, 512)


def test_processors_attend_in_float32_whatever_the_weights_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        seen.append({query.dtype, key.dtype, value.dtype})
        return value[:, :, : query.shape[2]]

    perceptor = Perceptor(small(torch.bfloat16), Words(), MEAN, STD)
    convert_weights_to_lp(perceptor.visual, torch.bfloat16)
    monkeypatch.setattr(F, "scaled_dot_product_attention", attend)
    perceptor.encode_image(pictures(32))
    assert seen == [{torch.float32}, {torch.float32}]


def test_weights_are_open_clips_and_not_copies() -> None:
    model = small()
    perceptor = Perceptor(model, Words(), MEAN, STD)
    assert {p.data_ptr() for p in perceptor.parameters()} == {p.data_ptr() for p in model.parameters()}
    forward_and_gradient(perceptor.encode_image, pictures(32))
    assert all(parameter.grad is None for parameter in model.parameters())
    before = perceptor.encode_image(pictures(32))
    with torch.no_grad():
        for parameter in model.visual.parameters():
            parameter.copy_(parameter.roll(1, 0))
    after = perceptor.encode_image(pictures(32))
    assert apart(before, after) > 1e-3
    assert apart(after, stock(model)(pictures(32))) < 1e-5


def test_the_text_tower_is_untouched() -> None:
    model = small()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modules = list(model.transformer.modules())
    perceptor = Perceptor(model, Words(), MEAN, STD)
    tokens = torch.arange(77)[None]
    assert apart(perceptor.encode_text(["a"]), F.normalize(model.encode_text(tokens), dim=-1)) == 0
    after = model.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert modules == list(model.transformer.modules())


@pytest.mark.slow
def test_the_built_in_tower_is_folded_and_sees_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    files = registry.find_clip("tiny")
    folded = load_perceptor(files, CPU)
    halved = load_perceptor(files, CPU, torch.bfloat16)
    monkeypatch.setattr(perceptors, "fold_norms", lambda visual: False)
    plain = load_perceptor(files, CPU)
    assert (folded.image_encoder, halved.image_encoder, plain.image_encoder) == ("folded", "folded", "open_clip")
    assert not [module for module in folded.visual.modules() if isinstance(module, nn.BatchNorm2d)]
    cutouts = pictures(64, 16)
    (ours, our_gradient), (theirs, their_gradient) = (
        forward_and_gradient(p.encode_image, cutouts) for p in (folded, plain)
    )
    assert apart(theirs[0], theirs[1]) > 1e-3
    assert apart(ours, theirs) < 1e-5
    assert alike(our_gradient, their_gradient) > 0.9999
    assert our_gradient.norm().item() == pytest.approx(their_gradient.norm().item(), rel=1e-3)
    assert alike(halved.encode_image(cutouts), theirs) > 0.99
    assert apart(folded.encode_text(["a red apple"]), plain.encode_text(["a red apple"])) == 0


def train(visual: Any) -> None:
    visual.layer2.train()


def count_for_ever(visual: Any) -> None:
    visual.bn2 = nn.BatchNorm2d(8, track_running_stats=False).eval()


def share(visual: Any) -> None:
    visual.layer3[0].bn1 = nn.SyncBatchNorm(64).eval()


def add_a_norm(visual: Any) -> None:
    visual.avgpool = nn.Sequential(nn.AvgPool2d(2), nn.BatchNorm2d(16)).eval()


def hook_stem(visual: Any) -> None:
    visual.conv1.register_forward_hook(lambda *_: None)


@pytest.mark.parametrize("change", [train, count_for_ever, share, add_a_norm, hook_stem])
def test_norms_that_are_not_frozen_or_not_known_are_not_folded(change: Callable[[Any], Any]) -> None:
    visual = small(layers=[1, 1, 1, 1], width=16, head_width=64).visual
    change(visual)
    before = {name: tensor.clone() for name, tensor in visual.state_dict().items()}
    assert not fold_norms(visual)
    after = visual.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_vision_transformers_have_nothing_to_fold() -> None:
    visual = small().visual
    assert not fold_norms(visual)
    assert find_vit(visual) is not None

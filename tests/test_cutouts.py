"""Cutouts: the batched resampling against a plain loop, and each sampler's law."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from vqclip.cutouts.augment import Augmentation, bend, colour_matrices
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.methods import crowson, pooled, smart
from vqclip.cutouts.plan import plan_cutouts
from vqclip.cutouts.resample import CutPlan, crops, cut_out, join, levels_for, pyramid, squeeze
from vqclip.settings.cut_methods import CUT_METHODS
from vqclip.settings.schema import Settings


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def soft_picture(height: int, width: int, seed: int = 0) -> torch.Tensor:
    """A picture without grain: blurred noise, as a decoder's output is smooth at the scale of a pixel."""
    small = torch.rand(1, 3, height // 16, width // 16, generator=seeded(seed))
    return F.interpolate(small, size=(height, width), mode="bicubic").clamp(0, 1)


def plain_plan(
    left: list[float], top: list[float], sizes: list[float], width: int, height: int, side: int
) -> CutPlan:
    count = len(sizes)
    eye = torch.eye(3, 4).expand(count, 3, 4)
    size = torch.tensor(sizes)
    return CutPlan(
        crops(torch.tensor(left), torch.tensor(top), size, width, height),
        size / side,
        torch.ones(count),
        eye,
        torch.zeros(count),
        torch.zeros(count, 4),
        torch.zeros(count, 2, 0, 0),
        torch.zeros(count),
        torch.full((count,), -1.0),
    )


@pytest.mark.parametrize(("width", "height"), [(256, 256), (320, 192), (144, 256)])
def test_batched_cutouts_match_a_crop_and_resize_loop(width: int, height: int) -> None:
    image, side = soft_picture(height, width), 64
    short = min(width, height)
    sizes = [short, 64, 96, 128, 100, 137, 80, short - 1, 40]
    left = [(width - s) * 0.3 // 1 for s in sizes]
    top = [(height - s) * 0.8 // 1 for s in sizes]
    plan = plain_plan(left, top, [float(s) for s in sizes], width, height, side)
    cuts = cut_out(pyramid(image, levels_for(plan)), plan, side, seeded())
    for cut, x, y, size in zip(cuts, left, top, sizes, strict=True):
        crop = image[..., int(y) : int(y) + size, int(x) : int(x) + size]
        expected = F.interpolate(crop, size=(side, side), mode="bilinear", antialias=True)[0]
        # The crop loop cannot see over the crop's edge; inside, both are the same picture.
        inner = (slice(None), slice(2, -2), slice(2, -2))
        assert (cut - expected)[inner].abs().max().item() <= 2 / 255, size


@pytest.mark.parametrize("size", [64, 128, 256])
def test_factors_one_two_and_four_are_exact_even_on_noise(size: int) -> None:
    image = torch.rand(1, 3, 256, 256, generator=seeded())
    plan = plain_plan([0.0], [0.0], [float(size)], 256, 256, 64)
    cut = cut_out(pyramid(image, levels_for(plan)), plan, 64, seeded())[0]
    expected = F.interpolate(image[..., :size, :size], size=(64, 64), mode="bilinear", antialias=True)[0]
    torch.testing.assert_close(cut[:, 1:-1, 1:-1], expected[:, 1:-1, 1:-1], rtol=0, atol=1e-5)


def test_parts_of_a_plan_give_the_cutouts_of_the_whole() -> None:
    image = soft_picture(192, 256)
    plan = smart.plan(12, CutoutContext(256, 192, 64), Settings(cut_noise=0.0), seeded(3))
    chain = pyramid(image, levels_for(plan))
    whole = cut_out(chain, plan, 64, seeded())
    parts = torch.cat([cut_out(chain, plan.part(i, i + 5), 64, seeded()) for i in range(0, 12, 5)])
    torch.testing.assert_close(whole, parts, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("count", "most", "sizes"), [(12, 5, [4, 4, 4]), (33, 16, [11, 11, 11]), (3, 8, [3]),
                                                      (5, 2, [1, 2, 2]), (4, 1, [1, 1, 1, 1])])  # fmt: skip
def test_parts_are_even_and_in_order(count: int, most: int, sizes: list[int]) -> None:
    plan = smart.plan(count, CutoutContext(256, 192, 64), Settings(), seeded(3))
    parts = list(plan.parts(most))
    assert [len(part) for part in parts] == sizes
    assert torch.equal(torch.cat([part.homographies for part in parts]), plan.homographies)


def test_cutouts_send_a_gradient_to_every_pixel_they_see() -> None:
    image = soft_picture(128, 128).requires_grad_()
    plan = plain_plan([0.0], [0.0], [128.0], 128, 128, 64)
    cut_out(pyramid(image, levels_for(plan)), plan, 64, seeded()).sum().backward()
    assert image.grad is not None
    assert image.grad.min().item() > 0
    assert image.grad.sum().item() == pytest.approx(3 * 64 * 64, rel=1e-4)


def places(plan: CutPlan, context: CutoutContext) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Left, top and size in pixels of cutouts that no augmentation bends."""
    sizes = plan.scales * context.side
    left = (plan.homographies[:, 0, 2] + 1) / 2 * context.width - sizes / 2
    top = (plan.homographies[:, 1, 2] + 1) / 2 * context.height - sizes / 2
    return left, top, sizes


@pytest.mark.parametrize(("width", "height"), [(256, 256), (512, 256), (256, 400), (64, 64), (48, 80)])
@pytest.mark.parametrize("name", ["smart", "crowson", "mse", "eleuther", "big-sleep"])
def test_cutouts_lie_inside_the_picture(name: str, width: int, height: int) -> None:
    context, settings = CutoutContext(width, height, 64), Settings(augment=0.0, augments="none")
    for seed in range(5):
        plan = plan_cutouts(17, context, settings.replace(cut_method=name), seeded(seed))
        left, top, sizes = places(plan, context)
        assert float(left.min()) >= -1e-2
        assert float(top.min()) >= -1e-2
        assert float((left + sizes).max()) <= width + 1e-2
        assert float((top + sizes).max()) <= height + 1e-2
        assert plan.weights.mean().item() == pytest.approx(1, abs=1e-5)
        least = 0.5 * min(width, height) if name == "big-sleep" else min(width, height, 64)
        assert float(sizes.min()) >= least - 1e-3


def test_smart_shows_the_whole_picture_and_weighs_it_most() -> None:
    context = CutoutContext(512, 256, 64)
    plan = smart.plan(16, context, Settings(augment=0.0), seeded(1))
    left, _, sizes = places(plan, context)
    assert (sizes == 256).sum().item() >= 4
    assert plan.weights[:4].min().item() > plan.weights[4:].max().item()
    assert sorted(left[:4].tolist()) == left[:4].tolist(), "full views are spread along the long axis"
    assert float(left[:4].max() - left[:4].min()) > 64


def test_smart_details_cover_the_picture_evenly() -> None:
    context = CutoutContext(512, 512, 32)
    plan = smart.plan(64, context, Settings(augment=0.0), seeded(2))
    left, top, sizes = places(plan, context)
    centres = torch.stack([left + sizes / 2, top + sizes / 2], 1)[16:]
    counts = torch.histogramdd(centres, bins=[2, 2], range=[0.0, 512.0, 0.0, 512.0]).hist
    assert counts.min().item() >= 8, counts


@pytest.mark.option("cut_pow")
def test_cut_pow_moves_crowsons_sizes() -> None:
    context = CutoutContext(512, 512, 64)
    means = [
        crowson.plan(400, context, Settings(cut_pow=power, augment=0.0), seeded()).scales.mean().item()
        for power in (0.3, 1.0, 3.0)
    ]
    assert means[0] > means[1] > means[2]
    assert means[1] * 64 == pytest.approx((512 + 64) / 2, rel=0.1)


def test_pooled_looks_at_the_squeezed_picture_alone() -> None:
    image = soft_picture(256, 512)
    small = squeeze(image, 64)
    assert small.shape == (1, 3, 64, 64)
    expected = (F.adaptive_avg_pool2d(image, 64) + F.adaptive_max_pool2d(image, 64)) / 2
    torch.testing.assert_close(small, expected)
    plan = pooled.plan(200, CutoutContext(512, 256, 64), Settings(cut_noise=0.0), seeded())
    cuts = cut_out(pyramid(small, 0), plan, 64, seeded())
    assert plan.padding == "zeros"
    erased = (plan.boxes[:, 2] > plan.boxes[:, 0]).float().mean().item()
    assert 0.55 < erased < 0.85
    assert bool((cuts == 0).any())
    # kornia's perspective shrinks the picture: no cutout shows less than reaches an edge
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    seen = corners @ plan.homographies.transpose(1, 2)
    reach = (seen[..., :2] / seen[..., 2:]).abs().amax((1, 2))
    assert reach.min().item() > 0.99
    assert reach.max().item() > 1.5


def test_perspective_moves_corners_inwards_only() -> None:
    how = Augmentation(perspective_p=1.0, perspective=0.5)
    maps = bend(200, how, seeded())
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    moved = corners @ maps.transpose(1, 2)
    moved = moved[..., :2] / moved[..., 2:]
    assert moved.abs().max().item() <= 1 + 1e-4
    assert moved.abs().min().item() >= 0.5 - 1e-4


def test_affine_keeps_to_its_angle_and_shift() -> None:
    how = Augmentation(affine_p=1.0, turn=30, shift=0.1)
    maps = bend(500, how, seeded())
    angle = torch.atan2(maps[:, 1, 0], maps[:, 0, 0]) * 180 / torch.pi
    assert 25 < angle.abs().max().item() <= 30.001
    assert 0.18 < maps[:, :2, 2].abs().max().item() <= 0.2001


def test_no_strength_leaves_the_cutouts_alone() -> None:
    how = Augmentation(
        affine_p=1, turn=30, shift=0.1, shear=5, grow=0.2, perspective_p=1, perspective=0.5, colour_p=1, hue=0.1,
        saturation=0.5, brightness=0.5, contrast=0.5,
    ).scaled(0.0)  # fmt: skip
    torch.testing.assert_close(bend(8, how, seeded()), torch.eye(3).expand(8, 3, 3), atol=1e-6, rtol=0)
    torch.testing.assert_close(colour_matrices(8, how, seeded()), torch.eye(3, 4).expand(8, 3, 4), atol=1e-6, rtol=0)


def test_colour_shifts_keep_grey_grey_and_turn_hues() -> None:
    matrices = colour_matrices(50, Augmentation(colour_p=1.0, hue=0.2, saturation=0.5), seeded())
    grey = torch.tensor([0.5, 0.5, 0.5])
    torch.testing.assert_close(matrices[..., :3] @ grey + matrices[..., 3], grey.expand(50, 3), atol=2e-3, rtol=0)
    red = matrices[..., :3] @ torch.tensor([1.0, 0.0, 0.0])
    assert (red - torch.tensor([1.0, 0.0, 0.0])).abs().max().item() > 0.2


@pytest.mark.option("cut_noise")
def test_noise_has_a_deviation_of_its_own_per_cutout() -> None:
    plan = smart.plan(8, CutoutContext(64, 64, 64), Settings(cut_noise=0.5, augment=0.0), seeded())
    image = torch.full((1, 3, 64, 64), 0.5)
    cuts = cut_out(pyramid(image, 0), plan, 64, seeded(9))
    measured = cuts.flatten(1).std(1)
    torch.testing.assert_close(measured, plan.noise, atol=0.02, rtol=0.1)
    assert plan.noise.max().item() <= 0.5


def plain(method: str, count: int, context: CutoutContext, seed: int = 0, **changes: Any) -> CutPlan:
    """A method's cutouts without augmentations."""
    settings = Settings(cut_method=method, augments="none", cut_noise=0.0, **changes).validate()
    return plan_cutouts(count, context, settings, seeded(seed))


class Noted:
    """Settings that note which of them are read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.settings, name)


@pytest.mark.parametrize("name", CUT_METHODS)
def test_a_method_draws_every_cutout_and_reads_the_settings_that_its_row_names(name: str) -> None:
    for count in (1, 2, 9):
        noted: Any = Noted(Settings(cut_method=name))
        plan = plan_cutouts(count, CutoutContext(96, 64, 32), noted, seeded())
        assert len(plan) == count
        assert noted.read - {"augments", "cut_method"} == set(CUT_METHODS[name])
        assert set(CUT_METHODS[name]) <= {"augment", "cut_noise", "cut_pow", "cut_overview", "cut_grey"}


@pytest.mark.option("cut_method")
@pytest.mark.parametrize(
    ("method", "low", "high"), [("mse", 64 / 512, 1), ("eleuther", 64 / 512, 1), ("big-sleep", 0.5, 0.95)]
)
def test_normal_sizes_are_about_four_fifths(method: str, low: float, high: float) -> None:
    shares = plain(method, 2000, CutoutContext(600, 512, 64)).scales * 64 / 512
    assert shares.min().item() == pytest.approx(low, abs=0.15)
    assert shares.max().item() == pytest.approx(high)
    # N(.8, .3): a quarter lies above 1, a quarter below .6.
    assert shares.median().item() == pytest.approx(0.8, abs=0.03)
    assert (shares == shares.max()).float().mean().item() == pytest.approx(0.25 if high == 1 else 0.31, abs=0.04)


def test_eleuther_sees_the_whole_of_a_picture_larger_than_the_perceptors_input() -> None:
    # EleutherAI's 'latest' only ever takes patches of 224 pixels, whatever the size of the picture.
    sizes = plain("eleuther", 50, CutoutContext(512, 512, 224)).scales * 224
    assert sizes.max().item() == 512
    assert len(set(sizes.tolist())) > 20


def test_pytti_looks_past_the_edges_by_a_quarter() -> None:
    context = CutoutContext(512, 256, 64)
    left, top, sizes = places(plain("pytti", 400, context, cut_pow=2.0), context)
    assert -128 <= left.min().item() < -64
    assert 512 + 64 < (left + sizes).max().item() <= 512 + 128
    assert -64 <= top.min().item() < -32
    usual = places(plain("pytti", 400, context), context)[2]
    assert sizes.mean().item() < usual.mean().item()


@pytest.mark.parametrize(("width", "height"), [(256, 256), (320, 192), (128, 256)])
def test_pixray_zooms_into_three_fifths_and_shows_everything_in_the_rest(width: int, height: int) -> None:
    context = CutoutContext(width, height, 32)
    plan = plain("pixray", 50, context, seed=2)
    zoomed, wide = plan.part(0, 30), plan.part(30, 50)
    sides = torch.stack([zoomed.homographies[:, 0, 0], zoomed.homographies[:, 1, 1]], 1)
    assert float((sides + zoomed.homographies[:, :2, 2].abs()).max()) <= 1 + 1e-5
    assert 0.2 < sides.prod(1).min().item() < 0.5
    assert sides.prod(1).max().item() <= 0.95
    assert bool((zoomed.fills < 0).all())
    assert bool((wide.fills == wide.fills[0]).all())
    assert 0 <= wide.fills[0].item() <= 1
    reach = (
        torch.stack([wide.homographies[:, 0, 0], wide.homographies[:, 1, 1]], 1) - wide.homographies[:, :2, 2].abs()
    )
    assert reach.min().item() >= 1 - 1e-5, "every edge of the picture is in sight"
    cuts = cut_out(pyramid(torch.ones(1, 3, height, width), levels_for(plan)), plan, 32, seeded())
    assert bool((cuts[:30] > 0.999).all())
    seen = cuts[30:].unique()
    assert seen.min().item() == pytest.approx(wide.fills[0].item(), abs=1e-4)


@pytest.mark.option("cut_overview")
def test_disco_goes_from_overviews_to_inner_crops() -> None:
    def wholes(step: int, **changes: Any) -> int:
        context = CutoutContext(320, 192, 32, step, 100)
        return int((plain("disco", 16, context, **changes).scales * 32 == 320).sum())

    assert [wholes(step) for step in (0, 39, 40, 99)] == [12, 12, 4, 4]
    assert [wholes(step, cut_overview="0:1, 100%:0") for step in (0, 50, 100)] == [16, 8, 0]


def test_discos_few_overviews_are_plain_grey_and_mirrored() -> None:
    context = CutoutContext(64, 32, 16, 90, 100)
    image = F.interpolate(torch.rand(1, 3, 4, 8, generator=seeded(3)), size=(32, 64), mode="bicubic").clamp(0, 1)
    plan = plain("disco", 16, context)
    cuts = cut_out(pyramid(image, levels_for(plan)), plan, 16, seeded())
    torch.testing.assert_close(cuts[2], cuts[0].flip(-1), atol=1e-5, rtol=0)
    torch.testing.assert_close(cuts[3], cuts[1].flip(-1), atol=1e-5, rtol=0)
    grey = [bool((cut.amax(0) - cut.amin(0)).max() < 1e-3) for cut in cuts]
    assert grey == [False, True, False, True, *[False] * 12]
    assert not bool(cuts[0][:, [1, 14]].any()), "a wide picture lies between black bars"
    assert bool(cuts[0][:, 8].all())


@pytest.mark.option("cut_grey")
def test_disco_greys_a_share_of_the_inner_crops_early() -> None:
    def greys(step: int, **changes: Any) -> int:
        plan = plain("disco", 20, CutoutContext(64, 64, 16, step, 100), cut_overview="0:0.5", **changes)
        rows = plan.colours[10:, :, :3]
        return int((rows - rows[:, :1]).abs().amax((1, 2)).lt(1e-6).sum())

    assert (greys(0), greys(60)) == (2, 0)
    assert greys(60, cut_grey="0:1") == 10


def test_joined_plans_keep_what_each_shows_beyond_the_edge() -> None:
    def plan(padding: str) -> CutPlan:
        found = plan_cutouts(2, CutoutContext(32, 32, 16), Settings(), torch.Generator().manual_seed(1))
        away = torch.tensor([[1.0, 0, 4], [0, 1, 0], [0, 0, 1]]).expand(2, 3, 3)
        still = torch.zeros(2)
        return replace(
            found, padding=padding, homographies=away, noise=still, colours=torch.eye(3, 4).expand(2, 3, 4)
        )

    image = torch.full((1, 3, 32, 32), 0.5)
    for other in ("border", "reflection"):
        joined = join([plan(other), plan("zeros")])
        assert joined.padding == other
        cuts = cut_out([image], joined, 16, torch.Generator())
        assert cuts[:2].mean().item() == pytest.approx(0.5)
        assert cuts[2:].abs().max().item() == 0
    assert join([plan("zeros")]).padding == "zeros"


def test_noise_is_the_same_in_parts_of_any_size_where_some_cutouts_have_none() -> None:
    plan = plan_cutouts(6, CutoutContext(32, 32, 16), Settings(), torch.Generator().manual_seed(1))
    plan = replace(plan, noise=torch.tensor([0.0, 0.0, 0.1, 0.2, 0.0, 0.1]))
    chain = pyramid(torch.rand(1, 3, 32, 32), levels_for(plan))
    whole = cut_out(chain, plan, 16, torch.Generator().manual_seed(2))
    generator = torch.Generator().manual_seed(2)
    parts = torch.cat([cut_out(chain, part, 16, generator) for part in plan.parts(2)])
    assert torch.equal(whole, parts)

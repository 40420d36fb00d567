"""What each augmentation does to a cutout, by nerdyrodent's codes, and which settings of them would do nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vqclip.cutouts.augment import BY_CODE, CONTROL_POINTS, EXTENTS, Augmentation, bend, thin_plates
from vqclip.cutouts.context import CutoutContext
from vqclip.cutouts.plan import plan_cutouts, source_of
from vqclip.cutouts.resample import CutPlan, cut_out, join, levels_for, pyramid
from vqclip.errors import UsageError
from vqclip.events import Finished, Stepped
from vqclip.settings import cut_methods
from vqclip.settings.schema import Settings
from vqclip.synthesis.loop import Synthesizer

MANY = 160
CONTEXT = CutoutContext(64, 64, 32)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def planned(codes: str, count: int = MANY, context: CutoutContext = CONTEXT, **changes: Any) -> CutPlan:
    settings = Settings(cut_method="pooled", augments=codes, cut_noise=0.0, **changes).validate()
    return plan_cutouts(count, context, settings, seeded(4))


def shown(image: torch.Tensor, plan: CutPlan, side: int = 32) -> torch.Tensor:
    settings = Settings(cut_method="pooled")
    return cut_out(pyramid(source_of(image, side, settings), levels_for(plan)), plan, side, seeded(5))


def picture() -> torch.Tensor:
    """Soft colours with a fine chequer over them: (1, 3, 64, 64)."""
    small = torch.rand(1, 3, 4, 4, generator=seeded(1))
    soft = F.interpolate(small, size=(64, 64), mode="bicubic").clamp(0.1, 0.9)
    chequer = torch.tensor([[0.05, -0.05], [-0.05, 0.05]]).repeat(16, 16).repeat_interleave(2, 0)
    return soft + chequer.repeat_interleave(2, 1)


def share(changed: torch.Tensor) -> float:
    return changed.float().mean().item()


def apart(plan: CutPlan) -> torch.Tensor:
    """How far each cutout is from the one without augmentations, at its pixels' mean."""
    plain = shown(picture(), planned("none", 1))
    return (shown(picture(), plan) - plain).abs().mean((1, 2, 3))


def test_every_code_has_its_numbers_and_its_place_among_those_with_a_strength() -> None:
    assert tuple(BY_CODE) == cut_methods.AUGMENTS
    unscaled = {code for code, known in BY_CODE.items() if not set(known) & set(EXTENTS)}
    assert unscaled == cut_methods.UNSCALED


@pytest.mark.option("augments")
@pytest.mark.parametrize(
    ("code", "probability"),
    [("Hf", 0.5), ("Ji", 0.7), ("Sh", 0.5), ("Gn", 0.5), ("Pe", 0.7), ("Ro", 0.7), ("Af", 0.7), ("Et", 0.7),
     ("Ts", 0.7), ("Cr", 0.5), ("Er", 0.7), ("Re", 0.5)],
)  # fmt: skip
def test_each_code_changes_its_share_of_the_cutouts_and_leaves_the_others(code: str, probability: float) -> None:
    changed = apart(planned(code)) > 1e-5
    assert probability - 0.12 < share(changed) < probability + 0.12


@pytest.mark.option("augment")
@pytest.mark.parametrize("code", sorted(set(cut_methods.AUGMENTS) - cut_methods.UNSCALED))
def test_the_strength_changes_what_has_one(code: str) -> None:
    weak, usual, strong = (apart(planned(code, 40, augment=x)).mean().item() for x in (0.2, 1.0, 1.8))
    assert weak < usual < strong


@pytest.mark.parametrize("code", cut_methods.AUGMENTS)
def test_a_gradient_reaches_the_picture_through_each(code: str) -> None:
    image = picture().requires_grad_()
    plan = planned(code, 4)
    shown(image, plan).square().sum().backward()
    assert image.grad is not None
    assert bool(torch.isfinite(image.grad).all())
    assert share(image.grad.abs().sum(1) > 0) > 0.5


def test_flips_mirror_the_cutout() -> None:
    plan = planned("Hf", 20)
    cuts, plain = shown(picture(), plan), shown(picture(), planned("none", 1))[0]
    for cut, map_ in zip(cuts, plan.homographies, strict=True):
        expected = plain.flip(-1) if map_[0, 0] < 0 else plain
        torch.testing.assert_close(cut, expected, atol=1e-5, rtol=0)


def test_jitter_changes_colours_and_no_place() -> None:
    plan = planned("Ji")
    assert torch.equal(plan.homographies, torch.eye(3).expand(MANY, 3, 3))
    assert (plan.colours - torch.eye(3, 4)).abs().max().item() > 0.1


def test_sharpness_softens_as_kornias_does() -> None:
    plan = planned("Sh")
    soft = plan.softness[plan.softness > 0]
    assert 0.7 <= soft.min().item() < soft.max().item() <= 1
    grain = shown(picture(), plan).diff(dim=-1).abs().mean((1, 2, 3))
    assert bool((grain[plan.softness > 0] < 0.8 * grain[plan.softness == 0].min()).all())


def test_grain_is_as_strong_as_the_picture() -> None:
    plan = planned("Gn")
    assert set(plan.noise.tolist()) == {0.0, 1.0}
    cuts = shown(torch.full((1, 3, 64, 64), 0.5), plan.part(0, 20))
    assert bool(((cuts.std((1, 2, 3)) - plan.noise[:20]).abs() < 0.1).all())


def test_perspective_moves_the_pictures_corners_inwards_and_shows_what_lies_outside() -> None:
    plan = planned("Pe")
    corners = torch.tensor([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]])
    placed = corners @ torch.linalg.inv(plan.homographies).transpose(1, 2)
    placed = placed[..., :2] / placed[..., 2:]
    assert placed.abs().max().item() <= 1 + 1e-3
    assert 0.3 - 1e-3 <= placed.abs().min().item() < 0.4
    white = shown(torch.ones(1, 3, 64, 64), plan)
    assert share((white == 0).flatten(1).any(1)) > 0.5


def test_rotations_turn_about_the_middle() -> None:
    maps = planned("Ro").homographies
    angles = torch.rad2deg(torch.atan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert 12 < angles.abs().max().item() <= 15 + 1e-3
    assert not bool(maps[:, :2, 2].any())
    torch.testing.assert_close(torch.linalg.det(maps), torch.ones(MANY), atol=1e-5, rtol=0)


def test_affine_turns_shears_and_shifts() -> None:
    maps = planned("Af").homographies
    assert 0.15 < maps[:, :2, 2].abs().max().item() <= 0.2 + 1e-6
    assert (maps[:, 0] * maps[:, 1])[:, :2].sum(1).abs().max().item() > 0.05, (
        "sheared: the axes are not at right angles"
    )
    assert not bool(maps[:, 2, :2].any())


def test_elastic_moves_places_a_little_and_smoothly() -> None:
    field = planned("Et").warps
    assert 0.01 < field.abs().max().item() < 0.06
    assert field.diff(dim=-1).abs().max().item() < 0.01


def test_a_thin_plate_shows_the_control_points_where_they_moved() -> None:
    field = thin_plates((CONTROL_POINTS + torch.tensor([0.25, -0.5]))[None])[0]
    expected = torch.tensor([-0.25, 0.5])[:, None, None].expand_as(field)
    torch.testing.assert_close(field, expected, atol=1e-5, rtol=0)
    moved = torch.tensor([[-0.75, -0.5], [-1.0, 0.5], [0.5, -1.0], [0.25, 0.75], [0.25, -0.125]], dtype=torch.float64)
    field = thin_plates(moved[None])[0]
    columns, rows = ((moved + 1) * 16).long().T
    torch.testing.assert_close(field[:, rows, columns].T, (CONTROL_POINTS - moved).float(), atol=1e-5, rtol=0)
    drawn = planned("Ts").warps
    bent = drawn.diff(n=2, dim=-1).abs().amax((1, 2, 3))
    assert bool(((bent > 1e-4) == drawn.flatten(1).any(1)).all()), "more than an affine map"
    assert drawn.abs().max().item() > 0.5


def test_crop_moves_by_an_eighth_and_reflects_the_edge() -> None:
    plan = planned("Cr")
    assert plan.padding == "reflection"
    assert 0.2 < plan.homographies[:, :2, 2].abs().max().item() <= 0.25
    assert bool((shown(torch.ones(1, 3, 64, 64), plan) > 0.999).all()), "nothing black comes in"


def test_erasing_takes_one_rectangle_from_most_cutouts() -> None:
    plan = planned("Er")
    cuts = shown(torch.ones(1, 3, 64, 64), plan)
    gone = 1 - cuts.mean((1, 2, 3))
    erased = gone > 0
    assert gone[erased].min().item() > 0.05
    assert gone.max().item() < 0.5
    assert torch.equal(cuts[erased], cuts[erased][:1].expand_as(cuts[erased]))


def test_resized_crops_enlarge_a_part() -> None:
    plan = planned("Re", context=CutoutContext(64, 64, 32))
    width, height = plan.homographies[:, 0, 0], plan.homographies[:, 1, 1]
    area, ratio = width * height, width / height
    assert 0.09 < area.min().item() < 0.3
    assert 0.74 < ratio.min().item() < 0.85 < 1.2 < ratio.max().item() < 1.34
    reach = plan.homographies[:, :2, 2].abs() + torch.stack([width, height], 1)
    assert reach.max().item() <= 1 + 1e-5
    torch.testing.assert_close(plan.scales, area.sqrt(), atol=1e-5, rtol=0)


def test_several_codes_act_together_in_any_order() -> None:
    one, other = planned("Ro Ji, er", 8), planned("Er Ro Ji", 8)
    assert torch.equal(shown(picture(), one), shown(picture(), other))
    assert bool(one.boxes.any())
    assert not torch.equal(one.homographies[0], torch.eye(3)) or not torch.equal(one.homographies[1], torch.eye(3))


@pytest.mark.parametrize("method", ["smart", "crowson", "mse", "eleuther", "big-sleep", "pytti", "pixray", "disco"])
def test_chosen_augments_take_the_place_of_the_methods_own(method: str) -> None:
    settings = Settings(cut_method=method, augments="none", cut_noise=0.0, augment=1.0).validate()
    plain = plan_cutouts(12, CutoutContext(64, 48, 16), settings, seeded())
    if method != "disco":  # whose overviews are grey and mirrored by themselves
        assert torch.equal(plain.colours, torch.eye(3, 4).expand(12, 3, 4))
        assert bool((plain.homographies[:, [0, 1], [1, 0]] == 0).all())
    erased = plan_cutouts(12, CutoutContext(64, 48, 16), settings.replace(augments="Er Et"), seeded())
    assert bool(erased.boxes.any())
    assert bool(erased.warps.any())


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_a_warp_moves_places_of_the_cutout(factor: int) -> None:
    side = 16
    image = F.interpolate(torch.rand(1, 3, 4, 4, generator=seeded()), size=(side * factor,) * 2, mode="bicubic")
    still = planned("none", 1, CutoutContext(side, side, side))
    still = replace(still, scales=torch.full((1,), float(factor)))
    moved = replace(still, warps=torch.zeros(1, 2, 3, 3) + torch.tensor([0.25, 0.0])[None, :, None, None])
    settled = replace(still, warps=torch.zeros(1, 2, 5, 5))
    first, second, third = (cut_out([image], plan, side, seeded())[0] for plan in (still, moved, settled))
    torch.testing.assert_close(first, third, atol=1e-5, rtol=0)
    # A quarter of half the side is an eighth of it: 2 of 16 pixels to the left.
    torch.testing.assert_close(second[..., 1:-3], first[..., 3:-1], atol=1e-4, rtol=0)


@pytest.mark.parametrize("scale", [1.0, 2.0, 4.0])
def test_a_fill_is_what_lies_outside_the_picture(scale: float) -> None:
    plan = planned("none", 3, CutoutContext(16, 16, 16))
    plan = replace(
        plan, homographies=plan.homographies * torch.tensor([2.0, 2.0, 1.0])[:, None],
        fills=torch.tensor([0.25, 0.75, -1.0]), scales=torch.full((3,), scale),
    )  # fmt: skip
    cuts = cut_out([torch.ones(1, 3, int(16 * scale), int(16 * scale))], plan, 16, seeded())
    for cut, level in zip(cuts, (0.25, 0.75, 0.0), strict=True):
        torch.testing.assert_close(cut[:, 1, 1], torch.full((3,), level), atol=1e-5, rtol=0)
        torch.testing.assert_close(cut[:, 8, 8], torch.ones(3), atol=1e-5, rtol=0)


def test_joined_plans_keep_their_own_warps() -> None:
    still, warped = planned("none", 2), planned("Et Ts", 3)
    both = join([still, warped])
    assert len(both) == 5
    assert not bool(both.warps[:2].any())
    assert torch.equal(both.part(2, 5).warps, warped.warps)
    torch.testing.assert_close(shown(picture(), both)[:2], shown(picture(), still), atol=1e-5, rtol=0)


def test_bends_without_the_new_kinds_draw_what_they_drew() -> None:
    one, other = seeded(), seeded()
    how = Augmentation(flip=0.5, affine_p=0.8, turn=30, shift=0.1, perspective_p=0.4, perspective=0.2)
    bend(7, how, one)
    bend(7, replace(how, rotate=10, slide=0.1, shrink=True), other)
    assert torch.equal(torch.rand(3, generator=one), torch.rand(3, generator=other))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"augments": "Ji Xx"}, "augments is 'Ji Xx'. Valid: none, or some of Hf Ji"),
        ({"augments": "  "}, "augments is '  '"),
        ({"augments": "Af Ji af"}, "augments names Af twice"),
        ({"augments": "Gn Er", "augment": 0.5}, "augment has no effect on these augments, which have no strength"),
        ({"augments": "none", "augment": 2.0}, "augment has no effect on these augments"),
        ({"augments": "Af Ji", "augment": 0.0}, "augments has no effect when --augment is 0"),
        ({"cut_method": "big-sleep", "augment": 0.5}, "augment has no effect on big-sleep's cutouts. Name"),
        ({"cut_overview": "0:1"}, "cut_overview has no effect on smart's cutouts. Use --cut-method disco, or"),
        ({"cut_method": "mse", "cut_pow": 2.0}, "cut_pow has no effect on mse's cutouts. Use --cut-method crowson"),
        ({"cut_method": "disco", "cut_grey": "0:0.5, 50%:1.5"}, "cut_grey is '0:0.5, 50%:1.5'. Valid: shares"),
        ({"cut_method": "disco", "cut_overview": "soon"}, "cut_overview: 'soon' is not a key"),
    ],
)
def test_what_cannot_be_meant_or_would_do_nothing_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        Settings(**changes).validate()
    assert str(caught.value).startswith(told)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{"cut_method": "disco"}, {"cut_method": "pixray", "augments": "Et Ts Cr Re Gn Sh Er Hf Pe Ro Af Ji"}],
)
def test_a_resumed_run_sees_the_cutouts_of_an_unbroken_one(
    changes: dict[str, Any], pair: tuple[Any, Callable[..., Any]]
) -> None:
    vqgan, targets_of = pair
    wanted = Settings(
        prompt="a red apple", seed=3, size="32x32", iterations=4, cutouts=5, cut_chunk=2, ema=0.5, **changes
    ).validate()
    events = list(Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run())
    half = next(event for event in events if isinstance(event, Stepped) and event.step == 2)
    kept = None
    for event in Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run():
        if isinstance(event, Stepped) and event.step == half.step:
            kept = event.state()
            break
    last = list(Synthesizer(vqgan, targets_of(wanted.prompt), wanted).run(kept))[-1]
    assert isinstance(last, Finished)
    assert isinstance(events[-1], Finished)
    assert np.array_equal(last.image(), events[-1].image())

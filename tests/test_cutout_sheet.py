"""The sheet of what CLIP sees: the loop's own cutouts, with their places in the picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from vqclip.cutouts import plan as cutouts
from vqclip.cutouts import resample
from vqclip.cutouts.resample import CutPlan
from vqclip.media import images
from vqclip.settings.schema import Settings
from vqclip.synthesis.loop import Synthesizer

COLOURS = ((220, 30, 30), (30, 160, 30), (30, 30, 220), (240, 220, 30))


@pytest.fixture
def quarters() -> Path:
    """A picture of 128x128 pixels in four plain colours."""
    pixels = np.empty((128, 128, 3), dtype=np.uint8)
    for number, colour in enumerate(COLOURS):
        row, column = divmod(number, 2)
        pixels[64 * row : 64 * row + 64, 64 * column : 64 * column + 64] = colour
    images.save_png(Path("quarters.png"), pixels)
    return Path("quarters.png")


def cell(sheet: np.ndarray, number: int, side: int = 192) -> np.ndarray:
    """The cutout of that number, counted from 1, without its frame."""
    row, column = divmod(number, 6)
    pitch, gap, frame = side + 2 * 3 + 8, 8, 3
    tall = (sheet.shape[0] - gap) // (1 + 8 // 6)
    top, left = gap + row * tall + frame, gap + column * pitch + frame
    return sheet[top : top + side, left : left + side]


@pytest.mark.option("cut_method")
def test_each_cutout_shows_the_place_that_is_said_of_it(quarters: Path, call: Any) -> None:
    answer = call(
        "cutouts", str(quarters), "--seed", "3", "--cutouts", "8", "--augment", "0", "--cut-noise", "0",
        "--cut-method", "crowson", "--cut-pow", "3", "--json",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    (result,) = answer.lines
    assert (result["width"], result["height"], result["seed"]) == (128, 128, 3)
    sheet = images.open_image(Path("cutouts.png"))
    source = images.open_image(quarters)
    assert len(result["cutouts"]) == 8
    for row in result["cutouts"]:
        assert 64 <= row["size"] <= 128
        shown = cell(sheet, row["number"])[20, 20]
        # A fifteenth of the way from the first corner to the third lies under that pixel.
        first, third = np.array(row["corners"][0]), np.array(row["corners"][2])
        x, y = first + (third - first) * 20.5 / 192
        assert np.abs(shown.astype(int) - source[int(y), int(x)]).max() < 12, row


@pytest.mark.slow
def test_the_sheet_shows_what_the_loop_takes(
    quarters: Path, call: Any, pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans: list[CutPlan] = []
    draw = cutouts.plan_cutouts

    def plan_cutouts(*arguments: Any) -> CutPlan:
        plans.append(draw(*arguments))
        return plans[-1]

    monkeypatch.setattr(cutouts, "plan_cutouts", plan_cutouts)
    vqgan, targets_of = pair
    wanted = Settings(prompt="a red apple", seed=5, size="128x128", iterations=3, cutouts=4, init="tokens")
    list(Synthesizer(vqgan, targets_of("a red apple"), wanted).run())
    answer = call("cutouts", str(quarters), "--seed", "5", "--cutouts", "4", "-n", "3", "--step", "3")
    assert answer.code == 0, answer.err
    assert len(plans) == 4
    assert torch.equal(plans[3].homographies, plans[2].homographies)
    assert torch.equal(plans[3].colours, plans[2].colours)
    assert not torch.equal(plans[3].homographies, plans[1].homographies)


@pytest.mark.slow
@pytest.mark.option("cutouts --output")
def test_size_and_seed_are_those_asked_for(quarters: Path, call: Any) -> None:
    for seed, name in (("1", "a"), ("1", "b"), ("2", "c")):
        assert call("cutouts", str(quarters), "--seed", seed, "--size", "96x64", "-o", f"{name}.png").code == 0
    assert Path("a.png").read_bytes() == Path("b.png").read_bytes() != Path("c.png").read_bytes()
    drawn = call("cutouts", str(quarters), "--json").lines[0]
    assert call("cutouts", str(quarters), "--seed", str(drawn["seed"]), "--json").lines[0] == drawn


def told(call: Any, picture: Path, *flags: str) -> list[dict[str, Any]]:
    """What is said of each cutout; the sheet is cutouts.png."""
    answer = call("cutouts", str(picture), "--seed", "3", "--cutouts", "8", *flags, "--json")
    assert answer.code == 0, answer.err
    rows: list[dict[str, Any]] = answer.record["cutouts"]
    return rows


@pytest.mark.option("cutouts --step")
@pytest.mark.slow
def test_the_shares_of_disco_are_those_of_the_step(quarters: Path, call: Any) -> None:
    disco = ("--cut-method", "disco", "--augments", "none", "-n", "101")
    falling = ("--cut-overview", "0:1, 100%:0")
    seen = [told(call, quarters, *disco, *falling, "--step", step) for step in ("1", "51")]
    wholes = [sum(row["size"] == 128 for row in rows) for rows in seen]
    assert wholes == [8, 4]
    for share, grey in (("0:1", True), ("0:0", False)):
        told(call, quarters, *disco, "--cut-overview", "0:0", "--cut-grey", share, "--cut-noise", "0")
        shown = cell(images.open_image(Path("cutouts.png")), 8).astype(int)
        assert (np.ptp(shown, axis=2).max() < 8) == grey


@pytest.mark.slow
def test_augments_bend_as_strongly_as_asked_and_noise_is_grain(quarters: Path, call: Any) -> None:
    plain = ("--cut-method", "crowson", "--cut-noise", "0")

    def turned(*flags: str) -> float:
        """How far the upper edges of the cutouts are from level, in pixels."""
        corners = [row["corners"] for row in told(call, quarters, *flags)]
        return float(np.mean([abs(first[1] - second[1]) for first, second, *_ in corners]))

    assert turned(*plain, "--augments", "none") < 0.1
    assert 0.1 < turned(*plain, "--augments", "Af", "--augment", "0.2") < turned(*plain, "--augments", "Af") / 2
    grain = []
    for noise in ("0", "1"):
        told(call, quarters, "--augments", "none", "--cut-noise", noise)
        grain.append(cell(images.open_image(Path("cutouts.png")), 1)[30:60, 30:60, 2].std())
    assert grain[0] < 2
    assert grain[1] > 5


def test_a_chunk_changes_what_is_taken_at_once_and_not_what_is_seen(
    quarters: Path, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    cut_out = resample.cut_out

    def watched(chain: Any, plan: CutPlan, *rest: Any) -> torch.Tensor:
        taken.append(len(plan))
        return cut_out(chain, plan, *rest)

    monkeypatch.setattr(resample, "cut_out", watched)
    sheets = []
    for chunk in ("3", "16"):
        told(call, quarters, "--cut-noise", "0", "--cut-chunk", chunk)
        sheets.append(images.open_image(Path("cutouts.png")).astype(int))
    assert taken == [2, 3, 3, 8]
    assert np.abs(sheets[0] - sheets[1]).max() <= 1


def test_clips_of_two_sizes_each_have_their_cutouts(quarters: Path, call: Any) -> None:
    # Weights are not read, so a network of open_clip that is not on this machine can be looked through as well.
    names = ("tiny", "RN50x4/openai", "tiny:0.5")
    answer = call("cutouts", str(quarters), *(f"--clip={name}" for name in names), "--cutouts", "2", "--json")
    assert answer.code == 0, answer.err
    assert [row["side"] for row in answer.lines[0]["cutouts"]] == [64, 64, 288, 288]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("-o", "sheet.jpg"), 2, "not a PNG file"),
        (("-n", "5", "--step", "6"), 2, "step is 6."),
        (("--cut-pow", "2"), 2, "cut_pow has no effect"),
        (("--clip", "no-such-clip"), 2, "no-such-clip"),
    ],
)
def test_what_cannot_be_shown_is_said(
    quarters: Path, call: Any, arguments: tuple[str, ...], code: int, told: str
) -> None:
    answer = call("cutouts", str(quarters), *arguments)
    assert answer.code == code
    assert told in answer.err
    assert not Path("cutouts.png").exists()

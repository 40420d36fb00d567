"""The terms of the loss by name: their grammar, their formulas and what they do to a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import InputError, UsageError
from vqclip.events import Finished, Stepped
from vqclip.image_losses import IMAGE_LOSSES, OF_START, ImageLoss, LossInputs, image_loss
from vqclip.models.decoder import Box
from vqclip.models.perceptor import ClipTarget
from vqclip.settings.schema import Settings
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.loop import Synthesizer

RED, BLUE = (255, 0, 0), (0, 0, 255)


def look(image: torch.Tensor) -> LossInputs:
    """A picture on its own, with red and blue as the palette and a white edge."""
    z = torch.zeros(1, 4, 2, 2)
    return LossInputs(image, z, z, image, image, z, torch.tensor([RED, BLUE]) / 255, torch.ones(3), lambda: image)


def plain(red: float, green: float, blue: float) -> torch.Tensor:
    return torch.tensor([red, green, blue], dtype=torch.float32)[None, :, None, None].expand(1, 3, 40, 40)


def value(name: str, image: torch.Tensor) -> float:
    return IMAGE_LOSSES[name](look(image)).item()


def test_a_term_is_a_name_a_weight_and_a_schedule() -> None:
    assert ImageLoss.parse("tv") == ImageLoss("tv", 1.0)
    assert ImageLoss.parse(" Latent_L2 : -0.5 ") == ImageLoss("latent-l2", -0.5)
    term = ImageLoss.parse("saturation:0.5@0:1,50%:0")
    assert [term.weight_at(step, 100) for step in (0, 25, 50, 99)] == [0.5, 0.25, 0, 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("palete:2", "Did you mean 'palette'"),
        ("xyz", "Valid: tv, "),
        ("tv:much", "the weight 'much'"),
        ("tv:nan", "the weight 'nan'"),
        ("tv:", "the weight ''"),
        ("tv:1@often", "'often' is not a key"),
    ],
)
def test_what_is_no_term_is_named(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        ImageLoss.parse(text)
    assert words in str(caught.value)


def test_the_palette_distance_is_that_to_the_nearest_colour() -> None:
    assert value("palette", plain(1, 0, 0)) == pytest.approx(0, abs=1e-3)
    assert value("palette", plain(0.9, 0.3, 0)) == pytest.approx(np.hypot(0.1, 0.3), abs=1e-3)
    assert value("palette", plain(0.2, 0.0, 0.9)) == pytest.approx(np.hypot(0.2, 0.1), abs=1e-3)


def test_colourfulness_is_hasler_and_suesstrunks() -> None:
    image = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    red, green, blue = (image.double() * 255).numpy()[0]
    across, down = red - green, (red + green) / 2 - blue
    wanted = np.hypot(across.std(), down.std()) + 0.3 * np.hypot(across.mean(), down.mean())
    assert -value("colourfulness", image) * 255 == pytest.approx(wanted, rel=0.01)


def test_formulas_at_their_ends() -> None:
    stripes = plain(0, 0, 0).clone()
    stripes[..., ::2] = 1
    assert value("contrast", stripes) == pytest.approx(0, abs=0.01)
    assert value("contrast", plain(0.5, 0.5, 0.5)) == pytest.approx(1, abs=0.01)
    assert value("saturation", plain(1, 0, 0)) == 0
    assert value("saturation", plain(0.2, 0.2, 0.2)) == pytest.approx(1)
    assert value("smoothness", plain(0.4, 0.1, 0.9)) == pytest.approx(0, abs=1e-3)
    assert value("smoothness", stripes) == pytest.approx(1, abs=0.01)
    half = stripes.clone()
    half[..., :20] = 0
    half[..., 20:] = 1
    assert value("symmetry", half) == 1
    assert value("symmetry-vertical", half) == 0
    assert value("symmetry-vertical", half.transpose(2, 3)) == 1


def test_the_edge_is_a_twentieth_of_the_shorter_side_and_counts_alone() -> None:
    framed = plain(0, 0, 0).clone()
    framed[..., :2, :] = framed[..., -2:, :] = framed[..., :2] = framed[..., -2:] = 1
    assert value("edge", framed) == 0
    assert value("edge", 1 - framed) == 1


@pytest.mark.parametrize("name", sorted(IMAGE_LOSSES))
def test_every_gradient_is_finite_on_a_flat_picture(name: str) -> None:
    for level in (0.0, 0.5, 1.0):
        image, z = plain(level, level, level).clone().requires_grad_(), torch.zeros(1, 4, 2, 2, requires_grad=True)
        still, z_still = image.detach(), z.detach()
        colours = torch.tensor([RED, BLUE]) / 255, torch.ones(3)
        known = LossInputs(image, z, z_still, still, still, z_still, *colours, partial(torch.clone, still))
        IMAGE_LOSSES[name](known).backward()
        for leaf in (image, z):
            assert leaf.grad is None or bool(torch.isfinite(leaf.grad).all())


def flatness(image: torch.Tensor, start: torch.Tensor) -> float:
    return IMAGE_LOSSES["flatness"](replace(look(image), start=lambda: start)).item()


def test_flatness_charges_stains_and_hardly_another_colour_of_an_area() -> None:
    start = plain(1, 1, 1).clone()
    start[..., 10:30, 10:30] = torch.tensor([0.2, 0.6, 0.2])[:, None, None]
    stained, coloured, darker = start.clone(), start.clone(), start.clone()
    stained[..., 16:22, 16:22] += torch.tensor([0.3, -0.3, 0.3])[:, None, None]
    coloured[..., 10:30, 10:30] += torch.tensor([0.3, -0.3, 0.3])[:, None, None]
    darker[..., 10:30, 10:30] -= 0.2
    assert flatness(start, start) == pytest.approx(0, abs=0.01)
    for change in (coloured, darker):
        assert flatness(stained, start) > 5 * flatness(change, start)


def test_flatness_charges_a_sharper_edge_less_than_a_stain_of_the_same_contrast() -> None:
    ramp = ((torch.arange(40) - 16) / 8).clamp(0, 1).expand(1, 3, 40, 40)
    edge, stained = (ramp > 0.5).float(), ramp.clone()
    stained[..., 10:30, 2:12] += 0.5
    assert flatness(edge, ramp) < 0.5 * flatness(stained, ramp)


@pytest.mark.parametrize("name", OF_START)
def test_a_loss_against_the_start_is_that_of_the_tile_that_is_decoded(name: str) -> None:
    start = plain(0.5, 0.5, 0.5)
    stained = start.clone()
    stained[:, 0, 6:10, 6:10] += 0.1
    known = replace(look(stained), start=lambda: start)
    tiles = None, Box(0, 0, 20, 20), Box(20, 20, 40, 40)
    whole, shown, other = (IMAGE_LOSSES[name](replace(known, tile=tile)).item() for tile in tiles)
    # The mean of a quarter that holds the whole stain.
    assert shown == pytest.approx(4 * whole, rel=0.2)
    assert other == pytest.approx(0, abs=0.01)


def test_flatness_does_not_depend_on_the_size_of_the_picture() -> None:
    start, stained = plain(1, 1, 1), plain(1, 1, 1).clone()
    stained[..., 10:20, 10:20] = 0.5
    small, large = (
        flatness(*[shown.repeat_interleave(n, 2).repeat_interleave(n, 3) for shown in (stained, start)])
        for n in (1, 4)
    )
    assert large == pytest.approx(small, rel=0.05)


def hue(colour: tuple[float, float, float], start: tuple[float, float, float]) -> float:
    return IMAGE_LOSSES["hue"](replace(look(plain(*colour)), start=lambda: plain(*start))).item()


@pytest.mark.parametrize("start", [(0.5, 0.2, 0.2), (0.8, 0.6, 0.2), (0.3, 0.3, 0.7)])
def test_hue_lets_a_strong_colour_become_stronger_or_paler(start: tuple[float, float, float]) -> None:
    mean = sum(start) / 3
    stronger, paler = (tuple(mean + share * (part - mean) for part in start) for share in (1.3, 0.6))
    turned = start[2], start[0], start[1]
    opposite = tuple(2 * mean - part for part in start)
    for allowed in (start, stronger, paler):
        for other in (turned, opposite):
            assert hue(other, start) > 4 * hue(allowed, start)


@pytest.mark.parametrize("start", [(0.9, 0.2, 0.1), (0.6, 0.5, 0.4), (0.5, 0.5, 0.5)])
def test_hue_charges_neither_the_start_nor_another_brightness(start: tuple[float, float, float]) -> None:
    for change in (0.0, 0.1, -0.1):
        assert hue(tuple(part + change for part in start), start) == pytest.approx(0, abs=0.001)


def test_hue_keeps_a_weak_brown_brown() -> None:
    assert hue((0.5, 0.5, 0.5), (0.6, 0.5, 0.4)) > 0.1


def test_hue_charges_tints_of_white_grey_and_black() -> None:
    for level in (0.0, 0.5, 1.0):
        grey = (level, level, level)
        assert hue((0.4, 0.4, 0.4), grey) == pytest.approx(0, abs=0.001)
        assert hue((level, level, abs(level - 0.1)), grey) == pytest.approx(3 * 0.1 * (2 / 3) ** 0.5, rel=0.01)


Pair = tuple[Any, Callable[..., list[ClipTarget]]]


def drawn(pair: Pair, *loss: str, **changes: Any) -> torch.Tensor:
    """The picture after a short run with these losses and a blue edge."""
    vqgan, targets_of = pair
    with_edge = {"edge_colour": "blue"} if any(term.startswith("edge") for term in loss) else {}
    settings = Settings(
        prompt="a red apple", seed=3, size="32x48", iterations=8, cutouts=2, dtype="float32", ema=0.0,
        loss=loss, **with_edge, **changes,
    ).validate()  # fmt: skip
    *_, last = Synthesizer(vqgan, targets_of(settings.prompt), settings).run()
    assert isinstance(last, Finished)
    return torch.from_numpy(last.image()).permute(2, 0, 1)[None] / 255


@pytest.fixture(scope="module")
def free(read_pair: Pair) -> torch.Tensor:
    """The same run without a loss beside CLIP's."""
    return drawn(read_pair)


OF_OTHERS = "init", "latent", "target", "palette", *OF_START
SHOWN = [name for name in IMAGE_LOSSES if not name.startswith(OF_OTHERS)]


@pytest.mark.option("loss", "edge_colour")
@pytest.mark.parametrize("name", SHOWN)
@pytest.mark.slow
def test_a_loss_lowers_what_it_measures(pair: Pair, free: torch.Tensor, name: str) -> None:
    weight = {"tv": 300, "edge": 100}.get(name, 30)
    image = drawn(pair, f"{name}:{weight}")
    blue = torch.tensor(BLUE) / 255
    before, after = (
        IMAGE_LOSSES[name](
            LossInputs(*[shown] * 6, torch.tensor([RED, BLUE]) / 255, blue, partial(torch.clone, shown))
        ).item()
        for shown in (free, image)
    )
    assert after < before - 0.1 * abs(before)


@pytest.mark.slow
def test_the_loss_palette_pulls_the_picture_before_it_is_finished_in_these_colours(pair: Pair) -> None:
    vqgan, targets_of = pair

    def distances(weight: float) -> list[float]:
        settings = Settings(
            prompt="a red apple", seed=3, size="32x48", iterations=8, cutouts=2, palette="red,blue",
            loss=(f"palette:{weight}",),
        ).validate()  # fmt: skip
        events = Synthesizer(vqgan, targets_of(settings.prompt), settings, InitInputs(palette=[RED, BLUE])).run()
        return [event.losses["palette"] / weight for event in events if isinstance(event, Stepped)]

    assert distances(30)[-1] < 0.9 * distances(1e-6)[-1]


@pytest.mark.slow
@pytest.mark.option("tv")
def test_the_option_tv_is_the_loss_tv(pair: Pair, free: torch.Tensor) -> None:
    image = drawn(pair, tv=300.0)
    assert value("tv", image) < 0.9 * value("tv", free)
    assert torch.equal(image, drawn(pair, "tv:300"))


@pytest.mark.option("latent_l2")
@pytest.mark.slow
def test_the_square_of_the_latent_pulls_in_the_first_half_of_a_run(pair: Pair) -> None:
    vqgan, targets_of = pair

    def run(weight: float) -> list[tuple[float, Mapping[str, float]]]:
        """After each step, the mean square of the latent and the terms of the loss."""
        settings = Settings(
            prompt="a red apple", seed=3, size="32x32", iterations=8, cutouts=2, dtype="float32", latent_l2=weight
        ).validate()
        events = Synthesizer(vqgan, targets_of(settings.prompt), settings).run()
        return [(float(e.state().tensors["z"].square().mean()), e.losses) for e in events if isinstance(e, Stepped)]

    plain, pulled = run(0.0), run(1000.0)
    assert pulled[3][0] < 0.9 * plain[3][0]
    assert ["latent_l2" in terms for _, terms in pulled] == [True] * 4 + [False] * 4
    # The second step's term is that of the latent after the first, at three quarters of the weight.
    assert pulled[1][1]["latent_l2"] == pytest.approx(750 * pulled[0][0], rel=1e-4)


def first_and_last(prompt: str, output: str, **changes: Any) -> list[torch.Tensor]:
    """The start and the picture of a run with steps of pixels and of latents."""
    few = {"candidates": 4, "size": "64x64", "iterations": 16, "cutouts": 4, "refine": "off", "video": False}
    list(vqclip.generate(prompt, seed=1, output=output, save_every=1, **few, **changes))
    files = Path(output, "frames", "00000.png"), Path(output, "image.png")
    pixels = (np.array(Image.open(file).convert("RGB")) for file in files)
    return [torch.from_numpy(rows).permute(2, 0, 1)[None] / 255 for rows in pixels]


@pytest.mark.long
@pytest.mark.option("flatness")
def test_flatness_holds_the_areas_of_a_candidate_flat_through_pixels_and_latents() -> None:
    def change(flat: float, output: str) -> float:
        """The gradient of the change where the start is flat."""
        first, image = first_and_last("a green tree", output, flatness=flat)
        return flatness(image, first)

    assert change(3.0, "flat") < 0.75 * change(0.0, "free")


@pytest.mark.long
@pytest.mark.option("hue")
def test_hue_keeps_the_greys_of_a_candidate_grey_through_pixels_and_latents() -> None:
    def tint(weight: float, output: str) -> float:
        """The mean chroma of what is grey in the start."""
        chroma = [x.amax(1) - x.amin(1) for x in first_and_last("a grey elephant", output, hue=weight)]
        return float(chroma[1][chroma[0] < 0.05].mean())

    assert tint(3.0, "grey") < 0.5 * tint(0.0, "free")


def test_a_weight_below_zero_asks_for_the_opposite(pair: Pair, free: torch.Tensor) -> None:
    assert value("saturation", drawn(pair, "saturation:-30")) > value("saturation", free) + 0.02


@pytest.mark.long
@pytest.mark.option("loss")
def test_a_schedule_is_followed_at_every_step(small: dict[str, Any]) -> None:
    terms = ["tv:2@0:1,2:0", "contrast:-0.5@0:0,1:1 hold"]
    list(vqclip.generate("a red apple", seed=1, output="run", loss=terms, **small))
    list(vqclip.generate("a red apple", seed=1, output="plain", loss=["tv:2"], **small))
    rows, plain = (
        [json.loads(line) for line in Path(name, "metrics.jsonl").read_text().splitlines()]
        for name in ("run", "plain")
    )
    assert rows[0]["tv"] == pytest.approx(plain[0]["tv"], rel=1e-6)
    assert ["tv" in row for row in rows] == [True, True, False, False]
    assert ["contrast" in row for row in rows] == [False, True, True, True]
    assert all(row["contrast"] < 0 for row in rows[1:])


@pytest.mark.long
def test_a_palette_file_is_read_kept_and_guarded(call: Any, small: dict[str, Any]) -> None:
    Image.new("RGB", (8, 8), "red").save("red.png")
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in small.items()]
    wanted = ["--loss", "palette:30", "--palette", "red.png", "--palette-size", "2"]
    assert call("generate", "an apple", *flags, *wanted, "--seed=1", "-o", "run").code == 0
    manifest = json.loads(Path("run/run.json").read_text())
    assert manifest["settings"]["loss"] == ["palette:30"]
    assert str(Path("red.png").absolute()) in manifest["inputs"]
    assert (
        call("generate", "an apple", *flags, "--loss", "palette:30", "--palette", "red", "--seed=1", "-o", "b").code
        == 0
    )
    assert np.array_equal(np.asarray(Image.open("run/image.png")), np.asarray(Image.open("b/image.png")))
    with pytest.raises(InputError, match=r"nowhere\.png"):
        vqclip.generate("an apple", loss=["palette"], palette="nowhere.png", **small)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"loss": ["palette:2"]}, "the loss palette has no effect without palette"),
        ({"loss": ["init-pixels"]}, "the loss init-pixels has no effect without init_image"),
        ({"loss": ["palette"], "palette": "red", "palette_size": 3}, "palette_size has no effect with a palette"),
        ({"edge_colour": "red"}, "edge_colour has no effect without the loss edge"),
        ({"loss": ["edge"], "edge_colour": "rad"}, "Did you mean 'red'"),
        ({"loss": ["palette"], "palette": "red,blew"}, "Did you mean 'blue'"),
        ({"loss": ["tv", "tv:3"]}, "the loss tv is given twice"),
        ({"loss": ["tv"], "tv": 1.0}, "the loss tv is given twice"),
    ],
)
def test_a_loss_that_cannot_be_meant_is_refused_at_once(
    small: dict[str, Any], settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        vqclip.generate("an apple", **(small | settings))
    assert words in str(caught.value)


def test_a_variable_holds_several_losses(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VQCLIP_LOSS", "tv:2@0:1,50%:0 | contrast:1")
    assert call("config", "show", "--json").record["settings"]["loss"] == ["tv:2@0:1,50%:0", "contrast:1"]


@pytest.mark.parametrize("name", ["tv", "prompt", "learning_rate"])
def test_a_loss_does_not_take_the_name_of_another_number(name: str) -> None:
    def loss(inputs: LossInputs) -> torch.Tensor:
        return inputs.image.mean()

    loss.__name__ = name
    with pytest.raises(ValueError, match="is taken"):
        image_loss(loss)


def test_a_loss_of_ones_own_gets_the_start_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def moved(inputs: LossInputs) -> torch.Tensor:
        start = inputs.start()
        assert not start.requires_grad
        seen.append((start.clone(), (inputs.image - start).abs().mean().item()))
        return (inputs.image - start).square().mean()

    monkeypatch.setitem(IMAGE_LOSSES, "moved", moved)
    plain = {"init": "spot", "size": "64x64", "stages": 1, "seed": 1, "flatness": 0, "hue": 0, "pixel_steps": 0}
    for _ in vqclip.generate("a red apple", loss=("moved:1",), iterations=3, cutouts=4, refine="off", **plain):
        pass
    assert torch.equal(seen[0][0], seen[2][0])
    assert seen[2][1] > max(seen[0][1], 1e-3)

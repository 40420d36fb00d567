"""Pictures that a run comes back to: one to grow towards, and one laid over it again and again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import InputError, UsageError
from vqclip.events import Saved, Started, Stepped
from vqclip.media import images
from vqclip.settings.schema import Settings
from vqclip.synthesis.inputs import InitInputs
from vqclip.synthesis.latent_image import LatentImage
from vqclip.synthesis.loop import Synthesizer
from vqclip.synthesis.overlays import Overlay

SIDE = 32
RED = np.full((SIDE, SIDE, 3), (220, 40, 40), np.uint8)
OPAQUE = np.ones((SIDE, SIDE), np.float32)
QUICK = {"iterations": 6, "learning_rate": 0.3, "ema": 0.0, "augment": 0.0}


def events_of(pair: Any, **changes: Any) -> Iterator[Started | Stepped]:
    """What happens before the first step and after each one; target and overlay are red where they are named."""
    vqgan, targets_of = pair
    settings = Settings(prompt="a red apple", seed=3, size="32x32", cutouts=4, dtype="float32", **(QUICK | changes))
    target = RED if settings.target_image else None
    overlay = (RED, OPAQUE) if settings.overlay_image else None
    for event in Synthesizer(
        vqgan, targets_of(settings.prompt), settings, InitInputs(target=target, overlay=overlay)
    ).run():
        if isinstance(event, (Started, Stepped)):
            yield event


def pictures(pair: Any, **changes: Any) -> list[np.ndarray]:
    return [event.image().astype(int) for event in events_of(pair, **changes)]


@pytest.mark.slow
@pytest.mark.option("target_image", "target_weight_pixels")
@pytest.mark.parametrize("weight", ["target_weight", "target_weight_pixels"])
def test_a_run_grows_towards_its_target(pair: Any, weight: str) -> None:
    plain = pictures(pair, learning_rate=0.4)
    pulled = pictures(pair, learning_rate=0.4, target_image="red.png", **{"target_weight": 0.0, weight: 50.0})
    before, without, reached = (np.abs(shown - RED).mean() for shown in (plain[0], plain[-1], pulled[-1]))
    assert reached < 0.8 * min(before, without)


def test_the_metrics_tell_the_distance_to_the_target(pair: Any) -> None:
    events = events_of(pair, target_image="red.png", target_weight=20.0)
    distances = [event.losses["target"] for event in events if isinstance(event, Stepped)]
    assert distances[-1] < distances[0]


@pytest.mark.option("target_weight", "target_weight_pixels")
def test_the_weights_of_a_target_are_those_of_its_latent_and_of_its_pixels(pair: Any) -> None:
    events = events_of(pair, target_image="red.png", target_weight=2.0, target_weight_pixels=50.0)
    start = next(events)
    shown, z = start.image(), start.state().tensors["z"]
    first = next(events)
    assert isinstance(first, Stepped)
    red = torch.from_numpy(RED).permute(2, 0, 1)[None] / 255
    with torch.no_grad():
        away = (z - pair[0].encode(red)).square().mean()
    assert first.losses["target"] == pytest.approx(2 * float(away), rel=1e-3)
    pixels = np.square((shown.astype(float) - RED) / 255).mean()
    assert first.losses["target_pixels"] == pytest.approx(50 * pixels, rel=0.01)


@pytest.mark.slow
@pytest.mark.option("overlay_image", "overlay_every", "overlay_until")
def test_an_overlay_comes_after_its_steps_until_its_last(pair: Any) -> None:
    plain = pictures(pair)
    laid = pictures(pair, overlay_image="red.png", overlay_every=2, overlay_until="50%")
    assert np.array_equal(laid[1], plain[1]), "nothing is laid before its step"
    distances = [np.abs(shown - RED).mean() for shown in laid]
    assert distances[2] < 0.5 * distances[1]
    assert Settings(overlay_image="x", overlay_every=2, overlay_until="50%", iterations=6).overlay_steps == range(
        2, 4, 2
    )
    again = pictures(pair, overlay_image="red.png", overlay_every=2)
    for step in (1, 2, 3):
        assert np.array_equal(again[step], laid[step])
    assert np.array_equal(again[4], again[2]), "the overlay is back as it was laid"
    assert not np.array_equal(laid[4], laid[2])


def test_the_steps_of_an_overlay_can_be_shifted_and_never_end_the_run() -> None:
    def steps(**changes: Any) -> list[int]:
        return list(Settings(overlay_image="x", iterations=10, **changes).overlay_steps)

    assert steps(overlay_every=3) == [3, 6, 9]
    assert steps(overlay_every=5) == [5]
    assert steps(overlay_every=3, overlay_offset=1) == [4, 7]
    assert steps(overlay_every=3, overlay_until="6") == [3, 6]
    assert steps(overlay_every=10) == []


def after(pair: Any, step: int, **changes: Any) -> torch.Tensor:
    """The latent of a run after a step, with an overlay every two steps where anything is asked of it."""
    overlay = {"overlay_image": "red.png", "overlay_every": 2} if changes else {}
    event = next(islice(events_of(pair, **overlay, **changes), step, None))
    return event.state().tensors["z"]


@torch.no_grad()
def blended(vqgan: Any, z: torch.Tensor, alpha: float) -> torch.Tensor:
    """The latent of what z shows beneath so much red."""
    red = torch.from_numpy(RED).permute(2, 0, 1)[None] / 255
    shown = vqgan.decode(vqgan.quantize(z)).clamp(0, 1)
    found: torch.Tensor = vqgan.encode(torch.lerp(shown, red, alpha)).clamp(*vqgan.latent_bounds)
    return found


@pytest.mark.option("overlay_alpha")
@pytest.mark.parametrize("alpha", [0.25, 0.6, 1.0])
def test_an_overlay_covers_as_much_as_its_alpha_says(pair: Any, alpha: float) -> None:
    plain, laid = after(pair, 2), after(pair, 2, overlay_alpha=alpha)
    torch.testing.assert_close(laid, blended(pair[0], plain, alpha), rtol=1e-3, atol=1e-3)


@pytest.mark.option("overlay_offset")
def test_an_offset_brings_the_overlays_of_a_run_later(pair: Any) -> None:
    plain, laid = ([after(pair, step, **known) for step in (2, 3)] for known in ({}, {"overlay_offset": 1}))
    assert torch.equal(laid[0], plain[0])
    torch.testing.assert_close(laid[1], blended(pair[0], plain[1], 1.0), rtol=1e-3, atol=1e-3)


def test_where_an_overlay_is_transparent_nothing_changes_and_half_of_it_counts_half(pair: Any) -> None:
    vqgan, _ = pair
    before = vqgan.lookup(torch.randint(vqgan.n_embed, (1, 4, 4), generator=torch.Generator().manual_seed(1)))
    corner = np.zeros_like(OPAQUE)
    corner[:16, :16] = 1

    def laid(alpha: float) -> torch.Tensor:
        z = before.clone()
        Overlay(vqgan, (RED, corner), (SIDE, SIDE), alpha).draw(z, LatentImage(vqgan, (SIDE, SIDE)))
        return z

    full, weak = laid(1.0), laid(0.3)
    assert (full != before).any(1)[0, :2, :2].all()
    assert torch.equal(full[..., 2:, :], before[..., 2:, :])
    assert torch.equal(full[..., 2:], before[..., 2:])
    shown = [LatentImage(vqgan, (SIDE, SIDE)).decode(z)[0, :, :16, :16].numpy() for z in (before, weak, full)]
    red = (RED[:16, :16] / 255).transpose(2, 0, 1)
    distances = [np.abs(picture - red).mean() for picture in shown]
    assert distances[0] > distances[1] > distances[2]


def test_a_layer_keeps_its_colours_where_it_is_clear_and_is_turned_upright() -> None:
    layer = np.zeros((10, 20, 4), np.uint8)
    layer[:, :10] = (10, 200, 30, 128)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(layer).save("turned.png", exif=exif)
    pixels, opacity = images.open_layer(Path("turned.png"))
    assert pixels.shape == (20, 10, 3)
    assert opacity.shape == (20, 10)
    assert pixels[0, 0].tolist() == [10, 200, 30]
    assert opacity[0, 0] == pytest.approx(128 / 255)
    assert opacity[-1, 0] == 0
    Image.new("L", (4, 4), 7).save("grey.png")
    pixels, opacity = images.open_layer(Path("grey.png"))
    assert pixels[0, 0].tolist() == [7, 7, 7]
    assert (opacity == 1).all()
    Image.new("RGBA", (4, 4)).save("clear.png")
    with pytest.raises(InputError, match=r"clear\.png is transparent everywhere"):
        images.open_layer(Path("clear.png"))


@pytest.mark.slow
def test_a_run_with_target_and_overlay_goes_on_to_the_same_bytes(small: dict[str, Any]) -> None:
    Image.fromarray(RED).save("red.png")
    flags = small | {
        "iterations": 5, "target_image": "red.png", "overlay_image": "red.png", "overlay_every": 2, "stages": 2,
        "overlay_alpha": 0.4, "ema": 0.5, "seamless": "both", "symmetry": "horizontal", "snapshot_every": 1,
    }  # fmt: skip
    list(vqclip.generate("a red apple", seed=3, output="whole", **flags))
    for event in vqclip.generate("a red apple", seed=3, output="broken", **flags):
        if isinstance(event, Saved) and event.kind == "snapshot" and event.step == 3:
            break
    Image.fromarray(RED // 2).save("red.png")
    with pytest.raises(InputError, match=r"red\.png has changed since this run started"):
        list(vqclip.resume("broken"))
    Image.fromarray(RED).save("red.png")
    list(vqclip.resume("broken"))
    assert np.array_equal(*(images.open_image(Path(run) / "image.png") for run in ("whole", "broken")))


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ({"target_weight": 2.0}, "target_weight has no effect without a target picture"),
        ({"target_image": "a.png", "target_weight": 0.0}, "target_image has no effect without a target weight"),
        ({"overlay_every": 3}, "overlay_every has no effect without an overlay"),
        ({"overlay_image": "a.png", "overlay_every": 300}, "overlay_image has no effect within so few steps"),
        ({"overlay_image": "a.png", "overlay_until": "soon"}, "'soon' is neither a step nor a share"),
    ],
)
def test_what_would_do_nothing_is_refused(flags: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        Settings(prompt="x", **flags).validate()


def test_a_target_may_pull_by_a_loss_with_a_course_alone() -> None:
    settings = Settings(
        prompt="x", target_image="a.png", target_weight=0.0, loss=("target:2@0:0, 100%:1",)
    ).validate()
    assert [term.weight_at(5, 10) for term in settings.image_losses] == [1.0]

"""What a run shows of its latent: masks that keep to the byte, with edges that nobody sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import InputError, UsageError
from vqclip.events import Saved, Started, Stepped, Warned
from vqclip.settings.schema import Settings
from vqclip.synthesis import seamless
from vqclip.synthesis.latent_image import LatentImage, soft_edges
from vqclip.synthesis.loop import Synthesizer

SIDE = 64
RAMP = np.arange(SIDE, dtype=np.uint8)
PHOTO = np.stack(np.broadcast_arrays(RAMP[:, None] * 3, np.uint8(150), RAMP * 3), 2)
CIRCLE = (np.hypot(*np.mgrid[-31.5:32.5, -31.5:32.5]) < 20).astype(np.uint8) * 255
SEAMLESS = Settings(prompt="a red apple", size="64x64", iterations=1, cutouts=4, dtype="float32")


@pytest.fixture
def masked(small: dict[str, Any]) -> dict[str, Any]:
    """Settings of a run with an init picture and a round mask of its size."""
    Image.fromarray(PHOTO).save("photo.png")
    Image.fromarray(CIRCLE).save("mask.png")
    return small | {"size": f"{SIDE}x{SIDE}", "init_image": "photo.png", "mask": "mask.png", "learning_rate": 0.3}


def draw(output: str, flags: dict[str, Any], **more: Any) -> np.ndarray:
    for _ in vqclip.generate("a red apple", seed=3, output=output, **(flags | more)):
        pass
    return read(f"{output}/image.png")


def read(path: str | Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.slow
@pytest.mark.option("mask")
@pytest.mark.parametrize("stages", [1, 2])
def test_what_a_mask_keeps_is_unchanged_to_the_byte(masked: dict[str, Any], stages: int) -> None:
    final = draw("run", masked, stages=stages, save_every=1)
    kept = CIRCLE == 0
    assert np.array_equal(final[kept], PHOTO[kept])
    assert np.abs(final[~kept].astype(int) - PHOTO[~kept]).mean() > 4, "what is free changes"
    frames = [read(path) for path in sorted(Path("run/frames").iterdir())]
    of_full_size = [frame for frame in frames if frame.shape == PHOTO.shape]
    assert len(of_full_size) >= 2
    for frame in of_full_size:
        assert np.array_equal(frame[kept], PHOTO[kept])


@pytest.mark.slow
@pytest.mark.option("mask_feather")
def test_the_edge_of_what_is_free_is_soft(masked: dict[str, Any]) -> None:
    def jump(feather: int) -> float:
        """How much the change of the picture itself jumps from the last kept pixel of a row to the first free one."""
        change = draw(f"run{feather}", masked, mask_feather=feather).astype(int) - PHOTO
        across = np.abs(np.diff(change, axis=1)).mean(2)
        return float(across[np.diff(CIRCLE.astype(int), axis=1) != 0].mean())

    assert jump(8) < 0.4 * jump(0)


def test_soft_edges_rise_inside_and_touch_nothing_outside() -> None:
    mask = torch.zeros(1, 1, 32, 32)
    mask[..., 8:] = 1
    soft = soft_edges(mask, 4)[0, 0]
    assert torch.equal(soft[:, :8], torch.zeros(32, 8))
    assert soft[16, 8:13].tolist() == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert soft[0].tolist() == soft[16].tolist(), "the edge of the picture is none of the mask"
    assert torch.equal(soft_edges(mask, 0), mask)
    thin = torch.zeros(1, 1, 9, 9)
    thin[..., 4] = 1
    assert (soft_edges(thin, 8)[..., 4] > 0).all(), "a line thinner than the edge can still change"


def test_the_free_part_keeps_the_surroundings_that_it_is_decoded_with(masked: dict[str, Any]) -> None:
    events = vqclip.generate("a red apple", seed=3, **masked)
    latents = [event.state().tensors["z"] for event in events if isinstance(event, (Started, Stepped))]
    first, last = latents[0], latents[-1]
    assert torch.equal(first[..., 0], last[..., 0])
    assert not torch.equal(first[..., 4, 4], last[..., 4, 4])


def test_a_mask_or_picture_of_another_size_is_reported(masked: dict[str, Any]) -> None:
    events = vqclip.generate("a red apple", seed=3, **(masked | {"size": "32x32", "iterations": 0}))
    told = [event.message for event in events if isinstance(event, Warned)]
    assert any("mask.png is resized to 32x32" in message for message in told)
    assert any('size="64x64" leaves it as it is' in message for message in told)


def test_a_mask_that_frees_nothing_or_has_no_picture_is_refused(masked: dict[str, Any]) -> None:
    Image.new("L", (SIDE, SIDE)).save("black.png")
    with pytest.raises(InputError, match="nothing may change"):
        vqclip.generate("a red apple", **(masked | {"mask": "black.png"}))
    with pytest.raises(InputError, match=r"nowhere\.png"):
        vqclip.generate("a red apple", **(masked | {"mask": "nowhere.png"}))
    with pytest.raises(UsageError, match="mask has no effect without an init picture"):
        vqclip.generate("a red apple", **(masked | {"init_image": None}))


def test_a_run_does_not_go_on_with_another_picture(masked: dict[str, Any]) -> None:
    for event in vqclip.generate("a red apple", seed=3, output="run", snapshot_every=2, **masked):
        if isinstance(event, Saved) and event.kind == "snapshot" and event.step == 2:
            break
    Image.fromarray(255 - CIRCLE).save("mask.png")
    with pytest.raises(InputError, match=r"mask\.png has changed since this run started"):
        list(vqclip.resume("run"))


@pytest.mark.option("seamless")
@pytest.mark.parametrize("seamless", ["none", "horizontal", "vertical", "both"])
@pytest.mark.slow
def test_the_edges_of_a_seamless_picture_match(pair: Any, seamless: str) -> None:
    def tiled(seed: int) -> np.ndarray:
        """Four copies of a picture from random tokens, which never match by themselves."""
        settings = SEAMLESS.replace(seed=seed, seamless=seamless)
        return np.tile(list(Synthesizer(vqgan, targets_of("a red apple"), settings).run())[-1].image(), (2, 2, 1))

    vqgan, targets_of = pair
    tiles = np.stack([tiled(seed) for seed in range(4)]).astype(int)
    for axis, name in ((2, "horizontal"), (1, "vertical")):
        steps = np.abs(np.diff(tiles, axis=axis)).mean(axis=(0, 3 - axis, 3))
        seam, inside = steps[SIDE - 1], steps[: SIDE - 1].max()
        if seamless in (name, "both"):
            # The seam is a border of tokens like any other, of which the largest is not the same twice.
            assert seam <= 1.25 * inside
        else:
            assert seam > 1.6 * inside


def rolls(pair: Any, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What each step of a run would make of a test picture before CLIP sees it: pairs of before and after."""
    vqgan, targets_of = pair
    roll, found = seamless.roll, []

    def watched(image: torch.Tensor, wraps: tuple[bool, bool], generator: torch.Generator) -> torch.Tensor:
        before = torch.arange(32.0 * 32).view(1, 1, 32, 32).expand(1, 3, 32, 32)
        found.append((before, roll(before, wraps, generator)))
        return image

    monkeypatch.setattr(seamless, "roll", watched)
    list(Synthesizer(vqgan, targets_of("a red apple"), settings).run())
    return found


def test_clip_sees_the_seam_at_any_place(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SEAMLESS.replace(seed=3, size="32x32", seamless="both", iterations=8)
    shifts = set()
    for image, rolled in rolls(pair, monkeypatch, settings):
        assert torch.equal(rolled.flatten().sort()[0], image.flatten().sort()[0])
        shifts.add(int((rolled[0, 0] == image[0, 0, 0, 0]).flatten().nonzero()[0]))
    assert len({shift % 32 for shift in shifts}) >= 4
    assert len({shift // 32 for shift in shifts}) >= 4


def test_a_prompt_with_a_region_finds_it_in_a_tile_too(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SEAMLESS.replace(prompt="a red apple @left", seed=3, size="32x32", seamless="both", iterations=4)
    found = rolls(pair, monkeypatch, settings)
    assert len(found) == 4
    assert all(torch.equal(rolled, image) for image, rolled in found)


FLIPS = {"horizontal": np.fliplr, "vertical": np.flipud, "diagonal": lambda image: image.transpose(1, 0, 2)}


@pytest.mark.slow
@pytest.mark.option("symmetry")
@pytest.mark.parametrize(
    ("symmetry", "flips"),
    [
        ("none", ()),
        ("horizontal", ("horizontal",)),
        ("vertical", ("vertical",)),
        ("both", ("horizontal", "vertical")),
        ("diagonal", ("diagonal",)),
        ("kaleidoscope", ("horizontal", "vertical", "diagonal")),
    ],
)
def test_a_symmetric_picture_equals_its_mirror_images_to_the_byte(
    small: dict[str, Any], symmetry: str, flips: tuple[str, ...]
) -> None:
    picture = draw("run", small, size="80x80", stages=2, symmetry=symmetry, save_every=0)
    for name, flip in FLIPS.items():
        assert np.array_equal(picture, flip(picture)) == (name in flips), name


def test_the_tokens_of_a_symmetric_picture_are_mirrored_too(pair: Any) -> None:
    vqgan, _ = pair
    tokens = torch.randint(vqgan.n_embed, (1, 5, 6), generator=torch.Generator().manual_seed(0))
    z = vqgan.lookup(tokens)
    tokens[..., 3:] = tokens[..., :3].flip(-1)
    mirrored = vqgan.decode(vqgan.lookup(tokens)).clamp(0, 1)
    shown = LatentImage(vqgan, (48, 40), symmetry="horizontal").decode(z)
    assert torch.equal(shown[..., :24], mirrored[..., :24])


def test_a_symmetry_that_cannot_hold_is_refused(masked: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="symmetry cannot be used with a mask"):
        vqclip.generate("a red apple", **masked, symmetry="both")
    with pytest.raises(UsageError, match="kaleidoscope needs a square, and size is 64x48"):
        Settings(prompt="x", size="64x48", symmetry="kaleidoscope").validate()

"""From picture to picture through the latent: where it begins and ends, how it goes, and what is refused."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import Interrupted
from vqclip.jobs.interpolate import Interpolation, between, interpolate
from vqclip.media import images
from vqclip.models import registry
from vqclip.models.checkpoints import sha256
from vqclip.runs import latents
from vqclip.settings.schema import Settings


def pixels(path: Path | str) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), dtype=np.int64)


@pytest.fixture
def runs(small: dict[str, Any]) -> tuple[Path, Path]:
    for name, prompt, seed in (("a", "a red apple", 1), ("b", "a blue car", 2)):
        list(vqclip.generate(prompt, output=name, **{**small, "seed": seed, "iterations": 3, "video": False}))
    return Path("a"), Path("b")


@pytest.mark.slow
@pytest.mark.option("interpolate --frames", "interpolate --output", "interpolate --overwrite")
def test_the_frames_begin_and_end_with_the_pictures_of_the_runs(runs: tuple[Path, Path], call: Any) -> None:
    answer = call("interpolate", "a", "b", "--frames", "7", "--fps", "7", "-o", "way", "--dtype", "float32", "--json")
    assert answer.lines[-1]["video"] == str(Path("way/video.mp4").absolute())
    frames = sorted(Path("way/frames").iterdir())
    assert len(frames) == 7
    assert np.array_equal(pixels(frames[0]), pixels("a/image.png"))
    assert np.array_equal(pixels(frames[-1]), pixels("b/image.png"))
    apart = [np.abs(pixels(frame) - pixels("b/image.png")).mean() for frame in frames]
    assert apart[0] > apart[3] > 0
    assert apart[2] > apart[5]
    with av.open("way/video.mp4") as container:
        assert container.duration == pytest.approx(1e6, abs=1e4)
        assert container.metadata["title"] == "a red apple to a blue car"
    again = call("interpolate", "a", "b", "-o", "way")
    assert again.code == 5
    assert "--overwrite" in again.err
    assert {line.get("seed") for line in answer.lines} == {None}, "nothing is random"
    lost = call("interpolate", "a", "b", "-o", "b", "--overwrite")
    assert (lost.code, "b would be deleted" in lost.err) == (5, True)
    assert call("interpolate", "a", "b", "--frames", "2", "-o", "way", "--overwrite", "--no-video").code == 0
    assert sorted(path.name for path in Path("way").rglob("*.*") if path.is_file()) == [
        ".lock",
        "00000.png",
        "00001.png",
        "interpolation.json",
    ]


@pytest.mark.slow
@pytest.mark.option("interpolate --loop")
def test_pictures_and_tokens_are_ends_too_and_a_loop_comes_back(runs: tuple[Path, Path], call: Any) -> None:
    assert call("encode", "b/image.png", "-o", "b.npz", "--dtype", "float32").code == 0
    assert call("decode", "b.npz", "-o", "b.png", "--dtype", "float32").code == 0
    large = Image.open("a/image.png").resize((80, 48))
    large.save("large.png")
    answer = call(
        "interpolate", "large.png", "b.npz", "a", "--frames", "3", "--loop", "-o", "way", "--no-video",
        "--dtype", "float32",
    )  # fmt: skip
    assert answer.code == 0, answer.err
    frames = sorted(Path("way/frames").iterdir())
    assert len(frames) == 6, "two steps on each of three ways"
    assert pixels(frames[0]).shape == (32, 32, 3)
    assert np.array_equal(pixels(frames[2]), pixels("b.png"))
    assert np.array_equal(pixels(frames[4]), pixels("a/image.png"))


@pytest.mark.slow
@pytest.mark.option("interpolate --quantise")
def test_codes_alone_or_what_lies_between_them(runs: tuple[Path, Path], call: Any) -> None:
    for name, flag in (("codes", "--quantise"), ("all", "--no-quantise")):
        made = ("--frames", "3", "-o", name, "--no-video", "--dtype", "float32", "--path", "line", flag)
        assert call("interpolate", "a", "b", *made).code == 0
    assert np.array_equal(pixels("codes/frames/00000.png"), pixels("all/frames/00000.png"))
    assert not np.array_equal(pixels("codes/frames/00001.png"), pixels("all/frames/00001.png"))


@pytest.mark.slow
@pytest.mark.option("interpolate --path", "interpolate --easing")
def test_the_way_and_its_pace_are_those_that_are_asked_for(runs: tuple[Path, Path], call: Any, pair: Any) -> None:
    fixed = ("--frames", "5", "--no-video", "--no-quantise", "--dtype", "float32")
    for name, more in (
        ("plain", ("--path", "line", "--easing", "linear")),
        ("turned", ("--easing", "linear")),
        ("eased", ("--path", "line")),
    ):
        assert call("interpolate", "a", "b", *fixed, *more, "-o", name).code == 0
    vqgan, _ = pair
    digest = sha256(registry.find_vqgan("tiny").checkpoint)
    first, second = (vqgan.lookup(vqgan.indices(latents.read(latents.find(path), digest, vqgan))) for path in runs)
    for name, path, share in (
        ("plain", "line", 0.25),
        ("turned", "sphere", 0.25),
        ("eased", "line", 0.5 - 0.125**0.5),
    ):
        with torch.no_grad():
            expected = images.to_uint8(vqgan.decode(between(first, second, share, path))[0]).astype(int)
        assert np.abs(pixels(f"{name}/frames/00001.png") - expected).max() <= 1, name


@pytest.mark.slow
def test_the_video_of_a_way_is_as_the_options_say(runs: tuple[Path, Path], call: Any) -> None:
    flags = {
        "frames": 4,
        "fps": 4,
        "hold-last": 1,
        "video-smooth": 12,
        "video-title": "Way",
        "video-comment": "there",
    }
    made = [f"--{name}={value}" for name, value in flags.items()]
    assert call("interpolate", "a", "b", *made, "-o", "way").code == 0
    written = Path("way/frames/00001.png").stat().st_mtime_ns
    other = [*made[:-2], "--video-title=Walk"]
    for again in (True, False):
        assert ("already" in call("interpolate", "a", "b", *other, "-o", "way").err) is not again
    assert b"Walk" in Path("way/video.mp4").read_bytes()
    assert Path("way/frames/00001.png").stat().st_mtime_ns == written
    assert call("interpolate", "a", "b", *made, "-o", "way").code == 0
    with av.open("way/video.mp4") as container:
        assert container.duration == pytest.approx(2e6, abs=1e5)
        assert container.streams.video[0].average_rate == 12
        assert (container.metadata["title"], container.metadata["comment"]) == ("Way", "there")
    few = ("--frames", "2", "--video-format", "webm", "--video-seconds", "3")
    for crf in ("0", "51"):
        assert call("interpolate", "a", "b", *few, "--crf", crf, "-o", crf).code == 0
    with av.open("0/video.webm") as container:
        assert container.duration == pytest.approx(3e6, abs=1e5)
    assert Path("0/video.webm").stat().st_size > 1.2 * Path("51/video.webm").stat().st_size


@pytest.mark.slow
def test_runs_go_by_their_own_size_and_vqgan_unless_others_are_named(
    runs: tuple[Path, Path], turned: str, call: Any
) -> None:
    fixed = ("--frames", "2", "--no-video", "--dtype", "float32", "--overwrite", "-o", "way")
    assert call("interpolate", "a", "b", *fixed, "--size", "64x48").code == 0
    large = pixels("way/frames/00000.png")
    assert large.shape == (48, 64, 3)
    shown = pixels("a/image.png")
    near = np.asarray(Image.open("a/image.png").resize((64, 48), Image.Resampling.BICUBIC), dtype=np.int64)
    assert np.abs(large - near).mean() < 0.5 * np.abs(large - near[::-1, ::-1]).mean()
    assert call("interpolate", "a", "b", *fixed, "--vqgan", turned).code == 0
    other = pixels("way/frames/00000.png")
    assert other.shape == shown.shape
    # It encodes the picture as the other does, and shows red for blue.
    assert np.abs(other[..., ::-1] - shown).mean() < 0.5 * np.abs(other - shown).mean()


def test_the_sphere_keeps_the_length_that_the_line_loses() -> None:
    generator = torch.Generator().manual_seed(0)
    one, two = (torch.randn((1, 16, 3, 5), generator=generator) * scale for scale in (1.0, 3.0))
    for share in (0.0, 0.25, 0.5, 1.0):
        turned = between(one, two, share, "sphere").norm(dim=1)
        assert torch.allclose(turned, torch.lerp(one.norm(dim=1), two.norm(dim=1), share), atol=1e-4)
    assert float(between(one, two, 0.5, "line").norm(dim=1).mean()) < float(turned.mean()) - 0.5
    right = torch.zeros(1, 2, 1, 1)
    right[:, 0] = 2
    up = right.flip(1)
    third = between(right, up, 1 / 3, "sphere").flatten()
    assert third.tolist() == pytest.approx([2 * 0.75**0.5, 1.0], abs=1e-5), "30 of 90 degrees"


def test_ends_that_are_alike_opposite_or_nothing_give_numbers() -> None:
    z = torch.randn((1, 16, 2, 2), generator=torch.Generator().manual_seed(1))
    for other in (z, -z, torch.zeros_like(z), z * 1e-30, z + 1e-7):
        for share in (0.0, 0.3, 0.5, 1.0):
            assert bool(torch.isfinite(between(z, other, share, "sphere")).all())
    assert torch.allclose(between(z, z, 0.3, "sphere"), z, atol=1e-6)


def test_positions_say_every_frame_once() -> None:
    plain = Interpolation(frames=3, easing="linear")
    assert list(plain.positions(2)) == [(0, 1, 0), (0, 1, 0.5), (0, 1, 1)]
    assert list(plain.positions(3)) == [(0, 1, 0), (0, 1, 0.5), (1, 2, 0), (1, 2, 0.5), (1, 2, 1)]
    looped = Interpolation(frames=3, easing="linear", loop=True)
    assert list(looped.positions(2)) == [(0, 1, 0), (0, 1, 0.5), (1, 0, 0), (1, 0, 0.5)]
    for known in (plain, looped):
        assert all(len(list(known.positions(ends))) == known.count(ends) for ends in (2, 3, 5))
    eased = [share for *_, share in Interpolation(frames=5).positions(2)]
    assert eased[1] < 0.25, "slow at both ends"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["a"], 2, "one end is not enough"),
        (["a", "nowhere.png"], 4, "nowhere.png"),
        (["a", "b", "--frames", "1"], 2, "2 to 100000"),
        (["a", "b", "--path", "circle"], 2, "sphere, line"),
        (["a", "b", "--easing", "hold"], 2, "linear, cosine"),
        (["a", "b", "--video-seconds", "900", "--frames", "3"], 2, "is not possible"),
    ],
)
def test_bad_ends_are_named(isolated: Path, call: Any, arguments: list[str], code: int, words: str) -> None:
    for name in ("a", "b"):
        Image.new("RGB", (32, 32)).save(f"{name}.png")
    answer = call("interpolate", *(f"{word}.png" if word in ("a", "b") else word for word in arguments))
    assert answer.code == code
    assert words in answer.err
    assert not Path("interpolation").exists()


@pytest.mark.slow
def test_runs_of_two_sizes_and_unfinished_runs_are_refused(
    runs: tuple[Path, Path], small: dict[str, Any], call: Any
) -> None:
    list(vqclip.generate("a tree", output="c", **{**small, "seed": 3, "size": "48x32", "video": False}))
    answer = call("interpolate", "a", "c")
    assert answer.code == 4
    assert "48x32 pixels" in answer.err
    Path("c/image.png").unlink()
    answer = call("interpolate", "a", "c", "-o", "other")
    assert (answer.code, "no picture yet" in answer.err) == (4, True)


def test_a_stopped_interpolation_says_how_to_continue(call: Any) -> None:
    for name, grey in (("a", 0), ("b", 200)):
        images.save_png(Path(f"{name}.png"), np.full((32, 32, 3), grey, np.uint8), {})
    ends, length = [Path("a.png"), Path("b.png")], Interpolation(frames=4)
    settings = Settings(size="32x32", threads=1, dtype="float32", vqgan="tiny")
    asked = iter([None, signal.SIGINT])
    with pytest.raises(Interrupted) as stopped:
        list(interpolate(settings, ends, Path("way"), length, stop=lambda: next(asked)))
    assert (stopped.value.message, stopped.value.exit_code) == ("stopped after frame 2 of 4.", 130)
    assert stopped.value.hint == "To continue, give the same command again."
    answer = call("resume", "way")
    assert "way holds an interpolation, not a run" in answer.err
    assert "give the same `vqclip interpolate` command again" in answer.err
    list(interpolate(settings, ends, Path("way"), length))
    assert len(list(Path("way/frames").iterdir())) == 4

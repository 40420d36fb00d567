"""The enlarger writes twice as many codes each way: of any shape, by seed, and between the stages of a run."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

import vqclip
from vqclip.errors import ModelError, UsageError
from vqclip.loop import synthesis
from vqclip.loop.given import Given
from vqclip.loop.randomness import ENLARGE_STREAM, make_generator
from vqclip.loop.starts import fit
from vqclip.models import registry
from vqclip.models.architecture import EnlargerShape
from vqclip.networks.enlarger import Enlarger, load_enlarger
from vqclip.options.events import Finished, StageStarted, Stepped
from vqclip.options.settings import Settings

SHAPE = EnlargerShape(width=16, layers=2, codes=30, dim=4)


@pytest.fixture
def enlarger() -> Enlarger:
    torch.manual_seed(0)
    return Enlarger(SHAPE).eval().requires_grad_(False)


@pytest.fixture
def codebook() -> torch.Tensor:
    return torch.randn(30, 4, generator=torch.Generator().manual_seed(1))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 3, 5), (1, 1, 7)])
def test_codes_of_any_shape_are_doubled(
    enlarger: Enlarger, codebook: torch.Tensor, shape: tuple[int, int, int]
) -> None:
    small = torch.randint(0, 30, shape, generator=seeded())
    large = enlarger.enlarge(codebook, small, seeded())
    assert large.shape == (shape[0], 2 * shape[1], 2 * shape[2])
    assert int(large.min()) >= 0
    assert int(large.max()) < 30


def test_the_seed_decides_what_is_drawn(enlarger: Enlarger, codebook: torch.Tensor) -> None:
    small = torch.randint(0, 30, (1, 4, 4), generator=seeded())
    first, again, other = (enlarger.enlarge(codebook, small, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_what_is_known_is_seen_and_what_is_not_is_not(enlarger: Enlarger, codebook: torch.Tensor) -> None:
    small = torch.randint(0, 30, (1, 4, 4), generator=seeded())
    large, changed = torch.zeros(1, 8, 8, dtype=torch.long), torch.zeros(1, 8, 8, dtype=torch.long)
    changed[0, 3, 3] = 7
    known = torch.zeros(1, 8, 8, dtype=torch.bool)
    assert torch.equal(enlarger(codebook, small, large, known), enlarger(codebook, small, changed, known))
    known[0, 3, 3] = True
    assert not torch.equal(enlarger(codebook, small, large, known), enlarger(codebook, small, changed, known))


def test_one_round_with_no_heat_takes_the_likeliest_codes(enlarger: Enlarger, codebook: torch.Tensor) -> None:
    small = torch.randint(0, 30, (1, 4, 4), generator=seeded())
    large = enlarger.enlarge(codebook, small, seeded(), rounds=1, temperature=1e-6)
    logits = enlarger(codebook, small, torch.zeros(1, 8, 8, dtype=torch.long), torch.zeros(1, 8, 8, dtype=torch.bool))
    assert torch.equal(large, logits.argmax(-1))


@pytest.fixture
def installed(pair: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> registry.EnlargerFiles:
    """An enlarger for the built-in VQGAN, with random weights, where the registry finds it."""
    codes, dim = pair[0].codebook.shape
    shape = EnlargerShape(width=16, layers=1, codes=codes, dim=dim)
    torch.manual_seed(0)
    save_file(Enlarger(shape).state_dict(), tmp_path / "enlarger.safetensors")
    (tmp_path / "enlarger.json").write_text(json.dumps(asdict(shape)))
    files = registry.EnlargerFiles("tiny", tmp_path / "enlarger.safetensors", tmp_path / "enlarger.json")
    monkeypatch.setattr(registry, "find_enlarger", lambda vqgan: files)
    return files


@pytest.mark.usefixtures("installed")
def test_a_run_enlarges_its_codes_between_stages(small: dict[str, Any]) -> None:
    flags = {**small, "size": "64x64", "stages": 2, "iterations": 4, "seed": 3}

    def last(**more: Any) -> np.ndarray:
        (found,) = [event for event in vqclip.generate("a red apple", **flags, **more) if isinstance(event, Finished)]
        return found.image()

    assert np.array_equal(last(enlarge="codes"), last(enlarge="codes"))
    assert not np.array_equal(last(enlarge="codes"), last())


def test_a_stage_begins_with_the_codes_or_with_the_pixels_of_the_one_before_enlarged(
    pair: Any, installed: registry.EnlargerFiles, small: dict[str, Any]
) -> None:
    vqgan, gazes = pair
    for enlarge in ("codes", "pixels"):
        flags = {**small, "size": "64x64", "stages": 2, "seed": 3, "enlarge": enlarge}
        loaded = load_enlarger(installed, vqgan.codebook) if enlarge == "codes" else None
        climb = synthesis._Climb(
            vqgan, gazes("a red apple"), Settings(prompt="a red apple", **flags), Given(), loaded
        )
        climb.begin()
        codes, shown = vqgan.indices(climb.z), climb.surface.show(climb.z)
        climb._refine(climb.plan[1])
        if loaded is not None:
            larger = loaded.enlarge(vqgan.codebook, codes, make_generator(3, ENLARGE_STREAM, 1, 0))
            assert torch.equal(vqgan.indices(climb.z), larger)
        else:
            torch.testing.assert_close(climb.z.detach(), vqgan.encode(fit(shown, 64, 64)))


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("size", ["72x56", "40x64"])
def test_stages_of_an_odd_number_of_tokens_fit(small: dict[str, Any], size: str) -> None:
    flags = {**small, "size": size, "stages": 2, "iterations": 2, "seed": 3, "enlarge": "codes"}
    events = list(vqclip.generate("a red apple", **flags))
    assert [event.stage for event in events if isinstance(event, StageStarted)] == [1, 2]
    (found,) = [event for event in events if isinstance(event, Finished)]
    width, height = map(int, size.split("x"))
    assert found.image().shape == (height, width, 3)


@pytest.mark.usefixtures("installed")
def test_a_run_stopped_before_its_codes_are_enlarged_resumes_to_the_same_bytes(small: dict[str, Any]) -> None:
    flags = {**small, "size": "64x64", "stages": 2, "iterations": 5, "seed": 3, "enlarge": "codes"}
    list(vqclip.generate("a red apple", output="whole", snapshot_every=1, **flags))
    seen = vqclip.generate("a red apple", output="cut", snapshot_every=1, **flags)
    for event in seen:
        if isinstance(event, Stepped) and event.step == 2:
            break
    seen.close()  # type: ignore[attr-defined]
    list(vqclip.resume("cut"))
    assert Path("cut/image.png").read_bytes() == Path("whole/image.png").read_bytes()
    assert "enlarger tiny" in json.loads(Path("cut/run.json").read_text())["models"]


def test_an_enlarger_of_another_vqgan_is_refused(installed: registry.EnlargerFiles) -> None:
    with pytest.raises(ModelError, match="but the VQGAN has 7 of 16"):
        load_enlarger(installed, torch.zeros(7, 16))
    shape = {"width": 0, "layers": 1, "codes": 1, "dim": 1}
    Path("bad.json").write_text(json.dumps(shape))
    with pytest.raises(ModelError, match="width"):
        load_enlarger(replace(installed, config=Path("bad.json")), torch.zeros(7, 16))


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"enlarge": "codes", "stages": 1}, "enlarge has no effect on a single stage"),
        ({"enlarge": "magic", "stages": 2}, "enlarge is 'magic'"),
    ],
)
def test_settings_without_effect_are_refused(small: dict[str, Any], flags: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        vqclip.generate("a red apple", **{**small, **flags})


def test_a_vqgan_without_an_enlarger_says_so() -> None:
    with pytest.raises(UsageError, match="'imagenet' has no enlarger"):
        registry.find_enlarger("imagenet")

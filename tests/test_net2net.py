"""taming's transformers: its own arithmetic, its own checkpoints, and a run that begins with what one draws."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from faults import makers

import vqclip
from vqclip.errors import ModelError, UsageError
from vqclip.events import Finished, PriorSampleChosen, Started
from vqclip.jobs.sample import sample
from vqclip.models.architecture import Net2NetShape, read_net2net_shape
from vqclip.models.net2net import GPT, coordinates, load_net2net
from vqclip.models.registry import PriorFiles
from vqclip.settings import sources
from vqclip.settings.prompts import parse

SIDE = 8  # tokens along a picture of 16 px by the makers' f2 network
TRANSFORMER = {"vocab_size": 60, "block_size": 130, "n_layer": 2, "n_head": 4, "n_embd": 32}
CONDITIONS: dict[str, Any] = {
    "start": "__is_unconditional__",
    "sos": {"target": "taming.modules.util.SOSProvider", "params": {"sos_token": 3}},
    "class": {"target": "taming.modules.util.Labelator", "params": {"n_classes": 5}},
    "coordinates": {"target": "taming.modules.misc.coord.CoordStage", "params": {"n_embed": 50, "down_factor": 2}},
}


@pytest.fixture
def mingpt(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """taming's module, which asks a library for a function that is gone and that this needs not."""
    monkeypatch.setitem(sys.modules, "transformers", types.SimpleNamespace(top_k_top_p_filtering=None))
    name = "taming.modules.transformer.mingpt"
    yield importlib.import_module(name)
    sys.modules.pop(name, None)


def config(condition: str, **changes: Any) -> dict[str, Any]:
    first = makers.Reference().config
    made = makers.as_net2net(first)
    made["model"]["params"] |= {
        "cond_stage_config": CONDITIONS[condition],
        "transformer_config": {"target": "taming.modules.transformer.mingpt.GPT", "params": TRANSFORMER | changes},
    }
    return made


def written(folder: Path, network: torch.nn.Module, condition: str = "start") -> Path:
    """An official checkpoint: first stage, transformer with its masks, condition, in Lightning's file."""
    state = {f"first_stage_model.{k}": v for k, v in makers.Reference().state_dict().items()}
    state |= {f"transformer.{k}": v for k, v in network.state_dict().items()}
    path = makers.write_lightning(folder / "net.ckpt", state)
    makers.write_config(folder / "net.yaml", config(condition))
    return path


def random_network(mingpt: Any, **changes: Any) -> torch.nn.Module:
    torch.manual_seed(4)
    network = mingpt.GPT(**TRANSFORMER | changes)
    torch.nn.init.normal_(network.pos_emb, std=0.3)
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("free", [0, 5])
def test_logits_are_those_of_taming(mingpt: Any, tmp_path: Path, free: int) -> None:
    theirs = random_network(mingpt, n_unmasked=free)
    settings = config("start", n_unmasked=free)
    path = written(tmp_path, theirs)
    ours = load_net2net(PriorFiles("x", path, settings, None), makers.CODES, torch.device("cpu")).network
    codes = torch.randint(0, 60, (3, 40))
    expected, _ = theirs(codes)
    assert (ours(codes) - expected).abs().max() < 1e-5


def test_codes_drawn_one_by_one_are_those_of_the_whole_sequence(mingpt: Any, tmp_path: Path) -> None:
    theirs = random_network(mingpt)
    files = PriorFiles("x", written(tmp_path, theirs), config("start"), None)
    sampler = load_net2net(files, makers.CODES, torch.device("cpu"))
    codes = sampler.sample(parse("a"), 2, torch.Generator().manual_seed(0), temperature=1e-5).flatten(1)
    told = torch.cat([torch.zeros(2, 1, dtype=torch.long), codes[:, :-1]], 1)
    assert torch.equal(theirs(told)[0][..., : makers.CODES].argmax(2), codes)


@pytest.mark.parametrize(("condition", "told"), [("start", 1), ("sos", 1), ("class", 1), ("coordinates", SIDE**2)])
def test_every_condition_draws_codes_of_the_vqgan(condition: str, told: int) -> None:
    shape = read_net2net_shape(config(condition))
    assert shape is not None
    assert shape.side == SIDE
    network = GPT(shape).eval().requires_grad_(False)
    condition_codes = torch.zeros(2, told, dtype=torch.long)
    codes = network.sample(condition_codes, torch.Generator().manual_seed(1))
    assert codes.shape == (2, SIDE, SIDE)
    assert int(codes.max()) < makers.CODES


def test_coordinates_are_those_of_coord_stage() -> None:
    stage = importlib.import_module("taming.modules.misc.coord").CoordStage(n_embed=1024, down_factor=16)
    pixel = torch.arange(256 * 256, dtype=torch.float64).view(1, 1, 256, 256) / 256**2
    assert torch.equal(coordinates(16, 1024), stage.encode(pixel)[2][2].flatten(1))


def test_a_class_is_named_and_shapes_the_picture(mingpt: Any, tmp_path: Path) -> None:
    files = PriorFiles("x", written(tmp_path, random_network(mingpt), "class"), config("class"), None)
    sampler = load_net2net(files, makers.CODES, torch.device("cpu"))

    def drawn(style: str | None, seed: int = 0) -> torch.Tensor:
        return sampler.sample(parse("a"), 1, torch.Generator().manual_seed(seed), style=style)

    assert torch.equal(drawn("2"), drawn("2"))
    assert not torch.equal(drawn("2"), drawn("4"))


def test_a_run_begins_with_a_candidate_of_the_checkpoints_own_transformer(
    mingpt: Any, tmp_path: Path, small: dict[str, Any]
) -> None:
    checkpoint = written(tmp_path, random_network(mingpt), "class")
    flags = {**small, "vqgan": str(checkpoint), "init": "prior", "candidates": 3, "seed": 1, "iterations": 1}
    events = list(vqclip.generate("a red apple", **flags, prior_style="3"))
    (told,) = [event for event in events if isinstance(event, PriorSampleChosen)]
    assert told.count == 3
    assert isinstance(events[-1], Finished)


@pytest.mark.slow
def test_a_run_starts_from_a_picked_sample_of_the_transformer(
    mingpt: Any, tmp_path: Path, small: dict[str, Any]
) -> None:
    checkpoint = written(tmp_path, random_network(mingpt), "class")
    flags = {**small, "vqgan": str(checkpoint), "init": "prior", "candidates": 3, "seed": 1, "iterations": 0}
    (best,) = [event for event in vqclip.generate("a red apple", **flags) if isinstance(event, Started)]
    report = sample(sources.resolve({**flags, "prompt": "a red apple"}).settings, tmp_path / "samples")
    picked = vqclip.continue_run(tmp_path / "samples", pick=report["candidates"][0]["number"])
    (start,) = [event for event in picked if isinstance(event, Started)]
    assert np.array_equal(start.image(), best.image())


@pytest.mark.parametrize(
    ("condition", "flags", "message"),
    [
        ("class", {"prior_style": "5"}, "Valid: the number of a class, 0 to 4"),
        ("class", {"prior_style": "noto"}, "Valid: the number of a class, 0 to 4"),
        ("start", {"prior_style": "1"}, "prior_style has no effect"),
        ("start", {"guidance": 2.0}, "guidance has no effect"),
    ],
)
def test_what_a_transformer_does_not_read_is_refused(
    tmp_path: Path, small: dict[str, Any], condition: str, flags: dict[str, Any], message: str
) -> None:
    shape = read_net2net_shape(config(condition))
    assert isinstance(shape, Net2NetShape)
    checkpoint = written(tmp_path, GPT(shape), condition)
    with pytest.raises(UsageError) as caught:
        vqclip.generate("a", **{**small, "vqgan": str(checkpoint), "init": "prior"}, **flags)
    assert message in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cond_stage_config": {"target": "taming.models.vqgan.VQModel", "params": {}}}, "is not supported"),
        ({"transformer_config": {"params": TRANSFORMER | {"block_size": 20}}}, "too small"),
        ({"transformer_config": {"params": TRANSFORMER | {"n_head": 5}}}, "not a multiple of n_head"),
    ],
)
def test_a_transformer_that_cannot_be_sampled_is_refused(change: dict[str, Any], message: str) -> None:
    made = config("start")
    made["model"]["params"] |= change
    with pytest.raises(ModelError, match=message):
        read_net2net_shape(made)


def test_a_plain_vqgan_has_no_transformer() -> None:
    assert read_net2net_shape(makers.Reference().config) is None

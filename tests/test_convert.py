"""A converted checkpoint is the same model in fewer bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from faults import makers
from safetensors import safe_open
from test_layouts import LLAMAGEN, Llamagen, llamagen_state, write_llamagen

from vqclip.errors import ModelError, OutputError, UsageError
from vqclip.jobs.convert import convert
from vqclip.models.checkpoints import sha256
from vqclip.models.registry import find_vqgan
from vqclip.models.vqgan import VQGAN, load_vqgan

CPU = torch.device("cpu")


def latent() -> torch.Tensor:
    return torch.randn(1, 16, 4, 4, generator=torch.Generator().manual_seed(0))


def lightning(folder: Path, reference: makers.Reference) -> Path:
    """A checkpoint of taming's training, with losses and optimiser states, and its YAML."""
    makers.write_config(folder / "last.yaml", reference.config)
    return makers.write_lightning(folder / "last.ckpt", reference.state_dict())


def names_in(path: Path) -> dict[str, torch.dtype]:
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118


@pytest.mark.parametrize("target", [makers.VQ, makers.GUMBEL])
def test_the_copy_loads_and_shows_the_same(target, tmp_path, call):
    reference = makers.Reference(target)
    source = lightning(tmp_path, reference)
    told = call("models", "convert", str(source), "copy.safetensors", "--json")
    assert told.code == 0
    assert told.record["file"] == "copy.safetensors"
    assert told.record["bytes"] == Path("copy.safetensors").stat().st_size < source.stat().st_size
    copy = load_vqgan(find_vqgan("copy.safetensors"), CPU)
    before = load_vqgan(find_vqgan(str(source)), CPU)
    z = torch.randn(1, copy.embed_dim, 4, 4, generator=torch.Generator().manual_seed(0))
    assert torch.equal(copy.decode(z), before.decode(z))
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(copy.encode(image), before.encode(image))
    assert set(names_in(Path("copy.safetensors"))) == set(reference.state_dict())
    assert Path("copy.safetensors").stat().st_mode == Path("copy.yaml").stat().st_mode
    assert Path("copy.yaml").read_bytes() == source.with_suffix(".yaml").read_bytes()


@pytest.mark.option("models convert --dtype")
@pytest.mark.parametrize(("dtype", "error"), [("float16", 0.02), ("bfloat16", 0.1)])
def test_half_precision_is_half_the_bytes_and_nearly_the_same(dtype, error, tmp_path):
    reference = makers.Reference()
    source = lightning(tmp_path, reference)
    whole = convert(str(source), tmp_path / "whole.safetensors")
    half = convert(str(source), tmp_path / "half.safetensors", dtype=dtype)
    assert half["bytes"] < 0.6 * whole["bytes"]
    assert set(names_in(tmp_path / "half.safetensors").values()) == {getattr(torch, dtype)}
    copy = load_vqgan(find_vqgan(half["file"]), CPU)
    assert 0 < (copy.decode(latent()) - reference.decode(latent())).abs().max() < error
    assert copy.codebook.dtype == torch.float32


def test_numbers_too_large_for_the_kind_are_refused_and_leave_no_file(tmp_path):
    reference = makers.Reference()
    reference.quantize.embedding.weight.data[0, 0] = 1e6
    source = lightning(tmp_path, reference)
    with pytest.raises(ModelError, match=r"quantize.embedding.weight holds numbers too large for float16") as caught:
        convert(str(source), tmp_path / "copy.safetensors", dtype="float16")
    assert "bfloat16" in caught.value.hint
    assert not list(tmp_path.glob("copy.*"))
    convert(str(source), tmp_path / "copy.safetensors", dtype="bfloat16")


def test_the_copy_names_what_it_was_made_from(tmp_path):
    source = lightning(tmp_path, makers.Reference())
    convert(str(source), tmp_path / "copy.safetensors")
    with safe_open(tmp_path / "copy.safetensors", "pt") as file:
        assert file.metadata()["source_sha256"] == sha256(source)


@pytest.mark.slow
@pytest.mark.option("models convert --vqgan-config")
def test_a_checkpoint_alone_is_converted_by_the_configuration_that_is_named(tmp_path, call):
    reference = makers.Reference()
    source = lightning(tmp_path, reference)
    source.with_suffix(".yaml").rename(tmp_path / "mine.yaml")
    assert call("models", "convert", str(source), "copy.safetensors").code == 3
    named = ["--vqgan-config", str(tmp_path / "mine.yaml")]
    assert call("models", "convert", str(source), "copy.safetensors", *named).code == 0
    copy = load_vqgan(find_vqgan("copy.safetensors"), CPU)
    assert (copy.decode(latent()) - reference.decode(latent())).abs().max() < 1e-5


@pytest.mark.option("models convert --only-vqgan")
def test_a_net2net_keeps_its_transformer_unless_asked_not_to(tmp_path, call):
    reference = makers.Reference()
    state = {f"first_stage_model.{name}": tensor for name, tensor in reference.state_dict().items()}
    state |= {"first_stage_model.loss.discriminator.weight": torch.zeros(9), "transformer.head.weight": torch.ones(3)}
    source = makers.write_lightning(tmp_path / "last.ckpt", state)
    makers.write_config(tmp_path / "last.yaml", makers.as_net2net(reference.config))
    convert(str(source), tmp_path / "all.safetensors")
    names = set(names_in(tmp_path / "all.safetensors"))
    assert names == {f"first_stage_model.{name}" for name in reference.state_dict()} | {"transformer.head.weight"}
    assert call("models", "convert", str(source), str(tmp_path / "own.safetensors"), "--only-vqgan").code == 0
    assert set(names_in(tmp_path / "own.safetensors")) == set(reference.state_dict())
    for name in ("all", "own"):
        copy = load_vqgan(find_vqgan(str(tmp_path / f"{name}.safetensors")), CPU)
        assert (copy.decode(latent()) - reference.decode(latent())).abs().max() < 1e-5


def test_llamagen_s_checkpoint_becomes_one_of_the_common_layout(tmp_path):
    state = llamagen_state()
    source = write_llamagen(tmp_path / "vq.pt", state)
    makers.write_config(tmp_path / "vq.yaml", LLAMAGEN)
    convert(str(source), tmp_path / "copy.safetensors")
    copy = load_vqgan(find_vqgan(str(tmp_path / "copy.safetensors")), CPU)
    z_q = copy.quantize(torch.randn(1, 8, 4, 4, generator=torch.Generator().manual_seed(0)))
    assert (copy.decode(z_q) - Llamagen(state).decode(z_q)).abs().max() < 1e-4
    assert "quantize.codebook_used" not in names_in(tmp_path / "copy.safetensors")


@pytest.mark.option("models convert --dtype")
def test_a_model_known_by_name_gets_its_configuration_written_out(tmp_path, monkeypatch, call):
    assert call("models", "convert", "tiny", "copy.safetensors", "--dtype", "bfloat16").code == 0
    assert set(names_in(Path("copy.safetensors")).values()) == {torch.bfloat16}
    copy = VQGAN.from_files(Path("copy.safetensors"), Path("copy.yaml"))
    tiny = load_vqgan(find_vqgan("tiny"), CPU)
    z = tiny.lookup(torch.arange(16).view(1, 4, 4))
    assert (copy.decode(z) - tiny.decode(z)).abs().mean() < 0.05


@pytest.mark.slow
def test_what_cannot_be_meant_is_said_and_nothing_is_written(tmp_path, call):
    source = lightning(tmp_path, makers.Reference())
    (tmp_path / "taken.yaml").write_text("something: else\n")
    safe = tmp_path / "a.safetensors"
    convert(str(source), safe)
    before = safe.read_bytes()
    for error, problem, arguments in [
        (UsageError, "does not end in .safetensors", (str(source), tmp_path / "copy.ckpt")),
        (UsageError, "is the checkpoint itself", (str(safe), safe)),
        (UsageError, "only-vqgan has no effect", (str(source), tmp_path / "b.safetensors", {"only_vqgan": True})),
        (UsageError, "dtype is 'int8'", (str(source), tmp_path / "b.safetensors", {"dtype": "int8"})),
        (OutputError, "exists already, with other content", (str(source), tmp_path / "taken.safetensors")),
        (ModelError, "does not exist", (str(tmp_path / "no.ckpt"), tmp_path / "b.safetensors")),
    ]:
        given, place, *options = arguments
        with pytest.raises(error, match=problem):
            convert(given, place, **(options[0] if options else {}))
    assert safe.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.safetensors", "a.yaml", "last.ckpt", "last.yaml", "taken.yaml"
    ]  # fmt: skip
    told = call("models", "convert", str(source), "x.safetensors", "--dtype", "int8")
    assert (told.code, told.out) == (2, "")


@pytest.mark.long
def test_the_same_checkpoint_gives_the_same_bytes_in_every_process(tmp_path):
    source = lightning(tmp_path, makers.Reference())
    convert(str(source), tmp_path / "copy.safetensors")
    made = [(tmp_path / "copy.safetensors").read_bytes()]
    for seed in ("1", "2"):
        output = tmp_path / f"copy{seed}.safetensors"
        code = "import sys, pathlib, vqclip.jobs.convert as c; c.convert(sys.argv[1], pathlib.Path(sys.argv[2]))"
        command = [sys.executable, "-c", code, str(source), str(output)]
        subprocess.run(command, env=os.environ | {"PYTHONHASHSEED": seed}, check=True, capture_output=True)
        made.append(output.read_bytes())
    assert len(set(made)) == 1
    with safe_open(output, "pt") as file:
        assert sorted(file.metadata()) == ["format", "made_by", "source_sha256"]
    assert load_vqgan(find_vqgan(str(output)), CPU).n_embed == makers.CODES

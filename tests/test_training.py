"""The training scripts that can be tested without training."""

import importlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import load_file

from vqclip.media import images
from vqclip.models import registry
from vqclip.models.prior import load_sampler

TRAINING = Path(__file__).parents[1] / "training"
CODEBOOK = load_file(TRAINING.parent / "checkpoints" / "tiny_vqgan.safetensors")["quantize.embedding.weight"].float()


def plots(work: Path, out: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "plots.py", "--work", str(work), "--out", str(out)]
    return subprocess.run(command, cwd=TRAINING, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_every_log_of_a_training_is_plotted(tmp_path: Path) -> None:
    for name, losses in {"prior": [3.0, 2.0], "clip": [2.0, 1.0], "vqgan": [0.3, 0.1]}.items():
        lines = [{"step": 100 * i, "loss": loss, "seconds": 1.0, "by style": {}} for i, loss in enumerate(losses, 1)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")
    (tmp_path / "pictures.jsonl").write_text('{"set": "noto"}\n')
    assert plots(tmp_path, tmp_path / "out.png").returncode == 0
    page = images.open_image(tmp_path / "out.png")
    panels = page[: page.shape[0] // 2, : page.shape[1] // 2], page[page.shape[0] // 2 :, page.shape[1] // 2 :]
    assert (panels[0] < 128).any(), "a panel with its title"
    assert (panels[1] == 255).all(), "three logs leave the fourth place empty"


@pytest.mark.slow
def test_a_folder_without_logs_is_refused(tmp_path: Path) -> None:
    done = plots(tmp_path, tmp_path / "out.png")
    assert done.returncode == 2
    assert "no log of a training" in done.stderr
    assert not (tmp_path / "out.png").exists()


@pytest.fixture(scope="module")
def training() -> Iterator[Any]:
    """Import the modules of training/ by their own names."""
    sys.path.insert(0, str(TRAINING))
    yield importlib.import_module
    sys.path.remove(str(TRAINING))


def gallery(folder: Path) -> Path:
    """A folder of pictures in three formats, sizes and modes."""
    folder.mkdir()
    generator = np.random.default_rng(0)
    for name, size, mode in [("a.png", (90, 70), "RGBA"), ("b.JPG", (300, 80), "RGB"), ("c.webp", (20, 24), "RGB")]:
        colours = generator.integers(0, 256, (2, 2, len(mode)), np.uint8)
        Image.fromarray(colours, mode).resize(size, Image.Resampling.NEAREST).save(folder / name)
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_discriminator_learns_to_tell_flat_pictures_from_noise(training: Any) -> None:
    adversarial = training("adversarial")
    torch.manual_seed(0)
    discriminator = adversarial.PatchDiscriminator(width=8)
    optimiser = torch.optim.Adam(discriminator.parameters(), lr=5e-3)
    for _ in range(30):
        real, fake = torch.rand(4, 3, 1, 1).expand(4, 3, 32, 32) * 2 - 1, torch.rand(4, 3, 32, 32) * 2 - 1
        logits = discriminator(real)[-1], discriminator(fake)[-1]
        loss = adversarial.hinge_discriminator_loss(*logits)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert logits[0].shape == (4, 1, 6, 6), "one logit for each patch"
    assert logits[0].mean() > logits[1].mean() + 0.5
    assert loss < 0.8


def test_losses_are_zero_for_equal_pictures_and_grow_with_the_difference(training: Any) -> None:
    adversarial = training("adversarial")
    torch.manual_seed(0)
    target = F.interpolate(torch.rand(2, 3, 4, 4), 64) * 2 - 1
    discriminator, perceptual = adversarial.PatchDiscriminator(8).eval(), adversarial.PerceptualLoss()
    noise = torch.randn_like(target)
    near, far = target + 0.02 * noise, target + 0.2 * noise
    losses = {
        "perceptual": lambda x: perceptual(x, target),
        "flatness": lambda x: adversarial.flatness_loss(x, target),
        "matching": lambda x: adversarial.feature_matching_loss(discriminator(target), discriminator(x)),
    }
    with torch.no_grad():
        for name, loss in losses.items():
            assert loss(target).shape == (2,), name
            assert loss(target).abs().max() < 1e-5, name
            assert (loss(near) < loss(far)).all(), name


def test_the_adaptive_weight_makes_both_gradients_equal_at_the_last_layer(training: Any) -> None:
    adversarial = training("adversarial")
    torch.manual_seed(0)
    layer = torch.nn.Conv2d(4, 3, 3)
    output = layer(torch.randn(2, 4, 8, 8))
    pull, push = torch.randn_like(output), 0.01 * torch.randn_like(output)
    weight, norm = adversarial.adaptive_weight(pull, push, output, layer.weight)
    pushed = torch.autograd.grad(output, layer.weight, weight * push)[0].norm()
    assert pushed.item() == pytest.approx(norm.item(), rel=0.02)


def test_a_clamped_picture_passes_only_gradients_that_lead_back_inside(training: Any) -> None:
    values = torch.tensor([-3.0, 0.5, 2.0], requires_grad=True)
    shown = training("adversarial").clamped(values)
    shown.sum().backward()
    assert shown.tolist() == [-1.0, 0.5, 1.0]
    assert values.grad is not None
    assert values.grad.tolist() == [0.0, 1.0, 1.0], "descent would take the first one further out"


def test_a_folder_of_any_pictures_gives_batches_of_three_sizes(training: Any, tmp_path: Path) -> None:
    crops = training("crops")
    np.random.seed(0)
    torch.manual_seed(0)
    pictures = crops.Folder(gallery(tmp_path / "pictures"))
    assert len(pictures.paths) == 3
    for step, (size, count) in enumerate(crops.TURNS):
        batch = pictures.batch(step)
        assert batch.shape == (count, 3, size, size)
        assert batch.abs().max() <= 1
    assert not set(pictures.test) & set(pictures.train)


def test_a_folder_without_pictures_is_refused(training: Any, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no PNG, JPEG or WebP"):
        training("crops").Folder(tmp_path)


@pytest.mark.slow
def test_a_decoder_is_trained_and_resumed_and_codes_stay(training: Any, tmp_path: Path) -> None:
    decoder, vqgan, trainer = training("decoder"), training("vqgan"), training("trainer")
    torch.manual_seed(0)
    model = vqgan.VQGAN()
    model.load_state_dict(trainer.finished(tmp_path, "vqgan"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    path = tmp_path / "decoder.pt"
    run = decoder.DecoderTraining(path, model, steps=10, rate=1e-3, weights=decoder.Weights(), width=8)
    run.step = 200  # the discriminator counts by now
    images = F.interpolate(torch.rand(8, 3, 4, 4), 64) * 2 - 1
    values = run.advance(images)
    assert all(np.isfinite(value) for value in values.values())
    run.save()
    changed = {name for name, value in model.state_dict().items() if not value.equal(before[name])}
    assert changed
    assert all(name.startswith(("decoder.", "post_quant_conv.")) for name in changed)

    other = decoder.DecoderTraining(path, vqgan.VQGAN(), steps=10, rate=1e-3, weights=decoder.Weights(), width=8)
    assert other.resume()
    again = []
    for one in (run, other):
        torch.manual_seed(1)
        again.append(one.advance(images))
    assert again[0] == pytest.approx(again[1], abs=1e-5)
    assert other.step == 202


def test_a_blurred_picture_has_fewer_steep_edges(training: Any) -> None:
    edges = training("edges")
    torch.manual_seed(0)
    real = F.interpolate(torch.rand(2, 3, 4, 4), 64)
    threshold = edges.steepness(real)
    soft = F.avg_pool2d(F.pad(real, (2, 2, 2, 2), mode="replicate"), 5, 1)
    assert edges.steep_share(real, threshold) >= 0.1
    assert edges.steep_share(soft, threshold) < 0.02
    assert edges.ripple(real, real) == pytest.approx(0, abs=1e-4)


def test_an_export_may_be_the_mean_of_the_weights_before_and_after_a_training(training: Any) -> None:
    after = {"weight": torch.ones(3), "count": torch.tensor(5)}
    before = {"weight": torch.zeros(3, dtype=torch.float16), "count": torch.tensor(2)}
    mean = training("export").mean_of(after, before, 0.7)
    assert mean["weight"].tolist() == pytest.approx([0.7] * 3)
    assert mean["count"] == 5


def test_drawings_of_people_are_learnt_more_often_than_other_drawings_and_less_than_emoji(training: Any) -> None:
    prior = training("prior")
    drawing = {"set": "drawn", "copy": False, "group": None}
    person, tool = ({**drawing, "name": name} for name in ("people.cook 3", "tools.rake 0"))
    emoji = {"set": "noto", "copy": False, "group": None, "name": "red apple"}
    weights = [prior.weight_of(record) for record in (tool, person, emoji, emoji | {"copy": True})]
    assert weights[0] < weights[1] < weights[2]
    assert weights[3] < weights[2]


def test_soft_targets_are_the_nearest_codes_and_become_the_plain_loss_where_one_is_certain(training: Any) -> None:
    upsampler, vqgans = training("upsampler"), training("vqgan")
    torch.manual_seed(0)
    vqgan = vqgans.VQGAN().eval()
    images = torch.rand(2, 3, 128, 128)
    codes, probabilities = upsampler.soft_codes(vqgan, images)
    with torch.no_grad():
        nearest = vqgan.quantize.indices(vqgan.encode(images * 2 - 1).float())
    assert codes.shape == (2, 16, 16, upsampler.NEAREST)
    assert torch.equal(codes[..., 0], nearest)
    assert torch.allclose(probabilities.sum(-1), torch.ones(2, 16, 16))
    assert bool((probabilities.diff(dim=-1) <= 0).all())

    table = torch.randn(vqgans.CODES, vqgans.CODES)
    words, style, small = torch.zeros(2, 8, dtype=torch.long), torch.zeros(2), torch.zeros(2, 8, 8)
    certain = torch.zeros_like(probabilities)
    certain[..., 0] = 1
    known = torch.rand(2, 16, 16) < 0.5

    def model(codebook: Any, words: Any, style: Any, small: Any, large: Any, known: Any) -> torch.Tensor:
        return table[large]

    batch = (words, style, small, codes, certain)
    expected = torch.nn.functional.cross_entropy(table[nearest[~known]], nearest[~known])
    for soft in (True, False):
        assert torch.allclose(upsampler.loss_of(model, None, batch, known, soft), expected, rtol=1e-4)
    spread = upsampler.loss_of(model, None, (words, style, small, codes, probabilities), known)
    assert not torch.allclose(spread, expected, rtol=1e-3)


def test_a_batch_is_learnt_again_beside_the_next_ones(training: Any) -> None:
    batches = training("upsampler").Echo(iter([torch.full((2,), float(number))] for number in range(5)), earlier=2)
    found = [next(batches)[0].tolist() for _ in range(3)]
    assert found == [[0, 0, 1, 1, 2, 2], [1, 1, 2, 2, 3, 3], [2, 2, 3, 3, 4, 4]]


SCRIPTS = [
    "clip", "decoder", "draw", "edges", "export", "judges", "nearest", "plots", "prior", "sheets", "tokenizer",
    "upsampler", "vqgan",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_describes_its_options(
    name: str, training: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [f"{name}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        training(name).main()
    assert end.value.code == 0
    assert "--work" in capsys.readouterr().out


def test_a_training_that_is_resumed_goes_on_with_its_optimisers_and_average(training: Any, tmp_path: Path) -> None:
    trainer = training("trainer")

    def start(seed: int, steps: int) -> Any:
        torch.manual_seed(seed)
        model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Linear(8, 2))
        optimizers = trainer.optimizers_of(model, lambda name, p: name == "0.weight", 0.01, (0.1, 0.0))
        return trainer.Training(tmp_path / "x.pt", model, optimizers, steps)

    def learn(run: Any) -> None:
        while run.unfinished:
            run.set_rates(trainer.trapezoid(run.step, 4, 0.01, warmup=1))
            trainer.seed(run.step)
            run.learn(run.model(torch.rand(5, 3)).square().mean())
            if run.every(2):
                run.report()

    whole = start(0, 4)
    learn(whole)
    (tmp_path / "x.pt").unlink()
    assert not start(0, 2).resume()
    learn(start(0, 2))
    resumed = start(1, 4)
    assert resumed.resume()
    assert resumed.step == 2
    learn(resumed)
    for first, second in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(first, second)
    live = resumed.model[0].weight.clone()
    with resumed.averaged() as model:
        assert torch.equal(model[0].weight, whole.average.state["0.weight"])
        assert not torch.equal(model[0].weight, live)
    assert torch.equal(resumed.model[0].weight, live)
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 2, 4]
    assert lines[1]["loss"] == lines[3]["loss"]


@pytest.mark.slow
def test_every_kind_of_drawing_is_svg_with_names_that_a_person_would_type(training: Any) -> None:
    draw, drawings = training("draw"), training("drawings")
    draw.load()
    assert len(drawings.THINGS) > 500
    for name, (function, weight) in drawings.THINGS.items():
        record = draw.drawn(random.Random(name), function)
        picture = ElementTree.fromstring(record["svg"])
        assert picture.get("viewBox") == "0 0 128 128", name
        assert len(picture) > 1, f"{name} draws nothing"
        assert record["names"], name
        assert all(text and text == text.strip() and text.isascii() for text in record["names"]), record["names"]
        assert set(record["colours"]) <= set(drawings.COLOURS), record["colours"]
        assert weight > 0


@pytest.mark.slow
def test_drawings_are_the_same_for_one_seed_and_differ_from_each_other(training: Any) -> None:
    draw = training("draw")
    draw.load()
    first, again = (list(draw.records(1000, seed=3)) for _ in range(2))
    assert first == again
    assert len({record["svg"] for record in first}) > 0.95 * len(first)
    assert [r["svg"] for r in draw.records(1000, seed=4)] != [r["svg"] for r in first]


def test_a_warm_start_with_more_layers_computes_the_same_function(training: Any) -> None:
    prior, trainer = training("prior"), training("trainer")
    before = load_sampler(registry.find_prior("tiny"), CODEBOOK).prior
    shape = replace(before.shape, layers=before.shape.layers + 3)
    deeper = prior.TiedPrior(shape, CODEBOOK).eval()
    prior.warm_start(deeper, trainer.CHECKPOINTS, CODEBOOK)
    draws = torch.Generator().manual_seed(0)
    words, style, codes = (
        torch.randint(0, most, size, generator=draws)
        for most, size in ((shape.vocabulary, (2, shape.words)), (8, (2,)), (shape.codes, (2, shape.side**2)))
    )
    with torch.no_grad():
        assert torch.allclose(deeper(words, style, codes), before(words, style, codes), atol=1e-4)

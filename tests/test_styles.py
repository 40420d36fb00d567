"""Styles and quality presets: YAML files that change the words around a prompt, the loss and more."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import vqclip
from vqclip.errors import UsageError
from vqclip.events import Finished
from vqclip.models import catalogue
from vqclip.runs import directory
from vqclip.settings import presets, sources
from vqclip.settings.option import parse_clip
from vqclip.settings.schema import Settings
from vqclip.synthesis.targets import encode_prompts


def settings(environment: dict[str, str] | None = None, **flags: Any) -> Settings:
    return sources.resolve({"prompt": "a red apple", **flags}, environment=environment or {}).settings


def texts(found: Settings) -> list[tuple[str, float]]:
    return [(prompt.text, prompt.weight) for prompt in found.texts]


@pytest.mark.parametrize("name", sorted(presets.styles()))
def test_every_style_is_valid_and_says_what_it_is(name: str) -> None:
    found = settings(style=name)
    assert found.prompt == "a red apple"
    assert found.style == name
    assert len(presets.about(presets.styles()[name])) > 20
    assert found.digest() != settings().digest()


def test_words_go_around_every_text_that_pulls() -> None:
    found = settings(prompt="a cat | a dog:0.5 | fog:-0.3 ^ a tree", prompt_prefix="ink of ", prompt_suffix=", old")
    assert texts(found) == [
        ("ink of a cat, old", 1.0),
        ("ink of a dog, old", 0.5),
        ("fog", -0.3),
        ("ink of a tree, old", 1.0),
    ]
    assert texts(settings(prompt_also="pretty:0.3 | ugly:-0.3"))[1:] == [("pretty", 0.3), ("ugly", -0.3)]
    with pytest.raises(UsageError, match="prompt_prefix has no effect"):
        settings(prompt="", prompt_prefix="ink of ", noise_prompt=["3"])


@pytest.mark.option("style_words")
def test_only_a_clip_that_knows_styles_reads_their_words(read_pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(prompt="a cat | fog:-0.3", style_words="a sketch of {}")
    assert texts(found) == [("a cat", 1.0), ("fog", -0.3)]
    perceptor = read_pair[1]("x")[0].perceptor
    plain, sketched = (perceptor.encode_text([text, "fog"]) for text in ("a cat", "a sketch of a cat"))
    assert torch.equal(encode_prompts(perceptor, found.prompts, {}), plain)
    monkeypatch.setattr(perceptor, "vocabulary", {})
    assert torch.equal(encode_prompts(perceptor, found.prompts, {}), sketched)
    for wrong in ("a sketch", "{} as {}"):
        with pytest.raises(UsageError, match="style_words is"):
            settings(style_words=wrong)


def test_a_file_in_the_users_folder_is_a_style(isolated: Path) -> None:
    folder = Path.home() / "config" / "vqclip" / "styles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("# Mine.\nprompt_suffix: ' by me'\ntv: 2\n")
    (folder / "ink.yaml").write_text("tv: 3\n")
    assert texts(settings(style="mine")) == [("a red apple by me", 1.0)]
    assert settings(style="ink").tv == 3, "the user's own goes before a shipped one"
    Path("other.yaml").write_text("tv: 4\n")
    assert settings(style="other.yaml").tv == 4


def test_what_stands_above_a_style_wins_and_losses_stay_side_by_side() -> None:
    Path("a.yaml").write_text("tv: 4\nema: 0.5\nloss: ['contrast:1', 'symmetry:2']\n")
    found = settings(style="a.yaml", ema="0.7", loss=["symmetry:5", "edge:1@0:1,9:0"])
    assert (found.tv, found.ema) == (4, 0.7)
    assert found.loss == ("contrast:1", "symmetry:5", "edge:1@0:1,9:0")
    assert settings(style="a.yaml", loss=["contrast:0"]).image_losses[-1].name == "symmetry"
    in_a_variable = settings({"VQCLIP_STYLE": "a.yaml", "VQCLIP_TV": "9"})
    assert (in_a_variable.tv, in_a_variable.ema) == (9, 0.5), "a style goes just below what names it"
    assert settings({"VQCLIP_STYLE": "ink"}, style="a.yaml").palette is None, "one style at a time"
    assert settings({"VQCLIP_STYLE": "ink"}, style="none").loss == ()


def test_what_is_no_style_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown style 'inc'") as caught:
        settings(style="inc")
    assert "'ink'" in caught.value.hint
    Path("b.yaml").write_text("style: ink\n")
    with pytest.raises(UsageError, match="names another style"):
        settings(style="b.yaml")


@pytest.mark.slow
@pytest.mark.option("style")
def test_a_style_is_seen_and_goes_with_the_run(call: Any, small: dict[str, Any]) -> None:
    quick = small | {"iterations": 8, "ema": 0.0, "learning_rate": 0.2, "init": "spot", "video": False}

    def chroma(picture: np.ndarray) -> float:
        return float(np.ptp(picture.astype(int), axis=2).mean())

    Path("grey.yaml").write_text("prompt_prefix: 'ink of '\nloss: ['saturation:-30']\n")
    list(vqclip.generate("a red apple", seed=1, style="grey.yaml", output="run", **quick))
    *_, plain = vqclip.generate("a red apple", seed=1, **quick)
    assert isinstance(plain, Finished)
    assert chroma(np.asarray(Image.open("run/image.png"))) < 0.8 * chroma(plain.image())
    Path("grey.yaml").unlink()
    manifest = directory.read_manifest(Path("run"))
    assert [prompt.text for prompt in manifest.settings.prompts] == ["ink of a red apple"]
    again = call("rerun", "run", "--prompt", "a blue car", "-n", "1", "-o", "again")
    assert again.code == 0, "the record holds all that the style said"
    kept = directory.read_manifest(Path("again")).settings
    assert ([prompt.text for prompt in kept.prompts], kept.loss) == (["ink of a blue car"], ("saturation:-30",))


QUALITIES = ("draft", "normal", "better", "best")


@pytest.mark.parametrize(("family", "vqgan"), [("", "tiny"), ("imagenet-", "imagenet")])
def test_each_quality_takes_more_of_everything(family: str, vqgan: str) -> None:
    found = [_settings_of(f"{family}{name}") for name in QUALITIES]
    for before, after in pairwise(found):
        assert before.width * before.height < after.width * after.height
        assert before.iterations < after.iterations
        assert before.cutouts < after.cutouts
        assert before.stages <= after.stages
        assert len(before.clip) <= len(after.clip)
    for each in found:
        assert each.vqgan == vqgan
        for clip in each.clip:
            assert parse_clip(clip)[0] in catalogue.clip_names()


def _settings_of(preset: str) -> Settings:
    return sources.resolve({"prompt": "x", "seed": "1"}, preset=preset, environment={}).settings


def test_the_normal_quality_is_the_default() -> None:
    by_default = sources.resolve({"prompt": "x", "seed": "1"}, environment={})
    assert by_default.preset == "normal"
    assert _settings_of("normal") == by_default.settings


def test_presets_and_styles_are_listed(call: Any) -> None:
    answer = call("config", "list")
    assert answer.code == 0
    assert all(f"preset {family}{name} " in answer.out for name in QUALITIES for family in ("", "imagenet-"))
    assert "style  watercolor     Pale washes" in answer.out
    assert all(len(line) <= 130 for line in answer.out.splitlines())
    known = json.loads(call("config", "list", "--json").out)["known"]
    assert {"kind": "style", "name": "ink", "about": "Outlines and hatching in black ink on white paper"} in known

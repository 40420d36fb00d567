"""What a picture says about itself, and what hostile pictures say."""

from __future__ import annotations

import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo, iTXt

from vqclip.errors import InputError
from vqclip.media import images, metadata

DIGEST = "0123456789abcdef" * 4


def describe(prompts: list[tuple[str, float]], **changed: object) -> dict[str, str]:
    values: dict[str, object] = {
        "settings": {"optimiser": "adam", "size": "64x48"},
        "seed": 7,
        "steps": 300,
        "size": (64, 48),
        "models": {"tiny": DIGEST, "tiny_clip": DIGEST[::-1]},
        "versions": {"vqclip": "1.2.3", "torch": "2.10"},
        "score": 0.25,
    }
    return metadata.describe(prompts=prompts, **{**values, **changed})  # type: ignore[arg-type]


def saved(texts: dict[str, str], name: str = "image.png") -> Path:
    path = Path(tempfile.mkdtemp(dir=Path.cwd())) / name
    images.save_png(path, np.zeros((2, 3, 3), np.uint8), texts)
    return path


# What a prompt may hold: any text but NUL and unpaired surrogates, which the grammar refuses.
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=80)
WORLD = st.sampled_from(
    [
        "日本の灯台",
        "🍎🐱👩‍👩‍👧",
        "تفاحة حمراء",
        "e\u0301",
        "\u202eabc",
        "\x1b[31m",
        "[bold]",
        "${x}",
        "a\nb\tc\r\n",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(TEXTS | WORLD, st.floats(-9, 9)), min_size=1, max_size=4), st.integers(0, 2**63 - 1))
def test_fault_30_prompts_of_every_script_come_back_exactly(prompts: list[tuple[str, float]], seed: int) -> None:
    found = metadata.read_metadata(saved(describe(prompts, seed=seed)))
    assert found["source"] == "vqclip"
    assert found["vqclip"]["prompts"] == [list(prompt) for prompt in prompts]
    assert found["vqclip"]["seed"] == seed
    fields = found["parameters"]["fields"]
    assert fields["Seed"] == str(seed)
    assert fields["Steps"] == "300"


def test_the_a1111_text_is_what_its_readers_expect() -> None:
    texts = describe([("a red apple", 1.0), ("fog", 0.5), ("people", -0.3), ("text", -1.0)])
    assert texts["parameters"] == (
        "a red apple\n(fog:0.5)\nNegative prompt: (people:0.3), text\n"
        "Steps: 300, Sampler: Adam, Seed: 7, Size: 64x48, Model: tiny + tiny_clip, Model hash: 0123456789, "
        "Score: 0.2500, Version: vqclip 1.2.3, "
        'Hashes: "{\\"tiny\\":\\"0123456789\\",\\"tiny_clip\\":\\"fedcba9876\\"}"'
    )
    found = metadata.parse_parameters(texts["parameters"])
    assert found["prompt"] == "a red apple\n(fog:0.5)"
    assert found["negative_prompt"] == "(people:0.3), text"
    assert json.loads(found["fields"]["Hashes"]) == {"tiny": "0123456789", "tiny_clip": "fedcba9876"}


def test_the_picture_carries_the_mark_of_a_machine_made_one() -> None:
    found = metadata.read_metadata(saved(describe([("x", 1.0)])))
    assert found["digital_source_type"].endswith("/trainedAlgorithmicMedia")
    assert found["software"] == "vqclip 1.2.3"
    assert found["format"] == "PNG"
    assert found["size"] == [3, 2]


def test_no_chunk_tells_a_time_a_host_a_user_or_a_folder() -> None:
    home = str(Path.home())
    texts = describe(
        [("/imagine a cat", 1.0)],
        settings={
            "prompt": "/imagine a cat",
            "init_image": f"{home}/private/cat.png",
            "init_mask": Path("secret/mask.png"),
            "vqgan": "C:\\Users\\alice\\m.ckpt",
            "clip": ["~/alice/clip.pt", "../alice/two.pt", "ViT-B-32:0.5"],
            "nested": {"file": "file:///home/alice/x"},
        },
        models={f"{home}/m.ckpt": DIGEST},
    )
    everything = "\n".join(texts.values())
    for word in (home, "alice", "private", "secret", os.uname().nodename, time.strftime("%Y-%m")):
        assert word not in everything
    own = json.loads(texts["vqclip"])["settings"]
    assert own["prompt"] == "/imagine a cat"
    assert own["init_image"] == "cat.png"
    assert own["init_mask"] == "mask.png"
    assert own["vqgan"] == "m.ckpt"
    assert own["clip"] == ["clip.pt", "two.pt", "ViT-B-32:0.5"]
    assert own["nested"] == {"file": "x"}


def test_levels_say_less() -> None:
    assert set(describe([("x", 1.0)], level="minimal")) == {"Software", images.XMP_KEY}
    assert describe([("x", 1.0)], level="none") == {}
    assert metadata.read_metadata(saved({})) == {"format": "PNG", "size": [3, 2], "source": "none"}


def test_an_overlong_prompt_still_gives_a_readable_picture() -> None:
    found = metadata.read_metadata(saved(describe([("日本" * 200_000, 1.0)])))
    assert found["vqclip"]["left_out"] == ["settings", "prompts"]
    assert found["vqclip"]["seed"] == 7
    assert found["parameters"]["fields"]["Seed"] == "7"


def test_unpaired_surrogates_do_not_cost_the_picture() -> None:
    found = metadata.read_metadata(saved(describe([("x", 1.0)], settings={"init_image": "\udc80.png"})))
    assert found["vqclip"]["settings"] == {"init_image": "\udc80.png"}


def test_pictures_of_other_programs_are_understood() -> None:
    text = (
        "a photo of a cat, (detailed:1.2),\nsecond line\nNegative prompt: blurry,\nlow quality\n"
        'Steps: 20, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1, Size: 512x512, Model: "a, b", '
        'Lora hashes: "x: 1f, y: 2e"'
    )
    found = metadata.read_metadata(saved({"parameters": text}))
    assert found["source"] == "a1111"
    assert found["parameters"]["prompt"] == "a photo of a cat, (detailed:1.2),\nsecond line"
    assert found["parameters"]["negative_prompt"] == "blurry,\nlow quality"
    assert found["parameters"]["fields"] == {
        "Steps": "20",
        "Sampler": "DPM++ 2M",
        "CFG scale": "7",
        "Seed": "1",
        "Size": "512x512",
        "Model": "a, b",
        "Lora hashes": "x: 1f, y: 2e",
    }
    assert metadata.parse_parameters("only a prompt: yes")["prompt"] == "only a prompt: yes"


def test_metadata_behind_the_pixels_is_found(isolated: Path) -> None:
    path = saved({})
    data = path.read_bytes()
    end = data.index(b"IEND") - 4
    late = saved({"parameters": "x\nSteps: 1, Seed: 2, Size: 3x2"}).read_bytes()
    start = late.index(b"tEXt") - 4
    path.write_bytes(data[:end] + late[start : late.index(b"IDAT") - 4] + data[end:])
    assert metadata.read_metadata(path)["parameters"]["fields"]["Seed"] == "2"


GOOD = json.loads(describe([("x", 1.0)])["vqclip"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"schema": NaN}', "not JSON"),
        ('{"schema": 2' + "0" * 5000 + "}", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "no schema"),
        ('{"schema": true}', "no schema"),
        ('{"schema": 3}', "schema 3, and this version reads 2"),
        ('{"schema": 1}', "schema 1, and this version reads 2"),
        (json.dumps({**GOOD, "seed": "7; rm -rf /"}), "in its vqclip text seed[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "seed": 2**70}), "in its vqclip text seed[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "settings": []}), "in its vqclip text settings[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "prompts": [["x", 1e999]]}).replace("Infinity", "1e999"), "holds the number 1e999"),
        (json.dumps({**GOOD, "size": [0, 1]}), "in its vqclip text size[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "models": {"a": 1}}), "in its vqclip text models[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "versions": 1}), "in its vqclip text versions[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "score": "x"}), "in its vqclip text score[.0-9a]* is not valid"),
        (json.dumps({**GOOD, "pad": "x" * 300_000}), "longer than 256 KiB"),
    ],
)
def test_fault_58_a_hostile_own_chunk_is_an_input_error(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        metadata.read_metadata(saved({"vqclip": text}, "hostile.png"))
    assert "hostile.png" in caught.value.message


@pytest.mark.parametrize("size", [500_000, 70_000_000])
def test_fault_58_and_19_a_compressed_text_bomb_is_an_input_error(isolated: Path, size: int) -> None:
    info = PngInfo()
    info.add_text("vqclip", "x" * size, zip=True)
    Image.new("RGB", (2, 2)).save(isolated / "bomb.png", pnginfo=info)
    with pytest.raises(InputError, match=r"bomb\.png"):
        metadata.read_metadata(isolated / "bomb.png")


@pytest.mark.parametrize(
    "line", ["a" * 200_000, " " * 200_000, 'a:"' * 60_000, 'a: "' + "\\" * 200_000, "a-" * 99_000]
)
def test_fault_58_a_hostile_parameters_line_is_read_in_linear_time(line: str) -> None:
    start = time.process_time()
    found = metadata.parse_parameters(line)
    assert time.process_time() - start < 3
    assert found["text"] == line


def test_fault_58_a_file_that_is_no_picture_is_an_input_error(isolated: Path) -> None:
    (isolated / "x.png").write_text("not a picture")
    with pytest.raises(InputError, match=r"x\.png: it is not a picture"):
        metadata.read_metadata(isolated / "x.png")


def test_an_itxt_value_is_plain_text(isolated: Path) -> None:
    info = PngInfo()
    info.add_itxt("parameters", "日本\nSteps: 1, Seed: 2, Size: 3x2", lang="ja")
    Image.new("RGB", (2, 2)).save(isolated / "ja.png", pnginfo=info)
    assert issubclass(iTXt, str)
    assert metadata.read_metadata(isolated / "ja.png")["parameters"]["prompt"] == "日本"


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
@pytest.mark.parametrize(
    ("code", "encoding"),
    [
        (b"UNICODE\0", "utf-16-be"),
        (b"UNICODE\0", "utf-16-le"),
        (b"UNICODE\0", "utf-16"),
        (b"ASCII\0\0\0", "utf-8"),
        (b"\0" * 8, "utf-8"),
    ],
)
def test_the_text_of_automatic1111_is_read_from_exif(tmp_path: Path, suffix: str, code: bytes, encoding: str) -> None:
    text = "ein Apfel, 苹果\nNegative prompt: fog\nSteps: 20, Sampler: Euler a, Seed: 7, Size: 32x32"
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = code + text.encode(encoding)
    path = tmp_path / f"made.{suffix}"
    Image.new("RGB", (32, 32)).save(path, exif=exif)
    found = metadata.read_metadata(path)
    assert found["source"] == "a1111"
    assert found["parameters"]["prompt"] == "ein Apfel, 苹果"
    assert found["parameters"]["fields"]["Seed"] == "7"


def test_info_prints_a_table(call: Any) -> None:
    known = {"settings": {"ema": 0.9}, "models": {"m": "0" * 64}, "versions": {"vqclip": "1"}}
    chunks = metadata.describe(prompts=[("a", 1.0), ("b", -0.5)], seed=7, steps=3, size=(32, 16), **known)
    images.save_png(Path("in.png"), np.zeros((16, 32, 3), np.uint8), chunks)
    lines = call("info", "in.png").out.splitlines()
    assert lines[:2] == ["format               PNG", "size                 32x16"]
    at = next(number for number, line in enumerate(lines) if line.split() == ["prompts", "a"])
    assert lines[at + 1].index("b:-0.5") == lines[at].index("a", 9)

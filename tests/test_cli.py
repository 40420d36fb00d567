"""The command line: what it prints where, its exit codes, and what it costs before there is work."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks import forks
from PIL import Image

from vqclip.cli.signals import StopSignals
from vqclip.errors import Diverged, EncoderError, ModelError, OutOfMemory, VqclipError
from vqclip.settings.option import PANELS
from vqclip.settings.schema import options

FAST = [
    "--size",
    "32x32",
    "--init",
    "tokens",
    "-n",
    "4",
    "--stages",
    "1",
    "--cutouts",
    "4",
    "--threads",
    "1",
    "--dtype",
    "float32",
]


def in_a_process(*arguments: str, **known: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vqclip", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, **known)


@pytest.mark.slow
def test_generate_answers_with_the_path_of_the_picture(call: Any) -> None:
    answer = call("generate", "a red apple", "--seed", "1", "-o", "run", *FAST)
    assert answer.code == 0
    assert answer.out == f"{Path('run/image.png').absolute()}\n"
    assert "step 4/4" in answer.err
    assert "\r" not in answer.err
    assert "\x1b" not in answer.err
    assert max(map(len, answer.err.splitlines())) < 200


@pytest.mark.slow
@pytest.mark.option("--json")
def test_fault_61_json_is_all_that_standard_output_holds(call: Any) -> None:
    answer = call("generate", "a red apple", "--seed", "1", "-o", "run", "--json", *FAST)
    kinds = [line["event"] for line in answer.lines]
    assert kinds[0] == "opened"
    assert kinds.count("stepped") == 4
    assert kinds[-1] == "result"
    result = answer.lines[-1]
    assert Path(result["image"]).is_file()
    assert Path(result["video"]).is_file()
    assert (result["seed"], result["steps"]) == (1, 4)
    assert all(line["schema_version"] == 1 for line in answer.lines)
    assert answer.err == ""


@pytest.mark.option("--quiet")
def test_quiet_prints_the_path_alone(call: Any) -> None:
    answer = call("generate", "a red apple", "--seed", "1", "-o", "run", "-q", *FAST)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.endswith("image.png\n")


def test_without_an_output_a_folder_with_date_words_and_seed_is_made(call: Any) -> None:
    answer = call("generate", "A Red Apple!", "--seed", "1", *FAST)
    folder = Path(answer.out.strip()).parent
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-a-red-apple-1", folder.name)
    assert folder.parent == Path("runs").absolute()


@pytest.mark.slow
def test_the_seed_is_always_shown(call: Any) -> None:
    answer = call("generate", "x", "-o", "run", "--json", *FAST)
    seed = answer.lines[-1]["seed"]
    again = call("generate", "x", "-o", "again", "--seed", str(seed), "--metadata", "none", *FAST)
    assert again.code == 0
    assert Image.open("run/image.png").tobytes() == Image.open("again/image.png").tobytes()


@pytest.mark.option("--preset", "--config")
def test_presets_and_files_of_settings_reach_a_run(call: Any) -> None:
    Path("mine.yaml").write_text("size: 32x24\niterations: 9\ninit: spot\ncutouts: 2\nthreads: 1\nvideo: false\n")
    Path("more.yaml").write_text("iterations: 2\nsave_every: 1\n")
    made = call("generate", "x", "--preset", "mine.yaml", "--config", "more.yaml", "-o", "run", "--json")
    assert made.lines[-1]["steps"] == 2
    assert Image.open("run/image.png").size == (32, 24)
    assert len(list(Path("run/frames").iterdir())) == 3
    shown = call("config", "show", "--preset", "mine.yaml", "--config", "more.yaml", "--json").record
    assert (shown["settings"]["size"], shown["settings"]["iterations"]) == ("32x24", 2)


@pytest.mark.slow
@pytest.mark.option("--output", "--overwrite")
def test_another_run_is_replaced_on_request_alone(call: Any) -> None:
    for seed, name in (("1", "run"), ("2", "out")):
        assert call("generate", "x", "--seed", seed, "-o", name, *FAST, "-n", "0").code == 0
    for command in (
        ["generate", "x", "--seed", "3", *FAST, "-n", "0"],
        ["rerun", "run", "--seed", "4"],
        ["continue", "run", "a blue car"],
    ):
        before = Path("out/image.png").read_bytes()
        assert call(*command, "-o", "out").code == 5
        assert Path("out/image.png").read_bytes() == before
        assert call(*command, "-o", "out", "--overwrite").code == 0
        assert Path("out/image.png").read_bytes() != before


@pytest.mark.slow
def test_info_video_resume_and_reconstruct(call: Any) -> None:
    call("generate", "a red apple|fog:-1", "--seed", "1", "-o", "run", "--save-every", "1", *FAST)
    info = call("info", "run/image.png")
    assert "a red apple" in info.out
    told = call("info", "run/image.png", "--json").lines[-1]["metadata"]
    assert told["vqclip"]["settings"]["seed"] == 1
    film = call("video", "run", "-o", "film.gif", "--fps", "5", "--json").lines[-1]
    assert film["frames"] == 5
    assert getattr(Image.open("film.gif"), "n_frames", 0) >= 2
    assert call("resume", "run").out.endswith("image.png\n")
    answer = call("reconstruct", "run/image.png", "-o", "back.png", "--json")
    assert answer.err == ""
    report = answer.lines[-1]
    assert Image.open("back.png").size == (32, 32)
    assert report["tokens"] == 16
    assert report["psnr"] > 10


def test_models_list_names_the_built_in_pair(call: Any) -> None:
    text = call("models", "list").out
    assert re.search(r"tiny.*here", text)
    assert "imagenet" in text
    rows = call("models", "list", "--json").lines[-1]["models"]
    assert {"name", "kind", "licence", "present"} <= rows[0].keys()
    assert [line.split()[:2] for line in text.splitlines()] == [[row["kind"], row["name"]] for row in rows]


def test_models_list_fits_a_terminal(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    text = call("models", "list").out
    assert max(map(len, text.splitlines())) <= 80
    for part in ("VQGANs\n  tiny", "CLIPs\n", "its gradients look like", "[MIT]", "980.1 MB"):
        assert part in text


@pytest.mark.slow
def test_models_verify_checks_what_is_here(call: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    answer = call("models", "verify")
    assert answer.code == 0
    assert "tiny_vqgan.safetensors: as published" in answer.out
    monkeypatch.setenv("VQCLIP_CACHE_DIR", str(tmp_path))
    for name in ("imagenet-1024", "wikiart"):
        (tmp_path / "vqgan").mkdir(exist_ok=True)
        (tmp_path / "vqgan" / f"{name}.ckpt").write_bytes(b"not the model")
    answer = call("models", "verify")
    assert answer.code == 3
    assert "wikiart.ckpt is not the published file" in answer.err
    assert call("models", "verify", "wikiart").code == 3
    named = call("models", "verify", "tiny", "vqgan_imagenet_f16_1024", "--json")
    assert named.code == 0, "only what is named is looked at"
    assert named.record["verified"]["imagenet-1024"] is False
    for name, code, words in [("coco", 3, "models download coco"), ("coko", 2, "Did you mean")]:
        missing = call("models", "verify", name)
        assert (missing.code, words in missing.err.replace("\n", " ")) == (code, True)
    (tmp_path / "vqgan" / "wikiart.ckpt").unlink()
    assert "imagenet-1024: here, but no hash of it was published" in call("models", "verify").out


@pytest.mark.slow
def test_an_unknown_word_is_reported_with_the_one_that_was_meant(call: Any) -> None:
    answer = call("generate", "a red appple on a hill", "--seed", "1", "-o", "run", *FAST)
    assert answer.code == 0
    (line,) = [line for line in answer.err.splitlines() if line.startswith("warning")]
    assert line == "warning: tiny does not know the word 'appple'. Did you mean 'apple' for 'appple'?"


@pytest.mark.slow
@pytest.mark.option("--quiet", "style")
def test_quiet_sums_up_the_warnings_in_one_line_before_the_first_step(call: Any) -> None:
    answer = call(
        "generate", "жщзх", "--style", "3d", "--prompt-also", "feline", "--seed", "1", "-o", "run", "-q", *FAST
    )
    assert answer.code == 0
    (line,) = answer.err.splitlines()
    assert line.startswith("warning: tiny knows none of the words of 'жщзх': use other words")
    assert "hardly knows the word 'feline'" in line
    assert "render" not in line, "the style put that word there"
    lines = call("generate", "жщзх", "--seed", "1", "-o", "other", "--json", *FAST).lines
    kinds = [line["event"] for line in lines]
    assert kinds.index("warned") < kinds.index("started")


@pytest.mark.slow
@pytest.mark.option("sample --output")
def test_sample_writes_a_sheet_and_tells_the_ranking(call: Any) -> None:
    answer = call("sample", "a red apple", "-n", "3", "--seed", "2", "-o", "sheet.png", "--json", "--threads", "1")
    result = answer.lines[-1]
    assert (result["image"], result["seed"]) == ("sheet.png", 2)
    rows = result["candidates"]
    assert [row["ranking"] for row in rows] == sorted(row["ranking"] for row in rows)
    assert all(row["ranking"] >= row["loss"] - 0.3 * row["log_probability"] - 1e-4 for row in rows)
    assert Image.open("sheet.png").width > 3 * 64
    plain = call("sample", "a red apple", "-n", "3", "--seed", "2", "--threads", "1")
    assert plain.out == "candidates.png\n"
    assert Path("candidates.png").read_bytes() == Path("sheet.png").read_bytes()


@pytest.mark.slow
@pytest.mark.option("config show --sources")
def test_config_show_prints_what_config_reads(call: Any) -> None:
    shown = call("config", "show", "--seed", "4", "--clip", "tiny:0.5")
    Path("mine.yaml").write_text(shown.out)
    assert call("config", "check", "mine.yaml").out == "mine.yaml: valid\n"
    again = call("config", "show", "--config", "mine.yaml")
    assert again.out == shown.out
    assert "# --seed" in call("config", "show", "--seed", "4", "--sources").out
    record = call("config", "show", "--seed", "4", "--json").lines[-1]
    assert record["settings"]["seed"] == 4
    assert record["sources"]["seed"] == "--seed"


BAD = [
    (["generate", ""], 2, "prompt is empty"),
    (["generate", "a||b"], 2, "position 3"),
    (["generate", "a:nan"], 2, "not a finite number, at position 3"),
    (["generate", "a", "--size", "0"], 2, "16 to 8192"),
    (["generate", "a", "--size", "abc"], 2, "16 to 8192"),
    (["generate", "a", "-n", "-1"], 2, "0 to"),
    (["generate", "a", "-n", "many"], 2, "whole number"),
    (["generate", "a", "--fps", "0"], 2, "0.1 to 240"),
    (["generate", "a", "--preset", "nonsense"], 2, "unknown preset"),
    (["generate", "a", "--device", "gpu"], 2, "cpu, cuda"),
    (["generate", "a", "--nonsense"], 2, "--nonsense"),
    (["generate"], 2, "prompt"),
    (["nonsense"], 2, "nonsense"),
    (["generate", "a", "--prior-style", "cubist"], 2, "fluent-flat, fluent, fluent-3d, noto, blob, twemoji"),
    (["generate", "a", "--init", "tokens", "--candidates", "3"], 2, "candidates has no effect"),
    (["sample", "a", "--candidates", "0"], 2, "1 to 1024"),
    (["sample", "a", "-o", "sheet.jpg"], 2, "sheet.jpg"),
    (["sample", ""], 2, "prompt is empty"),
    (["generate", "a", "--vqgan", "nowhere.ckpt"], 3, "nowhere.ckpt"),
    (["generate", "a", "--vqgan", "imagenet", "--clip", "tiny"], 3, "imagenet"),
    (["generate", "a", "--clip", "local-dir:nowhere"], 3, "nowhere"),
    (["generate", "a", "--init-image", "nowhere.png"], 4, "nowhere.png"),
    (["generate", "a", "--config", "nowhere.yaml"], 2, "nowhere.yaml"),
    (["generate", "a", "-o", "file"], 5, "file"),
    (["resume", "nowhere"], 4, "nowhere does not exist"),
    (["video", "nowhere"], 4, "nowhere does not exist"),
    (["info", "nowhere.png"], 4, "nowhere.png"),
    (["info", "file"], 4, "file"),
    (["reconstruct", "nowhere.png", "-o", "out.png"], 4, "nowhere.png"),
    (["reconstruct", "nowhere.png", "-o", "out.jpg"], 2, "out.jpg"),
    (["config", "check", "nowhere.yaml"], 2, "nowhere.yaml"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), BAD, ids=[" ".join(a) for a, *_ in BAD])
def test_bad_input_gets_its_code_and_a_line_that_names_it(
    call: Any, arguments: list[str], code: int, words: str
) -> None:
    Path("file").write_text("not a picture, not a folder")
    plain = call(*arguments)
    assert plain.code == code
    assert plain.out == ""
    assert words in plain.err
    assert "Traceback" not in plain.err
    told = call(*arguments, "--json")
    assert told.code == code
    assert len(told.lines) == 1
    assert told.lines[0]["event"] == "error"
    assert told.lines[0]["exit_code"] == code
    assert words in told.lines[0]["message"] + told.lines[0]["hint"]
    assert [path.name for path in Path().iterdir()] == ["file"], "nothing is left behind"


@pytest.mark.slow
def test_bad_input_is_refused_before_torch_is_imported() -> None:
    Path("file").write_text("")
    commands = [a for a, *_ in BAD if a[0] in ("generate", "resume", "config")][:18]
    probe = (
        "import sys, vqclip.cli as c\n"
        f"for command in {commands!r}:\n"
        "    code = c._run(command)\n"
        "    print('ended', code, sorted({'torch', 'open_clip', 'torchvision'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=100)
    ends = [line for line in done.stdout.splitlines() if line.startswith("ended")]
    assert len(ends) == len(commands)
    for command, end in zip(commands, ends, strict=True):
        assert re.fullmatch(r"ended [2345] \[\]", end), (command, end)


@pytest.mark.parametrize("error", [Diverged, OutOfMemory, EncoderError, ModelError, VqclipError])
def test_every_error_has_its_own_exit_code(
    call: Any, monkeypatch: pytest.MonkeyPatch, error: type[VqclipError]
) -> None:
    from vqclip.runs import launch

    def fail(*_: Any, **__: Any) -> Any:
        raise error("something broke.", "Do this.")

    monkeypatch.setattr(launch, "start", fail)
    answer = call("generate", "a")
    assert answer.code == error.exit_code
    assert answer.err == "error: something broke.\nDo this.\n"


@pytest.mark.parametrize(
    "prompt", ["[bold]red[/bold]", "\x1b[31mred", "a\u202eb", "苹果 🍎", "${oc.env:HOME} ??? %s {}", "no"]
)
@pytest.mark.slow
def test_fault_30_prompts_reach_the_picture_unharmed_and_never_steer_the_terminal(call: Any, prompt: str) -> None:
    answer = call("generate", prompt, "--seed", "1", "-o", "run", *FAST)
    assert answer.code == 0
    assert "\x1b" not in answer.err + answer.out
    assert "\u202e" not in answer.err + answer.out
    told = call("info", "run/image.png", "--json").lines[-1]["metadata"]
    assert told["vqclip"]["settings"]["prompt"] == prompt


@pytest.mark.slow
def test_fault_33_prompts_never_choose_a_place(call: Any) -> None:
    for prompt in ("../../etc/x", "CON", "/absolute", "🍎🍎", "x" * 3000):
        answer = call("generate", prompt, "--seed", "1", "-q", *FAST, "-n", "0")
        path = Path(answer.out.strip())
        assert path.parent.parent == Path("runs").absolute(), prompt
        assert len(path.parent.name) < 90


COMMANDS = ["", "generate", "sample", "resume", "video", "reconstruct", "info", "models", "models list",
            "models show", "models download", "models convert",
            "models verify", "config", "config show", "config check", "classify", "score", "index",
            "search", "encode", "decode", "rerun", "cutouts", "upscale", "report", "sweep", "continue",
            "interpolate", "edit", "outpaint",
            "variations", "batch", "restyle", "config list", "setup", "doctor"]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_eighty_columns_and_gives_every_default(call: Any, command: str) -> None:
    answer = call(*command.split(), "--help")
    assert answer.code == 0
    assert answer.err == ""
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "…" not in answer.out
    assert "..." not in answer.out.replace("[ARGS]...", "").replace("{FILE}...", "").replace(
        "{IMAGE}...", ""
    ).replace("{NAME}...", "").replace("[NAME]...", "").replace("{ENDS}...", "")


def test_every_setting_is_an_option_with_its_default_and_unit(call: Any) -> None:
    text = re.sub(r"\s+", " ", call("generate", "--help-all").out)
    for name, option in options().items():
        if name == "prompt":
            continue
        assert f"--{name.replace('_', '-')}" in text, name
        assert option.help in text, name
    assert text.count("[default:") >= len(options()) - 1
    for unit in ("pixels", "steps", "cutouts", "frames/s"):
        assert re.search(rf"\[default: [^\]]*{unit}", text), unit


@pytest.mark.option("--help-all")
def test_generate_shows_few_common_options_and_examples_and_says_how_to_see_all(call: Any) -> None:
    text = call("generate", "--help").out
    assert len(text.splitlines()) <= 80
    assert max(map(len, text.splitlines())) <= 80
    assert len(re.findall(r"^  (?:-\w, )?--", text, re.M)) <= 30
    assert len(re.findall(r"^  vqclip generate ", text, re.M)) == 3
    assert re.search(r"vqclip generate --help-all shows all 1\d\d options", text)
    everything = call("generate", "--help-all").out
    assert max(map(len, everything.splitlines())) <= 80
    assert re.findall(r"^([A-Z][\w ]+):$", everything, re.M)[2:-1] == list(PANELS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_an_example_that_calls_it(call: Any, command: str) -> None:
    text = call(*command.split(), "--help").out.partition("Examples:\n")[2]
    assert f"  vqclip {command}".rstrip() in text


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("generate", "-p", "apple"), 'The prompt needs no option, as in: vqclip generate "a red apple"'),
        (("generate", "apple", "--presett", "draft"), "Did you mean '--preset'? See --help for what is valid."),
        (
            ("generate", "apple", "--seed", "-1"),
            "Valid: 0 to 9223372036854775807, or no seed for another picture each time.",
        ),
        (("outpaint", "a.png", "--right", "10"), "Write it as in: vqclip outpaint photo.png --right 64 -o wider.png"),
        (("variations", "a.png"), "Write it as in: vqclip variations photo.png -n 8 -o variations"),
    ],
)
def test_a_wrong_command_line_shows_the_right_one(call: Any, arguments: tuple[str, ...], hint: str) -> None:
    answer = call(*arguments)
    assert (answer.code, answer.err.splitlines()[1:]) == (2, [hint]), answer.err


def test_a_prompt_without_a_command_is_answered_with_the_command(call: Any) -> None:
    answer = call("a red apple")
    assert answer.code == 2
    assert 'vqclip generate "a red apple"' in answer.err
    assert "Did you mean 'generate'?" in call("genrate").err
    assert 'vqclip generate "a red apple"' in call("draw", "a red apple", "--seed", "1").err


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("generate --style in", ["ink"]),
        ("generate --preset imagenet-b", ["imagenet-best", "imagenet-better"]),
        ("generate --cut-method pi", ["pixray"]),
        ("generate --vqgan tin", ["tiny"]),
        ("score --clip ViT-B-3", ["ViT-B-32"]),
        ("generate --video-format we", ["webm", "webp"]),
    ],
)
@pytest.mark.slow
def test_names_complete_in_the_shell(typed: str, words: list[str]) -> None:
    line = f"vqclip {typed}"
    shell = {"_VQCLIP_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1)}
    answer = in_a_process(env={**os.environ, **shell})
    assert set(words) <= set(answer.stdout.split()), answer.stderr
    assert all(word.startswith(typed.split()[-1]) for word in answer.stdout.split())


def test_no_command_shows_help_and_version_is_one_line(call: Any) -> None:
    assert call().code == 0
    assert "generate" in call().out
    assert re.fullmatch(r"vqclip \d+\.\d+\.\d+\n", call("--version").out)


def test_python_m_is_the_same_program() -> None:
    told = in_a_process("--version")
    assert told.returncode == 0
    assert told.stdout.startswith("vqclip ")
    script = shutil.which("vqclip", path=str(Path(sys.executable).parent))
    assert script is not None
    assert in_a_process("--help").stdout == subprocess.check_output([script, "--help"], text=True)


def test_help_imports_no_library_that_it_does_not_show() -> None:
    probe = (
        "import sys, vqclip.cli as c\n"
        "try: c.main(['--help'])\n"
        "except SystemExit: print(sorted({'numpy', 'omegaconf', 'PIL', 'av', 'rich', 'torch'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=100)
    assert told.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_help_costs_little_more_than_typer() -> None:
    def seconds(*command: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=True, timeout=60)
        return time.perf_counter() - began

    pairs = [(seconds("-m", "vqclip", "--help"), seconds("-c", "import typer")) for _ in range(7)]
    ours, typers = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert ours <= 2.5 * typers


def start(*arguments: str) -> subprocess.Popen[str]:
    command = [forks.program(), "generate", "a red apple", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def heeded() -> Iterator[None]:
    """Signals as a terminal starts a command, even where these tests run behind nohup or & of a script."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.long
@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_fault_39_and_40_a_signal_keeps_the_run_and_says_how_to_go_on(number: int, code: int) -> None:
    long = [*FAST, "-n", "5000", "--seed", "1", "-o", "run", "--save-every", "1"]
    process = start(*long)
    wait_for(Path("run/frames/00003.png"), process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    assert re.search(r"stopped at step \d+ of 5000", err)
    assert "vqclip resume" in err
    assert json.loads(Path("run/run.json").read_text())["status"] == "interrupted"
    assert list(Path("run/state").glob("step-*.safetensors"))


@pytest.mark.slow
def test_fault_40_a_reader_that_goes_away_causes_no_traceback() -> None:
    long = [*FAST, "-n", "400", "--seed", "1", "-o", "run", "--json"]
    process = start(*long)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.wait(timeout=60)
    assert process.returncode == 141
    assert "Traceback" not in err
    assert "Exception ignored" not in err


@pytest.mark.long
def test_fault_59_and_60_odd_places_and_odd_environments() -> None:
    odd = Path("an odd  'place' – 世界")
    odd.mkdir()
    environment = {**os.environ, "COLUMNS": "1", "TERM": "dumb", "LC_ALL": "C", "TZ": "Odd/Zone"}
    environment.pop("HOME", None)
    told = in_a_process("generate", "a red apple", "--seed", "1", "-o", "my run", *FAST, cwd=odd, env=environment)
    assert told.returncode == 0, told.stderr
    assert (odd / "my run" / "image.png").is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_command_that_keeps_no_run_with_a_word_and_tidily(
    call: Any, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    Path("pictures").mkdir()
    Image.new("RGB", (8, 8)).save("pictures/a.png")
    tidied = []

    def interrupted(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), number)
            time.sleep(5)
        finally:
            tidied.append(True)

    monkeypatch.setattr("vqclip.search.score.index", interrupted)
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    answer = call("index", "pictures")
    assert (answer.code, answer.err.strip(), tidied) == (code, "stopped at once.", [True])
    assert [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    monkeypatch.setattr("vqclip.search.score.index", interrupted)
    assert call("index", "pictures", "--json").lines[-1]["exit_code"] == code


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with StopSignals() as stop:
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
            assert stop() is None
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_standard_output_on_a_full_disk_is_reported_on_standard_error(flags: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        told = subprocess.run(
            [sys.executable, "-m", "vqclip", "config", "list", *flags],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert told.returncode == 5
    assert told.stderr.splitlines()[0] == "error: Cannot write standard output: the disk is full."
    assert "Traceback" not in told.stderr


def test_a_text_without_quotes_is_explained(call: Any) -> None:
    answer = call("generate", "a", "red", "apple")
    assert answer.code == 2
    assert 'vqclip generate "a red apple"' in answer.err


def test_words_behind_classify_are_explained_as_pictures(call: Any) -> None:
    answer = call("classify", "frog.png", "frog", "car")
    assert answer.code == 2
    assert "Words without a flag are pictures" in answer.err


def test_whole_numbers_have_whole_limits(call: Any) -> None:
    assert "Valid: 0 to 9223372036854775807, or" in call("generate", "a cat", "--seed", "-1").err


@pytest.mark.slow
def test_info_says_how_far_a_run_is(call: Any) -> None:
    assert call("generate", "a red apple", "--size", "32x32", "-n", "2", "--candidates", "2", "-o", "run").code == 0
    answer = call("info", "run")
    assert "status" in answer.out
    assert "finished" in answer.out
    assert call("info", "run", "--json").record["run"]["status"] == "finished"


@pytest.mark.slow
def test_prompts_that_are_all_negative_are_doubted(call: Any) -> None:
    assert "no prompt names what to draw" in call("generate", "a cat:-1", "--dry-run").err
    assert "no prompt names what to draw" not in call("generate", "a cat:-1 | a dog", "--dry-run").err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("style", "warned"), [("oil", True), ("watercolor", True), ("ink", False), ("poster", False)]
)
def test_a_style_that_the_clip_does_not_know_warns_unless_it_shows_otherwise(
    call: Any, style: str, warned: bool
) -> None:
    answer = call("generate", "a fish", "--style", style, "--dry-run")
    assert ("knows no styles" in answer.err) == warned, answer.err

"""What the documents show is run: the commands of the README and of every page, and CONTRIBUTING's examples."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from attacks import forks
from documents import DOCS, QUICK, ROOT, blocks, make_material
from PIL import Image

import vqclip
from vqclip import image_losses
from vqclip.cli.failures import EXIT_CODES
from vqclip.errors import Interrupted, VqclipError
from vqclip.events import Finished
from vqclip.settings import sources
from vqclip.settings.cut_methods import AUGMENTS, CUT_METHODS
from vqclip.settings.schema import default_of, options

PAGES = [f"docs/{path.name}" for path in sorted(DOCS.glob("*.md")) if blocks(f"docs/{path.name}", "sh")]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, kept_models: None) -> None:
    """Make runs short, keep their models, and let a shell find this vqclip."""
    for name, value in QUICK.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{forks.program().parent}:{Path(sys.executable).parent}:/usr/bin:/bin")


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("quick")
def test_the_commands_of_the_readme_run_in_their_order(call: Any) -> None:
    Path("prompts.txt").write_text("a red apple\na blue car\n")
    lines = "".join(blocks("README.md", "sh")).splitlines()
    assert sum(line.startswith("vqclip ") for line in lines) == len(lines) >= 9
    for line in lines:
        answer = call(*shlex.split(line)[1:])
        assert answer.code == 0, f"{line}\n{answer.err}"
    for path in ("car/image.png", "tile/image.png", "red-car/image.png", "grid/sheet.png", "nearest.png"):
        assert Path(path).stat().st_size > 0, path


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("quick")
def test_the_python_of_the_readme_runs() -> None:
    (example,) = blocks("README.md", "python")
    exec(compile(example, "README.md", "exec"), {"__name__": "__main__"})
    assert Path("apple.png").read_bytes()
    assert Path("apple/image.png").is_file()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("quick")
def test_the_python_of_the_page_on_the_api_runs(capsys: pytest.CaptureFixture[str]) -> None:
    script = "\n".join(blocks("docs/api.md", "python")) + "print(picture.shape)"
    exec(compile(script, "docs/api.md", "exec"), {"__name__": "__main__"})
    drawn, first, second, shape = capsys.readouterr().out.splitlines()
    assert all(Path(word).is_file() for word in drawn.split()[:2])
    assert Path("half/image.png").is_file()
    assert (first.split()[0], second.split()[0], shape) == ("1", "2", "(32, 32, 3)")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the commands of the pages read."""
    folder = tmp_path_factory.mktemp("material")
    make_material(folder)
    return folder


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("page", PAGES)
def test_the_commands_of_a_page_run_in_their_order(page: str, material: Path, call: Any) -> None:
    shutil.copytree(material, ".", ignore=shutil.ignore_patterns("car", "tree"), dirs_exist_ok=True)
    for line in "".join(blocks(page, "sh")).splitlines():
        command, _, kept = line.partition(" > ")
        arguments = shlex.split(command.removeprefix("vqclip "))
        answer = call(*arguments)
        assert answer.code == 0, f"{line}\n{answer.err}"
        assert answer.out.strip(), line
        if kept:
            Path(kept).write_text(answer.out)
        for made in re.findall(r" (?:-o|--sheet) (\S+)", command):
            assert Path(made).exists(), line
            if Path(made).suffix == "":
                assert Path(answer.out.splitlines()[-1]).stat().st_size > 0, line


def test_the_pages_show_many_commands() -> None:
    counts = {page: "".join(blocks(page, "sh")).count("vqclip ") for page in PAGES}
    assert sum(counts.values()) >= 100
    assert counts["docs/guide.md"] >= 35
    assert counts["docs/starts.md"] >= 10
    assert counts["docs/many.md"] >= 11


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("quick")
def test_the_loop_over_a_file_of_prompts_draws_each_once() -> None:
    Path("prompts.txt").write_text("a red apple\na blue car\n")
    (script,) = blocks("docs/runs.md", "bash")
    drawn = []
    for _ in range(2):
        subprocess.run(["bash", "-euo", "pipefail", "-c", script], check=True)
        drawn.append({path: path.stat().st_mtime_ns for path in Path("out").glob("*/image.png")})
    assert set(drawn[0]) == {Path("out/a red apple/image.png"), Path("out/a blue car/image.png")}
    assert drawn[0] == drawn[1]


def test_the_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)$", "\n".join(blocks("README.md", "")), re.MULTILINE):
        assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE), target


def test_continuous_integration_runs_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    steps = [step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"]]
    for script in ("\n".join(steps), (ROOT / ".ci/run").read_text()):
        lines = re.findall(r"^make (.+)$", script, re.MULTILINE)
        # A step may choose its target: ${{ condition && 'coverage' || 'test' }}.
        targets = {target or line for line in lines for target in re.findall(r"^\w+$|'([a-z-]+)'", line)}
        if "coverage" in targets:
            assert re.search(r"^coverage:.*\n\t\$\(MAKE\) test-all ", makefile, re.MULTILINE), "it runs the tests"
            targets.add("test-all")
        assert targets >= {"lint", "typecheck", "docs", "test-all", "fuzz"}
        for target in targets:
            assert re.search(rf"^{target}:.* ## ", makefile, re.MULTILINE), target


def test_the_extra_all_holds_every_extra_of_users() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = setup["options.extras_require"]
    (named,) = re.findall(r"^vqclip\[(.+)\]$", extras["all"].strip())
    assert set(named.split(",")) == set(extras) - {"all", "dev", "docs"}


DOCUMENTS = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "checkpoints/README.md",
    "training/README.md",
    *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md"))),
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_links_to_is_there(name: str) -> None:
    path = ROOT / name
    for target, _, place in re.findall(r"\]\((?!http)([^)#\s]*)(#([^)\s]+))?\)", path.read_text(encoding="utf-8")):
        there = path.parent / target if target else path
        assert there.exists(), target
        if place:
            heads = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert place in [re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads], place


def test_the_exit_codes_are_the_same_in_the_program_its_help_and_the_documents(call: Any) -> None:
    def kinds(kind: type[VqclipError]) -> Iterator[type[VqclipError]]:
        yield kind
        for below in kind.__subclasses__():
            yield from kinds(below)

    stopped = {Interrupted("", "", number).exit_code for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    ended = {kind.exit_code for kind in kinds(VqclipError)}
    said = " ".join(EXIT_CODES.split())
    assert {int(number) for number in re.findall(r"\d+", said)} == {0} | ended | stopped
    pages = [call("--help").out, *((DOCS / name).read_text() for name in ("runs.md", "reference.md"))]
    for page in pages:
        assert said in " ".join(page.split())


def test_the_page_on_styles_names_every_style() -> None:
    table = (DOCS / "styles.md").read_text(encoding="utf-8").partition("| style |")[2].partition("```")[0]
    listed = re.findall(r"`([\w-]+)`(?=[^|\n]* \|[^|\n]*\|)", table)
    assert set(listed) == {path.stem for path in (ROOT / "configs/styles").glob("*.yaml")}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 130


def test_the_readme_opens_with_a_picture_made_by_the_tool() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))[:1]
    with Image.open(ROOT / picture) as sheet:
        assert sheet.width >= 800


WITH_ONE_MORE_METHOD = """
import json, sys
from pathlib import Path
import vqclip.cutouts.methods as package
from vqclip.settings.cut_methods import CUT_METHODS
package.__path__.append("more")
exec(sys.argv[2], {"CUT_METHODS": CUT_METHODS})

import vqclip
from vqclip.settings.schema import options
from vqclip.jobs.cutout_sheet import draw_sheet

settings = json.loads(sys.argv[1])
drawn = list(vqclip.generate("a red apple", **settings))
used = sys.modules["vqclip.cutouts.methods.close_up"].__file__
seen = draw_sheet(vqclip.Settings(cut_method="close-up", seed=1), Path("photo.png"), Path("seen.png"))
try:
    vqclip.generate("a red apple", cut_pow=2.0, **settings)
except vqclip.VqclipError as error:
    refused = error.message
print(json.dumps({
    "choices": options()["cut_method"].choices,
    "steps": drawn[-1].step,
    "cutouts": [(row["size"], row["side"]) for row in seen["cutouts"]],
    "refused": refused,
    "used": used,
}))
"""


@pytest.mark.slow
def test_the_example_of_a_cut_method_is_one_file_and_one_row_and_is_offered_and_used(small: dict[str, Any]) -> None:
    (example,) = (block for block in blocks("CONTRIBUTING.md", "python") if "def plan(" in block)
    (row,) = (block for block in blocks("CONTRIBUTING.md", "python") if '"close-up":' in block)
    row = f"CUT_METHODS.update({{{row}}})"
    assert len(example[example.index("def ") :].splitlines()) <= 5
    Image.effect_noise((256, 192), 90).convert("RGB").save("photo.png")
    Path("more").mkdir()
    Path("more/close_up.py").write_text(example, encoding="utf-8")
    settings = json.dumps(small | {"cut_method": "close-up", "seed": 1, "iterations": 2})
    done = subprocess.run(
        [sys.executable, "-c", WITH_ONE_MORE_METHOD, settings, row], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert sorted(set(found["choices"]) - set(CUT_METHODS)) == ["close-up"]
    assert found["steps"] == 2
    assert [round(size / side, 3) for size, side in found["cutouts"]] == [1] * len(found["cutouts"])
    assert len(found["cutouts"]) == default_of("cutouts")
    assert found["refused"] == "cut_pow has no effect on close-up's cutouts."
    assert Path(found["used"]).samefile("more/close_up.py")


@pytest.mark.slow
def test_the_example_of_a_loss_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_losses, "IMAGE_LOSSES", dict(image_losses.IMAGE_LOSSES))
    (example,) = (block for block in blocks("CONTRIBUTING.md", "python") if "@image_loss" in block)
    assert len(example.splitlines()) <= 5
    exec(compile(example, "CONTRIBUTING.md", "exec"), dict(vars(image_losses)))
    quick: dict[str, Any] = {"size": "32x32", "iterations": 6, "stages": 1, "init": "tokens", "cutouts": 4, "ema": 0}

    def light(weight: int) -> float:
        *_, last = vqclip.generate("a red apple", seed=1, learning_rate=0.3, loss=[f"brightness:{weight}"], **quick)
        assert isinstance(last, Finished)
        return float(last.image().mean())

    assert light(9) > light(-9) + 10


def test_every_package_is_in_the_table_and_in_the_contract() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    contract = (ROOT / "setup.cfg").read_text(encoding="utf-8").partition("[importlinter:contract:")[2]
    for path in sorted((ROOT / "vqclip").iterdir()):
        if path.name.startswith(("_", "py.")):
            continue
        assert f"`{path.name}{'/' * path.is_dir()}`" in table, path
        if path.is_symlink():  # data: there is no module in it
            continue
        assert re.search(rf"\bvqclip\.{path.stem}\b", contract), path


def test_no_module_is_long() -> None:
    for path in sorted((ROOT / "vqclip").rglob("*.py")):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 450, f"{path} has grown two jobs"


def test_the_page_on_cutouts_names_every_method_and_code() -> None:
    page = (DOCS / "cutouts.md").read_text(encoding="utf-8")
    for name in (*CUT_METHODS, *AUGMENTS):
        assert f"| `{name}` |" in page, name
    rows = [line.rpartition("| `")[2] for line in page.splitlines() if "| `--cut-method" in line]
    assert len(rows) >= 8
    for row in rows:
        words = shlex.split(row.split("`")[0])
        given = dict(zip(words[::2], words[1::2], strict=False))
        changes = {name[2:].replace("-", "_"): value for name, value in given.items() if value}
        sources.resolve({name: value for name, value in changes.items() if name in options()}, environment={})

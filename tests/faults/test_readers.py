"""Row 17 of the fault table, for every file: one module opens what others wrote, and nothing waits for a pipe."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import vqclip

PACKAGE = Path(vqclip.__file__).parent
READERS = {
    "open", "fdopen", "read_text", "read_bytes", "safe_load", "safe_open", "load_file", "ZipFile", "GzipFile",
    "TarFile", "fromfile", "loadtxt", "genfromtxt", "imread", "imopen", "memmap", "read_array",
}  # fmt: skip
"""Names of functions that open a file or parse its content, of Python's and of every library here."""
PARSERS = ("json", "yaml", "np", "numpy", "torch", "pickle", "tomllib", "OmegaConf", "safetensors")
"""Modules whose `load`, `loads` and `compose` do so too."""
ALLOWED: dict[str, dict[str, str]] = {
    "models/download.py": {
        "zipfile.ZipFile": "of a handle that reading opened",
        "archive.open": "a member of it",
        "self.part.open": "for writing",
    },
    "models/inspection.py": {"zipfile.ZipFile": "of a handle that reading opened", "archive.open": "a member of it"},
    "models/weight_files.py": {
        "load_file": "after inspection.inspect has opened and judged the file",
        "torch.load": "the same",
        "zipfile.ZipFile": "the same, for the weights of a TorchScript archive",
    },
    "synthesis/state.py": {"safe_open": "after inspection.inspect has opened and judged the file"},
    "search/index.py": {"safe_open": "after inspection.inspect has opened and judged the file"},
    "media/token_grids.py": {
        "zipfile.ZipFile": "of a handle that reading opened",
        "archive.open": "a member of it",
        "np.lib.format.read_array": "of bytes in memory, with allow_pickle=False",
    },
    "picture_files.py": {"Image.open": "of a handle that reading opened"},
    "media/containers.py": {"av.open": "after reading.check_regular"},
    "media/video_encoders.py": {"context.open": "an encoder, not a file"},
    "runtime/limits.py": {"read_text": "the kernel's own files below /proc", "path.read_text": "and below /sys"},
    "jobs/ledger.py": {"os.open": "a new file of ours, for appending"},
    "files.py": {
        "os.fdopen": "a file of ours, opened for appending",
        "os.open": "for writing, and a folder to sync",
        "read_text": "the kernel's own file of a process",
    },
    "cli/streams.py": {"os.open": "the null device"},
}
"""What each module may call all the same, and why."""


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _writes(call: ast.Call) -> bool:
    """Whether a call of `open` has a literal mode that writes."""
    modes = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    texts = [node.value for node in modes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(set(text) & set("wax+") and set(text) <= set("rwaxbt+") for text in texts)


def readers(source: str) -> list[str]:
    """The calls of a module that open or parse a file, but for those that go through `vqclip.reading`."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = _dotted(node.func).lstrip(".")
        last = name.rpartition(".")[2]
        parses = last in ("load", "loads", "compose") and name.startswith(PARSERS)
        reads = last in READERS and not name.startswith("reading.") and not (last == "open" and _writes(node))
        if parses or reads:
            found.append(name)
    return found


MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("module", [name for name in MODULES if name != "reading.py"])
def test_fault_17_every_file_of_others_is_opened_by_one_module(module: str) -> None:
    imported = "from vqclip.reading import"
    text = (PACKAGE / module).read_text(encoding="utf-8")
    calls = [name for name in readers(text) if not (imported in text and name in ("read_text", "read_bytes"))]
    assert set(calls) <= set(ALLOWED.get(module, {})), "open files with vqclip.reading"


def test_no_exception_is_left_over() -> None:
    for module, names in ALLOWED.items():
        assert set(names) <= set(readers((PACKAGE / module).read_text(encoding="utf-8"))), module


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("open(path)", ["open"]),
        ("path.open('rb')", ["path.open"]),
        ("path.open('w')", []),
        ("path.open(mode='r+b')", []),
        ("Path(x).read_text()", ["read_text"]),
        ("json.load(handle)", ["json.load"]),
        ("json.loads(path.read_bytes())", ["json.loads", "path.read_bytes"]),
        ("yaml.safe_load(x)", ["yaml.safe_load"]),
        ("np.load(path)", ["np.load"]),
        ("reading.read_bytes(path, 9)", []),
    ],
)
def test_the_check_sees_what_it_has_to(source: str, expected: list[str]) -> None:
    assert readers(source) == expected

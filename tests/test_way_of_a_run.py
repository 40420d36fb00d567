"""CONTRIBUTING's section "The way of a run": a plain run passes the functions that it lists, and no others."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import vqclip
from vqclip.synthesis.loop import StepResult, Synthesizer

PACKAGE = Path(vqclip.__file__).parent
ROOT = PACKAGE.parent
MOST_FUNCTIONS, MOST_FILES, MOST_STEP_LINES, MOST_FUNCTION_LINES = 10, 6, 30, 60


def section() -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return text.partition("## The way of a run\n")[2].partition("\n## ")[0]


def listed() -> list[tuple[str, str]]:
    """The file and the function of each numbered line."""
    return re.findall(r"^\d+\. `vqclip/([\w/]+\.py)`: `([\w.]+)`", section(), re.MULTILINE)


def test_the_listed_functions_and_files_exist_and_are_few() -> None:
    functions = listed()
    assert 5 <= len(functions) <= MOST_FUNCTIONS
    for path, name in functions:
        assert name in dict(definitions(PACKAGE / path)), (path, name)
    files = re.findall(r"^- `vqclip/([\w/]+\.py)`", section(), re.MULTILINE)
    assert 1 <= len(files) <= MOST_FILES
    assert all((PACKAGE / path).is_file() for path in files)


def test_a_plain_run_is_as_deep_as_the_list(
    call: Any, small: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    step, stacks = Synthesizer.step, []

    def watched(self: Synthesizer) -> StepResult:
        stacks.append(list(ours(sys._getframe(1))))
        return step(self)

    monkeypatch.setattr(Synthesizer, "step", watched)
    flags = [f"--{name.replace('_', '-')}={value}" for name, value in small.items()]
    answer = call("generate", "a red apple", *flags, "--seed=1", "-o", "run")
    assert answer.code == 0, answer.err
    deepest = [*stacks[0], ("synthesis/loop.py", "Synthesizer.step")]
    known = listed()
    assert len(deepest) <= MOST_FUNCTIONS
    assert [frame for frame in deepest if frame not in known] == []
    assert not any(path.endswith("best_of.py") for stack in stacks for path, _ in stack)


def ours(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    """The functions of the package from the command down to this frame."""
    found = []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(PACKAGE):
            found.append((path.relative_to(PACKAGE).as_posix(), frame.f_code.co_qualname))
            if found[-1] == ("cli/generate.py", "generate"):
                break
        frame = frame.f_back
    return reversed(found)


def test_a_step_fits_on_a_screen() -> None:
    assert len(inspect.getsource(Synthesizer.step).splitlines()) <= MOST_STEP_LINES


def definitions(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    """The functions and methods of a module, by qualified name."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.{method.name}", method) for method in node.body if is_function(method))


def is_function(node: ast.stmt) -> bool:
    return isinstance(node, ast.FunctionDef)


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Not even by imports within functions, which only put the circle off."""
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    imported = {name: set(imports(path, modules.keys())) - {name} for name, path in modules.items()}
    while imported:
        free = {name for name, needs in imported.items() if not needs & imported.keys()}
        assert free, f"these import each other: {sorted(imported)}"
        imported = {name: needs for name, needs in imported.items() if name not in free}


def imports(path: Path, modules: Any) -> Iterator[str]:
    """The modules of the package that a module imports, at any place but for type checking."""
    todo: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in modules or node.module in modules:
                    yield full if full in modules else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        todo.extend(ast.iter_child_nodes(node))


def test_no_class_has_several_ways_to_start() -> None:
    starts = {"begin", "_begin", "start", "_start", "_enter"}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found = [method.name for method in node.body if isinstance(method, ast.FunctionDef)]
                assert len(starts.intersection(found)) <= 1, (path, node.name)


def test_no_function_is_long() -> None:
    for path in PACKAGE.rglob("*.py"):
        for name, node in definitions(path):
            assert (node.end_lineno or 0) - node.lineno < MOST_FUNCTION_LINES, (path, name)

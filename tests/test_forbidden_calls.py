"""No line of the package runs code that a file, a prompt or a checkpoint could choose."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import vqclip

PACKAGE = Path(vqclip.__file__).parent
MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
CALLS = {
    "eval", "exec", "compile", "__import__", "os.system", "os.popen", "os.execv", "os.execvp", "os.spawnl",
    "yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "torch.jit.load", "torch.hub.load",
    "subprocess.getoutput", "subprocess.getstatusoutput",
}  # fmt: skip
UNSAFE_LOADERS = {"Loader", "UnsafeLoader", "FullLoader", "CLoader"}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def findings(source: str) -> list[str]:
    """What a module does that no module may do; `torch.load` is found under its own name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if module.partition(".")[0] in MODULES:
                found.append(module)
            found += [f"{module}.{a.name}" for a in node.names if f"{module}.{a.name}" in CALLS | {"torch.load"}]
        elif isinstance(node, ast.Attribute) and node.attr in UNSAFE_LOADERS and _dotted(node.value) == "yaml":
            found.append(_dotted(node))
        elif isinstance(node, ast.Call):
            name = _dotted(node.func)
            given = {word.arg: word.value for word in node.keywords}
            if name in CALLS:
                found.append(name)
            for flag in ("shell", "allow_pickle"):
                if flag in given and not (isinstance(given[flag], ast.Constant) and not given[flag].value):
                    found.append(flag)
            if name == "torch.load":
                safe = isinstance(only := given.get("weights_only"), ast.Constant) and only.value is True
                found.append("torch.load, safe" if safe else "torch.load")
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_fault_01_no_module_can_run_what_a_file_says(path):
    allowed = {"torch.load, safe"} if path == PACKAGE / "models" / "weight_files.py" else set()
    assert set(findings(path.read_text(encoding="utf-8"))) <= allowed


def test_the_one_restricted_load_is_seen():
    assert findings((PACKAGE / "models" / "weight_files.py").read_text(encoding="utf-8")) == ["torch.load, safe"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import pickle", ["pickle"]),
        ("from pickle import loads", ["pickle"]),
        ("torch.load(x)", ["torch.load"]),
        ("torch.load(x, weights_only=flag)", ["torch.load"]),
        ("torch.load(x, weights_only=False)", ["torch.load"]),
        ("from torch import load", ["torch.load"]),
        ("yaml.load(x, Loader=yaml.SafeLoader)", ["yaml.load"]),
        ("yaml.compose(x, Loader=yaml.Loader)", ["yaml.Loader"]),
        ("eval(x)", ["eval"]),
        ("model.eval()", []),
        ("subprocess.run(x, shell=True)", ["shell"]),
        ("subprocess.run(x, shell=False)", []),
        ("os.system(x)", ["os.system"]),
        ("np.load(x, allow_pickle=True)", ["allow_pickle"]),
        ("import pickletools", []),
    ],
)
def test_the_check_sees_what_it_has_to(source, expected):
    assert findings(source) == expected

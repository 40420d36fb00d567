"""Spell the options in a message as Python does: `init_image=FILE` for `--init-image FILE`.

Messages are written for the command line. The Python interface spells each one again, in one place.
"""

from __future__ import annotations

import contextlib
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import replace

from vqclip.errors import VqclipError
from vqclip.events import Event, Warned
from vqclip.settings.schema import default_of, options, type_of

_PARAMETERS = {
    "output": ("output", "str"), "overwrite": ("overwrite", "bool"), "preset": ("preset", "str"),
    "config": ("config_files", "tuple"), "forget": ("forget", "tuple"), "prompt-file": ("prompt", "str"),
}  # fmt: skip
"""What the functions of the interface take beside settings: flag, name and type."""
_FUNCTIONS = {"generate": "draw", "resume": "resume", "rerun": "rerun", "continue": "continue_run"}
_QUOTED = r"""(?<![\w=])(?:'[^']*'|"[^"]*")(?!\w)"""
_ARGUMENT = r"""'[^']*'|"[^"]*"|[^\s,;]*[^\s,;.:)]"""
_SPELLED = re.compile(
    rf"{_QUOTED}|\bvqclip (?P<command>{'|'.join(_FUNCTIONS)}) (?P<argument>{_ARGUMENT})"
    rf"|(?<![\w-])--(?P<flag>[a-z][a-z0-9-]*)(?:(?P<gap>[ =])(?P<value>{_ARGUMENT}))?"
)
# The rest of a word is prose: "--size leaves it" names no size.
_VALUE = re.compile(r"""[A-Z]+|['"].*|.*[\d/.:,%#@-].*""", re.DOTALL)
_REPEATED = re.compile(r"^(\w+): (?=\1 )")


def in_python(text: str) -> str:
    """The text with Python's names; what it quotes stays as it is."""
    return _REPEATED.sub("", _SPELLED.sub(_spell, text))


@contextlib.contextmanager
def python_errors() -> Iterator[None]:
    """Spell the errors of the block as Python does."""
    try:
        yield
    except VqclipError as error:
        error.reword(in_python)
        raise


def python_events(events: Iterator[Event]) -> Iterator[Event]:
    """The events of a run, whose warnings and errors are spelled as Python does."""
    with python_errors():
        for event in events:
            yield replace(event, message=in_python(event.message)) if isinstance(event, Warned) else event


def _spell(found: re.Match[str]) -> str:
    if found["command"]:
        argument = "".join(shlex.split(found["argument"]))
        return f"vqclip.{_FUNCTIONS[found['command']]}({_quoted(argument)})"
    flag = found["flag"]
    if not flag:
        return found[0]
    off = flag.startswith("no-") and flag.replace("-", "_") not in options()
    name, kind = _known(flag.removeprefix("no-") if off else flag)
    if not name:
        return found[0]
    value = found["value"] or ""
    rest = f"{found['gap'] or ''}{value}"
    if kind == "bool":
        return f"{name}={not off}{rest}"
    if not (value and (_VALUE.fullmatch(value) or value in _words(name))):
        return f"{name}{rest}"
    if re.fullmatch("[A-Z]+", value) or (kind in ("int", "float") and value[0] not in "'\""):
        return f"{name}={value}"
    text = _quoted(value.replace("-", "_") if name == "forget" else value.strip("'\""))
    return f"{name}=[{text}]" if kind.startswith("tuple") else f"{name}={text}"


def _words(name: str) -> tuple[str, ...]:
    """The plain words that are values of an option."""
    if name not in options():
        return ()
    default = default_of(name)
    return (*options()[name].choices, *(default if isinstance(default, tuple) else (default,)))


def _known(flag: str) -> tuple[str, str]:
    """The name and the type of a flag; empty for one that Python does not have."""
    name = flag.replace("-", "_")
    return (name, type_of(name)) if name in options() else _PARAMETERS.get(flag, ("", ""))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

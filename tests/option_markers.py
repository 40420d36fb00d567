"""Every option has a test of its effect: `@pytest.mark.option("zoom")` says which.

The arguments of the marker are settings by their names in the schema (`zoom`), options of one command
(`upscale --factor`), or options that mean the same in every command that takes them (`--jobs`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent


def flags(group: Any, context: Any, name: str = "") -> Iterator[str]:
    """Every option that is not a setting, after the name of its command: `upscale --factor`."""
    from vqclip.cli.options import setting_options
    from vqclip.cli.shared import RECORDED

    known = [setting_options(), setting_options(default=RECORDED)]
    settings = {(name, option.help) for each in known for name, (_, option) in each.items()}
    for word in group.commands:
        _, command, _ = group.resolve_command(context, [word])
        inner = type(context)(command, info_name=word, parent=context)
        if hasattr(command, "commands"):
            yield from flags(command, inner, f"{name}{word} ")
            continue
        for parameter in command.params:
            # Some commands have an option of their own with the name of a setting, such as `restyle --fps`.
            own = (parameter.name, parameter.help) not in settings
            if own and parameter.opts[0].startswith("-") and parameter.name != "help":
                yield f"{name}{word} {parameter.opts[0]}"


def wanted() -> tuple[set[str], set[str]]:
    """The settings, and the options of commands, that need a marked test."""
    import typer

    from vqclip.cli import app
    from vqclip.settings.schema import options

    root: Any = typer.main.get_command(app)
    return set(options()), set(flags(root, root.context_class(root, info_name="vqclip")))


def complaints(marked: Iterable[str], settings: set[str], flags: set[str]) -> list[str]:
    """What is wrong with the markers of a suite, a line each."""
    marked = set(marked)
    shared = {flag: "--" + flag.partition(" --")[2] for flag in flags}
    missing = sorted(settings - marked)
    missing += sorted(flag for flag, short in shared.items() if not {flag, short} & marked)
    # An option of one command does not also take part in the test that the others share.
    unknown = sorted(marked - settings - flags - {short for flag, short in shared.items() if flag not in marked})
    return [f"no test has @pytest.mark.option({name!r})" for name in missing] + [
        f"@pytest.mark.option({name!r}) names no option" for name in unknown
    ]


def whole(config: pytest.Config) -> bool:
    """Whether the whole suite is collected, not some of its files."""
    folder = config.invocation_params.dir
    return any((folder / argument).resolve() in (TESTS, TESTS.parent) for argument in config.args)


class Unmarked(pytest.Item):
    """Fails with what is wrong with the markers; pytest-xdist shows no error of a hook, but a failed item."""

    complaints: list[str]

    def runtest(self) -> None:
        pytest.fail("\n".join(self.complaints), pytrace=False)


def check(session: pytest.Session, items: Iterable[pytest.Item]) -> Iterator[pytest.Item]:
    """Give a failing item when the whole suite is collected and an option has no marked test."""
    if whole(session.config):
        marked = [name for item in items for marker in item.iter_markers("option") for name in marker.args]
        if found := complaints(marked, *wanted()):
            item = Unmarked.from_parent(session, name="option markers")
            item.complaints = found
            yield item

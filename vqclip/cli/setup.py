"""The commands that make a machine ready: setup, doctor."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vqclip.cli.shared import JsonOption, QuietOption, console_for, option
from vqclip.errors import UsageError

if TYPE_CHECKING:
    from vqclip.cli.console import Console
    from vqclip.models.sets import Step
    from vqclip.runs.doctor import Finding


def setup(
    name: Annotated[
        list[str] | None,
        typer.Argument(help="Sets or models.", metavar="NAME", show_default="list the sets"),
    ] = None,
    to: Annotated[
        Path | None,
        option("--to", help="Fill this folder for a machine without network.", default="this machine", metavar="DIR"),
    ] = None,
    source: Annotated[
        Path | None,
        option("--from", help="Install from such a folder, without network.", default="the network", metavar="DIR"),
    ] = None,
    dry_run: Annotated[
        bool, option("--dry-run", help="Show the downloads and their sizes, and stop.", default="off")
    ] = False,
    yes: Annotated[bool, option("--yes", "-y", help="Do not ask in a terminal.", default="off")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Download models that go together, check them, and show the command that draws with them.

    Asks once before the download in a terminal, never in a script. Run it again to resume.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    if to is not None and source is not None:
        raise UsageError("--to and --from cannot be used together.", "Fill a folder first, then install from it.")
    try:
        if source is not None:
            _install(console, source, name or [])
        elif not name:
            _list(console)
        else:
            _fetch(console, name, to, dry_run=dry_run, ask=not (yes or as_json or quiet))
    finally:
        console.close()


def doctor(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Check versions, settings, device, memory, models, video encoder, disk and caches, one line each.

    Exits with 0 when all is well, otherwise with the code of the first fault. Each fault says what to do.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.runs.doctor import examine

    found = list(examine())
    lines = []
    for each in found:
        lines.append(f"{'FAULT' if each.fault else 'ok':5}  {each.check:8}  {_line(each)}")
    console.answer("\n".join(lines), {"checks": [vars(each) for each in found]})
    if code := next((each.exit_code for each in found if each.fault), 0):
        raise typer.Exit(code)


def _line(found: Finding) -> str:
    return f"[{found.fault}] {found.said} {found.hint}".rstrip() if found.fault else found.said


def _list(console: Console) -> None:
    from vqclip.models import sets

    rows: list[dict[str, Any]] = []
    for each in sets.sets().values():
        steps = sets.plan(each.models)
        size = None if None in (sizes := [step.bytes for step in steps]) else sum(filter(None, sizes))
        rows.append({"name": each.name, "about": each.about, "models": each.models, "bytes": size,
                     "missing": sets.missing_bytes(steps), "command": each.command})  # fmt: skip
    width = max(len(row["name"]) for row in rows)
    lines = [
        f"{row['name']:{width}}  {_size(row['bytes']):>7}  {'here' if not row['missing'] else '-':4}  {row['about']}"
        for row in rows
    ]
    console.answer("\n".join(lines), {"sets": rows})
    console.note("here: nothing to fetch; -: to be fetched by vqclip setup NAME; ?: some sizes are not published")


def _fetch(console: Console, names: Sequence[str], folder: Path | None, *, dry_run: bool, ask: bool) -> None:
    from vqclip.models import sets
    from vqclip.models.download import Transfer

    steps = sets.plan(sets.models_of(names), folder)
    text, record = _described(steps)
    if dry_run:
        console.answer(text, record)
        return
    console.note(text)
    sets.require_space(steps)
    missing = [step for step in steps if not step.here]
    if missing and ask and _in_terminal() and not typer.confirm("Download them?", default=True, err=True):
        console.answer("Nothing was downloaded.", record)
        return

    def show(transfer: Transfer) -> None:
        console.transfer(transfer.name, transfer.done, transfer.total)

    paths = sets.fetch(steps, show, console.note, folder)
    console.close()
    commands = [f"vqclip setup --from {shlex.quote(str(folder))}"] if folder else _commands(names)
    if folder:
        console.note(f"Copy {folder} to the other machine, and run there:")
    elif commands:
        console.note("Draw with them:")
    console.answer("\n".join(commands or paths.values()), record | {"downloaded": paths, "commands": commands})


def _install(console: Console, folder: Path, names: Sequence[str]) -> None:
    from vqclip.models import sets
    from vqclip.models.download import Transfer

    def show(transfer: Transfer) -> None:
        console.transfer(transfer.name, transfer.done, transfer.total)

    models = sets.install(folder, names, show)
    console.close()
    console.note(f"installed and verified: {', '.join(models)}")
    commands = _commands(names or [each.name for each in sets.sets().values() if set(each.models) <= set(models)])
    console.answer("\n".join(commands or models), {"installed": models, "commands": commands})


def _commands(names: Sequence[str]) -> list[str]:
    """The commands that draw with these sets."""
    from vqclip.models import sets

    return [sets.sets()[name].command for name in names if name in sets.sets()]


def _described(steps: Sequence[Step]) -> tuple[str, dict[str, Any]]:
    """What a set takes, for people and as a record."""
    import shutil

    from vqclip.files import existing_parent, printable
    from vqclip.models import sets

    blocks = []
    for step in steps:
        lines = [f"{step.name} ({step.kind}, {_size(step.bytes)}): {step.about}"]
        lines.append(f"    licence: {step.licence}{f', {step.terms}' if step.terms else ''}")
        if step.here:
            lines.append(f"    here: {printable(step.path)}")
        else:
            lines += [f"    from: {', '.join(step.hosts)}", f"    to: {printable(step.path)}"]
        blocks.append("\n".join(lines))
    missing = sets.missing_bytes(steps)
    unknown = [step.name for step in steps if not step.here and step.bytes is None]
    place = existing_parent(steps[0].path)
    free = shutil.disk_usage(place).free
    also = f", and {', '.join(unknown)}, whose size is not published" if unknown else ""
    blocks.append(f"To download: {_size(missing)}{also}. Free in {printable(place)}: {_size(free)}.")
    facts = [{**vars(step), "path": str(step.path)} for step in steps]
    return "\n".join(blocks), {"models": facts, "bytes_to_download": missing, "bytes_free": free}


def _in_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _size(size: int | None) -> str:
    if size is None:
        return "?"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.command("setup")(setup)
    app.command("doctor")(doctor)

"""The commands info and config."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from vqclip.cli.help import SettingsGroup
from vqclip.cli.shared import ConfigOption, JsonOption, PresetOption, QuietOption, console_for, option, with_settings

config = typer.Typer(
    cls=SettingsGroup, help="Show settings, list presets and styles, check settings files.", no_args_is_help=True
)


def info(
    image: Annotated[
        Path,
        typer.Argument(
            help="Picture made by vqclip or AUTOMATIC1111, or the folder of a run.", metavar="IMAGE_OR_RUN"
        ),
    ],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show how a picture was made, from its metadata, or how far a run is."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.errors import InputError, UsageError
    from vqclip.files import is_file, is_folder
    from vqclip.media import metadata
    from vqclip.object_store import address_of
    from vqclip.runs import remote
    from vqclip.runs.directory import read_manifest

    shown = address_of(image) or str(image)
    with remote.fetched(image, only=("run.json",)) as folder:
        holds_run = is_file(folder / "run.json")
        try:
            run = read_manifest(folder).to_dict() if holds_run or is_folder(image) else None
        except UsageError as error:
            raise error if holds_run else InputError(error.message, error.hint) from None
    if run is not None:
        steps = f"{run['step']} of {run['settings']['iterations']}"
        rows = {name: run[name] for name in ("status", "score", "seconds", "device")} | {"steps": steps}
        console.answer("\n".join(_table(rows | run["settings"])), {"directory": shown, "run": run})
        return
    found = metadata.read_metadata(image)
    console.answer("\n".join(_table(found)), {"image": shown, "metadata": found})


def config_show(
    preset: PresetOption = None,
    config: ConfigOption = None,
    sources: Annotated[bool, option("--sources", help="Show where each value came from.", default="off")] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    **settings: Any,
) -> None:
    """Print the settings of a run as YAML that --config reads."""
    console = console_for(as_json=as_json, quiet=quiet)
    import yaml

    from vqclip.runs import capabilities
    from vqclip.settings.sources import resolve

    resolved = resolve(settings, preset=preset, config_files=config or (), only_size=capabilities.only_size)
    values = resolved.settings.to_dict()
    lines = []
    for name, value in values.items():
        # In a flow list a value is on one line and quoted where necessary; the brackets are removed.
        flow = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, width=math.inf).strip()
        line = f"{name}: {flow[1:-1]}"
        lines.append(f"{line}  # {resolved.sources[name]}" if sources else line)
    record = {"settings": values, "preset": resolved.preset, "sources": dict(resolved.sources)}
    console.answer("\n".join(lines), record)


@config.command("list")
def config_list(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """List presets and styles by name, including your own styles."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.settings import presets

    known = {"preset": presets.presets(), "style": presets.styles()}
    rows = [(kind, name, presets.about(path)) for kind, found in known.items() for name, path in found.items()]
    lines = [f"{kind:6} {name:14} {words}" for kind, name, words in rows]
    records = [{"kind": kind, "name": name, "about": words} for kind, name, words in rows]
    console.answer("\n".join(lines), {"known": records})


@config.command("check")
def config_check(
    file: Annotated[list[Path], typer.Argument(help="YAML files of settings.", metavar="FILE")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check the names, types and ranges in settings files. Exit code 2 at the first error."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.settings.sources import resolve

    for path in file:
        resolve({}, config_files=[path])
    names = [str(path) for path in file]
    console.answer("\n".join(f"{name}: valid" for name in names), {"valid": names})


def _table(found: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A line for each value, in two columns; the values of a mapping follow its name, indented."""
    width = max((len(name) for name, value in found.items() if not isinstance(value, dict)), default=0)
    for name, value in found.items():
        # Deeper than anything of vqclip, a mapping is printed as it is.
        if isinstance(value, dict) and len(indent) < 8:
            yield f"{indent}{name}"
            yield from _table(value, f"{indent}  ")
        elif value not in (None, "", []):
            first, *more = _cell(name, value).splitlines() or [""]
            yield f"{indent}{name:{width}}  {first}"
            yield from (f"{indent}{'':{width}}  {line}" for line in more)


def _cell(name: str, value: Any) -> str:
    if name == "size" and isinstance(value, list):
        return "x".join(map(str, value))
    pairs = isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value)
    if name == "prompts" and pairs:
        return "\n".join(str(text) if weight == 1 else f"{text}:{weight}" for text, weight in value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command()(info)
    config.command("show")(with_settings(config_show))
    app.add_typer(config, name="config")

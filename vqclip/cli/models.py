"""The commands about models: list, show, download, convert, verify."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vqclip.cli.help import SettingsGroup
from vqclip.cli.shared import JsonOption, QuietOption, console_for, option

if TYPE_CHECKING:
    from vqclip.models.registry import ModelRow

_KINDS = {"vqgan": "VQGANs", "clip": "CLIPs", "prior": "Priors", "upsampler": "Upsamplers"}
models = typer.Typer(cls=SettingsGroup, help="List, download, convert and verify models.", no_args_is_help=True)


@models.command("list")
def models_list(as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """List the models: size, whether they are on this machine, what they are good for, licence.

    "not pinned": no hash or commit was published, so the file at that address may have changed.
    When piped, prints a line per model: kind, name, bytes, here or -, pin (sha256, commit or none), licence, note.
    Programs should use `--json`.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.models import registry

    rows = registry.list_models()
    width = max(len(row.name) for row in rows)
    lines = _table(rows, width) if sys.stdout.isatty() else (_record(row, width) for row in rows)
    console.answer("\n".join(lines), {"models": [vars(row) for row in rows]})


def _record(row: ModelRow, width: int) -> str:
    """A model on one line, for other programs: kind, name, bytes, here, pin, licence, note."""
    here = "here" if row.present else "-"
    size = row.bytes or row.about_bytes or "-"
    return f"{row.kind:9}  {row.name:{width}}  {size:>10}  {here:4}  {row.pin:6}  {row.licence:20}  {row.note}"


def _table(rows: Sequence[ModelRow], width: int) -> Iterator[str]:
    """The models for people: what each is good for in a second column, as wide as the terminal."""
    columns = max(30, shutil.get_terminal_size().columns - width - 22)
    kind = ""
    for row in rows:
        if row.kind != kind:
            yield f"{kind and chr(10)}{_KINDS[row.kind]}"
            kind = row.kind
        pinned = "; not pinned" if row.pin == "none" else ""
        first, *others = textwrap.wrap(f"{row.note} [{row.licence}{pinned}]", columns)
        size, here = _size(row.bytes, row.about_bytes), "here" if row.present else ""
        yield f"  {row.name:{width}}  {size:>10}  {here:4}  {first}"
        yield from (f"{'':{width + 22}}{line}" for line in others)


@models.command("show")
def models_show(
    name: Annotated[str, typer.Argument(help="Name of a model from `models list`.", metavar="NAME")],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show the size, hash, licence, source and path of a model."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.models import registry

    found = registry.describe(name)
    blocks = ["\n".join(f"{key}:{_shown(value)}" for key, value in facts.items()) for facts in found]
    console.answer("\n\n".join(blocks), {"models": found})


@models.command("download")
def models_download(
    name: Annotated[
        list[str],
        typer.Argument(help="Names of models from `models list`, or hf-hub:OWNER/REPO.", metavar="NAME"),
    ],
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Download models and check them against their published hashes.

    An interrupted download is resumed. VQCLIP_OFFLINE=1 forbids downloads.
    """
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.models import download, hub

    def show(transfer: download.Transfer) -> None:
        console.transfer(transfer.name, transfer.done, transfer.total)

    # All names are checked before the first download.
    sources = {each: hub.source_of(each) for each in name}
    paths = {}
    for each, source in sources.items():
        try:
            paths[each] = str(hub.download(source, show, console.note))
        finally:
            console.close()
    console.answer("\n".join(paths.values()), {"downloaded": paths})


@models.command("convert")
def models_convert(
    source: Annotated[str, typer.Argument(help="VQGAN by name, or a checkpoint file.", metavar="IN")],
    output: Annotated[
        Path, typer.Argument(help="File to write; its YAML file is written beside it.", metavar="OUT.safetensors")
    ],
    config: Annotated[
        str | None,
        option(
            "--vqgan-config",
            help="Read the configuration of IN from this YAML file.",
            default="beside it",
            metavar="FILE",
        ),
    ] = None,
    dtype: Annotated[
        str | None,
        option("--dtype", help="Convert to this data type.", default="unchanged", metavar="float32|float16|bfloat16"),
    ] = None,
    only_vqgan: Annotated[
        bool, option("--only-vqgan", help="Leave out a checkpoint's transformer.", default="off")
    ] = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Convert a VQGAN checkpoint to safetensors, without the parts that only training needs."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.jobs import convert

    report = convert.convert(source, output, config=config, dtype=dtype, only_vqgan=only_vqgan)
    console.note(f"{_size(report['source_bytes'])} before, {_size(report['bytes'])} now; {report['tensors']} tensors")
    console.answer(report["file"], report)


@models.command("verify")
def models_verify(
    name: Annotated[
        list[str] | None,
        typer.Argument(help="Names of models.", metavar="NAME", show_default="all downloaded ones"),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Check the files of downloaded models against their published SHA-256."""
    console = console_for(as_json=as_json, quiet=quiet)
    from vqclip.models import checkpoints, hub, registry

    wanted = {each for given in name for each in registry.names_here(given)} if name else None
    checked = checkpoints.verify_all(wanted) | hub.verify_clips(wanted)
    lines = [f"{name}: {'as published' if known else 'here, but no hash of it was published'}"
             for name, known in checked.items()]  # fmt: skip
    console.answer("\n".join(lines), {"verified": checked})


def _size(size: int | None, about: int | None = None) -> str:
    rough = "-" if about is None else f"~{about / 1e6:.0f} MB"
    return rough if size is None else f"{size / 1e6:.1f} MB"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return " yes" if value else " no"
    return "".join(f"\n  {item}" for item in value) if isinstance(value, (list, tuple)) else f" {value}"


def add_to(app: typer.Typer) -> None:
    """Register these commands."""
    app.add_typer(models, name="models")

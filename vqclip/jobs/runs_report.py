"""Write one HTML page with a table of all runs below a folder: a batch, a sweep, or runs of any kind.

The page contains its small pictures, and its content security policy forbids it to load anything.
"""

from __future__ import annotations

import base64
import collections
import io
import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

from PIL import Image

from vqclip import files, reading
from vqclip._version import __version__
from vqclip.errors import VqclipError
from vqclip.events import shown_time
from vqclip.jobs.gallery import found_runs, picture_of, score_of
from vqclip.media import images
from vqclip.runs.directory import read_manifest
from vqclip.runs.report import counted, made_with, page_target

MOST_RUNS = 5000
"""In the table; the gallery holds more."""
SIDE = 144
"""Pixels of the longer side of a small picture, shown at half of it."""


def write(directory: Path, target: Path | None = None) -> tuple[Path, int]:
    """Write the page of the runs below a folder; return its path and their number.

    Args:
        directory: Of the runs, at any depth.
        target: The file; None is report.html in the folder.

    Raises:
        InputError: There is no such folder.
        UsageError: No run is below it.
        OutputError: The page cannot be written.
    """
    target = page_target(directory, target)
    found = found_runs(directory)
    statuses, seconds, best = collections.Counter[str](), 0.0, list[float]()
    rows = []
    for folder in found[:MOST_RUNS]:
        try:
            manifest = read_manifest(folder)
            score = score_of(folder, manifest)
        except VqclipError as error:
            statuses["damaged"] += 1
            rows.append(_row(folder, directory, target, [error.message, "", "", "", "", "", "damaged"]))
            continue
        statuses[manifest.status] += 1
        seconds += manifest.seconds
        best += [] if score is None else [score]
        settings = manifest.settings
        shown = "" if score is None else f"{score:.3f}"
        texts = [settings.prompt, str(settings.seed), shown, f"{manifest.step} of {settings.iterations}"]
        texts += [shown_time(manifest.seconds), ", ".join(made_with(manifest)), manifest.status]
        rows.append(_row(folder, directory, target, texts))
    facts = [counted(len(found), "runs"), *(f"{count} {status}" for status, count in statuses.items())]
    facts += [f"best score {max(best):.3f}"] if best else []
    facts.append(f"{shown_time(seconds)} in all")
    if len(found) > MOST_RUNS:
        facts.append(f"the table shows the first {MOST_RUNS}; vqclip gallery shows all")
    text = Template(
        reading.read_text(Path(__file__).with_name("runs_report.html"), reading.MAX_TEXT_BYTES)
    ).substitute(
        title=escape(files.printable(directory.absolute().name)[:200]),
        version=escape(__version__),
        facts=escape(" · ".join(facts)),
        rows="\n".join(rows),
    )
    files.write_text(target, text)
    return target, len(found)


def _row(folder: Path, directory: Path, target: Path, texts: list[str]) -> str:
    kinds = ("text", "number", "number", "number", "number", "text", "text")
    cells = "".join(f'<td class="{kind}">{escape(text)}</td>' for kind, text in zip(kinds, texts, strict=True))
    place = os.path.relpath(folder, target.parent).replace(os.sep, "/")
    name = escape(files.printable(os.fspath(folder.relative_to(directory))))
    # quote also changes a colon, so that no name can be the scheme of an address.
    link = f'<a href="{escape(quote(os.fsencode(place)))}/">{name}</a>'
    return f'<tr><td>{"".join(_small(folder))}</td>{cells}<td class="text">{link}</td></tr>'


def _small(folder: Path) -> Iterator[str]:
    """The small picture of a run; nothing where it cannot be read."""
    picture = picture_of(folder)
    try:
        pixels = None if picture is None else images.open_image(picture)
    except (VqclipError, OSError):
        return
    if pixels is not None:
        buffer = io.BytesIO()
        Image.fromarray(images.shrink(pixels, SIDE)).save(buffer, "JPEG", quality=80)
        yield f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}">'

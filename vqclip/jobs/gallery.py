"""Write gallery.html: a page of all runs below a folder, to search, sort and open; of many runs, several pages.

A page holds the facts of its runs and loads nothing but pictures and videos beside it. Small pictures and what was
read are kept in the hidden folder `.gallery`, so that the next call only reads the runs that changed.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from PIL import Image

from vqclip import files, reading
from vqclip._version import __version__
from vqclip.errors import InputError, OutputError, UsageError, VqclipError
from vqclip.media import images
from vqclip.media.video_encoders import formats
from vqclip.runs import remote
from vqclip.runs.directory import REPORT, Manifest, read_manifest
from vqclip.runs.metrics import read_metrics
from vqclip.runs.report import shipped
from vqclip.runtime import limits

NAME, CACHE = "gallery.html", ".gallery"
SIDE = 320
"""Pixels of the longer side of a small picture."""
MOST_RUNS = 10_000
"""On one page, which a browser still searches at once."""
MAX_INDEX_BYTES = 8_000_000_000
_INDEX, _SCHEMA = "index.jsonl", 2
_MOST_THREADS = 8
_SMALL = re.compile(r"[0-9a-f]{20}\.jpg")


@dataclass(frozen=True)
class Gallery:
    """The first page. read: runs that were new or had changed. problems: by the folder of a damaged run."""

    path: Path
    runs: int
    read: int
    problems: Mapping[Path, str]

    @property
    def warning(self) -> str:
        """What to know about damaged runs, or an empty text."""
        if not self.problems:
            return ""
        count, message = len(self.problems), next(iter(self.problems.values()))
        return f"{count} damaged run{' is' if count == 1 else 's are'} left out of the gallery, for one: {message}"


def write(directory: Path) -> Gallery:
    """Write gallery.html into a folder, and gallery-002.html and so on where there are more than MOST_RUNS runs.

    Args:
        directory: Of runs, at any depth; also of one run. Symbolic links to folders are not followed.

    Raises:
        InputError: There is no such folder.
        UsageError: No run is below it.
        OutputError: The page cannot be written.
    """
    found = found_runs(directory)
    real = files.ensure_writable(directory)
    cache = real / CACHE
    if cache.is_symlink() or (files.exists(cache) and not files.is_folder(cache)):
        raise OutputError(f"{files.printable(cache)} is not a folder.", "Move it away.")
    files.sweep(files.ensure_writable(cache))
    pages = [found[at : at + MOST_RUNS] for at in range(0, len(found), MOST_RUNS)]
    kept, problems = set[str](), dict[Path, str]()
    read = 0
    with (
        files.atomic(cache / _INDEX) as temp,
        contextlib.closing(_Known(cache)) as known,
        temp.open("w", encoding="utf-8", errors="backslashreplace") as index,
        ThreadPoolExecutor(min(_MOST_THREADS, limits.cores()), "gallery") as pool,
    ):
        index.write(files.canonical({"schema": _SCHEMA, "pages": len(pages)}) + "\n")
        for number, folders in enumerate(pages, 1):
            looks = [_Look.at(folder, directory, known) for folder in folders]
            changed = [look for look in looks if not look.is_known(cache)]
            read += len(changed)
            for look, problem in zip(changed, pool.map(partial(_Look.read, cache=cache), changed), strict=True):
                if problem:
                    problems[look.folder] = problem
            rows = []
            for look in (look for look in looks if look.folder not in problems):
                index.write(files.canonical({"name": look.name, **look.entry}) + "\n")
                kept.add(look.entry["small"])
                shown = {key: value for key, value in look.entry.items() if key != "mark"}
                name = {"name": files.printable(look.name)}
                rows.append(shown | _links(look.folder, directory, look.picture) | name)
            files.write_text(directory / page_name(number), _page(directory, rows, number, len(pages)))
    for number in range(len(pages) + 1, known.pages + 1):
        files.discard(directory / page_name(number))
    _forget(cache, kept)
    return Gallery(directory / NAME, len(found) - len(problems), read, problems)


def page_name(number: int) -> str:
    """The file of a page; number: 1 for the first."""
    return NAME if number == 1 else f"gallery-{number:03d}.html"


@dataclass
class _Look:
    """A run, and what is known of it. mark: changes when the run does. entry: Its facts; empty if it is new."""

    folder: Path
    name: str
    picture: Path | None
    mark: str
    entry: dict[str, Any]

    @staticmethod
    def at(folder: Path, directory: Path, known: _Known) -> _Look:
        name = os.fsencode(folder.relative_to(directory)).decode("utf-8", "backslashreplace").replace(os.sep, "/")
        picture = picture_of(folder)
        return _Look(folder, name, picture, _mark(folder, picture), known.find(name) or {})

    def is_known(self, cache: Path) -> bool:
        if self.entry.get("mark") != self.mark:
            return False
        return self.entry["small"] == "" or files.exists(cache / self.entry["small"])

    def read(self, cache: Path) -> str:
        """Read the facts; return what is wrong with them, or an empty text."""
        try:
            self.entry = {"mark": self.mark} | _facts(self.folder) | _small_picture(self.picture, cache, self.mark)
        except UsageError as error:
            return error.message
        return ""


def is_shown(name: str) -> bool:
    """Whether a file below a folder, by its name with slashes, is a part of the gallery or shown by it."""
    return name == NAME or name.startswith(f"{CACHE}/") or remote.is_shown(name)


def found_runs(directory: Path) -> list[Path]:
    """The folders of runs below a folder, at any depth. Raises InputError, or UsageError where there is none."""
    if not files.is_folder(directory):
        raise InputError(f"{files.printable(directory)} {files.no_folder(directory)}.", "Give a folder of runs.")
    found = list(_run_folders(directory))
    if not found:
        again = 'Draw one first, as with: vqclip generate "a red apple"'
        raise UsageError(f"{files.printable(directory)} holds no run, at any depth.", again)
    return found


def _run_folders(top: Path) -> Iterator[Path]:
    """Yield the folders with a run.json, in order of their names; nothing inside a run is looked at."""
    waiting = [os.fspath(top)]
    while waiting:
        folder = waiting.pop()
        if os.path.lexists(f"{folder}{os.sep}run.json"):
            yield Path(folder)
            continue
        try:
            with os.scandir(folder) as entries:
                inner = [e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        waiting += [f"{folder}{os.sep}{name}" for name in sorted(inner, reverse=True)]


def picture_of(folder: Path) -> Path | None:
    """The picture of a run, or its last frame so far."""
    if files.is_file(folder / "image.png"):
        return folder / "image.png"
    frames = files.matching(folder / "frames", "[0-9]*.png")
    return frames[-1] if frames else None


def _mark(folder: Path, picture: Path | None) -> str:
    """A text that changes when the record or the picture of a run does."""
    parts = []
    for path in (folder / "run.json", picture):
        try:
            status = None if path is None else path.stat()
        except OSError:
            status = None
        parts.append(f"{status.st_mtime_ns}-{status.st_size}" if status else "none")
    return "/".join(parts)


def _facts(folder: Path) -> dict[str, Any]:
    manifest = read_manifest(folder)
    settings = manifest.settings
    shown = {
        name.replace("_", "-"): _text(value)
        for name, value in settings.to_dict().items()
        if name not in ("prompt", "seed") and settings.changes(name)
    }
    return {
        "prompt": settings.prompt,
        "seed": settings.seed,
        "score": score_of(folder, manifest),
        "steps": manifest.step,
        "width": settings.width,
        "height": settings.height,
        "status": manifest.status,
        "seconds": manifest.seconds,
        "settings": shown,
    }


def score_of(folder: Path, manifest: Manifest) -> float | None:
    """Of the finished picture, or of the last one that was scored."""
    score = manifest.score
    for row in read_metrics(folder) if score is None else ():
        score = score if row["score"] is None else row["score"]
    return score


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _small_picture(picture: Path | None, cache: Path, mark: str) -> dict[str, Any]:
    """Write the small picture unless it is there; a picture that cannot be read has none."""
    if picture is None:
        return {"small": "", "date": 0}
    try:
        date = int(picture.stat().st_mtime)
        key = f"{picture.parent.name}/{picture.name}/{os.fspath(picture)}/{mark.partition('/')[2]}"
        name = hashlib.sha256(os.fsencode(key)).hexdigest()[:20] + ".jpg"
        if not files.is_file(cache / name):
            buffer = io.BytesIO()
            Image.fromarray(images.shrink(images.open_image(picture), SIDE)).save(buffer, "JPEG", quality=84)
            files.write_bytes(cache / name, buffer.getvalue())
    except OutputError:
        raise
    except (VqclipError, OSError):
        return {"small": "", "date": 0}
    return {"small": name, "date": date}


def _links(folder: Path, directory: Path, picture: Path | None) -> dict[str, str]:
    """Addresses relative to the page, empty for what is not there."""

    def address(path: Path | None) -> str:
        # quote also changes a colon, so that no name can be the scheme of an address.
        place = "" if path is None else os.fspath(path.relative_to(directory)).replace(os.sep, "/")
        return quote(os.fsencode(place))

    inside = set[str]()
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        inside = {entry.name for entry in found}
    videos = [folder / name for suffix in formats() if (name := f"video{suffix}") in inside]
    page = folder / REPORT
    return {
        "folder": address(folder),
        "picture": address(picture),
        "video": address(videos[0] if videos else None),
        "report": address(page if REPORT in inside else None),
    }


class _Known:
    """What an earlier call read: the index, whose lines are in the order of `_run_folders`. pages: Of that call."""

    def __init__(self, cache: Path) -> None:
        self._lines = (line for line in reading.json_lines(cache / _INDEX, MAX_INDEX_BYTES))
        self.pages = 0
        self._place: list[str] = []
        self._entry: dict[str, Any] | None = None
        head = self._line()
        if head.get("schema") == _SCHEMA and type(head.get("pages")) is int:
            self.pages = min(head["pages"], MAX_INDEX_BYTES // MOST_RUNS)
        else:
            self.close()

    def close(self) -> None:
        """Close the file."""
        self._lines.close()

    def find(self, name: str) -> dict[str, Any] | None:
        """The entry of a run, None if it is new. The names have to come in order, so that no entry is kept."""
        place = name.split("/")
        while self._place < place:
            if not self._advance():
                return None
        return self._entry if self._place == place else None

    def _advance(self) -> bool:
        from vqclip.records import GalleryRun, checked

        if not (values := self._line()):
            return False
        self._place = str(values.pop("name", "")).split("/")
        try:
            self._entry = checked(GalleryRun, values).model_dump()
        except ValueError:
            self._entry = None
        return True

    def _line(self) -> dict[str, Any]:
        try:
            return next(self._lines, {})
        except InputError:
            return {}


def _forget(cache: Path, kept: set[str]) -> None:
    """Remove the small pictures that no run has any more."""
    for path in files.matching(cache, "*.jpg"):
        if _SMALL.fullmatch(path.name) and path.name not in kept:
            files.discard(path)


def _page(directory: Path, rows: list[dict[str, Any]], number: int, pages: int) -> str:
    script, style = (shipped(__file__, f"gallery.{kind}") for kind in ("js", "css"))
    links = [f'<a href="{page_name(each)}">{each}</a>' for each in range(1, pages + 1)]
    links[number - 1] = f'<b aria-current="page">{number}</b>'
    return Template(shipped(__file__, "gallery.html")).substitute(
        title=escape(files.printable(directory.absolute().name)[:200]),
        version=escape(__version__),
        pages=f'<nav aria-label="Pages">{" ".join(links)}</nav>' if pages > 1 else "",
        style=style,
        script=script,
        style_hash=_digest(style),
        script_hash=_digest(script),
        # Without "<" the data cannot end their element.
        runs=files.canonical({"cache": CACHE, "page": number, "pages": pages, "runs": rows}).replace("<", "\\u003c"),
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

"""Write gallery.html: one page of all runs below a folder, to search, sort and open.

The page holds the facts of the runs and loads nothing but pictures and videos beside it. Small pictures and what was
read are kept in the hidden folder `.gallery`, so that the next call only reads the runs that changed.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
from vqclip.runs.directory import REPORT, Manifest, read_manifest, read_metrics
from vqclip.settings.schema import default_of

NAME, CACHE = "gallery.html", ".gallery"
SIDE = 320
"""Pixels of the longer side of a small picture."""
MAX_INDEX_BYTES = 256_000_000
_SCHEMA = 1
_SMALL = re.compile(r"[0-9a-f]{20}\.jpg")


@dataclass(frozen=True)
class Gallery:
    """A page that was written. read: runs that were new or had changed. problems: by the folder of a damaged run."""

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
    """Write gallery.html into a folder.

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
    known, entries = _read_index(cache), dict[str, dict[str, Any]]()
    problems: dict[Path, str] = {}
    read = 0
    for folder in found:
        name = os.fsencode(folder.relative_to(directory)).decode("utf-8", "backslashreplace").replace(os.sep, "/")
        picture = picture_of(folder)
        mark = _mark(folder, picture)
        entry = known.get(name)
        if entry is None or entry["mark"] != mark or not (entry["small"] == "" or (cache / entry["small"]).exists()):
            read += 1
            try:
                entry = {"mark": mark} | _facts(folder) | _small_picture(picture, cache, mark)
            except UsageError as error:
                problems[folder] = error.message
                continue
        entries[name] = entry | _links(folder, directory, picture)
    _forget(cache, {entry["small"] for entry in entries.values()})
    stored = {name: {key: value for key, value in row.items() if key not in _LINKS} for name, row in entries.items()}
    if stored != known:
        files.write_text(cache / "index.json", files.canonical({"schema": _SCHEMA, "runs": stored}))
    files.write_text(directory / NAME, _page(directory, entries))
    return Gallery(directory / NAME, len(entries), read, problems)


def is_shown(name: str) -> bool:
    """Whether a file below a folder, by its name with slashes, is a part of the gallery or shown by it."""
    return name == NAME or name.startswith(f"{CACHE}/") or remote.is_shown(name)


def found_runs(directory: Path) -> list[Path]:
    """The folders of runs below a folder, at any depth. Raises InputError, or UsageError where there is none."""
    if not files.is_folder(directory):
        raise InputError(f"{files.printable(directory)} {_absence(directory)}.", "Give a folder of runs.")
    found = list(_run_folders(directory))
    if not found:
        again = 'Draw one first, as with: vqclip generate "a red apple"'
        raise UsageError(f"{files.printable(directory)} holds no run, at any depth.", again)
    return found


def _absence(directory: Path) -> str:
    return "is not a folder" if files.exists(directory) else files.absence(directory)


def _run_folders(top: Path) -> Iterator[Path]:
    """Yield the folders with a run.json, in order of their names; nothing inside a run is looked at."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        if os.path.lexists(folder / "run.json"):
            yield folder
            continue
        try:
            with os.scandir(folder) as entries:
                inner = [e.name for e in entries if not e.name.startswith(".") and e.is_dir(follow_symlinks=False)]
        except OSError:
            continue
        waiting += [folder / name for name in sorted(inner, reverse=True)]


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
        if name not in ("prompt", "seed") and (tuple(value) if isinstance(value, list) else value) != default_of(name)
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


_LINKS = ("folder", "picture", "video", "report")


def _links(folder: Path, directory: Path, picture: Path | None) -> dict[str, str]:
    """Addresses relative to the page, empty for what is not there."""

    def address(path: Path | None) -> str:
        # quote also changes a colon, so that no name can be the scheme of an address.
        place = "" if path is None else os.fspath(path.relative_to(directory)).replace(os.sep, "/")
        return quote(os.fsencode(place))

    videos = [path for suffix in formats() if files.is_file(path := folder / f"video{suffix}")]
    page = folder / REPORT
    return {
        "folder": address(folder),
        "picture": address(picture),
        "video": address(videos[0] if videos else None),
        "report": address(page if files.is_file(page) else None),
    }


def _read_index(cache: Path) -> dict[str, dict[str, Any]]:
    """What an earlier call read; empty when it is missing or invalid."""
    from vqclip.records import GalleryRecord, checked

    path = cache / "index.json"
    if not files.is_file(path):
        return {}
    try:
        values = reading.read_json(path, MAX_INDEX_BYTES)
        if not isinstance(values, dict) or values.pop("schema", None) != _SCHEMA:
            return {}
        record = checked(GalleryRecord, values)
    except (InputError, ValueError):
        return {}
    return {name: entry.model_dump() for name, entry in record.runs.items()}


def _forget(cache: Path, kept: set[str]) -> None:
    """Remove the small pictures that no run has any more."""
    for path in files.matching(cache, "*.jpg"):
        if _SMALL.fullmatch(path.name) and path.name not in kept:
            files.discard(path)


def _page(directory: Path, entries: Mapping[str, Mapping[str, Any]]) -> str:
    rows = [
        {key: value for key, value in entry.items() if key != "mark"} | {"name": files.printable(name)}
        for name, entry in entries.items()
    ]
    script, style = _shipped("gallery.js"), _shipped("gallery.css")
    return Template(_shipped("gallery.html")).substitute(
        title=escape(files.printable(directory.absolute().name)[:200]),
        version=escape(__version__),
        style=style,
        script=script,
        style_hash=_digest(style),
        script_hash=_digest(script),
        # Without "<" the data cannot end their element.
        runs=files.canonical({"cache": CACHE, "runs": rows}).replace("<", "\\u003c"),
    )


def _shipped(name: str) -> str:
    """Read a part of the page that is shipped beside this module."""
    return reading.read_text(Path(__file__).with_name(name), reading.MAX_TEXT_BYTES)


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

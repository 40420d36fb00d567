"""Write an HTML page that shows a run: picture, video, curves, settings and frames.

The page contains everything that it shows, and its content security policy forbids it to load anything. Text from the
run is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import quote

from PIL import Image

from vqclip import files, reading
from vqclip._version import __version__
from vqclip.errors import InputError, UsageError
from vqclip.media import images
from vqclip.media.charts import line_chart
from vqclip.media.metadata import last_part
from vqclip.media.video_encoders import format_of
from vqclip.runs import progress_video
from vqclip.runs.directory import REPORT, Manifest, read_manifest, refuse_output
from vqclip.runs.metrics import read_metrics
from vqclip.settings.schema import options
from vqclip.settings.video_formats import FORMATS

MOST_FRAMES = 120
MOST_BYTES = 48_000_000
"""Of the picture and of the video; larger ones are linked."""
FRAME_SIDE = 768
_KINDS = {".png": "image/png"} | {known.suffix: known.media for known in FORMATS.values()}


def write(directory: Path, target: Path | None = None) -> Path:
    """Write the page of a run, finished or not.

    Args:
        directory: Of the run. At most MOST_FRAMES of its frames are shown, evenly spread.
        target: The file; None is report.html in the folder.

    Returns:
        The path of the page.

    Raises:
        UsageError: The folder holds no run, or the file is not named as a page.
        OutputError: The page cannot be written.
    """
    manifest = read_manifest(directory)
    target = page_target(directory, target)
    shown_metrics = ("step", "stage", "loss", "score")
    rows = [{name: row[name] for name in shown_metrics} for row in read_metrics(directory)]
    # A killed run has newer steps in metrics.jsonl than in its manifest.
    reached = max([manifest.step, *(row["step"] for row in rows)])
    shown = list(_frames(directory, progress_video.frame_steps(manifest.settings), reached))
    script = shipped(__file__, "report.js")
    prompt = manifest.settings.prompt
    text = Template(shipped(__file__, "report.html")).substitute(
        title=escape(prompt[:200]),
        heading=escape(prompt),
        version=escape(__version__),
        facts=escape(_facts(directory, manifest, reached)),
        pictures="\n".join(_pictures(directory, manifest, target.parent, shown)),
        charts="\n".join(_charts(rows)),
        tables="\n".join(_tables(manifest)),
        # Base64 and numbers contain no "<", so this cannot end the script element.
        frames=files.canonical({"fps": min(30.0, manifest.settings.fps), "pictures": shown}),
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    files.write_text(target, text)
    return target


def _facts(directory: Path, manifest: Manifest, reached: int) -> str:
    settings = manifest.settings
    facts = [
        files.printable(directory.name or directory.absolute().name),
        f"seed {settings.seed}",
        f"{settings.width}x{settings.height} pixels",
        f"{reached} of {counted(settings.iterations, 'steps')}",
        *made_with(manifest),
    ]
    if manifest.best_score is not None:
        facts.append(f"best score {manifest.best_score:.3f} at step {manifest.best_step}")
    if manifest.status != "finished":
        facts.append(manifest.status)
    return " · ".join(facts)


def made_with(manifest: Manifest) -> list[str]:
    """The preset and the style of a run by their names, with their kind; files without their folders."""
    style = manifest.settings.style
    named = {"preset": manifest.preset, "style": None if style == "none" else style}
    return [f"{kind} {files.printable(last_part(name))}" for kind, name in named.items() if name]


def counted(number: float, unit: str) -> str:
    """A number with its unit, in the singular for one: 1 step, 2 steps; 0 without the unit of what is counted."""
    if number == 0 and len(unit) > 1:
        return "0"
    return f"{number:g} {unit[:-1] if number == 1 and len(unit) > 1 and '/' not in unit else unit}"


def _shown(name: str, value: Any) -> str:
    """The value of a setting in words."""
    unit = options()[name].unit
    if value is None or isinstance(value, bool):
        return {None: "", True: "on", False: "off"}[value]
    if name == "stages" and value == 0:
        return "automatic"
    if isinstance(value, (int, float)) and unit:
        return counted(value, unit)
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{text} {unit}" if unit and text else text


def _pictures(directory: Path, manifest: Manifest, page: Path, frames: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    picture = directory / "image.png"
    video_file = directory / f"video{format_of(manifest.settings.video_format).suffix}"
    if files.is_file(picture):
        source = _inline(picture, page)
        yield f'<figure><img src="{source}" alt="The picture"><figcaption>The picture</figcaption></figure>'
    if files.is_file(video_file):
        source = _inline(video_file, page)
        moving = f'<img src="{source}" alt="The video">'
        if _KINDS[video_file.suffix].startswith("video/"):
            moving = f'<video src="{source}" controls loop muted playsinline></video>'
        yield f"<figure>{moving}<figcaption>The video</figcaption></figure>"
    if frames:
        last = len(frames) - 1
        yield (
            f'<figure><img id="frame" src="{frames[last]["source"]}" alt="A frame">'
            f'<div class="controls"><button id="play" type="button">Play</button>'
            f'<input id="slider" type="range" min="0" max="{last}" value="{last}" aria-label="Frame">'
            f'<output id="step">step {frames[last]["step"]}</output></div></figure>'
        )


def page_target(directory: Path, target: Path | None) -> Path:
    """The file of a page about a folder. Raises UsageError or OutputError for one that it cannot be."""
    if target is None:
        return directory / REPORT
    if target.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"{files.printable(target)} does not end in .html.", "Choose a name that does.")
    refuse_output(target, product=REPORT)
    return target


def _frames(directory: Path, steps: Sequence[int], reached: int) -> Iterator[dict[str, Any]]:
    """Yield the frames to show, each with its step and its picture as a data URL."""
    paths = progress_video.frames_of(directory)
    spread = (len(paths) - 1) / max(1, min(MOST_FRAMES, len(paths)) - 1)
    for path in [paths[round(number * spread)] for number in range(min(MOST_FRAMES, len(paths)))]:
        try:
            pixels = images.open_image(path)
        except InputError:
            continue
        buffer = io.BytesIO()
        Image.fromarray(images.shrink(pixels, FRAME_SIDE)).save(buffer, "WEBP", quality=85)
        number = int(path.stem)
        # The last frame of a run that ended early comes before its planned step.
        step = min(steps[number], reached) if number < len(steps) else reached
        yield {"step": step, "source": _data("image/webp", buffer.getvalue())}


def _charts(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    last = max((row["step"] for row in rows), default=0)
    starts = {row.get("stage"): row["step"] for row in reversed(rows)}
    marks = sorted(starts.values())[1:]
    for name in ("loss", "score"):
        points = [(row["step"], float(row[name])) for row in rows if isinstance(row.get(name), (int, float))]
        ending = f", {points[-1][1]:.4f} at the end" if points else ""
        yield f"<figure>{line_chart(name, points, last, marks)}<figcaption>{name}{ending}</figcaption></figure>"


def _tables(manifest: Manifest) -> Iterator[str]:
    groups: dict[str, list[tuple[str, str, bool]]] = {}
    for name, value in manifest.settings.to_dict().items():
        changed = manifest.settings.changes(name)
        groups.setdefault(options()[name].panel, []).append((name.replace("_", "-"), _shown(name, value), changed))
    device = [("device", manifest.device), ("dtype", manifest.dtype), ("threads", str(manifest.threads or ""))]
    groups["Made with"] = [(name, text, False) for name, text in device]
    groups["Made with"] += [(name, version, False) for name, version in manifest.versions.items()]
    groups["Models (SHA-256)"] = [(name, digest, False) for name, digest in manifest.models.items()]
    for group, rows in groups.items():
        cells = "".join(
            f"<tr><th>{escape(name)}</th><td{' class=changed' if changed else ''}>{escape(text)}</td></tr>"
            for name, text, changed in rows
        )
        if rows:
            yield f"<table><caption>{escape(group)}</caption>{cells}</table>"


def _inline(path: Path, page: Path) -> str:
    """Return the file as a data URL, or its path relative to the page when it is too large."""
    if path.stat().st_size > MOST_BYTES:
        return escape(quote(os.path.relpath(path, page).replace(os.sep, "/")))
    return _data(_KINDS[path.suffix], reading.read_bytes(path, MOST_BYTES))


def shipped(module: str, name: str) -> str:
    """Read a part of a page that is shipped beside a module. module: Its `__file__`."""
    return reading.read_text(Path(module).with_name(name), reading.MAX_TEXT_BYTES)


def _data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"

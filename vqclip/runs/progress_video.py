"""The video of a run: which steps give a frame, at what rate they are shown, and how the file is labelled."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import InputError, UsageError
from vqclip.media import images, video
from vqclip.media.metadata import last_part
from vqclip.media.video_encoders import MAX_FPS, MIN_FPS, check_encoder, format_of
from vqclip.runs import directory
from vqclip.settings import sources
from vqclip.settings.schema import Settings, options_of
from vqclip.settings.video_formats import LOSSLESS, UNTITLED

_FRAME = re.compile(r"\d{5,9}\.png", re.ASCII)


def frame_steps(settings: Settings) -> list[int]:
    """Return the steps after which a frame is kept, from 0 (the start) to the last; none without `save_every`.

    `frame_spacing` "even" keeps every `save_every`-th step. "early" keeps as many at growing distances, the squares
    of even ones: a picture changes most in its first steps.
    """
    last, every = settings.iterations, settings.save_every
    if not every:
        return []
    steps = set(range(0, last + 1, every))
    if settings.frame_spacing == "early":
        count = len(steps) - 1
        steps = {round(last * (number / max(1, count)) ** 2) for number in range(count + 1)}
        # The first squares round to the same step; further steps make up for them.
        spare = (step for step in range(last + 1) if step not in steps)
        while len(steps) <= count:
            steps.add(next(spare))
    return sorted(steps | {0, last})


def frames_of(directory: Path) -> list[Path]:
    """Return the frames of a run in their order, without other pictures in their folder."""
    found = [path for path in files.matching(directory / "frames", "*.png") if _FRAME.fullmatch(path.name)]
    return sorted(found, key=lambda path: int(path.stem))


def options_in(settings: Settings) -> dict[str, Any]:
    """Return the options of a video by name."""
    return {name: getattr(settings, name) for name in options_of("video")}


def frame_rate(settings: Settings, frames: int) -> float:
    """Return the frames per second for so many frames. Raises UsageError when `video_seconds` cannot be met."""
    rate = settings.fps
    if settings.video_seconds is not None:
        moving = settings.video_seconds - settings.hold_last
        rate = frames / moving if moving > 0 else 0.0
        if settings.video_smooth is None and rate:
            # The last frame is held for a whole number of frames, which count towards the length.
            rate = (frames + round(settings.hold_last * rate)) / settings.video_seconds
        if not MIN_FPS <= rate <= MAX_FPS:
            low, high = frames / MAX_FPS + settings.hold_last, frames / MIN_FPS + settings.hold_last
            raise UsageError(
                f"video_seconds {settings.video_seconds:g} is not possible with {frames} frames.",
                f"Valid here: {low:.3g} to {high:.6g} s. --save-every changes the number of frames.",
            )
    if settings.video_smooth is not None and settings.video_smooth <= rate:
        raise UsageError(
            f"video_smooth {settings.video_smooth:g} has no effect: there are {rate:g} frames per second already.",
            "Give a higher rate, or leave it out.",
        )
    return rate


def writer_options(settings: Settings, frames: int) -> dict[str, Any]:
    """Return the keyword arguments of `VideoWriter` for so many frames. Raises UsageError."""
    described = settings.metadata == "full"
    models = ", ".join(map(last_part, (settings.vqgan, *settings.clip)))
    comment = f"vqclip, seed {settings.seed}, {settings.iterations} steps, models {models}"
    return {
        "fps": frame_rate(settings, frames),
        "crf": settings.crf,
        "format": settings.video_format,
        "hold": settings.hold_last,
        "smooth": settings.video_smooth,
        "title": settings.video_title or (settings.prompt if described else None),
        "comment": settings.video_comment or (comment if described else None),
    }


def check(settings: Settings) -> None:
    """Raise UsageError or EncoderError when the video of a run cannot be written, before the run starts."""
    check_encoder(settings.video_format)
    frame_rate(settings, len(frame_steps(settings)))


def render_again(
    folder: Path,
    output: Path | None,
    flags: Mapping[str, Any],
    *,
    allow_gaps: bool = False,
    warn: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Write the video of a folder of frames.

    Args:
        folder: Of a run, or of numbered pictures.
        output: The file; None is the run's own video.
        flags: Settings of the video by name; None keeps what the run recorded.
        allow_gaps: Accept missing frames.
        warn: Called with a message.

    Returns:
        The file, its number of frames, the frames per second and the length in seconds.

    Raises:
        VqclipError: The run, a setting or a frame is invalid, or the video cannot be written.
    """
    whole = files.exists(folder / "run.json") or not files.is_folder(folder)
    kept = directory.read_manifest(folder).settings if whole else None
    given = {name: value for name, value in flags.items() if value is not None}
    record = {name: getattr(kept, name) for name in options_of("video") if kept is not None and kept.changes(name)}
    if output is not None and "video_format" not in given:
        known = format_of(str(record.get("video_format", "mp4")))
        if known.suffix != output.suffix.lower():
            record["video_format"] = format_of(output.suffix).suffix.removeprefix(".")
    # A given option replaces a recorded one that excludes it.
    for typed, out in (("fps", "video_seconds"), ("video_seconds", "fps")):
        if typed in given:
            record.pop(out, None)
    wanted_format = given.get("video_format", record.get("video_format"))
    useless = {"video_title", "video_comment"} if wanted_format in UNTITLED else set()
    useless |= {"crf"} if wanted_format in LOSSLESS else set()
    record = {name: value for name, value in record.items() if name not in useless}
    where = sources.Record(record, "the run")
    # The frames exist, whatever the run recorded about a video.
    wanted = sources.resolve({**given, "video": True, "save_every": 1}, environment={}, recorded=where).settings
    settings = (kept or Settings(metadata="none")).replace(**options_in(wanted))
    frames = video.frame_paths(folder) if kept is None else frames_of(folder)
    if kept is None and frames and warn is not None:
        patterns = Counter(re.sub(r"\d+", "N", path.name) for path in frames)
        found = ", ".join(f"{count} of the form {files.printable(name)}" for name, count in patterns.most_common(4))
        more = f" and {len(patterns) - 4} more forms" if len(patterns) > 4 else ""
        warn(f"{files.printable(folder)} holds no run; the video shows its numbered pictures: {found}{more}.")
    if not frames:
        raise _no_frames(folder, kept)
    target = output or folder / f"video{format_of(settings.video_format).suffix}"
    directory.refuse_output(target, *frames, product=target.name)
    size = images.open_image(frames[-1]).shape[1::-1]
    options = writer_options(settings, len(frames))
    video.render(frames, target, size=size, allow_gaps=allow_gaps, warn=warn, **options)
    rate = options["smooth"] or options["fps"]
    seconds = len(frames) / options["fps"] + round(options["hold"] * rate) / rate
    return {"video": str(target), "frames": len(frames), "fps": options["fps"], "seconds": seconds}


def _no_frames(folder: Path, kept: Settings | None) -> InputError | UsageError:
    """The error for a folder without frames. kept: The settings of its run, if it holds one."""
    shown = files.printable(folder)
    if kept is None:
        if files.exists(folder / directory.BATCH):
            return UsageError(f"{shown} holds a batch or sweep.", "Give the folder of one of its runs.")
        return InputError(f"{shown} holds no run and no numbered pictures.", "Give the folder of either.")
    if not kept.save_every:
        return InputError(f"{shown} has no frames: its run kept none.", "Draw it again with --save-every 1 or more.")
    return InputError(f"{shown} has no frames yet.", f"Draw them with: vqclip resume {shlex.quote(str(folder))}")

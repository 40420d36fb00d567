"""What settings say of a run's film: at which steps a frame is kept, how fast they pass, and how it is called."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from vqclip import files
from vqclip.errors import UsageError
from vqclip.media import images, video
from vqclip.media.metadata import last_part
from vqclip.media.video_encoders import MAX_FPS, MIN_FPS, check_encoder, format_of
from vqclip.runs import directory
from vqclip.settings import sources
from vqclip.settings.rules import FILM_PARTS
from vqclip.settings.schema import Settings
from vqclip.settings.video_formats import LOSSLESS, UNTITLED


def frame_steps(settings: Settings) -> list[int]:
    """The steps after which a frame is kept, in order: 0, the start, to the last; empty where none is kept.

    Even: every `save_every` steps. Early: about as many, at the squares of even places, so that the first ones lie
    one step apart and the last ones about twice save_every: a picture changes most in its first steps.
    """
    last, every = settings.iterations, settings.save_every
    if not every:
        return []
    steps = set(range(0, last + 1, every))
    if settings.frame_spacing == "early":
        count = len(steps) - 1
        steps = {round(last * (place / max(1, count)) ** 2) for place in range(count + 1)}
        # The first squares fall on one step; later gaps are filled, so that no frame is lost.
        spare = (step for step in range(last + 1) if step not in steps)
        while len(steps) <= count:
            steps.add(next(spare))
    return sorted(steps | {0, last})


def rate_of(settings: Settings, frames: int) -> float:
    """Frames per second of a film of so many frames. Raises UsageError where its length cannot be had."""
    rate = settings.fps
    if settings.video_seconds is not None:
        moving = settings.video_seconds - settings.hold_last
        rate = frames / moving if moving > 0 else 0.0
        if settings.video_smooth is None and rate:
            # The last frame is held in whole frames; these are counted, so that the length comes out.
            rate = (frames + round(settings.hold_last * rate)) / settings.video_seconds
        if not MIN_FPS <= rate <= MAX_FPS:
            low, high = frames / MAX_FPS + settings.hold_last, frames / MIN_FPS + settings.hold_last
            raise UsageError(
                f"video_seconds {settings.video_seconds:g} cannot be had with {frames} frames.",
                f"Valid here: {low:.3g} to {high:.6g} s. Other numbers of frames come from --save-every.",
            )
    if settings.video_smooth is not None and settings.video_smooth <= rate:
        raise UsageError(
            f"video_smooth {settings.video_smooth:g} has no effect: the frames come at {rate:g} per second already.",
            "Give a higher rate, or leave it out.",
        )
    return rate


def film_of(settings: Settings, frames: int) -> dict[str, Any]:
    """What `VideoWriter` is to be told for a film of so many frames, by its own names. Raises UsageError."""
    says = settings.metadata == "full"
    models = ", ".join(map(last_part, (settings.vqgan, *settings.clip)))
    comment = f"vqclip, seed {settings.seed}, {settings.iterations} steps, models {models}"
    return {
        "fps": rate_of(settings, frames),
        "crf": settings.crf,
        "format": settings.video_format,
        "hold": settings.hold_last,
        "smooth": settings.video_smooth,
        "title": settings.video_title or (settings.prompt if says else None),
        "comment": settings.video_comment or (comment if says else None),
    }


def check(settings: Settings) -> None:
    """Raise UsageError or EncoderError where the film of a run cannot be made, before the run begins."""
    check_encoder(settings.video_format)
    rate_of(settings, len(frame_steps(settings)))


def again(
    folder: Path,
    output: Path | None,
    flags: Mapping[str, Any],
    *,
    allow_gaps: bool = False,
    warn: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Write the film of the frames in a folder anew.

    folder: of a run, or of numbered pictures without one. output: None is the run's own video. flags: settings of
    FILM_PARTS as typed, None for those that are to be as the run has them. Returns what was written. Raises
    VqclipError.
    """
    whole = files.exists(folder / "run.json") or not files.is_folder(folder)
    kept = directory.read_manifest(folder).settings if whole else None
    given = {name: value for name, value in flags.items() if value is not None}
    record = {name: getattr(kept, name) for name in FILM_PARTS if kept is not None and kept.changes(name)}
    if output is not None and "video_format" not in given:
        known = format_of(str(record.get("video_format", "mp4")))
        if known.suffix != output.suffix.lower():
            record["video_format"] = format_of(output.suffix).suffix.removeprefix(".")
    # Of two settings that exclude each other the one that was typed holds.
    for typed, out in (("fps", "video_seconds"), ("video_seconds", "fps")):
        if typed in given:
            record.pop(out, None)
    wanted_format = given.get("video_format", record.get("video_format"))
    useless = {"video_title", "video_comment"} if wanted_format in UNTITLED else set()
    useless |= {"crf"} if wanted_format in LOSSLESS else set()
    record = {name: value for name, value in record.items() if name not in useless}
    where = sources.Record(record, "the run")
    # The frames are there, whatever the run was to write of them.
    wanted = sources.resolve({**given, "video": True, "save_every": 1}, environment={}, recorded=where).settings
    settings = (kept or Settings(metadata="none")).replace(**{name: getattr(wanted, name) for name in FILM_PARTS})
    frames = video.frame_paths(folder)
    target = output or folder / f"video{format_of(settings.video_format).suffix}"
    size = images.open_image(frames[-1]).shape[1::-1] if frames else None
    film = film_of(settings, len(frames) or 1)
    video.render(frames, target, size=size, allow_gaps=allow_gaps, warn=warn, **film)
    rate = film["smooth"] or film["fps"]
    seconds = len(frames) / film["fps"] + round(film["hold"] * rate) / rate
    return {"video": str(target), "frames": len(frames), "fps": film["fps"], "seconds": seconds}

"""The settings of what is written of a run: frames, snapshots, films, the page. None of them shapes the picture."""

from __future__ import annotations

from dataclasses import dataclass

from vqclip.settings.ranges import option as _option
from vqclip.settings.video_formats import FORMATS

METADATA = ("full", "minimal", "none")
SPACINGS = ("even", "early")


@dataclass(frozen=True)
class Written:
    """The part of `Settings` that `recording` and `video` go by."""

    save_every: int = _option(
        10,
        "Output",
        "Steps between two frames; 0 keeps none.",
        unit="steps",
        low=0,
        high=1_000_000,
        shapes_picture=False,
    )
    frame_spacing: str = _option(
        "even",
        "Output",
        "early keeps as many frames, most of them where the picture changes most.",
        choices=SPACINGS,
        shapes_picture=False,
    )
    snapshot_every: int = _option(
        50,
        "Output",
        "Steps between two snapshots.",
        unit="steps",
        low=1,
        high=1_000_000,
        shapes_picture=False,
    )
    video: bool = _option(True, "Output", "Write a video of the frames.", shapes_picture=False)
    video_format: str = _option(
        "mp4", "Output", "Format of the film; av1 lies in an .mp4 file.", choices=tuple(FORMATS), shapes_picture=False
    )
    fps: float = _option(
        15.0,
        "Output",
        "Frames per second of the video.",
        unit="frames/s",
        low=0.1,
        high=240,
        shapes_picture=False,
    )
    video_seconds: float | None = _option(
        None,
        "Output",
        "Length of the video, in place of --fps.",
        unit="s",
        low=0.01,
        high=86400,
        shapes_picture=False,
    )
    hold_last: float = _option(
        0.0, "Output", "How long the last frame stays.", unit="s", low=0, high=3600, shapes_picture=False
    )
    video_smooth: float | None = _option(
        None,
        "Output",
        "Frames per second to interpolate the video to, by motion.",
        unit="frames/s",
        low=0.1,
        high=240,
        shapes_picture=False,
    )
    video_title: str | None = _option(
        None, "Output", "Title in the video; the prompt when not given.", shapes_picture=False
    )
    video_comment: str | None = _option(
        None, "Output", "Comment in the video; seed and models when not given.", shapes_picture=False
    )
    crf: int = _option(
        18, "Output", "Quality of the video: 0 is lossless, 51 worst.", low=0, high=51, shapes_picture=False
    )
    report: bool = _option(False, "Output", "Write report.html, one page that shows the run.", shapes_picture=False)
    metadata: str = _option(
        "full", "Output", "What image.png says about its making.", choices=METADATA, shapes_picture=False
    )

"""The options that change no picture by their purpose: what is written about a run, and how it is computed."""

from __future__ import annotations

from dataclasses import dataclass

from vqclip.settings import requirements as need
from vqclip.settings.option import option as _option
from vqclip.settings.video_formats import FORMATS

MAX_STEPS = 1_000_000
# Commands that take options of a run without being one.
TOKENS = ("encode", "decode", "reconstruct", "interpolate")
SEARCH = ("classify", "score", "index", "search")
VIDEOS = ("interpolate", "video")
EDITS = ("edit", "outpaint", "variations")


@dataclass(frozen=True)
class OutputSettings:
    """The part of `Settings` in the panels Output and Runtime. One option is one entry."""

    # fmt: off
    save_every: int = _option(10, "Output", "Save a frame every N steps; 0 saves none.", unit="steps", low=0,
        high=MAX_STEPS, scope="output", frame=False, common=True)
    frame_spacing: str = _option("even", "Output",
        "Space frames evenly, or save most where the picture changes most.", choices=("even", "early"),
        scope="output", frame=False, requires=(need.FRAMES,))
    snapshot_every: int = _option(50, "Output", "Save a snapshot every N steps, to resume from.", unit="steps",
        low=1, high=MAX_STEPS, scope="output", frame=False)
    video: bool = _option(True, "Output", "Write a video of the frames.", scope="output", common=True,
        also=("interpolate",))
    video_format: str = _option("mp4", "Output", "Choose the video format; av1 is in an .mp4 file.",
        choices=tuple(FORMATS), scope="output", also=VIDEOS, requires=need.VIDEO)
    fps: float = _option(15.0, "Output", "Set the frames per second of the video.", unit="frames/s", low=0.1,
        high=240, scope="output", frame=False, also=VIDEOS, requires=(need.NO_VIDEO_SECONDS, *need.VIDEO))
    video_seconds: float | None = _option(None, "Output", "Set the length of the video, in place of --fps.", unit="s",
        low=0.01, high=86400, scope="output", frame=False, also=VIDEOS, requires=need.VIDEO)
    hold_last: float = _option(0.0, "Output", "Hold the last frame for this many seconds.", unit="s", low=0,
        high=3600, scope="output", frame=False, also=VIDEOS, requires=need.VIDEO)
    video_smooth: float | None = _option(None, "Output", "Raise the frame rate to this, by interpolating motion.",
        unit="frames/s", low=0.1, high=240, scope="output", also=VIDEOS, requires=need.VIDEO)
    video_title: str | None = _option(None, "Output", "Set the video's title.", scope="output",
        default_text="the prompt", also=VIDEOS, requires=(*need.VIDEO, need.TITLED_FORMAT))
    video_comment: str | None = _option(None, "Output", "Set the video's comment.", scope="output",
        default_text="seed and models", also=VIDEOS, requires=(*need.VIDEO, need.TITLED_FORMAT))
    crf: int = _option(18, "Output", "Set the video's quality: 0 is lossless, 51 worst.", low=0, high=51,
        scope="output", also=VIDEOS, requires=(*need.VIDEO, need.LOSSY_FORMAT))
    report: bool = _option(False, "Output", "Write report.html, one page that shows the run.", scope="output",
        frame=False)
    metadata: str = _option("full", "Output", "Choose what image.png says about how it was made.",
        choices=("full", "minimal", "none"), scope="output", frame=False, also=EDITS)
    device: str = _option("auto", "Runtime", "Run on auto, cpu, cuda, cuda:N or mps.", metavar="NAME",
        scope="runtime", common=True, also=(*TOKENS, *SEARCH, "sample", "upscale", *EDITS))
    dtype: str = _option("auto", "Runtime", "Set the precision of the networks.",
        choices=("auto", "float32", "bfloat16"), also=(*TOKENS, *SEARCH, "sample", *EDITS))
    threads: int | None = _option(None, "Runtime", "Use this many processor threads.", unit="threads", low=1,
        high=1024, default_text="all cores", also=(*TOKENS, *SEARCH, "sample", "upscale", *EDITS))
    low_memory: bool = _option(False, "Runtime",
        "Recompute activations: the decoder takes 3/5 of its memory, 1.5x its time.", scope="runtime",
        requires=(need.NO_COMPILED_DECODER,), also=EDITS)
    compile: bool = _option(False, "Runtime", "Compile the networks: minutes at first, then faster steps.",
        requires=(need.STEPS,))
    # fmt: on

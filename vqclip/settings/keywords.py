"""The settings as typed keyword arguments, which `make reference` writes from `schema.py`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    FilePath = str | os.PathLike[str]
    Picture = FilePath | Image | np.ndarray
    Weighted = tuple[Picture, float]


class SettingsKeywords(TypedDict, total=False):
    """Any option but the prompt, by name."""

    # fmt: off
    save_every: int
    frame_spacing: Literal["even", "early"]
    snapshot_every: int
    video: bool
    video_format: Literal["mp4", "webm", "av1", "gif", "webp", "apng"]
    fps: float
    video_seconds: float | None
    hold_last: float
    video_smooth: float | None
    video_title: str | None
    video_comment: str | None
    crf: int
    report: bool
    metadata: Literal["full", "minimal", "none"]
    device: str
    dtype: Literal["auto", "float32", "bfloat16"]
    threads: int | None
    low_memory: bool
    compile: bool
    init: Literal["tokens", "spot", "prior", "pixels", "perlin", "gradient", "spectrum"]
    layout: Literal["auto", "none"]
    init_image: Picture | None
    init_run: FilePath | None
    pick: int | None
    resample: bool
    init_image_alpha: float
    init_strength: float
    init_candidate: float
    init_weight: float
    init_weight_pixels: float
    init_weight_end: float
    flatness: float
    hue: float
    mask: Picture | None
    mask_feather: int
    target_image: Picture | None
    target_weight: float
    target_weight_pixels: float
    overlay_image: Picture | None
    overlay_alpha: float
    overlay_every: int
    overlay_offset: int
    overlay_until: str | int | None
    prompt_at: str | Sequence[str]
    scene_steps: int
    cross_fade: str | int
    image_prompt: Picture | Sequence[Picture | Weighted]
    noise_prompt: str | Sequence[str]
    prompt_prefix: str
    prompt_suffix: str
    style_words: str
    prompt_also: str
    language: str
    text_off: float
    long_prompts: Literal["cut", "mean"]
    seed: int | str | None
    candidates: int
    upsample_candidates: int
    prior_style: str | None
    guidance: float
    temperature: float
    vqgan: FilePath
    vqgan_config: FilePath | None
    clip: str | Sequence[str]
    clip_alternate: bool
    style: FilePath | None
    loss: str | Sequence[str]
    palette: Picture | None
    palette_size: int
    pixel_grid: int
    sketch: Literal["none", "pencil", "ink"]
    edge_colour: str
    tv: float
    latent_l2: float
    cutouts: int
    cut_method: Literal["big-sleep", "crowson", "disco", "eleuther", "mse", "pixray", "pooled", "pytti", "smart"]
    cut_pow: float
    cut_noise: float
    cut_overview: str | float
    cut_grey: str | float
    augments: str | None
    augment: float
    cut_chunk: int
    iterations: int
    optimiser: Literal["adam", "adamw", "adamax", "adagrad", "radam", "nadam", "rmsprop", "sgd", "diffgrad", "adamp"]
    learning_rate: float
    learning_rate_end: float
    learning_rate_steps: int
    learning_rate_schedule: str | float | None
    learning_rate_drops: str | int | None
    learning_rate_plateau: float
    pixel_steps: float
    pixel_learning_rate: float
    latent_noise: str | float | None
    ema: float
    auto_stop: bool
    patience: int
    min_gain: float
    until_score: float | None
    max_seconds: float | None
    best_of: int
    best_of_share: float
    size: str | int
    stages: int
    refine: Literal["auto", "on", "off"]
    stage_upsampling: Literal["pixels", "edges"]
    tile_size: int | None
    seamless: Literal["none", "horizontal", "vertical", "both"]
    symmetry: Literal["none", "horizontal", "vertical", "both", "diagonal", "kaleidoscope"]
    zoom: str | float | None
    pan_x: str | float | None
    pan_y: str | float | None
    rotate: str | float | None
    move_every: int
    move_border: Literal["mirror", "clamp", "wrap", "black"]

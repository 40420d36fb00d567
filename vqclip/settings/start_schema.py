"""The options of a run's start: its init picture, mask, target and overlay."""

from __future__ import annotations

from dataclasses import dataclass

from vqclip.settings import requirements as need
from vqclip.settings.option import MAX_INIT_WEIGHT
from vqclip.settings.option import option as _option
from vqclip.settings.output_schema import MAX_STEPS, OutputSettings

NOISES = ("pixels", "perlin", "gradient", "spectrum")
"""Inits that show through the transparent parts of an init picture. With any other init these parts are white."""
INITS = ("tokens", "spot", "prior", *NOISES)


@dataclass(frozen=True)
class StartSettings(OutputSettings):
    """The part of `Settings` in the panel Start. One option is one entry."""

    # fmt: off
    init: str = _option("tokens", "Start", "Choose what a run without a picture starts from.",
        choices=INITS, frame=False)
    layout: str = _option("auto", "Start", "Draw each thing of a prompt in its own place, or all as one.",
        choices=("auto", "none"), frame=False, requires=need.LAYOUT)
    init_image: str | None = _option(None, "Start", "Start from a picture file.", kind="picture", common=True,
        frame=False, requires=(need.NO_INIT_RUN_BUT_FOR_A_TARGET,))
    init_run: str | None = _option(None, "Start", "Start from the latent of a finished run's folder.",
        kind="directory", frame=False)
    pick: int | None = _option(None, "Start", "Start from this candidate of the samples that --init-run names.",
        low=1, high=1024, frame=False, requires=(need.SAMPLES,))
    resample: bool = _option(False, "Start", "Blend the init run into a similar candidate for the prompt.",
        frame=False, requires=(need.INIT_RUN,), negatable=True,
        default_text="on for `continue` with another prompt, else off")
    init_image_alpha: float = _option(1.0, "Start", "Set the opacity of the init picture over what --init draws.",
        low=0, high=1, frame=False, requires=(need.INIT_IMAGE, need.NO_INIT_RUN, need.DRAWN_INIT))
    init_strength: float = _option(0.5, "Start", "Set how far to change the init picture: 0 not at all, 1 freely.",
        low=0, high=1, common=True, frame=False, requires=(need.INIT_IMAGE, need.NO_INIT_RUN))
    init_candidate: float = _option(0.0, "Start", "Draw a candidate over the init picture, with this opacity.",
        low=0, high=1, frame=False, requires=(need.INIT_IMAGE, need.NO_INIT_RUN, *need.CANDIDATE))
    init_weight: float = _option(0.0, "Start", "Pull towards the init picture's latent.", low=0,
        high=MAX_INIT_WEIGHT, frame=False, weight_of="init", requires=(need.INIT_IMAGE_OR_RUN,))
    init_weight_pixels: float = _option(0.0, "Start", "Pull towards the init picture's pixels.", low=0, high=100_000,
        frame=False, weight_of="init-pixels", requires=(need.INIT_IMAGE,))
    init_weight_end: float = _option(0.0, "Start",
        "Reduce both init weights to this share by the last step.", low=0,
        high=1, frame=False, requires=(need.INIT_WEIGHT,))
    flatness: float = _option(0.0, "Start", "Keep areas flat that are flat in the candidate.", low=0,
        high=1000, frame=False, weight_of="flatness", requires=(need.STEPS, *need.PRIOR))
    hue: float = _option(0.0, "Start", "Keep the hues of the candidate, and keep its grey areas grey.", low=0,
        high=1000, frame=False, weight_of="hue", requires=(need.STEPS, *need.PRIOR))
    mask: str | None = _option(None, "Start", "Keep the init picture where this picture file is black.",
        kind="picture", frame=False, on_grid=True, requires=(need.INIT_IMAGE,))
    mask_feather: int = _option(8, "Start", "Set the width of the mask's soft edge, inside the white.", unit="pixels",
        low=0, high=1024, frame=False, requires=(need.MASK,))
    target_image: str | None = _option(None, "Start", "Draw towards the latent or pixels of a picture file.",
        kind="picture", frame=False, requires=(need.TARGET_WEIGHT,))
    target_weight: float = _option(1.0, "Start", "Pull towards the target picture's latent.", low=0, high=1000,
        frame=False, weight_of="target", requires=(need.TARGET_IMAGE,))
    target_weight_pixels: float = _option(0.0, "Start", "Pull towards the target picture's pixels.", low=0,
        high=100_000, frame=False, weight_of="target-pixels", requires=(need.TARGET_IMAGE,))
    overlay_image: str | None = _option(None, "Start", "Draw this picture file over the result at regular steps.",
        kind="picture", frame=False, requires=(need.OVERLAY_STEPS,))
    overlay_alpha: float = _option(1.0, "Start", "Set the opacity of the overlay.", low=0.01, high=1, frame=False,
        requires=(need.OVERLAY_IMAGE,))
    overlay_every: int = _option(10, "Start", "Set the steps between two overlays.", unit="steps", low=1,
        high=MAX_STEPS, frame=False, requires=(need.OVERLAY_IMAGE,))
    overlay_offset: int = _option(0, "Start", "Delay all overlays by this many steps.", unit="steps", low=0,
        high=MAX_STEPS, frame=False, requires=(need.OVERLAY_IMAGE,))
    overlay_until: str | None = _option(None, "Start", "Stop overlays after this step or share, e.g. 100 or 50%.",
        kind="steps", frame=False, requires=(need.OVERLAY_IMAGE,))
    # fmt: on

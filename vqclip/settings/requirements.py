"""The states that options require: what an option without one of them says, and what to do instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqclip.schedules import Schedule
from vqclip.settings.colours import names_picture
from vqclip.settings.cut_methods import AUGMENTS, CUT_METHODS, UNSCALED, parse_augments
from vqclip.settings.option import Requirement
from vqclip.settings.video_formats import FORMATS, LOSSLESS, UNTITLED

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings

SCENES_IN_PROMPT = Requirement(
    lambda s: len(s.story.scenes) == 1 or bool(s.prompt_at),
    "without ^ in the prompt",
    "Write ^ between scenes, or leave it out.",
)
TWO_SCENES = Requirement(
    lambda s: len(s.story.scenes) == 1,
    "on a single scene",
    "Add one, with ^ in the prompt or --prompt-at, or leave it out.",
)
PULLING_TEXT = Requirement(
    lambda s: not any(prompt.weight > 0 for prompt in s.texts),
    "without a text of positive weight",
    "Add a prompt or leave it out.",
)

INIT_IMAGE = Requirement(
    lambda s: not s.init_image, "without an init picture", "Add --init-image FILE or leave it out."
)
INIT_IMAGE_OR_RUN = Requirement(lambda s: not s.init_image and not s.init_run, INIT_IMAGE.why, INIT_IMAGE.hint)
SAMPLES = Requirement(lambda s: not s.init_run, "without samples", "Add --init-run SAMPLES or leave it out.")
INIT_RUN = Requirement(lambda s: not s.init_run, "without an init run", "Add --init-run DIR or leave it out.")
NO_INIT_RUN = Requirement(
    lambda s: bool(s.init_run), "with an init run, which the run starts from", "Leave one of them out."
)
NO_INIT_RUN_BUT_FOR_A_TARGET = Requirement(
    lambda s: bool(s.init_run) and not (s.mask or s.init_weight or s.init_weight_pixels),
    NO_INIT_RUN.why,
    "Leave one of them out, or add a mask or an init weight.",
)
DRAWN_INIT = Requirement(
    lambda s: s.init == "prior",
    "with init 'prior', which draws no background",
    "Name a background, as in --init perlin.",
)
INIT_WEIGHT = Requirement(
    lambda s: not (s.init_weight or s.init_weight_pixels),
    "without an init weight",
    "Add --init-weight or --init-weight-pixels, or leave it out.",
)
CANDIDATE = (
    Requirement(
        lambda s: bool(s.mask), "with a mask, whose white part starts from a candidate anyway", "Leave it out."
    ),
    Requirement(lambda s: s.init != "prior", "on another init than 'prior'", "Use --init prior or leave it out."),
    PULLING_TEXT,
)
MASK = Requirement(lambda s: not s.mask, "without a mask", "Add --mask FILE or leave it out.")
TARGET_IMAGE = Requirement(
    lambda s: not s.target_image, "without a target picture", "Add --target-image FILE or leave it out."
)
TARGET_WEIGHT = Requirement(
    lambda s: not (s.target_weight or s.target_weight_pixels or s.has_loss("target") or s.has_loss("target-pixels")),
    "without a target weight",
    "Add --target-weight or --target-weight-pixels, or leave it out.",
)
OVERLAY_IMAGE = Requirement(
    lambda s: not s.overlay_image, "without an overlay", "Add --overlay-image FILE or leave it out."
)
OVERLAY_STEPS = Requirement(
    lambda s: not s.overlay_steps,
    "within so few steps",
    "Lower --overlay-every or --overlay-offset, raise --overlay-until, or leave it out.",
)

_USE_PRIOR = "Use --init prior or leave it out."
PRIOR = (
    Requirement(lambda s: bool(s.init_run) and not s.resample, "on an init run", "Add --resample or leave it out."),
    Requirement(
        lambda s: bool(s.init_image) and not s.mask and not s.uses_prior,
        "on an init picture without a candidate over it",
        "Add --init-candidate 0.5 or leave it out.",
    ),
    Requirement(lambda s: not s.uses_prior, "on another init than 'prior'", _USE_PRIOR),
)
TEXT = Requirement(
    lambda s: not s.texts, "without a text that candidates could follow", "Add a prompt or leave it out."
)

LAYOUT = (
    *PRIOR,
    Requirement(lambda s: bool(s.init_image or s.init_run), "on an init picture or run", "Leave it out."),
    Requirement(
        lambda s: s.seamless != "none" or s.symmetry != "none" or bool(s.motion_schedules),
        "on a picture that repeats, is mirrored or moves",
        "Leave it out.",
    ),
)

FORM_TO_KEEP = Requirement(
    lambda s: not s.keeps_form,
    "on a run whose forms have to change",
    "Start from a candidate or a picture, with one scene and no motion, or leave it out.",
)
STEPS = Requirement(
    lambda s: s.iterations == 0, "in a run of no steps", "Use --iterations 1 or more, or leave it out."
)
PIXEL_STEPS = Requirement(
    lambda s: not s.pixel_steps, "without pixel steps", "Use --pixel-steps 0.4 or leave it out."
)
SEVERAL_STARTS = Requirement(lambda s: s.best_of == 1, "on a single start", "Use --best-of 4 or leave it out.")
SEVERAL_CLIPS = Requirement(
    lambda s: len(s.clip) == 1, "on a single CLIP", "Name another with --clip, or leave it out."
)
NO_RATE_SCHEDULE = Requirement(
    lambda s: bool(s.learning_rate_schedule),
    "with a schedule of the learning rate",
    "Leave one of the two out.",
)
USE_OF_PATIENCE = Requirement(
    lambda s: not s.auto_stop and s.learning_rate_plateau == 1,
    "without a setting that reacts when the loss stops falling",
    "Add --auto-stop or --learning-rate-plateau 0.5, or leave it out.",
)
PALETTE_PICTURE = Requirement(
    lambda s: not names_picture(s.palette or ""), "with a palette that is not a picture", "Leave it out."
)
LARGER_SQUARES = Requirement(
    lambda s: 2 * s.pixel_grid > min(s.width, s.height),
    "on a picture of so few pixels",
    "Use a larger --size, a smaller number, or leave it out.",
)
EDGE_LOSS = Requirement(
    lambda s: not s.has_loss("edge"), "without the loss edge", "Add --loss edge:1 or leave it out."
)

STAGES = Requirement(
    lambda s: s.stages == 1 and not (s.keeps_edges and s.uses_prior),
    "on a single stage",
    "Use --stages 2 or leave it out.",
)
LARGER_PICTURE = Requirement(
    lambda s: (s.tile_size or 0) >= max(s.width, s.height),
    "on a picture that is not larger than one tile",
    "Use a larger --size or leave it out.",
)
NO_COMPILED_DECODER = Requirement(
    lambda s: s.compile and not s.tile_size_at(s.width, s.height),
    "with a compiled decoder",
    "Leave one of them out.",
)


def cut_method_with(name: str) -> Requirement:
    """Require a cut method that takes the option `name`."""
    takers = [method for method, taken in CUT_METHODS.items() if name in taken]
    replaceable = name == "augment"

    def unmet(s: Settings) -> bool:
        # Augmentations by code replace the method's own, and full views beside tiles have theirs.
        replaced = replaceable and (s.augments is not None or bool(s.tile_size_at(s.width, s.height)))
        return not replaced and name not in CUT_METHODS[s.cut_method]

    way = "Name --augments" if replaceable else f"Use --cut-method {' or '.join(takers)}"
    return Requirement(unmet, "on {s.cut_method}'s cutouts", f"{way}, or leave it out.")


DETAILS = Requirement(
    lambda s: (
        "cut_overview" in CUT_METHODS[s.cut_method]
        and all(key.value == 1 for key in Schedule.parse(s.cut_overview).keys)
    ),
    "when every cutout shows the whole picture",
    "Lower --cut-overview, or leave it out.",
)
SCALED_AUGMENTS = Requirement(
    lambda s: s.augments is not None and UNSCALED.issuperset(parse_augments(s.augments)),
    "on these augments, which have no strength",
    f"Those that have one: {' '.join(code for code in AUGMENTS if code not in UNSCALED)}.",
)
STRENGTH = Requirement(
    lambda s: s.augment == 0 and bool(codes := parse_augments(s.augments)) and UNSCALED.isdisjoint(codes),
    "when --augment is 0",
    "Leave --augment out, or use --augments none.",
)

MOTION = Requirement(
    lambda s: not s.motion_schedules,
    "without a motion",
    "Add --zoom, --pan-x, --pan-y or --rotate, or leave it out.",
)
FIRST_MOVE = Requirement(
    lambda s: s.move_every >= s.iterations,
    "in a run that ends before its first move",
    "Use a smaller --move-every or more --iterations.",
)


def moving(name: str, rest: float) -> tuple[Requirement, ...]:
    """Require that the motion `name` is not at rest, and that the run comes to its first move."""

    def at_rest(s: Settings) -> bool:
        schedule = s.motion_schedules.get(name)
        return schedule is not None and all(key.value == rest for key in schedule.keys)

    return Requirement(at_rest, f"at {rest:g}", "Leave it out, or give another number."), FIRST_MOVE


FRAMES = Requirement(lambda s: not s.save_every, "without frames", "Use --save-every 1 or higher.")
VIDEO = (
    Requirement(lambda s: not s.video, "without a video", "Leave it out, or add --video."),
    Requirement(
        lambda s: not s.save_every,
        "without frames to make a video from",
        "Leave it out, or use --save-every 1 or higher.",
    ),
)
NO_VIDEO_SECONDS = Requirement(
    lambda s: s.video_seconds is not None,
    "with video_seconds, which sets the rate",
    "Leave one of them out.",
)


def _format_outside(formats: tuple[str, ...]) -> Requirement:
    others = " or ".join(name for name in FORMATS if name not in formats)
    return Requirement(
        lambda s: s.video_format in formats,
        f"in {', '.join(formats)}",
        f"Use --video-format {others}, or leave it out.",
    )


LOSSY_FORMAT = _format_outside(LOSSLESS)
TITLED_FORMAT = _format_outside(UNTITLED)

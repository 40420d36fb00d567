"""Which settings would have no effect beside which others: one row each, refused rather than ignored."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vqclip.errors import UsageError
from vqclip.image_losses import NEEDS
from vqclip.schedules import Schedule
from vqclip.settings import cut_methods
from vqclip.settings.augment_codes import AUGMENTS, UNSCALED, parse
from vqclip.settings.colours import names_picture, parse_colour, parse_palette
from vqclip.settings.ranges import parse_clip
from vqclip.settings.video_formats import FORMATS, LOSSLESS, UNTITLED

if TYPE_CHECKING:
    from vqclip.settings.schema import Settings


@dataclass(frozen=True)
class Idle:
    """Settings that do nothing when `when` holds.

    names: as in Settings. why: completes "NAME has no effect". hint: what to do instead.
    """

    names: tuple[str, ...]
    when: Callable[[Settings], bool]
    why: str
    hint: str


PRIOR_SETTINGS = ("candidates", "upsample_candidates", "prior_style", "guidance", "temperature")
_ANCHORS = ("init_weight_pixels", "init_image_alpha", "mask")
FILM_PARTS = (
    "fps",
    "crf",
    "video_format",
    "video_seconds",
    "hold_last",
    "video_smooth",
    "video_title",
    "video_comment",
)
"""The settings of a film that can be had anew from the frames that there are."""

MIRRORED = {
    "symmetry": ("horizontal", "both", "kaleidoscope"),
    "symmetry-vertical": ("vertical", "both", "kaleidoscope"),
}
"""For a loss, the symmetries of the picture that leave nothing of it."""


def _rests(settings: Settings, name: str, rest: float) -> bool:
    schedule = settings.motion_schedules.get(name)
    return schedule is not None and all(key.value == rest for key in schedule.keys)


NO_STEPS = Idle(
    (
        "pixel_steps",
        "optimiser",
        "learning_rate_schedule",
        "learning_rate_drops",
        "learning_rate_plateau",
        "auto_stop",
        "until_score",
        "best_of",
        "compile",
        "loss",
        "tv",
        "latent_l2",
    ),
    lambda s: s.iterations == 0,
    "in a run of no steps",
    "Use -n 1 or more, or leave it out.",
)
"""What optimises, in a run without steps."""

IDLE = (
    Idle(_ANCHORS, lambda s: not s.init_image, "without an init picture", "Add --init-image FILE or leave it out."),
    Idle(
        ("init_weight",),
        lambda s: not s.init_image and not s.init_run,
        "without an init picture",
        "Add --init-image FILE or leave it out.",
    ),
    Idle(
        ("init_image",),
        lambda s: bool(s.init_run) and not (s.mask or s.init_weight or s.init_weight_pixels),
        "beside an init run, which is where the run begins",
        "Leave one of them out, or add a mask or an init weight.",
    ),
    Idle(
        ("init_image_alpha",),
        lambda s: bool(s.init_run),
        "beside an init run, which is where the run begins",
        "Leave one of them out.",
    ),
    Idle(
        ("init_image_alpha",),
        lambda s: s.init == "prior",
        "over init 'prior', since no candidate is sampled for an init picture",
        "Name what lies below, as in --init perlin.",
    ),
    Idle(
        ("init_weight_end",),
        lambda s: not (s.init_weight or s.init_weight_pixels),
        "without an init weight",
        "Add --init-weight or --init-weight-pixels, or leave it out.",
    ),
    NO_STEPS,
    Idle(("mask_feather",), lambda s: not s.mask, "without a mask", "Add --mask FILE or leave it out."),
    Idle(
        ("target_weight", "target_weight_pixels"),
        lambda s: not s.target_image,
        "without a target picture",
        "Add --target-image FILE or leave it out.",
    ),
    Idle(
        ("target_image",),
        lambda s: (
            not (s.target_weight or s.target_weight_pixels or s.has_loss("target") or s.has_loss("target-pixels"))
        ),
        "without a target weight",
        "Add --target-weight or --target-weight-pixels, or leave it out.",
    ),
    Idle(
        ("overlay_alpha", "overlay_every", "overlay_offset", "overlay_until"),
        lambda s: not s.overlay_image,
        "without an overlay",
        "Add --overlay-image FILE or leave it out.",
    ),
    Idle(
        ("overlay_image",),
        lambda s: not s.overlay_steps,
        "within so few steps",
        "Lower --overlay-every or --overlay-offset, raise --overlay-until, or leave it out.",
    ),
    Idle(PRIOR_SETTINGS, lambda s: bool(s.init_run), "on an init run", "Use --init prior or leave it out."),
    Idle(PRIOR_SETTINGS, lambda s: bool(s.init_image), "on an init picture", "Use --init prior or leave it out."),
    Idle(
        PRIOR_SETTINGS,
        lambda s: not s.uses_prior,
        "on another init than 'prior'",
        "Use --init prior or leave it out.",
    ),
    Idle(
        ("scene_steps",),
        lambda s: len(s.story.scenes) == 1 or bool(s.prompt_at),
        "without ^ in the prompt",
        "Write ^ between scenes, or leave it out.",
    ),
    Idle(
        ("cross_fade",),
        lambda s: len(s.story.scenes) == 1,
        "on a single scene",
        "Add one, with ^ in the prompt or --prompt-at, or leave it out.",
    ),
    Idle(
        ("guidance",),
        lambda s: not s.texts,
        "without a text that candidates could follow",
        "Add a prompt or leave it out.",
    ),
    Idle(
        ("pixel_learning_rate",),
        lambda s: not s.pixel_steps,
        "without pixel steps",
        "Use --pixel-steps 0.4 or leave it out.",
    ),
    Idle(("best_of_share",), lambda s: s.best_of == 1, "on a single start", "Use --best-of 4 or leave it out."),
    Idle(
        ("clip_alternate",),
        lambda s: len(s.clip) == 1,
        "on a single CLIP",
        "Name another with --clip, or leave it out.",
    ),
    Idle(
        ("low_memory",),
        lambda s: s.compile and not s.tile_size_at(s.width, s.height),
        "on a decoder that is compiled",
        "Leave one of them out.",
    ),
    Idle(
        ("tile_size",),
        lambda s: (s.tile_size or 0) >= max(s.width, s.height),
        "on a picture that is no larger",
        "Use a larger --size or leave it out.",
    ),
    Idle(
        ("stage_upsampling",),
        lambda s: s.stages == 1 and not (s.keeps_edges and s.uses_prior),
        "on a single stage",
        "Use --stages 2 or leave it out.",
    ),
    Idle(
        ("move_every", "move_border"),
        lambda s: not s.motion_schedules,
        "without a motion",
        "Add --zoom, --pan-x, --pan-y or --rotate, or leave it out.",
    ),
    *(
        Idle((name,), partial(_rests, name=name, rest=rest), f"at {rest:g}", "Leave it out, or give another number.")
        for name, rest in (("zoom", 1.0), ("pan_x", 0.0), ("pan_y", 0.0), ("rotate", 0.0))
    ),
    Idle(
        ("zoom", "pan_x", "pan_y", "rotate"),
        lambda s: s.move_every >= s.iterations,
        "in a run that ends before its first move",
        "Use a smaller --move-every or more --iterations.",
    ),
    Idle(
        ("fps",),
        lambda s: s.video_seconds is not None,
        "beside video_seconds, which sets the rate",
        "Leave one of them out.",
    ),
    Idle(
        FILM_PARTS,
        lambda s: not s.video,
        "without a film",
        "Leave it out, or have a film: --video.",
    ),
    Idle(
        FILM_PARTS,
        lambda s: not s.save_every,
        "without frames, of which the film is made",
        "Leave it out, or use --save-every 1 or higher.",
    ),
    Idle(
        ("crf",),
        lambda s: s.video_format in LOSSLESS,
        f"in {', '.join(LOSSLESS)}",
        f"Use --video-format {' or '.join(name for name in FORMATS if name not in LOSSLESS)}, or leave it out.",
    ),
    Idle(
        ("video_title", "video_comment"),
        lambda s: s.video_format in UNTITLED,
        f"in {', '.join(UNTITLED)}",
        f"Use --video-format {' or '.join(name for name in FORMATS if name not in UNTITLED)}, or leave it out.",
    ),
    Idle(("frame_spacing",), lambda s: not s.save_every, "without frames", "Use --save-every 1 or higher."),
    Idle(
        ("prompt_prefix", "prompt_suffix"),
        lambda s: not any(prompt.weight > 0 for prompt in s.texts),
        "without a text that pulls",
        "Add a prompt or leave it out.",
    ),
    Idle(
        ("learning_rate_end",),
        lambda s: bool(s.learning_rate_schedule),
        "beside a schedule of the learning rate",
        "Leave one of the two out.",
    ),
    Idle(
        ("patience", "min_gain"),
        lambda s: not s.auto_stop and s.learning_rate_plateau == 1,
        "when nothing happens at a loss that stands still",
        "Add --auto-stop or --learning-rate-plateau 0.5, or leave it out.",
    ),
    Idle(
        ("palette", "palette_size"),
        lambda s: not s.has_loss("palette"),
        "without the loss palette",
        "Add --loss palette:1 or leave it out.",
    ),
    Idle(
        ("palette_size",),
        lambda s: not names_picture(s.palette or ""),
        "on a palette that is no picture",
        "Leave it out.",
    ),
    Idle(
        ("edge_colour",),
        lambda s: not s.has_loss("edge"),
        "without the loss edge",
        "Add --loss edge:1 or leave it out.",
    ),
    Idle(
        ("cut_pow", "cut_grey"),
        lambda s: (
            "cut_overview" in cut_methods.settings_of(s.cut_method)
            and all(key.value == 1 for key in Schedule.parse(s.cut_overview).keys)
        ),
        "where every cutout is an overview",
        "Lower --cut-overview, or leave it out.",
    ),
    Idle(
        ("augment",),
        lambda s: s.augments is not None and UNSCALED.issuperset(parse(s.augments)),
        "on these augments, which have no strength",
        f"Those that have one: {' '.join(code for code in AUGMENTS if code not in UNSCALED)}.",
    ),
    Idle(
        ("augments",),
        lambda s: s.augment == 0 and bool(parse(s.augments)) and UNSCALED.isdisjoint(parse(s.augments)),
        "at the strength 0",
        "Leave --augment out, or say --augments none.",
    ),
)
"""Checked from the top; the first row that applies is reported."""


def idle(settings: Settings) -> Iterator[tuple[str, Idle]]:
    """Every setting that was changed and would have no effect, with the row that says why."""
    for row in IDLE:
        if row.when(settings):
            yield from ((name, row) for name in row.names if settings.changes(name))
    yield from _unread(settings)


def _unread(settings: Settings) -> Iterator[tuple[str, Idle]]:
    """Every setting of the cutouts that was changed and that the cut method does not take."""
    method = settings.cut_method
    # Augments by code take these two in the method's place, and so do the full views beside tiles.
    tiled = settings.tile_size_at(settings.width, settings.height)
    bent = () if settings.augments is not None or tiled else ("augment", "cut_noise")
    for name in (*bent, "cut_pow", "cut_overview", "cut_grey"):
        if settings.changes(name) and name not in cut_methods.settings_of(method):
            takers = [other for other in cut_methods.METHODS if name in cut_methods.settings_of(other)]
            way = "Name --augments" if name in bent else f"Use --cut-method {' or '.join(takers)}"
            yield name, Idle((name,), lambda _: True, f"on {method}'s cutouts", f"{way}, or leave it out.")


def refuse_idle(settings: Settings) -> None:
    """Raise UsageError for the first setting that was changed and would have no effect."""
    for name, row in idle(settings):
        raise UsageError(f"{name} has no effect {row.why}.", row.hint)


def refuse_nothing(settings: Settings) -> None:
    """Raise UsageError for a weight that is always 0, and for a loss that a symmetry makes 0."""
    for text, term in zip(settings.loss, settings.losses, strict=True):
        if not term.weight or not any(key.value for key in term.schedule.keys):
            raise UsageError(f"loss {text!r} has no effect: its weight is always 0.", "Leave it out.")
        if settings.symmetry in MIRRORED.get(term.name, ()):
            raise UsageError(
                f"the loss {term.name} has no effect beside symmetry {settings.symmetry}, where it is always 0.",
                "Leave one of the two out.",
            )
    for prompt in settings.prompts:
        if not prompt.weight:
            raise UsageError(f"the prompt {prompt.text!r} has no effect: its weight is always 0.", "Leave it out.")
    for clip in settings.clip:
        if not parse_clip(clip)[1]:
            raise UsageError(f"clip {clip!r} has no effect: its weight is 0.", "Leave it out.")


def refuse_contradictions(settings: Settings) -> None:
    """Raise UsageError for settings that cannot hold at once."""
    if settings.tile_size and (settings.symmetry != "none" or settings.seamless != "none"):
        raise UsageError(
            "tile_size cannot be used with symmetry or seamless: such a picture is decoded whole.",
            "Leave one of the two out.",
        )
    if settings.symmetry == "none":
        return
    if settings.mask:
        raise UsageError(
            "symmetry cannot hold beside a mask: what it keeps need not be.", "Leave one of the two out."
        )
    if settings.symmetry in ("diagonal", "kaleidoscope") and settings.width != settings.height:
        raise UsageError(
            f"symmetry {settings.symmetry} needs a square, and size is {settings.size}.",
            f"Add --size {min(settings.width, settings.height)}, or --symmetry both.",
        )


def refuse_lbfgs(settings: Settings) -> None:
    """Raise UsageError for the one optimiser that people look for and that cannot work."""
    if settings.optimiser == "lbfgs":
        raise UsageError(
            "lbfgs cannot optimise here: its line search needs one loss that stays, with its own gradient. Cutouts "
            "are new in every step, and the gradient passes the codebook as if it were not there.",
            "Use adam, or another one that takes noisy gradients.",
        )


_OF_LOSSES = {
    "tv": "tv",
    "latent-l2": "latent_l2",
    "init": "init_weight",
    "init-pixels": "init_weight_pixels",
    "target": "target_weight",
    "target-pixels": "target_weight_pixels",
}
"""The setting of its own that a loss has."""


def _twice(settings: Settings, name: str) -> UsageError:
    if [term.name for term in settings.losses].count(name) > 1:
        return UsageError(f"the loss {name} is there twice.", "Leave one out.")
    own = _OF_LOSSES[name]
    flag = own.replace("_", "-")
    return UsageError(
        f"the loss {name} is there twice: {own} is {getattr(settings, own):g}.",
        f"Leave it out of --loss and give --{flag}, or add --{flag} 0.",
    )


def check_style(settings: Settings) -> None:
    """Raise UsageError for a loss, a colour or a schedule of the learning rate that cannot be meant."""
    _ = settings.drops
    schedule = settings.learning_rate_schedule
    if schedule is not None:
        values = [key.value for key in Schedule.parse(schedule).keys]
        if min(values) < 0 or not any(values):
            raise UsageError(
                f"learning_rate_schedule {schedule!r} does not stay above 0.", "Give factors of 0 and more."
            )
    names = [term.name for term in settings.image_losses]
    for name in names:
        if names.count(name) > 1:
            raise _twice(settings, name)
    for name in [term.name for term in settings.losses]:
        need = NEEDS.get(name)
        if need and not getattr(settings, need):
            raise UsageError(f"the loss {name} has no effect without {need}.", f"Add --{need.replace('_', '-')}.")
    parse_colour(settings.edge_colour)
    if settings.palette is not None and not names_picture(settings.palette):
        parse_palette(settings.palette)

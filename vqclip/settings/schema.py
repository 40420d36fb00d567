"""Every setting of a run, its default, its valid range and its meaning: the only home of each.

Command line options, presets, environment variables and the settings kept in a run directory are all read
from `Settings`. The defaults are the field's for full-size models; a preset (configs/presets/) replaces the
ones that another pair of models wants otherwise.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vqclip.errors import UsageError, did_you_mean
from vqclip.image_losses import ImageLoss
from vqclip.schedules import Position, Schedule, check_shares
from vqclip.settings import augment_codes, cut_methods, scenes
from vqclip.settings.colours import MAX_COLOURS
from vqclip.settings.optimisers import OPTIMISERS
from vqclip.settings.prompts import Prompt, require_pull
from vqclip.settings.ranges import MAX_SIDE, Option, check, check_type, parse_clip, parse_size
from vqclip.settings.ranges import option as _option
from vqclip.settings.reach import refuse_late
from vqclip.settings.rules import (
    PRIOR_SETTINGS,
    check_style,
    refuse_contradictions,
    refuse_idle,
    refuse_lbfgs,
    refuse_nothing,
)
from vqclip.settings.scenes import Story
from vqclip.settings.written import Written

MAX_SEED = 2**63 - 1


LONG_PROMPTS = ("cut", "mean")
NOISES = ("pixels", "perlin", "gradient", "spectrum")
"""Inits that show through what is transparent of an init picture; beneath the others it lies on white."""
INITS = ("tokens", "spot", "prior", *NOISES)
UPSAMPLINGS = ("pixels", "edges")
DTYPES = ("auto", "float32", "bfloat16")
SEAMLESS = ("none", "horizontal", "vertical", "both")
SYMMETRIES = ("none", "horizontal", "vertical", "both", "diagonal", "kaleidoscope")
BORDERS = ("mirror", "clamp", "wrap", "black")
MOTIONS = ("zoom", "pan_x", "pan_y", "rotate")
#: A picture of more pixels than this square is decoded in tiles of that side: with full-size networks a step then
#: takes the time of a step at 512x512, in less memory.
_WHOLE, _TILE = 768, 384
BEGINNINGS = ("stage_upsampling", *PRIOR_SETTINGS, "pixel_steps", "pixel_learning_rate")
"""Settings without effect on a frame, which starts from its own picture: of prior, pixel optimisation and stages."""


@dataclass(frozen=True)
class Settings(Written):
    """The settings of one run; `validate` says whether they can be meant.

    The names are the field's. `prompt` keeps the user's spelling; `prompts` is what it means.
    """

    prompt: str = _option("", "Prompt", "What to draw: text:weight:stop, | between several.")
    prompt_at: tuple[str, ...] = _option(
        (), "Prompt", "Another prompt from a step on, STEP:PROMPT or 50%:PROMPT; repeat for several."
    )
    scene_steps: int = _option(
        0, "Prompt", "Length of each scene between ^; 0 divides the run evenly.", unit="steps", low=0, high=1_000_000
    )
    cross_fade: str = _option("5%", "Prompt", "Steps that one scene takes to fade into the next, N or N%.")
    image_prompt: tuple[str, ...] = _option(
        (), "Prompt", "Picture to look like, FILE:weight:stop; repeat for several."
    )
    noise_prompt: tuple[str, ...] = _option(
        (), "Prompt", "Look like nothing in particular, SEED:weight:stop; repeat for several."
    )
    prompt_prefix: str = _option("", "Prompt", "Words before every text that pulls, as 'a painting of '.")
    prompt_suffix: str = _option("", "Prompt", "Words after every text that pulls, as ', oil on canvas'.")
    prompt_also: str = _option("", "Prompt", "Prompts beside those of every scene, written like them.")
    text_off: float = _option(0.0, "Prompt", "Push written letters away, with this weight.", low=0, high=1000)
    long_prompts: str = _option(
        "cut", "Prompt", "Texts beyond CLIP's context: cut off, or the mean of their parts.", choices=LONG_PROMPTS
    )
    seed: int | None = _option(
        None, "Prompt", "Whole number, or a word; drawn at random when not given.", low=0, high=MAX_SEED
    )
    init: str = _option("tokens", "Prompt", "Start without a picture.", choices=INITS)
    init_image: str | None = _option(None, "Prompt", "Picture file to start from.")
    init_run: str | None = _option(None, "Prompt", "Folder of a finished run whose latent is the start.")
    init_image_alpha: float = _option(
        1.0, "Prompt", "Opacity of the init picture over what --init draws.", low=0, high=1
    )
    init_weight: float = _option(0.0, "Prompt", "Pull towards the init picture's latent.", low=0, high=1000)
    init_weight_pixels: float = _option(0.0, "Prompt", "Pull towards the init picture's pixels.", low=0, high=100_000)
    init_weight_end: float = _option(
        0.0, "Prompt", "Last of these two weights as a share of the first, along a line.", low=0, high=1
    )

    mask: str | None = _option(
        None, "Prompt", "Picture file: white parts may change, black ones stay as in the init picture."
    )
    mask_feather: int = _option(
        8, "Prompt", "Width of the soft edge inside the white parts.", unit="pixels", low=0, high=1024
    )

    target_image: str | None = _option(None, "Prompt", "Picture file to grow towards.")
    target_weight: float = _option(1.0, "Prompt", "Pull towards the target picture's latent.", low=0, high=1000)
    target_weight_pixels: float = _option(
        0.0, "Prompt", "Pull towards the target picture's pixels.", low=0, high=100_000
    )

    overlay_image: str | None = _option(None, "Prompt", "Picture file that is laid over the drawing again and again.")
    overlay_alpha: float = _option(1.0, "Prompt", "Opacity of the overlay.", low=0.01, high=1)
    overlay_every: int = _option(10, "Prompt", "Steps between two overlays.", unit="steps", low=1, high=1_000_000)
    overlay_offset: int = _option(
        0, "Prompt", "Steps by which the overlays come later.", unit="steps", low=0, high=1_000_000
    )
    overlay_until: str | None = _option(None, "Prompt", "Step or share of the steps of the last overlay: 100 or 50%.")

    seamless: str = _option("none", "Prompt", "Edges that match, so that the picture is a tile.", choices=SEAMLESS)
    symmetry: str = _option(
        "none",
        "Prompt",
        "What is mirrored: left to right, top to bottom, both, along the diagonal, or all of these.",
        choices=SYMMETRIES,
    )

    candidates: int = _option(
        32, "Prior", "Prior samples for CLIP to choose from.", unit="candidates", low=1, high=1024
    )
    upsample_candidates: int = _option(
        0, "Prior", "Upsample the best candidates to twice their size.", unit="candidates", low=0, high=1024
    )
    prior_style: str | None = _option(None, "Prior", "Drawing style of the candidates; each in turn when not given.")
    guidance: float = _option(3.0, "Prior", "How closely candidates follow the prompt; 1 is loosely.", low=0, high=50)
    temperature: float = _option(0.8, "Prior", "Below 1 safer, above 1 wilder candidates.", low=0.01, high=10)

    vqgan: str = _option("tiny", "Model", "VQGAN by name, or a .ckpt, .pt or .safetensors file.")
    vqgan_config: str | None = _option(None, "Model", "YAML file of that VQGAN.")
    clip: tuple[str, ...] = _option(("tiny",), "Model", "CLIP as NAME or NAME:WEIGHT; repeat for several.")
    clip_alternate: bool = _option(False, "Model", "Let one CLIP look per step, in turn, instead of all.")

    size: str = _option("256x256", "Optimisation", "Picture WIDTHxHEIGHT.", unit="pixels")
    iterations: int = _option(300, "Optimisation", "Steps of the optimiser.", unit="steps", low=0, high=1_000_000)
    stages: int = _option(
        1,
        "Optimisation",
        "Coarse-to-fine stages, each half the size of the next; 0 as many as start no smaller than a candidate.",
        unit="stages",
        low=0,
        high=6,
    )
    stage_upsampling: str = _option(
        "pixels",
        "Optimisation",
        "Upsample a candidate or a stage's picture to the next stage's size.",
        choices=UPSAMPLINGS,
    )
    best_of: int = _option(
        1, "Optimisation", "Short starts, from this seed upwards; the best goes on.", unit="starts", low=1, high=1024
    )
    best_of_share: float = _option(
        0.1, "Optimisation", "Share of the steps that each of these starts takes.", low=0, high=1
    )
    pixel_steps: float = _option(
        0.0,
        "Optimisation",
        "Share of the steps that optimise pixels, before the latent.",
        low=0,
        high=0.9,
    )
    pixel_learning_rate: float = _option(0.1, "Optimisation", "Learning rate of the pixels.", low=1e-6, high=100)
    optimiser: str = _option("adam", "Optimisation", "Optimiser of the latent.", choices=tuple(OPTIMISERS))
    learning_rate: float = _option(0.1, "Optimisation", "Step size in latent units.", low=1e-6, high=100)
    learning_rate_end: float = _option(
        0.1, "Optimisation", "Last step size as a share of the first, along a cosine.", low=0, high=1
    )
    learning_rate_schedule: str | None = _option(None, "Optimisation", "Factor on it, as 0:1,50%:0.3, and no cosine.")
    learning_rate_drops: str | None = _option(None, "Optimisation", "Where it falls to a tenth, as 75%,90%.")
    learning_rate_plateau: float = _option(
        1.0, "Optimisation", "Factor on it whenever the loss stands still; 1 is off.", low=0.001, high=1
    )
    auto_stop: bool = _option(False, "Optimisation", "Stop when the loss stands still.")
    patience: int = _option(50, "Optimisation", "Time for the loss to gain.", unit="steps", low=1, high=1e5)
    min_gain: float = _option(
        0.002, "Optimisation", "Least gain in that time, as a share of the loss.", low=0, high=1
    )
    until_score: float | None = _option(None, "Optimisation", "Stop at this score.", low=-1, high=1)
    max_seconds: float | None = _option(None, "Optimisation", "Stop then.", unit="seconds", low=0.001, high=1e8)
    ema: float = _option(0.99, "Optimisation", "Decay of the latent's running mean; 0 is off.", low=0, high=0.99999)
    latent_l2: float = _option(
        0.0, "Optimisation", "Weight of the latent's square, gone at half time.", low=0, high=1000
    )
    tv: float = _option(0.0, "Optimisation", "Weight of the total variation of the picture.", low=0, high=1000)

    style: str | None = _option(
        None, "Style", "Style preset by name or YAML file, or none: words, losses and more.", shapes_picture=False
    )
    loss: tuple[str, ...] = _option(
        (),
        "Style",
        "ImageLoss of the loss as NAME:WEIGHT or NAME:WEIGHT@SCHEDULE; repeat for several.",
        separator="|",
    )
    palette: str | None = _option(None, "Style", "Colours of the loss palette, as red,#00ff88, or a picture file.")
    palette_size: int = _option(
        8, "Style", "Colours taken from a palette that is a picture.", unit="colours", low=1, high=MAX_COLOURS
    )
    edge_colour: str = _option("white", "Style", "Colour of the loss edge.")

    cutouts: int = _option(32, "Cutouts", "Cutouts that CLIP sees in a step.", unit="cutouts", low=1, high=4096)
    cut_method: str = _option("smart", "Cutouts", "How cutouts are chosen.", choices=tuple(cut_methods.METHODS))
    cut_pow: float = _option(1.0, "Cutouts", "Below 1 larger, above 1 smaller cutouts.", low=0.01, high=100)
    cut_noise: float = _option(0.1, "Cutouts", "Largest deviation of the noise on a cutout.", low=0, high=1)
    cut_overview: str = _option(
        "0:0.75, 40%:0.25 hold", "Cutouts", "Share of disco's cutouts that show everything, over the steps."
    )
    cut_grey: str = _option("0:0.2, 40%:0 hold", "Cutouts", "Share of disco's other cutouts in grey, over the steps.")
    augments: str | None = _option(
        None, "Cutouts", f"Augmentations by code, or none: {' '.join(augment_codes.AUGMENTS)}."
    )
    augment: float = _option(1.0, "Cutouts", "Strength of turns, shifts, warps and colour shifts.", low=0, high=2)
    cut_chunk: int = _option(
        16,
        "Cutouts",
        "Cutouts in memory at once; the gradient stays.",
        unit="cutouts",
        low=1,
        high=4096,
    )

    zoom: str | None = _option(
        None, "Motion", "Factor of the picture's size at each move, as 1.02 or 0:1, 100:1.05.", low=0.1, high=10
    )
    pan_x: str | None = _option(
        None, "Motion", "Pixels to the right at each move, or a schedule.", low=-MAX_SIDE, high=MAX_SIDE
    )
    pan_y: str | None = _option(
        None, "Motion", "Pixels down at each move, or a schedule.", low=-MAX_SIDE, high=MAX_SIDE
    )
    rotate: str | None = _option(
        None, "Motion", "Degrees against the clock at each move, or a schedule.", low=-360, high=360
    )
    move_every: int = _option(10, "Motion", "Steps between two moves.", unit="steps", low=1, high=1_000_000)
    move_border: str = _option("mirror", "Motion", "What comes in from outside.", choices=BORDERS)

    device: str = _option("auto", "Runtime", "auto, cpu, cuda, cuda:N or mps.", shapes_picture=False)
    dtype: str = _option("auto", "Runtime", "Precision of the networks.", choices=DTYPES)
    threads: int | None = _option(
        None, "Runtime", "Processor threads; torch decides when not given.", unit="threads", low=1, high=1024
    )
    tile_size: int | None = _option(
        None,
        "Optimisation",
        f"Side of the tile that a step decodes; 0 decodes all. Not given: {_TILE} above {_WHOLE}x{_WHOLE}.",
        unit="pixels",
        low=0,
        high=8192,
    )
    low_memory: bool = _option(
        False, "Runtime", "A quarter of the decoder's memory for half its time more.", shapes_picture=False
    )
    compile: bool = _option(
        False, "Runtime", "Compile the networks with torch.compile: minutes at first, for steps that may be quicker."
    )

    @functools.cached_property
    def story(self) -> Story:
        """All that CLIP is to look for, and when."""
        return scenes.read(self)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All prompts: texts, pictures, noise and away from letters, in the order of a perceptor's targets."""
        return self.story.prompts

    @property
    def texts(self) -> tuple[Prompt, ...]:
        """The prompts that are texts."""
        return tuple(prompt for prompt in self.prompts if prompt.kind == "text")

    @functools.cached_property
    def image_losses(self) -> tuple[ImageLoss, ...]:
        """The terms of the loss beside CLIP's, those without a weight left out."""
        going = Schedule.parse(f"0:1, 100%:{self.init_weight_end!r}")
        known = [
            ImageLoss("tv", self.tv),
            ImageLoss("latent-l2", self.latent_l2, Schedule.parse("0:1, 50%:0")),
            ImageLoss("init", 0.0 if self.uses_prior else self.init_weight, going),
            ImageLoss("init-pixels", self.init_weight_pixels, going),
            ImageLoss("target", self.target_weight if self.target_image else 0.0),
            ImageLoss("target-pixels", self.target_weight_pixels),
        ]
        return tuple(term for term in (*known, *self.losses) if term.weight)

    @functools.cached_property
    def losses(self) -> tuple[ImageLoss, ...]:
        """The terms that `loss` asks for, parsed."""
        return tuple(map(ImageLoss.parse, self.loss))

    def has_loss(self, name: str) -> bool:
        """Whether `loss` asks for the term of that name."""
        return any(term.name == name for term in self.losses)

    @functools.cached_property
    def drops(self) -> tuple[Position, ...]:
        """Where the learning rate falls to a tenth."""
        return (
            tuple(map(Position.parse, (self.learning_rate_drops or "").split(",")))
            if self.learning_rate_drops
            else ()
        )

    @property
    def motion_schedules(self) -> dict[str, Schedule]:
        """The schedules of the motions that are asked for, by name."""
        return {name: Schedule.parse(text) for name in MOTIONS if (text := getattr(self, name)) is not None}

    @property
    def uses_prior(self) -> bool:
        """Whether the run starts from a candidate of the prior: an init picture or another run takes precedence."""
        return self.init == "prior" and not self.init_image and not self.init_run

    @property
    def keeps_edges(self) -> bool:
        """Whether edges stay as narrow as they are when a picture grows."""
        return self.stage_upsampling == "edges"

    @property
    def wraps(self) -> tuple[bool, bool]:
        """Whether the left edge meets the right one, and the upper edge the lower one."""
        return self.seamless in ("horizontal", "both"), self.seamless in ("vertical", "both")

    @property
    def overlay_steps(self) -> range:
        """After how many steps the overlay is laid over; never at the end, where nothing would grow into it."""
        last = self.iterations - 1
        if self.overlay_until is not None:
            last = min(last, math.floor(Position.parse(self.overlay_until).step(self.iterations)))
        return range(self.overlay_every + self.overlay_offset, last + 1, self.overlay_every)

    def tile_size_at(self, width: int, height: int) -> int:
        """Side of the tile that a step decodes of a picture of that size, in pixels; 0 where it decodes all."""
        if self.tile_size is not None:
            return self.tile_size if self.tile_size < max(width, height) else 0
        # Tiles can neither repeat themselves nor be compiled.
        whole = self.symmetry != "none" or self.seamless != "none" or self.compile
        return 0 if whole or width * height <= _WHOLE**2 else _TILE

    @property
    def width(self) -> int:
        """Width of the picture in pixels."""
        return parse_size(self.size)[0]

    @property
    def height(self) -> int:
        """Height of the picture in pixels."""
        return parse_size(self.size)[1]

    def replace(self, **changes: Any) -> Settings:
        """A copy with some settings changed."""
        return dataclasses.replace(self, **changes)

    def changes(self, name: str) -> bool:
        """Whether a setting has another value than its default."""
        return bool(getattr(self, name) != default_of(name))

    def validate(self, *, recorded: bool = False, reach: bool = True, frame_steps: int = 0) -> Settings:
        """Raise UsageError for the first setting out of its range; return the settings.

        recorded: of a run that was begun already: what has no effect in it is not refused any more. reach: whether
        `iterations` are the steps of the run, so that no place among them may lie behind the last. frame_steps: of
        each frame, where they are those of all frames of moving pictures that are drawn anew.
        """
        refuse_lbfgs(self)
        for name, option in options().items():
            check(name, getattr(self, name), option)
        parse_size(self.size)
        if not self.clip:
            raise UsageError("clip is empty: no model would look at the picture.", "Name one, as in --clip tiny.")
        weights = [parse_clip(clip)[1] for clip in self.clip]
        if sum(map(abs, weights)) == 0:
            raise UsageError("every CLIP has the weight 0, so none would look.", "Give one a weight above 0.")
        story = self.story
        if story.prompts:
            require_pull(story.opening)
        if reach:
            story.check(self.iterations)
        if self.overlay_until is not None:
            Position.parse(self.overlay_until)
        check_style(self)
        augment_codes.parse(self.augments)
        for name in ("cut_overview", "cut_grey"):
            check_shares(name, getattr(self, name))
        if not recorded:
            refuse_idle(self)
            refuse_nothing(self)
            if reach:
                refuse_late(self, frame_steps)
        refuse_contradictions(self)
        return self

    def digest(self) -> str:
        """SHA-256 over all settings that shape the picture: equal digests mean the same picture.

        Defaults are left out, so that a setting that is added to vqclip later changes no earlier run's digest.
        """
        shaping = {
            name: getattr(self, name)
            for name, option in options().items()
            if option.shapes_picture and self.changes(name)
        }
        text = json.dumps(shaping, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, as kept in run.json."""
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in options()}


@functools.cache
def options() -> Mapping[str, Option]:
    """What is known about every setting, by name, in order."""
    return {f.name: f.metadata["option"] for f in dataclasses.fields(Settings)}


@functools.cache
def default_of(name: str) -> Any:
    """The default of one setting."""
    return Settings.__dataclass_fields__[name].default


def from_dict(values: Mapping[str, Any]) -> Settings:
    """Settings of a run from plain values, as `to_dict` gave them; unknown names are refused."""
    known = options()
    for name in values:
        if name not in known:
            raise UsageError(f"unknown setting {name!r}.", did_you_mean(name, known))
    given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    for name, value in given.items():
        check_type(name, value, str(Settings.__dataclass_fields__[name].type))
    return Settings(**given).validate(recorded=True)

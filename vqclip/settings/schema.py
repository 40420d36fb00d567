"""The options of a run: each is declared here once, with its default, its valid values and what it requires.

Command line, presets, environment variables and run.json all follow from `Settings`. The defaults are those that
are common with full-size models; presets (configs/presets/) replace those that other models need to be different.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vqclip.errors import UsageError, did_you_mean
from vqclip.image_losses import CONSTANT, IMAGE_LOSSES, OF_START, ImageLoss
from vqclip.schedules import Position, Schedule
from vqclip.settings import checks, scenes
from vqclip.settings import requirements as need
from vqclip.settings.colours import MAX_COLOURS
from vqclip.settings.cut_methods import AUGMENTS, CUT_METHODS
from vqclip.settings.optimisers import OPTIMISERS
from vqclip.settings.option import (
    MAX_SIDE,
    PICTURE_KINDS,
    Option,
    Requirement,
    change_paths,
    check_type,
    parse_size,
)
from vqclip.settings.option import option as _option
from vqclip.settings.output_schema import EDITS, MAX_STEPS, SEARCH, TOKENS
from vqclip.settings.prompts import Prompt
from vqclip.settings.scenes import Story
from vqclip.settings.start_schema import StartSettings

MAX_SEED = 2**63 - 1
SEAMLESS = ("none", "horizontal", "vertical", "both")
SYMMETRIES = (*SEAMLESS, "diagonal", "kaleidoscope")
SKETCHES = ("none", "pencil", "ink")
BORDERS = ("mirror", "clamp", "wrap", "black")
MOTIONS = ("zoom", "pan_x", "pan_y", "rotate")
#: A picture of more pixels than this square is decoded in tiles of that side: with full-size networks a step then
#: takes the time of a step at 512x512, in less memory.
_WHOLE, _TILE = 768, 384


@dataclass(frozen=True)
class Settings(StartSettings):
    """The settings of one run; `validate` refuses invalid combinations.

    The names are common in VQGAN+CLIP tools. `prompt` keeps the user's spelling; `prompts` is its meaning.
    One option is one entry.
    """

    # fmt: off
    prompt: str = _option("", "Prompt", "What to draw: text:weight:stop, | between several.", kind="prompt",
        common=True)
    prompt_at: tuple[str, ...] = _option((), "Prompt",
        "Switch to another prompt at a step or share; repeat for several.", kind="timed prompt")
    scene_steps: int = _option(0, "Prompt", "Set the length of each scene between ^; 0 divides evenly.", unit="steps",
        low=0, high=MAX_STEPS, requires=(need.SCENES_IN_PROMPT,))
    cross_fade: str = _option("5%", "Prompt", "Set the steps that a scene takes to fade in, N or N%.",
        metavar="STEPS", kind="steps", requires=(need.TWO_SCENES,))
    image_prompt: tuple[str, ...] = _option((), "Prompt",
        "Draw towards a picture, FILE:weight:stop; repeat for several.", kind="image prompt", common=True)
    noise_prompt: tuple[str, ...] = _option((), "Prompt",
        "Draw towards a random direction, SEED:weight:stop; repeat.", metavar="SEED")
    prompt_prefix: str = _option("", "Prompt", "Put words before every positive text, e.g. 'a painting of '.",
        requires=(need.PULLING_TEXT,))
    prompt_suffix: str = _option("", "Prompt", "Put words after every positive text, e.g. ', oil on canvas'.",
        requires=(need.PULLING_TEXT,))
    style_words: str = _option("", "Prompt", "Put every positive text into style words, e.g. 'a sketch of {}'.",
        requires=(need.PULLING_TEXT,))
    prompt_also: str = _option("", "Prompt", "Add these prompts to every scene.", kind="prompt")
    language: str = _option("auto", "Prompt",
        "Read words in this language first, e.g. ur; en reads only English.", metavar="CODE",
        also=("classify", "score", "search", "sample", *EDITS))
    text_off: float = _option(0.0, "Prompt", "Push away from written letters, with this weight.", low=0, high=1000)
    long_prompts: str = _option("cut", "Prompt", "Cut off texts beyond CLIP's context, or average their parts.",
        choices=("cut", "mean"))
    seed: int | None = _option(None, "Prompt", "Set the seed: a whole number or a word.", kind="seed", low=0,
        high=MAX_SEED, common=True, default_text="random", also=("sample", "cutouts", *EDITS))
    candidates: int = _option(32, "Prior", "Sample this many candidates for CLIP to choose from.", unit="candidates",
        low=1, high=1024, frame=False, common=True, also=("sample", *EDITS), requires=need.PRIOR)
    upsample_candidates: int = _option(0, "Prior", "Upsample the best candidates to twice their size.",
        unit="candidates", low=0, high=1024, frame=False, also=("sample",), requires=need.PRIOR)
    prior_style: str | None = _option(None, "Prior",
        "Draw candidates in this style of the prior; by default in each in turn.", metavar="NAME", frame=False,
        also=("sample", *EDITS), requires=need.PRIOR)
    guidance: float = _option(3.0, "Prior", "Set how closely candidates follow the prompt; 1 is loose.", low=0,
        high=50, frame=False, also=("sample", *EDITS), requires=(*need.PRIOR, need.TEXT))
    temperature: float = _option(0.8, "Prior", "Sample safer (below 1) or wilder (above 1) candidates.", low=0.01,
        high=10, frame=False, also=("sample", *EDITS), requires=need.PRIOR)
    vqgan: str = _option("tiny", "Models", "Choose a VQGAN: a name, or a .ckpt, .pt or .safetensors file.",
        kind="vqgan", common=True, also=(*TOKENS, "sample", *EDITS))
    vqgan_config: str | None = _option(None, "Models", "Read the VQGAN's configuration from a YAML file.",
        kind="file", also=(*TOKENS, *EDITS))
    clip: tuple[str, ...] = _option(("tiny",), "Models", "Choose a CLIP, NAME or NAME:WEIGHT; repeat for several.",
        kind="clip", common=True, also=(*SEARCH, "sample", "cutouts", *EDITS))
    clip_alternate: bool = _option(False, "Models", "Use one CLIP per step, in turn, instead of all.",
        requires=(need.SEVERAL_CLIPS,))
    style: str | None = _option(None, "Losses", "Apply a style: a name or YAML file of words, losses and more.",
        kind="style", scope="runtime", common=True, also=EDITS)
    loss: tuple[str, ...] = _option((), "Losses", "Add an image loss, NAME:WEIGHT or NAME:WEIGHT@SCHEDULE; repeat.",
        kind="loss", separator="|", common=True, requires=(need.STEPS,))
    palette: str | None = _option(None, "Losses", "Use only these colours, e.g. red,#00ff88, or those of a picture.",
        kind="palette", common=True)
    palette_size: int = _option(8, "Losses", "Take this many colours from the picture that --palette names.",
        unit="colours", low=1, high=MAX_COLOURS, requires=(need.PALETTE_PICTURE,))
    pixel_grid: int = _option(0, "Losses", "Draw this many square pixels along the shorter side; 0 is off.",
        unit="squares", low=0, high=1024, requires=(need.LARGER_SQUARES,))
    sketch: str = _option("none", "Losses", "Draw outlines and hatching instead of colours.", choices=SKETCHES)
    edge_colour: str = _option("white", "Losses", "Set the border colour for --loss edge.", kind="colour",
        requires=(need.EDGE_LOSS,))
    tv: float = _option(0.0, "Losses", "Penalise the picture's total variation, with this weight.", low=0, high=1000,
        weight_of="tv", requires=(need.STEPS,))
    latent_l2: float = _option(0.0, "Losses", "Penalise the latent's mean square in the first half of a run.", low=0,
        high=1000, weight_of="latent-l2", requires=(need.STEPS,))
    cutouts: int = _option(32, "Where CLIP looks", "Show CLIP this many cutouts in each step.", unit="cutouts", low=1,
        high=4096, common=True, also=("cutouts", *EDITS))
    cut_method: str = _option("smart", "Where CLIP looks", "Choose cutouts by this method.",
        choices=tuple(CUT_METHODS), also=("cutouts", *EDITS))
    cut_pow: float = _option(1.0, "Where CLIP looks", "Cut larger (below 1) or smaller (above 1) cutouts.", low=0.01,
        high=100, also=("cutouts",), requires=(need.DETAILS, need.cut_method_with("cut_pow")))
    cut_noise: float = _option(0.1, "Where CLIP looks", "Set the largest deviation of the noise on a cutout.", low=0,
        high=1, also=("cutouts",))
    cut_overview: str = _option("0:0.75, 40%:0.25 hold", "Where CLIP looks",
        "Set the share of disco's cutouts that show the whole picture.", kind="schedule", also=("cutouts",),
        requires=(need.cut_method_with("cut_overview"),))
    cut_grey: str = _option("0:0.2, 40%:0 hold", "Where CLIP looks",
        "Set the share of grey ones among disco's other cutouts.", kind="schedule", also=("cutouts",),
        requires=(need.DETAILS, need.cut_method_with("cut_grey")))
    augments: str | None = _option(None, "Where CLIP looks",
        f"Augment cutouts by code, or none: {' '.join(AUGMENTS)}.", metavar="CODES", default_text="the method's own",
        also=("cutouts",), requires=(need.STRENGTH,))
    augment: float = _option(1.0, "Where CLIP looks", "Scale turns, shifts, warps and colour shifts of cutouts.",
        low=0, high=2, also=("cutouts",), requires=(need.SCALED_AUGMENTS, need.cut_method_with("augment")))
    cut_chunk: int = _option(16, "Where CLIP looks", "Hold at most this many cutouts in memory at once.",
        unit="cutouts", low=1, high=4096, also=("cutouts",))
    iterations: int = _option(300, "Optimiser", "Optimise for this many steps.", unit="steps", low=0, high=MAX_STEPS,
        frame=False, common=True, also=("cutouts", *EDITS))
    optimiser: str = _option("adam", "Optimiser", "Choose the optimiser of the latent.", choices=tuple(OPTIMISERS),
        requires=(need.STEPS,))
    learning_rate: float = _option(0.1, "Optimiser", "Set the step size in latent units.", low=1e-6, high=100,
        common=True, also=EDITS)
    learning_rate_end: float = _option(0.1, "Optimiser",
        "Decay the learning rate along a cosine to this share of it.", low=0, high=1,
        requires=(need.NO_RATE_SCHEDULE,))
    learning_rate_steps: int = _option(0, "Optimiser", "Lower the learning rates in runs of more steps; 0 is off.",
        unit="steps", low=0, high=MAX_STEPS, frame=False, requires=(need.STEPS, need.FORM_TO_KEEP))
    learning_rate_schedule: str | None = _option(None, "Optimiser",
        "Multiply the rate by a schedule instead, e.g. 0:1,50%:0.3.", kind="schedule", requires=(need.STEPS,))
    learning_rate_drops: str | None = _option(None, "Optimiser",
        "Drop the rate to a tenth at these steps, e.g. 75%,90%.",
        metavar="STEPS", kind="steps", requires=(need.STEPS,))
    learning_rate_plateau: float = _option(1.0, "Optimiser",
        "Multiply the rate by this when the loss stops falling; 1 is off.", low=0.001, high=1, frame=False,
        requires=(need.STEPS,))
    pixel_steps: float = _option(0.0, "Optimiser", "Optimise pixels for this share of the steps, before the latent.",
        low=0, high=0.9, frame=False, requires=(need.STEPS,))
    pixel_learning_rate: float = _option(0.1, "Optimiser", "Set the learning rate of the pixels.", low=1e-6, high=100,
        frame=False, requires=(need.PIXEL_STEPS,))
    latent_noise: str | None = _option(None, "Optimiser", "Add noise of this deviation to the latent at each step.",
        kind="schedule", low=0, high=100, requires=(need.STEPS,))
    ema: float = _option(0.99, "Optimiser", "Average the latent with this decay; 0 is off.", low=0, high=0.99999)
    auto_stop: bool = _option(False, "Optimiser", "Stop when the loss stops falling.", frame=False,
        requires=(need.STEPS,))
    patience: int = _option(50, "Optimiser", "Give the loss this many steps to fall.", unit="steps", low=1, high=1e5,
        frame=False, requires=(need.USE_OF_PATIENCE,))
    min_gain: float = _option(0.002, "Optimiser", "Expect the loss to fall by this share within --patience.", low=0,
        high=1, frame=False, requires=(need.USE_OF_PATIENCE,))
    until_score: float | None = _option(None, "Optimiser", "Stop once the score reaches this.", low=-1, high=1,
        frame=False, requires=(need.STEPS,))
    max_seconds: float | None = _option(None, "Optimiser", "Stop after this many seconds.", unit="seconds", low=0.001,
        high=1e8, frame=False, also=EDITS)
    best_of: int = _option(1, "Optimiser", "Make this many short starts and continue the best.", unit="starts", low=1,
        high=1024, frame=False, requires=(need.STEPS,))
    best_of_share: float = _option(0.1, "Optimiser", "Give each of these starts this share of the steps.",
        low=0, high=1, frame=False, requires=(need.SEVERAL_STARTS,))
    size: str = _option("256x256", "Size and stages", "Set the picture's size, WIDTHxHEIGHT or one number.",
        kind="size", unit="pixels", common=True, also=("encode", "reconstruct", "interpolate", "cutouts", *EDITS))
    stages: int = _option(1, "Size and stages", "Work coarse to fine in stages that double the size; 0 is automatic.",
        unit="stages", low=0, high=6, frame=False, on_grid=True)
    refine: str = _option("auto", "Size and stages",
        "Make edges of the finished picture crisp; auto: only in drawings, with --stage-upsampling edges.",
        choices=("auto", "on", "off"), frame=False)
    stage_upsampling: str = _option("pixels", "Size and stages",
        "Upsample candidates and stages by pixels or with sharp edges.", choices=("pixels", "edges"), frame=False,
        requires=(need.STAGES,))
    tile_size: int | None = _option(None, "Size and stages",
        "Decode one tile of this side per step; 0 decodes everything.", unit="pixels", low=0, high=8192,
        default_text=f"{_TILE} above {_WHOLE}x{_WHOLE}", on_grid=True, requires=(need.LARGER_PICTURE,))
    seamless: str = _option("none", "Size and stages", "Make opposite edges match, so that the picture tiles.",
        choices=SEAMLESS, on_grid=True)
    symmetry: str = _option("none", "Size and stages", "Mirror the picture left to right, top to bottom, and more.",
        choices=SYMMETRIES, on_grid=True)
    zoom: str | None = _option(None, "Motion", "Zoom by this factor at each move, e.g. 1.02 or 0:1, 100:1.05.",
        kind="schedule", low=0.1, high=10, on_grid=True,
        requires=need.moving("zoom", 1.0))
    pan_x: str | None = _option(None, "Motion", "Pan right by this many pixels at each move.", kind="schedule",
        low=-MAX_SIDE, high=MAX_SIDE, on_grid=True,
        requires=need.moving("pan_x", 0.0))
    pan_y: str | None = _option(None, "Motion", "Pan down by this many pixels at each move.", kind="schedule",
        low=-MAX_SIDE, high=MAX_SIDE, on_grid=True,
        requires=need.moving("pan_y", 0.0))
    rotate: str | None = _option(None, "Motion", "Turn counter-clockwise by this many degrees at each move.",
        kind="schedule", low=-360, high=360, on_grid=True,
        requires=need.moving("rotate", 0.0))
    move_every: int = _option(10, "Motion", "Set the steps between two moves.", unit="steps", low=1, high=MAX_STEPS,
        frame=False, requires=(need.MOTION,))
    move_border: str = _option("mirror", "Motion", "Choose what fills the area that a move uncovers.",
        choices=BORDERS, requires=(need.MOTION,))
    # fmt: on

    @functools.cached_property
    def story(self) -> Story:
        """The prompts of all scenes as they are drawn, with the steps at which they count."""
        return scenes.read(self)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """All prompts: texts, pictures, noise and text-off, in the order of a perceptor's targets."""
        return self.story.prompts

    @property
    def texts(self) -> tuple[Prompt, ...]:
        """The prompts that are texts."""
        return tuple(prompt for prompt in self.prompts if prompt.kind == "text")

    @functools.cached_property
    def image_losses(self) -> tuple[ImageLoss, ...]:
        """The image losses of the run: those of `loss` and those of other options; no weight is 0."""
        fading = Schedule.parse(f"0:1, 100%:{self.init_weight_end!r}")
        schedules = {"latent-l2": Schedule.parse("0:1, 50%:0"), "init": fading, "init-pixels": fading}
        unused = {"init"} if self.uses_prior and not self.init_run and not self.init_image else set()
        unused.update(() if self.target_image else {"target"}, () if self.uses_prior else OF_START)
        own = [
            ImageLoss(option.weight_of, float(getattr(self, name)), schedules.get(option.weight_of, CONSTANT))
            for name, option in options().items()
            if option.weight_of and option.weight_of not in unused
        ]
        # The order of the sum decides its rounding.
        own.sort(key=lambda loss: list(IMAGE_LOSSES).index(loss.name))
        return tuple(loss for loss in (*own, *self.losses) if loss.weight)

    @functools.cached_property
    def losses(self) -> tuple[ImageLoss, ...]:
        """The image losses that `loss` names."""
        return tuple(map(ImageLoss.parse, self.loss))

    def has_loss(self, name: str) -> bool:
        """Whether `loss` names the loss."""
        return any(loss.name == name for loss in self.losses)

    @functools.cached_property
    def drops(self) -> tuple[Position, ...]:
        """Where the learning rate falls to a tenth."""
        given = self.learning_rate_drops
        return tuple(map(Position.parse, given.split(","))) if given else ()

    @property
    def motion_schedules(self) -> dict[str, Schedule]:
        """The schedules of the motions that are given, by name."""
        return {name: Schedule.parse(text) for name in MOTIONS if (text := getattr(self, name)) is not None}

    @property
    def uses_prior(self) -> bool:
        """Whether scenes start from candidates of the prior. Another run takes precedence, unless it is resampled; so
        does an init picture, unless candidates are drawn over it."""
        if self.init_run:
            return self.resample
        return self.draws_candidate or (self.init == "prior" and (not self.init_image or bool(self.mask)))

    @property
    def draws_candidate(self) -> bool:
        """Whether a candidate is blended over the whole init picture."""
        attracts = any(prompt.weight > 0 for prompt in self.texts)
        over_picture = bool(self.init_image) and not self.init_run and not self.mask
        return over_picture and self.init == "prior" and self.init_candidate > 0 and attracts

    @property
    def keeps_form(self) -> bool:
        """Whether the run has its form from the start: it is a candidate or an init picture of a single scene."""
        formed = not self.init_run and (self.uses_prior or bool(self.init_image))
        return formed and len(self.story.scenes) == 1 and not self.motion_schedules

    @property
    def refines(self) -> bool:
        """Whether edges become crisp: on auto, not in a photo (it would lose details) or video (it would jump)."""
        still = self.iterations > 0 and len(self.story.scenes) == 1 and not self.motion_schedules
        return self.refine == "on" or (self.refine == "auto" and self.keeps_edges and still and not self.init_image)

    @property
    def keeps_edges(self) -> bool:
        """Whether upsampling keeps edges narrow."""
        return self.stage_upsampling == "edges"

    @property
    def wraps(self) -> tuple[bool, bool]:
        """Whether the left edge meets the right one, and the upper edge the lower one."""
        return self.seamless in ("horizontal", "both"), self.seamless in ("vertical", "both")

    @property
    def overlay_steps(self) -> range:
        """After how many steps the overlay is drawn; never after the last step, which would show it as it is."""
        last = self.iterations - 1
        if self.overlay_until is not None:
            last = min(last, int(Position.parse(self.overlay_until).step(self.iterations)))
        return range(self.overlay_every + self.overlay_offset, last + 1, self.overlay_every)

    def tile_size_at(self, width: int, height: int) -> int:
        """Side of the tile that a step decodes of a picture of that size, in pixels; 0 where it decodes all."""
        if self.tile_size is not None:
            return self.tile_size if self.tile_size < max(width, height) else 0
        # Tiled decoding supports neither repeated pictures nor compiled networks.
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
        """The settings with some of them changed."""
        unchanged = all(getattr(self, name) == value for name, value in changes.items())
        return self if unchanged else dataclasses.replace(self, **changes)

    def changes(self, name: str) -> bool:
        """Whether a setting has another value than its default."""
        return bool(getattr(self, name) != default_of(name))

    def check_values(self) -> None:
        """Raise UsageError for the first value that is not valid on its own."""
        _ = self._values_checked

    @functools.cached_property
    def _values_checked(self) -> bool:
        checks.check_values(self, options())
        return True

    def validate(self, *, recorded: bool = False, bounds: bool = True, frame_steps: int = 0) -> Settings:
        """Return the settings, or raise UsageError for the first invalid one or one without effect.

        recorded: of a run that has begun: options without effect are not refused. bounds: whether `iterations` is the
        length of the run, so that nothing may lie after it. frame_steps: the steps of each frame of a restyled video,
        whose `iterations` are those of all frames.
        """
        self.check_values()
        if bounds:
            self.story.check(self.iterations)
        if not recorded:
            checks.check_effects(self)
            if bounds:
                checks.check_bounds(self, frame_steps)
        checks.check_contradictions(self)
        return self

    def without_effect(self) -> Iterator[tuple[str, Requirement]]:
        """Every option that is not at its default and has no effect, with the requirement that is unmet."""
        for name, option in options().items():
            if option.requires and self.changes(name):
                unmet = next((one for one in option.requires if one.unmet(self)), None)
                if unmet is not None:
                    yield name, unmet

    def with_paths(self, change: Callable[[str], str]) -> Settings:
        """A copy with the path of every file and folder changed. change: from a path to another one."""
        found = {name: change_paths(option, getattr(self, name), change) for name, option in options().items()}
        return self.replace(**found)

    def named_files(self, pictures_only: bool = False) -> list[tuple[str, str]]:
        """The option and the path of each file and folder that the settings name, in order."""
        found: dict[tuple[str, str], None] = {}
        for name, option in options().items():
            if pictures_only and option.kind not in PICTURE_KINDS:
                continue

            def note(path: str, name: str = name) -> str:
                found[name, path] = None
                return path

            change_paths(option, getattr(self, name), note)
        return list(found)

    def digest(self) -> str:
        """SHA-256 over the options of the scope picture that are not at their default.

        Runs of equal digests draw the same picture. Without the defaults, an option that is added to vqclip later
        leaves the digests of earlier runs as they are.
        """
        shaping = {
            name: getattr(self, name)
            for name, option in options().items()
            if option.scope == "picture" and self.changes(name)
        }
        text = json.dumps(shaping, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain values by name, as kept in run.json."""
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in options()}


@functools.cache
def options() -> Mapping[str, Option]:
    """The declaration of every option by name, in order."""
    return {f.name: f.metadata["option"] for f in dataclasses.fields(Settings)}


def options_of(command: str) -> tuple[str, ...]:
    """The names of the options that a command takes: all of a run, or those declared for it as well."""
    if command == "run":
        return tuple(options())
    if command == "restyle":
        return tuple(name for name, option in options().items() if option.frame)
    return tuple(name for name, option in options().items() if command in option.also)


@functools.cache
def default_of(name: str) -> Any:
    """The default of an option."""
    return Settings.__dataclass_fields__[name].default


@functools.cache
def type_of(name: str) -> str:
    """The type of an option as it is declared, without None: int, float, bool, str or tuple[str, ...]."""
    return str(Settings.__dataclass_fields__[name].type).removesuffix(" | None")


def from_dict(values: Mapping[str, Any]) -> Settings:
    """The settings of a recorded run from the plain values of `to_dict`. Raises UsageError."""
    known = options()
    for name in values:
        if name not in known:
            raise UsageError(f"unknown setting {name!r}.", did_you_mean(name, known))
    given: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
    for name, value in given.items():
        check_type(name, value, str(Settings.__dataclass_fields__[name].type))
    return Settings(**given).validate(recorded=True)
